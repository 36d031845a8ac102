"""Runs scenario files that a clerk can read: gegeben, wenn, dann.

A file names a Verfahren (``version`` may be a list: played on each), optionally a ``grundfall`` (a
YAML file beside it with the facts all its scenarios share) and lists scenarios. Each gives a state
and facts, takes steps, and says what must come out: the state, the refusing conditions,
requirements, letters, clocks, fees, the fiction.

Shared files (``verfahren: gemeinsam``) are played on every Verfahren that has their steps and
states, with its own Grundfall; ``mit`` names the cases (``faelle``) that the Grundfall describes.
Files with ``allein`` say for each requirement with which facts it alone refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from abh.configfiles import SafeLoader
from abh.kernel.errors import ConfigurationError, StepNotAllowed
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows import registry
from abh.workflows.definition import POWER_LABELS, Power, Step, Verfahren
from abh.workflows.facts import Facts, UhrStand
from abh.workflows.machine import due_steps, fire
from abh.workflows.scenario_compare import Played, compare
from abh.workflows.scenario_facts import facts_from
from abh.workflows.uhrstand import Uhrwerk

SHARED = "gemeinsam"
_POWERS = {label: power for power, label in POWER_LABELS.items()}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as read: ``steps`` and ``expected`` keep the German keys of the file."""

    name: str
    source: str
    verfahren: Verfahren
    law: Rechtsstand
    state: str
    given: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    expected: Mapping[str, Any]
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # the requirement that alone must refuse, for a scenario of an ``allein`` file
    alone: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened: ``problems`` is empty when everything came out as written."""

    scenario: Scenario
    state: str
    taken: tuple[str, ...]
    refused_by: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the scenario holds."""
        return not self.problems


def load(paths: Iterable[Path], law: Rechtsstand) -> list[Scenario]:
    """Read scenario files, or all of a folder; raises ``ConfigurationError`` naming the file."""
    found: list[Scenario] = []
    for path in paths:
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        for file in files:
            content = _yaml(file)
            if content.get("verfahren") in (None, SHARED):
                continue
            base = content.get("grundfall")
            ground = _yaml(file.parent / str(base)) if base else {}
            versions = content.get("version", 1)
            for version in versions if isinstance(versions, list) else [versions]:
                verfahren = registry.get(str(content["verfahren"]), int(version))
                found += _scenarios(file, content, verfahren, ground, law, strict=True)
    return found


def load_all(folder: Path, verfahren: Verfahren, law: Rechtsstand) -> list[Scenario]:
    """Return the scenarios of a Verfahren: its own folder's, and the shared ones that fit it."""
    own = folder / verfahren.key.lower()
    if not own.is_dir():
        return []
    found = [s for s in load([own], law) if s.verfahren is verfahren]
    ground = own / f"grundfall_v{verfahren.version}.yaml"
    if not ground.is_file():
        ground = own / "grundfall.yaml"
    if ground.is_file():
        settled = {s.alone for s in found if s.alone}
        for file in sorted((folder / SHARED).glob("*.yaml")):
            shared = _scenarios(file, _yaml(file), verfahren, _yaml(ground), law, strict=False)
            found += [s for s in shared if not s.alone or s.alone not in settled]
    return found


def run(scenario: Scenario) -> Outcome:
    """Play one scenario; wrong expectations become problems, never exceptions."""
    words = dict(scenario.given)
    clocks = Uhrwerk(scenario.verfahren, scenario.law)
    state, texts = scenario.state, ""
    taken: list[Step] = []
    refused: tuple[str, ...] = ()
    for row in scenario.steps:
        words.update(_with(scenario, row))
        facts = _facts(scenario, words, clocks)
        try:
            state, steps = _take(scenario, state, row, facts)
        except StepNotAllowed as refusal:
            refused = tuple(reason.key for reason in refusal.reasons)
            texts = " ".join(reason.text for reason in refusal.reasons)
            break
        for step in steps:
            clocks.step(step, facts)
        taken += steps
    facts = _facts(scenario, words, clocks)
    played = Played(scenario.verfahren, state, facts, tuple(taken), refused, texts, scenario.alone)
    return Outcome(
        scenario,
        state,
        tuple(step.key for step in taken),
        refused,
        tuple(compare(scenario.expected, played)),
    )


def _facts(scenario: Scenario, words: Mapping[str, Any], clocks: Uhrwerk) -> Facts:
    facts = facts_from(words, scenario.source, scenario.verfahren, scenario.law)
    stands: dict[str, UhrStand] = {**clocks.stands(), **facts.uhren}
    return replace(facts, uhren=stands)


def _with(scenario: Scenario, row: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in row.get("mit") or ():
        if name not in scenario.cases:
            raise ConfigurationError(f"{scenario.source}: den Fall „{name}“ gibt es nicht")
        out |= scenario.cases[name]
    return out | (row.get("angaben") or {})


def _take(
    scenario: Scenario, state: str, row: Mapping[str, Any], facts: Facts
) -> tuple[str, list[Step]]:
    v = scenario.verfahren
    if row.get("uhr"):
        steps = due_steps(v, state, facts)[:1]
        for step in steps:
            state = fire(v, state, step.key, facts, (Power.SYSTEM,))
        return state, steps
    key = str(row.get("schritt", ""))
    power = _POWERS.get(str(row.get("als", "")))
    reason = str(row.get("begruendung", ""))
    target = fire(v, state, key, facts, (power,) if power else (), reason=reason)
    found = v.step(key)
    return target, [found] if found is not None else []


def _scenarios(
    file: Path,
    content: Mapping[str, Any],
    verfahren: Verfahren,
    ground: Mapping[str, Any],
    law: Rechtsstand,
    *,
    strict: bool,
) -> list[Scenario]:
    shared, cases = ground.get("angaben") or {}, ground.get("faelle") or {}
    states = {state.label: state.key for state in verfahren.states}
    found = []
    for row in content.get("szenarien") or ():
        given = row.get("gegeben") or {}
        label = given.get("zustand", _label(verfahren, verfahren.initial))
        names = [str(step["schritt"]) for step in row.get("wenn") or () if step.get("schritt")]
        wanted = {
            name for part in (given, *(row.get("wenn") or ())) for name in part.get("mit", ())
        }
        if not strict and not _fits(verfahren, label, names, wanted, cases, row):
            continue
        if label not in states:
            raise ConfigurationError(f"{file.name}, „{row.get('name')}“: Zustand „{label}“?")
        expected = row.get("dann") or {}
        if not expected:
            raise ConfigurationError(f"{file.name}, „{row.get('name')}“: dann fehlt")
        probe = Scenario("", file.name, verfahren, law, "", {}, (), {}, cases)
        found.append(
            Scenario(
                name=str(row["name"]),
                source=file.name,
                verfahren=verfahren,
                law=law,
                state=states[label],
                given={**shared, **_with(probe, given)},
                steps=tuple(row.get("wenn") or ()),
                expected=expected,
                cases=cases,
            )
        )
    requirements = {r.key for r in verfahren.checklist}
    for key, row in (content.get("allein") or {}).items():
        if key not in requirements:
            if strict:
                raise ConfigurationError(f"{file.name}: die Voraussetzung {key} gibt es nicht")
            continue
        found.append(
            Scenario(
                name=f"Nur {key} steht entgegen",
                source=file.name,
                verfahren=verfahren,
                law=law,
                state=verfahren.initial,
                given={**shared, **(row.get("angaben") or {})},
                steps=(),
                expected={"saetze": {key: row.get("saetze", [])}},
                cases=cases,
                alone=key,
            )
        )
    return found


def _fits(
    verfahren: Verfahren,
    label: str,
    steps: Iterable[str],
    wanted: Iterable[str],
    cases: Mapping[str, Any],
    row: Mapping[str, Any],
) -> bool:
    """Whether a shared scenario says something about this Verfahren at all."""
    labels = {state.label for state in verfahren.states}
    known = {step.key for step in verfahren.steps}
    needs = set(row.get("braucht") or ())
    reasons = set((row.get("dann") or {}).get("abgelehnt_wegen") or ())
    guards = {*verfahren.guards(), "rolle", "zustand", "begruendung", "schritt"}
    return (
        label in labels
        and set(steps) <= known
        and set(wanted) <= set(cases)
        and needs <= known | {r.key for r in verfahren.checklist}
        and reasons <= guards
    )


def _yaml(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=SafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise ConfigurationError(f"{file.name}: {problem}") from problem
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file.name}: keine Zuordnung von Schlüsseln zu Werten")
    return content


def _label(verfahren: Verfahren, key: str) -> str:
    state = verfahren.state(key)
    return state.label if state else key

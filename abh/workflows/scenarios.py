"""Runs scenario files that a clerk can read: gegeben, wenn, dann.

A file names a Verfahren, optionally a ``grundfall`` (a YAML file beside it with the facts all its
scenarios share) and lists scenarios. Each gives a state and facts, takes steps, and says what must
come out: the state, the refusing conditions, the status of requirements, words in a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from abh.kernel.errors import ConfigurationError, StepNotAllowed
from abh.workflows import registry
from abh.workflows.checklist import STATUS_LABELS, evaluate_checklist
from abh.workflows.definition import POWER_LABELS, Power, Verfahren
from abh.workflows.facts import Facts
from abh.workflows.machine import due_steps, fire
from abh.workflows.scenario_facts import facts_from

_POWERS = {label: power for power, label in POWER_LABELS.items()}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as read: ``steps`` and ``expected`` keep the German keys of the file."""

    name: str
    source: str
    verfahren: Verfahren
    state: str
    given: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    expected: Mapping[str, Any]


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


def load(paths: Iterable[Path]) -> list[Scenario]:
    """Read scenario files, or all of a folder; raises ``ConfigurationError`` naming the file."""
    found: list[Scenario] = []
    for path in paths:
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        for file in files:
            found += _read(file)
    return found


def run(scenario: Scenario) -> Outcome:
    """Play one scenario; wrong expectations become problems, never exceptions."""
    facts_map = dict(scenario.given)
    state, texts = scenario.state, ""
    taken: list[str] = []
    refused: tuple[str, ...] = ()
    for row in scenario.steps:
        facts_map.update(row.get("angaben") or {})
        facts = facts_from(facts_map, scenario.source)
        try:
            state, steps = _take(scenario, state, row, facts)
            taken += steps
        except StepNotAllowed as refusal:
            refused = tuple(reason.key for reason in refusal.reasons)
            texts = " ".join(reason.text for reason in refusal.reasons)
            break
    facts = facts_from(facts_map, scenario.source)
    problems = _compare(scenario, state, refused, texts, facts)
    return Outcome(scenario, state, tuple(taken), refused, tuple(problems))


def _take(
    scenario: Scenario, state: str, row: Mapping[str, Any], facts: Facts
) -> tuple[str, list[str]]:
    v = scenario.verfahren
    if row.get("uhr"):
        steps = [step.key for step in due_steps(v, state, facts)][:1]
        for key in steps:
            state = fire(v, state, key, facts, (Power.SYSTEM,))
        return state, steps
    key = str(row.get("schritt", ""))
    power = _POWERS.get(str(row.get("als", "")))
    reason = str(row.get("begruendung", ""))
    return fire(v, state, key, facts, (power,) if power else (), reason=reason), [key]


def _compare(
    scenario: Scenario, state: str, refused: tuple[str, ...], texts: str, facts: Facts
) -> list[str]:
    expected, problems = scenario.expected, []
    label = _label(scenario.verfahren, state)
    if expected.get("zustand", label) != label:
        problems.append(f"Zustand „{label}“ statt „{expected['zustand']}“")
    wanted = tuple(expected.get("abgelehnt_wegen", ()))
    if set(wanted) != set(refused):
        problems.append(f"abgelehnt wegen {list(refused)} statt {list(wanted)} {texts}".strip())
    for part in expected.get("begruendung_nennt", ()):
        if part not in texts:
            problems.append(f"„{part}“ steht nicht in: {texts}")
    return problems + _compare_items(scenario, facts)


def _compare_items(scenario: Scenario, facts: Facts) -> list[str]:
    expected, problems = scenario.expected, []
    items = {item.key: item for item in evaluate_checklist(scenario.verfahren, facts)}
    statuses, sentences = expected.get("voraussetzungen") or {}, expected.get("saetze") or {}
    for key in sorted({*statuses, *sentences} - set(items)):
        problems.append(f"die Voraussetzung {key} gibt es nicht")
    for key, item in items.items():
        found = STATUS_LABELS[item.status]
        if statuses.get(key, found) != found:
            problems.append(f"{key} ist „{found}“ statt „{statuses[key]}“: {item.why}")
        for part in sentences.get(key, ()):
            if part not in item.why:
                problems.append(f"{key}: „{part}“ steht nicht in: {item.why}")
    return problems


def _read(file: Path) -> list[Scenario]:
    content = _yaml(file)
    rows = content.get("szenarien")
    if rows is None:
        return []
    base = content.get("grundfall")
    shared = _yaml(file.parent / str(base)).get("angaben", {}) if base else {}
    verfahren = registry.get(str(content.get("verfahren")), int(content.get("version", 1)))
    states = {state.label: state.key for state in verfahren.states}
    found = []
    for row in rows:
        given = row.get("gegeben") or {}
        label = given.get("zustand", _label(verfahren, verfahren.initial))
        if label not in states:
            raise ConfigurationError(f"{file.name}, „{row.get('name')}“: Zustand „{label}“?")
        expected = row.get("dann") or {}
        if not expected:
            raise ConfigurationError(f"{file.name}, „{row.get('name')}“: dann fehlt")
        found.append(
            Scenario(
                name=str(row["name"]),
                source=file.name,
                verfahren=verfahren,
                state=states[label],
                given={**shared, **(given.get("angaben") or {})},
                steps=tuple(row.get("wenn") or ()),
                expected=expected,
            )
        )
    return found


def _yaml(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise ConfigurationError(f"{file.name}: {problem}") from problem
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file.name}: keine Zuordnung von Schlüsseln zu Werten")
    return content


def _label(verfahren: Verfahren, key: str) -> str:
    state = verfahren.state(key)
    return state.label if state else key

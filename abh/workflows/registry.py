"""Which Verfahren exist, in which versions; a published version never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from abh.kernel.errors import ConfigurationError, Reason
from abh.workflows import verfahren as rooms
from abh.workflows.definition import State, Step, Verfahren

# A version that cases run on is law in force: each module of a Verfahren publishes it with its
# fingerprint. Whoever changes it must add a version instead.
_MODULES = tuple(
    import_module(f"{rooms.__name__}.{found.name}")
    for found in sorted(iter_modules(rooms.__path__), key=lambda found: found.name)
    if found.name.startswith("p") and found.name[1:3].isdigit()
)
FINGERPRINTS: Mapping[tuple[str, int], str] = {
    (verfahren.key, verfahren.version): mark
    for module in _MODULES
    for verfahren, mark in module.PUBLISHED
}
PUBLISHED: tuple[Verfahren, ...] = tuple(
    verfahren for module in _MODULES for verfahren, _ in module.PUBLISHED
)

_BY_KEY: dict[tuple[str, int], Verfahren] = {(v.key, v.version): v for v in PUBLISHED}


class UnknownVerfahren(ConfigurationError):
    """A key or version that this release does not know."""

    title = "Dieses Verfahren gibt es hier nicht."

    def __init__(self, key: str, version: int | None) -> None:
        known = ", ".join(f"{k} Version {n}" for k, n in sorted(_BY_KEY))
        wanted = key if version is None else f"{key} Version {version}"
        text = f"{wanted} ist unbekannt; bekannt sind: {known}."
        super().__init__(text, reasons=(Reason(text, key="verfahren_unbekannt"),))
        self.key = key
        self.version = version


def get(key: str, version: int) -> Verfahren:
    """Return one version; raises ``UnknownVerfahren``. Running cases name theirs."""
    found = _BY_KEY.get((key, version))
    if found is None:
        raise UnknownVerfahren(key, version)
    return found


def current(key: str, stichtag: date) -> Verfahren:
    """Return the version in force on ``stichtag`` for a new case; raises ``UnknownVerfahren``."""
    fitting = [v for v in PUBLISHED if v.key == key and v.in_force_from <= stichtag]
    if not fitting:
        raise UnknownVerfahren(key, None)
    return max(fitting, key=lambda v: (v.in_force_from, v.version))


def known_keys() -> tuple[str, ...]:
    """Return the keys of all Verfahren, in order."""
    return tuple(sorted({v.key for v in PUBLISHED}))


def newest(key: str) -> Verfahren:
    """Return the newest version of a Verfahren; raises ``UnknownVerfahren``."""
    fitting = [v for v in PUBLISHED if v.key == key]
    if not fitting:
        raise UnknownVerfahren(key, None)
    return max(fitting, key=lambda v: (v.in_force_from, v.version))


@cache
def states() -> Mapping[str, State]:
    """Return every state by key, in the order of the procedures; the first one's words count."""
    found: dict[str, State] = {}
    for verfahren in PUBLISHED:
        for state in verfahren.states:
            found.setdefault(state.key, state)
    return found


def known_states() -> dict[tuple[str, int], frozenset[str]]:
    """Return the states of every version, to check stored cases against at start-up."""
    return {key: frozenset(s.key for s in v.states) for key, v in _BY_KEY.items()}


def fingerprint(verfahren: Verfahren) -> str:
    """Return a short hash of all that binds: states, steps, guards, letters, requirements, norms,
    fees with exemptions, the end of the title, how far the office is bound, and who may see it.

    Labels and words stay out, so that a spelling mistake can be mended without a new version.
    """
    content = {
        "key": verfahren.key,
        "version": verfahren.version,
        "norm": verfahren.norm,
        "in_force_from": verfahren.in_force_from.isoformat(),
        "initial": verfahren.initial,
        "states": [[s.key, s.terminal] for s in verfahren.states],
        "steps": [_step_content(step) for step in verfahren.steps],
        "checklist": [
            [r.key, r.norm, r.evidence, r.mandatory, r.source.value, r.waiver_norm]
            for r in verfahren.checklist
        ],
        "letters": sorted(verfahren.letters),
        "fees": sorted(verfahren.fees),
        "clocks": [
            [c.key, c.norm, c.law_keys, c.start_steps, c.end_steps, c.stop_steps, c.resume_steps]
            for c in verfahren.clocks
        ],
        "angaben": [[a.key, a.kind.name] for a in verfahren.angaben],
        "law_keys": sorted(verfahren.all_law_keys()),
        "variants": [
            [v.key, v.norm, v.outcome, v.entscheidung.name if v.entscheidung else ""]
            for v in verfahren.varianten
        ],
        "binding": verfahren.entscheidung.name,
        "exemptions": [
            [each.norm, *each.nur] if each.nur else each.norm for each in verfahren.befreiungen
        ],
        "title": [verfahren.laufzeit.norm, verfahren.laufzeit.most_key]
        if verfahren.laufzeit
        else [],
        "outcome": verfahren.grant_outcome,
        "access": verfahren.zugriff.name,
        "opening": verfahren.opening,
        "participations": [[p.kind.key, p.norm] for p in verfahren.beteiligungen],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _step_content(step: Step) -> list[object]:
    return [
        step.key,
        step.source,
        step.target,
        [power.value for power in step.by],
        step.norm,
        [[guard.key, guard.norm] for guard in step.guards],
        step.letter,
        step.enclosures,
        [effect.name for effect in step.effects],
        step.automatic,
        step.needs_reason,
        step.decision,
        step.outcome,
    ]

"""Finds faults in a Verfahren before a case can: what `abh verfahren pruefen` reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from abh.workflows.definition import SAME_STATE, Effect, Power, Step, Verfahren
from abh.workflows.dossier import FINDINGS

if TYPE_CHECKING:
    from abh.workflows.scenarios import Outcome

COMMON = frozenset(FINDINGS)
# Scenarios a Verfahren must have at least: more where it gives a title.
LEAST_TITLE, LEAST_OTHER = 8, 4


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: in which Verfahren, where in it, and what is wrong."""

    verfahren: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.verfahren}, {self.where}: {self.text}"


def check_verfahren(
    verfahren: Verfahren,
    known_letters: Collection[str],
    known_law: Collection[str] | None = None,
) -> list[Fault]:
    """Return every fault at once. Without ``known_law`` keys of fees and periods go unchecked."""
    name = f"{verfahren.key} Version {verfahren.version}"
    found = (
        *_doubles(verfahren),
        *_targets(verfahren),
        *_reachability(verfahren),
        *_rows(verfahren),
        *_letters(verfahren, known_letters),
        *_guards(verfahren),
        *_words(verfahren),
        *_checklist(verfahren),
        *_angaben(verfahren),
        *_clocks(verfahren),
        *(_law(verfahren, known_law) if known_law is not None else ()),
    )
    return [Fault(name, where, text) for where, text in found]


def check_versions(versions: Collection[Verfahren]) -> list[Fault]:
    """Return overlaps and gaps between the versions of each Verfahren.

    A version holds until the next begins: so numbers run from 1 without a hole, and every later
    one begins on a later day.
    """
    found = []
    for key in sorted({v.key for v in versions}):
        own = sorted((v for v in versions if v.key == key), key=lambda v: v.version)
        numbers = [v.version for v in own]
        if numbers != list(range(1, len(own) + 1)):
            found.append(Fault(key, "Versionen", f"{numbers} ist keine Folge ab 1"))
        for older, newer in pairwise(own):
            if newer.in_force_from <= older.in_force_from:
                text = (
                    f"Version {newer.version} beginnt am {newer.in_force_from:%d.%m.%Y}, nicht "
                    f"nach Version {older.version}: beide gälten zugleich"
                )
                found.append(Fault(key, "Versionen", text))
    return found


Found = Iterator[tuple[str, str]]
# Run by effects, not by the steps of its row; so that the handbook never forgets it.
PAPER_CLOCK = "RUECKGABE"
_DEMANDS = {Effect.DEMAND_PAPERS, Effect.DEMAND_ALL_PAPERS}


def targets(step: Step) -> tuple[str, ...]:
    """Return where a step can lead; ``SAME_STATE`` leads back to each of its sources."""
    return step.source if step.target == SAME_STATE else (step.target,)


def _doubles(v: Verfahren) -> Found:
    for kind, keys in (
        ("Zustand", [s.key for s in v.states]),
        ("Schritt", [s.key for s in v.steps]),
        ("Voraussetzung", [r.key for r in v.checklist]),
    ):
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{kind} {key}", "ist doppelt"


def _targets(v: Verfahren) -> Found:
    known = {s.key for s in v.states}
    if v.initial not in known:
        yield "Anfang", f"Zustand „{v.initial}“ ist nicht definiert"
    for step in v.steps:
        for key in (*step.source, *targets(step)):
            if key not in known:
                yield f"Schritt {step.key}", f"Zustand „{key}“ ist nicht definiert"


def _reachability(v: Verfahren) -> Found:
    seen, queue = {v.initial}, [v.initial]
    while queue:
        here = queue.pop()
        for step in v.steps:
            if here in step.source:
                fresh = [key for key in targets(step) if key not in seen]
                seen.update(fresh)
                queue.extend(fresh)
    ends = {s.key for s in v.states if s.terminal}
    reaching = set(ends)
    while True:
        more = {
            key
            for step in v.steps
            if step.target in reaching
            for key in step.source
            if key not in reaching
        }
        if not more:
            break
        reaching |= more
    for state in v.states:
        where = f"Zustand {state.key}"
        if state.key not in seen:
            yield where, "ist vom Anfang aus nicht erreichbar"
        leaving = [step.key for step in v.steps if state.key in step.source]
        if state.terminal and leaving:
            yield where, f"ist ein Ende, aber {', '.join(leaving)} führt hinaus"
        if not state.terminal and state.key not in reaching:
            yield where, "ist eine Sackgasse: kein Weg führt zu einem Ende"


def _rows(v: Verfahren) -> Found:
    for step in v.steps:
        where = f"Schritt {step.key}"
        if not step.source:
            yield where, "hat keinen Ausgangszustand"
        if not step.by:
            yield where, "hat keine Befugnis"
        if not step.norm.strip():
            yield where, "hat keine Norm"
        if not step.label.strip():
            yield where, "hat keine Bezeichnung"
        if step.automatic and Power.SYSTEM not in step.by:
            yield where, "ist automatisch, aber nicht der Automatik erlaubt"
        if step.automatic and not step.guards:
            yield where, "ist automatisch, aber ohne Bedingung"
        if step.decision and (Power.SYSTEM in step.by or step.automatic):
            yield where, "ist eine Entscheidung und darf nicht automatisch sein (§ 35a VwVfG NRW)"


def _letters(v: Verfahren, known: Collection[str]) -> Found:
    for key in v.letters:
        if key not in known:
            yield f"Brief {key}", "hat keine Vorlage"
    used = {
        (step.key, key)
        for step in v.steps
        for key in ((step.letter,) if step.letter else ()) + step.enclosures
    }
    for step_key, key in sorted(used):
        if key not in v.letters:
            yield f"Schritt {step_key}", f"Brief „{key}“ ist im Verfahren nicht aufgeführt"


def _guards(v: Verfahren) -> Found:
    by_key: dict[str, object] = {}
    for step in v.steps:
        for guard in step.guards:
            where = f"Bedingung {guard.key} in Schritt {step.key}"
            if not guard.label.strip() or not guard.norm.strip():
                yield where, "hat keine Bezeichnung oder keine Norm"
            first = by_key.setdefault(guard.key, (guard.label, guard.norm))
            if first != (guard.label, guard.norm):
                yield where, "heißt wie eine andere Bedingung, ist aber eine andere"


def _words(v: Verfahren) -> Found:
    for state in v.states:
        if not state.portal_words.de.strip():
            yield f"Zustand {state.key}", "hat keine Worte für das Portal"


def _checklist(v: Verfahren) -> Found:
    for requirement in v.checklist:
        if not requirement.norm.strip():
            yield f"Voraussetzung {requirement.key}", "hat keine Norm"
        for kind in (kind for group in requirement.evidence for kind in group):
            if kind not in v.evidence_labels:
                yield f"Voraussetzung {requirement.key}", f"Nachweis „{kind}“ hat keinen Namen"


def _angaben(v: Verfahren) -> Found:
    for key in sorted(set(v.angaben_by_key) & COMMON):
        yield f"Angabe {key}", "heißt wie eine Angabe, die jeder Vorgang hat"
    if v.varianten:
        field = v.angaben_by_key.get("variante")
        if field is None or set(field.choices) != {one.key for one in v.varianten}:
            yield "Varianten", "die Angabe „variante“ fehlt oder nennt andere"
    for requirement in v.checklist:
        for key in requirement.reads:
            if key not in COMMON and key not in v.angaben_by_key:
                yield f"Voraussetzung {requirement.key}", f"Angabe „{key}“ ist nicht erklärt"


def _clocks(v: Verfahren) -> Found:
    steps = {s.key for s in v.steps}
    for clock in v.clocks:
        where = f"Uhr {clock.key}"
        named = (*clock.start_steps, *clock.end_steps, *clock.stop_steps, *clock.resume_steps)
        for key in named:
            if key not in steps:
                yield where, f"Schritt „{key}“ gibt es nicht"
        if not clock.effect.strip():
            yield where, "sagt nicht, was am Ende geschieht"
        if clock.stop_steps and not clock.resume_steps and not clock.end_steps:
            yield where, "kann stehen bleiben, ohne je zu enden"
    running = {clock.key for clock in v.clocks}
    demanding = [step.key for step in v.steps if _DEMANDS & set(step.effects)]
    if bool(demanding) != (PAPER_CLOCK in running):
        text = f"fordert Papiere zurück in: {', '.join(demanding) or 'keinem Schritt'}"
        yield f"Uhr {PAPER_CLOCK}", f"{text}; die Uhr gehört genau dann in die Tafel"


def check_scenarios(v: Verfahren, outcomes: Collection[Outcome]) -> list[Fault]:
    """Return what no scenario shows: steps, refusing guards, requirements that alone refuse."""
    name = f"{v.key} Version {v.version}"
    taken = {key for o in outcomes for key in o.taken}
    refused = {key for o in outcomes for key in o.refused_by}
    alone = {o.scenario.alone for o in outcomes if o.passed}
    shown = [o for o in outcomes if not o.scenario.alone]
    found = [
        *((f"Schritt {s.key}", "kein Szenario nimmt ihn") for s in v.steps if s.key not in taken),
        *(
            (f"Bedingung {key}", "kein Szenario scheitert an ihr")
            for key in v.guards()
            if key not in refused
        ),
        *(
            (f"Voraussetzung {r.key}", "kein Szenario, in dem sie allein entgegensteht")
            for r in v.checklist
            if r.mandatory and r.key not in alone
        ),
    ]
    least = LEAST_TITLE if v.laufzeit is not None else LEAST_OTHER
    if len(shown) < least:
        found.append(("Szenarien", f"{len(shown)} statt mindestens {least}"))
    return [Fault(name, where, text) for where, text in found]


def _law(v: Verfahren, known: Collection[str]) -> Found:
    for key in sorted(v.all_law_keys()):
        if key not in known:
            yield f"Recht {key}", "fehlt im Rechtsstand"

"""Compares what a scenario expects with what happened; every difference in a German sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from abh.workflows.checklist import STATUS_LABELS, Item, evaluate_checklist, unsettled_items
from abh.workflows.definition import Step, Verfahren
from abh.workflows.facts import Facts
from abh.workflows.fiktion import fiktion
from abh.workflows.gebuehren import fees_for
from abh.workflows.laufzeit import title_end
from abh.workflows.planung import to_plan

KNOWN = frozenset(
    {
        "zustand",
        "abgelehnt_wegen",
        "begruendung_nennt",
        "voraussetzungen",
        "saetze",
        "briefe",
        "uhren",
        "gebuehr",
        "gebuehr_frei",
        "fiktion",
        "titel_bis",
        "beteiligungen",
        "entscheidung",
    }
)
STANDS = {"running": "läuft", "stopped": "steht", "expired": "abgelaufen", "ended": "beendet"}


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a scenario."""

    verfahren: Verfahren
    state: str
    facts: Facts
    taken: tuple[Step, ...]
    refused: tuple[str, ...]
    texts: str
    alone: str = ""


def compare(expected: Mapping[str, Any], played: Played) -> Iterator[str]:
    """Yield every difference between ``dann`` and what happened."""
    for word in sorted(set(expected) - KNOWN):
        yield f"„{word}“ ist kein Wort für dann"
    yield from _steps(expected, played)
    items = {item.key: item for item in evaluate_checklist(played.verfahren, played.facts)}
    yield from _items(expected, items)
    yield from _effects(expected, played)
    if played.alone:
        bad = [item.key for item in unsettled_items(items.values())]
        if bad != [played.alone]:
            why = "; ".join(f"{key}: {items[key].why}" for key in bad)
            yield f"nicht erfüllt sind {bad} statt nur {played.alone} ({why})"


def _steps(expected: Mapping[str, Any], played: Played) -> Iterator[str]:
    found = played.verfahren.state(played.state)
    label = found.label if found else played.state
    if expected.get("zustand", label) != label:
        yield f"Zustand „{label}“ statt „{expected['zustand']}“ {played.texts}".strip()
    wanted = tuple(expected.get("abgelehnt_wegen", ()))
    if set(wanted) != set(played.refused):
        yield f"abgelehnt wegen {list(played.refused)} statt {list(wanted)} {played.texts}".strip()
    for part in expected.get("begruendung_nennt", ()):
        if part not in played.texts:
            yield f"„{part}“ steht nicht in: {played.texts}"
    if "briefe" in expected:
        letters = [key for step in played.taken for key in (step.letter, *step.enclosures) if key]
        if letters != list(expected["briefe"]):
            yield f"Briefe {letters} statt {expected['briefe']}"


def _items(expected: Mapping[str, Any], items: Mapping[str, Item]) -> Iterator[str]:
    statuses, sentences = expected.get("voraussetzungen") or {}, expected.get("saetze") or {}
    for key in sorted({*statuses, *sentences} - set(items)):
        yield f"die Voraussetzung {key} gibt es nicht"
    for key, item in items.items():
        found = STATUS_LABELS[item.status]
        if statuses.get(key, found) != found:
            yield f"{key} ist „{found}“ statt „{statuses[key]}“: {item.why}"
        for part in sentences.get(key, ()):
            if part not in item.why:
                yield f"{key}: „{part}“ steht nicht in: {item.why}"


def _effects(expected: Mapping[str, Any], played: Played) -> Iterator[str]:
    verfahren, facts = played.verfahren, played.facts
    for key, wanted in (expected.get("uhren") or {}).items():
        uhr = facts.uhren.get(key)
        said: Any = "fehlt" if uhr is None else STANDS[uhr.status]
        if isinstance(wanted, date) and uhr is not None and uhr.status == "running":
            said = uhr.due
        if said != wanted:
            yield f"Uhr {key}: {said} statt {wanted}"
    lines = fees_for(verfahren, facts)
    if "gebuehr" in expected:
        due = sum((line.amount or Decimal(0) for line in lines if not line.waived_norm), Decimal(0))
        if due != Decimal(str(expected["gebuehr"])):
            yield f"Gebühr {due} statt {expected['gebuehr']}"
    if "gebuehr_frei" in expected:
        norms = " ".join(line.waived_norm for line in lines)
        if str(expected["gebuehr_frei"]) not in norms:
            yield f"gebührenfrei nach „{norms}“ statt {expected['gebuehr_frei']}"
    plain = {
        "fiktion": lambda: fiktion(facts).kind.value,
        "titel_bis": lambda: _end(verfahren, facts),
        "beteiligungen": lambda: [kind.key for kind in to_plan(verfahren, facts)],
        "entscheidung": lambda: verfahren.bindung(facts).value,
    }
    for word, find in plain.items():
        if word in expected and find() != expected[word]:
            yield f"{word}: {find()} statt {expected[word]}"


def _end(verfahren: Verfahren, facts: Facts) -> Any:
    found = title_end(verfahren, facts)
    if found is None:
        return "keiner"
    return found.until or "unbefristet"

"""Facts that contradict each other or the calendar, refused where they enter (pure).

Only what cannot be true is refused. What is merely unusual stays: the rules judge it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from abh.kernel.errors import FieldProblem
from abh.workflows.angaben import Angabe, AngabeKind
from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts, TitleKind, german

# Ends of names that make a pair of days: the second is not before the first.
_PAIRS = (("_von", "_bis"), ("_seit", "_bis"), ("_seit", "_ende"), ("_beginn", "_ende"),
          ("_ab", "_bis"))  # fmt: skip
# What has happened, when it is told; an end of a job or a visit may be told before.
_PAST = ("_seit", "_geburt")
_PAST_FIELDS = {
    "degree_on": "Abschluss erworben am",
    "withdrawal_on": "Antrag zurückgenommen am",
    "asylum_submitted_on": "Asylantrag gestellt am",
    "biometrics_on": "Biometrie aufgenommen am",
    "continuation_ordered_on": "Fortgeltung des Titels angeordnet am",
}
_AFTER_RECEIPT = ("withdrawal_on", "continuation_ordered_on")


def contradictions(
    verfahren: Verfahren, facts: Facts, changed: Collection[str] | None = None
) -> list[FieldProblem]:
    """Return what cannot be true together; with ``changed`` only where one of these keys is in it.

    The problem is put at the changed key, so that a form shows it where it was typed.
    """
    found = []
    for keys, text in (*_own(facts), *_declared(verfahren, facts)):
        hit = [key for key in keys if changed is None or key in changed]
        if hit:
            found.append(FieldProblem(hit[0], text))
    return found


def receipt_contradictions(facts: Facts, received_on: date, decided_on: date | None) -> list[str]:
    """Return what happened in the case before the day on which it would have come in."""
    events = [
        ("Nachforderung", facts.request.sent_on),
        ("Anhörung", facts.hearing.sent_on),
        ("Rücknahme", facts.withdrawal_on),
        ("Anordnung der Fortgeltung", facts.continuation_ordered_on),
        ("Entscheidung", decided_on),
    ]
    return [
        f"{what} vom {german(on)}: der Eingang kann nicht danach liegen."
        for what, on in events
        if on is not None and on < received_on
    ]


def _own(f: Facts) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, label in _PAST_FIELDS.items():
        on = getattr(f, key)
        if on is not None and on > f.today:
            yield (key,), f"{label}: {german(on)} liegt in der Zukunft."
    for key in _AFTER_RECEIPT:
        on = getattr(f, key)
        if on is not None and f.received_on is not None and on < f.received_on:
            text = f"{_PAST_FIELDS[key]}: {german(on)} liegt vor dem Eingang des Antrags."
            yield (key, "received_on"), text
    if f.birth is not None and f.received_on is not None and f.birth.earliest > f.received_on:
        yield ("birth_date",), f"Geburt nach dem Eingang des Antrags ({german(f.received_on)})."
    elif f.birth is not None and f.birth.earliest > f.today:
        yield ("birth_date",), "Die Geburt liegt in der Zukunft."
    if f.entry.on is not None and f.entry.on > f.today:
        yield ("entry_on",), f"Eingereist am {german(f.entry.on)}: das liegt in der Zukunft."
    if f.title_kind is TitleKind.NONE and f.title_until is not None:
        text = f"Ohne Titel gibt es keinen Tag, an dem er endet ({german(f.title_until)})."
        yield ("title_until", "title_kind"), text
    if f.job_permanent and f.job_months is not None:
        text = f"Unbefristet und auf {f.job_months} Monate befristet schließen sich aus."
        yield ("job_months", "job_permanent"), text
    born = f.birth.earliest if f.birth is not None else None
    for key, label, on in (
        ("degree_on", "Abschluss", f.degree_on),
        ("title_until", "Ende des Titels", f.title_until),
        ("entry_on", "Einreise", f.entry.on),
    ):
        if born is not None and on is not None and on < born:
            yield (key,), f"{label}: {german(on)} liegt vor der Geburt."


def _declared(verfahren: Verfahren, f: Facts) -> Iterator[tuple[tuple[str, ...], str]]:
    days = {a.key: a for a in verfahren.angaben if a.kind is AngabeKind.TAG}
    for key, angabe in days.items():
        on = _day(f, key)
        if on is not None and key.endswith(_PAST) and on > f.today:
            yield (key,), f"{angabe.label}: {german(on)} liegt in der Zukunft."
    for first, second in _pairs(days):
        begin, end = _day(f, first), _day(f, second)
        if begin is not None and end is not None and end < begin:
            text = f"{days[second].label} ({german(end)}) liegt vor: {days[first].label}."
            yield (second, first), text
    since = _day(f, "titel_seit") if "titel_seit" in days else None
    if since is not None and f.title_until is not None and f.title_until < since:
        text = f"Der Titel endet am {german(f.title_until)}, begann aber erst am {german(since)}."
        yield ("title_until", "titel_seit"), text


def _pairs(days: dict[str, Angabe]) -> Iterator[tuple[str, str]]:
    for key in days:
        for begin, end in _PAIRS:
            other = key.removesuffix(begin) + end
            if key.endswith(begin) and other in days:
                yield key, other


def _day(f: Facts, key: str) -> date | None:
    found: Any = f.angabe(key)
    return found if isinstance(found, date) else None

"""Whose turn it is in a case, in words a company may read, and what each side's clock says (pure).

Hearing and suspension may concern offences or security, a refusal is the person's to tell: all of
them read as a review by the office. Of other authorities only the Bundesagentur is named; in the
accelerated procedure (§ 81a AufenthG), which is the employer's own, also those whose clocks run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from abh.workflows.checklist import evaluate_checklist, missing_items
from abh.workflows.definition import State, Turn, Verfahren
from abh.workflows.dossier import Case


class Seite(StrEnum):
    """A side that can have the turn; the value is the German word for it."""

    AMT = "Ausländerbehörde"
    BA = "Bundesagentur für Arbeit"
    ANDERE = "andere Behörde"
    PERSON = "beschäftigte Person"
    FIRMA = "Sie als Arbeitgeber"
    NIEMAND = "niemand"


# States a company may read as they are called. All others, of whatever procedure, are inner matters
# until somebody has thought about them.
SHOWN = frozenset(
    {"draft", "received", "jurisdiction_check", "completeness_check", "awaiting_applicant",
     "in_review", "awaiting_third_party", "appointment_pending", "decision_ready", "granted",
     "card_in_production", "card_ready", "issued", "withdrawn", "discontinued", "transferred",
     "completed", "search_window", "milestone_due", "bc_review", "noted", "ended_job_review",
     "title_kept",
     # § 81a: the employer is the party of the agreement and acts for the person.
     "advised", "agreed", "recognition_running", "awaiting_employer", "ba_requested",
     "preapproval_check", "preapproved", "handed_over"}
)  # fmt: skip
# Where the employer, not the person, has to act.
EMPLOYER = frozenset({"advised", "awaiting_employer"})
# Where the review is over, and what came of it is the person's to tell.
AGAINST = frozenset(
    {"refused", "appeal_pending", "refused_final", "shortened", "shortening_appeal",
     "shortened_final"}
)  # fmt: skip
# With the agreement the accelerated procedure begins; the decision is the preliminary consent.
AGREED = frozenset(
    {"agreed", "recognition_running", "awaiting_employer", "ba_requested", "preapproval_check"}
)
# Where papers were asked for.
WAITING = frozenset({"awaiting_applicant", "awaiting_employer"})
# Papers that the employer writes or signs; all others are the person's own.
FIRM_PAPERS = frozenset(
    {"arbeitsvertrag", "ezb", "abordnung", "aufnahmevereinbarung", "ausbildungsvertrag",
     "partnerschaft", "plan", "bestaetigung", "gewerbe"}
)  # fmt: skip
BA_KINDS = ("BA", "BA_EILIG")
OUT = ("requested", "overdue", "needs_info")
# Clocks a company may know, by the side whose clock it is. All others are inner matters.
CLOCKS: Mapping[str, Seite] = {
    "nachforderung": Seite.PERSON,
    "abholung": Seite.PERSON,
    "T30": Seite.AMT,
    "WECHSEL30": Seite.AMT,
    "T60": Seite.AMT,
    "WEITERLEITUNG": Seite.AMT,
    "STILLE": Seite.FIRMA,
    "ANERKENNUNG_EINGANG": Seite.ANDERE,
    "ANERKENNUNG_2M": Seite.ANDERE,
    "AV_TERMIN": Seite.ANDERE,
    "AV_ENTSCHEIDUNG": Seite.ANDERE,
}


@dataclass(frozen=True, slots=True)
class Uhr:
    """A clock that a company may see: whose it is, what it counts, its norm and its last day."""

    seite: Seite
    label: str
    norm: str
    due: date

    def days_left(self, today: date) -> int:
        """Return the days until its last day, negative when it is over."""
        return (self.due - today).days


@dataclass(frozen=True, slots=True)
class Papier:
    """A missing paper that the employer writes: its kind of evidence and what it is called."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Zug:
    """Who has the turn. ``papiere`` are those of the employer, ``eigene`` how many of the person
    are missing: which ones is nobody's business but theirs.
    """

    seiten: tuple[Seite, ...]
    papiere: tuple[Papier, ...] = ()
    eigene: int = 0

    @property
    def is_firm(self) -> bool:
        """Whether the employer has something to do."""
        return Seite.FIRMA in self.seiten


def state_words(state: State) -> str:
    """Return the state as a company may read it."""
    if state.key in SHOWN:
        return state.label
    over = state.key in AGAINST or state.terminal
    return "Prüfung abgeschlossen" if over else "in Prüfung"


def side_of(state: State, *, at_ba: bool) -> Seite:
    """Return whose turn it is by the state alone; who of person and employer needs the papers."""
    if state.terminal:
        return Seite.NIEMAND
    if state.key not in SHOWN:
        return Seite.AMT
    if state.key in EMPLOYER:
        return Seite.FIRMA
    if state.whose_turn is Turn.THIRD_PARTY:
        return Seite.BA if at_ba else Seite.ANDERE
    plain = {Turn.OFFICE: Seite.AMT, Turn.APPLICANT: Seite.PERSON, Turn.COURT: Seite.AMT}
    return plain.get(state.whose_turn, Seite.NIEMAND)


def zug(state: State, parts: Iterable[Mapping[str, Any]], missing: Sequence[str],
        labels: Mapping[str, str]) -> Zug:  # fmt: skip
    """Return whose turn it is; ``missing`` are kinds of evidence a running request asks for."""
    at_ba = any(row["kind"] in BA_KINDS and row["state"] in OUT for row in parts)
    seite = side_of(state, at_ba=at_ba)
    if state.key not in WAITING:
        return Zug((seite,))
    papers = tuple(Papier(kind, labels.get(kind, kind)) for kind in missing if kind in FIRM_PAPERS)
    own = sum(kind not in FIRM_PAPERS for kind in missing)
    if seite is Seite.FIRMA:
        return Zug((seite,), papers, own)
    if not papers:
        return Zug((Seite.PERSON,), eigene=own)
    sides = (Seite.FIRMA, Seite.PERSON) if own else (Seite.FIRMA,)
    return Zug(sides, papers, own)


def zug_of(case: Case) -> Zug:
    """Return whose turn it is in a case as it was read."""
    state = case.verfahren.state(case.state)
    if state is None:
        return Zug((Seite.AMT,))
    missing = missing_kinds(case) if state.key in WAITING else ()
    return zug(state, case.row["beteiligungen"], missing, case.verfahren.evidence_labels)


def missing_kinds(case: Case) -> tuple[str, ...]:
    """Return the kinds of evidence that the checklist lacks; of alternatives the first."""
    kinds = {label: kind for kind, label in case.verfahren.evidence_labels.items()}
    found: dict[str, None] = {}
    for item in missing_items(evaluate_checklist(case.verfahren, case.facts)):
        for text in item.evidence_missing:
            first = text.split(" oder ")[0]
            found.setdefault(kinds.get(first, first))
    return tuple(found)


def uhren_of(case: Case, turn: Zug) -> tuple[Uhr, ...]:
    """Return the running clocks of a case that a company may see, soonest first.

    The office's own is the day from which an action for failure to act is admissible (§ 75 VwGO).
    """
    running = [row for row in case.row["fristen"] if row["status"] == "running"]
    found = []
    for row in running:
        seite = _seite_of_clock(row, case.row["beteiligungen"])
        if seite is Seite.PERSON and row["kind"] == "nachforderung" and turn.is_firm:
            seite = Seite.FIRMA
        if seite is not None:
            due = date.fromisoformat(row["due_on"])
            found.append(Uhr(seite, row["label"], row["norm"], due))
    office = [row for row in running if row["kind"].startswith("vwgo75_")]
    if office:
        last = max(office, key=lambda row: row["due_on"])
        due = date.fromisoformat(last["due_on"])
        found.append(Uhr(Seite.AMT, "Entscheidung in angemessener Zeit", "§ 75 VwGO", due))
    return tuple(sorted(found, key=lambda uhr: (uhr.due, uhr.seite)))


def _seite_of_clock(row: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Seite | None:
    if row["beteiligung_id"] is not None:
        part = next((p for p in parts if p["id"] == row["beteiligung_id"]), None)
        return Seite.BA if part is not None and part["kind"] in BA_KINDS else None
    return CLOCKS.get(row["kind"])


@cache
def decided_states(verfahren: Verfahren) -> frozenset[str]:
    """Return the states in which a company reads that it is decided."""
    return verfahren.decided_states - AGREED


def applicant_states(verfahren: Verfahren) -> frozenset[str]:
    """Return the states in which person or employer has the turn: the promise stands still."""
    return frozenset(
        state.key
        for state in verfahren.states
        if side_of(state, at_ba=False) in (Seite.PERSON, Seite.FIRMA) and not state.terminal
    )

"""Papers whose right is gone come back: which are out, and the clock that asks for them.

A Fiktionsbescheinigung, a toleration or a card proves a right; when the right has ended the office
may demand the paper (§ 52 VwVfG NRW). What is demanded is kept with the case, so that the clocks
know what is still out, also in a case that is closed. Reminders and returns are in ``einzug``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.documents.tables import CardOrder, FormIssue
from abh.workflows import uhren
from abh.workflows.facts import german
from abh.workflows.recht import LawKey

if TYPE_CHECKING:
    from abh.workflows.dossier import Case
    from abh.workflows.effects import Doing

NORM = "§ 52 VwVfG NRW"
CLOCK, REMINDER = "rueckgabe", "rueckgabe_mahnung"
CLOCKS = frozenset({CLOCK, REMINDER})
CARD = "card"
FORMS: Mapping[str, str] = {
    "D3": "Fiktionsbescheinigung",
    "D2a": "Bescheinigung über die Aussetzung der Abschiebung",
    "D12": "Bescheinigung über die Aufenthaltsgestattung",
}
_OUT = text(
    """
SELECT f.id, f.form AS kind, f.serial_no AS words, f.valid_until FROM form_issue f
  JOIN vorgang v ON v.id = f.vorgang_id
 WHERE v.person_id = :person AND (:everything OR v.id = :case)
   AND f.returned_on IS NULL AND f.form = ANY(:forms)
UNION ALL
SELECT k.id, :card, k.title_kind, k.valid_until FROM card_order k
  JOIN vorgang v ON v.id = k.vorgang_id
 WHERE v.person_id = :person AND k.state = 'handed_over'
   AND (:everything OR k.valid_until < :today)
 ORDER BY 1
"""
).bindparams(bindparam("forms", type_=ARRAY(Text)))
_CARDS_BACK = text(
    """
UPDATE card_order k SET state = 'returned', returned_on = :today FROM vorgang v
 WHERE v.id = k.vorgang_id AND v.person_id = :person AND v.id <> :case AND k.state = 'handed_over'
"""
)
_FORMS_BACK = text(
    """
UPDATE form_issue f SET returned_on = :today FROM vorgang v
 WHERE v.id = f.vorgang_id AND v.person_id = :person AND f.form = ANY(:forms)
   AND f.returned_on IS NULL
"""
).bindparams(bindparam("forms", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Papier:
    """A paper in somebody's hand: the row it stands in, and how it is called."""

    kind: str
    id: int
    words: str

    @property
    def key(self) -> str:
        """How a form of the page names it."""
        return f"{self.kind}-{self.id}"


def demand(doing: Doing, *, everything: bool) -> None:
    """Start the clock for the papers that have lost their right with this step, if any are out.

    Those of the case and cards that have run out; with ``everything`` all of the person, because
    the step ends the right of stay itself. Raises ``LawMissing`` where the Rechtsstand has no
    length for today.
    """
    rows = doing.session.execute(
        _OUT,
        {
            "person": doing.case.person["id"],
            "case": doing.case.id,
            "everything": everything,
            "today": doing.today,
            "forms": list(FORMS),
            "card": CARD,
        },
    )
    papers = [
        Papier(row.kind, row.id, _words(row.kind, row.words, row.valid_until)) for row in rows
    ]
    if not papers:
        return
    length = uhren.length(doing.house.law, LawKey.RUECKGABE, doing.today)
    words = named(papers)
    uhren.stop_clocks(doing.session, doing.case.id, now=doing.now, kinds=sorted(CLOCKS))
    uhren.start_clock(doing.session, doing.case.id, CLOCK, f"Zurückzugeben: {words}", length)
    doing.progress["rueckgabe"] = [
        {"kind": one.kind, "id": one.id, "words": one.words} for one in papers
    ]
    doing.notes["rueckgabe"] = words
    doing.notes["rueckgabe_bis"] = length.end.isoformat()


def asked_words(notes: Mapping[str, Any]) -> str:
    """Return the sentence of the step's own letter that asks for the papers, "" for none."""
    if "rueckgabe" not in notes:
        return ""
    until = german(date.fromisoformat(notes["rueckgabe_bis"]))
    return f"Bitte geben Sie bis zum {until} zurück: {notes['rueckgabe']} ({NORM})."


def still_out(session: Session, case: Case) -> tuple[Papier, ...]:
    """Return the papers that were demanded in the case and have not come back."""
    asked = [Papier(**one) for one in case.vorgang["progress"].get("rueckgabe", ())]
    forms = [one.id for one in asked if one.kind != CARD]
    cards = [one.id for one in asked if one.kind == CARD]
    out: set[tuple[bool, int]] = set()
    if forms:
        query = select(FormIssue.id).where(FormIssue.id.in_(forms), FormIssue.returned_on.is_(None))
        out |= {(False, one) for one in session.scalars(query)}
    if cards:
        held = select(CardOrder.id).where(CardOrder.id.in_(cards), CardOrder.state == "handed_over")
        out |= {(True, one) for one in session.scalars(held)}
    return tuple(one for one in asked if (one.kind == CARD, one.id) in out)


def replaced(doing: Doing) -> None:
    """Mark what a new card replaces as taken back: older cards and papers of the person.

    The guard of the handing over made sure that they were (``altes_eingezogen``).
    """
    values = {
        "today": doing.today,
        "person": doing.case.person["id"],
        "case": doing.case.id,
        "forms": list(FORMS),
    }
    doing.session.execute(_CARDS_BACK, values)
    doing.session.execute(_FORMS_BACK, values)


def _words(kind: str, words: str, until: date | None) -> str:
    if kind == CARD:
        return f"Karte „{words}“" + (f", gültig bis {german(until)}" if until else "")
    return f"{FORMS[kind]} {words}"


def named(papers: Iterable[Papier]) -> str:
    """Return papers in words, as label, letter and log name them."""
    return "; ".join(one.words for one in papers)

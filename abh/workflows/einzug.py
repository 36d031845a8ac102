"""Papers that were demanded: reminded of once, then reported; noted when they come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.tables import CardOrder, FormIssue
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows import standbrief, uhren
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.facts import german
from abh.workflows.recht import LawKey
from abh.workflows.rueckgabe import CARD, CLOCKS, NORM, REMINDER, Papier, named, still_out
from abh.workflows.steps import (
    change_progress,
    check_scope,
    lock_case,
    need_power,
    note_step,
)

# Where no letter may leave or none arrives: the reminder is a line for the clerk instead.
UNWRITTEN: Mapping[str, str] = {
    "removal_planned": "Kein Brief, solange die Abschiebung vorbereitet wird (§ 59 Abs. 1 Satz 8 "
    "AufenthG): bitte beim Vollzug einziehen.",
    "stayed": "Kein Brief, solange das Gericht den Vollzug aussetzt.",
    "departed": "Die Person ist ausgereist: bitte Grenzbehörde oder Auslandsvertretung fragen.",
    "removed": "Die Person ist abgeschoben: bitte die Bundespolizei fragen.",
}
REMINDED, MISSING, RETURNED = "rueckgabe_angemahnt", "rueckgabe_ausgeblieben", "rueckgabe_vermerkt"


def follow(
    session: Session, house: House, case: Case, over: Collection[Mapping[str, Any]]
) -> tuple[int, tuple[int, ...]] | None:
    """Do what follows from a clock of return that is over: remind once, then say it is missing.

    ``case`` is locked and at its newest version; returns the new version and the letters, nothing
    where no paper is out. The dead get no letter, nor do states of ``UNWRITTEN``.
    """
    kinds = {row["kind"] for row in over} & CLOCKS
    papers = still_out(session, case) if kinds else ()
    if not papers:
        return None
    words, last = named(papers), REMINDER in kinds
    made: tuple[int, ...] = ()
    if last:
        step = note_step(MISSING, "Papier nicht zurückgegeben", NORM, ())
        told = f"Noch nicht zurück: {words}. Bitte im AZR als ungültig melden."
    else:
        length = uhren.length(house.law, LawKey.RUECKGABE_MAHNUNG, house.today)
        uhren.start_clock(session, case.id, REMINDER, f"Zurückzugeben: {words}", length)
        step = note_step(REMINDED, "An die Rückgabe erinnert", NORM, ())
        told = f"Noch nicht zurück: {words}. Neue Frist bis {german(length.end)}."
        if case.person["died_on"] is not None:
            told += " Bitte die Angehörigen fragen: auch wer sie nur besitzt, gibt sie heraus."
        elif case.state in UNWRITTEN:
            told += f" {UNWRITTEN[case.state]}"
        else:
            order = standbrief.return_letter(house, SYSTEM, case, words, length.end)
            made = (letters.issue(session, house, SYSTEM, order).id,)
    version = change_progress(
        session,
        house,
        SYSTEM,
        case,
        step,
        reason=told,
        parts={},
        notes={"label": step.label, "azr_meldung_vorgemerkt": last},
    )
    return version, made


def take_back(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    keys: Iterable[str],
    *,
    expected_version: int | None,
) -> None:
    """Note that papers came back; the clocks end with the last. Also in a closed case.

    ``keys`` are those of ``still_out``. Locks the case. Raises ``InvalidInput`` for nothing chosen
    or a paper that is not out, ``NotAllowed``, ``NotFound``, ``Conflict`` (version).
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, Power.COUNTER, Power.REVIEW)
    out = {one.key: one for one in still_out(session, case)}
    wanted = list(dict.fromkeys(keys))
    if not wanted or any(key not in out for key in wanted):
        raise InvalidInput([FieldProblem("papers", "Bitte ein Papier wählen, das noch fehlt.")])
    returned = [out[key] for key in wanted]
    _mark(session, house.today, returned)
    if len(returned) == len(out):
        uhren.stop_clocks(session, case.id, now=house.now(), kinds=sorted(CLOCKS))
    step = note_step(RETURNED, "Papier zurückgegeben", NORM, (Power.COUNTER,))
    change_progress(
        session,
        house,
        actor,
        case,
        step,
        reason=f"Zurückgegeben: {named(returned)}.",
        parts={},
        notes={"label": step.label},
    )


def _mark(session: Session, today: date, papers: Sequence[Papier]) -> None:
    forms = [one.id for one in papers if one.kind != CARD]
    cards = [one.id for one in papers if one.kind == CARD]
    if forms:
        session.execute(update(FormIssue).where(FormIssue.id.in_(forms)).values(returned_on=today))
    if cards:
        session.execute(
            update(CardOrder)
            .where(CardOrder.id.in_(cards))
            .values(state="returned", returned_on=today)
        )

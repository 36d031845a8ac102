"""The four-eyes deletion run: one person checks, the archive is asked, another one approves.

What was deleted stays as a record: kind, norm, days, counts and hashes, no personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.house import House
from abh.documents.tables_akte import DeletionItem, DeletionRun
from abh.kernel.dauer import plus
from abh.kernel.errors import (
    Conflict,
    DomainError,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
    Reason,
)
from abh.kernel.ids import derived_token
from abh.workflows.aktenplan import ART
from abh.workflows.aufbewahrung import holds
from abh.workflows.loeschung import erase_case
from abh.workflows.recht import LawKey

OPEN = ("proposed", "checked")
_NORM = "§ 10 Abs. 4 ArchivG NRW"
_NUMBERS = text("SELECT id, number FROM vorgang WHERE id = ANY(:ids)")


class DeletionRefused(DomainError):
    """The run cannot be carried out now; every reason is named and nothing was deleted."""

    title = "Dieser Löschlauf ist jetzt nicht möglich."


def proof_of(house: House, number: str) -> str:
    """Return the proof under which the deletion of a case is found again by its number."""
    return derived_token(house.secret, f"loeschung:{number.strip()}")


def offer_to_archive(session: Session, house: House, actor: Actor, run_id: int) -> None:
    """Record that the files of the run were offered to the archive today; its time begins."""
    run = _locked(session, actor, run_id, Power.CASE_DECIDE)
    if run.offered_on is not None:
        raise Conflict("Die Akten sind dem Archiv schon angeboten.")
    run.offered_on = house.today
    run.answer_due_on = plus(house.today, house.law.value(LawKey.AKTE_ANBIETUNG, house.today).dauer)
    _record(session, house, actor, run, "loeschlauf.offer")


def record_answer(
    session: Session,
    house: House,
    actor: Actor,
    run_id: int,
    answer: str,
    *,
    wanted: Sequence[int] = (),
) -> None:
    """Record what the archive answered; the items it wants leave the run until they are there."""
    run = _locked(session, actor, run_id, Power.CASE_DECIDE)
    if run.offered_on is None:
        raise Conflict("Die Akten sind dem Archiv noch nicht angeboten.")
    if not answer.strip():
        raise InvalidInput([FieldProblem("answer", "Bitte die Antwort des Archivs eintragen.")])
    run.answered_on, run.answer = house.today, answer.strip()
    for item in _items(session, run.id):
        if item.id in wanted and item.state == "proposed":
            item.state, item.note = "archive", "Vom Archiv übernommen."
    _record(session, house, actor, run, "loeschlauf.answer")


def take_out(
    session: Session, house: House, actor: Actor, run_id: int, item_id: int, note: str
) -> None:
    """Take a case out of the run with the reason; it is proposed again by a later run."""
    run = _locked(session, actor, run_id, Power.CASE_DECIDE)
    item = session.get(DeletionItem, item_id)
    if item is None or item.run_id != run.id or item.state != "proposed":
        raise NotFound("Dieser Vorgang steht nicht in dem Lauf.")
    if not note.strip():
        raise InvalidInput([FieldProblem("note", "Bitte den Grund angeben.")])
    item.state, item.note = "held", note.strip()
    if run.state == "checked":
        # What was checked is another list now.
        run.state, run.checked_by, run.checked_at = "proposed", None, None
    _record(session, house, actor, run, "loeschlauf.take_out")


def check(session: Session, house: House, actor: Actor, run_id: int) -> None:
    """The first pair of eyes: this person has looked at every case of the list."""
    run = _locked(session, actor, run_id, Power.CASE_DECIDE)
    if run.state != "proposed":
        raise Conflict("Dieser Lauf ist schon geprüft.")
    run.state, run.checked_by, run.checked_at = "checked", actor.user_id, house.now()
    _record(session, house, actor, run, "loeschlauf.check")


def drop(session: Session, house: House, actor: Actor, run_id: int, comment: str) -> None:
    """Give up a run; what is still due is proposed again."""
    run = _locked(session, actor, run_id, Power.UNIT_LEAD)
    if not comment.strip():
        raise InvalidInput([FieldProblem("comment", "Bitte den Grund angeben.")])
    run.state, run.comment, run.ended_at = "dropped", comment.strip(), house.now()
    _record(session, house, actor, run, "loeschlauf.drop")


def obstacles(session: Session, house: House, actor: Actor, run: DeletionRun) -> list[Reason]:
    """Return why ``actor`` cannot carry out the run now; all reasons at once."""
    found = []
    if run.state != "checked":
        found.append(Reason("Zuerst prüft eine andere Person die Liste.", key="nicht_geprueft"))
    elif run.checked_by == actor.user_id:
        text_ = "Sie haben die Liste geprüft; freigeben muss jemand anderes (vier Augen)."
        found.append(Reason(text_, key="vier_augen"))
    if not actor.may(Power.UNIT_LEAD):
        found.append(Reason("Freigeben kann die Sachgebietsleitung.", key="leitung"))
    if run.offered_on is None:
        found.append(Reason("Die Akten sind dem Archiv noch nicht angeboten.", _NORM, "anbieten"))
    elif run.answered_on is None and house.today <= (run.answer_due_on or house.today):
        text_ = f"Das Archiv hat bis {run.answer_due_on:%d.%m.%Y} Zeit zu antworten."
        found.append(Reason(text_, _NORM, "archiv_offen"))
    return found


def approve(session: Session, house: House, actor: Actor, run_id: int) -> DeletionRun:
    """The second pair of eyes; deletes what nothing holds, case by case, each with its record.

    Raises ``DeletionRefused`` with all reasons. A case that is held meanwhile, or cannot be
    deleted, stays with the reason at its item.
    """
    run = _locked(session, actor, run_id, Power.UNIT_LEAD)
    reasons = obstacles(session, house, actor, run)
    if reasons:
        raise DeletionRefused(" ".join(reason.text for reason in reasons), reasons=reasons)
    run.state, run.approved_by, run.approved_at = "running", actor.user_id, house.now()
    session.flush()
    items = [item for item in _items(session, run.id) if item.state == "proposed"]
    # The rest of a file goes with its last case, so files are worked on one after the other.
    for item in sorted(items, key=lambda one: (one.akte_id or 0, one.id)):
        _carry_out(session, house, run, item)
    run.state, run.ended_at = "done", house.now()
    counts = {state: sum(item.state == state for item in items) for state in ("deleted", "held")}
    _record(session, house, actor, run, "loeschlauf.approve", counts)
    return run


def _carry_out(session: Session, house: House, run: DeletionRun, item: DeletionItem) -> None:
    vorgang_id = item.vorgang_id
    if vorgang_id is None:
        return
    numbers = session.execute(_NUMBERS, {"ids": [vorgang_id]}).all()
    why = holds(session, [vorgang_id], with_file={vorgang_id: ART[item.kind].with_file})
    if not numbers or why:
        item.state = "held"
        item.note = why.get(vorgang_id, "Der Vorgang ist nicht mehr da.")
        session.flush()
        return
    try:
        with session.begin_nested():
            done = erase_case(session, vorgang_id, run_id=run.id, now=house.now())
            item.state, item.vorgang_id, item.akte_id = "deleted", None, None
            item.deleted_at, item.note = house.now(), ""
            item.sheets, item.size, item.row_count = done.sheets, done.size, done.rows
            item.digest, item.proof = done.digest, proof_of(house, numbers[0].number)
            session.flush()
    except IntegrityError as error:
        # Something that the plan does not know still refers to it: nothing of it is deleted.
        session.refresh(item)
        table = getattr(getattr(error.orig, "diag", None), "table_name", None) or "unbekannt"
        item.state, item.note = "held", f"Noch verwendet in: {table}."
        session.flush()


def find_records(
    session: Session, house: House, actor: Actor, number: str
) -> Sequence[DeletionItem]:
    """Return the records of deletion of a case by its number, of the actor's own Sachgebiet.

    The kind of a deleted case still tells of a removal or a naturalisation.
    """
    return session.scalars(
        select(DeletionItem)
        .join(DeletionRun, DeletionRun.id == DeletionItem.run_id)
        .where(
            DeletionItem.proof == proof_of(house, number),
            DeletionItem.state == "deleted",
            DeletionRun.unit_key == actor.unit_key,
        )
        .order_by(DeletionItem.id)
    ).all()


def reasons_against(session: Session, items: Sequence[DeletionItem]) -> dict[int, str]:
    """Return by case what holds the items of a run now."""
    kinds = {i.vorgang_id: ART[i.kind].with_file for i in items if i.vorgang_id is not None}
    return holds(session, list(kinds), with_file=kinds)


def numbers_of(session: Session, items: Sequence[DeletionItem]) -> Mapping[int, str]:
    """Return the numbers of the cases that are still there."""
    ids = [item.vorgang_id for item in items if item.vorgang_id is not None]
    return {row.id: row.number for row in session.execute(_NUMBERS, {"ids": ids})}


def runs_of(session: Session, unit_key: str, limit: int = 50) -> Sequence[DeletionRun]:
    """Return the runs of a Sachgebiet, newest first."""
    query = select(DeletionRun).where(DeletionRun.unit_key == unit_key)
    return session.scalars(query.order_by(DeletionRun.id.desc()).limit(limit)).all()


def items_of(session: Session, run_id: int) -> Sequence[DeletionItem]:
    """Return the items of a run in their order."""
    return _items(session, run_id)


def find_run(session: Session, actor: Actor, run_id: int, power: str) -> DeletionRun:
    """Return a run of the actor's own Sachgebiet; raises ``NotFound`` for those of others.

    The power for all units does not open it: cases of restricted classes may be in it.
    """
    require(actor, power)
    run = session.get(DeletionRun, run_id)
    if run is None or run.unit_key != actor.unit_key:
        raise NotFound("Diesen Löschlauf gibt es nicht.")
    return run


def _locked(session: Session, actor: Actor, run_id: int, power: str) -> DeletionRun:
    if actor.in_training:
        raise NotAllowed("In der Einarbeitung wirken Sie an Löschläufen nicht mit.")
    find_run(session, actor, run_id, power)
    run = session.get_one(DeletionRun, run_id, with_for_update=True, populate_existing=True)
    if run.state not in OPEN:
        raise Conflict("Dieser Löschlauf ist beendet.")
    return run


def _items(session: Session, run_id: int) -> Sequence[DeletionItem]:
    return session.scalars(
        select(DeletionItem).where(DeletionItem.run_id == run_id).order_by(DeletionItem.id)
    ).all()


def _record(
    session: Session,
    house: House,
    actor: Actor,
    run: DeletionRun,
    action: str,
    facts: Mapping[str, int] | None = None,
) -> None:
    session.flush()
    audit.record(session, actor, action, "deletion_run", run.id, now=house.now(), facts=facts)

"""Many signed letters to one printer as one job; each keeps its own line of what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.dispatch import prints_of, why_not_again
from abh.documents.house import House
from abh.documents.printing import Paper
from abh.documents.tables import Letter, PrintJob
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.outbox.service import enqueue

# A stack that somebody can carry; merging stays far below the memory of a worker.
MOST_AT_ONCE = 200


def order_bundle(
    session: Session, house: House, actor: Actor, letter_ids: Sequence[int], printer_id: int
) -> tuple[int, Mapping[int, str]]:
    """Order one print of several signed letters, in the order of ``letter_ids``.

    Returns how many are ordered and, by letter, why the others are not: printed or on their way to
    a printer already (again only one by one, with a reason), or not signed. Locks the letters in
    the order of their keys. Raises ``InvalidInput`` for none at all or too many, ``NotFound``.
    """
    wanted = list(dict.fromkeys(letter_ids))
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        text = f"Bitte 1 bis {MOST_AT_ONCE} Briefe wählen."
        raise InvalidInput([FieldProblem("briefe", text)])
    rows = {
        letter.id: letter
        for letter in session.scalars(
            select(Letter)
            .where(Letter.id.in_(wanted))
            .order_by(Letter.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    if len(rows) < len(wanted):
        raise NotFound("Einen dieser Briefe gibt es nicht.")
    prints = prints_of(session, wanted)
    against = {
        letter_id: why
        for letter_id in wanted
        if (why := _against(rows[letter_id], prints.get(letter_id, ())))
    }
    chosen = [rows[letter_id] for letter_id in wanted if letter_id not in against]
    if chosen:
        _order(session, house, actor, chosen, printer_id)
    return len(chosen), against


def _against(letter: Letter, prints: Sequence[tuple[str, bool]]) -> str:
    if letter.state != "released":
        return "Der Brief liegt nicht mehr zum Versand bereit."
    refused = why_not_again(prints)
    problems = getattr(refused, "problems", ())
    return " ".join(p.message for p in problems) or ("" if refused is None else str(refused))


def _order(
    session: Session, house: House, actor: Actor, chosen: Sequence[Letter], printer_id: int
) -> None:
    now = house.now()
    jobs = session.scalars(
        insert(PrintJob).returning(PrintJob.id, sort_by_parameter_order=True),
        [
            {
                "letter_id": letter.id,
                "printer_id": printer_id,
                "paper": Paper.LETTER.value,
                "ordered_by": actor.user_id,
                "ordered_at": now,
            }
            for letter in chosen
        ],
    ).all()
    first = jobs[0]
    if len(jobs) > 1:
        session.execute(update(PrintJob).where(PrintJob.id.in_(jobs)).values(bundle=first))
    enqueue(session, "print", f"print:{first}", {"print_job": first}, now=now)
    for letter in chosen:
        audit.record(
            session, actor, "letter.print", "letter", letter.id, now=now,
            vorgang_id=letter.vorgang_id, facts={"printer": printer_id, "again": False},
        )  # fmt: skip

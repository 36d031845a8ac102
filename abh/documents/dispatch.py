"""How a letter leaves, when it counts as notified, and printing it at a desk."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.tables import Dispatch, Letter, PrintJob
from abh.documents.zeichnung_types import Channel, Mark
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.kernel.fristen import Bekanntgabe, Kanal, bekanntgabe
from abh.outbox.service import enqueue

# Ways whose day stands on a deed or receipt: the day is not computed, it is recorded.
FORMAL = frozenset({Channel.PZU, Channel.RECEIPT, Channel.COUNTER})
_NOTIFYING = FORMAL | {Channel.POST}


def confirm_hand_signed(session: Session, house: House, actor: Actor, letter_id: int) -> Letter:
    """Record that the printed letter bears the signature by hand; before that it cannot leave.

    Only the final signer can say so.
    """
    letter = _released(session, letter_id)
    if letter.mark != Mark.HAND:
        raise Conflict("Dieser Brief braucht keine Unterschrift von Hand.")
    if letter.final_signer_id != actor.user_id:
        raise NotAllowed("Das kann nur bestätigen, wer schlussgezeichnet hat.")
    letter.hand_signed_at = house.now()
    audit.record(
        session,
        actor,
        "letter.hand_signed",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
    )
    return letter


def hand_over(
    session: Session,
    house: House,
    actor: Actor,
    letter_id: int,
    *,
    on: date,
    served_on: date | None = None,
    evidence: str = "",
) -> tuple[Letter, Bekanntgabe | None]:
    """Record that the letter left on ``on`` by its channel; returns when it counts as notified.

    For formal service the day on the deed (``served_on``) may come later, by a second call. A
    link or portal is no notification of an act, so ``None`` comes back there (§ 41(2a) VwVfG NRW).
    Raises ``InvalidInput`` for days that cannot be, ``Conflict`` while a hand signature is missing.
    """
    letter = _released(session, letter_id)
    channel = Channel(letter.channel or "")
    if letter.mark == Mark.HAND and letter.hand_signed_at is None:
        raise Conflict("Der Brief ist noch nicht von Hand unterschrieben; er bleibt im Haus.")
    _check_days(house.today, on, served_on)
    day = served_on if channel in FORMAL else on
    known = None
    if channel in _NOTIFYING and day is not None:
        known = bekanntgabe(Kanal(channel.value), day, house.law)
    session.execute(
        insert(Dispatch).values(
            letter_id=letter.id,
            channel=channel.value,
            handed_over_on=on,
            served_on=served_on,
            notified_earliest=known.earliest if known else None,
            notified_latest=known.latest if known else None,
            arithmetic=[f"{z.text} ({z.norm})" for z in known.lines] if known else [],
            evidence=evidence.strip(),
            recorded_by=actor.user_id,
            recorded_at=house.now(),
        )
    )
    letter.state = "dispatched"
    audit.record(
        session,
        actor,
        "letter.dispatch",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"channel": channel.value, "served": served_on is not None},
    )
    return letter, known


def order_print(
    session: Session, house: House, actor: Actor, letter_id: int, printer_id: int
) -> int:
    """Order a print at a workplace printer; the worker delivers it after the commit.

    Returns the id of the print job. Each order is one print; an order delivered twice prints once.
    """
    letter = _released(session, letter_id)
    job = session.execute(
        insert(PrintJob)
        .values(
            letter_id=letter.id,
            printer_id=printer_id,
            ordered_by=actor.user_id,
            ordered_at=house.now(),
        )
        .returning(PrintJob.id)
    ).scalar_one()
    enqueue(
        session,
        "print",
        f"print:{job}",
        {"print_job": job},
        now=house.now(),
        vorgang_id=letter.vorgang_id,
    )
    audit.record(
        session,
        actor,
        "letter.print",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"printer": printer_id},
    )
    return int(job)


def _released(session: Session, letter_id: int) -> Letter:
    # A letter this session has read before would else keep its old state after the wait.
    letter = session.scalar(
        select(Letter)
        .where(Letter.id == letter_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if letter is None:
        raise NotFound(f"Brief {letter_id}")
    if letter.state not in ("released", "dispatched"):
        raise Conflict("Der Brief ist noch nicht gezeichnet.")
    return letter


def _check_days(today: date, on: date, served_on: date | None) -> None:
    problems = []
    if on > today:
        problems.append(FieldProblem("on", "Der Tag liegt in der Zukunft."))
    if served_on is not None and served_on > today:
        problems.append(FieldProblem("served_on", "Der Tag der Zustellung liegt in der Zukunft."))
    if served_on is not None and served_on < on:
        problems.append(FieldProblem("served_on", "Zugestellt wurde nicht vor der Absendung."))
    if problems:
        raise InvalidInput(problems)

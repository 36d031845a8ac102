"""How a letter leaves, when it counts as notified, and printing it at a desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.neuzustellung import doubt_address, refuse_doubted, renewed_address
from abh.documents.printing import Paper
from abh.documents.tables import Akte, Blatt, Dispatch, FormIssue, Letter, PrintJob
from abh.documents.zeichnung_types import Channel, Mark
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.kernel.fristen import Bekanntgabe, Kanal, bekanntgabe
from abh.outbox.service import enqueue
from abh.persons.tables import Person

# Ways whose day stands on a deed or receipt: the day is not computed, it is recorded.
FORMAL = frozenset({Channel.PZU, Channel.RECEIPT, Channel.COUNTER})
_NOTIFYING = FORMAL | {Channel.POST, Channel.REGISTERED}


def confirm_hand_signed(session: Session, house: House, actor: Actor, letter_id: int) -> Letter:
    """Record that the printed letter bears the signature by hand; before that it cannot leave.

    Only the final signer can say so.
    """
    letter = released(session, letter_id)
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
    letter = released(session, letter_id)
    if letter.state == "released" and on == house.today:
        # A letter that left earlier is recorded as it was; this one would leave now.
        refuse_to_the_dead(session, letter.akte_id, letter.content["addressee"])
    channel = Channel(letter.channel or "")
    to = None if channel is Channel.COUNTER else renewed_address(session, letter)
    if to is not None and letter.state == "released":
        refuse_doubted(session, letter)
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
            address=", ".join(to or ()),
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
    session: Session,
    house: House,
    actor: Actor,
    letter_id: int,
    printer_id: int,
    *,
    reason: str = "",
    paper: Paper = Paper.LETTER,
) -> int:
    """Order a print at a workplace printer; the worker delivers it after the commit.

    Returns the id of the print job. Each order is one print; an order delivered twice prints once.
    Printing again needs a ``reason``, because two originals may leave the house, also where the
    first still waits at a printer that is off. Without one raises ``InvalidInput`` for a letter
    that is printed, ``Conflict`` for one that waits. ``Paper.LABEL`` prints its address label.
    """
    letter = released(session, letter_id)
    refuse_to_the_dead(session, letter.akte_id, letter.content["addressee"])
    if paper is Paper.LETTER:
        check_again(session, letter_id, reason)
    elif renewed_address(session, letter) is not None:
        refuse_doubted(session, letter)
    row = {"letter_id": letter.id, "printer_id": printer_id, "paper": paper.value, "reason": reason}
    job = _order(session, house, actor, row, letter.vorgang_id)
    audit.record(
        session,
        actor,
        "letter.print",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"printer": printer_id, "again": bool(reason.strip())},
    )
    return job


def _order(
    session: Session, house: House, actor: Actor, row: Mapping[str, object], vorgang_id: int | None
) -> int:
    """Write the print job and the message by which the worker delivers it; returns the job."""
    now = house.now()
    values = {
        **row,
        "reason": str(row["reason"]).strip(),
        "ordered_by": actor.user_id,
        "ordered_at": now,
    }
    job = session.execute(insert(PrintJob).values(values).returning(PrintJob.id)).scalar_one()
    enqueue(session, "print", f"print:{job}", {"print_job": job}, now=now, vorgang_id=vorgang_id)
    return int(job)


def order_form_print(
    session: Session,
    house: House,
    actor: Actor,
    form_issue_id: int,
    printer_id: int,
    *,
    reference: str,
    entries: Sequence[tuple[str, str]],
    paper: Paper = Paper.FORM,
    reason: str = "",
) -> int:
    """Order the print of ``entries`` (label, value) for a prescribed form; returns the job's id.

    ``Paper.FORM`` puts the values into the places of the form (``vordruck_platz``),
    ``Paper.LETTER`` lists them on plain paper to be copied by hand. What is printed is kept with
    the form. Printing again needs a ``reason``: a sheet under lock is spoiled each time. Raises
    ``NotFound``, ``InvalidInput``.
    """
    issue = session.scalar(select(FormIssue).where(FormIssue.id == form_issue_id).with_for_update())
    if issue is None:
        raise NotFound("Diesen Vordruck gibt es nicht.")
    if issue.entries.get("druck") and not reason.strip():
        text = "Die Eintragungen sind schon gedruckt. Bitte schreiben Sie, warum noch einmal."
        raise InvalidInput([FieldProblem("reason", text)])
    lines = [list(entry) for entry in entries]
    issue.entries = {**issue.entries, "druck": lines, "reference": reference}
    row = {"form_issue_id": issue.id, "printer_id": printer_id, "paper": paper.value}
    job = _order(session, house, actor, row | {"reason": reason}, issue.vorgang_id)
    audit.record(
        session,
        actor,
        "form.print",
        "form_issue",
        issue.id,
        now=house.now(),
        vorgang_id=issue.vorgang_id,
        facts={"printer": printer_id, "form": issue.form, "again": bool(reason.strip())},
    )
    return job


def attach_deed(
    session: Session, house: House, actor: Actor, letter_id: int, blatt_id: int
) -> None:
    """Tie the scanned deed or receipt in the file to the latest dispatch of a letter.

    Raises ``Conflict`` when the letter has not left or the sheet lies in another file.
    """
    letter = released(session, letter_id)
    akte_id = session.scalar(select(Blatt.akte_id).where(Blatt.id == blatt_id))
    if akte_id != letter.akte_id:
        raise Conflict("Dieses Blatt liegt nicht in der Akte des Briefs.")
    latest = _latest_dispatch(session, letter_id)
    latest.deed_blatt_id = blatt_id
    audit.record(
        session,
        actor,
        "letter.deed",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"blatt": blatt_id},
    )


def mail_returned(
    session: Session, house: House, actor: Actor, letter_id: int, *, on: date, reason: str
) -> Letter:
    """Record that a letter came back: it was not notified, whatever the fiction said.

    § 41 Abs. 2 Satz 3 VwVfG NRW: the office would have to prove the receipt, and holds the letter
    itself. The computed days are kept in the record but no longer count; the letter can be sent
    again. Raises ``InvalidInput``, ``Conflict`` for a letter that has not left or is back already.
    """
    letter = released(session, letter_id)
    if not reason.strip():
        raise InvalidInput([FieldProblem("reason", "Bitte den Vermerk der Post eintragen.")])
    latest = _latest_dispatch(session, letter_id)
    if latest.returned_on is not None:
        raise Conflict("Dieser Brief ist schon als Rückläufer vermerkt.")
    if on > house.today or on < latest.handed_over_on:
        text = "Der Tag liegt in der Zukunft oder vor der Absendung."
        raise InvalidInput([FieldProblem("on", text)])
    latest.returned_on = on
    latest.return_reason = reason.strip()
    latest.arithmetic = [
        *latest.arithmetic,
        f"Zurückgekommen am {on:%d.%m.%Y} ({reason.strip()}): nicht bekannt gegeben "
        "(§ 41 Abs. 2 Satz 3 VwVfG NRW)",
    ]
    latest.notified_earliest = latest.notified_latest = None
    letter.state = "released"
    doubt_address(session, letter, on)
    audit.record(
        session,
        actor,
        "letter.returned",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"reason": reason.strip()},
    )
    return letter


def _latest_dispatch(session: Session, letter_id: int) -> Dispatch:
    latest = session.scalar(
        select(Dispatch)
        .where(Dispatch.letter_id == letter_id)
        .order_by(Dispatch.id.desc())
        .limit(1)
    )
    if latest is None:
        raise Conflict("Dieser Brief hat das Haus noch nicht verlassen.")
    return latest


def check_again(session: Session, letter_id: int, reason: str) -> None:
    """Raise unless a letter was never printed, or ``reason`` says why once more.

    ``Conflict`` while a print is under way, ``InvalidInput`` after one.
    """
    if not reason.strip():
        refused = why_not_again(prints_of(session, [letter_id]).get(letter_id, ()))
        if refused is not None:
            raise refused


def prints_of(session: Session, letter_ids: Sequence[int]) -> dict[int, list[tuple[str, bool]]]:
    """Return the prints of letters (not of labels): state, and whether a printer ever had it."""
    found: dict[int, list[tuple[str, bool]]] = {}
    rows = session.execute(
        select(PrintJob.letter_id, PrintJob.state, PrintJob.printer_job).where(
            PrintJob.letter_id.in_(letter_ids), PrintJob.paper == Paper.LETTER.value
        )
    )
    for letter_id, state, printer_job in rows:
        found.setdefault(int(letter_id or 0), []).append((state, bool(printer_job)))
    return found


def why_not_again(prints: Sequence[tuple[str, bool]]) -> Conflict | InvalidInput | None:
    """Return what stands against a print without a reason, None for nothing."""
    if any(state in ("waiting", "sent", "printing", "jammed") for state, _ in prints):
        return Conflict("Dieser Brief liegt schon beim Drucker; noch einmal nur mit Grund.")
    # What a printer had and then lost or spoiled may lie half printed beside it.
    if any(state == "completed" or had for state, had in prints):
        text = "Der Brief ist schon gedruckt. Bitte schreiben Sie, warum er noch einmal nötig ist."
        return InvalidInput([FieldProblem("reason", text)])
    return None


def released(session: Session, letter_id: int) -> Letter:
    """Lock and return a signed letter; raises ``NotFound``, ``Conflict`` for one not signed yet."""
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


def refuse_to_the_dead(session: Session, akte_id: int, addressee: str) -> None:
    """Raise ``Conflict`` for a letter to the person of the file when that person has died.

    Without ``addressee`` a letter goes to an authority, which still may be written to.
    """
    if not addressee:
        return
    died = session.scalar(
        select(Person.died_on).join(Akte, Akte.person_id == Person.id).where(Akte.id == akte_id)
    )
    if died is not None:
        text = f"Die Person ist am {died:%d.%m.%Y} verstorben; an sie geht kein Brief."
        raise Conflict(text)


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

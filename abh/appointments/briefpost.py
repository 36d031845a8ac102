"""Letters to people without e-mail: made, filed in their file, printed at the unit's printer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Text, column, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.appointments import worte
from abh.appointments.tables import Booking
from abh.documents import service as letters
from abh.documents.akte import open_akte
from abh.documents.dispatch import order_print
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import DomainError
from abh.kernel.names import full_name
from abh.office.tables import Desk
from abh.persons.tables import Person

log = logging.getLogger("abh.appointments")

# The table belongs to the room above; here only where a case's letters are filed is read.
case_table = table(
    "vorgang",
    column("id", BigInteger),
    column("akte_id", BigInteger),
    column("number", Text),
    column("progress", JSONB),
)


@dataclass(frozen=True, slots=True)
class Post:
    """A letter of the kind N06 to a person; ``recipient`` stands in where the file's address is
    not the one to write to, ``summary`` is the text in the person's language."""

    outcome: str
    unit_key: str
    reference: str
    fields: Mapping[str, Any]
    vorgang_id: int | None = None
    recipient: Sequence[str] = ()
    language: str = "de"
    summary: Sequence[str] = field(default=())


def address_of(person: Person) -> tuple[str, ...]:
    """Return the lines of a person's address, () where the file holds none to write to."""
    if not (person.street and person.postcode and person.city):
        return ()
    name = full_name(person.given_names, person.family_name)
    return (name, person.street, f"{person.postcode} {person.city}")


def send_letter(session: Session, house: House, person: Person, post: Post) -> Letter | None:
    """Make, file and print a letter; None when there is no address or it cannot be rendered.

    In a savepoint of the caller's transaction: one address with a letter that no font has must not
    hold up the others. Locks the person's file.
    """
    recipient = tuple(post.recipient) or address_of(person)
    if not recipient:
        return None
    try:
        with session.begin_nested():
            order = _order(session, house, person, post, recipient)
            letter = letters.issue(session, house, SYSTEM, order)
            printer = printer_of(session, post.unit_key)
            if printer is not None:
                order_print(session, house, SYSTEM, letter.id, printer)
            return letter
    except DomainError as error:
        # The reasons may quote the address, which has no place in a log.
        log.warning("Brief N06 %s nicht erstellt: %s", post.outcome, type(error).__name__)
        return None


def _order(
    session: Session, house: House, person: Person, post: Post, recipient: tuple[str, ...]
) -> letters.LetterOrder:
    known = post.language != "de" and post.summary
    foreign = (
        {
            "lang": post.language,
            "title": worte.say("letter.summary", post.language),
            "paragraphs": list(post.summary),
        },
    )
    return letters.LetterOrder(
        key="N06",
        outcome=post.outcome,
        akte_id=_akte_of(session, house, person, post.vorgang_id),
        vorgang_id=post.vorgang_id,
        unit_key=post.unit_key,
        reference=post.reference,
        recipient=recipient,
        addressee=recipient[0],
        fields=post.fields,
        channel=Channel.POST,
        foreign=foreign if known else (),
    )


def _akte_of(session: Session, house: House, person: Person, vorgang_id: int | None) -> int:
    if vorgang_id is not None:
        # A naturalisation has a file of its own, so the case says where its letters lie.
        query = select(case_table.c.akte_id).where(case_table.c.id == vorgang_id)
        return int(session.execute(query).scalar_one())
    return open_akte(session, person.id, f"54/TERMIN-{person.id:07d}", now=house.now()).id


def printer_of(session: Session, unit_key: str) -> int | None:
    """Return the printer of a unit's first desk with one."""
    return session.scalar(
        select(Desk.printer_id)
        .where(Desk.unit_key == unit_key, Desk.printer_id.is_not(None))
        .order_by(Desk.id)
        .limit(1)
    )


def status_link(session: Session, house: House, place: Booking) -> str:
    """Return the link under which a place of a case is moved or given back; "" without a case."""
    if place.vorgang_id is None:
        return ""
    row = session.execute(
        select(case_table.c.number, case_table.c.progress).where(
            case_table.c.id == place.vorgang_id
        )
    ).one_or_none()
    if row is None:
        return ""
    return house.status_link(row.number, int((row.progress or {}).get("link", 0)))


def case_number(session: Session, place: Booking) -> str:
    """Return the number of the case of a place, "" without one."""
    if place.vorgang_id is None:
        return ""
    query = select(case_table.c.number).where(case_table.c.id == place.vorgang_id)
    return session.scalar(query) or ""

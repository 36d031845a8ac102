"""Confirming an open booking without e-mail: a code by letter, the place held until its end."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, applicant_actor
from abh.appointments import availability, booking, open_booking, placing, worte
from abh.appointments.briefpost import Post, address_of, send_letter
from abh.appointments.errors import AlreadyBooked
from abh.appointments.log import by_person, record_booking
from abh.appointments.placing import Wish
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.tables import Booking, BookingLink
from abh.appointments.tables_contact import BookingCode
from abh.appointments.visits import ALONE, Visit
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.kernel.ids import new_token, token_hash
from abh.persons.service import find_or_create_person
from abh.persons.tables import Person

# Neither 0 and O nor 1, I and L: the code is read from paper and typed on a telephone.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HALF = 6
MOST_ATTEMPTS = 5


class LettersExhausted(Conflict):
    """The unit has sent as many code letters today as its rules allow."""

    title = "Heute verschicken wir keine weiteren Codes per Brief."
    hint = "Bitte rufen Sie uns an oder geben Sie eine E-Mail-Adresse an."


def ask_by_letter(
    session: Session,
    unit_key: str,
    service_key: str,
    day: date,
    start_cell: int,
    person: Mapping[str, Any],
    *,
    now: datetime,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
) -> Booking | None:
    """Hold the place until the last day of the code that is sent to the address in ``person``.

    The letter is written by the scheduler, so that the answer takes as long for people with a place
    (None, no letter) as for all others. Raises ``InvalidInput`` for a day too near for a letter or
    an address that is missing, ``LettersExhausted``, and what ``open_booking.ask`` raises.
    """
    open_booking.open_services(session, service_key, visit)
    last = now.astimezone(BERLIN).date() + timedelta(days=rules.code_days)
    _check(person, day, last)
    if _sent_today(session, unit_key, now) >= rules.codes_a_day:
        raise LettersExhausted()
    found = find_or_create_person(session, applicant_actor(), person, now=now).person
    until = datetime.combine(last + timedelta(days=1), time(0), tzinfo=BERLIN)
    wish = Wish(unit_key, service_key, open_booking.LANE, found.id, held_until=until, visit=visit)
    act = by_person("appointment.hold", {"code_until": last.isoformat()})
    try:
        held = placing.book(
            session, wish, day, start_cell, now=now, rules=rules, act=act, alone=True
        )
    except AlreadyBooked:
        return None
    session.add(
        BookingCode(
            booking_id=held.id,
            recipient=_lines(found, person),
            language=str(person.get("language") or found.language),
            last_day=last,
            created_at=now,
        )
    )
    session.flush()
    return held


def _check(person: Mapping[str, Any], day: date, last: date) -> None:
    problems = [
        FieldProblem(name, "Bitte angeben: Dorthin schicken wir den Code.")
        for name in ("street", "postcode", "city")
        if not str(person.get(name, "")).strip()
    ]
    if day <= last:
        text = (
            f"Der Brief braucht einige Tage. Bitte wählen Sie einen Tag nach dem {last:%d.%m.%Y}."
        )
        problems.append(FieldProblem("termin", text))
    if problems:
        raise InvalidInput(problems)


def _lines(found: Person, person: Mapping[str, Any]) -> list[str]:
    """Return where to write: what was typed now, because a known person may have moved."""
    name = address_of(found)[:1] or (
        " ".join(part for part in (found.given_names, found.family_name) if part),
    )
    town = f"{str(person['postcode']).strip()} {str(person['city']).strip()}"
    return [*name, str(person["street"]).strip(), town]


def _sent_today(session: Session, unit_key: str, now: datetime) -> int:
    midnight = datetime.combine(now.astimezone(BERLIN).date(), time(0), tzinfo=BERLIN)
    return int(
        session.scalar(
            select(func.count())
            .select_from(BookingCode)
            .join(Booking, Booking.id == BookingCode.booking_id)
            .where(Booking.unit_key == unit_key, BookingCode.created_at >= midnight)
        )
        or 0
    )


def send_codes(session: Session, house: House, *, now: datetime, limit: int) -> int:
    """Make the codes that are still to be told and their letters; return how many.

    The code is made with its letter and kept as a keyed hash only.
    """
    rows: Sequence[tuple[BookingCode, Booking]] = [
        (row[0], row[1])
        for row in session.execute(
            select(BookingCode, Booking)
            .join(Booking, Booking.id == BookingCode.booking_id)
            .where(
                BookingCode.told_at.is_(None), Booking.status == "held", Booking.held_until > now
            )
            .order_by(BookingCode.created_at, BookingCode.booking_id)
            .limit(limit)
            .with_for_update(of=BookingCode, skip_locked=True)
        )
    ]
    return sum(_send(session, house, code, place, now) for code, place in rows)


def _send(session: Session, house: House, code: BookingCode, place: Booking, now: datetime) -> bool:
    reference, secret = half(), half()
    written = in_groups(reference, secret)
    values = {
        "day": f"{place.day:%d.%m.%Y}",
        "time": f"{availability.time_of(place.start_cell):%H:%M}",
        "last": f"{code.last_day:%d.%m.%Y}",
        "code": written,
        "page": house.link("termine", "code"),
    }
    person = session.get_one(Person, place.person_id)
    letter = send_letter(session, house, person, _post(code, place, values))
    if letter is None:
        return False
    code.reference, code.code_hash = reference, keyed_hash(house.secret, reference, secret)
    code.letter_id, code.told_at = letter.id, now
    session.flush()
    record_booking(session, SYSTEM, "appointment.code", place, now, {"letter": letter.id})
    return True


def _post(code: BookingCode, place: Booking, values: Mapping[str, str]) -> Post:
    return Post(
        outcome="code",
        unit_key=place.unit_key,
        reference=f"Termin {place.ticket}",
        fields={
            "application": worte.say("reminder.subject", "de", day=values["day"]),
            "opening": [
                f"wir halten einen Termin für Sie frei: {values['day']}, {values['time']} Uhr. Er "
                "gilt erst, wenn Sie ihn mit dem Code bestätigen."
            ],
            "sections": [
                {
                    "heading": f"Ihr Code: {values['code']}",
                    "paragraphs": [
                        f"Bestätigen können Sie auf unserer Seite {values['page']} oder am "
                        "Telefon. Mit dem Code können Sie den Termin dort auch wieder absagen."
                    ],
                }
            ],
            "deadline": code.last_day.isoformat(),
            "deadline_words": "Bis dahin halten wir den Platz; danach bekommt ihn jemand anderes.",
        },
        recipient=code.recipient,
        language=code.language,
        summary=[worte.say("letter.code", code.language, **values)],
    )


def half() -> str:
    """Return half of a new code: about thirty random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(HALF))


def in_groups(reference: str, secret: str) -> str:
    """Return a code as it is printed: four groups of three."""
    # Signs that do not break: in a text from right to left the halves would change places.
    return "\u2011".join((reference[:3], reference[3:], secret[:3], secret[3:]))


def halves(typed: str) -> tuple[str, str] | None:
    """Return both halves of a code as somebody typed it, None for what can be none."""
    plain = "".join(sign for sign in typed.upper() if sign in ALPHABET)
    return (plain[:HALF], plain[HALF:]) if len(plain) == 2 * HALF else None


def keyed_hash(key: bytes, reference: str, secret: str, purpose: str = "termincode") -> bytes:
    """Return what is stored of a code: keyed, because thirty bits could be tried through by
    whoever gets hold of the table alone."""
    return hmac.digest(key, f"{purpose}:{reference}:{secret}".encode("ascii"), "sha256")


def confirm(session: Session, house: House, typed: str, *, now: datetime) -> str | None:
    """Confirm the held place by its code and return the token of its page; twice is once.

    None for an unknown code, a wrong one, and one that was tried wrongly five times: the caller
    commits, because the attempt counts. Raises ``HoldLapsed`` after the last day.
    """
    plain = halves(typed)
    if plain is None:
        return None
    reference, secret = plain
    code = session.scalar(
        select(BookingCode).where(BookingCode.reference == reference).with_for_update()
    )
    if code is None or code.code_hash is None or code.attempts >= MOST_ATTEMPTS:
        return None
    if not hmac.compare_digest(code.code_hash, keyed_hash(house.secret, reference, secret)):
        code.attempts += 1
        session.flush()
        return None
    held = session.get_one(Booking, code.booking_id)
    if held.status == "held":
        booked = booking.confirm(session, held.id, now=now)
        record_booking(session, None, "appointment.book", booked, now)
    return open_page(session, code.booking_id, now)


def open_page(session: Session, booking_id: int, now: datetime) -> str:
    """Return a new token of the booking's page; the one before it ends.

    The link of the newest mail or letter is the one that counts, and the page says so.
    """
    token = new_token()
    values = {"token_hash": token_hash(token), "told_at": now}
    session.execute(
        insert(BookingLink)
        .values(booking_id=booking_id, email="", created_at=now, **values)
        .on_conflict_do_update(index_elements=["booking_id"], set_=values)
    )
    return token

"""Reminding people of their place: by mail, short message or letter, each once, never too late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.appointments import ankunft, availability, worte
from abh.appointments.briefpost import Post, case_number, send_letter, status_link
from abh.appointments.log import record_booking
from abh.appointments.rules import rules_of
from abh.appointments.tables import Booking
from abh.appointments.tables_contact import BookingReminder
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.office.tables import Desk
from abh.outbox.service import enqueue
from abh.persons.tables import Person

# House rule: what the scheduler missed for longer than this is left out. The next reminder follows,
# or the appointment is too near for anybody to plan by it.
LATE = timedelta(hours=12)

# The times are those on the wall: so many calendar days before, at the hour of the appointment.
# Whoever booked after that moment has just been told.
_DUE = text(
    """
    SELECT d.booking_id, d.days, d.via, d.email FROM (
        SELECT b.id AS booking_id, b.day, b.cells, b.created_at, w.days, v.via, v.email,
               ((b.day - w.days) + lower(b.cells) * interval '5 minutes')
                 AT TIME ZONE 'Europe/Berlin' AS due
          FROM booking b
          JOIN person p ON p.id = b.person_id
          LEFT JOIN booking_link l ON l.booking_id = b.id
         CROSS JOIN LATERAL (
               SELECT coalesce(nullif(l.email, ''), p.email, '') AS email,
                      CASE WHEN coalesce(nullif(l.email, ''), p.email, '') <> '' THEN 'mail'
                           WHEN :sms AND p.phone IS NOT NULL THEN 'sms' ELSE 'letter' END AS via) v
          JOIN unnest(CAST(:vias AS text[]), CAST(:days AS int[])) AS w(via, days)
            ON w.via = v.via
         WHERE b.status = 'booked' AND b.day BETWEEN :first AND :last
    ) AS d
    WHERE d.due <= :now AND d.due > :not_before AND d.created_at < d.due
      AND NOT EXISTS (SELECT 1 FROM booking_reminder r
                      WHERE r.booking_id = d.booking_id AND r.day = d.day
                        AND r.start_cell = lower(d.cells) AND r.days_before = d.days)
    ORDER BY d.due, d.booking_id LIMIT :limit
    """
)


def remind(session: Session, house: House, *, now: datetime, limit: int) -> int:
    """Tell at most ``limit`` people of their place as the office file says; return how many.

    Only places that are booked now: neither cancelled nor moved away from. The row of the reminder
    is written first and is what makes a second one impossible, also for two schedulers at once.
    """
    rows = _due(session, house, now, limit)
    return sum(_remind(session, house, row, now) for row in rows)


def _due(session: Session, house: House, now: datetime, limit: int) -> list[Row[Any]]:
    rules = rules_of(house.profile)
    waves = [("mail", days) for days in rules.reminder_days]
    waves += [("sms", days) for days in rules.reminder_days]
    waves += [("letter", days) for days in rules.reminder_letter_days]
    if not waves:
        return []
    present = now.astimezone(BERLIN).date()
    return list(
        session.execute(
            _DUE,
            {
                "sms": house.sms,
                "vias": [via for via, _ in waves],
                "days": [days for _, days in waves],
                "first": present,
                "last": present + timedelta(days=max(days for _, days in waves) + 1),
                "now": now,
                "not_before": now - LATE,
                "limit": limit,
            },
        )
    )


def _remind(session: Session, house: House, row: Row[Any], now: datetime) -> bool:
    place = session.get_one(Booking, row.booking_id, populate_existing=True)
    if not _is_first(session, place, row, now):
        return False
    person = session.get_one(Person, place.person_id)
    values = values_of(session, house, place)
    if row.via == "mail":
        _mail(session, house, place, person, row.email, values, row.days)
    elif row.via == "sms":
        _short_message(session, place, person, values, row.days, now)
    elif not _letter(session, house, place, person, values):
        # No address, or none that can be printed: the row stays, so that it is tried once only.
        return False
    facts: dict[str, object] = {"via": row.via, "days": row.days}
    record_booking(session, SYSTEM, "appointment.remind", place, now, facts)
    return True


def _is_first(session: Session, place: Booking, row: Row[Any], now: datetime) -> bool:
    if place.status != "booked":
        return False
    written = session.execute(
        insert(BookingReminder)
        .values(
            booking_id=place.id,
            day=place.day,
            start_cell=place.start_cell,
            days_before=row.days,
            via=row.via,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(BookingReminder.booking_id)
    )
    return written.scalar_one_or_none() is not None


def values_of(session: Session, house: House, place: Booking) -> dict[str, str]:
    """Return what texts about a place put in: day, time, where, number, code of arrival."""
    room = session.scalar(select(Desk.room).where(Desk.id == place.desk_id)) or ""
    where = [house.office.street, f"{house.office.postcode} {house.office.city}"]
    return {
        "day": f"{place.day:%d.%m.%Y}",
        "time": f"{availability.time_of(place.start_cell):%H:%M}",
        "place": ", ".join([*where, f"Raum {room}"] if room else where),
        "ticket": place.ticket,
        "code": ankunft.code_of(house.secret, place.id),
    }


def told_of(language: str, values: dict[str, str]) -> str:
    """Return the text of a reminder, with the code for the waiting room after it."""
    parts = [worte.say(key, language, **values) for key in ("reminder.text", "reminder.arrival")]
    return "\n\n".join(parts)


def _mail(
    session: Session,
    house: House,
    place: Booking,
    person: Person,
    email: str,
    values: dict[str, str],
    days: int,
) -> None:
    said = person.language
    text_ = told_of(said, values)
    link = status_link(session, house, place)
    if link:
        change = f"{worte.say('reminder.change', said)}\n{link}"
    else:
        change = worte.say("reminder.confirmed", said)
    enqueue(
        session,
        "mail",
        f"mail:erinnerung:{place.id}:{place.day}:{place.start_cell}:{days}",
        {
            "to": [email],
            "subject": worte.say("reminder.subject", said, day=values["day"]),
            "text": f"{text_}\n\n{change}\n\n{house.office.name}\n",
            "attachments": [],
        },
        now=house.now(),
        vorgang_id=place.vorgang_id,
    )


def _short_message(
    session: Session,
    place: Booking,
    person: Person,
    values: dict[str, str],
    days: int,
    now: datetime,
) -> None:
    enqueue(
        session,
        "sms",
        f"sms:erinnerung:{place.id}:{place.day}:{place.start_cell}:{days}",
        {"to": person.phone, "text": worte.say("reminder.sms", person.language, **values)},
        now=now,
        vorgang_id=place.vorgang_id,
    )


def _letter(
    session: Session, house: House, place: Booking, person: Person, values: dict[str, str]
) -> bool:
    text_ = told_of("de", values).split("\n\n")
    said = told_of(person.language, values).split("\n\n")
    link = status_link(session, house, place)
    words = worte.say("reminder.change", "de")
    number = case_number(session, place)
    sent = send_letter(
        session,
        house,
        person,
        Post(
            outcome="erinnerung",
            unit_key=place.unit_key,
            reference=number or f"Termin {place.ticket}",
            fields={
                "application": worte.say("reminder.subject", "de", day=values["day"]),
                "opening": [part.replace("\n", " · ") for part in text_],
                "hints": [f"{words} {link}"] if link else [],
            },
            vorgang_id=place.vorgang_id,
            language=person.language,
            summary=[part.replace("\n", " · ") for part in said],
        ),
    )
    return sent is not None

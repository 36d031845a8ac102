"""The calendar file: read back as Outlook and Apple read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy.dialects.postgresql import Range

from abh.appointments.calendar_file import CalendarOffice, attachment, calendar_file
from abh.appointments.tables import Booking

OFFICE = CalendarOffice("Ausländerbehörde Musterstadt", "Amtsweg 1, 40200 Musterstadt", "abh.test")
STATUS = "https://abh.test/status/abcdefghijklmnopqrstuv"
STAMP = datetime(2026, 11, 23, 7, tzinfo=UTC)


def _booking(day: date = date(2026, 12, 1), **changes: object) -> Booking:
    given: dict[str, object] = {
        "id": 42,
        "day": day,
        "cells": Range(108, 112),
        "status": "booked",
        "ticket": "B-017",
        "sequence": 0,
        "created_at": STAMP,
    }
    return Booking(**{**given, **changes})


def _event(booking: Booking) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(calendar_file(booking, OFFICE, STATUS))
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_the_time_is_the_wall_clock_in_berlin_in_winter_and_summer() -> None:
    for day, offset in ((date(2026, 12, 1), 1), (date(2027, 7, 1), 2), (date(2027, 10, 31), 1)):
        _, event = _event(_booking(day))
        begin, end = event.decoded("dtstart"), event.decoded("dtend")
        assert event["dtstart"].params["TZID"] == "Europe/Berlin"
        assert (begin.hour, begin.minute, end.hour, end.minute) == (9, 0, 9, 20)
        assert begin.utcoffset() == timedelta(hours=offset)


def test_the_time_zone_is_defined_in_the_file() -> None:
    calendar, _ = _event(_booking())
    (zone,) = calendar.walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/Berlin"
    assert zone.walk("STANDARD") and zone.walk("DAYLIGHT")


def test_required_properties_are_there_and_lines_are_folded_with_crlf() -> None:
    data = calendar_file(_booking(), OFFICE, STATUS)
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    for needed in (b"VERSION:2.0", b"METHOD:PUBLISH", b"DTSTAMP:20261123T070000Z"):
        assert needed in lines
    assert any(line.startswith(b"PRODID:") for line in lines)


def test_the_number_and_the_link_are_in_and_neither_name_nor_purpose() -> None:
    _, event = _event(_booking(service_key="biometrie", person_id=4711))
    assert "B-017" in event["description"] and STATUS in event["description"]
    text = calendar_file(_booking(service_key="biometrie", person_id=4711), OFFICE, STATUS)
    assert b"ATTENDEE" not in text and b"biometrie" not in text and b"4711" not in text


def test_a_move_keeps_the_uid_and_raises_the_sequence() -> None:
    _, first = _event(_booking())
    _, moved = _event(_booking(date(2026, 12, 2), sequence=1))
    assert first["uid"] == moved["uid"] == "termin-42@abh.test"
    assert (first["sequence"], moved["sequence"]) == (0, 1)


def test_a_cancellation_withdraws_the_entry() -> None:
    calendar, event = _event(_booking(status="cancelled", sequence=2))
    assert calendar["method"] == "CANCEL"
    assert (event["status"], event["uid"]) == ("CANCELLED", "termin-42@abh.test")
    assert not event.walk("VALARM")


def test_the_same_booking_gives_the_same_bytes() -> None:
    assert calendar_file(_booking(), OFFICE, STATUS) == calendar_file(_booking(), OFFICE, STATUS)


def _mailed(booking: Booking) -> Calendar:
    office = replace(OFFICE, email="amt@abh.test")
    read = Calendar.from_ical(
        calendar_file(booking, office, STATUS, now=STAMP, to="ada@example.org")
    )
    assert isinstance(read, Calendar)
    return read


def test_a_mailed_file_is_a_request_and_a_move_replaces_the_entry() -> None:
    first, moved = _mailed(_booking()), _mailed(_booking(date(2026, 12, 3), sequence=1))
    assert first["method"] == moved["method"] == "REQUEST"
    (before,), (after,) = first.walk("VEVENT"), moved.walk("VEVENT")
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    # RFC 5546 wants an organizer in every one of them and an attendee in a request.
    assert after["organizer"] == "mailto:amt@abh.test"
    assert after["attendee"] == "mailto:ada@example.org"


def test_a_mailed_cancellation_takes_the_same_entry_out() -> None:
    read = _mailed(_booking(status="cancelled", sequence=2))
    (event,) = read.walk("VEVENT")
    assert (read["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 2)
    assert event["organizer"] == "mailto:amt@abh.test"


def test_the_part_of_the_mail_says_the_method_too() -> None:
    office = replace(OFFICE, email="amt@abh.test")
    given = attachment(_booking(), office, STATUS, to="ada@example.org", now=STAMP)
    assert (given["type"], given["method"]) == ("text/calendar", "REQUEST")

"""Open booking with confirmation by mail, and the standby list, with plain forms."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.appointments import jobs
from abh.appointments import service as appointments
from abh.appointments.tables import Booking, Standby
from abh.appointments.tables_contact import BookingCode
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import FixedClock
from abh.outbox.tables import OutboxMessage
from abh.web.pages import termine
from tests.integration.web.public.conftest import Visitor

CHOICE = "/termine?sg=SG1&leistung=beratung"
TYPED: dict[str, Any] = {
    "sg": "SG1",
    "leistung": "beratung",
    "family_name": "Okonkwo",
    "given_names": "Ada",
    "birth_date_day": "00",
    "birth_date_month": "05",
    "birth_date_year": "1996",
    "nationality": "NGA",
    "email": "ada@example.org",
}


@pytest.fixture
def day(session: Session, house: House, clock: FixedClock, monkeypatch: pytest.MonkeyPatch):
    """One desk, one quarter of an hour: a single place on a single day."""
    monkeypatch.setattr(termine.BRAKE, "_seen", type(termine.BRAKE._seen)())
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(9), time(9, 15), "kunden"
    )
    appointments.apply_patterns(
        session, [pattern], valid_from=house.today, clock=clock, units=["SG1"]
    )
    appointments.extend_horizon(session, until=house.today + timedelta(days=5), clock=clock)
    session.commit()
    return house.today + timedelta(days=2)


def _ask(visitor: Visitor, path: str = "/termine", **changes: Any) -> Any:
    page = visitor.get(CHOICE).text
    found = re.search(r'name="termin" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    data = {**TYPED, "csrf_token": token[1], "termin": found[1] if found else "", **changes}
    return visitor.client.post(path, data=data)


def _links(session: Session) -> list[str]:
    session.expire_all()
    texts = [
        m.payload["text"] for m in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    ]
    return [m[1] for text in texts if (m := re.search(r"(/termine/link/\S+)", text))]


def _post(visitor: Visitor, path: str) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(CHOICE).text)
    return visitor.client.post(path, data={"csrf_token": token[1]})


def test_a_place_is_held_confirmed_by_mail_and_given_back(
    visitor: Visitor, session: Session, day: Any
) -> None:
    sent = _ask(visitor)
    assert sent.status_code == 303
    assert "Bitte sehen Sie in Ihr Postfach" in visitor.get(sent.location).text
    (link,) = _links(session)
    assert "Noch nicht bestätigt" in visitor.get(link).text
    assert visitor.get(f"{link}/termin.ics").status_code == 404
    assert _post(visitor, f"{link}/bestaetigen").status_code == 303
    assert _post(visitor, f"{link}/bestaetigen").status_code == 303
    assert "Der Termin ist gebucht" in visitor.get(link).text
    assert b"BEGIN:VEVENT" in visitor.get(f"{link}/termin.ics").data
    _post(visitor, f"{link}/absagen")
    assert "gilt nicht mehr" in visitor.get(link).text
    assert session.scalars(select(Booking.status)).all() == ["cancelled"]


def test_the_answer_is_equal_for_who_has_a_place_already(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, day: Any
) -> None:
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(9), time(10), "kunden"
    )
    appointments.apply_patterns(
        session, [pattern], valid_from=house.today, clock=clock, units=["SG1"]
    )
    session.commit()
    first, second = _ask(visitor), _ask(visitor)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert len(_links(session)) == 1


def test_a_freed_place_goes_to_the_list_and_not_to_who_clicks_first(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, day: Any
) -> None:
    _ask(visitor)
    (link,) = _links(session)
    _post(visitor, f"{link}/bestaetigen")
    assert "Auf die Nachrückliste" in visitor.get(CHOICE).text
    for name in ("Sharma", "Nguyen"):
        joined = _ask(visitor, "/termine/warten", family_name=name, email=f"{name}@example.org")
        assert joined.status_code == 303
        clock.advance(timedelta(minutes=1))
    _post(visitor, f"{link}/absagen")
    assert 'name="termin"' not in visitor.get(CHOICE).text
    assert jobs.offer_places(session, house, 10) == 1
    session.commit()
    offered = _links(session)[-1]
    assert "Reserviert bis" in visitor.get(offered).text
    # Sharma does not answer: after two hours it is Nguyen's turn.
    clock.advance(timedelta(hours=2, minutes=1))
    jobs.lapse_holds(session, clock, 10)
    jobs.offer_places(session, house, 10)
    session.commit()
    second = _links(session)[-1]
    assert second != offered
    assert _post(visitor, f"{second}/bestaetigen").status_code == 303
    session.expire_all()
    ended = session.scalars(select(Standby).order_by(Standby.id)).all()
    assert [row.ended_at is not None for row in ended] == [False, True]
    assert [row.offers for row in ended] == [1, 1]


def test_joining_twice_keeps_the_older_place_and_says_the_same(
    visitor: Visitor, session: Session, day: Any
) -> None:
    _ask(visitor)
    answers = [_ask(visitor, "/termine/warten") for _ in range(2)]
    assert len({(a.status_code, a.location) for a in answers}) == 1
    assert len(session.scalars(select(Standby)).all()) == 1


def test_faults_are_told_and_a_closed_service_cannot_be_booked(visitor: Visitor, day: Any) -> None:
    assert _ask(visitor, email="keine").status_code == 422
    assert _ask(visitor, termin="").status_code == 422
    assert _ask(visitor, leistung="biometrie_antrag").status_code == 404
    assert visitor.get("/termine/link/" + "A" * 22).status_code == 404
    assert visitor.get("/termine/link/kurz").status_code == 404


def test_a_link_after_ten_minutes_leads_to_a_new_choice(
    visitor: Visitor, session: Session, clock: FixedClock, day: Any
) -> None:
    _ask(visitor)
    (link,) = _links(session)
    clock.advance(timedelta(minutes=11))
    assert "gilt nicht mehr" in visitor.get(link).text
    assert _post(visitor, f"{link}/bestaetigen").status_code == 409


def _letter(session: Session, house: House) -> Letter:
    assert jobs.send_codes(session, house, 10) == 1
    session.commit()
    return session.scalars(select(Letter).where(Letter.outcome == "code")).one()


ADDRESS = {"email": "", "street": "Graf-Adolf-Straße 12", "postcode": "40212", "city": "Düsseldorf"}


@pytest.fixture
def far_day(session: Session, house: House, clock: FixedClock, monkeypatch: pytest.MonkeyPatch):
    """Two places far enough for a letter."""
    monkeypatch.setattr(termine.BRAKE, "_seen", type(termine.BRAKE._seen)())
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(9), time(9, 30), "kunden"
    )
    start = house.today + timedelta(days=14)
    appointments.apply_patterns(session, [pattern], valid_from=start, clock=clock, units=["SG1"])
    appointments.extend_horizon(session, until=house.today + timedelta(days=20), clock=clock)
    session.commit()


def test_without_mail_a_code_comes_by_letter_and_confirms(
    visitor: Visitor, session: Session, house: House, far_day: Any
) -> None:
    sent = _ask(visitor, **ADDRESS)
    assert "Bitte sehen Sie in Ihren Briefkasten" in visitor.get(sent.location).text
    heading = _letter(session, house).content["fields"]["sections"][0]["heading"]
    code = heading.rsplit(" ", 1)[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/termine/code").text)
    wrong = visitor.client.post("/termine/code", data={"csrf_token": token[1], "code": "AAA"})
    assert wrong.status_code == 422
    assert "Dieser Code stimmt nicht" in wrong.text
    right = visitor.client.post("/termine/code", data={"csrf_token": token[1], "code": code})
    assert right.status_code == 303
    assert "Der Termin ist gebucht" in visitor.get(right.location).text
    session.expire_all()
    assert session.scalars(select(Booking.status)).all() == ["booked"]


def test_without_mail_and_without_address_the_form_asks_for_one(
    visitor: Visitor, far_day: Any
) -> None:
    page = _ask(visitor, **{**ADDRESS, "city": ""})
    assert page.status_code == 422
    assert 'href="#f-city"' in page.text
    assert "Graf-Adolf" in page.text


def test_a_day_too_near_for_a_letter_is_refused_in_words(visitor: Visitor, day: Any) -> None:
    page = _ask(visitor, **ADDRESS)
    assert page.status_code == 422
    assert "Der Brief braucht einige Tage" in page.text


def test_the_answer_without_mail_is_equal_for_who_has_a_place_already(
    visitor: Visitor, session: Session, house: House, far_day: Any
) -> None:
    first = _ask(visitor, **ADDRESS)
    value = "2026-12-09_111"
    second = _ask(visitor, **ADDRESS, termin=value)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert session.scalar(select(func.count()).select_from(BookingCode)) == 1


def test_confirming_and_giving_back_tell_the_calendar_of_the_mailbox(
    visitor: Visitor, session: Session, day: Any
) -> None:
    _ask(visitor)
    (link,) = _links(session)
    _post(visitor, f"{link}/bestaetigen")
    _post(visitor, f"{link}/absagen")
    session.expire_all()
    mails = [m.payload for m in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]
    files = [Calendar.from_ical(m["attachments"][0]["text"]) for m in mails if m["attachments"]]
    assert [str(file["method"]) for file in files] == ["REQUEST", "CANCEL"]
    sequences = [event["sequence"] for file in files for event in file.walk("VEVENT")]
    assert sequences[0] < sequences[1]


def test_many_sendings_wait_and_a_slip_of_ones_own_making_does_not_help(
    visitor: Visitor, day: Any, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(termine.BRAKE, "free", 0)
    monkeypatch.setattr(termine.BRAKE, "_lines", type(termine.BRAKE._lines)())
    held_up = _ask(visitor, gewartet="1", warteschein="1")
    assert held_up.status_code == 429
    assert "Bitte warten Sie 30 Sekunden" in held_up.text
    slip = re.search(r'name="warteschein" value="([^"]+)"', held_up.text)
    assert slip
    # What shortens the wait is offered, not asked for.
    assert 'data-rechnung data-bits="14" data-early="10"' in held_up.text
    clock.advance(timedelta(seconds=31))
    assert _ask(visitor, warteschein=slip[1]).status_code == 303


def test_later_times_are_reached_by_links_and_stay_chosen_after_a_fault(
    visitor: Visitor, house: House, far_day: Any
) -> None:
    page = visitor.get(CHOICE)
    far = re.search(r'href="([^"]*ab=[^"]+)">[^<]*weit genug', page.text)
    assert far
    later = visitor.get(far[1].replace("&amp;", "&")).text
    assert "2026-12-09_108" in later
    assert "Frühere Zeiten" in later
    start = re.search(r'name="ab" value="([^"]+)"', later)
    assert start
    again = _ask(visitor, ab=start[1], family_name="", given_names="")
    assert again.status_code == 422
    assert f'name="ab" value="{start[1]}"' in again.text
    for odd in ("unfug", "0001-01-01", "9999-12-31"):
        assert visitor.get(f"{CHOICE}&ab={odd}").status_code == 200


def test_a_family_and_two_services_book_one_longer_visit(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, day: Any
) -> None:
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(9), time(10), "kunden"
    )
    appointments.apply_patterns(
        session, [pattern], valid_from=house.today, clock=clock, units=["SG1"]
    )
    session.commit()
    more = {"persons": "3", "also": "unterlagen_nachreichen", "interpreter": "1"}
    page = visitor.get(f"{CHOICE}&persons=3&also=unterlagen_nachreichen&interpreter=1").text
    # 15 + 2 * 5 + 15 minutes of advice, 10 + 2 * 5 + 5 for the papers: it does not fit an hour.
    assert "Für diesen Besuch ist gerade nichts frei" in page
    # The list keeps the whole visit; nobody is offered a place into which it does not fit.
    assert re.search(r'name="persons" value="3"', page)
    assert _ask(visitor, "/termine/warten", **more).status_code == 303
    waiting = session.scalars(select(Standby)).one()
    assert (waiting.persons, waiting.also, waiting.interpreter) == (
        3,
        ["unterlagen_nachreichen"],
        True,
    )
    more["interpreter"] = ""
    page = visitor.get(f"{CHOICE}&persons=3&also=unterlagen_nachreichen").text
    assert "Der Termin dauert 45 Minuten" in page
    termin = re.search(r'name="termin" value="([^"]+)"', page)
    assert _ask(visitor, **more, termin=termin[1] if termin else "").status_code == 303
    booked = session.scalars(select(Booking)).one()
    assert (booked.persons, booked.also) == (3, ["unterlagen_nachreichen"])
    assert booked.end_cell - booked.start_cell == 9


def test_a_visit_that_cannot_be_says_so_and_keeps_what_was_chosen(
    visitor: Visitor, session: Session, day: Any
) -> None:
    page = visitor.get(f"{CHOICE}&persons=3&also=gebuehr_zahlen").text
    assert "So viele Personen und Leistungen passen nicht in einen Termin" in page
    assert re.search(r'value="gebuehr_zahlen"\s+checked', page)
    # A closed service cannot be smuggled in beside an open one.
    assert visitor.get(f"{CHOICE}&also=biometrie_antrag").status_code == 404
    assert _ask(visitor, also="biometrie_antrag").status_code == 404
    assert session.scalars(select(Booking)).all() == []


def test_who_confirms_too_late_is_shown_the_next_free_times(
    visitor: Visitor, session: Session, clock: FixedClock, day: Any
) -> None:
    _ask(visitor)
    (link,) = _links(session)
    clock.advance(timedelta(minutes=11))
    answer = _post(visitor, f"{link}/bestaetigen")
    assert answer.status_code == 409
    assert "Dieser Termin gilt nicht mehr" in answer.text
    # The only place became free again with the hold, before any sweeper came by.
    assert "Als Nächstes frei" not in answer.text
    jobs.lapse_holds(session, clock, 10)
    session.commit()
    page = visitor.get(link).text
    assert "Als Nächstes frei" in page
    assert "09:00" in page
    again = re.search(r'href="(/termine\?[^"]*leistung=beratung[^"]*)"', page)
    assert again
    assert 'name="termin"' in visitor.get(again[1].replace("&amp;", "&")).text


def test_a_foreign_or_stale_link_says_which_link_to_take(visitor: Visitor, day: Any) -> None:
    for path in (f"/termine/link/{'A' * 22}", "/termine/link/kurz", f"/termin/{'B' * 22}"):
        answer = visitor.get(f"{path}?lang=de")
        assert answer.status_code == 404
        assert "Dieser Link gilt nicht (mehr)" in answer.text
        assert "Link aus dem neuesten Brief" in answer.text
    assert _post(visitor, f"/termine/link/{'A' * 22}/bestaetigen").status_code == 404


def test_a_confirmed_place_is_moved_by_its_link_and_stays_until_then(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, day: Any
) -> None:
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(9), time(10), "kunden"
    )
    appointments.apply_patterns(
        session, [pattern], valid_from=house.today, clock=clock, units=["SG1"]
    )
    session.commit()
    _ask(visitor)
    (link,) = _links(session)
    assert visitor.get(f"{link}/verlegen").status_code == 303
    _post(visitor, f"{link}/bestaetigen")
    assert f"{link}/verlegen" in visitor.get(link).text
    page = visitor.get(f"{link}/verlegen").text
    other = re.findall(r'name="termin" value="([^"]+)"', page)[-1]
    here = f"{link}/verlegen"
    assert visitor.post(here, {"termin": "unfug"}).status_code == 422
    gone = visitor.post(here, {"termin": "2026-11-25_60"})
    assert gone.status_code == 409
    assert other in gone.text
    assert visitor.post(here, {"termin": other}).status_code == 303
    session.expire_all()
    (moved,) = session.scalars(select(Booking)).all()
    assert f"{moved.day.isoformat()}_{moved.start_cell}" == other
    assert "Der Termin ist gebucht" in visitor.get(link).text

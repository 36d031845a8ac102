"""Choosing an appointment by link: conflicts, moving, giving back, the calendar file."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from abh.access.actor import SYSTEM, applicant_actor
from abh.appointments import planning
from abh.appointments import service as appointments
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.office.file import load_office, roster_entries
from abh.outbox.tables import OutboxMessage
from abh.settings import ROOT
from tests import factories
from tests.integration.web.public.conftest import Visitor

BIOMETRICS = "biometrie_antrag"


@pytest.fixture
def roster(session: Session, house: House, clock: FixedClock) -> None:
    """The roster of SG1 for a month."""
    data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
    entries = [e for e in roster_entries(data) if e.unit_key == "SG1"]
    patterns = [
        appointments.PatternSpec(
            e.unit_key, e.desk_key, e.login, e.weekday, time.fromisoformat(e.start),
            time.fromisoformat(e.end), e.lane,
        )
        for e in entries
    ]  # fmt: skip
    appointments.apply_patterns(
        session, patterns, valid_from=house.today, clock=clock, units=["SG1"]
    )
    appointments.extend_horizon(session, until=house.today + timedelta(days=30), clock=clock)
    session.commit()


def invited(session: Session, house: House, clock: FixedClock, name: str = "Nguyễn") -> str:
    filed = factories.file_case(session, house, applicant_actor(), person__family_name=name)
    from abh.workflows.tables import Vorgang

    case = session.get(Vorgang, filed.vorgang_id)
    assert case is not None
    _row, token = appointments.invite(
        session, SYSTEM, vorgang_id=case.id, person_id=case.person_id, unit_key="SG1",
        service_key=BIOMETRICS, book_until=house.today + timedelta(days=14), clock=clock,
    )  # fmt: skip
    session.commit()
    return token


def values(page: str) -> list[str]:
    return re.findall(r'name="termin" value="([^"]+)"', page)


@pytest.mark.parametrize("path", ["", "/verlegen", "/absagen", "/termin.ics"])
def test_an_unknown_link_is_not_found(visitor: Visitor, path: str) -> None:
    for token in ("x", "B" * 22, "%00" * 22):
        assert visitor.get(f"/termin/{token}{path}").status_code == 404


def test_broken_choices_are_refused(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    for value in ("", "x", "2026-02-30_96", "2026-11-30_999", "0000-00-00_1", "2026-11-30_1\0"):
        answer = visitor.post(here, {"termin": value})
        assert answer.status_code == 422, value
        assert values(answer.text)
    assert session.scalars(select(Booking)).all() == []


def test_a_place_is_chosen_moved_and_given_back(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    page = visitor.get(f"{here}?lang=de").text
    offered = values(page)
    first = offered[0]
    assert len(offered) == len(set(offered)) > 5
    day = date.fromisoformat(first[:10])
    weekdays = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")
    assert f"{weekdays[day.weekday()]}, {day.day}. {'November' if day.month == 11 else ''}" in page
    assert visitor.post(here, {"termin": first}).status_code == 303
    again = visitor.post(here, {"termin": first}, of=f"{here}/verlegen")
    assert again.status_code == 303
    assert len(session.scalars(select(Booking)).all()) == 1
    page = visitor.get(f"{here}?neu=gebucht&lang=de").text
    assert "Der Termin ist gebucht" in page
    assert "Reisepass" in page
    ics = visitor.get(f"{here}/termin.ics")
    assert ics.mimetype == "text/calendar"
    assert b"BEGIN:VEVENT" in ics.data
    assert b"Nguy" not in ics.data
    mail = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedup_key.like("mail:termin:%"))
    ).one()
    assert mail.payload["attachments"][0]["type"] == "text/calendar"
    other = next(v for v in values(visitor.get(f"{here}/verlegen").text) if v != first)
    assert visitor.post(f"{here}/verlegen", {"termin": other}).status_code == 303
    session.expire_all()
    moved = session.scalars(select(Booking).where(Booking.status == "booked")).one()
    assert f"{moved.day.isoformat()}_{moved.cells.lower}" == other
    assert visitor.post(f"{here}/absagen", {}).status_code == 303
    assert values(visitor.get(here).text)


def test_a_place_that_is_gone_shows_what_is_free_instead(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    token = invited(session, house, clock)
    here = f"/termin/{token}"
    wanted = values(visitor.get(here).text)[0]
    day, cell = date.fromisoformat(wanted[:10]), int(wanted[11:])
    # Until nobody has that time any more.
    for number in range(40):
        rival = invited(session, house, clock, f"Rivale{'abcdefghij'[number % 10]}{'x' * number}")
        try:
            appointments.book_by_token(session, rival, day, cell, clock=clock)
        except appointments.SlotUnavailable:
            break
        session.commit()
    session.rollback()
    answer = visitor.post(here, {"termin": wanted})
    assert answer.status_code == 409
    offered = values(answer.text)
    assert offered
    assert wanted not in offered


def test_an_expired_invitation_says_what_to_do(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    offered = values(visitor.get(here).text)
    clock.advance(timedelta(days=15))
    page = visitor.get(f"{here}?lang=de").text
    assert "Diese Einladung ist abgelaufen" in page
    assert values(page) == []
    assert visitor.post(here, {"termin": offered[-1]}, of="/antrag/p02").status_code == 409


def test_a_roster_changed_meanwhile_is_told_with_other_times(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    wanted = values(visitor.get(here).text)[0]
    day = date.fromisoformat(wanted[:10])
    lead = factories.staff(session, "SG1", rank="SGL")
    planning.close_day(session, lead, "SG1", day, "Wasserschaden", clock=clock)
    session.commit()
    answer = visitor.post(f"{here}?lang=de", {"termin": wanted})
    assert answer.status_code == 409
    assert "Diese Zeit ist inzwischen vergeben" in answer.text
    offered = values(answer.text)
    assert offered
    assert not [each for each in offered if each.startswith(day.isoformat())]
    assert session.scalars(select(Booking)).all() == []


def test_the_link_of_an_older_letter_leads_to_the_newest(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    token = invited(session, house, clock)
    invitation = appointments.invitation_by_token(session, token)
    appointments.invite(
        session, SYSTEM, vorgang_id=invitation.vorgang_id, person_id=invitation.person_id,
        unit_key="SG1", service_key=BIOMETRICS, book_until=invitation.book_until, clock=clock,
    )  # fmt: skip
    session.commit()
    answer = visitor.get(f"/termin/{token}?lang=de")
    assert answer.status_code == 404
    assert "Link aus dem neuesten Brief" in answer.text


def test_the_same_form_sent_again_books_once_and_says_the_same(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    wanted = values(visitor.get(here).text)[0]
    other = f"{here}/verlegen"
    answers = [visitor.post(here, {"termin": wanted})]
    answers += [visitor.post(here, {"termin": wanted}, of=other) for _ in range(2)]
    assert {(each.status_code, each.location) for each in answers} == {(303, f"{here}?neu=gebucht")}
    assert len(session.scalars(select(Booking)).all()) == 1
    mails = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedup_key.like("mail:termin:%"))
    ).all()
    assert len(mails) == 1


def test_a_stale_page_says_what_holds_now_and_what_can_be_done(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    page = visitor.get(here).text
    first, second, *_more = values(page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token

    def send(path: str, **data: str) -> TestResponse:
        return visitor.client.post(here + path, data={"csrf_token": token[1], **data})

    # Nothing is booked: what could be moved is chosen instead.
    assert send("/verlegen", termin=first).location == here
    send("", termin=first)
    # Another window still offers times: the place that exists is shown, with what to do.
    again = send("", termin=second)
    assert again.status_code == 303
    page = visitor.get(f"{again.location}&lang=de").text
    assert "schon einen Termin" in page
    assert "verlegen oder absagen" in page
    begun = session.scalars(select(Booking)).one()
    clock.at = appointments.instant(begun.day, begun.start_cell)
    assert visitor.get(f"{here}/verlegen").location == here
    assert visitor.get(f"{here}/absagen").location == here
    late = send("/absagen")
    assert late.status_code == 409
    assert "schon begonnen" in late.text
    session.expire_all()
    assert session.scalars(select(Booking.status)).all() == ["booked"]


def test_an_invitation_that_ended_while_the_page_was_open_says_whom_to_ask(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, roster: None
) -> None:
    here = f"/termin/{invited(session, house, clock)}"
    first = values(visitor.get(here).text)[-1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(here).text)
    assert token
    clock.advance(timedelta(days=15))
    answer = visitor.client.post(here, data={"csrf_token": token[1], "termin": first})
    assert answer.status_code == 409
    assert "Diese Einladung ist abgelaufen" in answer.text
    assert "@" in answer.text.split("abgelaufen", 1)[1]

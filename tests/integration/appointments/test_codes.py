"""Booking without e-mail: held until the code's last day, confirmed by the code of a letter."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from abh.appointments import codes, jobs, open_booking
from abh.appointments.errors import HoldLapsed
from abh.appointments.rules import BookingRules
from abh.appointments.tables import Booking
from abh.appointments.tables_contact import BookingCode
from abh.documents.house import House
from abh.documents.tables import Letter, PrintJob
from abh.kernel.clock import FixedClock
from abh.kernel.errors import InvalidInput
from tests import factories
from tests.integration.appointments.contact import PERSON, SERVICE, UNIT, open_desk

DAY = date(2026, 12, 8)
RULES = BookingRules()


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    made = factories.make_house(session, clock, tmp_path / "store")
    open_desk(session, made, clock)
    return made


def ask(session: Session, house: House, day: date = DAY, cell: int = 120, **more: Any) -> Any:
    rules = more.pop("rules", RULES)
    person = {**PERSON, **more}
    return codes.ask_by_letter(
        session, UNIT, SERVICE, day, cell, person, now=house.now(), rules=rules
    )


def code_of(session: Session, house: House) -> str:
    assert jobs.send_codes(session, house, 10) == 1
    letter = session.scalars(select(Letter).where(Letter.outcome == "code")).one()
    heading = letter.content["fields"]["sections"][0]["heading"]
    found = re.search(r"[A-Z0-9]{3}(?:\u2011[A-Z0-9]{3}){3}", heading)
    assert found
    # As people type it.
    return found[0].replace("\u2011", "-")


def test_the_place_is_held_to_the_last_day_and_confirmed_by_the_code(
    session: Session, house: House, clock: FixedClock
) -> None:
    held = ask(session, house)
    clock.advance(timedelta(days=3))
    assert jobs.lapse_holds(session, house, 10) == 0
    code = code_of(session, house)
    assert jobs.send_codes(session, house, 10) == 0
    token = codes.confirm(session, house, f" {code.lower().replace('-', ' ')} ", now=house.now())
    assert token
    assert open_booking.by_token(session, token)[1].id == held.id
    session.refresh(held)
    assert held.status == "booked"
    # The code goes on opening the page: it is all that the person has.
    again = codes.confirm(session, house, code, now=house.now())
    assert again not in (None, token)
    assert session.scalar(select(func.count()).select_from(PrintJob)) == 1


def test_the_code_itself_is_stored_nowhere_in_the_table(session: Session, house: House) -> None:
    ask(session, house)
    code = code_of(session, house).replace("-", "")
    row = session.scalars(select(BookingCode)).one()
    assert row.reference == code[:6]
    assert row.code_hash
    assert code[6:].encode() not in row.code_hash


def test_after_five_wrong_codes_the_right_one_is_worth_nothing(
    session: Session, house: House
) -> None:
    held = ask(session, house)
    code = code_of(session, house)
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    for _ in range(4):
        assert codes.confirm(session, house, wrong, now=house.now()) is None
    assert codes.confirm(session, house, code, now=house.now())
    assert codes.confirm(session, house, wrong, now=house.now()) is None
    assert codes.confirm(session, house, code, now=house.now()) is None
    session.refresh(held)
    assert held.status == "booked"


def test_unknown_and_crippled_codes_are_answered_alike(session: Session, house: House) -> None:
    for typed in ("", "AAA", "AAA-AAA-AAA-AAA", "\x00" * 12, "ÄÖÜ" * 4, "A" * 4000):
        assert codes.confirm(session, house, typed, now=house.now()) is None


def test_after_the_last_day_the_place_is_free_and_the_code_says_so(
    session: Session, house: House, clock: FixedClock
) -> None:
    held = ask(session, house)
    code = code_of(session, house)
    clock.advance(timedelta(days=RULES.code_days + 1))
    with pytest.raises(HoldLapsed):
        codes.confirm(session, house, code, now=house.now())
    assert jobs.lapse_holds(session, house, 10) == 1
    session.refresh(held)
    assert held.status == "lapsed"


def test_a_day_too_near_for_a_letter_and_a_missing_address_are_refused_together(
    session: Session, house: House
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(session, house, house.today + timedelta(days=RULES.code_days), city=" ")
    assert {p.field for p in caught.value.problems} == {"city", "termin"}
    assert session.scalars(select(Booking.id)).all() == []


def test_who_has_a_place_gets_no_letter_and_the_same_answer(session: Session, house: House) -> None:
    assert ask(session, house)
    assert ask(session, house, cell=132) is None
    assert jobs.send_codes(session, house, 10) == 1


def test_a_bot_cannot_make_the_unit_send_more_letters_than_it_wants(
    session: Session, house: House
) -> None:
    few = BookingRules(codes_a_day=2)
    for number, name in enumerate(("Eins", "Zwei")):
        assert ask(session, house, cell=120 + 6 * number, family_name=name, rules=few)
    with pytest.raises(codes.LettersExhausted):
        ask(session, house, cell=138, family_name="Drei", rules=few)

"""The chain of visits: when the card is there, a second link is offered for picking it up."""

from __future__ import annotations

from datetime import time

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.appointments import service as appointments
from abh.appointments.tables import Booking, Invitation
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import NotFound
from abh.office.tables import Service
from tests import factories
from tests.integration.workflows.play import Play, to_decision


@pytest.fixture
def play(session: Session, house: House) -> Play:
    without = [k for k in factories.EVIDENCE if k != "hochschulabschluss"]
    filed = factories.file_case(session, house, applicant_actor(), evidence=without)
    return Play(session, house, filed.number)


def _card_ready(play: Play, clerk: Actor, clock: FixedClock) -> None:
    to_decision(play, clerk, clock)
    play.step(clerk, "bewilligen")
    play.step(clerk, "karte_bestellen", data={"fb_serial": "D3-000001", "fb_seal": "17"})
    play.note(clerk, "card_arrived")
    assert play.case.state == "card_ready"


def _token(play: Play) -> str:
    (n09,) = play.letters("N09")
    return str(n09.content["fields"]["link"]).rsplit("/", 1)[1]


def test_the_letter_that_the_card_is_there_carries_a_link_to_book_the_pick_up(
    play: Play, session: Session, clerk: Actor, clock: FixedClock
) -> None:
    _card_ready(play, clerk, clock)
    invitation = appointments.invitation_by_token(session, _token(play))
    assert invitation.service_key == "abholung_karte"
    assert invitation.book_until.isoformat() == str(play.case.facts.card.collect_until)


def test_handing_over_the_card_ends_the_link_and_frees_a_place_not_needed_any_more(
    play: Play, session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    _card_ready(play, clerk, clock)
    token = _token(play)
    invitation = appointments.invitation_by_token(session, token)
    week = [
        appointments.PatternSpec("SG1", "SG1-01", "m.oezdamar", n, time(9), time(11), "einladung")
        for n in range(5)
    ]
    appointments.apply_patterns(session, week, valid_from=house.today, clock=house)
    appointments.extend_horizon(session, until=invitation.book_until, clock=house)
    slot = appointments.offered_slots(session, invitation, now=clock.now())[-1]
    booked = appointments.book_by_token(session, token, slot.day, slot.start_cell, clock=house)
    play.note(clerk, "identity_checked")
    play.note(clerk, "old_papers_withdrawn")
    play.step(clerk, "aushaendigen", data={"sheet_serial": "D11-7"})
    session.expire_all()
    assert session.get_one(Booking, booked.id).status == "cancelled"
    with pytest.raises(NotFound):
        appointments.invitation_by_token(session, token)


def test_an_office_without_the_chain_says_how_to_come_without_a_link(
    play: Play, session: Session, clerk: Actor, clock: FixedClock
) -> None:
    session.execute(update(Service).values(next_key=None))
    _card_ready(play, clerk, clock)
    wanted = select(Invitation).where(Invitation.service_key == "abholung_karte")
    assert session.scalars(wanted).all() == []
    assert len(play.letters("N09")) == 1

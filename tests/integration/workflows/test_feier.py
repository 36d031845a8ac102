"""The ceremony of naturalisation: whose case waits, the invitation in the log, the step with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from abh.appointments import event_guests, events
from abh.appointments.events import Plan
from abh.appointments.tables_events import EventGuest
from abh.documents.tables import FormIssue
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, InvalidInput, NotFound, SignatureRefused, StepNotAllowed
from abh.workflows import feier, unterschrift
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.test_wege import opened, pay

BEGINS = datetime(2026, 12, 15, 15, tzinfo=BERLIN)


def granted(session, house, clerk, lead):
    """Return a naturalisation that waits for its ceremony."""
    play = opened(session, house, clerk, "P33", title="AUFENTHALTSERLAUBNIS")
    play.step(clerk, "vollstaendig")
    play.step(clerk, "beteiligen")
    for part in play.case.row["beteiligungen"]:
        play.answer(clerk, part["kind"], "consent")
    pay(play, clerk)
    if play.case.state != "decision_ready":
        ready = [s for s in play.case.verfahren.steps if s.target == "decision_ready"]
        play.step(clerk, next(s.key for s in ready if play.case.state in s.source))
    done = play.step(clerk, "bewilligen")
    unterschrift.sign(session, house, lead, done.pending_letter)
    return play


@pytest.fixture
def people(session, house):
    return factories.staff(session, "SG7", rank="SB"), factories.staff(session, "SG7", rank="SGL")


@pytest.fixture
def event(session, house, people):
    plan = Plan(
        kind="einbuergerungsfeier",
        title="Einbürgerungsfeier",
        place="Rathaus",
        starts_at=BEGINS,
        ends_at=BEGINS + timedelta(hours=2),
        places=50,
        guests_each=3,
        languages=("de",),
        reply_until=date(2026, 12, 8),
    )
    return events.make_event(session, people[1], "SG7", plan, now=house.now())


def test_only_cases_that_wait_are_offered_and_invited_and_the_case_says_so(
    session, house, people, event
) -> None:
    clerk, lead = people
    play = granted(session, house, clerk, lead)
    early = opened(session, house, clerk, "P33", title="AUFENTHALTSERLAUBNIS", case="")
    offered = feier.candidates(session, clerk, event, house.now())
    assert [each.number for each in offered] == [play.case.number]
    done = feier.invite_cases(session, house, clerk, event.id, [play.case.id, early.case.id])
    assert done.count == 1
    assert list(done.refused) == [early.case.number]
    assert feier.candidates(session, clerk, event, house.now()) == []
    line = session.scalars(
        select(VorgangStep)
        .where(VorgangStep.vorgang_id == play.case.id)
        .order_by(VorgangStep.seq.desc())
    ).first()
    assert line is not None
    assert line.step == "veranstaltung"
    assert "15.12.2026" in str(line.facts)


def test_in_other_units_nobody_learns_who_is_naturalised(session, house, people, event) -> None:
    granted(session, house, *people)
    stranger = factories.staff(session, "SG1", rank="SGL")
    assert feier.candidates(session, stranger, event, house.now()) == []
    with pytest.raises(NotFound):
        feier.invite_cases(session, house, stranger, event.id, [1])


def test_the_certificate_is_handed_over_with_the_step_or_not_at_all(
    session, house, clock, people, event
) -> None:
    clerk, lead = people
    play = granted(session, house, clerk, lead)
    feier.invite_cases(session, house, clerk, event.id, [play.case.id])
    guest = session.scalars(select(EventGuest)).one()
    event_guests.note_certificates(
        session, clerk, event.id, {guest.id: "E0000033"}, now=house.now()
    )
    clock.at = BEGINS
    event_guests.check_in(session, clerk, guest.id, now=house.now())

    def hand_over(actor, **more):
        with session.begin_nested():
            return feier.hand_over(session, house, actor, guest.id, **{"seal": "3", **more})

    with pytest.raises(InvalidInput):
        hand_over(lead, confirmed=False)
    with pytest.raises(SignatureRefused):
        hand_over(clerk, confirmed=True)
    with pytest.raises(InvalidInput):
        hand_over(lead, confirmed=True, seal="")
    with pytest.raises(Conflict):
        hand_over(lead, confirmed=True, expected_version=1)
    session.expire_all()
    assert play.case.state == "ceremony_scheduled"
    assert session.get_one(EventGuest, guest.id).handed_over_at is None

    done = hand_over(lead, confirmed=True)
    assert done.state == play.case.state == "naturalised"
    assert hand_over(lead, confirmed=True) is None
    assert session.get_one(EventGuest, guest.id).handed_over_at == BEGINS
    assert session.scalars(select(FormIssue.serial_no)).one() == "E0000033"
    step = session.scalars(
        select(VorgangStep).where(VorgangStep.step == "urkunde_aushaendigen")
    ).one()
    assert step.reason == "Einbürgerungsfeier"


def test_a_case_that_turned_meanwhile_is_not_naturalised_by_the_ceremony(
    session, house, clock, people, event
) -> None:
    clerk, lead = people
    play = granted(session, house, clerk, lead)
    feier.invite_cases(session, house, clerk, event.id, [play.case.id])
    guest = session.scalars(select(EventGuest)).one()
    play.step(lead, "vor_uebergabe_neu_pruefen", reason="Neue Straftat bekannt geworden")
    clock.at = BEGINS
    event_guests.check_in(session, clerk, guest.id, now=house.now())
    with pytest.raises(StepNotAllowed), session.begin_nested():
        feier.hand_over(session, house, lead, guest.id, confirmed=True, seal="3")
    session.expire_all()
    assert play.case.state == "in_review"
    assert session.get_one(EventGuest, guest.id).handed_over_at is None

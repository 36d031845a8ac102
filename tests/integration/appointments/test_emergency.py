"""Emergency places: the hash first, the list before the seed, the cut-off whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from abh.access.tables import AuditEntry
from abh.appointments import emergency, jobs, losung, nachweise, roster
from abh.appointments.emergency import DrawClosed
from abh.appointments.tables import Booking
from abh.appointments.tables_losung import Draw, EmergencyEvidence, EmergencyRequest
from abh.documents.store import BlobStore
from abh.documents.tables_akte import BlobRemoval
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import InvalidInput, NotAllowed, NotFound
from abh.office.tables import Service
from abh.outbox.tables import OutboxMessage
from abh.sprachen import say
from abh.workflows.drafts import KeptFile
from tests.integration.appointments.office import Office, build_office, week

DAY = date(2026, 11, 25)
CUTOFF = datetime.combine(date(2026, 11, 24), time(20), tzinfo=BERLIN)


@pytest.fixture
def office(session: Session, clock: FixedClock) -> Office:
    """One desk with emergency places from eight to nine: three of twenty minutes."""
    made = build_office(session, desks=1, persons=0)
    session.add(Service(key="notfall", name="Notfall", minutes=20))
    session.flush()
    patterns = week(made, time(8), time(9), lane="notfall")
    roster.apply_patterns(session, patterns, valid_from=clock.at.date(), clock=clock)
    roster.extend_horizon(session, until=DAY + timedelta(days=10), clock=clock)
    return made


@pytest.fixture
def draw(session: Session, office: Office, clock: FixedClock) -> Draw:
    jobs.open_draws(session, clock, 100)
    return session.scalars(select(Draw).where(Draw.day == DAY)).one()


def ask(
    session: Session, draw: Draw, clock: FixedClock, name: str = "Okonkwo", **changes: Any
) -> tuple[EmergencyRequest, str]:
    given = {
        "ground": "arbeitsplatz",
        "harm_on": DAY,
        "evidence": "Kündigung zum 30.11.",
        **changes,
    }
    person = {"family_name": name, "birth_date": "01.02.1990", "nationalities": ["NGA"]}
    return emergency.request_place(session, draw.id, person, clock=clock, **given)


def test_before_requests_open_only_the_hash_of_the_seed_is_public(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    public = emergency.publication(session, draw.id)
    assert public["startwert_hash"] == losung.seed_hash(draw.seed)
    assert {"startwert", "liste", "reihenfolge"}.isdisjoint(public)
    assert draw.seed.hex() not in str(public)
    assert jobs.open_draws(session, clock, 100) == 0


def test_the_list_is_public_before_the_seed(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    request, _ = ask(session, draw, clock)
    clock.at = CUTOFF
    assert jobs.draw_places(session, clock, 5) == 0
    assert jobs.close_lists(session, clock, 5) >= 1
    assert jobs.draw_places(session, clock, 5) == 0
    public = emergency.publication(session, draw.id)
    assert public["liste"] == [{"pseudonym": request.pseudonym, "lose": 6}]
    assert "startwert" not in public
    clock.advance(timedelta(seconds=30))
    assert jobs.draw_places(session, clock, 5) >= 1
    assert losung.problems_of(emergency.publication(session, draw.id)) == []


def test_from_the_cutoff_on_no_request_is_taken(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    clock.at = CUTOFF - timedelta(microseconds=1)
    ask(session, draw, clock)
    clock.at = CUTOFF
    with pytest.raises(DrawClosed):
        ask(session, draw, clock, "Zuspaet")


def test_a_run_two_hours_late_keeps_the_cutoff(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    ask(session, draw, clock)
    late, _ = ask(session, draw, clock, "Zuspaet")
    # As if a machine with a wrong clock had taken it.
    late.requested_at = CUTOFF + timedelta(seconds=1)
    clock.at = CUTOFF + timedelta(hours=2)
    jobs.close_lists(session, clock, 5)
    assert late.pseudonym not in (draw.entries or {})
    assert len(draw.entries or {}) == 1


def test_places_go_to_the_first_of_the_draw_and_no_place_goes_twice(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    requests = [
        ask(session, draw, clock, f"Antrag{'abcde'[n]}", email=f"a{n}@example.org")[0]
        for n in range(5)
    ]
    _run(session, clock)
    for request in requests:
        session.refresh(request)
    by_name = {request.pseudonym: request for request in requests}
    ranked = [by_name[name].outcome for name in draw.ranking]
    assert ranked == ["drawn"] * 3 + ["not_drawn"] * 2
    starts = session.scalars(select(func.lower(Booking.cells)).order_by(Booking.id)).all()
    assert list(starts) == [96, 100, 104]
    mails = session.scalars(
        select(OutboxMessage.payload).where(OutboxMessage.dedup_key.like("mail:losung:%"))
    ).all()
    assert len(mails) == 5
    assert not any("Antrag" in mail["text"] for mail in mails)


def test_the_mail_speaks_the_language_in_which_it_was_asked_not_that_of_the_file(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    ask(session, draw, clock, "Antraga", email="a@example.org", language="uk")
    ask(session, draw, clock, "Antragb", email="b@example.org")
    _run(session, clock)
    subjects = {
        mail["to"][0]: mail["subject"]
        for mail in session.scalars(
            select(OutboxMessage.payload).where(OutboxMessage.dedup_key.like("mail:losung:%"))
        )
    }
    of_file = "Ihr Antrag auf einen Notfalltermin"
    assert subjects["b@example.org"] == of_file
    assert subjects["a@example.org"] == say("uk", of_file) != of_file


def _run(session: Session, clock: FixedClock) -> None:
    clock.at = max(clock.at, CUTOFF)
    jobs.close_lists(session, clock, 5)
    clock.advance(timedelta(minutes=1))
    jobs.draw_places(session, clock, 5)


def test_ten_requests_of_one_person_count_once_and_all_see_the_outcome(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    tokens = [ask(session, draw, clock)[1] for _ in range(10)]
    _run(session, clock)
    assert len(draw.entries or {}) == 1
    outcomes = {
        emergency.standing(session, emergency.by_token(session, token)).outcome for token in tokens
    }
    assert outcomes == {"drawn"}
    assert session.scalar(select(func.count()).select_from(Booking)) == 1


def test_the_answer_is_equal_for_known_and_unknown_people(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    first, first_token = ask(session, draw, clock)
    again, again_token = ask(session, draw, clock)
    assert first.person_id == again.person_id
    assert first.pseudonym != again.pseudonym
    assert len(first_token) == len(again_token) == 22


def test_who_withdraws_is_not_drawn_and_a_won_place_is_free_again(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    gone, token = ask(session, draw, clock)
    stays, other = ask(session, draw, clock, "Sharma")
    emergency.withdraw(session, gone, now=clock.now())
    with pytest.raises(NotFound):
        emergency.by_token(session, token)
    _run(session, clock)
    assert list(draw.ranking) == [stays.pseudonym]
    emergency.withdraw(session, emergency.by_token(session, other), now=clock.now())
    assert session.scalars(select(Booking.status)).all() == ["cancelled"]


def test_who_was_not_drawn_has_one_lot_more_next_time(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    for n in range(4):
        ask(session, draw, clock, f"Antrag{'abcd'[n]}")
    _run(session, clock)
    unlucky = session.scalars(
        select(EmergencyRequest).where(EmergencyRequest.outcome == "not_drawn")
    ).one()
    name = session.execute(
        text("SELECT family_name FROM person WHERE id = :id"), {"id": unlucky.person_id}
    ).scalar_one()
    jobs.open_draws(session, clock, 100)
    following = session.scalars(select(Draw).where(Draw.day == DAY + timedelta(days=1))).one()
    request, _ = ask(session, following, clock, name, harm_on=following.day)
    clock.at = following.cutoff_at
    jobs.close_lists(session, clock, 5)
    assert (following.entries or {})[request.pseudonym] == 7


@pytest.mark.parametrize(
    "changes",
    [{"ground": "eilig"}, {"harm_on": date(2026, 11, 1)}, {"evidence": " "}],
)
def test_a_request_without_ground_day_or_evidence_is_refused(
    session: Session, draw: Draw, clock: FixedClock, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        ask(session, draw, clock, **changes)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE draw SET seed = decode(repeat('00', 32), 'hex')",
        "UPDATE draw SET cutoff_at = cutoff_at + interval '1 hour'",
        "UPDATE draw SET entries = '{}'",
        "UPDATE draw SET ranking = '{}'",
        "DELETE FROM draw",
    ],
)
def test_what_was_published_cannot_be_changed_in_the_database(
    session: Session, draw: Draw, clock: FixedClock, change: str
) -> None:
    ask(session, draw, clock)
    _run(session, clock)
    session.flush()
    with pytest.raises(DBAPIError, match="a published draw is not"), session.begin_nested():
        session.execute(text(change))


def test_the_database_refuses_a_seed_before_the_list(session: Session, draw: Draw) -> None:
    with pytest.raises(DBAPIError, match="list_before_seed"), session.begin_nested():
        session.execute(
            text("UPDATE draw SET drawn_at = :now WHERE id = :id"),
            {"id": draw.id, "now": datetime(2026, 11, 24, 21, tzinfo=UTC)},
        )


def test_only_the_clerk_who_serves_the_visit_sees_the_proof(
    session: Session, office: Office, draw: Draw, clock: FixedClock, tmp_path: Path
) -> None:
    store = BlobStore(tmp_path)
    paper = KeptFile("notfall", "brief.pdf", "application/pdf", store.put(b"%PDF-1.7"), 1)
    request, _token = ask(session, draw, clock, files=[paper, paper])
    stranger, _other = ask(session, draw, clock, name="Adeyemi", files=[paper])
    clock.at = CUTOFF
    jobs.close_lists(session, clock, 50)
    clock.advance(timedelta(minutes=1))
    jobs.draw_places(session, clock, 50)
    place = session.get_one(Booking, request.booking_id)
    clerk = office.clerk()
    assert nachweise.of_visit(session, clerk, place) == []
    place.status, place.called_to, place.checked_in_at = "called", place.desk_id, clock.now()
    session.flush()
    ((ground, (file,)),) = [
        (each.request, each.files) for each in nachweise.of_visit(session, clerk, place)
    ]
    assert (ground.id, file.name) == (request.id, "brief.pdf")
    opened = nachweise.open_file(session, clerk, store, place.id, file.id, now=clock.now())
    assert opened[1] == b"%PDF-1.7"
    look = session.scalars(select(AuditEntry).where(AuditEntry.action == "draw.evidence")).one()
    assert look.is_read and look.person_id == request.person_id
    elsewhere = replace(clerk, desk_id=None)
    of_stranger = session.scalars(
        select(EmergencyEvidence.id).where(EmergencyEvidence.request_id == stranger.id)
    ).one()
    for who, wanted in ((elsewhere, file.id), (clerk, of_stranger)):
        with pytest.raises(NotFound):
            nachweise.open_file(session, who, store, place.id, wanted, now=clock.now())
    with pytest.raises(NotAllowed):
        nachweise.open_file(
            session, office.clerk(unit_key="sg2"), store, place.id, file.id, now=clock.now()
        )


def test_the_proof_goes_with_the_withdrawal_and_thirty_days_after_the_draw(
    session: Session, draw: Draw, clock: FixedClock
) -> None:
    paper = KeptFile("notfall", "brief.pdf", "application/pdf", "a" * 64, 1)
    withdrawn, _token = ask(session, draw, clock, files=[paper])
    ask(session, draw, clock, name="Adeyemi", files=[replace(paper, sha256="b" * 64)])
    emergency.withdraw(session, withdrawn, now=clock.now())
    left = select(EmergencyEvidence.sha256)
    assert session.scalars(left).all() == ["b" * 64]
    clock.at = datetime.combine(DAY + timedelta(days=30), time(3), tzinfo=BERLIN)
    assert jobs.forget_evidence(session, clock, 100) == 0
    clock.advance(timedelta(days=1))
    assert jobs.forget_evidence(session, clock, 100) == 1
    noted = session.scalars(select(BlobRemoval.sha256).order_by(BlobRemoval.sha256)).all()
    assert noted == ["a" * 64, "b" * 64]

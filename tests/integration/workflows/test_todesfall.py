"""A death ends what it ends, frees what was booked, and nobody writes to the dead."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.appointments.tables import Standby
from abh.documents import dispatch
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed
from abh.outbox.tables import OutboxMessage
from abh.persons.tables import Person
from abh.workflows import folgen, registry, standbrief, todesfall, verbund
from abh.workflows.aufbewahrung import follow_ends
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.play import Play, to_decision, to_review

DAY = date(2026, 11, 20)
PAPERS = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")


def died(play: Play, who: Actor, day: date = DAY, source: str = "urkunde") -> object:
    return todesfall.record_death(
        play.session,
        play.house,
        who,
        play.case.id,
        died_on=day,
        source=source,
        expected_version=play.version,
    )


def lines(play: Play) -> list[str]:
    found = select(VorgangStep.step).where(VorgangStep.vorgang_id == play.case.id)
    return list(play.session.scalars(found.order_by(VorgangStep.seq)))


def sent(play: Play) -> tuple[int, int]:
    """Letters of the case, and mails."""
    made = select(func.count()).select_from(Letter).where(Letter.vorgang_id == play.case.id)
    mails = (
        select(func.count())
        .select_from(OutboxMessage)
        .where(OutboxMessage.vorgang_id == play.case.id)
    )
    return play.session.scalar(made) or 0, play.session.scalar(mails) or 0


@pytest.fixture
def play(session: Session, house: House) -> Play:
    filed = factories.file_case(session, house, applicant_actor(), evidence=PAPERS)
    return Play(session, house, filed.number)


def test_every_open_case_of_the_dead_ends_without_a_letter_or_a_mail(
    session: Session, house: House, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    to_decision(play, clerk, clock)
    person = session.get_one(Person, play.case.person["id"])
    before, reached = sent(play), (person.email, person.phone)
    died(play, clerk)
    assert play.case.state == "discontinued"
    assert sent(play) == before
    assert "tod_vermerkt" in lines(play) and lines(play)[-1] in (
        "einstellen",
        "erledigung_feststellen",
    )
    session.refresh(person)
    assert (person.died_on, person.email, person.phone) == (DAY, None, None)
    # The news was wrong: who was reached before is reached again, what ended stays ended.
    todesfall.correct(
        session, house, clerk, play.case.id, "Verwechslung mit dem Vater",
        expected_version=play.version,
    )  # fmt: skip
    session.refresh(person)
    assert (person.died_on, person.email, person.phone) == (None, *reached)
    assert play.case.state == "discontinued"


def test_a_letter_that_is_ready_stays_in_the_house(
    session: Session, house: House, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    to_decision(play, clerk, clock)
    play.step(clerk, "bewilligen")
    letter = play.letters("N08")[0]
    died(play, clerk)
    assert play.case.state == "discontinued"
    with pytest.raises(Conflict, match="verstorben"):
        dispatch.hand_over(session, house, clerk, letter.id, on=house.today)
    with pytest.raises(Conflict, match="verstorben"):
        dispatch.order_print(session, house, clerk, letter.id, 1)
    with pytest.raises(Conflict, match="verstorben"):
        letters.issue(
            session,
            house,
            clerk,
            standbrief.status_letter(house, clerk, play.case, automatic=False),
        )
    # One that had left before is recorded as it was.
    dispatch.hand_over(session, house, clerk, letter.id, on=date(2026, 11, 20))


def test_the_dead_wait_on_no_list(session: Session, clerk: Actor, house: House, play: Play) -> None:
    person = play.case.person["id"]
    session.execute(
        insert(Standby).values(
            person_id=person, unit_key="SG1", service_key="biometrie_antrag", lane="kunden",
            email="a@post.example", until=date(2026, 12, 20), created_at=house.now(),
        )
    )  # fmt: skip
    died(play, clerk)
    open_ones = select(func.count()).where(Standby.person_id == person, Standby.ended_at.is_(None))
    assert session.scalar(open_ones) == 0


def test_a_refusal_in_dispute_waits_for_the_court(
    session: Session, house: House, clerk: Actor, play: Play
) -> None:
    session.execute(
        text("UPDATE vorgang SET state = 'appeal_pending' WHERE id = :id"), {"id": play.case.id}
    )
    session.expire_all()
    died(play, clerk)
    assert play.case.state == "appeal_pending"
    told = session.scalars(
        select(VorgangStep.reason).where(
            VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "tod_vermerkt"
        )
    ).one()
    assert "§ 239 ZPO" in told


def test_the_family_is_told_in_its_cases_and_a_right_of_its_own_is_proposed(
    session: Session, house: House, clerk: Actor, play: Play
) -> None:
    lan = {**factories.ANTRAG["person"], "given_names": "Lan", "birth_date": "01.02.1990"}
    wife = Play(
        session,
        house,
        factories.file_case(session, house, applicant_actor(), evidence=PAPERS, person=lan).number,
    )
    to_review(wife, clerk)
    folge = folgen.by_key("familie")
    assert folge is not None
    verbund.follow(session, house, clerk, play.case, wife.case.id, folge)
    state = wife.case.state
    died(play, clerk)
    assert wife.case.state == state and wife.case.person["died_on"] is None
    assert lines(wife)[-1] == "tod_in_familie"
    assert "tod" in {one.key for one in folgen.folgen_of("P02", play.case.state)}


def test_the_file_ends_with_the_person_and_lives_on_if_the_news_was_wrong(
    session: Session, house: House, clerk: Actor, play: Play
) -> None:
    died(play, clerk)
    query = text("SELECT ended_ground, ended_on FROM akte WHERE id = :id")
    which = {"id": play.case.vorgang["akte_id"]}
    follow_ends(session, house)
    assert session.execute(query, which).one() == ("tod", DAY)
    todesfall.correct(
        session, house, clerk, play.case.id, "Verwechslung", expected_version=play.version
    )
    follow_ends(session, house)
    assert session.execute(query, which).one() == ("", None)


@pytest.mark.parametrize(
    ("day", "source", "field"),
    [(date(2026, 11, 24), "urkunde", "died_on"), (date(1900, 1, 1), "urkunde", "died_on"),
     (DAY, "gehoert", "source")],
)  # fmt: skip
def test_a_death_that_cannot_be_is_refused(
    clerk: Actor, play: Play, day: date, source: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        died(play, clerk, day, source)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert play.case.person["died_on"] is None


def test_others_do_not_note_it_and_nobody_notes_it_twice(
    session: Session, clerk: Actor, play: Play
) -> None:
    with pytest.raises(NotAllowed):
        died(play, factories.staff(session, "SG3", rank="SB"))
    died(play, clerk)
    with pytest.raises(Conflict, match="schon vermerkt"):
        died(play, clerk)


def test_what_ends_with_a_death_names_verfahren_that_exist() -> None:
    assert set(registry.known_keys()) >= folgen.TOD.nicht

"""Papers whose right is gone are demanded, reminded of once, then reported; a return ends it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.documents.tables import CardOrder, FormIssue
from abh.kernel.clock import FixedClock
from abh.kernel.errors import InvalidInput, NotAllowed
from abh.workflows import einzug, jobs
from abh.workflows.rueckgabe import still_out
from abh.workflows.tables import CaseFrist
from tests import factories
from tests.integration.workflows.play import Play
from tests.integration.workflows.test_todesfall import died, lines

PAPERS = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")
SERIAL = "FB 4711"


@pytest.fixture
def play(session: Session, house: House, clerk: Actor) -> Play:
    """A case with a Fiktionsbescheinigung in the person's hand."""
    number = factories.file_case(session, house, applicant_actor(), evidence=PAPERS).number
    play = Play(session, house, number)
    session.execute(
        insert(FormIssue).values(
            vorgang_id=play.case.id,
            form="D3",
            serial_no=SERIAL,
            valid_until=house.today + timedelta(days=90),
            issued_on=house.today,
            issued_by=clerk.user_id,
        )
    )
    return play


def clocks(play: Play) -> list[tuple[str, str, date]]:
    rows = select(CaseFrist.kind, CaseFrist.status, CaseFrist.due_on).where(
        CaseFrist.vorgang_id == play.case.id, CaseFrist.kind.like("rueckgabe%")
    )
    return [tuple(row) for row in play.session.execute(rows.order_by(CaseFrist.id))]


def ended(play: Play, clerk: Actor) -> None:
    play.find(clerk, ended_because="Die Person ist ausgereist.")
    play.step(clerk, "einstellen", reason="Die Person ist ausgereist.")


def later(play: Play, clock: FixedClock, day: date) -> None:
    clock.advance(timedelta(days=(day - play.house.today).days + 1))
    jobs.sweep_fristen(play.session, play.house, 10)


def test_the_end_of_a_case_asks_for_its_paper_reminds_once_and_then_reports(
    session: Session, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    ended(play, clerk)
    assert play.case.vorgang["closed_at"] is not None
    assert clocks(play) == [("rueckgabe", "running", date(2026, 12, 7))]
    effects = play.letters("N14")[0].content["fields"]["effects"]
    assert any(SERIAL in line and "07.12.2026" in line for line in effects)
    later(play, clock, date(2026, 12, 7))
    assert [row[:2] for row in clocks(play)] == [
        ("rueckgabe", "expired"),
        ("rueckgabe_mahnung", "running"),
    ]
    reminder = play.letters("N03")[-1].content["fields"]
    assert SERIAL in reminder["status_words"] and "zurück" in reminder["next_words"]
    later(play, clock, clocks(play)[1][2])
    assert lines(play)[-3:] == [
        "rueckgabe_angemahnt",
        "frist_abgelaufen",
        "rueckgabe_ausgeblieben",
    ]
    before = len(play.letters("N03"))
    later(play, clock, play.house.today + timedelta(days=60))
    assert len(play.letters("N03")) == before


def test_a_return_ends_the_clock_also_in_a_closed_case(
    session: Session, house: House, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    ended(play, clerk)
    (paper,) = still_out(session, play.case)
    with pytest.raises(InvalidInput):
        einzug.take_back(session, house, clerk, play.case.id, ["D3-0"], expected_version=None)
    with pytest.raises(NotAllowed):
        other = factories.staff(session, "SG3", rank="SB")
        einzug.take_back(session, house, other, play.case.id, [paper.key], expected_version=None)
    einzug.take_back(
        session, house, clerk, play.case.id, [paper.key], expected_version=play.version
    )
    assert [row[1] for row in clocks(play)] == ["ended"]
    assert still_out(session, play.case) == ()
    assert lines(play)[-1] == "rueckgabe_vermerkt"
    later(play, clock, date(2027, 2, 1))
    assert not play.letters("N03")


def test_a_card_that_still_holds_is_not_demanded_and_one_that_ran_out_is(
    session: Session, house: House, clerk: Actor, play: Play
) -> None:
    today = house.today
    for until in (today - timedelta(days=1), today + timedelta(days=300)):
        session.execute(
            insert(CardOrder).values(
                vorgang_id=play.case.id,
                state="handed_over",
                title_kind="Aufenthaltserlaubnis",
                valid_from=date(2024, 1, 1),
                valid_until=until,
                ordered_on=date(2024, 1, 1),
                ordered_by=clerk.user_id,
                handed_over_on=date(2024, 1, 20),
            )
        )
    ended(play, clerk)
    words = [one.words for one in still_out(session, play.case)]
    assert sorted(one.split(" ")[0] for one in words) == ["Fiktionsbescheinigung", "Karte"]
    assert any("22.11.2026" in one for one in words)


def test_without_a_paper_nothing_is_asked(
    session: Session, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    session.execute(text("UPDATE form_issue SET returned_on = issued_on"))
    ended(play, clerk)
    assert clocks(play) == []


def test_the_dead_are_not_reminded_but_the_paper_is_still_missed(
    session: Session, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    died(play, clerk)
    (clock_row,) = clocks(play)
    later(play, clock, clock_row[2])
    assert lines(play)[-1] == "rueckgabe_angemahnt"
    assert play.letters("N03") == [] == play.letters("N14")


def test_an_expulsion_asks_for_all_papers_and_stays_silent_while_a_removal_is_prepared(
    session: Session, house: House, clerk: Actor, clock: FixedClock, play: Play
) -> None:
    session.execute(
        text("UPDATE vorgang SET verfahren = 'P32', version = 1, state = 'enforceable'")
    )
    play.find(clerk, variante="widerruf", vollziehbar=True)
    play.step(clerk, "papiere_zurueckfordern")
    (row,) = clocks(play)
    assert row[1] == "running"
    asked = play.letters("N03")[-1].content["fields"]["next_words"]
    assert SERIAL in asked and "§ 52" in asked
    session.execute(text("UPDATE vorgang SET state = 'removal_planned'"))
    before = len(play.letters("N03"))
    later(play, clock, row[2])
    assert lines(play)[-1] == "rueckgabe_angemahnt"
    assert len(play.letters("N03")) == before

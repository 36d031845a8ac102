"""Clearance plans in the office: computed from what lies there, written to the roster, tracked."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, time, timedelta

import openpyxl
import pytest
from sqlalchemy import select, text

from abh.access.tables import AppUser
from abh.appointments import postzeit, roster
from abh.appointments.patterns import PatternSpec
from abh.appointments.tables import RosterBlock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office.file import load_office, roster_entries
from abh.post import claims
from abh.post.raeumung import ausgabe, lage, plaene
from abh.post.raeumung.plaene import Wish
from abh.post.tables_plan import PostPlan
from abh.settings import ROOT
from tests.integration.post.conftest import PostRoom, letter

WISH = Wish("Rückstand SG1", ("SG1",), date(2026, 12, 20), 40, 90)


@pytest.fixture
def loaded(room: PostRoom) -> PostRoom:
    """SG1 with four weeks of roster and more post than its time for post can bear."""
    entries = roster_entries(load_office(ROOT / "config" / "office" / "duesseldorf.yaml"))
    specs = [
        PatternSpec(
            one.unit_key, one.desk_key, one.login, one.weekday,
            time.fromisoformat(one.start), time.fromisoformat(one.end), one.lane,
        )
        for one in entries if one.unit_key in ("SG1", "SG6")
    ]  # fmt: skip
    roster.apply_patterns(room.session, specs, valid_from=date(2026, 11, 23), clock=room.clock)
    roster.extend_horizon(
        room.session, until=date(2026, 12, 27), clock=room.clock, units=["SG1", "SG6"]
    )
    room.take(*[letter(kind="lawyer") for _ in range(40)])
    # A pile as large as it takes to need the counters' time: each stands for many.
    room.session.execute(
        text(
            "INSERT INTO post_item (received_on, entered_at, channel, kind, subject, unit_key,"
            " bundle_id, source) SELECT '2026-09-01', :now, 'paper', 'lawyer', 'Brief', 'SG1',"
            " bundle_id, 'probe' FROM post_item, generate_series(1, 20)"
        ),
        {"now": room.clock.now()},
    )
    room.session.execute(text("UPDATE post_bundle SET items = items + 20"))
    return room


def blocks_of_post(room: PostRoom) -> list[RosterBlock]:
    query = select(RosterBlock).where(RosterBlock.lane == "post", RosterBlock.pattern_id.is_(None))
    return list(room.session.scalars(query.execution_options(populate_existing=True)))


def test_nothing_is_measured_until_enough_was_closed(loaded: PostRoom) -> None:
    minutes, measured = lage.handling_minutes(loaded.session, loaded.house)
    assert measured == frozenset()
    assert minutes["lawyer"] == 30


def test_handling_times_come_from_the_log(room: PostRoom) -> None:
    clerk = room.clerk()
    room.take(*[letter(kind="returned") for _ in range(30)])
    for _ in range(30):
        bundle_id = claims.pull(room.session, clerk, clock=room.house) or 0
        room.clock.advance(timedelta(minutes=3))
        claims.close(
            room.session, clerk, bundle_id, reason="unzustellbar", expected=1, clock=room.house
        )
    minutes, measured = lage.handling_minutes(room.session, room.house)
    assert measured == {"returned"}
    assert minutes["returned"] == 3


def test_a_plan_is_computed_accepted_and_withdrawn(loaded: PostRoom) -> None:
    room, lead = loaded, loaded.lead()
    plan = plaene.compute(room.session, lead, WISH, clock=room.house)
    found = plaene.shown(plan)
    assert found.zero_on == date(2026, 12, 20)
    assert found.open == 840
    assert found.gap < 0.02
    assert found.taken_hours > 0
    assert blocks_of_post(room) == []
    accepted, hits = plaene.accept(room.session, lead, plan.id, clock=room.house)
    assert accepted.state == "accepted"
    assert hits == []
    written = blocks_of_post(room)
    assert len(written) == found.taken_hours == len(accepted.roster_ids)
    assert all(b.day >= plan.first_week for b in written)
    assert room.session.execute(
        text("SELECT count(*) FROM desk_day WHERE lane = 'post' AND day = :day"),
        {"day": written[0].day},
    ).scalar_one()
    with pytest.raises(Conflict):
        plaene.accept(room.session, lead, plan.id, clock=room.house)
    assert plaene.withdraw(room.session, lead, plan.id, clock=room.house) == len(written)
    assert blocks_of_post(room) == []


def test_floors_hold_in_every_week(loaded: PostRoom) -> None:
    room = loaded
    plan = plaene.compute(room.session, room.lead(), WISH, clock=room.house)
    floors = {"termine": 40, "firmen": 90}
    begin = lage.start(room.session, room.lead(), ["SG1"], floors=floors, clock=room.house)
    task = begin.tasks[0]
    for source, given in plan.result["units"][0]["given"].items():
        for week, count in enumerate(given):
            least = task.rostered[source][week] * floors[source] / 100
            assert task.rostered[source][week] - 60 * count >= least


def test_the_plan_is_tracked_and_renewed_as_a_proposal_only(loaded: PostRoom) -> None:
    room, lead = loaded, loaded.lead()
    plan = plaene.compute(room.session, lead, WISH, clock=room.house)
    plaene.accept(room.session, lead, plan.id, clock=room.house)
    assert plaene.renew(room.session, room.house, 4) == 0
    before = len(blocks_of_post(room))
    room.clock.advance(timedelta(days=14))
    assert plaene.renew(room.session, room.house, 4) == 1
    assert plaene.renew(room.session, room.house, 4) == 0
    proposal = room.session.scalars(select(PostPlan).where(PostPlan.renews == plan.id)).one()
    assert proposal.state == "proposal"
    assert len(blocks_of_post(room)) == before
    first = plaene.track(room.session, plan, clock=room.house)[0]
    assert first.actual == 840
    assert first.planned < 840


def test_a_booking_in_the_way_makes_the_plan_refuse_and_nothing_is_written(
    loaded: PostRoom,
) -> None:
    room, lead = loaded, loaded.lead()
    plan = plaene.compute(room.session, lead, WISH, clock=room.house)
    for block in room.session.scalars(
        select(RosterBlock).where(RosterBlock.unit_key == "SG1", RosterBlock.lane == "kunden")
    ):
        block.pattern_id = None
    room.session.flush()
    with pytest.raises(Conflict, match="neu rechnen"):
        plaene.accept(room.session, lead, plan.id, clock=room.house)
    assert plan.state == "draft"


def test_what_cannot_be_asked_is_refused_with_the_reason(loaded: PostRoom) -> None:
    room, lead = loaded, loaded.lead()
    for wish in (
        replace(WISH, target=date(2026, 11, 29)),
        replace(WISH, target=date(2027, 11, 28)),
        replace(WISH, name=" "),
        replace(WISH, floor_firms=101),
        replace(WISH, units=()),
    ):
        with pytest.raises(InvalidInput):
            plaene.compute(room.session, lead, wish, clock=room.house)
    plan = plaene.compute(
        room.session, lead, replace(WISH, floor_appointments=100, floor_firms=100), clock=room.house
    )
    assert plaene.shown(plan).missing
    with pytest.raises(Conflict, match="geht nicht auf"):
        plaene.accept(room.session, lead, plan.id, clock=room.house)


def test_only_who_leads_all_units_sees_and_computes(loaded: PostRoom) -> None:
    room = loaded
    plan = plaene.compute(room.session, room.lead(), WISH, clock=room.house)
    with pytest.raises(NotAllowed):
        plaene.compute(room.session, room.clerk(), WISH, clock=room.house)
    with pytest.raises((NotAllowed, NotFound)):
        plaene.get(room.session, room.clerk("SG3"), plan.id)
    assert [one.id for one in plaene.newest(room.session, room.lead(), "SG1")] == [plan.id]


def test_numbers_of_restricted_post_stay_with_who_may_know_them(loaded: PostRoom) -> None:
    room = loaded
    plan = plaene.compute(
        room.session, room.lead("SG6"), replace(WISH, units=("SG6",), target=None), clock=room.house
    )
    stranger = replace(room.lead(), powers=room.lead().powers | {"unit.all"})
    with pytest.raises(NotFound):
        plaene.get(room.session, stranger, plan.id)


def test_a_plan_leaves_as_a_workbook_without_formulas(loaded: PostRoom) -> None:
    room = loaded
    plan = plaene.compute(room.session, room.lead(), replace(WISH, name="=1+1"), clock=room.house)
    book = openpyxl.load_workbook(io.BytesIO(ausgabe.workbook(plan)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(cell.value == "=1+1" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


def test_giving_takes_only_what_is_free(loaded: PostRoom) -> None:
    room = loaded
    free = postzeit.rostered(room.session, ["SG1"], date(2026, 11, 30), date(2026, 12, 4))
    one = next(p for p in free if p.free and p.lane == "kunden")
    piece = replace(one.piece, start=one.free[0][0], end=one.free[0][0] + 12)
    ids, _ = postzeit.give_to_post(room.session, room.lead(), [piece], clock=room.house)
    assert len(ids) == 1
    with pytest.raises(Conflict):
        postzeit.give_to_post(room.session, room.lead(), [piece], clock=room.house)
    foreign = room.session.scalars(select(AppUser.id).where(AppUser.unit_key == "SG3")).first()
    with pytest.raises(Conflict):
        postzeit.give_to_post(
            room.session, room.lead(), [replace(piece, user_id=foreign or 0)], clock=room.house
        )
    with pytest.raises(NotAllowed):
        postzeit.give_to_post(room.session, room.clerk("SG3"), [piece], clock=room.house)

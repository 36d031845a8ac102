"""Pulling: what harms most comes first, one claim per clerk, nothing lost, exact counters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update

from abh.access.actor import Actor
from abh.access.tables import AuditEntry
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office.tables import Qualification
from abh.outbox.sammellauf import Counts
from abh.post import ansicht, claims, sammeln, zaehler
from abh.post.sammeln import Choice, Params
from abh.post.tables import PostBundle, PostItem, PostTally
from abh.workflows.tables import Vorgang
from tests.integration.post.conftest import PostRoom, letter

RECOUNT = """
SELECT unit_key, access_class, 'alter' AS what, '' AS key, oldest_on AS on_day,
       sum(items)::bigint, sum(persons)::bigint
  FROM post_bundle WHERE closed_at IS NULL GROUP BY 1, 2, 5
UNION ALL SELECT unit_key, access_class, 'thema', topic, NULL, sum(items), sum(persons)
  FROM post_bundle WHERE closed_at IS NULL GROUP BY 1, 2, 4
UNION ALL SELECT unit_key, access_class, 'stufe', band::text, NULL, sum(items), sum(persons)
  FROM post_bundle WHERE closed_at IS NULL GROUP BY 1, 2, 4
UNION ALL SELECT unit_key, access_class, 'aus', '', d, sum(i), sum(p) FROM (
    SELECT unit_key, access_class, (done_at AT TIME ZONE 'Europe/Berlin')::date AS d, 1 AS i, 0 AS p
      FROM post_item WHERE done_at IS NOT NULL
    UNION ALL
    SELECT unit_key, access_class, (closed_at AT TIME ZONE 'Europe/Berlin')::date, 0, persons
      FROM post_bundle WHERE closed_at IS NOT NULL) t GROUP BY 1, 2, 5
UNION ALL SELECT unit_key, access_class, 'ein', '', d, sum(i), sum(p) FROM (
    SELECT unit_key, access_class, (entered_at AT TIME ZONE 'Europe/Berlin')::date AS d, 1 AS i,
           0 AS p FROM post_item
    UNION ALL
    SELECT unit_key, access_class, (created_at AT TIME ZONE 'Europe/Berlin')::date, 0, persons
      FROM post_bundle) t GROUP BY 1, 2, 5
"""
TALLY = (
    "SELECT unit_key, access_class, what, key, on_day, sum(items)::bigint, sum(persons)::bigint"
    " FROM post_tally GROUP BY 1, 2, 3, 4, 5 HAVING sum(items) <> 0 OR sum(persons) <> 0"
)


def counters_are_exact(room: PostRoom) -> bool:
    room.session.flush()
    # What moved on without being served leaves nothing to count.
    counted = {tuple(row) for row in room.session.execute(text(RECOUNT)) if row[5] or row[6]}
    kept = {tuple(row) for row in room.session.execute(text(TALLY))}
    assert kept == counted
    return bool(kept)


def pull(room: PostRoom, actor: Actor) -> int | None:
    found = claims.pull(room.session, actor, clock=room.house)
    room.session.expire_all()
    return found


def test_the_most_harm_comes_first_then_the_oldest(room: PostRoom) -> None:
    clerk = room.clerk()
    old, urgent, new = (
        room.bundle_of(one).id
        for one in room.take(
            letter(received_on=date(2026, 8, 1)),
            letter(harm={"frist": "2026-11-24"}),
            letter(),
        )
    )
    seen = []
    for _ in range(3):
        bundle_id = pull(room, clerk)
        assert bundle_id is not None
        seen.append(bundle_id)
        claims.close(
            room.session, clerk, bundle_id, reason="nur ein Versuch", expected=1, clock=room.house
        )
    assert seen == [urgent, old, new]
    assert pull(room, clerk) is None
    assert counters_are_exact(room)


def test_a_clerk_gets_what_the_own_unit_has_and_the_clerk_is_trained_for(room: PostRoom) -> None:
    filed = room.case()
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    clerk, other = room.clerk(), room.clerk("SG3")
    (taken,) = room.take(letter(person_id=case.person_id, unit_key=case.unit_key))
    assert room.bundle_of(taken).topic == "P02"
    assert pull(room, other) is None
    mine = (Qualification.user_id == clerk.user_id) & (Qualification.verfahren == "P02")
    room.session.execute(update(Qualification).where(mine).values(verfahren="P99"))
    assert pull(room, clerk) is None
    other_verfahren = (Qualification.user_id == clerk.user_id) & (Qualification.verfahren == "P99")
    room.session.execute(
        update(Qualification).where(other_verfahren).values(verfahren="P02", level="training")
    )
    assert pull(room, clerk) == room.bundle_of(taken).id


def test_whoever_holds_one_gets_it_again_and_nobody_else_does(room: PostRoom) -> None:
    first, second = room.clerk(), room.clerk(nth=1)
    room.take(letter())
    held = pull(room, first)
    assert held is not None
    assert pull(room, first) == held
    assert pull(room, second) is None
    for act in (
        lambda: claims.close(room.session, second, held, answer="Ja", expected=1, clock=room.house),
        lambda: claims.give_back(room.session, second, held, "Irrtum", clock=room.house),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_claim_that_dies_comes_back(room: PostRoom) -> None:
    clerk, other = room.clerk(), room.clerk(nth=1)
    (taken,) = room.take(letter())
    held = pull(room, clerk)
    room.clock.advance(timedelta(minutes=40))
    assert claims.beat(room.session, clerk, held or 0, clock=room.house)
    room.clock.advance(timedelta(minutes=40))
    assert claims.release_dead(room.session, room.house, 10) == 0
    room.clock.advance(timedelta(minutes=6))
    assert claims.release_dead(room.session, room.house, 10) == 1
    assert not claims.beat(room.session, clerk, held or 0, clock=room.house)
    assert room.bundle_of(taken).last_reason
    assert pull(room, other) == held


def test_returned_handed_over_and_put_off(room: PostRoom) -> None:
    clerk, colleague = room.clerk(), room.clerk(nth=1)
    (taken,) = room.take(letter(received_on=date(2026, 9, 1)))
    held = pull(room, clerk) or 0
    with pytest.raises(InvalidInput):
        claims.give_back(room.session, clerk, held, " ", clock=room.house)
    claims.give_back(room.session, clerk, held, "Sprache fehlt mir", clock=room.house)
    assert room.bundle_of(taken).last_reason == "Sprache fehlt mir"
    assert pull(room, clerk) == held
    with pytest.raises(InvalidInput):
        stranger = room.clerk("SG3").user_id or 0
        claims.hand_over(room.session, clerk, held, stranger, "bitte", clock=room.house)
    claims.hand_over(
        room.session, clerk, held, colleague.user_id or 0, "kennt den Fall", clock=room.house
    )
    room.session.flush()
    assert pull(room, clerk) is None
    assert pull(room, colleague) == held
    for day in (date(2026, 11, 23), date(2027, 6, 1)):
        with pytest.raises(InvalidInput):
            claims.put_off(room.session, colleague, held, day, "wartet", clock=room.house)
    claims.put_off(
        room.session, colleague, held, date(2026, 12, 1), "wartet auf BA", clock=room.house
    )
    room.session.flush()
    assert pull(room, colleague) is None
    room.clock.advance(timedelta(days=7))
    assert claims.bring_back(room.session, room.house, 10) == 0
    room.clock.advance(timedelta(days=1))
    assert claims.bring_back(room.session, room.house, 10) == 1
    assert room.bundle_of(taken).oldest_on == date(2026, 9, 1)
    assert pull(room, colleague) == held


def test_what_a_clerk_gave_back_a_colleague_sees_first(room: PostRoom) -> None:
    clerk, colleague = room.clerk(), room.clerk(nth=1)
    worst, other = room.take(letter(harm={"frist": "2026-11-25"}), letter(subject="Zwei"))
    held = pull(room, clerk)
    assert held == room.bundle_of(worst).id
    claims.give_back(room.session, clerk, held, "Bitte von der Kollegin", clock=room.house)
    room.session.flush()
    following = pull(room, clerk)
    assert following == room.bundle_of(other).id
    # Nothing is left lying because of it: alone, the clerk gets it again.
    claims.put_off(
        room.session, clerk, following, date(2026, 12, 1), "wartet auf BA", clock=room.house
    )
    room.session.flush()
    assert pull(room, clerk) == held
    claims.give_back(room.session, clerk, held, "Doch von der Kollegin", clock=room.house)
    room.session.flush()
    assert pull(room, colleague) == held
    claims.give_back(room.session, colleague, held, "Das war nichts", clock=room.house)
    room.session.flush()
    assert room.bundle_of(worst).returned_by == colleague.user_id
    assert pull(room, clerk) == held


def test_only_something_new_ends_the_putting_off_asking_again_does_not(room: PostRoom) -> None:
    person, clerk = room.person(), room.clerk()
    (taken,) = room.take(letter(person_id=person.id))
    held = pull(room, clerk) or 0
    claims.put_off(room.session, clerk, held, date(2026, 12, 1), "wartet auf BA", clock=room.house)
    room.session.flush()
    room.take(letter(person_id=person.id, kind="inquiry"))
    assert room.bundle_of(taken).follow_up_on is not None
    assert pull(room, clerk) is None
    room.take(letter(person_id=person.id))
    assert pull(room, clerk) == held


def test_one_answer_closes_all_but_never_what_was_not_seen(room: PostRoom) -> None:
    person, clerk = room.person(), room.clerk()
    room.take(*(letter(person_id=person.id, subject=f"Brief {n}") for n in range(3)))
    held = pull(room, clerk) or 0
    with pytest.raises(InvalidInput):
        claims.close(room.session, clerk, held, expected=3, clock=room.house)
    (late,) = room.take(letter(person_id=person.id, subject="eben gekommen"))
    assert room.bundle_of(late).id == held
    with pytest.raises(Conflict, match="weiterer Eingang"):
        claims.close(room.session, clerk, held, answer="Ja.", expected=3, clock=room.house)
    done = claims.close(
        room.session, clerk, held, answer="Die Karte ist bestellt.", expected=4, clock=room.house
    )
    assert done == 4
    rows = room.session.scalars(select(PostItem).where(PostItem.bundle_id == held)).all()
    assert {(row.answer, row.done_by) for row in rows} == {
        ("Die Karte ist bestellt.", clerk.user_id)
    }
    acts = select(AuditEntry.action).where(
        AuditEntry.entity == "post_bundle", AuditEntry.entity_id == held
    )
    assert list(room.session.scalars(acts.order_by(AuditEntry.id))) == [
        "post.claim",
        "post.close_all",
    ]
    assert counters_are_exact(room)


def test_counters_stay_exact_through_everything_and_adding_up_changes_nothing(
    room: PostRoom,
) -> None:
    lead, clerk, person = room.lead(), room.clerk(), room.person()
    room.take(
        letter(person_id=person.id, received_on=date(2026, 5, 1)),
        letter(person_id=person.id, kind="inquiry"),
        letter(harm={"leistungen": "2026-11-30"}),
        letter(unit_key="SG7", verfahren="P33"),
    )
    before = zaehler.overview(room.session, lead, "SG1", clock=room.house)
    assert (before.total.items, before.total.persons) == (3, 2)
    assert before.by_age["183 bis 365 Tage"] == zaehler.Count(2, 1)
    held = pull(room, clerk) or 0
    claims.close(room.session, clerk, held, answer="Ja.", expected=1, clock=room.house)
    after = zaehler.overview(room.session, lead, "SG1", clock=room.house)
    assert (after.total.items, after.flow[-1].done) == (2, zaehler.Count(1, 1))
    assert after.flow[-1].came == zaehler.Count(3, 2)
    assert counters_are_exact(room)
    lines = room.session.query(PostTally).count()
    saved = zaehler.fold(room.session, 10_000)
    assert room.session.query(PostTally).count() == lines - saved < lines
    assert counters_are_exact(room)
    assert zaehler.overview(room.session, lead, "SG1", clock=room.house) == after
    with pytest.raises(NotAllowed):
        zaehler.overview(room.session, lead, "SG3", clock=room.house)
    with pytest.raises(NotAllowed):
        zaehler.overview(room.session, clerk, "SG1", clock=room.house)


def test_a_bulk_act_is_previewed_can_be_undone_and_tells_each_row(room: PostRoom) -> None:
    lead, clerk = room.lead(), room.clerk()
    people = [room.person(name) for name in ("Ada", "Bo", "Cy")]
    taken = room.take(
        *(letter(person_id=one.id, kind="inquiry") for one in people),
        letter(received_on=date(2026, 11, 23)),
    )
    choice = Choice(inquiries_only=True)
    asked = {"answer": "Alle Anträge sind da und werden der Reihe nach bearbeitet."}
    count = sammeln.preview(room.session, lead, "SG1", choice, clock=room.house)
    assert (count.items, count.persons) == (3, 3)

    def order(expected: int):
        return sammeln.order(
            room.session, lead, "SG1", "close", choice, Params(**asked),
            expected=expected, clock=room.house,
        )  # fmt: skip

    with pytest.raises(Conflict):
        order(2)
    with pytest.raises(NotAllowed):
        sammeln.preview(room.session, clerk, "SG1", choice, clock=room.house)
    undone = order(3)
    assert sammeln.carry_out(room.session, room.house, 100) == 0
    sammeln.undo(room.session, lead, undone.id, clock=room.house)
    bulk = order(3)
    in_hand = pull(room, clerk)
    touched, done = (one for one in taken[:3] if room.bundle_of(one).id != in_hand)
    room.session.execute(
        update(PostBundle)
        .where(PostBundle.id == room.bundle_of(touched).id)
        .values(touched_at=room.clock.now() + timedelta(seconds=1))
    )
    room.clock.advance(timedelta(minutes=3))
    with pytest.raises(Conflict):
        sammeln.undo(room.session, lead, bulk.id, clock=room.house)
    assert sammeln.carry_out(room.session, room.house, 100) == 3
    room.session.expire_all()
    found = sammeln.result(room.session, lead, bulk.id)
    assert found.counts == Counts(waiting=0, done=1, skipped=2)
    told = {row["bundle_id"]: row["detail"] for row in found.rows}
    assert told[in_hand] == "Ist gerade in Bearbeitung."
    assert told[room.bundle_of(touched).id].startswith("Inzwischen")
    assert room.item(done.item_id).answer == asked["answer"]
    assert sammeln.carry_out(room.session, room.house, 100) == 0
    with pytest.raises(NotAllowed):
        sammeln.result(room.session, room.lead("SG3"), bulk.id)
    assert counters_are_exact(room)


def test_the_head_of_all_units_learns_nothing_of_restricted_post(room: PostRoom) -> None:
    from tests import factories

    (taken,) = room.take(letter(unit_key="SG7", verfahren="P33"))
    central = factories.actor_of(room.session, "k.sassenfeld")
    with pytest.raises(NotFound):
        claims.locked(room.session, central, room.bundle_of(taken).id)
    own = room.lead("SG7")
    assert zaehler.overview(room.session, own, "SG7", clock=room.house).total.items == 1


@pytest.mark.parametrize(("whole", "left"), [(True, 0), (False, 1)])
def test_whoever_turns_out_to_be_known_takes_all_own_items_along(
    room: PostRoom, whole: bool, left: int
) -> None:
    person, clerk = room.person(), room.clerk()
    again = {"sender": "Eve <eve@example.org>", "kind": "inquiry"}
    first, second = room.take(letter(**again), letter(**again, subject="Noch einmal"))
    old = room.bundle_of(first)
    assert claims.pull(room.session, clerk, clock=room.house) == old.id
    to = ansicht.attach(
        room.session, clerk, first.item_id, person_id=person.id, whole=whole, clock=room.house
    )
    room.session.refresh(old)
    assert (old.items, old.closed_at is None) == (left, bool(left))
    assert (room.bundle_of(second).id == to) is whole
    assert counters_are_exact(room)

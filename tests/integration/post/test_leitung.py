"""Bulk acts with letters, moving, cover, saved filters, ordered weights, samples; ages stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from abh.access.actor import Actor
from abh.access.tables import AuditEntry
from abh.appointments.tables import Absence
from abh.documents.tables import Letter
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.post import bundles, claims, filter, gewichte, sammeln, stichprobe, umzug, zaehler
from abh.post.sammeln import Choice, Params
from abh.post.tables import PostBulk, PostBundle, PostItem
from abh.post.tables_plan import PostSample, PostSampleDay, PostWeights
from abh.workflows.tables import Vorgang
from tests.integration.post.conftest import PostRoom, letter
from tests.integration.post.test_claims import counters_are_exact, pull


def ordered(room: PostRoom, act: str, persons: int, **params: object) -> PostBulk:
    bulk = sammeln.order(
        room.session, room.lead(), "SG1", act, Choice(), Params(**params),  # type: ignore[arg-type]
        expected=persons, clock=room.house,
    )  # fmt: skip
    room.clock.advance(timedelta(seconds=121))
    while sammeln.carry_out(room.session, room.house, 200) >= sammeln.LETTERS_AT_ONCE:
        pass
    room.session.expire_all()
    return bulk


def details(room: PostRoom, bulk: PostBulk) -> list[tuple[str, str]]:
    found = sammeln.result(room.session, room.lead(), bulk.id)
    return sorted((row["outcome"], row["detail"]) for row in found.rows)


def test_asking_for_what_is_missing_goes_through_the_case_itself(room: PostRoom) -> None:
    filed = room.case(evidence=("pass",))
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    room.take(letter(person_id=case.person_id, unit_key="SG1"), letter())
    bulk = ordered(room, "ask_missing", 2)
    outcomes = details(room, bulk)
    assert ("skipped", "Es ist nicht eindeutig, um welchen Vorgang es geht.") in outcomes
    done = next((text_ for outcome, text_ in outcomes if outcome == "done"), str(outcomes))
    assert done.startswith("nachgefordert")
    assert room.session.get_one(Vorgang, filed.vorgang_id).state == "awaiting_applicant"
    sent = room.session.scalars(
        select(Letter).where(Letter.vorgang_id == filed.vorgang_id, Letter.key == "N02")
    ).one()
    assert sent.content["fields"]["items"]
    bundle = room.session.scalars(
        select(PostBundle).where(PostBundle.person_id == case.person_id)
    ).one()
    assert bundle.closed_at is None
    assert bundle.follow_up_on is not None and bundle.follow_up_on > date(2026, 11, 24)
    again = ordered(room, "ask_missing", 2)
    assert {outcome for outcome, _ in details(room, again)} == {"skipped"}


def test_acknowledging_writes_a_letter_each_and_says_who_got_none(room: PostRoom) -> None:
    filed = room.case()
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    room.take(letter(person_id=case.person_id, unit_key="SG1"), letter())
    bulk = ordered(room, "acknowledge", 2)
    outcomes = details(room, bulk)
    assert ("skipped", "Der Absender ist noch unbekannt.") in outcomes
    assert any(text_.startswith("Eingang bestätigt (N01b)") for _, text_ in outcomes)
    assert zaehler.overview(room.session, room.lead(), "SG1", clock=room.house).total.persons == 2


def test_moving_keeps_the_age_and_the_counters(room: PostRoom) -> None:
    ada = room.person()
    (taken,) = room.take(letter(person_id=ada.id, received_on=date(2026, 8, 3)))
    bundle = room.bundle_of(taken)
    with pytest.raises(NotAllowed):
        umzug.move(room.session, room.clerk(), bundle.id, "SG3", "falsch hier", clock=room.house)
    for unit, reason in (("SG1", "falsch hier"), ("SG99", "falsch hier"), ("SG3", " ")):
        with pytest.raises(InvalidInput):
            umzug.move(room.session, room.lead(), bundle.id, unit, reason, clock=room.house)
    moved = umzug.move(
        room.session, room.lead(), bundle.id, "SG3", "gehört zur Familie", clock=room.house
    )
    assert moved == bundle.id
    there = room.bundle_of(taken)
    assert (there.unit_key, there.oldest_on) == ("SG3", date(2026, 8, 3))
    assert there.last_reason == "gehört zur Familie"
    assert counters_are_exact(room)


def test_moved_post_joins_what_lies_there_already(room: PostRoom) -> None:
    ada = room.person()
    here, there = room.take(
        letter(person_id=ada.id, received_on=date(2026, 8, 3)),
        letter(person_id=ada.id, unit_key="SG3"),
    )
    target = room.bundle_of(there).id
    source = room.bundle_of(here).id
    clerk = room.clerk()
    assert pull(room, clerk) == source
    assert (
        umzug.move(room.session, clerk, source, "SG3", "gehört zur Familie", clock=room.house)
        == target
    )
    joined = room.bundle_of(here)
    assert (joined.id, joined.items, joined.oldest_on) == (target, 2, date(2026, 8, 3))
    assert room.session.get_one(PostBundle, source).closed_at is not None
    assert counters_are_exact(room)


def test_post_of_a_case_stays_with_its_case(room: PostRoom) -> None:
    filed = room.case()
    (taken,) = room.take(letter(vorgang_id=filed.vorgang_id, verfahren="P02"))
    bundle = room.bundle_of(taken)
    with pytest.raises(Conflict, match="bestimmt das Sachgebiet"):
        umzug.move(room.session, room.lead(), bundle.id, "SG3", "falsch hier", clock=room.house)


def test_what_is_reserved_for_the_absent_goes_to_the_cover(room: PostRoom) -> None:
    absent, cover = room.clerk(), room.clerk(nth=1)
    first, second = (room.bundle_of(one) for one in room.take(letter(), letter()))
    for bundle in (first, second):
        bundle.hand_to = absent.user_id
    room.session.flush()
    assert umzug.cover_absent(room.session, room.house, 10) == 0
    row = Absence(
        user_id=absent.user_id, first_day=date(2026, 11, 23), last_day=date(2026, 11, 27),
        cover_id=cover.user_id, recorded_at=room.clock.now(),
    )  # fmt: skip
    room.session.add(row)
    room.session.flush()
    assert umzug.cover_absent(room.session, room.house, 10) == 2
    assert pull(room, cover) in (first.id, second.id)
    row.cover_id = room.clerk("SG3").user_id
    first.hand_to = absent.user_id
    first.claimed_by = first.claimed_at = first.beat_at = None
    room.session.flush()
    umzug.cover_absent(room.session, room.house, 10)
    room.session.refresh(first)
    assert first.hand_to is None


def test_filters_are_kept_by_name_for_the_unit(room: PostRoom) -> None:
    lead = room.lead()
    with pytest.raises(NotAllowed):
        filter.save(room.session, room.clerk(), "SG1", "Alt", {}, clock=room.house)
    with pytest.raises(InvalidInput):
        filter.save(room.session, lead, "SG1", " ", {}, clock=room.house)
    for days in ("90", "180"):
        filter.save(room.session, lead, "SG1", "Alt", {"aelter": days}, clock=room.house)
    (kept,) = filter.kept(room.session, lead, "SG1")
    assert kept.choice == {"aelter": "180"}
    filter.forget(room.session, lead, "SG1", kept.id, clock=room.house)
    filter.forget(room.session, lead, "SG1", kept.id, clock=room.house)
    assert filter.kept(room.session, lead, "SG1") == []


def head(room: PostRoom) -> Actor:
    lead = room.lead()
    return replace(lead, powers=lead.powers | {"unit.all"})


def test_weights_are_simulated_before_they_apply_and_rank_anew_on_their_day(
    room: PostRoom,
) -> None:
    travel, title = (
        room.bundle_of(one).id
        for one in room.take(
            letter(harm={"reise": "2026-11-26"}), letter(harm={"titel": "2026-11-28"})
        )
    )
    day, raw = (
        date(2026, 11, 24),
        gewichte.raw_of(gewichte.in_force(room.session, date(2026, 11, 23))),
    )
    raw["reise"] = {"punkte": 5000, "tage": 14, "vorbei": 0}
    effect = gewichte.simulate(room.session, room.lead(), "SG1", raw, day, clock=room.house)
    assert [one.bundle_id for one in effect.risers] == [travel]
    mark, why = gewichte.digest(raw, day), "Ferienzeit, viele dringende Reisen"
    with pytest.raises(NotAllowed):
        gewichte.order(
            room.session, room.lead(), "SG1", raw, day, why, simulated=mark, clock=room.house
        )
    with pytest.raises(Conflict, match="durchgerechnet"):
        gewichte.order(
            room.session, head(room), "SG1", raw, day, why, simulated="", clock=room.house
        )
    with pytest.raises(InvalidInput):
        gewichte.order(
            room.session, head(room), "SG1", raw, date(2026, 11, 23), why,
            simulated=mark, clock=room.house,
        )  # fmt: skip
    row = gewichte.order(
        room.session, head(room), "SG1", raw, day, why, simulated=mark, clock=room.house
    )
    assert row.effect["moved"] == 2
    assert (
        room.session.scalars(select(AuditEntry).where(AuditEntry.action == "post.weights"))
        .one()
        .facts["reason"]
        == why
    )
    assert gewichte.in_force(room.session, date(2026, 11, 23)).parts["reise"].points == 250
    room.clock.advance(timedelta(days=1))
    bundles.refresh(room.session, room.house, 10)
    assert pull(room, room.clerk()) == travel
    assert title not in (travel, None)
    assert room.session.scalars(select(PostWeights)).one().valid_from == day


def closed_without_answer(room: PostRoom, count: int) -> list[int]:
    clerk = room.clerk()
    room.take(*[letter(received_on=date(2026, 9, 1)) for _ in range(count)])
    found = []
    for _ in range(count):
        bundle_id = pull(room, clerk) or 0
        claims.close(room.session, clerk, bundle_id, reason="Werbung", expected=1, clock=room.house)
        found.append(bundle_id)
    return found


def test_a_share_of_what_was_closed_without_answer_is_looked_at_twice(room: PostRoom) -> None:
    closed = closed_without_answer(room, 11)
    assert stichprobe.draw(room.session, room.house, 100) == 0
    room.clock.advance(timedelta(days=1))
    assert stichprobe.draw(room.session, room.house, 100) == 2
    assert stichprobe.draw(room.session, room.house, 100) == 0
    day = room.session.scalars(select(PostSampleDay)).one()
    drawn = sorted(room.session.scalars(select(PostSample.bundle_id)))
    assert stichprobe.chosen(day.seed, closed, 10) == drawn
    lead = room.lead()
    assert [row["bundle_id"] for row in stichprobe.waiting(room.session, lead, "SG1")] == drawn
    stichprobe.look(room.session, room.house, lead, drawn[0], "right", "")
    with pytest.raises(InvalidInput):
        stichprobe.look(room.session, room.house, lead, drawn[1], "wrong", "")
    with pytest.raises(Conflict):
        stichprobe.look(room.session, room.house, lead, drawn[0], "right", "")
    with pytest.raises(NotFound):
        stichprobe.look(room.session, room.house, lead, -1, "right", "")
    found = stichprobe.indicators(room.session, lead, "SG1", clock=room.house)
    assert (found.drawn, found.right, found.wrong) == (2, 1, 0)
    assert found.acts["post.close_all"] == found.unanswered == 11


def test_what_was_wrongly_closed_is_work_again_with_its_age(room: PostRoom) -> None:
    (closed,) = closed_without_answer(room, 1)
    room.clock.advance(timedelta(days=1))
    stichprobe.draw(room.session, room.house, 100)
    own = replace(room.clerk(), powers=room.lead().powers)
    with pytest.raises(NotAllowed):
        stichprobe.look(room.session, room.house, own, closed, "wrong", "war ein Antrag")
    stichprobe.look(room.session, room.house, room.lead(), closed, "wrong", "war ein Antrag")
    again = room.session.scalars(select(PostItem).where(PostItem.source == "stichprobe")).one()
    assert again.received_on == date(2026, 9, 1)
    bundle = room.session.get_one(PostBundle, again.bundle_id or 0)
    assert (bundle.oldest_on, bundle.closed_at) == (date(2026, 9, 1), None)


def test_nothing_that_is_done_with_open_post_resets_its_age(room: PostRoom) -> None:
    old = date(2026, 2, 2)
    ada = room.person()
    (taken,) = room.take(letter(person_id=ada.id, received_on=old))
    clerk, colleague = room.clerk(), room.clerk(nth=1)
    bundle_id = pull(room, clerk) or 0
    claims.give_back(room.session, clerk, bundle_id, "kenne ich nicht", clock=room.house)
    assert pull(room, clerk) == bundle_id
    claims.hand_over(
        room.session, clerk, bundle_id, colleague.user_id or 0, "kennt es", clock=room.house
    )
    room.session.flush()
    assert pull(room, colleague) == bundle_id
    later = date(2026, 12, 1)
    claims.put_off(room.session, colleague, bundle_id, later, "wartet auf BA", clock=room.house)
    room.session.flush()
    room.take(letter(person_id=ada.id))
    room.clock.advance(timedelta(days=10))
    claims.bring_back(room.session, room.house, 10)
    claims.release_dead(room.session, room.house, 10)
    umzug.move(room.session, room.lead(), bundle_id, "SG3", "gehört dorthin", clock=room.house)
    assert room.bundle_of(taken).oldest_on == old
    assert room.item(taken.item_id).received_on == old
    stamps = room.session.execute(text("SELECT min(received_on) FROM post_item")).scalar_one()
    assert stamps == old

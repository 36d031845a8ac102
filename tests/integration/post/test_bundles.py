"""Persons, not items: stored before known, taken in once, one open piece of work per person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from abh.access.actor import SYSTEM
from abh.kernel.ids import content_hash
from abh.persons.service import create_household
from abh.post import ansicht, bundles, service
from abh.post.tables import PostItem
from abh.workflows.tables import Vorgang
from tests import factories
from tests.integration.post.conftest import PostRoom, letter, scan


def test_the_original_is_stored_and_hashed_before_the_item_is_known(room: PostRoom) -> None:
    original = scan()
    (taken,) = room.take(letter(original=original))
    row = room.item(taken.item_id)
    assert row.sha256 == content_hash(original.data)
    assert room.house.blobs.get(row.sha256) == original.data

    class Broken:
        def put(self, data: bytes) -> str:
            raise OSError("no space left")

        def get(self, sha256: str) -> bytes:
            raise OSError("no space left")

    before = room.session.scalar(select(PostItem.id).order_by(PostItem.id.desc()).limit(1))
    broken = PostRoom(room.session, replace(room.house, blobs=Broken()), room.clock)
    with pytest.raises(OSError, match="no space"):
        broken.take(letter(original=scan("Anderer")))
    after = room.session.scalar(select(PostItem.id).order_by(PostItem.id.desc()).limit(1))
    assert before == after


def test_the_same_item_twice_is_taken_in_once(room: PostRoom) -> None:
    one = letter(original=scan(), sender="Ada Beispiel")
    first, again = room.take(one, one)
    assert (first.created, again.created) == (True, False)
    assert first.item_id == again.item_id
    (later,) = room.take(one)
    assert (later.created, later.item_id) == (False, first.item_id)
    assert room.bundle_of(first).items == 1
    # Another sender of the same form, and the same letter a month later, are items of their own.
    other, repeat = room.take(
        letter(original=scan(), sender="Bo Beispiel"),
        replace(one, received_on=date(2026, 10, 20)),
    )
    assert other.created and repeat.created
    assert room.item(repeat.item_id).same_as == first.item_id


def test_a_reference_of_the_source_names_an_item_once(room: PostRoom) -> None:
    (first,) = room.take(letter(source="altbestand", source_ref="4711"))
    (again,) = room.take(letter(source="altbestand", source_ref="4711", subject="Anders"))
    (other,) = room.take(letter(source="scan", source_ref="4711"))
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.item_id == first.item_id


def test_two_identifiers_attach_an_item_to_its_case(room: PostRoom) -> None:
    filed = room.case()
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    forged, name, birth = room.take(
        letter(quoted_number=case.number, sender="Max Mustermann", unit_key="SG3"),
        letter(quoted_number=case.number, sender="Nguyễn, Thị Ánh Tuyết", unit_key="SG3"),
        letter(quoted_number=case.number, birth="1996-05-00", unit_key="SG3"),
    )
    assert room.item(forged.item_id).vorgang_id is None
    assert room.item(forged.item_id).unit_key == "SG3"
    for taken in (name, birth):
        row = room.item(taken.item_id)
        assert (row.vorgang_id, row.unit_key) == (filed.vorgang_id, case.unit_key)
        assert row.placed_by.startswith("Aktenzeichen und ")
    assert room.bundle_of(name).id == room.bundle_of(birth).id != room.bundle_of(forged).id
    assert room.bundle_of(name).topic == "P02"


def test_items_of_a_person_are_one_piece_of_work_and_repeated_inquiries_are_counted(
    room: PostRoom,
) -> None:
    person = room.person()
    taken = room.take(
        letter(person_id=person.id, received_on=date(2026, 9, 1)),
        *(letter(person_id=person.id, kind="inquiry", received_on=day) for day in
          (date(2026, 10, 1), date(2026, 10, 15), date(2026, 11, 2))),
    )  # fmt: skip
    bundle = room.bundle_of(taken[0])
    assert {room.bundle_of(one).id for one in taken} == {bundle.id}
    assert (bundle.items, bundle.persons, bundle.inquiries) == (4, 1, 3)
    assert bundle.oldest_on == date(2026, 9, 1)


def test_a_household_is_one_piece_of_work_but_not_across_access_classes(room: PostRoom) -> None:
    mother, child = room.person("Ada"), room.person("Kim", birth_date="03.04.2015")
    create_household(
        room.session, SYSTEM, "Beispiel", [mother, child], owner_id=None, now=room.clock.now()
    )
    one, two, apart, unknown = room.take(
        letter(person_id=mother.id),
        letter(person_id=child.id),
        letter(person_id=child.id, verfahren="P33"),
        letter(),
    )
    together = room.bundle_of(one)
    assert room.bundle_of(two).id == together.id
    assert (together.items, together.persons) == (2, 2)
    kept_apart = room.bundle_of(apart)
    assert (kept_apart.access_class, kept_apart.household_id) == ("einbuergerung", None)
    assert room.bundle_of(unknown).subject == f"i{unknown.item_id}"


def test_the_database_lets_one_bundle_be_open_per_person_unit_and_class(room: PostRoom) -> None:
    person = room.person()
    (taken,) = room.take(letter(person_id=person.id))
    copy = text(
        "INSERT INTO post_bundle (unit_key, access_class, subject, person_id, items, persons,"
        " oldest_on, created_at, touched_at) SELECT unit_key, access_class, subject, person_id, 1,"
        " 1, oldest_on, created_at, touched_at FROM post_bundle WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="uq_post_bundle_open"), room.session.begin_nested():
        room.session.execute(copy, {"id": room.bundle_of(taken).id})


def test_nationality_moves_nobody(room: PostRoom) -> None:
    people = [room.person(nationalities=[code]) for code in ("USA", "SYR", "XXA", "JPN")]
    taken = room.take(
        *(letter(person_id=one.id, harm={"arbeitsbeginn": "2026-12-01"}) for one in people)
    )
    ranks = {(one.points, one.band, one.priority) for one in map(room.bundle_of, taken)}
    assert len(ranks) == 1


def test_harm_comes_from_items_and_from_the_cases_of_the_person(room: PostRoom) -> None:
    filed = room.case()  # the title ends on 20 December, the job starts on 15 January
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    (taken,) = room.take(
        letter(person_id=case.person_id, unit_key=case.unit_key, harm={"reise": "2026-12-15"})
    )
    bundle = room.bundle_of(taken)
    assert bundle.harm["arbeitsbeginn"] == "2027-01-15"
    assert bundle.harm["reise"] == "2026-12-15"
    assert bundle.harm["untaetigkeit"] > "2027-02-20"
    assert "2026-12-20" in bundle.harm.values()
    assert bundle.rescore_on == date(2026, 11, 24)
    before = bundle.priority
    room.clock.advance(timedelta(days=20))
    assert bundles.refresh(room.session, room.house, 100) >= 1
    assert room.bundle_of(taken).priority > before


def test_closing_the_last_item_closes_the_bundle(room: PostRoom) -> None:
    person, clerk = room.person(), room.clerk()
    first, second = room.take(
        letter(person_id=person.id, received_on=date(2026, 9, 1)), letter(person_id=person.id)
    )
    bundle = room.bundle_of(first)
    service.close_item(room.session, clerk, first.item_id, clock=room.house)
    left = room.bundle_of(second)
    assert (left.id, left.items, left.oldest_on) == (bundle.id, 1, date(2026, 11, 20))
    service.close_item(room.session, clerk, second.item_id, clock=room.house)
    assert room.bundle_of(second).closed_at is not None
    (third,) = room.take(letter(person_id=person.id))
    assert room.bundle_of(third).id != bundle.id


def test_restricted_post_does_not_exist_for_who_need_not_know(room: PostRoom) -> None:
    (taken,) = room.take(letter(unit_key="SG7", verfahren="P33"))
    scan_clerk = factories.actor_of(room.session, "k.sassenfeld")
    assert service.open_items(room.session, scan_clerk, "SG7", clock=room.house) == []
    assert service.open_count(room.session, scan_clerk, "SG7").items == 0
    own = room.clerk("SG7")
    assert [row.id for row in service.open_items(room.session, own, "SG7", clock=room.house)] == [
        taken.item_id
    ]


def test_an_unknown_sender_who_writes_again_is_one_piece_of_work(room: PostRoom) -> None:
    again = {"sender": "Eve <Eve@example.org>", "kind": "inquiry", "channel": "email"}
    known = {"sender": "Bo Beispiel", "birth": "1990-02-01"}
    taken = room.take(
        letter(**again), letter(**again | {"sender": "eve@example.org"}, subject="Noch einmal"),
        letter(**again, quoted_number="ABH-2026-0000009"),
        letter(**again | {"kind": "lawyer"}), letter(**again | {"kind": "lawyer"}, subject="Zwei"),
        letter(**known), letter(**known | {"sender": "bo  beispiel"}, subject="Mehr"),
        letter(**known | {"birth": ""}), letter(**known | {"birth": ""}, subject="Nur der Name"),
    )  # fmt: skip
    bundles_ = [room.bundle_of(one) for one in taken]
    once = list(dict.fromkeys(one.id for one in bundles_))
    assert [once.index(one.id) for one in bundles_] == [0, 0, 1, 2, 3, 4, 4, 5, 6]
    assert (bundles_[0].items, bundles_[0].persons, bundles_[0].inquiries) == (2, 1, 2)
    count = service.open_count(room.session, room.clerk(), "SG1")
    assert (count.items, count.persons) == (9, 7)


def test_in_a_household_each_item_says_whose_it_is(room: PostRoom) -> None:
    one, two = room.person("Ada"), room.person("Bo")
    create_household(
        room.session, SYSTEM, "Beispiel", [one, two], owner_id=None, now=room.clock.now()
    )
    taken = room.take(letter(person_id=one.id), letter(person_id=two.id, subject="Zwei"))
    shown = ansicht.view(room.session, room.clerk(), room.bundle_of(taken[0]).id, clock=room.house)
    assert shown.people == {one.id: "Ada", two.id: "Bo"}

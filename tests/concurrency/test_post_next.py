"""Clerks who pull at the same instant never get the same bundle; without the guards they do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.kernel.errors import Conflict
from abh.persons.service import create_person
from abh.post import bundles, claims
from abh.post.aufnahme import NewItem, take_in
from tests import factories
from tests.concurrency.town import Town

CLERKS, ITEMS = 4, 12


def letter(**changes: object) -> NewItem:
    values = {
        "received_on": date(2026, 11, 20),
        "channel": "paper",
        "kind": "documents",
        "subject": "Brief",
        "unit_key": "SG1",
    }
    return NewItem(**(values | changes))  # type: ignore[arg-type]


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Run all acts at the same instant, each in a thread of its own; exceptions are results."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(20)
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def clerks_of(town: Town) -> list[Actor]:
    with town.sessions() as session:
        return [factories.staff(session, "SG1", rank="SB", nth=n) for n in range(CLERKS)]


def fill(town: Town, count: int = ITEMS) -> None:
    with town.sessions.begin() as session:
        take_in(session, SYSTEM, [letter() for _ in range(count)], None, clock=town.house)


def work(town: Town, clerk: Actor) -> Callable[[], list[int]]:
    """Return the day of a clerk: pull, close, pull, until nothing is left."""

    def day() -> list[int]:
        done = []
        while True:
            with town.sessions.begin() as session:
                found = claims.pull(session, clerk, clock=town.house)
            if found is None:
                return done
            with town.sessions.begin() as session:
                claims.close(session, clerk, found, answer="Ja.", expected=1, clock=town.house)
            done.append(found)

    return day


def test_every_bundle_is_worked_once_and_nobody_starves(town: Town) -> None:
    fill(town, 40)
    clerks = clerks_of(town)
    days = at_once([work(town, clerk) for clerk in clerks])
    assert all(isinstance(day, list) for day in days), days
    everything = Counter(one for day in days for one in day)  # type: ignore[attr-defined]
    assert len(everything) == 40
    assert set(everything.values()) == {1}
    assert all(days)


def test_the_same_clerk_in_two_windows_gets_one(town: Town) -> None:
    fill(town)
    (clerk, *_) = clerks_of(town)

    def pull() -> int | None:
        with town.sessions.begin() as session:
            return claims.pull(session, clerk, clock=town.house)

    got = at_once([pull] * 6)
    numbers = {one for one in got if isinstance(one, int)}
    assert len(numbers) == 1
    assert all(isinstance(one, int | Conflict) for one in got)


def test_control_without_skipping_and_claiming_two_get_the_same(town: Town) -> None:
    """The race is real: whoever looks first and writes later gets what another one got."""
    fill(town)
    looked = threading.Barrier(CLERKS)

    def naive(clerk: Actor) -> Callable[[], int]:
        def pull() -> int:
            with town.sessions.begin() as session:
                found = session.scalar(
                    text(
                        "SELECT id FROM post_bundle WHERE unit_key = 'SG1' AND closed_at IS NULL"
                        " AND claimed_by IS NULL ORDER BY priority DESC, id LIMIT 1"
                    )
                )
                looked.wait(20)
                session.execute(
                    text("UPDATE post_bundle SET claimed_by = :me, beat_at = now() WHERE id = :id"),
                    {"me": clerk.user_id, "id": found},
                )
            return int(found or 0)

        return pull

    got = at_once([naive(clerk) for clerk in clerks_of(town)])
    assert len(set(got)) == 1, "the naive way should have given all of them the same bundle"


def test_items_of_one_person_that_come_at_once_meet_in_one_bundle(town: Town) -> None:
    with town.sessions.begin() as session:
        data = {"given_names": "Ada", "birth_date": "01.02.1990", "nationalities": ["IND"]}
        person = create_person(session, SYSTEM, data, now=town.house.now()).id

    def take() -> int:
        with town.sessions.begin() as session:
            items = [letter(person_id=person)]
            return take_in(session, SYSTEM, items, None, clock=town.house)[0].item_id

    got = at_once([take] * 8)
    assert all(isinstance(one, int) for one in got), got
    with town.sessions() as session:
        rows = session.execute(text("SELECT items, persons FROM post_bundle")).all()
    assert [tuple(row) for row in rows] == [(8, 1)]


def test_control_without_the_index_two_bundles_are_open(town: Town) -> None:
    def look_then_insert(session: Session, person: int, gate: threading.Barrier) -> None:
        known = session.scalar(
            text("SELECT id FROM post_bundle WHERE subject = :s AND closed_at IS NULL"),
            {"s": f"p{person}"},
        )
        gate.wait(20)
        if known is None:
            session.execute(
                text(
                    "INSERT INTO post_bundle (unit_key, subject, person_id, items, persons,"
                    " oldest_on, created_at, touched_at) VALUES ('SG1', :s, :p, 1, 1,"
                    " '2026-11-20', now(), now())"
                ),
                {"s": f"p{person}", "p": person},
            )

    def race(person: int) -> list[object]:
        gate = threading.Barrier(2)

        def one() -> None:
            with town.sessions.begin() as session:
                look_then_insert(session, person, gate)

        return at_once([one, one])

    people = []
    for name in ("Ada", "Bo"):
        with town.sessions.begin() as session:
            data = {"given_names": name, "birth_date": "01.02.1990", "nationalities": ["IND"]}
            people.append(create_person(session, SYSTEM, data, now=town.house.now()).id)
    refused = [one for one in race(people[0]) if one is not None]
    assert [type(one) for one in refused] == [IntegrityError]
    with town.sessions.begin() as session:
        session.execute(text("DROP INDEX uq_post_bundle_open"))
    assert race(people[1]) == [None, None]
    with town.sessions() as session:
        count = session.scalar(
            text("SELECT count(*) FROM post_bundle WHERE person_id = :p"), {"p": people[1]}
        )
    assert count == 2


def test_two_rankings_at_once_do_not_wait_for_each_other(town: Town) -> None:
    fill(town)
    with town.sessions.begin() as session:
        session.execute(text("UPDATE post_bundle SET rescore_on = '2026-11-01'"))
    with town.sessions() as first, town.sessions() as second:
        assert bundles.refresh(first, town.house, 8) == 8
        assert bundles.refresh(second, town.house, 8) == ITEMS - 8
        first.rollback()
        second.rollback()

"""Many applications at once: numbers, sheets and persons."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from abh.access.actor import applicant_actor
from abh.documents import akte
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.tables import Akte, Blatt
from abh.kernel.ids import case_number
from abh.persons import repository
from abh.persons.tables import Person
from abh.workflows import intake
from abh.workflows.intake import Filed
from abh.workflows.tables import CaseCounter, Vorgang
from tests import factories
from tests.concurrency.town import Town

CROWD = 4


def _file(town: Town, name: str):
    return lambda session: factories.file_case(
        session, town.house, applicant_actor(), evidence=(), person__family_name=name
    )


def _crowd(town: Town):
    return [_file(town, f"Müller-{n * 'x'}") for n in range(CROWD)]


def test_applicants_at_once_get_distinct_numbers_without_a_gap(town: Town) -> None:
    filed = town.race(*_crowd(town))
    assert all(isinstance(one, Filed) for one in filed)
    assert sorted(f.number for f in filed) == [case_number(2026, n + 1) for n in range(CROWD)]


def test_a_filing_that_fails_leaves_no_gap(town: Town) -> None:
    def broken(session):
        factories.file_case(session, town.house, applicant_actor(), evidence=())
        raise ValueError("after the number was given")

    assert isinstance(town.race(broken)[0], ValueError)
    assert town.race(_file(town, "Danach"))[0].number == case_number(2026, 1)


def test_control_a_number_read_and_then_written_is_given_twice(town: Town, monkeypatch) -> None:
    both_have_read = threading.Barrier(2)

    def careless(session, year):
        last = session.scalar(select(CaseCounter.last).where(CaseCounter.year == year)) or 0
        both_have_read.wait(30)
        return case_number(year, last + 1)

    monkeypatch.setattr(intake, "next_number", careless)
    results = town.race(*_crowd(town)[:2])
    assert sorted(type(r).__name__ for r in results) == ["Filed", "IntegrityError"]


def _sheets(town: Town, akte_id: int, worker: int):
    def act(session):
        for n in range(5):
            data = factories.a_pdf(f"{worker}/{n}")
            sheet = NewSheet(
                f"{worker}/{n}", "upload", data, "application/pdf", town.house.today, "Test"
            )
            file_sheets(session, town.house.blobs, akte_id, [sheet, sheet], now=town.house.now())

    return act


@pytest.fixture
def empty_file(town: Town) -> int:
    with town.sessions.begin() as session:
        person = Person(
            family_name="Muster",
            given_names="Kim",
            name_search="muster kim",
            name_plain="muster kim",
            birth_year=1990,
            nationalities=["UKR"],
            created_at=town.house.now(),
        )
        session.add(person)
        session.flush()
        return akte.open_akte(session, person.id, "54/1", now=town.house.now()).id


def test_sheet_numbers_have_neither_gaps_nor_doubles(town: Town, empty_file: int) -> None:
    assert town.race(*(_sheets(town, empty_file, n) for n in range(CROWD))) == [None] * CROWD
    with town.sessions() as session:
        numbers = session.scalars(select(Blatt.sheet_no).where(Blatt.akte_id == empty_file)).all()
        assert sorted(numbers) == list(range(1, CROWD * 10 + 1))
        assert session.get_one(Akte, empty_file).last_sheet == CROWD * 10


def test_control_sheets_numbered_by_looking_collide(town: Town, empty_file: int) -> None:
    both_have_looked = threading.Barrier(2)

    def act(session):
        last = session.scalar(select(func.max(Blatt.sheet_no)).where(Blatt.akte_id == empty_file))
        both_have_looked.wait(30)
        session.add(
            Blatt(
                akte_id=empty_file,
                sheet_no=(last or 0) + 1,
                title="x",
                origin="upload",
                blob_sha256="0" * 64,
                mime="application/pdf",
                size=1,
                file_name="",
                received_on=town.house.today,
                filed_at=town.house.now(),
                filed_by="Test",
            )
        )

    results = town.race(act, act)
    assert sum(isinstance(r, IntegrityError) for r in results) == 1


def _open(town: Town) -> list[tuple[str, str]]:
    with town.sessions() as session:
        rows = session.execute(
            select(Vorgang.state, Vorgang.progress["duplicate_of"].astext).order_by(Vorgang.id)
        ).all()
        return [(state, duplicate or "") for state, duplicate in rows]


def test_the_same_person_filing_twice_at_once_has_one_running_case(town: Town) -> None:
    results = town.race(_file(town, "Doppelt"), _file(town, "Doppelt"))
    assert all(isinstance(one, Filed) for one in results)
    first, second = sorted(_open(town), key=lambda row: row[1])
    assert first == ("completeness_check", "")
    assert second[0] == "received"
    assert second[1] in {one.number for one in results}


def test_control_without_the_lock_on_the_identity_two_cases_run(town: Town, monkeypatch) -> None:
    both_have_looked = threading.Barrier(2)
    same_identity = repository.same_identity

    def look(*args):
        found = same_identity(*args)
        both_have_looked.wait(30)
        return found

    monkeypatch.setattr(repository, "lock_identity", lambda *_: None)
    monkeypatch.setattr(repository, "same_identity", look)
    town.race(_file(town, "Doppelt"), _file(town, "Doppelt"))
    assert _open(town) == [("completeness_check", "")] * 2

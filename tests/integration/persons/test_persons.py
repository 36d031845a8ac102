"""Persons are found again, searched by misspelt names, and never overwritten by strangers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.tables import AuditEntry
from abh.kernel.clock import FixedClock
from abh.kernel.errors import InvalidInput, NotAllowed
from abh.persons import repository, service
from abh.persons.tables import Person

CLERK = Actor(
    kind="staff",
    user_id=None,
    name="Test",
    login="test",
    role="clerk",
    rank="SB",
    in_training=False,
    powers=frozenset({"case.read", "case.intake", "case.review"}),
    unit_key="SG1",
)


def person(**changes: Any) -> dict[str, Any]:
    return {
        "family_name": "Öztürk-Šarić",
        "given_names": "Ayşe",
        "birth_date": "00.05.1990",
        "nationalities": ["TUR", "HRV"],
        "email": "a@example.org",
        "phone": "0211 8920",
        **changes,
    }


def create(session: Session, clock: FixedClock, **changes: Any) -> service.FoundPerson:
    return service.find_or_create_person(
        session, applicant_actor(), person(**changes), now=clock.now()
    )


def test_the_same_person_is_found_again_in_another_spelling(
    session: Session, clock: FixedClock
) -> None:
    first = create(session, clock)
    again = create(session, clock, family_name="OEZTÜRK-ŠARIĆ", nationalities=["HRV"])
    assert first.created
    assert not again.created
    assert again.person.id == first.person.id


@pytest.mark.parametrize(
    "change",
    [
        {"birth_date": "00.00.1990"},
        {"birth_date": "17.05.1990"},
        {"nationalities": ["SRB"]},
        {"given_names": "Ayten"},
    ],
)
def test_another_birth_date_nationality_or_name_is_another_person(
    session: Session, clock: FixedClock, change: dict[str, Any]
) -> None:
    first = create(session, clock)
    other = create(session, clock, **change)
    assert other.created
    assert other.person.id != first.person.id


def test_an_application_never_overwrites_a_known_person(
    session: Session, clock: FixedClock
) -> None:
    first = create(session, clock)
    again = create(session, clock, email="stranger@example.org", street="Fremde Straße 1")
    assert again.differing == ("street", "email")
    assert session.get_one(Person, first.person.id).email == "a@example.org"


def test_a_misspelt_name_and_a_birth_date_find_the_person(
    session: Session, clock: FixedClock
) -> None:
    wanted = create(session, clock).person
    create(session, clock, family_name="Kowalska", given_names="Zofia", nationalities=["POL"])
    for query in ("Oezturk", "Saric Ayse", "Oeztuerk 00.05.1990", "OEZTÜRK"):
        found = service.search(session, CLERK, query, now=clock.now())
        assert [p.id for p in found][:1] == [wanted.id], query
    by_date = service.search(session, CLERK, "00.05.1990", now=clock.now())
    assert wanted.id in [p.id for p in by_date]


@pytest.mark.parametrize(
    ("family_name", "typed"),
    [
        ("Müller", ("mueller", "müller", "muller", "MÜLLER", "mul", "anna müll", "Muller, Anna")),
        ("Öztürk", ("ozturk", "oeztuerk", "öztürk", "Ozturk Anna", "oezt")),
        ("Sørensen", ("sorensen", "soerensen", "sørensen")),
        ("Ångström-Öberg", ("angstrom", "aangstroem", "oberg angstroem")),
    ],
)
def test_a_name_is_found_in_every_usual_spelling(
    session: Session, clock: FixedClock, family_name: str, typed: tuple[str, ...]
) -> None:
    wanted = create(session, clock, family_name=family_name, given_names="Anna").person
    create(session, clock, family_name="Molnar", given_names="Ozan", nationalities=["HUN"])
    for query in typed:
        found = service.search(session, CLERK, query, now=clock.now())
        assert [p.id for p in found][:1] == [wanted.id], query


def test_beginnings_of_names_come_before_names_that_are_only_alike(
    session: Session, clock: FixedClock
) -> None:
    alike = create(session, clock, family_name="Kovač", given_names="Ana").person
    exact = create(session, clock, family_name="Mölnar", given_names="Anabellina").person
    found = service.search(session, CLERK, "mol, ana", now=clock.now())
    assert [p.id for p in found] == [exact.id, alike.id]


def test_a_changed_name_is_found_under_the_new_one(session: Session, clock: FixedClock) -> None:
    known = create(session, clock).person
    service.update_person(session, CLERK, known.id, person(family_name="Groß"), now=clock.now())
    assert (known.name_search, known.name_plain) == ("AYSE GROSS", "AYSE GROSS")
    assert service.search(session, CLERK, "ozturk", now=clock.now()) == []


def test_a_search_uses_the_trigram_indexes_of_both_forms(session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    for query in (
        repository.words_query(repository.Name("MUELLER", "MULLER"), 20, None),
        repository.alike_query(repository.Name("MUELLER", "MULLER"), 20, None, ()),
    ):
        statement = query.compile(
            dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True}
        )
        plan = session.connection().exec_driver_sql(
            f"EXPLAIN {statement}", statement.construct_params()
        )
        told = "\n".join(row[0] for row in plan)
        assert "ix_person_name_search_trgm" in told
        assert "ix_person_name_plain_trgm" in told


def test_a_search_of_less_than_two_letters_finds_nobody(
    session: Session, clock: FixedClock
) -> None:
    create(session, clock)
    assert service.search(session, CLERK, "Ö", now=clock.now())  # search form is OE: two letters
    assert service.search(session, CLERK, "a", now=clock.now()) == []
    assert service.search(session, CLERK, " % ", now=clock.now()) == []


def test_searching_is_logged_without_the_text(session: Session, clock: FixedClock) -> None:
    create(session, clock)
    service.search(session, CLERK, "Öztürk", now=clock.now())
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.search")).one()
    assert entry.is_read
    assert entry.facts["count"] == 1
    assert "rk" not in str(entry.facts).lower().replace("ids", "")


def test_an_applicant_may_not_search(session: Session, clock: FixedClock) -> None:
    with pytest.raises(NotAllowed):
        service.search(session, applicant_actor(), "Öztürk", now=clock.now())


def test_every_problem_of_a_person_is_named_at_once(session: Session, clock: FixedClock) -> None:
    with pytest.raises(InvalidInput) as caught:
        create(
            session,
            clock,
            family_name="Ab\x00c",
            given_names="Иван",
            birth_date="31.02.1990",
            nationalities=["ZZZ"],
            email="nein",
            phone="0",
        )
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {
        "family_name",
        "given_names",
        "birth_date",
        "nationalities.0",
        "email",
        "phone",
    }
    assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_stateless_stands_alone_and_one_name_is_enough(session: Session, clock: FixedClock) -> None:
    with pytest.raises(InvalidInput, match="Staatenlos"):
        create(session, clock, nationalities=["XXA", "SYR"])
    with pytest.raises(InvalidInput, match="Vor- oder Familiennamen"):
        create(session, clock, family_name=" ", given_names="")
    assert create(session, clock, given_names="", nationalities=["XXA"]).created


def test_companies_are_found_by_register_number_else_by_name_and_postcode(
    session: Session, clock: FixedClock
) -> None:
    def company(**data: Any) -> tuple[int, bool]:
        found, new = service.find_or_create_company(session, SYSTEM, data, now=clock.now())
        return found.id, new

    first, new = company(name="Rheinwerk GmbH", register_no="HRB 1 Düsseldorf", postcode="40213")
    assert new
    assert company(name="Rheinwerk umbenannt", register_no="HRB 1 Düsseldorf") == (first, False)
    assert company(name="RHEINWERK GMBH", postcode="40213") == (first, False)
    other, new = company(name="Rheinwerk GmbH", register_no="HRB 2 Düsseldorf", postcode="40213")
    assert new
    assert other != first


def test_an_update_logs_fields_not_values(session: Session, clock: FixedClock) -> None:
    found = create(session, clock)
    service.update_person(
        session, CLERK, found.person.id, person(city="Düsseldorf"), now=clock.now()
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.update")).one()
    assert entry.facts == {"fields": ["city"]}

"""Finding whom an item is about: candidates from the database, judged by ``match``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from abh.kernel import names
from abh.kernel.birthdate import PartialDate, parse_birth_date
from abh.kernel.errors import InvalidInput
from abh.persons import repository as persons
from abh.persons.tables import Person
from abh.post.match import Candidate, Clues, Proposal, placed, propose
from abh.workflows.tables import Vorgang

MOST = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item certainly belongs, and why."""

    vorgang_id: int
    person_id: int
    unit_key: str
    verfahren: str
    reason: str


def certain_places(session: Session, clues: Sequence[Clues]) -> list[Place | None]:
    """Return the case of each item that two identifiers name, None for all others; one statement.

    Closed cases count too: what comes after the decision belongs to it.
    """
    numbers = {one.number for one in clues if one.number}
    by_number: dict[str, list[Candidate]] = defaultdict(list)
    if numbers:
        for row in session.execute(_cases().where(Vorgang.number.in_(numbers))):
            by_number[row.number].append(_candidate(row))
    return [_place(one, by_number.get(one.number, [])) for one in clues]


def _place(clues: Clues, candidates: Sequence[Candidate]) -> Place | None:
    found = placed(propose(clues, candidates))
    if found is None or found.candidate.vorgang_id is None:
        return None
    one = found.candidate
    return Place(one.vorgang_id or 0, one.person_id, one.unit_key, one.verfahren, found.reason)


def proposals(session: Session, clues: Clues) -> list[Proposal]:
    """Return at most five candidates for a human, likeliest first, each with its reason.

    The caller leaves out what the person asking must not know of (``zugang``).
    """
    people: dict[int, Person] = {}
    if len(names.search_form(clues.sender)) >= 2:
        wanted = persons.Name(names.search_form(clues.sender), names.plain_form(clues.sender))
        people |= {one.id: one for one in persons.named(session, wanted, MOST)}
    if (birth := _birth(clues.birth)) is not None:
        people |= {one.id: one for one in persons.born_on(session, birth, MOST)}
    wanted_cases = _cases().where(
        or_(Vorgang.number == (clues.number or ""), Vorgang.person_id.in_(people))
    )
    cases = [_candidate(row) for row in session.execute(wanted_cases.limit(50))]
    with_case = {one.person_id for one in cases}
    bare = [_of_person(one) for one in people.values() if one.id not in with_case]
    return propose(clues, [*cases, *bare])[: 2 * MOST]


def _cases() -> Any:
    return (
        select(
            Vorgang.id,
            Vorgang.number,
            Vorgang.unit_key,
            Vorgang.verfahren,
            Vorgang.person_id,
            Person.name_search,
            Person.name_plain,
            Person.birth_year,
            Person.birth_month,
            Person.birth_day,
        )
        .join(Person, Person.id == Vorgang.person_id)
        .order_by(Vorgang.closed_at.desc().nulls_first(), Vorgang.id.desc())
    )


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        person_id=row.person_id,
        name_search=row.name_search,
        name_plain=row.name_plain,
        birth=PartialDate(row.birth_year, row.birth_month, row.birth_day).stored(),
        vorgang_id=row.id,
        number=row.number,
        unit_key=row.unit_key,
        verfahren=row.verfahren,
    )


def _of_person(person: Person) -> Candidate:
    born = PartialDate(person.birth_year, person.birth_month, person.birth_day)
    return Candidate(person.id, person.name_search, person.name_plain, born.stored())


def _birth(text: str) -> PartialDate | None:
    try:
        return parse_birth_date(text) if text else None
    except InvalidInput:
        return None

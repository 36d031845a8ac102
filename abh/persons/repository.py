"""Finding and writing persons, households and companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.kernel.birthdate import PartialDate
from abh.persons.tables import Company, Person

# Low enough for one slip in a short name; 0.6, the default, misses OEZTURK for OEZTUERK.
LEAST_LIKENESS = "0.4"
# Names of companies share long words (ROBOTIK, LOGISTIK): likeness says less there.
LEAST_COMPANY_LIKENESS = "0.6"
_ALIKE_ENOUGH = text("SELECT set_config('pg_trgm.word_similarity_threshold', :threshold, true)")
# More words than this narrow nothing down.
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is looked for, in both forms of ``kernel.names``: word by word the same."""

    searched: str
    plain: str


def lock_identity(session: Session, identity: str) -> None:
    """Let nobody else look for or create the same identity until this transaction ends."""
    session.execute(_LOCK, {"identity": identity})


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:identity, 0))")


def _born(birth: PartialDate) -> list[Any]:
    return [
        Person.birth_year == birth.year,
        Person.birth_month.is_not_distinct_from(birth.month),
        Person.birth_day.is_not_distinct_from(birth.day),
    ]


def same_identity(
    session: Session, name_search: str, birth: PartialDate, nationalities: Sequence[str]
) -> list[Person]:
    """Return persons with this search form, birth date and one of the nationalities, oldest first.

    At most ten: more are no longer proposals.
    """
    wanted = {
        "name": name_search,
        "year": birth.year,
        "month": birth.month,
        "day": birth.day,
        "nationalities": list(nationalities),
    }
    return list(session.scalars(_SAME, wanted))


_SAME = (
    select(Person)
    .where(
        Person.name_search == bindparam("name"),
        Person.birth_year == bindparam("year"),
        Person.birth_month.is_not_distinct_from(bindparam("month")),
        Person.birth_day.is_not_distinct_from(bindparam("day")),
        Person.nationalities.overlap(bindparam("nationalities")),
    )
    .order_by(Person.id)
    .limit(10)
)


def born_on(session: Session, birth: PartialDate, limit: int) -> list[Person]:
    """Return persons with exactly this birth date, by search form."""
    query = select(Person).where(*_born(birth)).order_by(Person.name_search, Person.id).limit(limit)
    return list(session.scalars(query))


def named(
    session: Session, name: Name, limit: int, birth: PartialDate | None = None
) -> list[Person]:
    """Return persons of that name: first where every word begins one of theirs, then the alike.

    The second look is only taken when the first does not fill the list.
    """
    found = list(session.scalars(words_query(name, limit, birth)))
    if len(found) < limit:
        session.execute(_ALIKE_ENOUGH, {"threshold": LEAST_LIKENESS})
        known = [person.id for person in found]
        found += session.scalars(alike_query(name, limit - len(found), birth, known))
    return found


def words_query(name: Name, limit: int, birth: PartialDate | None) -> Select[Person]:
    """Return the query for names of which each word of ``name`` begins a word, in either form.

    Uses the trigram indexes of both forms, as ``alike_query`` does.
    """
    words = list(zip(name.searched.split(), name.plain.split(), strict=True))[:_MOST_WORDS]
    return _best(select(Person).where(*(_begins(*word) for word in words)), name, limit, birth)


def _begins(searched: str, plain: str) -> ColumnElement[bool]:
    # Both forms are A-Z and digits only, so that no sign of LIKE needs an escape.
    return or_(
        *(
            column.like(pattern)
            for column, word in ((Person.name_search, searched), (Person.name_plain, plain))
            for pattern in (f"{word}%", f"% {word}%")
        )
    )


def alike_query(
    name: Name, limit: int, birth: PartialDate | None, known: Sequence[int]
) -> Select[Person]:
    """Return the query for names alike by trigrams in either form, but not those ``known``."""
    alike = or_(
        Person.name_search.bool_op("%>")(name.searched),
        Person.name_plain.bool_op("%>")(name.plain),
    )
    return _best(select(Person).where(alike, Person.id.not_in(known)), name, limit, birth)


def _best(
    query: Select[Person], name: Name, limit: int, birth: PartialDate | None
) -> Select[Person]:
    if birth is not None:
        query = query.where(*_born(birth))
    likeness = func.greatest(
        func.word_similarity(name.searched, Person.name_search),
        func.word_similarity(name.plain, Person.name_plain),
    )
    return query.order_by(likeness.desc(), Person.name_search, Person.id).limit(limit)


def with_azr_number(session: Session, number: str) -> list[Person]:
    """Return the person with this AZR number, in a list; none for ""."""
    if not number:
        return []
    return list(session.scalars(select(Person).where(Person.azr_number == number)))


def companies_named(session: Session, searched: str, limit: int) -> list[Company]:
    """Return companies of that name or alike by trigrams, the most alike first."""
    session.execute(_ALIKE_ENOUGH, {"threshold": LEAST_COMPANY_LIKENESS})
    query = (
        select(Company)
        .where(Company.name_search.bool_op("%>")(searched))
        .order_by(
            func.word_similarity(searched, Company.name_search).desc(),
            Company.name_search,
            Company.id,
        )
        .limit(limit)
    )
    return list(session.scalars(query))


def company_by_register(session: Session, register_no: str) -> Company | None:
    """Return the company with this register number."""
    return session.scalars(select(Company).where(Company.register_no == register_no)).one_or_none()


def company_by_name(session: Session, name_search: str, postcode: str) -> Company | None:
    """Return the oldest unregistered company of this name at this postcode."""
    query = (
        select(Company)
        .where(
            Company.name_search == name_search,
            Company.postcode == postcode,
        )
        .order_by(Company.id)
        .limit(1)
    )
    return session.scalars(query).first()


def add_company(session: Session, values: Mapping[str, Any]) -> Company | None:
    """Insert a company; None when its register number came in by somebody else meanwhile."""
    statement = (
        insert(Company)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["register_no"])
        .returning(Company)
    )
    return session.scalars(statement).one_or_none()

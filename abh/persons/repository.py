"""Finding and writing persons, households and companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.kernel.birthdate import PartialDate
from abh.persons.tables import Company, Person

# Low enough for one slip in a short name; 0.6, the default, misses OEZTURK for OEZTUERK.
LEAST_LIKENESS = "0.4"
_ALIKE_ENOUGH = text("SELECT set_config('pg_trgm.word_similarity_threshold', :threshold, true)")


def lock_identity(session: Session, identity: str) -> None:
    """Let nobody else look for or create the same identity until this transaction ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:identity, 0))"),
        {"identity": identity},
    )


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
    query = (
        select(Person)
        .where(
            Person.name_search == name_search,
            *_born(birth),
            Person.nationalities.overlap(list(nationalities)),
        )
        .order_by(Person.id)
        .limit(10)
    )
    return list(session.scalars(query))


def born_on(session: Session, birth: PartialDate, limit: int) -> list[Person]:
    """Return persons with exactly this birth date, by search form."""
    query = select(Person).where(*_born(birth)).order_by(Person.name_search, Person.id).limit(limit)
    return list(session.scalars(query))


def like_name(
    session: Session, name_search: str, limit: int, birth: PartialDate | None = None
) -> list[Person]:
    """Return persons whose name is like ``name_search``, most alike first (trigram index)."""
    session.execute(_ALIKE_ENOUGH, {"threshold": LEAST_LIKENESS})
    likeness = func.word_similarity(name_search, Person.name_search)
    query = select(Person).where(Person.name_search.bool_op("%>")(name_search))
    if birth is not None:
        query = query.where(*_born(birth))
    query = query.order_by(likeness.desc(), Person.name_search, Person.id).limit(limit)
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

"""Persons and companies: found again, searched by name, changed with a trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel import names
from abh.kernel.birthdate import PartialDate, parse_birth_date
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.persons import repository
from abh.persons.schemas import load_address, load_company, load_person
from abh.persons.tables import Company, Household, Person

_CONTACT = ("street", "postcode", "city", "email", "phone", "language")
_DATE = re.compile(r"\d{2}\.\d{2}\.\d{4}|\d{4}-\d{2}-\d{2}")
MOST_RESULTS = 50
SHORTEST_NAME = 2
SHORTEST_COMPANY = 3
_LONGEST_QUERY = 100
_BLANKS = re.compile(r"\s+")
_AZR = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """The person of an application: new, or known; ``differing`` are fields given otherwise.

    A known person's data are never overwritten by an application: whoever files in a stranger's
    name must not be able to move that stranger's letters. A clerk confirms (``update_person``).
    """

    person: Person
    created: bool
    differing: tuple[str, ...] = ()


def find_or_create_person(
    session: Session, actor: Actor, data: Mapping[str, Any], *, now: datetime
) -> FoundPerson:
    """Return the person that ``data`` (see ``PersonSchema``) describes, creating it if new.

    Known is who has the same search form of the name, the same birth date (with the same unknown
    parts) and a nationality in common. Two at the same time wait for each other (advisory lock for
    the transaction). Raises ``InvalidInput`` with every problem.
    """
    values = load_person(data)
    birth: PartialDate = values["birth_date"]
    searched = names.search_form(_full_name(values))
    repository.lock_identity(session, f"person {searched} {birth.stored()}")
    known = repository.same_identity(session, searched, birth, values["nationalities"])
    if known:
        return FoundPerson(known[0], created=False, differing=_differing(known[0], values))
    return FoundPerson(_add(session, actor, values, now), created=True)


def create_person(
    session: Session, actor: Actor, data: Mapping[str, Any], *, now: datetime
) -> Person:
    """Add a person although a known one may be the same: a clerk brings them together later.

    Raises ``InvalidInput`` with every problem.
    """
    return _add(session, actor, load_person(data), now)


def _add(session: Session, actor: Actor, values: Mapping[str, Any], now: datetime) -> Person:
    person = Person(**_columns(values), created_at=now)
    session.add(person)
    session.flush()
    audit.record(session, actor, "person.create", "person", person.id, now=now, person_id=person.id)
    return person


def _full_name(values: Mapping[str, Any]) -> str:
    return names.full_name(values["given_names"], values["family_name"])


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    birth: PartialDate = values["birth_date"]
    as_given = {name: value for name, value in values.items() if name != "birth_date"}
    whole = _full_name(values)
    return {
        **as_given,
        "name_search": names.search_form(whole),
        "name_plain": names.plain_form(whole),
        "birth_year": birth.year,
        "birth_month": birth.month,
        "birth_day": birth.day,
    }


def _differing(person: Person, values: Mapping[str, Any]) -> tuple[str, ...]:
    fields = ("family_name", "given_names", "birth_place", "sex", "nationalities", *_CONTACT)
    return tuple(n for n in fields if values[n] and values[n] != getattr(person, n))


def get_person(session: Session, actor: Actor, person_id: int, *, now: datetime) -> Person:
    """Return a person and log the look; raises ``NotFound``."""
    require(actor, (Power.CASE_READ, Power.CASE_INTAKE, Power.SYSTEM))
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    audit.record(
        session,
        actor,
        "person.read",
        "person",
        person.id,
        now=now,
        person_id=person.id,
        is_read=True,
    )
    return person


def update_person(
    session: Session, actor: Actor, person_id: int, data: Mapping[str, Any], *, now: datetime
) -> Person:
    """Write confirmed data over those of a person; the log names the fields, never the values.

    Raises ``NotAllowed``, ``NotFound``, ``InvalidInput``, ``Conflict`` for the dead.
    """
    require(actor, (Power.CASE_INTAKE, Power.CASE_REVIEW))
    values = load_person(data)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    if person.died_on is not None:
        raise Conflict("Die Person ist verstorben; ihre Anschriften bleiben, wie sie sind.")
    changed = []
    for name, value in _columns(values).items():
        if getattr(person, name) != value:
            setattr(person, name, value)
            changed.append(name)
    session.flush()
    audit.record(
        session,
        actor,
        "person.update",
        "person",
        person.id,
        now=now,
        person_id=person.id,
        facts={"fields": changed},
    )
    return person


def set_address(
    session: Session, actor: Actor, person_id: int, typed: Mapping[str, str], *, now: datetime
) -> bool:
    """Write the address that somebody asked for anew; False where it was known already.

    Either way it is no longer doubted. The log names the fields, never the values. Raises
    ``NotAllowed``, ``NotFound``, ``InvalidInput``, ``Conflict`` for the dead.
    """
    require(actor, (Power.CASE_INTAKE, Power.CASE_REVIEW))
    values = load_address(typed)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    if person.died_on is not None:
        raise Conflict("Die Person ist verstorben; ihre Anschriften bleiben, wie sie sind.")
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, values[name])
    person.address_doubted_on = None
    session.flush()
    audit.record(
        session, actor, "person.address", "person", person.id, now=now, person_id=person.id,
        facts={"fields": changed},
    )  # fmt: skip
    return bool(changed)


def search(
    session: Session, actor: Actor, text: str, *, limit: int = 20, now: datetime
) -> list[Person]:
    """Return persons by name, birth date, or both; at most 50.

    A name may be misspelt, in any order of its parts, with umlauts, in the spelling of the
    passport or without any marks. First come those of whom every word typed begins a word of the
    name, then the most alike.

    Less than two letters find nothing: a search is no list of everybody. The look is logged.
    Case numbers are searched by ``workflows``, which lies above.
    """
    require(actor, (Power.CASE_READ, Power.CASE_INTAKE))
    birth, name = _read_query(text)
    limit = max(1, min(limit, MOST_RESULTS))
    searched = names.search_form(name)
    if len(searched) >= SHORTEST_NAME:
        wanted = repository.Name(searched, names.plain_form(name))
        found = repository.named(session, wanted, limit, birth)
    elif birth is not None:
        found = repository.born_on(session, birth, limit)
    else:
        found = []
    audit.record_list(session, actor, "person.search", "person", [p.id for p in found], now=now)
    return found


def find_by_azr_number(
    session: Session, actor: Actor, number: str, *, now: datetime
) -> list[Person]:
    """Return the person with this AZR number (none or one); the look is logged, not the number."""
    require(actor, (Power.CASE_READ, Power.CASE_INTAKE))
    found = repository.with_azr_number(session, azr_number(number))
    audit.record_list(session, actor, "person.search", "person", [p.id for p in found], now=now)
    return found


def azr_number(typed: str) -> str:
    """Return the twelve digits of an AZR number as typed (with blanks), "" if it is none."""
    digits = _BLANKS.sub("", typed)
    return digits if _AZR.fullmatch(digits) else ""


def mark_dead(
    session: Session, actor: Actor, person_id: int, died_on: date, source: str, *, now: datetime
) -> None:
    """Note the death of a person and close every address they were reached by.

    Raises ``NotAllowed``, ``NotFound``, ``InvalidInput`` for a day that cannot be, ``Conflict``
    where it is noted already. The log names the source, never an address.
    """
    require(actor, Power.CASE_REVIEW)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    if person.died_on is not None:
        raise Conflict(f"Der Tod am {person.died_on:%d.%m.%Y} ist schon vermerkt.")
    born = date(person.birth_year, person.birth_month or 1, person.birth_day or 1)
    if died_on > now.astimezone(BERLIN).date():
        raise InvalidInput([FieldProblem("died_on", "Der Tag liegt in der Zukunft.")])
    if died_on < born:
        raise InvalidInput([FieldProblem("died_on", "Der Tag liegt vor der Geburt.")])
    person.contact_before_death = {
        name: value for name in ("email", "phone") if (value := getattr(person, name))
    }
    person.died_on, person.email, person.phone = died_on, None, None
    session.flush()
    audit.record(
        session, actor, "person.death", "person", person.id, now=now, person_id=person.id,
        facts={"source": source, "day": died_on.isoformat()},
    )  # fmt: skip


def mark_alive(session: Session, actor: Actor, person_id: int, *, now: datetime) -> None:
    """Take back the news of a death that was wrong; the addresses are as they were before.

    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` where no death is noted.
    """
    require(actor, Power.CASE_REVIEW)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    if person.died_on is None:
        raise Conflict("Bei dieser Person ist kein Tod vermerkt.")
    kept = person.contact_before_death or {}
    person.died_on, person.contact_before_death = None, None
    person.email, person.phone = kept.get("email"), kept.get("phone")
    session.flush()
    audit.record(session, actor, "person.alive", "person", person.id, now=now, person_id=person.id)


def set_azr_number(
    session: Session, actor: Actor, person_id: int, typed: str, *, now: datetime
) -> None:
    """Note the AZR number of a person, "" takes it away; the log says that, never the number.

    Raises ``InvalidInput`` for what is no AZR number and for one that another person has,
    ``NotFound``, ``NotAllowed``.
    """
    require(actor, (Power.CASE_INTAKE, Power.CASE_REVIEW))
    number = azr_number(typed)
    if typed.strip() and not number:
        raise InvalidInput([FieldProblem("azr_number", "Eine AZR-Nummer hat zwölf Ziffern.")])
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    if number:
        repository.lock_identity(session, f"azr {number}")
        if any(other.id != person_id for other in repository.with_azr_number(session, number)):
            told = "Diese AZR-Nummer ist schon bei einer anderen Person vermerkt."
            raise InvalidInput([FieldProblem("azr_number", told)])
    person.azr_number = number or None
    session.flush()
    audit.record(
        session, actor, "person.azr", "person", person.id, now=now, person_id=person.id,
        facts={"set": bool(number)},
    )  # fmt: skip


def search_companies(session: Session, actor: Actor, text: str, *, limit: int = 5) -> list[Company]:
    """Return companies whose name is that of ``text`` or like it, the most alike first."""
    require(actor, (Power.CASE_READ, Power.CASE_INTAKE))
    searched = names.search_form(text[:_LONGEST_QUERY])
    if len(searched) < SHORTEST_COMPANY:
        return []
    return repository.companies_named(session, searched, limit)


def _read_query(text: str) -> tuple[PartialDate | None, str]:
    birth = None
    found = _DATE.search(text)
    if found:
        try:
            birth = parse_birth_date(found.group())
        except InvalidInput:
            birth = None
        text = text.replace(found.group(), " ")
    return birth, text[:_LONGEST_QUERY]


def create_household(
    session: Session,
    actor: Actor,
    name: str,
    members: list[Person],
    *,
    owner_id: int | None,
    now: datetime,
) -> Household:
    """Bundle people whose cases are decided together (§ 81(6) AufenthG) under one clerk."""
    require(actor, (Power.CASE_REVIEW, Power.SYSTEM))
    household = Household(name=names.normalise(name), owner_id=owner_id)
    session.add(household)
    session.flush()
    for person in members:
        person.household_id = household.id
    session.flush()
    audit.record(
        session,
        actor,
        "household.create",
        "household",
        household.id,
        now=now,
        facts={"members": [person.id for person in members]},
    )
    return household


def find_or_create_company(
    session: Session, actor: Actor, data: Mapping[str, Any], *, now: datetime
) -> tuple[Company, bool]:
    """Return the company and whether it is new: by register number, else by name and postcode.

    Raises ``InvalidInput``.
    """
    values = load_company(data)
    register_no = values["register_no"] or None
    searched = names.search_form(values["name"])
    repository.lock_identity(session, f"company {searched} {values['postcode']}")
    known = repository.company_by_register(session, register_no) if register_no else None
    known = known or repository.company_by_name(session, searched, values["postcode"])
    # The same name with another register number is another company.
    if known and register_no and known.register_no not in (None, register_no):
        known = None
    if known:
        return known, False
    row = {**values, "register_no": register_no, "name_search": searched, "created_at": now}
    company = repository.add_company(session, row)
    if company is None and register_no:
        company = repository.company_by_register(session, register_no)
    if company is None:
        raise NotFound("Die Firma konnte nicht angelegt werden; bitte noch einmal versuchen.")
    audit.record(session, actor, "company.create", "company", company.id, now=now)
    return company, True

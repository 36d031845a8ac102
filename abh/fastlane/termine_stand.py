"""What a company sees of places: whom it may book for and who need not come, and what it booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.booking import OPEN
from abh.appointments.rueckgabe import FIRM_LANE
from abh.appointments.tables import Booking, RosterBlock
from abh.documents.house import House
from abh.fastlane.erscheinen import in_vain
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_termine import FirmPlace
from abh.fastlane.zugang import Acting, in_force, mandate_clause
from abh.office.tables import Desk, Service
from abh.persons.tables import Person
from abh.workflows.facts import Facts, PartialDate, TitleKind
from abh.workflows.guards.karte import GESPEICHERT_AM, LAW
from abh.workflows.recht import LawValues, law_values
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED

SCOPE = "appointments"
MOST = 500
BACK = timedelta(days=60)
HAS_PLACE, OTHER_UNIT = "platz", "sachgebiet"
_FOUND = ("biometrics_on", "biometrics_usable", "presence_needed_for", GESPEICHERT_AM.key)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the company, or of an employee's family, with the open case.

    ``why_not``: a sentence for who cannot or need not be booked; ``place``: the open place that
    the person has for this purpose already.
    """

    person_id: int
    name: str
    vorgang_id: int
    number: str
    unit_key: str
    household_id: int | None
    employee: bool
    why_not: str = ""
    norm: str = ""
    place: date | None = None

    @property
    def bookable(self) -> bool:
        """Whether a place may be taken for this person."""
        return not self.why_not and self.place is None


@dataclass(frozen=True, slots=True)
class FirmView:
    """A place that the company took; ``name`` is fixed for this place."""

    booking: Booking
    name: str
    number: str
    service: str
    room: str
    substituted: bool

    @property
    def movable(self) -> bool:
        """Whether it can still be moved, given back or taken over."""
        return self.booking.status == "booked"


def units_with_lane(session: Session, today: date) -> list[str]:
    """Return the units whose roster has a firm lane from today on."""
    return list(
        session.scalars(
            select(RosterBlock.unit_key)
            .where(RosterBlock.lane == FIRM_LANE, RosterBlock.day >= today)
            .distinct()
            .order_by(RosterBlock.unit_key)
        )
    )


def candidates(
    session: Session,
    house: House,
    who: Acting,
    unit_key: str,
    service_key: str,
    *,
    persons: Iterable[int] | None = None,
) -> list[Candidate]:
    """Return for whom the company may book here, by household and name; at most 500.

    Employees: the case is with the company and a mandate covers appointments. Family: a mandate of
    their own and the same household. With ``persons`` only those. Two statements, three with
    biometrics to look for.
    """
    rows = session.execute(_people(who, unit_key, service_key, house.today, persons)).all()
    newest: dict[int, Any] = {}
    for row in rows:
        newest.setdefault(row.Person.id, row)
    found = _findings(session, list(newest)) if newest else {}
    law = law_values(lambda key: house.law.value(key, house.today), LAW) if newest else LawValues()
    listed = [_candidate(house.today, law, row, service_key, found) for row in newest.values()]
    return sorted(listed, key=lambda each: (each.household_id or 0, not each.employee, each.name))


def _people(
    who: Acting, unit_key: str, service_key: str, today: date, persons: Iterable[int] | None
) -> Any:
    own = mandate_clause(who, SCOPE, day=today)
    homes = (
        select(Person.household_id)
        .join(Vorgang, Vorgang.person_id == Person.id)
        .where(own, Vorgang.closed_at.is_(None), Person.household_id.is_not(None))
    )
    mandated = select(Mandate.person_id).where(*in_force(who, SCOPE, day=today))
    family = and_(Person.household_id.in_(homes), Person.id.in_(mandated))
    place = (
        select(func.min(Booking.day))
        .where(
            Booking.person_id == Vorgang.person_id,
            Booking.status.in_(OPEN),
            or_(Booking.service_key == service_key, Booking.also.contains([service_key])),
        )
        .scalar_subquery()
    )
    query = (
        select(Vorgang, Person, own.label("own"), place.label("place"))
        .join(Person, Person.id == Vorgang.person_id)
        .where(
            Vorgang.closed_at.is_(None),
            Vorgang.unit_key == unit_key,
            Vorgang.verfahren.not_in(sorted(RESTRICTED)),
            or_(own, family),
        )
        # Of several cases of a person the company's own comes first, then the newest.
        .order_by(Vorgang.person_id, own.desc(), Vorgang.id.desc())
        .limit(MOST)
    )
    return query if persons is None else query.where(Vorgang.person_id.in_(list(persons)))


# By person, so that a capture in an earlier case is found too.
_FINDINGS = text(
    """
    SELECT DISTINCT ON (f.vorgang_id, f.key) v.person_id, f.vorgang_id, f.key, f.value
      FROM case_finding f JOIN vorgang v ON v.id = f.vorgang_id
     WHERE v.person_id = ANY(:persons) AND f.key = ANY(:keys)
     ORDER BY f.vorgang_id, f.key, f.id DESC
    """
)
Found = Mapping[int, Mapping[int, Mapping[str, Any]]]


def _findings(session: Session, persons: Sequence[int]) -> Found:
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for row in session.execute(_FINDINGS, {"persons": list(persons), "keys": list(_FOUND)}):
        found.setdefault(row.person_id, {}).setdefault(row.vorgang_id, {})[row.key] = row.value
    return found


def _candidate(today: date, law: LawValues, row: Any, service_key: str, found: Found) -> Candidate:
    case: Vorgang = row.Vorgang
    person: Person = row.Person
    of_person = found.get(person.id, {})
    reason = in_vain(service_key, case.state, _facts(today, law, case, person, of_person))
    return Candidate(
        person_id=person.id,
        name=f"{person.given_names} {person.family_name}".strip(),
        vorgang_id=case.id,
        number=case.number,
        unit_key=case.unit_key,
        household_id=person.household_id,
        employee=bool(row.own),
        why_not=reason.text if reason else "",
        norm=reason.norm if reason else "",
        place=row.place,
    )


def _facts(
    today: date,
    law: LawValues,
    case: Vorgang,
    person: Person,
    of_person: Mapping[int, Mapping[str, Any]],
) -> Facts:
    """Return what the rules on coming look at; a capture of an earlier case counts as stored."""
    own = of_person.get(case.id, {})
    stored = own.get(GESPEICHERT_AM.key) or max(
        (
            each["biometrics_on"]
            for vorgang_id, each in of_person.items()
            if vorgang_id != case.id and each.get("biometrics_on") and each.get("biometrics_usable")
        ),
        default=None,
    )
    taken = own.get("biometrics_on")
    return Facts(
        stichtag=today,
        today=today,
        received_on=case.received_on,
        birth=PartialDate(person.birth_year, person.birth_month, person.birth_day),
        title_kind=TitleKind.__members__.get(case.title_kind, TitleKind.UNKNOWN),
        title_until=case.title_until,
        biometrics_on=date.fromisoformat(taken) if taken else None,
        biometrics_usable=bool(own.get("biometrics_usable")),
        presence_needed_for=str(own.get("presence_needed_for") or ""),
        angaben={GESPEICHERT_AM.key: date.fromisoformat(stored) if stored else None},
        law=law,
    )


def places(
    session: Session, who: Acting, *, today: date, batch_id: int | None = None
) -> list[FirmView]:
    """Return the company's places from two months ago on, in order of time; at most 500.

    A place stays visible to the company that took it while a mandate covers the person's
    appointments. One statement.
    """
    taken_over = select(FirmPlace.instead_of).where(FirmPlace.instead_of.is_not(None))
    mandated = select(Mandate.person_id).where(*in_force(who, SCOPE, day=today))
    query = (
        select(Booking, Person, Vorgang.number, Service.name, Desk.room,
               FirmPlace.booking_id.in_(taken_over).label("over"))
        .join(FirmPlace, FirmPlace.booking_id == Booking.id)
        .join(Person, Person.id == Booking.person_id)
        .join(Vorgang, Vorgang.id == Booking.vorgang_id)
        .join(Service, Service.key == Booking.service_key)
        .join(Desk, Desk.id == Booking.desk_id)
        .where(
            FirmPlace.company_id == who.company_id,
            Booking.day >= today - BACK,
            Booking.person_id.in_(mandated),
        )
        .order_by(Booking.day, func.lower(Booking.cells), Booking.id)
        .limit(MOST)
    )  # fmt: skip
    if batch_id is not None:
        query = query.where(FirmPlace.batch_id == batch_id)
    return [
        FirmView(
            booking,
            f"{person.given_names} {person.family_name}".strip(),
            number,
            service,
            room,
            over,
        )
        for booking, person, number, service, room, over in session.execute(query)
    ]


def begins(booking: Booking) -> Any:
    """Return the instant at which a place begins (aware)."""
    return availability.instant(booking.day, booking.start_cell)

"""The office as it works: import of its file, who is responsible, who is trained, what is where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.errors import ConfigurationError, NotFound, Reason
from abh.office import repository
from abh.office.file import RosterEntry, fingerprint, profile_of, roster_entries
from abh.office.tables import (
    Closure,
    Desk,
    OfficeProfile,
    Printer,
    Qualification,
    Sachgebiet,
    Service,
)

Level = Literal["trained", "training"]


class Housed(Protocol):
    """Somebody who may live in a household (``persons.Person``)."""

    household_id: int | None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; ``roster`` is for the room of appointments, which alone writes it.

    ``roster_changed`` is false when the file says the same of the week as at the last import: what
    supervisors have changed since then counts on.
    """

    changed: bool
    roster_changed: bool
    units: int
    desks: int
    staff: int
    roster: tuple[RosterEntry, ...]
    closed_accounts: tuple[str, ...]
    left_over: tuple[str, ...]


def import_office(
    session: Session, actor: Actor, data: Mapping[str, Any], *, now: datetime
) -> ImportReport:
    """Bring a checked office file (``file.load_office``) into the database, by natural keys.

    May run as often as wanted: the same file changes nothing but is applied again, passwords are
    never touched. People who left the file can no longer log in; desks and units that left stay,
    because bookings and cases refer to them, and are named in the report. Raises
    ``ConfigurationError`` if a login of the file belongs to a company.
    """
    require(actor, (Power.ADMIN, Power.SYSTEM))
    _refuse_companies(session, data["staff"])
    before = repository.latest_profile(session)
    digest = fingerprint(data)
    repository.save_units(session, data["units"])
    repository.save_printers(session, data["printers"])
    repository.save_desks(session, data["desks"])
    repository.save_services(session, data["services"])
    repository.replace_closures(session, data["closures"])
    repository.save_staff(session, data["staff"], now=now)
    repository.replace_qualifications(session, data["staff"])
    changed = before is None or before.sha256 != digest
    fresh = profile_of(data)
    gone = set(before.profile["logins"]) - set(fresh["logins"]) if before else set()
    closed = repository.close_accounts(session, sorted(gone)) if gone else []
    if changed:
        session.add(OfficeProfile(sha256=digest, profile=fresh, imported_at=now))
        session.flush()
        audit.record(session, actor, "office.import", "office_profile", now=now)
    return ImportReport(
        changed=changed,
        roster_changed=before is None
        or before.profile.get("roster_sha256") != fresh["roster_sha256"],
        units=len(data["units"]),
        desks=len(data["desks"]),
        staff=len(data["staff"]),
        roster=tuple(roster_entries(data)),
        closed_accounts=tuple(closed),
        left_over=tuple(repository.left_over(session, data)),
    )


def _refuse_companies(session: Session, staff: Sequence[Mapping[str, Any]]) -> None:
    clash = repository.employers_among(session, [person["login"] for person in staff])
    if clash:
        reasons = [
            Reason(f"staff: der Anmeldename {login} gehört einer Firma; bitte anderen wählen")
            for login in clash
        ]
        raise ConfigurationError("; ".join(r.text for r in reasons), reasons=reasons)


def has_office(session: Session) -> bool:
    """Return whether an office file was ever imported."""
    return repository.latest_profile(session) is not None


def profile(session: Session) -> dict[str, Any]:
    """Return authority, court, bank, routing, opening hours of the newest import.

    Raises ``ConfigurationError`` when there is none: no letter may leave without its sender.
    """
    found = repository.latest_profile(session)
    if found is None:
        raise ConfigurationError("Kein Amt eingespielt; bitte „abh office import DATEI“ ausführen.")
    return dict(found.profile)


def route(session: Session, verfahren: str, *, title_verfahren: str | None = None) -> str:
    """Return the unit for an application, by the main purpose of the applied title.

    What belongs to the existing title (``routing.by_title``, e.g. P24) goes to the unit of
    ``title_verfahren``. Unclear goes to the triage of the central unit.
    """
    routing = profile(session)["routing"]
    purpose = title_verfahren if verfahren in routing["by_title"] else verfahren
    unit = repository.unit_of_verfahren(session, purpose) if purpose else None
    return unit or str(routing["triage"])


def owner_for(
    session: Session,
    verfahren: str,
    person: Housed,
    *,
    unit_key: str | None = None,
    on: date | None = None,
) -> int | None:
    """Return the clerk who keeps the case from intake to notice, the same for the same data.

    First the clerk of the household (§ 81(6) AufenthG: decided together), if the house does so and
    that clerk is trained for it; then the trained clerk of the unit with the fewest open cases,
    those present ``on`` the day first; then its lead. Trainees own nothing. None only when the unit
    has nobody.
    """
    if person.household_id is not None and profile(session)["household"]["same_owner"]:
        owner = repository.household_owner(session, person.household_id)
        if owner is not None and qualification(session, owner, verfahren) == "trained":
            return owner
    unit = unit_key or route(session, verfahren)
    return free_clerk(session, unit, verfahren, on=on)


def free_clerk(
    session: Session,
    unit_key: str,
    verfahren: str,
    *,
    on: date | None = None,
    but: int | None = None,
) -> int | None:
    """Return who of a unit takes a case: trained, present ``on`` the day, fewest open cases.

    Then its lead; ``but`` is left out. None when the unit has nobody else.
    """
    trained = repository.trained_with_fewest_cases(session, unit_key, verfahren, on=on, but=but)
    lead = trained or repository.lead_of(session, unit_key)
    return None if lead == but else lead


def qualification(session: Session, user_id: int, verfahren: str) -> Level | None:
    """Return whether a clerk is trained or in training for a Verfahren, None for neither."""
    row = session.get(Qualification, (user_id, verfahren))
    return None if row is None else "trained" if row.level == "trained" else "training"


_UNITS = select(Sachgebiet).order_by(Sachgebiet.key)


def units(session: Session) -> list[Sachgebiet]:
    """Return all Sachgebiete by key."""
    return list(session.scalars(_UNITS))


def unit(session: Session, key: str) -> Sachgebiet:
    """Return one Sachgebiet; raises ``NotFound``."""
    found = session.get(Sachgebiet, key)
    if found is None:
        raise NotFound(f"Ein Sachgebiet {key} gibt es nicht.")
    return found


def desks(session: Session, unit_key: str) -> list[Desk]:
    """Return the desks of a unit by key."""
    query = select(Desk).where(Desk.unit_key == unit_key).order_by(Desk.key)
    return list(session.scalars(query))


def service(session: Session, key: str) -> Service:
    """Return something done at the counter; raises ``NotFound``."""
    found = session.get(Service, key)
    if found is None:
        raise NotFound(f"Eine Leistung {key} gibt es nicht.")
    return found


def services(session: Session) -> list[Service]:
    """Return everything done at the counter, by key."""
    return list(session.scalars(select(Service).order_by(Service.key)))


def printer_of_desk(session: Session, desk_id: int) -> Printer | None:
    """Return the printer that stands at a desk, None when there is none."""
    query = select(Printer).join(Desk, Desk.printer_id == Printer.id).where(Desk.id == desk_id)
    return session.scalars(query).one_or_none()


def is_closed(session: Session, unit_key: str, day: date) -> bool:
    """Return whether the house or the unit is closed that day (holidays are the kernel's)."""
    query = select(func.count()).where(
        Closure.day == day, or_(Closure.unit_key.is_(None), Closure.unit_key == unit_key)
    )
    return bool(session.scalar(query))


def closed_days(session: Session, unit_key: str, first: date, last: date) -> set[date]:
    """Return the closing days of the house and the unit from ``first`` to ``last``."""
    query = select(Closure.day).where(
        Closure.day.between(first, last),
        or_(Closure.unit_key.is_(None), Closure.unit_key == unit_key),
    )
    return set(session.scalars(query))

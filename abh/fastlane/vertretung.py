"""Law firms and relocation agencies that act for a company by its power, which always ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.documents.house import House
from abh.fastlane.tables_zugang import AgencyPower, CompanyAccess
from abh.fastlane.zugang import Acting, require_admin
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.persons.tables import Company

LONGEST_POWER: Final = timedelta(days=731)


def give_power(
    session: Session, house: House, who: Acting, register_no: str, role: str, until: date
) -> None:
    """Let an agency act for the company until a day; it must have been let in here as agency.

    Raises ``NotAllowed``, ``InvalidInput``, ``Conflict`` if it has a power already.
    """
    require_admin(who)
    agency = session.scalar(
        select(Company.id)
        .join(CompanyAccess, CompanyAccess.company_id == Company.id)
        .where(
            Company.register_no == " ".join(register_no.split()),
            Company.id != who.company_id,
            CompanyAccess.kind == "agency",
            CompanyAccess.withdrawn_at.is_(None),
        )
    )
    problems = []
    if agency is None:
        text_ = "Mit dieser Registernummer ist hier keine Kanzlei zugelassen."
        problems.append(FieldProblem("agency", text_))
    if role not in ("hr", "read"):
        problems.append(FieldProblem("power_role", "Bitte aus der Liste wählen."))
    if not house.today <= until <= house.today + LONGEST_POWER:
        problems.append(FieldProblem("until", "Bitte ein Ende in den nächsten zwei Jahren."))
    if problems or agency is None:
        raise InvalidInput(problems)
    given = session.execute(
        insert(AgencyPower)
        .values(
            company_id=who.company_id,
            agency_id=agency,
            role=role,
            valid_until=until,
            granted_at=house.now(),
            granted_by=who.actor.user_id,
        )
        .on_conflict_do_nothing(
            index_elements=["company_id", "agency_id"],
            index_where=AgencyPower.revoked_at.is_(None),
        )
        .returning(AgencyPower.id)
    ).scalar_one_or_none()
    if given is None:
        raise Conflict("Diese Kanzlei hat schon eine Vollmacht; bitte diese zuerst beenden.")
    audit.record(session, who.actor, "firma.power", "agency_power", given, now=house.now())


def end_power(session: Session, house: House, who: Acting, power_id: int) -> None:
    """End the power of an agency; its people and its tokens see nothing from now on."""
    require_admin(who)
    ended = session.execute(
        update(AgencyPower)
        .where(
            AgencyPower.id == power_id,
            AgencyPower.company_id == who.company_id,
            AgencyPower.revoked_at.is_(None),
        )
        .values(revoked_at=house.now())
        .returning(AgencyPower.agency_id)
    ).scalar_one_or_none()
    if ended is None:
        return
    audit.record(session, who.actor, "firma.power_end", "agency_power", power_id, now=house.now())


_POWERS = text(
    """
SELECT p.id, a.name, a.register_no, p.role, p.valid_until
  FROM agency_power p JOIN company a ON a.id = p.agency_id
 WHERE p.company_id = :company AND p.revoked_at IS NULL ORDER BY a.name_search, p.id LIMIT 100
"""
)


def powers(session: Session, who: Acting) -> Sequence[Any]:
    """Return the agencies that may act for the company, those whose power ended by date too."""
    require_admin(who)
    rows = session.execute(_POWERS, {"company": who.company_id})
    return [dict(row) for row in rows.mappings()]

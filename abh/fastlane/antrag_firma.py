"""A company applies for an employee: a real case, with the declaration that it may see that case.

The application is the person's (§ 81(1) AufenthG); the company acts by power of attorney. What it
may see afterwards is that one case and nothing else of the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.fastlane import ausblick, zeilen
from abh.fastlane.schemas import SCOPES
from abh.fastlane.spalten import ASSURED, FOR_COMPANIES
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_firma import FirmFiling
from abh.fastlane.zugang import Acting, require_write
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.persons.tables import Company
from abh.workflows import fuehrung, intake
from abh.workflows.service import Upload
from abh.workflows.tables import Vorgang

# How long a declaration given with an application lasts; a power with another end stands apart.
DECLARED_FOR = timedelta(days=365)
POWER = "vollmacht"


@dataclass(frozen=True, slots=True)
class Gestellt:
    """The case of an application: its number, and whether it is a new one."""

    vorgang_id: int
    number: str
    created: bool


def firma_of(session: Session, company_id: int) -> zeilen.Firma:
    """Return the employer as its applications name it; raises ``NotFound``."""
    company = session.get(Company, company_id)
    if company is None:
        raise NotFound("Diese Firma gibt es nicht.")
    return zeilen.Firma(company.name, company.register_no or "", company.email or "")


def file_for_employee(
    session: Session,
    house: House,
    who: Acting,
    antrag: Mapping[str, Any],
    uploads: Sequence[Upload] = (),
    *,
    declared: str,
) -> Gestellt:
    """Open the case of an employee, or return the one that this very application made already.

    ``antrag`` is a checked application (``load_antrag``); ``declared`` says on what power the
    company acts. One transaction; locks the identity, so that the same twice at once is one case.
    Raises ``NotAllowed`` for who may only read, ``InvalidInput`` for a procedure that companies do
    not file, a missing declaration, or what the intake refuses.
    """
    require_write(who)
    if antrag["verfahren"] not in FOR_COMPANIES:
        raise InvalidInput([FieldProblem("verfahren", "Das beantragt nur die Person selbst.")])
    if not declared.strip():
        raise InvalidInput([FieldProblem(POWER, "Bitte bestätigen Sie die Vollmacht.")])
    antrag = _assured(antrag)
    content = zeilen.content_hash(house.secret, antrag)
    identity = zeilen.identity_hash(house.secret, antrag)
    _lock(session, who.company_id)
    known = known_filing(session, who.company_id, content, identity)
    if known is not None:
        return known
    speaker = _speaker(who)
    filed = intake.file_application(
        session,
        house,
        speaker,
        {**antrag, **_employer(session, who.company_id)},
        uploads,
        channel="employer",
        company_id=who.company_id,
    )
    _remember(session, house, who, filed.vorgang_id, content, identity, declared)
    ausblick.refresh(session, house, [filed.vorgang_id])
    return Gestellt(filed.vorgang_id, filed.number, created=True)


def _assured(antrag: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the application with the employer's assurance of the power (§ 81a(1) AufenthG), which
    is what it has just declared."""
    if antrag["verfahren"] != fuehrung.VERFAHREN:
        return antrag
    return {**antrag, "angaben": {**antrag["angaben"], ASSURED: True}}


def known_filing(
    session: Session, company_id: int, content: bytes, identity: bytes
) -> Gestellt | None:
    """Return the case that the same application made, or the open one of the same person and kind.

    Only among what this company filed itself: nobody learns of another's case.
    """
    row = session.execute(
        select(Vorgang.id, Vorgang.number)
        .join(FirmFiling, FirmFiling.vorgang_id == Vorgang.id)
        .where(
            FirmFiling.company_id == company_id,
            (FirmFiling.content_hash == content)
            | ((FirmFiling.identity_hash == identity) & Vorgang.closed_at.is_(None)),
        )
        .order_by(Vorgang.id)
        .limit(1)
    ).first()
    return Gestellt(row.id, row.number, created=False) if row is not None else None


def _lock(session: Session, company_id: int) -> None:
    """Let two applications of one company wait for each other: the second sees the first."""
    session.execute(
        select(Company.id).where(Company.id == company_id).with_for_update(key_share=True)
    )


def _speaker(who: Acting) -> Actor:
    """Return the applicant as whom the company acts; the log names the company and its login."""
    return replace(applicant_actor(), name=f"{who.company_name} (bevollmächtigt)")


def _employer(session: Session, company_id: int) -> dict[str, str]:
    firma = firma_of(session, company_id)
    return {
        "employer": firma.name,
        "employer_register_no": firma.register_no,
        "employer_email": firma.email,
    }


def _remember(
    session: Session,
    house: House,
    who: Acting,
    vorgang_id: int,
    content: bytes,
    identity: bytes,
    declared: str,
) -> None:
    user_id = who.actor.user_id
    if user_id is None:
        raise ValueError("a company acts through a login")
    session.add(
        FirmFiling(
            company_id=who.company_id,
            vorgang_id=vorgang_id,
            filed_by=user_id,
            filed_at=house.now(),
            content_hash=content,
            identity_hash=identity,
            declared=declared.strip(),
        )
    )
    person_id = session.scalars(select(Vorgang.person_id).where(Vorgang.id == vorgang_id)).one()
    session.add(_declaration(who, person_id, vorgang_id, house.today, house, user_id))
    session.flush()
    audit.record(
        session,
        who.actor,
        "firma.apply",
        "vorgang",
        vorgang_id,
        now=house.now(),
        vorgang_id=vorgang_id,
        person_id=person_id,
        facts={"company": who.company_id},
    )


def _declaration(
    who: Acting, person_id: int, vorgang_id: int, day: date, house: House, user_id: int
) -> Mandate:
    return Mandate(
        company_id=who.company_id,
        person_id=person_id,
        vorgang_id=vorgang_id,
        kind="declaration",
        scope=sorted(SCOPES),
        valid_from=day,
        valid_until=day + DECLARED_FOR,
        recorded_at=house.now(),
        recorded_by=user_id,
    )

"""Mandates asked for by a company: the employee's own link or a clerk answers, nobody else.

A wrong number, a wrong birth date and somebody else's employee are answered in the same words and
stay with the office. What a company declares itself reaches only the case it filed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.access.policy import Power, in_scope, require
from abh.documents.house import House
from abh.fastlane import personen
from abh.fastlane.schemas import SCOPES, MandateRequestSchema, load
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_zugang import MandateRequest
from abh.fastlane.zugang import Acting, require_write
from abh.kernel.birthdate import PartialDate, parse_birth_date
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.persons.tables import Person
from abh.workflows.intake import notify
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED

LONGEST: Final = timedelta(days=731)
MOST: Final = 200
# So that nobody tries numbers by the thousand, whatever the answer would tell.
MOST_OPEN: Final = 100
_CLERKS: Final = (Power.CASE_INTAKE, Power.CASE_REVIEW)


def ask(
    session: Session,
    house: House,
    who: Acting,
    data: Mapping[str, Any],
    proof: tuple[str, str] | None,
) -> None:
    """Ask for a mandate for the person of a case; ``proof`` is the signed paper (sha256, name).

    The employee is told by mail that there is something to answer. Raises ``NotAllowed`` and
    ``InvalidInput`` for what is no input; never tells whether number and birth date fit.
    """
    require_write(who)
    values = load(MandateRequestSchema(), data)
    born = _birth(values["birth_date"])
    _check_end(house, values["valid_until"])
    if values["site_id"] not in {None, *(s.id for s in personen.sites(session, who.company_id))}:
        raise InvalidInput([FieldProblem("site_id", "Bitte aus der Liste wählen.")])
    _check_open(session, who)
    case = session.execute(
        select(Vorgang.id, Vorgang.number, Vorgang.language, Person.email)
        .join(Person, Person.id == Vorgang.person_id)
        .where(
            Vorgang.number == values["number"],
            Vorgang.company_id == who.company_id,
            Vorgang.verfahren.not_in(sorted(RESTRICTED)),
            Person.birth_year == born.year,
            Person.birth_month.is_not_distinct_from(born.month),
            Person.birth_day.is_not_distinct_from(born.day),
        )
    ).one_or_none()
    row = MandateRequest(
        company_id=who.company_id,
        vorgang_id=case.id if case else None,
        number=values["number"],
        scope=sorted(set(values["scope"])),
        valid_until=values["valid_until"],
        site_id=values["site_id"],
        proof_sha256=proof[0] if proof else None,
        proof_name=proof[1] if proof else "",
        requested_at=house.now(),
        requested_by=who.actor.user_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, who.actor, "mandate.ask", "mandate_request", row.id, now=house.now(),
        vorgang_id=row.vorgang_id,
    )  # fmt: skip
    if case is not None:
        notify(
            session, house, case.id, case.email, case.number, "brief", f"vollmacht:{row.id}",
            case.language,
        )  # fmt: skip


def declare(
    session: Session,
    house: House,
    who: Acting,
    vorgang_id: int,
    *,
    valid_until: date,
    proof: tuple[str, str] | None = None,
    scope: Sequence[str] = tuple(SCOPES),
    site_id: int | None = None,
) -> None:
    """Let the company follow a case that it has just filed itself (§ 81a(1) AufenthG, employer's
    statement); it opens no other case of the person. Twice changes nothing.

    Raises ``NotAllowed``, ``InvalidInput``, ``NotFound`` if the case is another company's.
    """
    require_write(who)
    _check_end(house, valid_until)
    person_id = session.scalar(
        select(Vorgang.person_id).where(
            Vorgang.id == vorgang_id, Vorgang.company_id == who.company_id
        )
    )
    if person_id is None:
        raise NotFound("Diesen Vorgang gibt es für Sie nicht.")
    made = _grant(
        session, who.actor, house,
        company_id=who.company_id, person_id=person_id, vorgang_id=vorgang_id,
        scope=sorted(set(scope)), valid_until=valid_until, site_id=site_id, kind="declaration",
        proof_sha256=proof[0] if proof else None, proof_name=proof[1] if proof else "",
        recorded_by=who.actor.user_id,
    )  # fmt: skip
    audit.record(
        session, who.actor, "mandate.declare", "mandate", made, now=house.now(),
        vorgang_id=vorgang_id, person_id=person_id,
    )  # fmt: skip


def answer(
    session: Session,
    house: House,
    actor: Actor,
    request_id: int,
    *,
    granted: bool,
    vorgang_id: int | None = None,
) -> None:
    """Grant or refuse a request: a clerk, or the employee (``vorgang_id``: the case of the link).

    A granted mandate takes the place of the one before. Locks the request. Raises ``NotAllowed``,
    ``NotFound``, ``Conflict`` when it was answered meanwhile.
    """
    query = select(MandateRequest).where(MandateRequest.id == request_id).with_for_update()
    row = session.scalars(query).one_or_none()
    by_link = actor.kind == "applicant"
    if row is None or (by_link and (vorgang_id is None or row.vorgang_id != vorgang_id)):
        raise NotFound("Diese Anfrage gibt es nicht.")
    case = session.get(Vorgang, row.vorgang_id) if row.vorgang_id else None
    if not by_link:
        require(actor, _CLERKS, case.unit_key if case else None)
    if row.state != "open":
        raise Conflict("Diese Anfrage ist schon beantwortet.")
    if granted and case is None:
        raise Conflict("Nummer und Geburtsdatum gehören zu keinem Vorgang dieser Firma.")
    row.state = "granted" if granted else "refused"
    row.decided_at, row.decided_by = house.now(), actor.user_id
    if granted and case is not None:
        _grant(
            session, actor, house,
            company_id=row.company_id, person_id=case.person_id, vorgang_id=None, scope=row.scope,
            valid_until=row.valid_until, site_id=row.site_id, kind="power",
            proof_sha256=row.proof_sha256, proof_name=row.proof_name, recorded_by=actor.user_id,
        )  # fmt: skip
    audit.record(
        session, actor, "mandate.answer", "mandate_request", row.id, now=house.now(),
        vorgang_id=row.vorgang_id, person_id=case.person_id if case else None,
        facts={"result": row.state, "company": row.company_id},
    )  # fmt: skip


def revoke_by_employee(
    session: Session, house: House, vorgang_id: int, person_id: int, mandate_id: int
) -> None:
    """End a mandate from the employee's own status page; twice changes nothing."""
    ended = session.execute(
        update(Mandate)
        .where(
            Mandate.id == mandate_id,
            Mandate.person_id == person_id,
            Mandate.revoked_at.is_(None),
        )
        .values(revoked_at=house.now())
        .returning(Mandate.company_id)
    ).scalar_one_or_none()
    if ended is not None:
        audit.record(
            session, applicant_actor(), "mandate.revoke", "mandate", mandate_id, now=house.now(),
            vorgang_id=vorgang_id, person_id=person_id, facts={"company": ended},
        )  # fmt: skip


_OF_PERSON = text(
    """
SELECT m.id, c.name AS company, m.scope, m.valid_until FROM mandate m
  JOIN company c ON c.id = m.company_id
 WHERE m.person_id = :person AND m.revoked_at IS NULL AND m.valid_until >= :day
   AND (m.vorgang_id IS NULL OR m.vorgang_id = :case)
 ORDER BY m.id LIMIT 50
"""
)
_LOOKS = text(
    """
SELECT c.name AS company, a.name AS agency, l.last_at, l.looks FROM company_look l
  JOIN company c ON c.id = l.company_id
  LEFT JOIN company a ON a.id = l.agency_id
 WHERE l.vorgang_id = :case ORDER BY l.last_at DESC LIMIT 30
"""
)
_ASKED = text(
    """
SELECT r.id, c.name AS company, r.scope, r.valid_until FROM mandate_request r
  JOIN company c ON c.id = r.company_id
 WHERE r.vorgang_id = :case AND r.state = 'open' AND r.valid_until >= :day
 ORDER BY r.id LIMIT 20
"""
)


def of_employee(
    session: Session, house: House, vorgang_id: int, person_id: int
) -> dict[str, list[dict[str, Any]]]:
    """Return what the status page shows of companies: ``asked``, ``mandates`` and ``looks``.

    Companies and times only: who looked there is the company's own matter.
    """
    given = {"case": vorgang_id, "person": person_id, "day": house.today}
    queries = {"asked": _ASKED, "mandates": _OF_PERSON, "looks": _LOOKS}
    return {
        name: [dict(row) for row in session.execute(query, given).mappings()]
        for name, query in queries.items()
    }


_REQUESTS = text(
    """
SELECT r.id, r.number, r.scope, r.valid_until, r.requested_at, r.state, c.name AS company,
       r.proof_sha256, r.proof_name, v.unit_key, v.number AS case_number,
       trim(p.given_names || ' ' || p.family_name) AS person
  FROM mandate_request r
  JOIN company c ON c.id = r.company_id
  LEFT JOIN vorgang v ON v.id = r.vorgang_id
  LEFT JOIN person p ON p.id = v.person_id
 WHERE r.state = 'open' ORDER BY r.id LIMIT 500
"""
)


def open_requests(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Return requests that wait, those of the clerk's units and those that fit no case."""
    require(actor, _CLERKS)
    rows = [dict(row) for row in session.execute(_REQUESTS).mappings()]
    return [row for row in rows if row["unit_key"] is None or in_scope(actor, row["unit_key"])]


_OF_COMPANY = text(
    """
SELECT m.id, trim(p.given_names || ' ' || p.family_name) AS person, m.scope, m.kind,
       m.valid_from, m.valid_until, s.name AS site
  FROM mandate m JOIN person p ON p.id = m.person_id
  LEFT JOIN company_site s ON s.id = m.site_id
 WHERE m.company_id = :company AND m.revoked_at IS NULL AND m.valid_until >= :day
   AND (CAST(:sites AS bigint[]) IS NULL OR m.site_id = ANY(CAST(:sites AS bigint[])))
 ORDER BY m.valid_until, m.id LIMIT 500
"""
)


def of_company(session: Session, house: House, who: Acting) -> list[dict[str, Any]]:
    """Return the mandates in force of the company, those that end first on top."""
    sites = None if who.chosen.sites is None else sorted(who.chosen.sites)
    given = {"company": who.company_id, "day": house.today, "sites": sites}
    return [dict(row) for row in session.execute(_OF_COMPANY, given).mappings()]


def asked_by(session: Session, who: Acting) -> list[MandateRequest]:
    """Return what the company asked for, newest first; numbers as it typed them."""
    query = select(MandateRequest).where(MandateRequest.company_id == who.company_id)
    return list(session.scalars(query.order_by(MandateRequest.id.desc()).limit(MOST)))


def _birth(typed: str) -> PartialDate:
    try:
        return parse_birth_date(typed)
    except InvalidInput as error:
        told = "Bitte als TT.MM.JJJJ angeben."
        raise InvalidInput([FieldProblem("birth_date", told)]) from error


def _check_end(house: House, until: date) -> None:
    if not house.today <= until <= house.today + LONGEST:
        told = "Bitte ein Ende in den nächsten zwei Jahren."
        raise InvalidInput([FieldProblem("valid_until", told)])


def _check_open(session: Session, who: Acting) -> None:
    waiting = session.execute(
        select(MandateRequest.id)
        .where(MandateRequest.company_id == who.company_id, MandateRequest.state == "open")
        .limit(MOST_OPEN)
    ).all()
    if len(waiting) >= MOST_OPEN:
        raise Conflict("Es sind schon viele Anfragen offen; bitte warten Sie die Antworten ab.")


def _grant(session: Session, actor: Actor, house: House, **values: Any) -> int:
    """Put a mandate into force in place of the one before it; return its id."""
    now = house.now()
    same_case = (
        Mandate.vorgang_id.is_(None)
        if values["vorgang_id"] is None
        else Mandate.vorgang_id == values["vorgang_id"]
    )
    session.execute(
        update(Mandate)
        .where(
            Mandate.company_id == values["company_id"],
            Mandate.person_id == values["person_id"],
            Mandate.revoked_at.is_(None),
            same_case,
        )
        .values(revoked_at=now)
    )
    made = session.execute(
        insert(Mandate)
        .values(**values, valid_from=house.today, recorded_at=now)
        .on_conflict_do_nothing()
        .returning(Mandate.id)
    ).scalar_one_or_none()
    if made is None:
        raise Conflict("Diese Vollmacht wurde gerade eingetragen.")
    return int(made)

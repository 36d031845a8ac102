"""What a company may see: cases of people who gave it a mandate, as far as the mandate reaches.

Denied first: without login of a company, without a mandate in force, without its scope there is
nothing. Never visible: the file, letters, participations, findings, other cases of the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments.tables import Booking
from abh.fastlane import wessen
from abh.fastlane.schemas import load_mandate
from abh.fastlane.tables import Mandate
from abh.fastlane.zugang import (
    Acting,
    in_force,
    mandate_clause,
    note_looks,
    require_covered,
)
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, NotFound
from abh.persons.tables import Company, Person
from abh.workflows.registry import get as get_verfahren
from abh.workflows.tables import Beteiligung, CaseFrist, Vorgang

MOST_ROWS = 200
_DECIDED = wessen.AGAINST | {"granted", "card_in_production", "card_ready", "issued"}


@dataclass(frozen=True, slots=True)
class VisibleCase:
    """What HR sees of one case; a field outside the scope of the mandate is None."""

    id: int
    number: str
    person: str
    procedure: str
    state: str | None
    whose_turn: str | None
    next_date: date | None
    appointment_on: date | None
    decided: bool | None
    mandate_until: date


def grant_mandate(
    session: Session, actor: Actor, data: Mapping[str, Any], *, clock: Clock
) -> Mandate:
    """Record a written mandate that a clerk has seen; one in force per company and person.

    Raises ``NotAllowed``, ``NotFound``, ``InvalidInput``, and ``Conflict`` if there is one already.
    """
    require(actor, (Power.CASE_INTAKE, Power.CASE_REVIEW))
    values = load_mandate(data)
    if session.get(Company, values["company_id"]) is None:
        raise NotFound("Diese Firma gibt es hier nicht.")
    if session.get(Person, values["person_id"]) is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    mandate = session.scalars(
        insert(Mandate)
        .values(**values, recorded_at=clock.now(), recorded_by=actor.user_id)
        .on_conflict_do_nothing(
            index_elements=["company_id", "person_id", text("coalesce(vorgang_id, 0)")],
            index_where=Mandate.revoked_at.is_(None),
        )
        .returning(Mandate)
    ).one_or_none()
    if mandate is None:
        raise Conflict("Es gibt schon eine Vollmacht; bitte diese zuerst widerrufen.")
    _audit(session, actor, "mandate.grant", mandate, clock)
    return mandate


def revoke_mandate(session: Session, actor: Actor, mandate_id: int, *, clock: Clock) -> None:
    """End a mandate at once; twice changes nothing. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, (Power.CASE_INTAKE, Power.CASE_REVIEW))
    mandate = session.get(Mandate, mandate_id)
    if mandate is None:
        raise NotFound("Diese Vollmacht gibt es nicht.")
    ended = session.execute(
        update(Mandate)
        .where(Mandate.id == mandate_id, Mandate.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(Mandate.id)
    ).scalar_one_or_none()
    if ended is not None:
        _audit(session, actor, "mandate.revoke", mandate, clock)


def _audit(session: Session, actor: Actor, action: str, mandate: Mandate, clock: Clock) -> None:
    audit.record(
        session,
        actor,
        action,
        "mandate",
        mandate.id,
        now=clock.now(),
        person_id=mandate.person_id,
        facts={"company": mandate.company_id, "scope": list(mandate.scope)},
    )


def cases_after(
    session: Session, who: Acting, *, clock: Clock, after: int = 0, limit: int = MOST_ROWS
) -> list[VisibleCase]:
    """Return covered cases in the order of their ids, those after ``after``: for machines, which
    read page by page. The look is logged.
    """
    query = _query(who, today(clock)).where(Vorgang.id > after).order_by(Vorgang.id)
    return _seen(session, who, query.limit(min(limit, MOST_ROWS)), clock)


def one_case(session: Session, who: Acting, number: str, *, clock: Clock) -> VisibleCase:
    """Return one covered case; the look is logged. Raises ``NotFound`` in the same words else."""
    case = require_covered(session, who, number, clock=clock, day=today(clock))
    query = _query(who, today(clock)).where(Vorgang.id == case.id).limit(MOST_ROWS)
    return _seen(session, who, query, clock, what="fastlane.case")[0]


def _seen(
    session: Session, who: Acting, query: Any, clock: Clock, *, what: str = "fastlane.list"
) -> list[VisibleCase]:
    rows = session.execute(query).all()
    ids = list(dict.fromkeys(row.Vorgang.id for row in rows))
    note_looks(session, who, ids, what=what, now=clock.now())
    scopes: dict[int, set[str]] = {}
    for row in rows:
        scopes.setdefault(row.Vorgang.id, set()).update(row.Mandate.scope)
    once = {row.Vorgang.id: row for row in reversed(rows)}
    return [_limited(once[each], scopes[each]) for each in scopes]


def at_ba() -> ColumnElement[bool]:
    """Return the condition that a case waits for the Bundesagentur."""
    return exists(
        select(Beteiligung.id).where(
            Beteiligung.vorgang_id == Vorgang.id,
            Beteiligung.kind.in_(wessen.BA_KINDS),
            Beteiligung.state.in_(wessen.OUT),
        )
    )


def _query(who: Acting, day: date) -> Any:
    next_due = (
        select(func.min(CaseFrist.due_on))
        .where(
            CaseFrist.vorgang_id == Vorgang.id,
            CaseFrist.status == "running",
            CaseFrist.kind.in_(sorted(wessen.CLOCKS)),
        )
        .scalar_subquery()
    )
    booked = (
        select(func.min(Booking.day))
        .where(Booking.vorgang_id == Vorgang.id, Booking.status == "booked", Booking.day >= day)
        .scalar_subquery()
    )
    return (
        select(
            Vorgang,
            Person,
            Mandate,
            next_due.label("due"),
            booked.label("booked"),
            at_ba().label("at_ba"),
        )
        .join(Person, Person.id == Vorgang.person_id)
        .join(
            Mandate,
            (Mandate.person_id == Vorgang.person_id)
            & (Mandate.vorgang_id.is_(None) | (Mandate.vorgang_id == Vorgang.id)),
        )
        .where(mandate_clause(who, day=day), *in_force(who, day=day))
    )


def _limited(row: Any, scope: set[str]) -> VisibleCase:
    vorgang, person, mandate = row.Vorgang, row.Person, row.Mandate
    verfahren = get_verfahren(vorgang.verfahren, vorgang.version)
    state = verfahren.state(vorgang.state)
    return VisibleCase(
        id=vorgang.id,
        number=vorgang.number,
        person=f"{person.given_names} {person.family_name}".strip(),
        procedure=verfahren.name,
        state=wessen.state_words(state) if state and "state" in scope else None,
        whose_turn=(
            wessen.side_of(state, at_ba=row.at_ba).value if state and "tasks" in scope else None
        ),
        next_date=row.due if "tasks" in scope else None,
        appointment_on=row.booked if "appointments" in scope else None,
        decided=vorgang.state in _DECIDED if "decisions" in scope else None,
        mandate_until=mandate.valid_until,
    )

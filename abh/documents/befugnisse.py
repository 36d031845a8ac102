"""Written authority to sign: mandates with dates and limits, deputies for absence, exclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.documents.tables import SigningDeputy, SigningExclusion, SigningMandate
from abh.documents.zeichnung_types import Mandate, Rank
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class StandIn:
    """Whose place a deputy takes on a day, and with which rank, Sachgebiet and mandate."""

    name: str
    rank: Rank
    unit_key: str
    mandate: Mandate | None


def grant_mandate(
    session: Session,
    user_id: int,
    *,
    valid_from: date,
    valid_until: date | None = None,
    max_amount: Decimal | None = None,
    capacities: Sequence[str] = (),
) -> None:
    """Give a person the written authority to sign, unless one runs from that day already.

    ``capacities`` name what the person may co-sign besides their rank, e.g. ``Recht``, ``Kasse``.
    """
    known = session.scalar(
        select(SigningMandate.id).where(
            SigningMandate.user_id == user_id, SigningMandate.valid_from <= valid_from
        )
    )
    if known is None or capacities:
        session.execute(
            insert(SigningMandate).values(
                user_id=user_id,
                valid_from=valid_from,
                valid_until=valid_until,
                max_amount=max_amount,
                capacities=list(capacities),
            )
        )


def mandate_of(session: Session, user_id: int | None, today: date) -> Mandate | None:
    """Return the mandate of a person: one that holds today, else the newest, else None."""
    if user_id is None:
        return None
    row = session.scalar(
        select(SigningMandate)
        .where(SigningMandate.user_id == user_id)
        # One that holds today first; else the newest, so that the refusal can name its dates.
        .order_by(_holds(SigningMandate, today).desc(), SigningMandate.valid_from.desc())
        .limit(1)
    )
    return Mandate(row.valid_from, row.valid_until, row.max_amount) if row else None


def capacities_of(session: Session, actor: Actor, today: date) -> frozenset[str]:
    """Return as what ``actor`` may co-sign today: every rank up to their own, and what is written
    into a mandate that holds."""
    rows = session.scalars(
        select(SigningMandate.capacities).where(
            SigningMandate.user_id == actor.user_id, _holds(SigningMandate, today)
        )
    )
    written = {capacity for row in rows for capacity in row}
    rank = Rank[actor.rank] if actor.rank in Rank.__members__ else None
    return frozenset(written | {r.name for r in Rank if rank is not None and r <= rank})


def stand_ins(session: Session, actor: Actor, today: date) -> tuple[StandIn, ...]:
    """Return whose place ``actor`` takes today; a deputy of a deputy takes nobody's place."""
    if actor.user_id is None:
        return ()
    rows = session.execute(
        select(AppUser.id, AppUser.display_name, AppUser.rank, AppUser.unit_key)
        .join(SigningDeputy, SigningDeputy.absent_user_id == AppUser.id)
        .where(SigningDeputy.deputy_user_id == actor.user_id, _holds(SigningDeputy, today))
        .order_by(AppUser.id)
    )
    return tuple(
        StandIn(
            row.display_name, Rank[row.rank], row.unit_key or "", mandate_of(session, row.id, today)
        )
        for row in rows
        if row.rank in Rank.__members__
    )


def appoint_deputy(
    session: Session,
    house: House,
    actor: Actor,
    absent_user_id: int,
    deputy_user_id: int,
    *,
    valid_from: date,
    valid_until: date,
    ground: str,
) -> None:
    """Let one person sign in the place of another while that one is absent, both days inclusive.

    The deputy acts with rank, Sachgebiet and mandate of the absent person; the suffix stays that
    of the deputy's own rank, and training, exclusion and four eyes stay the deputy's own.
    """
    require(actor, Power.UNIT_LEAD)
    problems = []
    if absent_user_id == deputy_user_id:
        problems.append(FieldProblem("deputy", "Niemand vertritt sich selbst."))
    if valid_until < valid_from:
        problems.append(FieldProblem("valid_until", "Das Ende liegt vor dem Beginn."))
    if not ground.strip():
        problems.append(FieldProblem("ground", "Bitte den Anlass nennen (Urlaub, Krankheit …)."))
    if problems:
        raise InvalidInput(problems)
    people = session.scalars(
        select(AppUser).where(AppUser.id.in_([absent_user_id, deputy_user_id]), AppUser.active)
    ).all()
    if len(people) != len({absent_user_id, deputy_user_id}):
        raise NotFound("Diese Person ist nicht im Dienst.")
    for person in people:
        # Who belongs to no unit leads several: no lead of one appoints a deputy for them.
        require(actor, Power.UNIT_LEAD, person.unit_key or "")
    session.execute(
        insert(SigningDeputy).values(
            absent_user_id=absent_user_id,
            deputy_user_id=deputy_user_id,
            valid_from=valid_from,
            valid_until=valid_until,
            ground=ground.strip(),
            appointed_by=actor.user_id,
        )
    )
    audit.record(
        session,
        actor,
        "signing.deputy",
        "app_user",
        absent_user_id,
        now=house.now(),
        facts={"deputy": deputy_user_id, "from": str(valid_from), "until": str(valid_until)},
    )


def exclude(
    session: Session, house: House, actor: Actor, user_id: int, person_id: int, ground: str
) -> None:
    """Record that somebody may not act in the matters of a person (§§ 20, 21 VwVfG NRW).

    Everybody may declare it of themselves; of others a lead decides it (§ 21 Abs. 1).
    """
    if user_id != actor.user_id:
        require(actor, Power.UNIT_LEAD)
    if not ground.strip():
        raise InvalidInput([FieldProblem("ground", "Bitte den Grund nennen (§§ 20, 21 VwVfG).")])
    session.execute(
        upsert(SigningExclusion)
        .values(user_id=user_id, person_id=person_id, ground=ground.strip())
        .on_conflict_do_nothing()
    )
    audit.record(
        session,
        actor,
        "signing.exclude",
        "person",
        person_id,
        now=house.now(),
        facts={"user": user_id},
    )


def exclusion_of(session: Session, actor: Actor, person_id: int) -> str | None:
    """Return why ``actor`` may not act in the matters of the person, or None."""
    if actor.user_id is None:
        return None
    return session.scalar(
        select(SigningExclusion.ground).where(
            SigningExclusion.user_id == actor.user_id, SigningExclusion.person_id == person_id
        )
    )


def _holds(table: type[SigningMandate] | type[SigningDeputy], today: date) -> ColumnElement[bool]:
    until = table.valid_until
    return and_(table.valid_from <= today, or_(until.is_(None), until >= today))

"""Written authority kept by hand: mandates given and ended, absences; all of it audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.documents.befugnisse import mandate_of
from abh.documents.house import House
from abh.documents.tables import SigningDeputy, SigningMandate
from abh.documents.zeichnung_types import Rank
from abh.kernel.errors import FieldProblem, InvalidInput, NotAllowed, NotFound

# What a mandate may let somebody co-sign besides their rank.
CAPACITIES = ("Recht", "Kasse")
# More rows of a unit are history that nobody reads on one page.
SHOWN = 200


def give_mandate(
    session: Session,
    house: House,
    actor: Actor,
    user_id: int,
    *,
    valid_from: date,
    valid_until: date | None = None,
    max_amount: Decimal | None = None,
    capacities: Sequence[str] = (),
) -> int:
    """Give a member of the own unit the authority to sign; returns the id of the mandate.

    Both days inclusive, ``max_amount`` in EUR (None: no limit). Nobody gives it to themselves or
    to a higher rank, nobody gives more than they hold, and capacities are given by who leads all
    units. Raises ``NotAllowed``, ``InvalidInput`` with every fault.
    """
    user = _somebody(session, actor, user_id)
    own = mandate_of(session, actor.user_id, house.today)
    problems = _faults(house, valid_from, valid_until, max_amount, capacities)
    limit = own.max_amount if own is not None else None
    if limit is not None and (max_amount is None or max_amount > limit):
        text = f"Mehr als die eigene Grenze ({limit} EUR) lässt sich nicht weitergeben."
        problems.append(FieldProblem("max_amount", text))
    if problems:
        raise InvalidInput(problems)
    if capacities:
        require(actor, Power.ALL_UNITS)
    row = SigningMandate(
        user_id=user.id,
        valid_from=valid_from,
        valid_until=valid_until,
        max_amount=max_amount,
        capacities=list(capacities),
    )
    session.add(row)
    session.flush()
    facts = {
        "from": str(valid_from),
        "until": str(valid_until or ""),
        "amount": str(max_amount or ""),
        "capacities": list(capacities),
    }
    _note(session, house, actor, "signing.mandate", user.id, facts)
    return row.id


def end_mandate(session: Session, house: House, actor: Actor, mandate_id: int) -> None:
    """End a mandate at once; one that began no earlier than today is taken back altogether."""
    row = session.scalar(
        select(SigningMandate).where(SigningMandate.id == mandate_id).with_for_update()
    )
    if row is None:
        raise NotFound("Diese Zeichnungsbefugnis gibt es nicht.")
    _somebody(session, actor, row.user_id)
    facts = {"from": str(row.valid_from), "until": str(house.today)}
    _end_before_today(session, house, row)
    _note(session, house, actor, "signing.mandate_end", row.user_id, facts)


def end_deputy(session: Session, house: House, actor: Actor, deputy_id: int) -> None:
    """End a deputyship because the absent person is back; from today on it counts no more."""
    require(actor, Power.UNIT_LEAD)
    row = session.scalar(
        select(SigningDeputy).where(SigningDeputy.id == deputy_id).with_for_update()
    )
    if row is None:
        raise NotFound("Diese Vertretung gibt es nicht.")
    absent = session.get_one(AppUser, row.absent_user_id)
    require(actor, Power.UNIT_LEAD, absent.unit_key or "")
    facts = {"deputy": row.deputy_user_id, "from": str(row.valid_from), "until": str(house.today)}
    _end_before_today(session, house, row)
    _note(session, house, actor, "signing.deputy_end", row.absent_user_id, facts)


def _end_before_today(session: Session, house: House, row: SigningMandate | SigningDeputy) -> None:
    yesterday = house.today - timedelta(days=1)
    if row.valid_from > yesterday:
        # It never counted for a day that is over; what was signed in it keeps its audit entry.
        session.delete(row)
    elif row.valid_until is None or row.valid_until > yesterday:
        row.valid_until = yesterday
    session.flush()


def mandates(session: Session, unit_key: str, *, house_wide: bool = False) -> list[dict[str, Any]]:
    """Return the mandates of a unit's active staff, by name, the newest first.

    ``house_wide`` adds those who belong to no unit (heads of division and office).
    """
    rows = session.execute(
        select(
            SigningMandate.id, SigningMandate.valid_from, SigningMandate.valid_until,
            SigningMandate.max_amount, SigningMandate.capacities, SigningMandate.user_id,
            AppUser.display_name.label("name"), AppUser.rank,
        )
        .join(AppUser, AppUser.id == SigningMandate.user_id)
        .where(_of_unit(AppUser.unit_key, unit_key, house_wide), AppUser.active)
        .order_by(AppUser.display_name, SigningMandate.valid_from.desc())
        .limit(SHOWN)
    ).mappings()  # fmt: skip
    return [dict(row) for row in rows]


def deputies(
    session: Session, unit_key: str, since: date, *, house_wide: bool = False
) -> list[dict[str, Any]]:
    """Return who stands in for whom of a unit, those that ended before ``since`` left out."""
    absent, deputy = aliased(AppUser), aliased(AppUser)
    rows = session.execute(
        select(
            SigningDeputy.id, SigningDeputy.valid_from, SigningDeputy.valid_until,
            SigningDeputy.ground, absent.display_name.label("absent"),
            deputy.display_name.label("deputy"),
        )
        .join(absent, absent.id == SigningDeputy.absent_user_id)
        .join(deputy, deputy.id == SigningDeputy.deputy_user_id)
        .where(_of_unit(absent.unit_key, unit_key, house_wide), SigningDeputy.valid_until >= since)
        .order_by(SigningDeputy.valid_from, SigningDeputy.id)
        .limit(SHOWN)
    ).mappings()  # fmt: skip
    return [dict(row) for row in rows]


def people(session: Session, unit_key: str, *, house_wide: bool = False) -> list[tuple[int, str]]:
    """Return id and name of the active staff of a unit, by name."""
    rows = session.execute(
        select(AppUser.id, AppUser.display_name)
        .where(
            _of_unit(AppUser.unit_key, unit_key, house_wide),
            AppUser.active,
            AppUser.role.in_(("clerk", "lead")),
        )
        .order_by(AppUser.display_name)
        .limit(SHOWN)
    )
    return [(row.id, row.display_name) for row in rows]


def _of_unit(column: Any, unit_key: str, house_wide: bool) -> ColumnElement[bool]:
    own: ColumnElement[bool] = column == unit_key
    return or_(own, column.is_(None)) if house_wide else own


def _somebody(session: Session, actor: Actor, user_id: int) -> AppUser:
    """Return a person whose authority ``actor`` may change; never one's own or a superior's."""
    user = session.get(AppUser, user_id)
    if user is None or not user.active or user.role not in ("clerk", "lead"):
        raise NotFound("Diese Person ist nicht im Dienst.")
    # Who belongs to no unit leads several; only who leads all of them may change that.
    require(actor, Power.UNIT_LEAD, user.unit_key or "")
    if user.id == actor.user_id:
        raise NotAllowed("Die eigene Zeichnungsbefugnis ändert, wer über Ihnen steht.")
    own, theirs = Rank.__members__.get(actor.rank), Rank.__members__.get(user.rank)
    if own is None or (theirs is not None and theirs > own):
        raise NotAllowed("Einem höheren Rang können Sie keine Zeichnungsbefugnis geben.")
    return user


def _faults(
    house: House,
    valid_from: date,
    valid_until: date | None,
    max_amount: Decimal | None,
    capacities: Sequence[str],
) -> list[FieldProblem]:
    problems = []
    if valid_from < house.today:
        text = "Eine Befugnis beginnt frühestens heute; sie heilt keine frühere Unterschrift."
        problems.append(FieldProblem("valid_from", text))
    if valid_until is not None and valid_until < valid_from:
        problems.append(FieldProblem("valid_until", "Das Ende liegt vor dem Beginn."))
    if max_amount is not None and not 0 < max_amount < 10**10:
        problems.append(FieldProblem("max_amount", "Bitte einen Betrag über 0 EUR angeben."))
    if set(capacities) - set(CAPACITIES):
        problems.append(FieldProblem("capacities", "Diese Mitzeichnung gibt es nicht."))
    return problems


def _note(
    session: Session, house: House, actor: Actor, action: str, user_id: int, facts: dict[str, Any]
) -> None:
    audit.record(session, actor, action, "app_user", user_id, now=house.now(), facts=facts)

"""Reading and writing the office's rows: upserts by natural key, never by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    and_,
    cast,
    column,
    delete,
    exists,
    func,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser, UserSession
from abh.office.tables import (
    Closure,
    Desk,
    OfficeProfile,
    Printer,
    Qualification,
    Sachgebiet,
    Service,
)

# Rooms beside and above this one own these tables; here they are only counted and looked up, and
# an import would turn the house upside down.
_vorgang = table("vorgang", column("owner_id", BigInteger), column("closed_at"))
_absence = table(
    "absence",
    column("user_id", BigInteger),
    column("first_day"),
    column("last_day"),
    column("ended_at"),
)
_household = table("household", column("id", BigInteger), column("owner_id", BigInteger))

# Nobody can log in with it: it is no argon2 hash. Accounts get their password by access.service.
NO_PASSWORD = "!"  # noqa: S105


def _upsert(session: Session, model: Any, key: Sequence[str], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(model)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows)


def save_units(session: Session, units: Sequence[Mapping[str, Any]]) -> None:
    """Write the Sachgebiete by key."""
    names = ("key", "name", "central", "verfahren", "room", "email", "phone")
    _upsert(session, Sachgebiet, ["key"], [{n: unit[n] for n in names} for unit in units])


def save_printers(session: Session, printers: Sequence[Mapping[str, Any]]) -> None:
    """Write the printers by key."""
    _upsert(session, Printer, ["key"], [dict(printer) for printer in printers])


def save_desks(session: Session, desks: Sequence[Mapping[str, Any]]) -> None:
    """Write the desks by key; printers must be there already."""
    printers = dict(session.execute(select(Printer.key, Printer.id)).all())
    rows = [
        {
            "key": desk["key"],
            "name": desk["name"],
            "unit_key": desk["unit"],
            "room": desk["room"],
            "equipment": desk["equipment"],
            "printer_id": printers[desk["printer"]] if desk["printer"] else None,
        }
        for desk in desks
    ]
    _upsert(session, Desk, ["key"], rows)


def save_services(session: Session, services: Sequence[Mapping[str, Any]]) -> None:
    """Write the services by key."""
    _upsert(session, Service, ["key"], [dict(service) for service in services])


def replace_closures(session: Session, closures: Sequence[Mapping[str, Any]]) -> None:
    """Make the closing days of the file those of the house, beside those closed by hand."""
    session.execute(delete(Closure).where(Closure.by_hand.is_(False)))
    rows = [{"day": c["day"], "unit_key": c["unit"], "reason": c["reason"]} for c in closures]
    if rows:
        session.execute(insert(Closure).on_conflict_do_nothing(), rows)


def save_staff(session: Session, staff: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Write the accounts by login; the password of an account that exists is never touched."""
    rows = [
        {
            "login": person["login"],
            "display_name": person["name"],
            "password_hash": NO_PASSWORD,
            "role": person["role"],
            "rank": person["rank"],
            "in_training": person["in_training"],
            "powers": sorted(
                ROLE_POWERS[person["role"]] if person["powers"] is None else person["powers"]
            ),
            "unit_key": person["unit"],
            "email": person["email"],
            "active": True,
            "created_at": now,
        }
        for person in staff
    ]
    statement = insert(AppUser)
    kept = ("login", "password_hash", "created_at")
    changed: dict[str, Any] = {
        name: statement.excluded[name] for name in rows[0] if name not in kept
    }
    # What the technician closed or gave by hand is not undone by a file written before.
    changed["active"] = AppUser.closed_at.is_(None)
    changed["powers"] = literal_column(
        "ARRAY(SELECT DISTINCT unnest(excluded.powers || app_user.extra_powers) ORDER BY 1)"
    )
    _end_sessions_of_changed(session, rows, now)
    session.execute(statement.on_conflict_do_update(index_elements=["login"], set_=changed), rows)


def _end_sessions_of_changed(
    session: Session, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """End the sessions of those who get other powers: a session keeps what it was opened for."""
    wanted = {row["login"]: row for row in rows}
    known = session.scalars(select(AppUser).where(AppUser.login.in_(wanted))).all()
    changed = [
        user.id
        for user in known
        if (user.role, user.rank, user.unit_key, set(user.powers) - set(user.extra_powers))
        != (
            *(wanted[user.login][name] for name in ("role", "rank", "unit_key")),
            set(wanted[user.login]["powers"]) - set(user.extra_powers),
        )
    ]
    session.execute(
        update(UserSession)
        .where(UserSession.user_id.in_(changed), UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def employers_among(session: Session, logins: Sequence[str]) -> list[str]:
    """Return those of ``logins`` that are accounts of companies."""
    query = select(AppUser.login).where(AppUser.login.in_(logins), AppUser.role == "employer")
    return sorted(session.scalars(query))


def close_accounts(session: Session, logins: Sequence[str]) -> list[str]:
    """Close the accounts of people who left; returns the logins that were open."""
    closed = session.scalars(
        update(AppUser)
        .where(AppUser.login.in_(logins), AppUser.active)
        .values(active=False)
        .returning(AppUser.login)
    )
    return sorted(closed)


def replace_qualifications(session: Session, staff: Sequence[Mapping[str, Any]]) -> None:
    """Make the qualifications of the people in the file those of the file."""
    logins = [person["login"] for person in staff]
    query = select(AppUser.login, AppUser.id).where(AppUser.login.in_(logins))
    ids = dict(session.execute(query).all())
    session.execute(delete(Qualification).where(Qualification.user_id.in_(ids.values())))
    rows = [
        {"user_id": ids[person["login"]], "verfahren": name, "level": level}
        for person in staff
        for level in ("trained", "training")
        for name in person[level]
    ]
    if rows:
        session.execute(insert(Qualification), rows)


def latest_profile(session: Session) -> OfficeProfile | None:
    """Return the newest imported profile."""
    return session.scalars(select(OfficeProfile).order_by(OfficeProfile.id.desc()).limit(1)).first()


def left_over(session: Session, data: Mapping[str, Any]) -> list[str]:
    """Return what is in the database but no longer in the file, as sentences for people."""
    sections = (
        ("Sachgebiet", Sachgebiet.key, "units"),
        ("Platz", Desk.key, "desks"),
        ("Drucker", Printer.key, "printers"),
        ("Leistung", Service.key, "services"),
    )
    found = []
    for what, key, section in sections:
        named = {row["key"] for row in data[section]}
        for name in session.scalars(select(key).order_by(key)):
            if name not in named:
                found.append(f"{what} {name} steht nicht mehr in der Datei, bleibt aber bestehen")
    return found


def household_owner(session: Session, household_id: int) -> int | None:
    """Return the clerk of a household, if there is one who still works here."""
    query = (
        select(_household.c.owner_id)
        .join(AppUser, AppUser.id == _household.c.owner_id)
        .where(_household.c.id == household_id, AppUser.active)
    )
    return session.scalars(query).first()


def trained_with_fewest_cases(
    session: Session,
    unit_key: str,
    verfahren: str,
    *,
    on: date | None = None,
    but: int | None = None,
) -> int | None:
    """Return the trained clerk of the unit with the fewest open cases; ties by login.

    Who is away ``on`` that day comes last, because a case given to them would lie; ``but`` is left
    out.
    """
    load = func.count(_vorgang.c.owner_id)
    day = cast(on, Date)
    away = exists().where(
        _absence.c.user_id == AppUser.id,
        _absence.c.first_day <= day,
        _absence.c.last_day >= day,
        _absence.c.ended_at.is_(None),
    )
    query = (
        select(AppUser.id)
        .join(
            Qualification,
            and_(Qualification.user_id == AppUser.id, Qualification.verfahren == verfahren),
        )
        .outerjoin(
            _vorgang, and_(_vorgang.c.owner_id == AppUser.id, _vorgang.c.closed_at.is_(None))
        )
        .where(
            AppUser.unit_key == unit_key,
            AppUser.role == "clerk",
            AppUser.active,
            Qualification.level == "trained",
            AppUser.id.is_distinct_from(but),
        )
        .group_by(AppUser.id, AppUser.login)
        .order_by(away, load, AppUser.login)
        .limit(1)
    )
    return session.scalars(query).first()


def lead_of(session: Session, unit_key: str) -> int | None:
    """Return the lead of a unit."""
    query = (
        select(AppUser.id)
        .where(AppUser.unit_key == unit_key, AppUser.role == "lead", AppUser.active)
        .order_by(AppUser.login)
        .limit(1)
    )
    return session.scalars(query).first()


def unit_of_verfahren(session: Session, verfahren: str) -> str | None:
    """Return the unit that owns a Verfahren."""
    query = (
        select(Sachgebiet.key)
        .where(Sachgebiet.verfahren.contains([verfahren]))
        .order_by(Sachgebiet.key)
        .limit(1)
    )
    return session.scalars(query).first()

"""Bulk acts of a supervisor: preview of the count, a pause to undo, a result for each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.kernel.clock import Clock, today
from abh.kernel.errors import (
    Conflict,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from abh.office import service as office
from abh.outbox import sammellauf
from abh.persons.tables import Person
from abh.post import claims, sammeltaten
from abh.post.regeln import rules
from abh.post.sammeltaten import LETTERS_AT_ONCE, WITH_LETTER, Params, Turn
from abh.post.tables import PostBulk, PostBulkRow, PostBundle, PostItem
from abh.post.zaehler import Count
from abh.post.zugang import known_classes

ACTS: Mapping[str, str] = {
    "assign": "jemandem zuweisen",
    "close": "mit einer Antwort oder einem Grund abschließen",
    "follow_up": "auf Wiedervorlage legen",
    "acknowledge": "Eingang mit Brief N01b bestätigen",
    "ask_missing": "fehlende Unterlagen nachfordern (N02)",
    "answer": "Auskunft zum Stand entwerfen (N03)",
    "move": "an ein anderes Sachgebiet abgeben",
}
MOST_BUNDLES = 5_000
MOST_ROWS = 200
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """Which open bundles of a unit: all that fit; None or False for what does not matter."""

    topic: str | None = None
    band: int | None = None
    older_than: int | None = None
    inquiries_only: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A bulk act with its rows: what was done, what was passed over and why."""

    bulk: PostBulk
    counts: sammellauf.Counts
    rows: list[dict[str, Any]]


def _wanted(actor: Actor, unit_key: str, choice: Choice, day: date) -> Any:
    query = select(PostBundle.id).where(
        PostBundle.unit_key == unit_key,
        PostBundle.closed_at.is_(None),
        PostBundle.claimed_by.is_(None),
        PostBundle.access_class.in_(known_classes(actor, unit_key)),
    )
    if choice.topic is not None:
        query = query.where(PostBundle.topic == choice.topic)
    if choice.band is not None:
        query = query.where(PostBundle.band == choice.band)
    if choice.older_than is not None:
        query = query.where(PostBundle.oldest_on < day - timedelta(days=choice.older_than))
    if choice.inquiries_only:
        query = query.where(PostBundle.inquiries == PostBundle.items)
    return query


def preview(
    session: Session, actor: Actor, unit_key: str, choice: Choice, *, clock: Clock
) -> Count:
    """Return how many items and persons a bulk act would reach; numbers only."""
    require(actor, Power.UNIT_LEAD, unit_key)
    wanted = _wanted(actor, unit_key, choice, today(clock)).with_only_columns(
        func.coalesce(func.sum(PostBundle.items), 0),
        func.coalesce(func.sum(PostBundle.persons), 0),
    )
    items, persons = session.execute(wanted).one()
    return Count(int(items), int(persons))


def first(
    session: Session, actor: Actor, unit_key: str, choice: Choice, *, clock: Clock
) -> list[dict[str, Any]]:
    """Return who comes first among those a bulk act would reach, at most 20, most harm first.

    The caller records the look. Raises ``NotAllowed``.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    sender = (
        select(func.max(PostItem.sender))
        .where(PostItem.bundle_id == PostBundle.id, PostItem.done_at.is_(None))
        .scalar_subquery()
    )
    wanted = (
        _wanted(actor, unit_key, choice, today(clock))
        .outerjoin(Person, Person.id == PostBundle.person_id)
        .with_only_columns(
            PostBundle.id,
            PostBundle.items,
            PostBundle.oldest_on,
            PostBundle.topic,
            PostBundle.harm,
            func.coalesce(Person.given_names + " " + Person.family_name, "").label("person"),
            sender.label("sender"),
        )
        .order_by(PostBundle.priority.desc(), PostBundle.id)
        .limit(MOST_SHOWN)
    )
    return [dict(row) for row in session.execute(wanted).mappings()]


def order(
    session: Session,
    actor: Actor,
    unit_key: str,
    act: str,
    choice: Choice,
    params: Params,
    *,
    expected: int,
    clock: Clock,
) -> PostBulk:
    """Order an act on all bundles of a choice; it is carried out when the time to undo is over.

    ``expected`` are the persons of the preview: more or fewer meanwhile is a ``Conflict``. Raises
    ``InvalidInput`` for what the act lacks, ``NotAllowed`` for who does not lead the unit.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    _check(session, unit_key, act, params, today(clock))
    if actor.user_id is None:
        raise NotAllowed("Nur Personen können Sammelvorgänge anordnen.")
    found = preview(session, actor, unit_key, choice, clock=clock)
    if found.persons != expected:
        raise Conflict(f"Inzwischen sind es {found.persons} Personen; bitte noch einmal ansehen.")
    ids = list(
        session.scalars(
            _wanted(actor, unit_key, choice, today(clock))
            .order_by(PostBundle.priority.desc(), PostBundle.id)
            .limit(MOST_BUNDLES)
        )
    )
    if not ids:
        raise InvalidInput([FieldProblem("act", "Auf diese Auswahl passt nichts.")])
    bulk = PostBulk(
        unit_key=unit_key,
        act=act,
        params=asdict(params),
        ordered_by=actor.user_id,
        ordered_at=clock.now(),
        run_at=clock.now() + rules().undo,
    )
    session.add(bulk)
    session.flush()
    session.execute(insert(PostBulkRow), [{"bulk_id": bulk.id, "bundle_id": one} for one in ids])
    _log(session, actor, "post.bulk", bulk.id, clock, act=act, count=len(ids))
    return bulk


def _check(session: Session, unit_key: str, act: str, params: Params, day: date) -> None:
    problems = []
    if act not in ACTS:
        problems.append(FieldProblem("act", "Bitte aus der Liste wählen."))
    if act == "assign":
        claims.check_colleague(session, unit_key, params.user or 0)
    said = params.answer.strip() or len(params.reason.strip()) >= claims.SHORTEST_REASON
    if act == "close" and not said:
        problems.append(
            FieldProblem("answer", "Bitte die Antwort angeben, oder den Grund, warum keine.")
        )
    if act == "move":
        if len(params.reason.strip()) < claims.SHORTEST_REASON:
            problems.append(FieldProblem("reason", "Bitte den Grund in Worten angeben."))
        if params.unit == unit_key or not any(u.key == params.unit for u in office.units(session)):
            problems.append(FieldProblem("unit", "Bitte ein anderes Sachgebiet wählen."))
    if act == "follow_up":
        try:
            ahead = (date.fromisoformat(params.until) - day).days
        except ValueError:
            ahead = 0
        if not 0 < ahead <= 90:
            text_ = "Die Wiedervorlage liegt 1 bis 90 Tage voraus."
            problems.append(FieldProblem("until", text_))
    if problems:
        raise InvalidInput(problems)


def undo(session: Session, actor: Actor, bulk_id: int, *, clock: Clock) -> None:
    """Take a bulk act back before any of it was carried out; ``Conflict`` afterwards."""
    bulk = _bulk(session, actor, bulk_id)
    sammellauf.take_back(session, PostBulk, bulk.id, clock.now())
    _log(session, actor, "post.bulk_undo", bulk_id, clock)


def result(session: Session, actor: Actor, bulk_id: int) -> Result:
    """Return a bulk act with at most 200 of its rows, those passed over first."""
    bulk = _bulk(session, actor, bulk_id)
    rows = session.execute(
        text(
            "SELECT r.bundle_id, r.outcome, r.detail, b.items, b.oldest_on,"
            " coalesce(p.given_names || ' ' || p.family_name,"
            " (SELECT max(i.sender) FROM post_item i WHERE i.bundle_id = b.id), '') AS person"
            " FROM post_bulk_row r JOIN post_bundle b ON b.id = r.bundle_id"
            " LEFT JOIN person p ON p.id = b.person_id WHERE r.bulk_id = :id"
            " ORDER BY r.outcome <> 'skipped', r.bundle_id LIMIT :most"
        ),
        {"id": bulk_id, "most": MOST_ROWS},
    ).mappings()
    counts = sammellauf.counts(session, PostBulkRow, PostBulkRow.bulk_id, bulk_id)
    return Result(bulk, counts, [dict(row) for row in rows])


def _bulk(session: Session, actor: Actor, bulk_id: int) -> PostBulk:
    bulk = session.get(PostBulk, bulk_id)
    if bulk is None:
        raise NotFound("Diesen Sammelvorgang gibt es nicht.")
    require(actor, Power.UNIT_LEAD, bulk.unit_key)
    return bulk


def carry_out(session: Session, clock: Clock, limit: int) -> int:
    """Carry out up to ``limit`` rows of acts whose time to undo is over; returns how many."""
    bulk = sammellauf.next_due(session, PostBulk, clock.now())
    if bulk is None:
        return 0
    limit = min(limit, LETTERS_AT_ONCE) if bulk.act in WITH_LETTER else limit
    rows = session.scalars(
        select(PostBulkRow)
        .where(PostBulkRow.bulk_id == bulk.id, PostBulkRow.outcome == "")
        .order_by(PostBulkRow.bundle_id)
        .limit(limit)
    ).all()
    actor = actor_of_user(session.get_one(AppUser, bulk.ordered_by))
    params = Params(**bulk.params)
    sammellauf.carry_out_rows(
        session,
        rows,
        lambda row: sammeltaten.carry_out(Turn(session, actor, bulk, row.bundle_id, params, clock)),
    )
    if len(rows) < limit:
        bulk.done_at = clock.now()
        _log(session, SYSTEM, "post.bulk_done", bulk.id, clock, act=bulk.act)
    return len(rows)


def _log(
    session: Session, actor: Actor, action: str, bulk_id: int, clock: Clock, **facts: Any
) -> None:
    audit.record(session, actor, action, "post_bulk", bulk_id, now=clock.now(), facts=facts)

"""Weights of the rank: those of the file, and those that somebody put into force from a day on.

They are simulated before they apply: who rises, who falls, and what harm comes overdue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.clock import Clock, today
from abh.kernel.errors import (
    ConfigurationError,
    Conflict,
    FieldProblem,
    InvalidInput,
)
from abh.post import regeln, triage
from abh.post.tables_plan import PostWeights
from abh.post.triage import PARTS, HarmDays, Weights
from abh.post.zaehler import FLOW
from abh.post.zugang import known_classes

MOST_SHOWN = 10
MOST_COMPARED = 50_000
SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a comparison needs of a bundle; ``name`` is shown to who may see it."""

    bundle_id: int
    harm: HarmDays
    oldest_on: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A bundle whose place changes, counted from 1, with the sentence of its new rank."""

    bundle_id: int
    name: str
    before: int
    after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What other weights do today: how many move, the largest rises and falls, and the days that
    harm would be overdue in all if the pile were worked off in this order."""

    compared: int
    moved: int
    risers: tuple[Shift, ...]
    fallers: tuple[Shift, ...]
    overdue_before: int
    overdue_after: int


def compare(
    rows: Sequence[Waiting], old: Weights, new: Weights, on: date, per_day: float
) -> Effect:
    """Return the effect of ``new`` instead of ``old`` on ``on`` (pure).

    ``per_day`` is how many bundles are done on a day; a bundle that lies past its harm when its
    turn comes counts the days from the harm (or from ``on``) to its turn.
    """
    (ranks_old, order_old), (ranks_new, order_new) = (_ordered(rows, one, on) for one in (old, new))
    before = {row.bundle_id: n for n, row in enumerate(order_old, 1)}
    after = {row.bundle_id: n for n, row in enumerate(order_new, 1)}
    shifts = [
        Shift(
            row.bundle_id,
            row.name,
            before[row.bundle_id],
            after[row.bundle_id],
            ranks_new[row.bundle_id].reason,
        )
        for row in rows
    ]
    by_gain = sorted(shifts, key=lambda s: (s.after - s.before, s.bundle_id))
    return Effect(
        compared=len(rows),
        moved=sum(1 for s in shifts if s.before != s.after),
        risers=tuple(s for s in by_gain[:MOST_SHOWN] if s.after < s.before),
        fallers=tuple(s for s in reversed(by_gain[-MOST_SHOWN:]) if s.after > s.before),
        overdue_before=_overdue(order_old, on, per_day),
        overdue_after=_overdue(order_new, on, per_day),
    )


def _ordered(
    rows: Sequence[Waiting], weights: Weights, on: date
) -> tuple[dict[int, triage.Rank], list[Waiting]]:
    ranks = {row.bundle_id: triage.rank(row.harm, row.oldest_on, weights, on) for row in rows}
    order = sorted(rows, key=lambda row: (-ranks[row.bundle_id].priority, row.bundle_id))
    return ranks, order


def _overdue(order: Sequence[Waiting], on: date, per_day: float) -> int:
    total = 0
    for n, row in enumerate(order):
        days = [day for name in PARTS if (day := getattr(row.harm, name)) is not None]
        if days:
            turn = on + timedelta(days=int(n / per_day))
            total += max(0, (turn - max(on, min(days))).days)
    return total


def in_force(session: Session, on: date) -> Weights:
    """Return the weights in force on a day: the newest of file and orders, an order on a tie."""
    from_file = regeln.rules().on(on)
    row = session.scalars(
        select(PostWeights)
        .where(PostWeights.valid_from <= on)
        .order_by(PostWeights.valid_from.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.valid_from < from_file.valid_from:
        return from_file
    return weights_of(row.weights, row.valid_from)


def next_change(session: Session, on: date) -> date | None:
    """Return the next day on which other weights come into force, None for never."""
    ordered = session.scalar(
        select(PostWeights.valid_from)
        .where(PostWeights.valid_from > on)
        .order_by(PostWeights.valid_from)
        .limit(1)
    )
    days = [day for day in (ordered, regeln.rules().next_version(on)) if day is not None]
    return min(days, default=None)


def weights_of(raw: Mapping[str, Any], valid_from: date) -> Weights:
    """Return checked weights from the form of the file; raises ``InvalidInput``."""
    whole = {
        "gewichte": [{**raw, "ab": valid_from}],
        "anspruch_minuten": 1,
        "ruecknahme_sekunden": 10,
    }
    try:
        return regeln.read(whole, "gewichte").weights[0]
    except ConfigurationError as error:
        problems = [FieldProblem("weights", reason.text) for reason in error.reasons]
        raise InvalidInput(problems) from error


def raw_of(weights: Weights) -> dict[str, Any]:
    """Return weights in the form of the file, without their day."""
    found: dict[str, Any] = {
        name: {"punkte": one.points, "tage": one.days, "vorbei": one.over}
        for name, one in weights.parts.items()
    }
    bands = {"akut": weights.acute, "bald": weights.soon}
    return {**found, "warten": weights.waiting, "stufen": bands}


def digest(raw: Mapping[str, Any], valid_from: date) -> str:
    """Return the mark of what was simulated; an order must carry the same."""
    text_ = json.dumps([raw, valid_from.isoformat()], sort_keys=True)
    return hashlib.sha256(text_.encode()).hexdigest()[:16]


_OPEN = text(
    """
SELECT b.id, b.harm, b.oldest_on,
       coalesce(p.given_names || ' ' || p.family_name, '') AS name
  FROM post_bundle b LEFT JOIN person p ON p.id = b.person_id
 WHERE b.unit_key = :unit AND b.closed_at IS NULL AND b.access_class = ANY(:classes)
 ORDER BY b.id LIMIT :most
"""
)
_PER_DAY = text(
    "SELECT coalesce(sum(persons), 0) FROM post_tally WHERE unit_key = :unit AND what = 'aus'"
    " AND on_day > :since AND access_class = ANY(:classes)"
)


def simulate(
    session: Session,
    actor: Actor,
    unit_key: str,
    raw: Mapping[str, Any],
    valid_from: date,
    *,
    clock: Clock,
) -> Effect:
    """Return what weights would change in a unit's pile today; nothing is written.

    The caller records the look at the names. Raises ``InvalidInput``, ``NotAllowed``.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    new, day = weights_of(raw, valid_from), today(clock)
    params = {"unit": unit_key, "classes": known_classes(actor, unit_key), "most": MOST_COMPARED}
    rows = [
        Waiting(
            row.id,
            HarmDays(**{key: date.fromisoformat(value) for key, value in row.harm.items()}),
            row.oldest_on,
            row.name,
        )
        for row in session.execute(_OPEN, params)
    ]
    done = session.execute(_PER_DAY, params | {"since": day - FLOW}).scalar_one()
    return compare(rows, in_force(session, day), new, day, max(1.0, int(done) / FLOW.days))


def order(
    session: Session,
    actor: Actor,
    unit_key: str,
    raw: Mapping[str, Any],
    valid_from: date,
    reason: str,
    *,
    simulated: str,
    clock: Clock,
) -> PostWeights:
    """Put weights into force for the whole office from a day ahead; needs the power of all units.

    ``simulated`` is the ``digest`` of what was simulated before, else ``Conflict``. The effect on
    ``unit_key`` is kept with it, and every open bundle is ranked anew on that day.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    require(actor, Power.ALL_UNITS)
    problems = []
    if valid_from <= today(clock):
        problems.append(FieldProblem("valid_from", "Gewichte gelten frühestens ab morgen."))
    if len(reason.strip()) < SHORTEST_REASON:
        problems.append(FieldProblem("reason", "Bitte begründen Sie das in einem Satz."))
    if problems:
        raise InvalidInput(problems)
    if simulated != digest(raw, valid_from):
        raise Conflict("Diese Gewichte wurden noch nicht durchgerechnet.")
    effect = simulate(session, actor, unit_key, raw, valid_from, clock=clock)
    kept = {
        name: value for name, value in asdict(effect).items() if name not in ("risers", "fallers")
    }
    known = select(PostWeights.id).where(PostWeights.valid_from == valid_from)
    if session.scalars(known).first() is not None:
        raise Conflict("Für diesen Tag sind schon Gewichte angeordnet.")
    row = PostWeights(
        valid_from=valid_from,
        weights=dict(raw),
        reason=reason.strip(),
        effect={"unit": unit_key, **kept},
        ordered_by=actor.user_id or 0,
        ordered_at=clock.now(),
    )
    session.add(row)
    session.execute(
        text(
            "UPDATE post_bundle SET rescore_on = :day"
            " WHERE closed_at IS NULL AND (rescore_on IS NULL OR rescore_on > :day)"
        ),
        {"day": valid_from},
    )
    session.flush()
    audit.record(
        session, actor, "post.weights", "post_weights", row.id, now=clock.now(),
        facts={"from": valid_from.isoformat(), "reason": row.reason, **row.effect},
    )  # fmt: skip
    return row


def ordered(session: Session) -> list[PostWeights]:
    """Return the orders, newest first, at most 20."""
    query = select(PostWeights).order_by(PostWeights.valid_from.desc()).limit(20)
    return list(session.scalars(query))

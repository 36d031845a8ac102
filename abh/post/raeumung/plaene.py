"""Clearance plans of the office: computed, compared, accepted into the roster, tracked, renewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.appointments import postzeit
from abh.appointments.planning import Hit
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.post.raeumung import lage, rechnung
from abh.post.raeumung.modell import APPOINTMENTS, BLOCK_MINUTES, FIRMS, Task, UnitPlan, sentences
from abh.post.tables_plan import PostPlan
from abh.post.zugang import known_classes

MOST_PLANS = 20
LONGEST_NAME = 80
DRAFT, PROPOSAL, ACCEPTED, REPLACED, WITHDRAWN = (
    "draft", "proposal", "accepted", "replaced", "withdrawn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked: a name, the units, ``target`` the day by which nothing lies open (None: the
    earliest there is), and the percent of minutes that stay for appointments and firms."""

    name: str
    units: tuple[str, ...]
    target: date | None
    floor_appointments: int
    floor_firms: int


@dataclass(frozen=True, slots=True)
class WeekTrack:
    """The end of a week: items open by plan, and in truth (None while it is ahead)."""

    last_day: date
    planned: int
    actual: int | None


def compute(session: Session, actor: Actor, wish: Wish, *, clock: Clock) -> PostPlan:
    """Compute a plan and keep it as a draft; nothing in the roster changes.

    Raises ``NotAllowed`` for who does not lead all the units, ``InvalidInput`` for a day that is
    not within the roster. A plan that cannot be is kept too, and says what is missing.
    """
    _check(session, actor, wish, clock)
    if actor.user_id is None:
        raise NotAllowed("Nur Personen können Pläne rechnen lassen.")
    plan = _computed(session, actor, wish, DRAFT, clock)
    _log(session, actor, "post.plan", plan, clock)
    return plan


def _check(session: Session, actor: Actor, wish: Wish, clock: Clock) -> None:
    problems = []
    if not wish.units:
        problems.append(FieldProblem("units", "Bitte mindestens ein Sachgebiet wählen."))
    if not 1 <= len(wish.name.strip()) <= LONGEST_NAME:
        problems.append(FieldProblem("name", f"Bitte 1 bis {LONGEST_NAME} Zeichen angeben."))
    for field, value in (
        ("floor_appointments", wish.floor_appointments),
        ("floor_firms", wish.floor_firms),
    ):
        if not 0 <= value <= 100:
            problems.append(FieldProblem(field, "Bitte 0 bis 100 Prozent angeben."))
    first = lage.first_monday(today(clock))
    sunday = first + timedelta(days=6)
    if wish.target is not None and wish.target < sunday:
        text_ = f"Der erste Sonntag, den ein Plan erreichen kann, ist der {sunday:%d.%m.%Y}."
        problems.append(FieldProblem("target", text_))
    if problems:
        raise InvalidInput(problems)
    for unit in wish.units:
        require(actor, Power.UNIT_LEAD, unit)


def _computed(
    session: Session, actor: Actor, wish: Wish, state: str, clock: Clock, renews: int | None = None
) -> PostPlan:
    floors = {APPOINTMENTS: wish.floor_appointments, FIRMS: wish.floor_firms}
    begin = lage.start(session, actor, wish.units, floors=floors, clock=clock)
    if begin.weeks == 0:
        text_ = "Für diese Sachgebiete reicht der Dienstplan keine Woche voraus."
        raise InvalidInput([FieldProblem("units", text_)])
    if wish.target is not None and wish.target > begin.until:
        text_ = f"Der Dienstplan reicht nur bis zum {begin.until:%d.%m.%Y}."
        raise InvalidInput([FieldProblem("target", text_)])
    last = (wish.target - begin.first).days + 1 if wish.target else 0
    found = [
        rechnung.earliest(task) if wish.target is None else rechnung.by_date(task, last // 7 - 1)
        for task in begin.tasks
    ]
    plan = PostPlan(
        name=wish.name.strip(),
        units=list(wish.units),
        classes={unit: known_classes(actor, unit) for unit in wish.units},
        target=wish.target,
        floor_appointments=wish.floor_appointments,
        floor_firms=wish.floor_firms,
        state=state,
        ordered_by=actor.user_id or 0,
        computed_at=clock.now(),
        first_week=begin.first,
        weeks=begin.weeks,
        result=_result(begin, found, wish.target),
        renews=renews,
    )
    session.add(plan)
    session.flush()
    return plan


def _result(begin: lage.Start, found: Sequence[UnitPlan], target: date | None) -> dict[str, Any]:
    return {
        "units": [_unit(task, plan, target) for task, plan in zip(begin.tasks, found, strict=True)],
        "minutes": {kind: round(minutes, 1) for kind, minutes in begin.minutes.items()},
        "measured": sorted(begin.measured),
        "appointment": begin.appointment,
    }


def _unit(task: Task, plan: UnitPlan, target: date | None) -> dict[str, Any]:
    return {
        "unit": plan.unit,
        "open": sum(pile.stock for pile in task.today),
        "start": sum(pile.stock for pile in task.piles),
        "work": round(task.work),
        "clerks": len(task.clerks),
        "zero_week": plan.zero_week,
        "gap": plan.gap,
        "stock": list(plan.stock),
        "used": list(plan.used),
        "given": {source: list(counts) for source, counts in plan.given.items()},
        "blocks": [[b.user_id, b.week, b.source, b.count] for b in plan.blocks],
        "missing": sentences(plan, task, target),
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as pages and exports show it: totals over its units."""

    plan: PostPlan
    zero_on: date | None
    open: int
    start: int
    work_hours: int
    taken: Mapping[str, int]
    appointments: int
    gap: float
    missing: tuple[str, ...]

    @property
    def taken_hours(self) -> int:
        """Hours taken from appointments and firms."""
        return sum(self.taken.values())


def shown(plan: PostPlan) -> Shown:
    """Return the totals of a plan; ``taken`` in hours by source."""
    units = plan.result["units"]
    weeks = [one["zero_week"] for one in units]
    taken = {
        source: sum(sum(one["given"].get(source, ())) for one in units)
        for source in (APPOINTMENTS, FIRMS)
    }
    zero = None
    if all(week is not None for week in weeks):
        zero = plan.first_week + lage.WEEK * (max(weeks) + 1) - timedelta(days=1)
    return Shown(
        plan=plan,
        zero_on=zero,
        open=sum(one["open"] for one in units),
        start=sum(one.get("start", one["open"]) for one in units),
        work_hours=round(sum(one["work"] for one in units) / 60),
        taken=taken,
        appointments=round(sum(taken.values()) * BLOCK_MINUTES / plan.result["appointment"]),
        gap=max((one["gap"] for one in units), default=0.0),
        missing=tuple(text_ for one in units for text_ in one["missing"]),
    )


def get(session: Session, actor: Actor, plan_id: int, *, lock: bool = False) -> PostPlan:
    """Return a plan the actor may see: who leads all its units and may know all it counts.

    Raises ``NotFound``, ``NotAllowed``.
    """
    query = select(PostPlan).where(PostPlan.id == plan_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    plan = session.scalars(query).one_or_none()
    if plan is None or not _may_know(actor, plan):
        raise NotFound("Diesen Plan gibt es nicht.")
    for unit in plan.units:
        require(actor, Power.UNIT_LEAD, unit)
    return plan


def _may_know(actor: Actor, plan: PostPlan) -> bool:
    return all(
        set(classes) <= set(known_classes(actor, unit)) for unit, classes in plan.classes.items()
    )


def newest(session: Session, actor: Actor, unit_key: str) -> list[PostPlan]:
    """Return the newest plans that touch a unit and that the actor may see, at most 20."""
    require(actor, Power.UNIT_LEAD, unit_key)
    rows = session.scalars(
        select(PostPlan)
        .where(PostPlan.units.contains([unit_key]))
        .order_by(PostPlan.id.desc())
        .limit(MOST_PLANS)
    )
    return [
        plan
        for plan in rows
        if _may_know(actor, plan)
        and (actor.may(Power.ALL_UNITS) or set(plan.units) == {actor.unit_key})
    ]


def accept(
    session: Session, actor: Actor, plan_id: int, *, clock: Clock
) -> tuple[PostPlan, list[Hit]]:
    """Write the hours of a plan into the roster as blocks of the post.

    An older accepted plan of the same units is replaced: its hours stay in the roster, for this
    plan counted with them. Raises ``Conflict`` when the plan cannot be, its first week has come, or
    the roster has less free time than when it was computed.
    """
    plan = get(session, actor, plan_id, lock=True)
    for unit in plan.units:
        require(actor, Power.ROSTER_EDIT, unit)
    if plan.state not in (DRAFT, PROPOSAL):
        raise Conflict("Dieser Plan ist schon angenommen oder zurückgenommen.")
    if shown(plan).zero_on is None:
        raise Conflict("Dieser Plan geht nicht auf; er nennt, was fehlt.")
    if plan.first_week <= today(clock):
        raise Conflict("Die erste Woche dieses Plans hat begonnen; bitte neu rechnen.")
    wanted = {
        (user, week, source): count
        for one in plan.result["units"]
        for user, week, source, count in one["blocks"]
    }
    last = plan.first_week + lage.WEEK * plan.weeks - timedelta(days=1)
    free = postzeit.rostered(session, plan.units, plan.first_week, last)
    pieces = lage.places(free, wanted, plan.first_week)
    if len(pieces) < sum(wanted.values()):
        raise Conflict("Im Dienstplan ist inzwischen weniger frei; bitte neu rechnen.")
    ids, hits = postzeit.give_to_post(session, actor, pieces, clock=clock)
    plan.roster_ids = ids + _replace_older(session, plan)
    plan.state, plan.accepted_by, plan.accepted_at = ACCEPTED, actor.user_id, clock.now()
    _log(session, actor, "post.plan_accept", plan, clock, pieces=len(ids))
    return plan, hits


def _replace_older(session: Session, plan: PostPlan) -> list[int]:
    kept: list[int] = []
    for older in session.scalars(
        select(PostPlan)
        .where(PostPlan.state == ACCEPTED, PostPlan.units.overlap(plan.units))
        .order_by(PostPlan.id)
        .with_for_update()
    ):
        older.state = REPLACED
        kept += older.roster_ids
    return kept


def withdraw(session: Session, actor: Actor, plan_id: int, *, clock: Clock) -> int:
    """Take an accepted plan back: its hours that lie ahead go back to the week; returns how many.

    Raises ``Conflict`` unless it is accepted.
    """
    plan = get(session, actor, plan_id, lock=True)
    if plan.state != ACCEPTED:
        raise Conflict("Dieser Plan ist nicht angenommen.")
    back = postzeit.take_back(session, actor, plan.roster_ids, clock=clock)
    plan.state = WITHDRAWN
    _log(session, actor, "post.plan_withdraw", plan, clock, pieces=len(back))
    return len(back)


_ACTUAL = text(
    """
SELECT w.last_day,
       (SELECT coalesce(sum(t.items), 0) FROM post_tally t
         WHERE t.unit_key = u.unit AND t.what = 'stufe' AND u.classes ? t.access_class)
     - (SELECT coalesce(sum(CASE t.what WHEN 'ein' THEN t.items ELSE -t.items END), 0)
          FROM post_tally t
         WHERE t.unit_key = u.unit AND t.what IN ('ein', 'aus') AND t.on_day > w.last_day
           AND u.classes ? t.access_class) AS open
  FROM post_plan p CROSS JOIN LATERAL jsonb_each(p.classes) u(unit, classes)
 CROSS JOIN LATERAL (SELECT p.first_week + 7 * n + 6 AS last_day
                       FROM generate_series(0, p.weeks - 1) n) w
 WHERE p.id = :plan AND w.last_day < :today
"""
)


def track(session: Session, plan: PostPlan, *, clock: Clock) -> list[WeekTrack]:
    """Return planned and actual open items at the end of each week; the truth is counted back
    from the counters, which triggers keep exact."""
    actual: dict[date, int] = {}
    for row in session.execute(_ACTUAL, {"plan": plan.id, "today": today(clock)}):
        actual[row.last_day] = actual.get(row.last_day, 0) + int(row.open)
    planned = planned_stock(plan)
    days = [plan.first_week + lage.WEEK * (n + 1) - timedelta(days=1) for n in range(len(planned))]
    return [
        WeekTrack(day, items, actual.get(day)) for day, items in zip(days, planned, strict=True)
    ]


def planned_stock(plan: PostPlan) -> list[int]:
    """Return the open items at the end of each week, all units together.

    A unit that is done earlier counts nothing from then on.
    """
    stocks = [one["stock"] for one in plan.result["units"]]
    longest = max((len(stock) for stock in stocks), default=0)
    return [sum(stock[n] if n < len(stock) else 0 for stock in stocks) for n in range(longest)]


def renew(session: Session, clock: Clock, limit: int) -> int:
    """Compute accepted plans that still run anew once a week, as proposals only; how many.

    Nothing in the roster changes until somebody accepts. An unanswered proposal makes room.
    """
    day = today(clock)
    monday = day - timedelta(days=day.weekday())
    running = session.scalars(
        select(PostPlan)
        .where(PostPlan.state == ACCEPTED, PostPlan.first_week + 7 * PostPlan.weeks > day)
        .order_by(PostPlan.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    made = 0
    for plan in running:
        newest_one = session.scalars(
            select(PostPlan)
            .where((PostPlan.id == plan.id) | (PostPlan.renews == plan.id))
            .order_by(PostPlan.id.desc())
            .limit(1)
        ).one()
        if newest_one.computed_at.date() >= monday:
            continue
        if newest_one.state == PROPOSAL:
            newest_one.state = REPLACED
        made += _propose(session, plan, clock)
    return made


def _propose(session: Session, plan: PostPlan, clock: Clock) -> int:
    actor = actor_of_user(session.get_one(AppUser, plan.ordered_by))
    # What the target has become impossible to reach is asked as "the earliest there is".
    reachable = lage.first_monday(today(clock)) + timedelta(days=6)
    wish = Wish(
        name=plan.name,
        units=tuple(plan.units),
        target=plan.target if plan.target is None or plan.target >= reachable else None,
        floor_appointments=plan.floor_appointments,
        floor_firms=plan.floor_firms,
    )
    try:
        made = _computed(session, actor, wish, PROPOSAL, clock, renews=plan.id)
    except InvalidInput:
        return 0
    _log(session, SYSTEM, "post.plan_renew", made, clock)
    return 1


def _log(
    session: Session, actor: Actor, action: str, plan: PostPlan, clock: Clock, **facts: Any
) -> None:
    audit.record(
        session, actor, action, "post_plan", plan.id, now=clock.now(),
        facts={"units": plan.units, **facts},
    )  # fmt: skip

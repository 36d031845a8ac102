"""Solves a clearance plan with HiGHS: the fewest hours taken, then the least harm (pure).

One mixed-integer program per Sachgebiet: how many hours each clerk gives each week, how the minutes
go to topics, how many items of each pile are done. First the number of hours is made least; then,
with that number, they are put where waiting does the most harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from abh.post.raeumung.modell import (
    BLOCK_MINUTES,
    SOURCES,
    Block,
    Shortfall,
    Task,
    UnitPlan,
)

# Seconds for each of the two searches of a Sachgebiet; what is not proven by then is stated.
SECONDS = 1.0
_INFINITE = float("inf")
_ALMOST = 1e-6


@dataclass
class _Program:
    """A program row by row, as HiGHS takes it."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    start: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def column(self, *, upper: float = _INFINITE, whole: bool = False, cost: float = 0.0) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, entries: Sequence[tuple[int, float]], low: float, high: float) -> None:
        self.index += [column for column, _ in entries]
        self.value += [value for _, value in entries]
        self.start.append(len(self.index))
        self.low.append(low)
        self.high.append(high)


@dataclass(frozen=True, slots=True)
class _Found:
    """What HiGHS found: ``values`` by column, empty where there is nothing."""

    values: tuple[float, ...]
    gap: float


@dataclass
class _Columns:
    """Which column of a program means what."""

    hours: dict[tuple[int, int, str], int] = field(default_factory=dict)
    minutes: dict[tuple[int, int, str], int] = field(default_factory=dict)
    done: dict[tuple[int, int], int] = field(default_factory=dict)
    stock: dict[tuple[int, int], int] = field(default_factory=dict)


def by_date(task: Task, last_week: int, *, seconds: float = SECONDS) -> UnitPlan:
    """Return the plan that leaves nothing open at the end of ``last_week`` for the fewest hours.

    Where that cannot be, ``zero_week`` is None, ``short`` names the least that stays, and
    ``without_floors`` whether the floors alone are in the way. Same input, same plan.
    """
    program, columns = _program(task, last_week, rest=False)
    for column in columns.hours.values():
        program.cost[column] = 1.0
    found = _solve(program, seconds)
    if not found.values:
        return _short(task, last_week)
    better = _least_harm(task, program, columns, found, seconds)
    return _read(task, last_week, columns, better, found.gap)


def earliest(task: Task, *, seconds: float = SECONDS) -> UnitPlan:
    """Return the plan with the earliest week that can end with nothing open, within the floors.

    Of all ways to reach that week the one that takes the fewest hours.
    """
    for week in range(task.weeks):
        if _enough(task, week) and possible(task, week):
            plan = by_date(task, week, seconds=seconds)
            if plan.zero_week is not None:
                return plan
    return _short(task, task.weeks - 1)


def _enough(task: Task, last_week: int) -> bool:
    """Whether the hours alone would do if everybody were trained for everything; cheap."""
    weeks = range(last_week + 1)
    hours = sum(task.may_give(source, week) for source in SOURCES for week in weeks)
    minutes = sum(clerk.post[week] for clerk in task.clerks for week in weeks)
    came = sum(pile.minutes * pile.inflow for pile in task.piles) * len(weeks)
    return minutes + hours * BLOCK_MINUTES >= task.work + came


def possible(task: Task, last_week: int) -> bool:
    """Whether fractions of hours would do: no whole ones do where these do not."""
    program, _ = _program(task, last_week, rest=False)
    program.whole = [False] * len(program.whole)
    return bool(_solve(program, SECONDS).values)


def _program(task: Task, last_week: int, *, rest: bool) -> tuple[_Program, _Columns]:
    """Return the program; ``rest`` allows (and charges) what stays open at the end."""
    program, columns = _Program(), _Columns()
    weeks = range(last_week + 1)
    topics = sorted({pile.topic for pile in task.piles})
    for week in weeks:
        for n, pile in enumerate(task.piles):
            columns.done[n, week] = program.column()
            last = week == last_week
            columns.stock[n, week] = program.column(
                upper=0.0 if last and not rest else _INFINITE,
                cost=pile.minutes if last and rest else 0.0,
            )
        _clerks(task, program, columns, topics, week)
        _flow(task, program, columns, topics, week)
    return program, columns


def _clerks(
    task: Task, program: _Program, columns: _Columns, topics: Sequence[str], week: int
) -> None:
    for number, clerk in enumerate(task.clerks):
        hours = []
        for source in SOURCES:
            spare = clerk.spare.get(source, (0,) * task.weeks)[week]
            if spare:
                column = program.column(upper=spare, whole=True)
                columns.hours[number, week, source] = column
                hours.append(column)
        able = [topic for topic in topics if clerk.takes(topic) is not None]
        for topic in able:
            columns.minutes[number, week, topic] = program.column()
        if able:
            entries = [(columns.minutes[number, week, topic], 1.0) for topic in able]
            entries += [(column, -float(BLOCK_MINUTES)) for column in hours]
            program.row(entries, -_INFINITE, clerk.post[week])
    for source in SOURCES:
        entries = [
            (columns.hours[n, week, source], 1.0)
            for n in range(len(task.clerks))
            if (n, week, source) in columns.hours
        ]
        if entries:
            program.row(entries, 0.0, task.may_give(source, week))


def _flow(
    task: Task, program: _Program, columns: _Columns, topics: Sequence[str], week: int
) -> None:
    for n, pile in enumerate(task.piles):
        entries = [(columns.stock[n, week], 1.0), (columns.done[n, week], 1.0)]
        came = pile.inflow
        if week:
            entries.append((columns.stock[n, week - 1], -1.0))
        else:
            came += pile.stock
        program.row(entries, came, came)
    for topic in topics:
        entries = [
            (columns.done[n, week], pile.minutes)
            for n, pile in enumerate(task.piles)
            if pile.topic == topic
        ]
        for number, clerk in enumerate(task.clerks):
            pace = clerk.takes(topic)
            if pace is not None:
                entries.append((columns.minutes[number, week, topic], -1.0 / pace))
        program.row(entries, -_INFINITE, 0.0)


def _least_harm(
    task: Task, program: _Program, columns: _Columns, found: _Found, seconds: float
) -> _Found:
    total = round(sum(found.values[column] for column in columns.hours.values()))
    again = _Program(
        cost=[0.0] * len(program.cost),
        upper=program.upper,
        whole=program.whole,
        start=list(program.start),
        index=list(program.index),
        value=list(program.value),
        low=list(program.low),
        high=list(program.high),
    )
    if columns.hours:
        again.row([(column, 1.0) for column in columns.hours.values()], 0.0, total)
    for (n, _week), column in columns.stock.items():
        again.cost[column] = task.piles[n].harm
    better = _solve(again, seconds, begin=found.values, gap=0.01)
    return better if better.values else found


def _solve(
    program: _Program, seconds: float, *, begin: Sequence[float] = (), gap: float = 0.0
) -> _Found:
    import highspy

    solver: Any = highspy.Highs()
    solver.silent()
    for name, value in (
        ("time_limit", seconds),
        ("mip_rel_gap", gap),
        ("threads", 1),
        ("random_seed", 0),
    ):
        solver.setOptionValue(name, value)
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.cost), len(program.low)
    lp.col_cost_, lp.col_upper_ = program.cost, program.upper
    lp.col_lower_ = [0.0] * len(program.cost)
    lp.row_lower_, lp.row_upper_ = program.low, program.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = program.start, program.index
    lp.a_matrix_.value_ = program.value
    if any(program.whole):
        kinds = highspy.HighsVarType
        lp.integrality_ = [
            kinds.kInteger if whole else kinds.kContinuous for whole in program.whole
        ]
    solver.passModel(lp)
    if begin:
        start: Any = highspy.HighsSolution()
        start.col_value = list(begin)
        solver.setSolution(start)
    solver.run()
    info: Any = solver.getInfo()
    if info.primal_solution_status != 2:  # 2: HiGHS holds a feasible solution
        return _Found((), 0.0)
    distance = float(info.mip_gap) if any(program.whole) else 0.0
    return _Found(tuple(solver.getSolution().col_value), 0.0 if distance < _ALMOST else distance)


def _read(task: Task, last_week: int, columns: _Columns, found: _Found, gap: float) -> UnitPlan:
    values, weeks = found.values, range(last_week + 1)
    blocks = tuple(
        Block(task.clerks[number].user_id, week, source, count)
        for (number, week, source), column in sorted(columns.hours.items())
        if (count := round(values[column]))
    )
    return UnitPlan(
        unit=task.unit,
        zero_week=last_week,
        blocks=blocks,
        stock=_per_week(task, columns.stock, values, weeks, weighted=False),
        used=_per_week(task, columns.done, values, weeks, weighted=True),
        given={
            source: tuple(
                sum(b.count for b in blocks if b.week == week and b.source == source)
                for week in weeks
            )
            for source in SOURCES
        },
        gap=gap,
    )


def _per_week(
    task: Task,
    columns: dict[tuple[int, int], int],
    values: Sequence[float],
    weeks: range,
    *,
    weighted: bool,
) -> tuple[int, ...]:
    return tuple(
        round(
            sum(
                values[columns[n, week]] * (pile.minutes if weighted else 1.0)
                for n, pile in enumerate(task.piles)
            )
        )
        for week in weeks
    )


def _short(task: Task, last_week: int) -> UnitPlan:
    program, columns = _program(task, last_week, rest=True)
    found = _solve(program, SECONDS, gap=0.01)
    open_, found_items = dict[str, float](), dict[str, float]()
    for n, pile in enumerate(task.piles):
        left = found.values[columns.stock[n, last_week]] if found.values else float(pile.stock)
        open_[pile.topic] = open_.get(pile.topic, 0.0) + left * pile.minutes
        found_items[pile.topic] = found_items.get(pile.topic, 0.0) + left
    able = {topic for topic in open_ if any(c.takes(topic) is not None for c in task.clerks)}
    short = tuple(
        Shortfall(
            topic, max(1, round(minutes)), max(1, round(found_items[topic])), topic not in able
        )
        for topic, minutes in sorted(open_.items())
        if minutes > 0.5
    )
    free = replace(task, floor=dict.fromkeys(SOURCES, 0))
    others = replace(free, piles=tuple(p for p in free.piles if p.topic in able))
    return UnitPlan(
        unit=task.unit,
        zero_week=None,
        stock=_per_week(task, columns.stock, found.values, range(last_week + 1), weighted=False)
        if found.values
        else (),
        short=short,
        without_floors=bool(task.clerks) and possible(others, last_week),
    )

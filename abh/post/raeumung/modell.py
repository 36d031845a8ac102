"""What a clearance plan is computed from and what comes out, as values (pure).

Weeks are counted from 0. The roster gives whole blocks of an hour; work is counted in minutes.
Clerks work in one Sachgebiet, so each Sachgebiet is a problem of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

BLOCK_MINUTES = 60
# Lanes that may give up minutes for the post. Emergency places are never touched.
APPOINTMENTS, FIRMS = "termine", "firmen"
SOURCES = (APPOINTMENTS, FIRMS)
# Work that needs no training of its own.
ANY_TOPIC = ""


@dataclass(frozen=True, slots=True)
class Pile:
    """Open items of one kind and topic: ``minutes`` each, ``inflow`` items a week, and the
    ``harm`` of letting one lie a week (points, only compared with each other)."""

    topic: str
    kind: str
    minutes: float
    stock: int
    inflow: float
    harm: float = 1.0


@dataclass(frozen=True, slots=True)
class Clerk:
    """``post``: minutes a week already rostered for post. ``spare``: whole blocks a week that are
    free in each source. ``pace``: per topic how many minutes a usual minute of work takes (1.0
    trained, more while in training); what is missing the clerk may not do."""

    user_id: int
    name: str
    pace: Mapping[str, float]
    post: tuple[int, ...]
    spare: Mapping[str, tuple[int, ...]]

    def takes(self, topic: str) -> float | None:
        """Return how many minutes a minute of work in the topic takes; None: not trained."""
        return 1.0 if topic == ANY_TOPIC else self.pace.get(topic)


@dataclass(frozen=True, slots=True)
class Task:
    """A Sachgebiet: ``rostered`` minutes a week of each source and the ``floor`` percent of them
    that stay for appointments and firms whatever the post needs. ``piles`` are those of the first
    Monday, ``today`` those that lie open now."""

    unit: str
    weeks: int
    piles: tuple[Pile, ...]
    clerks: tuple[Clerk, ...]
    rostered: Mapping[str, tuple[int, ...]]
    floor: Mapping[str, int]
    today: tuple[Pile, ...] = ()

    def may_give(self, source: str, week: int) -> int:
        """Return how many blocks the source may give up in a week without touching its floor."""
        minutes = self.rostered.get(source, (0,) * self.weeks)[week]
        return minutes * (100 - self.floor.get(source, 100)) // 100 // BLOCK_MINUTES

    @property
    def work(self) -> float:
        """Minutes of work that lie open when the plan begins."""
        return sum(pile.minutes * pile.stock for pile in self.piles)


@dataclass(frozen=True, slots=True)
class Block:
    """So many hours of a clerk in a week go from a source to the post."""

    user_id: int
    week: int
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What stays undone of a topic, in minutes of work, and why (``nobody``: no one is trained)."""

    topic: str
    minutes: int
    items: int
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """The plan of a Sachgebiet. ``zero_week`` is the week at whose end nothing lies open; None
    where that cannot be, then ``short`` says what stays. ``stock`` counts items at the end of each
    week, ``used`` minutes of work done, ``given`` blocks by source. ``gap`` is how far the number
    of blocks may lie above the least possible (0: proven least)."""

    unit: str
    zero_week: int | None
    blocks: tuple[Block, ...] = ()
    stock: tuple[int, ...] = ()
    used: tuple[int, ...] = ()
    given: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    gap: float = 0.0
    short: tuple[Shortfall, ...] = ()
    without_floors: bool = False

    @property
    def taken_minutes(self) -> int:
        """Minutes taken from appointments and firms."""
        return sum(block.count for block in self.blocks) * BLOCK_MINUTES


def sentences(plan: UnitPlan, task: Task, until: date | None) -> list[str]:
    """Say in German what is missing where a plan cannot be; nothing where it can.

    ``until`` is the last day of the plan, None for the end of the roster.
    """
    if plan.zero_week is not None:
        return []
    if not task.clerks:
        return [f"{task.unit}: Im Dienstplan steht in diesen Wochen niemand."]
    said = [
        f"{task.unit}: Niemand ist für {one.topic} ausgebildet; "
        f"{one.items} Eingänge bleiben liegen."
        for one in plan.short
        if one.nobody
    ]
    missing = [one for one in plan.short if not one.nobody]
    if missing:
        when = f"bis zum {until:%d.%m.%Y}" if until else "im ganzen Dienstplan"
        hours = sum(one.minutes for one in missing) / 60
        topics = ", ".join(one.topic or "ohne Thema" for one in missing)
        said.append(f"{task.unit}: Es fehlen {when} {hours:,.0f} Stunden ({topics}).")
        said.append(
            f"{task.unit}: Ohne die Untergrenzen für Termine und Firmen ginge es."
            if plan.without_floors
            else f"{task.unit}: Auch ohne Untergrenzen ginge es nicht; "
            "es braucht mehr Personal, Ausbildung oder einen späteren Tag."
        )
    return said

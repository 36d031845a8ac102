"""Lets a what-if run as a real case would: opening, automatic steps, clocks (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from abh.kernel.errors import LawMissing, Reason, StepNotAllowed
from abh.kernel.fristen import untaetigkeit
from abh.kernel.fristen.uhren import WAITING
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.definition import ClockRule, Effect, Power, Step, Verfahren
from abh.workflows.facts import Facts, UhrStand
from abh.workflows.machine import due_steps, fire
from abh.workflows.uhrstand import Uhrwerk, arithmetic, values

# A cascade of automatic steps longer than this is a mistake in the Verfahren, not a case.
MOST_AUTOMATIC = 8
STANDS: Mapping[str, str] = {
    "running": "läuft",
    "stopped": "steht",
    "expired": "abgelaufen",
    "ended": "beendet",
}
WOULD_RUN = "noch nicht begonnen"


@dataclass(frozen=True, slots=True)
class Uhr:
    """A clock of the Verfahren: how it stands, or when it would end if it began on the day asked.

    ``due`` is the last day; ``arithmetic`` the lines of the computation, each with its norm.
    """

    key: str
    label: str
    norm: str
    stand: str
    starts: str
    ends: str
    effect: str
    begins_on: date | None
    due: date | None
    arithmetic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lauf:
    """Where the case comes to by itself, what was done on the way, and why it did not open."""

    state: str
    taken: tuple[Step, ...]
    refused: tuple[Reason, ...]
    facts: Facts
    clocks: tuple[Uhr, ...]


def lauf(verfahren: Verfahren, facts: Facts, law: Rechtsstand, start: str = "") -> Lauf:
    """Open the case on the day of receipt and take what the system takes; never raises.

    With ``start`` the case stands in that state already and is not opened.
    """
    werk = Uhrwerk(verfahren, law)
    state = start or verfahren.initial
    taken: list[Step] = []
    refused: tuple[Reason, ...] = ()
    opening = verfahren.step(verfahren.opening)
    if not start and opening is not None:
        entered = replace(facts, today=facts.received_on or facts.today)
        try:
            state = fire(
                verfahren, state, opening.key, entered, opening.by, reason="Antrag liegt vor"
            )
        except StepNotAllowed as error:
            refused = error.reasons
        else:
            werk.step(opening, entered)
            taken.append(opening)
    now = facts
    for _ in range(MOST_AUTOMATIC if not refused else 0):
        now = replace(facts, uhren={**_stands(werk, facts.today), **facts.uhren})
        due = due_steps(verfahren, state, now)
        if not due:
            break
        state = fire(verfahren, state, due[0].key, now, (Power.SYSTEM,))
        werk.step(due[0], now)
        taken.append(due[0])
    now = replace(facts, uhren={**_stands(werk, facts.today), **facts.uhren})
    clocks = tuple(_clocks(verfahren, now, law, werk, taken))
    return Lauf(state, tuple(taken), tuple(refused), now, clocks)


def _stands(werk: Uhrwerk, today: date) -> dict[str, UhrStand]:
    """The stands as the sweeper leaves them: what is over is expired."""
    return {
        key: replace(stand, status="expired")
        if stand.status == "running" and stand.due is not None and stand.due < today
        else stand
        for key, stand in werk.stands().items()
    }


def _clocks(
    verfahren: Verfahren, facts: Facts, law: Rechtsstand, werk: Uhrwerk, taken: list[Step]
) -> Iterator[Uhr]:
    rows = werk.rows()
    opened = any(Effect.START_CLOCK_75 in step.effects for step in taken)
    for rule in verfahren.clocks:
        told = facts.uhren.get(rule.key)
        try:
            if rule.law_keys[0] == WAITING and opened:
                yield _waiting(rule, facts, law)
            elif rule.key in rows:
                yield _uhr(rule, _stand(told), rows[rule.key])
            elif told is not None:
                yield _uhr(rule, _stand(told), {"starts_on": told.starts_on, "due_on": told.due})
            else:
                anchor = rule.anchor(facts) if rule.anchor is not None else None
                begin = anchor or facts.today
                yield _uhr(rule, WOULD_RUN, values(rule, law, begin, []))
        except LawMissing as error:
            row = {"arithmetic": [str(error)]}
            yield _uhr(rule, WOULD_RUN, row)


def _stand(told: UhrStand | None) -> str:
    return STANDS.get(told.status, told.status) if told is not None else STANDS["running"]


def _uhr(rule: ClockRule, stand: str, row: Mapping[str, Any]) -> Uhr:
    return Uhr(
        key=rule.key,
        label=rule.label,
        norm=rule.norm,
        stand=stand,
        starts=rule.starts,
        ends=rule.ends,
        effect=rule.effect,
        begins_on=row.get("starts_on"),
        due=row.get("due_on"),
        arithmetic=tuple(row.get("arithmetic", ())),
    )


def _waiting(rule: ClockRule, facts: Facts, law: Rechtsstand) -> Uhr:
    """§ 75 VwGO: the kernel knows its warnings and the first day an action is admissible."""
    clock = untaetigkeit(facts.received_on or facts.today, law)
    lines = arithmetic(clock.frist.steps)
    lines += [f"Warnung: {w.text}, am {w.day:%d.%m.%Y}" for w in clock.warnings]
    lines.append(f"Klage zulässig ab {clock.admissible_from:%d.%m.%Y} (§ 75 VwGO)")
    stand = STANDS["expired"] if clock.frist.end < facts.today else STANDS["running"]
    row = {"starts_on": clock.frist.start_day, "due_on": clock.frist.end, "arithmetic": lines}
    return _uhr(rule, stand, row)

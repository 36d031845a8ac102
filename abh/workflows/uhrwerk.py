"""The clocks of a Verfahren's table: what a step starts, stops, lets run on and ends.

One mechanism for all of them: a row of ``ClockRule`` says on which steps, the Rechtsstand how long,
``kernel.fristen`` how to count. The sweepers expire what is over; automatic steps with the guard
``uhr_abgelaufen`` do what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from abh.kernel.fristen import Halt
from abh.workflows.definition import ClockRule
from abh.workflows.tables import CaseFrist
from abh.workflows.uhrstand import values

if TYPE_CHECKING:
    from abh.documents.house import House
    from abh.workflows.dossier import Case
    from abh.workflows.effects import Doing


def apply(doing: Doing) -> None:
    """Carry out what the step does to the clocks of the table; the case is locked already."""
    key = doing.step.key
    for rule in doing.case.verfahren.clocks:
        row = _running(doing.case.row["fristen"], rule.key)
        if key in rule.end_steps:
            # A clock that ran out is settled by its step too, or the step would follow for ever.
            over = row or _newest(doing.case.row["fristen"], rule.key, ("expired",))
            if over is not None:
                _end(doing, over)
            row = None
        if key in rule.stop_steps and row is not None and row["status"] == "running":
            _stop(doing, rule, row)
        elif key in rule.resume_steps and row is not None and row["status"] == "stopped":
            _resume(doing, rule, row)
        if key in rule.start_steps:
            if row is not None:
                _end(doing, row)
            _start(doing, rule)


def reanchor(session: Session, house: House, case: Case) -> None:
    """Count clocks with an anchor anew after a fact was corrected; the case is locked already."""
    for rule in case.verfahren.clocks:
        row = _running(case.row["fristen"], rule.key)
        anchor = rule.anchor(case.facts) if rule.anchor is not None else None
        if row is None or anchor is None or anchor.isoformat() == row["event_on"]:
            continue
        session.execute(
            update(CaseFrist)
            .where(CaseFrist.id == row["id"])
            .values(**values(rule, house.law, anchor, _halts(row)))
        )


def _start(doing: Doing, rule: ClockRule) -> None:
    anchor = rule.anchor(doing.facts) if rule.anchor is not None else doing.today
    if anchor is None:
        doing.notes.setdefault("uhr_ohne_beginn", []).append(rule.key)
        return
    row = values(rule, doing.house.law, anchor, [])
    doing.session.execute(insert(CaseFrist).values(vorgang_id=doing.case.id, **row))


def _stop(doing: Doing, rule: ClockRule, row: Mapping[str, Any]) -> None:
    halts = [*_halts(row), Halt(doing.today, None, doing.step.label)]
    _write(doing, rule, row, halts)


def _resume(doing: Doing, rule: ClockRule, row: Mapping[str, Any]) -> None:
    halts = _halts(row)
    last = halts[-1]
    # The day on which it runs on counts again, so the rest ends the day before.
    until = max(last.since, date.fromordinal(doing.today.toordinal() - 1))
    _write(doing, rule, row, [*halts[:-1], Halt(last.since, until, last.reason)])


def _write(doing: Doing, rule: ClockRule, row: Mapping[str, Any], halts: list[Halt]) -> None:
    event = date.fromisoformat(row["event_on"])
    doing.session.execute(
        update(CaseFrist)
        .where(CaseFrist.id == row["id"])
        .values(**values(rule, doing.house.law, event, halts))
    )


def _end(doing: Doing, row: Mapping[str, Any]) -> None:
    doing.session.execute(
        update(CaseFrist)
        .where(CaseFrist.id == row["id"])
        .values(status="ended", ended_at=doing.now)
    )


def _running(fristen: Iterable[Mapping[str, Any]], key: str) -> Mapping[str, Any] | None:
    return _newest(fristen, key, ("running", "stopped"))


def _newest(
    fristen: Iterable[Mapping[str, Any]], key: str, status: tuple[str, ...]
) -> Mapping[str, Any] | None:
    rows = [r for r in fristen if r["kind"] == key and r["status"] in status]
    return max(rows, key=lambda row: row["id"]) if rows else None


def _halts(row: Mapping[str, Any]) -> list[Halt]:
    return [
        Halt(
            date.fromisoformat(raw["since"]),
            date.fromisoformat(raw["until"]) if raw.get("until") else None,
            raw.get("reason", ""),
        )
        for raw in row["stops"]
    ]

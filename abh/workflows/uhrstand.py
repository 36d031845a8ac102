"""How the clocks of a case stand, as the rules see them (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from abh.kernel.dauer import minus
from abh.kernel.fristen import Halt, Zeile, laufzeit
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.definition import ClockRule, Step, Verfahren
from abh.workflows.facts import Facts, UhrStand


def stand_of(fristen: Iterable[Mapping[str, Any]]) -> dict[str, UhrStand]:
    """Return the newest clock of each kind."""
    found: dict[str, UhrStand] = {}
    for row in sorted(fristen, key=lambda row: row["id"]):
        found[row["kind"]] = UhrStand(
            due=date.fromisoformat(row["due_on"]),
            status=row["status"],
            starts_on=date.fromisoformat(row["starts_on"]),
        )
    return found


def arithmetic(lines: Iterable[Zeile]) -> list[str]:
    """Return the lines of a computation as the screen shows them, each with its norm."""
    return [f"{line.text} ({line.norm})" if line.norm else line.text for line in lines]


def values(rule: ClockRule, law: Rechtsstand, event_day: date, stops: list[Halt]) -> dict[str, Any]:
    """Return the columns of a clock that counts from ``event_day`` with these rests (pure).

    Raises ``LawMissing`` where the Rechtsstand has no length for the day.
    """
    wert = law.value(rule.law_keys[0], event_day)
    base = {
        "kind": rule.key,
        "label": rule.label,
        "norm": rule.norm,
        "law_key": rule.law_keys[0],
        "event_on": event_day,
        "stops": [_halt_json(stop) for stop in stops],
    }
    if rule.before:
        due = minus(event_day, wert.dauer)
        text = f"{wert.dauer} vor dem {event_day:%d.%m.%Y}: {due:%d.%m.%Y} ({wert.norm})"
        return base | {
            "starts_on": min(due, event_day),
            "due_on": due,
            "status": "running",
            "arithmetic": [text],
        }
    run = laufzeit(event_day, wert.dauer, wert.norm, stops, shift=rule.shift)
    stands = run.frist is None
    plain = laufzeit(event_day, wert.dauer, wert.norm, shift=rule.shift).frist
    shown = run.frist or plain
    if shown is None:
        raise AssertionError("a clock without rests always ends")
    return base | {
        "starts_on": shown.start_day,
        "due_on": shown.end,
        "status": "stopped" if stands else "running",
        "arithmetic": arithmetic(run.lines),
    }


def _halt_json(stop: Halt) -> dict[str, Any]:
    return {
        "since": stop.since.isoformat(),
        "until": stop.until.isoformat() if stop.until else None,
        "reason": stop.reason,
    }


class Uhrwerk:
    """The clocks of a case that is only thought: scenarios and the Probefall run the same rows."""

    def __init__(self, verfahren: Verfahren, law: Rechtsstand) -> None:
        self.verfahren = verfahren
        self.law = law
        self._rows: dict[str, tuple[date, list[Halt], str]] = {}

    def step(self, step: Step, facts: Facts) -> None:
        """Do what the step does to the clocks of the table, as ``uhrwerk.apply`` does in rows."""
        for rule in self.verfahren.clocks:
            event, halts, status = self._rows.get(rule.key, (facts.today, [], ""))
            if step.key in rule.end_steps and status:
                status = "ended"
            if step.key in rule.stop_steps and status == "running":
                halts, status = [*halts, Halt(facts.today, None, step.label)], "stopped"
            elif step.key in rule.resume_steps and status == "stopped":
                until = max(halts[-1].since, facts.today - timedelta(days=1))
                halts = [*halts[:-1], Halt(halts[-1].since, until, halts[-1].reason)]
                status = "running"
            if step.key in rule.start_steps:
                anchor = rule.anchor(facts) if rule.anchor is not None else facts.today
                if anchor is not None:
                    event, halts, status = anchor, [], "running"
            if status:
                self._rows[rule.key] = (event, halts, status)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the columns of each clock, its arithmetic among them."""
        rules = {rule.key: rule for rule in self.verfahren.clocks}
        return {
            key: values(rules[key], self.law, event, halts) | {"status": status}
            for key, (event, halts, status) in self._rows.items()
        }

    def stands(self) -> dict[str, UhrStand]:
        """Return how the clocks stand."""
        return {
            key: UhrStand(due=row["due_on"], status=row["status"], starts_on=row["starts_on"])
            for key, row in self.rows().items()
        }

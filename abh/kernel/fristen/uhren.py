"""Clocks that can be stopped, and the three months of § 75 VwGO with their warnings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from abh.kernel.dauer import Dauer
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.fristen.grundregeln import (
    GESETZLICH,
    Frist,
    Fristregel,
    Zeile,
    beschreibe_tag,
    frist,
    shift_to_working_day,
)
from abh.kernel.rechtsstand import Rechtsstand

_ONE_DAY = timedelta(days=1)
_STOP_NORM = "§ 209 BGB entsprechend"


@dataclass(frozen=True, slots=True)
class Halt:
    """A span in which a clock stands still, first and last day included; ``until=None``: it still
    stands. Raises ``InvalidInput`` where it ends before it begins."""

    since: date
    until: date | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise InvalidInput([FieldProblem("stops", "ein Halt endet vor seinem Beginn")])


@dataclass(frozen=True, slots=True)
class Laufzeit:
    """A clock with its stops: ``frist`` is ``None`` while it stands (``stopped_since`` says since
    when); ``stopped_days`` is what earlier stops have added."""

    event_day: date
    dauer: Dauer
    norm: str
    frist: Frist | None
    stopped_since: date | None
    stopped_days: int
    lines: tuple[Zeile, ...]


def _merged(stops: Iterable[Halt], start_day: date) -> list[Halt]:
    """Return the stops in order, cut at the start and without overlap, so no day counts twice."""
    merged: list[Halt] = []
    for stop in sorted(stops, key=lambda s: (s.since, s.until or date.max)):
        if stop.until is not None and stop.until < start_day:
            continue
        stop = Halt(max(stop.since, start_day), stop.until, stop.reason)
        last = merged[-1] if merged else None
        if last is None or (last.until is not None and stop.since > last.until):
            merged.append(stop)
            continue
        until = None
        if last.until is not None and stop.until is not None:
            until = max(last.until, stop.until)
        names = dict.fromkeys(r for r in (last.reason, stop.reason) if r)
        merged[-1] = Halt(last.since, until, ", ".join(names))
    return merged


def _name(stop: Halt) -> str:
    return f" ({stop.reason})" if stop.reason else ""


def laufzeit(
    event_day: date,
    dauer: Dauer,
    norm: str,
    stops: Iterable[Halt] = (),
    *,
    shift: bool = True,
    regel: Fristregel = GESETZLICH,
) -> Laufzeit:
    """Run a clock of ``dauer`` from ``event_day``, lengthened by every day it stood still.

    A stop that begins after the clock ran out changes nothing. The weekend rule is applied once, to
    the lengthened end; not at all without ``shift`` (waiting periods).
    """
    plain = frist(event_day, dauer, norm, shift=False, regel=regel)
    end, stopped, lines = plain.raw_end, 0, list(plain.steps[:-1])
    for stop in _merged(stops, plain.start_day):
        if stop.since > end:
            break
        if stop.until is None:
            text = f"Die Uhr steht seit {beschreibe_tag(stop.since)}{_name(stop)}."
            lines.append(Zeile(text, _STOP_NORM))
            return Laufzeit(event_day, dauer, norm, None, stop.since, stopped, tuple(lines))
        days = (stop.until - stop.since).days + 1
        end += timedelta(days=days)
        stopped += days
        text = (
            f"Halt vom {stop.since:%d.%m.%Y} bis {stop.until:%d.%m.%Y}{_name(stop)}: {days} "
            f"{'Tag' if days == 1 else 'Tage'} nicht mitgezählt, neues Ende {beschreibe_tag(end)}."
        )
        lines.append(Zeile(text, _STOP_NORM))
    final = end
    if shift:
        final, shifted = shift_to_working_day(end, regel.weekend)
        lines.extend(shifted)
    done = Frist(event_day, plain.start_day, end, final, norm, tuple(lines))
    return Laufzeit(event_day, dauer, norm, done, None, stopped, tuple(lines))


@dataclass(frozen=True, slots=True)
class Warnung:
    """A day on which the office reminds itself."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Untaetigkeit:
    """§ 75 VwGO: the waiting period, the first day an action is admissible, the warnings."""

    frist: Frist
    admissible_from: date
    warnings: tuple[Warnung, ...]


WAITING = "untaetigkeit"
WARNINGS = ("untaetigkeit.warnung.1", "untaetigkeit.warnung.2", "untaetigkeit.warnung.3")


def untaetigkeit(application_day: date, recht: Rechtsstand) -> Untaetigkeit:
    """Compute when an action for failure to act becomes admissible after ``application_day``.

    It is a waiting period, so its end is not moved to a working day: the office must be ready on
    the earliest day a court could accept.
    """
    wert = recht.value(WAITING, application_day)
    waiting = frist(application_day, wert.dauer, wert.norm, shift=False)
    warnings = []
    for key in WARNINGS:
        length = recht.value(key, application_day).dauer
        day = frist(application_day, length, wert.norm, shift=False).end
        warnings.append(Warnung(day, f"{length} seit dem Antrag"))
    return Untaetigkeit(waiting, waiting.end + _ONE_DAY, tuple(warnings))

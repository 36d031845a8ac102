"""Deadlines by §§ 187-193 BGB, § 31 VwVfG NRW, § 57 VwGO, § 222 ZPO, with their arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from abh.kernel.clock import BERLIN
from abh.kernel.dauer import Dauer, Einheit, last_day
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.feiertage import (
    holiday_name,
    is_working_day,
    next_working_day,
    weekday_name,
    why_not_working,
)

FIXED_DAY = "§ 31 Abs. 3 Satz 2 VwVfG NRW"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fristregel:
    """The norms by which a kind of deadline begins and leaves the weekend."""

    begin: str
    weekend: str


_WEEKEND = "§ 31 Abs. 3 Satz 1 VwVfG NRW"
# Periods of the law, periods an authority sets, periods before a court.
GESETZLICH = Fristregel("§ 31 Abs. 1 VwVfG NRW, § 187 Abs. 1 BGB", _WEEKEND)
BEHOERDLICH = Fristregel("§ 31 Abs. 2 VwVfG NRW", _WEEKEND)
GERICHTLICH = Fristregel(
    "§ 57 VwGO, § 222 Abs. 1 ZPO, § 187 Abs. 1 BGB", "§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO"
)


@dataclass(frozen=True, slots=True)
class Zeile:
    """One line of the arithmetic, in German, with the norm it rests on ("" for none)."""

    text: str
    norm: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.norm})" if self.norm else self.text


def beschreibe_tag(day: date) -> str:
    """Return e.g. "Donnerstag, 25.12.2025 (Erster Weihnachtstag)"."""
    holiday = holiday_name(day)
    return f"{weekday_name(day)}, {day:%d.%m.%Y}" + (f" ({holiday})" if holiday else "")


@dataclass(frozen=True, slots=True)
class Frist:
    """A computed deadline; it may be used up to the last second of ``end`` in Berlin.

    ``event_day`` set it off, ``start_day`` is the first day that counts, ``raw_end`` the end before
    the weekend rule, ``norm`` the § that orders the deadline, ``steps`` the arithmetic.
    """

    event_day: date
    start_day: date
    raw_end: date
    end: date
    norm: str
    steps: tuple[Zeile, ...]

    @property
    def expires_at(self) -> datetime:
        """The first instant after the deadline, in UTC (midnight in Berlin, summer and winter)."""
        midnight = datetime.combine(self.end + _ONE_DAY, time.min, tzinfo=BERLIN)
        return midnight.astimezone(UTC)

    def is_over(self, day: date) -> bool:
        """Say whether the deadline has passed on ``day``."""
        return day > self.end


@dataclass(frozen=True, slots=True)
class Fristpaar:
    """One deadline under both readings of a disputed rule.

    Warn by ``earliest``, hold against a person only what ``latest`` allows. Both are equal where
    nothing is disputed.
    """

    earliest: Frist
    latest: Frist

    def is_final(self, day: date) -> bool:
        """Say whether the deadline has passed on ``day`` under every reading."""
        return self.latest.is_over(day)


def _begin(event_day: date, first_day_counts: bool, norm: str) -> tuple[date, Zeile]:
    if first_day_counts:
        text = f"Beginn: {beschreibe_tag(event_day)}, der Tag zählt mit."
        return event_day, Zeile(text, "§ 187 Abs. 2 BGB")
    start = event_day + _ONE_DAY
    text = (
        f"Ereignis: {beschreibe_tag(event_day)}, der Tag zählt nicht mit; "
        f"erster Tag der Frist ist {beschreibe_tag(start)}."
    )
    return start, Zeile(text, norm)


def _end_norm(dauer: Dauer, start_day: date, raw_end: date, first_day_counts: bool) -> str:
    if dauer.unit is Einheit.TAGE:
        return "§ 188 Abs. 1 BGB"
    if dauer.unit is Einheit.WOCHEN:
        return "§ 188 Abs. 2 BGB"
    wanted = start_day.day if first_day_counts else (start_day - _ONE_DAY).day
    is_last_of_month = (raw_end + _ONE_DAY).day == 1
    missing = is_last_of_month and raw_end.day < wanted - (1 if first_day_counts else 0)
    return "§ 188 Abs. 2, 3 BGB" if missing else "§ 188 Abs. 2 BGB"


def shift_to_working_day(raw_end: date, weekend_norm: str) -> tuple[date, tuple[Zeile, ...]]:
    """Return ``raw_end`` or the next working day, with the line that says why."""
    end = next_working_day(raw_end)
    if end == raw_end:
        return end, (Zeile(f"Ende: {beschreibe_tag(end)}, ein Werktag."),)
    passed = []
    day = raw_end
    while day < end:
        passed.append(f"{day:%d.%m.%Y} ({why_not_working(day)})")
        day += _ONE_DAY
    text = f"Kein Werktag: {', '.join(passed)}; die Frist endet am {beschreibe_tag(end)}."
    return end, (Zeile(text, weekend_norm),)


def frist(
    event_day: date,
    dauer: Dauer,
    norm: str,
    *,
    first_day_counts: bool = False,
    shift: bool = True,
    regel: Fristregel = GESETZLICH,
) -> Frist:
    """Compute the deadline of ``dauer`` set off on ``event_day``.

    ``first_day_counts`` is § 187(2) BGB. ``shift=False`` is for waiting periods and periods of
    benefit (§ 31(4) VwVfG NRW), which may end on any day. Raises ``LawMissing`` where the end
    leaves the holiday calendar.
    """
    start_day, begin = _begin(event_day, first_day_counts, regel.begin)
    raw_end = last_day(start_day, dauer, first_day_counts=first_day_counts)
    end_norm = _end_norm(dauer, start_day, raw_end, first_day_counts)
    lines = [begin, Zeile(f"Dauer {dauer}: rechnerisch bis {beschreibe_tag(raw_end)}.", end_norm)]
    end = raw_end
    if shift:
        end, shifted = shift_to_working_day(raw_end, regel.weekend)
        lines.extend(shifted)
    else:
        lines.append(Zeile(f"Ende: {beschreibe_tag(end)}, ohne Verschiebung auf einen Werktag."))
    return Frist(event_day, start_day, raw_end, end, norm, tuple(lines))


def fester_tag(event_day: date, end_day: date, norm: str, *, with_reference: bool) -> Frist:
    """Return the deadline of a letter that named ``end_day`` itself.

    It stays on that day only where the letter referred to § 31(3) S. 2 VwVfG NRW
    (``with_reference``); else a weekend or holiday moves it. Raises ``InvalidInput`` for an end
    before the event.
    """
    if end_day <= event_day:
        raise InvalidInput([FieldProblem("fixed_day", "liegt nicht nach dem Ereignis")])
    named = Zeile(f"Im Schreiben genannter Tag: {beschreibe_tag(end_day)}.")
    if with_reference:
        text = "Der Tag gilt auch am Wochenende oder Feiertag, weil das Schreiben darauf hinweist."
        if is_working_day(end_day):
            text = "Der genannte Tag ist ein Werktag."
        steps = (named, Zeile(text, FIXED_DAY))
        return Frist(event_day, event_day + _ONE_DAY, end_day, end_day, norm, steps)
    end, lines = shift_to_working_day(end_day, BEHOERDLICH.weekend)
    return Frist(event_day, event_day + _ONE_DAY, end_day, end, norm, (named, *lines))


def verlaengern(alt: Frist, dauer: Dauer) -> Frist:
    """Extend ``alt`` by ``dauer``, counted from the end of the old deadline (§ 190 BGB,
    § 31(7) VwVfG NRW); where the old end was moved to a working day, from there."""
    neu = frist(alt.end, dauer, alt.norm, regel=BEHOERDLICH)
    line = Zeile(
        f"Verlängerung um {dauer} ab dem Ende der alten Frist.", "§ 31 Abs. 7 VwVfG NRW, § 190 BGB"
    )
    return Frist(alt.event_day, alt.start_day, neu.raw_end, neu.end, alt.norm, (line, *neu.steps))

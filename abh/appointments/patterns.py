"""Weekly patterns as values: what a week looks like, and what of it contradicts itself (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import combinations

from abh.appointments import availability
from abh.kernel.errors import FieldProblem

# Keys of the office file's opening hours, Monday first.
_HOURS = ("mo", "di", "mi", "do", "fr", "sa", "so")
# Lanes in which people come to the desk.
VISIT_LANES = frozenset({"kunden", "einladung", "firmen", "notfall"})
LANES = ("kunden", "einladung", "firmen", "notfall", "post", "pause")
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


@dataclass(frozen=True, slots=True)
class PatternSpec:
    """Every week: this clerk (``login``) at this desk from ``start`` to ``end`` in this lane.

    ``weekday`` 0 is Monday. Times are wall-clock and multiples of five minutes; an ``end`` of
    00:00 is midnight at the end of the day.
    """

    unit_key: str
    desk_key: str
    login: str
    weekday: int
    start: time
    end: time
    lane: str

    @property
    def cells(self) -> tuple[int, int]:
        """First cell and exclusive end cell; raises ``ValueError`` for odd times."""
        return availability.cell_at(self.start), availability.end_cell_at(self.end)

    def __str__(self) -> str:
        day = WEEKDAYS[self.weekday]
        return f"{day} {self.start:%H:%M}-{self.end:%H:%M} {self.desk_key} {self.login} {self.lane}"


def problems_of(patterns: Sequence[PatternSpec]) -> list[FieldProblem]:
    """Return every fault of the patterns: times, lanes, one desk or clerk in two places."""
    faults = [
        FieldProblem(f"patterns[{index}]", text)
        for index, pattern in enumerate(patterns)
        for text in _faults_of_one(pattern)
    ]
    return faults or _overlaps(list(enumerate(patterns)))


def outside_hours(pattern: PatternSpec, hours: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the fault of a piece with visits outside the opening hours (``HH:MM-HH:MM`` by day).

    An office without opening hours has none to keep.
    """
    if not hours or pattern.lane not in VISIT_LANES or _faults_of_one(pattern):
        return []
    first, last = pattern.cells
    for span in hours.get(_HOURS[pattern.weekday], ()):
        opens, closes = (time.fromisoformat(each) for each in span.split("-"))
        if availability.cell_at(opens) <= first and last <= availability.end_cell_at(closes):
            return []
    return [f"{pattern} liegt nicht in den Öffnungszeiten."]


def _faults_of_one(pattern: PatternSpec) -> list[str]:
    return list(_each_fault(pattern))


def _each_fault(pattern: PatternSpec) -> Iterable[str]:
    if pattern.lane not in LANES:
        yield f"Die Spur {pattern.lane!r} gibt es nicht; möglich sind {', '.join(LANES)}."
    if not 0 <= pattern.weekday <= 6:
        yield f"Der Wochentag {pattern.weekday} liegt nicht zwischen 0 (Montag) und 6 (Sonntag)."
    try:
        start, end = pattern.cells
    except ValueError:
        yield f"{pattern.start:%H:%M:%S}-{pattern.end:%H:%M:%S} liegt nicht auf fünf Minuten."
    else:
        if start >= end:
            yield f"{pattern.start:%H:%M}-{pattern.end:%H:%M} endet vor dem Anfang."


def _overlaps(patterns: list[tuple[int, PatternSpec]]) -> list[FieldProblem]:
    groups: dict[tuple[str, str, int], list[tuple[int, PatternSpec]]] = {}
    for entry in patterns:
        pattern = entry[1]
        groups.setdefault(("Platz", pattern.desk_key, pattern.weekday), []).append(entry)
        groups.setdefault(("Person", pattern.login, pattern.weekday), []).append(entry)
    return [
        FieldProblem(
            f"patterns[{second[0]}]",
            f"{kind} {name} ist doppelt verplant: {first[1]} und {second[1]}.",
        )
        for (kind, name, _), group in groups.items()
        for first, second in combinations(group, 2)
        if availability.mask(*first[1].cells) & availability.mask(*second[1].cells)
    ]

"""The first weekly roster of a new office (pure): visits within the opening hours, post after.

It only lets people be booked on the first day; supervisors change it in the roster editor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from abh.office.schemas import CELL_MINUTES

# Where there are so many, one of them keeps the first hours free for emergencies.
ENOUGH_FOR_EMERGENCIES: Final = 3
# Shorter openings are not divided between those who book and those who are invited.
DIVIDED_FROM: Final = 60
POST_AFTER: Final = 30
POST_UNTIL: Final = 15 * 60 + 30
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5][05])-([01]\d|2[0-3]):([0-5][05])")

Piece = dict[str, str]


def starting_week(
    units: Sequence[Mapping[str, Any]], desks: Sequence[Mapping[str, Any]],
    people: Sequence[Mapping[str, Any]], hours: Mapping[str, Sequence[str]],
) -> tuple[dict[str, list[Piece]], list[dict[str, Any]]]:  # fmt: skip
    """Return shifts and roster of an office file: one clerk at one desk, as far as desks go.

    ``hours`` are spans ``HH:MM-HH:MM`` by weekday; a day whose spans cannot be read is left out.
    """
    shifts: dict[str, list[Piece]] = {}
    roster: list[dict[str, Any]] = []
    days = {day: spans for day, texts in hours.items() if (spans := _spans(texts))}
    for unit in units:
        places = [desk["key"] for desk in desks if desk["unit"] == unit["key"]]
        clerks = [
            person["login"]
            for person in people
            if person.get("unit") == unit["key"] and person.get("role") == "clerk"
            and person.get("login")
        ]  # fmt: skip
        emergency = len(clerks) >= ENOUGH_FOR_EMERGENCIES
        for number, (login, desk) in enumerate(zip(clerks, places, strict=False)):
            last = emergency and number == min(len(clerks), len(places)) - 1
            kind = "post" if unit["central"] else "notfall" if last else "schalter"
            for day, spans in days.items():
                name = f"{kind}_{day}"
                shifts.setdefault(name, _pieces(kind, spans))
                roster.append({"login": login, "desk": desk, "days": [day], "shift": name})
    return shifts, roster


def _spans(texts: Sequence[str]) -> list[tuple[int, int]]:
    found = [_SPAN.fullmatch(text) for text in texts]
    spans = [
        (int(one[1]) * 60 + int(one[2]), int(one[3]) * 60 + int(one[4])) for one in found if one
    ]
    sound = len(spans) == len(texts) and all(a < b for a, b in spans)
    return sorted(spans) if sound else []


def _pieces(kind: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    if kind == "post":
        return [_piece("post", start, end) for start, end in spans]
    pieces = []
    for number, (start, end) in enumerate(spans):
        first = "notfall" if kind == "notfall" and number == 0 else "kunden"
        middle = start + (end - start) // 2 // CELL_MINUTES * CELL_MINUTES
        if end - start < DIVIDED_FROM:
            pieces.append(_piece(first, start, end))
        else:
            pieces += [_piece(first, start, middle), _piece("einladung", middle, end)]
    if (begin := spans[-1][1] + POST_AFTER) < POST_UNTIL:
        pieces.append(_piece("post", begin, POST_UNTIL))
    return pieces


def _piece(lane: str, start: int, end: int) -> Piece:
    return {"lane": lane, "start": _clock(start), "end": _clock(end)}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

"""What the simulation of access claims, each with controls in which it must fail; the chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from abh.simulate.zugang import DRAW, ENGINE, FIRST_CLICK, NO_SHOW, Way, figures, play

MARGIN = 0.02
MOST_DAYS_WORSE = 0.5
NEARER = 1.15
Figures = Mapping[str, Any]


def compare(seed: int, days: int) -> dict[str, Any]:
    """Return the three ways with the same people, and the claims with their controls."""
    run = _Runs(seed, days)
    ways = {way.name: run(way) for way in (FIRST_CLICK, ENGINE, DRAW)}
    return {"seed": seed, "days": days, "ways": ways, "claims": claims(run)}


class _Runs:
    """Plays a way once and remembers what it brought: claims share their controls."""

    def __init__(self, seed: int, days: int) -> None:
        self.seed, self.days = seed, days
        self._done: dict[Way, dict[str, Any]] = {}

    def __call__(self, way: Way) -> dict[str, Any]:
        if way not in self._done:
            self._done[way] = figures(way, play(way, self.seed, self.days), self.days)
        return self._done[way]


def claims(run: Callable[[Way], Figures]) -> list[dict[str, Any]]:
    """Return each claim, whether it holds, and that it fails as soon as its guard is taken away."""
    unbound = replace(DRAW, name="losung_ohne_bindung", bound=False)
    many = replace(DRAW, name="losung_mit_mehrfachen", once=False)
    clicked = replace(DRAW, name="losung_ohne_los", drawn=False)
    level = replace(DRAW, name="losung_ohne_gewicht", weighted=False)
    lost = replace(DRAW, name="losung_ohne_nachruecken", standby=False)
    loose = replace(ENGINE, name="anlage_ohne_bindung", bound=False)
    rows: tuple[tuple[str, Callable[[Figures], bool], Way, tuple[Way, ...]], ...] = (
        (
            "Losung: Bots halten höchstens ihren Anteil an den geprüften Personen",
            _fair,
            DRAW,
            (unbound, many, FIRST_CLICK),
        ),
        ("Anlage: dasselbe beim offenen Buchen", _fair, ENGINE, (loose, FIRST_CLICK)),
        ("Losung: Ein Platz lässt sich nicht weiterverkaufen", _worthless, DRAW, (unbound,)),
        ("Anlage: Ein Platz lässt sich nicht weiterverkaufen", _worthless, ENGINE, (loose,)),
        ("Losung: Langsames Klicken verlängert die Wartezeit nicht", _slow, DRAW, (clicked,)),
        ("Losung: Langsame kommen nicht öfter zu spät", _in_time, DRAW, (clicked,)),
        ("Losung: Wem der Schaden nahe ist, der kommt eher dran", _near, DRAW, (level,)),
        ("Frei gewordene Plätze kommen jemandem zugute", _used, DRAW, (lost,)),
    )
    return [
        {
            "claim": text,
            "holds": holds(run(way)),
            "controls": [control.name for control in controls],
            "fails_without_guard": not any(holds(run(control)) for control in controls),
        }
        for text, holds, way, controls in rows
    ]


def _fair(found: Figures) -> bool:
    return bool(found["bots_share_of_places"] <= found["bots_share_of_persons"] + MARGIN)


def _worthless(found: Figures) -> bool:
    return bool(found["resale_value_per_place"] == 0)


def _slow(found: Figures) -> bool:
    waits = found["wait_days"]
    return bool(waits["slow"]["mean"] <= waits["fast"]["mean"] + MOST_DAYS_WORSE)


def _in_time(found: Figures) -> bool:
    late = found["came_too_late"]
    return bool(late["slow"] <= late["fast"] + MARGIN)


def _near(found: Figures) -> bool:
    return bool(found["first_day"]["near"] >= NEARER * found["first_day"]["far"])


def _used(found: Figures) -> bool:
    return bool(found["unused_share"] <= NO_SHOW + MARGIN)


_RED, _BLUE, _GREEN = "#b3261e", "#4a6fa5", "#2e7d32"
_KINDS = (("fast", _BLUE), ("slow", _GREEN), ("bot", _RED))


def chart(compared: Mapping[str, Any]) -> str:
    """Return shares and waits as an SVG: a picture of the numbers that the JSON holds."""
    ways: Mapping[str, Figures] = compared["ways"]
    parts = [_text(10, 20, "Anteil der Bots an Plätzen (rot) und an Personen (blau)")]
    top = 34
    longest = max(
        [found["wait_days"][kind]["mean"] for found in ways.values() for kind, _ in _KINDS] + [1.0]
    )
    for name, found in ways.items():
        parts.append(_text(10, top + 16, name))
        for line, (key, colour) in enumerate(
            (("bots_share_of_places", _RED), ("bots_share_of_persons", _BLUE))
        ):
            parts.append(_bar(top + line * 18, found[key], f"{found[key]:.1%}", colour))
        top += 50
    top += 16
    parts.append(
        _text(10, top, "Mittlere Wartezeit in Tagen: schnell (blau), langsam (grün), Bot (rot)")
    )
    top += 14
    for name, found in ways.items():
        parts.append(_text(10, top + 24, name))
        for line, (kind, colour) in enumerate(_KINDS):
            days = found["wait_days"][kind]["mean"]
            parts.append(_bar(top + line * 18, days / longest, f"{days:.1f}", colour))
        top += 66
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {top}" font-size="13" '
        'font-family="sans-serif"><title>Wer einen Platz bekommt und wie lange er wartet</title>'
        f'<rect width="640" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _text(left: int, base: int, words: str) -> str:
    return f'<text x="{left}" y="{base}">{words}</text>'


def _bar(top: int, share: float, words: str, colour: str) -> str:
    width = max(1.0, round(400 * share, 1))
    return (
        f'<rect x="140" y="{top}" width="{width}" height="14" fill="{colour}"/>'
        f'<text x="{150 + width:.1f}" y="{top + 12}">{words}</text>'
    )

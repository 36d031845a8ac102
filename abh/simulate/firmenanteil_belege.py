"""What the simulation of the firm lane claims, each with controls in which it must fail; chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from abh.fastlane.kontingent import Regeln
from abh.simulate.firmenanteil import NO_CAP, NO_RETURN, TOO_LATE, WITH, WITHOUT, Way, figures, play

DAYS = 250
MOST_WORSE, LEAST_USED = 0.02, 0.8
Figures = Mapping[str, Any]
Ways = Mapping[str, Figures]


def compare(seed: int, years: int, rules: Regeln) -> dict[str, Any]:
    """Return all ways with the same people over ``years`` of 250 working days, and the claims.

    Seeds are ``seed`` and those after it; the years are counted together.
    """
    ways = {
        way.name: figures([play(way, seed + n, DAYS, rules) for n in range(years)])
        for way in (WITHOUT, WITH, NO_CAP, NO_RETURN, TOO_LATE)
    }
    return {
        "seed": seed,
        "years": years,
        "lane_percent": str(rules.lane_percent),
        "ways": ways,
        "worse": {name: round(_worse(ways, name), 4) for name in ways if name != WITHOUT.name},
        "claims": claims(ways),
    }


def claims(ways: Ways) -> list[dict[str, Any]]:
    """Return each claim, whether it holds, and that it fails as soon as its guard is taken away."""
    rows: tuple[tuple[str, Callable[[Ways, str], bool], tuple[Way, ...]], ...] = (
        (
            "Private warten mit der Firmenbahn im Median höchstens 2 % länger als ohne sie",
            _not_worse,
            (NO_CAP, NO_RETURN),
        ),
        ("Zurückgegebene Minuten werden genutzt", _used, (TOO_LATE,)),
        ("Firmen halten keine Plätze ohne Menschen", _nothing_hoarded, (NO_CAP,)),
    )
    return [
        {
            "claim": text,
            "holds": holds(ways, WITH.name),
            "controls": [control.name for control in controls],
            "fails_without_guard": not any(holds(ways, each.name) for each in controls),
        }
        for text, holds, controls in rows
    ]


def _worse(ways: Ways, name: str) -> float:
    without = ways[WITHOUT.name]["private"]["median_days"]
    return float(ways[name]["private"]["median_days"]) / float(without) - 1


def _not_worse(ways: Ways, name: str) -> bool:
    return _worse(ways, name) <= MOST_WORSE


def _used(ways: Ways, name: str) -> bool:
    share = ways[name]["returned_used_share"]
    return share is not None and share >= LEAST_USED


def _nothing_hoarded(ways: Ways, name: str) -> bool:
    return bool(ways[name]["wasted_places"] == 0)


_BLUE, _GREEN = "#4a6fa5", "#2e7d32"


def chart(compared: Mapping[str, Any]) -> str:
    """Return median waits of both groups as an SVG: a picture of the numbers in the JSON."""
    ways: Ways = compared["ways"]
    longest = max(
        each[who]["median_days"] for each in ways.values() for who in ("private", "firms")
    )
    parts = [
        '<text x="10" y="20">Median der Wartezeit in Tagen: Private (blau), Firmen (grün)</text>'
    ]
    top = 34
    for name, found in ways.items():
        parts.append(f'<text x="10" y="{top + 24}">{name}</text>')
        for line, (who, colour) in enumerate((("private", _BLUE), ("firms", _GREEN))):
            days = found[who]["median_days"]
            width = max(1.0, round(360 * days / longest, 1))
            y = top + line * 20
            parts.append(
                f'<rect x="180" y="{y}" width="{width}" height="16" fill="{colour}"/>'
                f'<text x="{190 + width:.1f}" y="{y + 13}">{days:.1f}</text>'
            )
        top += 54
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {top}" font-size="13" '
        'font-family="sans-serif"><title>Wartezeit mit und ohne Firmenbahn</title>'
        f'<rect width="640" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )

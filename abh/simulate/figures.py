"""What a simulated day was like (pure): waiting, utilisation, unused minutes; as data and table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from abh.simulate.engine import Desk, Visit
from abh.simulate.office_day import OfficeDay


def figures(day: OfficeDay, visits: Sequence[Visit], seed: int) -> dict[str, Any]:
    """Return the figures of the day in JSON values; minutes with one decimal, shares with three."""
    lanes = {
        lane: _share(day.desks, [v for v in visits if v.visitor.lane == lane], lane)
        | _counts(day, [v for v in visits if v.visitor.lane == lane])
        for lane in day.lanes
    }
    desks = {
        desk.key: _share([desk], [v for v in visits if v.desk == desk.key], None)
        | {"served": sum(v.desk == desk.key for v in visits)}
        for desk in day.desks
    }
    return {
        "unit": day.unit,
        "day": day.day.isoformat(),
        "seed": seed,
        **_counts(day, visits),
        "lanes": lanes,
        "desks": desks,
    }


def _counts(day: OfficeDay, visits: Sequence[Visit]) -> dict[str, Any]:
    served = [visit for visit in visits if visit.desk is not None]
    waited = sorted(visit.waited for visit in served)
    return {
        "visitors": len(visits),
        "served": len(served),
        "unserved": len(visits) - len(served),
        # of these: nobody rostered in the lane has the training or the equipment
        "unsuited": sum(not _is_suited(day.desks, visit) for visit in visits),
        "waiting_minutes": {
            "p50": _minutes(_percentile(waited, 50)),
            "p90": _minutes(_percentile(waited, 90)),
            "max": _minutes(waited[-1] if waited else 0),
        },
    }


def _is_suited(desks: Iterable[Desk], visit: Visit) -> bool:
    lane = visit.visitor.lane
    return any(
        desk.can_serve(visit.visitor) and any(piece.lane == lane for piece in desk.pieces)
        for desk in desks
    )


def _share(desks: Iterable[Desk], visits: Iterable[Visit], lane: str | None) -> dict[str, Any]:
    """Return rostered, used and unused minutes; overtime of a lane counts as overtime only."""
    pieces = {
        desk.key: [p for p in desk.pieces if lane is None or p.lane == lane] for desk in desks
    }
    rostered = sum(piece.seconds for found in pieces.values() for piece in found)
    busy = over = 0
    for visit in visits:
        if visit.desk is None:
            continue
        within = sum(
            max(0, min(visit.end, piece.end) - max(visit.start, piece.start))
            for piece in pieces[visit.desk]
        )
        busy += within
        over += visit.end - visit.start - within
    return {
        "rostered_minutes": _minutes(rostered),
        "used_minutes": _minutes(busy),
        "unused_minutes": _minutes(rostered - busy),
        "overtime_minutes": _minutes(over),
        "utilisation": round(busy / rostered, 3) if rostered else 0.0,
    }


def _percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile; 0 of nothing."""
    if not ordered:
        return 0
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _minutes(seconds: int) -> float:
    return round(seconds / 60, 1)


def table(found: Mapping[str, Any]) -> str:
    """Return the figures as a German table."""
    waiting = found["waiting_minutes"]
    lines = [
        f"{found['unit']} am {found['day']} (Startwert {found['seed']})",
        f"Besuche {found['visitors']}, bedient {found['served']}, bei Schließung nicht bedient "
        f"{found['unserved']} (davon ohne geeigneten Platz {found['unsuited']})",
        f"Wartezeit in Minuten: Median {_de(waiting['p50'])}, 90 % höchstens "
        f"{_de(waiting['p90'])}, längste {_de(waiting['max'])}",
        "",
        _row("Spur", "Besuche", "bedient", "Median", "90 %", "Minuten", "genutzt", "frei", "Quote"),
    ]
    for lane, row in found["lanes"].items():
        wait = row["waiting_minutes"]
        counts = (row["visitors"], row["served"], _de(wait["p50"]), _de(wait["p90"]))
        lines.append(_row(lane, *counts, *_used(row)))
    lines += ["", _row("Platz", "", "bedient", "", "", "Minuten", "genutzt", "frei", "Quote")]
    for desk, row in found["desks"].items():
        lines.append(_row(desk, "", row["served"], "", "", *_used(row)))
    return "\n".join(lines)


def _used(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (
        _de(row["rostered_minutes"]),
        _de(row["used_minutes"]),
        _de(row["unused_minutes"]),
        f"{row['utilisation']:.0%}".replace("%", " %"),
    )


def _row(first: str, *rest: object) -> str:
    return (f"{first:<12}" + "".join(f"{value:>9}" for value in map(str, rest))).rstrip()


def _de(minutes: float) -> str:
    return f"{minutes:.1f}".replace(".", ",")

"""How long somebody will wait, as a range (pure): from measured lengths of what comes before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Fewer measured visits than this say less than the planned minutes.
ENOUGH = 8


@dataclass(frozen=True, slots=True)
class Length:
    """Minutes of a service: a quarter of the visits are shorter than ``low``, a quarter longer
    than ``high``."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Minutes until the call: between ``low`` and ``high``, most likely ``middle``."""

    low: int
    middle: int
    high: int
    ahead: int


def length_of(measured: Sequence[float], planned: int) -> Length:
    """Return the length of a service as ``measured`` (minutes), else around the planned ones."""
    if len(measured) < ENOUGH:
        return Length(planned * 0.7, float(planned), planned * 1.5)
    ordered = sorted(measured)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Length(at(0.25), at(0.5), at(0.75))


@dataclass(frozen=True, slots=True)
class Ahead:
    """Somebody who is called before: how long it will take, and what the desk must have."""

    length: Length
    needs: frozenset[str] = frozenset()


def forecast_at(
    ahead: Sequence[Ahead], desks: Sequence[frozenset[str]], needs: frozenset[str] = frozenset()
) -> Forecast | None:
    """Return the wait for a desk that has ``needs``, of the open ``desks`` by their equipment.

    Of those ahead counts who could take such a desk, each with the share of the desks for it that
    are such: where one desk of four takes fingerprints, who needs it waits for all others who need
    it, and for a quarter of those whom any desk will do. None without such a desk.
    """
    fitting = [desk for desk in desks if needs <= desk]
    shares = []
    for each in ahead:
        able = sum(each.needs <= desk for desk in desks)
        here = sum(each.needs <= desk for desk in fitting)
        if here:
            shares.append((each.length, here / able))
    weighted = [
        Length(length.low * share, length.middle * share, length.high * share)
        for length, share in shares
    ]
    return forecast(weighted, len(fitting))


def forecast(ahead: Sequence[Length], desks: int) -> Forecast | None:
    """Return the wait of who stands behind ``ahead`` at so many open desks; None without a desk.

    The range widens with everybody who is ahead; it is never shown as a single number.
    """
    if desks < 1:
        return None
    low, middle, high = (
        sum(getattr(each, name) for each in ahead) / desks for name in ("low", "middle", "high")
    )
    return Forecast(int(low), round(middle), int(high) + 5, len(ahead))

"""Free time as bitmaps: a day is 288 cells of five wall-clock minutes, held in one integer.

Bit ``n`` is the cell that begins ``5 * n`` minutes after midnight by the clock on the wall, so
that free runs are a few shifts and nights of daylight saving need no case of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from abh.kernel.clock import BERLIN

CELL_MINUTES = 5
CELLS = 24 * 60 // CELL_MINUTES
BITMAP_BYTES = CELLS // 8
WHOLE_DAY = (1 << CELLS) - 1


def mask(start: int, end: int) -> int:
    """Return the bitmap of the cells ``start`` (inclusive) to ``end`` (exclusive).

    Raises ``ValueError`` unless ``0 <= start < end <= 288``.
    """
    if not 0 <= start < end <= CELLS:
        raise ValueError(f"no cells from {start} to {end}")
    return (1 << end) - (1 << start)


def union(ranges: Iterable[tuple[int, int]]) -> int:
    """Return the bitmap of all cells in any of the ranges (end exclusive)."""
    bits = 0
    for start, end in ranges:
        bits |= mask(start, end)
    return bits


def to_bytes(bits: int) -> bytes:
    """Return the 36 bytes stored; PostgreSQL's ``get_bit(free, n)`` then reads cell ``n``."""
    return bits.to_bytes(BITMAP_BYTES, "little")


def from_bytes(stored: bytes) -> int:
    """Return the bitmap of 36 stored bytes; raises ``ValueError`` for another length."""
    if len(stored) != BITMAP_BYTES:
        raise ValueError(f"a bitmap has {BITMAP_BYTES} bytes, not {len(stored)}")
    return int.from_bytes(stored, "little")


def runs(free: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of adjacent free cells in order as (start, end exclusive)."""
    base = 0
    while free:
        skip = (free & -free).bit_length() - 1
        free >>= skip
        base += skip
        length = (~free & (free + 1)).bit_length() - 1
        yield base, base + length
        free >>= length
        base += length


def longest_run(free: int) -> int:
    """Return the length in cells of the longest free run; 0 when nothing is free."""
    return max((end - start for start, end in runs(free)), default=0)


def starts(free: int, length: int) -> int:
    """Return the bitmap of cells at which ``length`` free cells begin, by doubling shifts."""
    if length < 1:
        raise ValueError("a slot has at least one cell")
    covered = 1
    while covered < length and free:
        step = min(covered, length - covered)
        free &= free >> step
        covered += step
    return free


def together(bitmaps: Iterable[int], count: int) -> int:
    """Return the cells that are set in at least ``count`` of the bitmaps."""
    if count < 1:
        raise ValueError("together is at least one")
    at_least = [0] * count
    for bits in bitmaps:
        for n in range(count - 1, 0, -1):
            at_least[n] |= at_least[n - 1] & bits
        at_least[0] |= bits
    return at_least[-1]


def cells_of(minutes: int) -> int:
    """Return how many cells a service of ``minutes`` occupies; a cell begun counts whole."""
    if minutes < 1:
        raise ValueError("a service takes at least a minute")
    return -(-minutes // CELL_MINUTES)


def slots(free: int, minutes: int, step: int, not_before: int = 0) -> list[int]:
    """Return start cells at which a service of ``minutes`` fits into ``free``, in order.

    Counted from the beginning of each free run in steps of ``step`` cells: with the length of
    the service as step, bookings lie side by side and leave no useless gaps. ``not_before`` is
    the first cell that may begin (lead time). Raises ``ValueError`` for a step below one.
    """
    if step < 1:
        raise ValueError("slots advance by at least one cell")
    length = cells_of(minutes)
    found: list[int] = []
    for begin, end in runs(free):
        skipped = max(0, -(-(not_before - begin) // step))
        found.extend(range(begin + skipped * step, end - length + 1, step))
    return found


def spread(times: list[int], most: int) -> list[int]:
    """Return at most ``most`` of the ordered ``times``, evenly over the day, the first included."""
    if len(times) <= most:
        return times
    return [times[index * len(times) // most] for index in range(most)]


def cell_at(at: time) -> int:
    """Return the cell that begins at wall-clock time ``at``.

    Raises ``ValueError`` for a time between two cells: a roster in other minutes would lie.
    """
    minutes, odd = divmod(at.hour * 60 + at.minute, CELL_MINUTES)
    if odd or at.second or at.microsecond:
        raise ValueError(f"{at} is not a multiple of {CELL_MINUTES} minutes")
    return minutes


def end_cell_at(at: time) -> int:
    """Return the exclusive end cell for ``at``; midnight as an end is the end of the day."""
    return cell_at(at) or CELLS


def time_of(cell: int) -> time:
    """Return the wall-clock time at which ``cell`` begins; the end of the day (288) is 00:00."""
    if not 0 <= cell <= CELLS:
        raise ValueError(f"no cell {cell}")
    return time(*divmod(cell % CELLS * CELL_MINUTES, 60))


def instant(day: date, cell: int) -> datetime:
    """Return the instant, in UTC, at which ``cell`` begins in Berlin.

    Of an hour that comes twice (end of October) the first is meant; a time that the clocks skip
    (end of March) is the instant of the leap, so that an end never lies before its start.
    """
    if cell == CELLS:
        return instant(day + timedelta(days=1), 0)
    local = datetime.combine(day, time_of(cell), tzinfo=BERLIN)
    # UTC, because Python calls two aware times unequal when one is of the repeated hour.
    return local.astimezone(UTC) if _exists(local) else instant(day, cell + 1)


def cell_not_before(at: datetime) -> tuple[date, int]:
    """Return day and cell of the first cell that begins at ``at`` or later on the Berlin wall.

    The cell may be 288: nothing of that day is left.
    """
    local = at.astimezone(BERLIN)
    minutes = local.hour * 60 + local.minute + (local.second > 0 or local.microsecond > 0)
    cell = -(-minutes // CELL_MINUTES)
    if local.fold:
        # The hour's cells stand for its first pass, which is over.
        cell = max(cell, _first_after_repeated_hour(local.date()))
    return local.date(), cell


@lru_cache(maxsize=4096)
def existing_cells(day: date) -> int:
    """Return the bitmap of the cells that the wall clock shows on ``day``.

    Without the skipped hour of the spring night; the repeated hour of autumn counts once.
    """
    if (_midnight(day + timedelta(days=1)) - _midnight(day)) >= timedelta(hours=24):
        return WHOLE_DAY
    return sum(
        1 << cell
        for cell in range(CELLS)
        if _exists(datetime.combine(day, time_of(cell), tzinfo=BERLIN))
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=BERLIN).astimezone(UTC)


def _exists(local: datetime) -> bool:
    round_trip = local.astimezone(UTC).astimezone(BERLIN)
    return round_trip.replace(tzinfo=None) == local.replace(tzinfo=None)


def _first_after_repeated_hour(day: date) -> int:
    for cell in range(CELLS - 1, -1, -1):
        wall = datetime.combine(day, time_of(cell), tzinfo=BERLIN)
        if wall.utcoffset() != wall.replace(fold=1).utcoffset():
            return cell + 1
    return 0

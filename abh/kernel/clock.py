"""The clock: UTC inside, Europe/Berlin for decisions; tests and the demo can set it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


class Clock(Protocol):
    """Where every ``now`` comes from."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


def today(clock: Clock) -> date:
    """Return the calendar day in Berlin, by which the law counts."""
    return clock.now().astimezone(BERLIN).date()


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until a test moves it."""

    at: datetime

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward (or back) by ``by``."""
        self.at += by


@dataclass(frozen=True)
class FileClock:
    """The machine's clock shifted by the seconds written in a file.

    All processes of a demo or test read the same file, so that moving it moves web, worker and
    scheduler together. A missing or empty file is no shift; anything else unreadable raises
    ``ValueError``. Never used in production (``abh.settings`` refuses it).
    """

    path: Path

    def now(self) -> datetime:
        try:
            with open(self.path, "rb", buffering=0) as file:  # read at every look
                text = file.read().decode("ascii").strip()
        except FileNotFoundError:
            text = ""
        return datetime.now(UTC) + timedelta(seconds=float(text or 0))

    def set_to(self, instant: datetime) -> None:
        """Shift so that ``now`` is ``instant`` and runs on from there."""
        self._write((instant - datetime.now(UTC)).total_seconds())

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by ``by`` from where it is."""
        self._write((self.now() - datetime.now(UTC) + by).total_seconds())

    def _write(self, seconds: float) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(f"{seconds:.3f}", encoding="ascii")
        draft.replace(self.path)

"""Birth dates whose day or month may be unknown, as papers of many countries state them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from abh.kernel.dauer import add_months
from abh.kernel.errors import FieldProblem, InvalidInput

_GERMAN = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_STORED = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_OLDEST = 1880


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A birth date with a known year; an unknown month or day is ``None``.

    Raises ``InvalidInput`` for a year before 1880, a day without month, and a day that never was.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise InvalidInput([FieldProblem("birth_date", problem)])

    def _problem(self) -> str:
        if not _OLDEST <= self.year <= 9999:
            return f"das Jahr muss bekannt sein und darf nicht vor {_OLDEST} liegen"
        if self.month is None:
            return "" if self.day is None else "der Tag ist ohne Monat nicht verwendbar"
        if not 1 <= self.month <= 12:
            return f"den Monat {self.month} gibt es nicht"
        last = calendar.monthrange(self.year, self.month)[1]
        if self.day is not None and not 1 <= self.day <= last:
            return f"den {self.day}.{self.month}.{self.year} gibt es nicht"
        return ""

    @property
    def is_complete(self) -> bool:
        """Whether day, month and year are known."""
        return self.day is not None

    @property
    def earliest(self) -> date:
        """The earliest day on which the person can have been born."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The latest day on which the person can have been born."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def age_bounds(self, stichtag: date) -> tuple[int, int]:
        """Return the lowest and the highest age in full years the person can have on ``stichtag``.

        A year of life ends with the day before the birthday (§ 187(2) S. 2, § 188(2) BGB). Raises
        ``InvalidInput`` if the person cannot have been born by then.
        """
        if self.earliest > stichtag:
            raise InvalidInput([FieldProblem("birth_date", "liegt in der Zukunft")])
        return max(0, _age(self.latest, stichtag)), _age(self.earliest, stichtag)

    def is_certainly_adult(self, stichtag: date) -> bool:
        """Whether the person is 18 under every reading (§ 2 BGB)."""
        return self.age_bounds(stichtag)[0] >= 18

    def is_possibly_minor(self, stichtag: date) -> bool:
        """Whether the person may be under 18; protective rules start here (§ 80 AufenthG)."""
        return not self.is_certainly_adult(stichtag)

    def stored(self) -> str:
        """Return the sortable form with zeros for what is unknown, e.g. "1990-05-00"."""
        return f"{self.year:04d}-{self.month or 0:02d}-{self.day or 0:02d}"

    def __str__(self) -> str:
        return f"{self.day or 0:02d}.{self.month or 0:02d}.{self.year:04d}"


def _age(birth: date, stichtag: date) -> int:
    years = stichtag.year - birth.year
    # Born on 29 February: in other years the year of life is full on 28 February, 24:00.
    birthday = date(stichtag.year, birth.month, 1)
    if birth.day > calendar.monthrange(stichtag.year, birth.month)[1]:
        birthday = add_months(birthday, 1)
    else:
        birthday = birthday.replace(day=birth.day)
    return years - (stichtag < birthday)


def parse_birth_date(text: str) -> PartialDate:
    """Read "17.05.1990", "00.05.1990", "00.00.1990" or the stored form "1990-05-00".

    Raises ``InvalidInput`` for anything else.
    """
    bare = text.strip()
    if found := _GERMAN.fullmatch(bare):
        day, month, year = map(int, found.groups())
    elif found := _STORED.fullmatch(bare):
        year, month, day = map(int, found.groups())
    else:
        hint = "bitte als TT.MM.JJJJ eingeben; Unbekanntes als 00, z. B. 00.05.1990"
        raise InvalidInput([FieldProblem("birth_date", hint)])
    return PartialDate(year, month or None, day or None)

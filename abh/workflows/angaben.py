"""Facts a Verfahren asks for beyond those that every case has: declared, read and shown as data.

One declaration serves the form, the API, the findings of the office, the scenario files and the
handbook, so that none of them can know a fact that the rules do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any


class AngabeKind(StrEnum):
    """How a fact is typed."""

    JA_NEIN = "ja oder nein"
    TAG = "Tag"
    ZAHL = "ganze Zahl"
    BETRAG = "Betrag"
    TEXT = "Text"
    WAHL = "Auswahl"


Wert = bool | date | int | Decimal | str

# What lies outside is a slip or an attack: rules count from such days and letters write such
# numbers out, so they are refused where they enter.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
MOST = 10**9


def within_days(day: date) -> date:
    """Return the day; raises ``ValueError`` where no life and no document can reach."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Tag zwischen {FIRST_DAY.year} und {LAST_DAY.year}")
    return day


@dataclass(frozen=True, slots=True)
class Angabe:
    """One fact: its key in antrag, findings, API and scenarios, and how it is called in German.

    ``by_applicant``: the applicant can tell it and is asked for it; else the office finds it out.
    ``unit`` is what a number counts (Monate, Euro im Monat, Tagessätze). ``choices`` maps the
    values of a ``WAHL`` to their German words.
    """

    key: str
    label: str
    kind: AngabeKind
    norm: str = ""
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    by_applicant: bool = True

    def read(self, raw: Any) -> Wert:
        """Return the value of its JSON form; raises ``ValueError`` saying what was expected."""
        return _READERS[self.kind](self, raw)

    def words(self, value: Wert) -> str:
        """Return the value as German letters and pages show it."""
        if isinstance(value, bool):
            return "ja" if value else "nein"
        if isinstance(value, date):
            return f"{value:%d.%m.%Y}"
        if self.kind is AngabeKind.WAHL:
            return self.choices.get(str(value), str(value))
        text = f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)
        return f"{text} {self.unit}".strip()


def to_json(value: Wert) -> Any:
    """Return the JSON form of a value."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def by_key(angaben: Iterable[Angabe]) -> dict[str, Angabe]:
    """Return the facts by key; raises ``ValueError`` for two different ones of the same key."""
    found: dict[str, Angabe] = {}
    for angabe in angaben:
        if found.setdefault(angabe.key, angabe) != angabe:
            raise ValueError(f"Angabe {angabe.key} ist zweimal verschieden beschrieben")
    return found


def _flag(angabe: Angabe, raw: Any) -> Wert:
    if not isinstance(raw, bool):
        raise ValueError("ja oder nein")
    return raw


def _day(angabe: Angabe, raw: Any) -> Wert:
    return within_days(raw if isinstance(raw, date) else date.fromisoformat(str(raw)))


def _whole(angabe: Angabe, raw: Any) -> Wert:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError("ganze Zahl")
    if not 0 <= raw <= MOST:
        raise ValueError("Zahl ab 0, keine so große")
    return raw


def _amount(angabe: Angabe, raw: Any) -> Wert:
    if isinstance(raw, bool):
        raise ValueError("Betrag")
    try:
        amount = Decimal(str(raw))
    except InvalidOperation as error:
        raise ValueError("Betrag") from error
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError("Betrag ab 0, keiner so groß")
    return amount


def _line(angabe: Angabe, raw: Any) -> Wert:
    if not isinstance(raw, str):
        raise ValueError("Text")
    if len(raw) > 4000:
        raise ValueError("höchstens 4000 Zeichen")
    return raw.strip()


def _choice(angabe: Angabe, raw: Any) -> Wert:
    if raw not in angabe.choices:
        raise ValueError("eines von: " + ", ".join(angabe.choices))
    return str(raw)


_READERS = {
    AngabeKind.JA_NEIN: _flag,
    AngabeKind.TAG: _day,
    AngabeKind.ZAHL: _whole,
    AngabeKind.BETRAG: _amount,
    AngabeKind.TEXT: _line,
    AngabeKind.WAHL: _choice,
}


def ja_nein(key: str, label: str, norm: str = "", *, amt: bool = False) -> Angabe:
    """Declare a yes-or-no fact; ``amt``: the office finds it out."""
    return Angabe(key, label, AngabeKind.JA_NEIN, norm, by_applicant=not amt)


def tag(key: str, label: str, norm: str = "", *, amt: bool = False) -> Angabe:
    """Declare a day."""
    return Angabe(key, label, AngabeKind.TAG, norm, by_applicant=not amt)


def zahl(key: str, label: str, unit: str, norm: str = "", *, amt: bool = False) -> Angabe:
    """Declare a count of ``unit``."""
    return Angabe(key, label, AngabeKind.ZAHL, norm, unit, by_applicant=not amt)


def betrag(
    key: str, label: str, norm: str = "", *, unit: str = "Euro", amt: bool = False
) -> Angabe:
    """Declare an amount, in euros unless ``unit`` says otherwise."""
    return Angabe(key, label, AngabeKind.BETRAG, norm, unit, by_applicant=not amt)


def text(key: str, label: str, norm: str = "", *, amt: bool = False) -> Angabe:
    """Declare a fact in free words."""
    return Angabe(key, label, AngabeKind.TEXT, norm, by_applicant=not amt)


def wahl(
    key: str, label: str, choices: Mapping[str, str], norm: str = "", *, amt: bool = False
) -> Angabe:
    """Declare one of ``choices`` (value to German words)."""
    return Angabe(key, label, AngabeKind.WAHL, norm, choices=choices, by_applicant=not amt)

"""The law in force on a day: dated values with norm and source; a gap is an error, no guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from abh.kernel.dauer import Dauer, Einheit
from abh.kernel.errors import ConfigurationError, LawMissing

TIME_UNITS = frozenset(unit.value for unit in Einheit)
MONEY_UNITS = frozenset({"EUR", "EUR/Jahr", "EUR/Monat"})
UNITS = TIME_UNITS | MONEY_UNITS | {"Prozent", "Liste", "Anzahl"}
_TABLE_FIELDS = frozenset({"label", "unit", "norm", "volatile", "hint", "values"})
_ENTRY_FIELDS = frozenset({"from", "until", "value", "source", "norm", "volatile"})

Inhalt = int | Decimal | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wert:
    """One value of law with the days it is in force (both included; ``None``: until changed).

    ``volatile`` marks what must be checked again before productive use. ``value`` is an ``int`` for
    lengths, a ``Decimal`` for euros and percent, a tuple for lists.
    """

    value: Inhalt
    unit: str
    norm: str
    in_force_from: date
    in_force_until: date | None
    volatile: bool
    source: str
    label: str = ""

    @property
    def dauer(self) -> Dauer:
        """The value as a length; raises ``TypeError`` where it is none."""
        if not isinstance(self.value, int):
            raise TypeError(f"{self.label or self.norm} is no length of time")
        return Dauer(self.value, Einheit(self.unit))

    @property
    def betrag(self) -> Decimal:
        """The value as euros or percent; raises ``TypeError`` where it is none."""
        if not isinstance(self.value, Decimal):
            raise TypeError(f"{self.label or self.norm} is no amount")
        return self.value

    @property
    def liste(self) -> tuple[str, ...]:
        """The value as a list; raises ``TypeError`` where it is none."""
        if not isinstance(self.value, tuple):
            raise TypeError(f"{self.label or self.norm} is no list")
        return self.value


@dataclass(frozen=True, slots=True)
class _Reihe:
    """All values of one key in order, and where they are written."""

    file: str
    hint: str
    werte: tuple[Wert, ...]


@dataclass
class _Faults:
    """The faults found so far, each with the place to mend."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")


class Rechtsstand:
    """All dated values, checked once at start.

    ``tables`` maps a file name to its parsed content: key to ``label``, ``unit``, ``norm``,
    ``volatile``, ``hint`` and ``values``, a list of ``from``, ``until``, ``value``, ``source``
    (and, where they differ for an entry, ``norm`` and ``volatile``). Amounts are quoted strings,
    days are dates. Raises ``ConfigurationError`` naming every fault as ``file:key``.
    """

    def __init__(self, tables: Mapping[str, object]) -> None:
        faults = _Faults()
        self._reihen: dict[str, _Reihe] = {}
        for file, table in tables.items():
            if not isinstance(table, Mapping) or not table:
                faults.add(file, "keine Werte; erwartet wird je Schlüssel ein Block")
                continue
            for key, block in table.items():
                where = f"{file}:{key}"
                if key in self._reihen:
                    faults.add(where, f"Schlüssel steht schon in {self._reihen[key].file}")
                    continue
                self._reihen[str(key)] = _read_block(file, where, block, faults)
        if faults.found:
            raise ConfigurationError(
                f"Rechtsstand: {len(faults.found)} Fehler\n" + "\n".join(faults.found)
            )

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._reihen))

    def value(self, key: str, stichtag: date) -> Wert:
        """Return the value in force on ``stichtag``; raises ``LawMissing`` for an unknown key and
        for a day without value, saying what is known and where to add it."""
        reihe = self._reihen.get(key)
        if reihe is None:
            raise LawMissing(f"Für „{key}“ ist im Rechtsstand nichts hinterlegt.")
        for wert in reihe.werte:
            if wert.in_force_from <= stichtag <= (wert.in_force_until or date.max):
                return wert
        known = ", ".join(_span(wert) for wert in reihe.werte)
        raise LawMissing(
            f"Für „{reihe.werte[0].label}“ ({key}, {reihe.werte[0].norm}) ist am "
            f"{stichtag:%d.%m.%Y} kein Wert hinterlegt. Bekannt: {known}. "
            + (f"{reihe.hint} " if reihe.hint else "")
            + f"Neuen Wert mit Datum und Fundstelle in {reihe.file} eintragen."
        )

    def history(self, key: str) -> tuple[Wert, ...]:
        """Return all values of ``key`` in order; raises ``LawMissing`` for an unknown key."""
        if key not in self._reihen:
            raise LawMissing(f"Für „{key}“ ist im Rechtsstand nichts hinterlegt.")
        return self._reihen[key].werte

    def volatile_keys(self, stichtag: date) -> tuple[str, ...]:
        """Return the keys whose value on ``stichtag`` must be checked before productive use."""
        return tuple(
            key
            for key in self
            for wert in self._reihen[key].werte
            if wert.volatile and wert.in_force_from <= stichtag <= (wert.in_force_until or date.max)
        )


def _span(wert: Wert) -> str:
    until = f"{wert.in_force_until:%d.%m.%Y}" if wert.in_force_until else "auf Weiteres"
    return f"{wert.in_force_from:%d.%m.%Y} bis {until}"


def _read_block(file: str, where: str, block: Any, faults: _Faults) -> _Reihe:
    if not isinstance(block, Mapping):
        faults.add(where, "kein Block mit label, unit, norm, values")
        return _Reihe(file, "", ())
    for name in sorted(set(map(str, block)) - _TABLE_FIELDS):
        faults.add(where, f"unbekanntes Feld „{name}“")
    if not _is_text(block.get("label")):
        faults.add(where, "label fehlt")
    if block.get("unit") not in UNITS:
        faults.add(where, f"unit „{block.get('unit')}“ unbekannt; erlaubt: {sorted(UNITS)}")
    if not isinstance(block.get("volatile", False), bool):
        faults.add(where, "volatile ist weder true noch false")
    entries = block.get("values")
    if not isinstance(entries, list) or not entries:
        faults.add(where, "values fehlt oder ist leer")
        return _Reihe(file, "", ())
    werte = [
        wert
        for number, entry in enumerate(entries, 1)
        if (wert := _read_entry(f"{where}[{number}]", block, entry, faults)) is not None
    ]
    werte.sort(key=lambda wert: wert.in_force_from)
    _check_order(where, werte, faults)
    return _Reihe(file, str(block.get("hint", "")), tuple(werte))


def _read_entry(where: str, block: Mapping[str, Any], entry: Any, faults: _Faults) -> Wert | None:
    if not isinstance(entry, Mapping):
        faults.add(where, "kein Block mit from, value, source")
        return None
    before = len(faults.found)
    for name in sorted(set(map(str, entry)) - _ENTRY_FIELDS):
        faults.add(where, f"unbekanntes Feld „{name}“")
    start, until = entry.get("from"), entry.get("until")
    if type(start) is not date:
        faults.add(where, f"from „{start}“ ist kein Tag (JJJJ-MM-TT)")
    if until is not None and type(until) is not date:
        faults.add(where, f"until „{until}“ ist kein Tag (JJJJ-MM-TT)")
    if type(start) is date and type(until) is date and until < start:
        faults.add(where, f"until {until} liegt vor from {start}")
    norm = entry.get("norm", block.get("norm"))
    for name, text in (("norm", norm), ("source", entry.get("source"))):
        if not _is_text(text):
            faults.add(where, f"{name} fehlt")
    value = _read_value(where, block.get("unit"), entry.get("value"), faults)
    if len(faults.found) > before or value is None or not isinstance(start, date):
        return None
    volatile = entry.get("volatile", block.get("volatile", False)) is True
    unit, label = str(block.get("unit")), str(block.get("label"))
    return Wert(value, unit, str(norm), start, until, volatile, str(entry["source"]), label)


def _read_value(where: str, unit: Any, raw: Any, faults: _Faults) -> Inhalt | None:
    if raw is None:
        faults.add(where, "value fehlt")
    elif unit in TIME_UNITS:
        if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 1:
            return raw
        faults.add(where, f"value „{raw}“ ist keine ganze Zahl ab 1")
    elif unit == "Anzahl":
        if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
            return raw
        faults.add(where, f"value „{raw}“ ist keine ganze Zahl ab 0")
    elif unit == "Liste":
        if isinstance(raw, list) and raw and all(_is_text(item) for item in raw):
            return tuple(raw)
        faults.add(where, "value ist keine Liste von Texten in Anführungszeichen")
    elif unit in UNITS:
        amount = _read_amount(raw)
        if amount is not None:
            return amount
        faults.add(where, f"value „{raw}“ ist kein Betrag in Anführungszeichen wie '100.00'")
    return None


def _read_amount(raw: Any) -> Decimal | None:
    # A float would already have lost cents that the law states exactly.
    if not isinstance(raw, str):
        return None
    try:
        amount = Decimal(raw)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _check_order(where: str, werte: list[Wert], faults: _Faults) -> None:
    for one, two in zip(werte, werte[1:], strict=False):
        if one.in_force_until is None or two.in_force_from <= one.in_force_until:
            faults.add(where, f"Überschneidung: {_span(one)} und {_span(two)}")
        elif two.in_force_from > one.in_force_until + timedelta(days=1):
            faults.add(where, f"Lücke zwischen {_span(one)} und {_span(two)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())

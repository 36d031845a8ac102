"""Reads the plain data of the deadline calculator and names every problem at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from abh.kernel.dauer import Dauer, Einheit
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.feiertage import FIRST_YEAR, LAST_YEAR
from abh.kernel.fristen.uhren import Halt
from abh.kernel.fristen.zugang import Kanal

EVENTS = ("bescheid", "nachforderung", "anhoerung", "antrag", "ba", "frei")
_NOTIFIED = frozenset({"bescheid", "nachforderung", "anhoerung"})
_TEXT_FIELDS = frozenset({"event", "date", "norm", "channel", "retrieved", "arrived", "unit"})
_FLAGS = {"instructed": True, "accelerated": False, "never_arrived": False, "reference_31_3": False}
_FIELDS = _TEXT_FIELDS | {"length", "fixed_day", "stops"} | set(_FLAGS)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX = {Einheit.TAGE: 3660, Einheit.WOCHEN: 520, Einheit.MONATE: 120, Einheit.JAHRE: 10}
_MAX_STOPS = 100


@dataclass(frozen=True, slots=True)
class Anfrage:
    """A checked question to the calculator."""

    event: str
    day: date
    norm: str = ""
    kanal: Kanal | None = None
    retrieved: date | None = None
    arrived: date | None = None
    never_arrived: bool = False
    instructed: bool = True
    accelerated: bool = False
    dauer: Dauer | None = None
    fixed_day: date | None = None
    reference_31_3: bool = False
    stops: tuple[Halt, ...] = ()


@dataclass
class _Reader:
    payload: Mapping[str, Any]
    problems: list[FieldProblem] = field(default_factory=list)

    def add(self, name: str, message: str) -> None:
        self.problems.append(FieldProblem(name, message))

    def text(self, name: str) -> str:
        raw = self.payload.get(name)
        if raw is None:
            return ""
        if not isinstance(raw, str) or not raw.isprintable():
            self.add(name, "ist kein Text")
            return ""
        return raw.strip()

    def flag(self, name: str) -> bool:
        raw = self.payload.get(name)
        if raw is not None and not isinstance(raw, bool):
            self.add(name, "ist weder ja noch nein (true oder false)")
        return raw if isinstance(raw, bool) else _FLAGS[name]

    def day(self, name: str, raw: Any) -> date | None:
        if raw in (None, ""):
            return None
        try:
            if not isinstance(raw, str) or not _ISO.fullmatch(raw):
                raise ValueError
            day = date.fromisoformat(raw)
        except ValueError:
            self.add(name, "ist kein Tag; bitte als JJJJ-MM-TT")
            return None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.add(name, f"liegt nicht in den Jahren {FIRST_YEAR} bis {LAST_YEAR}")
            return None
        return day


def read_anfrage(payload: Mapping[str, Any]) -> Anfrage:
    """Return the checked question; raises ``InvalidInput`` with every problem found."""
    if not isinstance(payload, Mapping):
        raise InvalidInput([FieldProblem("", "erwartet wird ein JSON-Objekt")])
    read = _Reader(payload)
    for name in sorted(set(map(str, payload)) - _FIELDS):
        read.add(ascii(name[:40]).strip("'"), "unbekannte Angabe")
    event = read.text("event")
    if event not in EVENTS:
        read.add("event", f"fehlt oder ist unbekannt; möglich: {', '.join(EVENTS)}")
    day = read.day("date", payload.get("date"))
    if day is None and not any(problem.field == "date" for problem in read.problems):
        read.add("date", "fehlt")
    dauer = _read_dauer(read)
    kanal = _read_kanal(read, event)
    stops = _read_stops(read)
    fixed = read.day("fixed_day", payload.get("fixed_day"))
    norm = read.text("norm")
    retrieved = read.day("retrieved", payload.get("retrieved"))
    arrived = read.day("arrived", payload.get("arrived"))
    flags = {name: read.flag(name) for name in _FLAGS}
    _check_fit(read, event, dauer, norm, fixed, stops)
    if read.problems or day is None:
        raise InvalidInput(read.problems)
    return Anfrage(
        event=event,
        day=day,
        norm=norm,
        kanal=kanal,
        retrieved=retrieved,
        arrived=arrived,
        never_arrived=flags["never_arrived"],
        instructed=flags["instructed"],
        accelerated=flags["accelerated"],
        dauer=dauer,
        fixed_day=fixed,
        reference_31_3=flags["reference_31_3"],
        stops=stops,
    )


def _read_dauer(read: _Reader) -> Dauer | None:
    length, unit = read.payload.get("length"), read.text("unit")
    if length is None and not unit:
        return None
    if unit not in set(Einheit):
        read.add("unit", f"fehlt oder ist unbekannt; möglich: {', '.join(Einheit)}")
        return None
    most = _MAX[Einheit(unit)]
    if not isinstance(length, int) or isinstance(length, bool) or not 1 <= length <= most:
        read.add("length", f"ist keine ganze Zahl von 1 bis {most}")
        return None
    return Dauer(length, Einheit(unit))


def _read_kanal(read: _Reader, event: str) -> Kanal | None:
    name = read.text("channel")
    if not name:
        if event in _NOTIFIED:
            read.add("channel", f"fehlt; möglich: {', '.join(Kanal)}")
        return None
    if name not in set(Kanal):
        read.add("channel", f"ist unbekannt; möglich: {', '.join(Kanal)}")
        return None
    if event in ("antrag", "ba"):
        read.add("channel", "wird hier nicht gebraucht: es zählt der Tag des Eingangs")
        return None
    return Kanal(name)


def _read_stops(read: _Reader) -> tuple[Halt, ...]:
    raw = read.payload.get("stops")
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > _MAX_STOPS:
        read.add("stops", f"ist keine Liste mit höchstens {_MAX_STOPS} Halten")
        return ()
    stops = []
    for number, item in enumerate(raw):
        name = f"stops.{number}"
        if not isinstance(item, Mapping) or set(item) - {"since", "until", "reason"}:
            read.add(name, "erwartet werden since, until und reason")
            continue
        reason = item.get("reason") or ""
        if not isinstance(reason, str) or not reason.isprintable():
            read.add(f"{name}.reason", "ist kein Text")
            continue
        since = read.day(f"{name}.since", item.get("since"))
        until = read.day(f"{name}.until", item.get("until"))
        if since is None:
            if item.get("since") in (None, ""):
                read.add(f"{name}.since", "fehlt")
        elif until is not None and until < since:
            read.add(f"{name}.until", "liegt vor dem Beginn des Halts")
        else:
            stops.append(Halt(since, until, reason))
    return tuple(stops)


def _check_fit(
    read: _Reader,
    event: str,
    dauer: Dauer | None,
    norm: str,
    fixed: date | None,
    stops: tuple[Halt, ...],
) -> None:
    """Refuse facts that do not belong to the event, so that nothing typed is silently ignored."""
    if event == "frei":
        if not norm:
            read.add("norm", "fehlt; eine freie Frist braucht ihre Grundlage")
        if dauer is None and fixed is None and not read.problems:
            read.add("length", "fehlt; Länge und Einheit oder ein fester Tag")
    if fixed is not None and dauer is not None:
        read.add("fixed_day", "entweder ein fester Tag oder eine Länge")
    if fixed is not None and event in ("bescheid", "antrag", "ba"):
        read.add("fixed_day", "gibt es bei einer gesetzlichen Frist nicht")
    if stops and fixed is not None:
        read.add("stops", "ein fester Tag wird nicht gehemmt")
    if event in ("antrag", "ba", "bescheid") and stops:
        text = "diese Frist wird nicht gehemmt"
        if event == "ba":
            text += "; mit der vervollständigten Anfrage beginnt eine neue (§ 36 Abs. 2 BeschV)"
        read.add("stops", text)
    if event in ("antrag", "ba") and dauer is not None:
        read.add("length", "steht im Gesetz fest")
    if dauer is not None and event == "bescheid" and not norm:
        read.add("norm", "fehlt; eine andere als die Klagefrist braucht ihre Grundlage")
    for name, wanted in (("instructed", "bescheid"), ("accelerated", "ba")):
        if name in read.payload and event != wanted:
            read.add(name, f"gehört nur zu {wanted}")
    if "reference_31_3" in read.payload and fixed is None:
        read.add("reference_31_3", "gehört nur zu einem festen Tag")

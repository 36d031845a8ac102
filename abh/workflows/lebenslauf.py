"""What is known of a person's way: stay, work, language; the input of the prospects (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows.angaben import MOST, within_days
from abh.workflows.facts import Facts, TitleKind

LEVELS = ("", "A1", "A2", "B1", "B2", "C1", "C2")
# Which paragraph a kind of title stands for where nobody named it.
PARAGRAPH: Mapping[TitleKind, str] = {
    TitleKind.BLAUE_KARTE: "18g",
    TitleKind.AE_18A_18B: "18b",
    TitleKind.AE_24: "24",
    TitleKind.AE_104C: "104c",
    TitleKind.ICT_KARTE: "19",
    TitleKind.CHANCENKARTE: "20a",
    TitleKind.NATIONALES_VISUM: "6",
}
LAWFUL = frozenset(TitleKind) - {
    TitleKind.UNKNOWN,
    TitleKind.NONE,
    TitleKind.DULDUNG,
    TitleKind.GESTATTUNG,
    TitleKind.SCHENGEN_VISUM,
    TitleKind.VISUMFREI_KURZ,
}


_PARAGRAF = re.compile(r"([0-9]+[a-z]?)\s*(?:\(|Abs(?:\.|atz)?\s*)?([0-9]+[a-z]?)?")


def _part(paragraf: str, number: int) -> str:
    found = _PARAGRAF.match(paragraf) if paragraf else None
    return (found.group(number) if found else "") or ""


@dataclass(frozen=True, slots=True)
class Abschnitt:
    """A section of stay: what the person held, on which paragraph, from when until when.

    ``bis`` None runs on. ``paragraf`` is the number ("18b"), if known with its part ("25 Abs. 2"),
    "" where it is not known.
    """

    titel: TitleKind
    von: date
    bis: date | None = None
    paragraf: str = ""

    @property
    def norm(self) -> str:
        """The number of the paragraph, also where only the kind of title says it."""
        return _part(self.paragraf, 1) or PARAGRAPH.get(self.titel, "")

    @property
    def absatz(self) -> str:
        """The part of the paragraph, "" where nobody named it."""
        return _part(self.paragraf, 2)


@dataclass(frozen=True, slots=True)
class Lebenslauf:
    """What the prospects look at; ``None`` is not known and never counts as met.

    ``rentenmonate`` were paid until ``rente_stand``; ``arbeitet`` lets them grow with time.
    """

    abschnitte: tuple[Abschnitt, ...] = ()
    einreise: date | None = None
    sprache: str | None = None
    kenntnisse: bool | None = None
    lebensunterhalt: bool | None = None
    wohnraum: bool | None = None
    arbeitet: bool | None = None
    rentenmonate: int | None = None
    rente_stand: date | None = None
    deutscher_abschluss: bool = False
    straffrei: bool | None = None
    identitaet: bool | None = None
    bekenntnis: bool | None = None
    kind_minderjaehrig: bool = False
    ehe_deutsch_seit: date | None = None
    schutz: bool = False
    ehegatte_18c: bool = False
    beamtenverhaeltnis: bool = False
    geburt: date | None = None

    def jetzt(self, tag: date) -> Abschnitt | None:
        """Return the section that runs on ``tag``."""
        running = (a for a in self.abschnitte if a.von <= tag and (a.bis is None or a.bis >= tag))
        return max(running, key=lambda a: a.von, default=None)


_FLAGS = (
    "kenntnisse", "lebensunterhalt", "wohnraum", "arbeitet", "deutscher_abschluss", "straffrei",
    "identitaet", "bekenntnis", "kind_minderjaehrig", "schutz", "ehegatte_18c",
    "beamtenverhaeltnis",
)  # fmt: skip
_DAYS = ("einreise", "rente_stand", "ehe_deutsch_seit", "geburt")


def lebenslauf_of(raw: Mapping[str, Any], facts: Facts, path: str = "lebenslauf") -> Lebenslauf:
    """Return the way from JSON; what it does not say is taken from the facts of the case.

    Raises ``InvalidInput`` with every problem at once.
    """
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    known = {*_FLAGS, *_DAYS, "abschnitte", "sprache", "rentenmonate"}
    for key, value in raw.items():
        if value is None or key not in known:
            if key not in known:
                problems.append(FieldProblem(f"{path}.{key}", "Diese Angabe gibt es nicht."))
            continue
        try:
            values[str(key)] = _read(str(key), value)
        except (ValueError, TypeError, KeyError, AttributeError):
            problems.append(FieldProblem(f"{path}.{key}", "Diese Angabe ist nicht lesbar."))
    if problems:
        raise InvalidInput(problems)
    values.setdefault("einreise", facts.entry.on)
    # of a birth date that is not fully known the latest day it can be: nothing is promised early
    values.setdefault("geburt", facts.birth.latest if facts.birth is not None else None)
    values.setdefault("identitaet", facts.identity_clarified)
    if not values.get("abschnitte"):
        values["abschnitte"] = _from_facts(facts)
    return Lebenslauf(**values)


def _from_facts(facts: Facts) -> tuple[Abschnitt, ...]:
    if facts.entry.on is None or facts.title_kind in (TitleKind.UNKNOWN, TitleKind.NONE):
        return ()
    return (Abschnitt(facts.title_kind, facts.entry.on, facts.title_until),)


def _read(key: str, value: Any) -> Any:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValueError(key)
        return value
    if key in _DAYS:
        return _day(value)
    if key == "sprache":
        if value not in LEVELS:
            raise ValueError(key)
        return value
    if key == "rentenmonate":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise ValueError(key)
        return value
    return tuple(_section(row) for row in value)


def _section(row: Mapping[str, Any]) -> Abschnitt:
    kind = next((k for k in TitleKind if row["titel"] in (k.value, k.name)), None)
    if kind is None:
        raise ValueError("titel")
    until = _day(row["bis"]) if row.get("bis") else None
    begun = _day(row["von"])
    if until is not None and until < begun:
        raise ValueError("bis")
    paragraf = str(row.get("paragraf", "")).replace("§", "").strip()
    return Abschnitt(kind, begun, until, paragraf)


def _day(value: Any) -> date:
    return within_days(value if isinstance(value, date) else date.fromisoformat(value))

"""The fiction that an application causes by law (§ 81(3)-(4) AufenthG), as a table of cases.

The paper (Fiktionsbescheinigung) only proves it; the effect arises by law or not at all. All
words to the applicant are conditional on the facts given, because nobody has checked them yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from abh.kernel.errors import Reason
from abh.workflows import fiktion_worte as worte
from abh.workflows.facts import (
    RESIDENCE_TITLES,
    UNLIMITED_TITLES,
    Facts,
    TitleKind,
    german,
    title_runs_until,
)

CHAPTER_25A_25B = ("§ 25a", "§ 25b")
WITHOUT_TITLE_LAWFUL = frozenset(
    {TitleKind.VISUMFREI_41, TitleKind.VISUMFREI_KURZ, TitleKind.BLAUE_KARTE_ANDERER_STAAT}
)


class FiktionKind(StrEnum):
    """What the application does to the stay until the decision."""

    NONE = "keine Fiktionswirkung"
    OPEN = "noch nicht bestimmbar"
    PERMITTED = "Aufenthalt gilt als erlaubt"
    SUSPENDED = "Abschiebung gilt als ausgesetzt"
    CONTINUING = "bisheriger Titel gilt als fortbestehend"


EFFECTIVE = frozenset({FiktionKind.PERMITTED, FiktionKind.SUSPENDED, FiktionKind.CONTINUING})


@dataclass(frozen=True, slots=True)
class Fiktion:
    """The result for one case; ``since`` is the day from which the effect counts.

    ``spoken`` and ``title_end`` are what the words were made of, to say them in other languages.
    ``order_possible`` says that the authority may order the continuation (§ 81(4) S. 3).
    """

    kind: FiktionKind
    case: str
    norm: str
    since: date | None
    words: str
    work_words: str
    reasons: tuple[Reason, ...]
    work_allowed: bool = False
    order_possible: bool = False
    spoken: str = ""
    title_end: date | None = None

    @property
    def is_effective(self) -> bool:
        """Whether there is anything a Fiktionsbescheinigung could prove."""
        return self.kind in EFFECTIVE


@dataclass(frozen=True, slots=True)
class Case:
    """One row: the first that applies decides, so the order of the table is law."""

    key: str
    label: str
    norm: str
    kind: FiktionKind
    applies: Callable[[Facts], bool]
    why: Callable[[Facts], str]
    order_possible: bool = False
    # own words where those of the kind would not be true of the case
    words: str = ""
    work_allowed: bool = False


def fiktion(facts: Facts) -> Fiktion:
    """Return the fiction of the application; never raises, unknown facts leave it ``OPEN``."""
    case = next(case for case in CASES if case.applies(facts))
    effective = case.kind in EFFECTIVE
    spoken = case.words or case.kind.name
    title_end = title_runs_until(facts) if _has_end(case) else None
    return Fiktion(
        kind=case.kind,
        case=case.key,
        norm=case.norm,
        since=_since(facts, case) if effective else None,
        words=worte.words(spoken, title_end),
        work_words=worte.work_words(spoken),
        reasons=(Reason(case.why(facts), norm=case.norm, key=case.key),),
        work_allowed=case.kind is FiktionKind.CONTINUING or case.work_allowed,
        order_possible=case.order_possible,
        spoken=spoken,
        title_end=title_end,
    )


def _since(f: Facts, case: Case) -> date | None:
    if case.key == "F2_ANGEORDNET":
        # What the order does to the days before it is disputed: only from then on it is certain.
        return f.continuation_ordered_on
    if case.kind is FiktionKind.CONTINUING:
        return title_runs_until(f)
    return f.received_on


def _has_end(case: Case) -> bool:
    return case.kind is FiktionKind.CONTINUING


def _asylum(f: Facts) -> bool:
    return f.asylum_submitted_on is not None or f.title_kind is TitleKind.GESTATTUNG


def _asylum_ends_it(f: Facts) -> bool:
    """§ 55(2) AsylG: the effect ends, unless a title of over six months is to be extended."""
    if not _asylum(f):
        return False
    return not (_title_valid(f) and f.long_title_extension is not False)


def _asylum_open(f: Facts) -> bool:
    return _asylum(f) and _title_valid(f) and f.long_title_extension is None


def _unknown(f: Facts) -> bool:
    if f.received_on is None or f.title_kind is TitleKind.UNKNOWN:
        return True
    if f.title_kind in UNLIMITED_TITLES:
        return False
    if f.title_kind in RESIDENCE_TITLES:
        return f.title_until is None
    return f.title_kind in WITHOUT_TITLE_LAWFUL and f.lawful_until is None


def _held_title(f: Facts) -> bool:
    return f.title_kind in RESIDENCE_TITLES


def _title_valid(f: Facts) -> bool:
    until = title_runs_until(f)
    if not _held_title(f) or f.received_on is None or until is None:
        return False
    return f.received_on <= until


def _ordered(f: Facts) -> bool:
    """The order needs a title that ended before the application, and is never earlier than it."""
    on, until = f.continuation_ordered_on, title_runs_until(f)
    if not _held_title(f) or on is None or until is None or f.received_on is None:
        return False
    return until < f.received_on <= on


def _other_title_than_104c_allows(f: Facts) -> bool:
    to_25 = any(norm in f.applied_title for norm in CHAPTER_25A_25B)
    return f.title_kind is TitleKind.AE_104C and not to_25


def _lawful_without_title(f: Facts) -> bool:
    return f.title_kind in WITHOUT_TITLE_LAWFUL


def _in_time(f: Facts) -> bool:
    if f.received_on is None or f.lawful_until is None:
        return False
    return f.received_on <= f.lawful_until


def _day(day: date | None) -> str:
    return german(day) if day is not None else "(unbekannt)"


CASES: tuple[Case, ...] = (
    Case(
        "F0_SCHUTZ",
        "Schutz zuerkannt, Titel noch nicht erteilt",
        "§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2 AufenthG",
        FiktionKind.PERMITTED,
        lambda f: f.title_kind is TitleKind.SCHUTZ and f.received_on is not None,
        lambda f: "Schutz ist zuerkannt: der Aufenthalt gilt bis zur Erteilung als erlaubt.",
        words="PROTECTED",
        work_allowed=True,
    ),
    Case(
        "F6_ASYL",
        "Asylantrag gestellt",
        "§ 55 Abs. 2 AsylG",
        FiktionKind.NONE,
        _asylum_ends_it,
        lambda f: "Mit dem Asylantrag erlischt die Wirkung; die Aufenthaltsgestattung gilt.",
    ),
    Case(
        "F6_ASYL_OFFEN",
        "Asylantrag gestellt, Dauer des Titels oder Art des Antrags nicht bekannt",
        "§ 55 Abs. 2 Satz 2 AsylG",
        FiktionKind.OPEN,
        _asylum_open,
        lambda f: (
            "Die Wirkung bleibt trotz des Asylantrags, wenn ein Titel von insgesamt mehr als sechs "
            "Monaten verlängert werden soll; das ist zu klären."
        ),
    ),
    Case(
        "F1_ANGABEN_FEHLEN",
        "Eingang, Titel oder dessen Ende unbekannt",
        "§ 81 Abs. 3 und 4 AufenthG",
        FiktionKind.OPEN,
        _unknown,
        lambda f: "Tag des Eingangs, bisheriger Titel oder dessen Ende ist nicht bekannt.",
    ),
    Case(
        "F3_SCHENGEN",
        "Schengen-Visum",
        "§ 81 Abs. 4 Satz 2 AufenthG",
        FiktionKind.NONE,
        lambda f: f.title_kind is TitleKind.SCHENGEN_VISUM,
        lambda f: "Ein Schengen-Visum besteht durch den Antrag nicht fort.",
    ),
    Case(
        "F4_104C",
        "Titel nach § 104c, anderer Titel als § 25a oder § 25b beantragt",
        "§ 104c AufenthG",
        FiktionKind.NONE,
        _other_title_than_104c_allows,
        lambda f: "Nach § 104c wirkt nur ein Antrag auf § 25a oder § 25b fort.",
    ),
    Case(
        "F2_UNBEFRISTET",
        "unbefristeter Titel",
        "§ 9 Abs. 1, § 9a Abs. 1 AufenthG",
        FiktionKind.NONE,
        lambda f: f.title_kind in UNLIMITED_TITLES,
        lambda f: "Der bisherige Titel ist unbefristet; eine Fiktion ist nicht nötig.",
    ),
    Case(
        "F2_FORTGELTUNG",
        "Antrag vor Ablauf des Titels",
        "§ 81 Abs. 4 Satz 1 AufenthG",
        FiktionKind.CONTINUING,
        _title_valid,
        lambda f: (
            f"Antrag am {_day(f.received_on)}, Titel gültig bis {_day(title_runs_until(f))}: "
            "er gilt bis zur Entscheidung als fortbestehend."
        ),
    ),
    Case(
        "F2_ANGEORDNET",
        "Antrag nach Ablauf des Titels, Fortgeltung angeordnet",
        "§ 81 Abs. 4 Satz 3 AufenthG",
        FiktionKind.CONTINUING,
        _ordered,
        lambda f: (
            f"Antrag am {_day(f.received_on)}, der Titel endete am {_day(f.title_until)}. Die "
            f"Fortgeltung ist am {_day(f.continuation_ordered_on)} angeordnet."
        ),
        words="ORDERED",
    ),
    Case(
        "F2_VERSPAETET_MIT_TITEL",
        "Antrag nach Ablauf des Titels",
        "§ 81 Abs. 4 Satz 3 AufenthG",
        FiktionKind.NONE,
        _held_title,
        lambda f: (
            f"Antrag am {_day(f.received_on)}, der Titel endete am {_day(f.title_until)}. Die "
            "Fortgeltung kann zur Vermeidung einer unbilligen Härte angeordnet werden."
        ),
        order_possible=True,
    ),
    Case(
        "F2_ERLAUBT",
        "rechtmäßiger Aufenthalt ohne Titel, rechtzeitig",
        "§ 81 Abs. 3 Satz 1 AufenthG",
        FiktionKind.PERMITTED,
        lambda f: _lawful_without_title(f) and _in_time(f),
        lambda f: (
            f"Antrag am {_day(f.received_on)}, Aufenthalt ohne Titel rechtmäßig bis "
            f"{_day(f.lawful_until)}."
        ),
    ),
    Case(
        "F2_AUSGESETZT",
        "rechtmäßiger Aufenthalt ohne Titel, verspätet",
        "§ 81 Abs. 3 Satz 2 AufenthG",
        FiktionKind.SUSPENDED,
        _lawful_without_title,
        lambda f: (
            f"Antrag am {_day(f.received_on)}, möglich war er bis {_day(f.lawful_until)}: "
            "verspätet."
        ),
    ),
    Case(
        "F2_KEIN_RECHTMAESSIGER_AUFENTHALT",
        "kein Titel und kein rechtmäßiger Aufenthalt",
        "§ 81 Abs. 3 AufenthG",
        FiktionKind.NONE,
        lambda f: True,
        lambda f: f"Bisheriger Stand „{f.title_kind.value}“: der Antrag hat keine Wirkung.",
    ),
)

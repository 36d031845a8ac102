"""The points of the Chancenkarte (§ 20b AufenthG): a pure function of the facts and the table.

Points and the least total are values of the Rechtsstand, because a regulation may change them
(§ 20b(3)). What is not known gives no points; levels of the same mark never add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from abh.workflows.angaben import betrag, ja_nein, text, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, years_later
from abh.workflows.guards import blaue_karte as bk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import Regel, kein_wert
from abh.workflows.recht import LawNumber

TEILANERKENNUNG = ja_nein(
    "teilweise_anerkannt",
    "Anerkennungsstelle hält Anpassung oder Ausgleich für nötig",
    "§ 20b Abs. 1 Satz 1 Nr. 1 AufenthG",
)
ENGLISCH = wahl(
    "englisch",
    "Englischkenntnisse",
    {"keine": "unter B2", "b2": "B2", "c1": "C1 oder mehr"},
    "§ 20a Abs. 4 Satz 3 Nr. 2, § 20b Abs. 1 Satz 1 Nr. 5 AufenthG",
)
ERFAHRUNG_7 = betrag(
    "erfahrung_in_7_jahren",
    "Berufserfahrung in den letzten sieben Jahren",
    "§ 20b Abs. 1 Satz 1 Nr. 6 AufenthG",
    unit="Jahre",
)
ERFAHRUNG_5 = betrag(
    "erfahrung_in_5_jahren",
    "Berufserfahrung in den letzten fünf Jahren",
    "§ 20b Abs. 1 Satz 1 Nr. 7 AufenthG",
    unit="Jahre",
)
BERUFSGRUPPE = text(
    "qualifikation_isco",
    "Berufsgruppe der Qualifikation (ISCO-08)",
    "§ 20b Abs. 1 Satz 1 Nr. 8 AufenthG",
)
VORAUFENTHALT = zahl(
    "voraufenthalt_monate",
    "Rechtmäßiger Voraufenthalt in den letzten fünf Jahren",
    "Monate",
    "§ 20b Abs. 1 Satz 1 Nr. 11 AufenthG",
)
EHEGATTE = ja_nein(
    "ehegatte_mit_chancenkarte",
    "Ehegatte oder Lebenspartner erfüllt die Voraussetzungen und beantragt ebenfalls",
    "§ 20b Abs. 1 Satz 1 Nr. 12 AufenthG",
)
BESTAETIGT = zahl(
    "punkte_bestaetigt", "Bestätigte Punktzahl", "Punkte", "§ 20b Abs. 2 AufenthG", amt=True
)
ANGABEN = (
    TEILANERKENNUNG, ENGLISCH, ERFAHRUNG_7, ERFAHRUNG_5, BERUFSGRUPPE, VORAUFENTHALT, EHEGATTE,
    BESTAETIGT,
)  # fmt: skip

LEAST = "chancenkarte.punkte.mindestens"
JUNG, MITTEL = "chancenkarte.alter.jung", "chancenkarte.alter.mittel"
LANG, KURZ = "chancenkarte.erfahrung.lang", "chancenkarte.erfahrung.kurz"
MONATE = "chancenkarte.voraufenthalt"


@dataclass(frozen=True, slots=True)
class Merkmal:
    """One row of the table: number in § 20b(1), what it is, and whether the facts show it.

    ``shows`` returns ``None`` where the facts do not say.
    """

    number: int
    label: str
    shows: Callable[[Facts], bool | None]

    @property
    def law_key(self) -> str:
        """The dated points of this row."""
        return f"chancenkarte.punkte.{self.number}"


@dataclass(frozen=True, slots=True)
class Zeile:
    """What one row gave: its points, 0 where it is not shown; ``known`` whether the facts say."""

    number: int
    label: str
    points: int
    known: bool


@dataclass(frozen=True, slots=True)
class Punktestand:
    """The total with its rows; ``least`` is the number needed, ``None`` without a value of law."""

    zeilen: tuple[Zeile, ...]
    least: int | None

    @property
    def total(self) -> int:
        """All points that the facts show."""
        return sum(zeile.points for zeile in self.zeilen)

    @property
    def reached(self) -> bool:
        """Whether the total reaches the least number of the law."""
        return self.least is not None and self.total >= self.least

    @property
    def words(self) -> str:
        """The rows with points in one German sentence."""
        parts = [f"Nr. {z.number} {z.label}: {z.points}" for z in self.zeilen if z.points]
        return "; ".join(parts) or "keine Punkte"


def _level(*levels: str) -> Callable[[Facts], bool | None]:
    def shows(f: Facts) -> bool | None:
        found = f.angabe(a.DEUTSCH.key)
        return None if found is None else found in levels

    return shows


def _reaches(value: Decimal | int | None, limit: LawNumber | None) -> bool | None:
    return None if value is None or limit is None else value >= limit.value


def _lang(f: Facts) -> bool | None:
    return _reaches(f.angabe(ERFAHRUNG_7.key), f.law.zahl(LANG))


def _kurz(f: Facts) -> bool | None:
    if _lang(f):
        return False
    return _reaches(f.angabe(ERFAHRUNG_5.key), f.law.zahl(KURZ))


def _englisch(f: Facts) -> bool | None:
    found = f.angabe(ENGLISCH.key)
    return None if found is None else found == "c1"


def _engpass(f: Facts) -> bool | None:
    found = f.angabe(BERUFSGRUPPE.key)
    if not found or f.law.shortage_isco is None:
        return None
    return bk.in_group(found, f.law.shortage_isco)


def alter_hoechstens(birth: date, years: int, on: date) -> bool:
    """Whether somebody born on ``birth`` is not older than ``years`` on the day ``on``.

    Read in completed years: older only from the next birthday on.
    """
    return on < years_later(birth, years + 1)


def _alter(f: Facts, key: str) -> bool | None:
    limit, day = f.law.zahl(key), f.received_on
    if f.birth is None or limit is None or day is None:
        return None
    # An unknown day of birth must not give points that a known one might not.
    return alter_hoechstens(f.birth.earliest, int(limit.value), day)


def _mittel(f: Facts) -> bool | None:
    young, middle = _alter(f, JUNG), _alter(f, MITTEL)
    return None if young is None or middle is None else middle and not young


def _voraufenthalt(f: Facts) -> bool | None:
    return _reaches(f.angabe(VORAUFENTHALT.key), f.law.zahl(MONATE))


def _flag(key: str) -> Callable[[Facts], bool | None]:
    def shows(f: Facts) -> bool | None:
        found: bool | None = f.angabe(key)
        return found

    return shows


MERKMALE: tuple[Merkmal, ...] = (
    Merkmal(1, "teilweise Anerkennung", _flag(TEILANERKENNUNG.key)),
    Merkmal(2, "Deutsch B2", _level("b2", "c1")),
    Merkmal(3, "Deutsch B1", _level("b1")),
    Merkmal(4, "Deutsch A2", _level("a2")),
    Merkmal(5, "Englisch C1", _englisch),
    Merkmal(6, "fünf Jahre Erfahrung", _lang),
    Merkmal(7, "zwei Jahre Erfahrung", _kurz),
    Merkmal(8, "Engpassberuf", _engpass),
    Merkmal(9, "bis 35 Jahre", lambda f: _alter(f, JUNG)),
    Merkmal(10, "bis 40 Jahre", _mittel),
    Merkmal(11, "Voraufenthalt", _voraufenthalt),
    Merkmal(12, "Ehegatte oder Lebenspartner", _flag(EHEGATTE.key)),
)
LAW = (LEAST, JUNG, MITTEL, LANG, KURZ, MONATE, *(m.law_key for m in MERKMALE))


def punkte(f: Facts) -> Punktestand:
    """Return the points by the table in force on the Stichtag; never raises."""
    rows = []
    for merkmal in MERKMALE:
        shown, value = merkmal.shows(f), f.law.zahl(merkmal.law_key)
        worth = int(value.value) if shown and value is not None else 0
        rows.append(Zeile(merkmal.number, merkmal.label, worth, shown is not None))
    least = f.law.zahl(LEAST)
    return Punktestand(tuple(rows), int(least.value) if least is not None else None)


def genug(f: Facts) -> Finding:
    """PKT: enough points, as computed and confirmed by the official."""
    stand = punkte(f)
    if stand.least is None:
        return kein_wert(f, LEAST)
    sentence = f"{stand.total} Punkte, nötig sind {stand.least} ({stand.words})."
    confirmed = f.angabe(BESTAETIGT.key)
    if confirmed is None:
        return check(f"{sentence} Die Punktzahl ist noch zu bestätigen.")
    if confirmed != stand.total:
        return check(f"{sentence} Bestätigt sind {confirmed}; die Punktzahl ist neu zu bestätigen.")
    return met(sentence) if stand.reached else not_met(sentence)


PUNKTE = Regel(genug, (a.DEUTSCH.key, *(one.key for one in ANGABEN)))

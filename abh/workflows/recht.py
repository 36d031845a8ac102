"""The values of law that guards look at, taken from the Rechtsstand for one Stichtag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from abh.kernel.errors import LawMissing


class DatedValue(Protocol):
    """What the Rechtsstand returns for a key and a day."""

    @property
    def value(self) -> Any: ...
    @property
    def unit(self) -> str: ...
    @property
    def norm(self) -> str: ...
    @property
    def in_force_from(self) -> date: ...


@dataclass(frozen=True, slots=True)
class LawNumber:
    """One value of law as it stood on the Stichtag; ``unit`` is EUR a year, years or months."""

    value: Decimal | int
    norm: str
    in_force_from: date
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LawValues:
    """The dated values the rules need, read from the Rechtsstand for ``Facts.stichtag``.

    A missing value is ``None``: the checklist then stays open and says so, it never guesses.
    """

    threshold_regular: LawNumber | None = None
    threshold_reduced: LawNumber | None = None
    degree_max_age_years: LawNumber | None = None
    job_min_months: LawNumber | None = None
    it_experience_min_years: LawNumber | None = None
    it_experience_period_years: LawNumber | None = None
    shortage_isco: tuple[str, ...] | None = None
    it_isco: tuple[str, ...] | None = None
    # what the Verfahren declares beyond these, by key of the Rechtsstand
    zahlen: Mapping[str, LawNumber] = field(default_factory=dict)
    listen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def zahl(self, key: str) -> LawNumber | None:
        """Return a declared value of law; ``None`` where none is in force on the Stichtag."""
        return self.zahlen.get(key)


class LawKey(StrEnum):
    """Every key that services of this room read from the Rechtsstand; the start checks them all."""

    NACHFORDERUNG = "nachforderung"
    NACHFORDERUNG_MINDESTENS = "nachforderung.mindestens"
    ANHOERUNG = "anhoerung"
    ANHOERUNG_MINDESTENS = "anhoerung.mindestens"
    FIKTIONSBESCHEINIGUNG = "fiktionsbescheinigung.dauer"
    KARTE_ABHOLUNG = "karte.abholung"
    RUECKGABE = "rueckgabe.frist"
    RUECKGABE_MAHNUNG = "rueckgabe.mahnung"
    PERSONALAUSWEIS_ALTER = "gebuehr.personalausweis.alter"
    MOBILITAET = "mobilitaet.entscheidung"
    SICHERHEITSABFRAGE = "sicherheitsabfrage.gueltig"
    TERMIN_BUCHUNG = "termin.buchungsfrist"
    TITEL_HOECHSTDAUER = "titel.hoechstdauer"
    TITEL_ZUSCHLAG = "titel.zuschlag"
    GEBUEHR_MINDERJAEHRIGE = "gebuehr.minderjaehrige"
    BA_ZUSTIMMUNG = "ba.zustimmung"
    BVA_WIEDERVORLAGE = "bva.wiedervorlage"
    KARTE_HOECHSTDAUER = "karte.hoechstdauer"
    SCHUTZ24_FORTGELTUNG = "schutz24.fortgeltung"
    AKTE_FORTZUG = "akte.b_loeschung"
    AKTE_TOD = "aktenplan.tod"
    AKTE_VISUM = "visum.loeschung"
    AKTE_AUSWEISUNG = "aktenplan.ausweisung"
    AKTE_EINBUERGERUNG = "aktenplan.einbuergerung"
    AKTE_ANBIETUNG = "aktenplan.anbietung"
    FIRMEN_KLEIN = "firmen.kontingent.klein"
    FIRMEN_MITTEL = "firmen.kontingent.mittel"
    FIRMEN_GROSS = "firmen.kontingent.gross"
    FIRMEN_ZUSCHLAG = "firmen.kontingent.zuschlag"
    FIRMEN_MINDESTENS = "firmen.kontingent.mindestens"
    FIRMEN_GROESSE_MITTEL = "firmen.groesse.mittel"
    FIRMEN_GROESSE_GROSS = "firmen.groesse.gross"
    FIRMEN_FEHLTERMINE = "firmen.fehltermine.zeitraum"
    FIRMEN_ABSAGE = "firmen.absage.rechtzeitig"
    FIRMEN_BAHN = "firmen.bahn.hoechstanteil"
    MELDUNG_ARBEITGEBER = "mitteilung.beschaeftigungsende.arbeitgeber"
    ZIEL_P01 = "ziel.p01"
    ZIEL_P02 = "ziel.p02"
    ZIEL_P03 = "ziel.p03"
    ZIEL_P04 = "ziel.p04"
    ZIEL_P07 = "ziel.p07"
    ZIEL_P08 = "ziel.p08"
    ZIEL_P30 = "ziel.p30"
    ZIEL_P35 = "ziel.p35"


# Where the Rechtsstand keeps each field; the service reads them for the Stichtag.
LAW_KEYS: Mapping[str, str] = {
    "threshold_regular": "blaue_karte.gehalt.regel",
    "threshold_reduced": "blaue_karte.gehalt.abgesenkt",
    "degree_max_age_years": "blaue_karte.abschluss.hoechstalter",
    "job_min_months": "blaue_karte.beschaeftigung.mindestdauer",
    "it_experience_min_years": "blaue_karte.it.erfahrung",
    "it_experience_period_years": "blaue_karte.it.erfahrung.zeitraum",
    "shortage_isco": "blaue_karte.engpassberufe",
    "it_isco": "blaue_karte.it.gruppen",
}


def law_values(read: Callable[[str], DatedValue], keys: Iterable[str] = ()) -> LawValues:
    """Read all values through ``read`` (the Rechtsstand bound to a Stichtag).

    ``keys`` are those the Verfahren declares (``Verfahren.law_keys``).

    Only ``LawMissing`` becomes ``None``: a page on the first day of a year must open and
    say what is missing. Every other error of ``read`` passes.
    """
    fields: dict[str, Any] = {}
    for name, key in LAW_KEYS.items():
        try:
            found = read(key)
        except LawMissing:
            continue
        if isinstance(found.value, tuple):
            fields[name] = found.value
        else:
            fields[name] = LawNumber(found.value, found.norm, found.in_force_from, found.unit)
    numbers: dict[str, LawNumber] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key in keys:
        try:
            found = read(key)
        except LawMissing:
            continue
        if isinstance(found.value, tuple):
            lists[key] = found.value
        else:
            numbers[key] = LawNumber(found.value, found.norm, found.in_force_from, found.unit)
    return LawValues(**fields, zahlen=numbers, listen=lists)


def all_law_keys() -> frozenset[str]:
    """Return every key of law that this room asks for, whatever the case."""
    return frozenset(LAW_KEYS.values()) | {key.value for key in LawKey}

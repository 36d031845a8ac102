"""The titles that may come next, as a table: for whom, which time counts, what else is needed.

A jurist reads a row as a whole; ``aussichten`` computes with it. Lengths are keys of the
Rechtsstand, conditions are rules with their norm. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from abh.kernel.errors import LawMissing
from abh.kernel.rechtsstand import Rechtsstand, Wert
from abh.workflows.facts import TitleKind
from abh.workflows.lebenslauf import LAWFUL, LEVELS, Abschnitt, Lebenslauf

HALB = "aussicht.halb.titel"
FAMILIE = "aussicht.kind.titel"
NICHT_9 = "aussicht.niederlassung.ausschluss"
STUDIUM = "ne.anrechnung.studium"


Zaehlt = Callable[[Abschnitt, "Recht"], float]
Pruefung = Callable[[Lebenslauf], bool | None]


@dataclass(frozen=True, slots=True)
class Bedarf:
    """A condition beside time: met, not met, not known; never raises."""

    text: str
    norm: str
    check: Pruefung


@dataclass(frozen=True, slots=True)
class Ziel:
    """A title to come. ``dauer`` and ``rente`` name keys of the Rechtsstand for this person."""

    key: str
    label: str
    norm: str
    fuer: Callable[[Lebenslauf, Abschnitt | None, Recht], bool]
    zaehlt: Zaehlt
    dauer: Callable[[Lebenslauf], str]
    rente: Callable[[Lebenslauf], str]
    bedarf: tuple[Bedarf, ...]


class Recht:
    """The values of one day, each read once; a batch asks the same for everybody."""

    def __init__(self, law: Rechtsstand, tag: date) -> None:
        self._law, self._tag = law, tag
        self._kept: dict[str, Wert | None] = {}

    def wert(self, key: str) -> Wert | None:
        """Return a value in force on the day, ``None`` where there is none."""
        if key not in self._kept:
            try:
                self._kept[key] = self._law.value(key, self._tag)
            except LawMissing:
                self._kept[key] = None
        return self._kept[key]

    def liste(self, key: str) -> tuple[str, ...]:
        """Return a list in force on the day, empty where there is none."""
        found = self.wert(key)
        return found.liste if found is not None else ()

    def anteil(self, key: str) -> float:
        """Return a value in percent as a share of one; nothing counts where there is none."""
        found = self.wert(key)
        return float(str(found.value)) / 100 if found is not None else 0.0


@lru_cache(maxsize=16)
def recht(law: Rechtsstand, tag: date) -> Recht:
    """Return the values of ``tag``, shared by all who ask about that day."""
    return Recht(law, tag)


def _sprache(level: str, norm: str) -> Bedarf:
    def check(lauf: Lebenslauf) -> bool | None:
        if lauf.sprache is None:
            return None
        return LEVELS.index(lauf.sprache) >= LEVELS.index(level)

    return Bedarf(f"Deutsch auf dem Niveau {level}", norm, check)


def _flag(text: str, norm: str, name: str) -> Bedarf:
    return Bedarf(text, norm, lambda lauf: getattr(lauf, name))


def _held(*paragraphs: str) -> Callable[[Lebenslauf, Abschnitt | None, Recht], bool]:
    return lambda lauf, now, r: now is not None and now.norm in paragraphs


def _is_ae(a: Abschnitt) -> bool:
    return a.titel in LAWFUL and a.titel not in (
        TitleKind.NIEDERLASSUNGSERLAUBNIS,
        TitleKind.DAUERAUFENTHALT_EU,
        TitleKind.FREIZUEGIGKEIT,
        TitleKind.VISUMFREI_41,
    )


def _all_titles(a: Abschnitt, r: Recht) -> float:
    if not _is_ae(a):
        return 0.0
    return r.anteil(STUDIUM) if a.norm in r.liste(HALB) else 1.0


def _listed(key: str) -> Zaehlt:
    return lambda a, r: 1.0 if a.norm in r.liste(key) else 0.0


def _lawful(a: Abschnitt, r: Recht) -> float:
    return 1.0 if a.titel in LAWFUL else 0.0


def _tolerated_too(a: Abschnitt, r: Recht) -> float:
    tolerated = a.titel in (TitleKind.DULDUNG, TitleKind.GESTATTUNG)
    return 1.0 if tolerated or a.titel in LAWFUL else 0.0


def is_unlimited(now: Abschnitt | None) -> bool:
    """Whether the title held now has no end."""
    return now is not None and now.titel in (
        TitleKind.NIEDERLASSUNGSERLAUBNIS,
        TitleKind.DAUERAUFENTHALT_EU,
    )


def _speaks(lauf: Lebenslauf, level: str) -> bool:
    return bool(lauf.sprache) and LEVELS.index(lauf.sprache or "") >= LEVELS.index(level)


def _blue_card(lauf: Lebenslauf) -> str:
    return "ne.monate.blaue_karte" + ("_b1" if _speaks(lauf, "B1") else "")


def _none(_: Lebenslauf) -> str:
    return ""


def _always(key: str) -> Callable[[Lebenslauf], str]:
    return lambda _: key


_KENNTNISSE = _flag(
    "Grundkenntnisse der Rechts- und Gesellschaftsordnung (Test)",
    "§ 9 Abs. 2 Satz 1 Nr. 8 AufenthG",
    "kenntnisse",
)
_UNTERHALT = _flag("gesicherter Lebensunterhalt", "§ 5 Abs. 1 Nr. 1 AufenthG", "lebensunterhalt")
_WOHNRAUM = _flag("ausreichender Wohnraum", "§ 9 Abs. 2 Satz 1 Nr. 9 AufenthG", "wohnraum")
_STRAFFREI = _flag(
    "keine entgegenstehende Straftat", "§ 9 Abs. 2 Satz 1 Nr. 4 AufenthG", "straffrei"
)
_ARBEIT = _flag("passende Beschäftigung", "§ 18c Abs. 1 Satz 1 Nr. 2 AufenthG", "arbeitet")
_B1 = _sprache("B1", "§ 9 Abs. 2 Satz 1 Nr. 7 AufenthG")
_STAG = (
    _flag("geklärte Identität und Staatsangehörigkeit", "§ 10 Abs. 1 Satz 1 StAG", "identitaet"),
    _flag("Bekenntnis zur freiheitlichen demokratischen Grundordnung",
          "§ 10 Abs. 1 Satz 1 Nr. 1 und 1a StAG", "bekenntnis"),
    _flag("Lebensunterhalt ohne Leistungen nach SGB II oder XII",
          "§ 10 Abs. 1 Satz 1 Nr. 3 StAG", "lebensunterhalt"),
    _flag("keine Verurteilung über den Grenzen des § 12a", "§ 10 Abs. 1 Satz 1 Nr. 5, § 12a StAG",
          "straffrei"),
    _sprache("B1", "§ 10 Abs. 1 Satz 1 Nr. 6, Abs. 4 StAG"),
    _flag("Einbürgerungstest", "§ 10 Abs. 1 Satz 1 Nr. 7 StAG", "kenntnisse"),
)  # fmt: skip


# Stay that is lawful without a title issued here: no step towards a permanent one by itself.
_OHNE_EIGENEN_TITEL = (TitleKind.VISUMFREI_41, TitleKind.BLAUE_KARTE_ANDERER_STAAT)


def _protected(lauf: Lebenslauf, now: Abschnitt) -> bool:
    """Protection under § 25(1), (2), which the exclusions of § 25(3) to (5) do not mean."""
    return now.norm == "25" and (now.absatz in ("1", "2") or (not now.absatz and lauf.schutz))


def _not_excluded(key: str) -> Callable[[Lebenslauf, Abschnitt | None, Recht], bool]:
    return lambda lauf, now, r: (
        now is not None
        and now.titel in LAWFUL
        and now.titel not in _OHNE_EIGENEN_TITEL
        and (now.norm not in r.liste(key) or _protected(lauf, now))
    )


def _child(lauf: Lebenslauf, now: Abschnitt | None, r: Recht) -> bool:
    return lauf.geburt is not None and now is not None and now.norm in r.liste(FAMILIE)


def _self_employed(lauf: Lebenslauf, now: Abschnitt | None, r: Recht) -> bool:
    # § 21(5) S. 3 leaves freelancers to the general rule.
    return now is not None and now.norm == "21" and now.absatz != "5"


# What § 35(1) S. 2 asks of those who reach the five years only after their 16th birthday.
VOLLJAEHRIG: tuple[Bedarf, ...] = (
    _sprache("B1", "§ 35 Abs. 1 Satz 2 Nr. 2 AufenthG"),
    _flag("gesicherter Lebensunterhalt oder Ausbildung", "§ 35 Abs. 1 Satz 2 Nr. 3 AufenthG",
          "lebensunterhalt"),
)  # fmt: skip

ZIELE: tuple[Ziel, ...] = (
    Ziel(
        "NE18C2", "Niederlassungserlaubnis mit Blauer Karte EU", "§ 18c Abs. 2 AufenthG",
        _held("18g"),
        lambda a, r: 1.0 if a.norm == "18g" else 0.0,
        _blue_card, _blue_card,
        (_sprache("A1", "§ 18c Abs. 2 Satz 2 AufenthG"), _KENNTNISSE, _UNTERHALT, _WOHNRAUM,
         _STRAFFREI, _ARBEIT),
    ),
    Ziel(
        "NE18C1", "Niederlassungserlaubnis für Fachkräfte", "§ 18c Abs. 1 AufenthG",
        lambda f, now, r: now is not None and now.norm in r.liste("aussicht.fachkraft.titel"),
        _listed("aussicht.fachkraft.titel"),
        lambda f: "ne.zeit.fachkraft" + ("_inland" if f.deutscher_abschluss else ""),
        lambda f: "ne.rente.fachkraft" + ("_inland" if f.deutscher_abschluss else ""),
        (_B1, _KENNTNISSE, _UNTERHALT, _WOHNRAUM, _STRAFFREI, _ARBEIT),
    ),
    Ziel(
        "NE9_3A", "Niederlassungserlaubnis als Ehegatte einer Fachkraft", "§ 9 Abs. 3a AufenthG",
        lambda f, now, r: f.ehegatte_18c and now is not None and _is_ae(now)
        and now.norm not in r.liste(NICHT_9),
        _all_titles, _always("ne.zeit.ehegatte"), _none,
        (_B1, _KENNTNISSE, _UNTERHALT, _WOHNRAUM, _STRAFFREI,
         _flag("Erwerbstätigkeit von 20 Stunden in der Woche", "§ 9 Abs. 3a Satz 1 Nr. 3 AufenthG",
               "arbeitet")),
    ),
    Ziel(
        "NE19C4", "Niederlassungserlaubnis im Beamtenverhältnis", "§ 19c Abs. 4 AufenthG",
        lambda f, now, r: f.beamtenverhaeltnis and now is not None and now.norm == "19c",
        lambda a, r: 1.0 if a.norm == "19c" else 0.0,
        _always("ne.zeit.beamte"), _none,
        (_B1, _KENNTNISSE, _UNTERHALT, _WOHNRAUM, _STRAFFREI),
    ),
    Ziel(
        "NE21", "Niederlassungserlaubnis nach selbständiger Tätigkeit", "§ 21 Abs. 4 AufenthG",
        _self_employed,
        lambda a, r: 1.0 if a.norm == "21" else 0.0,
        _always("ne.zeit.selbstaendig"), _none,
        (Bedarf("Die geplante Tätigkeit ist erfolgreich verwirklicht",
                "§ 21 Abs. 4 Satz 2 AufenthG", lambda lauf: None), _UNTERHALT, _STRAFFREI),
    ),
    Ziel(
        "NE35", "Niederlassungserlaubnis für Kinder", "§ 35 Abs. 1 AufenthG",
        _child,
        lambda a, r: 1.0 if a.norm in r.liste(FAMILIE) else 0.0,
        _always("ne.zeit.kind"), _none,
        (_flag("kein Ausschlussgrund", "§ 35 Abs. 3 AufenthG", "straffrei"),),
    ),
    Ziel(
        "NE28", "Niederlassungserlaubnis als Familie von Deutschen", "§ 28 Abs. 2 AufenthG",
        _held("28"),
        lambda a, r: 1.0 if a.norm == "28" else 0.0,
        _always("ne.zeit.deutsch"), _none,
        (_sprache("B1", "§ 28 Abs. 2 Satz 1 AufenthG"), _UNTERHALT, _STRAFFREI),
    ),
    Ziel(
        "NE26_3", "Niederlassungserlaubnis nach Anerkennung", "§ 26 Abs. 3 AufenthG",
        lambda f, now, r: f.schutz and now is not None and now.norm == "25",
        lambda a, r: 1.0 if a.norm == "25" or a.titel is TitleKind.GESTATTUNG else 0.0,
        lambda f: "ne.zeit.schutz" + ("_c1" if _speaks(f, "C1") else ""),
        _none,
        (_sprache("A2", "§ 26 Abs. 3 Satz 1 Nr. 4 AufenthG"), _KENNTNISSE, _UNTERHALT, _STRAFFREI),
    ),
    Ziel(
        "NE26_4", "Niederlassungserlaubnis nach humanitärem Titel", "§ 26 Abs. 4 AufenthG",
        lambda f, now, r: not f.schutz and now is not None
        and now.norm in r.liste("aussicht.humanitaer.titel") and now.norm != "24",
        lambda a, r: 1.0 if a.norm in r.liste("aussicht.humanitaer.titel")
        or a.titel is TitleKind.GESTATTUNG else 0.0,
        _always("ne.zeit.regel"), _always("ne.rente.regel"),
        (_B1, _KENNTNISSE, _UNTERHALT, _WOHNRAUM, _STRAFFREI),
    ),
    Ziel(
        "NE9", "Niederlassungserlaubnis", "§ 9 Abs. 2 AufenthG",
        lambda f, now, r: now is not None and _is_ae(now)
        and now.norm not in r.liste(NICHT_9),
        _all_titles, _always("ne.zeit.regel"), _always("ne.rente.regel"),
        (_B1, _KENNTNISSE, _UNTERHALT, _WOHNRAUM, _STRAFFREI),
    ),
    Ziel(
        "DAEU", "Erlaubnis zum Daueraufenthalt-EU", "§ 9a AufenthG",
        lambda f, now, r: not (now is not None and now.titel is TitleKind.DAUERAUFENTHALT_EU)
        and _not_excluded("aussicht.daueraufenthalt.ausschluss")(f, now, r),
        lambda a, r: 1.0 if a.titel is TitleKind.NIEDERLASSUNGSERLAUBNIS else _all_titles(a, r),
        _always("daueraufenthalt.zeit"), _none,
        (_sprache("B1", "§ 9a Abs. 2 Satz 1 Nr. 3 AufenthG"), _KENNTNISSE,
         _flag("feste und regelmäßige Einkünfte", "§ 9a Abs. 2 Satz 1 Nr. 2, § 9c AufenthG",
               "lebensunterhalt"), _WOHNRAUM, _STRAFFREI),
    ),
    Ziel(
        "BLEIBERECHT", "Aufenthaltserlaubnis bei nachhaltiger Integration", "§ 25b AufenthG",
        lambda f, now, r: now is not None
        and (now.titel is TitleKind.DULDUNG or now.norm == "104c"),
        _tolerated_too,
        lambda f: "bleiberecht.integration.aufenthalt" + (".kind" if f.kind_minderjaehrig else ""),
        _none,
        (_flag("Bekenntnis und Grundkenntnisse", "§ 25b Abs. 1 Satz 2 Nr. 2 AufenthG",
               "bekenntnis"),
         _flag("überwiegend gesicherter Lebensunterhalt", "§ 25b Abs. 1 Satz 2 Nr. 3 AufenthG",
               "lebensunterhalt"),
         _sprache("A2", "§ 25b Abs. 1 Satz 2 Nr. 4 AufenthG"),
         _flag("keine entgegenstehende Straftat", "§ 25b Abs. 2 Nr. 2 AufenthG", "straffrei")),
    ),
    Ziel(
        "EINB9", "Einbürgerung als Ehegatte von Deutschen", "§ 9 StAG",
        lambda f, now, r: f.ehe_deutsch_seit is not None and now is not None
        and now.titel in LAWFUL,
        _lawful, _always("einbuergerung.aufenthalt.ehegatten"), _none, _STAG,
    ),
    Ziel(
        "EINB10", "Einbürgerung", "§ 10 StAG",
        _not_excluded("aussicht.einbuergerung.ausschluss"),
        _lawful, _always("einbuergerung.aufenthalt"), _none, _STAG,
    ),
)  # fmt: skip

"""The table of settlement permits: what each norm asks for (§§ 9, 18c, 19c, 21, 26, 28, 31, 35)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from abh.workflows.definition import Entscheidung


@dataclass(frozen=True, slots=True)
class Grundlage:
    """One row of the table of settlement permits: what its norm asks for, "" where nothing.

    ``zeit`` and ``rente`` are keys of the Rechtsstand, ``sprache`` a level. ``unterhalt`` is one
    of voll, ueberwiegend, weit, unterhalt (maintenance), kind, prognose. ``ausnahmen`` are the
    sentences of § 9(2) that apply.
    """

    key: str
    label: str
    norm: str
    entscheidung: Entscheidung = Entscheidung.ANSPRUCH
    zeit: str = ""
    rente: str = ""
    sprache: str = ""
    kenntnisse: bool = False
    unterhalt: str = "voll"
    erwerb: bool = False
    wohnraum: bool = False
    anrechnung: bool = False
    asylzeit: bool = False
    ehegatte: bool = False
    ausnahmen: tuple[str, ...] = ()


SOLL, KANN = Entscheidung.SOLL, Entscheidung.KANN
ALLE_SAETZE = ("krankheit", "einfach_muendlich")
ZEILEN: tuple[Grundlage, ...] = (
    Grundlage(
        "regel",
        "Regelfall",
        "§ 9 Abs. 2 AufenthG",
        zeit="ne.zeit.regel",
        rente="ne.rente.regel",
        sprache="b1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        ehegatte=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "ehegatte_fachkraft",
        "Ehegatte einer Person mit § 18c",
        "§ 9 Abs. 3a AufenthG",
        zeit="ne.zeit.ehegatte",
        sprache="b1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "fachkraft",
        "Fachkraft",
        "§ 18c Abs. 1 AufenthG",
        zeit="ne.zeit.fachkraft",
        rente="ne.rente.fachkraft",
        sprache="b1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        ausnahmen=("krankheit",),
    ),
    Grundlage(
        "blaue_karte",
        "Blaue Karte EU",
        "§ 18c Abs. 2 AufenthG",
        sprache="a1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        ausnahmen=("krankheit",),
    ),
    Grundlage(
        "hochqualifiziert",
        "Hoch qualifizierte Fachkraft",
        "§ 18c Abs. 3 AufenthG",
        SOLL,
        unterhalt="prognose",
    ),
    Grundlage(
        "beamte",
        "Beamtin oder Beamter",
        "§ 19c Abs. 4 AufenthG",
        zeit="ne.zeit.beamte",
        sprache="b1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "selbstaendig",
        "Selbständige Tätigkeit",
        "§ 21 Abs. 4 AufenthG",
        KANN,
        zeit="ne.zeit.selbstaendig",
    ),
    Grundlage(
        "schutz",
        "Schutz, nach fünf Jahren",
        "§ 26 Abs. 3 Satz 1 AufenthG",
        zeit="ne.zeit.schutz",
        sprache="a2",
        kenntnisse=True,
        unterhalt="ueberwiegend",
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        asylzeit=True,
        ehegatte=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "schutz_c1",
        "Schutz, nach drei Jahren",
        "§ 26 Abs. 3 Satz 3 AufenthG",
        zeit="ne.zeit.schutz_c1",
        sprache="c1",
        kenntnisse=True,
        unterhalt="weit",
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        asylzeit=True,
        ehegatte=True,
    ),
    Grundlage(
        "humanitaer",
        "Andere humanitäre Titel",
        "§ 26 Abs. 4 AufenthG",
        KANN,
        zeit="ne.zeit.regel",
        rente="ne.rente.regel",
        sprache="b1",
        kenntnisse=True,
        erwerb=True,
        wohnraum=True,
        anrechnung=True,
        asylzeit=True,
        ehegatte=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "deutsch",
        "Familie von Deutschen",
        "§ 28 Abs. 2 AufenthG",
        SOLL,
        zeit="ne.zeit.deutsch",
        sprache="b1",
        anrechnung=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "ehegatte_unterhalt",
        "Ehegatte mit Unterhalt nach der Trennung",
        "§ 31 Abs. 3 AufenthG",
        zeit="ne.zeit.regel",
        sprache="b1",
        kenntnisse=True,
        unterhalt="unterhalt",
        wohnraum=True,
        anrechnung=True,
        ausnahmen=ALLE_SAETZE,
    ),
    Grundlage(
        "kind",
        "Minderjähriges Kind ab 16",
        "§ 35 Abs. 1 Satz 1 AufenthG",
        zeit="ne.zeit.kind",
        unterhalt="kind",
    ),
    Grundlage(
        "kind_volljaehrig",
        "Volljährig gewordenes Kind",
        "§ 35 Abs. 1 Satz 2 AufenthG",
        zeit="ne.zeit.kind",
        sprache="b1",
        unterhalt="kind",
        ausnahmen=("krankheit",),
    ),
)
TABELLE: Mapping[str, Grundlage] = {row.key: row for row in ZEILEN}
# § 9a asks for language and knowledge as § 9 does; time and living are its own (§§ 9b, 9c).
DAUERAUFENTHALT = Grundlage(
    "daueraufenthalt",
    "Daueraufenthalt-EU",
    "§ 9a Abs. 2 AufenthG",
    sprache="b1",
    kenntnisse=True,
    ausnahmen=ALLE_SAETZE,
)

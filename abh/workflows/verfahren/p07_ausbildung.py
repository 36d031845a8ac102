"""P07: vocational training and further training (§ 16a AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import Entscheidung, TitleRule, Variante, Verfahren
from abh.workflows.facts import Facts
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.regeln import (
    IMMER,
    alle,
    angegeben,
    bis_heute_gueltig,
    eine_von,
    eines,
    ist,
    ja,
    nein,
    variante,
    wenn,
)
from abh.workflows.verfahren import gem_ausbildung as bildung
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)

VARIANTEN = (
    Variante(
        "betrieblich",
        "betriebliche Aus- oder Weiterbildung",
        "§ 16a Abs. 1 AufenthG",
        "Aufenthaltserlaubnis zur betrieblichen Aus- und Weiterbildung",
    ),
    Variante(
        "schulisch",
        "schulische Berufsausbildung",
        "§ 16a Abs. 2 AufenthG",
        "Aufenthaltserlaubnis zur schulischen Berufsausbildung",
    ),
)
VARIANTE = wahl(
    "variante",
    "Art der Ausbildung",
    {one.key: one.label for one in VARIANTEN},
    "§ 16a AufenthG",
)
PLATZ = ja_nein("ausbildungsplatz", "Ein Ausbildungsplatz ist zugesagt", "§ 16a AufenthG")
BIS = tag("ausbildung_bis", "Ende der Ausbildung einschließlich der Prüfung", "§ 16a AufenthG")
QUALIFIZIERT = ja_nein(
    "qualifizierte_ausbildung",
    "Qualifizierte Berufsausbildung",
    "§ 16a Abs. 3 Satz 2, § 2 Abs. 12a AufenthG",
    amt=True,
)
SPRACHE_GEPRUEFT = ja_nein(
    "sprache_geprueft",
    "Sprache von der Einrichtung geprüft oder durch einen Vorbereitungskurs zu erwerben",
    "§ 16a Abs. 3 Satz 2 AufenthG",
)
ABSCHLUSS = ja_nein(
    "staatlicher_abschluss",
    "Die Schule führt zu einem staatlich anerkannten Abschluss",
    "§ 16a Abs. 2 AufenthG",
    amt=True,
)
EIN_STAAT = ja_nein(
    "bildungsgang_fuer_einen_staat",
    "Der Bildungsgang richtet sich überwiegend an Angehörige eines Staates",
    "§ 16a Abs. 2 AufenthG",
    amt=True,
)
BETRIEBLICH, SCHULISCH = variante("betrieblich"), variante("schulisch")
BEDARF, DAUER, SUCHE = "bildung.bedarf", "ausbildung.hoechstdauer", "ausbildung.suche"

CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.bedarf_bildung(BEDARF),
        anspruch=gem.NIE,
        living_norm="§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 Satz 5 AufenthG",
        living_papers=("ausbildungsvertrag", "sperrkonto", "verpflichtungserklaerung", "einkommen"),
        variante=angegeben(VARIANTE),
    ),
    Requirement(
        "V0",
        "Ausbildungsplatz",
        "§ 16a Abs. 1, Abs. 2 AufenthG",
        ja(PLATZ, "Der Ausbildungsplatz ist zugesagt.", "Es gibt keinen Ausbildungsplatz."),
        evidence=(("ausbildungsvertrag", "schulaufnahme"),),
    ),
    *gem.ba_zeilen(BETRIEBLICH, "V1"),
    Requirement(
        "V2",
        "Staatlich anerkannter Bildungsgang",
        "§ 16a Abs. 2 AufenthG",
        wenn(
            SCHULISCH,
            alle(
                ja(ABSCHLUSS, "Der Abschluss ist anerkannt.", "Der Abschluss ist nicht anerkannt."),
                nein(
                    EIN_STAAT,
                    "Der Bildungsgang steht allen offen.",
                    "Der Bildungsgang richtet sich überwiegend an Angehörige eines Staates.",
                ),
            ),
            "die Ausbildung ist betrieblich.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "V3",
        "Deutschkenntnisse (B1)",
        "§ 16a Abs. 3 Satz 2 AufenthG",
        wenn(
            ist(QUALIFIZIERT, False),
            alle(nein(QUALIFIZIERT, "Keine qualifizierte Ausbildung: kein Nachweis nötig.", "")),
            eines(
                ja(
                    SPRACHE_GEPRUEFT,
                    "Die Sprache ist geprüft oder wird im Vorbereitungskurs erworben.",
                    "Die Sprache ist weder geprüft noch Ziel eines Vorbereitungskurses.",
                ),
                eine_von(a.DEUTSCH, a.AB_B1),
            ),
        ),
    ),
    Requirement(
        "V4", "Ausbildung noch nicht beendet", "§ 16a, § 7 Abs. 2 AufenthG", bis_heute_gueltig(BIS)
    ),
    Requirement(
        "ZW", "Wechsel des Zwecks erlaubt", "§ 16f Abs. 3 AufenthG", fk.zweck_frei(gem.NIE, IMMER)
    ),
)


def ende(f: Facts) -> date | None:
    """The title ends with the training and its examination."""
    found: date | None = f.angabe(BIS.key)
    return found


def _titelende(f: Facts) -> date | None:
    return gem.title_until(P07_V1, f)


CLOCK_TITEL = gem.titelende("TITELENDE", _titelende)
CLOCK_SUCHE = bildung.suche_clock(SUCHE, "§ 16a Abs. 4 AufenthG")

P07_V1 = Verfahren(
    key="P07",
    version=1,
    name="Aufenthaltserlaubnis zur Berufsausbildung",
    norm="§ 16a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=bildung.STATES,
    steps=(
        *gem.title_rows(CHECKLIST, ba=True),
        *gem.after_issue_rows(CLOCK_TITEL, "search_window"),
        *bildung.suche_rows(CLOCK_SUCHE, ist(QUALIFIZIERT), "§ 16a Abs. 4 AufenthG"),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt eine betriebliche oder schulische Berufsausbildung. Daneben ist eine "
        "andere Beschäftigung von bis zu 20 Stunden in der Woche erlaubt."
    ),
    titel="Aufenthaltserlaubnis zur Berufsausbildung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.SOLL,
    angaben=(
        VARIANTE,
        *(one for one in gem.ANGABEN if one is not a.BEDARF),
        a.BISHERIGER_ZWECK,
        a.DEUTSCH,
        a.BA_FREI,
        a.BA_BIS,
        a.VERSAGUNG_40,
        a.VERSICHERUNGSMONATE,
        a.ERLAUBT_SEIT,
        PLATZ,
        BIS,
        QUALIFIZIERT,
        SPRACHE_GEPRUEFT,
        ABSCHLUSS,
        EIN_STAAT,
        *bildung.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(BEDARF, *fk.BA_LAW),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(BETRIEBLICH),
    laufzeit=TitleRule("§ 16a, § 7 Abs. 2 AufenthG", DAUER, "Ende der Ausbildung", ende),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_KLAGE, CLOCK_TITEL, CLOCK_SUCHE, CLOCK_RUECKGABE),
    volatile=(gem.MARKE_BEDARF,),
    evidence_labels=gem.nachweise(
        "ezb",
        "einkommen",
        ausbildungsvertrag="Ausbildungsvertrag mit Eintragung der Kammer",
        schulaufnahme="Aufnahmebestätigung der Schule",
        sperrkonto="Sperrkonto",
        verpflichtungserklaerung="Verpflichtungserklärung",
    ),
)

PUBLISHED = ((P07_V1, "9b7affef4f19c41b"),)

"""P30: employment conditions, change of employer, end of the job (§§ 4a, 18g(4), 82(6))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import BA_EILIG
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    Bedingung,
    ClockRule,
    Entscheidung,
    FeeRule,
    Guard,
    PartRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import beschaeftigung as be
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import familie as fam
from abh.workflows.guards import zustimmung as zu
from abh.workflows.guards.regeln import alle, ist, ja, nein, oder, seit, und, variante, wenn
from abh.workflows.verfahren import beschaeftigung_schritte as rows
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SOZIALLEISTUNGEN,
    ba_part,
)

KANN = Entscheidung.KANN
VARIANTEN = (
    Variante(
        "arbeitgeberwechsel",
        "Andere Beschäftigung oder anderer Arbeitgeber",
        "§ 4a Abs. 3 Satz 3 und 4 AufenthG",
    ),
    Variante("blaue_karte", "Wechsel mit Blauer Karte EU", "§ 18g Abs. 4 AufenthG"),
    Variante(
        "selbstaendig",
        "Selbständige Tätigkeit neben dem Zweck",
        "§ 21 Abs. 6 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "beendigung",
        "Ende der Beschäftigung",
        "§ 82 Abs. 6, § 18 Abs. 5 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "betriebsuebergang",
        "Betriebsübergang oder Formwechsel des Arbeitgebers",
        "§ 4a Abs. 3 Satz 5 AufenthG",
    ),
    Variante(
        "duldung_gestattung",
        "Beschäftigung mit Duldung oder Aufenthaltsgestattung",
        "§ 4a Abs. 4 AufenthG, § 61 AsylG",
        entscheidung=KANN,
    ),
)
WECHSEL, KARTE = variante("arbeitgeberwechsel"), variante("blaue_karte")
SELBST, DULDUNG = variante("selbstaendig"), variante("duldung_gestattung")
ERLAUBNIS = oder(WECHSEL, SELBST, DULDUNG)
BESCHAEFTIGUNG = oder(WECHSEL, DULDUNG)
MIT_BA = Bedingung(
    "Beschäftigung, nicht frei nach § 9 BeschV",
    lambda f: BESCHAEFTIGUNG(f) and not be.frei_nach_9(f),
)
ANDERS = "gilt für diese Variante nicht."

CHECKLIST: tuple[Requirement, ...] = (
    Requirement(
        "TIT",
        "Aufenthalt gilt noch",
        "§ 4a Abs. 1 und 4 AufenthG",
        wenn(
            ERLAUBNIS,
            ja(
                be.AUFENTHALT_GUELTIG,
                "Der Aufenthalt gilt noch.",
                "Der Aufenthalt gilt nicht mehr.",
            ),
            ANDERS,
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "STELLE",
        "Neue Beschäftigung erfüllt den Titel",
        "§ 4a Abs. 3 AufenthG",
        wenn(
            WECHSEL,
            alle(
                ja(
                    be.STELLE_PASST,
                    "Die Beschäftigung erfüllt den Titel.",
                    "Die Beschäftigung erfüllt den Titel nicht.",
                ),
                ja(
                    be.BERUFSERLAUBNIS,
                    "Erlaubnisse für den Beruf sind geklärt.",
                    "Eine Erlaubnis für den Beruf fehlt.",
                    "§ 18 Abs. 2 Nr. 3 AufenthG",
                ),
            ),
            ANDERS,
        ),
        evidence=(("arbeitsvertrag",),),
    ),
    Requirement(
        "SELB",
        "Selbständige Tätigkeit neben dem Zweck",
        "§ 21 Abs. 6 AufenthG",
        wenn(
            SELBST,
            alle(
                ja(
                    be.SELBSTAENDIG_ERLAUBT,
                    "Erlaubnisse liegen vor oder sind zugesagt.",
                    "Nötige Erlaubnisse fehlen.",
                ),
                ja(
                    be.ZWECK_BLEIBT,
                    "Der Zweck bleibt bestehen.",
                    "Der Aufenthaltszweck ginge verloren.",
                ),
            ),
            ANDERS,
        ),
        evidence=(("gewerbe",),),
    ),
    Requirement(
        "WARTE",
        "Wartezeit und kein Arbeitsverbot",
        "§ 60a Abs. 6 AufenthG, § 61 AsylG, § 32 BeschV",
        wenn(
            DULDUNG,
            alle(
                seit(be.WARTEZEIT_SEIT, be.WAIT),
                nein(be.ARBEITSVERBOT, "Kein Arbeitsverbot.", "Ein Arbeitsverbot besteht."),
            ),
            ANDERS,
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "EZB",
        "Erklärung zum Beschäftigungsverhältnis",
        "§ 39 Abs. 4 AufenthG",
        zu.erklaerung(BESCHAEFTIGUNG),
        evidence=(("ezb",),),
    ),
    Requirement(
        "BA",
        "Zustimmung der Bundesagentur für Arbeit",
        "§ 39 AufenthG, § 9 BeschV",
        zu.ba_zustimmung(MIT_BA, "frei nach § 9 BeschV oder keine Beschäftigung."),
        source=Source.THIRD_PARTY,
        facts=("preliminary_consent_until",),
    ),
    Requirement(
        "ERM",
        "Ermessen ausgeübt",
        "§ 40 VwVfG NRW",
        fam.ermessen(oder(SELBST, DULDUNG)),
        source=Source.OFFICE,
    ),
)


def _gebuehr(f: Facts) -> Reason | None:
    return e.gebuehr_erledigt.check(f) if SELBST(f) else None


T30 = ClockRule(
    "WECHSEL30",
    "Aussetzung und Ablehnung des Wechsels",
    "§ 18g Abs. 4 AufenthG",
    (be.SUSPENSION,),
    starts="Mitteilung des Wechsels",
    ends="Entscheidung oder Vermerk",
    start_steps=("wechsel_pruefen",),
    end_steps=("wechsel_ablehnen", "wechsel_bestaetigen", "wechsel_nach_30_tagen_frei"),
    anchor=lambda f: f.received_on or f.today,
    effect="Der Wechsel ist frei",
)


def _report(key: str, law: str, label: str, norm: str, step: str) -> ClockRule:
    return ClockRule(
        key,
        label,
        norm,
        (law,),
        starts="Kenntnis vom vorzeitigen Ende",
        ends="Mitteilung",
        start_steps=("beendigung_erfassen",),
        end_steps=(step, "neuen_zweck_vermerken", "verkuerzen", "titel_belassen"),
        anchor=lambda f: f.angabe(be.KENNTNIS_AM.key),
        effect="Hinweis: die Pflicht zur Mitteilung ist versäumt",
    )


def _search(key: str, law: str, when: Callable[[Facts], bool]) -> ClockRule:
    def anchor(f: Facts) -> date | None:
        told = (f.angabe(be.MELDUNG_PERSON.key), f.received_on)
        known = [day for day in told if day is not None]
        return min(known) if known and when(f) else None

    return ClockRule(
        key,
        "Zeit zur Suche nach dem Ende der Beschäftigung",
        "§ 18 Abs. 5 AufenthG",
        (law,),
        starts="Mitteilung des Endes",
        ends="neuer Zweck, Verkürzung oder Belassen",
        start_steps=("beendigung_erfassen",),
        end_steps=("neuen_zweck_vermerken", "verkuerzen", "titel_belassen"),
        anchor=anchor,
        shift=False,
        effect="Verkürzung kann geprüft werden",
    )


P30_V1 = Verfahren(
    key="P30",
    version=1,
    name="Beschäftigung: Wechsel, Nebenbestimmung, Ende",
    norm="§ 4a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=rows.STATES,
    steps=rows.steps(
        CHECKLIST,
        T30,
        ERLAUBNIS,
        KARTE,
        variante("beendigung"),
        variante("betriebsuebergang"),
        Guard(e.gebuehr_erledigt.key, e.gebuehr_erledigt.label, e.gebuehr_erledigt.norm, _gebuehr),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Wer die Arbeit wechselt, braucht je nach Titel eine Erlaubnis oder teilt es nur mit. "
        "Endet die Beschäftigung, bleibt Zeit zur Suche, bevor der Titel verkürzt werden kann."
    ),
    titel="Erlaubnis zur Erwerbstätigkeit",
    grant_outcome="beschaeftigung",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Anliegen", {one.key: one.label for one in VARIANTEN}),
        fam.ERMESSEN,
        *be.ANGABEN,
        SOZIALLEISTUNGEN,
        ASSOZIATION,
    ),
    letters={
        **GEN_LETTERS,
        "N10": "Zusatzblatt",
        "nachtraegliche_beschraenkung": "Nachträgliche Beschränkung",
    },
    law_keys=be.LAW,
    gebuehren=(FeeRule("gebuehr.nebenbestimmung", "Änderung der Nebenbestimmung", SELBST),),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        ba_part(MIT_BA),
        PartRule(BA_EILIG, "§ 18g Abs. 4, § 39 AufenthG", und(KARTE, ist(be.BA_NOETIG))),
    ),
    clocks=(
        CLOCK_75,
        CLOCK_BA,
        T30,
        _report(
            "MELDUNG2W",
            "mitteilung.beschaeftigungsende.ausland",
            "Mitteilung durch die beschäftigte Person",
            "§ 82 Abs. 6 AufenthG",
            "meldung_der_person_vermerken",
        ),
        _report(
            "MELDUNG4W",
            "mitteilung.beschaeftigungsende.arbeitgeber",
            "Mitteilung durch den Arbeitgeber",
            "§ 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
            "meldung_des_arbeitgebers_vermerken",
        ),
        _search("SUCHE6", be.STAY, lambda f: f.angabe(be.AUSBEUTUNG.key) is not True),
        _search("SUCHE9", be.STAY_LONG, lambda f: f.angabe(be.AUSBEUTUNG.key) is True),
        CLOCK_KLAGE,
        CLOCK_RUECKGABE,
    ),
    volatile=(
        VolatileMark(
            "verbleib_6_9",
            "Sechs oder neun Monate Verbleib nach gemeldetem Ende: "
            "Rechtsstand August 2026, vor dem Echtbetrieb zu bestätigen.",
            "§ 18 Abs. 5 AufenthG",
        ),
        VolatileMark(
            "wartezeit_asyl",
            "Die Wartezeit nach § 61 AsylG gilt in der Fassung ab 12. Juni 2026.",
            "§ 61 AsylG",
        ),
    ),
    evidence_labels={
        "arbeitsvertrag": GEN_NACHWEISE["arbeitsvertrag"],
        "ezb": GEN_NACHWEISE["ezb"],
        "gewerbe": "Gewerbeanmeldung oder andere Erlaubnis der Tätigkeit",
    },
)

PUBLISHED = ((P30_V1, "6d8de1f63f47fcb4"),)

"""P16: free movement right (FreizügG/EU): cards, certificates and loss, version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import AV
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    ClockRule,
    Entscheidung,
    FeeRule,
    PartRule,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import basis
from abh.workflows.guards import familie as fam
from abh.workflows.guards import freizuegigkeit as fz
from abh.workflows.guards.regeln import nicht, oder, variante, wenn
from abh.workflows.verfahren import freizuegigkeit_schritte as rows
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    GEN_LETTERS,
    GEN_NACHWEISE,
    id_card_fees,
)

VARIANTEN = (
    Variante(
        "aufenthaltskarte",
        "Aufenthaltskarte für Familienangehörige",
        "§ 5 Abs. 1 FreizügG/EU",
        title="Aufenthaltskarte",
    ),
    Variante(
        "nahestehend",
        "Aufenthaltskarte für nahestehende Personen",
        "§ 3a, § 5 Abs. 7 FreizügG/EU",
        title="Aufenthaltskarte für nahestehende Personen",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "d15",
        "Bescheinigung des Daueraufenthaltsrechts für Unionsbürger",
        "§ 5 Abs. 5 Satz 1 FreizügG/EU",
        title="Bescheinigung des Daueraufenthaltsrechts",
        outcome="sonstige",
    ),
    Variante(
        "daueraufenthaltskarte",
        "Daueraufenthaltskarte",
        "§ 5 Abs. 5 Satz 2 FreizügG/EU",
        title="Daueraufenthaltskarte",
        outcome="daueraufenthaltskarte",
    ),
    Variante("gb", "Aufenthaltsdokument-GB", "§ 16 FreizügG/EU", title="Aufenthaltsdokument-GB"),
    Variante(
        "verlust",
        "Verlust oder Nichtbestehen des Rechts",
        "§ 2 Abs. 4, § 5 Abs. 4, § 6 FreizügG/EU",
        entscheidung=Entscheidung.KANN,
    ),
)
KARTE, NAHE, D15 = variante("aufenthaltskarte"), variante("nahestehend"), variante("d15")
DAUERKARTE, GB = variante("daueraufenthaltskarte"), variante("gb")
MIT_KARTE = oder(KARTE, NAHE, DAUERKARTE, GB)
ANDERS = "gilt für diese Variante nicht."

# Only what § 5a names may be asked for; nothing else has evidence here.
CHECKLIST: tuple[Requirement, ...] = (
    Requirement(
        "PASS",
        "Pass oder Personalausweis",
        "§ 5a, § 8 FreizügG/EU",
        wenn(
            MIT_KARTE,
            basis.passport,
            wenn(D15, lambda f: basis.met("Ein Personalausweis genügt."), ANDERS),
        ),
        evidence=(("pass", "personalausweis"),),
        facts=("passport_until",),
    ),
    Requirement(
        "FAM",
        "Familienangehörige eines Unionsbürgers",
        "§ 1 Abs. 2 Nr. 3, § 3 FreizügG/EU",
        wenn(KARTE, fz.familie, ANDERS),
        evidence=(("familiennachweis",),),
    ),
    Requirement(
        "MELDE",
        "Meldebestätigung des Unionsbürgers",
        "§ 5a Abs. 2 Nr. 2 FreizügG/EU",
        wenn(oder(KARTE, NAHE), lambda f: basis.met("Die Meldebestätigung liegt vor."), ANDERS),
        evidence=(("meldebestaetigung",),),
    ),
    Requirement(
        "GRUND",
        "Freizügigkeit des Unionsbürgers",
        "§ 2 Abs. 2, § 4 FreizügG/EU",
        wenn(oder(KARTE, NAHE), fz.grund, ANDERS),
    ),
    Requirement(
        "NAHE",
        "Nahestehende Person",
        "§ 3a Abs. 1 und 2 FreizügG/EU",
        wenn(NAHE, fz.nahestehend, ANDERS),
        evidence=(("nachweis_nahestehend",),),
    ),
    Requirement(
        "DAUER",
        "Daueraufenthaltsrecht",
        "§ 4a FreizügG/EU",
        wenn(oder(D15, DAUERKARTE), fz.dauer, ANDERS),
    ),
    Requirement(
        "GB",
        "Rechte nach dem Austrittsabkommen",
        "§ 16 FreizügG/EU",
        wenn(GB, fz.gb, ANDERS),
        source=Source.OFFICE,
    ),
    Requirement(
        "BIO",
        "Lichtbild, Fingerabdrücke, Unterschrift",
        "§ 11 Abs. 3 FreizügG/EU, § 78 AufenthG",
        wenn(MIT_KARTE, basis.biometrics, ANDERS),
        source=Source.OFFICE,
        facts=("biometrics_on", "biometrics_usable"),
    ),
    Requirement(
        "ERM",
        "Ermessen ausgeübt",
        "§ 3a Abs. 1 FreizügG/EU, § 40 VwVfG NRW",
        fam.ermessen(NAHE),
        source=Source.OFFICE,
    ),
)

CLOCK_CARD = ClockRule(
    "KARTE6M",
    "Ausstellung der Karte",
    "§ 5 Abs. 1 Satz 1, Abs. 5 Satz 2 FreizügG/EU",
    ("freizuegigkeit.karte.frist",),
    starts="Angaben gemacht oder Antrag gestellt",
    ends="Ausstellung, Ablehnung, Rücknahme, Einstellung oder Abgabe",
    start_steps=("einreichen", "angaben_erfassen"),
    end_steps=(
        "bewilligen",
        "ablehnen",
        "zuruecknehmen",
        "einstellen",
        "erledigung_feststellen",
        "abgeben",
        "wegen_fortzugs_abgeben",
    ),
    anchor=lambda f: f.received_on or f.today,
    effect="Warnung: die sechs Monate sind um",
)
P16_V1 = Verfahren(
    key="P16",
    version=1,
    name="Freizügigkeitsrecht",
    norm="FreizügG/EU",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=rows.STATES,
    steps=rows.steps(CHECKLIST, KARTE, D15, variante("verlust")),
    checklist=CHECKLIST,
    zweck=(
        "Familien von Unionsbürgern bekommen Karten, Unionsbürger Bescheinigungen über ein Recht, "
        "das schon besteht. Aus besonderem Anlass prüft die Behörde, ob es verloren ist."
    ),
    titel="Aufenthaltskarte",
    grant_outcome="aufenthaltskarte",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Anliegen", {one.key: one.label for one in VARIANTEN}),
        fam.ERMESSEN,
        gt.URKUNDE_ZWEIFEL,
        *fz.ANGABEN,
    ),
    letters={**GEN_LETTERS, "N13": "Verlustfeststellung", "N27": "Bescheinigung oder Karte"},
    law_keys=(*fz.LAW, *gt.ID_LAW),
    gebuehren=(
        *id_card_fees(MIT_KARTE),
        FeeRule("gebuehr.d15", "Bescheinigung des Daueraufenthaltsrechts", D15, minors_half=False),
    ),
    beteiligungen=(PartRule(AV, "§ 71 Abs. 2 AufenthG", gt.gesagt(gt.URKUNDE_ZWEIFEL)),),
    laufzeit=TitleRule(
        "§ 5 FreizügG/EU", "freizuegigkeit.karte.dauer", unlimited=nicht(oder(KARTE, NAHE, GB))
    ),
    clocks=(CLOCK_75, CLOCK_CARD, CLOCK_KLAGE, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "gebuehr_karten",
            "Die Gebühr folgt der Gebühr des Personalausweises; die "
            "Änderung von 2026 ist zu bestätigen.",
            "§ 47 Abs. 3 AufenthV",
        ),
        VolatileMark(
            "kein_bva",
            "Eine Sicherheitsabfrage ist nur zu Gründen des § 6 Abs. 1 "
            "vorgesehen und hier kein Regelschritt.",
            "§ 11 Abs. 2 FreizügG/EU",
        ),
    ),
    evidence_labels={
        "pass": GEN_NACHWEISE["pass"],
        "personalausweis": "Personalausweis des Unionsbürgers",
        "familiennachweis": "Nachweis der familiären Beziehung",
        "meldebestaetigung": "Meldebestätigung des Unionsbürgers",
        "nachweis_nahestehend": "Nachweis nach § 5a Abs. 3 FreizügG/EU",
    },
)

PUBLISHED = ((P16_V1, "ede71efcdd850799"),)

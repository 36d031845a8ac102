"""P03: ICT card and Mobile ICT card (§§ 19, 19b AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    FeeRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
)
from abh.workflows.guards import bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import fk_mobil as mobil
from abh.workflows.guards import ict as s
from abh.workflows.guards.regeln import (
    IMMER,
    angegeben,
    ja,
    nein,
    nicht,
    wenn,
)
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren import gem_mobil as gem_m
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("ict", "Führungskräfte und Spezialisten", "§ 19 Abs. 2 AufenthG", "ICT-Karte"),
    Variante("trainee", "Trainees", "§ 19 Abs. 3 AufenthG", "ICT-Karte"),
    Variante("mobil", "Mobiler-ICT-Karte", "§ 19b AufenthG", "Mobiler-ICT-Karte"),
)
VARIANTE = wahl(
    "variante",
    "Art der Karte",
    {one.key: one.label for one in VARIANTEN},
    "§§ 19, 19b AufenthG",
)
CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        visa=s.EINREISE,
        variante=angegeben(VARIANTE),
    ),
    gem.arbeitsplatz_zeile(),
    *gem.ba_zeilen(IMMER),
    Requirement(
        "J3",
        "Berufsausübungserlaubnis",
        "§ 18 Abs. 2 Nr. 3 AufenthG",
        fk.BERUFSERLAUBNIS,
        evidence=(("berufserlaubnis",),),
    ),
    Requirement(
        "J4a",
        "Versicherung, dass die Beschäftigung ausgeübt wird",
        "§ 18 Abs. 2 Nr. 4a AufenthG",
        ja(a.VERSICHERT, "Beide Seiten haben es versichert.", "Die Versicherung fehlt."),
    ),
    Requirement(
        "I1",
        "Führungskraft, Spezialist oder Trainee",
        "§ 19 Abs. 2 Satz 1 Nr. 1, Abs. 3, § 19b Abs. 2 Nr. 1 AufenthG",
        s.ROLLE_REGEL,
    ),
    Requirement(
        "I2",
        "Sechs Monate im Unternehmen",
        "§ 19 Abs. 2 Satz 1 Nr. 2 AufenthG",
        s.ZUGEHOERIGKEIT,
    ),
    Requirement(
        "I3",
        "Transfer von mehr als 90 Tagen",
        "§ 19 Abs. 2 Satz 1 Nr. 3, § 19b Abs. 2 Nr. 2 AufenthG",
        mobil.dauer_ueber(s.MEHR_ALS, "§ 19 Abs. 2 Satz 1 Nr. 3 AufenthG"),
    ),
    Requirement(
        "I4",
        "Arbeitsvertrag und Abordnung",
        "§ 19 Abs. 2 Satz 1 Nr. 4, § 19b Abs. 2 Nr. 3 AufenthG",
        ja(
            s.VERTRAG, "Vertrag und Recht auf Rückkehr liegen vor.", "Das Recht auf Rückkehr fehlt."
        ),
        evidence=(("abordnung",),),
    ),
    Requirement(
        "I5",
        "Qualifikation",
        "§ 19 Abs. 2 Satz 1 Nr. 5, Abs. 3 AufenthG",
        wenn(
            nicht(s.MOBIL),
            ja(s.QUALIFIKATION, "Die Qualifikation ist belegt.", "Die Qualifikation fehlt."),
            s.KARTE,
        ),
        evidence=(("qualifikation",),),
    ),
    Requirement(
        "I6",
        "Kein Ausschlussgrund",
        "§ 19 Abs. 5, Abs. 6 Nr. 1 und 2 AufenthG",
        s.AUSSCHLUSS_REGEL,
        source=Source.OFFICE,
    ),
    Requirement(
        "I7",
        "Sechs Monate seit dem letzten Transfer",
        "§ 19 Abs. 6 Nr. 3 AufenthG",
        s.PAUSE_REGEL,
        source=Source.OFFICE,
    ),
    Requirement(
        "I8",
        "Höchste Dauer des Transfers",
        "§ 19 Abs. 4 AufenthG",
        s.HOECHSTDAUER,
    ),
    Requirement(
        "M1",
        "Titel des anderen Mitgliedstaats",
        "§ 19b Abs. 1 AufenthG",
        wenn(s.MOBIL, mobil.TITEL_GUELTIG, s.NICHT_MOBIL),
        evidence=(("titel_mitgliedstaat",),),
    ),
    Requirement(
        "M2",
        "Antrag zur rechten Zeit",
        "§ 19b Abs. 4 AufenthG",
        wenn(s.MOBIL, mobil.rechtzeitig(s.ANTRAG, "§ 19b Abs. 4 AufenthG"), s.NICHT_MOBIL),
        source=Source.OFFICE,
    ),
    Requirement(
        "M3",
        "Nicht länger als in anderen Mitgliedstaaten",
        "§ 19b Abs. 5 AufenthG",
        wenn(
            s.MOBIL,
            nein(
                s.LAENGER_HIER,
                "Der Aufenthalt hier ist nicht länger als in anderen Mitgliedstaaten.",
                "Der Aufenthalt hier ist länger als in anderen Mitgliedstaaten.",
            ),
            s.NICHT_MOBIL,
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "M4",
        "Höchste Dauer und Pause zwischen Transfers",
        "§ 19b Abs. 6 AufenthG",
        s.MOBIL_GRENZEN,
        source=Source.OFFICE,
        waiver_norm="§ 19b Abs. 6 AufenthG (kann)",
    ),
)

CLOCK_MOBIL = gem_m.erlaubt_clock(
    s.ERLAUBT, "§ 19b Abs. 3 AufenthG", "90 Tage in einem Zeitraum von 180 Tagen"
)
UNTERRICHTEN = Step(
    "niederlassung_unterrichten",
    ("refused",),
    SAME_STATE,
    by=(Power.REVIEW, Power.DECIDE),
    norm="§ 77 Abs. 1a AufenthG",
    label="Aufnehmende Niederlassung von der Ablehnung unterrichten",
    guards=(
        bausteine.angabe_bekannt(
            s.NIEDERLASSUNG, "Die aufnehmende Niederlassung ist bekannt", "§ 77 Abs. 1a AufenthG"
        ),
    ),
    letter="N03",
)

P03_V1 = Verfahren(
    key="P03",
    version=1,
    name="ICT-Karte und Mobiler-ICT-Karte",
    norm="§§ 19, 19b AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gem.title_rows(CHECKLIST, ba=True),
        gem.JOB_END,
        *gem_m.rows(CLOCK_MOBIL, s.VORHER),
        UNTERRICHTEN,
    ),
    checklist=CHECKLIST,
    zweck=(
        "Die Karte erlaubt Führungskräften, Spezialisten und Trainees, vorübergehend in einer "
        "deutschen Niederlassung ihres Unternehmens zu arbeiten. Auf sie besteht ein Anspruch."
    ),
    titel="ICT-Karte",
    grant_outcome="ict_karte",
    varianten=VARIANTEN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        *(one for one in a.ARBEIT if one is not a.QUALIFIZIERT),
        *s.ANGABEN,
        *mobil.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*fk.BA_LAW, s.MOST_TRAINEE, s.ZEIT, s.MEHR_ALS, s.PAUSE, s.ANTRAG),
    gebuehren=gem.fees_except(
        s.MOBIL,
        FeeRule("gebuehr.ict.mobil.erteilung", "Erteilung", nicht(fk.VERLAENGERUNG)),
        FeeRule("gebuehr.ict.mobil.verlaengerung", "Verlängerung", fk.VERLAENGERUNG),
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(IMMER),
    laufzeit=TitleRule("§ 19 Abs. 4 AufenthG", s.MOST, "Dauer des Transfers", s.ende),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_KLAGE, CLOCK_MOBIL, CLOCK_RUECKGABE),
    evidence_labels=gem.nachweise(
        "arbeitsvertrag",
        "ezb",
        abordnung="Abordnungsschreiben mit Recht auf Rückkehr",
        qualifikation="Nachweis der Qualifikation",
        berufserlaubnis="Berufsausübungserlaubnis oder Zusage",
        titel_mitgliedstaat="Titel des anderen Mitgliedstaats",
    ),
)

PUBLISHED = ((P03_V1, "5637509e9eababf8"),)

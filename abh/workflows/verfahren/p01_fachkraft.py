"""P01: residence permit for skilled workers (§§ 18a, 18b AufenthG), version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.workflows.angaben import ja_nein, wahl
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import Bedingung, Variante, Verfahren
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import (
    IMMER,
    Regel,
    angegeben,
    ja,
    variante,
    wenn,
)
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    WORK_LAW,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTE = wahl(
    "variante",
    "Art der Qualifikation",
    {"ausbildung": "Berufsausbildung (§ 18a)", "akademisch": "Hochschulabschluss (§ 18b)"},
    "§ 18 Abs. 3 AufenthG",
)
GLEICHWERTIG = ja_nein(
    "berufsqualifikation_gleichwertig",
    "Inländische oder gleichwertige Berufsqualifikation",
    "§ 18 Abs. 3 Nr. 1 AufenthG",
    amt=True,
)
ERSTER_TITEL = Bedingung(
    "erster Titel nach § 18a oder § 18b",
    lambda f: f.title_kind is not TitleKind.AE_18A_18B and not fk.VERLAENGERUNG(f),
)


def hochschulabschluss(f: Facts) -> Finding:
    """J4 of § 18b: a German, recognised or comparable degree."""
    if f.degree_recognised is None:
        return check("Der Hochschulabschluss ist noch nicht geprüft.")
    if not f.degree_recognised:
        return not_met("Der Hochschulabschluss ist weder anerkannt noch vergleichbar.")
    if f.degree_german:
        found = met("Es liegt ein deutscher Hochschulabschluss vor.")
        return replace(found, evidence=(("hochschulabschluss",),))
    found = met("Der ausländische Hochschulabschluss ist anerkannt oder vergleichbar.")
    papers = ("anabin", "zab_bewertung", "anerkennungsbescheid")
    return replace(found, evidence=(("hochschulabschluss",), papers))


QUALIFIKATION = wenn(
    variante("akademisch"),
    Regel(hochschulabschluss, ("degree_recognised", "degree_on", "degree_german")),
    ja(
        GLEICHWERTIG,
        "Die Berufsqualifikation ist inländisch oder als gleichwertig festgestellt.",
        "Die Gleichwertigkeit der Berufsqualifikation ist nicht festgestellt.",
    ),
)


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        streng=IMMER,
        asyl=fk.asyl_laeuft(IMMER, IMMER),
        variante=angegeben(VARIANTE),
    ),
    gem.arbeitsplatz_zeile(),
    *gem.ba_zeilen(IMMER, "J2"),
    Requirement(
        "J3",
        "Berufsausübungserlaubnis",
        "§ 18 Abs. 2 Nr. 3 AufenthG",
        fk.BERUFSERLAUBNIS,
        evidence=(("berufserlaubnis",),),
    ),
    Requirement(
        "J4",
        "Anerkannte oder vergleichbare Qualifikation",
        "§ 18 Abs. 2 Nr. 4, Abs. 3 AufenthG",
        QUALIFIKATION,
        evidence=(("berufsabschluss", "anerkennungsbescheid"),),
    ),
    Requirement(
        "J4a",
        "Versicherung, dass die Beschäftigung ausgeübt wird",
        "§ 18 Abs. 2 Nr. 4a AufenthG",
        ja(a.VERSICHERT, "Beide Seiten haben es versichert.", "Die Versicherung fehlt."),
    ),
    Requirement(
        "J5",
        "Gehalt oder Altersversorgung nach dem 45. Lebensjahr",
        "§ 18 Abs. 2 Nr. 5 AufenthG",
        fk.ab_45(ERSTER_TITEL, "§ 18 Abs. 2 Nr. 5 AufenthG"),
        waiver_norm="§ 18 Abs. 2 Satz 2 AufenthG",
    ),
    Requirement(
        "J6",
        "Qualifizierte Beschäftigung",
        "§§ 18a, 18b, § 2 Abs. 12b AufenthG",
        ja(
            a.QUALIFIZIERT,
            "Die Beschäftigung ist qualifiziert.",
            "Die Beschäftigung setzt keine qualifizierte Ausbildung voraus.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "J7",
        "Keine Sperre nach einem Asylverfahren",
        "§ 10 Abs. 3 Satz 4 und 5 AufenthG",
        fk.asyl_beendet(IMMER, IMMER),
        source=Source.OFFICE,
    ),
)

P01_V1 = Verfahren(
    key="P01",
    version=1,
    name="Aufenthaltserlaubnis für Fachkräfte",
    norm="§§ 18a, 18b AufenthG",
    in_force_from=date(2023, 11, 18),
    initial="draft",
    states=GEN_STATES,
    steps=(*gem.title_rows(CHECKLIST, ba=True), gem.JOB_END),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wer eine anerkannte Berufsausbildung oder einen Hochschulabschluss hat, darf damit jede "
        "qualifizierte Beschäftigung ausüben. Auf den Titel besteht ein Anspruch."
    ),
    titel="Aufenthaltserlaubnis für Fachkräfte",
    varianten=(
        Variante(
            "ausbildung",
            "Fachkraft mit Berufsausbildung",
            "§ 18a AufenthG",
            "Aufenthaltserlaubnis für Fachkräfte mit Berufsausbildung",
        ),
        Variante(
            "akademisch",
            "Fachkraft mit akademischer Ausbildung",
            "§ 18b AufenthG",
            "Aufenthaltserlaubnis für Fachkräfte mit akademischer Ausbildung",
        ),
    ),
    angaben=(VARIANTE, *gem.ANGABEN, *a.ARBEIT, a.ALTERSVERSORGUNG, GLEICHWERTIG),
    letters=GEN_LETTERS,
    law_keys=(*WORK_LAW, *fk.BA_LAW, *fk.AB_45_LAW),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(IMMER),
    laufzeit=gem.WORK,
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_KLAGE, CLOCK_RUECKGABE),
    volatile=(gem.MARKE_18_4, gem.MARKE_GEHALT),
    evidence_labels=gem.nachweise(
        "arbeitsvertrag",
        "ezb",
        berufsabschluss="Zeugnis der Berufsausbildung",
        hochschulabschluss="Urkunde über den Hochschulabschluss",
        anabin="Auszug aus anabin",
        zab_bewertung="Zeugnisbewertung der ZAB",
        anerkennungsbescheid="Anerkennungsbescheid",
        berufserlaubnis="Berufsausübungserlaubnis oder Zusage",
    ),
)

PUBLISHED = ((P01_V1, "bc4caefb4164ec68"),)

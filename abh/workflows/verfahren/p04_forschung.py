"""P04: research and mobile researchers (§§ 18d, 18f AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Entscheidung,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards import basis, bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import fk_mobil as mobil
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    angegeben,
    ist,
    ja,
    kein_wert,
    nicht,
    plus,
    seit,
    unbekannt,
    variante,
    wenn,
)
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren import gem_mobil as gem_m
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante(
        "anerkannt", "anerkannte Forschungseinrichtung", "§ 18d Abs. 1 Nr. 1 Buchst. a AufenthG"
    ),
    Variante("sonstige", "andere Forschungseinrichtung", "§ 18d Abs. 1 Nr. 1 Buchst. b AufenthG"),
    Variante(
        "schutz",
        "international Schutzberechtigte eines Mitgliedstaats",
        "§ 18d Abs. 6 AufenthG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "mobil",
        "mobile Forscher",
        "§ 18f AufenthG",
        "Aufenthaltserlaubnis für mobile Forscher",
    ),
)
VARIANTE = wahl(
    "variante",
    "Art der Forschung",
    {one.key: one.label for one in VARIANTEN},
    "§§ 18d, 18f AufenthG",
)
AUFNAHME = ja_nein(
    "aufnahmevereinbarung",
    "Wirksame Aufnahmevereinbarung oder entsprechender Vertrag",
    "§ 18d Abs. 1 Satz 1 Nr. 1, § 18f Abs. 1 Nr. 3 AufenthG",
)
ANERKANNT = ja_nein(
    "einrichtung_anerkannt", "Einrichtung vom BAMF anerkannt", "§ 18d Abs. 1 AufenthG", amt=True
)
FORSCHT = ja_nein(
    "einrichtung_forscht", "Die Einrichtung betreibt Forschung", "§ 18d Abs. 1 AufenthG", amt=True
)
KOSTEN = ja_nein(
    "kostenuebernahme",
    "Schriftliche Kostenübernahme der Einrichtung",
    "§ 18d Abs. 1 Satz 1 Nr. 2 AufenthG",
)
OEFFENTLICH = ja_nein(
    "ueberwiegend_oeffentlich",
    "Die Einrichtung ist überwiegend öffentlich finanziert",
    "§ 18d Abs. 2 Satz 1 AufenthG",
    amt=True,
)
PROGRAMM = ja_nein(
    "programm_mit_mobilitaet", "Programm mit Mobilität", "§ 18d Abs. 4 Satz 2 AufenthG"
)
SCHUTZ_SEIT = tag(
    "schutz_im_mitgliedstaat_seit",
    "Schutz im anderen Mitgliedstaat mit Aufenthalt seit",
    "§ 18d Abs. 6 AufenthG",
)
MOST, LEAST = "forschung.hoechstdauer", "forschung.mindestdauer"
T60, SCHUTZ = "forschung.entscheidung", "forschung.schutz.aufenthalt"
M_ANTRAG, M_ERLAUBT, M_MIN, M_MAX = (
    "forschung.mobil.antrag",
    "forschung.mobil.erlaubt",
    "forschung.mobil.mindestens",
    "forschung.mobil.hoechstdauer",
)
MOBIL, KANN = variante("mobil"), variante("schutz")
NICHT_MOBIL = "kein Fall der Mobilität."
VORHER = mobil.vorher_beantragt(MOBIL, M_ANTRAG, "§ 18f Abs. 2 AufenthG")


def _ausschluss(f: Facts) -> Finding:
    norm = "§ 19f Abs. 4 AufenthG" if MOBIL(f) else "§ 19f Abs. 1, 3 und 4 AufenthG"
    if not MOBIL(f) and not KANN(f) and f.title_kind is TitleKind.AE_24:
        return not_met("Während des vorübergehenden Schutzes (§ 24) ausgeschlossen.", norm)
    if f.exclusion_19f is None:
        return check("Ausschlussgründe nach § 19f sind noch nicht geprüft.", norm)
    if f.exclusion_19f.strip():
        return not_met(f"Ausschlussgrund: {f.exclusion_19f.strip()}", norm)
    return met("Ausschlussgründe sind geprüft und liegen nicht vor.", norm)


def _hoechstens_ein_jahr(f: Facts) -> Finding:
    start, end, most = f.angabe(mobil.VON.key), f.angabe(mobil.BIS.key), f.law.zahl(M_MAX)
    if most is None:
        return kein_wert(f, M_MAX)
    if start is None or end is None:
        return unbekannt(mobil.BIS)
    last = plus(start, most)
    text = f"Der Aufenthalt endet am {german(end)}, höchstens möglich ist der {german(last)}."
    return met(text) if end <= last else not_met(text)


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        anspruch=nicht(KANN),
        visa=wenn(nicht(MOBIL), basis.visa, "mobile Forscher dürfen im Inland beantragen."),
        variante=angegeben(VARIANTE),
    ),
    gem.ermessen_zeile(KANN),
    Requirement(
        "F1",
        "Aufnahmevereinbarung",
        "§ 18d Abs. 1 Satz 1 Nr. 1, § 18f Abs. 1 Nr. 3 AufenthG",
        ja(AUFNAHME, "Die Aufnahmevereinbarung ist wirksam.", "Eine Aufnahmevereinbarung fehlt."),
        evidence=(("aufnahmevereinbarung",),),
    ),
    Requirement(
        "F1a",
        "Forschungseinrichtung",
        "§ 18d Abs. 1 Satz 1 Nr. 1 AufenthG",
        wenn(
            variante("anerkannt"),
            ja(ANERKANNT, "Die Einrichtung ist anerkannt.", "Die Einrichtung ist nicht anerkannt."),
            ja(FORSCHT, "Die Einrichtung forscht.", "Die Einrichtung betreibt keine Forschung."),
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "F2",
        "Kostenübernahme",
        "§ 18d Abs. 1 Satz 1 Nr. 2 AufenthG",
        wenn(
            nicht(MOBIL),
            wenn(
                nicht(ist(OEFFENTLICH)),
                ja(KOSTEN, "Die Kostenübernahme ist erklärt.", "Die Kostenübernahme fehlt."),
                "die Einrichtung ist überwiegend öffentlich finanziert (§ 18d Abs. 2 Satz 1).",
            ),
            "bei mobilen Forschern nicht verlangt.",
        ),
        waiver_norm="§ 18d Abs. 2 Satz 2 AufenthG",
    ),
    Requirement(
        "F3",
        "Kein Ausschlussgrund",
        "§ 19f Abs. 1, 3 und 4 AufenthG",
        Regel(_ausschluss, ("exclusion_19f",)),
        source=Source.OFFICE,
    ),
    Requirement(
        "F4",
        "Zwei Jahre Schutz im Mitgliedstaat",
        "§ 18d Abs. 6 AufenthG",
        wenn(KANN, seit(SCHUTZ_SEIT, SCHUTZ), "kein Fall des Schutzes im Mitgliedstaat."),
    ),
    Requirement(
        "F5",
        "Ende des Vorhabens",
        "§ 18d Abs. 4 AufenthG",
        angegeben(mobil.BIS),
    ),
    Requirement(
        "M1",
        "Titel des anderen Mitgliedstaats",
        "§ 18f Abs. 1 Nr. 1 AufenthG",
        wenn(MOBIL, mobil.TITEL_GUELTIG, NICHT_MOBIL),
        evidence=(("titel_mitgliedstaat",),),
    ),
    Requirement(
        "M2",
        "Mehr als 180 Tage, höchstens ein Jahr",
        "§ 18f Abs. 1 AufenthG",
        wenn(
            MOBIL,
            alle(
                mobil.dauer_ueber(M_MIN, "§ 18f Abs. 1 AufenthG"),
                Regel(_hoechstens_ein_jahr, (mobil.BIS.key,)),
            ),
            NICHT_MOBIL,
        ),
    ),
    Requirement(
        "M3",
        "Antrag zur rechten Zeit",
        "§ 18f Abs. 5 AufenthG",
        wenn(MOBIL, mobil.rechtzeitig(M_ANTRAG, "§ 18f Abs. 5 AufenthG"), NICHT_MOBIL),
        source=Source.OFFICE,
    ),
)


def ende(f: Facts) -> date | None:
    """The end of the project; in programmes with mobility at least a year (§ 18d(4))."""
    until: date | None = f.angabe(mobil.BIS.key)
    start: date | None = f.angabe(mobil.VON.key)
    if until is None:
        return None
    if MOBIL(f):
        most = f.law.zahl(M_MAX)
        return until if most is None or start is None else min(until, plus(start, most))
    least = f.law.zahl(LEAST) if f.angabe(PROGRAMM.key) else None
    return max(until, plus(f.stichtag, least)) if least is not None else until


CLOCK_60 = ClockRule(
    "T60",
    "Erteilung an Forscher anerkannter Einrichtungen",
    "§ 18d Abs. 1 Satz 2 AufenthG",
    (T60,),
    starts="Eingang des Antrags, bei anerkannten Einrichtungen",
    ends="Entscheidung oder anderes Ende des Antrags",
    start_steps=("einreichen",),
    end_steps=("frist_60_ueberschritten", *gem_m.ENDS[1:]),
    anchor=lambda f: f.received_on if f.variante == "anerkannt" else None,
    effect="Die Überschreitung wird vermerkt und mitgeteilt",
)
UEBERSCHRITTEN = Step(
    "frist_60_ueberschritten",
    gem_m.OPEN,
    SAME_STATE,
    by=(Power.SYSTEM, Power.REVIEW),
    norm="§ 18d Abs. 1 Satz 2 AufenthG",
    label="Überschreiten der 60 Tage mitteilen",
    guards=(bausteine.uhr_abgelaufen(CLOCK_60),),
    letter="N03",
    automatic=True,
)
CLOCK_MOBIL = gem_m.erlaubt_clock(
    M_ERLAUBT, "§ 18f Abs. 2 AufenthG", "180 Tage in einem Zeitraum von 360 Tagen"
)

P04_V1 = Verfahren(
    key="P04",
    version=1,
    name="Aufenthaltserlaubnis zur Forschung",
    norm="§§ 18d, 18f AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gem.title_rows(CHECKLIST, ba=False),
        UEBERSCHRITTEN,
        *gem_m.rows(CLOCK_MOBIL, VORHER),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt, an einer Forschungseinrichtung zu forschen und zu lehren. Die "
        "Bundesagentur für Arbeit wird nicht gefragt."
    ),
    titel="Aufenthaltserlaubnis zur Forschung",
    varianten=VARIANTEN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        a.ERMESSEN,
        a.ERMESSEN_GRUENDE,
        AUFNAHME,
        ANERKANNT,
        FORSCHT,
        KOSTEN,
        OEFFENTLICH,
        PROGRAMM,
        SCHUTZ_SEIT,
        *mobil.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(LEAST, SCHUTZ, M_ANTRAG, M_MIN, M_MAX),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(),
    laufzeit=TitleRule("§ 18d Abs. 4, § 18f Abs. 1 AufenthG", MOST, "Dauer des Vorhabens", ende),
    clocks=(CLOCK_75, CLOCK_KLAGE, CLOCK_60, CLOCK_MOBIL, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "dauer_forschung",
            "Das Gesetz nennt für die Forschung keine Höchstdauer; vier Jahre in einem Schritt "
            "sind eine Vorgabe des Amts.",
            "§ 18d Abs. 4 AufenthG",
        ),
    ),
    evidence_labels=gem.nachweise(
        aufnahmevereinbarung="Aufnahmevereinbarung oder Vertrag",
        titel_mitgliedstaat="Titel des anderen Mitgliedstaats",
    ),
)

PUBLISHED = ((P04_V1, "58ba13a619e4a611"),)

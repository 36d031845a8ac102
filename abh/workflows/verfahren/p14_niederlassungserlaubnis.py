"""P14: settlement permit (§§ 9, 18c, 19c, 21, 26, 28, 31, 35 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, wahl
from abh.workflows.beteiligung import JOBCENTER, LAND
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    Befreiung,
    Effect,
    FeeRule,
    PartRule,
    Power,
    State,
    Step,
    TitleRule,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
    Words,
)
from abh.workflows.guards import familie as fam
from abh.workflows.guards import niederlassung as ne
from abh.workflows.guards import niederlassung_besonderes as nb
from abh.workflows.guards import niederlassung_tabelle as tab
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_ist
from abh.workflows.guards.regeln import ist, nein, nicht, und, variante, wenn
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    FICTION_FEE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    id_card_fees,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = tuple(
    Variante(row.key, row.label, row.norm, entscheidung=row.entscheidung) for row in tab.ZEILEN
)
ANSPRUCH = variante(*(r.key for r in tab.ZEILEN if r.entscheidung not in (tab.SOLL, tab.KANN)))
KANN = variante(*(r.key for r in tab.ZEILEN if r.entscheidung is tab.KANN))
SCHUTZ, KIND = variante("schutz", "schutz_c1"), variante("kind", "kind_volljaehrig")

HILFSWEISE = ja_nein(
    "verlaengerung_hilfsweise",
    "Der Antrag meint hilfsweise die Verlängerung der Aufenthaltserlaubnis",
    "§ 81 Abs. 4 AufenthG",
    amt=True,
)


WAIVE_4 = "§ 9 Abs. 2 Satz 4 AufenthG (Härte)"
CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(gt.living(ne.unterhalt), ANSPRUCH, KANN),
    Requirement(
        "ZEIT",
        "Zeit des Besitzes der Aufenthaltserlaubnis",
        "§ 9 Abs. 2 Satz 1 Nr. 1, Abs. 4 AufenthG",
        ne.zeit,
    ),
    Requirement(
        "RENTE",
        "Altersvorsorge",
        "§ 9 Abs. 2 Satz 1 Nr. 3, § 18c Abs. 1 AufenthG",
        ne.rente,
        evidence=(("rentenverlauf",),),
    ),
    Requirement(
        "SPR",
        "Deutschkenntnisse",
        "§ 9 Abs. 2 Satz 1 Nr. 7 AufenthG",
        ne.sprache,
        evidence=(("sprachzertifikat",),),
        waiver_norm=WAIVE_4,
    ),
    Requirement(
        "KENN",
        "Grundkenntnisse der Rechts- und Gesellschaftsordnung",
        "§ 9 Abs. 2 Satz 1 Nr. 8 AufenthG",
        ne.kenntnisse,
        evidence=(("leben_in_deutschland", "integrationskurs"),),
        waiver_norm=WAIVE_4,
    ),
    Requirement(
        "SICH",
        "Keine Gründe der öffentlichen Sicherheit oder Ordnung",
        "§ 9 Abs. 2 Satz 1 Nr. 4 AufenthG",
        wenn(
            nicht(variante("deutsch", "kind", "kind_volljaehrig")),
            ne.sicherheit,
            "siehe B4 oder den Ausschluss nach § 35 Abs. 3.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "ERW", "Erlaubnis zur Erwerbstätigkeit", "§ 9 Abs. 2 Satz 1 Nr. 5 und 6 AufenthG", ne.erwerb
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 9 Abs. 2 Satz 1 Nr. 9 AufenthG",
        fam.wohnraum(
            nicht(variante(*ne.zeilen_mit("wohnraum"))), "die Vorschrift verlangt ihn nicht."
        ),
        evidence=(("mietvertrag",),),
    ),
    Requirement(
        "BES",
        "Besondere Voraussetzung der Vorschrift",
        "§ 9 Abs. 3a, §§ 18c, 19c Abs. 4, § 21 Abs. 4, §§ 26, 28, 31, 35 AufenthG",
        nb.besonderes,
    ),
    Requirement(
        "A35",
        "Kein Ausschluss für Kinder",
        "§ 35 Abs. 3 AufenthG",
        wenn(
            KIND,
            nein(
                nb.AUSSCHLUSS_35,
                "Kein Ausschlussgrund.",
                "Ein Ausschlussgrund liegt vor; erteilt oder verlängert werden kann nach Ermessen.",
            ),
            "gilt nur für § 35.",
        ),
        source=Source.OFFICE,
        waiver_norm="§ 35 Abs. 3 Satz 2 oder Abs. 4 AufenthG",
    ),
)

EXTENDED = State(
    "extended_instead",
    "als Verlängerung weitergeführt",
    Words(
        "Ihr Antrag wird als Antrag auf Verlängerung weitergeführt.",
    ),
    Turn.NOBODY,
    terminal=True,
)


def _own_rows() -> tuple[Step, ...]:
    return (
        Step(
            "als_verlaengerung_weiterfuehren",
            ("in_review", "hearing"),
            "extended_instead",
            by=(Power.DECIDE,),
            norm="§ 8 Abs. 1, § 81 Abs. 4 AufenthG, § 22 VwVfG NRW",
            label="Als Antrag auf Verlängerung weiterführen",
            guards=(
                angabe_ist(
                    HILFSWEISE,
                    True,
                    "Die Verlängerung ist hilfsweise beantragt",
                    "§ 81 Abs. 4 AufenthG",
                ),
                g.ablehnungsgrund(CHECKLIST),
            ),
            letter="N03",
            effects=(Effect.STOP_CLOCKS,),
            needs_reason=True,
        ),
    )


PLAIN = nicht(ist(ASSOZIATION))
HOCH, FREI = variante("hochqualifiziert"), variante("selbstaendig")
# § 50(1) S. 2 AufenthV names only the children of § 35(1) S. 1.
MINOR = variante("kind")
P14_V1 = Verfahren(
    key="P14",
    version=1,
    name="Niederlassungserlaubnis",
    norm="§ 9 AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=(*GEN_STATES, EXTENDED),
    steps=(
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.grant_rows(CHECKLIST),
        *gen_entscheidung.card_rows(future_work=False),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
        *_own_rows(),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Die Niederlassungserlaubnis gilt unbefristet und erlaubt jede Erwerbstätigkeit. Welche "
        "Zeiten und Nachweise nötig sind, hängt vom bisherigen Aufenthalt ab."
    ),
    titel="Niederlassungserlaubnis",
    grant_outcome="niederlassungserlaubnis",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        SOZIALLEISTUNGEN,
        fam.EINKOMMEN,
        fam.BEDARF,
        fam.WOHNFLAECHE,
        fam.PERSONEN_AB_SECHS,
        fam.KINDER_ZWEI_BIS_SECHS,
        *ne.ANGABEN,
        *nb.ANGABEN,
        HILFSWEISE,
    ),
    letters=GEN_LETTERS,
    law_keys=(*ne.LAW, *fam.AREA, fam.PRIVILEGE, *gt.ID_LAW, "familie.kind.volljaehrig"),
    gebuehren=(
        FeeRule(
            "gebuehr.ne.hochqualifiziert",
            "Niederlassungserlaubnis für Hochqualifizierte",
            und(PLAIN, HOCH),
        ),
        FeeRule(
            "gebuehr.ne.selbstaendig", "Niederlassungserlaubnis für Selbständige", und(PLAIN, FREI)
        ),
        FeeRule(
            "gebuehr.ne.kind",
            "Niederlassungserlaubnis nach § 35 Abs. 1 Satz 1",
            und(PLAIN, MINOR),
            minors_half=False,
        ),
        FeeRule(
            "gebuehr.ne",
            "Niederlassungserlaubnis",
            und(PLAIN, nicht(HOCH), nicht(FREI), nicht(MINOR)),
        ),
        *id_card_fees(ist(ASSOZIATION)),
        FICTION_FEE,
    ),
    befreiungen=(
        FREI_SOZIALLEISTUNGEN,
        FREI_ASSOZIATION,
        Befreiung("Asylberechtigte und Flüchtlinge", "§ 52 Abs. 3 AufenthV", SCHUTZ),
    ),
    beteiligungen=(
        SICHERHEITSABFRAGE,
        PartRule(JOBCENTER, "§ 26 VwVfG NRW", ist(SOZIALLEISTUNGEN)),
        PartRule(LAND, "§ 18c Abs. 3 Satz 2 AufenthG", und(HOCH, ist(nb.LAND_ZUSTIMMUNG))),
    ),
    laufzeit=TitleRule("§ 9 Abs. 1 Satz 1 AufenthG"),
    clocks=GEN_CLOCKS,
    volatile=(
        VolatileMark(
            "unterhalt_anteile",
            "Überwiegend (mehr als 50 Prozent) und weit überwiegend "
            "(75 Prozent) folgen der Verwaltungspraxis.",
            "§ 26 Abs. 3 AufenthG",
        ),
        VolatileMark(
            "ablehnung_gebuehr",
            "Bei Ablehnung ist die Bearbeitungsgebühr zu prüfen (Hälfte).",
            "§ 49 Abs. 1 AufenthV",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in (
                "pass",
                "krankenversicherung",
                "einkommen",
                "mietvertrag",
                "sprachzertifikat",
            )
        },
        "rentenverlauf": "Versicherungsverlauf der Rentenversicherung oder andere Altersvorsorge",
        "leben_in_deutschland": "Nachweis „Leben in Deutschland“ oder Einbürgerungstest",
        "integrationskurs": "Zertifikat Integrationskurs",
    },
)

PUBLISHED = ((P14_V1, "95a57940453dc33d"),)

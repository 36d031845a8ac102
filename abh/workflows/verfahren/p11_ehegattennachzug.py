"""P11: spouse reunification (§§ 27-31, 36a AufenthG), version 1; with the right of one's own."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import AV, JOBCENTER
from abh.workflows.checklist import Requirement, Source, Status
from abh.workflows.definition import (
    Entscheidung,
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
    guard,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards import ehegatten as eg
from abh.workflows.guards import familie as fam
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, bedingung
from abh.workflows.guards.regeln import ist, ja, nein, nicht, oder, plus, variante, wenn
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
)
from abh.workflows.verfahren.gen_pruefliste import KURSPFLICHT_VERLETZT
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("deutsch", "Nachzug zu einer deutschen Person", "§ 28 Abs. 1 Satz 1 Nr. 1 AufenthG"),
    Variante("auslaender", "Nachzug zu einer ausländischen Person", "§ 30 Abs. 1 AufenthG"),
    Variante(
        "subsidiaer",
        "Nachzug zu einer subsidiär schutzberechtigten Person",
        "§ 36a Abs. 1 Satz 1 AufenthG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "eigenstaendig",
        "Eigenständiges Aufenthaltsrecht nach dem Ende der Ehe",
        "§ 31 Abs. 1 AufenthG",
        title="Aufenthaltserlaubnis als eigenständiges Aufenthaltsrecht",
    ),
)
DEUTSCH, AUSLAENDER = variante("deutsch"), variante("auslaender")
SUBSIDIAER, EIGEN = variante("subsidiaer"), variante("eigenstaendig")
NACHZUG, ANSPRUCH = nicht(EIGEN), nicht(SUBSIDIAER)

VERBUNDEN = wahl(
    "verbundener_antrag",
    "Verbundener Antrag der Person, zu der nachgezogen wird",
    {"keiner": "keiner", "laeuft": "läuft", "entschieden": "entschieden"},
    "§ 81 Abs. 6 AufenthG",
    amt=True,
)
CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(
        gt.living(
            wenn(
                DEUTSCH,
                lambda f: basis.not_needed(
                    "beim Nachzug zu Deutschen ist in der Regel davon abzusehen.",
                    "§ 28 Abs. 1 Satz 3 AufenthG",
                ),
                fam.unterhalt(EIGEN, "Sozialleistungen stehen nicht entgegen (§ 31 Abs. 4)."),
            ),
            "§ 29 Abs. 2 Satz 1, § 30 Abs. 3 oder § 5 Abs. 1 AufenthG",
        ),
        ANSPRUCH,
        SUBSIDIAER,
        expulsion_waiver="§ 27 Abs. 3 Satz 2 AufenthG",
        kurs=True,
    ),
    Requirement(
        "EHE",
        "Wirksame Ehe oder Lebenspartnerschaft",
        "§ 27 Abs. 1 und 2 AufenthG",
        wenn(NACHZUG, eg.ehe, "die eheliche Lebensgemeinschaft ist beendet."),
        evidence=(("heiratsurkunde",),),
    ),
    Requirement(
        "LG",
        "Eheliche Lebensgemeinschaft, keine Schein- oder Zwangsehe",
        "§ 27 Abs. 1 und 1a AufenthG",
        wenn(NACHZUG, eg.gemeinschaft, "die eheliche Lebensgemeinschaft ist beendet."),
    ),
    Requirement(
        "STAMM",
        "Aufenthalt der Person, zu der nachgezogen wird",
        "§ 28 Abs. 1 Satz 1, § 29 Abs. 1 Nr. 1, § 30 Abs. 1 Satz 1 Nr. 3 AufenthG",
        wenn(
            DEUTSCH,
            ja(
                fam.STAMMBERECHTIGT_IM_INLAND,
                "Die deutsche Person lebt im Bundesgebiet.",
                "Die deutsche Person lebt nicht im Bundesgebiet.",
                "§ 28 Abs. 1 Satz 1 AufenthG",
            ),
            wenn(AUSLAENDER, eg.stammberechtigt, "siehe 36A oder EIG."),
        ),
        evidence=(("titel_stammberechtigt",),),
        waiver_norm="§ 30 Abs. 2 Satz 2 AufenthG",
    ),
    Requirement(
        "ALTER",
        "Beide Eheleute sind volljährig",
        "§ 30 Abs. 1 Satz 1 Nr. 1, § 28 Abs. 1 Satz 5, § 36a Abs. 4 AufenthG",
        wenn(NACHZUG, eg.alter, "die eheliche Lebensgemeinschaft ist beendet."),
        waiver_norm="§ 30 Abs. 2 Satz 1 AufenthG",
    ),
    Requirement(
        "SPR",
        "Einfache Deutschkenntnisse",
        "§ 30 Abs. 1 Satz 1 Nr. 2 und Satz 3, § 28 Abs. 1 Satz 5 AufenthG",
        wenn(
            oder(SUBSIDIAER, EIGEN, gt.VERLAENGERUNG),
            lambda f: basis.not_needed("nur bei der ersten Erteilung nach §§ 28 und 30."),
            eg.sprache(DEUTSCH),
        ),
        evidence=(("sprachzertifikat",),),
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 29 Abs. 1 Nr. 2, § 2 Abs. 4 AufenthG",
        fam.wohnraum(
            oder(DEUTSCH, EIGEN, fam.titel_ist(*fam.FACHKRAEFTE)),
            "nach § 28, § 29 Abs. 2 oder 5 oder § 31 nicht verlangt.",
        ),
        evidence=(("mietvertrag",),),
        waiver_norm="§ 29 Abs. 2 Satz 1 oder § 30 Abs. 3 AufenthG",
    ),
    Requirement(
        "MEHR",
        "Kein weiterer Ehegatte im Bundesgebiet",
        "§ 30 Abs. 4 AufenthG",
        wenn(
            oder(AUSLAENDER, SUBSIDIAER),
            nein(
                eg.WEITERE_EHE,
                "Die Person lebt nicht mit einem weiteren Ehegatten.",
                "Die Person lebt schon mit einem anderen Ehegatten.",
            ),
            "gilt nur beim Nachzug zu ausländischen Personen.",
        ),
    ),
    Requirement(
        "SOZ",
        "Keine Leistungen für andere Angehörige",
        "§ 27 Abs. 3 Satz 1 AufenthG",
        wenn(
            nicht(oder(EIGEN, fam.MOBILE_FAMILIE)),
            nein(
                fam.UNTERHALT_ANDERER,
                "Für andere Angehörige werden keine Leistungen gebraucht.",
                "Für andere Angehörige werden Leistungen gebraucht; die Erteilung kann versagt "
                "werden.",
            ),
            "gilt hier nicht.",
        ),
        source=Source.OFFICE,
        waiver_norm="§ 27 Abs. 3 Satz 1 AufenthG (Ermessen)",
    ),
    Requirement(
        "SIP",
        "Kein Sperrgrund bei der Person im Bundesgebiet",
        "§ 27 Abs. 3a AufenthG",
        wenn(
            NACHZUG,
            nein(fam.GEFAEHRDER, "Ein Sperrgrund liegt nicht vor.", "Ein Sperrgrund liegt vor."),
            "kein Familiennachzug mehr.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "36A",
        "Nachzug zu subsidiär Schutzberechtigten zulässig",
        "§ 36a, § 104 Abs. 14 AufenthG",
        fam.nachzug_36a(SUBSIDIAER),
        source=Source.OFFICE,
    ),
    Requirement(
        "EIG",
        "Eigenständiges Aufenthaltsrecht",
        "§ 31 AufenthG",
        wenn(EIGEN, eg.eigenes_recht, "die Lebensgemeinschaft besteht."),
    ),
)


@guard("Das eigenständige Recht ist gegeben", "§ 31 AufenthG")
def eigenes_recht_gegeben(f: Facts) -> Reason | None:
    found = eg.eigenes_recht(f)
    return None if found.status is Status.MET else Reason(found.why, norm=found.norm)


@guard("Das eigenständige Recht ist verneint", "§ 31, § 7 Abs. 2 Satz 2 AufenthG")
def eigenes_recht_verneint(f: Facts) -> Reason | None:
    found = eg.eigenes_recht(f)
    if found.status is Status.NOT_MET:
        return None
    return Reason(f"Nicht verneint: {found.why}")


TRENNUNG_BEKANNT = angabe_bekannt(
    eg.GEMEINSCHAFT_ENDE, "Das Ende der Lebensgemeinschaft ist mitgeteilt", "§ 31 AufenthG"
)
NUR_EIGEN = bedingung(
    "fall_des_paragraf_31", EIGEN, "§ 31 AufenthG", "Es ist kein Fall des § 31 AufenthG."
)
STATES = (
    *GEN_STATES,
    State(
        "marriage_inquiry",
        "Prüfung der Ehe",
        Words(
            "Ihr Antrag wird geprüft. Wir sprechen mit beiden Eheleuten.",
        ),
        Turn.OFFICE,
    ),
    State(
        "join_wait",
        "wartet auf den verbundenen Antrag",
        Words(
            "Über Ihren Antrag wird zusammen mit dem Antrag Ihres Ehegatten entschieden.",
        ),
        Turn.OFFICE,
    ),
    State(
        "independent_right_check",
        "Prüfung des eigenständigen Rechts",
        Words(
            "Wir prüfen, ob Sie ein eigenes Aufenthaltsrecht haben.",
        ),
        Turn.OFFICE,
    ),
    *gt.SHORTENING_STATES,
)


def _own_rows() -> tuple[Step, ...]:
    return (
        Step(
            "ehe_pruefen",
            ("in_review",),
            "marriage_inquiry",
            by=(Power.DECIDE,),
            norm="§ 27 Abs. 1a AufenthG, § 24 VwVfG NRW",
            label="Ehe bei konkreten Zweifeln prüfen",
            guards=(
                angabe_bekannt(
                    eg.ZWEIFEL,
                    "Tatsachen für konkrete Zweifel sind festgehalten",
                    "§ 27 Abs. 1a AufenthG",
                ),
            ),
            letter="N06",
            outcome="erscheinen",
            needs_reason=True,
        ),
        Step(
            "ehepruefung_abschliessen",
            ("marriage_inquiry",),
            "in_review",
            by=(Power.REVIEW,),
            norm="§ 27 Abs. 1a AufenthG",
            label="Prüfung der Ehe abschließen",
            guards=(
                angabe_ist(
                    eg.GETRENNT_GEHOERT,
                    True,
                    "Beide Eheleute sind getrennt gehört",
                    "§ 27 Abs. 1a AufenthG",
                ),
            ),
        ),
        Step(
            "verbundenen_antrag_abwarten",
            ("in_review",),
            "join_wait",
            by=(Power.REVIEW,),
            norm="§ 81 Abs. 6 AufenthG",
            label="Verbundenen Antrag abwarten",
            guards=(
                angabe_ist(
                    VERBUNDEN, "laeuft", "Ein verbundener Antrag läuft", "§ 81 Abs. 6 AufenthG"
                ),
            ),
            letter="N03",
        ),
        Step(
            "gemeinsam_weiterfuehren",
            ("join_wait",),
            "in_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 81 Abs. 6 AufenthG",
            label="Zusammen mit dem verbundenen Antrag weiterführen",
            guards=(
                angabe_ist(
                    VERBUNDEN,
                    "entschieden",
                    "Der verbundene Antrag ist entschieden",
                    "§ 81 Abs. 6 AufenthG",
                ),
            ),
            automatic=True,
        ),
        Step(
            "trennung_erfassen",
            ("draft",),
            "independent_right_check",
            by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
            norm="§ 31 AufenthG, § 24 VwVfG NRW",
            label="Mitgeteilte Trennung erfassen",
            guards=(NUR_EIGEN, TRENNUNG_BEKANNT),
            letter="N03",
        ),
        Step(
            "eigenes_recht_bejahen",
            ("independent_right_check",),
            "in_review",
            by=(Power.DECIDE,),
            norm="§ 31 AufenthG",
            label="Eigenständiges Recht bejahen und Verlängerung prüfen",
            guards=(eigenes_recht_gegeben,),
        ),
        *gt.shortening_rows(("independent_right_check",), eigenes_recht_verneint),
    )


def _own_limit(f: Facts) -> date | None:
    key = {"deutsch": "familie.titel.deutsche", "eigenstaendig": "familie.titel.eigenstaendig"}
    length = f.law.zahl(key.get(f.variante, ""))
    return None if length is None else plus(f.stichtag, length)


def titel_grenze(f: Facts) -> date | None:
    """Return the last day of the title (§ 27(4), § 31(1) AufenthG)."""
    own = _own_limit(f)
    if f.variante == "eigenstaendig":
        return own
    return fam.titel_grenze(f, own)


P11_V1 = Verfahren(
    key="P11",
    version=1,
    name="Ehegattennachzug",
    norm="§§ 27 bis 31, 36a AufenthG",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=STATES,
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
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Ehegatten und Lebenspartner ziehen zu einem Menschen nach, der in Deutschland lebt. "
        "Endet die Lebensgemeinschaft, prüft die Behörde das eigenständige Aufenthaltsrecht."
    ),
    titel="Aufenthaltserlaubnis zum Ehegattennachzug",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        KURSPFLICHT_VERLETZT,
        SOZIALLEISTUNGEN,
        VERBUNDEN,
        gt.URKUNDE_ZWEIFEL,
        *fam.ANGABEN,
        *eg.ANGABEN,
    ),
    letters={**GEN_LETTERS, "nachtraegliche_beschraenkung": "Nachträgliche Beschränkung"},
    law_keys=(
        *eg.LAW,
        *fam.LAW,
        *gt.ID_LAW,
        "familie.titel.deutsche",
        "familie.titel.eigenstaendig",
    ),
    gebuehren=gt.permit_fees(),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        SICHERHEITSABFRAGE,
        PartRule(
            AV,
            "§ 71 Abs. 2 AufenthG",
            gt.gesagt(gt.URKUNDE_ZWEIFEL),
        ),
        PartRule(JOBCENTER, "§ 26 VwVfG NRW", ist(SOZIALLEISTUNGEN)),
    ),
    laufzeit=TitleRule(
        "§ 27 Abs. 4, § 31 Abs. 1 AufenthG",
        "familie.titel.hoechstdauer",
        "Titel der Person, zu der nachgezogen wird, Pass oder eigene Grenze",
        titel_grenze,
    ),
    clocks=GEN_CLOCKS,
    volatile=(
        VolatileMark(
            "aussetzung_36a",
            "Bis zum Ablauf des 23. Juli 2027 wird zu subsidiär Schutzberechtigten kein Nachzug "
            "gewährt; eine Verlängerung der Aussetzung ist zu beobachten.",
            "§ 104 Abs. 14 AufenthG",
            date(2027, 7, 23),
        ),
        VolatileMark(
            "sprache_verlaengerung",
            "Dass A1 bei der Verlängerung nicht erneut verlangt wird, ist vom Justiziariat zu "
            "bestätigen.",
            "§ 30 Abs. 1 Satz 1 Nr. 2, § 8 Abs. 1 AufenthG",
        ),
        VolatileMark(
            "dauer_familie",
            "Geltungsdauern von drei und vier Jahren sind Hausregeln innerhalb des § 27 Abs. 4.",
            "§ 27 Abs. 4 AufenthG",
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
                "heiratsurkunde",
            )
        },
        "titel_stammberechtigt": "Ausweis oder Aufenthaltstitel des Ehegatten",
    },
)

PUBLISHED = ((P11_V1, "a80feaa4f13623fc"),)

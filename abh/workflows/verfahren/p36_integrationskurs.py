"""P36: integration course (§§ 43-45a AufenthG, IntV), ex officio, version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    FeeRule,
    Power,
    State,
    Step,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
    Words,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import integrationskurs as ik
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    bedingung,
    regel_erfuellt,
    uhr_abgelaufen,
)
from abh.workflows.verfahren import gen
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_KLAGE,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    SOZIALLEISTUNGEN,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("anspruch", "Berechtigung", "§ 44 Abs. 1 AufenthG"),
    Variante(
        "pflicht_sprache",
        "Pflicht wegen fehlender Sprachkenntnisse",
        "§ 44a Abs. 1 Satz 1 Nr. 1 AufenthG",
    ),
    Variante(
        "pflicht_leistungen",
        "Pflicht bei Leistungen nach SGB II",
        "§ 44a Abs. 1 Satz 1 Nr. 2 AufenthG, § 15a SGB II",
    ),
    Variante(
        "pflicht_integration",
        "Pflicht wegen besonderer Integrationsbedürftigkeit",
        "§ 44a Abs. 1 Satz 1 Nr. 3 AufenthG",
    ),
    Variante(
        "pflicht_asylblg",
        "Pflicht bei Leistungen nach AsylbLG",
        "§ 44a Abs. 1 Satz 1 Nr. 4 AufenthG, § 5b AsylbLG",
    ),
)
CHECKLIST: tuple[Requirement, ...] = (
    Requirement(
        "KREIS",
        "Berechtigt oder verpflichtet",
        "§ 44 Abs. 1, § 44a Abs. 1 AufenthG",
        ik.KREIS,
        source=Source.OFFICE,
    ),
    Requirement(
        "AUS",
        "Keine Ausnahme von der Pflicht",
        "§ 44a Abs. 2 AufenthG",
        ik.KEINE_AUSNAHME,
        source=Source.OFFICE,
    ),
)

CLOCK_YEAR = ClockRule(
    "ANSPRUCH1J",
    "Geltung der Berechtigung",
    "§ 44 Abs. 2 AufenthG",
    ("integrationskurs.anspruch",),
    starts="Erteilung der Berechtigung",
    ends="Anmeldung zum Kurs",
    start_steps=("berechtigung_ausstellen",),
    end_steps=("anmeldung_vermerken", "einstellen", "wegen_fortzugs_abgeben"),
    shift=False,
    effect="Die Berechtigung erlischt",
)
CLOCK_SIGN = ClockRule(
    "ANMELDUNG",
    "Anmeldung nach der Verpflichtung",
    "§ 44a AufenthG",
    ("integrationskurs.wiedervorlage",),
    starts="Verpflichtung",
    ends="Anmeldung oder Ende der Pflicht",
    start_steps=("verpflichten",),
    end_steps=(
        "anmeldung_vermerken",
        "verpflichtung_widerrufen",
        "einstellen",
        "wegen_fortzugs_abgeben",
    ),
    effect="Die Anmeldung fehlt; es wird erinnert",
)


def _state(key: str, label: str, de: str, turn: Turn, *, terminal: bool = False) -> State:
    return State(key, label, Words(de), turn, terminal)


STATES = (
    *(s for s in GEN_STATES if s.key in ("draft", "discontinued", "transferred")),
    _state(
        "determination",
        "Feststellung",
        "Wir prüfen, ob Sie einen Integrationskurs besuchen können oder müssen.",
        Turn.OFFICE,
    ),
    _state(
        "issued_entitlement",
        "berechtigt",
        "Sie dürfen an einem Integrationskurs teilnehmen.",
        Turn.APPLICANT,
    ),
    _state(
        "obliged",
        "verpflichtet",
        "Sie müssen an einem Integrationskurs teilnehmen. Bitte melden Sie sich an.",
        Turn.APPLICANT,
    ),
    _state(
        "registered",
        "angemeldet",
        "Sie sind zum Kurs angemeldet.",
        Turn.THIRD_PARTY,
    ),
    _state(
        "attending",
        "nimmt teil",
        "Sie nehmen am Kurs teil.",
        Turn.APPLICANT,
    ),
    _state(
        "broken_off",
        "abgebrochen oder nicht begonnen",
        "Sie nehmen zurzeit nicht am Kurs teil. Bitte melden Sie sich bei uns.",
        Turn.APPLICANT,
    ),
    _state(
        "completed",
        "abgeschlossen",
        "Sie haben den Kurs abgeschlossen.",
        Turn.NOBODY,
        terminal=True,
    ),
    _state(
        "consequence_case",
        "Pflichtverletzung vermerkt",
        "Wir haben vermerkt, dass der Kurs nicht besucht wurde. Das zählt bei der Verlängerung.",
        Turn.NOBODY,
        terminal=True,
    ),
    _state(
        "released",
        "Pflicht entfallen",
        "Sie müssen den Kurs nicht mehr besuchen.",
        Turn.NOBODY,
        terminal=True,
    ),
    _state(
        "entitlement_expired",
        "Berechtigung erloschen",
        "Ihre Berechtigung zum Kurs ist erloschen.",
        Turn.NOBODY,
        terminal=True,
    ),
    _state(
        "no_course",
        "kein Kurs",
        "Ein Integrationskurs ist für Sie nicht vorgesehen.",
        Turn.NOBODY,
        terminal=True,
    ),
)
SYSTEM = (Power.SYSTEM, Power.REVIEW)
BAMF = "§ 8 IntV, § 88a AufenthG"
NUR_BERECHTIGT = bedingung(
    "nur_berechtigt", ik.BERECHTIGT, "§ 44 AufenthG", "Es besteht eine Pflicht zur Teilnahme."
)
VERPFLICHTET = bedingung(
    "verpflichtungsfall", ik.PFLICHT, "§ 44a AufenthG", "Es geht nur um die Berechtigung."
)
GEHOERT_ZUM_KREIS = regel_erfuellt(
    "gehoert_zum_kreis",
    "Berechtigt oder verpflichtet",
    "§ 44 Abs. 1, § 44a Abs. 1 AufenthG",
    ik.KREIS,
)


def _determination() -> tuple[Step, ...]:
    return (
        Step(
            "anlegen",
            ("draft",),
            "determination",
            by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
            norm="§ 44a Abs. 1 AufenthG",
            label="Feststellung zum Integrationskurs anlegen",
            guards=(
                angabe_bekannt(
                    ik.DAUERHAFT,
                    "Ob der Aufenthalt dauerhaft ist, ist geprüft",
                    "§ 44 Abs. 1 Satz 2 AufenthG",
                ),
            ),
        ),
        Step(
            "berechtigung_ausstellen",
            ("determination",),
            "issued_entitlement",
            by=(Power.REVIEW, Power.DECIDE),
            norm="§ 44 Abs. 1, § 6 IntV",
            label="Berechtigung ausstellen",
            guards=(NUR_BERECHTIGT, GEHOERT_ZUM_KREIS),
            letter="N29",
            outcome="berechtigung",
        ),
        Step(
            "verpflichten",
            ("determination",),
            "obliged",
            by=(Power.DECIDE,),
            norm="§ 44a Abs. 1 AufenthG",
            label="Zur Teilnahme verpflichten",
            guards=(
                VERPFLICHTET,
                GEHOERT_ZUM_KREIS,
                regel_erfuellt(
                    "keine_ausnahme",
                    "Keine Ausnahme von der Pflicht",
                    "§ 44a Abs. 2 AufenthG",
                    ik.KEINE_AUSNAHME,
                ),
                angabe_ist(
                    ik.ANGEHOERT,
                    True,
                    "Angehört und auf Folgen hingewiesen",
                    "§ 28 VwVfG NRW, § 44a Abs. 3 AufenthG",
                ),
                e.entscheider_benannt,
            ),
            letter="N29",
            outcome="verpflichtung",
            effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD),
            decision="obliged",
        ),
        Step(
            "kein_kurs",
            ("determination",),
            "no_course",
            by=(Power.REVIEW,),
            norm="§ 44 Abs. 3, § 44a Abs. 2 AufenthG",
            label="Kein Kurs vorgesehen",
            needs_reason=True,
        ),
    )


def _course() -> tuple[Step, ...]:
    return (
        Step(
            "anmeldung_vermerken",
            ("issued_entitlement", "obliged", "broken_off"),
            "registered",
            by=SYSTEM,
            norm="§ 7 IntV",
            label="Anmeldung vermerken",
            guards=(angabe_bekannt(ik.ANGEMELDET, "Die Anmeldung ist gemeldet", "§ 7 IntV"),),
        ),
        Step(
            "berechtigung_erloschen",
            ("issued_entitlement",),
            "entitlement_expired",
            by=SYSTEM,
            norm="§ 44 Abs. 2 AufenthG",
            label="Erlöschen der Berechtigung vermerken",
            guards=(uhr_abgelaufen(CLOCK_YEAR),),
            automatic=True,
        ),
        Step(
            "nicht_angemeldet",
            ("obliged",),
            "broken_off",
            by=SYSTEM,
            norm="§ 44a AufenthG",
            label="Fehlende Anmeldung feststellen",
            guards=(uhr_abgelaufen(CLOCK_SIGN),),
            automatic=True,
        ),
        Step(
            "kursbeginn_vermerken",
            ("registered",),
            "attending",
            by=SYSTEM,
            norm=BAMF,
            label="Beginn des Kurses vermerken",
            guards=(angabe_bekannt(ik.BEGINN, "Der Beginn ist gemeldet", BAMF),),
        ),
        Step(
            "abschluss_vermerken",
            ("attending",),
            "completed",
            by=SYSTEM,
            norm="§ 17 IntV",
            label="Erfolgreichen Abschluss vermerken",
            guards=(angabe_ist(ik.BESTANDEN, True, "Der Kurs ist bestanden", "§ 17 IntV"),),
            effects=(Effect.STOP_CLOCKS,),
        ),
        Step(
            "wiederholung_vermerken",
            ("attending",),
            "registered",
            by=SYSTEM,
            norm="§ 5 Abs. 5 IntV",
            label="Ohne Erfolg, Wiederholung vermerken",
            guards=(angabe_ist(ik.BESTANDEN, False, "Der Kurs ist nicht bestanden", "§ 17 IntV"),),
        ),
        Step(
            "abbruch_vermerken",
            ("registered", "attending"),
            "broken_off",
            by=SYSTEM,
            norm=BAMF,
            label="Abbruch vermerken",
            guards=(angabe_bekannt(ik.ABGEBROCHEN, "Der Abbruch ist gemeldet", BAMF),),
        ),
        Step(
            "wiederaufnahme_vermerken",
            ("broken_off",),
            "attending",
            by=SYSTEM,
            norm=BAMF,
            label="Wiederaufnahme vermerken",
            guards=(angabe_bekannt(ik.WIEDER, "Die Wiederaufnahme ist gemeldet", BAMF),),
        ),
        Step(
            "erneut_hinweisen",
            ("obliged", "broken_off"),
            SAME_STATE,
            by=(Power.REVIEW,),
            norm="§ 44a Abs. 3 AufenthG",
            label="Erneut auf Pflicht und Folgen hinweisen",
            guards=(VERPFLICHTET,),
            letter="N03",
        ),
    )


def _consequences() -> tuple[Step, ...]:
    return (
        Step(
            "pflichtverletzung_vermerken",
            ("broken_off",),
            "consequence_case",
            by=(Power.DECIDE,),
            norm="§ 8 Abs. 3, § 44a Abs. 3 AufenthG",
            label="Pflichtverletzung für die Verlängerung vermerken",
            guards=(
                VERPFLICHTET,
                angabe_ist(
                    ik.ERINNERT, True, "An die Pflicht wurde erinnert", "§ 44a Abs. 3 AufenthG"
                ),
                angabe_ist(
                    ik.SCHULDHAFT,
                    True,
                    "Die Pflicht ist schuldhaft verletzt",
                    "§ 8 Abs. 3 AufenthG",
                ),
            ),
            letter="N03",
            needs_reason=True,
        ),
        Step(
            "ohne_folgen_beenden",
            ("broken_off",),
            "released",
            by=(Power.REVIEW,),
            norm="§ 44 AufenthG",
            label="Abbruch ohne Folgen beenden",
            guards=(NUR_BERECHTIGT,),
        ),
        Step(
            "verpflichtung_widerrufen",
            ("obliged", "registered", "attending", "broken_off"),
            "released",
            by=(Power.DECIDE,),
            norm="§ 44a Abs. 1 AufenthG, § 49 VwVfG NRW",
            label="Verpflichtung widerrufen",
            guards=(
                VERPFLICHTET,
                angabe_ist(
                    ik.ARBEIT_HINDERT, True, "Arbeit hindert die Teilnahme", "§ 44a Abs. 1 AufenthG"
                ),
                e.entscheider_benannt,
            ),
            letter="N03",
            effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
            needs_reason=True,
            decision="released",
        ),
        *(
            replace(
                step,
                source=tuple(s.key for s in STATES if not s.terminal and s.key != "draft"),
                effects=(Effect.STOP_CLOCKS,),
            )
            for step in gen.ending_rows()[1:]
        ),
    )


P36_V1 = Verfahren(
    key="P36",
    version=1,
    name="Integrationskurs",
    norm="§§ 43 bis 45a AufenthG, IntV",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=STATES,
    steps=(*_determination(), *_course(), *_consequences()),
    checklist=CHECKLIST,
    zweck=(
        "Bei der Erteilung eines Titels stellt die Behörde fest, wer am Integrationskurs "
        "teilnehmen darf oder muss. Sie verfolgt Anmeldung, Teilnahme und Abschluss."
    ),
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *ik.ANGABEN,
        SOZIALLEISTUNGEN,
    ),
    letters={**GEN_LETTERS, "N29": "Integrationskurs"},
    gebuehren=(
        FeeRule(
            "gebuehr.integrationskurs.hinweis",
            "Erneuter Hinweis nach § 44a Abs. 3",
            event="erneut_hinweisen",
        ),
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    clocks=(CLOCK_YEAR, CLOCK_SIGN, CLOCK_KLAGE),
    volatile=(
        VolatileMark(
            "sgb_ii_2026",
            "Die Verweise auf das SGB II gelten in der Fassung ab 1. Juli 2026 (§ 15a SGB II).",
            "§ 44a Abs. 1 Satz 1 Nr. 2 AufenthG",
        ),
    ),
    opening="anlegen",
)

PUBLISHED = ((P36_V1, "89b10b5214a155e7"),)

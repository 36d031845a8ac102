"""P37: consent to the acknowledgement of paternity (§§ 85a-85d AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.beteiligung import AV, LABOR, STANDESAMT
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    PartRule,
    Power,
    Turn,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards import vaterschaft as vs
from abh.workflows.guards.basis import identity
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    bedingung,
    uhr_abgelaufen,
    uhr_laeuft,
)
from abh.workflows.guards.regeln import IMMER, ja
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gem_sonder import (
    BELASTEND,
    aus_gen,
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import CLOCK_75, CLOCK_KLAGE, GEN_NACHWEISE

CHECKLIST = (
    Requirement(
        "V1",
        "Gemeinsamer Antrag",
        "§ 85c Abs. 1 AufenthG",
        ja(vs.GEMEINSAM, "Beide haben den Antrag gestellt.", "Der Antrag einer Seite fehlt."),
        evidence=(("anerkennungserklaerung",),),
    ),
    Requirement(
        "V2",
        "Identität beider Seiten",
        "§ 85c Abs. 5 AufenthG",
        identity,
        evidence=(("pass",),),
        facts=("identity_clarified",),
    ),
    Requirement(
        "V3",
        "Mitwirkung",
        "§ 85c Abs. 5 und 6 AufenthG",
        ja(vs.MITWIRKUNG, "Die Auskünfte liegen vor.", "Nötige Auskünfte wurden verweigert."),
    ),
    Requirement(
        "V4",
        "Kein Missbrauch",
        "§ 85b AufenthG",
        vs.missbrauch,
        source=Source.OFFICE,
    ),
)

FERTIG = zustand(
    "consent_final",
    "zugestimmt, Rücknahmefrist vorbei",
    "Der Anerkennung der Vaterschaft ist zugestimmt.",
    "The acknowledgement of paternity has our consent.",
    "تمت الموافقة على الاعتراف بالأبوة.",
    Turn.NOBODY,
    ende=True,
)
STATES = (
    *aus_gen(
        *("draft", "received", "jurisdiction_check", "completeness_check", "awaiting_applicant"),
        *("in_review", "awaiting_third_party", "appointment_pending", "hearing", "refused"),
        *("appeal_pending", "refused_final", "withdrawn", "discontinued", "transferred"),
    ),
    zustand(
        "resting",
        "ruht auf Antrag",
        "Das Verfahren ruht, weil Sie darum gebeten haben.",
        "The procedure rests because you asked for it.",
        "الإجراء متوقف مؤقتًا بناءً على طلبك.",
        Turn.APPLICANT,
    ),
    zustand(
        "negative_finding",
        "Zustimmung nicht nötig",
        "Die Anerkennung der Vaterschaft braucht keine Zustimmung.",
        "The acknowledgement of paternity needs no consent.",
        "الاعتراف بالأبوة لا يحتاج إلى موافقة.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "consented",
        "zugestimmt",
        "Der Anerkennung der Vaterschaft ist zugestimmt.",
        "The acknowledgement of paternity has our consent.",
        "تمت الموافقة على الاعتراف بالأبوة.",
        Turn.NOBODY,
    ),
    zustand(
        "consented_by_fiction",
        "Zustimmung gilt als erteilt",
        "Die Zustimmung zur Anerkennung der Vaterschaft gilt als erteilt.",
        "The consent to the acknowledgement of paternity is deemed given.",
        "تُعد الموافقة على الاعتراف بالأبوة ممنوحة.",
        Turn.NOBODY,
    ),
    FERTIG,
    zustand(
        "withdrawal_review",
        "Rücknahme in Prüfung",
        "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
        "We have written to you. Please send us your comments.",
        "لقد راسلناك. يُرجى إرسال ردّك.",
        Turn.APPLICANT,
    ),
    zustand(
        "rescinded",
        "Zustimmung zurückgenommen",
        "Die Zustimmung ist zurückgenommen. Im Bescheid steht, was Sie dagegen tun können.",
        "The consent is withdrawn. The notice says what you can do about it.",
        "تم سحب الموافقة. يوضح القرار ما يمكنك فعله حيال ذلك.",
        Turn.NOBODY,
        ende=True,
    ),
)
# Open states in which the four months may end; while the clock stands they do not.
OFFEN = (
    *("received", "jurisdiction_check", "completeness_check", "awaiting_applicant", "in_review"),
    *("awaiting_third_party", "appointment_pending", "hearing"),
)
ZUGESTIMMT = ("consented", "consented_by_fiction")

VIER_MONATE = ClockRule(
    "ZUSTIMMUNG_4M",
    "Zustimmung gilt als erteilt",
    "§ 85c Abs. 3 AufenthG",
    ("vaterschaft.fiktion",),
    starts="Eingang des gemeinsamen Antrags",
    ends="Entscheidung, Rücknahme des Antrags oder Abgabe; sie steht, solange das Verfahren auf "
    "Antrag ruht und nach versäumter Frist oder Befragung",
    start_steps=("einreichen",),
    end_steps=(
        *("zustimmen", "ablehnen", "negativ_feststellen", "zuruecknehmen", "einstellen"),
        *("abgeben", "wegen_fortzugs_abgeben"),
    ),
    stop_steps=("ruhen_lassen", "frist_versaeumt", "befragung_versaeumt"),
    resume_steps=("fortsetzen_auf_antrag", "eingang_zuordnen", "befragung_gefuehrt"),
    anchor=lambda f: f.received_on,
    effect="Die Zustimmung gilt als erteilt",
)
_BEGINN = ("zustimmen", "zustimmung_gilt", "verpflichtung_umsetzen")
RUECKNAHME = ClockRule(
    "RUECKNAHME",
    "Rücknahme der Zustimmung möglich",
    "§ 85d AufenthG",
    ("vaterschaft.ruecknahme",),
    starts="Zustimmung",
    ends="Rücknahme oder Ablauf",
    start_steps=_BEGINN,
    end_steps=("zustimmung_zuruecknehmen",),
    shift=False,
    effect="Die Zustimmung bleibt bestehen",
)
RUECKNAHME_KIND = ClockRule(
    "RUECKNAHME_KIND",
    "Rücknahme bei älterem deutschem Kind möglich",
    "§ 85d AufenthG",
    ("vaterschaft.ruecknahme.kind",),
    starts="Zustimmung",
    ends="Rücknahme oder Ablauf",
    start_steps=_BEGINN,
    end_steps=("zustimmung_zuruecknehmen",),
    shift=False,
    effect="Bei einem älteren deutschen Kind bleibt die Zustimmung bestehen",
)

NORMEN = {
    "§ 81 Abs. 1 AufenthG": "§ 85c Abs. 1 AufenthG",
    "§ 81 Abs. 3 und 4 AufenthG": "§ 85c Abs. 3 AufenthG",
    "§ 82 Abs. 1 AufenthG": "§ 85c Abs. 5, § 82 Abs. 1 AufenthG",
    "§ 5 AufenthG": "§§ 85a bis 85c AufenthG",
    "§ 77 Abs. 1 AufenthG": "§ 85c Abs. 1, § 77 Abs. 1 AufenthG",
    "§§ 39, 72, 73 AufenthG": "§ 85c AufenthG",
    "§ 9 VwVfG NRW, § 49 AufenthV": "§ 9 VwVfG NRW",
    "§§ 74, 80 Abs. 5 VwGO, § 84 Abs. 2 AufenthG": "§ 74 VwGO",
}
GENERISCH = passend(
    STATES,
    (
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
    ),
    ohne=("erinnern", "nach_aktenlage_pruefen", "aussetzen", "fortsetzen", "urteil_umsetzen"),
    ohne_wirkung={
        Effect.COMPUTE_FIKTION,
        Effect.END_FIKTION,
        Effect.OPEN_RETURN_CASE,
        Effect.RECORD_SUPPLEMENT_SHEET,
        Effect.REPORT_AZR,
    },
    # § 79(2) AufenthG speaks of titles only.
    ohne_bedingung=("ermittlung_beendet",),
    normen=NORMEN,
    auch={"zuruecknehmen": ("resting",), "einstellen": ("resting",)},
)
EIGENE = (
    schritt(
        "negativ_feststellen",
        ("completeness_check", "in_review"),
        "negative_finding",
        Power.DECIDE,
        "§ 85a Abs. 3 AufenthG",
        "Feststellen, dass keine Zustimmung nötig ist",
        vs.keine_zustimmung_noetig,
        e.entscheider_benannt,
        letter="N30",
        outcome="negativfeststellung",
        effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
        decision="not_needed",
    ),
    schritt(
        "zustimmen",
        "in_review",
        "consented",
        Power.DECIDE,
        "§ 85c Abs. 1 AufenthG",
        "Der Anerkennung zustimmen",
        vs.zustimmung_noetig,
        nach(g.beteiligungen_beantwortet, "§ 85c AufenthG"),
        nach(g.voraussetzungen_erfuellt(CHECKLIST), NORMEN["§ 5 AufenthG"]),
        e.entscheider_benannt,
        e.vier_augen,
        letter="N30",
        outcome="zustimmung",
        effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
        decision="granted",
    ),
    von_selbst(
        "zustimmung_gilt",
        OFFEN,
        "consented_by_fiction",
        "§ 85c Abs. 3 AufenthG",
        "Eintritt der Zustimmung durch Fristablauf vermerken",
        uhr_abgelaufen(VIER_MONATE),
        effects=(Effect.STOP_CLOCKS, Effect.RELEASE_APPOINTMENT),
    ),
    schritt(
        "fiktion_bestaetigen",
        "consented_by_fiction",
        SAME_STATE,
        Power.REVIEW,
        "§ 85c Abs. 3 AufenthG, § 42a Abs. 3 VwVfG NRW",
        "Eintritt der Zustimmung bestätigen",
        letter="N30",
        outcome="fiktion",
    ),
    von_selbst(
        "frist_versaeumt",
        "awaiting_applicant",
        SAME_STATE,
        "§ 85c Abs. 3 Satz 3 AufenthG",
        "Versäumte Frist vermerken, die vier Monate stehen",
        g.frist_abgelaufen,
        uhr_laeuft(VIER_MONATE),
        letter="N03",
    ),
    schritt(
        "ohne_mitwirkung_pruefen",
        "awaiting_applicant",
        "in_review",
        Power.DECIDE,
        "§ 85c Abs. 5, § 82 Abs. 1 Satz 4 AufenthG",
        "Ohne die fehlenden Angaben weiterprüfen",
        g.frist_abgelaufen,
        effects=(Effect.END_DEADLINE,),
        needs_reason=True,
    ),
    schritt(
        "zur_befragung_laden",
        "in_review",
        "appointment_pending",
        Power.REVIEW,
        "§ 82 Abs. 4 AufenthG",
        "Zur Befragung laden",
        angabe_ist(vs.BEFRAGUNG, True, "Eine Befragung ist nötig", "§ 85c Abs. 5 AufenthG"),
        letter="N06",
        effects=(Effect.OFFER_APPOINTMENT,),
    ),
    schritt(
        "befragung_gefuehrt",
        ("appointment_pending", "in_review"),
        "in_review",
        (Power.REVIEW, Power.DECIDE),
        "§ 85c Abs. 5 AufenthG",
        "Befragung festhalten",
        angabe_bekannt(vs.BEFRAGT_AM, "Die Befragung ist geführt", "§ 85c Abs. 5 AufenthG"),
    ),
    von_selbst(
        "befragung_versaeumt",
        "appointment_pending",
        "in_review",
        "§ 85c Abs. 3 Satz 3 AufenthG",
        "Versäumte Befragung vermerken, die vier Monate stehen",
        vs.befragung_versaeumt,
        effects=(Effect.RELEASE_APPOINTMENT,),
        letter="N03",
    ),
    schritt(
        "ruhen_lassen",
        ("in_review", "completeness_check"),
        "resting",
        Power.REVIEW,
        "§ 85c Abs. 3 AufenthG",
        "Verfahren auf Antrag ruhen lassen",
        angabe_ist(vs.RUHEN, True, "Beide haben das Ruhen beantragt", "§ 85c Abs. 3 AufenthG"),
        letter="N03",
    ),
    schritt(
        "fortsetzen_auf_antrag",
        "resting",
        "in_review",
        Power.REVIEW,
        "§ 85c Abs. 3 AufenthG",
        "Verfahren auf Antrag fortsetzen",
        angabe_ist(vs.WEITER, True, "Die Fortsetzung ist beantragt", "§ 85c Abs. 3 AufenthG"),
        letter="N03",
    ),
    schritt(
        "duldung_ausstellen",
        (*OFFEN, "resting"),
        SAME_STATE,
        (Power.REVIEW, Power.COUNTER),
        "§ 60a Abs. 2 Satz 4 AufenthG",
        "Duldung bis zur Entscheidung ausstellen",
        bedingung(
            "andere_seite_ausreisepflichtig",
            vs.AUSREISEPFLICHTIG,
            "§ 60a Abs. 2 Satz 4 AufenthG",
            "Die andere Seite ist nicht ausreisepflichtig.",
        ),
        letter="N20",
    ),
    schritt(
        "verpflichtung_umsetzen",
        "appeal_pending",
        "consented",
        Power.LEGAL,
        "§ 113 Abs. 5 VwGO, § 85c AufenthG",
        "Verpflichtungsurteil umsetzen",
        e.gericht_verpflichtet,
        e.entscheider_benannt,
        letter="N30",
        outcome="zustimmung",
        effects=(Effect.RECORD_DECISION,),
        decision="granted",
    ),
    schritt(
        "ruecknahme_pruefen",
        ZUGESTIMMT,
        "withdrawal_review",
        Power.DECIDE,
        "§ 85d AufenthG, § 28 VwVfG NRW",
        "Zur Rücknahme der Zustimmung anhören",
        vs.ruecknahme_moeglich,
        angabe_ist(vs.TAEUSCHUNG, True, "Die Zustimmung ist erschlichen", "§ 85d AufenthG"),
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
    schritt(
        "zustimmung_zuruecknehmen",
        "withdrawal_review",
        "rescinded",
        Power.DECIDE,
        "§ 85d, § 84 Abs. 1 Satz 1 Nr. 8 AufenthG",
        "Zustimmung zurücknehmen",
        vs.ruecknahme_moeglich,
        *BELASTEND,
        letter="ruecknahme_widerruf",
        effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD),
        needs_reason=True,
        decision="rescinded",
    ),
    schritt(
        "zustimmung_belassen",
        "withdrawal_review",
        "consented",
        Power.DECIDE,
        "§ 85d AufenthG",
        "Von der Rücknahme absehen",
        needs_reason=True,
    ),
    von_selbst(
        "ruecknahmefrist_vorbei",
        ZUGESTIMMT,
        "consent_final",
        "§ 85d AufenthG",
        "Ablauf der Rücknahmefrist vermerken",
        uhr_abgelaufen(RUECKNAHME),
    ),
)

P37_V1 = Verfahren(
    key="P37",
    version=1,
    name="Zustimmung zur Anerkennung der Vaterschaft",
    norm="§§ 85a bis 85d AufenthG",
    in_force_from=date(2026, 7, 29),
    initial="draft",
    states=STATES,
    steps=(*GENERISCH, *EIGENE),
    checklist=CHECKLIST,
    zweck=(
        "Erkennt jemand eine Vaterschaft an und hängt daran ein Aufenthaltsrecht, prüft die "
        "Behörde auf Antrag beider Eltern, ob das missbraucht wird. Entscheidet sie nicht in vier "
        "Monaten, gilt die Zustimmung als erteilt."
    ),
    titel="Zustimmung zur Anerkennung der Vaterschaft",
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=vs.ANGABEN,
    law_keys=("vaterschaft.wohnung", "vaterschaft.kind.alter"),
    beteiligungen=(
        PartRule(STANDESAMT, "§ 85c AufenthG", IMMER),
        PartRule(LABOR, "§ 85a Abs. 3 AufenthG", vs.LEIBLICH),
        PartRule(AV, "§ 85c AufenthG", vs.IM_AUSLAND),
    ),
    letters=briefe(
        *("N01", "N02", "N03", "N04", "N06", "N07", "N12", "N14", "N16"),
        N20="Duldung",
        N30="Anerkennung der Vaterschaft",
        ruecknahme_widerruf="Rücknahme der Zustimmung",
    ),
    clocks=(CLOCK_75, CLOCK_KLAGE, VIER_MONATE, RUECKNAHME, RUECKNAHME_KIND),
    volatile=(
        VolatileMark(
            "neues_recht",
            "Die §§ 85a bis 85d gelten seit dem 29.07.2026; Fristen, Vermutungen und Rücknahme "
            "sind vor dem Echtbetrieb am Gesetzestext zu bestätigen.",
            "§§ 85a bis 85d AufenthG",
        ),
        VolatileMark(
            "gebuehr",
            "Eine Gebühr für das Verfahren wurde in der AufenthV nicht gefunden; erhoben wird "
            "keine.",
            "AufenthV",
        ),
    ),
    evidence_labels={
        "pass": GEN_NACHWEISE["pass"],
        "anerkennungserklaerung": "Beurkundete Erklärung der Anerkennung und Zustimmung der Mutter",
    },
)

PUBLISHED = ((P37_V1, "fc2f8ac893256247"),)

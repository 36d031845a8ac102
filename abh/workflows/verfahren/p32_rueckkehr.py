"""P32: expulsion, departure, removal (§§ 11, 50-62 AufenthG), version 1.

The day of a removal is never announced (§ 59(1) AufenthG): no row from ``enforceable`` on carries
a letter that could name it, and the portal says the same words before and after it is planned.
"""

from __future__ import annotations

from datetime import date

from abh.workflows.beteiligung import BAMF, GESUNDHEIT, JUGENDAMT, STA, PartState
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    PartRule,
    Power,
    Verfahren,
    VolatileMark,
    Zugriff,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import rueckkehr as rk
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, stelle_antwortet
from abh.workflows.guards.regeln import ist
from abh.workflows.verfahren import gen
from abh.workflows.verfahren.gem_rueckkehr import (
    A_VARIANTE,
    CHECKLIST,
    OFFEN,
    PFLICHTIG,
    STATES,
    VARIANTEN,
)
from abh.workflows.verfahren.gem_sonder import (
    BELASTEND,
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
)
from abh.workflows.verfahren.gemeinsam import CLOCK_KLAGE

AUSREISE = ClockRule(
    "AUSREISE",
    "Ausreisefrist, längstens",
    "§ 59 Abs. 1 AufenthG",
    ("rueckkehr.ausreisefrist",),
    starts="Bekanntgabe der Verfügung oder Ausgabe der Bescheinigung",
    ends="Ausreise oder Vollziehbarkeit; sie steht, solange das Gericht den Vollzug aussetzt",
    start_steps=("gueb_ausstellen", "bamf_uebernehmen", "freiwillige_ausreise"),
    end_steps=("ausgereist", "nicht_ausgereist", "abgeschoben"),
    stop_steps=("gericht_setzt_aus",),
    resume_steps=("gericht_bestaetigt",),
    anchor=lambda f: f.remedy.notified_on or f.today,
    effect="Die Ausreisepflicht kann durchgesetzt werden, wenn die gesetzte Frist vorbei ist",
)
ANKUENDIGUNG = ClockRule(
    "ANKUENDIGUNG",
    "Ankündigung nach langer Duldung",
    "§ 60a Abs. 5a AufenthG",
    ("rueckkehr.ankuendigung",),
    starts="Ankündigung ohne Tag",
    ends="Ablauf",
    start_steps=("widerruf_ankuendigen",),
    shift=False,
    effect="Die Aussetzung darf enden",
)

VORAUSSETZUNGEN = nach(g.voraussetzungen_erfuellt(CHECKLIST), "§§ 11, 50 bis 59 AufenthG")
VERFUEGT = (
    Effect.RECORD_DECISION,
    Effect.START_ACTION_PERIOD,
    Effect.REPORT_AZR,
)
VOR_VERFUEGUNG = (
    nach(g.beteiligungen_beantwortet, "§ 72 AufenthG"),
    rk.sta_geklaert,
    VORAUSSETZUNGEN,
    rk.sofortvollzug_begruendet,
    *BELASTEND,
)
STEPS = (
    schritt(
        "eroeffnen",
        "event",
        "opened",
        (Power.INTAKE, Power.REVIEW, Power.DECIDE),
        "§ 87 AufenthG, § 22 VwVfG NRW",
        "Von Amts wegen eröffnen",
        angabe_bekannt(rk.ANLASS, "Der Anlass ist festgehalten", "§ 87 AufenthG"),
    ),
    schritt(
        "pruefung_aufnehmen",
        "opened",
        "weighing",
        Power.DECIDE,
        "§§ 53 bis 55, 60 AufenthG",
        "Prüfung aufnehmen",
        angabe_ist(
            rk.GEPRUEFT, True, "Familie, Gesundheit und Verbote sind geprüft", "§ 60 AufenthG"
        ),
    ),
    schritt(
        "bamf_uebernehmen",
        "opened",
        "departure_period",
        Power.DECIDE,
        "§ 34 AsylG, § 59 Abs. 6 AufenthG",
        "Androhung des Bundesamts übernehmen",
        angabe_ist(A_VARIANTE, rk.BAMF_FALL, "Das Bundesamt hat angedroht", "§ 34 AsylG"),
        angabe_ist(rk.BAMF_VOLLZIEHBAR, True, "Die Androhung ist vollziehbar", "§ 34 AsylG"),
        angabe_bekannt(rk.AUSREISE_BIS, "Die Ausreisefrist ist bekannt", "§ 38 AsylG"),
        letter="N21",
    ),
    schritt(
        "freiwillige_ausreise",
        "opened",
        "departure_period",
        (Power.REVIEW, Power.DECIDE),
        "§ 50 Abs. 2, § 59 Abs. 6 AufenthG",
        "Freiwillige Ausreise begleiten",
        angabe_ist(rk.FREIWILLIG, True, "Die Person will ausreisen", "§ 50 AufenthG"),
        rk.frist_im_rahmen,
        letter="N21",
    ),
    schritt(
        "staatsanwaltschaft_beteiligen",
        "weighing",
        "prosecutor_consent",
        Power.DECIDE,
        "§ 72 Abs. 4 AufenthG",
        "Staatsanwaltschaft beteiligen",
        rk.sta_zu_beteiligen,
        letter="N16",
        effects=(Effect.REQUEST_PARTICIPATIONS,),
    ),
    von_selbst(
        "staatsanwaltschaft_antwortet",
        "prosecutor_consent",
        "weighing",
        "§ 72 Abs. 4 AufenthG",
        "Antwort der Staatsanwaltschaft übernehmen",
        stelle_antwortet(
            STA,
            PartState.CONSENTED,
            PartState.REFUSED,
            label="Die Staatsanwaltschaft hat geantwortet",
            norm="§ 72 Abs. 4 AufenthG",
        ),
        effects=(Effect.NOTE_DEEMED_CONSENT,),
    ),
    schritt(
        "zur_beendigung_anhoeren",
        "weighing",
        "hearing",
        Power.DECIDE,
        "§ 28 VwVfG NRW",
        "Zur beabsichtigten Verfügung anhören",
        rk.sta_geklaert,
        VORAUSSETZUNGEN,
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
    schritt(
        "stellungnahme_abwaegen",
        "hearing",
        "weighing",
        Power.DECIDE,
        "§ 28 VwVfG NRW, § 53 Abs. 2 AufenthG",
        "Nach neuen Tatsachen neu abwägen",
        needs_reason=True,
    ),
    schritt(
        "ohne_verfuegung_beenden",
        ("opened", "weighing", "hearing"),
        "closed",
        Power.DECIDE,
        "§ 53 Abs. 1, §§ 55, 60 AufenthG",
        "Ohne Verfügung beenden",
        letter="N03",
        effects=(Effect.STOP_CLOCKS,),
        needs_reason=True,
    ),
    schritt(
        "ausweisen",
        "hearing",
        "order_issued",
        Power.DECIDE,
        "§§ 53, 59, 11 AufenthG",
        "Ausweisen",
        angabe_ist(A_VARIANTE, rk.AUSWEISUNG, "Beabsichtigt ist die Ausweisung", "§ 53 AufenthG"),
        *VOR_VERFUEGUNG,
        letter="ausweisung",
        effects=VERFUEGT,
        needs_reason=True,
        decision="expulsion",
    ),
    schritt(
        "androhen",
        "hearing",
        "order_issued",
        Power.DECIDE,
        "§§ 50, 59, 11 AufenthG",
        "Abschiebung androhen",
        angabe_ist(A_VARIANTE, rk.ABLEHNUNG, "Ein Titel fehlt oder endete", "§ 50 AufenthG"),
        *VOR_VERFUEGUNG,
        letter="N13",
        outcome="abschiebungsandrohung",
        effects=VERFUEGT,
        needs_reason=True,
        decision="threat",
    ),
    schritt(
        "widerrufen",
        "hearing",
        "order_issued",
        Power.DECIDE,
        "§ 52 AufenthG, § 48 VwVfG NRW",
        "Titel widerrufen oder zurücknehmen und Abschiebung androhen",
        angabe_ist(A_VARIANTE, rk.WIDERRUF, "Beabsichtigt ist der Widerruf", "§ 52 AufenthG"),
        *VOR_VERFUEGUNG,
        letter="ruecknahme_widerruf",
        effects=VERFUEGT,
        needs_reason=True,
        decision="revocation",
    ),
    schritt(
        "gueb_ausstellen",
        "order_issued",
        "departure_period",
        (Power.REVIEW, Power.COUNTER),
        "§ 59 Abs. 6 AufenthG",
        "Grenzübertrittsbescheinigung ausstellen",
        rk.bekannt_gegeben,
        rk.frist_im_rahmen,
        letter="N21",
    ),
    schritt(
        "ausreisefrist_verlaengern",
        "departure_period",
        SAME_STATE,
        Power.DECIDE,
        "§ 59 Abs. 1 Satz 4 AufenthG",
        "Ausreisefrist verlängern",
        angabe_ist(
            rk.FRIST_ABWEICHEND, True, "Besondere Umstände sind festgehalten", "§ 59 AufenthG"
        ),
        letter="N21",
        needs_reason=True,
    ),
    schritt(
        "ausgereist",
        (*PFLICHTIG, "tolerated"),
        "departed",
        (Power.REVIEW, Power.INTAKE),
        "§ 50 Abs. 3, § 11 Abs. 2 AufenthG",
        "Ausreise festhalten",
        angabe_bekannt(rk.AUSGEREIST, "Der Tag der Ausreise ist belegt", "§ 50 AufenthG"),
        effects=(Effect.REPORT_AZR, Effect.STOP_CLOCKS),
    ),
    von_selbst(
        "nicht_ausgereist",
        "departure_period",
        "enforceable",
        "§ 58 Abs. 1 und 2 AufenthG",
        "Ablauf der Ausreisefrist vermerken",
        rk.ausreisefrist_vorbei,
        angabe_ist(
            rk.VOLLZIEHBAR, True, "Die Ausreisepflicht ist vollziehbar", "§ 58 Abs. 2 AufenthG"
        ),
    ),
    schritt(
        "aussetzen_duldung",
        ("departure_period", "enforceable", "removal_planned"),
        "tolerated",
        Power.DECIDE,
        "§ 60a AufenthG",
        "Abschiebung aussetzen",
        rk.hindernis_benannt,
        letter="N20",
        effects=(Effect.REPORT_AZR,),
        needs_reason=True,
    ),
    schritt(
        "widerruf_ankuendigen",
        "tolerated",
        SAME_STATE,
        Power.DECIDE,
        "§ 60a Abs. 5 und 5a AufenthG",
        "Duldung widerrufen, Abschiebung ohne Tag ankündigen",
        rk.kein_hindernis,
        e.entscheider_benannt,
        e.vier_augen,
        e.begruendet,
        letter="N13",
        outcome="ordnungsverfuegung",
        effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD),
        needs_reason=True,
        decision="toleration_revoked",
    ),
    schritt(
        "aussetzung_beenden",
        "tolerated",
        "enforceable",
        Power.DECIDE,
        "§ 60a Abs. 5 AufenthG",
        "Aussetzung beenden",
        rk.kein_hindernis,
        rk.ankuendigung_beachtet,
        effects=(Effect.REPORT_AZR,),
        needs_reason=True,
    ),
    schritt(
        "abschiebung_vorbereiten",
        "enforceable",
        "removal_planned",
        Power.DECIDE,
        "§ 58 Abs. 1, § 71 Abs. 1 AufenthG",
        "Zentrale Ausländerbehörde um Abschiebung ersuchen",
        rk.kein_hindernis,
        angabe_ist(
            rk.VOLLZIEHBAR, True, "Die Ausreisepflicht ist vollziehbar", "§ 58 Abs. 2 AufenthG"
        ),
        needs_reason=True,
    ),
    schritt(
        "abgeschoben",
        "removal_planned",
        "removed",
        Power.REVIEW,
        "§ 58 Abs. 1, § 11 Abs. 1 AufenthG",
        "Vollzug festhalten",
        angabe_bekannt(rk.ABGESCHOBEN, "Der Tag des Vollzugs ist bekannt", "§ 58 AufenthG"),
        effects=(Effect.REPORT_AZR, Effect.STOP_CLOCKS),
    ),
    schritt(
        "vollzug_gescheitert",
        "removal_planned",
        "enforceable",
        Power.REVIEW,
        "§ 58 AufenthG",
        "Gescheiterten Vollzug festhalten",
        needs_reason=True,
    ),
    schritt(
        "gericht_setzt_aus",
        PFLICHTIG,
        "stayed",
        Power.LEGAL,
        "§ 80 Abs. 5 VwGO",
        "Aussetzung durch das Gericht vermerken",
        angabe_ist(rk.GERICHT, "ausgesetzt", "Das Gericht hat ausgesetzt", "§ 80 Abs. 5 VwGO"),
        letter="N03",
    ),
    schritt(
        "gericht_bestaetigt",
        "stayed",
        "order_issued",
        Power.LEGAL,
        "§ 80b, § 121 VwGO",
        "Ende der Aussetzung vermerken",
        angabe_ist(rk.GERICHT, "bestaetigt", "Das Gericht hat bestätigt", "§ 121 VwGO"),
        letter="N03",
    ),
    schritt(
        "gericht_hebt_auf",
        (*PFLICHTIG, "stayed", "tolerated"),
        "closed",
        Power.LEGAL,
        "§ 113 Abs. 1 VwGO",
        "Aufhebung durch das Gericht umsetzen",
        angabe_ist(rk.GERICHT, "aufgehoben", "Das Gericht hat aufgehoben", "§ 113 Abs. 1 VwGO"),
        letter="N03",
        effects=(Effect.STOP_CLOCKS, Effect.REPORT_AZR),
    ),
    *passend(
        STATES,
        gen.ending_rows(),
        ohne_wirkung=(Effect.RELEASE_APPOINTMENT, Effect.END_FIKTION),
        auch={
            "einstellen": OFFEN,
            "wegen_fortzugs_abgeben": OFFEN,
            "erledigung_feststellen": ("opened", "weighing", "prosecutor_consent"),
        },
    ),
)

P32_V1 = Verfahren(
    key="P32",
    version=1,
    name="Ausweisung und Rückkehr",
    norm="§§ 11, 50 bis 62 AufenthG",
    in_force_from=date(2024, 2, 27),
    initial="event",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Die Behörde prüft von Amts wegen, ob eine Person ausreisen muss, hört sie an und "
        "verfügt, wenn das öffentliche Interesse überwiegt. Der Tag einer Abschiebung wird nie "
        "angekündigt."
    ),
    titel="Ihr Aufenthalt in Deutschland",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(A_VARIANTE, *rk.ANGABEN),
    law_keys=(
        *("rueckkehr.ausreisefrist.mindestens", "eav.regel", "eav.straftat", "eav.schwer"),
        *("eav.ueberschreitung", "eav.ueberschreitung.wiederholt"),
    ),
    beteiligungen=(
        PartRule(STA, "§ 72 Abs. 4 AufenthG", rk.STA_NOETIG),
        PartRule(BAMF, "§ 72 Abs. 2 AufenthG", ist(rk.ZIELSTAATSVERBOT)),
        PartRule(GESUNDHEIT, "§ 60a Abs. 2c AufenthG", ist(rk.KRANKHEIT)),
        PartRule(JUGENDAMT, "§ 58 Abs. 1a AufenthG", ist(rk.KINDER)),
    ),
    zugriff=Zugriff.KENNTNIS_NOETIG,
    opening="eroeffnen",
    letters=briefe(
        *("N03", "N04", "N07", "N14", "N16"),
        N13="Ordnungsverfügung",
        N20="Duldung",
        N21="Grenzübertrittsbescheinigung",
        ausweisung="Ausweisung",
        ruecknahme_widerruf="Rücknahme oder Widerruf",
    ),
    clocks=(CLOCK_KLAGE, AUSREISE, ANKUENDIGUNG),
    volatile=(
        VolatileMark(
            "ankuendigung_60a",
            "Wann das Ende einer langen Duldung noch anzukündigen ist, wurde 2024 eingeschränkt; "
            "Wortlaut vor dem Echtbetrieb bestätigen.",
            "§ 60a Abs. 5a AufenthG",
        ),
    ),
)

PUBLISHED = ((P32_V1, "2cf4fbf766e38d76"),)

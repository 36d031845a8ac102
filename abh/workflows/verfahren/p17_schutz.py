"""P17: title after recognition of protection (§ 25(1)-(3) AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.beteiligung import BAMF
from abh.workflows.checklist import Finding, Status
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    Befreiung,
    ClockRule,
    Effect,
    Entscheidung,
    Guard,
    PartRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.guards import schritte as g
from abh.workflows.guards.basis import check
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, bedingung
from abh.workflows.guards.regeln import (
    alle,
    eine_von,
    ist,
    oder,
    plus,
    und,
    variante,
    wenn,
)
from abh.workflows.verfahren.gem_humanitaer import (
    ED,
    ED_ERLEDIGT_AM,
    ED_NOETIG,
    allgemeine,
    briefe,
    kein,
    titelzeilen,
    voraussetzung,
    zustaende,
)
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    held,
    title_fees,
)

VARIANTEN = (
    Variante("asyl", "Asylberechtigung", "§ 25 Abs. 1 AufenthG", "Aufenthaltserlaubnis"),
    Variante(
        "fluechtling",
        "Flüchtlingseigenschaft",
        "§ 25 Abs. 2 Satz 1 Alt. 1 AufenthG",
        "Aufenthaltserlaubnis",
    ),
    Variante(
        "subsidiaer",
        "subsidiärer Schutz",
        "§ 25 Abs. 2 Satz 1 Alt. 2 AufenthG",
        "Aufenthaltserlaubnis",
    ),
    Variante(
        "abschiebungsverbot",
        "Abschiebungsverbot nach § 60 Abs. 5 oder 7",
        "§ 25 Abs. 3 AufenthG",
        "Aufenthaltserlaubnis",
        Entscheidung.SOLL,
    ),
)
SCHUTZ = variante("asyl", "fluechtling", "subsidiaer")
VERBOT = variante("abschiebungsverbot")

_STATUS = {one.key: one.label for one in VARIANTEN} | {"keine": "keine Zuerkennung"}
A_VARIANTE = wahl("variante", "Art des Schutzes", {v.key: v.label for v in VARIANTEN})
BAMF_STATUS = wahl("bamf_entscheidung", "Entscheidung des Bundesamts", _STATUS, amt=True)
BAMF_AM = tag("bamf_entscheidung_am", "Entscheidung des Bundesamts vom", amt=True)
UNANFECHTBAR_AM = tag(
    "schutz_unanfechtbar_am", "Entscheidung unanfechtbar seit", "§ 29 Abs. 2 AufenthG", amt=True
)
VERBOT_ABH = ja_nein(
    "abschiebungsverbot_festgestellt",
    "Abschiebungsverbot ohne Asylverfahren von der Ausländerbehörde festgestellt",
    "§ 60 Abs. 5 und 7, § 72 Abs. 2 AufenthG",
    amt=True,
)
AUSGEWIESEN = ja_nein(
    "ausgewiesen_53_3a", "Nach § 53 Abs. 3a AufenthG ausgewiesen", "§ 25 Abs. 1 Satz 2", amt=True
)
WIDERRUF = ja_nein(
    "schutz_widerrufen",
    "Schutz widerrufen, zurückgenommen oder erloschen",
    "§§ 72 bis 73b AsylG",
    amt=True,
)
ANDERER_STAAT = ja_nein(
    "ausreise_anderer_staat",
    "Ausreise in einen anderen Staat möglich und zumutbar",
    "§ 25 Abs. 3 Satz 2 AufenthG",
    amt=True,
)
MITWIRKUNG_VERLETZT = ja_nein(
    "mitwirkung_verletzt",
    "Wiederholt oder gröblich gegen Mitwirkungspflichten zur Ausreise verstoßen",
    "§ 25 Abs. 3 Satz 2 AufenthG",
    amt=True,
)
AUSSCHLUSS = ja_nein(
    "ausschluss_25_3",
    "Ausschlussgrund nach § 25 Abs. 3 Satz 3 liegt vor",
    "§ 25 Abs. 3 Satz 3 AufenthG",
    amt=True,
)
AUSSCHLUSS_VERDACHT = ja_nein(
    "ausschluss_25_3_zu_pruefen",
    "Anhaltspunkte für einen Ausschlussgrund nach § 25 Abs. 3 Satz 3",
    "§ 72 Abs. 2 AufenthG",
    amt=True,
)
TITEL_ENDET = tag(
    "titel_soll_enden", "Ende der Aufenthaltserlaubnis nach § 25 Abs. 3", "§ 26 Abs. 1", amt=True
)
WOHNSITZ = ja_nein(
    "wohnsitzverpflichtung", "Wohnsitzverpflichtung nach § 12a besteht", "§ 12a AufenthG", amt=True
)
KURS = ja_nein(
    "integrationskurs", "Teilnahme am Integrationskurs kommt in Betracht", "§ 44 AufenthG", amt=True
)

BAMF_FRAGEN = und(VERBOT, oder(ist(VERBOT_ABH), ist(AUSSCHLUSS_VERDACHT)))


def _bamf_gehoert(f: Facts) -> Finding:
    """The office finds a ban itself only after asking the Bundesamt; silence never counts."""
    asked = [part for part in f.participations if part.kind.key == BAMF.key]
    if asked and asked[-1].is_answered:
        text = "Das Verbot ist nach Beteiligung des Bundesamts festgestellt."
        return Finding(Status.MET, text, "§ 60 Abs. 5 und 7, § 72 Abs. 2 AufenthG", evidence=())
    return check("Das Bundesamt ist vor der Feststellung zu beteiligen.", "§ 72 Abs. 2 AufenthG")


def _status(f: Facts) -> Finding:
    return eine_von(BAMF_STATUS, {f.variante})(f)


CHECKLIST = (
    voraussetzung(
        "S1",
        "Schutz zuerkannt oder Abschiebungsverbot festgestellt",
        "§ 25 Abs. 1, 2 und 3 AufenthG",
        wenn(
            und(VERBOT, ist(VERBOT_ABH)),
            _bamf_gehoert,
            _status,
        ),
        nachweise=(("bamf_bescheid",),),
    ),
    voraussetzung(
        "S2",
        "Schutz besteht fort",
        "§§ 72 bis 73b AsylG, § 26 Abs. 2 AufenthG",
        kein(WIDERRUF, "Widerruf oder Rücknahme sind nicht bekannt.", "Der Schutz ist entfallen."),
        amt=True,
    ),
    voraussetzung(
        "S3",
        "Keine Ausweisung nach § 53 Abs. 3a",
        "§ 25 Abs. 1 Satz 2, Abs. 2 Satz 2 AufenthG",
        wenn(
            SCHUTZ,
            kein(
                AUSGEWIESEN,
                "Eine Ausweisung nach § 53 Abs. 3a liegt nicht vor.",
                "Die Person ist nach § 53 Abs. 3a ausgewiesen.",
            ),
            "nur bei Asyl, Flüchtlingseigenschaft und subsidiärem Schutz.",
        ),
        amt=True,
    ),
    voraussetzung(
        "S4",
        "Keine zumutbare Ausreise, keine verletzte Mitwirkung",
        "§ 25 Abs. 3 Satz 2 AufenthG",
        wenn(
            VERBOT,
            alle(
                kein(
                    ANDERER_STAAT,
                    "Die Ausreise in einen anderen Staat ist nicht möglich oder nicht zumutbar.",
                    "Die Ausreise in einen anderen Staat ist möglich und zumutbar.",
                ),
                kein(
                    MITWIRKUNG_VERLETZT,
                    "Mitwirkungspflichten sind nicht gröblich oder wiederholt verletzt.",
                    "Mitwirkungspflichten sind wiederholt oder gröblich verletzt.",
                ),
            ),
            "nur beim Abschiebungsverbot.",
        ),
        amt=True,
    ),
    voraussetzung(
        "S5",
        "Kein Ausschlussgrund nach § 25 Abs. 3 Satz 3",
        "§ 25 Abs. 3 Satz 3, § 72 Abs. 2 AufenthG",
        wenn(
            VERBOT,
            kein(
                AUSSCHLUSS,
                "Ein Ausschlussgrund ist nicht festgestellt.",
                "Ein Ausschlussgrund liegt vor.",
            ),
            "nur beim Abschiebungsverbot.",
        ),
        amt=True,
    ),
    ED,
    *allgemeine("B7", "B8", "B10"),
)

LAENGSTENS = "humanitaer.titel.schutz"
MINDESTENS = "humanitaer.titel.abschiebungsverbot"


def _ende(f: Facts) -> date | None:
    """§ 25(1), (2): always three years; § 25(3): as set, never below the least length."""
    least = f.law.zahl(MINDESTENS)
    wanted: date | None = f.angabe(TITEL_ENDET.key)
    if not VERBOT(f) or wanted is None or least is None:
        return None
    return max(wanted, plus(f.stichtag, least))


def _ed(f: Facts) -> Reason | None:
    if f.angabe(ED_NOETIG.key) is False or f.angabe(ED_ERLEDIGT_AM.key) is not None:
        return None
    return Reason("Die erkennungsdienstlichen Maßnahmen stehen aus.")


ed_erledigt = Guard(
    "ed_erledigt", "Identität ist gesichert und gespeichert", "§ 81 Abs. 7 AufenthG", _ed
)
aufenthalt_gilt_als_erlaubt = bedingung(
    "aufenthalt_gilt_als_erlaubt",
    und(SCHUTZ, Bedingung("Schutz zuerkannt", lambda f: f.angabe(BAMF_STATUS.key) == f.variante)),
    "§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2 AufenthG",
    "Nur mit zuerkanntem Asyl, Flüchtlingsstatus oder subsidiärem Schutz gilt der Aufenthalt als "
    "erlaubt.",
)
PENDING = (
    "received",
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "awaiting_third_party",
    "appointment_pending",
    "decision_ready",
    "granted",
    "card_in_production",
)
AFTER_GRANT = ("granted", "card_in_production", "card_ready")
OWN_STEPS = (
    Step(
        "nach_mitteilung_eroeffnen",
        ("draft",),
        "received",
        by=(Power.SYSTEM, Power.INTAKE),
        norm="§ 25 Abs. 1 bis 3 AufenthG, § 24 VwVfG NRW",
        label="Nach Mitteilung des Bundesamts eröffnen",
        guards=(
            angabe_bekannt(BAMF_AM, "Die Entscheidung des Bundesamts ist mitgeteilt", "§ 40 AsylG"),
        ),
        letter="N03",
        effects=(Effect.COMPUTE_FIKTION,),
        automatic=True,
    ),
    Step(
        "erlaubten_aufenthalt_bescheinigen",
        PENDING,
        SAME_STATE,
        by=(Power.COUNTER, Power.REVIEW),
        norm="§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2, § 81 Abs. 5 und 7 AufenthG",
        label="Erlaubten Aufenthalt bescheinigen",
        guards=(aufenthalt_gilt_als_erlaubt, ed_erledigt),
        letter="N05",
        effects=(Effect.RECORD_FICTION_PAPER, Effect.REPORT_AZR),
    ),
    Step(
        "wohnsitz_bescheinigen",
        AFTER_GRANT,
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 12a Abs. 1 AufenthG, § 5 AWoV NRW",
        label="Wohnsitzverpflichtung festhalten",
        guards=(
            angabe_ist(
                WOHNSITZ, True, "Eine Wohnsitzverpflichtung besteht", "§ 12a Abs. 1 AufenthG"
            ),
        ),
        letter="N28",
        outcome="bescheinigung",
    ),
    Step(
        "zum_kurs_berechtigen",
        AFTER_GRANT,
        SAME_STATE,
        by=(Power.REVIEW, Power.DECIDE),
        norm="§ 44 Abs. 1 Satz 1 Nr. 1 Buchst. c, § 44a AufenthG",
        label="Integrationskurs bestätigen",
        guards=(angabe_ist(KURS, True, "Ein Integrationskurs kommt in Betracht", "§ 44 AufenthG"),),
        letter="N29",
        outcome="berechtigung",
    ),
)
FREI_SCHUTZ = Befreiung(
    "Asylberechtigte, Flüchtlinge und subsidiär Geschützte", "§ 52 Abs. 3 AufenthV", SCHUTZ
)

P17_V1 = Verfahren(
    key="P17",
    version=1,
    name="Aufenthaltserlaubnis nach Schutzzuerkennung",
    norm="§ 25 Abs. 1 bis 3 AufenthG",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=zustaende(),
    steps=(*titelzeilen(CHECKLIST), *OWN_STEPS),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wem das Bundesamt Schutz zuerkannt hat, erhält eine Aufenthaltserlaubnis; bis dahin gilt "
        "der Aufenthalt bei Asyl, Flüchtlingseigenschaft und subsidiärem Schutz als erlaubt. Bei "
        "einem Abschiebungsverbot soll sie erteilt werden."
    ),
    titel="Aufenthaltserlaubnis",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        A_VARIANTE,
        ASSOZIATION,
        g.UNERHEBLICH,
        BAMF_STATUS,
        BAMF_AM,
        UNANFECHTBAR_AM,
        VERBOT_ABH,
        AUSGEWIESEN,
        WIDERRUF,
        ANDERER_STAAT,
        MITWIRKUNG_VERLETZT,
        AUSSCHLUSS,
        AUSSCHLUSS_VERDACHT,
        TITEL_ENDET,
        WOHNSITZ,
        KURS,
        ED_NOETIG,
        ED_ERLEDIGT_AM,
        SOZIALLEISTUNGEN,
    ),
    law_keys=(MINDESTENS,),
    gebuehren=title_fees(held(TitleKind.AUFENTHALTSERLAUBNIS)),
    befreiungen=(FREI_SCHUTZ, FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(PartRule(BAMF, "§ 72 Abs. 2 AufenthG", BAMF_FRAGEN), SICHERHEITSABFRAGE),
    laufzeit=TitleRule(
        "§ 26 Abs. 1 Satz 1 bis 3 AufenthG",
        LAENGSTENS,
        "Festgesetztes Ende, mindestens ein Jahr (§ 25 Abs. 3)",
        _ende,
    ),
    letters=briefe("N05", "N28", "N29"),
    clocks=(
        *GEN_CLOCKS,
        ClockRule(
            "FAMILIE",
            "Familiennachzug ohne Nachweis von Unterhalt und Wohnraum",
            "§ 29 Abs. 2 Satz 2 Nr. 1 AufenthG",
            ("humanitaer.familiennachzug.vorrecht",),
            starts="Unanfechtbarkeit der Zuerkennung",
            ends="Antrag der Familie oder Ablauf",
            start_steps=("nach_mitteilung_eroeffnen", "einreichen"),
            anchor=lambda f: f.angabe(UNANFECHTBAR_AM.key) if SCHUTZ(f) else None,
            effect="Von Unterhalt und Wohnraum ist danach nicht mehr zwingend abzusehen",
        ),
    ),
    volatile=(
        VolatileMark(
            "geas_2026",
            "Seit dem 12. Juni 2026 verweist § 25 Abs. 1 und 2 auf die Verordnung (EU) 2024/1347; "
            "die Arbeit während des erlaubten Aufenthalts folgt aus ihr und ist zu bestätigen.",
            "§ 25 Abs. 1 und 2 AufenthG",
        ),
        VolatileMark(
            "awov",
            "Landesrecht zur Wohnsitzverpflichtung (AWoV NRW, Bezirksregierung Arnsberg) ist vor "
            "dem Echtbetrieb zu bestätigen.",
            "§ 12a Abs. 9 AufenthG",
        ),
    ),
    evidence_labels={"bamf_bescheid": "Bescheid des Bundesamts"},
)

PUBLISHED = ((P17_V1, "b218f20b5c6b6aca"),)

"""P27: consent to a visa (§ 31 AufenthV), version 1: asked by an embassy, answered inside."""

from __future__ import annotations

from datetime import date

from abh.workflows.beteiligung import BA, JOBCENTER, STANDESAMT
from abh.workflows.definition import (
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
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen, uhr_laeuft
from abh.workflows.guards.regeln import ist
from abh.workflows.verfahren import gen, gen_beteiligung
from abh.workflows.verfahren.gem_sonder import (
    aus_gen,
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
    zustand,
)
from abh.workflows.verfahren.gem_visum import (
    A_VARIANTE,
    AUSSETZUNG,
    BA_NOETIG,
    BEFREIT,
    CHECKLIST,
    EINREISE_AM,
    FAMILIE,
    GRUND,
    GUELTIG_BIS,
    N31,
    NUR_VORAUFENTHALT,
    PERSONENSTAND,
    SUBSIDIAER,
    TITEL,
    UNTERHALT,
    VARIANTEN,
    VISUM_ABGELEHNT,
    WOHNRAUM,
    kein_schweigefall,
    schweigefall,
    zustimmung_entbehrlich,
    zustimmung_noetig,
)
from abh.workflows.verfahren.gemeinsam import GEN_NACHWEISE, SICHERHEITSABFRAGE

_PRUEFT = "Wir prüfen die Anfrage der Auslandsvertretung."
_JA = "Wir haben der Auslandsvertretung zugestimmt. Sie entscheidet über das Visum."
STATES = (
    zustand("event", "Anfrage da", _PRUEFT, Turn.OFFICE),
    *aus_gen("received"),
    zustand("silence_clock", "Schweigefrist läuft", _PRUEFT, Turn.OFFICE),
    *aus_gen("in_review", "awaiting_third_party"),
    zustand(
        "awaiting_sponsor",
        "wartet auf Referenzperson",
        "Es fehlt noch etwas. Bitte reichen Sie es bis zum genannten Tag nach.",
        Turn.APPLICANT,
    ),
    zustand("consented", "zugestimmt", _JA, Turn.THIRD_PARTY),
    zustand("consented_by_fiction", "Zustimmung gilt als erteilt", _JA, Turn.THIRD_PARTY),
    zustand(
        "objected",
        "nicht zugestimmt",
        "Wir haben der Auslandsvertretung geantwortet. Sie entscheidet über das Visum.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "not_required",
        "Zustimmung nicht nötig",
        "Die Auslandsvertretung entscheidet ohne uns über das Visum.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "entered",
        "eingereist",
        "Sie sind eingereist. Bitte melden Sie Ihre Wohnung an.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "lapsed",
        "ohne Einreise erledigt",
        "Das Verfahren ist beendet.",
        Turn.NOBODY,
        ende=True,
    ),
    *aus_gen("discontinued", "transferred"),
)
OFFEN = ("received", "silence_clock", "in_review", "awaiting_third_party", "awaiting_sponsor")
ZUGESTIMMT = ("consented", "consented_by_fiction")
SCHWEIGEN = ClockRule(
    "SCHWEIGEN",
    "Schweigen gilt als Zustimmung",
    "§ 31 Abs. 1 Satz 3 und 4 AufenthV",
    ("visum.schweigen",),
    starts="Eingang der Anfrage",
    ends="Mitteilung, dass geprüft wird",
    start_steps=("schweigefrist_beginnen",),
    end_steps=("anhalten", "einstellen", "wegen_fortzugs_abgeben"),
    anchor=lambda f: f.received_on,
    effect="Die Zustimmung gilt als erteilt",
)
ZIEL = ClockRule(
    "ZIEL",
    "Antwort an die Auslandsvertretung",
    "Hausregel",
    ("visum.ziel",),
    starts="Eingang der Anfrage",
    ends="Antwort",
    start_steps=("anfrage_erfassen",),
    end_steps=("zustimmen", "nicht_zustimmen", "zustimmung_gilt", "keine_zustimmung", "einstellen"),
    anchor=lambda f: f.received_on,
    effect="Vorlage bei der Leitung",
)
LOESCHUNG = ClockRule(
    "LOESCHUNG",
    "Daten der Zustimmung ohne Einreise",
    "§ 68 Abs. 1 Satz 2 AufenthV",
    ("visum.loeschung",),
    starts="Ende der Gültigkeit der Zustimmung",
    ends="Einreise oder Löschung",
    start_steps=("zustimmen", "zustimmung_gilt"),
    end_steps=("eingereist", "visum_abgelehnt"),
    anchor=lambda f: f.angabe(GUELTIG_BIS.key) or f.today,
    shift=False,
    effect="Die Daten sind zu löschen",
)
VISUM = "§ 6 Abs. 3 AufenthG"
STEPS = (
    schritt(
        "anfrage_erfassen",
        "event",
        "received",
        (Power.INTAKE, Power.REVIEW),
        N31,
        "Anfrage der Auslandsvertretung erfassen",
        nach(g.eingang_datiert, N31),
    ),
    schritt(
        "keine_zustimmung",
        "received",
        "not_required",
        Power.REVIEW,
        "§ 31 Abs. 1 Satz 2, § 34 AufenthV",
        "Feststellen, dass keine Zustimmung nötig ist",
        zustimmung_entbehrlich,
    ),
    schritt(
        "pruefung_beginnen",
        "received",
        "in_review",
        Power.REVIEW,
        N31,
        "Prüfung beginnen",
        g.zustaendig,
        zustimmung_noetig,
        kein_schweigefall,
    ),
    schritt(
        "schweigefrist_beginnen",
        "received",
        "silence_clock",
        (Power.INTAKE, Power.REVIEW),
        "§ 31 Abs. 1 Satz 3 und 4 AufenthV",
        "Schweigefrist vermerken",
        g.zustaendig,
        schweigefall,
    ),
    schritt(
        "anhalten",
        "silence_clock",
        "in_review",
        Power.REVIEW,
        "§ 31 Abs. 1 Satz 3 AufenthV",
        "Der Auslandsvertretung mitteilen, dass geprüft wird",
        uhr_laeuft(SCHWEIGEN),
        needs_reason=True,
    ),
    von_selbst(
        "zustimmung_gilt",
        "silence_clock",
        "consented_by_fiction",
        "§ 31 Abs. 1 Satz 3 und 4 AufenthV",
        "Eintritt der Zustimmung durch Schweigen vermerken",
        uhr_abgelaufen(SCHWEIGEN),
        effects=(Effect.REPORT_AZR,),
    ),
    schritt(
        "referenzperson_anschreiben",
        "in_review",
        "awaiting_sponsor",
        Power.REVIEW,
        "§ 82 Abs. 1 AufenthG",
        "Unterlagen bei der Referenzperson nachfordern",
        g.etwas_fehlt(CHECKLIST),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    von_selbst(
        "referenzperson_antwortet",
        "awaiting_sponsor",
        "in_review",
        "§ 82 Abs. 1 AufenthG",
        "Unterlagen der Referenzperson zuordnen",
        g.unterlagen_eingegangen,
        effects=(Effect.END_DEADLINE,),
        letter="N03",
    ),
    von_selbst(
        "ohne_antwort_pruefen",
        "awaiting_sponsor",
        "in_review",
        "§ 82 Abs. 1 Satz 4 AufenthG",
        "Nach Aktenlage weiterprüfen",
        g.frist_abgelaufen,
        effects=(Effect.END_DEADLINE,),
    ),
    schritt(
        "zustimmen",
        "in_review",
        "consented",
        Power.DECIDE,
        "§ 31 Abs. 1 AufenthV",
        "Der Erteilung des Visums zustimmen",
        g.beteiligungen_beantwortet,
        g.voraussetzungen_erfuellt(CHECKLIST),
        e.entscheider_benannt,
        letter="N18",
        effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR),
        decision="consented",
    ),
    schritt(
        "nicht_zustimmen",
        "in_review",
        "objected",
        Power.DECIDE,
        "§ 31 Abs. 1 AufenthV",
        "Der Erteilung des Visums nicht zustimmen",
        g.ablehnungsgrund(CHECKLIST),
        e.entscheider_benannt,
        effects=(Effect.RECORD_DECISION,),
        needs_reason=True,
        decision="objected",
    ),
    schritt(
        "eingereist",
        ZUGESTIMMT,
        "entered",
        (Power.INTAKE, Power.REVIEW),
        VISUM,
        "Einreise festhalten, zur Anmeldung einladen",
        angabe_bekannt(EINREISE_AM, "Die Einreise ist bekannt", VISUM),
        letter="N03",
    ),
    schritt(
        "visum_abgelehnt",
        ZUGESTIMMT,
        "lapsed",
        Power.REVIEW,
        VISUM,
        "Ablehnung des Visums festhalten",
        angabe_ist(VISUM_ABGELEHNT, True, "Das Visum ist abgelehnt", VISUM),
    ),
    von_selbst(
        "ohne_einreise_loeschen",
        ZUGESTIMMT,
        "lapsed",
        "§ 68 Abs. 1 Satz 2 AufenthV",
        "Ende der Aufbewahrung vermerken",
        uhr_abgelaufen(LOESCHUNG),
    ),
    *passend(
        STATES,
        (*gen_beteiligung.participation_rows(), *gen.ending_rows()),
        ohne=("aussetzen", "fortsetzen", "zuruecknehmen"),
        ohne_wirkung=(Effect.RELEASE_APPOINTMENT, Effect.END_FIKTION),
        auch={"einstellen": OFFEN, "wegen_fortzugs_abgeben": OFFEN},
    ),
)

P27_V1 = Verfahren(
    key="P27",
    version=1,
    name="Zustimmung zur Visumerteilung",
    norm="§ 31 AufenthV",
    in_force_from=date(2024, 3, 1),
    initial="event",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Vor manchen Visa fragt die Auslandsvertretung die Ausländerbehörde am Zielort. Die "
        "Antwort bleibt intern; über das Visum entscheidet die Auslandsvertretung."
    ),
    titel="Zustimmung zum Visum",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        *(A_VARIANTE, GRUND, NUR_VORAUFENTHALT, BEFREIT, TITEL, UNTERHALT, WOHNRAUM, SUBSIDIAER),
        *(BA_NOETIG, PERSONENSTAND, GUELTIG_BIS, EINREISE_AM, VISUM_ABGELEHNT),
    ),
    law_keys=(AUSSETZUNG,),
    beteiligungen=(
        PartRule(BA, "§ 39 AufenthG", ist(BA_NOETIG)),
        PartRule(STANDESAMT, "§ 26 VwVfG NRW", ist(PERSONENSTAND)),
        PartRule(JOBCENTER, "§ 26 VwVfG NRW", FAMILIE),
        SICHERHEITSABFRAGE,
    ),
    opening="anfrage_erfassen",
    letters=briefe("N02", "N03", "N04", "N14", "N16", N18="Zustimmung zum Visum"),
    clocks=(SCHWEIGEN, ZIEL, LOESCHUNG),
    volatile=(
        VolatileMark(
            "gueltigkeit",
            "Wie lange eine Zustimmung gilt, setzt die Behörde fest; üblich sind drei bis sechs "
            "Monate.",
            "§ 31 Abs. 4 AufenthV",
        ),
    ),
    evidence_labels={
        "einkommen": GEN_NACHWEISE["einkommen"],
        "mietvertrag": GEN_NACHWEISE["mietvertrag"],
        "verpflichtungserklaerung": "Verpflichtungserklärung",
    },
)

PUBLISHED = ((P27_V1, "4064d52329ba70ae"),)

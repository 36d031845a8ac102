"""P31: re-issue of the card, loss, new passport, change of address (§§ 78, 78a), version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Source, Status
from abh.workflows.definition import (
    SAME_STATE,
    Befreiung,
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
    guard,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import karte as ka
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_ist, bedingung, regel_erfuellt
from abh.workflows.guards.regeln import angegeben, ist, nicht, oder, und, variante, wenn
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    FREI_ASSOZIATION,
    GEN_CLOCKS,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SOZIALLEISTUNGEN,
    id_card_fees,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("verlust", "Karte verloren oder gestohlen", "§ 57a Nr. 1 AufenthV"),
    Variante("ablauf", "Ende der Nutzungsdauer oder geänderte Daten", "§ 78 AufenthG"),
    Variante("neuer_pass", "Neuer Pass", "§ 45c Abs. 1 Nr. 1 AufenthV"),
    Variante("chipdefekt", "Chip defekt", "§ 57a Nr. 2 AufenthV"),
    Variante("anschrift", "Neue Anschrift", "§ 78 Abs. 7 AufenthG"),
    Variante("klebeetikett", "Titel in Papierform im Härtefall", "§ 78a Abs. 1 AufenthG"),
    Variante("falschdruck", "Falscher Druck oder geöffnete Sendung", "§ 57a Nr. 3 AufenthV"),
)
VERLUST, ANSCHRIFT, PAPIER = variante("verlust"), variante("anschrift"), variante("klebeetikett")
NEUE_KARTE = nicht(oder(ANSCHRIFT, PAPIER))

CHECKLIST: tuple[Requirement, ...] = (
    Requirement(
        "GUELT", "Der Titel besteht fort", "§ 51 AufenthG", ka.gueltig, source=Source.OFFICE
    ),
    Requirement(
        "IDENT",
        "Identität stimmt mit dem AZR überein",
        "§ 49 AufenthG",
        basis.identity,
        facts=("identity_clarified",),
    ),
    Requirement(
        "PASS",
        "Gültiger Pass",
        "§ 3 AufenthG",
        basis.passport,
        evidence=(("pass",),),
        facts=("passport_until",),
    ),
    Requirement(
        "ANZEIGE",
        "Verlust angezeigt",
        "§ 57a Nr. 1 AufenthV",
        wenn(VERLUST, angegeben(ka.VERLUST_ANGEZEIGT), "die Karte ist nicht verloren."),
    ),
    Requirement(
        "NEU",
        "Neue Karte nötig",
        "§ 78 Abs. 1 AufenthG",
        wenn(variante("neuer_pass"), ka.ohne_passnummer, "kein neuer Pass."),
        mandatory=False,
    ),
    Requirement(
        "BIO",
        "Lichtbild, Fingerabdrücke, Unterschrift",
        "§ 78, § 82 Abs. 5 AufenthG, § 61a AufenthV",
        wenn(NEUE_KARTE, ka.biometrie_regel, "es wird keine Karte hergestellt."),
        source=Source.OFFICE,
    ),
)

FALL_VERLUST = bedingung(
    "karte_verloren", VERLUST, "§ 57a Nr. 1 AufenthV", "Die Karte ist nicht verloren."
)
FALL_ANSCHRIFT = bedingung(
    "fall_der_anschrift", ANSCHRIFT, "§ 78 Abs. 7 AufenthG", "Es geht nicht um die Anschrift."
)
FALL_KARTE = bedingung(
    "fall_der_karte",
    nicht(ANSCHRIFT),
    "§ 78 AufenthG",
    "Eine neue Anschrift wird am Schalter eingetragen.",
)
FALL_NEUE_KARTE = bedingung(
    "neue_karte", NEUE_KARTE, "§ 78 AufenthG", "Es wird keine Karte hergestellt."
)
FALL_PAPIER = bedingung(
    "fall_der_papierform", PAPIER, "§ 78a Abs. 1 AufenthG", "Es geht nicht um die Papierform."
)


@guard("Eine verlorene Karte ist gesperrt", "§ 57a Nr. 1 AufenthV")
def gesperrt_wenn_verloren(f: Facts) -> Reason | None:
    if not VERLUST(f) or f.angabe(ka.GESPERRT.key) is True:
        return None
    return Reason("Die verlorene Karte ist noch nicht gesperrt.")


@guard("Persönliches Erscheinen ist für die Karte nötig", "§ 82 Abs. 5 AufenthG")
def termin_fuer_karte_noetig(f: Facts) -> Reason | None:
    if f.presence_needed_for.strip():
        return None
    found = ka.biometrie(f)
    return Reason(found.why, norm=found.norm) if found.status is Status.MET else None


def _state(key: str, label: str, words: Words, turn: Turn, *, terminal: bool = False) -> State:
    return State(key, label, words, turn, terminal=terminal)


_LEFT_OUT = ("awaiting_third_party", "suspended", "decision_ready", "granted", "card_in_production")
STATES = (
    *(state for state in GEN_STATES if state.key not in _LEFT_OUT),
    _state(
        "blocked",
        "Karte gesperrt",
        Words(
            "Ihre verlorene Karte ist gesperrt.",
        ),
        Turn.OFFICE,
    ),
    _state(
        "card_ordered",
        "Karte bestellt",
        Words(
            "Ihre neue Karte ist bestellt.",
        ),
        Turn.THIRD_PARTY,
    ),
    _state(
        "done",
        "erledigt",
        Words("Ihr Anliegen ist erledigt."),
        Turn.NOBODY,
        terminal=True,
    ),
)


def _intake() -> tuple[Step, ...]:
    register = gen.intake_rows()[1]
    return (
        Step(
            "einreichen",
            ("draft",),
            "received",
            by=(Power.APPLICANT, Power.INTAKE, Power.COUNTER),
            norm="§ 57a AufenthV, § 78 AufenthG",
            label="Anzeige oder Antrag einreichen",
            guards=(g.antrag_erkennbar, g.eingang_datiert),
            letter="N01",
            effects=(Effect.START_CLOCK_75,),
        ),
        Step(
            "karte_sperren",
            ("received",),
            "blocked",
            by=(Power.SYSTEM, Power.COUNTER, Power.REVIEW),
            norm="§ 57a Nr. 1 AufenthV",
            label="Verlorene Karte sperren lassen",
            guards=(FALL_VERLUST,),
            effects=(Effect.REPORT_AZR,),
            automatic=True,
        ),
        replace(
            register,
            source=("received", "blocked"),
            guards=(FALL_KARTE, gesperrt_wenn_verloren, g.kein_doppelter_vorgang),
        ),
        *gen.intake_rows()[2:],
        Step(
            "anschrift_aendern",
            ("received",),
            "done",
            by=(Power.COUNTER,),
            norm="§ 78 Abs. 7 AufenthG",
            label="Anschrift auf Karte und Chip ändern",
            guards=(
                FALL_ANSCHRIFT,
                angabe_ist(
                    ka.ANSCHRIFT_GEMELDET,
                    True,
                    "Die Anschrift ist gemeldet",
                    "§ 78 Abs. 7 AufenthG",
                ),
                e.identitaet_geprueft,
            ),
            effects=(Effect.REPORT_AZR, Effect.STOP_CLOCKS),
        ),
        Step(
            "bescheinigung_erteilen",
            ("completeness_check", "in_review", "appointment_pending", "card_ordered"),
            SAME_STATE,
            by=(Power.COUNTER, Power.REVIEW),
            norm="§ 47 Abs. 1 Nr. 9 AufenthV",
            label="Bescheinigung über das Aufenthaltsrecht erteilen",
            guards=(
                angabe_ist(
                    ka.BESCHEINIGUNG,
                    True,
                    "Eine Bescheinigung ist erbeten",
                    "§ 47 Abs. 1 Nr. 9 AufenthV",
                ),
                regel_erfuellt("titel_gilt", "Der Titel gilt", "§ 51 AufenthG", ka.gueltig),
            ),
            letter="N03",
        ),
    )


def _card() -> tuple[Step, ...]:
    invite, came, _, again, _ = gen.appointment_rows(CHECKLIST)
    _, rejected, arrived, handed, remind = gen_entscheidung.card_rows(future_work=False)
    met = g.voraussetzungen_erfuellt(CHECKLIST)
    return (
        replace(invite, guards=(FALL_NEUE_KARTE, termin_fuer_karte_noetig)),
        came,
        again,
        Step(
            "karte_bestellen",
            ("in_review",),
            "card_ordered",
            by=(Power.COUNTER, Power.REVIEW),
            norm="§ 78 AufenthG",
            label="Neue Karte bestellen",
            guards=(FALL_NEUE_KARTE, met, e.kartendaten_gueltig),
            letter="N11",
            outcome="quittung",
            effects=(Effect.ORDER_CARD, Effect.STOP_CLOCKS),
        ),
        replace(rejected, source=("card_ordered",), target="in_review"),
        replace(arrived, source=("card_ordered",)),
        handed,
        remind,
        Step(
            "papierform_ausgeben",
            ("in_review",),
            "done",
            by=(Power.COUNTER,),
            norm="§ 78a Abs. 1 AufenthG",
            label="Titel in Papierform ausgeben",
            guards=(
                FALL_PAPIER,
                met,
                regel_erfuellt(
                    "papierform_begrenzt",
                    "Härtefall und höchstens ein Monat",
                    "§ 78a Abs. 1 AufenthG",
                    ka.etikett,
                ),
                e.identitaet_geprueft,
            ),
            effects=(Effect.REPORT_AZR, Effect.STOP_CLOCKS),
        ),
    )


def _refusal() -> tuple[Step, ...]:
    _, _, back, hear, statement = gen.review_rows(CHECKLIST)
    remedy = {step.key: step for step in gen_entscheidung.remedy_rows()}
    gone = set(_LEFT_OUT)
    return (
        back,
        replace(hear, source=("in_review",)),
        statement,
        Step(
            "ablehnen",
            ("hearing",),
            "refused",
            by=(Power.DECIDE,),
            norm="§ 77 Abs. 1 AufenthG",
            label="Neue Karte ablehnen",
            guards=(
                e.angehoert,
                g.ablehnungsgrund(CHECKLIST),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD, Effect.STOP_CLOCKS),
            needs_reason=True,
            decision="refused",
        ),
        replace(remedy["klage_vermerken"], effects=()),
        remedy["bestandskraft"],
        remedy["abhelfen"],
        remedy["klage_abgewiesen"],
        Step(
            "verpflichtung_umsetzen",
            ("appeal_pending",),
            "in_review",
            by=(Power.LEGAL,),
            norm="§ 113 Abs. 5 VwGO",
            label="Verpflichtung zur neuen Karte umsetzen",
            guards=(e.gericht_verpflichtet,),
            letter="N03",
        ),
        *(
            replace(step, source=tuple(key for key in step.source if key not in gone))
            for step in gen.ending_rows()
        ),
    )


ERSATZ = oder(
    VERLUST,
    variante("ablauf"),
    variante("neuer_pass"),
    und(variante("chipdefekt"), ist(ka.VERSCHULDET)),
)
# New passport, end of the technical use or changed data (§ 45c(1) Nr. 1 and 2 AufenthV).
NACH_NR_1_2 = variante("neuer_pass", "ablauf")
WIE_AUSWEIS = oder(ka.UNIONSRECHT, ist(ASSOZIATION))

P31_V1 = Verfahren(
    key="P31",
    version=1,
    name="Ersatz und Änderung der Karte",
    norm="§ 78 AufenthG",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=STATES,
    steps=(*_intake(), *gen.completeness_rows(CHECKLIST), *_card(), *_refusal()),
    checklist=CHECKLIST,
    zweck=(
        "Die Karte wird ersetzt, gesperrt oder geändert; der Titel selbst wird nicht neu geprüft. "
        "Gespeicherte Biometrie erspart bei befristeten Titeln oft den Termin."
    ),
    titel="Neue Karte zum Aufenthaltstitel",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Anliegen", {one.key: one.label for one in VARIANTEN}),
        *ka.ANGABEN,
        SOZIALLEISTUNGEN,
        ASSOZIATION,
    ),
    letters=GEN_LETTERS,
    law_keys=(*ka.LAW, *gt.ID_LAW),
    gebuehren=(
        FeeRule("gebuehr.karte.ersatz", "Neue Karte", und(ERSATZ, nicht(WIE_AUSWEIS))),
        *id_card_fees(und(ERSATZ, WIE_AUSWEIS)),
        FeeRule("gebuehr.expresszuschlag", "Expresszuschlag", und(NEUE_KARTE, ist(ka.EXPRESS))),
        FeeRule("gebuehr.postversand", "Zusendung der Karte", und(NEUE_KARTE, ist(ka.VERSAND))),
        FeeRule(
            "gebuehr.bescheinigung",
            "Bescheinigung über das Aufenthaltsrecht",
            event="bescheinigung_erteilen",
        ),
    ),
    befreiungen=(
        Befreiung(
            "Asylberechtigte, Flüchtlinge und subsidiär Geschützte: neuer Pass, Ablauf der Karte",
            "§ 52 Abs. 3 Nr. 1 und 2 AufenthV",
            und(ist(ka.SCHUTZSTATUS), NACH_NR_1_2),
            nur=("gebuehr.karte.ersatz",),
        ),
        Befreiung(
            "Stipendium aus öffentlichen Mitteln: neuer Pass, Ablauf der Karte",
            "§ 52 Abs. 5 Satz 1 Nr. 2 AufenthV",
            und(ist(ka.STIPENDIUM), NACH_NR_1_2),
            nur=("gebuehr.karte.ersatz",),
        ),
        Befreiung(
            "Bezug von Leistungen nach SGB II, SGB XII oder AsylbLG: neuer Pass, Ablauf der Karte",
            "§ 53 Abs. 1 Nr. 7 AufenthV",
            und(ist(SOZIALLEISTUNGEN), NACH_NR_1_2),
            nur=("gebuehr.karte.ersatz",),
        ),
        FREI_ASSOZIATION,
    ),
    clocks=GEN_CLOCKS,
    volatile=(
        VolatileMark(
            "biometrie_wiederverwendung",
            "Wiederverwendung gespeicherter Biometrie seit "
            "Ende Juli 2026; der ändernde Artikel ist zu bestätigen.",
            "§ 82 Abs. 5 AufenthG, § 61a Abs. 3 AufenthV",
        ),
        VolatileMark(
            "anschrift_frei",
            "Dass die neue Anschrift nichts kostet, ist zu bestätigen.",
            "§ 78 Abs. 7 AufenthG",
        ),
    ),
    evidence_labels={"pass": GEN_NACHWEISE["pass"]},
)

PUBLISHED = ((P31_V1, "060b071d01a3ea7e"),)

"""P26: declaration of commitment (§§ 66-68 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import betrag, ja_nein, tag, text, wahl
from abh.workflows.checklist import Finding, Requirement, Source, Status
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    FeeRule,
    Power,
    Turn,
    Verfahren,
    VolatileMark,
    guard,
)
from abh.workflows.facts import Facts, euro
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.basis import identity, met, not_met
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen
from abh.workflows.guards.regeln import Regel, angegeben, ja, unbekannt
from abh.workflows.verfahren import gen
from abh.workflows.verfahren.gem_sonder import (
    aus_gen,
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import GEN_NACHWEISE

AUFENTHALT = ja_nein(
    "gastgeber_aufenthalt", "Gastgeber ist Deutscher oder hält sich rechtmäßig hier auf", amt=True
)
EINKOMMEN = betrag(
    "einkommen_netto", "Nettoeinkommen", "§ 68 Abs. 1 AufenthG", unit="Euro im Monat"
)
PFAENDUNGSFREI = betrag(
    "pfaendungsfrei",
    "Pfändungsfreier Betrag nach Unterhaltspflichten",
    "§ 850c ZPO",
    unit="Euro im Monat",
    amt=True,
)
BEDARF = betrag(
    "bedarf_gaeste", "Bedarf der Gäste", "§ 68 Abs. 1 AufenthG", unit="Euro im Monat", amt=True
)
ZWECK = text("besuchszweck", "Zweck und Dauer des Aufenthalts", "§ 68 AufenthG")
GEWARNT = ja_nein(
    "vor_haftung_gewarnt",
    "Vor übereilter Erklärung gewarnt, Haftung erklärt",
    "§ 68 Abs. 2 AufenthG",
    amt=True,
)
TROTZDEM = ja_nein("trotzdem_abgeben", "Will die Erklärung ohne Nachweis der Bonität abgeben")
FORM = wahl(
    "form",
    "Form der Erklärung",
    {"schriftlich": "schriftlich", "elektronisch": "elektronisch"},
    "§ 68 Abs. 2 AufenthG",
    amt=True,
)
VISUMAKTE = text("visumakte", "Auslandsvertretung und Aktenzeichen", amt=True)
EINREISE_AM = tag("eingereist_am", "Gast eingereist am", "§ 68 Abs. 1 AufenthG", amt=True)
TRAEGER = text(
    "leistungstraeger", "Stelle, die Leistungen erbracht hat", "§ 68 Abs. 4 AufenthG", amt=True
)


def _leistungsfaehig(f: Facts) -> Finding:
    for one in (EINKOMMEN, PFAENDUNGSFREI, BEDARF):
        if f.angabe(one.key) is None:
            return unbekannt(one)
    income, free, need = (f.angabe(one.key) for one in (EINKOMMEN, PFAENDUNGSFREI, BEDARF))
    words = (
        f"Vom Nettoeinkommen {euro(income)} sind {euro(free)} pfändungsfrei; "
        f"der Bedarf der Gäste ist {euro(need)}."
    )
    return met(words) if income - free >= need else not_met(words)


LEISTUNG = Regel(_leistungsfaehig, (EINKOMMEN.key, PFAENDUNGSFREI.key, BEDARF.key))
CHECKLIST = (
    Requirement(
        "D1",
        "Identität des Gastgebers",
        "§ 68 Abs. 2 AufenthG",
        identity,
        evidence=(("ausweis",),),
        facts=("identity_clarified",),
    ),
    Requirement(
        "D2",
        "Aufenthalt des Gastgebers",
        "§ 68 AufenthG, Verwaltungspraxis",
        ja(AUFENTHALT, "Der Aufenthalt ist rechtmäßig.", "Der Aufenthalt ist nicht rechtmäßig."),
        source=Source.OFFICE,
    ),
    Requirement(
        "D3",
        "Leistungsfähigkeit",
        "§ 68 Abs. 1 AufenthG, § 850c ZPO",
        LEISTUNG,
        evidence=(("einkommen",), ("mietvertrag",)),
    ),
    Requirement("D4", "Zweck des Aufenthalts", "§ 68 Abs. 1 AufenthG", angegeben(ZWECK)),
)
# Who knows that the means are not proven may still declare; the embassy then decides.
OHNE_BONITAET = tuple(one for one in CHECKLIST if one.key != "D3")


@guard("Die Bonität ist nicht nachgewiesen", "§ 68 Abs. 1 AufenthG")
def bonitaet_fehlt(f: Facts) -> Reason | None:
    if LEISTUNG(f).status is not Status.MET:
        return None
    return Reason("Die Leistungsfähigkeit ist nachgewiesen.")


_HAFTET = (
    "Ihre Verpflichtungserklärung gilt. Sie haften für den Lebensunterhalt Ihrer Gäste.",
    "Your declaration of commitment is in force. You are liable for your guests' living costs.",
    "إقرار الالتزام ساري المفعول، وأنت مسؤول عن تكاليف معيشة ضيوفك.",
)
_ANGENOMMEN = (
    "Sie können die Verpflichtungserklärung jetzt unterschreiben.",
    "You can now sign the declaration of commitment.",
    "يمكنك الآن توقيع إقرار الالتزام.",
)
STATES = (
    *aus_gen(
        *("draft", "received", "jurisdiction_check", "completeness_check", "awaiting_applicant"),
        "in_review",
    ),
    zustand("accepted", "Bonität nachgewiesen", *_ANGENOMMEN, Turn.APPLICANT),
    zustand("accepted_partial", "Bonität nicht nachgewiesen", *_ANGENOMMEN, Turn.APPLICANT),
    zustand(
        "signed",
        "Erklärung abgegeben",
        "Sie haben die Verpflichtungserklärung abgegeben.",
        "You have made the declaration of commitment.",
        "لقد قدّمت إقرار الالتزام.",
        Turn.OFFICE,
    ),
    zustand(
        "transmitted",
        "übermittelt",
        "Die Auslandsvertretung hat Ihre Verpflichtungserklärung.",
        "The embassy has your declaration of commitment.",
        "إقرار الالتزام لدى السفارة.",
        Turn.THIRD_PARTY,
    ),
    zustand("liability_active", "Haftung läuft", *_HAFTET, Turn.NOBODY),
    zustand("called_in", "in Anspruch genommen", *_HAFTET, Turn.THIRD_PARTY),
    zustand(
        "expired",
        "Haftung beendet",
        "Ihre Haftung ist beendet.",
        "Your liability has ended.",
        "انتهت مسؤوليتك.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "unused",
        "nicht verwendet",
        "Ihre Verpflichtungserklärung wurde nicht verwendet.",
        "Your declaration of commitment was not used.",
        "لم يُستخدم إقرار الالتزام.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "counselled",
        "nach Beratung nicht abgegeben",
        "Nach der Beratung wurde keine Erklärung abgegeben.",
        "After advice no declaration was made.",
        "بعد الاستشارة لم يُقدَّم أي إقرار.",
        Turn.NOBODY,
        ende=True,
    ),
    *aus_gen("withdrawn", "discontinued", "transferred"),
)
VOR_HAFTUNG = ("accepted", "accepted_partial", "signed", "transmitted")

VORLAGE = ClockRule(
    "VORLAGE",
    "Übliche Zeit zur Vorlage bei der Auslandsvertretung",
    "Verwaltungspraxis",
    ("verpflichtung.vorlage",),
    starts="Abgabe der Erklärung",
    ends="Einreise oder Ablauf",
    start_steps=("unterschreiben",),
    end_steps=("einreise_festhalten", "einstellen", "zuruecknehmen"),
    effect="Die Erklärung gilt als nicht verwendet",
)
HAFTUNG = ClockRule(
    "HAFTUNG",
    "Haftung aus der Verpflichtungserklärung",
    "§ 68 Abs. 1 AufenthG",
    ("verpflichtung.haftung",),
    starts="Einreise, die mit der Erklärung ermöglicht wurde",
    ends="Ablauf",
    start_steps=("einreise_festhalten",),
    anchor=lambda f: f.angabe(EINREISE_AM.key),
    shift=False,
    effect="Die Haftung endet",
)
NORMEN = {
    "§ 81 Abs. 1 AufenthG": "§ 68 AufenthG",
    "§ 81 Abs. 3 und 4 AufenthG": "§ 22 VwVfG NRW",
    "§ 9 VwVfG NRW, § 49 AufenthV": "§ 9 VwVfG NRW",
}
STEPS = (
    *passend(
        STATES,
        (*gen.intake_rows(), *gen.completeness_rows(CHECKLIST), *gen.ending_rows()),
        ohne_wirkung={
            Effect.COMPUTE_FIKTION,
            Effect.START_CLOCK_75,
            Effect.END_FIKTION,
            Effect.RELEASE_APPOINTMENT,
        },
        normen=NORMEN,
        auch={"zuruecknehmen": VOR_HAFTUNG[:2], "einstellen": VOR_HAFTUNG},
    ),
    schritt(
        "bonitaet_feststellen",
        "in_review",
        "accepted",
        (Power.REVIEW, Power.DECIDE),
        "§ 68 Abs. 1 AufenthG",
        "Bonität feststellen",
        nach(g.voraussetzungen_erfuellt(CHECKLIST), "§ 68 AufenthG"),
        letter="N03",
    ),
    schritt(
        "ohne_bonitaet_annehmen",
        "in_review",
        "accepted_partial",
        (Power.REVIEW, Power.DECIDE),
        "§ 68 Abs. 1 AufenthG",
        "Ohne Nachweis der Bonität entgegennehmen",
        nach(g.voraussetzungen_erfuellt(OHNE_BONITAET), "§ 68 AufenthG"),
        bonitaet_fehlt,
        angabe_ist(TROTZDEM, True, "Die Person besteht auf der Erklärung", "§ 68 AufenthG"),
        letter="N03",
        needs_reason=True,
    ),
    schritt(
        "abraten",
        "in_review",
        "counselled",
        (Power.REVIEW, Power.DECIDE),
        "§ 68 Abs. 2 AufenthG, § 25 VwVfG NRW",
        "Nach Beratung ohne Erklärung beenden",
        g.ablehnungsgrund(CHECKLIST),
        letter="N14",
        needs_reason=True,
    ),
    schritt(
        "unterschreiben",
        ("accepted", "accepted_partial"),
        "signed",
        (Power.COUNTER, Power.REVIEW),
        "§ 68 Abs. 2 AufenthG",
        "Verpflichtungserklärung entgegennehmen",
        angabe_ist(GEWARNT, True, "Die Warnung ist erteilt", "§ 68 Abs. 2 AufenthG"),
        angabe_bekannt(FORM, "Die Form der Erklärung steht fest", "§ 68 Abs. 2 AufenthG"),
        nach(e.gebuehr_erledigt, "§ 47 Abs. 1 Nr. 12 AufenthV"),
        letter="N19",
    ),
    schritt(
        "uebermitteln",
        "signed",
        "transmitted",
        Power.REVIEW,
        "§ 72a, § 73 Abs. 1 AufenthG",
        "An die Auslandsvertretung übermitteln",
        angabe_bekannt(VISUMAKTE, "Die Auslandsvertretung ist bekannt", "§ 68 AufenthG"),
    ),
    schritt(
        "einreise_festhalten",
        ("signed", "transmitted"),
        "liability_active",
        (Power.INTAKE, Power.REVIEW),
        "§ 68 Abs. 1 AufenthG",
        "Einreise des Gastes festhalten",
        angabe_bekannt(EINREISE_AM, "Die Einreise ist bekannt", "§ 68 Abs. 1 AufenthG"),
    ),
    von_selbst(
        "nicht_verwendet",
        ("signed", "transmitted"),
        "unused",
        "Verwaltungspraxis",
        "Nicht verwendete Erklärung vermerken",
        uhr_abgelaufen(VORLAGE),
    ),
    schritt(
        "in_anspruch_nehmen",
        "liability_active",
        "called_in",
        Power.REVIEW,
        "§ 68 Abs. 4 AufenthG",
        "Leistungsträger über die Erklärung unterrichten",
        angabe_bekannt(TRAEGER, "Der Leistungsträger ist bekannt", "§ 68 Abs. 4 AufenthG"),
    ),
    schritt(
        "weiteren_traeger_unterrichten",
        "called_in",
        SAME_STATE,
        Power.REVIEW,
        "§ 68 Abs. 4 AufenthG",
        "Weiteren Leistungsträger unterrichten",
        needs_reason=True,
    ),
    von_selbst(
        "haftung_endet",
        ("liability_active", "called_in"),
        "expired",
        "§ 68 Abs. 1 AufenthG",
        "Ende der Haftung vermerken",
        uhr_abgelaufen(HAFTUNG),
    ),
)

P26_V1 = Verfahren(
    key="P26",
    version=1,
    name="Verpflichtungserklärung",
    norm="§§ 66 bis 68 AufenthG",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Wer Gäste einlädt, kann sich verpflichten, fünf Jahre lang für ihren Lebensunterhalt zu "
        "haften. Die Behörde prüft Einkommen und warnt vor den Folgen."
    ),
    titel="Verpflichtungserklärung",
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        *(AUFENTHALT, EINKOMMEN, PFAENDUNGSFREI, BEDARF, ZWECK, GEWARNT, TROTZDEM, FORM),
        *(VISUMAKTE, EINREISE_AM, TRAEGER),
    ),
    gebuehren=(
        FeeRule("gebuehr.verpflichtungserklaerung", "Verpflichtungserklärung", minors_half=False),
    ),
    letters=briefe("N01", "N02", "N03", "N04", "N14", N19="Verpflichtungserklärung"),
    clocks=(VORLAGE, HAFTUNG),
    volatile=(
        VolatileMark(
            "elektronische_form",
            "Die elektronische Form ist seit Ende Juli 2026 zugelassen; der ändernde Artikel ist "
            "zu bestätigen.",
            "§ 68 Abs. 2 AufenthG",
        ),
    ),
    evidence_labels={
        "ausweis": "Ausweis oder Pass des Gastgebers",
        "einkommen": "Lohnabrechnungen der letzten drei Monate",
        "mietvertrag": GEN_NACHWEISE["mietvertrag"],
    },
)

PUBLISHED = ((P26_V1, "b3ffaa22f15a2548"),)

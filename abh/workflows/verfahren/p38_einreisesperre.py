"""P38: shortening or lifting an entry ban, permission to enter (§ 11(4), (8) AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text, wahl
from abh.workflows.beteiligung import ABH, AV
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import (
    Effect,
    Entscheidung,
    FeeRule,
    PartRule,
    Power,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
    Zugriff,
    guard,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.bausteine import angabe_ist
from abh.workflows.guards.regeln import Regel, angegeben, ist, ja, nein, oder, variante, wenn
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gem_sonder import (
    aus_gen,
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import CLOCK_75, CLOCK_KLAGE, GEN_NACHWEISE

AUFHEBEN, VERKUERZEN, BETRETEN = "aufheben", "verkuerzen", "betreten"
VARIANTEN = (
    Variante(AUFHEBEN, "Aufhebung", "§ 11 Abs. 4 AufenthG", "Aufhebung des Einreiseverbots"),
    Variante(VERKUERZEN, "Verkürzung", "§ 11 Abs. 4 AufenthG", "Verkürzung des Einreiseverbots"),
    Variante(
        BETRETEN,
        "Betretenserlaubnis",
        "§ 11 Abs. 8 AufenthG",
        "Betretenserlaubnis",
        outcome="betretenserlaubnis",
    ),
)
A_VARIANTE = wahl("variante", "Antrag auf", {v.key: v.label for v in VARIANTEN})
SPERRE_BIS = tag("sperre_bis", "Einreiseverbot bis", "§ 11 Abs. 2 AufenthG", amt=True)
GRUND = wahl(
    "sperrgrund",
    "Einreiseverbot wegen",
    {
        "abschiebung": "Ausweisung oder Abschiebung",
        "frist": "Überschreitung der Ausreisefrist",
        "asyl": "Ablehnung des Asylantrags",
        "sicherheit": "§ 11 Abs. 5a oder 5b AufenthG",
    },
    "§ 11 Abs. 1 bis 7 AufenthG",
    amt=True,
)
ZUSTIMMUNG_LAND = ja_nein(
    "zustimmung_land", "Oberste Landesbehörde stimmt zu", "§ 11 Abs. 5a und 5b AufenthG", amt=True
)
BELANGE = ja_nein(
    "belange_ueberwiegen",
    "Schutzwürdige Belange überwiegen oder der Zweck verlangt das Verbot nicht mehr",
    "§ 11 Abs. 4 Satz 1 AufenthG",
    amt=True,
)
GEFAHR = ja_nein("gefahr_fortbesteht", "Von der Person geht weiter Gefahr aus", amt=True)
KOSTEN = ja_nein("kosten_offen", "Kosten der Abschiebung sind offen", "§ 66 AufenthG", amt=True)
NEUES_ENDE = tag("neues_ende", "Verkürzt bis", "§ 11 Abs. 4 AufenthG", amt=True)
ANLASS = text("zwingender_grund", "Zwingender Grund oder unbillige Härte", "§ 11 Abs. 8")
ZIELORT = ja_nein("zielort_anderswo", "Ziel im Bezirk einer anderen Behörde", "§ 72", amt=True)
ANDERE_VERFUEGT = ja_nein(
    "andere_behoerde_verfuegte",
    "Verbot von einer anderen Behörde",
    "§ 72 Abs. 3 AufenthG",
    amt=True,
)
AB, BIS = (
    tag("betreten_ab", "Betreten erlaubt ab", "§ 11 Abs. 8 AufenthG", amt=True),
    tag("betreten_bis", "Betreten erlaubt bis", "§ 11 Abs. 8 AufenthG", amt=True),
)
DAUERHAFT = variante(AUFHEBEN, VERKUERZEN)


def _sperre(f: Facts) -> Finding:
    until = f.angabe(SPERRE_BIS.key)
    if f.entry_ban is None:
        return check("AZR und SIS sind auf das Einreiseverbot noch nicht geprüft.")
    if not f.entry_ban or (until is not None and until < f.stichtag):
        return not_met("Ein Einreiseverbot besteht nicht oder nicht mehr.")
    return met(f"Einreiseverbot bis {german(until)}." if until else "Unbefristetes Einreiseverbot.")


def _grund(f: Facts) -> Finding:
    ground = f.angabe(GRUND.key)
    if ground is None:
        return check("Der Grund des Einreiseverbots ist nicht festgestellt.")
    if ground != "sicherheit":
        return met(f"Einreiseverbot wegen: {GRUND.words(ground)}.")
    if f.angabe(ZUSTIMMUNG_LAND.key):
        return met("Die oberste Landesbehörde stimmt zu.")
    return not_met("Ohne Zustimmung der obersten Landesbehörde ist keine Änderung möglich.")


CHECKLIST = (
    Requirement(
        "S1",
        "Bestehendes Einreiseverbot",
        "§ 11 Abs. 1 und 2 AufenthG",
        Regel(_sperre, (SPERRE_BIS.key, "entry_ban")),
        source=Source.OFFICE,
    ),
    Requirement(
        "S2",
        "Grund des Verbots",
        "§ 11 Abs. 4, 5a und 5b AufenthG",
        Regel(_grund, (GRUND.key, ZUSTIMMUNG_LAND.key)),
        source=Source.OFFICE,
    ),
    Requirement(
        "S3",
        "Schutzwürdige Belange",
        "§ 11 Abs. 4 Satz 1 AufenthG",
        wenn(
            DAUERHAFT,
            ja(BELANGE, "Die Belange der Person überwiegen.", "Das Verbot ist noch nötig."),
            "für die Betretenserlaubnis gilt § 11 Abs. 8 AufenthG.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "S4",
        "Keine fortbestehende Gefahr",
        "§ 11 Abs. 4 AufenthG",
        nein(GEFAHR, "Eine Gefahr besteht nicht fort.", "Die Gefahr besteht fort."),
        source=Source.OFFICE,
    ),
    Requirement(
        "S5",
        "Kosten der Abschiebung",
        "§ 66 Abs. 1 AufenthG, Verwaltungspraxis",
        nein(KOSTEN, "Kosten sind nicht offen.", "Kosten der Abschiebung sind offen."),
        mandatory=False,
        source=Source.OFFICE,
    ),
    Requirement(
        "S6",
        "Zwingender Grund oder unbillige Härte",
        "§ 11 Abs. 8 Satz 1 AufenthG",
        wenn(variante(BETRETEN), angegeben(ANLASS), "nur bei der Betretenserlaubnis."),
        evidence=(("nachweis_grund",),),
    ),
)


@guard("Das neue Ende liegt vor dem alten", "§ 11 Abs. 4 AufenthG")
def verkuerzt(f: Facts) -> Reason | None:
    new, old = f.angabe(NEUES_ENDE.key), f.angabe(SPERRE_BIS.key)
    if new is None:
        return Reason("Das neue Ende ist nicht festgelegt.")
    if old is None or new < old:
        return None
    return Reason(f"Das neue Ende {german(new)} liegt nicht vor dem {german(old)}.")


@guard("Der Zeitraum der Betretenserlaubnis ist kurz und bestimmt", "§ 11 Abs. 8 Satz 1 AufenthG")
def zeitraum_bestimmt(f: Facts) -> Reason | None:
    first, last = f.angabe(AB.key), f.angabe(BIS.key)
    if first is None or last is None:
        return Reason("Beginn oder Ende der Betretenserlaubnis ist nicht festgelegt.")
    if first > last:
        return Reason("Das Ende der Betretenserlaubnis liegt vor ihrem Beginn.")
    return None


@guard("Der Zeitraum der Betretenserlaubnis ist vorbei", "§ 11 Abs. 8 AufenthG")
def zeitraum_vorbei(f: Facts) -> Reason | None:
    last = f.angabe(BIS.key)
    if last is None:
        return Reason("Das Ende der Betretenserlaubnis ist nicht bekannt.")
    return None if f.today > last else Reason(f"Sie gilt noch bis {german(last)}.")


STATES = (
    *aus_gen(
        *("draft", "received", "jurisdiction_check", "completeness_check", "awaiting_applicant"),
        *("in_review", "awaiting_third_party", "hearing", "refused", "appeal_pending"),
        *("refused_final", "withdrawn", "discontinued", "transferred"),
    ),
    zustand(
        "lifted",
        "Einreiseverbot aufgehoben",
        "Das Einreiseverbot ist aufgehoben.",
        "The entry ban is lifted.",
        "تم رفع حظر الدخول.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "shortened",
        "Einreiseverbot verkürzt",
        "Das Einreiseverbot ist verkürzt.",
        "The entry ban is shortened.",
        "تم تقصير مدة حظر الدخول.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "entry_permitted",
        "Betreten erlaubt",
        "Sie dürfen für den genannten Zeitraum einreisen. Ein Visum kann zusätzlich nötig sein.",
        "You may enter for the period stated. You may also need a visa.",
        "يُسمح لك بالدخول للفترة المحددة، وقد تحتاج أيضًا إلى تأشيرة.",
        Turn.APPLICANT,
    ),
    zustand(
        "entry_expired",
        "Betretenserlaubnis abgelaufen",
        "Ihre Betretenserlaubnis ist abgelaufen.",
        "Your permission to enter has expired.",
        "انتهت صلاحية إذن الدخول.",
        Turn.NOBODY,
        ende=True,
    ),
)
NORMEN = {
    "§ 81 Abs. 1 AufenthG": "§ 11 Abs. 4 und 8 AufenthG",
    "§ 81 Abs. 3 und 4 AufenthG": "§ 22 VwVfG NRW",
    "§ 5 AufenthG": "§ 11 AufenthG",
    "§§ 39, 72, 73 AufenthG": "§ 72 Abs. 1 und 3 AufenthG",
    "§ 69 AufenthG, § 45 AufenthV": "§ 69 AufenthG, § 47 AufenthV",
    "§§ 74, 80 Abs. 5 VwGO, § 84 Abs. 2 AufenthG": "§ 74 VwGO",
}
VORHER = (
    nach(g.beteiligungen_beantwortet, NORMEN["§§ 39, 72, 73 AufenthG"]),
    nach(g.voraussetzungen_erfuellt(CHECKLIST), NORMEN["§ 5 AufenthG"]),
    nach(e.gebuehr_erledigt, NORMEN["§ 69 AufenthG, § 45 AufenthV"]),
    e.entscheider_benannt,
    e.vier_augen,
)
ERLEDIGT = (Effect.RECORD_DECISION, Effect.REPORT_AZR, Effect.STOP_CLOCKS)
STEPS = (
    *passend(
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
        ohne=("aussetzen", "fortsetzen", "urteil_umsetzen"),
        ohne_wirkung={
            Effect.COMPUTE_FIKTION,
            Effect.END_FIKTION,
            Effect.OPEN_RETURN_CASE,
            Effect.RECORD_SUPPLEMENT_SHEET,
        },
        ohne_bedingung=("ermittlung_beendet",),
        normen=NORMEN,
    ),
    schritt(
        "verbot_aufheben",
        "in_review",
        "lifted",
        Power.DECIDE,
        "§ 11 Abs. 4 Satz 1 AufenthG",
        "Einreiseverbot aufheben",
        angabe_ist(A_VARIANTE, AUFHEBEN, "Beantragt ist die Aufhebung", "§ 11 Abs. 4 AufenthG"),
        *VORHER,
        letter="N08",
        effects=ERLEDIGT,
        decision="granted",
    ),
    schritt(
        "verbot_verkuerzen",
        "in_review",
        "shortened",
        Power.DECIDE,
        "§ 11 Abs. 4 Satz 1 AufenthG",
        "Einreiseverbot verkürzen",
        verkuerzt,
        angabe_ist(A_VARIANTE, VERKUERZEN, "Beantragt ist die Verkürzung", "§ 11 Abs. 4 AufenthG"),
        *VORHER,
        letter="N08",
        effects=ERLEDIGT,
        decision="shortened",
    ),
    schritt(
        "betreten_erlauben",
        "in_review",
        "entry_permitted",
        Power.DECIDE,
        "§ 11 Abs. 8 AufenthG",
        "Betreten erlauben",
        zeitraum_bestimmt,
        angabe_ist(
            A_VARIANTE, BETRETEN, "Beantragt ist die Betretenserlaubnis", "§ 11 Abs. 8 AufenthG"
        ),
        *VORHER,
        letter="N08",
        effects=ERLEDIGT,
        decision="entry_permitted",
    ),
    von_selbst(
        "betretenserlaubnis_abgelaufen",
        "entry_permitted",
        "entry_expired",
        "§ 11 Abs. 8 AufenthG",
        "Ablauf der Betretenserlaubnis vermerken",
        zeitraum_vorbei,
    ),
    schritt(
        "urteil_neu_entscheiden",
        "appeal_pending",
        "in_review",
        Power.LEGAL,
        "§ 113 Abs. 5 VwGO",
        "Nach dem Urteil neu entscheiden",
        e.gericht_verpflichtet,
    ),
)

P38_V1 = Verfahren(
    key="P38",
    version=1,
    name="Einreisesperre und Betretenserlaubnis",
    norm="§ 11 Abs. 4 und 8 AufenthG",
    in_force_from=date(2024, 2, 27),
    initial="draft",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Ein Einreise- und Aufenthaltsverbot kann auf Antrag verkürzt oder aufgehoben werden, "
        "wenn es nicht mehr nötig ist. Für einen kurzen, zwingenden Anlass kann das Betreten "
        "erlaubt werden."
    ),
    titel="Änderung des Einreise- und Aufenthaltsverbots",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.KANN,
    angaben=(
        *(A_VARIANTE, SPERRE_BIS, GRUND, ZUSTIMMUNG_LAND, BELANGE, GEFAHR, KOSTEN, NEUES_ENDE),
        *(ANLASS, ZIELORT, ANDERE_VERFUEGT, AB, BIS),
    ),
    gebuehren=(
        FeeRule("gebuehr.einreiseverbot", "Verkürzung oder Aufhebung", DAUERHAFT),
        FeeRule("gebuehr.betretenserlaubnis", "Betretenserlaubnis", variante(BETRETEN)),
    ),
    beteiligungen=(
        PartRule(ABH, "§ 72 Abs. 1 und 3 AufenthG", oder(ist(ANDERE_VERFUEGT), ist(ZIELORT))),
        PartRule(AV, "§ 71 Abs. 2 AufenthG", variante(BETRETEN)),
    ),
    grant_outcome="einreiseverbot",
    zugriff=Zugriff.KENNTNIS_NOETIG,
    letters=briefe("N01", "N02", "N03", "N04", "N07", "N08", "N12", "N14", "N16"),
    clocks=(CLOCK_75, CLOCK_KLAGE),
    volatile=(
        VolatileMark(
            "kosten",
            "Ob offene Kosten der Abschiebung einer Verkürzung entgegenstehen, ist umstritten; sie "
            "sind nur ein Umstand der Abwägung.",
            "§ 11 Abs. 4, § 66 AufenthG",
        ),
    ),
    evidence_labels={
        "pass": GEN_NACHWEISE["pass"],
        "nachweis_grund": "Nachweis des Anlasses (Ladung, Attest, Sterbeurkunde)",
    },
)

PUBLISHED = ((P38_V1, "7ea5a6a489a4721e"),)

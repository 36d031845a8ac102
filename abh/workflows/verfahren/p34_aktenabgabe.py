"""P34: change of competence, request and transfer of files (§§ 62-68 AufenthV, XAusländer 01)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    Power,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
    guard,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen
from abh.workflows.guards.regeln import angegeben, ja, nein, variante, wenn
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

ZUGANG, ABGABE = "zugang", "abgabe"
NORM = "§ 71 Abs. 1 AufenthG, § 3 VwVfG NRW"
XA = "XAusländer 01, §§ 62 bis 66 AufenthV"
VARIANTEN = (
    Variante(ZUGANG, "Akte anfordern (Zuzug)", NORM),
    Variante(ABGABE, "Akte abgeben (Fortzug)", NORM),
)
A_VARIANTE = wahl("variante", "Richtung", {v.key: v.label for v in VARIANTEN}, amt=True)
ANLASS = wahl(
    "anlass",
    "Anlass",
    {
        "meldung": "Mitteilung der Meldebehörde",
        "antrag": "Bitte der Person",
        "vertretung": "Mitteilung einer Auslandsvertretung",
        "anforderung": "Anforderung einer anderen Ausländerbehörde",
    },
    "§ 71 AufenthV",
    amt=True,
)
ANDERE_ABH = text("andere_abh", "Andere Ausländerbehörde laut AZR", "§ 62 AufenthV", amt=True)
WOHNT = ja_nein(
    "gewoehnlicher_aufenthalt_neu",
    "Gewöhnlicher Aufenthalt im neuen Bezirk",
    "§ 3 Abs. 1 Nr. 3 VwVfG NRW",
    amt=True,
)
AUFLAGE = ja_nein(
    "auflage_steht_entgegen",
    "Wohnsitzauflage oder Zuweisung hält die Zuständigkeit am alten Ort",
    "§ 12a, § 61 AufenthG, § 60 AsylG",
    amt=True,
)
VORAB_AM = tag("vorabinformation_am", "Vorabinformation eingegangen am", amt=True)
PAKET_AM = tag("paket_am", "Akte eingegangen am", amt=True)
PAKET_MB = zahl("paket_mb", "Größtes Paket", "Megabyte", "XAusländer 26.11", amt=True)
CODE = wahl(
    "antwortcode",
    "Antwort der anderen Behörde",
    {
        "02": "02: Akte nicht auffindbar",
        "05": "05: Akte vernichtet",
        "06": "06: kein Wechsel wegen Wohnsitzauflage",
        "andere": "andere Antwort (01, 03, 04, 07, 08)",
    },
    "XAusländer 01",
    amt=True,
)
GESICHTET = ja_nein("akte_gesichtet", "Akte vollständig gesichtet und eingeordnet", amt=True)
OFFENES = ja_nein(
    "offene_vorgaenge_geklaert",
    "Offene Anträge, Termine und Uhren sind übergeben",
    "§ 3 Abs. 3 VwVfG NRW",
    amt=True,
)
GEPACKT = ja_nein("akte_gepackt", "Akte ist vollständig gepackt", "xdomea 4.0", amt=True)

CHECKLIST = (
    Requirement(
        "U1",
        "Gewöhnlicher Aufenthalt im neuen Bezirk",
        "§ 3 Abs. 1 Nr. 3 VwVfG NRW",
        ja(WOHNT, "Die Person wohnt im neuen Bezirk.", "Die Person wohnt nicht dort."),
        source=Source.OFFICE,
    ),
    Requirement(
        "U2",
        "Keine entgegenstehende Auflage",
        "§ 12a, § 61 AufenthG, § 60 AsylG",
        nein(AUFLAGE, "Keine Auflage steht entgegen.", "Eine Auflage hält die Zuständigkeit fest."),
        source=Source.OFFICE,
    ),
    Requirement(
        "U3",
        "Andere Ausländerbehörde",
        "§ 62 AufenthV",
        angegeben(ANDERE_ABH),
        source=Source.OFFICE,
    ),
    Requirement(
        "U4",
        "Offene Vorgänge",
        "§ 3 Abs. 3 VwVfG NRW",
        wenn(
            variante(ABGABE),
            ja(OFFENES, "Offene Vorgänge gehen mit.", "Offene Vorgänge sind nicht geklärt."),
            "erst nach Eingang der Akte.",
        ),
        source=Source.OFFICE,
    ),
)


@guard("Jedes Paket hat die zulässige Größe", "XAusländer 26.11, xdomea 4.0")
def paket_zulaessig(f: Facts) -> Reason | None:
    most, size = f.law.zahl("akte.paket"), f.angabe(PAKET_MB.key)
    if most is None or size is None:
        return Reason("Die Größe des größten Pakets ist nicht bekannt.")
    if size <= most.value:
        return None
    return Reason(f"Das größte Paket hat {size} Megabyte; zulässig sind {most.value}.")


@guard("Die Akte ist verloren oder vernichtet", XA)
def akte_fehlt(f: Facts) -> Reason | None:
    if f.angabe(CODE.key) in ("02", "05"):
        return None
    return Reason("Die andere Behörde hat nicht mitgeteilt, dass die Akte fehlt.")


_ALT = "Ihre Akte wird angefordert."
STATES = (
    zustand(
        "event",
        "Anlass bekannt",
        "Wir prüfen, welche Behörde für Sie zuständig ist.",
        Turn.OFFICE,
    ),
    zustand(
        "opened",
        "eröffnet",
        "Wir prüfen, welche Behörde für Sie zuständig ist.",
        Turn.OFFICE,
    ),
    zustand("requested", "Akte angefordert", _ALT, Turn.THIRD_PARTY),
    zustand("partial", "Vorabinformation da", _ALT, Turn.THIRD_PARTY),
    zustand("clarification", "Rückfrage", _ALT, Turn.OFFICE),
    zustand(
        "received_file",
        "Akte eingegangen",
        "Ihre Akte ist bei uns eingegangen.",
        Turn.OFFICE,
    ),
    zustand(
        "closed_in",
        "Akte übernommen",
        "Wir sind jetzt für Sie zuständig.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "packing",
        "Abgabe in Vorbereitung",
        "Ihre Akte wird an die neue Behörde abgegeben.",
        Turn.OFFICE,
    ),
    zustand(
        "shipped",
        "Akte abgegeben",
        "Eine andere Behörde ist jetzt zuständig.",
        Turn.NOBODY,
    ),
    zustand(
        "retention_over",
        "Aufbewahrung beendet",
        "Eine andere Behörde ist jetzt zuständig.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "no_change",
        "kein Wechsel der Zuständigkeit",
        "Die bisherige Behörde bleibt zuständig.",
        Turn.NOBODY,
        ende=True,
    ),
    *aus_gen("discontinued"),
)
WARTET = ("requested", "partial")
OFFEN = ("opened", *WARTET, "clarification", "received_file", "packing")
ENDE_WARTEN = ("paket_eingegangen", "antwort_festhalten", "einstellen")


def _reminder(key: str, number: int, step: str) -> ClockRule:
    return ClockRule(
        key,
        f"{number}. Erinnerung an die Aktenanforderung",
        "Hausregel",
        (f"akte.erinnerung.{number}",),
        starts="Anforderung der Akte",
        ends="Eingang der Akte, Antwort oder Erinnerung",
        start_steps=("akte_anfordern", "erneut_anfordern"),
        end_steps=(*ENDE_WARTEN, step),
        effect="Die andere Behörde wird erinnert",
    )


ERINNERUNG_1 = _reminder("AKTE_14", 1, "erinnern_erstmals")
ERINNERUNG_2 = _reminder("AKTE_28", 2, "erinnern_nochmals")
LOESCHUNG = ClockRule(
    "B_AKTE",
    "Aufbewahrung der Ausländerakte B",
    "§ 68 Abs. 2 Satz 2 AufenthV",
    ("akte.b_loeschung",),
    starts="Versand der Akte",
    ends="Ablauf",
    start_steps=("akte_versenden",),
    shift=False,
    effect="Die Reste der Akte sind zu löschen",
)
ZUSTAENDIG = nach(g.voraussetzungen_erfuellt(CHECKLIST), NORM)
STEPS = (
    schritt(
        "eroeffnen",
        "event",
        "opened",
        (Power.INTAKE, Power.REVIEW),
        NORM,
        "Wechsel der Zuständigkeit eröffnen",
        angabe_bekannt(ANLASS, "Der Anlass ist festgehalten", "§ 71 AufenthV"),
    ),
    schritt(
        "kein_wechsel",
        ("opened", "clarification", "packing"),
        "no_change",
        Power.REVIEW,
        "§ 12a, § 61 AufenthG, § 60 AsylG",
        "Kein Wechsel der Zuständigkeit",
        angabe_ist(AUFLAGE, True, "Eine Auflage steht entgegen", "§ 12a, § 61 AufenthG"),
        letter="N03",
        needs_reason=True,
    ),
    schritt(
        "akte_anfordern",
        "opened",
        "requested",
        Power.REVIEW,
        XA,
        "Akte anfordern",
        angabe_ist(A_VARIANTE, ZUGANG, "Die Person ist zugezogen", NORM),
        ZUSTAENDIG,
        letter="N26",
        outcome="anforderung",
    ),
    von_selbst(
        "vorabinformation",
        "requested",
        "partial",
        XA,
        "Vorabinformation übernehmen",
        angabe_bekannt(VORAB_AM, "Die Vorabinformation ist da", XA),
    ),
    von_selbst(
        "paket_eingegangen",
        (*WARTET, "clarification"),
        "received_file",
        XA,
        "Akte übernehmen",
        angabe_bekannt(PAKET_AM, "Die Akte ist eingegangen", XA),
        paket_zulaessig,
    ),
    von_selbst(
        "erinnern_erstmals",
        WARTET,
        SAME_STATE,
        "Hausregel",
        "Erste Erinnerung senden",
        uhr_abgelaufen(ERINNERUNG_1),
    ),
    von_selbst(
        "erinnern_nochmals",
        WARTET,
        SAME_STATE,
        "Hausregel",
        "Zweite Erinnerung senden und der Leitung vorlegen",
        uhr_abgelaufen(ERINNERUNG_2),
    ),
    schritt(
        "antwort_festhalten",
        WARTET,
        "clarification",
        Power.REVIEW,
        XA,
        "Antwort der anderen Behörde festhalten",
        angabe_bekannt(CODE, "Die andere Behörde hat geantwortet", XA),
    ),
    schritt(
        "erneut_anfordern",
        "clarification",
        "requested",
        Power.REVIEW,
        XA,
        "Akte erneut anfordern",
        ZUSTAENDIG,
        letter="N26",
        outcome="anforderung",
        needs_reason=True,
    ),
    schritt(
        "ersatzakte_anlegen",
        "clarification",
        "closed_in",
        Power.DECIDE,
        "§ 62 AufenthV",
        "Ersatzakte anlegen",
        akte_fehlt,
        needs_reason=True,
    ),
    schritt(
        "akte_einordnen",
        "received_file",
        "closed_in",
        Power.REVIEW,
        "§ 62 AufenthV",
        "Akte einordnen und Zuständigkeit übernehmen",
        angabe_ist(GESICHTET, True, "Die Akte ist gesichtet", "§ 62 AufenthV"),
        angabe_ist(OFFENES, True, "Offene Vorgänge sind übernommen", "§ 3 Abs. 3 VwVfG NRW"),
        letter="N03",
    ),
    schritt(
        "abgabe_vorbereiten",
        "opened",
        "packing",
        Power.REVIEW,
        XA,
        "Abgabe vorbereiten",
        angabe_ist(A_VARIANTE, ABGABE, "Eine andere Behörde fordert die Akte an", NORM),
    ),
    schritt(
        "akte_versenden",
        "packing",
        "shipped",
        Power.REVIEW,
        XA,
        "Akte versenden",
        ZUSTAENDIG,
        angabe_ist(GEPACKT, True, "Die Akte ist vollständig gepackt", "xdomea 4.0"),
        paket_zulaessig,
        letter="N26",
        outcome="versand",
        effects=(Effect.HAND_OVER_FILE, Effect.REPORT_AZR),
    ),
    von_selbst(
        "aufbewahrung_beendet",
        "shipped",
        "retention_over",
        "§ 68 Abs. 2 Satz 2 AufenthV",
        "Ende der Aufbewahrung vermerken",
        uhr_abgelaufen(LOESCHUNG),
    ),
    *passend(
        STATES,
        gen.ending_rows(),
        ohne=("zuruecknehmen", "wegen_fortzugs_abgeben"),
        ohne_wirkung=(Effect.RELEASE_APPOINTMENT, Effect.END_FIKTION),
        auch={"einstellen": OFFEN},
    ),
)

P34_V1 = Verfahren(
    key="P34",
    version=1,
    name="Zuständigkeitswechsel und Aktenabgabe",
    norm="§§ 62 bis 68 AufenthV, § 3 VwVfG NRW",
    in_force_from=date(2024, 1, 1),
    initial="event",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Zieht eine Person um, geht ihre Akte mit: die neue Behörde fordert sie an, die alte gibt "
        "sie ab. Gebühren fallen nicht an; offene Anträge laufen bei der neuen Behörde weiter."
    ),
    titel="Zuständigkeit und Akte",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        *(A_VARIANTE, ANLASS, ANDERE_ABH, WOHNT, AUFLAGE, VORAB_AM, PAKET_AM, PAKET_MB, CODE),
        *(GESICHTET, OFFENES, GEPACKT),
    ),
    law_keys=("akte.paket",),
    opening="eroeffnen",
    letters=briefe("N03", "N14", N26="Ausländerakte"),
    clocks=(ERINNERUNG_1, ERINNERUNG_2, LOESCHUNG),
    volatile=(
        VolatileMark(
            "aufbewahrung",
            "Fristen der Löschung unterscheiden Ausländerakte A und B; vor dem Echtbetrieb am Text "
            "bestätigen.",
            "§ 68 AufenthV",
        ),
    ),
)

PUBLISHED = ((P34_V1, "75894bfe47d60bbc"),)

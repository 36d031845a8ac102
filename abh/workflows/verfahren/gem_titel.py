"""General requirements (§§ 3, 5, 10, 11 AufenthG), fees and the shortening of a title, shared."""

from __future__ import annotations

from abh.workflows.angaben import Angabe, text, wahl
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    Effect,
    FeeRule,
    Guard,
    Power,
    State,
    Step,
    Turn,
    Words,
)
from abh.workflows.guards import basis
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import familie as fam
from abh.workflows.guards import schritte as g
from abh.workflows.guards.regeln import ist
from abh.workflows.verfahren.gemeinsam import ASSOZIATION, title_fees
from abh.workflows.verfahren.gen_pruefliste import (
    B2_IDENTITAET,
    B8_EINREISEVERBOT,
    USUAL,
    b7_sicherheit,
    b12_kurs,
)
from abh.workflows.verfahren.gen_rechtsschutz import Verfuegung, order_rows

ANTRAGSART = wahl(
    "antragsart",
    "Art des Antrags",
    {
        "erteilung": "erste Erteilung",
        "verlaengerung": "Verlängerung",
        "zweckwechsel": "Wechsel des Aufenthaltszwecks",
    },
    "§ 45 AufenthV",
)
VERLAENGERUNG = ist(ANTRAGSART, "verlaengerung")
ZWECKWECHSEL = ist(ANTRAGSART, "zweckwechsel")
URKUNDE_ZWEIFEL = text(
    "urkunde_zu_pruefen",
    "Urkunde, die die Auslandsvertretung prüfen soll",
    "§ 71 Abs. 2 AufenthG",
    amt=True,
)
BASIS_ANGABEN: tuple[Angabe, ...] = (
    ANTRAGSART,
    ASSOZIATION,
    g.UNERHEBLICH,
    fam.INTERESSEN,
    fam.ASYL,
    fam.ERMESSEN,
)
ID_LAW = ("gebuehr.personalausweis.alter",)


def gesagt(angabe: Angabe) -> Bedingung:
    """The fact is known and not empty."""
    return Bedingung(f"bekannt: {angabe.label}", lambda f: f.angabe(angabe.key) not in (None, ""))


def permit_fees() -> tuple[FeeRule, ...]:
    """Grant, extension, change of purpose (§ 45 AufenthV); association: the identity card's."""
    return title_fees(VERLAENGERUNG, ZWECKWECHSEL)


def living(rule: Rule, waiver_norm: str = USUAL) -> Requirement:
    """B3 with the rule of the Verfahren."""
    return Requirement(
        "B3",
        "Lebensunterhalt mit Krankenversicherung",
        "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG",
        rule,
        evidence=(("einkommen",), ("krankenversicherung",)),
        waiver_norm=waiver_norm,
    )


def base_requirements(
    unterhalt: Requirement,
    anspruch: Bedingung,
    kann: Bedingung | None,
    *,
    expulsion_waiver: str = USUAL,
    visa: Rule = basis.visa,
    passport: Rule = basis.passport,
    biometrics: Rule = basis.biometrics,
    security: Rule = basis.security,
    kurs: bool = False,
) -> tuple[Requirement, ...]:
    """B1-B10, with ``kurs`` (permits that are extended) B12, and the discretion.

    Rules differ only where a procedure frees from one.
    Without ``kann`` every variant is an entitlement: B5 and B9 are shown but cannot refuse.
    """
    discretion = (
        ()
        if kann is None
        else (
            Requirement(
                "ERM",
                "Ermessen ausgeübt",
                "§ 40 VwVfG NRW",
                fam.ermessen(kann),
                source=Source.OFFICE,
            ),
        )
    )
    return (
        Requirement(
            "B1",
            "Gültiger Pass",
            "§ 3, § 5 Abs. 1 Nr. 4 AufenthG",
            passport,
            evidence=(("pass",),),
            waiver_norm=USUAL,
            facts=("passport_until",),
        ),
        B2_IDENTITAET,
        unterhalt,
        Requirement(
            "B4",
            "Kein Ausweisungsinteresse",
            "§ 5 Abs. 1 Nr. 2 AufenthG",
            basis.expulsion_interest,
            source=Source.OFFICE,
            waiver_norm=expulsion_waiver,
            facts=("expulsion_interest",),
        ),
        Requirement(
            "B5",
            "Keine Beeinträchtigung deutscher Interessen",
            "§ 5 Abs. 1 Nr. 3 AufenthG",
            fam.interessen(anspruch),
            mandatory=kann is not None,
            source=Source.OFFICE,
            waiver_norm=USUAL,
        ),
        Requirement(
            "B6",
            "Einreise mit Visum oder Antrag im Inland erlaubt",
            "§ 5 Abs. 2 AufenthG, § 39 AufenthV",
            visa,
            waiver_norm="§ 5 Abs. 2 Satz 2 AufenthG",
            facts=("visa_fits",),
        ),
        b7_sicherheit(security),
        B8_EINREISEVERBOT,
        Requirement(
            "B9",
            "Kein Asylverfahren, das den Titel sperrt",
            "§ 10 AufenthG",
            fam.asylsperre(anspruch, VERLAENGERUNG),
            mandatory=kann is not None,
            source=Source.OFFICE,
        ),
        Requirement(
            "B10",
            "Lichtbild, Fingerabdrücke, Unterschrift",
            "§ 78 AufenthG, § 61a AufenthV",
            biometrics,
            source=Source.OFFICE,
            facts=("biometrics_on", "biometrics_usable"),
        ),
        *((b12_kurs(VERLAENGERUNG),) if kurs else ()),
        *discretion,
    )


SHORTENING_STATES: tuple[State, ...] = (
    State(
        "shortening_hearing",
        "Anhörung zur Verkürzung",
        Words(
            "Wir prüfen, ob Ihr Aufenthaltstitel früher endet. Bitte nehmen Sie Stellung.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "shortened",
        "verkürzt",
        Words(
            "Ihr Aufenthaltstitel wurde verkürzt. Im Bescheid steht, was Sie tun können.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "shortening_appeal",
        "Klage gegen die Verkürzung",
        Words(
            "Ein Gericht prüft die Verkürzung Ihres Titels.",
        ),
        Turn.COURT,
    ),
    State(
        "shortened_final",
        "bestandskräftig verkürzt",
        Words(
            "Die Verkürzung ist endgültig.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "title_kept",
        "Titel bleibt",
        Words(
            "Ihr Aufenthaltstitel bleibt bestehen.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
)


VERKUERZUNG = Verfuegung(
    klage="klage_gegen_verkuerzung",
    name="verkuerzung",
    issued="shortened",
    appeal="shortening_appeal",
    final="shortened_final",
    lifted="title_kept",
    klage_norm="§§ 74, 80 VwGO",
    klage_label="Klage gegen die Verkürzung vermerken",
    final_label="Bestandskraft der Verkürzung feststellen",
    lifted_label="Aufhebung der Verkürzung vermerken",
)


def shortening_rows(sources: tuple[str, ...], grund: Guard) -> tuple[Step, ...]:
    """§ 7(2) S. 2: hearing, decision by two persons with the reasons, court, or title kept."""
    return (
        Step(
            "zur_verkuerzung_anhoeren",
            sources,
            "shortening_hearing",
            by=(Power.DECIDE,),
            norm="§ 28 VwVfG NRW, § 7 Abs. 2 Satz 2 AufenthG",
            label="Zur Verkürzung anhören",
            guards=(grund,),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
        Step(
            "verkuerzen",
            ("shortening_hearing",),
            "shortened",
            by=(Power.DECIDE,),
            norm="§ 7 Abs. 2 Satz 2, § 77 Abs. 1 AufenthG",
            label="Geltungsdauer verkürzen",
            guards=(grund, e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet),
            letter="nachtraegliche_beschraenkung",
            effects=(
                Effect.RECORD_DECISION,
                Effect.START_ACTION_PERIOD,
                Effect.REPORT_AZR,
                Effect.STOP_CLOCKS,
            ),
            needs_reason=True,
            decision="shortened",
        ),
        Step(
            "titel_belassen",
            (*sources, "shortening_hearing"),
            "title_kept",
            by=(Power.DECIDE,),
            norm="§ 7 Abs. 2 Satz 2 AufenthG (Ermessen)",
            label="Titel belassen",
            guards=(e.entscheider_benannt,),
            letter="N03",
            effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
            needs_reason=True,
            decision="kept",
        ),
        *order_rows(VERKUERZUNG),
    )

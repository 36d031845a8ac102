"""Rows of the generic machine (G20-G30): decision, card, remedy."""

from __future__ import annotations

from abh.workflows.definition import Effect, Guard, Power, Step
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.verfahren.gen import Requirements


def refusal_rows(requirements: Requirements) -> tuple[Step, ...]:
    """G20: refusal (N12), always with a hearing before and four eyes."""
    return (
        Step(
            "ablehnen",
            ("hearing",),
            "refused",
            by=(Power.DECIDE,),
            norm="§ 77 Abs. 1 AufenthG",
            label="Ablehnen",
            guards=(
                e.angehoert,
                g.ermittlung_beendet,
                g.ablehnungsgrund(requirements),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(
                Effect.RECORD_DECISION,
                # With the day of notification ends the fiction too (§ 43 VwVfG), not before.
                Effect.START_ACTION_PERIOD,
                Effect.REPORT_AZR,
                Effect.STOP_CLOCKS,
            ),
            needs_reason=True,
            decision="refused",
        ),
    )


def grant_rows(
    requirements: Requirements, security: Guard = e.sicherheit_aktuell
) -> tuple[Step, ...]:
    """G21: the grant; a named official decides, never the system (§ 35a VwVfG NRW).

    ``security`` replaces the guard of the query where a norm frees some cases from it.
    """
    return (
        Step(
            "bewilligen",
            ("decision_ready",),
            "granted",
            by=(Power.DECIDE,),
            norm="§ 37, § 41 VwVfG NRW",
            label="Bewilligen",
            guards=(
                g.beteiligungen_beantwortet,
                g.ermittlung_beendet,
                g.voraussetzungen_erfuellt(requirements),
                security,
                e.gebuehr_erledigt,
                e.entscheider_benannt,
                e.zweitzeichnung,
            ),
            letter="N08",
            effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR, Effect.STOP_CLOCKS),
            decision="granted",
        ),
    )


def card_rows(*, future_work: bool) -> tuple[Step, ...]:
    """G22-G26: the card; ``future_work`` adds the entry of § 81(5a) (chapter 2 parts 3 and 4)."""
    entry = (Effect.RECORD_FICTION_PAPER, Effect.RECORD_5A_ENTRY) if future_work else ()
    return (
        Step(
            "karte_bestellen",
            ("granted",),
            "card_in_production",
            by=(Power.COUNTER, Power.REVIEW),
            norm="§ 78 AufenthG" + (", § 81 Abs. 5a AufenthG" if future_work else ""),
            label="Karte bestellen",
            guards=(g.biometrie_aufgenommen, e.kartendaten_gueltig),
            effects=(Effect.ORDER_CARD, *entry),
        ),
        Step(
            "produktion_abgelehnt",
            ("card_in_production",),
            "granted",
            by=(Power.SYSTEM, Power.COUNTER),
            norm="§ 78 AufenthG",
            label="Herstellung abgelehnt",
            guards=(e.produktion_fehlerhaft,),
            letter="N06",
            automatic=True,
        ),
        Step(
            "karte_eingetroffen",
            ("card_in_production",),
            "card_ready",
            by=(Power.SYSTEM, Power.COUNTER),
            norm="§ 60a AufenthV",
            label="Karte eingetroffen",
            guards=(e.karte_da,),
            letter="N09",
            effects=(Effect.START_COLLECTION,),
            automatic=True,
        ),
        Step(
            "aushaendigen",
            ("card_ready",),
            "issued",
            by=(Power.COUNTER,),
            norm="§ 78 AufenthG, § 82 Abs. 3 und 6 AufenthG",
            label="Karte aushändigen",
            guards=(e.identitaet_geprueft, e.altes_eingezogen),
            letter="N15",
            effects=(
                Effect.RECORD_SUPPLEMENT_SHEET,
                Effect.HAND_OVER_CARD,
                Effect.END_FIKTION,
                Effect.REPORT_AZR,
            ),
        ),
        Step(
            "an_abholung_erinnern",
            ("card_ready",),
            "card_ready",
            by=(Power.SYSTEM, Power.COUNTER),
            norm="§ 82 Abs. 4 AufenthG",
            label="An die Abholung erinnern",
            guards=(e.nicht_abgeholt,),
            letter="N09",
            effects=(Effect.REMIND,),
            automatic=True,
        ),
    )


def remedy_rows() -> tuple[Step, ...]:
    """G27-G30: action, finality by the clock, outcome of the court."""
    return (
        Step(
            "klage_vermerken",
            ("refused",),
            "appeal_pending",
            by=(Power.LEGAL,),
            norm="§§ 74, 80 Abs. 5 VwGO, § 84 Abs. 2 AufenthG",
            label="Klage oder Eilantrag vermerken",
            guards=(e.klage_erhoben,),
            effects=(Effect.RECORD_SUPPLEMENT_SHEET,),
        ),
        Step(
            "bestandskraft",
            ("refused",),
            "refused_final",
            by=(Power.SYSTEM, Power.LEGAL),
            norm="§ 74 VwGO, § 57 VwGO",
            label="Bestandskraft feststellen",
            guards=(e.klagefrist_abgelaufen,),
            effects=(Effect.OPEN_RETURN_CASE, Effect.DEMAND_PAPERS),
            automatic=True,
        ),
        Step(
            "abhelfen",
            ("appeal_pending",),
            "in_review",
            by=(Power.LEGAL,),
            norm="§ 48 VwVfG NRW",
            label="Abhelfen und neu prüfen",
            guards=(e.abhilfe_erklaert,),
            letter="N03",
            needs_reason=True,
        ),
        Step(
            "urteil_umsetzen",
            ("appeal_pending",),
            "granted",
            by=(Power.LEGAL,),
            norm="§ 113 Abs. 5 VwGO",
            label="Verpflichtungsurteil umsetzen",
            guards=(e.gericht_verpflichtet, e.entscheider_benannt),
            letter="N08",
            effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR),
            decision="granted",
        ),
        Step(
            "klage_abgewiesen",
            ("appeal_pending",),
            "refused_final",
            by=(Power.LEGAL,),
            norm="§ 121 VwGO",
            label="Abweisung der Klage vermerken",
            guards=(e.klage_abgewiesen,),
            effects=(Effect.OPEN_RETURN_CASE, Effect.DEMAND_PAPERS),
        ),
    )

"""Rows of the generic machine up to the decision, and its other endings (G1-G19, G31-G33)."""

from __future__ import annotations

from abh.workflows.checklist import Requirement
from abh.workflows.definition import Effect, Power, Step
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.verfahren.zustaende import BEFORE_DECISION, OPEN_STATES

Requirements = tuple[Requirement, ...]


def intake_rows() -> tuple[Step, ...]:
    """G1-G4: application, registration, competence."""
    return (
        Step(
            "einreichen",
            ("draft",),
            "received",
            by=(Power.APPLICANT, Power.INTAKE, Power.COUNTER),
            norm="§ 81 Abs. 1 AufenthG",
            label="Antrag einreichen",
            guards=(g.antrag_erkennbar, g.eingang_datiert),
            letter="N01",
            effects=(Effect.COMPUTE_FIKTION, Effect.START_CLOCK_75),
        ),
        Step(
            "registrieren",
            ("received",),
            "jurisdiction_check",
            by=(Power.SYSTEM, Power.INTAKE),
            norm="§ 86 AufenthG",
            label="Registrieren",
            guards=(g.kein_doppelter_vorgang,),
            automatic=True,
        ),
        Step(
            "abgeben",
            ("jurisdiction_check",),
            "transferred",
            by=(Power.REVIEW,),
            norm="§ 71 AufenthG, § 3 VwVfG NRW",
            label="An zuständige Behörde abgeben",
            guards=(g.unzustaendig,),
            letter="N04",
            effects=(Effect.HAND_OVER_FILE, Effect.STOP_CLOCKS),
        ),
        Step(
            "zustaendigkeit_bejahen",
            ("jurisdiction_check",),
            "completeness_check",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 71 AufenthG",
            label="Zuständigkeit bejahen",
            guards=(g.zustaendig,),
            automatic=True,
        ),
    )


def completeness_rows(requirements: Requirements) -> tuple[Step, ...]:
    """G5-G9: the loop of the Nachforderung (§ 82(1) AufenthG)."""
    return (
        Step(
            "nachfordern",
            ("completeness_check",),
            "awaiting_applicant",
            by=(Power.REVIEW,),
            norm="§ 82 Abs. 1 Satz 2 bis 4, Abs. 3 AufenthG",
            label="Unterlagen nachfordern",
            guards=(g.etwas_fehlt(requirements),),
            letter="N02",
            effects=(Effect.START_DEADLINE,),
        ),
        Step(
            "eingang_zuordnen",
            ("awaiting_applicant",),
            "completeness_check",
            by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
            norm="§ 82 Abs. 1 AufenthG",
            label="Eingegangene Unterlagen zuordnen",
            guards=(g.unterlagen_eingegangen,),
            letter="N03",
            automatic=True,
        ),
        Step(
            "frist_verlaengern",
            ("awaiting_applicant",),
            "awaiting_applicant",
            by=(Power.REVIEW,),
            norm="§ 31 Abs. 7 VwVfG NRW",
            label="Frist verlängern",
            guards=(g.verlaengerung_erbeten,),
            letter="N03",
            effects=(Effect.EXTEND_DEADLINE,),
        ),
        Step(
            "erinnern",
            ("awaiting_applicant",),
            "awaiting_applicant",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 82 Abs. 3 AufenthG",
            label="An die Nachforderung erinnern",
            guards=(g.frist_abgelaufen, g.noch_nicht_erinnert),
            letter="N03",
            effects=(Effect.REMIND, Effect.EXTEND_DEADLINE),
            automatic=True,
        ),
        Step(
            "nach_aktenlage_pruefen",
            ("awaiting_applicant",),
            "in_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 82 Abs. 1 Satz 4 AufenthG",
            label="Nach Aktenlage weiterprüfen",
            guards=(g.frist_abgelaufen, g.erinnert),
            effects=(Effect.END_DEADLINE,),
            automatic=True,
        ),
        Step(
            "vollstaendig",
            ("completeness_check",),
            "in_review",
            by=(Power.REVIEW,),
            norm="§ 25 Abs. 2 VwVfG NRW",
            label="Vollständigkeit feststellen",
            guards=(g.unterlagen_vollstaendig(requirements),),
            letter="N03",
            effects=(Effect.END_DEADLINE,),
        ),
    )


def appointment_rows(requirements: Requirements) -> tuple[Step, ...]:
    """G14-G16: presence for biometrics or originals."""
    hearing = (Effect.START_HEARING, Effect.RELEASE_APPOINTMENT)
    return (
        Step(
            "zum_termin_einladen",
            ("in_review",),
            "appointment_pending",
            by=(Power.REVIEW,),
            norm="§ 82 Abs. 4 und 5 AufenthG",
            label="Zum Termin einladen",
            guards=(g.termin_noetig,),
            letter="N06",
            effects=(Effect.OFFER_APPOINTMENT,),
        ),
        Step(
            "erschienen",
            ("appointment_pending",),
            "in_review",
            by=(Power.COUNTER,),
            norm="§ 82 Abs. 5 AufenthG, § 61a AufenthV",
            label="Termin wahrgenommen",
            guards=(g.biometrie_aufgenommen,),
            letter="N11",
        ),
        Step(
            "erschienen_entscheidungsreif",
            ("appointment_pending",),
            "decision_ready",
            by=(Power.COUNTER,),
            norm="§ 82 Abs. 5 AufenthG, § 61a AufenthV",
            label="Termin wahrgenommen, alles liegt vor",
            guards=(
                g.biometrie_aufgenommen,
                g.beteiligungen_beantwortet,
                g.voraussetzungen_erfuellt(requirements),
            ),
            letter="N11",
        ),
        Step(
            "neu_einladen",
            ("appointment_pending",),
            "appointment_pending",
            by=(Power.SYSTEM, Power.COUNTER, Power.REVIEW),
            norm="§ 82 Abs. 4 AufenthG",
            label="Nach Versäumnis neu einladen",
            guards=(g.erster_termin_versaeumt,),
            letter="N06",
            effects=(Effect.RELEASE_APPOINTMENT, Effect.OFFER_APPOINTMENT),
            automatic=True,
        ),
        Step(
            "wegen_versaeumnis_anhoeren",
            ("appointment_pending",),
            "hearing",
            by=(Power.DECIDE,),
            norm="§ 82 Abs. 4 AufenthG, § 28 VwVfG NRW",
            label="Wegen versäumter Termine anhören",
            guards=(g.termin_wiederholt_versaeumt,),
            letter="N07",
            effects=hearing,
            needs_reason=True,
        ),
    )


def review_rows(requirements: Requirements) -> tuple[Step, ...]:
    """G17-G19: the result of the review, and the hearing before a refusal."""
    return (
        Step(
            "entscheidungsreif",
            ("in_review",),
            "decision_ready",
            by=(Power.DECIDE,),
            norm="§ 5 AufenthG",
            label="Entscheidungsreife feststellen",
            guards=(
                g.beteiligungen_beantwortet,
                g.ermittlung_beendet,
                g.voraussetzungen_erfuellt(requirements),
            ),
        ),
        Step(
            "erneut_pruefen",
            ("decision_ready",),
            "in_review",
            by=(Power.DECIDE,),
            norm="§ 24 VwVfG NRW",
            label="Erneut in die Prüfung nehmen",
            needs_reason=True,
        ),
        Step(
            "erneut_auf_vollstaendigkeit_pruefen",
            ("in_review",),
            "completeness_check",
            by=(Power.REVIEW,),
            norm="§ 82 Abs. 1 AufenthG",
            label="Weitere Unterlagen nötig",
            guards=(g.etwas_fehlt(requirements),),
        ),
        Step(
            "anhoeren",
            ("in_review", "decision_ready"),
            "hearing",
            by=(Power.DECIDE,),
            norm="§ 28 VwVfG NRW",
            label="Zur beabsichtigten Ablehnung anhören",
            guards=(g.ablehnungsgrund(requirements),),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
        Step(
            "stellungnahme_pruefen",
            ("hearing",),
            "in_review",
            by=(Power.DECIDE, Power.REVIEW),
            norm="§ 28 VwVfG NRW",
            label="Stellungnahme bringt neue Tatsachen",
            guards=(e.stellungnahme_da,),
        ),
    )


def ending_rows() -> tuple[Step, ...]:
    """G31-G33: endings without a decision on the matter."""
    stop = (
        Effect.STOP_CLOCKS,
        Effect.RELEASE_APPOINTMENT,
        Effect.END_FIKTION,
        Effect.DEMAND_PAPERS,
    )
    return (
        Step(
            "zuruecknehmen",
            BEFORE_DECISION,
            "withdrawn",
            by=(Power.APPLICANT, Power.INTAKE, Power.REVIEW),
            norm="§ 9 VwVfG NRW, § 49 AufenthV",
            label="Rücknahme festhalten",
            guards=(g.zurueckgenommen,),
            letter="N14",
            effects=stop,
        ),
        Step(
            "einstellen",
            OPEN_STATES,
            "discontinued",
            by=(Power.REVIEW,),
            norm="§ 51 AufenthG, § 9 VwVfG NRW",
            label="Verfahren einstellen",
            guards=(g.erledigt,),
            letter="N14",
            effects=stop,
            needs_reason=True,
        ),
        Step(
            "erledigung_feststellen",
            BEFORE_DECISION,
            "discontinued",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 43 Abs. 2 VwVfG NRW",
            label="Erledigung kraft Gesetzes feststellen",
            guards=(g.kraft_gesetzes_erledigt,),
            letter="N03",
            effects=stop,
            automatic=True,
        ),
        Step(
            "wegen_fortzugs_abgeben",
            OPEN_STATES,
            "transferred",
            by=(Power.REVIEW,),
            norm="§ 71 AufenthG, § 3 VwVfG NRW",
            label="Wegen Fortzugs abgeben",
            guards=(g.fortgezogen,),
            letter="N04",
            effects=(Effect.HAND_OVER_FILE, Effect.STOP_CLOCKS, Effect.RELEASE_APPOINTMENT),
        ),
    )

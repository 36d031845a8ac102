"""Rows of the toleration: ground, certificate, renewal, gap, § 60b, work, revocation (P20)."""

from __future__ import annotations

from abh.workflows.definition import SAME_STATE, Effect, Power, Step
from abh.workflows.guards import duldung as d
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    bedingung,
    regel_erfuellt,
    uhr_abgelaufen,
)

duldung_gemeint = bedingung(
    "duldung_gemeint", d.IST_DULDUNG, "§ 60a AufenthG", "Beantragt ist ein Aufenthaltstitel."
)
grund_besteht = regel_erfuellt(
    "duldungsgrund_besteht", "Ein Grund für die Aussetzung besteht", "§ 60a AufenthG", d.HINDERNIS
)
kein_grund = angabe_ist(
    d.GRUND, False, "Kein Grund steht der Abschiebung entgegen", "§ 60a Abs. 5 Satz 2 AufenthG"
)
nachgeholt = angabe_ist(
    d.NACHGEHOLT, True, "Die Handlungen sind nachgeholt", "§ 60b Abs. 4 AufenthG"
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
GRANT_GUARDS = (grund_besteht, d.dauer_zulaessig, e.entscheider_benannt)


def duldung_steps(open_states: tuple[str, ...]) -> tuple[Step, ...]:
    """Return the rows of the toleration; ``open_states`` are its open states."""
    return (*_grund(), *_sechzig_b(), *_erneuerung(), *_arbeit(), *_ende(open_states))


def _dulden(key: str, source: tuple[str, ...], label: str, *, reason: bool = False) -> Step:
    return Step(
        key,
        source,
        "tolerated",
        by=(Power.DECIDE,),
        norm="§ 60a Abs. 2 und 4 AufenthG",
        label=label,
        guards=GRANT_GUARDS,
        letter="N20",
        effects=RECORD,
        needs_reason=reason,
        decision="tolerated",
    )


def _grund() -> tuple[Step, ...]:
    return (
        Step(
            "von_amts_wegen_pruefen",
            ("draft",),
            "ground_check",
            by=(Power.SYSTEM, Power.REVIEW, Power.DECIDE),
            norm="§ 60a AufenthG, § 24 VwVfG NRW",
            label="Duldung von Amts wegen prüfen",
            guards=(
                duldung_gemeint,
                angabe_ist(
                    d.AUSREISEPFLICHTIG,
                    True,
                    "Vollziehbare Ausreisepflicht ist festgestellt",
                    "§ 58 Abs. 2 AufenthG",
                ),
            ),
        ),
        Step(
            "duldungsgrund_pruefen",
            ("completeness_check", "in_review"),
            "ground_check",
            by=(Power.REVIEW, Power.DECIDE),
            norm="§ 60a AufenthG",
            label="Grund der Duldung prüfen",
            guards=(duldung_gemeint,),
        ),
        Step(
            "stellen_beteiligen",
            ("ground_check", "work_review"),
            SAME_STATE,
            by=(Power.REVIEW,),
            norm="§ 39, § 60a Abs. 2d, § 72 Abs. 2 AufenthG",
            label="Andere Stellen fragen",
            guards=(g.beteiligung_offen,),
            letter="N16",
            effects=(Effect.REQUEST_PARTICIPATIONS,),
        ),
        _dulden("dulden", ("ground_check",), "Abschiebung aussetzen"),
        Step(
            "kein_hindernis",
            ("ground_check", "renewal_due", "expired_gap"),
            "return_track",
            by=(Power.DECIDE,),
            norm="§ 58 Abs. 1, § 60a Abs. 5 AufenthG",
            label="Kein Hindernis: an die Rückführung übergeben",
            guards=(kein_grund, e.entscheider_benannt),
            effects=(Effect.OPEN_RETURN_CASE, Effect.STOP_CLOCKS),
            needs_reason=True,
        ),
        Step(
            "auf_titel_hinweisen",
            ("tolerated",),
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 25 Abs. 5 Satz 2, § 82 Abs. 3 AufenthG",
            label="Auf mögliche Titel hinweisen",
            guards=(uhr_abgelaufen(d.SOLL18),),
            letter="N03",
            automatic=True,
        ),
    )


def _sechzig_b() -> tuple[Step, ...]:
    return (
        Step(
            "ueber_passpflicht_belehren",
            ("tolerated",),
            SAME_STATE,
            by=(Power.REVIEW,),
            norm="§ 60b Abs. 2 und 3 AufenthG",
            label="Über die Passbeschaffung belehren",
            guards=(angabe_ist(d.PASSLOS, True, "Ein Pass fehlt", "§ 60b Abs. 2 AufenthG"),),
            letter="N15",
        ),
        Step(
            "zu_60b_anhoeren",
            ("tolerated",),
            SAME_STATE,
            by=(Power.DECIDE,),
            norm="§ 60b Abs. 1 AufenthG, § 28 VwVfG NRW",
            label="Zum Zusatz nach § 60b anhören",
            guards=(d.ungeklaerte_identitaet,),
            letter="N07",
            effects=(Effect.START_HEARING,),
        ),
        Step(
            "als_60b_dulden",
            ("tolerated",),
            "tolerated_60b",
            by=(Power.DECIDE,),
            norm="§ 60b Abs. 1 AufenthG",
            label="Mit Zusatz nach § 60b dulden",
            guards=(
                d.ungeklaerte_identitaet,
                e.angehoert,
                d.dauer_zulaessig,
                e.entscheider_benannt,
            ),
            letter="N20",
            effects=RECORD,
            needs_reason=True,
            decision="tolerated_60b",
        ),
        Step(
            "sechzig_b_heilen",
            ("tolerated_60b",),
            "tolerated",
            by=(Power.DECIDE,),
            norm="§ 60b Abs. 4 AufenthG",
            label="Zusatz nach § 60b entfallen lassen",
            guards=(nachgeholt, *GRANT_GUARDS),
            letter="N20",
            effects=RECORD,
            decision="tolerated",
        ),
    )


def _erneuerung() -> tuple[Step, ...]:
    return (
        Step(
            "erneuerung_anbieten",
            ("tolerated", "tolerated_60b"),
            "renewal_due",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 60a Abs. 4 AufenthG",
            label="Termin zur Erneuerung anbieten",
            guards=(uhr_abgelaufen(d.D6W),),
            letter="N06",
            effects=(Effect.OFFER_APPOINTMENT,),
            automatic=True,
        ),
        _dulden("erneuern", ("renewal_due",), "Duldung erneuern"),
        Step(
            "sechzig_b_erneuern",
            ("renewal_due", "expired_gap"),
            "tolerated_60b",
            by=(Power.DECIDE,),
            norm="§ 60b Abs. 1 AufenthG",
            label="Duldung mit Zusatz nach § 60b erneuern",
            guards=(d.noch_ungeklaert, *GRANT_GUARDS),
            letter="N20",
            effects=RECORD,
            needs_reason=True,
            decision="tolerated_60b",
        ),
        Step(
            "luecke_melden",
            ("tolerated", "tolerated_60b", "renewal_due"),
            "expired_gap",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 60a Abs. 4 AufenthG",
            label="Alarm: Duldung ohne Erneuerung abgelaufen",
            guards=(d.duldung_abgelaufen,),
            letter="N03",
            automatic=True,
        ),
        _dulden("luecke_schliessen", ("expired_gap",), "Lücke schließen", reason=True),
    )


def _arbeit() -> tuple[Step, ...]:
    return (
        Step(
            "arbeit_pruefen",
            ("tolerated",),
            "work_review",
            by=(Power.APPLICANT, Power.INTAKE, Power.REVIEW),
            norm="§ 60a Abs. 5b und 6 AufenthG, § 32 BeschV",
            label="Antrag auf Beschäftigung aufnehmen",
            guards=(
                angabe_ist(
                    d.ARBEIT, True, "Eine Beschäftigung ist beantragt", "§ 4a Abs. 4 AufenthG"
                ),
            ),
            letter="N01",
        ),
        Step(
            "arbeit_erlauben",
            ("work_review",),
            "tolerated",
            by=(Power.DECIDE,),
            norm="§ 60a Abs. 5b AufenthG, § 32 BeschV",
            label="Beschäftigung erlauben",
            guards=(
                regel_erfuellt(
                    "arbeit_erlaubt",
                    "Wartezeit, Zustimmung, kein Versagungsgrund",
                    "§ 60a Abs. 5b und 6 AufenthG, § 32 BeschV",
                    d.ARBEIT_ERLAUBT,
                ),
                e.entscheider_benannt,
            ),
            letter="N10",
            effects=RECORD,
            decision="work_granted",
        ),
        Step(
            "zur_arbeit_anhoeren",
            ("work_review",),
            SAME_STATE,
            by=(Power.DECIDE,),
            norm="§ 28 VwVfG NRW",
            label="Zur Versagung der Beschäftigung anhören",
            guards=(d.arbeit_versagt,),
            letter="N07",
            effects=(Effect.START_HEARING,),
        ),
        Step(
            "arbeit_versagen",
            ("work_review",),
            "tolerated",
            by=(Power.DECIDE,),
            norm="§ 60a Abs. 5b und 6, § 77 Abs. 1 AufenthG",
            label="Beschäftigung versagen",
            guards=(
                d.arbeit_versagt,
                e.angehoert,
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(*RECORD, Effect.START_ACTION_PERIOD),
            needs_reason=True,
            decision="work_refused",
        ),
    )


def _ende(open_states: tuple[str, ...]) -> tuple[Step, ...]:
    held = ("tolerated", "tolerated_60b", "renewal_due")
    return (
        Step(
            "zum_widerruf_anhoeren",
            held,
            SAME_STATE,
            by=(Power.DECIDE,),
            norm="§ 28 VwVfG NRW",
            label="Zum Widerruf anhören",
            guards=(kein_grund,),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
        Step(
            "widerrufen",
            held,
            "revoked",
            by=(Power.DECIDE,),
            norm="§ 60a Abs. 5 Satz 2 und Abs. 5a, § 77 Abs. 1 AufenthG",
            label="Duldung widerrufen",
            guards=(
                kein_grund,
                e.angehoert,
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(*RECORD, Effect.START_ACTION_PERIOD),
            needs_reason=True,
            decision="revoked",
        ),
        Step(
            "an_rueckfuehrung_uebergeben",
            ("revoked",),
            "return_track",
            by=(Power.DECIDE,),
            norm="§ 60a Abs. 5 Satz 3 und Abs. 5a AufenthG",
            label="An die Rückführung übergeben",
            guards=(d.ankuendigung_abgewartet, e.entscheider_benannt),
            effects=(Effect.OPEN_RETURN_CASE, Effect.STOP_CLOCKS, Effect.DEMAND_PAPERS),
        ),
        Step(
            "titel_erteilt",
            open_states,
            "title_granted",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 60a Abs. 5 AufenthG, § 50 Abs. 1 AufenthG",
            label="Erteilten Titel vermerken",
            guards=(
                angabe_bekannt(
                    d.ANDERER_TITEL, "Ein Aufenthaltstitel ist erteilt", "§ 50 Abs. 1 AufenthG"
                ),
            ),
            effects=(Effect.STOP_CLOCKS, Effect.DEMAND_PAPERS),
            automatic=True,
        ),
    )

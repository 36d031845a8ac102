"""Guards of hearing, decision, card and remedy: what must hold before the office binds itself."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.definition import Guard, guard
from abh.workflows.facts import CourtOutcome, Facts, SecurityAnswer, german


@guard("Eine Stellungnahme ist eingegangen", "§ 28 VwVfG NRW")
def stellungnahme_da(f: Facts) -> Reason | None:
    if f.hearing.statement_received_on is not None:
        return None
    return Reason("Eine Stellungnahme ist nicht eingegangen.")


@guard("Es wurde angehört", "§ 28 VwVfG NRW")
def angehoert(f: Facts) -> Reason | None:
    hearing = f.hearing
    if hearing.sent_on is None or hearing.until is None:
        return Reason("Die Anhörung ist nicht versandt.")
    if hearing.statement_received_on is not None:
        if hearing.statement_weighed:
            return None
        return Reason("Die Stellungnahme ist noch nicht gewürdigt.")
    if f.today > hearing.until:
        return None
    return Reason(f"Die Frist zur Stellungnahme läuft noch bis {german(hearing.until)}.")


@guard("Eine namentlich benannte Person entscheidet", "§ 35a VwVfG NRW")
def entscheider_benannt(f: Facts) -> Reason | None:
    if f.decision.official.strip():
        return None
    return Reason("Niemand ist als entscheidende Person benannt; das System entscheidet nie.")


@guard("Zweitzeichnung, wo die Zeichnungsregeln oder ein Erlass sie verlangen", "Zeichnungsordnung")
def zweitzeichnung(f: Facts) -> Reason | None:
    waived = any(reason.strip() for reason in f.waivers.values())
    return _second_signature(f) if f.decision.needs_second or waived else None


@guard("Vier Augen: eine zweite Person zeichnet", "Zeichnungsordnung")
def vier_augen(f: Facts) -> Reason | None:
    return _second_signature(f)


@guard("Die Begründung ist geschrieben", "§ 77 Abs. 1 AufenthG, § 39 VwVfG NRW")
def begruendet(f: Facts) -> Reason | None:
    return None if f.decision.reasons_written else Reason("Der Bescheid hat keine Begründung.")


@guard("Die Sicherheitsabfrage ist beantwortet und aktuell", "§ 5 Abs. 4, § 73 AufenthG")
def sicherheit_aktuell(f: Facts) -> Reason | None:
    if f.security is not SecurityAnswer.CLEAR:
        return Reason(f"Sicherheitsabfrage: {f.security.value}.")
    if f.security_valid_until is None or f.security_valid_until < f.today:
        return Reason("Die Antwort auf die Sicherheitsabfrage ist nicht mehr aktuell.")
    return None


@guard("Die Gebühr ist bezahlt oder erlassen", "§ 69 AufenthG, § 45 AufenthV")
def gebuehr_erledigt(f: Facts) -> Reason | None:
    if f.fee_paid or f.fee_waived_reason.strip():
        return None
    return Reason("Die Gebühr ist weder bezahlt noch mit Begründung erlassen.")


@guard("Der Datensatz der Karte ist gültig", "§ 78 AufenthG")
def kartendaten_gueltig(f: Facts) -> Reason | None:
    return None if f.card.data_valid else Reason("Der Datensatz der Karte ist nicht gültig.")


@guard("Die Bundesdruckerei hat einen Fehler gemeldet", "§ 78 AufenthG")
def produktion_fehlerhaft(f: Facts) -> Reason | None:
    if f.card.rejected_code.strip():
        return None
    return Reason("Die Bundesdruckerei hat keinen Fehler gemeldet.")


@guard("Die Karte ist eingetroffen", "§ 60a AufenthV")
def karte_da(f: Facts) -> Reason | None:
    return None if f.card.arrived_on is not None else Reason("Die Karte ist nicht eingetroffen.")


@guard("Die Identität bei der Ausgabe ist geprüft", "§ 78 AufenthG")
def identitaet_geprueft(f: Facts) -> Reason | None:
    return None if f.card.identity_checked else Reason("Die Identität ist nicht geprüft.")


@guard("Alte Karte und Fiktionsbescheinigung sind eingezogen", "§ 81 Abs. 5 AufenthG")
def altes_eingezogen(f: Facts) -> Reason | None:
    if f.card.old_papers_withdrawn:
        return None
    return Reason("Alte Karte oder Fiktionsbescheinigung ist noch nicht eingezogen.")


@guard("Die Abholfrist ist abgelaufen und noch nicht erinnert", "§ 82 Abs. 4 AufenthG")
def nicht_abgeholt(f: Facts) -> Reason | None:
    if f.card.reminded_on is not None:
        return Reason(f"An die Abholung wurde am {german(f.card.reminded_on)} erinnert.")
    until = f.card.collect_until
    if until is not None and f.today > until:
        return None
    return Reason("Die Abholfrist ist nicht abgelaufen.")


@guard("Klage oder Eilantrag ist eingegangen", "§§ 74, 80 Abs. 5 VwGO")
def klage_erhoben(f: Facts) -> Reason | None:
    return None if f.remedy.action_filed_on is not None else Reason("Eine Klage ist nicht bekannt.")


@guard("Die Klagefrist ist nach jeder Rechtsansicht abgelaufen, ohne Klage", "§ 74 VwGO")
def klagefrist_abgelaufen(f: Facts) -> Reason | None:
    remedy = f.remedy
    if remedy.action_filed_on is not None:
        return Reason(f"Klage ist am {german(remedy.action_filed_on)} erhoben.")
    if remedy.notified_on is None or remedy.action_until is None:
        return Reason("Die Bekanntgabe steht nicht fest; die Klagefrist läuft nicht.")
    if f.today > remedy.action_until:
        return None
    return Reason(f"Die Klagefrist läuft noch bis {german(remedy.action_until)}.")


def _outcome(key: str, outcome: CourtOutcome, label: str, norm: str) -> Guard:
    def check(f: Facts) -> Reason | None:
        if f.remedy.outcome is outcome:
            return None
        return Reason(f"Ausgang des Verfahrens: {f.remedy.outcome.value}.")

    return Guard(key, label, norm, check)


abhilfe_erklaert = _outcome(
    "abhilfe_erklaert", CourtOutcome.REMEDIED, "Der Klage wird abgeholfen", "§ 48 VwVfG NRW"
)
gericht_verpflichtet = _outcome(
    "gericht_verpflichtet",
    CourtOutcome.OBLIGED,
    "Das Gericht hat rechtskräftig zur Erteilung verpflichtet",
    "§ 113 Abs. 5 VwGO",
)
klage_abgewiesen = _outcome(
    "klage_abgewiesen",
    CourtOutcome.DISMISSED,
    "Die Klage ist rechtskräftig abgewiesen",
    "§ 121 VwGO",
)


def _second_signature(f: Facts) -> Reason | None:
    second = f.decision.second_official.strip()
    if not second:
        return Reason("Die zweite Unterschrift fehlt.")
    if second == f.decision.official.strip():
        return Reason("Die zweite Unterschrift muss von einer anderen Person kommen.")
    return None

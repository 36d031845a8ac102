"""Rules of the general requirements B1-B10 (§§ 3, 5, 11 AufenthG) for the checklist."""

from __future__ import annotations

from abh.workflows.checklist import Finding, Status
from abh.workflows.facts import (
    RESIDENCE_TITLES,
    UNLIMITED_TITLES,
    Facts,
    SecurityAnswer,
    TitleKind,
    german,
    title_runs_until,
)


def met(why: str, norm: str = "") -> Finding:
    """A requirement that is met."""
    return Finding(Status.MET, why, norm)


def not_needed(why: str, norm: str = "") -> Finding:
    """A requirement that does not apply here and asks for no evidence."""
    return Finding(Status.MET, f"Entfällt: {why}", norm, evidence=())


def not_met(why: str, norm: str = "") -> Finding:
    """A requirement that is not met."""
    return Finding(Status.NOT_MET, why, norm)


def ask(why: str, norm: str = "") -> Finding:
    """A requirement that waits for facts from the applicant."""
    return Finding(Status.OPEN, why, norm, applicant_can_settle=True)


def check(why: str, norm: str = "") -> Finding:
    """A requirement that waits for the office or another authority."""
    return Finding(Status.OPEN, why, norm)


def passport(f: Facts) -> Finding:
    """B1: a valid passport on the Stichtag."""
    if f.passport_until is None:
        return ask("Das Ende der Gültigkeit des Passes ist nicht bekannt.")
    if f.passport_until < f.stichtag:
        return ask(f"Der Pass ist seit dem {german(f.passport_until)} abgelaufen.")
    return met(f"Der Pass ist gültig bis {german(f.passport_until)}.")


def identity(f: Facts) -> Finding:
    """B2: identity and nationality are clarified."""
    if not f.nationalities:
        return ask("Die Staatsangehörigkeit ist nicht angegeben.")
    if f.identity_clarified is None:
        return check("Identität und Staatsangehörigkeit sind noch mit Pass und AZR abzugleichen.")
    if not f.identity_clarified:
        return not_met("Identität oder Staatsangehörigkeit sind nicht geklärt.")
    return met("Identität und Staatsangehörigkeit sind mit Pass und AZR abgeglichen.")


def expulsion_interest(f: Facts) -> Finding:
    """B4: no interest in expulsion."""
    if f.expulsion_interest is None:
        return check("BZR und AZR sind auf Ausweisungsinteressen noch nicht geprüft.")
    if f.expulsion_interest:
        return not_met("Es besteht ein Ausweisungsinteresse.", "§ 5 Abs. 1 Nr. 2, § 54 AufenthG")
    return met("BZR und AZR zeigen kein Ausweisungsinteresse.")


def other_interests_entitlement(f: Facts) -> Finding:
    """B5: only checked where there is no entitlement to the title."""
    return met("Nicht zu prüfen: auf die Erteilung besteht ein Anspruch.")


def visa(f: Facts) -> Finding:
    """B6: entry with the required visa, or application in Germany allowed."""
    kind = f.title_kind
    if kind is TitleKind.UNKNOWN:
        return ask("Der bisherige Aufenthaltstitel ist nicht angegeben.")
    if kind in RESIDENCE_TITLES:
        return _visa_with_title(f)
    if kind is TitleKind.VISUMFREI_41:
        return _visa_free(f, "§ 41 Abs. 1 und 3 AufenthV")
    if kind is TitleKind.BLAUE_KARTE_ANDERER_STAAT:
        return _visa_free(f, "§ 18i AufenthG, § 39 Satz 1 AufenthV")
    if f.entry.visa_fits:
        return met("Die Einreise mit dem erforderlichen Visum ist festgestellt.")
    return not_met(
        f"Bisheriger Stand „{kind.value}“: ein Visum für diesen Zweck liegt nicht vor; "
        "zu prüfen ist, ob davon abgesehen wird.",
        "§ 5 Abs. 2 Satz 1 AufenthG",
    )


def _visa_with_title(f: Facts) -> Finding:
    allowed = met(
        f"Antrag im Inland erlaubt: Titel ({f.title_kind.value}) galt am Tag des Antrags.",
        "§ 39 Satz 1 Nr. 1 AufenthV",
    )
    if f.title_kind in UNLIMITED_TITLES:
        return allowed
    until = title_runs_until(f)
    if until is None or f.received_on is None:
        return ask("Das Ende des bisherigen Titels oder der Tag des Antrags ist nicht bekannt.")
    if f.received_on <= until:
        return allowed
    if f.entry.visa_fits:
        return met("Die Einreise mit dem erforderlichen Visum ist festgestellt.")
    return not_met(
        f"Der Titel endete am {german(until)}, der Antrag kam am {german(f.received_on)}.",
        "§ 5 Abs. 2 Satz 1 AufenthG, § 39 Satz 1 Nr. 1 AufenthV",
    )


def _visa_free(f: Facts, norm: str) -> Finding:
    if f.lawful_until is None or f.received_on is None:
        return ask("Der Tag der Einreise oder des Antrags ist nicht bekannt.", norm)
    if f.received_on <= f.lawful_until:
        return met(f"Antrag im Inland bis {german(f.lawful_until)} erlaubt und gestellt.", norm)
    return not_met(
        f"Der Antrag kam am {german(f.received_on)}, möglich war er bis {german(f.lawful_until)}.",
        norm,
    )


def security(f: Facts) -> Finding:
    """B7: the security query is answered and valid; silence never counts."""
    if f.security is SecurityAnswer.FINDINGS:
        return not_met("Die Sicherheitsabfrage ergab Erkenntnisse; sie sind zu bewerten.")
    if f.security is not SecurityAnswer.CLEAR:
        return check(f"Sicherheitsabfrage: {f.security.value}. Schweigen genügt nicht.")
    if f.security_valid_until is None or f.security_valid_until < f.stichtag:
        return check("Die Antwort auf die Sicherheitsabfrage ist nicht mehr aktuell.")
    return met(f"Keine Erkenntnisse; Antwort gültig bis {german(f.security_valid_until)}.")


def entry_ban(f: Facts) -> Finding:
    """B8: no ban on entry and residence."""
    if f.entry_ban is None:
        return check("AZR und SIS sind auf ein Einreiseverbot noch nicht geprüft.")
    if f.entry_ban:
        return not_met("Es besteht ein Einreise- und Aufenthaltsverbot.")
    return met("AZR und SIS zeigen kein Einreiseverbot.")


def biometrics(f: Facts) -> Finding:
    """B10: photo, fingerprints and signature for the card."""
    if f.biometrics_on is None:
        return check("Lichtbild, Fingerabdrücke und Unterschrift fehlen; ein Termin ist nötig.")
    if not f.biometrics_usable:
        return check(f"Die Aufnahme vom {german(f.biometrics_on)} ist nicht verwendbar.")
    return met(f"Aufgenommen am {german(f.biometrics_on)} und verwendbar.")

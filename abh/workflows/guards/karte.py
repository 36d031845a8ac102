"""Rules of the re-issue of a card: does the title still exist, may stored biometrics be re-used."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag
from abh.workflows.checklist import Finding, Status
from abh.workflows.definition import Bedingung
from abh.workflows.facts import RESIDENCE_TITLES, UNLIMITED_TITLES, Facts, TitleKind, german
from abh.workflows.guards.basis import ask, check, met, not_met
from abh.workflows.guards.regeln import Regel, birthday, plus, unbekannt

STORE_ADULT, STORE_MINOR = (
    "biometrie.speicherung.erwachsene",
    "biometrie.speicherung.minderjaehrige",
)
USE, ADULT = "karte.ersatz.nutzung", "familie.kind.volljaehrig"
FINGERS, SIGNS = "biometrie.fingerabdruck.alter", "biometrie.unterschrift.alter"
STICKER = "karte.klebeetikett"
LAW = (STORE_ADULT, STORE_MINOR, USE, ADULT, FINGERS, SIGNS, STICKER)
# § 4(1) S. 2 no. 2-2c: only with these titles may stored biometrics be used again (§ 82(5)).
REUSE_TITLES = RESIDENCE_TITLES - UNLIMITED_TITLES - {TitleKind.NATIONALES_VISUM}

ERLOSCHEN = ja_nein(
    "titel_erloschen",
    "Der Titel ist erloschen oder das Recht verloren",
    "§ 51 AufenthG, § 4a Abs. 7 FreizügG/EU",
    amt=True,
)
GESPEICHERT_AM = tag(
    "biometrie_gespeichert_am",
    "Gespeicherte Biometrie aufgenommen am",
    "§ 61a Abs. 3 AufenthV",
    amt=True,
)
VERLUST_ANGEZEIGT = tag(
    "verlust_angezeigt_am", "Verlust oder Diebstahl angezeigt am", "§ 57a Nr. 1 AufenthV"
)
GESPERRT = ja_nein(
    "karte_gesperrt",
    "Die Karte ist gesperrt und im AZR für ungültig erklärt",
    "§ 57a Nr. 1 AufenthV",
    amt=True,
)
VERSCHULDET = ja_nein(
    "chipdefekt_selbst_verursacht",
    "Der Defekt des Chips ist selbst verursacht",
    "§ 45c Abs. 2 AufenthV",
    amt=True,
)
KEINE_PASSNUMMER = ja_nein(
    "karte_ohne_passnummer", "Die Karte ist ohne Passnummer gedruckt", "§ 78 Abs. 1 AufenthG"
)
EXPRESS = ja_nein("express", "Herstellung im Expressverfahren", "§ 45a AufenthV")
VERSAND = ja_nein("postversand", "Zusendung der Karte", "§ 60a AufenthV")
SCHUTZSTATUS = ja_nein(
    "schutzstatus",
    "Asylberechtigt, als Flüchtling anerkannt oder subsidiär geschützt",
    "§ 52 Abs. 3 AufenthV",
    amt=True,
)
STIPENDIUM = ja_nein(
    "stipendium_oeffentlich",
    "Stipendium aus öffentlichen Mitteln",
    "§ 52 Abs. 5 AufenthV",
    amt=True,
)
HAERTE = ja_nein(
    "haertefall_papier",
    "Eine Karte kann nicht rechtzeitig ausgestellt werden; Härtefall",
    "§ 78a Abs. 1 AufenthG",
    amt=True,
)
ETIKETT_BIS = tag(
    "klebeetikett_bis", "Titel in Papierform gültig bis", "§ 78a Abs. 1 AufenthG", amt=True
)
BESCHEINIGUNG = ja_nein(
    "bescheinigung_erbeten",
    "Bescheinigung über das Aufenthaltsrecht erbeten",
    "§ 47 Abs. 1 Nr. 9 AufenthV",
)
ANSCHRIFT_GEMELDET = ja_nein(
    "anschrift_gemeldet",
    "Die neue Anschrift ist bei der Meldebehörde angemeldet",
    "§ 78 Abs. 7 AufenthG",
)
ANGABEN = (
    ERLOSCHEN,
    GESPEICHERT_AM,
    VERLUST_ANGEZEIGT,
    GESPERRT,
    VERSCHULDET,
    KEINE_PASSNUMMER,
    SCHUTZSTATUS,
    STIPENDIUM,
    EXPRESS,
    VERSAND,
    HAERTE,
    ETIKETT_BIS,
    BESCHEINIGUNG,
    ANSCHRIFT_GEMELDET,
)


def _gueltig(f: Facts) -> Finding:
    gone = f.angabe(ERLOSCHEN.key)
    if f.title_kind is TitleKind.UNKNOWN:
        return ask("Der Aufenthaltstitel ist nicht angegeben.")
    if gone is None:
        return unbekannt(ERLOSCHEN)
    words = f"Titel: {f.title_kind.value}"
    if gone:
        return not_met(f"{words}, erloschen.", "§ 51 AufenthG")
    if f.title_kind in UNLIMITED_TITLES or f.title_kind is TitleKind.FREIZUEGIGKEIT:
        return met(f"{words}, nicht erloschen.")
    if f.title_kind not in RESIDENCE_TITLES:
        return not_met(f"{words}: dazu gibt es keine Karte.")
    if f.title_until is None:
        return ask("Das Ende des Titels ist nicht bekannt.")
    words = f"{words}, gültig bis {german(f.title_until)}."
    return met(words) if f.title_until >= f.stichtag else not_met(words)


gueltig = Regel(_gueltig, (ERLOSCHEN.key, "title_kind", "title_until"))


def wiederverwendbar(f: Facts) -> Finding:
    """Whether the stored capture serves again: title, age of the capture, child's age, use."""
    norm = "§ 82 Abs. 5 AufenthG, § 61a Abs. 3 AufenthV"
    taken = f.angabe(GESPEICHERT_AM.key)
    if f.title_kind not in REUSE_TITLES:
        return not_met(f"{f.title_kind.value}: Wiederverwendung ist nicht erlaubt.", norm)
    if taken is None:
        return not_met("Keine Aufnahme ist gespeichert.", norm)
    adult, use = f.law.zahl(ADULT), f.law.zahl(USE)
    grown = None if adult is None else birthday(f, int(adult.value))
    if use is None or grown is None:
        return check("Eine Wiederverwendung ist nicht zu belegen.")
    key = STORE_ADULT if grown <= taken else STORE_MINOR
    store = f.law.zahl(key)
    if store is None:
        return check(f"Für den {german(f.stichtag)} ist keine Wiederverwendung hinterlegt.")
    until, last = plus(taken, store), plus(taken, use)
    words = f"Aufnahme vom {german(taken)}, verwendbar bis {german(until)}"
    if until < f.stichtag:
        return not_met(f"{words}: abgelaufen.", norm)
    if f.title_until is not None and f.title_until > last:
        return not_met(f"{words}; die neue Karte liefe über den {german(last)} hinaus.", norm)
    if _fehlt_inzwischen(f):
        return not_met(f"{words}; seither sind Fingerabdrücke oder Unterschrift nötig.", norm)
    return met(f"{words}. Ein Termin ist nicht nötig.", norm)


def _fehlt_inzwischen(f: Facts) -> bool:
    taken = f.angabe(GESPEICHERT_AM.key)
    for key in (FINGERS, SIGNS):
        years = f.law.zahl(key)
        day = None if years is None else birthday(f, int(years.value))
        if day is None or taken < day <= f.stichtag:
            return True
    return False


def biometrie(f: Facts) -> Finding:
    """Taken anew in this case, or stored and to be used again."""
    if f.biometrics_on is not None and f.received_on and f.biometrics_on >= f.received_on:
        if f.biometrics_usable:
            return met(f"Neu aufgenommen am {german(f.biometrics_on)}.")
        return check(f"Die Aufnahme vom {german(f.biometrics_on)} ist nicht verwendbar.")
    found = wiederverwendbar(f)
    return found if found.status is Status.MET else check(f"{found.why} Ein Termin ist nötig.")


biometrie_regel = Regel(biometrie, (GESPEICHERT_AM.key, "biometrics_on", "biometrics_usable"))


def etikett(f: Facts) -> Finding:
    """The paper title of a hardship case runs at most the dated length (§ 78a(1))."""
    until, length = f.angabe(ETIKETT_BIS.key), f.law.zahl(STICKER)
    if f.angabe(HAERTE.key) is not True:
        return not_met("Ein Härtefall ist nicht festgestellt.")
    if until is None or length is None:
        return unbekannt(ETIKETT_BIS)
    last = plus(f.today, length)
    words = f"Papierform bis {german(until)}, längstens {german(last)}."
    return met(words) if until <= last else not_met(words)


def ohne_passnummer(f: Facts) -> Finding:
    """With unlimited titles a new passport needs no new card if none is printed (§ 78(1))."""
    if f.title_kind in UNLIMITED_TITLES and f.angabe(KEINE_PASSNUMMER.key) is True:
        return not_met("Die Karte nennt keine Passnummer; eine neue ist nicht nötig.")
    return met("Die Karte nennt die Nummer des alten Passes.")


UNIONSRECHT = Bedingung(
    "Karte nach dem FreizügG/EU", lambda f: f.title_kind is TitleKind.FREIZUEGIGKEIT
)

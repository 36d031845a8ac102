"""Facts, rules and guards of the Fiktionsbescheinigung (§ 81(5), (5a), (7) AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, ClockRule, guard
from abh.workflows.facts import Facts, TitleKind, german, title_runs_until
from abh.workflows.fiktion import FiktionKind, fiktion
from abh.workflows.guards.basis import ask, check, met, not_met
from abh.workflows.guards.regeln import alle, ja, plus

WUNSCH = ja_nein("bescheinigung_gewuenscht", "Bescheinigung sofort gewünscht", "§ 81 Abs. 5")
ED_NOETIG = ja_nein("ed_noetig", "Identität ist zu sichern", "§ 49, § 81 Abs. 7", amt=True)
ED_AM = tag("ed_erledigt_am", "Maßnahmen durchgeführt und gespeichert am", "§ 81 Abs. 7", amt=True)
VORDRUCK = text("vordruck_nummer", "Nummer des Vordrucks", "§ 78a Abs. 5 AufenthG", amt=True)
AZR_NUMMER = text("azr_nummer", "AZR-Nummer", "§ 78a Abs. 5 AufenthG", amt=True)
GILT_BIS = tag("bescheinigung_bis", "Bescheinigung gilt bis", "§ 81 Abs. 5 AufenthG", amt=True)
KARTE_BESTELLT = ja_nein(
    "karte_bestellt", "Karte des neuen Titels ist bestellt", "§ 81 Abs. 5a", amt=True
)
ABSCHNITT_3_4 = ja_nein(
    "titel_zu_ausbildung_oder_arbeit",
    "Titel nach Kapitel 2 Abschnitt 3 oder 4",
    "§ 81 Abs. 5a",
    amt=True,
)
TAETIGKEIT = text("erlaubte_taetigkeit", "Text der erlaubten Tätigkeit", "§ 81 Abs. 5a", amt=True)
ENDE = text("hauptvorgang_beendet", "Entschieden, ausgehändigt oder sonst beendet", amt=True)
FAHRLAESSIG = ja_nein(
    "nur_fahrlaessig", "Verspätung nur aus Fahrlässigkeit", "§ 81 Abs. 4 Satz 3", amt=True
)
KURZ = ja_nein("nur_kurz_verspaetet", "Nur kurz verspätet", "§ 81 Abs. 4 Satz 3", amt=True)
AUSSICHT = ja_nein(
    "titel_zu_erwarten", "Der Titel ist bei summarischer Prüfung zu erwarten", amt=True
)
SCHUTZSTATUS = ja_nein(
    "schutzstatus", "Asylberechtigt, Flüchtling oder subsidiär geschützt", "§ 52 Abs. 3"
)
STIPENDIUM = ja_nein("stipendium", "Stipendium aus öffentlichen Mitteln", "§ 52 AufenthV")
ANGABEN = (
    WUNSCH,
    ED_NOETIG,
    ED_AM,
    VORDRUCK,
    AZR_NUMMER,
    GILT_BIS,
    KARTE_BESTELLT,
    ABSCHNITT_3_4,
    TAETIGKEIT,
    ENDE,
    FAHRLAESSIG,
    KURZ,
    AUSSICHT,
    SCHUTZSTATUS,
    STIPENDIUM,
)
LAW = ("fiktionsbescheinigung.ausstellen", "fiktionsbescheinigung.dauer")


def eingang(f: Facts) -> Finding:
    """F1: the day of receipt, the old title and its end are known."""
    found = fiktion(f)
    if found.kind is FiktionKind.OPEN:
        return ask(found.reasons[0].text, found.norm)
    return met("Eingang, bisheriger Stand und dessen Ende sind bekannt.")


def grundlage(f: Facts) -> Finding:
    """F2: lawful stay without title, or a title that was valid or is ordered to continue."""
    found = fiktion(f)
    if found.case in ("F2_VERSPAETET_MIT_TITEL", "F2_KEIN_RECHTMAESSIGER_AUFENTHALT"):
        return not_met(found.reasons[0].text, found.norm)
    if found.case == "F2_UNBEFRISTET":
        return not_met(found.reasons[0].text, found.norm)
    return met(found.reasons[0].text, found.norm)


def kein_schengen(f: Facts) -> Finding:
    """F3: a Schengen visa does not continue."""
    if f.title_kind is TitleKind.SCHENGEN_VISUM:
        return not_met("Ein Schengen-Visum besteht nicht fort.")
    return met("Kein Schengen-Visum.")


def kein_104c(f: Facts) -> Finding:
    """F4: from a § 104c title only §§ 25a and 25b have the effect."""
    if fiktion(f).case == "F4_104C":
        return not_met("Aus § 104c wirkt nur ein Antrag auf § 25a oder § 25b.")
    return met("Die Ausnahme des § 104c greift nicht.")


def ed(f: Facts) -> Finding:
    """F5: no paper before the measures that secure identity (§ 81(7))."""
    if f.angabe(ED_NOETIG.key) is False:
        return met("Die Identität muss nicht eigens gesichert werden.")
    if f.angabe(ED_AM.key) is not None:
        return met("Die Maßnahmen sind durchgeführt und gespeichert.")
    return check("Die erkennungsdienstlichen Maßnahmen stehen aus oder sind nicht geprüft.")


def kein_asyl(f: Facts) -> Finding:
    """F6: an asylum application ends the effect, apart from § 55(2) S. 2 AsylG."""
    found = fiktion(f)
    if found.case == "F6_ASYL":
        return not_met(found.reasons[0].text, found.norm)
    return met("Kein Asylantrag hat die Wirkung beendet.")


HAERTE = alle(
    ja(FAHRLAESSIG, "Nur fahrlässig verspätet.", "Nicht nur fahrlässig verspätet."),
    ja(KURZ, "Nur kurz verspätet.", "Nicht nur kurz verspätet."),
    ja(AUSSICHT, "Der Titel ist zu erwarten.", "Der Titel ist nicht zu erwarten."),
)


def _due(f: Facts) -> bool:
    """Without a title the paper is due at once; with one when it ends soon, or on wish."""
    found = fiktion(f)
    if not found.is_effective:
        return False
    weeks, until = f.law.zahl("fiktionsbescheinigung.ausstellen"), title_runs_until(f)
    if found.kind is not FiktionKind.CONTINUING or f.angabe(WUNSCH.key) or until is None:
        return True
    return weeks is not None and plus(f.today, weeks) >= until


AUSSTELLEN = Bedingung("Die Bescheinigung ist jetzt nötig oder gewünscht", _due)
WIRKUNGSLOS = Bedingung(
    "Der Antrag hat keine Wirkung, und keine Anordnung ist möglich",
    lambda f: fiktion(f).kind is FiktionKind.NONE and not fiktion(f).order_possible,
)
ANORDNUNG_MOEGLICH = Bedingung(
    "Antrag nach Ablauf des Titels, Anordnung möglich", lambda f: fiktion(f).order_possible
)
UNKLAR = Bedingung("Angaben zur Wirkung fehlen", lambda f: fiktion(f).kind is FiktionKind.OPEN)
BEENDET = Bedingung(
    "Hauptvorgang beendet oder Wirkung erloschen",
    lambda f: bool(f.angabe(ENDE.key)) or fiktion(f).case == "F6_ASYL",
)


@guard("Nummer des Vordrucks und AZR-Nummer sind erfasst", "§ 78a Abs. 5 AufenthG")
def nummern_erfasst(f: Facts) -> Reason | None:
    missing = [a.label for a in (VORDRUCK, AZR_NUMMER) if not f.angabe(a.key)]
    return Reason(f"Es fehlt: {', '.join(missing)}.") if missing else None


@guard("Das Ende der Bescheinigung ist festgelegt und nicht zu lang", "§ 81 Abs. 5 AufenthG")
def dauer_zulaessig(f: Facts) -> Reason | None:
    until, length = f.angabe(GILT_BIS.key), f.law.zahl("fiktionsbescheinigung.dauer")
    if until is None or length is None:
        return Reason("Das Ende der Bescheinigung ist nicht festgelegt.")
    last = plus(f.today, length)
    if f.today < until <= last:
        return None
    return Reason(f"Möglich ist heute bis {german(last)}, festgelegt ist {german(until)}.")


@guard("Die Bescheinigung ist abgelaufen, die Wirkung nicht", "§ 81 Abs. 3 bis 5 AufenthG")
def papier_abgelaufen(f: Facts) -> Reason | None:
    until: date | None = f.angabe(GILT_BIS.key)
    if until is None:
        return Reason("Das Ende der Bescheinigung ist nicht bekannt.")
    return None if f.today > until else Reason(f"Die Bescheinigung gilt bis {german(until)}.")


@guard("Die Anordnung trägt ein Datum ab dem Antrag", "§ 81 Abs. 4 Satz 3 AufenthG")
def anordnung_datiert(f: Facts) -> Reason | None:
    if fiktion(f).case == "F2_ANGEORDNET":
        return None
    return Reason("Der Tag der Anordnung fehlt oder liegt vor dem Antrag.")


@guard("Die Karte eines Titels zu Ausbildung oder Arbeit ist bestellt", "§ 81 Abs. 5a AufenthG")
def eintrag_5a_moeglich(f: Facts) -> Reason | None:
    if not f.angabe(ABSCHNITT_3_4.key):
        return Reason("Der Titel gehört nicht zu Kapitel 2 Abschnitt 3 oder 4.")
    if not f.angabe(KARTE_BESTELLT.key):
        return Reason("Die Karte ist nicht bestellt.")
    return None if f.angabe(TAETIGKEIT.key) else Reason("Der Text der Tätigkeit fehlt.")


F4W = ClockRule(
    "F4W",
    "Erneuerung der Fiktionsbescheinigung",
    "§ 81 Abs. 5 AufenthG",
    ("fiktionsbescheinigung.erneuern",),
    starts="Ende der Bescheinigung, rückwärts gerechnet",
    ends="Erneuerung oder Ende der Wirkung",
    start_steps=("bescheinigen", "neu_ausstellen"),
    end_steps=("wirkung_beenden",),
    anchor=lambda f: f.angabe(GILT_BIS.key),
    before=True,
    effect="Neue Bescheinigung, solange der Hauptvorgang offen ist",
)

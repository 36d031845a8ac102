"""Facts and rules of the accelerated procedure for skilled workers (§ 81a AufenthG)."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, guard
from abh.workflows.facts import Facts
from abh.workflows.guards.basis import check, met, not_met, not_needed
from abh.workflows.guards.regeln import Regel

EIGEN, ZFE = "eigen", "zfe"
ZWECK = wahl(
    "zweck",
    "Aufenthaltszweck",
    {
        "16a": "§ 16a Aus- und Weiterbildung",
        "16d": "§ 16d Anerkennung",
        "18a": "§ 18a Berufsausbildung",
        "18b": "§ 18b akademische Ausbildung",
        "18c3": "§ 18c Abs. 3 hoch qualifiziert",
        "18g": "§ 18g Blaue Karte EU",
        "qualifiziert": "sonstige qualifizierte Beschäftigung (§ 81a Abs. 5)",
        "anderer": "anderer Zweck",
    },
    "§ 81a Abs. 1 und 5 AufenthG",
)
ERLAUBT = tuple(key for key in ZWECK.choices if key != "anderer")
VOLLMACHT = ja_nein(
    "vollmacht_versichert",
    "Arbeitgeber versichert die Vollmacht der Fachkraft",
    "§ 81a Abs. 1 und 2 AufenthG",
)
BERATEN_AM = tag("beraten_am", "Beraten am", "§ 81a Abs. 3 Satz 1 Nr. 1 AufenthG", amt=True)
VEREINBART = ja_nein(
    "vereinbarung_unterschrieben",
    "Beide Seiten haben die Vereinbarung geschlossen",
    "§ 81a Abs. 2 AufenthG",
    amt=True,
)
ANERKENNUNG_NOETIG = ja_nein(
    "anerkennung_noetig", "Feststellung der Gleichwertigkeit ist nötig", amt=True
)
EINGANG_AM = tag(
    "anerkennung_eingang_am", "Eingang bei der Anerkennungsstelle bestätigt am", amt=True
)
VOLLSTAENDIG_AM = tag(
    "anerkennung_vollstaendig_am", "Unterlagen bei der Anerkennungsstelle vollständig am", amt=True
)
NACHFORDERUNG_AM = tag(
    "nachforderung_am", "Nachforderung der Anerkennungsstelle vom", "§ 81a Abs. 3", amt=True
)
ERGEBNIS = wahl(
    "anerkennung_ergebnis",
    "Ergebnis der Anerkennung",
    {"voll": "volle Gleichwertigkeit", "teilweise": "teilweise", "keine": "keine"},
    "§ 81a Abs. 3 AufenthG",
    amt=True,
)
WILL_16D = ja_nein("will_16d", "Arbeitgeber und Fachkraft wollen § 16d nutzen", "§ 81a Abs. 3")
BA_NOETIG = ja_nein("ba_noetig", "Zustimmung der Bundesagentur ist nötig", "§ 39", amt=True)
TITEL = ja_nein(
    "titel_voraussetzungen", "Voraussetzungen des Titels sind geprüft und erfüllt", amt=True
)
FAMILIE = ja_nein("familie_mit", "Familie zieht in zeitlichem Zusammenhang nach", "§ 81a Abs. 4")
TERMIN_AM = tag("visum_termin_am", "Termin bei der Auslandsvertretung am", "§ 31a AufenthV")
VISUM_VOLLSTAENDIG_AM = tag(
    "visum_vollstaendig_am", "Visumantrag vollständig am", "§ 31a Abs. 2 AufenthV", amt=True
)
VISUM = wahl(
    "visum",
    "Visum",
    {"erteilt": "erteilt", "abgelehnt": "abgelehnt"},
    "§ 6 Abs. 3 AufenthG",
    amt=True,
)
EINREISE_AM = tag("eingereist_am", "Eingereist am", amt=True)
VISUM_BIS = tag("visum_bis", "Visum gilt bis", "§ 6 Abs. 3 AufenthG", amt=True)
TITEL_BEANTRAGT_AM = tag(
    "titel_beantragt_am", "Titel nach der Einreise beantragt am", "§ 81 Abs. 1 AufenthG", amt=True
)
ANGABEN = (
    *(ZWECK, VOLLMACHT, BERATEN_AM, VEREINBART, ANERKENNUNG_NOETIG, EINGANG_AM, VOLLSTAENDIG_AM),
    *(NACHFORDERUNG_AM, ERGEBNIS, WILL_16D, BA_NOETIG, TITEL, FAMILIE, TERMIN_AM),
    *(VISUM_VOLLSTAENDIG_AM, VISUM, EINREISE_AM, VISUM_BIS, TITEL_BEANTRAGT_AM),
)


def recognition_settled(f: Facts) -> bool:
    """Whether no recognition is needed, or its result carries the purpose."""
    if f.angabe(ANERKENNUNG_NOETIG.key) is False:
        return True
    result = f.angabe(ERGEBNIS.key)
    partial = result == "teilweise" and f.angabe(ZWECK.key) == "16d"
    return bool(result == "voll" or partial)


def _anerkennung(f: Facts) -> Finding:
    needed, result = f.angabe(ANERKENNUNG_NOETIG.key), f.angabe(ERGEBNIS.key)
    if needed is None:
        return check("Ob eine Anerkennung nötig ist, ist nicht geprüft.")
    if not needed:
        return not_needed("eine Anerkennung ist nicht nötig.")
    if result is None:
        return check("Das Ergebnis der Anerkennung steht aus.")
    words = f"Ergebnis der Anerkennung: {ERGEBNIS.words(result)}."
    return met(words) if recognition_settled(f) else not_met(words)


def _ba(f: Facts) -> Finding:
    needed = f.angabe(BA_NOETIG.key)
    if needed is None:
        return check("Ob die Bundesagentur zustimmen muss, ist nicht geprüft.")
    if not needed:
        return not_needed("die Bundesagentur muss nicht zustimmen.")
    part = next((p for p in reversed(f.participations) if p.kind.key == "BA_EILIG"), None)
    if part is None or not part.is_answered:
        return check("Die Antwort der Bundesagentur steht aus.")
    if part.is_consent:
        return met("Die Bundesagentur hat zugestimmt, oder ihr Schweigen gilt als Zustimmung.")
    return not_met("Die Bundesagentur hat die Zustimmung versagt.")


anerkennung = Regel(_anerkennung, (ANERKENNUNG_NOETIG.key, ERGEBNIS.key))
ba_zustimmung = Regel(_ba, (BA_NOETIG.key,))
MIT_ANERKENNUNG = Bedingung(
    "eine Anerkennung ist nötig und noch nicht beschieden",
    lambda f: bool(f.angabe(ANERKENNUNG_NOETIG.key)) and f.angabe(ERGEBNIS.key) is None,
)
MIT_BA = Bedingung(
    "die Bundesagentur muss zustimmen, die Anerkennung ist geklärt",
    lambda f: bool(f.angabe(BA_NOETIG.key)) and recognition_settled(f),
)


@guard("Die Anerkennung ist geklärt", "§ 81a Abs. 3 Satz 1 Nr. 2 AufenthG")
def anerkennung_geklaert(f: Facts) -> Reason | None:
    return None if recognition_settled(f) else Reason("Die Anerkennung ist nicht geklärt.")


@guard("Eine Anerkennung ist noch zu beantragen", "§ 81a Abs. 3 Satz 1 Nr. 2 AufenthG")
def anerkennung_offen(f: Facts) -> Reason | None:
    if f.angabe(ANERKENNUNG_NOETIG.key) and f.angabe(ERGEBNIS.key) is None:
        return None
    return Reason("Eine Anerkennung ist nicht nötig oder schon beschieden.")


@guard("Die Bundesagentur muss zustimmen, ihre Unterlagen liegen vor", "§ 39 AufenthG")
def ba_anzufragen(f: Facts) -> Reason | None:
    if not f.angabe(BA_NOETIG.key):
        return Reason("Die Bundesagentur muss nicht zustimmen.")
    if f.evidence.get("ezb", 0) > 0:
        return None
    return Reason("Die Erklärung zum Beschäftigungsverhältnis fehlt.")


@guard("Die Bundesagentur muss nicht zustimmen", "§ 39 AufenthG, BeschV")
def ba_entbehrlich(f: Facts) -> Reason | None:
    if f.angabe(BA_NOETIG.key) is False:
        return None
    return Reason("Die Zustimmung der Bundesagentur ist nötig oder nicht geprüft.")

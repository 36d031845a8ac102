"""Rules of change and end of employment (§§ 4a, 18(5), 18g(4), 82(6) AufenthG, § 9 BeschV)."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, guard
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import met, not_met
from abh.workflows.guards.regeln import Regel, kein_wert, plus, unbekannt

TRIAL, SUSPENSION = "wechsel.blaue_karte.zeitraum", "wechsel.blaue_karte.aussetzung"
FREE_WORK, FREE_STAY = "beschv.vorbeschaeftigung", "beschv.voraufenthalt"
WAIT = "duldung.arbeit.wartezeit"
STAY, STAY_LONG = "beschaeftigungsende.verbleib", "beschaeftigungsende.verbleib.ausbeutung"
LAW = (TRIAL, SUSPENSION, FREE_WORK, FREE_STAY, WAIT, STAY, STAY_LONG)

AUFENTHALT_GUELTIG = ja_nein(
    "aufenthalt_gueltig",
    "Titel, Fiktion, Duldung oder Gestattung gilt noch",
    "§ 4a AufenthG",
    amt=True,
)
STELLE_PASST = ja_nein(
    "stelle_erfuellt_titel",
    "Die neue Beschäftigung erfüllt die Voraussetzungen des Titels",
    "§ 4a Abs. 3 AufenthG",
    amt=True,
)
BERUFSERLAUBNIS = ja_nein(
    "berufserlaubnis_geklaert",
    "Nötige Erlaubnisse für den Beruf liegen vor oder sind nicht nötig",
    "§ 18 Abs. 2 Nr. 3 AufenthG",
)
VERSICHERTE_MONATE = zahl(
    "versicherte_monate", "Versicherungspflichtig beschäftigt", "Monate", "§ 9 Abs. 1 Nr. 1 BeschV"
)
ERLAUBT_SEIT = tag(
    "aufenthalt_erlaubt_seit",
    "Ununterbrochen erlaubt oder geduldet hier seit",
    "§ 9 Abs. 1 Nr. 2 BeschV",
)
SELBSTAENDIG_ERLAUBT = ja_nein(
    "erlaubnisse_selbstaendig",
    "Erlaubnisse für die selbständige Tätigkeit sind erteilt oder zugesagt",
    "§ 21 Abs. 6 AufenthG",
)
ZWECK_BLEIBT = ja_nein(
    "zweck_bleibt",
    "Der bisherige Aufenthaltszweck bleibt bestehen",
    "§ 21 Abs. 6 AufenthG",
    amt=True,
)
WARTEZEIT_SEIT = tag(
    "wartezeit_seit",
    "Wartezeit läuft seit (Registrierung oder erlaubter oder geduldeter Aufenthalt)",
    "§ 61 AsylG, § 32 BeschV",
    amt=True,
)
ARBEITSVERBOT = ja_nein(
    "arbeitsverbot",
    "Ein Verbot der Erwerbstätigkeit besteht",
    "§ 60a Abs. 6 AufenthG, § 61 AsylG",
    amt=True,
)
KARTE_BESCHAEFTIGT_SEIT = tag(
    "blaue_karte_beschaeftigt_seit", "Mit Blauer Karte EU beschäftigt seit", "§ 18g Abs. 4 AufenthG"
)
VORAUSSETZUNGEN_18G = ja_nein(
    "voraussetzungen_18g", "Die neue Beschäftigung erfüllt § 18g", "§ 18g Abs. 4 AufenthG", amt=True
)
BEDENKEN = text("bedenken_18g", "Bedenken gegen den Wechsel", "§ 18g Abs. 4 AufenthG", amt=True)
BA_NOETIG = ja_nein(
    "ba_noetig",
    "Das Gehalt trägt nur mit Zustimmung der Bundesagentur",
    "§ 18g Abs. 1 Satz 2 AufenthG",
    amt=True,
)
BEENDET_AM = tag("beschaeftigung_beendet_am", "Beschäftigung beendet am", "§ 82 Abs. 6 AufenthG")
KENNTNIS_AM = tag(
    "kenntnis_beendigung_am",
    "Kenntnis vom vorzeitigen Ende am",
    "§ 82 Abs. 6, § 4a Abs. 5 AufenthG",
)
MELDUNG_PERSON = tag(
    "meldung_person_am", "Mitteilung der beschäftigten Person vom", "§ 82 Abs. 6 AufenthG"
)
MELDUNG_ARBEITGEBER = tag(
    "meldung_arbeitgeber_am",
    "Mitteilung des Arbeitgebers vom",
    "§ 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
)
AUSBEUTUNG = ja_nein(
    "ausbeutung",
    "Anhaltspunkte für ausbeuterische Arbeitsbedingungen",
    "§ 18 Abs. 5 AufenthG",
    amt=True,
)
NEUER_ZWECK = ja_nein(
    "neuer_zweck", "Neue erlaubte Beschäftigung oder anderer Titel", "§ 7 Abs. 2 Satz 2 AufenthG"
)
ANGABEN = (
    AUFENTHALT_GUELTIG,
    STELLE_PASST,
    BERUFSERLAUBNIS,
    VERSICHERTE_MONATE,
    ERLAUBT_SEIT,
    SELBSTAENDIG_ERLAUBT,
    ZWECK_BLEIBT,
    WARTEZEIT_SEIT,
    ARBEITSVERBOT,
    KARTE_BESCHAEFTIGT_SEIT,
    VORAUSSETZUNGEN_18G,
    BEDENKEN,
    BA_NOETIG,
    BEENDET_AM,
    KENNTNIS_AM,
    MELDUNG_PERSON,
    MELDUNG_ARBEITGEBER,
    AUSBEUTUNG,
    NEUER_ZWECK,
)


def frei_nach_9(f: Facts) -> bool:
    """Whether no consent is needed: two years insured work or three years of stay (§ 9 BeschV)."""
    months, work = f.angabe(VERSICHERTE_MONATE.key), f.law.zahl(FREE_WORK)
    since, stay = f.angabe(ERLAUBT_SEIT.key), f.law.zahl(FREE_STAY)
    if months is not None and work is not None and months >= 12 * int(work.value):
        return True
    return since is not None and stay is not None and plus(since, stay) <= f.stichtag


def _erste_zwoelf_monate(f: Facts) -> Finding:
    since, length = f.angabe(KARTE_BESCHAEFTIGT_SEIT.key), f.law.zahl(TRIAL)
    if length is None:
        return kein_wert(f, TRIAL)
    if since is None:
        return unbekannt(KARTE_BESCHAEFTIGT_SEIT)
    until, told = plus(since, length), f.received_on or f.today
    words = f"Beschäftigt seit {german(since)}, Wechsel mitgeteilt am {german(told)}."
    if told < until:
        return met(f"{words} Geprüft werden kann bis vor den {german(until)}.")
    return not_met(f"{words} Seit dem {german(until)} ist der Wechsel frei.")


in_den_ersten_zwoelf_monaten = Regel(_erste_zwoelf_monate, (KARTE_BESCHAEFTIGT_SEIT.key,))
FREI_NACH_ZWOELF = Bedingung(
    "Blaue Karte EU seit mindestens zwölf Monaten",
    lambda f: _erste_zwoelf_monate(f).status.value == "not_met",
)


@guard("Die Voraussetzungen der Blauen Karte EU fehlen", "§ 18g Abs. 4 AufenthG")
def wechsel_nicht_erfuellt(f: Facts) -> Reason | None:
    if f.angabe(VORAUSSETZUNGEN_18G.key) is False:
        return None
    return Reason("Es ist nicht festgestellt, dass die neue Beschäftigung § 18g nicht erfüllt.")


@guard(
    "Die Zeit zur Suche ist um, ein neuer Zweck besteht nicht", "§ 18 Abs. 5, § 7 Abs. 2 AufenthG"
)
def suche_erfolglos(f: Facts) -> Reason | None:
    if f.angabe(NEUER_ZWECK.key) is not False:
        return Reason("Ob ein neuer Zweck besteht, ist nicht verneint.")
    uhr = f.uhren.get("SUCHE9") or f.uhren.get("SUCHE6")
    if uhr is None or uhr.due is None:
        return Reason("Die Zeit zur Suche läuft noch nicht.")
    if f.today > uhr.due:
        return None
    return Reason(f"Die Zeit zur Suche läuft noch bis {german(uhr.due)}.")

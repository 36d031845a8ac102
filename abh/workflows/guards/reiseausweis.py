"""Facts and rules of travel documents for foreigners (§§ 4 to 13, 55 AufenthV, Art. 28 GFK)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text, wahl
from abh.workflows.definition import Bedingung, ClockRule, guard
from abh.workflows.facts import UNLIMITED_TITLES, Facts, german
from abh.workflows.guards.regeln import birthday, plus, variante

AUSLAENDER = variante("auslaender")
SCHUTZ = variante("fluechtling", "staatenlos", "subsidiaer")
STATUS_NOETIG = variante("fluechtling", "staatenlos", "subsidiaer", "vorlaeufig_schutz")
PASS_PRUEFEN = variante(
    "auslaender", "subsidiaer", "vorlaeufig", "ausweisersatz", "ausweisersatz_ausgesetzt"
)
SOFORT = variante(
    "vorlaeufig", "vorlaeufig_schutz", "notreise", "ausweisersatz", "ausweisersatz_ausgesetzt"
)
ERSATZ = variante("ausweisersatz", "ausweisersatz_ausgesetzt")
NOTREISE = variante("notreise")

STATUS = ja_nein("status_anerkannt", "Status ist unanfechtbar und nicht widerrufen", amt=True)
ANDERES_DOKUMENT = ja_nein(
    "dokument_anderer_staat",
    "Hat ein Reisedokument eines anderen Staates",
    "§ 1 Abs. 3 AufenthV",
    amt=True,
)
ANLASS = wahl(
    "anlass",
    "Anlass des Reiseausweises",
    {
        "titel": "Titel ist erteilt",
        "zusage": "Titel wird zugleich erteilt",
        "ausreise": "endgültige Ausreise",
        "asyl": "Asylverfahren, unabweisbares Bedürfnis",
        "keiner": "keiner davon",
    },
    "§ 6 AufenthV",
    amt=True,
)
PASS_ZUMUTBAR = ja_nein(
    "pass_zumutbar",
    "Ein Pass ist auf zumutbare Weise zu erlangen",
    "§ 5 Abs. 1 und 2 AufenthV",
    amt=True,
)
SPERRE = ja_nein(
    "sperre_reiseausweis", "Ausschluss nach § 5 Abs. 3 oder 4 AufenthV", "§ 5 Abs. 3, 4", amt=True
)
HAERTE = ja_nein(
    "notreise_grund",
    "Unbillige Härte oder besonderes öffentliches Interesse",
    "§ 13 AufenthV",
    amt=True,
)
AUFENTHALT_GEREGELT = ja_nein(
    "titel_oder_aussetzung",
    "Hat einen Titel, oder die Abschiebung ist ausgesetzt",
    "§ 48 Abs. 2",
    amt=True,
)
DOKUMENT_BIS = tag("dokument_bis", "Dokument gilt bis", amt=True)
VERLUST_AM = tag("verlust_am", "Verlust gemeldet am", "§ 56 Abs. 1 Nr. 5 AufenthV")
ENTZUG = text("entzug_grund", "Grund der Entziehung", "§ 4 Abs. 7 AufenthV", amt=True)
ANGABEN = (
    STATUS,
    ANDERES_DOKUMENT,
    ANLASS,
    PASS_ZUMUTBAR,
    SPERRE,
    HAERTE,
    AUFENTHALT_GEREGELT,
    DOKUMENT_BIS,
    VERLUST_AM,
    ENTZUG,
)
DAUER = {
    "fluechtling": "reiseausweis.dauer.schutz",
    "staatenlos": "reiseausweis.dauer.schutz",
    "vorlaeufig": "reiseausweis.dauer.vorlaeufig",
    "vorlaeufig_schutz": "reiseausweis.dauer.vorlaeufig",
    "notreise": "reiseausweis.dauer.notreise",
}
JUNG_DAUER, LANG_DAUER = "reiseausweis.dauer.jung", "reiseausweis.dauer.lang"
LAW = (
    "reiseausweis.alter.lang",
    "reiseausweis.alter.kind",
    "reiseausweis.dauer.schutz",
    "reiseausweis.dauer.vorlaeufig",
    "reiseausweis.dauer.notreise",
    JUNG_DAUER,
)


def _under(f: Facts, key: str) -> bool:
    years = f.law.zahl(key)
    day = birthday(f, int(years.value)) if years is not None else None
    return day is not None and f.stichtag < day


UNTER_24 = Bedingung("unter 24 Jahren", lambda f: _under(f, "reiseausweis.alter.lang"))
KIND = Bedingung("unter zwölf Jahren", lambda f: _under(f, "reiseausweis.alter.kind"))


def gilt_bis(f: Facts) -> date | None:
    """§ 8 AufenthV: by kind and age, and for foreigners never longer than the title.

    With an unlimited title refugees and stateless persons get the length by age.
    """
    unlimited = f.title_kind in UNLIMITED_TITLES
    key = DAUER.get(f.variante)
    if key == "reiseausweis.dauer.schutz" and unlimited:
        key = None
    if key is None and UNTER_24(f):
        key = JUNG_DAUER
    length = f.law.zahl(key) if key else None
    ends = [plus(f.stichtag, length)] if length is not None else []
    if not SCHUTZ(f) and not NOTREISE(f) and not unlimited and f.title_until is not None:
        ends.append(f.title_until)
    return min(ends) if ends else None


@guard("Das Dokument ist abgelaufen", "§ 8 AufenthV")
def dokument_abgelaufen(f: Facts) -> Reason | None:
    until = f.angabe(DOKUMENT_BIS.key)
    if until is None:
        return Reason("Das Ende des Dokuments ist nicht bekannt.")
    return None if f.today > until else Reason(f"Das Dokument gilt noch bis {german(until)}.")


BEMUEHUNGEN = ClockRule(
    "BEMUEHUNGEN",
    "Bemühungen um einen Pass",
    "§ 82 Abs. 1 Satz 3 AufenthG, § 5 Abs. 2 AufenthV",
    ("reiseausweis.bemuehungen",),
    starts="Plan für die Bemühungen",
    ends="Nachweis oder Ablauf",
    start_steps=("bemuehungen_aufgeben",),
    end_steps=("bemuehungen_belegt", "bemuehungen_vorbei"),
    effect="Prüfung nach Lage der Akte",
)
HERSTELLUNG = ClockRule(
    "HERSTELLUNG",
    "Herstellung des Dokuments",
    "§ 4 AufenthV",
    ("reiseausweis.herstellung",),
    starts="Bestellung",
    ends="Eingang des Dokuments oder Nachfrage",
    start_steps=("dokument_bestellen",),
    end_steps=("dokument_eingetroffen", "herstellung_nachfragen"),
    effect="Nachfrage bei der Bundesdruckerei und Nachricht",
)

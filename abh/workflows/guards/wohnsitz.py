"""Facts, rules and clocks of the residence obligation (§§ 12a, 61(1d) AufenthG, § 60 AsylG)."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import betrag, ja_nein, tag, text, wahl, zahl
from abh.workflows.beteiligung import ABH, ABH_ZUZUG, PART_LABELS
from abh.workflows.checklist import Finding, Status
from abh.workflows.definition import Bedingung, ClockRule, guard
from abh.workflows.facts import Facts
from abh.workflows.guards.basis import check, met, not_met, not_needed
from abh.workflows.guards.bausteine import uhr_abgelaufen
from abh.workflows.guards.regeln import (
    alle,
    eines,
    ist,
    ja,
    mindestens,
    reicht_fuer,
    unbekannt,
    variante,
)

P12A = variante("p12a")
P61 = variante("p61_1d")
ANFRAGE = variante("anfrage")

VERPFLICHTUNG = ja_nein(
    "verpflichtung_besteht", "Eine Verpflichtung zum Wohnsitz besteht", amt=True
)
VERPFLICHTET_SEIT = tag(
    "verpflichtet_seit", "Anerkennung oder erster Titel am", "§ 12a Abs. 1 Satz 1", amt=True
)
UMZUG = ja_nein("umzug_andere_behoerde", "Umzug in den Bezirk einer anderen Ausländerbehörde")
GRUND = wahl(
    "umzugsgrund",
    "Grund des Umzugs",
    {
        "arbeit": "versicherungspflichtige Beschäftigung",
        "einkommen": "den Lebensunterhalt überwiegend sicherndes Einkommen",
        "ausbildung": "Ausbildungs- oder Studienplatz",
        "kurs": "Integrationskurs, Berufssprachkurs oder Maßnahme",
        "familie": "Ehegatte oder minderjährige Kinder leben anderswo",
        "haerte": "Härte",
    },
    "§ 12a Abs. 5 AufenthG",
)
STUNDEN = zahl("wochenstunden", "Wochenstunden der Beschäftigung", "Stunden", "§ 12a Abs. 5")
EINKOMMEN = betrag("einkommen_monat", "Einkommen im Monat", "§ 12a Abs. 5", unit="Euro im Monat")
BEDARF = betrag(
    "bedarf_einzelperson",
    "Bedarf einer Einzelperson nach §§ 20, 22 SGB II",
    unit="Euro im Monat",
    amt=True,
)
MASSNAHME_MONATE = zahl("massnahme_monate", "Dauer der Maßnahme", "Monate", "§ 12a Abs. 5")
BELEGT = ja_nein("grund_belegt", "Der Grund ist belegt", amt=True)
KINDESWOHL = ja_nein("kindeswohl", "Leistungen der Jugendhilfe oder Kindeswohl betroffen", amt=True)
ANFRAGE_AM = tag("anfrage_eingegangen_am", "Anfrage der anderen Behörde eingegangen am", amt=True)
WEGFALL = text("grund_weggefallen", "Grund des Umzugs weggefallen", "§ 12a Abs. 5 Satz 2", amt=True)
ANGABEN = (
    VERPFLICHTUNG,
    VERPFLICHTET_SEIT,
    UMZUG,
    GRUND,
    STUNDEN,
    EINKOMMEN,
    BEDARF,
    MASSNAHME_MONATE,
    BELEGT,
    KINDESWOHL,
    ANFRAGE_AM,
    WEGFALL,
)
LAW = ("wohnsitz.arbeit.stunden", "wohnsitz.massnahme")

_BELEGT = ja(BELEGT, "Der Grund ist belegt.", "Der Grund ist nicht belegt.")
_ARBEIT = alle(
    mindestens(STUNDEN, "wohnsitz.arbeit.stunden", "§ 12a Abs. 5 Satz 1 Nr. 1 AufenthG"),
    reicht_fuer(EINKOMMEN, BEDARF, "§ 12a Abs. 5 Satz 1 Nr. 1 AufenthG"),
    _BELEGT,
)
_KURS = alle(mindestens(MASSNAHME_MONATE, "wohnsitz.massnahme", "§ 12a Abs. 5 AufenthG"), _BELEGT)


def grund(f: Facts) -> Finding:
    """§ 12a(5): each reason with its own measure; § 61(1d), § 60 AsylG: a proven reason."""
    if P61(f) or not P12A(f):
        return _BELEGT(f)
    why = f.angabe(GRUND.key)
    if why is None:
        return unbekannt(GRUND)
    if why == "arbeit":
        return _ARBEIT(f)
    if why == "kurs":
        return _KURS(f)
    return eines(_BELEGT)(f)


def zustimmung(f: Facts) -> Finding:
    """§ 72(3a): without the consent of the authority of the new place nothing is lifted."""
    if not f.angabe(UMZUG.key):
        if f.angabe(UMZUG.key) is None:
            return unbekannt(UMZUG)
        return not_needed("der Umzug bleibt im Bezirk der Behörde.")
    kind = ABH_ZUZUG if P12A(f) else ABH
    part = next((p for p in reversed(f.participations) if p.kind.key == kind.key), None)
    if part is None:
        return check(f"{kind.label} ist noch nicht gefragt.", kind.norm)
    if part.is_consent:
        return met(f"{kind.label}: {PART_LABELS[part.state]}.", kind.norm)
    if part.is_answered:
        return not_met(f"{kind.label} hat widersprochen.", kind.norm)
    return check(f"{kind.label}: {PART_LABELS[part.state]}.", kind.norm)


ZUZUG = Bedingung(
    "Aufhebung nach § 12a Abs. 5 mit Umzug in einen anderen Bezirk",
    lambda f: P12A(f) and f.angabe(UMZUG.key) is True,
)
ANDERE = Bedingung(
    "Änderung der Auflage mit Umzug in einen anderen Bezirk",
    lambda f: not P12A(f) and not ANFRAGE(f) and f.angabe(UMZUG.key) is True,
)
JUGENDHILFE = ist(KINDESWOHL)

W3J = ClockRule(
    "W3J",
    "Ende der Wohnsitzverpflichtung",
    "§ 12a Abs. 1 Satz 1 AufenthG",
    ("wohnsitz.dauer",),
    starts="Anerkennung oder erster Titel",
    ends="Aufhebung oder Ablauf",
    start_steps=("einreichen",),
    end_steps=("aufheben", "verpflichtung_endet"),
    anchor=lambda f: f.angabe(VERPFLICHTET_SEIT.key) if P12A(f) else None,
    shift=False,
    effect="Die Verpflichtung endet von selbst",
)
W3M = ClockRule(
    "W3M",
    "Wegfall des Grundes nach der Aufhebung",
    "§ 12a Abs. 5 Satz 2 AufenthG",
    ("wohnsitz.fortbestand",),
    starts="Aufhebung",
    ends="Wegfall des Grundes oder Ablauf",
    start_steps=("aufheben", "urteil_aufheben"),
    end_steps=("verpflichtung_wirkt_fort", "aufhebung_bestaendig"),
    anchor=lambda f: f.today if P12A(f) else None,
    effect="Die Aufhebung ist beständig",
)
Z4W = ClockRule(
    "Z4W",
    "Antwort auf die Anfrage einer anderen Behörde",
    "§ 72 Abs. 3a Satz 3 AufenthG",
    ("zuzug.zustimmung",),
    starts="Zugang der Anfrage",
    ends="Antwort oder Ablauf",
    start_steps=("anfrage_uebernehmen",),
    end_steps=("zustimmen", "widersprechen", "schweigen_gilt"),
    anchor=lambda f: f.angabe(ANFRAGE_AM.key),
    effect="Unsere Zustimmung gilt als erteilt",
)


@guard("Die drei Monate sind vorbei oder gelten hier nicht", "§ 12a Abs. 5 Satz 2 AufenthG")
def drei_monate_vorbei(f: Facts) -> Reason | None:
    return uhr_abgelaufen(W3M)(f) if P12A(f) else None


@guard("Der Grund ist nicht gegeben", "§ 12a Abs. 5, § 72 Abs. 3a Satz 2 AufenthG")
def grund_verneint(f: Facts) -> Reason | None:
    found = grund(f) if P12A(f) else _BELEGT(f)
    if found.status is Status.NOT_MET:
        return None
    return Reason(f"Ein Widerspruch hätte keinen Grund. {found.why}")

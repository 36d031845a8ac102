"""Consent to a visa: facts, requirements and when it is needed (§ 31 AufenthV)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import (
    Variante,
    guard,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import (
    entry_ban,
    expulsion_interest,
    met,
    not_met,
    passport,
    security,
)
from abh.workflows.guards.regeln import Regel, ja, kein_wert, unbekannt, variante, wenn

N31 = "§ 31 Abs. 1 AufenthV"
VARIANTEN = (
    Variante("familie", "Familiennachzug", "§§ 27 bis 36a AufenthG"),
    Variante("arbeit", "Beschäftigung oder Ausbildung", "§§ 16a bis 20 AufenthG"),
    Variante("selbstaendig", "Selbständige Tätigkeit", "§ 21 AufenthG"),
    Variante("sonstiges", "Sonstiger Aufenthalt", "§ 7 Abs. 1 Satz 3, §§ 22, 23 AufenthG"),
)
A_VARIANTE = wahl("variante", "Zweck des Aufenthalts", {v.key: v.label for v in VARIANTEN})
GRUND = wahl(
    "zustimmungsgrund",
    "Grund der Beteiligung",
    {
        "nr1": "mehr als 90 Tage zu anderem Zweck als Ausbildung oder Arbeit (Nr. 1)",
        "nr2a": "selbständige Tätigkeit (Nr. 2 Buchst. a)",
        "nr2b": "Beschäftigung nach § 19c Abs. 3 (Nr. 2 Buchst. b)",
        "nr2c": "Voraufenthalt mit Duldung, Gestattung oder Abschiebung (Nr. 2 Buchst. c)",
        "nr2d": "religiöse Tätigkeit (Nr. 2 Buchst. d)",
        "nr2e": "Schulbesuch nach § 16f Abs. 2 (Nr. 2 Buchst. e)",
        "nr3": "Anordnung wegen der Sicherheit (Nr. 3)",
        "keiner": "keiner",
    },
    N31,
    amt=True,
)
NUR_VORAUFENTHALT = ja_nein(
    "nur_voraufenthalt", "Allein wegen des Voraufenthalts zu beteiligen", N31, amt=True
)
BEFREIT = ja_nein("zustimmungsfrei", "Zustimmungsfrei nach § 31 Abs. 1 Satz 2 oder § 34", amt=True)
TITEL = ja_nein(
    "titel_voraussetzungen", "Voraussetzungen des Titels sind erfüllt", "§ 5 AufenthG", amt=True
)
UNTERHALT = ja_nein("lebensunterhalt", "Lebensunterhalt ist gesichert", "§ 2 Abs. 3", amt=True)
SUBSIDIAER = ja_nein(
    "zu_subsidiaer", "Nachzug zu subsidiär Schutzberechtigten", "§ 36a AufenthG", amt=True
)
WOHNRAUM = ja_nein("wohnraum", "Wohnraum ist ausreichend", "§ 2 Abs. 4 AufenthG")
BA_NOETIG = ja_nein("ba_noetig", "Zustimmung der Bundesagentur ist nötig", "§ 39", amt=True)
PERSONENSTAND = ja_nein("personenstand_offen", "Abstammung oder Ehe ist zu klären", amt=True)
GUELTIG_BIS = tag("zustimmung_bis", "Zustimmung gültig bis", "§ 31 Abs. 4 AufenthV", amt=True)
EINREISE_AM = tag("eingereist_am", "Eingereist am", amt=True)
VISUM_ABGELEHNT = ja_nein("visum_abgelehnt", "Visum ist abgelehnt", "§ 6 AufenthG", amt=True)

FAMILIE = variante("familie")
AUSSETZUNG = "familie.36a.ausgesetzt_bis"


def _ausgesetzt(f: Facts) -> Finding:
    value = f.angabe(SUBSIDIAER.key)
    if value is None:
        return unbekannt(SUBSIDIAER)
    if not value:
        return met("Der Nachzug gilt keiner subsidiär schutzberechtigten Person.")
    until = f.law.listen.get(AUSSETZUNG)
    if until is None:
        return kein_wert(f, AUSSETZUNG)
    last = date.fromisoformat(until[0])
    if f.stichtag > last:
        return met(f"Die Aussetzung endete am {german(last)}.", "§ 104 Abs. 14 AufenthG")
    return not_met(f"Der Nachzug ist bis {german(last)} ausgesetzt.", "§ 104 Abs. 14 AufenthG")


CHECKLIST = (
    Requirement(
        "Z1",
        "Voraussetzungen des Titels",
        "§ 5, §§ 16a bis 36a AufenthG",
        ja(TITEL, "Die Voraussetzungen sind erfüllt.", "Die Voraussetzungen fehlen."),
        source=Source.OFFICE,
    ),
    Requirement(
        "Z2",
        "Lebensunterhalt",
        "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG",
        ja(UNTERHALT, "Der Lebensunterhalt ist gesichert.", "Er ist nicht gesichert."),
        evidence=(("einkommen", "verpflichtungserklaerung"),),
    ),
    Requirement(
        "Z3",
        "Wohnraum der Familie",
        "§ 29 Abs. 1 Nr. 2, § 2 Abs. 4 AufenthG",
        wenn(
            FAMILIE,
            ja(WOHNRAUM, "Der Wohnraum ist nachgewiesen.", "Der Wohnraum fehlt."),
            "nur beim Familiennachzug.",
        ),
        evidence=(("mietvertrag",),),
    ),
    Requirement(
        "Z4",
        "Pass",
        "§ 3, § 5 Abs. 1 Nr. 4 AufenthG",
        passport,
        source=Source.THIRD_PARTY,
        facts=("passport_until",),
    ),
    Requirement(
        "Z5",
        "Kein Ausweisungsinteresse",
        "§ 5 Abs. 1 Nr. 2 AufenthG",
        expulsion_interest,
        source=Source.OFFICE,
        facts=("expulsion_interest",),
    ),
    Requirement(
        "Z6",
        "Kein Einreiseverbot",
        "§ 11 Abs. 1 AufenthG",
        entry_ban,
        source=Source.OFFICE,
        facts=("entry_ban",),
    ),
    Requirement(
        "Z7",
        "Nachzug nicht ausgesetzt",
        "§ 104 Abs. 14 AufenthG",
        wenn(FAMILIE, Regel(_ausgesetzt, (SUBSIDIAER.key,)), "nur beim Familiennachzug."),
        source=Source.OFFICE,
    ),
    Requirement(
        "Z8",
        "Sicherheitsabfrage",
        "§ 5 Abs. 4, § 73 Abs. 1 AufenthG",
        security,
        source=Source.THIRD_PARTY,
        facts=("security_valid_until",),
    ),
)


@guard("Die Zustimmung ist nötig", N31)
def zustimmung_noetig(f: Facts) -> Reason | None:
    ground = f.angabe(GRUND.key)
    if ground is None:
        return Reason("Der Grund der Beteiligung ist nicht geprüft.")
    if ground == "keiner" or f.angabe(BEFREIT.key):
        return Reason("Das Visum braucht keine Zustimmung der Ausländerbehörde.")
    return None


@guard("Die Zustimmung ist nicht nötig", "§ 31 Abs. 1 Satz 2, § 34 AufenthV")
def zustimmung_entbehrlich(f: Facts) -> Reason | None:
    if f.angabe(GRUND.key) == "keiner" or f.angabe(BEFREIT.key):
        return None
    return Reason("Ein Grund der Beteiligung besteht oder ist nicht geprüft.")


@guard("Schweigen gilt als Zustimmung", "§ 31 Abs. 1 Satz 3 und 4 AufenthV")
def schweigefall(f: Facts) -> Reason | None:
    ground = f.angabe(GRUND.key)
    if ground == "nr3" or (ground == "nr2c" and f.angabe(NUR_VORAUFENTHALT.key)):
        return None
    return Reason("In diesem Fall gilt Schweigen nicht als Zustimmung.")


@guard("Schweigen gilt nicht als Zustimmung", "§ 31 Abs. 1 AufenthV")
def kein_schweigefall(f: Facts) -> Reason | None:
    if schweigefall(f) is None:
        return Reason("Hier läuft die Schweigefrist; sie ist anzuhalten, wenn zu prüfen ist.")
    return None

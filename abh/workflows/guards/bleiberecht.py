"""Facts and rules of §§ 25a and 25b AufenthG."""

from __future__ import annotations

from dataclasses import replace

from abh.workflows.angaben import ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards.basis import ask, check, identity, met, not_met, not_needed
from abh.workflows.guards.regeln import (
    ausser,
    birthday,
    eines,
    ist,
    ja,
    kein_wert,
    oder,
    plus,
    seit,
    unbekannt,
    variante,
    wenn,
)

JUGEND = variante("jugend")
ELTERN = variante("eltern")
ANGEHOERIGE_25A = variante("eltern", "kind_der_eltern", "ehegatte", "kind")
INTEGRATION = variante("integration")
FAMILIE_25B = variante("familie")
AUS_BESCHAEFTIGUNG = variante("beschaeftigungsduldung")
NACH_25B = variante("integration", "familie", "beschaeftigungsduldung")

DULDUNG_SEIT = tag("duldung_seit", "Duldung ohne Unterbrechung seit", amt=True)
AUFENTHALT_SEIT = tag(
    "aufenthalt_seit", "Ununterbrochen erlaubt, geduldet oder gestattet seit", amt=True
)
MONATE_60B = zahl(
    "monate_60b", "Zeiten der Duldung nach § 60b", "Monate", "§ 60b Abs. 5 AufenthG", amt=True
)
BD_SEIT = tag(
    "beschaeftigungsduldung_seit", "Beschäftigungsduldung seit", "§ 25b Abs. 6 AufenthG", amt=True
)
BD_ERFUELLT = ja_nein(
    "voraussetzungen_60d", "Voraussetzungen des § 60d liegen weiter vor", amt=True
)
BEZUGSPERSON = ja_nein(
    "bezugsperson_titel",
    "Bezugsperson besitzt den Titel nach § 25a Abs. 1 oder § 25b Abs. 1",
    amt=True,
)
GEMEINSCHAFT = ja_nein("familiengemeinschaft", "Familiäre Lebensgemeinschaft besteht")
SCHULE_SEIT = tag("schule_seit", "Erfolgreicher Schulbesuch in Deutschland seit")
ABSCHLUSS = ja_nein("schulabschluss", "Anerkannter Schul- oder Berufsabschluss erworben")
IN_AUSBILDUNG = ja_nein("in_ausbildung", "In Schule, Berufsausbildung oder Studium")
KRANKHEIT = ja_nein(
    "krankheit_oder_alter",
    "Kann die Anforderung wegen Krankheit, Behinderung oder (§ 25b) Alters nicht erfüllen",
    "§ 25a Abs. 1 Satz 2, § 25b Abs. 3 AufenthG",
)
EINFUEGEN = ja_nein(
    "einfuegen_gewaehrleistet",
    "Einfügen in die Lebensverhältnisse erscheint gewährleistet",
    amt=True,
)
FDGO = ja_nein(
    "fdgo_bekenntnis", "Bekenntnis zur freiheitlichen demokratischen Grundordnung abgegeben"
)
FDGO_ZWEIFEL = ja_nein("fdgo_zweifel", "Konkrete Anhaltspunkte gegen das Bekenntnis", amt=True)
GRUNDKENNTNISSE = ja_nein(
    "grundkenntnisse", "Grundkenntnisse der Rechts- und Gesellschaftsordnung (Leben in Deutschland)"
)
TAEUSCHUNG = ja_nein(
    "taeuschung", "Aussetzung der Abschiebung beruht auf falschen Angaben oder Täuschung", amt=True
)
NICHT_MITGEWIRKT = ja_nein(
    "nicht_mitgewirkt", "Zumutbare Mitwirkung an der Ausreise nicht erfüllt", amt=True
)
UEBERWIEGEND = ja_nein("lebensunterhalt_ueberwiegend", "Überwiegend durch Arbeit gesichert")
ERWARTET = ja_nein("lebensunterhalt_erwartet", "Sicherung ist zu erwarten", amt=True)
UNSCHAEDLICH = wahl(
    "leistungsbezug_unschaedlich",
    "Vorübergehender Leistungsbezug ist unschädlich als",
    {
        "nein": "keiner der Fälle",
        "ausbildung": "Studium oder Ausbildung",
        "familie": "Familie mit minderjährigen Kindern",
        "alleinerziehend": "Alleinerziehende ohne zumutbare Arbeit",
        "pflege": "Pflege naher Angehöriger",
    },
    "§ 25b Abs. 1 Satz 3 AufenthG",
)
A2_MUENDLICH = ja_nein("deutsch_a2_muendlich", "Deutsch mündlich auf A2")
A2_SCHRIFTLICH = ja_nein("deutsch_a2_schriftlich", "Deutsch schriftlich auf A2")
KURS_MOEGLICH = ja_nein("kurs_moeglich", "Besuch eines Integrationskurses war möglich", amt=True)
KINDER_SCHULPFLICHTIG = ja_nein("kinder_schulpflichtig", "Kinder im schulpflichtigen Alter")
SCHULBESUCH = ja_nein("kinder_schulbesuch", "Tatsächlicher Schulbesuch der Kinder nachgewiesen")
MIT_KIND = ja_nein("mit_minderjaehrigem_kind", "Lebt mit minderjährigem ledigen Kind zusammen")
SCHWERES_INTERESSE = ja_nein(
    "ausweisungsinteresse_25b",
    "Ausweisungsinteresse nach § 54 Abs. 1 oder Abs. 2 Nr. 1, 2",
    amt=True,
)
TAGESSAETZE = zahl("tagessaetze", "Geldstrafen wegen Vorsatztaten", "Tagessätze", amt=True)
TAGESSAETZE_AUSLAENDER = zahl(
    "tagessaetze_auslaenderrecht",
    "Geldstrafen wegen rein ausländerrechtlicher Taten",
    "Tagessätze",
    amt=True,
)
MASSNAHMEN = ja_nein(
    "identitaet_massnahmen",
    "Alle zumutbaren Maßnahmen zur Klärung der Identität ergriffen",
    amt=True,
)
ANGABEN = (
    DULDUNG_SEIT,
    AUFENTHALT_SEIT,
    MONATE_60B,
    BD_SEIT,
    BD_ERFUELLT,
    BEZUGSPERSON,
    GEMEINSCHAFT,
    SCHULE_SEIT,
    ABSCHLUSS,
    IN_AUSBILDUNG,
    KRANKHEIT,
    EINFUEGEN,
    FDGO,
    FDGO_ZWEIFEL,
    GRUNDKENNTNISSE,
    TAEUSCHUNG,
    NICHT_MITGEWIRKT,
    UEBERWIEGEND,
    ERWARTET,
    UNSCHAEDLICH,
    A2_MUENDLICH,
    A2_SCHRIFTLICH,
    KURS_MOEGLICH,
    KINDER_SCHULPFLICHTIG,
    SCHULBESUCH,
    MIT_KIND,
    SCHWERES_INTERESSE,
    TAGESSAETZE,
    TAGESSAETZE_AUSLAENDER,
    MASSNAHMEN,
)
LAW = (
    "bleiberecht.jugend.duldung",
    "bleiberecht.jugend.aufenthalt",
    "bleiberecht.jugend.schule",
    "bleiberecht.jugend.alter",
    "bleiberecht.jugend.tagessaetze",
    "bleiberecht.jugend.tagessaetze.auslaenderrecht",
    "bleiberecht.integration.aufenthalt",
    "bleiberecht.integration.aufenthalt.kind",
    "bleiberecht.integration.beschaeftigungsduldung",
    "bleiberecht.integration.dauer",
)

TITEL_104C = Bedingung("Titel nach § 104c", lambda f: f.title_kind is TitleKind.AE_104C)
VERLAENGERUNG = Bedingung("Verlängerung", lambda f: f.title_kind is TitleKind.AUFENTHALTSERLAUBNIS)


def _status_25b(f: Facts) -> Finding:
    text = f"Bisheriger Stand: {f.title_kind.value}."
    if f.title_kind in (TitleKind.AE_104C, TitleKind.DULDUNG):
        return met(text)
    return not_met(text + " Nötig ist eine Duldung oder ein Titel nach § 104c.")


def _status_25a(f: Facts) -> Finding:
    if f.title_kind is not TitleKind.DULDUNG:
        text = f"Bisheriger Stand: {f.title_kind.value}."
        return not_met(text + " Nötig ist eine Duldung seit zwölf Monaten oder ein Titel § 104c.")
    return seit(DULDUNG_SEIT, "bleiberecht.jugend.duldung")(f)


STATUS = wenn(
    oder(VERLAENGERUNG, TITEL_104C),
    lambda f: met(f"Bisheriger Stand: {f.title_kind.value}."),
    wenn(
        JUGEND,
        _status_25a,
        wenn(
            INTEGRATION,
            _status_25b,
            wenn(
                AUS_BESCHAEFTIGUNG,
                seit(BD_SEIT, "bleiberecht.integration.beschaeftigungsduldung"),
                "der Titel folgt aus dem der Bezugsperson.",
            ),
        ),
    ),
)


def aufenthalt(f: Facts) -> Finding:
    """Uninterrupted stay; times of § 60b count only for holders of § 104c titles."""
    key = {
        "jugend": "bleiberecht.jugend.aufenthalt",
        "integration": "bleiberecht.integration.aufenthalt",
    }.get(f.variante)
    if key is None:
        return not_needed("die Dauer des Aufenthalts ist hier keine Voraussetzung.")
    if f.variante == "integration" and f.angabe(MIT_KIND.key):
        key = "bleiberecht.integration.aufenthalt.kind"
    since, length = f.angabe(AUFENTHALT_SEIT.key), f.law.zahl(key)
    if length is None:
        return kein_wert(f, key)
    if since is None:
        return unbekannt(AUFENTHALT_SEIT)
    lost = 0 if TITEL_104C(f) else int(f.angabe(MONATE_60B.key) or 0)
    reached = plus(plus(since, length), replace(length, value=lost, unit="monate"))
    extra = f", {lost} Monate nach § 60b zählen nicht" if lost else ""
    text = (
        f"Aufenthalt seit {german(since)}{extra}; {length.value} Jahre sind am "
        f"{german(reached)} erreicht."
    )
    return met(text) if reached <= f.stichtag else not_met(text)


def antrag_vor_27(f: Facts) -> Finding:
    """§ 25a(1) S. 1 Nr. 3: the application, not the decision, must come before the birthday."""
    years = f.law.zahl("bleiberecht.jugend.alter")
    if years is None:
        return kein_wert(f, "bleiberecht.jugend.alter")
    day = birthday(f, int(years.value))
    if day is None or f.received_on is None:
        return ask("Geburtsdatum oder Tag des Antrags ist nicht bekannt.")
    text = f"Antrag am {german(f.received_on)}, 27. Geburtstag am {german(day)}."
    return met(text) if f.received_on < day else not_met(text)


def identitaet(f: Facts) -> Finding:
    """§§ 25a(6), 25b(8): with a § 104c title an unclear identity leaves only discretion."""
    found = identity(f)
    if not TITEL_104C(f) or f.identity_clarified is not False:
        return found
    if f.angabe(MASSNAHMEN.key):
        return check(
            "Die Identität ist nicht geklärt, alle zumutbaren Maßnahmen sind aber ergriffen: es "
            "kann mit Begründung davon abgewichen werden.",
            "§ 25a Abs. 6 Satz 2, § 25b Abs. 8 Satz 2 AufenthG",
        )
    return not_met(
        "Die Identität ist nicht geklärt, und zumutbare Maßnahmen fehlen.",
        "§ 25a Abs. 6 Satz 1, § 25b Abs. 8 Satz 1 AufenthG",
    )


def strafen(f: Facts) -> Finding:
    """§ 25a(3): fines up to the dated numbers of day rates are left out of account."""
    for angabe, key in (
        (TAGESSAETZE, "bleiberecht.jugend.tagessaetze"),
        (TAGESSAETZE_AUSLAENDER, "bleiberecht.jugend.tagessaetze.auslaenderrecht"),
    ):
        limit, fine = f.law.zahl(key), f.angabe(angabe.key)
        if limit is None:
            return kein_wert(f, key)
        if fine is None:
            return unbekannt(angabe)
        if fine > limit.value:
            return not_met(f"{angabe.label}: {fine}; außer Betracht bleiben {limit.value}.")
    return met("Verurteilungen stehen nicht entgegen.")


A2 = ausser(
    ist(KRANKHEIT),
    "wegen Krankheit, Behinderung oder Alters nicht zu verlangen.",
    wenn(
        AUS_BESCHAEFTIGUNG,
        wenn(
            ist(KURS_MOEGLICH),
            ja(
                A2_SCHRIFTLICH,
                "Mündliche und schriftliche Kenntnisse auf A2.",
                "Weil ein Kurs möglich war, sind auch schriftliche Kenntnisse auf A2 nötig.",
            ),
            ja(A2_MUENDLICH, "Mündliche Kenntnisse auf A2.", "Mündliche Kenntnisse fehlen."),
        ),
        ja(A2_MUENDLICH, "Mündliche Kenntnisse auf A2.", "Mündliche Kenntnisse auf A2 fehlen."),
    ),
)


def _unschaedlich(f: Facts) -> Finding:
    value = f.angabe(UNSCHAEDLICH.key)
    if value in (None, "nein"):
        return not_met("Kein Fall, in dem Leistungsbezug unschädlich ist.")
    return met(f"{UNSCHAEDLICH.label} {UNSCHAEDLICH.words(value)}.")


UNTERHALT_25B = ausser(
    ist(KRANKHEIT),
    "wegen Krankheit, Behinderung oder Alters nicht zu verlangen.",
    eines(
        ja(
            UEBERWIEGEND,
            "Der Lebensunterhalt ist überwiegend durch Arbeit gesichert.",
            "Der Lebensunterhalt ist nicht überwiegend durch Arbeit gesichert.",
        ),
        ja(
            ERWARTET,
            "Nach dem bisherigen Weg ist die Sicherung zu erwarten.",
            "Die Sicherung ist auch nicht zu erwarten.",
        ),
        _unschaedlich,
    ),
)

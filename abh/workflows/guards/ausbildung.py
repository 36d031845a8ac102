"""Facts and rules of §§ 60c and 16g AufenthG (training)."""

from __future__ import annotations

from datetime import date

from abh.kernel.dauer import add_months
from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, ClockRule, Guard
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import ask, met, not_met
from abh.workflows.guards.regeln import eine_von, kein_wert, plus, unbekannt, variante
from abh.workflows.recht import LawNumber

DULDUNG = variante("duldung_asyl", "duldung_geduldet")
TITEL = variante("ae_16g")
NACH_ASYL = variante("duldung_asyl")

ART = wahl(
    "ausbildungsart",
    "Art der Ausbildung",
    {
        "qualifiziert": "qualifizierte Berufsausbildung",
        "helfer_mit_anschluss": "Assistenz- oder Helferausbildung mit Zusage im Engpassberuf",
        "andere": "andere Ausbildung",
    },
    "§ 60c Abs. 1, § 16g Abs. 1 AufenthG",
)
ALS_ASYLBEWERBER = ja_nein(
    "als_asylbewerber_begonnen",
    "Ausbildung im Asylverfahren begonnen, Asylantrag abgelehnt",
    amt=True,
)
DULDUNG_SEIT = tag("duldung_seit", "Duldung nach § 60a seit", amt=True)
BEGINN = tag("ausbildung_beginn", "Beginn der Ausbildung")
ENDE = tag("ausbildung_ende", "Ende der Ausbildung nach dem Vertrag")
EINTRAGUNG = ja_nein("vertrag_eingetragen", "Eintragung beantragt oder erfolgt oder nicht nötig")
ID_AM = tag("identitaet_geklaert_am", "Identität geklärt am", amt=True)
ID_MASSNAHMEN = ja_nein(
    "identitaet_massnahmen_rechtzeitig",
    "Alle zumutbaren Maßnahmen rechtzeitig ergriffen, Verzögerung nicht zu vertreten",
    "§ 60c Abs. 2 Nr. 3 Halbsatz 2",
    amt=True,
)
AUSSCHLUSS_60A6 = ja_nein("ausschluss_60a_6", "Ausschluss nach § 60a Abs. 6", amt=True)
STRAFEN = zahl("tagessaetze", "Geldstrafen wegen Vorsatztaten", "Tagessätze", amt=True)
STRAFEN_AUSLAENDER = zahl(
    "tagessaetze_auslaenderrecht",
    "Geldstrafen wegen rein ausländerrechtlicher Taten",
    "Tagessätze",
    amt=True,
)
EXTREMISMUS = ja_nein(
    "extremismus_oder_ausweisung",
    "Bezüge zu Extremismus, Ausweisungsverfügung oder Anordnung nach § 58a",
    "§ 60c Abs. 2 Nr. 4, § 19d Abs. 1 Nr. 6",
    amt=True,
)
MASSNAHMEN = ja_nein(
    "massnahmen_bevorstehend",
    "Konkrete Maßnahmen zur Aufenthaltsbeendigung standen bevor",
    amt=True,
)
MISSBRAUCH = ja_nein("missbrauch", "Offensichtlicher Missbrauch", "§ 60c Abs. 1 Satz 2", amt=True)
ANKLAGE = ja_nein("oeffentliche_klage", "Öffentliche Klage ist erhoben", "§ 79 Abs. 5", amt=True)
ABBRUCH_AM = tag("abbruch_am", "Ausbildung abgebrochen oder vorzeitig beendet am", amt=True)
SUCHE_VERBRAUCHT = ja_nein(
    "suche_verbraucht", "Suche nach einem Ausbildungsplatz schon genutzt", amt=True
)
NEUER_VERTRAG = ja_nein("neuer_vertrag", "Neuer Ausbildungsvertrag liegt vor")
BESTANDEN_AM = tag("ausbildung_bestanden_am", "Ausbildung erfolgreich beendet am")
STELLE = ja_nein(
    "stelle_nach_abschluss", "Entsprechende Beschäftigung nach dem Abschluss vorhanden"
)
TRAEGER = ja_nein("traegervordruck", "Duldung mit Trägervordruck", "§ 47 Abs. 1 AufenthV", amt=True)
ANGABEN = (
    ART,
    ALS_ASYLBEWERBER,
    DULDUNG_SEIT,
    BEGINN,
    ENDE,
    EINTRAGUNG,
    ID_AM,
    ID_MASSNAHMEN,
    AUSSCHLUSS_60A6,
    STRAFEN,
    STRAFEN_AUSLAENDER,
    EXTREMISMUS,
    MASSNAHMEN,
    MISSBRAUCH,
    ANKLAGE,
    ABBRUCH_AM,
    SUCHE_VERBRAUCHT,
    NEUER_VERTRAG,
    BESTANDEN_AM,
    STELLE,
    TRAEGER,
)
LAW = (
    "ausbildung.duldung",
    "ausbildung.antrag",
    "ausbildung.erteilung",
    "ausbildung.identitaet",
    "ausbildung.identitaet.stichtage",
    "ausbildung.tagessaetze",
    "ausbildung.tagessaetze.auslaenderrecht",
)


def ausgangslage(f: Facts) -> Finding:
    """Training begun in the asylum procedure, or toleration for three months at application."""
    if f.angabe(ALS_ASYLBEWERBER.key):
        return met("Die Ausbildung wurde im Asylverfahren begonnen.")
    if NACH_ASYL(f):
        return not_met("Die Ausbildung wurde nicht im Asylverfahren begonnen.")
    since, length = f.angabe(DULDUNG_SEIT.key), f.law.zahl("ausbildung.duldung")
    if length is None:
        return kein_wert(f, "ausbildung.duldung")
    if since is None:
        return unbekannt(DULDUNG_SEIT)
    if f.received_on is None:
        return ask("Der Tag des Antrags ist nicht bekannt.")
    reached = plus(since, length)
    text = f"Duldung seit {german(since)}, Antrag am {german(f.received_on)}."
    return (
        met(text) if reached <= f.received_on else not_met(text + f" Möglich ab {german(reached)}.")
    )


def _before(day: date, length: LawNumber) -> date:
    return add_months(day, -int(length.value))


def zeitpunkt(f: Facts) -> Finding:
    """§ 60c(3): application seven, decision six months before the start at the earliest."""
    start = f.angabe(BEGINN.key)
    apply, give = f.law.zahl("ausbildung.antrag"), f.law.zahl("ausbildung.erteilung")
    if apply is None or give is None:
        return kein_wert(f, "ausbildung.antrag")
    if start is None or f.received_on is None:
        return ask("Beginn der Ausbildung oder Tag des Antrags ist nicht bekannt.")
    first = _before(start, apply)
    if f.received_on < first:
        return not_met(f"Der Antrag ist frühestens ab {german(first)} möglich.")
    first = _before(start, give)
    if not f.angabe(ALS_ASYLBEWERBER.key) and f.stichtag < first:
        return not_met(f"Die Erteilung ist frühestens ab {german(first)} möglich.")
    return met(f"Die Ausbildung beginnt am {german(start)}.")


def identitaet(f: Facts) -> Finding:
    """§ 60c(2) Nr. 3: by when identity had to be clarified depends on the day of entry."""
    days = f.law.listen.get("ausbildung.identitaet.stichtage")
    months = f.law.zahl("ausbildung.identitaet")
    if not days or months is None:
        return kein_wert(f, "ausbildung.identitaet.stichtage")
    early, middle, latest = (date.fromisoformat(day) for day in days)
    if f.angabe(ID_MASSNAHMEN.key):
        return met("Alle zumutbaren Maßnahmen sind rechtzeitig ergriffen.")
    if f.entry.on is None or f.received_on is None:
        return ask("Tag der Einreise oder des Antrags ist nicht bekannt.")
    if f.entry.on <= early:
        until = f.received_on
    elif f.entry.on <= middle:
        until = min(f.received_on, latest)
    else:
        until = plus(f.entry.on, months)
    done = f.angabe(ID_AM.key)
    if done is None:
        return not_met(f"Die Identität war bis {german(until)} zu klären und ist nicht geklärt.")
    text = f"Identität geklärt am {german(done)}, nötig bis {german(until)}."
    return met(text) if done <= until else not_met(text)


def strafen(f: Facts) -> Finding:
    """§ 19d(1) Nr. 7: fines up to the dated numbers are left out of account."""
    for angabe, key in (
        (STRAFEN, "ausbildung.tagessaetze"),
        (STRAFEN_AUSLAENDER, "ausbildung.tagessaetze.auslaenderrecht"),
    ):
        limit, fine = f.law.zahl(key), f.angabe(angabe.key)
        if limit is None:
            return kein_wert(f, key)
        if fine is None:
            return unbekannt(angabe)
        if fine > limit.value:
            return not_met(f"{angabe.label}: {fine}; außer Betracht bleiben {limit.value}.")
    return met("Verurteilungen stehen nicht entgegen.")


QUALIFIZIERT = eine_von(ART, {"qualifiziert", "helfer_mit_anschluss"})

SPERRT = Bedingung(
    "Ein Strafverfahren hält die Entscheidung auf",
    lambda f: f.investigation_pending if TITEL(f) else f.angabe(ANKLAGE.key) is True,
)


def _sperrt(f: Facts) -> Reason | None:
    if SPERRT(f):
        return None
    return Reason("Kein Strafverfahren hält die Entscheidung auf.")


def _frei(f: Facts) -> Reason | None:
    return Reason("Das Strafverfahren läuft noch.") if SPERRT(f) else None


NORM_79 = "§ 79 Abs. 2 und 5 AufenthG"
strafverfahren_sperrt = Guard(
    "strafverfahren_sperrt",
    "Bei § 60c ist öffentliche Klage erhoben, bei § 16g wird ermittelt",
    NORM_79,
    _sperrt,
)
strafverfahren_frei = Guard(
    "strafverfahren_frei", "Kein Strafverfahren hält die Entscheidung auf", NORM_79, _frei
)

SUCHE = ClockRule(
    "SUCHE",
    "Suche nach einem neuen Ausbildungsplatz",
    "§ 60c Abs. 6 Satz 1, § 16g Abs. 5 Satz 1 AufenthG",
    ("duldung.ausbildung.suche",),
    starts="Ende der Ausbildung",
    ends="neuer Vertrag oder Ablauf",
    start_steps=("abbruch_vermerken",),
    end_steps=("neuer_vertrag_da", "suche_erfolglos"),
    anchor=lambda f: f.angabe(ABBRUCH_AM.key),
    shift=False,
    effect="Duldung oder Titel endet, P20 ist zu prüfen",
)
ARBEITSSUCHE = ClockRule(
    "ARBEITSSUCHE",
    "Suche nach einer Beschäftigung nach dem Abschluss",
    "§ 60c Abs. 6 Satz 2, § 16g Abs. 5 Satz 2 AufenthG",
    ("duldung.ausbildung.arbeitssuche",),
    starts="erfolgreicher Abschluss",
    ends="Beschäftigung oder Ablauf; keine Verlängerung",
    start_steps=("abschluss_ohne_stelle",),
    end_steps=("stelle_gefunden", "arbeitssuche_erfolglos"),
    anchor=lambda f: f.angabe(BESTANDEN_AM.key),
    shift=False,
    effect="Duldung oder Titel endet",
)

"""Rules of the EU long-term residence and of § 38a AufenthG: time, income, entry, work."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards import basis
from abh.workflows.guards import familie as fam
from abh.workflows.guards import niederlassung as ne
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    ist,
    ja,
    kein_wert,
    plus,
    unbekannt,
    variante,
    wenn,
)

DAUER, WEITER = variante("daueraufenthalt"), variante("weitergewandert")
ANSPRUCH = variante("daueraufenthalt", "weitergewandert")
PERIOD, LIMIT_90 = "daueraufenthalt.zeit", "daueraufenthalt.38a.ab"
FREE_AFTER = "daueraufenthalt.nebenbestimmung"

FREIZUEGIGKEIT_MONATE = zahl(
    "freizuegigkeit_monate", "Zeit mit Freizügigkeitsrecht", "Monate", "§ 9b Abs. 1 Nr. 3 AufenthG"
)
MITGLIEDSTAAT_MONATE = zahl(
    "blaue_karte_mitgliedstaat_monate",
    "Zeit mit Titeln anderer Mitgliedstaaten vor der Blauen Karte EU",
    "Monate",
    "§ 9b Abs. 2 AufenthG",
)
ZWEI_JAHRE_HIER = ja_nein(
    "blaue_karte_zwei_jahre_hier",
    "Seit zwei Jahren mit Blauer Karte EU hier, unmittelbar zuvor Blaue Karte eines Mitgliedstaats",
    "§ 9b Abs. 2 AufenthG",
    amt=True,
)
STEUERN = ja_nein(
    "steuern_erfuellt", "Steuerliche Pflichten sind erfüllt", "§ 9c Satz 1 Nr. 1 AufenthG"
)
ALTERSVORSORGE = ja_nein(
    "altersvorsorge",
    "Angemessene Altersversorgung, eigene oder des Ehegatten, oder durch Krankheit gehindert",
    "§ 9c Satz 1 Nr. 2 AufenthG",
)
VERSICHERT = ja_nein(
    "versichert_unbefristet",
    "Kranken- und Pflegeversicherung unbefristet oder sich verlängernd",
    "§ 9c Satz 1 Nr. 3 AufenthG",
)
AUSSCHLUSS_9A = wahl(
    "ausschluss_9a",
    "Ausschlussgrund",
    {
        "keiner": "keiner",
        "abschnitt_5": "humanitärer Titel ohne internationalen Schutz (Nr. 1)",
        "verfahren": "Verfahren auf Schutz nicht abgeschlossen (Nr. 2)",
        "diplomat": "diplomatische Rechtsstellung in einem Mitgliedstaat (Nr. 3)",
        "ausbildung": "Aufenthalt zu Ausbildung oder Studium (Nr. 4)",
        "voruebergehend": "seiner Natur nach vorübergehender Zweck (Nr. 5)",
    },
    "§ 9a Abs. 3 AufenthG",
    amt=True,
)
LANGFRISTIG = ja_nein(
    "langfristig_berechtigt",
    "Die Rechtsstellung im anderen Mitgliedstaat besteht und ist nicht entzogen",
    "§ 38a Abs. 1, § 2 Abs. 7 AufenthG",
)
AUSSCHLUSS_38A = ja_nein(
    "ausschluss_38a",
    "Entsandt, Dienstleistung, Saisonarbeit oder Grenzarbeit",
    "§ 38a Abs. 2 AufenthG",
)
ZWECK_38A = wahl(
    "zweck_38a",
    "Zweck des Aufenthalts",
    {
        "beschaeftigung": "Beschäftigung",
        "selbstaendig": "selbständige Tätigkeit",
        "studium": "Studium oder Ausbildung",
        "sonst": "ohne Erwerbstätigkeit",
    },
    "§ 38a Abs. 3 AufenthG",
)
SELBSTAENDIG_21 = ja_nein(
    "voraussetzungen_21",
    "Die Voraussetzungen des § 21 liegen vor",
    "§ 38a Abs. 3 Satz 2 AufenthG",
    amt=True,
)
ERSTE_ERLAUBNIS = tag(
    "erste_erlaubnis_38a_am",
    "Beschäftigung nach § 38a erstmals erlaubt am",
    "§ 38a Abs. 4 AufenthG",
)
MITGLIEDSTAAT = text("anderer_mitgliedstaat", "Beteiligter anderer Mitgliedstaat", "§ 91c AufenthG")


def _frei_nach_zwoelf_monaten(f: Facts) -> bool:
    since, length = f.angabe(ERSTE_ERLAUBNIS.key), f.law.zahl(FREE_AFTER)
    return since is not None and length is not None and plus(since, length) <= f.stichtag


ARBEIT_38A = Bedingung(
    "§ 38a zur Beschäftigung, in den ersten zwölf Monaten",
    lambda f: (
        WEITER(f)
        and f.angabe(ZWECK_38A.key) == "beschaeftigung"
        and not _frei_nach_zwoelf_monaten(f)
    ),
)


def _zeit(f: Facts) -> Finding:
    since = f.angabe(ne.TITEL_SEIT.key)
    if since is None:
        return unbekannt(ne.TITEL_SEIT)
    credit = ne.gutschrift(f, asyl=True)
    if credit is None:
        return kein_wert(f, ne.CREDIT_STUDY)
    credit += f.angabe(FREIZUEGIGKEIT_MONATE.key) or 0
    if f.angabe(ZWEI_JAHRE_HIER.key) is True:
        credit += f.angabe(MITGLIEDSTAAT_MONATE.key) or 0
    day = ne.erreicht(f, since, PERIOD, credit)
    if day is None:
        return kein_wert(f, PERIOD)
    words = f"Mit Titel seit {german(since)}, angerechnet {credit} Monate: erreicht {german(day)}."
    return basis.met(words) if day <= f.stichtag else basis.not_met(words)


ZEIT = Regel(
    _zeit,
    (*ne.zeit.reads, FREIZUEGIGKEIT_MONATE.key, MITGLIEDSTAAT_MONATE.key, ZWEI_JAHRE_HIER.key),
)
STETIG = alle(
    fam.einkommen_reicht,
    ja(
        STEUERN,
        "Steuern sind gezahlt.",
        "Steuerliche Pflichten sind nicht erfüllt.",
        "§ 9c Satz 1 Nr. 1 AufenthG",
    ),
    ja(
        ALTERSVORSORGE,
        "Altersversorgung ist angemessen.",
        "Altersversorgung fehlt.",
        "§ 9c Satz 1 Nr. 2 AufenthG",
    ),
    ja(
        VERSICHERT,
        "Versicherungsschutz ist dauerhaft.",
        "Versicherungsschutz ist befristet.",
        "§ 9c Satz 1 Nr. 3 AufenthG",
    ),
)


def visum(f: Facts) -> Finding:
    """B6: long-term residents of another Member State apply here within 90 days (§ 39 no. 6)."""
    if not WEITER(f) or f.entry.visa_fits:
        return basis.visa(f)
    length = f.law.zahl(LIMIT_90)
    if length is None:
        return kein_wert(f, LIMIT_90)
    if f.entry.on is None or f.received_on is None:
        return basis.ask("Der Tag der Einreise oder des Antrags ist nicht bekannt.")
    until = plus(f.entry.on, length)
    words = f"Eingereist am {german(f.entry.on)}, Antrag im Inland möglich bis {german(until)}."
    norm = "§ 39 Satz 1 Nr. 6 AufenthV"
    return basis.met(words, norm) if f.received_on <= until else basis.not_met(words, norm)


ERWERB_38A = wenn(
    ist(ZWECK_38A, "selbstaendig"),
    ja(
        SELBSTAENDIG_21,
        "§ 21 ist erfüllt.",
        "§ 21 ist nicht erfüllt.",
        "§ 38a Abs. 3 Satz 2 AufenthG",
    ),
    lambda f: (
        unbekannt(ZWECK_38A)
        if f.angabe(ZWECK_38A.key) is None
        else basis.met(f"Zweck: {ZWECK_38A.words(f.angabe(ZWECK_38A.key))}.")
    ),
)

ANGABEN = (
    FREIZUEGIGKEIT_MONATE,
    MITGLIEDSTAAT_MONATE,
    ZWEI_JAHRE_HIER,
    STEUERN,
    ALTERSVORSORGE,
    VERSICHERT,
    AUSSCHLUSS_9A,
    LANGFRISTIG,
    AUSSCHLUSS_38A,
    ZWECK_38A,
    SELBSTAENDIG_21,
    ERSTE_ERLAUBNIS,
    MITGLIEDSTAAT,
)

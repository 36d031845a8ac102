"""Words that applicants read for keys and messages of the rooms below, marked for translation.

The rooms write German; what may reach an applicant is listed here, so that the catalogs know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from abh.kernel.errors import FieldProblem, UploadRefused
from abh.workflows import standworte
from abh.workflows.angaben import Angabe
from abh.workflows.definition import Turn, Verfahren, Words
from abh.workflows.fiktion_worte import told as told_effect

# What an employee lets the employer see (abh.fastlane.schemas.SCOPES).
SCOPES: Mapping[str, Any] = {
    "state": _l("Stand des Verfahrens"),
    "tasks": _l("wer am Zug ist und bis wann"),
    "appointments": _l("Termine"),
    "decisions": _l("dass entschieden ist, und Briefe des Amtes an die Firma"),
}

# Labels of the form by the path of the field; messages on top name the field with them.
LABELS: Mapping[str, Any] = {
    "person.family_name": _l("Familienname, wie im Pass"),
    "person.given_names": _l("Vornamen, wie im Pass"),
    "person.birth_date": _l("Geburtsdatum"),
    "person.birth_place": _l("Geburtsort"),
    "person.sex": _l("Geschlecht, wie im Pass"),
    "person.nationalities": _l("Staatsangehörigkeit"),
    "person.nationalities.1": _l("Zweite Staatsangehörigkeit"),
    "person.nationalities.2": _l("Dritte Staatsangehörigkeit"),
    "person.street": _l("Straße und Hausnummer"),
    "person.postcode": _l("Postleitzahl"),
    "person.city": _l("Ort"),
    "person.email": _l("E-Mail-Adresse"),
    "person.phone": _l("Telefonnummer"),
    "person.language": _l("Sprache"),
    "title_kind": _l("Was haben Sie jetzt?"),
    "title_until": _l("Gültig bis"),
    "entry_on": _l("Eingereist am"),
    "lawful_until": _l("Ohne Visum eingereist: Aufenthalt erlaubt bis"),
    "passport_until": _l("Pass gültig bis"),
    "keeps_job": _l("Ich bleibe in der Beschäftigung, die ich schon habe."),
    "employer": _l("Arbeitgeber"),
    "employer_register_no": _l("Handelsregisternummer des Arbeitgebers"),
    "employer_email": _l("E-Mail-Adresse des Arbeitgebers"),
    "job_title": _l("Berufsbezeichnung"),
    "job_place": _l("Arbeitsort"),
    "isco": _l("Beruf nach ISCO-08 (vier Ziffern)"),
    "weekly_hours": _l("Stunden pro Woche"),
    "salary_year": _l("Bruttogehalt im Jahr"),
    "job_start": _l("Beginn der Arbeit"),
    "job_months": _l("Dauer des Vertrags in Monaten"),
    "job_permanent": _l("Der Vertrag ist unbefristet."),
    "degree_name": _l("Hochschulabschluss"),
    "degree_on": _l("Abschluss erworben am"),
    "received_on": _l("Eingang am"),
    "channel": _l("Eingangsweg"),
    "documents": _l("Unterlagen"),
}

# Where the clerk with the paper is asked and not the applicant.
STAFF_LABELS: Mapping[str, Any] = {
    "title_kind": _l("Titel bei Antragstellung"),
    "keeps_job": _l("Bleibt in der bisherigen Beschäftigung."),
}

# In the order in which people look for it; the keys are those of workflows.facts.TitleKind.
TITLES: Mapping[str, Any] = {
    "NATIONALES_VISUM": _l("Nationales Visum (Typ D)"),
    "AUFENTHALTSERLAUBNIS": _l("Aufenthaltserlaubnis, zum Beispiel für Studium oder Familie"),
    "AE_18A_18B": _l("Aufenthaltserlaubnis für Fachkräfte (§ 18a oder § 18b)"),
    "BLAUE_KARTE": _l("Blaue Karte EU aus Deutschland"),
    "BLAUE_KARTE_ANDERER_STAAT": _l("Blaue Karte EU aus einem anderen EU-Staat"),
    "ICT_KARTE": _l("ICT-Karte"),
    "NIEDERLASSUNGSERLAUBNIS": _l("Niederlassungserlaubnis"),
    "AE_24": _l("Vorübergehender Schutz, zum Beispiel aus der Ukraine (§ 24)"),
    "AE_104C": _l("Chancen-Aufenthaltsrecht (§ 104c)"),
    "SCHENGEN_VISUM": _l("Schengen-Visum (Typ C)"),
    "VISUMFREI_41": _l(
        "Kein Visum nötig: Australien, Israel, Japan, Kanada, Neuseeland, Südkorea, USA, "
        "Vereinigtes Königreich und weitere (§ 41 AufenthV)"
    ),
    "VISUMFREI_KURZ": _l("Ohne Visum für kurze Zeit eingereist"),
    "GESTATTUNG": _l("Aufenthaltsgestattung (Asylverfahren)"),
    "DULDUNG": _l("Duldung"),
    "NONE": _l("Keinen Aufenthaltstitel"),
    "UNKNOWN": _l("Ich weiß es nicht"),
}

# Kinds of evidence of P02 with what to photograph; labels are those of the Verfahren.
EVIDENCE: Mapping[str, Any] = {
    "pass": _l("Pass (alle Seiten mit Einträgen)"),
    "krankenversicherung": _l("Bescheinigung der Krankenversicherung"),
    "hochschulabschluss": _l("Urkunde über den Hochschulabschluss"),
    "anabin": _l("Auszug aus anabin"),
    "zab_bewertung": _l("Zeugnisbewertung der ZAB"),
    "anerkennungsbescheid": _l("Anerkennungsbescheid"),
    "arbeitsvertrag": _l("Arbeitsvertrag"),
    "ezb": _l("Erklärung zum Beschäftigungsverhältnis"),
    "berufserfahrung": _l("Nachweise der IT-Berufserfahrung"),
    "stellungnahme": _l("Stellungnahme"),
}
EVIDENCE_HINTS: Mapping[str, Any] = {
    "krankenversicherung": _l("Ein aktueller Nachweis Ihrer Krankenkasse."),
    "anabin": _l("Zeigt, ob Ihr Abschluss in Deutschland anerkannt ist: anabin.kmk.org."),
    "zab_bewertung": _l("Nur wenn anabin Ihren Abschluss nicht nennt."),
    "anerkennungsbescheid": _l("Nur wenn Ihr Beruf reglementiert ist, zum Beispiel Ärztin."),
    "ezb": _l("Das Formular füllt Ihr Arbeitgeber aus."),
    "berufserfahrung": _l("Nur für IT-Fachkräfte ohne Hochschulabschluss."),
}

# What a Nachforderung may name, by the label in the checklist of the Verfahren.
REQUIREMENTS: tuple[Any, ...] = (
    _l("Gültiger Pass"),
    _l("Identität und Staatsangehörigkeit"),
    _l("Lebensunterhalt mit Krankenversicherung"),
    _l("Einreise mit Visum oder Antrag im Inland erlaubt"),
    _l("Hochschulabschluss"),
    _l("Gehalt"),
    _l("IT-Berufserfahrung"),
    _l("Angemessene Beschäftigung"),
    _l("Dauer der Beschäftigung"),
    _l("Erklärung zum Beschäftigungsverhältnis"),
)

LETTERS: Mapping[str, Any] = {
    "N01": _l("Eingangsbestätigung"),
    "N02": _l("Nachforderung"),
    "N03": _l("Zwischennachricht"),
    "N04": _l("Abgabenachricht"),
    "N06": _l("Terminangebot"),
    "N07": _l("Anhörung"),
    "N08": _l("Bewilligungsmitteilung"),
    "N09": _l("Abholmitteilung"),
    "N11": _l("Gebührenbescheid oder Quittung"),
    "N14": _l("Einstellungsmitteilung"),
    "N15": _l("Hinweisblatt"),
}

# The same words stand in letters about the state of a case.
TURNS: Mapping[Turn, Any] = {turn: _l(text) for turn, text in standworte.TURNS.items()}

# Messages of schemas whose text never changes; the others are matched below.
MESSAGES: tuple[Any, ...] = (
    _l("Bitte angeben."),
    _l("Bitte prüfen."),
    _l("Bitte aus der Liste wählen."),
    _l("Bitte Text angeben."),
    _l("Dieses Datum gibt es nicht (TT.MM.JJJJ)."),
    _l("Steuerzeichen sind nicht zulässig."),
    _l("Das ist keine gültige E-Mail-Adresse."),
    _l("Das ist keine gültige Telefonnummer."),
    _l("Diese Sprache wird nicht angeboten."),
    _l("Bitte Vor- oder Familiennamen angeben."),
    _l("Jede Staatsangehörigkeit nur einmal angeben."),
    _l("Staatenlos und eine Staatsangehörigkeit schließen sich aus."),
    _l("Bitte eine bis sechs Staatsangehörigkeiten angeben."),
    _l("Zwischen 1 und 480 Monaten."),
    _l("Bitte eine Zahl von Monaten angeben."),
    _l("Bis zu vier Ziffern (ISCO-08)."),
    _l("Das ist kein Betrag."),
    _l("Betrag bitte wie 50.700,00 eingeben (Punkt für Tausender, Komma für Cent)"),
    _l("der Tag ist ohne Monat nicht verwendbar"),
    _l("Der Eingang liegt in der Zukunft."),
    _l("Bitte wählen Sie mindestens eine Datei aus."),
)
_NAME_SIGN = re.compile(r"Zeichen (?P<at>\d+) (?P<sign>.*) ist in Namen nicht zulässig", re.S)
_MOST = re.compile(r"(?:Höchstens|Longer than maximum length) (?P<num>\d+)")
_NO_DAY = re.compile(r"den (?:Monat )?[\d.]+ gibt es nicht|bitte als TT\.MM\.JJJJ eingeben")
_YEAR = re.compile(r"das Jahr muss bekannt sein und darf nicht vor (?P<year>\d+) liegen")


def text_of(words: Words) -> str:
    """Return ``words`` in the language of the page."""
    return _(words.de)


def effect_of(fiktion: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what the running effect of an application means for stay and work, if there is one."""
    if fiktion is None or fiktion.get("ended_on"):
        return ()
    return told_effect(fiktion.get("words") or {}, str(get_locale() or "de"))


def choices_of(angabe: Angabe) -> list[tuple[str, str]]:
    """Return (value, words) of a choice in the language of the page."""
    return [(value, _(words)) for value, words in angabe.choices.items()]


def evidence_label(kind: str, verfahren: Verfahren | None = None) -> str:
    """Return what a kind of evidence is called, the key itself for one unknown here.

    What has no words of its own here is called as the Verfahren calls it.
    """
    if kind in EVIDENCE:
        return str(EVIDENCE[kind])
    return _(verfahren.evidence_labels.get(kind, kind)) if verfahren is not None else kind


def message(text: str) -> str:
    """Return a message of a schema in the language of the page."""
    if found := _NAME_SIGN.search(text):
        return _(
            "Das Zeichen %(sign)s ist in Namen nicht zulässig. Bitte schreiben Sie den Namen in "
            "lateinischer Schrift, wie in den zwei Zeilen unten im Pass.",
            sign=found["sign"],
        )
    if found := _MOST.match(text):
        return _("Höchstens %(num)s Zeichen.", num=found["num"])
    if found := _YEAR.match(text):
        return _(
            "Das Jahr muss bekannt sein und darf nicht vor %(year)s liegen.", year=found["year"]
        )
    if _NO_DAY.match(text):
        return _("Dieses Datum gibt es nicht. Unbekanntes bitte als 00.")
    return gettext(text)


def told(problems: Sequence[FieldProblem], rename: Mapping[str, str]) -> list[FieldProblem]:
    """Return problems in the page's language, each naming its field, at the field of the form.

    ``rename`` maps paths of the schema to names of the form where they differ.
    """
    out = []
    for problem in problems:
        name = rename.get(problem.field, problem.field)
        label = LABELS.get(problem.field) or LABELS.get(problem.field.rpartition(".")[0])
        text = message(problem.message)
        out.append(FieldProblem(name, f"{label}: {text}" if label else text))
    return out


def upload_message(error: UploadRefused, name: str, *, megabytes: int, pages: int) -> str:
    """Return why a file was refused, naming it, in the language of the page."""
    key = error.reasons[0].key if error.reasons else ""
    shown = "".join(sign for sign in name if sign.isprintable())[:80]
    texts = {
        "leer": _("„%(name)s“ ist leer (0 Byte). Bitte wählen Sie die Datei noch einmal aus."),
        "zu_gross": _(
            "„%(name)s“ ist größer als %(mb)s MB. Bitte verkleinern Sie die Datei oder teilen Sie "
            "sie auf."
        ),
        "falscher_typ": _(
            "„%(name)s“ ist kein PDF, JPEG oder PNG. Bitte speichern Sie das Dokument als PDF oder "
            "machen Sie ein Foto davon."
        ),
        "verschluesselt": _(
            "„%(name)s“ ist mit einem Passwort geschützt. Bitte speichern Sie das PDF ohne "
            "Passwort."
        ),
        "beschaedigt": _(
            "„%(name)s“ ist beschädigt oder unvollständig. Bitte erstellen Sie die Datei neu."
        ),
        "zu_viele_seiten": _(
            "„%(name)s“ hat mehr als %(pages)s Seiten. Bitte teilen Sie das Dokument auf."
        ),
        "schadsoftware": _(
            "„%(name)s“ enthält Schadsoftware und wurde nicht angenommen. Bitte prüfen Sie Ihr "
            "Gerät."
        ),
        "virenpruefung": _(
            "„%(name)s“ konnte gerade nicht auf Viren geprüft werden und wurde nicht angenommen. "
            "Bitte versuchen Sie es in einigen Minuten noch einmal."
        ),
        "dateiname": _(
            "Der Name der Datei enthält unzulässige Zeichen. Bitte benennen Sie sie um."
        ),
    }
    usual = _(
        "„%(name)s“ kann nicht sicher geöffnet werden. Bitte drucken Sie das Dokument neu als PDF."
    )
    # The names are put in here, after translation: they may contain any sign but no placeholder.
    text = texts.get(key, usual)
    for placeholder, value in (("mb", megabytes), ("pages", pages), ("name", shown)):
        text = text.replace(f"%({placeholder})s", str(value))
    return text

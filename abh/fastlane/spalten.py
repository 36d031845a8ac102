"""The columns of the sheet in which a company applies for many employees, by procedure (pure).

Each column is a field of the application; what a procedure declares beyond the common fields comes
from its own table, so that the sheet cannot know a fact that the form does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from abh.sprachen import NAMES, say
from abh.workflows import registry
from abh.workflows.angaben import Angabe, AngabeKind
from abh.workflows.facts import TitleKind
from abh.workflows.guards.fachverfahren import VOLLMACHT

# What an employer applies for in the name of its people, in the order of the pages.
FOR_COMPANIES: tuple[str, ...] = (
    *("P02", "P01", "P03", "P04", "P07", "P08", "P30", "P35"),
    # The accelerated procedure is the employer's own request (§ 81a(1) AufenthG).
    "P28",
)
DECLARED = "vollmacht"
# The same declaration as a fact of the accelerated procedure: nobody is asked for it twice.
ASSURED = VOLLMACHT.key


class Art(StrEnum):
    """How a cell is typed."""

    TEXT = "Text"
    TAG = "Tag (TT.MM.JJJJ)"
    GEBURT = "Geburtsdatum (TT.MM.JJJJ, Unbekanntes als 00)"
    WAHL = "Auswahl aus der Liste"
    JA_NEIN = "ja oder nein"
    ZAHL = "ganze Zahl"
    BETRAG = "Betrag in Euro"


# The same in English, for the sheet of explanations.
ART_EN: Mapping[Art, str] = {
    Art.TEXT: "text",
    Art.TAG: "day (DD.MM.YYYY)",
    Art.GEBURT: "date of birth (DD.MM.YYYY, unknown parts as 00)",
    Art.WAHL: "choose from the list",
    Art.JA_NEIN: "ja (yes) or nein (no)",
    Art.ZAHL: "whole number",
    Art.BETRAG: "amount in euros",
}


@dataclass(frozen=True, slots=True)
class Spalte:
    """A column: the path of the field, its heads in German and English, and what it takes.

    ``choices`` maps the words in the cell to the value of the field.
    """

    key: str
    de: str
    en: str
    art: Art = Art.TEXT
    needed: bool = False
    hint_de: str = ""
    hint_en: str = ""
    choices: Mapping[str, str] | None = None
    most: int = 200

    @property
    def head(self) -> str:
        """The head of the column; the first line is what it is found by."""
        return f"{self.de}{' *' if self.needed else ''}\n{self.en}"


def _titles() -> dict[str, str]:
    return {str(kind.value): kind.name for kind in TitleKind}


_COMMON: tuple[Spalte, ...] = (
    Spalte(
        DECLARED,
        "Vollmacht liegt vor",
        "Power of attorney at hand",
        Art.JA_NEIN,
        True,
        "Die Person hat Sie schriftlich bevollmächtigt, diesen Antrag zu stellen (§ 14 VwVfG NRW).",
        "The person has authorised you in writing to file this application (§ 14 VwVfG NRW).",
    ),
    Spalte(
        "person.family_name",
        "Familienname",
        "Family name",
        needed=True,
        hint_de="In lateinischer Schrift wie im Pass. Fehlt ein Namensteil dort, bleibt er leer.",
        hint_en="In Latin letters as in the passport. Leave empty what the passport does not have.",
        most=120,
    ),
    Spalte("person.given_names", "Vornamen", "Given names", hint_de="Alle, wie im Pass.",
           hint_en="All of them, as in the passport.", most=120),
    Spalte("person.birth_date", "Geburtsdatum", "Date of birth", Art.GEBURT, True),
    Spalte("person.birth_place", "Geburtsort", "Place of birth", most=120),
    Spalte("person.sex", "Geschlecht", "Sex", Art.WAHL, hint_de="Wie im Pass.",
           hint_en="As in the passport.",
           choices={"weiblich": "f", "männlich": "m", "divers": "d", "ohne Angabe": "x"}),
    Spalte(
        "person.nationalities",
        "Staatsangehörigkeit",
        "Nationality",
        needed=True,
        hint_de="Kürzel aus drei Buchstaben wie im Pass, zum Beispiel IND; mehrere mit Komma.",
        hint_en="Three letters as in the passport, for example IND; several with commas.",
        most=40,
    ),
    Spalte("person.street", "Straße und Hausnummer", "Street and number", needed=True),
    Spalte("person.postcode", "Postleitzahl", "Postcode", needed=True, most=12),
    Spalte("person.city", "Ort", "City", needed=True, most=120),
    Spalte("person.email", "E-Mail der Person", "Person's e-mail",
           hint_de="Dorthin geht die Eingangsbestätigung mit dem Link zum Stand.",
           hint_en="The confirmation of receipt with the status link goes there."),
    Spalte("person.phone", "Telefon der Person", "Person's phone", most=40),
    Spalte("person.language", "Sprache der Person", "Person's language", Art.WAHL,
           choices={name: code for code, name in NAMES.items()}),
    Spalte("title_kind", "Titel heute", "Present title", Art.WAHL, choices=_titles(),
           hint_de="Was die Person jetzt hat. Davon hängt ab, ob sie bleiben und arbeiten darf.",
           hint_en="What the person holds now. It decides whether they may stay and work."),
    Spalte("title_until", "Titel gültig bis", "Present title valid until", Art.TAG),
    Spalte("entry_on", "Eingereist am", "Entered Germany on", Art.TAG),
    Spalte("passport_until", "Pass gültig bis", "Passport valid until", Art.TAG),
    Spalte("job_title", "Berufsbezeichnung", "Job title"),
    Spalte("job_place", "Arbeitsort", "Place of work"),
    Spalte("isco", "Beruf nach ISCO-08", "Occupation (ISCO-08)", hint_de="Vier Ziffern.",
           hint_en="Four digits.", most=4),
    Spalte("weekly_hours", "Stunden pro Woche", "Hours a week", most=20),
    Spalte("salary_year", "Bruttogehalt im Jahr", "Gross salary a year", Art.BETRAG,
           hint_de="Ohne freiwillige Zahlungen, zum Beispiel 48.000,00.",
           hint_en="Without voluntary payments, for example 48.000,00.", most=20),
    Spalte("job_start", "Beginn der Arbeit", "Start of work", Art.TAG),
    Spalte("job_permanent", "Unbefristet", "Permanent contract", Art.JA_NEIN),
    Spalte("job_months", "Dauer in Monaten", "Months of contract", Art.ZAHL,
           hint_de="Nur wenn der Vertrag befristet ist.",
           hint_en="Only for a fixed-term contract."),
    Spalte("keeps_job", "Bleibt in der bisherigen Stelle", "Keeps the present job", Art.JA_NEIN),
)  # fmt: skip
_DEGREE: tuple[Spalte, ...] = (
    Spalte("degree_name", "Hochschulabschluss", "University degree"),
    Spalte("degree_on", "Abschluss erworben am", "Degree awarded on", Art.TAG),
)
_ARTEN: Mapping[AngabeKind, Art] = {
    AngabeKind.JA_NEIN: Art.JA_NEIN,
    AngabeKind.TAG: Art.TAG,
    AngabeKind.ZAHL: Art.ZAHL,
    AngabeKind.BETRAG: Art.BETRAG,
    AngabeKind.TEXT: Art.TEXT,
    AngabeKind.WAHL: Art.WAHL,
}


@cache
def columns(verfahren: str) -> tuple[Spalte, ...]:
    """Return the columns for a procedure; raises ``KeyError`` for one companies do not file."""
    if verfahren not in FOR_COMPANIES:
        raise KeyError(verfahren)
    newest = registry.newest(verfahren)
    asked = asked_of(newest.angaben)
    declared = tuple(_of(angabe) for angabe in asked)
    taken = {column.de for column in (*_COMMON, *_DEGREE)}
    own = tuple(
        column if column.de not in taken else _renamed(column, angabe)
        for column, angabe in zip(declared, asked, strict=True)
    )
    return (*_COMMON, *(_DEGREE if newest.key == "P02" else ()), *own)


def asked_of(angaben: Iterable[Angabe]) -> tuple[Angabe, ...]:
    """Return the facts of a procedure that a company is asked for beside its declaration."""
    return tuple(a for a in angaben if a.by_applicant and a.key != ASSURED)


def _of(angabe: Angabe) -> Spalte:
    choices = {words: value for value, words in angabe.choices.items()} or None
    unit = f" ({angabe.unit})" if angabe.unit else ""
    return Spalte(
        f"angaben.{angabe.key}",
        f"{angabe.label}{unit}",
        f"{say('en', angabe.label)}{unit}",
        _ARTEN[angabe.kind],
        choices=choices,
        most=4000 if angabe.kind is AngabeKind.TEXT else 200,
    )


def _renamed(column: Spalte, angabe: Angabe) -> Spalte:
    """Two columns of one head could not be told apart."""
    return Spalte(
        column.key,
        f"{column.de} [{angabe.key}]",
        column.en,
        column.art,
        choices=column.choices,
        most=column.most,
    )

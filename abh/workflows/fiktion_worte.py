"""What the Eingangsbestätigung says about the fiction, in any language, always conditional."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from abh.sprachen import SOURCE, say
from abh.workflows.definition import Words

_STAY: dict[str, Words] = {
    "CONTINUING": Words(
        "Nach Ihren Angaben war Ihr Aufenthaltstitel gültig, als Ihr Antrag bei uns einging. "
        "Stimmt das, dann gilt der Titel ab seinem Ablauf{until} weiter, bis wir entschieden "
        "haben.",
    ),
    "ORDERED": Words(
        "Nach Ihren Angaben kam Ihr Antrag erst nach dem Ende Ihres Aufenthaltstitels. Wir haben "
        "angeordnet, dass der Titel trotzdem weiter gilt, bis wir entschieden haben.",
    ),
    "PROTECTED": Words(
        "Nach Ihren Angaben hat das Bundesamt Ihnen Schutz zuerkannt. Stimmt das, dann gilt Ihr "
        "Aufenthalt als erlaubt, bis Sie Ihren Aufenthaltstitel erhalten.",
    ),
    "PERMITTED": Words(
        "Nach Ihren Angaben durften Sie sich ohne Aufenthaltstitel in Deutschland aufhalten, als "
        "Ihr Antrag bei uns einging. Stimmt das, dann gilt Ihr Aufenthalt als erlaubt, bis wir "
        "entschieden haben.",
    ),
    "SUSPENDED": Words(
        "Nach Ihren Angaben kam Ihr Antrag nach dem Ende Ihres erlaubten Aufenthalts. Stimmt das, "
        "dann gilt Ihre Abschiebung als ausgesetzt, bis wir entschieden haben.",
    ),
    "NONE": Words(
        "Nach Ihren Angaben ändert der Antrag allein nichts an Ihrem Aufenthaltsrecht. Bitte "
        "wenden Sie sich an uns, wenn Ihr Aufenthaltstitel abläuft oder abgelaufen ist.",
    ),
    "OPEN": Words(
        "Wir können noch nicht sagen, welche Wirkung Ihr Antrag auf Ihren Aufenthalt hat. Uns "
        "fehlen Angaben zu Ihrem bisherigen Aufenthaltstitel.",
    ),
}
_UNTIL: Words = Words(" am {day}")

_NO_WORK = Words(
    "Der Antrag erlaubt Ihnen nicht zu arbeiten.",
)
_WORK: dict[str, Words] = {
    "CONTINUING": Words(
        "Stimmt das, dann dürfen Sie so weiterarbeiten, wie Ihr bisheriger Titel es erlaubt.",
    ),
    "ORDERED": Words(
        "Sie dürfen so weiterarbeiten, wie Ihr bisheriger Titel es erlaubt hat.",
    ),
    "PROTECTED": Words(
        "Stimmt das, dann dürfen Sie arbeiten.",
    ),
    "PERMITTED": _NO_WORK,
    "SUSPENDED": _NO_WORK,
    "NONE": Words(
        "Der Antrag gibt Ihnen kein neues Recht zu arbeiten.",
    ),
    "OPEN": Words(
        "Ob Sie arbeiten dürfen, steht in Ihrem bisherigen Titel.",
    ),
}


def words(kind: str, until: date | None, language: str = SOURCE) -> str:
    """Return the sentence on the stay; ``until`` is the end of the old title, if it is named."""
    day = f"{until.day:02d}.{until.month:02d}.{until.year}" if until is not None else ""
    shown = say(language, _UNTIL.de).format(day=day) if day else ""
    return say(language, _STAY[kind].de).format(until=shown)


def work_words(kind: str, language: str = SOURCE) -> str:
    """Return the sentence on work."""
    return say(language, _WORK[kind].de)


def told(row: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Return what the stored effect of an application says on stay and work, in ``language``.

    ``row`` is ``fiktion.words`` of the database: German texts, and the key they were made of.
    """
    if language == SOURCE or "key" not in row:
        return tuple(text for text in (row.get("de", ""), row.get("work_de", "")) if text)
    until = date.fromisoformat(row["until"]) if row.get("until") else None
    return (words(row["key"], until, language), work_words(row["key"], language))


def stored(kind: str, until: date | None) -> dict[str, str | None]:
    """Return the row that ``told`` reads."""
    return {
        "de": words(kind, until),
        "work_de": work_words(kind),
        "key": kind,
        "until": until.isoformat() if until is not None else None,
    }

"""The guided tour of the demo: its stations, and what applicants are told at theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Stop:
    """A station: a real page by its endpoint, its title, and a sentence on what it is for."""

    endpoint: str
    title: Any
    text: Any
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar over a page says: ``here`` when the page is the station itself."""

    number: int
    of: int
    stop: Stop
    url: str
    here: bool
    offered: bool = False

    @property
    def last(self) -> bool:
        """Whether no station follows."""
        return self.number == self.of


APPLICANT: tuple[Stop, ...] = (
    Stop(
        "antrag.choose",
        _l("Antrag"),
        _l("Hier beginnt jeder Antrag: Sie wählen, was Sie brauchen. Ein Konto ist nicht nötig."),
    ),
    Stop(
        "antrag.page",
        _l("Formular"),
        _l("Nur wenige Angaben sind Pflicht. Was fehlt, fordern wir nach; nichts geht verloren."),
        {"key": "p02"},
    ),
    Stop(
        "termine.page",
        _l("Termin"),
        _l("Offene Termine buchen Sie ohne Einladung; der Platz wird für Sie gehalten."),
    ),
    Stop(
        "notfall.page",
        _l("Notfall"),
        _l("Wenn es nicht warten kann: Plätze werden ausgelost, und jeder kann es nachrechnen."),
    ),
    Stop(
        "statuszugang.page",
        _l("Stand"),
        _l("Mit Nummer und Code sehen Sie, was heute gilt, was fehlt und wer am Zug ist."),
    ),
)

"""Words of the company's pages for keys of the rooms below, in German and English."""

from __future__ import annotations

from collections.abc import Sequence

from abh.fastlane.wessen import Seite
from abh.fastlane.zusage import Stand
from abh.web.i18n import gettext as _


def side(seite: Seite) -> str:
    """Return what a side is called for the employer who reads."""
    return {
        Seite.AMT: _("Ausländerbehörde"),
        Seite.BA: _("Bundesagentur für Arbeit"),
        Seite.ANDERE: _("andere Behörde"),
        Seite.PERSON: _("beschäftigte Person"),
        Seite.FIRMA: _("Sie als Arbeitgeber"),
        Seite.NIEMAND: _("niemand mehr"),
    }[seite]


def sides(seiten: Sequence[Seite]) -> str:
    """Return who has the turn, in words."""
    return _(" und ").join(side(seite) for seite in seiten)


def filters() -> dict[str, str]:
    """Return the labels of the filters by whose turn it is."""
    return {
        "wir": _("Sie oder Ihre Beschäftigten"),
        "amt": _("Ausländerbehörde"),
        "ba": _("Bundesagentur"),
        "andere": _("andere Behörde"),
        "fertig": _("abgeschlossen"),
    }


def item_words(kind: str) -> str:
    """Return what a dated item asks for."""
    return {
        "nachforderung": _("Unterlagen nachreichen"),
        "abholung": _("Karte abholen (Person)"),
        "nachricht": _("Nachricht beantworten"),
        "termin": _("Termin"),
    }[kind]


def promise(stand: Stand) -> tuple[str, str]:
    """Return tone and words of how a promise stands."""
    return {
        Stand.OFFEN: ("info", _("offen")),
        Stand.KNAPP: ("warning", _("bald fällig")),
        Stand.UEBERSCHRITTEN: ("danger", _("überschritten")),
        Stand.GEHALTEN: ("success", _("gehalten")),
        Stand.VERFEHLT: ("danger", _("nicht gehalten")),
    }[stand]

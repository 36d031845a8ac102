"""What a visit is for, in the language of the page: services, persons, interpreter, desk.

The names stand in the office file, in German. Those of the file that comes with the product have
translations here; a name an office gives itself is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from abh.appointments.visits import BARRIER_FREE, Visit
from abh.office.tables import Service
from abh.sprachen import marked, say
from abh.web.i18n import gettext as _

_KNOWN = {
    "Biometrie zum Antrag": marked("Foto, Fingerabdrücke und Unterschrift"),
    "Abholung der Karte": marked("Abholung der Karte"),
    "Beratung": marked("Beratung"),
    "Antrag am Schalter": marked("Antrag am Schalter"),
    "Unterlagen nachreichen": marked("Unterlagen nachreichen"),
    "Fiktionsbescheinigung ausgeben": marked("Fiktionsbescheinigung ausgeben"),
    "Notfall": marked("Notfall"),
    "Firmentermin": marked("Firmentermin"),
    "Gebühr zahlen": marked("Gebühr zahlen"),
}


_NAMES = select(Service.key, Service.name).where(Service.key.in_(bindparam("keys", expanding=True)))


def service_words(name: str) -> str:
    """Return the name of a service in the language of the page."""
    return _(_KNOWN[name]) if name in _KNOWN else name


def service_words_in(language: str, name: str) -> str:
    """Return the name of a service in a language, for a page that speaks several in turn."""
    return say(language, _KNOWN[name]) if name in _KNOWN else name


def visit_lines(session: Session, service_key: str, visit: Visit) -> list[str]:
    """Return what happens in the visit and who comes, a line each. One statement."""
    wanted = (service_key, *visit.also)
    rows = session.execute(_NAMES, {"keys": wanted})
    names = dict(rows.all())
    lines = [service_words(names[key]) for key in wanted if key in names]
    if visit.persons > 1:
        lines.append(_("Personen: %(num)s", num=visit.persons))
    if visit.interpreter:
        lines.append(_("Zeit für eine Person, die dolmetscht; bitte bringen Sie sie mit"))
    if BARRIER_FREE in visit.needs:
        lines.append(_("Barrierefreier Platz"))
    return lines


def choices(services: Iterable[Service]) -> list[tuple[str, str]]:
    """Return services as choices of a form, by their translated names."""
    return sorted(((s.key, service_words(s.name)) for s in services), key=lambda pair: pair[1])

"""What a visit is for, in the language of the page: services, persons, interpreter, desk.

The names stand in the office file, in German. Those of the file that comes with the product have
translations here; a name an office gives itself is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments.visits import BARRIER_FREE, Visit
from abh.office.tables import Service
from abh.web.i18n import gettext as _


def service_words(name: str) -> str:
    """Return the name of a service in the language of the page."""
    known = {
        "Biometrie zum Antrag": _("Foto, Fingerabdrücke und Unterschrift"),
        "Abholung der Karte": _("Abholung der Karte"),
        "Beratung": _("Beratung"),
        "Antrag am Schalter": _("Antrag am Schalter"),
        "Unterlagen nachreichen": _("Unterlagen nachreichen"),
        "Fiktionsbescheinigung ausgeben": _("Fiktionsbescheinigung ausgeben"),
        "Notfall": _("Notfall"),
        "Firmentermin": _("Firmentermin"),
        "Gebühr zahlen": _("Gebühr zahlen"),
    }
    return known.get(name, name)


def visit_lines(session: Session, service_key: str, visit: Visit) -> list[str]:
    """Return what happens in the visit and who comes, a line each. One statement."""
    wanted = (service_key, *visit.also)
    rows = session.execute(select(Service.key, Service.name).where(Service.key.in_(wanted)))
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

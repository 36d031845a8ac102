"""The frame of staff pages: who is logged in where, the areas, and what waits in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, g, request
from sqlalchemy import text

from abh.access.actor import Actor
from abh.access.policy import Power
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.post import claims
from abh.web import session as web
from abh.web import tasten
from abh.web.adressen import url_for
from abh.web.i18n import for_staff
from abh.web.i18n import gettext as _
from abh.web.parts import Chrome, NavItem, Visit

# One statement for everything the frame shows, because every page pays for it.
_FRAME = text(
    """
SELECT (SELECT name FROM sachgebiet WHERE key = :unit) AS unit,
       (SELECT name FROM desk WHERE id = :desk) AS desk,
       (SELECT printer_id FROM desk WHERE id = :desk) AS printer_id,
       (SELECT count(*) FROM (SELECT 1 FROM letter WHERE state = 'signing'
          AND (unit_key = :unit OR :all_units) LIMIT 100) waiting) AS folder,
       (SELECT count(*) FROM (SELECT 1 FROM letter WHERE state = 'released'
          AND channel IN ('post','pzu','einschreiben','empfangsbekenntnis')
          AND (unit_key = :unit OR :all_units) LIMIT 100) leaving) AS leaving,
       (SELECT count(*) FROM booking WHERE unit_key = :unit AND day = :day
          AND status = 'checked_in') AS waiting,
       (SELECT jsonb_build_object('id', id, 'beat_at', beat_at) FROM post_bundle
         WHERE claimed_by = :me AND closed_at IS NULL) AS held_post,
       (SELECT to_jsonb(k) FROM user_keys k WHERE k.user_id = :me) AS keys,
       (SELECT to_jsonb(t) FROM user_tour t WHERE t.user_id = :me) AS tour,
       (SELECT jsonb_build_object('kind', kind, 'id', id, 'ticket', ticket, 'since', called_at)
          FROM (SELECT 'booking' AS kind, id, ticket, called_at FROM booking
                 WHERE unit_key = :unit AND day = :day AND status = 'called' AND called_to = :desk
                   AND checked_in_at IS NOT NULL
                UNION ALL
                SELECT 'walk_in', id, ticket, called_at FROM walk_in
                 WHERE unit_key = :unit AND day = :day AND status = 'called' AND called_to = :desk
                 ORDER BY called_at DESC LIMIT 1) here) AS visit
"""
)
# In the order in which they matter over a day; those without room go into the menu.
_AREAS = (
    ("desk.page", "a", Power.CASE_READ),
    ("desk.cases", "v", Power.CASE_READ),
    ("post.page", "t", Power.POST_WORK),
    ("schalter.page", "s", Power.CASE_COUNTER),
    ("briefe.folder", "u", Power.LETTER_SIGN),
    ("leitung.page", "l", Power.UNIT_LEAD),
    ("papier.page", "e", Power.CASE_INTAKE),
    ("briefe_ausgang.page", "p", Power.CASE_COUNTER),
    ("betrieb.page", "b", Power.ADMIN),
    ("frist.page", "f", ""),
    ("probefall.page", "o", Power.CASE_READ),
    ("handbuch.page", "h", ""),
    ("firmen.page", "i", Power.FASTLANE_ADMIT),
    ("dienstplan.page", "d", Power.ROSTER_EDIT),
)
# The bar of somebody who may everything must hold in one line of a small laptop: with the menu.
MOST_IN_BAR = 7
# Beside these pages stands the list of next things.
_WITH_RAIL = frozenset(
    {"vorgang", "tat", "schalter", "laufkundschaft", "post", "briefe", "vorgang_nachrichten"}
)


def staff_blueprint(name: str, module: str) -> Blueprint:
    """Return a blueprint whose pages stand in the frame of the staff."""
    blueprint = for_staff(Blueprint(name, module))

    @blueprint.before_request
    def frame() -> None:
        who = web.current_actor()
        if who is not None and request.method in ("GET", "HEAD"):
            show_frame(who)

    return blueprint


def show_frame(who: Actor) -> None:
    """Put the frame for ``who`` into this request; one statement."""
    g.frame = frame_row(who)
    tasten.remember(g.frame["keys"])
    _keep_post(who, g.frame["held_post"])
    here = request.endpoint or ""
    labels = _labels(g.frame["folder"], g.frame["waiting"], g.frame["leaving"])
    areas = [
        NavItem(labels[endpoint], url_for(endpoint), here == endpoint, key)
        for endpoint, key in _areas(who)
    ]
    room = len(areas) if len(areas) <= MOST_IN_BAR else MOST_IN_BAR - 1
    reads = who.may(Power.CASE_READ)
    g.chrome = Chrome(
        office=web.services().office_name or web.house().office.name,
        unit=" · ".join(part for part in (who.unit_key, g.frame["unit"]) if part),
        user=who.name,
        desk=g.frame["desk"] or "",
        nav=areas[:room],
        more=areas[room:],
        search_url=url_for("suche.page") if reads else "",
        logout_url=url_for("login.logout"),
        commands_url=url_for("befehle.find"),
        keys_url=url_for("login.change_mode"),
        rail_url=url_for("befehle.rail", bei=request.path)
        if reads and request.blueprint in _WITH_RAIL
        else "",
        visit=_visit(g.frame["visit"]),
    )


def _keep_post(who: Actor, held: Mapping[str, Any] | None) -> None:
    """Whoever looks at a case or writes its letter works on the post in hand all the same."""
    if held and web.now() - datetime.fromisoformat(held["beat_at"]) >= claims.BEAT_EVERY:
        claims.beat(web.reading(), who, held["id"], clock=web.house())


def _visit(row: Mapping[str, Any] | None) -> Visit | None:
    if row is None:
        return None
    booked = row["kind"] == "booking"
    return Visit(
        ticket=row["ticket"],
        url=url_for("schalter.visit", booking_id=row["id"])
        if booked
        else url_for("laufkundschaft.visit", walk_in_id=row["id"]),
        since=datetime.fromisoformat(row["since"]),
        end_url=url_for("schalter.call_next"),
        end_field="besuch" if booked else "nummer",
        end_value=row["id"],
    )


def _areas(who: Actor) -> list[tuple[str, str]]:
    return [
        (endpoint, key)
        for endpoint, key, power in _AREAS
        if endpoint in current_app.view_functions and (not power or power in who.powers)
    ]


def areas_of(who: Actor) -> list[tuple[str, str]]:
    """Return label and endpoint of every area that ``who`` has; no statement."""
    labels = _labels(0, 0, 0)
    return [(labels[endpoint], endpoint) for endpoint, _key in _areas(who)]


def frame_row(who: Actor) -> Mapping[str, Any]:
    """Return names of unit and desk, the desk's printer, and what waits; one statement."""
    params = {
        "unit": who.unit_key,
        "desk": who.desk_id,
        "day": web.today(),
        "me": who.user_id,
        "all_units": who.may(Power.ALL_UNITS),
    }
    return dict(web.reading().execute(_FRAME, params).mappings().one())


def _labels(folder: int, waiting: int, leaving: int) -> dict[str, str]:
    return {
        "desk.page": _("Als Nächstes"),
        "desk.cases": _("Vorgänge"),
        "papier.page": _("Antrag erfassen"),
        "post.page": _("Post"),
        "schalter.page": _("Schalter") + (f" ({waiting})" if waiting else ""),
        "briefe.folder": _("Unterschriften") + (f" ({folder})" if folder else ""),
        "briefe_ausgang.page": _("Postausgang") + (f" ({leaving})" if leaving else ""),
        "frist.page": _("Fristen"),
        "probefall.page": _("Probefall"),
        "handbuch.page": _("Verfahren"),
        "firmen.page": _("Firmen"),
        "leitung.page": _("Leitung"),
        "dienstplan.page": _("Dienstplan"),
        "betrieb.page": _("Betrieb"),
    }


def read_day(raw: str, field: str, *, needed: bool = False) -> date | None:
    """Return the day that a clerk typed: ``24.11.2026``, ``24.11.26``, ``24112026`` or ISO.

    None for nothing typed. Raises ``InvalidInput`` for what is no day.
    """
    typed = raw.strip()
    if not typed:
        if needed:
            raise InvalidInput([FieldProblem(field, _("Bitte ein Datum angeben."))])
        return None
    digits = typed if "-" in typed else typed.replace(".", "").replace(" ", "")
    try:
        if "-" in digits:
            return date.fromisoformat(digits)
        if "." in typed:
            day, month, year = (int(part) for part in typed.split("."))
        elif len(digits) in (6, 8) and digits.isdecimal():
            day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
        else:
            raise ValueError(typed)
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError as error:
        message = _("Dieses Datum gibt es nicht (TT.MM.JJJJ).")
        raise InvalidInput([FieldProblem(field, message)]) from error


def page_number(raw: str | None) -> int:
    """Return a whole number from an address, 0 for anything else."""
    return int(raw) if raw and raw.isdecimal() and len(raw) < 19 else 0

"""The weekly pattern of a unit: who sits where in which lane every week, from a chosen day on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.appointments import planning, roster, weekly
from abh.appointments.planning import Hit
from abh.appointments.tables import LANES
from abh.appointments.weekly import Edit, Piece
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.dienstplan_gemeinsam import (
    Answer,
    day_field,
    hits_ahead,
    lane_choices,
    lane_words,
    load_lines,
    make_change,
    number_field,
    staff_of,
    time_field,
)
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, staff_blueprint

blueprint = staff_blueprint("muster", __name__)

_WEEK = 7


@blueprint.get("/leitung/dienstplan/muster")
@policy(Power.ROSTER_EDIT)
def page() -> str:
    """Show the week that is in force on a day, its load by lane, and the forms to change it."""
    return _page(Form())


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit, since = chosen_unit(who), _since()
    pieces = weekly.week_on(session, unit, since)
    chosen = page_number(request.values.get("stueck"))
    monday = since - timedelta(days=since.weekday())
    week = planning.lane_load(session, unit, monday, monday + timedelta(days=_WEEK - 1))
    desks = office.desks(session, unit)
    piece = next((piece for piece in pieces if piece.id == chosen), None)
    return render_template(
        "dienstplan/muster.html",
        unit=unit,
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        since=since,
        weekdays=_weekdays(pieces),
        table=_table(pieces),
        desks=[(each.key, f"{each.key} {each.name}") for each in desks],
        staff=[(each.login, each.display_name) for each in staff_of(session, unit)],
        lanes=lane_choices(),
        lane_words=lane_words(),
        chosen=piece,
        piece_form=form if form.problems or piece is None else _form_of(piece),
        minutes=_minutes(pieces),
        load=load_lines(week),
        monday=monday,
        later=weekly.later_changes(session, unit, since),
        hit_count=len(hits_ahead(session, unit)),
        horizon=roster.horizon_of(session, unit),
        form=form,
    )


def _form_of(piece: Piece) -> Form:
    spec = piece.spec
    return Form(
        {
            "user": spec.login,
            "start": f"{spec.start:%H:%M}",
            "end": f"{spec.end:%H:%M}",
            "lane": spec.lane,
        }
    )


def _since() -> date:
    """Return the day from which a change shall count: the typed one, else the next Monday."""
    typed = request.values.get("ab", "")
    try:
        day = read_day(typed, "ab")
    except InvalidInput:
        day = None
    return day or web.today() + timedelta(days=_WEEK - web.today().weekday())


def _weekday_words() -> tuple[str, ...]:
    return (
        _("Montag"),
        _("Dienstag"),
        _("Mittwoch"),
        _("Donnerstag"),
        _("Freitag"),
        _("Samstag"),
        _("Sonntag"),
    )


def _weekdays(pieces: Sequence[Piece]) -> list[tuple[int, str]]:
    """Return Monday to Friday, and the other days on which something is planned."""
    used = {piece.spec.weekday for piece in pieces}
    return [(n, word) for n, word in enumerate(_weekday_words()) if n < 5 or n in used]


def _table(pieces: Sequence[Piece]) -> dict[str, dict[int, list[Piece]]]:
    """Return the pieces by desk and weekday."""
    found: dict[str, dict[int, list[Piece]]] = {}
    for piece in pieces:
        found.setdefault(piece.spec.desk_key, {}).setdefault(piece.spec.weekday, []).append(piece)
    return found


def _minutes(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Return the planned minutes of every lane by weekday, and of the whole week."""
    words = lane_words()
    return [
        {
            "lane": words[lane],
            "days": {
                day: sum(p.minutes for p in mine if p.spec.weekday == day) for day in range(_WEEK)
            },
            "week": sum(piece.minutes for piece in mine),
        }
        for lane in LANES
        if (mine := [piece for piece in pieces if piece.spec.lane == lane])
    ]


@blueprint.post("/leitung/dienstplan/muster/<act>")
@policy(Power.ROSTER_EDIT)
def change(act: str) -> Answer:
    """Change the weekly pattern; what hits bookings is shown first and done when confirmed."""
    editing = _EDITS.get(act)
    if editing is None:
        raise NotFound()
    unit = chosen_unit(web.actor())

    def doing(session: Session, who: Actor) -> list[Hit]:
        return weekly.change_week(
            session,
            who,
            unit,
            editing(unit),
            valid_from=day_field("ab"),
            opening_hours=web.house().profile.get("opening_hours", {}),
            clock=web.services().clock,
        )

    sg = request.args.get("sg") or None
    return make_change(
        unit,
        doing,
        again=_page,
        here=url_for("muster.change", act=act, sg=sg),
        done=url_for("muster.page", ab=_since().isoformat(), sg=sg),
    )


def _adding(unit: str) -> Edit:
    return weekly.adding(
        unit,
        _chosen("desk"),
        _chosen("user"),
        _days("weekday"),
        time_field("start"),
        time_field("end"),
        request.form.get("lane", ""),
    )


def _changing(unit: str) -> Edit:
    every = range(_WEEK) if request.form.get("alle") == "1" else ()
    return weekly.changing(
        number_field("stueck"),
        login=_chosen("user"),
        start=time_field("start"),
        end=time_field("end"),
        lane=request.form.get("lane", ""),
        weekdays=every,
    )


def _removing(unit: str) -> Edit:
    return weekly.removing(number_field("stueck"))


def _copying(unit: str) -> Edit:
    source = request.form.get("source", "")
    if source not in {str(n) for n in range(_WEEK)}:
        raise InvalidInput([FieldProblem("source", _("Bitte wählen."))])
    return weekly.copying(int(source), _days("targets"))


def _chosen(name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        raise InvalidInput([FieldProblem(name, _("Bitte wählen."))])
    return value


def _days(name: str) -> set[int]:
    return {int(raw) for raw in request.form.getlist(name) if raw in set("0123456")}


_EDITS: Mapping[str, Callable[[str], Edit]] = {
    "neu": _adding,
    "aendern": _changing,
    "entfernen": _removing,
    "tag": _copying,
}

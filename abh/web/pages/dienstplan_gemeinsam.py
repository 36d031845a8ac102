"""What the roster's pages share: words, fields, and asking before a change that hits people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.tables import AppUser
from abh.appointments import planning
from abh.appointments.mitteilung import Way
from abh.appointments.planning import Hit
from abh.appointments.tables import LANES
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import page_number, read_day, show_frame

Answer = BaseResponse | tuple[str, int]


class _Unconfirmed(Exception):
    """The change would leave bookings outside the roster; the transaction is rolled back."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        super().__init__()
        self.hits = hits


def make_change(
    unit: str,
    doing: Callable[[Session, Actor], list[Hit]],
    *,
    again: Callable[[Form], str],
    here: str,
    done: str,
) -> Answer:
    """Change the roster; what hits bookings is shown first and done when confirmed.

    ``here`` is the address that got the form, ``again`` shows the page with its faults, ``done``
    is where a changed roster leads.
    """
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            before = {hit.booking_id for hit in hits_ahead(session, unit)}
            new = [hit for hit in doing(session, who) if hit.booking_id not in before]
            if new and "bestaetigt" not in request.form:
                raise _Unconfirmed(new)
    except _Unconfirmed as asked:
        show_frame(who)
        return render_template(
            "dienstplan/betroffen.html",
            hits=asked.hits,
            here=here,
            back=done,
            sent=[
                (name, value)
                for name, values in request.form.lists()
                for value in values
                if name != "csrf_token"
            ],
        ), 409
    except (InvalidInput, Conflict) as error:
        show_frame(who)
        form, status = web.refused_form(error, request.form)
        return again(form), status
    flash(_("Der Dienstplan ist geändert."), "success")
    if new:
        flash(
            ngettext(
                "%(num)s Termin liegt jetzt außerhalb des Dienstplans. Bitte verlegen.",
                "%(num)s Termine liegen jetzt außerhalb des Dienstplans. Bitte verlegen.",
                len(new),
            ),
            "warning",
        )
    return redirect(done, 303)


def told_words(ways: Sequence[Way]) -> tuple[str, str]:
    """Return what to say of places moved, with who has to be called; and its tone."""
    parts = [ngettext("%(num)s Termin verlegt.", "%(num)s Termine verlegt.", len(ways))]
    if count := ways.count("mail"):
        parts.append(_("%(n)s per E-Mail benachrichtigt.", n=count))
    if count := ways.count("letter"):
        parts.append(
            _("%(n)s per Brief; ist der Termin in wenigen Tagen, bitte auch anrufen.", n=count)
        )
    if count := ways.count(""):
        parts.append(_("%(n)s ohne E-Mail und Anschrift: bitte anrufen.", n=count))
    return " ".join(parts), "success" if set(ways) <= {"mail"} else "warning"


def hits_ahead(session: Session, unit: str) -> list[Hit]:
    """Return the bookings of the unit from today on that no roster carries."""
    return planning.hits(session, {unit}, web.today(), web.today() + timedelta(days=400))


def lane_words() -> dict[str, str]:
    """Return what the lanes are called."""
    return {
        "kunden": _("ohne Termin"),
        "einladung": _("Einladung"),
        "firmen": _("Firmen"),
        "notfall": _("Notfall"),
        "post": _("Post"),
        "pause": _("Pause"),
    }


def lane_choices() -> list[tuple[str, str]]:
    """Return the lanes for a field."""
    words = lane_words()
    return [(lane, words[lane]) for lane in LANES]


def staff_of(session: Session, unit: str) -> list[AppUser]:
    """Return who can sit at a desk of the unit, by name."""
    return list(
        session.scalars(
            select(AppUser)
            .where(AppUser.unit_key == unit, AppUser.active, AppUser.role.in_(("clerk", "lead")))
            .order_by(AppUser.display_name)
        )
    )


def load_lines(lines: Sequence[planning.LaneLoad]) -> list[dict[str, Any]]:
    """Return minutes planned, booked and free by lane, with the booked share in percent."""
    words = lane_words()
    found = []
    for lane in LANES:
        mine = [line for line in lines if line.lane == lane]
        if mine:
            planned, booked = sum(x.rostered for x in mine), sum(x.booked for x in mine)
            found.append(
                {
                    "lane": words[lane],
                    "rostered": planned,
                    "booked": booked,
                    "free": sum(x.free for x in mine),
                    "share": round(100 * booked / planned) if planned else 0,
                }
            )
    return found


def monday_of(raw: str | None) -> date:
    """Return the Monday of the typed day, of today for nothing typed."""
    day = (read_day(raw, "woche") if raw else None) or web.today()
    return day - timedelta(days=day.weekday())


def number_field(name: str) -> int:
    """Return the number chosen in a field of the form; raises ``InvalidInput`` for none."""
    number = page_number(request.form.get(name))
    if not number:
        raise InvalidInput([FieldProblem(name, _("Bitte wählen."))])
    return number


def day_field(name: str) -> date:
    """Return the day typed into a field of the form; raises ``InvalidInput`` for none."""
    day = read_day(request.form.get(name, ""), name)
    if day is None:
        raise InvalidInput([FieldProblem(name, _("Bitte ein Datum angeben."))])
    return day


def time_field(name: str) -> time:
    """Return the time typed into a field of the form; raises ``InvalidInput`` for none."""
    try:
        return time.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise InvalidInput(
            [FieldProblem(name, _("Bitte eine Uhrzeit angeben (HH:MM)."))]
        ) from error

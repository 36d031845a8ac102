"""The page behind a link of a booked place: confirm, give back, calendar, what is free instead."""

from __future__ import annotations

import re

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import open_booking
from abh.appointments import service as appointments
from abh.appointments.calendar_file import CalendarOffice, calendar_file
from abh.appointments.errors import BookingStateChanged, HoldLapsed, LinkGone
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.tables import Booking
from abh.appointments.visits import visit_of
from abh.kernel.errors import InvalidInput, NotFound
from abh.office.tables import Desk
from abh.web import session as web
from abh.web.pages.ankunft import code_parts
from abh.web.pages.besuchswunsch import visit_values
from abh.web.pages.leistungsworte import visit_lines
from abh.web.pages.termin import days_of
from abh.web.parts import SlotDay

blueprint = Blueprint("termine_link", __name__, url_prefix="/termine/link")

GONE = ("cancelled", "lapsed", "no_show", "served")
# Next best times, when somebody comes too late.
OFFERED = 3
_ROOM = select(Desk.room).where(Desk.id == bindparam("desk"))
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise LinkGone()
    return token


@blueprint.get("/<token>")
@policy(PUBLIC)
def link(token: str) -> str:
    """Show the place behind a link: to confirm, to give back, or what became of it."""
    return _show_link(token)


def _show_link(token: str) -> str:
    session = web.reading()
    _link, place = open_booking.by_token(session, _checked(token))
    open_ = place.status == "held" and place.held_until and place.held_until > web.now()
    gone = place.status in GONE or (place.status == "held" and not open_)
    return render_template(
        "termine/link.html",
        token=token,
        place=place,
        at=appointments.instant(place.day, place.start_cell),
        room=session.scalar(_ROOM, {"desk": place.desk_id}),
        visit=visit_lines(session, place.service_key, visit_of(place)),
        open=open_,
        gone=gone,
        offers=_next_free(session, place) if gone else [],
        **({} if open_ else code_parts(place.id)),
        again={
            "sg": place.unit_key,
            "leistung": place.service_key,
            **visit_values(visit_of(place)),
        },
    )


def _next_free(session: Session, place: Booking) -> list[SlotDay]:
    """Return the next free times for the same visit, none for a service that is not open."""
    try:
        slots = open_booking.free(
            session, place.unit_key, place.service_key,
            now=web.now(), limit=OFFERED, visit=visit_of(place),
        )  # fmt: skip
    except (NotFound, InvalidInput):
        return []
    return days_of(slots)


@blueprint.post("/<token>/<act>")
@policy(PUBLIC)
def act(token: str, act: str) -> Response | tuple[str, int]:
    """Confirm the place or give it back; when it is too late, show what is free instead."""
    doing = {"bestaetigen": open_booking.confirm, "absagen": open_booking.give_back}.get(act)
    if doing is None:
        raise NotFound()
    try:
        with web.unit_of_work() as session:
            place = open_booking.by_token(session, _checked(token))[1]
            was = place.status
            place = doing(session, place, now=web.now())
            # A hold that is given back stands in no calendar yet.
            if place.status != was and (was, place.status) != ("held", "cancelled"):
                _tell(session, token, place)
    except (HoldLapsed, BookingStateChanged):
        return _show_link(token), 409
    return redirect(url_for("termine_link.link", token=token), 303)


def _tell(session: Session, token: str, place: Booking) -> None:
    house = web.house()
    cancelled = place.status == "cancelled"
    words = (
        _("Sie haben den Termin abgesagt.")
        if cancelled
        else _("Datum, Uhrzeit und Ort stehen im Anhang und unter dem Link.")
    )
    notice = Notice(
        _("Ihr Termin ist abgesagt") if cancelled else _("Ihr Termin"),
        words,
        house.link("termine", "link", token),
    )
    tell_by_mail(session, place, _where(session, place), notice, now=web.now())


@blueprint.get("/<token>/termin.ics")
@policy(PUBLIC)
def calendar(token: str) -> Response:
    """Give the booked place as iCalendar file."""
    session = web.reading()
    _link, place = open_booking.by_token(session, _checked(token))
    if place.status == "held":
        raise LinkGone()
    response = make_response(_ics(session, place, token))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return response


def _ics(session: Session, place: Booking, token: str) -> bytes:
    link = web.house().link("termine", "link", token)
    return calendar_file(place, _where(session, place), link, now=web.now())


def _where(session: Session, place: Booking) -> CalendarOffice:
    room = session.scalar(_ROOM, {"desk": place.desk_id}) or ""
    return CalendarOffice.of(web.house(), room)

"""The appointment behind an invitation link: choose, see, move, give back; without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access import audit
from abh.access.actor import applicant_actor
from abh.access.policy import PUBLIC, policy
from abh.appointments import service as appointments
from abh.appointments.availability import CELLS
from abh.appointments.calendar_file import CalendarOffice
from abh.appointments.errors import AlreadyBooked, InvitationExpired, LinkGone
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.tables import Booking, Invitation
from abh.appointments.visits import visit_of
from abh.kernel.errors import FieldProblem, InvalidInput, SlotTaken
from abh.office.tables import Desk, Sachgebiet
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import language
from abh.web.pages.ankunft import code_parts
from abh.web.pages.leistungsworte import visit_lines
from abh.web.parts import Slot, SlotDay

blueprint = Blueprint("termin", __name__, url_prefix="/termin/<token>")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_VALUE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when to come."""

    at: datetime
    until: datetime
    room: str
    ticket: str


def _rules() -> appointments.BookingRules:
    return appointments.rules_of(web.house().profile)


def _invitation(session: Session, token: str) -> Invitation:
    if not _TOKEN.fullmatch(token):
        raise LinkGone()
    return appointments.invitation_by_token(session, token)


def _booked(session: Session, invitation: Invitation) -> Booking | None:
    found = appointments.booking_of(session, invitation)
    return found if found is not None and found.status != "held" else None


@blueprint.get("")
@policy(PUBLIC)
def page(token: str) -> str:
    """Show the booked place, or the free ones to choose from."""
    session = web.reading()
    invitation = _invitation(session, token)
    _record_look(session, invitation)
    booked = _booked(session, invitation)
    if booked is not None:
        return _show_booked(session, token, booked)
    return _show_slots(session, token, invitation, Form())


@blueprint.post("")
@policy(PUBLIC)
def book(token: str) -> Response | tuple[str, int]:
    """Book the chosen place; when it is gone, show what is free instead."""
    return _choose(token, moving=False)


@blueprint.get("/verlegen")
@policy(PUBLIC)
def move_page(token: str) -> Response | str:
    """Show free places to move to; the booked one stays until another is taken."""
    session = web.reading()
    invitation = _invitation(session, token)
    _record_look(session, invitation)
    booked = _booked(session, invitation)
    if booked is None or _begun(session, booked):
        return redirect(url_for("termin.page", token=token), 303)
    return _show_slots(session, token, invitation, Form(), moving=True)


@blueprint.post("/verlegen")
@policy(PUBLIC)
def move(token: str) -> Response | tuple[str, int]:
    """Move the booked place."""
    return _choose(token, moving=True)


def _choose(token: str, *, moving: bool) -> Response | tuple[str, int]:
    found = _invitation(web.reading(), token)
    if moving and _booked(web.reading(), found) is None:
        # Given back in another window: what can be chosen now is shown there.
        return redirect(url_for("termin.page", token=token), 303)
    act = appointments.move_by_token if moving else appointments.book_by_token
    try:
        day, cell = chosen_place(request.form.get("termin", ""))
        with web.unit_of_work() as session:
            booked = act(session, token, day, cell, clock=web.services().clock, rules=_rules())
            _confirm_by_mail(session, token, booked)
    except InvalidInput as error:
        return _again(token, error.problems, moving), 422
    except SlotTaken:
        text = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        return _again(token, [FieldProblem("termin", text)], moving), 409
    except InvitationExpired:
        # The page says until when it was, and whom to ask.
        return _again(token, [], moving), 409
    except AlreadyBooked:
        return redirect(url_for("termin.page", token=token, neu="schon"), 303)
    return redirect(
        url_for("termin.page", token=token, neu="verlegt" if moving else "gebucht"), 303
    )


def chosen_place(raw: str) -> tuple[date, int]:
    """Return day and cell of a time chosen on a page; raises ``InvalidInput`` for none."""
    found = _VALUE.fullmatch(raw)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if found is None or day is None or int(found[2]) >= CELLS:
        raise InvalidInput([FieldProblem("termin", _("Bitte wählen Sie eine Zeit."))])
    return day, int(found[2])


def _again(token: str, problems: Sequence[FieldProblem], moving: bool) -> str:
    session = web.reading()
    form = Form(request.form, problems)
    return _show_slots(session, token, _invitation(session, token), form, moving=moving)


@blueprint.get("/absagen")
@policy(PUBLIC)
def cancel_page(token: str) -> Response | str:
    """Ask whether the place shall really be given back."""
    session = web.reading()
    booked = _booked(session, _invitation(session, token))
    if booked is None or _begun(session, booked):
        return redirect(url_for("termin.page", token=token), 303)
    return render_template("termin/absagen.html", token=token, place=_place(session, booked))


@blueprint.post("/absagen")
@policy(PUBLIC)
def cancel(token: str) -> Response:
    """Give the place back; somebody else gets it."""
    _invitation(web.reading(), token)
    with web.unit_of_work() as session:
        given_back = appointments.cancel_by_token(session, token, clock=web.services().clock)
        if given_back is not None:
            _confirm_by_mail(session, token, given_back)
    return redirect(url_for("termin.page", token=token, neu="abgesagt"), 303)


@blueprint.get("/termin.ics")
@policy(PUBLIC)
def calendar(token: str) -> Response:
    """Give the booked place as iCalendar file."""
    session = web.reading()
    booked = _booked(session, _invitation(session, token))
    if booked is None:
        raise LinkGone()
    response = make_response(_ics(session, token, booked))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return response


def _begun(session: Session, booked: Booking) -> bool:
    return _place(session, booked).at <= web.now()


def _show_booked(session: Session, token: str, booked: Booking) -> str:
    place = _place(session, booked)
    return render_template(
        "termin/gebucht.html",
        token=token,
        place=place,
        address=_address(),
        visit=visit_lines(session, booked.service_key, visit_of(booked)),
        new=request.args.get("neu", ""),
        open=booked.status == "booked" and place.at > web.now(),
        **code_parts(booked.id),
    )


def _show_slots(
    session: Session, token: str, invitation: Invitation, form: Form, *, moving: bool = False
) -> str:
    expired = not moving and invitation.book_until < web.today()
    slots: Sequence[appointments.Slot] = ()
    if not expired:
        slots = appointments.offered_slots(session, invitation, now=web.now(), rules=_rules())
    unit = session.get(Sachgebiet, invitation.unit_key)
    booked = _booked(session, invitation) if moving else None
    return render_template(
        "termin/auswahl.html",
        token=token,
        form=form,
        days=days_of(slots),
        moving=moving,
        expired=expired,
        until=invitation.book_until,
        unit=unit,
        current=_place(session, booked) if booked is not None else None,
        cancelled=request.args.get("neu") == "abgesagt",
        minutes=next((slot.minutes for slot in slots), 0),
        visit=visit_lines(session, invitation.service_key, visit_of(invitation)),
    )


def days_of(slots: Iterable[appointments.Slot]) -> list[SlotDay]:
    """Return free places grouped by day, each time once, in order."""
    days: dict[date, dict[str, Slot]] = {}
    for slot in sorted(slots, key=lambda each: (each.day, each.start_cell)):
        value = f"{slot.day.isoformat()}_{slot.start_cell}"
        at = appointments.instant(slot.day, slot.start_cell)
        days.setdefault(slot.day, {})[value] = Slot(value, at)
    return [SlotDay(day, list(times.values())) for day, times in days.items()]


def _place(session: Session, booked: Booking) -> Place:
    room = session.scalar(select(Desk.room).where(Desk.id == booked.desk_id)) or ""
    return Place(
        appointments.instant(booked.day, booked.cells.lower or 0),
        appointments.instant(booked.day, booked.cells.upper or 0),
        room,
        booked.ticket,
    )


def _address() -> list[str]:
    office = web.house().office
    return [office.name, office.street, f"{office.postcode} {office.city}"]


def _ics(session: Session, token: str, booked: Booking) -> bytes:
    house = web.house()
    office = CalendarOffice.of(house, _place(session, booked).room)
    link = house.link("termin", token)
    return appointments.calendar_file(booked, office, link, now=web.now(), language=language())


def _confirm_by_mail(session: Session, token: str, booked: Booking) -> None:
    """Send the calendar file; the mail says neither name nor purpose."""
    cancelled = booked.status == "cancelled"
    house = web.house()
    if cancelled:
        subject = _("Ihr Termin ist abgesagt")
        words = _("Sie können über den Link einen neuen Termin aussuchen.")
    else:
        subject = _("Ihr Termin")
        words = _("Datum, Uhrzeit und Ort stehen im Anhang und unter dem Link.")
    office = CalendarOffice.of(house, _place(session, booked).room)
    notice = Notice(subject, words, house.link("termin", token))
    tell_by_mail(session, booked, office, notice, now=web.now())


def _record_look(session: Session, invitation: Invitation) -> None:
    audit.record(
        session,
        applicant_actor(),
        "appointment.read",
        "invitation",
        invitation.id,
        now=web.now(),
        vorgang_id=invitation.vorgang_id,
        person_id=invitation.person_id,
        is_read=True,
    )

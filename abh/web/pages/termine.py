"""Booking a simple service without an invitation: choose, confirm by mail, wait on the list."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import open_booking, standby
from abh.appointments import service as appointments
from abh.appointments.calendar_file import CalendarOffice, calendar_file
from abh.appointments.tables import Booking
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, SlotTaken
from abh.office import service as office
from abh.office.tables import Desk
from abh.outbox.service import enqueue
from abh.web import antragsform
from abh.web import session as web
from abh.web.bremse import Brake
from abh.web.forms import Form, date_text
from abh.web.i18n import language
from abh.web.pages.termin import days_of

blueprint = Blueprint("termine", __name__, url_prefix="/termine")

BRAKE = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))
DATE_FIELDS = ("birth_date",)
WAITING = timedelta(days=60)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_VALUE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{1,3})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@blueprint.get("")
@policy(PUBLIC)
def page() -> str:
    """Choose unit and service; then show what is free, or the standby list."""
    return _render(Form())


def _render(form: Form, *, wait: int = 0) -> str:
    session = web.reading()
    unit, service = request.values.get("sg", ""), request.values.get("leistung", "")
    units = [u for u in office.units(session) if not u.central]
    services = open_booking.services(session)
    known = unit in {u.key for u in units} and service in {s.key for s in services}
    slots = open_booking.free(session, unit, service, now=web.now()) if known else []
    return render_template(
        "termine/auswahl.html",
        form=form,
        unit=unit,
        service=service,
        units=[(u.key, f"{u.key} {u.name}") for u in units],
        services=[(s.key, s.name) for s in services],
        known=known,
        days=days_of(slots),
        nations=antragsform.nation_choices(),
        wait=wait,
        choice=Form({"sg": unit, "leistung": service}),
    )


@blueprint.post("")
@policy(PUBLIC)
def ask() -> Response | tuple[str, int]:
    """Hold the place and mail the link; the answer is the same for people known and unknown."""
    if (held_up := _held_up()) is not None:
        return held_up
    try:
        chosen = _VALUE.fullmatch(request.form.get("termin", ""))
        day = _day(chosen[1]) if chosen else None
        person, email = _person()
        if chosen is None or day is None or int(chosen[2]) >= 288:
            raise InvalidInput([FieldProblem("termin", _("Bitte wählen Sie eine Zeit."))])
        with web.unit_of_work() as session:
            token = open_booking.ask(
                session,
                request.form.get("sg", ""),
                request.form.get("leistung", ""),
                day,
                int(chosen[2]),
                person,
                email=email,
                now=web.now(),
            )
            _mail_link(session, token, email)
    except InvalidInput as error:
        return _render(Form(request.form, error.problems, DATE_FIELDS)), 422
    except SlotTaken:
        text = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        problem = FieldProblem("termin", text)
        return _render(Form(request.form, [problem], DATE_FIELDS)), 409
    return redirect(url_for("termine.sent", art="termin"), 303)


@blueprint.post("/warten")
@policy(PUBLIC)
def wait() -> Response | tuple[str, int]:
    """Join the standby list; the answer does not tell who is on it."""
    if (held_up := _held_up()) is not None:
        return held_up
    try:
        person, email = _person()
        with web.unit_of_work() as session:
            unit, service = request.form.get("sg", ""), request.form.get("leistung", "")
            open_booking.free(session, unit, service, now=web.now(), limit=1)
            office.unit(session, unit)
            standby.join(
                session,
                person,
                unit_key=unit,
                service_key=service,
                lane=open_booking.LANE,
                email=email,
                until=web.today() + WAITING,
                need=0,
                now=web.now(),
            )
    except InvalidInput as error:
        return _render(Form(request.form, error.problems, DATE_FIELDS)), 422
    return redirect(url_for("termine.sent", art="warten"), 303)


@blueprint.get("/gesendet")
@policy(PUBLIC)
def sent() -> str:
    """Say what happens now: the same page for everybody."""
    return render_template("termine/gesendet.html", waiting=request.args.get("art") == "warten")


def _held_up() -> tuple[str, int] | None:
    now, address = web.now(), request.remote_addr or ""
    if BRAKE.pause_for(address, now) and "gewartet" not in request.form:
        return _render(Form(request.form, (), DATE_FIELDS), wait=30), 429
    BRAKE.count(address, now)
    return None


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _person() -> tuple[dict[str, Any], str]:
    email = request.form.get("email", "").strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidInput([FieldProblem("email", _("Bitte prüfen Sie die E-Mail-Adresse."))])
    return {
        "family_name": request.form.get("family_name", ""),
        "given_names": request.form.get("given_names", ""),
        "birth_date": date_text(request.form, "birth_date"),
        "nationalities": [request.form.get("nationality", "")],
        # Known people keep theirs; mails to new ones speak the language of this page.
        "language": language(),
    }, email


def _mail_link(session: Session, token: str | None, email: str) -> None:
    house = web.house()
    if token is None:
        return
    link = house.link("termine", "link", token)
    words = _("Bitte bestätigen Sie Ihren Termin in den nächsten zehn Minuten über diesen Link:")
    enqueue(
        session,
        "mail",
        f"mail:bestaetigen:{token[:8]}:{web.now().isoformat()}",
        {
            "to": [email],
            "subject": _("Bitte bestätigen Sie Ihren Termin"),
            "text": f"{words}\n\n{link}\n\n{house.office.name}\n",
            "attachments": [],
        },
        now=web.now(),
    )


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return token


@blueprint.get("/link/<token>")
@policy(PUBLIC)
def link(token: str) -> str:
    """Show the place behind a link: to confirm, to give back, or what became of it."""
    session = web.reading()
    _link, place = open_booking.by_token(session, _checked(token))
    return render_template(
        "termine/link.html",
        token=token,
        place=place,
        at=appointments.instant(place.day, place.start_cell),
        room=session.scalar(select(Desk.room).where(Desk.id == place.desk_id)),
        open=place.status == "held" and place.held_until and place.held_until > web.now(),
    )


@blueprint.post("/link/<token>/<act>")
@policy(PUBLIC)
def act(token: str, act: str) -> Response:
    """Confirm the place or give it back."""
    doing = {"bestaetigen": open_booking.confirm, "absagen": open_booking.give_back}.get(act)
    if doing is None:
        raise NotFound()
    with web.unit_of_work() as session:
        doing(session, _checked(token), now=web.now())
    return redirect(url_for("termine.link", token=token), 303)


@blueprint.get("/link/<token>/termin.ics")
@policy(PUBLIC)
def calendar(token: str) -> Response:
    """Give the booked place as iCalendar file."""
    session = web.reading()
    _link, place = open_booking.by_token(session, _checked(token))
    if place.status == "held":
        raise NotFound("Dieser Link gilt nicht (mehr).")
    response = make_response(_ics(session, place, token))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return response


def _ics(session: Session, place: Booking, token: str) -> bytes:
    house = web.house()
    where = CalendarOffice(
        name=house.office.name,
        address=f"{house.office.street}, {house.office.postcode} {house.office.city}",
        host=urlsplit(house.base_url).hostname or "localhost",
        room=session.scalar(select(Desk.room).where(Desk.id == place.desk_id)) or "",
    )
    return calendar_file(place, where, house.link("termine", "link", token), now=web.now())

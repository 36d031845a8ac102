"""Booking a simple service without an invitation: choose, confirm by mail, wait on the list."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import codes, open_booking, standby
from abh.appointments import service as appointments
from abh.kernel.errors import FieldProblem, InvalidInput, SlotTaken
from abh.office import service as office
from abh.outbox.service import enqueue
from abh.web import antragsform
from abh.web import session as web
from abh.web.bremse import Brake, Wait
from abh.web.forms import Form, date_text
from abh.web.i18n import language
from abh.web.pages.besuchswunsch import chosen_visit, hidden_fields, person_choices, visit_values
from abh.web.pages.leistungsworte import choices
from abh.web.pages.termin import days_of

blueprint = Blueprint("termine", __name__, url_prefix="/termine")

BRAKE = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))
DATE_FIELDS = ("birth_date",)
WAITING = timedelta(days=60)
PLACES = 30
_VALUE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{1,3})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@blueprint.get("")
@policy(PUBLIC)
def page() -> str:
    """Choose unit and service; then show what is free, or the standby list."""
    return _render(Form())


def _render(form: Form, *, wait: Wait | None = None) -> str:
    session = web.reading()
    unit, service = request.values.get("sg", ""), request.values.get("leistung", "")
    units = [u for u in office.units(session) if not u.central]
    services = open_booking.services(session)
    known = unit in {u.key for u in units} and service in {s.key for s in services}
    rules = appointments.rules_of(web.house().profile)
    start = _day(request.values.get("ab", ""))
    visit = chosen_visit()
    slots: list[appointments.Slot] = []
    if known:
        try:
            slots = open_booking.free(
                session,
                unit,
                service,
                now=web.now(),
                from_day=start,
                limit=PLACES,
                rules=rules,
                visit=visit,
            )
        except InvalidInput:
            text = _("So viele Personen und Leistungen passen nicht in einen Termin.")
            known, form = False, Form(request.values, [FieldProblem("persons", text)], DATE_FIELDS)
    return render_template(
        "termine/auswahl.html",
        form=form,
        unit=unit,
        service=service,
        units=[(u.key, f"{u.key} {u.name}") for u in units],
        services=choices(services),
        known=known,
        days=days_of(slots),
        nations=antragsform.nation_choices(),
        wait=wait,
        choice=Form({"sg": unit, "leistung": service, **visit_values(visit)}),
        code_days=rules.code_days,
        start=start,
        later=slots[-1].day + timedelta(days=1) if len(slots) >= PLACES else None,
        far_enough=web.today() + timedelta(days=rules.code_days + 1),
        more=choices(s for s in services if s.key != service),
        persons=person_choices(services, service),
        carried=hidden_fields(visit),
        wish={name: value for name, value in visit_values(visit).items() if value},
        simple=visit.simple,
        minutes=slots[0].minutes if slots else 0,
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
        by_letter = not request.form.get("email", "").strip()
        person, email = _addressed() if by_letter else _person()
        if chosen is None or day is None or int(chosen[2]) >= 288:
            raise InvalidInput([FieldProblem("termin", _("Bitte wählen Sie eine Zeit."))])
        with web.unit_of_work() as session:
            _hold(session, day, int(chosen[2]), person, email)
    except InvalidInput as error:
        return _render(Form(request.form, error.problems, DATE_FIELDS)), 422
    except codes.LettersExhausted as error:
        problem = FieldProblem("email", f"{_(error.title)} {_(error.hint)}")
        return _render(Form(request.form, [problem], DATE_FIELDS)), 409
    except SlotTaken:
        text = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        problem = FieldProblem("termin", text)
        return _render(Form(request.form, [problem], DATE_FIELDS)), 409
    return redirect(url_for("termine.sent", art="brief" if by_letter else "termin"), 303)


def _hold(session: Session, day: date, cell: int, person: dict[str, Any], email: str) -> None:
    unit, service = request.form.get("sg", ""), request.form.get("leistung", "")
    rules, visit = appointments.rules_of(web.house().profile), chosen_visit()
    if email:
        token = open_booking.ask(
            session,
            unit,
            service,
            day,
            cell,
            person,
            email=email,
            now=web.now(),
            rules=rules,
            visit=visit,
        )
        _mail_link(session, token, email)
    else:
        codes.ask_by_letter(
            session, unit, service, day, cell, person, now=web.now(), rules=rules, visit=visit
        )


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
            visit = chosen_visit()
            open_booking.open_services(session, service, visit)
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
                visit=visit,
            )
    except InvalidInput as error:
        return _render(Form(request.form, error.problems, DATE_FIELDS)), 422
    return redirect(url_for("termine.sent", art="warten"), 303)


@blueprint.get("/gesendet")
@policy(PUBLIC)
def sent() -> str:
    """Say what happens now: the same page for everybody."""
    art = request.args.get("art")
    days = appointments.rules_of(web.house().profile).code_days
    return render_template(
        "termine/gesendet.html", waiting=art == "warten", by_letter=art == "brief", days=days
    )


@blueprint.get("/code")
@policy(PUBLIC)
def code_page() -> str:
    """Ask for the code of the letter."""
    return render_template("termine/code.html", form=Form(), wait=None)


@blueprint.post("/code")
@policy(PUBLIC)
def code() -> Response | tuple[str, int]:
    """Confirm the place by its code; unknown, wrong and worn-out codes get the same answer."""
    wait = _brake()
    if wait is not None:
        return render_template("termine/code.html", form=Form(request.form), wait=wait), 429
    with web.unit_of_work() as session:
        token = codes.confirm(session, web.house(), request.form.get("code", ""), now=web.now())
    if token is None:
        text = _(
            "Dieser Code stimmt nicht. Bitte prüfen Sie ihn; nach fünf Versuchen gilt er nicht "
            "mehr."
        )
        form = Form(request.form, [FieldProblem("code", text)])
        return render_template("termine/code.html", form=form, wait=None), 422
    return redirect(url_for("termine_link.link", token=token), 303)


def _held_up() -> tuple[str, int] | None:
    wait = _brake()
    return None if wait is None else (_render(Form(request.form, (), DATE_FIELDS), wait=wait), 429)


def _brake() -> Wait | None:
    return BRAKE.admit(
        request.remote_addr or "",
        web.now(),
        request.form.get("warteschein", ""),
        web.services().settings.secret_key,
        request.form.get("rechnung", ""),
    )


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _person() -> tuple[dict[str, Any], str]:
    email = request.form.get("email", "").strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidInput([FieldProblem("email", _("Bitte prüfen Sie die E-Mail-Adresse."))])
    return _typed(), email


def _addressed() -> tuple[dict[str, Any], str]:
    """Return the person with the address for the letter; there is no e-mail address."""
    typed = {name: request.form.get(name, "").strip() for name in ("street", "postcode", "city")}
    if not all(typed.values()):
        text = _("Bitte geben Sie eine E-Mail-Adresse an oder Ihre Anschrift für den Brief.")
        missing = ["email", *(name for name, value in typed.items() if not value)]
        raise InvalidInput([FieldProblem(name, text) for name in missing])
    return _typed() | typed, ""


def _typed() -> dict[str, Any]:
    return {
        "family_name": request.form.get("family_name", ""),
        "given_names": request.form.get("given_names", ""),
        "birth_date": date_text(request.form, "birth_date"),
        "nationalities": [request.form.get("nationality", "")],
        # Known people keep theirs; mails to new ones speak the language of this page.
        "language": language(),
    }


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

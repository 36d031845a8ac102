"""Booking a place for the person of a case, at the counter or on the telephone."""

from __future__ import annotations

import re
from datetime import date

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.appointments import service as appointments
from abh.appointments.errors import AlreadyBooked
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, SlotTaken
from abh.office.tables import Service
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import local_day
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.web.pages.termin import days_of
from abh.workflows.dossier import Case
from abh.workflows.effects import BIOMETRICS
from abh.workflows.steps import check_scope, load_case
from abh.workflows.termine import book_visit, lane_of

blueprint = staff_blueprint("besuch", __name__)

PLACES = 30
_VALUE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{1,3})")


@blueprint.get("/vorgang/<number>/termin")
@policy(Power.CASE_COUNTER)
def page(number: str) -> Response:
    """Show the next free places for a purpose; the look is recorded."""
    return _show(number, Form())


@blueprint.post("/vorgang/<number>/termin")
@policy(Power.CASE_COUNTER)
def book(number: str) -> BaseResponse:
    """Book the chosen place; when it is gone, show what is free instead."""
    try:
        day, cell = _chosen(request.form.get("termin", ""))
        with web.unit_of_work() as session:
            case = load_case(session, web.house(), number=number)
            check_scope(web.actor(), case)
            require(web.actor(), Power.CASE_COUNTER, case.vorgang["unit_key"])
            taken = book_visit(
                session, web.house(), web.actor(), case.id, _service(), day=day, start_cell=cell
            )
            at = appointments.instant(taken.day, taken.start_cell)
            told = _(
                "Gebucht: %(day)s, %(time)s Uhr, Nummer %(ticket)s.",
                day=local_day(at, "long"),
                time=f"{appointments.time_of(taken.start_cell):%H:%M}",
                ticket=taken.ticket,
            )
    except SlotTaken:
        problem = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        return _show(number, Form(request.form, [FieldProblem("termin", problem)]), 409)
    except AlreadyBooked:
        problem = _("Für diesen Anlass gibt es schon einen Termin.")
        return _show(number, Form(request.form, [FieldProblem("termin", problem)]), 409)
    except (InvalidInput, Conflict) as error:
        form, status = web.refused_form(error, request.form)
        return _show(number, form, status)
    flash(told, "success")
    return redirect(url_for("vorgang.page", number=number, _anchor="termine"), 303)


def _service() -> str:
    return request.values.get("leistung") or BIOMETRICS


def _chosen(raw: str) -> tuple[date, int]:
    found = _VALUE.fullmatch(raw)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if found is None or day is None or int(found[2]) >= 288:
        raise InvalidInput([FieldProblem("termin", _("Bitte wählen Sie eine Zeit."))])
    return day, int(found[2])


def _show(number: str, form: Form, status: int = 200) -> Response:
    who, session = web.actor(), web.reading()
    if "frame" not in g:
        show_frame(who)
    case = load_case(session, web.house(), number=number)
    check_scope(who, case)
    require(who, Power.CASE_COUNTER, case.vorgang["unit_key"])
    audit.record(
        session,
        who,
        "vorgang.read",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    services = session.execute(select(Service.key, Service.name).order_by(Service.name)).all()
    body = render_template(
        "vorgang/termin.html",
        case=case,
        form=form,
        service=_service(),
        services=[tuple(row) for row in services],
        days=days_of(_free(session, case)),
    )
    return make_response(body, status)


def _free(session: Session, case: Case) -> list[appointments.Slot]:
    rules = appointments.rules_of(web.house().profile)
    return appointments.free_slots(
        session,
        case.vorgang["unit_key"],
        _service(),
        lane_of(_service()),
        from_day=web.today(),
        days=rules.offer_days,
        limit=PLACES,
        now=web.now(),
        rules=rules,
    )

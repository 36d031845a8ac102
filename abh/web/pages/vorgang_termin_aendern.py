"""Moving or giving back a place of a case for its person, at the counter or on the telephone."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.appointments import service as appointments
from abh.appointments import verlegen
from abh.appointments.mitteilung import Way
from abh.appointments.tables import Booking
from abh.appointments.visits import visit_of
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound, SlotTaken
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leistungsworte import visit_lines
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.web.pages.termin import chosen_place, days_of
from abh.workflows.dossier import Case
from abh.workflows.steps import check_scope, load_case
from abh.workflows.termine import cancel_visit, move_visit

blueprint = staff_blueprint("besuch_aendern", __name__)


@blueprint.get("/vorgang/<number>/termin/<int:booking_id>")
@policy(Power.CASE_COUNTER)
def page(number: str, booking_id: int) -> Response:
    """Show the place, the times it could be moved to, and giving it back; the look is recorded."""
    return _show(number, booking_id, Form())


@blueprint.post("/vorgang/<number>/termin/<int:booking_id>/verlegen")
@policy(Power.CASE_COUNTER)
def move(number: str, booking_id: int) -> BaseResponse:
    """Move the place; when the time is gone, show what is free instead."""
    try:
        day, cell = chosen_place(request.form.get("termin", ""))
        with web.unit_of_work() as session:
            case = _case(session, number)
            way = move_visit(
                session, web.house(), web.actor(), case.id, booking_id, day=day, start_cell=cell
            )
    except SlotTaken:
        problem = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        return _show(number, booking_id, Form(request.form, [FieldProblem("termin", problem)]), 409)
    except (InvalidInput, Conflict) as error:
        form, status = web.refused_form(error, request.form)
        return _show(number, booking_id, form, status)
    flash(f"{_('Verlegt.')} {way_words()[way]}", "success" if way == "mail" else "warning")
    return redirect(url_for("vorgang.page", number=number, _anchor="termine"), 303)


@blueprint.post("/vorgang/<number>/termin/<int:booking_id>/absagen")
@policy(Power.CASE_COUNTER)
def cancel(number: str, booking_id: int) -> BaseResponse:
    """Give the place back; the next of the standby list is offered it."""
    try:
        with web.unit_of_work() as session:
            case = _case(session, number)
            reason = request.form.get("reason", "").strip()[:200]
            way = cancel_visit(session, web.house(), web.actor(), case.id, booking_id, reason)
    except Conflict as error:
        form, status = web.refused_form(error, request.form)
        return _show(number, booking_id, form, status)
    flash(f"{_('Abgesagt.')} {way_words()[way]}", "success" if way == "mail" else "warning")
    return redirect(url_for("vorgang.page", number=number, _anchor="termine"), 303)


def way_words() -> dict[Way, str]:
    """Return how the person is told, in words."""
    return {
        "mail": _("Die Person bekommt eine E-Mail."),
        "letter": _("Die Person bekommt einen Brief; ist es eilig, bitte auch anrufen."),
        "": _("Ohne E-Mail und Anschrift: bitte sagen Sie es der Person."),
    }


def _case(session: Session, number: str) -> Case:
    case = load_case(session, web.house(), number=number)
    check_scope(web.actor(), case)
    require(web.actor(), Power.CASE_COUNTER, case.vorgang["unit_key"])
    return case


def _show(number: str, booking_id: int, form: Form, status: int = 200) -> Response:
    who, session = web.actor(), web.reading()
    if "frame" not in g:
        show_frame(who)
    case = _case(session, number)
    place = session.get(Booking, booking_id, populate_existing=True)
    if place is None or place.vorgang_id != case.id:
        raise NotFound(_("Diesen Termin gibt es in diesem Vorgang nicht."))
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
    open_ = place.status == "booked" and place.day >= web.today()
    body = render_template(
        "vorgang/termin_aendern.html",
        case=case,
        place=place,
        form=form,
        at=verlegen.booking_begins(place),
        open=open_,
        days=days_of(_free(session, place)) if open_ else [],
        visit=visit_lines(session, place.service_key, visit_of(place)),
    )
    return make_response(body, status)


def _free(session: Session, place: Booking) -> list[appointments.Slot]:
    rules = appointments.rules_of(web.house().profile)
    free = verlegen.free_for(session, place, now=web.now(), rules=rules)
    own: tuple[date, int] = (place.day, place.start_cell)
    return [slot for slot in free if (slot.day, slot.start_cell) != own]

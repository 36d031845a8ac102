"""Booking a place for the person of a case, at the counter or on the telephone."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.appointments import service as appointments
from abh.appointments.errors import AlreadyBooked
from abh.appointments.mitteilung import way_of
from abh.appointments.tables import Booking
from abh.appointments.together import MOST, free_together
from abh.appointments.visits import Visit
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, SlotTaken
from abh.office import service as office
from abh.persons.tables import Person
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import local_day
from abh.web.pages.besuchswunsch import (
    chosen_visit,
    hidden_fields,
    need_choices,
    person_choices,
    visit_values,
)
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.web.pages.termin import chosen_place, days_of
from abh.web.pages.vorgang_termin_aendern import way_words
from abh.workflows.dossier import Case
from abh.workflows.effects import BIOMETRICS
from abh.workflows.steps import check_scope, load_case
from abh.workflows.termine import book_family, book_visit, lane_of

blueprint = staff_blueprint("besuch", __name__)

PLACES = 30
MOST_FAMILY = MOST - 1


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
        day, cell = chosen_place(request.form.get("termin", ""))
        with web.unit_of_work() as session:
            case = load_case(session, web.house(), number=number)
            check_scope(web.actor(), case)
            require(web.actor(), Power.CASE_COUNTER, case.vorgang["unit_key"])
            taken = _take(session, case, day, cell)
            ways = {way_of(session, each, family_of=case.person["id"]) for each in taken}
            told = " ".join([_told(taken), *(way_words()[way] for way in sorted(ways))])
    except SlotTaken:
        problem = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        return _show(number, Form(request.form, [FieldProblem("termin", problem)]), 409)
    except AlreadyBooked:
        problem = _("Für diesen Anlass gibt es schon einen Termin.")
        return _show(number, Form(request.form, [FieldProblem("termin", problem)]), 409)
    except (InvalidInput, Conflict) as error:
        form, status = web.refused_form(error, request.form)
        return _show(number, form, status)
    flash(told, "success" if ways == {"mail"} else "warning")
    return redirect(url_for("vorgang.page", number=number, _anchor="termine"), 303)


def _take(session: Session, case: Case, day: date, cell: int) -> list[Booking]:
    house, who, service = web.house(), web.actor(), _service()
    members = _members(_family(session, case))
    if members:
        _refuse_mixture()
        return book_family(session, house, who, case.id, service, members, day=day, start_cell=cell)
    visit = chosen_visit(by_staff=True)
    return [
        book_visit(session, house, who, case.id, service, day=day, start_cell=cell, visit=visit)
    ]


def _refuse_mixture() -> None:
    """At adjoining desks each person comes for this one service; say so instead of dropping it."""
    if not chosen_visit(by_staff=True).simple:
        text = _("An benachbarten Plätzen geht nur eine Leistung für je eine Person.")
        raise InvalidInput([FieldProblem("member", text)])


def _told(taken: list[Booking]) -> str:
    at = appointments.instant(taken[0].day, taken[0].start_cell)
    return ngettext(
        "Gebucht: %(day)s, %(time)s Uhr, Nummer %(ticket)s.",
        "Gebucht: %(day)s, %(time)s Uhr, Nummern %(ticket)s.",
        len(taken),
        day=local_day(at, "long"),
        time=f"{appointments.time_of(taken[0].start_cell):%H:%M}",
        ticket=", ".join(each.ticket for each in taken),
    )


def _service() -> str:
    return request.values.get("leistung") or BIOMETRICS


def _family(session: Session, case: Case) -> list[Person]:
    """Return the others of the person's household."""
    household = session.scalar(select(Person.household_id).where(Person.id == case.person["id"]))
    if household is None:
        return []
    return list(
        session.scalars(
            select(Person)
            .where(Person.household_id == household, Person.id != case.person["id"])
            .order_by(Person.birth_year, Person.id)
            .limit(MOST_FAMILY)
        )
    )


def _members(family: list[Person]) -> list[int]:
    """Return those of the household who were ticked."""
    ticked = {page_number(raw) for raw in request.values.getlist("member")}
    return [person.id for person in family if person.id in ticked]


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
    services = office.services(session)
    family, visit = _family(session, case), chosen_visit(by_staff=True)
    members = _members(family)
    try:
        slots = _free(session, case, visit, members)
    except InvalidInput as error:
        slots, form = [], Form(request.values, error.problems)
        status = 422
    body = render_template(
        "vorgang/termin.html",
        case=case,
        form=form,
        service=_service(),
        services=[(each.key, each.name) for each in services],
        choice=_choice(visit, members),
        more=[(each.key, each.name) for each in services if each.key != _service()],
        persons=person_choices(services, _service()),
        family=[(str(p.id), f"{p.given_names} {p.family_name}") for p in family],
        carried=[*hidden_fields(visit), *(("member", str(each)) for each in members)],
        minutes=slots[0].minutes if slots else 0,
        by_staff=need_choices(web.house().profile["equipment"]),
        days=days_of(slots),
    )
    return make_response(body, status)


def _choice(visit: Visit, members: list[int]) -> Form:
    values = dict(visit_values(visit), leistung=_service())
    return Form({**values, "member": [str(each) for each in members]})


def _free(
    session: Session, case: Case, visit: Visit, members: list[int]
) -> list[appointments.Slot]:
    rules = appointments.rules_of(web.house().profile)
    unit, lane = case.vorgang["unit_key"], lane_of(_service())
    if members:
        _refuse_mixture()
        return free_together(
            session, unit, _service(), lane, len(members) + 1,
            from_day=web.today(), days=rules.offer_days, limit=PLACES, now=web.now(), rules=rules,
        )  # fmt: skip
    return appointments.free_slots(
        session, unit, _service(), lane,
        from_day=web.today(), days=rules.offer_days, limit=PLACES, now=web.now(), rules=rules,
        visit=visit,
    )  # fmt: skip

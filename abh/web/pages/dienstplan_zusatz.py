"""Extra places: what one more would risk on a day, and the reasoned act of making one."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from abh.access.policy import Power, policy
from abh.appointments import extra, noshow
from abh.appointments import service as appointments
from abh.appointments.errors import AlreadyBooked
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound, SlotTaken
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.desk import number_of
from abh.web.pages.dienstplan_gemeinsam import Answer, lane_words, number_field
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import read_day, show_frame, staff_blueprint
from abh.workflows.termine import book_extra

blueprint = staff_blueprint("zusatz", __name__)


@blueprint.get("/leitung/dienstplan/zusatz")
@policy(Power.EXTRA_PLACE)
def page() -> str:
    """Show the booked places of a day, what one more would risk, and the form for it."""
    return _page(Form())


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    try:
        day = read_day(request.values.get("tag", ""), "tag")
    except InvalidInput as error:
        day, form = None, Form(request.values, error.problems)
    day = day or web.today() + timedelta(days=1)
    words = lane_words()
    places = extra.booked_places(session, who, unit, day)
    return render_template(
        "dienstplan/zusatz.html",
        unit=unit,
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        day=day,
        places=places,
        beside=[
            (
                str(each.booking_id),
                f"{each.time:%H:%M} {each.desk} · {each.service} · {words[each.lane]}",
            )
            for each in places
            if not each.extra
        ],
        outlook=extra.outlook(session, who, unit, day, now=web.now()),
        enough=noshow.ENOUGH,
        services=[(each.key, each.name) for each in office.services(session)],
        lane_words=words,
        form=form,
    )


@blueprint.post("/leitung/dienstplan/zusatz")
@policy(Power.EXTRA_PLACE)
def book() -> Answer:
    """Put the person of a case on an extra place, with the reason for the log."""
    try:
        with web.unit_of_work() as session:
            taken = book_extra(
                session,
                web.house(),
                web.actor(),
                _case_number(),
                number_field("beside"),
                service_key=request.form.get("leistung", ""),
                reason=request.form.get("reason", ""),
            )
            told = _(
                "Zusatzplatz gebucht: %(time)s Uhr, Nummer %(ticket)s.",
                time=f"{appointments.time_of(taken.start_cell):%H:%M}",
                ticket=taken.ticket,
            )
    except (InvalidInput, SlotTaken, AlreadyBooked, Conflict) as error:
        show_frame(web.actor())
        form, status = web.refused_form(error, request.form)
        return _page(form), status
    except NotFound:
        show_frame(web.actor())
        problem = FieldProblem("number", _("Diesen Vorgang gibt es nicht."))
        return _page(Form(request.form, [problem])), 422
    flash(told, "success")
    sg = request.args.get("sg") or None
    return redirect(url_for("zusatz.page", tag=request.form.get("tag"), sg=sg), 303)


def _case_number() -> str:
    typed = request.form.get("number", "").strip()
    if not typed:
        raise InvalidInput([FieldProblem("number", _("Bitte die Nummer des Vorgangs angeben."))])
    return number_of(typed) or typed

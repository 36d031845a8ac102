"""Moving minutes of a day from one lane to another, such as into the emergency lane today."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.appointments import planning
from abh.appointments.planning import Hit
from abh.appointments.spurwechsel import move_minutes
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.dienstplan_gemeinsam import Answer, day_field, lane_words, make_change
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, staff_blueprint

blueprint = staff_blueprint("leitung_minuten", __name__)
SHOWN = timedelta(days=6)


@blueprint.get("/leitung/minuten")
@policy(Power.ROSTER_EDIT)
def page() -> str:
    """Show the minutes of the next days and the form to move some."""
    return _page(Form({"day": f"{web.today():%d.%m.%Y}", "minutes": "60"}))


def _page(form: Form) -> str:
    who, session, today = web.actor(), web.reading(), web.today()
    unit = chosen_unit(who)
    return render_template(
        "leitung/minuten.html",
        unit=unit,
        sg=request.args.get("sg"),
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        form=form,
        words=lane_words(),
        today=today,
        load=planning.lane_load(session, unit, today, today + SHOWN),
    )


@blueprint.post("/leitung/minuten")
@policy(Power.ROSTER_EDIT)
def move() -> Answer:
    """Move minutes; where it hits bookings they are shown first, and it is done when confirmed."""
    sg = request.args.get("sg")
    return make_change(
        chosen_unit(web.actor()),
        _move,
        again=_page,
        here=url_for("leitung_minuten.move", sg=sg),
        done=url_for("leitung_minuten.page", sg=sg),
    )


def _move(session: Session, who: Actor) -> list[Hit]:
    moved = move_minutes(
        session,
        who,
        chosen_unit(who),
        day_field("day"),
        source=request.form.get("source", ""),
        target=request.form.get("target", ""),
        minutes=page_number(request.form.get("minutes")),
        clock=web.services().clock,
    )
    return list(moved.hits)

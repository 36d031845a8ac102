"""Moving a place by its own link: the booked one stays until another is taken."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import open_booking, verlegen
from abh.appointments import service as appointments
from abh.appointments.errors import BookingStateChanged
from abh.appointments.visits import visit_of
from abh.kernel.errors import FieldProblem, InvalidInput, SlotTaken
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leistungsworte import visit_lines
from abh.web.pages.termin import chosen_place, days_of
from abh.web.pages.termine_link import checked, show_link, tell

blueprint = Blueprint("termine_verlegen", __name__, url_prefix="/termine/link/<token>/verlegen")


@blueprint.get("")
@policy(PUBLIC)
def page(token: str) -> Response | str:
    """Show free times for the same visit; a place that cannot be moved leads to its page."""
    return _show(token, Form())


def _show(token: str, form: Form) -> Response | str:
    session = web.reading()
    _link, place = open_booking.by_token(session, checked(token))
    if not verlegen.movable(place, web.now()):
        return redirect(url_for("termine_link.link", token=token), 303)
    rules = appointments.rules_of(web.house().profile)
    return render_template(
        "termine/verlegen.html",
        token=token,
        form=form,
        at=verlegen.booking_begins(place),
        days=days_of(verlegen.free_for(session, place, now=web.now(), rules=rules)),
        visit=visit_lines(session, place.service_key, visit_of(place)),
    )


@blueprint.post("")
@policy(PUBLIC)
def move(token: str) -> Response | str | tuple[Response | str, int]:
    """Move the place; a time that is gone shows what is free instead."""
    try:
        day, cell = chosen_place(request.form.get("termin", ""))
        with web.unit_of_work() as session:
            moved = verlegen.move_by_link(
                session,
                checked(token),
                day,
                cell,
                now=web.now(),
                rules=appointments.rules_of(web.house().profile),
            )
            tell(session, token, moved)
    except InvalidInput as error:
        return _show(token, Form(request.form, error.problems)), 422
    except BookingStateChanged:
        return show_link(token), 409
    except SlotTaken:
        text = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
        return _show(token, Form(request.form, [FieldProblem("termin", text)])), 409
    return redirect(url_for("termine_link.link", token=token), 303)

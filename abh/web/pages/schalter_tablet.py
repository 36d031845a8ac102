"""The clerk's side of the tablet: set it up for the desk, show the visitor's case, end it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.kernel.errors import Conflict
from abh.web import session as web
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.web.qr import qr_code
from abh.workflows import tablet

blueprint = staff_blueprint("schaltertablet", __name__)


@blueprint.get("/schalter/tablet")
@policy(Power.CASE_COUNTER)
def page() -> str:
    """Say how the tablet of this desk is set up."""
    who = web.actor()
    known = tablet.has_tablet(web.reading(), who.desk_id)
    return render_template("schalter/tablet.html", who=who, known=known, link="", qr="")


@blueprint.post("/schalter/tablet")
@policy(Power.CASE_COUNTER)
def set_up() -> Response | str:
    """Make a new address for the tablet; it is shown this once, the one before ends."""
    who = web.actor()
    if who.desk_id is None:
        flash(_("Bitte wählen Sie zuerst Ihren Platz."), "warning")
        return redirect(url_for("login.desks", next=url_for("schaltertablet.page")), 303)
    with web.unit_of_work() as session:
        token = tablet.set_up(session, who, who.desk_id, now=web.now())
    show_frame(who)
    link = web.house().link("tablet", token)
    return render_template("schalter/tablet.html", who=who, known=True, link=link, qr=qr_code(link))


@blueprint.post("/schalter/<int:booking_id>/zeigen")
@policy(Power.CASE_COUNTER)
def show(booking_id: int) -> Response:
    """Show the case of the called visitor on the tablet of this desk, or end that."""
    who, clock = web.actor(), web.services().clock
    with web.unit_of_work() as session:
        if "ende" in request.form:
            if who.desk_id is not None:
                tablet.end(session, who, who.desk_id, now=web.now())
            told = _("Das Tablet zeigt nichts mehr.")
        else:
            try:
                tablet.show(session, who, booking_id, request.form.get("sprache", ""), clock=clock)
                told = _("Das Tablet zeigt jetzt den Stand.")
            except Conflict as error:
                flash(str(error), "warning")
                return redirect(url_for("schalter.visit", booking_id=booking_id), 303)
    flash(told, "success")
    return redirect(url_for("schalter.visit", booking_id=booking_id), 303)

"""People without an appointment at the counter: give a number, call, hand over, end the visit."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.actor import Actor
from abh.access.policy import Power, policy, require
from abh.access.tables import AppUser
from abh.appointments import pauses, walkin
from abh.appointments.counter import MOST_CALLS
from abh.appointments.tables import WalkIn
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.web import session as web
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.web.qr import qr_code

blueprint = staff_blueprint("laufkundschaft", __name__)


@blueprint.post("/schalter/nummer")
@policy(Power.CASE_COUNTER)
def give() -> Response:
    """Give the next number; its page shows the link under which one can wait elsewhere."""
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            _row, token = walkin.give_ticket(
                session,
                who,
                who.unit_key or "",
                request.form.get("service", ""),
                clock=web.services().clock,
                accessible="accessible" in request.form,
            )
    except DomainError as error:
        flash(str(error), "warning")
        return redirect(url_for("schalter.page"), 303)
    return redirect(url_for("laufkundschaft.ticket", token=token), 303)


@blueprint.post("/schalter/sofort")
@policy(Power.CASE_COUNTER)
def at_once() -> Response:
    """Record somebody who was helped in passing."""
    try:
        with web.unit_of_work() as session:
            row = walkin.serve_at_once(
                session,
                web.actor(),
                request.form.get("leistung", ""),
                request.form.get("ergebnis", ""),
                clock=web.services().clock,
            )
            flash(_("Festgehalten: %(ticket)s.", ticket=row.ticket), "success")
    except InvalidInput as error:
        flash(" ".join(problem.message for problem in error.problems), "warning")
    except NotFound as error:
        flash(str(error), "warning")
    return redirect(url_for("schalter.page"), 303)


@blueprint.post("/schalter/pause")
@policy(Power.CASE_COUNTER)
def pause() -> Response:
    """Begin or end the break of this clerk's desk."""
    who, clock = web.actor(), web.services().clock
    if who.desk_id is None:
        flash(_("Bitte wählen Sie zuerst Ihren Platz."), "warning")
        return redirect(url_for("login.desks", next=url_for("schalter.page")), 303)
    with web.unit_of_work() as session:
        doing = pauses.end if request.form.get("art") == "ende" else pauses.begin
        doing(session, who, who.desk_id, clock=clock)
    return redirect(url_for("schalter.page"), 303)


def results() -> list[tuple[str, str]]:
    """Return what can come of a visit, with its words."""
    words = {
        "erledigt": _("Erledigt"),
        "unterlagen": _("Unterlagen angenommen"),
        "auskunft": _("Auskunft gegeben"),
        "termin": _("Termin vereinbart"),
        "verwiesen": _("An andere Stelle verwiesen"),
    }
    return [(key, words[key]) for key in walkin.RESULTS]


@blueprint.get("/schalter/nummer/neu/<token>")
@policy(Power.CASE_COUNTER)
def ticket(token: str) -> str:
    """Show the number just given, to print or to photograph."""
    row = walkin.by_token(web.reading(), token)
    require(web.actor(), Power.CASE_COUNTER, row.unit_key)
    link = web.house().link("warten", token)
    return render_template("schalter/nummer.html", row=row, link=link, qr=qr_code(link))


@blueprint.get("/schalter/nummer/<int:walk_in_id>")
@policy(Power.CASE_COUNTER)
def visit(walk_in_id: int) -> str:
    """Show who was called without an appointment, and what can be done."""
    who, session = web.actor(), web.reading()
    row = session.get(WalkIn, walk_in_id)
    if row is None:
        raise NotFound(_("Diese Nummer gibt es nicht."))
    require(who, Power.CASE_COUNTER, row.unit_key)
    return render_template(
        "schalter/laufkundschaft.html",
        row=row,
        service=office.service(session, row.service_key),
        colleagues=colleagues(session, who),
        most=MOST_CALLS,
        results=results(),
        result=dict(results()).get(row.result, ""),
    )


def colleagues(session: Session, who: Actor) -> list[tuple[int, str]]:
    """Return the people of the unit to whom a visit can be handed, by name."""
    rows = session.execute(
        select(AppUser.id, AppUser.display_name)
        .where(
            AppUser.unit_key == who.unit_key,
            AppUser.active,
            AppUser.id != who.user_id,
            AppUser.role.in_(("clerk", "lead")),
        )
        .order_by(AppUser.display_name)
    )
    return [(row.id, row.display_name) for row in rows]


@blueprint.post("/schalter/nummer/<int:walk_in_id>/<act>")
@policy(Power.CASE_COUNTER)
def act(walk_in_id: int, act: str) -> Response:
    """Call again, hand over, finish, or record that nobody came."""
    who, clock = web.actor(), web.services().clock
    try:
        with web.unit_of_work() as session:
            if act == "aufrufen":
                walkin.recall(session, who, walk_in_id, clock=clock)
            elif act == "uebergeben":
                to_user = page_number(request.form.get("user"))
                if not to_user:
                    raise InvalidInput([FieldProblem("user", _("Bitte wählen."))])
                walkin.hand_over(session, who, walk_in_id, to_user, clock=clock)
            elif act in ("fertig", "nicht-erschienen"):
                outcome = "served" if act == "fertig" else "no_show"
                result = request.form.get("result", "")
                walkin.close(session, who, walk_in_id, outcome, clock=clock, result=result)
            else:
                raise NotFound()
    except DomainError as error:
        if web.refused_form(error, {})[1] in (403, 404):
            raise
        flash(str(error), "warning")
        return redirect(url_for("laufkundschaft.visit", walk_in_id=walk_in_id), 303)
    if act == "aufrufen":
        return redirect(url_for("laufkundschaft.visit", walk_in_id=walk_in_id), 303)
    return redirect(url_for("schalter.page"), 303)

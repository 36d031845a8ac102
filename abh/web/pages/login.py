"""Logging in and out, and choosing the desk for the day."""

from __future__ import annotations

from flask import (
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from abh.access import service as access
from abh.access.actor import Actor
from abh.access.policy import LOGGED_IN, PUBLIC, Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput, NotAllowed
from abh.office import service as office
from abh.web import session as web
from abh.web import tasten
from abh.web.forms import Form
from abh.web.i18n import YEAR_SECONDS
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint

blueprint = staff_blueprint("login", __name__)


@blueprint.get("/login")
@policy(PUBLIC)
def page() -> Response | str | BaseResponse:
    """Show the form; whoever is logged in already goes on."""
    who = web.current_actor()
    target = web.local_path(request.args.get("next"))
    if who is not None:
        return redirect(target or home_of(who), 303)
    return _form(Form({"next": target}))


@blueprint.post("/login")
@policy(PUBLIC)
def login() -> Response | BaseResponse:
    """Check name and password; the attempt is recorded whatever comes of it."""
    name, password = request.form.get("login", ""), request.form.get("password", "")
    problems = [
        FieldProblem(field, text)
        for field, value, text in (
            ("login", name.strip(), _("Bitte den Anmeldenamen eingeben.")),
            ("password", password, _("Bitte das Passwort eingeben.")),
        )
        if not value
    ]
    if problems:
        return _form(Form(request.form, problems), 422)
    settings = web.services().settings
    with web.unit_of_work() as session:
        outcome = access.login(
            session,
            name,
            password,
            address=request.remote_addr or "",
            secret=settings.secret_key,
            now=web.now(),
        )
    if outcome.actor is None:
        refused = outcome.refused or access.LoginRefused()
        problem = FieldProblem("login", str(refused))
        response = _form(Form(request.form, [problem]), 429 if refused.wait else 422)
        if refused.wait:
            response.headers["Retry-After"] = str(int(refused.wait.total_seconds()) + 1)
        return response
    target = web.local_path(request.form.get("next"))
    answer: BaseResponse
    if outcome.actor.kind == "staff" and outcome.actor.unit_key:
        answer = redirect(url_for("login.desks", next=target or None), 303)
    else:
        answer = redirect(target or home_of(outcome.actor), 303)
    web.remember(answer, outcome.token)
    return answer


@blueprint.post("/logout")
@policy(LOGGED_IN)
def logout() -> BaseResponse:
    """End the session on the server and in the browser."""
    with web.unit_of_work() as session:
        access.logout(session, web.actor(), web.token_of_request(), now=web.now())
    response = redirect(url_for("login.page"), 303)
    web.forget(response)
    return response


@blueprint.get("/platz")
@policy(LOGGED_IN)
def desks() -> Response | str | BaseResponse:
    """Offer the desks of the unit; a unit without desks goes on at once."""
    who = web.actor()
    target = web.local_path(request.args.get("next"))
    if who.unit_key is None:
        return redirect(target or home_of(who), 303)
    found = office.desks(web.reading(), who.unit_key)
    if not found:
        return redirect(target or home_of(who), 303)
    return render_template(
        "login/platz.html",
        desks=found,
        equipment=web.house().profile.get("equipment", {}),
        form=Form({"desk": who.desk_id, "next": target}),
    )


@blueprint.post("/platz")
@policy(LOGGED_IN)
def choose_desk() -> BaseResponse:
    """Remember where this clerk sits today: printer and display follow from it."""
    who = web.actor()
    wanted = page_number(request.form.get("desk"))
    target = web.local_path(request.form.get("next"))
    with web.unit_of_work() as session:
        mine = {desk.id for desk in office.desks(session, who.unit_key or "")}
        if wanted and wanted not in mine:
            raise NotAllowed(_("Dieser Platz gehört nicht zu Ihrem Sachgebiet."))
        if not wanted and "ohne" not in request.form:
            raise InvalidInput([FieldProblem("desk", _("Bitte einen Platz wählen."))])
        token = web.token_of_request()
        access.choose_desk(session, who, token, wanted or None, now=web.now())
    return redirect(target or home_of(who), 303)


@blueprint.get("/tasten")
@policy(LOGGED_IN)
def keys() -> Response:
    """Show which letter does what in this browser."""
    return _keys(Form(tasten.read_map(request.cookies.get(tasten.COOKIE, ""))))


@blueprint.post("/tasten")
@policy(LOGGED_IN)
def change_keys() -> BaseResponse:
    """Remember the letters in this browser; double ones are refused by name."""
    try:
        chosen = {} if "zurueck" in request.form else tasten.check_map(request.form)
    except InvalidInput as error:
        show_frame(web.actor())
        form, status = web.refused_form(error, request.form)
        return _keys(form, status)
    flash(_("Die Tasten sind gespeichert."), "success")
    response = redirect(url_for("login.keys"), 303)
    response.set_cookie(
        tasten.COOKIE,
        tasten.write_map(chosen),
        max_age=YEAR_SECONDS,
        httponly=True,
        secure=web.is_https(),
        samesite="Lax",
        path="/",
    )
    return response


def _keys(form: Form, status: int = 200) -> Response:
    body = render_template("login/tasten.html", form=form, actions=tasten.ACTIONS)
    return make_response(body, status)


def home_of(who: Actor) -> str:
    """Return the first page of ``who``."""
    for power, endpoint in (
        (Power.CASE_READ, "desk.page"),
        (Power.FASTLANE_COMPANY, "firma.page"),
        (Power.UNIT_LEAD, "leitung.page"),
        (Power.ADMIN, "betrieb.page"),
    ):
        if who.may(power) and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("frist.page")


def _form(form: Form, status: int = 200) -> Response:
    return make_response(render_template("login/login.html", form=form), status)

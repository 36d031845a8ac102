"""Logging in and out, and choosing the desk for the day."""

from __future__ import annotations

from collections.abc import Mapping

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
from abh.access import zweitfaktor
from abh.access.actor import Actor
from abh.access.policy import LOGGED_IN, PUBLIC, Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput, NotAllowed
from abh.office import service as office
from abh.web import geparkt, tasten
from abh.web import session as web
from abh.web.forms import Form
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
        if outcome.token:
            # Whatever this browser held before, planted or forgotten, opens nothing any more.
            access.end_token(session, web.token_of_request(), now=web.now())
    target, parked = web.local_path(request.form.get("next")), _parked(outcome.token)
    if outcome.waits_for:
        answer = redirect(url_for("login.code_page", next=target or None), 303)
        if parked is not None:
            answer = _code_form(Form({"next": target}), token=outcome.token)
        web.remember(answer, outcome.token)
        return answer
    if outcome.actor is None:
        form = Form(request.form, [FieldProblem("login", str(_refusal(outcome)))])
        return _slowed(_form(form, 429 if _refusal(outcome).wait else 422), outcome)
    if parked is not None:
        answer = _resume(outcome, parked)
    elif outcome.actor.kind == "staff" and outcome.actor.unit_key:
        answer = redirect(url_for("login.desks", next=target or None), 303)
    else:
        answer = redirect(target or home_of(outcome.actor), 303)
    web.remember(answer, outcome.token)
    return answer


def _parked(new_token: str = "") -> geparkt.Parked | None:
    """Return the form that this login carries along because its session had ended.

    Nothing where ``new_token`` is of another person than the one who typed it.
    """
    found = geparkt.carried(request.form, web.local_path(request.form.get(geparkt.URL)))
    if found is None or not new_token:
        return found
    with web.unit_of_work() as session:
        other = access.was_somebody_else(session, web.token_of_request(), new_token)
    return None if other else found


def _resume(outcome: access.LoginOutcome, parked: geparkt.Parked) -> BaseResponse:
    """Offer the form on hold; at the desk where this person sat last today."""
    who = outcome.actor
    if who is not None and who.kind == "staff":
        with web.unit_of_work() as session:
            access.keep_desk(session, who, outcome.token, now=web.now())
    return make_response(render_template("login/weiter.html", parked=parked))


@blueprint.get("/login/code")
@policy(PUBLIC)
def code_page() -> Response | BaseResponse:
    """Ask for the code of the second factor, or show how to set it up; without a login, begin."""
    with web.unit_of_work() as session:
        found = access.pending_user(session, web.token_of_request(), now=web.now())
    if found is None:
        return redirect(url_for("login.page"), 303)
    return _code_form(Form({"next": web.local_path(request.args.get("next"))}))


@blueprint.post("/login/code")
@policy(PUBLIC)
def give_code() -> Response | BaseResponse:
    """Check the code; right, a new login token takes the place of the waiting one."""
    with web.unit_of_work() as session:
        outcome = access.second_step(
            session,
            web.token_of_request(),
            request.form.get("code", "")[:40],
            address=request.remote_addr or "",
            secret=web.services().settings.secret_key,
            now=web.now(),
        )
    if outcome.actor is None:
        refused = _refusal(outcome)
        form = Form({"next": request.form.get("next", "")}, [FieldProblem("code", str(refused))])
        return _slowed(_code_form(form, 429 if refused.wait else 422), outcome)
    target = web.local_path(request.form.get("next")) or home_of(outcome.actor)
    parked = _parked()
    answer: BaseResponse = redirect(target, 303)
    if outcome.recovery_codes:
        page = render_template(
            "login/codes.html", codes=outcome.recovery_codes, target=target, parked=parked
        )
        answer = make_response(page)
    elif parked is not None:
        answer = _resume(outcome, parked)
    web.remember(answer, outcome.token)
    return answer


def _code_form(form: Form, status: int = 200, token: str = "") -> Response | BaseResponse:
    """Show what this login waits for; the secret to scan appears only until it is confirmed."""
    parked = _parked(token)
    with web.unit_of_work() as session:
        found = access.pending_user(session, token or web.token_of_request(), now=web.now())
        if found is None:
            return redirect(url_for("login.page"), 303)
        user, waits = found
        shared, uri = "", ""
        if waits == "setup":
            secret = web.services().settings.secret_key
            shared = zweitfaktor.begin_setup(session, user.id, secret=secret, now=web.now()) or ""
            uri = zweitfaktor.uri(shared, user.login, web.office_name()) if shared else ""
        text = render_template(
            "login/code.html", form=form, waits=waits, shared=shared, picture=_picture(uri),
            parked=parked,
        )  # fmt: skip
    return make_response(text, status)


def _picture(uri: str) -> str:
    if not uri:
        return ""
    import segno

    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"))


def _refusal(outcome: access.LoginOutcome) -> access.LoginRefused:
    return outcome.refused or access.LoginRefused()


def _slowed(
    response: Response | BaseResponse, outcome: access.LoginOutcome
) -> Response | BaseResponse:
    wait = _refusal(outcome).wait
    if wait:
        response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return response


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
    """Show which letter does what for this user."""
    values = {action: tasten.my_key(action) for action in tasten.ACTIONS}
    return _keys(Form(values | {"mode": tasten.my_mode("on")}))


@blueprint.post("/tasten")
@policy(LOGGED_IN)
def change_keys() -> BaseResponse:
    """Remember the letters of this user; double ones are refused by name."""
    usual = "zurueck" in request.form
    mode = "on" if usual else request.form.get("mode", "on")
    try:
        chosen = dict(tasten.USUAL) if usual else tasten.check_map(request.form)
        _save_keys(chosen, mode)
    except InvalidInput as error:
        show_frame(web.actor())
        form, status = web.refused_form(error, request.form)
        return _keys(form, status)
    flash(_("Die Tasten sind gespeichert."), "success")
    return redirect(url_for("login.keys"), 303)


@blueprint.post("/tasten/modus")
@policy(LOGGED_IN)
def change_mode() -> tuple[str, int]:
    """Remember whether single keys are on, with Alt or off; the help dialog sends it."""
    _save_keys(None, request.form.get("mode", ""))
    return "", 204


def _save_keys(keys: Mapping[str, str] | None, mode: str) -> None:
    user_id = web.actor().user_id
    if user_id is None:
        raise NotAllowed(_("Dafür brauchen Sie ein Konto."))
    with web.unit_of_work() as session:
        tasten.save(session, user_id, keys=keys, mode=mode)


def _keys(form: Form, status: int = 200) -> Response:
    body = render_template(
        "login/tasten.html",
        form=form,
        groups=(
            (_("Einzelne Tasten"), tasten.ALONE),
            (_("Nach der Taste „Gehe zu“"), tasten.GO),
            (_("Zusammen mit Strg"), tasten.WITH_CTRL),
        ),
        modes=[("on", _("an")), ("alt", _("nur zusammen mit Alt")), ("off", _("aus"))],
    )
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
    return make_response(render_template("login/login.html", form=form, parked=_parked()), status)

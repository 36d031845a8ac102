"""To the status page without its link: number and code, and the code by letter."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.kernel.birthdate import parse_birth_date
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.web import session as web
from abh.web import worte
from abh.web.bremse import Brake, Wait
from abh.web.forms import Form, date_text
from abh.web.i18n import language
from abh.workflows import zugangscode

blueprint = Blueprint("statuszugang", __name__, url_prefix="/status")

# One for both forms: whoever tries numbers through shall not have two counters to do it with.
BRAKE = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))
DATE_FIELDS = ("birth_date",)


@blueprint.get("")
@policy(PUBLIC)
def page() -> str:
    """Ask for number and code, or for the wish to get a code."""
    return _render(Form())


def _render(form: Form, wait: Wait | None = None) -> str:
    days = zugangscode.AGAIN.days
    return render_template("status/zugang.html", form=form, wait=wait, days=days)


@blueprint.post("")
@policy(PUBLIC)
def enter() -> Response | tuple[str, int]:
    """Open the page with number and code, or order a code; who is known is never told."""
    form = Form(request.form, (), DATE_FIELDS)
    if (wait := _brake()) is not None:
        return _render(form, wait), 429
    return _order() if "bestellen" in request.form else _open()


def _open() -> Response | tuple[str, int]:
    number, code = request.form.get("nummer", ""), request.form.get("code", "")
    with web.unit_of_work() as session:
        token = zugangscode.open_page(session, web.house(), number, code)
    if token is None:
        text = _(
            "Nummer und Code passen nicht zusammen. Bitte prüfen Sie beide; nach fünf falschen "
            "Versuchen gilt der Code nicht mehr."
        )
        return _render(Form(request.form, [FieldProblem("code", text)], DATE_FIELDS)), 422
    return redirect(url_for("status.page", token=token), 303)


def _order() -> Response | tuple[str, int]:
    problems, born = [], None
    try:
        born = parse_birth_date(date_text(request.form, "birth_date"))
    except InvalidInput as error:
        problems = [FieldProblem("birth_date", worte.message(p.message)) for p in error.problems]
    if not request.form.get("bestellnummer", "").strip():
        problems.insert(0, FieldProblem("bestellnummer", _("Bitte angeben.")))
    if problems:
        return _render(Form(request.form, problems, DATE_FIELDS)), 422
    with web.unit_of_work() as session:
        number = request.form["bestellnummer"]
        zugangscode.ask(session, web.house(), number, born, language())
    return redirect(url_for("statuszugang.sent"), 303)


@blueprint.get("/gesendet")
@policy(PUBLIC)
def sent() -> str:
    """Say what happens now: the same page for everybody."""
    return render_template("status/gesendet.html", days=zugangscode.AGAIN.days)


def _brake() -> Wait | None:
    return BRAKE.admit(
        request.remote_addr or "",
        web.now(),
        request.form.get("warteschein", ""),
        web.services().settings.secret_key,
    )

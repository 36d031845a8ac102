"""The firm lane for supervisors: figures of both lanes, publishing them, sizes of companies."""

from __future__ import annotations

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import bahnen, kontingent_stand, termine
from abh.fastlane.kontingent import month_of
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import read_day, show_frame, staff_blueprint

blueprint = staff_blueprint("leitung_bahnen", __name__)
_USUAL = timedelta(days=90)


@blueprint.get("/leitung/firmenbahn")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show what would be published, what is, and how large the companies are."""
    return _page(Form(request.args))


def _page(form: Form) -> str:
    session, today = web.reading(), web.today()
    problems = [FieldProblem(each.field, each.message) for each in form.problems]
    first, last = today - _USUAL, today - timedelta(days=1)
    try:
        first, last = _period(form.value("von"), form.value("bis"), (first, last))
    except InvalidInput as error:
        problems += error.problems
    rules = termine.house_rules(web.house())
    firms = kontingent_stand.loads(session, month_of(today), today=today, rules=rules)
    values = {"von": f"{first:%d.%m.%Y}", "bis": f"{last:%d.%m.%Y}"}
    return render_template(
        "leitung/firmenbahn.html",
        form=Form(values, problems),
        numbers=bahnen.figures(session, first, last),
        first=first,
        last=last,
        periods=bahnen.published(session),
        firms=firms,
        cap=rules.lane_percent,
    )


def _period(von: str, bis: str, usual: tuple[date, date]) -> tuple[date, date]:
    first, last = read_day(von, "von") or usual[0], read_day(bis, "bis") or usual[1]
    bahnen.refuse_period(first, last, web.today())
    return first, last


@blueprint.post("/leitung/firmenbahn")
@policy(Power.UNIT_LEAD)
def publish() -> Response | tuple[str, int]:
    """Freeze the figures of the period and put them on the public page."""
    try:
        first = read_day(request.form.get("von", ""), "von", needed=True)
        last = read_day(request.form.get("bis", ""), "bis", needed=True)
        if first is None or last is None:
            raise InvalidInput([FieldProblem("bis", _("Bitte ein Datum angeben."))])
        with web.unit_of_work() as session:
            bahnen.publish(session, web.actor(), first, last, today=web.today(), now=web.now())
    except (InvalidInput, Conflict) as error:
        show_frame(web.actor())
        form, status = web.refused_form(error, request.form)
        return _page(form), status
    flash(_("Die Zahlen stehen jetzt auf der öffentlichen Seite."), "success")
    return redirect(url_for("leitung_bahnen.page"), 303)


@blueprint.post("/leitung/firmenbahn/<int:figures_id>/zurueckziehen")
@policy(Power.UNIT_LEAD)
def withdraw(figures_id: int) -> Response:
    """Take published figures off the public page."""
    with web.unit_of_work() as session:
        bahnen.withdraw(session, web.actor(), figures_id, now=web.now())
    flash(_("Die Zahlen sind zurückgezogen."), "success")
    return redirect(url_for("leitung_bahnen.page"), 303)


@blueprint.post("/leitung/firmenbahn/firma/<int:company_id>")
@policy(Power.UNIT_LEAD)
def employees(company_id: int) -> Response | tuple[str, int]:
    """Record how many people a company employs; its quota follows."""
    typed = request.form.get("employees", "").strip()
    try:
        if typed and not (typed.isdecimal() and len(typed) < 9):
            text = _("Bitte eine Zahl ab 0 angeben.")
            raise InvalidInput([FieldProblem(f"employees-{company_id}", text)])
        number = int(typed) if typed else None
        with web.unit_of_work() as session:
            kontingent_stand.set_employees(session, web.actor(), company_id, number, now=web.now())
    except InvalidInput as error:
        show_frame(web.actor())
        return _page(Form({}, error.problems)), 422
    flash(_("Gespeichert."), "success")
    return redirect(url_for("leitung_bahnen.page") + "#firmen", 303)

"""Who may sign, kept by the leads: mandates with days and limits, deputies, exclusions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.documents import befugnispflege, befugnisse
from abh.documents.zeichnung import ordnung_on
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint

blueprint = staff_blueprint("leitung_befugnisse", __name__)


@blueprint.get("/leitung/befugnisse")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show who of the unit may sign up to what, and who stands in for whom."""
    return _page(Form())


@blueprint.post("/leitung/befugnisse/<act>")
@policy(Power.UNIT_LEAD)
def change(act: str) -> BaseResponse | tuple[str, int]:
    """Give or end a mandate, appoint or end a deputy."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound(_("Das gibt es hier nicht."))
    try:
        with web.unit_of_work() as session:
            found(session, web.actor())
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status == 404:
            raise
        show_frame(web.actor())
        return _page(form), status
    flash(_done(act), "success")
    return redirect(url_for("leitung_befugnisse.page", sg=request.args.get("sg")), 303)


def _give(session: Session, who: Actor) -> None:
    begin = read_day(request.form.get("valid_from", ""), "valid_from", needed=True)
    befugnispflege.give_mandate(
        session,
        web.house(),
        who,
        page_number(request.form.get("user")),
        valid_from=begin or web.today(),
        valid_until=read_day(request.form.get("valid_until", ""), "valid_until"),
        max_amount=_euro(request.form.get("max_amount", "")),
        capacities=request.form.getlist("capacities"),
    )


def _end(session: Session, who: Actor) -> None:
    befugnispflege.end_mandate(session, web.house(), who, page_number(request.form.get("id")))


def _appoint(session: Session, who: Actor) -> None:
    begin = read_day(request.form.get("first", ""), "first", needed=True) or web.today()
    befugnisse.appoint_deputy(
        session,
        web.house(),
        who,
        page_number(request.form.get("absent")),
        page_number(request.form.get("deputy")),
        valid_from=begin,
        valid_until=read_day(request.form.get("last", ""), "last", needed=True) or begin,
        ground=request.form.get("ground", ""),
    )


def _back(session: Session, who: Actor) -> None:
    befugnispflege.end_deputy(session, web.house(), who, page_number(request.form.get("id")))


_ACTS: dict[str, Callable[[Session, Actor], None]] = {
    "erteilen": _give,
    "beenden": _end,
    "vertreten": _appoint,
    "zurueck": _back,
}


def _done(act: str) -> str:
    return {
        "erteilen": _("Zeichnungsbefugnis erteilt."),
        "beenden": _("Zeichnungsbefugnis beendet."),
        "vertreten": _("Vertretung eingetragen."),
        "zurueck": _("Vertretung beendet."),
    }[act]


def _euro(raw: str) -> Decimal | None:
    typed = raw.strip().removesuffix("€").removesuffix("EUR").strip()
    if not typed:
        return None
    try:
        amount = Decimal(typed.replace(".", "").replace(",", ".") if "," in typed else typed)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != round(amount, 2):
        raise InvalidInput([FieldProblem("max_amount", _("Bitte einen Betrag wie 5000,00."))])
    return amount


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    wide = who.may(Power.ALL_UNITS)
    today = web.today()
    return render_template(
        "leitung/befugnisse.html",
        unit=unit,
        units=office.units(session) if wide else [],
        mandates=[
            {**row, "state": _state(row, today)}
            for row in befugnispflege.mandates(session, unit, house_wide=wide)
        ],
        deputies=befugnispflege.deputies(session, unit, today, house_wide=wide),
        people=befugnispflege.people(session, unit, house_wide=wide),
        capacities=befugnispflege.CAPACITIES if wide else (),
        table=ordnung_on(web.house().zeichnung, today),
        me=who.user_id,
        today=today,
        form=form,
    )


def _state(row: dict[str, Any], today: Any) -> tuple[str, str]:
    if row["valid_from"] > today:
        return _("beginnt später"), "info"
    if row["valid_until"] is not None and row["valid_until"] < today:
        return _("beendet"), "neutral"
    return _("gilt"), "success"

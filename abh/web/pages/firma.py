"""What HR sees of its employees' cases, within the mandate; and where a clerk records one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import Power, in_scope, policy
from abh.fastlane import service as fastlane
from abh.fastlane.schemas import SCOPES
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import for_staff
from abh.web.pages import rahmen
from abh.web.parts import Chrome, Column
from abh.workflows.tables import Vorgang

blueprint = for_staff(Blueprint("firma", __name__))

DAYS = ("valid_from", "valid_until")


@blueprint.get("/firma")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show the cases of the company's people, as far as each mandate reaches; logged."""
    who, session = web.actor(), web.reading()
    companies = fastlane.companies_of(session, who, clock=web.services().clock)
    cases = fastlane.visible_cases(session, who, clock=web.services().clock)
    g.chrome = Chrome(
        office=web.house().office.name,
        unit=companies[0].company_name,
        user=who.name,
        logout_url=url_for("login.logout"),
    )
    columns = [
        Column(_("Person")),
        Column(_("Stand")),
        Column(_("Wer ist am Zug?")),
        Column(_("Nächster Tag")),
        Column(_("Vollmacht bis")),
    ]
    return render_template("firma/firma.html", cases=cases, columns=columns, companies=companies)


@blueprint.get("/firma/vollmacht")
@policy(Power.CASE_INTAKE)
def mandate_page() -> str:
    """Show the form for a mandate that a clerk has in hand."""
    rahmen.show_frame(web.actor())
    values: dict[str, Any] = antragsform.day_parts("valid_from", web.today())
    values["number"] = request.args.get("vorgang", "")
    return _render(Form(values))


@blueprint.post("/firma/vollmacht")
@policy(Power.CASE_INTAKE)
def record_mandate() -> Response | tuple[str, int]:
    """Record the mandate for person and company of a case."""
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            vorgang = _case(session, request.form.get("number", ""))
            if not in_scope(who, vorgang.unit_key):
                raise InvalidInput([FieldProblem("number", _("Diesen Vorgang gibt es nicht."))])
            data = {
                "company_id": vorgang.company_id,
                "person_id": vorgang.person_id,
                "scope": request.form.getlist("scope"),
                **{name: _iso(name) for name in DAYS},
            }
            fastlane.grant_mandate(session, who, data, clock=web.services().clock)
    except (InvalidInput, Conflict, NotFound) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("number", str(error))]
        told = [FieldProblem(p.field, worte.message(p.message)) for p in problems]
        rahmen.show_frame(who)
        return _render(Form(request.form, told, DAYS)), 409 if isinstance(error, Conflict) else 422
    return redirect(url_for("firma.mandate_page", neu="1"), 303)


def _case(session: Session, number: str) -> Vorgang:
    plain = "".join(sign for sign in number.strip() if sign.isprintable())
    found = session.scalar(select(Vorgang).where(Vorgang.number == plain))
    if found is None:
        raise InvalidInput([FieldProblem("number", _("Diesen Vorgang gibt es nicht."))])
    if found.company_id is None:
        text = _("In diesem Vorgang ist kein Arbeitgeber genannt.")
        raise InvalidInput([FieldProblem("number", text)])
    return found


def _iso(name: str) -> str:
    parts = antragsform.typed_day(request.form, name).split(".")
    return "-".join(reversed(parts))


def _render(form: Form) -> str:
    return render_template(
        "firma/vollmacht.html",
        form=form,
        scopes=list(SCOPES.items()),
        saved=request.args.get("neu") == "1",
    )

"""Counselling days for companies: which come, whom to name, what the own people answered."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import beratungstag, zugang
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web import worte
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages import firma_rahmen
from abh.web.pages.rahmen import page_number

blueprint = firma_rahmen.firm_blueprint("firma_beratungstag", __name__)


@blueprint.get("/firma/termine/beratungstag")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show the coming days and the company's people; the look is logged."""
    return _render(Form())


def _render(form: Form) -> str:
    who = firma_rahmen.acting()
    return render_template(
        "firma/beratungstag.html",
        who=who,
        form=form,
        days=beratungstag.days(web.reading(), web.house(), who),
        replies={"open": _("noch keine Antwort"), "yes": _("kommt"), "no": _("kommt nicht")},
    )


@blueprint.post("/firma/termine/beratungstag")
@policy(Power.FASTLANE_COMPANY)
def name() -> Response | tuple[str, int]:
    """Have the chosen people invited, all or nobody."""
    who = firma_rahmen.acting()
    zugang.require_write(who)
    chosen = [n for n in map(page_number, request.form.getlist("person")) if n]
    try:
        with web.unit_of_work() as session:
            count = beratungstag.name_people(
                session, web.house(), who, page_number(request.form.get("tag")), chosen
            )
    except InvalidInput as error:
        told = [FieldProblem(p.field, worte.message(p.message)) for p in error.problems]
        return _render(Form(request.form, told)), 422
    except Conflict as error:
        text = _(str(error) or error.title)
        return _render(Form(request.form, [FieldProblem("person", text)])), 409
    flash(
        ngettext(
            "%(num)s Person bekommt eine Einladung und antwortet selbst.",
            "%(num)s Personen bekommen eine Einladung und antworten selbst.",
            count,
        ),
        "success",
    )
    return redirect(url_for("firma_beratungstag.page"), 303)

"""Writing to the court in a case; it goes to the signature folder and then out by beBPo."""

from __future__ import annotations

import re

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy, require
from abh.kernel.errors import DomainError, NotFound
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.workflows.schriftsatz import Statement, prepare
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import check as check_access

blueprint = staff_blueprint("schriftsatz", __name__)
WRITERS = (Power.CASE_DECIDE, Power.CASE_LEGAL)


@blueprint.get("/vorgang/<number>/schriftsatz")
@policy(*WRITERS)
def page(number: str) -> Response:
    """Ask for the statement."""
    return _page(number, Form({}))


@blueprint.post("/vorgang/<number>/schriftsatz")
@policy(*WRITERS)
def write(number: str) -> BaseResponse:
    """Freeze the statement and lay it into the signature folder."""
    typed = request.form
    statement = Statement(
        court_number=typed.get("court_number", ""),
        matter=typed.get("matter", ""),
        subject=typed.get("subject", ""),
        paragraphs=[
            part for part in re.split(r"\r?\n\s*\r?\n", typed.get("text", "")) if part.strip()
        ],
        enclosures=typed.get("enclosures", "").splitlines(),
    )
    case_id = _case(number).id
    try:
        with web.unit_of_work() as session:
            prepare(session, web.house(), web.actor(), case_id, statement)
    except DomainError as error:
        form, status = web.refused_form(error, typed)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        return _page(number, form, status)
    flash(_("Der Schriftsatz liegt in der Unterschriftsmappe."), "success")
    return redirect(url_for("vorgang.page", number=number, _anchor="briefe"), 303)


def _case(number: str) -> Vorgang:
    case = web.reading().scalar(select(Vorgang).where(Vorgang.number == number))
    if case is None:
        raise NotFound(_("Diesen Vorgang gibt es nicht."))
    check_access(web.actor(), case.verfahren, case.unit_key, case.number)
    require(web.actor(), Power.CASE_READ, case.unit_key)
    return case


def _page(number: str, form: Form, status: int = 200) -> Response:
    case = _case(number)
    body = render_template(
        "vorgang/schriftsatz.html", number=case.number, form=form, court=web.house().office.court
    )
    return make_response(body, status)

"""Checking a signed PDF that came in, or a letter of the office: unchanged, and from whom."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from abh.access.policy import Power, policy
from abh.documents.siegel import SignatureFound, check_signatures
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import staff_blueprint

blueprint = staff_blueprint("siegel", __name__)
READERS = (Power.CASE_READ, Power.POST_WORK)


@blueprint.get("/siegel")
@policy(*READERS)
def page() -> Response:
    """Show the form."""
    return _page(Form({}))


@blueprint.post("/siegel")
@policy(*READERS)
def check() -> Response:
    """Check every signature of the uploaded file; nothing is stored."""
    file = request.files.get("datei")
    try:
        if file is None or not file.filename:
            raise InvalidInput([FieldProblem("datei", _("Bitte wählen Sie eine Datei aus."))])
        found = check_signatures(file.read(), web.house().trusted)
    except DomainError as error:
        problems = getattr(error, "problems", ()) or (FieldProblem("datei", str(error)),)
        return _page(Form({}, problems), None, 422)
    return _page(Form({}), found)


def _page(
    form: Form, found: tuple[SignatureFound, ...] | None = None, status: int = 200
) -> Response:
    return make_response(render_template("siegel/seite.html", form=form, found=found), status)

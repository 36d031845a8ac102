"""The files: search in the text of the sheets, and inspection of a file as one PDF."""

from __future__ import annotations

import re

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.documents.einsicht import Redaction, SheetToShow, inspection_pdf
from abh.documents.tables import Akte, Blatt
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows.akteneinblick import sheets_for
from abh.workflows.aktensuche import SHORTEST, search_sheets
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import check as check_access

blueprint = staff_blueprint("akten", __name__)
_BOX = re.compile(r"\s*(\d+)\s*:\s*" + r"\s*,\s*".join([r"(\d+(?:\.\d+)?)"] * 4) + r"\s*")


@blueprint.get("/akten/suche")
@policy(Power.CASE_READ)
def search() -> str:
    """Find sheets by words of their text, newest first."""
    query = request.args.get("q", "").strip()
    found = search_sheets(web.reading(), web.house(), web.actor(), query) if query else []
    return render_template("akten/suche.html", query=query, found=found, shortest=SHORTEST)


@blueprint.get("/vorgang/<number>/einsicht")
@policy(Power.CASE_READ)
def inspection(number: str) -> Response:
    """Show the sheets of the file, to choose what is shown, withheld or blacked out."""
    return _page(number, Form({}))


@blueprint.post("/vorgang/<number>/einsicht")
@policy(Power.CASE_DECIDE, Power.CASE_LEGAL)
def inspect(number: str) -> Response:
    """Give the inspection as one PDF; what was withheld is recorded with its reason."""
    session = web.reading()
    case, akte, sheets = _file(session, number)
    try:
        chosen = [_chosen(sheet) for sheet in sheets if request.form.get(f"zeigen-{sheet.id}")]
        made = inspection_pdf(
            web.house().blobs, akte.number, chosen, office=web.house().office.name, on=web.today()
        )
    except DomainError as error:
        problems = getattr(error, "problems", ()) or (FieldProblem("sheets", str(error)),)
        return _page(number, Form(request.form, problems), 422)
    withheld = {str(s.sheet_no): s.withheld for s in chosen if s.withheld}
    with web.unit_of_work() as writing:
        audit.record(
            writing,
            web.actor(),
            "akte.inspection",
            "akte",
            akte.id,
            now=web.now(),
            vorgang_id=case.id,
            is_read=True,
            facts={
                "sheets": len(chosen),
                "withheld": withheld,
                "redacted": [s.sheet_no for s in chosen if s.redactions],
                "unreadable": list(made.unreadable),
            },
        )
    response = make_response(made.pdf)
    response.mimetype = "application/pdf"
    name = f"akteneinsicht-{number}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(number: str, form: Form, status: int = 200) -> Response:
    case, akte, sheets = _file(web.reading(), number)
    body = render_template(
        "akten/einsicht.html", form=form, number=case.number, akte=akte, sheets=sheets,
        chosen_all=not request.form,
    )  # fmt: skip
    return make_response(body, status)


def _file(session: Session, number: str) -> tuple[Vorgang, Akte, list[Blatt]]:
    case = session.scalar(select(Vorgang).where(Vorgang.number == number))
    if case is None:
        raise NotFound(_("Diesen Vorgang gibt es nicht."))
    check_access(web.actor(), case.verfahren, case.unit_key, case.number)
    require(web.actor(), Power.CASE_READ, case.unit_key)
    sheets = sheets_for(session, web.actor(), case.akte_id)
    return case, session.get_one(Akte, case.akte_id), list(sheets)


def _chosen(sheet: Blatt) -> SheetToShow:
    withheld = request.form.get(f"grund-{sheet.id}", "").strip()
    return SheetToShow(
        sheet_no=sheet.sheet_no,
        title=sheet.title,
        received_on=sheet.received_on,
        sha256=sheet.blob_sha256,
        mime=sheet.mime,
        redactions=_boxes(request.form.get(f"schwarz-{sheet.id}", ""), sheet.sheet_no),
        withheld=withheld,
    )


def _boxes(typed: str, sheet_no: int) -> tuple[Redaction, ...]:
    """Return the boxes of ``1: 20, 60, 90, 35; 2: …`` (page: left, top, width, height in mm)."""
    made = []
    for part in filter(str.strip, typed.split(";")):
        found = _BOX.fullmatch(part)
        if found is None or float(found[4]) <= 0 or float(found[5]) <= 0:
            text = _("Blatt %(no)s: Bitte „Seite: links, oben, Breite, Höhe“ in mm.", no=sheet_no)
            raise InvalidInput([FieldProblem("sheets", text)])
        made.append(Redaction(int(found[1]), *map(float, found.groups()[1:])))
    return tuple(made)

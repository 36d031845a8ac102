"""Many applications in one sheet: template, upload, its errors, and sending what is sound."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import spalten, stapel, tabelle, vorlage, zugang
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, UploadRefused
from abh.web import session as web
from abh.web import worte
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.laeufe import Lauf, lauf
from abh.web.pages import firma_rahmen
from abh.workflows import registry

blueprint = firma_rahmen.firm_blueprint("firma_tabelle", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/firma/tabelle")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show templates, the upload, and the sheets that were uploaded."""
    return _render(Form())


@blueprint.get("/firma/tabelle/vorlage/<key>")
@policy(Power.FASTLANE_COMPANY)
def empty(key: str) -> Response:
    """Give the empty sheet of a procedure."""
    firma_rahmen.acting()
    if key.upper() not in spalten.FOR_COMPANIES:
        raise NotFound("Diese Vorlage gibt es nicht.")
    return _workbook(vorlage.template(key.upper()), f"vorlage-{key.upper()}.xlsx")


@blueprint.post("/firma/tabelle")
@policy(Power.FASTLANE_COMPANY)
def upload() -> Response | tuple[str, int]:
    """Read and check a sheet; a file that cannot be taken is refused with its reason."""
    who, house = firma_rahmen.acting(), web.house()
    zugang.require_write(who)
    file = request.files.get("tabelle")
    try:
        data = file.stream.read(tabelle.MOST_BYTES + 1) if file is not None else b""
        name = (file.filename if file is not None else "") or ""
        if not data:
            raise InvalidInput([FieldProblem("tabelle", _("Bitte wählen Sie eine Datei aus."))])
        tabelle.check_container(data)
        if house.scanner is not None:
            house.scanner.check(name, data)
        with web.unit_of_work() as session:
            batch_id = stapel.take_sheet(session, house, who, name, data)
    except UploadRefused as error:
        text = worte.upload_message(error, name, megabytes=5, pages=0)
        return _render(Form(problems=[FieldProblem("tabelle", text)])), 422
    except InvalidInput as error:
        told = [FieldProblem(p.field, worte.message(p.message)) for p in error.problems]
        return _render(Form(problems=told)), 422
    return redirect(url_for("firma_tabelle.sheet", batch_id=batch_id), 303)


@blueprint.get("/firma/tabelle/<int:batch_id>")
@policy(Power.FASTLANE_COMPANY)
def sheet(batch_id: int) -> str:
    """Show what the check found, or how far the filing is."""
    who = firma_rahmen.acting()
    found, rows = stapel.sheet_of(web.reading(), who, batch_id)
    heads = {column.key: column.de for column in spalten.columns(found.verfahren)}
    return render_template(
        "firma/tabelle_eins.html",
        who=who,
        sheet=found,
        rows=rows,
        heads=heads,
        told=worte.message,
        name=registry.newest(found.verfahren).name,
        lauf=_progress(found) if found.ordered else None,
    )


def _progress(found: stapel.Stapel) -> Lauf:
    sent = {name: found.count(name) for name in ("filed", "known", "ordered")}
    return lauf(
        _("Anträge werden gestellt"), sent["filed"] + sent["known"], 0, sum(sent.values()),
        ended=not sent["ordered"],
    )  # fmt: skip


@blueprint.get("/firma/tabelle/<int:batch_id>/geprueft")
@policy(Power.FASTLANE_COMPANY)
def marked(batch_id: int) -> Response:
    """Give the sheet back with every error at its cell."""
    name, data = stapel.marked_sheet(web.reading(), firma_rahmen.acting(), batch_id)
    return _workbook(data, name)


@blueprint.post("/firma/tabelle/<int:batch_id>")
@policy(Power.FASTLANE_COMPANY)
def order(batch_id: int) -> Response:
    """Send the sound rows as applications."""
    who = firma_rahmen.acting()
    with web.unit_of_work() as session:
        count = stapel.order(session, web.house(), who, batch_id)
    if count:
        flash(_("Die Anträge werden jetzt gestellt: %(num)s.", num=count), "success")
    return redirect(url_for("firma_tabelle.sheet", batch_id=batch_id), 303)


def _workbook(data: bytes, name: str) -> Response:
    answer: Any = send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)
    return answer


def _render(form: Form) -> str:
    who = firma_rahmen.acting()
    return render_template(
        "firma/tabelle.html",
        who=who,
        form=form,
        most=tabelle.MOST_ROWS,
        most_mb=tabelle.MOST_BYTES // 1024 // 1024,
        offered=[registry.newest(key) for key in spalten.FOR_COMPANIES],
        sheets=stapel.sheets(web.reading(), who),
    )

"""Returned mail: the code on the envelope names the letter; the case waits for a new service."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.documents.akte import NewSheet
from abh.documents.codes import read_codes
from abh.documents.letters import letter_kind
from abh.documents.tables import Letter
from abh.documents.uploads import inspect_upload
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.web import session as web
from abh.web.antragsform import limits
from abh.web.errors import status_of
from abh.web.forms import Form
from abh.web.pages.rahmen import read_day, show_frame, staff_blueprint
from abh.workflows.akteneinblick import known_letters, letter_for
from abh.workflows.intake import notify_letters
from abh.workflows.ruecklauf import NO_LETTER, letter_by_code, record_returned
from abh.workflows.tables import Vorgang
from abh.workflows.versand import record_deed

blueprint = staff_blueprint("ruecklauf", __name__)
WORKERS = (Power.POST_WORK, Power.CASE_REVIEW, Power.CASE_COUNTER)


@blueprint.get("/ruecklauf")
@policy(*WORKERS)
def page() -> Response:
    """Show the form; with a code also the letter that it belongs to."""
    form = Form(request.args)
    code = request.args.get("code", "").strip()
    if not code:
        return _page(form)
    try:
        return _page(form, _known(web.reading(), code))
    except DomainError as error:
        return _page(Form(request.args, [FieldProblem("code", str(error))]), status=404)


@blueprint.post("/ruecklauf/scan")
@policy(*WORKERS)
def scan() -> BaseResponse:
    """Read the code from a scan of the envelope and go on with the letter it names."""
    try:
        return redirect(url_for("ruecklauf.page", code=_code_of_scan()), 303)
    except DomainError as error:
        problems = getattr(error, "problems", ()) or (FieldProblem("scan", str(error)),)
        return _page(Form(request.form, problems), status=422)


@blueprint.post("/ruecklauf")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def record() -> BaseResponse:
    """Record that the letter came back."""
    code = request.form.get("code", "")
    try:
        with web.unit_of_work() as session:
            letter = _known(session, code)
            day = read_day(request.form.get("on", ""), "on", needed=True) or web.today()
            reason = request.form.get("reason", "")
            record_returned(session, web.house(), web.actor(), letter.id, on=day, reason=reason)
            number = session.scalar(select(Vorgang.number).where(Vorgang.id == letter.vorgang_id))
    except InvalidInput as error:
        return _page(Form(request.form, error.problems), _known(web.reading(), code), 422)
    flash(_("Rücklauf vermerkt: Bitte die Anschrift ermitteln und neu zustellen."), "success")
    return redirect(url_for("vorgang.page", number=number), 303)


@blueprint.post("/ruecklauf/urkunde")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def deed() -> BaseResponse:
    """File a scanned deed or receipt: the code on it names the letter, the clerk its day."""
    try:
        data = _scanned_pdf()
        code = request.form.get("code", "").strip() or _code_of(data)
        day = read_day(request.form.get("served_on", ""), "served_on", needed=True) or web.today()
        with web.unit_of_work() as session:
            letter = _known(session, code)
            sheet = NewSheet(
                title=_("Zustellungsnachweis zu %(key)s", key=letter.key),
                origin="scan",
                data=data,
                mime="application/pdf",
                received_on=web.today(),
                filed_by=web.actor().name,
                file_name=f"urkunde-{letter.id}.pdf",
            )
            done = record_deed(session, web.house(), web.actor(), letter.id, sheet, served_on=day)
            if done is not None:
                notify_letters(session, web.house(), done.letters)
            number = session.scalar(select(Vorgang.number).where(Vorgang.id == letter.vorgang_id))
    except DomainError as error:
        status, _slug = status_of(error)
        if status == 403:
            raise
        show_frame(web.actor())
        problems = getattr(error, "problems", ()) or (FieldProblem("scan", str(error)),)
        return _page(Form(request.form, problems), status=status)
    flash(_("Urkunde zur Akte genommen; der Tag der Zustellung steht im Vorgang."), "success")
    return redirect(url_for("vorgang.page", number=number), 303)


def _page(form: Form, letter: Letter | None = None, status: int = 200) -> Response:
    number = ""
    if letter is not None:
        found = select(Vorgang.number).where(Vorgang.id == letter.vorgang_id)
        number = web.reading().scalar(found) or ""
    title = letter_kind(letter.key).title_of(letter.outcome) if letter is not None else ""
    body = render_template(
        "ruecklauf/seite.html", form=form, letter=letter, number=number, title=title,
        today=f"{web.today():%d.%m.%Y}",
    )  # fmt: skip
    return make_response(body, status)


def _known(session: Session, code: str) -> Letter:
    letter = letter_by_code(session, web.house(), code)
    if not known_letters(session, web.actor(), [letter]):
        raise NotFound(NO_LETTER)
    return letter_for(session, web.actor(), letter.id)


def _code_of_scan() -> str:
    return _code_of(_scanned_pdf())


def _scanned_pdf() -> bytes:
    file = request.files.get("scan")
    if file is None or not file.filename:
        raise InvalidInput([FieldProblem("scan", _("Bitte wählen Sie den Scan aus."))])
    data = file.read()
    accepted = inspect_upload(file.filename, data, limits(), scanner=web.house().scanner)
    if accepted.mime != "application/pdf":
        raise InvalidInput([FieldProblem("scan", _("Bitte scannen Sie als PDF."))])
    return data


def _code_of(data: bytes) -> str:
    found = read_codes(data).matrices
    if not found:
        raise NotFound(_("Auf dem Scan ist keine Kennung zu lesen. Bitte tippen Sie sie ab."))
    return found[0]

"""How a company comes in: the public form of registration, its link, and invitations of people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import PUBLIC, policy
from abh.documents.uploads import inspect_upload
from abh.fastlane import firmen, personen
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, UploadRefused
from abh.web import session as web
from abh.web import worte
from abh.web.antragsform import limits
from abh.web.bremse import Brake
from abh.web.forms import Form
from abh.web.i18n import for_staff
from abh.web.pages.firma_zugang_worte import KINDS

# German and English as all pages of companies.
blueprint = for_staff(Blueprint("firma_anmeldung", __name__))

BRAKE = Brake(free=5, window=timedelta(hours=1), pause=timedelta(minutes=10))
FIELDS = (
    "kind", "name", "register_court", "register_no", "street", "postcode", "city", "contact_name",
    "contact_email", "contact_phone",
)  # fmt: skip


@blueprint.get("/firma/registrieren")
@policy(PUBLIC)
def page() -> str:
    """Show the form of registration."""
    return _form(Form({"kind": "employer"}))


@blueprint.post("/firma/registrieren")
@policy(PUBLIC)
def register() -> BaseResponse | tuple[str, int]:
    """Take a registration with its proof; the answer is a page behind a link."""
    address = request.remote_addr or ""
    if pause := BRAKE.pause_for(address, web.now()):
        raise TooManyRequests(retry_after=int(pause.total_seconds()))
    try:
        proof = sent_proof("proof", needed=True)
        with web.unit_of_work() as session:
            token = firmen.register(session, web.house(), _typed(), proof or ("", ""))
    except InvalidInput as error:
        return _form(_refused(error)), 422
    BRAKE.count(address, web.now())
    return redirect(url_for("firma_anmeldung.stand", token=token), 303)


@blueprint.get("/firma/registrieren/<token>")
@policy(PUBLIC)
def stand(token: str) -> str:
    """Show where the registration stands, and the form again when it was returned."""
    row = firmen.registration_of(web.reading(), token[:80])
    values = {name: getattr(row, name) for name in FIELDS} | {"sites": "\n".join(row.sites)}
    return _form(Form(values), row=row, token=token)


@blueprint.post("/firma/registrieren/<token>")
@policy(PUBLIC)
def register_again(token: str) -> BaseResponse | tuple[str, int]:
    """Take a returned registration, completed."""
    row = firmen.registration_of(web.reading(), token[:80])
    try:
        proof = sent_proof("proof", needed=False)
        with web.unit_of_work() as session:
            firmen.register_again(session, web.house(), token[:80], _typed(), proof)
    except InvalidInput as error:
        return _form(_refused(error), row=row, token=token), 422
    return redirect(url_for("firma_anmeldung.stand", token=token), 303)


@blueprint.get("/firma/einladung/<token>")
@policy(PUBLIC)
def invitation(token: str) -> str:
    """Ask for name and password of a new login, or whether the one logged in shall join."""
    return _invitation(Form(), token)


@blueprint.post("/firma/einladung/<token>")
@policy(PUBLIC)
def accept(token: str) -> BaseResponse | tuple[str, int]:
    """Make the login; the second factor is set up when it is used first."""
    who = web.current_actor()
    try:
        with web.unit_of_work() as session:
            personen.accept(
                session,
                web.house(),
                token[:80],
                name=request.form.get("display_name", "")[:120],
                password=request.form.get("password", ""),
                actor=who,
            )
    except InvalidInput as error:
        form = Form(request.form, [_at_field(problem) for problem in error.problems])
        return _invitation(form, token), 422
    flash(_("Ihr Zugang ist angelegt. Bitte melden Sie sich an."), "success")
    return redirect(url_for("login.page", next="/firma"), 303)


def sent_proof(field: str, *, needed: bool) -> tuple[str, str] | None:
    """Check and store the file of this request; return (sha256, name), None where there is none.

    Raises ``InvalidInput`` at the field; outside any transaction, because checking takes seconds.
    """
    file = request.files.get(field)
    if file is None or not file.filename:
        if needed:
            raise InvalidInput([FieldProblem(field, _("Bitte eine Datei auswählen."))])
        return None
    data, house = file.read(), web.house()
    try:
        accepted = inspect_upload(file.filename, data, limits(), scanner=house.scanner)
    except UploadRefused as error:
        cost = limits()
        told = worte.upload_message(
            error, file.filename, megabytes=cost.max_bytes // 1024 // 1024, pages=cost.max_pages
        )
        raise InvalidInput([FieldProblem(field, told)]) from error
    return house.blobs.put(data), accepted.safe_name


def _typed() -> dict[str, Any]:
    values: dict[str, Any] = {name: request.form.get(name, "").strip() for name in FIELDS}
    lines = request.form.get("sites", "").splitlines()
    return values | {"sites": [line.strip() for line in lines if line.strip()]}


def _refused(error: InvalidInput) -> Form:
    problems = [
        FieldProblem(problem.field.split(".")[0], worte.message(problem.message))
        for problem in error.problems
    ]
    return Form(request.form, problems)


def _at_field(problem: FieldProblem) -> FieldProblem:
    # The address of the invitation is the login; there is no field to type another.
    field = "password" if problem.field == "login" else problem.field
    return FieldProblem(field, worte.message(problem.message))


def _form(form: Form, row: Any = None, token: str = "") -> str:
    return render_template(
        "firma/registrieren.html",
        form=form,
        row=row,
        token=token,
        kinds=[(key, str(label)) for key, label in KINDS.items()],
    )


def _invitation(form: Form, token: str) -> str:
    session, house = web.reading(), web.house()
    row = personen.invitation_of(session, token[:80], house)
    who = web.current_actor()
    joins = who is not None and who.kind == "employer" and who.login == row.email
    if who is not None and not joins:
        raise NotFound(_("Bitte melden Sie sich zuerst ab, um diese Einladung anzunehmen."))
    company = personen.company_name(session, row.company_id)
    return render_template(
        "firma/einladung.html", form=form, row=row, token=token, company=company, joins=joins
    )

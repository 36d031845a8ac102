"""A company applies for an employee: the fields of the public form, with its declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import antrag_firma, zugang
from abh.fastlane.spalten import FOR_COMPANIES
from abh.fastlane.zugang import Acting
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.sprachen import NAMES
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages import firma_rahmen
from abh.web.pages.antrag import TOKEN, form_context
from abh.web.pages.papier import Attempt
from abh.workflows import drafts, registry
from abh.workflows.definition import Verfahren
from abh.workflows.drafts import KeptFile
from abh.workflows.schemas import load_antrag

blueprint = firma_rahmen.firm_blueprint("firma_antrag", __name__)

DECLARED = "Erklärung im Formular: schriftliche Vollmacht liegt vor (§ 14 VwVfG NRW)"
# The employer is the company that acts; it is not asked for again.
FIXED = ("employer", "employer_register_no", "employer_email")


@blueprint.get("/firma/antrag")
@policy(Power.FASTLANE_COMPANY)
def choose() -> str:
    """Show what a company can apply for."""
    who = firma_rahmen.acting()
    offered = [registry.newest(key) for key in FOR_COMPANIES]
    return render_template("firma/wahl.html", who=who, offered=offered)


@blueprint.get("/firma/antrag/<key>")
@policy(Power.FASTLANE_COMPANY)
def page(key: str) -> str:
    """Show the empty form of a procedure."""
    verfahren = _wanted(key)
    zugang.require_write(firma_rahmen.acting())
    return _render(verfahren, Form({"person.language": "de"}), new_token(), ())


@blueprint.post("/firma/antrag/<key>")
@policy(Power.FASTLANE_COMPANY)
def send(key: str) -> Response | tuple[str, int]:
    """Open the case, or show the form again with every problem and all that was sent."""
    verfahren, who = _wanted(key), firma_rahmen.acting()
    zugang.require_write(who)
    given = request.form.get("entwurf", "")
    token = given if TOKEN.fullmatch(given) else new_token()
    raw, rename = antragsform.raw_antrag(request.form, verfahren)
    raw |= dict.fromkeys(FIXED, "")
    new, problems = antragsform.take_files((*verfahren.evidence_labels, antrag_firma.POWER))
    antrag: dict[str, Any] | None = None
    try:
        antrag = load_antrag(raw)
    except InvalidInput as error:
        problems = worte.told(antragsform.all_problems(raw, error.problems), rename) + problems
    if not request.form.get(antrag_firma.POWER):
        text = _("Bitte bestätigen Sie, dass die Person Sie schriftlich bevollmächtigt hat.")
        problems.append(FieldProblem(antrag_firma.POWER, text))
    try:
        with web.unit_of_work() as session:
            attempt = _attempt(session, who, token, new, problems, antrag)
    except InvalidInput as error:
        told = worte.told(error.problems, rename)
        attempt = Attempt(files=_kept(token), problems=tuple(told))
    if attempt.number:
        flash(_("Der Antrag ist gestellt. Die Person bekommt die Eingangsbestätigung."), "success")
        return redirect(url_for("firma_vorgang.page", number=attempt.number), 303)
    form = Form(request.form, attempt.problems, antragsform.date_fields(verfahren))
    return _render(verfahren, form, token, attempt.files), 422


def _attempt(
    session: Session,
    who: Acting,
    token: str,
    new: Sequence[KeptFile],
    problems: Sequence[FieldProblem],
    antrag: dict[str, Any] | None,
) -> Attempt:
    house, now = web.house(), web.now()
    draft = drafts.lock_draft(session, token, now=now)
    if number := drafts.filed_number(draft):
        return Attempt(number)
    dropped = set(request.form.getlist("weg"))
    files = [f for f in (*drafts.kept_files(draft), *new) if f"{f.kind}:{f.sha256}" not in dropped]
    drafts.keep(draft, files, now=now)
    kept = tuple(drafts.kept_files(draft))
    if problems or antrag is None:
        return Attempt(files=kept, problems=tuple(problems))
    uploads = drafts.uploads_of(kept, house.blobs)
    filed = antrag_firma.file_for_employee(session, house, who, antrag, uploads, declared=DECLARED)
    if filed.created:
        drafts.mark_filed(draft, filed.number)
        return Attempt(filed.number)
    text = _("Für diese Person läuft das Verfahren schon: %(number)s.", number=filed.number)
    return Attempt(files=kept, problems=(FieldProblem("person.family_name", text),))


def _kept(token: str) -> tuple[KeptFile, ...]:
    with web.unit_of_work() as session:
        return tuple(drafts.kept_files(drafts.lock_draft(session, token, now=web.now())))


def _wanted(key: str) -> Verfahren:
    found = key.upper()
    if found not in FOR_COMPANIES:
        raise NotFound("Dieses Formular gibt es nicht.")
    return registry.newest(found)


def _render(verfahren: Verfahren, form: Form, token: str, files: Sequence[KeptFile]) -> str:
    context = form_context(verfahren, files)
    power = (antrag_firma.POWER, _("Vollmacht der Person"), False)
    return render_template(
        "firma/antrag.html",
        form=form,
        token=token,
        who=firma_rahmen.acting(),
        language_names=list(NAMES.items()),
        power_files=[f for f in files if f.kind == antrag_firma.POWER],
        power=power,
        **{**context, "labels": {**context["labels"], **worte.STAFF_LABELS}},
    )

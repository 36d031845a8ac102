"""A company applies for an employee: the fields of the public form, with its declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import anschluss, antrag_firma, zugang
from abh.fastlane.spalten import FOR_COMPANIES, asked_of
from abh.fastlane.zugang import Acting
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.office.fachverfahren import lead_on
from abh.sprachen import NAMES
from abh.web import anschlusswerte, antragsform, worte
from abh.web import session as web
from abh.web.forms import DATE_PARTS, Form
from abh.web.i18n import gettext as _
from abh.web.pages import firma_rahmen
from abh.web.pages.antrag import TOKEN, form_context
from abh.web.pages.papier import Attempt
from abh.workflows import drafts, fuehrung, registry
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import Case
from abh.workflows.drafts import KeptFile
from abh.workflows.facts import TitleKind
from abh.workflows.schemas import load_antrag

blueprint = firma_rahmen.firm_blueprint("firma_antrag", __name__)

DECLARED = "Erklärung im Formular: schriftliche Vollmacht liegt vor (§ 14 VwVfG NRW)"
# The employer is the company that acts; it is not asked for again.
FIXED = ("employer", "employer_register_no", "employer_email")
_NAMES = ("family_name", "given_names")


@blueprint.get("/firma/antrag")
@policy(Power.FASTLANE_COMPANY)
def choose() -> str:
    """Show what a company can apply for."""
    who = firma_rahmen.acting()
    offered = [registry.newest(key) for key in FOR_COMPANIES]
    before = _before(who)
    return render_template(
        "firma/wahl.html",
        who=who,
        offered=[one for one in offered if before is None or one.key != fuehrung.VERFAHREN],
        before=before,
        lead=lead_on(web.house().profile, web.today()),
    )


@blueprint.get("/firma/antrag/<key>")
@policy(Power.FASTLANE_COMPANY)
def page(key: str) -> str:
    """Show the empty form of a procedure."""
    verfahren, who = _wanted(key), firma_rahmen.acting()
    zugang.require_write(who)
    before = _before(who)
    values = {"person.language": "de", **(_told_before(who, before) if before else {})}
    return _render(verfahren, Form(values), new_token(), (), before)


@blueprint.post("/firma/antrag/<key>")
@policy(Power.FASTLANE_COMPANY)
def send(key: str) -> Response | tuple[str, int]:
    """Open the case, or show the form again with every problem and all that was sent."""
    verfahren, who = _wanted(key), firma_rahmen.acting()
    zugang.require_write(who)
    before = _before(who)
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
            attempt = _attempt(session, who, token, new, problems, antrag, before)
    except InvalidInput as error:
        told = worte.told(error.problems, rename)
        attempt = Attempt(files=_kept(token), problems=tuple(told))
    if attempt.number:
        flash(_("Der Antrag ist gestellt. Die Person bekommt die Eingangsbestätigung."), "success")
        return redirect(url_for("firma_vorgang.page", number=attempt.number), 303)
    form = Form(request.form, attempt.problems, antragsform.date_fields(verfahren))
    return _render(verfahren, form, token, attempt.files, before), 422


def _before(who: Acting) -> Case | None:
    """Return the case of the accelerated procedure that the title shall follow, if one is named."""
    number = request.values.get("nach", "")
    return anschluss.begun(web.reading(), web.house(), who, number) if number else None


def _told_before(who: Acting, before: Case) -> dict[str, str]:
    told = anschluss.told_before(web.reading(), who, before)
    values = {f"person.{name}": str(before.person[name] or "") for name in _NAMES}
    if told:
        parts = (f"birth_{part}" for part in DATE_PARTS)
        values |= {
            f"person.birth_date_{part}": str(before.person[name] or "")
            for part, name in zip(DATE_PARTS, parts, strict=True)
        }
    values |= {
        name: text for name, text in anschlusswerte.job_values(told).items() if name not in FIXED
    }
    if variant := anschluss.variant_of(before):
        values["angaben.variante"] = variant
    return values | {"title_kind": TitleKind.NATIONALES_VISUM.name}


def _attempt(
    session: Session,
    who: Acting,
    token: str,
    new: Sequence[KeptFile],
    problems: Sequence[FieldProblem],
    antrag: dict[str, Any] | None,
    before: Case | None,
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
        if before is not None:
            anschluss.follow(session, house, who, before.id, filed.vorgang_id)
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


def _render(
    verfahren: Verfahren,
    form: Form,
    token: str,
    files: Sequence[KeptFile],
    before: Case | None = None,
) -> str:
    context = form_context(verfahren, files)
    context["angaben"] = asked_of(verfahren.angaben)
    power = (antrag_firma.POWER, _("Vollmacht der Person"), False)
    return render_template(
        "firma/antrag.html",
        form=form,
        token=token,
        who=firma_rahmen.acting(),
        language_names=list(NAMES.items()),
        power_files=[f for f in files if f.kind == antrag_firma.POWER],
        power=power,
        before=before,
        **{**context, "labels": {**context["labels"], **worte.STAFF_LABELS}},
    )

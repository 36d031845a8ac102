"""One case on one screen, and everything that a clerk does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.documents.uploads import inspect_upload
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput, UploadRefused
from abh.web import session as web
from abh.web.errors import Problem, problem_of
from abh.web.forms import Form
from abh.web.i18n import local_time
from abh.web.pages import vorgang_sicht as sicht
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.pages.vorgang_formen import changed_findings, step_data
from abh.workflows import repository, service
from abh.workflows.dossier import Case
from abh.workflows.facts import CourtOutcome, TitleKind
from abh.workflows.intake import notify_letters
from abh.workflows.steps import StepDone, load_case

blueprint = staff_blueprint("vorgang", __name__)

_WORK = (Power.CASE_INTAKE, Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_DECIDE)
_AND_LEGAL = (*_WORK, Power.CASE_LEGAL)
# Papers that prove no requirement by themselves.
OTHER_KINDS = (("stellungnahme", "Stellungnahme"), ("sonstiges", "Sonstiges"))
PAYMENTS = ("Kartenzahlung", "Barzahlung", "Überweisung")


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that was refused: which one, what was typed, and why."""

    fid: str
    form: Form
    problem: Problem
    expected: int = 0


# What a form does: session, loaded case, what was typed; the version it saw is the case's.
Work = Callable[[Session, Case, "MultiDict[str, str]", int], StepDone | None]


@blueprint.get("/vorgang/<number>")
@policy(Power.CASE_READ)
def page(number: str) -> Response:
    """Show the case; the look is recorded."""
    return show(number)


def show(number: str, failed: Failed | None = None, status: int = 200) -> Response:
    """Return the case page, with a refused form opened and filled as it was sent."""
    who, house, session = web.actor(), web.house(), web.reading()
    if "frame" not in g:
        show_frame(who)
    case = load_case(session, house, number=number)
    require(who, Power.CASE_READ, case.vorgang["unit_key"])
    more = repository.page_row(session, case.vorgang)
    audit.record(
        session,
        who,
        "vorgang.read",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    state = case.verfahren.state(case.state)
    proposals = sicht.proposals(session, house, who, case)
    checks = sicht.requirements(case, more["sheets"])
    body = render_template(
        "vorgang/seite.html",
        case=case,
        state=state,
        more=more,
        possible=[p for p in proposals if p.allowed],
        blocked=[p for p in proposals if not p.allowed],
        checks=checks,
        settled=sum(check.item.is_settled for check in checks),
        loose=sicht.loose_papers(case, more["sheets"]),
        person=sicht.person_facts(case, more["owner"]),
        clocks=sicht.clocks(case, house.today),
        parts_rows=sicht.participations(case),
        letters=sicht.letter_rows(more, who),
        fees=sicht.fee_rows(case),
        notes=sicht.notes_for(case, who),
        others=sicht.other_findings(case),
        entries=sicht.timeline(case, more["steps"]),
        shown=_shown_sheet(more["sheets"]),
        failed=failed,
        since=_since(more["steps"], failed),
        pending=case.vorgang["progress"].get("pending"),
        payments=PAYMENTS,
        titles=[(t.name, t.value) for t in TitleKind],
        outcomes=[(o.name, o.value) for o in CourtOutcome if o is not CourtOutcome.OPEN],
        answers=service.ANSWERS,
        may_work=any(who.may(power) for power in _WORK),
        has_printer=g.frame["printer_id"] is not None,
        today=house.today,
        day_of=lambda raw: datetime.fromisoformat(raw).date() if raw else None,
        preset_form=lambda p: Form({f"{p.fid}.{k}": v for k, v in (p.preset or {}).items()}),
        finding_form=lambda fid, fields: Form({f"{fid}.{f.key}": f.shown for f in fields}),
        answer_form=lambda fid: Form({f"{fid}.on": f"{house.today:%d.%m.%Y}"}),
        dispatch_form=lambda fid: Form({f"{fid}.on": f"{house.today:%d.%m.%Y}"}),
        upload_form=Form({"unterlagen.received_on": f"{house.today:%d.%m.%Y}"}),
        evidence_kinds=[*case.verfahren.evidence_labels.items(), *OTHER_KINDS],
    )
    return make_response(body, status)


def _shown_sheet(sheets: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = page_number(request.args.get("blatt"))
    chosen = next((sheet for sheet in sheets if sheet["id"] == wanted), None)
    return chosen or (sheets[0] if sheets else None)


def _since(steps: list[Mapping[str, Any]], failed: Failed | None) -> list[Mapping[str, Any]]:
    if failed is None or not failed.expected:
        return []
    return [
        {
            **step,
            "label": step["facts"].get("label") or step["step"],
            "at_text": local_time(datetime.fromisoformat(step["at"])),
        }
        for step in steps
        if step["seq"] > failed.expected
    ]


def act(number: str, fid: str, work: Work, *, done: str = "") -> BaseResponse:
    """Do what a form of the case page asks for, in one transaction, and come back to the page.

    A refusal shows the page again with everything that was typed; nobody's right to see the case
    is checked twice less: foreign cases are refused before anything is read.
    """
    typed = typed_of(fid)
    expected = page_number(request.form.get("row_version"))
    try:
        if not expected:
            raise InvalidInput([FieldProblem("", _("Bitte laden Sie die Seite neu."))])
        with web.unit_of_work() as session:
            case = load_case(session, web.house(), number=number)
            require(web.actor(), Power.CASE_READ, case.vorgang["unit_key"])
            outcome = work(session, case, typed, expected)
            if outcome is not None:
                notify_letters(session, web.house(), outcome.letters)
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        seen = expected if isinstance(error, Conflict) else 0
        failed = Failed(fid, _prefixed(form, fid, error), problem_of(error), seen)
        return show(number, failed, status)
    if outcome is not None and outcome.pending_letter is not None:
        flash(_("Vorbereitet. Der Brief liegt jetzt in der Unterschriftsmappe."), "info")
    elif done:
        flash(done, "success")
    return redirect(url_for("vorgang.page", number=number), 303)


def typed_of(fid: str) -> MultiDict[str, str]:
    """Return the fields of one form of the page without the prefix that keeps ids apart."""
    start = f"{fid}."
    pairs = [(k.removeprefix(start), v) for k, v in request.form.items(multi=True)]
    return MultiDict(pairs)


def _prefixed(form: Form, fid: str, error: DomainError) -> Form:
    problems = [
        FieldProblem(f"{fid}.{p.field}", p.message)
        for p in getattr(error, "problems", ())
        if p.field
    ]
    return Form(request.form, problems)


@blueprint.post("/vorgang/<number>/schritt/<key>")
@policy(*_AND_LEGAL)
def step(number: str, key: str) -> BaseResponse:
    """Take a step of the procedure."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        wanted = case.verfahren.step(key)
        return service.take_step(
            session,
            web.house(),
            web.actor(),
            case.id,
            key,
            expected_version=version,
            reason=typed.get("reason", ""),
            data=step_data(wanted, typed) if wanted is not None else {},
        )

    return act(number, f"schritt-{key}", work, done=_("Erledigt. Der Schritt steht im Verlauf."))


@blueprint.post("/vorgang/<number>/feststellung/<group>")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def finding(number: str, group: str) -> BaseResponse:
    """Record what the office found out."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        values = changed_findings(case, typed)
        remark = typed.get("remark", "")
        return service.record_findings(
            session, web.house(), web.actor(), case.id, values, expected_version=version, remark=remark
        )

    return act(number, f"feststellung-{group}", work, done=_("Festgestellt."))


@blueprint.post("/vorgang/<number>/nachweis/<int:evidence_id>")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def evidence(number: str, evidence_id: int) -> BaseResponse:
    """Accept a document as proof, or reject it with a remark."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return service.judge_evidence(
            session,
            web.house(),
            web.actor(),
            case.id,
            evidence_id,
            accepted=request.form.get("urteil") == "ja",
            remark=typed.get("remark", ""),
            expected_version=version,
        )

    return act(number, f"nachweis-{evidence_id}", work, done=_("Nachweis beurteilt."))


@blueprint.post("/vorgang/<number>/absehen/<requirement>")
@policy(Power.CASE_DECIDE)
def waive(number: str, requirement: str) -> BaseResponse:
    """Do without a requirement, with a written reason."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        reason = typed.get("reason", "")
        return service.waive(
            session, web.house(), web.actor(), case.id, requirement, reason, expected_version=version
        )

    return act(number, f"absehen-{requirement}", work, done=_("Davon ist abgesehen."))


@blueprint.post("/vorgang/<number>/unterlagen")
@policy(*_WORK)
def documents(number: str) -> BaseResponse:
    """File documents that came in on paper or by mail, with the day of their receipt."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        kind = typed.get("kind", "")
        if not kind:
            raise InvalidInput([FieldProblem("kind", _("Was ist es?"))])
        received = read_day(typed.get("received_on", ""), "received_on", needed=True)
        return service.add_documents(
            session,
            web.house(),
            web.actor(),
            case.id,
            uploads_of("unterlagen.files", kind),
            received_on=received or web.today(),
            expected_version=version,
        )

    return act(number, "unterlagen", work, done=_("Zur Akte genommen."))


def uploads_of(field: str, kind: str) -> list[service.Upload]:
    """Return the checked files of a field; raises ``InvalidInput`` naming every refused one."""
    good, problems = [], []
    for sent in request.files.getlist(field):
        if not sent.filename:
            continue
        data = sent.read()
        try:
            known = inspect_upload(sent.filename, data)
        except UploadRefused as refused:
            problems.append(FieldProblem("files", str(refused)))
            continue
        good.append(service.Upload(kind, known.safe_name, known.mime, data, known.pages))
    if problems:
        raise InvalidInput(problems)
    return good


@blueprint.post("/vorgang/<number>/beteiligung/<int:part_id>")
@policy(Power.CASE_REVIEW)
def participation(number: str, part_id: int) -> BaseResponse:
    """Record what another authority answered."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        day = read_day(typed.get("on", ""), "on", needed=True)
        return service.answer_participation(
            session,
            web.house(),
            web.actor(),
            case.id,
            part_id,
            typed.get("answer", ""),
            on=day or web.today(),
            note=typed.get("note", ""),
            valid_until=read_day(typed.get("valid_until", ""), "valid_until"),
            expected_version=version,
        )

    return act(number, f"beteiligung-{part_id}", work, done=_("Antwort vermerkt."))


@blueprint.post("/vorgang/<number>/gebuehr/<int:fee_id>")
@policy(Power.CASE_COUNTER, Power.CASE_REVIEW)
def fee(number: str, fee_id: int) -> BaseResponse:
    """Record that a fee was paid, or waived with its norm."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return service.settle_fee(
            session,
            web.house(),
            web.actor(),
            case.id,
            fee_id,
            payment=typed.get("payment", ""),
            waiver_norm=typed.get("waiver_norm", ""),
            expected_version=version,
        )

    return act(number, f"gebuehr-{fee_id}", work, done=_("Gebühr vermerkt."))


@blueprint.post("/vorgang/<number>/vermerk/<key>")
@policy(*_AND_LEGAL)
def note(number: str, key: str) -> BaseResponse:
    """Record a fact of the running business."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return service.note(
            session,
            web.house(),
            web.actor(),
            case.id,
            key,
            value=typed.get("value", ""),
            expected_version=version,
        )

    return act(number, f"vermerk-{key}", work, done=_("Vermerkt."))

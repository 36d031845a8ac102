"""Everything that a clerk does with a case: one route for each form of its page."""

from __future__ import annotations

from flask import flash, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.documents.uploads import inspect_upload
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, UploadRefused
from abh.web import session as web
from abh.web.pages import vorgang
from abh.web.pages import vorgang_fassungen as fassungen
from abh.web.pages.desk import number_of
from abh.web.pages.rahmen import read_day, staff_blueprint
from abh.web.pages.vorgang_formen import changed_findings, step_data
from abh.workflows import service
from abh.workflows.dossier import Case
from abh.workflows.eingang import correct_receipt
from abh.workflows.steps import StepDone
from abh.workflows.zusammenfuehrung import join_cases

blueprint = staff_blueprint("tat", __name__)

_AND_LEGAL = (*vorgang.WORK, Power.CASE_LEGAL)


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

    return vorgang.act(
        number, f"schritt-{key}", work, done=_("Erledigt. Der Schritt steht im Verlauf.")
    )


@blueprint.post("/vorgang/<number>/feststellung/<group>")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def finding(number: str, group: str) -> BaseResponse:
    """Record what the office found out, or leave what somebody else found out meanwhile."""
    told = [_("Festgestellt.")]

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        values = changed_findings(case, typed, or_none=fassungen.gave_way(typed))
        if not values:
            told[0] = _("Es bleibt bei dem, was gespeichert ist.")
            return None
        remark = typed.get("remark", "")
        return service.record_findings(
            session,
            web.house(),
            web.actor(),
            case.id,
            values,
            expected_version=version,
            remark=remark,
        )

    answer = vorgang.act(number, f"feststellung-{group}", work)
    if answer.status_code == 303:
        flash(told[0], "success")
    return answer


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

    return vorgang.act(number, f"nachweis-{evidence_id}", work, done=_("Nachweis beurteilt."))


@blueprint.post("/vorgang/<number>/absehen/<requirement>")
@policy(Power.CASE_DECIDE)
def waive(number: str, requirement: str) -> BaseResponse:
    """Do without a requirement, with a written reason."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        reason = typed.get("reason", "")
        return service.waive(
            session,
            web.house(),
            web.actor(),
            case.id,
            requirement,
            reason,
            expected_version=version,
        )

    return vorgang.act(number, f"absehen-{requirement}", work, done=_("Davon ist abgesehen."))


@blueprint.post("/vorgang/<number>/unterlagen")
@policy(*vorgang.WORK)
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

    return vorgang.act(number, "unterlagen", work, done=_("Zur Akte genommen."))


def uploads_of(field: str, kind: str) -> list[service.Upload]:
    """Return the checked files of a field; raises ``InvalidInput`` naming every refused one."""
    good, problems = [], []
    for sent in request.files.getlist(field):
        if not sent.filename:
            continue
        data = sent.read()
        try:
            known = inspect_upload(sent.filename, data, scanner=web.house().scanner)
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

    return vorgang.act(number, f"beteiligung-{part_id}", work, done=_("Antwort vermerkt."))


@blueprint.post("/vorgang/<number>/zugang/<int:part_id>")
@policy(Power.CASE_REVIEW)
def receipt_of_request(number: str, part_id: int) -> BaseResponse:
    """Record how a request went out and what proves that the other authority has it."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        day = read_day(typed.get("received_on", ""), "received_on", needed=True)
        return service.record_receipt(
            session,
            web.house(),
            web.actor(),
            case.id,
            part_id,
            channel=typed.get("channel", ""),
            on=day or web.today(),
            receipt=typed.get("receipt", ""),
            expected_version=version,
        )

    return vorgang.act(number, f"zugang-{part_id}", work, done=_("Zugang vermerkt."))


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

    return vorgang.act(number, f"gebuehr-{fee_id}", work, done=_("Gebühr vermerkt."))


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

    return vorgang.act(number, f"vermerk-{key}", work, done=_("Vermerkt."))


@blueprint.post("/vorgang/<number>/eingang")
@policy(Power.CASE_REVIEW)
def receipt(number: str) -> BaseResponse:
    """Correct the day of receipt; effect and clocks are computed anew."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        day = read_day(typed.get("received_on", ""), "received_on")
        if day is None:
            raise InvalidInput([FieldProblem("received_on", _("Bitte ein Datum angeben."))])
        return correct_receipt(
            session,
            web.house(),
            web.actor(),
            case.id,
            day,
            reason=typed.get("reason", ""),
            expected_version=version,
        )

    return vorgang.act(number, "eingang", work, done=_("Eingang berichtigt."))


@blueprint.post("/vorgang/<number>/zusammenfuehren")
@policy(Power.CASE_REVIEW)
def join(number: str) -> BaseResponse:
    """End this case in another one of the same person."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        leading = typed.get("leading", "").strip()
        try:
            return join_cases(
                session,
                web.house(),
                web.actor(),
                case.id,
                number_of(leading) or leading,
                reason=typed.get("reason", ""),
                expected_version=version,
            )
        except NotFound as error:
            text = _("Diesen Vorgang gibt es nicht.")
            raise InvalidInput([FieldProblem("leading", text)]) from error

    return vorgang.act(number, "zusammenfuehren", work, done=_("Zusammengeführt."))

"""Desk page of the companies: who wants in, who is in and with what load, mandates to check."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy, require
from abh.fastlane import firmen, vollmachten
from abh.fastlane.tables_zugang import CompanyRegistration, MandateRequest
from abh.kernel.errors import DomainError, NotFound
from abh.web import session as web
from abh.web import worte
from abh.web.forms import Form
from abh.web.pages.firma_zugang_worte import KINDS
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.web.security import allow_preview

blueprint = staff_blueprint("firmen", __name__)

_CLERKS = (Power.CASE_INTAKE, Power.CASE_REVIEW)


@blueprint.get("/firmen")
@policy(Power.FASTLANE_ADMIT, *_CLERKS)
def page() -> str:
    """Show what waits for a decision, and for those who admit also all companies."""
    return _page(Form())


@blueprint.post("/firmen/<act>")
@policy(Power.FASTLANE_ADMIT, *_CLERKS)
def change(act: str) -> BaseResponse | tuple[str, int]:
    """Decide on a registration or a mandate, take a company's access back or give it again."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound(_("Das gibt es hier nicht."))
    try:
        with web.unit_of_work() as session:
            found(session, web.actor())
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        return _page(form), status
    flash(_("Gespeichert."), "success")
    return redirect(url_for("firmen.page"), 303)


def _decide(session: Session, who: Actor) -> None:
    firmen.decide(
        session,
        web.house(),
        who,
        page_number(request.form.get("id")),
        request.form.get("outcome", ""),
        reason=request.form.get("reason", ""),
        company_id=page_number(request.form.get("company")) or None,
    )


def _withdraw(session: Session, who: Actor) -> None:
    company = page_number(request.form.get("company"))
    firmen.withdraw(session, web.house(), who, company, request.form.get("reason", ""))


def _readmit(session: Session, who: Actor) -> None:
    firmen.readmit(session, web.house(), who, page_number(request.form.get("company")))


def _mandate(session: Session, who: Actor) -> None:
    vollmachten.answer(
        session,
        web.house(),
        who,
        page_number(request.form.get("id")),
        granted=request.form.get("answer") == "ja",
    )


_ACTS: dict[str, Callable[[Session, Actor], None]] = {
    "entscheiden": _decide,
    "entziehen": _withdraw,
    "zulassen": _readmit,
    "vollmacht": _mandate,
}


@blueprint.get("/firmen/nachweis/<int:registration_id>")
@policy(Power.FASTLANE_ADMIT)
def proof(registration_id: int) -> Response:
    """Serve the proof of a registration to look at; the look is logged."""
    row = web.reading().get(CompanyRegistration, registration_id)
    if row is None:
        raise NotFound(_("Diese Anmeldung gibt es nicht."))
    return _file("company_registration", row.id, row.proof_sha256, row.proof_name)


@blueprint.get("/firmen/vollmacht/<int:request_id>")
@policy(*_CLERKS)
def mandate_proof(request_id: int) -> Response:
    """Serve the signed paper of a request for a mandate that the clerk may answer; logged."""
    session, who = web.reading(), web.actor()
    mine = {row["id"] for row in vollmachten.open_requests(session, who)}
    row = session.get(MandateRequest, request_id) if request_id in mine else None
    if row is None or row.proof_sha256 is None:
        raise NotFound(_("Diese Datei gibt es nicht."))
    return _file("mandate_request", row.id, row.proof_sha256, row.proof_name)


def _file(entity: str, entity_id: int, sha256: str, name: str) -> Response:
    session, who = web.reading(), web.actor()
    audit.record(session, who, "firma.proof", entity, entity_id, now=web.now(), is_read=True)
    response = make_response(web.house().blobs.get(sha256))
    kinds = {".pdf": "application/pdf", ".png": "image/png"}
    ending = "." + name.rpartition(".")[2].lower()
    response.mimetype = kinds.get(ending, "image/jpeg")
    response.headers["Content-Disposition"] = "inline"
    return allow_preview(response)


def _page(form: Form) -> str:
    session, house, who = web.reading(), web.house(), web.actor()
    admits = who.may(Power.FASTLANE_ADMIT)
    clerk = any(who.may(power) for power in _CLERKS)
    if not (admits or clerk):
        require(who, Power.FASTLANE_ADMIT)
    queue = firmen.queue(session, who) if admits else []
    return render_template(
        "firmen/seite.html",
        form=form,
        admits=admits,
        queue=[(row, firmen.candidates(session, row)) for row in queue[:20]],
        waiting=len(queue),
        requests=vollmachten.open_requests(session, who) if clerk else [],
        companies=(
            firmen.companies(session, house, who, request.args.get("q", "")) if admits else []
        ),
        kinds=KINDS,
        scope_names=worte.SCOPES,
        q=request.args.get("q", ""),
    )

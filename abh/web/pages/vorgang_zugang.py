"""Electronic access of a person, the way of each letter, and handing it to the gateway."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy, require
from abh.documents import zugang
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.briefe import on_case
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.pages.vorgang_reihen import CHANNEL_LABELS
from abh.workflows import zustellung
from abh.workflows.dossier import Case
from abh.workflows.steps import StepDone, check_scope, load_case

blueprint = staff_blueprint("zustellung", __name__)
WORKERS = (Power.CASE_REVIEW, Power.CASE_COUNTER)


@blueprint.get("/vorgang/<number>/zugang")
@policy(*WORKERS)
def page(number: str) -> str:
    """Show by which electronic ways the person may be served."""
    return _page(number, Form())


@blueprint.post("/vorgang/<number>/zugang")
@policy(*WORKERS)
def open_access(number: str) -> BaseResponse | tuple[str, int]:
    """Record a consent that the clerk has in hand."""
    typed = request.form
    try:
        day = read_day(typed.get("consent_on", ""), "consent_on", needed=True)
        with web.unit_of_work() as session:
            case = _case(session, number)
            zugang.open_access(
                session,
                web.house(),
                web.actor(),
                case.person["id"],
                channel=typed.get("channel", ""),
                address=typed.get("address", ""),
                level=typed.get("level", ""),
                consent_on=day or web.today(),
                evidence=typed.get("evidence", ""),
                vorgang_id=case.id,
            )
    except DomainError as error:
        form, status = web.refused_form(error, typed)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        return _page(number, form), status
    flash(_("Elektronischer Zugang eröffnet."), "success")
    return redirect(url_for("zustellung.page", number=number), 303)


@blueprint.post("/vorgang/<number>/zugang/widerrufen")
@policy(*WORKERS)
def revoke(number: str) -> BaseResponse:
    """Record that the person took the consent back."""
    with web.unit_of_work() as session:
        case = _case(session, number)
        known = {row.id for row in zugang.accesses(session, case.person["id"])}
        wanted = page_number(request.form.get("id"))
        zugang.revoke_access(
            session, web.house(), web.actor(), wanted if wanted in known else 0, vorgang_id=case.id
        )
    flash(_("Widerruf vermerkt."), "success")
    return redirect(url_for("zustellung.page", number=number), 303)


@blueprint.post("/brief/<int:letter_id>/weg")
@policy(*WORKERS)
def way(letter_id: int) -> BaseResponse:
    """Choose the way of a signed letter among those that its rule lists."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        wanted = typed.get("channel", "")
        if wanted not in CHANNEL_LABELS:
            raise InvalidInput([FieldProblem("channel", _("Diesen Weg gibt es nicht."))])
        return zustellung.choose_way(session, web.house(), web.actor(), letter_id, Channel(wanted))

    return on_case(letter_id, f"brief-{letter_id}", work, _("Weg gewählt."))


@blueprint.post("/brief/<int:letter_id>/elektronisch")
@policy(*WORKERS)
def send(letter_id: int) -> BaseResponse:
    """Order the electronic service; what the operator says of it stands at the letter."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return zustellung.send(
            session, web.house(), web.actor(), letter_id, address=typed.get("address", "")
        )

    return on_case(letter_id, f"brief-{letter_id}", work, _("Elektronische Zustellung beauftragt."))


def _page(number: str, form: Form) -> str:
    session = web.reading()
    case = _case(session, number)
    return render_template(
        "vorgang/zugang.html",
        number=case.number,
        name=case.full_name,
        rows=zugang.accesses(session, case.person["id"]),
        channels=CHANNEL_LABELS,
        ways=[("portal", _("Postfach des Nutzerkontos")), ("demail", "De-Mail")],
        levels=[(level, level) for level in zugang.LEVELS],
        form=form,
    )


def _case(session: Session, number: str) -> Case:
    case = load_case(session, web.house(), number=number)
    check_scope(web.actor(), case)
    require(web.actor(), Power.CASE_READ, case.vorgang["unit_key"])
    return case

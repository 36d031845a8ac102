"""The office's side of messages with companies: those of a case, and all that wait in the unit."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import nachrichten
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("vorgang_nachrichten", __name__)


@blueprint.get("/desk/nachrichten")
@policy(Power.CASE_REVIEW, Power.CASE_INTAKE)
def waiting() -> str:
    """Show what companies wrote to the unit and nobody has answered."""
    who = web.actor()
    if who.unit_key is None:
        raise NotAllowed("Ihr Konto gehört zu keinem Sachgebiet.")
    rows = nachrichten.open_for_unit(web.reading(), who, who.unit_key)
    return render_template("vorgang/nachrichten_offen.html", rows=rows, today=web.today())


@blueprint.get("/vorgang/<number>/nachrichten")
@policy(Power.CASE_REVIEW, Power.CASE_INTAKE)
def page(number: str) -> str:
    """Show the messages of a case; those of the company count as read."""
    return _render(number, Form())


@blueprint.post("/vorgang/<number>/nachrichten")
@policy(Power.CASE_REVIEW, Power.CASE_INTAKE)
def send(number: str) -> Response | tuple[str, int]:
    """Send a message to the company of the case."""

    def work(session: Session) -> None:
        data = {
            "topic": request.form.get("topic", ""),
            "body": request.form.get("body", ""),
            "answer_by": read_day(request.form.get("answer_by", ""), "answer_by"),
            "answers_id": page_number(request.form.get("answers_id")),
        }
        nachrichten.write_as_office(session, web.house(), web.actor(), number, data)

    return _do(number, work, _("Die Nachricht ist gesendet."))


@blueprint.post("/vorgang/<number>/nachrichten/<int:message_id>/erledigt")
@policy(Power.CASE_REVIEW, Power.CASE_INTAKE)
def settle(number: str, message_id: int) -> Response | tuple[str, int]:
    """Note that a message needs no answer."""

    def work(session: Session) -> None:
        nachrichten.settle(session, web.house(), web.actor(), number, message_id)

    return _do(number, work, _("Als erledigt vermerkt."))


def _do(number: str, work: Callable[[Session], None], done: str) -> Response | tuple[str, int]:
    try:
        with web.unit_of_work() as session:
            work(session)
    except (InvalidInput, Conflict) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("body", str(error))]
        show_frame(web.actor())
        status = 409 if isinstance(error, Conflict) else 422
        return _render(number, Form(request.form, problems)), status
    flash(done, "success")
    return redirect(url_for("vorgang_nachrichten.page", number=number), 303)


def _render(number: str, form: Form) -> str:
    session, house = web.reading(), web.house()
    messages = nachrichten.read_as_office(session, house, web.actor(), number)
    vorgang = session.scalars(select(Vorgang).where(Vorgang.number == number.strip())).one()
    return render_template(
        "vorgang/nachrichten.html",
        number=vorgang.number,
        messages=messages,
        form=form,
        reached=nachrichten.reaches(session, vorgang, house.today),
        answers=page_number(request.values.get("antwort") or request.form.get("answers_id")),
        templates=list(nachrichten.FROM_OFFICE.values()),
        topics=[(one.key, _(one.label)) for one in nachrichten.FROM_OFFICE.values()],
    )

"""One case for its company: what it may see, uploads, messages, the report of an early end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access import audit
from abh.access.actor import applicant_actor
from abh.access.policy import Power, policy
from abh.fastlane import fallsicht, firmenbriefe, meldung, nachrichten, zugang
from abh.fastlane.zugang import Acting
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.forms import Form, date_text
from abh.web.i18n import gettext as _
from abh.web.pages import firma_rahmen, firma_worte
from abh.web.pages.rahmen import page_number, read_day
from abh.web.security import allow_preview
from abh.web.unterlagen import file_once
from abh.workflows.drafts import KeptFile

blueprint = firma_rahmen.firm_blueprint("firma_vorgang", __name__)

DAYS = ("ended_on", "known_on")


@blueprint.get("/firma/vorgang/<number>")
@policy(Power.FASTLANE_COMPANY)
def page(number: str) -> str:
    """Show a covered case; the look is recorded and told to the person."""
    return _render(number, Form())


@blueprint.get("/firma/vorgang/<number>/brief/<int:letter_id>")
@policy(Power.FASTLANE_COMPANY)
def letter(number: str, letter_id: int) -> Response:
    """Give a letter to the company as PDF; the look is recorded and told to the person."""
    who = firma_rahmen.acting()
    key, data = firmenbriefe.letter_file(web.reading(), web.house(), who, number, letter_id)
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{key}-{letter_id}.pdf"'
    return allow_preview(response)


@blueprint.post("/firma/vorgang/<number>/nachricht")
@policy(Power.FASTLANE_COMPANY)
def send(number: str) -> Response | tuple[str, int]:
    """Send a message to the office."""

    def work(session: Session, who: Acting) -> None:
        data = {
            "topic": request.form.get("topic", ""),
            "body": request.form.get("body", ""),
            "answer_by": read_day(request.form.get("answer_by", ""), "answer_by"),
            "answers_id": page_number(request.form.get("answers_id")),
        }
        nachrichten.write_as_company(session, web.house(), who, number, data)

    return _do(number, work, _("Die Nachricht ist gesendet."), "nachrichten")


@blueprint.post("/firma/vorgang/<number>/ende")
@policy(Power.FASTLANE_COMPANY)
def report(number: str) -> Response | tuple[str, int]:
    """Report the early end of the employment."""

    def work(session: Session, who: Acting) -> None:
        days = {name: _day(name) for name in DAYS}
        more = {name: request.form.get(name, "") for name in ("reason", "remark")}
        meldung.report_end(session, web.house(), who, number, {**days, **more})

    return _do(number, work, _("Die Meldung ist beim Sachgebiet eingegangen."), "ende")


@blueprint.post("/firma/vorgang/<number>/unterlagen")
@policy(Power.FASTLANE_COMPANY)
def upload(number: str) -> Response | tuple[str, int]:
    """Take papers for a case: what cannot be taken is named, the rest is filed."""
    who = firma_rahmen.acting()
    zugang.require_write(who)
    house = web.house()
    vorgang = zugang.require_covered(web.reading(), who, number, clock=house, day=house.today)
    if vorgang.closed_at is not None:
        raise Conflict(_("Der Vorgang ist abgeschlossen."))
    view = fallsicht.case_view(web.reading(), house, who, number)
    kind = request.form.get("kind", "")
    problems: list[FieldProblem] = []
    files: list[KeptFile] = []
    if kind not in dict(view.kinds):
        problems.append(FieldProblem("kind", _("Bitte aus der Liste wählen.")))
    else:
        files, problems = _taken(kind)
    if files:
        with web.unit_of_work() as session:
            _file(session, who, vorgang.id, files)
    if problems:
        return _render(number, Form(request.form, problems)), 422
    flash(_("Die Unterlagen sind im Vorgang."), "success")
    return redirect(url_for("firma_vorgang.page", number=number), 303)


def _taken(kind: str) -> tuple[list[KeptFile], list[FieldProblem]]:
    # One field for all files: what they are stands beside it.
    sent = [(kind, "files", file) for file in request.files.getlist("files")]
    files, problems = antragsform.take_sent(sent)
    if not files and not problems:
        problems = [FieldProblem("files", _("Bitte wählen Sie mindestens eine Datei aus."))]
    return files, problems


def _file(session: Session, who: Acting, vorgang_id: int, files: Sequence[KeptFile]) -> None:
    behalf = replace(applicant_actor(), name=f"{who.company_name} (bevollmächtigt)")
    fresh = file_once(session, behalf, vorgang_id, files)
    if not fresh:
        return
    audit.record(
        session,
        who.actor,
        "firma.upload",
        "vorgang",
        vorgang_id,
        now=web.house().now(),
        vorgang_id=vorgang_id,
        facts={"company": who.company_id, "kinds": sorted({file.kind for file in fresh})},
    )


def _do(
    number: str, work: Callable[[Session, Acting], None], done: str, anchor: str
) -> Response | tuple[str, int]:
    """Do one thing in a covered case, or show the page again with all that was typed.

    Whether the case is covered is asked first in the session for reading, which keeps the record of
    a refusal.
    """
    who, house = firma_rahmen.acting(), web.house()
    zugang.require_covered(web.reading(), who, number, clock=house, day=house.today)
    try:
        with web.unit_of_work() as session:
            work(session, who)
    except InvalidInput as error:
        told = [FieldProblem(p.field, worte.message(p.message)) for p in error.problems]
        return _render(number, Form(request.form, told, DAYS)), 422
    flash(done, "success")
    return redirect(url_for("firma_vorgang.page", number=number, _anchor=anchor), 303)


def _day(name: str) -> object:
    typed = date_text(request.form, name)
    try:
        return read_day(typed, name)
    except InvalidInput:
        # The service says what is missing; a day that does not exist is told as such.
        raise InvalidInput(
            [FieldProblem(name, _("Dieses Datum gibt es nicht (TT.MM.JJJJ)."))]
        ) from None


def _render(number: str, form: Form) -> str:
    who, house = firma_rahmen.acting(), web.house()
    view = fallsicht.case_view(web.reading(), house, who, number)
    answers = page_number(request.values.get("antwort") or request.form.get("answers_id"))
    return render_template(
        "firma/vorgang.html",
        view=view,
        who=who,
        form=form,
        today=house.today,
        answers=answers,
        sides=firma_worte.sides,
        side=firma_worte.side,
        promise=firma_worte.promise,
        templates=list(nachrichten.FROM_COMPANY.values()),
        topics=[(one.key, _(one.label)) for one in nachrichten.FROM_COMPANY.values()],
        reasons=[(key, _(label)) for key, label in meldung.REASONS.items()],
        kinds=[(kind, _(label)) for kind, label in view.kinds],
    )

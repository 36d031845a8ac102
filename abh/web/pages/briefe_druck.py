"""Printing at the clerk's own desk: letters, their address labels, entries on numbered forms."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.documents import dispatch
from abh.documents.printing import Paper, PrintFailed, tray_of
from abh.documents.tables import FormIssue
from abh.documents.vordruck_platz import places_of
from abh.kernel.birthdate import PartialDate
from abh.kernel.errors import Conflict, NotFound
from abh.office import service as office
from abh.office.tables import Printer
from abh.web import session as web
from abh.web.pages import vorgang
from abh.web.pages.briefe import on_case
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows.dossier import Case
from abh.workflows.steps import StepDone
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("briefe_druck", __name__)


@blueprint.post("/brief/<int:letter_id>/drucken")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_INTAKE)
def print_letter(letter_id: int) -> BaseResponse:
    """Order a print at the printer of the clerk's desk; the worker delivers it."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        paper = Paper.LABEL if request.args.get("papier") == "label" else Paper.LETTER
        dispatch.order_print(
            session,
            web.house(),
            web.actor(),
            letter_id,
            printer_here(session, paper).id,
            reason=typed.get("reason", ""),
            paper=paper,
        )
        return None

    return on_case(letter_id, f"drucken-{letter_id}", work, _("Druckauftrag erteilt."))


@blueprint.post("/vordruck/<int:issue_id>/drucken")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def print_form(issue_id: int) -> BaseResponse:
    """Print the entries onto a prescribed form that was handed out in a case."""
    row = (
        web.reading()
        .execute(
            select(Vorgang.number, FormIssue.form)
            .join(FormIssue, FormIssue.vorgang_id == Vorgang.id)
            .where(FormIssue.id == issue_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("Diesen Vordruck gibt es nicht."))
    # A form that nobody measured must not be spoiled: then plain paper takes the list.
    paper = Paper.FORM if places_of(row.form) else Paper.LETTER

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        dispatch.order_form_print(
            session,
            web.house(),
            web.actor(),
            issue_id,
            printer_here(session, paper).id,
            reference=case.number,
            entries=_entries(session, case, issue_id),
            paper=paper,
            reason=typed.get("reason", ""),
        )
        return None

    done = (
        _("Druckauftrag erteilt.")
        if paper is Paper.FORM
        else _(
            "Die Liste zum Übertragen kommt auf weißem Papier: Dieser Vordruck ist nicht vermessen."
        )
    )
    return vorgang.act(row.number, f"vordruck-{issue_id}", work, done=done)


def printer_here(session: Session, paper: Paper) -> Printer:
    """Return the printer of the clerk's desk that has this paper; raises ``Conflict``."""
    desk = web.actor().desk_id
    if desk is None:
        raise Conflict(_("Bitte wählen Sie zuerst Ihren Platz; er bestimmt den Drucker."))
    printer = office.printer_of_desk(session, desk)
    if printer is None:
        raise Conflict(_("An Ihrem Platz steht kein Drucker."))
    try:
        tray_of(printer.trays, paper)
    except PrintFailed as error:
        raise Conflict(str(error)) from error
    return printer


def _entries(session: Session, case: Case, issue_id: int) -> list[tuple[str, str]]:
    """Return what is entered on the form, as the case knows it on the day of the print."""
    issue = session.get_one(FormIssue, issue_id)
    person = case.person
    pairs = [
        ("Name", person["family_name"]),
        ("Vorname", person["given_names"]),
        (
            "Geburtsdatum",
            PartialDate(person["birth_year"], person["birth_month"], person["birth_day"]),
        ),
        ("Geburtsort", person["birth_place"]),
        ("Staatsangehörigkeit", ", ".join(person["nationalities"])),
        ("Aktenzeichen", case.number),
        ("Ausgestellt am", f"{issue.issued_on:%d.%m.%Y}"),
        ("Gültig bis", f"{issue.valid_until:%d.%m.%Y}" if issue.valid_until else ""),
        ("Grundlage", str(issue.entries.get("norm", ""))),
        ("Eintrag", issue.entry_81_5a or ""),
        ("Seriennummer", issue.serial_no),
        ("Siegelnummer", issue.seal_no or ""),
    ]
    return [(label, str(value)) for label, value in pairs if value]

"""``/api/v1/firma``: what a company's machine may read and send, as far as mandates reach.

A token in ``Authorization: Bearer`` acts for one company. Every refusal is in the same words, and
every look is logged and shown to the employee.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Response, g, make_response, request
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from abh.access import audit
from abh.access.actor import applicant_actor
from abh.access.policy import Power, policy
from abh.appointments import service as appointments
from abh.appointments.tables import Booking
from abh.documents.uploads import inspect_upload
from abh.fastlane import firmenbriefe, schluessel
from abh.fastlane import service as fastlane
from abh.fastlane.schluessel import Machine
from abh.fastlane.service import VisibleCase
from abh.fastlane.wessen import Seite
from abh.fastlane.zugang import mandate_clause, note_looks, require_covered, require_write
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, UploadRefused
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.antragsform import limits
from abh.web.api import answered, blueprint
from abh.workflows import intake, service
from abh.workflows.service import Upload
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang

# Sides that the company is, or can ask to hurry.
TO_DO = frozenset({Seite.PERSON.value, Seite.FIRMA.value})
MOST_EXPORTED: Final = 5_000
COLUMNS: Final = (
    "number", "person", "procedure", "state", "whose_turn", "next_date", "appointment_on",
    "decided", "mandate_until",
)  # fmt: skip
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FirmCaseSchema(Schema):
    """A case within the mandate; what it does not cover is null."""

    number = fields.String(required=True)
    person = fields.String(required=True)
    procedure = fields.String(required=True)
    state = fields.String(required=True, allow_none=True)
    whose_turn = fields.String(required=True, allow_none=True)
    next_date = fields.Date(required=True, allow_none=True)
    appointment_on = fields.Date(required=True, allow_none=True)
    decided = fields.Boolean(required=True, allow_none=True)
    mandate_until = fields.Date(required=True)


class FirmCaseListSchema(Schema):
    """One page of cases; ``next`` is the ``after`` of the next page, 0 on the last."""

    company = fields.String(required=True)
    cases = fields.List(fields.Nested(FirmCaseSchema), required=True)
    next = fields.Integer(required=True)


class PageSchema(Schema):
    """Which page."""

    class Meta:
        unknown = RAISE

    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, fastlane.MOST_ROWS))


class FirmAppointmentSchema(Schema):
    """A coming appointment."""

    number = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class FirmAppointmentListSchema(Schema):
    """The coming appointments, first the next."""

    appointments = fields.List(fields.Nested(FirmAppointmentSchema), required=True)


class FirmLetterSchema(Schema):
    """A letter of the office to the company; ``key`` is its kind, ``number`` its case."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    key = fields.String(required=True)
    label = fields.String(required=True)
    released_at = fields.AwareDateTime(required=True)


class FirmLetterListSchema(Schema):
    """One page of letters by release; ``next`` is the ``after`` of the next page, 0 on the last."""

    letters = fields.List(fields.Nested(FirmLetterSchema), required=True)
    next = fields.Integer(required=True)


class FirmDocumentsSchema(Schema):
    """Documents for one case."""

    class Meta:
        unknown = RAISE

    documents = fields.List(
        fields.Nested(schemas.DocumentSchema),
        required=True,
        validate=validate.Length(min=1, max=10),
    )


class FirmTakenSchema(Schema):
    """What was filed."""

    number = fields.String(required=True)
    documents = fields.Integer(required=True)


def machine(scope: str) -> Machine:
    """Return for whom the token of this call acts; 429 above the limit, 403 without the scope."""
    counted = g.abh_call
    if counted.wait:
        raise TooManyRequests(retry_after=int(counted.wait.total_seconds()) + 1)
    return schluessel.machine(web.reading(), counted, scope, clock=web.house())


@blueprint.get("/firma/cases")
@policy(Power.FASTLANE_COMPANY)
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, FirmCaseListSchema)
def firm_cases(query: dict[str, Any]) -> dict[str, Any]:
    """Return cases of the company that mandates cover, page by page."""
    who = machine("cases").acting
    found = fastlane.cases_after(
        web.reading(), who, clock=web.house(), after=query["after"], limit=query["limit"]
    )
    return {"company": who.company_name, "cases": found, "next": _next(found, query["limit"])}


@blueprint.get("/firma/cases/<number>")
@policy(Power.FASTLANE_COMPANY)
@blueprint.response(200, FirmCaseSchema)
def firm_case(number: str) -> VisibleCase:
    """Return one case; 404 in the same words for whatever no mandate covers."""
    return fastlane.one_case(web.reading(), machine("cases").acting, number, clock=web.house())


@blueprint.get("/firma/tasks")
@policy(Power.FASTLANE_COMPANY)
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, FirmCaseListSchema)
def firm_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """Return the cases of a page of all cases in which employee or employer have to act."""
    who = machine("cases").acting
    found = fastlane.cases_after(
        web.reading(), who, clock=web.house(), after=query["after"], limit=query["limit"]
    )
    waiting = [one for one in found if one.whose_turn in TO_DO]
    return {"company": who.company_name, "cases": waiting, "next": _next(found, query["limit"])}


@blueprint.get("/firma/appointments")
@policy(Power.FASTLANE_COMPANY)
@blueprint.response(200, FirmAppointmentListSchema)
def firm_appointments() -> dict[str, Any]:
    """Return the coming appointments in covered cases, at most 500."""
    who, session, house = machine("appointments").acting, web.reading(), web.house()
    rows = session.execute(
        select(Vorgang.id, Vorgang.number, Booking.day, Booking.cells)
        .join(Booking, Booking.vorgang_id == Vorgang.id)
        .where(
            mandate_clause(who, "appointments", day=house.today),
            Booking.status == "booked",
            Booking.day >= house.today,
        )
        .order_by(Booking.day, Booking.id)
        .limit(audit.MOST_IDS)
    ).all()
    ids = list(dict.fromkeys(row.id for row in rows))
    note_looks(session, who, ids, what="fastlane.list", now=house.now())
    found = [
        {"number": row.number, "at": appointments.instant(row.day, row.cells.lower or 0)}
        for row in rows
    ]
    return {"appointments": found}


@blueprint.get("/firma/letters")
@policy(Power.FASTLANE_COMPANY)
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, FirmLetterListSchema)
def firm_letters(query: dict[str, Any]) -> dict[str, Any]:
    """Return letters to the company where the mandate covers decisions, in order of release.

    ``after`` is the id of the last letter known; the same call may be repeated.
    """
    who = machine("letters").acting
    found = firmenbriefe.letters_after(
        web.reading(), who, clock=web.house(), after=query["after"], limit=query["limit"]
    )
    return {"letters": found, "next": found[-1].id if len(found) == query["limit"] else 0}


@blueprint.get("/firma/cases/<number>/letters/<int:letter_id>")
@policy(Power.FASTLANE_COMPANY)
@blueprint.doc(**answered("The letter", PDF, "string"))
def firm_letter(number: str, letter_id: int) -> Response:
    """Return a letter to the company as PDF; 404 in the same words for whatever it may not read.

    The look is logged and shown to the employee; asking again changes nothing else.
    """
    who = machine("letters").acting
    key, data = firmenbriefe.letter_file(web.reading(), web.house(), who, number, letter_id)
    response = make_response(data)
    response.headers["Content-Type"] = PDF
    response.headers["Content-Disposition"] = f'attachment; filename="{key}-{letter_id}.pdf"'
    return response


@blueprint.post("/firma/cases/<number>/documents")
@policy(Power.FASTLANE_COMPANY)
@blueprint.arguments(FirmDocumentsSchema)
@blueprint.response(201, FirmTakenSchema)
def firm_documents(given: dict[str, Any], number: str) -> dict[str, Any]:
    """File documents in a covered case; the mandate must cover tasks.

    The header ``Idempotency-Key`` (16 to 200 characters) is needed: the same key with the same
    body is answered the same and files nothing twice, with another body it is a conflict.
    """
    caller = machine("documents")
    who, house = caller.acting, web.house()
    require_write(who)
    vorgang = require_covered(web.reading(), who, number, "tasks", clock=house, day=house.today)
    vorgang_id = vorgang.id
    uploads = _checked(given["documents"], vorgang_id)
    key = request.headers.get("Idempotency-Key", "")
    body = f"{number}\n".encode() + request.get_data()
    with web.unit_of_work() as session:

        def effect() -> dict[str, Any]:
            return _file(session, caller, vorgang_id, number, uploads)

        return schluessel.once(session, caller.token_id, key, body, effect, now=house.now())


@blueprint.get("/firma/export.csv")
@policy(Power.FASTLANE_COMPANY)
@blueprint.doc(**answered("The table", "text/csv", "string"))
def export_csv() -> Response:
    """Return all covered cases as a table: UTF-8, semicolons, one line each."""
    who = machine("export").acting
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(who))
    return _download("\ufeff" + out.getvalue(), "text/csv; charset=utf-8", "csv")


@blueprint.get("/firma/export.xlsx")
@policy(Power.FASTLANE_COMPANY)
@blueprint.doc(**answered("The workbook", XLSX, "string"))
def export_xlsx() -> Response:
    """Return all covered cases as a workbook with one sheet."""
    from openpyxl import Workbook

    who = machine("export").acting
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Vorgänge")
    sheet.append(COLUMNS)
    for line in _lines(who):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return _download(out.getvalue(), XLSX, "xlsx")


def _next(found: list[VisibleCase], limit: int) -> int:
    return found[-1].id if len(found) == limit else 0


def _lines(who: Any) -> Iterator[list[str]]:
    after = 0
    for _page in range(MOST_EXPORTED // fastlane.MOST_ROWS):
        found = fastlane.cases_after(web.reading(), who, clock=web.house(), after=after)
        for one in found:
            yield [_cell(getattr(one, name)) for name in COLUMNS]
        if not found or not (after := _next(found, fastlane.MOST_ROWS)):
            return


def _cell(value: Any) -> str:
    """Return text that no spreadsheet takes for a formula."""
    text = "" if value is None else {True: "ja", False: "nein"}.get(value, str(value))
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _download(data: str | bytes, mimetype: str, ending: str) -> Response:
    response = make_response(data)
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="vorgaenge.{ending}"'
    return response


def _checked(documents: list[dict[str, str]], vorgang_id: int) -> list[Upload]:
    case = load_case(web.reading(), web.house(), vorgang_id=vorgang_id)
    uploads, problems = [], []
    for number, given in enumerate(documents):
        where = f"documents.{number}"
        if given["kind"] not in case.verfahren.evidence_labels:
            told = "Diese Art von Unterlage gibt es hier nicht."
            problems.append(FieldProblem(f"{where}.kind", told))
            continue
        try:
            data = base64.b64decode(given["content"], validate=True)
            accepted = inspect_upload(given["name"], data, limits(), scanner=web.house().scanner)
        except (binascii.Error, ValueError):
            problems.append(FieldProblem(f"{where}.content", "Das ist kein Base64."))
        except UploadRefused as error:
            problems.append(FieldProblem(where, str(error)))
        else:
            name = accepted.safe_name
            uploads.append(Upload(given["kind"], name, accepted.mime, data, accepted.pages))
    if problems:
        raise InvalidInput(problems)
    return uploads


def _file(
    session: Session, caller: Machine, vorgang_id: int, number: str, uploads: list[Upload]
) -> dict[str, Any]:
    house, who = web.house(), caller.acting
    case = load_case(session, house, vorgang_id=vorgang_id)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    # In the case the company stands for the applicant, whose power it has.
    sender = replace(applicant_actor(), name=f"{who.company_name} (bevollmächtigt)")
    done = service.add_documents(
        session, house, sender, vorgang_id, uploads, received_on=house.today
    )
    intake.notify_letters(session, house, done.letters)
    audit.record(
        session, who.actor, "firma.upload", "vorgang", vorgang_id, now=house.now(),
        vorgang_id=vorgang_id, facts={"count": len(uploads)},
    )  # fmt: skip
    return {"number": number, "documents": len(uploads)}

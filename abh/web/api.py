"""The JSON API under ``/api/v1``: the same services and schemas as the pages, OpenAPI 3.1."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import import_module
from typing import Any, NoReturn, cast

from flask import Flask, request
from flask_smorest import Api, Blueprint
from flask_wtf.csrf import generate_csrf
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import TooManyRequests, UnsupportedMediaType

from abh.access import audit
from abh.access.actor import applicant_actor
from abh.access.policy import LOGGED_IN, PUBLIC, Power, policy
from abh.documents.uploads import inspect_upload
from abh.documents.zeichnung import evaluate
from abh.documents.zeichnung_types import Mandate, Permission, SigningFacts
from abh.kernel import fristen
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, SignatureRefused, UploadRefused
from abh.kernel.ids import new_token
from abh.persons.schemas import BirthDateField
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.antragsform import limits
from abh.web.csrf import SAFE_METHODS, csrf
from abh.web.pages.antrag import BRAKE
from abh.workflows import drafts, intake, machine, repository, service
from abh.workflows.checklist import evaluate_checklist
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import Case
from abh.workflows.powers import powers_of
from abh.workflows.registry import UnknownVerfahren, current
from abh.workflows.schemas import Euro, GermanDate, load_antrag
from abh.workflows.service import Upload
from abh.workflows.steps import check_scope, load_case
from abh.workflows.zugriff import hidden_in

PREFIX = "/api/v1"
MOST_DEPTH = 20


class Problems(FlaskParser):
    """Says what is wrong with input as the rest of the house does: problem+json with paths."""

    def handle_error(
        self, error: ValidationError, req: Any, schema: Any, **kwargs: Any
    ) -> NoReturn:
        """Raise the refusals of a schema as ``InvalidInput``."""
        messages = cast(Mapping[str, Any], error.normalized_messages())
        inner = messages.get("json") or messages.get("query") or messages
        raise InvalidInput(list(_flat(inner)))


class Door(Blueprint):
    """A group of operations with our messages about input."""

    ARGUMENTS_PARSER = Problems()


class HouseApi(Api):
    """The API without its own handler of errors: ``abh.web.errors`` is the one table."""

    ERROR_SCHEMA = schemas.ProblemSchema

    def _register_error_handlers(self) -> None:
        return None


blueprint = Door("api", __name__, url_prefix=PREFIX, description="Ausländerbehörde")


def install(app: Flask) -> None:
    """Register the operations and the description at ``/api/v1/openapi.json``."""
    app.config.update(
        API_TITLE="Ausländerbehörde",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = HouseApi(app)
    api.register_field(BirthDateField, "string", None)
    api.register_field(GermanDate, "string", "date")
    api.register_field(Euro, "string", None)
    import_module("abh.web.api_probefall")  # its operations belong to the same blueprint
    api.register_blueprint(blueprint)
    name = "api-docs.openapi_json"
    describe = app.view_functions[name]

    @policy(PUBLIC)
    def description() -> Any:
        return describe()

    app.view_functions[name] = description
    # The token is asked for below, of those whom the browser's cookie could be abused for.
    csrf.exempt(blueprint)


@blueprint.before_request
def guard_input() -> None:
    """Refuse forged requests and text that no database can hold, before any operation runs.

    A login cookie acts only with the form token in ``X-CSRFToken``. Without a login there is
    nothing to abuse; a JSON body cannot be sent by a foreign page without the browser asking us.
    """
    if request.method in SAFE_METHODS:
        return
    if not request.is_json:
        raise UnsupportedMediaType()
    if web.token_of_request():
        csrf.protect()
    try:
        body = request.get_json(silent=True)
        for path, text in _texts(body):
            if "\0" in text or not _encodable(text):
                raise InvalidInput([FieldProblem(path, "Unzulässige Zeichen.")])
    except RecursionError:
        raise InvalidInput([FieldProblem("", "Zu tief verschachtelt.")]) from None


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > MOST_DEPTH:
        raise InvalidInput([FieldProblem(path, "Zu tief verschachtelt.")])
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            # The name of a field is text as well; a broken one is not repeated in the answer.
            yield path, key
            here = (f"{path}.{key}" if path else key) if _encodable(key) else path
            yield from _texts(inner, here, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}", depth + 1)


def _flat(messages: Any, path: str = "") -> Iterator[FieldProblem]:
    if isinstance(messages, Mapping):
        for name, value in messages.items():
            deeper = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            yield from _flat(value, deeper)
    else:
        for message in messages:
            yield FieldProblem(path, str(message))


@blueprint.get("/session")
@policy(LOGGED_IN)
def session_info() -> dict[str, str]:
    """Return who is logged in and the token that changing calls send as ``X-CSRFToken``."""
    return {"name": web.actor().name, "csrf_token": generate_csrf()}


@blueprint.post("/applications")
@policy(PUBLIC)
@blueprint.arguments(schemas.ApplicationSchema)
@blueprint.response(201, schemas.FiledSchema)
def apply(given: dict[str, Any]) -> dict[str, str]:
    """File an application for the EU Blue Card.

    The header ``Idempotency-Key`` (16 to 200 characters, hard to guess) makes a repeated call
    return the case of the first.
    """
    address, now = request.remote_addr or "", web.now()
    if pause := BRAKE.pause_for(address, now):
        raise TooManyRequests(retry_after=int(pause.total_seconds()))
    raw = request.get_json()
    antrag = load_antrag({key: value for key, value in raw.items() if key != "documents"})
    uploads = _uploads(given["documents"])
    house = web.house()
    with web.unit_of_work() as session:
        draft = drafts.lock_draft(session, _idempotency(), now=now)
        number = drafts.filed_number(draft)
        if not number:
            filed = intake.file_application(
                session, house, applicant_actor(), antrag, uploads, channel="portal"
            )
            number = filed.number
            drafts.mark_filed(draft, number)
            BRAKE.count(address, now)
        confirmation = _confirmation(session, number)
    link = house.status_link(number)
    return {
        "number": number,
        "status_url": link,
        "confirmation_url": f"{link}/brief/{confirmation}",
    }


def _idempotency() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return new_token()
    if not 16 <= len(key) <= 200:
        raise InvalidInput([FieldProblem("Idempotency-Key", "16 bis 200 Zeichen.")])
    return "api:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _confirmation(session: Any, number: str) -> int:
    case = load_case(session, web.house(), number=number)
    letters = repository.page_row(session, case.vorgang)["letters"]
    return next(int(row["id"]) for row in reversed(letters) if row["key"] == "N01")


def _uploads(documents: list[dict[str, str]]) -> list[Upload]:
    uploads, problems = [], []
    for number, given in enumerate(documents):
        try:
            data = base64.b64decode(given["content"], validate=True)
            accepted = inspect_upload(given["name"], data, limits(), scanner=web.house().scanner)
        except (binascii.Error, ValueError):
            problems.append(FieldProblem(f"documents.{number}.content", "Das ist kein Base64."))
        except UploadRefused as error:
            problems.append(FieldProblem(f"documents.{number}", str(error)))
        else:
            name = accepted.safe_name
            uploads.append(Upload(given["kind"], name, accepted.mime, data, accepted.pages))
    if problems:
        raise InvalidInput(problems)
    return uploads


@blueprint.get("/cases")
@policy(Power.CASE_READ)
@blueprint.arguments(schemas.ListQuerySchema, location="query")
@blueprint.response(200, schemas.CaseListSchema)
def cases(query: dict[str, Any]) -> dict[str, Any]:
    """Return open cases of your Sachgebiet, first what suffers harm first; the look is logged."""
    who, session = web.actor(), web.reading()
    after: tuple[date, int] = (date.min, 0)
    if query["after"]:
        day, _, last = query["after"].partition("_")
        try:
            after = (date.fromisoformat(day), int(last))
        except ValueError:
            raise InvalidInput([FieldProblem("after", "Diesen Tag gibt es nicht.")]) from None
    rows = repository.desk_rows(
        session,
        unit=None if query["mine"] else who.unit_key,
        owner=who.user_id if query["mine"] else None,
        state=query["state"],
        after=after,
        limit=query["limit"],
        hidden=hidden_in(who, who.unit_key),
    )
    audit.record_list(
        session, who, "api.cases", "vorgang", [row["id"] for row in rows], now=web.now()
    )
    full = len(rows) == query["limit"]
    return {
        "cases": [_line(row) for row in rows],
        "next": f"{rows[-1]['harm_on']:%Y-%m-%d}_{rows[-1]['id']}" if full else "",
    }


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{row['given_names']} {row['family_name']}".strip()
    keys = ("number", "state", "received_on", "harm_on", "harm_key", "next_due")
    return {
        **{key: row[key] for key in keys},
        "procedure": row["verfahren"],
        "person": name,
        "version": row["row_version"],
    }


def _opened(number: str) -> Case:
    who, session = web.actor(), web.reading()
    case = load_case(session, web.house(), number=number)
    check_scope(who, case)
    audit.record(
        session,
        who,
        "api.case",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    return case


@blueprint.get("/cases/<number>")
@policy(Power.CASE_READ)
@blueprint.response(200, schemas.CaseSchema)
def case_page(number: str) -> dict[str, Any]:
    """Return a case of your Sachgebiet with its checklist and clocks; the look is logged."""
    case = _opened(number)
    state = case.verfahren.state(case.state)
    items = evaluate_checklist(case.verfahren, case.facts)
    return {
        "number": case.number,
        "procedure": case.verfahren.key,
        "procedure_version": case.verfahren.version,
        "state": case.state,
        "state_label": state.label if state else case.state,
        "version": case.vorgang["row_version"],
        "person": case.full_name,
        "unit": case.vorgang["unit_key"],
        "received_on": date.fromisoformat(case.vorgang["received_on"]),
        "closed": case.vorgang["closed_at"] is not None,
        "checklist": [{**_fields(item), "status": item.status.value} for item in items],
        "clocks": [
            {key: row[key] for key in ("kind", "label", "norm", "due_on", "status")}
            for row in case.row["fristen"]
        ],
    }


def _fields(item: Any) -> dict[str, Any]:
    return {key: getattr(item, key) for key in ("key", "label", "norm", "why", "evidence_missing")}


@blueprint.get("/cases/<number>/steps")
@policy(Power.CASE_READ)
@blueprint.response(200, schemas.StepListSchema)
def steps(number: str) -> dict[str, Any]:
    """Return every step out of the present state for you: what is possible, and why not."""
    case = _opened(number)
    found = machine.possible_steps(case.verfahren, case.state, case.facts, powers_of(web.actor()))
    return {
        "version": case.vorgang["row_version"],
        "steps": [
            {
                "key": each.step_key,
                "label": each.label,
                "norm": each.step.norm if each.step else "",
                "allowed": each.allowed,
                "needs_reason": bool(each.step and each.step.needs_reason),
                "reasons": each.reasons,
            }
            for each in found
        ],
    }


@blueprint.post("/cases/<number>/steps/<step>")
@policy(Power.CASE_INTAKE, Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_DECIDE)
@blueprint.arguments(schemas.StepRequestSchema)
@blueprint.response(200, schemas.StepDoneSchema)
def take_step(given: dict[str, Any], number: str, step: str) -> dict[str, Any]:
    """Take a step; 409 with every reason when it is not possible or the case has changed."""
    who, house = web.actor(), web.house()
    with web.unit_of_work() as session:
        case = load_case(session, house, number=number)
        done = service.take_step(
            session,
            house,
            who,
            case.id,
            step,
            expected_version=given["expected_version"],
            reason=given["reason"],
            data=given["data"],
        )
        intake.notify_letters(session, house, done.letters)
    return {
        "state": done.state,
        "version": done.row_version,
        "letters": list(done.letters),
        "waits_for_signature": done.pending_letter,
    }


@blueprint.post("/deadlines")
@policy(LOGGED_IN)
def deadlines() -> dict[str, Any]:
    """Compute a deadline with its arithmetic: both readings where law is disputed."""
    return fristen.berechne(request.get_json(), web.house().law)


@blueprint.post("/signature-questions")
@policy(LOGGED_IN)
@blueprint.arguments(schemas.SignatureQuestionSchema)
@blueprint.response(200, schemas.SignatureAnswerSchema)
def signature_question(given: dict[str, Any]) -> dict[str, Any]:
    """Say whether somebody of that rank may sign that letter alone, and how it is signed."""
    stichtag = given["stichtag"] or web.today()
    try:
        found = evaluate(web.house().zeichnung, _signing(given, stichtag), stichtag)
    except SignatureRefused as refused:
        return {**_answer(None), "reasons": refused.reasons}
    return _answer(found)


# Facts about a signing that the question names as the engine does.
_AS_GIVEN = (
    "risk", "qes", "portal_consent", "portal_authenticated", "seal_wanted", "seal_no", "suffix",
    "manual_text", "own_pdf", "signature_image",
)  # fmt: skip


def _signing(given: Mapping[str, Any], stichtag: date) -> SigningFacts:
    unit = "SG"
    limit = given["mandate_limit"]
    return SigningFacts(
        letter_key=given["letter_key"],
        channel=given["channel"],
        outcome=given["outcome"],
        amount=given["amount"],
        preparer_id="1",
        preparer_in_training=given["preparer_in_training"],
        signer_id="1" if given["same_person"] else "2",
        signer_rank=given["signer_rank"],
        signer_in_training=given["signer_in_training"],
        signer_unit=unit if given["same_unit"] else "",
        case_unit=unit,
        signer_excluded=given["excluded"],
        mandate=Mandate(stichtag, None, limit) if given["has_mandate"] else None,
        cosigned_by=frozenset(given["cosigned_by"]),
        has_reasons=given["has_reasons"],
        remedy=given["chosen_remedy"],
        content_hash="jetzt",
        signed_hashes=("vorher",) if given["changed_after_signature"] else (),
        **{name: given[name] for name in _AS_GIVEN},
    )


def _answer(found: Permission | None) -> dict[str, Any]:
    if found is None:
        blank = dict.fromkeys(("rule", "mark", "suffix", "seal", "remedy"), "")
        empty: dict[str, Any] = {"channels": [], "cosigners": [], "reasons": []}
        return {**blank, **empty, "permitted": False, "four_eyes": False}
    return {
        "permitted": True,
        "rule": found.rule_id,
        "mark": found.mark.value,
        "suffix": found.suffix,
        "seal": found.seal,
        "cosigners": list(found.cosigners),
        "channels": [channel.value for channel in found.channels],
        "remedy": found.remedy.value,
        "four_eyes": found.four_eyes,
        "reasons": [],
    }


@blueprint.get("/procedures/<key>")
@policy(PUBLIC)
def procedure(key: str) -> dict[str, Any]:
    """Return a procedure in force today as the table that runs: states, steps, requirements."""
    if not key.isascii() or not key.isalnum():
        raise NotFound("Dieses Verfahren gibt es nicht.")
    try:
        found = current(key, web.today())
    except UnknownVerfahren as error:
        raise NotFound("Dieses Verfahren gibt es nicht.") from error
    return _described(found)


def _described(found: Verfahren) -> dict[str, Any]:
    return {
        "key": found.key,
        "version": found.version,
        "name": found.name,
        "norm": found.norm,
        "in_force_from": found.in_force_from.isoformat(),
        "states": [
            {"key": s.key, "label": s.label, "turn": s.whose_turn.value, "terminal": s.terminal}
            for s in found.states
        ],
        "steps": [
            {
                "key": s.key,
                "label": s.label,
                "from": list(s.source),
                "to": s.target,
                "by": [power.name for power in s.by],
                "norm": s.norm,
                "guards": [{"key": g.key, "label": g.label, "norm": g.norm} for g in s.guards],
                "letter": s.letter,
                "automatic": s.automatic,
                "needs_reason": s.needs_reason,
            }
            for s in found.steps
        ],
        "checklist": [
            {"key": r.key, "label": r.label, "norm": r.norm, "mandatory": r.mandatory}
            for r in found.checklist
        ],
        "evidence": dict(found.evidence_labels),
    }

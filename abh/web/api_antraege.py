"""``POST /api/v1/applications``: what the form files, from another program."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from flask import request
from werkzeug.exceptions import TooManyRequests

from abh.access.actor import applicant_actor
from abh.access.policy import PUBLIC, policy
from abh.documents.uploads import inspect_upload
from abh.kernel.errors import FieldProblem, InvalidInput, UploadRefused
from abh.kernel.ids import new_token
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.antragsform import limits
from abh.web.api import blueprint
from abh.web.pages.antrag import BRAKE
from abh.workflows import drafts, intake, repository
from abh.workflows.schemas import load_antrag
from abh.workflows.service import Upload
from abh.workflows.steps import load_case


@blueprint.post("/applications")
@policy(PUBLIC)
@blueprint.arguments(schemas.ApplicationSchema)
@blueprint.response(201, schemas.FiledSchema)
def apply(given: dict[str, Any]) -> dict[str, str]:
    """File an application for any procedure that people apply for themselves.

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

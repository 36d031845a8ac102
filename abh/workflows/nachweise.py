"""Documents of a case: filed as sheets, tied as evidence, accepted or rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.house import House
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.workflows.aenderung import noted, open_case
from abh.workflows.definition import Power
from abh.workflows.steps import (
    StepDone,
    check_scope,
    load_case,
    lock_case,
)
from abh.workflows.tables import Evidence


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked file and what it is said to be (a kind of evidence of the Verfahren)."""

    kind: str
    name: str
    mime: str
    data: bytes
    pages: int | None = None


def judge_evidence(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    evidence_id: int,
    *,
    accepted: bool,
    remark: str = "",
    expected_version: int | None,
) -> StepDone:
    """Accept a document as proof, or reject it with a remark the applicant can act on."""
    case = open_case(
        session, house, actor, vorgang_id, expected_version, Power.REVIEW, Power.COUNTER
    )
    if not accepted and not remark.strip():
        raise InvalidInput([FieldProblem("remark", "Warum reicht der Nachweis nicht?")])
    changed = session.execute(
        update(Evidence)
        .where(Evidence.id == evidence_id, Evidence.vorgang_id == case.id)
        .values(accepted=accepted, remark=remark.strip())
        .returning(Evidence.kind)
    ).scalar_one_or_none()
    if changed is None:
        raise NotFound("Diesen Nachweis gibt es in dem Vorgang nicht.")
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    word = "anerkannt" if accepted else "nicht anerkannt"
    label = case.verfahren.evidence_labels.get(changed, changed)
    return noted(
        session,
        house,
        actor,
        fresh,
        "nachweis",
        f"Nachweis {word}: {label}",
        "§ 82 Abs. 1 AufenthG",
        remark,
        {},
        {"evidence": evidence_id, "ok": accepted},
    )


def add_documents(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    uploads: Sequence[Upload],
    *,
    received_on: date,
    expected_version: int | None = None,
) -> StepDone:
    """File documents in the case; the checklist and a running request move by themselves.

    ``received_on`` may lie before today (stamp of the post room), never after it.
    """
    if received_on > house.today:
        raise InvalidInput([FieldProblem("received_on", "Der Eingang liegt in der Zukunft.")])
    if not uploads:
        raise InvalidInput([FieldProblem("files", "Bitte wählen Sie mindestens eine Datei aus.")])
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    file_evidence(
        session,
        house,
        actor,
        case.vorgang,
        uploads,
        received_on,
        case.verfahren.evidence_labels,
    )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    changes: dict[str, Any] = {}
    if fresh.state == "awaiting_applicant":
        got = fresh.facts.request.documents_received + len(uploads)
        changes["request"] = replace(fresh.facts.request, documents_received=got)
    statement = [u for u in uploads if u.kind == "stellungnahme"]
    if fresh.state == "hearing" and statement:
        changes["hearing"] = replace(
            fresh.facts.hearing, statement_received_on=received_on, statement_weighed=False
        )
    kinds = [u.kind for u in uploads]
    return noted(
        session,
        house,
        actor,
        fresh,
        "eingang",
        "Unterlagen eingegangen",
        "§ 82 Abs. 1 AufenthG",
        "",
        changes,
        {"kinds": kinds},
    )


def file_evidence(
    session: Session,
    house: House,
    actor: Actor,
    vorgang: Mapping[str, Any],
    uploads: Sequence[Upload],
    received_on: date,
    labels: Mapping[str, str],
) -> None:
    """Put uploads into the file and tie each to the case as evidence of its kind.

    A sheet is titled by what it is (``labels`` of the Verfahren), not by the name of the file.
    """
    sheets = file_sheets(
        session,
        house.blobs,
        vorgang["akte_id"],
        [
            NewSheet(
                title=labels.get(upload.kind, upload.name),
                origin="upload",
                data=upload.data,
                mime=upload.mime,
                received_on=received_on,
                filed_by=actor.name,
                file_name=upload.name,
                pages=upload.pages,
            )
            for upload in uploads
        ],
        now=house.now(),
        vorgang_id=vorgang["id"],
    )
    if sheets:
        session.execute(
            insert(Evidence),
            [
                {"vorgang_id": vorgang["id"], "blatt_id": sheet.id, "kind": upload.kind}
                for sheet, upload in zip(sheets, uploads, strict=True)
            ],
        )

"""What people do with a case: steps, findings, waivers, documents, answers, fees, service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import dispatch
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.house import House
from abh.documents.tables import CardOrder, Letter
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.fristen import klagefrist
from abh.workflows import beteiligung as parts
from abh.workflows import uhren
from abh.workflows.decision import decide
from abh.workflows.definition import Power
from abh.workflows.dossier import FINDINGS, Case, check_finding, part_of
from abh.workflows.effects import LAW_OF_PART, request_participation
from abh.workflows.facts import CourtOutcome, Remedy
from abh.workflows.steps import (
    StepDone,
    advance,
    carry_out,
    change_progress,
    check_scope,
    check_version,
    load_case,
    need_power,
    note_step,
)
from abh.workflows.tables import Beteiligung, CaseFinding, Evidence, Fee, Waiver


def take_step(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    step_key: str,
    *,
    expected_version: int | None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> StepDone:
    """Take a step of the case and all automatic steps that follow from it.

    ``expected_version`` is the version the actor saw; ``Conflict`` when somebody was faster (None
    only for the system). ``StepNotAllowed`` with every reason, ``InvalidInput`` for ``data``. A
    decision whose letter the actor may not sign alone is prepared: the case stays in its state
    until the second signer signs. The row of the case is locked until the transaction ends.
    """
    case = load_case(session, house, vorgang_id=vorgang_id)
    check_scope(actor, case)
    check_version(case, expected_version)
    step = case.verfahren.step(step_key)
    if step is None:
        raise NotFound(f"Den Schritt „{step_key}“ gibt es in diesem Verfahren nicht.")
    given = dict(data or {})
    if step.decision is not None:
        done = decide(session, house, actor, case, step, reason=reason, data=given)
    else:
        done = carry_out(session, house, actor, case, step, reason=reason, data=given)
    return advance(session, house, done)


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked file and what it is said to be (a kind of evidence of the Verfahren)."""

    kind: str
    name: str
    mime: str
    data: bytes
    pages: int | None = None


def record_findings(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    values: Mapping[str, Any],
    *,
    expected_version: int | None,
    remark: str = "",
) -> StepDone:
    """Record what the office found out (JSON values by key of ``dossier.FINDINGS``).

    ``None`` takes a finding back. Raises ``InvalidInput`` naming every wrong value.
    """
    case = _open_case(
        session, house, actor, vorgang_id, expected_version, Power.REVIEW, Power.COUNTER
    )
    problems: list[FieldProblem] = []
    for key, raw in values.items():
        try:
            check_finding(key, raw)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    now = house.now()
    if values:
        session.execute(
            insert(CaseFinding),
            [
                {
                    "vorgang_id": case.id,
                    "key": key,
                    "value": raw,
                    "remark": remark.strip(),
                    "found_by": actor.user_id,
                    "found_at": now,
                }
                for key, raw in values.items()
            ],
        )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    labels = ", ".join(FINDINGS[key].label for key in values)
    return _noted(
        session,
        house,
        actor,
        fresh,
        "feststellung",
        f"Festgestellt: {labels}",
        "§ 24 VwVfG NRW",
        remark,
        {},
        {"keys": sorted(values)},
    )


def waive(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    requirement: str,
    reason: str,
    *,
    expected_version: int | None,
) -> StepDone:
    """Do without a requirement, with a written reason of at least ten characters.

    Raises ``InvalidInput`` where the Verfahren names no norm that permits it.
    """
    case = _open_case(session, house, actor, vorgang_id, expected_version, Power.DECIDE)
    found = next((r for r in case.verfahren.checklist if r.key == requirement), None)
    problems = []
    if found is None or not found.waiver_norm:
        problems.append(FieldProblem("requirement", "Davon lässt das Gesetz nicht absehen."))
    if len(reason.strip()) < 10:
        problems.append(FieldProblem("reason", "Bitte begründen Sie das in einem Satz."))
    if problems or found is None:
        raise InvalidInput(problems)
    if requirement in case.facts.waivers:
        raise Conflict("Davon ist schon abgesehen worden.")
    session.execute(
        insert(Waiver).values(
            vorgang_id=case.id,
            requirement=requirement,
            reason=reason.strip(),
            granted_by=actor.user_id,
            granted_at=house.now(),
        )
    )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    return _noted(
        session,
        house,
        actor,
        fresh,
        "absehen",
        f"Abgesehen von: {found.label}",
        found.waiver_norm,
        reason,
        {},
        {"requirement": requirement},
    )


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
    case = _open_case(
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
    return _noted(
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
    case = load_case(session, house, vorgang_id=vorgang_id)
    check_scope(actor, case)
    check_version(case, expected_version)
    file_evidence(session, house, actor, case.vorgang, uploads, received_on)
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
    return _noted(
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
) -> None:
    """Put uploads into the file and tie each to the case as evidence of its kind."""
    sheets = file_sheets(
        session,
        house.blobs,
        vorgang["akte_id"],
        [
            NewSheet(
                title=upload.name,
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


def answer_participation(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    beteiligung_id: int,
    answer: str,
    *,
    on: date,
    note: str = "",
    valid_until: date | None = None,
    expected_version: int | None,
) -> StepDone:
    """Record what the other authority said on day ``on``.

    ``answer`` is ``consent``, ``refuse``, ``info_missing`` (ends the clock without consent,
    § 36(2) BeschV) or ``completed`` (the completed request starts a new clock). ``StepNotAllowed``
    when silence was consent already; ``InvalidInput`` for a day that cannot be.
    """
    case = _open_case(session, house, actor, vorgang_id, expected_version, Power.REVIEW)
    row = next((r for r in case.row["beteiligungen"] if r["id"] == beteiligung_id), None)
    if row is None:
        raise NotFound("Diese Beteiligung gibt es in dem Vorgang nicht.")
    if on > house.today:
        raise InvalidInput([FieldProblem("on", "Der Tag liegt in der Zukunft.")])
    part = part_of(row)
    if answer == "completed":
        end = uhren.length(house.law, LAW_OF_PART[row["kind"]], on).end
        parts.complete(part, on, end)
        request_participation(session, house, case.id, row, on)
    else:
        acts: Mapping[str, Callable[[], parts.Beteiligung]] = {
            "consent": lambda: parts.answer(part, on, consent=True, note=note),
            "refuse": lambda: parts.answer(part, on, consent=False, note=note),
            "info_missing": lambda: parts.info_missing(part, on, note),
        }
        if answer not in acts:
            raise InvalidInput([FieldProblem("answer", "Diese Antwort gibt es nicht.")])
        store_part(session, house, case.id, beteiligung_id, acts[answer]())
    if row["kind"] == "BVA" and answer == "consent":
        until = valid_until or uhren.length(house.law, "sicherheitsabfrage.gueltig", on).end
        session.execute(
            insert(CaseFinding).values(
                vorgang_id=case.id,
                key="security_valid_until",
                value=until.isoformat(),
                found_by=actor.user_id,
                found_at=house.now(),
            )
        )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    label = f"Antwort {part.kind.label}: {ANSWERS[answer]}"
    return _noted(
        session,
        house,
        actor,
        fresh,
        "beteiligung",
        label,
        part.kind.norm,
        note,
        {},
        {"kind": row["kind"], "answer": answer, "on": on.isoformat()},
    )


ANSWERS = {
    "consent": "zugestimmt",
    "refuse": "abgelehnt",
    "info_missing": "Angaben fehlen",
    "completed": "Anfrage vervollständigt",
}


def store_part(
    session: Session, house: House, vorgang_id: int, row_id: int, part: parts.Beteiligung
) -> None:
    """Write a participation as the pure rules left it; its clock ends when nothing is due."""
    session.execute(
        update(Beteiligung)
        .where(Beteiligung.id == row_id)
        .values(
            state=part.state.value,
            due_on=part.due,
            answered_on=part.answered_on,
            note=part.note,
        )
    )
    if part.due is None or part.is_answered:
        uhren.stop_clocks(session, vorgang_id, now=house.now(), beteiligung_id=row_id)


def settle_fee(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    fee_id: int,
    *,
    payment: str = "",
    waiver_norm: str = "",
    expected_version: int | None,
) -> StepDone:
    """Record that a fee is paid (how), or waived with its norm (§§ 52-53 AufenthV)."""
    case = _open_case(
        session, house, actor, vorgang_id, expected_version, Power.COUNTER, Power.REVIEW
    )
    if bool(payment.strip()) == bool(waiver_norm.strip()):
        raise InvalidInput([FieldProblem("payment", "Bitte Zahlungsart oder Norm des Erlasses.")])
    status = "paid" if payment.strip() else "waived"
    changed = session.execute(
        update(Fee)
        .where(Fee.id == fee_id, Fee.vorgang_id == case.id, Fee.status == "due")
        .values(
            status=status,
            payment=payment.strip(),
            waiver_norm=waiver_norm.strip(),
            settled_at=house.now(),
            settled_by=actor.user_id,
        )
        .returning(Fee.label, Fee.norm)
    ).one_or_none()
    if changed is None:
        raise Conflict("Diese Gebühr ist schon erledigt.")
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    word = "bezahlt" if status == "paid" else "erlassen"
    return _noted(
        session,
        house,
        actor,
        fresh,
        "gebuehr",
        f"{changed.label}: {word}",
        waiver_norm or changed.norm,
        "",
        {},
        {"fee": fee_id, "status": status},
    )


@dataclass(frozen=True, slots=True)
class NoteKind:
    """A fact of the running business that somebody records: which part, field, power, label."""

    part: str
    field: str
    label: str
    norm: str
    powers: tuple[Power, ...]
    kind: str = "flag"


NOTES: Mapping[str, NoteKind] = {
    "statement_weighed": NoteKind(
        "hearing", "statement_weighed", "Stellungnahme gewürdigt", "§ 28 VwVfG NRW", (Power.DECIDE,)
    ),
    "card_arrived": NoteKind(
        "card", "arrived_on", "Karte eingetroffen", "§ 60a AufenthV", (Power.COUNTER,), "today"
    ),
    "card_rejected": NoteKind(
        "card", "rejected_code", "Herstellung abgelehnt", "§ 78 AufenthG", (Power.COUNTER,), "text"
    ),
    "identity_checked": NoteKind(
        "card",
        "identity_checked",
        "Identität bei der Ausgabe geprüft",
        "§ 78 AufenthG",
        (Power.COUNTER,),
    ),
    "old_papers_withdrawn": NoteKind(
        "card",
        "old_papers_withdrawn",
        "Alte Papiere eingezogen",
        "§ 81 Abs. 5 AufenthG",
        (Power.COUNTER,),
    ),
    "action_filed": NoteKind(
        "remedy",
        "action_filed_on",
        "Klage eingegangen",
        "§ 74 VwGO",
        (Power.LEGAL, Power.DECIDE),
        "today",
    ),
    "extension_asked": NoteKind(
        "request",
        "extension_asked",
        "Um Fristverlängerung gebeten",
        "§ 31 Abs. 7 VwVfG NRW",
        (Power.APPLICANT, Power.REVIEW, Power.INTAKE),
    ),
    "court_outcome": NoteKind(
        "remedy", "outcome", "Ausgang bei Gericht", "§ 113 VwGO", (Power.LEGAL,), "outcome"
    ),
}


def note(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    key: str,
    *,
    value: str = "",
    expected_version: int | None,
) -> StepDone:
    """Record a fact of the running business (``NOTES``); automatic steps follow from it."""
    kind = NOTES.get(key)
    if kind is None:
        raise NotFound("Diesen Vermerk gibt es nicht.")
    case = _open_case(session, house, actor, vorgang_id, expected_version, *kind.powers)
    if kind.kind == "today":
        content: Any = house.today
    elif kind.kind == "text":
        content = value.strip()
        if not content:
            raise InvalidInput([FieldProblem("value", "Bitte ausfüllen.")])
    elif kind.kind == "outcome":
        if value not in CourtOutcome.__members__:
            raise InvalidInput([FieldProblem("value", "Bitte einen Ausgang wählen.")])
        content = CourtOutcome[value]
    else:
        content = True
    part = replace(getattr(case.facts, kind.part), **{kind.field: content})
    if key == "card_arrived":
        session.execute(
            update(CardOrder)
            .where(CardOrder.vorgang_id == case.id, CardOrder.state == "ordered")
            .values(state="arrived", arrived_on=house.today)
        )
    return _noted(
        session, house, actor, case, key, kind.label, kind.norm, value, {kind.part: part}, {}
    )


def record_dispatch(
    session: Session,
    house: House,
    actor: Actor,
    letter_id: int,
    *,
    on: date,
    served_on: date | None = None,
    evidence: str = "",
) -> StepDone | None:
    """Record that a letter left and when it was served; a refusal starts its action period.

    The period under both readings stands as two clocks: ``klage_warnung`` ends first, ``klage``
    last; only the later one makes the refusal final.
    """
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    case = load_case(session, house, vorgang_id=letter.vorgang_id)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    letter, known = dispatch.hand_over(
        session, house, actor, letter_id, on=on, served_on=served_on, evidence=evidence
    )
    changes: dict[str, Any] = {}
    notes: dict[str, Any] = {"letter": letter_id, "channel": letter.channel}
    period = klagefrist(known, house.law) if known is not None else None
    if letter.remedy == "klage_1_monat" and period is not None and case.state == "refused":
        uhren.stop_clocks(session, case.id, now=house.now(), kinds=["klage", "klage_warnung"])
        uhren.start_clock(
            session,
            case.id,
            "klage_warnung",
            "Klagefrist (früheste Lesart)",
            period.earliest,
            letter_id=letter_id,
        )
        uhren.start_clock(
            session,
            case.id,
            "klage",
            "Bestandskraft (späteste Lesart)",
            period.latest,
            letter_id=letter_id,
        )
        changes["remedy"] = Remedy(
            notified_on=known.latest if known else None, action_until=period.latest.end
        )
        changes["awaiting_service"] = None
        notes["action_until"] = period.latest.end.isoformat()
    return _noted(
        session,
        house,
        actor,
        case,
        "versand",
        "Brief abgegangen",
        "§ 41 VwVfG NRW, LZG NRW",
        evidence,
        changes,
        notes,
    )


def _open_case(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    expected_version: int | None,
    *powers: Power,
) -> Case:
    case = load_case(session, house, vorgang_id=vorgang_id)
    check_scope(actor, case)
    need_power(actor, *powers)
    check_version(case, expected_version)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    return case


def _noted(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    key: str,
    label: str,
    norm: str,
    reason: str,
    changes: Mapping[str, Any],
    notes: Mapping[str, Any],
) -> StepDone:
    step = note_step(key, label, norm, ())
    version = change_progress(
        session,
        house,
        actor,
        case,
        step,
        reason=reason,
        parts=changes,
        notes={"label": label, **notes},
    )
    return advance(session, house, StepDone(case.id, case.state, version))


def letters_of(session: Session, ids: Sequence[int]) -> Sequence[Letter]:
    """Return letters by id, to tell what a step made."""
    return session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.id)).all()


__all__ = ["ANSWERS", "FINDINGS", "NOTES", "Upload", "carry_out"]

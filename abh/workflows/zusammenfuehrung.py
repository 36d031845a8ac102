"""Joining two cases of one person for the same title: one leads on, the other ends in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.akte import refer_sheets
from abh.documents.house import House
from abh.documents.tables import Blatt
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows import uhren
from abh.workflows.aenderung import noted, open_case
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.erledigung import note_cause
from abh.workflows.service import take_step
from abh.workflows.steps import StepDone, change_progress, load_case, note_step
from abh.workflows.tables import Evidence, Fee, Vorgang
from abh.workflows.verfahren.zustaende import BEFORE_DECISION
from abh.workflows.wirkung import renew

STEP = "einstellen"
NORM = "§ 22 VwVfG NRW, § 81 AufenthG"
# A second application is no act of its own for which a fee could be due (§ 69(1) AufenthG).
NO_FEE = "§ 69 Abs. 1 AufenthG (keine eigene Amtshandlung)"


def can_join(case: Case) -> bool:
    """Say whether the case may end in another: open and not decided."""
    return case.vorgang["closed_at"] is None and case.state in BEFORE_DECISION


def join_cases(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    leading: str,
    *,
    reason: str,
    expected_version: int | None,
) -> StepDone:
    """End the case ``vorgang_id`` in the case with the number ``leading``; returns the ended one.

    Sheets and evidence go over by reference, nothing is taken from the old file. The earlier day
    of receipt counts from now on in the leading case: effect (§ 81 AufenthG) and the period of
    § 75 VwGO are computed anew, both days stand in both logs. Needs REVIEW in both cases, both
    undecided, of one procedure, and of persons born on the same day; raises ``InvalidInput``
    naming what is not so, ``Conflict`` when the case has changed. Locks both, the older first.
    """
    if len(reason.strip()) < 10:
        raise InvalidInput([FieldProblem("reason", "Bitte begründen Sie das in einem Satz.")])
    target = load_case(session, house, number=leading)
    if target.id == vorgang_id:
        raise InvalidInput([FieldProblem("leading", "Das ist dieser Vorgang selbst.")])
    seen: dict[int, int | None] = {vorgang_id: expected_version, target.id: None}
    locked = {
        case_id: open_case(session, house, actor, case_id, seen[case_id], Power.REVIEW)
        for case_id in sorted(seen)
    }
    ending, lead = locked[vorgang_id], locked[target.id]
    _check(ending, lead)
    moved = _bring_over(session, house, actor, ending, lead)
    days = _days(ending, lead)
    told = _lead_on(session, house, actor, ending, lead, reason, moved, days)
    done = _end(session, house, actor, ending, lead, reason, days)
    return replace(done, letters=(*told.letters, *done.letters))


def _check(ending: Case, lead: Case) -> None:
    faults = []
    if ending.verfahren.key != lead.verfahren.key:
        faults.append(f"{lead.number} ist ein anderes Verfahren ({lead.verfahren.name}).")
    if not (can_join(ending) and can_join(lead)):
        faults.append("Zusammenführen geht nur, solange über beide noch nicht entschieden ist.")
    if lead.vorgang["progress"].get("pending"):
        faults.append(f"In {lead.number} liegt die Entscheidung schon zur Unterschrift.")
    if _born(ending) != _born(lead):
        faults.append(f"In {lead.number} steht ein anderes Geburtsdatum.")
    if faults:
        raise InvalidInput([FieldProblem("leading", fault) for fault in faults])


def _born(case: Case) -> tuple[Any, ...]:
    return tuple(case.person[f"birth_{part}"] for part in ("year", "month", "day"))


def _bring_over(
    session: Session, house: House, actor: Actor, ending: Case, lead: Case
) -> list[int]:
    """File the sheets and tie the evidence of the ending case to the leading one, with verdicts."""
    sheets = session.scalars(
        select(Blatt).where(Blatt.vorgang_id == ending.id).order_by(Blatt.id)
    ).all()
    ids = refer_sheets(
        session,
        lead.vorgang["akte_id"],
        sheets,
        filed_by=f"{actor.name} (aus {ending.number})",
        now=house.now(),
        vorgang_id=lead.id,
    )
    rows = [
        {
            "vorgang_id": lead.id,
            "blatt_id": ids[row["blatt_id"]],
            "kind": row["kind"],
            "accepted": row["accepted"],
            "remark": row["remark"],
        }
        for row in ending.row["evidence"]
    ]
    if rows:
        # Both may have proved something by the same sheet of the same file.
        session.execute(upsert(Evidence).on_conflict_do_nothing(), rows)
    return list(ids.values())


def _days(ending: Case, lead: Case) -> dict[str, str]:
    """Return both days of receipt as the logs keep them; ISO days compare like days."""
    ours, theirs = str(lead.vorgang["received_on"]), str(ending.vorgang["received_on"])
    return {"eingang_fuehrend": ours, "eingang_zweiter": theirs, "eingang": min(ours, theirs)}


def _lead_on(
    session: Session,
    house: House,
    actor: Actor,
    ending: Case,
    lead: Case,
    reason: str,
    moved: list[int],
    days: Mapping[str, str],
) -> StepDone:
    if days["eingang"] != days["eingang_fuehrend"]:
        received = date.fromisoformat(days["eingang"])
        session.execute(
            update(Vorgang)
            .where(Vorgang.id == lead.id)
            .values(received_on=received)
            .execution_options(synchronize_session=False)
        )
        renew(
            session,
            load_case(session, house, vorgang_id=lead.id),
            frozenset({"received_on"}),
        )
        uhren.restart_vwgo75(session, lead.row, received, house.law, now=house.now())
    _settle_fees(session, house, actor, ending, lead)
    fresh = load_case(session, house, vorgang_id=lead.id)
    changes: dict[str, Any] = {}
    if fresh.facts.duplicate_of == ending.number:
        changes["duplicate_of"] = None
    if fresh.state == "awaiting_applicant" and ending.row["evidence"]:
        got = fresh.facts.request.documents_received + len(ending.row["evidence"])
        changes["request"] = replace(fresh.facts.request, documents_received=got)
    notes = {"vorgang": ending.number, "blaetter": moved, **days}
    _record(session, house, actor, lead, {"from": ending.number, **days})
    label = f"Vorgang {ending.number} übernommen; maßgeblicher Eingang: {_german(days['eingang'])}"
    return noted(
        session, house, actor, fresh, "zusammenfuehrung", label, NORM, reason, changes, notes
    )


def _settle_fees(session: Session, house: House, actor: Actor, ending: Case, lead: Case) -> None:
    """One application, one fee: what was paid counts in the leading case, what is due falls."""
    settled = {"settled_at": house.now(), "settled_by": actor.user_id}
    for fee in ending.row["fees"]:
        if fee["status"] == "paid":
            paid = f"{fee['payment']} (im Vorgang {ending.number})"
            session.execute(
                update(Fee)
                .where(Fee.vorgang_id == lead.id, Fee.code == fee["code"], Fee.status == "due")
                .values(status="paid", payment=paid, **settled)
            )
        elif fee["status"] == "due":
            session.execute(
                update(Fee)
                .where(Fee.id == fee["id"])
                .values(status="waived", waiver_norm=NO_FEE, **settled)
            )


def _end(
    session: Session,
    house: House,
    actor: Actor,
    ending: Case,
    lead: Case,
    reason: str,
    days: Mapping[str, str],
) -> StepDone:
    cause = f"Der Antrag wird im Vorgang {lead.number} bearbeitet."
    note_cause(session, house, actor, ending.id, cause)
    label = f"Zusammengeführt mit {lead.number}"
    version = change_progress(
        session,
        house,
        actor,
        load_case(session, house, vorgang_id=ending.id),
        note_step("zusammenfuehrung", label, NORM, ()),
        reason=reason,
        parts={"joined_into": lead.number},
        notes={"label": label, "vorgang": lead.number, **days},
    )
    _record(session, house, actor, ending, {"into": lead.number, **days})
    return take_step(session, house, actor, ending.id, STEP, expected_version=version, reason=cause)


def _record(
    session: Session, house: House, actor: Actor, case: Case, facts: Mapping[str, Any]
) -> None:
    audit.record(
        session,
        actor,
        "vorgang.join",
        "vorgang",
        case.id,
        now=house.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        facts=facts,
    )


def _german(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"

"""Clocks of a case: from the dated lengths of the law to rows with their arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from abh.kernel.fristen import Frist, frist, untaetigkeit
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.tables import CaseFrist
from abh.workflows.uhrstand import arithmetic

# Clocks that a request to the applicant starts; they end when the request is settled.
APPLICANT_CLOCKS = ("nachforderung", "anhoerung")


def start_clock(
    session: Session,
    vorgang_id: int,
    kind: str,
    label: str,
    computed: Frist,
    *,
    beteiligung_id: int | None = None,
    letter_id: int | None = None,
) -> int:
    """Write a running clock; returns its id."""
    row = session.execute(
        insert(CaseFrist)
        .values(
            vorgang_id=vorgang_id,
            kind=kind,
            label=label,
            norm=computed.norm,
            starts_on=computed.start_day,
            due_on=computed.end,
            beteiligung_id=beteiligung_id,
            letter_id=letter_id,
            arithmetic=arithmetic(computed.steps),
        )
        .returning(CaseFrist.id)
    )
    return int(row.scalar_one())


def start_vwgo75(session: Session, vorgang_id: int, received_on: date, law: Rechtsstand) -> None:
    """Start the warnings before an action for failure to act becomes admissible (§ 75 VwGO)."""
    clock = untaetigkeit(received_on, law)
    lines = arithmetic(clock.frist.steps)
    rows = [
        {
            "vorgang_id": vorgang_id,
            "kind": f"vwgo75_{number}",
            "label": warning.text,
            "norm": "§ 75 VwGO",
            "starts_on": clock.frist.start_day,
            "due_on": warning.day,
            "arithmetic": lines,
        }
        for number, warning in enumerate(clock.warnings, start=1)
    ]
    if rows:
        session.execute(insert(CaseFrist), rows)


def restart_vwgo75(
    session: Session,
    case: Mapping[str, Any],
    received_on: date,
    law: Rechtsstand,
    *,
    now: datetime,
) -> None:
    """Let the warnings of § 75 VwGO count from ``received_on``; ``case`` is the row of a case."""
    kinds = [row["kind"] for row in case["fristen"] if row["kind"].startswith("vwgo75_")]
    vorgang_id = int(case["vorgang"]["id"])
    if kinds:
        stop_clocks(session, vorgang_id, now=now, kinds=kinds)
    start_vwgo75(session, vorgang_id, received_on, law)


def length(law: Rechtsstand, key: str, event_day: date) -> Frist:
    """Return the period of the law that begins with ``event_day`` (§ 31 VwVfG NRW)."""
    value = law.value(key, event_day)
    return frist(event_day, value.dauer, value.norm)


def stop_clocks(
    session: Session,
    vorgang_id: int,
    *,
    now: datetime,
    kinds: Sequence[str] | None = None,
    beteiligung_id: int | None = None,
) -> None:
    """End running clocks of a case: all, those of ``kinds``, or those of one participation."""
    change = update(CaseFrist).where(
        CaseFrist.vorgang_id == vorgang_id, CaseFrist.status.in_(("running", "stopped"))
    )
    if kinds is not None:
        change = change.where(CaseFrist.kind.in_(kinds))
    if beteiligung_id is not None:
        change = change.where(CaseFrist.beteiligung_id == beteiligung_id)
    session.execute(change.values(status="ended", ended_at=now))


def is_running(fristen: Iterable[Mapping[str, Any]], kind: str) -> bool:
    """Whether a clock of this kind runs."""
    return any(row["kind"] == kind and row["status"] == "running" for row in fristen)

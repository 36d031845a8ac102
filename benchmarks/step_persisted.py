"""A complete step of a case and its commit, against the same four statements in raw psycopg."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from abh.bench import measure
from abh.bench.server import connect
from abh.bench.world import World, furnish
from abh.db import transaction
from abh.workflows.repository import CASE_SQL
from abh.workflows.service import take_step

ROUNDS = 400
WARM_UP = 40
# Both ways between review and decision: eight guards and the checklist there, a reason back.
BACK, FORTH = "erneut_pruefen", "entscheidungsreif"
REASON = "Der Arbeitgeber hat gewechselt."

LOAD = CASE_SQL.replace("%", "%%") + " WHERE v.id = %s"
MOVE = (
    "UPDATE vorgang SET state = %s, state_since = %s, row_version = row_version + 1,"
    " closed_at = %s, progress = %s, harm_on = %s, harm_key = %s"
    " WHERE id = %s AND row_version = %s"
)
LOG = (
    "INSERT INTO vorgang_step (vorgang_id, seq, step, from_state, to_state, at, actor_id,"
    " actor_name, norm, reason, facts) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
AUDIT = (
    "INSERT INTO audit_entry (at, actor_kind, actor_id, actor_name, action, entity, entity_id,"
    " vorgang_id, person_id, is_read, facts) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def run(database_url: str, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield one line: ``statements`` are those of one step of ours (the floor has four)."""
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        raw = connect(database_url)
        try:
            ours = _ours(world, _ready(world))
            floor = _floor(raw, world, _ready(world))
            with measure.counting(world.engine) as statements:
                ours()
            floor()
            series = measure.in_turns(ours, floor, rounds, warm_up=min(WARM_UP, rounds))
            yield measure.line(
                "step_persisted",
                *series,
                p95_ms=round(measure.percentile(series[0], 0.95), 3),
                statements=len(statements),
            )
        finally:
            raw.close()
            world.close()


def _ready(world: World) -> int:
    case_id = world.file()
    world.to_decision(case_id)
    return case_id


def _ours(world: World, case_id: int) -> Callable[[], None]:
    case = world.case(case_id)
    version, state = int(case.vorgang["row_version"]), case.state

    def step() -> None:
        nonlocal version, state
        with transaction(world.sessions) as session:
            done = take_step(
                session,
                world.house,
                world.clerk,
                case_id,
                BACK if state == "decision_ready" else FORTH,
                expected_version=version,
                reason=REASON,
            )
        version, state = done.row_version, done.state

    return step


def _floor(raw: psycopg.Connection, world: World, case_id: int) -> Callable[[], None]:
    clerk, now = world.clerk, world.house.now()

    def step() -> None:
        with raw.cursor() as cursor:
            row: Any = cursor.execute(LOAD, (case_id,)).fetchone()
            case, person = row[0], row[1]
            version = case["row_version"]
            state = "in_review" if case["state"] == "decision_ready" else "decision_ready"
            cursor.execute(
                MOVE,
                (
                    state,
                    now,
                    None,
                    Jsonb(case["progress"]),
                    case["harm_on"],
                    case["harm_key"],
                    case_id,
                    version,
                ),
            )
            facts = {"step": BACK, "from": case["state"], "to": state, "version": version + 1}
            cursor.execute(
                LOG,
                (
                    case_id,
                    version + 1,
                    BACK,
                    case["state"],
                    state,
                    now,
                    clerk.user_id,
                    clerk.name,
                    "§ 24 VwVfG NRW",
                    REASON,
                    Jsonb({}),
                ),
            )
            cursor.execute(
                AUDIT,
                (
                    now,
                    "staff",
                    clerk.user_id,
                    clerk.name,
                    "vorgang.step",
                    "vorgang",
                    case_id,
                    case_id,
                    person["id"],
                    False,
                    Jsonb(facts),
                ),
            )
        raw.commit()

    return step

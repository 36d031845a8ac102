"""The rows with which every bulk case begins: its file and itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from abh.demo.paths import Path
from abh.demo.rows import Rows
from abh.demo.world import Clerk, World, as_json
from abh.kernel.ids import derived_token, token_hash
from abh.workflows.facts import Facts


def open_case(
    rows: Rows,
    world: World,
    path: Path,
    person: Mapping[str, Any],
    owner: Clerk,
    facts: Facts,
    antrag: Mapping[str, Any],
    instants: Sequence[datetime],
    *,
    number: str,
    received: date,
    channel: str,
    company_id: int | None,
    harm: tuple[date, str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put file and case of ``person`` aside and return both rows.

    ``instants`` are those of the steps of ``path``; ``harm`` is the day and key of the harm.
    """
    akte = rows.add(
        "akte",
        person_id=person["id"],
        number=f"54/{number}",
        access_class="aufenthalt",
        last_sheet=0,
        created_at=instants[0],
    )
    harm_on, harm_key = harm
    case = rows.add(
        "vorgang",
        number=number,
        verfahren=world.verfahren.key,
        version=world.verfahren.version,
        state=path.state,
        state_since=instants[-1],
        row_version=len(instants) + 1,
        person_id=person["id"],
        akte_id=akte["id"],
        unit_key=world.unit_key,
        owner_id=owner.id,
        company_id=company_id,
        received_on=received,
        received_channel=channel,
        opened_at=instants[0],
        closed_at=None if path.is_open else instants[-1],
        title_kind=facts.title_kind.name,
        title_until=facts.title_until,
        job_start=facts.job_start,
        harm_on=harm_on,
        harm_key=harm_key,
        antrag=as_json(antrag),
        status_token_hash=token_hash(derived_token(world.secret, f"status:{number}:0")),
        language=person["language"],
    )
    return akte, case

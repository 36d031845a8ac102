"""Beside the list of next things: the chosen case in short, and the newest sheet of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import text

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy, require
from abh.web import session as web
from abh.web.i18n import for_staff
from abh.web.pages import vorgang_reihen as reihen
from abh.web.parts import ClockChip
from abh.workflows.checklist import Item, evaluate_checklist, unsettled_items
from abh.workflows.machine import possible_steps
from abh.workflows.powers import powers_of
from abh.workflows.steps import check_scope, load_case
from abh.workflows.zugriff import RESTRICTED

# No frame around it: htmx puts it beside the list; without JavaScript the list carries it itself.
blueprint = for_staff(Blueprint("blick", __name__))

MOST = 6
_SHOWN = ("application/pdf", "image/jpeg", "image/png")

_SHEET = text(
    """
SELECT id, sheet_no, title, mime FROM blatt
 WHERE akte_id = :akte_id AND mime = ANY(:shown)
   AND (vorgang_id IS NULL OR vorgang_id NOT IN (
        SELECT o.id FROM vorgang o WHERE o.akte_id = :akte_id
           AND o.verfahren = ANY(:restricted) AND o.unit_key <> :own))
 ORDER BY sheet_no DESC LIMIT 1
"""
)


@dataclass(frozen=True, slots=True)
class Blick:
    """What a clerk needs of a case to know whether it is the next one."""

    number: str
    name: str
    verfahren: str
    state: str
    clocks: Sequence[ClockChip]
    unsettled: Sequence[Item]
    more: int
    steps: Sequence[str]
    sheet: Mapping[str, Any] | None


@blueprint.get("/desk/blick/<number>")
@policy(Power.CASE_READ)
def part(number: str) -> str:
    """Return the case in short with its newest sheet, without a frame."""
    return render_template("desk/_blick.html", blick=glance(web.actor(), number))


def glance(who: Actor, number: str) -> Blick:
    """Return the case in short; the look is recorded as one at the case. Three statements.

    Raises ``NotFound``, ``NotAllowed`` as the case page does.
    """
    session, house = web.reading(), web.house()
    case = load_case(session, house, number=number)
    check_scope(who, case)
    require(who, Power.CASE_READ, case.vorgang["unit_key"])
    params = {
        "akte_id": case.vorgang["akte_id"],
        "own": who.unit_key or "",
        "restricted": sorted(RESTRICTED),
        "shown": list(_SHOWN),
    }
    sheet = session.execute(_SHEET, params).mappings().one_or_none()
    audit.record(
        session,
        who,
        "vorgang.read",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    state = case.verfahren.state(case.state)
    unsettled = unsettled_items(evaluate_checklist(case.verfahren, case.facts))
    offered = possible_steps(case.verfahren, case.state, case.facts, powers_of(who))
    running = [each for each in reihen.clocks(case, house.today) if each["status"] == "running"]
    return Blick(
        number=case.number,
        name=case.full_name,
        verfahren=case.verfahren.name,
        state=state.label if state else case.state,
        clocks=[each["chip"] for each in running[:3]],
        unsettled=unsettled[:MOST],
        more=max(0, len(unsettled) - MOST),
        steps=[each.step.label for each in offered if each.step is not None and each.allowed][
            :MOST
        ],
        sheet=None if sheet is None else dict(sheet),
    )

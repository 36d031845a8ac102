"""The cases of the story have real letters: rendered from their facts, filed, dated by their steps.

All other letters of the demo are stand-ins; rendering a hundred thousand would take days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.demo.world import LetterToRender
from abh.documents.freigabe import file_letter, letter_input
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder, content_of, hash_content
from abh.documents.letter_model import SignatureBlock
from abh.documents.tables import Letter
from abh.documents.zeichnung import evaluate
from abh.documents.zeichnung_types import Mandate, Permission, Rank, SigningFacts
from abh.kernel.clock import FixedClock, today
from abh.kernel.ids import derived_token
from abh.workflows import uhren
from abh.workflows.briefe import orders_of
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing
from abh.workflows.steps import load_case


def issue_letters(session: Session, house: House, wanted: Iterable[LetterToRender]) -> int:
    """Render and file the letters; return how many. Raises what the renderer refuses."""
    made = 0
    for letter in wanted:
        made += _issue(session, house, letter)
    return made


def _issue(session: Session, house: House, wanted: LetterToRender) -> int:
    then = replace(house, clock=FixedClock(wanted.at))
    case = load_case(session, house, vorgang_id=wanted.vorgang_id)
    step = case.verfahren.step(wanted.step)
    user = session.get_one(AppUser, wanted.clerk_id)
    if step is None:
        raise ValueError(f"{case.number} has no step {wanted.step}")
    if step.key == "einreichen":
        actor = applicant_actor()
    else:
        actor = SYSTEM if step.automatic else actor_of_user(user)
    progress = case.vorgang["progress"]
    doing = Doing(
        session=session,
        house=then,
        actor=actor,
        case=case,
        step=step,
        now=wanted.at,
        today=then.today,
        reason="",
        data={},
        progress=progress,
        notes=_notes(then, case, wanted.key, progress),
        invitation_token=derived_token(house.secret, f"invitation:{case.number}"),
    )
    # A request answered long ago names nothing any more: its letter cannot be made again.
    orders = [o for o in orders_of(doing, wanted.key) if o.fields.get("items", True)]
    for order in orders:
        _file(session, then, actor, order, _permission(house, actor, order))
    return len(orders)


def _notes(then: House, case: Case, key: str, progress: Mapping[str, Any]) -> dict[str, Any]:
    untils = {
        "N02": lambda: progress["request"]["until"],
        "N06": lambda: uhren.length(then.law, "termin.buchungsfrist", then.today).end.isoformat(),
        "N07": lambda: progress["hearing"]["until"],
    }
    asked = [part["kind"] for part in case.row["beteiligungen"]]
    return {"angefragt": asked, **({"until": untils[key]()} if key in untils else {})}


def _permission(house: House, actor: Actor, order: LetterOrder) -> Permission:
    # The table of today: the one of the day of an old demo letter was never written.
    facts = SigningFacts(
        letter_key=order.key,
        channel=order.channel,
        outcome=order.outcome,
        preparer_id=str(actor.user_id or ""),
        signer_id=str(actor.user_id or ""),
        signer_rank=Rank[actor.rank] if actor.rank else None,
        signer_unit=actor.unit_key or "",
        case_unit=order.unit_key,
        mandate=Mandate(date(2020, 1, 1)),
    )
    return evaluate(house.zeichnung, facts, today(house.clock))


def _file(
    session: Session, then: House, actor: Actor, order: LetterOrder, permission: Permission
) -> None:
    content = content_of(order, prepared_in_training=False)
    # Its number stands in the code on the paper, so it is drawn before the letter is.
    number = session.scalar(select(func.nextval(func.pg_get_serial_sequence("letter", "id"))))
    letter = Letter(
        id=number,
        key=order.key,
        outcome=order.outcome,
        akte_id=order.akte_id,
        vorgang_id=order.vorgang_id,
        unit_key=order.unit_key,
        content=content,
        content_sha256=hash_content(content),
        remedy=permission.remedy.value,
        channel=order.channel.value,
        prepared_by=actor.user_id,
        final_signer_id=None if permission.automatic else actor.user_id,
        created_at=then.now(),
    )
    signer = "" if permission.automatic else actor.name
    rendered = then.renderer.render(
        letter_input(then, letter, SignatureBlock.of(permission, signer))
    )
    # An electronic seal would bear the day of today.
    unsealed = replace(then, sealer=None)
    file_letter(session, unsealed, letter, rendered, permission, filed_by=actor.name)
    session.add(letter)
    session.flush()

"""Electronic service in the case: order it, take the receipts of the gateways, end what expired."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.documents import ewege
from abh.documents.house import House
from abh.documents.tables import Dispatch, Letter
from abh.documents.versandstelle import GatewayFailed, Receipt
from abh.documents.zeichnung_types import Channel
from abh.kernel.clock import Clock
from abh.kernel.errors import NotFound
from abh.workflows.aenderung import noted
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.steps import StepDone, check_scope, lock_case, need_power
from abh.workflows.versand import begin_action_period

log = logging.getLogger(__name__)

_NORM = "§ 41 Abs. 2, 2a VwVfG NRW"
_NOT_NOTIFIED = "Elektronisch nicht zugestellt: anderen Weg wählen und neu zustellen"


def choose_way(
    session: Session, house: House, actor: Actor, letter_id: int, channel: Channel
) -> StepDone:
    """Set the way a signed letter goes. Raises as ``documents.ewege.choose_way``."""
    case = _locked(session, house, letter_id)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    ewege.choose_way(session, house, actor, letter_id, channel)
    return noted(
        session, house, actor, case, "versandweg", "Versandweg gewählt", _NORM, "", {},
        {"letter": letter_id, "channel": channel.value},
    )  # fmt: skip


def send(
    session: Session, house: House, actor: Actor, letter_id: int, *, address: str = ""
) -> StepDone:
    """Order the electronic service of a letter. Raises as ``documents.ewege.send``."""
    case = _locked(session, house, letter_id)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    row = ewege.send(session, house, actor, letter_id, address=address)
    return noted(
        session, house, actor, case, "versand", "Brief elektronisch abgegangen", _NORM, "", {},
        {"letter": letter_id, "channel": row.channel},
    )  # fmt: skip


def sweep_receipts(session: Session, clock: Clock, limit: int = 100) -> int:
    """Take what the gateways told; returns how many receipts changed something.

    A receipt is put away at the run after the one that wrote its effect, so that none is lost when
    this process dies; told twice, it changes nothing.
    """
    house = _house(clock)
    if house.gateway is None:
        return 0
    done = 0
    for receipt in house.gateway.receipts(limit):
        with session.begin_nested():
            new = _take(session, house, receipt)
        if new:
            done += 1
        else:
            house.gateway.archive(receipt)
    return done


def sweep_unretrieved(session: Session, clock: Clock, limit: int = 100) -> int:
    """End mailbox messages that nobody retrieved in ten days; they were never notified."""
    house = _house(clock)
    done = 0
    for row in ewege.unretrieved(session, house.today, limit):
        try:
            with session.begin_nested():
                case = _locked(session, house, row.letter_id)
                session.refresh(row, with_for_update=True)
                ewege.expire(session, house, row)
                _tell(session, house, case, row)
        except GatewayFailed:
            # The operator must take it back first; the next run tries again.
            log.warning("dispatch %s cannot be recalled now", row.id)
            continue
        done += 1
    return done


def _take(session: Session, house: House, receipt: Receipt) -> bool:
    letter_id = session.scalar(select(Dispatch.letter_id).where(Dispatch.id == receipt.dispatch_id))
    if letter_id is None:
        log.warning("receipt for unknown dispatch %s", receipt.dispatch_id)
        return False
    case = _locked(session, house, letter_id)
    try:
        applied = ewege.apply_receipt(session, house, receipt)
    except NotFound:
        log.warning("receipt for dispatch %s that went no electronic way", receipt.dispatch_id)
        return False
    if applied is None:
        return False
    row, known = applied
    letter = session.get_one(Letter, letter_id)
    if row.transfer in ("refused", "expired"):
        _tell(session, house, case, row)
        return True
    changes, notes = begin_action_period(session, house, case, letter, known)
    label = "Brief abgerufen" if row.retrieved_on is not None else "Brief elektronisch angekommen"
    noted(session, house, SYSTEM, case, "versand", label, _NORM, receipt.text, changes, notes)
    return True


def _tell(session: Session, house: House, case: Case, row: Dispatch) -> None:
    noted(
        session, house, SYSTEM, case, "ruecklauf", _NOT_NOTIFIED, _NORM, row.transfer_note,
        {"awaiting_service": True}, {"letter": row.letter_id, "channel": row.channel},
    )  # fmt: skip


def _locked(session: Session, house: House, letter_id: int) -> Case:
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    return lock_case(session, house, letter.vorgang_id, expected_version=None)


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    return clock

"""A letter that came back: its action period never ran, and the address has to be found."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import dispatch
from abh.documents.codes import letter_of_code
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.errors import NotFound
from abh.workflows import uhren
from abh.workflows.aenderung import noted
from abh.workflows.definition import Power
from abh.workflows.steps import StepDone, check_scope, lock_case, need_power
from abh.workflows.tables import FiktionRecord

# Written by ``versand.record_dispatch``.
NOTIFIED = "Ablehnung bekannt gegeben"
NO_LETTER = "Diese Kennung gehört zu keinem Brief dieses Amtes."
ADDRESS_INQUIRY = "Anschrift beim Melderegister ermitteln, dann neu zustellen"


def letter_by_code(session: Session, house: House, code: str) -> Letter:
    """Return the letter whose code stands on a returned envelope; raises ``NotFound``."""
    letter_id = letter_of_code(code.strip(), house.secret)
    letter = session.get(Letter, letter_id) if letter_id is not None else None
    if letter is None:
        raise NotFound(NO_LETTER)
    return letter


def record_returned(
    session: Session, house: House, actor: Actor, letter_id: int, *, on: date, reason: str
) -> StepDone:
    """Record returned mail: the action period stops, the case waits for a new service.

    Locks the case first. Raises ``NotFound``, ``InvalidInput``, ``Conflict`` (see
    ``dispatch.mail_returned``).
    """
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    case = lock_case(session, house, letter.vorgang_id, expected_version=None)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    letter = dispatch.mail_returned(session, house, actor, letter_id, on=on, reason=reason)
    changes: dict[str, Any] = {}
    if letter.remedy == "klage_1_monat" and case.state == "refused":
        uhren.stop_clocks(session, case.id, now=house.now(), kinds=["klage", "klage_warnung"])
        # § 81 Abs. 4 AufenthG lasts until the decision takes effect, which needs its notification.
        session.execute(
            update(FiktionRecord)
            .where(FiktionRecord.vorgang_id == case.id, FiktionRecord.ended_by == NOTIFIED)
            .values(ended_on=None, ended_by="")
        )
        changes = {"remedy": None, "awaiting_service": True}
    return noted(
        session,
        house,
        actor,
        case,
        "ruecklauf",
        f"Brief zurückgekommen: {ADDRESS_INQUIRY}",
        "§ 41 Abs. 2 Satz 3 VwVfG NRW",
        reason,
        changes,
        {"letter": letter_id, "on": on.isoformat()},
    )

"""Custody of numbered forms (§ 58 AufenthV): received, issued, spoiled; none may go missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.house import House
from abh.documents.tables import FormIssue, FormStock
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound

# A delivery is a bundle; more at once is a slip of the typing hand.
MOST_AT_ONCE = 1_000
# The numbered forms that an office keeps under lock, with their norm.
FORMS: Mapping[str, str] = {
    "D2a": "Duldung (§ 60a AufenthG)",
    "D3": "Fiktionsbescheinigung (§ 81 Abs. 5 AufenthG)",
    "D11": "Zusatzblatt zum Aufenthaltstitel",
    "D12": "Aufenthaltsgestattung (§ 63 AsylG)",
    "D15": "Bescheinigung (D15)",
    "Einbürgerungsurkunde": "Einbürgerungsurkunde (§ 16 StAG)",
}
_SERIAL = re.compile(r"([A-Z]{0,4})(\d{3,12})")


def serial_range(first: str, last: str) -> list[str]:
    """Return all serial numbers from ``first`` to ``last``, e.g. ``K0000998`` to ``K0001002``.

    Raises ``InvalidInput`` for numbers of different kinds, turned round or too many.
    """
    a, b = _SERIAL.fullmatch(first.strip()), _SERIAL.fullmatch(last.strip())
    if a is None or b is None or a.group(1) != b.group(1) or len(a.group(2)) != len(b.group(2)):
        text = "Bitte zwei Nummern derselben Art angeben, z. B. K0000998 bis K0001002."
        raise InvalidInput([FieldProblem("last", text)])
    low, high, width = int(a.group(2)), int(b.group(2)), len(a.group(2))
    if not low <= high < low + MOST_AT_ONCE:
        text = f"Die letzte Nummer liegt vor der ersten, oder es sind mehr als {MOST_AT_ONCE}."
        raise InvalidInput([FieldProblem("last", text)])
    return [f"{a.group(1)}{number:0{width}d}" for number in range(low, high + 1)]


def receive(
    session: Session, house: House, actor: Actor, form: str, serials: Sequence[str], unit_key: str
) -> int:
    """Take a delivery into stock; returns how many. Raises ``Conflict`` naming known numbers."""
    require(actor, Power.UNIT_LEAD, unit_key)
    if form not in FORMS:
        raise InvalidInput([FieldProblem("form", "Diesen Vordruck führt das Amt nicht.")])
    rows = [
        {
            "form": form,
            "serial_no": serial,
            "unit_key": unit_key,
            "received_on": house.today,
            "received_by": actor.user_id,
        }
        for serial in serials
    ]
    added = session.scalars(
        upsert(FormStock).on_conflict_do_nothing().returning(FormStock.serial_no), rows
    ).all()
    known = sorted(set(serials) - set(added))
    if known:
        raise Conflict(f"Schon im Bestand: {', '.join(known[:5])}.")
    _note(session, house, actor, "form.receive", None, {"form": form, "count": len(added)})
    return len(added)


def check_issuable(session: Session, form: str, serial_no: str) -> FormStock | None:
    """Lock a form that is about to be issued; None where the office keeps no stock of that form.

    Raises ``Conflict`` for one that was issued or spoiled, ``NotFound`` for one never received.
    """
    row = session.scalar(
        select(FormStock)
        .where(FormStock.form == form, FormStock.serial_no == serial_no)
        .with_for_update()
    )
    if row is None:
        kept = session.scalar(select(FormStock.id).where(FormStock.form == form).limit(1))
        if kept is None:
            return None
        raise NotFound(f"Der Vordruck {form} {serial_no} ist nicht im Bestand.")
    if row.state != "stock":
        words = {"issued": "schon ausgegeben", "spoiled": f"verworfen ({row.reason})"}
        raise Conflict(f"Der Vordruck {form} {serial_no} ist {words[row.state]}.")
    return row


def issued(session: Session, house: House, actor: Actor, form_issue_id: int) -> None:
    """Move the form of an issue out of stock. Raises as ``check_issuable``."""
    issue = session.get_one(FormIssue, form_issue_id)
    row = check_issuable(session, issue.form, issue.serial_no)
    if row is None:
        return
    row.state = "issued"
    row.form_issue_id = form_issue_id
    row.changed_at, row.changed_by = house.now(), actor.user_id
    session.flush()


def spoil(
    session: Session, house: House, actor: Actor, form: str, serial_no: str, reason: str
) -> None:
    """Mark a form as spoiled (misprint, damaged), with the reason; it stays countable."""
    if not reason.strip():
        raise InvalidInput([FieldProblem("reason", "Bitte den Grund angeben.")])
    row = check_issuable(session, form, serial_no)
    if row is None:
        raise NotFound(f"Der Vordruck {form} {serial_no} ist nicht im Bestand.")
    require(actor, (Power.CASE_COUNTER, Power.UNIT_LEAD), row.unit_key)
    row.state, row.reason = "spoiled", reason.strip()
    row.changed_at, row.changed_by = house.now(), actor.user_id
    _note(session, house, actor, "form.spoil", row.id, {"form": form, "serial": serial_no})


def stock(session: Session, unit_key: str | None) -> list[tuple[str, str, str, int]]:
    """Return form, unit, state and count; a unit of None means all units."""
    query = select(FormStock.form, FormStock.unit_key, FormStock.state, func.count())
    if unit_key is not None:
        query = query.where(FormStock.unit_key == unit_key)
    grouped = query.group_by(FormStock.form, FormStock.unit_key, FormStock.state)
    rows = session.execute(grouped.order_by(FormStock.form, FormStock.unit_key, FormStock.state))
    return [(form, unit, state, count) for form, unit, state, count in rows]


def find(session: Session, serial_no: str, unit_key: str | None) -> list[FormStock]:
    """Return the sheets with that number, of one unit or (None) of all; kinds may share one."""
    query = select(FormStock).where(FormStock.serial_no == serial_no.strip().upper())
    if unit_key is not None:
        query = query.where(FormStock.unit_key == unit_key)
    return list(session.scalars(query.order_by(FormStock.form).limit(20)))


def spoiled(session: Session, unit_key: str | None, limit: int = 50) -> list[FormStock]:
    """Return the sheets that were spoiled last, with their reasons."""
    query = select(FormStock).where(FormStock.state == "spoiled")
    if unit_key is not None:
        query = query.where(FormStock.unit_key == unit_key)
    return list(session.scalars(query.order_by(FormStock.changed_at.desc()).limit(limit)))


def _note(
    session: Session,
    house: House,
    actor: Actor,
    action: str,
    row_id: int | None,
    facts: dict[str, object],
) -> None:
    audit.record(session, actor, action, "form_stock", row_id, now=house.now(), facts=facts)

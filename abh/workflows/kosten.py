"""Writing the fees of a case: due at the application, or when something is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts
from abh.workflows.gebuehren import FeeLine, fees_for
from abh.workflows.tables import Fee

if TYPE_CHECKING:
    from abh.workflows.dossier import Case


def charge(
    session: Session, vorgang_id: int, verfahren: Verfahren, facts: Facts, event: str = ""
) -> tuple[FeeLine, ...]:
    """Write the fees that are due now; returns what was written. The case is locked already.

    The fee of the application is due once. That of an event is due each time, but not while one
    of its kind is still unpaid. An exemption is written as a fee that is waived with its norm, so
    that the file shows why nothing was asked for.
    """
    lines = tuple(line for line in fees_for(verfahren, facts, event) if line.amount is not None)
    if not lines:
        return ()
    known = session.execute(
        select(Fee.code, func.count(), func.bool_or(Fee.status == "due"))
        .where(Fee.vorgang_id == vorgang_id)
        .group_by(Fee.code)
    ).all()
    turns = {code: (turns, due) for code, turns, due in known}
    written = []
    for line in lines:
        before, due = turns.get(line.law_key, (0, False))
        if before and (not event or due):
            continue
        columns = _columns(line) | {"vorgang_id": vorgang_id, "turn": before + 1}
        session.execute(insert(Fee).values(**columns))
        written.append(line)
    return tuple(written)


def reassess(session: Session, before: Facts, case: Case) -> bool:
    """Bring the fees of the application into line with facts that were corrected since ``before``.

    Returns whether anything changed. What a person settled stays as it is; so does everything
    where the correction makes no difference, however the law or an age has moved on meanwhile.
    The case is locked already.
    """
    verfahren = case.verfahren
    wanted = [one for one in fees_for(verfahren, case.facts) if one.amount is not None]
    if wanted == [one for one in fees_for(verfahren, before) if one.amount is not None]:
        return False
    mine = {rule.law_key for rule in verfahren.gebuehren if not rule.event}
    rows = [fee for fee in case.row["fees"] if fee["code"] in mine]
    if any(fee["settled_by"] is not None or fee["status"] == "paid" for fee in rows):
        return False
    session.execute(delete(Fee).where(Fee.id.in_([fee["id"] for fee in rows])))
    for line in wanted:
        session.execute(insert(Fee).values(**_columns(line), vorgang_id=case.id))
    return True


def _columns(line: FeeLine) -> dict[str, Any]:
    return {
        "code": line.law_key,
        "label": line.label,
        "amount": line.amount,
        "norm": line.norm,
        "status": "waived" if line.waived_norm else "due",
        "waiver_norm": line.waived_norm,
    }

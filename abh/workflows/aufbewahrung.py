"""Retention of files: their end, the clocks of the Aktenplan, what stops a deletion, proposals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, in_scope, require
from abh.documents.house import House
from abh.documents.tables import Akte
from abh.documents.tables_akte import DeletionHold, DeletionItem, DeletionRun
from abh.kernel.clock import BERLIN
from abh.kernel.errors import (
    Conflict,
    DomainError,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from abh.persons.tables import Person
from abh.workflows.aktenplan import ENDS, SPECIAL, TOD, Lage, Loeschfrist, loeschfrist
from abh.workflows.dossier import Case
from abh.workflows.steps import load_case
from abh.workflows.tables import CaseFrist, Vorgang
from abh.workflows.uhrstand import arithmetic

CLOCK = "aktenplan"
MOST_ITEMS = 200

# Files whose end a case tells: sent away for good (P34), or alive again: by a later application,
# or because the news of the death was wrong.
_SENT = text(
    """
UPDATE akte a SET ended_on = s.day, ended_ground = 'fortzug'
  FROM (SELECT v.akte_id, max(f.starts_on) - 1 AS day FROM vorgang v
          JOIN frist f ON f.vorgang_id = v.id AND f.kind = 'B_AKTE'
         WHERE v.verfahren = 'P34' AND v.state IN ('shipped', 'retention_over')
         GROUP BY v.akte_id) s
 WHERE a.id = s.akte_id AND a.ended_on IS NULL
   AND NOT EXISTS (SELECT 1 FROM vorgang o WHERE o.akte_id = a.id
                    AND o.received_on > s.day)
RETURNING a.id
"""
)
_ALIVE = text(
    """
UPDATE akte a SET ended_on = NULL, ended_ground = ''
 WHERE a.ended_on IS NOT NULL
   AND EXISTS (SELECT 1 FROM vorgang o JOIN person p ON p.id = o.person_id
                WHERE o.akte_id = a.id AND (o.received_on > a.ended_on
                   OR (a.ended_ground = 'tod' AND p.died_on IS NULL)))
   AND NOT EXISTS (SELECT 1 FROM person d WHERE d.id = a.person_id AND d.died_on IS NOT NULL)
RETURNING a.id
"""
)
# Nobody applies any more: the file ends with the person once nothing is open in it.
_DEAD = text(
    """
UPDATE akte a SET ended_on = p.died_on, ended_ground = 'tod'
  FROM person p
 WHERE p.id = a.person_id AND p.died_on IS NOT NULL AND a.ended_on IS NULL
   AND NOT EXISTS (SELECT 1 FROM vorgang o WHERE o.akte_id = a.id AND o.closed_at IS NULL)
RETURNING a.id
"""
)
_WITHOUT_CLOCK = text(
    """
SELECT v.id FROM vorgang v JOIN akte a ON a.id = v.akte_id
 WHERE v.closed_at IS NOT NULL AND (a.ended_on IS NOT NULL OR v.verfahren = ANY(:special))
   AND v.id > :after
   AND NOT EXISTS (SELECT 1 FROM frist f WHERE f.vorgang_id = v.id AND f.kind = :kind
                    AND f.status <> 'ended')
 ORDER BY v.id LIMIT :limit
"""
)
_DUE = text(
    """
SELECT v.id, v.akte_id, v.unit_key, v.verfahren, f.law_key AS art, f.norm, f.event_on, f.due_on,
       f.arithmetic
  FROM frist f JOIN vorgang v ON v.id = f.vorgang_id
 WHERE f.kind = :kind AND f.status <> 'ended' AND f.due_on < :today AND v.closed_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM deletion_item i JOIN deletion_run r ON r.id = i.run_id
                    WHERE i.vorgang_id = v.id AND r.state IN ('proposed','checked','running'))
 ORDER BY f.due_on, v.id LIMIT :limit
"""
)
_HOLDS = text(
    """
SELECT v.id,
       v.closed_at IS NULL AS open,
       EXISTS (SELECT 1 FROM vorgang o WHERE o.person_id = v.person_id AND o.id <> v.id
                AND o.closed_at IS NULL) AS other_open,
       EXISTS (SELECT 1 FROM vorgang o WHERE o.akte_id = v.akte_id
                AND o.progress #>> '{remedy,action_filed_on}' IS NOT NULL
                AND coalesce(o.progress #>> '{remedy,outcome}', 'OPEN') IN ('OPEN', 'offen'))
         AS remedy,
       EXISTS (SELECT 1 FROM frist f WHERE f.vorgang_id = v.id AND f.status = 'running'
                AND f.kind NOT IN (:kind, 'B_AKTE', 'LOESCHUNG')) AS clock,
       EXISTS (SELECT 1 FROM vorgang o JOIN frist f ON f.vorgang_id = o.id
                WHERE o.person_id = v.person_id AND o.id <> v.id AND f.kind = :kind
                  AND f.law_key = 'ausweisung' AND f.status = 'running') AS expulsion,
       EXISTS (SELECT 1 FROM fee g WHERE g.vorgang_id = v.id AND g.status = 'due') AS unpaid,
       (SELECT string_agg(h.reason, '; ' ORDER BY h.id) FROM deletion_hold h
         WHERE h.akte_id = v.akte_id AND h.lifted_at IS NULL) AS hold
  FROM vorgang v WHERE v.id = ANY(:ids)
"""
)


def holds(session: Session, ids: Sequence[int], *, with_file: Mapping[int, bool]) -> dict[int, str]:
    """Return why cases must not be deleted now, in a sentence; what may go is not in it.

    ``with_file`` says of which cases the period counts from the end of the person's file: those
    also wait for every other open case of the person.
    """
    found = {}
    for row in session.execute(_HOLDS, {"ids": list(ids), "kind": CLOCK}).mappings():
        reasons = []
        if row["open"]:
            reasons.append("Der Vorgang ist offen")
        if row["other_open"] and with_file.get(row["id"], True):
            reasons.append("Ein anderer Vorgang der Person ist offen")
        if row["remedy"]:
            reasons.append("Eine Klage ist anhängig")
        if row["clock"]:
            reasons.append("Im Vorgang läuft noch eine Frist")
        if row["expulsion"] and with_file.get(row["id"], True):
            # Of somebody who was expelled all data stay until those of the expulsion go.
            reasons.append("Die Löschfrist einer Ausweisung läuft (§ 68 Abs. 2 Satz 1 AufenthV)")
        if row["unpaid"]:
            reasons.append("Eine Gebühr ist offen")
        if row["hold"]:
            reasons.append(f"Löschsperre: {row['hold']}")
        if reasons:
            found[int(row["id"])] = "; ".join(reasons) + "."
    return found


def sweep_retention(session: Session, clock: Any, limit: int = 500) -> int:
    """Follow the ends of files, write missing clocks, propose what is due; the nightly job.

    Returns how many cases got a clock or were proposed. Running twice changes nothing.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    follow_ends(session, clock)
    return write_clocks(session, clock, limit) + propose(session, clock, limit)


def follow_ends(session: Session, house: House) -> None:
    """End the files sent away for good and those of the dead; revive what lives again."""
    for action, sql in (("akte.end", _SENT), ("akte.end", _DEAD), ("akte.revive", _ALIVE)):
        for akte_id in session.scalars(sql).all():
            _stop_clocks(session, house, akte_id)
            audit.record(session, SYSTEM, action, "akte", akte_id, now=house.now())


def end_file(
    session: Session, house: House, actor: Actor, akte_id: int, *, on: date, ground: str
) -> None:
    """Move a file to the Ausländerdatei B (§ 67 AufenthV); its deletion clocks begin.

    Raises ``InvalidInput`` for an unknown ground or a day to come, ``Conflict`` while a case is
    open or for a day before the last application. Locks the Akte.
    """
    akte = _locked(session, akte_id)
    if ground not in ENDS:
        raise InvalidInput([FieldProblem("ground", "Bitte einen Grund wählen.")])
    if on > house.today:
        raise InvalidInput([FieldProblem("on", "Der Tag liegt in der Zukunft.")])
    _check_units(session, actor, akte_id, Power.CASE_DECIDE)
    person = session.get_one(Person, akte.person_id)
    if ground == TOD and person.died_on is None:
        # Else the nightly job would take the end back: nobody said that the person is dead.
        text_ = "Bitte zuerst den Tod der Person vermerken; ihre Akte endet dann von selbst."
        raise InvalidInput([FieldProblem("ground", text_)])
    rows = session.execute(
        select(Vorgang.closed_at, Vorgang.received_on).where(Vorgang.akte_id == akte_id)
    ).all()
    if any(row.closed_at is None for row in rows):
        raise Conflict("In dieser Akte ist noch ein Vorgang offen.")
    if any(row.received_on > on for row in rows):
        raise InvalidInput([FieldProblem("on", "Danach ging noch ein Antrag ein.")])
    akte.ended_on, akte.ended_ground = on, ground
    session.flush()
    _stop_clocks(session, house, akte_id)
    cases = session.scalars(select(Vorgang.id).where(Vorgang.akte_id == akte_id)).all()
    for vorgang_id in cases:
        _write_clock(session, house, vorgang_id)
    audit.record(
        session, actor, "akte.end", "akte", akte_id, now=house.now(),
        vorgang_id=cases[0] if cases else None, facts={"ground": ground, "day": on.isoformat()},
    )  # fmt: skip


def set_hold(session: Session, house: House, actor: Actor, akte_id: int, reason: str) -> None:
    """Stop every deletion in a file until the hold is lifted; the reason is for colleagues."""
    _locked(session, akte_id)
    if len(reason.strip()) < 5:
        raise InvalidInput([FieldProblem("reason", "Bitte den Grund der Sperre nennen.")])
    _check_units(session, actor, akte_id, Power.CASE_REVIEW)
    row = DeletionHold(
        akte_id=akte_id, reason=reason.strip(), set_by=actor.user_id, set_at=house.now()
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "akte.hold", "akte", akte_id, now=house.now())


def lift_hold(session: Session, house: House, actor: Actor, hold_id: int) -> int:
    """Lift a hold; returns its Akte. Raises ``Conflict`` when it is lifted already."""
    hold = session.get(DeletionHold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound("Diese Löschsperre gibt es nicht.")
    _check_units(session, actor, hold.akte_id, Power.CASE_REVIEW)
    if hold.lifted_at is not None:
        raise Conflict("Diese Löschsperre ist schon aufgehoben.")
    hold.lifted_by, hold.lifted_at = actor.user_id, house.now()
    audit.record(session, actor, "akte.unhold", "akte", hold.akte_id, now=house.now())
    return hold.akte_id


def write_clocks(session: Session, house: House, limit: int) -> int:
    """Write the deletion clock of closed cases that have none and whose period is known."""
    made, after = 0, 0
    while made < limit:
        ids = session.scalars(
            _WITHOUT_CLOCK,
            {"special": list(SPECIAL), "kind": CLOCK, "after": after, "limit": limit},
        ).all()
        if not ids:
            break
        made += sum(_write_clock(session, house, vorgang_id) for vorgang_id in ids)
        after = ids[-1]
    return made


def propose(session: Session, house: House, limit: int = 500) -> int:
    """Put what is due into a run of its Sachgebiet, one open run each; returns how many cases."""
    due = session.execute(_DUE, {"kind": CLOCK, "today": house.today, "limit": limit}).mappings()
    by_unit = defaultdict(list)
    for row in due:
        by_unit[row["unit_key"]].append(row)
    busy = set(
        session.scalars(
            select(DeletionRun.unit_key).where(DeletionRun.state.in_(("proposed", "checked")))
        )
    )
    proposed = 0
    for unit in sorted(by_unit.keys() - busy):
        rows = by_unit[unit][:MOST_ITEMS]
        run = DeletionRun(unit_key=unit, state="proposed", proposed_at=house.now())
        session.add(run)
        session.flush()
        session.execute(insert(DeletionItem), [_item(run.id, dict(row)) for row in rows])
        audit.record(
            session, SYSTEM, "loeschlauf.propose", "deletion_run", run.id, now=house.now(),
            facts={"count": len(rows)},
        )  # fmt: skip
        proposed += len(rows)
    return proposed


def _item(run_id: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "vorgang_id": row["id"],
        "akte_id": row["akte_id"],
        "verfahren": row["verfahren"],
        "kind": row["art"],
        "norm": row["norm"],
        "anchor_on": row["event_on"],
        "due_on": row["due_on"],
        "arithmetic": list(row["arithmetic"]),
    }


def period_of(case: Case, akte: Akte, house: House) -> Loeschfrist | None:
    """Return the period of a closed case by the Aktenplan, None while none runs."""
    closed = case.vorgang["closed_at"]
    if closed is None:
        return None
    lage = Lage(
        verfahren=case.verfahren.key,
        state=case.state,
        closed_on=_day(closed),
        ended_on=akte.ended_on,
        ended_ground=akte.ended_ground,
        angaben=case.facts.angaben,
    )
    return loeschfrist(lage, house.law, house.today)


def _write_clock(session: Session, house: House, vorgang_id: int) -> int:
    try:
        case = load_case(session, house, vorgang_id=vorgang_id)
        akte = session.get_one(Akte, case.vorgang["akte_id"])
        period = period_of(case, akte, house)
    except DomainError:
        # A case that cannot be read keeps its data; it is asked again the next night.
        return 0
    if period is None:
        return 0
    session.execute(
        insert(CaseFrist).values(
            vorgang_id=vorgang_id,
            kind=CLOCK,
            label=f"Löschfrist: {period.art.label}",
            norm=period.frist.norm,
            starts_on=period.frist.start_day,
            due_on=period.frist.end,
            arithmetic=[
                f"Beginn: {period.art.begins}.",
                *arithmetic(period.frist.steps),
            ],
            law_key=period.art.key,
            event_on=period.anchor,
        )
    )
    return 1


def _stop_clocks(session: Session, house: House, akte_id: int) -> None:
    cases = select(Vorgang.id).where(Vorgang.akte_id == akte_id)
    session.execute(
        update(CaseFrist)
        .where(
            CaseFrist.vorgang_id.in_(cases), CaseFrist.kind == CLOCK, CaseFrist.status != "ended"
        )
        .values(status="ended", ended_at=house.now())
    )


def _check_units(session: Session, actor: Actor, akte_id: int, power: str) -> None:
    """The file belongs to every Sachgebiet that has a case in it."""
    require(actor, power)
    units = session.scalars(select(Vorgang.unit_key).where(Vorgang.akte_id == akte_id)).all()
    if not any(in_scope(actor, unit) for unit in units):
        raise NotAllowed("Diese Akte gehört nicht zu Ihrem Sachgebiet.")


def _locked(session: Session, akte_id: int) -> Akte:
    akte = session.get(Akte, akte_id, with_for_update=True)
    if akte is None:
        raise NotFound(f"Akte {akte_id}")
    return akte


def _day(raw: Any) -> date:
    instant = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    return instant.astimezone(BERLIN).date()

"""Proving the audit log: every row that was changed, removed, moved or slipped in is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from abh.access.chain import ENTRY, GENESIS, link, slipped_in, unsealed
from abh.access.tables import AuditAnchor, AuditEntry, AuditSeal
from abh.kernel.clock import BERLIN

ProblemKind = Literal["changed", "missing", "inserted", "reordered", "unsealed_old"]

# The sealer chains within seconds; a row that waited longer means that it does not run.
PATIENCE: Final = timedelta(minutes=10)
_BATCH = 2_000
# Beyond so many faults the log is lost as a whole, and naming more rows helps nobody.
MOST_PROBLEMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault; ``entry_id`` is the row of ``audit_entry``, None when only its place is known."""

    kind: ProblemKind
    entry_id: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found; ``checked`` counts the entries whose seal holds."""

    ok: bool
    checked: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Broken:
    """A seal that does not fit its entry, with what is needed to see whether rows were swapped."""

    row: Row[Any]
    previous: bytes


def verify(session: Session, *, now: datetime) -> Verification:
    """Check the whole chain and the anchors in batches, in constant memory; changes nothing.

    Every seal is checked against the stored hash before it, so that one changed row is one fault
    and not the end of the chain.
    """
    problems: list[Problem] = []
    checked = _check_chain(session, problems)
    problems += _check_anchors(session)
    problems += _check_unsealed(session, now)
    return Verification(ok=not problems, checked=checked, problems=tuple(problems[:MOST_PROBLEMS]))


def _check_chain(session: Session, problems: list[Problem]) -> int:
    checked, seq, previous = 0, 0, GENESIS
    broken: list[_Broken] = []
    for row in _sealed(session):
        if row.seq != seq + 1:
            # Without the seal before it nothing can be said about this one: start anew here.
            problems.append(_gap(seq + 1, row.seq - 1))
        elif row.id is None:
            problems.append(
                Problem(
                    "missing",
                    row.entry_id,
                    f"Eintrag {row.entry_id} wurde gelöscht (Siegel {row.seq} ist noch da).",
                )
            )
        elif link(previous, row) != row.hash:
            broken.append(_Broken(row, previous))
        else:
            checked += 1
        seq, previous = row.seq, row.hash
        if len(problems) + len(broken) > MOST_PROBLEMS:
            break
    problems += [_judge(one, broken) for one in broken]
    return checked


def _sealed(session: Session) -> Iterator[Row[Any]]:
    rows = session.execute(
        select(AuditSeal.seq, AuditSeal.entry_id, AuditSeal.hash, *ENTRY.columns)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.seq)
        .execution_options(stream_results=True, yield_per=_BATCH)
    )
    yield from rows


def _gap(first: int, last: int) -> Problem:
    seals = f"Siegel {first} fehlt" if first == last else f"Siegel {first} bis {last} fehlen"
    return Problem("missing", None, f"{seals}: die Kette ist dort unterbrochen.")


def _judge(one: _Broken, broken: list[_Broken]) -> Problem:
    """Say whether a row that does not fit its seal was changed or stands in another's place."""
    entry_id = one.row.entry_id
    for other in broken[:100]:
        if other is not one and link(one.previous, other.row) == one.row.hash:
            place = f"Eintrag {entry_id} steht an falscher Stelle (Siegel {one.row.seq})"
            text = f"{place}; dorthin gehört Eintrag {other.row.entry_id}."
            return Problem("reordered", entry_id, text)
    when = f"{one.row.at.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}"
    text = (
        f"Eintrag {entry_id} wurde nachträglich verändert "
        f"(jetzt: {one.row.action}, {one.row.entity}, {when}; Siegel {one.row.seq})."
    )
    return Problem("changed", entry_id, text)


def _check_anchors(session: Session) -> list[Problem]:
    rows = session.execute(
        select(AuditAnchor, AuditSeal.hash, AuditSeal.entry_id)
        .outerjoin(AuditSeal, AuditSeal.seq == AuditAnchor.seq)
        .order_by(AuditAnchor.day)
    )
    problems = []
    for root, found, entry_id in rows:
        day = f"Tagesanker vom {root.day:%d.%m.%Y}"
        if found is None:
            text = f"{day}: Siegel {root.seq} fehlt; die Kette wurde gekürzt."
            problems.append(Problem("missing", None, text))
        elif found != root.hash:
            text = f"{day}: Siegel {root.seq} ist ein anderes; die Kette wurde neu geschrieben."
            problems.append(Problem("changed", entry_id, text))
    return problems


def _check_unsealed(session: Session, now: datetime) -> list[Problem]:
    forged = session.execute(
        select(ENTRY.c.id, ENTRY.c.action, ENTRY.c.at)
        .where(unsealed(), slipped_in(now))
        .order_by(ENTRY.c.id)
        .limit(MOST_PROBLEMS)
    ).all()
    problems = [
        Problem(
            "inserted",
            row.id,
            f"Eintrag {row.id} ({row.action}) wurde nachträglich eingeschoben.",
        )
        for row in forged
    ]
    waiting, oldest = session.execute(
        select(func.count(), func.min(ENTRY.c.id)).where(
            unsealed(), ~slipped_in(now), ENTRY.c.at < now - PATIENCE
        )
    ).one()
    if waiting:
        text = (
            f"{waiting} Einträge warten seit über 10 Minuten auf ihr Siegel, der erste ist "
            f"{oldest}. Läuft der Zeitplaner? Sonst: abh audit seal"
        )
        problems.append(Problem("unsealed_old", oldest, text))
    return problems

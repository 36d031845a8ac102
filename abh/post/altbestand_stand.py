"""How far lists of old post were read: for the page that follows a long import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.clock import Clock
from abh.post.tables import PostImport, PostImportFault

MOST_LISTS = 20
MOST_FAULTS = 200
# A batch takes seconds; what has not moved for that long was ended from outside.
STILL = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Lesestand:
    """A list and how far it is; ``still`` says that its run has died and can be started again."""

    id: int
    name: str
    rows_read: int
    rows_total: int
    taken: int
    known: int
    faults: int
    begun_at: datetime
    touched_at: datetime
    done_at: datetime | None
    still: bool

    @property
    def per_second(self) -> int:
        """Items and known ones a second so far; 0 before the first batch."""
        seconds = (self.touched_at - self.begun_at).total_seconds()
        return round((self.taken + self.known) / seconds) if seconds > 0 else 0


def lists(session: Session, actor: Actor, *, clock: Clock) -> Sequence[Lesestand]:
    """Return the newest lists, at most 20; numbers and file names only.

    Raises ``NotAllowed`` for who does not see all Sachgebiete: a list knows no borders.
    """
    require(actor, Power.ALL_UNITS)
    faults = (
        select(func.count(PostImportFault.row_no.distinct()))
        .where(PostImportFault.import_id == PostImport.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(PostImport, faults.label("faults")).order_by(PostImport.id.desc()).limit(MOST_LISTS)
    )
    return [_stand(row, int(count), clock.now()) for row, count in rows]


def _stand(row: PostImport, faults: int, now: datetime) -> Lesestand:
    touched = row.touched_at or row.begun_at
    return Lesestand(
        id=row.id,
        name=row.name,
        rows_read=row.rows_read,
        rows_total=max(row.rows_total or 0, row.rows_read),
        taken=row.taken,
        known=row.known,
        faults=faults,
        begun_at=row.begun_at,
        touched_at=touched,
        done_at=row.done_at,
        still=row.done_at is None and now - touched > STILL,
    )


def faults_of(session: Session, actor: Actor, import_id: int) -> Sequence[PostImportFault]:
    """Return the faulty cells of a list in its order, at most 200. Raises ``NotAllowed``."""
    require(actor, Power.ALL_UNITS)
    return session.scalars(
        select(PostImportFault)
        .where(PostImportFault.import_id == import_id)
        .order_by(PostImportFault.row_no, PostImportFault.id)
        .limit(MOST_FAULTS)
    ).all()

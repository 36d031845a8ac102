"""Acts in bulk: ordered with a pause to undo, carried out row by row, each with its outcome.

What becomes of a row is the business of the room that orders it. Here is what all of them share:
how an order is taken back, found by one worker only, carried out in portions and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import BigInteger, CheckConstraint, Identity, Text, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from abh.db import Instant
from abh.kernel.errors import Conflict, DomainError

Outcome = Literal["done", "skipped"]
LONGEST_DETAIL = 500


class Ordered:
    """Columns of an order: due at ``run_at``, and from then on no longer taken back."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    run_at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class OrderedRow:
    """Columns of one row of an order; ``outcome`` is empty until it was its turn."""

    outcome: Mapped[str] = mapped_column(Text, server_default="")
    detail: Mapped[str] = mapped_column(Text, server_default="")


def outcome_known() -> CheckConstraint:
    """Return the constraint of a table of ``OrderedRow``."""
    return CheckConstraint("outcome IN ('','done','skipped')", name="outcome_known")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of an order wait, are done, were passed over."""

    waiting: int
    done: int
    skipped: int

    @property
    def total(self) -> int:
        """All rows of the order."""
        return self.waiting + self.done + self.skipped


Order = TypeVar("Order", bound=Ordered)
Row = TypeVar("Row", bound=OrderedRow)


def take_back(session: Session, model: type[Ordered], order_id: int, now: datetime) -> None:
    """Mark an order as undone; ``Conflict`` when it is due, done or undone already.

    One statement with the condition in it: a worker that has just begun wins.
    """
    undone = (
        update(model)
        .where(
            model.id == order_id,
            model.undone_at.is_(None),
            model.done_at.is_(None),
            model.run_at > now,
        )
        .values(undone_at=now)
        .returning(model.id)
    )
    if session.execute(undone).scalar_one_or_none() is None:
        raise Conflict("Das ist schon ausgeführt oder zurückgenommen.")


def next_due(session: Session, model: type[Order], now: datetime) -> Order | None:
    """Return the order longest due, locked for this worker; others pass over it."""
    return session.scalars(
        select(model)
        .where(model.run_at <= now, model.done_at.is_(None), model.undone_at.is_(None))
        .order_by(model.run_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def carry_out_rows(session: Session, rows: Iterable[Row], act: Callable[[Row], str | None]) -> None:
    """Give every row its outcome: each in a savepoint of its own, so that one fault undoes one row.

    ``act`` returns what is to be said of the row, or nothing; a ``DomainError`` passes it over with
    its words.
    """
    for row in rows:
        row.outcome, row.detail = _one(session, row, act)
    session.flush()


def _one(session: Session, row: Row, act: Callable[[Row], str | None]) -> tuple[Outcome, str]:
    try:
        with session.begin_nested():
            return "done", act(row) or ""
    except DomainError as error:
        said = [problem.message for problem in getattr(error, "problems", ())]
        return "skipped", " ".join(said or [str(error)])[:LONGEST_DETAIL]


def counts(
    session: Session, row: type[OrderedRow], key: InstrumentedAttribute[int], order_id: int
) -> Counts:
    """Return how far an order is. One statement."""
    found: Any = session.execute(
        select(row.outcome, func.count()).where(key == order_id).group_by(row.outcome)
    ).all()
    by_outcome: dict[str, int] = dict(found)
    return Counts(by_outcome.get("", 0), by_outcome.get("done", 0), by_outcome.get("skipped", 0))

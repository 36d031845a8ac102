"""Bulk hand-overs: what a supervisor ordered for many cases, and what came of each."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base
from abh.outbox.sammellauf import Ordered, OrderedRow, outcome_known


class CaseRun(Ordered, Base):
    """One hand-over of many cases, ordered with a preview and carried out after a pause to undo it.

    Without ``to_user`` and ``to_unit`` the cases are shared out in their own Sachgebiet.
    """

    __tablename__ = "case_run"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    to_user: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    to_unit: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("to_user IS NULL OR to_unit = ''", name="one_aim"),
        CheckConstraint("length(btrim(reason)) >= 10", name="reason_written"),
        Index(
            "ix_case_run_due",
            "run_at",
            postgresql_where=text("done_at IS NULL AND undone_at IS NULL"),
        ),
        Index("ix_case_run_unit", "unit_key", "id"),
    )


class CaseRunRow(OrderedRow, Base):
    """A case of a run: whose it was when ordered, and what came of it; "" until its turn."""

    __tablename__ = "case_run_row"

    run_id: Mapped[int] = mapped_column(ForeignKey("case_run.id"), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), primary_key=True, index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (outcome_known(),)

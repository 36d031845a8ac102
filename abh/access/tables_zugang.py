"""The second factor of a login: sealed secret, the last code used, recovery codes as hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class SecondFactor(Base):
    """The authenticator of an account; ``last_step`` makes each code good once."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")


class RecoveryCode(Base):
    """A code on paper for a lost phone; stored as keyed hash, good once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

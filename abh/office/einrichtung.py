"""The first start of a house without an office: who may do it, and what was typed so far.

Nobody can log in yet. A code printed where the program was started opens the pages to one browser,
once; that browser then holds a token. Both are gone as soon as there is an office.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.kernel.errors import NotAllowed, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.service import has_office
from abh.office.tables import OfficeSetup

# Neither 0 and O nor 1, I and L: the code is read from a console and typed.
ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
# 79 random bits: nobody guesses it, so that wrong attempts need not be counted.
GROUPS, GROUP = 4, 4
# Each start prints one; those of the latest starts are good, until one of them is used.
MOST_CODES = 8


def new_code(session: Session, *, now: datetime) -> str:
    """Return a fresh code for the first start, to be shown to whoever started the program.

    Raises ``NotFound`` where there is an office already.
    """
    if has_office(session):
        raise NotFound("Dieses Amt ist schon eingerichtet.")
    session.execute(insert(OfficeSetup).values(id=1, changed_at=now).on_conflict_do_nothing())
    row = _locked(session)
    parts = ["".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS)]
    row.codes = [*row.codes, _hash("".join(parts))][-MOST_CODES:]
    return "-".join(parts)


def redeem(session: Session, typed: str) -> str | None:
    """Return the token of the browser that typed a good code, None for any other.

    All codes are used up by it, and whoever held the pages before loses them.
    """
    plain = "".join(sign for sign in typed.upper() if sign in ALPHABET)
    row = session.get(OfficeSetup, 1, with_for_update=True)
    if row is None or _hash(plain) not in row.codes or has_office(session):
        return None
    token = new_token()
    row.codes, row.holder = [], _hash(token)
    return token


def draft_of(session: Session, token: str) -> dict[str, Any]:
    """Return what was typed so far, by step; raises ``NotAllowed`` for whoever has no code."""
    row = session.get(OfficeSetup, 1, populate_existing=True)
    _require(row, token)
    return dict(row.draft) if row else {}


def save_part(
    session: Session, token: str, step: str, part: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Keep what was typed in a step, right or wrong, and return the whole; ``NotAllowed``."""
    row = _locked(session)
    _require(row, token)
    row.draft = {**row.draft, step: dict(part)}
    row.changed_at = now
    return dict(row.draft)


def close(session: Session, token: str) -> dict[str, Any]:
    """Return what was typed, for the last time: locked, so that two browsers open one office.

    Raises ``NotAllowed``, and ``NotFound`` where there is an office already. The row is removed in
    the caller's transaction.
    """
    row = _locked(session)
    _require(row, token)
    if has_office(session):
        raise NotFound("Dieses Amt ist schon eingerichtet.")
    found = dict(row.draft)
    session.execute(delete(OfficeSetup))
    return found


def _locked(session: Session) -> OfficeSetup:
    row = session.scalars(
        select(OfficeSetup).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("Dieses Amt ist schon eingerichtet.")
    return row


def _require(row: OfficeSetup | None, token: str) -> None:
    if row is None or not token or not secrets.compare_digest(row.holder, _hash(token)):
        raise NotAllowed("Dafür brauchen Sie den Code, der beim Start angezeigt wurde.")


def _hash(text: str) -> str:
    return token_hash(text).hex()

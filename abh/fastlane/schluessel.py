"""Machines of a company: tokens shown once, their limits, and answers that repeat themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane.schemas import TokenSchema, load
from abh.fastlane.tables_zugang import ApiAnswer, ApiToken
from abh.fastlane.zugang import Acting, acting, require_admin
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed
from abh.kernel.ids import new_token, token_hash

# So that a token is recognised where it was pasted by mistake, as by scanners of repositories.
PREFIX: Final = "abhf_"
WINDOW: Final = timedelta(minutes=1)
CALLS_PER_WINDOW: Final = 120
MOST_TOKENS: Final = 20
KEEP_ANSWERS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Machine:
    """A token that called: for whom it acts and what it may do."""

    token_id: int
    acting: Acting
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """One call of a token was counted; ``wait`` is zero while it is within the limit."""

    actor: Actor
    token_id: int
    scopes: frozenset[str]
    wait: timedelta


def make(
    session: Session, house: House, who: Acting, data: Mapping[str, Any]
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is never shown again.

    Raises ``NotAllowed`` unless the company's administration or an agency's staff asks,
    ``InvalidInput``, ``Conflict`` when there are twenty.
    """
    if who.chosen.agency_id is None:
        require_admin(who)
    values = load(TokenSchema(), data)
    now = house.now()
    if len(tokens(session, house, who)) >= MOST_TOKENS:
        raise Conflict("Mehr als zwanzig Schlüssel sind nicht möglich; bitte alte widerrufen.")
    secret = PREFIX + new_token() + new_token()
    row = ApiToken(
        company_id=who.company_id,
        user_id=who.actor.user_id,
        name=values["name"],
        scopes=sorted(set(values["scopes"])),
        token_hash=token_hash(secret),
        begins=secret[: len(PREFIX) + 4],
        created_at=now,
        expires_at=now + timedelta(days=values["days"]),
    )
    session.add(row)
    session.flush()
    audit.record(session, who.actor, "token.make", "api_token", row.id, now=now)
    return row, secret


def tokens(session: Session, house: House, who: Acting) -> list[ApiToken]:
    """Return the tokens of the company that are good, newest first; an agency sees its own."""
    query = select(ApiToken).where(
        ApiToken.company_id == who.company_id,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > house.now(),
    )
    if who.chosen.agency_id is not None:
        query = query.where(ApiToken.user_id == who.actor.user_id)
    return list(session.scalars(query.order_by(ApiToken.id.desc()).limit(100)))


def revoke(session: Session, house: House, who: Acting, token_id: int) -> None:
    """End a token of the company at once; an unknown one is no error. Raises ``NotAllowed``."""
    mine = {row.id for row in tokens(session, house, who)}
    if who.chosen.agency_id is None:
        require_admin(who)
    if token_id not in mine:
        return
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(revoked_at=house.now()))
    audit.record(session, who.actor, "token.revoke", "api_token", token_id, now=house.now())


def count_call(session: Session, secret: str, *, now: datetime) -> Counted | None:
    """Count one call of a token in one statement; None for a token that is no good.

    The caller commits at once, so that refused and broken calls count as well.
    """
    fresh = ApiToken.window_start.is_(None) | (ApiToken.window_start <= now - WINDOW)
    row = session.execute(
        update(ApiToken)
        .where(
            ApiToken.token_hash == token_hash(secret[:200]),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
        )
        .values(
            last_used_at=now,
            window_start=case((fresh, now), else_=ApiToken.window_start),
            window_calls=case((fresh, 1), else_=ApiToken.window_calls + 1),
        )
        .returning(
            ApiToken.id, ApiToken.user_id, ApiToken.company_id, ApiToken.name, ApiToken.scopes,
            ApiToken.window_start, ApiToken.window_calls,
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    user = session.scalars(
        select(AppUser).where(AppUser.id == row.user_id, AppUser.active)
    ).one_or_none()
    if user is None or user.role != "employer":
        return None
    over = row.window_calls > CALLS_PER_WINDOW
    wait = row.window_start + WINDOW - now if over else timedelta(0)
    actor = replace(
        actor_of_user(user, company_id=row.company_id), name=f"Schnittstelle {row.name}"
    )
    return Counted(actor, row.id, frozenset(row.scopes), wait)


def machine(session: Session, counted: Counted, scope: str, *, clock: Clock) -> Machine:
    """Return for whom the token acts, which must still be the company it was made for.

    Whoever made it may have been dismissed, the company's access or the agency's power withdrawn:
    all raise ``NotAllowed`` in the same words, as a missing scope does, and are logged.
    """
    refused = NotAllowed("Dieser Schlüssel gilt dafür nicht.")
    try:
        who = acting(session, counted.actor, clock=clock)
    except NotAllowed:
        who = None
    if who is None or who.company_id != counted.actor.company_id or scope not in counted.scopes:
        _log_refusal(session, counted, scope, clock)
        raise refused
    return Machine(counted.token_id, who, counted.scopes)


def _log_refusal(session: Session, counted: Counted, scope: str, clock: Clock) -> None:
    audit.record(
        session, counted.actor, "token.refused", "api_token", counted.token_id, now=clock.now(),
        facts={"kind": scope},
    )  # fmt: skip


def once(
    session: Session,
    token_id: int,
    key: str,
    body: bytes,
    effect: Callable[[], dict[str, Any]],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Return what ``effect`` answers, once for each key of a token: repeated, the same answer.

    In the transaction of the effect: either both are there or neither. A second call with the key
    waits for the first. Raises ``InvalidInput`` for a key that is none, ``Conflict`` for the same
    key with another body.
    """
    if not 16 <= len(key) <= 200:
        raise InvalidInput([FieldProblem("Idempotency-Key", "16 bis 200 Zeichen.")])
    key_hash = hashlib.sha256(key.encode("utf-8", "replace")).digest()
    body_hash = hashlib.sha256(body).digest()
    first = session.execute(
        insert(ApiAnswer)
        .values(token_id=token_id, key_hash=key_hash, body_hash=body_hash, created_at=now)
        .on_conflict_do_nothing()
        .returning(ApiAnswer.token_id)
    ).first()
    mine = (ApiAnswer.token_id == token_id) & (ApiAnswer.key_hash == key_hash)
    if first is None:
        kept = session.execute(select(ApiAnswer.body_hash, ApiAnswer.answer).where(mine)).one()
        if kept.body_hash != body_hash:
            raise Conflict("Dieser Idempotency-Key gehört zu einer anderen Anfrage.")
        return dict(kept.answer or {})
    answer = effect()
    session.execute(update(ApiAnswer).where(mine).values(answer=json.loads(json.dumps(answer))))
    return answer


def forget_answers(session: Session, clock: Clock, limit: int) -> int:
    """Delete kept answers after a week, at most ``limit``: the job ``firma.antworten``."""
    old = (
        select(ApiAnswer.token_id, ApiAnswer.key_hash)
        .where(ApiAnswer.created_at < clock.now() - KEEP_ANSWERS)
        .limit(limit)
        .subquery()
    )
    gone = session.execute(
        delete(ApiAnswer)
        .where(ApiAnswer.token_id == old.c.token_id, ApiAnswer.key_hash == old.c.key_hash)
        .returning(func.length(ApiAnswer.key_hash))
    ).all()
    return len(gone)

"""The second factor: codes of an authenticator (TOTP, RFC 6238), each good once; codes on paper.

Companies' logins cannot do without it; staff may set it up. The secret is sealed in the database
and never in a log.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.geheim import keyed_hash, seal, unseal
from abh.access.tables import AppUser
from abh.access.tables_zugang import RecoveryCode, SecondFactor

STEP_SECONDS: Final = 30
# A code of the step before or after counts, because clocks of phones are off by seconds.
DRIFT: Final = (0, -1, 1)
RECOVERY_CODES: Final = 10
_CODE = re.compile(r"[0-9]{6}")
_RECOVERY_CODE = re.compile(r"[A-Z2-7]{10}")


def needed(session: Session, user: AppUser) -> str | None:
    """Return what a login still waits for after the password: ``code``, ``setup`` or nothing."""
    confirmed = session.scalar(
        select(SecondFactor.confirmed_at).where(SecondFactor.user_id == user.id)
    )
    if confirmed is not None:
        return "code"
    return "setup" if user.role == "employer" else None


def begin_setup(session: Session, user_id: int, *, secret: str, now: datetime) -> str | None:
    """Return the base32 secret to show once as picture and text; None if there is a factor.

    Asked again before it is confirmed, it is the same one: a reload must not spoil the scan.
    """
    kept = session.get(SecondFactor, user_id)
    if kept is not None:
        return None if kept.confirmed_at is not None else _opened(kept, secret)
    fresh = base64.b32encode(secrets.token_bytes(20)).decode()
    session.execute(
        upsert(SecondFactor)
        .values(user_id=user_id, secret_sealed=_sealed(user_id, fresh, secret), created_at=now)
        .on_conflict_do_nothing(index_elements=["user_id"])
    )
    stored = session.scalars(select(SecondFactor).where(SecondFactor.user_id == user_id)).one()
    return _opened(stored, secret)


def confirm_setup(
    session: Session, actor: Actor, user_id: int, code: str, *, secret: str, now: datetime
) -> list[str] | None:
    """Put the factor into force with a first right code; return the recovery codes, shown once.

    None when the code is wrong or there is nothing to confirm.
    """
    factor = session.get(SecondFactor, user_id)
    if factor is None or factor.confirmed_at is not None:
        return None
    if not _use_code(session, factor, code, secret, now):
        return None
    session.execute(
        update(SecondFactor).where(SecondFactor.user_id == user_id).values(confirmed_at=now)
    )
    audit.record(session, actor, "factor.setup", "app_user", user_id, now=now)
    return _new_recovery_codes(session, user_id, secret)


def check(session: Session, user_id: int, code: str, *, secret: str, now: datetime) -> bool:
    """Use a code of the authenticator or of the paper list; True once, then never again for it."""
    plain = re.sub(r"[\s-]", "", code).upper()
    if _RECOVERY_CODE.fullmatch(plain):
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user_id,
                RecoveryCode.code_hash == keyed_hash(secret, f"recovery:{user_id}", plain),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(RecoveryCode.id)
        ).first()
        return used is not None
    factor = session.get(SecondFactor, user_id)
    if factor is None or factor.confirmed_at is None:
        return False
    return _use_code(session, factor, plain, secret, now)


def reset(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Forget factor and recovery codes; the next login sets up anew. The caller checks who may."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    audit.record(session, actor, "factor.reset", "app_user", user_id, now=now)


def provide(session: Session, user_id: int, shared: str, *, secret: str, now: datetime) -> None:
    """Give an account a known secret, in force at once: for demos, whose logins are printed."""
    values = {"secret_sealed": _sealed(user_id, shared, secret), "confirmed_at": now}
    session.execute(
        upsert(SecondFactor)
        .values(user_id=user_id, created_at=now, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


def uri(shared: str, login: str, issuer: str) -> str:
    """Return the ``otpauth://`` address that authenticators scan."""
    import pyotp

    return str(pyotp.TOTP(shared).provisioning_uri(name=login, issuer_name=issuer))


def code_at(shared: str, now: datetime) -> str:
    """Return the code that an authenticator shows at ``now``."""
    return _code(shared, _step(now))


def _use_code(
    session: Session, factor: SecondFactor, code: str, secret: str, now: datetime
) -> bool:
    shared = _opened(factor, secret)
    if shared is None or not _CODE.fullmatch(code.strip()):
        return False
    here = _step(now)
    matching = [
        here + off for off in DRIFT if hmac.compare_digest(_code(shared, here + off), code.strip())
    ]
    if not matching:
        return False
    # One statement decides: of two browsers with the same code one gets in, and an older code is
    # over once a newer one was used.
    used = session.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == factor.user_id, SecondFactor.last_step < matching[0])
        .values(last_step=matching[0])
        .returning(SecondFactor.user_id)
    ).first()
    return used is not None


def _new_recovery_codes(session: Session, user_id: int, secret: str) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    plain = [base64.b32encode(secrets.token_bytes(7)).decode()[:10] for _ in range(RECOVERY_CODES)]
    session.execute(
        insert(RecoveryCode),
        [
            {"user_id": user_id, "code_hash": keyed_hash(secret, f"recovery:{user_id}", each)}
            for each in plain
        ],
    )
    return [f"{each[:5]}-{each[5:]}" for each in plain]


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _code(shared: str, step: int) -> str:
    import pyotp

    return str(pyotp.TOTP(shared).generate_otp(step))


def _sealed(user_id: int, shared: str, secret: str) -> bytes:
    return seal(secret, f"second_factor:{user_id}", shared.encode())


def _opened(factor: SecondFactor, secret: str) -> str | None:
    opened = unseal(secret, f"second_factor:{factor.user_id}", factor.secret_sealed)
    return None if opened is None else opened.decode()

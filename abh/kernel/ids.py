"""Identifiers: link tokens (128 bit, stored hashed) and case numbers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_token() -> str:
    """Return a link token of 128 random bits, URL-safe, 22 characters."""
    return secrets.token_urlsafe(16)


def derived_token(secret: bytes, purpose: str) -> str:
    """Return a token of 128 bits that only who holds ``secret`` can compute (HMAC-SHA-256)."""
    digest = hmac.new(secret, purpose.encode("utf-8"), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def token_hash(token: str) -> bytes:
    """Return the SHA-256 under which a token is stored; the token itself never is."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of a file or frozen letter as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def case_number(year: int, running: int) -> str:
    """Return the number people quote, e.g. ``ABH-2026-0001234``; never AZR or card number
    (§ 10(4) AZRG, § 78(2) S. 2 AufenthG)."""
    if running < 1:
        raise ValueError("running number starts at 1")
    return f"ABH-{year}-{running:07d}"

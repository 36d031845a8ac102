"""Sealing what must be read again: the key follows from the secret of this installation."""

from __future__ import annotations

import hashlib
import hmac
import secrets

NONCE_BYTES = 12


def seal(secret: str, purpose: str, data: bytes) -> bytes:
    """Return ``data`` under AES-256-GCM; ``purpose`` names whose it is and binds it to that."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key(secret)).encrypt(nonce, data, purpose.encode())


def unseal(secret: str, purpose: str, sealed: bytes) -> bytes | None:
    """Return what was sealed for ``purpose``; None where secret, purpose or bytes do not fit."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(_key(secret)).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()
        )
    except (InvalidTag, ValueError):
        return None


def keyed_hash(secret: str, purpose: str, value: str) -> bytes:
    """Return the HMAC-SHA-256 under which a short code is stored: useless without the secret."""
    return hmac.new(secret.encode(), f"{purpose}:{value}".encode(), hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"abh.access.geheim", hashlib.sha256).digest()

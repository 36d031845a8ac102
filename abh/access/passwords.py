"""Passwords: argon2id, and the same work for a login that does not exist."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 200

_HASHER = PasswordHasher()
# The hash of a forgotten random text: checking against it takes as long as against a real one, so
# the time of an answer does not tell whether a login exists. A test holds its parameters to ours.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$XjNoTcYEfTQXCKAVvrLu7g$"
    "Z66TSlLo7OP0r7h4nlL4MK/WhE0g9RW28yXk3VFq350"
)


def hash_password(password: str) -> str:
    """Return the argon2id hash to store; takes about 0.1 s by design."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Return whether ``password`` is the one of ``stored``; None does the work and says no."""
    try:
        right = _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether ``stored`` was made with weaker parameters and should be made anew."""
    return _HASHER.check_needs_rehash(stored)

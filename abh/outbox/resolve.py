"""Functions named as ``module:name`` in a table, found at start; all that are missing at once."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from abh.kernel.errors import ConfigurationError, Reason


def resolve(names: Iterable[str]) -> dict[str, Any]:
    """Return the object behind every ``module:name``.

    Raises ``ConfigurationError`` with one reason for each name that leads nowhere. An error
    inside a module that exists is not hidden: it is the reason.
    """
    found: dict[str, Any] = {}
    reasons: list[Reason] = []
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            found[name] = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            reasons.append(Reason(f"{name} fehlt: {error}", key="wiring.missing"))
    if reasons:
        lines = "\n".join(f"- {reason.text}" for reason in reasons)
        raise ConfigurationError(f"Verdrahtung unvollständig:\n{lines}", reasons=reasons)
    return found

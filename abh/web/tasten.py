"""Single-key shortcuts: which letter does what in this browser, remembered in a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from jinja2 import pass_context
from jinja2.runtime import Context

from abh.kernel.errors import FieldProblem, InvalidInput

COOKIE = "abh_keymap"
# By the letter they have unless somebody chose another. „/“ and „?“ stay: they are no letters.
ACTIONS: Mapping[str, Any] = {
    "v": _l("Vorgänge"),
    "e": _l("Antrag erfassen"),
    "t": _l("Post"),
    "s": _l("Schalter"),
    "u": _l("Unterschriften"),
    "f": _l("Fristen"),
    "o": _l("Probefall"),
    "h": _l("Verfahren"),
    "l": _l("Leitung"),
    "b": _l("Betrieb"),
    "n": _l("Nächste Nummer aufrufen, nächste Post ziehen"),
    "p": _l("Drucken"),
    "j": _l("Nächster Eintrag"),
    "k": _l("Voriger Eintrag"),
}


@lru_cache(maxsize=256)  # as many as there are clerks with letters of their own
def read_map(text: str) -> Mapping[str, str]:
    """Return action to letter from the cookie's text; what cannot be is the usual map."""
    usual = {action: action for action in ACTIONS}
    chosen = usual | {pair[0]: pair[1] for pair in text.split(".") if len(pair) == 2}
    return usual if chosen.keys() != usual.keys() or _problems(chosen) else chosen


def write_map(chosen: Mapping[str, str]) -> str:
    """Return the cookie's text for a checked map: only what differs from the usual."""
    return ".".join(f"{action}{key}" for action, key in chosen.items() if action != key)


def check_map(typed: Mapping[str, str]) -> dict[str, str]:
    """Return action to letter as typed; raises ``InvalidInput`` naming every wrong or double one.

    An empty field takes the usual letter back.
    """
    chosen = {action: typed.get(action, "").strip().lower() or action for action in ACTIONS}
    problems = _problems(chosen)
    if problems:
        raise InvalidInput(problems)
    return chosen


def _problems(chosen: Mapping[str, str]) -> list[FieldProblem]:
    found, owner = [], dict[str, str]()
    for action, key in chosen.items():
        if not (len(key) == 1 and key.isascii() and key.isalpha() and key.islower()):
            found.append(FieldProblem(action, gettext("Bitte einen Buchstaben von a bis z.")))
        elif key in owner:
            told = gettext(
                "„%(key)s“ gehört schon zu: %(label)s", key=key, label=str(ACTIONS[owner[key]])
            )
            found.append(FieldProblem(action, told))
        owner.setdefault(key, action)
    return found


def my_key(action: str) -> str:
    """Return the letter that does ``action`` in this browser."""
    return read_map(request.cookies.get(COOKIE, "")).get(action, action)


def install(app: Flask) -> None:
    """Let templates say which letter a button has."""
    app.jinja_env.filters["my_key"] = _of_this_browser


@pass_context
def _of_this_browser(_context: Context, action: str) -> str:
    # With the context: Jinja would compute the filter of a constant once, for everybody.
    return my_key(action)

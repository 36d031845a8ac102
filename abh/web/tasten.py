"""Keyboard shortcuts: which letter does what for whom, kept in a row of the user.

Letters act alone (``n`` calls the next number) or after the letter of „Gehe zu“ (``g v`` leads to
the cases). Either can be changed, and all of them bound to Alt or switched off (WCAG 2.1.4); the
command palette and „send this form“ hang on Ctrl and stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

from flask import Flask, g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from jinja2 import pass_context
from jinja2.runtime import Context
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access.tables import UserKeys
from abh.kernel.errors import FieldProblem, InvalidInput

# By the letter they have unless somebody chose another. „/“ and „?“ stay: they are no letters.
ALONE: Mapping[str, Any] = {
    "n": _l("Besuch beenden, nächste Nummer aufrufen, nächste Post ziehen"),
    "i": _l("Person ist da, Pass verglichen"),
    "a": _l("Aufnahmen erledigt, weiter im Vorgang"),
    "p": _l("Drucken"),
    "j": _l("Nächster Eintrag"),
    "k": _l("Voriger Eintrag"),
    "g": _l("Gehe zu: danach ein Buchstabe der zweiten Liste"),
}
# After „Gehe zu“; their names carry a mark, because a letter may stand in both lists.
GO: Mapping[str, Any] = {
    "go-a": _l("Als Nächstes"),
    "go-v": _l("Vorgänge"),
    "go-e": _l("Antrag erfassen"),
    "go-t": _l("Post"),
    "go-s": _l("Schalter"),
    "go-u": _l("Unterschriften"),
    "go-p": _l("Postausgang"),
    "go-f": _l("Fristen"),
    "go-o": _l("Probefall"),
    "go-h": _l("Verfahren"),
    "go-i": _l("Firmen"),
    "go-l": _l("Leitung"),
    "go-d": _l("Dienstplan"),
    "go-b": _l("Betrieb"),
}
# Together with Ctrl.
WITH_CTRL: Mapping[str, Any] = {"palette-k": _l("Befehle suchen (zusammen mit Strg)")}
GROUPS: tuple[Mapping[str, Any], ...] = (ALONE, GO, WITH_CTRL)
ACTIONS: Mapping[str, Any] = {**ALONE, **GO, **WITH_CTRL}
MODES = ("on", "alt", "off")
USUAL: Mapping[str, str] = {action: action[-1] for action in ACTIONS}


@lru_cache(maxsize=256)  # as many as there are clerks with letters of their own
def _whole(pairs: frozenset[tuple[str, str]]) -> Mapping[str, str]:
    chosen = dict(USUAL) | dict(pairs)
    return USUAL if chosen.keys() != USUAL.keys() or _problems(chosen) else chosen


def read_map(stored: Mapping[str, str]) -> Mapping[str, str]:
    """Return action to letter from a user's row; what cannot be is the usual map."""
    return _whole(frozenset(stored.items())) if stored else USUAL


def check_map(typed: Mapping[str, str]) -> dict[str, str]:
    """Return action to letter as typed; raises ``InvalidInput`` naming every wrong or double one.

    An empty field takes the usual letter back.
    """
    chosen = {action: typed.get(action, "").strip().lower() or USUAL[action] for action in ACTIONS}
    problems = _problems(chosen)
    if problems:
        raise InvalidInput(problems)
    return chosen


def _problems(chosen: Mapping[str, str]) -> list[FieldProblem]:
    return [problem for group in GROUPS for problem in _of_group(group, chosen)]


def _of_group(group: Mapping[str, Any], chosen: Mapping[str, str]) -> Iterable[FieldProblem]:
    owner = dict[str, str]()
    for action in group:
        key = chosen[action]
        if not (len(key) == 1 and key.isascii() and key.isalpha() and key.islower()):
            yield FieldProblem(action, gettext("Bitte einen Buchstaben von a bis z."))
        elif key in owner:
            told = gettext(
                "„%(key)s“ gehört schon zu: %(label)s", key=key, label=str(group[owner[key]])
            )
            yield FieldProblem(action, told)
        owner.setdefault(key, action)


def save(session: Session, user_id: int, *, keys: Mapping[str, str] | None, mode: str) -> None:
    """Write the row of a user: letters (None leaves them) and mode; raises ``InvalidInput``."""
    if mode not in MODES:
        raise InvalidInput([FieldProblem("mode", gettext("Bitte wählen."))])
    values: dict[str, Any] = {"mode": mode}
    if keys is not None:
        values["keys"] = {action: key for action, key in keys.items() if key != USUAL[action]}
    row = insert(UserKeys).values(user_id=user_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


def remember(stored: Mapping[str, Any] | None) -> None:
    """Make a user's row (None: has none) the letters of this request."""
    g.abh_keys = read_map(stored["keys"]) if stored else USUAL
    g.abh_keys_mode = str(stored["mode"]) if stored else ""


def my_key(action: str) -> str:
    """Return the letter that does ``action`` for whoever asks; without a user the usual one."""
    letters = cast("Mapping[str, str]", g.get("abh_keys", USUAL))
    return letters.get(action, action[-1])


def my_mode(otherwise: str) -> str:
    """Return on, alt or off; ``otherwise`` for whoever has no row."""
    return str(g.get("abh_keys_mode") or otherwise)


def install(app: Flask) -> None:
    """Let templates say which letter a button has."""
    app.jinja_env.filters["my_key"] = _of_this_user


@pass_context
def _of_this_user(_context: Context, action: str) -> str:
    # With the context: Jinja would compute the filter of a constant once, for everybody.
    return my_key(action)

"""Nothing typed is lost: a form whose session ended, or that met a fault, travels on in the page.

What was typed stays in the browser, as hidden fields of the page that says what happened; the
server keeps nothing. After the login it goes back to its own page marked ``SHOW_ONLY``: nothing is
written, and the page shows its form again as it does for any refusal. People send it themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, request
from werkzeug.datastructures import MultiDict

from abh.kernel.errors import InvalidInput
from abh.web.csrf import SAFE_METHODS, origin_of

URL: Final = "geparkt-url"
FIELD: Final = "geparkt-feld"
FILE: Final = "geparkt-datei"
SHOW_ONLY: Final = "geparkt-zeigen"
# Larger forms are left to the browser's own way back.
MOST_CHARACTERS: Final = 500_000
_SECRET = re.compile(r"passw|secret|token|geheim|^code$|^pin$", re.IGNORECASE)
_OWN = (URL, FIELD, FILE, SHOW_ONLY, "csrf_token")


@dataclass(frozen=True, slots=True)
class Parked:
    """A form on hold: where it was sent to, its fields in order, the names of its files."""

    url: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields of a form that carries this one through another page."""
        packed = [(FIELD, json.dumps(pair, ensure_ascii=False)) for pair in self.fields]
        return [(URL, self.url), *packed, *((FILE, name) for name in self.files)]


def of_request() -> Parked | None:
    """Return what this request sent, None where nothing is to be kept.

    Only what a browser says it sent from one of our own pages: nobody else shall be able to put
    words into a form of ours. Passwords, codes and the login itself are never kept.
    """
    if request.method in SAFE_METHODS or request.blueprint == "login" or not _is_ours():
        return None
    fields = tuple(
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name not in _OWN and not _SECRET.search(name)
    )
    if sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        return None
    files = [one.filename for one in request.files.values() if one.filename]
    return Parked(request.full_path.rstrip("?"), fields, tuple(files))


def _is_ours() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    own = {origin_of(request.host_url), origin_of(_base_url())}
    return request.headers.get("Origin", "").lower() in own


def _base_url() -> str:
    services = current_app.extensions.get("abh")
    return str(services.settings.base_url) if services is not None else request.host_url


def carried(form: MultiDict[str, str], url: str) -> Parked | None:
    """Return the form that another page carries to ``url`` (a checked path), None for none."""
    if not url:
        return None
    fields = []
    for packed in form.getlist(FIELD):
        try:
            name, value = json.loads(packed)
        except ValueError:
            continue
        fields.append((str(name), str(value)))
    return Parked(url, tuple(fields), tuple(form.getlist(FILE)))


class OnlyShown(InvalidInput):
    """A form was sent to be shown filled, and nothing else."""

    title = "Ihre Eingaben sind noch da. Gesendet ist noch nichts."


def is_shown_only() -> bool:
    """Say whether this request only brings a form back: nothing may be written."""
    return request.method == "POST" and request.form.get(SHOW_ONLY) == "1"


def install(app: Flask) -> None:
    """Give templates the name of the mark, and whether this request bears it."""
    names: Mapping[str, Any] = {"SHOW_ONLY": SHOW_ONLY, "shown_only": is_shown_only}
    app.jinja_env.globals.update(names)

"""Addresses as ``flask.url_for`` gives them, for pages with fifty of them.

Addresses of one kind differ in numbers and keys alone, so each kind is built by Flask once.
"""

from __future__ import annotations

import re
from typing import Any

import flask
from flask import Flask, current_app, request
from werkzeug.routing import BuildError, IntegerConverter, Map

# What stands in an address as it is, in paths and behind the question mark.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER, _TEXT = 9182736450, "Stand-in"
_MOST_ROWS = 2**63 - 1
_EXTENSION = "abh_addresses"


def url_for(endpoint: str, **values: Any) -> str:
    """Return the address of ``endpoint``; anything but plain numbers and keys goes Flask's way."""
    for value in values.values():
        kind = type(value)
        plain = value >= 0 if kind is int else kind is str and _PLAIN.fullmatch(value)
        if not plain:
            return flask.url_for(endpoint, **values)
    if not flask.has_request_context():
        return flask.url_for(endpoint, **values)
    shapes: dict[Any, str] = current_app.extensions[_EXTENSION]
    root = request.environ.get("SCRIPT_NAME", "")
    key = (endpoint, root, *((name, type(value)) for name, value in values.items()))
    shape = shapes.get(key)
    if shape is None:
        shape = shapes[key] = _shape(endpoint, values)
    return shape % values if shape else flask.url_for(endpoint, **values)


def _shape(endpoint: str, values: dict[str, Any]) -> str:
    """Return the address with names for its values, "" where it is not made of them alone."""
    if endpoint.startswith(".") or any(name.startswith("_") for name in values):
        return ""
    marks: dict[str, Any] = {
        name: _NUMBER + nth if type(value) is int else f"{_TEXT}-{nth}-"
        for nth, (name, value) in enumerate(values.items())
    }
    try:
        built = flask.url_for(endpoint, **marks).replace("%", "%%")
    except (BuildError, ValueError):
        return ""
    for name, mark in marks.items():
        if built.count(str(mark)) != 1:
            return ""
        built = built.replace(str(mark), f"%({name})s")
    return built


class RowId(IntegerConverter):
    """A number that a row can have; a larger one is no address, not an error of the database."""

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **{"max": _MOST_ROWS, **kwargs})


def install(app: Flask) -> None:
    """Let templates build their addresses this way; call it before addresses are added."""
    app.url_map.converters["int"] = RowId
    app.extensions[_EXTENSION] = {}
    app.jinja_env.globals["url_for"] = url_for

"""The JSON API under ``/api/v1``: the same services and schemas as the pages, OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn, cast

from flask import Flask, request
from flask_smorest import Api, Blueprint
from flask_wtf.csrf import generate_csrf
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from abh.access.policy import LOGGED_IN, PUBLIC, policy
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons.schemas import BirthDateField
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.csrf import SAFE_METHODS, csrf
from abh.workflows.schemas import Euro, GermanDate

PREFIX = "/api/v1"
MOST_DEPTH = 20
PROBLEM = "application/problem+json"
# Modules whose operations belong to the one blueprint of this module.
OPERATIONS = (
    "abh.web.api_antraege",
    "abh.web.api_faelle",
    "abh.web.api_post",
    "abh.web.api_auskunft",
    "abh.web.api_probefall",
    "abh.web.api_vorgang",
    "abh.web.api_firma",
)


class Problems(FlaskParser):
    """Says what is wrong with input as the rest of the house does: problem+json with paths."""

    def handle_error(
        self, error: ValidationError, req: Any, schema: Any, **kwargs: Any
    ) -> NoReturn:
        """Raise the refusals of a schema as ``InvalidInput``."""
        messages = cast(Mapping[str, Any], error.normalized_messages())
        inner = messages.get("json") or messages.get("query") or messages
        raise InvalidInput(list(_flat(inner)))


class Door(Blueprint):
    """A group of operations with our messages about input."""

    ARGUMENTS_PARSER = Problems()


class HouseApi(Api):
    """The API without its own handler of errors: ``abh.web.errors`` is the one table."""

    ERROR_SCHEMA = schemas.ProblemSchema

    def _register_error_handlers(self) -> None:
        return None


blueprint = Door("api", __name__, url_prefix=PREFIX, description="Ausländerbehörde")


def install(app: Flask) -> None:
    """Register the operations and the description at ``/api/v1/openapi.json``."""
    app.config.update(
        API_TITLE="Ausländerbehörde",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = HouseApi(app)
    api.register_field(BirthDateField, "string", None)
    api.register_field(GermanDate, "string", "date")
    api.register_field(Euro, "string", None)
    for module in OPERATIONS:
        import_module(module)
    api.register_blueprint(blueprint)
    # What the library describes there are refusals, and those are problem+json (RFC 9457).
    for refusal in api.spec.components.responses.values():
        if "application/json" in refusal.get("content", {}):
            refusal["content"] = {PROBLEM: refusal["content"]["application/json"]}
    name = "api-docs.openapi_json"
    describe = app.view_functions[name]

    @policy(PUBLIC)
    def description() -> Any:
        return describe()

    app.view_functions[name] = description
    # The token is asked for below, of those whom the browser's cookie could be abused for.
    csrf.exempt(blueprint)


@blueprint.before_request
def guard_input() -> None:
    """Refuse forged requests and text that no database can hold, before any operation runs.

    A login cookie acts only with the form token in ``X-CSRFToken``. Without a login there is
    nothing to abuse; a JSON body cannot be sent by a foreign page without the browser asking us.
    """
    if request.method in SAFE_METHODS:
        return
    if not request.is_json:
        raise UnsupportedMediaType()
    if web.token_of_request():
        csrf.protect()
    try:
        body = request.get_json(silent=True)
        for path, text in _texts(body):
            if "\0" in text or not _encodable(text):
                raise InvalidInput([FieldProblem(path, "Unzulässige Zeichen.")])
    except RecursionError:
        raise InvalidInput([FieldProblem("", "Zu tief verschachtelt.")]) from None


def answered(words: str, content_type: str, kind: str) -> dict[str, Any]:
    """Describe an answer that no schema makes, for ``blueprint.doc``."""
    content = {content_type: {"schema": {"type": kind}}}
    return {"responses": {"200": {"description": words, "content": content}}}


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > MOST_DEPTH:
        raise InvalidInput([FieldProblem(path, "Zu tief verschachtelt.")])
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            # The name of a field is text as well; a broken one is not repeated in the answer.
            yield path, key
            here = (f"{path}.{key}" if path else key) if _encodable(key) else path
            yield from _texts(inner, here, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}", depth + 1)


def _flat(messages: Any, path: str = "") -> Iterator[FieldProblem]:
    if isinstance(messages, Mapping):
        for name, value in messages.items():
            deeper = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            yield from _flat(value, deeper)
    else:
        for message in messages:
            yield FieldProblem(path, str(message))


@blueprint.get("/session")
@policy(LOGGED_IN)
@blueprint.response(200, schemas.SessionSchema)
def session_info() -> dict[str, str]:
    """Return who is logged in and the token that changing calls send as ``X-CSRFToken``."""
    return {"name": web.actor().name, "csrf_token": generate_csrf()}

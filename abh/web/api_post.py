"""``POST /api/v1/post``: an item of post from another program of the office."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, fields, validate

from abh.access.policy import Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.post import service
from abh.post.aufnahme import Original
from abh.post.dateien import check, kind_of
from abh.post.schemas import PostItemSchema
from abh.post.tables import PostItem
from abh.web import session as web
from abh.web.api import blueprint

_MOST_BYTES = 20 * 1024 * 1024


class OriginalSchema(Schema):
    """A file in Base64."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    content = fields.String(required=True)


class PostSchema(PostItemSchema):
    """An item with its original."""

    class Meta:
        unknown = EXCLUDE

    original = fields.Nested(OriginalSchema, load_default=None, allow_none=True)


class EnteredSchema(Schema):
    """What became of an item."""

    id = fields.Integer(required=True)
    created = fields.Boolean(required=True)
    unit_key = fields.String(required=True)
    vorgang_id = fields.Integer(allow_none=True)
    placed_by = fields.String(required=True)


@blueprint.post("/post")
@policy(Power.POST_WORK, Power.CASE_INTAKE)
@blueprint.arguments(PostSchema)
@blueprint.response(201, EnteredSchema)
def enter_post(given: dict[str, Any]) -> dict[str, Any]:
    """Enter an item of post with its original; answered when both are stored.

    The header ``Idempotency-Key`` (16 to 200 characters) makes a repeated call of the same account
    return the item of the first.
    """
    key = _key()
    raw = {name: value for name, value in request.get_json().items() if name != "original"}
    original = _original(given["original"])
    with web.unit_of_work() as session:
        item, created = service.register_once(
            session,
            web.actor(),
            raw,
            clock=web.house(),
            original=original,
            blobs=web.house().blobs,
            source="api",
            source_ref=key,
        )
        return _shown(item, created)


def _shown(item: PostItem, created: bool) -> dict[str, Any]:
    return {
        "id": item.id,
        "created": created,
        "unit_key": item.unit_key,
        "vorgang_id": item.vorgang_id,
        "placed_by": item.placed_by,
    }


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 16 <= len(key) <= 200:
        raise InvalidInput([FieldProblem("Idempotency-Key", "16 bis 200 Zeichen.")])
    # Of this account: nobody gets at the item of another by guessing its key.
    said = f"{web.actor().user_id}:{key}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _original(given: dict[str, str] | None) -> Original | None:
    if given is None:
        return None
    try:
        data = base64.b64decode(given["content"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput([FieldProblem("original.content", "Das ist kein Base64.")]) from error
    if len(data) > _MOST_BYTES:
        raise InvalidInput([FieldProblem("original.content", "Höchstens 20 MB.")])
    check(data, given["name"], web.house().scanner)
    return Original(data, given["name"], kind_of(data, given["name"]))

"""The order of a letter and its frozen content: what hash and signatures cover."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from abh.documents.zeichnung_types import Channel
from abh.kernel.ids import content_hash


@dataclass(frozen=True, slots=True)
class LetterOrder:
    """A letter to be made. ``fields`` are JSON values as the letter's schema wants them."""

    key: str
    akte_id: int
    vorgang_id: int | None
    unit_key: str
    reference: str
    recipient: tuple[str, ...]
    addressee: str
    fields: Mapping[str, Any]
    outcome: str = ""
    channel: Channel = Channel.PORTAL
    amount: Decimal | None = None
    clerk: Mapping[str, str] | None = None
    foreign: tuple[Mapping[str, Any], ...] = ()
    your_reference: str = ""
    # The employer to whom it is addressed, where it is not the person.
    company_id: int | None = None
    # A preparer in training is remembered, whoever signs later.
    extra: Mapping[str, Any] = field(default_factory=dict)


def content_of(order: LetterOrder, prepared_in_training: bool) -> dict[str, Any]:
    """Return the frozen content of an order: what the hash covers and the renderer gets."""
    return {
        "fields": dict(order.fields),
        "recipient": list(order.recipient),
        "addressee": order.addressee,
        "reference": order.reference,
        "clerk": dict(order.clerk) if order.clerk else None,
        "foreign": [dict(text) for text in order.foreign],
        "your_reference": order.your_reference,
        "prepared_in_training": prepared_in_training,
        "extra": dict(order.extra),
    }


def hash_content(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the canonical JSON of a frozen content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return content_hash(text.encode("utf-8"))

"""Rows of one bulk load: ids given in order, tables copied in the order of their references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

# Tables in the order in which they refer to each other, with the columns the demo fills.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "company": (
        "id", "name", "name_search", "register_no", "street", "postcode", "city", "email",
        "created_at",
    ),
    "household": ("id", "name", "owner_id"),
    "person": (
        "id", "family_name", "given_names", "name_search", "name_plain", "birth_year",
        "birth_month", "birth_day", "birth_place", "sex", "nationalities", "street", "postcode",
        "city", "email", "phone", "language", "household_id", "created_at",
    ),
    "akte": ("id", "person_id", "number", "access_class", "last_sheet", "created_at"),
    "vorgang": (
        "id", "number", "verfahren", "version", "state", "state_since", "row_version",
        "person_id", "akte_id", "unit_key", "owner_id", "company_id", "received_on",
        "received_channel", "opened_at", "closed_at", "title_kind", "title_until", "job_start",
        "harm_on", "harm_key", "antrag", "progress", "status_token_hash", "language",
    ),
    "blatt": (
        "id", "akte_id", "sheet_no", "title", "origin", "blob_sha256", "mime", "size", "pages",
        "file_name", "received_on", "filed_at", "filed_by", "vorgang_id",
    ),
    "vorgang_step": (
        "id", "vorgang_id", "seq", "step", "from_state", "to_state", "at", "actor_id",
        "actor_name", "norm", "reason", "facts",
    ),
    "case_finding": ("id", "vorgang_id", "key", "value", "remark", "found_by", "found_at"),
    "evidence": ("id", "vorgang_id", "blatt_id", "kind", "accepted", "remark"),
    "beteiligung": (
        "id", "vorgang_id", "kind", "state", "round", "channel", "requested_on", "due_on",
        "answered_on", "note",
    ),
    "letter": (
        "id", "key", "outcome", "akte_id", "vorgang_id", "unit_key", "state", "content",
        "rule_id", "rule_version", "mark", "suffix", "remedy", "channel", "prepared_by",
        "final_signer_id", "pdf_sha256", "pages", "blatt_id", "created_at", "released_at",
    ),
    "frist": (
        "id", "vorgang_id", "kind", "label", "norm", "starts_on", "due_on", "status",
        "beteiligung_id", "arithmetic", "ended_at", "law_key", "event_on", "stops",
    ),
    "fiktion": ("id", "vorgang_id", "kind", "norm", "since", "words", "ended_on", "ended_by"),
    "fee": (
        "id", "vorgang_id", "code", "label", "amount", "norm", "status", "waiver_norm",
        "settled_at", "settled_by", "payment",
    ),
    "invitation": (
        "id", "token_hash", "vorgang_id", "person_id", "unit_key", "service_key", "lane",
        "created_at", "book_until",
    ),
    "form_issue": (
        "id", "vorgang_id", "form", "serial_no", "seal_no", "valid_until", "entries",
        "entry_81_5a", "issued_on", "issued_by", "returned_on",
    ),
    "card_order": (
        "id", "vorgang_id", "state", "title_kind", "valid_from", "valid_until", "ordered_on",
        "ordered_by", "arrived_on", "handed_over_on",
    ),
    "audit_entry": (
        "id", "at", "actor_kind", "actor_id", "actor_name", "action", "entity", "entity_id",
        "vorgang_id", "person_id", "is_read", "facts",
    ),
}  # fmt: skip


# (table, columns, rows)
Batch = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]


@dataclass
class Rows:
    """Rows waiting to be copied; ``add`` numbers them from the given first id of each table."""

    first_ids: Mapping[str, int]
    waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = {table: count(self.first_ids[table]) for table in COLUMNS}
        self.waiting = {table: [] for table in COLUMNS}
        self.written: dict[str, int] = dict.fromkeys(COLUMNS, 0)

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Put a row aside and return it with its id; it may still be changed until taken."""
        values["id"] = next(self._ids[table])
        self.waiting[table].append(values)
        return values

    def take(self) -> Iterable[Batch]:
        """Yield (table, columns, rows) in the order of references and forget them."""
        for table, columns in COLUMNS.items():
            rows = self.waiting[table]
            if rows:
                self.waiting[table] = []
                self.written[table] += len(rows)
                yield table, columns, [tuple(map(row.get, columns)) for row in rows]

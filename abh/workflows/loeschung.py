"""Deleting a case with everything that is kept of it; what else uses a sheet keeps it.

The plan names every table that leads to a case, a file or a person; a test holds it against all
tables, so that a new one cannot be forgotten. The audit log stays: it holds keys and numbers,
never names, and its chain must remain provable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.documents.entsorgung import note_unused


def _delete(table: str, which: str) -> str:
    """Return the statement; table and condition are constants of this module."""
    return f"DELETE FROM {table} WHERE {which}"  # nosec B608


_LETTERS = "(SELECT id FROM letter WHERE vorgang_id = :id)"
_BOOKINGS = "(SELECT id FROM booking WHERE vorgang_id = :id)"
_OF_PERSON = "(SELECT id FROM booking WHERE person_id = :person)"
_ASKED_BY_CASE = """(SELECT id FROM emergency_request
    WHERE booking_id IN (SELECT id FROM booking WHERE vorgang_id = :id))"""
_ASKED_BY_PERSON = "(SELECT id FROM emergency_request WHERE person_id = :person)"
_POST_OF_CASE = "(SELECT id FROM post_item WHERE vorgang_id = :id)"
_POST_OF_PERSON = "(SELECT id FROM post_item WHERE person_id = :person)"
# In the order in which foreign keys allow it. The table is the first word after FROM.
CASE: Final[tuple[str, ...]] = (
    "DELETE FROM outbox_message WHERE vorgang_id = :id",
    "DELETE FROM post_answer WHERE vorgang_id = :id",
    "DELETE FROM employer_report WHERE vorgang_id = :id",
    "UPDATE case_message SET answers_id = NULL WHERE vorgang_id = :id",
    "DELETE FROM case_message WHERE vorgang_id = :id",
    "DELETE FROM case_outlook_change WHERE vorgang_id = :id",
    "DELETE FROM case_outlook WHERE vorgang_id = :id",
    "DELETE FROM firm_batch_row WHERE vorgang_id = :id",
    "DELETE FROM firm_filing WHERE vorgang_id = :id",
    "UPDATE post_item SET same_as = NULL WHERE same_as IN"
    " (SELECT id FROM post_item WHERE vorgang_id = :id)",
    _delete("post_part", f"item_id IN {_POST_OF_CASE}"),
    _delete("post_correction", f"item_id IN {_POST_OF_CASE}"),
    "DELETE FROM post_item WHERE vorgang_id = :id",
    _delete("print_job", f"letter_id IN {_LETTERS}"),
    _delete("dispatch", f"letter_id IN {_LETTERS}"),
    _delete("letter_signature", f"letter_id IN {_LETTERS}"),
    _delete("letter_look", f"letter_id IN {_LETTERS}"),
    _delete("letter_notice", f"letter_id IN {_LETTERS}"),
    "DELETE FROM case_run_row WHERE vorgang_id = :id",
    "DELETE FROM frist WHERE vorgang_id = :id",
    "DELETE FROM beteiligung WHERE vorgang_id = :id",
    "DELETE FROM evidence WHERE vorgang_id = :id",
    "DELETE FROM waiver WHERE vorgang_id = :id",
    "DELETE FROM case_finding WHERE vorgang_id = :id",
    "DELETE FROM fiktion WHERE vorgang_id = :id",
    "DELETE FROM fee WHERE vorgang_id = :id",
    "DELETE FROM vorgang_step WHERE vorgang_id = :id",
    "DELETE FROM vorgang_link WHERE from_id = :id OR to_id = :id",
    "DELETE FROM form_stock WHERE form_issue_id IN"
    " (SELECT id FROM form_issue WHERE vorgang_id = :id)",
    "DELETE FROM form_issue WHERE vorgang_id = :id",
    "DELETE FROM card_order WHERE vorgang_id = :id",
    _delete("booking_code", f"booking_id IN {_BOOKINGS}"),
    _delete("booking_code", f"letter_id IN {_LETTERS}"),
    "DELETE FROM status_code WHERE vorgang_id = :id",
    _delete("status_code", f"letter_id IN {_LETTERS}"),
    "DELETE FROM tablet_show WHERE vorgang_id = :id",
    _delete("tablet_show", f"booking_id IN {_BOOKINGS}"),
    "DELETE FROM letter WHERE vorgang_id = :id",
    _delete("booking_reminder", f"booking_id IN {_BOOKINGS}"),
    "DELETE FROM event_guest WHERE vorgang_id = :id",
    _delete("booking_link", f"booking_id IN {_BOOKINGS}"),
    _delete("emergency_evidence", f"request_id IN {_ASKED_BY_CASE}"),
    _delete("emergency_request", f"booking_id IN {_BOOKINGS}"),
    _delete("firm_place", f"booking_id IN {_BOOKINGS}"),
    "DELETE FROM booking WHERE vorgang_id = :id",
    "DELETE FROM invitation WHERE vorgang_id = :id",
    "DELETE FROM company_look WHERE vorgang_id = :id",
    _delete(
        "webhook_delivery", "event_id IN (SELECT id FROM company_event WHERE vorgang_id = :id)"
    ),
    "DELETE FROM company_event WHERE vorgang_id = :id",
    "DELETE FROM mandate_request WHERE vorgang_id = :id",
    "DELETE FROM mandate WHERE vorgang_id = :id",
    "DELETE FROM sheet_removal WHERE vorgang_id = :id",
    "DELETE FROM vorgang WHERE id = :id",
)
# When no case is left in the file.
FILE: Final[tuple[str, ...]] = (
    "DELETE FROM post_answer WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM print_job WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM dispatch WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM letter_signature WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM letter_look WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM letter_notice WHERE letter_id IN (SELECT id FROM letter WHERE akte_id = :akte)",
    "DELETE FROM letter WHERE akte_id = :akte",
    "DELETE FROM deletion_hold WHERE akte_id = :akte",
    "DELETE FROM sheet_removal WHERE akte_id = :akte",
)
# When the person has no file and no case any more.
PERSON: Final[tuple[str, ...]] = (
    "UPDATE post_item SET same_as = NULL WHERE same_as IN"
    " (SELECT id FROM post_item WHERE person_id = :person)",
    _delete("post_part", f"item_id IN {_POST_OF_PERSON}"),
    _delete("post_correction", f"item_id IN {_POST_OF_PERSON}"),
    "DELETE FROM post_item WHERE person_id = :person",
    "DELETE FROM post_bulk_row WHERE bundle_id IN"
    " (SELECT id FROM post_bundle WHERE person_id = :person)",
    "DELETE FROM post_answer WHERE bundle_id IN"
    " (SELECT id FROM post_bundle WHERE person_id = :person)",
    "DELETE FROM post_sample WHERE bundle_id IN"
    " (SELECT id FROM post_bundle WHERE person_id = :person)",
    "DELETE FROM post_bundle WHERE person_id = :person",
    "DELETE FROM electronic_access WHERE person_id = :person",
    "DELETE FROM mandate WHERE person_id = :person",
    "DELETE FROM signing_exclusion WHERE person_id = :person",
    _delete("tablet_show", f"booking_id IN {_OF_PERSON}"),
    _delete("booking_code", f"booking_id IN {_OF_PERSON}"),
    _delete("booking_reminder", f"booking_id IN {_OF_PERSON}"),
    _delete("booking_link", f"booking_id IN {_OF_PERSON}"),
    _delete("firm_place", f"booking_id IN {_OF_PERSON}"),
    "DELETE FROM event_guest WHERE person_id = :person",
    "DELETE FROM booking_link WHERE standby_id IN"
    " (SELECT id FROM standby WHERE person_id = :person)",
    _delete("emergency_evidence", f"request_id IN {_ASKED_BY_PERSON}"),
    "DELETE FROM emergency_request WHERE person_id = :person",
    "DELETE FROM booking WHERE person_id = :person",
    "DELETE FROM invitation WHERE person_id = :person",
    "DELETE FROM standby WHERE person_id = :person",
    "DELETE FROM person WHERE id = :person",
    "DELETE FROM household WHERE id = :household AND NOT EXISTS"
    " (SELECT 1 FROM person WHERE household_id = :household)",
)
# Led to by a sheet; handled one by one, because another case may use the same sheet.
SHEETS: Final = ("blatt_text", "blatt_bild", "blatt_signatur", "blatt")
# Lead to a case or person and stay: the log (keys and ids only) and the records of deletion.
KEPT: Final[Mapping[str, str]] = {
    "audit_entry": "Protokoll: nur Schlüssel und Nummern, Kette muss beweisbar bleiben",
    "deletion_item": "Löschnachweis: verliert Vorgang und Akte, wenn er vollzogen ist",
    "akte": "eigener Schritt, wenn kein Vorgang mehr darin ist",
}

# What came in with the sheet: the item of post whose original it is.
_POST_OF_SHEET = "(SELECT id FROM post_item WHERE blatt_id = :sheet)"
SHEET_POST: Final[tuple[str, ...]] = (
    "UPDATE post_item SET same_as = NULL WHERE same_as IN"
    " (SELECT id FROM post_item WHERE blatt_id = :sheet)",
    _delete("post_part", f"item_id IN {_POST_OF_SHEET}"),
    _delete("post_correction", f"item_id IN {_POST_OF_SHEET}"),
    "DELETE FROM post_item WHERE blatt_id = :sheet",
    # Rejected as a proof: what counts as one holds the sheet.
    "DELETE FROM evidence WHERE blatt_id = :sheet AND accepted = false",
)
# A sheet that another case, letter, deed or item of post still needs stays with the file.
_SHEETS_OF_CASE = text(
    """
SELECT b.id, b.sheet_no, b.blob_sha256, b.size FROM blatt b
 WHERE b.vorgang_id = :id
   AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.blatt_id = b.id)
   AND NOT EXISTS (SELECT 1 FROM letter l WHERE l.blatt_id = b.id)
   AND NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.deed_blatt_id = b.id)
   AND NOT EXISTS (SELECT 1 FROM post_item p WHERE p.blatt_id = b.id)
 ORDER BY b.id
"""
)
# Originals of post and what was taken out of them; they need not be sheets.
_POST_CONTENTS = """
SELECT i.sha256 FROM post_item i WHERE i.{which} AND i.sha256 IS NOT NULL
 UNION SELECT p.sha256 FROM post_part p JOIN post_item i ON i.id = p.item_id
        WHERE i.{which} AND p.sha256 IS NOT NULL
"""
_POST_CONTENTS_OF_CASE = text(_POST_CONTENTS.format(which="vorgang_id = :id"))
_POST_CONTENTS_OF_SHEET = text(_POST_CONTENTS.format(which="blatt_id = :sheet"))
_POST_CONTENTS_OF_PERSON = text(_POST_CONTENTS.format(which="person_id = :person"))
_EVIDENCE_OF_CASE, _EVIDENCE_OF_PERSON = (
    text(f"SELECT sha256 FROM emergency_evidence WHERE request_id IN {which}")  # nosec B608
    for which in (_ASKED_BY_CASE, _ASKED_BY_PERSON)
)
_SHEETS_OF_FILE = text(
    "SELECT id, sheet_no, blob_sha256, size FROM blatt WHERE akte_id = :akte ORDER BY id"
)


@dataclass(slots=True)
class Erased:
    """What went: rows, sheets, bytes, and one hash over the hashes of all contents."""

    rows: int = 0
    sheets: int = 0
    size: int = 0
    digest: str = ""
    file_gone: bool = False
    person_gone: bool = False


def erase_case(session: Session, vorgang_id: int, *, run_id: int, now: datetime) -> Erased:
    """Delete one case; its file and person too when nothing else is left of them.

    The run must be in state ``running``: the database lets nobody else delete a sheet or a line
    of the log. Contents are noted for removal; the store is touched only after the commit.
    """
    session.execute(text("SELECT set_config('abh.deletion_run', :run, true)"), {"run": str(run_id)})
    case = session.execute(
        text(
            "SELECT v.akte_id, v.person_id, p.household_id FROM vorgang v"
            " JOIN person p ON p.id = v.person_id WHERE v.id = :id FOR UPDATE OF v"
        ),
        {"id": vorgang_id},
    ).one()
    session.execute(text("SELECT 1 FROM akte WHERE id = :akte FOR UPDATE"), {"akte": case.akte_id})
    done = Erased()
    hashes: list[str] = []
    values = {
        "id": vorgang_id,
        "akte": case.akte_id,
        "person": case.person_id,
        "household": case.household_id,
    }
    hashes += session.scalars(_POST_CONTENTS_OF_CASE, values)
    hashes += session.scalars(_EVIDENCE_OF_CASE, values)
    _run(session, CASE, values, done)
    hashes += _sheets(session, session.execute(_SHEETS_OF_CASE, values).all(), values, done)
    if not _any(session, "SELECT 1 FROM vorgang WHERE akte_id = :akte LIMIT 1", values):
        _file(session, values, done, hashes)
    note_unused(session, hashes, now=now, run_id=run_id)
    done.digest = hashlib.sha256("\n".join(sorted(hashes)).encode("ascii")).hexdigest()
    session.execute(text("SELECT set_config('abh.deletion_run', '', true)"))
    return done


def erase_sheet(session: Session, blatt_id: int, *, removal_id: int, now: datetime) -> Erased:
    """Delete one sheet with its text, its pictures and the item of post that brought it.

    The removal must be in state ``running``: the database lets nobody else delete a sheet. Locks
    the file; contents leave the store after the commit.
    """
    setting = text("SELECT set_config('abh.sheet_removal', :removal, true)")
    session.execute(setting, {"removal": str(removal_id)})
    row = session.execute(
        text(
            "SELECT b.id, b.sheet_no, b.blob_sha256, b.size, b.akte_id FROM blatt b"
            " JOIN akte a ON a.id = b.akte_id WHERE b.id = :sheet FOR UPDATE OF a"
        ),
        {"sheet": blatt_id},
    ).one()
    done = Erased()
    values = {"sheet": blatt_id, "akte": row.akte_id}
    hashes = list(session.scalars(_POST_CONTENTS_OF_SHEET, values))
    _run(session, SHEET_POST, values, done)
    hashes += _sheets(session, [row], values, done)
    note_unused(session, hashes, now=now)
    done.digest = hashlib.sha256("\n".join(sorted(set(hashes))).encode("ascii")).hexdigest()
    session.execute(setting, {"removal": ""})
    return done


def _file(
    session: Session, values: Mapping[str, int | None], done: Erased, hashes: list[str]
) -> None:
    """The rest of the file, and the person if there is no other file or case of it."""
    _run(session, FILE, values, done)
    hashes += _sheets(session, session.execute(_SHEETS_OF_FILE, values).all(), values, done)
    _run(session, ("DELETE FROM akte WHERE id = :akte",), values, done)
    done.file_gone = True
    others = "SELECT 1 FROM akte WHERE person_id = :person LIMIT 1"
    cases = "SELECT 1 FROM vorgang WHERE person_id = :person LIMIT 1"
    if not _any(session, others, values) and not _any(session, cases, values):
        hashes += session.scalars(_POST_CONTENTS_OF_PERSON, values)
        hashes += session.scalars(_EVIDENCE_OF_PERSON, values)
        _run(session, PERSON, values, done)
        done.person_gone = True


def _sheets(
    session: Session, rows: Sequence[Any], values: Mapping[str, int | None], done: Erased
) -> list[str]:
    if not rows:
        return []
    ids = {"ids": [row.id for row in rows]}
    for table in SHEETS:
        key = "id" if table == "blatt" else "blatt_id"
        _run(session, (_delete(table, f"{key} = ANY(:ids)"),), ids, done)
    session.execute(
        text("UPDATE akte SET removed_sheets = removed_sheets || CAST(:nos AS int[])"
             " WHERE id = :akte"),
        {"nos": [row.sheet_no for row in rows], "akte": values["akte"]},
    )  # fmt: skip
    done.sheets += len(rows)
    done.size += sum(row.size for row in rows)
    return [row.blob_sha256 for row in rows]


def _run(
    session: Session, statements: tuple[str, ...], values: Mapping[str, object], done: Erased
) -> None:
    for statement in statements:
        done.rows += session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]


def _any(session: Session, sql: str, values: Mapping[str, object]) -> bool:
    return session.execute(text(sql), values).first() is not None

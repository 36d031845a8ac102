"""Files of an application that is not sent yet, kept for a day under the token of its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.documents.akte import Blobs
from abh.kernel.ids import token_hash
from abh.workflows.service import Upload
from abh.workflows.tables import AntragDraft

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An accepted file in the store that belongs to no case yet."""

    kind: str
    name: str
    mime: str
    sha256: str
    pages: int | None = None


def lock_draft(session: Session, token: str, *, now: datetime) -> AntragDraft:
    """Return the draft of a form, made on first use, and lock it until the transaction ends.

    Whoever sends the same form twice waits here and then finds ``filed_number``.
    """
    session.execute(
        insert(AntragDraft)
        .values(token_hash=token_hash(token), data={}, uploads=[], expires_at=now + KEPT_FOR)
        .on_conflict_do_nothing(index_elements=["token_hash"])
    )
    return session.scalars(
        select(AntragDraft)
        .where(AntragDraft.token_hash == token_hash(token))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def filed_number(draft: AntragDraft) -> str:
    """Return the number of the case that this form became, "" while it is not sent."""
    return str(draft.data.get("filed", ""))


def mark_filed(draft: AntragDraft, number: str) -> None:
    """Remember which case the form became; its files belong to the Akte now."""
    draft.data = {"filed": number}
    draft.uploads = []


def kept_files(draft: AntragDraft) -> list[KeptFile]:
    """Return the files of a draft in the order in which they came."""
    return [KeptFile(**each) for each in draft.uploads]


def keep(draft: AntragDraft, files: Sequence[KeptFile], *, now: datetime) -> None:
    """Replace the files of a draft; the same content of one kind is kept once."""
    once = {(each.kind, each.sha256): each for each in files}
    draft.uploads = [asdict(each) for each in once.values()]
    draft.expires_at = now + KEPT_FOR


def uploads_of(files: Sequence[KeptFile], blobs: Blobs) -> list[Upload]:
    """Return kept files with their content, ready for the file."""
    return [Upload(f.kind, f.name, f.mime, blobs.get(f.sha256), f.pages) for f in files]

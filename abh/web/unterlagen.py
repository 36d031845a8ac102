"""Filing what somebody sent to their case from a page: the person and the company alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.tables import Blatt
from abh.web import session as web
from abh.workflows import drafts, intake, service
from abh.workflows.drafts import KeptFile
from abh.workflows.tables import Evidence, Vorgang


def file_once(
    session: Session, actor: Actor, vorgang_id: int, files: Sequence[KeptFile]
) -> list[KeptFile]:
    """File those of ``files`` that the case does not have yet; return them.

    Locks the case: a second click on the same button sees what the first has filed. What was
    refused may be sent again.
    """
    session.execute(select(Vorgang.id).where(Vorgang.id == vorgang_id).with_for_update())
    known = {
        (kind, sha256)
        for kind, sha256 in session.execute(
            select(Evidence.kind, Blatt.blob_sha256)
            .join(Blatt, Blatt.id == Evidence.blatt_id)
            .where(Evidence.vorgang_id == vorgang_id, Evidence.accepted.is_not(False))
        )
    }
    fresh = [file for file in files if (file.kind, file.sha256) not in known]
    if not fresh:
        return []
    house = web.house()
    uploads = drafts.uploads_of(fresh, house.blobs)
    done = service.add_documents(
        session, house, actor, vorgang_id, uploads, received_on=house.today
    )
    intake.notify_letters(session, house, done.letters)
    return fresh

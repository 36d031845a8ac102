"""The release of a signed letter: render, gates, seal, file; all of it in one transaction.

A letter is either signed, filed and on its way, or not at all.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.codes import letter_code
from abh.documents.gates import Release, check_release
from abh.documents.house import House
from abh.documents.letter_content import hash_content
from abh.documents.letter_model import Clerk, ForeignText, LetterInput, SignatureBlock
from abh.documents.letters import letter_kind
from abh.documents.render import RenderedLetter
from abh.documents.tables import Blatt, Letter
from abh.documents.textschicht import keep_texts
from abh.documents.zeichnung_types import Permission
from abh.kernel.errors import RenderRefused


def letter_input(
    house: House, letter: Letter, block: SignatureBlock, *, draft: bool = False
) -> LetterInput:
    """Return what the renderer gets for a frozen letter."""
    content = letter.content
    clerk = content["clerk"]
    return LetterInput(
        letter_key=letter.key,
        office=house.office,
        recipient=tuple(content["recipient"]),
        reference=content["reference"],
        issued_on=house.today,
        signature=block,
        fields=content["fields"],
        outcome=letter.outcome,
        addressee=content["addressee"],
        clerk=Clerk(**clerk) if clerk else None,
        remedy=letter.remedy or "keine",
        your_reference=content["your_reference"],
        foreign=tuple(
            ForeignText(t["lang"], t["title"], tuple(t["paragraphs"])) for t in content["foreign"]
        ),
        draft=draft,
        code="" if draft else letter_code(letter.id, house.secret),
        amount=letter.amount,
    )


def release(
    session: Session, house: House, actor: Actor, letter: Letter, permission: Permission
) -> None:
    """Render a signed letter, hold it against the gates, seal and file it; locks the Akte.

    Raises ``RenderRefused`` with all reasons, ``SealFailed``; then nothing was filed.
    """
    block = SignatureBlock.of(permission, "" if permission.automatic else actor.name)
    source = letter_input(house, letter, block)
    rendered = house.renderer.render(source)
    check_release(
        Release(source, rendered, permission, house.renderer.fonts, check_codes=house.check_codes)
    )
    if letter.content_sha256 != hash_content(letter.content):
        raise RenderRefused("Der Inhalt wurde nach dem Einfrieren geändert.")
    blatt = file_letter(session, house, letter, rendered, permission, filed_by=actor.name)
    audit.record(
        session,
        actor,
        "letter.release",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={
            "key": letter.key,
            "rule": permission.rule_id,
            "acting_for": permission.acting_for,
            "version": permission.version,
            "sha256": blatt.blob_sha256,
            "sealed": house.sealer is not None,
            "sheet": blatt.sheet_no,
        },
    )


def file_letter(
    session: Session,
    house: House,
    letter: Letter,
    rendered: RenderedLetter,
    permission: Permission,
    *,
    filed_by: str,
) -> Blatt:
    """Seal and file a rendered letter and write into its row what was decided; locks the Akte.

    The sheet carries the hash of the sealed file, the letter also that of the rendered one.
    """
    final = rendered.pdf if house.sealer is None else house.sealer.seal(rendered.pdf)
    sheet = NewSheet(
        title=f"{letter_kind(letter.key).title_of(letter.outcome)} ({letter.key})",
        origin="letter",
        data=final,
        mime="application/pdf",
        received_on=house.today,
        filed_by=filed_by,
        file_name=f"{letter.content['reference']}-{letter.key}.pdf",
        pages=rendered.pages,
    )
    now = house.now()
    blatt = file_sheets(
        session, house.blobs, letter.akte_id, [sheet], now=now, vorgang_id=letter.vorgang_id
    )[0]
    keep_texts(session, {blatt.id: f"{blatt.title}\n{rendered.text}"})
    letter.rule_id = permission.rule_id
    letter.rule_version = permission.version
    letter.mark = permission.mark.value
    letter.suffix = permission.suffix
    letter.remedy = permission.remedy.value
    letter.pdf_sha256 = blatt.blob_sha256
    if house.sealer is not None:
        letter.unsealed_sha256 = rendered.sha256
        letter.sealed_by = house.sealer.subject
    letter.pages = rendered.pages
    letter.blatt_id = blatt.id
    letter.released_at = now
    letter.state = "released"
    return blatt

"""Certified copies of sheets (§ 33 VwVfG NRW): the copy with the note under it, for paper."""

from __future__ import annotations

import io
from typing import Protocol

import pikepdf
from sqlalchemy.orm import Session

from abh.documents.einsicht import SheetToShow, as_pdf, base_font, stamp
from abh.documents.tables import Blatt, Letter
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound

KEY = "beglaubigte_abschrift"


class Readable(Protocol):
    """A store of contents, as far as printing needs it."""

    def get(self, sha256: str) -> bytes: ...


def copy_of(store: Readable, blatt: Blatt) -> pikepdf.Pdf:
    """Return the sheet as an open PDF. Raises ``InvalidInput`` when it cannot be copied."""
    sheet = SheetToShow(
        blatt.sheet_no, blatt.title, blatt.received_on, blatt.blob_sha256, blatt.mime
    )
    try:
        return pikepdf.open(io.BytesIO(as_pdf(store.get(blatt.blob_sha256), sheet)))
    except (pikepdf.PdfError, OSError, ValueError) as error:
        text = f"Blatt {blatt.sheet_no} lässt sich nicht kopieren."
        raise InvalidInput([FieldProblem("blatt", text)]) from error


def certified_pdf(session: Session, store: Readable, letter: Letter) -> bytes:
    """Return the copy with the released note under it; every page says what it belongs to.

    Raises ``NotFound`` for a letter that is no released note, ``DomainError`` when the sheet is
    not the one that was certified.
    """
    if letter.key != KEY or letter.pdf_sha256 is None:
        raise NotFound("Das ist kein gezeichneter Beglaubigungsvermerk.")
    fields = letter.content["fields"]
    blatt = session.get(Blatt, fields["blatt_id"])
    if blatt is None or blatt.blob_sha256 != fields["sha256"]:
        raise DomainError("Das beglaubigte Blatt ist nicht mehr das der Akte.")
    with (
        copy_of(store, blatt) as copied,
        pikepdf.open(io.BytesIO(store.get(letter.pdf_sha256))) as note,
        pikepdf.new() as whole,
    ):
        whole.pages.extend(copied.pages)
        count = len(whole.pages)
        font = base_font(whole)
        for number, page in enumerate(whole.pages, start=1):
            text = f"Beglaubigte Kopie, Blatt {blatt.sheet_no}, Seite {number}/{count}"
            stamp(page, font, text, left=95)
        whole.pages.extend(note.pages)
        out = io.BytesIO()
        whole.save(out, deterministic_id=True)
        return out.getvalue()


def printed_pdf(session: Session, store: Readable, letter: Letter) -> bytes:
    """Return what goes to the printer: the filed letter, or the copy with its note."""
    if letter.pdf_sha256 is None:
        raise NotFound("Dieser Brief ist nicht gezeichnet.")
    if letter.key == KEY:
        return certified_pdf(session, store, letter)
    return store.get(letter.pdf_sha256)

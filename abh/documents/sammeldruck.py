"""One job of many letters for a workplace printer: merged, deduplicated, each on a new sheet."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pikepdf

from abh.kernel.errors import FieldProblem, InvalidInput


def merge_for_print(letters: Iterable[bytes], *, duplex: bool = True) -> tuple[bytes, list[int]]:
    """Return one PDF of all letters and the first page (from 1) of each.

    With ``duplex`` every letter begins on the front of a sheet. The result is for printing only:
    archived is each letter by itself. Raises ``InvalidInput`` naming a file that is no PDF.
    """
    merged = pikepdf.new()
    starts: list[int] = []
    # Sources stay open until the result is saved; their streams are copied only then.
    sources: list[pikepdf.Pdf] = []
    try:
        for number, data in enumerate(letters, 1):
            try:
                source = pikepdf.open(io.BytesIO(data))
            except pikepdf.PdfError as error:
                text = f"Der {number}. Brief ist kein lesbares PDF."
                raise InvalidInput([FieldProblem("letters", text)]) from error
            sources.append(source)
            starts.append(len(merged.pages) + 1)
            merged.pages.extend(source.pages)
            if duplex and len(merged.pages) % 2:
                box = [float(edge) for edge in source.pages[-1].mediabox]
                merged.add_blank_page(page_size=(box[2] - box[0], box[3] - box[1]))
        if not starts:
            raise InvalidInput([FieldProblem("letters", "Es ist kein Brief gewählt.")])
        _share_fonts(merged)
        out = io.BytesIO()
        merged.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue(), starts
    finally:
        for source in sources:
            source.close()
        merged.close()


def _share_fonts(merged: pikepdf.Pdf) -> None:
    """Point equal font programs at one object: every letter brings its own copy."""
    known: dict[bytes, pikepdf.Object] = {}
    for thing in merged.objects:
        if not isinstance(thing, pikepdf.Dictionary):
            continue
        for key in ("/FontFile2", "/FontFile3"):
            program = thing.get(key)
            if isinstance(program, pikepdf.Stream):
                thing[key] = known.setdefault(program.read_raw_bytes(), program)

"""Where one letter of a scanned stack ends and the next begins; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abh.documents.codes import letter_of_code
from abh.documents.stapel import Page
from abh.documents.trennblatt import Separator, separator_of


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of a stack: its pages (from 0) with the degrees to turn them by, and what is odd."""

    pages: tuple[tuple[int, int], ...]
    separator: Separator | None = None
    letter_id: int | None = None
    text: str = ""
    notes: tuple[str, ...] = ()
    needs_reading: bool = False


def letters(pages: Sequence[Page], secret: bytes) -> list[Letter]:
    """Return the letters of a stack in order; every page that is no separator sheet is in one.

    Only the empty back of a separator sheet is left out.
    """
    found: list[Letter] = []
    waiting: list[int] = []
    separator: Separator | None = None
    for index, page in enumerate(pages):
        sheet = _separator(page, secret)
        if sheet is None:
            waiting.append(index)
            continue
        if waiting:
            found.append(_letter(pages, waiting, separator, secret))
        waiting, separator = [], sheet
    if waiting:
        found.append(_letter(pages, waiting, separator, secret))
    return found


def _separator(page: Page, secret: bytes) -> Separator | None:
    known = (separator_of(code.text, secret) for code in page.codes)
    return next((one for one in known if one is not None), None)


def _letter(
    pages: Sequence[Page], indexes: list[int], separator: Separator | None, secret: bytes
) -> Letter:
    if separator is not None and pages[indexes[0]].blank and len(indexes) > 1:
        indexes = indexes[1:]
    notes: list[str] = []
    wanted: list[tuple[int, int]] = []
    for number, index in enumerate(indexes, 1):
        page = pages[index]
        turned = page.codes[0].turned if page.codes else 0
        wanted.append((index, -turned % 360))
        if turned:
            notes.append(f"Seite {number} lag {_side(turned)}; sie ist zum Lesen gedreht.")
        if page.torn:
            notes.append(
                f"Auf Seite {number} ist ein Code nicht zu lesen (abgeschnitten oder verschmutzt): "
                "Bitte prüfen, ob dort ein neuer Brief beginnt."
            )
        if page.blank:
            notes.append(f"Seite {number} ist leer.")
    inside = [pages[index] for index in indexes]
    codes = [letter_of_code(code.text, secret) for code in inside[0].codes]
    text = "\n".join(page.text for page in inside if page.text)
    return Letter(
        tuple(wanted),
        separator,
        next((one for one in codes if one is not None), None),
        text,
        tuple(notes[:20]),
        not text and not all(page.blank for page in inside),
    )


def _side(turned: int) -> str:
    return "auf dem Kopf" if turned == 180 else "quer"

"""Looks through a scanned stack, or cuts it, inside a process of its own: hostile files kill only
the probe.

Run as a file: limits as JSON, the path of the file and, to cut, the folder for the pieces; the cuts
come on standard input. It imports nothing of the product, so it starts fast and knows no secrets.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# 150 dpi: what reads a DataMatrix of 10 mm safely, and what an office scanner gives at least.
DPI = 150
# Share of points darker than paper below which a page is blank: dust, not even pencil.
BLANK = 0.0001
DARK = 200


def look(path: Path, limits: dict[str, int]) -> dict[str, Any]:
    """Return kind and pages: codes with the side they lie on, text layer, torn code, blank."""
    pages: list[dict[str, Any]] = []
    left = limits["characters"]
    kind, images = _open(path)
    for image, text in images:
        if len(pages) >= limits["pages"]:
            return {"kind": kind, "pages": pages, "fault": "zu_viele_seiten"}
        codes, torn = _codes(image)
        pages.append(
            {"codes": codes, "torn": torn, "blank": not codes and not text and _blank(image),
             "text": text[:left]}
        )  # fmt: skip
        left -= min(left, len(text))
    return {"kind": kind, "pages": pages, "fault": ""}


def cut(path: Path, folder: Path, cuts: list[list[list[int]]]) -> dict[str, Any]:
    """Write one PDF a cut, ``0.pdf`` and so on; a cut is a list of [page from 0, turn in degrees].

    Pages are copied as they are; turning is a mark of the page, not a new picture.
    """
    if _is_tiff(path):
        return _cut_tiff(path, folder, cuts)
    import pikepdf

    with pikepdf.open(path) as source:
        for number, wanted in enumerate(cuts):
            piece = pikepdf.new()
            for index, turn in wanted:
                piece.pages.append(source.pages[index])
                if turn:
                    piece.pages[-1].rotate(turn, relative=True)
            piece.save(folder / f"{number}.pdf", deterministic_id=True)
    return {"pieces": len(cuts)}


def _cut_tiff(path: Path, folder: Path, cuts: list[list[list[int]]]) -> dict[str, Any]:
    import pikepdf
    from PIL import Image

    with Image.open(path) as source:
        for number, wanted in enumerate(cuts):
            piece = pikepdf.new()
            for index, turn in wanted:
                source.seek(index)
                page = io.BytesIO()
                frame = source if source.mode in ("1", "L", "RGB") else source.convert("RGB")
                dpi = float(source.info.get("dpi", (DPI, DPI))[0]) or DPI
                frame.save(page, "PDF", resolution=dpi, title="", creationDate=None, modDate=None)
                with pikepdf.open(page) as one:
                    piece.pages.append(one.pages[0])
                    if turn:
                        piece.pages[-1].rotate(turn, relative=True)
            piece.save(folder / f"{number}.pdf", deterministic_id=True)
    return {"pieces": len(cuts)}


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*")


def _open(path: Path) -> tuple[str, Iterator[tuple[Any, str]]]:
    return ("tiff", _frames(path)) if _is_tiff(path) else ("pdf", _pages(path))


def _pages(path: Path) -> Iterator[tuple[Any, str]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    for page in document:
        text = page.get_textpage().get_text_range().strip()
        # A page can claim to be a strip of any length.
        scale = min(DPI / 72, 4000 / max(*page.get_size(), 1))
        yield page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil(), text
        page.close()


def _frames(path: Path) -> Iterator[tuple[Any, str]]:
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = 100_000_000
    with Image.open(path, formats=("TIFF",)) as picture:
        for frame in ImageSequence.Iterator(picture):
            gray = frame.convert("L")
            gray.thumbnail((4000, 4000))
            yield gray, ""


def _codes(image: Any) -> tuple[list[dict[str, Any]], bool]:
    import zxingcpp

    found = zxingcpp.read_barcodes(
        image,
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix]),
        # Paper is never dark with light codes.
        try_invert=False,
        return_errors=True,
    )
    whole = [
        {"text": code.text[:200], "turned": round(code.orientation / 90) * 90 % 360}
        for code in found
        if code.valid
    ]
    return whole, not whole and any(not code.valid for code in found)


def _blank(image: Any) -> bool:
    width, height = image.size
    edge_x, edge_y = width // 20, height // 20
    # Scanners leave dark edges.
    inner = image.crop((edge_x, edge_y, width - edge_x, height - edge_y))
    dark = sum(inner.histogram()[:DARK])
    return bool(dark <= BLANK * inner.width * inner.height)


def main() -> int:
    """Print one JSON object; never raise."""
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = Path(sys.argv[2])
    try:
        if len(sys.argv) > 3:
            answer = cut(path, Path(sys.argv[3]), json.load(sys.stdin))
        else:
            answer = look(path, limits)
    except Exception as error:
        # Libraries of formats raise whatever they like; which one is all that is worth telling.
        name = type(error).__name__
        locked = name == "PasswordError" or "password" in str(error).lower()
        answer = {"kind": "", "pages": [], "fault": "verschluesselt" if locked else "beschaedigt"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())

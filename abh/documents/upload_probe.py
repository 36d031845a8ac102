"""Looks into one uploaded file inside a process of its own: bombs kill the probe, not the office.

Run as a file with the data on standard input and limits as JSON in the first argument; prints one
JSON object. It imports nothing of the product, so that it starts fast and knows no secrets.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zlib
from collections.abc import Iterator
from typing import Any

_FLATE = ("/FlateDecode", "/Fl")
# Codecs of pictures: what they unpack to is said by width and height.
_PICTURE = (
    "/DCTDecode", "/DCT", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/CCF",
)  # fmt: skip
# A page on which a scanner laid A4 at 600 dpi in layers; what has one page may be a plan of A3.
_PIXELS_PER_PAGE, _LEAST_PAGES = 50_000_000, 2
# Four colours of 16 bits, and what a picture without width and height may weigh.
_MOST_PER_PIXEL, _SLACK = 8, 1 << 20
_ACTIVE = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMedia")


class Refused(Exception):
    """The file is not acceptable; the only argument is the key of the message."""


def probe_pdf(data: bytes, limits: dict[str, int]) -> dict[str, Any]:
    """Return the number of pages; raise ``Refused`` with the reason's key."""
    import pikepdf

    try:
        # attempt_recovery would accept truncated files and show applicants half a contract.
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, inherit_page_attributes=False)
    except pikepdf.PasswordError:
        raise Refused("verschluesselt") from None
    except pikepdf.PdfError:
        raise Refused("beschaedigt") from None
    # Encrypted, yet open without a password, are the files of many insurers and universities that
    # forbid changes only; everybody can read them, so nobody could do what a refusal asks.
    with pdf:
        if len(pdf.objects) > limits["objects"]:
            raise Refused("zu_komplex")
        try:
            pages = len(pdf.pages)
        except (pikepdf.PdfError, RuntimeError, ValueError):
            raise Refused("beschaedigt") from None
        if pages == 0:
            raise Refused("beschaedigt")
        if pages > limits["pages"]:
            raise Refused("zu_viele_seiten")
        _walk(pdf, limits)
        return {"pages": pages}


def _walk(pdf: Any, limits: dict[str, int]) -> None:
    import pikepdf

    left, parts = limits["unpacked"], limits["parts"]
    pixels = _PIXELS_PER_PAGE * max(len(pdf.pages), _LEAST_PAGES)
    drawn = limits["content"]
    sizes: dict[tuple[int, int], int] = {}
    for thing in pdf.objects:
        for part in _direct_parts(thing):
            parts -= 1
            if parts < 0:
                raise Refused("zu_komplex")
            _refuse_active(part)
        if not isinstance(thing, pikepdf.Stream):
            continue
        if str(thing.get("/Subtype", "")) == "/Image":
            pixels -= _picture_size(thing, limits["pixels"])
        else:
            size = sizes[thing.objgen] = _unpacked(thing, left)
            left -= size
            drawn -= size if str(thing.get("/Subtype", "")) == "/Form" else 0
        if min(left, pixels, drawn) < 0:
            raise Refused("bombe")
    for page in pdf.pages:
        size = _content_size(page, sizes, limits["page_content"])
        drawn -= size
        if drawn < 0 or size > limits["page_content"]:
            raise Refused("bombe")


def _content_size(page: Any, sizes: dict[tuple[int, int], int], most: int) -> int:
    """Return the bytes of a page's drawing orders, as often as it names them, up to ``most``."""
    import pikepdf

    contents = page.obj.get("/Contents", None)
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    total = 0
    for stream in streams:
        if isinstance(stream, pikepdf.Stream):
            total += sizes.get(stream.objgen, 0)
        if total > most:
            break
    return total


def _direct_parts(thing: Any) -> Iterator[Any]:
    """Yield every dictionary inside one object; references are objects of their own."""
    import pikepdf

    waiting = [thing]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Stream):
            yield part.stream_dict
            inner = part.stream_dict.values()
        elif isinstance(part, pikepdf.Dictionary):
            yield part
            inner = part.values()
        elif isinstance(part, pikepdf.Array):
            inner = part
        else:
            continue
        waiting.extend(
            child
            for child in inner
            if isinstance(child, pikepdf.Dictionary | pikepdf.Array) and not child.is_indirect
        )


def _refuse_active(part: Any) -> None:
    if str(part.get("/S", "")) in _ACTIVE or "/JS" in part or "/JavaScript" in part:
        raise Refused("aktive_inhalte")
    if "/EmbeddedFiles" in part or str(part.get("/Type", "")) == "/EmbeddedFile":
        raise Refused("eingebettete_dateien")


def _picture_size(stream: Any, most: int) -> int:
    """Return how many pixels a picture has; refuses too many, and more bytes than those need."""
    width, height = (max(int(stream.get(key, 0)), 0) for key in ("/Width", "/Height"))
    pixels = width * height
    room = pixels * _MOST_PER_PIXEL + _SLACK
    if pixels > most or _unpacked(stream, room) > room:
        raise Refused("bombe")
    return pixels


def _unpacked(stream: Any, left: int) -> int:
    """Return how many bytes the stream unpacks to, counting no further than ``left`` + 1."""
    import pikepdf

    filters = stream.get("/Filter", None)
    names = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    data: bytes = stream.read_raw_bytes()
    while names and names[0] in _FLATE:
        names.pop(0)
        if not names or names[0] in _PICTURE:
            return sum(len(piece) for piece in _inflate(data, left + 1))
        data = b"".join(_inflate(data, left + 1))
    if not names or names[0] == "None" or names[0] in _PICTURE:
        return len(data)
    try:
        # Rare packings: the library unpacks, held by the memory of this process alone.
        return len(stream.read_bytes())
    except pikepdf.PdfError:
        # Nothing unpacks it, or behind them comes the codec of a picture.
        return len(data)


def _inflate(data: bytes, most: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    while most > 0:
        try:
            piece = unpacker.decompress(data, min(most, 1 << 20))
        except zlib.error:
            # Damaged streams occur in real scans; what was read so far is what viewers show.
            return
        if not piece:
            return
        most -= len(piece)
        data = unpacker.unconsumed_tail
        yield piece


def probe_image(data: bytes, limits: dict[str, int]) -> dict[str, Any]:
    """Return nothing of note for a sound picture; raise ``Refused`` with the reason's key."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = limits["pixels"]
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > limits["pixels"]:
                raise Refused("bombe")
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("bombe") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Refused("beschaedigt") from None
    return {"pages": None}


def main() -> int:
    """Read, judge, print; never raise."""
    limits = json.loads(sys.argv[1])
    memory = limits["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    look = probe_pdf if sys.argv[2] == "application/pdf" else probe_image
    try:
        answer = look(data, limits)
    except Refused as refused:
        answer = {"refused": str(refused)}
    except (MemoryError, RecursionError):
        answer = {"refused": "bombe"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Draws one page of a sheet inside a process of its own: hostile files kill only the probe.

Run as a file with the data on standard input and limits as JSON in the first argument; prints the
PNG. It imports nothing of the product, so that it starts fast and knows no secrets.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any


def draw_pdf(data: bytes, limits: dict[str, int]) -> Any:
    """Return a page (from 1) as a picture as wide as asked; raises for what cannot be drawn."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    page = document[limits["page"] - 1]
    width, height = page.get_size()
    # A page can claim to be a strip of any length.
    scale = min(limits["width"] / max(width, 1), limits["height"] / max(height, 1))
    return page.render(scale=scale, may_draw_forms=False).to_pil()


def draw_picture(data: bytes, limits: dict[str, int]) -> Any:
    """Return a JPEG or PNG made smaller, turned as its camera says."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = limits["pixels"]
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > limits["pixels"]:
            raise ValueError("too large")
        picture.draft("RGB", (limits["width"] * 2, limits["height"] * 2))
        turned = ImageOps.exif_transpose(picture) or picture
        turned.thumbnail((limits["width"], limits["height"]))
        return turned


def main() -> int:
    """Print a PNG; ends with 1 for what cannot be drawn."""
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    draw = draw_pdf if sys.argv[2] == "application/pdf" else draw_picture
    try:
        picture = draw(data, limits).convert("RGB")
    except Exception as error:
        sys.stderr.write(type(error).__name__)
        return 1
    out = io.BytesIO()
    picture.save(out, "PNG")
    sys.stdout.buffer.write(out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pictures of the handbook, taken while the days are played; written only when asked for."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from abh.settings import ROOT
from tests.conftest import BILDER

FOLDER = ROOT / "docs" / "handbuch" / "bilder"
WIDTH, MOST_BYTES = 1280, 120_000


def keep(page: Page, name: str, *, height: int = 860) -> None:
    """Write the upper part of the page, light and 1280 wide, if ``ABH_BILDER=1`` asks for it.

    Few colours are left, so that a picture stays small; text on plain ground loses nothing.
    """
    if not BILDER:
        return
    size = page.viewport_size
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.evaluate("window.scrollTo(0, 0)")
    # A sheet of the file is drawn by the browser's own viewer, after the page itself is there.
    page.wait_for_load_state("networkidle" if page.locator("iframe").count() else "load")
    shot = Image.open(io.BytesIO(page.screenshot(scale="css"))).convert("RGB")
    taken = shot.quantize(64, dither=Image.Dither.NONE)
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken.save(path_of(name), "PNG", optimize=True)
    if size is not None:
        page.set_viewport_size(size)


def path_of(name: str) -> Path:
    """Return where the picture of this name lies."""
    return FOLDER / f"{name}.png"

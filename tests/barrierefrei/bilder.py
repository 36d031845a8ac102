"""Pictures of pages small enough to survive another version of the browser.

A picture is kept as a grey one of 48 cells across, each the mean of some thousand pixels. Letters
are those of the product (``abh/web/static/vendor``), inputs are drawn by our own styles, and the
clock stands still: what another Chromium changes are edges of letters, which the mean swallows.
What it keeps is where there is ink: a style sheet that is gone, a column that fell down, a page
that forgot to turn from right to left, a dark page that is white.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

from tests.barrierefrei.sammlung import Seite

FOLDER: Final = Path(__file__).with_name("bilder")
ACROSS: Final = 48
# Of 255: how far a cell may be off before it counts, and how many of a hundred may count.
OFF: Final = 20
MOST_PERCENT: Final = 8.0


@dataclass(frozen=True)
class Bild:
    """A picture that is kept: of which page, how wide, how lit."""

    name: str
    page: str
    width: int = 1280
    scheme: str = "light"
    media: str = "screen"
    forced: bool = False

    def shows(self, seite: Seite) -> bool:
        """Return whether this is its page: by name, or the first of its template and language."""
        kind = f"{seite.main} {seite.lang}"
        return self.page == seite.name or (self.page == kind and seite.status == 200)


BILDER: Final = (
    Bild("teile", "anonymous de GET /_teile/ 200"),
    Bild("teile-dunkel", "anonymous de GET /_teile/ 200", scheme="dark"),
    Bild("teile-druck", "anonymous de GET /_teile/ 200", media="print"),
    Bild("teile-kontrast", "anonymous de GET /_teile/ 200", forced=True),
    Bild("oeffentlich-arabisch", "anonymous ar GET /_teile/oeffentlich 200", 390),
    Bild("antrag", "anonymous de GET /antrag/p02 200", 390),
    Bild("stand", "status/status.html de", 1280),
    Bild("stand-arabisch-dunkel", "status/status.html ar", 390, "dark"),
    Bild("anmelden", "anonymous de GET /login 200", 390),
    Bild("schreibtisch", "lead:SG1 de GET /desk 200"),
    Bild("vorgang", "vorgang/seite.html de"),
    Bild("leitung", "lead:SG1 de GET /leitung 200", 640),
    Bild("firma", "firm:admin de GET /firma 200", 1280, "dark"),
    Bild("nicht-gefunden", "anonymous ar GET /gibt-es-nicht 404", 390),
)


def reduced(png: bytes) -> Image.Image:
    """Return a picture of a page as it is kept."""
    with Image.open(BytesIO(png)) as full:
        height = round(ACROSS * full.height / full.width)
        return full.convert("L").resize((ACROSS, height), Image.Resampling.BOX)


def percent_off(one: Image.Image, other: Image.Image) -> float:
    """Return how many of a hundred cells differ; all, where the pictures have not the same size."""
    if one.size != other.size:
        return 100.0
    cells = ImageChops.difference(one, other).tobytes()
    return 100 * sum(cell > OFF for cell in cells) / len(cells)


def kept(bild: Bild) -> Image.Image:
    """Return the picture in the folder; FileNotFoundError where there is none yet."""
    with Image.open(FOLDER / f"{bild.name}.png") as found:
        return found.convert("L")


def keep(bild: Bild, picture: Image.Image) -> None:
    """Put a picture into the folder."""
    FOLDER.mkdir(exist_ok=True)
    picture.save(FOLDER / f"{bild.name}.png", optimize=True)

"""The pinned fonts of the letters: where they are, which letters they have, how wide a line is."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fontTools.ttLib import TTFont

from abh.kernel.errors import ConfigurationError

# KERN's Noto files have every letter of DIN 91379; those of @fontsource/noto-sans lack 81.
_LATIN = "NotoSans-{weight}"
_ARABIC = "noto-sans-arabic-arabic-{weight}-normal"
FONT_SCHEME = "schrift"
_SUFFIXES = (".woff", ".woff2", ".ttf")
# Control and format characters that shape text without being drawn.
_INVISIBLE = frozenset(
    "\n\r\t\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069"
)


@dataclass(frozen=True)
class FontFile:
    """One font file and the CSS face it serves."""

    family: str
    weight: int
    path: Path

    @property
    def url(self) -> str:
        """Return the name by which style sheets ask the renderer for the font.

        Not a ``data:`` URL: reading a style sheet with two million characters takes a second.
        """
        return f"{FONT_SCHEME}:{self.path.stem}"

    def content(self) -> bytes:
        """Return the font as TrueType.

        Unpacked here and with its own date, because the renderer would stamp the time of
        unpacking into it, and equal letters would differ in their bytes.
        """
        plain = io.BytesIO()
        with TTFont(self.path, recalcTimestamp=False) as font:
            font.flavor = None
            font.save(plain)
        return plain.getvalue()


@dataclass(frozen=True)
class FontSet:
    """The four faces of a letter: Noto Sans and Noto Sans Arabic, regular and bold."""

    files: tuple[FontFile, ...]

    @cached_property
    def _regular(self) -> TTFont:
        return TTFont(
            next(f.path for f in self.files if (f.family, f.weight) == ("Noto Sans", 400))
        )

    @cached_property
    def covered(self) -> frozenset[int]:
        """Return the code points that regular and bold both can draw."""
        by_weight: dict[int, set[int]] = {}
        for file in self.files:
            with TTFont(file.path) as font:
                by_weight.setdefault(file.weight, set()).update(font.getBestCmap())
        return frozenset(set.intersection(*by_weight.values()))

    @cached_property
    def _advances(self) -> dict[int, float]:
        font = self._regular
        metrics, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {code: metrics[name][0] / em for code, name in font.getBestCmap().items()}

    def missing(self, text: str) -> tuple[str, ...]:
        """Return the characters of ``text`` without a glyph, each once, in order of appearance."""
        seen = dict.fromkeys(text)
        return tuple(c for c in seen if c not in _INVISIBLE and ord(c) not in self.covered)

    def width_mm(self, text: str, size_pt: float) -> float:
        """Return how wide one line of regular Noto Sans is, in millimetres."""
        widths = self._advances
        return sum(widths.get(ord(c), 0.6) for c in text) * size_pt * 25.4 / 72

    @cached_property
    def css(self) -> str:
        """Return the ``@font-face`` rules; whoever reads them must know ``FontFile.url``."""
        return "\n".join(
            f"@font-face {{ font-family: '{f.family}'; font-weight: {f.weight}; "
            f"src: url({f.url}); }}"
            for f in self.files
        )


def font_paths(static_dir: Path, *, also: Iterable[Path] = ()) -> FontSet:
    """Return the fonts found below ``static_dir`` (the vendor folder of the pages).

    ``also`` names further folders, e.g. ``node_modules``. Raises ``ConfigurationError`` that
    names each missing file: a letter in a substitute font would lack letters of people's names.
    """
    roots = [r for r in (static_dir, *also) if r.is_dir()]
    wanted = [
        ("Noto Sans", 400, _LATIN.format(weight="Regular")),
        ("Noto Sans", 700, _LATIN.format(weight="Bold")),
        ("Noto Sans Arabic", 400, _ARABIC.format(weight=400)),
        ("Noto Sans Arabic", 700, _ARABIC.format(weight=700)),
    ]
    found = [(family, weight, stem, _find(roots, stem)) for family, weight, stem in wanted]
    missing = [stem for _, _, stem, path in found if path is None]
    if missing:
        raise ConfigurationError(
            f"Schriften der Briefe fehlen: {', '.join(missing)} (gesucht unter "
            f"{', '.join(str(r) for r in (static_dir, *also))}). Bitte „make setup“ ausführen; es "
            "installiert @kern-ux/native und @fontsource/noto-sans-arabic."
        )
    return FontSet(tuple(FontFile(f, w, p) for f, w, _, p in found if p is not None))


def _find(roots: Iterable[Path], stem: str) -> Path | None:
    for root in roots:
        for suffix in _SUFFIXES:
            # Known places first: walking node_modules would take longer than a letter.
            for place in ("", "fonts", "fonts/noto-sans", *_PACKAGES):
                candidate = root / place / (stem + suffix)
                if candidate.is_file():
                    return candidate
            if root.name != "node_modules":
                hits = sorted(root.rglob(stem + suffix))
                if hits:
                    return hits[0]
    return None


_PACKAGES = ("@kern-ux/native/dist/fonts/noto-sans", "@fontsource/noto-sans-arabic/files")

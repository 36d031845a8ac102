"""Bring installed third-party parts into ``static/vendor`` and compile the translations.

Run ``python -m abh.web.assets`` after ``npm ci``. KERN is written with physical CSS properties
(left, right), which breaks right-to-left pages; it is rewritten here to logical ones, with no
change for left-to-right. Its grid and utility classes (two thirds of the file) are left out.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from abh.kernel.errors import ConfigurationError
from abh.web.catalogs import compile_catalogs

WEB = Path(__file__).parent
VENDOR = WEB / "static" / "vendor"
NODE_MODULES = WEB.parent.parent / "node_modules"

KERN_CSS = "@kern-ux/native/dist/kern.css"
_NOTO = "@kern-ux/native/dist/fonts/noto-sans/NotoSans-{}.woff2"
_ARABIC = "@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-{}-normal.woff2"
COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "htmx.org/dist/ext/hx-csp.min.js": "hx-csp.js",
    _NOTO.format("Regular"): "noto-sans-400.woff2",
    _NOTO.format("Bold"): "noto-sans-700.woff2",
    _ARABIC.format(400): "noto-sans-arabic-400.woff2",
    _ARABIC.format(700): "noto-sans-arabic-700.woff2",
    "@kern-ux/native/LICENSE.md": "kern-licence.md",
    "htmx.org/LICENSE": "htmx-licence.txt",
    "@fontsource/noto-sans-arabic/LICENSE": "noto-sans-licence.txt",
}

_SIDES = {"left": "start", "right": "end"}
_PROPERTY = re.compile(
    r"(?P<lead>[{;]\s*)"
    r"(?:(?P<box>margin|padding|border|scroll-margin)-(?P<side>left|right)(?P<rest>[a-z-]*)"
    r"|border-(?P<edge>top|bottom)-(?P<corner>left|right)-radius"
    r"|(?P<inset>left|right))"
    r"(?P<colon>\s*:)"
)
_KEYWORD = re.compile(r"(?P<name>text-align|float|clear)(?P<colon>:\s*)(?P<side>left|right)\b")
_SHORTHAND = re.compile(r"(?P<lead>[{;]\s*)(?P<box>padding|margin):\s*(?P<values>[^;}]+)")
# A glyph that is turned in place (the tick of a checkbox) must not change sides.
_TURNED = re.compile(r"rotate\(|translate\(-50%")
_BLOCK = re.compile(r"\{[^{}]*\}")


def to_logical(css: str) -> str:
    """Return ``css`` with logical in place of physical properties; left-to-right looks the same."""
    return _BLOCK.sub(lambda block: _logical_block(block.group()), css)


def _logical_block(block: str) -> str:
    if _TURNED.search(block):
        return block
    block = _PROPERTY.sub(_logical_property, block)
    block = _KEYWORD.sub(_logical_keyword, block)
    return _SHORTHAND.sub(_logical_shorthand, block)


def _logical_property(found: re.Match[str]) -> str:
    lead, colon = found["lead"], found["colon"]
    if found["box"]:
        return f"{lead}{found['box']}-inline-{_SIDES[found['side']]}{found['rest']}{colon}"
    if found["corner"]:
        edge = "start" if found["edge"] == "top" else "end"
        return f"{lead}border-{edge}-{_SIDES[found['corner']]}-radius{colon}"
    return f"{lead}inset-inline-{_SIDES[found['inset']]}{colon}"


def _logical_keyword(found: re.Match[str]) -> str:
    prefix = "" if found["name"] == "text-align" else "inline-"
    return f"{found['name']}{found['colon']}{prefix}{_SIDES[found['side']]}"


def _logical_shorthand(found: re.Match[str]) -> str:
    values = _split_values(found["values"])
    if len(values) != 4 or values[1] == values[3]:
        return found.group()
    top, right, bottom, left = values
    box = found["box"]
    return f"{found['lead']}{box}-block: {top} {bottom}; {box}-inline: {left} {right}"


def _split_values(text: str) -> list[str]:
    values, depth, current = [], 0, ""
    for char in text.strip():
        depth += (char == "(") - (char == ")")
        if char.isspace() and depth == 0:
            if current:
                values.append(current)
            current = ""
        else:
            current += char
    return [*values, current] if current else values


def kern_css(source: str) -> str:
    """Return what we use of KERN: tokens, components, typography; logical, no Fira Sans."""
    grid = source.index("@file _grid.scss")
    used = source[: source.rindex("/*", 0, grid)]
    used = re.sub(r"/\*.*?\*/", "", used, flags=re.S)
    used = re.sub(r'"Fira Sans(?: Regular)?",?\s*(?=[\w"])', "", used)
    used = used.replace(', "Fira Sans")', ", sans-serif)").replace('"Fira Sans"', "sans-serif")
    return re.sub(r"\n\s*", "\n", to_logical(used)).strip() + "\n"


def install(node_modules: Path = NODE_MODULES, vendor: Path = VENDOR) -> list[Path]:
    """Copy all parts into ``vendor`` and return what was written.

    Raises ConfigurationError naming every part that is not installed.
    """
    missing = [name for name in (KERN_CSS, *COPIES) if not (node_modules / name).is_file()]
    if missing:
        raise ConfigurationError(
            "Nicht installiert (npm ci im Projektverzeichnis holt es nach): " + ", ".join(missing)
        )
    vendor.mkdir(parents=True, exist_ok=True)
    written = [vendor / target for target in COPIES.values()]
    for name, target in COPIES.items():
        shutil.copyfile(node_modules / name, vendor / target)
    css = vendor / "kern.css"
    css.write_text(kern_css((node_modules / KERN_CSS).read_text("utf-8")), encoding="utf-8")
    return [*written, css]


def main() -> None:
    """Install the parts and compile the catalogs."""
    install()
    compile_catalogs()


if __name__ == "__main__":
    main()

"""Every link in the written documents leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from abh.settings import ROOT

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_OUTSIDE = ("https:", "mailto:")


def documents() -> Iterator[Path]:
    """Yield the documents of the project, its own only."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("docs", "benchmarks", "config"):
        yield from sorted((ROOT / folder).rglob("*.md"))


def plain(text: str) -> str:
    """Return a document without what is quoted as code."""
    return _CODE.sub("", _FENCE.sub("", text))


def anchor(heading: str) -> str:
    """Return the address within a page that a heading gets."""
    words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def dead_links(path: Path, text: str) -> list[str]:
    """Return the links of a document that lead to no file and no heading."""
    dead = []
    for inline, picture in _LINK.findall(plain(text)):
        target = inline or picture
        if target.startswith(_OUTSIDE):
            continue
        name, _, part = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.exists() or not goal.is_relative_to(ROOT):
            dead.append(f"{path.relative_to(ROOT)}: {target}")
        elif part and goal.suffix == ".md":
            headings = _HEADING.findall(_FENCE.sub("", goal.read_text("utf-8") if name else text))
            if part not in map(anchor, headings):
                dead.append(f"{path.relative_to(ROOT)}: {target}")
    return dead


def test_every_link_of_the_documents_leads_somewhere() -> None:
    found = [*documents()]
    assert len(found) > 50
    assert [dead for one in found for dead in dead_links(one, one.read_text("utf-8"))] == []


def test_a_dead_link_would_be_seen() -> None:
    path = ROOT / "README.md"
    text = "# Ein Kopf\n[a](fehlt.md) [b](#ein-kopf) [c](#kein-kopf) ![d](fehlt.png) `[e](x.md)`"
    assert [one.rpartition(" ")[2] for one in dead_links(path, text)] == [
        "fehlt.md", "#kein-kopf", "fehlt.png",
    ]  # fmt: skip

"""KERN becomes usable from right to left, and nothing is missing silently."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from abh.kernel.errors import ConfigurationError
from abh.web import assets


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("a{margin-left:1px}", "a{margin-inline-start:1px}"),
        ("a{ color:red; padding-right: 2px;}", "a{ color:red; padding-inline-end: 2px;}"),
        ("a{border-left: 1px solid}", "a{border-inline-start: 1px solid}"),
        ("a{border-left-color: red}", "a{border-inline-start-color: red}"),
        ("a{border-top-left-radius:2px}", "a{border-start-start-radius:2px}"),
        ("a{left:0;right:1px}", "a{inset-inline-start:0;inset-inline-end:1px}"),
        ("a{text-align: right}", "a{text-align: end}"),
        ("a{float: left}", "a{float: inline-start}"),
        ("a{padding: 1px 2px 3px 4px}", "a{padding-block: 1px 3px; padding-inline: 4px 2px}"),
        (
            "a{padding: 0 var(--r, 8px) 0 calc(1px + 2px)}",
            "a{padding-block: 0 0; padding-inline: calc(1px + 2px) var(--r, 8px)}",
        ),
    ],
)
def test_physical_sides_become_logical(physical: str, logical: str) -> None:
    assert assets.to_logical(physical) == logical


@pytest.mark.parametrize(
    "css",
    [
        "a{padding: 1px 2px}",
        "a{padding: 1px 2px 3px 2px}",
        "a{border-radius: 1px}",
        "a{--left: 1px}",
        "a::before{left:3px;transform:rotate(47deg)}",
        "a{background:url('data:image/svg+xml,left: 4')}",
    ],
)
def test_what_has_no_side_stays(css: str) -> None:
    assert assets.to_logical(css) == css


def test_kern_keeps_no_physical_side_and_no_fira(tmp_path: Path) -> None:
    assets.install(vendor=tmp_path)
    css = (tmp_path / "kern.css").read_text("utf-8")
    turned = [block for block in re.findall(r"\{[^{}]*\}", css) if "rotate(" not in block]
    left = [b for b in turned if re.search(r"[;{\s](?:margin|padding|border)-(?:left|right)", b)]
    assert left == []
    assert "Fira Sans" not in css
    assert ".kern-btn--primary" in css and "--kern-color-action-default" in css


def test_missing_parts_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        assets.install(node_modules=tmp_path, vendor=tmp_path / "vendor")
    for name in (assets.KERN_CSS, *assets.COPIES):
        assert name in str(caught.value)


@pytest.mark.parametrize("weight", [400, 700])
def test_the_font_has_letters_of_names_that_fira_lacks(weight: int) -> None:
    letters = set(TTFont(assets.VENDOR / f"noto-sans-{weight}.woff2").getBestCmap())
    assert {ord(char) for char in "ʿʾḤḥṬṭẔẕỄễŁłŐőʻʼƏəĦħ"} <= letters
    combining = {0x0302, 0x0304, 0x030B, 0x0323, 0x0331, 0x035F}
    assert combining <= letters


def test_the_lock_names_no_registry() -> None:
    lock = (assets.NODE_MODULES.parent / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == 4

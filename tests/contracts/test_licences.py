"""Nothing that is installed may force its own licence on an authority's installation."""

from __future__ import annotations

import re
from importlib import metadata

from abh.settings import ROOT

FORBIDDEN = re.compile(r"\bAGPL|Affero", re.I)


def _licence(distribution: metadata.Distribution) -> str:
    fields = ("License", "License-Expression", "Classifier")
    return "\n".join(
        # whole texts end with those of bundled parts, and the GPL itself names the Affero licence
        value[:1_000]
        for field in fields
        for value in distribution.metadata.get_all(field, [])
        if field != "Classifier" or value.startswith("License")
    )


def _pinned() -> set[str]:
    text = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9.-]+)==", text, re.M))


def test_no_installed_package_is_under_the_affero_licence() -> None:
    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"].lower().replace("_", "-")
        found[name] = _licence(distribution)
    assert len(_pinned() & set(found)) > 100  # this looked at the packages we pin
    assert {name: text for name, text in found.items() if FORBIDDEN.search(text)} == {}

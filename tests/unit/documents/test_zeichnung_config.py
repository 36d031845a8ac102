"""Reading the signature table: every fault of the file is listed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from abh.documents.zeichnung import Rank, ordnung_on
from abh.documents.zeichnung_config import load_zeichnung
from abh.kernel.errors import ConfigurationError

_HEAD = """fassungen:
  - fassung: "a"
    gilt_ab: 2026-01-01
    norm: "§ 37 VwVfG NRW"
    zusatz: {EINARB: "", SB: "", SGL: "", ABL: "", AL: "", BG: "", OB: ""}
    hausweit_ab: ABL
    regeln:
"""
_ROW = "      - {regel: R1, brief: N01, name: Eingang, risiko: low, ab: automatisch, "
_GOOD = _HEAD + _ROW + "zeichen: none, wege: [post]}\n"


def _load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "zeichnung.yaml"
    path.write_text(text, encoding="utf-8")
    return load_zeichnung(path)


def _fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        _load(tmp_path, text)
    return str(error.value)


def test_a_version_ends_the_day_before_the_next_begins(tmp_path: Path) -> None:
    later = _GOOD.split("\n", 1)[1].replace('"a"', '"b"').replace("2026-01-01", "2026-07-01")
    loaded = _load(tmp_path, _GOOD + later.replace("hausweit_ab: ABL", "hausweit_ab: AL"))
    assert ordnung_on(loaded, date(2026, 6, 30)).version == "a"  # type: ignore[arg-type]
    second = ordnung_on(loaded, date(2026, 7, 1))  # type: ignore[arg-type]
    assert (second.version, second.house_wide_from) == ("b", Rank.AL)


def test_all_faults_are_listed_with_their_place(tmp_path: Path) -> None:
    row = _ROW.replace("low", "egal").replace("automatisch", "CHEF")
    text = _fault(tmp_path, _HEAD + row + "zeichen: none, wege: [taube], extra: 1}\n")
    for place in ("risiko", "ab", "wege.0", "extra"):
        assert f"fassungen.0.regeln.0.{place}: " in text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "fassungen"),
        ("fassungen: []", "fassungen"),
        ("a: [", "nicht lesbar"),
        (_GOOD.replace("zeichen: none", "zeichen: name"), "automatisch"),
        (_GOOD.replace("wege:", "verwaltungsakt: true, wege:"), "§ 35a VwVfG NRW"),
        (_GOOD.replace('OB: ""', 'OB: "i. A."'), "zusatz"),
        (_GOOD.replace(', OB: ""', ""), "fehlt für OB"),
        (_GOOD + _GOOD.splitlines()[-1] + "\n", "doppelt: R1"),
        (_GOOD + _GOOD.split("\n", 1)[1], "am selben Tag"),
        (_GOOD.replace("wege:", 'ueber: "5.00", bis: "4.00", wege:'), "größer"),
    ],
)
def test_a_broken_file_stops_the_start(tmp_path: Path, text: str, word: str) -> None:
    assert word in _fault(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"zeichnung\.yaml fehlt"):
        load_zeichnung(tmp_path / "zeichnung.yaml")

"""Entries of prescribed forms: in their measured places, else on plain paper, never elsewhere."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from abh.documents.vordruck_platz import Place, places_of
from abh.kernel.errors import ConfigurationError, RenderRefused
from tests.unit.documents.factories import renderer

ENTRIES = [("Name", "Nguyễn"), ("Gültig bis", "23.02.2027"), ("Seriennummer", "K0000998")]
MM = 72 / 25.4


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "vordrucke.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_only_measured_values_are_printed_and_lie_where_they_were_measured(tmp_path: Path) -> None:
    text = "vordrucke: {D3: {Name: {links: 25, oben: 62, breite: 80}, Gültig bis: "
    places = places_of("D3", _file(tmp_path, text + "{links: 120, oben: 80, breite: 40}}}"))
    assert places["Name"] == Place(25.0, 62.0, 80.0)
    page = pypdfium2.PdfDocument(renderer().form_entries(ENTRIES, places=places))[0]
    words = page.get_textpage()
    shown = words.get_text_range()
    assert "Nguyễn" in shown and "23.02.2027" in shown
    assert "Name" not in shown and "K0000998" not in shown
    start, _count = words.search("23.02.2027").get_next()
    left, _bottom, _right, top = words.get_charbox(start)
    assert left / MM == pytest.approx(120, abs=0.5)
    assert 80 < (page.get_height() - top) / MM < 82


def test_a_value_too_long_for_its_place_is_set_smaller_or_refused_by_name() -> None:
    narrow = {"Name": Place(25, 62, 12.0, 11.0)}
    assert renderer().form_entries([("Name", "Nguyễn")], places=narrow).startswith(b"%PDF")
    with pytest.raises(RenderRefused, match="„Name“ ist zu lang"):
        renderer().form_entries([("Name", "Nguyễn-Hohenfels")], places=narrow)


def test_a_form_that_nobody_measured_becomes_a_list_that_says_what_it_is() -> None:
    assert places_of("D3") == {}
    pdf = renderer().form_entries(ENTRIES, title="Eintragungen für den Vordruck D3 K0000998")
    shown = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "kein amtliches Dokument" in shown and "D3 K0000998" in shown and "Nguyễn" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vordrucke: {D99: {Name: {links: 1, oben: 1, breite: 9}}}", "D99"),
        ("vordrucke: {D3: {Größe: {links: 1, oben: 1, breite: 9}}}", "„Größe“"),
        ("vordrucke: {D3: {Name: {links: 180, oben: 1, breite: 90}}}", "nicht auf einem Blatt"),
        ("vordrucke: {D3: {Name: {links: x, oben: 1, breite: 9}}}", "nicht auf einem Blatt"),
        ("vordrucke: {D3: {Name: 7}}", "nicht auf einem Blatt"),
    ],
)
def test_a_wrong_measure_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        places_of("D3", _file(tmp_path, text))

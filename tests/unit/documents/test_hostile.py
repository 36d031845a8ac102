"""Hostile input: whatever stands in a field is text, fetches nothing and stays on the page."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pikepdf
import pypdfium2
import pytest

from abh.documents.gates import Release, check_release
from abh.documents.letter_fields import FORBIDDEN
from abh.documents.letters import LETTERS, load_fields
from abh.kernel.errors import InvalidInput, RenderRefused
from tests.unit.documents.factories import fonts, letter, permission, renderer

MARKUP = (
    "<script>alert(1)</script>",
    "</p></main><style>*{display:none}</style>",
    "<link rel=attachment href=file:///etc/hostname>",
    "<img src=file:///etc/hostname onerror=x>",
    "{{ 7 * 7 }}{% include 'base.html.j2' %}",
    "@page { size: A6 } /* */ ' \" ; --",
)
CONTROLS = ("\x00", "\x07", "\u202e", "\u2066", "\x85")
LONG = "Donaudampfschifffahrtsgesellschaft" * 60
KEYS = (("N12", ""), ("N02", ""), ("N26", "versand"), ("N13", "ordnungsverfuegung"))


def _everywhere(value: Any, change: Callable[[str], str], name: str = "") -> Any:
    """Return ``value`` with ``change`` applied to every text that is no day and no link."""
    if isinstance(value, Mapping):
        return {k: _everywhere(v, change, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(v, change, name) for v in value]
    fixed = name.endswith(("_on", "_until", "_url", "deadline", "until", "link"))
    return value if fixed or not isinstance(value, str) else change(value)


def _made(key: str, outcome: str, change: Callable[[str], str]) -> Release:
    fields = _everywhere(LETTERS[key].samples[outcome], change)
    source = letter(key, outcome, fields=fields)
    return Release(source, renderer().render(source), permission(key, outcome), fonts())


@pytest.mark.parametrize(("key", "outcome"), KEYS)
def test_markup_in_every_field_stays_text_and_fetches_nothing(key: str, outcome: str) -> None:
    release = _made(key, outcome, lambda text: text + " " + " ".join(MARKUP))
    check_release(release)
    for evil in MARKUP:
        assert " ".join(evil.split()) in release.rendered.text
    with pikepdf.open(io.BytesIO(release.rendered.pdf)) as pdf:
        assert not pdf.attachments
        assert "/OpenAction" not in pdf.Root
        links = [
            str(a.A.get("/URI", ""))
            for page in pdf.pages
            for a in page.get("/Annots", [])
            if "/A" in a
        ]
        assert [link for link in links if not link.startswith("http")] == []
        assert {tuple(map(float, page.mediabox)) for page in pdf.pages} == {
            (0.0, 0.0, 595.275, 841.889)
        } or all(590 < float(page.mediabox[2]) < 600 for page in pdf.pages)


def _every_sample() -> list[tuple[str, str]]:
    return [(key, outcome) for key, kind in LETTERS.items() for outcome in kind.samples]


@pytest.mark.parametrize(("key", "outcome"), _every_sample())
def test_no_letter_lets_markup_of_a_field_through(key: str, outcome: str) -> None:
    evil = "<img src=file:///etc/hostname onerror=x>"
    fields = _everywhere(LETTERS[key].samples[outcome], lambda text: f"{text} {evil}")
    try:
        load_fields(key, fields, outcome)
    except InvalidInput as refused:
        # A field of a fixed form (a hash, a choice) refuses it by name; the others take it as text.
        wrong = {problem.field.split(".")[0] for problem in refused.problems}
        fields |= {name: LETTERS[key].samples[outcome][name] for name in wrong}
    html = renderer().html(letter(key, outcome, fields=fields))
    assert "<img src=file" not in html
    assert "&lt;img src=file" in html


@pytest.mark.parametrize("evil", CONTROLS)
@pytest.mark.parametrize(("key", "outcome"), KEYS)
def test_control_characters_and_turned_reading_are_refused_by_name(
    key: str, outcome: str, evil: str
) -> None:
    fields = _everywhere(LETTERS[key].samples[outcome], lambda text: text + evil)
    with pytest.raises(InvalidInput) as refused:
        load_fields(key, fields, outcome)
    assert all(f"U+{ord(evil):04X}" in p.message for p in refused.value.problems)


def test_turned_reading_in_name_or_address_is_found_at_the_gate() -> None:
    for changes in ({"addressee": "Beispiel\u202eetadresse"}, {"recipient": ("A\u2067b", "Ort")}):
        source = letter("N12", **changes)
        made = renderer().render(source)
        with pytest.raises(RenderRefused) as refused:
            check_release(Release(source, made, permission("N12"), fonts()))
        assert "steuerzeichen" in {r.key for r in refused.value.reasons}


def test_arabic_and_accents_are_no_control_characters() -> None:
    assert FORBIDDEN.search("ملخص باللغة العربية Nguyễn m̂ \u200f\n") is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_a_link_leads_to_a_web_page_or_is_refused(link: str) -> None:
    fields = {**LETTERS["N02"].samples[""], "upload_url": link}
    with pytest.raises(InvalidInput) as refused:
        load_fields("N02", fields)
    assert [p.field for p in refused.value.problems] == ["upload_url"]


def test_ten_thousand_characters_are_refused_where_they_are_typed() -> None:
    fields = {**LETTERS["N12"].samples[""], "hearing_words": "x" * 10_000}
    with pytest.raises(InvalidInput) as refused:
        load_fields("N12", fields)
    assert [p.field for p in refused.value.problems] == ["hearing_words"]


def test_a_word_without_end_stays_on_the_page() -> None:
    fields = {**LETTERS["N12"].samples[""], "tenor": [LONG], "norms": LONG}
    made = renderer().render(letter("N12", fields=fields, addressee=LONG))
    for page in pypdfium2.PdfDocument(made.pdf):
        width = page.get_width()
        text = page.get_textpage()
        rights = [text.get_rect(i)[2] for i in range(text.count_rects())]
        assert max(rights) < width - 10


def test_a_picture_in_the_letter_is_no_signature() -> None:
    source = letter("N12")
    made = renderer().render(source)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        picture = pikepdf.Stream(pdf, b"\x00" * 12)
        name = pikepdf.Name
        picture["/Subtype"], picture["/ColorSpace"] = name.Image, name.DeviceRGB
        picture["/Width"], picture["/Height"], picture["/BitsPerComponent"] = 2, 2, 8
        pdf.pages[0].add_resource(
            pdf.make_indirect(picture), pikepdf.Name.XObject, pikepdf.Name("/Sign")
        )
        out = io.BytesIO()
        pdf.save(out)
    forged = replace(made, pdf=out.getvalue())
    with pytest.raises(RenderRefused) as refused:
        check_release(Release(source, forged, permission("N12"), fonts()))
    assert "unterschrift_als_bild" in {r.key for r in refused.value.reasons}

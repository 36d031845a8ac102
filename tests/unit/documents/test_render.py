"""Rendering: the same bytes each time, archive and accessibility claims, DIN 5008 positions."""

from __future__ import annotations

import io
import threading
import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
import pytest

from abh.documents import render
from abh.documents.codes import letter_code, read_codes
from abh.documents.fonts import font_paths
from abh.documents.gates import Release, check_release
from abh.documents.letter_model import ForeignText
from abh.documents.letters import LETTERS
from abh.documents.render import Renderer, german_day, german_euro, grouped_iban
from abh.kernel import names
from abh.kernel.errors import ConfigurationError, RenderRefused
from tests.unit.documents.factories import (
    AMOUNTS,
    NAME,
    OFFICE,
    fonts,
    letter,
    permission,
    renderer,
)

DRAFTED = [(k.key, o) for k in LETTERS.values() for o in k.samples]
MM = 72 / 25.4
CODE = letter_code(17, b"probe")


def _text(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(text.split())


def _top_left(pdf: bytes, words: str) -> tuple[float, float]:
    """Return where ``words`` begin on page 1: mm from the left and from the top edge."""
    page = pypdfium2.PdfDocument(pdf)[0]
    text = page.get_textpage()
    start, _ = text.search(words).get_next()
    left, _, _, top = text.get_charbox(start, loose=True)
    return left / MM, 297 - top / MM


@pytest.mark.parametrize(("key", "outcome"), DRAFTED)
def test_every_letter_renders_without_complaint_and_passes_the_gates(
    key: str, outcome: str
) -> None:
    source = letter(key, outcome)
    made = renderer().render(source)
    granted = permission(key, outcome, AMOUNTS.get((key, outcome)))
    check_release(Release(source, made, granted, fonts()))
    assert made.warnings == ()
    assert made.pdf.startswith(b"%PDF-1.7")
    # A note of certification is printed under a copy and addresses nobody.
    assert (f"Guten Tag {NAME}," in _text(made.pdf)) is (key != "beglaubigte_abschrift")
    assert "Herr" not in made.text.split()
    assert made.subject == LETTERS[key].title_of(outcome)


def test_what_nobody_applied_for_is_not_called_an_application() -> None:
    for key in ("N02", "N04", "N07", "N12"):
        fields = {k: v for k, v in LETTERS[key].samples[""].items() if k != "received_on"}
        text = renderer().render(letter(key, fields=fields)).text
        assert "Oktober 2026: Blaue Karte EU" not in text, key
        assert "Blaue Karte EU (§" in text, key


def test_equal_input_gives_equal_bytes_also_from_a_new_renderer() -> None:
    first = renderer().render(letter("N12"))
    renderer().render(letter("N01"))
    again = renderer().render(letter("N12"))
    other = Renderer(fonts()).render(letter("N12"))
    assert first.pdf == again.pdf == other.pdf
    assert first.sha256 == other.sha256
    changed = renderer().render(letter("N12", issued_on=date(2026, 11, 21)))
    assert changed.sha256 != first.sha256


def test_threads_share_one_renderer_and_get_the_same_letters() -> None:
    expected = renderer().render(letter("N03")).sha256
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(renderer().render(letter("N03")).sha256))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_the_file_claims_pdf_a_and_pdf_ua_and_carries_only_its_own_date() -> None:
    made = renderer().render(letter("N08", "blaue_karte"))
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
        assert meta["pdfuaid:part"] == "1"
        assert meta["xmp:CreateDate"] == meta["xmp:ModifyDate"] == "2026-11-20"
        assert meta["dc:title"] == "Bewilligung der Blauen Karte EU · ABH-2026-0001234"
        assert str(pdf.Root.Lang) == "de"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        packet = pdf.Root.Metadata.read_bytes()
    assert packet.count(b"<rdf:RDF") == 1
    assert b"pdfaExtension:schemas" in packet


def test_addresses_subject_and_information_block_lie_where_din_5008_form_b_wants_them() -> None:
    pdf = (
        renderer()
        .render(letter("N02", recipient=("Zeile1", "Zeile2", "Z3", "Z4", "Z5", "Zeile6")))
        .pdf
    )
    left, top = _top_left(pdf, "Zeile1")
    assert left == pytest.approx(25, abs=0.5)
    assert 62.0 <= top <= 63.5
    assert _top_left(pdf, "Zeile6")[1] + 4.5 <= 90.5
    left, top = _top_left(pdf, "Aktenzeichen")
    assert left == pytest.approx(125, abs=0.5)
    assert 49.5 <= top <= 52
    left, top = _top_left(pdf, "Bitte reichen Sie noch")
    assert left == pytest.approx(25, abs=0.5)
    assert 97.5 <= top <= 100


def test_fold_and_punch_marks_are_drawn_at_their_heights() -> None:
    page = pypdfium2.PdfDocument(renderer().render(letter("N02")).pdf)[0]
    scale = 4.0
    picture = page.render(scale=scale).to_pil().convert("L")
    x = round(2 * MM * scale)
    dark = [y for y in range(picture.height) if picture.getpixel((x, y)) < 200]  # type: ignore[operator]
    heights = sorted({round(y / scale / MM * 2) / 2 for y in dark})
    assert heights == [105.0, 148.5, 210.0]


def test_reading_order_is_sender_address_reference_text_closing() -> None:
    text = renderer().render(letter("N12")).text
    order = ["Landeshauptstadt", NAME, "Aktenzeichen", "Guten Tag", "Begründung",
             "Rechtsbehelfsbelehrung", "Mit freundlichen Grüßen"]  # fmt: skip
    places = [text.index(word) for word in order]
    assert places == sorted(places)


def test_later_pages_name_authority_file_and_page() -> None:
    sections = [{"heading": "Grund", "paragraphs": ["Weil es so ist. " * 120] * 3}]
    fields = {**LETTERS["N12"].samples[""], "sections": sections}
    made = renderer().render(letter("N12", fields=fields))
    assert made.pages >= 3
    last = pypdfium2.PdfDocument(made.pdf)[made.pages - 1].get_textpage().get_text_range()
    for words in ("Landeshauptstadt", "ABH-2026-0001234", f"Seite {made.pages} von {made.pages}"):
        assert words in last


def test_every_letter_of_din_91379_is_in_the_fonts_and_arrives_in_the_file() -> None:
    wanted = sorted(names.letters())
    assert len(wanted) == 649
    assert fonts().missing("".join(wanted)) == ()
    fields = {**LETTERS["N26"].samples["versand"], "opening": [" ".join(wanted)]}
    made = renderer().render(letter("N26", "versand", fields=fields))
    assert made.warnings == ()
    # pypdf reads in the order of the file; it only puts spaces before accents that stand apart.
    pages = pypdf.PdfReader(io.BytesIO(made.pdf)).pages
    arrived = "".join("".join(page.extract_text() for page in pages).split())
    in_order = unicodedata.normalize("NFD", "".join(wanted))
    assert in_order in unicodedata.normalize("NFD", arrived)


def test_arabic_runs_from_right_to_left_in_its_own_font() -> None:
    foreign = (
        ForeignText("en", "Summary", ("We have your application.",)),
        ForeignText("ar", "ملخص", ("لقد تلقينا طلبك ABH-2026-0001234.",)),
    )
    assert [f.direction for f in foreign] == ["ltr", "rtl"]
    made = renderer().render(letter("N01", foreign=foreign))
    assert made.warnings == ()
    assert fonts().missing(made.text) == ()
    assert "Verbindlich ist der deutsche Text." in made.text
    assert b"Noto-Sans-Arabic" in b"".join(
        bytes(str(font.BaseFont), "ascii")
        for page in pikepdf.open(io.BytesIO(made.pdf)).pages
        for font in page.resources.Font.values()
    )


def test_markup_in_a_name_stays_text_and_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    evil = f'<link rel=attachment href="file://{secret}"><img src="file://{secret}">'
    made = renderer().render(letter("N03", addressee=evil))
    assert evil.replace(" ", "") in made.text.replace(" ", "")
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert not pdf.attachments


def test_a_template_that_fetches_a_file_is_found_by_its_warning(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name in ("base.html.j2", "_signature.html.j2", "_macros.html.j2"):
        (tmp_path / name).write_text((render.TEMPLATES / name).read_text("utf-8"), "utf-8")
    picture = f'<img alt="x" src="file://{secret}">'
    page = '{% extends "base.html.j2" %}{% block content %}' + picture + "{% endblock %}"
    (tmp_path / "n03.html.j2").write_text(page, "utf-8")
    made = Renderer(fonts(), tmp_path).render(letter("N03"))
    assert any(str(secret) in line for line in made.warnings)


def test_a_field_that_a_template_misses_is_named(tmp_path: Path) -> None:
    (tmp_path / "n03.html.j2").write_text("{{ f.unbekannt }}", "utf-8")
    with pytest.raises(RenderRefused, match="unbekannt") as refused:
        Renderer(fonts(), tmp_path).render(letter("N03"))
    assert [r.key for r in refused.value.reasons] == ["feld_fehlt"]


def test_a_remedy_of_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="widerspruch"):
        renderer().render(letter("N12", remedy="widerspruch"))


def test_missing_fonts_stop_the_start_and_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        font_paths(tmp_path)
    for name in ("NotoSans-Regular", "NotoSans-Bold", "noto-sans-arabic-arabic-400"):
        assert name in str(error.value)


def test_fonts_are_found_wherever_below_the_vendor_folder_they_lie(tmp_path: Path) -> None:
    deep = tmp_path / "kern" / "fonts"
    deep.mkdir(parents=True)
    for file in fonts().files:
        (deep / file.path.name).write_bytes(file.path.read_bytes())
    assert {f.path.parent for f in font_paths(tmp_path).files} == {deep}


def test_days_amounts_and_ibans_read_as_people_write_them() -> None:
    assert german_day(date(2026, 3, 5)) == "5.\u00a0März 2026"
    assert german_euro(Decimal("1234567.5")) == "1.234.567,50\u00a0€"
    assert grouped_iban(OFFICE.iban).replace("\u00a0", " ") == "DE98 3005 0110 1234 5678 90"


def test_a_draft_says_so() -> None:
    made = renderer().render(replace(letter("N12"), draft=True))
    assert render.DRAFT_MARK in _text(made.pdf)


def test_a_long_address_stays_on_one_label_line_by_line_or_is_refused_by_name() -> None:
    lines = (
        "Prinzessin Wilhelmine-Alexandra von Hohenfels-Musterstein",
        "Rechtsanwaltsgesellschaft Beispiel & Partner mbB", "z. Hd. Frau Dr. Mustermann-Beispiel",
        "Königsallee 1234, Hinterhaus", "40212 Düsseldorf", "Bundesrepublik Deutschland",
    )  # fmt: skip
    pdf = renderer().label(lines, "om_label_89x36mm", CODE)
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    left, top = zip(*(_top_left(pdf, line) for line in lines), strict=True)
    assert max(left) - min(left) < 0.6 and list(top) == sorted(top)
    assert read_codes(pdf, upright=True).matrices == (CODE,)
    with pytest.raises(RenderRefused, match="passt nicht auf ein Etikett von 62 x 29 mm"):
        renderer().label(lines, "om_label_62x29mm", CODE)

"""The translation annex (§ 77 Abs. 3 AufenthG): checked sentences, fonts, directions, no force."""

from __future__ import annotations

import re

import pytest

from abh.documents.remedy import TITLE, remedy_notice
from abh.documents.uebersetzung_worte import direction_of, phrasebook
from abh.documents.vorschau import preview_letter
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Remedy
from abh.kernel.errors import InvalidInput
from abh.settings import ROOT
from abh.workflows.briefsaetze import TENOR
from tests import factories
from tests.unit.documents.factories import DAY, OFFICE

BOOK = phrasebook()
ROWS = (*BOOK.sentences, *BOOK.remedies.values())
TABLE = load_zeichnung(ROOT / "config" / "zeichnung.yaml")


def _fields(lang: str) -> dict[str, object]:
    parts = [
        {"german": row["de"].format_map(_Any()), "translated": row[lang].format_map(_Any())}
        for row in ROWS
    ]
    return {
        "lang": lang, "title_words": "Bescheid", "day": "2026-11-20",
        "decision": parts[:-2], "remedy": parts[-2:],
    }  # fmt: skip


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return {"tag": "5. Oktober 2026", "monate": "24", "ziel": "Beispielland"}.get(key, "Amt")


def test_every_language_says_every_sentence_with_the_same_facts() -> None:
    wanted = {"de", *BOOK.languages}
    for row in (*ROWS, *BOOK.words.values()):
        assert set(row) == wanted, row["de"]
        places = {lang: sorted(re.findall(r"\{\w+\}", text)) for lang, text in row.items()}
        assert all(found == places["de"] for found in places.values()), row["de"]


def test_the_remedy_is_translated_word_for_word_as_the_letter_prints_it() -> None:
    for kind in (Remedy.KLAGE, Remedy.EINSPRUCH):
        notice = remedy_notice(kind, OFFICE)
        assert notice is not None
        for paragraph in notice.paragraphs:
            for lang in BOOK.languages:
                assert OFFICE.city in BOOK.translate(paragraph, lang)


def test_days_of_a_sentence_are_said_in_digits_that_everybody_reads() -> None:
    german = "Sie müssen das Bundesgebiet bis zum 11. Januar 2027 verlassen."
    # Kept together from left to right in a line that runs the other way.
    assert "\u200e11.01.2027\u200e" in BOOK.translate(german, "ar")
    assert BOOK.translate(german, "fr").endswith("le 11.01.2027.")
    assert BOOK.translate("Sie dürfen alles.", "en") == ""


def test_the_fixed_sentences_of_a_lost_title_are_known() -> None:
    for step in (("P30", "verkuerzen"), ("P20", "widerrufen"), ("P38", "verbot_aufheben")):
        for sentence in TENOR[step](None):  # type: ignore[arg-type]
            assert BOOK.translate(sentence, "fa"), sentence


@pytest.mark.parametrize("lang", sorted(BOOK.languages))
def test_the_annex_passes_every_gate_in_each_language(lang: str) -> None:
    made = preview_letter(
        factories.renderer(), TABLE, OFFICE, "uebersetzung", on=DAY, fields=_fields(lang)
    )
    assert made.faults == ()
    assert made.pdf.startswith(b"%PDF")


@pytest.mark.parametrize("lang", ["ar", "fa", "uk"])
def test_the_annex_says_in_both_languages_that_it_has_no_force(lang: str) -> None:
    from abh.documents.letter_model import LetterInput, SignatureBlock
    from abh.documents.zeichnung_types import Mark

    source = LetterInput(
        letter_key="uebersetzung",
        office=OFFICE,
        recipient=("Erika Muster", "40212 Düsseldorf"),
        reference="ABH-2026-0000001",
        issued_on=DAY,
        signature=SignatureBlock(Mark.NAME, "Im Auftrag", "Lena Muster"),
        fields=_fields(lang),
    )
    html = factories.renderer().html(source)
    assert BOOK.words["titel"]["de"] in html
    assert BOOK.words["titel"][lang] in html
    assert f'lang="{lang}" dir="{direction_of(lang)}"' in html
    # No second instruction on remedies: the one of the notice counts.
    assert TITLE not in html


def test_a_language_without_checked_words_is_refused() -> None:
    fields = {**_fields("en"), "lang": "xx"}
    with pytest.raises(InvalidInput) as refused:
        preview_letter(factories.renderer(), TABLE, OFFICE, "uebersetzung", on=DAY, fields=fields)
    assert [p.field for p in refused.value.problems] == ["lang"]


def test_the_ukrainian_i_keeps_its_dot() -> None:
    # The composition rules of the installed Noto Sans take it off; letter.css says why.
    pictures = [_drawn(f'<p lang="uk">{letter}</p>') for letter in ("\u0456", "i")]
    assert pictures[0] == pictures[1]
    assert _drawn("<p lang='uk'>\u0131</p>") != pictures[1]


def _drawn(body: str) -> bytes:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(factories.renderer().bare(f"<html><body>{body}</body></html>")())
    try:
        return bytes(pdf[0].render(scale=2).to_pil().tobytes())
    finally:
        pdf.close()

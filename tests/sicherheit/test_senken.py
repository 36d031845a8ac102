"""Where words leave the house: letters, calendars, tables, mail. Hostile ones stay words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook
from tinyhtml5.parser import HTMLParser

from abh.appointments.feeds import Entry, calendar_of
from abh.web import api_firma
from abh.web.parts import word_diff
from tests import factories
from tests.sicherheit.welt import DAY, NOW, Welt

HOSTILE = {
    "html": "<script>evil()</script><img src=x onerror=evil()>",
    "attribute": "\"'><b onclick=evil()>",
    "css": "</style><style>@import url(http://evil.example)</style>",
    "jinja": "{{7*7}}{% raw %}${7*7}#{7*7}",
    "crlf": "Anna\r\nBcc: evil@example.org\r\nATTACH:http://evil.example",
    "fold": "x" * 74 + "\n BEGIN:VEVENT",
    "vevent": "x\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:evil",
    "bidi": "Anna \u202egpj.exe\u2066",
    "formula": '=HYPERLINK("http://evil.example";"x")',
    "dde": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+49 211 1",
    "tab": "\t=1+1",
    "long": "Ü" * 10_000,
    "entity": "&lt;script&gt;&#60;b&#62;",
    "zip": "../../../etc/cron.d/x",
}
WORDS = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())


@WORDS
def test_a_calendar_has_one_entry_whatever_it_is_called(words: str) -> None:
    entry = Entry(
        uid="termin-1@x", sequence=1, stamp=NOW, start=NOW, end=NOW + timedelta(minutes=20),
        summary=words, location=words,
    )  # fmt: skip
    data = calendar_of([entry], "Amt", "localhost", DAY)
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert set(event) <= {"UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION",
                          "CLASS", "TRANSP"}  # fmt: skip
    kept = str(event["SUMMARY"]).replace("\r\n", "\n")
    assert kept == words.replace("\r\n", "\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


@WORDS
def test_a_table_for_a_company_has_no_formula_and_loses_nothing(
    welt: Welt, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def one(*_args: Any, after: int, **_more: Any) -> list[Any]:
        return [] if after else [SimpleNamespace(id=1, **dict.fromkeys(api_firma.COLUMNS, words))]

    monkeypatch.setattr(api_firma.fastlane, "cases_after", one)
    with welt.app.test_request_context("/"):
        (line,) = list(api_firma._lines(None))
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(line)
    (read,) = csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=";")
    assert all(cell.removeprefix("'") == words for cell in read)
    assert all(cell[:1] not in "=+-@\t\r" for cell in read)
    monkeypatch.setattr(api_firma, "machine", lambda _scope: SimpleNamespace(acting=None))
    with welt.app.test_request_context("/"):
        answer = api_firma.export_xlsx()
    book = load_workbook(io.BytesIO(answer.get_data()))
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row]
    assert cells
    assert all(cell.data_type != "f" for cell in cells)


@pytest.fixture(scope="module")
def letter(whole_world: Welt) -> Iterator[Any]:
    """The receipt letter of the case, as it is laid out."""
    from abh.documents.freigabe import letter_input
    from abh.documents.letter_model import SignatureBlock
    from abh.documents.tables import Letter
    from abh.documents.zeichnung_types import Mark

    with whole_world.sessions() as session:
        row = session.get_one(Letter, whole_world.ids["letter"])
        yield letter_input(whole_world.house, row, SignatureBlock(Mark("none")), draft=True)


@WORDS
def test_a_letter_shows_the_name_as_it_is_written(letter: Any, words: str) -> None:

    hostile = replace(letter, recipient=(words, "Musterweg 1", "40210 Düsseldorf"))
    source = factories.renderer().html(hostile)
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(source)
    plain = HTMLParser(namespace_html_elements=False).parse(factories.renderer().html(letter))
    tags = [node.tag for node in tree.iter()]
    assert tags.count("script") == 0
    assert tags.count("style") == [node.tag for node in plain.iter()].count("style")
    assert not any(name.startswith("on") for node in tree.iter() for name in node.attrib)
    flat = "".join("".join(tree.itertext()).split())
    assert "".join(words.split())[:2000] in flat


@WORDS
def test_a_difference_of_two_texts_marks_and_escapes(words: str) -> None:
    tree = HTMLParser(namespace_html_elements=False).parse(f"<p>{word_diff(words, 'x')}</p>")
    assert {node.tag for node in tree.iter()} <= {"html", "head", "body", "p", "ins", "del"}

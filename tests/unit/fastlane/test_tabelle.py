"""The sheet of applications: what is manipulated is refused, what is wrong stands at its cell."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from abh.fastlane import spalten, stapel, tabelle, vorlage, zeilen
from abh.fastlane.vorlage import Ergebnis
from abh.kernel.errors import InvalidInput
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir

DAY = date(2026, 11, 23)
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
FIRMA = zeilen.Firma("Beispiel Systems GmbH", "HRB 12345 Düsseldorf", "hr@example.org")
GOOD: Mapping[str, str] = {
    "vollmacht": "ja",
    "person.family_name": "Rao",
    "person.given_names": "Anil",
    "person.birth_date": "00.05.1990",
    "person.nationalities": "IND",
    "person.street": "Graf-Adolf-Straße 12",
    "person.postcode": "40212",
    "person.city": "Düsseldorf",
    "title_kind": "Nationales Visum",
    "title_until": "20.12.2026",
    "salary_year": "60.000,00",
    "job_permanent": "ja",
}


def sheet_of(*rows: Mapping[str, str], verfahren: str = "P02") -> bytes:
    return vorlage.template(verfahren, [Ergebnis(row) for row in rows])


def place(key: str, verfahren: str = "P02") -> int:
    return [column.key for column in spalten.columns(verfahren)].index(key) + 1


def changed(change: Callable[[Worksheet, Workbook], None]) -> bytes:
    """Return a sound sheet after somebody changed it in a spreadsheet program."""
    book = load_workbook(BytesIO(sheet_of(GOOD)))
    change(book["Antrag P02"], book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def rezipped(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return a sound sheet whose members were changed by hand."""
    with zipfile.ZipFile(BytesIO(sheet_of(GOOD))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def checked(data: bytes) -> list[zeilen.Geprueft]:
    return stapel.check_sheet(data, FIRMA, LAW, DAY)[1]


def wrong(data: bytes) -> dict[str, str]:
    (row,) = checked(data)
    return {error.key: error.text for error in row.errors}


@pytest.mark.parametrize("key", spalten.FOR_COMPANIES)
def test_a_filled_template_of_every_procedure_is_an_application(key: str) -> None:
    heads = [column.de.casefold() for column in spalten.columns(key)]
    assert len(heads) == len(set(heads))
    (row,) = checked(sheet_of(GOOD, verfahren=key))
    assert row.errors == ()
    assert row.antrag is not None
    assert row.antrag["verfahren"] == key
    assert row.antrag["employer"] == FIRMA.name
    assert row.antrag["title_kind"] == "NATIONALES_VISUM"


def test_the_template_explains_itself_in_both_languages() -> None:
    book = load_workbook(BytesIO(vorlage.template("P02")))
    assert book.sheetnames == ["Antrag P02", "Erläuterung", "Listen"]
    assert book["Listen"].sheet_state == "hidden"
    help_text = "\n".join(str(c.value) for row in book["Erläuterung"].iter_rows() for c in row)
    for text in ("Familienname", "Family name", "no formulas", "keine Formeln"):
        assert text in help_text
    rules = book["Antrag P02"].data_validations.dataValidation
    assert {rule.type for rule in rules} == {"list"}
    assert len(rules) >= 5


def test_an_empty_template_says_that_nobody_is_in_it() -> None:
    with pytest.raises(InvalidInput, match="noch niemand"):
        tabelle.read_sheet(vorlage.template("P02"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "keine Excel"),
        (b"Name;Datum\n", "keine Excel"),
        (b"%PDF-1.7\n", "keine Excel"),
        (b"PK\x03\x04broken", "keine Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Passwort"),
        (bytes(tabelle.MOST_BYTES + 1), "größer als 5 MB"),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        tabelle.read_sheet(data)


def put(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: content})


def prepend(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[name] = members[name].replace(b"?>", b"?>" + content, 1) or content

    return change


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def lose(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[name]

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("xl/vbaProject.bin", b"x"), "Makros"),
        (put("xl/macrosheets/sheet1.xml", b"<x/>"), "Makros"),
        (put("xl/externalLinks/externalLink1.xml", b"<x/>"), "verweist"),
        (put("xl/embeddings/oleObject1.bin", b"x"), "verweist"),
        (put("xl/worksheets/sheet9.xml", BOMB), "Dokumenttyp"),
        (put("xl/strange.xml", b"<!ENTITY a 'b'>"), "Ersetzungen"),
        (put("xl/wide.xml", b"\xff\xfe<\x00"), "manipuliert"),
        (put("xl/media/image1.png", bytes(tabelle.MOST_UNPACKED)), "ungewöhnlich viele"),
        (lambda m: m.update({f"x{n}.bin": b"" for n in range(250)}), "ungewöhnlich viele"),
        (lose("xl/workbook.xml"), "keine Excel"),
        (put("xl/workbook.xml", b"<nothing/>"), "beschädigt|Vorlage"),
        (put("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"), "beschädigt"),
    ],
)
def test_manipulated_files_are_refused_with_a_reason(
    change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        tabelle.read_sheet(rezipped(change))


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(sheet_of(GOOD))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(InvalidInput, match="Passwort"):
        tabelle.read_sheet(bytes(data))


def test_merged_cells_are_refused() -> None:
    with pytest.raises(InvalidInput, match="verbunden"):
        tabelle.read_sheet(changed(lambda sheet, _book: sheet.merge_cells("A2:B2")))


def test_strange_double_and_missing_columns_are_named() -> None:
    def strange(sheet: Worksheet, _book: Workbook) -> None:
        sheet.cell(row=1, column=place("job_title"), value="Religion")

    def double(sheet: Worksheet, _book: Workbook) -> None:
        sheet.cell(row=1, column=place("job_title"), value="Ort")

    def missing(sheet: Worksheet, _book: Workbook) -> None:
        sheet.cell(row=1, column=place("person.street"), value="")

    for change, told in ((strange, "Religion"), (double, "Ort"), (missing, "Straße")):
        with pytest.raises(InvalidInput, match=told):
            tabelle.read_sheet(changed(change))


@pytest.mark.parametrize("title", ["Tabelle1", "Antrag P99", "Antrag P14"])
def test_another_sheet_or_procedure_is_refused(title: str) -> None:
    def rename(sheet: Worksheet, _book: Workbook) -> None:
        sheet.title = title

    with pytest.raises(InvalidInput, match="Vorlage"):
        tabelle.read_sheet(changed(rename))


def test_a_hundred_thousand_rows_are_refused_and_not_read() -> None:
    """The rows are XML written by hand: no program would make them so fast."""

    def fill(members: dict[str, bytes]) -> None:
        name = "xl/worksheets/sheet1.xml"
        head, rest = members[name].split(b"</sheetData>")
        row = b'<row r="%d"><c r="B%d" t="inlineStr"><is><t>Rao</t></is></c></row>'
        rows = b"".join(row % (n, n) for n in range(3, 100_003))
        members[name] = head + rows + b"</sheetData>" + rest

    with pytest.raises(InvalidInput, match="höchstens 1000 Personen"):
        tabelle.read_sheet(rezipped(fill))


def test_a_row_at_the_end_of_the_world_does_not_make_a_million_rows() -> None:
    def far(members: dict[str, bytes]) -> None:
        name = "xl/worksheets/sheet1.xml"
        row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        members[name] = members[name].replace(b"</sheetData>", row)

    with pytest.raises(InvalidInput, match="mehr als 20000 Zeilen"):
        tabelle.read_sheet(rezipped(far))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("salary_year", "=1+1", "Formel"),
        ("person.family_name", '=HYPERLINK("http://example.org","Rao")', "Formel"),
        ("title_until", 46_000, "Zahl"),
        ("title_until", "31.02.2026", "Datum"),
        ("title_until", "bald", "Datum"),
        ("person.birth_date", "12.13.1990", "gibt es nicht"),
        ("person.birth_date", None, "Bitte angeben"),
        ("person.nationalities", "Indien", "Länderkürzel"),
        ("person.city", None, "Bitte angeben"),
        ("title_kind", "Reisepass", "Liste"),
        ("job_permanent", "vielleicht", "ja oder nein"),
        ("job_months", "zwölf", "ganze Zahl"),
        ("salary_year", "1.50", "Betrag"),
        ("person.email", "nicht da", "E-Mail"),
        ("person.family_name", "الخطيب", "lateinischer|nicht zulässig"),
        ("person.given_names", "A" * 300, "Höchstens 120"),
        ("vollmacht", "nein", "Vollmacht"),
        ("vollmacht", None, "Vollmacht"),
        ("job_title", date(2026, 1, 2), "Datum"),
    ],
)
def test_what_is_wrong_stands_at_its_cell(key: str, value: Any, told: str) -> None:
    def change(sheet: Worksheet, _book: Workbook) -> None:
        sheet.cell(row=2, column=place(key)).value = value

    faults = wrong(changed(change))
    assert set(faults) == {key}
    assert __import__("re").search(told, faults[key])


def test_what_cannot_be_true_together_is_found_before_it_is_filed() -> None:
    faults = wrong(sheet_of({**GOOD, "job_months": "12"}))
    assert set(faults) == {"job_months"}
    assert "schließen sich aus" in faults["job_months"]


def test_dates_of_a_spreadsheet_are_days() -> None:
    def change(sheet: Worksheet, _book: Workbook) -> None:
        sheet.cell(row=2, column=place("title_until")).value = date(2026, 12, 20)
        sheet.cell(row=2, column=place("person.postcode")).value = 40212
        sheet.cell(row=2, column=place("salary_year")).value = 48000.5

    (row,) = checked(changed(change))
    assert row.antrag is not None
    assert row.antrag["title_until"] == date(2026, 12, 20)
    assert row.antrag["person"]["postcode"] == "40212"
    assert str(row.antrag["salary_year"]) == "48000.50"


def test_every_error_of_a_row_is_told_at_once() -> None:
    faults = wrong(sheet_of({**GOOD, "person.city": "", "title_kind": "X", "salary_year": "viel"}))
    assert set(faults) == {"person.city", "title_kind", "salary_year"}


def test_the_same_person_twice_is_one_slip() -> None:
    first, second = checked(sheet_of(GOOD, {**GOOD, "job_title": "Köchin"}))
    assert first.antrag is not None
    assert [e.text for e in second.errors] == ["Diese Person steht schon in Zeile 2."]


def test_the_returned_sheet_shows_errors_at_the_cell_and_runs_nothing() -> None:
    rows = checked(sheet_of({**GOOD, "salary_year": "=1+1", "person.city": ""}, GOOD))
    back = [Ergebnis(r.row.cells, r.errors, "Bitte berichtigen." * bool(r.errors)) for r in rows]
    data = vorlage.template("P02", back)
    sheet = load_workbook(BytesIO(data))["Antrag P02"]
    salary = sheet.cell(row=2, column=place("salary_year"))
    assert (salary.value, salary.data_type) == ("=1+1", "s")
    assert "Formel" in salary.comment.text
    assert salary.fill.fgColor.rgb == "FFF4C7C3"
    assert "Bitte angeben" in sheet.cell(row=2, column=place("person.city")).comment.text
    assert sheet.cell(row=3, column=place("salary_year")).comment is None
    again = checked(data)
    assert [bool(row.errors) for row in again] == [True, False]


def test_an_application_is_named_by_what_it_says_and_a_person_by_name_and_birth() -> None:
    (one,) = checked(sheet_of(GOOD))
    (same,) = checked(sheet_of({**GOOD, "person.family_name": "RAO"}))
    assert one.antrag is not None
    assert same.antrag is not None
    key = b"k"
    assert zeilen.identity_hash(key, one.antrag) == zeilen.identity_hash(key, same.antrag)
    assert zeilen.content_hash(key, one.antrag) != zeilen.content_hash(key, same.antrag)
    assert zeilen.content_hash(b"other", one.antrag) != zeilen.content_hash(key, one.antrag)

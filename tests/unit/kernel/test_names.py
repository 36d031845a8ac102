"""Names by DIN 91379: what is legal, how it is stored, how it is found."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import InvalidInput
from abh.kernel.names import check, checked, full_name, normalise, plain_form, search_form

REFERENCE = os.environ.get("DIN91379_SOURCE", "")
needs_reference = pytest.mark.skipif(
    not REFERENCE, reason="DIN91379_SOURCE does not name the folder of the reference lists"
)
# All of Unicode costs hypothesis seconds to prepare; these are the ranges where names live and die.
SIGNS = "".join(
    chr(point)
    for first, last in ((0, 0x250), (0x2B0, 0x362), (0x1E00, 0x1EFF), (0x2000, 0x2060))
    for point in range(first, last)
)
TEXT = st.text(SIGNS + "Ωжب名٣\ud800ﬁ\u3000Å", max_size=12)


@pytest.mark.parametrize(
    "name",
    [
        "Müller", "von der Leyen", "-Nguyễn", "'t Hooft", "O’Brien", "D'Angelo", "Ng",
        "Łukasz", "Þórsdóttir", "Çelik-Şahin", "Đặng", "Wałęsa", "K͟han", "C̨̆a", "H̦asan", "J̌",
        "Ibn ʿArabī", "al-Ḫaṭīb", "Ṣ̄adiq", "M. A.", "Straẞe", "ŉ", "Jr.", "",
    ],
)  # fmt: skip
def test_a_legal_name_has_no_problem(name: str) -> None:
    assert check(name) == ()
    assert checked(name) == normalise(name)


@pytest.mark.parametrize(
    ("name", "position", "point"),
    [
        ("Ali\x00", 4, "U+0000"),
        ("Ali\nBaba", 4, "U+000A"),
        ("Ali\tBaba", 4, "U+0009"),
        ("Ali\x7f", 4, "U+007F"),
        ("Ali\u200b", 4, "U+200B"),
        ("\u202eAli", 1, "U+202E"),
        ("Иван", 1, "U+0418"),
        ("Ωmega", 1, "U+03A9"),
        ("علي", 1, "U+0639"),
        ("李", 1, "U+674E"),
        ("Ali2", 4, "U+0032"),
        ("Ali٣", 4, "U+0663"),
        ("Al!", 3, "U+0021"),
        ("A/B", 2, "U+002F"),
        ("A<B", 2, "U+003C"),
        ("ﬁnn", 1, "U+FB01"),
        ("B\u0301ob", 1, "U+0042 U+0301"),
        ("\u0301Bob", 1, "U+0301"),
        ("K\u035fa", 1, "U+004B U+035F U+0061"),
        ("Ali😀", 4, "U+1F600"),
        ("Ali\ud800", 4, "U+D800"),
    ],
)
def test_an_illegal_character_is_named_by_position_and_code_point(
    name: str, position: int, point: str
) -> None:
    problem = check(name, "family_name")[0]
    assert problem.field == "family_name"
    assert f"Zeichen {position} " in problem.message
    assert f"({point})" in problem.message
    with pytest.raises(InvalidInput):
        checked(name)


def test_a_control_character_is_not_repeated_in_its_message() -> None:
    assert "\x00" not in check("Ali\x00")[0].message


def test_a_letter_buried_in_marks_gives_a_short_message() -> None:
    assert len(check("a" + "\u0301\u0302" * 500)[0].message) < 300


def test_at_most_five_characters_are_named() -> None:
    assert len(check("1234567")) == 5


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("  Ali   Baba ", "Ali Baba"),
        ("Ali\u00a0Baba", "Ali Baba"),
        ("\u3000Ali", "Ali"),
        ("Mu\u0308ller", "Müller"),
        ("e\u0323\u0302", "ệ"),
        ("\u212bke", "Åke"),
        ("A\u0308\u0323", "Ạ\u0308"),
        ("Ali\x00 ", "Ali\x00"),
        ("", ""),
    ],
)
def test_a_name_is_stored_composed_and_with_single_spaces(raw: str, stored: str) -> None:
    assert normalise(raw) == stored


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Müller-Şahin", "MUELLER SAHIN"),
        ("Ömer Çelik", "OEMER CELIK"),
        ("Straße", "STRASSE"),
        ("STRAẞE", "STRASSE"),
        ("Ångström", "AANGSTROEM"),
        ("Ægir Øster", "AEGIR OESTER"),
        ("Þórður", "THORDUR"),
        ("O’Brien", "OBRIEN"),
        ("D'Angelo", "DANGELO"),
        ("Nguyễn Thị", "NGUYEN THI"),
        ("Đặng", "DANG"),
        ("Łukasz", "LUKASZ"),
        ("İbrahim Işık", "IBRAHIM ISIK"),
        ("K͟han", "KHAN"),
        ("Ĳssel", "IJSSEL"),
        ("Citroën", "CITROEN"),
        ("Ǖ", "UE"),
        ("Ǻ", "AA"),
        ("Əliyev", "ELIYEV"),
        ("ʿAlī", "ALI"),
        ("  von   der Leyen, Dr. ", "VON DER LEYEN DR"),
        ("Abt. 5", "ABT 5"),
        ("李 ﬁnn", "FINN"),
        ("", ""),
    ],
)
def test_a_name_is_found_under_its_latin_search_form(name: str, form: str) -> None:
    assert search_form(name) == form


def test_composed_and_decomposed_spellings_are_found_alike() -> None:
    assert search_form("Müller") == search_form("Mu\u0308ller") == search_form("MÜLLER")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Müller", "MULLER"), ("Mueller", "MUELLER"), ("Öztürk-Šarić", "OZTURK SARIC"),
        ("Ångström", "ANGSTROM"), ("Sørensen", "SORENSEN"), ("Ægir", "AEGIR"),
        ("Weiß", "WEISS"), ("Yıldızer", "YILDIZER"), ("Wałęsa", "WALESA"), ("Nguyễn", "NGUYEN"),
        ("O’Brien", "OBRIEN"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_is_found_without_its_marks(name: str, form: str) -> None:
    assert plain_form(name) == form


@given(TEXT)
def test_both_search_forms_have_the_same_words(text: str) -> None:
    assert len(plain_form(text).split()) == len(search_form(text).split())
    assert plain_form(search_form(text)) == search_form(text)


@pytest.mark.parametrize(
    ("given_name", "family", "whole"),
    [
        ("Ali", "Baba", "Ali Baba"),
        (" Ali ", None, "Ali"),
        (None, "Baba", "Baba"),
        ("", " Suharto", "Suharto"),
    ],
)
def test_one_part_of_a_name_may_be_missing(
    given_name: str | None, family: str | None, whole: str
) -> None:
    assert full_name(given_name, family) == whole


@pytest.mark.parametrize(("given_name", "family"), [(None, None), ("", " "), (" ", None)])
def test_a_person_without_any_name_is_refused(given_name: str | None, family: str | None) -> None:
    with pytest.raises(InvalidInput):
        full_name(given_name, family)


@given(TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(TEXT)
def test_the_search_form_is_plain_and_stable(text: str) -> None:
    form = search_form(text)
    assert all(sign == " " or (sign.isascii() and sign.isalnum()) for sign in form)
    assert form == form.upper().strip()
    assert "  " not in form
    assert search_form(form) == form
    assert search_form(normalise(text)) == form


@given(TEXT)
def test_a_checked_name_holds_no_control_character(text: str) -> None:
    if not check(text):
        assert all(unicodedata.category(sign) not in ("Cc", "Cf", "Cs") for sign in normalise(text))


def rows(file: str) -> Iterator[list[str]]:
    for line in (Path(REFERENCE) / file).read_text("utf-8").splitlines():
        yield [part.strip() for part in line.split(";")]


def signs(points: str) -> str:
    return "".join(chr(int(point, 16)) for point in points.split())


@needs_reference
def test_exactly_the_letters_and_signs_of_the_reference_are_legal() -> None:
    listed = [(row[0], signs(row[2])) for row in rows("latin_list_1.3.txt")]
    legal = {text for group, text in listed if group in ("bll", "bnlreq")}
    assert len(legal) > 600
    assert {text for text in legal if check(text)} == set()
    single = {text for text in legal if len(text) == 1}
    accepted = {
        chr(point)
        for point in range(0x3000)
        if normalise(chr(point)) == chr(point) and not check(chr(point))
    }
    assert accepted == single - {" "}
    marks = [text for group, text in listed if group == "dc"]
    for base in sorted(single - {" "}):
        for mark in marks:
            joined = unicodedata.normalize("NFC", base + mark)
            assert bool(check(joined)) is (joined not in legal), joined


@needs_reference
def test_every_letter_of_the_reference_has_its_search_form() -> None:
    wrong = {
        signs(row[2]): search_form(signs(row[2]))
        for row in rows("latin_list_search_form_1.3.txt")
        if search_form(signs(row[2])) != signs(row[5])
    }
    assert wrong == {}

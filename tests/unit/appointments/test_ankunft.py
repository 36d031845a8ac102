"""The code with which people report in the waiting room: typed by hand, read by a scanner."""

from __future__ import annotations

import pytest

from abh.appointments.ankunft import ALPHABET, LENGTH, code_of, plain, terminal_token

SECRET = b"s" * 32


def test_a_code_belongs_to_one_booking_of_one_installation() -> None:
    codes = {code_of(SECRET, number) for number in range(2000)}
    assert len(codes) == 2000
    assert code_of(SECRET, 7) == code_of(SECRET, 7)
    assert code_of(b"t" * 32, 7) != code_of(SECRET, 7)
    assert {len(plain(code)) for code in codes} == {LENGTH}


def test_a_terminal_belongs_to_one_sachgebiet() -> None:
    assert len({terminal_token(SECRET, f"SG{number}") for number in range(1, 9)}) == 8


@pytest.mark.parametrize(
    "typed", ["K7QM-2XVD", "k7qm2xvd", " K7QM 2XVD ", "K7QM–2XVD", "k7-qm-2x-vd", "K7QM-2XVD\r\n"]
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert plain(typed) == "K7QM2XVD"


@pytest.mark.parametrize(
    "typed",
    ["", "K7QM-2XV", "K7QM-2XVDD", "K7QM-2XV0", "K7QM-2XVß", "https://example.org/K7QM2XVD"],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert plain(typed) == ""


def test_the_alphabet_has_no_signs_that_look_alike() -> None:
    assert not set("0O1IL") & set(ALPHABET)

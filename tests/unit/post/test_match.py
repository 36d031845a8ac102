"""Two identifiers open a case; one proposes it; none does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel import names
from abh.post.match import Candidate, Clues, placed, propose, same_name

NUMBER = "ABH-2026-0000017"


def candidate(name: str = "Ayşe Öztürk", birth: str = "1990-05-17", number: str = NUMBER):
    return Candidate(
        person_id=1,
        name_search=names.search_form(name),
        name_plain=names.plain_form(name),
        birth=birth,
        vorgang_id=17,
        number=number,
    )


@pytest.mark.parametrize(
    ("clues", "certain"),
    [
        (Clues(NUMBER), False),
        (Clues(NUMBER, "Max Mustermann"), False),
        (Clues(NUMBER, "Max Mustermann", "1985-01-01"), False),
        (Clues("", "Ayşe Öztürk", "1990-05-17"), False),
        (Clues(NUMBER, "Öztürk, Ayşe"), True),
        (Clues(NUMBER, "OEZTUERK AYSE"), True),
        (Clues(NUMBER, "Ozturk Ayse"), True),
        (Clues(NUMBER, "", "1990-05-17"), True),
        (Clues(NUMBER, "Öztürk"), False),
    ],
)
def test_only_two_identifiers_open_a_case(clues: Clues, certain: bool) -> None:
    found = placed(propose(clues, [candidate()]))
    assert (found is not None) is certain


def test_a_quoted_number_of_a_stranger_is_said_to_be_that() -> None:
    (found,) = propose(Clues(NUMBER, "Max Mustermann"), [candidate()])
    assert found.reason == "Aktenzeichen stimmt überein, der Name nicht."


def test_the_likeliest_comes_first_and_nothing_is_proposed_for_nothing() -> None:
    other = candidate(number="ABH-2026-0000018")
    found = propose(Clues(NUMBER, "Ayşe Öztürk"), [other, candidate()])
    assert [one.candidate.number for one in found] == [NUMBER, other.number]
    assert propose(Clues(), [candidate()]) == []


def test_two_certain_cases_are_left_to_a_human() -> None:
    assert placed(propose(Clues(NUMBER, "Ayşe Öztürk"), [candidate(), candidate()])) is None


@given(st.text(max_size=40))
def test_a_single_word_in_common_is_no_name(sender: str) -> None:
    if len(set(names.search_form(sender).split())) < 2:
        assert not same_name(sender, candidate("Ayşe Öztürk"))

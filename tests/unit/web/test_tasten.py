"""One letter for one action, for every user their own."""

import pytest
from flask import Flask, g
from flask_babel import Babel

from abh.kernel.errors import InvalidInput
from abh.web import tasten
from abh.web.tasten import USUAL, check_map, read_map


@pytest.fixture(autouse=True)
def _german():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def test_a_chosen_letter_is_remembered_and_the_rest_stays() -> None:
    chosen = check_map({"n": "X", "j": "", "go-v": "v"})
    assert chosen == {**USUAL, "n": "x"}
    assert read_map({"n": "x"}) == chosen


def test_two_letters_can_be_swapped() -> None:
    chosen = check_map({"j": "k", "k": "j"})
    assert read_map({"j": "k", "k": "j"}) == chosen


def test_a_letter_may_stand_alone_and_after_go_to() -> None:
    assert check_map({"n": "v"})["n"] == USUAL["go-v"] == "v"


def test_a_letter_of_another_action_is_refused_and_says_whose_it_is() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_map({"n": "j", "p": "ä", "go-u": "7", "go-t": "v"})
    told = {problem.field: problem.message for problem in refused.value.problems}
    assert set(told) == {"j", "p", "go-u", "go-t"}
    assert "Nummer aufrufen" in told["j"] and "Vorgänge" in told["go-t"]


@pytest.mark.parametrize(
    "forged", [{"n": "j"}, {"n": "1"}, {"z": "z"}, {"n": "<"}, {"n": ""}, {"n": "ä" * 400}]
)
def test_a_row_that_cannot_be_means_the_usual_letters(forged: dict[str, str]) -> None:
    assert read_map(forged) == USUAL


def test_letters_of_a_row_hold_for_the_request_and_unknown_ones_are_usual() -> None:
    assert (tasten.my_key("go-v"), tasten.my_mode("alt")) == ("v", "alt")
    tasten.remember({"keys": {"go-v": "w"}, "mode": "off"})
    assert (tasten.my_key("go-v"), tasten.my_mode("alt")) == ("w", "off")
    assert tasten.my_key("go-x") == "x"
    tasten.remember(None)
    assert g.abh_keys == USUAL and tasten.my_mode("on") == "on"

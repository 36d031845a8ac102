"""One letter for one action, in every browser its own."""

import pytest
from flask import Flask
from flask_babel import Babel

from abh.kernel.errors import InvalidInput
from abh.web.tasten import ACTIONS, check_map, read_map, write_map

USUAL = {action: action for action in ACTIONS}


@pytest.fixture(autouse=True)
def _german():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def test_a_chosen_letter_is_remembered_and_the_rest_stays() -> None:
    chosen = check_map({"n": "X", "j": "", "v": "v"})
    assert chosen == USUAL | {"n": "x"}
    assert write_map(chosen) == "nx"
    assert read_map("nx") == chosen


def test_two_letters_can_be_swapped() -> None:
    chosen = check_map({"j": "k", "k": "j"})
    assert read_map(write_map(chosen)) == chosen


def test_a_letter_of_another_action_is_refused_and_says_whose_it_is() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_map({"n": "v", "p": "ä", "u": "7"})
    told = {problem.field: problem.message for problem in refused.value.problems}
    assert set(told) == {"n", "p", "u"}
    assert "Vorgänge" in told["n"]


@pytest.mark.parametrize("forged", ["nv", "n1", "zz", "n<", "nx.nv", "ä" * 400])
def test_a_cookie_that_cannot_be_means_the_usual_letters(forged: str) -> None:
    assert read_map(forged) == USUAL

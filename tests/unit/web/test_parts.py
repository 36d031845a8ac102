"""Rules of the parts: urgency, page numbers, differences of two texts, preferences."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from abh.web.parts import CHECK_STATUS, ClockChip, Pages, preferences, word_diff


@pytest.mark.parametrize(
    ("days", "tone"), [(-1, "danger"), (0, "warning"), (7, "warning"), (8, "info")]
)
def test_a_clock_gets_more_urgent(days: int, tone: str) -> None:
    assert ClockChip("Titel", date(2026, 11, 25), days, "").tone == tone


def test_a_stopped_clock_is_never_urgent() -> None:
    assert ClockChip("Karte", date(2026, 11, 25), -5, "", stopped=True).tone == "neutral"


@pytest.mark.parametrize(
    ("days", "words"),
    [(-2, "seit 2 Tagen vorbei"), (-1, "seit 1 Tag vorbei"), (0, "endet heute"), (1, "noch 1 Tag")],
)
def test_a_clock_says_its_days_in_words(flask_app: Flask, days: int, words: str) -> None:
    source = '{% import "parts/ui.html" as ui %}{{ ui.clock_chip(clock) }}'
    with flask_app.test_request_context("/"):
        page = render_template_string(
            source, clock=ClockChip("Titel", date(2026, 11, 25), days, "Danach gilt er fort.")
        )
    assert words in page and "Mi., 25.11.2026" in page and "Danach gilt er fort." in page


@pytest.mark.parametrize(
    ("current", "last", "numbers"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (6, 20, [1, None, 5, 6, 7, None, 20]),
        (20, 20, [1, None, 19, 20]),
    ],
)
def test_pagination_shows_ends_and_neighbours(
    current: int, last: int, numbers: list[int | None]
) -> None:
    assert Pages(current, last, str).numbers() == numbers


def test_differences_are_marked_and_escaped() -> None:
    assert word_diff("a b <c>", "a <x> <c>") == "a <del>b</del> <ins>&lt;x&gt;</ins> &lt;c&gt;"
    assert word_diff("gleich", "gleich") == "gleich"


def test_every_status_of_the_checklist_has_words_and_not_only_a_colour(flask_app: Flask) -> None:
    with flask_app.test_request_context("/"):
        words = [str(text) for _tone, text in CHECK_STATUS.values()]
    assert len(set(words)) == len(words) == 4


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', ""), ("", "")]
)
def test_unknown_preferences_are_ignored(flask_app: Flask, cookie: str, theme: str) -> None:
    environ = {"HTTP_COOKIE": f"abh_theme={cookie}"}
    with flask_app.test_request_context("/", environ_base=environ):
        assert preferences().theme == theme


def test_the_chosen_theme_is_in_the_page_before_any_script(client: FlaskClient) -> None:
    client.set_cookie("abh_theme", "dark")
    assert 'data-kern-theme="dark"' in client.get("/_teile/").text


def test_no_template_carries_style_attributes(client: FlaskClient) -> None:
    for page in ("/_teile/", "/_teile/oeffentlich"):
        assert " style=" not in client.get(page).text
        assert " onclick=" not in client.get(page).text

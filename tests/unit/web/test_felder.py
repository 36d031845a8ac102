"""The parts written as functions escape what they are given and say what is wrong."""

from __future__ import annotations

import flask
import pytest
from flask import Flask

from abh.kernel.errors import FieldProblem
from abh.web import felder
from abh.web.adressen import url_for
from abh.web.forms import Form

NASTY = "<b title='x'>\"&"
SAFE = "&lt;b title=&#39;x&#39;&gt;&#34;&amp;"
FORM = Form({"a.b": NASTY}, [FieldProblem("a.b", NASTY)])


@pytest.mark.parametrize(
    "part",
    [
        lambda: felder.badge(NASTY, "info"),
        lambda: felder.button(NASTY, key="p", name=NASTY, value=NASTY, formaction=NASTY),
        lambda: felder.link_button(NASTY, NASTY, key="p"),
        lambda: felder.text_field(FORM, "a.b", NASTY, NASTY, suffix=NASTY, dir=NASTY),
        lambda: felder.text_area(FORM, "a.b", NASTY, NASTY, lang=NASTY),
        lambda: felder.select_field(FORM, "a.b", NASTY, [(NASTY, NASTY), (NASTY, [("", NASTY)])]),
        lambda: felder.rank_reason(NASTY, NASTY),
    ],
)
def test_no_part_lets_html_through(flask_app: Flask, part: object) -> None:
    with flask_app.test_request_context("/"):
        page = part()  # type: ignore[operator]
    assert SAFE in page and "<b" not in page.replace("<button", "") and NASTY not in page


def test_a_field_with_a_problem_is_marked_and_described(flask_app: Flask) -> None:
    with flask_app.test_request_context("/"):
        page = felder.text_field(FORM, "a.b", "Name", "Hinweis", optional=True)
    assert 'aria-describedby="f-a-b-hint f-a-b-error" aria-invalid="true"' in page
    assert "abh-field--error" in page and "(freiwillig)" in page and "aria-required" not in page


def test_a_choice_shows_what_was_chosen(flask_app: Flask) -> None:
    with flask_app.test_request_context("/"):
        options = [("ja", "ja"), ("Gruppe", [("nein", "nein")])]
        page = felder.select_field(Form({"a": "nein"}), "a", "Frage", options)
    assert page.count(" selected") == 1 and '<option value="nein" selected>' in page


@pytest.mark.parametrize("root", ["", "/amt"])
@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("vorgang.page", {"number": "ABH-2026-0000017"}),
        ("vorgang.page", {"number": "a/b c%"}),
        ("vorgang.page", {"number": "ABH-1", "blatt": 3}),
        ("briefe.sheet", {"blatt_id": 12}),
        ("briefe.sheet", {"blatt_id": "007"}),
        ("desk.page", {"stand": "in_review", "wer": None}),
        ("desk.page", {"nach": "2026-11-20_4", "_anchor": "x"}),
        ("desk.page", {}),
    ],
)
def test_addresses_are_those_of_flask(
    flask_app: Flask, root: str, endpoint: str, values: dict[str, object]
) -> None:
    with flask_app.test_request_context("/", environ_base={"SCRIPT_NAME": root}):
        wanted = flask.url_for(endpoint, **values)  # type: ignore[arg-type]
        assert url_for(endpoint, **values) == wanted
        assert url_for(endpoint, **values) == wanted

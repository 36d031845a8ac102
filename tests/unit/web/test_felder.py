"""The parts written as functions escape what they are given and say what is wrong."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import flask
import pytest
from flask import Flask, g
from markupsafe import Markup

from abh.kernel.errors import FieldProblem
from abh.web import felder
from abh.web.adressen import url_for
from abh.web.forms import Form
from abh.web.pages import vorgang_felder
from abh.web.pages.vorgang_formen import FindingField

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
        # Fields nobody has typed into are kept.
        lambda: felder.text_field(Form(), "a.b", NASTY, NASTY, suffix=NASTY, maxlength=NASTY),
        lambda: felder.text_area(Form(), "a.b", NASTY, NASTY, lang=NASTY),
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


def test_a_kept_field_is_not_that_of_equal_text_in_html(flask_app: Flask) -> None:
    # "<b>" as text and as HTML are equal for Python; on the page they are not.
    with flask_app.test_request_context("/"):
        written = felder.text_field(Form(), "a.b", Markup("<b>fett</b>"))
        typed = felder.text_field(Form(), "a.b", "<b>fett</b>")
    assert "<b>fett</b>" in written and "<b>" not in typed


def test_kept_forms_carry_case_version_and_token_of_the_page(flask_app: Flask) -> None:
    field = FindingField("k1", "Gehalt", "number", "")
    check = SimpleNamespace(
        findings=[field], waiver_norm="§ 5 Abs. 3 AufenthG", item=SimpleNamespace(key="K1")
    )

    def case(number: str, version: int) -> Any:
        verfahren = SimpleNamespace(key="P02", version="1")
        vorgang = {"row_version": version}
        return SimpleNamespace(number=number, verfahren=verfahren, vorgang=vorgang)

    written = []

    def forms(check: Any, number: str, token: str, version: str) -> str:
        written.append(number)
        return f"/vorgang/{number} {token} v{version}."

    def shown(number: str, version: int, **more: Any) -> str:
        one = replace(field, **more)
        about = SimpleNamespace(**{**vars(check), "findings": [one]})
        with flask_app.test_request_context("/"):
            g.csrf_token = f"token-{number}"
            return vorgang_felder.forms_of(case(number, version), False, forms, about)  # type: ignore[arg-type]

    assert shown("A-1", 3) == "/vorgang/A-1 token-A-1 v3."
    assert shown("A-2", 14) == "/vorgang/A-2 token-A-2 v14."
    assert len(written) == 1, "the second page takes what the first has written"
    assert "A-1" not in written
    # What is known about a case is written anew each time.
    assert shown("A-3", 5, shown="48.300") == "/vorgang/A-3 token-A-3 v5."
    assert written[1:] == ["A-3"]

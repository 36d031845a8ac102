"""What was typed comes back, with each message at its field."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict

from abh.kernel.errors import FieldProblem
from abh.web.forms import Form, date_text, date_values


@pytest.mark.parametrize(
    ("day", "month", "year", "text"),
    [
        ("24", "11", "1990", "1990-11-24"),
        ("", "", "1990", "1990-00-00"),
        ("00", "00", "1990", "1990-00-00"),
        ("", "3", "1990", "1990-03-00"),
        (" 4 ", "3", "1990", "1990-03-04"),
        ("", "", "", ""),
        ("31", "2", "19o", "019o-02-31"),
    ],
)
def test_three_inputs_become_one_date_and_nothing_is_invented(
    day: str, month: str, year: str, text: str
) -> None:
    values = {"born_day": day, "born_month": month, "born_year": year}
    assert date_text(values, "born") == text


def test_a_stored_date_fills_the_three_inputs() -> None:
    assert date_values("born", "1990-00-00") == {
        "born_day": "00",
        "born_month": "00",
        "born_year": "1990",
    }
    assert date_values("born", "") == {}


def test_problems_of_a_date_lead_to_its_first_input() -> None:
    form = Form({"born_day": "x"}, [FieldProblem("born", "Falsch"), FieldProblem("name", "Fehlt")])
    assert [each.anchor for each in form.problems] == ["f-born_day", "f-name"]


def test_a_problem_of_a_part_is_shown_at_the_whole() -> None:
    form = Form(problems=[FieldProblem("born.month", "Den 13. Monat gibt es nicht.")])
    assert form.error("born") == "Den 13. Monat gibt es nicht."
    assert form.error("bor") == ""


def test_several_values_of_one_name_are_all_kept() -> None:
    form = Form(MultiDict([("nation", "VNM"), ("nation", "POL")]))
    assert form.chosen("nation", "POL") and form.chosen("nation", "VNM")
    assert not form.chosen("nation", "IND")
    assert form.value("missing") == ""


def rendered(app: Flask, call: str, form: Form) -> str:
    with app.test_request_context("/"):
        source = '{% import "parts/ui.html" as ui %}' + call
        return render_template_string(source, form=form)


FIELDS = {
    "text": '{{ ui.text_field(form, "a", "A") }}',
    "area": '{{ ui.text_area(form, "a", "A") }}',
    "select": '{{ ui.select_field(form, "a", "A", [("1", "Eins")]) }}',
    "date": '{{ ui.date_field(form, "a", "A") }}',
    "file": '{{ ui.file_field(form, "a", "A") }}',
    "choice": '{{ ui.choice_group(form, "a", "A", [("1", "Eins")]) }}',
    "check": '{{ ui.checkbox(form, "a", "A") }}',
}


@pytest.mark.parametrize("call", FIELDS.values(), ids=FIELDS)
def test_every_field_shows_its_message_and_the_error_box_reaches_it(
    flask_app: Flask, call: str
) -> None:
    form = Form({}, [FieldProblem("a", "So <nicht>.")], date_fields=["a"] if "date" in call else [])
    page = rendered(flask_app, call, form)
    assert "So &lt;nicht&gt;." in page
    assert f'id="{form.problems[0].anchor}"' in page
    assert "f-a-error" in page
    assert "f-a-error" not in rendered(flask_app, call, Form())


@pytest.mark.parametrize("key", ["text", "area"])
def test_typed_text_survives_letter_by_letter(flask_app: Flask, key: str) -> None:
    page = rendered(flask_app, FIELDS[key], Form({"a": '<b>"Zoë" &\nʿAbd</b>'}))
    assert "&lt;b&gt;&#34;Zoë&#34; &amp;\nʿAbd&lt;/b&gt;" in page


def test_a_password_never_comes_back(flask_app: Flask) -> None:
    page = rendered(
        flask_app, '{{ ui.text_field(form, "a", "A", type="password") }}', Form({"a": "geheim"})
    )
    assert "geheim" not in page

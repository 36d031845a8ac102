"""The lean Jinja says what the library says."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment, pass_context, select_autoescape
from markupsafe import Markup, escape

from abh.web import i18n, jinja

SOURCES = {
    "page.html": (
        '{% import "parts.html" as parts %}'
        "{% for name in names %}{{ parts.shout(name, mark=mark) }}{{ seen() }}{{ title(name) }}"
        "{% call parts.box() %}{{ loop.index }}{{ name }}{% endcall %}{% endfor %}"
    ),
    "parts.html": (
        "{% macro shout(text, mark='!') %}<b>{{ text ~ mark }}</b>{% endmacro %}"
        "{% macro box() %}<i>{{ caller() }}</i>{% endmacro %}"
    ),
    "letter.txt": "{{ names|join }}{{ mark }}",
}


def environment(*, lean: bool) -> Environment:
    made = Environment(loader=DictLoader(SOURCES), autoescape=select_autoescape())
    if lean:
        jinja.install(made)
    made.globals["seen"] = pass_context(lambda context: context.get("name", "?"))
    made.globals["title"] = str.title
    return made


@pytest.mark.parametrize(
    "value", ["", "abc1", "<a href='x'>\"&amp;\"", "ß é <", 7, None, 1.5, True]
)
def test_html_is_what_the_library_escapes(value: object) -> None:
    assert jinja.html(value) == str(escape(value))


def test_html_leaves_html_alone() -> None:
    class Bold:
        def __html__(self) -> str:
            return "<b>"

    class Loud(str):
        pass

    assert jinja.html(Markup("<i>&amp;</i>")) == "<i>&amp;</i>"
    assert jinja.html(Bold()) == "<b>"
    assert jinja.html(Loud("<")) == "&lt;"


@pytest.mark.parametrize("template", ["page.html", "letter.txt"])
def test_templates_say_the_same(template: str) -> None:
    values = {"names": ["<Ada>", "O'Neill", Markup("<u>x</u>")], "mark": Markup("&hearts;")}
    lean, usual = (environment(lean=each).get_template(template) for each in (True, False))
    assert lean.render(values) == usual.render(values)


def test_what_a_translation_is_given_is_escaped(flask_app: Flask) -> None:
    template = flask_app.jinja_env.from_string(
        '{% autoescape true %}{{ _("bis %(day)s", day=day) }}{% endautoescape %}'
    )
    with flask_app.test_request_context("/"):
        assert template.render(day="<x>") == "bis &lt;x&gt;"


def test_languages_are_not_mixed(flask_app: Flask) -> None:
    said = {}
    for code in ("de", "en", "ar", "de"):
        with flask_app.test_request_context(f"/_teile/oeffentlich?lang={code}"):
            said[code] = (i18n.gettext("Seite"), i18n.local_day(date(2026, 11, 24)))
            text = flask_app.jinja_env.from_string('{{ _("Zum Inhalt springen") }}')
            said[code] += (text.render(),)
    assert said["de"][1] == "Di., 24.11.2026"
    assert len({each[1:] for each in said.values()}) == 3


def test_outside_of_a_request_the_source_is_said() -> None:
    assert i18n.gettext("Seite %(n)s", n=3) == "Seite 3"

"""The audit log speaks German."""

import ast
from pathlib import Path

import abh
from abh.web.pages.protokoll_worte import ACTIONS, fact_lines, step_words
from abh.workflows.registry import get

P02 = get("P02", 1)


def test_a_step_is_told_with_label_and_states() -> None:
    facts = {"step": "nachfordern", "from": "completeness_check", "to": "awaiting_applicant"}
    assert fact_lines(facts, P02) == [
        ("Schritt", "Unterlagen nachfordern"),
        ("von", "Vollständigkeit in Prüfung"),
        ("nach", "wartet auf Unterlagen"),
    ]
    assert step_words("bewilligen_vorbereitet", P02).endswith("(vorbereitet)")


def test_days_times_flags_and_lists_are_written_as_people_do() -> None:
    facts = {"day": "2026-11-24", "cell": 98, "served": True, "compared": ["name", "birth_date"]}
    assert fact_lines(facts, None) == [
        ("Tag", "24.11.2026"),
        ("Uhrzeit", "08:10"),
        ("förmlich zugestellt", "ja"),
        ("verglichen", "Name, Geburtsdatum"),
    ]


def test_what_is_unknown_is_shown_and_what_is_empty_is_not() -> None:
    assert fact_lines({"neu": 7, "leer": "", "nichts": None}, P02) == [("neu", "7")]


def test_every_line_of_the_step_log_has_a_name() -> None:
    written = {
        node.args[4].value
        for path in (Path(abh.__file__).parent / "workflows").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "noted"
        and isinstance(node.args[4], ast.Constant)
    }
    assert len(written) > 5
    assert {key for key in written if step_words(key, P02) == key} == set()


def test_every_act_on_a_case_has_a_name() -> None:
    rooms = ("workflows", "documents", "appointments", "post", "persons")
    written = {
        node.value
        for room in rooms
        for path in (Path(abh.__file__).parent / room).glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in ("record", "record_booking")
        for node in call.args
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }
    assert len(written) > 10
    assert written - ACTIONS.keys() - {"company.create", "household.create"} == set()

"""Applicants find everything that can be applied for, and nothing is listed for show."""

from __future__ import annotations

from collections import Counter

from abh.web.antragswahl import _THEMEN, themen
from abh.web.pages.antrag import open_to_applicants


def test_everything_offered_stands_under_a_heading() -> None:
    offered = {verfahren.key for verfahren in open_to_applicants()}
    shown = Counter(v.key for thema in themen(open_to_applicants()) for v in thema.verfahren)
    assert set(shown) == offered
    assert all(count <= 2 for count in shown.values())


def test_no_heading_names_what_nobody_can_apply_for() -> None:
    offered = {verfahren.key for verfahren in open_to_applicants()}
    assert {key for _title, _hint, keys in _THEMEN for key in keys} <= offered


def test_headings_without_anything_behind_them_are_not_shown() -> None:
    one = [v for v in open_to_applicants() if v.key == "P33"]
    assert [[v.key for v in thema.verfahren] for thema in themen(one)] == [["P33"]]

"""When an answer may go out by itself, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from abh.post.antworten import Signs, is_from, why_draft
from abh.sprachen import LANGUAGES
from abh.workflows.definition import Turn
from abh.workflows.standworte import TURNS, Stand, told

FINE = Signs(
    switched_on=True,
    only_inquiries=True,
    cases=1,
    general=True,
    sender_proven=True,
    turn=Turn.OFFICE,
    act_pending=False,
)
STAND = Stand(
    words="Wir prüfen, ob Ihre Unterlagen vollständig sind.",
    turn=Turn.APPLICANT,
    have=("Pass", "Arbeitsvertrag"),
    missing=("Hochschulabschluss",),
    until=date(2026, 12, 18),
    aim=None,
)


def test_it_goes_out_when_nothing_speaks_against_it() -> None:
    assert why_draft(FINE) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"switched_on": False}, "Sachgebiet"),
        ({"only_inquiries": False}, "nicht nur"),
        ({"cases": 0}, "welchen Vorgang"),
        ({"cases": 2}, "welchen Vorgang"),
        ({"general": False}, "nur dem Sachgebiet bekannt"),
        ({"sender_proven": False}, "Absender"),
        ({"turn": Turn.COURT}, "Gericht"),
        ({"turn": Turn.NOBODY}, "zu Ende"),
        ({"act_pending": True}, "Bescheid"),
    ],
)
def test_each_doubt_alone_makes_it_a_draft(change: dict[str, object], reason: str) -> None:
    assert reason in why_draft(replace(FINE, **change))  # type: ignore[arg-type]


def test_it_says_what_is_there_what_is_missing_what_comes_next_and_by_when() -> None:
    first, following, when = told(STAND)
    assert "Uns liegen vor: Pass; Arbeitsvertrag." in first
    assert "Es fehlt noch: Hochschulabschluss." in first
    assert following == "Sie sind am Zug. Bitte bis 18.12.2026."
    assert when == ""


def test_a_day_of_decision_is_an_aim_or_not_named() -> None:
    ours = replace(STAND, turn=Turn.OFFICE, missing=(), until=None)
    assert told(ours)[2] == "Wann wir entscheiden, können wir noch nicht sagen."
    aimed = replace(ours, aim=date(2027, 1, 8), have=())
    assert "08.01.2027" in told(aimed)[2]
    assert "keine Zusage" in told(aimed)[2]
    assert "liegen uns noch nicht vor" in told(aimed)[0]


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "de"])
def test_the_words_stand_in_every_language_of_applicants(language: str) -> None:
    german, foreign = told(STAND), told(STAND, language)
    assert all(a != b for a, b in zip(german, foreign, strict=True) if a)
    assert "18.12.2026" in foreign[1]
    assert "Uns liegen vor" not in foreign[0]


def test_every_turn_has_words() -> None:
    assert set(TURNS) == set(Turn)


@pytest.mark.parametrize(
    ("sender", "proven"),
    [
        ("ada@example.org", True),
        ("Ada Lovelace <ADA@example.org>", True),
        ('"ada@example.org" <eve@example.net>', False),
        ("canada@example.org", False),
        ("ada@example.org.example.net", False),
        ("", False),
    ],
)
def test_only_the_address_itself_proves_a_sender(sender: str, proven: bool) -> None:
    assert is_from(sender, "ada@example.org") is proven
    assert not is_from(sender, "")

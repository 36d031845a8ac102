"""What people are told outside of pages: complete in every language, the same values everywhere."""

from __future__ import annotations

import re

import pytest

from abh.appointments.worte import TEXTS, say
from abh.persons.schemas import LANGUAGES

VALUE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_stands_in_every_language_with_the_same_values(key: str) -> None:
    words = TEXTS[key]
    assert set(words) == set(LANGUAGES)
    values = {language: sorted(VALUE.findall(text)) for language, text in words.items()}
    assert len({tuple(each) for each in values.values()}) == 1, values
    assert len(set(words.values())) == len(words)


def test_an_unknown_language_is_answered_in_german() -> None:
    assert say("letter.summary", "tlh") == "Zusammenfassung"


def test_a_short_message_fits_into_what_a_gateway_takes() -> None:
    from abh.outbox.sms import LONGEST

    place = "Willi-Becker-Allee 7, 40227 Düsseldorf, Raum 114"
    values = {
        "day": "08.12.2026",
        "time": "10:30",
        "place": place,
        "ticket": "B-31704",
        "code": "K7QM-2XVD",
    }
    for language in LANGUAGES:
        assert len(say("reminder.sms", language, **values)) < LONGEST

"""What is proposed to somebody in training follows from their decisions, with its reason."""

from __future__ import annotations

import pytest

from abh.workflows.einarbeitungsregel import Next, Track, propose


@pytest.mark.parametrize(
    ("track", "step", "reason"),
    [
        (Track(), Next.BEGIN, "Noch keine Entscheidung vorbereitet."),
        (Track(3, 0, 3), Next.GO_ON, "3 in Folge ohne Rückgabe; noch 7 bis zum Vorschlag."),
        (Track(9, 0, 9), Next.GO_ON, "9 in Folge ohne Rückgabe; noch 1 bis zum Vorschlag."),
        (Track(10, 0, 10), Next.RELEASE, "10 Entscheidungen in Folge ohne Rückgabe (ab 10)."),
        (Track(30, 4, 12), Next.RELEASE, "12 Entscheidungen in Folge ohne Rückgabe (ab 10)."),
        (Track(3, 2, 0), Next.TALK, "2 von 5 Entwürfen kamen zurück."),
        (Track(2, 2, 0), Next.GO_ON, "0 in Folge ohne Rückgabe; noch 10 bis zum Vorschlag."),
        (Track(20, 3, 2), Next.GO_ON, "2 in Folge ohne Rückgabe; noch 8 bis zum Vorschlag."),
    ],
)
def test_the_next_step_has_its_reason(track: Track, step: Next, reason: str) -> None:
    found = propose(track)
    assert (found.step, found.reason) == (step, reason)

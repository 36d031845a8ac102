"""Two signers on one letter from the folder at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from abh.documents import service as letters
from abh.documents.tables import Blatt, Letter, LetterSignature
from abh.kernel.errors import Conflict
from abh.workflows import jobs, unterschrift
from abh.workflows.steps import StepDone, load_case
from abh.workflows.tables import VorgangStep
from tests.concurrency.town import MET, Town


@pytest.fixture
def pending(town: Town, clock) -> tuple[int, int]:
    """A refusal prepared for the second signer: its case and its letter."""
    case = town.file(degree_on="01.06.2020")
    town.find(case, **MET)
    town.step(town.clerk, case, "vollstaendig")
    town.step(town.clerk, case, "anhoeren", reason="Das Gehalt reicht nicht.")
    clock.advance(timedelta(days=32))
    with town.sessions.begin() as session:
        jobs.sweep_fristen(session, town.house)
    done = town.step(town.clerk, case, "ablehnen", reason="Das Gehalt reicht nicht.")
    assert done.pending_letter is not None
    return case, done.pending_letter


def _counts(town: Town, case: int, letter: int) -> tuple[int, int, int]:
    """Steps, sheets and final signatures that came of it."""
    with town.sessions() as session:
        steps = select(func.count()).where(
            VorgangStep.vorgang_id == case, VorgangStep.step == "ablehnen"
        )
        sheets = select(func.count()).where(Blatt.vorgang_id == case, Blatt.title.like("%(N12)%"))
        finals = select(func.count()).where(
            LetterSignature.letter_id == letter, LetterSignature.kind == "final"
        )
        return tuple(session.scalar(q) for q in (steps, sheets, finals))


def test_of_two_signers_one_releases_the_letter_and_takes_the_step(town: Town, pending) -> None:
    case, letter = pending

    def sign(session):
        return unterschrift.sign(session, town.house, town.lead, letter)

    results = town.race(sign, sign)
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "StepDone"]
    assert _counts(town, case, letter) == (1, 1, 1)


def test_a_letter_read_before_the_wait_is_not_released_twice(town: Town, pending) -> None:
    """The session knows the letter as waiting; what counts is what the row says after the lock."""
    _, letter = pending
    both_have_read = threading.Barrier(2)

    def sign(session):
        session.get(Letter, letter)
        both_have_read.wait(30)
        return letters.sign(session, town.house, town.lead, letter)

    results = town.race(sign, sign)
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "Letter"]


def test_control_a_letter_not_read_anew_is_released_twice(town: Town, pending, monkeypatch) -> None:
    case, letter = pending
    both_have_read = threading.Barrier(2)

    def stale(session, letter_id):
        found = session.get(Letter, letter_id)
        both_have_read.wait(30)
        return found

    monkeypatch.setattr(letters, "_waiting", stale)

    def sign(session):
        return letters.sign(session, town.house, town.lead, letter)

    assert not any(isinstance(r, Exception) for r in town.race(sign, sign))
    assert _counts(town, case, letter)[1:] == (2, 2)


def test_signing_and_sending_back_at_once_is_one_of_both(town: Town, pending) -> None:
    case, letter = pending
    results = town.race(
        lambda session: unterschrift.sign(session, town.house, town.lead, letter),
        lambda session: unterschrift.send_back(session, town.house, town.lead, letter, "bitte neu"),
    )
    assert sum(isinstance(r, StepDone) for r in results) == 1
    assert sum(isinstance(r, Conflict) for r in results) == 1
    with town.sessions() as session:
        state = load_case(session, town.house, vorgang_id=case).state
        letter_state = session.get_one(Letter, letter).state
    assert (state, letter_state) in {("refused", "released"), ("hearing", "void")}

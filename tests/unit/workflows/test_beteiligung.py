"""Silence, missing information, late answers: the clock of a participation."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import StepNotAllowed
from abh.workflows.beteiligung import (
    BA,
    BVA,
    PART_KINDS,
    PartState,
    answer,
    complete,
    due,
    info_missing,
    plan,
    start,
)
from abh.workflows.beteiligung_worte import Weg, stand

ASKED, END = date(2026, 11, 23), date(2026, 12, 7)
AFTER = END + timedelta(days=1)


def running(kind=BA):
    return start(plan(kind), ASKED, END)


def test_silence_of_the_ba_is_consent_only_after_the_last_day():
    assert due(running(), END).state is PartState.REQUESTED
    silent = due(running(), AFTER)
    assert silent.state is PartState.DEEMED_CONSENTED
    assert silent.answered_on == END
    assert silent.is_consent and silent.is_answered


def test_silence_of_the_bva_is_never_consent():
    silent = due(running(BVA), AFTER)
    assert silent.state is PartState.OVERDUE
    assert not silent.is_answered
    assert answer(silent, AFTER, consent=True).state is PartState.CONSENTED


@pytest.mark.parametrize("on", [ASKED, END])
def test_information_missing_within_the_period_ends_the_clock_without_consent(on):
    stopped = info_missing(running(), on, "Stellenbeschreibung")
    assert stopped.state is PartState.NEEDS_INFO
    assert stopped.due is None
    assert stopped.note == "Stellenbeschreibung"
    assert due(stopped, date(2027, 12, 31)).state is PartState.NEEDS_INFO


def test_information_missing_after_the_period_comes_too_late():
    with pytest.raises(StepNotAllowed, match="gilt seit Ablauf des 07.12.2026") as refusal:
        info_missing(running(), AFTER)
    assert refusal.value.reasons[0].norm == "§ 36 Abs. 2 BeschV"


def test_completed_request_starts_a_new_period():
    again = complete(info_missing(running(), END), AFTER, date(2026, 12, 22))
    assert again.state is PartState.REQUESTED
    assert (again.round, again.requested_on, again.due) == (2, AFTER, date(2026, 12, 22))
    assert due(again, date(2026, 12, 22)).state is PartState.REQUESTED
    assert due(again, date(2026, 12, 23)).state is PartState.DEEMED_CONSENTED


def test_refusal_after_deemed_consent_is_refused_even_before_the_sweeper_ran():
    with pytest.raises(StepNotAllowed) as refusal:
        answer(running(), AFTER, consent=False)
    assert refusal.value.reasons[0].key == "zustimmung_gilt_als_erteilt"


def test_refusal_within_the_period_counts():
    refused = answer(running(), END, consent=False, note="§ 40")
    assert refused.state is PartState.REFUSED
    assert refused.is_answered and not refused.is_consent


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: start(running(), ASKED, END),
        lambda: start(plan(BA), END, ASKED),
        lambda: complete(running(), ASKED, END),
        lambda: answer(plan(BA), ASKED, consent=True),
        lambda: answer(running(), ASKED - timedelta(days=1), consent=True),
        lambda: info_missing(plan(BA), ASKED),
        lambda: answer(answer(running(), END, consent=True), END, consent=False),
    ],
)
def test_wrong_order_is_a_typed_refusal_with_a_reason(wrong):
    with pytest.raises(StepNotAllowed) as refusal:
        wrong()
    assert refusal.value.reasons[0].text


@given(days=st.integers(-5, 400))
def test_asking_twice_what_is_due_changes_nothing(days):
    once = due(running(), ASKED + timedelta(days=days))
    assert due(once, ASKED + timedelta(days=days)) == once


EVERY = pytest.mark.parametrize("kind", PART_KINDS.values(), ids=lambda kind: kind.key)


def told(part, weg=None):
    sentences = stand(part, weg or Weg("behoerde"))
    return " ".join(one.text for one in sentences), {one.norm for one in sentences}


@EVERY
def test_every_kind_says_how_it_stands_from_the_plan_to_the_answer(kind):
    text, norms = told(plan(kind))
    assert text == "Noch nicht angefragt."
    assert norms == {kind.norm}
    asked = running(kind)
    text, norms = told(asked, Weg("nachricht", reminded_on=date(2026, 12, 1)))
    assert "Angefragt am 23.11.2026 über: Nachricht" in text
    assert "Erinnert am 01.12.2026" in text
    assert "07.12.2026" in text
    assert ("gilt ihre Zustimmung als erteilt" in text) is kind.silence_is_consent
    assert ("noch nicht nachgewiesen" in text) is kind.silence_is_consent
    for consent, word in ((True, "Zugestimmt am 24.11.2026"), (False, "Abgelehnt am 24.11.2026")):
        text, norms = told(answer(asked, date(2026, 11, 24), consent=consent))
        assert word in text
        assert kind.norm in norms


@EVERY
def test_silence_of_every_kind_is_consent_or_overdue_with_its_norm(kind):
    silent = due(running(kind), AFTER)
    text, norms = told(silent)
    if kind.silence_is_consent:
        assert silent.state is PartState.DEEMED_CONSENTED
        assert "gilt als erteilt" in text
        assert kind.silence_norm and kind.silence_norm in norms
    else:
        assert silent.state is PartState.OVERDUE
        assert "Bitte erinnern" in text
        assert kind.norm in norms


@EVERY
def test_missing_information_of_every_kind_ends_or_stops_the_period(kind):
    lacking = info_missing(running(kind), date(2026, 11, 27), "Arbeitszeit")
    text, norms = told(lacking)
    assert "Angaben fehlen: Arbeitszeit" in text
    if kind.missing_info_ends:
        assert "Frist ist beendet" in text
        assert "§ 36 Abs. 2 BeschV" in norms
    else:
        assert "Die Frist steht, 10 Tage bleiben" in text
    again = complete(lacking, date(2026, 12, 1), date(2026, 12, 15))
    text, _ = told(again)
    assert "1. Nachfrage" in text
    assert again.due == (date(2026, 12, 15) if kind.missing_info_ends else date(2026, 12, 11))


@EVERY
def test_the_proof_of_receipt_is_said_for_every_kind(kind):
    text, _ = told(running(kind), Weg("bebpo", None, "Eingangsbestätigung Az. 7", ASKED))
    assert "über: beBPo" in text
    assert "Zugang nachgewiesen am 23.11.2026: Eingangsbestätigung Az. 7." in text
    assert "noch nicht nachgewiesen" not in text


def test_every_kind_has_a_length_and_consent_by_silence_has_a_norm():
    for kind in PART_KINDS.values():
        assert kind.law_key, kind.key
        assert bool(kind.silence_norm) is kind.silence_is_consent, kind.key

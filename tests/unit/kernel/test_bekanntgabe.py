"""Notification by channel, the period for action, and failure to act."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import InvalidInput, LawMissing
from abh.kernel.feiertage import is_working_day
from abh.kernel.fristen import (
    KANAL_LABEL,
    Kanal,
    ab_bekanntgabe,
    bekanntgabe,
    klagefrist,
    untaetigkeit,
    wochen,
)
from abh.kernel.rechtsstand import Rechtsstand

D = date.fromisoformat
FICTIONS = (Kanal.POST, Kanal.EMAIL, Kanal.OZG, Kanal.EINSCHREIBEN)


@pytest.mark.parametrize(
    ("kanal", "event", "earliest", "latest"),
    [
        (Kanal.POST, "2026-11-02", "2026-11-06", "2026-11-06"),
        (Kanal.POST, "2026-11-03", "2026-11-07", "2026-11-09"),
        (Kanal.POST, "2024-12-31", "2025-01-03", "2025-01-03"),
        (Kanal.POST, "2025-01-01", "2025-01-05", "2025-01-06"),
        (Kanal.POST, "2026-04-01", "2026-04-05", "2026-04-07"),
        (Kanal.EMAIL, "2026-11-02", "2026-11-06", "2026-11-06"),
        (Kanal.OZG, "2026-12-21", "2026-12-25", "2026-12-28"),
        (Kanal.EINSCHREIBEN, "2024-06-03", "2024-06-06", "2024-06-06"),
        (Kanal.PZU, "2026-11-07", "2026-11-07", "2026-11-07"),
        (Kanal.EMPFANGSBEKENNTNIS, "2026-11-09", "2026-11-09", "2026-11-09"),
        (Kanal.SCHALTER, "2026-11-09", "2026-11-09", "2026-11-09"),
    ],
)
def test_the_day_of_notification(
    recht: Rechtsstand, kanal: Kanal, event: str, earliest: str, latest: str
) -> None:
    found = bekanntgabe(kanal, D(event), recht)
    assert (found.earliest, found.latest) == (D(earliest), D(latest))
    assert found.norm
    assert found.lines


def test_the_disputed_weekend_is_told_as_disputed(recht: Rechtsstand) -> None:
    lines = " ".join(map(str, bekanntgabe(Kanal.POST, D("2026-11-03"), recht).lines))
    assert "streitig" in lines
    assert "Samstag, 07.11.2026" in lines
    assert "Montag, 09.11.2026" in lines


def test_a_portal_letter_counts_the_day_after_retrieval(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.PORTAL, D("2026-11-02"), recht, retrieved=D("2026-11-04"))
    assert (found.earliest, found.latest) == (D("2026-11-05"), D("2026-11-05"))
    assert found.retrieve_until == D("2026-11-12")


def test_a_friday_retrieval_is_disputed_like_the_other_fictions(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.PORTAL, D("2026-11-02"), recht, retrieved=D("2026-11-06"))
    assert (found.earliest, found.latest) == (D("2026-11-07"), D("2026-11-09"))


@pytest.mark.parametrize("retrieved", [None, D("2026-11-13")])
def test_a_portal_letter_not_retrieved_in_time_is_not_notified(
    recht: Rechtsstand, retrieved: date | None
) -> None:
    found = bekanntgabe(Kanal.PORTAL, D("2026-11-02"), recht, retrieved=retrieved)
    assert not found.is_effective
    assert found.latest is None
    assert klagefrist(found, recht) is None
    assert "keine Bekanntgabe" in str(found.lines[-1])


def test_retrieval_on_the_last_day_is_in_time(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.PORTAL, D("2026-11-02"), recht, retrieved=D("2026-11-12"))
    assert found.earliest == D("2026-11-13")


def test_a_proven_later_arrival_replaces_the_fiction(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.POST, D("2026-11-02"), recht, arrived=D("2026-11-17"))
    assert (found.earliest, found.latest) == (D("2026-11-17"), D("2026-11-17"))


def test_an_arrival_on_the_weekend_of_the_fiction_keeps_the_late_reading(
    recht: Rechtsstand,
) -> None:
    found = bekanntgabe(Kanal.POST, D("2026-11-03"), recht, arrived=D("2026-11-08"))
    assert (found.earliest, found.latest) == (D("2026-11-08"), D("2026-11-09"))


def test_an_early_arrival_does_not_shorten_the_fiction(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.POST, D("2026-11-02"), recht, arrived=D("2026-11-03"))
    assert found.earliest == D("2026-11-06")


def test_a_letter_that_never_arrived_starts_no_period(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.POST, D("2026-11-02"), recht, never_arrived=True)
    assert not found.is_effective
    assert ab_bekanntgabe(found, wochen(4), "§ 82") is None


@pytest.mark.parametrize(
    ("kanal", "facts", "field"),
    [
        (Kanal.POST, {"retrieved": D("2026-11-04")}, "retrieved"),
        (Kanal.PORTAL, {"retrieved": D("2026-11-01")}, "retrieved"),
        (Kanal.POST, {"arrived": D("2026-11-01")}, "arrived"),
        (Kanal.PZU, {"arrived": D("2026-11-04")}, "arrived"),
        (Kanal.SCHALTER, {"never_arrived": True}, "arrived"),
        (Kanal.POST, {"arrived": D("2026-11-04"), "never_arrived": True}, "arrived"),
    ],
)
def test_facts_that_do_not_fit_the_channel_are_refused(
    recht: Rechtsstand, kanal: Kanal, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        bekanntgabe(kanal, D("2026-11-02"), recht, **facts)  # type: ignore[arg-type]
    assert field in {problem.field for problem in caught.value.problems}


def test_a_dispatch_before_the_table_begins_is_an_error(recht: Rechtsstand) -> None:
    with pytest.raises(LawMissing):
        bekanntgabe(Kanal.OZG, D("2024-06-03"), recht)


def test_the_period_for_action_warns_early_and_is_final_late(recht: Rechtsstand) -> None:
    pair = klagefrist(bekanntgabe(Kanal.POST, D("2026-11-03"), recht), recht)
    assert pair is not None
    assert pair.earliest.end == D("2026-12-07")
    assert pair.latest.end == D("2026-12-09")
    assert not pair.is_final(D("2026-12-09"))
    assert pair.is_final(D("2026-12-10"))
    assert "§ 74" in pair.latest.norm


def test_without_instruction_the_period_is_a_year(recht: Rechtsstand) -> None:
    pair = klagefrist(bekanntgabe(Kanal.PZU, D("2026-11-03"), recht), recht, belehrt=False)
    assert pair is not None
    assert pair.latest.end == D("2027-11-03")
    assert "§ 58 Abs. 2 VwGO" in pair.latest.norm


def test_a_month_that_ends_on_sunday_cites_the_court_rules(recht: Rechtsstand) -> None:
    pair = klagefrist(bekanntgabe(Kanal.PZU, D("2026-10-22"), recht), recht)
    assert pair is not None
    assert pair.latest.end == D("2026-11-23")
    assert "§ 222 Abs. 2 ZPO" in str(pair.latest.steps[-1])


def test_failure_to_act_counts_three_months_without_a_weekend_rule(recht: Rechtsstand) -> None:
    clock = untaetigkeit(D("2026-08-22"), recht)
    assert clock.frist.end == D("2026-11-22")
    assert clock.admissible_from == D("2026-11-23")
    assert [w.day for w in clock.warnings] == [D("2026-10-17"), D("2026-10-31"), D("2026-11-14")]


def test_every_channel_has_a_label() -> None:
    assert set(KANAL_LABEL) == set(Kanal)


@given(st.sampled_from(FICTIONS), st.dates(date(2025, 1, 1), date(2034, 1, 1)))
def test_the_late_reading_is_the_next_working_day_of_the_early_one(
    recht: Rechtsstand, kanal: Kanal, event: date
) -> None:
    found = bekanntgabe(kanal, event, recht)
    assert found.earliest is not None and found.latest is not None
    assert (found.earliest - event).days == 4
    assert is_working_day(found.latest)
    assert (found.earliest == found.latest) is is_working_day(found.earliest)
    pair = klagefrist(found, recht)
    assert pair is not None and pair.earliest.end <= pair.latest.end


@given(st.dates(date(2020, 1, 1), date(2034, 1, 1)))
def test_all_warnings_come_before_an_action_is_admissible(recht: Rechtsstand, day: date) -> None:
    clock = untaetigkeit(day, recht)
    days = [w.day for w in clock.warnings]
    assert days == sorted(days)
    assert days[-1] < clock.admissible_from


def test_each_kind_of_deadline_cites_its_own_rule_of_counting(recht: Rechtsstand) -> None:
    found = bekanntgabe(Kanal.PZU, D("2026-11-02"), recht)
    action, answer = klagefrist(found, recht), ab_bekanntgabe(found, wochen(4), "§ 82")
    assert action is not None and answer is not None
    assert "§ 222 Abs. 1 ZPO" in action.latest.steps[0].norm
    assert answer.latest.steps[0].norm == "§ 31 Abs. 2 VwVfG NRW"

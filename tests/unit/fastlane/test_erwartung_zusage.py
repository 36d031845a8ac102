"""Expected ranges, promises and whose turn it is: tables of cases on pure functions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from abh.fastlane import erwartung, wessen, zusage
from abh.fastlane.erwartung import Erwartung, expected
from abh.fastlane.wessen import CLOCKS, SHOWN, Seite, applicant_states, side_of, state_words, zug
from abh.fastlane.zusage import Eintrag, Stand
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry

DAY = date(2026, 11, 23)
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))


def test_too_few_cases_give_no_range() -> None:
    assert expected(list(range(erwartung.FEWEST - 1)), DAY, DAY) is None


def test_the_range_holds_six_of_ten() -> None:
    found = expected(list(range(10, 60)), DAY, DAY)
    assert found == Erwartung(DAY + timedelta(19), DAY + timedelta(49), 50)


def test_a_case_that_waits_longer_than_most_gets_the_range_of_those_that_did_too() -> None:
    found = expected(list(range(100)), DAY - timedelta(60), DAY)
    assert found is not None
    assert found.cases == 40
    assert DAY <= found.earliest <= found.latest


def test_the_range_is_never_in_the_past() -> None:
    durations = sorted([10] * 50 + [90] * 50)
    for waited in range(95):
        found = expected(durations, DAY - timedelta(waited), DAY)
        assert found is None or found.earliest >= DAY


@pytest.mark.parametrize("share", [0, 1.2, -1])
def test_a_quantile_needs_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        erwartung.quantile([1], share)


def log(*entries: tuple[str, int]) -> list[Eintrag]:
    return [Eintrag(state, DAY + timedelta(days)) for state, days in entries]


WAITING = frozenset({"awaiting_applicant", "appointment_pending"})


@pytest.mark.parametrize(
    ("entries", "until", "days"),
    [
        ([("received", 0), ("in_review", 3)], 30, 0),
        ([("received", 0), ("awaiting_applicant", 5), ("in_review", 12)], 30, 7),
        ([("received", 0), ("awaiting_applicant", 5)], 30, 25),
        # a step that leaves the case where it is does not start the wait anew
        ([("awaiting_applicant", 5), ("awaiting_applicant", 8), ("in_review", 12)], 30, 7),
        ([("awaiting_applicant", 5), ("appointment_pending", 8), ("granted", 12)], 30, 7),
        ([("awaiting_applicant", 1), ("in_review", 2), ("awaiting_applicant", 4)], 10, 7),
        ([], 30, 0),
    ],
)
def test_days_of_waiting_for_others_are_added_up(
    entries: list[tuple[str, int]], until: int, days: int
) -> None:
    assert zusage.waited(log(*entries), WAITING, DAY + timedelta(until)) == days


def test_the_promise_counts_from_receipt_and_waits_with_the_company() -> None:
    plain = zusage.promised_on(LAW, "P02", DAY, 0)
    later = zusage.promised_on(LAW, "P02", DAY, 9)
    assert plain is not None
    assert later is not None
    assert (later - plain).days == 9
    assert plain >= DAY + timedelta(weeks=6)


def test_there_is_no_promise_without_a_number_of_that_day() -> None:
    assert zusage.promised_on(LAW, "P14", DAY, 0) is None
    assert zusage.promised_on(LAW, "P02", date(2025, 12, 31), 0) is None


@pytest.mark.parametrize(
    ("promised", "decided", "stand"),
    [
        (None, None, None),
        (30, None, Stand.OFFEN),
        (zusage.NEAR, None, Stand.KNAPP),
        (0, None, Stand.KNAPP),
        (-1, None, Stand.UEBERSCHRITTEN),
        (5, 5, Stand.GEHALTEN),
        (5, 6, Stand.VERFEHLT),
    ],
)
def test_how_a_promise_stands(
    promised: int | None, decided: int | None, stand: Stand | None
) -> None:
    def day(offset: int | None) -> date | None:
        return None if offset is None else DAY + timedelta(offset)

    assert zusage.stand(day(promised), day(decided), DAY) is stand


@pytest.mark.parametrize("key", sorted(zusage.GOALS))
def test_every_kind_a_company_files_has_a_promise(key: str) -> None:
    assert zusage.promised_on(LAW, key, DAY, 0) is not None


@pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
def test_no_procedure_tells_an_employer_of_hearing_or_refusal(one) -> None:
    for state in one.states:
        words = state_words(state)
        for secret in ("nhörung", "blehn", "Klage", "kürz", "ausgesetzt", "Widerruf", "Ausweis"):
            assert secret not in words
        if state.key not in SHOWN:
            assert words in ("in Prüfung", "Prüfung abgeschlossen")
            assert side_of(state, at_ba=True) in (Seite.AMT, Seite.NIEMAND)
    assert applicant_states(one) <= SHOWN


P28 = registry.newest("P28")


@pytest.mark.parametrize(
    ("key", "sides"),
    [
        ("received", (Seite.AMT,)),
        ("advised", (Seite.FIRMA,)),
        ("agreed", (Seite.AMT,)),
        ("recognition_running", (Seite.ANDERE,)),
        ("awaiting_employer", (Seite.FIRMA,)),
        ("ba_requested", (Seite.BA,)),
        ("preapproval_check", (Seite.AMT,)),
        ("preapproved", (Seite.ANDERE,)),
        ("handed_over", (Seite.NIEMAND,)),
        ("ended", (Seite.NIEMAND,)),
    ],
)
def test_in_the_accelerated_procedure_the_employer_sees_whose_turn_it_is(
    key: str, sides: tuple[Seite, ...]
) -> None:
    state = P28.state(key)
    assert state is not None
    asked = [{"kind": "BA_EILIG", "state": "requested"}] if key == "ba_requested" else []
    found = zug(state, asked, ("ezb", "pass"), P28.evidence_labels)
    assert found.seiten == sides
    waits = key == "awaiting_employer"
    assert [p.kind for p in found.papiere] == (["ezb"] if waits else [])
    assert found.eigene == waits
    assert state_words(state) == ("Prüfung abgeschlossen" if key == "ended" else state.label)


def test_every_clock_of_the_accelerated_procedure_has_its_side() -> None:
    of_part = {"BA_EILIG"}
    assert {clock.key for clock in P28.clocks} - of_part <= set(CLOCKS)


P02 = registry.newest("P02")


def state(key: str):
    found = P02.state(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("missing", "sides", "papers", "own"),
    [
        (("ezb",), (Seite.FIRMA,), ["ezb"], 0),
        (("pass",), (Seite.PERSON,), [], 1),
        (("pass", "arbeitsvertrag", "krankenversicherung"), (Seite.FIRMA, Seite.PERSON),
         ["arbeitsvertrag"], 2),
        ((), (Seite.PERSON,), [], 0),
    ],
)  # fmt: skip
def test_who_has_the_turn_while_papers_are_missing(
    missing: tuple[str, ...], sides: tuple[Seite, ...], papers: list[str], own: int
) -> None:
    found = zug(state("awaiting_applicant"), [], missing, P02.evidence_labels)
    assert (found.seiten, [p.kind for p in found.papiere], found.eigene) == (sides, papers, own)


@pytest.mark.parametrize(
    ("parts", "side"),
    [
        ([{"kind": "BA", "state": "requested"}], Seite.BA),
        ([{"kind": "BA", "state": "consented"}, {"kind": "BVA", "state": "requested"}],
         Seite.ANDERE),
        ([{"kind": "BVA", "state": "requested"}], Seite.ANDERE),
    ],
)  # fmt: skip
def test_only_the_bundesagentur_is_named(parts: list[dict[str, str]], side: Seite) -> None:
    assert zug(state("awaiting_third_party"), parts, (), {}).seiten == (side,)


def test_an_agreement_is_no_decision_that_a_company_reads() -> None:
    told = wessen.decided_states(P28)
    assert told & {"agreed", "ba_requested", "preapproval_check"} == set()
    assert "preapproved" in told
    assert wessen.decided_states(registry.newest("P02")) == registry.newest("P02").decided_states

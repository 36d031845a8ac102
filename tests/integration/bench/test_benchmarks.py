"""Every benchmark runs at a tiny scale, so that none rots; statement counts are asserted here."""

from __future__ import annotations

import pytest

from abh.bench import cli
from abh.bench.population import LARGE, TWENTY, database
from abh.bench.server import connect
from abh.bench.tag import Pace

PAGE_STATEMENTS = 12
TINY = 0.003


def only(lines):
    (line,) = lines
    assert cli.as_json(line)
    return line


@pytest.mark.slow
def test_a_step_needs_four_statements(fresh_database_url: str) -> None:
    line = only(cli.load("step_persisted")(fresh_database_url, rounds=4))
    assert line["name"] == "step_persisted"
    assert line["statements"] == 4


@pytest.mark.slow
def test_a_letter_is_measured_against_its_own_page(fresh_database_url: str) -> None:
    lines = list(cli.load("letter")(fresh_database_url, rounds=1))
    assert [line["name"] for line in lines] == ["letter", "letter_seal_codes"]
    assert all(line["ratio"] > 0 for line in lines)
    assert lines[0]["reportlab_ratio"] > 0 and lines[0]["typst_ratio"] > 0


@pytest.mark.slow
def test_letters_of_killed_processes_are_made_once(fresh_database_url: str) -> None:
    run = cli.load("letter_series")
    line = only(run(fresh_database_url, letters=8, compared=2, kills=2, head_start=1))
    assert (line["missing"], line["twice"]) == (0, 0)
    assert line["progress"] > 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["desk_list", "case_page"])
def test_a_page_needs_at_most_twelve_statements(fresh_database_url: str, name: str) -> None:
    line = only(cli.load(name)(fresh_database_url, scale=TINY, grown_from=LARGE))
    assert line["name"] == name
    assert 3 <= line["statements"] <= PAGE_STATEMENTS


@pytest.mark.slow
def test_applicants_pages_are_weighed_by_a_browser(fresh_database_url: str) -> None:
    weigh = cli.load("public_weight")
    line = only(weigh(fresh_database_url, rounds=1, pages=["status"], networks=["3g"]))
    assert line["name"] == "public_weight_3g"
    assert 10_000 < line["bytes"] < 100_000
    assert line["foreign"] == 0


@pytest.mark.slow
def test_a_search_needs_at_most_twelve_statements(fresh_database_url: str) -> None:
    line = only(cli.load("global_search")(fresh_database_url, persons=60, rounds=2))
    assert 3 <= line["statements"] <= PAGE_STATEMENTS
    assert line["found"] == 1


@pytest.mark.slow
def test_a_copied_case_has_all_rows_of_its_original(fresh_database_url: str) -> None:
    with connect(database(fresh_database_url, 3 * TWENTY).url) as connection:
        rows = connection.execute(
            "SELECT v.state, count(DISTINCT v.id),"
            " count(DISTINCT (v.row_version, (SELECT count(*) FROM vorgang_step s"
            "   WHERE s.vorgang_id = v.id), (SELECT count(*) FROM blatt b JOIN akte a"
            "   ON a.id = b.akte_id WHERE a.id = v.akte_id AND a.person_id = v.person_id)))"
            " FROM vorgang v GROUP BY v.state"
        ).fetchall()
    assert {state: count for state, count, _ in rows}["issued"] == 33
    assert sum(count for _, count, _ in rows) == 3 * TWENTY
    assert all(kinds == 1 for _, _, kinds in rows)


def test_the_rules_of_every_step_are_measured_in_memory() -> None:
    line = only(cli.load("step_memory")("", rounds=3))
    assert line["steps"] > 5 and line["guards"] > line["steps"]
    assert line["python_statemachine_ratio"] > 0 and line["spiffworkflow_ratio"] > 0


@pytest.mark.slow
def test_two_sweepers_write_each_clock_once(fresh_database_url: str) -> None:
    lines = list(cli.load("clock_sweep")(fresh_database_url, clocks=200, due=30))
    assert [line["name"] for line in lines] == ["clock_sweep", "clock_sweep_step"]
    for line in lines:
        assert cli.as_json(line)
        assert (line["due"], line["duplicates"], line["lost"]) == (30, 0, 0)
        assert line["clocks"] >= 200


@pytest.mark.slow
def test_prospects_of_everybody_are_counted_once(fresh_database_url: str) -> None:
    line = only(cli.load("prospects")(fresh_database_url, persons=40))
    assert line["persons"] == 40
    assert line["prospects"] > 0


@pytest.mark.slow
def test_a_race_for_places_ends_without_a_fault(fresh_database_url: str) -> None:
    lines = list(cli.load("booking_race")(fresh_database_url, rounds=1, people=6, warm_up=0))
    assert all(cli.as_json(line) for line in lines)
    assert [line["pattern"] for line in lines] == ["same", "spread", "free"]
    for line in lines:
        assert (line["overbooked"], line["lost"], line["deadlocks"], line["errors"]) == (0,) * 4


@pytest.mark.slow
def test_people_book_over_the_real_web_server(fresh_database_url: str) -> None:
    line = only(cli.load("http_booking")(fresh_database_url, per_second=2, seconds=2, warm_up=0))
    assert (line["journeys"], line["booked"], line["broken"], line["ends"]) == (4, 4, 0, {})
    assert (line["errors_500"], line["overbooked"], line["lost"]) == (0, 0, 0)


@pytest.mark.slow
def test_a_day_of_clerks_and_applicants_loses_no_write(fresh_database_url: str) -> None:
    pace = Pace(desk=0.8, home=1.5, warm_up=1, seconds=5)
    run = cli.load("day_load")
    line = only(run(fresh_database_url, staff=6, applicants=8, scale=0.0006, pace=pace))
    assert (line["staff"], line["applicants"]) == (6, 8)
    assert (line["errors_500"], line["broken"], line["lost"]) == (0, 0, 0)
    assert line["written"] > 0
    assert line["desk_actions"] > 0 and line["applicant_pages"] > 0
    assert set(line["statuses"]) <= {"200", "303", "409", "422"}


@pytest.mark.slow
def test_a_group_is_booked_whole_or_not_at_all(fresh_database_url: str) -> None:
    run = cli.load("firm_batch_booking")
    line = only(run(fresh_database_url, people=6, rounds=2, kills=1, load=1))
    assert (line["people"], line["overbooked"], line["partial"], line["errors"]) == (6, 0, 0, 0)


@pytest.mark.slow
def test_a_month_of_free_times_needs_two_statements(fresh_database_url: str) -> None:
    lines = list(cli.load("slots_30days")(fresh_database_url, rounds=1, desks=4))
    assert all(cli.as_json(line) for line in lines)
    assert {line["statements"] for line in lines} == {2}
    assert {line["peer_statements"] for line in lines} == {3}


@pytest.mark.slow
def test_twenty_free_places_need_two_statements(fresh_database_url: str) -> None:
    lines = list(cli.load("slots_first20")(fresh_database_url, rounds=2, times=2))
    assert [line["booked"] for line in lines] == [0, 50, 98]
    assert {line["statements"] for line in lines} == {2}


@pytest.mark.slow
def test_one_print_job_and_one_inspection_hold_all_letters() -> None:
    line = only(cli.load("print_job_500")("", letters=6, rendered=2))
    assert (line["name"], line["letters"]) == ("print_job_500", 6)
    line = only(cli.load("akte_export")("", sheets=4, different=2))
    assert (line["name"], line["sheets"]) == ("akte_export", 4)
    assert line["pages"] > 4


def test_every_benchmark_is_listed() -> None:
    assert {
        "case_page",
        "clock_sweep",
        "desk_list",
        "global_search",
        "http_booking",
        "letter",
        "prospects",
        "slots_first20",
        "slots_30days",
        "step_memory",
        "step_persisted",
    } <= set(cli.names())


@pytest.mark.slow
def test_pulling_post_is_measured_with_and_without_anything_to_find(
    fresh_database_url: str,
) -> None:
    run = cli.load("post_next")
    lines = list(run(fresh_database_url, items=2_000, rounds=3, clerks=3, each=3))
    assert all(cli.as_json(line) for line in lines)
    assert [line["case"] for line in lines] == ["found", "crowd", "nothing"]
    assert (lines[1]["duplicates"], lines[1]["starved"]) == (0, 0)


@pytest.mark.slow
def test_the_overview_of_the_post_needs_two_statements(fresh_database_url: str) -> None:
    line = only(cli.load("post_overview")(fresh_database_url, items=2_000, rounds=3))
    assert line["statements"] == 2
    assert line["items"] == 4 * line["persons"] > 0


@pytest.mark.slow
def test_an_imported_backlog_is_complete_and_single(fresh_database_url: str) -> None:
    line = only(cli.load("post_import")(fresh_database_url, items=120))
    assert (line["taken"], line["twice"], line["faults"]) == (120, 0, 0)


def test_a_clearance_plan_is_proven_and_halves_the_harm() -> None:
    line = only(cli.load("clearance_plan")("", units=1, clerks=5, weeks=6, items=600))
    assert line["solved"] == 1
    assert line["gap"] == 0
    assert line["harm_ratio"] <= 0.5
    assert line["control_ratio"] == 1

"""Every benchmark runs at a tiny scale, so that none rots; statement counts are asserted here."""

from __future__ import annotations

import pytest

from abh.bench import cli
from abh.bench.population import TWENTY, database
from abh.bench.server import connect

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
    line = only(cli.load("letter")(fresh_database_url, rounds=1))
    assert line["name"] == "letter"
    assert line["ratio"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["desk_list", "case_page"])
def test_a_page_needs_at_most_twelve_statements(fresh_database_url: str, name: str) -> None:
    line = only(cli.load(name)(fresh_database_url, scale=TINY))
    assert line["name"] == name
    assert 3 <= line["statements"] <= PAGE_STATEMENTS


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


def test_every_benchmark_is_listed() -> None:
    assert {"case_page", "desk_list", "letter", "slots", "step_persisted"} <= set(cli.names())

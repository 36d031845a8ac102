"""The harness: percentiles, lines, turns, counted statements, people at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import click
import pytest
from sqlalchemy import create_engine, text

from abh.bench import cli, measure
from abh.bench.web import at_once


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.01, 1), (0.501, 51)]
)
def test_percentiles_are_values_that_were_measured(share: float, expected: int) -> None:
    assert measure.percentile(list(range(100, 0, -1)), share) == expected


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        measure.percentile(values, share)


def test_a_line_gives_the_middle_of_both_and_their_ratio() -> None:
    line = measure.line("x", [1.0, 5.0, 9.0], [2.0, 2.0, 200.0], statements=4)
    assert line == {
        "name": "x", "value": 5.0, "unit": "ms", "floor": 2.0, "ratio": 2.5, "statements": 4,
    }  # fmt: skip
    assert json.loads(cli.as_json(line)) == line


def test_a_line_without_its_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        cli.as_json({"name": "x", "value": 1, "unit": "ms", "ratio": 1})


def test_turns_alternate_and_warm_up_does_not_count() -> None:
    seen: list[str] = []
    series = measure.in_turns(
        lambda: seen.append("ours"), lambda: seen.append("floor"), 3, warm_up=2
    )
    assert seen == ["ours", "floor"] * 5
    assert [len(times) for times in series] == [3, 3]


def test_statements_are_counted_inside_the_block_only() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with measure.counting(engine) as found:
            connection.execute(text("SELECT 2"))
            connection.execute(text("SELECT 3"))
            connection.commit()
        connection.execute(text("SELECT 4"))
    assert [sql for sql, _ in found.seen] == ["SELECT 2", "SELECT 3"]


def test_people_act_at_once() -> None:
    barrier = threading.Barrier(3, timeout=10)
    times = at_once([lambda: barrier.wait() and None] * 3, 0.0)
    assert len(times) == 3


def test_the_error_of_one_person_ends_the_run() -> None:
    def fail() -> None:
        raise RuntimeError("/desk: 500")

    with pytest.raises(RuntimeError, match="500"):
        at_once([fail, lambda: None], 5.0)


def test_an_unknown_benchmark_is_named_with_the_known_ones() -> None:
    with pytest.raises(click.BadParameter, match="step_persisted"):
        cli.load("nothing")


def test_benchmarks_are_found_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("def run(url):\n    yield {'url': url}\n")
    (tmp_path / "a.py").write_text("")
    assert cli.names(tmp_path) == ["a", "b"]
    assert list(cli.load("b", tmp_path)("x")) == [{"url": "x"}]

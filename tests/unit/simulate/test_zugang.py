"""Fair access is claimed with a control: without its guard every claim fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from abh.cli import main
from abh.simulate import zugang


@pytest.mark.parametrize("seed", range(5))
def test_every_claim_holds_and_fails_without_its_guard(seed: int) -> None:
    for row in zugang.compare(seed, 60)["claims"]:
        assert row["holds"], row
        assert row["fails_without_guard"], row


def test_the_same_seed_brings_the_same_people_and_result() -> None:
    assert zugang.compare(7, 30) == zugang.compare(7, 30)
    kinds = [
        [p.kind for p in zugang.play(way, 7, 30).people] for way in (zugang.ENGINE, zugang.DRAW)
    ]
    assert kinds[0] == kinds[1]


def test_with_first_click_bots_hold_nearly_everything() -> None:
    found = zugang.figures(zugang.FIRST_CLICK, zugang.play(zugang.FIRST_CLICK, 1, 60))
    assert found["bots_share_of_places"] > 0.9
    assert found["resale_value_per_place"] > 0.5


def test_nobody_gets_two_places_and_no_day_gives_more_than_it_has() -> None:
    result = zugang.play(zugang.DRAW, 3, 40)
    served = [p for p in result.people if p.served is not None]
    assert len(served) == result.given
    by_day = {day: sum(p.served == day for p in served) for day in range(40)}
    assert max(by_day.values()) <= zugang.PLACES * (1 + zugang.CANCELLED * 3)


def test_the_command_prints_json_and_a_chart(tmp_path: Path) -> None:
    image = tmp_path / "zugang.svg"
    done = CliRunner().invoke(
        main, ["simulate", "zugang", "--seed", "1", "--tage", "30", "--bild", str(image)]
    )
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.output)["ways"]) == {"erster_klick", "anlage", "losung"}
    assert image.read_text("utf-8").startswith("<svg")

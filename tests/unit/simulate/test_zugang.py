"""Fair access is claimed with a control: without its guard every claim fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from abh.cli import main
from abh.simulate import zugang, zugang_belege


@pytest.mark.parametrize("seed", range(3))
def test_every_claim_holds_and_fails_without_its_guard(seed: int) -> None:
    rows = zugang_belege.compare(seed, 40)["claims"]
    assert len(rows) == 8
    for row in rows:
        assert row["holds"], row
        assert row["fails_without_guard"], row


def test_a_claim_whose_control_holds_too_is_not_proven() -> None:
    # Nothing fails where no guard is missing: then the claim would say nothing about the guards.
    same = zugang_belege.compare(1, 20)["ways"]["losung"]
    assert not any(row["fails_without_guard"] for row in zugang_belege.claims(lambda _way: same))


def test_inventing_people_pays_only_where_places_can_be_sold() -> None:
    bound = zugang.play(zugang.DRAW, 2, 40)
    unbound = zugang.play(replace(zugang.DRAW, bound=False), 2, 40)
    assert bound.bought == 0
    assert unbound.to_bots > 5 * bound.to_bots


def test_a_program_that_files_twenty_times_for_one_person_gains_where_each_counts() -> None:
    def share(way: zugang.Way) -> float:
        return float(zugang.figures(way, zugang.play(way, 2, 40), 40)["bots_share_of_places"])

    assert share(replace(zugang.DRAW, once=False)) > 2 * share(zugang.DRAW)


def test_the_same_seed_brings_the_same_people_and_result() -> None:
    assert zugang_belege.compare(7, 12) == zugang_belege.compare(7, 12)
    kinds = [
        [p.kind for p in zugang.play(way, 7, 12).people] for way in (zugang.ENGINE, zugang.DRAW)
    ]
    assert kinds[0] == kinds[1]


def test_with_first_click_bots_hold_nearly_everything() -> None:
    result = zugang.play(zugang.FIRST_CLICK, 1, 40)
    found = zugang.figures(zugang.FIRST_CLICK, result, 40)
    assert found["bots_share_of_places"] > 0.9
    assert found["resale_value_per_place"] > 0.5


@pytest.mark.parametrize("way", [zugang.FIRST_CLICK, zugang.ENGINE, zugang.DRAW])
def test_nobody_gets_two_places_none_comes_after_the_harm_no_day_gives_more_than_it_has(
    way: zugang.Way,
) -> None:
    result = zugang.play(way, 3, 30)
    served = [p for p in result.people if p.served is not None]
    assert all(p.since <= (p.served or 0) <= p.harm for p in served)
    by_day = [sum(p.served == day for p in served) for day in range(30)]
    assert max(by_day) <= zugang.PLACES + zugang.PLACES * zugang.CANCELLED * 3
    assert len(served) <= result.given


def test_the_command_prints_json_and_a_chart(tmp_path: Path) -> None:
    image = tmp_path / "zugang.svg"
    done = CliRunner().invoke(
        main, ["simulate", "zugang", "--seed", "1", "--tage", "40", "--bild", str(image)]
    )
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.output)["ways"]) == {"erster_klick", "anlage", "losung"}
    picture = ElementTree.fromstring(image.read_text("utf-8"))
    words = " ".join(picture.itertext())
    assert all(name in words for name in ("erster_klick", "losung", "Wartezeit in Tagen"))

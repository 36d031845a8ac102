"""The draw can be recomputed by anyone, weighs as it says, and shows every tampering."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from abh.appointments import losung
from abh.appointments.cli import termine_group
from abh.appointments.losung import Entry

SEED = bytes(range(32))
ENTRIES = [Entry("AAAAAAAA", 1), Entry("BBBBBBBB", 3), Entry("CCCCCCCC", 8)]
DAY = date(2026, 11, 25)


def publication() -> dict[str, Any]:
    return {
        "regel": losung.RULE,
        "sachgebiet": "SG1",
        "tag": "2026-11-25",
        "eroeffnet": "2026-11-20T08:00:00+00:00",
        "stichzeit": "2026-11-24T19:00:00+00:00",
        "geschlossen": "2026-11-24T19:00:30+00:00",
        "gezogen": "2026-11-24T19:01:00+00:00",
        "startwert": SEED.hex(),
        "startwert_hash": hashlib.sha256(SEED).hexdigest(),
        "liste": [{"pseudonym": e.pseudonym, "lose": e.weight} for e in ENTRIES],
        "liste_hash": losung.list_hash(ENTRIES),
        "reihenfolge": losung.ranked(SEED, ENTRIES),
    }


def test_the_order_is_what_a_few_lines_of_anybody_compute() -> None:
    closed = hashlib.sha256(b"AAAAAAAA 1\nBBBBBBBB 3\nCCCCCCCC 8\n").hexdigest()
    lots = [
        (hashlib.sha256(f"{SEED.hex()} {closed} {e.pseudonym} {n}".encode()).digest(), e.pseudonym)
        for e in ENTRIES
        for n in range(1, e.weight + 1)
    ]
    expected = list(dict.fromkeys(name for _, name in sorted(lots)))
    assert losung.ranked(SEED, ENTRIES) == expected


def test_the_order_of_the_list_does_not_matter() -> None:
    assert losung.ranked(SEED, ENTRIES) == losung.ranked(SEED, ENTRIES[::-1])


def test_the_chance_to_be_first_is_the_share_of_the_lots() -> None:
    draws = 6000
    first = Counter(
        losung.ranked(number.to_bytes(32, "big"), ENTRIES)[0] for number in range(draws)
    )
    for entry in ENTRIES:
        share = entry.weight / 12
        # Five standard deviations: a fair draw fails this once in a million.
        spread = 5 * (share * (1 - share) / draws) ** 0.5
        assert abs(first[entry.pseudonym] / draws - share) < spread


@pytest.mark.parametrize(
    ("ground", "harm_on", "vain", "weight"),
    [
        ("arbeitsplatz", date(2026, 11, 26), 0, 6),
        ("arbeitsplatz", date(2026, 12, 1), 0, 4),
        ("leistungen", date(2027, 1, 15), 0, 3),
        ("reise", date(2027, 1, 15), 2, 4),
        ("reise", date(2026, 11, 25), 40, 12),
    ],
)
def test_weights_follow_need_and_waiting(
    ground: str, harm_on: date, vain: int, weight: int
) -> None:
    assert losung.weight_of(ground, harm_on, DAY, vain) == weight


def test_a_true_publication_has_no_problem() -> None:
    found = publication()
    assert losung.problems_of(found) == []
    noted = {"noted_hash": found["startwert_hash"], "noted_list": found["liste_hash"]}
    assert losung.problems_of(found, **noted) == []


def _swap(found: dict[str, Any]) -> None:
    found["reihenfolge"] = found["reihenfolge"][::-1]


def _another_seed(found: dict[str, Any]) -> None:
    found["startwert"] = bytes(32).hex()


def _add(found: dict[str, Any]) -> None:
    found["liste"].append({"pseudonym": "DDDDDDDD", "lose": 12})


def _weigh(found: dict[str, Any]) -> None:
    found["liste"][0]["lose"] = 12


def _twice(found: dict[str, Any]) -> None:
    found["liste"].append(dict(found["liste"][0]))


def _late(found: dict[str, Any]) -> None:
    found["geschlossen"] = found["gezogen"]


def _cut(found: dict[str, Any]) -> None:
    del found["startwert"]


@pytest.mark.parametrize("tamper", [_swap, _another_seed, _add, _weigh, _twice, _late, _cut])
def test_every_tampering_is_named(tamper: Any) -> None:
    found = deepcopy(publication())
    tamper(found)
    assert losung.problems_of(found)


def test_an_office_that_swaps_seed_and_hash_is_caught_by_the_noted_hash() -> None:
    found = publication()
    noted = found["startwert_hash"]
    other = bytes(32)
    found.update(
        startwert=other.hex(),
        startwert_hash=losung.seed_hash(other),
        reihenfolge=losung.ranked(other, ENTRIES),
    )
    assert losung.problems_of(found) == []
    assert losung.problems_of(found, noted_hash=noted)
    assert losung.problems_of(publication(), noted_list="0" * 64)


def test_the_command_recomputes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "losung.json"
    file.write_text(losung.as_json(publication()), encoding="utf-8")
    done = CliRunner().invoke(termine_group, ["losung", "pruefen", str(file)])
    assert done.exit_code == 0
    assert "Die Losung stimmt: 3 Einträge" in done.output
    wrong = publication()
    _swap(wrong)
    file.write_text(json.dumps(wrong), encoding="utf-8")
    done = CliRunner().invoke(termine_group, ["losung", "pruefen", str(file)])
    assert done.exit_code == 1
    assert "Reihenfolge" in done.output
    file.write_text("kein JSON", encoding="utf-8")
    assert CliRunner().invoke(termine_group, ["losung", "pruefen", str(file)]).exit_code == 1

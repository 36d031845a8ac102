"""The simulated backlog: harm is halved against the order of receipt, and the control fails."""

from __future__ import annotations

import pytest

from abh.post.regeln import rules
from abh.simulate import raeumung

WEIGHTS = rules().on(raeumung.START)
SIZE = {"units": 2, "clerks": 8, "weeks": 8, "items": 1_500}


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    return raeumung.compare(3, WEIGHTS, **SIZE)


def test_overdue_harm_is_at_least_halved_at_equal_staff(found: dict[str, object]) -> None:
    assert found["holds"]
    assert found["harm"]["eingang"] > 0  # type: ignore[index]


def test_where_harm_follows_receipt_the_claim_fails(found: dict[str, object]) -> None:
    assert found["fails_without_guard"]
    assert found["control"]["ratio"] == 1  # type: ignore[index]


def test_same_seed_same_people_and_another_seed_others() -> None:
    assert raeumung.world(3, **SIZE) == raeumung.world(3, **SIZE)
    assert raeumung.world(3, **SIZE) != raeumung.world(4, **SIZE)


@pytest.mark.parametrize("order", [raeumung.HARM, raeumung.RECEIPT])
def test_nobody_works_longer_than_rostered_nor_on_what_they_may_not(order: str) -> None:
    unit = raeumung.world(5, **SIZE).units[0]
    minutes = {clerk.user_id: [120] * 8 for clerk in unit.clerks}
    done = raeumung.play(unit, minutes, 8, order, WEIGHTS)
    by_number = {bundle.number: bundle for bundle in unit.bundles}
    worked = sum(by_number[number].minutes for number in done)
    longest = max(bundle.minutes for bundle in unit.bundles) * 1.5
    assert 0 < worked <= len(unit.clerks) * (8 * 120 + longest)
    assert all(day >= by_number[number].came for number, day in done.items())

"""Powers: what is forbidden comes first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.policy import (
    LOGGED_IN,
    POWER_LABELS,
    PUBLIC,
    ROLE_CEILING,
    ROLE_POWERS,
    Power,
    admits,
    policy,
    policy_of,
    require,
    unit_filter,
)
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.kernel.errors import NotAllowed


def _staff(role: str = "clerk", unit: str | None = "sg1", *more: str) -> Actor:
    powers = ROLE_POWERS[role] | set(more)
    return Actor("staff", 1, "A. Beispiel", "beispiel", role, "SB", False, powers, unit)


EMPLOYER = replace(_staff("employer", None), kind="employer")

FORBIDDEN = [
    (_staff("admin"), Power.CASE_DECIDE),
    (_staff("admin"), Power.CASE_READ),
    (_staff("clerk"), Power.AUDIT_READ),
    (_staff("clerk"), Power.ROSTER_EDIT),
    (_staff("clerk"), Power.ADMIN),
    (_staff("lead"), Power.ADMIN),
    (EMPLOYER, Power.CASE_READ),
    (EMPLOYER, Power.CASE_DECIDE),
    (applicant_actor(), Power.CASE_READ),
    (applicant_actor(), Power.FASTLANE_COMPANY),
    (SYSTEM, Power.CASE_DECIDE),
    (SYSTEM, Power.LETTER_SIGN),
]


@pytest.mark.parametrize(("actor", "power"), FORBIDDEN)
def test_forbidden_power_is_refused_with_its_name(actor: Actor, power: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        require(actor, power)
    assert POWER_LABELS[power] in refusal.value.reasons[0].text


@pytest.mark.parametrize("role", ["clerk", "lead"])
def test_staff_of_another_unit_is_refused(role: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        require(_staff(role, "sg1"), Power.CASE_REVIEW, "sg2")
    assert refusal.value.reasons[0].key == "access.unit"


def test_staff_without_unit_acts_in_none_and_sees_no_list() -> None:
    with pytest.raises(NotAllowed):
        require(_staff("clerk", None), Power.CASE_REVIEW, "sg1")
    with pytest.raises(NotAllowed):
        unit_filter(_staff("clerk", None))


def test_a_forged_row_cannot_raise_an_account_above_its_role() -> None:
    row = AppUser(
        id=9,
        login="firma",
        display_name="Firma",
        role="employer",
        rank="EXTERN",
        in_training=False,
        powers=[Power.FASTLANE_COMPANY, Power.CASE_DECIDE, Power.ALL_UNITS],
        unit_key="sg1",
    )
    actor = actor_of_user(row)
    assert actor.powers == {Power.FASTLANE_COMPANY}
    assert actor.unit_key is None
    assert actor.kind == "employer"


def test_a_view_without_policy_admits_nobody() -> None:
    assert policy_of(lambda: None) is None
    assert not admits(None, _staff("lead"))
    assert not admits(None, SYSTEM)


def test_policy_decides_who_sees_a_view() -> None:
    marked = policy(Power.CASE_REVIEW, Power.UNIT_LEAD)(lambda: None)
    assert not admits(policy_of(marked), None)
    assert not admits(policy_of(marked), EMPLOYER)
    assert admits(policy_of(marked), _staff("clerk"))
    assert not admits(frozenset({LOGGED_IN}), None)
    assert admits(frozenset({LOGGED_IN}), EMPLOYER)
    assert admits(frozenset({PUBLIC}), None)


@pytest.mark.parametrize("powers", [(), ("case.reveiw",), (PUBLIC, Power.ADMIN)])
def test_a_misspelt_policy_fails_when_it_is_written(powers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not a policy"):
        policy(*powers)


def test_clerk_acts_in_own_unit_and_central_unit_in_all() -> None:
    require(_staff("clerk", "sg1"), Power.CASE_REVIEW, "sg1")
    require(_staff("clerk", "zentrale", Power.ALL_UNITS), Power.CASE_INTAKE, "sg1")
    require(SYSTEM, (Power.CASE_REVIEW, Power.SYSTEM), "sg1")
    assert unit_filter(_staff("clerk", "sg1")) == "sg1"
    assert unit_filter(_staff("lead", "sg1", Power.ALL_UNITS)) is None


def test_every_power_has_a_german_label_and_no_role_exceeds_its_ceiling() -> None:
    named = {value for name, value in vars(Power).items() if name.isupper()}
    assert named == POWER_LABELS.keys()
    assert all(ROLE_POWERS[role] <= ROLE_CEILING[role] for role in ROLE_POWERS)

"""The house rules of booking come from the office file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from abh.appointments.rules import RULES, rules_of
from abh.configfiles import load_yaml_file
from abh.kernel.errors import ConfigurationError
from abh.office.file import load_office, profile_of
from abh.settings import ROOT

FILE = ROOT / "config" / "office" / "duesseldorf.yaml"


def test_the_file_says_them_and_an_older_office_has_the_usual_ones() -> None:
    assert rules_of(profile_of(load_office(FILE))) == RULES
    assert rules_of({}) == RULES
    said = rules_of({"booking": {"lead_minutes": 30, "hold_minutes": 5, "offer_days": 14}})
    assert (said.lead, said.hold) == (timedelta(minutes=30), timedelta(minutes=5))
    assert (said.offer_days, said.horizon_days) == (14, RULES.horizon_days)


@pytest.mark.parametrize(
    "wrong",
    ["hold_minutes: 0", "horizon_days: 3", "lead_minutes: bald", "offer_days: 200", "neu: 1"],
)
def test_a_rule_that_cannot_be_is_refused(tmp_path, wrong: str) -> None:
    key = wrong.partition(":")[0]
    lines = FILE.read_text("utf-8").splitlines()
    lines = [line for line in lines if not line.startswith(f"  {key}:")]
    lines.insert(lines.index("booking:") + 1, f"  {wrong}")
    path = tmp_path / "amt.yaml"
    path.write_text("\n".join(lines), "utf-8")
    assert load_yaml_file(path)
    with pytest.raises(ConfigurationError, match=key):
        load_office(path)

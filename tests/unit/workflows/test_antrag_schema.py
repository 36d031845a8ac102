"""An application is refused with everything that is wrong with it, at once."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from abh.kernel.errors import InvalidInput
from abh.workflows.schemas import load_antrag
from tests import factories


def problems(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        load_antrag(raw)
    return [problem.field for problem in refused.value.problems]


def test_faults_of_fields_name_and_address_are_told_together() -> None:
    raw = deepcopy(dict(factories.ANTRAG))
    raw["job_months"], raw["salary_year"] = "viele", "0"
    raw["person"] |= {
        "family_name": "",
        "given_names": " ",
        "street": "",
        "city": "",
        "email": "kein at",
        "nationalities": ["XXA", "VNM"],
    }
    assert set(problems(raw)) == {
        "job_months",
        "salary_year",
        "person.family_name",
        "person.street",
        "person.city",
        "person.email",
        "person.nationalities",
    }


def test_a_field_that_was_refused_is_not_said_to_be_missing() -> None:
    raw = deepcopy(dict(factories.ANTRAG))
    raw["person"] |= {"street": "x" * 300, "family_name": "<", "given_names": ""}
    found = problems(raw)
    assert sorted(found) == ["person.family_name", "person.street"]
    del raw["person"]
    assert problems(raw) == ["person"]

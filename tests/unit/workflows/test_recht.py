"""Values of law come through one door; a gap is seen and never guessed."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

import pytest

from abh.kernel.errors import LawMissing
from abh.workflows.recht import LAW_KEYS, LawValues, law_values


@dataclass(frozen=True)
class Wert:
    value: object
    unit: str = "EUR/Jahr"
    norm: str = "§ 18g AufenthG"
    in_force_from: date = date(2026, 1, 1)


def test_every_field_has_a_key_in_the_rechtsstand():
    declared = {"zahlen", "listen"}
    assert set(LAW_KEYS) == {field.name for field in fields(LawValues)} - declared


def test_declared_keys_are_read_beside_the_fields():
    found = law_values(lambda key: Wert(("a",) if key == "liste" else 3), ["zahl", "liste"])
    assert found.zahl("zahl") is not None
    assert found.zahl("liste") is None
    assert found.listen["liste"] == ("a",)


def test_values_keep_norm_and_day():
    found = law_values(lambda key: Wert(("21", "25") if key.endswith(("berufe", "gruppen")) else 3))
    assert found.shortage_isco == ("21", "25")
    assert found.threshold_regular is not None
    assert found.threshold_regular.in_force_from == date(2026, 1, 1)


def test_gap_becomes_none_and_other_errors_pass():
    def gap(key):
        if key == "blaue_karte.gehalt.regel":
            raise LawMissing(key)
        return Wert(Decimal("1"))

    assert law_values(gap).threshold_regular is None
    assert law_values(gap).threshold_reduced is not None

    def broken(key):
        raise ValueError(key)

    with pytest.raises(ValueError):
        law_values(broken)

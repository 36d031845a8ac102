"""Euro amounts the German way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import InvalidInput
from abh.kernel.geld import format_euro, parse_euro, percent_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50.700", "50700.00"),
        ("50.700,00 €", "50700.00"),
        ("50700,00", "50700.00"),
        ("50700", "50700.00"),
        ("45.934,2", "45934.20"),
        (" 1.234.567,89 EUR ", "1234567.89"),
        ("0,05", "0.05"),
        ("0", "0.00"),
    ],
)
def test_a_german_amount_is_read(text: str, amount: str) -> None:
    assert parse_euro(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["50,700.00", "50,700", "50.7", "1.50", "5070.0", "50.70.0", "1.2345", "", "€", "-1", "1e5",
     "NaN", "1 000", "1,234", "٥٠", "12345.678", "1\x00", "0.1,00"],
)  # fmt: skip
def test_an_ambiguous_or_broken_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_euro(text, "salary")
    assert caught.value.problems[0].field == "salary"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("50700", "50.700,00 €"),
        ("45934.2", "45.934,20 €"),
        ("0.005", "0,01 €"),
        ("1234567.891", "1.234.567,89 €"),
        ("13", "13,00 €"),
    ],
)
def test_an_amount_is_written_the_german_way(amount: str, text: str) -> None:
    assert format_euro(Decimal(amount)) == text


def test_half_a_fee_is_exact_to_the_cent() -> None:
    assert percent_of(Decimal("93.00"), Decimal(50)) == Decimal("46.50")
    assert percent_of(Decimal("0.01"), Decimal(50)) == Decimal("0.01")


@given(st.integers(0, 10**14 - 1))
def test_what_is_written_is_read_back(cents: int) -> None:
    amount = Decimal(cents) / 100
    assert parse_euro(format_euro(amount)) == amount

"""Euro amounts: exact decimals, read and written the German way."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from abh.kernel.errors import FieldProblem, InvalidInput

CENT = Decimal("0.01")
# Twelve digits before the comma are more than any fee, salary or budget here needs.
_GERMAN = re.compile(r"(?:[0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3}){1,3})(?:,[0-9]{1,2})?")


def parse_euro(text: str, field: str = "betrag") -> Decimal:
    """Read "50.700", "50700,00" or "50.700,00 €" as euros.

    Raises ``InvalidInput`` for what could be read in two ways ("50,700.00", "1.50"), for negative
    amounts and for anything else.
    """
    bare = text.strip().removesuffix("€").removesuffix("EUR").strip()
    if not _GERMAN.fullmatch(bare):
        hint = "Betrag bitte wie 50.700,00 eingeben (Punkt für Tausender, Komma für Cent)"
        raise InvalidInput([FieldProblem(field, hint)])
    return Decimal(bare.replace(".", "").replace(",", ".")).quantize(CENT)


def format_euro(amount: Decimal) -> str:
    """Write an amount as "50.700,00 €", rounded half up to the cent."""
    plain = f"{round_cent(amount):,.2f}"
    return plain.replace(",", " ").replace(".", ",").replace(" ", ".") + " €"


def round_cent(amount: Decimal) -> Decimal:
    """Round half up to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """Return ``percent`` per cent of ``amount``, rounded to the cent."""
    return round_cent(amount * percent / 100)

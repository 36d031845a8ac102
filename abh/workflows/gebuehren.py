"""Which fees a case owes, with reduction and exemption, from the table of its Verfahren (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from abh.workflows.definition import FeeRule, Verfahren
from abh.workflows.facts import Facts, years_later
from abh.workflows.recht import LawKey

ADULT_AT = 18


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee of a case in EUR; ``waived_norm`` is the norm that frees from it, "" if it is due.

    ``amount`` is ``None`` where the Rechtsstand has no value for the day: then nobody is charged.
    """

    law_key: str
    label: str
    amount: Decimal | None
    norm: str
    reduced: str = ""
    waived: str = ""
    waived_norm: str = ""


def fees_for(verfahren: Verfahren, facts: Facts, event: str = "") -> tuple[FeeLine, ...]:
    """Return the fees due with the application, or by ``event``, in the order of the table.

    Amounts are those of the Stichtag; never raises.
    """
    return tuple(
        _line(verfahren, rule, facts)
        for rule in verfahren.gebuehren
        if rule.event == event and (rule.when is None or rule.when(facts))
    )


def is_minor(facts: Facts) -> bool:
    """Whether the person is surely under age on the Stichtag."""
    return facts.birth is not None and years_later(facts.birth.earliest, ADULT_AT) > facts.stichtag


def _line(verfahren: Verfahren, rule: FeeRule, facts: Facts) -> FeeLine:
    value = facts.law.zahl(rule.law_key)
    if value is None:
        return FeeLine(rule.law_key, rule.label, None, verfahren.norm)
    amount, norm, reduced = Decimal(value.value), value.norm, ""
    half = facts.law.zahl(LawKey.GEBUEHR_MINDERJAEHRIGE)
    if rule.minors_half and half is not None and is_minor(facts):
        amount = (amount * Decimal(half.value) / 100).quantize(Decimal("0.01"))
        norm, reduced = f"{norm}, {half.norm}", f"minderjährig: {half.value} Prozent"
    free = next(
        (one for one in verfahren.befreiungen if one.covers(rule.law_key) and one.when(facts)), None
    )
    return FeeLine(
        rule.law_key,
        rule.label,
        amount,
        norm,
        reduced,
        free.label if free else "",
        free.norm if free else "",
    )

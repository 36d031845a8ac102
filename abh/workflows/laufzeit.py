"""Until when a title runs: the longest length of the law, cut by what the facts allow (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from abh.kernel.dauer import Dauer, Einheit
from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts
from abh.workflows.guards.regeln import plus


@dataclass(frozen=True, slots=True)
class TitleEnd:
    """The last day of a title granted today (``None``: unlimited), and the sentence why."""

    until: date | None
    why: str
    norm: str


def title_end(verfahren: Verfahren, facts: Facts) -> TitleEnd | None:
    """Return until when a title granted on the Stichtag runs; ``None`` where no title is given.

    Also ``None`` where the Rechtsstand has no length for the day: nothing is guessed.
    """
    rule = verfahren.laufzeit
    if rule is None:
        return None
    if not rule.most_key or (rule.unlimited is not None and rule.unlimited(facts)):
        return TitleEnd(None, "Der Titel gilt unbefristet.", rule.norm)
    most = facts.law.zahl(rule.most_key)
    if most is None:
        return None
    longest = plus(facts.stichtag, most)
    bound = rule.bound(facts) if rule.bound is not None else None
    length = Dauer(int(most.value), Einheit(most.unit))
    if bound is not None and bound < longest:
        return TitleEnd(
            max(bound, facts.stichtag), f"{rule.label or 'Dauer des Zwecks'}.", rule.norm
        )
    return TitleEnd(longest, f"Längstens {length}.", rule.norm)

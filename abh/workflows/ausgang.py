"""Which row of the signature table a grant falls under (pure)."""

from __future__ import annotations

from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts

# Titles for which the signature table knows a grant with an exception.
EXCEPTIONS = frozenset({"blaue_karte"})


def grant_outcome(verfahren: Verfahren, facts: Facts, provisions: str = "") -> str:
    """Return the outcome of N08: with ancillary ``provisions``, with an exception, or plain."""
    if provisions.strip():
        return "mit_nebenbestimmung"
    outcome = verfahren.outcome_of(facts)
    return f"{outcome}_mit_ausnahme" if facts.waivers and outcome in EXCEPTIONS else outcome

"""Who leads the accelerated procedure for skilled workers: this office or the Land's (pure).

§ 81a AufenthG lets the foreigners' authority conclude the agreement; the Länder may give that to a
central one (§ 71(1) sentence 5 AufenthG). The office file says which, dated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

CENTRAL: Final = "ZFE"


@dataclass(frozen=True, slots=True)
class Lead:
    """Who leads since a day; ``name``, ``address`` and ``web`` are empty for this office."""

    is_central: bool
    name: str = ""
    address: tuple[str, ...] = ()
    web: str = ""
    since: date | None = None


OWN: Final = Lead(is_central=False)


def lead_on(profile: Mapping[str, Any], day: date) -> Lead:
    """Return who leads procedures received on ``day`` by the office profile.

    This office where the file does not say, and before the first day that it names.
    """
    rows = [
        (date.fromisoformat(row["since"]), row) for row in profile.get("fachkraefteverfahren", ())
    ]
    reached = [(since, row) for since, row in rows if since <= day]
    if not reached:
        return OWN
    since, row = max(reached, key=lambda pair: pair[0])
    if row["authority"] != CENTRAL:
        return Lead(is_central=False, since=since)
    return Lead(True, row["name"], tuple(row["address"]), row["web"], since)

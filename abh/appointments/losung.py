"""The draw of emergency places: pure, over published data, so that anyone can recompute it.

Before requests open, the SHA-256 of a secret seed is published. After the cut-off the list of
pseudonyms with their weights is closed and published; only then the seed. Each request holds as
many lots as its weight. The number of a lot is the SHA-256 of seed, list and pseudonym; whoever
holds the lowest numbers comes first. With ``w`` of ``n`` lots the chance to be first is ``w / n``.
The office cannot choose the seed after it knows the list, nor change the list once it is published.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

RULE = "abh-losung-1"
MOST_LOTS = 12
GROUNDS = ("arbeitsplatz", "leistungen", "reise")
_BASE = {"arbeitsplatz": 3, "leistungen": 3, "reise": 2}
_PSEUDONYM = re.compile(r"[A-Z2-9]{8}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the published list: a pseudonym and how many lots it holds."""

    pseudonym: str
    weight: int


def weight_of(ground: str, harm_on: date, day: date, drawn_in_vain: int) -> int:
    """Return the lots of a request: by its ground, how near the harm is, and earlier draws.

    A house rule, published with every draw: 3 for loss of work or benefits, 2 for an urgent
    journey; 3 more if the harm comes within 3 days of ``day``, 1 more within 10; 1 more for every
    earlier draw without luck. At most 12. Raises ``KeyError`` for an unknown ground.
    """
    left = (harm_on - day).days
    near = 3 if left <= 3 else 1 if left <= 10 else 0
    return min(MOST_LOTS, _BASE[ground] + near + drawn_in_vain)


def seed_hash(seed: bytes) -> str:
    """Return what is published before requests open."""
    return hashlib.sha256(seed).hexdigest()


def list_hash(entries: Sequence[Entry]) -> str:
    """Return the SHA-256 of the closed list, whatever its order."""
    lines = [f"{entry.pseudonym} {entry.weight}\n" for entry in sorted(entries, key=_by_name)]
    return hashlib.sha256("".join(lines).encode("ascii")).hexdigest()


def _by_name(entry: Entry) -> str:
    return entry.pseudonym


def ranked(seed: bytes, entries: Sequence[Entry]) -> list[str]:
    """Return all pseudonyms in the order in which places are given."""
    closed = list_hash(entries)
    lowest = {
        entry.pseudonym: min(
            hashlib.sha256(
                f"{seed.hex()} {closed} {entry.pseudonym} {lot}".encode("ascii")
            ).digest()
            for lot in range(1, entry.weight + 1)
        )
        for entry in entries
    }
    return sorted(lowest, key=lambda pseudonym: (lowest[pseudonym], pseudonym))


def problems_of(
    published: Mapping[str, Any], *, noted_hash: str = "", noted_list: str = ""
) -> list[str]:
    """Return what is wrong with a published draw, in sentences; empty when it is as it should be.

    ``noted_hash`` and ``noted_list`` are the hashes that somebody wrote down earlier: of the seed
    before requests opened, of the list before the seed was published. Never raises.
    """
    try:
        return list(_problems(published, noted_hash, noted_list))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"Die Datei ist unvollständig oder keine Veröffentlichung einer Losung ({error})."]


def _problems(published: Mapping[str, Any], noted_hash: str, noted_list: str) -> Sequence[str]:
    found = []
    if published["regel"] != RULE:
        return [f"Diese Losung folgt einer anderen Regel als {RULE}."]
    times = [
        datetime.fromisoformat(published[key])
        for key in ("eroeffnet", "stichzeit", "geschlossen", "gezogen")
    ]
    if times != sorted(times) or times[2] == times[3]:
        found.append("Die Zeiten stimmen nicht: eröffnet, Stichzeit, Liste, Ziehung.")
    entries = [Entry(str(row["pseudonym"]), int(row["lose"])) for row in published["liste"]]
    names = [entry.pseudonym for entry in entries]
    if len(set(names)) < len(names) or not all(map(_PSEUDONYM.fullmatch, names)):
        found.append("Die Liste enthält ein Pseudonym doppelt oder in falscher Form.")
    if any(not 1 <= entry.weight <= MOST_LOTS for entry in entries):
        found.append(f"Ein Eintrag hat nicht zwischen 1 und {MOST_LOTS} Lose.")
    if list_hash(entries) != published["liste_hash"]:
        found.append("Die Liste passt nicht zu ihrer Prüfsumme.")
    if noted_list and noted_list.lower() != published["liste_hash"]:
        found.append("Die Liste ist eine andere als die zuvor veröffentlichte.")
    seed = bytes.fromhex(published["startwert"])
    if len(seed) != 32 or seed_hash(seed) != published["startwert_hash"]:
        found.append("Der Startwert passt nicht zu seiner vorher veröffentlichten Prüfsumme.")
    if noted_hash and noted_hash.lower() != published["startwert_hash"]:
        found.append("Die Prüfsumme des Startwerts ist eine andere als die zuvor veröffentlichte.")
    if ranked(seed, entries) != list(published["reihenfolge"]):
        found.append("Die Reihenfolge ist nicht die, die sich aus Startwert und Liste ergibt.")
    return found


def as_json(published: Mapping[str, Any]) -> str:
    """Return a publication as the text that is offered for download."""
    return json.dumps(published, ensure_ascii=False, indent=1, sort_keys=True)

"""What the procedures say to applicants: texts that stand in their tables and not on a page.

``catalogs`` puts them into a catalogue of their own. Staff read the German ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from abh.workflows import registry
from abh.workflows.definition import Verfahren

# "§ 25 Abs. 3 AufenthG" and "B1" read the same in every language.
_LAWS = "AufenthG|AufenthV|AsylG|BeschV|StAG|FreizügG/EU"
_SAME = re.compile(rf"[ABC][12]|§ \d+[a-z]?(?: Abs\. \d+[a-z]?)?(?: (?:{_LAWS}))?")


def texts() -> tuple[str, ...]:
    """Return every German text of the published procedures that an applicant may read, once."""
    found: dict[str, None] = {}
    for verfahren in registry.PUBLISHED:
        for text in _texts(verfahren):
            if text and not _SAME.fullmatch(text):
                found.setdefault(text)
    return tuple(found)


def _texts(verfahren: Verfahren) -> Iterator[str]:
    yield verfahren.name
    for state in verfahren.states:
        yield state.portal_words.de
    yield from verfahren.evidence_labels.values()
    # Only what is mandatory is named in a Nachforderung (§ 82(1) S. 3 AufenthG).
    yield from (one.label for one in verfahren.checklist if one.mandatory)
    if verfahren.for_applicants:
        yield verfahren.zweck
        yield from _form(verfahren)


def _form(verfahren: Verfahren) -> Iterator[str]:
    for angabe in verfahren.angaben:
        if angabe.by_applicant:
            yield from (angabe.label, angabe.unit, *angabe.choices.values())

"""What the procedures say to applicants: texts that stand in their tables and not on a page.

``catalogs`` puts them into a catalogue of their own. Staff read the German ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from abh.workflows import registry
from abh.workflows.checklist import Requirement, Source
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
    yield from (one.label for one in verfahren.checklist if _asked_for(one))
    if verfahren.for_applicants:
        yield verfahren.zweck
        yield from _form(verfahren)


def _asked_for(requirement: Requirement) -> bool:
    # Only this is named in a Nachforderung (§ 82(1) S. 3 AufenthG).
    theirs = bool(requirement.evidence) or requirement.source is Source.APPLICANT
    return requirement.mandatory and theirs


def _form(verfahren: Verfahren) -> Iterator[str]:
    for angabe in verfahren.angaben:
        if angabe.by_applicant:
            yield from (angabe.label, angabe.unit, *angabe.choices.values())

"""Whose item is it: two matching identifiers put it into a case, anything less only proposes.

A quoted number alone never opens somebody's file: whoever knows a number of a stranger could write
into that file. Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abh.kernel import names

# Names stand at the head or the foot of a letter.
MOST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Clues:
    """What an item says about its sender; ``birth`` in the stored form, "" for what is missing.

    ``text`` is its writing: a letter has no field for the name. What a text names counts as much as
    the sender's field; both are only said.
    """

    number: str = ""
    sender: str = ""
    birth: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, or a case of one, that may be meant; forms as ``kernel.names`` makes them."""

    person_id: int
    name_search: str
    name_plain: str
    birth: str
    vorgang_id: int | None = None
    number: str = ""
    unit_key: str = ""
    verfahren: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate with points (more is likelier) and the reason in one German sentence."""

    candidate: Candidate
    points: int
    reason: str
    certain: bool


def propose(clues: Clues, candidates: Sequence[Candidate]) -> list[Proposal]:
    """Return those that anything speaks for, likeliest first.

    ``certain`` are cases whose number is quoted and whose person has the sender's name or birth
    date too.
    """
    found = [one for candidate in candidates if (one := _judge(clues, candidate)).points > 0]
    return sorted(
        found,
        key=lambda one: (-one.points, one.candidate.number, one.candidate.person_id),
    )


def placed(proposals: Sequence[Proposal]) -> Proposal | None:
    """Return the one certain proposal; None where there is none or more than one."""
    certain = [one for one in proposals if one.certain]
    return certain[0] if len(certain) == 1 else None


def same_name(sender: str, candidate: Candidate) -> bool:
    """Whether every word of the candidate's name stands in the sender's, or the other way round;
    a single word in common is no name."""
    for form, known in (
        (names.search_form(sender), candidate.name_search),
        (names.plain_form(sender), candidate.name_plain),
    ):
        ours, theirs = set(form.split()), set(known.split())
        shorter, longer = sorted((ours, theirs), key=len)
        if shorter <= longer and (len(shorter) > 1 or ours == theirs) and shorter:
            return True
    return False


def named_in(text: str, candidate: Candidate) -> bool:
    """Whether the candidate's whole name, of two words at least, stands in the text in one piece;
    given and family name in any order."""
    words = names.search_form(text[:MOST_TEXT]).split()
    wanted = sorted(candidate.name_search.split())
    size = len(wanted)
    if size < 2 or not set(wanted) <= set(words):
        return False
    return any(sorted(words[n : n + size]) == wanted for n in range(len(words) - size + 1))


def _judge(clues: Clues, candidate: Candidate) -> Proposal:
    number = bool(clues.number) and clues.number == candidate.number
    name = same_name(clues.sender, candidate)
    # Only beside the number: that somebody is mentioned makes the letter not theirs.
    name = name or (number and bool(clues.text) and named_in(clues.text, candidate))
    birth = bool(clues.birth) and clues.birth == candidate.birth
    certain = number and (name or birth)
    points = 50 * number + 30 * name + 30 * birth
    return Proposal(candidate, points, _reason(number, name, birth, clues), certain)


def _reason(number: bool, name: bool, birth: bool, clues: Clues) -> str:
    said = [
        label
        for holds, label in ((number, "Aktenzeichen"), (name, "Name"), (birth, "Geburtsdatum"))
        if holds
    ]
    if not said:
        return ""
    text = " und ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    verb = "stimmen überein" if len(said) > 1 else "stimmt überein"
    missing = [
        label
        for holds, given, label in (
            (name, clues.sender, "der Name nicht"),
            (birth, clues.birth, "das Geburtsdatum nicht"),
        )
        if given and not holds
    ]
    return f"{text} {verb}" + (f", {' und '.join(missing)}." if missing else ".")

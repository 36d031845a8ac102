"""What the rules of ``heute`` look at and what they say: values only (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from abh.workflows.facts import RESIDENCE_TITLES, UNLIMITED_TITLES, Facts, title_runs_until
from abh.workflows.fiktion import EFFECTIVE, FiktionKind

CARD, FICTION_PAPER = "karte", "D3"
# A refusal was served in one of these, and whoever won in court has left them again.
REFUSED = frozenset({"refused", "appeal_pending", "refused_final"})


class Question(StrEnum):
    """What everybody asks first."""

    STAY = "stay"
    WORK = "work"
    TRAVEL = "travel"


class Answer(StrEnum):
    """The short answer; the words beside it say the limits."""

    YES = "yes"
    NO = "no"
    DEPENDS = "depends"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of this case in the person's hand: ``karte`` or the key of a prescribed form.

    ``until`` is its last day, None where none is printed; ``work``: it carries the entry of
    § 81(5a) AufenthG.
    """

    key: str
    until: date | None = None
    work: bool = False


@dataclass(frozen=True, slots=True)
class Lage:
    """All that the rules look at. ``effect`` is the running fiction as it is stored: None where the
    case has none or it has ended; ``spoken`` the key its words were made of."""

    facts: Facts
    today: date
    state: str
    effect: FiktionKind | None = None
    spoken: str = ""
    papers: tuple[Paper, ...] = ()

    @property
    def title_end(self) -> date | None:
        """Last day of the title that was held when the application came, None if it has none."""
        unlimited = self.facts.title_kind in UNLIMITED_TITLES
        return None if unlimited else title_runs_until(self.facts)

    @property
    def title_runs(self) -> bool:
        """Whether the title that was held still runs by its own date."""
        if self.facts.title_kind in UNLIMITED_TITLES:
            return True
        if self.asylum_ends_titles:
            return False
        held = self.facts.title_kind in RESIDENCE_TITLES
        return held and self.title_end is not None and self.today <= self.title_end

    @property
    def asylum_ends_titles(self) -> bool:
        """Whether an asylum application may have ended a title of up to six months
        (§ 55(2) AsylG)."""
        submitted = self.facts.asylum_submitted_on is not None
        return submitted and self.facts.long_title_extension is not True

    @property
    def continues(self) -> bool:
        """Whether the old title goes on by the application (§ 81(4) AufenthG)."""
        return self.effect is FiktionKind.CONTINUING

    def paper(self, key: str) -> Paper | None:
        """Return the paper of this kind that is valid today."""
        return next(
            (p for p in self.papers if p.key == key and (p.until is None or p.until >= self.today)),
            None,
        )

    @property
    def work_entry(self) -> Paper | None:
        """Return the valid paper with the entry of § 81(5a) AufenthG, while the effect runs."""
        if self.effect not in EFFECTIVE:
            return None
        held = (p for p in self.papers if p.work and p.key == FICTION_PAPER)
        return next((p for p in held if p.until is not None and p.until >= self.today), None)

    def paper_end(self, key: str) -> date | None:
        """Return the last day of a valid paper."""
        found = self.paper(key)
        return found.until if found else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the first of a question that applies answers.

    ``how_long`` is said where no day ends it; ``proof`` are the papers that show it, ``todo`` what
    the person should do. All words are German keys of the catalogues; words with ``%(day)s`` name
    the day of ``until`` themselves, because it ends nothing.
    """

    key: str
    applies: Callable[[Lage], bool]
    answer: Answer
    words: str
    norm: str = ""
    until: Callable[[Lage], date | None] = lambda lage: None
    how_long: str = ""
    proof: tuple[str, ...] = ()
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The answer to one question: what holds, until when, on which norm, by which proof.

    ``named`` is the day that stands in the words, where it is not the end.
    """

    question: Question
    key: str
    answer: Answer
    words: str
    norm: str
    until: date | None
    named: date | None
    how_long: str
    proof: tuple[str, ...]
    todo: str

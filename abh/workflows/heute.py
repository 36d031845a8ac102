"""What is true today of stay, work and travel, from the facts of a case and nothing else (pure).

A table as that of the fiction: the first rule that applies answers. The papers only prove; the
right arises by law, by the title or not at all. "We do not know" is an answer, with what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from abh.workflows.definition import Effect
from abh.workflows.dossier import Case
from abh.workflows.fiktion import FiktionKind
from abh.workflows.heute_arbeit import WORK
from abh.workflows.heute_aufenthalt import STAY
from abh.workflows.heute_lage import Lage, Paper, Question, Rule, Statement
from abh.workflows.heute_reise import TRAVEL

RULES: Final[Mapping[Question, tuple[Rule, ...]]] = {
    Question.STAY: STAY,
    Question.WORK: WORK,
    Question.TRAVEL: TRAVEL,
}


def answers(lage: Lage) -> tuple[Statement, ...]:
    """Return the answers to all questions in their order; never raises, whatever the facts."""
    return tuple(
        _state(question, next(rule for rule in RULES[question] if rule.applies(lage)), lage)
        for question in Question
    )


def _state(question: Question, rule: Rule, lage: Lage) -> Statement:
    day = rule.until(lage)
    named = "%(day)s" in rule.words
    until = None if named else day
    return Statement(
        question=question,
        key=rule.key,
        answer=rule.answer,
        words=rule.words,
        norm=rule.norm,
        until=until,
        named=day if named else None,
        how_long="" if until is not None else rule.how_long,
        proof=rule.proof,
        todo=rule.todo,
    )


def speaks_of_stay(case: Case) -> bool:
    """Whether this case can say anything of stay and work.

    A declaration for a guest or a request from abroad cannot, unless somebody has noted a title.
    """
    bears = any(Effect.COMPUTE_FIKTION in step.effects for step in case.verfahren.steps)
    return bears or case.facts.title_kind.name != "UNKNOWN"


def lage_of(case: Case, papers: tuple[Paper, ...], today: date) -> Lage:
    """Return the situation of a case with the papers handed out in it."""
    row = case.row["fiktion"]
    running = row is not None and not row.get("ended_on")
    return Lage(
        facts=case.facts,
        today=today,
        state=case.state,
        effect=FiktionKind[row["kind"]] if running else None,
        spoken=str((row.get("words") or {}).get("key", "")) if running else "",
        papers=papers,
    )


def is_checked(case: Case) -> bool:
    """Whether the office itself recorded the title; else the answers rest on what was said."""
    return bool({"title_kind", "title_until", "lawful_until"} & set(case.row["findings"]))

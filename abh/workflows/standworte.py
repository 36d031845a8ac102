"""What an applicant is told about the state of a case, on the page and in letters (pure).

Four things, in any language: what we have, what is missing, what happens next, by when. A day that
nobody can know is not promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from abh.kernel.clock import BERLIN
from abh.sprachen import SOURCE, marked, say
from abh.workflows.checklist import evaluate_checklist, missing_items
from abh.workflows.definition import Turn
from abh.workflows.dossier import Case

AWAITING = "awaiting_applicant"
TURNS: Mapping[Turn, str] = {
    Turn.APPLICANT: marked("Sie sind am Zug."),
    Turn.OFFICE: marked("Wir sind am Zug. Sie müssen gerade nichts tun."),
    # Which other authority is asked, and about what, is no matter of applicants.
    Turn.THIRD_PARTY: marked("Sie müssen gerade nichts tun. Wir melden uns."),
    Turn.COURT: marked("Das Gericht ist am Zug."),
    Turn.NOBODY: marked("Das Verfahren ist abgeschlossen."),
}
_HAVE = marked("Uns liegen vor: %(what)s.")
_HAVE_NOTHING = marked("Unterlagen liegen uns noch nicht vor.")
_MISSING = marked("Es fehlt noch: %(what)s.")
_UNTIL = marked("Bitte bis %(day)s.")
_AIM = marked("Wir wollen bis %(day)s entscheiden. Das ist ein Ziel, keine Zusage.")
_NO_DAY = marked("Wann wir entscheiden, können wir noch nicht sagen.")


@dataclass(frozen=True, slots=True)
class Stand:
    """The state of a case in German keys of the catalogues: labels, not sentences."""

    words: str
    turn: Turn
    have: tuple[str, ...]
    missing: tuple[str, ...]
    until: date | None
    aim: date | None


def stand_of(case: Case, today: date, weeks: int | None = None) -> Stand | None:
    """Return where a case stands; None for a state that its Verfahren does not know.

    ``weeks`` is the office's aim for a decision once it is the office's turn.
    """
    state = case.verfahren.state(case.state)
    if state is None:
        return None
    labels = case.verfahren.evidence_labels
    have = dict.fromkeys(
        labels.get(one["kind"], one["kind"])
        for one in case.row["evidence"]
        if one["accepted"] is not False
    )
    waits = case.state == AWAITING
    missing = [
        item.label
        for item in missing_items(evaluate_checklist(case.verfahren, case.facts))
        if waits
    ]
    return Stand(
        words=state.portal_words.de,
        turn=state.whose_turn,
        have=tuple(have),
        missing=tuple(missing),
        until=case.facts.request.until if waits else None,
        aim=_aim(case, today, weeks) if state.whose_turn is Turn.OFFICE else None,
    )


def _aim(case: Case, today: date, weeks: int | None) -> date | None:
    if not weeks:
        return None
    aim = case.state_since.astimezone(BERLIN).date() + timedelta(weeks=weeks)
    # An aim that has passed is none any more.
    return aim if aim > today else None


def told(stand: Stand, language: str = SOURCE) -> tuple[str, str, str]:
    """Return three paragraphs in ``language``: the state with what we have and what is missing,
    who is to act by when, and when a decision may come ("" where that is not ours to say)."""
    first = [say(language, stand.words), _have(stand, language)]
    if stand.missing:
        first.append(_list(language, _MISSING, stand.missing))
    following = [say(language, TURNS[stand.turn])]
    if stand.until is not None:
        following.append(say(language, _UNTIL) % {"day": _day(stand.until)})
    return " ".join(first), " ".join(following), _when(stand, language)


def _have(stand: Stand, language: str) -> str:
    return _list(language, _HAVE, stand.have) if stand.have else say(language, _HAVE_NOTHING)


def _list(language: str, sentence: str, labels: tuple[str, ...]) -> str:
    return say(language, sentence) % {"what": "; ".join(say(language, one) for one in labels)}


def _when(stand: Stand, language: str) -> str:
    if stand.turn in (Turn.NOBODY, Turn.COURT, Turn.APPLICANT):
        return ""
    if stand.aim is not None:
        return say(language, _AIM) % {"day": _day(stand.aim)}
    return say(language, _NO_DAY)


def _day(day: date) -> str:
    # Digits and dots read the same in all eight languages.
    return f"{day:%d.%m.%Y}"

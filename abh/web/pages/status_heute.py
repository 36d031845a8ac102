"""What the status page says first: may I stay, may I work, may I travel, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.web.i18n import language, local_day
from abh.workflows.dossier import Case
from abh.workflows.heute import answers, is_checked, lage_of, speaks_of_stay
from abh.workflows.heute_lage import Answer, Question, Statement
from abh.workflows.papiere import papers_of
from abh.workflows.standworte import stand_of, told

QUESTIONS: Mapping[Question, Any] = {
    Question.STAY: _l("Darf ich in Deutschland bleiben?"),
    Question.WORK: _l("Darf ich arbeiten?"),
    Question.TRAVEL: _l("Darf ich reisen und zurückkommen?"),
}
ANSWERS: Mapping[Answer, Any] = {
    Answer.YES: _l("Ja"),
    Answer.NO: _l("Nein"),
    Answer.DEPENDS: _l("Es kommt darauf an"),
    Answer.UNKNOWN: _l("Das wissen wir nicht"),
}
TONES: Mapping[Answer, str] = {
    Answer.YES: "success",
    Answer.NO: "danger",
    Answer.DEPENDS: "warning",
    Answer.UNKNOWN: "info",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as it is shown, in the language of the page; ``until`` is a day or nothing."""

    key: str
    question: str
    answer: str
    tone: str
    words: str
    norm: str
    until: date | None
    how_long: str
    proof: tuple[str, ...]
    todo: str


@dataclass(frozen=True, slots=True)
class Today:
    """All answers; ``checked``: the office has looked at the title, else the person said so."""

    answers: tuple[Told, ...]
    checked: bool


def today_of(session: Session, house: House, case: Case) -> Today | None:
    """Return what holds for the person today; None for a case that bears on no stay."""
    if not speaks_of_stay(case):
        return None
    lage = lage_of(case, papers_of(session, case.id), house.today)
    return Today(tuple(_told(one) for one in answers(lage)), is_checked(case))


def _told(one: Statement) -> Told:
    return Told(
        key=one.question.value,
        question=str(QUESTIONS[one.question]),
        answer=str(ANSWERS[one.answer]),
        tone=TONES[one.answer],
        words=gettext(one.words, day=local_day(one.named, "short"))
        if one.named
        else gettext(one.words),
        norm=one.norm,
        until=one.until,
        how_long=gettext(one.how_long) if one.how_long else "",
        proof=tuple(gettext(part) for part in one.proof),
        todo=gettext(one.todo) if one.todo else "",
    )


def when_decided(house: House, case: Case) -> str:
    """Return when a decision may come, "" where that is not ours to say."""
    weeks = house.profile.get("targets", {}).get(case.verfahren.key)
    stand = stand_of(case, house.today, weeks)
    return told(stand, language())[2] if stand is not None else ""

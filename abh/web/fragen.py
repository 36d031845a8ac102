"""A question of the applicant: an item of post bundled with the case, answered as all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.kernel.errors import FieldProblem
from abh.kernel.ids import content_hash
from abh.post.aufnahme import NewItem, Original, take_in
from abh.post.tables import PostItem
from abh.web import session as web
from abh.web.bremse import Brake
from abh.workflows.dossier import Case

SOURCE = "status"
MOST_OPEN = 3
MOST_SIGNS = 2000
BRAKE = Brake(free=20, window=timedelta(hours=1), pause=timedelta(seconds=30))
# Topic to the words of the page and to what the clerk reads in the list of post.
TOPICS: Mapping[str, tuple[Any, str]] = {
    "nachweis": (
        _l("Ich brauche einen Nachweis (Fiktionsbescheinigung)"),
        "Bitte um Fiktionsbescheinigung (§ 81 Abs. 5 AufenthG)",
    ),
    "arbeit": (_l("Arbeit oder Arbeitgeber"), "Frage zur Arbeit"),
    "reise": (_l("Reise"), "Frage zu einer Reise"),
    "unterlagen": (_l("Unterlagen"), "Frage zu Unterlagen"),
    "termin": (_l("Termin"), "Frage zum Termin"),
    "sonstiges": (_l("Etwas anderes"), "Frage zum Vorgang"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was sent: when, about what, and whether the office has dealt with it."""

    at: datetime
    subject: str
    text: str
    answered_on: datetime | None


def questions(session: Session, vorgang_id: int) -> list[Asked]:
    """Return what was asked in a case, newest first, at most ten."""
    topics = {subject: words for words, subject in TOPICS.values()}
    rows = session.scalars(
        select(PostItem)
        .where(PostItem.vorgang_id == vorgang_id, PostItem.source == SOURCE)
        .order_by(PostItem.id.desc())
        .limit(10)
    )
    return [
        Asked(row.entered_at, str(topics.get(row.subject, row.subject)), row.body, row.done_at)
        for row in rows
    ]


def send(case: Case, topic: str, typed: str) -> list[FieldProblem]:
    """Take a question in and return no problem, or return what is wrong with it.

    The same question on the same day is one item.
    """
    text = _plain(typed)
    problems = _problems(web.reading(), case, topic, text)
    if not problems:
        with web.unit_of_work() as session:
            _take_in(session, case, topic, text, web.today())
        BRAKE.count(request.remote_addr or "", web.now())
    return problems


def _plain(raw: str) -> str:
    signs = (sign if sign.isprintable() or sign == "\n" else " " for sign in raw)
    return "".join(signs).strip()


def _problems(session: Session, case: Case, topic: str, text: str) -> list[FieldProblem]:
    problems = []
    if topic not in TOPICS:
        problems.append(FieldProblem("thema", _("Bitte wählen Sie, worum es geht.")))
    if not text:
        problems.append(FieldProblem("frage", _("Bitte schreiben Sie Ihre Frage.")))
    if len(text) > MOST_SIGNS:
        problems.append(FieldProblem("frage", _("Höchstens %(num)s Zeichen.", num=MOST_SIGNS)))
    if not problems and _open(session, case.id) >= MOST_OPEN:
        told = _("Ihre letzten Fragen sind noch offen. Wir antworten zuerst darauf.")
        problems.append(FieldProblem("frage", told))
    if not problems and BRAKE.pause_for(request.remote_addr or "", web.now()):
        told = _("Von Ihrem Anschluss kamen viele Fragen. Bitte versuchen Sie es später noch mal.")
        problems.append(FieldProblem("frage", told))
    return problems


def _open(session: Session, vorgang_id: int) -> int:
    query = select(func.count()).where(
        PostItem.vorgang_id == vorgang_id, PostItem.source == SOURCE, PostItem.done_at.is_(None)
    )
    return int(session.scalar(query) or 0)


def _take_in(session: Session, case: Case, topic: str, text: str, day: date) -> None:
    house = web.house()
    subject = TOPICS[topic][1]
    lines = (f"{subject}, Vorgang {case.number}, {day:%d.%m.%Y}, über die Statusseite", "", text)
    item = NewItem(
        received_on=day,
        channel="portal",
        # Not an inquiry about the state: whoever asks here has read the state already.
        kind="other",
        subject=subject,
        unit_key=case.vorgang["unit_key"],
        source=SOURCE,
        source_ref=f"{case.id}:{day}:{content_hash(f'{topic} {text}'.encode())[:20]}",
        person_id=case.person["id"],
        vorgang_id=case.id,
        verfahren=case.verfahren.key,
        sender=case.full_name,
        body=text,
        original=Original("\n".join(lines).encode("utf-8"), "frage.txt", "text/plain"),
    )
    take_in(session, applicant_actor(), [item], house.blobs, clock=house)

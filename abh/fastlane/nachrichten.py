"""Messages in a case between the office and the company: both directions, read receipt, answer-by.

There is no free mail: a mail only says that there is a message. A company writes and reads while a
mandate with the scope of tasks is in force; the office always sees what was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_firma import CaseMessage
from abh.fastlane.zugang import Acting, require_covered, require_write
from abh.kernel import names
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.outbox.service import enqueue
from abh.persons.tables import Company, Person
from abh.workflows import zugriff
from abh.workflows.tables import Vorgang

SCOPE = "tasks"
MOST_SIGNS = 4_000
MOST_SHOWN = 100
MOST_MAILS = 20
# An answer is asked for within this time at most; later is no date to plan with.
LATEST_ANSWER = timedelta(days=180)
# Made once and of columns, not of a mapped class: every page of a company's case asks it.
_MESSAGE = CaseMessage.__table__.c
_COUNT = select(
    func.count(),
    func.count().filter(_MESSAGE.from_company, _MESSAGE.read_at.is_(None)),
).where(_MESSAGE.vorgang_id == bindparam("case"))


@dataclass(frozen=True, slots=True)
class Thema:
    """A template: what a message is about, and words to begin with ("" for one's own)."""

    key: str
    label: str
    text: str = ""
    answer_days: int = 0


# What companies write about; the texts are a beginning, everything stays editable.
FROM_COMPANY: Mapping[str, Thema] = {
    one.key: one
    for one in (
        Thema("frage", "Frage zum Verfahren"),
        Thema(
            "beginn",
            "Der Arbeitsbeginn verschiebt sich",
            "Der Arbeitsbeginn verschiebt sich auf den … . Der Vertrag bleibt sonst unverändert.",
        ),
        Thema(
            "vertrag",
            "Der Arbeitsvertrag wurde geändert",
            "Der Arbeitsvertrag wurde geändert: … . Den neuen Vertrag laden wir im Vorgang hoch.",
        ),
        Thema(
            "reise",
            "Dienstreise geplant",
            "Die Person soll vom … bis … nach … reisen. Reicht das vorhandene Dokument dafür?",
        ),
    )
}
FROM_OFFICE: Mapping[str, Thema] = {
    one.key: one
    for one in (
        Thema("frage", "Rückfrage", answer_days=14),
        Thema(
            "ezb",
            "Erklärung zum Beschäftigungsverhältnis",
            "Bitte laden Sie die Erklärung zum Beschäftigungsverhältnis ausgefüllt und "
            "unterschrieben im Vorgang hoch.",
            14,
        ),
        Thema(
            "aufgaben",
            "Beschreibung der Tätigkeit",
            "Bitte beschreiben Sie die Aufgaben der Stelle und die verlangte Qualifikation.",
            14,
        ),
        Thema(
            "gehalt",
            "Gehalt und Arbeitszeit",
            "Bitte bestätigen Sie das Bruttojahresgehalt und die Stunden in der Woche.",
            14,
        ),
        Thema("auskunft", "Auskunft"),
    )
}


@dataclass(frozen=True, slots=True)
class Nachricht:
    """A message as both sides read it; the author is a person only to the own side."""

    id: int
    from_company: bool
    author: str
    topic: str
    body: str
    sent_at: datetime
    answer_by: date | None
    read_at: datetime | None
    answered_at: datetime | None
    answers_id: int | None


@dataclass(frozen=True, slots=True)
class Offen:
    """A case with messages that somebody has to read or answer."""

    number: str
    person: str
    company: str
    topic: str
    sent_at: datetime
    answer_by: date | None
    unread: bool


def topic_words(key: str, *, from_company: bool) -> str:
    """Return what a template is called; the key itself for one that is no longer offered."""
    found = (FROM_COMPANY if from_company else FROM_OFFICE).get(key)
    return found.label if found else key


def write_as_company(
    session: Session, house: House, who: Acting, number: str, data: Mapping[str, Any]
) -> int:
    """Send a message of the company in a covered case; returns its id.

    Raises ``NotAllowed`` for who may only look, ``NotFound`` without a mandate, ``InvalidInput``
    with every problem.
    """
    require_write(who)
    vorgang = require_covered(session, who, number, SCOPE, clock=house, day=house.today)
    values = _checked(data, FROM_COMPANY, house.today)
    message = _store(session, house, who.actor, vorgang, who.company_id, values, from_company=True)
    return message.id


def write_as_office(
    session: Session, house: House, actor: Actor, number: str, data: Mapping[str, Any]
) -> int:
    """Send a message of the office to the company of a case; the members get a mail without it.

    Raises ``NotFound``, ``NotAllowed`` outside the unit, ``Conflict`` where the case has no company
    or nobody of it may read it, ``InvalidInput`` with every problem.
    """
    vorgang = _of_office(session, actor, number)
    if vorgang.company_id is None or not reaches(session, vorgang, house.today):
        raise Conflict("Für diesen Vorgang liegt keine Vollmacht eines Arbeitgebers vor.")
    values = _checked(data, FROM_OFFICE, house.today)
    message = _store(session, house, actor, vorgang, vorgang.company_id, values, from_company=False)
    _tell_company(session, house, vorgang, message.id)
    return message.id


def read_as_company(
    session: Session, house: House, who: Acting, vorgang: Vorgang
) -> list[Nachricht]:
    """Return the messages of a covered case, newest first; those of the office count as read."""
    _note_read(session, house, who.actor, vorgang.id, from_company=False)
    return _thread(session, vorgang.id, who.company_id, for_company=True)


def read_as_office(session: Session, house: House, actor: Actor, number: str) -> list[Nachricht]:
    """Return the messages of a case, newest first; those of the company count as read.

    Raises ``NotFound``, ``NotAllowed`` outside the unit.
    """
    vorgang = _of_office(session, actor, number)
    _note_read(session, house, actor, vorgang.id, from_company=True)
    return _thread(session, vorgang.id, None, for_company=False)


def count_of(session: Session, vorgang_id: int) -> tuple[int, int]:
    """Return how many messages a case has, and how many of the company are not read yet."""
    row = session.execute(_COUNT, {"case": vorgang_id}).one()
    return row[0], row[1]


def open_for_unit(session: Session, actor: Actor, unit_key: str, limit: int = 100) -> list[Offen]:
    """Return messages of companies that wait in a unit: unread or unanswered, oldest first.

    Cases whose existence the actor must not know are left out.
    """
    require(actor, (Power.CASE_READ, Power.UNIT_LEAD), unit_key)
    rows = session.execute(
        select(CaseMessage, Vorgang.number, Person, Company.name)
        .join(Vorgang, Vorgang.id == CaseMessage.vorgang_id)
        .join(Person, Person.id == Vorgang.person_id)
        .join(Company, Company.id == CaseMessage.company_id)
        .where(
            Vorgang.unit_key == unit_key,
            Vorgang.verfahren.not_in(zugriff.hidden_in(actor, unit_key)),
            CaseMessage.from_company,
            CaseMessage.answered_at.is_(None),
        )
        .order_by(CaseMessage.answer_by.asc().nulls_last(), CaseMessage.id)
        .limit(limit)
    )
    return [
        Offen(
            number,
            f"{person.given_names} {person.family_name}".strip(),
            company,
            topic_words(message.topic, from_company=True),
            message.sent_at,
            message.answer_by,
            message.read_at is None,
        )
        for message, number, person, company in rows
    ]


def settle(session: Session, house: House, actor: Actor, number: str, message_id: int) -> None:
    """Note that a message of the company needs no answer; raises ``NotFound``, ``NotAllowed``."""
    vorgang = _of_office(session, actor, number)
    changed = session.execute(
        update(CaseMessage)
        .where(
            CaseMessage.id == message_id,
            CaseMessage.vorgang_id == vorgang.id,
            CaseMessage.from_company,
        )
        .values(answered_at=func.coalesce(CaseMessage.answered_at, house.now()))
        .returning(CaseMessage.id)
    ).first()
    if changed is None:
        raise NotFound("Diese Nachricht gibt es in dem Vorgang nicht.")


def _checked(data: Mapping[str, Any], topics: Mapping[str, Thema], today: date) -> dict[str, Any]:
    problems = []
    body = "\n".join(
        "".join(sign for sign in line if sign.isprintable())
        for line in names.normalise(str(data.get("body") or "")).splitlines()
    ).strip()
    if not body:
        problems.append(FieldProblem("body", "Bitte schreiben Sie eine Nachricht."))
    if len(body) > MOST_SIGNS:
        problems.append(FieldProblem("body", f"Höchstens {MOST_SIGNS} Zeichen."))
    topic = str(data.get("topic") or "")
    if topic not in topics:
        problems.append(FieldProblem("topic", "Bitte aus der Liste wählen."))
    answer_by = data.get("answer_by")
    if isinstance(answer_by, date) and not today <= answer_by <= today + LATEST_ANSWER:
        text = "Bitte einen Tag ab heute und höchstens in sechs Monaten angeben."
        problems.append(FieldProblem("answer_by", text))
    if problems:
        raise InvalidInput(problems)
    answers = data.get("answers_id")
    return {
        "body": body,
        "topic": topic,
        "answer_by": answer_by,
        "answers_id": answers if isinstance(answers, int) and answers > 0 else None,
    }


def _store(
    session: Session,
    house: House,
    actor: Actor,
    vorgang: Vorgang,
    company_id: int,
    values: Mapping[str, Any],
    *,
    from_company: bool,
) -> CaseMessage:
    answered = _answered(session, house, vorgang.id, company_id, values, from_company=from_company)
    message = CaseMessage(
        vorgang_id=vorgang.id,
        company_id=company_id,
        from_company=from_company,
        author_id=actor.user_id,
        topic=values["topic"],
        body=values["body"],
        sent_at=house.now(),
        answer_by=values["answer_by"],
        answers_id=answered,
    )
    session.add(message)
    session.flush()
    audit.record(
        session,
        actor,
        "nachricht.send",
        "case_message",
        message.id,
        now=house.now(),
        vorgang_id=vorgang.id,
        person_id=vorgang.person_id,
        facts={"company": company_id, "topic": values["topic"]},
    )
    return message


def _answered(
    session: Session,
    house: House,
    vorgang_id: int,
    company_id: int,
    values: Mapping[str, Any],
    *,
    from_company: bool,
) -> int | None:
    """Mark the message that this one answers: one of the other side in the same case."""
    if values["answers_id"] is None:
        return None
    found = session.execute(
        update(CaseMessage)
        .where(
            CaseMessage.id == values["answers_id"],
            CaseMessage.vorgang_id == vorgang_id,
            CaseMessage.company_id == company_id,
            CaseMessage.from_company.is_(not from_company),
        )
        .values(
            answered_at=func.coalesce(CaseMessage.answered_at, house.now()),
            read_at=func.coalesce(CaseMessage.read_at, house.now()),
        )
        .returning(CaseMessage.id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Diese Nachricht gibt es in dem Vorgang nicht.")
    return found


def _note_read(
    session: Session, house: House, actor: Actor, vorgang_id: int, *, from_company: bool
) -> None:
    session.execute(
        update(CaseMessage)
        .where(
            CaseMessage.vorgang_id == vorgang_id,
            CaseMessage.from_company.is_(from_company),
            CaseMessage.read_at.is_(None),
        )
        .values(read_at=house.now(), read_by=actor.user_id)
    )


def _thread(
    session: Session, vorgang_id: int, company_id: int | None, *, for_company: bool
) -> list[Nachricht]:
    author = aliased(AppUser)
    query = (
        select(CaseMessage, author.display_name)
        .join(author, author.id == CaseMessage.author_id)
        .where(CaseMessage.vorgang_id == vorgang_id)
        .order_by(CaseMessage.id.desc())
        .limit(MOST_SHOWN)
    )
    if company_id is not None:
        query = query.where(CaseMessage.company_id == company_id)
    return [
        Nachricht(
            row.id,
            row.from_company,
            # Who in the office wrote is the office's matter: to the company it is the office.
            name if row.from_company or not for_company else "",
            topic_words(row.topic, from_company=row.from_company),
            row.body,
            row.sent_at,
            row.answer_by,
            row.read_at,
            row.answered_at,
            row.answers_id,
        )
        for row, name in session.execute(query)
    ]


def _of_office(session: Session, actor: Actor, number: str) -> Vorgang:
    plain = "".join(sign for sign in number.strip()[:40] if sign.isprintable())
    vorgang = session.scalars(select(Vorgang).where(Vorgang.number == plain)).one_or_none()
    if vorgang is None:
        raise NotFound("Diesen Vorgang gibt es nicht.")
    zugriff.check(actor, vorgang.verfahren, vorgang.unit_key, vorgang.number)
    require(actor, (Power.CASE_REVIEW, Power.CASE_INTAKE), vorgang.unit_key)
    return vorgang


def reaches(session: Session, vorgang: Vorgang, day: date) -> bool:
    """Return whether a mandate in force lets the company of the case read messages in it."""
    if vorgang.company_id is None or vorgang.verfahren in zugriff.RESTRICTED:
        return False
    query = select(Mandate.id).where(
        Mandate.company_id == vorgang.company_id,
        Mandate.person_id == vorgang.person_id,
        Mandate.vorgang_id.is_(None) | (Mandate.vorgang_id == vorgang.id),
        Mandate.revoked_at.is_(None),
        Mandate.valid_from <= day,
        Mandate.valid_until >= day,
        Mandate.scope.contains([SCOPE]),
    )
    return session.execute(query.limit(1)).first() is not None


def _tell_company(session: Session, house: House, vorgang: Vorgang, message_id: int) -> None:
    """Mail the members that there is a message: no number and no name, who may see it reads it."""
    text = (
        "Guten Tag,\n\nim Firmenservice liegt eine neue Nachricht für Sie. Sie lesen sie nach der "
        f"Anmeldung hier:\n\n{house.link('firma')}\n\n"
        f"A new message is waiting for you in the company service.\n\n{house.office.name}\n"
    )
    addresses = session.scalars(
        select(AppUser.email)
        .join(CompanyMember, CompanyMember.user_id == AppUser.id)
        .where(
            CompanyMember.company_id == vorgang.company_id,
            CompanyMember.ended_at.is_(None),
            CompanyMember.mail_news,
            AppUser.active,
            AppUser.email.is_not(None),
        )
        .order_by(AppUser.id)
        .limit(MOST_MAILS)
    ).all()
    for nth, address in enumerate(addresses):
        payload = {"to": address, "subject": "Neue Nachricht im Firmenservice", "text": text}
        key = f"mail:nachricht:{message_id}:{nth}"
        enqueue(session, "mail", key, payload, now=house.now(), vorgang_id=vorgang.id)

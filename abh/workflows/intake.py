"""Receiving an application: person, file, case, fiction, confirmation; on any channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.akte import open_akte
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.ids import case_number, token_hash
from abh.office import service as office
from abh.outbox.service import enqueue
from abh.persons import service as persons
from abh.persons.tables import Person
from abh.sprachen import SOURCE, marked, say
from abh.workflows import fuehrung
from abh.workflows.definition import Effect, Verfahren
from abh.workflows.dossier import Case
from abh.workflows.facts import Facts
from abh.workflows.kosten import charge
from abh.workflows.planung import harm_day
from abh.workflows.registry import UnknownVerfahren, current
from abh.workflows.schemas import to_antrag_json
from abh.workflows.service import Upload, file_evidence
from abh.workflows.steps import advance, carry_out, load_case
from abh.workflows.tables import CaseCounter, CaseFinding, Vorgang
from abh.workflows.widerspruch import contradictions
from abh.workflows.wirkung import record_fiktion


@dataclass(frozen=True, slots=True)
class Filed:
    """What the applicant gets at once: number, link, confirmation."""

    vorgang_id: int
    number: str
    token: str
    # Nothing where the Verfahren opens without a letter (ex officio).
    letter_id: int | None


def file_application(
    session: Session,
    house: House,
    actor: Actor,
    antrag: Mapping[str, Any],
    uploads: Sequence[Upload],
    *,
    channel: str,
    received_on: date | None = None,
    opening: str = "",
    company_id: int | None = None,
) -> Filed:
    """Open a case from a checked application (``schemas.load_antrag``); one transaction.

    ``company_id`` is the employer where it is known (a company files for its employee); otherwise
    the company named in the application is found or made.

    ``opening`` is the step that opens it where an event does and not an application (a birth, a
    separation); ``InvalidInput`` for one the Verfahren does not begin with.

    ``received_on`` is the day of receipt on any channel (stamp), today by default; the fiction of
    § 81 AufenthG is computed from it. The confirmation N01 is released at once and the applicant
    told by mail. Locks the counter of the year and the Akte.
    """
    today = house.today
    received = received_on or today
    if received > today:
        raise InvalidInput([FieldProblem("received_on", "Der Eingang liegt in der Zukunft.")])
    try:
        verfahren = current(antrag["verfahren"], received)
    except UnknownVerfahren as error:
        text = f"Am {received:%d.%m.%Y} gab es diesen Aufenthaltstitel noch nicht."
        raise InvalidInput([FieldProblem("received_on", text)]) from error
    antrag = _led(house, antrag, received)
    person, duplicate = _person(session, actor, antrag, house, verfahren)
    number = next_number(session, received.year)
    akte = open_akte(session, person.id, f"54/{number}", now=house.now())
    vorgang = _open(
        session, house, actor, verfahren, antrag, person, akte.id, number, received, channel,
        company_id,
    )  # fmt: skip
    if duplicate:
        vorgang.progress = {**vorgang.progress, "duplicate_of": duplicate}
    session.flush()
    row = {"id": vorgang.id, "akte_id": akte.id}
    file_evidence(session, house, actor, row, uploads, received, verfahren.evidence_labels)
    case = load_case(session, house, vorgang_id=vorgang.id)
    wanted = opening or verfahren.opening
    step = next((one for one in verfahren.openings if one.key == wanted), None)
    if step is None:
        raise InvalidInput([FieldProblem("opening", "So beginnt dieses Verfahren nicht.")])
    _refuse_contradictions(case)
    if Effect.COMPUTE_FIKTION in step.effects:
        record_fiktion(session, case)
    _record_competence(session, house, case)
    charge(session, case.id, verfahren, case.facts)
    case = load_case(session, house, vorgang_id=vorgang.id)
    done = carry_out(session, house, actor, case, step)
    advance(session, house, done)
    audit.record(
        session,
        actor,
        "vorgang.open",
        "vorgang",
        vorgang.id,
        now=house.now(),
        vorgang_id=vorgang.id,
        person_id=person.id,
        facts={"channel": channel, "received_on": received.isoformat()},
    )
    letter = done.letters[0] if done.letters else None
    if letter is not None:
        notify(
            session,
            house,
            vorgang.id,
            person.email,
            number,
            "eingang",
            str(letter),
            vorgang.language,
        )
    return Filed(vorgang.id, number, house.status_token(number), letter)


def _led(house: House, antrag: Mapping[str, Any], received: date) -> Mapping[str, Any]:
    """Return the application with what the office file decides; ``InvalidInput`` against it."""
    wrong = fuehrung.problems(house.profile, antrag["verfahren"], antrag["angaben"], received)
    if wrong:
        raise InvalidInput([FieldProblem(f"angaben.{p.field}", p.message) for p in wrong])
    return fuehrung.opened(house.profile, antrag, received)


def _refuse_contradictions(case: Case) -> None:
    """Raise ``InvalidInput`` for what cannot be true together, at the fields of the application."""
    declared = case.verfahren.angaben_by_key
    problems = []
    for problem in contradictions(case.verfahren, case.facts):
        name = problem.field
        path = f"angaben.{name}" if name in declared else name
        path = "person.birth_date" if name == "birth_date" else path
        problems.append(FieldProblem(path, problem.message))
    if problems:
        raise InvalidInput(problems)


def next_number(session: Session, year: int) -> str:
    """Return the next case number of the year; its row stays locked, so numbers have no gaps."""
    last = session.execute(
        upsert(CaseCounter)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": CaseCounter.last + 1})
        .returning(CaseCounter.last)
    ).scalar_one()
    return case_number(year, int(last))


def notify(
    session: Session,
    house: House,
    vorgang_id: int,
    email: str | None,
    number: str,
    about: str,
    dedup: str,
    language: str = SOURCE,
) -> None:
    """Tell the applicant by mail that there is something to read; the mail itself says nothing.

    In the ``language`` of the case, and in German for whoever helps to read it.
    """
    if not email:
        return
    subject = say(language, "Ihr Vorgang %(number)s") % {"number": number}
    words = "\n\n".join(dict.fromkeys((say(language, NEWS[about]), NEWS[about])))
    link = house.status_link(number)
    enqueue(
        session,
        "mail",
        f"mail:{about}:{number}:{dedup}",
        {"to": email, "subject": subject, "text": f"{words}\n\n{link}\n\n{house.office.name}\n"},
        now=house.now(),
        vorgang_id=vorgang_id,
    )


NEWS: Mapping[str, str] = {
    "eingang": marked(
        "Ihr Antrag ist bei uns eingegangen. Die Eingangsbestätigung und den Stand finden Sie hier:"
    ),
    "brief": marked("Es gibt eine neue Nachricht zu Ihrem Antrag. Sie finden sie hier:"),
    "termin": marked("Bitte buchen Sie Ihren Termin. Den Link finden Sie hier:"),
}


def notify_letters(session: Session, house: House, letter_ids: Sequence[int]) -> None:
    """Tell the applicant about released letters that are read on the status page."""
    if not letter_ids:
        return
    rows = session.execute(
        select(Letter.id, Vorgang.id, Vorgang.number, Person.email, Vorgang.language)
        .join(Vorgang, Vorgang.id == Letter.vorgang_id)
        .join(Person, Person.id == Vorgang.person_id)
        .where(
            Letter.id.in_(letter_ids),
            Letter.channel == "portal",
            Letter.state == "released",
            Letter.key != "N01",
        )
    ).all()
    for letter_id, vorgang_id, number, email, language in rows:
        notify(session, house, vorgang_id, email, number, "brief", str(letter_id), language)


def _person(
    session: Session,
    actor: Actor,
    antrag: Mapping[str, Any],
    house: House,
    verfahren: Verfahren,
) -> tuple[Person, str]:
    found = persons.find_or_create_person(session, actor, antrag["person"], now=house.now())
    open_number = session.scalar(
        select(Vorgang.number).where(
            Vorgang.person_id == found.person.id,
            Vorgang.verfahren == verfahren.key,
            Vorgang.closed_at.is_(None),
        )
    )
    if open_number is None:
        return found.person, ""
    # Whoever files again must neither see nor move the running case: a clerk brings them together.
    return persons.create_person(session, actor, antrag["person"], now=house.now()), open_number


def _open(
    session: Session,
    house: House,
    actor: Actor,
    verfahren: Verfahren,
    antrag: Mapping[str, Any],
    person: Person,
    akte_id: int,
    number: str,
    received: date,
    channel: str,
    company_id: int | None = None,
) -> Vorgang:
    unit = office.route(session, verfahren.key)
    if company_id is None and antrag["employer"]:
        company, _ = persons.find_or_create_company(
            session,
            actor,
            {"name": antrag["employer"], "register_no": antrag["employer_register_no"]},
            now=house.now(),
        )
        company_id = company.id
    title_until, job_start = antrag["title_until"], antrag["job_start"]
    harm_on, harm_key = harm_day(
        Facts(
            stichtag=house.today,
            today=house.today,
            received_on=received,
            title_until=title_until,
            job_start=job_start,
        ),
        verfahren.initial,
    )
    vorgang = Vorgang(
        number=number,
        verfahren=verfahren.key,
        version=verfahren.version,
        state=verfahren.initial,
        state_since=house.now(),
        row_version=1,
        person_id=person.id,
        akte_id=akte_id,
        unit_key=unit,
        owner_id=office.owner_for(session, verfahren.key, person, unit_key=unit, on=house.today),
        company_id=company_id,
        received_on=received,
        received_channel=channel,
        opened_at=house.now(),
        title_kind=antrag["title_kind"],
        title_until=title_until,
        job_start=job_start,
        harm_on=harm_on,
        harm_key=harm_key,
        antrag=to_antrag_json(antrag),
        progress={},
        status_token_hash=token_hash(house.status_token(number)),
        language=antrag["person"]["language"],
    )
    session.add(vorgang)
    session.flush()
    return vorgang


def _record_competence(session: Session, house: House, case: Case) -> None:
    # The engine affirms only what is plain; everything else waits for a clerk.
    city = house.office.city.casefold().strip()
    if case.person["city"].casefold().strip() == city:
        session.execute(
            insert(CaseFinding).values(
                vorgang_id=case.id,
                key="competent",
                value=True,
                remark=f"Wohnort {house.office.city} nach Angabe",
                found_by=None,
                found_at=house.now(),
            )
        )

"""To the status page without its link: the case number and a code that came by letter.

Whoever asks learns nothing: known and unknown numbers get the same answer and cost the same. The
code goes to the address in the file, so that it proves a second thing beside the number.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, applicant_actor
from abh.appointments.briefpost import printer_of
from abh.appointments.codes import MOST_ATTEMPTS, half, halves, in_groups, keyed_hash
from abh.documents import service as letters
from abh.documents.dispatch import order_print
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder
from abh.documents.zeichnung_types import Channel
from abh.kernel.birthdate import PartialDate
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, DomainError
from abh.persons.tables import Person
from abh.sprachen import SOURCE, marked, say
from abh.workflows import zugriff
from abh.workflows.dossier import Case
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang
from abh.workflows.tables_zugang import StatusCode

log = logging.getLogger("abh.workflows")

# House rules: how long a code opens the page, and how soon another letter is sent.
LASTS = timedelta(days=60)
AGAIN = timedelta(days=7)
PURPOSE = "statuscode"
_NUMBER = re.compile(r"[A-Z]{2,5}-\d{4}-\d{7}")
_SUMMARY = marked(
    "Mit diesem Code und der Nummer %(number)s sehen Sie auf %(page)s den Stand Ihres Antrags. Der "
    "Code gilt bis %(day)s: %(code)s"
)


def ask(
    session: Session, house: House, typed_number: str, born: PartialDate | None, language: str
) -> None:
    """Order a code by letter where number and birth date are those of a case; says nothing.

    At most one letter in ``AGAIN`` for a case. Every request is logged, so that it costs the same
    whether anything came of it. The letter is made by the job ``status.codes``.
    """
    row = session.execute(
        select(Vorgang.id, Vorgang.person_id, Vorgang.verfahren, Vorgang.unit_key)
        .join(Person, Person.id == Vorgang.person_id)
        .where(Vorgang.number == plain_number(typed_number), *_born(born))
    ).one_or_none()
    known = row is not None and zugriff.may_know(applicant_actor(), row.verfahren, row.unit_key)
    if row is not None and known:
        _order(session, house, row.id, language)
    audit.record(
        session, applicant_actor(), "status.code_asked", "vorgang",
        row.id if row is not None and known else None, now=house.now(),
        vorgang_id=row.id if row is not None and known else None,
        person_id=row.person_id if row is not None and known else None,
    )  # fmt: skip


def plain_number(typed: str) -> str:
    """Return a case number as it is stored, "" for what can be none."""
    plain = re.sub(r"\s+", "", typed).upper()
    return plain if _NUMBER.fullmatch(plain) else ""


def _born(born: PartialDate | None) -> tuple[Any, ...]:
    if born is None:
        # Nobody is born in this year: the same statement, and no row.
        return (Person.birth_year == 0,)
    return (
        Person.birth_year == born.year,
        Person.birth_month.is_not_distinct_from(born.month),
        Person.birth_day.is_not_distinct_from(born.day),
    )


def _order(session: Session, house: House, vorgang_id: int, language: str) -> None:
    fresh = {
        "asked_at": house.now(),
        "language": language,
        "last_day": None,
        "reference": None,
        "code_hash": None,
        "attempts": 0,
        "letter_id": None,
        "told_at": None,
    }
    session.execute(
        insert(StatusCode)
        .values(vorgang_id=vorgang_id, **fresh)
        .on_conflict_do_update(
            index_elements=["vorgang_id"],
            set_=fresh,
            where=StatusCode.asked_at <= house.now() - AGAIN,
        )
    )


def send_codes(session: Session, clock: Clock, limit: int) -> int:
    """Make the codes that were asked for, with their letters; returns how many.

    The code is made with its letter and kept as a keyed hash only. A case without an address to
    write to gets none, and its request is forgotten.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    waiting = session.scalars(
        select(StatusCode)
        .where(StatusCode.told_at.is_(None))
        .order_by(StatusCode.asked_at, StatusCode.vorgang_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(_send(session, clock, row) for row in waiting)


def _send(session: Session, house: House, row: StatusCode) -> bool:
    case = load_case(session, house, vorgang_id=row.vorgang_id)
    reference, secret = half(), half()
    last = house.today + LASTS
    values = {
        "number": case.number,
        "page": house.link("status"),
        "day": f"{last:%d.%m.%Y}",
        "code": in_groups(reference, secret),
    }
    try:
        with session.begin_nested():
            letter = letters.issue(
                session, house, SYSTEM, _letter(case, values, row.language, last.isoformat())
            )
            printer = printer_of(session, case.vorgang["unit_key"])
            if printer is not None:
                order_print(session, house, SYSTEM, letter.id, printer)
    except DomainError as error:
        # The reasons may quote the address, which has no place in a log.
        log.warning("Brief N03 zugangscode nicht erstellt: %s", type(error).__name__)
        session.execute(delete(StatusCode).where(StatusCode.vorgang_id == row.vorgang_id))
        return False
    row.reference, row.last_day = reference, last
    row.code_hash = keyed_hash(house.secret, reference, secret, PURPOSE)
    row.letter_id, row.told_at = letter.id, house.now()
    session.flush()
    audit.record(
        session, SYSTEM, "status.code", "letter", letter.id, now=house.now(),
        vorgang_id=case.id, person_id=case.person["id"],
    )  # fmt: skip
    return True


def _letter(case: Case, values: Mapping[str, str], language: str, last_day: str) -> LetterOrder:
    person = case.person
    if not (person["street"] and person["postcode"] and person["city"]):
        raise Conflict("In der Akte steht keine Anschrift.")
    foreign = {
        "lang": language,
        "title": say(language, "Zusammenfassung in Ihrer Sprache"),
        "paragraphs": [say(language, _SUMMARY) % values],
    }
    return LetterOrder(
        key="N03",
        outcome="zugangscode",
        akte_id=case.vorgang["akte_id"],
        vorgang_id=case.id,
        unit_key=case.vorgang["unit_key"],
        reference=case.number,
        recipient=(case.full_name, person["street"], f"{person['postcode']} {person['city']}"),
        addressee=case.full_name,
        fields={
            "application": "Ihre Statusseite im Internet",
            "opening": [
                f"mit diesem Code und Ihrer Vorgangsnummer {values['number']} sehen Sie den Stand "
                "Ihres Antrags. Sie haben ihn nicht bestellt? Dann werfen Sie den Brief weg; ohne "
                "ihn sieht niemand etwas."
            ],
            "sections": [
                {
                    "heading": f"Ihr Code: {values['code']}",
                    "paragraphs": [f"Bitte geben Sie ihn auf {values['page']} ein."],
                }
            ],
            "deadline": last_day,
            "deadline_words": "Bis zu diesem Tag gilt der Code.",
        },
        channel=Channel.POST,
        foreign=(foreign,) if language != SOURCE else (),
    )


def open_page(session: Session, house: House, typed_number: str, typed_code: str) -> str | None:
    """Return the token of the status page for a number and its code; as often as it is asked.

    None for an unknown code, one of another case, a wrong one, one past its day, and one that was
    tried wrongly five times: the caller commits, because the attempt counts.
    """
    plain = halves(typed_code)
    if plain is None:
        return None
    reference, secret = plain
    row = session.scalar(
        select(StatusCode).where(StatusCode.reference == reference).with_for_update()
    )
    if row is None or row.code_hash is None or row.attempts >= MOST_ATTEMPTS:
        return None
    vorgang = session.get_one(Vorgang, row.vorgang_id)
    right = hmac.compare_digest(row.code_hash, keyed_hash(house.secret, reference, secret, PURPOSE))
    if not right or vorgang.number != plain_number(typed_number):
        row.attempts += 1
        session.flush()
        return None
    if row.last_day is None or row.last_day < house.today:
        return None
    audit.record(
        session, applicant_actor(), "status.code_used", "vorgang", vorgang.id, now=house.now(),
        vorgang_id=vorgang.id, person_id=vorgang.person_id, is_read=True,
    )  # fmt: skip
    return house.status_token(vorgang.number, int((vorgang.progress or {}).get("link", 0)))

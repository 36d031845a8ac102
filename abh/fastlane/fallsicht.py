"""One case as its company may see it: the state in words, whose turn, clocks, dates, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments.service import instant
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.fastlane import anschluss, ausblick, firmenbriefe, meldung, nachrichten, wessen, zusage
from abh.fastlane.anschluss import Anschluss
from abh.fastlane.ausblick import Bewegung
from abh.fastlane.firmenbriefe import Firmenbrief
from abh.fastlane.meldung import Meldung
from abh.fastlane.nachrichten import Nachricht
from abh.fastlane.wessen import Uhr, Zug
from abh.fastlane.zugang import Acting, mandate_clause, note_looks, require_covered
from abh.fastlane.zusage import Stand
from abh.kernel.fristen import Frist
from abh.workflows.dossier import Case
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang

SCOPES = ("state", "tasks", "appointments", "decisions")


@dataclass(frozen=True, slots=True)
class Ausblick:
    """When a decision is expected and promised; ``moves`` shows how both have changed."""

    earliest: date | None
    latest: date | None
    cases: int
    promised_on: date | None
    stand: Stand | None
    waited_days: int
    decided_on: date | None
    moves: Sequence[Bewegung]


@dataclass(frozen=True, slots=True)
class Fallsicht:
    """What a company sees of one case. What its mandate does not cover is None or empty."""

    vorgang_id: int
    number: str
    person: str
    verfahren: str
    received_on: date
    closed: bool
    scopes: frozenset[str]
    state: str | None
    zug: Zug | None
    uhren: Sequence[Uhr]
    ausblick: Ausblick | None
    appointments: Sequence[str]
    decided: bool | None
    letters: Sequence[Firmenbrief]
    kinds: Sequence[tuple[str, str]]
    messages: Sequence[Nachricht]
    reports: Sequence[Meldung]
    report_due: Frist
    anschluss: Anschluss | None = None


def case_view(session: Session, house: House, who: Acting, number: str) -> Fallsicht:
    """Return a covered case; the look and the reading of messages are recorded.

    Raises ``NotFound`` in the same words for whatever the company may not see.
    """
    vorgang = require_covered(session, who, number, clock=house, day=house.today)
    scopes = _scopes(session, who, vorgang, house.today)
    note_looks(session, who, [vorgang.id], what="fastlane.case", now=house.now())
    case = load_case(session, house, vorgang_id=vorgang.id)
    state = case.verfahren.state(case.state)
    told = "tasks" in scopes
    turn = wessen.zug_of(case) if told else None
    return Fallsicht(
        vorgang_id=vorgang.id,
        number=vorgang.number,
        person=case.full_name,
        verfahren=case.verfahren.name,
        received_on=vorgang.received_on,
        closed=vorgang.closed_at is not None,
        scopes=scopes,
        state=wessen.state_words(state) if state is not None and "state" in scopes else None,
        zug=turn,
        uhren=wessen.uhren_of(case, turn) if turn is not None else (),
        ausblick=_outlook(session, house, vorgang.id, scopes) if "state" in scopes else None,
        appointments=_appointments(session, vorgang.id, house) if "appointments" in scopes else (),
        decided=case.state in wessen.decided_states(case.verfahren)
        if "decisions" in scopes
        else None,
        letters=firmenbriefe.letters_of(session, who, vorgang.id) if "decisions" in scopes else (),
        kinds=_kinds(case),
        messages=nachrichten.read_as_company(session, house, who, vorgang) if told else (),
        reports=meldung.reports_of(session, vorgang.id, who.company_id),
        report_due=meldung.due(house, house.today),
        anschluss=anschluss.anschluss_of(session, house, who, case) if "state" in scopes else None,
    )


def _scopes(session: Session, who: Acting, vorgang: Vorgang, day: date) -> frozenset[str]:
    columns = [mandate_clause(who, scope, day=day).label(scope) for scope in SCOPES]
    row = session.execute(select(*columns).where(Vorgang.id == vorgang.id)).one()
    return frozenset(scope for scope, told in zip(SCOPES, row, strict=True) if told)


def _outlook(
    session: Session, house: House, vorgang_id: int, scopes: frozenset[str]
) -> Ausblick | None:
    row = ausblick.outlook_of(session, vorgang_id)
    # That there is a decision is told by its own scope only.
    if row is None or (row.decided_on is not None and "decisions" not in scopes):
        return None
    return Ausblick(
        earliest=row.expected_from,
        latest=row.expected_to,
        cases=row.cases,
        promised_on=row.promised_on,
        stand=zusage.stand(row.promised_on, row.decided_on, house.today),
        waited_days=row.waited_days,
        decided_on=row.decided_on,
        moves=ausblick.moves(session, vorgang_id),
    )


def _appointments(session: Session, vorgang_id: int, house: House) -> list[str]:
    rows = session.execute(
        select(Booking.day, Booking.cells)
        .where(
            Booking.vorgang_id == vorgang_id,
            Booking.status == "booked",
            Booking.day >= house.today,
        )
        .order_by(Booking.day)
        .limit(5)
    )
    return [f"{instant(row.day, row.cells.lower or 0):%d.%m.%Y, %H:%M}" for row in rows]


def _kinds(case: Case) -> list[tuple[str, str]]:
    """Return what can be handed in, the employer's own papers first."""
    labels = case.verfahren.evidence_labels.items()
    return sorted(labels, key=lambda kind: kind[0] not in wessen.FIRM_PAPERS)

"""What a company sees at a glance: its cases with whose turn it is, tasks, appointments, promises.

Few statements whatever the number of cases: one counts, one adds up, one collects what has a date,
one lists a page, one reads the cases of that page that wait for papers. A field outside the scope
of the mandate is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, String, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.fastlane import service, wessen, zusage
from abh.fastlane.firmenbriefe import released_to
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_firma import CaseMessage, CaseOutlook
from abh.fastlane.wessen import Papier, Seite
from abh.fastlane.zugang import Acting, in_force, mandate_clause, note_looks
from abh.kernel import names
from abh.persons.tables import Person
from abh.workflows import registry
from abh.workflows.dossier import case_of
from abh.workflows.repository import case_rows
from abh.workflows.tables import CaseFrist, Vorgang

PAGE = 50
MOST_ITEMS = 12
# How far ahead tasks and appointments are shown, and ending mandates are told.
AHEAD = timedelta(days=60)
ENDING = timedelta(days=30)
KEPT_FOR = timedelta(days=365)
SCOPES = ("state", "tasks", "appointments", "decisions")
# Clocks with something to do for person or employer.
TO_DO = ("nachforderung", "abholung", "STILLE")
# A letter counts as new for that long.
NEW_LETTER = timedelta(days=14)
# Filters of the list by whose turn it is.
FILTERS: Mapping[str, frozenset[Seite]] = {
    "wir": frozenset({Seite.PERSON, Seite.FIRMA}),
    "amt": frozenset({Seite.AMT}),
    "ba": frozenset({Seite.BA}),
    "andere": frozenset({Seite.ANDERE}),
    "fertig": frozenset({Seite.NIEMAND}),
}


_ORDER = (
    Vorgang.closed_at.is_not(None),
    func.coalesce(CaseOutlook.promised_on, Vorgang.harm_on),
    Vorgang.id,
)


@dataclass(frozen=True, slots=True)
class Wunsch:
    """What somebody looks for: part of a name or number, whose turn, which procedure, page."""

    text: str = ""
    wer: str = ""
    verfahren: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Fall:
    """A line of the list; what the mandate does not cover is None."""

    number: str
    person: str
    verfahren: str
    closed: bool
    state: str | None
    seiten: tuple[Seite, ...] | None
    papiere: tuple[Papier, ...]
    due_on: date | None
    appointment_on: date | None
    promised_on: date | None
    expected_from: date | None
    expected_to: date | None
    decided: bool | None
    unread: int


@dataclass(frozen=True, slots=True)
class Zeitpunkt:
    """Something with a date: a task, an appointment, a message to answer, a new letter."""

    kind: str
    number: str
    person: str
    on: date | None
    vorgang_id: int


@dataclass(frozen=True, slots=True)
class Zusagen:
    """Promises: open ones of the company by how they stand, and how the office kept all of them."""

    near: int = 0
    over: int = 0
    kept: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Uebersicht:
    """The dashboard of a company."""

    turns: Mapping[Seite, int]
    open: int
    closed: int
    hidden: int
    kinds: Sequence[tuple[str, str]]
    unread: int
    ending: int
    zusagen: Zusagen
    tasks: Sequence[Zeitpunkt]
    appointments: Sequence[Zeitpunkt]
    cases: Sequence[Fall]
    found: int
    pages: int
    wunsch: Wunsch = field(default_factory=Wunsch)

    @property
    def is_empty(self) -> bool:
        """Whether there is no case at all that the company may see."""
        return self.open + self.closed + self.hidden == 0


def overview(session: Session, house: House, who: Acting, wunsch: Wunsch) -> Uebersicht:
    """Return the dashboard for what is looked for; the look at the listed cases is recorded.

    Five statements and those of the record.
    """
    day = house.today
    groups = _groups(session, who, day)
    turns, sums = _by_turn(groups)
    numbers = _numbers(session, who, day)
    dated = _dated(session, house, who)
    cases, found = _page(session, house, who, wunsch, _states_of(groups, wunsch.wer))
    # Tasks and appointments tell of people who may stand on another page of the list.
    looked = dict.fromkeys([case_id for case_id, _fall in cases] + [o.vorgang_id for o in dated])
    note_looks(session, who, list(looked), what="fastlane.list", now=house.now())
    keys = sorted({row.verfahren for row in groups})
    return Uebersicht(
        turns=turns,
        open=sums["open"],
        closed=sums["closed"],
        hidden=sums["hidden"],
        kinds=[(key, registry.newest(key).name) for key in keys],
        unread=numbers.unread,
        ending=numbers.ending,
        zusagen=Zusagen(numbers.near, numbers.over, numbers.kept, numbers.missed),
        tasks=[one for one in dated if one.kind != "termin"],
        appointments=[one for one in dated if one.kind == "termin"],
        cases=[fall for _id, fall in cases],
        found=found,
        pages=max(1, -(-found // PAGE)),
        wunsch=wunsch,
    )


def _groups(session: Session, who: Acting, day: date) -> Sequence[Any]:
    """Count all covered cases by what decides whose turn it is."""
    at_ba = service.at_ba()
    tasks = mandate_clause(who, "tasks", day=day)
    query = (
        select(
            Vorgang.verfahren,
            Vorgang.version,
            Vorgang.state,
            Vorgang.closed_at.is_not(None).label("closed"),
            at_ba.label("at_ba"),
            tasks.label("told"),
            func.count().label("cases"),
        )
        .where(mandate_clause(who, day=day))
        .group_by(
            Vorgang.verfahren,
            Vorgang.version,
            Vorgang.state,
            Vorgang.closed_at.is_not(None),
            at_ba,
            tasks,
        )
    )
    return session.execute(query).all()


def _side(row: Any) -> Seite:
    state = registry.get(row.verfahren, row.version).state(row.state)
    return Seite.AMT if state is None else wessen.side_of(state, at_ba=row.at_ba)


def _by_turn(groups: Sequence[Any]) -> tuple[dict[Seite, int], dict[str, int]]:
    turns: dict[Seite, int] = {}
    sums = {"open": 0, "closed": 0, "hidden": 0}
    for row in groups:
        if row.closed:
            sums["closed"] += row.cases
        elif not row.told:
            sums["hidden"] += row.cases
        else:
            sums["open"] += row.cases
            seite = _side(row)
            turns[seite] = turns.get(seite, 0) + row.cases
    return turns, sums


def _states_of(groups: Sequence[Any], wer: str) -> list[tuple[str, str, bool]] | None:
    """Return the (procedure, state, asked the BA) in which one of the wanted sides has the turn."""
    wanted = FILTERS.get(wer)
    if wanted is None:
        return None
    return sorted({(r.verfahren, r.state, r.at_ba) for r in groups if _side(r) in wanted})


def _numbers(session: Session, who: Acting, day: date) -> Any:
    covered = select(Vorgang.id).where(mandate_clause(who, "state", day=day))
    tasks = select(Vorgang.id).where(mandate_clause(who, "tasks", day=day))
    promised = select(func.count()).where(
        CaseOutlook.vorgang_id.in_(covered), CaseOutlook.decided_on.is_(None)
    )
    near = promised.where(
        CaseOutlook.promised_on >= day,
        CaseOutlook.promised_on <= day + timedelta(days=zusage.NEAR),
    )
    decided = select(func.count()).where(
        CaseOutlook.decided_on >= day - KEPT_FOR, CaseOutlook.promised_on.is_not(None)
    )
    unread = select(func.count()).where(
        CaseMessage.company_id == who.company_id,
        CaseMessage.from_company.is_(False),
        CaseMessage.read_at.is_(None),
        CaseMessage.vorgang_id.in_(tasks),
    )
    ending = select(func.count()).where(
        *in_force(who, day=day), Mandate.valid_until <= day + ENDING
    )
    return session.execute(
        select(
            near.scalar_subquery().label("near"),
            promised.where(CaseOutlook.promised_on < day).scalar_subquery().label("over"),
            decided.where(CaseOutlook.decided_on <= CaseOutlook.promised_on)
            .scalar_subquery()
            .label("kept"),
            decided.where(CaseOutlook.decided_on > CaseOutlook.promised_on)
            .scalar_subquery()
            .label("missed"),
            unread.scalar_subquery().label("unread"),
            ending.scalar_subquery().label("ending"),
        )
    ).one()


def _dated(session: Session, house: House, who: Acting) -> list[Zeitpunkt]:
    """Collect what is to be done or known: papers asked for, messages, cards, appointments, new
    letters to the company."""
    day = house.today
    clocks = (
        select(CaseFrist.kind.label("kind"), Vorgang.id, CaseFrist.due_on.label("on"))
        .join(Vorgang, Vorgang.id == CaseFrist.vorgang_id)
        .where(
            CaseFrist.kind.in_(TO_DO),
            CaseFrist.status == "running",
            mandate_clause(who, "tasks", day=day),
        )
        .order_by(CaseFrist.due_on)
        .limit(MOST_ITEMS)
        .subquery()
    )
    messages = (
        select(
            cast(literal("nachricht"), String).label("kind"),
            Vorgang.id,
            cast(CaseMessage.answer_by, Date).label("on"),
        )
        .join(Vorgang, Vorgang.id == CaseMessage.vorgang_id)
        .where(
            CaseMessage.company_id == who.company_id,
            CaseMessage.from_company.is_(False),
            CaseMessage.answered_at.is_(None),
            CaseMessage.answer_by.is_not(None) | CaseMessage.read_at.is_(None),
            mandate_clause(who, "tasks", day=day),
        )
        .order_by(CaseMessage.answer_by)
        .limit(MOST_ITEMS)
        .subquery()
    )
    visits = (
        select(cast(literal("termin"), String).label("kind"), Vorgang.id, Booking.day.label("on"))
        .join(Vorgang, Vorgang.id == Booking.vorgang_id)
        .where(
            Booking.status == "booked",
            Booking.day >= day,
            Booking.day <= day + AHEAD,
            mandate_clause(who, "appointments", day=day),
        )
        .order_by(Booking.day)
        .limit(MOST_ITEMS)
        .subquery()
    )
    letters = (
        select(
            cast(literal("brief"), String).label("kind"), Vorgang.id, cast(None, Date).label("on")
        )
        .select_from(Letter)
        .join(Vorgang, Vorgang.id == Letter.vorgang_id)
        .where(
            *released_to(who.company_id),
            Letter.released_at >= house.now() - NEW_LETTER,
            mandate_clause(who, "decisions", day=day),
        )
        .order_by(Letter.id.desc())
        .limit(MOST_ITEMS)
        .subquery()
    )
    parts = [select(one) for one in (clocks, messages, visits, letters)]
    every = union_all(*parts).subquery()
    rows = session.execute(
        select(
            every.c.kind,
            every.c.on,
            Vorgang.id,
            Vorgang.number,
            Person.given_names,
            Person.family_name,
        )
        .join(Vorgang, Vorgang.id == every.c.id)
        .join(Person, Person.id == Vorgang.person_id)
        .order_by(every.c.on.asc().nulls_first(), Vorgang.number)
    )
    return [
        Zeitpunkt(
            row.kind, row.number, f"{row.given_names} {row.family_name}".strip(), row.on, row.id
        )
        for row in rows
    ]


def _page(
    session: Session,
    house: House,
    who: Acting,
    wunsch: Wunsch,
    states: Sequence[tuple[str, str, bool]] | None,
) -> tuple[list[tuple[int, Fall]], int]:
    day = house.today
    page = max(1, min(wunsch.page, 10_000))
    # First which cases, then what is told of them: only fifty are asked for bookings and messages.
    chosen = (
        select(Vorgang.id, func.count().over().label("found"))
        .join(Person, Person.id == Vorgang.person_id)
        .outerjoin(CaseOutlook, CaseOutlook.vorgang_id == Vorgang.id)
        .where(mandate_clause(who, day=day), *_wanted(wunsch))
        .order_by(*_ORDER)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    if states is not None:
        # The filter tells whose turn it is, so it only finds where that may be told.
        chosen = chosen.where(_among(states), mandate_clause(who, "tasks", day=day))
    ids = chosen.subquery()
    query = _listed(who, day, ids.c.found).join(ids, ids.c.id == Vorgang.id).order_by(*_ORDER)
    rows = session.execute(query).all()
    waiting = [
        row.id for row in rows if row.state in wessen.WAITING and row.may_tasks and not row.closed
    ]
    turns = {
        int(row["vorgang"]["id"]): wessen.zug_of(case_of(row, house.law, day))
        for row in (case_rows(session, waiting) if waiting else ())
    }
    found = rows[0].found if rows else 0
    return [(row.id, _fall(row, turns.get(row.id))) for row in rows], found


def _listed(who: Acting, day: date, found: Any) -> Any:
    due = (
        select(func.min(CaseFrist.due_on))
        .where(
            CaseFrist.vorgang_id == Vorgang.id,
            CaseFrist.status == "running",
            CaseFrist.kind.in_(TO_DO),
        )
        .scalar_subquery()
    )
    visit = (
        select(func.min(Booking.day))
        .where(Booking.vorgang_id == Vorgang.id, Booking.status == "booked", Booking.day >= day)
        .scalar_subquery()
    )
    unread = (
        select(func.count())
        .where(
            CaseMessage.vorgang_id == Vorgang.id,
            CaseMessage.company_id == who.company_id,
            CaseMessage.from_company.is_(False),
            CaseMessage.read_at.is_(None),
        )
        .scalar_subquery()
    )
    return (
        select(
            Vorgang.id,
            Vorgang.number,
            Vorgang.verfahren,
            Vorgang.version,
            Vorgang.state,
            Vorgang.closed_at.is_not(None).label("closed"),
            Person.given_names,
            Person.family_name,
            CaseOutlook.promised_on,
            CaseOutlook.expected_from,
            CaseOutlook.expected_to,
            due.label("due"),
            visit.label("visit"),
            unread.label("unread"),
            service.at_ba().label("at_ba"),
            *(mandate_clause(who, scope, day=day).label(f"may_{scope}") for scope in SCOPES),
            found,
        )
        .join(Person, Person.id == Vorgang.person_id)
        .outerjoin(CaseOutlook, CaseOutlook.vorgang_id == Vorgang.id)
    )


def _wanted(wunsch: Wunsch) -> list[Any]:
    found: list[Any] = []
    text = "".join(sign for sign in wunsch.text if sign.isprintable()).strip()[:100]
    if text:
        like = _escaped(names.search_form(text))
        number = _escaped(text.upper().replace(" ", "-"))
        found.append(
            or_(
                Person.name_search.like(f"%{like}%", escape="\\") if like else literal(False),
                Vorgang.number.like(f"%{number}%", escape="\\"),
            )
        )
    if wunsch.verfahren:
        found.append(Vorgang.verfahren == wunsch.verfahren[:10])
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _among(states: Sequence[tuple[str, str, bool]]) -> Any:
    at_ba = service.at_ba()
    return or_(
        literal(False),
        *(
            (Vorgang.verfahren == verfahren) & (Vorgang.state == state) & (at_ba.is_(asked))
            for verfahren, state, asked in states
        ),
    )


def _fall(row: Any, turn: wessen.Zug | None) -> Fall:
    verfahren = registry.get(row.verfahren, row.version)
    state = verfahren.state(row.state)
    open_told = (
        row.may_state and not row.closed and row.state not in wessen.decided_states(verfahren)
    )
    seiten = None
    if row.may_tasks and state is not None:
        seiten = turn.seiten if turn else (wessen.side_of(state, at_ba=row.at_ba),)
    return Fall(
        number=row.number,
        person=f"{row.given_names} {row.family_name}".strip(),
        verfahren=verfahren.name,
        closed=row.closed,
        state=wessen.state_words(state) if state is not None and row.may_state else None,
        seiten=seiten,
        papiere=turn.papiere if turn is not None and row.may_tasks else (),
        due_on=row.due if row.may_tasks else None,
        appointment_on=row.visit if row.may_appointments else None,
        promised_on=row.promised_on if open_told else None,
        expected_from=row.expected_from if open_told else None,
        expected_to=row.expected_to if open_told else None,
        decided=row.state in wessen.decided_states(verfahren) if row.may_decisions else None,
        unread=row.unread if row.may_tasks else 0,
    )

"""Booking for a company: a group at once or not at all, moving, a colleague instead, giving back.

Locks, always in this order: cases, the company's account, weeks of the lane, desk days, persons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.appointments import availability, booking, placing, search, viele
from abh.appointments.booking import Draft
from abh.appointments.errors import BookingStateChanged, SlotUnavailable
from abh.appointments.log import record_booking
from abh.appointments.rueckgabe import FIRM_LANE
from abh.appointments.rules import rules_of
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.fastlane import kontingent_stand as stand
from abh.fastlane.gruppe import LANE, QUOTA, Plan, Seat, fit, week_of
from abh.fastlane.kontingent import Regeln, month_of, regeln
from abh.fastlane.tables_termine import FirmGroup, FirmPlace
from abh.fastlane.termine_stand import Candidate, candidates, units_with_lane
from abh.fastlane.zugang import REFUSED, Acting, covered, require_write
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound, Reason
from abh.workflows.tables import Vorgang

MOST_PERSONS = 60
MOST_TOGETHER = 8
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """Who shall come, what for and when: people of one party follow each other at one desk."""

    unit_key: str
    service_key: str
    parties: tuple[tuple[int, ...], ...]
    first: date
    last: date

    @property
    def persons(self) -> tuple[int, ...]:
        """Everybody, in order."""
        return tuple(each for party in self.parties for each in party)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be booked, and for whom there is no place and why; nothing is taken by it."""

    plan: Plan
    people: Mapping[int, Candidate]
    refused: Mapping[int, str]

    @property
    def complete(self) -> bool:
        """Whether everybody who was asked for has a place in it."""
        return not self.plan.left and not self.refused

    @property
    def fitting(self) -> tuple[int, ...]:
        """Who would get a place."""
        return tuple(seat.person_id for seat in self.plan.seats)


class GroupDoesNotFit(Conflict):
    """Not everybody of a group finds a place; nobody was booked, the proposal says who would."""

    title = "Für diese Gruppe ist nicht für alle ein Platz frei."
    hint = "Sie können den Teil buchen, der passt, oder einen anderen Zeitraum wählen."

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal


class QuotaExhausted(Conflict):
    """The company's places of the month, or the share of the lane in the week, are used up."""

    title = "Das Kontingent erlaubt diesen Platz nicht."
    hint = (
        "Wählen Sie einen anderen Monat oder eine andere Woche, oder nutzen Sie die offene Buchung."
    )

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("; ".join(each.text for each in reasons))
        self.reasons = tuple(reasons)


def propose(session: Session, house: House, who: Acting, wish: Wish) -> Proposal:
    """Return where everybody could sit now; takes nothing and locks nothing. Seven statements.

    Raises ``InvalidInput`` for a wish that cannot be, ``NotAllowed``.
    """
    _refuse_faults(session, house, wish)
    return _proposal(session, house, who, wish)


def _proposal(session: Session, house: House, who: Acting, wish: Wish) -> Proposal:
    people = {
        each.person_id: each
        for each in candidates(
            session, house, who, wish.unit_key, wish.service_key, persons=wish.persons
        )
    }
    refused = {person: _why_refused(people.get(person)) for person in wish.persons}
    refused = {person: why for person, why in refused.items() if why}
    parties = [tuple(each for each in party if each not in refused) for party in wish.parties]
    plan = _plan(session, house, who, wish, [party for party in parties if party])
    return Proposal(plan, people, refused)


def _refuse_faults(session: Session, house: House, wish: Wish) -> None:
    rules, problems = rules_of(house.profile), []
    if not wish.persons or len(set(wish.persons)) < len(wish.persons):
        problems.append(FieldProblem("person", "Bitte wählen Sie mindestens eine Person."))
    if len(wish.persons) > MOST_PERSONS or any(len(p) > MOST_TOGETHER for p in wish.parties):
        words = f"Höchstens {MOST_PERSONS} Personen auf einmal, {MOST_TOGETHER} zusammen."
        problems.append(FieldProblem("person", words))
    if wish.service_key not in rules.firm_services:
        problems.append(FieldProblem("leistung", "Diese Leistung gibt es hier nicht."))
    if wish.unit_key not in units_with_lane(session, house.today):
        problems.append(FieldProblem("sg", "Dieses Sachgebiet hat keine Firmenbahn."))
    furthest = house.today + timedelta(days=rules.offer_days)
    if not house.today <= wish.first <= wish.last <= furthest:
        words = f"Bitte wählen Sie Tage zwischen heute und dem {furthest:%d.%m.%Y}."
        problems.append(FieldProblem("bis", words))
    if problems:
        raise InvalidInput(problems)


def _why_refused(person: Candidate | None) -> str:
    if person is None:
        return REFUSED
    if person.place is not None:
        return f"Hat schon einen Termin am {person.place:%d.%m.%Y}."
    return person.why_not


def house_rules(house: House) -> Regeln:
    """Return the house rules of the quota in force today; raises ``LawMissing``."""
    return regeln(house.law.value, house.today)


def _plan(
    session: Session, house: House, who: Acting, wish: Wish, parties: Sequence[tuple[int, ...]]
) -> Plan:
    if not parties:
        return Plan(())
    need = search.need_of(session, wish.service_key)
    free = {
        (day, desk): bits
        for day, desks in search.desks_by_day(
            session, wish.unit_key, FIRM_LANE, need, wish.first, wish.last, 1024
        )
        for desk, bits in desks.items()
    }
    limits = stand.limits(
        session, who.company_id, wish.unit_key, wish.first, wish.last,
        today=house.today, rules=house_rules(house),
    )  # fmt: skip
    earliest = availability.cell_not_before(house.now() + rules_of(house.profile).lead)
    return fit(free, parties, need.minutes, limits, not_before=earliest)


def book_group(
    session: Session, house: House, who: Acting, wish: Wish, *, key: str
) -> list[Booking]:
    """Book everybody of the wish in this transaction, or nobody.

    The same ``key`` again returns what it booked. Raises ``GroupDoesNotFit`` with a proposal: a
    part is booked by wishing for that part. Raises ``InvalidInput``, ``NotAllowed``.
    """
    require_write(who)
    done = _of_key(session, who, key)
    if done:
        return done
    _refuse_faults(session, house, wish)
    _lock_cases_of(session, wish)
    stand.lock(session, who.company_id, wish.unit_key, stand.weeks_between(wish.first, wish.last))
    for _attempt in range(_TRIES):
        # What others committed while this one waited counts: the same form, the same person.
        done = _of_key(session, who, key)
        if done:
            return done
        proposal = _proposal(session, house, who, wish)
        if not proposal.complete:
            break
        try:
            drafts = [_draft(wish, seat, proposal.people) for seat in proposal.plan.seats]
            taken = viele.reserve_all(session, drafts, now=house.now())
        except SlotUnavailable:
            continue
        _enter(session, house, who, taken, key)
        return taken
    raise GroupDoesNotFit(proposal)


def _of_key(session: Session, who: Acting, key: str) -> list[Booking]:
    return list(
        session.scalars(
            select(Booking)
            .join(FirmPlace, FirmPlace.booking_id == Booking.id)
            .join(FirmGroup, FirmGroup.id == FirmPlace.batch_id)
            .where(FirmGroup.company_id == who.company_id, FirmGroup.key == key)
            .order_by(Booking.id)
        )
    )


def _lock_cases(session: Session, ids: Iterable[int]) -> None:
    """Lock open cases in order, so that one that ends meanwhile gives its place back, too."""
    wanted = sorted(set(ids))
    session.execute(
        select(Vorgang.id).where(Vorgang.id.in_(wanted)).order_by(Vorgang.id).with_for_update()
    )


def _lock_cases_of(session: Session, wish: Wish) -> None:
    """Lock all open cases of these people here; whose they are is looked at after that."""
    session.execute(
        select(Vorgang.id)
        .where(
            Vorgang.person_id.in_(wish.persons),
            Vorgang.unit_key == wish.unit_key,
            Vorgang.closed_at.is_(None),
        )
        .order_by(Vorgang.id)
        .with_for_update()
    )


def _draft(wish: Wish, seat: Seat, people: Mapping[int, Candidate]) -> Draft:
    return Draft(
        wish.unit_key,
        seat.desk_id,
        seat.day,
        seat.start_cell,
        seat.end_cell,
        FIRM_LANE,
        wish.service_key,
        seat.person_id,
        people[seat.person_id].vorgang_id,
    )


_THEIRS = text(
    """
    INSERT INTO firm_place (booking_id, company_id, batch_id, instead_of)
    SELECT place, :company, :batch, CAST(:instead_of AS bigint)
      FROM unnest(CAST(:places AS bigint[])) AS place
    """
)


def _enter(
    session: Session,
    house: House,
    who: Acting,
    taken: Sequence[Booking],
    key: str,
    instead_of: int | None = None,
) -> None:
    """Write whose places these are, and the log."""
    now = house.now()
    batch = FirmGroup(company_id=who.company_id, key=key, made_by=who.actor.user_id, made_at=now)
    session.add(batch)
    session.flush()
    session.execute(
        _THEIRS,
        {
            "places": [each.id for each in taken],
            "company": who.company_id,
            "batch": batch.id,
            "instead_of": instead_of,
        },
    )
    audit.record_all(session, who.actor, [_logged(each, who, batch.id, now) for each in taken])


def _logged(each: Booking, who: Acting, batch_id: int, now: datetime) -> dict[str, object]:
    return {
        "at": now,
        "action": "appointment.book",
        "entity": "booking",
        "entity_id": each.id,
        "vorgang_id": each.vorgang_id,
        "person_id": each.person_id,
        "facts": {
            "day": each.day.isoformat(),
            "cell": each.start_cell,
            "desk": each.desk_id,
            "service": each.service_key,
            "company": who.company_id,
            "batch": batch_id,
        },
    }


def _own(session: Session, who: Acting, booking_id: int, today: date) -> Booking:
    """Return a place of the company whose person a mandate covers; else it does not exist."""
    found = session.scalar(
        select(Booking)
        .join(FirmPlace, FirmPlace.booking_id == Booking.id)
        .where(Booking.id == booking_id, FirmPlace.company_id == who.company_id)
    )
    if found is not None:
        mandated = partial(covered, session, who, day=today, scope="appointments")
        # A mandate for one case alone covers the place that was booked for this case.
        if mandated(person_id=found.person_id) or (
            found.vorgang_id and mandated(vorgang_id=found.vorgang_id)
        ):
            return found
    raise NotFound("Diesen Termin gibt es für Sie nicht.")


def cancel(session: Session, house: House, who: Acting, booking_ids: Sequence[int]) -> int:
    """Give places back, all at once; return how many were. Unknown ones are ``NotFound``.

    What is given back too late (``Regeln.notice_days``) stays counted in the quota of its month.
    """
    require_write(who)
    own = [_own(session, who, each, house.today) for each in sorted(set(booking_ids))]
    _lock_cases(session, [each.vorgang_id for each in own if each.vorgang_id])
    ended = booking.cancel_all(session, own, now=house.now())
    notice = timedelta(days=house_rules(house).notice_days)
    late = [
        each.id
        for each in own
        if each.id in ended
        and availability.instant(each.day, each.start_cell) < house.now() + notice
    ]
    session.execute(update(FirmPlace).where(FirmPlace.booking_id.in_(late)).values(late=True))
    for each in own:
        if each.id in ended:
            session.refresh(each)
            facts: dict[str, object] = {"company": who.company_id}
            record_booking(session, who.actor, "appointment.cancel", each, house.now(), facts)
    return len(ended)


def move(
    session: Session, house: House, who: Acting, booking_id: int, day: date, start_cell: int
) -> Booking:
    """Move a place; person and purpose stay. Raises ``QuotaExhausted``, ``SlotUnavailable``
    with alternatives (the old place stays), ``BookingStateChanged``, ``NotFound``."""
    require_write(who)
    current = _own(session, who, booking_id, house.today)
    _lock_cases(session, [current.vorgang_id] if current.vorgang_id else [])
    weeks = {week_of(current.day), week_of(day)}
    stand.lock(session, who.company_id, current.unit_key, weeks)
    session.refresh(current)
    if current.status != "booked":
        raise BookingStateChanged()
    _refuse_beyond(session, house, who, current, day)
    return placing.move_to(
        session, who.actor, current, day, start_cell,
        now=house.now(), rules=rules_of(house.profile),
    )  # fmt: skip


def _refuse_beyond(
    session: Session, house: House, who: Acting, current: Booking, day: date
) -> None:
    """Refuse a place in another month or week that has none left for this company."""
    left = stand.limits(
        session, who.company_id, current.unit_key, day, day,
        today=house.today, rules=house_rules(house),
    )  # fmt: skip
    minutes = (current.end_cell - current.start_cell) * availability.CELL_MINUTES
    reasons = []
    if month_of(day) != month_of(current.day) and left.places[month_of(day)] < 1:
        reasons.append(Reason("Das Kontingent dieses Monats ist ausgeschöpft.", key=QUOTA))
    if week_of(day) != week_of(current.day) and left.minutes.get(week_of(day), 0) < minutes:
        reasons.append(Reason("Die Firmenbahn dieser Woche ist ausgeschöpft.", key=LANE))
    if reasons:
        raise QuotaExhausted(reasons)


def substitute(
    session: Session, house: House, who: Acting, booking_id: int, person_id: int, *, key: str
) -> Booking:
    """Let a colleague come instead: a new place in that name at the same time, the old one ends.

    Only for the same purpose, only once for each place, and only for somebody who has to come
    (``InvalidInput``). The quota is not touched. The same ``key`` again returns the new place.
    """
    require_write(who)
    done = _of_key(session, who, key)
    if done:
        return done[0]
    old = _own(session, who, booking_id, house.today)
    (party,) = _for_place(session, house, who, old, person_id)
    _lock_cases(session, [each for each in (old.vorgang_id, party.vorgang_id) if each])
    stand.lock(session, who.company_id, old.unit_key, [week_of(old.day)])
    if session.scalar(select(FirmPlace.instead_of).where(FirmPlace.booking_id == old.id)):
        raise Conflict("Dieser Platz wurde schon einmal übernommen; bitte geben Sie ihn zurück.")
    session.refresh(old)
    if old.status != "booked" or begins_too_soon(house, old):
        raise BookingStateChanged()
    (party,) = _for_place(session, house, who, old, person_id)
    wish = Wish(old.unit_key, old.service_key, ((person_id,),), old.day, old.day)
    seat = Seat(person_id, old.day, old.desk_id, old.start_cell, old.end_cell)
    ended = booking.cancel(session, old, now=house.now())
    facts: dict[str, object] = {"company": who.company_id, "instead": person_id}
    record_booking(session, who.actor, "appointment.cancel", ended, house.now(), facts)
    # The lock of the desk day is held since the place was given up: nobody comes in between.
    taken = booking.reserve(session, [_draft(wish, seat, {person_id: party})], now=house.now())
    _enter(session, house, who, taken, key, instead_of=old.id)
    return taken[0]


def begins_too_soon(house: House, place: Booking) -> bool:
    """Whether a place is nearer than anybody may book."""
    start = availability.instant(place.day, place.start_cell)
    return start < house.now() + rules_of(house.profile).lead


def _for_place(
    session: Session, house: House, who: Acting, old: Booking, person_id: int
) -> list[Candidate]:
    found = candidates(session, house, who, old.unit_key, old.service_key, persons=[person_id])
    why = _why_refused(found[0] if found else None)
    if why:
        raise InvalidInput([FieldProblem("person", why)])
    return found

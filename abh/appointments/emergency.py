"""Emergency places: requests with their ground, the closed list, the draw, the places it gives."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, applicant_actor
from abh.appointments import booking, losung, nachweise, placing, search, standby
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.log import Act, record_booking
from abh.appointments.losung import Entry
from abh.appointments.placing import Wish
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.tables import Booking, RosterBlock
from abh.appointments.tables_losung import Draw, EmergencyRequest
from abh.kernel.clock import BERLIN, Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.outbox.service import enqueue
from abh.persons.service import find_or_create_person
from abh.persons.tables import Person
from abh.sprachen import marked, say

SERVICE, LANE = "notfall", "notfall"
# A place that is drawn in the evening may be the first of the next morning.
NO_LEAD = replace(RULES, lead=timedelta(0))
# House rule: requests until eight in the evening before; opened at least three days ahead.
CUTOFF = time(20, 0)
OPEN_AHEAD = timedelta(days=5)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_MOST_EVIDENCE = 500


class DrawClosed(Conflict):
    """The cut-off is over; the next draw takes requests."""

    title = "Die Annahme für diesen Tag ist geschlossen."
    hint = "Bitte stellen Sie den Antrag für den nächsten Tag."


def open_draws(session: Session, *, now: datetime, limit: int = 200) -> int:
    """Publish draws for the days ahead on which a unit has emergency places; return how many.

    Each with a new secret seed, of which only the hash is shown. Twice is once.
    """
    present = now.astimezone(BERLIN).date()
    rows = session.execute(
        select(RosterBlock.unit_key, RosterBlock.day)
        .outerjoin(Draw, (Draw.unit_key == RosterBlock.unit_key) & (Draw.day == RosterBlock.day))
        .where(
            RosterBlock.lane == LANE,
            RosterBlock.day > present,
            RosterBlock.day <= present + OPEN_AHEAD,
            Draw.id.is_(None),
        )
        .distinct()
        .order_by(RosterBlock.day, RosterBlock.unit_key)
        .limit(limit)
    ).all()
    opened = 0
    for unit_key, day in rows:
        opened += open_draw(session, unit_key, day, now=now) is not None
    return opened


def open_draw(session: Session, unit_key: str, day: date, *, now: datetime) -> Draw | None:
    """Publish the draw of a unit and day; None when it is there or its cut-off is over."""
    cutoff = datetime.combine(day - timedelta(days=1), CUTOFF, tzinfo=BERLIN)
    if cutoff <= now:
        return None
    known = session.scalar(select(Draw.id).where(Draw.unit_key == unit_key, Draw.day == day))
    if known is not None:
        return None
    seed = secrets.token_bytes(32)
    draw = Draw(
        unit_key=unit_key,
        day=day,
        seed=seed,
        seed_hash=losung.seed_hash(seed),
        opened_at=now,
        cutoff_at=cutoff,
    )
    session.add(draw)
    session.flush()
    audit.record(
        session, SYSTEM, "draw.open", "draw", draw.id, now=now,
        facts={"unit": unit_key, "day": day.isoformat(), "seed_hash": draw.seed_hash},
    )  # fmt: skip
    return draw


def request_place(
    session: Session,
    draw_id: int,
    person: Mapping[str, Any],
    *,
    ground: str,
    harm_on: date,
    evidence: str,
    email: str = "",
    language: str = "",
    files: Sequence[nachweise.StoredFile] = (),
    clock: Clock,
) -> tuple[EmergencyRequest, str]:
    """Take a request for a place of a draw; return it and the token of its page.

    Mails to ``email`` speak ``language``; "": that of the person. ``files`` prove the ground.

    The answer is the same whether the person is known, has asked before or has a place already:
    several requests of one person count once, so nobody can ask in a stranger's name to shut that
    stranger out. Raises ``DrawClosed`` from the cut-off on, ``InvalidInput``, ``NotFound``.
    """
    now = clock.now()
    draw = session.get(Draw, draw_id, with_for_update={"read": True})
    if draw is None:
        raise NotFound(marked("Diese Losung gibt es nicht."))
    if now >= draw.cutoff_at or draw.closed_at is not None:
        raise DrawClosed()
    problems = []
    if ground not in losung.GROUNDS:
        problems.append(FieldProblem("ground", "Bitte wählen Sie einen Grund."))
    if harm_on < today(clock):
        problems.append(FieldProblem("harm_on", "Dieser Tag ist vorbei."))
    if not evidence.strip() or len(evidence) > _MOST_EVIDENCE:
        problems.append(FieldProblem("evidence", "Bitte nennen Sie den Nachweis, den Sie bringen."))
    if problems:
        raise InvalidInput(problems)
    actor = applicant_actor()
    found = find_or_create_person(session, actor, person, now=now).person
    token = new_token()
    request = EmergencyRequest(
        draw_id=draw.id,
        person_id=found.id,
        pseudonym="".join(secrets.choice(_LETTERS) for _ in range(8)),
        token_hash=token_hash(token),
        ground=ground,
        harm_on=harm_on,
        evidence=evidence.strip(),
        email=email,
        language=language,
        requested_at=now,
    )
    session.add(request)
    session.flush()
    nachweise.add(session, request, files)
    audit.record(
        session, actor, "draw.request", "emergency_request", request.id, now=now,
        person_id=found.id, facts={"draw": draw.id, "ground": ground, "files": len(files)},
    )  # fmt: skip
    return request, token


def by_token(session: Session, token: str) -> EmergencyRequest:
    """Return the request of a link; raises ``NotFound``, the same for unknown and withdrawn."""
    found = session.scalar(
        select(EmergencyRequest).where(
            EmergencyRequest.token_hash == token_hash(token),
            EmergencyRequest.withdrawn_at.is_(None),
        )
    )
    if found is None:
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return found


def standing(session: Session, request: EmergencyRequest) -> EmergencyRequest:
    """Return the request that stands for the person in the closed list; else the request itself."""
    draw = session.get_one(Draw, request.draw_id)
    mine = session.scalars(
        select(EmergencyRequest).where(
            EmergencyRequest.draw_id == request.draw_id,
            EmergencyRequest.person_id == request.person_id,
        )
    )
    return next((each for each in mine if each.pseudonym in (draw.entries or {})), request)


def withdraw(session: Session, request: EmergencyRequest, *, now: datetime) -> None:
    """Withdraw a request; a place it won is free again for the standby list."""
    stands = standing(session, request)
    gone = session.scalars(
        update(EmergencyRequest)
        .where(
            EmergencyRequest.draw_id == request.draw_id,
            EmergencyRequest.person_id == request.person_id,
        )
        .values(withdrawn_at=now)
        .returning(EmergencyRequest.id)
    ).all()
    nachweise.drop(session, gone, now=now)
    if stands.booking_id is not None:
        place = session.get_one(Booking, stands.booking_id)
        if booking.cancel_all(session, [place], now=now):
            session.refresh(place)
            record_booking(session, None, "appointment.cancel", place, now)
            standby.offer_freed(session, place, now=now)


def close_lists(session: Session, *, now: datetime, limit: int = 50) -> int:
    """Close and publish the lists of draws whose cut-off is over; return how many.

    Only requests made before the cut-off count, however late this runs.
    """
    due = session.scalars(
        select(Draw)
        .where(Draw.cutoff_at <= now, Draw.closed_at.is_(None))
        .order_by(Draw.cutoff_at, Draw.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for draw in due:
        draw.entries = {each.pseudonym: each.weight for each in _entries(session, draw)}
        listed = [Entry(*item) for item in draw.entries.items()]
        draw.list_hash, draw.closed_at = losung.list_hash(listed), now
        session.flush()
        audit.record(
            session, SYSTEM, "draw.close", "draw", draw.id, now=now,
            facts={"list_hash": draw.list_hash, "entries": len(listed)},
        )  # fmt: skip
    return len(due)


def _entries(session: Session, draw: Draw) -> list[Entry]:
    rows = session.scalars(
        select(EmergencyRequest)
        .where(
            EmergencyRequest.draw_id == draw.id,
            EmergencyRequest.requested_at < draw.cutoff_at,
            EmergencyRequest.withdrawn_at.is_(None),
        )
        .order_by(EmergencyRequest.requested_at, EmergencyRequest.id)
    )
    first: dict[int, EmergencyRequest] = {}
    for row in rows:
        first.setdefault(row.person_id, row)
    vain = dict(
        session.execute(
            select(EmergencyRequest.person_id, func.count(func.distinct(EmergencyRequest.draw_id)))
            .where(
                EmergencyRequest.person_id.in_(first),
                EmergencyRequest.outcome == "not_drawn",
                EmergencyRequest.requested_at > draw.opened_at - timedelta(days=60),
            )
            .group_by(EmergencyRequest.person_id)
        ).all()
    )
    return [
        Entry(
            row.pseudonym,
            losung.weight_of(row.ground, row.harm_on, draw.day, int(vain.get(row.person_id, 0))),
        )
        for row in first.values()
    ]


def draw_due(session: Session, *, now: datetime, limit: int = 5) -> int:
    """Draw where the list was published before now, and book places in the order drawn."""
    due = session.scalars(
        select(Draw)
        .where(Draw.closed_at < now, Draw.drawn_at.is_(None))
        .order_by(Draw.closed_at, Draw.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for draw in due:
        entries = [Entry(*item) for item in (draw.entries or {}).items()]
        draw.ranking, draw.drawn_at = losung.ranked(draw.seed, entries), now
        session.flush()
        given = _give_places(session, draw, now)
        audit.record(
            session, SYSTEM, "draw.draw", "draw", draw.id, now=now,
            facts={"entries": len(entries), "places": given},
        )  # fmt: skip
    return len(due)


def _give_places(session: Session, draw: Draw, now: datetime) -> int:
    rows = session.scalars(
        select(EmergencyRequest).where(EmergencyRequest.pseudonym.in_(draw.ranking))
    )
    requests = {row.pseudonym: row for row in rows}
    given = 0
    for pseudonym in draw.ranking:
        request = requests[pseudonym]
        if request.withdrawn_at is not None:
            continue
        try:
            place = _next_place(session, draw, request.person_id, now, NO_LEAD)
        except AlreadyBooked:
            request.outcome = "has_place"
            continue
        request.outcome = "not_drawn" if place is None else "drawn"
        if place is not None:
            request.booking_id = place.id
            given += 1
        _tell(session, request, now)
    session.flush()
    return given


def _next_place(
    session: Session, draw: Draw, person_id: int, now: datetime, rules: BookingRules
) -> Booking | None:
    """Book the earliest free emergency place of the day; None when all are given."""
    free = search.free_slots(
        session, draw.unit_key, SERVICE, LANE, from_day=draw.day, days=1, limit=500, now=now,
        rules=rules,
    )  # fmt: skip
    act = Act(SYSTEM, "appointment.book", {"draw": draw.id})
    for slot in free:
        wish = Wish(draw.unit_key, SERVICE, LANE, person_id)
        try:
            return placing.book(
                session, wish, slot.day, slot.start_cell, now=now, rules=rules, act=act
            )
        except SlotUnavailable:
            continue
    return None


def _tell(session: Session, request: EmergencyRequest, now: datetime) -> None:
    if not request.email:
        return
    of_person = select(Person.language).where(Person.id == request.person_id)
    language = request.language or session.scalar(of_person) or ""
    words = {
        "drawn": marked("Sie haben einen Notfalltermin. Zeit und Ort stehen auf Ihrer Seite."),
        "not_drawn": marked("Kein Platz war mehr frei. Ihre Chance steigt beim nächsten Mal."),
    }[request.outcome]
    known_as = say(language, "Ihr Pseudonym")
    enqueue(
        session,
        "mail",
        f"mail:losung:{request.id}:{request.outcome}",
        {
            "to": [request.email],
            "subject": say(language, "Ihr Antrag auf einen Notfalltermin"),
            "text": f"{say(language, words)}\n\n{known_as}: {request.pseudonym}\n",
            "attachments": [],
        },
        now=now,
    )


def publication(session: Session, draw_id: int) -> dict[str, Any]:
    """Return what is public of a draw at this moment, as JSON values; never the seed too early."""
    draw = session.get(Draw, draw_id)
    if draw is None:
        raise NotFound(marked("Diese Losung gibt es nicht."))
    known: dict[str, Any] = {
        "regel": losung.RULE,
        "sachgebiet": draw.unit_key,
        "tag": draw.day.isoformat(),
        "eroeffnet": draw.opened_at.isoformat(),
        "stichzeit": draw.cutoff_at.isoformat(),
        "startwert_hash": draw.seed_hash,
    }
    if draw.closed_at is not None:
        known["geschlossen"] = draw.closed_at.isoformat()
        known["liste"] = [
            {"pseudonym": name, "lose": lots} for name, lots in sorted((draw.entries or {}).items())
        ]
        known["liste_hash"] = draw.list_hash
    if draw.drawn_at is not None:
        known["gezogen"] = draw.drawn_at.isoformat()
        known["startwert"] = draw.seed.hex()
        known["reihenfolge"] = list(draw.ranking)
    return known


def open_for_requests(session: Session, *, now: datetime) -> list[Draw]:
    """Return the draws that take requests now, next day first."""
    return list(
        session.scalars(
            select(Draw)
            .where(Draw.cutoff_at > now, Draw.closed_at.is_(None))
            .order_by(Draw.day, Draw.unit_key)
            .limit(100)
        )
    )

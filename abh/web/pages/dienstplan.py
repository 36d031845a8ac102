"""The roster of a unit by week: who sits where in which lane, what a change hits, load per lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.access.tables import AppUser
from abh.appointments import noshow, planning, roster, verlegen
from abh.appointments import service as appointments
from abh.appointments.errors import SlotUnavailable
from abh.appointments.mitteilung import Way, What, tell_place
from abh.appointments.planning import Hit
from abh.appointments.tables import Booking, RosterBlock
from abh.kernel.errors import (
    Conflict,
    DomainError,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
    SlotTaken,
)
from abh.office import service as office
from abh.office.tables import Closure
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.dienstplan_gemeinsam import (
    Answer,
    day_field,
    hits_ahead,
    lane_choices,
    lane_words,
    load_lines,
    make_change,
    monday_of,
    number_field,
    staff_of,
    time_field,
    told_words,
)
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, staff_blueprint

blueprint = staff_blueprint("dienstplan", __name__)

WEEK = 7
# Proposals cost a search each; further ones appear when the first are moved.
MOST_PROPOSALS = 20


@blueprint.get("/leitung/dienstplan")
@policy(Power.ROSTER_EDIT)
def page() -> str:
    """Show the week: blocks by desk and day, bookings outside the roster, load per lane."""
    return _page(Form())


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    first = monday_of(request.values.get("woche"))
    last = first + timedelta(days=WEEK - 1)
    desks = office.desks(session, unit)
    chosen = page_number(request.values.get("stueck") or request.form.get("block"))
    hits = hits_ahead(session, unit)
    blocks = _blocks(session, unit, first, last)
    closures = _closures(session, unit, first, last)
    return render_template(
        "dienstplan/woche.html",
        unit=unit,
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        first=first,
        before=first - timedelta(days=WEEK),
        after=first + timedelta(days=WEEK),
        days=[first + timedelta(days=n) for n in range(WEEK) if n < 5 or blocks.get(n)],
        blocks=blocks,
        desks=desks,
        staff=[(each.id, each.display_name) for each in staff_of(session, unit)],
        chosen=session.get(RosterBlock, chosen) if chosen else None,
        lanes=lane_choices(),
        hits=[(hit, _proposal(session, hit)) for hit in hits[:MOST_PROPOSALS]],
        hit_count=len(hits),
        load=load_lines(planning.lane_load(session, unit, first, last)),
        away=_away(session, unit, first, last),
        closures=closures,
        closed={each.day for each in closures},
        missed=_missed(session, who, unit),
        horizon=roster.horizon_of(session, unit),
        time_of=appointments.time_of,
        today=web.today(),
        may_overbook=who.may(Power.EXTRA_PLACE),
        form=form,
    )


def _blocks(
    session: Session, unit: str, first: date, last: date
) -> dict[int, dict[int, list[dict[str, Any]]]]:
    """Return the blocks by weekday and desk."""
    rows = session.execute(
        select(RosterBlock, AppUser.display_name)
        .join(AppUser, AppUser.id == RosterBlock.user_id)
        .where(RosterBlock.unit_key == unit, RosterBlock.day.between(first, last))
        .order_by(RosterBlock.day, RosterBlock.desk_id, RosterBlock.cells)
    )
    words = lane_words()
    found: dict[int, dict[int, list[dict[str, Any]]]] = {}
    for block, name in rows:
        of_day = found.setdefault((block.day - first).days, {})
        of_day.setdefault(block.desk_id, []).append(
            {
                "id": block.id,
                "start": appointments.time_of(block.cells.lower or 0),
                "end": appointments.time_of(block.cells.upper or 0),
                "lane": block.lane,
                "word": words[block.lane],
                "name": name,
                "by_hand": block.pattern_id is None,
            }
        )
    return found


# What the advice is about: a day of one lane, at the chance of one day in twenty.
ADVICE_PLACES, ADVICE_RISK = 20, 0.05


def _missed(session: Session, who: Actor, unit: str) -> list[dict[str, Any]]:
    if not who.may(Power.UNIT_LEAD):
        return []
    return [
        {
            "row": row,
            "percent": round(100 * row.rate, 1),
            "advice": noshow.advise(ADVICE_PLACES, row.ended, row.missed, risk=ADVICE_RISK),
        }
        for row in noshow.measured(session, who, unit, now=web.now())
    ]


def _away(session: Session, unit: str, first: date, last: date) -> list[dict[str, Any]]:
    absent = roster.absences(session, first, last)
    wanted = set(absent) | {row.cover_id for rows in absent.values() for row in rows}
    names = {
        row.id: row
        for row in session.scalars(select(AppUser).where(AppUser.id.in_(wanted - {None})))
    }
    return [
        {
            "id": row.id,
            "name": names[user].display_name,
            "first": row.first_day,
            "last": row.last_day,
            "cover": names[row.cover_id].display_name if row.cover_id else "",
        }
        for user, rows in absent.items()
        for row in rows
        if names[user].unit_key == unit
    ]


def _closures(session: Session, unit: str, first: date, last: date) -> list[Closure]:
    return list(
        session.scalars(
            select(Closure)
            .where(
                Closure.day.between(first, last),
                or_(Closure.unit_key == unit, Closure.unit_key.is_(None)),
            )
            .order_by(Closure.day)
        )
    )


def _proposal(session: Session, hit: Hit) -> appointments.Slot | None:
    """Return the same time at another desk of the lane, else the nearest time after it."""
    booked = session.get(Booking, hit.booking_id)
    if booked is None or booked.status != "booked":
        return None
    return verlegen.next_best(session, booked, now=web.now())


@blueprint.post("/leitung/dienstplan/<act>")
@policy(Power.ROSTER_EDIT)
def change(act: str) -> Answer:
    """Change the roster; a change that hits bookings is shown first and done when confirmed."""
    doing = _ACTS.get(act)
    if doing is None:
        raise NotFound()
    unit = chosen_unit(web.actor())
    return make_change(
        unit,
        lambda session, who: doing(session, who, unit),
        again=_page,
        here=url_for("dienstplan.change", act=act, sg=request.args.get("sg")),
        done=_back(unit),
    )


def _back(unit: str) -> str:
    sg = request.args.get("sg")
    return url_for("dienstplan.page", woche=request.form.get("woche") or None, sg=sg or None)


def _add(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.add_block(
        session,
        who,
        unit,
        desk_id=number_field("desk"),
        user_id=number_field("user"),
        day=day_field("day"),
        start=time_field("start"),
        end=time_field("end"),
        lane=request.form.get("lane", ""),
        clock=web.services().clock,
    )


def _lane(session: Session, who: Actor, unit: str) -> list[Hit]:
    lane = request.form.get("lane", "")
    return planning.set_lane(
        session, who, number_field("block"), lane,
        clock=web.services().clock, seen=request.form.get("war", ""),
    )  # fmt: skip


def _remove(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.remove_by_hand(session, who, number_field("block"), clock=web.services().clock)


def _absent(session: Session, who: Actor, unit: str) -> list[Hit]:
    first = day_field("first")
    return planning.record_absence(
        session,
        who,
        number_field("absent"),
        first=first,
        last=read_day(request.form.get("last", ""), "last") or first,
        cover_id=page_number(request.form.get("cover")) or None,
        clock=web.services().clock,
    )


def _return(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.end_absence(session, who, number_field("absence"), clock=web.services().clock)


def _close(session: Session, who: Actor, unit: str) -> list[Hit]:
    reason = request.form.get("reason", "")
    # Names of its own: the page has a form for pieces of the roster with a day and a person.
    day, clock = day_field("closed"), web.services().clock
    try:
        return planning.close_day(session, who, unit, day, reason, clock=clock)
    except InvalidInput as error:
        raise InvalidInput([FieldProblem("closed", p.message) for p in error.problems]) from error


def _open(session: Session, who: Actor, unit: str) -> list[Hit]:
    planning.open_day(session, who, number_field("closure"), clock=web.services().clock)
    return []


def _copy(session: Session, who: Actor, unit: str) -> list[Hit]:
    source, target = day_field("woche"), day_field("target")
    return planning.copy_week(
        session, who, unit, source=source, target=target, clock=web.services().clock
    )


_ACTS: Mapping[str, Callable[[Session, Actor, str], list[Hit]]] = {
    "stueck": _add,
    "spur": _lane,
    "entfernen": _remove,
    "abwesend": _absent,
    "zurueck": _return,
    "schliessen": _close,
    "oeffnen": _open,
    "kopieren": _copy,
}


@blueprint.post("/leitung/dienstplan/verlegen/<int:booking_id>")
@policy(Power.ROSTER_EDIT)
def move(booking_id: int) -> BaseResponse:
    """Move a booking that lost its place to the proposed one, and tell the person."""
    who = web.actor()
    unit = chosen_unit(who)
    try:
        with web.unit_of_work() as session:
            way = _move(session, who, booking_id, day_field("day"), number_field("cell"))
    except DomainError as error:
        if isinstance(error, NotAllowed | NotFound):
            raise
        flash(str(error), "danger")
        return redirect(_back(unit), 303)
    flash(*told_words([way]))
    return redirect(_back(unit), 303)


@blueprint.post("/leitung/dienstplan/verlegen")
@policy(Power.ROSTER_EDIT)
def move_all() -> BaseResponse:
    """Move the bookings shown, each to the best place free at its turn; the others stay listed."""
    who = web.actor()
    unit = chosen_unit(who)
    ways: list[Way] = []
    left = 0
    shown = hits_ahead(web.reading(), unit)[:MOST_PROPOSALS]
    for hit in (each for each in shown if not each.held):
        try:
            with web.unit_of_work() as session:
                best = _proposal(session, hit)
                if best is None:
                    raise SlotUnavailable()
                ways.append(_move(session, who, hit.booking_id, best.day, best.start_cell))
        except (SlotTaken, Conflict):
            left += 1
    if ways:
        flash(*told_words(ways))
    if left:
        flash(_("%(n)s ohne freien Platz oder inzwischen geändert.", n=left), "warning")
    return redirect(_back(unit), 303)


def _move(session: Session, who: Actor, booking_id: int, day: date, cell: int) -> Way:
    before = session.get(Booking, booking_id)
    was = (before.day, before.start_cell) if before is not None else None
    moved = appointments.move(session, who, booking_id, day, cell, clock=web.services().clock)
    what: What = "desk" if was == (moved.day, moved.start_cell) else "moved"
    return tell_place(session, web.house(), moved, what)

"""The roster of a unit by week: who sits where in which lane, what a change hits, load per lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.access.tables import AppUser
from abh.appointments import noshow, planning, roster
from abh.appointments import service as appointments
from abh.appointments.calendar_file import CalendarOffice
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.planning import Hit
from abh.appointments.tables import LANES, Booking, RosterBlock
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.office.tables import Closure, Desk
from abh.sprachen import marked
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint

blueprint = staff_blueprint("dienstplan", __name__)

WEEK = 7
# Proposals cost a search each; further ones appear when the first are moved.
MOST_PROPOSALS = 20


class _Unconfirmed(Exception):
    """The change would leave bookings outside the roster; the transaction is rolled back."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        super().__init__()
        self.hits = hits


@blueprint.get("/leitung/dienstplan")
@policy(Power.ROSTER_EDIT)
def page() -> str:
    """Show the week: blocks by desk and day, bookings outside the roster, load per lane."""
    return _page(Form())


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    first = _monday(request.values.get("woche"))
    last = first + timedelta(days=WEEK - 1)
    desks = office.desks(session, unit)
    chosen = page_number(request.args.get("stueck"))
    hits = planning.hits(session, {unit}, web.today(), web.today() + timedelta(days=400))
    blocks = _blocks(session, unit, first, last)
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
        staff=_staff(session, unit),
        chosen=session.get(RosterBlock, chosen) if chosen else None,
        lanes=[(lane, _lane_words()[lane]) for lane in LANES],
        hits=[(hit, _proposal(session, hit)) for hit in hits[:MOST_PROPOSALS]],
        hit_count=len(hits),
        load=_load(planning.lane_load(session, unit, first, last)),
        away=_away(session, unit, first, last),
        closures=_closures(session, unit, first, last),
        missed=_missed(session, who, unit),
        horizon=roster.horizon_of(session, unit),
        time_of=appointments.time_of,
        today=web.today(),
        form=form,
    )


def _lane_words() -> dict[str, str]:
    return {
        "kunden": _("ohne Termin"),
        "einladung": _("Einladung"),
        "firmen": _("Firmen"),
        "notfall": _("Notfall"),
        "post": _("Post"),
        "pause": _("Pause"),
    }


def _monday(raw: str | None) -> date:
    day = (read_day(raw, "woche") if raw else None) or web.today()
    return day - timedelta(days=day.weekday())


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
    words = _lane_words()
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


def _staff(session: Session, unit: str) -> list[tuple[int, str]]:
    rows = session.execute(
        select(AppUser.id, AppUser.display_name)
        .where(AppUser.unit_key == unit, AppUser.active, AppUser.role.in_(("clerk", "lead")))
        .order_by(AppUser.display_name)
    )
    return [(row.id, row.display_name) for row in rows]


def _load(lines: Sequence[planning.LaneLoad]) -> list[dict[str, Any]]:
    words = _lane_words()
    found = []
    for lane in LANES:
        mine = [line for line in lines if line.lane == lane]
        if mine:
            planned, booked = sum(x.rostered for x in mine), sum(x.booked for x in mine)
            found.append(
                {
                    "lane": words[lane],
                    "rostered": planned,
                    "booked": booked,
                    "free": sum(x.free for x in mine),
                    "share": round(100 * booked / planned) if planned else 0,
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
    """Return the next free place of the same lane, on that day or after it."""
    service = session.scalar(select(Booking.service_key).where(Booking.id == hit.booking_id))
    found = appointments.free_slots(
        session,
        hit.unit_key,
        service or "",
        hit.lane,
        from_day=hit.day,
        days=appointments.RULES.offer_days,
        limit=1,
        now=web.now(),
    )
    return found[0] if found else None


@blueprint.post("/leitung/dienstplan/<act>")
@policy(Power.ROSTER_EDIT)
def change(act: str) -> BaseResponse | tuple[str, int]:
    """Change the roster; a change that hits bookings is shown first and done when confirmed."""
    doing = _ACTS.get(act)
    if doing is None:
        raise NotFound()
    who = web.actor()
    unit = chosen_unit(who)
    try:
        with web.unit_of_work() as session:
            before = {hit.booking_id for hit in _hits_ahead(session, unit)}
            hits = doing(session, who, unit)
            new = [hit for hit in hits if hit.booking_id not in before]
            if new and "bestaetigt" not in request.form:
                raise _Unconfirmed(new)
    except _Unconfirmed as asked:
        show_frame(who)
        return render_template(
            "dienstplan/betroffen.html",
            hits=asked.hits,
            act=act,
            unit=unit,
            sent=[(k, v) for k, v in request.form.items() if k != "csrf_token"],
        ), 409
    except InvalidInput as error:
        show_frame(who)
        form, status = web.refused_form(error, request.form)
        return _page(form), status
    flash(_("Der Dienstplan ist geändert."), "success")
    if new:
        count = len(new)
        flash(
            ngettext(
                "%(num)s Termin liegt jetzt außerhalb des Dienstplans. Bitte verlegen.",
                "%(num)s Termine liegen jetzt außerhalb des Dienstplans. Bitte verlegen.",
                count,
            ),
            "warning",
        )
    return redirect(_back(unit), 303)


def _hits_ahead(session: Session, unit: str) -> list[Hit]:
    return planning.hits(session, {unit}, web.today(), web.today() + timedelta(days=400))


def _back(unit: str) -> str:
    sg = request.args.get("sg")
    return url_for("dienstplan.page", woche=request.form.get("woche") or None, sg=sg or None)


def _add(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.add_block(
        session,
        who,
        unit,
        desk_id=_number("desk"),
        user_id=_number("user"),
        day=_day("day"),
        start=_time("start"),
        end=_time("end"),
        lane=request.form.get("lane", ""),
        clock=web.services().clock,
    )


def _lane(session: Session, who: Actor, unit: str) -> list[Hit]:
    lane = request.form.get("lane", "")
    return planning.set_lane(session, who, _number("block"), lane, clock=web.services().clock)


def _remove(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.remove_by_hand(session, who, _number("block"), clock=web.services().clock)


def _absent(session: Session, who: Actor, unit: str) -> list[Hit]:
    first = _day("first")
    return planning.record_absence(
        session,
        who,
        _number("user"),
        first=first,
        last=read_day(request.form.get("last", ""), "last") or first,
        cover_id=page_number(request.form.get("cover")) or None,
        clock=web.services().clock,
    )


def _return(session: Session, who: Actor, unit: str) -> list[Hit]:
    return planning.end_absence(session, who, _number("absence"), clock=web.services().clock)


def _close(session: Session, who: Actor, unit: str) -> list[Hit]:
    reason = request.form.get("reason", "")
    return planning.close_day(session, who, unit, _day("day"), reason, clock=web.services().clock)


def _open(session: Session, who: Actor, unit: str) -> list[Hit]:
    planning.open_day(session, who, _number("closure"), clock=web.services().clock)
    return []


def _copy(session: Session, who: Actor, unit: str) -> list[Hit]:
    source, target = _day("woche"), _day("target")
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
            moved = appointments.move(
                session, who, booking_id, _day("day"), _number("cell"), clock=web.services().clock
            )
            told = _tell(session, moved)
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(_back(unit), 303)
    if told:
        flash(_("Verlegt; die neue Zeit geht per E-Mail zu."), "success")
    else:
        flash(_("Verlegt. Ohne E-Mail-Adresse: bitte anrufen oder schreiben."), "warning")
    return redirect(_back(unit), 303)


def _tell(session: Session, moved: Booking) -> bool:
    house = web.house()
    room = session.scalar(select(Desk.room).where(Desk.id == moved.desk_id)) or ""
    place = CalendarOffice(
        name=house.office.name,
        address=f"{house.office.street}, {house.office.postcode} {house.office.city}",
        host=urlsplit(house.base_url).hostname or "localhost",
        room=room,
        email=house.office.email,
    )
    words = marked(
        "Wir mussten Ihren Termin verlegen. Die neue Zeit steht im Anhang. Passt sie nicht, "
        "melden Sie sich bitte bei uns."
    )
    notice = Notice(marked("Ihr Termin ist verlegt"), words, house.base_url)
    return tell_by_mail(session, moved, place, notice, now=web.now())


def _number(name: str) -> int:
    number = page_number(request.form.get(name))
    if not number:
        raise InvalidInput([FieldProblem(name, _("Bitte wählen."))])
    return number


def _day(name: str) -> date:
    day = read_day(request.form.get(name, ""), name, needed=True)
    assert day is not None  # noqa: S101
    return day


def _time(name: str) -> time:
    try:
        return time.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise InvalidInput(
            [FieldProblem(name, _("Bitte eine Uhrzeit angeben (HH:MM)."))]
        ) from error

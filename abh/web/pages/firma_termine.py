"""Appointments of a company: quota, groups, moving, a colleague instead, giving back, calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import PUBLIC, Power, policy
from abh.appointments.errors import AlreadyBooked, BookingStateChanged
from abh.appointments.rueckgabe import FIRM_LANE
from abh.appointments.rules import rules_of
from abh.appointments.search import free_slots
from abh.appointments.visits import visit_of
from abh.fastlane import kalender, kontingent_stand, termine, termine_stand
from abh.fastlane.kontingent import month_of, next_month
from abh.fastlane.termine import GroupDoesNotFit, Proposal, QuotaExhausted, Wish
from abh.fastlane.zugang import Acting, acting, note_looks, require_write
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound, SlotTaken
from abh.kernel.ids import content_hash, new_token
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import for_staff
from abh.web.pages.firma_rahmen import show_frame
from abh.web.pages.firma_termine_worte import sentences, why_left
from abh.web.pages.rahmen import page_number, read_day
from abh.web.pages.termin import days_of

blueprint = for_staff(Blueprint("firma_termine", __name__))

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_VALUE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{1,3})")
AHEAD, PLACES = timedelta(days=28), 20


def _who(session: Session) -> Acting:
    who = acting(session, web.actor(), clock=web.services().clock)
    show_frame(who)
    return who


@blueprint.get("/firma/termine")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show quota and places of the company; the look is logged."""
    return _page("")


def _page(link: str) -> str:
    session = web.reading()
    who = _who(session)
    views = termine_stand.places(session, who, today=web.today())
    cases = sorted({each.booking.vorgang_id for each in views if each.booking.vorgang_id})
    note_looks(session, who, cases, what="fastlane.list", now=web.now())
    months = [month_of(web.today()), next_month(month_of(web.today()))]
    found = kontingent_stand.quotas(
        session, who.company_id, months, today=web.today(), rules=termine.house_rules(web.house())
    )
    return render_template(
        "firma/termine.html",
        who=who,
        coming=[each for each in views if each.booking.day >= web.today()],
        past=[each for each in views if each.booking.day < web.today()],
        quotas=[(month, found[month], sentences(found[month])) for month in months],
        calendar=kalender.living(session, who),
        link=link,
        returned=int(rules_of(web.house().profile).firm_return.total_seconds() // 3600),
    )


@blueprint.get("/firma/termine/neu")
@policy(Power.FASTLANE_COMPANY)
def choose() -> str:
    """Choose service, days and people; who cannot or need not come says why."""
    return _choose(Form(request.args))


def _choose(form: Form) -> str:
    session, house = web.reading(), web.house()
    who = _who(session)
    allowed = rules_of(house.profile).firm_services
    names = {each.key: each.name for each in office.services(session)}
    services = [(key, names[key]) for key in allowed if key in names]
    units = termine_stand.units_with_lane(session, web.today())
    service = request.values.get("leistung", services[0][0] if services else "")
    unit = request.values.get("sg", units[0] if units else "")
    known = service in dict(services) and unit in units
    people = termine_stand.candidates(session, house, who, unit, service) if known else []
    note_looks(session, who, [p.vorgang_id for p in people], what="fastlane.list", now=web.now())
    first, last = web.today() + timedelta(days=1), web.today() + AHEAD
    values = {
        "leistung": service,
        "sg": unit,
        "von": form.value("von") or f"{first:%d.%m.%Y}",
        "bis": form.value("bis") or f"{last:%d.%m.%Y}",
        "person": sorted(form.all_chosen("person")),
    }
    return render_template(
        "firma/termine_neu.html",
        form=Form(values, [FieldProblem(p.field, p.message) for p in form.problems]),
        services=services,
        units=[(u.key, f"{u.key} {u.name}") for u in office.units(session) if u.key in units],
        people=people,
        known=known,
        together=[p.household_id for p in people if p.household_id],
    )


def _wish(session: Session, who: Acting) -> Wish:
    first = read_day(request.form.get("von", ""), "von", needed=True)
    last = read_day(request.form.get("bis", ""), "bis", needed=True)
    if first is None or last is None or last < first:
        raise InvalidInput([FieldProblem("bis", _("Das Ende liegt vor dem Beginn."))])
    chosen = [n for n in map(page_number, request.form.getlist("person")) if n]
    unit, service = request.form.get("sg", ""), request.form.get("leistung", "")
    people = termine_stand.candidates(
        session, web.house(), who, unit, service, persons=chosen[: termine.MOST_PERSONS + 1]
    )
    homes = {each.person_id: each.household_id for each in people}
    return Wish(unit, service, _parties(chosen, homes), first, last)


def _parties(chosen: Sequence[int], homes: dict[int, int | None]) -> tuple[tuple[int, ...], ...]:
    """Return families as parties, everybody else alone; a large family comes in two."""
    parties: dict[object, list[int]] = {}
    for person in dict.fromkeys(chosen):
        home = homes.get(person)
        parties.setdefault(("h", home) if home else ("p", person), []).append(person)
    most = termine.MOST_TOGETHER
    return tuple(
        tuple(party[at : at + most])
        for party in parties.values()
        for at in range(0, len(party), most)
    )


@blueprint.post("/firma/termine/vorschlag")
@policy(Power.FASTLANE_COMPANY)
def propose() -> str | tuple[str, int]:
    """Show what would be booked, for all or for the part that fits; nothing is taken yet."""
    session = web.reading()
    who = _who(session)
    require_write(who)
    try:
        wish = _wish(session, who)
        proposal = termine.propose(session, web.house(), who, wish)
    except InvalidInput as error:
        return _choose(Form(request.form, error.problems)), 422
    return _proposal(proposal)


def _proposal(proposal: Proposal) -> str:
    return render_template(
        "firma/termine_vorschlag.html",
        proposal=proposal,
        reasons={**proposal.refused, **why_left(proposal.plan.left)},
        kept={name: request.form.get(name, "") for name in ("leistung", "sg", "von", "bis")},
        key=new_token(),
        all_asked=proposal.complete,
    )


@blueprint.post("/firma/termine")
@policy(Power.FASTLANE_COMPANY)
def book() -> BaseResponse | tuple[str, int]:
    """Book everybody of the form in one transaction, or nobody; then show a new proposal."""
    session = web.reading()
    who = _who(session)
    require_write(who)
    try:
        wish = _wish(session, who)
        with web.unit_of_work() as writing:
            booked = termine.book_group(
                writing, web.house(), who, wish, key=request.form.get("key", "") or new_token()
            )
            number = len(booked)
    except InvalidInput as error:
        return _choose(Form(request.form, error.problems)), 422
    except GroupDoesNotFit as error:
        return _proposal(error.proposal), 409
    except AlreadyBooked as error:
        problem = FieldProblem("person", f"{_(error.title)} {_(error.hint)}")
        return _choose(Form(request.form, [problem])), 409
    flash(
        ngettext("%(num)s Termin ist gebucht.", "%(num)s Termine sind gebucht.", number), "success"
    )
    return redirect(url_for("firma_termine.page"), 303)


@blueprint.post("/firma/termine/absagen")
@policy(Power.FASTLANE_COMPANY)
def cancel() -> BaseResponse:
    """Give the chosen places back."""
    who = _who(web.reading())
    require_write(who)
    ids = [n for n in map(page_number, request.form.getlist("termin")) if n]
    if not ids:
        flash(_("Bitte wählen Sie zuerst Termine aus."), "warning")
        return redirect(url_for("firma_termine.page"), 303)
    with web.unit_of_work() as session:
        ended = termine.cancel(session, web.house(), who, ids[: termine.MOST_PERSONS])
    text = ngettext("%(num)s Termin ist abgesagt.", "%(num)s Termine sind abgesagt.", ended)
    flash(text, "success")
    return redirect(url_for("firma_termine.page"), 303)


@blueprint.get("/firma/termine/<int:booking_id>")
@policy(Power.FASTLANE_COMPANY)
def one(booking_id: int) -> str:
    """Show a place: move it, or let a colleague come instead."""
    return _one(booking_id, Form())


def _one(booking_id: int, form: Form) -> str:
    session, house = web.reading(), web.house()
    who = _who(session)
    view = _view(session, who, booking_id)
    place = view.booking
    note_looks(
        session, who, [place.vorgang_id] if place.vorgang_id else [],
        what="fastlane.list", now=web.now(),
    )  # fmt: skip
    slots = free_slots(
        session, place.unit_key, place.service_key, FIRM_LANE,
        from_day=web.today(), days=rules_of(house.profile).offer_days, limit=PLACES,
        now=web.now(), rules=rules_of(house.profile), visit=visit_of(place),
    )  # fmt: skip
    others = termine_stand.candidates(session, house, who, place.unit_key, place.service_key)
    return render_template(
        "firma/termine_eins.html",
        view=view,
        form=form,
        days=days_of(slots),
        others=[(str(each.person_id), each.name) for each in others if each.bookable],
        key=new_token(),
    )


def _view(session: Session, who: Acting, booking_id: int) -> termine_stand.FirmView:
    for view in termine_stand.places(session, who, today=web.today()):
        if view.booking.id == booking_id:
            return view
    raise NotFound(_("Diesen Termin gibt es für Sie nicht."))


@blueprint.post("/firma/termine/<int:booking_id>/verlegen")
@policy(Power.FASTLANE_COMPANY)
def move(booking_id: int) -> BaseResponse | tuple[str, int]:
    """Move a place; the old one stays until the new one is taken."""
    who = _who(web.reading())
    chosen = _VALUE.fullmatch(request.form.get("termin", ""))
    try:
        day = date.fromisoformat(chosen[1]) if chosen else None
        if chosen is None or day is None or int(chosen[2]) >= 288:
            raise InvalidInput([FieldProblem("termin", _("Bitte wählen Sie eine Zeit."))])
        with web.unit_of_work() as session:
            termine.move(session, web.house(), who, booking_id, day, int(chosen[2]))
    except (InvalidInput, QuotaExhausted, BookingStateChanged, SlotTaken, ValueError) as error:
        return _refused(booking_id, error, "termin")
    flash(_("Der Termin ist verlegt."), "success")
    return redirect(url_for("firma_termine.page"), 303)


@blueprint.post("/firma/termine/<int:booking_id>/vertreten")
@policy(Power.FASTLANE_COMPANY)
def substitute(booking_id: int) -> BaseResponse | tuple[str, int]:
    """Let a colleague come instead, with a place in the own name at the same time."""
    who = _who(web.reading())
    try:
        person = page_number(request.form.get("person"))
        if not person:
            raise InvalidInput([FieldProblem("person", _("Bitte wählen Sie eine Person."))])
        with web.unit_of_work() as session:
            termine.substitute(
                session, web.house(), who, booking_id, person,
                key=request.form.get("key", "") or new_token(),
            )  # fmt: skip
    except (InvalidInput, BookingStateChanged, SlotTaken, AlreadyBooked) as error:
        return _refused(booking_id, error, "person")
    flash(_("Der Platz gehört jetzt der anderen Person."), "success")
    return redirect(url_for("firma_termine.page"), 303)


def _refused(booking_id: int, error: Exception, field: str) -> tuple[str, int]:
    if isinstance(error, InvalidInput):
        return _one(booking_id, Form(request.form, error.problems)), 422
    reasons = getattr(error, "reasons", ())
    text = "; ".join(each.text for each in reasons) or _(getattr(error, "title", ""))
    if isinstance(error, SlotTaken) or not text:
        text = _("Diese Zeit ist inzwischen vergeben. Bitte wählen Sie eine andere.")
    return _one(booking_id, Form(request.form, [FieldProblem(field, text)])), 409


@blueprint.get("/firma/termine.ics")
@policy(Power.FASTLANE_COMPANY)
def calendar() -> Response:
    """Give all coming places as one calendar file, without names."""
    session = web.reading()
    who = _who(session)
    views = [view for view in termine_stand.places(session, who, today=web.today()) if view.movable]
    cases = [view.booking.vorgang_id for view in views if view.booking.vorgang_id]
    note_looks(session, who, cases, what="firma.calendar", now=web.now())
    response = make_response(kalender.file_of(web.house(), views, web.today()))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="termine.ics"'
    return response


@blueprint.post("/firma/termine/kalender")
@policy(Power.FASTLANE_COMPANY)
def make_calendar() -> Response:
    """Make a secret address for the company's calendar and show it, this once."""
    who = _who(web.reading())
    with web.unit_of_work() as session:
        token = kalender.make(session, who, now=web.now())
    response = make_response(_page(web.house().link("firma", "kalender", f"{token}.ics")))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/firma/termine/kalender/widerrufen")
@policy(Power.FASTLANE_COMPANY)
def end_calendar() -> BaseResponse:
    """End the address at once."""
    who = _who(web.reading())
    with web.unit_of_work() as session:
        kalender.revoke(session, who, now=web.now())
    flash(_("Die Adresse gilt nicht mehr."), "success")
    return redirect(url_for("firma_termine.page"), 303)


@blueprint.get("/firma/kalender/<token>.ics")
@policy(PUBLIC)
def feed(token: str) -> Response:
    """Give the calendar behind a secret address; unchanged it costs nothing to ask again."""
    if not _TOKEN.fullmatch(token):
        raise NotFound(kalender.GONE)
    data = kalender.feed_file(web.reading(), web.house(), token)
    response: Any = make_response(data)
    response.mimetype = "text/calendar"
    response.set_etag(content_hash(data)[:20])
    return response.make_conditional(request)

"""Group events for staff: plan, invite from cases that wait, check in, hand over; list to print."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from babel import Locale
from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.appointments import event_guests, events
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.render import Listing
from abh.kernel.birthdate import PartialDate
from abh.kernel.clock import BERLIN
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.persons.schemas import LANGUAGES
from abh.persons.tables import Person
from abh.web import session as web
from abh.web.forms import Form, date_text
from abh.web.i18n import language
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.workflows import feier
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("veranstaltungen", __name__)

SHOWN = timedelta(days=60)
DATE_FIELDS = ("day", "reply_until")
_NUMBER = re.compile(r"\d{1,4}")


@blueprint.get("/veranstaltungen")
@policy(Power.CASE_COUNTER)
def page() -> str:
    """Show the unit's events, and the form for a new one."""
    return _page(Form({}, (), DATE_FIELDS))


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    if "frame" not in g:
        show_frame(who)
    return render_template(
        "veranstaltungen/liste.html",
        form=form,
        rows=events.events_of(session, who, since=web.now() - SHOWN),
        kinds=[(key, kind.label) for key, kind in events.KINDS.items()],
        languages=[(code, language_name(code)) for code in LANGUAGES],
        may_plan=who.may(Power.UNIT_LEAD),
    )


@blueprint.post("/veranstaltungen")
@policy(Power.UNIT_LEAD)
def make() -> BaseResponse | tuple[str, int]:
    """Make an event."""
    who = web.actor()
    try:
        plan = _plan()
        with web.unit_of_work() as session:
            event_id = events.make_event(session, who, who.unit_key or "", plan, now=web.now()).id
    except InvalidInput as error:
        return _page(Form(request.form, error.problems, DATE_FIELDS)), 422
    return redirect(url_for("veranstaltungen.one", event_id=event_id), 303)


def _plan() -> events.Plan:
    problems: list[FieldProblem] = []
    day, until = _day("day", problems), _day("reply_until", problems)
    start, end = _time("start", problems), _time("end", problems)
    places, guests = _count("places", problems), _count("guests_each", problems)
    if problems:
        raise InvalidInput(problems)
    return events.Plan(
        kind=request.form.get("kind", ""),
        title=request.form.get("title", ""),
        place=request.form.get("place", ""),
        starts_at=datetime.combine(day, start, tzinfo=BERLIN),
        ends_at=datetime.combine(day, end, tzinfo=BERLIN),
        places=places,
        guests_each=guests,
        languages=request.form.getlist("languages"),
        reply_until=until,
    )


def _day(name: str, problems: list[FieldProblem]) -> date:
    try:
        return date.fromisoformat(date_text(request.form, name))
    except ValueError:
        problems.append(FieldProblem(name, _("Bitte ein Datum angeben.")))
        return date.max


def _time(name: str, problems: list[FieldProblem]) -> time:
    try:
        found = time.fromisoformat(request.form.get(name, ""))
    except ValueError:
        found = time.max
    if found.tzinfo is not None or found == time.max:
        problems.append(FieldProblem(name, _("Bitte eine Uhrzeit angeben (HH:MM).")))
        return time(0)
    return found


def _count(name: str, problems: list[FieldProblem]) -> int:
    raw = request.form.get(name, "").strip()
    if not _NUMBER.fullmatch(raw):
        problems.append(FieldProblem(name, _("Bitte eine Zahl angeben.")))
        return 0
    return int(raw)


@blueprint.get("/veranstaltungen/<int:event_id>")
@policy(Power.CASE_COUNTER)
def one(event_id: int) -> Response:
    """Show who is invited, what they answered, who came; the look is recorded."""
    return _one(event_id, Form())


def _one(event_id: int, form: Form, status: int = 200) -> Response:
    who, session = web.actor(), web.reading()
    if "frame" not in g:
        show_frame(who)
    event = events.event_of(session, who, event_id)
    guests = event_guests.guest_list(session, who, event_id, now=web.now())
    cases = [guest.vorgang_id for guest, _person in guests if guest.vorgang_id]
    numbers = session.execute(
        select(Vorgang.id, Vorgang.number, Vorgang.row_version).where(Vorgang.id.in_(cases))
    )
    body = render_template(
        "veranstaltungen/eine.html",
        form=form,
        event=event,
        kind=events.KINDS[event.kind],
        guests=guests,
        cases={row.id: row for row in numbers},
        ceremony=event.kind in feier.CEREMONIES,
        waiting=feier.candidates(session, who, event, web.now()),
        today=event.starts_at.astimezone(BERLIN).date() == web.today(),
        may_plan=who.may(Power.UNIT_LEAD),
        replies=reply_words(),
        language_name=language_name,
        over=event.cancelled_at is not None or event.starts_at <= web.now(),
        plan=form if form.has("title") else Form(_values(event), (), DATE_FIELDS),
        languages=[(code, language_name(code)) for code in LANGUAGES],
    )
    return make_response(body, status)


def _values(event: GroupEvent) -> dict[str, object]:
    """Return an event as its form shows it."""
    begins, ends = event.starts_at.astimezone(BERLIN), event.ends_at.astimezone(BERLIN)
    days = {"day": begins.date(), "reply_until": event.reply_until}
    parts = {
        f"{name}_{part}": str(getattr(day, part))
        for name, day in days.items()
        for part in ("day", "month", "year")
    }
    return parts | {
        "title": event.title,
        "place": event.place,
        "start": f"{begins:%H:%M}",
        "end": f"{ends:%H:%M}",
        "places": str(event.places),
        "guests_each": str(event.guests_each),
        "languages": list(event.languages),
    }


def language_name(code: str) -> str:
    """Return what a language is called in that of the page."""
    return str(Locale.parse(language()).languages.get(code, code))


def reply_words() -> dict[str, str]:
    """Return the answers in words."""
    return {"open": _("noch keine Antwort"), "yes": _("kommt"), "no": _("kommt nicht")}


@blueprint.post("/veranstaltungen/<int:event_id>/<act>")
@policy(Power.CASE_COUNTER)
def act(event_id: int, act: str) -> BaseResponse:
    """Invite, note numbers, change, cancel."""
    acts = {"einladen": _invite, "nummern": _numbers, "aendern": _change, "absagen": _cancel}
    doing = acts.get(act)
    if doing is None:
        raise NotFound()
    try:
        told, tone = doing(event_id)
    except DomainError as error:
        form, status = web.refused_form(error, request.form, DATE_FIELDS)
        if status in (403, 404):
            raise
        return _one(event_id, form, status)
    flash(told, tone)
    return redirect(url_for("veranstaltungen.one", event_id=event_id), 303)


def _invite(event_id: int) -> tuple[str, str]:
    chosen = [page_number(raw) for raw in request.form.getlist("vorgang")]
    with web.unit_of_work() as session:
        done = feier.invite_cases(
            session, web.house(), web.actor(), event_id, list(filter(None, chosen))
        )
    refused = "".join(f" {number}: {why}" for number, why in done.refused.items())
    return _("%(n)s eingeladen.", n=done.count) + refused, "warning" if refused else "success"


def _numbers(event_id: int) -> tuple[str, str]:
    typed = {
        page_number(name.removeprefix("nummer-")): value
        for name, value in request.form.items()
        if name.startswith("nummer-")
    }
    with web.unit_of_work() as session:
        count = event_guests.note_certificates(session, web.actor(), event_id, typed, now=web.now())
    return _("%(n)s Nummern eingetragen.", n=count), "success"


def _change(event_id: int) -> tuple[str, str]:
    with web.unit_of_work() as session:
        told = events.change(session, web.house(), web.actor(), event_id, _plan())
    return _("Geändert; %(n)s Personen benachrichtigt.", n=told), "success"


def _cancel(event_id: int) -> tuple[str, str]:
    with web.unit_of_work() as session:
        told = events.cancel(session, web.house(), web.actor(), event_id)
    return _("Abgesagt; %(n)s Personen benachrichtigt.", n=told), "success"


@blueprint.post("/veranstaltungen/gast/<int:guest_id>/<act>")
@policy(Power.CASE_COUNTER)
def guest_act(guest_id: int, act: str) -> BaseResponse:
    """Check somebody in, hand over, take the invitation back."""
    who, now = web.actor(), web.now()
    event_id = event_guests.guest_of(web.reading(), who, guest_id).event_id
    try:
        with web.unit_of_work() as session:
            if act == "da":
                event_guests.check_in(session, who, guest_id, now=now)
            elif act == "ausladen":
                if not event_guests.withdraw(session, web.house(), who, guest_id):
                    flash(_("Zurückgenommen, ohne Nachricht an die Person."), "warning")
            elif act == "aushaendigen":
                feier.hand_over(
                    session,
                    web.house(),
                    who,
                    guest_id,
                    confirmed="bestaetigt" in request.form,
                    seal=request.form.get("siegel", "").strip(),
                    expected_version=page_number(request.form.get("row_version")) or None,
                )
            else:
                raise NotFound()
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404) and not error.reasons:
            raise
        return _one(event_id, form, status)
    return redirect(url_for("veranstaltungen.one", event_id=event_id, _anchor=f"g{guest_id}"), 303)


@blueprint.get("/veranstaltungen/<int:event_id>/liste.pdf")
@policy(Power.CASE_COUNTER)
def printed(event_id: int) -> Response:
    """Give the list to print and tick off; the look is recorded."""
    who, session = web.actor(), web.reading()
    event = events.event_of(session, who, event_id)
    guests = event_guests.guest_list(session, who, event_id, now=web.now())
    response = make_response(web.house().renderer.listing(_listing(event, guests)))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="liste.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _listing(event: GroupEvent, guests: list[tuple[EventGuest, Person]]) -> Listing:
    handed = events.KINDS[event.kind].handed
    words = reply_words()
    columns = [_("Name"), _("Geburtsdatum"), _("Antwort"), _("Gäste"), _("Sprache"), _("Platz")]
    rows = []
    for guest, person in guests:
        born = PartialDate(person.birth_year, person.birth_month, person.birth_day)
        row = [
            f"{person.family_name}, {person.given_names}".strip(", "),
            str(born),
            words[guest.reply],
            str(guest.guests) if guest.reply == "yes" else "",
            language_name(guest.language),
            _("barrierefrei") if guest.accessible else "",
            "",
        ]
        rows.append(tuple([*row, guest.certificate] if handed else row))
    heads = [*columns, _("da"), handed] if handed else [*columns, _("da")]
    begins = event.starts_at.astimezone(BERLIN)
    lead = f"{begins:%d.%m.%Y, %H:%M} Uhr · {event.place} · {event.taken}/{event.places}"
    return Listing(event.title, lead, tuple(heads), tuple(rows))

"""Answering an invitation to an event by its link: whether one comes, with how many, in which
language; without JavaScript."""

from __future__ import annotations

import re

from babel import Locale
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import event_guests
from abh.appointments.calendar_file import CalendarOffice, event_file
from abh.appointments.events import EventOver
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import language

blueprint = Blueprint("einladung", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
GONE = "Dieser Link gilt nicht (mehr)."


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise NotFound(GONE)
    return token


@blueprint.get("/einladung/<token>")
@policy(PUBLIC)
def page(token: str) -> str:
    """Show the event and the answer that stands; no name."""
    event, guest = event_guests.by_token(web.reading(), _checked(token))
    given = {
        "reply": guest.reply if guest.reply in ("yes", "no") else "",
        "guests": str(guest.guests),
        "language": guest.language,
        "accessible": ["1"] if guest.accessible else [],
    }
    return _render(token, event, guest, Form(given))


def _render(token: str, event: GroupEvent, guest: EventGuest, form: Form) -> str:
    begun = event.starts_at <= web.now()
    open_ = event.cancelled_at is None and web.today() <= event.reply_until and not begun
    names = Locale.parse(language())
    return render_template(
        "einladung/seite.html",
        token=token,
        event=event,
        guest=guest,
        form=form,
        open=open_ and guest.came_at is None,
        begun=begun,
        counts=[(str(n), str(n)) for n in range(event.guests_each + 1)],
        languages=[(code, names.languages.get(code, code)) for code in event.languages],
    )


@blueprint.post("/einladung/<token>")
@policy(PUBLIC)
def answer(token: str) -> Response | tuple[str, int]:
    """Take the answer; a later one replaces it."""
    event, guest = event_guests.by_token(web.reading(), _checked(token))
    coming = request.form.get("reply", "")
    count = request.form.get("guests", "0")
    try:
        if coming not in ("yes", "no"):
            raise InvalidInput([FieldProblem("reply", _("Bitte wählen."))])
        if not count.isdecimal() or len(count) > 3:
            raise InvalidInput([FieldProblem("guests", _("Bitte wählen."))])
        with web.unit_of_work() as session:
            event_guests.reply(
                session,
                token,
                coming=coming == "yes",
                guests=int(count) if coming == "yes" else 0,
                accessible="accessible" in request.form,
                language=request.form.get("language", ""),
                now=web.now(),
            )
    except EventOver:
        # The page says so, with the event and the answer that stands.
        event, guest = event_guests.by_token(web.reading(), token)
        return _render(token, event, guest, Form()), 409
    except InvalidInput as error:
        event, guest = event_guests.by_token(web.reading(), token)
        return _render(token, event, guest, Form(request.form, error.problems)), 422
    return redirect(url_for("einladung.page", token=token), 303)


@blueprint.get("/einladung/<token>/termin.ics")
@policy(PUBLIC)
def calendar(token: str) -> Response:
    """Give the event as iCalendar file to somebody who comes."""
    event, guest = event_guests.by_token(web.reading(), _checked(token))
    if guest.reply != "yes":
        raise NotFound(GONE)
    office = CalendarOffice.of(web.house())
    response = make_response(event_file(event, office, now=web.now(), language=language()))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return response

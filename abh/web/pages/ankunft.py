"""The terminal in the waiting room: a code typed or scanned, the number to wait with in return."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from abh.access.policy import PUBLIC, policy
from abh.appointments import ankunft
from abh.appointments.ankunft import Arrival
from abh.kernel.errors import FieldProblem, NotFound
from abh.office.tables import Sachgebiet
from abh.web import session as web
from abh.web.bremse import Brake, Wait
from abh.web.forms import Form
from abh.web.qr import qr_code

blueprint = Blueprint("ankunft", __name__, url_prefix="/ankunft/<token>")

# Only codes that fit nothing count: everybody who comes stands at the same address.
BRAKE = Brake(free=20, window=timedelta(minutes=10), pause=timedelta(seconds=15))
# How long an answer stands before the next person finds an empty page in German.
SECONDS = 20
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def code_parts(booking_id: int) -> dict[str, Any]:
    """Return what ``termine/_code.html`` shows: the code of a place, and as a picture to scan."""
    code = ankunft.code_of(web.house().secret, booking_id)
    return {"code": code, "code_qr": qr_code(code)}


def _unit(token: str) -> Sachgebiet:
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return ankunft.unit_of(web.reading(), web.house().secret, token)


@blueprint.get("")
@policy(PUBLIC)
def page(token: str) -> str:
    """Ask for the code."""
    return _render(token, _unit(token), Form())


def _render(
    token: str,
    unit: Sachgebiet,
    form: Form,
    *,
    arrival: Arrival | None = None,
    wait: Wait | None = None,
) -> str:
    return render_template(
        "ankunft/seite.html",
        token=token,
        unit=unit,
        form=form,
        arrival=arrival,
        wait=wait,
        seconds=SECONDS,
    )


@blueprint.post("")
@policy(PUBLIC)
def send(token: str) -> str | tuple[str, int]:
    """Report the person; the page is the answer itself, for sending it twice changes nothing."""
    unit = _unit(token)
    address, now = request.remote_addr or "", web.now()
    if BRAKE.pause_for(address, now):
        slip, work = request.form.get("warteschein", ""), request.form.get("rechnung", "")
        wait = BRAKE.admit(address, now, slip, web.services().settings.secret_key, work)
        if wait is not None:
            return _render(token, unit, Form(request.form), wait=wait), 429
    typed = request.form.get("code", "")
    with web.unit_of_work() as session:
        arrival = ankunft.report(
            session, web.house().secret, unit.key, typed, clock=web.services().clock
        )
    if arrival is not None:
        return _render(token, unit, Form(), arrival=arrival)
    BRAKE.count(address, now)
    text = _("Zu diesem Code gibt es heute keinen offenen Termin.")
    problem = FieldProblem("code", text)
    return _render(token, unit, Form(request.form, [problem])), 422

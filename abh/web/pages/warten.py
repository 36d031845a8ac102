"""Waiting elsewhere: how long it takes now by service, and the page of a number that waits."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import walkin, wartezeit
from abh.kernel.errors import NotFound
from abh.office import service as office
from abh.office.tables import Desk
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leistungsworte import service_words

blueprint = Blueprint("warten", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return token


@blueprint.get("/wartezeit")
@policy(PUBLIC)
def now() -> str:
    """Show how long people without an appointment wait at this moment, service by service."""
    session = web.reading()
    units = [unit for unit in office.units(session) if not unit.central]
    chosen = request.args.get("sg", "")
    rows = []
    if chosen in {unit.key for unit in units}:
        waits = wartezeit.forecasts(session, chosen, clock=web.services().clock)
        names = {each.key: service_words(each.name) for each in office.services(session)}
        rows = sorted((names[key], found) for key, found in waits.items() if found is not None)
    return render_template(
        "termine/wartezeit.html",
        form=Form({"sg": chosen}),
        units=[(unit.key, f"{unit.key} {unit.name}") for unit in units],
        chosen=chosen,
        rows=rows,
        at=web.now(),
    )


@blueprint.get("/warten/<token>")
@policy(PUBLIC)
def page(token: str) -> str:
    """Show number, people ahead and the wait as a range; no name, no purpose."""
    session = web.reading()
    row = walkin.by_token(session, _checked(token))
    expected = None
    if row.status == "waiting" and row.day == web.today():
        expected = wartezeit.forecast_of(session, row, clock=web.services().clock)
    desk = session.scalar(select(Desk).where(Desk.id == row.called_to)) if row.called_to else None
    return render_template(
        "termine/warten.html",
        token=token,
        row=row,
        expected=expected,
        desk=desk,
        over=row.day != web.today(),
    )


@blueprint.post("/warten/<token>/verlassen")
@policy(PUBLIC)
def leave(token: str) -> Response:
    """Give the number up."""
    with web.unit_of_work() as session:
        walkin.leave(session, _checked(token), clock=web.services().clock)
    return redirect(url_for("warten.page", token=token), 303)

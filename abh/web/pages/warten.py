"""Waiting elsewhere: the page of a number says how many are ahead and how long it may take."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import walkin, wartezeit
from abh.kernel.errors import NotFound
from abh.office.tables import Desk
from abh.web import session as web

blueprint = Blueprint("warten", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return token


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

"""Calendar feeds: the secret address that calendars read, and the page to make and revoke one."""

from __future__ import annotations

import re

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, Power, policy
from abh.access.tables import AppUser
from abh.appointments import feeds
from abh.kernel.errors import NotFound
from abh.kernel.ids import content_hash
from abh.web import session as web
from abh.web.pages.rahmen import show_frame, staff_blueprint

blueprint: Blueprint = staff_blueprint("kalender", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@blueprint.get("/kalender/<token>.ics")
@policy(PUBLIC)
def feed(token: str) -> Response:
    """Give the calendar; unchanged it costs nothing to ask again (ETag)."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Kalender gilt nicht (mehr).")
    data = feeds.feed_file(web.reading(), web.house(), token, now=web.now())
    response = make_response(data)
    response.mimetype = "text/calendar"
    response.set_etag(content_hash(data)[:20])
    return response.make_conditional(request)


@blueprint.get("/kalender")
@policy(Power.CASE_COUNTER)
def page() -> str:
    """Show which addresses are alive; the addresses themselves are nowhere to be read again."""
    return _render("")


def _render(link: str) -> str:
    session, who = web.reading(), web.actor()
    rows = feeds.feeds_of(session, who)
    ids = [row.user_id for row in rows if row.user_id]
    names = dict(
        session.execute(select(AppUser.id, AppUser.display_name).where(AppUser.id.in_(ids))).all()
    )
    return render_template(
        "kalender/seite.html", rows=rows, names=names, who=who, link=link,
        may_unit=who.may(Power.UNIT_LEAD),
    )  # fmt: skip


@blueprint.post("/kalender")
@policy(Power.CASE_COUNTER)
def make() -> Response:
    """Make an address and show it, this once."""
    who = web.actor()
    with web.unit_of_work() as session:
        whole = request.form.get("art") == "sachgebiet"
        _feed, token = feeds.make_feed(session, who, unit=whole, now=web.now())
    show_frame(who)
    response = make_response(_render(web.house().link("kalender", f"{token}.ics")))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/kalender/<int:feed_id>/widerrufen")
@policy(Power.CASE_COUNTER)
def revoke(feed_id: int) -> Response:
    """End an address at once."""
    with web.unit_of_work() as session:
        feeds.revoke(session, web.actor(), feed_id, now=web.now())
    flash(_("Die Adresse gilt nicht mehr."), "success")
    return redirect(url_for("kalender.page"), 303)

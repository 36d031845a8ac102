"""The tablet at a desk: nothing, or the status page of the visitor the clerk shows it to."""

from __future__ import annotations

import re

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.kernel.errors import NotFound
from abh.web import session as web
from abh.web import worte
from abh.web.pages.status import meeting_of, missing_things
from abh.web.pages.status_heute import today_of, when_decided
from abh.workflows import tablet
from abh.workflows.steps import load_case

blueprint = Blueprint("tablet", __name__, url_prefix="/tablet/<token>")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
GONE = "Dieser Link gilt nicht (mehr)."


def _shown(token: str) -> tablet.Shown | None:
    if not _TOKEN.fullmatch(token):
        raise NotFound(GONE)
    return tablet.by_token(web.reading(), token, now=web.now())


@blueprint.get("")
@policy(PUBLIC)
def page(token: str) -> Response | str:
    """Show what the clerk shows, in the language chosen there until the person takes another.

    The mark in the address keeps a language from reaching the next visitor.
    """
    shown = _shown(token)
    if shown is None:
        if request.args:
            return redirect(url_for("tablet.page", token=token), 303)
        return render_template("tablet/seite.html", token=token, mark="", case=None)
    if request.args.get("fuer") != shown.mark or "lang" not in request.args:
        here = url_for("tablet.page", token=token, fuer=shown.mark, lang=shown.language)
        return redirect(here, 303)
    session = web.reading()
    case = load_case(session, web.house(), vorgang_id=shown.vorgang_id)
    state = case.verfahren.state(case.state)
    if state is None:
        raise NotFound(GONE)
    waits = case.state == "awaiting_applicant"
    return render_template(
        "tablet/seite.html",
        token=token,
        mark=shown.mark,
        case=case,
        today=today_of(session, web.house(), case),
        day=web.today(),
        words=worte.text_of(state.portal_words),
        turn=worte.TURNS[state.whose_turn],
        when=when_decided(web.house(), case),
        until=case.facts.request.until if waits else None,
        missing=missing_things(case) if waits else (),
        meeting=meeting_of(session, case, ()),
    )


@blueprint.get("/stand")
@policy(PUBLIC)
def state(token: str) -> Response:
    """Give the mark of what is shown; the script of the page asks every three seconds."""
    shown = _shown(token)
    return jsonify(mark=shown.mark if shown else "")

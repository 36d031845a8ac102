"""The engine room: jobs that ran, effects that failed, and trying them again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import RowMapping, select, text
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import Power, policy, require, unit_filter
from abh.kernel.errors import NotAllowed, NotFound
from abh.outbox import service as outbox
from abh.outbox.tables import OutboxMessage
from abh.web import session as web
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import may_know

blueprint = staff_blueprint("betrieb", __name__)

_RUNS = text(
    """
SELECT DISTINCT ON (job) job, planned_for, started_at, finished_at, outcome, detail
  FROM job_run ORDER BY job, planned_for DESC
"""
)
_BEATS = text("SELECT process, at FROM heartbeat ORDER BY process")
_WAITING = text(
    "SELECT kind, count(*) AS waiting, min(not_before) AS oldest FROM outbox_message"
    " WHERE state = 'waiting' GROUP BY kind ORDER BY kind"
)
_PLACES = text("SELECT id, number, unit_key, verfahren FROM vorgang WHERE id = ANY(:ids)")


@blueprint.get("/betrieb")
@policy(Power.UNIT_LEAD, Power.ADMIN)
def page() -> str:
    """Show processes, last runs, what waits and what failed (leads: of their own unit)."""
    who, session = web.actor(), web.reading()
    unit = None if who.may(Power.ADMIN) else unit_filter(who)
    messages = outbox.troubled(session, limit=100)
    ids = [m.vorgang_id for m in messages if m.vorgang_id]
    places = {r["id"]: r for r in session.execute(_PLACES, {"ids": ids}).mappings()}
    shown = [
        {
            "id": m.id,
            "kind": m.kind,
            "state": m.state,
            "attempts": m.attempts,
            "error": m.last_error,
            "created_at": m.created_at,
            # The technician mends the printer and needs no name of a case for it.
            "number": _number(who, places.get(m.vorgang_id or 0)),
        }
        for m in messages
        if unit is None or (m.vorgang_id in places and places[m.vorgang_id]["unit_key"] == unit)
    ]
    return render_template(
        "betrieb/seite.html",
        runs=session.execute(_RUNS).mappings().all(),
        beats=session.execute(_BEATS).mappings().all(),
        waiting=session.execute(_WAITING).mappings().all(),
        messages=shown,
        now=web.now(),
        may_accounts=who.may(Power.ADMIN),
    )


def _number(who: Actor, place: RowMapping | None) -> str:
    known = (
        place is not None
        and who.may(Power.CASE_READ)
        and may_know(who, place["verfahren"], place["unit_key"])
    )
    return str(place["number"]) if place is not None and known else ""


@blueprint.post("/betrieb/<int:message_id>/wiederholen")
@policy(Power.UNIT_LEAD, Power.ADMIN)
def retry(message_id: int) -> BaseResponse:
    """Let a failed effect be delivered again at once."""
    who = web.actor()
    with web.unit_of_work() as session:
        message = session.get(OutboxMessage, message_id)
        if message is None:
            raise NotFound(_("Diesen Auftrag gibt es nicht."))
        if not who.may(Power.ADMIN):
            unit = session.scalar(select(Vorgang.unit_key).where(Vorgang.id == message.vorgang_id))
            if unit is None:
                raise NotAllowed(_("Dieser Auftrag gehört zu keinem Sachgebiet."))
            require(who, Power.UNIT_LEAD, unit)
        outbox.retry(session, who, message_id, now=web.now())
    flash(_("Wird noch einmal versucht."), "success")
    return redirect(url_for("betrieb.page"), 303)

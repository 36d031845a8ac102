"""The supervisor's page: how the unit stands and what to do; who changed what in a case."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit, verify
from abh.access.actor import Actor
from abh.access.policy import Power, policy, require, unit_filter
from abh.appointments import planning
from abh.appointments.spurwechsel import EMERGENCY
from abh.kernel.errors import NotFound
from abh.office import service as office
from abh.post import zaehler
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages import leitung_lage as lage
from abh.web.pages.desk import number_of
from abh.web.pages.dienstplan_gemeinsam import lane_words
from abh.web.pages.protokoll_worte import action_words, fact_lines
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.workflows import leitungslisten as listen
from abh.workflows.registry import get as get_verfahren
from abh.workflows.zugriff import check as check_access

blueprint = staff_blueprint("leitung", __name__)

ENTRIES = 100
CHART_WIDTH = 360

_CHAIN = text(
    """
SELECT s.seq, s.entry_id, e.at,
       (SELECT count(*) FROM (SELECT 1 FROM audit_entry a WHERE a.id > s.entry_id - 1000
          AND NOT EXISTS (SELECT 1 FROM audit_seal x WHERE x.entry_id = a.id) LIMIT 10000) w)
         AS waiting
  FROM audit_seal s JOIN audit_entry e ON e.id = s.entry_id ORDER BY s.seq DESC LIMIT 1
"""
)
_CASE = text(
    "SELECT id, number, unit_key, person_id, verfahren, version FROM vorgang WHERE number = :number"
)
_TRAIL = text(
    """
SELECT a.id, a.at, a.actor_name, a.actor_kind, a.action, a.entity, a.entity_id, a.is_read, a.facts,
       s.seq
  FROM audit_entry a LEFT JOIN audit_seal s ON s.entry_id = a.id
 WHERE a.vorgang_id = :id AND (:before = 0 OR a.id < :before) ORDER BY a.id DESC LIMIT :limit
"""
)


@blueprint.get("/leitung")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show how the unit stands: clocks, load, waiting room, backlog; every figure has its list.

    Numbers and the unit's own staff only, so the look needs no record.
    """
    who, session = web.actor(), web.reading()
    unit, today = chosen_unit(who), web.today()
    # At the weekend the week ahead is the one that can still be changed.
    first = today - timedelta(days=today.weekday()) + timedelta(days=7 * (today.weekday() > 4))
    last = first + timedelta(days=6)
    soon = today + timedelta(days=lage.AHEAD)
    numbers = lage.numbers(session, who, unit, today)
    clocks = listen.clocks_by_day(session, who, unit, soon)
    since = numbers["waiting_since"]
    return render_template(
        "leitung/seite.html",
        unit=unit,
        sg=unit if who.may(Power.ALL_UNITS) else None,
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        n=numbers,
        waited=int((web.now() - since).total_seconds() // 60) if since else 0,
        spans=lage.spans(clocks, today, CHART_WIDTH),
        clerks=listen.clerks(session, who, unit, day=today, soon=soon),
        minutes=lage.minutes(session, unit, first, last),
        lanes=lage.lanes(planning.lane_load(session, unit, first, last), CHART_WIDTH),
        words=lane_words(),
        post=zaehler.overview(session, who, unit, clock=web.house()),
        plan=lage.plan(session, who, unit, today),
        width=CHART_WIDTH,
        week=first,
        today=today,
        unowned=listen.NOBODY,
        absent=listen.ABSENT,
        form=Form({"target": EMERGENCY, "minutes": "60", "day": f"{today:%d.%m.%Y}"}),
        may_plan=who.may(Power.ROSTER_EDIT),
        # The counter shows the own unit only.
        at_home=unit == who.unit_key,
    )


def chosen_unit(who: Actor) -> str:
    """Return the unit the page is about: one's own, or the chosen one for who leads all."""
    own = unit_filter(who)
    wanted = request.args.get("sg")
    if own is not None:
        if wanted:
            require(who, Power.UNIT_LEAD, wanted)
        return own
    return wanted or who.unit_key or office.units(web.reading())[0].key


@blueprint.get("/leitung/protokoll")
@policy(Power.AUDIT_READ)
def trail() -> str:
    """Show the audit trail of a case, newest first; looking at it is itself recorded."""
    who, session = web.actor(), web.reading()
    typed = request.args.get("vorgang", "").strip()
    case, entries = None, []
    if typed:
        found = session.execute(_CASE, {"number": number_of(typed) or typed}).mappings()
        case = found.one_or_none()
        if case is None:
            raise NotFound(_("Diesen Vorgang gibt es nicht."))
        check_access(who, case["verfahren"], case["unit_key"], case["number"])
        require(who, Power.AUDIT_READ, case["unit_key"])
        before = page_number(request.args.get("vor"))
        params = {"id": case["id"], "before": before, "limit": ENTRIES + 1}
        entries = list(session.execute(_TRAIL, params).mappings())
        audit.record(
            session,
            who,
            "audit.trail",
            "vorgang",
            case["id"],
            now=web.now(),
            vorgang_id=case["id"],
            person_id=case["person_id"],
            is_read=True,
        )
    verfahren = get_verfahren(case["verfahren"], case["version"]) if case else None
    more = entries[ENTRIES - 1]["id"] if len(entries) > ENTRIES else 0
    return render_template(
        "leitung/protokoll.html",
        case=case,
        typed=typed,
        entries=[
            {
                **entry,
                "what": action_words(entry["action"]),
                "lines": fact_lines(entry["facts"], verfahren),
            }
            for entry in entries[:ENTRIES]
        ],
        more=more,
        chain=None if case else session.execute(_CHAIN).mappings().one_or_none(),
    )


@blueprint.post("/leitung/protokoll/pruefen")
@policy(Power.AUDIT_READ)
def check_chain() -> BaseResponse:
    """Prove the whole log; names every row that was changed, removed or slipped in."""
    found = verify.verify(web.reading(), now=web.now())
    if found.ok:
        flash(_("Die Kette ist unversehrt: %(n)s Einträge geprüft.", n=found.checked), "success")
    for problem in found.problems[:20]:
        flash(problem.text, "danger")
    return redirect(url_for("leitung.trail", vorgang=request.form.get("vorgang") or None), 303)

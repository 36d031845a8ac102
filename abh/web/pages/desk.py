"""The desk: a clerk's next things in one list, and the open cases of the unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import current_app, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy, unit_filter
from abh.kernel.birthdate import PartialDate
from abh.kernel.errors import InvalidInput
from abh.office import service as office
from abh.web import session as web
from abh.web.adressen import url_for
from abh.web.i18n import gettext as _
from abh.web.pages import desk_blick, desk_dinge
from abh.web.pages.desk_worte import harm_words
from abh.web.pages.login import home_of
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.web.parts import ClockChip, Tab
from abh.workflows import registry, repository
from abh.workflows.registry import get as get_verfahren
from abh.workflows.zugriff import hidden_in

blueprint = staff_blueprint("desk", __name__)

ROWS = 50
# Counting thousands of rows for every look would cost more than the list itself.
COUNTS_FOR = timedelta(seconds=30)
_NUMBER = re.compile(r"(?:ABH[- ]?)?(\d{4})[- /](\d{1,7})", re.IGNORECASE)
STATE_TONES = {
    "completeness_check": "info",
    "in_review": "info",
    "decision_ready": "success",
    "hearing": "warning",
    "jurisdiction_check": "warning",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list, ready to be shown."""

    url: str
    number: str
    name: str
    born: str
    sub: str
    reason: str
    clock: ClockChip | None
    state: str
    tone: str
    owner: str


@blueprint.get("/")
@policy(Power.CASE_READ, Power.ADMIN, Power.UNIT_LEAD)
def root() -> BaseResponse:
    """Lead to the first page of who asks: the desk, or that of the technician."""
    return redirect(home_of(web.actor()), 303)


@blueprint.get("/desk")
@policy(Power.CASE_READ)
def page() -> str:
    """Show the clerk's next things in one ranked list, each with the reason for its place."""
    who = web.actor()
    return render_template(
        "desk/naechstes.html",
        lines=next_things(who),
        may_call=who.may(Power.CASE_COUNTER),
        desk=who.desk_id,
        blick=desk_blick.glance(who, chosen) if (chosen := _chosen()) else None,
        glance_to=url_for("desk.page", bei="-")[:-1],
        glance_url=url_for("blick.part", number="-")[:-1],
    )


def _chosen() -> str:
    """Return the case to show beside the list, "" for none: then the browser asks for one."""
    return request.args.get("bei", "")[:20]


def next_things(who: Actor) -> list[desk_dinge.Line]:
    """Return the clerk's next things; the look is recorded with the numbers of the cases."""
    lines, numbers = desk_dinge.lines(web.reading(), who)
    audit.record(
        web.reading(),
        who,
        "desk.list",
        "vorgang",
        now=web.now(),
        is_read=True,
        facts={"count": len(lines), "numbers": numbers},
    )
    return lines


@blueprint.get("/vorgaenge")
@policy(Power.CASE_READ)
def cases() -> str:
    """Show open cases of the unit or of the clerk, first what suffers harm first."""
    who, session = web.actor(), web.reading()
    unit = _unit(who)
    mine = request.args.get("wer") == "ich"
    state = request.args.get("stand") or None
    rows = repository.desk_rows(
        session,
        unit=unit,
        owner=who.user_id if mine else None,
        state=state,
        after=_after(request.args.get("nach")),
        limit=ROWS + 1,
        hidden=hidden_in(who, unit),
    )
    shown = rows[:ROWS]
    audit.record_list(
        session,
        who,
        "vorgang.list",
        "vorgang",
        [row["id"] for row in shown],
        now=web.now(),
        facts={"unit": unit, "state": state, "mine": mine},
    )
    keep: dict[str, Any] = {"wer": "ich" if mine else None, "sg": request.args.get("sg")}
    last = shown[-1] if len(rows) > ROWS else None
    return render_template(
        "desk/liste.html",
        rows=rows_of(shown, web.today()),
        tabs=_tabs(mine, keep["sg"]),
        states=_states(unit, state, keep),
        state=state,
        more=url_for("desk.cases", nach=f"{last['harm_on']}_{last['id']}", stand=state, **keep)
        if last
        else "",
        start=url_for("desk.cases", stand=state, **keep) if request.args.get("nach") else "",
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        unit=unit,
    )


def number_of(query: str) -> str:
    """Return the case number in what was typed (``2026-17``, ``ABH-2026-0000017``), or ""."""
    found = _NUMBER.fullmatch(query)
    return f"ABH-{found[1]}-{int(found[2]):07d}" if found else ""


def rows_of(rows: Sequence[Mapping[str, Any]], today: date) -> list[Row]:
    """Return the lines of the list from their columns."""
    # Addresses differ in the number alone: building each by itself costs more than its line.
    address = url_for("vorgang.page", number="-")[:-1]
    due_label, nobody = _("nächste Frist"), _("ohne Bearbeiter")
    out = []
    for row in rows:
        verfahren = get_verfahren(row["verfahren"], row["version"])
        state = verfahren.state(row["state"])
        due = row["next_due"]
        clock = ClockChip(due_label, due, (due - today).days, "") if due else None
        born = PartialDate(row["birth_year"], row["birth_month"], row["birth_day"])
        out.append(
            Row(
                url=address + quote(row["number"], safe=""),
                number=row["number"],
                name=f"{row['family_name']}, {row['given_names']}".strip(", "),
                born=born.stored(),
                sub=row["company"] or verfahren.name,
                reason=harm_words(row["harm_key"], row["harm_on"], today),
                clock=clock,
                state=state.label if state else row["state"],
                tone=STATE_TONES.get(row["state"], "neutral"),
                owner=row["owner"] or nobody,
            )
        )
    return out


def _unit(who: Actor) -> str:
    own = unit_filter(who)
    if own is not None:
        return own
    chosen = request.args.get("sg") or who.unit_key
    return chosen or office.units(web.reading())[0].key


def _after(raw: str | None) -> tuple[date, int]:
    day, _sep, key = (raw or "").partition("_")
    try:
        return (date.fromisoformat(day), page_number(key)) if day else (date.min, 0)
    except ValueError as error:
        raise InvalidInput([]) from error


def _tabs(mine: bool, unit: str | None) -> Sequence[Tab]:
    tabs = [
        Tab(_("Sachgebiet"), url_for("desk.cases", sg=unit), not mine),
        Tab(_("Meine Vorgänge"), url_for("desk.cases", wer="ich", sg=unit), mine),
    ]
    if "vorgang_nachrichten.waiting" in current_app.view_functions:
        tabs.append(Tab(_("Nachrichten von Firmen"), url_for("vorgang_nachrichten.waiting")))
    return tabs


def _states(unit: str, chosen: str | None, keep: Mapping[str, Any]) -> list[Tab]:
    known = registry.states()
    return [
        Tab(
            known[key].label if key in known else key,
            url_for("desk.cases", stand=None if key == chosen else key, **keep),
            key == chosen,
            count,
        )
        for key, count in counts(unit, hidden_in(web.actor(), unit)).items()
    ]


def counts(unit: str, hidden: Sequence[str]) -> dict[str, int]:
    """Return open cases by state, at most half a minute old, in the order of the procedure."""
    cache = web.services().more.setdefault("desk_counts", {})
    key = (unit, tuple(hidden))
    until, known = cache.get(key, (None, {}))
    if until is None or web.now() >= until:
        order = list(registry.states())
        rows = repository.counts_by_state(web.reading(), unit, hidden)
        rows.sort(key=lambda row: order.index(row["state"]) if row["state"] in order else 99)
        known = {row["state"]: row["cases"] for row in rows}
        cache[key] = (web.now() + COUNTS_FOR, known)
    return dict(known)

"""The desk: whose waiting does harm first, who was called, and finding a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, redirect, render_template, request, url_for
from sqlalchemy import select, text
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, in_scope, policy, unit_filter
from abh.kernel.birthdate import PartialDate
from abh.kernel.errors import InvalidInput
from abh.office import service as office
from abh.persons import service as persons
from abh.web import session as web
from abh.web.i18n import gettext as _
from abh.web.pages.login import home_of
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.web.parts import ClockChip, Tab
from abh.workflows import registry, repository
from abh.workflows.facts import german
from abh.workflows.registry import get as get_verfahren
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import hidden_in, may_know

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

# Only the sentence that is said is looked up; lists say fifty.
_AHEAD: Mapping[str, Callable[[], str]] = {
    "titel": lambda: _("Titel endet %(when)s"),
    "arbeit": lambda: _("Arbeitsbeginn %(when)s"),
    "klage75": lambda: _("Untätigkeitsklage %(when)s möglich (§ 75 VwGO)"),
}
_PAST: Mapping[str, Callable[[], str]] = {
    "titel": lambda: _("Titel endete am %(day)s"),
    "arbeit": lambda: _("Arbeitsbeginn war am %(day)s"),
    "klage75": lambda: _("Untätigkeitsklage seit %(day)s möglich (§ 75 VwGO)"),
}

_CALLED = text(
    """
SELECT b.id, b.ticket, b.called_at, s.name AS service, v.number
  FROM booking b JOIN service s ON s.key = b.service_key LEFT JOIN vorgang v ON v.id = b.vorgang_id
 WHERE b.day = :day AND b.status = 'called' AND b.called_to = :desk
 ORDER BY b.called_at DESC LIMIT 1
"""
)
_CASES_OF = text(
    """
SELECT v.number, v.verfahren, v.version, v.state, v.unit_key, v.person_id, v.received_on,
       v.closed_at, u.display_name AS owner
  FROM vorgang v LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE v.person_id = ANY(:ids) ORDER BY v.closed_at IS NOT NULL, v.received_on DESC
"""
)


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
        called=_called(who),
        more=url_for("desk.page", nach=f"{last['harm_on']}_{last['id']}", stand=state, **keep)
        if last
        else "",
        start=url_for("desk.page", stand=state, **keep) if request.args.get("nach") else "",
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        unit=unit,
    )


@blueprint.get("/suche")
@policy(Power.CASE_READ)
def search() -> str | Response | BaseResponse:
    """Find by case number (opens it), name, birth date, or both."""
    who, session = web.actor(), web.reading()
    query = request.args.get("q", "").strip()
    number = number_of(query)
    if number and session.scalar(select(Vorgang.id).where(Vorgang.number == number)):
        return redirect(url_for("vorgang.page", number=number), 303)
    found = persons.search(session, who, query, now=web.now()) if query else []
    cases: dict[int, list[dict[str, Any]]] = {}
    if found:
        for row in session.execute(_CASES_OF, {"ids": [p.id for p in found]}).mappings():
            if not may_know(who, row["verfahren"], row["unit_key"]):
                continue
            cases.setdefault(row["person_id"], []).append(_found_case(who, dict(row)))
    people = [
        {
            "name": f"{p.family_name}, {p.given_names}".strip(", "),
            "born": PartialDate(p.birth_year, p.birth_month, p.birth_day).stored(),
            "nationalities": ", ".join(p.nationalities),
            "city": p.city,
            "cases": cases.get(p.id, []),
        }
        for p in found
    ]
    return render_template("desk/suche.html", query=query, people=people)


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


def harm_words(key: str, day: date, today: date) -> str:
    """Return why a case stands where it stands, in a sentence with its day."""
    if key == "entschieden":
        return _("Entschieden.")
    days = (day - today).days
    if days < 0:
        return _PAST[key]() % {"day": german(day)} + "."
    when = _("heute") if days == 0 else _("morgen") if days == 1 else _("in %(n)s Tagen", n=days)
    return _AHEAD[key]() % {"when": when} + f", {german(day)}."


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
        Tab(_("Sachgebiet"), url_for("desk.page", sg=unit), not mine),
        Tab(_("Meine Vorgänge"), url_for("desk.page", wer="ich", sg=unit), mine),
    ]
    if "vorgang_nachrichten.waiting" in current_app.view_functions:
        tabs.append(Tab(_("Nachrichten von Firmen"), url_for("vorgang_nachrichten.waiting")))
    return tabs


def _states(unit: str, chosen: str | None, keep: Mapping[str, Any]) -> list[Tab]:
    known = registry.states()
    return [
        Tab(
            known[key].label if key in known else key,
            url_for("desk.page", stand=None if key == chosen else key, **keep),
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


def _called(who: Actor) -> Mapping[str, Any] | None:
    if who.desk_id is None or not who.may(Power.CASE_COUNTER):
        return None
    params = {"day": web.today(), "desk": who.desk_id}
    row = web.reading().execute(_CALLED, params).mappings().one_or_none()
    return None if row is None else dict(row)


def _found_case(who: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
    verfahren = get_verfahren(row["verfahren"], row["version"])
    state = verfahren.state(row["state"])
    mine = in_scope(who, row["unit_key"])
    return {
        "number": row["number"],
        "what": verfahren.name,
        "state": state.label if state else row["state"],
        "unit": row["unit_key"],
        "owner": row["owner"] or "",
        "url": url_for("vorgang.page", number=row["number"]) if mine else "",
        "closed": row["closed_at"] is not None,
    }

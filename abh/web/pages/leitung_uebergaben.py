"""How often cases changed hands, by month, down to the cases and the reasons."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from abh.access import audit
from abh.access.policy import Power, policy
from abh.office import service as office
from abh.web import session as web
from abh.web.i18n import month_name, time_tag
from abh.web.pages.leitung import CHART_WIDTH, chosen_unit
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.workflows import leitungslisten as listen
from abh.workflows.uebergaben import AWAY, COVER, WITHIN

blueprint = staff_blueprint("leitung_uebergaben", __name__)
BACK = timedelta(days=365)
MANY = 1_000


@blueprint.get("/leitung/uebergaben")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show median and shares of hand-overs per case and month."""
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    since = (web.today() - BACK).replace(day=1)
    return render_template(
        "leitung/uebergaben.html",
        unit=unit,
        sg=request.args.get("sg"),
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        months=listen.months(session, who, unit, since),
        width=CHART_WIDTH,
    )


@blueprint.get("/leitung/uebergaben/vorgaenge")
@policy(Power.UNIT_LEAD)
def cases() -> str:
    """Show the cases behind a figure, each with the reasons of its hand-overs."""
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    month = _month(request.args.get("monat"))
    least = min(page_number(request.args.get("n")), 2)
    rows = listen.handed_over(session, who, unit, month, least, MANY if least == 2 else least)
    audit.record_list(
        session, who, "vorgang.list", "vorgang", listen.ids(rows), now=web.now(),
        facts={"unit": unit},
    )  # fmt: skip
    label = month_name(month) if month else _("noch offen")
    how = {0: _("ohne Übergabe"), 1: _("mit einer Übergabe"), 2: _("mit zwei und mehr Übergaben")}
    return render_template(
        "leitung/uebergaben_liste.html",
        title=f"{label}: {how[least]}",
        sg=request.args.get("sg"),
        kinds={
            WITHIN: _("im Sachgebiet"),
            COVER: _("Vertretung"),
            AWAY: _("an ein anderes Sachgebiet"),
        },
        rows=[_row(row) for row in rows],
    )


def _row(row: Any) -> dict[str, Any]:
    lines = [
        {**line, "when": time_tag(datetime.fromisoformat(line["at"]))} for line in row["lines"]
    ]
    name = ", ".join(filter(None, (row["family_name"], row["given_names"])))
    return {**row, "name": name, "lines": lines}


def _month(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None

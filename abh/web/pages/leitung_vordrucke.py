"""Custody of numbered forms by page: deliveries, what was issued, what was spoiled and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy, unit_filter
from abh.documents import vordrucke
from abh.documents.tables import FormIssue, FormStock
from abh.kernel.errors import DomainError
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import may_know

blueprint = staff_blueprint("leitung_vordrucke", __name__)
KEEPERS = (Power.UNIT_LEAD, Power.CASE_COUNTER)


@blueprint.get("/vordrucke")
@policy(*KEEPERS)
def page() -> str:
    """Show the stock of each form; with a number also what became of that sheet."""
    return _page(Form(request.args))


@blueprint.post("/vordrucke/eingang")
@policy(Power.UNIT_LEAD)
def receive() -> BaseResponse | tuple[str, int]:
    """Take a delivery into stock: every number from the first to the last."""
    typed = request.form
    unit = typed.get("unit") or web.actor().unit_key or ""
    try:
        serials = vordrucke.serial_range(typed.get("first", ""), typed.get("last", ""))
        with web.unit_of_work() as session:
            count = vordrucke.receive(
                session, web.house(), web.actor(), typed.get("form", ""), serials, unit
            )
    except DomainError as error:
        return _refused(error)
    text = ngettext("%(num)s Vordruck aufgenommen.", "%(num)s Vordrucke aufgenommen.", count)
    flash(text, "success")
    return redirect(url_for("leitung_vordrucke.page"), 303)


@blueprint.post("/vordrucke/verwerfen")
@policy(*KEEPERS)
def spoil() -> BaseResponse | tuple[str, int]:
    """Mark a sheet as spoiled, with the reason."""
    typed = request.form
    try:
        with web.unit_of_work() as session:
            vordrucke.spoil(
                session,
                web.house(),
                web.actor(),
                typed.get("form", ""),
                typed.get("serial", "").strip().upper(),
                typed.get("reason", ""),
            )
    except DomainError as error:
        return _refused(error)
    flash(_("Als verworfen vermerkt."), "success")
    return redirect(url_for("leitung_vordrucke.page"), 303)


def _refused(error: DomainError) -> tuple[str, int]:
    form, status = web.refused_form(error, request.form)
    show_frame(web.actor())
    return _page(form), status


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = unit_filter(who)
    wanted = request.args.get("nummer", "").strip()
    return render_template(
        "leitung/vordrucke.html",
        rows=_table(vordrucke.stock(session, unit)),
        found=_sheets(session, vordrucke.find(session, wanted, unit)) if wanted else [],
        wanted=wanted,
        spoiled=vordrucke.spoiled(session, unit),
        forms=[(key, f"{key}: {label}") for key, label in vordrucke.FORMS.items()],
        may_receive=who.may(Power.UNIT_LEAD),
        units=[(u.key, f"{u.key} {u.name}") for u in office.units(session)] if not unit else [],
        states=_states(),
        form=form,
    )


def _states() -> dict[str, tuple[str, str]]:
    return {
        "stock": (_("im Bestand"), "info"),
        "issued": (_("ausgegeben"), "success"),
        "spoiled": (_("verworfen"), "warning"),
    }


def _table(stock: list[tuple[str, str, str, int]]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for form, unit, state, count in stock:
        counts[form, unit][state] = count
    return [
        {"form": form, "unit": unit, "stock": 0, "issued": 0, "spoiled": 0, **states}
        for (form, unit), states in counts.items()
    ]


def _sheets(session: Session, rows: list[FormStock]) -> list[dict[str, Any]]:
    issued = [row.form_issue_id for row in rows if row.form_issue_id is not None]
    cases = session.execute(
        select(FormIssue.id, Vorgang.number, Vorgang.verfahren, Vorgang.unit_key)
        .join(Vorgang, FormIssue.vorgang_id == Vorgang.id)
        .where(FormIssue.id.in_(issued))
    )
    who = web.actor()
    numbers = {row.id: row.number for row in cases if may_know(who, row.verfahren, row.unit_key)}
    return [{"row": row, "number": numbers.get(row.form_issue_id or 0, "")} for row in rows]

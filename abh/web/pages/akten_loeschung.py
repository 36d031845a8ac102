"""Deletion runs: the list that is due, the archive, two pairs of eyes, and the records kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.documents.tables_akte import DeletionItem, DeletionRun
from abh.kernel.errors import DomainError, NotAllowed, NotFound, Reason
from abh.web import session as web
from abh.web.errors import Problem, problem_of, status_of
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.workflows import blattvernichtung, loeschlauf
from abh.workflows.aktenplan import ART
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("loeschlauf", __name__)
Act = Callable[[Session, House, Actor, int], object]

STATES = {
    "proposed": "vorgeschlagen",
    "checked": "geprüft",
    "running": "läuft",
    "done": "vollzogen",
    "dropped": "verworfen",
}
ITEM_STATES = {
    "proposed": "zu löschen",
    "held": "zurückgestellt",
    "archive": "an das Archiv",
    "deleted": "gelöscht",
}


@dataclass(frozen=True, slots=True)
class Row:
    """An item of a run as the page shows it."""

    item: DeletionItem
    number: str
    kind: str
    hold: str


@blueprint.get("/loeschung")
@policy(Power.CASE_DECIDE, Power.UNIT_LEAD)
def page() -> str:
    """Show the runs of one's Sachgebiet, and find the record of a deleted case by its number."""
    return _overview()


def _overview(refused: Problem | None = None) -> str:
    who, session = web.actor(), web.reading()
    if who.unit_key is None:
        raise NotAllowed(_("Ihr Konto gehört zu keinem Sachgebiet."))
    number = request.args.get("nummer", "").strip()[:40]
    found = loeschlauf.find_records(session, web.house(), who, number) if number else ()
    return render_template(
        "akten/loeschung.html",
        runs=loeschlauf.runs_of(session, who.unit_key),
        states=STATES,
        number=number,
        found=[(item, ART[item.kind].label) for item in found],
        unit=who.unit_key,
        sheets=_sheets(session, who),
        may_lead=who.may(Power.UNIT_LEAD),
        refused=refused,
    )


def _sheets(session: Session, who: Actor) -> list[dict[str, Any]]:
    """Return the single sheets that wait for a decision, each with a case to look it up in."""
    waiting = [
        row
        for row in blattvernichtung.open_removals(session, who.unit_key or "")
        if row.blatt_id is not None
    ]
    cases = session.execute(
        select(Vorgang.id, Vorgang.akte_id, Vorgang.number)
        .where(Vorgang.akte_id.in_([row.akte_id for row in waiting]))
        .where(Vorgang.unit_key == who.unit_key)
        .order_by(Vorgang.id)
    ).all()
    by_file = {case.akte_id: case.number for case in cases}
    by_case = {case.id: case.number for case in cases}
    query = select(AppUser.id, AppUser.display_name).where(
        AppUser.id.in_([row.proposed_by for row in waiting])
    )
    proposers = {row.id: row.display_name for row in session.execute(query)}
    return [
        {
            "row": row,
            "number": by_case.get(row.vorgang_id or 0) or by_file.get(row.akte_id or 0, ""),
            "by": proposers.get(row.proposed_by, ""),
            "ground": blattvernichtung.GROUNDS[row.ground],
            "own": row.proposed_by == who.user_id,
        }
        for row in waiting
    ]


@blueprint.post("/loeschung/blatt/<int:removal_id>/<act>")
@policy(Power.UNIT_LEAD)
def sheet(removal_id: int, act: str) -> BaseResponse:
    """Destroy a proposed sheet, or keep it with a reason."""
    if act not in ("vernichten", "behalten"):
        raise NotFound(_("Das gibt es hier nicht."))
    note = request.form.get("grund", "")
    try:
        with web.unit_of_work() as session:
            blattvernichtung.decide(
                session, web.house(), web.actor(), removal_id,
                destroy=act == "vernichten", note=note,
            )  # fmt: skip
    except DomainError as error:
        status, _slug = status_of(error)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        return make_response(_overview(problem_of(error)), status)
    done = _("Das Blatt ist vernichtet.") if act == "vernichten" else _("Das Blatt bleibt.")
    flash(done, "success")
    return redirect(url_for("loeschlauf.page"), 303)


@blueprint.get("/loeschung/<int:run_id>")
@policy(Power.CASE_DECIDE, Power.UNIT_LEAD)
def run(run_id: int) -> Response:
    """Show a run with every case, its norm, what holds it, and what may be done."""
    return _run(run_id)


def _run(run_id: int, refused: Problem | None = None, status: int = 200) -> Response:
    session, house, who = web.reading(), web.house(), web.actor()
    found = loeschlauf.find_run(session, who, run_id, Power.CASE_READ)
    items = loeschlauf.items_of(session, run_id)
    numbers = loeschlauf.numbers_of(session, items)
    held = loeschlauf.reasons_against(session, items) if found.state in loeschlauf.OPEN else {}
    rows = [
        Row(
            item,
            numbers.get(item.vorgang_id or 0, ""),
            ART[item.kind].label,
            item.note or held.get(item.vorgang_id or 0, ""),
        )
        for item in items
    ]
    audit.record_list(
        session, who, "loeschlauf.read", "deletion_item", [item.id for item in items],
        now=web.now(),
    )  # fmt: skip
    body = render_template(
        "akten/loeschlauf.html",
        run=found,
        rows=rows,
        state=STATES[found.state],
        item_states=ITEM_STATES,
        people=_people(session, found),
        is_open=found.state in loeschlauf.OPEN,
        obstacles=_obstacles(session, house, who, found),
        may_lead=who.may(Power.UNIT_LEAD),
        refused=refused,
        typed=request.form,
    )
    return make_response(body, status)


def _obstacles(session: Session, house: House, who: Actor, found: DeletionRun) -> list[Reason]:
    if found.state not in loeschlauf.OPEN:
        return []
    return loeschlauf.obstacles(session, house, who, found)


def _people(session: Session, found: DeletionRun) -> dict[int, str]:
    ids = [who for who in (found.checked_by, found.approved_by) if who is not None]
    rows = session.execute(
        select(AppUser.id, AppUser.display_name).where(AppUser.id.in_(ids))
    ).all()
    return {row.id: row.display_name for row in rows}


@blueprint.post("/loeschung/<int:run_id>/<act>")
@policy(Power.CASE_DECIDE, Power.UNIT_LEAD)
def act(run_id: int, act: str) -> BaseResponse:
    """Do one thing with the run; who may is decided by the service."""
    if act not in _ACTS:
        raise NotFound(_("Das gibt es hier nicht."))
    work, done = _ACTS[act]
    try:
        with web.unit_of_work() as session:
            work(session, web.house(), web.actor(), run_id)
    except DomainError as error:
        status, _slug = status_of(error)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        return _run(run_id, problem_of(error), status)
    flash(str(done), "success")
    return redirect(url_for("loeschlauf.run", run_id=run_id), 303)


def _answer(session: Session, house: House, who: Actor, run_id: int) -> None:
    wanted = [page_number(raw) for raw in request.form.getlist("archiv")]
    text = request.form.get("antwort", "")
    loeschlauf.record_answer(session, house, who, run_id, text, wanted=wanted)


def _take_out(session: Session, house: House, who: Actor, run_id: int) -> None:
    item = page_number(request.form.get("item"))
    loeschlauf.take_out(session, house, who, run_id, item, request.form.get("grund", ""))


def _drop(session: Session, house: House, who: Actor, run_id: int) -> None:
    loeschlauf.drop(session, house, who, run_id, request.form.get("grund", ""))


_ACTS: dict[str, tuple[Act, Any]] = {
    "anbieten": (loeschlauf.offer_to_archive, _l("Angebot an das Archiv vermerkt.")),
    "antwort": (_answer, _l("Antwort des Archivs vermerkt.")),
    "herausnehmen": (_take_out, _l("Aus dem Lauf genommen.")),
    "geprueft": (loeschlauf.check, _l("Als geprüft vermerkt. Freigeben muss jemand anderes.")),
    "freigeben": (loeschlauf.approve, _l("Der Löschlauf ist vollzogen.")),
    "verwerfen": (_drop, _l("Der Lauf ist verworfen.")),
}

"""Clearance plans: ask for one, look at several side by side, accept, follow, take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.kernel.errors import Conflict, InvalidInput
from abh.office import service as office
from abh.post.planregeln import plan_rules
from abh.post.raeumung import ausgabe, lage, plaene
from abh.post.raeumung.plaene import Shown, WeekTrack, Wish
from abh.post.schemas import KINDS
from abh.post.tables_plan import PostPlan
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.security import allow_preview

blueprint = staff_blueprint("leitung_plan", __name__)
WIDTH, HEIGHT = 480, 140
MOST_COMPARED = 4
TYPE_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Line:
    """A curve of open items over the weeks, as points of an SVG."""

    label: str
    points: str


@blueprint.get("/leitung/post/plan")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show the plans of a unit, those chosen side by side, and the form for a new one."""
    rules = plan_rules()
    values = {
        "name": _("Rückstand abbauen"),
        "floor_appointments": rules.floor_appointments,
        "floor_firms": rules.floor_firms,
        "units": chosen_unit(web.actor()),
        "mode": "earliest",
    }
    return _page(Form(values))


def _page(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    found = [plaene.shown(plan) for plan in plaene.newest(session, who, unit)]
    wanted = {page_number(value) for value in request.args.getlist("v")}
    chosen = [one for one in found if one.plan.id in wanted][:MOST_COMPARED]
    units = office.units(session) if who.may(Power.ALL_UNITS) else [office.unit(session, unit)]
    return render_template(
        "leitung_post/plan.html",
        unit=unit,
        units=[(one.key, f"{one.key} {one.name}") for one in units],
        form=form,
        plans=found,
        chosen=chosen or found[:2],
        lines=_lines([one.plan for one in chosen or found[:2]]),
        states=_states(),
        first=lage.first_monday(web.today()),
        width=WIDTH,
        height=HEIGHT,
    )


def _states() -> dict[str, tuple[str, str]]:
    return {
        "draft": (_("Entwurf"), "neutral"),
        "proposal": (_("Vorschlag der Woche"), "info"),
        "accepted": (_("angenommen"), "success"),
        "replaced": (_("ersetzt"), "neutral"),
        "withdrawn": (_("zurückgenommen"), "neutral"),
    }


def _lines(plans: Sequence[PostPlan]) -> list[Line]:
    curves = [[plaene.shown(plan).start, *plaene.planned_stock(plan)] for plan in plans]
    return [
        Line(plan.name, points)
        for plan, points in zip(plans, _points(curves), strict=True)
        if points
    ]


def _points(curves: Sequence[Sequence[int]]) -> list[str]:
    """Return the points of each curve in one scale; "" for a curve without a week."""
    most = max((n for curve in curves for n in curve), default=0) or 1
    weeks = max((len(curve) for curve in curves), default=0)
    step = WIDTH / max(1, weeks - 1)
    return [
        " ".join(f"{n * step:.1f},{HEIGHT - HEIGHT * v / most:.1f}" for n, v in enumerate(curve))
        for curve in curves
    ]


@blueprint.post("/leitung/post/plan")
@policy(Power.UNIT_LEAD)
def compute() -> BaseResponse | tuple[str, int]:
    """Compute a plan; it is kept as a draft and changes nothing."""
    who = web.actor()
    try:
        wish = _wish(who)
        with web.unit_of_work() as session:
            plan_id = plaene.compute(session, who, wish, clock=web.house()).id
    except InvalidInput as error:
        show_frame(who)
        form, status = web.refused_form(error, request.form)
        return _page(form), status
    return redirect(url_for("leitung_plan.show", plan_id=plan_id), 303)


def _wish(who: Actor) -> Wish:
    sent = request.form
    day: date | None = None
    if sent.get("mode") == "by_date":
        day = read_day(sent.get("target", ""), "target", needed=True)
    return Wish(
        name=sent.get("name", ""),
        units=tuple(sorted(set(sent.getlist("units")))) or (chosen_unit(who),),
        target=day,
        floor_appointments=_percent(sent.get("floor_appointments", "")),
        floor_firms=_percent(sent.get("floor_firms", "")),
    )


def _percent(typed: str) -> int:
    digits = typed.strip().rstrip("%").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 4 else -1


@blueprint.get("/leitung/post/plan/<int:plan_id>")
@policy(Power.UNIT_LEAD)
def show(plan_id: int) -> str:
    """Show a plan: what it reaches, what it costs, week by week, and how it goes."""
    who, session = web.actor(), web.reading()
    plan = plaene.get(session, who, plan_id)
    _looked(session, who, plan)
    found = plaene.shown(plan)
    track = plaene.track(session, plan, clock=web.house())
    measured = set(plan.result["measured"])
    return render_template(
        "leitung_post/plan_eins.html",
        plan=plan,
        found=found,
        state=_states()[plan.state],
        summary=ausgabe.summary(found),
        rows=ausgabe.week_rows(plan),
        columns=ausgabe.COLUMNS,
        track=track,
        lines=_tracked(found, track),
        times=[
            (label, plan.result["minutes"][kind], kind in measured)
            for kind, label in KINDS.items()
            if kind in plan.result["minutes"]
        ],
        can_accept=plan.state in (plaene.DRAFT, plaene.PROPOSAL)
        and found.zero_on is not None
        and plan.first_week > web.today(),
        width=WIDTH,
        height=HEIGHT,
    )


def _tracked(found: Shown, track: Sequence[WeekTrack]) -> list[Line]:
    planned = [found.start, *(week.planned for week in track)]
    actual = [found.open, *(week.actual for week in track if week.actual is not None)]
    labels = (_("Plan"), _("Ist"))
    return [
        Line(label, points)
        for label, points in zip(labels, _points([planned, actual]), strict=True)
        if points
    ]


def _looked(session: Session, who: Actor, plan: PostPlan) -> None:
    audit.record(
        session, who, "post.plan_read", "post_plan", plan.id, now=web.now(), is_read=True,
        facts={"units": plan.units},
    )  # fmt: skip


@blueprint.post("/leitung/post/plan/<int:plan_id>/<act>")
@policy(Power.UNIT_LEAD)
def act(plan_id: int, act: str) -> BaseResponse:
    """Write a plan into the roster, or take its hours that lie ahead out again."""
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            if act == "annehmen":
                plan, hits = plaene.accept(session, who, plan_id, clock=web.house())
                flash(_("Im Dienstplan: %(n)s Stunden Post.", n=len(plan.roster_ids)), "success")
                if hits:
                    flash(_("%(n)s Termine liegen nun außerhalb.", n=len(hits)), "warning")
            elif act == "zuruecknehmen":
                back = plaene.withdraw(session, who, plan_id, clock=web.house())
                flash(_("Zurück im Dienstplan: %(n)s Stunden.", n=back), "success")
    except Conflict as error:
        flash(str(error), "warning")
    return redirect(url_for("leitung_plan.show", plan_id=plan_id), 303)


@blueprint.get("/leitung/post/plan/<int:plan_id>/plan.<ending>")
@policy(Power.UNIT_LEAD)
def export(plan_id: int, ending: str) -> Response:
    """Give a plan as PDF to print or as XLSX."""
    who, session = web.actor(), web.reading()
    plan = plaene.get(session, who, plan_id)
    _looked(session, who, plan)
    if ending == "xlsx":
        response = make_response(ausgabe.workbook(plan))
        response.mimetype = TYPE_XLSX
        response.headers["Content-Disposition"] = f'attachment; filename="plan-{plan_id}.xlsx"'
        return response
    response = make_response(web.house().renderer.listing(ausgabe.listing(plan)))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="plan-{plan_id}.pdf"'
    return allow_preview(response)

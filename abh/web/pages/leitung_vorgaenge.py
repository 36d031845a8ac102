"""Cases as a supervisor sees them: whose they are, and giving them another hand, one or many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, policy, require
from abh.access.tables import AppUser
from abh.appointments import roster
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed
from abh.office import service as office
from abh.web import session as web
from abh.web.forms import Form
from abh.web.laeufe import lauf
from abh.web.pages.desk import harm_words
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.leitung_lage import AHEAD
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.web.parts import ClockChip
from abh.workflows import leitungslisten as listen
from abh.workflows import registry, sammeluebergabe
from abh.workflows.dossier import Case
from abh.workflows.leitungslisten import Choice
from abh.workflows.registry import get as get_verfahren
from abh.workflows.steps import check_scope, load_case
from abh.workflows.tables import VorgangStep
from abh.workflows.uebergaben import FIRST_STEP, STEP, Aim, hand_over, may_hand_over
from abh.workflows.zugriff import is_restricted

blueprint = staff_blueprint("leitung_vorgaenge", __name__)
Answer = BaseResponse | tuple[str, int]
# Among the trained of the own Sachgebiet who are there, to whoever has least.
SHARE_OUT = "verteilen"
_FILTERS = ("wer", "verfahren", "eilig")


@blueprint.get("/leitung/vorgaenge")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """List open cases by clerk, Verfahren and harm."""
    return _page(Form({"to": request.args.get("an", "")}), request.args)


def _page(form: Form, values: Mapping[str, str]) -> str:
    who, session, today = web.actor(), web.reading(), web.today()
    unit, choice = chosen_unit(who), _choice(values)
    rows = listen.cases(session, who, unit, choice, day=today)
    audit.record_list(
        session, who, "vorgang.list", "vorgang", listen.ids(rows), now=web.now(),
        facts={"unit": unit},
    )  # fmt: skip
    units = office.units(session)
    mine = next(one for one in units if one.key == unit)
    people = _staff(session, unit)
    titles = {
        listen.NOBODY: _("Vorgänge ohne zuständige Person"),
        listen.ABSENT: _("Vorgänge von Abwesenden"),
    }
    return render_template(
        "leitung/vorgaenge.html",
        title=titles.get(choice.whose, _("Offene Vorgänge")),
        unit=unit,
        sg=request.args.get("sg"),
        units=units if who.may(Power.ALL_UNITS) else [],
        form=form,
        choice=choice,
        kept=[(name, values[name]) for name in _FILTERS if values.get(name)],
        rows=[_row(row, today) for row in rows],
        total=rows[0]["total"] if rows else 0,
        whose=[
            (listen.ALL, _("alle")),
            (listen.NOBODY, _("niemand")),
            (listen.ABSENT, _("Abwesende")),
            *people,
        ],
        procedures=[(key, f"{key} {registry.newest(key).name}") for key in mine.verfahren],
        staff=people,
        other_units=_unit_choices(units, unit),
        runs=sammeluebergabe.newest(session, who, unit, 5),
    )


def _choice(values: Mapping[str, str], ids: tuple[int, ...] = ()) -> Choice:
    wanted, today = values.get("wer", ""), web.today()
    known = wanted in (listen.NOBODY, listen.ABSENT) or (wanted.isdecimal() and len(wanted) < 19)
    return Choice(
        whose=wanted if known else listen.ALL,
        verfahren=values.get("verfahren", ""),
        harm_by=today + timedelta(days=AHEAD) if values.get("eilig") else None,
        ids=ids,
    )


def _row(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    state = get_verfahren(row["verfahren"], row["version"]).state(row["state"])
    return {
        **row,
        "name": _name(row),
        "state_label": state.label if state else row["state"],
        "why": harm_words(row["harm_key"], row["harm_on"], today),
    }


def _name(row: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (row["family_name"], row["given_names"])))


def _staff(session: Session, unit: str) -> list[tuple[str, str]]:
    rows = session.execute(
        select(AppUser.id, AppUser.display_name)
        .where(AppUser.unit_key == unit, AppUser.active, AppUser.role.in_(("clerk", "lead")))
        .order_by(AppUser.display_name)
    )
    return [(str(row.id), row.display_name) for row in rows]


def _unit_choices(units: list[Any], unit: str) -> list[tuple[str, str]]:
    return [(f"sg:{one.key}", f"{one.key} {one.name}") for one in units if one.key != unit]


def _aim(raw: str) -> Aim:
    if raw.startswith("sg:"):
        return Aim(unit=raw.removeprefix("sg:"))
    if raw != SHARE_OUT and not page_number(raw):
        raise InvalidInput([FieldProblem("to", _("Bitte aus der Liste wählen."))])
    return Aim(user=page_number(raw) or None)


def _ids(values: MultiDict[str, str]) -> tuple[int, ...]:
    return tuple(filter(None, (page_number(raw) for raw in values.getlist("ids"))))


@blueprint.post("/leitung/vorgaenge/vorschau")
@policy(Power.UNIT_LEAD)
def preview() -> Answer | str:
    """Show how many cases of whom would change hands, before anything is done."""
    who, sent = web.actor(), request.form
    unit = chosen_unit(who)
    try:
        aim = _aim(sent.get("to", ""))
        _check_reason(sent.get("reason", ""))
    except InvalidInput as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _page(form, sent), status
    session = web.reading()
    found = listen.ids_of(
        session, who, unit, _choice(sent, _ids(sent)),
        day=web.today(), limit=sammeluebergabe.MOST + 1,
    )  # fmt: skip
    names = dict(_staff(session, unit))
    counted = Counter(names.get(str(owner or ""), "") for owner in found.values())
    show_frame(who)
    return render_template(
        "leitung/uebergabe_vorschau.html",
        sg=request.args.get("sg"),
        count=len(found),
        owners=counted.most_common(),
        to_label=names.get(str(aim.user), "") or aim.unit or _("im Sachgebiet verteilen"),
        reason=sent.get("reason", ""),
        sent=[
            (name, value)
            for name, values in sent.lists()
            for value in values
            if name not in ("csrf_token", "expected")
        ],
        back=_back(sent),
    )


def _check_reason(raw: str) -> None:
    if len(raw.strip()) < 10:
        raise InvalidInput([FieldProblem("reason", _("Bitte den Grund in Worten angeben."))])


def _back(sent: Mapping[str, str]) -> str:
    kept: dict[str, Any] = {name: sent[name] for name in _FILTERS if sent.get(name)}
    return url_for("leitung_vorgaenge.page", sg=request.args.get("sg"), **kept)


@blueprint.post("/leitung/vorgaenge")
@policy(Power.UNIT_LEAD)
def order() -> Answer:
    """Order the hand-over that was shown; it can be undone for ten seconds."""
    who, sent = web.actor(), request.form
    unit = chosen_unit(who)
    try:
        with web.unit_of_work() as session:
            run_id = sammeluebergabe.order(
                session, who, unit, _choice(sent, _ids(sent)), _aim(sent.get("to", "")),
                sent.get("reason", ""), expected=page_number(sent.get("expected")),
                day=web.today(), clock=web.house(),
            ).id  # fmt: skip
    except (InvalidInput, Conflict) as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _page(form, sent), status
    return redirect(url_for("leitung_vorgaenge.result", run_id=run_id), 303)


@blueprint.get("/leitung/uebergabe/<int:run_id>")
@policy(Power.UNIT_LEAD)
def result(run_id: int) -> str:
    """Show what became of each case, with progress while it runs."""
    who, session = web.actor(), web.reading()
    found = sammeluebergabe.result(session, who, run_id)
    audit.record(
        session, who, "vorgang.bulk_read", "case_run", run_id, now=web.now(), is_read=True,
        facts={"ids": [row["vorgang_id"] for row in found.rows]},
    )  # fmt: skip
    run, n = found.run, found.counts
    return render_template(
        "leitung/uebergabe_lauf.html",
        found=found,
        sg=run.unit_key if who.may(Power.ALL_UNITS) else None,
        lauf=lauf(
            _("Übergeben"), n.done, n.skipped, n.total,
            ended=run.done_at is not None, undone=run.undone_at is not None,
            run_at=run.run_at, now=web.now(),
        ),
        outcomes={
            "": (_("wartet"), "neutral"),
            "done": (_("erledigt"), "success"),
            "skipped": (_("ausgelassen"), "warning"),
        },
    )  # fmt: skip


@blueprint.post("/leitung/uebergabe/<int:run_id>/zuruecknehmen")
@policy(Power.UNIT_LEAD)
def undo(run_id: int) -> BaseResponse:
    """Take the run back before any of it was carried out."""
    try:
        with web.unit_of_work() as session:
            sammeluebergabe.undo(session, web.actor(), run_id, clock=web.house())
        flash(_("Zurückgenommen. Nichts wurde ausgeführt."), "success")
    except Conflict as error:
        flash(str(error), "warning")
    return redirect(url_for("leitung_vorgaenge.result", run_id=run_id), 303)


@blueprint.get("/leitung/fristen")
@policy(Power.UNIT_LEAD)
def due() -> str:
    """List running clocks that end in a stretch of days, soonest first."""
    who, session, today = web.actor(), web.reading(), web.today()
    unit = chosen_unit(who)
    since = _day(request.args.get("ab")) or date(2000, 1, 1)
    until = _day(request.args.get("bis")) or today + timedelta(days=AHEAD)
    owner = page_number(request.args.get("wer")) or None
    rows = listen.due_clocks(session, who, unit, since, until, owner=owner)
    audit.record(
        session, who, "leitung.page", "frist", now=web.now(), is_read=True,
        facts={"unit": unit, "ids": listen.ids(rows)},
    )  # fmt: skip
    return render_template(
        "leitung/fristen.html",
        unit=unit,
        sg=request.args.get("sg"),
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        lead=_("bis %(day)s", day=f"{until:%d.%m.%Y}"),
        most=listen.ROWS,
        rows=[
            {
                **row,
                "name": _name(row),
                "chip": ClockChip(row["label"], row["due_on"], (row["due_on"] - today).days, ""),
            }
            for row in rows
        ],
    )


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None


@blueprint.get("/vorgang/<number>/uebergabe")
@policy(Power.CASE_REVIEW)
def single(number: str) -> str:
    """Show whose a case is and was, and the form to give it to somebody else."""
    return _single(number, Form())


def _single(number: str, form: Form) -> str:
    who, session, house = web.actor(), web.reading(), web.house()
    case = _case(session, who, number)
    unit, owner = case.vorgang["unit_key"], case.vorgang["owner_id"]
    lines = session.scalars(
        select(VorgangStep)
        .where(VorgangStep.vorgang_id == case.id, VorgangStep.step.in_((STEP, FIRST_STEP)))
        .order_by(VorgangStep.seq.desc())
        .limit(100)
    ).all()
    away = roster.absences(session, house.today, house.today)
    audit.record(
        session, who, "vorgang.read", "vorgang", case.id, now=web.now(), vorgang_id=case.id,
        person_id=case.person["id"], is_read=True,
    )  # fmt: skip
    stays = is_restricted(case.verfahren)
    return render_template(
        "leitung/uebergabe.html",
        case=case,
        form=form,
        owner=session.scalar(select(AppUser.display_name).where(AppUser.id == owner)),
        away=owner in away,
        may_act=not case.vorgang["closed_at"] and may_hand_over(who, owner, away),
        staff=[(key, name) for key, name in _staff(session, unit) if key != str(owner)],
        other_units=[] if stays else _unit_choices(office.units(session), unit),
        lines=lines,
    )


def _case(session: Session, who: Actor, number: str) -> Case:
    case = load_case(session, web.house(), number=number)
    check_scope(who, case)
    require(who, Power.CASE_REVIEW, case.vorgang["unit_key"])
    return case


@blueprint.post("/vorgang/<number>/uebergabe")
@policy(Power.CASE_REVIEW)
def give(number: str) -> Answer:
    """Give a case to somebody else."""
    who, sent = web.actor(), request.form
    try:
        with web.unit_of_work() as session:
            case = _case(session, who, number)
            hand_over(
                session, web.house(), who, case.id, _aim(sent.get("to", "")),
                sent.get("reason", ""), expected_version=page_number(sent.get("row_version")),
            )  # fmt: skip
    except (InvalidInput, Conflict, NotAllowed) as error:
        if isinstance(error, NotAllowed) and error.reasons:
            raise
        show_frame(who)
        form, status = web.refused_form(_at_field(error), sent)
        return _single(number, form), status
    flash(_("Übergeben."), "success")
    return redirect(url_for("leitung_vorgaenge.single", number=number) if _mine(number)
                    else url_for("desk.page"), 303)  # fmt: skip


def _at_field(error: Any) -> Any:
    """Return the error with its problems at the one field that names the recipient."""
    if not isinstance(error, InvalidInput):
        return error
    return InvalidInput(
        [
            FieldProblem("to" if p.field in ("user", "unit") else p.field, p.message)
            for p in error.problems
        ]
    )


def _mine(number: str) -> bool:
    """Say whether the case is still in a unit of whoever gave it away."""
    try:
        _case(web.reading(), web.actor(), number)
    except NotAllowed:
        return False
    return True

"""What keeps the post honest: weights computed through before they apply, a second look by lot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput
from abh.post import gewichte, stichprobe
from abh.post.gewichte import Effect
from abh.post.triage import PARTS
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint

blueprint = staff_blueprint("leitung_steuern", __name__)
_FIELDS = ("punkte", "tage", "vorbei")


@blueprint.get("/leitung/post/gewichte")
@policy(Power.UNIT_LEAD)
def weights() -> str:
    """Show the weights in force and those ordered."""
    now = gewichte.in_force(web.reading(), web.today())
    values: dict[str, Any] = {"valid_from": f"{web.today() + timedelta(days=1):%d.%m.%Y}"}
    values |= _flat(gewichte.raw_of(now))
    return _weights(Form(values), None, "")


def _flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"warten": raw["warten"]}
    found |= {f"stufen.{key}": value for key, value in raw["stufen"].items()}
    return found | {f"{name}.{key}": raw[name][key] for name in PARTS for key in _FIELDS}


def _weights(form: Form, effect: Effect | None, simulated: str) -> str:
    who, session = web.actor(), web.reading()
    if effect is not None:
        ids = [one.bundle_id for one in (*effect.risers, *effect.fallers)]
        audit.record_list(session, who, "post.list", "post_bundle", ids, now=web.now())
    labels = {
        "titel": _("Titel endet"),
        "titel_gilt_fort": _("Titel endet, gilt durch Antrag fort"),
        "arbeitsbeginn": _("Arbeit beginnt"),
        "leistungen": _("Leistungen enden"),
        "frist": _("Frist läuft ab"),
        "untaetigkeit": _("Untätigkeitsklage möglich"),
        "reise": _("dringende Reise"),
    }
    return render_template(
        "leitung_post/gewichte.html",
        unit=chosen_unit(who),
        form=form,
        parts=[(name, labels[name]) for name in PARTS],
        effect=effect,
        simulated=simulated,
        orders=gewichte.ordered(session),
        can_order=who.may(Power.ALL_UNITS),
    )


@blueprint.post("/leitung/post/gewichte")
@policy(Power.UNIT_LEAD)
def try_weights() -> BaseResponse | str | tuple[str, int]:
    """Compute weights through, or order what was computed."""
    who, sent = web.actor(), request.form
    unit = chosen_unit(who)
    try:
        day = read_day(sent.get("valid_from", ""), "valid_from", needed=True) or date.min
        raw = _raw(sent)
        if sent.get("act") == "order":
            with web.unit_of_work() as session:
                gewichte.order(
                    session, who, unit, raw, day, sent.get("reason", ""),
                    simulated=sent.get("simulated", ""), clock=web.house(),
                )  # fmt: skip
            flash(_("Angeordnet. Die Gewichte gelten ab dem %(day)s.", day=f"{day:%d.%m.%Y}"))
            return redirect(url_for("leitung_steuern.weights", sg=unit), 303)
        effect = gewichte.simulate(web.reading(), who, unit, raw, day, clock=web.house())
    except (InvalidInput, Conflict) as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _weights(form, None, ""), status
    show_frame(who)
    return _weights(Form(sent), effect, gewichte.digest(raw, day))


def _raw(sent: Mapping[str, str]) -> dict[str, Any]:
    problems: list[FieldProblem] = []

    def number(name: str) -> int:
        typed = sent.get(name, "").strip()
        if typed.isdecimal() and len(typed) < 6:
            return int(typed)
        problems.append(FieldProblem(name, _("Bitte eine ganze Zahl angeben.")))
        return 0

    raw: dict[str, Any] = {
        name: {key: number(f"{name}.{key}") for key in _FIELDS} for name in PARTS
    }
    raw["warten"] = number("warten")
    raw["stufen"] = {key: number(f"stufen.{key}") for key in ("akut", "bald")}
    if problems:
        raise InvalidInput(problems)
    return raw


@blueprint.get("/leitung/post/stichprobe")
@policy(Power.UNIT_LEAD)
def samples() -> str:
    """Show what waits for a second look."""
    return _samples(Form({}))


def _samples(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    rows = stichprobe.waiting(session, who, unit)
    ids = [row["bundle_id"] for row in rows]
    audit.record_list(session, who, "post.list", "post_bundle", ids, now=web.now())
    return render_template(
        "leitung_post/stichprobe.html",
        unit=unit,
        form=form,
        rows=rows,
        found=stichprobe.indicators(session, who, unit, clock=web.house()),
    )


@blueprint.post("/leitung/post/stichprobe")
@policy(Power.UNIT_LEAD)
def look() -> BaseResponse | tuple[str, int]:
    """Record a second look; what was wrongly closed is work again."""
    who, sent = web.actor(), request.form
    try:
        with web.unit_of_work() as session:
            stichprobe.look(
                session, web.house(), who, page_number(sent.get("bundle")),
                sent.get("verdict", ""), sent.get("remark", ""),
            )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _samples(form), status
    return redirect(url_for("leitung_steuern.samples", sg=chosen_unit(who)), 303)

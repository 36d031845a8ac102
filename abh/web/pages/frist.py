"""The deadline calculator: event, way and norm give the day, with all its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from abh.access.policy import LOGGED_IN, Power, policy
from abh.kernel.dauer import Einheit
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput
from abh.kernel.fristen import KANAL_LABEL, berechne
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import read_day, staff_blueprint

blueprint = staff_blueprint("frist", __name__)

EVENTS = (
    ("bescheid", "Klagefrist nach einem Bescheid"),
    ("nachforderung", "Nachforderung von Unterlagen"),
    ("anhoerung", "Anhörung"),
    ("antrag", "Untätigkeitsklage ab Antrag"),
    ("ba", "Schweigen der Bundesagentur"),
    ("frei", "andere Frist"),
)
_DAYS = ("date", "retrieved", "arrived", "fixed_day")
_TEXTS = ("event", "channel", "norm", "unit")
_FLAGS = ("never_arrived", "accelerated", "reference_31_3")


@blueprint.get("/frist")
@policy(LOGGED_IN)
def page() -> Response:
    """Show the form; with an event in the address also the result, so that it has a link."""
    if "event" not in request.args:
        return _page(Form({"event": "bescheid", "date": f"{web.today():%d.%m.%Y}"}), None)
    try:
        return _page(Form(request.args), berechne(_payload(), web.house().law))
    except DomainError as error:
        problems = getattr(error, "problems", ()) or (FieldProblem("date", str(error)),)
        return _page(Form(request.args, problems), None, 422)


def _page(form: Form, result: Mapping[str, Any] | None, status: int = 200) -> Response:
    body = render_template(
        "frist/rechner.html",
        form=form,
        result=result,
        events=EVENTS,
        may_read=web.actor().may(Power.CASE_READ),
        channels=[(key.value, label) for key, label in KANAL_LABEL.items()],
        units=[(unit.value, unit.value) for unit in Einheit],
    )
    return make_response(body, status)


def _payload() -> dict[str, Any]:
    """Return the question as the calculator takes it: only what was typed."""
    typed = request.args
    problems: list[FieldProblem] = []
    payload: dict[str, Any] = {name: typed[name].strip() for name in _TEXTS if typed.get(name)}
    for name in _DAYS:
        try:
            day = read_day(typed.get(name, ""), name)
        except InvalidInput as error:
            problems += error.problems
            continue
        if day is not None:
            payload[name] = day.isoformat()
    if typed.get("length"):
        if typed["length"].strip().isdecimal():
            payload["length"] = int(typed["length"])
        else:
            problems.append(FieldProblem("length", _("Bitte eine ganze Zahl angeben.")))
    else:
        payload.pop("unit", None)
    payload |= {name: True for name in _FLAGS if name in typed}
    if "not_instructed" in typed:
        payload["instructed"] = False
    if typed.get("stop_since"):
        payload["stops"] = [_stop(typed, problems)]
    if problems:
        raise InvalidInput(problems)
    return payload


def _stop(typed: Mapping[str, str], problems: list[FieldProblem]) -> dict[str, str]:
    stop = {"reason": typed.get("stop_reason", "")}
    for name in ("since", "until"):
        try:
            day = read_day(typed.get(f"stop_{name}", ""), f"stop_{name}")
        except InvalidInput as error:
            problems += error.problems
            continue
        if day is not None:
            stop[name] = day.isoformat()
    return stop

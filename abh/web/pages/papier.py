"""An application on paper, by e-mail or at the counter, entered by a clerk with its stamp date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.ids import new_token
from abh.post import service as post
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages import rahmen
from abh.web.pages.antrag import KINDS, TOKEN, form_context
from abh.workflows import drafts, intake
from abh.workflows.drafts import KeptFile
from abh.workflows.schemas import load_antrag
from abh.workflows.steps import load_case

blueprint = rahmen.staff_blueprint("papier", __name__)

CHANNELS = ("paper", "counter", "email")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one sending: the case number, or what to show again."""

    number: str = ""
    files: tuple[KeptFile, ...] = ()
    problems: tuple[FieldProblem, ...] = ()


@blueprint.get("/desk/neu")
@policy(Power.CASE_INTAKE)
def page() -> str:
    """Show the empty form with today as the day of receipt."""
    values = {"channel": "counter", **antragsform.day_parts("received_on", web.today())}
    return _render(Form(values), new_token(), ())


@blueprint.post("/desk/neu")
@policy(Power.CASE_INTAKE)
def send() -> Response | tuple[str, int]:
    """Open the case, or show the form again with every problem and all that was typed."""
    given = request.form.get("entwurf", "")
    token = given if TOKEN.fullmatch(given) else new_token()
    raw, rename = antragsform.raw_antrag(request.form)
    new, problems = antragsform.take_files(KINDS)
    antrag: dict[str, Any] = {}
    try:
        antrag = load_antrag(raw)
    except InvalidInput as error:
        problems = worte.told(antragsform.all_problems(raw, error.problems), rename) + problems
    received, receipt_problems = _receipt()
    problems = receipt_problems + problems
    who = web.actor()
    with web.unit_of_work() as session:
        attempt = _attempt(session, who, token, new, problems, antrag, received)
    if attempt.number:
        return redirect(f"/vorgang/{attempt.number}", 303)
    rahmen.show_frame(who)
    form = Form(request.form, attempt.problems, antragsform.DATE_FIELDS)
    return _render(form, token, attempt.files), 422


def _receipt() -> tuple[date | None, list[FieldProblem]]:
    """Return the stamp date, which decides on the fiction, and what is wrong with the receipt."""
    problems = []
    if request.form.get("channel") not in CHANNELS:
        problems.append(FieldProblem("channel", _("Bitte den Eingangsweg wählen.")))
    text = antragsform.typed_day(request.form, "received_on")
    try:
        day, month, year = (int(part) for part in text.split("."))
        received = date(year, month, day)
    except ValueError:
        problems.append(FieldProblem("received_on", _("Bitte den Tag des Eingangs angeben.")))
        return None, problems
    if received > web.today():
        problems.append(FieldProblem("received_on", _("Der Eingang liegt in der Zukunft.")))
    return received, problems


def _attempt(
    session: Session,
    who: Actor,
    token: str,
    new: Sequence[KeptFile],
    problems: Sequence[FieldProblem],
    antrag: dict[str, Any],
    received: date | None,
) -> Attempt:
    house, now = web.house(), web.now()
    draft = drafts.lock_draft(session, token, now=now)
    if number := drafts.filed_number(draft):
        return Attempt(number)
    dropped = set(request.form.getlist("weg"))
    files = [f for f in (*drafts.kept_files(draft), *new) if f"{f.kind}:{f.sha256}" not in dropped]
    drafts.keep(draft, files, now=now)
    if problems or received is None:
        return Attempt(files=tuple(drafts.kept_files(draft)), problems=tuple(problems))
    channel = request.form["channel"]
    filed = intake.file_application(
        session,
        house,
        who,
        antrag,
        drafts.uploads_of(drafts.kept_files(draft), house.blobs),
        channel=channel,
        received_on=received,
    )
    unit = load_case(session, house, vorgang_id=filed.vorgang_id).vorgang["unit_key"]
    if unit == who.unit_key or who.may(Power.ALL_UNITS):
        item = {
            "received_on": received.isoformat(),
            "channel": channel,
            "kind": "application",
            "subject": _("Antrag auf Blaue Karte EU"),
            "unit_key": unit,
            "vorgang_id": filed.vorgang_id,
        }
        entered = post.register_item(session, who, item, clock=house)
        post.close_item(session, who, entered.id, clock=house)
    drafts.mark_filed(draft, filed.number)
    return Attempt(filed.number)


def _render(form: Form, token: str, files: Sequence[KeptFile]) -> str:
    channels = {
        "paper": _("Papier (Post, Briefkasten)"),
        "counter": _("Am Schalter abgegeben"),
        "email": _("E-Mail"),
    }
    context = form_context(files)
    return render_template(
        "papier/papier.html",
        form=form,
        token=token,
        channels=list(channels.items()),
        **{**context, "labels": {**context["labels"], **worte.STAFF_LABELS}},
    )

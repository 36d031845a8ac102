"""Asking for an emergency place, the page of one's request, and the published draws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import emergency, losung
from abh.appointments import service as appointments
from abh.appointments.emergency import DrawClosed
from abh.appointments.nachweise import MOST
from abh.appointments.tables import Booking
from abh.appointments.tables_losung import Draw, EmergencyRequest
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.office.tables import Desk, Sachgebiet
from abh.web import antragsform
from abh.web import session as web
from abh.web.bremse import Brake, Wait
from abh.web.forms import Form, date_text
from abh.web.i18n import language
from abh.web.pages.ankunft import code_parts
from abh.workflows import drafts
from abh.workflows.drafts import KeptFile

blueprint = Blueprint("notfall", __name__)

BRAKE = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))
KIND = "notfall"
DATE_FIELDS = ("birth_date", "harm_on")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SHOWN = timedelta(days=30)


def grounds() -> list[tuple[str, str]]:
    """Return the grounds for an emergency place with their words."""
    return [
        ("arbeitsplatz", _("Ich verliere sonst meinen Arbeitsplatz")),
        ("leistungen", _("Ich bekomme sonst kein Geld mehr (Jobcenter, Sozialamt, Familienkasse)")),
        ("reise", _("Ich muss dringend reisen, zum Beispiel zu einem Todesfall")),
    ]


@blueprint.get("/notfall")
@policy(PUBLIC)
def page() -> str:
    """Show the draws that take requests, and the form."""
    return _render(Form(), new_token())


def _render(
    form: Form, draft: str, files: Sequence[KeptFile] = (), *, wait: Wait | None = None
) -> str:
    session = web.reading()
    open_draws = emergency.open_for_requests(session, now=web.now())
    names = dict(session.execute(select(Sachgebiet.key, Sachgebiet.name)).all())
    return render_template(
        "notfall/antrag.html",
        form=form,
        draws=[
            (d.id, f"{names[d.unit_key]} · {d.day:%d.%m.%Y}", d.cutoff_at, d.seed_hash)
            for d in open_draws
        ],
        grounds=grounds(),
        nations=antragsform.nation_choices(),
        draft=draft,
        kind=KIND,
        kept=files,
        most=MOST,
        wait=wait,
    )


@blueprint.post("/notfall")
@policy(PUBLIC)
def send() -> Response | tuple[str, int]:
    """Take the request; the answer does not tell whether the person is known here.

    Files are kept under the token of the form, so that a fault in a field loses none.
    """
    given = request.form.get("entwurf", "")
    form_token = given if _TOKEN.fullmatch(given) else new_token()
    files, problems = _files(form_token)

    def again(found: Sequence[FieldProblem] = (), *, wait: Wait | None = None) -> str:
        return _render(Form(request.form, found, DATE_FIELDS), form_token, files, wait=wait)

    wait = BRAKE.admit(
        request.remote_addr or "",
        web.now(),
        request.form.get("warteschein", ""),
        web.services().settings.secret_key,
        request.form.get("rechnung", ""),
    )
    if wait is not None:
        return again(problems, wait=wait), 429
    try:
        draw_id, values = _read(problems)
        with web.unit_of_work() as session:
            draft = drafts.lock_draft(session, form_token, now=web.now())
            _found, token = emergency.request_place(
                session,
                draw_id,
                values.pop("person"),
                files=drafts.kept_files(draft),
                clock=web.services().clock,
                **values,
            )
            drafts.keep(draft, (), now=web.now())
    except InvalidInput as error:
        return again(error.problems), 422
    except (DrawClosed, NotFound):
        text = _("Die Annahme für diesen Tag ist geschlossen. Bitte wählen Sie den nächsten.")
        return again([FieldProblem("draw", text)]), 409
    return redirect(url_for("notfall.mine", token=token), 303)


def _files(form_token: str) -> tuple[list[KeptFile], list[FieldProblem]]:
    """Keep the files of this sending with those before it, but what was ticked for removal."""
    new, problems = antragsform.take_files([KIND])
    dropped = set(request.form.getlist("weg"))
    with web.unit_of_work() as session:
        draft = drafts.lock_draft(session, form_token, now=web.now())
        every = [*drafts.kept_files(draft), *new]
        kept = [file for file in every if f"{file.kind}:{file.sha256}" not in dropped]
        if len(kept) > MOST:
            text = _("Bitte senden Sie höchstens %(num)s Dateien.", num=MOST)
            problems.append(FieldProblem(f"files.{KIND}", text))
        drafts.keep(draft, kept[:MOST], now=web.now())
        return drafts.kept_files(draft), problems


def _read(found: Sequence[FieldProblem]) -> tuple[int, dict[str, Any]]:
    problems = list(found)
    draw = request.form.get("draw", "")
    if not draw.isdecimal() or len(draw) > 18:
        problems.append(FieldProblem("draw", _("Bitte wählen Sie einen Tag.")))
    harm_on = _harm_day()
    if harm_on is None:
        problems.append(FieldProblem("harm_on", _("Bitte ein Datum angeben (TT MM JJJJ).")))
    email = request.form.get("email", "").strip()
    if email and not _EMAIL.fullmatch(email):
        problems.append(FieldProblem("email", _("Bitte prüfen Sie die E-Mail-Adresse.")))
    if problems or harm_on is None:
        raise InvalidInput(problems)
    person = {
        "family_name": request.form.get("family_name", ""),
        "given_names": request.form.get("given_names", ""),
        "birth_date": date_text(request.form, "birth_date"),
        "nationalities": [request.form.get("nationality", "")],
        "language": language(),
    }
    return int(draw), {
        "person": person,
        "ground": request.form.get("ground", ""),
        "harm_on": harm_on,
        "evidence": request.form.get("evidence", ""),
        "email": email,
        "language": language(),
    }


def _harm_day() -> date | None:
    try:
        return date.fromisoformat(date_text(request.form, "harm_on"))
    except ValueError:
        return None


def _mine(session: Session, token: str) -> EmergencyRequest:
    if not _TOKEN.fullmatch(token):
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return emergency.by_token(session, token)


@blueprint.get("/notfall/<token>")
@policy(PUBLIC)
def mine(token: str) -> str:
    """Show what became of one's request."""
    session = web.reading()
    asked = _mine(session, token)
    stands = emergency.standing(session, asked)
    place = session.get(Booking, stands.booking_id) if stands.booking_id else None
    if place is not None and place.status == "cancelled":
        place = None
    return render_template(
        "notfall/stand.html",
        token=token,
        asked=asked,
        stands=stands,
        draw=session.get_one(Draw, asked.draw_id),
        place=place,
        **(code_parts(place.id) if place else {}),
        at=appointments.instant(place.day, place.start_cell) if place else None,
        room=session.scalar(select(Desk.room).where(Desk.id == place.desk_id)) if place else "",
    )


@blueprint.post("/notfall/<token>/zuruecknehmen")
@policy(PUBLIC)
def withdraw(token: str) -> Response:
    """Withdraw the request; a place won is free for somebody else."""
    with web.unit_of_work() as session:
        emergency.withdraw(session, _mine(session, token), now=web.now())
    return redirect(url_for("notfall.page"), 303)


@blueprint.get("/losung")
@policy(PUBLIC)
def draws() -> str:
    """List the draws of the last month with what is public of each."""
    session = web.reading()
    rows = session.scalars(
        select(Draw).where(Draw.day >= web.today() - SHOWN).order_by(Draw.day.desc(), Draw.unit_key)
    ).all()
    return render_template("notfall/losungen.html", rows=rows, rule=losung.RULE)


@blueprint.get("/losung/<int:draw_id>.json")
@policy(PUBLIC)
def publication(draw_id: int) -> Response:
    """Give the publication of a draw, to be recomputed by anyone."""
    found = emergency.publication(web.reading(), draw_id)
    response = make_response(losung.as_json(found))
    response.mimetype = "application/json"
    return response

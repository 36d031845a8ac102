"""Applications without login: one page each, plain forms, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.actor import applicant_actor
from abh.access.policy import PUBLIC, policy
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.sprachen import marked
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.antragswahl import themen
from abh.web.bremse import Brake
from abh.web.forms import Form
from abh.web.pages.status import letters_for_portal, opened_case, record_look
from abh.web.qr import qr_code
from abh.workflows import drafts, intake, registry
from abh.workflows.definition import Verfahren
from abh.workflows.drafts import KeptFile
from abh.workflows.schemas import BLUE_CARD, load_antrag
from abh.workflows.tables import AntragDraft

blueprint = Blueprint("antrag", __name__)

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# People who see this field are told to leave it empty; programs fill everything.
TRAP = "fax"
# Requirements of the Blue Card that concern only some.
NOT_FOR_ALL = frozenset({"K3"})
BRAKE = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one sending: the case number, or what to show again."""

    number: str = ""
    files: tuple[KeptFile, ...] = ()
    problems: tuple[FieldProblem, ...] = ()
    wait_seconds: int = 0


def open_to_applicants() -> list[Verfahren]:
    """Return the Verfahren that somebody can apply for on these pages, in their order."""
    newest = map(registry.newest, registry.known_keys())
    return [verfahren for verfahren in newest if verfahren.for_applicants]


def _wanted(key: str) -> Verfahren:
    found = next((v for v in open_to_applicants() if v.key.lower() == key), None)
    if found is None:
        raise NotFound(marked("Dieses Formular gibt es nicht."))
    return found


@blueprint.get("/antrag")
@policy(PUBLIC)
def choose() -> str:
    """Show what can be applied for, by topic."""
    return render_template("antrag/wahl.html", themen=themen(open_to_applicants()))


@blueprint.get("/antrag/<key>")
@policy(PUBLIC)
def page(key: str) -> str:
    """Show the empty form of one Verfahren."""
    return _render(_wanted(key), Form(), new_token(), ())


@blueprint.post("/antrag/<key>")
@policy(PUBLIC)
def send(key: str) -> Response | str | tuple[str, int]:
    """File the application, or show it again with every problem and all that was sent."""
    verfahren = _wanted(key)
    given = request.form.get("entwurf", "")
    token = given if TOKEN.fullmatch(given) else new_token()
    if request.form.get("sprache"):
        return _in_other_language(verfahren, token)
    raw, rename = antragsform.raw_antrag(request.form, verfahren)
    new, problems = antragsform.take_files(verfahren.evidence_labels)
    antrag: dict[str, Any] | None = None
    try:
        antrag = load_antrag(raw)
    except InvalidInput as error:
        problems = worte.told(antragsform.all_problems(raw, error.problems), rename) + problems
    if request.form.get(TRAP):
        problems.append(FieldProblem(TRAP, _("Bitte lassen Sie dieses Feld leer.")))
    with web.unit_of_work() as session:
        attempt = _attempt(session, token, new, problems, antrag)
    if attempt.number:
        return redirect(url_for("antrag.done", token=web.house().status_token(attempt.number)), 303)
    form = Form(request.form, attempt.problems, antragsform.date_fields(verfahren))
    status = 422 if attempt.problems else 429
    return _render(verfahren, form, token, attempt.files, attempt.wait_seconds), status


def _in_other_language(verfahren: Verfahren, token: str) -> str:
    """Show the form as it was sent, in the language chosen (``?lang=``); files are kept."""
    new, problems = antragsform.take_files(verfahren.evidence_labels)
    with web.unit_of_work() as session:
        draft = drafts.lock_draft(session, token, now=web.now())
        files = _keep(draft, new)
    form = Form(request.form, problems, antragsform.date_fields(verfahren))
    return _render(verfahren, form, token, files)


def _keep(draft: AntragDraft, new: Sequence[KeptFile]) -> tuple[KeptFile, ...]:
    """Keep the files of this sending with those before it, but what was ticked for removal."""
    dropped = set(request.form.getlist("weg"))
    files = [f for f in (*drafts.kept_files(draft), *new) if f"{f.kind}:{f.sha256}" not in dropped]
    drafts.keep(draft, files, now=web.now())
    return tuple(drafts.kept_files(draft))


def _attempt(
    session: Session,
    token: str,
    new: Sequence[KeptFile],
    problems: Sequence[FieldProblem],
    antrag: dict[str, Any] | None,
) -> Attempt:
    now, address = web.now(), request.remote_addr or ""
    draft = drafts.lock_draft(session, token, now=now)
    if number := drafts.filed_number(draft):
        return Attempt(number)
    files = _keep(draft, new)
    if problems or antrag is None:
        return Attempt(files=files, problems=tuple(problems))
    if wait := _wait(draft, address, now):
        return Attempt(files=files, wait_seconds=wait)
    house = web.house()
    filed = intake.file_application(
        session,
        house,
        applicant_actor(),
        antrag,
        drafts.uploads_of(files, house.blobs),
        channel="portal",
    )
    drafts.mark_filed(draft, filed.number)
    BRAKE.count(address, now)
    return Attempt(filed.number)


def _wait(draft: AntragDraft, address: str, now: datetime) -> int:
    """Return the seconds this form still has to wait; the draft remembers since when."""
    pause = BRAKE.pause_for(address, now)
    if not pause:
        return 0
    since = draft.data.get("not_before")
    if since is None:
        draft.data = {**draft.data, "not_before": (now + pause).isoformat()}
        return int(pause.total_seconds())
    left = (datetime.fromisoformat(since) - now).total_seconds()
    return max(0, int(left + 0.999))


def _render(
    verfahren: Verfahren, form: Form, token: str, files: Sequence[KeptFile], wait: int = 0
) -> str:
    return render_template(
        "antrag/antrag.html",
        form=form,
        token=token,
        wait=wait,
        trap=TRAP,
        **form_context(verfahren, files),
    )


def form_context(verfahren: Verfahren, files: Sequence[KeptFile]) -> dict[str, Any]:
    """Return what the fields of an application need: labels, lists, files already here."""
    kinds = _kinds(verfahren)
    return {
        "labels": worte.LABELS,
        "titles": antragsform.title_choices(),
        "nations": antragsform.nation_choices(),
        "nation_fields": antragsform.NATIONS,
        "kinds": [(kind, worte.evidence_label(kind, verfahren), needed) for kind, needed in kinds],
        "hints": worte.EVIDENCE_HINTS,
        "kept": {kind: [f for f in files if f.kind == kind] for kind, _needed in kinds},
        "verfahren": verfahren,
        "work": verfahren.future_work,
        "degree": verfahren.key == BLUE_CARD,
        "angaben": [a for a in verfahren.angaben if a.by_applicant],
        "choices_of": worte.choices_of,
    }


def _kinds(verfahren: Verfahren) -> list[tuple[str, bool]]:
    """Return the kinds of evidence, those first that everybody is asked for."""
    usual = {
        group[0]
        for requirement in verfahren.checklist
        if requirement.mandatory and requirement.key not in NOT_FOR_ALL
        for group in requirement.evidence
    }
    return [
        *((kind, True) for kind in verfahren.evidence_labels if kind in usual),
        *((kind, False) for kind in verfahren.evidence_labels if kind not in usual),
    ]


@blueprint.get("/antrag/fertig/<token>")
@policy(PUBLIC)
def done(token: str) -> str:
    """Show number, confirmation and the link to keep; open to whoever holds the link."""
    session = web.reading()
    case = opened_case(session, token)
    record_look(session, case, "antrag.fertig")
    confirmation = next((x for x in letters_for_portal(session, case) if x.key == "N01"), None)
    link = web.house().link("status", token)
    return render_template(
        "antrag/fertig.html",
        case=case,
        token=token,
        link=link,
        qr=qr_code(link),
        letter=confirmation,
        effect=worte.effect_of(case.row["fiktion"]),
        email=case.person["email"],
    )

"""An application on paper, by e-mail or at the counter, entered by a clerk with its stamp date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.actor import Actor
from abh.access.policy import Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.persons.tables import Person
from abh.post import ansicht
from abh.post import service as post
from abh.post.tables import PostItem
from abh.sprachen import NAMES
from abh.web import anschlusswerte, antragsform, worte
from abh.web import session as web
from abh.web.forms import DATE_PARTS, Form
from abh.web.pages import rahmen
from abh.web.pages.antrag import TOKEN, form_context
from abh.workflows import drafts, intake, registry, titelvorgang, verbund, zugriff
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import Case
from abh.workflows.drafts import KeptFile
from abh.workflows.facts import TitleKind
from abh.workflows.folgen import Folge, by_key
from abh.workflows.guards import fachverfahren as fv
from abh.workflows.schemas import BLUE_CARD, load_antrag
from abh.workflows.steps import check_scope, load_case

blueprint = rahmen.staff_blueprint("papier", __name__)

CHANNELS = ("paper", "counter", "email")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one sending: the case number, or what to show again."""

    number: str = ""
    files: tuple[KeptFile, ...] = ()
    problems: tuple[FieldProblem, ...] = ()


def _wanted() -> Verfahren:
    key = request.values.get("verfahren", BLUE_CARD)
    try:
        return registry.newest(key)
    except registry.UnknownVerfahren as error:
        raise NotFound(error.title) from error


@blueprint.get("/desk/neu")
@policy(Power.CASE_INTAKE)
def page() -> str:
    """Show the empty form of the chosen Verfahren with today as the day of receipt."""
    verfahren = _wanted()
    values = {"channel": "counter", **antragsform.day_parts("received_on", web.today())}
    if item := _post_item(web.reading()):
        values |= {"channel": item.channel if item.channel in CHANNELS else "paper"}
        values |= antragsform.day_parts("received_on", item.received_on)
        person = web.reading().get(Person, item.person_id) if item.person_id else None
        values |= _person_values(vars(person)) if person else {}
    case, folge = _origin(web.reading())
    if case is not None and folge is not None:
        values |= {} if folge.other_person else _person_values(case.person)
        values |= {"angaben.variante": folge.variante} if folge.variante else {}
        values |= _title_values(case, folge)
        values |= {"opening": folge.schritt or verfahren.opening}
    return _render(verfahren, Form(values), new_token(), ())


@blueprint.post("/desk/neu")
@policy(Power.CASE_INTAKE)
def send() -> Response | tuple[str, int]:
    """Open the case, or show the form again with every problem and all that was typed."""
    given = request.form.get("entwurf", "")
    token = given if TOKEN.fullmatch(given) else new_token()
    verfahren = _wanted()
    raw, rename = antragsform.raw_antrag(request.form, verfahren)
    new, problems = antragsform.take_files(verfahren.evidence_labels)
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
    form = Form(request.form, attempt.problems, antragsform.date_fields(verfahren))
    return _render(verfahren, form, token, attempt.files), 422


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
        opening=request.form.get("opening", ""),
    )
    unit = load_case(session, house, vorgang_id=filed.vorgang_id).vorgang["unit_key"]
    known = zugriff.may_know(who, antrag["verfahren"], unit)
    if arrived := _post_item(session):
        ansicht.became_case(session, who, arrived.id, filed.number, clock=house)
    elif unit == who.unit_key or (who.may(Power.ALL_UNITS) and known):
        item = {
            "received_on": received.isoformat(),
            "channel": channel,
            "kind": "application",
            "subject": _("Antrag: %(what)s", what=registry.newest(antrag["verfahren"]).name),
            "unit_key": unit,
            "vorgang_id": filed.vorgang_id,
        }
        entered = post.register_item(session, who, item, clock=house)
        post.close_item(session, who, entered.id, clock=house, reason="als Antrag aufgenommen")
    case, folge = _origin(session)
    if case is not None and folge is not None:
        verbund.follow(session, house, who, case, filed.vorgang_id, folge)
    drafts.mark_filed(draft, filed.number)
    return Attempt(filed.number)


def _post_item(session: Session) -> PostItem | None:
    """Return the item of post in this clerk's hand of which the case is made, if the page came from
    there."""
    item_id = rahmen.page_number(request.values.get("eingang"))
    return ansicht.application_in_hand(session, web.actor(), item_id) if item_id else None


def _origin(session: Session) -> tuple[Case | None, Folge | None]:
    """Return the case this one follows from and why, as the link of its page says."""
    number, folge = request.values.get("verbunden", ""), by_key(request.values.get("folge", ""))
    if not number or folge is None:
        return None, None
    case = load_case(session, web.house(), number=number)
    check_scope(web.actor(), case)
    return case, folge


def _title_values(case: Case, folge: Folge) -> dict[str, str]:
    """Return what the accelerated procedure tells the application for the title after the entry."""
    ziel = titelvorgang.ziel_of(case)
    if ziel is None or ziel[0].key != folge.key:
        return {}
    values = anschlusswerte.job_values(case.vorgang["antrag"])
    values |= {"title_kind": TitleKind.NATIONALES_VISUM.name}
    values |= anschlusswerte.day_values("title_until", case.facts.angabe(fv.VISUM_BIS.key))
    values |= anschlusswerte.day_values("entry_on", case.facts.angabe(fv.EINREISE_AM.key))
    return values | ({"angaben.variante": ziel[1]} if ziel[1] else {})


def _person_values(person: Mapping[str, Any]) -> dict[str, str]:
    """Return the person of a case as the form shows it."""
    values = {f"person.{name}": str(person[name] or "") for name in antragsform.PERSON}
    values |= dict(zip(antragsform.NATIONS, person["nationalities"], strict=False))
    parts = ("birth_day", "birth_month", "birth_year")
    for part, name in zip(DATE_PARTS, parts, strict=True):
        values[f"person.birth_date_{part}"] = str(person[name] or "")
    return values | {"person.language": person["language"]}


def _render(verfahren: Verfahren, form: Form, token: str, files: Sequence[KeptFile]) -> str:
    channels = {
        "paper": _("Papier (Post, Briefkasten)"),
        "counter": _("Am Schalter abgegeben"),
        "email": _("E-Mail"),
    }
    context = form_context(verfahren, files)
    every = [registry.newest(key) for key in registry.known_keys()]
    return render_template(
        "papier/papier.html",
        form=form,
        token=token,
        channels=list(channels.items()),
        every=every,
        language_names=list(NAMES.items()),
        openings=[(step.key, step.label) for step in verfahren.openings],
        **{**context, "labels": {**context["labels"], **worte.STAFF_LABELS}},
    )

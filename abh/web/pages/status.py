"""The applicant's own page behind the status link: where the case stands, what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access import audit
from abh.access.actor import applicant_actor
from abh.access.policy import PUBLIC, policy
from abh.appointments import service as appointments
from abh.appointments.tables import Booking, Invitation
from abh.documents.akte import sheet_content
from abh.documents.house import House
from abh.documents.tables import Blatt, Letter
from abh.fastlane import vollmachten
from abh.kernel.errors import FieldProblem, NotFound
from abh.kernel.ids import token_hash
from abh.web import antragsform, fragen, worte
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import page_number
from abh.web.pages.status_heute import today_of, when_decided
from abh.web.parts import Link
from abh.web.security import allow_preview
from abh.web.unterlagen import file_once
from abh.workflows import intake, ruecknahme, service
from abh.workflows.checklist import Item, evaluate_checklist, missing_items
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.effects import BIOMETRICS
from abh.workflows.steps import check_scope, load_case
from abh.workflows.tables import Evidence

blueprint = Blueprint("status", __name__, url_prefix="/status/<token>")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
GONE = "Dieser Link gilt nicht (mehr)."
STATEMENT = "stellungnahme"


@dataclass(frozen=True, slots=True)
class PortalLetter:
    """A letter that may be read here."""

    id: int
    key: str
    label: str
    released_at: datetime
    blatt_id: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to hand in: what, the words of the office for it, and the kinds that prove it."""

    key: str
    label: str
    why: str
    groups: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The appointment as the applicant needs it: booked at ``at``, or to be booked by ``link``.

    ``pick_up``: for taking what was made, not for photograph and fingerprints.
    """

    at: datetime | None = None
    link: str = ""
    book_until: date | None = None
    pick_up: bool = False


def opened_case(session: Session, token: str) -> Case:
    """Return the case of a status link; raises ``NotFound``, the same for whatever is no link."""
    if not _TOKEN.fullmatch(token):
        raise NotFound(GONE)
    try:
        case = load_case(session, web.house(), token_hash=token_hash(token))
        check_scope(applicant_actor(), case)
    except NotFound:
        raise NotFound(GONE) from None
    return case


def record_look(session: Session, case: Case, page: str, **facts: Any) -> None:
    """Write down that somebody with the link looked at the case."""
    audit.record(
        session,
        applicant_actor(),
        "status.read",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
        facts={"page": page, **facts},
    )


def letters_for_portal(session: Session, case: Case) -> list[PortalLetter]:
    """Return the released letters that are read here, newest first.

    Acts (notices) are served as § 41 VwVfG wants and not put here: a look at this page would be
    no service, and its absence none either.
    """
    rows = session.scalars(
        select(Letter)
        .where(
            Letter.vorgang_id == case.id,
            Letter.channel == "portal",
            Letter.state.in_(("released", "dispatched")),
            Letter.blatt_id.is_not(None),
        )
        .order_by(Letter.id.desc())
        .limit(50)
    ).all()
    acts = _acts(web.house())
    return [
        PortalLetter(
            row.id,
            row.key,
            str(worte.LETTERS.get(row.key, row.key)),
            row.released_at or row.created_at,
            row.blatt_id or 0,
            row.content,
        )
        for row in rows
        if acts.get((row.rule_version, row.rule_id)) is False
    ]


def _acts(house: House) -> dict[tuple[str | None, str | None], bool]:
    return {(order.version, rule.id): rule.act for order in house.zeichnung for rule in order.rules}


@blueprint.get("")
@policy(PUBLIC)
def page(token: str) -> str:
    """Show the case to whoever holds its link."""
    session = web.reading()
    case = opened_case(session, token)
    record_look(session, case, "status")
    return render(session, case, token, Form())


@blueprint.post("/unterlagen")
@policy(PUBLIC)
def upload(token: str) -> Response | tuple[str, int]:
    """Take documents for the case; what cannot be taken is named, the rest is filed."""
    session = web.reading()
    case = opened_case(session, token)
    if case.vorgang["closed_at"] is not None:
        return redirect(url_for("status.page", token=token), 303)
    kinds = _sent_kinds(case)
    files, problems = antragsform.take_files(kinds)
    if not files and not problems:
        name = next(iter(kinds), "")
        problems = [FieldProblem(f"files.{name}", _("Bitte wählen Sie mindestens eine Datei aus."))]
    if files:
        with web.unit_of_work() as writing:
            file_once(writing, applicant_actor(), case.id, files)
    if not problems:
        return redirect(url_for("status.page", token=token, neu=len(files)), 303)
    fresh = web.reading()
    return render(fresh, opened_case(fresh, token), token, Form(problems=problems)), 422


def _sent_kinds(case: Case) -> tuple[str, ...]:
    """Return the kinds of the file fields in this request, those the Verfahren knows."""
    known = (*case.verfahren.evidence_labels, STATEMENT)
    return tuple(kind for kind in known if f"files.{kind}" in request.files)


@blueprint.get("/brief/<int:letter_id>")
@policy(PUBLIC)
def letter(token: str, letter_id: int) -> Response:
    """Give a letter of this case as PDF."""
    session = web.reading()
    case = opened_case(session, token)
    found = next((x for x in letters_for_portal(session, case) if x.id == letter_id), None)
    if found is None:
        raise NotFound(GONE)
    record_look(session, case, "brief", letter=found.id, key=found.key)
    _sheet, data = sheet_content(session, web.house().blobs, found.blatt_id)
    response = make_response(data)
    response.mimetype = "application/pdf"
    name = f"{case.number}-{found.key}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return allow_preview(response)


@blueprint.post("/mehr-zeit")
@policy(PUBLIC)
def more_time(token: str) -> Response:
    """Ask for a later deadline; a clerk decides on it."""
    case = opened_case(web.reading(), token)
    if case.state == "awaiting_applicant" and not case.facts.request.extension_asked:
        reason = "".join(c if c.isprintable() else " " for c in request.form.get("grund", ""))
        with web.unit_of_work() as session:
            service.note(
                session,
                web.house(),
                applicant_actor(),
                case.id,
                "extension_asked",
                value=reason.strip()[:500],
                expected_version=int(case.vorgang["row_version"]),
            )
    return redirect(url_for("status.page", token=token), 303)


@blueprint.post("/frage")
@policy(PUBLIC)
def ask(token: str) -> Response | tuple[str, int]:
    """Take a question; a clerk answers it as all post."""
    session = web.reading()
    case = opened_case(session, token)
    problems = fragen.send(case, request.form.get("thema", ""), request.form.get("frage", ""))
    if problems:
        return render(web.reading(), case, token, Form(request.form, problems)), 422
    return redirect(url_for("status.page", token=token, gefragt=1) + "#h-fragen", 303)


@blueprint.post("/firmen")
@policy(PUBLIC)
def companies(token: str) -> Response:
    """Let a company see this case, refuse it, or take a mandate back: one click each."""
    case = opened_case(web.reading(), token)
    with web.unit_of_work() as session:
        if revoked := page_number(request.form.get("vollmacht")):
            person = case.person["id"]
            vollmachten.revoke_by_employee(session, web.house(), case.id, person, revoked)
        else:
            asked = page_number(request.form.get("ja") or request.form.get("nein"))
            vollmachten.answer(
                session,
                web.house(),
                applicant_actor(),
                asked,
                granted="ja" in request.form,
                vorgang_id=case.id,
            )
    return redirect(url_for("status.page", token=token) + "#h-firmen", 303)


@blueprint.get("/zuruecknehmen")
@policy(PUBLIC)
def withdraw_page(token: str) -> str:
    """Ask whether the application shall really be taken back, and say what follows."""
    session = web.reading()
    case = opened_case(session, token)
    if not ruecknahme.can_withdraw(case, applicant_actor()):
        raise NotFound(GONE)
    record_look(session, case, "zuruecknehmen")
    return render_template("status/zuruecknehmen.html", case=case, token=token)


@blueprint.post("/zuruecknehmen")
@policy(PUBLIC)
def withdraw(token: str) -> Response:
    """Take the application back (§ 9 VwVfG NRW); the case ends."""
    case = opened_case(web.reading(), token)
    version = request.form.get("version", "")
    with web.unit_of_work() as session:
        done = ruecknahme.withdraw(
            session,
            web.house(),
            applicant_actor(),
            case.id,
            expected_version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        )
        intake.notify_letters(session, web.house(), done.letters)
    return redirect(url_for("status.page", token=token), 303)


def render(session: Session, case: Case, token: str, form: Form) -> str:
    """Return the page of a case."""
    state = case.verfahren.state(case.state)
    if state is None:
        raise NotFound(GONE)
    waits = case.state == "awaiting_applicant"
    letters = letters_for_portal(session, case)
    new = request.args.get("neu", "")
    return render_template(
        "status/status.html",
        case=case,
        token=token,
        form=form,
        words=worte.text_of(state.portal_words),
        turn=worte.TURNS[state.whose_turn],
        my_turn=Power.APPLICANT.name == state.whose_turn.name,
        closed=case.vorgang["closed_at"] is not None,
        today=today_of(session, web.house(), case),
        day=web.today(),
        when=when_decided(web.house(), case),
        missing=missing_things(case) if waits else (),
        until=case.facts.request.until if waits else None,
        asked=waits and case.facts.request.extension_asked,
        hearing_until=case.facts.hearing.until if case.state == "hearing" else None,
        collect_until=case.facts.card.collect_until if case.state == "card_ready" else None,
        letters=letters,
        meeting=meeting_of(session, case, letters),
        kinds=[
            (kind, worte.evidence_label(kind, case.verfahren))
            for kind in case.verfahren.evidence_labels
        ],
        can_withdraw=ruecknahme.can_withdraw(case, applicant_actor()),
        received=date.fromisoformat(case.vorgang["received_on"]),
        added=int(new) if new.isdecimal() and len(new) < 3 else 0,
        here=_files_here(session, case),
        firms=vollmachten.of_employee(session, web.house(), case.id, case.person["id"]),
        scopes=worte.SCOPES,
        asked_before=fragen.questions(session, case.id),
        topics=[(key, words) for key, (words, _subject) in fragen.TOPICS.items()],
        sent="gefragt" in request.args,
    )


def missing_things(case: Case) -> list[Missing]:
    """Return what the running Nachforderung names, without what other bodies have to say."""
    items = missing_items(evaluate_checklist(case.verfahren, case.facts))
    names = {label: kind for kind, label in case.verfahren.evidence_labels.items()}
    return [_missing(item, names) for item in items]


def _missing(item: Item, names: Mapping[str, str]) -> Missing:
    groups = tuple(
        tuple((names.get(part, part), gettext(part)) for part in text.split(" oder "))
        for text in item.evidence_missing
    )
    return Missing(item.key, gettext(item.label), item.why, groups)


def _files_here(session: Session, case: Case) -> list[Link]:
    rows = session.execute(
        select(Evidence.kind, Blatt.file_name, Evidence.accepted, Evidence.remark)
        .join(Blatt, Blatt.id == Evidence.blatt_id)
        .where(Evidence.vorgang_id == case.id, Blatt.origin == "upload")
        .order_by(Evidence.id)
        .limit(200)
    ).all()
    return [Link(f"{worte.evidence_label(r.kind, case.verfahren)}: {r.file_name}") for r in rows]


def meeting_of(session: Session, case: Case, letters: Sequence[PortalLetter]) -> Meeting | None:
    """Return the appointment of a case, or the invitation to book one; None for neither."""
    booked = session.scalars(
        select(Booking)
        .where(
            Booking.vorgang_id == case.id, Booking.status.in_(("booked", "checked_in", "called"))
        )
        .order_by(Booking.id.desc())
    ).first()
    invitation = session.scalars(
        select(Invitation)
        .where(Invitation.vorgang_id == case.id, Invitation.cancelled_at.is_(None))
        .order_by(Invitation.id.desc())
    ).first()
    subject = booked or invitation
    if subject is None:
        return None
    # Only the hash of the link is stored; the letter that invited carries the link itself.
    pick_up = subject.service_key != BIOMETRICS
    key = "N09" if pick_up else "N06"
    links = (str(x.content["fields"].get("link") or "") for x in letters if x.key == key)
    link = next(filter(None, links), "")
    if booked is not None:
        at = appointments.instant(booked.day, booked.cells.lower or 0)
        return Meeting(at, link, pick_up=pick_up)
    if invitation is None or invitation.book_until < web.today() or not link:
        return None
    return Meeting(link=link, book_until=invitation.book_until, pick_up=pick_up)

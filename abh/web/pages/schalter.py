"""The counter: who is here, calling, comparing with the passport, fingerprints, fee, done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import Power, policy, require
from abh.appointments import ankunft, nachweise, pauses, walkin, wartezeit
from abh.appointments import service as appointments
from abh.appointments.counter import Waiting, is_over
from abh.appointments.queue import PassedOver
from abh.appointments.tables import Booking
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.office.tables import Service
from abh.sprachen import NAMES
from abh.web import session as web
from abh.web.errors import Problem, problem_of
from abh.web.forms import Form
from abh.web.pages.laufkundschaft import colleagues, results
from abh.web.pages.notfall import grounds
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.web.pages.vorgang import PAYMENTS
from abh.workflows import service, tablet
from abh.workflows.dossier import Case
from abh.workflows.effects import BIOMETRICS
from abh.workflows.intake import notify_letters
from abh.workflows.machine import evaluate
from abh.workflows.powers import powers_of
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import may_know

blueprint = staff_blueprint("schalter", __name__)

# How a visit stands; the waiting come first because they are what the page is for.
STANDS = ("called", "checked_in", "booked", "served", "no_show")
ATTENDED = ("erschienen_entscheidungsreif", "erschienen")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the visit could not go on, with what was typed."""

    problem: Problem
    form: Form


@blueprint.get("/schalter")
@policy(Power.CASE_COUNTER)
def page() -> str:
    """Show the day of the unit: numbers and times, no names."""
    who = web.actor()
    clock, session = web.services().clock, web.reading()
    rows = appointments.waiting(web.reading(), who.unit_key or "", web.today())
    groups: dict[str, list[Waiting]] = {stand: [] for stand in STANDS}
    for row in rows:
        groups[row.status].append(row)
    unit, services = who.unit_key or "", office.services(session)
    return render_template(
        "schalter/liste.html",
        groups=groups,
        day=web.today(),
        who=who,
        walk_ins=walkin.waiting(session, unit, clock),
        services=[(each.key, each.name) for each in services],
        waits=_with_waits(session, unit, services),
        unfinished=appointments.unfinished(session, who, unit, clock=clock) if unit else [],
        unfinished_numbers=walkin.unfinished(session, unit, clock),
        results=results(),
        paused=who.desk_id in pauses.paused(session, unit, clock=clock),
        terminal=ankunft.terminal_token(web.house().secret, unit) if unit else "",
    )


def _with_waits(session: Session, unit: str, services: Sequence[Service]) -> list[tuple[str, str]]:
    """Return the services with how long somebody waits for each who takes a number now."""
    waits = wartezeit.forecasts(session, unit, clock=web.services().clock) if unit else {}
    found = []
    for each in services:
        wait = waits.get(each.key)
        range_ = (
            _("%(low)s–%(high)s Min. Wartezeit", low=wait.low, high=wait.high)
            if wait is not None
            else _("gerade kein Platz dafür offen")
        )
        found.append((each.key, f"{each.name} ({range_})"))
    return found


@blueprint.post("/schalter/naechster")
@policy(Power.CASE_COUNTER)
def call_next() -> BaseResponse:
    """Call the next person to this clerk's desk; a visit that is named is ended before.

    Ending and calling are two transactions: who was served stays served when nobody can be called.
    """
    who = web.actor()
    refused = _end_visit(who)
    if refused is not None:
        return refused
    if who.desk_id is None:
        flash(_("Bitte wählen Sie zuerst Ihren Platz."), "warning")
        return redirect(url_for("login.desks", next=url_for("schalter.page")), 303)
    try:
        with web.unit_of_work() as session:
            clock = web.services().clock
            found = walkin.call_next(session, who, who.desk_id, clock=clock)
            called = found.booking
            others = (
                appointments.passed_over(session, who, who.desk_id, clock=clock)
                if called is None
                else []
            )
            words = _lacking(session, others)
    except pauses.DeskPaused as error:
        flash(f"{_(error.title)} {_(error.hint)}", "warning")
        return redirect(url_for("schalter.page"), 303)
    if found.walk_in is not None:
        return redirect(url_for("laufkundschaft.visit", walk_in_id=found.walk_in.id), 303)
    if called is None:
        flash(_("Gerade ist niemand für Sie aufzurufen.") + words, "info")
        return redirect(url_for("schalter.page"), 303)
    return redirect(url_for("schalter.visit", booking_id=called.id), 303)


def _end_visit(who: Actor) -> BaseResponse | None:
    """End the visit named by ``besuch`` or ``nummer``; a page when it cannot be ended."""
    booking_id = page_number(request.form.get("besuch"))
    walk_in_id = page_number(request.form.get("nummer"))
    try:
        with web.unit_of_work() as session:
            if booking_id:
                _finish(session, who, booking_id)
            elif walk_in_id:
                walkin.close(session, who, walk_in_id, "served", clock=web.services().clock)
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        if booking_id:
            return _visit(booking_id, Refused(problem_of(error), form), status)
        flash(str(error), "warning")
        return redirect(url_for("laufkundschaft.visit", walk_in_id=walk_in_id), 303)
    return None


def _lacking(session: Session, others: Sequence[PassedOver]) -> str:
    """Return why those who wait are not for this clerk, a sentence for each number."""
    if not others:
        return ""
    equipment = office.profile(session)["equipment"]
    out = []
    for each in others:
        lacks = [_("der Platz hat nicht: %(what)s", what=equipment.get(key, key))
                 for key in each.missing_equipment]  # fmt: skip
        if each.verfahren:
            lacks.append(_("Sie sind nicht eingearbeitet in %(key)s", key=each.verfahren))
        out.append(f" {each.ticket}: {'; '.join(lacks)}.")
    return "".join(out)


@blueprint.get("/schalter/<int:booking_id>")
@policy(Power.CASE_COUNTER)
def visit(booking_id: int) -> Response:
    """Show whom the clerk has at the desk, to compare with the passport; the look is recorded."""
    return _visit(booking_id)


def _visit(booking_id: int, refused: Refused | None = None, status: int = 200) -> Response:
    who, session = web.actor(), web.reading()
    if "frame" not in g:
        show_frame(who)
    found = appointments.identity(session, who, booking_id, now=web.now())
    booking = found.booking
    case = _case_of(session, who, booking)
    fees = [f for f in case.row["fees"] if f["status"] == "due"] if case else []
    body = render_template(
        "schalter/besuch.html",
        booking=booking,
        time=appointments.time_of(booking.start_cell),
        service=office.service(session, booking.service_key),
        also=[office.service(session, key).name for key in booking.also],
        found=found,
        case=case,
        state=case.verfahren.state(case.state) if case else None,
        fees=[{**f, "cents": round(float(f["amount"]) * 100)} for f in fees],
        biometrics=case is not None
        and booking.service_key == BIOMETRICS
        and case.state == "appointment_pending",
        payments=[(p, p) for p in PAYMENTS],
        colleagues=colleagues(session, who),
        has_tablet=tablet.has_tablet(session, who.desk_id),
        on_tablet=tablet.showing(session, who.desk_id, booking.id, now=web.now()),
        language_names=list(NAMES.items()),
        emergency=nachweise.of_visit(session, who, booking),
        grounds=dict(grounds()),
        over=is_over(session, booking, web.services().clock),
        refused=refused,
        form=refused.form if refused else Form(),
    )
    return make_response(body, status)


def _case_of(session: Session, who: Actor, booking: Booking) -> Case | None:
    if booking.vorgang_id is None:
        return None
    case = load_case(session, web.house(), vorgang_id=booking.vorgang_id)
    if not may_know(who, case.verfahren.key, case.vorgang["unit_key"]):
        # The visit is served all the same; the file stays with its Sachgebiet.
        return None
    require(who, Power.CASE_COUNTER, case.vorgang["unit_key"])
    return case


@blueprint.post("/schalter/<int:booking_id>/<act>")
@policy(Power.CASE_COUNTER)
def act(booking_id: int, act: str) -> BaseResponse:
    """Call again, check in, record, finish, or note that nobody came."""
    doing = {
        "aufrufen": _call,
        "da": _check_in,
        "aufnehmen": _take_down,
        "fertig": _finish,
        "uebergeben": _hand_over,
        "nicht-erschienen": _absent,
    }.get(act)
    if doing is None:
        raise NotFound()
    try:
        with web.unit_of_work() as session:
            told = doing(session, web.actor(), booking_id)
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        return _visit(booking_id, Refused(problem_of(error), form), status)
    if told:
        flash(told, "success")
    number = _number_of(booking_id) if act == "aufnehmen" else ""
    if number:
        return redirect(url_for("vorgang.page", number=number), 303)
    back = "schalter.visit" if act in ("aufrufen", "da", "aufnehmen") else "schalter.page"
    args: dict[str, Any] = {"booking_id": booking_id} if back == "schalter.visit" else {}
    return redirect(url_for(back, **args), 303)


def _number_of(booking_id: int) -> str:
    query = (
        select(Vorgang.number)
        .join(Booking, Booking.vorgang_id == Vorgang.id)
        .where(Booking.id == booking_id)
    )
    return web.reading().scalar(query) or ""


def _call(session: Session, who: Actor, booking_id: int) -> str:
    appointments.call(session, who, booking_id, clock=web.services().clock)
    return ""


def _check_in(session: Session, who: Actor, booking_id: int) -> str:
    if "verglichen" not in request.form:
        text_ = _("Bitte bestätigen Sie, dass Name und Geburtsdatum mit dem Pass übereinstimmen.")
        raise InvalidInput([FieldProblem("verglichen", text_)])
    appointments.check_in(session, who, booking_id, clock=web.services().clock)
    return ""


def _hand_over(session: Session, who: Actor, booking_id: int) -> str:
    to_user = page_number(request.form.get("user"))
    if not to_user:
        raise InvalidInput([FieldProblem("user", _("Bitte wählen."))])
    appointments.hand_over(session, who, booking_id, to_user, clock=web.services().clock)
    return _("Übergeben.")


def _absent(session: Session, who: Actor, booking_id: int) -> str:
    appointments.close(session, who, booking_id, "no_show", clock=web.services().clock)
    return _("Als nicht erschienen vermerkt.")


def _finish(session: Session, who: Actor, booking_id: int) -> str:
    """Record fingerprints and fee, take the step that follows, end the visit: all or nothing."""
    told = _take_down(session, who, booking_id) or _("Besuch beendet.")
    appointments.close(session, who, booking_id, "served", clock=web.services().clock)
    return told


def _take_down(session: Session, who: Actor, booking_id: int) -> str:
    """Record fingerprints and fee and take the step that follows; the person stays at the desk."""
    booking = session.get(Booking, booking_id)
    if booking is None:
        raise NotFound(_("Diesen Termin gibt es nicht."))
    case = _case_of(session, who, booking)
    if (
        case is not None
        and booking.service_key == BIOMETRICS
        and case.state == "appointment_pending"
    ):
        return _biometrics(session, who, case)
    return ""


def _biometrics(session: Session, who: Actor, case: Case) -> str:
    house = web.house()
    if "aufgenommen" not in request.form:
        text_ = _("Bitte bestätigen Sie, dass die Aufnahmen verwendbar sind.")
        raise InvalidInput([FieldProblem("aufgenommen", text_)])
    version = int(request.form.get("row_version") or 0)
    if not version:
        raise Conflict(_("Bitte laden Sie die Seite neu."))
    found = {"biometrics_on": house.today.isoformat(), "biometrics_usable": True}
    done = service.record_findings(
        session, house, who, case.id, found, expected_version=version, remark="am Schalter"
    )
    payment = request.form.get("payment", "")
    for fee in case.row["fees"]:
        if payment and fee["status"] == "due":
            done = service.settle_fee(
                session, house, who, case.id, fee["id"], payment=payment,
                expected_version=done.row_version,
            )  # fmt: skip
    fresh = load_case(session, house, vorgang_id=case.id)
    key = next(
        (
            each
            for each in ATTENDED
            if evaluate(fresh.verfahren, fresh.state, each, fresh.facts, powers_of(who)).allowed
        ),
        ATTENDED[-1],
    )
    taken = service.take_step(session, house, who, case.id, key, expected_version=done.row_version)
    notify_letters(session, house, taken.letters)
    return _("Aufgenommen. Der Vorgang geht weiter.")

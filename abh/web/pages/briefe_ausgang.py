"""The outgoing mail of the Sachgebiet: print together, note together that letters were posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy
from abh.documents.letters import letter_kind
from abh.documents.printing import Paper
from abh.documents.stapeldruck import MOST_AT_ONCE
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.briefe_druck import printer_here
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.pages.vorgang_reihen import CHANNEL_LABELS, PRINT_STATES
from abh.workflows import postausgang

blueprint = staff_blueprint("briefe_ausgang", __name__)
READERS = (Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_INTAKE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter of the selection to which nothing was done, and why."""

    title: str
    why: str


@blueprint.get("/postausgang")
@policy(*READERS)
def page() -> Response:
    """Show what is signed and has not left, oldest first."""
    return _page(Form({}))


@blueprint.post("/postausgang/drucken")
@policy(*READERS)
def print_chosen() -> BaseResponse:
    """Print the ticked letters as one job at the printer of the clerk's desk."""
    chosen = _chosen()
    try:
        with web.unit_of_work() as session:
            printer = printer_here(session, Paper.LETTER)
            count, against = postausgang.print_together(
                session, web.house(), web.actor(), chosen, printer.id
            )
    except DomainError as error:
        return _refused(error)
    if count:
        text = ngettext(
            "%(num)s Brief geht an den Drucker.",
            "%(num)s Briefe gehen zusammen an den Drucker.",
            count,
        )
        flash(text, "success")
    if not against:
        return redirect(url_for("briefe_ausgang.page"), 303)
    show_frame(web.actor())
    return _page(Form(request.form), against=against)


@blueprint.post("/postausgang/abgegangen")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def posted() -> BaseResponse:
    """Note the day of posting of the ticked letters, each by itself: one refusal stops no other."""
    try:
        on = read_day(request.form.get("on", ""), "on", needed=True) or web.today()
        chosen = _chosen()
        if not 0 < len(chosen) <= MOST_AT_ONCE:
            text = _("Bitte 1 bis %(n)s Briefe wählen.", n=MOST_AT_ONCE)
            raise InvalidInput([FieldProblem("briefe", text)])
    except DomainError as error:
        return _refused(error)
    against: dict[int, str] = {}
    for letter_id in chosen:
        try:
            with web.unit_of_work() as session:
                postausgang.note_posted(session, web.house(), web.actor(), letter_id, on)
        except DomainError as error:
            problems = [problem.message for problem in getattr(error, "problems", ())]
            against[letter_id] = " ".join(problems) or str(error)
    done = len(chosen) - len(against)
    if done:
        text = ngettext(
            "Bei %(num)s Brief ist der Tag vermerkt.", "Bei %(num)s Briefen ist der Tag vermerkt.",
            done,
        )  # fmt: skip
        flash(text, "success")
    if not against:
        return redirect(url_for("briefe_ausgang.page"), 303)
    show_frame(web.actor())
    return _page(Form(request.form), against=against)


def _chosen() -> list[int]:
    numbers = (page_number(raw) for raw in request.form.getlist("briefe"))
    return list(dict.fromkeys(number for number in numbers if number))


def _refused(error: DomainError) -> Response:
    form, status = web.refused_form(error, request.form)
    show_frame(web.actor())
    return _page(form, status)


def _page(form: Form, status: int = 200, *, against: Mapping[int, str] | None = None) -> Response:
    session, who = web.reading(), web.actor()
    rows = postausgang.leaving(session, who)
    audit.record_list(session, who, "letter.leaving", "letter", [r.id for r in rows], now=web.now())
    ticked = set(_chosen()) if request.method == "POST" else set()
    body = render_template(
        "briefe/ausgang.html",
        to_print=[row for row in rows if row.printable],
        ready=[row for row in rows if row.ready],
        waiting=[row for row in rows if not row.printable and not row.ready],
        total=len(rows),
        most=postausgang.MOST,
        title_of=lambda row: letter_kind(row.key).title_of(row.outcome),
        channels=CHANNEL_LABELS,
        prints=PRINT_STATES,
        ticked=ticked,
        refusals=_refusals(rows, against or {}),
        form=form,
        today=web.today(),
        may_post=who.may(Power.CASE_REVIEW) or who.may(Power.CASE_COUNTER),
    )
    return make_response(body, status)


def _refusals(rows: Sequence[postausgang.Leaving], against: Mapping[int, str]) -> list[Refusal]:
    known = {row.id: row for row in rows}
    return [
        Refusal(
            f"{letter_kind(known[number].key).title_of(known[number].outcome)}, "
            f"{known[number].reference}"
            if number in known
            else _("Brief %(n)s", n=number),
            why,
        )
        for number, why in against.items()
    ]

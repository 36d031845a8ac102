"""One case on one screen, and everything that a clerk does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.fastlane import nachrichten
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.errors import Problem, problem_of
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.i18n import local_time
from abh.web.pages import vorgang_fassungen as fassungen
from abh.web.pages import vorgang_felder
from abh.web.pages import vorgang_reihen as reihen
from abh.web.pages import vorgang_sicht as sicht
from abh.web.pages.rahmen import page_number, show_frame, staff_blueprint
from abh.workflows import repository, service, titelvorgang, verbund
from abh.workflows.anschrift import SOURCES as ADDRESS_SOURCES
from abh.workflows.beteiligung_worte import CHANNELS
from abh.workflows.dossier import Case
from abh.workflows.facts import CourtOutcome, TitleKind
from abh.workflows.familienentscheidung import candidates
from abh.workflows.intake import notify_letters
from abh.workflows.rueckgabe import still_out
from abh.workflows.steps import StepDone, check_scope, load_case
from abh.workflows.todesfall import QUELLEN
from abh.workflows.zusammenfuehrung import can_join

blueprint = staff_blueprint("vorgang", __name__)
blueprint.record(lambda state: vorgang_felder.offer(state.app))

WORK = (Power.CASE_INTAKE, Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_DECIDE)
# Papers that prove no requirement by themselves.
OTHER_KINDS = (("stellungnahme", "Stellungnahme"), ("sonstiges", "Sonstiges"))
PAYMENTS = ("Kartenzahlung", "Barzahlung", "Überweisung")


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that was refused: which one, what was typed, and why."""

    fid: str
    form: Form
    problem: Problem
    expected: int = 0


# What a form does: session, loaded case, what was typed; the version it saw is the case's.
Work = Callable[[Session, Case, "MultiDict[str, str]", int], StepDone | None]


@blueprint.get("/vorgang/<number>")
@policy(Power.CASE_READ)
def page(number: str) -> Response:
    """Show the case; the look is recorded."""
    return show(number)


def show(number: str, failed: Failed | None = None, status: int = 200) -> Response:
    """Return the case page, with a refused form opened and filled as it was sent."""
    who, house, session = web.actor(), web.house(), web.reading()
    if "frame" not in g:
        show_frame(who)
    case = load_case(session, house, number=number)
    check_scope(who, case)
    require(who, Power.CASE_READ, case.vorgang["unit_key"])
    more = repository.page_row(session, case.vorgang, who.unit_key or "")
    audit.record(
        session,
        who,
        "vorgang.read",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    today = house.today
    state = case.verfahren.state(case.state)
    proposals = sicht.proposals(session, house, who, case)
    checks = sicht.requirements(case, more["sheets"])
    opened = failed.fid.partition("-")[2] if failed else request.args.get("zeile", "")
    linked = verbund.linked(session, who, case)
    since = _since(more["steps"], failed)
    family = candidates(session, house, who, case, linked) if who.may(Power.CASE_DECIDE) else []
    body = render_template(
        "vorgang/seite.html",
        case=case,
        state=state,
        more=more,
        possible=[p for p in proposals if p.allowed],
        blocked=[p for p in proposals if not p.allowed],
        checks=checks,
        settled=sum(check.item.is_settled for check in checks),
        loose=sicht.loose_papers(case, more["sheets"]),
        person=sicht.person_facts(case, more["owner"]),
        clocks=reihen.clocks(case, today),
        parts_rows=reihen.participations(case),
        letters=reihen.letter_rows(more, who, web.house().zeichnung),
        fees=reihen.fee_rows(case),
        notes=sicht.notes_for(case, who),
        others=sicht.other_findings(case) if opened == "weitere" else [],
        opened=opened,
        entries=reihen.timeline(case, more["steps"]),
        shown=_shown_sheet(more["sheets"]),
        failed=failed,
        since=since,
        versions=fassungen.versions(case, failed.fid, failed.form, since) if failed else [],
        pending=case.vorgang["progress"].get("pending"),
        payments=PAYMENTS,
        titles=[(t.name, t.value) for t in TitleKind],
        outcomes=[(o.name, o.value) for o in CourtOutcome if o is not CourtOutcome.OPEN],
        answers=service.ANSWERS,
        channels=list(CHANNELS.items()),
        receipt_of=lambda p: Form({f"zugang-{p['id']}.channel": p["channel"]}),
        linked=linked,
        family=family,
        firm_messages=nachrichten.count_of(session, case.id)
        if case.vorgang["company_id"]
        else None,
        family_form=Form({}),
        follow_ups=titelvorgang.follow_ups(case) if who.may(Power.CASE_INTAKE) else (),
        may_work=any(who.may(power) for power in WORK),
        may_write_court=who.may(Power.CASE_DECIDE) or who.may(Power.CASE_LEGAL),
        may_book=who.may(Power.CASE_COUNTER) and not case.vorgang["closed_at"],
        may_correct=who.may(Power.CASE_REVIEW) and not case.vorgang["closed_at"],
        receipt_form=Form({}),
        may_join=who.may(Power.CASE_REVIEW) and can_join(case),
        papers_out=still_out(session, case),
        may_take_back=who.may(Power.CASE_COUNTER) or who.may(Power.CASE_REVIEW),
        may_note_death=who.may(Power.CASE_REVIEW),
        death_sources=list(QUELLEN.items()),
        death_form=Form({}),
        died_on=date.fromisoformat(raw) if (raw := case.person["died_on"]) else None,
        may_move=who.may(Power.CASE_REVIEW) and case.person["died_on"] is None,
        address_form=Form(
            {
                f"anschrift.{name}": case.person[name] or ""
                for name in ("street", "postcode", "city")
            }
        ),
        address_sources=[(key, label) for key, (label, _norm) in ADDRESS_SOURCES.items()],
        azr_form=Form({"azr.azr_number": case.person["azr_number"] or ""}),
        join_form=Form(
            {"zusammenfuehren.leading": case.vorgang["progress"].get("duplicate_of", "")}
        ),
        has_printer=g.frame["printer_id"] is not None,
        today=today,
        day_of=lambda raw: datetime.fromisoformat(raw).date() if raw else None,
        preset_form=lambda p: Form({f"{p.fid}.{k}": v for k, v in (p.preset or {}).items()}),
        forms_of=partial(vorgang_felder.forms_of, case, failed is not None),
        finding_form=lambda fid, fields: Form({f"{fid}.{f.key}": f.shown for f in fields}),
        answer_form=lambda fid: Form({f"{fid}.on": f"{today:%d.%m.%Y}"}),
        dispatch_form=lambda fid: Form({f"{fid}.on": f"{today:%d.%m.%Y}"}),
        upload_form=Form({"unterlagen.received_on": f"{today:%d.%m.%Y}"}),
        evidence_kinds=[*case.verfahren.evidence_labels.items(), *OTHER_KINDS],
    )
    return make_response(body, status)


def _shown_sheet(sheets: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = page_number(request.args.get("blatt"))
    chosen = next((sheet for sheet in sheets if sheet["id"] == wanted), None)
    return chosen or (sheets[0] if sheets else None)


def _since(steps: list[Mapping[str, Any]], failed: Failed | None) -> list[Mapping[str, Any]]:
    if failed is None or not failed.expected:
        return []
    return [
        {
            **step,
            "label": step["facts"].get("label") or step["step"],
            "at_text": local_time(datetime.fromisoformat(step["at"])),
        }
        for step in steps
        if step["seq"] > failed.expected
    ]


def act(number: str, fid: str, work: Work, *, done: str = "") -> BaseResponse:
    """Do what a form of the case page asks for, in one transaction, and come back to the page.

    A refusal shows the page again with everything that was typed. Who may not see the case is
    refused before the form is looked at.
    """
    typed = fassungen.chosen(typed_of(fid))
    expected = page_number(request.form.get("row_version"))
    try:
        if not expected:
            raise InvalidInput([FieldProblem("", _("Bitte laden Sie die Seite neu."))])
        if any("\0" in text for text in typed.values()):
            raise InvalidInput([FieldProblem("", "Unzulässige Zeichen.")])
        with web.unit_of_work() as session:
            case = load_case(session, web.house(), number=number)
            check_scope(web.actor(), case)
            require(web.actor(), Power.CASE_READ, case.vorgang["unit_key"])
            outcome = work(session, case, typed, expected)
            if outcome is not None:
                notify_letters(session, web.house(), outcome.letters)
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        seen = expected if isinstance(error, Conflict) else 0
        failed = Failed(fid, _prefixed(form, fid, error), problem_of(error), seen)
        return show(number, failed, status)
    if outcome is not None and outcome.pending_letter is not None:
        flash(_("Vorbereitet. Der Brief liegt jetzt in der Unterschriftsmappe."), "info")
    elif done:
        flash(done, "success")
    return redirect(url_for("vorgang.page", number=number), 303)


def typed_of(fid: str) -> MultiDict[str, str]:
    """Return the fields of one form of the page without the prefix that keeps ids apart."""
    start = f"{fid}."
    pairs = [(k.removeprefix(start), v) for k, v in request.form.items(multi=True)]
    return MultiDict(pairs)


def _prefixed(form: Form, fid: str, error: DomainError) -> Form:
    problems = [
        FieldProblem(f"{fid}.{p.field}", p.message)
        for p in getattr(error, "problems", ())
        if p.field
    ]
    return Form(request.form, problems)

"""Pages of a company about itself: its people, agencies, mandates, and for whom one acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import service as access
from abh.access.policy import Power, policy
from abh.fastlane import personen, vertretung, vollmachten
from abh.fastlane.zugang import Acting, require_write
from abh.kernel.errors import DomainError, FieldProblem, NotFound
from abh.web import session as web
from abh.web import worte
from abh.web.forms import Form
from abh.web.pages.firma_anmeldung import sent_proof
from abh.web.pages.firma_rahmen import acting, firm_blueprint
from abh.web.pages.firma_zugang_worte import ROLES
from abh.web.pages.rahmen import page_number, read_day

blueprint = firm_blueprint("firma_zugang", __name__)


@blueprint.get("/firma/wahl")
@policy(Power.FASTLANE_COMPANY)
def choose() -> str:
    """Offer the companies for which the login may act."""
    return render_template("firma/wahl_firma.html", who=acting())


@blueprint.post("/firma/wahl")
@policy(Power.FASTLANE_COMPANY)
def chosen() -> BaseResponse:
    """Act for another company from now on, in this session of the browser."""
    who = acting()
    wanted = page_number(request.form.get("company"))
    if wanted not in {one.company_id for one in who.choices}:
        raise NotFound(_("Diese Firma gibt es für Sie nicht."))
    with web.unit_of_work() as session:
        token = access.choose_company(
            session, web.actor(), web.token_of_request(), wanted, now=web.now()
        )
    response = redirect(url_for("firma.page"), 303)
    web.remember(response, token)
    return response


@blueprint.get("/firma/personen")
@policy(Power.FASTLANE_COMPANY)
def members() -> str:
    """Show the logins of the company, open invitations, sites and agencies."""
    return _members(Form({"role": "hr", "power_role": "hr"}))


@blueprint.post("/firma/personen/<act>")
@policy(Power.FASTLANE_COMPANY)
def change(act: str) -> BaseResponse | tuple[str, int]:
    """Invite, dismiss, change a role, reset a second factor, add a site, give or end a power."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound(_("Das gibt es hier nicht."))
    who = acting()
    try:
        with web.unit_of_work() as session:
            found(session, who)
    except DomainError as error:
        form, status = told(error)
        if status in (403, 404):
            raise
        return _members(form), status
    flash(_("Gespeichert."), "success")
    return redirect(url_for("firma_zugang.members"), 303)


def told(error: DomainError) -> tuple[Form, int]:
    """Return the form with what was wrong, in the language of the page, and the status."""
    form, status = web.refused_form(error, request.form)
    problems = [FieldProblem(p.field, worte.message(p.message)) for p in form.problems]
    return Form(request.form, problems), status


def _invite(session: Session, who: Acting) -> None:
    data = {
        "email": request.form.get("email", ""),
        "role": request.form.get("role", ""),
        "site_ids": request.form.getlist("site_ids"),
    }
    personen.invite(session, web.house(), who, data)


def _dismiss(session: Session, who: Acting) -> None:
    personen.dismiss(session, web.house(), who, page_number(request.form.get("user")))


def _role(session: Session, who: Acting) -> None:
    role = request.form.get("role", "")
    personen.change_role(session, web.house(), who, page_number(request.form.get("user")), role)


def _factor(session: Session, who: Acting) -> None:
    personen.reset_factor(session, web.house(), who, page_number(request.form.get("user")))


def _take_back(session: Session, who: Acting) -> None:
    personen.withdraw_invitation(session, web.house(), who, page_number(request.form.get("id")))


def _site(session: Session, who: Acting) -> None:
    personen.add_site(session, web.house(), who, request.form.get("site", ""))


def _power(session: Session, who: Acting) -> None:
    until = read_day(request.form.get("until", ""), "until", needed=True)
    vertretung.give_power(
        session,
        web.house(),
        who,
        request.form.get("agency", ""),
        request.form.get("power_role", ""),
        until or web.today(),
    )


def _end_power(session: Session, who: Acting) -> None:
    vertretung.end_power(session, web.house(), who, page_number(request.form.get("id")))


_ACTS: dict[str, Callable[[Session, Acting], None]] = {
    "einladen": _invite,
    "entlassen": _dismiss,
    "rolle": _role,
    "code": _factor,
    "zuruecknehmen": _take_back,
    "ort": _site,
    "vertreten": _power,
    "vertretung-beenden": _end_power,
}


def _members(form: Form) -> str:
    who, session, house = acting(), web.reading(), web.house()
    sites = personen.sites(session, who.company_id)
    return render_template(
        "firma/personen.html",
        form=form,
        who=who,
        members=personen.members(session, who),
        invitations=personen.open_invitations(session, house, who),
        sites=sites,
        site_names={site.id: site.name for site in sites},
        powers=vertretung.powers(session, who),
        roles=_labels(ROLES),
        role_names=dict(_labels(ROLES)),
        today=web.today(),
    )


@blueprint.get("/firma/vollmachten")
@policy(Power.FASTLANE_COMPANY)
def mandates() -> str:
    """Show mandates in force and what was asked for, with the form to ask."""
    number = request.args.get("nummer", "")[:40]
    return _mandates(Form({"scope": list(worte.SCOPES), "number": number}))


@blueprint.post("/firma/vollmachten")
@policy(Power.FASTLANE_COMPANY)
def ask() -> BaseResponse | tuple[str, int]:
    """Ask an employee for a mandate; the answer is the same whether number and birth date fit."""
    who = acting()
    require_write(who)
    try:
        proof = sent_proof("proof", needed=False)
        until = read_day(request.form.get("valid_until", ""), "valid_until", needed=True)
        data: dict[str, Any] = {
            "number": request.form.get("number", ""),
            "birth_date": request.form.get("birth_date", ""),
            "scope": request.form.getlist("scope"),
            "valid_until": (until or web.today()).isoformat(),
            "site_id": page_number(request.form.get("site_id")) or None,
        }
        with web.unit_of_work() as session:
            vollmachten.ask(session, web.house(), who, data, proof)
    except DomainError as error:
        form, status = told(error)
        if status in (403, 404):
            raise
        return _mandates(form), status
    told_text = _(
        "Ihre Anfrage ist angekommen. Passt sie zu einem Vorgang Ihrer Firma, fragen wir die "
        "Person; danach sehen Sie ihn in der Übersicht."
    )
    flash(told_text, "success")
    return redirect(url_for("firma_zugang.mandates"), 303)


def _mandates(form: Form) -> str:
    who, session, house = acting(), web.reading(), web.house()
    return render_template(
        "firma/vollmachten.html",
        form=form,
        who=who,
        rows=vollmachten.of_company(session, house, who),
        asked=vollmachten.asked_by(session, who),
        scopes=_labels(worte.SCOPES),
        scope_names=dict(_labels(worte.SCOPES)),
        sites=[(site.id, site.name) for site in personen.sites(session, who.company_id)],
    )


def _labels(words: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(label)) for key, label in words.items()]

"""Machines of a company: tokens, addresses that are told, and what came of each message."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.fastlane import schluessel, webhooks
from abh.fastlane.zugang import Acting
from abh.kernel.errors import DomainError, NotFound
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.firma_rahmen import acting, firm_blueprint
from abh.web.pages.firma_zugang import told
from abh.web.pages.firma_zugang_worte import TOKEN_SCOPES
from abh.web.pages.rahmen import page_number

blueprint = firm_blueprint("firma_schnittstellen", __name__)


@blueprint.get("/firma/schnittstellen")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show tokens, addresses and the last messages."""
    return _page(Form({"days": "180", "scopes": ["cases"]}))


@blueprint.post("/firma/schnittstellen/<act>")
@policy(Power.FASTLANE_COMPANY)
def change(act: str) -> BaseResponse | tuple[str, int] | str:
    """Make or end a token or an address, or send a message again; secrets are shown once."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound(_("Das gibt es hier nicht."))
    who = acting()
    try:
        with web.unit_of_work() as session:
            secret = found(session, who)
    except DomainError as error:
        form, status = told(error)
        if status in (403, 404):
            raise
        return _page(form), status
    if secret:
        return _page(Form({"days": "180", "scopes": ["cases"]}), secret)
    flash(_("Gespeichert."), "success")
    return redirect(url_for("firma_schnittstellen.page"), 303)


def _token(session: Session, who: Acting) -> str:
    data = {
        "name": request.form.get("name", ""),
        "scopes": request.form.getlist("scopes"),
        "days": page_number(request.form.get("days")),
    }
    return schluessel.make(session, web.house(), who, data)[1]


def _end_token(session: Session, who: Acting) -> str:
    schluessel.revoke(session, web.house(), who, page_number(request.form.get("id")))
    return ""


def _webhook(session: Session, who: Acting) -> str:
    local = bool(getattr(web.services().settings, "webhook_local", False))
    url = request.form.get("url", "")
    return webhooks.add(session, web.house(), who, url, local=local)[1]


def _end_webhook(session: Session, who: Acting) -> str:
    webhooks.revoke(session, web.house(), who, page_number(request.form.get("id")))
    return ""


def _again(session: Session, who: Acting) -> str:
    webhooks.send_again(session, web.house(), who, page_number(request.form.get("id")))
    return ""


_ACTS: dict[str, Callable[[Session, Acting], str]] = {
    "schluessel": _token,
    "schluessel-beenden": _end_token,
    "adresse": _webhook,
    "adresse-beenden": _end_webhook,
    "noch-einmal": _again,
}


def _page(form: Form, secret: str = "") -> str:
    who, session, house = acting(), web.reading(), web.house()
    admin = who.role == "admin"
    return render_template(
        "firma/schnittstellen.html",
        form=form,
        secret=secret,
        may_make=admin or who.chosen.agency_id is not None,
        admin=admin,
        tokens=schluessel.tokens(session, house, who),
        webhooks=webhooks.of_company(session, who) if admin else (),
        recent=webhooks.recent(session, who) if admin else (),
        scopes=[(key, str(label)) for key, label in TOKEN_SCOPES.items()],
        scope_names={key: str(label) for key, label in TOKEN_SCOPES.items()},
        kinds=_kinds(),
    )


def _kinds() -> dict[str, str]:
    return {
        "case.opened": _("Vorgang angelegt"),
        "case.state": _("neuer Stand"),
        "appointment.changed": _("Termin geändert"),
    }

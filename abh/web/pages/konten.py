"""Staff accounts for the technician, and the page behind a link where a password is chosen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.actor import Actor
from abh.access.policy import POWER_LABELS, PUBLIC, Power, policy
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import konten
from abh.web import session as web
from abh.web import worte
from abh.web.forms import Form
from abh.web.pages.rahmen import show_frame, staff_blueprint

blueprint = staff_blueprint("konten", __name__)

ROLES = {"clerk": _l("Sachbearbeitung"), "lead": _l("Leitung"), "admin": _l("Technik")}


@blueprint.get("/betrieb/konten")
@policy(Power.ADMIN)
def page() -> str:
    """Show the accounts of the staff, or those that fit the words typed."""
    words = request.args.get("q", "")[:80]
    rows = konten.accounts(web.reading(), web.actor(), now=web.now(), words=words)
    return render_template(
        "konten/liste.html",
        rows=rows,
        words=words,
        roles=ROLES,
        waiting=sum(r["active"] and r["without_password"] and not r["link_until"] for r in rows),
    )


@blueprint.post("/betrieb/konten")
@policy(Power.ADMIN)
def mail_all() -> BaseResponse:
    """Send a link to everybody who never had a password."""
    with web.unit_of_work() as session:
        sent, without = konten.mail_all(
            session, web.actor(), link_to=_link_to(), office=web.office_name(), now=web.now()
        )
    told = _("%(n)s Links sind verschickt.", n=sent)
    if without:
        told += " " + _("%(n)s Konten haben keine E-Mail-Adresse.", n=without)
    flash(told, "warning" if without else "success")
    return redirect(url_for("konten.page"), 303)


@blueprint.get("/betrieb/konten/<int:user_id>")
@policy(Power.ADMIN)
def one(user_id: int) -> str:
    """Show one account and what can be done with it."""
    return _one(user_id, Form())


@blueprint.post("/betrieb/konten/<int:user_id>/<act>")
@policy(Power.ADMIN)
def change(user_id: int, act: str) -> BaseResponse | tuple[str, int]:
    """Order a link, close or open the account, reset the second factor, give powers."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound(_("Das gibt es hier nicht."))
    work, told = found
    try:
        with web.unit_of_work() as session:
            shown = work(session, web.actor(), user_id, web.now())
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        problems = [FieldProblem(p.field, worte.message(p.message)) for p in form.problems]
        show_frame(web.actor())
        return _one(user_id, Form(request.form, problems)), status
    if shown:
        # Not over a redirect: an address or a cookie would keep what is shown once.
        show_frame(web.actor())
        return _one(user_id, Form(), link=_link_to() + shown), 200
    flash(str(told), "success")
    return redirect(url_for("konten.one", user_id=user_id), 303)


def _mail(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    konten.mail_link(session, who, user_id, link_to=_link_to(), office=web.office_name(), now=now)
    return ""


def _show(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    return konten.order_link(session, who, user_id, now=now, mailed=False)


def _close(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    konten.close(session, who, user_id, now=now)
    return ""


def _reopen(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    konten.reopen(session, who, user_id, now=now)
    return ""


def _factor(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    konten.reset_factor(session, who, user_id, now=now)
    return ""


def _powers(session: Session, who: Actor, user_id: int, now: datetime) -> str:
    konten.give_powers(session, who, user_id, request.form.getlist("powers"), now=now)
    return ""


# Each returns the token of a link that is to be shown here, or "".
_ACTS: dict[str, tuple[Callable[[Session, Actor, int, datetime], str], Any]] = {
    "link": (_mail, _l("Der Link ist verschickt.")),
    "zeigen": (_show, ""),
    "sperren": (_close, _l("Das Konto ist gesperrt, alle Sitzungen sind beendet.")),
    "oeffnen": (_reopen, _l("Das Konto ist wieder offen.")),
    "faktor": (_factor, _l("Bei der nächsten Anmeldung wird der zweite Faktor neu eingerichtet.")),
    "befugnisse": (_powers, _l("Die Befugnisse gelten ab der nächsten Anmeldung.")),
}


def _one(user_id: int, form: Form, *, link: str = "") -> str:
    who = web.actor()
    row = konten.account(web.reading(), who, user_id, now=web.now())
    return render_template(
        "konten/eins.html",
        row=row,
        form=form if form.problems else Form({"powers": list(row["extra_powers"])}),
        link=link,
        roles=ROLES,
        own=user_id == who.user_id,
        extras=[(key, POWER_LABELS[key]) for key in konten.extras(row["role"])],
        of_file=set(row["powers"]) - set(row["extra_powers"]),
    )


def _link_to() -> str:
    return web.house().link("passwort", "")


@blueprint.get("/passwort/<token>")
@policy(PUBLIC)
def choose(token: str) -> Response:
    """Ask for the new password; whose it is, is said, so that nobody sets another's."""
    return _choose(token, Form())


@blueprint.post("/passwort/<token>")
@policy(PUBLIC)
def chosen(token: str) -> BaseResponse:
    """Set the password; the link is used up, every session of the account ends."""
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise InvalidInput([FieldProblem("again", _("Beide Eingaben müssen gleich sein."))])
        with web.unit_of_work() as session:
            konten.choose_password(session, token[:80], password, now=web.now())
    except InvalidInput as error:
        problems = [FieldProblem(p.field, worte.message(p.message)) for p in error.problems]
        # What was typed is not sent back: it is a password.
        return _choose(token, Form({}, problems), 422)
    flash(_("Ihr Passwort gilt jetzt. Bitte melden Sie sich an."), "success")
    return redirect(url_for("login.page"), 303)


def _choose(token: str, form: Form, status: int = 200) -> Response:
    user = konten.holder_of(web.reading(), token[:80], now=web.now())
    return make_response(render_template("konten/passwort.html", user=user, form=form), status)

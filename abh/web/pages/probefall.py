"""Probefall: staff in training and the hotline ask what would come of a case; nothing is stored.

The facts travel in the body of the form and never in an address, so that no log holds them.
"""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from abh.access.policy import Power, policy
from abh.kernel.errors import DomainError, NotFound
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.probefall_form import LEBENSLAUF, gruppen, raw_question
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.workflows import registry
from abh.workflows.checklist import STATUS_LABELS
from abh.workflows.definition import Verfahren
from abh.workflows.probefall import Ergebnis, amt_of, frage, probefall
from abh.workflows.schemas import BLUE_CARD

blueprint = staff_blueprint("probefall", __name__)

TONES = {"möglich": "success", "noch offen": "warning", "ausgeschlossen": "danger"}
ITEM_TONES = {"met": "success", "waived": "info", "open": "warning", "not_met": "danger"}


@blueprint.get("/probefall")
@policy(Power.CASE_READ)
def page() -> Response:
    """Show the form of the chosen Verfahren, empty; today is the day asked."""
    return _page(_wanted(), Form({"tag": f"{web.today():%d.%m.%Y}"}), None)


@blueprint.post("/probefall")
@policy(Power.CASE_READ)
def ask() -> Response:
    """Answer on the same page, the form with what was typed below the answer."""
    verfahren = _wanted()
    show_frame(web.actor())
    house = web.house()
    try:
        raw = raw_question(verfahren, request.form, request.form.getlist("nachweise"))
        amt = amt_of(house.zeichnung, house.office, house.profile)
        answer = probefall(frage(raw, house.law, web.today()), house.law, amt)
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        return _page(verfahren, form, None, status)
    return _page(verfahren, Form(request.form), answer)


def _wanted() -> Verfahren:
    key = request.values.get("verfahren", BLUE_CARD)
    try:
        return registry.newest(key)
    except registry.UnknownVerfahren as error:
        raise NotFound(_("Dieses Verfahren gibt es hier nicht.")) from error


def _page(verfahren: Verfahren, form: Form, answer: Ergebnis | None, status: int = 200) -> Response:
    body = render_template(
        "probefall/seite.html",
        verfahren=verfahren,
        alle=[registry.newest(key) for key in registry.known_keys()],
        gruppen=gruppen(verfahren),
        lebenslauf=LEBENSLAUF,
        form=form,
        e=answer,
        tones=TONES,
        item_tones=ITEM_TONES,
        statuses={status.value: label for status, label in STATUS_LABELS.items()},
    )
    return make_response(body, status)

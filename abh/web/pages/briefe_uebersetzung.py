"""The translation of a notice on request (§ 77 Abs. 3 AufenthG): sentence by sentence."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.documents import uebersetzung
from abh.documents.letters import letter_kind
from abh.documents.tables import Letter
from abh.documents.uebersetzung_worte import direction_of, phrasebook
from abh.kernel.errors import Conflict, InvalidInput, NotFound
from abh.persons.tables import Person
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.rahmen import show_frame, staff_blueprint
from abh.workflows.akteneinblick import letter_for
from abh.workflows.steps import check_scope, lock_case
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("briefe_uebersetzung", __name__)
WORKERS = (Power.CASE_REVIEW, Power.CASE_COUNTER)


@blueprint.get("/brief/<int:letter_id>/uebersetzung")
@policy(*WORKERS)
def page(letter_id: int) -> str:
    """Show decision and remedy in German beside what is known in the chosen language."""
    return _page(letter_id, Form())


@blueprint.post("/brief/<int:letter_id>/uebersetzung")
@policy(*WORKERS)
def make(letter_id: int) -> BaseResponse | tuple[str, int]:
    """Make the annex, sign it and put it into the file."""
    own = {
        int(name.removeprefix("satz-")): value
        for name, value in request.form.items()
        if name.removeprefix("satz-").isdecimal() and len(name) < 9
    }
    try:
        with web.unit_of_work() as session:
            letter = _letter(session, letter_id)
            case = lock_case(session, web.house(), letter.vorgang_id or 0, expected_version=None)
            check_scope(web.actor(), case)
            annex = uebersetzung.issue_annex(
                session, web.house(), web.actor(), letter_id, request.form.get("sprache", ""), own
            )
            state = annex.state
    except InvalidInput as error:
        show_frame(web.actor())
        return _page(letter_id, Form(request.form, error.problems)), 422
    if state == "signing":
        flash(_("Vorbereitet. Die Übersetzung liegt jetzt in der Unterschriftsmappe."), "info")
    else:
        flash(_("Übersetzung gezeichnet und zur Akte genommen."), "success")
    return redirect(url_for("vorgang.page", number=case.number), 303)


def _page(letter_id: int, form: Form) -> str:
    session = web.reading()
    letter = _letter(session, letter_id)
    number, spoken = session.execute(
        select(Vorgang.number, Person.language)
        .join(Person, Person.id == Vorgang.person_id)
        .where(Vorgang.id == letter.vorgang_id)
    ).one()
    languages = phrasebook().languages
    lang = request.values.get("sprache") or (spoken if spoken in languages else "en")
    tenor, remedy = uebersetzung.sentences_of(letter, web.house().office, lang)
    return render_template(
        "briefe/uebersetzung.html",
        letter=letter,
        title=letter_kind(letter.key).title_of(letter.outcome),
        number=number,
        lang=lang,
        direction=direction_of(lang),
        languages=list(languages.items()),
        rows=list(enumerate([*tenor, *remedy])),
        form=form,
    )


def _letter(session: Session, letter_id: int) -> Letter:
    letter = letter_for(session, web.actor(), letter_id)
    if letter.vorgang_id is None:
        raise NotFound(_("Diesen Brief gibt es nicht."))
    if letter.state not in ("released", "dispatched"):
        raise Conflict(_("Der Brief ist noch nicht gezeichnet."))
    return letter

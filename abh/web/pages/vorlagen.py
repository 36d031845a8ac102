"""The template workshop: every letter of the registry with sample data, its rule and its faults."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from abh.access.policy import Power, policy
from abh.documents.letter_kind import LetterKind
from abh.documents.letters import LETTERS, letter_kind
from abh.documents.vorschau import Preview, preview_letter
from abh.documents.zeichnung import ordnung_on
from abh.documents.zeichnung_types import Rule
from abh.kernel.errors import DomainError
from abh.web import session as web
from abh.web.pages.rahmen import staff_blueprint
from abh.web.pages.vorgang_reihen import CHANNEL_LABELS
from abh.web.security import allow_preview

blueprint = staff_blueprint("vorlagen", __name__)
READERS = (Power.CASE_READ, Power.ADMIN)


@blueprint.get("/vorlagen")
@policy(*READERS)
def page() -> Response:
    """Show all letters, the chosen one with its rules and a preview from sample data."""
    chosen = request.args.get("brief", "")
    kind = letter_kind(chosen) if chosen else None
    outcome = request.args.get("ausgang", kind.outcomes[0] if kind else "")
    problem = ""
    made: Preview | None = None
    if kind is not None:
        kind.variant(outcome)
        if kind.template_of(outcome):
            try:
                made = _preview(kind.key, outcome)
            except DomainError as error:
                problem = str(error)
    body = render_template(
        "vorlagen/werkstatt.html",
        kinds=list(LETTERS.values()),
        kind=kind,
        outcome=outcome,
        made=made,
        problem=problem,
        rules=_rules(kind, outcome) if kind else [],
        channels=CHANNEL_LABELS,
        state_of=_state_of,
    )
    return make_response(body, 422 if problem else 200)


@blueprint.get("/vorlagen/<key>.pdf")
@policy(*READERS)
def pdf(key: str) -> Response:
    """Serve the preview of a letter made from sample data."""
    kind = letter_kind(key)
    made = _preview(kind.key, request.args.get("ausgang", kind.outcomes[0]))
    response = make_response(made.pdf)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="muster-{kind.key}.pdf"'
    return allow_preview(response)


def _preview(key: str, outcome: str) -> Preview:
    house = web.house()
    table = tuple(house.zeichnung)
    return preview_letter(house.renderer, table, house.office, key, outcome, on=house.today)


def _rules(kind: LetterKind, outcome: str) -> list[Rule]:
    ordnung = ordnung_on(web.house().zeichnung, web.today())
    return [r for r in ordnung.rules if (r.letter_key, r.outcome) == (kind.key, outcome)]


def _state_of(kind: LetterKind) -> str:
    if kind.form:
        return _("Vordruck")
    return _("Vorlage") if kind.templates else _("ohne Vorlage")

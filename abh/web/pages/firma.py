"""What HR sees of its employees' cases, within the mandate; and where a clerk records one."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.policy import Power, in_scope, policy
from abh.fastlane import service as fastlane
from abh.fastlane import uebersicht
from abh.fastlane.schemas import SCOPES
from abh.fastlane.uebersicht import Wunsch
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.web import antragsform, worte
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages import firma_rahmen, firma_worte, rahmen
from abh.web.parts import Column, Pages
from abh.workflows.tables import Vorgang

blueprint = firma_rahmen.firm_blueprint("firma", __name__)

DAYS = ("valid_from", "valid_until")


@blueprint.get("/firma")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show cases, tasks, appointments and promises, as far as each mandate reaches; logged."""
    who = firma_rahmen.acting()
    wunsch = Wunsch(
        request.args.get("q", "")[:100],
        request.args.get("wer", "") if request.args.get("wer") in uebersicht.FILTERS else "",
        request.args.get("art", "")[:10],
        rahmen.page_number(request.args.get("seite")) or 1,
    )
    view = uebersicht.overview(web.reading(), web.house(), who, wunsch)
    columns = [
        Column(_("Person")),
        Column(_("Stand")),
        Column(_("Wer ist am Zug?")),
        Column(_("Nächster Tag")),
        Column(_("Entscheidung")),
    ]
    return render_template(
        "firma/firma.html",
        view=view,
        who=who,
        columns=columns,
        filters=_filters(view),
        ours=sum(view.turns.get(side, 0) for side in uebersicht.FILTERS["wir"]),
        sides=firma_worte.sides,
        kinds_of=firma_worte.item_words,
        today=web.today(),
        pages=Pages(min(wunsch.page, view.pages), view.pages, lambda number: _link(seite=number)),
        searching=bool(wunsch.text or wunsch.wer or wunsch.verfahren),
    )


def _filters(view: uebersicht.Uebersicht) -> list[tuple[str, str, int, str, bool]]:
    """Return (key, label, cases, address, chosen) of the filters by whose turn it is."""
    found = [("", _("alle"), view.open + view.closed + view.hidden)]
    labels = firma_worte.filters()
    for key, sides in uebersicht.FILTERS.items():
        count = sum(view.turns.get(side, 0) for side in sides)
        if count and key != "fertig":
            found.append((key, labels[key], count))
    return [
        (key, label, count, _link(wer=key or None, seite=None), view.wunsch.wer == key)
        for key, label, count in found
    ]


def _link(**changes: Any) -> str:
    kept = {name: request.args.get(name) for name in ("q", "wer", "art", "seite")}
    return url_for("firma.page", **{k: v for k, v in {**kept, **changes}.items() if v})


@blueprint.get("/firma/vollmacht")
@policy(Power.CASE_INTAKE)
def mandate_page() -> str:
    """Show the form for a mandate that a clerk has in hand."""
    rahmen.show_frame(web.actor())
    values: dict[str, Any] = antragsform.day_parts("valid_from", web.today())
    values["number"] = request.args.get("vorgang", "")
    return _render(Form(values))


@blueprint.post("/firma/vollmacht")
@policy(Power.CASE_INTAKE)
def record_mandate() -> Response | tuple[str, int]:
    """Record the mandate for person and company of a case."""
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            vorgang = _case(session, request.form.get("number", ""))
            if not in_scope(who, vorgang.unit_key):
                raise InvalidInput([FieldProblem("number", _("Diesen Vorgang gibt es nicht."))])
            data = {
                "company_id": vorgang.company_id,
                "person_id": vorgang.person_id,
                "scope": request.form.getlist("scope"),
                **{name: _iso(name) for name in DAYS},
            }
            fastlane.grant_mandate(session, who, data, clock=web.services().clock)
    except (InvalidInput, Conflict, NotFound) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("number", str(error))]
        told = [FieldProblem(p.field, worte.message(p.message)) for p in problems]
        rahmen.show_frame(who)
        return _render(Form(request.form, told, DAYS)), 409 if isinstance(error, Conflict) else 422
    return redirect(url_for("firma.mandate_page", neu="1"), 303)


def _case(session: Session, number: str) -> Vorgang:
    plain = "".join(sign for sign in number.strip() if sign.isprintable())
    found = session.scalar(select(Vorgang).where(Vorgang.number == plain))
    if found is None:
        raise InvalidInput([FieldProblem("number", _("Diesen Vorgang gibt es nicht."))])
    if found.company_id is None:
        text = _("In diesem Vorgang ist kein Arbeitgeber genannt.")
        raise InvalidInput([FieldProblem("number", text)])
    return found


def _iso(name: str) -> str:
    parts = antragsform.typed_day(request.form, name).split(".")
    return "-".join(reversed(parts))


def _render(form: Form) -> str:
    return render_template(
        "firma/vollmacht.html",
        form=form,
        scopes=list(SCOPES.items()),
        saved=request.args.get("neu") == "1",
    )

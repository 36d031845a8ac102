"""The first five minutes of a company: what to do in which order, and what it may see."""

from __future__ import annotations

from flask import render_template

from abh.access.policy import Power, policy
from abh.fastlane import meldung
from abh.fastlane.tabelle import MOST_ROWS
from abh.fastlane.zusage import GOALS
from abh.kernel.errors import LawMissing
from abh.web import session as web
from abh.web.pages import firma_rahmen
from abh.workflows import registry

blueprint = firma_rahmen.firm_blueprint("firma_hilfe", __name__)


@blueprint.get("/firma/hilfe")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show the handbook for HR, with the promises and periods that hold today."""
    who, house = firma_rahmen.acting(), web.house()
    promises = []
    for key, law_key in GOALS.items():
        try:
            weeks = house.law.value(law_key, house.today).value
        except LawMissing:
            continue
        promises.append((registry.newest(key).name, weeks))
    return render_template(
        "firma/hilfe.html",
        who=who,
        promises=promises,
        most=MOST_ROWS,
        report=meldung.due(house, house.today),
    )

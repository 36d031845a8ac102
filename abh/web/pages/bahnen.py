"""The public page on access: both lanes side by side, as the office published them."""

from __future__ import annotations

from flask import Blueprint, render_template

from abh.access.policy import PUBLIC, policy
from abh.fastlane import bahnen
from abh.fastlane.termine import house_rules
from abh.web import session as web

blueprint = Blueprint("bahnen", __name__)


@blueprint.get("/zugang")
@policy(PUBLIC)
def page() -> str:
    """Show the published figures and the house rules of the firm lane; no personal data."""
    return render_template(
        "bahnen/seite.html",
        periods=bahnen.published(web.reading()),
        rules=house_rules(web.house()),
    )

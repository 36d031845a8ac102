"""Old backlogs that are read in: how far, how fast, which cells are to be put right."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from abh.access import audit
from abh.access.policy import Power, policy
from abh.post import altbestand_stand
from abh.web import session as web
from abh.web.laeufe import lauf
from abh.web.pages.rahmen import staff_blueprint

blueprint = staff_blueprint("leitung_altbestand", __name__)


@blueprint.get("/leitung/post/altbestand")
@policy(Power.ALL_UNITS)
def page() -> str:
    """Show the newest list with its progress and its faulty cells, and those before it."""
    who, session = web.actor(), web.reading()
    found = altbestand_stand.lists(session, who, clock=web.house())
    newest = found[0] if found else None
    faults = altbestand_stand.faults_of(session, who, newest.id) if newest else []
    if newest is not None and faults:
        # A faulty cell is shown as it was typed: a name, a day of birth.
        audit.record(
            session, who, "post.import_read", "post_import", newest.id, now=web.now(),
            is_read=True, facts={"faults": len(faults)},
        )  # fmt: skip
    return render_template(
        "leitung_post/altbestand.html",
        newest=newest,
        older=found[1:],
        faults=faults,
        most=altbestand_stand.MOST_FAULTS,
        lauf=newest
        and lauf(
            _("Zeilen gelesen"), newest.rows_read - newest.faults, newest.faults,
            newest.rows_total, ended=newest.done_at is not None or newest.still,
        ),
    )  # fmt: skip

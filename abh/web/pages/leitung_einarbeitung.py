"""Training: the qualification matrix, four-eyes share, and the next step with its reason."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask_babel import gettext as _

from abh.access.policy import Power, policy
from abh.office import service as office
from abh.web import session as web
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows import einarbeitung, registry
from abh.workflows.einarbeitungsregel import Next

blueprint = staff_blueprint("leitung_einarbeitung", __name__)
# Half a year: what somebody decided before says little about today.
BACK = timedelta(days=182)


@blueprint.get("/leitung/einarbeitung")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show who may do what, whose decisions were seen by a second pair of eyes, what is next."""
    who, session = web.actor(), web.reading()
    unit, since = chosen_unit(who), web.today() - BACK
    clerks = einarbeitung.matrix(session, who, unit, since)
    keys = sorted({key for clerk in clerks for key in clerk.levels})
    known = registry.known_keys()
    return render_template(
        "leitung/einarbeitung.html",
        unit=unit,
        sg=request.args.get("sg"),
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        since=since,
        clerks=clerks,
        keys=keys,
        names={key: registry.newest(key).name for key in keys if key in known},
        learners=[{"name": c.name, "one": one} for c in clerks for one in c.learning],
        steps={
            Next.BEGIN: (_("beginnen"), "neutral"),
            Next.GO_ON: (_("weiter so"), "neutral"),
            Next.TALK: (_("besprechen"), "warning"),
            Next.RELEASE: (_("allein zeichnen lassen"), "success"),
        },
    )

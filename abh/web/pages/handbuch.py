"""The handbook of procedures: list with search, a page for each version, what changed between two.

Pages are made of the very tables that run; ``docs/verfahren`` holds the same as files.
"""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from abh.access.policy import LOGGED_IN, Power, policy
from abh.kernel.errors import NotFound
from abh.web import session as web
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows import registry
from abh.workflows.definition import Verfahren
from abh.workflows.describe import kopf, tabellen
from abh.workflows.diagramm import numbers, svg
from abh.workflows.vergleich import vergleich

blueprint = staff_blueprint("handbuch", __name__)


@blueprint.get("/verfahren")
@policy(LOGGED_IN)
def page() -> str:
    """List all procedures; ``q`` keeps those that say every word of it anywhere on their page."""
    query = request.args.get("q", "").strip()[:200]
    found = [registry.newest(key) for key in registry.known_keys()]
    words = query.casefold().split()
    found = [one for one in found if all(word in _text(one) for word in words)]
    return render_template("handbuch/liste.html", found=found, query=query)


@blueprint.get("/verfahren/<key>")
@policy(LOGGED_IN)
def procedure(key: str) -> str:
    """Show one procedure in its newest version, or in ``version``."""
    one = _wanted(key, request.args.get("version", ""))
    return render_template(
        "handbuch/seite.html",
        v=one,
        kopf=kopf(one),
        tabellen=tabellen(one),
        bild=Markup(svg(one)),  # nosec B704: drawn by us, labels escaped
        nummern=list(numbers(one).values()),
        versionen=_versions(one.key),
        zelle=_cell,
        probefall=web.actor().may(Power.CASE_READ),
    )


@blueprint.get("/verfahren/<key>/vergleich")
@policy(LOGGED_IN)
def compare(key: str) -> str | Response:
    """Show what changed from version ``von`` to version ``bis`` (the newest without it)."""
    new = _wanted(key, request.args.get("bis", ""))
    versions = _versions(new.key)
    older = [one for one in versions if one.version < new.version]
    if not older:
        return redirect(url_for("handbuch.procedure", key=key))
    old = _wanted(key, request.args.get("von", "") or str(older[-1].version))
    return render_template(
        "handbuch/vergleich.html", old=old, new=new, changes=vergleich(old, new), versionen=versions
    )


def _versions(key: str) -> list[Verfahren]:
    return sorted((v for v in registry.PUBLISHED if v.key == key), key=lambda v: v.version)


def _wanted(key: str, version: str) -> Verfahren:
    if version and not version.isdecimal():
        abort(404)
    try:
        wanted = key.upper()
        return registry.get(wanted, int(version)) if version else registry.newest(wanted)
    except registry.UnknownVerfahren as error:
        raise NotFound(_("Dieses Verfahren gibt es hier nicht.")) from error


def _text(one: Verfahren) -> str:
    cells = (cell for table in tabellen(one) for row in table.rows for cell in row)
    return " ".join((one.key, one.name, one.zweck, kopf(one), *cells)).casefold()


def _cell(text: str) -> Markup:
    """Return a cell of the page: what stands in backticks is a key."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )

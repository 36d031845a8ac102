"""Beside every staff page: the list of next things, and what the command palette finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import LOGGED_IN, Power, policy, unit_filter
from abh.kernel import names
from abh.web import session as web
from abh.web.adressen import url_for
from abh.web.i18n import for_staff
from abh.web.i18n import gettext as _
from abh.web.pages.desk import next_things, number_of
from abh.web.pages.rahmen import areas_of
from abh.workflows.zugriff import RESTRICTED

# No frame around these: a list of its own and JSON.
blueprint = for_staff(Blueprint("befehle", __name__))

MOST_CASES = 6
SHORTEST_NAME = 2
_CASES = text(
    """
SELECT v.id, v.number, p.family_name, p.given_names
  FROM vorgang v JOIN person p ON p.id = v.person_id
 WHERE (v.verfahren <> ALL(:restricted) OR v.unit_key = :own)
   AND (CAST(:unit AS text) IS NULL OR v.unit_key = :unit)
   AND (v.number = :number OR (v.owner_id = :me AND v.closed_at IS NULL AND :name <> ''
        AND (p.name_search LIKE :begins OR p.name_search LIKE :inside
             OR p.name_plain LIKE :begins OR p.name_plain LIKE :inside)))
 ORDER BY v.harm_on, v.id LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """One suggestion: where it leads, or (``post``) what it does when it is sent there."""

    label: str
    hint: str
    url: str
    post: bool = False


@blueprint.get("/desk/liste")
@policy(Power.CASE_READ)
def rail() -> str:
    """Return the list of next things alone, for the side of the page on which a clerk works."""
    return render_template(
        "desk/_leiste.html", lines=next_things(web.actor()), here=request.args.get("bei", "")
    )


@blueprint.get("/befehle")
@policy(LOGGED_IN)
def find() -> dict[str, Any]:
    """Return what fits the words typed: cases, actions, pages, and a search for the words."""
    who, session = web.actor(), web.reading()
    query = request.args.get("q", "").strip()[:100]
    wanted = names.search_form(query)
    found = [
        *(_cases(session, who, query, wanted) if query and who.may(Power.CASE_READ) else ()),
        *(each for each in _commands(who) if wanted in names.search_form(each.label)),
    ]
    if query and who.may(Power.CASE_READ):
        label = _("Überall suchen: %(words)s", words=query)
        found.append(Found(label, _("Suche"), url_for("suche.page", q=query)))
    return {"found": [asdict(each) for each in found]}


def _cases(session: Session, who: Actor, query: str, wanted: str) -> list[Found]:
    name = wanted if len(wanted) >= SHORTEST_NAME and wanted.replace(" ", "").isalpha() else ""
    number = number_of(query)
    if not name and not number:
        return []
    params = {
        "me": who.user_id,
        "own": who.unit_key,
        "unit": unit_filter(who),
        "restricted": sorted(RESTRICTED),
        "number": number,
        "name": name,
        "begins": f"{name}%",
        "inside": f"% {name}%",
        "most": MOST_CASES,
    }
    rows = session.execute(_CASES, params).mappings().all()
    if rows:
        ids = [row["id"] for row in rows]
        audit.record_list(session, who, "vorgang.list", "vorgang", ids, now=web.now())
    return [
        Found(
            ", ".join(part for part in (row["family_name"], row["given_names"]) if part),
            row["number"],
            url_for("vorgang.page", number=row["number"]),
        )
        for row in rows
    ]


def _commands(who: Actor) -> Iterator[Found]:
    """Yield what this user can do and where this user can go; actions first."""
    action, page = _("Handlung"), _("Seite")
    if who.may(Power.CASE_COUNTER):
        yield Found(_("Nächste Nummer aufrufen"), action, url_for("schalter.call_next"), post=True)
        yield Found(_("Platz wechseln"), action, url_for("login.desks"))
    if who.may(Power.POST_WORK):
        yield Found(_("Nächste Post ziehen"), action, url_for("post.pull"), post=True)
        yield Found(_("Eingang erfassen"), action, url_for("post.new"))
        yield Found(_("Trennblatt für den Scanner"), action, url_for("post.separators"))
    number = _number_here()
    if number and who.may(Power.CASE_READ):
        yield Found(_("Akte mit Vorschau"), number, url_for("blaetter.page", number=number))
        if who.may(Power.CASE_COUNTER):
            yield Found(_("Termin buchen"), number, url_for("besuch.page", number=number))
    for label, endpoint in areas_of(who):
        yield Found(label, page, url_for(endpoint))
    if who.may(Power.CASE_READ):
        yield Found(_("Papiere zurück"), page, url_for("rueckgaben.page"))
    if who.may(Power.CASE_COUNTER):
        yield Found(_("Kalender"), page, url_for("kalender.page"))
        yield Found(_("Veranstaltungen"), page, url_for("veranstaltungen.page"))
    yield Found(_("Tasten ändern"), page, url_for("login.keys"))
    yield Found(_("Abmelden"), action, url_for("login.logout"), post=True)


def _number_here() -> str:
    """Return the case whose page the palette was opened on, "" for any other page."""
    path = request.args.get("von", "")
    start = url_for("vorgang.page", number="X")[:-1]
    return number_of(path.removeprefix(start).partition("/")[0]) if path.startswith(start) else ""

"""The frame of the pages of companies: who acts for which company, and where else they can go."""

from __future__ import annotations

from flask import Blueprint, current_app, g, request, url_for

from abh.fastlane import zugang
from abh.fastlane.zugang import Acting
from abh.web import session as web
from abh.web.i18n import for_staff
from abh.web.i18n import gettext as _
from abh.web.parts import Chrome, NavItem

# Endpoint and key of each area; those whose pages are not installed are left out.
AREAS = (
    ("firma.page", "u"),
    ("firma_antrag.choose", "a"),
    ("firma_tabelle.page", "x"),
    ("firma_termine.page", "t"),
    ("firma_zugang.mandates", "v"),
    ("firma_zugang.members", "p"),
    ("firma_schnittstellen.page", "s"),
    ("firma_hilfe.page", "h"),
)


def firm_blueprint(name: str, module: str) -> Blueprint:
    """Return a blueprint whose pages stand in the frame of companies, in German and English."""
    return for_staff(Blueprint(name, module))


def acting() -> Acting:
    """Return for which company this request acts, once per request; frames the page."""
    if "firma" not in g:
        house = web.house()
        g.firma = zugang.acting(web.reading(), web.actor(), clock=house)
        show_frame(g.firma)
    found: Acting = g.firma
    return found


def show_frame(who: Acting) -> None:
    """Put the frame of the company into this request; no statement."""
    here = request.endpoint or ""
    labels = _labels()
    g.chrome = Chrome(
        office=web.house().office.name,
        unit=who.company_name,
        user=who.actor.name,
        nav=[
            NavItem(
                labels[endpoint],
                url_for(endpoint),
                _is_current(endpoint, here),
                key,
            )
            for endpoint, key in AREAS
            if endpoint in current_app.view_functions
        ],
        logout_url=url_for("login.logout"),
    )


def _is_current(endpoint: str, here: str) -> bool:
    room = endpoint.split(".")[0]
    alone = sum(each.split(".")[0] == room for each, _key in AREAS) == 1
    return here == endpoint or (alone and here.split(".")[0] == room)


def _labels() -> dict[str, str]:
    return {
        "firma.page": _("Übersicht"),
        "firma_antrag.choose": _("Antrag stellen"),
        "firma_tabelle.page": _("Tabelle"),
        "firma_termine.page": _("Termine"),
        "firma_zugang.mandates": _("Vollmachten"),
        "firma_zugang.members": _("Personen"),
        "firma_schnittstellen.page": _("Schnittstellen"),
        "firma_hilfe.page": _("Hilfe"),
    }

"""The guided tour of the demo, one for each role: a bar over real pages, closed when one likes.

It works without scripts: the bar is part of the page, its buttons lead on. How far somebody is
stands in the user's row; applicants have no account, so a cookie holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access.actor import Actor
from abh.access.policy import PUBLIC, Power, policy, policy_of
from abh.access.tables import UserTour
from abh.web import session as web
from abh.web.adressen import url_for
from abh.web.i18n import YEAR_SECONDS
from abh.web.pages.rahmen import staff_blueprint
from abh.web.rundgang import APPLICANT, Bar, Stop
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("rundgang", __name__)

COOKIE = "abh_rundgang"
# Where somebody arrives, a tour not begun yet is offered.
ARRIVALS = frozenset({"desk.page", "leitung.page", "firma.page", "antrag.choose"})
ENDED = "ende"

CLERK: tuple[Stop, ...] = (
    Stop(
        "desk.page",
        _l("Als Nächstes"),
        _l("Alles, was auf Sie wartet, in einer Liste. Oben steht, was zuerst Schaden bringt."),
    ),
    Stop(
        "vorgang.page",
        _l("Ein Vorgang"),
        _l("Voraussetzungen, Schritte, Uhren und Briefe an einer Stelle, jede Zeile mit Norm."),
    ),
    Stop(
        "schalter.page",
        _l("Schalter"),
        _l("Mit n rufen Sie die nächste Nummer auf; der ganze Besuch braucht sechs Tasten."),
    ),
    Stop(
        "post.page",
        _l("Post"),
        _l("Sie ziehen Personen, nicht Blätter: alles Offene eines Menschen auf einmal."),
    ),
    Stop(
        "briefe.folder",
        _l("Unterschriften"),
        _l("Was Sie nicht allein zeichnen dürfen, wartet hier auf die zweite Person."),
    ),
    Stop(
        "suche.page",
        _l("Suche"),
        _l("Name mit Tippfehler, Geburtsdatum, Nummer oder Firma: ein Feld findet alles."),
    ),
)
LEAD: tuple[Stop, ...] = (
    Stop(
        "leitung.page",
        _l("Leitung"),
        _l("Wie das Sachgebiet jetzt steht. Jede Zahl führt zu ihrer Liste."),
    ),
    Stop(
        "leitung_vorgaenge.page",
        _l("Vorgänge übergeben"),
        _l("Auswählen, Grund nennen, bestätigen; zehn Sekunden bleiben zum Zurücknehmen."),
    ),
    Stop(
        "leitung_minuten.page",
        _l("Minuten verschieben"),
        _l("Zeit aus einer Spur in eine andere, freie zuerst; gebuchte Termine sehen Sie vorher."),
    ),
    Stop(
        "leitung_plan.page",
        _l("Räumungsplan"),
        _l("Rechnet aus, bis wann der Rückstand weg ist und was das an Terminen kostet."),
    ),
    Stop(
        "leitung_einarbeitung.page",
        _l("Einarbeitung"),
        _l("Wer was kann, wer was lernt, und welcher Schritt als Nächstes naheliegt."),
    ),
    Stop(
        "leitung.trail",
        _l("Protokoll"),
        _l("Wer was getan und gesehen hat, mit einer Kette, die jede Änderung verrät."),
    ),
)
FIRM: tuple[Stop, ...] = (
    Stop(
        "firma.page",
        _l("Ihre Beschäftigten"),
        _l("Jede Person mit Stand, nächstem Schritt und der Spanne, die wir zusagen."),
    ),
    Stop(
        "firma_antrag.choose",
        _l("Antrag stellen"),
        _l("Für eine Person: Vollmacht erklären, Angaben machen, absenden."),
    ),
    Stop(
        "firma_tabelle.page",
        _l("Viele auf einmal"),
        _l("Eine Tabelle, eine Zeile je Person; Fehler stehen an der Zelle."),
    ),
    Stop(
        "firma_termine.page",
        _l("Termine"),
        _l("Eine Gruppe bekommt alle Plätze oder keinen; getauscht wird ohne Anruf."),
    ),
    Stop(
        "firma_zugang.members",
        _l("Personen"),
        _l("Wer für die Firma handelt, und wer nur liest."),
    ),
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How far somebody is: nothing begun, at a station, or closed."""

    stop: int = 0
    begun: bool = False
    ended: bool = False


def install(app: Flask) -> None:
    """Register the pages and let the frames of all pages ask for the bar."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["rundgang"] = bar


def bar() -> Bar | None:
    """Return the bar of this page, None where there is none."""
    if request.blueprint in ("rundgang", "login") or request.method != "GET":
        return None
    who = _who()
    stand = _stand(who)
    if stand.ended or not (stand.begun or request.endpoint in ARRIVALS):
        return None
    stops = tour_of(who)
    if not stops:
        return None
    number = min(stand.stop, len(stops) - 1)
    here = request.endpoint == stops[number].endpoint
    url = _url(stops[number], who)
    return Bar(number + 1, len(stops), stops[number], url, here, offered=not stand.begun)


def tour_of(who: Actor | None) -> Sequence[Stop]:
    """Return the stations of a role, without those its powers do not open."""
    if who is None:
        return APPLICANT
    tour: Sequence[Stop] = ()
    if who.may(Power.FASTLANE_COMPANY):
        tour = FIRM
    elif who.may(Power.UNIT_LEAD):
        tour = LEAD
    elif who.may(Power.CASE_READ):
        tour = CLERK
    return [stop for stop in tour if _url(stop, who)]


def _who() -> Actor | None:
    """Return who walks: on the pages of applicants nobody, whoever is logged in beside it."""
    page = current_app.blueprints.get(request.blueprint or "")
    staff = getattr(page, "abh_audience", "public") == "staff"
    return web.current_actor() if staff else None


def _url(stop: Stop, who: Actor | None) -> str:
    """Return the address of a station, "" where this role has none."""
    view = current_app.view_functions.get(stop.endpoint)
    wanted = (policy_of(view) if view is not None else None) or frozenset()
    if view is None or (who is not None and wanted.isdisjoint(who.powers)):
        return ""
    if stop.endpoint == "vorgang.page":
        number = _own_case(who)
        return url_for(stop.endpoint, number=number) if number else ""
    values: dict[str, Any] = dict(stop.values)
    return url_for(stop.endpoint, **values)


def _own_case(who: Actor | None) -> str:
    if who is None:
        return ""
    query = (
        select(Vorgang.number)
        .where(Vorgang.owner_id == who.user_id, Vorgang.closed_at.is_(None))
        .order_by(Vorgang.id)
        .limit(1)
    )
    return web.reading().scalar(query) or ""


def _stand(who: Actor | None) -> Stand:
    if who is None or who.user_id is None:
        told = request.cookies.get(COOKIE, "")
        number = int(told) if told.isascii() and told.isdecimal() and len(told) < 3 else 0
        return Stand(number, bool(told), told == ENDED)
    if "frame" in g:  # the frame of the staff has asked for it already
        kept = g.frame["tour"]
        return Stand(kept["stop"], True, kept["ended"]) if kept else Stand()
    row = web.reading().get(UserTour, who.user_id)
    return Stand(row.stop, True, row.ended) if row is not None else Stand()


def save(session: Session, user_id: int, *, stop: int, ended: bool) -> None:
    """Remember how far a user is."""
    values = {"stop": stop, "ended": ended}
    row = insert(UserTour).values(user_id=user_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


@blueprint.get("/rundgang")
@policy(PUBLIC)
def page() -> str:
    """Show all stations, and let one begin anew."""
    who = web.current_actor()
    stops = [(stop, _url(stop, who)) for stop in tour_of(who)]
    return render_template("rundgang/seite.html", stops=stops, public=who is None)


@blueprint.post("/rundgang")
@policy(PUBLIC)
def go() -> Response:
    """Go to a station, or close the tour; the answer is the real page."""
    who = None if request.form.get("fuer") == "alle" else web.current_actor()
    stops = tour_of(who)
    ended = "ende" in request.form
    typed = request.form.get("station", "0")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 3 else 0
    number = min(number, max(len(stops) - 1, 0))
    target = web.local_path(request.form.get("hier")) if ended else ""
    target = target or (_url(stops[number], who) if stops else url_for("rundgang.page"))
    answer = redirect(target, 303)
    if who is None or who.user_id is None:
        kept = ENDED if ended else str(number)
        answer.set_cookie(
            COOKIE, kept, max_age=YEAR_SECONDS, secure=web.is_https(), httponly=True, samesite="Lax"
        )
        return answer
    with web.unit_of_work() as session:
        save(session, who.user_id, stop=number, ended=ended)
    return answer

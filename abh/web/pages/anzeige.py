"""The display in the waiting room: called numbers, desks, the wait; never names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from sqlalchemy import text
from werkzeug.wrappers import Response

from abh.access.policy import PUBLIC, policy
from abh.appointments import wartezeit, worte
from abh.kernel.ids import content_hash
from abh.office import service as office
from abh.persons.schemas import LANGUAGES
from abh.web import session as web
from abh.web.pages.leistungsworte import service_words_in

blueprint = Blueprint("anzeige", __name__)

# Every language is shown for so long; a screen without JavaScript asks as often.
SECONDS = 10
STEP = 5
COMPANY_SERVICE = "firmentermin"
_RTL = frozenset({"ar", "fa"})
_DISPLAY = text(
    """
SELECT c.ticket, d.name AS desk, d.room, c.called_at FROM (
    SELECT ticket, called_to, called_at FROM booking
     WHERE unit_key = :unit AND day = :day AND status = 'called'
    UNION ALL
    SELECT ticket, called_to, called_at FROM walk_in
     WHERE unit_key = :unit AND day = :day AND status = 'called'
  ) AS c JOIN desk d ON d.id = c.called_to
 ORDER BY c.called_at DESC, c.ticket LIMIT 12
"""
)


@blueprint.get("/anzeige/<unit>")
@policy(PUBLIC)
def page(unit: str) -> Response:
    """Show the called numbers; unchanged it costs nothing to ask again (ETag).

    With JavaScript the page stays and asks for the numbers only, so that a chime that somebody
    switched on goes on sounding; without, it is fetched anew every ten seconds.
    """
    rows, state = _called(unit)
    waits = _waits(unit)
    turn = _turn()
    words = _words(turn)
    names = sorted({name for wait in waits for name in wait["services"]})
    all_words = [{**_words(each), "services": _services(each, names)} for each in LANGUAGES]
    body = render_template(
        "schalter/anzeige.html",
        rows=rows,
        waits=waits,
        services=_services(turn, names),
        unit=unit,
        words=words,
        every=SECONDS,
        all_words=all_words,
    )
    return _unchanged(make_response(body), f"{state} {waits} {words['lang']}")


@blueprint.get("/anzeige/<unit>/nummern")
@policy(PUBLIC)
def numbers(unit: str) -> Response:
    """Give the called numbers and the expected waits as JSON."""
    rows, state = _called(unit)
    waits = _waits(unit)
    return _unchanged(jsonify(rows=rows, waits=waits), f"{state} {waits}")


def _waits(unit: str) -> list[dict[str, Any]]:
    """Return how long somebody without an appointment will wait who comes now, shortest first.

    Services that wait equally long are one line. In steps of five minutes, downwards and upwards:
    the screen does not change with every minute, and nobody reads more into it than it knows.
    """
    session = web.reading()
    names = {each.key: each.name for each in office.services(session)}
    groups: dict[tuple[int, int], list[str]] = {}
    for key, found in wartezeit.forecasts(session, unit, clock=web.services().clock).items():
        # Companies come with an appointment; nobody takes a number for that.
        if found is not None and key in names and key != COMPANY_SERVICE:
            steps = found.low // STEP * STEP, -(-found.high // STEP) * STEP
            groups.setdefault(steps, []).append(names[key])
    return [
        {"services": sorted(found), "minutes": f"{low}–{high}"}
        for (low, high), found in sorted(groups.items())
    ]


def _services(language: str, names: Iterable[str]) -> dict[str, str]:
    return {name: service_words_in(language, name) for name in names}


def _called(unit: str) -> tuple[list[dict[str, Any]], str]:
    found = web.reading().execute(_DISPLAY, {"unit": unit, "day": web.today()}).mappings()
    rows = [
        {
            "ticket": row["ticket"],
            "desk": row["desk"],
            "room": row["room"],
            "at": row["called_at"].isoformat(),
        }
        for row in found
    ]
    # A recall changes the instant, so the number sounds again.
    return rows, f"{web.today()} {unit} " + "|".join(
        f"{row['ticket']}@{row['desk']}@{row['at']}" for row in rows
    )


def _turn() -> str:
    # The machine's clock: a demo that stands still shall change its language all the same.
    return LANGUAGES[int(datetime.now(UTC).timestamp()) // SECONDS % len(LANGUAGES)]


def _words(language: str) -> dict[str, str]:
    return {
        "lang": language,
        "dir": "rtl" if language in _RTL else "ltr",
        "call": worte.say("display.call", language),
        "room": worte.say("display.room", language),
        "expected": worte.say("display.expected", language),
        "wait": worte.say("display.wait", language),
        "sound": worte.say("display.sound", language),
    }


def _unchanged(response: Response, state: str) -> Response:
    response.set_etag(content_hash(state.encode())[:20])
    return response.make_conditional(request)

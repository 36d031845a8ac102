"""Events, calendars, breaks and visits in passing, as staff see and use them."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pikepdf
from icalendar import Calendar

from tests.integration.web.staff.conftest import LEAD, Amt, Browser

EVENT = {
    "kind": "beratungstag", "title": "Beratungstag", "place": "Rathaus", "day_day": "15",
    "day_month": "12", "day_year": "2026", "start": "15:00", "end": "17:00", "places": "3",
    "guests_each": "2", "languages": ["de", "en"], "reply_until_day": "8",
    "reply_until_month": "12", "reply_until_year": "2026",
}  # fmt: skip


def _event(amt: Amt, lead: Browser) -> str:
    return str(lead.post("/veranstaltungen", EVENT).location)


def _invited(amt: Amt, event: str) -> tuple[int, str]:
    """Invite somebody through the room (the page invites from cases); return row and link."""
    from abh.access.actor import SYSTEM
    from abh.appointments import event_guests
    from abh.persons.service import create_person
    from tests import factories
    from tests.integration.appointments.contact import PERSON, queued

    with amt.sessions() as session, session.begin():
        person = create_person(
            session, SYSTEM, {**PERSON, "email": "ada@example.org"}, now=amt.clock.now()
        )
        actor = factories.actor_of(session, LEAD)
        guest = event_guests.invite(
            session, amt.house, actor, int(event.rsplit("/", 1)[1]), person.id
        )
        words = queued(session, "mail")[-1].payload["text"]
        return guest.id, re.search(r"/einladung/\S+", words)[0]  # type: ignore[index]


def test_an_event_is_planned_answered_by_link_checked_in_and_printed(amt: Amt) -> None:
    lead = amt.client(LEAD)
    event = _event(amt, lead)
    guest, link = _invited(amt, event)
    public = amt.app.test_client()
    page = public.get(link + "?lang=de").text
    assert "Kommen Sie?" in page
    assert "Okonkwo" not in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]  # type: ignore[index]
    sent = {"csrf_token": token, "reply": "yes", "guests": "2", "language": "en"}
    assert public.post(link, data={**sent, "guests": "3"}).status_code == 422
    assert public.post(link, data={**sent, "reply": ""}).status_code == 422
    assert public.post(link, data=sent).status_code == 303
    assert "Gäste: 2" in public.get(link + "?lang=de").text
    assert "Okonkwo" in lead.get(event).text
    lead.post(f"/veranstaltungen/gast/{guest}/da", {}, status=409)
    amt.clock.advance(timedelta(days=22))
    lead = amt.client(LEAD)
    lead.post(f"/veranstaltungen/gast/{guest}/da", {})
    assert "da seit" in lead.get(event).text
    printed = lead.get(f"{event}/liste.pdf")
    assert printed.headers["Cache-Control"] == "no-store"
    with pikepdf.open(io.BytesIO(printed.data)) as pdf:
        assert len(pdf.pages) == 1


def test_wrong_plans_name_every_field_and_keep_what_was_typed(amt: Amt) -> None:
    lead = amt.client(LEAD)
    wrong = {**EVENT, "start": "25:00", "places": "viele", "day_day": "32", "title": "Mein Tag"}
    page = lead.post("/veranstaltungen", wrong, status=422).text
    assert all(f'href="#f-{name}' in page for name in ("start", "places", "day"))
    assert "Mein Tag" in page


def test_clerks_do_not_plan_and_other_units_do_not_see(amt: Amt, clerk: Browser) -> None:
    event = _event(amt, amt.client(LEAD))
    clerk.post("/veranstaltungen", EVENT, status=403)
    clerk.post(f"{event}/absagen", {}, status=403)
    login = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG2' AND role = 'lead' LIMIT 1")[
        "login"
    ]
    other = amt.client(str(login))
    for path in (event, f"{event}/liste.pdf"):
        other.get(path, 404)
    assert amt.app.test_client().get("/einladung/" + "A" * 22).status_code == 404
    assert amt.app.test_client().get("/einladung/kurz").status_code == 404


def test_a_calendar_address_is_shown_once_read_and_revoked(amt: Amt, clerk: Browser) -> None:
    made = clerk.post("/kalender", {"art": "ich"}, status=200)
    assert made.headers["Cache-Control"] == "no-store"
    address = re.search(r"/kalender/[\w-]{22}\.ics", made.text)[0]  # type: ignore[index]
    assert address not in clerk.get("/kalender").text
    public = amt.app.test_client()
    first = public.get(address)
    assert first.mimetype == "text/calendar"
    assert Calendar.from_ical(first.data).walk("VTIMEZONE")
    again = public.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    number = amt.row("SELECT id FROM calendar_feed")["id"]
    clerk.post(f"/kalender/{number}/widerrufen", {})
    assert public.get(address).status_code == 404
    clerk.post("/kalender", {"art": "sachgebiet"}, status=403)


def test_a_desk_in_a_break_calls_nobody(amt: Amt, clerk: Browser) -> None:
    clerk.post("/schalter/nummer", {"service": "beratung"})
    clerk.post("/schalter/pause", {"art": "beginn"})
    clerk.post("/schalter/pause", {"art": "beginn"})
    assert clerk.post("/schalter/naechster", {}).location == "/schalter"
    page = clerk.get("/schalter").text
    assert "Ihr Platz macht Pause" in page
    assert amt.row("SELECT status FROM walk_in")["status"] == "waiting"
    clerk.post("/schalter/pause", {"art": "ende"})
    assert clerk.post("/schalter/naechster", {}).location != "/schalter"


def test_a_break_forgotten_overnight_is_over(amt: Amt, clerk: Browser) -> None:
    clerk.post("/schalter/pause", {"art": "beginn"})
    amt.clock.advance(timedelta(days=1))
    assert "macht Pause" not in amt.client().get("/schalter").text


def test_somebody_helped_in_passing_is_recorded_with_the_outcome(amt: Amt, clerk: Browser) -> None:
    clerk.post("/schalter/sofort", {"leistung": "beratung", "ergebnis": ""})
    clerk.post("/schalter/sofort", {"leistung": "unfug", "ergebnis": "auskunft"})
    assert amt.row("SELECT count(*) AS n FROM walk_in")["n"] == 0
    clerk.post("/schalter/sofort", {"leistung": "beratung", "ergebnis": "auskunft"})
    row = amt.row("SELECT status, result, served_by FROM walk_in")
    assert (row["status"], row["result"]) == ("served", "auskunft")
    assert row["served_by"]


def test_what_nobody_clicked_is_asked_for_after_the_last_shift_of_the_same_day(
    amt: Amt, clerk: Browser
) -> None:
    clerk.post("/schalter/nummer", {"service": "beratung"})
    assert "Ohne Ergebnis" not in clerk.get("/schalter").text
    amt.clock.advance(timedelta(hours=11))
    assert "Ohne Ergebnis" in amt.client().get("/schalter").text


def test_the_display_gives_numbers_to_its_script_and_refreshes_without_it(
    amt: Amt, clerk: Browser
) -> None:
    clerk.post("/schalter/nummer", {"service": "beratung"})
    clerk.post("/schalter/naechster", {})
    public = amt.app.test_client()
    page = public.get("/anzeige/SG1").text
    assert '<noscript><meta http-equiv="refresh"' in page
    first = public.get("/anzeige/SG1/nummern")
    (row,) = first.json["rows"]
    assert row["ticket"] == "A-001"
    assert set(row) == {"ticket", "desk", "room", "at"}
    headers = {"If-None-Match": first.headers["ETag"]}
    assert public.get("/anzeige/SG1/nummern", headers=headers).status_code == 304
    # One visit of twenty planned minutes is at the desks: a range, in steps of five minutes.
    for wait in first.json["waits"]:
        low, high = wait["minutes"].split("–")
        assert (int(low) % 5, int(high) % 5) == (0, 0)
        assert int(low) < int(high)
        assert wait["minutes"] in page
    told = [name for wait in first.json["waits"] for name in wait["services"]]
    assert "Beratung" in told and len(told) == len(set(told))
    assert "Firmentermin" not in told
    number = amt.row("SELECT id FROM walk_in")["id"]
    amt.clock.advance(timedelta(minutes=1))
    clerk.post(f"/schalter/nummer/{number}/aufrufen", {})
    # A recall sounds again, so it is news.
    assert public.get("/anzeige/SG1/nummern", headers=headers).status_code == 200

"""The roster page: a supervisor sees what a change hits before it is made, and moves it."""

from __future__ import annotations

from datetime import date, timedelta

from abh.appointments import service as appointments
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser

DAY = date(2026, 11, 24)


def _booked(amt: Amt, **person: str) -> dict[str, object]:
    filed = amt.file(**{f"person__{key}": value for key, value in person.items()})
    with amt.sessions.begin() as session:
        person = session.connection().exec_driver_sql("SELECT max(id) FROM person").scalar_one()
        clerk = __import__("tests.factories", fromlist=["x"]).actor_of(session, CLERK)
        slot = appointments.free_slots(
            session, "SG1", "beratung", "einladung",
            from_day=DAY, days=1, limit=1, now=amt.clock.now(),
        )[0]  # fmt: skip
        taken = appointments.book_for(
            session, clerk, vorgang_id=None, person_id=person, unit_key="SG1",
            service_key="beratung", lane="einladung", day=slot.day, start_cell=slot.start_cell,
            clock=amt.clock,
        )  # fmt: skip
    return {"id": taken.id, "desk": taken.desk_id, "number": filed.number}


def _clerk_at(amt: Amt, desk: object) -> int:
    row = amt.row(
        "SELECT user_id FROM roster_block WHERE desk_id = :desk AND day = :day LIMIT 1",
        desk=desk,
        day=DAY,
    )
    return int(row["user_id"])


def test_the_week_shows_desks_lanes_and_load(amt: Amt) -> None:
    page = amt.client(LEAD).get("/leitung/dienstplan?woche=2026-11-24").text
    assert "SG1-01" in page
    assert "Einladung" in page
    assert "Auslastung je Spur" in page
    assert "Murat Özdamar" in page


def test_a_clerk_without_the_power_does_not_see_it(amt: Amt, clerk: Browser) -> None:
    clerk.get("/leitung/dienstplan", 403)


def test_an_absence_is_shown_with_what_it_hits_and_only_then_done(amt: Amt) -> None:
    booked = _booked(amt)
    lead = amt.client(LEAD)
    typed = {
        "woche": "2026-11-23",
        "absent": str(_clerk_at(amt, booked["desk"])),
        "first": "24.11.2026",
        "last": "",
        "cover": "",
    }
    asked = lead.post("/leitung/dienstplan/abwesend", typed, status=409).text
    assert "Noch ist nichts geändert" in asked
    assert amt.row("SELECT count(*) AS n FROM absence")["n"] == 0
    lead.post("/leitung/dienstplan/abwesend", {**typed, "bestaetigt": "1"})
    assert amt.row("SELECT count(*) AS n FROM absence")["n"] == 1
    page = lead.get("/leitung/dienstplan?woche=2026-11-23").text
    assert "Termine außerhalb des Dienstplans" in page
    assert "Gleiche Zeit, anderer Platz" in page or "Verlegen auf" in page
    status = amt.row("SELECT status FROM booking WHERE id = :id", id=booked["id"])["status"]
    assert status == "booked"


def test_a_hit_booking_is_moved_and_the_person_told(amt: Amt) -> None:
    booked = _booked(amt)
    lead = amt.client(LEAD)
    day = {"woche": "2026-11-23", "closed": "24.11.2026", "reason": "Wasserschaden"}
    lead.post("/leitung/dienstplan/schliessen", {**day, "bestaetigt": "1"})
    page = lead.get("/leitung/dienstplan").text
    action = f"/leitung/dienstplan/verlegen/{booked['id']}"
    form = page[page.index(action) :]
    cell = form.split('name="cell" value="')[1].split('"')[0]
    to = form.split('name="day" value="')[1].split('"')[0]
    lead.post(action, {"day": to, "cell": cell, "woche": "2026-11-23"})
    row = amt.row("SELECT day, sequence FROM booking WHERE id = :id", id=booked["id"])
    assert row["day"] >= DAY + timedelta(days=1)
    mail = amt.row(
        "SELECT payload FROM outbox_message WHERE dedup_key LIKE :key",
        key=f"mail:termin:{booked['id']}:%",
    )["payload"]
    # In the language of the person.
    assert mail["subject"] == "Your appointment has been moved"
    assert "Termine außerhalb des Dienstplans" not in lead.get("/leitung/dienstplan").text


def test_every_form_of_the_page_answers(amt: Amt) -> None:
    lead = amt.client(LEAD)
    desk = amt.row("SELECT id FROM desk WHERE key = 'SG1-01'")["id"]
    user = amt.row("SELECT id FROM app_user WHERE login = :l", l=CLERK)["id"]
    week = {"woche": "2026-11-23"}
    add = {"desk": desk, "user": user, "day": "2026-11-27", "start": "18:00", "end": "19:00"}
    lead.post("/leitung/dienstplan/stueck", {**week, **add, "lane": "notfall"})
    block = amt.row("SELECT id FROM roster_block WHERE pattern_id IS NULL")["id"]
    assert "Spur ändern" in lead.get(f"/leitung/dienstplan?woche=2026-11-23&stueck={block}").text
    lead.post("/leitung/dienstplan/spur", {**week, "block": block, "lane": "kunden"})
    lead.post("/leitung/dienstplan/entfernen", {**week, "block": block})
    lead.post("/leitung/dienstplan/schliessen", {**week, "closed": "27.11.2026", "reason": "Umzug"})
    closure = amt.row("SELECT id FROM closure WHERE by_hand")["id"]
    lead.post("/leitung/dienstplan/oeffnen", {**week, "closure": closure})
    lead.post("/leitung/dienstplan/kopieren", {**week, "target": "01.12.2026"})
    lead.post("/leitung/dienstplan/stueck", {**week, **add, "start": "9 Uhr"}, status=422)
    lead.post("/leitung/dienstplan/unfug", week, status=404)


def test_all_that_a_closed_day_hits_move_at_once_and_who_has_no_mail_gets_a_letter(
    amt: Amt,
) -> None:
    booked = [_booked(amt, email="") for _ in range(2)]
    lead = amt.client(LEAD)
    day = {"woche": "2026-11-23", "closed": "24.11.2026", "reason": "Wasserschaden"}
    lead.post("/leitung/dienstplan/schliessen", {**day, "bestaetigt": "1"})
    assert "Alle auf die vorgeschlagenen" in lead.get("/leitung/dienstplan").text
    lead.post("/leitung/dienstplan/verlegen", {"woche": "2026-11-23"})
    page = lead.get("/leitung/dienstplan").text
    assert "Termine außerhalb des Dienstplans" not in page
    assert "2 Termine verlegt. 2 per Brief" in page
    ordered = "SELECT count(*) AS n FROM outbox_message WHERE kind = 'termin'"
    assert amt.row(ordered)["n"] == len(booked)


def test_a_desk_that_fails_gives_its_bookings_to_another_at_the_same_time(amt: Amt) -> None:
    booked = _booked(amt)
    lead = amt.client(LEAD)
    typed = {"absent": str(_clerk_at(amt, booked["desk"])), "first": "24.11.2026"}
    sent = {"woche": "2026-11-23", **typed, "bestaetigt": "1"}
    lead.post("/leitung/dienstplan/abwesend", sent)
    page = lead.get("/leitung/dienstplan").text
    assert "Gleiche Zeit, anderer Platz" in page
    before = amt.row("SELECT day, cells FROM booking WHERE id = :id", id=booked["id"])
    lead.post("/leitung/dienstplan/verlegen", {"woche": "2026-11-23"})
    after = amt.row("SELECT day, cells, desk_id FROM booking WHERE id = :id", id=booked["id"])
    assert (after["day"], after["cells"]) == (before["day"], before["cells"])
    assert after["desk_id"] != booked["desk"]

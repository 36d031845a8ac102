"""The weekly pattern and the extra places: pages of the supervisor, with plain forms."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from abh.appointments import service as appointments
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser

PATTERN, EXTRA = "/leitung/dienstplan/muster", "/leitung/dienstplan/zusatz"
SINCE, TUESDAY = "2026-11-30", date(2026, 12, 1)
NEW: dict[str, Any] = {
    "ab": SINCE,
    "desk": "SG1-06",
    "user": "l.aschenbach",
    "weekday": ["0", "2"],
    "start": "15:30",
    "end": "16:00",
    "lane": "post",
}


def _pieces(amt: Amt, since: str = SINCE, **where: Any) -> list[Any]:
    from sqlalchemy import text

    with amt.sessions() as session:
        rows = session.execute(
            text(
                "SELECT p.id, d.key, u.login, p.weekday, p.start_cell, p.end_cell, p.lane"
                " FROM roster_pattern p JOIN desk d ON d.id = p.desk_id"
                " JOIN app_user u ON u.id = p.user_id WHERE p.unit_key = 'SG1'"
                " AND p.valid_from <= :since AND coalesce(p.valid_until, 'infinity') >= :since"
                " ORDER BY p.weekday, d.key, p.start_cell"
            ),
            {"since": date.fromisoformat(since)},
        ).mappings()
        return [row for row in rows if all(row[k] == v for k, v in where.items())]


def _book(amt: Amt, day: date, person: int, service: str = "beratung") -> Any:
    from tests.factories import actor_of

    with amt.sessions.begin() as session:
        slot = appointments.free_slots(
            session, "SG1", service, "einladung",
            from_day=day, days=1, limit=1, now=amt.clock.now(),
        )[0]  # fmt: skip
        return appointments.book_for(
            session, actor_of(session, CLERK), vorgang_id=None, person_id=person, unit_key="SG1",
            service_key=service, lane="einladung", day=day, start_cell=slot.start_cell,
            clock=amt.clock,
        )  # fmt: skip


def _person(amt: Amt) -> int:
    amt.file()
    return int(amt.row("SELECT max(id) AS id FROM person")["id"])


def test_the_week_of_the_unit_is_shown_with_minutes_by_lane(amt: Amt) -> None:
    page = amt.client(LEAD).get(f"{PATTERN}?ab={SINCE}").text
    assert "Wochenmuster SG1" in page
    assert "Murat Özdamar" in page
    assert "Minuten je Spur" in page
    assert "SG2-01" not in page


def test_a_clerk_without_the_power_sees_and_changes_nothing(amt: Amt, clerk: Browser) -> None:
    before = _pieces(amt)
    clerk.get(PATTERN, 403)
    clerk.post(f"{PATTERN}/neu", NEW, status=403)
    clerk.get(EXTRA, 403)
    clerk.post(EXTRA, {"number": "1", "beside": "1"}, status=403)
    assert _pieces(amt) == before


def test_a_piece_is_added_changed_and_removed_with_plain_forms(amt: Amt) -> None:
    lead, before = amt.client(LEAD), len(_pieces(amt))
    lead.post(f"{PATTERN}/neu", NEW)
    mine = _pieces(amt, key="SG1-06", start_cell=186)
    assert [(row["weekday"], row["lane"]) for row in mine] == [(0, "post"), (2, "post")]
    assert len(_pieces(amt)) == before + 2
    page = lead.get(f"{PATTERN}?ab={SINCE}&stueck={mine[0]['id']}").text
    assert "auch an den anderen Tagen mit demselben Stück" in page
    change = {
        "ab": SINCE,
        "stueck": mine[0]["id"],
        "user": "l.aschenbach",
        "start": "15:45",
        "end": "16:15",
        "lane": "pause",
        "alle": "1",
    }
    lead.post(f"{PATTERN}/aendern", change)
    changed = _pieces(amt, key="SG1-06", start_cell=189)
    assert [(row["weekday"], row["end_cell"], row["lane"]) for row in changed] == [
        (0, 195, "pause"),
        (2, 195, "pause"),
    ]
    lead.post(f"{PATTERN}/entfernen", {"ab": SINCE, "stueck": changed[0]["id"]})
    assert [row["weekday"] for row in _pieces(amt, key="SG1-06", start_cell=189)] == [2]
    lead.post(f"{PATTERN}/entfernen", {"ab": SINCE, "stueck": changed[0]["id"]}, status=404)
    # The week before, and what happened before it, stay as they were.
    assert _pieces(amt, "2026-11-24", key="SG1-06", start_cell=189) == []
    entry = amt.row("SELECT count(*) AS n FROM audit_entry WHERE action = 'roster.pattern'")
    assert entry["n"] == 3


def test_a_weekday_is_copied_to_others_and_fits_the_opening_hours_or_is_refused(amt: Amt) -> None:
    lead = amt.client(LEAD)
    lead.post(f"{PATTERN}/tag", {"ab": SINCE, "source": "0", "targets": ["2"]})
    monday = [(r["key"], r["start_cell"], r["lane"]) for r in _pieces(amt, weekday=0)]
    assert [(r["key"], r["start_cell"], r["lane"]) for r in _pieces(amt, weekday=2)] == monday
    # Friday closes at noon: what Tuesday offers in the afternoon has no place there.
    refused = lead.post(
        f"{PATTERN}/tag", {"ab": SINCE, "source": "1", "targets": ["4"]}, status=422
    )
    assert "liegt nicht in den Öffnungszeiten" in refused.text
    lead.post(f"{PATTERN}/tag", {"ab": SINCE, "source": "6", "targets": ["2"]}, status=409)
    lead.post(f"{PATTERN}/tag", {"ab": SINCE, "source": "1"}, status=422)


def test_faults_name_desk_day_and_time_and_change_nothing(amt: Amt) -> None:
    lead, before = amt.client(LEAD), _pieces(amt)
    for change, words in (
        ({"start": "09:00", "end": "10:00"}, "doppelt verplant"),
        ({"start": "16:00", "end": "15:00"}, "endet vor dem Anfang"),
        ({"start": "15:33"}, "liegt nicht auf fünf Minuten"),
        ({"weekday": []}, "mindestens einen Wochentag"),
        ({"lane": "express"}, "gibt es nicht"),
        ({"desk": "SG9-99"}, "gibt es nicht"),
        ({"ab": "01.01.2026"}, "von heute an"),
        ({"ab": "99.99.9999"}, "Dieses Datum gibt es nicht"),
    ):
        answer = lead.post(f"{PATTERN}/neu", {**NEW, **change}, status=422)
        assert words in answer.text, change
    lead.post(f"{PATTERN}/unfug", NEW, status=404)
    assert _pieces(amt) == before


def test_a_change_of_the_week_shows_whom_it_hits_and_offers_them_another_place(amt: Amt) -> None:
    booked = _book(amt, TUESDAY, _person(amt))
    lead = amt.client(LEAD)
    desk = amt.row("SELECT key FROM desk WHERE id = :id", id=booked.desk_id)["key"]
    piece = next(
        row
        for row in _pieces(amt, key=desk, weekday=1, lane="einladung")
        if row["start_cell"] <= booked.start_cell < row["end_cell"]
    )
    form = {"ab": SINCE, "stueck": piece["id"]}
    asked = lead.post(f"{PATTERN}/entfernen", form, status=409).text
    assert "Noch ist nichts geändert" in asked
    assert len(_pieces(amt, key=desk, weekday=1)) > 0
    assert piece in _pieces(amt)
    lead.post(f"{PATTERN}/entfernen", {**form, "bestaetigt": "1"})
    assert "liegt außerhalb des Dienstplans" in lead.get(f"{PATTERN}?ab={SINCE}").text
    page = lead.get("/leitung/dienstplan").text
    assert "Gleiche Zeit, anderer Platz" in page or "Verlegen auf" in page
    row = amt.row("SELECT status, day FROM booking WHERE id = :id", id=booked.id)
    assert (row["status"], row["day"]) == ("booked", TUESDAY)


def test_a_week_planned_for_later_is_told_before_it_is_replaced(amt: Amt) -> None:
    lead = amt.client(LEAD)
    lead.post(f"{PATTERN}/neu", {**NEW, "ab": "04.01.2027"})
    assert "Ab 04.01.2027" in lead.get(f"{PATTERN}?ab={SINCE}").text


def test_an_extra_place_shows_its_risk_and_needs_a_reason(amt: Amt) -> None:
    day = date(2026, 11, 24)
    booked = _book(amt, day, _person(amt))
    filed = amt.file(family_name="Sharma", email="sharma@example.org")
    lead = amt.client(LEAD)
    page = lead.get(f"{EXTRA}?tag=24.11.2026").text
    assert "Unter 30 gemessenen Besuchen" in page
    assert f'value="{booked.id}"' in page
    form = {
        "tag": day.isoformat(),
        "number": filed.number,
        "leistung": "beratung",
        "beside": booked.id,
        "reason": "",
    }
    assert "Bitte begründen" in lead.post(EXTRA, form, status=422).text
    reason = "Dienstags kommt erfahrungsgemäß jede Dritte nicht"
    assert (
        "gibt es nicht"
        in lead.post(EXTRA, {**form, "number": "ABH-1", "reason": reason}, status=422).text
    )
    lead.post(EXTRA, {**form, "reason": reason})
    shown = lead.get(f"{EXTRA}?tag=24.11.2026").text
    assert re.search(r"Z-\d+ <strong>Zusatzplatz", shown)
    again = lead.post(EXTRA, {**form, "reason": reason}, status=409)
    assert "schon" in again.text
    row = amt.row("SELECT b.day, e.reason FROM booking b JOIN extra_place e ON e.id = b.extra_id")
    assert (row["day"], row["reason"]) == (day, reason)
    assert (
        amt.row("SELECT facts FROM audit_entry WHERE action = 'appointment.extra'")["facts"][
            "risk_permille"
        ]
        == 1000
    )


def test_an_empty_day_says_what_to_do(amt: Amt) -> None:
    far = (date(2026, 11, 23) + timedelta(days=20)).isoformat()
    assert "An diesem Tag ist nichts gebucht" in amt.client(LEAD).get(f"{EXTRA}?tag={far}").text

"""The tablet at a desk: only the called visitor's own case, no name, gone when the visit ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from abh.access.tables import AppUser, AuditEntry
from abh.appointments.tables import Booking
from abh.office import service as office
from abh.workflows.tables import Vorgang
from tests.integration.web.staff.conftest import CLERK, Amt, Browser


@pytest.fixture
def booking(amt: Amt) -> int:
    """A place of today at the clerk's own desk; the visitor has not been called."""
    filed = amt.file(person__family_name="Ōtsuka", person__given_names="Yuki")
    with amt.sessions() as session, session.begin():
        case = session.get_one(Vorgang, filed.vorgang_id)
        place = Booking(
            unit_key="SG1",
            desk_id=office.desks(session, "SG1")[0].id,
            day=amt.house.today,
            cells=Range(100, 104),
            lane="kunden",
            service_key="biometrie_antrag",
            person_id=case.person_id,
            vorgang_id=case.id,
            status="booked",
            ticket="A-001",
            created_at=amt.clock.now(),
        )
        session.add(place)
        session.flush()
        return place.id


def called(amt: Amt, booking: int) -> None:
    now = amt.clock.now()
    amt.change(
        "UPDATE booking SET status = 'called', called_at = :now, checked_in_at = :now,"
        " called_to = desk_id WHERE id = :id",
        id=booking,
        now=now,
    )


def set_up(clerk: Browser) -> str:
    page = clerk.post("/schalter/tablet", {}, status=200).text
    found = re.search(r"/tablet/([A-Za-z0-9_-]{22})", page)
    assert found
    return found[1]


@pytest.fixture
def shown(amt: Amt, clerk: Browser, booking: int) -> Iterator[str]:
    """The token of a tablet that shows the case in Turkish."""
    token = set_up(clerk)
    called(amt, booking)
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "tr"})
    yield token


def looked_at(amt: Amt, token: str, path: str = "") -> str:
    answer = amt.app.test_client().get(f"/tablet/{token}{path}", follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_nothing_is_shown_before_call_and_comparison_or_by_another_unit(
    amt: Amt, clerk: Browser, booking: int
) -> None:
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "de"})
    assert "kein Tablet eingerichtet" in clerk.get(f"/schalter/{booking}").text
    token = set_up(clerk)
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "de"})
    assert "Identität vergleichen" in clerk.get(f"/schalter/{booking}").text
    assert "ABH-2026" not in looked_at(amt, token)
    called(amt, booking)
    login = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG2' AND role = 'clerk' LIMIT 1")
    amt.client(str(login["login"])).post(f"/schalter/{booking}/zeigen", {}, status=403)
    assert "ABH-2026" not in looked_at(amt, token)


def test_the_tablet_shows_the_own_status_without_name_or_way_out(
    amt: Amt, shown: str, booking: int
) -> None:
    page = looked_at(amt, shown)
    assert 'lang="tr"' in page
    assert "ABH-2026" in page
    assert "Almanya’da kalabilir miyim?" in page
    assert "tsuka" not in page
    assert "Yuki" not in page
    assert {*re.findall(r'href="(?!/static/|data:|#)([^"?]*)', page)} == {f"/tablet/{shown}"}
    assert "<form" not in page
    with amt.sessions() as session:
        log = session.scalars(select(AuditEntry).where(AuditEntry.action == "tablet.show")).one()
        assert log.is_read
        assert log.facts["booking"] == booking
        who = session.scalars(select(AppUser.id).where(AppUser.login == CLERK)).one()
        assert log.actor_id == who


def test_the_person_may_take_another_language_and_the_next_one_does_not_get_it(
    amt: Amt, clerk: Browser, shown: str, booking: int
) -> None:
    mark = amt.app.test_client().get(f"/tablet/{shown}/stand").json["mark"]
    assert 'lang="ar" dir="rtl"' in looked_at(amt, shown, f"?lang=ar&fuer={mark}")
    amt.clock.advance(timedelta(seconds=5))
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "uk"})
    assert 'lang="uk"' in looked_at(amt, shown, f"?lang=ar&fuer={mark}")


def test_it_ends_with_clerk_time_and_visit(
    amt: Amt, clerk: Browser, shown: str, booking: int
) -> None:
    clerk.post(f"/schalter/{booking}/zeigen", {"ende": "1"})
    assert "ABH-2026" not in looked_at(amt, shown)
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "de"})
    amt.clock.advance(timedelta(minutes=10))
    assert amt.app.test_client().get(f"/tablet/{shown}/stand").json == {"mark": ""}
    clerk.post(f"/schalter/{booking}/zeigen", {"sprache": "de"})
    assert "ABH-2026" in looked_at(amt, shown)
    clerk.post(f"/schalter/{booking}/fertig", {})
    assert "ABH-2026" not in looked_at(amt, shown)


def test_a_new_address_ends_the_old_one(amt: Amt, clerk: Browser, shown: str) -> None:
    set_up(clerk)
    for wrong in (shown, "x", "A" * 22):
        assert amt.app.test_client().get(f"/tablet/{wrong}").status_code == 404
        assert amt.app.test_client().get(f"/tablet/{wrong}/stand").status_code == 404

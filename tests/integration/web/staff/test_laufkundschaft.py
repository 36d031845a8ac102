"""Numbers for people without appointment, from the entrance to the end of the visit."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.web.staff.conftest import Amt, Browser


def _give(amt: Amt, clerk: Browser, service: str = "beratung") -> tuple[str, int]:
    sent = clerk.post("/schalter/nummer", {"service": service})
    row = amt.row("SELECT id, ticket FROM walk_in ORDER BY id DESC LIMIT 1")
    assert str(row["ticket"]) in clerk.get(sent.location).text
    return str(sent.location).rsplit("/", 1)[1], int(row["id"])


def test_a_number_is_given_waits_elsewhere_is_called_and_served(amt: Amt, clerk: Browser) -> None:
    token, number = _give(amt, clerk)
    public = amt.app.test_client()
    page = public.get(f"/warten/{token}").text
    assert "Vor Ihnen warten: 0" in page
    assert "Minuten" in page
    assert "A-001" in clerk.get("/schalter").text
    called = clerk.post("/schalter/naechster", {})
    assert called.location == f"/schalter/nummer/{number}"
    assert "A-001" in public.get("/anzeige/SG1").text
    assert "Sie sind dran" in public.get(f"/warten/{token}").text
    clerk.post(f"/schalter/nummer/{number}/nicht-erschienen", {})
    status = "SELECT status FROM walk_in WHERE id = :id"
    assert amt.row(status, id=number)["status"] == "called"
    clerk.post(f"/schalter/nummer/{number}/aufrufen", {})
    clerk.post(f"/schalter/nummer/{number}/fertig", {})
    assert amt.row(status, id=number)["status"] == "served"
    assert "gilt nicht mehr" in public.get(f"/warten/{token}").text


def test_a_number_is_handed_over_and_given_back(amt: Amt, clerk: Browser) -> None:
    _token, number = _give(amt, clerk)
    clerk.post("/schalter/naechster", {})
    to_user = amt.row("SELECT id FROM app_user WHERE login = 's.lindenau'")["id"]
    clerk.post(f"/schalter/nummer/{number}/uebergeben", {"user": to_user})
    called = clerk.post("/schalter/naechster", {})
    assert called.location == "/schalter"
    other = amt.client("s.lindenau").post("/schalter/naechster", {})
    assert other.location == f"/schalter/nummer/{number}"


def test_foreign_numbers_and_wrong_links_are_refused(amt: Amt, clerk: Browser) -> None:
    _token, number = _give(amt, clerk)
    login = amt.row(
        "SELECT login FROM app_user WHERE unit_key = 'SG2' AND role = 'clerk'"
        " AND NOT 'unit.all' = ANY(powers) LIMIT 1"
    )["login"]
    amt.client(str(login)).get(f"/schalter/nummer/{number}", 403)
    clerk.get("/schalter/nummer/999999", 404)
    clerk.post(f"/schalter/nummer/{number}/unfug", {}, status=404)
    assert amt.app.test_client().get("/warten/" + "A" * 22).status_code == 404
    assert amt.app.test_client().get("/warten/kurz").status_code == 404


def test_the_evening_asks_how_a_number_ended_and_takes_the_answer(amt: Amt, clerk: Browser) -> None:
    _token, number = _give(amt, clerk)
    amt.clock.advance(timedelta(hours=11))
    evening = amt.client()
    assert "Wie ging der Besuch aus" in evening.get(f"/schalter/nummer/{number}").text
    evening.post(f"/schalter/nummer/{number}/gegangen", {})
    assert amt.row("SELECT status FROM walk_in WHERE id = :id", id=number)["status"] == "left"
    assert "Ohne Ergebnis" not in evening.get("/schalter").text

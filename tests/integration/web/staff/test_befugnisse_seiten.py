"""Leads keep mandates, deputies and numbered forms by page; every change is audited."""

from __future__ import annotations

from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser

PAGE = "/leitung/befugnisse"
HEAD = "h.morgenroth"


def _id(amt: Amt, login: str) -> int:
    return int(amt.row("SELECT id FROM app_user WHERE login = :login", login=login)["id"])


def _acts(amt: Amt, action: str) -> int:
    return int(
        amt.row("SELECT count(*) AS n FROM audit_entry WHERE action = :action", action=action)["n"]
    )


def test_a_lead_gives_a_mandate_with_days_and_limit_and_ends_it(amt: Amt) -> None:
    lead, user = amt.client(LEAD), _id(amt, CLERK)
    typed = {
        "user": user, "valid_from": "24.11.2026", "valid_until": "31.12.2026",
        "max_amount": "1.500,00",
    }  # fmt: skip
    lead.post(f"{PAGE}/erteilen", typed)
    row = amt.row("SELECT * FROM signing_mandate WHERE valid_from = '2026-11-24'")
    assert (row["user_id"], str(row["max_amount"]), str(row["valid_until"])) == (
        user, "1500.00", "2026-12-31",
    )  # fmt: skip
    page = lead.get(PAGE).text
    assert "beginnt später" in page
    assert "1500.00" in page
    lead.post(f"{PAGE}/beenden", {"id": row["id"]})
    count = "SELECT count(*) AS n FROM signing_mandate WHERE valid_from = '2026-11-24'"
    assert amt.row(count)["n"] == 0
    assert (_acts(amt, "signing.mandate"), _acts(amt, "signing.mandate_end")) == (1, 1)


def test_an_ended_mandate_no_longer_signs(amt: Amt) -> None:
    user = _id(amt, CLERK)
    row = amt.row("SELECT id FROM signing_mandate WHERE user_id = :user", user=user)
    amt.client(LEAD).post(f"{PAGE}/beenden", {"id": row["id"]})
    after = amt.row("SELECT valid_until FROM signing_mandate WHERE id = :id", id=row["id"])
    assert str(after["valid_until"]) == "2026-11-22"


def test_what_a_mandate_may_not_be_is_said_at_its_field(amt: Amt) -> None:
    lead, user = amt.client(LEAD), _id(amt, CLERK)
    good = {"user": user, "valid_from": "24.11.2026"}
    for wrong, words in (
        ({"valid_from": "20.11.2026"}, "frühestens heute"),
        ({"valid_until": "23.11.2026"}, "Ende liegt vor dem Beginn"),
        ({"max_amount": "viel"}, "Betrag wie 5000,00"),
        ({"max_amount": "-5"}, "über 0 EUR"),
        ({"valid_from": "31.02.2027"}, "Dieses Datum gibt es nicht"),
    ):
        page = lead.post(f"{PAGE}/erteilen", {**good, **wrong}, status=422).text
        assert words in page
    amt.change("UPDATE signing_mandate SET max_amount = 500 WHERE user_id = :id", id=_id(amt, LEAD))
    page = lead.post(f"{PAGE}/erteilen", {**good, "max_amount": "501"}, status=422).text
    assert "nicht weitergeben" in page


def test_nobody_gives_authority_to_themselves_to_a_superior_or_elsewhere(amt: Amt) -> None:
    lead = amt.client(LEAD)
    elsewhere = amt.row("SELECT id FROM app_user WHERE unit_key = 'SG3' AND active LIMIT 1")["id"]
    for user in (_id(amt, LEAD), _id(amt, HEAD), elsewhere):
        lead.post(f"{PAGE}/erteilen", {"user": user, "valid_from": "24.11.2026"}, status=403)
    amt.client().post(f"{PAGE}/erteilen", {"user": 1, "valid_from": "24.11.2026"}, status=403)
    clerk = _id(amt, CLERK)
    typed = {"user": clerk, "valid_from": "24.11.2026", "capacities": "Kasse"}
    lead.post(f"{PAGE}/erteilen", typed, status=403)
    amt.client(HEAD, desk=False).post(f"{PAGE}/erteilen", typed)
    row = amt.row("SELECT capacities FROM signing_mandate WHERE valid_from = '2026-11-24'")
    assert row["capacities"] == ["Kasse"]


def test_a_deputy_is_appointed_and_ended_by_page(amt: Amt) -> None:
    lead = amt.client(LEAD)
    typed = {
        "absent": _id(amt, LEAD), "deputy": _id(amt, CLERK), "first": "23.11.2026",
        "last": "27.11.2026", "ground": "Urlaub",
    }  # fmt: skip
    lead.post(f"{PAGE}/vertreten", {**typed, "ground": ""}, status=422)
    lead.post(f"{PAGE}/vertreten", typed)
    assert "Urlaub" in lead.get(PAGE).text
    row = amt.row("SELECT id FROM signing_deputy")
    lead.post(f"{PAGE}/zurueck", {"id": row["id"]})
    assert amt.row("SELECT count(*) AS n FROM signing_deputy")["n"] == 0
    assert (_acts(amt, "signing.deputy"), _acts(amt, "signing.deputy_end")) == (1, 1)


def test_a_lead_of_one_sachgebiet_takes_no_place_of_the_head_of_the_office(amt: Amt) -> None:
    typed = {
        "absent": _id(amt, HEAD), "deputy": _id(amt, LEAD), "first": "23.11.2026",
        "last": "27.11.2026", "ground": "Urlaub",
    }  # fmt: skip
    amt.client(LEAD).post(f"{PAGE}/vertreten", typed, status=403)
    assert amt.row("SELECT count(*) AS n FROM signing_deputy")["n"] == 0


def test_numbered_forms_come_in_are_found_and_spoiled_with_a_reason(amt: Amt) -> None:
    lead = amt.client(LEAD)
    typed = {"form": "D3", "first": "K0000998", "last": "K0001002"}
    lead.post("/vordrucke/eingang", typed)
    lead.post("/vordrucke/eingang", typed, status=409)
    lead.post("/vordrucke/eingang", {**typed, "form": "Banknote"}, status=422)
    lead.post("/vordrucke/eingang", {**typed, "last": "X1"}, status=422)
    assert "im Bestand" in lead.get("/vordrucke?nummer=k0001000").text
    clerk = amt.client()
    sheet = {"form": "D3", "serial": "K0001000"}
    clerk.post("/vordrucke/verwerfen", {**sheet, "reason": ""}, status=422)
    clerk.post("/vordrucke/verwerfen", {**sheet, "reason": "Fehldruck"})
    page = clerk.get("/vordrucke").text
    assert "Fehldruck" in page
    clerk.post("/vordrucke/verwerfen", {**sheet, "reason": "noch einmal"}, status=409)
    clerk.post("/vordrucke/eingang", typed, status=403)
    counts = amt.row(
        "SELECT count(*) FILTER (WHERE state = 'stock') AS stock,"
        " count(*) FILTER (WHERE state = 'spoiled') AS spoiled FROM form_stock"
    )
    assert (counts["stock"], counts["spoiled"]) == (4, 1)
    assert (_acts(amt, "form.receive"), _acts(amt, "form.spoil")) == (1, 1)


def test_another_sachgebiet_does_not_touch_the_stock(amt: Amt) -> None:
    amt.client(LEAD).post("/vordrucke/eingang", {"form": "D3", "first": "K0001", "last": "K0002"})
    row = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG3' AND rank = 'SB' LIMIT 1")
    other: Browser = amt.client(row["login"])
    other.post("/vordrucke/verwerfen", {"form": "D3", "serial": "K0001", "reason": "x"}, status=403)
    assert "nicht im Bestand" in other.get("/vordrucke?nummer=K0001").text

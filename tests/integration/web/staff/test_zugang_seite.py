"""Consent, way and deed by page."""

from __future__ import annotations

import io

from abh.documents.codes import letter_code
from tests.integration.web.staff.conftest import Amt, Browser


def test_a_clerk_records_a_consent_and_its_end(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    url = f"/vorgang/{number}/zugang"
    assert "Bescheide gehen auf Papier" in clerk.get(url).text
    typed = {
        "channel": "portal", "address": "konto-7", "level": "hoch",
        "consent_on": "20.11.2026", "evidence": "Erklärung im Antrag",
    }  # fmt: skip
    assert "nachgewiesenes Konto" in clerk.post(url, {**typed, "level": ""}, status=422).text
    clerk.post(url, {**typed, "consent_on": "24.12.2026"}, status=422)
    clerk.post(url, typed)
    clerk.post(url, typed, status=409)
    row = amt.row("SELECT id FROM electronic_access")
    assert "konto-7" in clerk.get(url).text
    clerk.post(f"{url}/widerrufen", {"id": row["id"]})
    assert "widerrufen am" in clerk.get(url).text
    acts = "SELECT count(*) AS n FROM audit_entry WHERE action LIKE 'access.%'"
    assert amt.row(acts)["n"] == 2


def test_the_consent_of_a_person_is_not_ended_through_the_case_of_another(
    amt: Amt, clerk: Browser
) -> None:
    first, second = amt.file().number, amt.file(person__family_name="Şahin").number
    typed = {
        "channel": "demail", "address": "a@b.example", "consent_on": "20.11.2026",
        "evidence": "Brief",
    }  # fmt: skip
    clerk.post(f"/vorgang/{first}/zugang", typed)
    row = amt.row("SELECT id FROM electronic_access")
    clerk.post(f"/vorgang/{second}/zugang/widerrufen", {"id": row["id"]}, status=404)
    login = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG3' AND rank = 'SB' LIMIT 1")
    amt.client(login["login"]).get(f"/vorgang/{first}/zugang", 403)


def test_the_way_of_a_letter_is_chosen_among_those_of_its_rule(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    letter = amt.row("SELECT id FROM letter")["id"]
    fid = f"brief-{letter}"
    assert "Dieser Brief geht als" in clerk.get(f"/vorgang/{number}").text
    for way, status in (("pzu", 409), ("taube", 422), ("post", 303)):
        typed = {"row_version": clerk.version(number), f"{fid}.channel": way}
        clerk.post(f"/brief/{letter}/weg", typed, status=status)
    assert amt.row("SELECT channel FROM letter")["channel"] == "post"


def test_a_deed_is_recognised_by_its_code_and_filed(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    row = amt.row("SELECT id, pdf_sha256 FROM letter")
    amt.change("UPDATE letter SET channel = 'pzu'")
    scan = amt.house.blobs.get(row["pdf_sha256"])
    url = "/ruecklauf/urkunde"
    clerk.post(url, {"scan": (io.BytesIO(scan), "u.pdf")}, status=422)
    clerk.post(url, {"served_on": "20.11.2026"}, status=422)
    answer = clerk.post(url, {"scan": (io.BytesIO(scan), "u.pdf"), "served_on": "20.11.2026"})
    assert answer.location.endswith(number)
    served = amt.row("SELECT served_on, deed_blatt_id FROM dispatch")
    assert str(served["served_on"]) == "2026-11-20"
    assert served["deed_blatt_id"] is not None
    amt.change("UPDATE letter SET channel = 'post'")
    typed = {"code": letter_code(row["id"], amt.house.secret), "served_on": "20.11.2026"}
    clerk.post(url, {**typed, "scan": (io.BytesIO(scan), "u.pdf")}, status=409)

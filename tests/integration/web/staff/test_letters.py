"""Workshop, returned mail, seals, reprints: what a clerk does with letters beside the case."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from abh.documents.codes import letter_code
from abh.documents.letters import LETTERS
from abh.documents.siegel import FileSealer, make_demo_key
from tests.integration.web.staff.conftest import LEAD, Amt, Browser


def test_the_workshop_shows_each_letter_with_its_rules_and_faults(amt: Amt, clerk: Browser) -> None:
    page = clerk.get("/vorlagen").text
    assert all(f"brief={key}" in page for key in LETTERS)
    chosen = clerk.get("/vorlagen?brief=N13&ausgang=einreiseverbot").text
    assert "R12" in chosen
    assert "ohne Beanstandung" in chosen
    pdf = clerk.get("/vorlagen/N13.pdf?ausgang=einreiseverbot")
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF")


def test_the_workshop_draws_no_prescribed_form(amt: Amt, clerk: Browser) -> None:
    assert "amtlicher Vordruck" in clerk.get("/vorlagen?brief=N20").text
    clerk.get("/vorlagen/N20.pdf", 422)
    clerk.get("/vorlagen?brief=N99", 404)
    clerk.get("/vorlagen?brief=N08&ausgang=nichts", 404)


def test_a_printed_letter_is_printed_again_only_with_a_reason(amt: Amt) -> None:
    number = amt.file().number
    letter = amt.row("SELECT id FROM letter")["id"]
    clerk = amt.client()
    url = f"/brief/{letter}/drucken"
    clerk.post(url, {"row_version": clerk.version(number)})
    clerk.post(url, {"row_version": clerk.version(number)}, status=409)
    amt.change("UPDATE print_job SET state = 'completed'")
    assert "Noch einmal drucken" in clerk.get(f"/vorgang/{number}").text
    clerk.post(url, {"row_version": clerk.version(number)}, status=422)
    typed = {"row_version": clerk.version(number), f"drucken-{letter}.reason": "Papierstau"}
    clerk.post(url, typed)
    assert amt.row("SELECT count(*) AS n FROM print_job WHERE reason = 'Papierstau'")["n"] == 1


def test_returned_mail_is_found_by_typed_code_or_scan(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    row = amt.row("SELECT id, pdf_sha256 FROM letter")
    code = letter_code(row["id"], amt.house.secret)
    assert number in clerk.get(f"/ruecklauf?code={code}").text
    clerk.get("/ruecklauf?code=0000000000000000", 404)
    clerk.get("/ruecklauf")
    scan = (io.BytesIO(amt.house.blobs.get(row["pdf_sha256"])), "umschlag.pdf")
    answer = clerk.post("/ruecklauf/scan", {"scan": scan})
    assert answer.location == f"/ruecklauf?code={code}"
    clerk.post("/ruecklauf/scan", {"scan": (io.BytesIO(b"kein pdf"), "x.pdf")}, status=422)
    clerk.post("/ruecklauf/scan", {}, status=422)


def test_returned_mail_is_recorded_in_the_case(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    letter = amt.row("SELECT id FROM letter")["id"]
    code = letter_code(letter, amt.house.secret)
    typed = {"code": code, "on": "23.11.2026", "reason": "unbekannt verzogen"}
    clerk.post("/ruecklauf", typed, status=409)
    amt.change("UPDATE letter SET channel = 'post'")
    version = clerk.version(number)
    fid = f"brief-{letter}"
    clerk.post(f"/brief/{letter}/versand", {"row_version": version, f"{fid}.on": "20.11.2026"})
    clerk.post("/ruecklauf", {**typed, "reason": ""}, status=422)
    clerk.post("/ruecklauf", {**typed, "on": "32.11.2026"}, status=422)
    clerk.post("/ruecklauf", typed)
    page = clerk.get(f"/vorgang/{number}").text
    assert "unbekannt verzogen" in page
    assert "neu zustellen" in page


def test_a_signed_file_is_checked_and_not_stored(amt: Amt, clerk: Browser, tmp_path: Path) -> None:
    amt.file()
    sha = amt.row("SELECT pdf_sha256 FROM letter")["pdf_sha256"]
    plain = amt.house.blobs.get(sha)
    now = datetime.now(UTC)
    make_demo_key(tmp_path / "s.p12", b"x", "Fremde Behörde", now=now)
    sealed = FileSealer(tmp_path / "s.p12", b"x", place="Köln", today=now).seal(plain)
    sheets = amt.row("SELECT count(*) AS n FROM blatt")["n"]
    clerk.get("/siegel")
    page = clerk.post("/siegel", {"datei": (io.BytesIO(sealed), "a.pdf")}, status=200).text
    assert "Fremde Behörde" in page
    assert "Zertifikat hier nicht bekannt" in page
    page = clerk.post("/siegel", {"datei": (io.BytesIO(plain), "b.pdf")}, status=200).text
    assert "kein Siegel" in page
    clerk.post("/siegel", {"datei": (io.BytesIO(b"%PDF-1.7"), "c.pdf")}, status=422)
    clerk.post("/siegel", {}, status=422)
    assert amt.row("SELECT count(*) AS n FROM blatt")["n"] == sheets


def test_nobody_co_signs_where_no_co_signature_is_asked(amt: Amt, clerk: Browser) -> None:
    amt.file()
    letter = amt.row("SELECT id FROM letter")["id"]
    amt.change("UPDATE letter SET state = 'signing'")
    page = clerk.post(f"/brief/{letter}/mitzeichnen", {"capacity": "Recht"}, status=409).text
    assert "braucht keine Mitzeichnung" in page


def test_a_form_that_nobody_measured_is_not_printed_upon(amt: Amt) -> None:
    number = amt.file().number
    amt.change(
        "INSERT INTO form_issue (vorgang_id, form, serial_no, seal_no, issued_on, issued_by)"
        " SELECT id, 'D3', 'K0000998', '17', '2026-11-23', (SELECT min(id) FROM app_user)"
        " FROM vorgang"
    )
    issue = amt.row("SELECT id FROM form_issue")["id"]
    clerk = amt.client()
    clerk.post(f"/vordruck/{issue}/drucken", {"row_version": clerk.version(number)})
    assert "nicht vermessen" in clerk.get(f"/vorgang/{number}").text
    row = amt.row("SELECT paper FROM print_job WHERE form_issue_id = :id", id=issue)
    assert row["paper"] == "letter"
    again = {"row_version": clerk.version(number)}
    clerk.post(f"/vordruck/{issue}/drucken", again, status=422)


def test_a_statement_to_the_court_waits_for_the_head_of_division_and_goes_by_bebpo(
    amt: Amt,
) -> None:
    number = amt.file().number
    page = f"/vorgang/{number}/schriftsatz"
    clerk = amt.client()
    assert "Verwaltungsgericht" in clerk.get(page).text
    refused = clerk.post(page, {"text": "Nur Text"}, status=422).text
    assert "Aktenzeichen des Gerichts eintragen" in refused and "Nur Text" in refused
    typed = {
        "court_number": "7 K 1234/27", "matter": "Muster gegen Stadt", "subject": "Erwiderung",
        "text": "Wir beantragen,\r\n\r\ndie Klage abzuweisen.", "enclosures": "Akte",
    }  # fmt: skip
    clerk.post(page, typed)
    row = amt.row(
        "SELECT id, state, channel, rule_id, content -> 'fields' -> 'opening' AS text,"
        " content ->> 'your_reference' AS court FROM letter WHERE key = 'schriftsatz'"
    )
    assert (row["state"], row["channel"], row["rule_id"]) == ("signing", "bebpo", "R27")
    assert (row["text"], row["court"]) == (
        ["Wir beantragen,", "die Klage abzuweisen."], "7 K 1234/27",
    )  # fmt: skip
    lead = amt.client(LEAD)
    assert "ABL" in lead.post(f"/brief/{row['id']}/zeichnen", {}, status=409).text

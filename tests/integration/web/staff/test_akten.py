"""Search in the files, inspection, and the proof that nothing is lost."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf

from abh.documents.aktenpruefung import verify_files
from abh.documents.store import BlobStore
from abh.documents.textschicht import read_texts, text_of_pdf
from tests import factories
from tests.integration.web.staff.conftest import Amt, Browser
from tests.integration.web.staff.test_forbidden import foreign_clerk
from tests.unit.documents.factories import letter, renderer


def test_words_of_a_letter_find_its_sheet_in_the_own_unit_only(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    page = clerk.get("/akten/suche?q=Fiktionsbescheinigung").text
    assert number in page
    assert "Blatt " in page
    assert number not in foreign_clerk(amt).get("/akten/suche?q=Fiktionsbescheinigung").text
    assert number not in clerk.get("/akten/suche?q=Wolkenkuckucksheim").text
    for odd in ("ab", "%00", "'; DROP TABLE blatt; --", '"', "-", "x" * 500, "&|!"):
        clerk.get("/akten/suche", query_string={"q": odd})
    seen = amt.row("SELECT count(*) AS n FROM audit_entry WHERE action = 'blatt.search'")["n"]
    assert seen > 0


def test_uploaded_sheets_are_read_once_by_the_sweep(amt: Amt, clerk: Browser) -> None:
    amt.file()
    with amt.sessions() as session, session.begin():
        first = read_texts(session, amt.house, 50)
        again = read_texts(session, amt.house, 50)
    assert first >= len(factories.EVIDENCE)
    assert again == 0
    assert "Arbeitsvertrag" in text_of_pdf(renderer().render(letter("N01")).pdf)
    assert text_of_pdf(b"%PDF-1.7 kaputt") == ""


def test_an_inspection_shows_what_was_chosen_and_is_recorded(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    page = clerk.get(f"/vorgang/{number}/einsicht").text
    assert "Akteneinsicht" in page
    rows = amt.row("SELECT array_agg(id ORDER BY sheet_no) AS ids, count(*) AS n FROM blatt")
    first, second = rows["ids"][:2]
    typed = {f"zeigen-{first}": "1", f"zeigen-{second}": "1",
             f"grund-{second}": "Dritte (§ 29 Abs. 2 VwVfG NRW)",
             f"schwarz-{first}": "1: 20, 60, 90, 35"}  # fmt: skip
    answer = clerk.post(f"/vorgang/{number}/einsicht", typed, status=200)
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages]
    assert any("wird nicht gezeigt" in text for text in texts)
    facts = amt.row("SELECT facts FROM audit_entry WHERE action = 'akte.inspection'")["facts"]
    assert facts["sheets"] == 2
    assert list(facts["withheld"].values()) == ["Dritte (§ 29 Abs. 2 VwVfG NRW)"]
    assert facts["redacted"]


def test_an_inspection_without_sheets_or_with_a_slip_is_refused(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    first = amt.row("SELECT min(id) AS id FROM blatt")["id"]
    clerk.post(f"/vorgang/{number}/einsicht", {}, status=422)
    for slip in ("1", "1: 2, 3", "1: 2, 3, 0, 4", "99: 1, 1, 1, 1", "a: 1, 1, 1, 1"):
        typed = {f"zeigen-{first}": "1", f"schwarz-{first}": slip}
        page = clerk.post(f"/vorgang/{number}/einsicht", typed, status=422).text
        assert slip in page
    foreign_clerk(amt).get(f"/vorgang/{number}/einsicht", 403)
    clerk.get("/vorgang/ABH-2026-9999999/einsicht", 404)


def test_a_lost_and_a_changed_content_are_named(amt: Amt, tmp_path: Path) -> None:
    amt.file()
    store = amt.house.blobs
    assert isinstance(store, BlobStore)
    with amt.sessions() as session:
        before = verify_files(session, store)
    assert before.faults == ()
    assert before.contents >= len(factories.EVIDENCE)
    lost, changed = (
        amt.row(f"SELECT blob_sha256 AS s FROM blatt ORDER BY id LIMIT 1 OFFSET {n}")["s"]
        for n in (0, 1)
    )
    store.path(lost).unlink()
    store.path(changed).chmod(0o640)
    store.path(changed).write_bytes(b"anders")
    amt.change("UPDATE akte SET last_sheet = last_sheet + 1")
    amt.change("UPDATE letter SET pdf_sha256 = repeat('0', 64)")
    with amt.sessions() as session:
        found = verify_files(session, store)
    text = " ".join(found.faults)
    assert f"{lost[:12]}… fehlt" in text
    assert f"{changed[:12]}… wurde verändert" in text
    assert "gezählt" in text
    assert "anderen Inhalt" in text
    assert len(found.faults) == 4
    assert replace(found, faults=()).contents == before.contents

"""The file's page: pictures, signatures, its end and holds, certified copies, deletion runs."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdf
import pytest
from PIL import Image

from abh.documents.akte import NewSheet, file_sheets
from abh.documents.house import sealer_of
from abh.documents.jobs import printed_pdf
from abh.documents.signaturpruefung import sweep_signatures
from abh.documents.tables import Letter
from abh.documents.textschicht import read_texts
from abh.documents.virenscan import Scanner
from abh.settings import load_settings
from abh.workflows import aufbewahrung
from tests import factories
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser
from tests.integration.web.staff.test_forbidden import foreign_clerk

_COUNTS = """
SELECT (SELECT count(*) FROM blatt) AS sheets, (SELECT count(*) FROM evidence) AS proofs,
       row_version, state FROM vorgang
"""


def _sheet(amt: Amt, number: str, data: bytes, mime: str, title: str = "Scan") -> int:
    row = amt.row("SELECT id, akte_id FROM vorgang WHERE number = :n", n=number)
    with amt.sessions() as session, session.begin():
        sheet = NewSheet(title, "upload", data, mime, amt.house.today, "Test", pages=1)
        (blatt,) = file_sheets(
            session, amt.house.blobs, row["akte_id"], [sheet],
            now=amt.house.now(), vorgang_id=row["id"],
        )  # fmt: skip
        return blatt.id


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 700), "orange").save(out, kind)
    return out.getvalue()


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[bytes, object]:
    """A PDF sealed by a key of its own, and the sealer."""
    settings = load_settings({"ABH_MODE": "demo", "ABH_VAR_DIR": str(tmp_path / "siegel")})
    sealer = sealer_of(settings, "Standesamt Musterstadt", "Musterstadt", now=datetime.now(UTC))
    assert sealer is not None
    return sealer.seal(factories.a_pdf("Urkunde")), sealer


def test_the_file_shows_small_pictures_and_pages(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    for kind, mime in (("PNG", "image/png"), ("JPEG", "image/jpeg")):
        _sheet(amt, number, _picture(kind), mime, f"Foto {kind}")
    page = clerk.get(f"/vorgang/{number}/akte").text
    assert "Foto PNG" in page
    ids = amt.row("SELECT array_agg(id ORDER BY id) AS ids FROM blatt")["ids"]
    for blatt in ids:
        small = clerk.get(f"/blatt/{blatt}/klein.png")
        assert small.data.startswith(b"\x89PNG")
        assert Image.open(io.BytesIO(small.data)).width <= 120
        assert "sandbox" in small.headers["Content-Security-Policy"]
    assert amt.row("SELECT count(*) AS n FROM blatt_bild")["n"] == len(ids)
    large = clerk.get(f"/blatt/{ids[-1]}/seite/1.png")
    assert Image.open(io.BytesIO(large.data)).size == (900, 700)
    clerk.get(f"/blatt/{ids[-1]}/seite/2.png", status=404)
    shown = clerk.get(f"/vorgang/{number}/akte?blatt={ids[0]}&seite=99").text
    assert f"/blatt/{ids[0]}/seite/1.png" in shown


def test_pictures_are_for_who_may_see_the_file(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    blatt = amt.row("SELECT min(id) AS id FROM blatt")["id"]
    stranger = foreign_clerk(amt)
    for url in (f"/blatt/{blatt}/klein.png", f"/blatt/{blatt}/seite/1.png"):
        stranger.get(url, status=404)
    stranger.get(f"/vorgang/{number}/akte", status=403)
    clerk.get("/blatt/99999999/klein.png", status=404)


def test_what_cannot_be_drawn_leaves_the_page_whole(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    broken = _sheet(amt, number, b"%PDF-1.7 kaputt", "application/pdf", "Kaputt")
    assert "Kaputt" in clerk.get(f"/vorgang/{number}/akte?blatt={broken}").text
    clerk.get(f"/blatt/{broken}/klein.png", status=404)
    clerk.get(f"/blatt/{broken}/seite/1.png", status=404)


def test_sheets_of_a_removal_stay_in_its_own_unit(amt: Amt, clerk: Browser) -> None:
    first = amt.file()
    row = amt.row("SELECT id, akte_id FROM vorgang WHERE number = :n", n=first.number)
    secret = _sheet(amt, first.number, factories.a_pdf("geheim"), "application/pdf", "Haftantrag")
    amt.change(
        "INSERT INTO vorgang (number, verfahren, version, state, state_since, person_id, akte_id,"
        " unit_key, received_on, received_channel, opened_at, harm_on, harm_key, antrag,"
        " status_token_hash) SELECT 'ABH-2026-0009999', 'P32', 1, 'opened', now(), person_id,"
        " akte_id, 'SG6', received_on, 'paper', now(), harm_on, harm_key, '{}', 'x'"
        " FROM vorgang WHERE id = :id",
        id=row["id"],
    )
    amt.change("ALTER TABLE blatt DISABLE TRIGGER blatt_append_only")
    amt.change(
        "UPDATE blatt SET vorgang_id = (SELECT id FROM vorgang WHERE number = 'ABH-2026-0009999')"
        " WHERE id = :id",
        id=secret,
    )
    amt.change("ALTER TABLE blatt ENABLE TRIGGER blatt_append_only")
    for url in (f"/vorgang/{first.number}", f"/vorgang/{first.number}/akte",
                f"/vorgang/{first.number}/einsicht"):  # fmt: skip
        assert "Haftantrag" not in clerk.get(url).text
    clerk.get(f"/blatt/{secret}/klein.png", status=404)
    clerk.get(f"/blatt/{secret}", status=404)
    with amt.sessions() as session, session.begin():
        read_texts(session, amt.house, 50)
    assert "Gefundene Blätter: 0" in clerk.get("/akten/suche?q=Haftantrag").text
    owner = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG6' AND role = 'lead' LIMIT 1")
    own = amt.client(owner["login"])
    assert "Gefundene Blätter: 1" in own.get("/akten/suche?q=Haftantrag").text


def test_signatures_of_what_came_in_are_shown_at_the_sheet(
    amt: Amt, clerk: Browser, sealed: tuple[bytes, object]
) -> None:
    number = amt.file().number
    data, _sealer = sealed
    _sheet(amt, number, data, "application/pdf", "Urkunde")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.add_blank_page()
        out = io.BytesIO()
        pdf.save(out)
    _sheet(amt, number, out.getvalue(), "application/pdf", "Verändert")
    with amt.sessions() as session, session.begin():
        assert sweep_signatures(session, amt.house) > 0
        assert sweep_signatures(session, amt.house) == 0
    page = clerk.get(f"/vorgang/{number}/akte").text
    assert "Standesamt Musterstadt" in page
    assert "unterschrieben, Herkunft nicht bekannt" in page
    rows = amt.row(
        "SELECT jsonb_agg(s.found -> 0 -> 'intact' ORDER BY b.title) AS intact"
        " FROM blatt_signatur s JOIN blatt b ON b.id = s.blatt_id"
        " WHERE b.title IN ('Urkunde', 'Verändert')"
    )
    assert rows["intact"][0] is True
    assert rows["intact"][1] is not True


def test_a_copy_is_certified_with_everything_the_law_wants(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    blatt = amt.row("SELECT id, sheet_no FROM blatt WHERE origin = 'letter'")
    url = f"/vorgang/{number}/blatt/{blatt['id']}/beglaubigen"
    clerk.get(url)
    missing = clerk.post(url, {"document": "", "seal_no": ""}, status=422).text
    for words in ("genau bezeichnen", "Nummer des Dienstsiegels eintragen", "§ 33 Abs. 2",
                  "§ 33 Abs. 3 Nr. 3"):  # fmt: skip
        assert words in missing
    assert amt.row("SELECT count(*) AS n FROM letter WHERE key = 'beglaubigte_abschrift'")["n"] == 0
    clerk.post(
        url,
        {"document": "Eingangsbestätigung <b>vom 23.11.2026", "seal_no": "17", "unchanged": "1",
         "only_for": "Standesamt Köln"},
    )  # fmt: skip
    letter = amt.row(
        "SELECT id, state, mark, rule_id FROM letter WHERE key = 'beglaubigte_abschrift'"
    )
    assert (letter["state"], letter["mark"], letter["rule_id"]) == ("released", "hand", "R26")
    data = clerk.get(f"/brief/{letter['id']}/ausfertigung").data
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    note = " ".join(pages[-1].split())
    for words in ("Eingangsbestätigung <b>vom 23.11.2026", "stimmt mit dem folgenden Schriftstück",
                  "nur zur Vorlage bei: Standesamt Köln", "Düsseldorf, 23.",
                  "Dienstsiegel Nummer 17", "§ 33 VwVfG NRW"):  # fmt: skip
        assert words in note
    assert f"Beglaubigte Kopie, Blatt {blatt['sheet_no']}, Seite 1/" in pages[0]
    with amt.sessions() as session:
        found = session.get_one(Letter, letter["id"])
        assert printed_pdf(session, amt.house.blobs, found) == data
    assert "Kopie mit Vermerk" in clerk.get(f"/vorgang/{number}").text


def test_a_sheet_changed_after_its_signature_is_not_certified(
    amt: Amt, clerk: Browser, sealed: tuple[bytes, object]
) -> None:
    number = amt.file().number
    data = sealed[0]
    changed = data[:400] + bytes([data[400] ^ 1]) + data[401:]
    for bad in (changed, b"%PDF-1.7 kaputt"):
        blatt = _sheet(amt, number, bad, "application/pdf", "Falsch")
        url = f"/vorgang/{number}/blatt/{blatt}/beglaubigen"
        typed = {"document": "Urkunde", "seal_no": "1", "unchanged": "1", "from_authority": "1"}
        clerk.post(url, typed, status=422)
    good = _sheet(amt, number, data, "application/pdf", "Echt")
    clerk.post(f"/vorgang/{number}/blatt/{good}/beglaubigen", typed)
    fields = amt.row(
        "SELECT content -> 'fields' AS f FROM letter WHERE key = 'beglaubigte_abschrift'"
    )["f"]
    assert "Standesamt Musterstadt" in fields["signatures"][0]


def test_the_end_of_a_file_and_a_hold_are_set_on_its_page(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    url = f"/vorgang/{number}/akte"
    page = clerk.post(f"{url}/ende", {"ground": "fortzug", "on": "23.11.2026"}, status=409).text
    assert "noch ein Vorgang offen" in page
    amt.change("UPDATE vorgang SET closed_at = now(), state = 'withdrawn'")
    clerk.post(f"{url}/ende", {"ground": "", "on": ""}, status=422)
    clerk.post(f"{url}/ende", {"ground": "fortzug", "on": "23.11.2026"})
    assert "Löschfrist: Ausländerdatei B" in clerk.get(f"/vorgang/{number}").text
    clerk.post(f"{url}/sperre", {"reason": "Nein"}, status=422)
    clerk.post(f"{url}/sperre", {"reason": "Auskunftsersuchen <script>"})
    assert "Auskunftsersuchen &lt;script&gt;" in clerk.get(url).text
    hold = amt.row("SELECT id FROM deletion_hold")["id"]
    clerk.post(f"{url}/sperre/{hold}/aufheben", {})
    clerk.post(f"{url}/sperre/{hold}/aufheben", {}, status=409)


def test_a_run_goes_through_four_eyes_on_its_page(amt: Amt) -> None:
    number = amt.file().number
    amt.change("UPDATE vorgang SET closed_at = now(), state = 'withdrawn'")
    amt.change("UPDATE fee SET status = 'waived', waiver_norm = '§ 53'")
    amt.change("UPDATE frist SET status = 'ended'")
    amt.change("UPDATE person SET died_on = '2026-11-23', email = ''")
    amt.client().post(f"/vorgang/{number}/akte/ende", {"ground": "tod", "on": "23.11.2026"})
    amt.clock.at = datetime(2032, 1, 5, 9, 0, tzinfo=UTC)
    with amt.sessions() as session, session.begin():
        aufbewahrung.sweep_retention(session, amt.house)
    clerk, lead = amt.client(CLERK), amt.client(LEAD)
    run = amt.row("SELECT id FROM deletion_run")["id"]
    assert f"Löschlauf {run}" in clerk.get("/loeschung").text
    url = f"/loeschung/{run}"
    assert number in clerk.get(url).text
    foreign_clerk(amt).get(url, status=404)
    assert "noch nicht angeboten" in lead.post(f"{url}/freigeben", {}, status=409).text
    clerk.post(f"{url}/anbieten", {})
    clerk.post(f"{url}/antwort", {"antwort": ""}, status=422)
    clerk.post(f"{url}/antwort", {"antwort": "Kein Interesse"})
    clerk.post(f"{url}/geprueft", {})
    clerk.post(f"{url}/freigeben", {}, status=403)
    lead.post(f"{url}/freigeben", {})
    page = lead.get(url).text
    assert "gelöscht" in page
    assert number not in page
    assert "Gelöscht am" in clerk.get(f"/loeschung?nummer={number}").text
    assert "keinen Löschnachweis" in clerk.get("/loeschung?nummer=ABH-2026-0000000").text
    clerk.get(f"/vorgang/{number}", status=404)
    lead.post(f"{url}/verwerfen", {"grund": "x"}, status=409)
    lead.post(f"{url}/gibtsnicht", {}, status=404)


def test_sheets_have_a_category_a_version_and_readers(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    old = amt.row("SELECT blatt_id AS id FROM evidence WHERE kind = 'pass'")["id"]
    new = _sheet(amt, number, factories.a_pdf("neuer Pass"), "application/pdf", "Pass")
    amt.change(
        "INSERT INTO evidence (vorgang_id, blatt_id, kind) SELECT vorgang_id, :new, 'pass'"
        " FROM evidence WHERE blatt_id = :old",
        new=new, old=old,
    )  # fmt: skip
    page = f"/vorgang/{number}/akte"
    whole = clerk.get(f"{page}?blatt={old}").text
    assert "Fassung 1 von 2, ersetzt durch Blatt" in whole and "Fassung 2 von 2" in whole
    assert "Wer dieses Blatt" not in whole
    letters = clerk.get(f"{page}?art=brief").text
    assert "Eingangsbestätigung" in letters and "Fassung" not in letters
    clerk.get(f"/blatt/{old}")
    assert "Wer dieses Blatt" in amt.client(LEAD).get(f"{page}?blatt={old}").text


def test_a_single_sheet_goes_by_two_people_on_their_pages(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    blatt = _sheet(amt, number, factories.a_pdf("Mitteilung"), "application/pdf", "Mitteilung")
    page = f"/vorgang/{number}/akte?blatt={blatt}"
    assert "Blatt vernichten lassen" in clerk.get(page).text
    propose = f"/vorgang/{number}/blatt/{blatt}/vernichten"
    clerk.post(propose, {"removal_ground": ""}, status=422)
    clerk.post(propose, {"removal_ground": "unerheblich"})
    assert "zur Vernichtung vorgeschlagen am" in clerk.get(page).text
    clerk.post(propose, {"removal_ground": "unerheblich"}, status=409)
    removal = amt.row("SELECT id FROM sheet_removal")["id"]
    clerk.post(f"/loeschung/blatt/{removal}/vernichten", {}, status=403)
    lead = amt.client(LEAD)
    assert "§ 91 Abs. 2 AufenthG" in lead.get("/loeschung").text
    lead.post(f"/loeschung/blatt/{removal}/behalten", {"grund": ""}, status=422)
    lead.post(f"/loeschung/blatt/{removal}/anders", {}, status=404)
    lead.post(f"/loeschung/blatt/{removal}/vernichten", {})
    assert "vernichtet am" in clerk.get(f"/vorgang/{number}/akte").text
    assert amt.row("SELECT count(*) AS n FROM blatt WHERE id = :id", id=blatt)["n"] == 0
    assert "Vernichtung" not in lead.get("/loeschung").text


@pytest.mark.parametrize(("number_of_error", "words"), [(28, "voll"), (30, "schreibgeschützt")])
def test_a_store_that_takes_nothing_loses_nothing(
    amt: Amt, clerk: Browser, monkeypatch: pytest.MonkeyPatch, number_of_error: int, words: str
) -> None:
    number = amt.file().number
    before = amt.row(_COUNTS)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number_of_error, "store")

    monkeypatch.setattr("abh.documents.store.tempfile.mkstemp", refuse)
    typed = {"kind": "pass", "received_on": "23.11.2026"}
    files = (io.BytesIO(factories.a_pdf("neu")), "pass.pdf")
    page = clerk.act(number, "unterlagen", "unterlagen", status=503, files=files, **typed).text
    assert words in page
    assert dict(amt.row(_COUNTS)) == dict(before)
    monkeypatch.undo()
    files = (io.BytesIO(factories.a_pdf("neu")), "pass.pdf")
    clerk.act(number, "unterlagen", "unterlagen", files=files, **typed)


def test_an_upload_is_refused_while_the_scanner_is_silent(amt: Amt, tmp_path: Path) -> None:
    number = amt.file().number
    scanner = Scanner("127.0.0.1:9", 0, tmp_path / "quarantaene")
    amt.app.extensions["abh"].more["house"] = replace(amt.house, scanner=scanner)
    clerk = amt.client()
    before = amt.row("SELECT count(*) AS n FROM blatt")["n"]
    files = (io.BytesIO(factories.a_pdf("neu")), "pass.pdf")
    page = clerk.act(
        number, "unterlagen", "unterlagen", status=422, files=files, kind="pass",
        received_on="23.11.2026",
    ).text  # fmt: skip
    assert "Virenprüfung antwortet nicht" in page
    assert amt.row("SELECT count(*) AS n FROM blatt")["n"] == before

"""An empty house is set up in the browser: by a code, step by step, all of it or nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from abh.access.service import login
from abh.appointments import weekly
from abh.db import make_sessions
from abh.kernel.clock import FixedClock, SystemClock, today
from abh.kernel.errors import NotFound
from abh.office import einrichtung
from abh.office.file import examine, load_office, profile_of
from abh.office.service import profile
from abh.office.tables import OfficeProfile
from abh.settings import DEMO_OFFICE, Settings, load_settings
from abh.web import erststart, health
from abh.web.app import PAGE_MODULES, SETUP, SETUP_MODULES, Services, create_app

BEHOERDE = {
    "authority.name": "Stadt Musterstadt", "authority.head": "Die Oberbürgermeisterin",
    "authority.department": "Ausländerbehörde", "authority.street": "Markt 1",
    "authority.postcode": "12345", "authority.city": "Musterstadt",
    "authority.phone": "+49 30 0000-0", "authority.email": "abh@musterstadt.example",
    "authority.web": "https://musterstadt.example",
    "court.name": "Verwaltungsgericht Musterstadt", "court.street": "Gerichtsweg 2",
    "court.postcode": "12345", "court.city": "Musterstadt",
    "bank.name": "Musterbank", "bank.iban": "DE79000000001234567890", "bank.bic": "DEMODEDDXXX",
}  # fmt: skip
SACHGEBIETE: dict[str, Any] = {
    "units": ["SG1", "SG3"], "triage": "SG3", "roster": "1",
    "SG1.name": "Arbeit", "SG1.room": "2.10", "SG1.desks": "2", "SG1.biometrics": "1",
    "SG3.name": "Familie und Übriges", "SG3.room": "3.30", "SG3.desks": "1",
    "SG3.biometrics": "1",
    "hours.mo": "07:30-12:00", "hours.di": "07:30-12:00, 13:00–17:00",
}  # fmt: skip
HEADS = ("Anmeldename", "Name", "Sachgebiet", "Rolle", "Zeichnungsrang", "Ausgebildet für")
PEOPLE = (
    ("l.eins", "Lea Eins", "SG1 Arbeit", "Leitung", "Sachgebietsleitung", "alle"),
    ("s.zwei", "Sam Zwei", "SG1", "Sachbearbeitung", "Sachbearbeitung", "P01, P02"),
    ("l.drei", "Lou Drei", "SG3", "Leitung", "Sachgebietsleitung", "alle"),
    ("s.vier", "Sim Vier", "SG3", "Sachbearbeitung", "Einarbeitung", ""),
)
ACCOUNT = {
    "login": "technik", "name": "Technik", "password": "sehr-geheim-1",
    "password2": "sehr-geheim-1",
}  # fmt: skip


class Browser:
    """A browser at the first start."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, status: int = 200) -> TestResponse:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[-1500:]
        return answer

    def post(self, path: str, data: dict[str, Any], status: int = 303) -> TestResponse:
        page = self.client.get("/einrichtung", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        answer = self.client.post(
            path, data={"csrf_token": found[1], **data}, content_type="multipart/form-data"
        )
        assert answer.status_code == status, re.sub(r"<[^>]+>|\s+", " ", answer.text)[-2500:]
        return answer


@pytest.fixture
def services(
    settings: Settings, engine, sessions: sessionmaker[Session], clock: FixedClock
) -> Services:
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    return Services(settings, engine, sessions, clock, health.Readiness({}))


@pytest.fixture(scope="module")
def bare_app(engine: Engine, database_url: str, tmp_path_factory: Any) -> Flask:
    """The application with the pages of the first start, made once; each test has its services."""
    settings = load_settings(
        {
            "ABH_MODE": "test",
            "ABH_VAR_DIR": str(tmp_path_factory.mktemp("first")),
            "ABH_DATABASE_URL": database_url,
        }
    )
    more = {SETUP: True}
    ready = health.Readiness({})
    return create_app(
        settings,
        services=Services(settings, engine, make_sessions(engine), SystemClock(), ready, more=more),
    )


@pytest.fixture
def begun(services: Services, bare_app: Flask) -> tuple[Flask, str]:
    """The application of a house without an office, and the code on its console."""
    said: list[str] = []
    assert erststart.announce(services, echo=said.append)
    found = re.search(r"([A-Z0-9]{4}-){3}[A-Z0-9]{4}", "\n".join(said))
    assert found
    bare_app.extensions["abh"] = services
    return bare_app, found[0]


@pytest.fixture
def browser(begun: tuple[Flask, str]) -> Browser:
    """A browser that has given the code."""
    app, code = begun
    found = Browser(app)
    found.post("/einrichtung", {"code": code.lower().replace("-", " ")})
    return found


def sheet(*rows: tuple[str, ...]) -> tuple[BytesIO, str]:
    from openpyxl import Workbook

    book = Workbook()
    page: Any = book.active
    page.title = "Personal"
    for row in (HEADS, *rows):
        page.append(row)
    out = BytesIO()
    book.save(out)
    return BytesIO(out.getvalue()), "personal.xlsx"


def fill(browser: Browser) -> None:
    browser.post("/einrichtung/behoerde", BEHOERDE)
    browser.post("/einrichtung/sachgebiete", SACHGEBIETE)
    browser.post("/einrichtung/personal", {"tabelle": sheet(*PEOPLE)})
    printer = {
        "count": "2",
        "0.name": "Flur",
        "0.uri": "file:print/flur",
        "1.uri": "",
        "1.name": "",
    }
    browser.post("/einrichtung/drucker", printer)
    browser.post("/einrichtung/verwaltung", ACCOUNT)


def test_nothing_is_open_to_somebody_without_the_code(begun: tuple[Flask, str]) -> None:
    app, _code = begun
    stranger = Browser(app)
    for path in ("/", "/desk", "/login", "/termin", "/api/v1/firma/vorgaenge", "/gibt-es-nicht"):
        answer = stranger.client.get(path)
        assert answer.status_code in (303, 401), path
    assert stranger.get("/login", 303).location == "/einrichtung"
    for step in ("behoerde", "personal", "verwaltung", "pruefen"):
        assert stranger.get(f"/einrichtung/{step}", 303).location == "/einrichtung"
        if step != "pruefen":
            stranger.post(f"/einrichtung/{step}", BEHOERDE, 403)
    for name in ("personal.xlsx", "personal-geprueft.xlsx", "amt.yaml"):
        stranger.get(f"/einrichtung/{name}", 403)
    stranger.post("/einrichtung/eroeffnen", {}, 403)
    stranger.post("/einrichtung", {"code": "AAAA-AAAA-AAAA-AAAA"}, 422)
    stranger.get("/health/live")


def test_the_code_opens_one_browser_once(begun: tuple[Flask, str]) -> None:
    app, code = begun
    first, second = Browser(app), Browser(app)
    first.post("/einrichtung", {"code": code})
    second.post("/einrichtung", {"code": code}, 422)
    first.get("/einrichtung/behoerde")
    second.get("/einrichtung/behoerde", 303)


def test_each_fault_stands_at_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    wrong = {**BEHOERDE, "authority.postcode": "1234", "bank.iban": "DE00", "court.name": ""}
    page = browser.post("/einrichtung/behoerde", wrong, 422).text
    for field in ("authority-postcode", "bank-iban", "court-name"):
        assert f'id="f-{field}-error"' in page, field
    assert "Postleitzahl: muss fünf Ziffern haben" in page
    again = browser.get("/einrichtung/behoerde").text
    assert 'value="Stadt Musterstadt"' in again
    assert 'value="1234"' in again
    browser.post("/einrichtung/behoerde", {**wrong, "spaeter": "1"})
    back = browser.post("/einrichtung/sachgebiete", {**SACHGEBIETE, "zurueck": "1"})
    assert back.location == "/einrichtung/behoerde"
    bad = {**SACHGEBIETE, "SG1.room": "", "SG3.desks": "viele", "hours.mo": "7-12"}
    page = browser.post("/einrichtung/sachgebiete", bad, 422).text
    for field in ("SG1-room", "SG3-desks", "hours-mo"):
        assert f'id="f-{field}-error"' in page, field
    page = browser.get("/einrichtung/pruefen").text
    assert "Amt eröffnen" not in page
    assert "/einrichtung/behoerde#f-bank-iban" in page
    assert "/einrichtung/sachgebiete#f-hours-mo" in page
    browser.post("/einrichtung/eroeffnen", {}, 422)


def test_a_wrong_sheet_comes_back_with_its_errors_at_the_cells(browser: Browser) -> None:
    browser.post("/einrichtung/sachgebiete", SACHGEBIETE)
    template = load_workbook(BytesIO(browser.get("/einrichtung/personal.xlsx").data))
    assert template["Personal"]["A1"].value.startswith("Anmeldename *")
    rows = [list(row) for row in PEOPLE]
    rows[1][0], rows[1][3], rows[3][5] = "Süß!", "Chef", "P99"
    wrong = sheet(*(tuple(row) for row in rows))
    page = browser.post("/einrichtung/personal", {"tabelle": wrong}, 422).text
    assert "Bitte aus der Liste wählen." in page
    assert "nur Kleinbuchstaben" in page
    assert "P99" in page
    marked = load_workbook(BytesIO(browser.get("/einrichtung/personal-geprueft.xlsx").data))
    cells = marked["Personal"]
    noted = {cell.coordinate for row in cells.iter_rows() for cell in row if cell.comment}
    assert noted == {"A3", "D3", "G5"}
    assert browser.get("/einrichtung/personal").text.count("Bitte aus der Liste wählen.") == 1
    other = BytesIO(b"PK nothing"), "x.xlsx"
    assert "keine Excel" in browser.post("/einrichtung/personal", {"tabelle": other}, 422).text


def test_a_test_page_shows_what_the_printer_answers(browser: Browser, services: Services) -> None:
    printers = {
        "count": "3", "0.name": "Flur", "0.uri": "file:print/flur", "1.name": "", "1.uri": "",
        "2.name": "Weg", "2.uri": "ipp://127.0.0.1:9/ipp/print",
    }  # fmt: skip
    browser.post("/einrichtung/drucker", {**printers, "probe": "0"})
    browser.post("/einrichtung/drucker", {**printers, "probe": "2"})
    page = browser.get("/einrichtung/drucker").text
    assert "Abgelegt: Dieser Drucker ist ein Ordner." in page
    assert "Testseite nicht gedruckt" in page
    folder: Path = services.settings.var_dir / "print" / "flur"
    assert [path.read_bytes()[:5] for path in folder.glob("*.pdf")] == [b"%PDF-"]
    wrong = {**printers, "0.uri": "drucker", "probe": "0"}
    assert 'id="f-0-uri-error"' in browser.post("/einrichtung/drucker", wrong, 422).text


def test_the_office_opens_with_all_that_was_typed(
    browser: Browser, services: Services, clock: FixedClock
) -> None:
    fill(browser)
    page = browser.get("/einrichtung/pruefen").text
    assert "Die Amtsdatei ist vollständig" in page
    file = yaml.safe_load(browser.get("/einrichtung/amt.yaml").data)
    assert examine(file)[1] == []
    assert "sehr-geheim" not in str(file)
    unit = next(one for one in file["units"] if one["key"] == "SG3")
    assert {"P33", "P38", "P06"} <= set(unit["verfahren"]), "nobody else would do it"
    assert browser.post("/einrichtung/eroeffnen", {}).location == "/login"
    assert "Das Amt ist eröffnet" in browser.get("/login").text
    with services.sessions() as session:
        assert profile(session)["authority"]["name"] == "Stadt Musterstadt"
        week = weekly.week_on(session, "SG1", today(clock))
        assert {piece.spec.login for piece in week} == {"s.zwei"}
        outcome = login(
            session, "technik", ACCOUNT["password"], address="", secret="x" * 32, now=clock.now()
        )
        assert outcome.actor is not None
        assert session.scalar(text("SELECT count(*) FROM office_setup")) == 0
    assert (services.settings.var_dir / "amt.yaml").stat().st_mode & 0o777 == 0o600
    browser.get("/einrichtung", 404)
    assert browser.get("/desk", 303).location.startswith("/login")
    fresh = replace(services, more={})
    assert not erststart.announce(fresh, echo=lambda _text: None)
    # Nothing is left for the processes that are forked next: they would share one connection.
    assert fresh.engine.pool.checkedin() == 0
    assert not fresh.more, "its next start has no such pages at all"
    with services.sessions() as session, pytest.raises(NotFound):
        einrichtung.new_code(session, now=clock.now())


def test_another_process_sees_that_the_office_is_open(
    begun: tuple[Flask, str], session: Session, clock: FixedClock
) -> None:
    app, _code = begun
    client = app.test_client()
    assert client.get("/login").location == "/einrichtung"
    session.add(
        OfficeProfile(
            sha256="0", profile=profile_of(load_office(DEMO_OFFICE)), imported_at=clock.now()
        )
    )
    session.commit()
    assert client.get("/login").status_code == 200
    assert client.get("/einrichtung").status_code == 404
    assert set(SETUP_MODULES).isdisjoint(PAGE_MODULES)

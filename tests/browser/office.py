"""A running office as people meet it: its pages, its mail, its printer, and a clock to move."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, Response, sync_playwright
from sqlalchemy import Engine, text, update

from abh.access import zweitfaktor
from abh.access.actor import SYSTEM
from abh.access.passwords import hash_password
from abh.access.service import create_user
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.bench.world import World
from abh.db import make_engine, make_sessions, transaction
from abh.demo.load import FIRST_SEED, FULL, load
from abh.documents.house import build_house
from abh.documents.store import BlobStore
from abh.install import install_office
from abh.kernel.clock import BERLIN, FileClock
from abh.office.tables import Desk, Printer
from abh.settings import ROOT, load_settings
from abh.supervise import office_programs
from abh.web import assets, catalogs
from tests.conftest import IppPrinter, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# A Monday far enough from the turn of the year: the thresholds of 2027 are not known yet.
START = datetime(2026, 11, 2, 8, 0, tzinfo=BERLIN)
PASSWORD = "Regenbogen-uber-dem-Rhein-7"
EMPLOYER = "hr@beispiel-systems.example"
# The printer of the fixture stands at this desk of Sachgebiet 1.
DESK_WITH_PRINTER = "SG1-01"
PATIENCE = 60.0
Answer = TypeVar("Answer")


def until(ask: Callable[[], Answer], what: str, seconds: float = PATIENCE) -> Answer:
    """Return the first true answer of ``ask``; fails with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"vergeblich gewartet: {what}"
        time.sleep(0.1)
    return answer


class Mailbox:
    """What a mail server received, as ``aiosmtpd`` hands it over."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to ``address``, oldest first."""
        return [mail for mail in self.mails if mail["To"] == address]


@dataclass
class Office:
    """The running office."""

    base: str
    env: dict[str, str]
    engine: Engine
    clock: FileClock
    mailbox: Mailbox
    printer: IppPrinter
    browser: Browser
    store: BlobStore
    screens: Path | None
    faults: list[str] = field(default_factory=list)
    _members: dict[tuple[str, str], Page] = field(default_factory=dict)

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """Return rows of the database."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql), params).mappings())

    def state_of(self, number: str) -> str:
        """Return the state of a case."""
        return str(self.rows("SELECT state FROM vorgang WHERE number = :n", n=number)[0]["state"])

    def move_to(self, instant: datetime) -> None:
        """Set the clock and wait until the scheduler has looked at all clocks of cases with it.

        Whoever was logged in is no longer: a session does not last for days.
        """
        self.close_pages()
        self.clock.set_to(instant)
        moved = datetime.now(UTC)
        done = (
            "SELECT 1 FROM job_run WHERE job = 'fristen.ablauf' AND outcome = 'ok'"
            " AND started_at > :moved"
        )
        until(lambda: self.rows(done, moved=moved), "Lauf der Fristen")

    def visitor(self, *, lang: str = "de", width: int = 360) -> Page:
        """Return a phone of somebody without a login, with JavaScript off."""
        return self._page(
            viewport={"width": width, "height": 780}, locale=lang, java_script_enabled=False
        )

    def member(self, login: str, desk: str = "") -> Page:
        """Return the browser of somebody who logged in, at ``desk`` if they chose one.

        Until the clock moves it is the same browser for the same person.
        """
        key = (login, desk)
        if key not in self._members:
            self._members[key] = self._logged_in(login, desk)
        return self._members[key]

    def _logged_in(self, login: str, desk: str) -> Page:
        page = self._page(viewport={"width": 1366, "height": 900}, locale="de-DE")
        page.goto(f"{self.base}/login")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Anmelden").click()
        if page.url.partition("?")[0].endswith("/login/code"):
            self._second_step(page)
        if page.url.partition("?")[0].endswith("/platz"):
            page.get_by_role("button", name=desk or "Ohne Platz weiter").first.click()
        return page

    def _second_step(self, page: Page) -> None:
        """Set the second factor up as a new member of a company does, with the key on the page."""
        shared = page.locator("code[translate=no]").inner_text()
        page.get_by_label("Code", exact=True).fill(zweitfaktor.code_at(shared, self.clock.now()))
        page.get_by_role("button", name="Weiter").click()

    def close_pages(self) -> None:
        """Close every window: one that stays open goes on using the machine."""
        self._members.clear()
        for context in self.browser.contexts:
            context.close()

    def _page(self, **options: Any) -> Page:
        context = self.browser.new_context(
            reduced_motion="reduce", timezone_id="Europe/Berlin", accept_downloads=True, **options
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("response", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    def _note(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")

    def shoot(self, page: Page, name: str) -> None:
        """Keep a picture of the whole page, if somebody wants to look at pictures."""
        if self.screens:
            page.screenshot(path=self.screens / f"{name}.png", full_page=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run ``abh`` as an administrator does."""
        return subprocess.run(
            [sys.executable, "-m", "abh.cli", *command],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def hand_of(office: Office, login: str) -> World:
    """Return the services of the running office, in the hand of a clerk."""
    sessions, settings = make_sessions(office.engine), load_settings(office.env)
    with sessions() as session, session.begin():
        clerk = actor_of_user(session.query(AppUser).filter(AppUser.login == login).one())
        house = build_house(settings, session, clock=office.clock)
    return World(settings, office.engine, sessions, house, clerk, office.clock)


@contextmanager
def opened_office(
    database_url: str, folder: Path, printer: IppPrinter, *, cases: int = 0
) -> Iterator[Office]:
    """Furnish the database, start the three programs of ``abh up``, and yield the office.

    ``cases`` of the demo, of all procedures and with post, lie in it already.
    """
    if not (assets.VENDOR / "kern.css").is_file():
        assets.install()
    catalogs.compile_catalogs()
    mailbox = Mailbox()
    mail_port, web_port = free_port(), free_port()
    base = f"http://127.0.0.1:{web_port}"
    env = {
        **os.environ,
        "ABH_MODE": "test",
        "ABH_VAR_DIR": str(folder / "var"),
        "ABH_DATABASE_URL": database_url,
        "ABH_BIND": f"127.0.0.1:{web_port}",
        "ABH_BASE_URL": base,
        "ABH_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "ABH_PRINTERS": "ipp",
        "ABH_SEALER_SECONDS": "1",
        "ABH_SWEEP_SECONDS": "0.5",
        "ABH_WORKER_POLL_SECONDS": "0.1",
        "PYTHONUNBUFFERED": "1",
    }
    settings = load_settings(env)
    assert settings.clock_file
    clock = FileClock(settings.clock_file)
    clock.set_to(START)
    screens = Path(os.environ["SCREENS"]) if "SCREENS" in os.environ else None
    if screens:
        screens.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        engine = make_engine(database_url)
        stack.callback(engine.dispose)
        _furnish(engine, clock, printer)
        if cases:
            with transaction(make_sessions(engine)) as session:
                load(session, settings, scale=cases / FULL, seed=FIRST_SEED, clock=clock)
        mail_server = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
        mail_server.start()
        stack.callback(mail_server.stop)
        for name, command in office_programs(settings):
            stack.enter_context(_process(name, list(command), env, folder))
        until(lambda: _answers(f"{base}/health/ready"), "Start des Webservers")
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        stack.callback(browser.close)
        store = BlobStore(settings.store_dir)
        yield Office(base, env, engine, clock, mailbox, printer, browser, store, screens)


def _furnish(engine: Engine, clock: FileClock, printer: IppPrinter) -> None:
    """Install the office with roster and mandates; one password, one printer, one employer."""
    sessions = make_sessions(engine)
    install_office(sessions, ROOT / "config" / "office" / "duesseldorf.yaml", clock=clock)
    with transaction(sessions) as session:
        session.execute(update(AppUser).values(password_hash=hash_password(PASSWORD)))
        desk = session.query(Desk).filter(Desk.key == DESK_WITH_PRINTER).one()
        session.execute(
            # The printer of the tests has one tray and prints on one side.
            update(Printer)
            .where(Printer.id == desk.printer_id)
            .values(uri=printer.uri, trays={}, duplex=False)
        )
        create_user(
            session,
            SYSTEM,
            login=EMPLOYER,
            display_name="Personalabteilung Beispiel Systems",
            password=PASSWORD,
            role="employer",
            rank="EXTERN",
            now=clock.now(),
        )


@contextmanager
def _process(name: str, command: list[str], env: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

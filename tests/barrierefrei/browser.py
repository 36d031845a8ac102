"""The kept pages in Chromium: one server that only hands them out, one browser, one window."""

from __future__ import annotations

import mimetypes
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from abh.web.assets import NODE_MODULES
from tests.barrierefrei.bilder import Bild, reduced
from tests.barrierefrei.sammlung import Seite
from tests.browser.office import ARGUMENTS, CHROMIUM

STATIC: Final = Path(__file__).parents[2] / "abh" / "web" / "static"
SCRIPT: Final = Path(__file__).with_name("pruefung.js")
AXE: Final = NODE_MODULES / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Of the second theme only the colours are new.
COLOURS: Final = ("color-contrast", "link-in-text-block")
EMPTY: Final = b"<!doctype html><html lang=de><head><title>Leer</title></head><body></body></html>"


@dataclass(frozen=True)
class Mode:
    """How somebody looks at a page; ``rules`` empty: all of them."""

    name: str
    width: int
    scheme: str
    rules: tuple[str, ...] = ()


LIGHT = Mode("hell", 1280, "light")
DARK = Mode("dunkel", 1280, "dark")
PHONE = Mode("schmal", 320, "light")
PHONE_DARK = Mode("schmal dunkel", 320, "dark")
ALL: Final = (LIGHT, Mode("dunkel", 1280, "dark", COLOURS), PHONE)
_ROTATING: Final = (LIGHT, DARK, PHONE, PHONE_DARK)


def mode_of(name: str) -> Mode:
    """Return the one mode in which a page of this name is looked at in the default suite."""
    return _ROTATING[zlib.crc32(name.encode()) % len(_ROTATING)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages: Sequence[Seite] = ()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        kind, age, body = "text/html; charset=utf-8", "no-store", EMPTY
        if path.startswith("/seite/"):
            body = self.pages[int(path.rpartition("/")[2])].document.encode()
        elif path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            age, body = "max-age=86400, immutable", file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", age)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Auge:
    """One window that is shown one page after the other."""

    page: Page
    still: Page
    base: str
    pages: list[Seite]
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, seite: Seite, *, width: int = 1280, scheme: str = "light") -> Page:
        """Show a page and wait until it stands with its fonts."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.goto(f"{self.base}/seite/{self.pages.index(seite)}")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page

    def picture(self, seite: Seite, bild: Bild, *, script: bool = True) -> Image.Image:
        """Return the reduced picture of a page as ``bild`` wants it; without scripts if told so."""
        page = self.page if script else self.still
        page.set_viewport_size({"width": bild.width, "height": 800})
        page.emulate_media(
            color_scheme="dark" if bild.scheme == "dark" else "light",
            media="print" if bild.media == "print" else "screen",
            forced_colors="active" if bild.forced else "none",
            reduced_motion="reduce",
        )
        page.goto(f"{self.base}/seite/{self.pages.index(seite)}", wait_until="networkidle")
        taken = page.screenshot(caret="hide", animations="disabled")
        page.emulate_media(media="screen", forced_colors="none")
        return reduced(taken)

    def axe(self, seite: Seite, mode: Mode) -> list[str]:
        """Return what axe refuses of the page that is open, in this mode."""
        self.page.emulate_media(color_scheme=mode.scheme)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": mode.width, "height": 800})
        found = self.page.evaluate(
            "([rules, only]) => abhPruefung.axe(rules, only)", [RULES, mode.rules or None]
        )
        return [f"{seite.name} [{seite.main}] {mode.name}: {each}" for each in found]

    def narrow(self, seite: Seite) -> list[str]:
        """Return what sticks out at 320 px, at 200 % zoom and at letters of 200 %."""
        found = []
        for name, width, size in (("320 px", 320, "100%"), ("200 %", 640, "100%"),
                                  ("Schrift 200 %", 1280, "200%")):  # fmt: skip
            self.page.set_viewport_size({"width": width, "height": 800})
            faults = self.page.evaluate(
                """size => { document.documentElement.style.fontSize = size;
                    return [...abhPruefung.wide(), ...abhPruefung.cut()] }""",
                size,
            )
            if faults:
                found.append(f"{seite.name} [{seite.main}] {name}: {faults}")
        self.page.evaluate("document.documentElement.style.fontSize = ''")
        return found

    def by_keyboard(self, seite: Seite) -> list[str]:
        """Return what Tab alone does not reach on the page that is open, or not visibly."""
        count = self.page.evaluate("abhPruefung.stops().length")
        self.page.evaluate(
            "document.activeElement.blur(); abhPruefung.way.length = 0; scrollTo(0, 0)"
        )
        missed: list[str] = []
        # Fields for times have several stops inside, so a second round may be needed.
        for _ in range(2):
            for _ in range(count + 2):
                self.page.keyboard.press("Tab")
            missed = self.page.evaluate("abhPruefung.walked()")
            if not missed:
                break
        return [f"{seite.name}: {each}" for each in missed]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield the browser of the tests."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def eyes(browser: Browser, pages: list[Seite]) -> Iterator[Auge]:
    """Yield a window on ``pages``."""
    handler = type("Handler", (_Handler,), {"pages": pages})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin")
    for script in (AXE, SCRIPT):
        context.add_init_script(path=script)
    page = context.new_page()
    quiet = browser.new_context(locale="de-DE", java_script_enabled=False)
    auge = Auge(page, quiet.new_page(), base, pages)
    page.on("pageerror", lambda error: auge.complaints.append(f"{page.url}: {error}"))
    page.on("request", lambda one: None if one.url.startswith((base, "data:")) else
            auge.strangers.append(one.url))  # fmt: skip
    yield auge
    context.close()
    quiet.close()
    server.shutdown()
    server.server_close()
    thread.join()

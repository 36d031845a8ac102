"""The living page in Chromium: no accessibility fault, no overflow, keys and htmx under the CSP."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from abh.web.assets import NODE_MODULES
from tests.unit.web.conftest import application

pytestmark = pytest.mark.browser

# The system's Chromium if there is one, else the browser that playwright installed.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
STAFF, PUBLIC = "/_teile/", "/_teile/oeffentlich"
LOOKS = {
    "staff-light": (STAFF, 1280, {"color_scheme": "light"}),
    "staff-dark": (STAFF, 1280, {"color_scheme": "dark"}),
    "staff-320": (STAFF, 320, {}),
    "staff-forced": (STAFF, 1280, {"forced_colors": "active"}),
    "public-de": (PUBLIC + "?lang=de", 390, {}),
    "public-ar": (PUBLIC + "?lang=ar", 1280, {}),
    "public-ar-320": (PUBLIC + "?lang=ar", 320, {"color_scheme": "dark"}),
    "error": ("/_teile/fehler/schritt", 390, {}),
    "staff-error": ("/_teile/fehler/konflikt?frame=staff", 1280, {}),
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@contextmanager
def opened(
    browser: Browser, url: str, width: int = 1280, *, allow: str = "with a status", **options: Any
) -> Iterator[Page]:
    """Open ``url`` and fail on any message of the console that does not contain ``allow``."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", reduced_motion="reduce", **options
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    if options.get("java_script_enabled", True):
        page.evaluate("document.fonts.ready.then(() => true)")
    yield page
    context.close()
    assert [text for text in complaints if allow not in text] == []


@pytest.mark.parametrize("look", LOOKS)
def test_no_accessibility_fault_and_nothing_sticks_out(
    browser: Browser, address: str, look: str
) -> None:
    path, width, options = LOOKS[look]
    # axe writes into the page, which Trusted Types rightly refuse: measured with the CSP bypassed.
    with opened(browser, address + path, width, bypass_csp=True, **options) as page:
        page.add_script_tag(path=NODE_MODULES / "axe-core" / "axe.min.js")
        result = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        faults = [
            (each["id"], [node["html"][:160] for node in each["nodes"]])
            for each in result["violations"]
        ]
        assert faults == []
        assert len(result["passes"]) > 10
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_would_see_a_fault(browser: Browser, address: str) -> None:
    with opened(browser, address + PUBLIC, bypass_csp=True) as page:
        page.evaluate("document.querySelector('label').remove()")
        page.add_script_tag(path=NODE_MODULES / "axe-core" / "axe.min.js")
        result = page.evaluate("axe.run()")
        assert "label" in [each["id"] for each in result["violations"]]


@pytest.mark.parametrize("path", [STAFF, PUBLIC])
def test_targets_are_24_pixels_or_stand_in_a_sentence(
    browser: Browser, address: str, path: str
) -> None:
    with opened(browser, address + path, 390) as page:
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, summary, nav a')]
                .filter(each => each.type !== 'hidden' && each.getClientRects().length)
                .map(each => [each.outerHTML.slice(0, 120), each.getBoundingClientRect()])
                .filter(([, box]) => box.height < 24 || box.width < 24)
                .map(([html]) => html)"""
        )
        assert small == []


def test_arabic_stands_right_and_legends_too(browser: Browser, address: str) -> None:
    with opened(browser, address + PUBLIC + "?lang=ar", 800) as page:
        main = page.locator("main").bounding_box()
        assert main
        for selector in ("legend >> nth=0", "h1", "label >> nth=-1"):
            gap = page.evaluate(
                """element => {
                    const range = document.createRange(); range.selectNodeContents(element);
                    const main = document.querySelector('main').getBoundingClientRect();
                    return main.right - range.getBoundingClientRect().right;
                }""",
                page.locator(selector).element_handle(),
            )
            assert gap < 60, selector


def test_names_and_arabic_are_set_in_noto(browser: Browser, address: str) -> None:
    with opened(browser, address + PUBLIC + "?lang=ar") as page:
        loaded = page.evaluate(
            """async () => { await document.fonts.ready;
                return [...document.fonts].filter(f => f.status === 'loaded')
                    .map(f => f.family) }"""
        )
        assert {name.strip('"') for name in loaded} == {"Noto Sans", "Noto Sans Arabic"}


def test_applicants_need_no_javascript(browser: Browser, address: str) -> None:
    url = address + PUBLIC + "?lang=de"
    with opened(browser, url, 320, java_script_enabled=False) as page:
        page.get_by_label("09:20").first.check()
        page.get_by_label("Familienname, wie im Pass").fill("D’Souza")
        page.get_by_role("button", name="Weiter").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Termin buchen"
        page.get_by_role("link", name="العربية").click()
        assert page.locator("html").get_attribute("dir") == "rtl"


def test_keys_move_open_and_explain(browser: Browser, address: str) -> None:
    with opened(browser, address + STAFF) as page:
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.textContent") == "ʿAbd ar-Raḥmān"
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.textContent") == "Nguyễn, Thị Ánh Tuyết"
        page.keyboard.press("?")
        help_box = page.get_by_role("dialog", name="Tasten")
        assert "Nächste Person aufrufen" in help_box.inner_text()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "abh-search"
        page.keyboard.type("n?j")
        assert page.locator("#abh-search").input_value() == "n?j"
        assert not help_box.is_visible()


def test_keys_can_be_switched_off_and_stay_off(browser: Browser, address: str) -> None:
    with opened(browser, address + STAFF) as page:
        page.get_by_role("button", name="Tasten").click()
        page.get_by_label("Einzeltasten").select_option("off")
        page.reload()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") != "abh-search"
        page.get_by_role("button", name="Tasten").click()
        assert page.get_by_label("Einzeltasten").input_value() == "off"
        page.get_by_label("Einzeltasten").select_option("alt")
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+/")
        assert page.evaluate("document.activeElement.id") == "abh-search"


def test_the_chosen_theme_wins_over_the_device(browser: Browser, address: str) -> None:
    with opened(browser, address + STAFF, color_scheme="light") as page:
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Tasten").click()
        page.get_by_label("Darstellung").select_option("dark")
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_the_error_box_has_the_focus_and_leads_to_the_field(browser: Browser, address: str) -> None:
    with opened(browser, address + STAFF) as page:
        assert page.evaluate("document.activeElement.id") == "fehler"
        page.get_by_role("link", name="Das Geburtsdatum braucht").click()
        assert page.evaluate("document.activeElement.id") == "f-born_day"


def test_progress_asks_for_itself_until_done(browser: Browser, address: str) -> None:
    with opened(browser, address + STAFF) as page:
        page.get_by_text("400 von 400").wait_for(timeout=6000)
        assert page.locator("#briefe").get_attribute("hx-get") is None


def test_injected_htmx_attributes_do_nothing(browser: Browser, address: str) -> None:
    asked: list[str] = []
    with opened(browser, address + STAFF, allow="[hx-csp] blocked <div#bad>") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(
            """() => {
                const bad = document.createElement('div');
                bad.id = 'bad';
                bad.setAttribute('hx-get', '/health/live?stolen');
                bad.setAttribute('hx-trigger', 'load');
                document.querySelector('main').append(bad);
                window.htmx.process(bad);
            }"""
        )
        page.wait_for_timeout(500)
        assert not any("stolen" in url for url in asked)
        assert page.locator("#bad").get_attribute("hx-get") is None

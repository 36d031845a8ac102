"""Who the days are about, and what all of them do: keys, links that lead somewhere, papers."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests import factories
from tests.browser.office import Office

CLERK, LEAD, COLLEAGUE = "m.oezdamar", "k.wintermann", "s.lindenau"
COLLEAGUE_NAME = "Sophie Lindenau"


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page; fails with what that page refuses."""
    # While a page is still being replaced it has no element at all.
    page.wait_for_load_state("load")
    page.evaluate("document.activeElement?.blur()")
    with page.expect_navigation():
        page.keyboard.press(key)
    refused = page.locator(".abh-notice--danger, .abh-notice--warning")
    assert not refused.count(), refused.first.inner_text()


def press_in(page: Page, key: str) -> None:
    """Press a key where the focus is; it leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def no_dead_ends(office: Office, page: Page, links: str, most: int = 8) -> None:
    """Fail when a link of the page that people would follow next leads nowhere."""
    found = page.eval_on_selector_all(links, "all => all.map(one => one.href)")
    assert found, f"nichts zu tun: {links}"
    for url in found[:most]:
        assert page.request.get(url).status == 200, url


def a_paper(folder: Path, kind: str) -> Path:
    """Return a small PDF of this kind."""
    path = folder / f"{kind}.pdf"
    path.write_bytes(factories.a_pdf(kind))
    return path

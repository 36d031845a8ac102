"""Days of the people who use the house, each played whole in Chromium and proved by its rows.

One office with cases of the demo serves all of them; they follow each other by the calendar.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from abh.settings import ROOT  # noqa: F401
from tests.browser.bilder import keep
from tests.browser.office import Office, until
from tests.browser.pages import step, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = 200
CLERK, LEAD, TRAINEE, COLLEAGUE = "m.oezdamar", "k.wintermann", "l.aschenbach", "s.lindenau"


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page; fails with what that page refuses."""
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press(key)
    refused = page.locator(".abh-notice--danger, .abh-notice--warning")
    assert not refused.count(), refused.first.inner_text()


def no_dead_ends(office: Office, page: Page, links: str, most: int = 8) -> None:
    """Fail when a link of the page that people would follow next leads nowhere."""
    found = page.eval_on_selector_all(links, "all => all.map(one => one.href)")
    assert found, f"nichts zu tun: {links}"
    for url in found[:most]:
        assert page.request.get(url).status == 200, url


def test_a_clerks_day(office: Office) -> None:
    page = office.member(CLERK, "Platz 1")
    assert page.url.endswith("/desk")
    no_dead_ends(office, page, ".abh-work__link")
    keep(page, "schreibtisch")
    print(page.locator("main").inner_text()[:3000])
    print(office.rows("SELECT v.number, v.verfahren, v.state, u.login FROM vorgang v JOIN app_user u ON u.id=v.owner_id WHERE v.unit_key='SG1' AND v.closed_at IS NULL AND verfahren='P02'"))

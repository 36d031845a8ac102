"""All pages of one world, kept once; one window to look at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine

from tests.barrierefrei import browser, sammlung, zustaende
from tests.barrierefrei.sammlung import Sammler, Seite
from tests.sicherheit.welt import made, without_paper


@pytest.fixture(scope="package")
def sammler(office_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sammler]:
    """What the application answered to every address, every empty form and every state."""
    with (
        made(office_engine, tmp_path_factory.mktemp("seiten")) as welt,
        sammlung.listening(welt, office_engine) as found,
    ):
        welt.app.config["WTF_CSRF_ENABLED"] = False
        welt.app.extensions["abh"].more["house"] = without_paper(welt.house)
        zustaende.with_roster(welt)
        with welt.undone():
            sammlung.by_address(found)
            sammlung.by_empty_form(found)
        zustaende.play(found)
        yield found


@pytest.fixture(scope="package")
def seiten(sammler: Sammler) -> list[Seite]:
    """The pages themselves."""
    return [*sammler.seiten.values()]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of these tests."""
    with browser.chromium() as found:
        yield found


@pytest.fixture(scope="package")
def auge(chromium: Browser, seiten: list[Seite]) -> Iterator[browser.Auge]:
    """One window that is shown one page after the other."""
    with browser.eyes(chromium, seiten) as found:
        yield found

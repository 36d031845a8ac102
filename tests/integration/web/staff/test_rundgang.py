"""The tour of the demo leads over real pages, remembers each user, and is nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from abh.access.policy import Power, policy_of
from abh.web import app as web_app
from abh.web.pages import rundgang
from abh.web.rundgang import APPLICANT
from tests.integration.web.staff.conftest import LEAD, Amt, Browser

BAR = 'class="abh-tour"'


@pytest.fixture(scope="module")
def demo_app(staff_app: Flask) -> Flask:
    """The application as the demo has it, made once."""
    there = staff_app.extensions["abh"]
    settings = replace(there.settings, mode="demo")
    return web_app.create_app(settings, services=replace(there, settings=settings))


@pytest.fixture
def demo(amt: Amt, demo_app: Flask) -> Iterator[Amt]:
    """The demo over the imported office."""
    before, demo_app.extensions["abh"] = demo_app.extensions["abh"], amt.app.extensions["abh"]
    yield replace(amt, app=demo_app)
    demo_app.extensions["abh"] = before


def press(browser: Browser, page: str, **pressed: str) -> str:
    """Press a button of the bar on ``page`` and return where it leads."""
    form = page[page.index(BAR) :]
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token
    hidden = dict(re.findall(r'type="hidden" name="(hier|fuer)" value="([^"]+)"', form))
    data = {"csrf_token": token[1], **hidden, **pressed}
    answer = browser.client.post("/rundgang", data=data)
    assert answer.status_code == 303
    return str(answer.location)


@pytest.mark.parametrize(
    ("login", "stops", "start"),
    [("m.oezdamar", rundgang.CLERK, "/desk"), (LEAD, rundgang.LEAD, "/leitung")],
)
def test_each_station_is_a_real_page_with_its_sentence(
    demo: Amt, login: str, stops: tuple[rundgang.Stop, ...], start: str
) -> None:
    demo.file()
    demo.change("UPDATE vorgang SET owner_id = (SELECT id FROM app_user WHERE login = :l)", l=login)
    browser = demo.client(login)
    offered = browser.get("/desk").text
    assert "Nein, danke" in offered
    target = press(browser, offered, station="0")
    seen = []
    for number, stop in enumerate(stops):
        page = browser.get(target).text
        assert str(stop.text) in page, stop.endpoint
        seen.append(target)
        if number + 1 < len(stops):
            target = press(browser, page, station=str(number + 1))
    assert seen[0] == start
    assert len(set(seen)) == len(stops)
    assert "Zurück zur Station" in browser.get("/frist").text


def test_a_closed_tour_stays_closed_for_this_user_until_begun_again(demo: Amt) -> None:
    browser = demo.client()
    assert press(browser, browser.get("/desk").text, ende="1") == "/desk"
    assert BAR not in browser.get("/desk").text
    assert BAR not in demo.client().get("/desk").text, "another browser of the same user"
    assert BAR in demo.client("s.lindenau").get("/desk").text
    anew = browser.get("/rundgang").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', anew)
    assert token
    browser.client.post("/rundgang", data={"csrf_token": token[1], "station": "0"})
    assert BAR in browser.get("/desk").text


def test_applicants_walk_without_an_account_by_a_cookie(demo: Amt) -> None:
    browser = Browser(demo.app.test_client())
    page = browser.get("/antrag").text
    target = press(browser, page, station="0")
    for number, stop in enumerate(APPLICANT):
        page = browser.get(target).text
        assert str(stop.text) in page, stop.endpoint
        if number + 1 < len(APPLICANT):
            target = press(browser, page, station=str(number + 1))
    assert press(browser, page, ende="1") == target
    assert BAR not in browser.get("/antrag").text


def test_what_companies_are_shown_is_open_to_companies(demo: Amt) -> None:
    views = demo.app.view_functions
    for stop in rundgang.FIRM:
        assert Power.FASTLANE_COMPANY in (policy_of(views[stop.endpoint]) or ()), stop.endpoint


def test_outside_the_demo_there_is_no_tour(amt: Amt) -> None:
    assert BAR not in amt.client().get("/desk").text
    assert amt.client().client.get("/rundgang").status_code == 404

"""Nothing typed is lost when the session ends: after the login the form comes back filled."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest

from abh.web import geparkt
from abh.web.session import COOKIE_PLAIN
from tests.integration.web.staff.conftest import CLERK, COLLEAGUE, LEAD, PASSWORD, Amt, Browser

OURS = {"Sec-Fetch-Site": "same-origin"}
TEXT = 'Grund <b>"fett"</b>\nzweite Zeile, Nguyễn'


def end_session(amt: Amt) -> None:
    amt.change("UPDATE user_session SET expires_at = created_at")


def fields_of(page: str) -> list[tuple[str, str]]:
    """The form on hold in a page, as a browser would send it."""
    start = page.index("<main") if "<main" in page else 0
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n?(.*?)</textarea>', page[start:], re.S)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def carried(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="(geparkt-[a-z]+)" value="([^"]*)"', page)
    return [(name, html.unescape(value)) for name, value in found]


def as_dict(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name, value in pairs:
        out.setdefault(name, []).append(value)
    return out


def log_in(browser: Browser, login: str, pairs: list[tuple[str, str]], status: int = 200) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.client.get("/login").text)
    assert token
    answer = browser.client.post(
        "/login",
        data={"csrf_token": token[1], "login": login, "password": PASSWORD, **as_dict(pairs)},
        headers=OURS,
    )
    assert answer.status_code == status, answer.status_code
    return answer.text


def test_a_hand_over_typed_in_an_ended_session_comes_back_filled(amt: Amt) -> None:
    number = amt.file().number
    browser = amt.client(LEAD)
    url, token = f"/vorgang/{number}/uebergabe", browser.token()
    version = browser.version(number)
    end_session(amt)
    sent = {"csrf_token": token, "to": "verteilen", "reason": TEXT, "row_version": version}
    asked = browser.client.post(url, data=sent, headers=OURS)
    assert asked.status_code == 401
    assert "Ihre Sitzung ist zu Ende" in asked.text
    pairs = carried(asked.text)
    assert ("geparkt-url", url) in pairs
    assert token not in dict(pairs).values()
    wrong = browser.client.post(
        "/login",
        data={"csrf_token": token, "login": LEAD, "password": "falsch", **as_dict(pairs)},
        headers=OURS,
    )
    assert carried(wrong.text) == pairs
    page = log_in(browser, LEAD, pairs)
    assert "Gesendet ist noch nichts" in page
    back = fields_of(page)
    assert dict(back)["reason"].replace("\r\n", "\n") == TEXT
    before = amt.row("SELECT owner_id FROM vorgang WHERE number = :n", n=number)["owner_id"]
    again = {"csrf_token": browser.token(), **dict(back)}
    shown = browser.client.post(url, data={**again, geparkt.SHOW_ONLY: "1"}, headers=OURS)
    assert shown.status_code == 422
    assert "zweite Zeile, Nguyễn" in shown.text
    assert "&lt;b&gt;" in shown.text
    still = amt.row("SELECT owner_id FROM vorgang WHERE number = :n", n=number)["owner_id"]
    assert still == before
    assert browser.client.post(url, data=again, headers=OURS).status_code == 303
    new_desk = amt.row("SELECT desk_id FROM user_session ORDER BY id DESC LIMIT 1")["desk_id"]
    assert new_desk is not None


def test_somebody_else_does_not_get_what_another_typed(amt: Amt) -> None:
    browser = amt.client(CLERK)
    token = browser.token()
    end_session(amt)
    asked = browser.client.post(
        "/schalter/naechster", data={"csrf_token": token, "note": "vertraulich"}, headers=OURS
    )
    assert "vertraulich" not in log_in(browser, COLLEAGUE, carried(asked.text), status=303)


def test_only_our_own_pages_can_have_words_kept_and_secrets_never(amt: Amt) -> None:
    browser = amt.client()
    data = {"csrf_token": browser.token(), "note": "behalten", "password": "geheim-1"}
    end_session(amt)
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = browser.client.post("/schalter/naechster", data=data, headers=headers)
        assert "behalten" not in answer.text
    kept = browser.client.post("/schalter/naechster", data=data, headers=OURS).text
    assert "behalten" in kept
    assert "geheim-1" not in kept


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example", "/\\evil.example"])
def test_a_form_on_hold_never_goes_to_another_host(amt: Amt, target: str) -> None:
    browser = Browser(amt.app.test_client())
    pairs = [("geparkt-url", target), ("geparkt-feld", json.dumps(["a", "b"]))]
    assert "evil" not in log_in(browser, CLERK, pairs, status=303)


def test_a_form_whose_token_is_gone_can_be_sent_again(amt: Amt) -> None:
    browser = amt.client(LEAD)
    url = "/leitung/minuten"
    data = {"csrf_token": "veraltet", "day": "24.11.2026", "minutes": "45"}
    answer = browser.client.post(url, data=data, headers=OURS)
    assert answer.status_code == 400
    assert dict(fields_of(answer.text)) == {"day": "24.11.2026", "minutes": "45"}
    assert "Noch einmal senden" in answer.text
    bare = browser.client.post(url, data=data)
    assert fields_of(bare.text) == []


def test_a_fault_of_ours_keeps_what_was_typed(amt: Amt, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = amt.client(LEAD)
    token = browser.token()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("abh.web.pages.leitung_minuten.move_minutes", fail)
    data = {"csrf_token": token, "day": "24.11.2026", "minutes": "45", "source": "kunden"}
    answer = browser.client.post("/leitung/minuten", data=data, headers=OURS)
    assert answer.status_code == 500
    assert dict(fields_of(answer.text))["minutes"] == "45"


def test_an_ended_session_stays_ended(amt: Amt) -> None:
    browser = amt.client(CLERK)
    amt.clock.advance(timedelta(hours=13))
    assert browser.client.get("/desk").status_code == 303
    browser.client.delete_cookie(COOKIE_PLAIN)
    assert browser.client.get("/desk").status_code == 303

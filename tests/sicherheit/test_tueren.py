"""The doors of every address: form tokens, headers, sessions, where a redirect may lead, paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from abh.access import login as access_login
from abh.access.tables import UserSession
from abh.kernel.ids import token_hash
from abh.web import session as web
from abh.web.csrf import SAFE_METHODS
from abh.web.session import COOKIE_PLAIN
from tests.sicherheit import tafel
from tests.sicherheit.test_matrix import DRAWN, address
from tests.sicherheit.welt import (
    FULL,
    FULL_ONLY,
    NOW,
    OWN,
    Welt,
    client_of,
    draws_nothing,
    plain,
    without_paper,
)

# Answers without anybody's data, which may be kept: none at the moment, all others must not be.
KEPT: frozenset[str] = frozenset()


@pytest.fixture
def undrawn(welt: Welt, monkeypatch: pytest.MonkeyPatch) -> Iterator[Welt]:
    """The world without drawing pages; tokens are asked for."""
    draws_nothing(welt.app, monkeypatch)
    monkeypatch.setitem(welt.app.extensions["abh"].more, "house", without_paper(welt.house))
    yield welt


def test_no_address_takes_a_form_without_its_token(undrawn: Welt) -> None:
    app, client = undrawn.app, undrawn.client("lead:SG1")
    loose = []
    for rule, method in tafel.routes(app):
        if method in SAFE_METHODS:
            continue
        url = address(app, rule, undrawn.ids)
        for sent in ({"data": {"x": "1"}}, {"json": {}}):
            if rule.rule.startswith(web.MACHINES) and "json" in sent:
                # The token of a machine is asked for there; a cookie counts for nothing.
                continue
            status = client.open(url, method=method, **sent).status_code
            if status not in (400, 415) and not rule.rule.startswith(web.MACHINES):
                loose.append(f"{method} {rule.rule}: {status}")
    assert loose == []


@pytest.mark.parametrize(
    "header",
    [{"Sec-Fetch-Site": "cross-site"}, *([{"Origin": "null"}] if FULL else [])],
)
def test_no_address_takes_a_form_from_elsewhere(
    undrawn: Welt, monkeypatch: pytest.MonkeyPatch, header: dict[str, str]
) -> None:
    app, client = undrawn.app, undrawn.client("lead:SG1")
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    loose = []
    for rule, method in tafel.routes(app):
        if method not in SAFE_METHODS:
            answer = client.open(address(app, rule, undrawn.ids), method=method, headers=header)
            if answer.status_code != 400:
                loose.append(f"{method} {rule.rule}: {answer.status_code}")
    assert loose == []


def missing_headers(answer: TestResponse) -> list[str]:
    """Return what an answer lacks."""
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    scripts = re.search(r"script-src ([^;]+)", policy)
    wrong = {
        "default-src": "default-src 'none'" not in policy,
        "script-src": scripts is not None and not scripts[1].startswith("'nonce-"),
        "unsafe script": "unsafe-eval" in policy or "script-src 'unsafe-inline'" in policy,
        "frame-ancestors": not re.search(r"frame-ancestors '(none|self)'", policy),
        "nosniff": headers.get("X-Content-Type-Options") != "nosniff",
        "frame": headers.get("X-Frame-Options") not in ("DENY", "SAMEORIGIN"),
        "referrer": headers.get("Referrer-Policy") != "same-origin",
        "opener": headers.get("Cross-Origin-Opener-Policy") != "same-origin",
        "no-store": headers.get("Cache-Control") != "no-store",
        "server": "Server" in headers or "X-Powered-By" in headers,
        "cookie": any(
            "HttpOnly" not in cookie or "SameSite=Lax" not in cookie
            for cookie in headers.getlist("Set-Cookie")
            if cookie.startswith((COOKIE_PLAIN, "abh-form"))
        ),
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


@pytest.mark.parametrize("role", ["anonymous", "lead:SG1"] if FULL else ["anonymous"])
def test_every_answer_carries_the_headers(undrawn: Welt, role: str) -> None:
    app, client = undrawn.app, undrawn.client(role)
    bare = []
    for rule, method in tafel.routes(app):
        with undrawn.undone():
            answer = client.open(address(app, rule, undrawn.ids), method=method)
        lacks = missing_headers(answer)
        if lacks and rule.rule not in KEPT:
            bare.append((f"{method} {rule.rule}", answer.status_code, lacks))
    for method, url in (("GET", "/gibt-es-nicht"), ("DELETE", "/desk"), ("POST", "/health/live")):
        if lacks := missing_headers(client.open(url, method=method)):
            bare.append((f"{method} {url}", 0, lacks))
    assert bare == []


def test_over_https_every_cookie_is_bound_to_it(
    welt: Welt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "is_https", lambda: True)
    with welt.app.test_request_context("/"):
        answer = welt.app.make_response("")
        web.remember(answer, "x")
        web.forget(answer)
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-abh=")
        for mark in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
            assert mark in cookie
        assert "Domain" not in cookie


def alive(welt: Welt, token: str) -> bool:
    with welt.sessions() as session:
        row = session.query(UserSession).filter_by(token_hash=token_hash(token)).one_or_none()
        return row is not None and row.revoked_at is None


def form_token(client: Any, url: str = "/login") -> str:
    found = re.search(r'name="csrf[-_]token" (?:content|value)="([^"]+)"', client.get(url).text)
    assert found
    return found[1]


def test_a_login_gives_a_new_session_and_ends_the_one_the_browser_held(
    welt: Welt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_login, "matches", lambda *args: True)
    monkeypatch.setattr(access_login, "is_outdated", lambda *args: False)
    planted = welt.tokens["clerk:SG2"]
    client = client_of(welt.app, planted)
    token = form_token(client, "/frist")
    data = {"csrf_token": token, "login": "clerk.sg1", "password": "x" * 12}
    answer = client.post("/login", data=data)
    assert answer.status_code == 303
    cookie = client.get_cookie(COOKIE_PLAIN)
    assert cookie is not None
    assert cookie.value not in (planted, "")
    assert alive(welt, cookie.value) and not alive(welt, planted)
    unknown = client_of(welt.app, "planted-by-somebody-else")
    unknown.post("/login", data={**data, "csrf_token": form_token(unknown)})
    held = unknown.get_cookie(COOKIE_PLAIN)
    assert held is not None
    assert held.value != "planted-by-somebody-else"


def test_a_refused_login_leaves_the_session_that_is_there(welt: Welt) -> None:
    client = client_of(welt.app, welt.tokens["clerk:SG1"])
    data = {"csrf_token": form_token(client, "/frist"), "login": "nobody", "password": "x" * 12}
    assert client.post("/login", data=data).status_code == 422
    assert alive(welt, welt.tokens["clerk:SG1"])


def test_another_company_is_another_session(welt: Welt) -> None:
    before = welt.tokens["firm:agency"]
    client = client_of(welt.app, before)
    token = form_token(client, "/firma/wahl")
    data = {"csrf_token": token, "company": str(welt.ids["company"])}
    assert client.post("/firma/wahl", data=data).status_code == 303
    cookie = client.get_cookie(COOKIE_PLAIN)
    assert cookie is not None
    assert cookie.value != before
    assert alive(welt, cookie.value) and not alive(welt, before)


def test_logging_out_kills_the_session_for_every_browser(welt: Welt) -> None:
    token = welt.tokens["lead:SG2"]
    client = client_of(welt.app, token)
    client.post("/logout", data={"csrf_token": form_token(client, "/frist")})
    assert not alive(welt, token)
    assert client_of(welt.app, token).get("/desk").status_code == 303


TARGETS = (
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "///evil",
    "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "data:text/html,x",
    "http:evil.example", "https:/evil.example", "@evil.example", "/%09/evil.example",
    "/..//evil.example", "/.//evil.example", "evil.example", "?next=//evil.example", " //evil",
    "/\u2028/evil.example", "/x\r\nSet-Cookie: a=b", "//[::1]/", "/\x00/evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_no_redirect_leads_elsewhere(welt: Welt, target: str) -> None:
    client = welt.client("admin")
    for url in ("/login", "/platz"):
        answer = client.get(url, query_string={"next": target})
        location = answer.headers.get("Location", "/")
        # Browsers read backslashes as slashes.
        assert re.match(r"/(?![/\\])", location), (url, location)
        assert not re.search(r"[\x00-\x20]", location)
        assert "Set-Cookie: a=b" not in str(answer.headers)


def test_the_name_of_the_host_that_was_asked_for_is_never_repeated(welt: Welt) -> None:
    for role, urls in {
        "anonymous": ("/antrag", "/login", "/termine", "/desk", "/firma/registrieren", "/x"),
        "clerk:SG1": ("/desk", "/kalender", f"/vorgang/{welt.ids['number']}"),
    }.items():
        client = welt.client(role)
        for url in urls:
            answer = client.get(
                url, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
            )
            assert "evil" not in answer.text + str(answer.headers), url


def test_no_header_makes_one_method_another(undrawn: Welt) -> None:
    client = undrawn.client("lead:SG1")
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = client.get("/schalter/naechster", headers={name: "POST"})
        assert answer.status_code == 405
    assert client.get("/schalter/naechster?_method=POST").status_code == 405
    for method in ("TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND"):
        assert client.open("/desk", method=method).status_code == 405


PATHS = (
    "..%2f..%2f..%2fetc%2fpasswd", "../../../../etc/passwd", "%00", "'; DROP TABLE person; --" * 99,
)  # fmt: skip


@FULL_ONLY
def test_no_path_leads_out_of_the_house_and_none_breaks_it(undrawn: Welt) -> None:
    app = undrawn.app
    clients = {role: undrawn.client(role) for role in ("lead:SG1", "admin", "firm:admin")}
    broken = []
    for rule, method in tafel.routes(app):
        texts = [name for name in rule.arguments if type(rule._converters[name]).__name__[0] == "U"]
        if method != "GET" or not texts:
            continue
        wanted = {role: tafel.expected(app, rule, method, tafel.ROLES[role]) for role in clients}
        role = next((each for each, word in wanted.items() if word == tafel.OPEN), "admin")
        shown = address(app, rule, undrawn.ids)
        known = re.sub(r"<[^>]+>", "\0", rule.rule)
        for path in PATHS:
            url = known.replace("\0", quote(path, safe="%/\\."))
            with undrawn.undone():
                answer = clients[role].get(url)
            if answer.status_code >= 500 or b"root:" in answer.data:
                broken.append((rule.rule, path[:40], answer.status_code, shown))
    for path in PATHS:
        answer = clients["admin"].get(f"/static/{quote(path, safe='%/')}")
        if answer.status_code not in (400, 404, 405, 308):
            broken.append(("static", path[:40], answer.status_code, ""))
    assert broken == []


ASKED = (
    "q", "sg", "wer", "art", "stand", "nach", "nummer", "woche", "ab", "von", "bis", "version",
    "sprache", "leistung", "brief", "blatt", "seite", "vorgang", "v", "thema", "stufe", "aelter",
    "anfragen", "neu", "persons", "also", "interpreter", "tag", "day", "unit_key", "kind", "lang",
    "received_on", "next", "limit", "after", "state", "papier", "code", "zelle", "termin", "person",
)  # fmt: skip


@FULL_ONLY
@pytest.mark.parametrize("words", ["9" * 40, "-1", "\0", "'\"><x>\u202e{{7*7}}"])
def test_no_question_in_an_address_breaks_the_house(undrawn: Welt, words: str) -> None:
    broken = []
    for role in ("lead:SG1", "firm:admin"):
        client = undrawn.client(role)
        for rule, method in tafel.routes(undrawn.app):
            wanted = tafel.expected(undrawn.app, rule, method, tafel.ROLES[role])
            public = role == "lead:SG1" or rule.rule.startswith("/firma")
            if method != "GET" or wanted != tafel.OPEN or not public or rule.endpoint in DRAWN:
                continue
            query = dict.fromkeys(ASKED, words)
            status = client.get(
                address(undrawn.app, rule, undrawn.ids), query_string=query
            ).status_code
            if status >= 500 or (words == "\0" and status != 400):
                broken.append((role, rule.rule, status))
    assert broken == []


@FULL_ONLY
@pytest.mark.parametrize(
    "number",
    [-1, 2**63 - 1, 2**63, "١٢"],
)
def test_no_number_breaks_the_house(undrawn: Welt, number: Any) -> None:
    clients = {role: undrawn.client(role) for role in ("lead:SG1", "firm:admin", "anonymous")}
    broken = []
    for rule, method in tafel.routes(undrawn.app):
        if method != "GET" or "<int:" not in rule.rule:
            continue
        url = re.sub(r"<int:[^>]+>", quote(str(number)), rule.rule)
        url = url.replace("<number>", str(undrawn.ids["number"]))
        url = re.sub(r"<[^>]+>", "x", url)
        for client in clients.values():
            with undrawn.undone():
                status = client.get(url).status_code
            if status >= 500:
                broken.append((url, status))
    assert broken == []


def counted(welt: Welt, role: str, url: str) -> tuple[int, str, int]:
    """Return status, words and number of statements of an answer."""
    said: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            said.append(statement)

    event.listen(welt.connection, "before_cursor_execute", note)
    try:
        answer = welt.client(role).get(url, headers={"Accept": "application/json"})
    finally:
        event.remove(welt.connection, "before_cursor_execute", note)
    return answer.status_code, plain(answer.text), len(said)


@pytest.mark.parametrize("role", ["lead:all", "lead:SG2"])
@pytest.mark.parametrize(
    ("url", "name", "unknown"),
    [
        ("/vorgang/{}", "number", "ABH-2026-9999999"),
        ("/vorgang/{}/akte", "number", "ABH-2026-9999999"),
        ("/vorgang/{}/einsicht", "number", "ABH-2026-9999999"),
        ("/api/v1/cases/{}", "number", "ABH-2026-9999999"),
        ("/blatt/{}", "blatt", 987654321),
        ("/blatt/{}/klein.png", "blatt", 987654321),
        ("/brief/{}/vorschau", "letter", 987654321),
        ("/unterschriften/stapel/{}/entwurf.pdf", "letter", 987654321),
    ],
)
def test_what_must_not_be_known_looks_like_what_is_not_there(
    welt: Welt, role: str, url: str, name: str, unknown: Any
) -> None:
    hidden = counted(welt, role, url.format(welt.ids[f"secret:{name}"]))
    absent = counted(welt, role, url.format(unknown))
    assert hidden[0] == absent[0] == 404
    words = hidden[1].replace(str(welt.ids["secret:number"]), "ABH-2026-9999999")
    assert words == absent[1]
    assert abs(hidden[2] - absent[2]) <= 2


@pytest.mark.parametrize("role", ["firm:other", "firm:agency"])
def test_a_foreign_case_looks_to_a_company_like_none(welt: Welt, role: str) -> None:
    foreign = counted(welt, role, f"/firma/vorgang/{welt.ids['number']}")
    absent = counted(welt, role, "/firma/vorgang/ABH-2026-9999999")
    assert foreign == absent
    assert foreign[0] == 404


def test_the_folder_shows_no_letter_of_a_class_that_is_kept_apart(welt: Welt) -> None:
    with welt.sessions() as session, session.begin():
        session.execute(text("UPDATE letter SET state = 'signing', rule_id = 'x'"))
    own, wide = (welt.client(role).get("/unterschriften").text for role in ("lead:SG1", "lead:all"))
    assert "Verborgen" in own
    assert "Nguy" in wide
    assert "Verborgen" not in wide


def test_the_tokens_of_one_door_open_no_other(undrawn: Welt) -> None:
    app, client = undrawn.app, undrawn.client("anonymous")
    ids = undrawn.ids
    keys = {
        "/warten": ids["walk_token"], "/kalender": ids["feed_token"],
        "login": undrawn.tokens["lead:SG1"], "guess": "A" * 22,
    }  # fmt: skip
    loose = []
    for rule, method in tafel.routes(app):
        if method != "GET" or "<token>" not in rule.rule:
            continue
        for door, token in [*keys.items(), ("/status", ids["status"])]:
            # The page after filing shows the link of the case and is opened by it.
            if rule.rule.startswith(door) or (
                door == "/status" and rule.rule.startswith("/antrag/fertig")
            ):
                continue
            url = re.sub(r"<int:[^>]+>", "1", rule.rule.replace("<token>", token))
            answer = client.get(url, headers={"Accept": "application/json"})
            if answer.status_code not in (401, 404, 410):
                loose.append((rule.rule, door, answer.status_code))
    assert loose == []


def test_the_link_of_a_case_that_its_person_must_not_know_opens_nothing(undrawn: Welt) -> None:
    client = undrawn.client("anonymous")
    assert client.get(f"/status/{undrawn.ids['secret:status']}").status_code == 200
    with undrawn.sessions() as session, session.begin():
        session.execute(text("UPDATE vorgang SET verfahren = 'P32' WHERE verfahren = 'P33'"))
    hidden = client.get(f"/status/{undrawn.ids['secret:status']}")
    assert hidden.status_code == 404


def test_a_session_ends_by_time_wherever_it_is_used(undrawn: Welt) -> None:
    with undrawn.sessions() as session, session.begin():
        session.execute(
            text("UPDATE user_session SET expires_at = :at"), {"at": NOW - timedelta(seconds=1)}
        )
    for role in ("lead:SG1", "firm:admin", "admin"):
        assert undrawn.client(role).get("/frist").status_code == 303, role
    assert OWN == "SG1"

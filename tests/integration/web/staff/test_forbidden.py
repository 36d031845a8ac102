"""What must not work: without login, without power, in a foreign unit, on an old version."""

from __future__ import annotations

import io

import pytest

from abh.access.policy import LOGGED_IN, PUBLIC, policy_of
from abh.web.pages import anzeige
from abh.web.session import COOKIE_PLAIN
from tests import factories
from tests.integration.web.staff.conftest import CLERK, LEAD, PASSWORD, Amt, Browser

ADMIN = "technik"
PAGES = (
    "/desk",
    "/desk/liste",
    "/vorgaenge",
    "/suche",
    "/vorgang/ABH-2026-0000001",
    "/vorgang/ABH-2026-0000001/termin",
    "/blatt/1",
    "/brief/1/vorschau",
    "/unterschriften",
    "/vorlagen",
    "/ruecklauf",
    "/siegel",
    "/akten/suche",
    "/vorgang/ABH-2026-0000001/einsicht",
    "/vorlagen/N12.pdf",
    "/post",
    "/post/1",
    "/post/neu",
    "/post/eingang/1/original",
    "/leitung/post",
    "/leitung/post/sammeln",
    "/leitung/post/sammeln/1",
    "/schalter",
    "/schalter/1",
    "/frist",
    "/probefall",
    "/verfahren",
    "/verfahren/P02",
    "/leitung",
    "/leitung/protokoll",
    "/betrieb",
    "/platz",
)


def foreign_clerk(amt: Amt) -> Browser:
    login = amt.row(
        "SELECT login FROM app_user WHERE unit_key = 'SG2' AND role = 'clerk'"
        " AND NOT 'unit.all' = ANY(powers) LIMIT 1"
    )["login"]
    return amt.client(str(login))


@pytest.mark.parametrize("url", PAGES)
def test_nobody_sees_a_page_without_login(amt: Amt, url: str) -> None:
    answer = amt.app.test_client().get(url)
    assert answer.status_code == 303
    assert answer.location == f"/login?next={url}"


def test_a_program_is_told_in_its_own_format(amt: Amt) -> None:
    answer = amt.app.test_client().get("/desk", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_a_form_sent_after_the_session_ended_is_not_redirected_away(amt: Amt) -> None:
    browser = amt.client()
    token = browser.token()
    browser.client.delete_cookie(COOKIE_PLAIN)
    answer = browser.client.post("/schalter/naechster", data={"csrf_token": token})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_login_leads_only_to_our_own_pages(amt: Amt, target: str) -> None:
    browser = Browser(amt.app.test_client())
    page = browser.client.get("/login").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"csrf_token": token, "login": CLERK, "password": PASSWORD, "next": target}
    answer = browser.client.post("/login", data=data)
    assert answer.status_code == 303
    assert "evil" not in answer.location


def test_login_keeps_the_name_and_never_the_password(amt: Amt) -> None:
    client = amt.app.test_client()
    token = client.get("/login").text.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"csrf_token": token, "login": CLERK, "password": "falsch-geraten"}
    answer = client.post("/login", data=data)
    assert answer.status_code == 422
    assert f'value="{CLERK}"' in answer.text
    assert "falsch-geraten" not in answer.text


def test_guessing_is_slowed_and_says_how_long(amt: Amt) -> None:
    client = amt.app.test_client()
    token = client.get("/login").text.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"csrf_token": token, "login": CLERK, "password": "falsch-geraten"}
    answers = [client.post("/login", data=data) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "zu viele Fehlversuche" in answers[-1].text


def test_logging_out_ends_the_session_on_the_server(amt: Amt, clerk: Browser) -> None:
    cookie = clerk.client.get_cookie(COOKIE_PLAIN)
    assert cookie
    clerk.post("/logout", {})
    again = amt.app.test_client()
    again.set_cookie(COOKIE_PLAIN, cookie.value)
    assert again.get("/desk").status_code == 303


def test_a_clerk_of_another_unit_sees_and_does_nothing(amt: Amt) -> None:
    number = amt.file().number
    other = foreign_clerk(amt)
    sheet = amt.row("SELECT min(id) AS id FROM blatt")["id"]
    letter = amt.row("SELECT min(id) AS id FROM letter")["id"]
    for url in ("/desk", "/vorgaenge", f"/befehle?q={number}"):
        assert f"/vorgang/{number}" not in other.get(url).text
    for url in (f"/vorgang/{number}", f"/blatt/{sheet}", f"/brief/{letter}/vorschau"):
        other.get(url, 403)
    version = amt.client().version(number)
    typed = {"row_version": version}
    for path in (
        f"/vorgang/{number}/schritt/nachfordern",
        f"/vorgang/{number}/feststellung/B2",
        f"/vorgang/{number}/unterlagen",
        f"/vorgang/{number}/zusammenfuehren",
        f"/vorgang/{number}/absehen/B2",
        f"/brief/{letter}/drucken",
        f"/brief/{letter}/zeichnen",
        f"/brief/{letter}/zurueckgeben",
    ):
        other.post(path, {**typed, "comment": "Nein."}, status=403)
    assert amt.client().version(number) == version


def test_the_search_names_a_foreign_case_without_a_link(amt: Amt) -> None:
    number = amt.file().number
    page = foreign_clerk(amt).get("/suche?q=nguyen+00.05.1996").text
    assert number in page
    assert f'href="/vorgang/{number}"' not in page


def test_who_runs_the_machines_sees_no_case(amt: Amt) -> None:
    number = amt.file().number
    admin = amt.client(ADMIN)
    for url in (
        "/desk",
        f"/vorgang/{number}",
        "/unterschriften",
        "/schalter",
        "/leitung",
        "/blatt/1",
    ):
        admin.get(url, 403)
    admin.get("/betrieb")


def test_a_clerk_is_no_lead(amt: Amt, clerk: Browser) -> None:
    for url in ("/leitung", "/leitung/protokoll", "/betrieb"):
        clerk.get(url, 403)


def test_a_lead_sees_only_the_trail_of_the_own_unit(amt: Amt) -> None:
    number = amt.file().number
    amt.client(LEAD).get(f"/leitung/protokoll?vorgang={number}")
    other = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG2' AND role = 'lead'")["login"]
    amt.client(str(other)).get(f"/leitung/protokoll?vorgang={number}", 403)
    amt.client(str(other)).get("/leitung?sg=SG1", 403)


def test_two_clerks_on_one_case_the_second_sees_what_changed_and_keeps_the_text(amt: Amt) -> None:
    number = amt.file().number
    first, second = amt.client(CLERK), amt.client("s.lindenau")
    seen = second.version(number)
    first.act(number, "feststellung/B2", "feststellung-B2", identity_clarified="ja", remark="Pass")
    typed = {"degree_recognised": "ja", "remark": "anabin sagt H+ und entspricht"}
    answer = second.act(
        number, "feststellung/K1", "feststellung-K1", status=409, version=seen, **typed
    ).text
    assert "Murat Özdamar" in answer
    assert "Identität und Staatsangehörigkeit geklärt" in answer
    assert "anabin sagt H+ und entspricht" in answer
    assert f'name="row_version" value="{int(seen) + 1}"' in answer
    second.act(number, "feststellung/K1", "feststellung-K1", **typed)


def test_a_refused_step_keeps_what_was_typed(amt: Amt, clerk: Browser) -> None:
    number = amt.file(evidence=("pass",)).number
    fid = "schritt-vollstaendig"
    page = clerk.act(number, "schritt/vollstaendig", fid, status=409, reason="Alles da, glaube ich")
    assert "Alles da, glaube ich" in page.text
    assert "§ 82 Abs. 1 AufenthG" in page.text


def test_a_refused_file_names_itself_and_keeps_the_rest(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    for name, data in (("leer.pdf", b""), ("virus.exe", b"MZ" + b"0" * 500)):
        page = clerk.act(
            number,
            "unterlagen",
            "unterlagen",
            status=422,
            kind="pass",
            received_on="20.11.2026",
            files=(io.BytesIO(data), name),
        ).text
        assert name in page
        assert 'value="20.11.2026"' in page
    sheets = amt.row("SELECT count(*) AS n FROM blatt")["n"]
    assert sheets == len(factories.EVIDENCE) + 1


def test_a_day_of_receipt_in_the_future_is_refused(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    scan = (io.BytesIO(factories.a_pdf("x")), "x.pdf")
    typed = {"kind": "pass", "received_on": "24.11.2026", "files": scan}
    page = clerk.act(number, "unterlagen", "unterlagen", status=422, **typed).text
    assert "Zukunft" in page


def test_a_name_cannot_become_markup(amt: Amt, clerk: Browser) -> None:
    number = amt.file(employer="<img src=x onerror=alert(1)> & Co").number
    for url in ("/vorgaenge", f"/vorgang/{number}"):
        page = clerk.get(url).text
        assert "<img" not in page
        assert "&lt;img" in page


def test_sheets_are_served_locked_in(amt: Amt, clerk: Browser) -> None:
    amt.file()
    sheet = amt.row("SELECT min(id) AS id FROM blatt")["id"]
    answer = clerk.get(f"/blatt/{sheet}")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_the_display_is_public_and_shows_no_name(amt: Amt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anzeige, "_turn", lambda: "de")
    client = amt.app.test_client()
    first = client.get("/anzeige/SG1")
    assert first.status_code == 200
    etag = first.headers["ETag"]
    assert client.get("/anzeige/SG1", headers={"If-None-Match": etag}).status_code == 304


def test_every_staff_page_has_a_policy_and_only_the_login_is_open(amt: Amt) -> None:
    ours = ("login", "desk", "vorgang", "briefe", "schalter", "frist", "leitung", "betrieb")
    open_to_all = set()
    for rule in amt.app.url_map.iter_rules():
        wanted = policy_of(amt.app.view_functions[rule.endpoint])
        if rule.endpoint.split(".")[0] in ours:
            assert wanted, rule
            if PUBLIC in wanted:
                open_to_all.add(rule.endpoint)
            assert rule.endpoint.startswith(("login.", "frist.")) or LOGGED_IN not in wanted
    second_step = {"login.code_page", "login.give_code"}
    assert open_to_all == {"login.page", "login.login"} | second_step


def test_a_refusal_stands_in_the_frame_of_the_staff(amt: Amt, clerk: Browser) -> None:
    for answer in (
        clerk.get("/leitung", 403),
        clerk.post("/leitung/protokoll/pruefen", {}, status=403),
    ):
        assert "Hauptbereiche" in answer.text
        assert 'href="/desk"' in answer.text
    assert "Hauptbereiche" in clerk.get("/vorgang/ABH-2026-9999999", 404).text
    # without login, and on the pages of applicants, there is nothing to find back to
    assert "Hauptbereiche" not in clerk.get("/status/unbekannt", 404).text
    stranger = amt.app.test_client()
    assert "Hauptbereiche" not in stranger.get("/vorgang/x").text

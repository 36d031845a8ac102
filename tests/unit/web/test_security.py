"""Headers, policies and the form token."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from abh.kernel.errors import ConfigurationError
from abh.web import security
from abh.web.app import create_app
from tests.unit.web.conftest import application, settings


def csp(response: object) -> dict[str, str]:
    header = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return dict((part.strip().split(" ", 1) + [""])[:2] for part in header.split(";"))


def test_scripts_run_only_with_the_nonce_of_this_answer(client: FlaskClient) -> None:
    first, second = client.get("/_teile/"), client.get("/_teile/")
    nonces = set()
    for answer in (first, second):
        found = re.fullmatch(r"'nonce-([\w-]+)'", csp(answer)["script-src"])
        assert found
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts and all(f'nonce="{found[1]}"' in script for script in scripts)
        assert f'hx-nonce="{found[1]}"' in answer.text
        nonces.add(found[1])
    assert len(nonces) == 2


def test_pages_cannot_be_framed_cached_or_sniffed(client: FlaskClient) -> None:
    headers = client.get("/_teile/").headers
    policy = csp(client.get("/_teile/"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_a_preview_may_be_framed_by_our_own_pages_only(client: FlaskClient) -> None:
    policy = csp(client.get("/_teile/muster.pdf"))
    assert policy["frame-ancestors"] == "'self'" and policy["default-src"] == "'none'"
    assert csp(client.get("/_teile/"))["frame-src"] == "'self'"


def test_production_speaks_https_only_and_has_no_parts_page() -> None:
    app = create_app(settings(mode="production", base_url="https://abh.example"))
    answer = app.test_client().get("/health/live", base_url="https://abh.example")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert app.test_client().get("/_teile/").status_code == 404
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert app.config["SESSION_COOKIE_SECURE"] is True


@pytest.mark.parametrize(
    "changes",
    [{"mode": "production", "base_url": "http://abh.example"}, {"secret_key": "short"}],
)
def test_unsafe_settings_are_refused_at_start(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        create_app(settings(**changes))


def test_a_route_without_policy_stops_the_start() -> None:
    blueprint = Blueprint("naked", __name__)
    blueprint.add_url_rule("/naked", "page", lambda: "")
    app = application(blueprint)
    with pytest.raises(ConfigurationError, match=r"naked\.page \(/naked\)"):
        security.require_policies(app)


def test_a_page_module_may_install_itself_but_not_without_policy() -> None:
    module = ModuleType("page_that_installs")
    module.install = lambda app: app.add_url_rule("/bare", "bare", lambda: "")  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    try:
        with pytest.raises(ConfigurationError, match=r"bare \(/bare\)"):
            create_app(settings(), page_modules=(module.__name__,))
    finally:
        del sys.modules[module.__name__]


def test_pages_of_applicants_load_no_script(client: FlaskClient) -> None:
    assert "<script" not in client.get("/_teile/oeffentlich").text


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/_teile/oeffentlich").text)
    assert found
    return found[1]


def test_a_form_without_token_is_refused_with_a_page(client: FlaskClient) -> None:
    answer = client.post("/_teile/oeffentlich")
    assert answer.status_code == 400
    assert "laden Sie die Seite neu" in answer.text


def test_a_form_with_its_token_passes(client: FlaskClient) -> None:
    answer = client.post("/_teile/oeffentlich", data={"csrf_token": token_of(client)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Sec-Fetch-Site": "none"}, 400),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 400),
    ],
)
def test_even_the_right_token_is_refused_from_a_foreign_page(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    data = {"csrf_token": token_of(client)}
    assert client.post("/_teile/oeffentlich", data=data, headers=headers).status_code == status


def test_the_token_is_bound_to_the_session(client: FlaskClient) -> None:
    token = token_of(client)
    stranger = client.application.test_client()
    assert stranger.post("/_teile/oeffentlich", data={"csrf_token": token}).status_code == 400


def test_markup_in_values_stays_text(client: FlaskClient) -> None:
    page = client.get("/_teile/").text
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

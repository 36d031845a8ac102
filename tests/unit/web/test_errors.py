"""Every error becomes a page or problem+json that says what happened and what to do."""

from __future__ import annotations

import io

import pytest
import structlog
from flask import Blueprint, request
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from abh.kernel import errors as domain
from abh.kernel.errors import FieldProblem, Reason
from abh.web import errors
from abh.web.csrf import csrf
from abh.web.security import public
from tests.unit.web.conftest import application

REASON = Reason("Pass ist abgelaufen.", "§ 3 AufenthG", "pass_gueltig")


def raising(error: Exception) -> FlaskClient:
    """Return a client of an application whose ``/x`` and ``/api/v1/x`` raise ``error``."""
    blueprint = Blueprint("x", __name__)

    @blueprint.route("/x")
    @blueprint.route("/api/v1/x")
    @public
    def view() -> str:
        raise error

    return application(blueprint).test_client()


def all_domain_errors() -> list[type[domain.DomainError]]:
    found, waiting = [], [domain.DomainError]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        found.append(cls)
    return [cls for cls in found if cls.__module__ == domain.__name__]


@pytest.mark.parametrize("cls", all_domain_errors(), ids=lambda cls: cls.__name__)
def test_every_domain_error_has_a_row_of_its_own(cls: type[domain.DomainError]) -> None:
    assert cls in errors.TABLE
    status, slug = errors.TABLE[cls]
    assert 400 <= status < 600 and slug


def test_a_subclass_inherits_the_row_of_its_ancestor() -> None:
    class Special(domain.SlotTaken):
        pass

    assert errors.status_of(Special()) == errors.TABLE[domain.SlotTaken]


def test_a_refused_step_shows_all_reasons_with_norms() -> None:
    other = Reason("Zustimmung fehlt.", "§ 39 AufenthG")
    answer = raising(domain.StepNotAllowed("b", "p", (REASON, other))).get("/x")
    assert answer.status_code == 409
    for text in ("jetzt nicht möglich", REASON.text, REASON.norm, other.text, other.norm):
        assert text in answer.text


def test_the_api_answers_in_the_form_of_rfc_9457() -> None:
    answer = raising(domain.StepNotAllowed("b", "p", (REASON,))).get("/api/v1/x")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json() == {
        "type": "/problems/schritt-nicht-moeglich",
        "title": "Dieser Schritt ist jetzt nicht möglich.",
        "status": 409,
        "reasons": [{"text": REASON.text, "norm": REASON.norm, "key": "pass_gueltig"}],
    }


def test_invalid_input_names_every_field() -> None:
    problems = [FieldProblem("born", "fehlt"), FieldProblem("salary", "ist keine Zahl")]
    client = raising(domain.InvalidInput(problems))
    body = client.get("/x", headers={"Accept": "application/json"}).get_json()
    assert body["status"] == 422
    assert [each["field"] for each in body["errors"]] == ["born", "salary"]


def test_htmx_gets_a_notice_and_not_a_page_in_the_page() -> None:
    answer = raising(domain.Conflict("Geändert.")).get("/x", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text and "<html" not in answer.text
    assert "Ihr Text ist noch da" in answer.text


def test_unexpected_errors_tell_an_incident_and_no_detail() -> None:
    client = raising(RuntimeError("Nguyễn, geboren 1990"))
    structlog.reset_defaults()
    with capture_logs() as logs:
        answer = client.get("/x")
    assert answer.status_code == 500
    (entry,) = logs
    assert entry["incident"] in answer.text
    assert entry["error"] == "RuntimeError" and entry["where"]
    assert "Nguyễn" not in answer.text + str(logs)


def test_a_gap_in_the_law_is_ours_and_logged() -> None:
    with capture_logs() as logs:
        answer = raising(domain.LawMissing("secret detail")).get("/x")
    assert answer.status_code == 500
    assert logs[0]["error"] == "LawMissing"
    assert "secret detail" not in answer.text


def test_unknown_addresses_and_methods_get_kind_pages(client: FlaskClient) -> None:
    missing = client.get("/gibt-es-nicht")
    assert missing.status_code == 404 and "Das gibt es hier nicht." in missing.text
    wrong = client.delete("/health/live", headers={"Sec-Fetch-Site": "same-origin"})
    assert wrong.status_code in (400, 405)
    put = client.get("/api/v1/gibt-es-nicht")
    assert put.get_json()["status"] == 404


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.open("/health/live", method="TRACE")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_too_much_data_says_the_limit() -> None:
    blueprint = Blueprint("up", __name__)

    @blueprint.post("/up")
    @csrf.exempt
    @public
    def upload() -> str:
        return str(len(request.files))

    client = application(blueprint, upload_mb=1).test_client()
    big = {"file": (io.BytesIO(b"x" * 6_100_000), "gross.pdf")}
    answer = client.post("/up", data=big)
    assert answer.status_code == 413
    assert "höchstens 6 MB" in answer.text
    small = {"file": (io.BytesIO(b"x"), "klein.pdf")}
    assert client.post("/up", data=small).text == "1"


def test_errors_speak_the_language_of_the_page(client: FlaskClient) -> None:
    answer = client.get("/gibt-es-nicht?lang=ar")
    assert 'dir="rtl"' in answer.text and "هذا غير موجود هنا." in answer.text

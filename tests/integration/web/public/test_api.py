"""The JSON API: refusals as problem+json, the same contract as the form, forged calls."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.workflows.tables import Vorgang
from tests import factories
from tests.integration.web.public.conftest import log_in

V1 = "/api/v1"


def application(**changes: Any) -> dict[str, Any]:
    raw = deepcopy(dict(factories.ANTRAG))
    raw.update(changes)
    return raw


def token(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": client.get(f"{V1}/session").json["csrf_token"]}


def cases(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Vorgang)) or 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/cases"),
        ("get", "/cases/ABH-2026-0000001"),
        ("get", "/cases/ABH-2026-0000001/steps"),
        ("post", "/cases/ABH-2026-0000001/steps/nachfordern"),
        ("post", "/deadlines"),
        ("post", "/signature-questions"),
        ("get", "/session"),
    ],
)
def test_nothing_of_the_office_without_login(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(V1 + path, method=method.upper(), json={} if method == "post" else None)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_login_cookie_alone_changes_nothing(
    client: FlaskClient, session: Session, house: House, clerk: Actor
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), evidence=())
    session.commit()
    path = f"{V1}/cases/{filed.number}/steps/nachfordern"
    version = client.get(f"{V1}/cases/{filed.number}").json["version"]
    body = {"expected_version": version}
    assert client.post(path, json=body).status_code == 400
    foreign = {**token(client), "Origin": "https://evil.example"}
    assert client.post(path, json=body, headers=foreign).status_code == 400
    text = client.post(path, data=json.dumps(body), content_type="text/plain")
    assert text.status_code in (400, 415)
    done = client.post(path, json=body, headers=token(client))
    assert done.status_code == 200, done.text
    assert done.json["state"] == "awaiting_applicant"
    again = client.post(path, json=body, headers=token(client))
    assert again.status_code == 409


def test_steps_come_with_reasons_and_other_units_are_closed(
    client: FlaskClient, session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    filed = factories.file_case(session, house, applicant_actor())
    session.commit()
    found = client.get(f"{V1}/cases/{filed.number}/steps").json["steps"]
    refused = [step for step in found if not step["allowed"]]
    assert refused
    assert all(step["reasons"] for step in refused)
    listed = client.get(f"{V1}/cases?limit=1").json
    assert [line["number"] for line in listed["cases"]] == [filed.number]
    assert client.get(f"{V1}/cases?after={listed['next']}").json["cases"] == []
    for bad in ("after=x", "after=2026-02-30_1", "limit=0", "limit=1e9", "mine=vielleicht"):
        assert client.get(f"{V1}/cases?{bad}").status_code == 422, bad
    for number in ("nope", "%00", "ABH-2026-9999999"):
        assert client.get(f"{V1}/cases/{number}").status_code == 404
    other = factories.staff(session, "SG3", rank="SB")
    log_in(client, session, other.user_id or 0, clock)
    assert client.get(f"{V1}/cases/{filed.number}").status_code == 403
    assert client.get(f"{V1}/cases").json["cases"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "person"),
        ([], ""),
        (application(person=None), "person"),
        (application(employer="Firma\x00"), "employer"),
        (application(title_until="31.02.2026"), "title_until"),
        (application(salary_year="viel"), "salary_year"),
        (application(documents=[{"kind": "pass", "name": "a.pdf", "content": "%%%"}]),
         "documents.0.content"),
        (application(documents=[{"kind": "pass", "name": "a.pdf", "content": "QUJD"}]),
         "documents.0"),
        (application(documents=[{"kind": "geheim", "name": "a", "content": ""}]),
         "documents.0.kind"),
        (application(documents=[{"kind": "pass"}] * 31), "documents"),
    ],
)  # fmt: skip
def test_broken_applications_are_named(
    client: FlaskClient, session: Session, body: Any, field: str
) -> None:
    answer = client.post(f"{V1}/applications", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    assert any(error["field"].startswith(field) for error in answer.json["errors"])
    assert cases(session) == 0


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b'{"employer": "\\ud800"}', 422),
        (b'{"\\ud800": 1}', 422),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, 422),
        (b"[" * 100_000 + b"]" * 100_000, 422),
        (b'"text"', 422),
        (b"", 422),
    ],
)
def test_what_is_no_application_is_refused_calmly(
    client: FlaskClient, session: Session, raw: bytes, status: int
) -> None:
    answer = client.post(f"{V1}/applications", data=raw, content_type="application/json")
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"


def test_an_application_is_filed_once_per_key(client: FlaskClient, session: Session) -> None:
    content = base64.b64encode(factories.a_pdf()).decode()
    body = application(documents=[{"kind": "pass", "name": "pass.pdf", "content": content}])
    headers = {"Idempotency-Key": "k" * 32}
    answers = [client.post(f"{V1}/applications", json=body, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201], answers[0].text
    assert answers[0].json == answers[1].json
    assert cases(session) == 1
    path = answers[0].json["confirmation_url"].removeprefix("https://abh.example.org")
    assert client.get(path).data.startswith(b"%PDF")
    short = client.post(f"{V1}/applications", json=body, headers={"Idempotency-Key": "k"})
    assert short.status_code == 422


def test_deadlines_and_signatures_answer_from_the_rules(client: FlaskClient, clerk: Actor) -> None:
    head = token(client)
    bad = client.post(f"{V1}/deadlines", json={"event": "x"}, headers=head)
    assert bad.status_code == 422
    body = {"event": "bescheid", "date": "2026-11-23", "channel": "post"}
    good = client.post(f"{V1}/deadlines", json=body, headers=head)
    assert good.status_code == 200
    assert good.json["latest"]["norm"]
    question = {"letter_key": "N12", "channel": "pzu", "signer_rank": "SB"}
    answer = client.post(f"{V1}/signature-questions", json=question, headers=head)
    assert answer.status_code == 200, answer.text
    assert answer.json["permitted"] is False
    assert answer.json["reasons"]
    long = {"letter_key": "nachtraegliche_beschraenkung", "channel": "pzu", "signer_rank": "SGL"}
    asked = {**long, "same_person": False, "suffix": "Im Auftrag"}
    granted = client.post(f"{V1}/signature-questions", json=asked, headers=head).json
    assert (granted["permitted"], granted["mark"], granted["seal"]) == (True, "hand", "")
    wrong = {**asked, "suffix": "In Vertretung", "signature_image": True, "chosen_remedy": "keine",
             "changed_after_signature": True, "seal_no": "17"}  # fmt: skip
    refused = client.post(f"{V1}/signature-questions", json=wrong, headers=head).json
    assert {reason["key"] for reason in refused["reasons"]} == {
        "falscher_zusatz", "unterschrift_als_bild", "falsche_belehrung",
        "nach_zeichnung_geaendert", "siegel_nicht_zugelassen",
    }  # fmt: skip
    for broken in ({"letter_key": "N12"}, {**question, "amount": "NaN"}, {**question, "x": 1}):
        assert (
            client.post(f"{V1}/signature-questions", json=broken, headers=head).status_code == 422
        )


def test_the_contract_and_the_procedure_are_public(client: FlaskClient) -> None:
    spec = client.get(f"{V1}/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    assert f"{V1}/applications" in spec["paths"]
    assert f"{V1}/cases/{{number}}/steps/{{step}}" in spec["paths"]
    found = client.get(f"{V1}/procedures/P02").json
    assert "einreichen" in {step["key"] for step in found["steps"]}
    for key in ("P99", "%00", "é"):
        assert client.get(f"{V1}/procedures/{key}").status_code == 404

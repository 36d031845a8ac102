"""Every operation of the interface with drawn input: no error of ours, every answer as described.

``make schema`` draws for long; SCHEMA_EXAMPLES says how many examples each operation gets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as property_settings

from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.fastlane import schluessel
from abh.fastlane.zugang import acting
from abh.web import api
from abh.web.session import COOKIE_PLAIN, MACHINES
from tests.sicherheit.welt import Welt

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "5"))
SCOPES = ["cases", "documents", "export", "appointments"]
# Reading a description takes longer than an example; nothing is kept between runs.
DRAWN = property_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 20,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def token(welt: Welt, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The token of a company's machine; the form token of staff is not asked for here."""
    monkeypatch.setattr(api.csrf, "protect", lambda **given: None)
    with welt.sessions() as session, session.begin():
        user = session.get_one(AppUser, welt.ids["user:firm.admin"])
        who = acting(session, actor_of_user(user), clock=welt.clock)
        given_ = {"name": "Maschine", "scopes": SCOPES, "days": 30}
        _row, secret = schluessel.make(session, welt.house, who, given_)
    yield secret


def faults_of(operation: Any, welt: Welt, token: str) -> list[str]:
    """Return what is wrong with the answers to drawn requests of one operation."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import Failure, FailureGroup
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
    )

    checks = [not_a_server_error, content_type_conformance, response_schema_conformance]
    machine = operation.path.startswith(MACHINES)
    found: dict[str, None] = {}

    @DRAWN
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        # Half of the time a case that there is, so that more than the refusal is seen.
        if len(str(case.path_parameters.get("number", ""))) % 2:
            case.path_parameters["number"] = welt.ids["number"]
        head = {"Authorization": f"Bearer {token}"} if machine else {}
        cookies = {} if machine else {COOKIE_PLAIN: welt.tokens["lead:SG1"]}
        with welt.undone():
            answer = case.call(headers=head, cookies=cookies)
        try:
            case.validate_response(answer, checks=checks)
        except (Failure, FailureGroup) as failure:
            words = [str(each) for each in getattr(failure, "exceptions", [failure])]
            found[f"{operation.label}: {answer.status_code} {' | '.join(words)[:300]}"] = None

    ask()
    return list(found)


def test_every_operation_answers_as_it_is_described(welt: Welt, token: str) -> None:
    import schemathesis

    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", welt.app)
    operations = [each.ok() for each in described.get_all_operations()]
    assert len(operations) >= 20
    assert [fault for each in operations for fault in faults_of(each, welt, token)] == []

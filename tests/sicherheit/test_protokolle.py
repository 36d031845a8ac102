"""What people typed never comes into the logs of the three processes, nor into error pages."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import insert, text

from abh.access import login as access_login
from abh.jobs import JOBS
from abh.outbox.delivery import deliver_next
from abh.outbox.handler import HandlerContext
from abh.outbox.runs import Runner
from abh.outbox.tables import JobRun, OutboxMessage
from abh.web import api
from abh.web import session as web
from abh.web.pages import desk
from tests.sicherheit.welt import NOW, Welt, client_of

PLANTED = {
    "name": "Pflanzmann-Überall",
    "birth": "31.12.1977",
    "azr": "771231987654",
    "mail": "geheim.pflanze@example.org",
    "token": "Zzq-GEHEIMER-SCHLUESSEL-7",
    "password": "Kennwort-das-niemand-liest",
    "file": "Scheidungsurteil_Pflanzmann.pdf",
}
EVERYTHING = " ".join(PLANTED.values())


@pytest.fixture
def said(
    welt: Welt, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:  # fmt: skip
    """All that is written anywhere, at the finest level of our own loggers."""
    monkeypatch.setitem(welt.app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(api.csrf, "protect", lambda **given: None)
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="abh")

    def read() -> str:
        out, err = capfd.readouterr()
        return caplog.text + out + err

    yield read


def leaked(written: str) -> list[str]:
    return [name for name, words in PLANTED.items() if words.lower() in written.lower()]


def test_the_scan_sees_what_is_written(said: Any) -> None:
    logging.getLogger("abh.x").debug("Fehler bei %s", PLANTED["name"])
    print(PLANTED["mail"])  # noqa: T201
    assert leaked(said()) == ["name", "mail"]


def test_pages_and_refusals_write_nothing_of_what_was_typed(welt: Welt, said: Any) -> None:
    clerk, firm = welt.client("lead:SG1"), welt.client("firm:admin")
    nobody = welt.client("anonymous")
    file = {"original": (BytesIO(b"kein PDF"), PLANTED["file"])}
    answers = [
        nobody.post("/login", data={"login": PLANTED["mail"], "password": PLANTED["password"]}),
        nobody.get(f"/status/{PLANTED['token']}"),
        nobody.get(f"/firma/einladung/{PLANTED['token']}"),
        nobody.post("/antrag/p02", data={"person.family_name": EVERYTHING}),
        nobody.post("/api/v1/applications", json={"person": {"family_name": EVERYTHING}}),
        clerk.get("/suche", query_string={"q": EVERYTHING}),
        clerk.get(f"/vorgang/{PLANTED['name']}"),
        clerk.post("/post/neu", data={"subject": EVERYTHING, **file}),
        clerk.post("/api/v1/post", json={"subject": EVERYTHING}),
        firm.get(f"/firma/vorgang/{PLANTED['name']}"),
        nobody.get("/api/v1/firma/cases", headers={"Authorization": f"Bearer {PLANTED['token']}"}),
    ]
    assert all(answer.status_code < 500 for answer in answers)
    # Pages may repeat their own address, for other languages; a password never.
    assert PLANTED["password"] not in answers[0].text
    assert leaked(said()) == []


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_fault_of_ours_tells_nothing_of_the_case(
    welt: Welt, said: Any, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    def fault(*_args: Any, **_more: Any) -> None:
        try:
            raise KeyError(PLANTED["azr"])
        except KeyError as error:
            raise RuntimeError(EVERYTHING) from error

    monkeypatch.setattr(desk, "show_frame", fault, raising=False)
    monkeypatch.setattr(web, "today", fault)
    monkeypatch.setattr(web, "now", fault)
    client = welt.client("lead:SG1")
    answer = client.get("/desk", headers={"Accept": accept})
    assert answer.status_code == 500
    assert leaked(answer.text) == []
    written = said()
    assert "RuntimeError" in written
    assert leaked(written) == []


def test_a_refusal_of_the_database_tells_no_value(
    welt: Welt, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(session: Any, *_args: Any, **_more: Any) -> None:
        session.execute(text("SELECT CAST(:words AS int)"), {"words": EVERYTHING})

    monkeypatch.setattr(access_login, "login", broken)
    monkeypatch.setattr("abh.web.pages.login.access.login", broken)
    client = client_of(welt.app)
    data = {"login": PLANTED["mail"], "password": PLANTED["password"]}
    answer = client.post("/login", data=data)
    assert answer.status_code == 500
    assert leaked(answer.text) == []
    written = said()
    assert "DataError" in written
    assert leaked(written) == []


ERRORS: tuple[Exception, ...] = (
    ValueError(EVERYTHING),
    smtplib.SMTPRecipientsRefused({PLANTED["mail"]: (550, EVERYTHING.encode())}),
    FileNotFoundError(2, "No such file or directory", PLANTED["file"]),
    UnicodeEncodeError("ascii", EVERYTHING, 0, 1, "ordinal not in range"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
def test_the_worker_says_which_message_failed_and_nothing_more(
    welt: Welt, said: Any, error: Exception
) -> None:
    def fail(*_args: Any) -> dict[str, Any]:
        raise error

    with welt.sessions() as session, session.begin():
        session.execute(text("UPDATE outbox_message SET state = 'done'"))
        row = session.execute(
            insert(OutboxMessage)
            .values(
                kind="probe", dedup_key=f"probe:{type(error).__name__}", payload={"to": EVERYTHING},
                not_before=NOW - timedelta(minutes=1), created_at=NOW,
            )
            .returning(OutboxMessage.id)
        ).scalar_one()  # fmt: skip
    context = HandlerContext(welt.clock, welt.app.extensions["abh"].settings, welt.house.blobs)
    assert deliver_next(welt.sessions, {"probe": fail}, context)
    written = said()
    assert f"outbox {row}" in written
    assert leaked(written) == []
    with welt.sessions() as session:
        kept = session.get_one(OutboxMessage, row).last_error or ""
    assert kept
    assert leaked(kept) == []


def test_the_scheduler_says_which_job_failed_and_nothing_more(
    welt: Welt, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> int:
        raise ValueError(EVERYTHING)

    # The world is one transaction on one connection; so is the job.
    runner = Runner(welt.connection, welt.clock)  # type: ignore[arg-type]
    monkeypatch.setattr("abh.outbox.runs.make_sessions", lambda _engine: welt.sessions)
    monkeypatch.setattr("abh.outbox.runs.only_one", _alone)
    job = next(one for one in JOBS if one.name)
    runner.run_by_hand(job, fail)
    written = said()
    assert job.name in written
    assert leaked(written) == []
    with welt.sessions() as session:
        detail = session.query(JobRun).filter_by(outcome="failed").one().detail
    assert leaked(str(detail)) == []


@contextmanager
def _alone(*_args: Any) -> Iterator[bool]:
    yield True

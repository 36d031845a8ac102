"""Events of own cases reach a real receiver once, signed; ended mandates and inner hosts do not."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update

from abh.fastlane import webhook_versand, webhooks
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_zugang import CompanyEvent, CompanySite, Webhook, WebhookDelivery
from abh.kernel.errors import InvalidInput, NotAllowed, NotFound
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.tables import OutboxMessage
from tests.integration.fastlane.conftest import admitted, boss


@dataclass
class Receiver:
    """A receiver on this machine: what it answers, and what it got."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    mine = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.got.append((dict(self.headers), body))
            self.send_response(mine.status)
            self.send_header("Location", "http://127.0.0.1:1/inner")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mine.url = f"http://127.0.0.1:{server.server_port}/hook?firma=1"
    yield mine
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(desk: Any, receiver: Receiver) -> Any:
    """A company with a mandate and an address; ``secret`` is what it was shown."""
    company = admitted(desk)
    desk.who = boss(desk, company.id)
    desk.session.add(
        Mandate(
            company_id=company.id, person_id=desk.case.person_id, scope=["state"],
            valid_from=desk.house.today, valid_until=date(2027, 6, 30),
            recorded_at=desk.clock.now(),
        )
    )  # fmt: skip
    desk.row, desk.secret = webhooks.add(
        desk.session, desk.house, desk.who, receiver.url, local=True
    )
    return desk


def context(desk: Any, *, local: bool = True) -> HandlerContext:
    settings: Any = SimpleNamespace(secret_key=desk.house.secret.decode(), webhook_local=local)
    return HandlerContext(clock=desk.house, settings=settings, store=desk.house.blobs)


def move(desk: Any, state: str = "in_review") -> None:
    given = {"state": state, "id": desk.case.id}
    desk.session.execute(text("UPDATE vorgang SET state = :state WHERE id = :id"), given)


def deliver(desk: Any, *, local: bool = True) -> dict[str, Any]:
    delivery = desk.session.scalars(select(WebhookDelivery.id)).one()
    return webhook_versand.deliver(desk.session, {"delivery": delivery}, context(desk, local=local))


def ordered(desk: Any) -> list[str]:
    return list(
        desk.session.scalars(select(OutboxMessage.dedup_key).where(OutboxMessage.kind == "webhook"))
    )


def test_a_step_is_told_once_signed_and_says_only_that_something_happened(
    hooked: Any, receiver: Receiver
) -> None:
    move(hooked)
    move(hooked)
    assert webhooks.tell_events(hooked.session, hooked.house, 10) == 1
    assert webhooks.tell_events(hooked.session, hooked.house, 10) == 0
    assert len(ordered(hooked)) == 1
    assert deliver(hooked) == {"sent": True, "status": 200}
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert (told["type"], told["case"]) == ("case.state", hooked.case.number)
    assert set(told) == {"event", "type", "case", "at"}
    stamp, mac = (part.split("=")[1] for part in headers["ABH-Signature"].split(","))
    wanted = hmac.new(hooked.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    assert mac == wanted.hexdigest()
    assert hooked.secret.encode() not in hooked.row.secret_sealed


def test_events_of_nobody_with_an_address_are_not_even_written(desk: Any) -> None:
    admitted(desk)
    move(desk)
    assert desk.session.scalar(select(func.count()).select_from(CompanyEvent)) == 0


@pytest.mark.parametrize("what", ["revoked", "scope", "ended"])
def test_without_a_mandate_nothing_is_told_nor_sent(
    hooked: Any, receiver: Receiver, what: str
) -> None:
    values = {
        "revoked": {"revoked_at": hooked.clock.now()},
        "scope": {"scope": ["tasks"]},
        "ended": {"valid_until": hooked.house.today, "valid_from": date(2026, 1, 1)},
    }[what]
    move(hooked)
    webhooks.tell_events(hooked.session, hooked.house, 10)
    assert len(ordered(hooked)) == 1
    hooked.session.execute(update(Mandate).values(**values))
    if what == "ended":
        from datetime import timedelta

        hooked.clock.advance(timedelta(days=1))
    assert deliver(hooked) == {"sent": False}
    move(hooked, "decision_ready")
    assert webhooks.tell_events(hooked.session, hooked.house, 10) == 1
    assert len(ordered(hooked)) == 1
    assert receiver.got == []


def test_an_address_hears_only_of_the_sites_of_the_login_that_made_it(
    hooked: Any, receiver: Receiver
) -> None:
    ours, theirs = (
        hooked.session.scalars(
            insert(CompanySite)
            .values(company_id=hooked.row.company_id, name=name)
            .returning(CompanySite.id)
        ).one()
        for name in ("Werk Nord", "Werk Süd")
    )
    hooked.session.execute(update(Mandate).values(site_id=ours))
    hooked.session.execute(update(CompanyMember).values(site_ids=[theirs]))
    move(hooked)
    webhooks.tell_events(hooked.session, hooked.house, 10)
    assert ordered(hooked) == []
    hooked.session.execute(update(CompanyMember).values(site_ids=[ours]))
    move(hooked, "decision_ready")
    webhooks.tell_events(hooked.session, hooked.house, 10)
    assert len(ordered(hooked)) == 1
    # What was ordered does not leave when the limit changed meanwhile.
    hooked.session.execute(update(CompanyMember).values(site_ids=[theirs]))
    assert deliver(hooked) == {"sent": False}
    assert receiver.got == []


def test_name_servers_that_keep_silent_hold_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = threading.Event()

    def keep_silent(*_: object, **__: object) -> list[object]:
        silence.wait(30)
        return []

    monkeypatch.setattr(webhook_versand, "RESOLVE_SECONDS", 0.01)
    monkeypatch.setattr(webhook_versand.socket, "getaddrinfo", keep_silent)
    try:
        with pytest.raises(TimeoutError):
            webhook_versand.post("http://hr.firma.example/", {}, b"{}", local=True)
    finally:
        silence.set()


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (429, False), (404, True), (302, True), (308, True)]
)
def test_what_was_not_taken_is_tried_again_or_kept_and_redirects_are_not_followed(
    hooked: Any, receiver: Receiver, status: int, permanent: bool
) -> None:
    receiver.status = status
    move(hooked)
    webhooks.tell_events(hooked.session, hooked.house, 10)
    with pytest.raises(DeliveryFailed) as caught:
        deliver(hooked)
    assert caught.value.permanent is permanent
    assert caught.value.record is not None
    caught.value.record(hooked.session)
    (row,) = webhooks.recent(hooked.session, hooked.who)
    assert str(status) in row["last_error"]
    assert len(receiver.got) == 1


def test_an_inner_host_is_refused_when_it_is_entered_and_again_when_it_is_called(
    hooked: Any, receiver: Receiver
) -> None:
    for url in ("https://127.0.0.1/", receiver.url):
        with pytest.raises(InvalidInput):
            webhooks.add(hooked.session, hooked.house, hooked.who, url)
    move(hooked)
    webhooks.tell_events(hooked.session, hooked.house, 10)
    for url in (receiver.url, "https://localhost.localdomain:8443/"):
        hooked.session.execute(update(Webhook).values(url=url))
        with pytest.raises(DeliveryFailed):
            deliver(hooked, local=False)
    assert receiver.got == []


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host == "127.0.0.1":  # connecting to an address asks again for its form
            return [(2, 1, 6, "", (host, port))]
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(webhook_versand.socket, "getaddrinfo", resolve)
    url = receiver.url.replace("127.0.0.1", "hr.firma.example")
    assert webhook_versand.post(url, {}, b"{}", local=True) == 200
    assert asked == ["hr.firma.example"]
    assert receiver.got[0][0]["Host"].startswith("hr.firma.example:")


def test_the_company_sends_again_its_own_messages_only_and_an_ended_address_is_silent(
    hooked: Any, receiver: Receiver
) -> None:
    move(hooked)
    webhooks.tell_events(hooked.session, hooked.house, 10)
    deliver(hooked)
    (row,) = webhooks.recent(hooked.session, hooked.who)
    other = admitted(hooked, name="Andere AG", register_no="HRB 77")
    with pytest.raises(NotFound):
        stranger = boss(hooked, other.id, "other")
        webhooks.send_again(hooked.session, hooked.house, stranger, row["id"])
    webhooks.send_again(hooked.session, hooked.house, hooked.who, row["id"])
    deliver(hooked)
    events = {json.loads(body)["event"] for _, body in receiver.got}
    assert (len(receiver.got), len(events), len(ordered(hooked))) == (2, 1, 2)
    webhooks.revoke(hooked.session, hooked.house, hooked.who, hooked.row.id)
    assert deliver(hooked) == {"sent": False}
    with pytest.raises(NotFound):
        webhooks.send_again(hooked.session, hooked.house, hooked.who, row["id"])


def test_only_the_administration_enters_addresses(hooked: Any) -> None:
    from dataclasses import replace

    reader = replace(hooked.who, chosen=replace(hooked.who.chosen, role="read"))
    with pytest.raises(NotAllowed):
        webhooks.add(hooked.session, hooked.house, reader, "https://firma.example/")

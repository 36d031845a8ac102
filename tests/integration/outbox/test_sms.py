"""Short messages against the simulated gateway over real HTTP, and into a folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from abh.kernel.clock import FixedClock
from abh.kernel.errors import ConfigurationError
from abh.outbox import sms
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.sms_simulator import Gateway, serve
from abh.settings import Settings, load_settings

PAYLOAD = {"to": "+49 170 1234567", "text": "Ihr Termin: 08.12.2026, 10:00 Uhr"}


@pytest.fixture
def gateway() -> Iterator[tuple[Gateway, str]]:
    simulated = Gateway("geheim", silence=1.0)
    server = serve(simulated)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield simulated, f"http://127.0.0.1:{server.server_address[1]}/sms"
    server.shutdown()
    server.server_close()


def _ctx(clock: FixedClock, settings: Settings, url: str, word: str = "geheim") -> HandlerContext:
    changed = replace(settings, sms_url=url, sms_token=word)
    return HandlerContext(clock, changed, None, dedup_key="sms:1")  # type: ignore[arg-type]


def test_a_message_reaches_the_gateway_once_however_often_it_is_delivered(
    gateway: Any, clock: FixedClock, settings: Settings
) -> None:
    simulated, url = gateway
    ctx = _ctx(clock, settings, url)
    assert sms.send(None, PAYLOAD, ctx) == sms.send(None, PAYLOAD, ctx) == {"id": "sim-1"}  # type: ignore[arg-type]
    (sent,) = simulated.sent
    assert (sent["to"], sent["text"]) == ("+491701234567", PAYLOAD["text"])


def test_an_answer_that_never_comes_is_tried_again_and_sent_once(
    gateway: Any, clock: FixedClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated, url = gateway
    simulated.troubles = ["silent"]
    monkeypatch.setattr(sms, "TIMEOUT", 0.2)
    ctx = _ctx(clock, settings, url)
    with pytest.raises(DeliveryFailed) as caught:
        sms.send(None, PAYLOAD, ctx)  # type: ignore[arg-type]
    assert not caught.value.permanent
    monkeypatch.setattr(sms, "TIMEOUT", 5)
    assert sms.send(None, PAYLOAD, ctx) == {"id": "sim-1"}  # type: ignore[arg-type]
    assert len(simulated.sent) == 1


@pytest.mark.parametrize(("status", "permanent"), [(500, False), (429, False), (400, True)])
def test_what_the_gateway_refuses_is_tried_again_only_where_it_may_help(
    gateway: Any, clock: FixedClock, settings: Settings, status: int, permanent: bool
) -> None:
    simulated, url = gateway
    simulated.troubles = [status]
    with pytest.raises(DeliveryFailed) as caught:
        sms.send(None, PAYLOAD, _ctx(clock, settings, url))  # type: ignore[arg-type]
    assert caught.value.permanent is permanent
    assert "1234567" not in caught.value.text


def test_a_wrong_token_a_bad_number_and_a_long_text_wait_for_a_person(
    gateway: Any, clock: FixedClock, settings: Settings
) -> None:
    simulated, url = gateway
    wrong = [
        (PAYLOAD, _ctx(clock, settings, url, "falsch")),
        ({**PAYLOAD, "to": "0170 1234567"}, _ctx(clock, settings, url)),
        ({**PAYLOAD, "text": "x" * (sms.LONGEST + 1)}, _ctx(clock, settings, url)),
        (PAYLOAD, _ctx(clock, settings, "")),
    ]
    for payload, ctx in wrong:
        with pytest.raises(DeliveryFailed) as caught:
            sms.send(None, payload, ctx)  # type: ignore[arg-type]
        assert caught.value.permanent
    assert simulated.sent == []


def test_a_folder_holds_a_message_once(clock: FixedClock, settings: Settings) -> None:
    ctx = _ctx(clock, settings, "folder:sms")
    first = sms.send(None, PAYLOAD, ctx)  # type: ignore[arg-type]
    assert sms.send(None, PAYLOAD, ctx) == first  # type: ignore[arg-type]
    (file,) = (settings.var_dir / "sms").glob("*.json")
    assert json.loads(file.read_text("utf-8"))["text"] == PAYLOAD["text"]


def test_short_messages_are_off_by_default_and_numbers_leave_encrypted_only(tmp_path: Any) -> None:
    env = {"ABH_VAR_DIR": str(tmp_path), "ABH_MODE": "test"}
    assert load_settings(env).sms_url == ""
    with pytest.raises(ConfigurationError, match="https"):
        load_settings({**env, "ABH_SMS_URL": "http://gateway.example/x", "ABH_SMS_TOKEN": "t"})
    with pytest.raises(ConfigurationError, match="ABH_SMS_TOKEN"):
        load_settings({**env, "ABH_SMS_URL": "https://gateway.example/x"})

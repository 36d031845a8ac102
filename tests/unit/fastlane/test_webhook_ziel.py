"""No company makes this office call its own machines, however the address is dressed."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime

import pytest

from abh.fastlane.webhook_versand import message_body, signature
from abh.fastlane.webhook_ziel import TargetRefused, check_url, choose, is_public

INNER = (
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.178.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1",
    "2001:0:7f00:1::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(TargetRefused):
        choose(["93.184.215.14", address])


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "8.8.8.8"])
def test_public_addresses_are_called_and_the_first_one_is(address: str) -> None:
    assert choose([address, "1.1.1.1"]) == address


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "https://", "ftp://firma.example/", "http://firma.example/hook",
        "https://user:pass@firma.example/", "https://@firma.example/", "https://firma.example/#x",
        "https://localhost/", "https://intranet/", "https://127.0.0.1/", "https://[::1]/",
        "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data",
        "https://firma.example:22/", "https://firma.example:0/", "https://firma.example:99999/",
        "https://firma.example/ x", "https://firma.example/\r\nHost: x", "https://fïrma.example/",
        "https://firma.example\\@127.0.0.1/", "https://fir%6da.example/",
        "https://" + "a" * 600 + ".example/",
    ],
)  # fmt: skip
def test_addresses_of_another_form_are_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        check_url(url)


def test_a_usual_address_is_taken_and_tests_may_call_this_machine_by_their_setting() -> None:
    assert check_url(" https://hr.firma.example/hook?x=1 ") == "https://hr.firma.example/hook?x=1"
    assert check_url("https://firma.example:8443/")
    assert check_url("http://127.0.0.1:81/", local=True)
    assert choose(["127.0.0.1"], local=True) == "127.0.0.1"
    for none in ([], ["no address"]):
        with pytest.raises(TargetRefused):
            choose(none, local=True)


def test_the_signature_covers_time_and_body() -> None:
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    body = message_body(7, "case.state", "ABH-2026-0000001", now)
    assert json.loads(body) == {
        "event": 7, "type": "case.state", "case": "ABH-2026-0000001",
        "at": "2026-11-23T07:00:00+00:00",
    }  # fmt: skip
    signed = signature(b"geheim", body, now)
    assert signed.startswith("t=1795417200,v1=")
    others = {
        signature(b"anders", body, now),
        signature(b"geheim", body + b" ", now),
        signature(b"geheim", body, now.replace(second=1)),
    }
    assert signed not in others
    assert len(others) == 3

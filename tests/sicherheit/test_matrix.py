"""Every address for every role: what opens is what the table says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from abh.web import api
from tests.sicherheit import tafel
from tests.sicherheit.welt import Welt, draws_nothing, without_paper

# Words in addresses that are no ids: one that there is, so that nothing but the power decides.
FILL: dict[str, str] = {
    "key": "P02", "unit": "SG1", "ending": "pdf", "token": "x" * 22, "page_no": "1",
    "step": "nachfordern", "group": "B2", "requirement": "B2",
}  # fmt: skip
KEYS = {"antrag": "p02", "firma_antrag": "p02", "firma_tabelle": "p02", "vorlagen": "N12"}
ACTS = {
    "firmen.change": "entziehen", "leitung_befugnisse.change": "erteilen",
    "dienstplan.change": "stueck", "muster.change": "neu", "loeschlauf.act": "geprueft",
    "loeschlauf.sheet": "vernichten",
    "post.act": "zurueck", "schalter.act": "da", "laufkundschaft.act": "aufrufen",
    "veranstaltungen.act": "einladen", "veranstaltungen.guest_act": "ausladen",
    "leitung_plan.act": "annehmen", "firma_zugang.change": "einladen",
    "firma_schnittstellen.change": "schluessel", "konten.change": "befugnisse",
}  # fmt: skip
_CHANGE = {"expected_version": 1}
# What must be sent for the question of power to come up at all.
BODIES: dict[str, dict[str, Any]] = {
    "api.take_step": _CHANGE,
    "api.answer": {**_CHANGE, "answer": "consent", "on": "2026-11-20"},
    "api.receipt": {**_CHANGE, "channel": "email", "received_on": "2026-11-20", "receipt": "xxx"},
    "briefe.send_back": {"comment": "Bitte ergänzen."},
    "dienstplan.move": {"day": "2026-12-01", "cell": "120"},
}


IDS: dict[str, str] = {
    "number": "number", "blatt_id": "blatt", "letter_id": "letter", "booking_id": "booking",
    "walk_in_id": "walk_in", "event_id": "event", "guest_id": "guest", "bundle_id": "bundle",
    "item_id": "item", "plan_id": "plan", "bulk_id": "bulk", "run_id": "run",
    "removal_id": "removal",
    "message_id": "message", "feed_id": "feed", "issue_id": "issue", "batch_id": "batch",
    "hold_id": "hold", "fee_id": "fee", "evidence_id": "evidence", "company_id": "company",
    "figures_id": "figures", "user_id": "account",
}  # fmt: skip


@pytest.fixture
def bare(welt: Welt, monkeypatch: pytest.MonkeyPatch) -> Iterator[Welt]:
    """The world without form tokens and without drawing pages: only who may is asked here."""
    monkeypatch.setitem(welt.app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(api.csrf, "protect", lambda **given: None)
    draws_nothing(welt.app, monkeypatch)
    more = welt.app.extensions["abh"].more
    monkeypatch.setitem(more, "house", without_paper(welt.house))
    yield welt


def address(app: Flask, rule: Rule, ids: dict[str, Any], prefix: str = "") -> str:
    values = {}
    for name in rule.arguments:
        known = ids.get(prefix + IDS.get(name, "")) or ids.get(IDS.get(name, ""))
        values[name] = known or FILL.get(name, 987654321)
    if "key" in values:
        values["key"] = KEYS.get(rule.endpoint.partition(".")[0], FILL["key"])
    if "act" in values:
        values["act"] = ACTS.get(rule.endpoint, "x")
    if rule.rule.startswith("/post/teil"):
        values["part_id"] = ids["part"]
    if rule.rule.startswith("/leitung/uebergabe"):
        values["run_id"] = ids["case_run"]
    if rule.rule.startswith("/schalter/nummer/neu"):
        values["token"] = ids["walk_token"]
    return str(app.url_map.bind("localhost").build(rule.endpoint, values, rule_method(rule)))


def rule_method(rule: Rule) -> str:
    return next(iter(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})))


# Samples of letters are drawn through all gates: a matter of tests/unit/documents.
DRAWN = frozenset({"vorlagen.pdf"})
# Asked only where the table says something else than of the role beside it, or the thing is not
# theirs: the same power lets the same people in by the same lines.
BESIDE = {
    "clerk:SG1": "lead:SG1", "clerk:SG2": "lead:SG1", "lead:SG2": "lead:SG1",
    "lead:all": "lead:SG1", "firm:read": "firm:admin", "firm:chosen": "firm:admin",
    "firm:agency": "firm:admin", "firm:other": "firm:admin",
}  # fmt: skip
HEADERS = {"Accept": "application/json"}


def sent(welt: Welt, rule: Rule, role: str) -> dict[str, Any]:
    """Return what is sent to an address that changes something."""
    body = BODIES.get(rule.endpoint, {})
    if rule.endpoint == "firma_zugang.chosen":
        body = {"company": str(welt.ids.get(f"company:{role}", 1))}
    if rule.endpoint == "api.decide_family":
        chosen = {"number": welt.ids["number"], "expected_version": 1}
        body = {"cases": [chosen, {**chosen, "number": welt.ids["secret:number"]}]}
    return {"json": body} if rule.rule.startswith("/api/") else {"data": body}


def outcome(client: FlaskClient, method: str, url: str, more: dict[str, Any]) -> str:
    answer = client.open(url, method=method, headers=HEADERS, **more)
    if answer.status_code >= 500 or answer.status_code == 405:
        return f"Fehler {answer.status_code}"
    known = {401: tafel.LOGIN, 403: tafel.FORBIDDEN, 404: tafel.MISSING}
    return known.get(answer.status_code, tafel.OPEN)


def _said_by_another(app: Flask, rule: Rule, method: str, role: str, wanted: str) -> bool:
    beside = BESIDE.get(role)
    if beside is None or wanted != tafel.expected(app, rule, method, tafel.ROLES[beside]):
        return False
    me = tafel.ROLES[role]
    return me.place == "own" or tafel.thing_of(rule) is None or not tafel.has_power(app, rule, me)


def cells(welt: Welt, role: str, *, secret: bool = False) -> Iterator[tuple[str, str, str]]:
    """Yield each cell of the role that is not as the table says."""
    app = welt.app
    # A browser of its own each time: logging out is an address as well.
    clients = iter(lambda: welt.client(role), None)
    for rule, method in tafel.routes(app):
        thing = tafel.thing_of(rule)
        if secret and (thing is None or thing.secret is None):
            continue
        if rule.endpoint in DRAWN or (secret and rule.endpoint == "blaetter.lift"):
            continue
        wanted = tafel.expected(app, rule, method, tafel.ROLES[role], secret=secret)
        url = address(app, rule, welt.ids, "secret:" if secret else "")
        if _said_by_another(app, rule, method, role, wanted) and not secret:
            continue
        with welt.undone() if wanted == tafel.OPEN else nullcontext():
            more = sent(welt, rule, role) if method == "POST" else {}
            got = outcome(next(clients), method, url, more)
        empty = f"{method} {rule.rule}" in tafel.EMPTY and wanted != tafel.LOGIN
        if got != wanted and not (empty and got == tafel.MISSING):
            yield f"{method} {rule.rule}", f"soll: {wanted}", f"ist: {got}"


@pytest.mark.parametrize("role", tafel.ROLES)
def test_every_address_opens_to_whom_the_table_says(bare: Welt, role: str) -> None:
    assert [*cells(bare, role)] == []


@pytest.mark.parametrize("role", [name for name in tafel.ROLES if name.startswith(("lead", "cl"))])
def test_what_belongs_to_a_class_of_its_own_stays_in_its_sachgebiet(bare: Welt, role: str) -> None:
    assert [*cells(bare, role, secret=True)] == []


def test_the_matrix_has_every_kind_of_thing_and_of_power(bare: Welt) -> None:
    app = bare.app
    seen = {tafel.thing_of(rule) for rule, _method in tafel.routes(app)}
    assert {thing for _pattern, thing in tafel.THINGS} - seen == set()
    assert {f"{method} {rule.rule}" for rule, method in tafel.routes(app)} >= tafel.EMPTY
    words = {
        tafel.expected(app, rule, method, role)
        for rule, method in tafel.routes(app)
        for role in tafel.ROLES.values()
    }
    assert words == {tafel.OPEN, tafel.FORBIDDEN, tafel.MISSING, tafel.LOGIN}


def test_the_document_says_what_is_so(bare: Welt) -> None:
    # python -m tests.sicherheit.tafel writes it anew.
    assert tafel.FILE.read_text("utf-8") == tafel.renewed(bare.app)

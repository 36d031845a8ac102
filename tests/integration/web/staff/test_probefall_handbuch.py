"""Probefall and handbook as staff and portals see them; a what-if leaves nothing behind."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from abh.workflows import registry
from abh.workflows.describe import tabellen
from tests.integration.web.staff.conftest import Amt, Browser

SECRET = "Geheimnisvolle-Arbeitgeberin"
FACTS = {
    "angaben.eingang": "05.10.2026",
    "angaben.titel": "Aufenthaltserlaubnis",
    "angaben.titel_bis": "15.12.2026",
    "angaben.geburt": "00.04.1998",
    "angaben.staatsangehoerigkeiten": "ind",
    "angaben.arbeitgeber": SECRET,
    "angaben.jahresgehalt": "48.000",
    "angaben.isco": "2431",
    "angaben.unbefristet": "ja",
    "angaben.abschluss_am": "31.07.2020",
    "angaben.ausschluss_19f": "-",
    "tag": "23.11.2026",
    "wohnort": "Düsseldorf",
    "verfahren": "P02",
    "nachweise": "pass",
    "angaben.einreise_am": "01.10.2022",
    "lebenslauf.seit": "01.10.2023",
    "lebenslauf.paragraf": "18b",
    "lebenslauf.sprache": "B1",
    "lebenslauf.kenntnisse": "nein",
}


def rows(amt: Amt) -> dict[str, int]:
    """Count the rows of every table but the log of reads and the sessions of the browser."""
    with amt.sessions() as session:
        names = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        return {n: session.scalar(text(f"SELECT count(*) FROM {n}")) or 0 for n in names}


def test_a_what_if_answers_at_a_glance_and_stores_nothing(
    amt: Amt, clerk: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    clerk.get("/probefall")
    before = rows(amt)
    with caplog.at_level(logging.DEBUG):
        page = clerk.post("/probefall", FACTS, status=200)
    assert rows(amt) == before
    assert SECRET not in caplog.text and "48000" not in caplog.text
    for words in (
        "Bewilligen: ausgeschlossen",
        "Ablehnen: möglich",
        "bisheriger Titel gilt als fortbestehend",
        "100,00",
        "SG1 Erwerbsmigration und Firmenservice",
        "K2 Gehalt",
        "Verwaltungsgericht Düsseldorf",
        "Untätigkeitsklage wird zulässig: läuft, bis 05.01.2027",
        "Einbürgerung: ab 01.10.2028",
        "Einbürgerungstest: fehlt.",
        "Von der Einreise bis zur Einbürgerung",
    ):
        assert words in page.text, words
    assert SECRET in page.text  # what was typed is still in the form


def test_unreadable_facts_are_named_beside_their_fields(clerk: Browser) -> None:
    page = clerk.post(
        "/probefall", {**FACTS, "angaben.titel_bis": "31.02.2027", "tag": ""}, status=422
    )
    assert "Dieses Datum gibt es nicht" in page.text
    assert 'href="#f-angaben-titel_bis"' in page.text
    assert SECRET in page.text


@pytest.mark.parametrize("key", registry.known_keys())
def test_every_procedure_has_a_form_and_a_page(clerk: Browser, key: str) -> None:
    form = clerk.get(f"/probefall?verfahren={key}").text
    v = registry.newest(key)
    assert all(f'name="angaben.{angabe.key}"' in form for angabe in v.angaben)
    page = clerk.get(f"/verfahren/{key}").text
    assert '<svg class="abh-diagram"' in page
    assert all(f'id="{table.anchor}"' in page for table in tabellen(v))


def test_the_list_finds_by_words_anywhere_on_the_page(clerk: Browser) -> None:
    assert "/verfahren/P02" in clerk.get("/verfahren?q=18g+Mobilität").text
    assert "/verfahren/P02" not in clerk.get("/verfahren?q=Mondlandung").text
    clerk.get("/verfahren/P99", 404)
    clerk.get("/verfahren/P02?version=77", 404)
    clerk.get("/verfahren/P02?version=x", 404)


def test_one_version_alone_has_nothing_to_compare(clerk: Browser) -> None:
    single = next(k for k in registry.known_keys() if registry.newest(k).version == 1)
    assert clerk.get(f"/verfahren/{single}/vergleich", 302).location == f"/verfahren/{single}"


def test_the_api_answers_portals_without_login_and_stores_nothing(amt: Amt) -> None:
    client = amt.app.test_client()
    client.get("/health/live")
    before = rows(amt)
    body = {
        "verfahren": "P02",
        "tag": "2026-11-23",
        "wohnort": "Düsseldorf",
        "angaben": {"eingang": "2026-10-05", "salary_year": 48000, "employer": SECRET},
    }
    answer = client.post("/api/v1/probefall", json=body)
    assert answer.status_code == 200
    assert rows(amt) == before
    assert answer.json["einheit"]["key"] == "SG1"
    assert {"B1", "K2"} <= {item["key"] for item in answer.json["fehlend"]}
    assert SECRET not in answer.text


def test_the_api_names_every_problem(amt: Amt) -> None:
    body = {"verfahren": "P02", "tag": "2026-11-23", "angaben": {"mond": 1, "pass_bis": "nie"}}
    answer = amt.app.test_client().post("/api/v1/probefall", json=body)
    assert answer.status_code == 422
    fields = {error["field"] for error in answer.json["errors"]}
    assert fields == {"angaben.mond", "angaben.pass_bis"}


def test_the_api_describes_itself(amt: Amt) -> None:
    spec = amt.app.test_client().get("/api/v1/openapi.json").json
    assert "post" in spec["paths"]["/api/v1/probefall"]

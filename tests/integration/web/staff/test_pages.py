"""Every staff page shows what it should, in few statements, and leaves its trace in the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from click.testing import CliRunner
from sqlalchemy import Engine, event

from abh.access import chain
from abh.db import Base
from abh.web.cli import frist
from abh.web.pages.vorgang_formen import kind_of, loose_findings
from abh.workflows import registry
from abh.workflows.dossier import findings_of
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser

MOST_STATEMENTS = 12


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements of a request, without those that only begin and end."""
    seen: list[str] = []

    def count(_c: object, _cur: object, sql: str, *_rest: object) -> None:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(sql)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


def test_desk_and_case_page_need_few_statements(
    amt: Amt, clerk: Browser, staff_engine: Engine
) -> None:
    numbers = [
        amt.file(person__family_name=name).number for name in ("Okonkwo", "Sharma", "D’Souza")
    ]
    for url in (
        "/desk",
        "/vorgaenge",
        "/vorgaenge?wer=ich",
        "/suche?q=okonkwo",
        f"/vorgang/{numbers[0]}",
        "/leitung",
    ):
        browser = amt.client(LEAD) if url == "/leitung" else clerk
        with statements(staff_engine) as seen:
            browser.get(url)
        assert 0 < len(seen) <= MOST_STATEMENTS, "\n".join(seen)


# Tables that grow with the cases of the office: a page never reads one of them as a whole.
GROWING = {
    "audit_entry", "beteiligung", "blatt", "booking", "evidence", "fee", "frist", "invitation",
    "letter", "person", "post_item", "vorgang", "vorgang_link", "vorgang_step",
}  # fmt: skip


PARTIAL = {
    index.name
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is not None
}
_WHOLE_WAYS = ("seqscan", "mergejoin", "hashjoin")


def _whole_tables(plan: dict[str, Any]) -> Iterator[str]:
    name, kind = plan.get("Relation Name"), str(plan["Node Type"])
    by_index = "Index Cond" in plan or "Recheck Cond" in plan
    # An index of few rows (those that wait for something) may be read from end to end.
    whole_index = "Index" in kind and not by_index and plan.get("Index Name") not in PARTIAL
    if name in GROWING and (kind == "Seq Scan" or whole_index):
        yield f"{kind} on {name}: {plan.get('Filter')}"
    for child in plan.get("Plans", ()):
        yield from _whole_tables(child)


def test_the_case_page_reads_no_growing_table_as_a_whole(
    amt: Amt, clerk: Browser, staff_engine: Engine
) -> None:
    number = amt.file().number
    plans: list[dict[str, Any]] = []

    def explain(_c: object, cursor: Any, sql: str, values: Any, *_rest: object) -> None:
        if "SELECT" not in sql or sql.startswith("EXPLAIN"):
            return
        raw = cursor.connection.cursor()
        # with a handful of rows the planner would read them all even where there is an index
        raw.execute("".join(f"SET LOCAL enable_{way} = off;" for way in _WHOLE_WAYS))
        raw.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        plans.append(raw.fetchone()[0][0]["Plan"])
        raw.execute("".join(f"SET LOCAL enable_{way} = on;" for way in _WHOLE_WAYS))

    event.listen(staff_engine, "before_cursor_execute", explain)
    try:
        clerk.get(f"/vorgang/{number}")
    finally:
        event.remove(staff_engine, "before_cursor_execute", explain)
    assert len(plans) >= 4
    assert [whole for plan in plans for whole in _whole_tables(plan)] == []


def test_the_desk_lists_who_is_harmed_first(amt: Amt, clerk: Browser) -> None:
    late = amt.file(person__family_name="Sharma", title_until="20.12.2026").number
    soon = amt.file(person__family_name="Okonkwo", title_until="24.11.2026").number
    page = clerk.get("/vorgaenge").text
    assert page.index(soon) < page.index(late)
    assert "Titel endet morgen, 24.11.2026." in page
    assert "Titel endet in 27 Tagen, 20.12.2026." in page
    assert soon in clerk.get("/vorgaenge?stand=completeness_check").text
    assert soon not in clerk.get("/vorgaenge?stand=hearing").text
    clerk.get("/vorgaenge?nach=unsinn", 422)


def test_looking_is_recorded(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    before = amt.row("SELECT count(*) AS n FROM audit_entry WHERE is_read")["n"]
    clerk.get("/desk")
    clerk.get(f"/vorgang/{number}")
    clerk.get(f"/blatt/{amt.row('SELECT min(id) AS id FROM blatt')['id']}")
    clerk.get("/suche?q=nguyen")
    assert amt.row("SELECT count(*) AS n FROM audit_entry WHERE is_read")["n"] == before + 4


def test_the_case_page_shows_everything(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    page = clerk.get(f"/vorgang/{number}").text
    for text in (
        "Nguyễn",
        "00.05.1996",
        "48.000,00 €",
        "Vollständigkeit feststellen",
        "Noch nicht möglich",
        "Eingangsbestätigung",
        "§ 75 VwGO",
        "Rechnung",
        "Zuständigkeit bejahen",
        "arbeitsvertrag",
    ):
        assert text in page, text


def test_ids_on_the_case_page_are_unique(amt: Amt, clerk: Browser) -> None:
    page = clerk.get(f"/vorgang/{amt.file().number}").text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted(x for x in ids if ids.count(x) > 1)


def test_the_search_finds_number_name_and_birth_date(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    year, running = number.split("-")[1:]
    for query in (number, number.lower(), f"{year}-{int(running)}"):
        answer = clerk.get(f"/suche?q={query}", 303)
        assert answer.location == f"/vorgang/{number}"
    for query in ("nguyen", "tuyet nguyen", "00.05.1996"):
        assert number in clerk.get(f"/suche?q={query}").text
    assert "Nichts gefunden" in clerk.get("/suche?q=zzyzx").text


def test_evidence_is_judged_and_requirements_waived(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    paper = amt.row("SELECT id FROM evidence WHERE kind = 'krankenversicherung'")["id"]
    url, fid = f"/vorgang/{number}/nachweis/{paper}", f"nachweis-{paper}"
    version = clerk.version(number)
    clerk.post(url, {"urteil": "nein", "row_version": version}, status=422)
    typed = {"urteil": "nein", "row_version": version, f"{fid}.remark": "Das ist ein Angebot."}
    clerk.post(url, typed)
    assert "nicht anerkannt: Das ist ein Angebot." in clerk.get(f"/vorgang/{number}").text
    clerk.act(number, "absehen/B3", "absehen-B3", status=422, reason="so")
    why = "Der Vertrag beginnt erst im Januar, die Zusage der Kasse liegt vor."
    clerk.act(number, "absehen/B3", "absehen-B3", reason=why)
    assert why in clerk.get(f"/vorgang/{number}").text


def test_fees_are_paid_or_waived_with_a_norm(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    fee = amt.row("SELECT id FROM fee")["id"]
    clerk.act(number, f"gebuehr/{fee}", f"gebuehr-{fee}", status=422)
    clerk.act(number, f"gebuehr/{fee}", f"gebuehr-{fee}", waiver_norm="§ 53 AufenthV")
    assert amt.row("SELECT status FROM fee")["status"] == "waived"


def test_a_letter_is_printed_at_the_desk_of_the_clerk(amt: Amt) -> None:
    number = amt.file().number
    letter = amt.row("SELECT id FROM letter")["id"]
    nowhere = amt.client(CLERK, desk=False)
    page = nowhere.post(
        f"/brief/{letter}/drucken", {"row_version": nowhere.version(number)}, status=409
    ).text
    assert "wählen Sie zuerst Ihren Platz" in page
    clerk = amt.client(CLERK)
    clerk.post(f"/brief/{letter}/drucken", {"row_version": clerk.version(number)})
    assert amt.row("SELECT state FROM print_job")["state"] == "waiting"
    assert "wartet auf den Drucker" in clerk.get(f"/vorgang/{number}").text


def test_choosing_a_desk_of_another_unit_is_refused(amt: Amt) -> None:
    clerk = amt.client(desk=False)
    foreign = amt.row("SELECT id FROM desk WHERE unit_key <> 'SG1' LIMIT 1")["id"]
    clerk.post("/platz", {"desk": foreign}, status=403)
    mine = amt.row("SELECT id, name FROM desk WHERE unit_key = 'SG1' ORDER BY key LIMIT 1")
    clerk.post("/platz", {"desk": mine["id"]})
    assert mine["name"] in clerk.get("/desk").text


def test_the_calculator_shows_day_norm_and_arithmetic(amt: Amt, clerk: Browser) -> None:
    page = clerk.get("/frist?event=bescheid&date=23.11.2026&channel=post").text
    assert "Montag, 28.12.2026" in page
    assert "§ 188 Abs. 2 BGB" in page
    wrong = clerk.get("/frist?event=bescheid&date=31.02.2026&channel=post", 422).text
    assert 'value="31.02.2026"' in wrong


def test_the_calculator_answers_programs_alike() -> None:
    question = json.dumps({"event": "bescheid", "date": "2026-11-23", "channel": "post"})
    answer = CliRunner().invoke(frist, input=question)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["latest"]["date"] == "2026-12-28"


def test_the_lead_sees_load_clocks_chain_and_trouble(amt: Amt) -> None:
    amt.file()
    lead = amt.client(LEAD)
    page = lead.get("/leitung").text
    assert "offene Vorgänge" in page
    assert "Vollständigkeit in Prüfung" in lead.get("/leitung/vorgaenge").text
    with amt.sessions() as session, session.begin():
        chain.seal(session, now=amt.house.now(), limit=500, full=True)
    lead.post("/leitung/protokoll/pruefen", {"vorgang": ""})
    told = re.search(r"Kette ist unversehrt: (\d+) Einträge", lead.get("/leitung/protokoll").text)
    assert told
    assert int(told[1]) == amt.row("SELECT count(*) AS n FROM audit_seal")["n"] > 0


def test_failed_effects_are_tried_again(amt: Amt) -> None:
    from sqlalchemy import text

    amt.file()
    with amt.sessions() as session, session.begin():
        session.execute(text("UPDATE outbox_message SET state = 'failed', last_error = 'kaputt'"))
    admin = amt.client("technik")
    page = admin.get("/betrieb").text
    assert "kaputt" in page
    assert "ABH-2026" not in page
    message = amt.row("SELECT min(id) AS id FROM outbox_message")["id"]
    admin.post(f"/betrieb/{message}/wiederholen", {})
    row = amt.row("SELECT state, attempts FROM outbox_message WHERE id = :id", id=message)
    assert (row["state"], row["attempts"]) == ("waiting", 0)


def test_every_finding_has_a_way_to_be_typed_and_a_place() -> None:
    kinds = {"flag", "day", "text", "whole", "number", "title", "exclusion", "choice"}
    for verfahren in registry.PUBLISHED:
        beside = {key for requirement in verfahren.checklist for key in requirement.reads}
        assert beside <= set(findings_of(verfahren)), verfahren.key
        for key in (*loose_findings(verfahren), *beside):
            assert kind_of(verfahren, key) in kinds


def test_a_second_application_is_joined_on_its_page(amt: Amt, clerk: Browser) -> None:
    first, second = amt.file().number, amt.file().number
    page = clerk.get(f"/vorgang/{second}").text
    assert f'href="/vorgang/{first}"' in page
    fid, path = "zusammenfuehren", "zusammenfuehren"
    why = "Gleiche Anschrift, gleicher Pass."
    told = clerk.act(second, path, fid, status=422, leading="ABH-2026-9999999", reason=why).text
    assert why in told
    assert "Diesen Vorgang gibt es nicht." in told
    clerk.act(second, path, fid, leading=first, reason=why)
    page = clerk.get(f"/vorgang/{second}").text
    assert "abgeschlossen" in page
    assert f'href="/vorgang/{first}"' in page
    assert f"Vorgang {second} übernommen" in clerk.get(f"/vorgang/{first}").text


def test_staff_book_a_place_for_a_person_and_never_twice(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    url = f"/vorgang/{number}/termin"
    assert f'href="{url}"' in clerk.get(f"/vorgang/{number}").text
    times = re.findall(r'name="termin" value="([^"]+)"', clerk.get(url).text)
    assert len(times) > 5
    clerk.post(url, {"leistung": "biometrie_antrag"}, status=422)
    clerk.post(url, {"leistung": "biometrie_antrag", "termin": times[0]})
    again = clerk.post(url, {"leistung": "biometrie_antrag", "termin": times[1]}, status=409)
    assert "schon einen Termin" in again.text
    taken = amt.row("SELECT status, lane, vorgang_id IS NOT NULL AS tied FROM booking")
    assert dict(taken) == {"status": "booked", "lane": "einladung", "tied": True}
    advice = re.findall(
        r'name="termin" value="([^"]+)"', clerk.get(f"{url}?leistung=beratung").text
    )
    clerk.post(url, {"leistung": "beratung", "termin": advice[0]})
    clerk.get(f"{url}?leistung=unsinn", 404)


def test_the_trail_of_a_case_is_told_in_german(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    clerk.get(f"/vorgang/{number}")
    page = amt.client(LEAD).get(f"/leitung/protokoll?vorgang={number}").text
    assert "Schritt: Zuständigkeit bejahen" in page
    assert "nach: Vollständigkeit in Prüfung" in page
    assert "completeness_check" not in page


def test_a_clerk_chooses_the_letters_of_the_shortcuts(amt: Amt, clerk: Browser) -> None:
    assert 'data-go="v"' in clerk.get("/tasten").text
    refused = clerk.post("/tasten", {"go-v": "s", "mode": "alt"}, status=422).text
    assert "gehört schon zu" in refused
    clerk.post("/tasten", {"go-v": "x", "j": "w", "palette-k": "b", "mode": "alt"})
    page = clerk.get("/desk").text
    assert 'data-go="x" data-key-label="Vorgänge"' in page
    assert 'data-next-key="w"' in page and 'data-mode="alt"' in page
    assert 'data-palette-key="b"' in page
    # a row of the user: it holds in another browser, and for nobody else
    assert 'data-next-key="w"' in amt.client(CLERK).get("/desk").text
    assert 'data-next-key="j"' in amt.client(LEAD).get("/desk").text
    clerk.post("/tasten/modus", {"mode": "off"}, status=204)
    assert 'data-mode="off"' in clerk.get("/desk").text
    clerk.post("/tasten/modus", {"mode": "laut"}, status=422)
    clerk.post("/tasten", {"zurueck": "1"})
    page = clerk.get("/desk").text
    assert 'data-go="v" data-key-label="Vorgänge"' in page and 'data-mode="on"' in page

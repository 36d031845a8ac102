"""The commands of the documents room."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from abh.documents.cli import QuestionSchema, brief, commands, zeichnung
from abh.documents.render import TEMPLATES
from abh.documents.zeichnung_types import SigningFacts
from abh.kernel.errors import InvalidInput, RenderRefused
from tests.unit.documents.factories import ROOT

CONFIG = str(ROOT / "config" / "zeichnung.yaml")
QUESTION = {
    "stichtag": "2026-11-20",
    "letter_key": "N08",
    "outcome": "blaue_karte",
    "channel": "post",
    "preparer_id": "neu",
    "preparer_in_training": True,
    "signer_id": "brandt",
    "signer_rank": "SB",
    "signer_unit": "SG1",
    "case_unit": "SG1",
    "mandate": {"valid_from": "2026-01-01"},
}


def _run(*args: str) -> Result:
    return CliRunner().invoke(zeichnung, [*args, "--config", CONFIG])


def _ask(tmp_path: Path, **changes: Any) -> Result:
    path = tmp_path / "frage.json"
    path.write_text(json.dumps({**QUESTION, **changes}), encoding="utf-8")
    return _run("frage", str(path))


def test_the_group_is_offered_to_the_command_line() -> None:
    assert [c.name for c in commands] == ["zeichnung", "brief", "siegel", "akte"]


def test_pruefen_proves_the_products_table() -> None:
    result = _run("pruefen")
    assert (result.exit_code, "kein Fehler" in result.output) == (0, True)


def test_pruefen_lists_faults_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "zeichnung.yaml"
    text = Path(CONFIG).read_text("utf-8").replace('ueber: "500.00"', 'ueber: "600.00"')
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(zeichnung, ["pruefen", "--config", str(path)])
    assert result.exit_code == 1
    assert "N11 „gebuehrenbescheid“ 500.01 EUR: keine Regel." in result.output


def test_frage_answers_with_the_permission(tmp_path: Path) -> None:
    result = _ask(tmp_path)
    answer = json.loads(result.output)
    assert result.exit_code == 0
    assert (answer["erlaubt"], answer["rule_id"], answer["suffix"]) == (True, "R05a", "Im Auftrag")


def test_frage_answers_with_all_reasons(tmp_path: Path) -> None:
    result = _ask(tmp_path, signer_id="neu", signer_in_training=True, channel="pzu")
    answer = json.loads(result.output)
    assert result.exit_code == 1
    assert {g["key"] for g in answer["gruende"]} == {
        "einarbeitung",
        "vier_augen",
        "weg_nicht_zugelassen",
    }


@pytest.mark.parametrize("change", [{"stichtag": "morgen"}, {"unbekannt": 1}, {"channel": "taube"}])
def test_an_unreadable_question_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    result = _ask(tmp_path, **change)
    assert result.exit_code == 1
    assert "Die Frage ist nicht lesbar" in result.output


def test_a_day_without_rules_is_an_error(tmp_path: Path) -> None:
    result = _ask(tmp_path, stichtag="2020-01-01")
    assert result.exit_code == 1
    assert "Zeichnungsordnung am 01.01.2020" in result.output


def _preview(tmp_path: Path, *args: str) -> Result:
    office = str(ROOT / "config" / "office" / "duesseldorf.yaml")
    target = str(tmp_path / "muster.pdf")
    day = ["--tag", "2026-11-20", "--nach", target, "--amt", office, "--config", CONFIG]
    return CliRunner().invoke(brief, ["vorschau", *args, *day])


def test_vorschau_writes_the_letter_from_sample_data(tmp_path: Path) -> None:
    result = _preview(tmp_path, "N13", "--ausgang", "abschiebungsandrohung")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "muster.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_vorschau_names_a_glyph_that_is_missing_and_a_field_that_is_wrong(tmp_path: Path) -> None:
    fields = tmp_path / "felder.json"
    fields.write_text(json.dumps({"application": "☃", "opening": ["x"]}), "utf-8")
    result = _preview(tmp_path, "N26", "--daten", str(fields))
    assert result.exit_code == 1
    assert "U+2603" in result.output
    fields.write_text(json.dumps({"opening": ["x"]}), "utf-8")
    result = _preview(tmp_path, "N26", "--daten", str(fields))
    assert isinstance(result.exception, InvalidInput)
    assert [p.field for p in result.exception.problems] == ["application"]


def test_vorschau_names_a_field_that_the_own_template_misses(tmp_path: Path) -> None:
    folder = tmp_path / "vorlagen"
    folder.mkdir()
    (folder / "plain.html.j2").write_text("{{ f.kostenstelle }}", "utf-8")
    result = _preview(tmp_path, "N26", "--vorlagen", str(folder))
    assert isinstance(result.exception, RenderRefused)
    assert "kostenstelle" in str(result.exception)


def test_vorschau_draws_no_prescribed_form(tmp_path: Path) -> None:
    result = _preview(tmp_path, "N20")
    assert isinstance(result.exception, RenderRefused)
    assert not (tmp_path / "muster.pdf").exists()


def test_vorschau_names_an_address_that_overflows_its_window(tmp_path: Path) -> None:
    long = "Wolfeschlegelsteinhausenbergerdorff " * 2
    lines = [part for line in (long, *"12345678") for part in ("--anschrift", line)]
    done = _preview(tmp_path, "N02", *lines)
    assert done.exit_code == 1
    assert "ins Fenster passen 6" in done.output
    assert "mm breit" in done.output


def _own_templates(tmp_path: Path, file: str, more: str) -> str:
    own = tmp_path / "vorlagen"
    shutil.copytree(TEMPLATES, own)
    with (own / file).open("a", encoding="utf-8") as copy:
        copy.write(more)
    return str(own)


def test_vorschau_names_text_of_an_own_template_that_runs_over_the_edge(tmp_path: Path) -> None:
    own = _own_templates(tmp_path, "letter.css", "main p { white-space: nowrap; }")
    done = _preview(tmp_path, "N02", "--vorlagen", own)
    assert done.exit_code == 1
    assert "ragt über den Rand: Seite 1" in done.output


def test_vorschau_sets_an_own_style_sheet_beside_the_templates(tmp_path: Path) -> None:
    own = _own_templates(tmp_path, "letter.css", ".remedy { break-before: page; }")
    done = _preview(tmp_path, "N12", "--vorlagen", own)
    with_break = _pages(done)
    assert with_break == _pages(_preview(tmp_path, "N12")) + 1


def _pages(done: Result) -> int:
    found = re.search(r"(\d+) Seite", done.output)
    assert found, done.output
    return int(found[1])


def test_the_question_file_knows_every_fact_that_the_table_looks_at() -> None:
    facts = {field.name for field in dataclasses.fields(SigningFacts)}
    assert facts - set(QuestionSchema().fields) == set()


_N12 = {
    "letter_key": "N12", "outcome": "", "channel": "pzu", "signer_rank": "SGL",
    "preparer_in_training": False,
}  # fmt: skip
# Each refusal of the signature rules with a question that meets it.
REFUSED: dict[str, dict[str, Any]] = {
    "zeichner_fehlt": {"signer_id": ""},
    "einarbeitung": {"signer_in_training": True},
    "rang_zu_niedrig": {**_N12, "signer_rank": "SB"},
    "befugnis_fehlt": {"mandate": None},
    "befugnis_abgelaufen": {"mandate": {"valid_from": "2025-01-01", "until": "2025-12-31"}},
    "betrag_zu_hoch": {
        "letter_key": "N11",
        "outcome": "gebuehrenbescheid",
        "amount": "400.00",
        "mandate": {"valid_from": "2026-01-01", "max_amount": "100.00"},
    },
    "vier_augen": {**_N12, "preparer_id": "brandt"},
    "ausgeschlossen": {"signer_excluded": True},
    "falsches_sachgebiet": {"signer_unit": "SG3"},
    "falscher_zusatz": {"suffix": "In Vertretung"},
    "weg_nicht_zugelassen": {"channel": "bebpo"},
    "portal_ohne_einwilligung": {"channel": "portal"},
    "demail_ohne_zugang": {"channel": "demail"},
    "portal_ohne_qes": {**_N12, "channel": "portal"},
    "demail_ohne_qes": {**_N12, "channel": "demail"},
    "siegelnummer_fehlt": {"letter_key": "N05", "outcome": "", "channel": "schalter"},
    "siegel_nicht_zugelassen": {"seal_wanted": True},
    "automatisch_mit_handtext": {"letter_key": "N01", "outcome": "", "manual_text": True},
    "vordruck_als_pdf": {"letter_key": "N05", "outcome": "", "channel": "schalter"},
    "begruendung_fehlt": {**_N12, "has_reasons": False},
    "mitzeichnung_fehlt": {"letter_key": "ausweisung", "outcome": "", "channel": "pzu"},
    "mitzeichner_zeichnet": {"cosigner_ids": ["brandt"]},
    "falsche_belehrung": {"remedy": "klage_1_monat"},
    "unterschrift_als_bild": {"signature_image": True},
    "nach_zeichnung_geaendert": {"content_hash": "a", "signed_hashes": ["b"]},
    "regel_fehlt": {"outcome": "unbekannt"},
    "betrag_fehlt": {"letter_key": "leistungsbescheid", "outcome": ""},
}


@pytest.mark.parametrize("key", REFUSED)
def test_frage_names_each_refusal_of_the_rules(tmp_path: Path, key: str) -> None:
    changes = REFUSED[key]
    path = tmp_path / "frage.json"
    asked = {**QUESTION, **changes}
    path.write_text(json.dumps({k: v for k, v in asked.items() if v is not None}), "utf-8")
    result = _run("frage", str(path))
    assert result.exit_code == 1, result.output
    assert key in {reason["key"] for reason in json.loads(result.output)["gruende"]}


def test_no_refusal_of_the_rules_is_left_out_of_the_questions() -> None:
    path = ROOT / "abh" / "documents" / "zeichnung_refusals.py"
    final = path.read_text("utf-8").split("def cosign_refusals")[0]
    written = set()
    for call in ast.walk(ast.parse(final)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Reason":
            named = [k.value for k in call.keywords if k.arg == "key"]
            written |= {
                node.value for node in (*named, *call.args[2:]) if isinstance(node, ast.Constant)
            }
    assert len(written) > 20
    assert written - set(REFUSED) == set()

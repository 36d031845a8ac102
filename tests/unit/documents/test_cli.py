"""The commands of the documents room."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from abh.documents.cli import brief, commands, zeichnung
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

"""One door to the state library; everything else in the room is pure."""

import ast
from pathlib import Path

import abh.workflows

ROOM = Path(abh.workflows.__file__).parent
FRAMEWORKS = {
    "flask",
    "sqlalchemy",
    "marshmallow",
    "transitions",
    "apscheduler",
    "weasyprint",
    "psycopg",
}
WITH_DATABASE = {
    "abschrift.py",
    "aenderung.py",
    "akteneinblick.py",
    "aktenordnung.py",
    "aktensuche.py",
    "anfragen.py",
    "anschrift.py",
    "aufbewahrung.py",
    "blattvernichtung.py",
    "cli.py",
    "cli_kampagne.py",
    "decision.py",
    "drafts.py",
    "effects.py",
    "einarbeitung.py",
    "eingang.py",
    "einzug.py",
    "erledigung.py",
    "familienentscheidung.py",
    "feier.py",
    "intake.py",
    "jobs.py",
    "kampagne.py",
    "kosten.py",
    "leitungslisten.py",
    "loeschlauf.py",
    "loeschung.py",
    "nachweise.py",
    "papiere.py",
    "planung.py",
    "postausgang.py",
    "repository.py",
    "rueckgabe.py",
    "ruecklauf.py",
    "ruecknahme.py",
    "sammeluebergabe.py",
    "schemas.py",
    "schriftsatz.py",
    "service.py",
    "steps.py",
    "tables.py",
    "tables_lauf.py",
    "tables_zugang.py",
    "tablet.py",
    "termine.py",
    "titelvorgang.py",
    "todesfall.py",
    "uebergaben.py",
    "ueberleitung.py",
    "uhrablauf.py",
    "uhren.py",
    "uhrwerk.py",
    "unterschrift.py",
    "verbund.py",
    "vermerke.py",
    "versand.py",
    "vordruck.py",
    "wirkung.py",
    "zeilen.py",
    "zugangscode.py",
    "zusammenfuehrung.py",
    "zustellung.py",
}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_machine_imports_transitions():
    users = {f.name for f in ROOM.rglob("*.py") if "transitions" in imported(f)}
    assert users == {"machine.py"}


def test_rules_import_no_framework():
    for file in (*ROOM.glob("guards/*.py"), *ROOM.glob("verfahren/*.py"), *ROOM.glob("*.py")):
        if file.name not in WITH_DATABASE | {"machine.py"}:
            assert not imported(file) & FRAMEWORKS, file.name

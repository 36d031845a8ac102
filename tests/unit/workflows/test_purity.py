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
PURE = """
    beteiligung check checklist definition describe dossier facts fiktion fiktion_worte harm
    powers recht registry scenario_facts scenarios
"""


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
    named = [ROOM / f"{name}.py" for name in PURE.split()]
    for file in (*ROOM.glob("guards/*.py"), *ROOM.glob("verfahren/*.py"), *named):
        assert not imported(file) & FRAMEWORKS, file.name

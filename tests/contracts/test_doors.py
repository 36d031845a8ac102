"""One door per library: each of these is imported by one room or module only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from abh.settings import ROOT

DOORS = {
    "transitions": {"abh/workflows/machine.py"},
    "apscheduler": {"abh/scheduler.py"},
    "weasyprint": {"abh/documents/layout.py"},
    "pyipp": {"abh/documents", "abh/outbox"},
    "pyhanko": {"abh/documents/siegel.py"},
    "zxingcpp": {"abh/documents/codes.py", "abh/documents/stapel_probe.py", "abh/web/qr.py"},
    "alembic": {"abh/migrate.py"},
}


def _importers(library: str) -> set[str]:
    found = set()
    for path in (ROOT / "abh").rglob("*.py"):
        source = path.read_text("utf-8")
        if library not in source:
            continue  # whoever imports it names it; parsing all modules takes seconds
        for node in ast.walk(ast.parse(source)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if any(name.split(".")[0] == library for name in names):
                found.add(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("library", DOORS)
def test_library_is_imported_behind_its_door_only(library: str) -> None:
    doors = DOORS[library]
    strangers = {
        path
        for path in _importers(library)
        if path not in doors and not any(Path(door) in Path(path).parents for door in doors)
    }
    assert strangers == set()

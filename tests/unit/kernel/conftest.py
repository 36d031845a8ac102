"""The real dated values of the office, read once for all kernel tests."""

from pathlib import Path
from typing import Any

import pytest

from abh.configfiles import load_yaml_file
from abh.kernel.rechtsstand import Rechtsstand

FOLDER = Path(__file__).parents[3] / "config" / "rechtsstand"


def load_tables() -> dict[str, Any]:
    """Return every file of the folder, parsed, under its file name."""
    return {path.name: load_yaml_file(path) for path in FOLDER.glob("*.yaml")}


@pytest.fixture(scope="session")
def recht() -> Rechtsstand:
    return Rechtsstand(load_tables())

"""The ordinary case of a Verfahren as its scenario files give it, for measuring rules in memory."""

from __future__ import annotations

from pathlib import Path

from abh.configfiles import load_yaml_file
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT
from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts
from abh.workflows.scenario_facts import facts_from

FOLDER = ROOT / "tests" / "verfahren"


def facts_of(verfahren: Verfahren, law: Rechtsstand, folder: Path = FOLDER) -> Facts:
    """Return the facts of the Grundfall; raises ``FileNotFoundError`` where there is none."""
    path = folder / verfahren.key.lower() / "grundfall.yaml"
    words = load_yaml_file(path)["angaben"]
    return facts_from(words, path.name, verfahren, law)

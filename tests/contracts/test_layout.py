"""House rules about the whole tree that no linter knows."""

from __future__ import annotations

import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from abh.settings import ROOT

WITHOUT_LAYER = {"abh.__init__"}
HASHED = re.compile(r"--hash=sha256:[0-9a-f]{64}")
HOSTS = re.compile(r"https?://[^\s\"'<>)]*(?:pypi|pythonhosted|npmjs|nexus|artifactory)", re.I)


def tracked_files() -> list[Path]:
    """Return the files that a clone holds."""
    out = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def _layers() -> set[str]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    text = config["importlinter:contract:rooms"]["layers"]
    return set(re.findall(r"abh\.\w+", text))


def test_every_module_and_room_has_its_layer() -> None:
    modules = {f"abh.{path.stem}" for path in (ROOT / "abh").glob("*.py")}
    rooms = {f"abh.{path.parent.name}" for path in (ROOT / "abh").glob("*/__init__.py")}
    assert (modules | rooms) - _layers() - WITHOUT_LAYER == set()


def test_migrations_folder_is_no_package() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()  # it would shadow the library


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 50
    assert [entry for entry in entries if "==" not in entry or not HASHED.search(entry)] == []


def test_run_and_dev_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        return set(re.findall(r"^([a-z0-9.-]+==\S+)", text, re.M))

    assert pins("run") - pins("dev") == set()


def test_no_tracked_file_names_a_package_registry() -> None:
    found = []
    for path in tracked_files():
        if path.suffix in {".png", ".jpg", ".pdf", ".woff2", ".mo"} or path == Path(__file__):
            continue
        if HOSTS.search(path.read_text("utf-8", "replace")):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_no_module_outgrows_five_hundred_lines() -> None:
    sizes = {
        path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "abh").rglob("*.py")
    }
    assert {str(path): size for path, size in sizes.items() if size > 500} == {}


def test_every_module_opens_with_its_job() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "abh").rglob("*.py")
        if not path.read_text("utf-8").lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []

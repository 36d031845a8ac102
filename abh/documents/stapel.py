"""Scanned stacks: what is on their pages, cutting them into letters, reading their writing.

Everything that opens a file of strangers runs in a process of its own with limits.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from abh.documents.textschicht import clean
from abh.kernel.errors import UploadRefused

_PROBE = Path(__file__).with_name("stapel_probe.py")
_OCR_PROBE = Path(__file__).with_name("ocr_probe.py")
MOST_PAGES = 1_000
_LIMITS: Mapping[str, int] = {
    "memory": 1536 * 1024 * 1024,
    "seconds": 300,
    "characters": 200_000,
    "pages": MOST_PAGES,
}
# Tesseract starts threads with stacks of their own; a page takes some seconds.
_OCR_LIMITS: Mapping[str, int] = {"memory": 3 * 1024 * 1024 * 1024, "seconds": 600}
_OCR_TIMEOUT = 900
_LANGUAGES = ("deu", "eng")


@dataclass(frozen=True, slots=True)
class Code:
    """A DataMatrix with the degrees by which it lies turned."""

    text: str
    turned: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What is on a page; ``torn``: a code is there that cannot be read."""

    codes: tuple[Code, ...] = ()
    torn: bool = False
    blank: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """A scanned file: ``kind`` is pdf, tiff or "" for what cannot be opened; ``fault`` says why."""

    kind: str
    pages: tuple[Page, ...]
    fault: str = ""


def look_through(path: Path) -> Stack:
    """Return what is on the pages of a PDF or TIFF; a file that kills the probe is ``zu_komplex``.

    Takes about a tenth of a second a page.
    """
    raw = _run([json.dumps(_LIMITS), str(path)])
    if raw is None:
        return Stack("", (), "zu_komplex")
    pages = tuple(
        Page(
            tuple(Code(str(code["text"]), int(code["turned"])) for code in page["codes"]),
            bool(page["torn"]),
            bool(page["blank"]),
            # PDFs name letters that no text can hold.
            clean(str(page["text"]).encode("utf-8", "replace").decode("utf-8")),
        )
        for page in raw["pages"]
    )
    return Stack(str(raw["kind"]), pages, str(raw["fault"]))


def cut(path: Path, cuts: Sequence[Sequence[tuple[int, int]]]) -> list[bytes]:
    """Return one PDF a cut; a cut is pages (from 0) with the degrees to turn them by.

    The same file and cuts give the same bytes. Raises ``UploadRefused`` when it cannot be cut.
    """
    with tempfile.TemporaryDirectory(prefix="abh-stapel-") as name:
        words = json.dumps([[list(page) for page in one] for one in cuts]).encode("ascii")
        raw = _run([json.dumps(_LIMITS), str(path), name], words)
        if raw is None or raw.get("pieces") != len(cuts):
            raise UploadRefused("Der Stapel lässt sich nicht in einzelne Briefe zerlegen.")
        return [(Path(name) / f"{number}.pdf").read_bytes() for number in range(len(cuts))]


@cache
def can_read_writing() -> bool:
    """Whether ``ocrmypdf`` and Tesseract are on this machine; looked up once a process."""
    return shutil.which("ocrmypdf") is not None and shutil.which("tesseract") is not None


def read_writing(data: bytes) -> str:
    """Return the writing on a scanned PDF or picture by ``ocrmypdf``, "" where none can be read.

    A page takes seconds. The original is not touched; pages that lie on a side are turned for
    reading only.
    """
    if not can_read_writing():
        return ""
    with tempfile.TemporaryDirectory(prefix="abh-ocr-") as name:
        source, target = Path(name) / "ein", Path(name) / "aus.txt"
        source.write_bytes(data)
        command = [
            sys.executable, "-I", str(_OCR_PROBE), json.dumps(_OCR_LIMITS),
            "ocrmypdf", "--quiet", "--skip-text", "--jobs", "1",
            "--rotate-pages", "--rotate-pages-threshold", "1",
            "--language", "+".join(_LANGUAGES), "--output-type", "none", "--image-dpi", "200",
            "--tesseract-timeout", "120", "--max-image-mpixels", "100",
            "--sidecar", str(target), str(source), "-",
        ]  # fmt: skip
        environment = {"PATH": os.environ.get("PATH", ""), "TMPDIR": name, "OMP_THREAD_LIMIT": "1"}
        _patient(command, environment)
        try:
            return clean(target.read_text("utf-8", "replace"))
        except OSError:
            return ""


def _run(arguments: Sequence[str], data: bytes = b"") -> dict[str, Any] | None:
    command = [sys.executable, "-I", str(_PROBE), *arguments]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=_LIMITS["seconds"] * 2,
            env={},
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return None
    return answer


def _patient(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a program that starts others; all of them end when its time is over."""
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(_OCR_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

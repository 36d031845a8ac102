"""The checked translations of sentences of notices (``config/uebersetzungen.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from abh.configfiles import load_yaml_file
from abh.settings import ROOT

KEY = "uebersetzung"
FILE = ROOT / "config" / "uebersetzungen.yaml"
# Written from right to left.
RIGHT_TO_LEFT = frozenset({"ar", "fa"})
_LEFT_TO_RIGHT = "\u200e"
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
    "Oktober", "November", "Dezember",
)  # fmt: skip
_DAY = re.compile(rf"(\d{{1,2}})\.\s({'|'.join(MONTHS)})\s(\d{{4}})")
_PLACE = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Phrasebook:
    """The checked sentences: languages, fixed words, patterns of decisions and of remedies."""

    languages: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    sentences: Sequence[Mapping[str, str]]
    remedies: Mapping[str, Mapping[str, str]]

    def translate(self, german: str, lang: str) -> str:
        """Return ``german`` in ``lang``; "" for a sentence that nobody has checked."""
        for row in (*self.sentences, *self.remedies.values()):
            found = _pattern(row["de"]).fullmatch(_flat(german))
            if found is not None:
                return row[lang].format_map(_placed(found.groupdict(), lang))
        return ""


@cache
def phrasebook(path: Path = FILE) -> Phrasebook:
    """Return the checked translations; raises ``ConfigurationError`` for an unreadable file."""
    raw = load_yaml_file(path)
    return Phrasebook(raw["sprachen"], raw["worte"], raw["saetze"], raw["rechtsbehelfe"])


def words_in(lang: str) -> dict[str, str]:
    """Return the fixed words of the annex in ``lang``, for the template."""
    return {key: words[lang] for key, words in phrasebook().words.items()}


def direction_of(lang: str) -> str:
    """Return ``rtl`` for languages written from right to left."""
    return "rtl" if lang in RIGHT_TO_LEFT else "ltr"


def _placed(facts: Mapping[str, str], lang: str) -> Mapping[str, str]:
    # A date in a line from right to left would else fall into pieces.
    mark = _LEFT_TO_RIGHT if lang in RIGHT_TO_LEFT else ""
    return {name: f"{mark}{_DAY.sub(_in_digits, value)}{mark}" for name, value in facts.items()}


def _in_digits(day: re.Match[str]) -> str:
    """Return ``11.01.2027`` for ``11. Januar 2027``: who needs this page cannot read "Januar"."""
    return f"{int(day[1]):02d}.{MONTHS.index(day[2]) + 1:02d}.{day[3]}"


@cache
def _pattern(german: str) -> re.Pattern[str]:
    parts: list[Any] = _PLACE.split(_flat(german))
    pieces = [
        re.escape(part) if n % 2 == 0 else f"(?P<{part}>.{{1,300}}?)"
        for n, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))


def _flat(text: str) -> str:
    return " ".join(text.split())

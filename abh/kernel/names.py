"""Names of natural persons by DIN 91379 (data type A): normalise, check, search forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from abh.kernel.errors import FieldProblem, InvalidInput

# Latin letters of the standard as ranges of code points (hexadecimal).
_LETTER_RANGES = """
41-5A 61-7A C0-D6 D8-F6 F8-17E 187-188 18F 197 1A0-1A1 1AF-1B0 1B7 1CD-1DC 1DE-1DF 1E2-1F0
1F4-1F5 1F8-1FF 212-213 218-21B 21E-21F 227-233 259 268 292 1E02-1E03 1E06-1E07 1E0A-1E11 1E17
1E1C-1E2B 1E2F-1E37 1E3A-1E3B 1E40-1E49 1E52-1E5B 1E5E-1E63 1E6A-1E6F 1E80-1E87 1E8C-1E97 1E9E
1EA0-1EF9
"""
# Combining marks the standard knows only with certain letters; the letters stand behind the mark.
_MARKED = {
    "\u0300": "CFGKMPSTZcfgkmpstz",
    "\u0301": "JjÿĪī",
    "\u0302": "DKLMNdklmn",
    "\u0304": "CFHKNPSTZcfhknpstzÛûḲḳṢṣṬṭỤụ",
    "\u0306": "CMNRZcmnrzÇç",
    "\u0307": "KUku",
    "\u0308": "CTZczẠạỌọỤụ",
    "\u030b": "Aa",
    "\u030c": "J",
    "\u030d": "ēō",
    "\u0310": "Mm",
    "\u0315": "CKPTckptČč",
    "\u031b": "KTkt",
    "\u031b\u0304": "Ss",
    "\u0323": "CPcpČč",
    "\u0325": "LRlr",
    "\u0325\u0304": "LRlr",
    "\u0326": "CHKLNchklnŽž",
    "\u0327": "ZzŽž",
    "\u0328\u0306": "Cc",
    "\u0331": "HSs",
}
_TIED = frozenset({"K\u035fH", "K\u035fh", "k\u035fh"})
_SIGNS = frozenset(" ',-.`~¨´·ʹʺʾʿˈˌ’‡")
_SPACES = re.compile(r"[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_MAX_PROBLEMS = 5

# Letters that no decomposition brings to ASCII (ICAO 9303 part 3 and its extension by the KoSIT).
_TRANSLITERATED = {
    "Æ": "AE", "Œ": "OE", "Ø": "OE", "Þ": "TH", "ß": "SS", "ẞ": "SS", "Ĳ": "IJ", "Ð": "D",
    "Đ": "D", "Ħ": "H", "ı": "I", "ĸ": "K", "Ŀ": "L", "Ł": "L", "ŉ": "N", "Ŋ": "N", "Ŧ": "T",
    "Ƈ": "C", "Ə": "E", "Ɨ": "I", "Ʒ": "Z", "Ǥ": "G",
}  # fmt: skip
# Where what people type without the sign is shorter than the transliteration.
_BARE = {"Ø": "O"}
_UMLAUT, _RING = "\u0308", "\u030a"
_SEPARATORS = frozenset("-,./;:_&+‐‑‒–—")


def _letters() -> frozenset[str]:
    found: set[str] = set()
    for span in _LETTER_RANGES.split():
        first, _, last = span.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


_LETTERS = _letters()


def letters() -> frozenset[str]:
    """Return all 649 Latin letters and sequences of DIN 91379, composed (NFC)."""
    marked = {
        unicodedata.normalize("NFC", letter + mark)
        for mark, bearers in _MARKED.items()
        for letter in bearers
    }
    return _LETTERS | marked | _TIED


def normalise(text: str) -> str:
    """Return ``text`` in NFC, without outer spaces and with every run of spaces as one.

    Nothing else is changed: signs and letters that do not belong into a name are left for
    ``check`` to refuse, because silently mending a name would falsify it.
    """
    composed = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", composed).strip(" "))


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each letter with its marks and its position; two letters tied by a mark are one."""
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        if text[end - 1] == "\u035f" and end > at + 1:
            end = min(end + 1, len(text))
        yield at, text[at:end]
        at = end


def _is_legal(cluster: str) -> bool:
    if len(cluster) == 1:
        return cluster in _LETTERS or cluster in _SIGNS
    return cluster in _TIED or cluster[0] in _MARKED.get(cluster[1:], "")


def _describe(cluster: str) -> str:
    # A letter may carry any number of marks; four signs are enough to recognise it.
    cluster = cluster[:4]
    points = " ".join(f"U+{ord(sign):04X}" for sign in cluster)
    shown = f"„{cluster}“ " if cluster.isprintable() else ""
    return f"{shown}({points})"


def check(text: str, field: str = "name") -> tuple[FieldProblem, ...]:
    """Return what is wrong with a name, at most five problems, none for a legal or empty one.

    Positions count from 1 in the normalised text. Leading hyphens and apostrophes are legal;
    digits, other scripts, NUL and control characters are not.
    """
    problems = []
    for at, cluster in _clusters(normalise(text)):
        if _is_legal(cluster):
            continue
        message = (
            f"Zeichen {at + 1} {_describe(cluster)} ist in Namen nicht zulässig (DIN 91379); "
            "bitte in lateinischer Schrift wie in der maschinenlesbaren Zone des Passes"
        )
        problems.append(FieldProblem(field, message))
        if len(problems) == _MAX_PROBLEMS:
            break
    return tuple(problems)


def checked(text: str, field: str = "name") -> str:
    """Return the normalised name; raises ``InvalidInput`` with every problem of ``check``."""
    problems = check(text, field)
    if problems:
        raise InvalidInput(problems)
    return normalise(text)


def _search_letter(base: str, marks: str) -> str:
    upper = base.upper()
    if upper in "AOU" and _UMLAUT in marks:
        return upper + "E"
    if upper == "A" and _RING in marks:
        return "AA"
    return _TRANSLITERATED.get(base) or _TRANSLITERATED.get(upper) or _base_letter(base)


def _plain_letter(base: str, _marks: str) -> str:
    upper = base.upper()
    return (
        _BARE.get(upper)
        or _TRANSLITERATED.get(base)
        or _TRANSLITERATED.get(upper)
        or _base_letter(base)
    )


def _base_letter(base: str) -> str:
    upper = base.upper()
    if upper.isascii() and upper.isalnum():
        return upper
    plain = unicodedata.normalize("NFKD", base).upper()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())


def search_form(text: str) -> str:
    """Return the form under which a name is found: capital A-Z, digits and single spaces only.

    Umlauts and the like follow ICAO 9303 ("Müller-Şahin" is "MUELLER SAHIN"); apostrophes vanish,
    hyphens and commas separate. Any text is accepted, also one that ``check`` refuses.
    """
    return _latin(text, _search_letter)


def plain_form(text: str) -> str:
    """Return the search form of one who leaves the marks away: "Müller-Şahin" is "MULLER SAHIN".

    The same signs and the same words in the same order as in ``search_form``.
    """
    return _latin(text, _plain_letter)


def _latin(text: str, letter: Callable[[str, str], str]) -> str:
    words: list[str] = []
    for _, cluster in _clusters(unicodedata.normalize("NFD", text)):
        marks = "".join(sign for sign in cluster if unicodedata.combining(sign))
        for base in cluster:
            if unicodedata.combining(base):
                continue
            separates = base in _SEPARATORS or base.isspace()
            words.append(" " if separates else letter(base, marks))
    return " ".join("".join(words).split())


def full_name(given: str | None, family: str | None) -> str:
    """Return "given family"; one part may be missing, as in many countries.

    Raises ``InvalidInput`` if both are missing.
    """
    parts = [part for part in (normalise(given or ""), normalise(family or "")) if part]
    if not parts:
        raise InvalidInput([FieldProblem("family_name", "Vorname oder Familienname angeben")])
    return " ".join(parts)

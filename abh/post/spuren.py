"""What a text says about its sender: quoted case number, date of birth, days to be kept.

Pure. What is found is a trace, not a proof: it takes two that agree (``match``) to open a file.
"""

from __future__ import annotations

import re
from datetime import date

from abh.kernel.birthdate import parse_birth_date
from abh.kernel.errors import InvalidInput

MOST_TEXT = 20_000
# As we print it, and as people and OCR copy it: blanks, other dashes, leading zeros lost.
_NUMBER = re.compile(r"\bA\s?B\s?H\s*[-‐–—. ]\s*(20\d\d)\s*[-‐–—. /]\s*(\d{1,7})\b", re.IGNORECASE)
_BIRTH = re.compile(
    r"\b(?:geb(?:oren|\.|urtsdatum)?|birth|born|doğum|né[e]?)\b[^0-9\n]{0,25}"
    r"(\d{1,2}\.\s?\d{1,2}\.\s?\d{4})",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:bis(?:\s+(?:zum|spätestens))?|spätestens(?:\s+(?:am|bis(?:\s+zum)?))?)\s+"
    r"(\d{1,2})\.\s?(\d{1,2})\.\s?(20\d\d)\b",
    re.IGNORECASE,
)


def numbers(text: str) -> list[str]:
    """Return the case numbers that a text quotes, each once, in order, as the house writes them."""
    found = [f"ABH-{year}-{int(no):07d}" for year, no in _NUMBER.findall(text[:MOST_TEXT])]
    return list(dict.fromkeys(found))


def birth(text: str) -> str:
    """Return the one date of birth that a text names, in the stored form; "" for none or several:
    a letter about a family names many."""
    found = set()
    for typed in _BIRTH.findall(text[:MOST_TEXT]):
        try:
            found.add(parse_birth_date(typed.replace(" ", "")).stored())
        except InvalidInput:
            continue
    return found.pop() if len(found) == 1 else ""


def until(text: str, received_on: date) -> date | None:
    """Return the first day that a text sets as an end, None when it sets none after receipt."""
    days = []
    for day, month, year in _UNTIL.findall(text[:MOST_TEXT]):
        try:
            one = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if one >= received_on and (one - received_on).days <= 366:
            days.append(one)
    return min(days, default=None)

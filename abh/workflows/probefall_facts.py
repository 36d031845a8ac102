"""From the words of a what-if (JSON, form) to ``Facts``; everything unreadable is named at once.

The words are those of the scenario files; the keys of the API (the fields of ``Facts``) and the
keys of the declared facts of the Verfahren are understood as well.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.angaben import MOST, within_days
from abh.workflows.beteiligung import PART_KINDS, PART_LABELS
from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts, PartialDate
from abh.workflows.scenario_facts import WORDS, facts_from
from abh.workflows.widerspruch import contradictions, receipt_contradictions

# Said by the question itself, or nobody's to say: the law comes from the Rechtsstand.
RESERVED = frozenset({"stichtag", "heute", "rechtsstand"})
# Fields of an application that are called otherwise in ``Facts``.
_WORDS_OF_CASE = {"birth_date": "geburt", "entry_on": "einreise_am"}
_WORD_OF_FIELD: Mapping[str, str] = {target: word for word, (target, _) in WORDS.items()}
MOST_WORDS = 300
_STANDS = ("läuft", "steht", "abgelaufen", "beendet")


@dataclass(frozen=True, slots=True)
class Given:
    """The facts of a what-if: the words as understood and the ``Facts`` the rules see."""

    words: Mapping[str, Any]
    facts: Facts


def given_facts(
    raw: Mapping[str, Any], verfahren: Verfahren, tag: date, law: Rechtsstand, path: str = "angaben"
) -> Given:
    """Return the facts of ``raw`` on the day ``tag``, which is today and Stichtag.

    Raises ``InvalidInput`` with every unknown word, unreadable value and contradiction at once;
    ``path`` leads the field names. Values themselves are never repeated in the message.
    """
    if len(raw) > MOST_WORDS:
        raise InvalidInput([FieldProblem(path, f"Höchstens {MOST_WORDS} Angaben.")])
    words: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for key, value in raw.items():
        if value is None:
            continue
        try:
            word, read = _one(str(key), value, verfahren)
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            problems.append(FieldProblem(f"{path}.{key}", _said(error)))
            continue
        if word in words:
            problems.append(FieldProblem(f"{path}.{key}", "Diese Angabe steht zweimal da."))
        words[word] = read
    unknown = sorted(set(words.get("nachweise", ())) - set(verfahren.evidence_labels))
    if unknown:
        known = ", ".join(sorted(verfahren.evidence_labels))
        problems.append(FieldProblem(f"{path}.nachweise", f"{verfahren.key} kennt: {known}"))
    if problems:
        raise InvalidInput(problems)
    facts = facts_from({**words, "stichtag": tag, "heute": tag}, "Probefall", verfahren, law)
    against = {f"{path}.{p.field}": p.message for p in _against(words, verfahren, facts)}
    if against:
        raise InvalidInput([FieldProblem(word, text) for word, text in against.items()])
    return Given(words, facts)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, _Unreadable) else "Diese Angabe ist nicht lesbar."


class _Unreadable(ValueError):
    """A value with a message for the one who typed it."""


def _one(key: str, value: Any, verfahren: Verfahren) -> tuple[str, Any]:
    declared = verfahren.angaben_by_key.get(key)
    if declared is not None:
        try:
            return key, declared.read(value)
        except (ValueError, TypeError) as error:
            raise _Unreadable(f"{declared.label}: {declared.kind.value} erwartet.") from error
    word = key if key in WORDS else _WORD_OF_FIELD.get(key, "")
    if not word:
        raise _Unreadable(f"In {verfahren.key} gibt es diese Angabe nicht.")
    if word in RESERVED:
        raise _Unreadable("Der Tag steht in „tag“, das Recht im Rechtsstand dieses Tages.")
    target, reader = WORDS[word]
    read = _typed(word, target, value)
    reader(read)
    return word, read


def _typed(word: str, target: str, value: Any) -> Any:
    if word in _SPECIAL:
        return _SPECIAL[word](value)
    return _as(hint_of(target), value)


def hint_of(target: str) -> Any:
    """Return the type of a field of ``Facts``, without its ``None``; a dot reaches into a part."""
    owner, _, name = target.partition(".")
    hint = _hints(Facts)[owner]
    hint = _hints(hint)[name] if name else hint
    if isinstance(hint, types.UnionType):
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    return hint


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _as(hint: Any, value: Any) -> Any:
    """Return a JSON value as the type of its field; raises ``_Unreadable``."""
    if hint is date:
        return _day(value)
    if hint is bool:
        if not isinstance(value, bool):
            raise _Unreadable("Bitte ja oder nein (true, false).")
        return value
    if hint is int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise _Unreadable("Bitte eine ganze Zahl ab 0.")
        return value
    if hint is Decimal:
        amount = Decimal(str(value))
        if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount <= MOST:
            raise _Unreadable("Bitte einen Betrag ab 0.")
        return str(amount)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice(hint, value)
    if hint is str:
        return _text(value)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise _Unreadable("Bitte eine Liste.")
        return [_text(each) for each in value]
    raise _Unreadable("Diese Angabe ist hier nicht vorgesehen.")


def _choice(hint: type[StrEnum], value: Any) -> str:
    for member in hint:
        if value in (member.value, member.name):
            return member.value
    raise _Unreadable("Bitte eines von: " + ", ".join(member.value for member in hint))


def _day(value: Any) -> date:
    try:
        return within_days(value if isinstance(value, date) else date.fromisoformat(_text(value)))
    except ValueError as error:
        raise _Unreadable("Bitte ein Datum (JJJJ-MM-TT).") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 4000:
        raise _Unreadable("Bitte einen Text.")
    return value


def _birth(value: Any) -> str:
    """A day of which month or day may be unknown: ``1998-04-00``."""
    text = value.isoformat() if isinstance(value, date) else _text(value)
    parts = text.split("-")
    try:
        numbers = [int(part) for part in parts]
        known = [number or None for number in numbers[1:]] + [None, None]
        born = PartialDate(numbers[0], known[0], known[1])
        if len(parts) > 3 or not within_days(born.earliest) <= born.latest:
            raise ValueError(text)
    except ValueError as error:
        raise _Unreadable("Bitte JJJJ-MM-TT; unbekannter Monat oder Tag als 00.") from error
    return text


def _counts(value: Any) -> dict[str, int]:
    """Evidence: a list of kinds, or how many of each."""
    if isinstance(value, list):
        return {_text(kind): 1 for kind in value}
    found = dict(value)
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in found.values()):
        raise _Unreadable("Bitte je Nachweis eine Anzahl.")
    return {_text(kind): number for kind, number in found.items()}


def _reasons(value: Any) -> dict[str, str]:
    return {_text(key): _text(reason) for key, reason in dict(value).items()}


def _parts(value: Any) -> list[dict[str, Any]]:
    """Participations: ``stelle``, ``stand`` and the days ``frist``, ``beantwortet_am``."""
    found = []
    for row in value:
        if not isinstance(row, Mapping):
            raise _Unreadable("Bitte je Stelle ihren Stand.")
        if row.get("stelle") not in PART_KINDS:
            raise _Unreadable("Diese Stelle gibt es nicht: " + ", ".join(PART_KINDS))
        if row.get("stand") not in PART_LABELS.values():
            raise _Unreadable("Bitte als Stand: " + ", ".join(PART_LABELS.values()))
        days = {name: _day(row[name]) for name in ("frist", "beantwortet_am") if row.get(name)}
        found.append({"stelle": row["stelle"], "stand": row["stand"], **days})
    return found


def _clocks(value: Any) -> dict[str, dict[str, Any]]:
    found = {}
    for key, row in dict(value).items():
        if not isinstance(row, Mapping):
            raise _Unreadable("Bitte je Uhr ihren Stand.")
        stand = row.get("stand", "läuft")
        if stand not in _STANDS:
            raise _Unreadable("Bitte als Stand: " + ", ".join(_STANDS))
        found[_text(key)] = {"bis": _day(row["bis"]) if row.get("bis") else None, "stand": stand}
    return found


_SPECIAL: Mapping[str, Callable[[Any], Any]] = {
    "geburt": _birth,
    "nachweise": _counts,
    "erlassen": _reasons,
    "beteiligungen": _parts,
    "uhren": _clocks,
}


def _against(
    words: Mapping[str, Any], verfahren: Verfahren, facts: Facts
) -> Iterator[FieldProblem]:
    """What a real case refuses, at the word to mend; and what only the question says as well."""
    for problem in contradictions(verfahren, facts):
        word = _WORDS_OF_CASE.get(problem.field) or _WORD_OF_FIELD.get(problem.field, problem.field)
        yield FieldProblem(word, problem.message)
    received, notified = facts.received_on, facts.remedy.notified_on
    if received is not None and received > facts.today:
        yield FieldProblem("eingang", "Der Eingang liegt nach dem gefragten Tag.")
    if received is not None and notified is not None and notified < received:
        yield FieldProblem("bekanntgabe", "Die Entscheidung liegt vor dem Antrag.")
    for text in receipt_contradictions(facts, received, None) if received is not None else ():
        yield FieldProblem("eingang", text)
    until, entry = facts.title_until, facts.entry.on
    if "titel_bis" in words and until is not None and entry is not None and until < entry:
        yield FieldProblem("titel_bis", "Der Titel endet vor der Einreise.")

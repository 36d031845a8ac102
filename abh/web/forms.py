"""What somebody typed and what was wrong with it, so that a form comes back as it was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from abh.kernel.errors import FieldProblem

DATE_PARTS = ("day", "month", "year")


@dataclass(frozen=True, slots=True)
class FormProblem:
    """One line of the error box on top; ``anchor`` is the id of the field to jump to."""

    field: str
    message: str
    anchor: str


def field_id(name: str) -> str:
    """Return the HTML id of a field; the error box links to it."""
    return "f-" + name.replace(".", "-")


class Form:
    """Values to show in a form, with the problems of the last attempt at their fields.

    ``values`` is ``request.form`` or a mapping (a list means several values of one name);
    ``problems`` are those of ``InvalidInput``. Macros of ``parts/fields.html`` take this object.
    """

    def __init__(
        self,
        values: Mapping[str, Any] | MultiDict[str, str] | None = None,
        problems: Sequence[FieldProblem] = (),
        date_fields: Iterable[str] = (),
    ) -> None:
        # Most forms of a page are shown first, from a plain mapping without lists.
        self._values: Mapping[str, Any] = values or {}
        self._problems = tuple(problems)
        self._date_fields = frozenset(date_fields)

    def value(self, name: str) -> str:
        """Return the first value of ``name`` as typed, "" if there is none."""
        found = self._first(name)
        return "" if found is None else str(found)

    def has(self, name: str) -> bool:
        """Say whether ``name`` was sent at all."""
        return name in self._values

    def chosen(self, name: str, value: object) -> bool:
        """Say whether ``value`` is among the values of ``name``."""
        return str(value) in self.all_chosen(name)

    def all_chosen(self, name: str) -> frozenset[str]:
        """Return all values of ``name``."""
        found = self._values
        if isinstance(found, MultiDict):
            return frozenset(map(str, found.getlist(name)))
        if name not in found:
            return frozenset()
        value = found[name]
        return frozenset(map(str, value if isinstance(value, list | tuple | set) else [value]))

    def _first(self, name: str) -> Any:
        found = self._values.get(name)
        if isinstance(found, list | tuple | set):
            return next(iter(found), None)
        return found

    def error(self, name: str) -> str:
        """Return the message at ``name`` or at a part of it (``birth_date.month``), or ""."""
        if not self._problems:
            return ""
        found = (
            problem.message
            for problem in self._problems
            if problem.field == name or problem.field.startswith(name + ".")
        )
        return " ".join(dict.fromkeys(found))

    @property
    def problems(self) -> tuple[FormProblem, ...]:
        """All problems in order, each with the id of the field it belongs to."""
        return tuple(FormProblem(p.field, p.message, self._anchor(p.field)) for p in self._problems)

    def _anchor(self, field: str) -> str:
        if field in self._date_fields or self._has_date(field):
            return field_id(field) + "_day"
        return field_id(field)

    def _has_date(self, field: str) -> bool:
        return any(f"{field}_{part}" in self._values for part in DATE_PARTS)


def date_text(values: Mapping[str, Any], name: str) -> str:
    """Join the three inputs of a date field to ``YYYY-MM-DD``, unknown parts as zeros.

    Empty day and month mean "unknown" (``1990-00-00``); all empty is "". What is no number is
    kept as typed, so that the schema refuses it and names it.
    """
    day, month, year = (str(values.get(f"{name}_{part}") or "").strip() for part in DATE_PARTS)
    if not (day or month or year):
        return ""
    return f"{year.zfill(4)}-{month.zfill(2)}-{day.zfill(2)}"


def date_values(name: str, text: str) -> dict[str, str]:
    """Split ``1990-00-00`` into the values of the three inputs, for a form shown first."""
    if not text:
        return {}
    year, month, day = text.split("-")
    return dict(zip((f"{name}_{part}" for part in DATE_PARTS), (day, month, year), strict=True))

"""Two clerks at one case: what this one typed beside what the other saved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages.vorgang_formen import kind_of, shown
from abh.workflows.dossier import Case, findings_of
from abh.workflows.facts import TitleKind

# The prefix of a choice between both, and taking what is stored.
CHOICE = "fassung."
THEIRS = "stored"


@dataclass(frozen=True, slots=True)
class Fassungen:
    """One field in both versions, and who saved the other."""

    key: str
    label: str
    mine: str
    theirs: str
    by: str


def versions(
    case: Case, fid: str, form: Form, since: Sequence[Mapping[str, Any]]
) -> list[Fassungen]:
    """Return the fields of a form of findings that the steps ``since`` it was opened changed.

    Fields with the same value in both are left out.
    """
    if not fid.startswith("feststellung-"):
        return []
    by = {
        key: step["actor_name"]
        for step in sorted(since, key=lambda one: one["seq"])
        if step["step"] == "feststellung"
        for key in step["facts"].get("keys", ())
    }
    known, found = findings_of(case.verfahren), []
    for key, name in by.items():
        if key not in known or not form.has(f"{fid}.{key}"):
            continue
        typed, stored = form.value(f"{fid}.{key}").strip(), shown(case, key)
        if typed != stored:
            mine, theirs = (_words(case, key, one) for one in (typed, stored))
            found.append(Fassungen(key, known[key].label, mine, theirs, name))
    return found


def _words(case: Case, key: str, value: str) -> str:
    if not value:
        return _("nichts")
    declared = case.verfahren.angaben_by_key.get(key)
    if declared is not None and value in declared.choices:
        return str(declared.choices[value])
    if kind_of(case.verfahren, key) == "title" and value in TitleKind.__members__:
        return TitleKind[value].value
    return value


def chosen(typed: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return what was typed without the fields that are left to the stored version.

    A field without a choice keeps what was typed.
    """
    left = {key.removeprefix(CHOICE) for key, value in typed.items() if _gives_way(key, value)}
    return MultiDict((key, value) for key, value in typed.items(multi=True) if key not in left)


def gave_way(typed: MultiDict[str, str]) -> bool:
    """Say whether some field was left to the stored version."""
    return any(_gives_way(key, value) for key, value in typed.items())


def _gives_way(key: str, value: str) -> bool:
    return key.startswith(CHOICE) and value == THEIRS

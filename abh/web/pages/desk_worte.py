"""Sentences of the desk: why a case stands where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from abh.web.i18n import gettext as _
from abh.workflows.facts import german

# Only the sentence that is said is looked up; lists say fifty.
_AHEAD: Mapping[str, Callable[[], str]] = {
    "titel": lambda: _("Titel endet %(when)s"),
    "arbeit": lambda: _("Arbeitsbeginn %(when)s"),
    "klage75": lambda: _("Untätigkeitsklage %(when)s möglich (§ 75 VwGO)"),
}
_PAST: Mapping[str, Callable[[], str]] = {
    "titel": lambda: _("Titel endete am %(day)s"),
    "arbeit": lambda: _("Arbeitsbeginn war am %(day)s"),
    "klage75": lambda: _("Untätigkeitsklage seit %(day)s möglich (§ 75 VwGO)"),
}


def harm_words(key: str, day: date, today: date) -> str:
    """Return why a case stands where it stands, in a sentence with its day."""
    if key == "entschieden":
        return _("Entschieden.")
    days = (day - today).days
    if days < 0:
        return _PAST[key]() % {"day": german(day)} + "."
    when = _("heute") if days == 0 else _("morgen") if days == 1 else _("in %(n)s Tagen", n=days)
    return _AHEAD[key]() % {"when": when} + f", {german(day)}."

"""What the macros of ``templates/parts`` take, and how a finding becomes a tone of the page.

Every part is also described with an example on the living page ``/_teile``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from flask import Flask, g, request
from markupsafe import Markup

from abh.web import forms, tasten
from abh.web.i18n import lazy_gettext

Tone = Literal["info", "success", "warning", "danger", "neutral"]

THEMES = ("light", "dark")

# Days left from which a clock is urgent; a display choice of the house, no period of law.
URGENT_DAYS = 7


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the header; ``key`` is the letter after „Gehe zu“ that leads there, if any."""

    label: str
    url: str
    current: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who stands at the clerk's desk: number on the ticket, page, and where ending it is sent."""

    ticket: str
    url: str
    since: datetime
    end_url: str
    end_field: str
    end_value: int


@dataclass(frozen=True, slots=True)
class Chrome:
    """What frames every staff page; login code puts it into ``g.chrome``.

    ``nav`` stands in the bar, ``more`` in its menu. ``rail_url`` gives the list of next things that
    stands beside the page where there is room, ``visit`` is whom the clerk has at the desk.
    """

    office: str
    unit: str = ""
    user: str = ""
    desk: str = ""
    nav: Sequence[NavItem] = ()
    more: Sequence[NavItem] = ()
    search_url: str = ""
    logout_url: str = ""
    commands_url: str = ""
    keys_url: str = ""
    rail_url: str = ""
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a link, so that every view has an address; ``count`` is shown beside it."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Pagination: ``url`` gives the address of a page number; numbers start at 1."""

    current: int
    last: int
    url: Callable[[int], str]

    def numbers(self) -> list[int | None]:
        """Return first, last and the neighbours of the current page; None is a gap."""
        wanted = sorted(
            {1, self.last, *range(self.current - 1, self.current + 2)}
            & set(range(1, self.last + 1))
        )
        shown: list[int | None] = []
        for number in wanted:
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(None)
            shown.append(number)
        return shown


@dataclass(frozen=True, slots=True)
class Column:
    """A table column; with ``sort_url`` its head is a link, ``sorted`` says which way it stands."""

    label: str
    numeric: bool = False
    sort_url: str = ""
    sorted: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One requirement of the checklist.

    ``status``: open, met, not_met, waived. ``why`` is the finding in a sentence, ``evidence`` the
    sheets it rests on.
    """

    key: str
    title: str
    status: Literal["open", "met", "not_met", "waived"]
    norm: str = ""
    why: str = ""
    evidence: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened; ``at`` aware, ``planned`` if it lies ahead."""

    at: datetime
    title: str
    detail: str = ""
    actor: str = ""
    norm: str = ""
    link: Link | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class ClockChip:
    """A running clock: last day, days left (negative: over), and what then happens."""

    label: str
    ends: date
    days_left: int
    meaning: str
    norm: str = ""
    stopped: bool = False

    @property
    def tone(self) -> Tone:
        """Return how urgent it is; a stopped clock never is."""
        if self.stopped:
            return "neutral"
        if self.days_left < 0:
            return "danger"
        return "warning" if self.days_left <= URGENT_DAYS else "info"


@dataclass(frozen=True, slots=True)
class Slot:
    """A bookable time; ``value`` is what the form sends."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The free times of one day; the weekday is computed, never passed in."""

    day: date
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True)
class FeeRow:
    """A fee or payment in cents, with its norm."""

    label: str
    cents: int
    norm: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a description list; ``note`` is smaller, ``missing`` marks what is not known."""

    label: str
    value: str | Markup = ""
    note: str = ""

    @property
    def missing(self) -> bool:
        """Say whether the value is not known."""
        return not self.value


@dataclass(frozen=True, slots=True)
class TextConflict:
    """Two versions of one text: what this person typed, and what somebody else saved meanwhile."""

    field: str
    label: str
    mine: str
    theirs: str
    by: str
    at: datetime


CHECK_STATUS: dict[str, tuple[Tone, object]] = {
    "met": ("success", lazy_gettext("erfüllt")),
    "open": ("warning", lazy_gettext("offen")),
    "not_met": ("danger", lazy_gettext("nicht erfüllt")),
    "waived": ("info", lazy_gettext("verzichtet")),
}


def word_diff(old: str, new: str) -> Markup:
    """Return ``new`` with what differs from ``old`` as ``<ins>`` and ``<del>``, all escaped."""
    before, after = old.split(), new.split()
    parts: list[Markup] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            parts.append(Markup("{}").format(" ".join(after[new_start:new_end])))
            continue
        if start < end:
            parts.append(Markup("<del>{}</del>").format(" ".join(before[start:end])))
        if new_start < new_end:
            parts.append(Markup("<ins>{}</ins>").format(" ".join(after[new_start:new_end])))
    return Markup(" ").join(parts)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody prefers: theme ("" follows the system) and single-key shortcuts."""

    theme: str = ""
    keys: str = field(default="on")


def preferences() -> Preferences:
    """Return what the user's row and the cookies prefer; anything unknown is the default."""
    theme = request.cookies.get("abh_theme", "")
    keys = tasten.my_mode(request.cookies.get("abh_keys", "on"))
    return Preferences(theme if theme in THEMES else "", keys if keys in tasten.MODES else "on")


def install(app: Flask) -> None:
    """Make the parts' helpers known to all templates."""
    app.jinja_env.globals.update(
        field_id=forms.field_id,
        word_diff=word_diff,
        check_status=CHECK_STATUS,
        preferences=preferences,
        chrome=lambda: g.get("chrome"),
        empty_form=forms.Form(),
    )

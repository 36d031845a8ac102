"""The parts of which a page has dozens: fields, buttons, badges, clocks; written without Jinja.

A case page has three hundred of them, and a macro costs ten times what a function does.
``templates/parts`` gives them their place among the macros; /_teile shows each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask import Flask
from markupsafe import Markup

from abh.web.forms import Form, field_id
from abh.web.i18n import gettext as _
from abh.web.i18n import local_day, ngettext
from abh.web.jinja import html, markup
from abh.web.parts import ClockChip
from abh.web.tasten import my_key


def badge(label: object, tone: str = "neutral") -> Markup:
    """Return a mark: info, success, warning, danger, neutral; the colour only helps the text."""
    icon = ""
    if tone != "neutral":
        look = f"kern-icon kern-icon--{html(tone)} kern-icon--small"
        icon = f'<span class="{look}" aria-hidden="true"></span>'
    return markup(f'<span class="abh-badge abh-badge--{html(tone)}">{icon}{html(label)}</span>')


def kbd(key: str) -> Markup:
    """Return the letter of a shortcut as this browser has it."""
    return markup(f'<kbd class="abh-kbd" aria-hidden="true">{html(my_key(key))}</kbd>')


def _key_attributes(key: str, label: object) -> str:
    mine = html(my_key(key))
    return f' data-key="{mine}" data-key-label="{html(label)}" aria-keyshortcuts="{mine}"'


def button(
    label: object,
    kind: str = "primary",
    key: str = "",
    name: str = "",
    value: object = "",
    type: str = "submit",
    small: bool = False,
    block: bool = False,
    dialog: str = "",
    formaction: str = "",
) -> Markup:
    """Return a button: primary (one per view), secondary, tertiary, danger.

    ``dialog`` is the id of a confirm_dialog to open.
    """
    look = "primary abh-btn--danger" if kind == "danger" else kind
    look += (" abh-btn--small" if small else "") + (" abh-btn--block" if block else "")
    more = f' name="{html(name)}" value="{html(value)}"' if name else ""
    if dialog:
        type = "button"
        more += f' data-dialog-open="{html(dialog)}" aria-haspopup="dialog"'
    if formaction:
        more += f' formaction="{html(formaction)}"'
    if key:
        more += _key_attributes(key, label)
    return markup(
        f'<button class="kern-btn abh-btn kern-btn--{html(look)}" type="{html(type)}"{more}>'
        f'<span class="kern-label">{html(label)}</span>{kbd(key) if key else ""}</button>'
    )


def link_button(
    label: object,
    url: str,
    kind: str = "secondary",
    key: str = "",
    small: bool = False,
    download: bool = False,
) -> Markup:
    """Return a link that looks like a button."""
    more = (" download" if download else "") + (_key_attributes(key, label) if key else "")
    return markup(
        f'<a class="kern-btn abh-btn kern-btn--{html(kind)}{" abh-btn--small" if small else ""}"'
        f' href="{html(url)}"{more}><span class="kern-label">{html(label)}</span>'
        f"{kbd(key) if key else ''}</a>"
    )


def _field(key: str, label: str, note: str, hint: str, error: str, written: str) -> str:
    """Return a field: label, hint and error around what is typed into; all of it is HTML."""
    free = f' <span class="abh-optional">{note}</span>' if note else ""
    told = f'<p class="abh-hint" id="{key}-hint">{hint}</p>' if hint else ""
    wrong = " abh-field--error" if error else ""
    if error:
        told += (
            f'<p class="abh-field-error" id="{key}-error"><span class="kern-icon kern-icon--danger'
            f' kern-icon--small" aria-hidden="true"></span>{error}</p>'
        )
    return (
        f'<div class="abh-field{wrong}">\n  <label class="abh-label" for="{key}">{label}'
        f"{free}</label>\n{told}{written}</div>\n"
    )


def _attribute(name: str, value: object) -> str:
    return f' {name}="{html(value)}"' if value else ""


def _described(key: str, hint: str, error: str) -> str:
    if error:
        both = f"{key}-hint {key}-error" if hint else f"{key}-error"
        return f' aria-describedby="{both}" aria-invalid="true"'
    return f' aria-describedby="{key}-hint"' if hint else ""


def _note(optional: bool) -> str:
    return html(_("(freiwillig)")) if optional else ""


def _html(value: object) -> str:
    return html(value) if value else ""


def text_field(
    form: Form,
    name: str,
    label: object,
    hint: object = "",
    optional: bool = False,
    type: str = "text",
    autocomplete: str = "",
    inputmode: str = "",
    width: str = "",
    dir: str = "",
    maxlength: object = "",
    spellcheck: bool = False,
    suffix: object = "",
    readonly: bool = False,
) -> Markup:
    """Return a line to type into; ``width`` is "" (full), xs, s or m.

    ``dir``: auto for names, ltr for numbers and e-mail on Arabic pages.
    """
    value = "" if type == "password" else html(form.value(name))
    error = form.error(name)
    write = _line_kept if not value and not error else _line
    look = (type, autocomplete, inputmode, width, dir, str(maxlength), spellcheck, readonly)
    words = (html(label), _note(optional), _html(hint), html(error), _html(suffix))
    return markup(write(name, value, optional, look, *words))


def _line(
    name: str,
    value: str,
    optional: bool,
    look: tuple[str, str, str, str, str, str, bool, bool],
    label: str,
    note: str,
    hint: str,
    error: str,
    suffix: str,
) -> str:
    key = html(field_id(name))
    type, autocomplete, inputmode, width, dir, maxlength, spellcheck, readonly = look
    more = _attribute("autocomplete", autocomplete) + _attribute("inputmode", inputmode)
    more += _attribute("dir", dir) + _attribute("maxlength", maxlength)
    more += " readonly" if readonly else ""
    more += "" if optional else _REQUIRED
    written = (
        f'  <input class="abh-input{f" abh-input--{width}" if width else ""}" id="{key}"'
        f' name="{html(name)}" type="{html(type)}" value="{value}"{more}'
        f' spellcheck="{"true" if spellcheck else "false"}"{_described(key, hint, error)}>\n'
    )
    if suffix:
        written = f'<div class="abh-suffix">{written}<span>{suffix}</span></div>'
    return _field(key, label, note, hint, error, written)


# Fields into which nobody has typed yet are the same on every page. What somebody typed is never
# kept; texts come in as HTML, so that equal ones look equal.
_line_kept = lru_cache(maxsize=8192)(_line)


def text_area(
    form: Form,
    name: str,
    label: object,
    hint: object = "",
    optional: bool = False,
    rows: int = 5,
    dir: str = "auto",
    lang: str = "",
) -> Markup:
    """Return lines to type into."""
    value, error = html(form.value(name)), form.error(name)
    write = _area_kept if not value and not error else _area
    words = (html(label), _note(optional), _html(hint), html(error))
    return markup(write(name, value, optional, rows, dir, lang, *words))


def _area(
    name: str,
    value: str,
    optional: bool,
    rows: int,
    dir: str,
    lang: str,
    label: str,
    note: str,
    hint: str,
    error: str,
) -> str:
    key = html(field_id(name))
    more = _attribute("lang", lang) + ("" if optional else _REQUIRED)
    # A browser drops the first line break of the content, and only that one.
    written = (
        f'  <textarea class="abh-input" id="{key}" name="{html(name)}" rows="{rows}"'
        f' dir="{html(dir)}"{more}{_described(key, hint, error)}>\n'
        f"{value}</textarea>\n"
    )
    return _field(key, label, note, hint, error, written)


_area_kept = lru_cache(maxsize=8192)(_area)


def select_field(
    form: Form,
    name: str,
    label: object,
    options: Iterable[tuple[Any, Any]],
    hint: object = "",
    optional: bool = False,
    width: str = "",
    empty: object = "",
) -> Markup:
    """Return a choice of one among ``options``: (value, label), or (group, [(value, label), …]).

    Typing the first letters finds an entry in every browser, so that long lists need no script.
    """
    key, error = html(field_id(name)), html(form.error(name))
    chosen, told = form.all_chosen(name), _html(hint)
    nothing = empty or _("Bitte wählen")  # texts inside f-strings are not collected
    written = (
        f'  <select class="abh-input abh-select{f" abh-input--{width}" if width else ""}"'
        f' id="{key}" name="{html(name)}"{"" if optional else _REQUIRED}'
        f'{_described(key, told, error)}>\n    <option value="">'
        f"{html(nothing)}</option>\n"
        f"{_options(options, chosen)}  </select>\n"
    )
    return markup(_field(key, html(label), _note(optional), told, error, written))


_REQUIRED = ' aria-required="true"'


class Unchanging(tuple[tuple[str, str], ...]):
    """Choices that are the same on page after page, as the 250 states: written out once.

    Plain texts only: a text and HTML that read alike are one key, and only the text is escaped.
    """

    __slots__ = ()


def _options(options: Iterable[tuple[Any, Any]], chosen: frozenset[str]) -> str:
    if isinstance(options, Unchanging):
        return _options_kept(options, chosen)
    return _write_options(options, chosen)


def _write_options(options: Iterable[tuple[Any, Any]], chosen: frozenset[str]) -> str:
    return "".join(_option(value, text, chosen) for value, text in options)


_options_kept = lru_cache(maxsize=256)(_write_options)


def _option(value: Any, text: Any, chosen: frozenset[str]) -> str:
    if isinstance(text, list | tuple):
        inner = _write_options(text, chosen)
        return f'    <optgroup label="{html(value)}">\n{inner}    </optgroup>\n'
    mark = " selected" if str(value) in chosen else ""
    return f'    <option value="{html(value)}"{mark}>{html(text)}</option>\n'


def _norm(norm: object) -> str:
    return f' <span class="abh-norm" dir="ltr" lang="de">{html(norm)}</span>' if norm else ""


def _days_left(clock: ClockChip) -> str:
    if clock.stopped:
        return html(_("angehalten"))
    days = clock.days_left
    if days < 0:
        return ngettext("seit 1 Tag vorbei", "seit %(num)s Tagen vorbei", -days)
    if days == 0:
        return html(_("endet heute"))
    return ngettext("noch 1 Tag", "noch %(num)s Tage", days)


def clock_chip(clock: ClockChip, compact: bool = False) -> Markup:
    """Return a clock; ``compact`` is one line for lists, else with what happens when it is over."""
    line = (
        f'<span class="abh-clock__days">{_days_left(clock)}</span>'
        f' <span class="abh-clock__label">{html(clock.label)}</span>'
    )
    if compact:
        tone = f"abh-clock--{clock.tone} abh-clock--compact"
        return markup(f'<span class="abh-clock {tone}">{line}</span>')
    ends = ""
    if not clock.stopped:
        ends = f'<time datetime="{clock.ends.isoformat()}">{local_day(clock.ends)}</time> · '
    return markup(
        f'<div class="abh-clock abh-clock--{clock.tone}">\n'
        f'  <p class="abh-clock__line">{line}</p>\n'
        f'  <p class="abh-clock__meaning">{ends}{html(clock.meaning)}{_norm(clock.norm)}</p>\n'
        "</div>\n"
    )


def rank_reason(text: object, norm: object = "", quiet: bool = False) -> Markup:
    """Return why a case stands where it stands; ``quiet`` says "Warum hier" to screen readers."""
    look = "kern-sr-only" if quiet else "abh-rank__word"
    word = html(_("Warum hier:"))
    return markup(
        f'<p class="abh-rank"><span class="{look}">{word}</span> {html(text)}{_norm(norm)}</p>\n'
    )


PARTS = (
    badge,
    kbd,
    button,
    link_button,
    text_field,
    text_area,
    select_field,
    clock_chip,
    rank_reason,
)


def install(app: Flask) -> None:
    """Let ``templates/parts`` take the parts from ``written``."""
    app.jinja_env.globals["written"] = {part.__name__: part for part in PARTS}

"""The forms of the case page as functions: it has thirty of them, with sixty fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from secrets import token_hex
from typing import Any

from flask.sansio.app import App
from markupsafe import Markup

from abh.web import csrf, felder
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.i18n import language
from abh.web.jinja import html, markup
from abh.web.pages.vorgang_formen import FindingField
from abh.web.pages.vorgang_sicht import Requirement
from abh.workflows.dossier import Case

# Sentences, not words: they get lines of their own.
_LONG = ("moved_to", "ended_because")


def open_form(url: str, case: Case, multipart: bool = False) -> Markup:
    """Return the head of a form that changes the case in the version that is shown."""
    return form_head(url, csrf.token(), case.vorgang["row_version"], multipart)


def form_head(url: str, token: str, version: int | str, multipart: bool = False) -> Markup:
    """Return the head of a form that changes the case in ``version``."""
    kind = ' enctype="multipart/form-data"' if multipart else ""
    return markup(
        f'<form class="abh-doform" method="post" action="{html(url)}"{kind} data-guard>\n'
        f'  <input type="hidden" name="csrf_token" value="{html(token)}">'
        f'<input type="hidden" name="row_version" value="{version}">\n'
    )


def finding_input(
    form: Form, fid: str, field: FindingField, titles: Sequence[tuple[str, str]]
) -> Markup:
    """Return the input of a finding, by its kind, with who found it as its hint."""
    name, label, kind = f"{fid}.{field.key}", field.label, field.kind
    hint = _("Festgestellt von") + " " + field.found if field.found else ""
    if kind == "flag":
        options = [("ja", _("ja")), ("nein", _("nein"))]
        empty = _("nicht festgestellt")
        return felder.select_field(form, name, label, options, hint, True, "s", empty)
    if kind == "title":
        return felder.select_field(form, name, label, titles, hint, True, "m")
    if kind == "choice":
        empty = _("nicht festgestellt")
        return felder.select_field(form, name, label, field.choices.items(), hint, True, "m", empty)
    if kind == "exclusion":
        hint = hint or _("„keiner“, oder der Grund; leer: nicht geprüft")
        return felder.text_field(form, name, label, hint, True, width="m")
    if kind == "day":
        hint = hint or _("TT.MM.JJJJ")
        return felder.text_field(form, name, label, hint, True, inputmode="numeric", width="s")
    if field.key in _LONG:
        return felder.text_area(form, name, label, hint, True, rows=3)
    width = "m" if kind == "text" else "s"
    return felder.text_field(form, name, label, hint, True, width=width)


# Names for case, token and version in kept forms; nobody outside this process knows them.
_NUMBER, _TOKEN, _VERSION = (token_hex(16) for _ in range(3))


@lru_cache(maxsize=4096)
def _kept(
    _language: str, _verfahren: tuple[str, str], _requirement: str, _fields: object
) -> list[str]:
    """Return the place for the forms of a requirement: empty until somebody has written them."""
    return []


def forms_of(case: Case, failed: bool, forms: Callable[..., str], check: Requirement) -> Markup:
    """Return what ``forms`` writes about ``check``; kept where nothing is known yet.

    Then it depends on language, Verfahren and requirement alone. A page after a refusal is not
    kept, nor is anything that was found or declared.
    """
    number, token, version = case.number, csrf.token(), str(case.vorgang["row_version"])
    known = tuple(field.key for field in check.findings)
    if failed or any(field.shown or field.found for field in check.findings):
        return markup(forms(check, number, token, version))
    verfahren = (case.verfahren.key, case.verfahren.version)
    place = _kept(language(), verfahren, check.item.key, (known, check.waiver_norm))
    if not place:
        place.append(forms(check, _NUMBER, _TOKEN, _VERSION))
    text = place[0].replace(_NUMBER, number).replace(_TOKEN, html(token))
    return markup(text.replace(_VERSION, version))


def offer(app: App) -> None:
    """Let ``templates/vorgang`` take both from ``written``."""
    written: Any = app.jinja_env.globals["written"]
    written.update(open_form=open_form, form_head=form_head, finding_input=finding_input)

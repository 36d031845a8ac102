"""The forms of the case page as functions: it has thirty of them, with sixty fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask.sansio.app import App
from markupsafe import Markup

from abh.web import csrf, felder
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.jinja import html, markup
from abh.web.pages.vorgang_formen import FindingField
from abh.workflows.dossier import Case

# Sentences, not words: they get lines of their own.
_LONG = ("moved_to", "ended_because")


def open_form(url: str, case: Case, multipart: bool = False) -> Markup:
    """Return the head of a form that changes the case in the version that is shown."""
    kind = ' enctype="multipart/form-data"' if multipart else ""
    return markup(
        f'<form class="abh-doform" method="post" action="{html(url)}"{kind} data-guard>\n'
        f'  <input type="hidden" name="csrf_token" value="{html(csrf.token())}">'
        f'<input type="hidden" name="row_version" value="{case.vorgang["row_version"]}">\n'
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


def offer(app: App) -> None:
    """Let ``templates/vorgang`` take both from ``written``."""
    written: Any = app.jinja_env.globals["written"]
    written.update(open_form=open_form, finding_input=finding_input)

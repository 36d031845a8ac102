"""The first start of a house without an office: from the code on the console to the first login.

These pages are there only in a process that found no office at its start, and only until there is
one. Whatever is typed is kept at once, right or wrong, so that nothing is lost on any way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from flask import (
    Flask,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from abh import einspielen
from abh.access.actor import SYSTEM
from abh.access.policy import PUBLIC, policy
from abh.access.service import adopt_password, user_by_login
from abh.configfiles import load_yaml_file
from abh.documents import testseite
from abh.fastlane import tabelle
from abh.fastlane.tabelle import Fehler, Zeile
from abh.fastlane.vorlage import Ergebnis
from abh.kernel.errors import FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.office import aufbau, einrichtung
from abh.office.service import has_office
from abh.settings import ROOT
from abh.web import personalblatt
from abh.web import session as web
from abh.web.app import SETUP
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages import einrichtung_felder as felder
from abh.web.pages.rahmen import staff_blueprint

blueprint = staff_blueprint("einrichtung", __name__)

TEMPLATE = ROOT / "config" / "einrichtung.yaml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COPY = "amt.yaml"
_OPEN_ALWAYS = ("health", "einrichtung")


@dataclass(frozen=True, slots=True)
class Stand:
    """A draft with the office it makes and the rows of its sheet with their faults."""

    draft: Mapping[str, Any]
    built: aufbau.Aufbau
    rows: tuple[Zeile, ...]
    errors: tuple[tuple[Fehler, ...], ...]

    @property
    def faults(self) -> list[aufbau.Fault]:
        """All faults, those of cells among them, in the order of the steps."""
        cells = [
            aufbau.Fault("personal", error.key, error.text, place)
            for place, errors in enumerate(self.errors)
            for error in errors
        ]
        # The lead that seems to be missing may stand in a wrong row: one fault, told once.
        rest = [
            fault
            for fault in self.built.faults
            if not _in_cell(fault) and not (cells and fault.step == "personal")
        ]
        return sorted([*rest, *cells], key=lambda fault: aufbau.STEPS.index(fault.step))


def _in_cell(fault: aufbau.Fault) -> bool:
    return fault.step == "personal" and fault.row is not None


def install(app: Flask) -> None:
    """Register the pages; while there is no office every other address leads to them."""
    app.register_blueprint(blueprint)

    @app.before_request
    def only_this() -> Response | None:
        here = (request.endpoint or "").partition(".")[0]
        if here in _OPEN_ALWAYS or here == "static" or not _wanted():
            return None
        return redirect(url_for("einrichtung.page"), 303)


def _wanted() -> bool:
    """Say whether there is still no office; once there is one, this process never asks again."""
    more = web.services().more
    if not more.get(SETUP):
        return False
    if has_office(web.reading()):
        more.pop(SETUP)
        return False
    return True


@blueprint.before_request
def only_without_office() -> None:
    """An office that is open has no such page."""
    if not _wanted():
        raise NotFound(_("Dieses Amt ist schon eingerichtet."))


@cache
def _template() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_yaml_file(TEMPLATE)
    return found


def _token() -> str:
    return str(session.get(SETUP, ""))


def _draft() -> dict[str, Any]:
    return einrichtung.draft_of(web.reading(), _token())


def _keep(step: str, part: Mapping[str, Any]) -> dict[str, Any]:
    with web.unit_of_work() as writing:
        return einrichtung.save_part(writing, _token(), step, part, now=web.now())


def _stand(draft: Mapping[str, Any]) -> Stand:
    """Return what the draft makes; cells that cannot be read are told once, as such."""
    template = _template()
    units = aufbau.units_of(draft, template)
    rows = tuple(
        Zeile(row["no"], row["cells"], tuple(Fehler(*fault) for fault in row["faults"]))
        for row in draft.get("personal", {}).get("rows", ())
    )
    read = [personalblatt.person_of(row, units, template["by_title"]) for row in rows]
    built = aufbau.build(draft, template, [person for person, _faults in read])
    errors = []
    for place, (_person, faults) in enumerate(read):
        told = {fault.key for fault in faults}
        more = [
            Fehler(fault.field, fault.text)
            for fault in built.of("personal")
            if fault.row == place and fault.field not in told
        ]
        errors.append((*faults, *more))
    return Stand(draft, built, rows, tuple(errors))


@blueprint.get("/einrichtung")
@policy(PUBLIC)
def page() -> Response:
    """Ask for the code; whoever gave it goes on with the first step."""
    try:
        _draft()
    except NotAllowed:
        return _code_page(Form())
    return redirect(url_for("einrichtung.show", step=aufbau.STEPS[0]), 303)


@blueprint.post("/einrichtung")
@policy(PUBLIC)
def give_code() -> Response:
    """Open the pages to this browser."""
    with web.unit_of_work() as writing:
        token = einrichtung.redeem(writing, request.form.get("code", "")[:60])
    if token is None:
        text = _("Dieser Code gilt nicht. Der neueste steht dort, wo das Programm gestartet wurde.")
        return _code_page(Form(None, [FieldProblem("code", text)]), 422)
    session[SETUP] = token
    return redirect(url_for("einrichtung.show", step=aufbau.STEPS[0]), 303)


def _code_page(form: Form, status: int = 200) -> Response:
    return make_response(render_template("einrichtung/code.html", form=form), status)


@blueprint.get("/einrichtung/<any(behoerde, sachgebiete, personal, drucker, verwaltung):step>")
@policy(PUBLIC)
def show(step: str) -> Response:
    """Show a step as it was left."""
    try:
        draft = _draft()
    except NotAllowed:
        return redirect(url_for("einrichtung.page"), 303)
    return _step(step, draft)


@blueprint.post("/einrichtung/<any(behoerde, sachgebiete, personal, drucker, verwaltung):step>")
@policy(PUBLIC)
def send(step: str) -> Response:
    """Keep what was typed; go on when it is right, or where the button says."""
    before, extra, places = _draft(), list[aufbau.Fault](), dict[int, int]()
    try:
        if step == "behoerde":
            part = felder.read_behoerde(request.form)
        elif step == "sachgebiete":
            part = felder.read_sachgebiete(request.form, _template())
        elif step == "personal":
            part = _read_personal(before)
        elif step == "drucker":
            known = before.get("drucker", {}).get("rows", ())
            part, places = felder.read_drucker(request.form, known)
        else:
            part, extra = felder.read_verwaltung(request.form, before.get("verwaltung", {}))
        draft = _keep(step, part)
    except InvalidInput as error:
        return _step(step, before, problems=error.problems, status=422)
    if "probe" in request.form and step == "drucker":
        return _probe(draft, places.get(_number(request.form["probe"]), -1))
    if "mehr" in request.form:
        return redirect(url_for("einrichtung.show", step=step, zeilen=1, _anchor="mehr"), 303)
    if "zurueck" in request.form:
        return redirect(_neighbour(step, -1), 303)
    wrong = extra or [fault for fault in _stand(draft).faults if fault.step == step]
    if wrong and "spaeter" not in request.form:
        return _step(step, draft, faults=wrong, status=422)
    return redirect(_neighbour(step, 1), 303)


def _neighbour(step: str, by: int) -> str:
    place = aufbau.STEPS.index(step) + by
    if place >= len(aufbau.STEPS):
        return url_for("einrichtung.check")
    return url_for("einrichtung.show", step=aufbau.STEPS[max(place, 0)])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _read_personal(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of the uploaded sheet; without a new one, those that are there."""
    upload = request.files.get("tabelle")
    data = upload.stream.read(tabelle.MOST_BYTES + 1) if upload is not None else b""
    if not data:
        return dict(before.get("personal", {}))
    rows = personalblatt.read(data, aufbau.units_of(before, _template()))
    return {
        "file": ((upload.filename if upload is not None else "") or "")[:200],
        "rows": [
            {
                "no": row.row_no,
                "cells": dict(row.cells),
                "faults": [[fault.key, fault.text] for fault in row.faults],
            }
            for row in rows
        ],
    }


def _probe(draft: Mapping[str, Any], place: int) -> Response:
    """Print a test page and keep the printer's answer beside it, so that a reload shows it."""
    stand = _stand(draft)
    wrong = [fault for fault in stand.built.of("drucker") if fault.row == place]
    if wrong or not 0 <= place < len(draft["drucker"]["rows"]):
        return _step("drucker", draft, faults=wrong, status=422)
    settings = web.services().settings
    answer = testseite.print_test_page(
        stand.built.raw["printers"][place], at=web.now(), var_dir=settings.var_dir
    )
    rows = [dict(row) for row in draft["drucker"]["rows"]]
    rows[place]["answer"] = {"ok": answer.ok, "text": answer.text, "at": web.now().isoformat()}
    _keep("drucker", {"rows": rows})
    here = url_for("einrichtung.show", step="drucker", _anchor=f"drucker-{place + 1}")
    return redirect(here, 303)


def _step(
    step: str,
    draft: Mapping[str, Any],
    *,
    faults: Sequence[aufbau.Fault] = (),
    problems: Sequence[FieldProblem] = (),
    status: int = 200,
) -> Response:
    settings: Any = web.services().settings
    part = dict(draft.get(step, {}))
    if step == "sachgebiete":
        part = part or felder.first_values(_template())
    stand = _stand(draft) if step == "personal" else None
    if stand is not None and stand.rows and not faults and not problems:
        faults = [fault for fault in stand.faults if fault.step == step]
    told = [*problems, *(_problem(fault) for fault in faults if not _in_cell(fault))]
    if stand is not None and not stand.rows and faults:
        # Without a sheet every unit lacks its lead: that would name what follows, not what to do.
        text = _("Bitte laden Sie die ausgefüllte Tabelle hoch.")
        told = [*problems, FieldProblem("tabelle", text)]
    if any(_in_cell(fault) for fault in faults):
        text = _("In der Tabelle stimmen Zellen nicht; sie stehen unten.")
        told.append(FieldProblem("tabelle", text))
    rows = part.get("rows", [])
    chosen = aufbau.units_of(draft, _template())
    wrong = zip(stand.rows, stand.errors, strict=True) if stand is not None else ()
    values = felder.printer_values(rows) if step == "drucker" else part
    body = render_template(
        f"einrichtung/{step}.html",
        step=step,
        titles=felder.TITLES,
        form=Form(values, told),
        part=part,
        stand=stand,
        heads={c.key: c.de for c in personalblatt.columns(())},
        units=_template()["units"],
        chosen=chosen,
        every_unit=_named(_template()["units"]),
        own_units=_named(chosen),
        wrong=[(row, errors) for row, errors in wrong if errors],
        count=len(rows) + (1 if "zeilen" in request.args or not rows else 0),
        felder=felder,
        most_mb=tabelle.MOST_BYTES // 1024 // 1024,
        folders_only=settings.printers == "file",
    )
    return make_response(body, status)


def _named(units: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(str(unit["key"]), f"{unit['key']} {unit['name']}") for unit in units]


def _problem(fault: aufbau.Fault) -> FieldProblem:
    label = felder.label_of(fault.step, fault.field)
    field = fault.field or "tabelle" if fault.step == "personal" else fault.field
    return FieldProblem(field, f"{label}: {fault.text}" if label else fault.text)


@blueprint.get("/einrichtung/personal.xlsx")
@policy(PUBLIC)
def sheet() -> Response:
    """Give the empty sheet for the staff."""
    units = aufbau.units_of(_draft(), _template())
    return _file(personalblatt.workbook(units), "personal.xlsx", XLSX)


@blueprint.get("/einrichtung/personal-geprueft.xlsx")
@policy(PUBLIC)
def marked() -> Response:
    """Give the uploaded sheet back with every error at its cell."""
    draft = _draft()
    stand = _stand(draft)
    rows = [
        Ergebnis(row.cells, errors, "" if errors else "in Ordnung")
        for row, errors in zip(stand.rows, stand.errors, strict=True)
    ]
    units = aufbau.units_of(draft, _template())
    return _file(personalblatt.workbook(units, rows), "personal-geprueft.xlsx", XLSX)


@blueprint.get("/einrichtung/amt.yaml")
@policy(PUBLIC)
def office_file() -> Response:
    """Give the office file as it stands, right or not: ``abh office check`` reads it too."""
    return _file(_yaml(_stand(_draft()).built.raw), COPY, "application/yaml")


def _yaml(raw: Mapping[str, Any]) -> bytes:
    plain = yaml.safe_dump(dict(raw), allow_unicode=True, sort_keys=False, width=100)
    return ("# Das Amt als Datei. Einspielen: abh office import DATEI\n" + plain).encode("utf-8")


def _file(data: bytes, name: str, kind: str) -> Response:
    answer: Any = send_file(BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)
    return answer


@blueprint.get("/einrichtung/pruefen")
@policy(PUBLIC)
def check() -> Response:
    """Show what the office will be, and everything that is still missing, with the way there."""
    try:
        draft = _draft()
    except NotAllowed:
        return redirect(url_for("einrichtung.page"), 303)
    return _summary(_stand(draft))


def _summary(stand: Stand, status: int = 200) -> Response:
    open_points = [(fault.step, _problem(fault)) for fault in stand.faults]
    body = render_template(
        "einrichtung/pruefen.html",
        step="pruefen",
        titles=felder.TITLES,
        raw=stand.built.raw,
        days=felder.DAYS,
        printers=stand.draft.get("drucker", {}).get("rows", ()),
        open_points=open_points,
        rows=stand.rows,
        form=Form(),
    )
    return make_response(body, status)


@blueprint.post("/einrichtung/eroeffnen")
@policy(PUBLIC)
def open_office() -> Response:
    """Bring the office in, give the first account its password; all of it or nothing."""
    stand = _stand(_draft())
    if stand.faults:
        return _summary(stand, 422)
    with web.unit_of_work() as writing:
        stand = _stand(einrichtung.close(writing, _token()))
        if stand.faults:
            raise InvalidInput([_problem(fault) for fault in stand.faults])
        account = stand.draft["verwaltung"]
        einspielen.bring_in(writing, stand.built.data, clock=web.services().clock)
        user = user_by_login(writing, account["login"])
        adopt_password(writing, SYSTEM, user.id, account["hash"], now=web.now())
    session.pop(SETUP, None)
    web.services().more.pop(SETUP, None)
    _leave_copy(web.services().settings.var_dir / COPY, stand.built.raw)
    text = _("Das Amt ist eröffnet. Melden Sie sich mit dem ersten Konto an.")
    flash(text, "success")
    return redirect(url_for("login.page"), 303)


def _leave_copy(path: Path, raw: Mapping[str, Any]) -> None:
    """Leave the file for the next import beside the other files of this house, if one may."""
    with suppress(OSError):
        path.write_bytes(_yaml(raw))
        path.chmod(0o600)

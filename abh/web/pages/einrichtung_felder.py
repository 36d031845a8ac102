"""The fields of the first start: their labels, what is read of each form, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from abh.access.passwords import hash_password
from abh.access.service import password_problems
from abh.office import aufbau
from abh.office.schemas import WEEKDAYS
from abh.web.i18n import gettext as _

Typed = MultiDict[str, str]
TITLES: Mapping[str, Any] = {
    "behoerde": _l("Behörde"),
    "sachgebiete": _l("Sachgebiete"),
    "personal": _l("Personal"),
    "drucker": _l("Drucker"),
    "verwaltung": _l("Erstes Konto"),
    "pruefen": _l("Prüfen und eröffnen"),
}
# Field, label, hint, name for the browser's own help.
BEHOERDE: tuple[tuple[str, Any, tuple[tuple[str, Any, Any, str], ...]], ...] = (
    (
        "authority",
        _l("Absender aller Briefe"),
        (
            ("name", _l("Name der Behörde"), _l("Stadt oder Kreis, wie auf dem Briefkopf."), ""),
            ("head", _l("Behördenleitung"), _l("Zum Beispiel: Der Oberbürgermeister"), ""),
            ("department", _l("Amt"), "", ""),
            ("street", _l("Straße und Hausnummer"), "", "street-address"),
            ("postcode", _l("Postleitzahl"), "", "postal-code"),
            ("city", _l("Ort"), "", "address-level2"),
            ("phone", _l("Telefon"), "", "tel"),
            ("email", _l("E-Mail"), "", "email"),
            ("web", _l("Internetseite"), _l("Beginnt mit https://"), "url"),
            ("hours", _l("Öffnungszeiten im Briefkopf"), "", ""),
            ("transport", _l("Haltestelle"), "", ""),
        ),
    ),
    (
        "court",
        _l("Verwaltungsgericht der Rechtsbehelfsbelehrung (§ 58 Abs. 1 VwGO)"),
        (
            ("name", _l("Name des Gerichts"), "", ""),
            ("street", _l("Straße und Hausnummer"), "", ""),
            ("postcode", _l("Postleitzahl"), "", ""),
            ("city", _l("Ort"), "", ""),
        ),
    ),
    (
        "bank",
        _l("Konto für Gebühren"),
        (
            ("name", _l("Name der Bank"), "", ""),
            ("iban", _l("IBAN"), "", ""),
            ("bic", _l("BIC"), "", ""),
        ),
    ),
)
OPTIONAL = frozenset({"authority.hours", "authority.transport"})
UNIT: Mapping[str, Any] = {
    "name": _l("Name des Sachgebiets"),
    "room": _l("Raum"),
    "email": _l("E-Mail"),
    "phone": _l("Telefon"),
    "desks": _l("Plätze für Besuch"),
    "biometrics": _l("davon mit Fingerabdruck"),
}
DAYS: Mapping[str, Any] = {
    "mo": _l("Montag"),
    "di": _l("Dienstag"),
    "mi": _l("Mittwoch"),
    "do": _l("Donnerstag"),
    "fr": _l("Freitag"),
    "sa": _l("Samstag"),
    "so": _l("Sonntag"),
}
PRINTER: Mapping[str, Any] = {
    "name": _l("Name des Druckers"),
    "uri": _l("Adresse"),
    "unit": _l("druckt für"),
    "duplex": _l("druckt beidseitig"),
    "letter": _l("Fach für Briefbogen"),
    "form": _l("Fach für Vordrucke"),
    "label": _l("Fach für Etiketten"),
}
ACCOUNT: Mapping[str, Any] = {
    "login": _l("Anmeldename"),
    "name": _l("Name"),
    "email": _l("E-Mail"),
    "password": _l("Passwort"),
    "password2": _l("Passwort noch einmal"),
}
MOST_PRINTERS = 200


def label_of(step: str, field: str) -> str:
    """Return the label of a field, with what it belongs to; "" for the step as a whole."""
    first, _dot, last = field.partition(".")
    if step == "behoerde":
        fields = next((rows for part, _title, rows in BEHOERDE if part == first), ())
        return next((str(label) for name, label, _hint, _auto in fields if name == last), "")
    if step == "sachgebiete":
        if first == "hours":
            return str(DAYS.get(last, ""))
        return f"{first} {UNIT[last]}" if last in UNIT else ""
    if step == "drucker":
        return f"{int(first) + 1}. {PRINTER[last]}" if last in PRINTER else ""
    return str(ACCOUNT.get(field, ""))


def first_values(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the step of the Sachgebiete shows before anything was typed."""
    units = template["units"]
    values: dict[str, Any] = {
        "units": [unit["key"] for unit in units],
        "triage": next((unit["key"] for unit in units if unit.get("central")), ""),
        "roster": "1",
    }
    for unit in units:
        key = unit["key"]
        values |= {f"{key}.name": unit["name"], f"{key}.desks": "2"}
        values[f"{key}.biometrics"] = "0" if unit.get("central") else "1"
    for day in WEEKDAYS:
        values[f"hours.{day}"] = ", ".join(template["opening_hours"].get(day, ()))
    return values


def read_behoerde(form: Typed) -> dict[str, Any]:
    """Return what was typed of authority, court and bank."""
    return {
        f"{part}.{name}": form.get(f"{part}.{name}", "").strip()
        for part, _title, rows in BEHOERDE
        for name, *_rest in rows
    }


def read_sachgebiete(form: Typed, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed of the Sachgebiete, also of those not chosen."""
    part: dict[str, Any] = {
        "units": form.getlist("units"),
        "triage": form.get("triage", ""),
        "roster": form.get("roster", ""),
    }
    for unit in template["units"]:
        for name in UNIT:
            part[f"{unit['key']}.{name}"] = form.get(f"{unit['key']}.{name}", "").strip()
    for day in WEEKDAYS:
        part[f"hours.{day}"] = form.get(f"hours.{day}", "").strip()
    return part


def read_drucker(
    form: Typed, before: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[int, int]]:
    """Return the printers typed, without empty rows, and where each row of the form went.

    The answer to a test page stays with its printer while its address is the same.
    """
    count = form.get("count", "0")
    rows: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for number in range(min(int(count) if count.isdecimal() else 0, MOST_PRINTERS)):
        row: dict[str, Any] = {
            name: form.get(f"{number}.{name}", "").strip()[:300] for name in PRINTER
        }
        if not row["name"] and not row["uri"]:
            continue
        known = next((one for one in before if one.get("uri") == row["uri"]), {})
        places[number] = len(rows)
        rows.append({**row, **({"answer": known["answer"]} if "answer" in known else {})})
    return {"rows": rows}, places


def read_verwaltung(
    form: Typed, before: Mapping[str, Any]
) -> tuple[dict[str, Any], list[aufbau.Fault]]:
    """Return the first account and what is wrong with its password; it is kept as a hash only."""
    part = {name: form.get(name, "").strip() for name in ("login", "name", "email")}
    part["login"] = part["login"].lower()
    typed, again = form.get("password", ""), form.get("password2", "")
    if before.get("hash"):
        part["hash"] = str(before["hash"])
    if not typed and not again:
        return part, []
    problems = [
        aufbau.Fault("verwaltung", "password", problem.message)
        for problem in password_problems(typed)
    ]
    if typed != again:
        text = _("Die beiden Passwörter sind nicht gleich.")
        problems.append(aufbau.Fault("verwaltung", "password2", text))
    if not problems:
        part["hash"] = hash_password(typed)
    return part, problems


def printer_values(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the printers as values of a form."""
    return {f"{n}.{name}": row.get(name, "") for n, row in enumerate(rows) for name in PRINTER}

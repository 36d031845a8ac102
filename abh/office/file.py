"""Reading an office file: form, then references; every fault at once with its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from abh.configfiles import configuration_error, load_yaml_file
from abh.kernel.errors import Reason
from abh.office import check
from abh.office.lines import Lines, dotted
from abh.office.lines import Path as Place
from abh.office.schemas import WEEKDAYS, OfficeSchema

_GERMAN = {
    "Unknown field.": "diesen Schlüssel gibt es hier nicht",
    "Invalid input type.": "muss ein Abschnitt mit Schlüsseln sein",
    "Not a valid string.": "muss ein Text sein (in Anführungszeichen setzen)",
    "Not a valid boolean.": "muss true oder false sein",
    "Not a valid integer.": "muss eine ganze Zahl sein",
    "Not a valid list.": "muss eine Liste sein",
    "Not a valid mapping type.": "muss ein Abschnitt mit Schlüsseln sein",
    "Not a valid email address.": "ist keine E-Mail-Adresse",
    "Missing data for required field.": "fehlt",
    "Field may not be null.": "darf nicht leer sein",
}


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One weekly piece: clerk at a desk in a lane; ``weekday`` 0 is Monday, times ``HH:MM``.

    The office only reads it from the file: ``appointments`` is the one writer of the roster.
    """

    unit_key: str
    desk_key: str
    login: str
    weekday: int
    start: str
    end: str
    lane: str


def load_office(path: Path) -> dict[str, Any]:
    """Return the checked office file; raises ``ConfigurationError`` naming every fault's line."""
    raw = load_yaml_file(path)
    text = path.read_text(encoding="utf-8")
    data, faults = examine(raw)
    if faults:
        lines = Lines(text)
        reasons = [
            Reason(
                f"{path}, Zeile {lines.of(place)}, {dotted(place)}: {message}",
                key=dotted(place),
            )
            for place, message in sorted(faults, key=lambda fault: lines.of(fault[0]))
        ]
        raise configuration_error("Amtsdatei", reasons)
    return data


def examine(raw: Any) -> tuple[dict[str, Any], list[check.Fault]]:
    """Return the loaded data and all faults; the data is only to be used when there are none."""
    if not isinstance(raw, Mapping):
        return {}, [((), "die Datei muss Abschnitte enthalten (authority, units, staff …)")]
    data: dict[str, Any] = {}
    faults: list[check.Fault] = []
    try:
        data = OfficeSchema().load(raw)
    except ValidationError as error:
        faults = [(place, _GERMAN.get(text, text)) for place, text in _flatten(error.messages)]
    wrong = {place for place, _ in faults}
    faults += check.faults(check.Office(raw, wrong))
    return data, faults


def _flatten(messages: Any, place: Place = ()) -> Iterator[check.Fault]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # Dict fields put their faults below "key" and "value"; people look for the key itself.
            skip = key in ("key", "value") and len(place) == 2 and isinstance(place[1], str)
            yield from _flatten(value, place if key == "_schema" or skip else (*place, key))
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _flatten(value, place)
    else:
        yield place, str(messages)


def roster_entries(data: Mapping[str, Any]) -> list[RosterEntry]:
    """Return the weekly roster of a checked office file, piece by piece."""
    units = {desk["key"]: desk["unit"] for desk in data["desks"]}
    return [
        RosterEntry(
            unit_key=units[row["desk"]],
            desk_key=row["desk"],
            login=row["login"],
            weekday=WEEKDAYS.index(day),
            start=piece["start"],
            end=piece["end"],
            lane=piece["lane"],
        )
        for row in data["roster"]
        for day in row["days"]
        for piece in data["shifts"][row["shift"]]
    ]


def profile_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the file that is not rows of tables, in JSON values."""
    kept = (
        "synthetic",
        "authority",
        "court",
        "bank",
        "routing",
        "household",
        "equipment",
        "rooms",
        "targets",
        "authorities",
        "booking",
    )
    profile: dict[str, Any] = {name: data[name] for name in kept}
    profile["fachkraefteverfahren"] = [
        {**row, "since": row["since"].isoformat()} for row in data["fachkraefteverfahren"]
    ]
    profile["opening_hours"] = {
        day: [f"{_clock(a)}-{_clock(b)}" for a, b in spans]
        for day, spans in data["opening_hours"].items()
    }
    # Told apart, so that an import for another reason leaves the week alone that supervisors edit.
    week = {"roster": data["roster"], "shifts": data["shifts"]}
    profile["roster_sha256"] = fingerprint(week)
    profile["logins"] = [person["login"] for person in data["staff"]]
    return profile


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def fingerprint(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content of an office file, whatever its layout and comments."""
    canonical = json.dumps(data, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

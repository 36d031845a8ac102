"""Makes an office file of what somebody typed at the first start (pure), and finds its faults.

The file is the one that ``abh office import`` takes, checked by the same schema; every fault comes
back at the step and field where it can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from abh.office import file
from abh.office.anfangsplan import starting_week
from abh.office.schemas import WEEKDAYS

Draft = Mapping[str, Any]
# Steps of the first start; each has a page and a part of the draft of this name.
STEPS: Final = ("behoerde", "sachgebiete", "personal", "drucker", "verwaltung")
MOST_DESKS: Final = 60
PRINTER_TRAYS: Final = ("letter", "form", "label")
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "authority": (
        "name", "head", "department", "street", "postcode", "city", "phone", "email", "web",
        "hours", "transport",
    ),
    "court": ("name", "street", "postcode", "city"),
    "bank": ("name", "iban", "bic"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, at which field of which step; ``row`` is the place in a list, or None."""

    step: str
    field: str
    text: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Aufbau:
    """An office file as plain data, the checked data of it, and all faults.

    ``data`` is only to be used when there are no faults.
    """

    raw: Mapping[str, Any]
    data: Mapping[str, Any]
    faults: tuple[Fault, ...]

    def of(self, step: str) -> list[Fault]:
        """Return the faults of a step."""
        return [fault for fault in self.faults if fault.step == step]


def build(draft: Draft, template: Mapping[str, Any], staff: Sequence[Mapping[str, Any]]) -> Aufbau:
    """Return the office of a draft; ``staff`` are the people of the sheet, in its order."""
    faults: list[Fault] = []
    units = units_of(draft, template)
    admin = _admin(draft)
    people = [_with_powers(person, template, units) for person in staff]
    people += [admin] if admin else []
    printers = _printers(draft)
    desks = _desks(draft, template, units, printers, faults)
    hours = _hours(draft)
    shifts, roster = _week(draft, units, desks, people, hours)
    raw: dict[str, Any] = {
        "synthetic": False,
        **{part: _filled(draft, part, names) for part, names in _PARTS.items()},
        "opening_hours": hours,
        "routing": {"triage": triage_of(draft, units), "by_title": list(template["by_title"])},
        **{name: template[name] for name in ("household", "authorities", "equipment")},
        "units": units,
        "rooms": _rooms(units),
        "printers": printers,
        "desks": desks,
        "services": _services(template, desks),
        "closures": [],
        "staff": people,
        "shifts": shifts,
        "roster": roster,
    }
    data, wrong = file.examine(raw)
    if not units:
        faults.append(Fault("sachgebiete", "units", "Bitte mindestens ein Sachgebiet wählen."))
    if not admin:
        faults.append(Fault("verwaltung", "login", "Das erste Konto fehlt noch."))
    elif not draft["verwaltung"].get("hash"):
        faults.append(Fault("verwaltung", "password", "Bitte ein Passwort setzen."))
    # Services are chosen to fit the desks: a fault of theirs repeats that of a desk.
    own = [(path, text) for path, text in wrong if path[:1] != ("services",)]
    faults += [_placed(path, text, raw, len(staff)) for path, text in own]
    return Aufbau(raw, data, tuple(_without_echoes(faults)))


def units_of(draft: Draft, template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the chosen Sachgebiete; what a left-out one would do falls to that of the triage."""
    typed = _part(draft, "sachgebiete")
    chosen = typed.get("units") or ()
    found = [
        {
            "key": unit["key"],
            "name": typed.get(f"{unit['key']}.name") or unit["name"],
            "central": bool(unit.get("central")),
            "verfahren": list(unit["verfahren"]),
            **_given(typed, unit["key"], ("room", "email", "phone")),
        }
        for unit in template["units"]
        if unit["key"] in chosen
    ]
    triage = triage_of(draft, found)
    rest = [
        key for unit in template["units"] if unit["key"] not in chosen for key in unit["verfahren"]
    ]
    for unit in found:
        if unit["key"] == triage:
            unit["verfahren"] += rest
            # Who decides must also read: then it is no unit that only passes things on.
            unit["central"] = unit["central"] and not rest
    return found


def triage_of(draft: Draft, units: Sequence[Mapping[str, Any]]) -> str:
    """Return which unit gets what is unclear: the one chosen, else the last."""
    wanted = str(_part(draft, "sachgebiete").get("triage") or "")
    keys = [str(unit["key"]) for unit in units]
    return wanted if wanted in keys or not keys else keys[-1]


def _part(draft: Draft, step: str) -> Mapping[str, Any]:
    found = draft.get(step)
    return found if isinstance(found, Mapping) else {}


def _given(typed: Mapping[str, Any], key: str, names: Iterable[str]) -> dict[str, str]:
    """Return what was typed; what is empty is left out, so that the schema says that it is."""
    pairs = ((name, str(typed.get(f"{key}.{name}") or "").strip()) for name in names)
    return {name: text for name, text in pairs if text}


def _filled(draft: Draft, part: str, names: Iterable[str]) -> dict[str, str]:
    return _given(_part(draft, "behoerde"), part, names)


def _hours(draft: Draft) -> dict[str, list[str]]:
    typed = _part(draft, "sachgebiete")
    found = {
        day: [
            span.strip().replace("–", "-").replace(" ", "")
            for span in re.split(r"[,;]", str(typed.get(f"hours.{day}") or ""))
            if span.strip()
        ]
        for day in WEEKDAYS
    }
    return {day: spans for day, spans in found.items() if spans}


def _rooms(units: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rooms = dict.fromkeys(str(unit["room"]) for unit in units if unit.get("room"))
    found = []
    for room in rooms:
        floor = room.partition(".")[0]
        names = [str(unit["name"]) for unit in units if unit.get("room") == room]
        number = int(floor) if floor.isascii() and floor.isdecimal() and len(floor) < 3 else 0
        found.append({"key": room, "name": " und ".join(names)[:200], "floor": number})
    return found


def _printers(draft: Draft) -> list[dict[str, Any]]:
    rows = _part(draft, "drucker").get("rows") or ()
    return [
        {
            "key": f"P-{number:02d}",
            **{name: row[name].strip() for name in ("name", "uri") if row.get(name, "").strip()},
            "duplex": bool(row.get("duplex")),
            "trays": {
                paper: {"source": row[paper].strip()}
                for paper in PRINTER_TRAYS
                if row.get(paper, "").strip()
            },
        }
        for number, row in enumerate(rows, start=1)
    ]


def _desks(
    draft: Draft, template: Mapping[str, Any], units: Sequence[Mapping[str, Any]],
    printers: Sequence[Mapping[str, Any]], faults: list[Fault],
) -> list[dict[str, Any]]:  # fmt: skip
    typed, kit = _part(draft, "sachgebiete"), template["desk_equipment"]
    rows = _part(draft, "drucker").get("rows") or ()
    found = []
    for unit in units:
        key = unit["key"]
        count = _count(typed, f"{key}.desks", MOST_DESKS, faults)
        most = count or MOST_DESKS  # a count that cannot be read is told by itself
        prints = 0 if unit["central"] else _count(typed, f"{key}.biometrics", most, faults)
        own = [p["key"] for p, row in zip(printers, rows, strict=True) if row.get("unit") == key]
        own = own or [p["key"] for p, r in zip(printers, rows, strict=True) if not r.get("unit")]
        for number in range(1, count + 1):
            kind = "biometrics" if number <= prints else "central" if unit["central"] else "plain"
            found.append(
                {
                    "key": f"{key}-{number:02d}",
                    "name": f"Platz {number}",
                    "unit": key,
                    "room": unit.get("room", ""),
                    "equipment": list(kit[kind]) + (["barrier_free"] if number == 1 else []),
                    "printer": own[(number - 1) % len(own)] if own else None,
                }
            )
    return found


def _count(typed: Mapping[str, Any], field: str, most: int, faults: list[Fault]) -> int:
    text = str(typed.get(field) or "0").strip()
    if text.isascii() and text.isdecimal() and int(text) <= most:
        return int(text)
    faults.append(Fault("sachgebiete", field, f"muss eine Zahl von 0 bis {most} sein"))
    return 0


def _services(
    template: Mapping[str, Any], desks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what this house can do: nothing for which no desk has the equipment."""
    fits: list[dict[str, Any]] = [
        dict(service)
        for service in template["services"]
        if any(set(service["equipment"]) <= set(desk["equipment"]) for desk in desks)
    ]
    known = {service["key"] for service in fits}
    for service in fits:
        if service.get("then") not in known:
            service.pop("then", None)
    return fits


def _with_powers(
    person: Mapping[str, Any], template: Mapping[str, Any], units: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    central = {unit["key"] for unit in units if unit["central"]}
    unit, role = person.get("unit"), person.get("role")
    place = "central" if unit in central else "house" if not unit else ""
    powers = template["powers"].get(place, {}).get(role)
    return {**person, **({"powers": list(powers)} if powers else {})}


def _admin(draft: Draft) -> dict[str, Any]:
    typed = _part(draft, "verwaltung")
    if not typed.get("login"):
        return {}
    kept = ("login", "name", "email")
    given = {name: str(typed[name]).strip() for name in kept if str(typed.get(name) or "").strip()}
    return {**given, "role": "admin", "rank": "SB"}


def _week(
    draft: Draft, units: Sequence[Mapping[str, Any]], desks: Sequence[Mapping[str, Any]],
    people: Sequence[Mapping[str, Any]], hours: Mapping[str, Sequence[str]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # fmt: skip
    if not _part(draft, "sachgebiete").get("roster"):
        return {}, []
    return starting_week(units, desks, people, hours)


def _placed(path: file.Place, text: str, raw: Mapping[str, Any], people: int) -> Fault:
    """Return a fault of the file at the field of the step where its cause was typed."""
    section = str(path[0]) if path else ""
    index = path[1] if len(path) > 1 and isinstance(path[1], int) else None
    last = str(path[2]) if len(path) > 2 else ""
    if section in _PARTS:
        return Fault("behoerde", ".".join(map(str, path[:2])), text)
    if section == "opening_hours":
        return Fault("sachgebiete", f"hours.{path[1] if len(path) > 1 else 'mo'}", text)
    if section == "printers" and index is not None:
        return Fault("drucker", f"{index}.{_tray_field(path) or last or 'name'}", text, index)
    if section == "staff" and index is not None:
        if index >= people:
            return Fault("verwaltung", last or "login", text)
        return Fault("personal", last, text, index)
    if section == "units" and index is not None:
        if not last:
            return Fault("personal", "", text.replace("unter staff ", "in der Tabelle "))
        return Fault("sachgebiete", f"{raw['units'][index]['key']}.{last}", text)
    if section in ("rooms", "desks") and index is not None:
        room = raw[section][index]["key" if section == "rooms" else "room"]
        return Fault("sachgebiete", f"{_unit_of_room(raw, room)}.room", text)
    return Fault("sachgebiete", "triage" if section == "routing" else "units", text)


def _tray_field(path: file.Place) -> str:
    return str(path[3]) if len(path) > 3 and path[2] == "trays" else ""


def _unit_of_room(raw: Mapping[str, Any], room: str) -> str:
    return next((u["key"] for u in raw["units"] if u.get("room", "") == room), "units")


def _without_echoes(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield each field once: one empty room would be told again for each of its desks."""
    seen: set[tuple[str, str, int | None]] = set()
    for fault in faults:
        place = (fault.step, fault.field, fault.row)
        if place not in seen or (fault.step, fault.field) == ("personal", ""):
            seen.add(place)
            yield fault

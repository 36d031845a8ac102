"""References inside an office file: what names something that is not there, or is there twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from abh.access.policy import ROLE_CEILING
from abh.office.lines import Path
from abh.office.schemas import VISIT_LANES, minutes_of

Fault = tuple[Path, str]
# Sections that are lists, with the key by which others name their entries.
KEYS = {
    "units": "key",
    "rooms": "key",
    "printers": "key",
    "desks": "key",
    "services": "key",
    "staff": "login",
}


class Office:
    """An office file whose wrong entries are left out, so that the right ones can be checked.

    ``known`` also holds the keys of wrong entries: one fault shall not cause ten.
    """

    def __init__(self, raw: Mapping[str, Any], wrong: set[Path]) -> None:
        self.raw = raw
        self.wrong = wrong
        self.known = {name: set(self._keys(name, key)) for name, key in KEYS.items()}
        self.equipment = _keys_of(raw.get("equipment"))
        self.shifts = _keys_of(raw.get("shifts"))
        self.verfahren = {
            key for _, unit in self.rows("units") for key in unit.get("verfahren") or ()
        } | set(self.part("routing").get("by_title") or ())

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a section that is a mapping, empty when its form is wrong."""
        found = self.raw.get(name)
        bad = any(path[:1] == (name,) for path in self.wrong)
        return found if isinstance(found, Mapping) and not bad else {}

    def rows(self, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the well-formed entries of a list section with their index."""
        found = self.raw.get(name)
        for index, row in enumerate(found if isinstance(found, list) else ()):
            bad = any(path[:2] == (name, index) for path in self.wrong)
            if isinstance(row, Mapping) and not bad:
                yield index, row

    def _keys(self, name: str, key: str) -> Iterator[str]:
        found = self.raw.get(name)
        for row in found if isinstance(found, list) else ():
            if isinstance(row, Mapping) and isinstance(row.get(key), str):
                yield row[key]

    def duplicates(self, name: str) -> Iterator[Fault]:
        """Yield the second and later entries with the same key."""
        seen: Counter[str] = Counter()
        for index, row in self.rows(name):
            key = row[KEYS[name]]
            seen[key] += 1
            if seen[key] > 1:
                yield (name, index, KEYS[name]), f"„{key}“ ist schon vergeben; Namen sind eindeutig"


def _keys_of(found: Any) -> set[str]:
    return {str(key) for key in found} if isinstance(found, Mapping) else set()


def _unknown(what: str, name: Any, known: Iterable[str], where: str) -> str:
    names = sorted(known)
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return f"{what} „{name}“ gibt es nicht; hier ändern oder unter {where} ergänzen ({listed})"


def faults(office: Office) -> list[Fault]:
    """Return every fault of reference, in the order of the file's sections."""
    found: list[Fault] = []
    for name in KEYS:
        found += office.duplicates(name)
    for check in (_units, _desks, _services, _closures, _staff, _routing, _leads, _shifts, _roster):
        found += check(office)
    return found


def _units(office: Office) -> Iterator[Fault]:
    owner: dict[str, str] = {}
    for index, unit in office.rows("units"):
        if unit.get("room") not in office.known["rooms"]:
            text = _unknown("Raum", unit.get("room"), office.known["rooms"], "rooms")
            yield ("units", index, "room"), text
        for place, verfahren in enumerate(unit.get("verfahren") or ()):
            path: Path = ("units", index, "verfahren", place)
            if verfahren in owner:
                yield path, f"{verfahren} gehört schon zu {owner[verfahren]}; nur ein Sachgebiet"
            owner.setdefault(verfahren, unit["key"])


def _desks(office: Office) -> Iterator[Fault]:
    for index, desk in office.rows("desks"):
        for field, what, section in (
            ("unit", "Sachgebiet", "units"),
            ("room", "Raum", "rooms"),
            ("printer", "Drucker", "printers"),
        ):
            name = desk.get(field)
            if name is not None and name not in office.known[section]:
                text = _unknown(what, name, office.known[section], section)
                yield ("desks", index, field), text
        yield from _equipment(office, "desks", index, desk)


def _equipment(office: Office, section: str, index: int, row: Mapping[str, Any]) -> Iterator[Fault]:
    for place, name in enumerate(row.get("equipment") or ()):
        if name not in office.equipment:
            text = _unknown("Ausstattung", name, office.equipment, "equipment")
            yield (section, index, "equipment", place), text


def _services(office: Office) -> Iterator[Fault]:
    desks = [set(desk.get("equipment") or ()) for _, desk in office.rows("desks")]
    for index, service in office.rows("services"):
        unknown = list(_equipment(office, "services", index, service))
        yield from unknown
        needed = set(service.get("equipment") or ())
        if not unknown and desks and not any(needed <= has for has in desks):
            text = f"kein Platz hat {', '.join(sorted(needed))}; unter desks ergänzen"
            yield ("services", index, "equipment"), text
        follows = service.get("then")
        if follows is not None and follows not in office.known["services"]:
            text = _unknown("Leistung", follows, office.known["services"], "services")
            yield ("services", index, "then"), text
        elif follows == service["key"]:
            yield ("services", index, "then"), "eine Leistung folgt nicht auf sich selbst"


def _closures(office: Office) -> Iterator[Fault]:
    seen: set[tuple[str, str | None]] = set()
    for index, closure in office.rows("closures"):
        unit = closure.get("unit")
        if unit is not None and unit not in office.known["units"]:
            text = _unknown("Sachgebiet", unit, office.known["units"], "units")
            yield ("closures", index, "unit"), text
        if (str(closure["day"]), unit) in seen:
            yield ("closures", index, "day"), f"{closure['day']} ist schon als geschlossen genannt"
        seen.add((str(closure["day"]), unit))


def _staff(office: Office) -> Iterator[Fault]:
    leads: Counter[str] = Counter()
    for index, person in office.rows("staff"):
        unit = person.get("unit")
        if unit is not None and unit not in office.known["units"]:
            text = _unknown("Sachgebiet", unit, office.known["units"], "units")
            yield ("staff", index, "unit"), text
        if unit is None and person["role"] == "clerk":
            yield ("staff", index), "wer Vorgänge bearbeitet, braucht ein Sachgebiet (unit)"
        leads[str(unit)] += person["role"] == "lead"
        too_much = sorted(set(person.get("powers") or ()) - ROLE_CEILING[person["role"]])
        if too_much:
            text = f"für die Rolle {person['role']} nicht möglich: {', '.join(too_much)}"
            yield ("staff", index, "powers"), text
        for field in ("trained", "training"):
            for place, name in enumerate(person.get(field) or ()):
                if name not in office.verfahren:
                    text = _unknown("Verfahren", name, office.verfahren, "units.verfahren")
                    yield ("staff", index, field, place), text
    for index, unit in office.rows("units"):
        if leads[unit["key"]] != 1:
            text = (
                f"{unit['key']} hat {leads[unit['key']]} Leitungen; unter staff genau eine nennen"
            )
            yield ("units", index), text


def _routing(office: Office) -> Iterator[Fault]:
    routing = office.part("routing")
    triage = routing.get("triage")
    if routing and triage not in office.known["units"]:
        text = _unknown("Sachgebiet", triage, office.known["units"], "units")
        yield ("routing", "triage"), text
    owned = {key for _, unit in office.rows("units") for key in unit.get("verfahren") or ()}
    for place, name in enumerate(routing.get("by_title") or ()):
        if name in owned:
            text = f"{name} steht auch unter units.verfahren; entweder dort oder hier"
            yield ("routing", "by_title", place), text


def _leads(office: Office) -> Iterator[Fault]:
    last = ""
    for index, row in office.rows("fachkraefteverfahren"):
        since = str(row["from"])
        if since <= last:
            text = f"{since} liegt nicht nach dem Tag davor; der Reihe nach, jeder Tag einmal"
            yield ("fachkraefteverfahren", index, "from"), text
        last = max(last, since)


def _shifts(office: Office) -> Iterator[Fault]:
    for name, pieces in office.part("shifts").items():
        last = 0
        for index, piece in enumerate(pieces):
            start = minutes_of(piece["start"])
            if start < last:
                text = f"überschneidet sich mit dem vorigen Stück oder steht vor ihm ({name})"
                yield ("shifts", name, index, "start"), text
            last = max(last, minutes_of(piece["end"]))


def _roster(office: Office) -> Iterator[Fault]:
    known = (
        ("login", "Person", "staff", office.known["staff"]),
        ("desk", "Platz", "desks", office.known["desks"]),
        ("shift", "Tagesablauf", "shifts", office.shifts),
    )
    units = {row["key"]: row.get("unit") for _, row in office.rows("desks")}
    homes = {row["login"]: row.get("unit") for _, row in office.rows("staff")}
    central = {row["key"] for _, row in office.rows("units") if row.get("central")}
    for index, row in office.rows("roster"):
        for field, what, section, names in known:
            if row[field] not in names:
                yield ("roster", index, field), _unknown(what, row[field], names, section)
        home, unit = homes.get(row["login"]), units.get(row["desk"])
        if home and unit and home != unit and home not in central:
            text = f"{row['login']} gehört zu {home}, der Platz zu {unit}"
            yield ("roster", index, "desk"), text
    yield from _overlaps(office)
    yield from _outside_hours(office)


def _overlaps(office: Office) -> Iterator[Fault]:
    shifts = office.part("shifts")
    taken: dict[tuple[str, str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for index, row in office.rows("roster"):
        pieces = shifts.get(row["shift"]) or ()
        spans = [(minutes_of(p["start"]), minutes_of(p["end"])) for p in pieces]
        for kind, name in (("Platz", row["desk"]), ("Person", row["login"])):
            for day in row["days"]:
                there = taken[kind, name, day]
                clash = next(
                    (i for i, s, e in there if any(s < b and a < e for a, b in spans)), None
                )
                if clash is not None:
                    text = f"{kind} {name} ist am {day} schon in roster[{clash}] eingeteilt"
                    yield ("roster", index), text
                there += [(index, a, b) for a, b in spans]


def _outside_hours(office: Office) -> Iterator[Fault]:
    hours, shifts = office.part("opening_hours"), office.part("shifts")
    for index, row in office.rows("roster"):
        for day in row["days"]:
            spans = [_span(text) for text in hours.get(day) or ()]
            for piece in shifts.get(row["shift"]) or ():
                start, end = minutes_of(piece["start"]), minutes_of(piece["end"])
                is_open = any(a <= start and end <= b for a, b in spans)
                if hours and piece["lane"] in VISIT_LANES and not is_open:
                    text = (
                        f"{day} {piece['start']}-{piece['end']} ({piece['lane']}) liegt nicht in "
                        "den Öffnungszeiten; opening_hours oder shifts ändern"
                    )
                    yield ("roster", index, "shift"), text


def _span(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    return minutes_of(start.strip()), minutes_of(end.strip())

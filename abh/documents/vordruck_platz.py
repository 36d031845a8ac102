"""Where entries stand on prescribed forms, as the office measured them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from abh.configfiles import load_yaml_file
from abh.kernel.errors import ConfigurationError
from abh.settings import ROOT

FILE: Final = ROOT / "config" / "vordrucke.yaml"
# What the product knows of an issued form; the names are those of the list on plain paper.
ENTRIES: Final = (
    "Name", "Vorname", "Geburtsdatum", "Geburtsort", "Staatsangehörigkeit", "Aktenzeichen",
    "Ausgestellt am", "Gültig bis", "Grundlage", "Eintrag", "Seriennummer", "Siegelnummer",
)  # fmt: skip
USUAL_SIZE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a form: mm from the left and upper edge of an A4 sheet, mm wide, points high."""

    left: float
    top: float
    width: float
    size: float = USUAL_SIZE


def places_of(form: str, path: Path = FILE) -> Mapping[str, Place]:
    """Return the places of a form by entry; empty where the office has not measured it.

    Raises ``ConfigurationError`` naming every form, entry or length that cannot be.
    """
    return _load(path).get(form, {})


@cache
def _load(path: Path) -> Mapping[str, Mapping[str, Place]]:
    # Here: custody needs the database, and who draws letters does not.
    from abh.documents.vordrucke import FORMS

    raw = load_yaml_file(path).get("vordrucke") or {}
    faults = [f"{form}: Diesen Vordruck führt das Amt nicht." for form in raw if form not in FORMS]
    made: dict[str, dict[str, Place]] = {}
    for form, entries in raw.items():
        made[form] = {}
        for name, values in (entries or {}).items():
            place = _place(values)
            if name not in ENTRIES:
                faults.append(f"{form}: Den Eintrag „{name}“ gibt es nicht.")
            elif place is None:
                faults.append(f"{form}, {name}: Die Stelle liegt nicht auf einem Blatt A4.")
            else:
                made[form][name] = place
    if faults:
        raise ConfigurationError(f"{path.name}: " + " ".join(faults))
    return made


def _place(values: Any) -> Place | None:
    try:
        place = Place(
            left=float(values["links"]),
            top=float(values["oben"]),
            width=float(values["breite"]),
            size=float(values.get("groesse", USUAL_SIZE)),
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    inside = place.left >= 0 and place.left + place.width <= 210 and 0 <= place.top <= 290
    return place if inside and place.width > 0 and 6 <= place.size <= 24 else None

"""What is typed at the first start becomes an office file; each fault is at its own field."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from abh.configfiles import load_yaml_file
from abh.office import aufbau
from abh.office.anfangsplan import starting_week
from abh.office.file import examine
from abh.settings import DEMO_OFFICE, ROOT

TEMPLATE = load_yaml_file(ROOT / "config" / "einrichtung.yaml")
DEMO = load_yaml_file(DEMO_OFFICE)
STAFF: list[dict[str, Any]] = [
    {"login": "l.eins", "name": "L", "unit": "SG1", "role": "lead", "rank": "SGL"},
    *(
        {"login": f"c.{n}", "name": "C", "unit": "SG1", "role": "clerk", "rank": "SB"}
        for n in range(3)
    ),
    {"login": "l.acht", "name": "L", "unit": "SG8", "role": "lead", "rank": "SGL"},
    {"login": "amt", "name": "A", "role": "lead", "rank": "AL"},
]


def sound() -> dict[str, Any]:
    """A draft without fault: two of the eight topics."""
    parts = ("authority", "court", "bank")
    return {
        "behoerde": {f"{part}.{name}": v for part in parts for name, v in DEMO[part].items()},
        "sachgebiete": {
            "units": ["SG1", "SG8"],
            "triage": "SG1",
            "roster": "1",
            "hours.mo": "07:30–12:00, 13:00-17:00",
            "hours.fr": "08:00-08:30",
            "SG1.room": "2.10",
            "SG1.desks": "3",
            "SG1.biometrics": "2",
            "SG8.room": "0.80",
            "SG8.desks": "1",
        },
        "drucker": {"rows": [{"name": "Flur", "uri": "ipp://flur.intern/ipp/print", "unit": ""}]},
        "verwaltung": {"login": "technik", "name": "T", "email": "", "hash": "$argon2id$x"},
    }


def built(draft: dict[str, Any], staff: list[dict[str, Any]] = STAFF) -> aufbau.Aufbau:
    return aufbau.build(draft, TEMPLATE, staff)


def test_a_sound_draft_is_an_office_file_that_the_import_takes() -> None:
    office = built(sound())
    assert office.faults == ()
    again = yaml.safe_load(yaml.safe_dump(dict(office.raw), allow_unicode=True))
    assert examine(again) == (office.data, [])
    assert [desk["printer"] for desk in office.raw["desks"]] == ["P-01"] * 4
    assert sum("biometrics" in desk["equipment"] for desk in office.raw["desks"]) == 2


def test_every_procedure_of_the_house_has_one_unit() -> None:
    assert sorted(
        [key for unit in TEMPLATE["units"] for key in unit["verfahren"]] + TEMPLATE["by_title"]
    ) == [f"P{n:02d}" for n in range(1, 39)]
    units = {unit["key"]: unit for unit in built(sound()).raw["units"]}
    assert len(units["SG1"]["verfahren"]) == 34
    assert units["SG8"]["verfahren"] == ["P34"]


def test_a_central_unit_that_decides_what_is_left_over_is_no_central_one_any_more() -> None:
    draft = sound()
    draft["sachgebiete"]["triage"] = "SG8"
    units = {unit["key"]: unit["central"] for unit in built(draft).raw["units"]}
    assert units == {"SG1": False, "SG8": False}


def test_powers_follow_the_place() -> None:
    people = {person["login"]: person for person in built(sound()).raw["staff"]}
    assert "unit.all" in people["amt"]["powers"]
    assert "case.read" not in people["l.acht"]["powers"]
    assert "powers" not in people["c.0"]
    assert people["technik"]["role"] == "admin"


@pytest.mark.parametrize(
    ("step", "field", "value", "where"),
    [
        ("behoerde", "authority.postcode", "402", "authority.postcode"),
        ("behoerde", "authority.email", "kein", "authority.email"),
        ("behoerde", "bank.iban", "DE00", "bank.iban"),
        ("behoerde", "court.city", "", "court.city"),
        ("sachgebiete", "hours.mo", "7-12", "hours.mo"),
        ("sachgebiete", "hours.mo", "12:00-07:30", "hours.mo"),
        ("sachgebiete", "hours.mo", "07:31-12:00", "hours.mo"),
        ("sachgebiete", "SG1.room", "", "SG1.room"),
        ("sachgebiete", "SG1.room", "Süd 1", "SG1.room"),
        ("sachgebiete", "SG1.desks", "-1", "SG1.desks"),
        ("sachgebiete", "SG1.desks", "999", "SG1.desks"),
        ("sachgebiete", "SG1.biometrics", "9", "SG1.biometrics"),
        ("sachgebiete", "SG1.email", "kein", "SG1.email"),
        ("sachgebiete", "SG1.name", "x" * 300, "SG1.name"),
        ("verwaltung", "login", "Ärger", "login"),
        ("verwaltung", "login", "c.1", "login"),
        ("verwaltung", "name", "", "name"),
        ("verwaltung", "hash", "", "password"),
    ],
)
def test_each_fault_is_told_once_at_the_field_it_came_from(
    step: str, field: str, value: str, where: str
) -> None:
    draft = sound()
    draft[step][field] = value
    assert [(fault.step, fault.field) for fault in built(draft).faults] == [(step, where)]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "0.name"),
        ({"uri": "drucker"}, "0.uri"),
        ({"uri": "file:../x"}, "0.uri"),
        ({"form": "Fach 2"}, "0.form"),
    ],
)
def test_a_wrong_printer_is_told_at_its_row(change: dict[str, str], where: str) -> None:
    draft = sound()
    draft["drucker"]["rows"][0].update(change)
    assert [(f.step, f.field, f.row) for f in built(draft).faults] == [("drucker", where, 0)]


def test_a_wrong_person_is_told_at_the_row_of_the_sheet() -> None:
    staff = copy.deepcopy(STAFF)
    staff[2]["trained"] = ["P99"]
    staff[3]["unit"] = "SG9"
    found = {(fault.field, fault.row) for fault in built(sound(), staff).faults}
    assert found == {("trained", 2), ("unit", 3)}
    assert {f.text for f in built(sound(), staff[1:]).faults if f.row is None} == {
        "SG1 hat 0 Leitungen; in der Tabelle genau eine nennen"
    }


def test_nothing_typed_gives_faults_and_no_error() -> None:
    faults = aufbau.build({}, TEMPLATE, []).faults
    assert {"behoerde", "sachgebiete", "verwaltung"} <= {fault.step for fault in faults}


def test_the_first_week_has_visits_within_the_hours_and_post_after() -> None:
    units = [{"key": "A", "central": False}, {"key": "Z", "central": True}]
    desks = [{"key": f"A-{n}", "unit": "A"} for n in (1, 2, 3)] + [{"key": "Z-1", "unit": "Z"}]
    people = [{"login": f"a{n}", "unit": "A", "role": "clerk"} for n in (1, 2, 3, 4)]
    people.append({"login": "z", "unit": "Z", "role": "clerk"})
    shifts, roster = starting_week(units, desks, people, {"mo": ["08:00-12:00"], "di": ["x"]})
    assert {(row["login"], row["desk"]) for row in roster} == {
        ("a1", "A-1"), ("a2", "A-2"), ("a3", "A-3"), ("z", "Z-1"),
    }  # fmt: skip
    assert [piece["lane"] for piece in shifts["schalter_mo"]] == ["kunden", "einladung", "post"]
    assert shifts["notfall_mo"][0] == {"lane": "notfall", "start": "08:00", "end": "10:00"}
    assert shifts["post_mo"] == [{"lane": "post", "start": "08:00", "end": "12:00"}]

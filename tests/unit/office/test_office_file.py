"""A broken office file is refused with every fault, its line, and where to mend it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abh.configfiles import load_yaml_file
from abh.kernel.errors import ConfigurationError
from abh.office.fachverfahren import OWN, lead_on
from abh.office.file import examine, load_office, profile_of, roster_entries
from abh.settings import ROOT

FILE = ROOT / "config" / "office" / "duesseldorf.yaml"
RAW = load_yaml_file(FILE)


def faults(change: Callable[[dict[str, Any]], object]) -> list[tuple[tuple[Any, ...], str]]:
    raw = copy.deepcopy(RAW)
    change(raw)
    return examine(raw)[1]


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(raw: dict[str, Any]) -> None:
        here: Any = raw
        for part in path[:-1]:
            here = here[part]
        here[path[-1]] = value

    return change


def test_the_shipped_office_is_in_order() -> None:
    data = load_office(FILE)
    assert [unit["key"] for unit in data["units"]] == [f"SG{n}" for n in range(1, 9)]
    owned = [key for unit in data["units"] for key in unit["verfahren"]]
    everything = sorted(owned + data["routing"]["by_title"])
    assert everything == sorted(f"P{n:02d}" for n in range(1, 39))
    assert all(5 <= sum(p["unit"] == u["key"] for p in data["staff"]) <= 8 for u in data["units"])


def test_every_unit_but_the_central_one_has_biometrics_and_visits() -> None:
    data = load_office(FILE)
    entries = roster_entries(data)
    for unit in data["units"]:
        lanes = {entry.lane for entry in entries if entry.unit_key == unit["key"]}
        desks = [desk for desk in data["desks"] if desk["unit"] == unit["key"]]
        if unit["central"]:
            assert lanes == {"post", "pause"}
        else:
            assert {"kunden", "einladung", "notfall", "post"} <= lanes
            assert any("biometrics" in desk["equipment"] for desk in desks)
            assert any("barrier_free" in desk["equipment"] for desk in desks)


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (put("desks", 0, "unit", value="SG9"), ("desks", 0, "unit"), "SG9"),
        (put("desks", 1, "key", value="SG1-01"), ("desks", 1, "key"), "schon vergeben"),
        (put("desks", 0, "printer", value="P-X"), ("desks", 0, "printer"), "printers"),
        (put("desks", 0, "room", value="9.99"), ("desks", 0, "room"), "rooms"),
        (
            put("services", 0, "equipment", value=["laser"]),
            ("services", 0, "equipment", 0),
            "laser",
        ),
        (put("services", 0, "minutes", value=7), ("services", 0, "minutes"), "Raster"),
        (put("roster", 0, "login", value="n.iemand"), ("roster", 0, "login"), "n.iemand"),
        (put("roster", 3, "desk", value="SG1-01"), ("roster", 3), "schon in roster[0]"),
        (put("roster", 0, "days", value=["so"]), ("roster", 0, "shift"), "Öffnungszeiten"),
        (
            put("shifts", "schalter", 0, "start", value="7:30"),
            ("shifts", "schalter", 0, "start"),
            "HH:MM",
        ),
        (
            put("shifts", "schalter", 0, "end", value="09:31"),
            ("shifts", "schalter", 0, "end"),
            "Raster",
        ),
        (
            put("shifts", "schalter", 1, "start", value="09:00"),
            ("shifts", "schalter", 1, "start"),
            "überschneidet",
        ),
        (put("bank", "iban", value="DE00123456781234567890"), ("bank", "iban"), "Prüfziffer"),
        (put("court", "postcode", value="402133"), ("court", "postcode"), "fünf Ziffern"),
        (put("printers", 0, "uri", value="file:../etc"), ("printers", 0, "uri"), "var_dir"),
        (put("staff", 5, "trained", value=["P99"]), ("staff", 5, "trained", 0), "P99"),
        (put("staff", 5, "powers", value=["admin"]), ("staff", 5, "powers"), "admin"),
        (put("units", 1, "verfahren", value=["P01"]), ("units", 1, "verfahren", 0), "SG1"),
        (put("routing", "triage", value="SG0"), ("routing", "triage"), "SG0"),
        (put("opening_hours", "mo", value=["13:00-07:30"]), ("opening_hours", "mo"), "endet"),
        (put("farbe", value="blau"), ("farbe",), "gibt es hier nicht"),
        (lambda raw: raw.pop("court"), ("court",), "fehlt"),
        (lambda raw: raw["desks"][0].pop("name"), ("desks", 0, "name"), "fehlt"),
        (lambda raw: raw["staff"].pop(3), ("units", 0), "0 Leitungen"),
    ],
)
def test_each_kind_of_fault_is_found_where_it_stands(
    change: Callable[[dict[str, Any]], object], place: tuple[Any, ...], words: str
) -> None:
    found = faults(change)
    assert any(at[: len(place)] == place and words in text for at, text in found), found


def test_all_faults_are_listed_at_once_with_their_lines(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    broken = text.replace("printer: P-SG1-01", "printer: P-WEG", 1).replace(
        "minutes: 20, equipment: [biometrics]", "minutes: 20, equipment: [laser]", 1
    )
    path = tmp_path / "amt.yaml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_office(path)
    lines = broken.splitlines()
    printer = next(n for n, line in enumerate(lines, 1) if "P-WEG" in line)
    laser = next(n for n, line in enumerate(lines, 1) if "laser" in line)
    assert f"Zeile {printer}, desks[0].printer" in str(caught.value)
    assert f"Zeile {laser}, services[0].equipment[0]" in str(caught.value)
    assert len(caught.value.reasons) == 2


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RAW)), _junk)
def test_no_content_of_a_section_makes_the_check_fall_over(section: str, junk: Any) -> None:
    data, found = examine({**RAW, section: junk})
    assert found or data


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["units", "desks", "services", "staff", "roster", "closures", "printers"]),
    st.data(),
)
def test_no_value_of_an_entry_makes_the_check_fall_over(section: str, data: Any) -> None:
    raw = copy.deepcopy(RAW)
    field = data.draw(st.sampled_from(sorted(raw[section][0])))
    raw[section][0][field] = data.draw(_junk)
    loaded, found = examine(raw)
    assert found or loaded


LEADS = "fachkraefteverfahren"


def led(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"from": day, "authority": who, **({"name": "Zentralstelle"} if who == "ZFE" else {})}
        for day, who in rows
    ]


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        (led(("2020-03-01", "Köln")), (LEADS, 0, "authority"), "ZFE oder own"),
        ([{"from": "2020-03-01", "authority": "ZFE"}], (LEADS, 0, "name"), "fehlt"),
        (led(("1. März", "own")), (LEADS, 0, "from"), "kein Datum"),
        (led(("2020-03-01", "ZFE"), ("2020-03-01", "own")), (LEADS, 1, "from"), "nicht nach"),
        (led(("2026-01-01", "ZFE"), ("2020-03-01", "own")), (LEADS, 1, "from"), "nicht nach"),
        ("ZFE", (LEADS,), "Liste"),
    ],
)
def test_who_leads_the_accelerated_procedure_is_dated_and_named(
    rows: Any, place: tuple[Any, ...], words: str
) -> None:
    found = dict(faults(put(LEADS, value=rows)))
    assert words in found[place]


def test_the_day_decides_who_leads() -> None:
    raw = copy.deepcopy(RAW)
    raw[LEADS] = led(("2020-03-01", "ZFE"), ("2027-01-01", "own"))
    data, wrong = examine(raw)
    assert wrong == []
    profile = json.loads(json.dumps(profile_of(data)))
    central = {day: lead_on(profile, day).is_central for day in (
        date(2020, 2, 29), date(2020, 3, 1), date(2026, 12, 31), date(2027, 1, 1),
    )}  # fmt: skip
    assert list(central.values()) == [False, True, True, False]
    assert lead_on({}, date(2026, 1, 1)) == OWN
    shipped = lead_on(profile_of(load_office(FILE)), date(2026, 11, 23))
    assert (shipped.is_central, shipped.address) == (True, ("Bezirksregierung Köln",))

"""The earliest day of each next title, with its arithmetic, at the edges of the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from abh.kernel.errors import InvalidInput
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.aussichten import Aussicht, Lage, aussichten, weg
from abh.workflows.aussichten_ziele import ZIELE
from abh.workflows.facts import Entry, Facts, TitleKind
from abh.workflows.lebenslauf import Abschnitt, Lebenslauf, lebenslauf_of

LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
TAG = date(2026, 11, 23)
AE = TitleKind.AUFENTHALTSERLAUBNIS
FULL = Lebenslauf(
    (Abschnitt(AE, date(2023, 1, 2), date(2028, 1, 1), "18b"),),
    date(2022, 12, 20),
    sprache="B1",
    kenntnisse=True,
    lebensunterhalt=True,
    wohnraum=True,
    arbeitet=True,
    rentenmonate=46,
    rente_stand=date(2026, 11, 1),
    straffrei=True,
    identitaet=True,
    bekenntnis=True,
)


def get(key: str, lauf: Lebenslauf = FULL, tag: date = TAG) -> Aussicht:
    return {one.key: one for one in aussichten(lauf, LAW, tag)}[key]


def keys(lauf: Lebenslauf) -> set[str]:
    return {one.key for one in aussichten(lauf, LAW, TAG)}


def stay(*sections: tuple[Any, ...], **changes: Any) -> Lebenslauf:
    return replace(FULL, abschnitte=tuple(Abschnitt(*each) for each in sections), **changes)


def test_five_years_end_on_the_same_day_of_the_calendar() -> None:
    found = get("EINB10")
    assert (found.lage, found.ab) == (Lage.AB, date(2028, 1, 2))
    assert "§ 10 Abs. 1 Satz 1 StAG" in found.rechnung[0]
    assert get("EINB10", tag=date(2028, 1, 1)).lage is Lage.AB
    assert get("EINB10", stay((AE, date(2021, 11, 23), None, "18b"))).lage is Lage.MOEGLICH


def test_pension_months_that_are_missing_move_the_day() -> None:
    found = get("NE9")
    assert found.ab == date(2028, 1, 2)
    assert any("14 Rentenbeiträge fehlen" in line for line in found.rechnung)
    late = get("NE9", replace(FULL, rentenmonate=30))
    assert late.ab == date(2029, 5, 1)
    idle = get("NE9", replace(FULL, arbeitet=False))
    assert any("kommen keine hinzu" in lack.text for lack in idle.fehlt)


def test_a_skilled_worker_needs_three_years_with_a_german_degree_two() -> None:
    assert get("NE18C1").ab == date(2026, 1, 2)
    assert get("NE18C1").lage is Lage.MOEGLICH
    assert get("NE18C1", replace(FULL, deutscher_abschluss=True)).ab == date(2025, 1, 2)


@pytest.mark.parametrize(("level", "day"), [("A1", date(2027, 4, 1)), ("B1", date(2026, 10, 1))])
def test_the_blue_card_needs_27_months_with_b1_only_21(level: str, day: date) -> None:
    lauf = stay((TitleKind.BLAUE_KARTE, date(2025, 1, 1), None), sprache=level)
    assert get("NE18C2", lauf).ab == day


def test_time_as_a_student_counts_half_for_settlement_and_full_for_naturalisation() -> None:
    lauf = stay(
        (AE, date(2022, 11, 23), date(2024, 11, 22), "16b"), (AE, date(2024, 11, 23), None, "18b")
    )
    # 731 days count half: the odd half day is rounded against the person, never for them
    assert get("NE9", lauf).ab == date(2028, 11, 24)
    assert get("EINB10", lauf).ab == date(2027, 11, 23)
    assert any("zur Hälfte" in line for line in get("DAEU", lauf).rechnung)


def test_a_short_gap_is_left_out_and_a_long_one_starts_anew() -> None:
    short = stay(
        (AE, date(2020, 1, 1), date(2022, 12, 31), "18b"), (AE, date(2023, 6, 1), None, "18b")
    )
    long = stay(
        (AE, date(2020, 1, 1), date(2022, 12, 31), "18b"), (AE, date(2024, 6, 1), None, "18b")
    )
    assert get("EINB10", short).ab < TAG
    assert get("EINB10", long).ab == date(2029, 6, 1)
    assert any("Unterbrechung" in line for line in get("EINB10", long).rechnung)


def test_overlapping_titles_count_once() -> None:
    lauf = stay(
        (AE, date(2023, 1, 2), None, "18b"), (TitleKind.BLAUE_KARTE, date(2025, 1, 2), None)
    )
    assert get("EINB10", lauf).ab == date(2028, 1, 2)


def test_protection_by_24_leads_neither_to_settlement_nor_to_naturalisation() -> None:
    assert keys(stay((TitleKind.AE_24, date(2022, 4, 1), date(2027, 3, 4)))) == set()


def test_refugees_are_not_meant_by_the_exclusion_of_other_humanitarian_titles() -> None:
    since = date(2023, 1, 2)
    refugee = stay((AE, since, None, "25"), schutz=True)
    assert keys(refugee) == {"NE26_3", "NE9", "DAEU", "EINB10"}
    assert get("EINB10", refugee).ab == date(2028, 1, 2)
    assert keys(stay((AE, since, None, "25 Abs. 2"))) >= {"DAEU", "EINB10"}
    assert not keys(stay((AE, since, None, "25 Abs. 5"), schutz=True)) & {"DAEU", "EINB10"}
    assert not keys(stay((AE, since, None, "25"))) & {"DAEU", "EINB10"}


def test_a_stay_without_a_title_of_this_country_leads_to_no_citizenship() -> None:
    assert keys(stay((TitleKind.VISUMFREI_41, date(2026, 10, 1), None))) == set()


def test_who_searches_with_a_points_card_cannot_settle_by_the_general_rule() -> None:
    assert "NE9" not in keys(stay((TitleKind.CHANCENKARTE, date(2025, 1, 2), None)))


def test_the_self_employed_may_settle_after_three_years_freelancers_may_not() -> None:
    own = get("NE21", stay((AE, date(2023, 1, 2), None, "21")))
    assert (own.lage, own.ab) == (Lage.BEDINGT, date(2026, 1, 2))
    assert [lack.bekannt for lack in own.fehlt] == [False]
    assert "NE21" not in keys(stay((AE, date(2023, 1, 2), None, "21 Abs. 5")))


@pytest.mark.parametrize(
    ("born", "since", "day", "lacks"),
    [
        (date(2011, 5, 1), date(2020, 1, 1), date(2027, 5, 1), 0),
        (date(2011, 5, 1), date(2022, 5, 1), date(2027, 5, 1), 0),
        (date(2011, 5, 1), date(2022, 5, 2), date(2029, 5, 1), 1),
    ],
)
def test_a_child_settles_at_16_with_five_years_else_as_an_adult(born, since, day, lacks) -> None:
    lauf = stay((AE, since, None, "32"), geburt=born, sprache="A2")
    found = get("NE35", lauf)
    assert (found.ab, len(found.fehlt)) == (day, lacks)
    assert "NE35" not in keys(replace(lauf, geburt=None))


def test_spouses_of_settled_skilled_workers_and_civil_servants_wait_three_years() -> None:
    spouse = stay((AE, date(2024, 1, 2), None, "30"), ehegatte_18c=True)
    assert get("NE9_3A", spouse).ab == date(2027, 1, 2)
    civil = stay((AE, date(2024, 1, 2), None, "19c"), beamtenverhaeltnis=True)
    assert get("NE19C4", civil).ab == date(2027, 1, 2)


def test_a_tolerated_person_may_stay_after_six_years_with_a_child_after_four() -> None:
    lauf = stay((TitleKind.DULDUNG, date(2021, 3, 1), None))
    assert keys(lauf) == {"BLEIBERECHT"}
    assert get("BLEIBERECHT", lauf).ab == date(2027, 3, 1)
    assert get("BLEIBERECHT", replace(lauf, kind_minderjaehrig=True)).ab == date(2025, 3, 1)


def test_who_is_married_to_a_german_waits_for_the_later_of_stay_and_marriage() -> None:
    lauf = stay((AE, date(2024, 1, 1), None, "28"), ehe_deutsch_seit=date(2025, 6, 1))
    assert get("EINB9", lauf).ab == date(2027, 6, 1)
    assert get("NE28", lauf).ab == date(2027, 1, 1)


def test_what_is_unknown_is_said_and_never_counts_as_met() -> None:
    bare = Lebenslauf((Abschnitt(AE, date(2015, 1, 1), None, "18b"),))
    for one in aussichten(bare, LAW, TAG):
        assert one.lage is Lage.BEDINGT, one.key
        assert one.fehlt and all(not lack.bekannt and lack.norm for lack in one.fehlt)


def test_who_has_an_unlimited_title_is_shown_what_lies_beyond() -> None:
    lauf = stay((TitleKind.NIEDERLASSUNGSERLAUBNIS, date(2019, 1, 1), None))
    assert keys(lauf) == {"DAEU", "EINB10"}


def test_nobody_without_a_title_has_a_prospect() -> None:
    assert aussichten(Lebenslauf(), LAW, TAG) == ()
    ended = stay((AE, date(2015, 1, 1), date(2026, 11, 22), "18b"))
    assert aussichten(ended, LAW, TAG) == ()


def test_a_day_without_law_gives_no_day() -> None:
    early = stay((AE, date(1999, 1, 1), None, "18b"))
    assert all(one.ab is None for one in aussichten(early, LAW, date(2001, 1, 1)))


def test_the_way_runs_from_entry_to_naturalisation() -> None:
    points = weg(FULL, aussichten(FULL, LAW, TAG), TAG)
    assert [p.tag for p in points] == sorted(p.tag for p in points)
    assert points[0].text == "Einreise"
    assert "Einbürgerung" in {p.text for p in points if p.kommt}


def test_every_prospect_reads_law_that_exists() -> None:
    laufs = [FULL, replace(FULL, deutscher_abschluss=True, kind_minderjaehrig=True, sprache="C1")]
    for ziel in ZIELE:
        for lauf in laufs:
            for key in filter(None, (ziel.dauer(lauf), ziel.rente(lauf))):
                assert LAW.value(key, TAG).norm


def test_the_facts_of_a_case_are_enough_for_a_first_answer() -> None:
    facts = Facts(
        stichtag=TAG, today=TAG, title_kind=AE, title_until=date(2027, 5, 1), entry=Entry(TAG)
    )
    assert lebenslauf_of({}, facts).abschnitte == (Abschnitt(AE, TAG, date(2027, 5, 1)),)
    with pytest.raises(InvalidInput) as caught:
        lebenslauf_of({"sprache": "B7", "mond": 1, "rentenmonate": -1, "abschnitte": [{}]}, facts)
    assert {p.field for p in caught.value.problems} == {
        f"lebenslauf.{name}" for name in ("sprache", "mond", "rentenmonate", "abschnitte")
    }


def test_what_a_procedure_says_too_has_one_key() -> None:
    raw = load_yaml_dir(ROOT / "config" / "rechtsstand")
    values = {
        key: (value["norm"], value["unit"], [row["value"] for row in value["values"]])
        for entries in raw.values()
        for key, value in entries.items()
    }
    own = {key for key in values if key.startswith("aussicht.")}
    assert own
    doubles = {
        (key, other)
        for key in own
        for other, value in values.items()
        if other != key and value == values[key]
    }
    assert doubles == set()
    assert {key for key in own if values[key][1] != "Liste"} == {"aussicht.unterbrechung"}

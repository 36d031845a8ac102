"""The points of the Chancenkarte: by the table, never twice for one mark, never from nothing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.checklist import Status
from abh.workflows.dossier import law_of
from abh.workflows.facts import Facts, PartialDate
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import punkte as p
from abh.workflows.recht import LawNumber
from abh.workflows.registry import newest

DAY = date(2026, 11, 23)
LAW = law_of(newest("P09"), Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand")), DAY)
# The table annexed to the law; a regulation may change it (§ 20b(3)), then with a new date here.
TABLE = {1: 4, 2: 3, 3: 2, 4: 1, 5: 1, 6: 3, 7: 2, 8: 1, 9: 2, 10: 1, 11: 1, 12: 1}
MOST = 16  # 4 + 3 + 1 + 3 + 1 + 2 + 1 + 1: of each group of levels the best

YEARS = st.decimals(0, 40, places=1)
ANGABEN = st.fixed_dictionaries(
    {},
    optional={
        p.TEILANERKENNUNG.key: st.booleans(),
        a.DEUTSCH.key: st.sampled_from(list(a.DEUTSCH.choices)),
        p.ENGLISCH.key: st.sampled_from(list(p.ENGLISCH.choices)),
        p.ERFAHRUNG_7.key: YEARS,
        p.ERFAHRUNG_5.key: YEARS,
        p.BERUFSGRUPPE.key: st.sampled_from(["2512", "7411", "221", ""]),
        p.VORAUFENTHALT.key: st.integers(0, 60),
        p.EHEGATTE.key: st.booleans(),
    },
)
BIRTHS = st.none() | st.builds(
    PartialDate, st.integers(1950, 2008), st.none() | st.integers(1, 12), st.none()
)


def facts(angaben, birth=None):
    return Facts(stichtag=DAY, today=DAY, received_on=DAY, birth=birth, angaben=angaben, law=LAW)


@given(ANGABEN, BIRTHS)
def test_total_is_the_sum_of_rows_of_the_table_and_within_its_bounds(angaben, birth):
    stand = p.punkte(facts(angaben, birth))
    assert [z.number for z in stand.zeilen] == list(TABLE)
    assert all(z.points in (0, TABLE[z.number]) for z in stand.zeilen)
    assert stand.total == sum(z.points for z in stand.zeilen)
    assert 0 <= stand.total <= MOST
    assert stand.reached is (stand.total >= 6)


@given(ANGABEN, BIRTHS)
def test_levels_of_one_mark_never_add_up(angaben, birth):
    points = {z.number: z.points for z in p.punkte(facts(angaben, birth)).zeilen}
    for group in ((2, 3, 4), (6, 7), (9, 10)):
        assert sum(points[number] > 0 for number in group) <= 1


@given(ANGABEN, BIRTHS, st.data())
def test_telling_less_never_brings_more(angaben, birth, data):
    keys = sorted(angaben)
    # Five years are worth more than two, so who hides them may keep the two.
    hidden = {key for key in keys if data.draw(st.booleans())}
    fewer = {key: value for key, value in angaben.items() if key not in hidden}
    assert p.punkte(facts(fewer, birth)).total <= p.punkte(facts(angaben, birth)).total


@given(BIRTHS)
def test_what_is_not_known_gives_nothing(birth):
    stand = p.punkte(facts({}, birth))
    assert {z.number for z in stand.zeilen if z.points} <= {9, 10}
    assert {z.number for z in stand.zeilen if z.known} <= {9, 10}


@given(st.integers(1, 12), st.integers(1975, 2000), st.integers(1, 28))
def test_an_unknown_day_of_birth_never_brings_more_than_a_known_one(month, year, day):
    known = p.punkte(facts({}, PartialDate(year, month, day))).total
    assert p.punkte(facts({}, PartialDate(year, month))).total <= known
    assert p.punkte(facts({}, PartialDate(year))).total <= known


@pytest.mark.parametrize(
    ("birth", "points"),
    [
        (PartialDate(1990, 11, 24), 2),
        (PartialDate(1990, 11, 23), 1),
        (PartialDate(1985, 11, 24), 1),
        (PartialDate(1985, 11, 23), 0),
        (PartialDate(1988, 2, 29), 1),
    ],
)
def test_age_counts_in_completed_years_on_the_day_of_the_application(birth, points):
    assert p.punkte(facts({}, birth)).total == points


@pytest.mark.parametrize(
    ("seven", "five", "points"),
    [("5", "5", 3), ("4.9", "2", 2), ("4.9", "1.9", 0), (None, "2", 2), ("0", None, 0)],
)
def test_experience_at_the_edges(seven, five, points):
    told = {p.ERFAHRUNG_7.key: seven, p.ERFAHRUNG_5.key: five}
    angaben = {key: Decimal(value) for key, value in told.items() if value is not None}
    assert p.punkte(facts(angaben)).total == points


def test_the_table_in_force_decides():
    more = LawNumber(5, "Verordnung", DAY, "Anzahl")
    changed = replace(LAW, zahlen={**LAW.zahlen, "chancenkarte.punkte.1": more, p.LEAST: more})
    stand = p.punkte(replace(facts({p.TEILANERKENNUNG.key: True}), law=changed))
    assert (stand.total, stand.least, stand.reached) == (5, 5, True)


def test_without_a_table_nothing_is_reached_and_the_requirement_stays_open():
    bare = replace(facts({p.TEILANERKENNUNG.key: True}), law=replace(LAW, zahlen={}))
    assert p.punkte(bare).total == 0
    assert not p.punkte(bare).reached
    assert p.genug(bare).status is Status.OPEN

"""A simulated day keeps the rules of every real one, whoever comes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from abh.cli import main
from abh.kernel.errors import InvalidInput, NotFound
from abh.office.file import load_office
from abh.settings import ROOT
from abh.simulate.arrivals import BY_APPOINTMENT, arrivals
from abh.simulate.engine import Desk, Piece, Visit, Visitor, play
from abh.simulate.figures import figures, table
from abh.simulate.office_day import OfficeDay, next_day, office_day

DATA = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
HOUR = 3600


def desk(key: str = "A", *pieces: Piece, **changes: Any) -> Desk:
    given_pieces = pieces or (Piece("kunden", 8 * HOUR, 12 * HOUR),)
    return Desk(key, changes.get("equipment", frozenset()), frozenset({"P02"}), given_pieces)


def visitor(number: int, arrives: int, takes: int = 600, **changes: Any) -> Visitor:
    values = {"lane": "kunden", "service": "beratung", "planned": 600, **changes}
    return Visitor(number=number, arrives=arrives, takes=takes, **values)


def test_the_second_waits_until_the_first_is_done() -> None:
    visits = play([desk()], [visitor(0, 8 * HOUR), visitor(1, 8 * HOUR + 60)])
    assert [visit.waited for visit in visits] == [0, 540]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"equipment": frozenset({"biometrics"})}, "no such equipment"),
        ({"verfahren": "P05"}, "nobody is trained"),
        ({"lane": "firmen"}, "the lane is not rostered"),
        ({"arrives": 12 * HOUR - 599}, "it does not fit before the end"),
        ({"arrives": 12 * HOUR, "due": 12 * HOUR}, "the lane has ended"),
    ],
)
def test_nobody_is_called_to_a_desk_that_cannot_serve(changes: dict[str, Any], why: str) -> None:
    arrives = changes.pop("arrives", 8 * HOUR)
    assert play([desk()], [visitor(0, arrives, **changes)])[0].desk is None, why


def test_an_appointment_is_begun_even_when_the_lane_runs_late() -> None:
    at = 12 * HOUR - 300
    assert play([desk()], [visitor(0, at, due=at)])[0].start == at


def test_whoever_is_early_waits_from_the_time_of_the_appointment() -> None:
    busy = visitor(0, 8 * HOUR, takes=1200)
    early = visitor(1, 8 * HOUR + 60, due=8 * HOUR + 900)
    assert play([desk()], [busy, early])[1].waited == 300


def test_the_earlier_appointment_is_called_first_whoever_came_first() -> None:
    first = visitor(0, 8 * HOUR, takes=900)
    late = visitor(1, 8 * HOUR + 60, due=9 * HOUR)
    soon = visitor(2, 8 * HOUR + 120, due=8 * HOUR + 600)
    visits = play([desk()], [first, late, soon])
    assert visits[2].start < visits[1].start


def test_who_comes_in_the_morning_does_not_wait_for_the_afternoon() -> None:
    day = [desk("A", Piece("kunden", 8 * HOUR, 9 * HOUR), Piece("kunden", 14 * HOUR, 16 * HOUR))]
    long = visitor(0, 8 * HOUR, takes=HOUR)
    assert play(day, [long, visitor(1, 8 * HOUR, leaves=9 * HOUR)])[1].desk is None
    assert play(day, [long, visitor(1, 8 * HOUR)])[1].start == 14 * HOUR


@st.composite
def busy_days(draw: st.DrawFn) -> tuple[list[Desk], list[Visitor]]:
    lanes = st.sampled_from(["kunden", "firmen"])
    tools = st.frozensets(st.sampled_from(["biometrics", "payment"]))
    desks = []
    for number in range(draw(st.integers(1, 4))):
        cuts = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=6)))
        pieces = tuple(Piece(draw(lanes), a * 600, b * 600) for a, b in pairwise(cuts))
        desks.append(Desk(f"D{number}", draw(tools), frozenset({"P02"}), pieces))
    visitors = []
    for number in range(draw(st.integers(0, 25))):
        arrives = draw(st.integers(0, 24_000))
        visitors.append(
            Visitor(
                number,
                draw(lanes),
                "beratung",
                arrives,
                draw(st.integers(60, 1800)),
                draw(st.integers(60, 3600)),
                draw(st.none() | st.integers(0, 24_000)),
                draw(tools),
                draw(st.sampled_from(["", "P02", "P05"])),
                draw(st.none() | st.integers(arrives, 24_000)),
            )
        )
    return desks, visitors


@settings(max_examples=150, deadline=None)
@given(busy_days())
def test_every_day_keeps_the_rules(day: tuple[list[Desk], list[Visitor]]) -> None:
    desks, visitors = day
    visits = play(desks, visitors)
    by_key = {desk.key: desk for desk in desks}
    assert [visit.visitor for visit in visits] == visitors
    for visit in (visit for visit in visits if visit.desk):
        who, where = visit.visitor, by_key[str(visit.desk)]
        assert visit.start >= who.arrives
        assert visit.end - visit.start == who.takes
        assert where.can_serve(who)
        assert where.open_piece(who.lane, visit.start, who.must_fit)
        assert who.leaves is None or visit.start < who.leaves
    for key in by_key:
        spans = sorted((v.start, v.end) for v in visits if v.desk == key)
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 7200), st.integers(60, 1800)), min_size=1, max_size=30),
)
def test_one_more_equal_desk_makes_nobody_wait_longer(
    count: int, people: list[tuple[int, int]]
) -> None:
    # True for equal desks, one queue in the order of arrival and a day that ends for nobody.
    # With other equipment, training or a closing time one person served more may cost another.
    whole_day = Piece("kunden", 0, 1_000_000)
    visitors = [visitor(n, arrives, takes) for n, (arrives, takes) in enumerate(people)]
    desks = [desk(str(number), whole_day) for number in range(count + 1)]
    fewer, more = play(desks[:-1], visitors), play(desks, visitors)
    assert all(b.waited <= a.waited for a, b in zip(fewer, more, strict=True))


def a_day(seed: int, count: int | None = None, on: date = MONDAY) -> tuple[OfficeDay, list[Visit]]:
    day = office_day(DATA, "SG1", on)
    return day, play(day.desks, arrivals(day, seed, count))


def test_the_same_seed_is_the_same_day_and_another_is_not() -> None:
    assert a_day(7) == a_day(7)
    assert a_day(7) != a_day(8)


@pytest.mark.parametrize("count", [1, 10, 30])
def test_as_many_come_as_are_asked_for(count: int) -> None:
    assert len(a_day(1, count)[1]) == count


def test_appointments_are_booked_only_where_the_equipment_stands() -> None:
    day = office_day(DATA, "SG1", TUESDAY)
    people = arrivals(day, 3, 500)
    invited = [one for one in people if one.lane in BY_APPOINTMENT]
    assert all(one.due is not None for one in invited)
    seconds = {"einladung": 0, "firmen": 0}
    for one in invited:
        seconds[one.lane] += one.planned
    assert all(0 < total <= day.seconds(lane) for lane, total in seconds.items())
    assert all(one.due is None for one in people if one.lane not in BY_APPOINTMENT)


@pytest.mark.parametrize("seed", range(3))
def test_used_and_unused_minutes_are_those_of_the_roster(seed: int) -> None:
    day, visits = a_day(seed)
    found = figures(day, visits, seed)
    assert set(found["desks"]) == {"SG1-01", "SG1-02", "SG1-03", "SG1-04"}
    for row in (*found["lanes"].values(), *found["desks"].values()):
        total = row["used_minutes"] + row["unused_minutes"]
        assert total == pytest.approx(row["rostered_minutes"], abs=0.11)
        assert 0 <= row["utilisation"] <= 1
    # 255 minutes of visits at three desks each, 225 at the companies' desk.
    assert sum(row["rostered_minutes"] for row in found["lanes"].values()) == 3 * 255 + 225
    assert found["served"] + found["unserved"] == found["visitors"] == len(visits)
    assert found["unsuited"] <= found["unserved"]
    waiting = found["waiting_minutes"]
    assert waiting["p50"] <= waiting["p90"] <= waiting["max"]


def test_figures_of_a_day_by_hand() -> None:
    day = OfficeDay("X", MONDAY, (desk("A"),), {}, ())
    people: Sequence[Visitor] = [
        visitor(0, 8 * HOUR, takes=1200),
        visitor(1, 8 * HOUR, takes=600),
        visitor(2, 8 * HOUR, verfahren="P05"),
    ]
    found = figures(day, play(day.desks, people), 0)
    assert found["waiting_minutes"] == {"p50": 0.0, "p90": 20.0, "max": 20.0}
    assert (found["served"], found["unserved"], found["unsuited"]) == (2, 1, 1)
    assert found["desks"]["A"]["used_minutes"] == 30.0
    assert found["lanes"]["kunden"]["unused_minutes"] == 210.0
    assert "Wartezeit in Minuten: Median 0,0, 90 % höchstens 20,0" in table(found)


def test_closed_days_and_unknown_units_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"24\.12\.2026"):
        office_day(DATA, "SG1", date(2026, 12, 24))
    with pytest.raises(InvalidInput, match=r"25\.12\.2026"):
        office_day(DATA, "SG1", date(2026, 12, 25))
    with pytest.raises(NotFound, match="SG99"):
        office_day(DATA, "SG99", MONDAY)
    assert next_day(DATA, "SG1", date(2026, 12, 24)) == date(2026, 12, 28)
    with pytest.raises(InvalidInput, match="SG8"):
        next_day(DATA, "SG8", MONDAY)


def test_the_command_prints_json_and_a_table(tmp_path: Any, monkeypatch: Any) -> None:
    for name, value in (("MODE", "test"), ("VAR_DIR", str(tmp_path))):
        monkeypatch.setenv(f"ABH_{name}", value)
    asked = ["simulate", "tag", "--unit", "SG1", "--seed", "5", "--am", "2026-11-23"]
    done = CliRunner().invoke(main, [*asked, "--besucher", "20"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["visitors"] == 20
    shown = CliRunner().invoke(main, [*asked, "--tabelle"])
    assert "SG1-01" in shown.output
    assert "nicht bedient" in shown.output

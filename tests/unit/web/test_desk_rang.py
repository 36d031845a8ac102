"""A clerk's next things stand in one documented order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from abh.web.pages.desk_rang import KINDS, NEAR, Ding, Stage, ranked, stage

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("ding", "wanted"),
    [
        (Ding("besuch", "1", since=ago(1)), Stage.AT_DESK),
        (Ding("nummer", "1", since=ago(1)), Stage.AT_DESK),
        (Ding("eilpost", "1", day=days(-20)), Stage.AT_ONCE),
        (Ding("uebergabe", "b1", since=ago(3)), Stage.AT_ONCE),
        (Ding("frist", "1", day=days(-1)), Stage.AT_ONCE),
        (Ding("frist", "1", day=days(0)), Stage.AT_ONCE),
        (Ding("frist", "1", day=days(1)), Stage.SOON),
        (Ding("frist", "1", day=TODAY + NEAR), Stage.SOON),
        (Ding("frist", "1", day=TODAY + NEAR + timedelta(days=1)), Stage.USUAL),
        (Ding("unterlagen", "1", day=days(-1)), Stage.AT_ONCE),
        (Ding("unterlagen", "1", day=days(6)), Stage.SOON),
        (Ding("warteraum", "", since=ago(90)), Stage.WAITING),
        (Ding("post_meine", "1", day=days(-30)), Stage.IN_HAND),
        (Ding("post_uebergeben", "1", day=days(-30)), Stage.IN_HAND),
        (Ding("brief", "1", since=ago(9000)), Stage.USUAL),
        (Ding("nachricht", "1", day=days(0)), Stage.AT_ONCE),
        (Ding("nachricht", "1", day=days(5)), Stage.SOON),
        (Ding("nachricht", "1"), Stage.USUAL),
        (Ding("post_naechste", "1"), Stage.USUAL),
        (Ding("post_naechste", "1", acute=True), Stage.SOON),
        # harm that has come is no clock: the case is near, but nobody's clock ends today
        (Ding("vorgang", "1", day=days(-3)), Stage.SOON),
        (Ding("vorgang", "1", day=days(8)), Stage.LATER),
    ],
)
def test_the_stage_says_how_soon(ding: Ding, wanted: Stage) -> None:
    assert stage(ding, TODAY) is wanted


def test_the_whole_order() -> None:
    wanted = [
        Ding("besuch", "1", "ABH-2026-0000001", since=ago(5)),
        Ding("frist", "7", "ABH-2026-0000002", day=days(-2)),
        Ding("frist", "8", "ABH-2026-0000003", day=days(0)),
        Ding("uebergabe", "b4", since=ago(30)),
        Ding("warteraum", "", since=ago(40)),
        Ding("post_meine", "3", day=days(-4)),
        Ding("frist", "9", "ABH-2026-0000004", day=days(2)),
        Ding("vorgang", "5", "ABH-2026-0000005", day=days(6)),
        Ding("post_naechste", "2", acute=True),
        Ding("brief", "1", since=ago(900)),
        Ding("brief", "2", since=ago(100)),
        Ding("nachricht", "6"),
        Ding("vorgang", "6", "ABH-2026-0000006", day=days(30)),
    ]
    assert ranked(reversed(wanted), TODAY) == wanted
    assert ranked(wanted, TODAY) == wanted


def test_a_case_stands_once_for_its_first_reason_and_letters_for_themselves() -> None:
    number = "ABH-2026-0000001"
    clock = Ding("frist", "1", number, day=days(1))
    letter = Ding("brief", "2", number, since=ago(10))
    case = Ding("vorgang", "3", number, day=days(3))
    assert ranked([case, letter, clock], TODAY) == [clock, letter]


def test_every_kind_has_a_stage_and_an_unknown_one_is_an_error() -> None:
    assert all(stage(Ding(kind, "1"), TODAY) in Stage for kind in KINDS)
    with pytest.raises(KeyError):
        stage(Ding("neu", "1"), TODAY)

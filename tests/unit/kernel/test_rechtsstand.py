"""Dated values of law: the loader's refusals and the real files of the office."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from abh.kernel.errors import ConfigurationError, InvalidInput, LawMissing
from abh.kernel.geld import percent_of
from abh.kernel.isco import is_it_group, is_shortage
from abh.kernel.rechtsstand import Rechtsstand
from tests.unit.kernel.conftest import load_tables

D = date.fromisoformat


def block(**changes: Any) -> dict[str, Any]:
    values = [
        {"from": D("2025-01-01"), "until": D("2025-12-31"), "value": "1.00", "source": "BGBl."},
        {"from": D("2026-01-01"), "until": D("2026-12-31"), "value": "2.00", "source": "BGBl."},
    ]
    return {"label": "Gebühr", "unit": "EUR", "norm": "§ 45", "values": values} | changes


def table(**changes: Any) -> dict[str, Any]:
    return {"gebuehren.yaml": {"gebuehr": block(**changes)}}


def entry(**changes: Any) -> list[dict[str, Any]]:
    return [{"from": D("2025-01-01"), "value": "1.00", "source": "BGBl."} | changes]


def test_the_value_of_the_day_is_found_on_its_first_and_last_day() -> None:
    recht = Rechtsstand(table())
    assert recht.value("gebuehr", D("2025-12-31")).betrag == Decimal("1.00")
    wert = recht.value("gebuehr", D("2026-01-01"))
    assert (wert.betrag, wert.norm, wert.unit, wert.source) == (
        Decimal("2.00"),
        "§ 45",
        "EUR",
        "BGBl.",
    )
    assert (wert.in_force_from, wert.in_force_until) == (D("2026-01-01"), D("2026-12-31"))
    assert [w.betrag for w in recht.history("gebuehr")] == [Decimal("1.00"), Decimal("2.00")]


@pytest.mark.parametrize("day", ["2024-12-31", "2027-01-01"])
def test_a_day_without_value_is_an_error_that_says_what_is_known(day: str) -> None:
    with pytest.raises(LawMissing) as caught:
        Rechtsstand(table(hint="Wird im Dezember bekannt gegeben.")).value("gebuehr", D(day))
    message = str(caught.value)
    for part in ("Gebühr", "§ 45", "01.01.2025", "31.12.2026", "gebuehren.yaml", "im Dezember"):
        assert part in message


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(LawMissing, match="nichts hinterlegt"):
        Rechtsstand(table()).value("gebuhr", D("2026-01-01"))
    with pytest.raises(LawMissing):
        Rechtsstand(table()).history("gebuhr")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": ""}, "label fehlt"),
        ({"unit": "Taler"}, "Taler"),
        ({"norm": " "}, "norm fehlt"),
        ({"norm": None}, "norm fehlt"),
        ({"values": []}, "values fehlt"),
        ({"values": ["x"]}, "kein Block"),
        ({"volatile": "ja"}, "volatile"),
        ({"typo": 1}, "unbekanntes Feld „typo“"),
        ({"values": entry(**{"from": "2025-13-01"})}, "ist kein Tag"),
        ({"values": entry(**{"from": datetime(2025, 1, 1)})}, "ist kein Tag"),  # noqa: DTZ001
        ({"values": entry(**{"from": None})}, "ist kein Tag"),
        ({"values": entry(until="bald")}, "ist kein Tag"),
        ({"values": entry(until=D("2024-12-31"))}, "liegt vor"),
        ({"values": entry(value=None)}, "value fehlt"),
        ({"values": entry(value=1.1)}, "Anführungszeichen"),
        ({"values": entry(value="1,10")}, "Anführungszeichen"),
        ({"values": entry(value="NaN")}, "Anführungszeichen"),
        ({"values": entry(value="-1")}, "Anführungszeichen"),
        ({"values": entry(source="")}, "source fehlt"),
        ({"values": entry(form="x")}, "unbekanntes Feld „form“"),
        ({"unit": "Anzahl", "values": entry(value=-1)}, "ganze Zahl ab 0"),
        ({"unit": "wochen", "values": entry(value="2")}, "ganze Zahl"),
        ({"unit": "wochen", "values": entry(value=0)}, "ganze Zahl"),
        ({"unit": "wochen", "values": entry(value=True)}, "ganze Zahl"),
        ({"unit": "Liste", "values": entry(value=[21])}, "Liste"),
        ({"unit": "Liste", "values": entry(value=[])}, "Liste"),
        ({"values": [*entry(), *entry(**{"from": D("2026-01-01")})]}, "Überschneidung"),
        ({"values": [*entry(until=D("2025-06-30")), *entry(**{"from": D("2025-06-30")})]},
         "Überschneidung"),
        ({"values": [*entry(until=D("2025-06-30")), *entry(**{"from": D("2025-07-02")})]}, "Lücke"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Rechtsstand(table(**changes))
    assert message in str(caught.value)
    assert "gebuehren.yaml:gebuehr" in str(caught.value)


def test_all_faults_of_all_files_are_listed_at_once() -> None:
    broken = {
        "a.yaml": {"eins": block(norm=None, unit="Taler"), "zwei": "nichts"},
        "b.yaml": {"eins": block()},
        "c.yaml": None,
    }
    with pytest.raises(ConfigurationError) as caught:
        Rechtsstand(broken)
    message = str(caught.value)
    for part in ("a.yaml:eins", "Taler", "a.yaml:zwei", "b.yaml:eins: Schlüssel", "c.yaml"):
        assert part in message


def test_the_order_of_entries_in_a_file_does_not_matter() -> None:
    recht = Rechtsstand(table(values=list(reversed(block()["values"]))))
    assert recht.value("gebuehr", D("2025-05-05")).betrag == Decimal("1.00")


def test_a_value_is_only_read_as_what_it_is() -> None:
    wert = Rechtsstand(table()).value("gebuehr", D("2026-01-01"))
    with pytest.raises(TypeError):
        _ = wert.dauer
    with pytest.raises(TypeError):
        _ = wert.liste


@pytest.mark.parametrize(
    ("key", "day", "amount"),
    [
        ("blaue_karte.gehalt.regel", "2024-06-01", "45300.00"),
        ("blaue_karte.gehalt.regel", "2025-12-31", "48300.00"),
        ("blaue_karte.gehalt.regel", "2026-01-01", "50700.00"),
        ("blaue_karte.gehalt.abgesenkt", "2024-06-01", "41041.80"),
        ("blaue_karte.gehalt.abgesenkt", "2025-06-01", "43759.80"),
        ("blaue_karte.gehalt.abgesenkt", "2026-11-22", "45934.20"),
        ("gebuehr.titel.erteilung", "2026-11-22", "100.00"),
        ("gebuehr.titel.verlaengerung", "2026-11-22", "93.00"),
        ("gebuehr.titel.verlaengerung.bis_drei_monate", "2026-11-22", "96.00"),
        ("gebuehr.titel.zweckwechsel", "2026-11-22", "98.00"),
        ("gebuehr.fiktionsbescheinigung", "2026-11-22", "13.00"),
        ("gebuehr.expresszuschlag", "2026-11-22", "35.00"),
        ("gebuehr.postversand", "2026-11-22", "15.00"),
        ("gebuehr.lichtbild", "2026-11-22", "6.00"),
    ],
)
def test_an_amount_of_the_office(recht: Rechtsstand, key: str, day: str, amount: str) -> None:
    assert recht.value(key, D(day)).betrag == Decimal(amount)


@pytest.mark.parametrize(
    ("key", "day", "length"),
    [
        ("ba.zustimmung", "2026-11-22", "2 Wochen"),
        ("bekanntgabe.post", "2024-12-31", "3 Tage"),
        ("bekanntgabe.post", "2025-01-01", "4 Tage"),
        ("klagefrist", "2026-11-22", "1 Monat"),
        ("klagefrist.ohne_belehrung", "2026-11-22", "1 Jahr"),
        ("untaetigkeit", "2026-11-22", "3 Monate"),
        ("titel.zuschlag", "2026-08-11", "3 Monate"),
        ("titel.zuschlag", "2026-08-12", "6 Monate"),
        ("titel.hoechstdauer", "2026-11-22", "4 Jahre"),
        ("blaue_karte.abschluss.hoechstalter", "2026-11-22", "3 Jahre"),
        ("blaue_karte.beschaeftigung.mindestdauer", "2026-11-22", "6 Monate"),
        ("nachforderung", "2026-11-22", "4 Wochen"),
    ],
)
def test_a_length_of_the_office(recht: Rechtsstand, key: str, day: str, length: str) -> None:
    assert str(recht.value(key, D(day)).dauer) == length


@pytest.mark.parametrize("key", ["blaue_karte.gehalt.regel", "blaue_karte.gehalt.abgesenkt"])
def test_the_thresholds_of_2027_are_not_invented(recht: Rechtsstand, key: str) -> None:
    with pytest.raises(LawMissing) as caught:
        recht.value(key, D("2027-01-01"))
    assert "§ 18g Abs. 7 AufenthG" in str(caught.value)
    assert "blaue_karte.yaml" in str(caught.value)


@pytest.mark.parametrize("kind", ["regel", "abgesenkt"])
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_thresholds_are_their_share_of_the_ceiling(
    recht: Rechtsstand, kind: str, year: int
) -> None:
    day = date(year, 7, 1)
    ceiling = recht.value("beitragsbemessungsgrenze.rv", day).betrag
    share = recht.value(f"blaue_karte.anteil.{kind}", day).betrag
    assert recht.value(f"blaue_karte.gehalt.{kind}", day).betrag == percent_of(ceiling, share)


def test_what_must_be_checked_before_use_is_marked(recht: Rechtsstand) -> None:
    marked = recht.volatile_keys(D("2026-11-22"))
    assert {"titel.zuschlag", "gebuehr.postversand"} <= set(marked)
    assert "titel.zuschlag" not in recht.volatile_keys(D("2026-08-11"))


def test_every_value_cites_a_paragraph_or_calls_itself_a_rule_or_promise_of_the_house() -> None:
    recht = Rechtsstand(load_tables())
    keys = list(recht)
    assert len(keys) > 40
    for key in keys:
        for wert in recht.history(key):
            ours = ("Hausregel", "Zielvereinbarung")
            of_the_house = wert.norm.startswith(ours) and wert.source.startswith(ours)
            assert wert.norm.startswith("§") or of_the_house


@pytest.mark.parametrize(
    ("isco", "is_it"),
    [
        ("2512", True), ("25", True), ("1321", True), ("133", True), ("1349", True),
        ("2166", True), ("2211", True), ("2221", True), ("2250", True), ("2261", True),
        ("2310", True), ("2411", False), ("223", False), ("2230", False), ("224", False),
        ("131", False), ("13", False), ("2", False), ("22", False), ("3512", False),
    ],
)  # fmt: skip
def test_the_shortage_groups(recht: Rechtsstand, isco: str, is_it: bool) -> None:
    assert is_shortage(isco, D("2026-11-22"), recht) is is_it


def test_it_groups_are_fewer_than_shortage_groups(recht: Rechtsstand) -> None:
    assert is_it_group("2512", D("2026-11-22"), recht)
    assert not is_it_group("2211", D("2026-11-22"), recht)


@pytest.mark.parametrize("isco", ["", "25123", "2A", "２５", " 25"])
def test_something_that_is_no_isco_code_is_refused(recht: Rechtsstand, isco: str) -> None:
    with pytest.raises(InvalidInput):
        is_shortage(isco, D("2026-11-22"), recht)


def test_the_shortage_list_of_an_unknown_day_is_an_error(recht: Rechtsstand) -> None:
    with pytest.raises(LawMissing):
        is_shortage("2512", D("2020-01-01"), recht)

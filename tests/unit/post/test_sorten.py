"""Rules a person can read; traces of a sender; topics; and the model that says why."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from abh.documents.stapel import Code, Page
from abh.documents.trennblatt import Separator, code_of, separator_of
from abh.kernel.errors import ConfigurationError
from abh.post import modell, schnitt, sorten, spuren, themen
from abh.post.aufnahme import NewItem
from abh.post.match import Candidate, Clues, placed, propose
from abh.post.modell import Model
from abh.post.sorten import Words
from abh.post.sortieren import kind_of, sort

SECRET = b"x" * 32
RULES = [
    ("court", "Verwaltungsgericht Düsseldorf", "", ""),
    ("court", "VG <poststelle@vg-duesseldorf.nrw.de>", "", ""),
    ("court", "", "", "Verwaltungsgericht Düsseldorf\nGeschäftszeichen 8 K 17/26.A"),
    ("lawyer", "Kanzlei Beispiel & Partner", "Akteneinsicht", ""),
    ("lawyer", "", "", "Rechtsanwältin Muster\nVerwaltungsgericht Düsseldorf 8 K 17/26"),
    ("lawyer", "", "Vertretung", "zeige ich an, dass ich vertrete"),
    ("returned", "Mail Delivery Subsystem <mailer-daemon@x>", "Undelivered Mail", ""),
    ("returned", "", "", "Empfänger unter der Anschrift nicht zu ermitteln"),
    ("ba_answer", "Bundesagentur für Arbeit", "Zustimmung nach § 39 AufenthG", ""),
    ("employer", "Firma", "Mitteilung", "Das Arbeitsverhältnis wird vorzeitig beendet."),
    (None, "Ada", "Frage", "Ich gehe vor das Verwaltungsgericht, wenn nichts kommt!"),
    (None, "Ada", "Stand", "Wie ist der Stand?"),
    (None, "", "", ""),
]


@pytest.mark.parametrize(("kind", "sender", "subject", "body"), RULES)
def test_rules_sort_by_the_head_and_say_why(
    kind: str | None, sender: str, subject: str, body: str
) -> None:
    found = sorten.by_rules(Words(sender, subject, body))
    assert (found.kind if found else None) == kind
    assert found is None or found.reason.startswith("Regel ")


def test_our_own_code_on_the_first_page_is_a_returned_letter() -> None:
    found = sorten.by_rules(Words("", "Brief", "", letter_code=True))
    assert found is not None
    assert found.kind == "returned"


@pytest.mark.parametrize(
    "words",
    [
        "Eilantrag", "im einstweiligen Rechtsschutz", "Antrag nach § 123 Abs. 1 VwGO",
        "nach § 80 Abs. 5 VwGO", "die Anordnung der aufschiebenden Wirkung",
        "Erlass einer einstweiligen\nAnordnung",
    ],
)  # fmt: skip
def test_interim_relief_rings_whoever_writes(words: str) -> None:
    assert sorten.rings("inquiry", Words("Ada", "", f"Ich stelle: {words}."))


def test_a_court_rings_and_impatience_does_not() -> None:
    assert sorten.rings("court", Words())
    assert not sorten.rings("inquiry", Words("Ada", "EILT!!!", "Bitte sehr eilig antworten"))


TRACES = [
    ("Az. ABH-2026-0000017", ["ABH-2026-0000017"]),
    ("abh 2026/17 und ABH–2026–0000018", ["ABH-2026-0000017", "ABH-2026-0000018"]),
    ("A BH-2026 - 17, noch einmal ABH-2026-0000017", ["ABH-2026-0000017"]),
    ("Rechnung 2026-17, XABH-2026-1", []),
]


@pytest.mark.parametrize(("text", "numbers"), TRACES)
def test_case_numbers_are_read_as_people_and_scanners_write_them(
    text: str, numbers: list[str]
) -> None:
    assert spuren.numbers(text) == numbers


def test_one_date_of_birth_counts_and_several_none() -> None:
    assert spuren.birth("geb. am 01.02.1990, wohnhaft") == "1990-02-01"
    assert spuren.birth("geboren 01.02.1990; Kind geb. 03.04.2020") == ""
    assert spuren.birth("geb. 99.99.1990 vom 01.02.2026") == ""


def test_the_first_end_after_receipt_counts() -> None:
    text = "Stellung nehmen bis zum 30.11.2026, spätestens am 05.12.2026; bis 01.01.2020"
    assert spuren.until(text, date(2026, 11, 20)) == date(2026, 11, 30)
    assert spuren.until("bis zum 31.02.2027", date(2026, 11, 20)) is None


PERSON = Candidate(1, "ADA BEISPIEL", "ADA BEISPIEL", "1990-02-01", 7, "N1", "SG1", "P02")


@pytest.mark.parametrize(
    ("clues", "certain"),
    [
        (Clues("N1"), False),
        (Clues("N1", text="Hier schreibt Beispiel, Ada aus Düsseldorf"), True),
        (Clues("N1", text="Ada ist nicht Frau Beispiel"), False),
        (Clues("", text="Ada Beispiel"), False),
        (Clues("N1", text="Eve Fremd"), False),
        (Clues("N1", birth="1990-02-01"), True),
    ],
)
def test_the_text_names_the_person_only_beside_the_number(clues: Clues, certain: bool) -> None:
    assert (placed(propose(clues, [PERSON])) is not None) == certain


UNITS = [
    SimpleNamespace(key="SG1", central=False, verfahren=["P02", "P30"]),
    SimpleNamespace(key="SG7", central=False, verfahren=["P33"]),
    SimpleNamespace(key="SG8", central=True, verfahren=[]),
]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Mein Einbürgerungsantrag", "SG7"),
        ("Blaue Karte, später Einbürgerung", "SG1"),
        ("Guten Tag", "SG8"),
        ("Die Wiedereinbürgerung", "SG8"),
    ],
)
def test_topics_name_the_unit_and_everything_else_goes_to_the_central_one(
    text: str, unit: str
) -> None:
    assert themen.unit_of(text, UNITS)[0] == unit


def test_faulty_topics_are_all_named() -> None:
    raw = {
        "themen": [{"verfahren": "P99", "woerter": ["x"]}, {"verfahren": "P02", "woerter": []}, 3]
    }
    with pytest.raises(ConfigurationError, match="P99"):
        themen.read(raw, "t")
    with pytest.raises(ConfigurationError):
        themen.read({}, "t")


def _model(sure: float) -> Model:
    """Two kinds, one word each that speaks for it."""
    return Model(("complaint", "inquiry"), (0.0, 0.0),
                 {"stand": (1.0, -sure, sure), "frech": (1.0, sure, -sure)})  # fmt: skip


def test_the_model_says_what_how_sure_and_why() -> None:
    found = kind_of(Words("", "", "Wie ist der Stand?"), _model(2.0))
    assert (found.kind, round(found.sure, 2)) == ("inquiry", 0.98)
    assert found.reason == "Textmodell: Anfrage zum Stand, 98 % wegen „stand“."


def test_an_unsure_model_only_says_what_it_thinks_and_rules_win() -> None:
    unsure = kind_of(Words("", "", "Wie ist der Stand?"), _model(0.1))
    assert unsure.kind == "other"
    assert "Anfrage zum Stand, 55 %" in unsure.reason
    court = kind_of(Words("Verwaltungsgericht Köln", "", "Stand?"), _model(9.0))
    assert (court.kind, court.sure) == ("court", 1.0)
    assert kind_of(Words(), _model(9.0)).kind == "other"
    assert kind_of(Words("", "Stand", ""), None).kind == "other"


def test_a_stored_model_is_the_same_model_and_anything_else_is_refused() -> None:
    model = _model(2.0)
    assert modell.read(model.stored()) == model
    for raw in (b"[]", b'{"version": 99}', b"nonsense", b'{"version":1,"classes":["x"]}'):
        with pytest.raises(ValueError):
            modell.read(raw)


def test_what_is_given_stays_and_the_rest_is_found() -> None:
    item = NewItem(
        received_on=date(2026, 11, 20), channel="email", kind="documents", subject="s",
        unit_key="SG7", body="Az ABH-2026-0000017, geb. 01.02.1990, Blaue Karte",
    )  # fmt: skip
    found = sort(item, UNITS, None)
    assert (found.kind, found.unit_key, found.sorted_by) == ("documents", "SG7", "")
    assert (found.quoted_number, found.birth) == ("ABH-2026-0000017", "1990-02-01")


def page(*codes: str, **more: object) -> Page:
    return Page(tuple(Code(one) for one in codes), **more)  # type: ignore[arg-type]


SHEET = code_of(Separator("SG3", "documents", date(2026, 11, 19)), SECRET)
STACKS = [
    ([], []),
    ([page(SHEET)], []),
    ([page(text="a")], [[0]]),
    ([page(SHEET), page(text="a"), page(SHEET), page(SHEET), page(text="b")], [[1], [4]]),
    ([page(SHEET), page(blank=True), page(text="a")], [[2]]),
    ([page(SHEET), page(blank=True)], [[1]]),
    ([page(text="a"), page(SHEET, SHEET, SHEET), page(text="b")], [[0], [2]]),
    ([page(SHEET[:-1] + "0"), page("1234567890123456")], [[0, 1]]),
]


@pytest.mark.parametrize(("pages", "expected"), STACKS)
def test_every_page_but_separators_and_their_backs_is_in_one_letter(
    pages: list[Page], expected: list[list[int]]
) -> None:
    found = schnitt.letters(pages, SECRET)
    assert [[index for index, _ in one.pages] for one in found] == expected


@pytest.mark.parametrize(
    "code", ["", "*", "ABHT*SG3***", SHEET[:-1], SHEET + "x", SHEET.replace("SG3", "SG6"), "ä" * 9]
)
def test_nobody_else_can_make_a_separator_sheet(code: str) -> None:
    assert separator_of(code, SECRET) is None
    assert separator_of(SHEET, b"y" * 32) is None

"""The cases F1-F6 of § 81(3)-(4) AufenthG, each on both sides of its last day."""

from datetime import date

import pytest

from abh.workflows.facts import TitleKind
from abh.workflows.fiktion import CASES, FiktionKind, fiktion
from tests.unit.workflows.faelle import case

END = date(2026, 12, 15)
NEXT = date(2026, 12, 16)


def of(kind, received=END, **changes):
    return fiktion(
        case(title_kind=kind, received_on=received, title_until=END, lawful_until=END, **changes)
    )


HOLDERS = (
    TitleKind.AUFENTHALTSERLAUBNIS,
    TitleKind.AE_18A_18B,
    TitleKind.AE_24,
    TitleKind.BLAUE_KARTE,
    TitleKind.ICT_KARTE,
    TitleKind.NATIONALES_VISUM,
)


@pytest.mark.parametrize("kind", HOLDERS)
def test_application_on_the_last_day_continues_the_old_title_and_its_work(kind):
    found = of(kind)
    assert found.kind is FiktionKind.CONTINUING
    assert found.norm == "§ 81 Abs. 4 Satz 1 AufenthG"
    assert found.since == END
    assert found.work_allowed
    assert "15.12.2026" in found.words.de


@pytest.mark.parametrize("kind", HOLDERS)
def test_late_application_does_not_continue_the_old_title(kind):
    found = of(kind, NEXT)
    assert found.kind is FiktionKind.NONE
    assert found.order_possible
    assert found.norm == "§ 81 Abs. 4 Satz 3 AufenthG"
    assert not found.work_allowed and not found.is_effective


def test_schengen_visa_never_continues_even_in_time():
    found = of(TitleKind.SCHENGEN_VISUM)
    assert found.kind is FiktionKind.NONE
    assert found.norm == "§ 81 Abs. 4 Satz 2 AufenthG"
    assert not found.order_possible


def test_104c_title_continues_only_for_25a_and_25b():
    assert of(TitleKind.AE_104C).case == "F4_104C"
    assert of(TitleKind.AE_104C, applied_title="§ 25b AufenthG").kind is FiktionKind.CONTINUING
    late = of(TitleKind.AE_104C, NEXT, applied_title="§ 25b AufenthG")
    assert late.kind is FiktionKind.NONE


@pytest.mark.parametrize(
    "kind",
    [TitleKind.VISUMFREI_41, TitleKind.VISUMFREI_KURZ, TitleKind.BLAUE_KARTE_ANDERER_STAAT],
)
def test_lawful_stay_without_title_is_permitted_in_time_and_suspended_late(kind):
    in_time, late = of(kind), of(kind, NEXT)
    assert in_time.kind is FiktionKind.PERMITTED
    assert in_time.norm == "§ 81 Abs. 3 Satz 1 AufenthG"
    assert in_time.since == END and not in_time.work_allowed
    assert late.kind is FiktionKind.SUSPENDED
    assert late.norm == "§ 81 Abs. 3 Satz 2 AufenthG"


@pytest.mark.parametrize("kind", [TitleKind.NONE, TitleKind.DULDUNG])
def test_without_lawful_stay_the_application_has_no_effect(kind):
    assert of(kind).kind is FiktionKind.NONE


def test_asylum_ends_every_effect():
    assert of(TitleKind.GESTATTUNG).case == "F6_ASYL"
    found = of(TitleKind.AUFENTHALTSERLAUBNIS, asylum_submitted_on=date(2026, 11, 1))
    assert found.case == "F6_ASYL"


def test_unlimited_title_needs_no_fiction():
    assert of(TitleKind.NIEDERLASSUNGSERLAUBNIS).case == "F2_UNBEFRISTET"


@pytest.mark.parametrize(
    "changes",
    [
        {"title_kind": TitleKind.UNKNOWN},
        {"received_on": None},
        {"title_until": None},
        {"title_kind": TitleKind.VISUMFREI_41, "lawful_until": None},
    ],
)
def test_unknown_facts_leave_the_effect_open(changes):
    found = fiktion(case(**changes))
    assert found.kind is FiktionKind.OPEN
    assert not found.is_effective and found.since is None


@pytest.mark.parametrize("kind", [k for k in TitleKind if k is not TitleKind.UNKNOWN])
def test_words_are_conditional_on_the_facts_given_in_three_languages(kind):
    for received in (END, NEXT):
        found = of(kind, received)
        assert found.words.de.startswith("Nach Ihren Angaben")
        assert found.words.en.startswith("According to your information")
        assert found.words.ar.startswith("وفقًا لبياناتك")
        assert "{" not in found.words.de + found.words.en + found.words.ar
        assert found.work_words.de and found.work_words.en and found.work_words.ar


def test_every_row_of_the_table_can_apply():
    seen = {of(kind, day).case for kind in TitleKind for day in (END, NEXT)}
    assert seen == {row.key for row in CASES}

"""The cases F1-F6 of § 81(3)-(4) AufenthG, each on both sides of its last day."""

from datetime import date

import pytest

from abh.sprachen import LANGUAGES
from abh.web import catalogs
from abh.workflows import fiktion_worte
from abh.workflows.facts import TitleKind
from abh.workflows.fiktion import CASES, FiktionKind, fiktion
from abh.workflows.recht import LawValues
from tests.unit.workflows.faelle import case

catalogs.compile_catalogs()

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
    assert "15.12.2026" in found.words


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


ASYLUM = {"asylum_submitted_on": date(2026, 11, 1)}


@pytest.mark.parametrize(
    ("kind", "received", "extension", "row"),
    [
        (TitleKind.GESTATTUNG, END, None, "F6_ASYL"),
        (TitleKind.VISUMFREI_41, END, None, "F6_ASYL"),
        (TitleKind.VISUMFREI_41, END, True, "F6_ASYL"),
        # granted protection ends the asylum procedure, not the effect
        (TitleKind.SCHUTZ, END, None, "F0_SCHUTZ"),
        # § 55(2) S. 2 AsylG: only the extension of a title of over six months, and only in time
        (TitleKind.AUFENTHALTSERLAUBNIS, END, None, "F6_ASYL_OFFEN"),
        (TitleKind.AUFENTHALTSERLAUBNIS, END, True, "F2_FORTGELTUNG"),
        (TitleKind.AUFENTHALTSERLAUBNIS, END, False, "F6_ASYL"),
        (TitleKind.AUFENTHALTSERLAUBNIS, NEXT, True, "F6_ASYL"),
        (TitleKind.AUFENTHALTSERLAUBNIS, NEXT, None, "F6_ASYL"),
    ],
)
def test_asylum_ends_the_effect_except_for_the_extension_of_a_long_title(
    kind, received, extension, row
):
    assert of(kind, received, long_title_extension=extension, **ASYLUM).case == row


def test_schengen_visa_does_not_continue_even_beside_an_extension():
    found = of(TitleKind.SCHENGEN_VISUM, long_title_extension=True, **ASYLUM)
    assert found.kind is FiktionKind.NONE


@pytest.mark.parametrize(
    ("received", "ordered", "row"),
    [
        (NEXT, NEXT, "F2_ANGEORDNET"),
        (NEXT, date(2027, 1, 4), "F2_ANGEORDNET"),
        (NEXT, END, "F2_VERSPAETET_MIT_TITEL"),
        (NEXT, None, "F2_VERSPAETET_MIT_TITEL"),
        (END, END, "F2_FORTGELTUNG"),
    ],
)
def test_continuation_is_ordered_only_after_a_late_application(received, ordered, row):
    found = of(TitleKind.BLAUE_KARTE, received, continuation_ordered_on=ordered)
    assert found.case == row
    if row == "F2_ANGEORDNET":
        assert found.kind is FiktionKind.CONTINUING and found.work_allowed
        assert found.since == ordered and not found.order_possible
        assert "angeordnet" in found.words


@pytest.mark.parametrize("kind", [TitleKind.NONE, TitleKind.SCHENGEN_VISUM, TitleKind.AE_104C])
def test_no_order_gives_an_effect_that_the_law_excludes(kind):
    found = of(kind, NEXT, continuation_ordered_on=NEXT)
    assert found.kind is FiktionKind.NONE


def test_104c_title_late_for_25b_can_be_ordered_to_continue():
    found = of(
        TitleKind.AE_104C, NEXT, applied_title="§ 25b AufenthG", continuation_ordered_on=NEXT
    )
    assert found.case == "F2_ANGEORDNET"


def test_granted_protection_permits_stay_and_work_until_the_title():
    found = of(TitleKind.SCHUTZ)
    assert found.kind is FiktionKind.PERMITTED and found.work_allowed
    assert found.norm == "§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2 AufenthG"
    assert found.since == END


LAW_24 = LawValues(listen={"schutz24.fortgeltung": ("2026-02-01", "2027-03-04")})


@pytest.mark.parametrize(
    ("printed", "received", "row"),
    [
        (date(2026, 2, 1), date(2027, 3, 4), "F2_FORTGELTUNG"),
        (date(2026, 2, 1), date(2027, 3, 5), "F2_VERSPAETET_MIT_TITEL"),
        (date(2026, 1, 31), date(2026, 2, 1), "F2_VERSPAETET_MIT_TITEL"),
        (date(2027, 9, 1), date(2027, 9, 1), "F2_FORTGELTUNG"),
    ],
)
def test_title_of_24_runs_on_by_law_beyond_the_printed_day(printed, received, row):
    facts = case(title_kind=TitleKind.AE_24, title_until=printed, received_on=received, law=LAW_24)
    assert fiktion(facts).case == row
    other = case(
        title_kind=TitleKind.BLAUE_KARTE,
        title_until=printed,
        received_on=date(2027, 9, 2),
        law=LAW_24,
    )
    assert fiktion(other).case == "F2_VERSPAETET_MIT_TITEL"


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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [k for k in TitleKind if k is not TitleKind.UNKNOWN])
def test_words_are_conditional_on_the_facts_given_in_every_language(kind, language):
    starts = {"de": "Nach Ihren Angaben", "en": "According to your information"}
    for received in (END, NEXT):
        found = of(kind, received)
        row = fiktion_worte.stored(found.spoken, found.title_end)
        stay, work = fiktion_worte.told(row, language)
        assert stay.startswith(starts.get(language, ""))
        assert "{" not in stay and work
        assert (stay == found.words) is (language == "de")
        if found.title_end is not None:
            assert f"{found.title_end:%d.%m.%Y}" in stay


def test_every_row_of_the_table_can_apply():
    more = ({}, ASYLUM, {"continuation_ordered_on": NEXT})
    seen = {of(kind, day, **one).case for kind in TitleKind for day in (END, NEXT) for one in more}
    assert seen == {row.key for row in CASES}

"""The registry: every letter is complete, forms are never drafted, missing fields are named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from abh.documents.letter_kind import LetterKind, Variant
from abh.documents.letters import LETTERS, drafted_kind, gives_reasons, letter_kind, load_fields
from abh.documents.remedy import remedy_notice
from abh.documents.render import TEMPLATES
from abh.documents.zeichnung import Remedy
from abh.kernel.errors import InvalidInput, NotFound, RenderRefused
from tests.unit.documents.factories import OFFICE

DRAFTED = [k for k in LETTERS.values() if k.templates]


@pytest.mark.parametrize("kind", DRAFTED, ids=lambda k: k.key)
def test_every_drafted_letter_has_template_schema_and_a_sample_that_loads(kind) -> None:  # type: ignore[no-untyped-def]
    assert all((TEMPLATES / name).is_file() for name in kind.templates)
    assert all(kind.schema_of(outcome) is not None for outcome in kind.outcomes)
    assert set(kind.samples) == set(kind.outcomes)
    for outcome, fields in kind.samples.items():
        assert load_fields(kind.key, fields, outcome)


def test_every_template_belongs_to_a_letter() -> None:
    files = {p.name for p in TEMPLATES.glob("*.j2")} - {"base.html.j2"}
    assert {f for f in files if not f.startswith("_")} == {
        name for k in DRAFTED for name in k.templates
    }


def test_every_fixed_norm_form_needs_a_remedy_or_favours_the_person() -> None:
    for kind in LETTERS.values():
        for variant in kind.variants:
            assert not (variant.automatic and variant.act), kind.key
            # § 77 AufenthG: the suspension of deportation (N20) alone goes without.
            assert variant.needs_remedy or not variant.form_77 or kind.key == "N20", kind.key


@pytest.mark.parametrize("key", [k.key for k in LETTERS.values() if k.form])
def test_a_prescribed_form_is_never_drafted(key: str) -> None:
    with pytest.raises(RenderRefused) as refused:
        drafted_kind(key)
    assert [r.key for r in refused.value.reasons] == ["vordruck_als_pdf"]


def test_a_letter_without_template_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = LetterKind("schriftsatz", "Schriftsatz", (Variant(),))
    monkeypatch.setattr("abh.documents.letters.LETTERS", {"schriftsatz": bare})
    with pytest.raises(RenderRefused, match="Schriftsatz") as refused:
        load_fields("schriftsatz", {})
    assert [r.key for r in refused.value.reasons] == ["vorlage_fehlt"]


def test_every_notice_of_the_catalogue_is_registered() -> None:
    catalogue = {f"N{number:02d}" for number in range(1, 31)}
    assert catalogue - set(LETTERS) == set()
    forms = {key for key in catalogue if LETTERS[key].form}
    assert forms == {"N05", "N10", "N19", "N20", "N21", "N22", "N24", "N25", "N27"}
    assert {k for k in catalogue - forms if not LETTERS[k].templates} == set()


def test_an_outcome_with_words_of_its_own_has_its_own_fields() -> None:
    ours = LETTERS["N16"].samples["andere_stelle"]
    assert load_fields("N16", ours, "andere_stelle")["deadline"] == date(2026, 12, 21)
    with pytest.raises(InvalidInput):
        load_fields("N16", ours)
    assert LETTERS["N16"].template_of("andere_stelle") != LETTERS["N16"].template_of("")


@pytest.mark.parametrize("key", ["N02", "N03", "N04", "N07", "N12", "N14"])
def test_a_matter_that_nobody_applied_for_needs_no_day_of_receipt(key: str) -> None:
    for outcome, fields in LETTERS[key].samples.items():
        loaded = load_fields(key, {k: v for k, v in fields.items() if k != "received_on"}, outcome)
        assert loaded["received_on"] is None


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({}, False),
        ({"sections": []}, False),
        ({"opening": ["wir haben entschieden:"]}, False),
        ({"sections": [{"paragraphs": ["weil"]}]}, True),
        ({"provision_reasons": ["weil"]}, True),
        ({"reasons": ["weil"]}, True),
    ],
)
def test_a_letter_gives_reasons_only_where_fields_for_them_are_filled(
    fields: dict[str, object], given: bool
) -> None:
    assert gives_reasons(fields) is given


def test_unknown_letters_and_outcomes_are_not_found() -> None:
    with pytest.raises(NotFound):
        letter_kind("N99")
    with pytest.raises(NotFound):
        letter_kind("N08").variant("reisepass")


def test_missing_unknown_and_wrong_fields_are_all_named_with_their_path() -> None:
    with pytest.raises(InvalidInput) as error:
        load_fields("N02", {"items": [{"why": "x"}], "deadline": "gestern", "extra": 1})
    assert {p.field for p in error.value.problems} == {
        "application",
        "items.0.name",
        "deadline",
        "extra",
    }


def test_fields_come_back_typed() -> None:
    loaded = load_fields("N11", LETTERS["N11"].samples["quittung"], "quittung")
    assert loaded["paid_on"] == date(2026, 11, 16)
    assert loaded["total"] == sum(i["amount"] for i in loaded["items"]) == Decimal("100.00")


def test_the_remedy_names_remedy_court_seat_and_period_and_nothing_else() -> None:
    notice = remedy_notice(Remedy.KLAGE, OFFICE)
    assert notice is not None
    assert notice.paragraphs == (
        "Gegen diesen Bescheid kann innerhalb eines Monats nach seiner Bekanntgabe Klage beim "
        "Verwaltungsgericht Düsseldorf, Bastionstraße 39, 40213 Düsseldorf, erhoben werden.",
    )
    assert remedy_notice(Remedy.NONE, OFFICE) is None
    fine = remedy_notice(Remedy.EINSPRUCH, OFFICE)
    assert fine is not None
    assert "zwei Wochen" in fine.paragraphs[0]
    assert "Klage" not in fine.paragraphs[0]

"""Status, sentence, evidence and waiver of each requirement of the Blue Card."""

from datetime import date
from decimal import Decimal

import pytest

from abh.workflows import registry
from abh.workflows.beteiligung import BA, Beteiligung, PartState
from abh.workflows.checklist import Status, evaluate_checklist, missing_items
from abh.workflows.facts import Entry, PartialDate, SecurityAnswer, TitleKind, euro, years_later
from abh.workflows.guards.blaue_karte import Route, salary_route
from abh.workflows.planung import to_plan
from abh.workflows.recht import LawValues
from tests.unit.workflows.faelle import BASE, case

V = registry.get("P02", 1)


def item(key, **changes):
    return {i.key: i for i in evaluate_checklist(V, case(**changes))}[key]


def without(*kinds):
    return {kind: 1 for kind in BASE.evidence if kind not in kinds}


ELSEWHERE = TitleKind.BLAUE_KARTE_ANDERER_STAAT
OLD_DEGREE = {"title_kind": TitleKind.BLAUE_KARTE, "degree_on": date(2020, 7, 31)}


def elsewhere(since, **angaben):
    told = {
        "blaue_karte_anderswo_seit": date.fromisoformat(since),
        "blaue_karte_anderswo_bis": date(2028, 9, 30),
    }
    return {"title_kind": ELSEWHERE, "angaben": told | angaben}


def renewal(first):
    return {"angaben": {"erste_karte_als_anfaenger_am": date.fromisoformat(first)}}


def test_complete_case_is_settled():
    assert all(i.is_settled for i in evaluate_checklist(V, BASE))
    assert missing_items(evaluate_checklist(V, BASE)) == ()


CASES = [
    ("B1", {"passport_until": None}, Status.OPEN),
    ("B1", {"passport_until": date(2026, 11, 22)}, Status.OPEN),
    ("B1", {"passport_until": date(2026, 11, 23)}, Status.MET),
    ("B2", {"identity_clarified": None}, Status.OPEN),
    ("B2", {"identity_clarified": False}, Status.NOT_MET),
    ("B2", {"nationalities": ()}, Status.OPEN),
    ("B3", {"salary_year": None}, Status.OPEN),
    ("B4", {"expulsion_interest": None}, Status.OPEN),
    ("B4", {"expulsion_interest": True}, Status.NOT_MET),
    ("B5", {}, Status.MET),
    ("B6", {"title_kind": TitleKind.UNKNOWN}, Status.OPEN),
    ("B6", {"title_kind": TitleKind.SCHENGEN_VISUM}, Status.NOT_MET),
    ("B6", {"title_kind": TitleKind.NONE, "entry": Entry(visa_fits=True)}, Status.MET),
    ("B6", {"title_until": date(2026, 10, 4)}, Status.NOT_MET),
    ("B6", {"title_until": date(2026, 10, 4), "entry": Entry(visa_fits=True)}, Status.MET),
    ("B6", {"title_until": None}, Status.OPEN),
    ("B6", {"title_kind": TitleKind.NIEDERLASSUNGSERLAUBNIS, "title_until": None}, Status.MET),
    ("B6", {"title_kind": TitleKind.VISUMFREI_41}, Status.OPEN),
    (
        "B6",
        {"title_kind": TitleKind.VISUMFREI_41, "lawful_until": date(2026, 10, 5)},
        Status.MET,
    ),
    (
        "B6",
        {"title_kind": TitleKind.VISUMFREI_41, "lawful_until": date(2026, 10, 4)},
        Status.NOT_MET,
    ),
    ("B7", {"security": SecurityAnswer.ASKED}, Status.OPEN),
    ("B7", {"security": SecurityAnswer.FINDINGS}, Status.NOT_MET),
    ("B7", {"security_valid_until": date(2026, 11, 22)}, Status.OPEN),
    ("B8", {"entry_ban": None}, Status.OPEN),
    ("B8", {"entry_ban": True}, Status.NOT_MET),
    ("B10", {"biometrics_on": None}, Status.OPEN),
    ("B10", {"biometrics_usable": False}, Status.OPEN),
    ("B12", {"title_kind": TitleKind.BLAUE_KARTE, "angaben": {}}, Status.OPEN),
    (
        "B12",
        {"title_kind": TitleKind.BLAUE_KARTE, "angaben": {"kurspflicht_verletzt": True}},
        Status.NOT_MET,
    ),
    (
        "B12",
        {"title_kind": TitleKind.BLAUE_KARTE, "angaben": {"kurspflicht_verletzt": False}},
        Status.MET,
    ),
    ("B12", {"angaben": {}}, Status.MET),
    ("K1", {"degree_recognised": None}, Status.OPEN),
    ("K2", {"isco": ""}, Status.OPEN),
    ("K2", {"degree_on": None}, Status.OPEN),
    ("K2", {"degree_on": date(2026, 11, 23)}, Status.MET),
    ("K2", {"degree_on": date(2026, 11, 24)}, Status.NOT_MET),
    ("K3", {}, Status.MET),
    ("K4", {"employer": " "}, Status.OPEN),
    ("K4", {"job_adequate": None}, Status.OPEN),
    ("K4", {"job_adequate": False}, Status.NOT_MET),
    ("K5", {"job_permanent": False}, Status.OPEN),
    ("K5", {"job_permanent": False, "job_months": 5}, Status.NOT_MET),
    ("K5", {"job_permanent": False, "job_months": 6}, Status.MET),
    ("K5", {"job_permanent": False, "job_months": 6, "law": LawValues()}, Status.OPEN),
    ("K6", {"exclusion_19f": None}, Status.OPEN),
    ("K6", {"exclusion_19f": "Scheinarbeit"}, Status.NOT_MET),
    ("EZB", {"participations": (), "evidence": without("ezb")}, Status.OPEN),
    ("BA", {"participations": ()}, Status.OPEN),
    ("BA", {"participations": (Beteiligung(BA, PartState.NEEDS_INFO),)}, Status.OPEN),
    ("BA", {"participations": (Beteiligung(BA, PartState.REFUSED),)}, Status.NOT_MET),
    (
        "BA",
        {"participations": (), "preliminary_consent_until": date(2026, 11, 23)},
        Status.MET,
    ),
    (
        "BA",
        {"participations": (), "preliminary_consent_until": date(2026, 11, 22)},
        Status.OPEN,
    ),
    ("BA", {"salary_year": None}, Status.OPEN),
    ("K1", {"degree_german": True, "evidence": without("anabin")}, Status.MET),
    ("K1", {"evidence": without("anabin")}, Status.OPEN),
    ("J3", {"isco": ""}, Status.OPEN),
    ("J3", {"isco": "2211"}, Status.OPEN),
    ("J3", {"isco": "2211", "angaben": {"reglementierter_beruf": False}}, Status.MET),
    ("J3", {"angaben": {"reglementierter_beruf": True}}, Status.OPEN),
    ("J4a", {"angaben": {"beschaeftigung_versichert": False}}, Status.NOT_MET),
    ("M1", {"title_kind": ELSEWHERE}, Status.OPEN),
    ("M1", elsewhere("2025-11-23"), Status.MET),
    ("M1", elsewhere("2025-11-24"), Status.NOT_MET),
    ("M1", elsewhere("2026-05-23", mobilitaet_wiederholt=True), Status.MET),
    ("M1", elsewhere("2025-11-23", blaue_karte_anderswo_bis=date(2026, 10, 1)), Status.NOT_MET),
    ("K1", elsewhere("2024-11-23") | {"degree_recognised": None}, Status.MET),
    ("K1", elsewhere("2024-11-24") | {"degree_recognised": None}, Status.OPEN),
    ("K2", OLD_DEGREE, Status.OPEN),
    ("K2", OLD_DEGREE | renewal("2024-11-24"), Status.MET),
    ("K2", OLD_DEGREE | renewal("2024-11-23"), Status.NOT_MET),
]


@pytest.mark.parametrize(("key", "changes", "status"), CASES)
def test_status(key, changes, status):
    found = item(key, **changes)
    assert found.status is status, found.why
    assert found.norm


def test_every_requirement_has_a_case_of_its_own():
    assert {r.key for r in V.checklist} - {key for key, _, _ in CASES} == set()


def test_missing_degree_certificate_is_named_for_the_nachforderung():
    items = evaluate_checklist(V, case(evidence=without("hochschulabschluss")))
    (missing,) = missing_items(items)
    assert missing.key == "K1"
    assert missing.evidence_missing == ("Urkunde über den Hochschulabschluss",)


def test_german_degree_needs_no_comparison():
    evidence = without("anabin")
    assert item("K1", evidence=evidence).status is Status.OPEN
    assert item("K1", evidence=evidence, degree_german=True).status is Status.MET


def test_nachforderung_names_nothing_the_office_or_others_have_to_settle():
    facts = case(
        security=SecurityAnswer.ASKED, biometrics_on=None, entry_ban=None, participations=()
    )
    assert missing_items(evaluate_checklist(V, facts)) == ()


def test_waiver_needs_a_reason_and_a_norm_that_permits_it():
    visa = {"title_kind": TitleKind.SCHENGEN_VISUM}
    waived = item("B6", **visa, waivers={"B6": "Anspruch"})
    assert waived.status is Status.WAIVED
    assert waived.norm == "§ 5 Abs. 2 Satz 2 AufenthG"
    assert item("B6", **visa, waivers={"B6": "  "}).status is Status.NOT_MET
    for key, changes in (
        ("K2", {"salary_year": Decimal("1")}),
        ("B7", {"security": SecurityAnswer.ASKED}),
        ("B8", {"entry_ban": True}),
    ):
        assert not item(key, **changes, waivers={key: "egal"}).is_settled


def test_holder_of_18b_keeping_the_job_is_deemed_to_earn_a_living():
    found = item("B3", title_kind=TitleKind.AE_18A_18B, keeps_job=True)
    assert found.norm == "§ 18g Abs. 5 AufenthG"


@pytest.mark.parametrize(
    ("changes", "route", "ba"),
    [
        ({"salary_year": Decimal("50700.00")}, Route.REGULAR, False),
        ({"salary_year": Decimal("50699.99")}, Route.NEW_GRADUATE, True),
        ({"salary_year": Decimal("45934.20")}, Route.NEW_GRADUATE, True),
        ({"salary_year": Decimal("45934.19")}, Route.NONE, False),
        ({"degree_on": date(2023, 10, 4)}, Route.NONE, False),
        ({"degree_on": date(2023, 10, 4), "isco": "2149"}, Route.SHORTAGE, True),
        ({"degree_recognised": False, "isco": "2512"}, Route.IT, True),
        (
            {"degree_recognised": False, "isco": "2512", "salary_year": Decimal("99000")},
            Route.IT,
            True,
        ),
        ({"degree_recognised": False, "isco": "2149"}, Route.NONE, False),
        ({"law": LawValues()}, Route.OPEN, False),
    ],
)
def test_salary_route(changes, route, ba):
    found = salary_route(case(**changes))
    assert (found.route, found.needs_ba) == (route, ba)


def test_sentence_names_both_thresholds_and_why_this_year():
    found = item("K2", degree_on=date(2020, 7, 31))
    for part in ("48.000,00", "45.934,20", "50.700,00", "Stichtag 23.11.2026", "Jahres der Ent"):
        assert part in found.why


def test_to_plan():
    asked = case(participations=(), security=SecurityAnswer.NOT_ASKED)
    assert [k.key for k in to_plan(V, asked)] == ["BA", "BVA"]
    well_paid = case(participations=(), security=SecurityAnswer.CLEAR, salary_year=Decimal("60000"))
    assert to_plan(V, well_paid) == ()
    assert to_plan(V, BASE) == ()


def test_degree_of_29_february_ages_by_the_28th():
    assert years_later(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert years_later(date(9998, 1, 1), 3) == date.max


def test_partial_birth_dates_have_an_earliest_and_a_latest_day():
    assert (PartialDate(1998).earliest, PartialDate(1998).latest) == (
        date(1998, 1, 1),
        date(1998, 12, 31),
    )
    assert PartialDate(2000, 2).latest == date(2000, 2, 29)
    assert PartialDate(2000, 2, 3).earliest == PartialDate(2000, 2, 3).latest


def test_amounts_are_written_the_german_way():
    assert euro(Decimal("1234567.5")) == "1.234.567,50 Euro"

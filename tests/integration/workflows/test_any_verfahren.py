"""Any Verfahren runs through intake, fees, letters and clocks as its table says."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from abh.configfiles import load_yaml_file
from abh.documents.tables import Letter
from abh.kernel.errors import InvalidInput
from abh.settings import ROOT
from abh.workflows import intake, registry
from abh.workflows.definition import Power
from abh.workflows.guards.fachverfahren import ZFE
from abh.workflows.kosten import charge
from abh.workflows.schemas import load_antrag
from abh.workflows.steps import load_case
from abh.workflows.tables import Fee

PERSON = {
    "family_name": "Okafor",
    "given_names": "Ngozi",
    "birth_date": "14.03.1990",
    "nationalities": ["NGA"],
    "street": "Rheinstraße 1",
    "postcode": "40213",
    "city": "Düsseldorf",
    "language": "de",
}
FOLDER = ROOT / "tests" / "verfahren"
OPEN = [
    v
    for v in map(registry.newest, registry.known_keys())
    if (step := v.step(v.opening)) is not None and {Power.APPLICANT, Power.INTAKE} & set(step.by)
]


def antrag(verfahren, **more):
    """The application of the Grundfall: what its scenarios say about the declared facts."""
    ground = load_yaml_file(FOLDER / verfahren.key.lower() / "grundfall.yaml")
    known = verfahren.angaben_by_key
    angaben = {k: v for k, v in ground["angaben"].items() if k in known and v is not None}
    if verfahren.key == "P28":
        angaben["variante"] = ZFE  # the central office of the Land leads it, says the office file
    return load_antrag({"person": PERSON, "verfahren": verfahren.key, "angaben": angaben | more})


@pytest.mark.parametrize("verfahren", OPEN, ids=lambda v: v.key)
def test_every_verfahren_opens_with_its_fees_and_letters(session, house, clerk, verfahren) -> None:
    filed = intake.file_application(
        session, house, clerk, antrag(verfahren), [], channel="counter", received_on=house.today
    )
    case = load_case(session, house, number=filed.number)
    assert case.verfahren is registry.current(verfahren.key, house.today)
    assert case.state != verfahren.initial
    fees = session.scalars(select(Fee).where(Fee.vorgang_id == case.id)).all()
    assert {fee.code for fee in fees} <= set(verfahren.fees)
    letters = session.scalars(select(Letter.key).where(Letter.vorgang_id == case.id)).all()
    assert set(letters) <= set(verfahren.letters)
    assert {v.key for v in verfahren.varianten} >= {case.facts.variante} - {""}


def test_unknown_and_unreadable_facts_are_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        load_antrag(
            {"person": PERSON, "verfahren": "P11", "angaben": {"mond": 1, "variante": "keine"}}
        )
    assert {p.field for p in refused.value.problems} == {"angaben.mond", "angaben.variante"}
    with pytest.raises(InvalidInput) as refused:
        load_antrag({"person": PERSON, "verfahren": "P99"})
    assert [p.field for p in refused.value.problems] == ["verfahren"]


def test_a_fee_of_an_event_falls_due_again_but_not_twice_at_once(session, house, clerk) -> None:
    verfahren = registry.newest("P20")
    rule = next(rule for rule in verfahren.gebuehren if rule.event)
    filed = intake.file_application(
        session, house, clerk, antrag(verfahren), [], channel="counter", received_on=house.today
    )
    case = load_case(session, house, number=filed.number)
    for paid in (False, True):
        charge(session, case.id, verfahren, case.facts, rule.event)
        charge(session, case.id, verfahren, case.facts, rule.event)
        fees = session.scalars(
            select(Fee).where(Fee.vorgang_id == case.id, Fee.code == rule.law_key)
        ).all()
        assert [fee.turn for fee in fees] == ([1, 2] if paid else [1])
        fees[0].status = "paid"
        session.flush()

"""A corrected fact moves effect and clocks; contradictions are refused where they enter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import InvalidInput
from abh.workflows.checklist import Status
from abh.workflows.eingang import correct_receipt
from abh.workflows.service import settle_fee
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.play import OFFICE_CHECKS, Play


def filed(session: Session, house: House, **changes) -> Play:
    papers = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")
    case = factories.file_case(session, house, applicant_actor(), evidence=papers, **changes)
    return Play(session, house, case.number)


def test_a_corrected_title_moves_the_effect_and_both_values_are_logged(
    session: Session, house: House, clerk: Actor
) -> None:
    play = filed(session, house)
    old = play.case.row["fiktion"]["kind"]
    told = play.case.vorgang["title_until"]
    gone = (house.today - timedelta(days=400)).isoformat()
    play.find(clerk, title_until=gone)
    assert (old, play.case.row["fiktion"]["kind"]) == ("CONTINUING", "NONE")
    play.find(clerk, title_until=told)
    assert play.case.row["fiktion"]["kind"] == "CONTINUING"
    logged = session.scalars(
        select(VorgangStep.facts)
        .where(VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "feststellung")
        .order_by(VorgangStep.seq)
    ).all()
    assert [row["werte"]["title_until"] for row in logged[-2:]] == [
        {"vorher": told, "jetzt": gone},
        {"vorher": gone, "jetzt": told},
    ]


def test_a_finding_that_contradicts_changes_nothing(
    session: Session, house: House, clerk: Actor
) -> None:
    play = filed(session, house)
    version = play.version
    tomorrow = (house.today + timedelta(days=1)).isoformat()
    with pytest.raises(InvalidInput) as refused:
        play.find(clerk, degree_on=tomorrow, withdrawal_on="2026-11-01", title_kind="NONE")
    assert [p.field for p in refused.value.problems] == [
        "degree_on",
        "withdrawal_on",
        "title_kind",
    ]
    assert play.version == version
    assert "degree_on" not in play.case.row["findings"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person__birth_date": "24.12.2026"}, "person.birth_date"),
        ({"title_kind": "NONE", "title_until": "20.12.2026"}, "title_until"),
        ({"degree_on": "01.01.2027"}, "degree_on"),
    ],
)
def test_an_application_that_contradicts_itself_is_refused_at_its_field(
    session: Session, house: House, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        filed(session, house, **changes)
    assert refused.value.problems[0].field == field


def test_a_receipt_after_what_it_caused_is_refused(
    session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    play = filed(session, house)
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "nachfordern")
    asked = house.today
    clock.advance(timedelta(days=3))
    with pytest.raises(InvalidInput, match=f"{asked:%d.%m.%Y}"):
        correct_receipt(
            session,
            house,
            clerk,
            play.case.id,
            house.today,
            reason="Der Stempel war verwischt.",
            expected_version=play.version,
        )


def test_a_fee_follows_what_the_office_found_until_somebody_settled_it(
    session: Session, house: House, clerk: Actor
) -> None:
    play = filed(session, house)

    def fees() -> list[tuple[str, float]]:
        return [(fee["code"], float(fee["amount"])) for fee in play.case.row["fees"]]

    assert fees() == [("gebuehr.titel.erteilung", 100.0)]
    play.find(clerk, assoziationsberechtigt=True)
    assert fees() == [("gebuehr.personalausweis", 46.0)]
    play.find(clerk, assoziationsberechtigt=None, title_kind="BLAUE_KARTE")
    assert fees() == [("gebuehr.titel.verlaengerung", 93.0)]
    (paid,) = play.case.row["fees"]
    settle_fee(
        session, house, clerk, play.case.id, paid["id"], payment="bar", expected_version=None
    )
    play.find(clerk, assoziationsberechtigt=True)
    assert fees() == [("gebuehr.titel.verlaengerung", 93.0)]


def test_mobility_begins_with_the_card_of_another_state_and_its_thirty_days_run(
    session: Session, house: House, clerk: Actor
) -> None:
    case = factories.file_case(
        session,
        house,
        applicant_actor(),
        title_kind="BLAUE_KARTE_ANDERER_STAAT",
        title_until="",
        lawful_until=f"{house.today + timedelta(days=20):%d.%m.%Y}",
    )
    play = Play(session, house, case.number)
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "vollstaendig_mobilitaet")
    (clock,) = [row for row in play.case.row["fristen"] if row["kind"] == "mobilitaet"]
    assert clock["due_on"] == (house.today + timedelta(days=30)).isoformat()
    assert play.item("M1").status is Status.OPEN
    years = (house.today - timedelta(days=800)).isoformat()
    play.find(clerk, blaue_karte_anderswo_seit=years, blaue_karte_anderswo_bis="2028-01-31")
    assert play.item("M1").status is Status.MET

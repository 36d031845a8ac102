"""Two applications of one person become one case, and nothing gets lost on the way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.access.tables import AuditEntry
from abh.documents.house import House
from abh.documents.tables import Blatt
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed
from abh.workflows.tables import VorgangStep
from abh.workflows.zusammenfuehrung import join_cases
from tests import factories
from tests.integration.workflows.play import Play, to_decision

WHY = "Pass und Anschrift stimmen überein, Anruf vom selben Tag."
LACKING = [kind for kind in factories.EVIDENCE if kind != "hochschulabschluss"]


@pytest.fixture
def lead(session: Session, house: House) -> Play:
    """The running case, without the degree, received after the title had ended."""
    filed = factories.file_case(
        session, house, applicant_actor(), evidence=LACKING, title_until="20.11.2026"
    )
    return Play(session, house, filed.number)


def again(session: Session, house: House, received: date | None = None, **changes) -> Play:
    """File the same application once more."""
    filed = factories.file_case(
        session,
        house,
        applicant_actor(),
        title_until="20.11.2026",
        evidence=["hochschulabschluss"],
        received_on=received,
        **changes,
    )
    return Play(session, house, filed.number)


def join(actor: Actor, ending: Play, lead: Play, reason: str = WHY):
    return join_cases(
        ending.session,
        ending.house,
        actor,
        ending.case.id,
        lead.number,
        reason=reason,
        expected_version=ending.version,
    )


def test_the_second_application_waits_and_then_ends_in_the_first(
    session: Session, house: House, lead: Play, clerk: Actor
) -> None:
    second = again(session, house)
    assert second.case.state == "received"
    sheets_before = session.scalars(select(Blatt.id)).all()
    assert join(clerk, second, lead).state == "discontinued"
    kinds = {e["kind"] for e in lead.case.row["evidence"]}
    assert "hochschulabschluss" in kinds
    # by reference: the old file is as it was, the new sheet has the same content
    assert set(sheets_before) <= set(session.scalars(select(Blatt.id)))
    moved = next(e for e in lead.case.row["evidence"] if e["kind"] == "hochschulabschluss")
    kept = second.case.row["evidence"][0]
    assert moved["blatt_id"] != kept["blatt_id"]
    new, old = (session.get_one(Blatt, e["blatt_id"]) for e in (moved, kept))
    assert (new.blob_sha256, new.received_on) == (old.blob_sha256, old.received_on)
    assert new.akte_id == lead.case.vorgang["akte_id"]
    assert lead.number in second.letters("N14")[0].content["fields"]["effects"][0]
    assert second.case.row["fees"][0]["status"] == "waived"


def test_the_earlier_receipt_counts_and_makes_the_late_application_timely(
    session: Session, house: House, lead: Play, clerk: Actor
) -> None:
    early = date(2026, 11, 16)
    second = again(session, house, received=early)
    assert lead.case.row["fiktion"]["kind"] == "NONE"
    join(clerk, second, lead)
    case = lead.case
    assert case.vorgang["received_on"] == "2026-11-16"
    assert case.row["fiktion"]["kind"] == "CONTINUING"
    clocks = [f for f in case.row["fristen"] if f["kind"].startswith("vwgo75")]
    assert {f["starts_on"] for f in clocks if f["status"] == "ended"} == {"2026-11-24"}
    assert {f["starts_on"] for f in clocks if f["status"] == "running"} == {"2026-11-17"}
    for play, other in ((lead, second), (second, lead)):
        facts = session.scalar(
            select(VorgangStep.facts).where(
                VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "zusammenfuehrung"
            )
        )
        assert facts is not None
        assert facts["vorgang"] == other.number
        assert facts["eingang_fuehrend"] == "2026-11-23"
        assert facts["eingang_zweiter"] == "2026-11-16"
    audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "vorgang.join")).all()
    assert {entry.vorgang_id for entry in audited} == {lead.case.id, second.case.id}


def test_a_later_receipt_moves_nothing(
    session: Session, house: House, lead: Play, clerk: Actor, clock: FixedClock
) -> None:
    before = lead.case
    clock.advance(timedelta(days=3))
    second = again(session, house)
    join(clerk, second, lead)
    assert lead.case.vorgang["received_on"] == before.vorgang["received_on"]
    assert lead.case.row["fristen"] == before.row["fristen"]


def test_the_case_that_leads_is_no_longer_a_duplicate(
    session: Session, house: House, lead: Play, clerk: Actor
) -> None:
    second = again(session, house)
    assert second.case.facts.duplicate_of == lead.number
    join(clerk, lead, second)
    assert second.case.facts.duplicate_of == ""
    assert second.case.state == "completeness_check"


def test_strangers_decided_cases_and_foreign_units_are_not_joined(
    session: Session, house: House, lead: Play, clerk: Actor, clock: FixedClock
) -> None:
    stranger = again(session, house, person__birth_date="01.01.1990")
    with pytest.raises(InvalidInput) as refused:
        join(clerk, stranger, lead)
    assert "Geburtsdatum" in refused.value.problems[0].message
    second = again(session, house)
    with pytest.raises(InvalidInput):
        join(clerk, second, lead, reason="so")
    with pytest.raises(InvalidInput):
        join(clerk, second, second)
    with pytest.raises(NotAllowed):
        join(factories.staff(session, "SG2", rank="SB"), second, lead)
    with pytest.raises(NotAllowed):
        join(applicant_actor(), second, lead)
    with pytest.raises(Conflict):
        join_cases(
            session, house, clerk, second.case.id, lead.number, reason=WHY, expected_version=1
        )
    to_decision(lead, clerk, clock)
    lead.step(clerk, "bewilligen")
    with pytest.raises(InvalidInput) as refused:
        join(clerk, second, lead)
    assert "entschieden" in refused.value.problems[0].message

"""After the entry: what is not opened, and what the opened case of the title has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.appointments.tables import Invitation
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.errors import InvalidInput
from abh.outbox import signals
from abh.persons.tables import Company
from abh.workflows import service
from abh.workflows.tables import Evidence, FiktionRecord, Vorgang, VorgangLink
from abh.workflows.titelvorgang import ZIELE, follow_ups, open_title_case
from tests import factories
from tests.integration.workflows.play import Play

APPLIED = date(2026, 11, 20)
ENTERED: dict[str, Any] = {
    "variante": "zfe",
    "eingereist_am": "2026-11-18",
    "visum_bis": "2027-02-10",
    "titel_beantragt_am": APPLIED.isoformat(),
}


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    with signals.connected({"case.entered": [open_title_case]}):
        yield


def taken_over(session: Session, house: House, clerk: Actor, zweck: str, **facts: Any) -> Play:
    """A case of the central office that the clerk takes over after the entry."""
    number = factories.file_case(
        session, house, applicant_actor(), verfahren="P28", angaben={"zweck": zweck}
    ).number
    play = Play(session, house, number)
    company = Company(name="Alpha GmbH", name_search="ALPHA GMBH", created_at=house.now())
    session.add(company)
    session.flush()
    session.execute(
        update(Vorgang)
        .where(Vorgang.id == play.case.id)
        .values(company_id=company.id, unit_key=clerk.unit_key)
    )
    found = {name: value for name, value in {**ENTERED, **facts}.items() if value is not None}
    service.record_findings(
        session, house, clerk, play.case.id, found, expected_version=play.version
    )
    service.take_step(
        session, house, clerk, play.case.id, "von_zfe_uebernehmen",
        expected_version=play.version,
    )  # fmt: skip
    return play


def opened(session: Session, play: Play) -> Vorgang | None:
    return session.scalars(
        select(Vorgang)
        .join(VorgangLink, VorgangLink.to_id == Vorgang.id)
        .where(VorgangLink.from_id == play.case.id)
    ).one_or_none()


@pytest.mark.parametrize(
    ("zweck", "facts"), [("18g", {"titel_beantragt_am": None}), ("16d", {}), ("qualifiziert", {})]
)
def test_nothing_is_opened_without_an_application_or_for_another_title(
    session: Session, house: House, clerk: Actor, zweck: str, facts: dict[str, Any]
) -> None:
    play = taken_over(session, house, clerk, zweck, **facts)
    assert play.case.state == "handed_over"
    assert opened(session, play) is None
    assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_an_application_of_tomorrow_is_refused(
    session: Session, house: House, clerk: Actor
) -> None:
    tomorrow = (house.today + timedelta(days=1)).isoformat()
    with pytest.raises(InvalidInput, match="Zukunft"):
        taken_over(session, house, clerk, "18g", titel_beantragt_am=tomorrow)


@pytest.mark.parametrize(
    ("zweck", "verfahren", "variante"),
    [("18g", "P02", None), ("18a", "P01", "ausbildung"), ("18b", "P01", "akademisch")],
)
def test_the_title_s_case_has_person_employer_papers_fiction_and_an_invitation(
    session: Session, house: House, clerk: Actor, zweck: str, verfahren: str, variante: str | None
) -> None:
    play = taken_over(session, house, clerk, zweck)
    new = opened(session, play)
    assert new is not None
    assert (new.verfahren, new.antrag.get("variante")) == (verfahren, variante)
    old = session.get_one(Vorgang, play.case.id, populate_existing=True)
    assert (new.person_id, new.company_id, new.akte_id) == (
        old.person_id, old.company_id, old.akte_id,
    )  # fmt: skip
    assert (new.received_on, new.title_until) == (APPLIED, date(2027, 2, 10))
    kinds = select(Evidence.kind).where(Evidence.vorgang_id == new.id)
    assert set(session.scalars(kinds)) >= {"pass", "arbeitsvertrag", "ezb"}
    assert session.scalars(
        select(FiktionRecord.kind).where(FiktionRecord.vorgang_id == new.id)
    ).all()
    invitation = session.scalars(select(Invitation)).one()
    assert (invitation.vorgang_id, invitation.person_id) == (new.id, new.person_id)
    letters = session.scalars(select(Letter.key).where(Letter.vorgang_id == new.id)).all()
    assert letters.count("N06") == 1
    assert "N01" in letters


OWN: dict[str, Any] = {"fachkraefteverfahren": []}


def filed(session: Session, house: House, **angaben: Any) -> Play:
    angaben = {"zweck": "18g", **angaben}
    number = factories.file_case(
        session, house, applicant_actor(), verfahren="P28", angaben=angaben
    ).number
    return Play(session, house, number)


def own(house: House) -> House:
    """The office of another Land: it leads the accelerated procedure itself."""
    return replace(house, profile={**house.profile, **OWN})


def test_the_office_file_decides_the_variant_that_is_opened(session: Session, house: House) -> None:
    assert filed(session, house).case.facts.variante == "zfe"
    other = own(house)
    assert filed(session, other, zweck="18a").case.facts.variante == "eigen"
    assert filed(session, other, variante="zfe").case.facts.variante == "zfe"


def test_where_the_central_office_leads_no_case_is_ours(
    session: Session, house: House, clerk: Actor
) -> None:
    with pytest.raises(InvalidInput, match="Zentralstelle"):
        filed(session, house, variante="eigen")
    play = filed(session, house)
    session.execute(
        update(Vorgang).where(Vorgang.id == play.case.id).values(unit_key=clerk.unit_key)
    )
    found = {"variante": "eigen"}
    with pytest.raises(InvalidInput, match=r"seit dem 01\.03\.2020"):
        service.record_findings(
            session, house, clerk, play.case.id, found, expected_version=play.version
        )
    service.record_findings(
        session, own(house), clerk, play.case.id, found, expected_version=play.version
    )
    assert play.case.facts.variante == "eigen"


def test_of_the_titles_after_the_entry_the_clerk_is_offered_the_one_of_the_purpose(
    session: Session, house: House, clerk: Actor
) -> None:
    offered = {
        zweck: {one.nach for one in follow_ups(taken_over(session, house, clerk, zweck).case)}
        for zweck in ("18g", "16d")
    }
    assert offered["18g"] & {"P01", "P02"} == {"P02"}
    assert offered["16d"] & {"P01", "P02"} == {"P01", "P02"}


def test_every_purpose_that_opens_a_case_leads_to_a_verfahren_and_a_variant_that_exist() -> None:
    from abh.workflows import folgen, registry

    for folge_key, variante in ZIELE.values():
        folge = folgen.by_key(folge_key)
        assert folge is not None
        known = {one.key for one in registry.newest(folge.nach).varianten}
        assert not variante or variante in known
    blue = folgen.by_key("einreise_blaue_karte")
    assert blue is not None
    assert "18g" in registry.newest(blue.nach).norm

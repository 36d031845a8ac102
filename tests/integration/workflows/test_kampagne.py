"""Campaigns count whom they concern, once each, and name no person."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.documents.house import House
from abh.workflows import kampagne
from abh.workflows.facts import TitleKind
from abh.workflows.tables import Vorgang
from tests import factories

NAMES = ("Erste", "Zweite", "Dritte")


@pytest.fixture
def cases(session: Session, house: House) -> list[str]:
    """Three cases: a title that ends soon, § 104c, and § 24 that ended but is carried on."""
    titles = (
        ("AUFENTHALTSERLAUBNIS", date(2026, 12, 20)),
        ("AE_104C", date(2027, 6, 1)),
        ("AE_24", date(2026, 3, 4)),
    )
    numbers = []
    for name, (kind, until) in zip(NAMES, titles, strict=True):
        filed = factories.file_case(
            session, house, applicant_actor(), person__family_name=name, evidence=("pass",)
        )
        session.execute(
            update(Vorgang)
            .where(Vorgang.id == filed.vorgang_id)
            .values(title_kind=kind, title_until=until)
        )
        numbers.append(filed.number)
    return numbers


def numbers(lines: object) -> list[str]:
    return [line.nummer for line in lines]  # type: ignore[attr-defined]


def test_each_campaign_finds_whom_it_concerns(
    session: Session, house: House, cases: list[str]
) -> None:
    soon, chance, shelter = cases
    today = house.today
    assert numbers(kampagne.enden(session, today, 4)) == [soon]
    assert numbers(kampagne.enden(session, today, 3)) == []
    assert set(numbers(kampagne.enden(session, today, 30))) == {soon, chance}
    assert numbers(kampagne.nach_titel(session, TitleKind.AE_104C, today, None)) == [chance]
    assert numbers(kampagne.paragraf24(session, house.law, today)) == [shelter]


def test_the_batch_counts_everybody_once_in_any_number_of_parts(
    session: Session, house: House, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kampagne, "CHUNK", 2)
    told: list[int] = []
    whole = kampagne.batch(session, house.law, house.today, progress=told.append)
    assert whole.personen == len(set(session.scalars(select(Vorgang.person_id))))
    assert told[-1] == whole.personen
    parts = kampagne.Zaehlung()
    for part in range(3):
        parts.add(kampagne.batch(session, house.law, house.today, part=part, parts=3))
    assert (parts.personen, parts.lagen) == (whole.personen, whole.lagen)

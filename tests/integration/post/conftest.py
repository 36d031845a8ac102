"""The imported office with people and cases, for tests of the post."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.policy import Power
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.persons.service import create_person
from abh.persons.tables import Person
from abh.post.aufnahme import NewItem, Original, Taken, take_in
from abh.post.tables import PostBundle, PostItem
from abh.workflows.intake import Filed
from tests import factories
from tests.conftest import rolled_back


@dataclass
class PostRoom:
    """A session in the office, rolled back at the end."""

    session: Session
    house: House
    clock: FixedClock

    def clerk(self, unit: str = "SG1", nth: int = 0) -> Actor:
        return factories.staff(self.session, unit, rank="SB", nth=nth)

    def lead(self, unit: str = "SG1") -> Actor:
        return factories.staff(self.session, unit, rank="SGL")

    def chief(self) -> Actor:
        """Return somebody who sees all Sachgebiete."""
        lead = self.lead()
        return replace(lead, powers=lead.powers | {Power.ALL_UNITS})

    def person(self, name: str = "Ada", **more: Any) -> Person:
        data = {"given_names": name, "birth_date": "01.02.1990", "nationalities": ["IND"]}
        return create_person(self.session, SYSTEM, data | more, now=self.clock.now())

    def case(self, **changes: Any) -> Filed:
        return factories.file_case(self.session, self.house, applicant_actor(), **changes)

    def take(self, *items: NewItem) -> list[Taken]:
        return take_in(self.session, SYSTEM, items, self.house.blobs, clock=self.house)

    def item(self, item_id: int) -> PostItem:
        return self.session.scalars(
            select(PostItem).where(PostItem.id == item_id).execution_options(populate_existing=True)
        ).one()

    def bundle_of(self, taken: Taken) -> PostBundle:
        return self.session.scalars(
            select(PostBundle)
            .join(PostItem, PostItem.bundle_id == PostBundle.id)
            .where(PostItem.id == taken.item_id)
            .execution_options(populate_existing=True)
        ).one()


def letter(**changes: Any) -> NewItem:
    """Return an item of SG1 that came on paper."""
    values = {
        "received_on": date(2026, 11, 20),
        "channel": "paper",
        "kind": "documents",
        "subject": "Gehaltsnachweis",
        "unit_key": "SG1",
    }
    return NewItem(**(values | changes))


def scan(text: str = "Brief") -> Original:
    return Original(factories.a_pdf(text), f"{text}.pdf", "application/pdf")


@pytest.fixture
def room(office_engine: Engine, clock: FixedClock, tmp_path: Path) -> Iterator[PostRoom]:
    with rolled_back(office_engine) as connection:
        made = sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        with made() as session:
            house = factories.make_house(session, clock, tmp_path / "store")
            yield PostRoom(session, house, clock)

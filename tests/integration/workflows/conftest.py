"""A furnished house on a real database, and the people of Sachgebiet 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from tests import factories


@pytest.fixture
def engine(office_engine: Engine) -> Engine:
    """All sessions of these tests see the imported office."""
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    """The Düsseldorf office with law, signature rules, renderer and a store of its own."""
    return factories.make_house(session, clock, tmp_path / "store")


@pytest.fixture
def clerk(session: Session, house: House) -> Actor:
    """A trained clerk of SG1."""
    return factories.staff(session, "SG1", rank="SB")


@pytest.fixture
def trainee(session: Session, house: House) -> Actor:
    """A clerk of SG1 in training."""
    return factories.staff(session, "SG1", rank="EINARB")


@pytest.fixture
def lead(session: Session, house: House) -> Actor:
    """The lead of SG1."""
    return factories.staff(session, "SG1", rank="SGL")

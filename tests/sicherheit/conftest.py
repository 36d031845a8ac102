"""One world for all tests of security; every test takes back what it did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.sicherheit.welt import Welt, made


@pytest.fixture(scope="package")
def whole_world(office_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Welt]:
    """The world, made once."""
    with made(office_engine, tmp_path_factory.mktemp("sicherheit")) as welt:
        yield welt


@pytest.fixture
def welt(whole_world: Welt) -> Iterator[Welt]:
    """The world; rows of the test are taken back."""
    with whole_world.undone():
        yield whole_world

"""One office of real processes, one Chromium, for the tests that play a case from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from abh.localpg import LocalPostgres
from tests.browser.office import Office, opened_office
from tests.conftest import running_printer


@pytest.fixture(scope="module")
def office(
    pg: LocalPostgres, office_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Web, worker and scheduler on a database of their own, a mailbox and a printer."""
    name = "story"
    pg.drop_database(name)
    pg.create_from_template(name, office_template)
    folder = tmp_path_factory.mktemp("story")
    with (
        running_printer(folder) as printer,
        opened_office(pg.url(name), folder, printer) as running,
    ):
        yield running
    pg.drop_database(name)

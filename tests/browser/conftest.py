"""One office of real processes, one Chromium, for the tests that play a case from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from abh.localpg import LocalPostgres
from tests.browser.office import Office, opened_office
from tests.conftest import running_printer


@pytest.fixture(scope="module")
def office(
    request: pytest.FixtureRequest,
    pg: LocalPostgres,
    office_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    """Web, worker and scheduler on a database of their own, a mailbox and a printer.

    One for each file; ``CASES`` of the file are in it already.
    """
    name = request.module.__name__.rpartition(".")[2]
    pg.drop_database(name)
    pg.create_from_template(name, office_template)
    folder = tmp_path_factory.mktemp(name)
    cases = getattr(request.module, "CASES", 0)
    with (
        running_printer(folder) as printer,
        opened_office(pg.url(name), folder, printer, cases=cases) as running,
    ):
        yield running
    pg.drop_database(name)

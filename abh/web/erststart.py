"""Whether this process begins without an office, and the code that opens the first start."""

from __future__ import annotations

from collections.abc import Callable

from abh.db import transaction
from abh.office import einrichtung
from abh.office.service import has_office
from abh.web.app import SETUP, Services


def announce(services: Services, *, echo: Callable[[str], None]) -> bool:
    """Say where an empty house is set up and by which code; nothing where there is an office.

    Returns whether it did. Then this process shows the pages of the first start and no others.
    """
    code = ""
    try:
        with transaction(services.sessions) as session:
            if not has_office(session):
                code = einrichtung.new_code(session, now=services.clock.now())
    finally:
        # Two children of gunicorn on one inherited connection would read each other's answers.
        services.engine.dispose()
    if not code:
        return False
    services.more[SETUP] = True
    echo("Dieses Amt ist noch nicht eingerichtet.")
    echo(f"  Einrichten:  {services.settings.base_url}/einrichtung")
    echo(f"  Code:        {code}   (gilt einmal)")
    return True

"""What somebody sent to prove the ground of an emergency, for the clerk who serves the visit."""

from __future__ import annotations

from flask import Response, make_response

from abh.access.policy import Power, policy
from abh.appointments import nachweise
from abh.web import session as web
from abh.web.pages.briefe import show_safely
from abh.web.pages.rahmen import staff_blueprint

blueprint = staff_blueprint("notfallnachweis", __name__)


@blueprint.get("/schalter/<int:booking_id>/nachweis/<int:evidence_id>")
@policy(Power.CASE_COUNTER)
def show(booking_id: int, evidence_id: int) -> Response:
    """Show a file of the visit that goes on at this clerk's desk; the look is recorded."""
    found, data = nachweise.open_file(
        web.reading(), web.actor(), web.house().blobs, booking_id, evidence_id, now=web.now()
    )
    return show_safely(make_response(data), found.mime, f"nachweis-{found.id}")

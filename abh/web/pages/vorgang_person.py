"""What is noted of the person on the page of a case."""

from __future__ import annotations

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.persons import service as persons
from abh.web import session as web
from abh.web.i18n import gettext as _
from abh.web.pages import vorgang
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows.dossier import Case
from abh.workflows.steps import StepDone

blueprint = staff_blueprint("person", __name__)


@blueprint.post("/vorgang/<number>/azr")
@policy(Power.CASE_REVIEW)
def azr_number(number: str) -> Response:
    """Note the AZR number of the person, or take it away."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        person_id = case.person["id"]
        number = typed.get("azr_number", "")
        persons.set_azr_number(session, web.actor(), person_id, number, now=web.now())
        return None

    return vorgang.act(number, "azr", work, done=_("AZR-Nummer vermerkt."))

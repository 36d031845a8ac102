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
from abh.web.pages.rahmen import read_day, staff_blueprint
from abh.workflows import anschrift, todesfall
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


@blueprint.post("/vorgang/<number>/anschrift")
@policy(Power.CASE_REVIEW)
def address(number: str) -> Response:
    """Write the address that somebody found, or that the known one is right."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return anschrift.record_address(
            session,
            web.house(),
            web.actor(),
            case.id,
            {name: typed.get(name, "") for name in ("street", "postcode", "city")},
            typed.get("source", ""),
            expected_version=version,
        )

    return vorgang.act(number, "anschrift", work, done=_("Anschrift vermerkt."))


@blueprint.post("/vorgang/<number>/tod")
@policy(Power.CASE_REVIEW)
def death(number: str) -> Response:
    """Note the death of the person; what it ends, ends with it."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        died_on = read_day(typed.get("died_on", ""), "died_on", needed=True)
        if died_on is None:
            raise AssertionError("a needed day is a day or a refusal")
        return todesfall.record_death(
            session,
            web.house(),
            web.actor(),
            case.id,
            died_on=died_on,
            source=typed.get("source", ""),
            expected_version=version,
        )

    return vorgang.act(number, "tod", work, done=_("Vermerkt. An die Person geht nichts mehr."))


@blueprint.post("/vorgang/<number>/tod/berichtigen")
@policy(Power.CASE_REVIEW)
def alive(number: str) -> Response:
    """Take back the news of a death that was wrong."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        return todesfall.correct(
            session,
            web.house(),
            web.actor(),
            case.id,
            typed.get("reason", ""),
            expected_version=version,
        )

    return vorgang.act(number, "tod", work, done=_("Berichtigt."))

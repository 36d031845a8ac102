"""Deciding the cases of a family at once, from the page of any of them."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.web import session as web
from abh.web.pages import vorgang
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.workflows.dossier import Case
from abh.workflows.familienentscheidung import Chosen, all_letters, decide_together
from abh.workflows.steps import StepDone

blueprint = staff_blueprint("familie", __name__)


@blueprint.post("/vorgang/<number>/zusammen")
@policy(Power.CASE_DECIDE)
def decide(number: str) -> BaseResponse:
    """Take the grants that were ticked, all or none."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        others = typed.getlist("mit")
        if not others:
            raise InvalidInput([FieldProblem("mit", _("Bitte mindestens einen Vorgang wählen."))])
        chosen = [_chosen(typed, number, version)]
        chosen += [
            _chosen(typed, other, page_number(typed.get(f"version.{other}"))) for other in others
        ]
        done = decide_together(
            session,
            web.house(),
            web.actor(),
            case,
            chosen,
            reason=typed.get("reason", ""),
        )
        return all_letters(done)

    return vorgang.act(
        number, "zusammen", work, done=_("Zusammen entschieden. Jeder Vorgang hat seinen Brief.")
    )


def _chosen(typed: MultiDict[str, str], number: str, version: int) -> Chosen:
    provisions = typed.get(f"provisions.{number}", "").strip()
    return Chosen(number, version, {"provisions": provisions} if provisions else {})

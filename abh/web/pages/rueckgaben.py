"""Papers that were demanded and are not back: the list of a Sachgebiet, and noting a return."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from abh.access import audit
from abh.access.policy import Power, policy, unit_filter
from abh.web import session as web
from abh.web.pages import vorgang
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows import einzug
from abh.workflows.dossier import Case
from abh.workflows.rueckgabe import REMINDER
from abh.workflows.steps import StepDone
from abh.workflows.zugriff import RESTRICTED

blueprint = staff_blueprint("rueckgaben", __name__)
MOST = 100

# The newest clock of each case; what came back by another way (a new card) is not out any more.
_ROWS = text(
    """
SELECT * FROM (
  SELECT DISTINCT ON (f.vorgang_id) f.vorgang_id AS id, f.label, f.due_on, f.status,
         f.kind = :reminder AS reminded, v.number, p.family_name, p.given_names,
         p.died_on IS NOT NULL AS dead
    FROM frist f JOIN vorgang v ON v.id = f.vorgang_id JOIN person p ON p.id = v.person_id
   WHERE f.kind IN ('rueckgabe', 'rueckgabe_mahnung') AND f.status <> 'ended'
     AND (CAST(:unit AS text) IS NULL OR v.unit_key = :unit)
     AND (v.verfahren <> ALL(:restricted) OR v.unit_key = :own)
     AND EXISTS (SELECT FROM jsonb_array_elements(v.progress -> 'rueckgabe') e
         WHERE CASE WHEN e ->> 'kind' = 'card'
           THEN EXISTS (SELECT FROM card_order k
                 WHERE k.id = (e ->> 'id')::bigint AND k.state = 'handed_over')
           ELSE EXISTS (SELECT FROM form_issue i
                 WHERE i.id = (e ->> 'id')::bigint AND i.returned_on IS NULL) END)
   ORDER BY f.vorgang_id, f.id DESC) out
 ORDER BY due_on, id LIMIT :limit
"""
)


@blueprint.get("/rueckgaben")
@policy(Power.CASE_READ)
def page() -> str:
    """Show which papers of one's Sachgebiet are still out, longest over first."""
    session, who = web.reading(), web.actor()
    params = {
        "unit": unit_filter(who),
        "own": who.unit_key,
        "restricted": sorted(RESTRICTED),
        "reminder": REMINDER,
        "limit": MOST,
    }
    rows = session.execute(_ROWS, params).mappings().all()
    ids = [row["id"] for row in rows]
    audit.record_list(session, who, "vorgang.list", "vorgang", ids, now=web.now())
    return render_template("vorgang/rueckgaben.html", rows=rows, today=web.today(), most=MOST)


@blueprint.post("/vorgang/<number>/rueckgabe")
@policy(Power.CASE_COUNTER, Power.CASE_REVIEW)
def take_back(number: str) -> Response:
    """Note that papers of a case came back."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        einzug.take_back(
            session,
            web.house(),
            web.actor(),
            case.id,
            typed.getlist("papers"),
            expected_version=version,
        )
        return None

    return vorgang.act(number, "rueckgabe", work, done=_("Rückgabe vermerkt."))

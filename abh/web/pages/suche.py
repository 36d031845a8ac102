"""One search over the house: case number, AZR number, name, birth date, company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, in_scope, policy, unit_filter
from abh.kernel.birthdate import PartialDate
from abh.persons import service as persons
from abh.persons.tables import Company, Person
from abh.web import session as web
from abh.web.adressen import url_for
from abh.web.pages.desk import number_of
from abh.web.pages.rahmen import staff_blueprint
from abh.workflows.registry import get as get_verfahren
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED, may_know

blueprint = staff_blueprint("suche", __name__)

CASES_OF_COMPANY = 5
_CASES_OF = text(
    """
SELECT v.number, v.verfahren, v.version, v.state, v.unit_key, v.person_id, v.received_on,
       v.closed_at, u.display_name AS owner
  FROM vorgang v LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE v.person_id = ANY(:ids) ORDER BY v.closed_at IS NOT NULL, v.received_on DESC
"""
)
# Only what the reader may open: a company is no reason to learn of cases elsewhere.
_CASES_OF_COMPANIES = text(
    """
SELECT c.id AS company_id, found.*
  FROM unnest(CAST(:ids AS bigint[])) AS c(id) CROSS JOIN LATERAL (
    SELECT v.id AS case_id, v.number, v.verfahren, v.version, v.state, v.unit_key, v.closed_at,
           u.display_name AS owner, p.family_name, p.given_names
      FROM vorgang v JOIN person p ON p.id = v.person_id LEFT JOIN app_user u ON u.id = v.owner_id
     WHERE v.company_id = c.id AND (v.verfahren <> ALL(:restricted) OR v.unit_key = :own)
       AND (CAST(:unit AS text) IS NULL OR v.unit_key = :unit)
     ORDER BY v.closed_at IS NOT NULL, v.received_on DESC, v.id LIMIT :most) found
"""
)


@blueprint.get("/suche")
@policy(Power.CASE_READ)
def page() -> str | Response:
    """Find by case number (opens it), AZR number, name, birth date, or company."""
    who, session = web.actor(), web.reading()
    query = request.args.get("q", "").strip()
    number = number_of(query)
    if number and _may_open(session, who, number):
        return redirect(url_for("vorgang.page", number=number), 303)
    people, companies = _look(session, who, query) if query else ([], [])
    return render_template(
        "desk/suche.html",
        query=query,
        people=_people(session, who, people),
        companies=_companies(session, who, companies),
    )


def _may_open(session: Session, who: Actor, number: str) -> bool:
    row = session.execute(
        select(Vorgang.verfahren, Vorgang.unit_key).where(Vorgang.number == number)
    ).one_or_none()
    return row is not None and may_know(who, row.verfahren, row.unit_key)


def _look(session: Session, who: Actor, query: str) -> tuple[list[Person], list[Company]]:
    if persons.azr_number(query):
        return persons.find_by_azr_number(session, who, query, now=web.now()), []
    return (
        persons.search(session, who, query, now=web.now()),
        persons.search_companies(session, who, query),
    )


def _people(session: Session, who: Actor, found: Sequence[Person]) -> list[dict[str, Any]]:
    if not found:
        return []
    cases: dict[int, list[dict[str, Any]]] = {}
    hidden = set[int]()
    for row in session.execute(_CASES_OF, {"ids": [p.id for p in found]}).mappings():
        if may_know(who, row["verfahren"], row["unit_key"]):
            cases.setdefault(row["person_id"], []).append(_case(who, dict(row)))
        else:
            hidden.add(row["person_id"])
    return [
        {
            "name": _name(person),
            "born": PartialDate(person.birth_year, person.birth_month, person.birth_day).stored(),
            "nationalities": ", ".join(person.nationalities),
            "city": person.city,
            "cases": cases.get(person.id, []),
        }
        for person in found
        # Whoever is known here by a case alone of which the reader must not know is not found.
        if person.id in cases or person.id not in hidden
    ]


def _companies(session: Session, who: Actor, found: Sequence[Company]) -> list[dict[str, Any]]:
    if not found:
        return []
    params = {
        "ids": [company.id for company in found],
        "restricted": sorted(RESTRICTED),
        "own": who.unit_key,
        "unit": unit_filter(who),
        "most": CASES_OF_COMPANY + 1,
    }
    cases: dict[int, list[dict[str, Any]]] = {}
    rows = session.execute(_CASES_OF_COMPANIES, params).mappings().all()
    if rows:
        ids = [row["case_id"] for row in rows]
        audit.record_list(session, who, "vorgang.list", "vorgang", ids, now=web.now())
    for row in rows:
        name = ", ".join(part for part in (row["family_name"], row["given_names"]) if part)
        cases.setdefault(row["company_id"], []).append(_case(who, dict(row)) | {"name": name})
    return [
        {
            "name": company.name,
            "city": company.city,
            "register_no": company.register_no or "",
            "cases": cases.get(company.id, [])[:CASES_OF_COMPANY],
            "more": len(cases.get(company.id, [])) > CASES_OF_COMPANY,
        }
        for company in found
    ]


def _name(person: Person) -> str:
    return ", ".join(part for part in (person.family_name, person.given_names) if part)


def _case(who: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
    verfahren = get_verfahren(row["verfahren"], row["version"])
    state = verfahren.state(row["state"])
    mine = in_scope(who, row["unit_key"])
    return {
        "number": row["number"],
        "what": verfahren.name,
        "state": state.label if state else row["state"],
        "unit": row["unit_key"],
        "owner": row["owner"] or "",
        "url": url_for("vorgang.page", number=row["number"]) if mine else "",
        "closed": row["closed_at"] is not None,
    }

"""Cases that belong together: the family that is decided at once, and what followed from what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.house import House
from abh.persons.tables import Household, Person
from abh.workflows import folgen
from abh.workflows.dossier import Case
from abh.workflows.erledigung import note_cause
from abh.workflows.registry import get as get_verfahren
from abh.workflows.tables import Vorgang, VorgangLink
from abh.workflows.zugriff import is_restricted, may_know

_LINKED = text(
    """
WITH mine AS (
  SELECT p.id, p.household_id FROM person p WHERE p.id = :person
), near AS (
  SELECT p.id FROM person p, mine
   WHERE p.id = mine.id
      OR (mine.household_id IS NOT NULL AND p.household_id = mine.household_id)
), others AS (
  SELECT o.id FROM vorgang o WHERE o.person_id IN (SELECT id FROM near)
  UNION SELECT l.to_id FROM vorgang_link l WHERE l.from_id = :case
  UNION SELECT l.from_id FROM vorgang_link l WHERE l.to_id = :case
)
SELECT v.id, v.number, v.verfahren, v.version, v.state, v.unit_key, v.received_on, v.closed_at,
       p.family_name, p.given_names, p.id = :person AS same_person,
       (SELECT max(l.kind) FROM vorgang_link l
         WHERE (l.from_id = v.id AND l.to_id = :case) OR (l.from_id = :case AND l.to_id = v.id))
         AS link
  FROM others JOIN vorgang v ON v.id = others.id JOIN person p ON p.id = v.person_id
 WHERE v.id <> :case
 ORDER BY v.closed_at IS NOT NULL, v.received_on DESC LIMIT 20
"""
)


@dataclass(frozen=True, slots=True)
class Linked:
    """Another case as the page shows it; ``why`` says how it belongs to this one.

    ``is_family``: it is about another person, and can be decided together with this one.
    """

    id: int
    number: str
    what: str
    state: str
    person: str
    why: str
    received_on: date
    closed: bool
    is_family: bool


def linked(session: Session, actor: Actor, case: Case) -> list[Linked]:
    """Return cases of the person, the household and by link that the actor may know of.

    One statement. Access classes stand above links: a removal file never shows here to others.
    """
    rows = session.execute(_LINKED, {"case": case.id, "person": case.person["id"]}).mappings()
    return [
        _linked(dict(row)) for row in rows if may_know(actor, row["verfahren"], row["unit_key"])
    ]


def link(
    session: Session, house: House, actor: Actor, from_id: int, to_id: int, kind: str, reason: str
) -> None:
    """Remember that two cases belong together; twice is once. Audited for both.

    ``kind`` is the key of a ``Folge``.
    """
    session.execute(
        upsert(VorgangLink)
        .values(
            from_id=from_id,
            to_id=to_id,
            kind=kind,
            reason=reason,
            at=house.now(),
            by_id=actor.user_id,
        )
        .on_conflict_do_nothing()
    )
    for one in (from_id, to_id):
        audit.record(
            session,
            actor,
            "vorgang.link",
            "vorgang",
            one,
            now=house.now(),
            vorgang_id=one,
            facts={"from": from_id, "to": to_id, "kind": kind},
        )


def follow(
    session: Session, house: House, actor: Actor, case: Case, new_id: int, folge: folgen.Folge
) -> None:
    """Link a new case to the one it followed from; a family that applies together shares one
    household (§ 81(6) AufenthG), so that one clerk owns it. After an accelerated procedure the
    employer goes on following, as far as the mandate covers it."""
    link(session, house, actor, case.id, new_id, folge.key, f"{folge.label} ({folge.norm})")
    if folge.same_company:
        company = session.scalar(select(Vorgang.company_id).where(Vorgang.id == case.id))
        session.execute(
            update(Vorgang)
            .where(Vorgang.id == new_id, Vorgang.company_id.is_(None))
            .values(company_id=company)
        )
    if not folge.other_person:
        return
    old = session.get(Person, case.person["id"])
    new_person = session.scalar(select(Vorgang.person_id).where(Vorgang.id == new_id))
    new = session.get(Person, new_person)
    if old is None or new is None or new.household_id is not None:
        return
    if old.household_id is None:
        home = Household(name=old.family_name or old.given_names, owner_id=case.vorgang["owner_id"])
        session.add(home)
        session.flush()
        old.household_id = home.id
    new.household_id = old.household_id
    session.flush()


@dataclass(frozen=True, slots=True)
class Settled:
    """An open case of the person that lost its object, and by which law."""

    id: int
    ende: folgen.Ende


def settle_others(
    session: Session, house: House, actor: Actor, case: Case, state: str
) -> tuple[Settled, ...]:
    """Say in every other open case of the person that entering ``state`` settled it by law.

    Locks those cases in the order of their keys, after the lock of ``case``. The reason is a
    finding there, so that a clerk can end what the system must leave alone.
    """
    ende = folgen.ende_of(case.verfahren.key, state)
    if ende is None:
        return ()
    rows = session.execute(
        select(Vorgang.id, Vorgang.verfahren)
        .where(
            Vorgang.person_id == case.person["id"],
            Vorgang.id != case.id,
            Vorgang.closed_at.is_(None),
        )
        .order_by(Vorgang.id)
        .with_for_update(key_share=True)
    ).all()
    others = [row.id for row in rows if ende.hits(row.verfahren)]
    # The number of a file that others must not know stays out of theirs.
    told = "" if is_restricted(case.verfahren) else f"aus Vorgang {case.number}"
    for vorgang_id in others:
        note_cause(session, house, actor, vorgang_id, f"{ende.reason} ({ende.norm}).", told)
        link(session, house, actor, case.id, vorgang_id, "erledigt", ende.reason)
    return tuple(Settled(vorgang_id, ende) for vorgang_id in others)


def _linked(row: Mapping[str, Any]) -> Linked:
    verfahren = get_verfahren(row["verfahren"], row["version"])
    state = verfahren.state(row["state"])
    folge = folgen.by_key(row["link"] or "")
    if folge is not None:
        why = "zusammen entscheiden (§ 81 Abs. 6 AufenthG)" if folge.gemeinsam else folge.label
    elif row["link"] == "erledigt":
        why = "dadurch erledigt"
    else:
        why = "dieselbe Person" if row["same_person"] else "derselbe Haushalt"
    return Linked(
        row["id"],
        row["number"],
        verfahren.name,
        state.label if state else row["state"],
        f"{row['given_names']} {row['family_name']}".strip(),
        why,
        row["received_on"],
        row["closed_at"] is not None,
        not row["same_person"],
    )

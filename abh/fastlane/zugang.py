"""The one question of the lane: for which company does this login act, and which cases may it see?

Denied first: without a clerk's admission of the company a login acts for nobody. Pages, tables and
machines of companies ask here and nowhere else: ``acting`` says for whom, ``mandate_clause`` limits
lists, ``require_covered`` opens one case or refuses without telling whether there is one,
``note_looks`` records every look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_zugang import CompanyLook
from abh.kernel.clock import BERLIN, Clock, today
from abh.kernel.errors import NotAllowed, NotFound
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED

Role = Literal["admin", "hr", "read"]
# The same words for a number that does not exist, another company's and an ended mandate.
REFUSED: Final = "Diesen Vorgang gibt es für Sie nicht."


@dataclass(frozen=True, slots=True)
class Choice:
    """A company for which a login may act; ``agency_id`` is the firm through whose power it does.

    ``sites`` are the sites to which the login is limited, None for all.
    """

    company_id: int
    company_name: str
    role: Role
    sites: frozenset[int] | None = None
    agency_id: int | None = None
    agency_name: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts for which company. ``actor`` names the company in every line of the log."""

    actor: Actor
    chosen: Choice
    choices: tuple[Choice, ...]

    @property
    def company_id(self) -> int:
        """The company for which is acted now."""
        return self.chosen.company_id

    @property
    def company_name(self) -> str:
        """Its name."""
        return self.chosen.company_name

    @property
    def role(self) -> Role:
        """What the login may do there: ``admin`` all, ``hr`` cases, ``read`` look."""
        return self.chosen.role

    @property
    def may_write(self) -> bool:
        """Whether the login may apply, answer, book and upload."""
        return self.role != "read"


def acting(session: Session, actor: Actor, *, clock: Clock) -> Acting:
    """Return for whom a company's login acts now; the company chosen on the page, else the first.

    Raises ``NotAllowed`` for anybody else and for a login that acts for no company (any more).
    """
    require(actor, Power.FASTLANE_COMPANY)
    if actor.kind != "employer" or actor.user_id is None:
        raise NotAllowed("Diese Seite ist für Firmen.")
    choices = tuple(_choices(session, actor.user_id, today(clock)))
    if not choices:
        raise NotAllowed("Ihr Zugang gehört zu keiner Firma, die hier zugelassen ist.")
    chosen = next((one for one in choices if one.company_id == actor.company_id), choices[0])
    return Acting(replace(actor, company_id=chosen.company_id), chosen, choices)


def require_write(who: Acting) -> None:
    """Raise ``NotAllowed`` for a login that may only look."""
    if not who.may_write:
        raise NotAllowed("Ihr Zugang darf hier nur lesen.")


def require_admin(who: Acting) -> None:
    """Raise ``NotAllowed`` unless the login administers the company."""
    if who.role != "admin":
        raise NotAllowed("Das darf nur die Verwaltung Ihrer Firma.")


def mandate_clause(
    who: Acting, scope: str | None = None, *, day: date, case: type[Vorgang] = Vorgang
) -> ColumnElement[bool]:
    """Return the condition on ``case`` for lists: with this company, general access class, and
    covered by a mandate in force on ``day`` (with ``scope``, if one is named).
    """
    return (
        (case.company_id == who.company_id)
        & case.verfahren.not_in(sorted(RESTRICTED))
        & exists(
            select(Mandate.id)
            .where(
                Mandate.person_id == case.person_id,
                Mandate.vorgang_id.is_(None) | (Mandate.vorgang_id == case.id),
                *in_force(who, scope, day=day),
            )
            # A query that reads mandates itself must not lend its rows to this one.
            .correlate(case)
        )
    )


def in_force(who: Acting, scope: str | None = None, *, day: date) -> list[ColumnElement[bool]]:
    """Return the conditions on ``Mandate`` rows of this company that hold on ``day``."""
    found: list[ColumnElement[bool]] = [
        Mandate.company_id == who.company_id,
        Mandate.revoked_at.is_(None),
        Mandate.valid_from <= day,
        Mandate.valid_until >= day,
    ]
    if who.chosen.sites is not None:
        # Whoever is limited to some sites does not see people without one.
        found.append(Mandate.site_id.in_(sorted(who.chosen.sites)))
    if scope is not None:
        found.append(Mandate.scope.contains([scope]))
    return found


def covered(
    session: Session,
    who: Acting,
    *,
    day: date,
    person_id: int | None = None,
    vorgang_id: int | None = None,
    scope: str | None = None,
) -> bool:
    """Return whether a mandate in force covers this person, or this case of the company.

    Name one of the two. A person without a case is covered by the mandate alone (new application).
    """
    if (person_id is None) == (vorgang_id is None):
        raise ValueError("name either a person or a case")
    query: Any
    if vorgang_id is not None:
        query = select(Vorgang.id).where(
            Vorgang.id == vorgang_id, mandate_clause(who, scope, day=day)
        )
    else:
        query = select(Mandate.id).where(
            Mandate.person_id == person_id,
            Mandate.vorgang_id.is_(None),
            *in_force(who, scope, day=day),
        )
    return session.execute(query.limit(1)).first() is not None


def require_covered(
    session: Session, who: Acting, number: str, scope: str | None = None, *, clock: Clock, day: date
) -> Vorgang:
    """Return the case with this number, or raise ``NotFound`` in the same words whatever the cause.

    A refusal is logged with the company, never with the number that was tried. Pages call this with
    the session for reading, which is committed although the answer is a refusal.
    """
    vorgang = session.scalars(
        select(Vorgang).where(Vorgang.number == _plain(number), mandate_clause(who, scope, day=day))
    ).one_or_none()
    if vorgang is None:
        audit.record(session, who.actor, "firma.refused", "vorgang", now=clock.now())
        raise NotFound(REFUSED)
    return vorgang


def note_looks(
    session: Session, who: Acting, vorgang_ids: Sequence[int], *, what: str, now: datetime
) -> None:
    """Record that these cases were shown to the company; ``what`` is a key like ``fastlane.list``.

    The employee reads it on the status page: company and time, never a name.
    """
    if not vorgang_ids:
        return
    if len(vorgang_ids) == 1:
        (only,) = vorgang_ids
        facts = {"count": 1, "ids": [only]}
        audit.record(
            session, who.actor, what, "vorgang", only, now=now, vorgang_id=only, is_read=True,
            facts=facts,
        )  # fmt: skip
    else:
        audit.record_list(session, who.actor, what, "vorgang", vorgang_ids, now=now)
    fixed = {
        "company_id": who.company_id,
        "agency_id": who.chosen.agency_id or 0,
        "day": now.astimezone(BERLIN).date(),
        "last_at": now,
    }
    statement = insert(CompanyLook)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["vorgang_id", "company_id", "agency_id", "day"],
            set_={"looks": CompanyLook.looks + 1, "last_at": statement.excluded.last_at},
        ),
        # In one order, so that two pages of one company never wait for each other in a circle.
        [{"vorgang_id": each, **fixed} for each in sorted(set(vorgang_ids))],
    )


def _plain(number: str) -> str:
    return "".join(sign for sign in number.strip()[:40] if sign.isprintable())


# A membership counts while it is not ended and a clerk's admission of its company stands; the power
# of an agency until its last day, while both are admitted. Own memberships first, so that nobody
# acts "through" an agency for the own company.
_CHOICES = text(
    """
WITH admitted AS NOT MATERIALIZED (
  SELECT company_id FROM company_access WHERE approved_by IS NOT NULL AND withdrawn_at IS NULL
), mine AS (
  SELECT m.company_id, m.role, m.site_ids FROM company_member m
    JOIN admitted USING (company_id)
   WHERE m.user_id = :user AND m.ended_at IS NULL
)
SELECT c.id, c.name, m.role, m.site_ids, NULL::bigint AS agency_id, '' AS agency_name,
       0 AS way, c.name_search
  FROM mine m JOIN company c ON c.id = m.company_id
UNION ALL
SELECT c.id, c.name, CASE WHEN m.role = 'read' THEN 'read' ELSE p.role END, NULL, m.company_id,
       agency.name, 1, c.name_search
  FROM mine m
  JOIN agency_power p ON p.agency_id = m.company_id AND p.revoked_at IS NULL
                     AND p.valid_until >= :day
  JOIN company agency ON agency.id = m.company_id
  JOIN company c ON c.id = p.company_id
  JOIN admitted ON admitted.company_id = c.id
 ORDER BY way, name_search, id
"""
)


def _choices(session: Session, user_id: int, day: date) -> list[Choice]:
    found: dict[int, Choice] = {}
    for row in session.execute(_CHOICES, {"user": user_id, "day": day}):
        sites = None if row.site_ids is None else frozenset(row.site_ids)
        choice = Choice(row.id, row.name, row.role, sites, row.agency_id, row.agency_name)
        found.setdefault(row.id, choice)
    return list(found.values())

"""After the accelerated procedure: the company applies for the title, or asks to follow it.

The declaration given with the accelerated procedure reaches that one case (§ 81a AufenthG); the
title is another application, so it needs its own. What the company gets back to fill the form is
only what it once typed itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.fastlane.spalten import FOR_COMPANIES
from abh.fastlane.tables_firma import FirmFiling
from abh.fastlane.zugang import (
    REFUSED,
    Acting,
    mandate_clause,
    require_covered,
    require_write,
)
from abh.kernel.errors import NotFound
from abh.workflows import fuehrung, titelvorgang, verbund
from abh.workflows.dossier import Case
from abh.workflows.registry import newest
from abh.workflows.steps import load_case, lock_case
from abh.workflows.tables import Vorgang, VorgangLink

# The visa is promised, or the person is here: before that nobody knows whether there is a title.
READY: Final = frozenset({"preapproved", "handed_over"})


@dataclass(frozen=True, slots=True)
class Anschluss:
    """What follows a case of the accelerated procedure, as its company may know it.

    ``key`` and ``name`` are of the procedure to apply for, empty where the purpose does not say.
    ``number`` is the case of the title where the company may see it; ``opened``: there is one.
    """

    key: str = ""
    name: str = ""
    number: str = ""
    opened: bool = False


def anschluss_of(session: Session, house: House, who: Acting, case: Case) -> Anschluss | None:
    """Return what follows a case that the company sees; None where nothing does yet."""
    if case.verfahren.key != fuehrung.VERFAHREN or case.state not in READY:
        return None
    ziel = titelvorgang.ziel_of(case)
    key = ziel[0].nach if ziel and ziel[0].nach in FOR_COMPANIES else ""
    name = newest(key).name if key else ""
    may_see = mandate_clause(who, day=house.today).label("seen")
    title = session.execute(
        select(Vorgang.number, may_see)
        .join(VorgangLink, VorgangLink.to_id == Vorgang.id)
        .where(VorgangLink.from_id == case.id, Vorgang.company_id == who.company_id)
        .order_by(Vorgang.id.desc())
        .limit(1)
    ).first()
    if title is None:
        return Anschluss(key, name)
    return Anschluss(key, name, title.number if title.seen else "", opened=True)


def begun(session: Session, house: House, who: Acting, number: str) -> Case:
    """Return the case that the title shall follow.

    Raises ``NotAllowed`` for who may only read, ``NotFound`` for what the company does not see or
    where it is too early.
    """
    require_write(who)
    vorgang = require_covered(session, who, number, "state", clock=house, day=house.today)
    case = load_case(session, house, vorgang_id=vorgang.id)
    if case.verfahren.key != fuehrung.VERFAHREN or case.state not in READY:
        raise NotFound(REFUSED)
    return case


def told_before(session: Session, who: Acting, case: Case) -> Mapping[str, Any]:
    """Return what this company declared in that case, nothing if somebody else did."""
    own = session.scalar(
        select(FirmFiling.id).where(
            FirmFiling.company_id == who.company_id, FirmFiling.vorgang_id == case.id
        )
    )
    found: Mapping[str, Any] = case.vorgang["antrag"]
    return found if own is not None else {}


def follow(session: Session, house: House, who: Acting, before_id: int, new_id: int) -> None:
    """Link the title's case to the one before it, where its purpose leads there. Locks that one."""
    case = lock_case(session, house, before_id, expected_version=None)
    ziel = titelvorgang.ziel_of(case)
    opened = session.scalar(select(Vorgang.verfahren).where(Vorgang.id == new_id))
    if ziel is not None and ziel[0].nach == opened:
        verbund.follow(session, house, who.actor, case, new_id, ziel[0])


def variant_of(case: Case) -> str:
    """Return the variant of the title that the purpose leads to, "" for none."""
    ziel = titelvorgang.ziel_of(case)
    return ziel[1] if ziel else ""

"""Inbound post: entered with its stamp date the day it comes, listed while open, closed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.akte import Blobs
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.persons.tables import Person
from abh.post import bundles
from abh.post.aufnahme import NewItem, Original, take_in
from abh.post.schemas import load_item
from abh.post.tables import PostBundle, PostItem
from abh.post.zugang import check, known_classes
from abh.workflows import zugriff
from abh.workflows.tables import Vorgang

MOST_ROWS = 100
# A stamp older than this is a slip of the year far more often than a find behind a cupboard.
OLDEST_STAMP = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A line of the open post; ``age_days`` counts from the stamp, not from the entry."""

    id: int
    received_on: date
    age_days: int
    channel: str
    kind: str
    subject: str
    person_id: int | None
    person: str
    number: str | None


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How much post lies open: items, people behind them (who write several times), the oldest.

    A sender whom nobody has found yet counts as one person, once (``bundles``).
    """

    items: int
    persons: int
    oldest: date | None


def register_item(
    session: Session,
    actor: Actor,
    data: Mapping[str, Any],
    *,
    clock: Clock,
    original: Original | None = None,
    blobs: Blobs | None = None,
) -> PostItem:
    """Enter an item by hand. The stamp date is the legal day of receipt on any channel; it may lie
    before today, never after. A case gives unit and person; without one, number and name or birth
    date of the sender do (``match``). The same original of the same day and sender is the same
    item: its row is returned again.

    Raises ``NotAllowed`` outside the actor's unit, ``NotFound``, ``InvalidInput``.
    """
    return register_once(session, actor, data, clock=clock, original=original, blobs=blobs)[0]


def register_once(
    session: Session,
    actor: Actor,
    data: Mapping[str, Any],
    *,
    clock: Clock,
    original: Original | None = None,
    blobs: Blobs | None = None,
    source: str = "hand",
    source_ref: str = "",
) -> tuple[PostItem, bool]:
    """Enter an item as ``register_item`` does; ``source_ref`` names it at its ``source``.

    Returns it and whether it was new.
    """
    values = load_item(data)
    day = today(clock)
    if values["received_on"] > day:
        raise _problem("received_on", "Der Eingang liegt in der Zukunft.")
    if values["received_on"] < day - OLDEST_STAMP:
        raise _problem("received_on", "Der Eingang liegt über ein Jahr zurück; Jahr prüfen.")
    values["harm"] = {key: one.isoformat() for key, one in values.get("harm", {}).items()}
    values["verfahren"] = _follow_case(session, actor, values)
    office.unit(session, values["unit_key"])
    require(actor, (Power.POST_WORK, Power.CASE_INTAKE), values["unit_key"])
    if values["person_id"] is not None and session.get(Person, values["person_id"]) is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    new = NewItem(**values, original=original, source=source, source_ref=source_ref)
    taken = take_in(session, actor, [new], blobs, clock=clock)[0]
    return session.get_one(PostItem, taken.item_id), taken.created


def _follow_case(session: Session, actor: Actor, values: dict[str, Any]) -> str:
    if values["vorgang_id"] is None:
        return ""
    vorgang = session.get(Vorgang, values["vorgang_id"])
    if vorgang is None:
        raise NotFound("Diesen Vorgang gibt es nicht.")
    zugriff.check(actor, vorgang.verfahren, vorgang.unit_key, vorgang.number)
    if values["person_id"] not in (None, vorgang.person_id):
        raise _problem("person_id", "Der Vorgang gehört zu einer anderen Person.")
    values["person_id"] = vorgang.person_id
    values["unit_key"] = vorgang.unit_key
    return vorgang.verfahren


def _problem(field: str, message: str) -> InvalidInput:
    return InvalidInput([FieldProblem(field, message)])


def open_items(
    session: Session, actor: Actor, unit_key: str, *, clock: Clock, limit: int = MOST_ROWS
) -> list[OpenItem]:
    """Return the open post of a unit, oldest stamp first, at most 100; the look is logged."""
    require(actor, (Power.POST_WORK, Power.CASE_INTAKE, Power.UNIT_LEAD), unit_key)
    query = (
        select(PostItem, Person.given_names, Person.family_name, Vorgang.number)
        .outerjoin(Person, Person.id == PostItem.person_id)
        .outerjoin(Vorgang, Vorgang.id == PostItem.vorgang_id)
        .where(
            PostItem.unit_key == unit_key,
            PostItem.done_at.is_(None),
            PostItem.access_class.in_(known_classes(actor, unit_key)),
        )
        .order_by(PostItem.received_on, PostItem.id)
        .limit(max(1, min(limit, MOST_ROWS)))
    )
    day = today(clock)
    found = [
        OpenItem(
            id=item.id,
            received_on=item.received_on,
            age_days=(day - item.received_on).days,
            channel=item.channel,
            kind=item.kind,
            subject=item.subject,
            person_id=item.person_id,
            person=f"{given or ''} {family or ''}".strip(),
            number=number,
        )
        for item, given, family, number in session.execute(query)
    ]
    audit.record_list(
        session, actor, "post.list", "post_item", [item.id for item in found], now=clock.now()
    )
    return found


def open_count(session: Session, actor: Actor, unit_key: str) -> OpenCount:
    """Return how much post of a unit lies open; numbers only, so nothing is logged."""
    require(actor, (Power.POST_WORK, Power.CASE_INTAKE, Power.UNIT_LEAD), unit_key)
    row = session.execute(
        select(
            func.coalesce(func.sum(PostBundle.items), 0),
            func.coalesce(func.sum(PostBundle.persons), 0),
            func.min(PostBundle.oldest_on),
        ).where(
            PostBundle.unit_key == unit_key,
            PostBundle.closed_at.is_(None),
            PostBundle.access_class.in_(known_classes(actor, unit_key)),
        )
    ).one()
    return OpenCount(items=int(row[0]), persons=int(row[1]), oldest=row[2])


def close_item(
    session: Session, actor: Actor, item_id: int, *, clock: Clock, reason: str = "erledigt"
) -> None:
    """Note that one item is dealt with, and why; the last one closes the bundle of its person.

    Raises ``NotFound``, ``NotAllowed``, and ``Conflict`` when somebody else was faster.
    """
    item = session.get(PostItem, item_id)
    if item is None:
        raise NotFound("Diesen Eingang gibt es nicht.")
    check(actor, item.unit_key, item.access_class)
    bundle_id = item.bundle_id
    if bundle_id is not None:
        # First the bundle, as everybody who works on it does.
        session.execute(select(PostBundle.id).where(PostBundle.id == bundle_id).with_for_update())
    closed = session.execute(
        update(PostItem)
        .where(PostItem.id == item_id, PostItem.done_at.is_(None))
        .values(done_at=clock.now(), done_by=actor.user_id, close_reason=reason)
        .returning(PostItem.id)
    ).scalar_one_or_none()
    if closed is None:
        raise Conflict("Dieser Eingang ist schon erledigt.")
    if bundle_id is not None:
        bundles.recount(session, bundle_id, clock, closed_by=actor.user_id)
    audit.record(
        session,
        actor,
        "post.close",
        "post_item",
        item_id,
        now=clock.now(),
        vorgang_id=item.vorgang_id,
        person_id=item.person_id,
        facts={"reason": reason},
    )

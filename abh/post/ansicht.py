"""What a clerk sees of a bundle: items, cases, proposals; and putting items right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.access.tables import AppUser
from abh.documents.akte import Blobs
from abh.kernel import names
from abh.kernel.clock import Clock, today
from abh.kernel.errors import NotFound
from abh.persons.tables import Person
from abh.post import bundles, claims, gewichte, service, zugang, zuordnung
from abh.post.match import Clues, Proposal
from abh.post.tables import PostBundle, PostItem
from abh.post.triage import Rank
from abh.workflows import zugriff
from abh.workflows.tables import Vorgang

APPLICATION = "application"
MOST_ITEMS = 200
MOST_CASES = 30


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of the person that the clerk may know of."""

    number: str
    verfahren: str
    version: int
    state: str
    received_on: date
    closed: bool
    title_until: date | None


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal with the name of the person, for a human to decide."""

    proposal: Proposal
    person: str


@dataclass(frozen=True, slots=True)
class View:
    """A bundle as its page shows it."""

    bundle: PostBundle
    rank: Rank
    name: str
    items: Sequence[PostItem]
    cases: Sequence[CaseLine]
    proposals: Mapping[int, Sequence[ShownProposal]]
    # Whose item it is, where the bundle is of a household.
    people: Mapping[int, str]
    mine: bool
    holder: str


def view(session: Session, actor: Actor, bundle_id: int, *, clock: Clock) -> View:
    """Return a bundle with everything its clerk needs; the look is logged.

    Raises ``NotFound`` for what the actor must not know of, ``NotAllowed`` outside the unit.
    """
    bundle = session.get(PostBundle, bundle_id)
    if bundle is None:
        raise NotFound("Diese Post gibt es hier nicht.")
    zugang.check(actor, bundle.unit_key, bundle.access_class)
    items = session.scalars(
        select(PostItem)
        .where(PostItem.bundle_id == bundle_id)
        .order_by(PostItem.done_at.is_not(None), PostItem.received_on, PostItem.id)
        .limit(MOST_ITEMS)
    ).all()
    holder = session.get(AppUser, bundle.claimed_by) if bundle.claimed_by else None
    audit.record(
        session, actor, "post.read", "post_bundle", bundle_id, now=clock.now(),
        person_id=bundle.person_id, is_read=True, facts={"count": len(items)},
    )  # fmt: skip
    return View(
        bundle=bundle,
        rank=bundles.reason_of(
            bundle.harm,
            bundle.oldest_on,
            today(clock),
            gewichte.in_force(session, today(clock)),
        ),
        name=_name(session, bundle, items),
        items=items,
        cases=_cases(session, actor, bundle),
        proposals=_proposals(session, actor, items),
        people=_people(session, bundle, items),
        mine=bundle.claimed_by is not None and bundle.claimed_by == actor.user_id,
        holder=holder.display_name if holder else "",
    )


def _name(session: Session, bundle: PostBundle, items: Sequence[PostItem]) -> str:
    if bundle.person_id is None:
        return next((item.sender for item in items if item.sender), "")
    person = session.get_one(Person, bundle.person_id)
    return names.full_name(person.given_names, person.family_name)


def _people(session: Session, bundle: PostBundle, items: Sequence[PostItem]) -> dict[int, str]:
    if bundle.household_id is None:
        return {}
    ids = {item.person_id for item in items if item.person_id is not None}
    if len(ids) < 2:
        return {}
    rows = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {one.id: names.full_name(one.given_names, one.family_name) for one in rows}


def _cases(session: Session, actor: Actor, bundle: PostBundle) -> list[CaseLine]:
    if bundle.person_id is None:
        return []
    query = (
        select(Vorgang)
        .join(Person, Person.id == Vorgang.person_id)
        .where(
            or_(
                Person.id == bundle.person_id,
                Person.household_id == (bundle.household_id or 0),
            )
        )
        .order_by(Vorgang.closed_at.is_not(None), Vorgang.received_on.desc())
        .limit(MOST_CASES)
    )
    return [
        CaseLine(
            case.number,
            case.verfahren,
            case.version,
            case.state,
            case.received_on,
            case.closed_at is not None,
            case.title_until,
        )
        for case in session.scalars(query)
        if zugriff.may_know(actor, case.verfahren, case.unit_key) and in_scope(actor, case.unit_key)
    ]


def _proposals(
    session: Session, actor: Actor, items: Sequence[PostItem]
) -> dict[int, list[ShownProposal]]:
    found: dict[int, list[ShownProposal]] = {}
    for item in items[:5]:
        if item.person_id is not None or item.done_at is not None:
            continue
        clues = Clues(item.quoted_number, item.sender, item.birth)
        found[item.id] = [
            ShownProposal(one, _name_of(session, one.candidate.person_id))
            for one in zuordnung.proposals(session, clues)
            if not one.candidate.verfahren
            or zugriff.may_know(actor, one.candidate.verfahren, one.candidate.unit_key)
        ]
    return found


def _name_of(session: Session, person_id: int) -> str:
    person = session.get_one(Person, person_id)
    born = f"{person.birth_day or 0:02d}.{person.birth_month or 0:02d}.{person.birth_year}"
    return f"{names.full_name(person.given_names, person.family_name)}, {born}"


def attach(
    session: Session,
    actor: Actor,
    item_id: int,
    *,
    person_id: int | None = None,
    number: str = "",
    whole: bool = False,
    clock: Clock,
) -> int:
    """Put an item of a bundle in this clerk's hand to a person or case, because a human says so;
    with ``whole`` all that is open of the same sender.

    It goes into the bundle of that person; when that is free and the clerk has nothing else left in
    hand, the clerk holds it now. Returns that bundle. Raises ``NotFound``, ``Conflict``.
    """
    item = session.get(PostItem, item_id)
    if item is None or item.bundle_id is None or item.done_at is not None:
        raise NotFound("Diesen Eingang gibt es nicht oder er ist schon erledigt.")
    old = claims.held(session, actor, item.bundle_id)
    case = session.scalars(select(Vorgang).where(Vorgang.number == number)).one_or_none()
    if number and case is None:
        raise NotFound("Diesen Vorgang gibt es nicht.")
    if case is not None:
        zugriff.check(actor, case.verfahren, case.unit_key, case.number)
    elif person_id is None or session.get(Person, person_id) is None:
        raise NotFound("Diese Person gibt es hier nicht.")
    items = _of_sender(session, item) if whole else [item]
    for one in items:
        _put(one, person_id, case)
    if old.items == len(items):
        # Nobody was served: the nameless sender turned out to be somebody we count already.
        old.persons, old.touched_at = 0, clock.now()
    session.flush()
    bundles.recount(session, old.id, clock, closed_by=actor.user_id)
    (bundle_id,) = bundles.gather(session, [one.id for one in items], clock)
    _take_over(session, actor, bundle_id, clock)
    for one in items:
        audit.record(
            session, actor, "post.attach", "post_item", one.id, now=clock.now(),
            vorgang_id=one.vorgang_id, person_id=one.person_id,
        )  # fmt: skip
    session.expire_all()
    return bundle_id


def _put(item: PostItem, person_id: int | None, case: Vorgang | None) -> None:
    if case is not None:
        item.vorgang_id, item.person_id, item.unit_key = case.id, case.person_id, case.unit_key
        item.access_class = zugang.CLASS_OF[case.verfahren]
    else:
        item.person_id = person_id
    item.bundle_id, item.placed_by = None, "Von Hand zugeordnet."


def _of_sender(session: Session, item: PostItem) -> list[PostItem]:
    """Return what is open of the sender whom nobody had found yet: the bundle is that sender's."""
    query = select(PostItem).where(
        PostItem.bundle_id == item.bundle_id,
        PostItem.done_at.is_(None),
        PostItem.person_id.is_(None),
    )
    return list(session.scalars(query.order_by(PostItem.id)))


def application_in_hand(session: Session, actor: Actor, item_id: int) -> PostItem:
    """Return an application in this clerk's hand that is in no case yet; its stamp is the day from
    which the fiction counts. Raises ``NotFound`` for everything else."""
    item = session.get(PostItem, item_id)
    held = item.bundle_id if item is not None else None
    if (
        item is None
        or held is None
        or held != held_by(session, actor)
        or item.kind != APPLICATION
        or item.vorgang_id is not None
        or item.done_at is not None
    ):
        raise NotFound("Dieser Antrag liegt nicht (mehr) in Ihrer Hand.")
    return item


def became_case(session: Session, actor: Actor, item_id: int, number: str, *, clock: Clock) -> None:
    """Put an application in this clerk's hand into the case that was made of it; it is dealt with.

    Its original goes into the file of that case. Raises ``NotFound``, ``Conflict``.
    """
    application_in_hand(session, actor, item_id)
    attach(session, actor, item_id, number=number, clock=clock)
    service.close_item(session, actor, item_id, clock=clock, reason="als Antrag aufgenommen")


def _take_over(session: Session, actor: Actor, bundle_id: int, clock: Clock) -> None:
    holding = select(PostBundle.id).where(
        PostBundle.claimed_by == actor.user_id, PostBundle.closed_at.is_(None)
    )
    now = clock.now()
    session.execute(
        update(PostBundle)
        .where(
            PostBundle.id == bundle_id,
            PostBundle.claimed_by.is_(None),
            PostBundle.unit_key == actor.unit_key,
            ~holding.exists(),
        )
        .values(
            claimed_by=actor.user_id,
            claimed_at=now,
            beat_at=now,
            hand_to=None,
            follow_up_on=None,
            opened_at=now,
        )  # fmt: skip
        .execution_options(synchronize_session=False)
    )


def original(
    session: Session, actor: Actor, blobs: Blobs, item_id: int, *, clock: Clock
) -> tuple[PostItem, bytes]:
    """Return an item with its original, whose hash the store checks; the look is logged."""
    item = session.get(PostItem, item_id)
    if item is None or item.sha256 is None:
        raise NotFound("Zu diesem Eingang gibt es kein Original.")
    zugang.check(actor, item.unit_key, item.access_class)
    audit.record(
        session, actor, "post.original", "post_item", item_id, now=clock.now(),
        vorgang_id=item.vorgang_id, person_id=item.person_id, is_read=True,
        facts={"sha256": item.sha256[:12]},
    )  # fmt: skip
    return item, blobs.get(item.sha256)


def held_by(session: Session, actor: Actor) -> int | None:
    """Return the bundle in this clerk's hand."""
    query = select(PostBundle.id).where(
        PostBundle.claimed_by == actor.user_id, PostBundle.closed_at.is_(None)
    )
    return session.scalars(query).one_or_none()

"""Answers to status inquiries from the state of the case: sent by itself, or as a draft.

An answer goes to the status page, the mail address or the postal address that stand in the file,
never to where the inquiry came from: who forges a sender learns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.appointments.briefpost import address_of
from abh.documents import service as letters
from abh.documents.akte import open_akte
from abh.documents.dispatch import order_print
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput
from abh.office.tables import Desk
from abh.persons.tables import Person
from abh.post import claims
from abh.post.tables import PostBundle, PostItem
from abh.post.tables_plan import PostAnswer, PostUnitSetting
from abh.post.zugang import GENERAL
from abh.sprachen import SOURCE, marked, say
from abh.workflows import intake, standbrief, zugriff
from abh.workflows.definition import Turn
from abh.workflows.dossier import Case
from abh.workflows.steps import lock_case

ANSWERED = "Auskunft zum Stand (N03)"
ACKNOWLEDGED = "Eingang bestätigt (N01b)"
_CAME = marked(
    "Ihre Post ist bei uns angekommen: %(items)s Eingänge, der älteste vom %(day)s. "
    "Sie müssen nicht noch einmal schreiben."
)
_SOON = marked("Wir antworten Ihnen, sobald wir sie bearbeitet haben.")
_AGAIN = timedelta(days=1)
# Through these ways somebody came who holds the link or stood here.
_PROVEN = frozenset({"portal", "counter"})


@dataclass(frozen=True, slots=True)
class Signs:
    """All that decides whether an answer may go out without anybody looking (§ 35a VwVfG NRW)."""

    switched_on: bool
    only_inquiries: bool
    cases: int
    general: bool
    sender_proven: bool
    turn: Turn
    act_pending: bool


def why_draft(signs: Signs) -> str:
    """Return in German why a person has to look first; "" when the answer may go out by itself."""
    reasons = (
        (signs.switched_on, "Das Sachgebiet lässt nicht automatisch antworten."),
        (signs.only_inquiries, "Es ist nicht nur nach dem Stand gefragt."),
        (signs.cases == 1, "Es ist nicht eindeutig, um welchen Vorgang es geht."),
        (signs.general, "Der Vorgang ist nur dem Sachgebiet bekannt."),
        (signs.sender_proven, "Der Absender ist nicht nachgewiesen."),
        (
            signs.turn not in (Turn.COURT, Turn.NOBODY),
            "Das Verfahren ist bei Gericht oder zu Ende.",
        ),
        (not signs.act_pending, "Ein Bescheid oder eine Anhörung ist in Arbeit."),
    )
    return next((text_ for fine, text_ in reasons if not fine), "")


def is_on(session: Session, unit_key: str) -> bool:
    """Whether a unit lets the machine answer status inquiries."""
    row = session.get(PostUnitSetting, unit_key)
    return row is not None and row.auto_answer


def switch(session: Session, actor: Actor, unit_key: str, on: bool, *, clock: Clock) -> None:
    """Let the machine answer status inquiries of a unit, or stop it; the change is logged."""
    require(actor, Power.UNIT_LEAD, unit_key)
    values = {"auto_answer": on, "changed_by": actor.user_id, "changed_at": clock.now()}
    session.execute(
        upsert(PostUnitSetting)
        .values(unit_key=unit_key, **values)
        .on_conflict_do_update(index_elements=["unit_key"], set_=values)
    )
    audit.record(
        session, actor, "post.auto_answer", "sachgebiet", None, now=clock.now(),
        facts={"unit": unit_key, "on": on},
    )  # fmt: skip


_CASES = text(
    """
SELECT DISTINCT v.id FROM post_item i
  JOIN vorgang v ON v.id = i.vorgang_id OR (i.vorgang_id IS NULL AND v.person_id = i.person_id)
 WHERE i.bundle_id = :id AND i.done_at IS NULL AND v.unit_key = :unit AND v.closed_at IS NULL
 ORDER BY v.id LIMIT 3
"""
)


def case_ids(session: Session, bundle: PostBundle) -> list[int]:
    """Return the open cases of the unit that a bundle may be about, at most three.

    Item by item: the case it names, else those of its own person. In a household each asks about
    the own case.
    """
    return list(session.scalars(_CASES, {"id": bundle.id, "unit": bundle.unit_key}))


def answer(
    session: Session, house: House, actor: Actor, bundle_id: int, *, vorgang_id: int | None = None
) -> PostAnswer:
    """Answer the status inquiries of a bundle from the state of its case.

    Sent and all closed with one answer where ``why_draft`` finds nothing and the machine acts;
    else a draft that waits in the signature folder and the bundle stays open. A clerk who asks may
    name the case. Locks the case, then the bundle. Raises ``Conflict`` without a case, when a
    draft waits already, or for a bundle in another's hand.
    """
    bundle = session.get_one(PostBundle, bundle_id)
    found = case_ids(session, bundle)
    chosen = _choose(found, vorgang_id)
    case = lock_case(session, house, chosen, expected_version=None)
    zugriff.check(actor, case.verfahren.key, case.vorgang["unit_key"], case.number)
    bundle = claims.locked(session, actor, bundle_id)
    if bundle.claimed_by not in (None, actor.user_id):
        raise Conflict("Diese Post ist gerade in anderer Hand.")
    if _waiting(session, bundle):
        raise Conflict("Ein Entwurf wartet schon in der Unterschriftenmappe.")
    reason = why_draft(_signs(session, bundle, case, found))
    automatic = actor.kind == "system" and not reason
    order = standbrief.status_letter(house, actor, case, automatic=automatic)
    if automatic:
        letter = _send(session, house, order)
        claims.finish(session, actor, bundle, f"{ANSWERED}, Brief {letter.id}", "", clock=house)
    else:
        letter = letters.prepare(session, house, actor, order)
    return _kept(session, house, actor, bundle, letter, automatic, "" if automatic else reason)


def _choose(found: Sequence[int], wanted: int | None) -> int:
    if wanted is not None:
        if wanted not in found:
            problem = FieldProblem("vorgang", "Bitte einen Vorgang dieser Person wählen.")
            raise InvalidInput([problem])
        return wanted
    if not found:
        raise Conflict("Zu dieser Post gibt es hier keinen offenen Vorgang.")
    return found[0]


def _signs(session: Session, bundle: PostBundle, case: Case, found: Sequence[int]) -> Signs:
    items = session.scalars(
        select(PostItem).where(PostItem.bundle_id == bundle.id, PostItem.done_at.is_(None))
    ).all()
    state = case.verfahren.state(case.state)
    email = (case.person["email"] or "").casefold()
    pending = session.scalar(
        select(Letter.id).where(Letter.vorgang_id == case.id, Letter.state == "signing").limit(1)
    )
    return Signs(
        switched_on=is_on(session, bundle.unit_key),
        only_inquiries=all(item.kind == "inquiry" for item in items),
        cases=len(found),
        general=bundle.access_class == GENERAL and not zugriff.is_restricted(case.verfahren),
        sender_proven=all(
            item.person_id is not None
            and (
                item.channel in _PROVEN or (item.channel == "email" and is_from(item.sender, email))
            )
            for item in items
        ),
        turn=state.whose_turn if state else Turn.NOBODY,
        act_pending=pending is not None or case.state == "hearing",
    )


def is_from(sender: str, known: str) -> bool:
    """Whether the address itself is the known one; a display name may say anything."""
    return bool(known) and parseaddr(sender)[1].casefold() == known


def _send(session: Session, house: House, order: LetterOrder) -> Letter:
    """Release and file what no one signs, and tell by mail or print."""
    letter = letters.issue(session, house, SYSTEM, order)
    if letter.state != "released":
        raise Conflict("Dieser Brief braucht eine Unterschrift.")
    if letter.channel == Channel.PORTAL.value:
        intake.notify_letters(session, house, [letter.id])
    else:
        printer = session.scalar(
            select(Desk.printer_id)
            .where(Desk.unit_key == order.unit_key, Desk.printer_id.is_not(None))
            .order_by(Desk.id)
            .limit(1)
        )
        if printer is not None:
            order_print(session, house, SYSTEM, letter.id, printer)
    return letter


def _kept(
    session: Session,
    house: House,
    actor: Actor,
    bundle: PostBundle,
    letter: Letter,
    automatic: bool,
    reason: str,
) -> PostAnswer:
    row = PostAnswer(
        bundle_id=bundle.id,
        letter_id=letter.id,
        vorgang_id=letter.vorgang_id,
        automatic=automatic,
        why_draft=reason,
        made_at=house.now(),
        made_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "post.answer" if automatic else "post.answer_draft", "post_bundle",
        bundle.id, now=house.now(), vorgang_id=letter.vorgang_id, person_id=bundle.person_id,
        facts={"letter": letter.id, "key": letter.key, "why": reason},
    )  # fmt: skip
    return row


def _waiting(session: Session, bundle: PostBundle) -> bool:
    query = (
        select(PostAnswer.id)
        .join(Letter, Letter.id == PostAnswer.letter_id)
        .where(PostAnswer.bundle_id == bundle.id, Letter.state == "signing")
    )
    return session.scalars(query.limit(1)).first() is not None


def acknowledge(session: Session, house: House, bundle: PostBundle) -> Letter:
    """Confirm by letter N01b that the post of a bundle came; it stays open.

    The caller holds the locks of the bundle's case (if any) and of the bundle. Raises ``Conflict``
    for an unknown sender, a household, one without an address.
    """
    if bundle.person_id is None:
        raise Conflict("Der Absender ist noch unbekannt.")
    if bundle.persons > 1:
        raise Conflict("Mehrere Personen eines Haushalts; bitte einzeln antworten.")
    person = session.get_one(Person, bundle.person_id)
    found = case_ids(session, bundle)
    if len(found) == 1:
        case = lock_case(session, house, found[0], expected_version=None)
        language = str(case.vorgang["language"] or SOURCE)
        said = {one: _came(bundle, one) for one in {SOURCE, language}}
        order = standbrief.receipt_letter(house, SYSTEM, case, said)
    else:
        order = _without_case(session, house, bundle, person)
    if not order.recipient[1:] and order.channel is Channel.POST:
        raise Conflict("In der Akte steht keine Anschrift.")
    letter = _send(session, house, order)
    _kept(session, house, SYSTEM, bundle, letter, True, "")
    return letter


def _came(bundle: PostBundle, language: str) -> list[str]:
    facts = {"items": bundle.items, "day": f"{bundle.oldest_on:%d.%m.%Y}"}
    return [say(language, _CAME) % facts, say(language, _SOON)]


def _without_case(
    session: Session, house: House, bundle: PostBundle, person: Person
) -> LetterOrder:
    lines = address_of(person)
    if not lines:
        raise Conflict("In der Akte steht keine Anschrift.")
    reference = f"54/POST-{person.id:07d}"
    return LetterOrder(
        key="N01",
        outcome="post",
        akte_id=open_akte(session, person.id, reference, now=house.now()).id,
        vorgang_id=None,
        unit_key=bundle.unit_key,
        reference=reference,
        recipient=lines,
        addressee=lines[0],
        fields={"application": "Ihre Post", "opening": _came(bundle, SOURCE)},
        channel=Channel.POST,
    )


_DUE = text(
    """
SELECT b.id FROM post_bundle b JOIN post_unit_setting s USING (unit_key)
 WHERE s.auto_answer AND b.closed_at IS NULL AND b.inquiries = b.items AND b.items > 0
   AND b.claimed_by IS NULL AND b.hand_to IS NULL AND b.follow_up_on IS NULL
   AND b.access_class = 'allgemein' AND b.person_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM post_answer a WHERE a.bundle_id = b.id AND a.made_at >= b.touched_at)
   AND EXISTS (SELECT FROM post_item i JOIN vorgang v ON v.person_id = i.person_id
                WHERE i.bundle_id = b.id AND v.unit_key = b.unit_key AND v.closed_at IS NULL)
   AND NOT EXISTS (SELECT FROM audit_entry e WHERE e.entity = 'post_bundle' AND e.entity_id = b.id
                      AND e.action = 'post.answer_failed' AND e.at > :since)
 ORDER BY b.id LIMIT :most
"""
)
# A draft that a clerk signed has answered, unless something else came since.
_SIGNED = text(
    """
SELECT b.id, a.letter_id FROM post_answer a JOIN letter l ON l.id = a.letter_id
  JOIN post_bundle b ON b.id = a.bundle_id
 WHERE NOT a.automatic AND l.state IN ('released', 'dispatched') AND b.closed_at IS NULL
   AND (b.claimed_by IS NULL OR b.claimed_by = a.made_by) AND b.touched_at <= a.made_at
   AND b.inquiries = b.items
 ORDER BY b.id LIMIT :most
"""
)


def sweep(session: Session, house: House, limit: int) -> int:
    """Answer what only asks for the state, in units that allow it; close what was signed.

    Each in a savepoint: one case whose letter cannot be made does not hold up the others. Twice is
    once. Returns how many were answered or drafted or closed.
    """
    done = 0
    params = {"most": limit, "since": house.now() - _AGAIN}
    for bundle_id in session.scalars(_DUE, params).all():
        try:
            with session.begin_nested():
                answer(session, house, SYSTEM, int(bundle_id))
                done += 1
        except DomainError as error:
            _give_up(session, house, int(bundle_id), type(error).__name__)
    for row in session.execute(_SIGNED, {"most": limit}).all():
        bundle = claims.locked(session, SYSTEM, int(row.id))
        said = f"{ANSWERED}, Brief {row.letter_id}"
        claims.finish(session, SYSTEM, bundle, said, "", clock=house)
        done += 1
    return done


def _give_up(session: Session, house: House, bundle_id: int, why: str) -> None:
    """Leave a bundle to people for ``_AGAIN``: it would else be tried again every minute."""
    audit.record(
        session, SYSTEM, "post.answer_failed", "post_bundle", bundle_id, now=house.now(),
        facts={"why": why},
    )  # fmt: skip

"""Letters from order to release: freeze, hash, sign, render, gates, file, send; or void.

The signature block, mark, channel and remedy come only from the signature table; the release itself
is in ``freigabe``.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.befugnisse import grant_mandate
from abh.documents.dispatch import refuse_to_the_dead
from abh.documents.freigabe import letter_input, release
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder, content_of, hash_content
from abh.documents.letter_model import SignatureBlock
from abh.documents.letters import gives_reasons, load_fields
from abh.documents.signing import (
    add_signature,
    cosignable,
    could_issue,
    decider_before,
    may_sign,
    signing_facts,
)
from abh.documents.signing import cosign as give_cosignature
from abh.documents.tables import Letter, LetterSignature
from abh.documents.zeichnung import find_rule
from abh.documents.zeichnung_refusals import MISSING_REASONS
from abh.documents.zeichnung_types import Mark
from abh.kernel.errors import Conflict, NotFound, SignatureRefused

__all__ = [
    "LetterOrder", "content_of", "cosign", "cosignable", "could_issue", "decider_before",
    "grant_mandate",
    "hash_content", "issue",
    "letter_input", "may_sign", "prepare", "preview", "send_back", "sign", "signing_facts", "void",
    "waiting_for_signature",
]  # fmt: skip


def prepare(session: Session, house: House, actor: Actor, order: LetterOrder) -> Letter:
    """Freeze and hash a letter for signing; its fields are checked now, not at the printer.

    Raises ``InvalidInput`` for fields, ``SignatureRefused`` when no rule covers the letter,
    ``Conflict`` for one to a person who has died.
    """
    refuse_to_the_dead(session, order.akte_id, order.addressee)
    load_fields(order.key, order.fields, order.outcome)
    rule = find_rule(
        house.zeichnung, order.key, house.today, outcome=order.outcome, amount=order.amount
    )
    if rule.reasons and not gives_reasons(order.fields):
        # Nobody could ever sign it: better said to who prepares than to who signs.
        raise SignatureRefused(reasons=[MISSING_REASONS])
    channel = order.channel if order.channel in rule.channels else rule.channels[0]
    content = content_of(order, actor.in_training)
    letter = Letter(
        key=order.key,
        outcome=order.outcome,
        akte_id=order.akte_id,
        vorgang_id=order.vorgang_id,
        company_id=order.company_id,
        unit_key=order.unit_key,
        state="signing",
        content=content,
        content_sha256=hash_content(content),
        amount=order.amount,
        rule_id=rule.id,
        rule_version=None,
        remedy=rule.remedy.value,
        mark=rule.mark.value,
        channel=channel.value,
        prepared_by=actor.user_id,
        created_at=house.now(),
    )
    session.add(letter)
    session.flush()
    if actor.user_id is not None:
        add_signature(session, house, actor, letter, "prepare")
    audit.record(
        session,
        actor,
        "letter.prepare",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=order.vorgang_id,
        facts={"key": order.key, "outcome": order.outcome, "rule": rule.id},
    )
    return letter


def sign(session: Session, house: House, actor: Actor, letter_id: int) -> Letter:
    """Give the final signature and release the letter; locks its row.

    Raises ``SignatureRefused`` or ``RenderRefused`` with all reasons, ``Conflict`` when the letter
    is not waiting for a signature any more.
    """
    letter = _waiting(session, letter_id)
    permission = may_sign(session, house, actor, letter)
    # What is valid without a signature bears nobody's name (§ 37(5) VwVfG NRW).
    if actor.user_id is not None and not permission.automatic:
        add_signature(session, house, actor, letter, "final")
        letter.final_signer_id = actor.user_id
    release(session, house, actor, letter, permission)
    return letter


def cosign(session: Session, house: House, actor: Actor, letter_id: int, capacity: str) -> Letter:
    """Give a concurring signature to a letter in the folder; locks its row.

    Raises ``SignatureRefused`` with all reasons, ``Conflict`` when it waits no more.
    """
    letter = _waiting(session, letter_id)
    give_cosignature(session, house, actor, letter, capacity)
    return letter


def issue(session: Session, house: House, actor: Actor, order: LetterOrder) -> Letter:
    """Make a letter and, if ``actor`` may sign it alone, sign and release it at once.

    Else it waits in the signature folder, in state ``signing``.
    """
    letter = prepare(session, house, actor, order)
    try:
        may_sign(session, house, actor, letter)
    except SignatureRefused:
        return letter
    return sign(session, house, actor, letter.id)


def send_back(session: Session, house: House, actor: Actor, letter_id: int, comment: str) -> Letter:
    """Return a letter from the signature folder with a comment; all its signatures are void."""
    return _end(session, house, actor, _waiting(session, letter_id), comment, "letter.send_back")


def void(session: Session, house: House, actor: Actor, letter_id: int, why: str) -> None:
    """Take a letter out of the signature folder because the case has moved on; else nothing."""
    letter = _locked(session, letter_id)
    if letter.state == "signing":
        _end(session, house, actor, letter, why, "letter.void")


def _locked(session: Session, letter_id: int) -> Letter:
    # A letter this session has read before would else keep its old state after the wait.
    letter = session.scalar(
        select(Letter)
        .where(Letter.id == letter_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if letter is None:
        raise NotFound(f"Brief {letter_id}")
    return letter


def _waiting(session: Session, letter_id: int) -> Letter:
    letter = _locked(session, letter_id)
    if letter.state != "signing":
        raise Conflict("Dieser Brief wartet nicht mehr auf eine Unterschrift.")
    return letter


def _end(
    session: Session, house: House, actor: Actor, letter: Letter, comment: str, action: str
) -> Letter:
    letter.state = "void"
    letter.comment = comment.strip()
    session.execute(
        update(LetterSignature)
        .where(LetterSignature.letter_id == letter.id, LetterSignature.voided_at.is_(None))
        .values(voided_at=house.now())
    )
    audit.record(
        session,
        actor,
        action,
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
    )
    return letter


def preview(session: Session, house: House, letter_id: int) -> bytes:
    """Return a draft PDF of a letter that waits for its signature, with the draft mark."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound(f"Brief {letter_id}")
    block = SignatureBlock(Mark(letter.mark or "none"))
    return house.renderer.render(letter_input(house, letter, block, draft=True)).pdf


def waiting_for_signature(
    session: Session, unit_key: str | None, limit: int = 100
) -> Sequence[Letter]:
    """Return the letters in the signature folder of a unit (None: of all), oldest first."""
    query = select(Letter).where(Letter.state == "signing").order_by(Letter.id).limit(limit)
    if unit_key is not None:
        query = query.where(Letter.unit_key == unit_key)
    return session.scalars(query).all()

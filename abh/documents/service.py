"""Letters from order to release: freeze, hash, sign, render, gates, file, send; or void.

The signature block, mark, channel and remedy come only from the signature table. Everything of a
release happens in one transaction: a letter is either signed, filed and on its way, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.gates import Release, check_release
from abh.documents.house import House
from abh.documents.letter_model import Clerk, ForeignText, LetterInput, SignatureBlock
from abh.documents.letters import gives_reasons, letter_kind, load_fields
from abh.documents.tables import Akte, Letter, LetterSignature, SigningExclusion, SigningMandate
from abh.documents.zeichnung import evaluate, find_rule
from abh.documents.zeichnung_refusals import MISSING_REASONS
from abh.documents.zeichnung_types import Channel, Mandate, Mark, Permission, Rank, SigningFacts
from abh.kernel.errors import Conflict, NotFound, Reason, RenderRefused, SignatureRefused
from abh.kernel.ids import content_hash


@dataclass(frozen=True, slots=True)
class LetterOrder:
    """A letter to be made. ``fields`` are JSON values as the letter's schema wants them."""

    key: str
    akte_id: int
    vorgang_id: int
    unit_key: str
    reference: str
    recipient: tuple[str, ...]
    addressee: str
    fields: Mapping[str, Any]
    outcome: str = ""
    channel: Channel = Channel.PORTAL
    amount: Decimal | None = None
    clerk: Mapping[str, str] | None = None
    foreign: tuple[Mapping[str, Any], ...] = ()
    your_reference: str = ""
    # A preparer in training is remembered, whoever signs later.
    extra: Mapping[str, Any] = field(default_factory=dict)


def content_of(order: LetterOrder, prepared_in_training: bool) -> dict[str, Any]:
    """Return the frozen content of an order: what the hash covers and the renderer gets."""
    return {
        "fields": dict(order.fields),
        "recipient": list(order.recipient),
        "addressee": order.addressee,
        "reference": order.reference,
        "clerk": dict(order.clerk) if order.clerk else None,
        "foreign": [dict(text) for text in order.foreign],
        "your_reference": order.your_reference,
        "prepared_in_training": prepared_in_training,
        "extra": dict(order.extra),
    }


def hash_content(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the canonical JSON of a frozen content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return content_hash(text.encode("utf-8"))


def prepare(session: Session, house: House, actor: Actor, order: LetterOrder) -> Letter:
    """Freeze and hash a letter for signing; its fields are checked now, not at the printer.

    Raises ``InvalidInput`` for fields, ``SignatureRefused`` when no rule covers the letter.
    """
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
        _add_signature(session, house, actor, letter, "prepare")
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


def may_sign(session: Session, house: House, actor: Actor, letter: Letter) -> Permission:
    """Return how ``actor`` may give the final signature; ``SignatureRefused`` with all reasons."""
    return evaluate(house.zeichnung, signing_facts(session, house, actor, letter), house.today)


def could_issue(
    session: Session,
    house: House,
    actor: Actor,
    key: str,
    outcome: str,
    *,
    channel: Channel,
    unit_key: str,
    person_id: int,
) -> tuple[Reason, ...]:
    """Return why ``actor`` could not sign such a letter alone; empty when they could."""
    facts = SigningFacts(
        letter_key=key,
        channel=channel,
        outcome=outcome,
        preparer_id=str(actor.user_id or ""),
        preparer_in_training=actor.in_training,
        signer_id=str(actor.user_id or ""),
        signer_rank=_rank(actor),
        signer_in_training=actor.in_training,
        signer_unit=actor.unit_key or "",
        case_unit=unit_key,
        signer_excluded=_excluded(session, actor, person_id),
        mandate=_mandate(session, actor, house.today),
    )
    try:
        evaluate(house.zeichnung, facts, house.today)
    except SignatureRefused as refused:
        return refused.reasons
    return ()


def signing_facts(session: Session, house: House, actor: Actor, letter: Letter) -> SigningFacts:
    """Gather what the signature table looks at when ``actor`` is about to sign ``letter``."""
    signatures = session.scalars(
        select(LetterSignature).where(
            LetterSignature.letter_id == letter.id, LetterSignature.voided_at.is_(None)
        )
    ).all()
    person_id = session.scalar(select(Akte.person_id).where(Akte.id == letter.akte_id))
    return SigningFacts(
        letter_key=letter.key,
        channel=Channel(letter.channel or ""),
        outcome=letter.outcome,
        amount=letter.amount,
        preparer_id=str(letter.prepared_by or ""),
        preparer_in_training=bool(letter.content.get("prepared_in_training")),
        signer_id=str(actor.user_id or ""),
        signer_rank=_rank(actor),
        signer_in_training=actor.in_training,
        signer_unit=actor.unit_key or "",
        case_unit=letter.unit_key,
        signer_excluded=_excluded(session, actor, person_id or 0),
        mandate=_mandate(session, actor, house.today),
        cosigned_by=frozenset(s.rank for s in signatures if s.kind == "co"),
        has_reasons=gives_reasons(letter.content["fields"]),
        content_hash=hash_content(letter.content),
        signed_hashes=tuple(s.content_sha256 for s in signatures),
    )


def sign(session: Session, house: House, actor: Actor, letter_id: int) -> Letter:
    """Give the final signature and release the letter; locks its row.

    Raises ``SignatureRefused`` or ``RenderRefused`` with all reasons, ``Conflict`` when the letter
    is not waiting for a signature any more.
    """
    letter = _waiting(session, letter_id)
    permission = may_sign(session, house, actor, letter)
    # What is valid without a signature bears nobody's name (§ 37(5) VwVfG NRW).
    if actor.user_id is not None and not permission.automatic:
        _add_signature(session, house, actor, letter, "final")
        letter.final_signer_id = actor.user_id
    _release(session, house, actor, letter, permission)
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


def letter_input(
    house: House, letter: Letter, block: SignatureBlock, *, draft: bool = False
) -> LetterInput:
    """Return what the renderer gets for a frozen letter."""
    content = letter.content
    clerk = content["clerk"]
    return LetterInput(
        letter_key=letter.key,
        office=house.office,
        recipient=tuple(content["recipient"]),
        reference=content["reference"],
        issued_on=house.today,
        signature=block,
        fields=content["fields"],
        outcome=letter.outcome,
        addressee=content["addressee"],
        clerk=Clerk(**clerk) if clerk else None,
        remedy=letter.remedy or "keine",
        your_reference=content["your_reference"],
        foreign=tuple(
            ForeignText(t["lang"], t["title"], tuple(t["paragraphs"])) for t in content["foreign"]
        ),
        draft=draft,
    )


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


def grant_mandate(
    session: Session,
    user_id: int,
    *,
    valid_from: date,
    valid_until: date | None = None,
    max_amount: Decimal | None = None,
) -> None:
    """Give a person the written authority to sign, unless one runs from that day already."""
    known = session.scalar(
        select(SigningMandate.id).where(
            SigningMandate.user_id == user_id, SigningMandate.valid_from <= valid_from
        )
    )
    if known is None:
        session.execute(
            insert(SigningMandate).values(
                user_id=user_id,
                valid_from=valid_from,
                valid_until=valid_until,
                max_amount=max_amount,
            )
        )


def _release(
    session: Session, house: House, actor: Actor, letter: Letter, permission: Permission
) -> None:
    signer = "" if permission.automatic else actor.name
    block = SignatureBlock.of(permission, signer)
    source = letter_input(house, letter, block)
    rendered = house.renderer.render(source)
    check_release(Release(source, rendered, permission, house.renderer.fonts))
    if letter.content_sha256 != hash_content(letter.content):
        raise RenderRefused("Der Inhalt wurde nach dem Einfrieren geändert.")
    now = house.now()
    blatt = file_sheets(
        session,
        house.blobs,
        letter.akte_id,
        [
            NewSheet(
                title=f"{letter_kind(letter.key).title_of(letter.outcome)} ({letter.key})",
                origin="letter",
                data=rendered.pdf,
                mime="application/pdf",
                received_on=house.today,
                filed_by=actor.name,
                file_name=f"{letter.content['reference']}-{letter.key}.pdf",
                pages=rendered.pages,
            )
        ],
        now=now,
        vorgang_id=letter.vorgang_id,
    )[0]
    letter.rule_id = permission.rule_id
    letter.rule_version = permission.version
    letter.mark = permission.mark.value
    letter.suffix = permission.suffix
    letter.remedy = permission.remedy.value
    letter.pdf_sha256 = rendered.sha256
    letter.pages = rendered.pages
    letter.blatt_id = blatt.id
    letter.released_at = now
    letter.state = "released"
    audit.record(
        session,
        actor,
        "letter.release",
        "letter",
        letter.id,
        now=now,
        vorgang_id=letter.vorgang_id,
        facts={
            "key": letter.key,
            "rule": permission.rule_id,
            "version": permission.version,
            "sha256": rendered.sha256,
            "sheet": blatt.sheet_no,
        },
    )


def _add_signature(session: Session, house: House, actor: Actor, letter: Letter, kind: str) -> None:
    session.execute(
        insert(LetterSignature).values(
            letter_id=letter.id,
            user_id=actor.user_id,
            kind=kind,
            rank=actor.rank,
            content_sha256=letter.content_sha256,
            signed_at=house.now(),
        )
    )


def _rank(actor: Actor) -> Rank | None:
    return Rank[actor.rank] if actor.rank in Rank.__members__ else None


def _excluded(session: Session, actor: Actor, person_id: int) -> bool:
    if actor.user_id is None:
        return False
    found = session.scalar(
        select(SigningExclusion.ground).where(
            SigningExclusion.user_id == actor.user_id, SigningExclusion.person_id == person_id
        )
    )
    return found is not None


def _mandate(session: Session, actor: Actor, today: date) -> Mandate | None:
    if actor.user_id is None:
        return None
    valid = and_(
        SigningMandate.valid_from <= today,
        or_(SigningMandate.valid_until.is_(None), SigningMandate.valid_until >= today),
    )
    row = session.scalar(
        select(SigningMandate)
        .where(SigningMandate.user_id == actor.user_id)
        # One that holds today first; else the newest, so that the refusal can name its dates.
        .order_by(valid.desc(), SigningMandate.valid_from.desc())
        .limit(1)
    )
    return Mandate(row.valid_from, row.valid_until, row.max_amount) if row else None

"""Who may sign a frozen letter: gathers what the signature table looks at; takes co-signatures."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.befugnisse import capacities_of, exclusion_of, mandate_of, stand_ins
from abh.documents.house import House
from abh.documents.letter_content import hash_content
from abh.documents.letters import gives_reasons, letter_kind
from abh.documents.tables import Akte, Letter, LetterSignature
from abh.documents.zeichnung import evaluate, evaluate_cosign, find_rule
from abh.documents.zeichnung_types import Channel, CosignFacts, Permission, Rank, SigningFacts
from abh.kernel.errors import Reason, SignatureRefused


def may_sign(session: Session, house: House, actor: Actor, letter: Letter) -> Permission:
    """Return how ``actor`` may give the final signature; ``SignatureRefused`` with all reasons.

    Who stands in for somebody absent is asked first for themselves, then in that place.
    """
    return _in_any_place(session, house, actor, signing_facts(session, house, actor, letter))


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
    preparer_id: int | None = None,
) -> tuple[Reason, ...]:
    """Return why ``actor`` could not sign such a letter; empty when they could.

    Without ``preparer_id`` they would have prepared it themselves.
    """
    form = letter_kind(key).form
    facts = SigningFacts(
        letter_key=key,
        channel=channel,
        outcome=outcome,
        own_pdf=not form,
        # The step that hands a form out refuses without its numbers (``workflows.vordruck``).
        seal_no="am Vordruck" if form else "",
        preparer_id=str(preparer_id or actor.user_id or ""),
        preparer_in_training=actor.in_training,
        signer_id=str(actor.user_id or ""),
        signer_rank=rank_of(actor),
        signer_in_training=actor.in_training,
        signer_unit=actor.unit_key or "",
        case_unit=unit_key,
        signer_excluded=exclusion_of(session, actor, person_id) is not None,
        mandate=mandate_of(session, actor.user_id, house.today),
    )
    try:
        _in_any_place(session, house, actor, facts)
    except SignatureRefused as refused:
        return refused.reasons
    return ()


def decider_before(session: Session, vorgang_id: int, actor: Actor) -> int | None:
    """Return who other than ``actor`` had part in the newest decision of the case, if anybody.

    A prescribed form that carries out a decision of two people has passed four eyes with it.
    """
    found = session.execute(
        select(Letter.prepared_by, Letter.final_signer_id)
        .where(
            Letter.vorgang_id == vorgang_id,
            Letter.final_signer_id.is_not(None),
            Letter.released_at.is_not(None),
            Letter.key.in_(("N08", "N12")),
        )
        .order_by(Letter.id.desc())
        .limit(1)
    ).first()
    people = {one for one in (found or ()) if one is not None}
    return next(iter(sorted(people - {actor.user_id})), None) if len(people) > 1 else None


def signing_facts(session: Session, house: House, actor: Actor, letter: Letter) -> SigningFacts:
    """Gather what the signature table looks at when ``actor`` is about to sign ``letter``."""
    signatures = _valid_signatures(session, letter)
    extra = letter.content.get("extra", {})
    return SigningFacts(
        letter_key=letter.key,
        channel=Channel(letter.channel or ""),
        outcome=letter.outcome,
        amount=letter.amount,
        preparer_id=str(letter.prepared_by or ""),
        preparer_in_training=bool(letter.content.get("prepared_in_training")),
        signer_id=str(actor.user_id or ""),
        signer_rank=rank_of(actor),
        signer_in_training=actor.in_training,
        signer_unit=actor.unit_key or "",
        case_unit=letter.unit_key,
        signer_excluded=exclusion_of(session, actor, _person_of(session, letter)) is not None,
        mandate=mandate_of(session, actor.user_id, house.today),
        cosigned_by=frozenset(s.capacity for s in signatures if s.kind == "co"),
        cosigner_ids=frozenset(str(s.user_id) for s in signatures if s.kind == "co"),
        has_reasons=gives_reasons(letter.content["fields"]),
        manual_text=bool(extra.get("free_text")),
        seal_no=str(letter.content["fields"].get("seal_no", "")),
        qes=house.sealer is not None,
        content_hash=hash_content(letter.content),
        signed_hashes=tuple(s.content_sha256 for s in signatures),
    )


def cosign(session: Session, house: House, actor: Actor, letter: Letter, capacity: str) -> None:
    """Give a concurring signature as ``capacity`` (a rank, ``Recht``, ``Kasse``) to the content.

    ``letter`` is locked and waits for signatures. Raises ``SignatureRefused`` with all reasons.
    """
    rule = find_rule(
        house.zeichnung, letter.key, house.today, outcome=letter.outcome, amount=letter.amount
    )
    given = _valid_signatures(session, letter)
    facts = CosignFacts(
        capacity=capacity,
        held=capacities_of(session, actor, house.today),
        signer_in_training=actor.in_training,
        is_preparer=actor.user_id is None or actor.user_id == letter.prepared_by,
        excluded=exclusion_of(session, actor, _person_of(session, letter)) is not None,
        mandate=mandate_of(session, actor.user_id, house.today),
        already=frozenset(s.capacity for s in given if s.kind == "co"),
        content_hash=hash_content(letter.content),
        frozen_hash=letter.content_sha256 or "",
    )
    evaluate_cosign(rule, facts, house.today)
    add_signature(session, house, actor, letter, "co", capacity)
    audit.record(
        session,
        actor,
        "letter.cosign",
        "letter",
        letter.id,
        now=house.now(),
        vorgang_id=letter.vorgang_id,
        facts={"capacity": capacity},
    )


def cosignable(session: Session, house: House, actor: Actor, letter: Letter) -> tuple[str, ...]:
    """Return as what ``actor`` could still co-sign ``letter``; empty when that is nothing."""
    rule = find_rule(
        house.zeichnung, letter.key, house.today, outcome=letter.outcome, amount=letter.amount
    )
    given = {s.capacity for s in _valid_signatures(session, letter) if s.kind == "co"}
    held = capacities_of(session, actor, house.today)
    return tuple(c for c in rule.cosigners if c not in given and c in held)


def add_signature(
    session: Session, house: House, actor: Actor, letter: Letter, kind: str, capacity: str = ""
) -> None:
    """Note a signature (``prepare``, ``co`` or ``final``) to the frozen content of a letter."""
    session.execute(
        insert(LetterSignature).values(
            letter_id=letter.id,
            user_id=actor.user_id,
            kind=kind,
            rank=actor.rank,
            capacity=capacity,
            content_sha256=letter.content_sha256,
            signed_at=house.now(),
        )
    )


def rank_of(actor: Actor) -> Rank | None:
    """Return the signing rank of ``actor``, None for people outside the ladder."""
    return Rank[actor.rank] if actor.rank in Rank.__members__ else None


def _in_any_place(session: Session, house: House, actor: Actor, own: SigningFacts) -> Permission:
    try:
        return evaluate(house.zeichnung, own, house.today)
    except SignatureRefused:
        for place in stand_ins(session, actor, house.today):
            facts = replace(
                own,
                signer_rank=place.rank,
                signer_unit=place.unit_key,
                mandate=place.mandate,
                own_rank=rank_of(actor),
                acting_for=place.name,
            )
            try:
                return evaluate(house.zeichnung, facts, house.today)
            except SignatureRefused:
                # What the person hears are the reasons against themselves.
                continue
        raise


def _valid_signatures(session: Session, letter: Letter) -> list[LetterSignature]:
    return list(
        session.scalars(
            select(LetterSignature).where(
                LetterSignature.letter_id == letter.id, LetterSignature.voided_at.is_(None)
            )
        )
    )


def _person_of(session: Session, letter: Letter) -> int:
    return session.scalar(select(Akte.person_id).where(Akte.id == letter.akte_id)) or 0

"""The signature folder in bulk: like letters together, each one shown before it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.letter_content import hash_content
from abh.documents.tables import Letter, LetterLook
from abh.kernel.errors import Reason, SignatureRefused

# Each letter of a bundle is laid out and filed while the signer waits.
MOST_AT_ONCE = 25
NOT_SEEN = Reason(
    "Diesen Brief haben Sie noch nicht angesehen, oder er wurde danach geändert. Bitte öffnen Sie "
    "ihn zuerst.",
    "§ 37 Abs. 3 VwVfG NRW",
    "nicht_angesehen",
)


def like(session: Session, letter: Letter) -> Sequence[Letter]:
    """Return the waiting letters of the same unit, kind, outcome and rule, oldest first.

    At most ``MOST_AT_ONCE``; ``letter`` itself is among them when it waits.
    """
    return session.scalars(
        select(Letter)
        .where(
            Letter.state == "signing",
            Letter.unit_key == letter.unit_key,
            Letter.key == letter.key,
            Letter.outcome == letter.outcome,
            Letter.rule_id == letter.rule_id,
        )
        .order_by(Letter.id)
        .limit(MOST_AT_ONCE)
    ).all()


def note_look(session: Session, house: House, actor: Actor, letter: Letter) -> None:
    """Remember that ``actor`` was shown the content of ``letter`` as it is now."""
    if actor.user_id is None:
        return
    seen = {"content_sha256": hash_content(letter.content), "seen_at": house.now()}
    session.execute(
        upsert(LetterLook)
        .values(letter_id=letter.id, user_id=actor.user_id, **seen)
        .on_conflict_do_update(index_elements=["letter_id", "user_id"], set_=seen)
    )


def seen_by(session: Session, actor: Actor, letters: Iterable[Letter]) -> frozenset[int]:
    """Return the ids of those letters whose present content ``actor`` was shown."""
    known = {letter.id: hash_content(letter.content) for letter in letters}
    rows = session.execute(
        select(LetterLook.letter_id, LetterLook.content_sha256).where(
            LetterLook.user_id == actor.user_id, LetterLook.letter_id.in_(known)
        )
    )
    return frozenset(row.letter_id for row in rows if known[row.letter_id] == row.content_sha256)


def require_seen(session: Session, actor: Actor, letter: Letter) -> None:
    """Raise ``SignatureRefused`` unless ``actor`` was shown the letter as it is now."""
    if letter.id not in seen_by(session, actor, [letter]):
        raise SignatureRefused(NOT_SEEN.text, reasons=[NOT_SEEN])

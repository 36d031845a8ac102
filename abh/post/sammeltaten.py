"""What a bulk act does to one bundle; what cannot be done is passed over with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict
from abh.post import antworten, claims, umzug
from abh.post.tables import PostBulk, PostBundle
from abh.workflows import intake, service
from abh.workflows.tables import Vorgang

ASK_STEP = "nachfordern"
# Acts that write letters: few in one transaction, so that rows and progress appear as they go.
WITH_LETTER = frozenset({"acknowledge", "ask_missing", "answer"})
LETTERS_AT_ONCE = 20
# How long an answer to a Nachforderung is waited for where the step names no day.
_WAIT = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Params:
    """What is to be done: with whom, with which words, until when, to which unit."""

    user: int | None = None
    answer: str = ""
    reason: str = ""
    until: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A bundle whose turn it is in a bulk act."""

    session: Session
    actor: Actor
    bulk: PostBulk
    bundle_id: int
    params: Params
    clock: Clock

    @property
    def house(self) -> House:
        """The house; only a furnished process can write letters."""
        if not isinstance(self.clock, House):
            raise TypeError("letters need a furnished house as their clock")
        return self.clock


def carry_out(turn: Turn) -> str:
    """Do the act to one bundle; returns what was done in German.

    Raises a ``DomainError`` with the reason when it is passed over: in another's hand, changed
    since it was ordered, refused by the case. The caller wraps it in a savepoint.
    """
    return _ACTS[turn.bulk.act](turn)


def _free(turn: Turn) -> PostBundle:
    bundle = claims.locked(turn.session, turn.actor, turn.bundle_id)
    if bundle.claimed_by is not None:
        raise Conflict("Ist gerade in Bearbeitung.")
    if bundle.touched_at > turn.bulk.ordered_at:
        raise Conflict("Inzwischen ist ein weiterer Eingang gekommen.")
    return bundle


def _close(turn: Turn) -> str:
    params = turn.params
    count = claims.finish(
        turn.session, turn.actor, _free(turn), params.answer.strip(), params.reason.strip(),
        clock=turn.clock,
    )  # fmt: skip
    return f"Eingänge abgeschlossen: {count}"


def _assign(turn: Turn) -> str:
    bundle = _free(turn)
    bundle.hand_to, bundle.follow_up_on = turn.params.user, None
    return "zugewiesen"


def _follow_up(turn: Turn) -> str:
    bundle = _free(turn)
    bundle.follow_up_on, bundle.hand_to = date.fromisoformat(turn.params.until), None
    return "auf Wiedervorlage"


def _acknowledge(turn: Turn) -> str:
    _lock_cases(turn)
    letter = antworten.acknowledge(turn.session, turn.house, _free(turn))
    return f"{antworten.ACKNOWLEDGED}, Brief {letter.id}"


def _answer(turn: Turn) -> str:
    _lock_cases(turn)
    _free(turn)
    made = antworten.answer(turn.session, turn.house, turn.actor, turn.bundle_id)
    return f"Auskunft entworfen, Brief {made.letter_id}"


def _ask_missing(turn: Turn) -> str:
    """Ask for what is missing by the case's own step: its guards, its clock, its letter N02."""
    found = _lock_cases(turn)
    if len(found) != 1:
        raise Conflict("Es ist nicht eindeutig, um welchen Vorgang es geht.")
    case = turn.session.get_one(Vorgang, found[0], populate_existing=True)
    bundle = _free(turn)
    done = service.take_step(
        turn.session, turn.house, turn.actor, case.id, ASK_STEP, expected_version=case.row_version
    )
    intake.notify_letters(turn.session, turn.house, done.letters)
    until = turn.session.scalar(
        text("SELECT (progress #>> '{request,until}')::date FROM vorgang WHERE id = :id"),
        {"id": case.id},
    )
    bundle.follow_up_on = (until or turn.house.today + _WAIT) + timedelta(days=1)
    bundle.last_reason = "Unterlagen nachgefordert (N02)."
    waiting = turn.session.scalars(
        select(Letter.id).where(Letter.id.in_(done.letters), Letter.state == "signing")
    ).first()
    return "nachgefordert; Brief wartet auf Unterschrift" if waiting else "nachgefordert (N02)"


def _move(turn: Turn) -> str:
    _free(turn)
    params = turn.params
    umzug.move(
        turn.session, turn.actor, turn.bundle_id, params.unit, params.reason, clock=turn.clock
    )
    return f"an {params.unit} abgegeben"


def _lock_cases(turn: Turn) -> list[int]:
    """Lock the cases of the bundle before the bundle, in order: so does everybody else."""
    found = antworten.case_ids(turn.session, turn.session.get_one(PostBundle, turn.bundle_id))
    for vorgang_id in found:
        turn.session.execute(
            text("SELECT FROM vorgang WHERE id = :id FOR NO KEY UPDATE"), {"id": vorgang_id}
        )
    return found


_ACTS: Mapping[str, Callable[[Turn], str]] = {
    "assign": _assign,
    "close": _close,
    "follow_up": _follow_up,
    "acknowledge": _acknowledge,
    "answer": _answer,
    "ask_missing": _ask_missing,
    "move": _move,
}

"""The outgoing mail of a Sachgebiet: letters that are signed and have not left the house.

A letter made by a clock at night or signed by somebody else has nobody who waits for it: here it
is seen until its day of posting is noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require, unit_filter
from abh.documents import dispatch
from abh.documents.house import House
from abh.documents.stapeldruck import order_bundle
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel, Mark
from abh.kernel.errors import Conflict, NotFound
from abh.workflows.akteneinblick import known_letters, letter_for
from abh.workflows.versand import record_dispatch
from abh.workflows.zugriff import RESTRICTED

# Ways that begin with paper in an envelope. The index of the table names the same.
PAPER_WAYS: Final = (
    Channel.POST.value, Channel.PZU.value, Channel.REGISTERED.value, Channel.RECEIPT.value,
)  # fmt: skip
MOST: Final = 200
_LEAVING = text(
    """
SELECT l.id, l.key, l.outcome, l.channel, l.released_at, l.blatt_id, l.pages,
       l.mark = 'hand' AND l.hand_signed_at IS NULL AS hand_due, s.display_name AS signer,
       v.number, coalesce(v.number, l.content ->> 'reference') AS reference,
       concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')) AS name,
       coalesce(j.state, '') AS print_state, coalesce(j.message, '') AS print_message,
       EXISTS (SELECT FROM dispatch d WHERE d.letter_id = l.id AND d.returned_on IS NOT NULL)
         AS came_back
  FROM letter l
  JOIN akte a ON a.id = l.akte_id
  JOIN person p ON p.id = a.person_id
  LEFT JOIN vorgang v ON v.id = l.vorgang_id
  LEFT JOIN app_user s ON s.id = l.final_signer_id
  LEFT JOIN LATERAL (
    SELECT state, message FROM print_job
     WHERE letter_id = l.id AND paper = 'letter' ORDER BY id DESC LIMIT 1) j ON true
 WHERE l.state = 'released' AND l.channel IN ('post','pzu','einschreiben','empfangsbekenntnis')
   AND (CAST(:unit AS text) IS NULL OR l.unit_key = :unit)
   AND (v.id IS NULL OR v.verfahren <> ALL(CAST(:restricted AS text[])) OR v.unit_key = :own)
 ORDER BY l.id LIMIT :limit
"""
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A letter that waits to leave; ``number`` is "" for one without a case."""

    id: int
    key: str
    outcome: str
    channel: str
    released_at: datetime
    blatt_id: int
    pages: int
    hand_due: bool
    signer: str
    number: str
    reference: str
    name: str
    print_state: str
    print_message: str
    came_back: bool

    @property
    def printable(self) -> bool:
        """Whether it can be printed without a reason: it never was, or no printer had it."""
        return self.print_state in ("", "failed")

    @property
    def ready(self) -> bool:
        """Whether it can leave: it is on paper and bears what it needs."""
        return self.print_state == "completed" and not self.hand_due


def leaving(session: Session, actor: Actor, *, limit: int = MOST) -> list[Leaving]:
    """Return the letters of the actor's unit that wait to leave, oldest first; one statement."""
    params = {
        "unit": unit_filter(actor),
        "own": actor.unit_key,
        "restricted": sorted(RESTRICTED),
        "limit": limit,
    }
    rows = session.execute(_LEAVING, params).mappings()
    return [_leaving(dict(row)) for row in rows]


def _leaving(row: Mapping[str, Any]) -> Leaving:
    return Leaving(**{**row, "signer": row["signer"] or "", "number": row["number"] or ""})


def print_together(
    session: Session, house: House, actor: Actor, letter_ids: Sequence[int], printer_id: int
) -> tuple[int, Mapping[int, str]]:
    """Order one print of letters that the actor may see; see ``stapeldruck.order_bundle``."""
    found = session.scalars(select(Letter).where(Letter.id.in_(letter_ids))).all()
    known = known_letters(session, actor, found)
    if len(known) < len(set(letter_ids)):
        raise NotFound("Einen dieser Briefe gibt es nicht.")
    for letter in known:
        require(actor, Power.CASE_READ, letter.unit_key)
    return order_bundle(session, house, actor, letter_ids, printer_id)


def note_posted(session: Session, house: House, actor: Actor, letter_id: int, on: date) -> None:
    """Record that one letter was posted on ``on``; for formal service its deed comes later.

    Raises ``Conflict`` for one that has left or goes another way, else as ``record_dispatch``.
    """
    letter = letter_for(session, actor, letter_id)
    _check(letter)
    if letter.vorgang_id is not None:
        record_dispatch(session, house, actor, letter_id, on=on)
        return
    require(actor, (Power.CASE_REVIEW, Power.CASE_COUNTER), letter.unit_key)
    dispatch.hand_over(session, house, actor, letter_id, on=on)


def _check(letter: Letter) -> None:
    if letter.state != "released":
        raise Conflict("Dieser Brief hat das Haus schon verlassen.")
    if letter.channel not in PAPER_WAYS:
        raise Conflict("Dieser Brief geht nicht mit der Post.")
    if letter.mark == Mark.HAND and letter.hand_signed_at is None:
        raise Conflict("Der Brief ist noch nicht von Hand unterschrieben; er bleibt im Haus.")

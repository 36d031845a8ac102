"""Single sheets that have to go at once, before their file is due: by two people, with a record.

§ 91(2) AufenthG: what other authorities told (§ 87(1)) and what no decision needs is destroyed
without delay; § 91(1) sentence 2: what may no longer be held against somebody goes before its time.
The archive is not asked: nothing of it may be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.house import House
from abh.documents.tables import Akte, Blatt
from abh.documents.tables_akte import SheetRemoval
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.kernel.ids import derived_token
from abh.workflows.akteneinblick import may_see_sheet
from abh.workflows.loeschung import erase_sheet
from abh.workflows.tables import Vorgang


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a sheet has to go, with its norm."""

    label: str
    norm: str


GROUNDS: Final[Mapping[str, Ground]] = {
    "unerheblich": Ground(
        "Mitteilung einer öffentlichen Stelle, für keine Entscheidung erheblich",
        "§ 91 Abs. 2 AufenthG",
    ),
    "verwertungsverbot": Ground(
        "Darf nicht mehr gegen die Person verwertet werden",
        "§ 91 Abs. 1 Satz 2 AufenthG, § 51 BZRG",
    ),
    "fremd": Ground(
        "Betrifft eine andere Person oder wurde unzulässig gespeichert",
        "Art. 17 Abs. 1 Buchst. d DSGVO",
    ),
}
_HELD = text(
    """
SELECT (SELECT string_agg(DISTINCT e.kind, ', ') FROM evidence e
         WHERE e.blatt_id = b.id AND e.accepted IS DISTINCT FROM false) AS evidence,
       EXISTS (SELECT FROM letter l WHERE l.blatt_id = b.id) AS letter,
       EXISTS (SELECT FROM dispatch d WHERE d.deed_blatt_id = b.id) AS deed,
       EXISTS (SELECT FROM post_item p WHERE p.blatt_id = b.id AND p.done_at IS NULL) AS post,
       (SELECT string_agg(h.reason, '; ' ORDER BY h.id) FROM deletion_hold h
         WHERE h.akte_id = b.akte_id AND h.lifted_at IS NULL) AS hold,
       EXISTS (SELECT FROM vorgang v WHERE v.akte_id = b.akte_id
          AND v.progress #>> '{remedy,action_filed_on}' IS NOT NULL
          AND coalesce(v.progress #>> '{remedy,outcome}', 'OPEN') IN ('OPEN', 'offen')) AS remedy
  FROM blatt b WHERE b.id = :id
"""
)


def reasons_against(session: Session, blatt_id: int) -> tuple[str, ...]:
    """Return why a sheet cannot go now, each as a sentence; () when nothing holds it."""
    row = session.execute(_HELD, {"id": blatt_id}).mappings().one()
    found = (
        (row["evidence"], f"Das Blatt ist Nachweis in einem Vorgang ({row['evidence']})."),
        (row["letter"], "Das Blatt ist ein Brief des Amtes."),
        (row["deed"], "Das Blatt beweist eine Zustellung."),
        (row["post"], "Die Post, zu der das Blatt gehört, ist noch offen."),
        (row["remedy"], "Eine Klage ist anhängig."),
        (row["hold"], f"Löschsperre: {row['hold']}."),
    )
    return tuple(sentence for held, sentence in found if held)


def propose(session: Session, house: House, actor: Actor, blatt_id: int, ground: str) -> None:
    """Ask for the destruction of one sheet; somebody else has to decide.

    Raises ``InvalidInput`` for an unknown ground, ``Conflict`` for what holds the sheet or when it
    is asked for already, ``NotFound`` for a sheet that the actor may not see.
    """
    require(actor, Power.CASE_REVIEW)
    if actor.in_training or actor.user_id is None:
        raise NotAllowed("In der Einarbeitung wirken Sie an Löschungen nicht mit.")
    if ground not in GROUNDS:
        raise InvalidInput([FieldProblem("ground", "Bitte einen Grund wählen.")])
    blatt = session.get(Blatt, blatt_id)
    if blatt is None or not may_see_sheet(session, actor, blatt):
        raise NotFound("Dieses Blatt gibt es nicht.")
    unit = _unit_of(session, blatt, actor)
    require(actor, Power.CASE_REVIEW, unit)
    _check_held(session, blatt_id)
    # Two clerks who ask at once: the second one waits here and finds the first one's row.
    session.execute(select(Akte.id).where(Akte.id == blatt.akte_id).with_for_update())
    if _open_for(session, blatt_id) is not None:
        raise Conflict("Die Vernichtung dieses Blattes ist schon vorgeschlagen.")
    row = SheetRemoval(
        unit_key=unit,
        blatt_id=blatt.id,
        akte_id=blatt.akte_id,
        vorgang_id=blatt.vorgang_id,
        sheet_no=blatt.sheet_no,
        ground=ground,
        norm=GROUNDS[ground].norm,
        proposed_by=actor.user_id,
        proposed_at=house.now(),
    )
    session.add(row)
    session.flush()
    _note(session, house, actor, row, "blatt.removal_propose", {"ground": ground})


def decide(
    session: Session, house: House, actor: Actor, removal_id: int, *, destroy: bool, note: str = ""
) -> SheetRemoval:
    """Destroy a proposed sheet, or keep it with a reason; the second pair of eyes.

    Raises ``NotAllowed`` for who proposed it, is in training or leads another Sachgebiet,
    ``Conflict`` for what is decided or what holds the sheet meanwhile.
    """
    row = session.get(SheetRemoval, removal_id, with_for_update=True, populate_existing=True)
    if row is None or row.unit_key != actor.unit_key:
        raise NotFound("Diesen Vorschlag gibt es nicht.")
    require(actor, Power.UNIT_LEAD, row.unit_key)
    if actor.in_training or row.proposed_by == actor.user_id:
        raise NotAllowed("Entscheiden muss jemand anderes als die vorschlagende Person.")
    if row.state != "proposed" or row.blatt_id is None:
        raise Conflict("Über dieses Blatt ist schon entschieden.")
    if not destroy and not note.strip():
        raise InvalidInput([FieldProblem("note", "Bitte schreiben Sie, warum das Blatt bleibt.")])
    query = select(Akte.number).where(Akte.id == row.akte_id).with_for_update()
    number = session.execute(query).scalar_one()
    if destroy:
        _check_held(session, row.blatt_id)
    row.decided_by, row.decided_at = actor.user_id, house.now()
    row.state, row.note = ("running", "") if destroy else ("refused", note.strip())
    session.flush()
    if not destroy:
        _note(session, house, actor, row, "blatt.removal_refuse", {})
        return row
    done = erase_sheet(session, row.blatt_id, removal_id=row.id, now=house.now())
    vorgang_id = row.vorgang_id
    row.state, row.digest, row.proof = "destroyed", done.digest, proof_of(house, number)
    row.blatt_id = row.akte_id = row.vorgang_id = None
    session.flush()
    _note(session, house, actor, row, "blatt.removal_destroy", {"sheet": row.sheet_no}, vorgang_id)
    return row


def proof_of(house: House, akte_number: str) -> str:
    """Return the proof under which destroyed sheets of a file are found by its number."""
    return derived_token(house.secret, f"blatt:{akte_number.strip()}")


def open_removals(session: Session, unit_key: str, limit: int = 100) -> Sequence[SheetRemoval]:
    """Return what waits for a decision in a Sachgebiet, oldest first."""
    query = select(SheetRemoval).where(
        SheetRemoval.unit_key == unit_key, SheetRemoval.state == "proposed"
    )
    return session.scalars(query.order_by(SheetRemoval.id).limit(limit)).all()


def removals_of(session: Session, house: House, akte: Akte) -> Sequence[SheetRemoval]:
    """Return what was asked for and decided in a file, oldest first."""
    query = select(SheetRemoval).where(
        (SheetRemoval.akte_id == akte.id) | (SheetRemoval.proof == proof_of(house, akte.number))
    )
    return session.scalars(query.order_by(SheetRemoval.id).limit(100)).all()


def _open_for(session: Session, blatt_id: int) -> int | None:
    query = select(SheetRemoval.id).where(
        SheetRemoval.blatt_id == blatt_id, SheetRemoval.state == "proposed"
    )
    return session.scalar(query)


def _check_held(session: Session, blatt_id: int) -> None:
    against = reasons_against(session, blatt_id)
    if against:
        raise Conflict(" ".join(against))


def _unit_of(session: Session, blatt: Blatt, actor: Actor) -> str:
    """Return the Sachgebiet that decides: of the sheet's case, else the actor's own."""
    unit = session.scalar(select(Vorgang.unit_key).where(Vorgang.id == blatt.vorgang_id))
    return unit or actor.unit_key or ""


def _note(
    session: Session,
    house: House,
    actor: Actor,
    row: SheetRemoval,
    action: str,
    facts: Mapping[str, object],
    vorgang_id: int | None = None,
) -> None:
    audit.record(
        session, actor, action, "sheet_removal", row.id, now=house.now(),
        vorgang_id=row.vorgang_id or vorgang_id, facts=dict(facts),
    )  # fmt: skip

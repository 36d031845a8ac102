"""Serving anew what came back: to which address, and not before somebody asked for it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.documents.tables import Akte, Dispatch, Letter
from abh.kernel.errors import Conflict
from abh.persons.tables import Person


def renewed_address(session: Session, letter: Letter) -> tuple[str, ...] | None:
    """Return to which lines a letter goes that came back; None for one that never did.

    What was signed keeps the address it was written with; envelope, label and deed carry that of
    the day on which it is served anew.
    """
    if not letter.content["addressee"] or not session.scalar(
        select(Dispatch.id)
        .where(Dispatch.letter_id == letter.id, Dispatch.returned_on.is_not(None))
        .limit(1)
    ):
        return None
    person = _person_of(session, letter)
    place = f"{person.postcode} {person.city}".strip()
    return tuple(line for line in (letter.content["recipient"][0], person.street, place) if line)


def refuse_doubted(session: Session, letter: Letter) -> None:
    """Raise ``Conflict`` while nobody has asked for the address from which mail came back."""
    doubted = _person_of(session, letter).address_doubted_on
    if doubted is not None:
        raise Conflict(
            f"Unter dieser Anschrift kam am {doubted:%d.%m.%Y} Post zurück. Bitte zuerst die "
            "Anschrift ermitteln und im Vorgang vermerken."
        )


def doubt_address(session: Session, letter: Letter, on: date) -> None:
    """Note that mail came back from the person's address; an authority's address is not doubted."""
    if letter.content["addressee"]:
        _person_of(session, letter).address_doubted_on = on
        session.flush()


def _person_of(session: Session, letter: Letter) -> Person:
    return session.scalars(
        select(Person)
        .join(Akte, Akte.person_id == Person.id)
        .where(Akte.id == letter.akte_id)
        .execution_options(populate_existing=True)
    ).one()

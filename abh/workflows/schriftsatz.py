"""A statement to the court: prepared here, signed by the head of division, sent by beBPo.

§ 55d VwGO: an authority writes to the court electronically only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows.steps import check_scope, lock_case

KEY = "schriftsatz"


@dataclass(frozen=True, slots=True)
class Statement:
    """What the clerk writes: the court's file number, the matter, paragraphs, what goes along."""

    court_number: str
    matter: str
    subject: str
    paragraphs: Sequence[str]
    enclosures: Sequence[str] = ()


def prepare(
    session: Session, house: House, actor: Actor, vorgang_id: int, statement: Statement
) -> Letter:
    """Freeze a statement to the office's administrative court; it waits in the signature folder.

    Raises ``InvalidInput`` naming what is missing, ``SignatureRefused``. Locks the case.
    """
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    require(actor, (Power.CASE_DECIDE, Power.CASE_LEGAL), case.vorgang["unit_key"])
    wanted = (
        ("court_number", statement.court_number, "Bitte das Aktenzeichen des Gerichts eintragen."),
        ("matter", statement.matter, "Bitte das Verfahren bezeichnen (Kläger gegen Stadt)."),
        ("subject", statement.subject, "Bitte den Betreff eintragen, z. B. Klageerwiderung."),
        ("text", "".join(statement.paragraphs), "Bitte den Schriftsatz schreiben."),
    )
    problems = [FieldProblem(name, text) for name, value, text in wanted if not value.strip()]
    if problems:
        raise InvalidInput(problems)
    court = house.office.court
    unit = house.profile.get("units", {}).get(case.vorgang["unit_key"], {})
    order = letters.LetterOrder(
        key=KEY,
        akte_id=case.vorgang["akte_id"],
        vorgang_id=case.id,
        unit_key=case.vorgang["unit_key"],
        reference=case.number,
        recipient=(court.name, court.street, f"{court.postcode} {court.city}"),
        addressee="",
        fields={
            "application": statement.matter.strip(),
            "subject": statement.subject.strip(),
            "opening": [each.strip() for each in statement.paragraphs if each.strip()],
            "enclosures": [each.strip() for each in statement.enclosures if each.strip()],
        },
        channel=Channel.BEBPO,
        clerk={
            "name": actor.name,
            "unit": unit.get("name", case.vorgang["unit_key"]),
            "room": unit.get("room", ""),
            "phone": unit.get("phone", ""),
            "email": unit.get("email", ""),
        },
        your_reference=statement.court_number.strip(),
    )
    return letters.prepare(session, house, actor, order)

"""Certifying a copy of a sheet (§ 33 VwVfG NRW): what is looked at before, and the note."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents import service as letters
from abh.documents.beglaubigung import KEY, copy_of
from abh.documents.house import House
from abh.documents.siegel import UnreadablePdf, check_signatures
from abh.documents.tables import Blatt, Letter
from abh.documents.zeichnung_types import Channel
from abh.kernel.clock import BERLIN
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.workflows.akteneinblick import may_see_sheet
from abh.workflows.steps import check_scope, lock_case


@dataclass(frozen=True, slots=True)
class Wish:
    """What the official states: the document as it is to be named, and what was looked at."""

    document: str
    seal_no: str
    from_authority: bool
    paper_seen: bool
    unchanged: bool
    only_for: str = ""
    channel: Channel = Channel.COUNTER


def certify(
    session: Session, house: House, actor: Actor, vorgang_id: int, blatt_id: int, wish: Wish
) -> Letter:
    """Make the note for a copy of one sheet; it is signed at once where the table allows it.

    Raises ``InvalidInput`` for what § 33 VwVfG NRW wants and is missing, also where the sheet
    shows a change (§ 33(2)); ``SignatureRefused`` by the signature table. Locks the case.
    """
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    require(actor, Power.LETTER_SIGN, case.vorgang["unit_key"])
    blatt = session.get(Blatt, blatt_id)
    if (
        blatt is None
        or blatt.akte_id != case.vorgang["akte_id"]
        or not may_see_sheet(session, actor, blatt)
    ):
        raise NotFound("Dieses Blatt gibt es in der Akte nicht.")
    signatures = _signatures(house, blatt)
    _look(wish)
    with copy_of(house.blobs, blatt) as copy:
        pages = len(copy.pages)
    person = case.person
    name = case.full_name
    lines = (name, person["street"], f"{person['postcode']} {person['city']}".strip())
    unit = house.profile.get("units", {}).get(case.vorgang["unit_key"], {})
    order = letters.LetterOrder(
        key=KEY,
        akte_id=blatt.akte_id,
        vorgang_id=case.id,
        unit_key=case.vorgang["unit_key"],
        reference=case.number,
        recipient=tuple(line for line in lines if line),
        addressee=name,
        fields={
            "document": wish.document.strip(),
            "file_number": f"54/{case.number}",
            "sheet_no": blatt.sheet_no,
            "pages": pages,
            "sha256": blatt.blob_sha256,
            "blatt_id": blatt.id,
            "from_authority": wish.from_authority,
            "paper_seen": wish.paper_seen,
            "only_for": wish.only_for.strip(),
            "place": house.office.city,
            "seal_no": wish.seal_no.strip(),
            "signatures": signatures,
        },
        channel=wish.channel,
        clerk={
            "name": actor.name,
            "unit": unit.get("name", case.vorgang["unit_key"]),
            "room": unit.get("room", ""),
            "phone": unit.get("phone", ""),
            "email": unit.get("email", ""),
        },
    )
    return letters.issue(session, house, actor, order)


def _look(wish: Wish) -> None:
    problems = []
    if not wish.document.strip():
        problems.append(FieldProblem("document", "Bitte das Schriftstück genau bezeichnen."))
    if not wish.seal_no.strip():
        problems.append(FieldProblem("seal_no", "Bitte die Nummer des Dienstsiegels eintragen."))
    if not wish.unchanged:
        text = "Ohne diese Feststellung darf nicht beglaubigt werden (§ 33 Abs. 2 VwVfG NRW)."
        problems.append(FieldProblem("unchanged", text))
    if not wish.from_authority and not wish.only_for.strip():
        text = "Bitte die Behörde nennen, bei der die Kopie vorgelegt wird (§ 33 Abs. 3 Nr. 3)."
        problems.append(FieldProblem("only_for", text))
    if problems:
        raise InvalidInput(problems)


def _signatures(house: House, blatt: Blatt) -> list[str]:
    """Return who signed the electronic sheet, for the note (§ 33(5) Nr. 1 VwVfG NRW)."""
    if blatt.mime != "application/pdf":
        return []
    try:
        found = check_signatures(house.blobs.get(blatt.blob_sha256), house.trusted)
    except UnreadablePdf as error:
        text = f"Blatt {blatt.sheet_no} lässt sich nicht prüfen."
        raise InvalidInput([FieldProblem("blatt", text)]) from error
    if not all(each.intact and each.covers_all for each in found):
        text = "Das Blatt wurde nach der elektronischen Unterschrift verändert (§ 33 Abs. 2)."
        raise InvalidInput([FieldProblem("blatt", text)])
    return [
        ", ".join(
            part
            for part in (
                each.signer,
                f"{each.signed_at.astimezone(BERLIN):%d.%m.%Y %H:%M} Uhr" if each.signed_at else "",
                "Inhalt unverändert",
                "" if each.trusted else "Herkunft des Zertifikats nicht geprüft",
            )
            if part
        )
        for each in found
    ]

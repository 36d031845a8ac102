"""The instruction on remedies (Rechtsbehelfsbelehrung), word for word what the law asks (pure).

§ 58 Abs. 1 VwGO wants remedy, court, seat and period. Anything more can make it misleading and
opens a year (§ 58 Abs. 2 VwGO), so nothing is added: no form, no fiction of notification.
"""

from __future__ import annotations

from dataclasses import dataclass

from abh.documents.letter_model import Office
from abh.documents.zeichnung_types import Remedy

TITLE = "Rechtsbehelfsbelehrung"


@dataclass(frozen=True, slots=True)
class RemedyNotice:
    """Heading and sentences of the instruction, and the norm of its period."""

    title: str
    paragraphs: tuple[str, ...]
    norm: str


def remedy_notice(kind: Remedy, office: Office) -> RemedyNotice | None:
    """Return the instruction for ``kind``, or None where the letter carries none."""
    if kind == Remedy.KLAGE:
        text = (
            "Gegen diesen Bescheid kann innerhalb eines Monats nach seiner Bekanntgabe Klage "
            f"beim {office.court.address}, erhoben werden."
        )
        # § 110 Abs. 1 JustG NRW: no objection procedure, so the action is the remedy.
        return RemedyNotice(TITLE, (text,), "§§ 58, 74 VwGO, § 110 JustG NRW")
    if kind == Remedy.EINSPRUCH:
        text = (
            "Gegen diesen Bußgeldbescheid kann innerhalb von zwei Wochen nach seiner Zustellung "
            "schriftlich oder zur Niederschrift Einspruch eingelegt werden bei: "
            f"{office.name}, {office.department}, {office.street}, "
            f"{office.postcode} {office.city}."
        )
        return RemedyNotice(TITLE, (text,), "§ 67 OWiG")
    return None

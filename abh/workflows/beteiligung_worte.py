"""How a participation stands, in German sentences with their norm (pure).

A clerk reads here what silence means, what proves that the request arrived, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from abh.workflows.beteiligung import Beteiligung, PartState
from abh.workflows.facts import german

# Ways on which a request goes to another authority; the first two are set when it is asked.
CHANNELS: Mapping[str, str] = {
    "behoerde": "Behördenpost",
    "nachricht": "Nachricht (XAusländer, AZR)",
    "bebpo": "beBPo",
    "email": "E-Mail",
    "fax": "Fax",
    "post": "Post",
    "telefon": "Telefon",
}


@dataclass(frozen=True, slots=True)
class Satz:
    """A sentence on a participation with the norm it rests on ("" for what merely happened)."""

    text: str
    norm: str = ""


@dataclass(frozen=True, slots=True)
class Weg:
    """How the request went out and what proves that it arrived; of the running round."""

    channel: str = ""
    reminded_on: date | None = None
    receipt: str = ""
    receipt_on: date | None = None


def stand(part: Beteiligung, weg: Weg) -> tuple[Satz, ...]:
    """Return how the participation stands: asked, reminded, received, and what silence does."""
    return (*_asked(part, weg), *_state(part), *_proof(part, weg))


def _asked(part: Beteiligung, weg: Weg) -> tuple[Satz, ...]:
    if part.requested_on is None:
        return (Satz("Noch nicht angefragt.", part.kind.norm),)
    how = CHANNELS.get(weg.channel, weg.channel)
    again = f" ({part.round - 1}. Nachfrage)" if part.round > 1 else ""
    way = f" über: {how}" if how else ""
    asked = Satz(f"Angefragt am {german(part.requested_on)}{way}{again}.", part.kind.norm)
    if weg.reminded_on is None:
        return (asked,)
    return (asked, Satz(f"Erinnert am {german(weg.reminded_on)}."))


def _state(part: Beteiligung) -> tuple[Satz, ...]:
    kind, on = part.kind, part.answered_on
    day = german(on) if on is not None else "unbekanntem Tag"
    if part.state is PartState.REQUESTED and part.due is not None:
        if kind.silence_is_consent:
            text = (
                f"Schweigt die Stelle bis zum {german(part.due)}, gilt ihre Zustimmung als erteilt."
            )
            return (Satz(text, kind.silence_norm),)
        text = f"Wiedervorlage am {german(part.due)}; Schweigen ist hier keine Zustimmung."
        return (Satz(text, kind.norm),)
    if part.state is PartState.NEEDS_INFO:
        return (_info_missing(part),)
    if part.state is PartState.CONSENTED:
        return (Satz(f"Zugestimmt am {day}.", kind.norm),)
    if part.state is PartState.REFUSED:
        return (Satz(f"Abgelehnt am {day}.", kind.norm),)
    if part.state is PartState.DEEMED_CONSENTED:
        text = f"Bis zum Ablauf des {day} kam keine Antwort; die Zustimmung gilt als erteilt."
        return (Satz(text, kind.silence_norm),)
    if part.state is PartState.OVERDUE:
        since = f" seit dem {german(part.due)}" if part.due is not None else ""
        text = f"Überfällig{since}; Schweigen ist hier keine Zustimmung. Bitte erinnern."
        return (Satz(text, kind.norm),)
    return ()


def _info_missing(part: Beteiligung) -> Satz:
    asked = f": {part.note}" if part.note else ""
    if part.kind.missing_info_ends:
        text = (
            f"Angaben fehlen{asked}. Die Frist ist beendet, aus Schweigen wird keine Zustimmung; "
            "mit der vervollständigten Anfrage beginnt sie neu."
        )
        return Satz(text, part.kind.silence_norm or part.kind.norm)
    days = "" if part.rest_days is None else f", {part.rest_days} Tage bleiben"
    text = f"Angaben fehlen{asked}. Die Frist steht{days}; vervollständigt läuft sie weiter."
    return Satz(text, part.kind.silence_norm or part.kind.norm)


def _proof(part: Beteiligung, weg: Weg) -> tuple[Satz, ...]:
    if weg.receipt:
        on = f" am {german(weg.receipt_on)}" if weg.receipt_on is not None else ""
        return (Satz(f"Zugang nachgewiesen{on}: {weg.receipt}."),)
    if part.state is PartState.REQUESTED and part.kind.silence_is_consent:
        text = "Der Zugang ist noch nicht nachgewiesen; ohne ihn trägt das Schweigen nicht."
        return (Satz(text, part.kind.silence_norm),)
    return ()

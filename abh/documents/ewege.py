"""Electronic service: choosing the way, handing over to the gateway, what its receipts mean."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.dispatch import refuse_to_the_dead, released
from abh.documents.house import House
from abh.documents.tables import Akte, Dispatch, Letter
from abh.documents.versandstelle import Event, GatewayFailed, Receipt
from abh.documents.zeichnung import channel_reasons, rule_of
from abh.documents.zeichnung_types import Channel, Mark, SigningFacts
from abh.documents.zugang import LEVELS, access_of
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound, SignatureRefused
from abh.kernel.fristen import Bekanntgabe, Kanal, bekanntgabe
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.service import enqueue

ELECTRONIC = frozenset({Channel.PORTAL, Channel.DEMAIL, Channel.BEBPO})


def choose_way(
    session: Session, house: House, actor: Actor, letter_id: int, channel: Channel
) -> Letter:
    """Set the way that a signed letter goes; only one that its rule lists and the law allows.

    Raises ``SignatureRefused`` with every reason, ``Conflict`` for a letter that has left.
    """
    letter = released(session, letter_id)
    if letter.state == "dispatched":
        raise Conflict("Dieser Brief hat das Haus schon verlassen.")
    reasons = channel_reasons(rule_of(house.zeichnung, letter), _facts(session, letter, channel))
    if reasons:
        raise SignatureRefused("; ".join(r.text for r in reasons), reasons=reasons)
    before, letter.channel = letter.channel, channel.value
    audit.record(
        session, actor, "letter.channel", "letter", letter.id, now=house.now(),
        vorgang_id=letter.vorgang_id, facts={"channel": channel.value, "before": before},
    )  # fmt: skip
    return letter


def send(
    session: Session, house: House, actor: Actor, letter_id: int, *, address: str = ""
) -> Dispatch:
    """Order the electronic service of a letter; the worker hands it to the gateway.

    ``address`` is the SAFE-ID of a court for beBPo; mailbox and De-Mail go where the consent
    says. Raises ``Conflict``, ``SignatureRefused``, ``InvalidInput``.
    """
    letter = released(session, letter_id)
    channel = Channel(letter.channel or "")
    if channel not in ELECTRONIC:
        raise Conflict("Dieser Brief geht nicht elektronisch.")
    refuse_to_the_dead(session, letter.akte_id, letter.content["addressee"])
    if house.gateway is None:
        raise Conflict("Der elektronische Versand ist hier nicht eingerichtet.")
    if letter.state == "dispatched":
        raise Conflict("Dieser Brief hat das Haus schon verlassen.")
    if letter.mark == Mark.HAND and house.sealer is None:
        raise Conflict("Dieser Brief wird von Hand unterschrieben und geht nicht elektronisch.")
    reasons = channel_reasons(rule_of(house.zeichnung, letter), _facts(session, letter, channel))
    if reasons:
        raise SignatureRefused("; ".join(r.text for r in reasons), reasons=reasons)
    if channel is Channel.BEBPO:
        where = address.strip()
        if not where or len(where) > 200 or any(c.isspace() for c in where):
            raise InvalidInput([FieldProblem("address", "Bitte die SAFE-ID des Gerichts angeben.")])
    else:
        access = access_of(session, _person_of(session, letter), channel)
        if access is None:
            raise Conflict("Der elektronische Zugang ist nicht eröffnet.")
        where = access.address
    row = Dispatch(
        letter_id=letter.id,
        channel=channel.value,
        handed_over_on=house.today,
        address=where,
        transfer="ordered",
        recorded_by=actor.user_id,
        recorded_at=house.now(),
    )
    session.add(row)
    session.flush()
    letter.state = "dispatched"
    enqueue(
        session, "ewege", f"ewege:{row.id}", {"dispatch": row.id},
        now=house.now(), vorgang_id=letter.vorgang_id,
    )  # fmt: skip
    audit.record(
        session, actor, "letter.dispatch", "letter", letter.id, now=house.now(),
        vorgang_id=letter.vorgang_id, facts={"channel": channel.value},
    )  # fmt: skip
    return row


def hand_to_gateway(
    session: Session, payload: dict[str, Any], ctx: HandlerContext
) -> dict[str, Any] | None:
    """Put the letter of a dispatch into the gateway's folder; the handler of kind ``ewege``."""
    house = ctx.clock
    if not isinstance(house, House) or house.gateway is None:
        raise DeliveryFailed("Der elektronische Versand ist nicht eingerichtet.", permanent=True)
    row = session.get(Dispatch, payload["dispatch"])
    letter = session.get(Letter, row.letter_id) if row is not None else None
    if row is None or letter is None or letter.pdf_sha256 is None:
        raise DeliveryFailed("Diesen Versandauftrag gibt es nicht.", permanent=True)
    slip = {
        "weg": row.channel,
        "an": row.address,
        "aktenzeichen": letter.content["reference"],
        "betreff": f"{letter.content['reference']} {letter.key}",
        "datei": f"versand-{row.id}.pdf",
        "sha256": letter.pdf_sha256,
        "absender": house.office.name,
    }
    if letter.content["your_reference"]:
        # Without the court's own number a message to a court finds no proceeding.
        slip["ihr_zeichen"] = letter.content["your_reference"]
    try:
        house.gateway.put(row.id, ctx.store.get(letter.pdf_sha256), slip)
    except GatewayFailed as error:
        raise DeliveryFailed(str(error)) from error
    return {"auftrag": f"versand-{row.id}"}


def apply_receipt(
    session: Session, house: House, receipt: Receipt
) -> tuple[Dispatch, Bekanntgabe | None] | None:
    """Write down what a gateway told; None when it was known already or comes too late.

    The case is locked by the caller. The second part is when the act counts as notified, if this
    receipt decides it: a mailbox by the retrieval within ten days (§ 41 Abs. 2a VwVfG NRW), De-Mail
    by its day of sending. Raises ``NotFound`` for a message that we never sent.
    """
    row = session.scalar(
        select(Dispatch).where(Dispatch.id == receipt.dispatch_id).with_for_update()
    )
    if row is None or not row.transfer:
        raise NotFound(f"Versandauftrag {receipt.dispatch_id}")
    day = receipt.at.astimezone(BERLIN).date()
    known: Bekanntgabe | None = None
    if receipt.event is Event.DELIVERED and row.transfer == "ordered":
        known = _delivered(house, row, day)
    elif receipt.event is Event.RETRIEVED and row.transfer in ("ordered", "delivered"):
        if row.channel != Channel.PORTAL:
            return None
        known = _retrieved(house, row, day)
        if not known.is_effective:
            _failed(session, row, "expired", "Nach Ablauf der zehn Tage abgerufen")
    elif receipt.event is Event.REFUSED and row.transfer in ("ordered", "delivered"):
        _failed(session, row, "refused", receipt.text or "Vom Betreiber abgelehnt")
    else:
        return None
    if known is not None and known.is_effective:
        row.notified_earliest, row.notified_latest = known.earliest, known.latest
        row.arithmetic = [f"{line.text} ({line.norm})" for line in known.lines]
    row.transfer_note = row.transfer_note or receipt.text
    session.flush()
    return row, known


def expire(session: Session, house: House, row: Dispatch) -> None:
    """End a mailbox message that nobody retrieved in time: it was never notified.

    § 41 Abs. 2a VwVfG NRW: the letter can be served anew, also by another way.
    """
    if row.transfer != "delivered" or row.retrieve_until is None:
        return
    _failed(session, row, "expired", f"Bis {row.retrieve_until:%d.%m.%Y} nicht abgerufen")
    if house.gateway is not None:
        house.gateway.recall(row.id)
    session.flush()


def unretrieved(session: Session, today: date, limit: int) -> list[Dispatch]:
    """Return mailbox messages whose days of retrieval are over; skips those at work elsewhere."""
    query = (
        select(Dispatch)
        .where(Dispatch.transfer == "delivered", Dispatch.retrieve_until < today)
        .order_by(Dispatch.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def _delivered(house: House, row: Dispatch, day: date) -> Bekanntgabe | None:
    row.transfer, row.served_on = "delivered", day
    if row.channel == Channel.DEMAIL:
        return bekanntgabe(Kanal.EMAIL, day, house.law)
    if row.channel == Channel.PORTAL:
        waiting = bekanntgabe(Kanal.PORTAL, day, house.law)
        row.retrieve_until = waiting.retrieve_until
        row.arithmetic = [f"{line.text} ({line.norm})" for line in waiting.lines]
    return None


def _retrieved(house: House, row: Dispatch, day: date) -> Bekanntgabe:
    # A gateway may tell of the retrieval before it told of the notice: that counts from there.
    notice = row.served_on or day
    known = bekanntgabe(Kanal.PORTAL, notice, house.law, retrieved=max(day, notice))
    row.transfer, row.served_on, row.retrieved_on = "retrieved", notice, max(day, notice)
    row.retrieve_until = known.retrieve_until
    return known


def _failed(session: Session, row: Dispatch, transfer: str, why: str) -> None:
    row.transfer, row.transfer_note = transfer, why
    row.returned_on, row.return_reason = row.served_on or row.handed_over_on, why
    row.notified_earliest = row.notified_latest = None
    row.arithmetic = [*row.arithmetic, f"{why}: nicht bekannt gegeben (§ 41 Abs. 2a VwVfG NRW)"]
    letter = released(session, row.letter_id)
    letter.state = "released"


def _facts(session: Session, letter: Letter, channel: Channel) -> SigningFacts:
    access = (
        access_of(session, _person_of(session, letter), channel)
        if channel in (Channel.PORTAL, Channel.DEMAIL)
        else None
    )
    return SigningFacts(
        letter_key=letter.key,
        channel=channel,
        outcome=letter.outcome,
        qes=letter.sealed_by is not None,
        portal_consent=access is not None,
        portal_authenticated=access is not None and access.level in LEVELS,
    )


def _person_of(session: Session, letter: Letter) -> int:
    return session.scalar(select(Akte.person_id).where(Akte.id == letter.akte_id)) or 0

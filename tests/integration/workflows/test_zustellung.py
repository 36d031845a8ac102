"""Electronic service: consent, gateway, receipts in any order, ten days, and the deed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents import zugang
from abh.documents.akte import NewSheet
from abh.documents.dispatch import confirm_hand_signed
from abh.documents.ewege import hand_to_gateway
from abh.documents.house import House
from abh.documents.tables import Blatt, Dispatch, Letter
from abh.documents.versandstelle import DONE, IN, OUT, UNCLEAR, Gateway
from abh.documents.zeichnung_types import Channel
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotFound, SignatureRefused
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.tables import OutboxMessage
from abh.simulate import ewege as operators
from abh.workflows import jobs, service, unterschrift, zustellung
from abh.workflows.tables import CaseFrist
from abh.workflows.versand import record_deed
from tests import factories
from tests.integration.workflows.play import OFFICE_CHECKS, Play


@pytest.fixture
def wired(house: House, tmp_path: Path) -> House:
    """A house with a gateway, whose table lets a refusal go by mailbox and De-Mail."""
    table = tuple(
        replace(
            version,
            rules=tuple(
                replace(rule, channels=(*rule.channels, Channel.PORTAL, Channel.DEMAIL))
                if rule.letter_key == "N12"
                else rule
                for rule in version.rules
            ),
        )
        for version in house.zeichnung
    )
    return replace(house, zeichnung=table, gateway=Gateway(tmp_path / "ewege"))


@pytest.fixture
def refused(
    session: Session, wired: House, clerk: Actor, lead: Actor, clock: FixedClock
) -> tuple[Play, Letter]:
    """A signed refusal that has not left; sealed, so that it may go electronically."""
    filed = factories.file_case(session, wired, applicant_actor(), degree_on="01.06.2020")
    play = Play(session, wired, filed.number)
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "vollstaendig")
    play.step(clerk, "anhoeren", reason="Das Gehalt reicht nicht.")
    clock.advance(timedelta(days=32))
    jobs.sweep_fristen(session, wired)
    done = play.step(clerk, "ablehnen", reason="Das Gehalt erreicht die Grenze nicht.")
    unterschrift.sign(session, wired, lead, done.pending_letter)
    (letter,) = play.letters("N12")
    letter.sealed_by, letter.mark = "Siegel", "name"
    session.flush()
    return play, letter


def _consent(session: Session, house: House, clerk: Actor, play: Play, **changes: str) -> int:
    facts = {"channel": "portal", "address": "konto-1", "level": "hoch", "evidence": "Antrag"}
    return zugang.open_access(
        session, house, clerk, play.case.person["id"], consent_on=house.today,
        **{**facts, **changes},  # type: ignore[arg-type]
    )  # fmt: skip


def _send(session: Session, house: House, clerk: Actor, letter: Letter, way: Channel) -> Dispatch:
    zustellung.choose_way(session, house, clerk, letter.id, way)
    zustellung.send(session, house, clerk, letter.id)
    row = session.scalars(
        select(Dispatch).where(Dispatch.letter_id == letter.id).order_by(Dispatch.id.desc())
    ).first()
    assert row is not None
    _deliver(session, house, row)
    return row


def _deliver(session: Session, house: House, row: Dispatch) -> None:
    order = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedup_key == f"ewege:{row.id}")
    ).one()
    ctx = HandlerContext(clock=house, settings=None, store=house.blobs)  # type: ignore[arg-type]
    hand_to_gateway(session, order.payload, ctx)


def _folder(house: House) -> Path:
    assert house.gateway is not None
    return house.gateway.folder


def _running(session: Session, play: Play) -> set[str]:
    return set(
        session.scalars(
            select(CaseFrist.kind).where(
                CaseFrist.vorgang_id == play.case.id, CaseFrist.status == "running"
            )
        )
    )


def test_an_act_goes_to_the_mailbox_only_with_consent_and_a_proven_account(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    with pytest.raises(SignatureRefused) as without:
        zustellung.choose_way(session, wired, clerk, letter.id, Channel.PORTAL)
    assert {r.key for r in without.value.reasons} == {"portal_ohne_einwilligung"}
    with pytest.raises(InvalidInput) as unproven:
        _consent(session, wired, clerk, play, level="")
    assert [p.field for p in unproven.value.problems] == ["level"]
    opened = _consent(session, wired, clerk, play)
    with pytest.raises(Conflict):
        _consent(session, wired, clerk, play)
    letter.sealed_by = None
    with pytest.raises(SignatureRefused) as unsealed:
        zustellung.choose_way(session, wired, clerk, letter.id, Channel.PORTAL)
    assert {r.key for r in unsealed.value.reasons} == {"portal_ohne_qes"}
    letter.sealed_by = "Siegel"
    zustellung.choose_way(session, wired, clerk, letter.id, Channel.PORTAL)
    # A consent that was taken back in between counts no more.
    zugang.revoke_access(session, wired, clerk, opened)
    with pytest.raises(SignatureRefused):
        zustellung.send(session, wired, clerk, letter.id)
    with pytest.raises(NotFound):
        zugang.revoke_access(session, wired, clerk, opened)
    with pytest.raises(SignatureRefused) as elsewhere:
        zustellung.choose_way(session, wired, clerk, letter.id, Channel.BEBPO)
    assert {r.key for r in elsewhere.value.reasons} == {"weg_nicht_zugelassen"}


def test_a_mailbox_notice_counts_from_its_retrieval_and_starts_the_action_period(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter], clock: FixedClock
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play)
    row = _send(session, wired, clerk, letter, Channel.PORTAL)
    slip = json.loads((_folder(wired) / OUT / f"versand-{row.id}.json").read_text("utf-8"))
    assert (slip["weg"], slip["an"], slip["sha256"]) == ("portal", "konto-1", letter.pdf_sha256)
    assert play.case.full_name not in json.dumps(slip, ensure_ascii=False)
    operators.look(_folder(wired), clock.now())
    assert zustellung.sweep_receipts(session, wired) == 1
    assert (row.transfer, row.notified_latest) == ("delivered", None)
    assert row.retrieve_until is not None
    assert row.retrieve_until >= wired.today + timedelta(days=10)
    assert "klage" not in _running(session, play)
    clock.advance(timedelta(days=3))
    operators.look(_folder(wired), clock.now())
    assert zustellung.sweep_receipts(session, wired) == 1
    assert (row.transfer, row.retrieved_on) == ("retrieved", wired.today)
    assert row.notified_earliest == wired.today + timedelta(days=1)
    assert {"klage", "klage_warnung"} <= _running(session, play)
    # The receipts were kept until their effect stood; now they are put away.
    assert zustellung.sweep_receipts(session, wired) == 0
    assert list((_folder(wired) / IN).glob("*.json")) == []
    assert len(list((_folder(wired) / DONE).glob("*.json"))) == 2


def test_what_nobody_retrieves_in_ten_days_is_not_notified_and_goes_another_way(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter], clock: FixedClock
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play, address="ungelesen-1")
    row = _send(session, wired, clerk, letter, Channel.PORTAL)
    operators.look(_folder(wired), clock.now())
    zustellung.sweep_receipts(session, wired)
    clock.advance(timedelta(days=10))
    if row.retrieve_until is not None and row.retrieve_until >= wired.today:
        assert zustellung.sweep_unretrieved(session, wired) == 0
    clock.advance(timedelta(days=4))
    assert zustellung.sweep_unretrieved(session, wired) == 1
    assert (row.transfer, row.notified_latest, letter.state) == ("expired", None, "released")
    assert "nicht bekannt gegeben" in row.arithmetic[-1]
    assert "klage" not in _running(session, play)
    assert (_folder(wired) / OUT / f"versand-{row.id}.rueckruf").exists()
    assert zustellung.sweep_unretrieved(session, wired) == 0
    # Retrieved after all that: too late, and nothing changes.
    late = {"auftrag": f"versand-{row.id}", "ereignis": "abgerufen", "am": clock.now().isoformat()}
    (_folder(wired) / IN / "spaet.json").write_text(json.dumps(late), "utf-8")
    assert zustellung.sweep_receipts(session, wired) == 0
    assert row.transfer == "expired"
    zustellung.choose_way(session, wired, clerk, letter.id, Channel.PZU)
    service.record_dispatch(session, wired, clerk, letter.id, on=wired.today, served_on=wired.today)
    assert "klage" in _running(session, play)


def test_de_mail_counts_on_the_fourth_day_and_a_receipt_told_twice_counts_once(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter], clock: FixedClock
) -> None:
    play, letter = refused
    with pytest.raises(InvalidInput):
        _consent(session, wired, clerk, play, channel="demail", address="ohne-at", level="")
    _consent(session, wired, clerk, play, channel="demail", address="doppelt@x.de-mail.example")
    row = _send(session, wired, clerk, letter, Channel.DEMAIL)
    operators.look(_folder(wired), clock.now())
    assert zustellung.sweep_receipts(session, wired) == 1
    assert row.notified_earliest == wired.today + timedelta(days=4)
    assert "klage" in _running(session, play)
    steps = len(play.case.row["fristen"])
    assert zustellung.sweep_receipts(session, wired) == 0
    assert len(play.case.row["fristen"]) == steps


def test_a_refused_message_leaves_the_letter_in_the_house(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter], clock: FixedClock
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play, address="abgelehnt-1")
    row = _send(session, wired, clerk, letter, Channel.PORTAL)
    operators.look(_folder(wired), clock.now())
    assert zustellung.sweep_receipts(session, wired) == 1
    assert (row.transfer, row.return_reason, letter.state) == (
        "refused", "Postfach unbekannt", "released",
    )  # fmt: skip
    zustellung.send(session, wired, clerk, letter.id)
    assert letter.state == "dispatched"


def test_receipts_that_nobody_can_read_or_that_are_not_ours_change_nothing(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter], clock: FixedClock
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play, address="kaputt-1")
    row = _send(session, wired, clerk, letter, Channel.PORTAL)
    operators.look(_folder(wired), clock.now())
    inbox = _folder(wired) / IN
    now = clock.now().isoformat()
    for name, text in {
        "fremd": json.dumps({"auftrag": "versand-999999", "ereignis": "zugestellt", "am": now}),
        "ohne-zone": json.dumps(
            {"auftrag": f"versand-{row.id}", "ereignis": "zugestellt", "am": "2026-11-23T08:00"}
        ),
        "unbekannt": json.dumps(
            {"auftrag": f"versand-{row.id}", "ereignis": "verbrannt", "am": now}
        ),
        "liste": "[1, 2]",
    }.items():
        (inbox / f"{name}.json").write_text(text, "utf-8")
    assert zustellung.sweep_receipts(session, wired) == 0
    assert (row.transfer, letter.state) == ("ordered", "dispatched")
    assert len(list((_folder(wired) / UNCLEAR).glob("*.json"))) == 4
    assert list(inbox.glob("*.json")) == []


def test_a_gateway_folder_that_is_read_only_keeps_the_order(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play)
    _folder(wired).parent.joinpath("ewege").write_text("kein Ordner")
    with pytest.raises(DeliveryFailed) as failed:
        _send(session, wired, clerk, letter, Channel.PORTAL)
    assert not failed.value.permanent
    assert "nicht beschreibbar" in failed.value.text


def test_without_a_gateway_nothing_goes_electronically(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    _consent(session, wired, clerk, play)
    zustellung.choose_way(session, wired, clerk, letter.id, Channel.PORTAL)
    with pytest.raises(Conflict):
        zustellung.send(session, replace(wired, gateway=None), clerk, letter.id)


def test_a_scanned_deed_is_filed_and_starts_the_action_period(
    session: Session, wired: House, clerk: Actor, lead: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    letter.mark = "hand"
    session.flush()
    confirm_hand_signed(session, wired, lead, letter.id)
    zustellung.choose_way(session, wired, clerk, letter.id, Channel.PZU)
    service.record_dispatch(session, wired, clerk, letter.id, on=wired.today)
    assert "klage" not in _running(session, play)
    deed = NewSheet(
        "Zustellungsnachweis", "scan", factories.a_pdf("Urkunde"), "application/pdf",
        wired.today, clerk.name,
    )  # fmt: skip
    with pytest.raises(InvalidInput):
        record_deed(session, wired, clerk, letter.id, deed, served_on=date(2020, 1, 1))
    record_deed(session, wired, clerk, letter.id, deed, served_on=wired.today)
    assert {"klage", "klage_warnung"} <= _running(session, play)
    rows = session.scalars(
        select(Dispatch).where(Dispatch.letter_id == letter.id).order_by(Dispatch.id)
    ).all()
    sheet = session.get_one(Blatt, rows[-1].deed_blatt_id or 0)
    assert sheet.title == "Zustellungsnachweis"
    assert rows[-1].notified_latest == wired.today


def test_registered_mail_counts_on_the_fourth_day_after_posting(
    session: Session, wired: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    zustellung.choose_way(session, wired, clerk, letter.id, Channel.REGISTERED)
    service.record_dispatch(session, wired, clerk, letter.id, on=wired.today)
    row = session.scalars(select(Dispatch).where(Dispatch.letter_id == letter.id)).one()
    assert row.notified_earliest == wired.today + timedelta(days=4)
    assert "klage" in _running(session, play)

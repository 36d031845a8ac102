"""Co-signatures, deputies for absence, exclusions: the signature table over real people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.access.tables import AuditEntry
from abh.documents import befugnisse
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.letters import LETTERS
from abh.documents.siegel import (
    FileSealer,
    SealFailed,
    certificate_of,
    check_signatures,
    make_demo_key,
)
from abh.documents.tables import Blatt, Letter, LetterSignature
from abh.documents.zeichnung_types import Channel
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, SignatureRefused
from abh.persons.tables import Person
from abh.workflows.tables import Vorgang
from tests import factories

DAY = date(2026, 11, 23)


@pytest.fixture
def engine(office_engine: Engine) -> Engine:
    """All sessions of these tests see the imported office."""
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    """The Düsseldorf office with a store of its own."""
    return factories.make_house(session, clock, tmp_path / "store", whole=True)


@pytest.fixture
def clerk(session: Session) -> Actor:
    """A trained clerk of SG1."""
    return factories.staff(session, "SG1", rank="SB")


@pytest.fixture
def lead(session: Session) -> Actor:
    """The lead of SG1."""
    return factories.staff(session, "SG1", rank="SGL")


@pytest.fixture
def division(session: Session) -> Actor:
    """The head of division, for all Sachgebiete."""
    return factories.actor_of(session, "c.vandersee")


@pytest.fixture
def head(session: Session) -> Actor:
    """The head of the office."""
    return factories.actor_of(session, "h.morgenroth")


@pytest.fixture
def case(session: Session, house: House) -> Vorgang:
    """A filed application: its file and its person."""
    filed = factories.file_case(session, house, applicant_actor())
    return session.get_one(Vorgang, filed.vorgang_id)


def _order(case: Vorgang, key: str, outcome: str = "", **changes: object) -> letters.LetterOrder:
    made = letters.LetterOrder(
        key=key,
        outcome=outcome,
        akte_id=case.akte_id,
        vorgang_id=case.id,
        unit_key="SG1",
        reference=case.number,
        recipient=("Thị Ánh Tuyết Nguyễn", "Graf-Adolf-Straße 12", "40212 Düsseldorf"),
        addressee="Thị Ánh Tuyết Nguyễn",
        fields=LETTERS[key].samples[outcome],
        channel=Channel.PZU,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _keys(error: DomainError) -> set[str]:
    return {reason.key for reason in error.reasons}


def test_an_expulsion_leaves_only_with_both_co_signatures_and_the_head(
    session: Session, house: House, case: Vorgang, clerk: Actor, division: Actor, head: Actor
) -> None:
    letter = letters.prepare(session, house, clerk, _order(case, "ausweisung"))
    with pytest.raises(SignatureRefused) as alone:
        letters.sign(session, house, head, letter.id)
    assert _keys(alone.value) == {"mitzeichnung_fehlt"}
    letters.cosign(session, house, division, letter.id, "ABL")
    legal = factories.staff(session, "SG6", rank="SB")
    with pytest.raises(SignatureRefused) as unknown:
        letters.cosign(session, house, legal, letter.id, "Recht")
    assert _keys(unknown.value) == {"mitzeichnung_nicht_befugt"}
    befugnisse.grant_mandate(session, legal.user_id or 0, valid_from=DAY, capacities=["Recht"])
    letters.cosign(session, house, legal, letter.id, "Recht")
    with pytest.raises(SignatureRefused) as twice:
        letters.cosign(session, house, legal, letter.id, "Recht")
    assert _keys(twice.value) == {"schon_mitgezeichnet"}
    assert letters.sign(session, house, head, letter.id).state == "released"
    with pytest.raises(Conflict):
        letters.cosign(session, house, legal, letter.id, "Recht")
    noted = session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.entity == "letter", AuditEntry.entity_id == letter.id)
        .order_by(AuditEntry.id)
    ).all()
    assert noted == ["letter.prepare", "letter.cosign", "letter.cosign", "letter.release"]


def test_who_prepared_does_not_co_sign_and_who_co_signed_does_not_sign(
    session: Session, house: House, case: Vorgang, clerk: Actor, division: Actor, head: Actor
) -> None:
    own = letters.prepare(session, house, division, _order(case, "ausweisung"))
    with pytest.raises(SignatureRefused) as refused:
        letters.cosign(session, house, division, own.id, "ABL")
    assert _keys(refused.value) == {"vier_augen"}
    letter = letters.prepare(session, house, clerk, _order(case, "ausweisung"))
    befugnisse.grant_mandate(session, division.user_id or 0, valid_from=DAY, capacities=["Recht"])
    letters.cosign(session, house, head, letter.id, "ABL")
    letters.cosign(session, house, division, letter.id, "Recht")
    with pytest.raises(SignatureRefused) as both:
        letters.sign(session, house, head, letter.id)
    assert _keys(both.value) == {"mitzeichner_zeichnet"}


def test_a_changed_content_voids_what_was_signed_before(
    session: Session, house: House, case: Vorgang, clerk: Actor, division: Actor, lead: Actor
) -> None:
    letter = letters.prepare(session, house, clerk, _order(case, "N12"))
    letter.content = {**letter.content, "addressee": "Jemand anders"}
    session.flush()
    with pytest.raises(SignatureRefused) as changed:
        letters.sign(session, house, lead, letter.id)
    assert _keys(changed.value) == {"nach_zeichnung_geaendert"}
    letters.send_back(session, house, lead, letter.id, "Anrede prüfen")
    voided = session.scalars(
        select(LetterSignature.voided_at).where(LetterSignature.letter_id == letter.id)
    ).all()
    assert voided
    assert None not in voided


def test_a_deputy_signs_in_the_place_of_the_absent_lead_only_while_that_lasts(
    session: Session, house: House, case: Vorgang, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    deputy = factories.staff(session, "SG1", rank="SB", nth=1)
    letter = letters.prepare(session, house, clerk, _order(case, "N12"))
    with pytest.raises(SignatureRefused) as before:
        letters.may_sign(session, house, deputy, letter)
    assert _keys(before.value) == {"rang_zu_niedrig"}
    befugnisse.appoint_deputy(
        session,
        house,
        lead,
        lead.user_id or 0,
        deputy.user_id or 0,
        valid_from=DAY,
        valid_until=date(2026, 12, 4),
        ground="Urlaub",
    )
    permission = letters.may_sign(session, house, deputy, letter)
    assert (permission.suffix, permission.acting_for) == ("Im Auftrag", lead.name)
    own = letters.prepare(session, house, deputy, _order(case, "N12"))
    with pytest.raises(SignatureRefused):
        letters.may_sign(session, house, deputy, own)
    later = replace(house, clock=FixedClock(clock.now().replace(month=12, day=5)))
    with pytest.raises(SignatureRefused) as after:
        letters.may_sign(session, later, deputy, letter)
    assert _keys(after.value) == {"rang_zu_niedrig"}


def test_a_deputy_needs_the_mandate_of_the_absent_and_stays_bound_by_four_eyes(
    session: Session, house: House, case: Vorgang, lead: Actor, head: Actor
) -> None:
    deputy = factories.staff(session, "SG1", rank="SB", nth=1)
    befugnisse.appoint_deputy(
        session, house, head, head.user_id or 0, deputy.user_id or 0,
        valid_from=DAY, valid_until=DAY, ground="Dienstreise",
    )  # fmt: skip
    trainee = replace(deputy, in_training=True)
    letter = letters.prepare(session, house, lead, _order(case, "N12"))
    with pytest.raises(SignatureRefused) as refused:
        letters.may_sign(session, house, trainee, letter)
    assert "einarbeitung" in _keys(refused.value)
    assert letters.may_sign(session, house, deputy, letter).acting_for == head.name


@pytest.mark.parametrize(
    "fault", [{"ground": " "}, {"valid_until": date(2026, 11, 22)}, {"same": True}]
)
def test_a_deputy_is_appointed_with_sense_or_not_at_all(
    session: Session, house: House, lead: Actor, clerk: Actor, fault: dict[str, object]
) -> None:
    same = fault.pop("same", False)
    facts = {"valid_from": DAY, "valid_until": DAY, "ground": "Urlaub", **fault}
    with pytest.raises(InvalidInput):
        befugnisse.appoint_deputy(
            session, house, lead, lead.user_id or 0,
            (lead if same else clerk).user_id or 0, **facts,  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_clerk_appoints_nobody_and_a_lead_nobody_of_another_sachgebiet(
    session: Session, house: House, clerk: Actor, lead: Actor
) -> None:
    other = factories.staff(session, "SG3", rank="SGL")
    for actor in (clerk, lead):
        with pytest.raises(NotAllowed):
            befugnisse.appoint_deputy(
                session, house, actor, other.user_id or 0, clerk.user_id or 0,
                valid_from=DAY, valid_until=DAY, ground="Urlaub",
            )  # fmt: skip


def test_who_is_excluded_signs_nothing_in_that_matter(
    session: Session, house: House, case: Vorgang, clerk: Actor, lead: Actor
) -> None:
    person = session.scalars(select(Person.id).where(Person.id == case.person_id)).one()
    befugnisse.exclude(session, house, lead, lead.user_id or 0, person, "Schwager, § 20 Nr. 2")
    befugnisse.exclude(session, house, lead, lead.user_id or 0, person, "noch einmal")
    letter = letters.prepare(session, house, clerk, _order(case, "N12"))
    with pytest.raises(SignatureRefused) as refused:
        letters.sign(session, house, lead, letter.id)
    assert _keys(refused.value) == {"ausgeschlossen"}
    assert befugnisse.exclusion_of(session, lead, person) == "Schwager, § 20 Nr. 2"
    with pytest.raises(NotAllowed):
        befugnisse.exclude(session, house, clerk, lead.user_id or 0, person, "weil")
    with pytest.raises(InvalidInput):
        befugnisse.exclude(session, house, lead, lead.user_id or 0, person, " ")


def test_a_letter_that_needs_reasons_is_refused_when_it_is_prepared(
    session: Session, house: House, case: Vorgang, clerk: Actor
) -> None:
    fields = {k: v for k, v in LETTERS["ausweisung"].samples[""].items() if k != "sections"}
    with pytest.raises(SignatureRefused) as refused:
        letters.prepare(session, house, clerk, _order(case, "ausweisung", fields=fields))
    assert _keys(refused.value) == {"begruendung_fehlt"}
    assert session.scalars(select(Letter).where(Letter.key == "ausweisung")).all() == []


def test_an_automatic_letter_with_free_text_waits_and_says_why(
    session: Session, house: House, case: Vorgang, clerk: Actor
) -> None:
    order = _order(case, "mahnung", extra={"free_text": True}, channel=Channel.POST)
    letter = letters.issue(session, house, clerk, order)
    assert letter.state == "signing"
    with pytest.raises(SignatureRefused) as refused:
        letters.sign(session, house, clerk, letter.id)
    assert _keys(refused.value) == {"automatisch_mit_handtext"}


def test_a_sealed_letter_keeps_the_hash_of_what_was_rendered(
    session: Session, house: House, case: Vorgang, clerk: Actor, lead: Actor, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    make_demo_key(tmp_path / "s.p12", b"wort", "Amt", now=now)
    sealer = FileSealer(tmp_path / "s.p12", b"wort", place="Düsseldorf", today=now)
    sealing = replace(house, sealer=sealer)
    plain = letters.sign(
        session, house, lead, letters.prepare(session, house, clerk, _order(case, "N12")).id
    )
    letter = letters.sign(
        session, sealing, lead, letters.prepare(session, sealing, clerk, _order(case, "N12")).id
    )
    assert (plain.unsealed_sha256, plain.sealed_by) == (None, None)
    stored = house.blobs.get(letter.pdf_sha256 or "")
    (found,) = check_signatures(stored, [certificate_of(tmp_path / "s.p12", b"wort")])
    assert found.sound
    assert letter.unsealed_sha256 not in (None, letter.pdf_sha256)
    assert "Amt" in (letter.sealed_by or "")


def test_a_seal_that_fails_leaves_no_letter_and_no_sheet(
    session: Session, house: House, case: Vorgang, clerk: Actor, lead: Actor
) -> None:
    class Broken:
        subject, certificate = "kaputt", b""

        def seal(self, pdf: bytes) -> bytes:
            raise SealFailed("Der Schlüssel antwortet nicht.")

    letter = letters.prepare(session, house, clerk, _order(case, "N12"))
    before = session.scalar(select(func.count()).select_from(Blatt))
    with pytest.raises(SealFailed), session.begin_nested():
        letters.sign(session, replace(house, sealer=Broken()), lead, letter.id)
    session.refresh(letter)
    assert (letter.state, letter.final_signer_id) == ("signing", None)
    assert session.scalar(select(func.count()).select_from(Blatt)) == before

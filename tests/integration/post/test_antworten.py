"""Status inquiries answered from the case: in the file, closed, or a draft in the folder."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from abh.access.tables import AuditEntry
from abh.documents import service as letters
from abh.documents.tables import Blatt, Letter
from abh.kernel.errors import Conflict, NotAllowed
from abh.outbox.tables import OutboxMessage
from abh.post import antworten, claims
from abh.post.tables import PostBundle
from abh.post.tables_plan import PostAnswer
from abh.workflows.tables import Vorgang
from tests.integration.post.conftest import PostRoom, letter


def asked(room: PostRoom, **changes: object) -> tuple[Vorgang, PostBundle]:
    """A case of the portal whose applicant asks for the state."""
    filed = room.case()
    case = room.session.get_one(Vorgang, filed.vorgang_id)
    values = {"kind": "inquiry", "channel": "portal", "person_id": case.person_id} | changes
    (taken,) = room.take(letter(unit_key=case.unit_key, **values))
    return case, room.bundle_of(taken)


def on(room: PostRoom, unit: str = "SG1") -> None:
    antworten.switch(room.session, room.lead(unit), unit, True, clock=room.house)


def answers(room: PostRoom) -> list[PostAnswer]:
    return list(room.session.scalars(select(PostAnswer).order_by(PostAnswer.id)))


def test_a_proven_sender_is_answered_in_the_file_and_by_mail(room: PostRoom) -> None:
    case, bundle = asked(room)
    assert antworten.sweep(room.session, room.house, 10) == 0
    on(room)
    assert antworten.sweep(room.session, room.house, 10) == 1
    (made,) = answers(room)
    assert made.automatic
    sent = room.session.get_one(Letter, made.letter_id)
    assert (sent.key, sent.outcome, sent.state) == ("N03", "automatisch", "released")
    assert "Uns liegen vor:" in sent.content["fields"]["status_words"]
    sheet = room.session.get_one(Blatt, sent.blatt_id or 0)
    assert sheet.vorgang_id == case.id
    room.session.refresh(bundle)
    assert bundle.closed_at is not None
    mails = room.session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedup_key.like(f"mail:brief:%:{sent.id}"))
    ).all()
    assert len(mails) == 1
    assert antworten.sweep(room.session, room.house, 10) == 0


def test_in_the_language_of_the_person(room: PostRoom) -> None:
    case, _bundle = asked(room)
    case.language = "uk"
    room.session.flush()
    on(room)
    antworten.sweep(room.session, room.house, 10)
    sent = room.session.get_one(Letter, answers(room)[0].letter_id)
    (foreign,) = sent.content["foreign"]
    assert foreign["lang"] == "uk"
    assert foreign["paragraphs"][0] != sent.content["fields"]["status_words"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "email", "sender": "Ada <ada@anderswo.example>"}, "Absender"),
        ({"channel": "paper"}, "Absender"),
    ],
)
def test_an_unproven_sender_makes_a_draft_that_a_person_signs(
    room: PostRoom, change: dict[str, object], reason: str
) -> None:
    _case, bundle = asked(room, **change)
    on(room)
    assert antworten.sweep(room.session, room.house, 10) == 1
    (made,) = answers(room)
    assert not made.automatic
    assert reason in made.why_draft
    draft = room.session.get_one(Letter, made.letter_id)
    assert (draft.outcome, draft.state, draft.blatt_id) == ("", "signing", None)
    assert antworten.sweep(room.session, room.house, 10) == 0
    letters.sign(room.session, room.house, room.clerk(), draft.id)
    assert antworten.sweep(room.session, room.house, 10) == 1
    room.session.refresh(bundle)
    assert bundle.closed_at is not None


def test_a_mail_from_the_address_in_the_file_is_proven(room: PostRoom) -> None:
    case, bundle = asked(room, kind="inquiry")
    email = room.session.execute(
        text("SELECT email FROM person WHERE id = :id"), {"id": case.person_id}
    ).scalar_one()
    room.session.execute(
        text("UPDATE post_item SET channel = 'email', sender = :said WHERE bundle_id = :id"),
        {"said": f"Ada <{email.upper()}>", "id": bundle.id},
    )
    on(room)
    antworten.sweep(room.session, room.house, 10)
    assert answers(room)[0].automatic


def test_a_draft_that_was_voided_and_new_post_do_not_close_anything(room: PostRoom) -> None:
    case, bundle = asked(room, channel="paper")
    on(room)
    antworten.sweep(room.session, room.house, 10)
    draft = answers(room)[0].letter_id
    room.take(letter(person_id=case.person_id, unit_key=case.unit_key, kind="documents"))
    letters.sign(room.session, room.house, room.clerk(), draft)
    antworten.sweep(room.session, room.house, 10)
    room.session.refresh(bundle)
    assert bundle.closed_at is None


def test_in_a_household_nobody_gets_the_state_of_another(room: PostRoom) -> None:
    case, _bundle = asked(room)
    other = room.person("Grace")
    room.session.execute(text("INSERT INTO household (name) VALUES ('Lovelace')"))
    room.session.execute(
        text("UPDATE person SET household_id = (SELECT max(id) FROM household) WHERE id = ANY(:p)"),
        {"p": [case.person_id, other.id]},
    )
    room.session.expire_all()
    (taken,) = room.take(
        letter(kind="inquiry", channel="portal", person_id=other.id, unit_key=case.unit_key)
    )
    with pytest.raises(Conflict, match="keinen offenen Vorgang"):
        antworten.answer(room.session, room.house, room.clerk(), room.bundle_of(taken).id)


def test_a_clerk_drafts_only_what_is_free_or_in_hand_and_only_once(room: PostRoom) -> None:
    _case, bundle = asked(room)
    clerk, other = room.clerk(), room.clerk(nth=1)
    assert claims.pull(room.session, clerk, clock=room.house) == bundle.id
    with pytest.raises(Conflict, match="anderer Hand"):
        antworten.answer(room.session, room.house, other, bundle.id)
    made = antworten.answer(room.session, room.house, clerk, bundle.id)
    assert not made.automatic
    with pytest.raises(Conflict, match="wartet schon"):
        antworten.answer(room.session, room.house, clerk, bundle.id)
    letters.sign(room.session, room.house, clerk, made.letter_id)
    antworten.sweep(room.session, room.house, 10)
    room.session.refresh(bundle)
    assert bundle.closed_at is not None


def test_only_the_lead_switches_and_it_is_logged(room: PostRoom) -> None:
    with pytest.raises(NotAllowed):
        antworten.switch(room.session, room.clerk(), "SG1", True, clock=room.house)
    on(room)
    assert antworten.is_on(room.session, "SG1")
    entry = room.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "post.auto_answer")
    ).one()
    assert entry.facts == {"unit": "SG1", "on": True}


def test_n01b_confirms_and_leaves_the_post_open(room: PostRoom) -> None:
    _case, bundle = asked(room)
    made = antworten.acknowledge(room.session, room.house, bundle)
    assert (made.key, made.outcome, made.state) == ("N01", "post", "released")
    assert "1 Eingänge" in made.content["fields"]["opening"][0]
    room.session.refresh(bundle)
    assert bundle.closed_at is None
    (taken,) = room.take(letter())
    with pytest.raises(Conflict, match="unbekannt"):
        antworten.acknowledge(room.session, room.house, room.bundle_of(taken))
    (taken,) = room.take(letter(person_id=room.person("Eva").id))
    with pytest.raises(Conflict, match="Anschrift"):
        antworten.acknowledge(room.session, room.house, room.bundle_of(taken))

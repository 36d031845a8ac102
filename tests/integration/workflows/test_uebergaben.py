"""A case has one responsible clerk; it changes hands with a reason, and every change is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from abh import wiring
from abh.access.actor import Actor, applicant_actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.appointments import planning
from abh.documents.house import House
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed
from abh.office import repository as offices
from abh.outbox import signals
from abh.outbox.resolve import resolve
from abh.post.aufnahme import NewItem, take_in
from abh.workflows import leitungslisten as listen
from abh.workflows import sammeluebergabe, uebergaben
from abh.workflows.leitungslisten import Choice
from abh.workflows.tables import Vorgang
from abh.workflows.uebergaben import Aim
from tests import factories

WHY = "Zu viele Vorgänge in einer Hand."
DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _listeners():
    found = resolve(name for names in wiring.SIGNALS.values() for name in names)
    table = {key: [found[name] for name in names] for key, names in wiring.SIGNALS.items()}
    with signals.connected(table):
        yield


def case(session: Session, house: House, **changes: object) -> Vorgang:
    filed = factories.file_case(session, house, applicant_actor(), **changes)
    return session.get_one(Vorgang, filed.vorgang_id)


def person(session: Session, login: str) -> Actor:
    return actor_of_user(session.query(AppUser).filter(AppUser.login == login).one())


def others(session: Session, row: Vorgang) -> list[int]:
    """Trained clerks of the unit besides the owner."""
    return list(
        session.scalars(
            text(
                "SELECT u.id FROM app_user u JOIN qualification q ON q.user_id = u.id"
                " WHERE q.verfahren = :v AND q.level = 'trained' AND u.unit_key = :unit"
                " AND u.role = 'clerk' AND u.id <> :owner ORDER BY u.login"
            ),
            {"v": row.verfahren, "unit": row.unit_key, "owner": row.owner_id},
        )
    )


def give(session: Session, house: House, who: Actor, row: Vorgang, aim: Aim, why: str = WHY):
    session.refresh(row)
    return uebergaben.hand_over(
        session, house, who, row.id, aim, why, expected_version=row.row_version
    )


def test_an_intake_assigns_at_once_and_passes_over_who_is_away(
    session: Session, house: House, lead: Actor
) -> None:
    first = case(session, house)
    assert first.owner_id is not None
    planning.record_absence(
        session, lead, first.owner_id, first=DAY, last=DAY + timedelta(days=9), clock=house
    )
    best = offices.trained_with_fewest_cases(session, "SG1", "P02", on=DAY)
    away = {first.owner_id}
    assert best not in away
    later = DAY + timedelta(days=30)
    assert offices.trained_with_fewest_cases(session, "SG1", "P02", on=later) is not None
    assert case(session, house, person__family_name="Sharma").owner_id not in away


def test_a_hand_over_is_a_line_with_its_reason_and_is_counted(
    session: Session, house: House, lead: Actor
) -> None:
    row = case(session, house)
    before, version = row.owner_id, row.row_version
    to = others(session, row)[0]
    done = give(session, house, lead, row, Aim(user=to))
    session.refresh(row)
    assert (row.owner_id, row.row_version) == (to, version + 1)
    assert done.row_version == version + 1
    line = session.execute(
        text("SELECT reason, facts FROM vorgang_step WHERE step = 'uebergabe'")
    ).one()
    assert line.reason == WHY
    assert (line.facts["from_user"], line.facts["to_user"]) == (before, to)
    assert line.facts["kind"] == "sachgebiet"
    (still_open,) = listen.months(session, lead, "SG1", DAY)
    assert (still_open.month, still_open.one, still_open.median) == (None, 1, 1.0)
    (shown,) = listen.handed_over(session, lead, "SG1", None, 1, 1)
    assert shown["lines"][0]["reason"] == WHY
    assert listen.handed_over(session, lead, "SG1", None, 2, 99) == []


def test_what_must_not_be(session: Session, house: House, lead: Actor, trainee: Actor) -> None:
    row = case(session, house)
    colleagues = others(session, row)
    outsider = person(session, "e.yildizer")
    stranger = factories.staff(session, "SG1", rank="SB")
    for who in (outsider, stranger):
        if who.user_id != row.owner_id:
            with pytest.raises(NotAllowed):
                give(session, house, who, row, Aim(user=colleagues[0]))
    for aim, why, field in (
        (Aim(user=colleagues[0]), "kurz", "reason"),
        (Aim(user=row.owner_id), WHY, "user"),
        (Aim(user=trainee.user_id), WHY, "user"),
        (Aim(user=outsider.user_id), WHY, "user"),
        (Aim(unit="SG1"), WHY, "unit"),
        (Aim(unit="SG99"), WHY, "unit"),
    ):
        with pytest.raises(InvalidInput) as refused:
            give(session, house, lead, row, aim, why)
        assert [problem.field for problem in refused.value.problems] == [field]
    with pytest.raises(Conflict):
        uebergaben.hand_over(
            session, house, lead, row.id, Aim(), WHY, expected_version=row.row_version + 5
        )


def test_the_cover_may_take_over_and_it_counts_as_cover(
    session: Session, house: House, lead: Actor
) -> None:
    row = case(session, house)
    deputy = others(session, row)[0]
    owner = row.owner_id
    assert owner is not None
    planning.record_absence(session, lead, owner, first=DAY, last=DAY, cover_id=deputy, clock=house)
    me = replace(lead, user_id=deputy, powers=lead.powers - {"unit.lead"})
    give(session, house, me, row, Aim(user=deputy))
    line = session.execute(text("SELECT facts FROM vorgang_step WHERE step = 'uebergabe'")).one()
    assert line.facts["kind"] == "vertretung"
    session.refresh(row)
    assert row.owner_id == deputy


def test_another_unit_has_a_clerk_at_once_and_gets_letters_and_post(
    session: Session, house: House, lead: Actor
) -> None:
    row = case(session, house)
    item = NewItem(
        DAY, "paper", "lawyer", "Nachreichung", "SG1", person_id=row.person_id, vorgang_id=row.id
    )
    take_in(session, applicant_actor(), [item], house.blobs, clock=house)
    give(session, house, lead, row, Aim(unit="SG3"))
    session.refresh(row)
    unit = session.scalar(
        text("SELECT unit_key FROM app_user WHERE id = :id"), {"id": row.owner_id}
    )
    assert (row.unit_key, unit) == ("SG3", "SG3")
    units = session.scalars(
        text(
            "SELECT unit_key FROM letter WHERE vorgang_id = :id UNION ALL SELECT i.unit_key FROM"
            " post_item i WHERE vorgang_id = :id UNION ALL SELECT b.unit_key FROM post_bundle b"
            " JOIN post_item i ON i.bundle_id = b.id WHERE i.vorgang_id = :id"
        ),
        {"id": row.id},
    ).all()
    assert len(units) >= 3
    assert set(units) == {"SG3"}


def test_what_ties_a_case_to_its_unit_is_told(session: Session, house: House, lead: Actor) -> None:
    row = case(session, house)
    session.execute(
        text("UPDATE letter SET state = 'signing' WHERE vorgang_id = :i"), {"i": row.id}
    )
    with pytest.raises(Conflict, match="wartet auf Unterschrift"):
        give(session, house, lead, row, Aim(unit="SG3"))


def test_a_bulk_hand_over_can_be_undone_and_tells_each_result(
    session: Session, house: House, lead: Actor, clock
) -> None:
    rows = [case(session, house, person__family_name=name) for name in ("Okonkwo", "Sharma")]
    choice = Choice(ids=tuple(row.id for row in rows))
    to = others(session, rows[0])[-1]

    def order(expected: int = 2):
        return sammeluebergabe.order(
            session, lead, "SG1", choice, Aim(user=to), WHY,
            expected=expected, day=DAY, clock=house,
        )  # fmt: skip

    with pytest.raises(Conflict, match="Inzwischen sind es 2"):
        order(3)
    run = order()
    assert sammeluebergabe.carry_out(session, house) == 0
    sammeluebergabe.undo(session, lead, run.id, clock=house)
    clock.advance(timedelta(minutes=1))
    assert sammeluebergabe.carry_out(session, house) == 0
    run = order()
    give(session, house, lead, rows[0], Aim(user=others(session, rows[0])[0]))
    clock.advance(timedelta(minutes=1))
    assert sammeluebergabe.carry_out(session, house, 1) == 1
    assert sammeluebergabe.result(session, lead, run.id).counts.waiting == 1
    while sammeluebergabe.carry_out(session, house):
        pass
    found = sammeluebergabe.result(session, lead, run.id)
    assert found.counts.waiting == 0
    assert found.run.done_at is not None
    details = {row["vorgang_id"]: (row["outcome"], row["detail"]) for row in found.rows}
    assert details[rows[0].id][0] == "skipped"
    assert "schon jemand anderes" in details[rows[0].id][1]
    with pytest.raises(Conflict):
        sammeluebergabe.undo(session, lead, run.id, clock=house)


def test_cases_without_a_clerk_are_a_fault_that_is_listed(
    session: Session, house: House, lead: Actor
) -> None:
    row = case(session, house)
    assert listen.cases(session, lead, "SG1", Choice(listen.NOBODY), day=DAY) == []
    for sql in (
        "UPDATE vorgang SET owner_id = NULL WHERE id = :id",
        "UPDATE vorgang SET owner_id = (SELECT id FROM app_user WHERE login = 'e.yildizer')"
        " WHERE id = :id",
    ):
        session.execute(text(sql), {"id": row.id})
        (found,) = listen.cases(session, lead, "SG1", Choice(listen.NOBODY), day=DAY)
        assert found["number"] == row.number
    session.execute(text("UPDATE vorgang SET owner_id = NULL"))
    session.expire_all()
    give(session, house, lead, row, Aim())
    assert listen.cases(session, lead, "SG1", Choice(listen.NOBODY), day=DAY) == []
    (still_open,) = listen.months(session, lead, "SG1", DAY)
    assert still_open.none == 1


def test_lists_are_for_the_lead_of_the_unit_only(session: Session, house: House, lead, clerk):
    with pytest.raises(NotAllowed):
        listen.cases(session, clerk, "SG1", Choice(), day=DAY)
    with pytest.raises(NotAllowed):
        listen.clerks(session, lead, "SG7", day=DAY, soon=DAY)

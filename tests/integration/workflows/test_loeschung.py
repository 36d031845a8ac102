"""Retention: clocks of the Aktenplan, holds, the four-eyes run, and what is left after it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.access.jobs import seal_log
from abh.access.verify import verify
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.aktenpruefung import verify_files
from abh.documents.entsorgung import sweep_contents
from abh.documents.house import House
from abh.documents.store import GRACE_SECONDS
from abh.documents.tables import Akte, Blatt
from abh.documents.tables_akte import DeletionItem, DeletionRun
from abh.documents.textschicht import keep_texts
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.tables import import_tables
from abh.workflows import aufbewahrung, blattvernichtung, loeschlauf, loeschung
from abh.workflows.jobs import sweep_fristen
from abh.workflows.loeschlauf import DeletionRefused
from tests import factories
from tests.integration.workflows.play import Play

LATER = datetime(2037, 2, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def closed(session: Session, house: House) -> Play:
    """A withdrawn application whose applicant moved away the same day."""
    filed = factories.file_case(session, house, applicant_actor())
    play = Play(session, house, filed.number)
    _close(session, play.case.id, house.now())
    return play


def _close(session: Session, vorgang_id: int, now: datetime) -> None:
    session.execute(
        text("UPDATE vorgang SET state = 'withdrawn', closed_at = :now WHERE id = :id"),
        {"id": vorgang_id, "now": now},
    )
    for sql in (
        "UPDATE fee SET status = 'waived', waiver_norm = '§ 53 AufenthV' WHERE vorgang_id = :id",
        "UPDATE frist SET status = 'ended' WHERE vorgang_id = :id",
    ):
        session.execute(text(sql), {"id": vorgang_id})


def _end(play: Play, actor: Actor, ground: str = "fortzug") -> None:
    akte = play.case.vorgang["akte_id"]
    on = play.house.today
    aufbewahrung.end_file(play.session, play.house, actor, akte, on=on, ground=ground)


def _due_run(play: Play, clerk: Actor, clock: FixedClock) -> DeletionRun:
    _end(play, clerk)
    clock.at = LATER
    aufbewahrung.sweep_retention(play.session, play.house)
    return play.session.scalars(select(DeletionRun)).one()


def _ready(run: DeletionRun, play: Play, clerk: Actor) -> None:
    loeschlauf.offer_to_archive(play.session, play.house, clerk, run.id)
    loeschlauf.record_answer(play.session, play.house, clerk, run.id, "Kein Interesse.")
    loeschlauf.check(play.session, play.house, clerk, run.id)


def test_the_end_of_a_file_starts_a_clock_with_norm_and_arithmetic(
    closed: Play, clerk: Actor
) -> None:
    assert all(row["kind"] != aufbewahrung.CLOCK for row in closed.case.row["fristen"])
    _end(closed, clerk)
    clock = next(r for r in closed.case.row["fristen"] if r["kind"] == aufbewahrung.CLOCK)
    assert clock["due_on"] == "2036-11-23"
    assert clock["norm"] == "§ 68 Abs. 2 Satz 2 AufenthV"
    assert any("10 Jahre" in line for line in clock["arithmetic"])
    with pytest.raises(InvalidInput, match="zuerst den Tod"):
        _end(closed, clerk, "tod")
    closed.session.execute(text("UPDATE person SET died_on = '2026-11-23', email = ''"))
    closed.session.expire_all()
    _end(closed, clerk, "tod")
    rows = [r for r in closed.case.row["fristen"] if r["kind"] == aufbewahrung.CLOCK]
    assert {r["status"]: r["due_on"] for r in rows} == {
        "ended": "2036-11-23",
        "running": "2031-11-23",
    }


def test_a_file_with_an_open_case_has_no_end(session: Session, house: House, clerk: Actor) -> None:
    play = Play(session, house, factories.file_case(session, house, applicant_actor()).number)
    with pytest.raises(Conflict, match="offen"):
        _end(play, clerk)
    _close(session, play.case.id, house.now())
    with pytest.raises(InvalidInput, match="Zukunft"):
        aufbewahrung.end_file(
            session, house, clerk, play.case.vorgang["akte_id"],
            on=house.today + timedelta(days=1), ground="fortzug",
        )  # fmt: skip
    stranger = factories.staff(session, "SG2", rank="SB")
    with pytest.raises(NotAllowed):
        _end(play, stranger)


def test_a_later_application_brings_the_file_back_to_life(
    closed: Play, clerk: Actor, clock: FixedClock
) -> None:
    _end(closed, clerk)
    akte_id = closed.case.vorgang["akte_id"]
    clock.at = datetime(2030, 5, 6, 9, 0, tzinfo=UTC)
    closed.session.execute(
        text("UPDATE vorgang SET received_on = '2030-05-06' WHERE id = :id"), {"id": closed.case.id}
    )
    aufbewahrung.sweep_retention(closed.session, closed.house)
    closed.session.expire_all()
    assert closed.session.get_one(Akte, akte_id).ended_on is None
    clocks = [r["status"] for r in closed.case.row["fristen"] if r["kind"] == aufbewahrung.CLOCK]
    assert clocks == ["ended"]


def test_what_is_due_is_proposed_once(closed: Play, clerk: Actor, clock: FixedClock) -> None:
    _end(closed, clerk)
    clock.at = datetime(2036, 11, 23, 9, 0, tzinfo=UTC)
    assert aufbewahrung.sweep_retention(closed.session, closed.house) == 0
    clock.at = datetime(2036, 11, 24, 9, 0, tzinfo=UTC)
    sweep_fristen(closed.session, closed.house)
    assert aufbewahrung.sweep_retention(closed.session, closed.house) == 1
    assert aufbewahrung.sweep_retention(closed.session, closed.house) == 0
    item = closed.session.scalars(select(DeletionItem)).one()
    assert (item.kind, item.norm, item.due_on) == (
        "datei_b",
        "§ 68 Abs. 2 Satz 2 AufenthV",
        date(2036, 11, 23),
    )


def test_the_run_needs_the_archive_and_two_different_people(
    closed: Play, clerk: Actor, lead: Actor, trainee: Actor, clock: FixedClock
) -> None:
    session, house = closed.session, closed.house
    run = _due_run(closed, clerk, clock)
    with pytest.raises(DeletionRefused) as refused:
        loeschlauf.approve(session, house, lead, run.id)
    assert {r.key for r in refused.value.reasons} == {"nicht_geprueft", "anbieten"}
    with pytest.raises(NotAllowed):
        loeschlauf.check(session, house, trainee, run.id)
    with pytest.raises(NotFound):
        loeschlauf.check(session, house, factories.staff(session, "SG2", rank="SGL"), run.id)
    loeschlauf.offer_to_archive(session, house, lead, run.id)
    assert run.answer_due_on == date(2037, 8, 2)
    loeschlauf.check(session, house, lead, run.id)
    with pytest.raises(DeletionRefused) as refused:
        loeschlauf.approve(session, house, lead, run.id)
    assert {r.key for r in refused.value.reasons} == {"vier_augen", "archiv_offen"}
    with pytest.raises(NotAllowed):
        loeschlauf.approve(session, house, clerk, run.id)
    with pytest.raises(IntegrityError, match="four_eyes"), session.begin_nested():
        session.execute(text("UPDATE deletion_run SET approved_by = checked_by"))
    assert session.scalars(select(Blatt)).first() is not None


def test_after_the_run_nothing_of_the_person_is_left_but_a_record(
    closed: Play, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    session, house, number = closed.session, closed.house, closed.number
    sheets = session.scalars(select(Blatt)).all()
    hashes = {sheet.blob_sha256 for sheet in sheets}
    run = _due_run(closed, clerk, clock)
    _ready(run, closed, clerk)
    loeschlauf.approve(session, house, lead, run.id)
    session.expire_all()
    item = session.scalars(select(DeletionItem)).one()
    assert (item.state, item.vorgang_id, item.akte_id) == ("deleted", None, None)
    assert (item.sheets, item.size > 0, len(item.digest)) == (len(sheets), True, 64)
    (found,) = loeschlauf.find_records(session, house, lead, number)
    assert found.id == item.id
    assert loeschlauf.find_records(session, house, lead, "ABH-2026-9999999") == []
    stranger = replace(lead, unit_key="SG2")
    assert loeschlauf.find_records(session, house, stranger, number) == []
    left = _tables_with_rows(session)
    assert left.isdisjoint(
        {"person", "akte", "vorgang", "blatt", "letter", "vorgang_step", "frist", "evidence"}
    )
    words = " ".join(
        str(row)
        for name in sorted(left & {"deletion_item", "deletion_run", "audit_entry", "blob_removal"})
        for row in session.execute(text(f"SELECT * FROM {name}"))
    )
    for secret in ("Nguyễn", "Tuyết", "Graf-Adolf", "tuyet@", number):
        assert secret not in words
    assert sweep_contents(session, house) == 0, "too young: somebody may be filing it"
    _age_all(house)
    assert sweep_contents(session, house) == len(hashes)
    assert not any(house.blobs.exists(sha) for sha in hashes)
    assert verify_files(session, house.blobs).faults == ()
    seal_log(session, house, 100_000)
    assert verify(session, now=house.now()).ok


def test_a_content_that_another_file_holds_stays(
    closed: Play, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    session, house = closed.session, closed.house
    other = factories.file_case(
        session, house, applicant_actor(), person__family_name="Okafor",
        person__given_names="Chidi", person__email="chidi@example.org",
    )  # fmt: skip
    shared = {row.blob_sha256 for row in session.scalars(select(Blatt)) if row.origin == "upload"}
    run = _due_run(closed, clerk, clock)
    _ready(run, closed, clerk)
    loeschlauf.approve(session, house, lead, run.id)
    _age_all(house)
    sweep_contents(session, house)
    assert shared
    assert all(house.blobs.exists(sha) for sha in shared)
    assert verify_files(session, house.blobs).faults == ()
    assert Play(session, house, other.number).case.person["family_name"] == "Okafor"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "UPDATE vorgang SET progress = jsonb_set(progress, '{remedy}',"
            ' \'{"action_filed_on": "2027-01-10", "outcome": "OPEN"}\') WHERE id = :id',
            "Klage",
        ),
        ("UPDATE fee SET status = 'due', waiver_norm = '' WHERE vorgang_id = :id", "Gebühr"),
        (
            "INSERT INTO deletion_hold (akte_id, reason, set_by, set_at)"
            " SELECT akte_id, 'Auskunft läuft', (SELECT min(id) FROM app_user), now()"
            " FROM vorgang WHERE id = :id",
            "Löschsperre: Auskunft läuft",
        ),
        (
            "WITH other AS (INSERT INTO vorgang"
            " SELECT (jsonb_populate_record(v, jsonb_build_object('id', 999999, 'number',"
            " 'ABH-2026-0999999', 'status_token_hash', 'x', 'verfahren', 'P38'))).*"
            " FROM vorgang v WHERE v.id = :id RETURNING id)"
            " INSERT INTO frist (vorgang_id, kind, law_key, label, norm, starts_on, due_on)"
            " SELECT id, 'aktenplan', 'ausweisung', 'x', '§', '2027-01-01', '2099-01-01'"
            " FROM other",
            "§ 68 Abs. 2 Satz 1 AufenthV",
        ),
        (
            "INSERT INTO frist (vorgang_id, kind, label, norm, starts_on, due_on)"
            " VALUES (:id, 'x', 'x', '§', '2027-01-01', '2099-01-01')",
            "Frist",
        ),
    ],
    ids=["action", "fee", "hold", "expulsion", "clock"],
)
def test_what_is_held_meanwhile_is_not_deleted_and_says_why(
    closed: Play, clerk: Actor, lead: Actor, clock: FixedClock, sql: str, words: str
) -> None:
    session, house = closed.session, closed.house
    run = _due_run(closed, clerk, clock)
    _ready(run, closed, clerk)
    session.execute(text(sql), {"id": closed.case.id})
    loeschlauf.approve(session, house, lead, run.id)
    item = session.scalars(select(DeletionItem)).one()
    assert item.state == "held"
    assert words in item.note
    assert closed.case.person["family_name"] == "Nguyễn"


def test_expulsion_goes_by_its_own_period_and_leaves_the_file(
    closed: Play, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    session, house = closed.session, closed.house
    first = closed.case
    session.execute(
        text("UPDATE vorgang SET verfahren = 'P38', state = 'lifted', antrag = '{}' WHERE id = :i"),
        {"i": first.id},
    )
    second = factories.file_case(
        session, house, applicant_actor(), person__given_names="Thị Ánh Tuyết"
    )
    akte = {Play(session, house, n).case.vorgang["akte_id"] for n in (first.number, second.number)}
    assert len(akte) == 1
    assert aufbewahrung.write_clocks(session, house, 10) == 0, "the end of the ban is not known"
    session.execute(
        text(
            "INSERT INTO case_finding (vorgang_id, key, value, found_at)"
            " VALUES (:i, 'sperre_bis', '\"2027-01-31\"', now())"
        ),
        {"i": first.id},
    )
    assert aufbewahrung.write_clocks(session, house, 10) == 1
    row = next(r for r in closed.case.row["fristen"] if r["kind"] == aufbewahrung.CLOCK)
    assert (row["norm"], row["due_on"]) == ("§ 91 Abs. 1 AufenthG", "2037-01-31")
    clock.at = LATER
    aufbewahrung.sweep_retention(session, house)
    run = session.scalars(select(DeletionRun)).one()
    _ready(run, closed, clerk)
    removed = set(session.scalars(select(Blatt.sheet_no).where(Blatt.vorgang_id == first.id)).all())
    loeschlauf.approve(session, house, lead, run.id)
    session.expire_all()
    file = session.get_one(Akte, akte.pop())
    assert set(file.removed_sheets) == removed
    assert Play(session, house, second.number).case.person["family_name"] == "Nguyễn"
    assert verify_files(session, house.blobs).faults == ()
    session.execute(
        text("UPDATE akte SET removed_sheets = removed_sheets[2:] WHERE id = :a"), {"a": file.id}
    )
    assert verify_files(session, house.blobs).faults != ()


def test_without_an_approved_run_the_database_deletes_nothing(closed: Play, clerk: Actor) -> None:
    session = closed.session
    for setting in ("", "999999"):
        session.execute(text("SELECT set_config('abh.deletion_run', :run, true)"), {"run": setting})
        for table in ("blatt", "vorgang_step"):
            with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
                session.execute(
                    text(f"DELETE FROM {table} WHERE vorgang_id = :id"),
                    {"id": closed.case.id},
                )
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE blatt SET title = 'x'"))


def test_taking_a_case_out_voids_the_check(
    closed: Play, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    session, house = closed.session, closed.house
    run = _due_run(closed, clerk, clock)
    _ready(run, closed, clerk)
    item = session.scalars(select(DeletionItem)).one()
    loeschlauf.take_out(session, house, lead, run.id, item.id, "Auskunftsersuchen")
    assert (run.state, run.checked_by, item.state) == ("proposed", None, "held")
    loeschlauf.drop(session, house, lead, run.id, "Liste leer")
    assert aufbewahrung.propose(session, house) == 1, "what is still due is proposed again"


def _message(play: Play) -> Blatt:
    """File what another authority told, brought by an item of post that is done."""
    sheet = NewSheet("Mitteilung", "scan", b"%PDF-1.4 unerheblich", "application/pdf",
                     play.house.today, "Poststelle")  # fmt: skip
    akte = play.case.vorgang["akte_id"]
    (blatt,) = file_sheets(
        play.session, play.house.blobs, akte, [sheet], now=play.house.now(),
        vorgang_id=play.case.id,
    )  # fmt: skip
    keep_texts(play.session, {blatt.id: "Mitteilung"})
    play.session.execute(
        text(
            "INSERT INTO post_item (received_on, entered_at, channel, kind, subject, unit_key,"
            " person_id, vorgang_id, blatt_id, sha256, done_at, answer) SELECT '2026-11-20', now(),"
            " 'paper', 'other', 'x', 'SG1', person_id, id, :blatt, :sha, now(), 'zur Akte'"
            " FROM vorgang WHERE id = :case"
        ),
        {"blatt": blatt.id, "sha": blatt.blob_sha256, "case": play.case.id},
    )
    return blatt


def test_an_irrelevant_message_goes_at_once_by_two_people_and_leaves_a_record(
    closed: Play, clerk: Actor, lead: Actor, trainee: Actor
) -> None:
    session, house = closed.session, closed.house
    blatt = _message(closed)
    sha, number = blatt.blob_sha256, blatt.sheet_no
    with pytest.raises(NotAllowed):
        blattvernichtung.propose(session, house, trainee, blatt.id, "unerheblich")
    with pytest.raises(InvalidInput):
        blattvernichtung.propose(session, house, clerk, blatt.id, "lästig")
    with pytest.raises(NotFound):
        stranger = factories.staff(session, "SG2", rank="SB")
        blattvernichtung.propose(session, house, stranger, blatt.id, "unerheblich")
    blattvernichtung.propose(session, house, clerk, blatt.id, "unerheblich")
    with pytest.raises(Conflict, match="schon vorgeschlagen"):
        blattvernichtung.propose(session, house, lead, blatt.id, "unerheblich")
    (row,) = blattvernichtung.open_removals(session, "SG1")
    with pytest.raises(NotAllowed):
        blattvernichtung.decide(session, house, clerk, row.id, destroy=True)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(
            text("SELECT set_config('abh.sheet_removal', :id, true)"), {"id": str(row.id)}
        )
        session.execute(text("DELETE FROM blatt_text WHERE blatt_id = :id"), {"id": blatt.id})
        session.execute(text("DELETE FROM post_item WHERE blatt_id = :id"), {"id": blatt.id})
        session.execute(text("DELETE FROM blatt WHERE id = :id"), {"id": blatt.id})

    blattvernichtung.decide(session, house, lead, row.id, destroy=True)
    session.expire_all()
    assert (row.state, row.blatt_id, row.akte_id, row.vorgang_id) == ("destroyed", None, None, None)
    assert (row.norm, row.sheet_no, len(row.digest)) == ("§ 91 Abs. 2 AufenthG", number, 64)
    left = session.execute(
        text("SELECT (SELECT count(*) FROM blatt WHERE blob_sha256 = :sha)"
             " + (SELECT count(*) FROM post_item WHERE sha256 = :sha)"),
        {"sha": sha},
    ).scalar_one()  # fmt: skip
    assert left == 0
    akte = session.get_one(Akte, closed.case.vorgang["akte_id"])
    assert akte.removed_sheets == [number]
    assert [each.id for each in blattvernichtung.removals_of(session, house, akte)] == [row.id]
    _age_all(house)
    sweep_contents(session, house)
    assert not house.blobs.exists(sha)
    assert verify_files(session, house.blobs).faults == ()
    with pytest.raises(Conflict):
        blattvernichtung.decide(session, house, lead, row.id, destroy=True)


def test_a_sheet_that_proves_something_stays_and_a_kept_one_says_why(
    closed: Play, clerk: Actor, lead: Actor
) -> None:
    session, house = closed.session, closed.house
    for blatt in session.scalars(select(Blatt).where(Blatt.origin.in_(("upload", "letter")))):
        with pytest.raises(Conflict, match="Nachweis|Brief"):
            blattvernichtung.propose(session, house, clerk, blatt.id, "unerheblich")
    message = _message(closed)
    blattvernichtung.propose(session, house, clerk, message.id, "verwertungsverbot")
    (row,) = blattvernichtung.open_removals(session, "SG1")
    with pytest.raises(InvalidInput):
        blattvernichtung.decide(session, house, lead, row.id, destroy=False)
    aufbewahrung.set_hold(session, house, clerk, message.akte_id, "Auskunft läuft")
    with pytest.raises(Conflict, match="Löschsperre"), session.begin_nested():
        blattvernichtung.decide(session, house, lead, row.id, destroy=True)
    session.expire_all()
    blattvernichtung.decide(session, house, lead, row.id, destroy=False, note="Wird gebraucht")
    assert (row.state, row.note) == ("refused", "Wird gebraucht")
    assert session.get(Blatt, message.id) is not None


def test_every_table_that_leads_to_a_person_is_in_the_plan() -> None:
    metadata: MetaData = import_tables()
    plan = (*loeschung.CASE, *loeschung.FILE, *loeschung.PERSON)
    planned = {sql.split(" FROM ", 1)[1].split()[0] for sql in plan if sql.startswith("DELETE")}
    planned |= {*loeschung.SHEETS, *loeschung.KEPT}
    leads = {"vorgang_id", "akte_id", "person_id", "blatt_id", "letter_id", "booking_id"}
    reach = {
        table.name
        for table in metadata.tables.values()
        if leads & set(table.columns.keys())
        or any(key.column.table.name in ("vorgang", "person") for key in table.foreign_keys)
    }
    assert reach - planned == set()


def _tables_with_rows(session: Session) -> set[str]:
    names = [table.name for table in import_tables().tables.values()]
    return {
        name for name in names if session.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()
    }


def _age_all(house: House) -> None:
    old = time.time() - GRACE_SECONDS - 60
    for path in house.blobs.root.rglob("*"):  # type: ignore[attr-defined]
        if path.is_file():
            os.utime(path, (old, old))

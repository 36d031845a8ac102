"""A company applies, follows, writes and reports: what is refused comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.policy import Power
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser, AuditEntry
from abh.bench.measure import counting
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.fastlane import (
    antrag_firma,
    ausblick,
    fallsicht,
    firmenbriefe,
    meldung,
    nachrichten,
    stapel,
    uebersicht,
    vorlage,
    zugang,
)
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_firma import CaseMessage, CaseOutlook, EmployerReport, FirmBatchRow
from abh.fastlane.tables_zugang import CompanyLook
from abh.fastlane.uebersicht import Wunsch
from abh.fastlane.wessen import Seite
from abh.fastlane.zugang import Acting
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.tables import OutboxMessage
from abh.persons.tables import Company
from abh.post.tables import PostItem
from abh.workflows.loeschung import CASE
from abh.workflows.schemas import load_antrag
from abh.workflows.tables import CaseFrist, Vorgang
from tests import factories
from tests.unit.fastlane.test_tabelle import GOOD

DECLARED = "Vollmacht liegt vor"


@pytest.fixture
def session(office_engine: Engine) -> Iterator[Session]:
    """A session whose commits end with the test."""
    with office_engine.connect() as connection, connection.begin() as outer:
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as made:
            yield made
        outer.rollback()


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    return factories.make_house(session, clock, tmp_path / "store")


def a_company(session: Session, clock: FixedClock, name: str, role: str = "hr") -> Acting:
    company = Company(
        name=name, name_search=name.lower(), created_at=clock.now(), email=f"{name[:3]}@example.org"
    )
    user = AppUser(
        login=f"{name[:3].lower()}.{role}",
        display_name=f"P. {name}",
        role="employer",
        rank="EXTERN",
        password_hash="!",
        powers=[Power.FASTLANE_COMPANY],
        created_at=clock.now(),
        email=f"hr.{name[:3].lower()}@example.org",
    )
    session.add(user)
    session.add(company)
    session.flush()
    session.add(CompanyMember(user_id=user.id, company_id=company.id, role=role))
    factories.admit(session, company.id, clock)
    return zugang.acting(session, actor_of_user(user), clock=clock)


@pytest.fixture
def hr(session: Session, house: House, clock: FixedClock) -> Acting:
    return a_company(session, clock, "Alpha Systems GmbH")


@pytest.fixture
def other(session: Session, house: House, clock: FixedClock) -> Acting:
    return a_company(session, clock, "Beta AG")


def an_antrag(**changes: Any) -> dict[str, Any]:
    person = {**factories.ANTRAG["person"], **changes.pop("person", {})}
    return load_antrag({**factories.ANTRAG, "person": person, **changes})


def apply(session: Session, house: House, who: Acting, **changes: Any) -> antrag_firma.Gestellt:
    return antrag_firma.file_for_employee(
        session, house, who, an_antrag(**changes), declared=DECLARED
    )


def clerk(session: Session, number: str) -> Actor:
    unit = session.scalars(select(Vorgang.unit_key).where(Vorgang.number == number)).one()
    return factories.staff(session, unit, rank="SB")


def test_who_may_only_look_applies_for_nobody(
    session: Session, house: House, clock: FixedClock
) -> None:
    reader = a_company(session, clock, "Gamma KG", role="read")
    with pytest.raises(NotAllowed):
        apply(session, house, reader)
    with pytest.raises(NotAllowed):
        stapel.take_sheet(session, house, reader, "a.xlsx", b"")
    assert session.scalar(select(func.count()).select_from(Vorgang)) == 0


def test_without_declaration_and_for_other_procedures_nothing_is_filed(
    session: Session, house: House, hr: Acting
) -> None:
    with pytest.raises(InvalidInput, match="Vollmacht"):
        antrag_firma.file_for_employee(session, house, hr, an_antrag(), declared=" ")
    with pytest.raises(InvalidInput, match="selbst"):
        apply(session, house, hr, verfahren="P14", angaben={})


def test_an_application_of_a_company_is_a_case_it_may_see_and_nothing_else_of_the_person(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    private = factories.file_case(session, house, applicant_actor())
    session.execute(
        update(Vorgang).where(Vorgang.id == private.vorgang_id).values(company_id=hr.company_id)
    )
    done = apply(session, house, hr, verfahren="P01")
    case = session.get_one(Vorgang, done.vorgang_id)
    assert done.created
    assert (case.company_id, case.received_channel) == (hr.company_id, "employer")
    mandate = session.scalars(select(Mandate)).one()
    assert (mandate.vorgang_id, mandate.kind) == (case.id, "declaration")
    assert mandate.person_id == case.person_id
    seen = uebersicht.overview(session, house, hr, Wunsch())
    assert [fall.number for fall in seen.cases] == [done.number]
    with pytest.raises(NotFound):
        fallsicht.case_view(session, house, hr, private.number)
    for number in (done.number, "ABH-2026-9999999", "\x00"):
        with pytest.raises(NotFound, match="für Sie nicht"):
            fallsicht.case_view(session, house, other, number)


def letter_to(
    session: Session, house: House, number: str, company_id: int | None, text: str
) -> Letter:
    case = session.scalars(select(Vorgang).where(Vorgang.number == number)).one()
    order = LetterOrder(
        key="N03", outcome="automatisch", akte_id=case.akte_id, vorgang_id=case.id,
        unit_key=case.unit_key, reference=number, recipient=("Alpha Systems GmbH",), addressee="",
        fields={"application": "Antrag", "status_words": text, "next_words": "Nichts."},
        channel=Channel.POST, company_id=company_id,
    )  # fmt: skip
    return letters.issue(session, house, SYSTEM, order)


def test_a_company_reads_letters_to_itself_and_none_to_the_person(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    number = apply(session, house, hr).number
    theirs = letter_to(session, house, number, hr.company_id, "An die Firma.")
    persons = letter_to(session, house, number, None, "An die Person.")
    others = letter_to(session, house, number, other.company_id, "An andere.")
    view = fallsicht.case_view(session, house, hr, number)
    assert [one.id for one in view.letters] == [theirs.id]
    tasks = uebersicht.overview(session, house, hr, Wunsch()).tasks
    assert [(one.kind, one.number) for one in tasks] == [("brief", number)]
    for who, letter in ((hr, persons), (hr, others), (other, theirs), (other, others)):
        with pytest.raises(NotFound, match="für Sie nicht"):
            firmenbriefe.letter_file(session, house, who, number, letter.id)
    before = looks(session)
    key, data = firmenbriefe.letter_file(session, house, hr, number, theirs.id)
    assert (key, data[:5]) == ("N03", b"%PDF-")
    assert looks(session) == before + 1
    assert session.scalars(
        select(AuditEntry.vorgang_id).where(AuditEntry.action == "fastlane.letter")
    ).all() == [theirs.vorgang_id]
    session.execute(update(Mandate).values(scope=["state", "tasks", "appointments"]))
    assert fallsicht.case_view(session, house, hr, number).letters == ()
    assert uebersicht.overview(session, house, hr, Wunsch()).tasks == []
    with pytest.raises(NotFound, match="für Sie nicht"):
        firmenbriefe.letter_file(session, house, hr, number, theirs.id)


def looks(session: Session) -> int:
    return session.scalars(select(func.coalesce(func.sum(CompanyLook.looks), 0))).one()


def test_a_task_of_somebody_on_another_page_of_the_list_is_a_look_at_that_case(
    session: Session, house: House, hr: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uebersicht, "PAGE", 1)
    first = apply(session, house, hr)
    second = apply(session, house, hr, person={"family_name": "Weiter"})
    for done in (first, second):
        session.add(
            CaseFrist(
                vorgang_id=done.vorgang_id, kind="nachforderung", label="Nachforderung", norm="§",
                starts_on=house.today, due_on=house.today + timedelta(days=9), status="running",
                arithmetic=[],
            )
        )  # fmt: skip
    session.flush()
    seen = uebersicht.overview(session, house, hr, Wunsch())
    assert len(seen.cases) == 1
    assert {one.vorgang_id for one in seen.tasks} == {first.vorgang_id, second.vorgang_id}
    assert set(session.scalars(select(CompanyLook.vorgang_id))) == {
        first.vorgang_id, second.vorgang_id,
    }  # fmt: skip


def test_the_same_application_twice_is_one_case(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    first = apply(session, house, hr)
    again = apply(session, house, hr)
    changed = apply(session, house, hr, job_title="Köchin")
    assert (again.number, again.created) == (first.number, False)
    assert (changed.number, changed.created) == (first.number, False)
    # Another company learns nothing of that: its application is a case of its own.
    assert apply(session, house, other).number != first.number


def test_a_sheet_is_filed_once_and_its_faulty_rows_wait_for_correction(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    rows = [
        {**GOOD},
        {**GOOD, "person.family_name": "Okafor", "person.nationalities": "NGA"},
        {**GOOD, "person.family_name": "Silva", "person.city": ""},
    ]
    data = vorlage.template("P02", [vorlage.Ergebnis(row) for row in rows])
    batch = stapel.take_sheet(session, house, hr, "neue\x00.xlsx", data)
    with pytest.raises(NotFound):
        stapel.sheet_of(session, other, batch)
    with pytest.raises(NotFound):
        stapel.order(session, house, other, batch)
    with pytest.raises(NotFound):
        stapel.marked_sheet(session, other, batch)
    assert stapel.order(session, house, hr, batch) == 2
    assert stapel.order(session, house, hr, batch) == 0
    deliver(session, house)
    sheet, positions = stapel.sheet_of(session, hr, batch)
    assert dict(sheet.counts) == {"filed": 2, "faulty": 1}
    assert [p.row_no for p in positions if p.number] == [2, 3]
    assert session.scalar(select(func.count()).select_from(Vorgang)) == 2
    cells = session.scalars(select(FirmBatchRow.cells).where(FirmBatchRow.state == "filed")).all()
    assert cells == [{}, {}]
    name, back = stapel.marked_sheet(session, hr, batch)
    assert name.endswith(".xlsx")
    third = stapel.take_sheet(session, house, hr, name, back)
    assert dict(stapel.sheet_of(session, hr, third)[0].counts) == {"faulty": 1}
    again = stapel.take_sheet(session, house, hr, "neue.xlsx", data)
    assert dict(stapel.sheet_of(session, hr, again)[0].counts) == {"known": 2, "faulty": 1}
    assert stapel.order(session, house, hr, again) == 0
    assert [s.id for s in stapel.sheets(session, hr)] == [again, third, batch]
    assert stapel.sheets(session, other) == []


def test_who_is_limited_to_some_sites_sees_only_sheets_of_the_own_hand(
    session: Session, house: House, hr: Acting
) -> None:
    data = vorlage.template("P02", [vorlage.Ergebnis({**GOOD})])
    theirs = stapel.take_sheet(session, house, hr, "alle.xlsx", data)
    user = replace(hr.actor, user_id=factories.staff(session, "SG1", rank="SB").user_id)
    local = replace(hr, actor=user, chosen=replace(hr.chosen, sites=frozenset({7})))
    assert stapel.sheets(session, local) == []
    with pytest.raises(NotFound):
        stapel.sheet_of(session, local, theirs)
    own = stapel.take_sheet(session, house, local, "eigene.xlsx", data)
    assert [one.id for one in stapel.sheets(session, local)] == [own]
    assert [one.id for one in stapel.sheets(session, hr)] == [own, theirs]


def deliver(session: Session, house: House) -> None:
    waiting = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == stapel.KIND)).all()
    context = HandlerContext(clock=house, settings=None, store=house.blobs)  # type: ignore[arg-type]
    for message in waiting:
        stapel.file_row(session, message.payload, context)
        # delivered twice it is the same
        assert stapel.file_row(session, message.payload, context) is None


def test_a_dismissed_login_files_nothing_any_more(
    session: Session, house: House, hr: Acting, clock: FixedClock
) -> None:
    data = vorlage.template("P02", [vorlage.Ergebnis(GOOD)])
    stapel.order(session, house, hr, stapel.take_sheet(session, house, hr, "a.xlsx", data))
    session.execute(update(CompanyMember).values(ended_at=clock.now()))
    with pytest.raises(DeliveryFailed):
        deliver(session, house)
    assert session.scalar(select(func.count()).select_from(Vorgang)) == 0


def test_sheets_are_forgotten_after_a_month_and_cases_stay(
    session: Session, house: House, hr: Acting, clock: FixedClock
) -> None:
    data = vorlage.template("P02", [vorlage.Ergebnis(GOOD)])
    stapel.order(session, house, hr, stapel.take_sheet(session, house, hr, "a.xlsx", data))
    deliver(session, house)
    clock.advance(timedelta(days=29))
    assert stapel.forget_sheets(session, clock) == 0
    clock.advance(timedelta(days=2))
    assert stapel.forget_sheets(session, clock) == 1
    assert session.scalar(select(func.count()).select_from(FirmBatchRow)) == 0
    assert session.scalar(select(func.count()).select_from(Vorgang)) == 1


def test_the_dashboard_says_whose_turn_it_is_and_finds(
    session: Session, house: House, hr: Acting
) -> None:
    first = apply(session, house, hr)
    apply(session, house, hr, person={"family_name": "Okafor", "given_names": "Ada"})
    session.execute(
        update(Vorgang).where(Vorgang.id == first.vorgang_id).values(state="awaiting_applicant")
    )
    session.add(
        CaseFrist(
            vorgang_id=first.vorgang_id, kind="nachforderung", label="Unterlagen", norm="§ 82",
            starts_on=house.today, due_on=house.today + timedelta(days=14), arithmetic=[],
        )
    )  # fmt: skip
    session.flush()
    session.expire_all()
    view = uebersicht.overview(session, house, hr, Wunsch())
    assert (view.open, view.found, view.pages) == (2, 2, 1)
    assert view.turns[Seite.PERSON] == 1
    assert [(t.kind, t.number) for t in view.tasks] == [("nachforderung", first.number)]
    (mine,) = (fall for fall in view.cases if fall.number == first.number)
    assert mine.seiten == (Seite.FIRMA, Seite.PERSON)
    assert {"ezb", "arbeitsvertrag"} >= {paper.kind for paper in mine.papiere} != set()
    assert mine.promised_on is not None
    only = uebersicht.overview(session, house, hr, Wunsch(wer="wir"))
    assert [fall.number for fall in only.cases] == [first.number]
    assert uebersicht.overview(session, house, hr, Wunsch(text="okafor")).found == 1
    assert uebersicht.overview(session, house, hr, Wunsch(text=first.number)).found == 1
    for nobody in ("%", "_____", "O'Neill; DROP", "محمد", "\\"):
        assert uebersicht.overview(session, house, hr, Wunsch(text=nobody)).found == 0
    assert uebersicht.overview(session, house, hr, Wunsch(verfahren="P14")).found == 0


def test_the_dashboard_needs_few_statements_however_many_cases(
    session: Session, house: House, hr: Acting
) -> None:
    done = apply(session, house, hr)
    session.execute(
        text(
            "INSERT INTO vorgang (number, verfahren, version, state, state_since, person_id,"
            " akte_id, unit_key, company_id, received_on, received_channel, opened_at, harm_on,"
            " harm_key, antrag, status_token_hash)"
            " SELECT 'X-' || n, 'P01', version, 'awaiting_applicant', state_since, person_id,"
            " akte_id, unit_key, company_id, received_on, received_channel, opened_at, harm_on,"
            " harm_key, antrag, sha256(n::text::bytea)"
            " FROM vorgang, generate_series(1, 1) n WHERE id = :id"
        ),
        {"id": done.vorgang_id},
    )
    session.execute(update(Mandate).values(vorgang_id=None))
    engine = session.get_bind().engine
    with counting(engine) as statements:
        view = uebersicht.overview(session, house, hr, Wunsch())
    assert view.found == 2
    assert len(statements) <= 7


def test_a_field_outside_the_scope_is_not_told(session: Session, house: House, hr: Acting) -> None:
    done = apply(session, house, hr)
    for scope in uebersicht.SCOPES:
        told_only(session, house, hr, done.number, scope)


def told_only(session: Session, house: House, hr: Acting, number: str, scope: str) -> None:
    session.execute(update(Mandate).values(scope=[scope]))
    (fall,) = uebersicht.overview(session, house, hr, Wunsch()).cases
    view = fallsicht.case_view(session, house, hr, number)
    told = {
        "state": fall.state is not None,
        "tasks": fall.seiten is not None,
        "decisions": fall.decided is not None,
        "appointments": False,
    }
    assert {key for key, value in told.items() if value} == {scope} - {"appointments"}
    assert view.scopes == {scope}
    assert (view.state is not None, view.zug is not None) == (scope == "state", scope == "tasks")
    assert (view.ausblick is not None) == (scope == "state")
    assert (view.decided is not None) == (scope == "decisions")


def test_a_revoked_or_ended_mandate_closes_everything_at_once(
    session: Session, house: House, hr: Acting, clock: FixedClock
) -> None:
    done = apply(session, house, hr)
    nachrichten.write_as_company(
        session, house, hr, done.number, {"topic": "frage", "body": "Wann?"}
    )
    session.execute(update(Mandate).values(revoked_at=clock.now()))
    assert uebersicht.overview(session, house, hr, Wunsch()).is_empty
    with pytest.raises(NotFound):
        fallsicht.case_view(session, house, hr, done.number)
    with pytest.raises(NotFound):
        nachrichten.write_as_company(session, house, hr, done.number, {"body": "x"})
    with pytest.raises(NotFound):
        meldung.report_end(session, house, hr, done.number, {})
    with pytest.raises(Conflict, match="keine Vollmacht"):
        nachrichten.write_as_office(
            session, house, clerk(session, done.number), done.number,
            {"topic": "frage", "body": "Bitte"},
        )  # fmt: skip


def test_messages_go_both_ways_with_receipt_and_answer(
    session: Session, house: House, hr: Acting, clock: FixedClock
) -> None:
    done = apply(session, house, hr)
    who = clerk(session, done.number)
    by = house.today + timedelta(days=14)
    asked = nachrichten.write_as_office(
        session, house, who, done.number,
        {"topic": "ezb", "body": "Bitte die Erklärung\nmit Unterschrift.", "answer_by": by},
    )  # fmt: skip
    (mail,) = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedup_key.like("mail:nachricht:%"))
    ).all()
    assert mail.payload["to"] == "hr.alp@example.org"
    said = mail.payload["subject"] + mail.payload["text"]
    assert done.number not in said
    assert "Erklärung" not in said
    view = uebersicht.overview(session, house, hr, Wunsch())
    assert view.unread == 1
    assert [(t.kind, t.on) for t in view.tasks] == [("nachricht", by)]
    (message,) = fallsicht.case_view(session, house, hr, done.number).messages
    assert (message.author, message.topic) == ("", "Erklärung zum Beschäftigungsverhältnis")
    session.expire_all()
    assert session.get_one(CaseMessage, asked).read_at is not None
    nachrichten.write_as_company(
        session, house, hr, done.number,
        {"topic": "frage", "body": "Liegt bei.", "answers_id": asked},
    )  # fmt: skip
    session.expire_all()
    assert session.get_one(CaseMessage, asked).answered_at is not None
    assert uebersicht.overview(session, house, hr, Wunsch()).tasks == []
    unit = who.unit_key or ""
    (waiting,) = nachrichten.open_for_unit(session, who, unit)
    assert (waiting.number, waiting.unread) == (done.number, True)
    thread = nachrichten.read_as_office(session, house, who, done.number)
    assert [m.from_company for m in thread] == [True, False]
    nachrichten.settle(session, house, who, done.number, thread[0].id)
    assert nachrichten.open_for_unit(session, who, unit) == []


BROKEN_MESSAGES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"topic": "frage", "body": " \n "}, "body"),
    ({"topic": "frage", "body": "x" * 5000}, "body"),
    ({"topic": "werbung", "body": "x"}, "topic"),
    ({"topic": "frage", "body": "x", "answer_by": date(2026, 11, 1)}, "answer_by"),
    ({"topic": "frage", "body": "x", "answer_by": date(2029, 1, 1)}, "answer_by"),
)
BROKEN_REPORTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"ended_on": None}, "ended_on"),
    ({"ended_on": date(2030, 1, 1)}, "ended_on"),
    ({"known_on": None}, "known_on"),
    ({"known_on": date(2026, 11, 24)}, "known_on"),
    ({"reason": ""}, "reason"),
    ({"remark": "x" * 1001}, "remark"),
)


def test_broken_messages_and_reports_are_refused_at_their_field(
    session: Session, house: House, hr: Acting
) -> None:
    number = apply(session, house, hr).number
    for data, field in BROKEN_MESSAGES:
        with pytest.raises(InvalidInput) as caught:
            nachrichten.write_as_company(session, house, hr, number, data)
        assert {problem.field for problem in caught.value.problems} == {field}
    sound = {"ended_on": house.today, "known_on": house.today, "reason": "anderes"}
    for change, field in BROKEN_REPORTS:
        with pytest.raises(InvalidInput) as caught:
            meldung.report_end(session, house, hr, number, {**sound, **change})
        assert {problem.field for problem in caught.value.problems} == {field}


def test_messages_of_other_cases_and_units_stay_closed(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    mine = apply(session, house, hr)
    theirs = apply(session, house, other)
    asked = nachrichten.write_as_company(
        session, house, other, theirs.number, {"topic": "frage", "body": "Hallo"}
    )
    who = clerk(session, mine.number)
    with pytest.raises(NotFound):
        nachrichten.write_as_office(
            session, house, who, mine.number,
            {"topic": "frage", "body": "x", "answers_id": asked},
        )  # fmt: skip
    with pytest.raises(NotFound):
        nachrichten.settle(session, house, who, mine.number, asked)
    stranger = replace(who, unit_key="SG9")
    with pytest.raises(NotAllowed):
        nachrichten.read_as_office(session, house, stranger, mine.number)


def test_the_report_of_an_end_is_post_of_the_case_with_its_clock(
    session: Session, house: House, hr: Acting
) -> None:
    done = apply(session, house, hr)
    data = {
        "ended_on": house.today + timedelta(days=7),
        "known_on": house.today - timedelta(days=40),
        "reason": "aufhebung",
        "remark": "Vertrag liegt bei",
    }
    found = meldung.report_end(session, house, hr, done.number, data)
    again = meldung.report_end(session, house, hr, done.number, data)
    assert found == again
    assert not found.in_time
    assert found.due_on >= data["known_on"] + timedelta(weeks=4)
    report = session.scalars(select(EmployerReport)).one()
    item = session.get_one(PostItem, report.post_item_id)
    assert (item.vorgang_id, item.kind, item.done_at) == (done.vorgang_id, "employer", None)
    assert "Aufhebungsvertrag" in item.body
    assert fallsicht.case_view(session, house, hr, done.number).reports == [found]


def test_the_outlook_is_measured_moves_and_keeps_its_history(
    session: Session, house: House, hr: Acting, clock: FixedClock
) -> None:
    done = apply(session, house, hr)
    first = session.get_one(CaseOutlook, done.vorgang_id)
    assert (first.expected_from, first.cases) == (None, 0)
    assert first.promised_on is not None
    _decided(session, done.vorgang_id, 30)
    clock.advance(timedelta(days=1))
    assert ausblick.sweep_outlook(session, house) >= 1
    session.expire_all()
    row = session.get_one(CaseOutlook, done.vorgang_id)
    assert row.cases == 30
    assert row.expected_from is not None
    assert row.expected_to is not None
    assert row.expected_from <= row.expected_to
    assert len(ausblick.moves(session, done.vorgang_id)) == 2
    assert ausblick.sweep_outlook(session, house) == 0


def _decided(session: Session, vorgang_id: int, count: int) -> None:
    """Copy a case as decided ones, each after another number of days."""
    session.execute(
        text(
            "WITH made AS (INSERT INTO vorgang (number, verfahren, version, state, state_since,"
            " person_id, akte_id, unit_key, received_on, received_channel, opened_at, harm_on,"
            " harm_key, antrag, status_token_hash, closed_at)"
            " SELECT 'Y-' || n, verfahren, version, 'granted', state_since, person_id, akte_id,"
            " unit_key, received_on - 100 - n, received_channel, opened_at, harm_on, harm_key,"
            " antrag, sha256(('y' || n)::bytea), now()"
            " FROM vorgang, generate_series(1, :count) n WHERE id = :id RETURNING id, state_since)"
            " INSERT INTO vorgang_step (vorgang_id, seq, step, from_state, to_state, at,"
            " actor_name) SELECT id, 1, 'bewilligen', 'decision_ready', 'granted', state_since,"
            " 'x' FROM made"
        ),
        {"count": count, "id": vorgang_id},
    )


def test_every_look_and_act_is_logged_with_the_company(
    session: Session, house: House, hr: Acting, other: Acting
) -> None:
    done = apply(session, house, hr)
    fallsicht.case_view(session, house, hr, done.number)
    with pytest.raises(NotFound):
        fallsicht.case_view(session, house, other, done.number)
    entries = session.execute(
        select(AuditEntry.action, AuditEntry.vorgang_id, AuditEntry.actor_id).where(
            AuditEntry.actor_kind == "employer"
        )
    ).all()
    assert ("firma.apply", done.vorgang_id, hr.actor.user_id) in entries
    assert ("fastlane.case", done.vorgang_id, hr.actor.user_id) in entries
    assert ("firma.refused", None, other.actor.user_id) in entries


def test_a_case_of_a_company_can_be_deleted_with_all_that_hangs_on_it(
    session: Session, house: House, hr: Acting
) -> None:
    done = apply(session, house, hr)
    asked = nachrichten.write_as_company(
        session, house, hr, done.number, {"topic": "frage", "body": "x"}
    )
    nachrichten.write_as_office(
        session, house, clerk(session, done.number), done.number,
        {"topic": "frage", "body": "y", "answers_id": asked},
    )  # fmt: skip
    data = {"ended_on": house.today, "known_on": house.today, "reason": "anderes"}
    meldung.report_end(session, house, hr, done.number, data)
    tables = ("firm_filing", "case_message", "case_outlook", "case_outlook_change",
              "employer_report")  # fmt: skip
    for statement in CASE:
        if any(f" {name} " in statement for name in tables):
            assert session.execute(text(statement), {"id": done.vorgang_id}).rowcount
    for name in tables:
        assert not session.scalar(text(f"SELECT count(*) FROM {name}"))

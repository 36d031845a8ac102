"""The demo fills an empty house; its cases are such as the rules themselves would accept."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from abh.access import chain
from abh.access.passwords import matches
from abh.access.tables import AppUser
from abh.demo import bulk, population
from abh.demo import load as demo
from abh.demo.paths import PATHS
from abh.demo.rows import Rows
from abh.documents.house import build_house
from abh.documents.store import BlobStore
from abh.documents.tables import Blatt, Letter
from abh.documents.zeichnung import find_rule, ordnung_on
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Rank
from abh.kernel.clock import BERLIN, FixedClock, today
from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.persons.tables import Company
from abh.settings import Settings, load_yaml_dir
from abh.workflows import repository
from abh.workflows.checklist import evaluate_checklist, unsettled_items
from abh.workflows.definition import SAME_STATE, Power, Verfahren
from abh.workflows.dossier import case_of
from abh.workflows.machine import possible_steps
from abh.workflows.registry import current
from abh.workflows.steps import StepDone, advance, load_case
from abh.workflows.tables import CaseCounter, Vorgang, VorgangStep

CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))


def test_every_state_is_there_and_numbers_have_no_gaps(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        states = Counter(session.scalars(select(Vorgang.state)))
        of_p02 = set(session.scalars(select(Vorgang.state).where(Vorgang.verfahren == "P02")))
        assert sum(states.values()) == 1200
        assert of_p02 <= {path.state for path in PATHS}
        assert states["issued"] > states["completeness_check"] > 0
        for year, last in session.execute(select(CaseCounter.year, CaseCounter.last)):
            like = f"ABH-{year}-%"
            found = session.scalar(
                select(func.count()).select_from(Vorgang).where(Vorgang.number.like(like))
            )
            assert found == last


def test_every_log_ends_in_the_state_of_its_case(loaded: sessionmaker[Session]) -> None:
    broken = text(
        "SELECT count(*) FROM vorgang v JOIN LATERAL (SELECT to_state, seq, at FROM vorgang_step s"
        " WHERE s.vorgang_id = v.id ORDER BY seq DESC LIMIT 1) s ON true"
        " WHERE s.to_state <> v.state OR s.seq + 1 <> v.row_version OR s.at <> v.state_since"
    )
    backwards = text(
        "SELECT count(*) FROM vorgang_step a JOIN vorgang_step b ON b.vorgang_id = a.vorgang_id"
        " AND b.seq = a.seq + 1 WHERE b.at < a.at OR b.from_state <> a.to_state"
    )
    with loaded() as session:
        assert session.scalar(broken) == 0
        assert session.scalar(backwards) == 0
        assert session.scalar(select(func.max(VorgangStep.at))) <= session.scalar(
            select(func.max(Vorgang.state_since))
        )


def test_open_cases_are_readable_by_the_rules_and_ready_ones_are_ready(
    loaded: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> None:
    law = Rechtsstand(load_yaml_dir(settings.law_dir))
    with loaded() as session:
        ids = session.scalars(select(Vorgang.id).where(Vorgang.closed_at.is_(None))).all()
        for vorgang_id in ids:
            case = case_of(repository.case_row(session, vorgang_id=vorgang_id), law, today(clock))
            items = evaluate_checklist(case.verfahren, case.facts)
            open_items = [(item.key, item.why) for item in unsettled_items(items)]
            if case.state == "decision_ready":
                assert open_items == [], case.number
            if case.state == "awaiting_applicant":
                assert open_items, case.number
        assert len(ids) > 50


def test_the_showcase_stands_on_top_of_the_list_of_sg1(
    loaded: sessionmaker[Session], clock: FixedClock
) -> None:
    with loaded() as session:
        top = session.execute(
            select(Vorgang.state, Vorgang.harm_key)
            .where(Vorgang.unit_key == "SG1", Vorgang.closed_at.is_(None))
            .order_by(Vorgang.harm_on, Vorgang.id)
            .limit(2)
        ).all()
    assert [tuple(row) for row in top] == [
        ("completeness_check", "titel"),
        ("awaiting_applicant", "titel"),
    ]


def test_every_sheet_can_be_opened(loaded: sessionmaker[Session], settings: Settings) -> None:
    store = BlobStore(settings.store_dir)
    with loaded() as session:
        hashes = session.scalars(select(Blatt.blob_sha256).distinct()).all()
    assert 10 <= len(hashes) < 250
    assert all(store.get(sha).startswith(b"%PDF-") for sha in hashes)


def test_printed_logins_open_the_accounts(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    with loaded() as session:
        stored = dict(session.execute(select(AppUser.login, AppUser.password_hash)).all())
    shown = demo.logins(settings)
    assert len({password for _, _, password in shown}) == len(shown)
    assert all(matches(stored[login], password) for _, login, password in shown)
    assert not matches(stored["s.lindenau"], "!")


def test_new_rows_go_on_after_the_copied_ones(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        highest = session.scalar(select(func.max(Vorgang.id)))
        following = session.scalar(text("SELECT nextval(pg_get_serial_sequence('vorgang','id'))"))
    assert following == highest + 1


def test_production_takes_no_invented_people(
    loaded: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> None:
    real = dataclasses.replace(settings, mode="production")
    with loaded() as session, pytest.raises(ConfigurationError, match="Echtbetrieb"):
        demo.load(session, real, scale=0.001, seed=1, clock=clock)


def replay(session: Session, vorgang_id: int) -> tuple[Verfahren, str]:
    """Walk the log of a case along its Verfahren; return where it ends."""
    row = session.get_one(Vorgang, vorgang_id)
    verfahren = current(row.verfahren, row.received_on)
    here = verfahren.initial
    log = select(VorgangStep).where(VorgangStep.vorgang_id == vorgang_id).order_by(VorgangStep.seq)
    for entry in session.scalars(log):
        step = verfahren.step(entry.step)
        assert step is not None, entry.step
        assert here in step.source, (row.number, entry.step, here)
        assert entry.from_state == here
        assert entry.to_state == (here if step.target == SAME_STATE else step.target)
        here = entry.to_state
    return verfahren, here


def test_the_log_of_every_case_is_a_way_through_its_verfahren(
    loaded: sessionmaker[Session],
) -> None:
    with loaded() as session:
        for row in session.scalars(select(Vorgang)):
            assert replay(session, row.id)[1] == row.state


def test_every_open_case_can_be_worked_on(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    with loaded() as session:
        house = build_house(settings, session, clock=CLOCK)
        ids = session.scalars(select(Vorgang.id).where(Vorgang.closed_at.is_(None))).all()
        assert len(ids) > 50
        for vorgang_id in ids:
            case = load_case(session, house, vorgang_id=vorgang_id)
            assert evaluate_checklist(case.verfahren, case.facts)
            possible = possible_steps(case.verfahren, case.state, case.facts, list(Power))
            assert possible, case.state
            # Whatever is not possible says why: a page that only refuses helps nobody.
            assert all(found.allowed or found.reasons for found in possible), case.number


def test_the_automatic_steps_lead_no_demo_case_astray(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    """Nothing is due that a clerk would have to decide, and where it leads is a state of P02."""
    with loaded() as session:
        house = build_house(settings, session, clock=CLOCK)
        open_cases = session.execute(
            select(Vorgang.id, Vorgang.state, Vorgang.row_version)
            .where(Vorgang.closed_at.is_(None))
            .order_by(Vorgang.id)
        ).all()
        for vorgang_id, state, version in open_cases:
            done = advance(session, house, StepDone(vorgang_id, state, version))
            session.expire_all()
            verfahren, here = replay(session, vorgang_id)
            assert here == done.state == session.get_one(Vorgang, vorgang_id).state
            taken = session.scalars(
                select(VorgangStep).where(
                    VorgangStep.vorgang_id == vorgang_id, VorgangStep.seq > version
                )
            ).all()
            for entry in taken:
                step = verfahren.step(entry.step)
                assert step is not None
                assert step.automatic
                assert not step.decision
            assert done.row_version == version + len(taken)
        session.rollback()


def test_the_audit_log_knows_every_case_and_is_sealed_like_any_other(
    loaded: sessionmaker[Session],
) -> None:
    lacking = text(
        "SELECT count(*) FROM vorgang v WHERE NOT (EXISTS (SELECT FROM audit_entry a"
        " WHERE a.vorgang_id = v.id AND a.action = 'vorgang.open') AND EXISTS (SELECT FROM"
        " audit_entry a WHERE a.vorgang_id = v.id AND a.action = 'vorgang.step'))"
    )
    with loaded() as session:
        assert session.scalar(lacking) == 0
        chain.anchor(session, today(CLOCK), now=CLOCK.now())
        assert session.scalar(select(func.count()).where(chain.unsealed())) == 0
        session.rollback()


def test_letters_name_the_row_of_the_signature_table_that_covers_them(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    table = load_zeichnung(settings.zeichnung_file)
    day = today(CLOCK)
    with loaded() as session:
        letters = session.execute(
            select(
                Letter.key,
                Letter.outcome,
                Letter.rule_id,
                Letter.rule_version,
                Letter.channel,
                Letter.remedy,
                AppUser.rank,
            )
            .outerjoin(AppUser, AppUser.id == Letter.final_signer_id)
            .distinct()
        ).all()
    assert {"N01", "N02", "N08", "N12", "N15"} <= {letter.key for letter in letters}
    for letter in letters:
        rule = find_rule(table, letter.key, day, outcome=letter.outcome)
        assert (letter.rule_id, letter.rule_version) == (rule.id, ordnung_on(table, day).version)
        assert letter.channel in {channel.value for channel in rule.channels}, letter.key
        assert letter.remedy == rule.remedy.value
        if rule.signer_from is None:
            assert letter.rank is None
        else:
            assert Rank[letter.rank] >= rule.signer_from


def test_every_letter_says_to_whom_it_went_so_that_it_can_be_printed_again(
    loaded: sessionmaker[Session],
) -> None:
    with loaded() as session:
        contents = session.execute(select(Letter.key, Letter.content)).all()
    assert len({frozenset(content) for _, content in contents}) == 1
    for key, content in contents:
        assert bool(content["addressee"]) == (key != "N16")
        assert all(line.strip() for line in content["recipient"])


def test_the_letters_of_the_showcase_are_real(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    store = BlobStore(settings.store_dir)
    with loaded() as session:
        top = select(Vorgang.id).order_by(Vorgang.id).limit(len(demo._SHOWCASE))
        rows = session.execute(
            select(Letter.key, Letter.pdf_sha256, Vorgang.number, Blatt.blob_sha256)
            .join(Vorgang, Vorgang.id == Letter.vorgang_id)
            .join(Blatt, Blatt.id == Letter.blatt_id)
            .where(Vorgang.id.in_(top))
        ).all()
    assert {row.key for row in rows} >= {"N01", "N02", "N03", "N06", "N11"}
    assert len([row for row in rows if row.key == "N01"]) == len(demo._SHOWCASE)
    for row in rows:
        assert row.blob_sha256 == row.pdf_sha256
        pages = pypdfium2.PdfDocument(store.get(row.pdf_sha256))
        told = "".join(page.get_textpage().get_text_range() for page in pages)
        assert row.number in told, row.key
        assert "Demodokument" not in told


def test_a_row_that_refers_to_nothing_is_found(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    with loaded() as session:
        first_ids = bulk.lock(session)
        assert bulk.spare_checks(session)
        rows = Rows(first_ids)
        rows.add("household", name="Niemand", owner_id=None)
        bulk.copy(session, rows.take())
        assert bulk.prove_references(session, first_ids) > 20
        bulk.spare_checks(session)
        rows.add("household", name="Niemand", owner_id=999_999_999)
        bulk.copy(session, rows.take())
        with pytest.raises(ValueError, match="fk_household_owner_id"):
            bulk.prove_references(session, first_ids)
        session.rollback()


def test_the_backlog_has_fewer_persons_than_items_and_its_counters_are_exact(
    loaded: sessionmaker[Session],
) -> None:
    with loaded() as session:
        items, persons, oldest = session.execute(
            text(
                "SELECT sum(items), sum(persons), min(oldest_on) FROM post_bundle"
                " WHERE closed_at IS NULL"
            )
        ).one()
        assert 50 < persons < items <= 300
        assert (today(CLOCK) - oldest).days > 60
        counted = session.execute(
            text("SELECT sum(items), sum(persons) FROM post_tally WHERE what = 'stufe'")
        ).one()
        assert tuple(counted) == (items, persons)
        bands = session.scalars(
            text("SELECT DISTINCT band FROM post_bundle WHERE closed_at IS NULL ORDER BY 1")
        ).all()
        assert bands == [0, 1, 2]
        done = session.scalar(text("SELECT count(*) FROM post_item WHERE answer LIKE '%Demo%'"))
        assert done and done > 10


def test_a_second_load_goes_on_after_the_companies_of_the_first(
    loaded: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> None:
    with loaded() as session:
        known = demo.make_world(session, settings, clock).companies
        numbers = set(session.scalars(select(Company.register_no)))
    further = population.companies(Random(1), 5, known)
    assert known == len(numbers) >= 12
    assert not numbers & {row["register_no"] for row in further}

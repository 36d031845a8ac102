"""The demo has cases of every procedure, each where its machine, its unit and its people fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from abh.access.sessions import ABSOLUTE
from abh.access.tables import AppUser, UserSession
from abh.db import make_engine, transaction
from abh.demo import load as demo
from abh.documents.house import build_house
from abh.kernel.clock import FixedClock, today
from abh.kernel.ids import new_token, token_hash
from abh.office import service as office
from abh.office.tables import Desk, Qualification
from abh.persons.tables import Person
from abh.settings import Settings
from abh.web import health
from abh.web.app import Services, create_app
from abh.web.session import COOKIE_PLAIN
from abh.workflows.definition import Effect
from abh.workflows.registry import get, known_keys, newest
from abh.workflows.tables import CaseFinding, FiktionRecord, Vorgang
from abh.workflows.zugriff import RESTRICTED


def test_every_procedure_has_open_cases_in_states_of_its_machine(
    loaded: sessionmaker[Session], clock: FixedClock
) -> None:
    waiting: dict[str, set[str]] = defaultdict(set)
    with loaded() as session:
        for case in session.scalars(select(Vorgang)):
            verfahren = get(case.verfahren, case.version)
            state = verfahren.state(case.state)
            assert state is not None, (case.verfahren, case.state)
            assert state.terminal is (case.closed_at is not None)
            assert verfahren.in_force_from <= case.received_on <= today(clock)
            if not state.terminal:
                waiting[case.verfahren].add(case.state)
    assert set(waiting) == set(known_keys())
    assert set(waiting) >= RESTRICTED


def test_every_owner_is_of_the_routed_unit_and_trained(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        routing = office.profile(session)["routing"]
        trained = set(
            session.execute(
                select(Qualification.user_id, Qualification.verfahren).where(
                    Qualification.level == "trained"
                )
            ).all()
        )
        units = dict(session.execute(select(AppUser.id, AppUser.unit_key)).all())
        kept = session.execute(
            select(Vorgang.verfahren, Vorgang.unit_key, Vorgang.owner_id).distinct()
        ).all()
        for verfahren, unit, owner in kept:
            assert units[owner] == unit
            assert (owner, verfahren) in trained
            if verfahren in routing["by_title"]:
                assert unit != routing["triage"]
            else:
                assert unit == office.route(session, verfahren)


def test_families_live_in_a_household_with_one_clerk(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        family = session.execute(
            select(Vorgang.owner_id, Person.household_id, Person.family_name).join(
                Person, Person.id == Vorgang.person_id
            ).where(Vorgang.verfahren.in_(("P11", "P12", "P13")))
        ).all()  # fmt: skip
        sizes = dict(
            session.execute(
                select(Person.household_id, func.count()).group_by(Person.household_id)
            ).all()
        )
    clerks: dict[int, set[int]] = defaultdict(set)
    for owner, household, _name in family:
        assert household is not None
        assert sizes[household] >= 2
        clerks[household].add(owner)
    assert len(family) > 20
    assert all(len(owners) == 1 for owners in clerks.values())


def test_declared_facts_of_all_cases_can_be_read(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        for case in session.scalars(select(Vorgang).where(Vorgang.verfahren != "P02")):
            declared = get(case.verfahren, case.version).angaben_by_key
            for key, raw in case.antrag.items():
                if key in declared:
                    declared[key].read(raw)
            if "variante" in case.antrag:
                assert case.antrag["variante"] in declared["variante"].choices
        found = session.scalar(
            select(func.count()).select_from(CaseFinding).join(
                Vorgang, Vorgang.id == CaseFinding.vorgang_id
            ).where(Vorgang.verfahren != "P02")
        )  # fmt: skip
        assert found > 1_000


def test_only_procedures_whose_application_has_an_effect_have_a_fiction(
    loaded: sessionmaker[Session],
) -> None:
    with loaded() as session:
        keys = set(
            session.scalars(
                select(Vorgang.verfahren).join(
                    FiktionRecord, FiktionRecord.vorgang_id == Vorgang.id
                )
            )
        )
    assert {"P01", "P06", "P11"} <= keys
    for key in keys:
        opening = newest(key).step(newest(key).opening)
        assert opening is not None
        assert Effect.COMPUTE_FIKTION in opening.effects, key
    assert "P32" not in keys


def test_participations_that_are_awaited_have_a_running_clock(
    loaded: sessionmaker[Session],
) -> None:
    lacking = text(
        "SELECT count(*) FROM beteiligung b WHERE b.state = 'requested' AND NOT EXISTS"
        " (SELECT FROM frist f WHERE f.beteiligung_id = b.id AND f.status = 'running')"
    )
    with loaded() as session:
        assert session.scalar(lacking) == 0


@pytest.fixture(scope="module")
def app(loaded: sessionmaker[Session], settings: Settings, clock: FixedClock) -> Iterator[Flask]:
    engine = make_engine(settings.database_url)
    services = Services(settings, engine, loaded, clock, health.Readiness({}))
    with loaded() as session:
        services.more["house"] = build_house(settings, session, clock=clock)
    yield create_app(settings, services=services)
    engine.dispose()


@pytest.mark.parametrize(
    ("login", "unit"), [("e.yildizer", "SG3"), ("n.karimpour", "SG4"), ("g.hasselfeld", "SG7")]
)
def test_desks_of_other_units_show_their_cases(
    app: Flask, loaded: sessionmaker[Session], clock: FixedClock, login: str, unit: str
) -> None:
    assert login in {known for _, known in demo._LOGINS}
    token = new_token()
    with transaction(loaded) as session:
        user = session.scalars(select(AppUser).where(AppUser.login == login)).one()
        assert user.unit_key == unit
        desk = session.scalars(select(Desk.id).where(Desk.unit_key == unit).limit(1)).first()
        session.add(
            UserSession(
                token_hash=token_hash(token),
                user_id=user.id,
                desk_id=desk,
                created_at=clock.now(),
                last_seen_at=clock.now(),
                expires_at=clock.now() + ABSOLUTE,
            )
        )
        first = session.scalars(
            select(Vorgang.number)
            .where(Vorgang.unit_key == unit, Vorgang.closed_at.is_(None))
            .order_by(Vorgang.harm_on, Vorgang.id)
            .limit(1)
        ).one()
    client = app.test_client()
    client.set_cookie(COOKIE_PLAIN, token)
    page = client.get("/vorgaenge")
    assert page.status_code == 200
    assert first in page.text
    case = client.get(f"/vorgang/{first}")
    assert case.status_code == 200, case.text[:500]
    assert first in case.text

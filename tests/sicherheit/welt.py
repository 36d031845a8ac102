"""One office with something of everything, whose rows have real ids: the ground of the matrix."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import flask.templating
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import applicant_actor
from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser, UserSession
from abh.db import Base
from abh.documents.house import House
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_zugang import AgencyPower, CompanyAccess
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.ids import new_token, token_hash
from abh.persons.tables import Company
from abh.post.schemas import KINDS
from abh.settings import load_settings
from abh.tables import import_tables
from abh.web import assets, catalogs, health
from abh.web.app import Services, create_app
from abh.web.session import COOKIE_PLAIN
from abh.workflows.tables import Vorgang
from tests import factories

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN)
DAY = NOW.date()
# What takes longer than a suite may: ``make security`` asks for it.
FULL = bool(os.environ.get("SICHERHEIT_VOLL"))
FULL_ONLY = pytest.mark.skipif(not FULL, reason="make security")
OWN, FOREIGN = "SG1", "SG2"
_EMPTY: Mapping[type, Any] = {
    str: "x", int: 1, bool: False, dict: {}, list: [], bytes: b"x" * 32,
    date: DAY, datetime: NOW,
}  # fmt: skip


def client_of(app: Flask, token: str = "") -> FlaskClient:
    """Return a browser that holds a login token, or none."""
    client = app.test_client()
    if token:
        client.set_cookie(COOKIE_PLAIN, token)
    return client


def draws_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be answered without being drawn: who may see one is not a matter of its looks."""
    monkeypatch.setattr(app.jinja_env, "get_or_select_template", lambda *args: None)
    monkeypatch.setattr(flask.templating, "_render", lambda *args: "")


@dataclass
class Welt:
    """The application over one transaction; ``ids`` by name of what they name."""

    app: Flask
    connection: Connection
    sessions: sessionmaker[Session]
    house: House
    clock: FixedClock
    tokens: dict[str, str]
    ids: dict[str, Any]

    def client(self, role: str) -> FlaskClient:
        """Return a browser of this role."""
        return client_of(self.app, self.tokens.get(role, ""))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back what is done inside."""
        with self.connection.begin_nested() as point:
            yield
            point.rollback()


@contextmanager
def made(engine: Engine, folder: Path) -> Iterator[Welt]:
    """Make the world in a transaction that is rolled back at the end."""
    if not (assets.VENDOR / "kern.css").is_file():
        assets.install()
    catalogs.compile_catalogs()
    import_tables()
    clock = FixedClock(NOW)
    settings = load_settings(
        {
            "ABH_MODE": "test",
            "ABH_VAR_DIR": str(folder),
            "ABH_DATABASE_URL": "postgresql+psycopg://x/y",
        }
    )
    with engine.connect() as connection, connection.begin() as outer:
        sessions = sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        with sessions() as session, session.begin():
            house = factories.make_house(session, clock, folder / "blobs")
            maker = _Maker(session, house)
            maker.everything()
        services = Services(
            settings, engine, sessions, clock, health.Readiness({}), more={"house": house}
        )
        app = create_app(settings, services=services)
        yield Welt(app, connection, sessions, house, clock, maker.tokens, maker.ids)
        outer.rollback()


@dataclass
class _Maker:
    session: Session
    house: House

    def __post_init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, Any] = {}

    def everything(self) -> None:
        self._staff()
        self._cases()
        # Rows as they lie there; how they come about is the matter of other tests.
        self.session.execute(text("SET LOCAL session_replication_role = replica"))
        self._things()
        self.session.execute(text("SET LOCAL session_replication_role = origin"))
        self._companies()

    def plant(self, table: str, **values: Any) -> int:
        """Write a row; what it must have and is not named gets something of its type."""
        columns = Base.metadata.tables[table].columns
        for column in columns:
            needed = not column.nullable and column.server_default is None and not column.identity
            if needed and column.name not in values:
                values[column.name] = _EMPTY.get(column.type.python_type)
        statement = Base.metadata.tables[table].insert().values(values)
        return int(self.session.execute(statement.returning(columns["id"])).scalar_one())

    def _login(self, role: str, user_id: int, **more: Any) -> None:
        token = self.tokens[role] = new_token()
        self.session.add(
            UserSession(
                token_hash=token_hash(token), user_id=user_id, created_at=NOW, last_seen_at=NOW,
                expires_at=NOW + timedelta(hours=12), **more,
            )
        )  # fmt: skip

    def _user(self, login: str, role: str, rank: str, unit: str | None, *powers: str) -> int:
        user = AppUser(
            login=login.lower(), display_name=f"P. {login}", password_hash="!", role=role,
            rank=rank, unit_key=unit, powers=sorted(ROLE_POWERS[role] | {*powers}), created_at=NOW,
            in_training=rank == "EINARB",
        )  # fmt: skip
        self.session.add(user)
        self.session.flush()
        self.ids[f"user:{login}"] = user.id
        return user.id

    def _staff(self) -> None:
        for role, unit in (("clerk", OWN), ("clerk", FOREIGN), ("lead", OWN), ("lead", FOREIGN)):
            name = f"{role}:{unit}"
            rank = "SB" if role == "clerk" else "SGL"
            desk = self.session.scalar(
                text("SELECT min(id) FROM desk WHERE unit_key = :unit"), {"unit": unit}
            )
            self._login(name, self._user(name.replace(":", "."), role, rank, unit), desk_id=desk)
        wide = self._user("wide", "lead", "AL", "SG3", "unit.all", "case.legal")
        self._login("lead:all", wide)
        self._login("admin", self._user("technik.x", "admin", "SB", None))
        self._login("pending", self.ids["user:lead.SG1"], waits_for="code")
        self._login("expired", self.ids["user:lead.SG1"], revoked_at=NOW)

    def _cases(self) -> None:
        session, house = self.session, self.house
        filed = factories.file_case(session, house, applicant_actor(), evidence=("pass",))
        secret = factories.file_case(
            session, house, applicant_actor(), evidence=("pass",),
            person__family_name="Verborgen", person__given_names="Vera",
            person__birth_date="01.02.1983", employer="Andere GmbH",
        )  # fmt: skip
        for name, number in (("", filed.number), ("secret:", secret.number)):
            case = session.scalars(select(Vorgang).where(Vorgang.number == number)).one()
            case.unit_key = OWN
            ids = {"case": case.id, "number": number, "person": case.person_id,
                   "akte": case.akte_id, "company": case.company_id}  # fmt: skip
            self.ids |= {f"{name}{key}": value for key, value in ids.items()}
            self.ids[f"{name}status"] = house.status_token(number)
            for table, sql in (
                ("letter", "SELECT min(id) FROM letter WHERE vorgang_id = :case"),
                ("blatt", "SELECT min(id) FROM blatt WHERE vorgang_id = :case"),
                ("evidence", "SELECT min(id) FROM evidence WHERE vorgang_id = :case"),
            ):
                self.ids[f"{name}{table}"] = session.scalar(text(sql), {"case": case.id})
        session.execute(
            text("UPDATE vorgang SET verfahren = 'P33', company_id = NULL WHERE id = :id"),
            {"id": self.ids["secret:case"]},
        )
        session.execute(text("UPDATE letter SET unit_key = :unit"), {"unit": OWN})

    def _things(self) -> None:
        ids, case, person = self.ids, self.ids["case"], self.ids["person"]
        me = ids["user:clerk.SG1"]
        desk = self.session.scalar(text("SELECT min(id) FROM desk WHERE unit_key = 'SG1'"))
        service = self.session.scalar(text("SELECT min(key) FROM service"))
        booking = {
            "unit_key": OWN, "desk_id": desk, "day": DAY, "lane": "kunden",
            "service_key": service, "status": "booked",
        }  # fmt: skip
        table = Base.metadata.tables["booking"]
        for name, cells, at in (("", 100, case), ("secret:", 110, ids["secret:case"])):
            cell_range = text(f"int4range({cells}, {cells + 2})")
            ids[f"{name}booking"] = self.session.execute(
                table.insert()
                .values(
                    **booking, person_id=ids[f"{name}person"], vorgang_id=at, created_at=NOW,
                    cells=cell_range,
                )
                .returning(table.c.id)
            ).scalar_one()  # fmt: skip
        ids["walk_token"] = new_token()
        ids["walk_in"] = self.plant(
            "walk_in", unit_key=OWN, day=DAY, ticket="L001", service_key=service,
            token_hash=token_hash(ids["walk_token"]),
        )  # fmt: skip
        ids["event"] = self.plant(
            "group_event", unit_key=OWN, kind="beratungstag", title="Tag", place="Saal", places=5,
            starts_at=NOW + timedelta(days=9), ends_at=NOW + timedelta(days=9, hours=1),
            guests_each=0, made_by=me, taken=1,
        )  # fmt: skip
        ids["guest"] = self.plant("event_guest", event_id=ids["event"], person_id=person)
        ids["bundle"] = self.plant(
            "post_bundle", unit_key=OWN, person_id=person, subject="Post", items=1, persons=1
        )
        ids["item"] = self.plant(
            "post_item", unit_key=OWN, kind="documents", channel="paper", subject="Post",
            person_id=person, bundle_id=ids["bundle"],
        )  # fmt: skip
        ids["part"] = self.plant("post_part", item_id=ids["item"], mime="application/pdf", size=1)
        week = {"unit": OWN, "open": 0, "work": 0, "clerks": 1, "zero_week": 0, "gap": 0.0}
        lists: dict[str, Any] = {
            "stock": [0],
            "used": [0],
            "given": {},
            "blocks": [],
            "missing": [],
        }
        ids["plan"] = self.plant(
            "post_plan", name="Plan", units=[OWN], classes={OWN: ["allgemein"]}, state="draft",
            floor_appointments=1, floor_firms=1, ordered_by=me, weeks=1,
            first_week=DAY + timedelta(days=7),
            result={
                "units": [week | lists], "minutes": dict.fromkeys(KINDS, 1.0), "measured": [],
                "appointment": 20,
            },
        )  # fmt: skip
        ids["bulk"] = self.plant("post_bulk", unit_key=OWN, act="close", ordered_by=me)
        ids["case_run"] = self.plant(
            "case_run", unit_key=OWN, reason="Vertretung im Urlaub", ordered_by=me, ordered_at=NOW,
            run_at=NOW + timedelta(minutes=1),
        )  # fmt: skip
        ids["hold"] = self.plant(
            "deletion_hold", akte_id=ids["akte"], reason="Klage läuft", set_by=me
        )
        ids["run"] = self.plant("deletion_run", unit_key=OWN)
        ids["removal"] = self.plant(
            "sheet_removal", unit_key=OWN, sheet_no=1, ground="unerheblich", norm="x",
            proposed_by=me, proposed_at=NOW,
        )  # fmt: skip
        ids["account"] = ids["user:clerk.SG2"]
        ids["message"] = self.plant(
            "outbox_message", kind="mail", dedup_key="x", state="failed", vorgang_id=case
        )
        ids["feed_token"] = new_token()
        ids["feed"] = self.plant(
            "calendar_feed", unit_key=OWN, made_by=me, user_id=me,
            token_hash=token_hash(ids["feed_token"]),
        )  # fmt: skip
        ids["fee"] = self.plant("fee", vorgang_id=case, code="x", label="x", amount=1, norm="x")
        ids["issue"] = self.plant(
            "form_issue", vorgang_id=case, form="D1", serial_no="A1", issued_by=me
        )
        ids["figures"] = self.plant(
            "lane_figures", first_day=DAY, last_day=DAY, published_by=me, withdrawn_at=NOW
        )

    def _companies(self) -> None:
        own, session = self.ids["company"], self.session
        lead = self.ids["user:lead.SG1"]
        others = {
            name: Company(name=f"{name} GmbH", name_search=name, created_at=NOW)
            for name in ("other", "closed", "agency")
        }
        session.add_all(others.values())
        session.flush()
        firms = {"own": own} | {name: row.id for name, row in others.items()}
        for name, role, company in (
            ("firm:admin", "admin", own), ("firm:read", "read", own),
            ("firm:other", "admin", firms["other"]), ("firm:closed", "admin", firms["closed"]),
            ("firm:agency", "admin", firms["agency"]),
        ):  # fmt: skip
            user = self._user(name.replace(":", "."), "employer", "EXTERN", None)
            self._login(name, user)
            self.ids[f"company:{name}"] = company
            session.add(CompanyMember(user_id=user, company_id=company, role=role))
        for name, company in firms.items():
            if name != "closed":
                kind = "agency" if name == "agency" else "employer"
                session.add(
                    CompanyAccess(company_id=company, kind=kind, approved_at=NOW, approved_by=lead)
                )
        session.add(
            AgencyPower(
                company_id=own, agency_id=firms["agency"], role="hr", granted_at=NOW,
                granted_by=self.ids["user:firm.admin"], valid_until=DAY + timedelta(days=30),
            )
        )  # fmt: skip
        scope = ["state", "tasks", "appointments", "decisions"]
        for company, person, end in (
            (own, self.ids["person"], None), (firms["other"], self.ids["person"], NOW),
        ):  # fmt: skip
            session.add(
                Mandate(
                    company_id=company, person_id=person, scope=scope, valid_from=DAY,
                    valid_until=DAY + timedelta(days=90), recorded_at=NOW, revoked_at=end,
                )
            )  # fmt: skip
        session.flush()
        self.ids["batch"] = self.plant(
            "firm_batch", company_id=own, user_id=self.ids["user:firm.admin"], verfahren="P02",
            file_name="x.xlsx",
        )  # fmt: skip
        self.ids["company:firm:chosen"] = own
        self._login("firm:chosen", self.ids["user:firm.agency"], company_id=own)


class _Paper(bytes):
    @property
    def pdf(self) -> bytes:
        return self


class NoPaper:
    """A renderer that lays nothing out; who may have a letter is not a matter of its looks."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: _Paper(b"%PDF-1.7")


def plain(text_: str) -> str:
    """Return what a refusal says, without what differs by request."""
    return re.sub(r'"incident":"[^"]*"|nonce="[^"]*"|nonce-[\w-]+', "", text_)


def without_paper(house: House) -> House:
    """Return the house with a renderer that lays nothing out."""
    return replace(house, renderer=NoPaper())


__all__ = ["DAY", "FOREIGN", "NOW", "OWN", "UTC", "NoPaper", "Welt", "client_of", "made", "plain"]

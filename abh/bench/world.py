"""A furnished office with real cases for measuring: everything made by the real services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import Actor, applicant_actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.db import make_engine, make_sessions, transaction
from abh.documents import service as letters
from abh.documents.house import House, build_house
from abh.install import install_office
from abh.kernel.clock import BERLIN, FixedClock
from abh.settings import Settings, load_settings
from abh.workflows import service
from abh.workflows.dossier import Case
from abh.workflows.intake import file_application
from abh.workflows.schemas import load_antrag
from abh.workflows.steps import load_case

# A working Monday whose law is in config/rechtsstand: a benchmark must not depend on the day.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN)
UNIT = "SG1"
EVIDENCE = ("pass", "krankenversicherung", "hochschulabschluss", "anabin", "arbeitsvertrag", "ezb")
FINDINGS: Mapping[str, Any] = {
    "identity_clarified": True,
    "visa_fits": True,
    "expulsion_interest": False,
    "entry_ban": False,
    "exclusion_19f": "",
    "job_adequate": True,
    "degree_recognised": True,
}
_ANTRAG: Mapping[str, Any] = {
    "title_kind": "NATIONALES_VISUM",
    "title_until": "20.12.2026",
    "entry_on": "25.09.2026",
    "passport_until": "01.06.2031",
    "employer": "Beispiel Systems GmbH",
    "job_title": "Softwareentwickler",
    "isco": "2411",
    "salary_year": "61.000",
    "job_start": "15.01.2027",
    "job_permanent": True,
    "degree_name": "Bachelor of Science",
    "degree_on": "30.06.2025",
}


@dataclass
class World:
    """A furnished house on a database, with one trained clerk of Sachgebiet 1."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    house: House
    clerk: Actor
    clock: FixedClock
    _filed: list[int] = field(default_factory=list)

    def file(self, *, evidence: tuple[str, ...] = EVIDENCE, **changes: Any) -> int:
        """File an application through the intake; returns the key of its case."""
        number = len(self._filed)
        person = {
            "family_name": f"Beispiel{'abcdefghijklmnopqrstuvwxyz'[number % 26]}",
            "given_names": "Ada",
            "birth_date": f"{1 + number % 28:02d}.05.1990",
            "birth_place": "Huế",
            "sex": "f",
            "nationalities": ["VNM"],
            "street": "Graf-Adolf-Straße 12",
            "postcode": "40212",
            "city": "Düsseldorf",
            "email": "",
            "phone": "",
            "language": "en",
        }
        antrag = load_antrag({**_ANTRAG, "person": person, **changes})
        uploads = [service.Upload(k, f"{k}.pdf", "application/pdf", _pdf(k), 1) for k in evidence]
        with transaction(self.sessions) as session:
            filed = file_application(
                session, self.house, applicant_actor(), antrag, uploads, channel="portal"
            )
        self._filed.append(filed.vorgang_id)
        return filed.vorgang_id

    def case(self, vorgang_id: int) -> Case:
        """Return the case as it stands."""
        with self.sessions() as session:
            return load_case(session, self.house, vorgang_id=vorgang_id)

    def step(self, vorgang_id: int, key: str, **more: Any) -> None:
        """Take a step as the clerk."""
        version = int(self.case(vorgang_id).vorgang["row_version"])
        with transaction(self.sessions) as session:
            service.take_step(
                session,
                self.house,
                self.clerk,
                vorgang_id,
                key,
                expected_version=version,
                **more,
            )

    def find(self, vorgang_id: int, **values: Any) -> None:
        """Record findings as the clerk."""
        version = int(self.case(vorgang_id).vorgang["row_version"])
        with transaction(self.sessions) as session:
            service.record_findings(
                session, self.house, self.clerk, vorgang_id, values, expected_version=version
            )

    def answer(self, vorgang_id: int, beteiligung_id: int, answer: str) -> None:
        """Record what an authority answered today."""
        self._do(service.answer_participation, vorgang_id, beteiligung_id, answer, on=self.today)

    def pay(self, vorgang_id: int, fee_id: int) -> None:
        """Record that a fee was paid by card."""
        self._do(service.settle_fee, vorgang_id, fee_id, payment="Kartenzahlung")

    def to_review(self, vorgang_id: int) -> None:
        """Bring a complete application into review."""
        self.find(vorgang_id, **FINDINGS)
        self.step(vorgang_id, "vollstaendig")

    def to_decision(self, vorgang_id: int) -> None:
        """Bring an application that needs no consent of the BA to where it can be decided."""
        self.to_review(vorgang_id)
        self.step(vorgang_id, "beteiligen")
        part = self.case(vorgang_id).row["beteiligungen"][0]
        self._do(service.answer_participation, vorgang_id, part["id"], "consent", on=self.today)
        self.step(vorgang_id, "zum_termin_einladen")
        self.find(vorgang_id, biometrics_on=self.today.isoformat(), biometrics_usable=True)
        for fee in self.case(vorgang_id).row["fees"]:
            self.pay(vorgang_id, fee["id"])
        self.step(vorgang_id, "erschienen_entscheidungsreif")

    def to_end(self, vorgang_id: int) -> None:
        """Grant, order the card, hand it over: a closed case."""
        self.to_decision(vorgang_id)
        self.step(vorgang_id, "bewilligen")
        form = {"fb_serial": f"D3-{vorgang_id:06d}", "fb_seal": "17"}
        self.step(vorgang_id, "karte_bestellen", data=form)
        for note in ("card_arrived", "identity_checked", "old_papers_withdrawn"):
            self._do(service.note, vorgang_id, note)
        self.step(vorgang_id, "aushaendigen", data={"sheet_serial": f"D11-{vorgang_id}"})

    @property
    def today(self) -> date:
        """The day of this world in Berlin."""
        return self.house.today

    def _do(self, act: Any, vorgang_id: int, *args: Any, **more: Any) -> None:
        version = int(self.case(vorgang_id).vorgang["row_version"])
        with transaction(self.sessions) as session:
            act(
                session,
                self.house,
                self.clerk,
                vorgang_id,
                *args,
                expected_version=version,
                **more,
            )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def furnish(database_url: str, folder: Path) -> World:
    """Return a world on a migrated database; files of its cases lie in ``folder``.

    Imports the office unless it is there. Everybody trained may sign.
    """
    settings = load_settings(
        {"ABH_MODE": "test", "ABH_DATABASE_URL": database_url, "ABH_VAR_DIR": str(folder)}
    )
    clock = FixedClock(MONDAY)
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    install_office(sessions, settings.office_file, clock=clock)
    with transaction(sessions) as session:
        users = session.scalars(
            select(AppUser)
            .where(AppUser.unit_key == UNIT, AppUser.rank == "SB", AppUser.active)
            .order_by(AppUser.login)
        ).all()
        letters.grant_mandate(session, users[0].id, valid_from=date(2020, 1, 1))
        clerk = actor_of_user(users[0])
        house = build_house(settings, session, clock=clock)
    return World(settings, engine, sessions, house, clerk, clock)


def _pdf(text: str) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.docinfo["/Title"] = text
    out = BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()

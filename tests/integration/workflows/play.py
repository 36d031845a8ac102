"""A case in play for the stories of this folder."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import FixedClock
from abh.workflows import jobs, service
from abh.workflows.checklist import evaluate_checklist
from abh.workflows.dossier import Case
from abh.workflows.steps import load_case
from tests import factories


class Play:
    """A case in play: reads its newest state before every act."""

    def __init__(self, session: Session, house: House, number: str) -> None:
        self.session, self.house, self.number = session, house, number

    @property
    def case(self) -> Case:
        self.session.flush()
        return load_case(self.session, self.house, number=self.number)

    @property
    def version(self) -> int:
        return int(self.case.vorgang["row_version"])

    def item(self, key: str):
        case = self.case
        return next(i for i in evaluate_checklist(case.verfahren, case.facts) if i.key == key)

    def step(self, actor: Actor, key: str, **kw):
        return service.take_step(
            self.session, self.house, actor, self.case.id, key, expected_version=self.version, **kw
        )

    def find(self, actor: Actor, **values):
        return service.record_findings(
            self.session, self.house, actor, self.case.id, values, expected_version=self.version
        )

    def note(self, actor: Actor, key: str, value: str = ""):
        return service.note(
            self.session,
            self.house,
            actor,
            self.case.id,
            key,
            value=value,
            expected_version=self.version,
        )

    def part(self, kind: str) -> dict:
        return next(p for p in self.case.row["beteiligungen"] if p["kind"] == kind)

    def answer(self, actor: Actor, kind: str, answer: str, **kw):
        return service.answer_participation(
            self.session,
            self.house,
            actor,
            self.case.id,
            self.part(kind)["id"],
            answer,
            on=self.house.today,
            expected_version=self.version,
            **kw,
        )

    def letters(self, key: str) -> list[Letter]:
        return list(
            self.session.scalars(
                select(Letter)
                .where(Letter.vorgang_id == self.case.id, Letter.key == key)
                .order_by(Letter.id)
            )
        )


OFFICE_CHECKS = {
    "identity_clarified": True,
    "visa_fits": True,
    "expulsion_interest": False,
    "entry_ban": False,
    "exclusion_19f": "",
    "job_adequate": True,
    "degree_recognised": True,
}


def to_review(play: Play, clerk: Actor) -> None:
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "nachfordern")
    service.add_documents(
        play.session,
        play.house,
        applicant_actor(),
        play.case.id,
        factories.uploads(["hochschulabschluss"]),
        received_on=play.house.today,
    )
    play.step(clerk, "vollstaendig")


def to_consent(play: Play, clerk: Actor, clock: FixedClock) -> None:
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    play.answer(clerk, "BVA", "consent")
    clock.advance(timedelta(days=15))
    jobs.sweep_fristen(play.session, play.house)


def to_decision(play: Play, clerk: Actor, clock: FixedClock) -> None:
    to_consent(play, clerk, clock)
    play.step(clerk, "zum_termin_einladen")
    play.find(clerk, biometrics_on=play.house.today.isoformat(), biometrics_usable=True)
    fee = play.case.row["fees"][0]
    service.settle_fee(
        play.session,
        play.house,
        clerk,
        play.case.id,
        fee["id"],
        payment="Girocard",
        expected_version=play.version,
    )
    play.step(clerk, "erschienen_entscheidungsreif")

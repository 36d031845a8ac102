"""An office on a database of its own, with real commits, and a starting gun for threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.workflows import service
from abh.workflows.steps import StepDone, load_case
from abh.workflows.tables import Vorgang
from tests import factories

MET = {
    "identity_clarified": True,
    "visa_fits": True,
    "expulsion_interest": False,
    "entry_ban": False,
    "exclusion_19f": "",
    "job_adequate": True,
    "degree_recognised": True,
}
# The move of a case as it would be without the version: whoever comes last wins.
BLIND_MOVE = (
    update(Vorgang)
    .where(Vorgang.id == bindparam("b_id"), bindparam("b_version") > 0)
    .values(
        state=bindparam("b_state"),
        state_since=bindparam("b_since"),
        row_version=Vorgang.row_version + 1,
        closed_at=bindparam("b_closed"),
        progress=bindparam("b_progress"),
        harm_on=bindparam("b_harm_on"),
        harm_key=bindparam("b_harm_key"),
    )
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class Town:
    """The office: sessions with real commits, its furniture, and people of Sachgebiet 1."""

    sessions: sessionmaker[Session]
    house: House
    clerk: Actor
    colleague: Actor
    trainee: Actor
    lead: Actor

    def file(self, **kw: Any) -> int:
        """File an application and return the id of its case."""
        with self.sessions.begin() as session:
            return factories.file_case(session, self.house, applicant_actor(), **kw).vorgang_id

    def version(self, vorgang_id: int) -> int:
        """Return the version of a case that somebody who looks now sees."""
        with self.sessions() as session:
            case = load_case(session, self.house, vorgang_id=vorgang_id)
            return int(case.vorgang["row_version"])

    def step(self, actor: Actor, vorgang_id: int, key: str, **kw: Any) -> StepDone:
        """Take a step on the newest version, committed."""
        with self.sessions.begin() as session:
            case = load_case(session, self.house, vorgang_id=vorgang_id)
            return service.take_step(
                session,
                self.house,
                actor,
                vorgang_id,
                key,
                expected_version=int(case.vorgang["row_version"]),
                **kw,
            )

    def find(self, vorgang_id: int, **values: Any) -> None:
        """Record findings, committed."""
        with self.sessions.begin() as session:
            case = load_case(session, self.house, vorgang_id=vorgang_id)
            service.record_findings(
                session,
                self.house,
                self.clerk,
                vorgang_id,
                values,
                expected_version=int(case.vorgang["row_version"]),
            )

    def race(self, *acts: Callable[[Session], Any]) -> list[Any]:
        """Let all act at once, each in a transaction of its own; results or errors in order."""
        gun = threading.Barrier(len(acts))
        results: list[Any] = [None] * len(acts)

        def run(place: int, act: Callable[[Session], Any]) -> None:
            gun.wait(30)
            try:
                with self.sessions.begin() as session:
                    results[place] = act(session)
            except Exception as error:
                results[place] = error

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        return results

"""Bulk cases of P02: every row a real case would have, walked along the steps of the Verfahren."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from abh.demo.anfang import open_case
from abh.demo.paths import Path, steps_of
from abh.demo.population import Job
from abh.demo.rows import Rows
from abh.demo.story import Story
from abh.demo.world import Clerk, World, as_json
from abh.kernel.clock import BERLIN
from abh.kernel.ids import case_number
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.planung import harm_day

_CHANNELS = ("portal", "paper", "email", "counter", "employer")
_TITLES = (
    (TitleKind.AE_18A_18B, 25),
    (TitleKind.AUFENTHALTSERLAUBNIS, 25),
    (TitleKind.NATIONALES_VISUM, 25),
    (TitleKind.BLAUE_KARTE, 15),
    (TitleKind.VISUMFREI_41, 10),
)


def _instant(rng: Random, day: date, now: datetime) -> datetime:
    at = datetime.combine(day, time(8, 0), BERLIN) + timedelta(seconds=rng.randint(0, 25_000))
    return min(at, now - timedelta(minutes=1))


@dataclass
class CaseMaker:
    """Writes one case after the other into ``rows``."""

    world: World
    rows: Rows
    rng: Random

    def make(
        self,
        person: Mapping[str, Any],
        owner: Clerk,
        company: Mapping[str, Any],
        job: Job,
        path: Path,
        *,
        title_days: int | None = None,
        real_letters: bool = False,
    ) -> dict[str, Any]:
        """Add a case of ``person`` that went along ``path``; returns the row of the case.

        ``title_days`` makes the person's permit end so many days from today. ``real_letters``
        leaves the letters to ``showcase``.
        """
        world, rng = self.world, self.rng
        steps = steps_of(world.verfahren, path)
        received, instants = self._instants(path, len(steps))
        antrag = self._antrag(path, received, company, job)
        if title_days is not None:
            antrag.pop("lawful_until", None)
            antrag["title_kind"] = TitleKind.AE_18A_18B.name
            antrag["title_until"] = (world.today + timedelta(days=title_days)).isoformat()
        facts = self._facts(person, antrag, received)
        number = self._number(received.year)
        akte, case = open_case(
            self.rows,
            world,
            path,
            person,
            owner,
            facts,
            antrag,
            instants,
            number=number,
            received=received,
            channel=rng.choices(_CHANNELS, (60, 12, 8, 12, 8))[0],
            company_id=company["id"],
            harm=harm_day(facts, path.state),
        )
        story = Story(
            self.rows,
            self.world,
            self.rng,
            case,
            akte,
            person,
            owner,
            path,
            facts,
            instants,
            real_letters,
        )
        story.tell(steps)
        case["progress"] = as_json(story.progress)
        return case

    def _number(self, year: int) -> str:
        self.world.running[year] = self.world.running.get(year, 0) + 1
        return case_number(year, self.world.running[year])

    def _instants(self, path: Path, count: int) -> tuple[date, list[datetime]]:
        """Return the day of receipt and the instant of each step: the first three at once."""
        rng, today, now = self.rng, self.world.today, self.world.now
        age = rng.randint(*path.age)
        received = today - timedelta(days=age)
        if path.is_open:
            took = max(0, age - rng.randint(0, min(age, 9)))
        else:
            took = rng.randint(min(14, age), min(age, 120))
        last = received + timedelta(days=took)
        begun = min(3, count)
        first = _instant(rng, received, now)
        instants = [first + timedelta(seconds=n) for n in range(begun)]
        later = count - begun
        for n in range(1, later + 1):
            day = received + (last - received) * n // later
            instants.append(max(_instant(rng, day, now), instants[-1]))
        return received, instants

    def _antrag(
        self, path: Path, received: date, company: Mapping[str, Any], job: Job
    ) -> dict[str, Any]:
        rng = self.rng
        kind = rng.choices([t for t, _ in _TITLES], [w for _, w in _TITLES])[0]
        anchor = self.world.today if path.is_open else received
        new_graduate = rng.random() < 0.25
        degree_age = rng.randint(100, 900) if new_graduate else rng.randint(1300, 7000)
        salary = self._salary(job, new_graduate, path)
        permanent = rng.random() < 0.7
        antrag: dict[str, Any] = {
            "applied_title": "Blaue Karte EU",
            "title_kind": kind.name,
            "passport_until": (anchor + timedelta(days=rng.randint(400, 3000))).isoformat(),
            "employer": company["name"],
            "job_title": job.title,
            "job_place": "Düsseldorf",
            "isco": job.isco,
            "weekly_hours": "40",
            "salary_year": str(salary),
            "job_start": (anchor + timedelta(days=rng.randint(15, 120))).isoformat(),
            "job_permanent": permanent,
            "keeps_job": kind is TitleKind.BLAUE_KARTE,
            "degree_on": (received - timedelta(days=degree_age)).isoformat(),
            "entry_on": (received - timedelta(days=rng.randint(20, 900))).isoformat(),
        }
        if not permanent:
            antrag["job_months"] = rng.choice((12, 24, 36))
        end = (anchor + timedelta(days=rng.randint(20, 200))).isoformat()
        antrag["lawful_until" if kind is TitleKind.VISUMFREI_41 else "title_until"] = end
        return antrag

    def _salary(self, job: Job, new_graduate: bool, path: Path) -> Decimal:
        rng, law = self.rng, self.world.law_now
        regular = int(law.threshold_regular.value) if law.threshold_regular else 52_000
        reduced = int(law.threshold_reduced.value) if law.threshold_reduced else 47_000
        if path.state in ("hearing", "refused", "refused_final"):
            return Decimal(rng.randint(reduced - 9_000, reduced - 200))
        if (job.shortage or new_graduate) and rng.random() < 0.45:
            return Decimal(rng.randint(reduced + 100, regular - 100))
        return Decimal(rng.randint(regular + 100, regular + 45_000))

    def _facts(self, person: Mapping[str, Any], antrag: Mapping[str, Any], received: date) -> Facts:
        def day(key: str) -> date | None:
            return date.fromisoformat(antrag[key]) if key in antrag else None

        return Facts(
            stichtag=self.world.today,
            today=self.world.today,
            received_on=received,
            nationalities=tuple(person["nationalities"]),
            title_kind=TitleKind[antrag["title_kind"]],
            title_until=day("title_until"),
            lawful_until=day("lawful_until"),
            applied_title=antrag["applied_title"],
            employer=antrag["employer"],
            salary_year=Decimal(antrag["salary_year"]),
            isco=antrag["isco"],
            job_start=day("job_start"),
            degree_recognised=True,
            degree_on=day("degree_on"),
            law=self.world.law_now,
        )

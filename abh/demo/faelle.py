"""Bulk cases of any procedure: person, family, application and case, then what its steps left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from abh.demo import mix, population
from abh.demo.anfang import open_case
from abh.demo.paths import Path
from abh.demo.plan import Fall, Plan, plan_of
from abh.demo.rows import Rows
from abh.demo.spur import Spur
from abh.demo.vorlagen import Vorlage, facts_of
from abh.demo.world import Clerk, Post, World, as_json
from abh.kernel.clock import BERLIN
from abh.kernel.ids import case_number
from abh.workflows.definition import Power, State, Step
from abh.workflows.dossier import law_of
from abh.workflows.facts import Facts, PartialDate, TitleKind
from abh.workflows.planung import harm_day, settled_states
from abh.workflows.verfahren.zustaende import DECIDED_STATES

OPEN_SHARE = 0.25
# Procedures whose people live in a family that the office keeps together (§ 81(6) AufenthG).
FAMILIES = frozenset({"P11", "P12", "P13"})
SIBLING_SHARE = 0.4
UNDECIDED_DAYS = 78
GROWN_DAYS = 28 * 365
_CHANNELS = ("portal", "paper", "email", "counter")


@dataclass
class FallMaker:
    """Writes cases of all procedures but P02 into ``rows``; plans are made when first needed."""

    world: World
    rows: Rows
    rng: Random
    companies: Sequence[Mapping[str, Any]]
    _plans: dict[str, Plan] = field(default_factory=dict)
    _worlds: dict[tuple[str, str], World] = field(default_factory=dict)
    _turn: dict[str, int] = field(default_factory=dict)
    _family: tuple[dict[str, Any], Clerk] | None = None

    def forget(self) -> None:
        """Forget what was written last: those rows have left the house."""
        self._family = None

    def make(self, key: str, index: int, *, is_open: bool | None = None) -> dict[str, Any]:
        """Add a case of the procedure with its person; returns the row of the case."""
        rng = self.rng
        if is_open is None:
            is_open = rng.random() < OPEN_SHARE
        plan = self.plan(key)
        state_key, fall = plan.choose(rng, is_open=is_open)
        state = next(s for s in plan.verfahren.states if s.key == state_key)
        posts = self.world.posts[key]
        post = posts[0] if len(posts) == 1 else rng.choice(posts)
        world = self._world(plan, post)
        path = _path(fall, state)
        received, instants = self._instants(world, state, fall.way.steps)
        anchor = world.today if path.is_open else _day(instants[-1])
        person, owner = self._person(key, index, fall.vorlage, post, anchor)
        return self._case(world, path, fall, person, owner, received, instants, anchor)

    def plan(self, key: str) -> Plan:
        """Return what can be invented of a procedure."""
        found = self._plans.get(key)
        if found is None:
            world = self.world
            only = world.variants.get(key, ())
            found = plan_of(world.verfahren_of(key), world.law, world.today, only)
            self._plans[key] = found
        return found

    def _world(self, plan: Plan, post: Post) -> World:
        key = (plan.verfahren.key, post.unit_key)
        found = self._worlds.get(key)
        if found is None:
            found = replace(
                self.world,
                verfahren=plan.verfahren,
                unit_key=post.unit_key,
                clerks=list(post.clerks),
                lead=post.lead,
                sheets=self.world.sheets_of(plan.verfahren),
            )
            found.share_lengths(self.world)
            self._worlds[key] = found
        return found

    def _instants(
        self, world: World, state: State, steps: tuple[Step, ...]
    ) -> tuple[date, list[datetime]]:
        """Return the day of receipt and the instant of each step, spread over the time.

        What the engine does by itself follows at once, as long as nobody else had to act.
        """
        rng, now = self.rng, world.now
        oldest = (world.today - world.verfahren.in_force_from).days
        least, most = mix.age(state)
        if not state.terminal and state.key not in DECIDED_STATES:
            # Later an action for failure to act is admissible: no office leaves that lying.
            oldest = min(oldest, UNDECIDED_DAYS)
        age = rng.randint(min(least, oldest), min(most, oldest))
        received = world.today - timedelta(days=age)
        resting = state.key in mix.RESTING or state.terminal
        took = (
            rng.randint(min(10, age), min(age, 120))
            if resting
            else age - min(age, rng.randint(0, 9))
        )
        begun = 1 + next((n for n, s in enumerate(steps[1:]) if not s.automatic), len(steps) - 1)
        first = _instant(rng, received, now)
        instants = [first + timedelta(seconds=n) for n in range(begun)]
        later = len(steps) - begun
        for n in range(1, later + 1):
            day = received + timedelta(days=took * n // later)
            instants.append(max(_instant(rng, day, now), instants[-1]))
        return received, [min(at, now) for at in instants]

    def _person(
        self, key: str, index: int, vorlage: Vorlage, post: Post, anchor: date
    ) -> tuple[dict[str, Any], Clerk]:
        rng = self.rng
        person = population.person(rng, index, anchor)
        # A child's or a youth's rights may hang on the day.
        older = rng.randint(0, 60) if vorlage.born < -GROWN_DAYS else 0
        born = anchor + timedelta(days=vorlage.born - older)
        person |= {"birth_year": born.year, "birth_month": born.month, "birth_day": born.day}
        if vorlage.nationality:
            person["nationalities"] = list(vorlage.nationality)
        turn = self._turn.get(post.unit_key + key, 0)
        self._turn[post.unit_key + key] = turn + 1
        owner = post.clerks[turn % len(post.clerks)]
        if key in FAMILIES:
            owner = self._join_family(person, index, owner, post)
        created = self.world.now - timedelta(days=740)
        return self.rows.add("person", **person, created_at=created), owner

    def _join_family(self, person: dict[str, Any], index: int, owner: Clerk, post: Post) -> Clerk:
        """Let the person live with somebody who has long been here; returns who keeps them."""
        family = self._family
        if family is None or family[1] not in post.clerks or self.rng.random() >= SIBLING_SHARE:
            home = population.person(self.rng, index, self.world.today)
            home["email"] = f"familie{index}@post.example"
            household = self.rows.add("household", name=home["family_name"], owner_id=owner.id)
            home["household_id"] = household["id"]
            self.rows.add("person", **home, created_at=self.world.now - timedelta(days=745))
            family = self._family = (home, owner)
        home, owner = family
        for name in ("street", "postcode", "family_name", "household_id"):
            person[name] = home[name]
        person |= population.search_forms(person["given_names"], person["family_name"])
        return owner

    def _case(
        self,
        world: World,
        path: Path,
        fall: Fall,
        person: dict[str, Any],
        owner: Clerk,
        received: date,
        instants: list[datetime],
        anchor: date,
    ) -> dict[str, Any]:
        antrag, company = self._antrag(world, fall.vorlage, anchor)
        found = fall.vorlage.findings(anchor)
        # Known only when the answer has come: nobody has been asked yet.
        found.pop("security_valid_until", None)
        facts = self._facts(world, {**antrag, **found}, person, received)
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
            channel=self._channel(fall.way.steps[0]),
            company_id=company["id"] if company else None,
            harm=harm_day(facts, path.state, settled_states(world.verfahren)),
        )
        spur = Spur(
            self.rows,
            world,
            self.rng,
            case,
            akte,
            person,
            owner,
            path,
            facts,
            instants,
            found=found,
            evidence=self._evidence(path.state, fall),
        )
        spur.tell(_triples(world.verfahren.initial, fall.way.steps))
        case["progress"] = as_json(spur.progress)
        person["created_at"] = instants[0]
        return case

    def _antrag(
        self, world: World, vorlage: Vorlage, anchor: date
    ) -> tuple[dict[str, Any], Mapping[str, Any] | None]:
        antrag = vorlage.antrag(anchor)
        verfahren = world.verfahren
        named = next((v for v in verfahren.varianten if v.key == antrag.get("variante")), None)
        title = (named.title if named else "") or verfahren.titel or verfahren.name
        antrag = {"applied_title": title, **antrag}
        antrag.setdefault("title_kind", TitleKind.NONE.name)
        if not vorlage.employer:
            return antrag, None
        job = population.job(self.rng, len(self.companies))
        company = self.companies[job.company]
        antrag |= {"employer": company["name"], "job_title": job.title}
        return antrag, company

    def _facts(
        self, world: World, said: Mapping[str, Any], person: Mapping[str, Any], received: date
    ) -> Facts:
        law = law_of(world.verfahren, world.law, world.today)
        return facts_of(
            world.verfahren,
            said,
            law,
            world.today,
            received,
            birth=PartialDate(person["birth_year"], person["birth_month"], person["birth_day"]),
            nationalities=tuple(person["nationalities"]),
            competent=True,
        )

    def _evidence(self, state: str, fall: Fall) -> tuple[str, ...]:
        kinds = fall.vorlage.evidence
        lacks = state == "awaiting_applicant" or (
            state == "completeness_check" and self.rng.random() < 0.4
        )
        if not lacks or not fall.lacking:
            return kinds
        gone = self.rng.choice(fall.lacking)
        return tuple(kind for kind in kinds if kind != gone)

    def _channel(self, opening: Step) -> str:
        if Power.APPLICANT not in opening.by:
            return "other_authority"
        return self.rng.choices(_CHANNELS, (60, 16, 10, 14))[0]

    def _number(self, year: int) -> str:
        self.world.running[year] = self.world.running.get(year, 0) + 1
        return case_number(year, self.world.running[year])


def _day(at: datetime) -> date:
    return at.astimezone(BERLIN).date()


def _instant(rng: Random, day: date, now: datetime) -> datetime:
    at = datetime.combine(day, time(8, 0), BERLIN) + timedelta(seconds=rng.randint(0, 25_000))
    return min(at, now - timedelta(minutes=1))


def _path(fall: Fall, state: State) -> Path:
    keys = tuple(step.key for step in fall.way.steps)
    return Path(state.key, keys, 1, (0, 0), not state.terminal)


def _triples(initial: str, steps: tuple[Step, ...]) -> list[tuple[str, Step, str]]:
    sources = (initial, *(step.target for step in steps))
    return [(source, step, step.target) for source, step in zip(sources, steps, strict=False)]

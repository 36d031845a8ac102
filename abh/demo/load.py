"""Loading the demo: an office, its people, a synthetic population and their cases, by COPY."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import zweitfaktor
from abh.access.actor import SYSTEM
from abh.access.service import change_password, create_user
from abh.access.tables import AppUser
from abh.db import make_engine, make_sessions, transaction
from abh.demo import bulk, mix, population, vorlagen
from abh.demo import post as backlog
from abh.demo.cases import CaseMaker
from abh.demo.faelle import FallMaker
from abh.demo.paths import OPEN_SHARE, PATHS, Path
from abh.demo.rows import Rows
from abh.demo.sheets import Sheet, stand_ins
from abh.demo.showcase import issue_letters
from abh.demo.world import Clerk, Post, World
from abh.documents.house import build_house, store_of
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Rank
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_zugang import CompanyAccess
from abh.install import install_office
from abh.kernel.clock import Clock, today
from abh.kernel.errors import ConfigurationError
from abh.kernel.ids import derived_token
from abh.kernel.rechtsstand import Rechtsstand
from abh.office import service as office
from abh.office.tables import Qualification
from abh.persons.tables import Company
from abh.settings import Settings, load_yaml_dir, make_clock
from abh.workflows import fuehrung
from abh.workflows.registry import current, known_keys
from abh.workflows.tables import CaseCounter

VERFAHREN = "P02"
# Scale 1 is a house with a file of 100,000 cases; a first start loads a hundredth of it.
FULL = 100_000
FIRST_SCALE = 0.01
FIRST_SEED = 54
CHUNK = 1_000
HOUSEHOLD_SHARE = 0.06
HR_LOGIN = "personal@firma.example"
MANDATES = 12
# (role as people say it, login); the last is the company's.
_LOGINS = (
    ("Sachbearbeitung SG1", "m.oezdamar"),
    ("Sachbearbeitung SG1 in Einarbeitung", "l.aschenbach"),
    ("Sachgebietsleitung SG1", "k.wintermann"),
    ("Sachbearbeitung SG3 (Familie)", "e.yildizer"),
    ("Sachbearbeitung SG4 (Humanitäres und Asyl)", "n.karimpour"),
    ("Sachgebietsleitung SG7 (Einbürgerung)", "g.hasselfeld"),
    ("Zentrale Dienste SG8 (Scanstelle)", "k.sassenfeld"),
    ("Technik", "technik"),
    ("Personalabteilung einer Firma (Code: abh demo code)", HR_LOGIN),
)
# Cases for the story, on top of the list of SG1: state, days until the title ends.
_SHOWCASE = (
    ("completeness_check", 2),
    ("awaiting_applicant", 4),
    ("in_review", 6),
    ("awaiting_third_party", 8),
    ("decision_ready", 10),
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load wrote, by table."""

    rows: dict[str, int]

    @property
    def cases(self) -> int:
        """The number of cases."""
        return self.rows["vorgang"]


def first_start(settings: Settings, echo: Callable[[str], None]) -> None:
    """Fill an empty demo: office file, roster, logins, a population of about 1,000 cases.

    An interrupted run may be repeated: the office is imported again, the population only if there
    is none. Raises ``ConfigurationError`` for a broken office file.
    """
    if settings.wants_setup:
        echo("Keine Amtsdatei: Dieses Amt wird im Browser eingerichtet.")
        return
    clock = make_clock(settings)
    engine = make_engine(settings.database_url)
    try:
        sessions = make_sessions(engine)
        report = install_office(sessions, settings.office_file, clock=clock)
        echo(f"Amt: {report.units} Sachgebiete, {report.desks} Plätze, {report.staff} Personen")
        with transaction(sessions) as session:
            if session.scalar(text("SELECT EXISTS (SELECT FROM vorgang)")):
                return
            loaded = load(session, settings, scale=FIRST_SCALE, seed=FIRST_SEED, clock=clock)
            _open_logins(session, settings, clock)
        echo(f"Bevölkerung: {loaded.rows['person']} Personen, {loaded.cases} Vorgänge (erfunden)")
    finally:
        engine.dispose()


def logins(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (role, login, password) of the demo; the passwords follow from this machine's secret,
    so that no two demos share them."""
    return [(role, login, _password(settings, login)) for role, login in _LOGINS]


def code_secret(settings: Settings) -> str:
    """Return the base32 secret of the second factor of the demo's company login."""
    seed = derived_token(settings.secret_key.encode("utf-8"), f"demo-code:{HR_LOGIN}")
    return base64.b32encode(hashlib.sha1(seed.encode(), usedforsecurity=False).digest()).decode()


def _password(settings: Settings, login: str) -> str:
    return derived_token(settings.secret_key.encode("utf-8"), f"demo-password:{login}")[:12]


def load(
    session: Session,
    settings: Settings,
    *,
    scale: float,
    seed: int,
    clock: Clock,
    progress: Progress | None = None,
) -> Loaded:
    """Write about ``100,000 × scale`` cases of all procedures with all that belongs to them.

    The same seed on the same day in the same house gives the same people and cases. Needs the
    imported office. Keeps other writers of these tables waiting until the transaction ends.
    Raises ``ConfigurationError`` in production and without an office.
    """
    if settings.mode == "production":
        raise ConfigurationError("Erfundene Personen gehören nicht in den Echtbetrieb.")
    first_ids = bulk.lock(session)
    world = make_world(session, settings, clock)
    store = store_of(settings)
    for data in {sheet.sha256: sheet.data for sheet in _sheets(world)}.values():
        store.put(data)
    rows = Rows(first_ids)
    spared = bulk.spare_checks(session)
    total = max(len(_SHOWCASE), round(FULL * scale))
    done = 0
    with bulk.Writer(session) as writer:
        for made in generate(world, rows, seed=seed, count=total):
            writer.write(rows.take())
            done += made
            if progress:
                progress(done, total)
    bulk.continue_sequences(session, rows)
    if spared:
        bulk.prove_references(session, first_ids)
    _count_numbers(session, world)
    house = build_house(settings, session, clock=clock)
    issue_letters(session, house, world.to_render)
    backlog.fill(session, house, seed=seed, cases=total)
    backlog.leave_scans(session, house)
    return Loaded(rows.written)


_INVENTED = (
    select(func.count())
    .select_from(Company)
    .where(Company.register_no.like(f"{population.REGISTER}%(Demo)"))
)


def make_world(session: Session, settings: Settings, clock: Clock) -> World:
    """Return what all cases share, read from the imported office; raises ``ConfigurationError``."""
    day = today(clock)
    post = posts_of(session, VERFAHREN)[0]
    covered = vorlagen.covered() - {VERFAHREN}
    verfahren = current(VERFAHREN, day)
    numbers = session.execute(select(CaseCounter.year, CaseCounter.last))
    return World(
        verfahren=verfahren,
        law=Rechtsstand(load_yaml_dir(settings.law_dir)),
        secret=settings.secret_key.encode("utf-8"),
        now=clock.now(),
        today=day,
        unit_key=post.unit_key,
        clerks=list(post.clerks),
        lead=post.lead,
        head=_head(session),
        running=dict(numbers.all()),
        companies=session.scalar(_INVENTED) or 0,
        sheets=stand_ins(verfahren),
        zeichnung=load_zeichnung(settings.zeichnung_file),
        posts={key: posts_of(session, key) for key in known_keys() if key in covered},
        variants={fuehrung.VERFAHREN: fuehrung.variants(office.profile(session), day)},
    )


def posts_of(session: Session, verfahren: str) -> tuple[Post, ...]:
    """Return where cases of a procedure are kept: one unit, or all whose titles it belongs to.

    Raises ``ConfigurationError`` where a unit has nobody trained for it, or no lead.
    """
    routing = office.profile(session)["routing"]
    if verfahren in routing["by_title"]:
        titles = {office.route(session, key) for key in known_keys() if key != verfahren}
        units = sorted(titles - {routing["triage"]})
    else:
        units = [office.route(session, verfahren)]
    return tuple(_post(session, unit, verfahren) for unit in units)


def _post(session: Session, unit: str, verfahren: str) -> Post:
    query = (
        select(AppUser.id, AppUser.display_name)
        .join(Qualification, Qualification.user_id == AppUser.id)
        .where(
            AppUser.unit_key == unit,
            AppUser.role == "clerk",
            # Whoever is in training signs nothing alone and keeps no cases of their own here.
            AppUser.rank != "EINARB",
            AppUser.active,
            Qualification.verfahren == verfahren,
            Qualification.level == "trained",
        )
        .order_by(AppUser.login)
    )
    clerks = tuple(Clerk(user_id, name) for user_id, name in session.execute(query))
    if not clerks:
        raise ConfigurationError(f"Im Sachgebiet {unit} ist niemand für {verfahren} ausgebildet.")
    leads = (
        select(AppUser.id, AppUser.display_name)
        .where(AppUser.role == "lead", AppUser.active, AppUser.unit_key == unit)
        .order_by(AppUser.login)
    )
    lead = session.execute(leads).first()
    if lead is None:
        raise ConfigurationError(f"Das Sachgebiet {unit} hat keine Leitung.")
    return Post(unit, clerks, Clerk(*lead))


def _head(session: Session) -> Clerk | None:
    """Return who stands above the units and signs at the highest rank."""
    query = select(AppUser.rank, AppUser.id, AppUser.display_name).where(
        AppUser.role == "lead", AppUser.active, AppUser.unit_key.is_(None)
    )
    found = [(Rank[rank], Clerk(user_id, name)) for rank, user_id, name in session.execute(query)]
    return max(found, key=lambda one: (one[0], -one[1].id))[1] if found else None


def _sheets(world: World) -> Iterator[Sheet]:
    yield from world.sheets.values()
    for key in world.posts:
        yield from stand_ins(world.verfahren_of(key)).values()


def generate(world: World, rows: Rows, *, seed: int, count: int) -> Iterator[int]:
    """Put ``count`` cases into ``rows``, yielding after each thousand how many were made."""
    # A second load invents other people than the first did with the same seed.
    rng = Random(f"{seed}/{world.companies}" if world.companies else seed)
    maker = CaseMaker(world, rows, rng)
    employers = [
        rows.add("company", **row, created_at=world.now - timedelta(days=800))
        for row in population.companies(rng, max(12, min(600, count // 40)), world.companies)
    ]
    others = FallMaker(world, rows, rng, employers)
    keys = (VERFAHREN, *world.posts)
    weights = mix.shares(keys)
    previous: dict[str, Any] | None = None
    made = 0
    for index in range(count):
        # Every procedure once with an open case, so that no desk of a small demo is empty.
        due = index - len(_SHOWCASE)
        first = 0 <= due < len(world.posts)
        key = keys[1 + due] if first else rng.choices(keys, weights)[0]
        if index >= len(_SHOWCASE) and key != VERFAHREN:
            others.make(key, index, is_open=True if first else None)
            previous, made = None, made + 1
            if made % CHUNK == 0 or index == count - 1:
                yield made
                made = 0
                others.forget()
            continue
        if index < len(_SHOWCASE):
            state, title_days = _SHOWCASE[index]
            path = next(path for path in PATHS if path.state == state)
        else:
            path, title_days = _path(rng), None
        person = population.person(rng, index, world.today)
        owner = world.clerks[index % len(world.clerks)]
        job = population.job(rng, len(employers))
        if previous is not None and rng.random() < HOUSEHOLD_SHARE:
            owner = _join_household(rows, world, previous, person, owner)
        row = rows.add("person", **person, created_at=world.now - timedelta(days=740))
        case = maker.make(
            row,
            owner,
            employers[job.company],
            job,
            path,
            title_days=title_days,
            real_letters=index < len(_SHOWCASE),
        )
        row["created_at"] = case["opened_at"]
        previous, made = row, made + 1
        if made % CHUNK == 0 or index == count - 1:
            yield made
            previous, made = None, 0
            others.forget()


def _join_household(
    rows: Rows, world: World, first: dict[str, Any], second: dict[str, Any], owner: Clerk
) -> Clerk:
    """Let two people live together: one address, one name on the bell, one clerk."""
    for name in ("street", "postcode", "family_name"):
        second[name] = first[name]
    second |= population.search_forms(second["given_names"], second["family_name"])
    if first.get("household_id") is None:
        household = rows.add("household", name=first["family_name"], owner_id=owner.id)
        first["household_id"] = household["id"]
        first["_owner"] = owner
    second["household_id"] = first["household_id"]
    second["_owner"] = first["_owner"]
    return first["_owner"]


_OPEN = [path for path in PATHS if path.is_open]
_CLOSED = [path for path in PATHS if not path.is_open]


def _path(rng: Random) -> Path:
    among = _OPEN if rng.random() < OPEN_SHARE else _CLOSED
    return rng.choices(among, [path.share for path in among])[0]


def _count_numbers(session: Session, world: World) -> None:
    """Let the counters of case numbers go on after the copied cases."""
    statement = insert(CaseCounter)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["year"], set_={"last": statement.excluded.last}
        ),
        [{"year": year, "last": last} for year, last in sorted(world.running.items())],
    )


def _open_logins(session: Session, settings: Settings, clock: Clock) -> None:
    now = clock.now()
    staff = [login for _, login in _LOGINS if login != HR_LOGIN]
    for user in session.scalars(select(AppUser).where(AppUser.login.in_(staff))):
        change_password(session, SYSTEM, user.id, _password(settings, user.login), now=now)
    hr = session.scalars(select(AppUser).where(AppUser.login == HR_LOGIN)).one_or_none()
    if hr is None:
        hr = create_user(
            session,
            SYSTEM,
            login=HR_LOGIN,
            display_name="Personalabteilung (Demo)",
            password=_password(settings, HR_LOGIN),
            role="employer",
            rank="EXTERN",
            email=HR_LOGIN,
            now=now,
        )
    zweitfaktor.provide(session, hr.id, code_secret(settings), secret=settings.secret_key, now=now)
    _give_mandates(session, hr.id, clock)


def _give_mandates(session: Session, hr_id: int, clock: Clock) -> None:
    """Let the company with the most open cases see twelve of its people."""
    company = session.scalar(
        text(
            "SELECT company_id FROM vorgang WHERE closed_at IS NULL AND company_id IS NOT NULL"
            " GROUP BY company_id ORDER BY count(*) DESC, company_id LIMIT 1"
        )
    )
    if company is None:
        return
    head = session.scalars(select(AppUser.id).where(AppUser.login == "k.wintermann")).one()
    session.add(CompanyAccess(company_id=company, approved_at=clock.now(), approved_by=head))
    session.add(CompanyMember(user_id=hr_id, company_id=company))
    people = session.scalars(
        text(
            "SELECT person_id FROM vorgang WHERE company_id = :company AND closed_at IS NULL"
            " ORDER BY id LIMIT :most"
        ),
        {"company": company, "most": MANDATES},
    )
    recorder = session.scalars(select(AppUser.id).where(AppUser.login == "m.oezdamar")).first()
    day = today(clock)
    for person_id in people:
        session.add(
            Mandate(
                company_id=company,
                person_id=person_id,
                scope=["state", "tasks"],
                valid_from=day,
                valid_until=day + timedelta(days=365),
                recorded_at=clock.now(),
                recorded_by=recorder or hr_id,
            )
        )

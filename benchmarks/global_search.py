"""The search page among 200,000 persons: names, slips, birth dates, numbers, companies."""

from __future__ import annotations

import itertools
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from flask.testing import FlaskClient

from abh.bench import measure, web
from abh.bench.population import TABLES, multiply
from abh.bench.server import connect
from abh.bench.world import furnish
from abh.demo.names import ORIGINS
from abh.kernel import names
from abh.kernel.clock import FileClock
from abh.web.app import create_app, make_services
from abh.web.session import COOKIE_PLAIN

PERSONS = 200_000
COMPANIES = 5_000
ROUNDS = 240
WARM_UP = 20
SEED = 8
_TABLES = {name: TABLES[name] for name in ("person", "akte", "vorgang")}


def run(
    database_url: str, persons: int = PERSONS, rounds: int = ROUNDS
) -> Iterator[dict[str, Any]]:
    """Yield one line: milliseconds of the whole page for one clerk in this process.

    The floor are the statements of the same pages by raw psycopg. ``found`` is the share of
    questions for somebody who is there that found anybody; a number of a case leads on at once.
    """
    with tempfile.TemporaryDirectory() as folder:
        _furnish(database_url, Path(folder), persons)
        office = web.open_office(database_url, Path(folder), 1)
        services = make_services(office.settings, clock=FileClock(Path(folder) / "clock"))
        raw = connect(database_url)
        try:
            client = create_app(office.settings, services=services).test_client()
            client.set_cookie(COOKIE_PLAIN, office.tokens[0], domain="127.0.0.1")
            asked = _questions(raw)
            answers = [_ask(client, office.settings.base_url, each) for each in asked]
            pages = []
            for each in asked:
                with measure.counting(services.engine) as seen:
                    _ask(client, office.settings.base_url, each)
                pages.append(seen)
            turn = itertools.cycle(asked)
            ours, floor = measure.in_turns(
                lambda: _ask(client, office.settings.base_url, next(turn)),
                web.replay(raw, pages),
                rounds,
                warm_up=WARM_UP,
            )
        finally:
            raw.close()
            services.engine.dispose()
    yield measure.line(
        "global_search",
        ours,
        floor,
        p95_ms=round(measure.percentile(ours, 0.95), 1),
        floor_p95_ms=round(measure.percentile(floor, 0.95), 1),
        statements=max(map(len, pages)),
        found=round(sum(answers) / len(answers), 3),
        persons=persons,
        load=round(os.getloadavg()[0], 1),
    )


def _ask(client: FlaskClient, base_url: str, query: str) -> bool:
    answer = client.get("/suche", query_string={"q": query}, base_url=base_url)
    if answer.status_code not in (200, 303):
        raise RuntimeError(f"{query}: {answer.status_code}")
    return answer.status_code == 303 or "data-item" in answer.text


def _questions(raw: psycopg.Connection) -> list[str]:
    """Return what clerks type, of persons who are there: one kind after the other."""
    rows = raw.execute(
        "SELECT p.family_name, p.given_names, p.name_plain, p.birth_day, p.birth_month,"
        " p.birth_year, p.azr_number, v.number FROM person p JOIN vorgang v ON v.person_id = p.id"
        " WHERE p.birth_day IS NOT NULL ORDER BY md5(p.id::text) LIMIT 24"
    ).fetchall()
    firms = raw.execute("SELECT name FROM company ORDER BY md5(id::text) LIMIT 4").fetchall()
    dice = random.Random(SEED)
    out: list[str] = []
    for family, given, plain, day, month, year, azr, number in rows:
        born = f"{day:02d}.{month:02d}.{year}"
        out += [f"{given} {family}", family, f"{_slip(plain, dice)}", born, f"{family} {born}"]
        out += [azr, number]
    return out + [name for (name,) in firms] * 6


def _slip(name: str, dice: random.Random) -> str:
    """Return a name with two neighbouring letters swapped."""
    at = dice.randrange(1, len(name) - 2)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _furnish(database_url: str, folder: Path, persons: int) -> None:
    """Copy one real case to as many persons, with names, birth dates and numbers of their own."""
    world = furnish(database_url, folder)
    try:
        original = world.file()
    finally:
        world.close()
    with connect(database_url) as connection:
        # Built at once at the end, which costs a tenth of growing with each of the rows.
        indexes = connection.execute(
            "SELECT indexdef, indexname FROM pg_indexes WHERE indexname LIKE 'ix_%_trgm'"
        ).fetchall()
        for _definition, name in indexes:
            connection.execute(f"DROP INDEX {name}")
        multiply(connection, {original: 1}, persons, _TABLES)
        connection.execute(
            "CREATE TEMP TABLE named (nth int, family text, given text, searched text, plain text)"
        )
        with connection.cursor().copy("COPY named FROM STDIN") as copy:
            for row in _names(persons):
                copy.write_row(row)
        connection.execute(
            "UPDATE person p SET family_name = n.family, given_names = n.given,"
            " name_search = n.searched, name_plain = n.plain,"
            " birth_year = 1950 + mod(n.nth * 7, 55), birth_month = 1 + mod(n.nth * 5, 12),"
            " birth_day = 1 + mod(n.nth * 11, 28), azr_number = lpad((n.nth)::text, 12, '0')"
            " FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM person) r"
            " JOIN named n ON n.nth = r.nth WHERE p.id = r.id"
        )
        connection.execute(
            "INSERT INTO company (name, name_search, created_at)"
            " SELECT w || ' ' || i || ' GmbH', upper(w) || ' ' || i || ' GMBH', now()"
            " FROM generate_series(1, %s) i, LATERAL (SELECT (ARRAY['Rheinbogen Robotik',"
            " 'Lindenhof Logistik', 'Kranhaus Medizintechnik', 'Nordpark Bau'])[1 + i %% 4] w) x",
            (COMPANIES,),
        )
        connection.execute(
            "UPDATE vorgang SET company_id = c.low + mod(vorgang.id, %s)"
            " FROM (SELECT min(id) AS low FROM company) c",
            (COMPANIES,),
        )
        for definition, _name in indexes:
            connection.execute(definition)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _names(persons: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield number, names and both search forms: common ones often, double names now and then."""
    dice = random.Random(SEED)
    families = [each for origin in ORIGINS for each in origin[4].split()]
    given = [each for origin in ORIGINS for part in origin[2:4] for each in part.split()]
    letters = "abcdefghijklmnoprstuvwz"
    for nth in range(1, persons + 1):
        family = dice.choice(families) + dice.choice(letters) + dice.choice(letters)
        if nth % 5 == 0:
            family = f"{family}-{dice.choice(families)}"
        first = dice.choice(given) + (f" {dice.choice(given)}" if nth % 3 == 0 else "")
        whole = names.full_name(first, family)
        yield nth, family, first, names.search_form(whole), names.plain_form(whole)

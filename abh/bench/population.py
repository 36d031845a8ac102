"""Hundreds of thousands of cases: a few real ones, made by the services, copied by the database.

Every copy has all rows of its original (steps, findings, sheets, letters, clocks, fees …) under
keys, numbers and names of its own. Three in ten are open, in six states, spread over all
Sachgebiete. Entries of the audit log and bookings are not copied.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from abh.bench.server import connect, create, drop, existing
from abh.bench.world import World, furnish
from abh.migrate import alembic_config, upgrade
from abh.settings import ROOT

# Of twenty cases six are open, one in each state; the others are closed.
ORIGINALS: Mapping[str, int] = {
    "completeness_check": 1,
    "awaiting_applicant": 1,
    "in_review": 1,
    "awaiting_third_party": 1,
    "appointment_pending": 1,
    "decision_ready": 1,
    "issued": 11,
    "withdrawn": 3,
}
TWENTY = sum(ORIGINALS.values())
SMALL, LARGE = 20_000, 200_000
ORIGINALS_NAME = "bench_originals"
# Table -> how its rows belong to a case v; in the order in which they refer to each other.
TABLES: Mapping[str, str] = {
    "person": "t.id = v.person_id",
    "akte": "t.id = v.akte_id",
    "vorgang": "t.id = v.id",
    "vorgang_step": "t.vorgang_id = v.id",
    "case_finding": "t.vorgang_id = v.id",
    "blatt": "t.vorgang_id = v.id",
    "evidence": "t.vorgang_id = v.id",
    "beteiligung": "t.vorgang_id = v.id",
    "letter": "t.vorgang_id = v.id",
    "letter_signature": "t.letter_id IN (SELECT id FROM letter WHERE vorgang_id = v.id)",
    "frist": "t.vorgang_id = v.id",
    "fiktion": "t.vorgang_id = v.id",
    "fee": "t.vorgang_id = v.id",
    "invitation": "t.vorgang_id = v.id",
    "form_issue": "t.vorgang_id = v.id",
    "card_order": "t.vorgang_id = v.id",
}
_KEYS = {f"{table}_id": table for table in TABLES}
# {id} is the new key of the row, c the number of the copy; names differ by two letters.
_LETTERS = "chr(97 + mod(c, 26)::int) || chr(97 + mod(c / 26, 26)::int)"
_VALUES: Mapping[tuple[str, str], str] = {
    (
        "person",
        "family_name",
    ): "t.family_name || {letters}",
    (
        "person",
        "name_search",
    ): "t.name_search || {letters}",
    ("akte", "number"): "'54/B-' || {id}",
    ("vorgang", "number"): "'ABH-2026-' || lpad(mod({id}, 10000000)::text, 7, '0')",
    ("vorgang", "status_token_hash"): "sha256(('case' || {id})::bytea)",
    ("vorgang", "unit_key"): "(%(units)s::text[])[1 + mod(c * 7 + t.id, %(clerks)s)]",
    ("vorgang", "owner_id"): "(%(owners)s::bigint[])[1 + mod(c * 7 + t.id, %(clerks)s)]",
    ("vorgang", "harm_on"): "t.harm_on + mod(c * 37 + t.id * 11, 120)::int - 60",
    # what a closed letter said lies as PDF in the file; nobody opens its content again
    ("letter", "content"): "CASE WHEN v.closed_at IS NULL THEN t.content ELSE '{{}}' END",
    ("invitation", "token_hash"): "sha256(('invitation' || {id})::bytea)",
    ("form_issue", "serial_no"): "'B' || {id}",
}


@dataclass(frozen=True, slots=True)
class Population:
    """A database full of cases, and what the measuring needs to know of it."""

    url: str
    size: int


def database(url: str, size: int) -> Population:
    """Return a database of ``size`` cases (rounded up to twenties) of all kinds beside ``url``.

    It and the originals, which all sizes share, stay on the server for the next benchmark; tables
    or originals that changed since make new ones and drop the old. Needs the right to create
    databases.
    """
    address = _kept(url, f"bench_cases_{size}", template=lambda: _originals(url))
    if not _comment(address):
        with connect(address) as connection:
            multiply(connection, _ids_and_shares(connection), -(-size // TWENTY))
        with connect(address) as connection:
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        _finish(address)
    return Population(address, size)


def _originals(url: str) -> str:
    """Return the name of a database with the office and one case of each kind, never changed."""
    address = _kept(url, ORIGINALS_NAME)
    if not _comment(address):
        upgrade(address)
        with tempfile.TemporaryDirectory() as folder:
            world = furnish(address, Path(folder))
            try:
                make_originals(world)
            finally:
                world.close()
        _finish(address)
    return ORIGINALS_NAME


def _kept(url: str, name: str, *, template: Callable[[], str] | None = None) -> str:
    """Return the address of a finished database of today's kind, or of a new one to be filled."""
    found = existing(url, name)
    if found and _comment(found) == _mark():
        return found
    if found:
        drop(url, name)
    return create(url, name, template=template() if template else "")


def _finish(address: str) -> None:
    """Mark a database as filled: an interrupted filling leaves no mark and is begun anew."""
    with connect(address) as connection:
        name = connection.info.dbname
        connection.execute(f"COMMENT ON DATABASE {name} IS '{_mark()}'")


def make_originals(world: World) -> None:
    """Make one case of each kind; raises ``RuntimeError`` when one ends elsewhere."""
    for state in ORIGINALS:
        found = world.case(_lead(world, state)).state
        if found != state:
            raise RuntimeError(f"meant to be {state}, is {found}")


def _ids_and_shares(connection: psycopg.Connection) -> dict[int, int]:
    """Return the key of each original and how often it is to stand among twenty."""
    rows = connection.execute("SELECT id, state FROM vorgang ORDER BY id").fetchall()
    return {case_id: ORIGINALS[state] for case_id, state in rows}


def _lead(world: World, state: str) -> int:
    if state in ("completeness_check", "awaiting_applicant"):
        case_id = world.file(evidence=("pass", "arbeitsvertrag", "ezb"))
        world.find(case_id, identity_clarified=True)
        if state == "awaiting_applicant":
            world.step(case_id, "nachfordern")
        return case_id
    # below the regular threshold and new in the job market: the BA is asked as well
    case_id = world.file(salary_year="48.000" if state == "awaiting_third_party" else "61.000")
    if state == "issued":
        world.to_end(case_id)
    elif state == "decision_ready":
        world.to_decision(case_id)
    else:
        world.to_review(case_id)
        if state == "awaiting_third_party":
            world.step(case_id, "beteiligen")
        elif state == "appointment_pending":
            world.step(case_id, "zum_termin_einladen")
        elif state == "withdrawn":
            world.find(case_id, withdrawal_on=world.today.isoformat())
            if world.case(case_id).state != state:
                world.step(case_id, "zuruecknehmen")
    return case_id


def multiply(
    connection: psycopg.Connection,
    originals: Mapping[int, int],
    times: int,
    tables: Mapping[str, str] = TABLES,
) -> None:
    """Copy the originals ``times`` times their share; the transaction stays open.

    ``tables`` may leave out what the measuring does not look at.

    Foreign keys are not checked meanwhile (the role must be superuser): every copied key is
    shifted by as much as the row it names.
    """
    stride = {table: _stride(connection, table) for table in TABLES}
    clerks = connection.execute(
        "SELECT unit_key, id FROM app_user"
        " WHERE unit_key IS NOT NULL AND role = 'clerk' ORDER BY id"
    ).fetchall()
    parameters = {
        "units": [unit for unit, _ in clerks],
        "owners": [owner for _, owner in clerks],
        "clerks": len(clerks),
    }
    shares = ", ".join(f"({case_id}, {share})" for case_id, share in originals.items())
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute("SET LOCAL work_mem = '256MB'")
    for table, belongs in tables.items():
        names = _columns(connection, table)
        values = ", ".join(_value(table, name, stride) for name in names)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
            f" SELECT {values} FROM (VALUES {shares}) o(id, share)"
            f" JOIN vorgang v ON v.id = o.id JOIN {table} t ON {belongs},"
            f" generate_series(1, o.share * {times} - 1) c ORDER BY c",
            parameters,
        )
        connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _value(table: str, name: str, stride: Mapping[str, int]) -> str:
    if name == "id":
        return f"t.id + c * {stride[table]}"
    if name in _KEYS:
        return f"t.{name} + c * {stride[_KEYS[name]]}"
    special = _VALUES.get((table, name))
    new = f"(t.id + c * {stride[table]})"
    return special.format(id=new, letters=_LETTERS) if special else f"t.{name}"


def _stride(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT coalesce(max(id) - min(id), 0) + 1 FROM {table}").fetchone()
    return int(row[0]) if row else 1


def _columns(connection: psycopg.Connection, table: str) -> Sequence[str]:
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND table_schema = current_schema() AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    return [name for (name,) in connection.execute(query, (table,))]


def _comment(url: str) -> str:
    query = (
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = current_database()"
    )
    with connect(url) as connection:
        row = connection.execute(query).fetchone()
    return str(row[0] or "") if row else ""


def _mark() -> str:
    """Return what a loaded database depends on: the migrations, and how it is made."""
    folder = Path(alembic_config("").get_main_option("script_location") or "") / "versions"
    own = [ROOT / "abh" / "bench" / name for name in ("population.py", "world.py")]
    files = [*sorted(folder.glob("*.py")), *own]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

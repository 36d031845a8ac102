"""Nothing is declared without being done: effects, letters, guards, routes, errors, jobs, help."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import click
import pytest
from sqlalchemy import Column, UniqueConstraint

import abh
from abh import cli, preflight, scheduler, wiring
from abh.appointments import counter
from abh.db import Base
from abh.documents.letters import LETTERS
from abh.kernel import fristen
from abh.kernel.errors import DomainError
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, Settings, load_yaml_dir
from abh.tables import import_tables
from abh.web import errors
from abh.web.app import create_app
from abh.workflows import briefworte, effects, recht, registry
from abh.workflows.beteiligung import PART_KINDS
from abh.workflows.definition import Effect

PUBLISHED = pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")


def test_every_effect_is_carried_out() -> None:
    assert set(effects._EFFECTS) == set(Effect)


@PUBLISHED
def test_every_letter_of_a_verfahren_can_be_made(one) -> None:
    for key in one.letters:
        kind = LETTERS[key]
        assert kind.form or kind.templates, key


def test_every_builder_belongs_to_a_drafted_letter() -> None:
    assert {key for key in briefworte.BUILDERS if not LETTERS[key].templates} == set()


@PUBLISHED
def test_every_outcome_of_a_letter_has_a_sample(one) -> None:
    # That each sample renders is shown by tests/unit/documents/test_render.py.
    for key in one.letters:
        kind = LETTERS[key]
        if kind.templates:
            assert kind.samples, key


def test_every_participation_has_a_period() -> None:
    assert set(effects.LAW_OF_PART) == set(PART_KINDS)


def test_every_key_of_law_that_the_code_reads_exists() -> None:
    law = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
    assert (recht.all_law_keys() | fristen.ALL_LAW_KEYS) - set(law) == set()


def test_no_service_reads_law_by_a_scattered_name() -> None:
    found = []
    for path in (ROOT / "abh" / "workflows").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in ("length", "value", "history"):
                literals = [a for a in node.args if isinstance(a, ast.Constant)]
                found += [f"{path.name}:{a.lineno} {a.value}" for a in literals]
    assert found == []


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_route_has_a_policy(settings: Settings) -> None:
    app = create_app(settings)
    routes = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]
    bare = {r.rule for r in routes if not getattr(app.view_functions[r.endpoint], POLICY, None)}
    assert routes
    assert bare == set()


POLICY = "__abh_policy__"


def _modules() -> list[str]:
    return [m.name for m in walk_packages(abh.__path__, "abh.") if not m.name.endswith("__main__")]


def test_every_domain_error_has_its_row_in_the_table_of_the_web() -> None:
    for name in _modules():
        import_module(name)
    queue, found = [DomainError], set()
    while queue:
        for child in queue.pop().__subclasses__():
            if child.__module__.startswith("abh.") and child not in found:
                found.add(child)
                queue.append(child)
    nearest = {child: next(c for c in child.__mro__ if c in errors.TABLE) for child in found}
    assert {child.__name__ for child, row in nearest.items() if row is DomainError} == set()


def test_every_job_handler_and_listener_exists() -> None:
    assert set(scheduler.functions()) == {job.name for job in scheduler.JOBS}
    assert set(wiring.handlers()) == set(wiring.HANDLERS)
    assert preflight._wiring([job.function for job in scheduler.JOBS]) == []


def test_every_signal_that_is_told_is_in_the_table() -> None:
    assert {counter.CLOSING, counter.NO_SHOW} <= set(wiring.SIGNALS)


def _commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{path} {name}"
        found.append((f"{path} {name}", command))
        if isinstance(command, click.Group):
            found += _commands(command, f"{path} {name}")
    return found


def test_every_command_explains_itself() -> None:
    commands = _commands(cli.main, "abh")
    assert len(commands) > 20
    assert [path for path, command in commands if not (command.help or "").strip()] == []


def test_the_folder_of_scenarios_names_only_published_verfahren() -> None:
    folders = {path.name for path in Path(ROOT / "tests" / "verfahren").iterdir() if path.is_dir()}
    assert folders - {"gemeinsam"} <= {v.key.lower() for v in registry.PUBLISHED}


def _leads_an_index(column: Column[object]) -> bool:
    table = column.table
    first = [tuple(index.columns)[0] for index in table.indexes if len(index.columns)]
    whole = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    first += [tuple(each.columns)[0] for each in (table.primary_key, *whole) if len(each.columns)]
    return any(column is each for each in first)


def test_every_reference_to_what_a_deletion_removes_has_an_index() -> None:
    """Without it PostgreSQL reads the whole referring table for each deleted row."""
    import_tables()
    source = (ROOT / "abh/workflows/loeschung.py").read_text("utf-8")
    removed = set(re.findall(r"DELETE FROM ([a-z_]+)", source)) | {"akte", "blatt"}
    assert {"vorgang", "letter", "person"} < removed
    bare = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.column.table.name in removed for key in column.foreign_keys)
        and not _leads_an_index(column)
    }
    assert bare == set()

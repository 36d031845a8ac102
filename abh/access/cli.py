"""Commands of this room: prove and seal the audit log, accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from abh.access import chain
from abh.access.actor import SYSTEM
from abh.access.service import change_password, create_user, user_by_login
from abh.access.verify import verify
from abh.db import make_engine, make_sessions, transaction
from abh.kernel.clock import Clock
from abh.kernel.errors import DomainError
from abh.settings import load_settings, make_clock


@contextmanager
def _work() -> Iterator[tuple[Session, Clock]]:
    """One transaction with the settings of the environment; domain errors as a plain sentence."""
    try:
        settings = load_settings()
        engine = make_engine(settings.database_url, pool_size=1)
        try:
            with transaction(make_sessions(engine)) as session:
                yield session, make_clock(settings)
        finally:
            engine.dispose()
    except DomainError as error:
        raise click.ClickException(str(error)) from error


@click.group("audit")
def audit_group() -> None:
    """Protokoll: prüfen und versiegeln."""


@audit_group.command("verify")
def verify_command() -> None:
    """Prüft die Kette des Protokolls und nennt jede veränderte, gelöschte, eingeschobene Zeile."""
    with _work() as (session, clock):
        result = verify(session, now=clock.now())
    for problem in result.problems:
        click.echo(problem.text)
    if not result.ok:
        click.echo(
            f"Das Protokoll ist NICHT in Ordnung: {len(result.problems)} Fehler, "
            f"{result.checked} Einträge stimmen."
        )
        raise SystemExit(1)
    click.echo(f"Das Protokoll ist in Ordnung: {result.checked} Einträge geprüft.")


@audit_group.command("seal")
def seal_command() -> None:
    """Versiegelt alle Einträge, die noch kein Siegel haben."""
    count = 0
    while True:
        with _work() as (session, clock):
            sealed = chain.seal(session, now=clock.now(), limit=10_000, full=True)
        count += sealed
        if not sealed:
            break
    click.echo(f"{count} Einträge versiegelt.")


@click.group("konto")
def account_group() -> None:
    """Konten: anlegen, Passwort setzen."""


@account_group.command("anlegen")
@click.argument("login")
@click.option("--name", required=True, help="Name, wie er in der Akte steht.")
@click.option("--rolle", required=True, type=click.Choice(["clerk", "lead", "admin", "employer"]))
@click.option("--rang", default="SB", show_default=True, help="Zeichnungsrang.")
@click.option("--sachgebiet", default=None, help="Schlüssel des Sachgebiets.")
@click.password_option("--passwort", prompt="Passwort", confirmation_prompt="Noch einmal")
def create_command(
    login: str, name: str, rolle: str, rang: str, sachgebiet: str | None, passwort: str
) -> None:
    """Legt ein Konto an."""
    with _work() as (session, clock):
        create_user(
            session,
            SYSTEM,
            login=login,
            display_name=name,
            password=passwort,
            role=rolle,
            rank=rang,
            in_training=rang == "EINARB",
            unit_key=sachgebiet,
            now=clock.now(),
        )
    click.echo(f"Konto {login} angelegt.")


@account_group.command("passwort")
@click.argument("login")
@click.password_option("--passwort", prompt="Passwort", confirmation_prompt="Noch einmal")
def password_command(login: str, passwort: str) -> None:
    """Setzt ein neues Passwort und beendet alle Sitzungen des Kontos."""
    with _work() as (session, clock):
        user = user_by_login(session, login)
        change_password(session, SYSTEM, user.id, passwort, now=clock.now())
    click.echo(f"Neues Passwort für {login} gesetzt.")


commands: list[click.Command] = [audit_group, account_group]

"""Commands of this room: messages that could not be delivered."""

from __future__ import annotations

import click

from abh.access.actor import SYSTEM
from abh.db import make_engine, make_sessions, transaction
from abh.kernel.errors import DomainError
from abh.outbox.service import retry, troubled
from abh.settings import load_settings, make_clock


@click.group("auftraege")
def outbox_group() -> None:
    """Ausgehende Aufträge: Mails, Drucke."""


@outbox_group.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
def list_command(limit: int) -> None:
    """Zeigt Aufträge, die nicht zugestellt werden konnten."""
    try:
        settings = load_settings()
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    engine = make_engine(settings.database_url, pool_size=1)
    with transaction(make_sessions(engine)) as session:
        messages = troubled(session, limit=limit)
    engine.dispose()
    for message in messages:
        state = "fehlgeschlagen" if message.state == "failed" else "wird wiederholt"
        click.echo(
            f"{message.id:>8}  {message.kind:8} {state}, {message.attempts} Versuche: "
            f"{message.last_error}"
        )
    if not messages:
        click.echo("Alle Aufträge sind zugestellt oder warten auf den ersten Versuch.")


@outbox_group.command("wiederholen")
@click.argument("message_id", type=int, metavar="NUMMER")
def retry_command(message_id: int) -> None:
    """Stellt den Auftrag NUMMER sofort noch einmal zu."""
    try:
        settings = load_settings()
        engine = make_engine(settings.database_url, pool_size=1)
        with transaction(make_sessions(engine)) as session:
            retry(session, SYSTEM, message_id, now=make_clock(settings).now())
        engine.dispose()
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Auftrag {message_id} wird zugestellt.")


commands: list[click.Command] = [outbox_group]

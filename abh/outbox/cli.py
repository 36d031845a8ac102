"""Commands of this room: messages that could not be delivered."""

from __future__ import annotations

import click

from abh.access.actor import SYSTEM
from abh.db import make_engine, make_sessions, transaction
from abh.kernel.errors import DomainError
from abh.outbox import sms_simulator as sms_simulator_module
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


@click.group("sms")
def sms_group() -> None:
    """Kurznachrichten."""


@sms_group.command("simulator")
@click.option("--port", default=8025, show_default=True, type=click.IntRange(1, 65535))
@click.option("--token", required=True, help="Was ABH_SMS_TOKEN sagt.")
def sms_simulator(port: int, token: str) -> None:
    """Spielt auf diesem Rechner ein SMS-Gateway; gesendet wird nichts."""
    gateway = sms_simulator_module.Gateway(token)
    server = sms_simulator_module.serve(gateway, port)
    click.echo(f"ABH_SMS_URL=http://127.0.0.1:{port}/sms (Ende mit Strg-C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo(f"{len(gateway.sent)} Nachrichten angenommen.")
    finally:
        server.server_close()


commands: list[click.Command] = [outbox_group, sms_group]

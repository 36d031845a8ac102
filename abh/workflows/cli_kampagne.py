"""Commands `abh kampagne`: whose title ends, who may go on, prospects of everybody; counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from abh.kernel.rechtsstand import Rechtsstand
    from abh.workflows.kampagne import Zeile

_liste = click.option("--liste", is_flag=True, help="Auch die Nummern der Vorgänge nennen.")
_tag = click.option(
    "--tag", type=click.DateTime(["%Y-%m-%d"]), help="Gefragter Tag (JJJJ-MM-TT), sonst heute."
)


@click.group("kampagne")
def kampagne() -> None:
    """Wer bald handeln muss oder mehr bekommen kann: Listen mit Zahlen, ohne Namen."""


@kampagne.command("titel-enden")
@click.option("--wochen", type=click.IntRange(1, 520), default=12, show_default=True)
@_tag
@_liste
def titel_enden(wochen: int, tag: date | None, liste: bool) -> None:
    """Titel, die in den nächsten Wochen enden."""
    from abh.workflows.kampagne import enden

    _show(tag, liste, lambda session, law, day: enden(session, day, wochen))


@kampagne.command("chancen-aufenthalt")
@_tag
@_liste
def chancen_aufenthalt(tag: date | None, liste: bool) -> None:
    """Titel nach § 104c: nur ein Antrag auf § 25a oder § 25b wirkt fort."""
    from abh.workflows.facts import TitleKind
    from abh.workflows.kampagne import nach_titel

    _show(tag, liste, lambda session, law, day: nach_titel(session, TitleKind.AE_104C, day, None))


@kampagne.command("schutz")
@_tag
@_liste
def schutz(tag: date | None, liste: bool) -> None:
    """Titel nach § 24, die nur bis zu dem Tag der Verordnung fortgelten."""
    from abh.workflows.kampagne import paragraf24

    _show(tag, liste, paragraf24)


@kampagne.command("aussichten")
@_tag
def aussichten(tag: date | None) -> None:
    """Die nächsten Titel aller Personen, gezählt."""
    from abh.workflows.kampagne import batch

    with _office(tag) as (session, law, day):
        found = batch(session, law, day, progress=lambda n: click.echo(f"{n} Personen …", err=True))
    click.echo(f"{found.personen} Personen am {day:%d.%m.%Y}")
    for (key, lage), count in sorted(found.lagen.items()):
        click.echo(f"{key:12} {lage:32} {count:8}")


@contextmanager
def _office(tag: date | None) -> Iterator[tuple[Session, Rechtsstand, date]]:
    from abh import db
    from abh.kernel.clock import BERLIN
    from abh.kernel.rechtsstand import Rechtsstand
    from abh.settings import load_settings, load_yaml_dir, make_clock

    settings = load_settings()
    law = Rechtsstand(load_yaml_dir(settings.law_dir))
    day = date(tag.year, tag.month, tag.day) if tag else None
    today = make_clock(settings).now().astimezone(BERLIN).date()
    engine = db.make_engine(settings.database_url)
    try:
        with db.make_sessions(engine)() as session:
            yield session, law, day or today
    finally:
        engine.dispose()


def _show(
    tag: date | None,
    liste: bool,
    find: Callable[[Session, Rechtsstand, date], Iterable[Zeile]],
) -> None:
    counts: Counter[str] = Counter()
    with _office(tag) as (session, law, day):
        for line in find(session, law, day):
            counts[line.einheit] += 1
            if liste:
                until = f"{line.bis:%d.%m.%Y}" if line.bis else "ohne Ende"
                click.echo(f"{line.nummer}  {line.einheit}  {until}  {line.titel}")
    for unit, count in sorted(counts.items()):
        click.echo(f"{unit}: {count}")
    click.echo(f"Zusammen: {counts.total()}")

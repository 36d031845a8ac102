"""Command ``simulate``: a day of the office against its own roster."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from abh.kernel.clock import today
from abh.office.file import load_office
from abh.settings import load_settings, make_clock
from abh.simulate import zugang_belege
from abh.simulate.arrivals import arrivals
from abh.simulate.engine import play
from abh.simulate.figures import figures, table
from abh.simulate.office_day import next_day, office_day

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("simulate")
def simulate() -> None:
    """Spielt Tage des Amts gegen seinen eigenen Dienstplan."""


@simulate.command("tag")
@click.option("--unit", required=True, help="Sachgebiet, z. B. SG1")
@click.option("--seed", type=int, required=True, help="gleicher Startwert, gleicher Tag")
@click.option("--besucher", type=click.IntRange(1, 100_000), help="sonst: übliche Auslastung")
@click.option("--am", type=click.DateTime(["%Y-%m-%d"]), help="Tag; sonst der nächste Öffnungstag")
@click.option("--datei", type=_FILE, help="Amtsdatei; sonst die dieser Installation")
@click.option("--tabelle", is_flag=True, help="als Tabelle statt JSON")
def tag(
    unit: str,
    seed: int,
    besucher: int | None,
    am: datetime | None,
    datei: Path | None,
    tabelle: bool,
) -> None:
    """Spielt einen Tag am Schalter: Wartezeiten, Auslastung, freie Minuten."""
    settings = load_settings()
    data = load_office(datei or settings.office_file)
    day: date = am.date() if am else next_day(data, unit, today(make_clock(settings)))
    planned = office_day(data, unit, day)
    found = figures(planned, play(planned.desks, arrivals(planned, seed, besucher)), seed)
    click.echo(table(found) if tabelle else json.dumps(found, ensure_ascii=False, indent=2))


@simulate.command("zugang")
@click.option("--seed", type=int, required=True, help="gleicher Startwert, gleiche Menschen")
@click.option("--tage", type=click.IntRange(5, 2000), default=60, show_default=True)
@click.option("--bild", type=click.Path(dir_okay=False, path_type=Path), help="Diagramm als SVG")
def access(seed: int, tage: int, bild: Path | None) -> None:
    """Wer bekommt einen Platz: erster Klick, diese Anlage, Losung; mit Gegenproben.

    Endet mit 1, wenn eine Behauptung nicht gilt oder ihre Gegenprobe nicht scheitert.
    """
    found = zugang_belege.compare(seed, tage)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if bild is not None:
        bild.write_text(zugang_belege.chart(found), encoding="utf-8")
    if not all(row["holds"] and row["fails_without_guard"] for row in found["claims"]):
        raise SystemExit(1)


@simulate.command("firmenanteil")
@click.option("--seed", type=int, required=True, help="gleicher Startwert, gleiche Menschen")
@click.option("--jahre", type=click.IntRange(1, 50), default=8, show_default=True)
@click.option("--bild", type=click.Path(dir_okay=False, path_type=Path), help="Diagramm als SVG")
def firm_share(seed: int, jahre: int, bild: Path | None) -> None:
    """Zahlen Private für die Firmenbahn? Jahre mit und ohne sie; mit Gegenproben.

    Endet mit 1, wenn eine Behauptung nicht gilt oder ihre Gegenprobe nicht scheitert.
    """
    from abh.fastlane.kontingent import regeln
    from abh.kernel.rechtsstand import Rechtsstand
    from abh.settings import load_yaml_dir
    from abh.simulate import firmenanteil_belege

    settings = load_settings()
    law = Rechtsstand(load_yaml_dir(settings.law_dir))
    rules = regeln(law.value, today(make_clock(settings)))
    found = firmenanteil_belege.compare(seed, jahre, rules)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if bild is not None:
        bild.write_text(firmenanteil_belege.chart(found), encoding="utf-8")
    if not all(row["holds"] and row["fails_without_guard"] for row in found["claims"]):
        raise SystemExit(1)


@simulate.command("raeumung")
@click.option("--seed", type=int, required=True, help="gleicher Startwert, gleiche Menschen")
@click.option("--eingaenge", type=click.IntRange(100, 100_000), default=25_000, show_default=True)
@click.option("--wochen", type=click.IntRange(2, 52), default=26, show_default=True)
def clearance(seed: int, eingaenge: int, wochen: int) -> None:
    """Arbeitet einen Rückstand ab: nach Schaden und nach Eingang, mit demselben Plan und Personal.

    Endet mit 1, wenn der überfällige Schaden nicht mindestens halbiert wird oder die Gegenprobe
    (allen droht der Schaden gleich lange nach dem Eingang) nicht scheitert.
    """
    from abh.post.regeln import rules
    from abh.simulate import raeumung

    weights = rules().on(raeumung.START)
    found = raeumung.compare(seed, weights, items=eingaenge, weeks=wochen)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if not (found["holds"] and found["fails_without_guard"]):
        raise SystemExit(1)


@simulate.command("ewege")
def gateways() -> None:
    """Spielt die Betreiber von Postfach, De-Mail und beBPo einmal: abholen, antworten."""
    from abh.simulate import ewege

    settings = load_settings()
    if settings.gateway_dir is None or settings.mode == "production":
        raise click.ClickException("Im Echtbetrieb antworten die Betreiber selbst.")
    handled = ewege.look(settings.gateway_dir, make_clock(settings).now())
    click.echo(f"{handled} Sendungen behandelt ({settings.gateway_dir}).")


commands: list[click.Command] = [simulate]

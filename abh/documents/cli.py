"""Commands of the documents room: check the signature table, ask it, look at a letter."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from marshmallow import Schema, ValidationError, fields, post_load

from abh.documents.letters import LETTERS, letter_kind
from abh.documents.zeichnung import evaluate
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_proof import check_table
from abh.documents.zeichnung_types import Channel, Mandate, Rank, Remedy, Risk, SigningFacts
from abh.kernel.clock import BERLIN
from abh.kernel.errors import DomainError, SignatureRefused

_CONFIG = Path("config/zeichnung.yaml")
_OFFICE = Path("config/office/duesseldorf.yaml")


class MandateSchema(Schema):
    """A signing mandate in a question file."""

    valid_from = fields.Date(required=True)
    until = fields.Date(load_default=None)
    max_amount = fields.Decimal(load_default=None, places=2)

    @post_load
    def _mandate(self, data: dict[str, Any], **_: Any) -> Mandate:
        return Mandate(**data)


class QuestionSchema(Schema):
    """A question file: the fields of ``SigningFacts`` and the ``stichtag``."""

    stichtag = fields.Date(required=True)
    letter_key = fields.String(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    outcome = fields.String()
    risk = fields.Enum(Risk, by_value=True)
    amount = fields.Decimal(places=2)
    preparer_id = fields.String()
    preparer_in_training = fields.Boolean()
    signer_id = fields.String()
    signer_rank = fields.Enum(Rank)
    signer_in_training = fields.Boolean()
    signer_unit = fields.String()
    case_unit = fields.String()
    signer_excluded = fields.Boolean()
    mandate = fields.Nested(MandateSchema)
    cosigned_by = fields.List(fields.String())
    cosigner_ids = fields.List(fields.String())
    own_rank = fields.Enum(Rank)
    acting_for = fields.String()
    qes = fields.Boolean()
    portal_consent = fields.Boolean()
    portal_authenticated = fields.Boolean()
    seal_wanted = fields.Boolean()
    seal_no = fields.String()
    suffix = fields.String()
    remedy = fields.Enum(Remedy, by_value=True)
    has_reasons = fields.Boolean()
    manual_text = fields.Boolean()
    own_pdf = fields.Boolean()
    signature_image = fields.Boolean()
    content_hash = fields.String()
    signed_hashes = fields.List(fields.String())

    @post_load
    def _question(self, data: dict[str, Any], **_: Any) -> tuple[SigningFacts, date]:
        day = data.pop("stichtag")
        data["cosigned_by"] = frozenset(data.get("cosigned_by", ()))
        data["cosigner_ids"] = frozenset(data.get("cosigner_ids", ()))
        data["signed_hashes"] = tuple(data.get("signed_hashes", ()))
        return SigningFacts(**data), day


def _named(error: ValidationError) -> str:
    """Return the faults of a question, field by field: what is missing, unknown or wrong."""
    words = {"Missing data for required field.": "fehlt", "Unknown field.": "unbekannt"}
    faults = error.normalized_messages()
    if "_schema" in faults:
        return "erwartet werden Felder in geschweiften Klammern"
    return ", ".join(
        f"{name} {words.get(said[0], 'ungültig') if isinstance(said, list) else 'ungültig'}"
        for name, said in sorted(faults.items())
    )


_config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_CONFIG,
    show_default=True,
    help="Datei mit den Zeichnungsregeln.",
)


@click.group(name="zeichnung")
def zeichnung() -> None:
    """Zeichnungsregeln prüfen und befragen."""


@zeichnung.command()
@_config_option
def pruefen(config: Path) -> None:
    """Beweist, dass für jede Frage genau eine Regel oder eine benannte Ablehnung gilt."""
    try:
        table = load_zeichnung(config)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    faults = check_table(table, LETTERS.values(), every_risk=True)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} Fehler in {config}.")
    rules = sum(len(v.rules) for v in table)
    click.echo(f"{config}: {rules} Regeln in {len(table)} Fassung(en), kein Fehler.")


@zeichnung.command()
@click.argument("datei", type=click.File("r", encoding="utf-8"))
@_config_option
def frage(datei: TextIO, config: Path) -> None:
    """Antwortet auf eine Zeichnungsfrage (JSON) mit Erlaubnis oder allen Ablehnungsgründen."""
    try:
        facts, day = QuestionSchema().load(json.load(datei))
    except ValidationError as error:
        raise click.ClickException(f"Die Frage ist nicht lesbar: {_named(error)}.") from error
    except ValueError as error:
        raise click.ClickException("Die Frage ist nicht lesbar: kein gültiges JSON.") from error
    try:
        answer = {"erlaubt": True, **asdict(evaluate(load_zeichnung(config), facts, day))}
    except SignatureRefused as refused:
        answer = {"erlaubt": False, "gruende": [asdict(r) for r in refused.reasons]}
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))
    if not answer["erlaubt"]:
        raise SystemExit(1)


@click.group(name="brief")
def brief() -> None:
    """Briefvorlagen ansehen und prüfen."""


@brief.command()
@click.argument("schluessel")
@click.option("--ausgang", default=None, help="Ausgang des Briefs; sonst der erste.")
@click.option("--daten", type=click.File("r", encoding="utf-8"), help="Eigene Felder als JSON.")
@click.option("--vorlagen", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--amt",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_OFFICE,
    show_default=True,
    help="Amtsdatei für den Briefkopf.",
)
@click.option("--nach", type=click.Path(path_type=Path, dir_okay=False), help="Zieldatei (PDF).")
@click.option("--anschrift", multiple=True, help="Zeile der Anschrift; mehrfach möglich.")
@click.option("--tag", type=click.DateTime(["%Y-%m-%d"]), help="Datum des Briefs; sonst heute.")
@_config_option
def vorschau(
    schluessel: str,
    ausgang: str | None,
    daten: TextIO | None,
    vorlagen: Path | None,
    amt: Path,
    nach: Path | None,
    anschrift: tuple[str, ...],
    tag: datetime | None,
    config: Path,
) -> None:
    """Setzt einen Brief mit Beispieldaten und nennt alles, was seine Freigabe hinderte."""
    from abh.documents.fonts import font_paths
    from abh.documents.house import STATIC, office_of
    from abh.documents.render import TEMPLATES, Renderer
    from abh.documents.vorschau import RECIPIENT, preview_letter
    from abh.office.file import load_office
    from abh.settings import ROOT

    try:
        own = json.load(daten) if daten is not None else None
    except ValueError as error:
        raise click.ClickException(f"Die Felder sind nicht lesbar: {error}") from error
    outcome = letter_kind(schluessel).outcomes[0] if ausgang is None else ausgang
    made = preview_letter(
        Renderer(font_paths(STATIC, also=(ROOT / "node_modules",)), vorlagen or TEMPLATES),
        load_zeichnung(config),
        office_of(load_office(amt)),
        schluessel,
        outcome,
        on=tag.date() if tag else datetime.now(BERLIN).date(),
        fields=own,
        recipient=anschrift or RECIPIENT,
    )
    target = nach or Path(f"{schluessel}{'-' + outcome if outcome else ''}.pdf")
    try:
        target.write_bytes(made.pdf)
    except OSError as error:
        text = f"{target} ist nicht beschreibbar ({error.strerror})."
        raise click.ClickException(text) from error
    click.echo(f"{target}: {made.pages} Seite(n).")
    for fault in made.faults:
        click.echo(f"  {fault.text}{f' ({fault.norm})' if fault.norm else ''}")
    if made.faults:
        raise SystemExit(1)


@click.group(name="siegel")
def siegel() -> None:
    """Elektronisches Siegel: Dateien prüfen."""


@siegel.command(name="pruefen")
@click.argument("datei", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--vertraut",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="Zertifikat (DER), dem vertraut wird; mehrfach möglich.",
)
def siegel_pruefen(datei: Path, vertraut: tuple[Path, ...]) -> None:
    """Prüft alle Siegel und Unterschriften einer PDF-Datei."""
    from abh.documents.siegel import check_signatures

    found = check_signatures(datei.read_bytes(), [path.read_bytes() for path in vertraut])
    for each in found:
        when = f" am {each.signed_at:%d.%m.%Y %H:%M}" if each.signed_at else ""
        click.echo(f"{each.signer or 'unbekannt'}{when}")
        click.echo(f"  {'unverändert' if each.intact else 'VERÄNDERT'}")
        click.echo(f"  {'vertrauenswürdig' if each.trusted else 'Zertifikat nicht bekannt'}")
        if each.remark:
            click.echo(f"  {each.remark}")
    if not found:
        raise click.ClickException("Die Datei trägt kein Siegel und keine Unterschrift.")
    if not all(each.intact and each.covers_all for each in found):
        raise SystemExit(1)


@click.group(name="akte")
def akte() -> None:
    """Akten prüfen."""


@akte.command()
def verify() -> None:
    """Liest jedes Blatt jeder Akte, prüft seine Prüfsumme und nennt Verlust und Änderung."""
    from abh import db
    from abh.documents.aktenpruefung import verify_files
    from abh.documents.house import store_of
    from abh.settings import load_settings

    settings = load_settings()
    engine = db.make_engine(settings.database_url, pool_size=1)
    try:
        with db.transaction(db.make_sessions(engine)) as session:
            found = verify_files(session, store_of(settings), progress=_every_thousand)
    finally:
        engine.dispose()
    for fault in found.faults:
        click.echo(fault)
    click.echo(f"{found.contents} Inhalte geprüft, {len(found.faults)} Fehler.")
    if found.faults:
        raise SystemExit(1)


def _every_thousand(done: int) -> None:
    if done % 1000 == 0:
        click.echo(f"{done} …", err=True)


commands: list[click.Command] = [zeichnung, brief, siegel, akte]

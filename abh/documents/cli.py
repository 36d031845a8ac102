"""Commands of the documents room: check the signature table, ask it, look at a letter."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import click
from marshmallow import Schema, ValidationError, fields, post_load

from abh.documents.letters import LETTERS
from abh.documents.zeichnung import evaluate
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_proof import check_table
from abh.documents.zeichnung_types import Channel, Mandate, Rank, Remedy, Risk, SigningFacts
from abh.kernel.errors import DomainError, SignatureRefused

_CONFIG = Path("config/zeichnung.yaml")


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
        data["signed_hashes"] = tuple(data.get("signed_hashes", ()))
        return SigningFacts(**data), day


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
    except (ValidationError, ValueError) as error:
        raise click.ClickException(f"Die Frage ist nicht lesbar: {error}") from error
    try:
        answer = {"erlaubt": True, **asdict(evaluate(load_zeichnung(config), facts, day))}
    except SignatureRefused as refused:
        answer = {"erlaubt": False, "gruende": [asdict(r) for r in refused.reasons]}
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))
    if not answer["erlaubt"]:
        raise SystemExit(1)


commands: list[click.Command] = [zeichnung]

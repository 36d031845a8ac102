"""Reads the signature rules (``config/zeichnung.yaml``) and lists every fault at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from abh.configfiles import SafeLoader
from abh.documents.zeichnung_types import (
    Channel,
    Mark,
    Rank,
    Remedy,
    Risk,
    Rule,
    Zeichnungsordnung,
)
from abh.kernel.errors import ConfigurationError

AUTOMATIC = "automatisch"


def _amount(key: str) -> fields.Decimal:
    return fields.Decimal(data_key=key, places=2, load_default=None, validate=validate.Range(min=0))


class RuleSchema(Schema):
    """One row as the office writes it."""

    id = fields.String(data_key="regel", required=True, validate=validate.Regexp(r"R\d+[a-z]?$"))
    letter_key = fields.String(data_key="brief", required=True)
    outcome = fields.String(data_key="ausgang", load_default="")
    label = fields.String(data_key="name", required=True, validate=validate.Length(min=3))
    act = fields.Boolean(data_key="verwaltungsakt", load_default=False)
    form_77 = fields.Boolean(data_key="schriftform_77", load_default=False)
    risk = fields.Enum(Risk, data_key="risiko", by_value=True, required=True)
    signer = fields.String(
        data_key="ab",
        required=True,
        validate=validate.OneOf([AUTOMATIC, *(r.name for r in Rank if r != Rank.EINARB)]),
    )
    four_eyes = fields.Boolean(data_key="vier_augen", load_default=False)
    cosigners = fields.List(fields.String(), data_key="mitzeichnung", load_default=list)
    mark = fields.Enum(Mark, data_key="zeichen", by_value=True, required=True)
    seal = fields.String(data_key="siegel", load_default="")
    channels = fields.List(
        fields.Enum(Channel, by_value=True),
        data_key="wege",
        required=True,
        validate=validate.Length(min=1),
    )
    remedy = fields.Enum(Remedy, data_key="rechtsbehelf", by_value=True, load_default=Remedy.NONE)
    reasons = fields.Boolean(data_key="begruendung", load_default=None, allow_none=True)
    over = _amount("ueber")
    up_to = _amount("bis")

    @validates_schema
    def _sound(self, data: dict[str, Any], **_: Any) -> None:
        automatic = data["signer"] == AUTOMATIC
        if automatic != (data["mark"] == Mark.NONE):
            raise ValidationError("automatisch und Zeichen none gehören zusammen", "zeichen")
        if automatic and data["act"]:
            raise ValidationError(
                "kein Verwaltungsakt ohne zeichnende Person (§ 35a VwVfG NRW)", "ab"
            )
        if data["over"] is not None and data["up_to"] is not None and data["over"] >= data["up_to"]:
            raise ValidationError("muss größer sein als ueber", "bis")

    @post_load
    def _rule(self, data: dict[str, Any], **_: Any) -> Rule:
        signer = data.pop("signer")
        reasons = data.pop("reasons")
        return Rule(
            **{**data, "channels": tuple(data["channels"]), "cosigners": tuple(data["cosigners"])},
            signer_from=None if signer == AUTOMATIC else Rank[signer],
            # § 77 Abs. 1 AufenthG: Schriftform means reasons too, unless the row says otherwise.
            reasons=data["form_77"] if reasons is None else reasons,
        )


class OrdnungSchema(Schema):
    """One version of the rules."""

    version = fields.String(data_key="fassung", required=True)
    in_force_from = fields.Date(data_key="gilt_ab", required=True)
    norm = fields.String(required=True, validate=validate.Length(min=3))
    suffixes = fields.Dict(
        keys=fields.Enum(Rank),
        values=fields.String(validate=validate.OneOf(["", "Im Auftrag", "In Vertretung"])),
        data_key="zusatz",
        required=True,
    )
    house_wide_from = fields.Enum(Rank, data_key="hausweit_ab", required=True)
    rules = fields.List(
        fields.Nested(RuleSchema), data_key="regeln", required=True, validate=validate.Length(min=1)
    )

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        missing = [r.name for r in Rank if r not in data["suffixes"]]
        if missing:
            raise ValidationError(f"fehlt für {', '.join(missing)}", "zusatz")
        ids = [r.id for r in data["rules"]]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValidationError(f"doppelt: {', '.join(twice)}", "regeln")


class TableSchema(Schema):
    """The whole file."""

    versions = fields.List(
        fields.Nested(OrdnungSchema),
        data_key="fassungen",
        required=True,
        validate=validate.Length(min=1),
    )


def load_zeichnung(path: Path) -> tuple[Zeichnungsordnung, ...]:
    """Return all versions of the signature rules, oldest first.

    A version holds until the day before the next begins. Raises ``ConfigurationError`` that
    lists every fault with its place in the file.
    """
    try:
        # a SafeLoader: it builds plain values only
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)  # nosec B506
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name} fehlt.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} ist nicht lesbar: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{path.name}: erwartet wird die Liste „fassungen“.")
    try:
        versions = TableSchema().load(_plain_dates(raw))["versions"]
    except ValidationError as error:
        faults = "\n".join(f"  {line}" for line in _flat(error.messages))
        raise ConfigurationError(f"{path.name} ist fehlerhaft:\n{faults}") from error
    return _dated(path, versions)


def _plain_dates(value: Any) -> Any:
    """Return ``value`` with YAML dates as ISO text, which is what the schema reads."""
    if isinstance(value, dict):
        return {k: _plain_dates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain_dates(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def _dated(path: Path, versions: list[dict[str, Any]]) -> tuple[Zeichnungsordnung, ...]:
    ordered = sorted(versions, key=lambda v: v["in_force_from"])
    starts = [v["in_force_from"] for v in ordered]
    if len(set(starts)) != len(starts):
        raise ConfigurationError(f"{path.name}: zwei Fassungen beginnen am selben Tag.")
    ends = [start - timedelta(days=1) for start in starts[1:]] + [None]
    return tuple(
        Zeichnungsordnung(
            version=v["version"],
            in_force_from=v["in_force_from"],
            in_force_until=end,
            suffixes=v["suffixes"],
            house_wide_from=v["house_wide_from"],
            rules=tuple(v["rules"]),
        )
        for v, end in zip(ordered, ends, strict=True)
    )


def _flat(messages: Any, path: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [
            line
            for key, value in messages.items()
            for line in _flat(value, f"{path}.{key}" if path else str(key))
        ]
    return [f"{path}: {message}" for message in messages]

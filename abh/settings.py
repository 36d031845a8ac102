"""Settings: defaults from a file, then the environment, checked at once, frozen."""

from __future__ import annotations

import contextlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from abh import localpg
from abh.configfiles import configuration_error, load_yaml_dir, load_yaml_file
from abh.kernel.clock import Clock, FileClock, SystemClock
from abh.kernel.errors import Reason

__all__ = [
    "ROOT",
    "Settings",
    "load_settings",
    "load_yaml_dir",
    "load_yaml_file",
    "make_clock",
]

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ROOT / "config" / "default.toml"
DEMO_OFFICE = ROOT / "config" / "office" / "duesseldorf.yaml"
PREFIX = "ABH_"
LOCAL_DATABASE = "abh"
MIN_SECRET = 32
# Never in a file, only in the environment.
SECRETS = frozenset(
    {"secret_key", "qseal_passphrase", "store_s3_key", "store_s3_secret", "sms_token"}
)
# Read elsewhere, before or without settings: the folder of PostgreSQL's programs.
FOREIGN = frozenset({"ABH_PG_BIN"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An IMAP mailbox; ``tls`` from the first byte, else STARTTLS except to this machine itself.

    The password lies in a file, read at every login, so that a changed one needs no restart.
    """

    host: str
    port: int
    tls: bool
    user: str
    password_file: Path
    folder: str = "INBOX"


@dataclass(frozen=True)
class Settings:
    """One run's settings; paths are absolute, ``clock_file`` is None in production."""

    mode: str
    database_url: str = field(repr=False)
    local_database: bool
    var_dir: Path
    store_dir: Path
    store_s3: str
    store_s3_key: str = field(repr=False)
    store_s3_secret: str = field(repr=False)
    trust_dir: Path | None
    clamd: str
    clamd_wait: int
    office_file: Path
    law_dir: Path
    zeichnung_file: Path
    secret_key: str = field(repr=False)
    base_url: str
    bind: str
    web_workers: int
    web_threads: int
    clock_file: Path | None
    mail_url: str = field(repr=False)
    mail_from: str
    sms_url: str
    sms_token: str = field(repr=False)
    webhook_local: bool
    printers: str
    qseal: str
    qseal_file: Path
    qseal_passphrase: str = field(repr=False)
    qseal_module: Path
    qseal_token: str
    qseal_key: str
    gateway_dir: Path | None
    scan_dir: Path | None
    imap: str
    imap_user: str
    imap_password_file: Path | None
    imap_folder: str
    session_minutes: int
    upload_mb: int
    upload_pages: int
    sealer_seconds: int
    sweep_seconds: float
    worker_poll_seconds: float

    @property
    def wants_setup(self) -> bool:
        """Whether a house without an office is set up in the browser: it has no file of its own.

        The invented office of the demo is none for an authority in operation.
        """
        invented = self.mode == "production" and self.office_file == DEMO_OFFICE
        return invented or not self.office_file.is_file()

    @property
    def pg_dir(self) -> Path:
        """Data folder of the private PostgreSQL; only meaningful when ``local_database``."""
        return self.var_dir / "pg"

    @property
    def mailbox(self) -> Mailbox | None:
        """The mailbox that is fetched, None where none is set up."""
        if not self.imap or self.imap_password_file is None:
            return None
        place = urlsplit(self.imap)
        port = place.port or (993 if place.scheme == "imaps" else 143)
        return Mailbox(
            place.hostname or "",
            port,
            place.scheme == "imaps",
            self.imap_user,
            self.imap_password_file,
            self.imap_folder,
        )

    @property
    def mail_folder(self) -> Path | None:
        """Folder that receives mails as files, or None when ``mail_url`` names an SMTP server."""
        kind, _, rest = self.mail_url.partition(":")
        return self.var_dir / rest if kind == "folder" else None


class SettingsSchema(Schema):
    """What each setting may be; the messages tell people what to write instead."""

    mode = fields.String(
        validate=validate.OneOf(
            ["production", "demo", "test"], error="muss production, demo oder test sein"
        )
    )
    database_url = fields.String()
    var_dir = fields.String(validate=validate.Length(min=1, error="darf nicht leer sein"))
    store_dir = fields.String()
    store_s3 = fields.String(
        validate=validate.Regexp(
            r"^($|https?://[^/\s]+/[^/\s?]+)",
            error="muss leer sein oder wie https://HOST/BUCKET/ORDNER?region=REGION aussehen",
        )
    )
    store_s3_key = fields.String()
    store_s3_secret = fields.String()
    trust_dir = fields.String()
    clamd = fields.String(
        validate=validate.Regexp(
            r"^($|unix:/\S+|[A-Za-z0-9.-]+:\d{1,5}$)",
            error="muss leer sein, HOST:PORT oder unix:/PFAD",
        )
    )
    clamd_wait = fields.Integer()
    office_file = fields.String()
    law_dir = fields.String(validate=validate.Length(min=1, error="darf nicht leer sein"))
    zeichnung_file = fields.String(validate=validate.Length(min=1, error="darf nicht leer sein"))
    secret_key = fields.String()
    base_url = fields.String()
    bind = fields.String(
        validate=validate.Regexp(
            r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$",
            error="muss HOST:PORT sein, z. B. 127.0.0.1:8000",
        )
    )
    clock_file = fields.String()
    mail_url = fields.String(
        validate=validate.Regexp(
            r"^(smtp://[^/\s]+|folder:\S+)$", error="muss smtp://HOST:PORT oder folder:ORDNER sein"
        )
    )
    mail_from = fields.Email(error_messages={"invalid": "ist keine E-Mail-Adresse"})
    sms_url = fields.String(
        validate=validate.Regexp(
            r"^(|https?://[^/\s]+/\S*|folder:[A-Za-z0-9._-]+)$",
            error="muss leer, eine Adresse wie https://gateway.example/sms oder folder:ORDNER sein",
        )
    )
    sms_token = fields.String()
    webhook_local = fields.Boolean()
    printers = fields.String(
        validate=validate.OneOf(["file", "ipp"], error="muss file oder ipp sein")
    )
    qseal = fields.String(
        validate=validate.OneOf(
            ["auto", "off", "file", "pkcs11"], error="muss auto, off, file oder pkcs11 sein"
        )
    )
    qseal_file = fields.String()
    qseal_passphrase = fields.String()
    qseal_module = fields.String()
    qseal_token = fields.String()
    qseal_key = fields.String()
    gateway_dir = fields.String()
    scan_dir = fields.String()
    imap = fields.String(
        validate=validate.Regexp(
            r"^($|imaps?://[A-Za-z0-9.-]+(:\d{1,5})?/?$)",
            error="muss leer sein oder wie imaps://HOST:PORT aussehen",
        )
    )
    imap_user = fields.String()
    imap_password_file = fields.String()
    imap_folder = fields.String(
        validate=validate.Regexp(
            r"^[A-Za-z0-9 ._/-]{1,100}$", error="muss ein Ordnername wie INBOX sein"
        )
    )
    web_workers = fields.Integer()
    web_threads = fields.Integer()
    session_minutes = fields.Integer()
    upload_mb = fields.Integer()
    upload_pages = fields.Integer()
    sealer_seconds = fields.Integer()
    sweep_seconds = fields.Float()
    worker_poll_seconds = fields.Float()

    @validates_schema(skip_on_field_errors=False)
    def check_together(self, data: dict[str, Any], **_: Any) -> None:
        """Ranges, addresses, and what production demands beyond a demo."""
        problems = dict(_ranges(data))
        problems.update(_addresses(data))
        if data.get("mode") == "production":
            problems.update(_production(data))
        if problems:
            raise ValidationError({name: [text] for name, text in problems.items()})


_RANGES = {
    "web_workers": (1, 64),
    "web_threads": (1, 256),
    "session_minutes": (5, 1440),
    "clamd_wait": (0, 60),
    "upload_mb": (1, 200),
    "upload_pages": (1, 5000),
    "sealer_seconds": (1, 60),
    "sweep_seconds": (0.2, 60),
    "worker_poll_seconds": (0.05, 60),
}


def _ranges(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: f"muss zwischen {low} und {high} liegen"
        for name, (low, high) in _RANGES.items()
        if name in data and not low <= data[name] <= high
    }


def _addresses(data: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    base = urlsplit(str(data.get("base_url", "")))
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
        problems["base_url"] = "muss eine Adresse wie https://abh.example.org sein"
    url = str(data.get("database_url", ""))
    if url and not url.startswith("postgresql+psycopg://"):
        problems["database_url"] = "muss mit postgresql+psycopg:// beginnen"
    sms = urlsplit(str(data.get("sms_url", "")))
    if sms.scheme in ("http", "https") and not data.get("sms_token"):
        problems["sms_token"] = "fehlt; das SMS-Gateway verlangt ABH_SMS_TOKEN"  # noqa: S105
    if sms.scheme == "http" and sms.hostname not in ("127.0.0.1", "localhost", "::1"):
        problems["sms_url"] = "muss mit https:// beginnen: Telefonnummern sind personenbezogen"
    if data.get("qseal") == "file" and not data.get("qseal_file"):
        problems["qseal_file"] = "fehlt; qseal = file braucht eine PKCS#12-Datei"
    if data.get("qseal") == "pkcs11":
        for name in ("qseal_file", "qseal_module", "qseal_token", "qseal_key"):
            if not data.get(name):
                problems[name] = "fehlt; qseal = pkcs11 braucht Zertifikat, Bibliothek und Namen"
    if data.get("store_s3") and not (data.get("store_s3_key") and data.get("store_s3_secret")):
        problems["store_s3"] = "braucht ABH_STORE_S3_KEY und ABH_STORE_S3_SECRET in der Umgebung"
    if data.get("imap"):
        for name in ("imap_user", "imap_password_file"):
            if not data.get(name):
                problems[name] = "fehlt; das Postfach braucht Benutzer und Kennwortdatei"
    port = str(data.get("bind", "")).rpartition(":")[2]
    if port.isdigit() and not 1 <= int(port) <= 65535:
        problems["bind"] = "der Port muss zwischen 1 und 65535 liegen"
    return problems


def _production(data: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    if not data.get("database_url"):
        problems["database_url"] = "fehlt; im Echtbetrieb wird der Datenbankserver genannt"
    if len(str(data.get("secret_key", ""))) < MIN_SECRET:
        problems["secret_key"] = f"fehlt oder ist kürzer als {MIN_SECRET} Zeichen"
    if data.get("clock_file"):
        problems["clock_file"] = (
            "ist im Echtbetrieb verboten: die Uhr darf sich nicht stellen lassen"
        )
    if data.get("webhook_local"):
        problems["webhook_local"] = "ist nur für Tests; im Echtbetrieb verboten"
    if urlsplit(str(data.get("base_url", ""))).scheme == "http":
        problems["base_url"] = "muss im Echtbetrieb mit https:// beginnen"
    return problems


def load_settings(env: Mapping[str, str] = os.environ, defaults: Path = DEFAULTS) -> Settings:
    """Return the settings from ``defaults`` (TOML) and the ``ABH_*`` variables of ``env``.

    Outside production a missing secret is made once and kept in ``var_dir/secret`` (mode 0600).
    Raises ``ConfigurationError`` with one reason for every fault, naming where to mend it.
    """
    reasons: list[Reason] = []
    raw = _read_toml(defaults)
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in env.items()
        if name.startswith(PREFIX) and name not in FOREIGN
    }
    for name in SECRETS & set(raw):
        text = "gehört nicht in eine Datei, nur in die Umgebung"
        reasons.append(_fault(name, text, {}, defaults))
        raw.pop(name)
    data: dict[str, Any] = {}
    try:
        data = SettingsSchema().load({**raw, **given})
    except ValidationError as error:
        faults: dict[str, list[str]] = error.normalized_messages()  # type: ignore[no-untyped-call]
        for name, messages in sorted(faults.items()):
            for message in messages:
                reasons.append(_fault(name, _german(message), given, defaults))
    missing = sorted(set(SettingsSchema().fields) - set(raw) - set(given) - SECRETS)
    reasons += [_fault(name, "fehlt", {}, defaults) for name in missing]
    if reasons:
        raise configuration_error("Einstellungen", reasons)
    return _build(data)


def make_clock(settings: Settings) -> Clock:
    """Return the clock of this run: the machine's, or the one that ``clock_file`` shifts."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


def _build(data: dict[str, Any]) -> Settings:
    production = data["mode"] == "production"
    var_dir = _path(data.pop("var_dir"))
    url = data.pop("database_url")
    clock = data.pop("clock_file")
    store = data.pop("store_dir")
    secret = data.pop("secret_key", "")
    data.setdefault("sms_token", "")
    if not production:
        secret = secret or _kept_secret(var_dir / "secret")
    for name in ("office_file", "law_dir", "zeichnung_file"):
        data[name] = _path(data[name])
    data["base_url"] = data["base_url"].rstrip("/")
    gateway = data.pop("gateway_dir")
    scans = data.pop("scan_dir")
    word = data.pop("imap_password_file")
    seal = data.pop("qseal_file")
    trust = data.pop("trust_dir")
    if data["qseal"] == "auto":
        data["qseal"] = "demo" if data["mode"] == "demo" else "off"
    return Settings(
        database_url=url or localpg.url(var_dir / "pg", LOCAL_DATABASE),
        local_database=not url,
        var_dir=var_dir,
        store_dir=_path(store) if store else var_dir / "store",
        secret_key=secret,
        qseal_module=_path(data.pop("qseal_module")),
        qseal_file=_path(seal) if seal else var_dir / "siegel" / "demo.p12",
        qseal_passphrase=data.pop("qseal_passphrase", ""),
        gateway_dir=_path(gateway) if gateway else None if production else var_dir / "ewege",
        scan_dir=_path(scans) if scans else None if production else var_dir / "scan",
        imap_password_file=_path(word) if word else None,
        trust_dir=_path(trust) if trust else None,
        store_s3_key=data.pop("store_s3_key", ""),
        store_s3_secret=data.pop("store_s3_secret", ""),
        clock_file=None if production else _path(clock) if clock else var_dir / "clock",
        **data,
    )


def _path(text: str) -> Path:
    return (ROOT / Path(text).expanduser()).resolve()


def _kept_secret(path: Path) -> str:
    try:
        return _make_secret(path)
    except OSError as error:
        reason = _fault("var_dir", f"ist nicht beschreibbar: {error}", {}, DEFAULTS)
        raise configuration_error("Einstellungen", [reason]) from error


def _make_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        # the first of several processes wins, and none reads a half-written file
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise configuration_error(
            "Einstellungen", [Reason(f"{path}: {error}", key="settings.file")]
        ) from error


def _fault(name: str, text: str, given: Mapping[str, str], defaults: Path) -> Reason:
    variable = PREFIX + name.upper()
    place = variable if name in given else f"{defaults} oder Umgebungsvariable {variable}"
    return Reason(f"{name} {text} (zu ändern in: {place})", key=f"settings.{name}")


def _german(message: str) -> str:
    return {
        "Unknown field.": "ist keine bekannte Einstellung",
        "Not a valid integer.": "muss eine ganze Zahl sein",
        "Not a valid number.": "muss eine Zahl sein",
        "Not a valid string.": "muss ein Text sein",
    }.get(message, message)

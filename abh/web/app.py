"""The web application: services, page modules, guards that every request passes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, request, url_for
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from abh import wiring
from abh.db import make_engine, make_sessions
from abh.kernel.clock import Clock, SystemClock
from abh.kernel.errors import ConfigurationError
from abh.web import (
    adressen,
    csrf,
    errors,
    felder,
    geparkt,
    health,
    i18n,
    jinja,
    kompakt,
    parts,
    security,
    tasten,
)

# Every module with pages. Each exposes ``blueprint``, or ``install(app)`` where a library registers
# its own routes (the JSON API). Explicit, so that nothing appears or disappears by itself.
PAGE_MODULES: tuple[str, ...] = (
    "abh.web.health",
    "abh.web.pages.antrag",
    "abh.web.pages.status",
    "abh.web.pages.status_zugang",
    "abh.web.pages.tablet",
    "abh.web.pages.termin",
    "abh.web.pages.notfall",
    "abh.web.pages.notfallnachweis",
    "abh.web.pages.ankunft",
    "abh.web.pages.termine",
    "abh.web.pages.termine_link",
    "abh.web.pages.termine_verlegen",
    "abh.web.pages.warten",
    "abh.web.pages.papier",
    "abh.web.pages.firma",
    "abh.web.pages.firma_vorgang",
    "abh.web.pages.firma_antrag",
    "abh.web.pages.firma_tabelle",
    "abh.web.pages.firma_hilfe",
    "abh.web.pages.firma_anmeldung",
    "abh.web.pages.firma_zugang",
    "abh.web.pages.firma_mitteilungen",
    "abh.web.pages.firma_schnittstellen",
    "abh.web.pages.firmen",
    "abh.web.pages.firma_termine",
    "abh.web.pages.firma_beratungstag",
    "abh.web.pages.bahnen",
    "abh.web.api",
    "abh.web.pages.login",
    "abh.web.pages.desk",
    "abh.web.pages.desk_blick",
    "abh.web.pages.desk_befehle",
    "abh.web.pages.suche",
    "abh.web.pages.vorgang_person",
    "abh.web.pages.vorgang",
    "abh.web.pages.vorgang_familie",
    "abh.web.pages.rueckgaben",
    "abh.web.pages.vorgang_taten",
    "abh.web.pages.vorgang_termin",
    "abh.web.pages.vorgang_termin_aendern",
    "abh.web.pages.vorgang_nachrichten",
    "abh.web.pages.briefe",
    "abh.web.pages.briefe_stapel",
    "abh.web.pages.briefe_ausgang",
    "abh.web.pages.vorgang_zugang",
    "abh.web.pages.vorgang_schriftsatz",
    "abh.web.pages.briefe_druck",
    "abh.web.pages.briefe_uebersetzung",
    "abh.web.pages.vorlagen",
    "abh.web.pages.ruecklauf",
    "abh.web.pages.siegel",
    "abh.web.pages.akten",
    "abh.web.pages.akten_blaetter",
    "abh.web.pages.akten_loeschung",
    "abh.web.pages.schalter",
    "abh.web.pages.schalter_tablet",
    "abh.web.pages.anzeige",
    "abh.web.pages.laufkundschaft",
    "abh.web.pages.kalender",
    "abh.web.pages.veranstaltungen",
    "abh.web.pages.einladung",
    "abh.web.pages.frist",
    "abh.web.pages.probefall",
    "abh.web.pages.handbuch",
    "abh.web.pages.post",
    "abh.web.pages.leitung",
    "abh.web.pages.leitung_befugnisse",
    "abh.web.pages.leitung_vordrucke",
    "abh.web.pages.leitung_post",
    "abh.web.pages.leitung_bahnen",
    "abh.web.pages.leitung_plan",
    "abh.web.pages.leitung_altbestand",
    "abh.web.pages.leitung_steuern",
    "abh.web.pages.leitung_vorgaenge",
    "abh.web.pages.leitung_uebergaben",
    "abh.web.pages.leitung_minuten",
    "abh.web.pages.leitung_einarbeitung",
    "abh.web.pages.dienstplan",
    "abh.web.pages.dienstplan_muster",
    "abh.web.pages.dienstplan_zusatz",
    "abh.web.pages.betrieb",
    "abh.web.pages.konten",
)
# Only where a house is begun: see abh/web/erststart.py.
SETUP_MODULES: tuple[str, ...] = ("abh.web.pages.einrichtung",)
SETUP = "einrichtung"
# Only where people try it out.
DEMO_MODULES: tuple[str, ...] = ("abh.web.pages.rundgang",)
DEVELOPMENT_MODULES: tuple[str, ...] = ("abh.web.dev",)

# One form carries several evidences at once; each file has its own limit in the settings.
FILES_PER_REQUEST = 4
# Text fields of one form; files do not count into it.
MAX_FORM_BYTES = 2_000_000


class WebSettings(Protocol):
    """What the web application needs of ``abh.settings``."""

    @property
    def mode(self) -> str: ...  # "production" | "demo" | "test"
    @property
    def secret_key(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def var_dir(self) -> Path: ...
    @property
    def upload_mb(self) -> int: ...  # largest single file


@dataclass
class Services:
    """What pages find in ``current_app.extensions["abh"]``."""

    settings: WebSettings
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Clock
    readiness: health.Readiness
    office_name: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def make_services(
    settings: WebSettings,
    *,
    clock: Clock | None = None,
    office_name: str = "",
    checks: Mapping[str, health.Check] | None = None,
) -> Services:
    """Return services over the database of ``settings``; connects on first use, not here.

    ``checks`` are asked by ``/health/ready`` beside the database.
    """
    engine = make_engine(settings.database_url)
    readiness = health.Readiness({"database": health.database_answers(engine), **(checks or {})})
    sessions = make_sessions(engine)
    return Services(settings, engine, sessions, clock or SystemClock(), readiness, office_name)


def create_app(
    settings: WebSettings,
    *,
    services: Services | None = None,
    page_modules: tuple[str, ...] = PAGE_MODULES,
) -> Flask:
    """Return the application.

    Raises ConfigurationError if a route has no policy, the secret is too short, or production is
    not served over https.
    """
    production = settings.mode == "production"
    _check_settings(settings, production=production)
    app = Flask("abh.web")
    app.extensions["abh"] = services or make_services(settings)
    _configure(app, settings, secure=settings.base_url.startswith("https://"))
    jinja.install(app.jinja_env)
    # First: after-request functions run backwards, and others still write into the answer.
    kompakt.install(app)
    security.install(app, https_only=production)
    i18n.install(app)
    errors.install(app)
    csrf.install(app, base_url=settings.base_url)
    parts.install(app)
    geparkt.install(app)
    felder.install(app)
    adressen.install(app)
    tasten.install(app)
    # A page may close a visit or release a letter: the rooms above must hear of it here too.
    wiring.connect_signals()
    # Late: the glue knows the rooms, and the rooms' pages know the glue.
    import_module("abh.web.session").install(app)
    _version_static_files(app)
    modules = page_modules if production else page_modules + DEVELOPMENT_MODULES
    if app.extensions["abh"].more.get(SETUP):
        modules += SETUP_MODULES
    if settings.mode == "demo":
        modules += DEMO_MODULES
    for name in modules:
        _register(app, name)
    security.require_policies(app)
    return app


def _register(app: Flask, name: str) -> None:
    module = import_module(name)
    if hasattr(module, "install"):
        module.install(app)
    else:
        app.register_blueprint(module.blueprint)


def _check_settings(settings: WebSettings, *, production: bool) -> None:
    faults = []
    if len(settings.secret_key) < 32:
        faults.append("ABH_SECRET_KEY braucht mindestens 32 Zeichen.")
    if production and not settings.base_url.startswith("https://"):
        faults.append("ABH_BASE_URL muss im Betrieb mit https:// beginnen.")
    if faults:
        raise ConfigurationError(" ".join(faults))


def _configure(app: Flask, settings: WebSettings, *, secure: bool) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # Holds the form token only; who is logged in is known on the server.
        SESSION_COOKIE_NAME="__Host-abh-form" if secure else "abh-form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=FILES_PER_REQUEST * settings.upload_mb * 1_000_000 + MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["upload_mb"] = settings.upload_mb


def _version_static_files(app: Flask) -> None:
    """Give every static file a URL with its hash: cached for a year, yet never stale."""
    known: dict[tuple[str, int, str], str] = {}
    folder = app.static_folder or ""

    def asset(name: str) -> str:
        try:
            changed = os.stat(f"{folder}/{name}").st_mtime_ns
        except OSError as error:
            text = f"{name} fehlt: python -m abh.web.assets holt es."
            raise ConfigurationError(text) from error
        key = (name, changed, request.script_root)
        if key not in known:
            digest = hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]
            known[key] = url_for("static", filename=name, v=digest)
        return known[key]

    app.jinja_env.globals["asset"] = asset

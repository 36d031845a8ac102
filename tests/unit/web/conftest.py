"""An application over no database: what is tested here needs none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from abh.web import app as web_app
from abh.web import assets, catalogs

if not (assets.VENDOR / "kern.css").is_file():
    assets.install()
catalogs.compile_catalogs()


def settings(**changes: Any) -> SimpleNamespace:
    """Return settings of a test office; the database is named but never reached."""
    known = {
        "mode": "test",
        "secret_key": "k" * 40,
        "database_url": "postgresql+psycopg://nobody@127.0.0.1:9/none",
        "base_url": "http://localhost",
        "var_dir": Path("var"),
        "upload_mb": 20,
    }
    return SimpleNamespace(**{**known, **changes})


def application(*blueprints: Blueprint, **changes: Any) -> Flask:
    """Return an application with further pages, registered as page modules are."""
    flask_app = web_app.create_app(settings(**changes))
    for blueprint in blueprints:
        flask_app.register_blueprint(blueprint)
    return flask_app


@pytest.fixture
def flask_app() -> Flask:
    return application()


@pytest.fixture
def client(flask_app: Flask) -> FlaskClient:
    return flask_app.test_client()

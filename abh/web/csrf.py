"""No foreign page may act in a person's name: a token in every form, and the request's origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
csrf = CSRFProtect()


def origin_of(url: str) -> str:
    """Return scheme and host of ``url``, as browsers write them in ``Origin``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def comes_from_us(own_origins: frozenset[str]) -> bool:
    """Say whether the browser states that this request began on one of our own pages.

    Without either header (old browsers, programs) the token alone decides.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or origin.lower() in own_origins


def token() -> str:
    """Return the form token of this request; a case page has thirty forms."""
    # Flask-WTF keeps it under this name, but signs its way there anew each time.
    return str(g.get("csrf_token") or generate_csrf())


def install(app: Flask, *, base_url: str) -> None:
    """Check token and origin on every request that changes something.

    Tokens live as long as the session: a form that was open over lunch is not lost. The check by
    ``Referer`` is replaced by ``Origin`` and ``Sec-Fetch-Site``.
    """
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config["WTF_CSRF_SSL_STRICT"] = False

    @app.before_request
    def check_origin() -> None:
        if request.method in SAFE_METHODS:
            return
        own = frozenset({origin_of(request.host_url), origin_of(base_url)})
        if not comes_from_us(own):
            raise CSRFError("Die Anfrage kam von einer fremden Seite.")

    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = token

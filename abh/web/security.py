"""Headers that hold even when a page has a fault: CSP with nonces, framing, referrer, caching."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from abh.kernel.errors import ConfigurationError

View = TypeVar("View", bound=Callable[..., Any])

POLICY_ATTRIBUTE = "__abh_policy__"
PUBLIC = frozenset({"*public*"})

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


def public(view: View) -> View:
    """Mark a view that anybody may call: health, error and development pages.

    The mark is the one that ``abh.access.policy`` reads as open to everybody; pages with people's
    data carry that room's policies.
    """
    setattr(view, POLICY_ATTRIBUTE, PUBLIC)
    return view


def require_policies(app: Flask) -> None:
    """Deny by default: raise ConfigurationError naming every route without a policy."""
    bare = sorted(
        {
            f"{rule.endpoint} ({rule.rule})"
            for rule in app.url_map.iter_rules()
            if rule.endpoint.split(".")[-1] != "static"
            and not getattr(app.view_functions[rule.endpoint], POLICY_ATTRIBUTE, None)
        }
    )
    if bare:
        raise ConfigurationError(
            "Seiten ohne Berechtigungsregel (@policy fehlt): " + ", ".join(bare)
        )


def csp_nonce() -> str:
    """Return the nonce of this request: for ``<script nonce>`` and htmx's ``hx-nonce``."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def content_security_policy(nonce: str) -> str:
    """Return the policy of pages.

    ``frame-src 'self'`` serves the PDF preview; ``data:`` images are KERN's icons. Trusted Types
    leave DOM sinks to htmx alone, whose hx-csp extension refuses elements without this nonce.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types htmx",
        )
    )


# The browser's own PDF viewer styles itself inline and embeds the file, hence the two exceptions;
# a PDF cannot run scripts of ours, and only our own pages may frame it.
PREVIEW_POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


def allow_preview(response: Response) -> Response:
    """Let our own pages show this response (a PDF) in a frame; call it in the view."""
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _add_headers(response: Response, *, https_only: bool) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy(csp_nonce()))
    headers.setdefault("X-Frame-Options", "DENY")
    headers["X-Content-Type-Options"] = "nosniff"
    # Not "no-referrer": under it browsers send "Origin: null" with our own forms, and phones
    # without Sec-Fetch-Site could no longer apply. Nothing is sent to other origins either way.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = _PERMISSIONS
    if https_only:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask, *, https_only: bool) -> None:
    """Put headers on every response, the nonce into every template; refuse NUL in questions."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.before_request
    def no_nul() -> None:
        # No name and no number has one, and PostgreSQL takes none; forms say it at the field.
        if any("\0" in name or "\0" in text for name, text in request.args.items(multi=True)):
            raise BadRequest()

    @app.after_request
    def headers(response: Response) -> Response:
        return _add_headers(response, https_only=https_only)

"""What a page needs of this request: who asks, one session to read, one unit of work to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import policy
from abh.access import service as access
from abh.access.actor import Actor
from abh.db import transaction
from abh.documents.house import House, build_house
from abh.fastlane import schluessel
from abh.kernel.clock import BERLIN
from abh.kernel.errors import (
    ConfigurationError,
    DomainError,
    FieldProblem,
    NotAllowed,
    NotFound,
)
from abh.web import errors, geparkt, security
from abh.web.app import Services
from abh.web.csrf import SAFE_METHODS
from abh.web.forms import Form
from abh.web.i18n import gettext as _

COOKIE_SECURE = "__Host-abh"
COOKIE_PLAIN = "abh-sid"
# Here, and nowhere else, a token of a machine counts, and a login of a browser does not.
MACHINES = "/api/v1/firma/"
_building = threading.Lock()


def services() -> Services:
    """Return the services of this process."""
    return cast(Services, current_app.extensions["abh"])


def house() -> House:
    """Return the furniture of this process, built at the first request that needs it.

    Raises ``ConfigurationError`` naming every fault; the next request tries again.
    """
    mine = services()
    with _building:
        if "house" not in mine.more:
            with mine.sessions() as session:
                settings: Any = mine.settings
                mine.more["house"] = build_house(settings, session, clock=mine.clock)
    return cast(House, mine.more["house"])


def office_name() -> str:
    """Return the name over public pages; "" without office or database: error pages must appear."""
    mine = services()
    if not mine.office_name:
        with suppress(ConfigurationError, NotFound, SQLAlchemyError):
            mine.office_name = house().office.name
    return mine.office_name


def now() -> datetime:
    """Return the present instant (aware)."""
    return services().clock.now()


def today() -> date:
    """Return the calendar day in Berlin."""
    return now().astimezone(BERLIN).date()


def reading() -> Session:
    """Return the session of this request for looking; it is committed before the answer leaves.

    What it writes are records of looking (audit) and the end of the login session. If they cannot
    be written, nothing is shown.
    """
    if "abh_session" not in g:
        g.abh_session = services().sessions()
    return cast(Session, g.abh_session)


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction for writing: commits at the end, rolls back on error.

    The session for looking ends its transaction first, so that a request holds one connection.
    Raises ``OnlyShown`` for a form that only comes back to be shown (``geparkt``), so that its
    page shows it as it shows any refusal.
    """
    if geparkt.is_shown_only():
        words = _("Ihre Eingaben sind noch da. Gesendet ist noch nichts.")
        raise geparkt.OnlyShown([FieldProblem("", words)])
    if "abh_session" in g:
        g.abh_session.commit()
    with transaction(services().sessions) as session:
        yield session


def is_https() -> bool:
    """Say whether people reach us over https; decides name and marks of the cookie."""
    return services().settings.base_url.startswith("https://")


def cookie_name() -> str:
    """Return the name of the cookie with the login token."""
    return COOKIE_SECURE if is_https() else COOKIE_PLAIN


def token_of_request() -> str:
    """Return the login token that the browser sent, "" without one."""
    return request.cookies.get(cookie_name(), "")


def remember(response: BaseResponse, token: str) -> None:
    """Give the login token to the browser, for this session of the browser only."""
    response.set_cookie(
        cookie_name(), token, httponly=True, secure=is_https(), samesite="Lax", path="/"
    )


def forget(response: BaseResponse) -> None:
    """Take the login token from the browser."""
    response.delete_cookie(
        cookie_name(), httponly=True, secure=is_https(), samesite="Lax", path="/"
    )


def current_actor() -> Actor | None:
    """Return who is logged in, None for nobody; looked up once per request."""
    if "abh_actor" not in g and request.path.startswith(MACHINES):
        g.abh_actor = _machine()
    if "abh_actor" not in g:
        token = token_of_request()
        g.abh_actor = access.actor_of_token(reading(), token, now=now()) if token else None
    return cast("Actor | None", g.abh_actor)


def _machine() -> Actor | None:
    """Return for whom the token in ``Authorization`` acts; the call is counted and committed."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        return None
    with transaction(services().sessions) as session:
        g.abh_call = schluessel.count_call(session, secret.strip(), now=now())
    return None if g.abh_call is None else cast(Actor, g.abh_call.actor)


def actor() -> Actor:
    """Return who is logged in; for views whose policy admits nobody else."""
    found = current_actor()
    if found is None:
        raise NotAllowed("Dafür müssen Sie angemeldet sein.")
    return found


def local_path(target: str | None) -> str:
    """Return ``target`` if it is a path on this host, else "".

    Browsers read ``//host`` and ``/\\host`` as other hosts, and drop tabs and line breaks.
    """
    text = target or ""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text
    if not plain or parts.scheme or parts.netloc or any(ord(c) < 33 for c in text):
        return ""
    return text


def refused_form(
    error: DomainError, values: Any, date_fields: tuple[str, ...] = ()
) -> tuple[Form, int]:
    """Return a form with what was typed and the problems of ``error``, and the HTTP status."""
    status = errors.status_of(error)[0]
    problems = tuple(getattr(error, "problems", ()))
    if not problems:
        texts = [reason.text for reason in error.reasons] or [str(error)]
        problems = tuple(FieldProblem("", text) for text in texts)
    # The rooms below write German; what is known in the language of the page is said in it.
    told = [FieldProblem(p.field, _(p.message) if p.message else "") for p in problems]
    return Form(values, told, date_fields), status


def install(app: Flask) -> None:
    """Enforce the policy of every view before it runs; close the session after it."""
    app.jinja_env.globals["office_name"] = office_name

    @app.before_request
    def guard() -> BaseResponse | None:
        return _guard(app)

    @app.after_request
    def keep(response: Response) -> Response:
        if "abh_session" in g and response.status_code < 500:
            g.abh_session.commit()
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        opened = g.pop("abh_session", None)
        if opened is not None:
            opened.close()


def _guard(app: Flask) -> BaseResponse | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint.split(".")[-1] == "static" or request.method == "OPTIONS":
        return None
    wanted = policy.policy_of(app.view_functions[endpoint])
    if wanted is not None and security.PUBLIC in wanted:
        return None
    if wanted is not None and policy.PUBLIC in wanted:
        return None
    who = current_actor()
    if policy.admits(wanted, who):
        return None
    if who is not None:
        return errors.respond(errors.http_problem(403))
    if not errors.wants_json() and request.method in SAFE_METHODS:
        here = request.full_path.rstrip("?")
        return redirect(url_for("login.page", next=local_path(here) or None), 303)
    # The typed text stays in the page that asks for the login: a form is not redirected away.
    parked = None if errors.wants_json() else geparkt.of_request()
    if parked is None or request.headers.get("HX-Request"):
        return errors.respond(errors.http_problem(401))
    page = render_template("login/login.html", form=Form(), parked=parked)
    return make_response(page, 401)

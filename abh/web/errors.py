"""The one table from errors to pages and ``problem+json`` (RFC 9457)."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from abh.access.login import LoginRefused
from abh.documents.printing import PrintFailed
from abh.documents.siegel import SealFailed, UnreadablePdf
from abh.documents.store import BlobDamaged, StoreUnavailable
from abh.documents.virenscan import ScannerSilent
from abh.kernel import errors as domain
from abh.kernel.errors import DomainError, FieldProblem, Reason
from abh.web import geparkt
from abh.web.i18n import language
from abh.workflows.loeschlauf import DeletionRefused

log = structlog.get_logger(__name__)

# Subclasses inherit the row of their nearest ancestor.
TABLE: dict[type[DomainError], tuple[int, str]] = {
    domain.InvalidInput: (422, "eingabe-unvollstaendig"),
    domain.NotFound: (404, "nicht-gefunden"),
    domain.NotAllowed: (403, "keine-berechtigung"),
    domain.StepNotAllowed: (409, "schritt-nicht-moeglich"),
    domain.Conflict: (409, "inzwischen-geaendert"),
    domain.SlotTaken: (409, "termin-vergeben"),
    domain.SignatureRefused: (409, "zeichnung-nicht-moeglich"),
    domain.RenderRefused: (422, "brief-nicht-moeglich"),
    domain.UploadRefused: (422, "datei-nicht-angenommen"),
    domain.LawMissing: (500, "rechtsstand-fehlt"),
    domain.ConfigurationError: (500, "konfiguration-fehlerhaft"),
    LoginRefused: (401, "anmeldung-abgelehnt"),
    PrintFailed: (409, "druck-nicht-moeglich"),
    UnreadablePdf: (422, "datei-nicht-pruefbar"),
    SealFailed: (503, "siegel-nicht-moeglich"),
    BlobDamaged: (500, "akte-beschaedigt"),
    StoreUnavailable: (503, "speicher-nicht-verfuegbar"),
    ScannerSilent: (503, "virenpruefung-nicht-verfuegbar"),
    DeletionRefused: (409, "loeschung-nicht-moeglich"),
    DomainError: (400, "nicht-moeglich"),
}


HTTP: dict[int, tuple[str, Any, Any]] = {
    400: (
        "anfrage-fehlerhaft",
        _l("Die Anfrage war nicht vollständig."),
        _l("Gehen Sie zurück und versuchen Sie es noch einmal."),
    ),
    401: (
        "nicht-angemeldet",
        _l("Bitte melden Sie sich an."),
        _l("Danach kommen Sie auf diese Seite zurück."),
    ),
    403: (
        "keine-berechtigung",
        _l("Dazu fehlt Ihnen die Berechtigung."),
        _l("Wer zuständig ist, sagt Ihnen die Leitung des Sachgebiets."),
    ),
    404: (
        "nicht-gefunden",
        _l("Das gibt es hier nicht."),
        _l("Prüfen Sie die Adresse. Links aus Briefen gelten nur eine bestimmte Zeit."),
    ),
    405: (
        "methode-nicht-erlaubt",
        _l("So kann diese Seite nicht aufgerufen werden."),
        _l("Gehen Sie zurück und benutzen Sie die Knöpfe auf der Seite."),
    ),
    413: (
        "zu-gross",
        _l("Das ist zu groß."),
        _l(
            "Zusammen dürfen die Dateien höchstens %(limit)s MB haben. Gehen Sie zurück; Ihre"
            " Angaben stehen noch im Formular. Fotografieren Sie in kleinerer Auflösung oder"
            " reichen Sie die Dateien einzeln ein."
        ),
    ),
    415: (
        "format-unbekannt",
        _l("Dieses Format kann nicht gelesen werden."),
        _l("Schicken Sie die Angaben als Formular oder als JSON."),
    ),
    429: (
        "zu-viele-versuche",
        _l("Das waren zu viele Versuche in kurzer Zeit."),
        _l("Warten Sie einige Minuten und versuchen Sie es dann noch einmal."),
    ),
    500: (
        "unerwarteter-fehler",
        _l("Das hat nicht geklappt. Der Fehler liegt bei uns."),
        _l("Versuchen Sie es noch einmal. Bleibt es dabei, nennen Sie uns die Vorfallnummer."),
    ),
    503: (
        "nicht-erreichbar",
        _l("Der Dienst ist gerade nicht erreichbar."),
        _l("Versuchen Sie es in einigen Minuten noch einmal."),
    ),
}
EXPIRED = "seite-abgelaufen"
CSRF_TITLE = _l("Die Seite war zu lange offen oder kam von woanders.")
CSRF_HINT = _l("Gehen Sie zurück, laden Sie die Seite neu und senden Sie sie noch einmal ab.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What people and programs are told about an error."""

    status: int
    slug: str
    title: str
    detail: str = ""
    detail_lang: str = ""
    hint: str = ""
    reasons: Sequence[Reason] = ()
    fields: Sequence[FieldProblem] = ()
    incident: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the members of RFC 9457; ``reasons``, ``errors``, ``hint`` are extensions."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
            "incident": self.incident,
            "reasons": [{"text": r.text, "norm": r.norm, "key": r.key} for r in self.reasons],
            "errors": [{"field": f.field, "message": f.message} for f in self.fields],
        }
        return {key: value for key, value in body.items() if value}


def status_of(error: DomainError) -> tuple[int, str]:
    """Return status and slug of ``error``: its own row or that of its nearest ancestor."""
    return next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)


def problem_of(error: DomainError) -> Problem:
    """Return what to tell about a domain error, in the language of the page."""
    status, slug = status_of(error)
    fields = getattr(error, "problems", ())
    # Messages of errors about input, steps and set-up repeat what the lists below them say.
    told_by_lists = bool(fields or error.reasons or status >= 500)
    said = "" if told_by_lists or str(error) == error.title else str(error)
    detail = gettext(said) if said else ""
    return Problem(
        status=status,
        slug=slug,
        title=gettext(error.title),
        detail=detail,
        # What the catalogues do not know stays German, and says so to those who have it read aloud.
        detail_lang="de" if detail == said and language() != "de" else "",
        hint=gettext(error.hint) if error.hint else "",
        reasons=error.reasons,
        fields=fields,
    )


def wants_json() -> bool:
    """Say whether the caller is a program: the API, or an Accept header that prefers JSON."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(
        ["text/html", "application/json", "application/problem+json"], default="text/html"
    )
    return best != "text/html"


def respond(problem: Problem) -> Response:
    """Render ``problem`` as JSON, as a notice for htmx, or as a page."""
    if wants_json():
        response = jsonify(problem.as_json())
        response.content_type = "application/problem+json"
    else:
        _frame_of_staff(problem)
        part = bool(request.headers.get("HX-Request"))
        page = "errors/notice.html" if part else "errors/page.html"
        parked = None if part else _parked(problem)
        response = make_response(render_template(page, problem=problem, parked=parked))
    response.status_code = problem.status
    return response


def _parked(problem: Problem) -> geparkt.Parked | None:
    """Return what was typed where sending it again may help: faults of ours, forms open too long.

    Also for a form that came back only to be shown, on a page that has no way to show it.
    """
    again = problem.status in (500, 503) or problem.slug == EXPIRED
    # A form that is too large cannot be read a second time, so it is not asked.
    again = again or (problem.status == 422 and geparkt.is_shown_only())
    if again:
        with suppress(HTTPException):
            return geparkt.of_request()
    return None


def _frame_of_staff(problem: Problem) -> None:
    """Put the frame around what staff are told on their own pages, so that they find back.

    Not around our own faults: then the database may be what is missing.
    """
    blueprint = current_app.blueprints.get(request.blueprint or "")
    if problem.status >= 500 or getattr(blueprint, "abh_audience", "") != "staff" or "chrome" in g:
        return
    # Late: the frame is a page like others, and pages know this table.
    from abh.web import session as web
    from abh.web.pages.rahmen import show_frame

    with suppress(SQLAlchemyError, DomainError):
        who = web.current_actor()
        if who is not None and who.kind == "staff":
            show_frame(who)


def _where(error: BaseException) -> list[str]:
    """Return the frames without values: messages of database errors contain what was typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


def _log_incident(error: BaseException) -> str:
    incident = secrets.token_hex(4).upper()
    log.error(
        "unexpected_error",
        incident=incident,
        error=type(error).__name__,
        endpoint=request.endpoint,
        method=request.method,
        where=_where(error),
    )
    return incident


def http_problem(status: int, *, incident: str = "", limit_bytes: int = 0) -> Problem:
    """Return what to tell about an HTTP status without a domain error."""
    known = status if status in HTTP else (500 if status >= 500 else 400)
    slug, title, hint = HTTP[known]
    # Formatting the translated text: the catalog keeps the placeholder.
    hint_text = str(hint).replace("%(limit)s", str(limit_bytes // 1_000_000))
    return Problem(status, slug, str(title), hint=hint_text, incident=incident)


def install(app: Flask) -> None:
    """Register the handlers; nothing leaves the application without passing the table."""

    @app.errorhandler(DomainError)
    def domain_error(error: DomainError) -> Response:
        problem = problem_of(error)
        # What is away for a while (store, scanner, seal) is told as it is; 500 is our own fault.
        if problem.status == 500:
            incident = _log_incident(error)
            problem = http_problem(500, incident=incident)
        return respond(problem)

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Response:
        return respond(Problem(400, EXPIRED, str(CSRF_TITLE), hint=str(CSRF_HINT)))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400 or error.response is not None:
            return error.get_response()  # type: ignore[return-value]
        limit = request.max_content_length or 0
        response = respond(http_problem(status, limit_bytes=limit))
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        return respond(http_problem(500, incident=_log_incident(error)))

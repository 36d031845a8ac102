"""Letters and sheets: the signature folder, previews, printing, service; the file's contents."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, unit_filter
from abh.documents import dispatch, mappe
from abh.documents import service as letters
from abh.documents.akte import sheet_content
from abh.documents.letters import letter_kind
from abh.documents.tables import Blatt, Letter
from abh.kernel.errors import (
    DomainError,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from abh.web import session as web
from abh.web.errors import Problem, problem_of, status_of
from abh.web.pages import vorgang
from abh.web.pages.rahmen import page_number, read_day, staff_blueprint
from abh.web.pages.vorgang_reihen import CHANNEL_LABELS
from abh.web.security import allow_preview
from abh.workflows import service, unterschrift
from abh.workflows.akteneinblick import hidden_cases, letter_for, may_see_sheet
from abh.workflows.dossier import Case
from abh.workflows.intake import notify_letters
from abh.workflows.steps import StepDone
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED

blueprint = staff_blueprint("briefe", __name__)

_FOLDER = text(
    """
SELECT l.id, l.key, l.outcome, l.channel, l.created_at, l.rule_id, l.unit_key, v.number, v.state,
       p.family_name, p.given_names, u.display_name AS preparer, l.prepared_by,
       (v.progress -> 'pending' ->> 'letter')::bigint = l.id AS decides,
       v.progress -> 'pending' ->> 'reason' AS reason
  FROM letter l
  LEFT JOIN vorgang v ON v.id = l.vorgang_id
  LEFT JOIN person p ON p.id = v.person_id
  LEFT JOIN app_user u ON u.id = l.prepared_by
 WHERE l.state = 'signing' AND (CAST(:unit AS text) IS NULL OR l.unit_key = :unit)
   AND (v.id IS NULL OR v.verfahren <> ALL(CAST(:restricted AS text[])) OR v.unit_key = :own)
 ORDER BY l.id LIMIT 100
"""
)
# Pictures can be locked in completely. The browser's PDF viewer does not start in a sandbox, but
# a PDF in it cannot run scripts of ours either (see security.PREVIEW_POLICY).
_PICTURE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
)
_SHOWN_INLINE = frozenset({"application/pdf", "image/jpeg", "image/png"})


@blueprint.get("/unterschriften")
@policy(Power.LETTER_SIGN)
def folder() -> Response:
    """Show the signature folder of the unit: oldest first, one of them open."""
    return _folder()


def _folder(refused: Problem | None = None, status: int = 200, comment: str = "") -> Response:
    who, session = web.actor(), web.reading()
    given = {"unit": unit_filter(who), "own": who.unit_key, "restricted": sorted(RESTRICTED)}
    rows = session.execute(_FOLDER, given).mappings().all()
    wanted = page_number(request.values.get("brief"))
    chosen = next((row for row in rows if row["id"] == wanted), rows[0] if rows else None)
    audit.record_list(
        session, who, "letter.folder", "letter", [row["id"] for row in rows], now=web.now()
    )
    body = render_template(
        "briefe/mappe.html",
        rows=rows,
        chosen=chosen,
        title_of=lambda row: letter_kind(row["key"]).title_of(row["outcome"]),
        channels=CHANNEL_LABELS,
        refused=refused,
        obstacles=_obstacles(session, chosen["id"]) if chosen is not None and not refused else (),
        cosignable=_cosignable(session, chosen["id"]) if chosen is not None else (),
        comment=comment,
        along=_along(session, rows, chosen) if chosen is not None else (),
        like=sum(_same(row, chosen) for row in rows) if chosen is not None else 0,
    )
    return make_response(body, status)


def _along(
    session: Session, rows: Sequence[RowMapping], chosen: RowMapping
) -> list[tuple[RowMapping, bool]]:
    """Return the letters of a family that one signature signs, and whether each was opened."""
    others = unterschrift.signed_along(session, chosen["id"])
    known = [letter for one in others if (letter := session.get(Letter, one)) is not None]
    seen = mappe.seen_by(session, web.actor(), known)
    return [(row, row["id"] in seen) for row in rows if row["id"] in others]


def _same(row: RowMapping, other: RowMapping) -> bool:
    return all(row[name] == other[name] for name in ("unit_key", "key", "outcome", "rule_id"))


def _obstacles(session: Session, letter_id: int) -> tuple[object, ...]:
    letter = session.get(Letter, letter_id)
    if letter is None:
        return ()
    try:
        letters.may_sign(session, web.house(), web.actor(), letter)
    except DomainError as error:
        return error.reasons
    return ()


def _cosignable(session: Session, letter_id: int) -> tuple[str, ...]:
    letter = session.get(Letter, letter_id)
    if letter is None:
        return ()
    return letters.cosignable(session, web.house(), web.actor(), letter)


@blueprint.post("/brief/<int:letter_id>/mitzeichnen")
@policy(Power.LETTER_SIGN)
def cosign(letter_id: int) -> BaseResponse:
    """Give a concurring signature in the capacity that the rule asks for."""
    try:
        with web.unit_of_work() as session:
            _letter(session, letter_id)
            capacity = request.form.get("capacity", "")
            letters.cosign(session, web.house(), web.actor(), letter_id, capacity)
    except DomainError as error:
        return _refused(error)
    flash(_("Mitgezeichnet."), "success")
    return redirect(url_for("briefe.folder", brief=letter_id), 303)


@blueprint.post("/brief/<int:letter_id>/zeichnen")
@policy(Power.LETTER_SIGN)
def sign(letter_id: int) -> BaseResponse:
    """Give the final signature; a decision that waited for it is taken with it."""
    try:
        with web.unit_of_work() as session:
            _letter(session, letter_id)
            for other in unterschrift.signed_along(session, letter_id):
                mappe.require_seen(session, web.actor(), _letter(session, other))
            done = unterschrift.sign(session, web.house(), web.actor(), letter_id)
            made = done.letters if done is not None else (letter_id,)
            notify_letters(session, web.house(), made)
    except DomainError as error:
        return _refused(error)
    flash(_("Gezeichnet und zur Akte genommen."), "success")
    return redirect(url_for("briefe.folder"), 303)


@blueprint.post("/brief/<int:letter_id>/zurueckgeben")
@policy(Power.LETTER_SIGN)
def send_back(letter_id: int) -> BaseResponse:
    """Return a letter with a comment the preparer can act on."""
    comment = request.form.get("comment", "")
    try:
        if not comment.strip():
            raise InvalidInput([FieldProblem("comment", _("Bitte schreiben Sie, was fehlt."))])
        with web.unit_of_work() as session:
            _letter(session, letter_id)
            unterschrift.send_back(session, web.house(), web.actor(), letter_id, comment)
    except DomainError as error:
        return _refused(error, comment)
    flash(_("Zurückgegeben."), "info")
    return redirect(url_for("briefe.folder"), 303)


def _refused(error: DomainError, comment: str = "") -> Response:
    status, _slug = status_of(error)
    if status in (403, 404):
        raise error
    vorgang.show_frame(web.actor())
    return _folder(problem_of(error), status, comment)


def _letter(session: Session, letter_id: int) -> Letter:
    return letter_for(session, web.actor(), letter_id)


@blueprint.get("/brief/<int:letter_id>/vorschau")
@policy(Power.CASE_READ)
def preview(letter_id: int) -> Response:
    """Serve the draft of a letter that waits for its signature, marked as draft."""
    session, who = web.reading(), web.actor()
    letter = _letter(session, letter_id)
    audit.record(
        session,
        who,
        "letter.preview",
        "letter",
        letter_id,
        now=web.now(),
        vorgang_id=letter.vorgang_id,
        is_read=True,
    )
    # Who signs a family's letters with one signature must have been shown each of them.
    mappe.note_look(session, web.house(), who, letter)
    response = make_response(letters.preview(session, web.house(), letter_id))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="entwurf-{letter_id}.pdf"'
    return allow_preview(response)


@blueprint.get("/blatt/<int:blatt_id>")
@policy(Power.CASE_READ)
def sheet(blatt_id: int) -> Response:
    """Serve a sheet of the file to who may see a case of that file; the look is recorded."""
    session, who = web.reading(), web.actor()
    blatt = session.get(Blatt, blatt_id)
    if blatt is None:
        raise NotFound(_("Dieses Blatt gibt es nicht."))
    if not may_see_sheet(session, who, blatt):
        if blatt.vorgang_id in hidden_cases(session, who, blatt.akte_id):
            raise NotFound(_("Dieses Blatt gibt es nicht."))
        raise NotAllowed(_("Diese Akte gehört nicht zu Ihrem Sachgebiet."))
    audit.record(
        session,
        who,
        "blatt.read",
        "blatt",
        blatt.id,
        now=web.now(),
        vorgang_id=blatt.vorgang_id,
        is_read=True,
        facts={"sheet": blatt.sheet_no},
    )
    _blatt, data = sheet_content(session, web.house().blobs, blatt_id)
    return show_safely(make_response(data), blatt.mime, f"blatt-{blatt.sheet_no}")


def show_safely(response: Response, mime: str, stem: str) -> Response:
    """Let a response carry a file that somebody sent: shown where it is harmless, else saved."""
    inline = mime in _SHOWN_INLINE
    response.mimetype = mime if inline else "application/octet-stream"
    name = f"{stem}{_ENDINGS.get(mime, '.bin')}"
    kind = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{kind}; filename="{name}"'
    allow_preview(response)
    if mime != "application/pdf":
        response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    return response


_ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


def on_case(letter_id: int, fid: str, work: vorgang.Work, done: str) -> BaseResponse:
    """Do ``work`` on the case page of a letter's case (``vorgang.act``)."""
    session = web.reading()
    letter = _letter(session, letter_id)
    number = session.scalar(select(Vorgang.number).where(Vorgang.id == letter.vorgang_id))
    if number is None:
        raise NotFound(_("Zu diesem Brief gibt es keinen Vorgang."))
    return vorgang.act(number, fid, work, done=done)


@blueprint.post("/brief/<int:letter_id>/unterschrieben")
@policy(Power.LETTER_SIGN)
def hand_signed(letter_id: int) -> BaseResponse:
    """Record that the print bears the signature by hand; only the final signer can."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        dispatch.confirm_hand_signed(session, web.house(), web.actor(), letter_id)
        return None

    return on_case(letter_id, f"brief-{letter_id}", work, _("Unterschrift vermerkt."))


@blueprint.post("/brief/<int:letter_id>/versand")
@policy(Power.CASE_REVIEW, Power.CASE_COUNTER)
def dispatched(letter_id: int) -> BaseResponse:
    """Record when a letter left and when it was served; a refusal's action period follows."""

    def work(
        session: Session, case: Case, typed: MultiDict[str, str], version: int
    ) -> StepDone | None:
        on = read_day(typed.get("on", ""), "on", needed=True)
        return service.record_dispatch(
            session,
            web.house(),
            web.actor(),
            letter_id,
            on=on or web.today(),
            served_on=read_day(typed.get("served_on", ""), "served_on"),
            evidence=typed.get("evidence", ""),
        )

    return on_case(letter_id, f"brief-{letter_id}", work, _("Versand vermerkt."))

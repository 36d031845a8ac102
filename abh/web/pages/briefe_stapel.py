"""A bundle of like letters: each is opened, then those that were seen are signed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy
from abh.documents import mappe
from abh.documents import service as letters
from abh.documents.letters import letter_kind
from abh.documents.tables import Letter
from abh.kernel.errors import DomainError, Reason
from abh.persons.tables import Person
from abh.web import session as web
from abh.web.pages import vorgang
from abh.web.pages.rahmen import page_number, staff_blueprint
from abh.web.security import allow_preview
from abh.workflows import unterschrift
from abh.workflows.akteneinblick import known_letters, letter_for
from abh.workflows.intake import notify_letters
from abh.workflows.tables import Vorgang

blueprint = staff_blueprint("briefe_stapel", __name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one letter of the bundle; no reasons: signed and filed."""

    letter_id: int
    number: str
    name: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One letter of the bundle as the list shows it."""

    id: int
    number: str
    name: str
    seen: bool


@blueprint.get("/unterschriften/stapel")
@policy(Power.LETTER_SIGN)
def page() -> BaseResponse:
    """Show the letters like the chosen one; opening one counts it as seen by this person."""
    return _page(page_number(request.args.get("brief")))


@blueprint.post("/unterschriften/stapel")
@policy(Power.LETTER_SIGN)
def sign() -> BaseResponse:
    """Sign the ticked letters, each in its own transaction; one refusal stops no other."""
    wanted = list(dict.fromkeys(page_number(raw) for raw in request.form.getlist("briefe")))
    results = _sign_all([letter_id for letter_id in wanted[: mappe.MOST_AT_ONCE] if letter_id])
    vorgang.show_frame(web.actor())
    return _page(page_number(request.form.get("brief")), results)


def _sign_all(wanted: Sequence[int]) -> list[Result]:
    """Sign one after the other; what was signed along with a family's letter is done already."""
    signed: set[int] = set()
    return [_sign_one(letter_id, signed) for letter_id in wanted]


def _sign_one(letter_id: int, signed: set[int]) -> Result:
    number, name = "", ""
    try:
        with web.unit_of_work() as session:
            letter = _letter(session, letter_id)
            number, name = _whose(session, [letter]).get(letter_id, ("", ""))
            if letter_id in signed:
                return Result(letter_id, number, name)
            along = unterschrift.signed_along(session, letter_id)
            for one in (letter_id, *along):
                mappe.require_seen(session, web.actor(), _letter(session, one))
            done = unterschrift.sign(session, web.house(), web.actor(), letter_id)
            notify_letters(session, web.house(), done.letters if done is not None else (letter_id,))
    except DomainError as error:
        problems = (Reason(p.message) for p in getattr(error, "problems", ()))
        reasons = (*error.reasons, *problems) or (Reason(str(error)),)
        return Result(letter_id, number, name, reasons)
    signed.update((letter_id, *along))
    return Result(letter_id, number, name)


def _page(chosen_id: int, results: Sequence[Result] = ()) -> BaseResponse:
    session, who = web.reading(), web.actor()
    chosen = letter_for(session, who, chosen_id)
    bundle = known_letters(session, who, mappe.like(session, chosen))
    if not bundle and not results:
        return redirect(url_for("briefe.folder"), 303)
    audit.record_list(
        session, who, "letter.folder", "letter", [each.id for each in bundle], now=web.now()
    )
    whose = _whose(session, bundle)
    seen = mappe.seen_by(session, who, bundle)
    rows = [Row(x.id, *whose.get(x.id, ("", "")), x.id in seen) for x in bundle]
    following = [row.id for row in rows if not row.seen and row.id != chosen_id]
    body = render_template(
        "briefe/stapel.html",
        title=letter_kind(chosen.key).title_of(chosen.outcome),
        chosen=next((row for row in rows if row.id == chosen_id), rows[0] if rows else None),
        rows=rows,
        following=following[0] if following else 0,
        obstacles=_obstacles(session, chosen) if chosen in bundle else (),
        results=results,
        most=mappe.MOST_AT_ONCE,
    )
    return make_response(body)


def _obstacles(session: Session, letter: Letter) -> tuple[Reason, ...]:
    try:
        letters.may_sign(session, web.house(), web.actor(), letter)
    except DomainError as error:
        return error.reasons
    return ()


def _whose(session: Session, bundle: Sequence[Letter]) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        select(Letter.id, Vorgang.number, Person.family_name, Person.given_names)
        .join(Vorgang, Vorgang.id == Letter.vorgang_id)
        .join(Person, Person.id == Vorgang.person_id)
        .where(Letter.id.in_([letter.id for letter in bundle]))
    )
    return {
        row.id: (row.number, ", ".join(filter(None, (row.family_name, row.given_names))))
        for row in rows
    }


def _letter(session: Session, letter_id: int) -> Letter:
    return letter_for(session, web.actor(), letter_id)


@blueprint.get("/unterschriften/stapel/<int:letter_id>/entwurf.pdf")
@policy(Power.LETTER_SIGN)
def shown(letter_id: int) -> Response:
    """Serve the draft of a letter of the bundle and remember that it was shown."""
    session, who = web.reading(), web.actor()
    letter = _letter(session, letter_id)
    response = make_response(letters.preview(session, web.house(), letter_id))
    mappe.note_look(session, web.house(), who, letter)
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
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="entwurf-{letter_id}.pdf"'
    return allow_preview(response)

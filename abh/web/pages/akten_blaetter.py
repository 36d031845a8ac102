"""The file of a case: its sheets with pictures and signatures, its end, holds, certified copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy, require
from abh.documents.beglaubigung import KEY as CERTIFIED
from abh.documents.beglaubigung import certified_pdf
from abh.documents.bilder import DRAWN, picture_of, thumbnail
from abh.documents.signaturpruefung import findings_of
from abh.documents.tables import Akte, Blatt
from abh.documents.tables_akte import DeletionHold
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import DomainError, FieldProblem, NotFound
from abh.web import session as web
from abh.web.errors import status_of
from abh.web.forms import Form
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.security import allow_preview
from abh.web.worte import evidence_label
from abh.workflows import aktenordnung, aufbewahrung, blattvernichtung
from abh.workflows.abschrift import Wish, certify
from abh.workflows.akteneinblick import letter_for, may_see_sheet, sheets_for
from abh.workflows.aktenplan import ENDS
from abh.workflows.registry import get as get_verfahren
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import check as check_access

blueprint = staff_blueprint("blaetter", __name__)
# A picture that we drew needs nothing and may do nothing.
_PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"


@blueprint.get("/vorgang/<number>/akte")
@policy(Power.CASE_READ)
def page(number: str) -> Response:
    """Show the sheets of the file, one of them as a picture of its page."""
    return _page(number, Form({}))


def _page(number: str, form: Form, status: int = 200) -> Response:
    session, who = web.reading(), web.actor()
    case, akte = _case(session, number)
    sheets = sheets_for(session, who, akte.id, limit=500)
    wanted = page_number(request.values.get("blatt"))
    chosen = next((sheet for sheet in sheets if sheet.id == wanted), None)
    last = (chosen.pages or 1) if chosen else 1
    shown = min(max(page_number(request.values.get("seite")), 1), last)
    holds = session.scalars(
        select(DeletionHold)
        .where(DeletionHold.akte_id == akte.id, DeletionHold.lifted_at.is_(None))
        .order_by(DeletionHold.id)
    ).all()
    places = aktenordnung.places_of(session, sheets)
    wanted_kind = request.args.get("art", "")
    listed = [s for s in sheets if not wanted_kind or places[s.id].category == wanted_kind]
    audit.record(
        session, who, "akte.read", "akte", akte.id, now=web.now(), vorgang_id=case.id,
        person_id=case.person_id, is_read=True, facts={"count": len(sheets)},
    )  # fmt: skip
    body = render_template(
        "akten/akte.html",
        number=case.number,
        akte=akte,
        sheets=listed,
        places=places,
        kinds=_kinds(places.values()),
        kind=wanted_kind,
        proof_label=partial(evidence_label, verfahren=get_verfahren(case.verfahren, case.version)),
        readers=aktenordnung.readers_of(session, chosen)
        if chosen is not None and who.may(Power.UNIT_LEAD)
        else (),
        signed=findings_of(session, [sheet.id for sheet in sheets]),
        chosen=chosen,
        page_no=shown,
        last=last,
        drawn=DRAWN,
        instant_of=datetime.fromisoformat,
        ends=ENDS,
        holds=holds,
        grounds=[
            (key, f"{each.label} ({each.norm})") for key, each in blattvernichtung.GROUNDS.items()
        ],
        removals=blattvernichtung.removals_of(session, web.house(), akte),
        against=blattvernichtung.reasons_against(session, chosen.id) if chosen else (),
        form=form,
        may_work=who.may(Power.CASE_REVIEW),
        may_end=who.may(Power.CASE_DECIDE),
        may_sign=who.may(Power.LETTER_SIGN),
    )
    return make_response(body, status)


def _kinds(places: Iterable[aktenordnung.Place]) -> list[tuple[str, str, int]]:
    """Return the categories that the file has: key, label, how many sheets."""
    labels = {
        aktenordnung.PROOF: _("Nachweise"),
        aktenordnung.LETTER: _("Briefe des Amtes"),
        aktenordnung.POST: _("Post"),
        aktenordnung.OTHER: _("Sonstiges"),
    }
    counts = Counter(place.category for place in places)
    return [(key, label, counts[key]) for key, label in labels.items() if counts[key]]


def _case(session: Session, number: str) -> tuple[Vorgang, Akte]:
    case = session.scalar(select(Vorgang).where(Vorgang.number == number))
    if case is None:
        raise NotFound(_("Diesen Vorgang gibt es nicht."))
    check_access(web.actor(), case.verfahren, case.unit_key, case.number)
    require(web.actor(), Power.CASE_READ, case.unit_key)
    return case, session.get_one(Akte, case.akte_id)


@blueprint.get("/blatt/<int:blatt_id>/klein.png")
@policy(Power.CASE_READ)
def small(blatt_id: int) -> Response:
    """Serve the small picture of a sheet; an empty answer where none can be drawn."""
    blatt = _sheet(blatt_id)
    return _picture(thumbnail(web.reading(), web.house().blobs, blatt))


@blueprint.get("/blatt/<int:blatt_id>/seite/<int:page_no>.png")
@policy(Power.CASE_READ)
def picture(blatt_id: int, page_no: int) -> Response:
    """Serve one page of a sheet as a picture; the look is recorded like opening the sheet."""
    blatt = _sheet(blatt_id)
    session = web.reading()
    audit.record(
        session, web.actor(), "blatt.read", "blatt", blatt.id, now=web.now(),
        vorgang_id=blatt.vorgang_id, is_read=True, facts={"sheet": blatt.sheet_no, "page": page_no},
    )  # fmt: skip
    return _picture(picture_of(web.house().blobs, blatt, page_no))


def _sheet(blatt_id: int) -> Blatt:
    session = web.reading()
    blatt = session.get(Blatt, blatt_id)
    # To who may not see it, it does not exist: a refusal would tell that there is one.
    if blatt is None or not may_see_sheet(session, web.actor(), blatt):
        raise NotFound(_("Dieses Blatt gibt es nicht."))
    return blatt


def _picture(png: bytes | None) -> Response:
    if png is None:
        return make_response("", 404)
    response = make_response(png)
    response.mimetype = "image/png"
    response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    return response


@blueprint.post("/vorgang/<number>/akte/ende")
@policy(Power.CASE_DECIDE)
def end(number: str) -> BaseResponse:
    """Move the file to the Ausländerdatei B; the deletion clocks begin."""

    def work(session: Session, akte: Akte) -> None:
        on = read_day(request.form.get("on", ""), "on", needed=True)
        ground = request.form.get("ground", "")
        aufbewahrung.end_file(
            session, web.house(), web.actor(), akte.id, on=on or web.today(), ground=ground
        )

    return _change(number, work, _("Das Ende der Akte ist vermerkt; die Löschfrist läuft."))


@blueprint.post("/vorgang/<number>/akte/sperre")
@policy(Power.CASE_REVIEW)
def hold(number: str) -> BaseResponse:
    """Stop every deletion in this file."""

    def work(session: Session, akte: Akte) -> None:
        reason = request.form.get("reason", "")
        aufbewahrung.set_hold(session, web.house(), web.actor(), akte.id, reason)

    return _change(number, work, _("Löschsperre gesetzt."))


@blueprint.post("/vorgang/<number>/akte/sperre/<int:hold_id>/aufheben")
@policy(Power.CASE_REVIEW)
def lift(number: str, hold_id: int) -> BaseResponse:
    """Lift a hold of this file."""

    def work(session: Session, akte: Akte) -> None:
        if aufbewahrung.lift_hold(session, web.house(), web.actor(), hold_id) != akte.id:
            raise NotFound(_("Diese Löschsperre gibt es nicht."))

    return _change(number, work, _("Löschsperre aufgehoben."))


@blueprint.post("/vorgang/<number>/blatt/<int:blatt_id>/vernichten")
@policy(Power.CASE_REVIEW)
def propose_removal(number: str, blatt_id: int) -> BaseResponse:
    """Ask for the destruction of one sheet; the head of the Sachgebiet decides."""

    def work(session: Session, akte: Akte) -> None:
        blatt = session.get(Blatt, blatt_id)
        if blatt is None or blatt.akte_id != akte.id:
            raise NotFound(_("Dieses Blatt gibt es nicht."))
        ground = request.form.get("removal_ground", "")
        blattvernichtung.propose(session, web.house(), web.actor(), blatt_id, ground)

    return _change(number, work, _("Zur Vernichtung vorgeschlagen. Entscheiden muss die Leitung."))


def _change(number: str, work: Any, done: str) -> BaseResponse:
    try:
        with web.unit_of_work() as session:
            _vorgang, akte = _case(session, number)
            work(session, akte)
    except DomainError as error:
        return _refused(number, error)
    flash(done, "success")
    return redirect(url_for("blaetter.page", number=number), 303)


def _refused(number: str, error: DomainError) -> Response:
    status, _slug = status_of(error)
    if status in (403, 404):
        raise error
    show_frame(web.actor())
    problems = getattr(error, "problems", ()) or tuple(
        FieldProblem("", text) for text in ([r.text for r in error.reasons] or [str(error)])
    )
    return _page(number, Form(request.form, problems), status)


@blueprint.get("/vorgang/<number>/blatt/<int:blatt_id>/beglaubigen")
@policy(Power.LETTER_SIGN)
def certify_form(number: str, blatt_id: int) -> Response:
    """Ask what the note of § 33(3) VwVfG NRW needs."""
    _case(web.reading(), number)
    blatt = _sheet(blatt_id)
    return _certify_page(number, blatt, Form({"document": blatt.title}))


@blueprint.post("/vorgang/<number>/blatt/<int:blatt_id>/beglaubigen")
@policy(Power.LETTER_SIGN)
def certify_sheet(number: str, blatt_id: int) -> BaseResponse:
    """Make the note; the official signs the printed copy by hand and sets the seal."""
    typed = request.form
    try:
        with web.unit_of_work() as session:
            case, _akte = _case(session, number)
            letter = certify(session, web.house(), web.actor(), case.id, blatt_id, _wish(typed))
            waits = letter.state == "signing"
    except DomainError as error:
        status, _slug = status_of(error)
        if status in (403, 404):
            raise
        show_frame(web.actor())
        problems = getattr(error, "problems", ()) or tuple(
            FieldProblem("", text) for text in ([r.text for r in error.reasons] or [str(error)])
        )
        return _certify_page(number, _sheet(blatt_id), Form(typed, problems), status)
    if waits:
        flash(_("Der Vermerk liegt in der Unterschriftsmappe."), "info")
    else:
        flash(
            _("Beglaubigungsvermerk erstellt. Bitte ausdrucken, unterschreiben, siegeln."),
            "success",
        )
    return redirect(url_for("vorgang.page", number=number, _anchor="briefe"), 303)


def _wish(typed: Mapping[str, str]) -> Wish:
    by_post = typed.get("channel") == Channel.POST.value
    return Wish(
        document=typed.get("document", ""),
        seal_no=typed.get("seal_no", ""),
        from_authority=bool(typed.get("from_authority")),
        paper_seen=bool(typed.get("paper_seen")),
        unchanged=bool(typed.get("unchanged")),
        only_for=typed.get("only_for", ""),
        channel=Channel.POST if by_post else Channel.COUNTER,
    )


def _certify_page(number: str, blatt: Blatt, form: Form, status: int = 200) -> Response:
    case, akte = _case(web.reading(), number)
    if blatt.akte_id != akte.id:
        raise NotFound(_("Dieses Blatt gibt es nicht."))
    body = render_template(
        "akten/beglaubigen.html",
        form=form,
        number=case.number,
        blatt=blatt,
        signed=findings_of(web.reading(), [blatt.id]).get(blatt.id),
        instant_of=datetime.fromisoformat,
        channels=((Channel.COUNTER.value, _("Schalter")), (Channel.POST.value, _("Post"))),
    )
    return make_response(body, status)


@blueprint.get("/brief/<int:letter_id>/ausfertigung")
@policy(Power.CASE_READ)
def certified(letter_id: int) -> Response:
    """Serve the certified copy: the sheet with its note, as it is printed."""
    session, who = web.reading(), web.actor()
    letter = letter_for(session, who, letter_id)
    if letter.key != CERTIFIED:
        raise NotFound(_("Diesen Brief gibt es nicht."))
    audit.record(
        session, who, "letter.certified", "letter", letter.id, now=web.now(),
        vorgang_id=letter.vorgang_id, is_read=True,
    )  # fmt: skip
    response = make_response(certified_pdf(session, web.house().blobs, letter))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="beglaubigt-{letter_id}.pdf"'
    return allow_preview(response)

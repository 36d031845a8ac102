"""The clerk's post: pull the next person, see all items, close them with one answer."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access.policy import Power, policy
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput, NotFound
from abh.office import service as office
from abh.post import ansicht, antworten, claims, glocke, korrektur, service, trennblaetter, umzug
from abh.post.aufnahme import Original
from abh.post.dateien import check, kind_of
from abh.post.schemas import CHANNELS, KINDS
from abh.post.triage import BANDS
from abh.web import session as web
from abh.web.forms import Form
from abh.web.pages.desk import number_of
from abh.web.pages.laufkundschaft import colleagues
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.web.security import allow_preview
from abh.workflows import registry

blueprint = staff_blueprint("post", __name__)

TONES = {2: "danger", 1: "warning", 0: "neutral"}
_PICTURE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
)
_INLINE = frozenset({"application/pdf", "image/jpeg", "image/png"})
_ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "message/rfc822": "eml",
}


@blueprint.get("/post")
@policy(Power.POST_WORK)
def page() -> str | BaseResponse:
    """Show how much post waits, or go to the one in hand."""
    who, session = web.actor(), web.reading()
    held = ansicht.held_by(session, who)
    if held is not None:
        return redirect(url_for("post.bundle", bundle_id=held), 303)
    if who.unit_key is None:
        raise NotFound(_("Ihr Konto gehört zu keinem Sachgebiet."))
    return render_template(
        "post/seite.html",
        count=service.open_count(session, who, who.unit_key),
        ringing=glocke.ringing(session, who, who.unit_key),
        today=web.today(),
    )


@blueprint.post("/post/naechste")
@policy(Power.POST_WORK)
def pull() -> BaseResponse:
    """Claim the next person's post."""
    try:
        with web.unit_of_work() as session:
            found = claims.pull(session, web.actor(), clock=web.house())
    except Conflict as error:
        flash(str(error), "warning")
        return redirect(url_for("post.page"), 303)
    if found is None:
        flash(_("Für Sie liegt gerade keine freie Post bereit."), "info")
        return redirect(url_for("post.page"), 303)
    return redirect(url_for("post.bundle", bundle_id=found), 303)


@blueprint.get("/post/<int:bundle_id>")
@policy(Power.POST_WORK, Power.UNIT_LEAD)
def bundle(bundle_id: int) -> str:
    """Show all items of a person with the person's cases."""
    who = web.actor()
    with web.unit_of_work() as session:
        claims.beat(session, who, bundle_id, clock=web.house())
    return _bundle(web.reading(), bundle_id, Form({}))


def _bundle(session: Session, bundle_id: int, form: Form) -> str:
    who = web.actor()
    shown = ansicht.view(session, who, bundle_id, clock=web.house())
    labels = {}
    for case in shown.cases:
        verfahren = registry.get(case.verfahren, case.version)
        state = verfahren.state(case.state)
        labels[case.number] = (verfahren.name, state.label if state else case.state)
    return render_template(
        "post/person.html",
        view=shown,
        form=form,
        labels=labels,
        parts=korrektur.parts_of(session, shown.items),
        kinds=KINDS,
        channels=CHANNELS,
        band=(BANDS[shown.rank.band], TONES[shown.rank.band]),
        colleagues=colleagues(session, who),
        other_units=[
            (one.key, f"{one.key} {one.name}")
            for one in office.units(session)
            if one.key != shown.bundle.unit_key
        ],
        today=web.today(),
        may_file=who.may(Power.CASE_INTAKE),
        inline=_INLINE,
    )


@blueprint.post("/post/<int:bundle_id>/<act>")
@policy(Power.POST_WORK)
def act(bundle_id: int, act: str) -> BaseResponse | tuple[str, int]:
    """Close all items, give back, hand over, put off, or put an item to its person."""
    who = web.actor()
    try:
        with web.unit_of_work() as session:
            target = _do(session, bundle_id, act)
    except (InvalidInput, Conflict) as problem:
        # The fields of the page carry the act before their name, for there are several forms.
        error: DomainError = problem
        if isinstance(problem, InvalidInput):
            error = InvalidInput(
                [FieldProblem(f"{act}_{one.field}", one.message) for one in problem.problems]
            )
        show_frame(who)
        form, status = web.refused_form(error, request.form)
        return _bundle(web.reading(), bundle_id, form), status
    return redirect(target, 303)


def _do(session: Session, bundle_id: int, act: str) -> str:
    who, clock = web.actor(), web.house()
    sent = {key.removeprefix(f"{act}_"): value for key, value in request.form.items()}
    reason = sent.get("reason", "")
    if act == "abschliessen":
        count = claims.close(
            session, who, bundle_id, answer=sent.get("answer", ""), reason=reason,
            expected=page_number(sent.get("expected")), clock=clock,
        )  # fmt: skip
        flash(_("Erledigt: %(n)s Eingänge.", n=count), "success")
    elif act == "zurueck":
        claims.give_back(session, who, bundle_id, reason, clock=clock)
    elif act == "uebergeben":
        claims.hand_over(
            session, who, bundle_id, page_number(sent.get("user")), reason, clock=clock
        )
    elif act == "wiedervorlage":
        until = read_day(sent.get("until", ""), "until", needed=True)
        if until is None:
            raise InvalidInput([FieldProblem("until", _("Bitte ein Datum angeben."))])
        claims.put_off(session, who, bundle_id, until, reason, clock=clock)
    elif act == "art":
        bundle_id = korrektur.correct_kind(
            session, who, page_number(sent.get("item")), sent.get("kind", ""), clock=clock
        )
        flash(_("Art berichtigt; das Textmodell lernt daraus."), "success")
        return url_for("post.bundle", bundle_id=bundle_id)
    elif act == "abgeben":
        umzug.move(session, who, bundle_id, sent.get("unit", ""), reason, clock=clock)
        flash(_("Abgegeben."), "success")
    elif act == "auskunft":
        antworten.answer(session, web.house(), who, bundle_id)
        flash(_("Der Entwurf liegt in der Unterschriftenmappe."), "success")
        return url_for("post.bundle", bundle_id=bundle_id)
    elif act == "zuordnen":
        typed = sent.get("number", "")
        return url_for(
            "post.bundle",
            bundle_id=ansicht.attach(
                session, who, page_number(sent.get("item")),
                person_id=page_number(sent.get("person")) or None,
                number=number_of(typed) or typed, whole=sent.get("alle") == "1", clock=clock,
            ),
        )  # fmt: skip
    else:
        raise NotFound()
    return url_for("post.page")


@blueprint.get("/post/eingang/<int:item_id>/original")
@policy(Power.POST_WORK, Power.UNIT_LEAD)
def original(item_id: int) -> Response:
    """Serve an original as it came: PDF and pictures to look at, all else to save only."""
    item, data = ansicht.original(
        web.reading(), web.actor(), web.house().blobs, item_id, clock=web.house()
    )
    return _served(data, item.mime, f"eingang-{item_id}")


def _served(data: bytes, mime: str, name: str) -> Response:
    inline = mime in _INLINE
    response = make_response(data)
    response.mimetype = mime if inline else "application/octet-stream"
    kind = "inline" if inline else "attachment"
    ending = _ENDINGS.get(mime, "bin")
    response.headers["Content-Disposition"] = f'{kind}; filename="{name}.{ending}"'
    allow_preview(response)
    if mime != "application/pdf":
        response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    return response


@blueprint.get("/post/teil/<int:part_id>")
@policy(Power.POST_WORK, Power.UNIT_LEAD)
def part(part_id: int) -> Response:
    """Serve a part of an item: a PDF or picture to look at, all else to save only."""
    found, data = korrektur.part(
        web.reading(), web.actor(), web.house().blobs, part_id, clock=web.house()
    )
    return _served(data, found.mime, f"anhang-{part_id}")


@blueprint.get("/post/trennblatt")
@policy(Power.POST_WORK, Power.CASE_INTAKE)
def separators() -> str:
    """Show the form for separator sheets."""
    return _separators(Form({"unit_key": web.actor().unit_key or ""}))


def _separators(form: Form) -> str:
    return render_template(
        "post/trennblatt.html",
        form=form,
        kinds=list(KINDS.items()),
        units=[(unit.key, f"{unit.key} {unit.name}") for unit in office.units(web.reading())],
    )


@blueprint.get("/post/trennblatt.pdf")
@policy(Power.POST_WORK, Power.CASE_INTAKE)
def separator() -> Response | tuple[str, int]:
    """Return a separator sheet as PDF, or the form with what is wrong."""
    sent = request.args
    try:
        day = read_day(sent.get("received_on", ""), "received_on")
        data = trennblaetter.pdf_of(
            web.reading(),
            web.house().secret,
            sent.get("unit_key", ""),
            sent.get("kind", ""),
            day.isoformat() if day else "",
        )
    except InvalidInput as error:
        form, status = web.refused_form(error, sent)
        return _separators(form), status
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = 'attachment; filename="trennblatt.pdf"'
    return response


@blueprint.get("/post/neu")
@policy(Power.POST_WORK, Power.CASE_INTAKE)
def new() -> str:
    """Show the form to enter an item by hand."""
    values = {"received_on": f"{web.today():%d.%m.%Y}", "unit_key": web.actor().unit_key or ""}
    return _new(Form(values))


def _new(form: Form) -> str:
    who = web.actor()
    units = office.units(web.reading())
    if not who.may(Power.ALL_UNITS):
        units = [unit for unit in units if unit.key == who.unit_key]
    return render_template(
        "post/neu.html",
        form=form,
        kinds=list(KINDS.items()),
        channels=list(CHANNELS.items()),
        units=[(unit.key, f"{unit.key} {unit.name}") for unit in units],
    )


@blueprint.post("/post/neu")
@policy(Power.POST_WORK, Power.CASE_INTAKE)
def enter() -> BaseResponse | tuple[str, int]:
    """Take an item in; the original is stored before anything is said to be done."""
    who, sent = web.actor(), request.form
    fields = ("channel", "kind", "subject", "unit_key", "sender", "birth", "body")
    try:
        day = read_day(sent.get("received_on", ""), "received_on", needed=True)
        data = {name: sent.get(name, "") for name in fields} | {
            "received_on": day.isoformat() if day else "",
            "quoted_number": number_of(sent.get("number", "")) or sent.get("number", "").strip(),
        }
        with web.unit_of_work() as session:
            item = service.register_item(
                session, who, data, clock=web.house(), original=_sent(), blobs=web.house().blobs
            )
            placed = item.placed_by
    except DomainError as error:
        form, status = web.refused_form(error, request.form)
        if status in (403, 404):
            raise
        show_frame(who)
        return _new(form), status
    flash(_("Erfasst.") + (f" {placed}" if placed else ""), "success")
    return redirect(url_for("post.new"), 303)


def _sent() -> Original | None:
    upload = request.files.get("original")
    if upload is None or not upload.filename:
        return None
    data = upload.read()
    check(data, upload.filename, web.house().scanner)
    return Original(data, upload.filename[:200], kind_of(data, upload.filename))

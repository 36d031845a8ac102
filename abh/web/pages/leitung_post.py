"""The supervisor's post: backlog by age, topic and harm, what comes and goes, bulk acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from abh.access import audit
from abh.access.policy import Power, policy
from abh.kernel.errors import Conflict, InvalidInput
from abh.office import service as office
from abh.post import antworten, bundles, filter, gewichte, prognose, sammeln, stichprobe, zaehler
from abh.post.sammeln import Choice, Params
from abh.post.triage import BANDS
from abh.post.zaehler import Count, Flow
from abh.web import session as web
from abh.web.forms import Form
from abh.web.laeufe import lauf
from abh.web.pages.laufkundschaft import colleagues
from abh.web.pages.leitung import chosen_unit
from abh.web.pages.post import TONES
from abh.web.pages.rahmen import page_number, read_day, show_frame, staff_blueprint
from abh.workflows import registry

blueprint = staff_blueprint("leitung_post", __name__)
CHART_WIDTH = 320
CHART_HEIGHT = 120
# The rest stands in the table.
MOST_BARS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart with its numbers, which the table repeats."""

    label: str
    count: Count
    length: int


@dataclass(frozen=True, slots=True)
class Columns:
    """A day of the flow: what came beside what was done, as heights."""

    flow: Flow
    at: float
    came: float
    done: float


@blueprint.get("/leitung/post")
@policy(Power.UNIT_LEAD)
def page() -> str:
    """Show the backlog of a unit in persons and items, its flow, and what nobody opened."""
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    found = zaehler.overview(session, who, unit, clock=web.house())
    oldest = zaehler.oldest_unopened(session, who, unit)
    audit.record_list(
        session, who, "post.list", "post_bundle", [row["id"] for row in oldest], now=web.now()
    )
    today = web.today()
    topics = sorted(found.by_topic.items(), key=lambda one: -one[1].persons)
    return render_template(
        "leitung_post/seite.html",
        unit=unit,
        units=office.units(session) if who.may(Power.ALL_UNITS) else [],
        total=found.total,
        ages=bars(found.by_age),
        bands=[(BANDS[band], TONES[band], count, band) for band, count in found.by_band.items()],
        harms=bars({BANDS[band]: count for band, count in found.by_band.items()}),
        topics=[(key, topic_label(key), count) for key, count in topics if count.items],
        topic_bars=bars(
            {key or _("ohne"): count for key, count in topics[:MOST_BARS] if count.items}
        ),
        flow=columns(found.flow),
        came=sum((one.came for one in found.flow), Count()),
        done=sum((one.done for one in found.flow), Count()),
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        oldest=_with_reasons(oldest),
        today=today,
        auto_answer=antworten.is_on(session, unit),
        ahead=prognose.forecast(
            found.total.items,
            [prognose.Day(one.day, one.came.items, one.done.items) for one in found.flow],
            today,
        ),
        indicators=stichprobe.indicators(session, who, unit, clock=web.house()),
    )


@blueprint.post("/leitung/post/auskuenfte")
@policy(Power.UNIT_LEAD)
def auto_answer() -> BaseResponse:
    """Let the machine answer status inquiries of the unit, or stop it."""
    who = web.actor()
    unit = chosen_unit(who)
    with web.unit_of_work() as session:
        antworten.switch(session, who, unit, request.form.get("on") == "1", clock=web.house())
    return redirect(url_for("leitung_post.page", sg=unit), 303)


def _with_reasons(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return bundles with the sentence of their rank and the name of their topic."""
    today = web.today()
    weights = gewichte.in_force(web.reading(), today)
    return [
        {
            **row,
            "rank": bundles.reason_of(row["harm"], row["oldest_on"], today, weights),
            "topic": topic_label(row["topic"]),
        }
        for row in rows
    ]


def bars(counts: Mapping[str, Count]) -> list[Bar]:
    """Return bars as long as the persons they count; the longest fills the chart."""
    most = max([count.persons for count in counts.values()] + [1])
    return [
        Bar(label, count, round(CHART_WIDTH * max(0, count.persons) / most))
        for label, count in counts.items()
    ]


def columns(flow: tuple[Flow, ...]) -> list[Columns]:
    """Return the days of the flow as columns; the highest fills the chart."""
    most = max([n for one in flow for n in (one.came.items, one.done.items)] + [1])
    step = CHART_WIDTH / max(1, len(flow))
    return [
        Columns(
            one,
            round(n * step, 1),
            round(CHART_HEIGHT * max(0, one.came.items) / most, 1),
            round(CHART_HEIGHT * max(0, one.done.items) / most, 1),
        )
        for n, one in enumerate(flow)
    ]


def topic_label(key: str) -> str:
    """Return what a topic is called: the name of its Verfahren."""
    return f"{key} {registry.newest(key).name}" if key in registry.known_keys() else _("ohne Thema")


def _choice(values: Mapping[str, str]) -> Choice:
    topic, band = values.get("thema", "*"), values.get("stufe", "")
    age = page_number(values.get("aelter"))
    return Choice(
        topic=None if topic == "*" else topic,
        band=int(band) if band in ("0", "1", "2") else None,
        older_than=min(age, 36_500) or None,
        inquiries_only=values.get("anfragen") == "1",
    )


@blueprint.get("/leitung/post/sammeln")
@policy(Power.UNIT_LEAD)
def choose() -> str:
    """Show how many items and persons a choice reaches, before anything is done."""
    return _preview(Form({}))


def _preview(form: Form) -> str:
    who, session = web.actor(), web.reading()
    unit = chosen_unit(who)
    values = request.values
    choice = _choice(values)
    found = zaehler.overview(session, who, unit, clock=web.house())
    first = sammeln.first(session, who, unit, choice, clock=web.house())
    audit.record_list(
        session, who, "post.list", "post_bundle", [row["id"] for row in first], now=web.now()
    )
    return render_template(
        "leitung_post/sammeln.html",
        unit=unit,
        form=form,
        choice=choice,
        values={"thema": values.get("thema", "*")}
        | {key: values.get(key, "") for key in ("stufe", "aelter", "anfragen")},
        count=sammeln.preview(session, who, unit, choice, clock=web.house()),
        topics=[("*", _("alle"))] + [(key, topic_label(key)) for key in sorted(found.by_topic)],
        bands=[("", _("alle"))] + [(str(band), BANDS[band]) for band in (2, 1, 0)],
        acts=[(key, _label(key)) for key in sammeln.ACTS],
        colleagues=colleagues(session, who),
        other_units=[
            (one.key, f"{one.key} {one.name}") for one in office.units(session) if one.key != unit
        ],
        filters=[
            (one.id, one.name, url_for("leitung_post.choose", sg=unit, **one.choice))
            for one in filter.kept(session, who, unit)
        ],
        most=sammeln.MOST_BUNDLES,
        first=_with_reasons(first),
        today=web.today(),
    )


def _label(act: str) -> str:
    return {
        "assign": _("jemandem zuweisen"),
        "close": _("mit einer Antwort oder einem Grund abschließen"),
        "follow_up": _("auf Wiedervorlage legen"),
        "acknowledge": _("Eingang mit Brief N01b bestätigen"),
        "ask_missing": _("fehlende Unterlagen nachfordern (N02)"),
        "answer": _("Auskunft zum Stand entwerfen (N03)"),
        "move": _("an ein anderes Sachgebiet abgeben"),
    }[act]


@blueprint.post("/leitung/post/filter")
@policy(Power.UNIT_LEAD)
def keep_filter() -> BaseResponse | tuple[str, int]:
    """Keep the choice under a name, or remove a kept one."""
    who, sent = web.actor(), request.form
    unit = chosen_unit(who)
    choice: dict[str, Any] = {
        key: sent[key] for key in ("thema", "stufe", "aelter", "anfragen") if sent.get(key)
    }
    try:
        with web.unit_of_work() as session:
            if sent.get("forget"):
                gone = page_number(sent.get("forget"))
                filter.forget(session, who, unit, gone, clock=web.house())
            else:
                filter.save(session, who, unit, sent.get("name", ""), choice, clock=web.house())
    except InvalidInput as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _preview(form), status
    return redirect(url_for("leitung_post.choose", sg=unit, **choice), 303)


@blueprint.post("/leitung/post/sammeln")
@policy(Power.UNIT_LEAD)
def order() -> BaseResponse | tuple[str, int]:
    """Order the act for the choice that was shown; it can be undone for a while."""
    who, sent = web.actor(), request.form
    unit = chosen_unit(who)
    try:
        until = read_day(sent.get("until", ""), "until")
        params = Params(
            user=page_number(sent.get("user")) or None,
            answer=sent.get("answer", ""),
            reason=sent.get("reason", ""),
            until=until.isoformat() if until else "",
            unit=sent.get("unit", ""),
        )
        with web.unit_of_work() as session:
            bulk = sammeln.order(
                session, who, unit, sent.get("act", ""), _choice(sent), params,
                expected=page_number(sent.get("expected")), clock=web.house(),
            )  # fmt: skip
            bulk_id = bulk.id
    except (InvalidInput, Conflict) as error:
        show_frame(who)
        form, status = web.refused_form(error, sent)
        return _preview(form), status
    return redirect(url_for("leitung_post.result", bulk_id=bulk_id), 303)


@blueprint.get("/leitung/post/sammeln/<int:bulk_id>")
@policy(Power.UNIT_LEAD)
def result(bulk_id: int) -> str:
    """Show what became of each row, with progress while it runs."""
    session: Session = web.reading()
    who = web.actor()
    found = sammeln.result(session, who, bulk_id)
    ids = [row["bundle_id"] for row in found.rows]
    audit.record_list(session, who, "post.list", "post_bundle", ids, now=web.now())
    bulk, n = found.bulk, found.counts
    outcomes: dict[str, Any] = {
        "": (_("wartet"), "neutral"),
        "done": (_("erledigt"), "success"),
        "skipped": (_("ausgelassen"), "warning"),
    }
    return render_template(
        "leitung_post/ergebnis.html",
        found=found,
        lauf=lauf(
            _("Ausgeführt"), n.done, n.skipped, n.total, ended=bulk.done_at is not None,
            undone=bulk.undone_at is not None, run_at=bulk.run_at, now=web.now(),
        ),
        act=_label(bulk.act),
        outcomes=outcomes,
    )  # fmt: skip


@blueprint.post("/leitung/post/sammeln/<int:bulk_id>/zuruecknehmen")
@policy(Power.UNIT_LEAD)
def undo(bulk_id: int) -> BaseResponse:
    """Take the act back before any of it was carried out."""
    try:
        with web.unit_of_work() as session:
            sammeln.undo(session, web.actor(), bulk_id, clock=web.house())
        flash(_("Zurückgenommen. Nichts wurde ausgeführt."), "success")
    except Conflict as error:
        flash(str(error), "warning")
    return redirect(url_for("leitung_post.result", bulk_id=bulk_id), 303)

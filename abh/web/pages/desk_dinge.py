"""A clerk's next things: read in one statement, ranked by ``desk_rang``, a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power
from abh.documents.letters import letter_kind
from abh.fastlane.nachrichten import topic_words
from abh.post import bundles, gewichte
from abh.post.triage import USUAL
from abh.post.zugang import known_classes
from abh.web import session as web
from abh.web.adressen import url_for
from abh.web.i18n import gettext as _
from abh.web.i18n import local_day, local_time
from abh.web.pages.desk_rang import NEAR, Ding, ranked
from abh.web.pages.desk_worte import harm_words
from abh.workflows.definition import Turn
from abh.workflows.facts import german
from abh.workflows.registry import get as get_verfahren
from abh.workflows.zugriff import RESTRICTED

MOST = 30
# Own cases by harm: some wait for others and are left out, so more are read than shown.
_CASES_READ, _CASES_SHOWN = 40, 10

# One row for each thing, all kinds at once. Everything is reached by an index that begins with the
# desk's day, the clerk or the unit.
_DINGE = text(
    """
WITH mine AS MATERIALIZED (
    SELECT v.id, v.number, v.verfahren, v.version, v.state, v.harm_on, v.harm_key, v.person_id
      FROM vorgang v
     WHERE v.owner_id = :me AND v.closed_at IS NULL
       AND (v.verfahren <> ALL(:restricted) OR v.unit_key = :unit)
), here AS MATERIALIZED (
    SELECT b.id, b.ticket, b.service_key, b.status, b.called_to, b.hand_to, b.called_at,
           least(b.reported_at, b.checked_in_at) AS checked_in_at, b.vorgang_id
      FROM booking b
     WHERE :counter AND b.unit_key = :unit AND b.day = :day AND b.status IN ('called','checked_in')
), numbers AS MATERIALIZED (
    SELECT w.id, w.ticket, w.service_key, w.status, w.called_to, w.hand_to, w.called_at,
           w.created_at
      FROM walk_in w
     WHERE :counter AND w.unit_key = :unit AND w.day = :day AND w.status IN ('called','waiting')
), waiting AS (
    SELECT ticket, checked_in_at AS since FROM here WHERE status = 'checked_in' AND hand_to IS NULL
    UNION ALL
    SELECT ticket, created_at FROM numbers WHERE status = 'waiting' AND hand_to IS NULL
)
(SELECT 'besuch' AS kind, h.id::text AS key, v.number, NULL::date AS day, h.called_at AS since,
        h.ticket AS title, s.name AS more, '{}'::jsonb AS facts
   FROM here h JOIN service s ON s.key = h.service_key LEFT JOIN vorgang v ON v.id = h.vorgang_id
  WHERE h.status = 'called' AND h.called_to = CAST(:desk AS bigint) ORDER BY h.called_at LIMIT 3)
UNION ALL
(SELECT 'nummer', n.id::text, NULL, NULL, n.called_at, n.ticket, s.name, '{}'
   FROM numbers n JOIN service s ON s.key = n.service_key
  WHERE n.status = 'called' AND n.called_to = CAST(:desk AS bigint) ORDER BY n.called_at LIMIT 3)
UNION ALL
(SELECT 'uebergabe', 'b' || h.id, NULL, NULL, h.checked_in_at, h.ticket, s.name, '{}'
   FROM here h JOIN service s ON s.key = h.service_key
  WHERE h.status = 'checked_in' AND h.hand_to = :me LIMIT 3)
UNION ALL
(SELECT 'uebergabe', 'n' || n.id, NULL, NULL, n.created_at, n.ticket, s.name, '{}'
   FROM numbers n JOIN service s ON s.key = n.service_key
  WHERE n.status = 'waiting' AND n.hand_to = :me LIMIT 3)
UNION ALL
(SELECT 'warteraum', '', NULL, NULL, min(since), (array_agg(ticket ORDER BY since))[1], '',
        jsonb_build_object('count', count(*))
   FROM waiting WHERE CAST(:desk AS bigint) IS NOT NULL HAVING count(*) > 0)
UNION ALL
(SELECT 'eilpost', i.id::text, NULL, i.received_on, i.entered_at, i.subject, i.sender,
        jsonb_build_object('bundle', i.bundle_id)
   FROM post_item i
  WHERE :post AND i.unit_key = :unit AND i.bell AND i.done_at IS NULL
    AND i.access_class = ANY(:classes)
  ORDER BY i.received_on, i.id LIMIT 5)
UNION ALL
(SELECT CASE WHEN b.claimed_by = :me THEN 'post_meine' ELSE 'post_uebergeben' END, b.id::text,
        NULL, b.oldest_on, coalesce(b.claimed_at, b.touched_at),
        concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')), b.last_reason,
        jsonb_build_object('items', b.items)
   FROM post_bundle b LEFT JOIN person p ON p.id = b.person_id
  WHERE :post AND b.closed_at IS NULL AND b.follow_up_on IS NULL
    AND (b.claimed_by = :me OR (b.hand_to = :me AND b.claimed_by IS NULL)) LIMIT 5)
UNION ALL
(SELECT 'post_naechste', b.id::text, NULL, NULL, NULL, '', '',
        jsonb_build_object('harm', b.harm, 'oldest', b.oldest_on, 'band', b.band)
   FROM (SELECT '' AS topic UNION ALL
         SELECT verfahren FROM qualification WHERE user_id = :me) t CROSS JOIN LATERAL (
     SELECT id, harm, oldest_on, band, priority FROM post_bundle
      WHERE :post AND unit_key = :unit AND topic = t.topic AND closed_at IS NULL
        AND claimed_by IS NULL AND hand_to IS NULL AND follow_up_on IS NULL
        AND returned_by IS DISTINCT FROM :me
      ORDER BY priority DESC, id LIMIT 1) b
  WHERE NOT EXISTS (SELECT FROM post_bundle c WHERE c.claimed_by = :me AND c.closed_at IS NULL)
  ORDER BY b.priority DESC, b.id LIMIT 1)
UNION ALL
(SELECT 'brief', l.id::text, v.number, NULL, l.created_at,
        concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')),
        coalesce(u.display_name, ''),
        jsonb_build_object('letter', l.key, 'outcome', l.outcome,
          'decides', (v.progress -> 'pending' ->> 'letter')::bigint = l.id)
   FROM letter l LEFT JOIN vorgang v ON v.id = l.vorgang_id
   LEFT JOIN person p ON p.id = v.person_id LEFT JOIN app_user u ON u.id = l.prepared_by
  WHERE :sign AND l.state = 'signing' AND l.unit_key = :unit
    AND l.prepared_by IS DISTINCT FROM :me
  ORDER BY l.id LIMIT 5)
UNION ALL
(SELECT 'frist', d.id::text, m.number, d.due_on, NULL,
        concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')), d.label,
        jsonb_build_object('norm', d.norm)
   FROM (SELECT DISTINCT ON (f.due_on, x.id) x.id AS case_id, f.id, f.due_on, f.label, f.norm
           FROM mine x CROSS JOIN LATERAL (
             SELECT id, due_on, label, norm FROM frist
              WHERE vorgang_id = x.id AND status = 'running' AND due_on <= :near
              ORDER BY due_on LIMIT 1) f
          ORDER BY f.due_on, x.id LIMIT 15) d
   JOIN mine m ON m.id = d.case_id JOIN person p ON p.id = m.person_id)
UNION ALL
(SELECT 'unterlagen', d.id::text, d.number, d.until, NULL,
        concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')), '',
        jsonb_build_object('reminded', d.reminded, 'record', d.state = 'in_review')
   FROM (SELECT m.id, m.number, m.person_id, m.state, r.reminded_on AS reminded, r.until
           FROM mine m JOIN vorgang v ON v.id = m.id
          CROSS JOIN LATERAL jsonb_to_record(v.progress -> 'request')
                AS r(until date, reminded_on date, documents_received int)
          WHERE m.state IN ('awaiting_applicant', 'in_review')
            AND coalesce(r.documents_received, 0) = 0
            AND (r.reminded_on IS NOT NULL OR r.until < :day)
            AND (m.state = 'awaiting_applicant' OR 'nach_aktenlage_pruefen' =
                 (SELECT s.step FROM vorgang_step s
                   WHERE s.vorgang_id = m.id AND s.to_state <> s.from_state
                   ORDER BY s.seq DESC LIMIT 1))
          ORDER BY r.until, m.id LIMIT 10) d
   JOIN person p ON p.id = d.person_id)
UNION ALL
(SELECT 'nachricht', n.id::text, m.number, n.answer_by, n.sent_at, c.name, n.topic, '{}'
   FROM case_message n JOIN mine m ON m.id = n.vorgang_id JOIN company c ON c.id = n.company_id
  WHERE n.from_company AND n.answered_at IS NULL
  ORDER BY n.answer_by NULLS LAST, n.id LIMIT 5)
UNION ALL
(SELECT 'vorgang', m.id::text, m.number, m.harm_on, NULL,
        concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_names, '')), '',
        jsonb_build_object('harm', m.harm_key, 'verfahren', m.verfahren, 'version', m.version,
          'state', m.state)
   FROM (SELECT * FROM mine ORDER BY harm_on, id LIMIT :cases) m
   JOIN person p ON p.id = m.person_id)
"""
)


@dataclass(frozen=True, slots=True)
class Line:
    """A thing as the list shows it: where it leads, what it is, and why it stands here."""

    url: str
    title: str
    label: str
    why: str
    number: str
    kind: str
    tone: str


# Kind, label and tone; in the words of the office.
_LABELS: Mapping[str, tuple[Callable[[], str], str]] = {
    "besuch": (lambda: _("Schalter"), "info"),
    "nummer": (lambda: _("Schalter"), "info"),
    "uebergabe": (lambda: _("Schalter"), "warning"),
    "warteraum": (lambda: _("Warteraum"), "warning"),
    "eilpost": (lambda: _("Eilpost"), "danger"),
    "unterlagen": (lambda: _("Unterlagen"), "warning"),
    "frist": (lambda: _("Frist"), "warning"),
    "post_meine": (lambda: _("Post"), "info"),
    "post_uebergeben": (lambda: _("Post"), "info"),
    "post_naechste": (lambda: _("Post"), "neutral"),
    "brief": (lambda: _("Unterschrift"), "info"),
    "nachricht": (lambda: _("Firma"), "info"),
    "vorgang": (lambda: _("Vorgang"), "neutral"),
}
# A day of these that is over is shown as a danger.
_DAYS = frozenset({"unterlagen", "frist"})


def lines(session: Session, who: Actor) -> tuple[list[Line], list[str]]:
    """Return the next things of a clerk in their order, and the numbers of the cases among them.

    Two statements at most: the things, and the weights of the post where post waits.
    """
    today = web.today()
    rows = [row for row in _rows(session, who) if _is_ours(row)]
    by_key = {(row["kind"], row["key"]): row for row in rows}
    dinge = ranked((_ding(row) for row in rows), today)
    own = [each for each in dinge if each.kind == "vorgang"][_CASES_SHOWN:]
    kept = [each for each in dinge if each not in own][:MOST]
    shown = [_line(session, each, by_key[each.kind, each.key], today) for each in kept]
    return shown, [each.number for each in kept if each.number]


def _rows(session: Session, who: Actor) -> list[Mapping[str, Any]]:
    today = web.today()
    params = {
        "me": who.user_id,
        "unit": who.unit_key,
        "desk": who.desk_id,
        "day": today,
        "near": today + NEAR,
        "restricted": sorted(RESTRICTED),
        "classes": known_classes(who, who.unit_key or ""),
        "counter": who.may(Power.CASE_COUNTER),
        "post": who.may(Power.POST_WORK),
        "sign": who.may(Power.LETTER_SIGN) and not who.in_training,
        "cases": _CASES_READ,
    }
    return [dict(row) for row in session.execute(_DINGE, params).mappings()]


def _is_ours(row: Mapping[str, Any]) -> bool:
    """Leave out own cases in which somebody else has to act."""
    if row["kind"] != "vorgang":
        return True
    facts = row["facts"]
    state = get_verfahren(facts["verfahren"], facts["version"]).state(facts["state"])
    return state is not None and state.whose_turn is Turn.OFFICE


def _ding(row: Mapping[str, Any]) -> Ding:
    return Ding(
        row["kind"],
        row["key"],
        row["number"] or "",
        row["day"],
        row["since"],
        acute=row["facts"].get("band", USUAL) > USUAL,
    )


def _line(session: Session, ding: Ding, row: Mapping[str, Any], today: date) -> Line:
    label, tone = _LABELS[ding.kind]
    title, why = _WORDS[ding.kind](session, row, today)
    return Line(
        url=_url(ding, row),
        title=title,
        label=label(),
        why=why,
        number=ding.number,
        kind=ding.kind,
        tone="danger" if ding.kind in _DAYS and ding.day and ding.day <= today else tone,
    )


def _url(ding: Ding, row: Mapping[str, Any]) -> str:
    kind, key = ding.kind, ding.key
    if kind == "uebergabe":
        kind, key = ("besuch" if key.startswith("b") else "nummer"), key[1:]
    if kind == "besuch":
        return url_for("schalter.visit", booking_id=int(key))
    if kind == "nummer":
        return url_for("laufkundschaft.visit", walk_in_id=int(key))
    if kind == "warteraum":
        return url_for("schalter.page")
    if kind == "eilpost":
        bundle = row["facts"]["bundle"]
        return url_for("post.bundle", bundle_id=bundle) if bundle else url_for("post.page")
    if kind == "post_meine":
        return url_for("post.bundle", bundle_id=int(key))
    if kind in ("post_uebergeben", "post_naechste"):
        return url_for("post.page")
    if kind == "brief":
        return url_for("briefe.folder", brief=int(key))
    if kind == "nachricht":
        return url_for("vorgang_nachrichten.page", number=ding.number)
    return url_for("vorgang.page", number=ding.number)


Words = Callable[[Session, Mapping[str, Any], date], tuple[str, str]]


def _at_desk(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    told = _("Steht seit %(time)s Uhr an Ihrem Platz.", time=local_time(row["since"]))
    return f"{row['title']} · {row['more']}", told


def _handed(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    told = _("Ihnen übergeben; wartet seit %(time)s Uhr.", time=local_time(row["since"]))
    return f"{row['title']} · {row['more']}", told


def _waiting(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    since: datetime = row["since"]
    told = _(
        "Am längsten wartet %(ticket)s: seit %(minutes)s Minuten.",
        ticket=row["title"],
        minutes=max(0, int((web.now() - since).total_seconds() // 60)),
    )
    return _("%(n)s im Warteraum", n=row["facts"]["count"]), told


def _bell(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    told = _("Gericht oder Eilantrag, Eingang am %(day)s.", day=german(row["day"]))
    return row["title"] or row["more"], told


def _clock(_session: Session, row: Mapping[str, Any], today: date) -> tuple[str, str]:
    days = (row["day"] - today).days
    values = {"label": row["more"], "day": german(row["day"])}
    if days < 0:
        told = _("%(label)s: seit %(n)s Tagen vorbei, %(day)s.", n=-days, **values)
    elif days < 2:
        when = _("heute") if days == 0 else _("morgen")
        told = _("%(label)s: %(when)s, %(day)s.", when=when, **values)
    else:
        told = _("%(label)s: in %(n)s Tagen, %(day)s.", n=days, **values)
    return row["title"], told


def _papers(_session: Session, row: Mapping[str, Any], today: date) -> tuple[str, str]:
    reminded, until = row["facts"]["reminded"], german(row["day"])
    if row["facts"]["record"]:
        told = _(
            "Angeforderte Unterlagen fehlen seit %(day)s; nach Aktenlage entscheiden.", day=until
        )
    elif row["day"] < today:
        told = _("Angeforderte Unterlagen fehlen seit %(day)s.", day=until)
    else:
        told = _(
            "Angeforderte Unterlagen kamen nicht; erinnert am %(sent)s, neue Frist %(day)s.",
            sent=german(date.fromisoformat(reminded)),
            day=until,
        )
    return row["title"], told


def _my_post(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    told = _(
        "Von Ihnen gezogen und für andere gesperrt, ältester Eingang %(day)s.",
        day=german(row["day"]),
    )
    return row["title"] or _("Post ohne Person"), told


def _handed_post(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    told = _("Ihnen übergeben: %(why)s", why=row["more"]) if row["more"] else _("Ihnen übergeben.")
    return row["title"] or _("Post ohne Person"), told


def _next_post(session: Session, row: Mapping[str, Any], today: date) -> tuple[str, str]:
    facts = row["facts"]
    weights = gewichte.in_force(session, today)
    oldest = date.fromisoformat(facts["oldest"])
    return _("Nächste Post"), bundles.reason_of(facts["harm"], oldest, today, weights).reason


def _letter(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    facts = row["facts"]
    day = local_day(row["since"], "short")
    if facts["decides"]:
        told = _("Entscheidung wartet seit %(day)s auf die zweite Unterschrift.", day=day)
    else:
        told = _("Liegt seit %(day)s in der Unterschriftsmappe.", day=day)
    title = letter_kind(facts["letter"]).title_of(facts["outcome"])
    return " · ".join(part for part in (title, row["title"]) if part), told


def _message(_session: Session, row: Mapping[str, Any], _today: date) -> tuple[str, str]:
    topic = topic_words(row["more"], from_company=True)
    if row["day"]:
        told = _("%(topic)s; Antwort erbeten bis %(day)s.", topic=topic, day=german(row["day"]))
    else:
        sent = local_day(row["since"], "short")
        told = _("%(topic)s; noch nicht beantwortet, gesendet am %(day)s.", topic=topic, day=sent)
    return row["title"], told


def _case(_session: Session, row: Mapping[str, Any], today: date) -> tuple[str, str]:
    facts = row["facts"]
    state = get_verfahren(facts["verfahren"], facts["version"]).state(facts["state"])
    told = harm_words(facts["harm"], row["day"], today)
    if state is None:
        return row["title"], told
    return row["title"], f"{told} " + _("Stand: %(state)s", state=state.label) + "."


_WORDS: Mapping[str, Words] = {
    "besuch": _at_desk,
    "nummer": _at_desk,
    "uebergabe": _handed,
    "warteraum": _waiting,
    "eilpost": _bell,
    "unterlagen": _papers,
    "frist": _clock,
    "post_meine": _my_post,
    "post_uebergeben": _handed_post,
    "post_naechste": _next_post,
    "brief": _letter,
    "nachricht": _message,
    "vorgang": _case,
}

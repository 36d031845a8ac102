"""Bundles: open items of one person or household become one piece of work, ranked by harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

from abh.documents.house import House
from abh.kernel.clock import Clock, today
from abh.kernel.fristen import untaetigkeit
from abh.kernel.rechtsstand import Rechtsstand
from abh.post import gewichte, triage
from abh.post.triage import HarmDays, Weights
from abh.post.zugang import CLASS_OF, CLASSES
from abh.workflows.fiktion import FiktionKind

# Households share a bundle only where nothing is kept apart: a removal or naturalisation file
# concerns the person alone. A sender whom nobody has found yet is one piece of work too, where name
# and date of birth agree, or the mail address and the number quoted; nothing of that opens a file.
# From one address a court, a law firm, a company or a mail server writes for many people.
_GATHER = text(
    r"""
WITH loose AS MATERIALIZED (
    SELECT i.id, i.unit_key, i.access_class, i.person_id, i.kind, i.received_on,
           CASE WHEN i.access_class = 'allgemein' THEN p.household_id END AS household_id,
           CASE WHEN i.person_id IS NULL THEN CASE
                WHEN i.birth <> '' AND i.sender <> '' THEN 'n' || encode(sha256(convert_to(
                     lower(regexp_replace(i.sender, '\s+', ' ', 'g')) || '|' || i.birth, 'UTF8')),
                     'hex')
                WHEN i.sender LIKE '%@%' AND i.kind NOT IN ('court', 'lawyer', 'employer',
                     'ba_answer', 'returned') THEN 'm' || encode(sha256(convert_to(
                     lower(coalesce(substring(i.sender FROM '<([^<>]*@[^<>]*)>'), i.sender)) || '|'
                     || i.quoted_number, 'UTF8')), 'hex')
                ELSE 'i' || i.id END
                WHEN i.access_class = 'allgemein' AND p.household_id IS NOT NULL
                THEN 'h' || p.household_id
                ELSE 'p' || i.person_id END AS subject
      FROM post_item i LEFT JOIN person p ON p.id = i.person_id
     WHERE i.id = ANY(:ids) AND i.bundle_id IS NULL AND i.done_at IS NULL
     FOR UPDATE OF i
), made AS (
    INSERT INTO post_bundle (unit_key, access_class, subject, person_id, household_id, items,
                             persons, inquiries, oldest_on, created_at, touched_at)
    SELECT unit_key, access_class, subject, min(person_id), min(household_id), count(*),
           greatest(count(DISTINCT person_id), 1), count(*) FILTER (WHERE kind = 'inquiry'),
           min(received_on), :now, :now
      FROM loose GROUP BY unit_key, access_class, subject
     ORDER BY unit_key, access_class, subject
    ON CONFLICT (subject, unit_key, access_class) WHERE closed_at IS NULL DO UPDATE
       SET items = post_bundle.items + excluded.items,
           inquiries = post_bundle.inquiries + excluded.inquiries,
           oldest_on = least(post_bundle.oldest_on, excluded.oldest_on),
           touched_at = excluded.touched_at,
           -- Asking again changes nothing; anything else ends the putting off.
           follow_up_on = CASE WHEN excluded.items > excluded.inquiries THEN NULL
                               ELSE post_bundle.follow_up_on END
    RETURNING id, unit_key, access_class, subject
)
UPDATE post_item i SET bundle_id = m.id
  FROM loose l JOIN made m USING (unit_key, access_class, subject)
 WHERE i.id = l.id
RETURNING i.bundle_id
"""
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_COUNT_PERSONS = text(
    """
UPDATE post_bundle b SET persons = c.persons
  FROM (SELECT bundle_id, count(DISTINCT person_id) AS persons FROM post_item
         WHERE bundle_id = ANY(:ids) AND done_at IS NULL GROUP BY bundle_id) c
 WHERE b.id = c.bundle_id AND b.household_id IS NOT NULL AND b.persons <> c.persons
"""
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_HARM = text(
    """
SELECT b.id, b.oldest_on, v.topic, v.titel, v.titel_gilt_fort, v.arbeitsbeginn, v.applied_on, i.days
  FROM post_bundle b
  LEFT JOIN LATERAL (
    SELECT min(v.title_until) FILTER (WHERE f.id IS NULL) AS titel,
           min(v.title_until) FILTER (WHERE f.id IS NOT NULL) AS titel_gilt_fort,
           min(v.job_start) AS arbeitsbeginn,
           min(v.received_on) FILTER (WHERE EXISTS (SELECT FROM frist r
               WHERE r.vorgang_id = v.id AND r.kind LIKE 'vwgo75%')) AS applied_on,
           (array_agg(v.verfahren ORDER BY v.harm_on, v.id))[1] AS topic
      FROM person p JOIN vorgang v ON v.person_id = p.id
      LEFT JOIN fiktion f ON f.vorgang_id = v.id AND f.ended_on IS NULL AND f.kind = :continuing
     WHERE (p.id = b.person_id OR p.household_id = b.household_id)
       AND v.unit_key = b.unit_key AND v.closed_at IS NULL AND v.harm_key <> 'entschieden'
       AND coalesce(:classes ->> v.verfahren, 'allgemein') = b.access_class
  ) v ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(d.key, d.day) AS days FROM (
        SELECT e.key, min(e.value) AS day
          FROM post_item i CROSS JOIN LATERAL jsonb_each_text(i.harm) e
         WHERE i.bundle_id = b.id AND i.done_at IS NULL GROUP BY e.key) d
  ) i ON true
 WHERE b.id = ANY(:ids) AND b.closed_at IS NULL
 ORDER BY b.id
"""
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("classes", type_=JSONB))
_WRITE = text(
    """
UPDATE post_bundle b SET topic = n.topic, harm = n.harm, points = n.points, band = n.band,
       priority = n.priority, rescore_on = n.rescore_on
  FROM jsonb_to_recordset(:rows) AS n(id bigint, topic text, harm jsonb, points int,
       band smallint, priority bigint, rescore_on date)
 WHERE b.id = n.id
"""
).bindparams(bindparam("rows", type_=JSONB))
_RECOUNT = text(
    """
UPDATE post_bundle b
   SET items = c.items,
       persons = CASE WHEN c.items = 0 THEN b.persons ELSE greatest(c.persons, 1) END,
       inquiries = c.inquiries, oldest_on = coalesce(c.oldest_on, b.oldest_on),
       closed_at = CASE WHEN c.items = 0 THEN coalesce(b.closed_at, :now) END,
       closed_by = CASE WHEN c.items = 0 THEN CAST(:by AS bigint) END,
       claimed_by = CASE WHEN c.items = 0 THEN NULL ELSE b.claimed_by END,
       claimed_at = CASE WHEN c.items = 0 THEN NULL ELSE b.claimed_at END,
       beat_at = CASE WHEN c.items = 0 THEN NULL ELSE b.beat_at END
  FROM (SELECT count(*) AS items, count(DISTINCT person_id) AS persons,
               count(*) FILTER (WHERE kind = 'inquiry') AS inquiries, min(received_on) AS oldest_on
          FROM post_item WHERE bundle_id = :id AND done_at IS NULL) c
 WHERE b.id = :id RETURNING c.items
"""
)
_LOOSE = text(
    "SELECT id FROM post_item WHERE done_at IS NULL AND bundle_id IS NULL ORDER BY id LIMIT :most"
    " FOR UPDATE SKIP LOCKED"
)
_DUE = text(
    """
SELECT id FROM post_bundle WHERE closed_at IS NULL AND rescore_on <= :today
 ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
"""
)


def gather(session: Session, item_ids: Sequence[int], clock: Clock) -> list[int]:
    """Put open items that lie loose into the bundle of their person; returns those bundles.

    The database lets only one bundle be open per person, unit and access class: two that come at
    the same time meet in it. Locks items and bundles in order until the transaction ends.
    """
    found = session.execute(_GATHER, {"ids": list(item_ids), "now": clock.now()}).scalars()
    bundles = sorted(set(found))
    if bundles:
        session.execute(_COUNT_PERSONS, {"ids": bundles})
        rank(session, bundles, clock)
    return bundles


def recount(session: Session, bundle_id: int, clock: Clock, *, closed_by: int | None = None) -> int:
    """Count the open items of a bundle again after some were closed or moved; closes an empty one.

    The caller holds the lock of the bundle. Returns how many items are open.
    """
    left = session.execute(
        _RECOUNT, {"id": bundle_id, "now": clock.now(), "by": closed_by}
    ).scalar_one()
    if left:
        rank(session, [bundle_id], clock)
    return int(left)


def rank(session: Session, bundle_ids: Sequence[int], clock: Clock) -> None:
    """Read the days of harm of these bundles again and write their place in the pile."""
    day, law = today(clock), _law(clock)
    weights, change = gewichte.in_force(session, day), gewichte.next_change(session, day)
    params = {
        "ids": list(bundle_ids),
        "classes": {key: one for key, one in CLASS_OF.items() if one != CLASSES[0]},
        "continuing": FiktionKind.CONTINUING.name,
    }
    rows = [
        _ranked(row, day, law, weights, change)
        for row in map(dict, session.execute(_HARM, params).mappings().all())
    ]
    if rows:
        session.execute(_WRITE, {"rows": rows})


def _ranked(
    row: Mapping[str, Any],
    day: date,
    law: Rechtsstand | None,
    weights: Weights,
    change: date | None,
) -> dict[str, Any]:
    days = harm_days(row["days"] or {}, row, law)
    ranked = triage.rank(days, row["oldest_on"], weights, day)
    changes = [one for one in (ranked.changes_on, change) if one is not None]
    return {
        "id": row["id"],
        "topic": row["topic"] or "",
        "harm": stored(days),
        "points": ranked.points,
        "band": ranked.band,
        "priority": ranked.priority,
        "rescore_on": min(changes).isoformat() if changes else None,
    }


def harm_days(
    named: Mapping[str, str], case: Mapping[str, Any], law: Rechtsstand | None
) -> HarmDays:
    """Return the earliest day of each kind: as items name them, and as the open cases know."""
    found: dict[str, date] = {
        key: date.fromisoformat(value) for key, value in named.items() if key in triage.PARTS
    }
    known = {name: case.get(name) for name in ("titel", "titel_gilt_fort", "arbeitsbeginn")}
    if law is not None and case.get("applied_on") is not None:
        known["untaetigkeit"] = untaetigkeit(case["applied_on"], law).admissible_from
    for name, value in known.items():
        if value is not None:
            found[name] = min(value, found.get(name, value))
    return HarmDays(**found)


def stored(days: HarmDays) -> dict[str, str]:
    """Return the days as they are kept in a row."""
    return {
        name: value.isoformat()
        for name in triage.PARTS
        if (value := getattr(days, name)) is not None
    }


def of_stored(raw: Mapping[str, str]) -> HarmDays:
    """Return the days that a row keeps."""
    return HarmDays(**{key: date.fromisoformat(value) for key, value in raw.items()})


def reason_of(harm: Mapping[str, str], oldest_on: date, on: date, weights: Weights) -> triage.Rank:
    """Return the rank of a bundle as its row knows it, with the sentence of today."""
    return triage.rank(of_stored(harm), oldest_on, weights, on)


def refresh(session: Session, clock: Clock, limit: int) -> int:
    """Gather up to ``limit`` loose items and rank up to ``limit`` bundles whose day has come."""
    loose = list(session.scalars(_LOOSE, {"most": limit}))
    if loose:
        gather(session, loose, clock)
    due = list(session.scalars(_DUE, {"today": today(clock), "most": limit}))
    if due:
        rank(session, due, clock)
    return len(loose) + len(due)


def _law(clock: Clock) -> Rechtsstand | None:
    # Only a furnished house knows the law; without it § 75 VwGO counts nothing until the job ran.
    return clock.law if isinstance(clock, House) else None

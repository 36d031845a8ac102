"""A plausible backlog of post: people who wrote several times, letters nobody opened, work done."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pikepdf
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.demo.sheets import stand_in
from abh.documents.house import House
from abh.kernel.clock import BERLIN, Clock, FixedClock
from abh.post import bundles, claims, trennblaetter, zaehler
from abh.post.aufnahme import NewItem, Original, take_in
from abh.post.tables import PostBundle

# One item for every four cases: 25,000 in a house of 100,000 files.
SHARE = 4
MOST_ORIGINALS = 1_000
BATCH = 500
DAYS = 28
_KINDS = (
    (
        "inquiry",
        46,
        ("Wie ist der Stand meines Antrags?", "Noch keine Antwort", "Bitte um Auskunft"),
    ),
    ("documents", 28, ("Gehaltsnachweise", "Neuer Arbeitsvertrag", "Mietvertrag", "Passkopie")),
    ("application", 8, ("Antrag auf Verlängerung", "Antrag formlos")),
    ("employer", 5, ("Arbeitgeberbescheinigung", "Meldung nach § 4a AufenthG")),
    ("statement", 4, ("Stellungnahme zur Anhörung",)),
    ("complaint", 4, ("Beschwerde über die Dauer",)),
    ("lawyer", 3, ("Akteneinsicht und Sachstand",)),
    ("returned", 1, ("Sendung unzustellbar",)),
    ("court", 1, ("Gerichtliche Verfügung",)),
)
_PEOPLE = text(
    """
SELECT v.id AS vorgang_id, v.number, v.verfahren, v.unit_key, v.person_id, v.received_on,
       p.given_names || ' ' || p.family_name AS name
  FROM vorgang v JOIN person p ON p.id = v.person_id
 WHERE v.closed_at IS NULL ORDER BY v.id LIMIT 200000
"""
)


def fill(session: Session, house: House, *, seed: int, cases: int) -> int:
    """Write about a quarter as many items as there are cases, and work some of them off.

    Each is taken in on the day it came, so that inflow, outflow and ages look as they would.
    Returns how many items were written.
    """
    rng = Random(f"post:{seed}")
    people = list(session.execute(_PEOPLE).mappings())
    if not people:
        return 0
    by_day: dict[date, list[NewItem]] = defaultdict(list)
    for number in range(max(10, cases // SHARE)):
        item, entered = _item(rng, people, number, house.today)
        by_day[entered].append(item)
    for day in sorted(by_day):
        clock = _At(house, datetime.combine(day, time(9), BERLIN))
        for start in range(0, len(by_day[day]), BATCH):
            take_in(session, SYSTEM, by_day[day][start : start + BATCH], house.blobs, clock=clock)
        if (house.today - day).days < DAYS:
            _work_off(session, rng, clock)
    open_ = list(session.scalars(select(PostBundle.id).where(PostBundle.closed_at.is_(None))))
    for start in range(0, len(open_), 2_000):
        bundles.rank(session, open_[start : start + 2_000], house)
    zaehler.fold(session, 1_000_000)
    return sum(map(len, by_day.values()))


def leave_scans(session: Session, house: House) -> int:
    """Leave a stack of three letters in the scan folder, as a scanner does; returns its pages.

    The watching job cuts it while people look on. Without a scan folder nothing is left.
    """
    if house.scan_dir is None:
        return 0
    stack = pikepdf.new()
    letters = (("SG1", "documents"), ("SG3", ""), ("SG1", "inquiry"))
    for number, (unit, kind) in enumerate(letters, 1):
        pages = (
            trennblaetter.pdf_of(session, house.secret, unit, kind, ""),
            stand_in(f"Brief {number} eines gescannten Stapels der Demo").data,
        )
        for data in pages:
            with pikepdf.open(io.BytesIO(data)) as page:
                stack.pages.extend(page.pages)
    house.scan_dir.mkdir(parents=True, exist_ok=True)
    # Hidden until it is whole: the job reads what lies still.
    draft = house.scan_dir / ".stapel.pdf"
    stack.save(draft, deterministic_id=True)
    draft.replace(house.scan_dir / "demo-stapel.pdf")
    return len(stack.pages)


class _At:
    """The clock of a past day; only the time differs."""

    def __init__(self, house: House, at: datetime) -> None:
        self._clock: Clock = FixedClock(min(at, house.now()))

    def now(self) -> datetime:
        return self._clock.now()


def _item(rng: Random, people: list[Any], number: int, today: date) -> tuple[NewItem, date]:
    # The square lets a few people write often and most write once.
    one = people[int(len(people) * rng.random() ** 2)]
    kind, _, subjects = rng.choices(_KINDS, [weight for _, weight, _ in _KINDS])[0]
    waited = min(int(rng.expovariate(1 / 45)), 400)
    received = today - timedelta(days=waited)
    known = rng.random() < 0.9
    harm: dict[str, str] = {}
    if kind in ("court", "lawyer"):
        harm["frist"] = (today + timedelta(days=rng.randint(-3, 25))).isoformat()
    elif rng.random() < 0.06:
        part = rng.choice(("arbeitsbeginn", "leistungen", "reise"))
        harm[part] = (today + timedelta(days=rng.randint(2, 40))).isoformat()
    subject = rng.choice(subjects)
    paper = kind not in ("inquiry", "complaint")
    original = None
    if paper and number < MOST_ORIGINALS:
        data = stand_in(f"{subject} (Eingang {number + 1} der Demo)").data
        original = Original(data, f"scan-{number + 1:05d}.pdf", "application/pdf")
    item = NewItem(
        received_on=received,
        channel="paper" if paper else "email",
        kind=kind,
        subject=subject,
        unit_key=one["unit_key"],
        source="demo",
        source_ref=f"{today.isoformat()}:{number}",
        person_id=one["person_id"] if known else None,
        vorgang_id=one["vorgang_id"] if known else None,
        verfahren=one["verfahren"] if known else "",
        sender=one["name"],
        quoted_number=one["number"] if rng.random() < 0.5 and known else "",
        body="" if paper else f"Guten Tag,\n{subject}\nVielen Dank, {one['name']}",
        harm=harm,
        original=original,
    )
    # Scanned within three days of its stamp; what is older than the window lay in a cupboard.
    entered = min(today, received + timedelta(days=rng.randint(0, 3)))
    return item, max(entered, today - timedelta(days=DAYS + 12))


def _work_off(session: Session, rng: Random, clock: Clock) -> None:
    """Let a few clerks of different units each close what they pull on this day."""
    users = session.scalars(
        select(AppUser)
        .where(AppUser.role == "clerk", AppUser.active, AppUser.unit_key.is_not(None))
        .order_by(AppUser.login)
    ).all()
    for user in rng.sample(list(users), min(5, len(users))):
        actor = actor_of_user(user)
        if "post.work" not in actor.powers:
            continue
        found = claims.pull(session, actor, clock=clock)
        if found is None:
            continue
        bundle = claims.held(session, actor, found)
        claims.finish(session, actor, bundle, "Beantwortet (Demo).", "", clock=clock)

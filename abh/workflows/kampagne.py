"""Prospects of everybody in one batch, and campaigns: whose title ends, whom to invite.

Persons are read in chunks by their key, so that memory stays flat; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.kernel.dauer import add_months
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.aussichten import Lage, aussichten
from abh.workflows.facts import TitleKind
from abh.workflows.lebenslauf import Abschnitt, Lebenslauf
from abh.workflows.recht import LawKey

CHUNK = 2000
SOON_MONTHS = 12
# The newest case of each person says what is known of their stay.
_PERSONS = text(
    """
SELECT p.id, v.title_kind, v.title_until, v.antrag ->> 'entry_on' AS entry_on
  FROM person p
  JOIN LATERAL (SELECT x.title_kind, x.title_until, x.antrag FROM vorgang x
                 WHERE x.person_id = p.id ORDER BY x.id DESC LIMIT 1) v ON true
 WHERE p.id > :after AND mod(p.id, :parts) = :part AND p.died_on IS NULL
 ORDER BY p.id LIMIT :chunk
"""
)
_ENDING = """
SELECT v.id, v.number, v.unit_key, v.title_kind, v.title_until FROM vorgang v
 WHERE v.id = (SELECT max(x.id) FROM vorgang x WHERE x.person_id = v.person_id)
   AND {which} AND v.id > :after
   AND NOT EXISTS (SELECT 1 FROM person d WHERE d.id = v.person_id AND d.died_on IS NOT NULL)
 ORDER BY v.id LIMIT :chunk
"""


@dataclass
class Zaehlung:
    """Counts of a batch: persons, and per title to come how it stands."""

    personen: int = 0
    lagen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Zaehlung) -> None:
        """Take over the counts of another part of the batch."""
        self.personen += other.personen
        self.lagen.update(other.lagen)


@dataclass(frozen=True, slots=True)
class Zeile:
    """One case of a campaign, by its number; names stand in the case."""

    nummer: str
    einheit: str
    titel: str
    bis: date | None


def batch(
    session: Session,
    law: Rechtsstand,
    tag: date,
    *,
    part: int = 0,
    parts: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Zaehlung:
    """Return the prospects of all persons, counted; ``part`` of ``parts`` for several processes.

    ``progress`` is told after every chunk how many persons are done. Reads only.
    """
    found = Zaehlung()
    soon = add_months(tag, SOON_MONTHS)
    for lauf in _ways(session, part, parts):
        found.personen += 1
        for one in aussichten(lauf, law, tag):
            word = one.lage.value
            if one.lage is Lage.AB and one.ab is not None:
                word = "binnen eines Jahres" if one.ab <= soon else "später"
            found.lagen[one.key, word] += 1
        if progress is not None and found.personen % CHUNK == 0:
            progress(found.personen)
    if progress is not None:
        progress(found.personen)
    return found


def _ways(session: Session, part: int, parts: int) -> Iterator[Lebenslauf]:
    after = 0
    while True:
        params = {"after": after, "part": part, "parts": parts, "chunk": CHUNK}
        rows = session.execute(_PERSONS, params).all()
        for row in rows:
            yield _way(row.title_kind, row.title_until, row.entry_on)
        if len(rows) < CHUNK:
            return
        after = rows[-1].id


def _way(kind: str, until: date | None, entry_on: str | None) -> Lebenslauf:
    title = TitleKind[kind] if kind in TitleKind.__members__ else TitleKind.UNKNOWN
    entry = date.fromisoformat(entry_on) if entry_on else None
    if entry is None or title in (TitleKind.UNKNOWN, TitleKind.NONE):
        return Lebenslauf(einreise=entry)
    return Lebenslauf((Abschnitt(title, entry, until),), entry)


def enden(session: Session, tag: date, wochen: int) -> Iterator[Zeile]:
    """Yield cases whose title ends within ``wochen`` weeks from ``tag``."""
    until = tag + timedelta(weeks=wochen)
    which = "v.title_until BETWEEN :tag AND :until"
    yield from _lines(session, which, {"tag": tag, "until": until})


def nach_titel(session: Session, titel: TitleKind, tag: date, bis: date | None) -> Iterator[Zeile]:
    """Yield cases of people with this title that has not ended before ``tag``.

    With ``bis`` those whose title ends by then, or has no end.
    """
    which = "v.title_kind = :titel AND (v.title_until IS NULL OR v.title_until >= :tag)"
    params: dict[str, object] = {"titel": titel.name, "tag": tag}
    if bis is not None:
        which += " AND (v.title_until IS NULL OR v.title_until <= :bis)"
        params["bis"] = bis
    yield from _lines(session, which, params)


def paragraf24(session: Session, law: Rechtsstand, tag: date) -> Iterator[Zeile]:
    """Yield cases with temporary protection, whose titles run on by regulation until a fixed day.

    The day stands in the Rechtsstand (4 March 2027); titles that ended on 1 February 2026 or later
    count, because the regulation carries them on.
    """
    value = law.value(LawKey.SCHUTZ24_FORTGELTUNG, tag)
    carried, last = (date.fromisoformat(day) for day in value.liste)
    yield from nach_titel(session, TitleKind.AE_24, carried, last)


def _lines(session: Session, which: str, params: dict[str, object]) -> Iterator[Zeile]:
    query = text(_ENDING.format(which=which))
    after = 0
    while True:
        rows = session.execute(query, {**params, "after": after, "chunk": CHUNK}).all()
        for row in rows:
            kind = row.title_kind
            word = TitleKind[kind].value if kind in TitleKind.__members__ else kind
            yield Zeile(row.number, row.unit_key, word, row.title_until)
        if len(rows) < CHUNK:
            return
        after = rows[-1].id

"""Mail to the members of a company that a letter to it is there: no content, once a day at most.

Only members who may read the letter (admission, mandate, site) and want such mails are told. The
mail has no name and no number: who opened it reads nothing, whoever it reaches.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane.tables import CompanyMember
from abh.fastlane.tables_firma import LetterNotice
from abh.fastlane.zugang import Acting
from abh.kernel.clock import Clock
from abh.outbox.service import enqueue
from abh.workflows.zugriff import RESTRICTED

# Older letters are no news: a member who joins is not told of what was there before.
NEWS_FOR: Final = timedelta(days=14)

# Members of the company and of agencies whose power stands, with the sites they are limited to.
_NOTE = text(
    """
WITH fresh AS (
  SELECT l.id, l.company_id, v.id AS vorgang_id, v.person_id
    FROM letter l
    JOIN vorgang v ON v.id = l.vorgang_id AND v.company_id = l.company_id
    JOIN company_access a ON a.company_id = l.company_id
     AND a.approved_by IS NOT NULL AND a.withdrawn_at IS NULL
   WHERE l.company_id IS NOT NULL AND l.released_at > :since AND l.blatt_id IS NOT NULL
     AND l.state IN ('released', 'dispatched')
     AND NOT v.verfahren = ANY(CAST(:restricted AS text[]))
), reader AS (
  SELECT m.user_id, m.company_id, m.site_ids
    FROM company_member m WHERE m.ended_at IS NULL AND m.mail_news
  UNION
  SELECT m.user_id, p.company_id, NULL
    FROM company_member m
    JOIN agency_power p ON p.agency_id = m.company_id AND p.revoked_at IS NULL
     AND p.valid_until >= :day
    JOIN company_access a ON a.company_id = m.company_id
     AND a.approved_by IS NOT NULL AND a.withdrawn_at IS NULL
   WHERE m.ended_at IS NULL AND m.mail_news
), due AS (
  SELECT DISTINCT u.id AS user_id, f.id AS letter_id
    FROM fresh f
    JOIN reader r ON r.company_id = f.company_id
    JOIN app_user u ON u.id = r.user_id AND u.active AND u.email <> ''
   WHERE EXISTS (
           SELECT 1 FROM mandate d
            WHERE d.company_id = f.company_id AND d.person_id = f.person_id
              AND (d.vorgang_id IS NULL OR d.vorgang_id = f.vorgang_id)
              AND d.revoked_at IS NULL AND :day BETWEEN d.valid_from AND d.valid_until
              AND d.scope @> ARRAY['decisions']
              AND (r.site_ids IS NULL OR d.site_id = ANY(r.site_ids)))
     AND NOT EXISTS (
           SELECT 1 FROM letter_notice n WHERE n.letter_id = f.id AND n.user_id = u.id)
     AND NOT EXISTS (
           SELECT 1 FROM letter_notice n WHERE n.user_id = u.id AND n.mailed_on >= :day)
), turn AS (
  SELECT DISTINCT user_id FROM due ORDER BY user_id LIMIT :most
), noted AS (
  INSERT INTO letter_notice (letter_id, user_id, mailed_on)
  SELECT due.letter_id, due.user_id, :day FROM due JOIN turn USING (user_id)
  ON CONFLICT DO NOTHING
  RETURNING user_id
)
SELECT DISTINCT u.id, u.email FROM noted JOIN app_user u ON u.id = noted.user_id ORDER BY u.id
"""
)


def tell_letters(session: Session, clock: Clock, limit: int) -> int:
    """Order the mails that are due, one for each member; the job ``firma.briefe``.

    ``limit`` counts members. What comes after the mail of a day is told on the next day, unless
    the member opened it by then.
    """
    if not isinstance(clock, House):
        raise TypeError("a mail needs a furnished house as the clock of the job")
    now, day = clock.now(), clock.today
    given = {"since": now - NEWS_FOR, "day": day, "most": limit, "restricted": sorted(RESTRICTED)}
    rows = session.execute(_NOTE, given).all()
    words = (
        "Guten Tag,\n\nim Firmenservice liegt ein neuer Brief für Sie. Sie lesen ihn nach der "
        f"Anmeldung hier:\n\n{clock.link('firma')}\n\n"
        "A new letter is waiting for you in the company service.\n\n"
        "Diese Nachricht kommt höchstens einmal am Tag. Abbestellen / unsubscribe:\n"
        f"{clock.link('firma', 'mitteilungen')}\n\n{clock.office.name}\n"
    )
    for row in rows:
        payload = {"to": row.email, "subject": "Neuer Brief im Firmenservice", "text": words}
        enqueue(session, "mail", f"mail:firmenbrief:{row.id}:{day.isoformat()}", payload, now=now)
    return len(rows)


def note_opened(session: Session, who: Acting, letter_id: int) -> None:
    """Remember that a login opened a letter itself: it is no news to it any more."""
    if who.actor.user_id is None:
        return
    values = insert(LetterNotice).values(letter_id=letter_id, user_id=who.actor.user_id)
    session.execute(values.on_conflict_do_nothing())


def wants_mail(session: Session, who: Acting) -> bool:
    """Whether the login wants mails about letters and messages."""
    found = session.scalars(
        select(CompanyMember.mail_news).where(
            CompanyMember.user_id == who.actor.user_id, CompanyMember.ended_at.is_(None)
        )
    )
    return any(found)


def choose(session: Session, house: House, who: Acting, *, wanted: bool) -> None:
    """Switch the mails of this login on or off, for all companies it is a member of."""
    session.execute(
        update(CompanyMember)
        .where(CompanyMember.user_id == who.actor.user_id, CompanyMember.ended_at.is_(None))
        .values(mail_news=wanted)
    )
    audit.record(
        session, who.actor, "firma.mails", "app_user", who.actor.user_id, now=house.now(),
        facts={"kind": "an" if wanted else "aus"},
    )  # fmt: skip


def address_of(session: Session, who: Acting) -> str:
    """Return where the mails of this login go, "" where it has no address."""
    return session.scalar(select(AppUser.email).where(AppUser.id == who.actor.user_id)) or ""

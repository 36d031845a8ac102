"""Sweepers of the post: channels, filing, text model; claims, dates, ranks, counters, bulk."""

from __future__ import annotations

from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.post import (
    ablage,
    antworten,
    bundles,
    claims,
    lernen,
    postfach,
    sammeln,
    scanordner,
    stichprobe,
    texterkennung,
    umzug,
    zaehler,
)
from abh.post.raeumung import plaene


def release_dead_claims(session: Session, clock: Clock, limit: int) -> int:
    """Give back bundles whose clerk gave no sign of life; return how many."""
    return claims.release_dead(session, clock, limit)


def bring_back(session: Session, clock: Clock, limit: int) -> int:
    """Put bundles back on the pile whose follow-up date has come; return how many."""
    return claims.bring_back(session, clock, limit)


def cover_absent(session: Session, clock: Clock, limit: int) -> int:
    """Give what is reserved for who is absent today to the cover or the pile; return how many."""
    return umzug.cover_absent(session, clock, limit)


def draw_samples(session: Session, clock: Clock, limit: int) -> int:
    """Draw closings without answer for a second look; return how many."""
    return stichprobe.draw(session, clock, limit)


def rank_again(session: Session, clock: Clock, limit: int) -> int:
    """Rank bundles whose day has come and bundle items that lie loose; return how many."""
    return bundles.refresh(session, clock, limit)


def add_up(session: Session, _clock: Clock, limit: int) -> int:
    """Add up the lines of the counters; return how many lines were saved."""
    return zaehler.fold(session, limit)


def carry_out(session: Session, clock: Clock, limit: int) -> int:
    """Carry out bulk acts whose time to undo is over; return how many bundles."""
    return sammeln.carry_out(session, clock, limit)


def watch_scans(session: Session, clock: Clock, limit: int) -> int:
    """Take in files of the scan folder and clear known ones away; return how many were new."""
    return scanordner.sweep(session, clock, limit)


def fetch_mail(session: Session, clock: Clock, limit: int) -> int:
    """Take in messages of the mailbox and clear known ones away; return how many were new."""
    return postfach.sweep(session, clock, limit)


def read_writing(session: Session, clock: Clock, limit: int) -> int:
    """Read scans without text layer and sort them anew; return how many."""
    return texterkennung.sweep(session, clock, limit)


def read_layers(session: Session, clock: Clock, limit: int) -> int:
    """Read the text layer of scans that came with one and sort them anew; return how many."""
    return texterkennung.read_layers(session, clock, limit)


def file_originals(session: Session, clock: Clock, limit: int) -> int:
    """Put originals of post that is in a case into its e-file; return how many."""
    return ablage.sweep(session, clock, limit)


def learn(session: Session, clock: Clock, limit: int) -> int:
    """Train the text model where there is something new to learn; return 1 when it did."""
    return lernen.sweep(session, clock, limit)


def renew_plans(session: Session, clock: Clock, limit: int) -> int:
    """Compute running clearance plans anew once a week, as proposals; return how many."""
    return plaene.renew(session, clock, limit)


def answer_inquiries(session: Session, clock: Clock, limit: int) -> int:
    """Answer status inquiries where a unit allows it; ``clock`` is the house of the process."""
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    return antworten.sweep(session, clock, limit)

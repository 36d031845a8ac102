"""Importing the office again: what supervisors changed of their week stays, the rest follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM
from abh.access.policy import Power
from abh.appointments import weekly
from abh.install import install_office
from abh.kernel.clock import BERLIN, FixedClock, today
from abh.office import service as office
from abh.office.file import load_office
from abh.settings import ROOT

FILE = ROOT / "config" / "office" / "duesseldorf.yaml"


def _changed(folder: Path, old: str, new: str) -> Path:
    text = FILE.read_text("utf-8")
    assert old in text
    path = folder / "amt.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_an_import_for_another_reason_leaves_the_edited_week_alone(
    fresh_sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 11, 23, 8, tzinfo=BERLIN))
    assert install_office(fresh_sessions, FILE, clock=clock).roster_changed
    lead = replace(SYSTEM, powers=SYSTEM.powers | {Power.ROSTER_EDIT})
    with fresh_sessions.begin() as session:
        edit = weekly.adding("SG1", "SG1-06", "l.aschenbach", {0}, time(15, 30), time(16), "post")
        weekly.change_week(
            session, lead, "SG1", edit, valid_from=today(clock), opening_hours={}, clock=clock
        )
        edited = [piece.spec for piece in weekly.week_on(session, "SG1", today(clock))]
    phone = _changed(tmp_path, "+49 211 0000-000", "+49 211 0000-111")
    report = install_office(fresh_sessions, phone, clock=clock)
    assert (report.changed, report.roster_changed) == (True, False)
    with fresh_sessions() as session:
        assert office.profile(session)["authority"]["phone"] == "+49 211 0000-111"
        now = [piece.spec for piece in weekly.week_on(session, "SG1", today(clock))]
        assert now == edited
    moved = _changed(tmp_path, "desk: SG1-01, days: [mo, mi]", "desk: SG1-01, days: [mo]")
    assert install_office(fresh_sessions, moved, clock=clock).roster_changed
    with fresh_sessions() as session:
        now = [piece.spec for piece in weekly.week_on(session, "SG1", today(clock))]
        assert "l.aschenbach" not in {s.login for s in now if s.start == time(15, 30)}
        assert not [s for s in now if s.login == "m.oezdamar" and s.weekday == 2]


def test_a_file_known_already_still_gives_the_first_week(
    fresh_sessions: sessionmaker[Session],
) -> None:
    clock = FixedClock(datetime(2026, 11, 23, 8, tzinfo=BERLIN))
    with fresh_sessions.begin() as session:
        office.import_office(session, SYSTEM, load_office(FILE), now=clock.now())
    install_office(fresh_sessions, FILE, clock=clock)
    with fresh_sessions() as session:
        assert weekly.week_on(session, "SG1", today(clock))

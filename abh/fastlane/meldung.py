"""The employer reports the early end of an employment (§ 4a(5) S. 3 Nr. 3 AufenthG).

The report is an item of post with the words of the company as its original, in the case it belongs
to, so that a clerk has it where work is decided; the clock of four weeks stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.documents.house import House
from abh.fastlane.tables_firma import EmployerReport
from abh.fastlane.zugang import Acting, require_covered, require_write
from abh.kernel import names
from abh.kernel.clock import BERLIN
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.fristen import Frist
from abh.post.aufnahme import NewItem, Original, take_in
from abh.workflows.recht import LawKey
from abh.workflows.tables import Vorgang
from abh.workflows.uhren import length

# What ended the employment, as far as the employer is asked.
REASONS: Mapping[str, str] = {
    "kuendigung_arbeitgeber": "Kündigung durch den Arbeitgeber",
    "kuendigung_person": "Kündigung durch die beschäftigte Person",
    "aufhebung": "Aufhebungsvertrag",
    "nicht_angetreten": "Die Beschäftigung wurde nicht angetreten",
    "anderes": "anderer Grund",
}
# An end further ahead is an ordinary end of contract and no early one to report now.
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Meldung:
    """A report that was made: the last day, when it was known, until when it was due."""

    ended_on: date
    known_on: date
    due_on: date
    reported_at: datetime
    in_time: bool


def due(house: House, known_on: date) -> Frist:
    """Return the period of the report, which begins with the day the employer knew of the end."""
    return length(house.law, LawKey.MELDUNG_ARBEITGEBER, known_on)


def report_end(
    session: Session, house: House, who: Acting, number: str, data: Mapping[str, Any]
) -> Meldung:
    """Record the report of a covered case and put it into the post of its unit; once per last day.

    ``data``: ``ended_on``, ``known_on`` (dates), ``reason`` (key), ``remark``. ``NotAllowed``
    for who may only look, ``NotFound`` without a mandate, ``InvalidInput`` with every problem.
    """
    require_write(who)
    vorgang = require_covered(session, who, number, clock=house, day=house.today)
    session.execute(select(Vorgang.id).where(Vorgang.id == vorgang.id).with_for_update())
    values = _checked(data, house.today)
    known = session.scalars(
        select(EmployerReport).where(
            EmployerReport.vorgang_id == vorgang.id,
            EmployerReport.ended_on == values["ended_on"],
        )
    ).one_or_none()
    if known is not None:
        return _meldung(known)
    until = due(house, values["known_on"])
    report = EmployerReport(
        vorgang_id=vorgang.id,
        company_id=who.company_id,
        user_id=who.actor.user_id,
        reported_at=house.now(),
        ended_on=values["ended_on"],
        known_on=values["known_on"],
        due_on=until.end,
        reason=values["reason"],
        post_item_id=_post(session, house, who, vorgang, values, until),
    )
    session.add(report)
    session.flush()
    audit.record(
        session,
        who.actor,
        "firma.report_end",
        "employer_report",
        report.id,
        now=house.now(),
        vorgang_id=vorgang.id,
        person_id=vorgang.person_id,
        facts={"company": who.company_id, "on": values["ended_on"].isoformat()},
    )
    return _meldung(report)


def reports_of(session: Session, vorgang_id: int, company_id: int) -> list[Meldung]:
    """Return what this company reported in a case, newest first."""
    rows = session.scalars(
        select(EmployerReport)
        .where(EmployerReport.vorgang_id == vorgang_id, EmployerReport.company_id == company_id)
        .order_by(EmployerReport.id.desc())
    )
    return [_meldung(row) for row in rows]


def _meldung(row: EmployerReport) -> Meldung:
    day = row.reported_at.astimezone(BERLIN).date()
    return Meldung(row.ended_on, row.known_on, row.due_on, row.reported_at, day <= row.due_on)


def _checked(data: Mapping[str, Any], today: date) -> dict[str, Any]:
    problems = []
    ended, known = data.get("ended_on"), data.get("known_on")
    if not isinstance(ended, date):
        problems.append(
            FieldProblem("ended_on", "Bitte den letzten Tag der Beschäftigung angeben.")
        )
    elif ended > today + FURTHEST:
        text = "Der Tag liegt mehr als ein Jahr voraus; bitte das Jahr prüfen."
        problems.append(FieldProblem("ended_on", text))
    if not isinstance(known, date):
        text = "Bitte angeben, seit wann Sie davon wissen."
        problems.append(FieldProblem("known_on", text))
    elif known > today:
        problems.append(FieldProblem("known_on", "Der Tag liegt in der Zukunft."))
    reason = str(data.get("reason") or "")
    if reason not in REASONS:
        problems.append(FieldProblem("reason", "Bitte aus der Liste wählen."))
    remark = names.normalise(str(data.get("remark") or ""))
    remark = "".join(sign if sign.isprintable() else " " for sign in remark).strip()
    if len(remark) > 1000:
        problems.append(FieldProblem("remark", "Höchstens 1000 Zeichen."))
    if problems:
        raise InvalidInput(problems)
    return {"ended_on": ended, "known_on": known, "reason": reason, "remark": remark}


def _post(
    session: Session,
    house: House,
    who: Acting,
    vorgang: Vorgang,
    values: Mapping[str, Any],
    until: Frist,
) -> int:
    lines = (
        f"Mitteilung nach {until.norm}",
        f"Arbeitgeber: {who.company_name}",
        f"Vorgang: {vorgang.number}",
        f"Letzter Tag der Beschäftigung: {values['ended_on']:%d.%m.%Y}",
        f"Dem Arbeitgeber bekannt seit: {values['known_on']:%d.%m.%Y}",
        f"Grund: {REASONS[values['reason']]}",
        f"Bemerkung: {values['remark'] or '–'}",
        f"Mitgeteilt am: {house.today:%d.%m.%Y} (Frist: {until.end:%d.%m.%Y})",
    )
    text = "\n".join(lines)
    item = NewItem(
        received_on=house.today,
        channel="portal",
        kind="employer",
        subject=f"Ende der Beschäftigung zum {values['ended_on']:%d.%m.%Y}",
        unit_key=vorgang.unit_key,
        source="firma",
        source_ref=f"ende:{vorgang.id}:{values['ended_on'].isoformat()}",
        person_id=vorgang.person_id,
        vorgang_id=vorgang.id,
        verfahren=vorgang.verfahren,
        sender=who.company_name,
        body=text,
        original=Original(text.encode("utf-8"), "mitteilung.txt", "text/plain"),
    )
    return take_in(session, who.actor, [item], house.blobs, clock=house)[0].item_id

"""A sheet of applications: read and checked at once, filed row by row by the worker.

The file itself is not kept: cells and errors are, until the case exists or the sheet is forgotten.
Each row is an effect with a key, so a sheet that is sent twice makes no second case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane import vorlage, zeilen
from abh.fastlane.antrag_firma import file_for_employee, firma_of, known_filing
from abh.fastlane.tabelle import Fehler, Gelesen, Zeile, read_sheet
from abh.fastlane.tables_firma import FirmBatch, FirmBatchRow
from abh.fastlane.zugang import Acting, acting, require_write
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.kernel.rechtsstand import Rechtsstand
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.service import enqueue
from abh.workflows.tables import Vorgang

KIND = "firma.antrag"
DECLARED = "Erklärung in der Tabelle: schriftliche Vollmacht liegt vor (§ 14 VwVfG NRW)"
# What was not filed is forgotten: it holds people's data and serves nobody any more.
KEPT_FOR = timedelta(days=30)
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Stapel:
    """A sheet as the company sees it; ``counts`` are rows by state."""

    id: int
    verfahren: str
    file_name: str
    created_at: datetime
    ordered: bool
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many rows it has."""
        return sum(self.counts.values())

    def count(self, state: str) -> int:
        """How many rows are in a state."""
        return self.counts.get(state, 0)


@dataclass(frozen=True, slots=True)
class Position:
    """A row of a sheet: who, what is wrong, and the case it became."""

    row_no: int
    name: str
    state: str
    errors: tuple[Fehler, ...]
    number: str | None


def check_sheet(
    data: bytes, firma: zeilen.Firma, law: Rechtsstand, today: date
) -> tuple[Gelesen, list[zeilen.Geprueft]]:
    """Read and check a sheet without a database; raises ``InvalidInput`` for the whole file."""
    sheet = read_sheet(data)
    checked = [zeilen.check_row(sheet.verfahren, row, firma, law, today) for row in sheet.rows]
    return sheet, _no_twins(checked)


def _no_twins(checked: Sequence[zeilen.Geprueft]) -> list[zeilen.Geprueft]:
    """Mark the second of two rows for the same person: one of them is a slip."""
    seen: dict[bytes, int] = {}
    out = []
    for one in checked:
        key = zeilen.identity_hash(b"sheet", one.antrag) if one.antrag is not None else b""
        if key and key in seen:
            text = f"Diese Person steht schon in Zeile {seen[key]}."
            one = zeilen.Geprueft(one.row, None, (Fehler("person.family_name", text),))
        elif key:
            seen[key] = one.row.row_no
        out.append(one)
    return out


def take_sheet(session: Session, house: House, who: Acting, file_name: str, data: bytes) -> int:
    """Read, check and keep a sheet; returns its id. Rows that are cases already are ``known``.

    Raises ``InvalidInput`` at ``tabelle`` for a file that cannot be taken, ``NotAllowed``.
    """
    require_write(who)
    firma = firma_of(session, who.company_id)
    sheet, checked = check_sheet(data, firma, house.law, house.today)
    batch = FirmBatch(
        company_id=who.company_id,
        user_id=_user_id(who),
        verfahren=sheet.verfahren,
        file_name="".join(sign for sign in file_name if sign.isprintable())[:120],
        created_at=house.now(),
    )
    session.add(batch)
    session.flush()
    session.execute(
        insert(FirmBatchRow), [_stored(session, house, who, batch.id, one) for one in checked]
    )
    audit.record(
        session,
        who.actor,
        "firma.sheet",
        "firm_batch",
        batch.id,
        now=house.now(),
        facts={
            "company": who.company_id,
            "rows": len(checked),
            "faulty": sum(bool(one.errors) for one in checked),
        },
    )
    return batch.id


def _stored(
    session: Session, house: House, who: Acting, batch_id: int, one: zeilen.Geprueft
) -> dict[str, Any]:
    known = None
    if one.antrag is not None:
        content = zeilen.content_hash(house.secret, one.antrag)
        identity = zeilen.identity_hash(house.secret, one.antrag)
        known = known_filing(session, who.company_id, content, identity)
    return {
        "batch_id": batch_id,
        "row_no": one.row.row_no,
        "cells": dict(one.row.cells),
        "problems": [{"key": error.key, "text": error.text} for error in one.errors],
        "state": "faulty" if one.errors else "known" if known else "valid",
        "vorgang_id": known.vorgang_id if known else None,
    }


def order(session: Session, house: House, who: Acting, batch_id: int) -> int:
    """Send the valid rows of a sheet as applications; returns how many. Twice sends them once.

    The worker makes a case of each. Raises ``NotFound`` for another company's sheet.
    """
    require_write(who)
    batch = _mine(session, who, batch_id, lock=True)
    ids = session.scalars(
        update(FirmBatchRow)
        .where(FirmBatchRow.batch_id == batch.id, FirmBatchRow.state == "valid")
        .values(state="ordered")
        .returning(FirmBatchRow.id)
    ).all()
    for row_id in sorted(ids):
        payload = {"row": row_id, "company": who.company_id, "user": _user_id(who)}
        enqueue(session, KIND, f"{KIND}:{row_id}", payload, now=house.now())
    if ids:
        batch.ordered_at = house.now()
        audit.record(
            session,
            who.actor,
            "firma.sheet_order",
            "firm_batch",
            batch.id,
            now=house.now(),
            facts={"company": who.company_id, "rows": len(ids)},
        )
    return len(ids)


def file_row(
    session: Session, payload: dict[str, Any], ctx: HandlerContext
) -> dict[str, Any] | None:
    """Make the case of one row; the handler of ``firma.antrag``. Filed rows stay as they are.

    A login that was dismissed or a company whose access ended since then files nothing any more.
    """
    house = ctx.clock
    if not isinstance(house, House):
        raise TypeError("this handler needs a furnished house as its clock")
    row = session.get(FirmBatchRow, payload["row"], with_for_update=True)
    if row is None or row.state != "ordered":
        return None
    batch = session.get_one(FirmBatch, row.batch_id)
    who = _acting_again(session, payload, house)
    firma = firma_of(session, who.company_id)
    typed = Zeile(row.row_no, row.cells)
    checked = zeilen.check_row(batch.verfahren, typed, firma, house.law, house.today)
    if checked.antrag is None:
        _fault(row, checked.errors)
        return {"faulty": len(checked.errors)}
    try:
        with session.begin_nested():
            done = file_for_employee(session, house, who, checked.antrag, declared=DECLARED)
    except InvalidInput as error:
        _fault(row, [Fehler(p.field, p.message) for p in error.problems])
        return {"faulty": len(error.problems)}
    row.state = "filed" if done.created else "known"
    row.vorgang_id = done.vorgang_id
    row.cells = {}
    return {"number": done.number}


def _fault(row: FirmBatchRow, errors: Sequence[Fehler]) -> None:
    row.state = "faulty"
    row.problems = [{"key": error.key, "text": error.text} for error in errors]


def _acting_again(session: Session, payload: Mapping[str, Any], house: House) -> Acting:
    user = session.get(AppUser, payload["user"])
    try:
        if user is None:
            raise NotAllowed("Diesen Zugang gibt es nicht mehr.")
        found = acting(session, actor_of_user(user), clock=house)
        chosen = next((c for c in found.choices if c.company_id == payload["company"]), None)
        if chosen is None:
            raise NotAllowed("Dieser Zugang gehört nicht mehr zu der Firma.")
    except NotAllowed as error:
        raise DeliveryFailed(str(error), permanent=True) from error
    return Acting(found.actor, chosen, found.choices)


def sheets(session: Session, who: Acting, limit: int = 20) -> list[Stapel]:
    """Return the company's newest sheets. Two statements."""
    batches = session.scalars(
        select(FirmBatch).where(*_visible(who)).order_by(FirmBatch.id.desc()).limit(limit)
    ).all()
    counts: dict[int, dict[str, int]] = {}
    query = (
        select(FirmBatchRow.batch_id, FirmBatchRow.state, func.count().label("rows"))
        .where(FirmBatchRow.batch_id.in_([batch.id for batch in batches]))
        .group_by(FirmBatchRow.batch_id, FirmBatchRow.state)
    )
    for row in session.execute(query):
        counts.setdefault(row.batch_id, {})[row.state] = row.rows
    return [_stapel(batch, counts.get(batch.id, {})) for batch in batches]


def _stapel(batch: FirmBatch, counts: Mapping[str, int]) -> Stapel:
    return Stapel(
        batch.id,
        batch.verfahren,
        batch.file_name,
        batch.created_at,
        batch.ordered_at is not None,
        counts,
    )


def sheet_of(session: Session, who: Acting, batch_id: int) -> tuple[Stapel, list[Position]]:
    """Return a sheet of the company with its rows, faulty ones first, at most 200 of them.

    Raises ``NotFound`` for what is not the company's.
    """
    batch = _mine(session, who, batch_id)
    counts: dict[str, int] = {}
    for state, count in session.execute(
        select(FirmBatchRow.state, func.count())
        .where(FirmBatchRow.batch_id == batch.id)
        .group_by(FirmBatchRow.state)
    ):
        counts[state] = count
    rows = session.execute(
        _rows_of(batch.id)
        .order_by(FirmBatchRow.state != "faulty", FirmBatchRow.row_no)
        .limit(MOST_SHOWN)
    )
    positions = [
        Position(row.row_no, _name(row.cells), row.state, _errors(row), number)
        for row, number in rows
    ]
    return _stapel(batch, counts), positions


def marked_sheet(session: Session, who: Acting, batch_id: int) -> tuple[str, bytes]:
    """Return file name and workbook of a sheet with every error at its cell; raises ``NotFound``.

    Rows that became cases are left out: what is to be corrected stands alone.
    """
    batch = _mine(session, who, batch_id)
    rows = [
        vorlage.Ergebnis(row.cells, _errors(row), _RESULTS[row.state])
        for row, _number in session.execute(_rows_of(batch.id).order_by(FirmBatchRow.row_no))
        if row.state in _RESULTS
    ]
    return f"antraege-{batch.verfahren}-{batch.id}.xlsx", vorlage.template(batch.verfahren, rows)


_RESULTS = {"faulty": "Bitte berichtigen.", "valid": "Geprüft, noch nicht gesendet."}


def _rows_of(batch_id: int) -> Any:
    return (
        select(FirmBatchRow, Vorgang.number)
        .outerjoin(Vorgang, Vorgang.id == FirmBatchRow.vorgang_id)
        .where(FirmBatchRow.batch_id == batch_id)
    )


def _errors(row: FirmBatchRow) -> tuple[Fehler, ...]:
    return tuple(Fehler(one["key"], one["text"]) for one in row.problems)


def _name(cells: Mapping[str, str]) -> str:
    parts = (cells.get("person.given_names", ""), cells.get("person.family_name", ""))
    return " ".join(filter(None, parts))


def forget_sheets(session: Session, clock: Clock, limit: int = 50) -> int:
    """Delete sheets that were read a month ago; what became a case stays a case."""
    old = session.scalars(
        select(FirmBatch.id)
        .where(FirmBatch.created_at < clock.now() - KEPT_FOR)
        .order_by(FirmBatch.id)
        .limit(limit)
    ).all()
    session.execute(delete(FirmBatchRow).where(FirmBatchRow.batch_id.in_(old)))
    session.execute(delete(FirmBatch).where(FirmBatch.id.in_(old)))
    return len(old)


def _mine(session: Session, who: Acting, batch_id: int, *, lock: bool = False) -> FirmBatch:
    query = select(FirmBatch).where(FirmBatch.id == batch_id, *_visible(who))
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("Diese Tabelle gibt es für Sie nicht.")
    return found


def _visible(who: Acting) -> list[ColumnElement[bool]]:
    """Return the conditions on sheets: a sheet names people of any site, so who is limited to some
    sites sees those of the own hand."""
    found: list[ColumnElement[bool]] = [FirmBatch.company_id == who.company_id]
    if who.chosen.sites is not None:
        found.append(FirmBatch.user_id == who.actor.user_id)
    return found


def _user_id(who: Acting) -> int:
    if who.actor.user_id is None:
        raise Conflict("Ohne Anmeldung geht das nicht.")
    return who.actor.user_id

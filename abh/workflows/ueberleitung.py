"""Moving running cases to another version of their Verfahren: first looked at, then done.

A case keeps the law it began with. Where a new law says that it applies to running cases, a person
decides so, after a dry run over the real cases has shown for each what would change: its state, its
requirements, its letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import FieldProblem, InvalidInput, Reason, StepNotAllowed
from abh.workflows import registry
from abh.workflows.checklist import STATUS_LABELS, evaluate_checklist
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import Case, case_of
from abh.workflows.repository import case_row
from abh.workflows.steps import StepDone, change_progress, lock_case, note_step
from abh.workflows.tables import Vorgang

KEY = "ueberleitung"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Befund:
    """What the other version would mean for one case: ``hindernisse`` must be empty to move it."""

    vorgang_id: int
    number: str
    state: str
    hindernisse: tuple[str, ...]
    aenderungen: tuple[str, ...]

    @property
    def moeglich(self) -> bool:
        """Whether the case can be moved."""
        return not self.hindernisse


def probe(case: Case, target: Verfahren, house: House) -> Befund:
    """Say what moving the case to ``target`` would change (pure; nothing is written)."""
    hindernisse = []
    if target.key != case.verfahren.key:
        hindernisse.append(f"{target.key} ist ein anderes Verfahren.")
    if target.state(case.state) is None:
        hindernisse.append(f"Den Zustand „{case.state}“ gibt es in Version {target.version} nicht.")
    if case.vorgang["progress"].get("pending"):
        hindernisse.append("Eine Entscheidung liegt zur Zeichnung in der Unterschriftsmappe.")
    lost = sorted(set(case.facts.angaben) - set(target.angaben_by_key))
    after = _as(case, target, house)
    changes = [f"Angabe „{key}“ fällt weg" for key in lost]
    before_items = {i.key: i for i in evaluate_checklist(case.verfahren, case.facts)}
    after_items = {i.key: i for i in evaluate_checklist(target, after.facts)}
    for key in sorted({*before_items, *after_items}):
        old, new = before_items.get(key), after_items.get(key)
        said = STATUS_LABELS[old.status] if old else "nicht verlangt"
        says = STATUS_LABELS[new.status] if new else "nicht mehr verlangt"
        if (old.status if old else None) != (new.status if new else None):
            changes.append(f"{key}: {said} → {says}")
    return Befund(case.id, case.number, case.state, tuple(hindernisse), tuple(changes))


def dry_run(session: Session, house: House, key: str, von: int, nach: int) -> Iterator[Befund]:
    """Yield a finding for every open case of version ``von``; reads in batches, locks nothing.

    Raises ``UnknownVerfahren`` for a version that does not exist.
    """
    registry.get(key, von)
    target = registry.get(key, nach)
    last = 0
    while True:
        ids = session.scalars(
            select(Vorgang.id)
            .where(
                Vorgang.verfahren == key,
                Vorgang.version == von,
                Vorgang.closed_at.is_(None),
                Vorgang.id > last,
            )
            .order_by(Vorgang.id)
            .limit(_BATCH)
        ).all()
        if not ids:
            return
        for vorgang_id in ids:
            row = case_row(session, vorgang_id=vorgang_id)
            yield probe(case_of(row, house.law, house.today), target, house)
        last = ids[-1]


def move_case(
    session: Session, house: House, actor: Actor, vorgang_id: int, nach: int, *, reason: str
) -> StepDone:
    """Move one case to version ``nach``; logged and audited with what changed.

    Raises ``StepNotAllowed`` with every obstacle, ``InvalidInput`` without a reason (the norm that
    says so). Locks the case; automatic steps wait for the next change.
    """
    if len(reason.strip()) < 10:
        raise InvalidInput(
            [FieldProblem("reason", "Bitte die Übergangsvorschrift nennen, auf der das beruht.")]
        )
    case = lock_case(session, house, vorgang_id, expected_version=None)
    target = registry.get(case.verfahren.key, nach)
    found = probe(case, target, house)
    if found.hindernisse:
        raise StepNotAllowed(KEY, case.state, [Reason(text, key=KEY) for text in found.hindernisse])
    before = case.verfahren.version
    session.execute(
        update(Vorgang)
        .where(Vorgang.id == case.id)
        .values(version=nach)
        .execution_options(synchronize_session=False)
    )
    notes = {
        "label": f"Überleitung auf Version {nach}",
        "von": before,
        "nach": nach,
        "aenderungen": list(found.aenderungen),
    }
    step = note_step(KEY, f"Überleitung auf Version {nach}", target.norm, ())
    version = change_progress(
        session, house, actor, _as(case, target, house), step, reason=reason, parts={}, notes=notes
    )
    audit.record(
        session,
        actor,
        "vorgang.version",
        "vorgang",
        case.id,
        now=house.now(),
        vorgang_id=case.id,
        facts={"von": before, "nach": nach},
    )
    return StepDone(case.id, case.state, version)


def _as(case: Case, target: Verfahren, house: House) -> Case:
    """Return the case as the other version reads it."""
    row = {**case.row, "vorgang": {**case.vorgang, "version": target.version}}
    if target.key != case.verfahren.key:
        return replace(case, verfahren=target)
    return case_of(row, house.law, house.today)

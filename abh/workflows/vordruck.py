"""Prescribed forms that a step hands out: serial and seal number recorded, never an own PDF.

The paper is filled in by hand or printer of the office (§ 58 AufenthV); the product keeps which
sheet went to whom, and takes it out of the stock where the office keeps one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert as upsert

from abh.documents import vordrucke
from abh.documents.tables import FormIssue
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.workflows.definition import Effect, Step

if TYPE_CHECKING:
    from abh.workflows.effects import Doing

SERIAL, SEAL = "form_serial", "form_seal"
# Letter to the numbered form; what carries no number (N21) is only noted in the log.
NUMBERED: Mapping[str, str] = {
    "N10": "D11",
    "N20": "D2a",
    "N22": "D12",
    "N24": "Einbürgerungsurkunde",
}
# Steps whose form has a number although other steps hand out one of that letter without.
_NUMBERED_STEPS: Mapping[str, str] = {"bescheinigung_d15_aushaendigen": "D15"}
# Facts that say how long a form is valid.
_UNTIL = ("duldung_bis", "bescheinigung_bis")
_OWN_EFFECT = {Effect.RECORD_FICTION_PAPER, Effect.RECORD_SUPPLEMENT_SHEET}


def form_of(step: Step) -> str:
    """Return the numbered form that the step hands out, "" for none or one with its own effect."""
    if _OWN_EFFECT & set(step.effects):
        return ""
    return _NUMBERED_STEPS.get(step.key) or NUMBERED.get(step.letter or "", "")


def record(doing: Doing) -> None:
    """Record the form of the step; raises ``InvalidInput`` for numbers missing or used before."""
    form = form_of(doing.step)
    if not form:
        return
    serial, seal = (str(doing.data.get(name, "")).strip() for name in (SERIAL, SEAL))
    problems = [
        FieldProblem(name, text)
        for name, value, text in (
            (SERIAL, serial, f"Seriennummer des Vordrucks ({form}) fehlt."),
            (SEAL, seal, "Nummer des Dienstsiegels fehlt."),
        )
        if not value
    ]
    if problems:
        raise InvalidInput(problems)
    until = next(filter(None, (doing.facts.angabe(key) for key in _UNTIL)), None)
    hand_out(
        doing,
        form,
        SERIAL,
        serial,
        seal_no=seal,
        valid_until=until,
        entries={"norm": doing.step.norm, "schritt": doing.step.key},
    )
    doing.notes["vordruck"] = f"{form} {serial}"


def hand_out(doing: Doing, form: str, name: str, serial: str, **values: Any) -> None:
    """Record a prescribed form; a serial number is one sheet of paper and used once.

    Raises ``InvalidInput`` at the field ``name`` for a number issued, spoiled or never received.
    """
    made = doing.session.execute(
        upsert(FormIssue)
        .values(
            vorgang_id=doing.case.id,
            form=form,
            serial_no=serial,
            issued_on=doing.today,
            issued_by=doing.actor.user_id,
            **values,
        )
        .on_conflict_do_nothing()
        .returning(FormIssue.id)
    ).scalar_one_or_none()
    if made is None:
        raise InvalidInput([FieldProblem(name, f"Die Nummer {serial} ist schon vergeben.")])
    try:
        vordrucke.issued(doing.session, doing.house, doing.actor, made)
    except (Conflict, NotFound) as error:
        raise InvalidInput([FieldProblem(name, str(error))]) from error

"""Participation of another authority: its states and its clock, as pure functions.

The last day of a period is computed by the kernel (§ 31 VwVfG NRW, §§ 187-193 BGB) and handed in
as ``end``; nothing here knows how long a period is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from abh.kernel.errors import Reason, StepNotAllowed


class PartState(StrEnum):
    """States of one participation."""

    PLANNED = "planned"
    REQUESTED = "requested"
    NEEDS_INFO = "needs_info"
    CONSENTED = "consented"
    REFUSED = "refused"
    DEEMED_CONSENTED = "deemed_consented"
    OVERDUE = "overdue"


PART_LABELS: dict[PartState, str] = {
    PartState.PLANNED: "geplant",
    PartState.REQUESTED: "angefragt",
    PartState.NEEDS_INFO: "Angaben fehlen",
    PartState.CONSENTED: "zugestimmt",
    PartState.REFUSED: "abgelehnt",
    PartState.DEEMED_CONSENTED: "Zustimmung gilt als erteilt",
    PartState.OVERDUE: "überfällig",
}

ANSWERED = frozenset({PartState.CONSENTED, PartState.REFUSED, PartState.DEEMED_CONSENTED})
CONSENT = frozenset({PartState.CONSENTED, PartState.DEEMED_CONSENTED})


@dataclass(frozen=True, slots=True)
class PartKind:
    """A kind of participation: whether silence is consent, on which norm, how long it runs."""

    key: str
    label: str
    norm: str
    silence_is_consent: bool
    silence_norm: str = ""
    law_key: str = ""
    shown_to_applicant: bool = True


BA = PartKind(
    key="BA",
    label="Bundesagentur für Arbeit",
    norm="§ 39 AufenthG",
    silence_is_consent=True,
    silence_norm="§ 36 Abs. 2 BeschV",
    law_key="ba.zustimmung",
)
BVA = PartKind(
    key="BVA",
    label="Sicherheitsabfrage beim Bundesverwaltungsamt",
    norm="§ 73 Abs. 2 AufenthG",
    silence_is_consent=False,
    shown_to_applicant=False,
)
PART_KINDS: dict[str, PartKind] = {kind.key: kind for kind in (BA, BVA)}


@dataclass(frozen=True, slots=True)
class Beteiligung:
    """One participation in one case; ``due`` is the last day of the running period.

    ``round`` counts the requests: a completed request after "information missing" starts a new one.
    """

    kind: PartKind
    state: PartState = PartState.PLANNED
    requested_on: date | None = None
    due: date | None = None
    answered_on: date | None = None
    round: int = 0
    note: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether nothing more is awaited from the authority."""
        return self.state in ANSWERED

    @property
    def is_consent(self) -> bool:
        """Whether the authority agreed, by word or by silence."""
        return self.state in CONSENT


def plan(kind: PartKind) -> Beteiligung:
    """Return a participation that is intended but not yet requested."""
    return Beteiligung(kind=kind)


def start(part: Beteiligung, on: date, end: date) -> Beteiligung:
    """Request the participation on day ``on``; the period runs to the end of ``end``."""
    _only(part, "anfragen", PartState.PLANNED)
    _ordered(part, "anfragen", on, end)
    return replace(part, state=PartState.REQUESTED, requested_on=on, due=end, round=1)


def info_missing(part: Beteiligung, on: date, note: str = "") -> Beteiligung:
    """The authority says within the period that information is missing: the clock ends.

    § 36(2) BeschV: no consent arises from silence then. After the period the consent stands and
    the message is refused with that reason (``StepNotAllowed``).
    """
    current = due(part, on)
    _only(current, "Angaben fehlen", PartState.REQUESTED, PartState.OVERDUE)
    _not_before(current, "Angaben fehlen", on)
    return replace(current, state=PartState.NEEDS_INFO, due=None, note=note)


def complete(part: Beteiligung, on: date, end: date) -> Beteiligung:
    """The completed request is sent on ``on``: a new period runs to the end of ``end``."""
    _only(part, "vervollständigen", PartState.NEEDS_INFO)
    _not_before(part, "vervollständigen", on)
    _ordered(part, "vervollständigen", on, end)
    return replace(
        part, state=PartState.REQUESTED, requested_on=on, due=end, round=part.round + 1, note=""
    )


def answer(part: Beteiligung, on: date, *, consent: bool, note: str = "") -> Beteiligung:
    """Record the authority's word; a refusal after deemed consent is refused with the reason."""
    current = due(part, on)
    _only(current, "beantworten", PartState.REQUESTED, PartState.OVERDUE, PartState.NEEDS_INFO)
    _not_before(current, "beantworten", on)
    state = PartState.CONSENTED if consent else PartState.REFUSED
    return replace(current, state=state, answered_on=on, due=None, note=note)


def due(part: Beteiligung, today: date) -> Beteiligung:
    """Return the participation as it stands on ``today``.

    The period runs to the end of its last day, so silence is consent from the day after; without
    such a norm the participation is merely overdue. Calling it twice changes nothing.
    """
    if part.state is not PartState.REQUESTED or part.due is None or today <= part.due:
        return part
    if part.kind.silence_is_consent:
        return replace(part, state=PartState.DEEMED_CONSENTED, answered_on=part.due)
    return replace(part, state=PartState.OVERDUE)


def _only(part: Beteiligung, step: str, *allowed: PartState) -> None:
    if part.state in allowed:
        return
    if part.state is PartState.DEEMED_CONSENTED and part.answered_on is not None:
        text = (
            f"Die Zustimmung ({part.kind.label}) gilt seit Ablauf des "
            f"{part.answered_on:%d.%m.%Y} als erteilt."
        )
        reason = Reason(text, norm=part.kind.silence_norm, key="zustimmung_gilt_als_erteilt")
    else:
        text = f"Die Beteiligung ({part.kind.label}) ist im Stand „{PART_LABELS[part.state]}“."
        reason = Reason(text, norm=part.kind.norm, key="beteiligung_stand")
    raise StepNotAllowed(step, part.state.value, (reason,))


def _ordered(part: Beteiligung, step: str, on: date, end: date) -> None:
    if end < on:
        reason = Reason("Das Ende der Frist liegt vor ihrem Beginn.", key="frist_verkehrt")
        raise StepNotAllowed(step, part.state.value, (reason,))


def _not_before(part: Beteiligung, step: str, on: date) -> None:
    if part.requested_on is not None and on < part.requested_on:
        reason = Reason(
            f"Der Tag liegt vor der Anfrage vom {part.requested_on:%d.%m.%Y}.", key="vor_anfrage"
        )
        raise StepNotAllowed(step, part.state.value, (reason,))

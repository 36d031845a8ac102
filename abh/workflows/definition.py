"""The vocabulary in which a Verfahren is written: states, steps, guards, clocks, marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from abh.kernel.errors import Reason

if TYPE_CHECKING:
    from abh.workflows.checklist import Requirement
    from abh.workflows.facts import Facts


class Power(StrEnum):
    """What somebody may do in a case; a step without one is open to nobody."""

    INTAKE = "INTAKE"
    REVIEW = "REVIEW"
    COUNTER = "COUNTER"
    DECIDE = "DECIDE"
    SIGN_SECOND = "SIGN_SECOND"
    LEGAL = "LEGAL"
    SYSTEM = "SYSTEM"
    APPLICANT = "APPLICANT"


POWER_LABELS: Mapping[Power, str] = {
    Power.INTAKE: "Annahme",
    Power.REVIEW: "Sachbearbeitung",
    Power.COUNTER: "Schalter",
    Power.DECIDE: "Entscheidung",
    Power.SIGN_SECOND: "Zweitzeichnung",
    Power.LEGAL: "Prozessführung",
    Power.SYSTEM: "Automatik",
    Power.APPLICANT: "antragstellende Person",
}


class Turn(StrEnum):
    """Who has to act next while a case is in a state."""

    APPLICANT = "antragstellende Person"
    OFFICE = "Ausländerbehörde"
    THIRD_PARTY = "andere Stelle"
    COURT = "Gericht"
    NOBODY = "niemand"


SAME_STATE = "="


class Effect(StrEnum):
    """What a step causes; the service writes each as rows in the transaction of the step."""

    COMPUTE_FIKTION = "Fiktionswirkung berechnen"
    START_CLOCK_75 = "Uhr nach § 75 VwGO starten"
    START_DEADLINE = "Frist für die antragstellende Person setzen"
    EXTEND_DEADLINE = "Frist verlängern"
    END_DEADLINE = "Frist der antragstellenden Person beenden"
    REMIND = "Erinnerung vermerken"
    REQUEST_PARTICIPATIONS = "Beteiligungen anfordern"
    NOTE_DEEMED_CONSENT = "Ergebnis der Beteiligungen zur Akte vermerken"
    OFFER_APPOINTMENT = "Termin anbieten"
    START_HEARING = "Anhörungsfrist setzen"
    RECORD_DECISION = "Entscheidung mit Namen vermerken"
    RECORD_FICTION_PAPER = "Fiktionsbescheinigung vermerken"
    RECORD_5A_ENTRY = "Eintrag nach § 81 Abs. 5a AufenthG vermerken"
    RECORD_SUPPLEMENT_SHEET = "Zusatzblatt (Vordruck) vermerken"
    ORDER_CARD = "Karte bestellen"
    START_COLLECTION = "Abholfrist setzen"
    HAND_OVER_CARD = "Ausgabe der Karte vermerken, Abholfrist beenden"
    END_FIKTION = "Fiktionswirkung beenden"
    START_ACTION_PERIOD = "Klagefrist berechnen"
    REPORT_AZR = "Meldung an das AZR vormerken"
    STOP_CLOCKS = "Laufende Uhren beenden"
    RELEASE_APPOINTMENT = "Gebuchten Termin freigeben"
    HAND_OVER_FILE = "Akte abgeben"
    START_MOBILITY_CLOCK = "Mobilitätsfrist starten"
    EXTEND_MOBILITY_CLOCK = "Mobilitätsfrist verlängern"
    NOTE_MOBILITY_WORK = "Arbeit nach § 81 Abs. 6a AufenthG vermerken"
    NOTIFY_MEMBER_STATE = "Anderen Mitgliedstaat unterrichten"
    OPEN_RETURN_CASE = "Anschlussvorgang Aufenthaltsbeendigung vorschlagen"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages of the public pages."""

    de: str
    en: str
    ar: str


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of a step: returns nothing, or the reason why the step is not possible.

    ``check`` is pure and total: it never raises, whatever the facts. Unknown facts refuse.
    ``label`` says in German what must hold, ``norm`` where that is written.
    """

    key: str
    label: str
    norm: str
    check: Callable[[Facts], Reason | None]

    def __call__(self, facts: Facts) -> Reason | None:
        reason = self.check(facts)
        if reason is None:
            return None
        return Reason(reason.text, norm=reason.norm or self.norm, key=self.key)


def guard(label: str, norm: str) -> Callable[[Callable[[Facts], Reason | None]], Guard]:
    """Turn a function into a ``Guard`` whose key is the function's name."""

    def wrap(check: Callable[[Facts], Reason | None]) -> Guard:
        return Guard(key=check.__name__, label=label, norm=norm, check=check)

    return wrap


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case and how it is called outside the office."""

    key: str
    label: str
    portal_words: Words
    whose_turn: Turn
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a Verfahren: from where, whereto, who, on which norm, under which guards.

    ``by`` lists the powers of which one is enough. ``automatic`` steps are taken by the sweepers
    as soon as their guards allow; they are never decisions (§ 35a VwVfG NRW). ``decision`` names
    the outcome an official answers for. ``letter`` goes out, ``enclosures`` go with it. The target
    ``SAME_STATE`` leaves the case where it is.
    """

    key: str
    source: tuple[str, ...]
    target: str
    by: tuple[Power, ...]
    norm: str
    label: str
    guards: tuple[Guard, ...] = ()
    letter: str | None = None
    enclosures: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    automatic: bool = False
    needs_reason: bool = False
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A period that runs in a case; its length is a dated value of the Rechtsstand."""

    key: str
    label: str
    norm: str
    law_keys: tuple[str, ...]
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class VolatileMark:
    """Law that is about to change or not verified; shown to clerks and on the generated page."""

    key: str
    text: str
    norm: str
    check_by: date | None = None


@dataclass(frozen=True, slots=True)
class Verfahren:
    """A kind of procedure in one version; once published it never changes (``registry``)."""

    key: str
    version: int
    name: str
    norm: str
    in_force_from: date
    initial: str
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    checklist: tuple[Requirement, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    fees: Mapping[str, str] = field(default_factory=dict)
    clocks: tuple[ClockRule, ...] = ()
    volatile: tuple[VolatileMark, ...] = ()
    evidence_labels: Mapping[str, str] = field(default_factory=dict)

    def state(self, key: str) -> State | None:
        """Return the state with this key, or nothing."""
        return next((s for s in self.states if s.key == key), None)

    def step(self, key: str) -> Step | None:
        """Return the step with this key, or nothing."""
        return next((s for s in self.steps if s.key == key), None)

    def guards(self) -> dict[str, Guard]:
        """Return every guard the steps use, by key."""
        return {g.key: g for step in self.steps for g in step.guards}

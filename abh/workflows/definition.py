"""The vocabulary in which a Verfahren is written: states, steps, guards, clocks, marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from abh.kernel.errors import Reason
from abh.workflows.angaben import Angabe, by_key

if TYPE_CHECKING:
    from abh.workflows.beteiligung import PartKind
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
    REMIND_PARTICIPATIONS = "An ausstehende Beteiligungen erinnern"
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
    DEMAND_PAPERS = "Bescheinigung und abgelaufene Karte zurückfordern"
    DEMAND_ALL_PAPERS = "Karte und alle Bescheinigungen zurückfordern"
    OPEN_TITLE_CASE = "Vorgang des Titels eröffnen und einladen, wenn er beantragt ist"
    OPEN_RETURN_CASE = "Anschlussvorgang Aufenthaltsbeendigung vorschlagen"


@dataclass(frozen=True, slots=True)
class Words:
    """One text for applicants: German here, the other languages in the catalogues."""

    de: str


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
    # outcome of the letter in the signature table, where it has several
    outcome: str = ""


class Entscheidung(StrEnum):
    """How far the authority is bound when all requirements are met."""

    ANSPRUCH = "Anspruch"
    SOLL = "soll"
    KANN = "kann (Ermessen)"


class Zugriff(StrEnum):
    """Who may see a case at all; stands above links of persons and households."""

    ALLGEMEIN = "allgemein"
    KENNTNIS_NOETIG = "nur wer es für den Vorgang braucht"
    EINBUERGERUNG = "Einbürgerungsakte, getrennt von der Ausländerakte"


@dataclass(frozen=True, slots=True)
class Bedingung:
    """A named condition on the facts, for rules that apply only to some cases; never raises."""

    label: str
    check: Callable[[Facts], bool]

    def __call__(self, facts: Facts) -> bool:
        return self.check(facts)


@dataclass(frozen=True, slots=True)
class Variante:
    """A variant of a Verfahren: the value of the fact ``variante`` and what hangs on it.

    ``title`` is how the title is called in letters, ``entscheidung`` how far the office is bound,
    ``outcome`` the row of the signature table its grant falls under, where it differs.
    """

    key: str
    label: str
    norm: str
    title: str = ""
    entscheidung: Entscheidung | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A fee of the Verfahren: a dated amount, and when it is due (always without ``when``).

    ``minors_half`` (§ 50(1) AufenthV): half of it for persons under age. A fee with an ``event``
    (the key of a step, or ``FICTION_PAPER``) is charged when that happens, not with the
    application.
    """

    law_key: str
    label: str
    when: Bedingung | None = None
    minors_half: bool = True
    event: str = ""


# The event of a fee that is due when a Fiktionsbescheinigung is handed out.
FICTION_PAPER = "fiktionsbescheinigung"


@dataclass(frozen=True, slots=True)
class Befreiung:
    """A rule that frees from the fees of the Verfahren, with its norm.

    ``nur`` are the fees it frees from, by key of the Rechtsstand (empty: all of the Verfahren).
    """

    label: str
    norm: str
    when: Bedingung
    nur: tuple[str, ...] = ()

    def covers(self, law_key: str) -> bool:
        """Whether the rule is about this fee."""
        return not self.nur or law_key in self.nur


@dataclass(frozen=True, slots=True)
class PartRule:
    """An authority that must be asked: which, on which norm, and in which cases (``when``)."""

    kind: PartKind
    norm: str
    when: Bedingung


@dataclass(frozen=True, slots=True)
class TitleRule:
    """How long the title runs: at most the dated length ``most_key``, not beyond ``bound``.

    Without ``most_key``, or where ``unlimited`` holds, the title is unlimited. ``bound`` gives the
    last day the facts allow.
    """

    norm: str
    most_key: str = ""
    label: str = ""
    bound: Callable[[Facts], date | None] | None = None
    unlimited: Bedingung | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A period that runs in a case; its length is a dated value of the Rechtsstand.

    ``law_keys[0]`` is the length. The steps in ``start_steps`` start it (again), those in
    ``end_steps`` end it, those in ``stop_steps`` and ``resume_steps`` let it stand and run on, the
    days of rest being added (§ 209 BGB). ``anchor`` gives the day it counts from, without it the
    day of the step; ``before`` counts back from the anchor. ``effect`` says in German what happens
    at the end; automatic steps find that out with the guard ``uhr_abgelaufen``. A row without
    ``start_steps`` describes a clock that an ``Effect`` runs. ``shift=False``: the end is not moved
    to a working day.
    """

    key: str
    label: str
    norm: str
    law_keys: tuple[str, ...]
    starts: str
    ends: str
    start_steps: tuple[str, ...] = ()
    end_steps: tuple[str, ...] = ()
    stop_steps: tuple[str, ...] = ()
    resume_steps: tuple[str, ...] = ()
    anchor: Callable[[Facts], date | None] | None = None
    before: bool = False
    shift: bool = True
    effect: str = ""


@dataclass(frozen=True, slots=True)
class VolatileMark:
    """Law that is about to change or not verified; shown to clerks and on the generated page."""

    key: str
    text: str
    norm: str
    check_by: date | None = None


@dataclass(frozen=True, eq=False)
class Verfahren:
    """A kind of procedure in one version; once published it never changes (``registry``).

    Compared by identity: published versions are constants of their modules.
    """

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
    clocks: tuple[ClockRule, ...] = ()
    volatile: tuple[VolatileMark, ...] = ()
    evidence_labels: Mapping[str, str] = field(default_factory=dict)
    # what it is for, in two plain sentences; opens the page of the handbook
    zweck: str = ""
    # how the title is called in letters, where no variant says otherwise
    titel: str = ""
    varianten: tuple[Variante, ...] = ()
    entscheidung: Entscheidung = Entscheidung.ANSPRUCH
    angaben: tuple[Angabe, ...] = ()
    law_keys: tuple[str, ...] = ()
    gebuehren: tuple[FeeRule, ...] = ()
    befreiungen: tuple[Befreiung, ...] = ()
    beteiligungen: tuple[PartRule, ...] = ()
    laufzeit: TitleRule | None = None
    # norm the granted title rests on, where the facts decide it and not the variant
    norm_of: Callable[[Facts], str] | None = None
    # outcome of N08 in the signature table, where the Verfahren sends one
    grant_outcome: str = ""
    zugriff: Zugriff = Zugriff.ALLGEMEIN
    # whether the job belongs into the application although no work is allowed on its order
    asks_job: bool = False
    # the step that opens a case; an ex officio procedure has its own
    opening: str = "einreichen"

    def state(self, key: str) -> State | None:
        """Return the state with this key, or nothing."""
        return next((s for s in self.states if s.key == key), None)

    def step(self, key: str) -> Step | None:
        """Return the step with this key, or nothing."""
        return self._steps_by_key.get(key)

    @cached_property
    def _steps_by_key(self) -> Mapping[str, Step]:
        found: dict[str, Step] = {}
        for step in self.steps:
            found.setdefault(step.key, step)
        return found

    @cached_property
    def angaben_by_key(self) -> Mapping[str, Angabe]:
        """Return the declared facts by key."""
        return by_key(self.angaben)

    @property
    def openings(self) -> tuple[Step, ...]:
        """Return the steps that can open a case: the usual one first, then those of events."""
        leaving = [step for step in self.steps if self.initial in step.source]
        return tuple(sorted(leaving, key=lambda step: step.key != self.opening))

    @cached_property
    def decided_states(self) -> frozenset[str]:
        """Return the states no case comes to without a decision."""
        reached, queue = {self.initial}, [self.initial]
        while queue:
            here = queue.pop()
            for step in self.steps:
                fresh = here in step.source and step.decision is None
                if fresh and step.target != SAME_STATE and step.target not in reached:
                    reached.add(step.target)
                    queue.append(step.target)
        return frozenset(state.key for state in self.states) - reached

    @property
    def for_applicants(self) -> bool:
        """Whether somebody can apply for it on the public pages."""
        opening = self.step(self.opening)
        return opening is not None and Power.APPLICANT in opening.by

    @cached_property
    def steps_with_rows(self) -> frozenset[str]:
        """Return the steps that move a clock of the table or cause a fee, beside their effects."""
        moved = {
            key
            for clock in self.clocks
            for key in (
                *clock.start_steps,
                *clock.end_steps,
                *clock.stop_steps,
                *clock.resume_steps,
            )
        }
        return frozenset(moved | {rule.event for rule in self.gebuehren if rule.event})

    @property
    def fees(self) -> dict[str, str]:
        """Return the fees by key of the Rechtsstand with their German labels."""
        return {rule.law_key: rule.label for rule in self.gebuehren}

    def variante(self, facts: Facts) -> Variante | None:
        """Return the variant that was applied for, if the Verfahren has variants."""
        return next((v for v in self.varianten if v.key == facts.variante), None)

    def title_words(self, facts: Facts) -> str:
        """Return how the title is called in letters."""
        found = self.variante(facts)
        return (found.title if found else "") or self.titel or self.name

    def title_norm(self, facts: Facts) -> str:
        """Return the norm the title rests on."""
        if self.norm_of is not None:
            return self.norm_of(facts)
        found = self.variante(facts)
        return found.norm if found else self.norm

    def bindung(self, facts: Facts) -> Entscheidung:
        """Return how far the office is bound."""
        found = self.variante(facts)
        return (found.entscheidung if found else None) or self.entscheidung

    def outcome_of(self, facts: Facts) -> str:
        """Return the outcome of N08 that a grant falls under."""
        found = self.variante(facts)
        return (found.outcome if found else "") or self.grant_outcome

    @property
    def about_job(self) -> bool:
        """Whether forms ask for the job: occupation, pay, hours, start."""
        return self.asks_job or self.future_work

    @property
    def future_work(self) -> bool:
        """Whether the work of the new title is allowed from the order of the card (§ 81(5a))."""
        return any(Effect.RECORD_5A_ENTRY in step.effects for step in self.steps)

    def all_law_keys(self) -> frozenset[str]:
        """Return every key of law this version reads."""
        keys = {*self.law_keys, *self.fees}
        keys |= {key for clock in self.clocks for key in clock.law_keys}
        keys |= {part.kind.law_key for part in self.beteiligungen if part.kind.law_key}
        if self.laufzeit is not None and self.laufzeit.most_key:
            keys.add(self.laufzeit.most_key)
        return frozenset(keys)

    def guards(self) -> dict[str, Guard]:
        """Return every guard the steps use, by key."""
        return {g.key: g for step in self.steps for g in step.guards}

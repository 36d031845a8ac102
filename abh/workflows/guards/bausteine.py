"""Guards made from a fact, a clock or a participation: the parts special rows are built of."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import Angabe
from abh.workflows.beteiligung import PART_LABELS, PartKind, PartState
from abh.workflows.checklist import Rule, Status
from abh.workflows.definition import Bedingung, ClockRule, Guard
from abh.workflows.facts import Facts, german


def angabe_ist(angabe: Angabe, value: object, label: str, norm: str) -> Guard:
    """The fact is known and has this value; the reason quotes what it is."""

    def check(f: Facts) -> Reason | None:
        found = f.angabe(angabe.key)
        if found == value and found is not None:
            return None
        said = "nicht bekannt" if found is None else angabe.words(found)
        return Reason(f"{angabe.label}: {said}.")

    return Guard(f"angabe_{angabe.key}_{value}".lower().replace(" ", "_"), label, norm, check)


def angabe_bekannt(angabe: Angabe, label: str, norm: str) -> Guard:
    """The fact has been told or found out."""

    def check(f: Facts) -> Reason | None:
        if f.angabe(angabe.key) not in (None, ""):
            return None
        return Reason(f"Nicht bekannt: {angabe.label}.")

    return Guard(f"angabe_{angabe.key}_bekannt", label, norm, check)


def bedingung(key: str, cond: Bedingung, norm: str, sonst: str) -> Guard:
    """A condition of the Verfahren as a guard; ``sonst`` is the reason where it does not hold."""
    return Guard(key, cond.label, norm, lambda f: None if cond(f) else Reason(sonst))


def regel_erfuellt(key: str, label: str, norm: str, rule: Rule) -> Guard:
    """A requirement rule as a guard of a step: anything but met refuses with its sentence."""

    def check(f: Facts) -> Reason | None:
        found = rule(f)
        if found.status is Status.MET:
            return None
        return Reason(found.why, norm=found.norm)

    return Guard(key, label, norm, check)


def uhr_abgelaufen(clock: ClockRule) -> Guard:
    """The last day of the clock is over; a clock that stands or never ran refuses."""

    def check(f: Facts) -> Reason | None:
        uhr = f.uhren.get(clock.key)
        if uhr is None or uhr.due is None:
            return Reason(f"Die Uhr „{clock.label}“ läuft nicht.")
        if uhr.status == "stopped":
            return Reason(f"Die Uhr „{clock.label}“ steht.")
        if uhr.status == "ended":
            return Reason(f"Die Uhr „{clock.label}“ ist beendet.")
        if uhr.status == "expired" or f.today > uhr.due:
            return None
        return Reason(f"Die Uhr „{clock.label}“ läuft noch bis {german(uhr.due)}.")

    return Guard(
        f"uhr_{clock.key.lower()}_abgelaufen", f"Abgelaufen: {clock.label}", clock.norm, check
    )


def uhr_laeuft(clock: ClockRule) -> Guard:
    """The clock still runs: what must happen in time can still happen."""

    def check(f: Facts) -> Reason | None:
        uhr = f.uhren.get(clock.key)
        if uhr is not None and uhr.status == "running" and uhr.due and f.today <= uhr.due:
            return None
        return Reason(f"Die Uhr „{clock.label}“ läuft nicht mehr.")

    return Guard(f"uhr_{clock.key.lower()}_laeuft", f"Läuft noch: {clock.label}", clock.norm, check)


def stelle_antwortet(kind: PartKind, *states: PartState, label: str, norm: str) -> Guard:
    """The latest participation of this authority is in one of these states."""
    key = f"stelle_{kind.key.lower()}_{'_'.join(state.value for state in states)}"

    def check(f: Facts) -> Reason | None:
        part = next((p for p in reversed(f.participations) if p.kind.key == kind.key), None)
        if part is None:
            return Reason(f"{kind.label} ist nicht beteiligt.")
        if part.state in states:
            return None
        return Reason(f"{kind.label}: {PART_LABELS[part.state]}.")

    return Guard(key, label, norm, check)

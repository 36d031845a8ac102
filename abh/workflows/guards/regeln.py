"""Building blocks of requirement rules: each says in a German sentence with numbers why.

A rule is a total function of the facts; what is not known leaves it open, never met. ``reads``
names the declared facts it hangs on, so that the case page can ask for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from abh.kernel.dauer import add_months
from abh.workflows.angaben import Angabe
from abh.workflows.checklist import Finding, Rule, Status
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german, years_later
from abh.workflows.guards.basis import ask, check, met, not_met, not_needed
from abh.workflows.recht import LawNumber


@dataclass(frozen=True, slots=True)
class Regel:
    """A rule with the keys of the declared facts it reads."""

    rule: Rule
    reads: tuple[str, ...] = ()

    def __call__(self, facts: Facts) -> Finding:
        return self.rule(facts)


def ja(angabe: Angabe, erfuellt: str, fehlt: str, norm: str = "") -> Regel:
    """Met when the fact is yes."""
    return _flag(angabe, True, erfuellt, fehlt, norm)


def nein(angabe: Angabe, erfuellt: str, fehlt: str, norm: str = "") -> Regel:
    """Met when the fact is no (a ground of exclusion)."""
    return _flag(angabe, False, erfuellt, fehlt, norm)


def angegeben(angabe: Angabe, norm: str = "") -> Regel:
    """Met when the fact is known at all; the sentence quotes it."""

    def rule(f: Facts) -> Finding:
        value = f.angabe(angabe.key)
        if value in (None, ""):
            return unbekannt(angabe, norm)
        return met(f"{angabe.label}: {angabe.words(value)}.", norm)

    return Regel(rule, (angabe.key,))


def mindestens(angabe: Angabe, law_key: str, norm: str = "") -> Regel:
    """Met when the number reaches the dated value of law."""
    return _compare(angabe, law_key, norm, least=True)


def hoechstens(angabe: Angabe, law_key: str, norm: str = "") -> Regel:
    """Met when the number does not exceed the dated value of law."""
    return _compare(angabe, law_key, norm, least=False)


def reicht_fuer(angabe: Angabe, bedarf: Angabe, norm: str = "") -> Regel:
    """Met when one number covers another, such as income and need."""

    def rule(f: Facts) -> Finding:
        have, need = f.angabe(angabe.key), f.angabe(bedarf.key)
        for one, value in ((angabe, have), (bedarf, need)):
            if value is None:
                return unbekannt(one, norm)
        text = (
            f"{angabe.label}: {angabe.words(have)}; {bedarf.label}: mindestens "
            f"{bedarf.words(need)}."
        )
        return met(text, norm) if have >= need else not_met(text, norm)

    return Regel(rule, (angabe.key, bedarf.key))


def seit(angabe: Angabe, law_key: str, norm: str = "") -> Regel:
    """Met when at least the dated length of law lies between the day and the Stichtag."""

    def rule(f: Facts) -> Finding:
        since, length = f.angabe(angabe.key), f.law.zahl(law_key)
        if length is None:
            return kein_wert(f, law_key)
        if since is None:
            return unbekannt(angabe, norm)
        reached = plus(since, length)
        span = f"{_length(length)} sind am {german(reached)} erreicht"
        text = f"{angabe.label}: {german(since)}; {span}."
        return met(text, norm) if reached <= f.stichtag else not_met(text, norm)

    return Regel(rule, (angabe.key,))


def bis_heute_gueltig(angabe: Angabe, norm: str = "") -> Regel:
    """Met when the day (the end of something) is not before the Stichtag."""

    def rule(f: Facts) -> Finding:
        until = f.angabe(angabe.key)
        if until is None:
            return unbekannt(angabe, norm)
        text = f"{angabe.label}: {german(until)}."
        return met(text, norm) if until >= f.stichtag else not_met(text, norm)

    return Regel(rule, (angabe.key,))


def eine_von(angabe: Angabe, erlaubt: Collection[str], norm: str = "") -> Regel:
    """Met when the choice is among those the norm names."""

    def rule(f: Facts) -> Finding:
        value = f.angabe(angabe.key)
        if value is None:
            return unbekannt(angabe, norm)
        allowed = ", ".join(
            angabe.choices.get(key, key) for key in angabe.choices if key in erlaubt
        )
        text = f"{angabe.label}: {angabe.words(value)}. Genügt: {allowed}."
        return met(text, norm) if value in erlaubt else not_met(text, norm)

    return Regel(rule, (angabe.key,))


def alter_mindestens(law_key: str, norm: str = "") -> Regel:
    """Met when the person has reached the age on the Stichtag; unknown birth days count late."""
    return _age(law_key, norm, least=True)


def alter_unter(law_key: str, norm: str = "") -> Regel:
    """Met when the person has not yet reached the age on the Stichtag."""
    return _age(law_key, norm, least=False)


def alle(*rules: Rule) -> Regel:
    """Met when every part is met; the first that is not decides, the worst first."""

    def rule(f: Facts) -> Finding:
        findings = [one(f) for one in rules]
        for status in (Status.NOT_MET, Status.OPEN):
            bad = [found for found in findings if found.status is status]
            if bad:
                why = " ".join(found.why for found in bad)
                return replace(bad[0], why=why)
        evidence = _joined([found.evidence for found in findings])
        return replace(
            findings[0], why=" ".join(found.why for found in findings), evidence=evidence
        )

    return Regel(rule, _reads(rules))


def eines(*rules: Rule) -> Regel:
    """Met when one part is met; else open as long as one part is open."""

    def rule(f: Facts) -> Finding:
        findings = [one(f) for one in rules]
        for status in (Status.MET, Status.OPEN):
            found = next((one for one in findings if one.status is status), None)
            if found is not None:
                return found
        return replace(findings[0], why=" ".join(found.why for found in findings))

    return Regel(rule, _reads(rules))


def wenn(bedingung: Bedingung, rule: Rule, sonst: Rule | str) -> Regel:
    """Apply ``rule`` where the condition holds; else ``sonst``, a rule or why none is needed."""

    def chosen(f: Facts) -> Finding:
        if bedingung(f):
            return rule(f)
        return not_needed(sonst) if isinstance(sonst, str) else sonst(f)

    other = () if isinstance(sonst, str) else (sonst,)
    return Regel(chosen, _reads((rule, *other)))


def ausser(bedingung: Bedingung, warum: str, rule: Rule) -> Regel:
    """Apply ``rule`` unless the condition holds; then ``warum`` says why nothing is needed."""
    return wenn(nicht(bedingung), rule, warum)


def variante(*keys: str) -> Bedingung:
    """The case is of one of these variants."""
    return Bedingung("Variante " + " oder ".join(keys), lambda f: f.variante in keys)


def ist(angabe: Angabe, value: object = True) -> Bedingung:
    """The fact has this value."""
    words = angabe.words(value) if isinstance(value, bool | date | int | Decimal | str) else value
    return Bedingung(f"{angabe.label}: {words}", lambda f: f.angabe(angabe.key) == value)


def nicht(bedingung: Bedingung) -> Bedingung:
    """The condition does not hold."""
    return Bedingung(f"nicht: {bedingung.label}", lambda f: not bedingung(f))


def und(*bedingungen: Bedingung) -> Bedingung:
    """All conditions hold."""
    label = " und ".join(one.label for one in bedingungen)
    return Bedingung(label, lambda f: all(one(f) for one in bedingungen))


def oder(*bedingungen: Bedingung) -> Bedingung:
    """One of the conditions holds."""
    label = " oder ".join(one.label for one in bedingungen)
    return Bedingung(label, lambda f: any(one(f) for one in bedingungen))


IMMER = Bedingung("immer", lambda f: True)


def unbekannt(angabe: Angabe, norm: str = "") -> Finding:
    """The finding for a fact that nobody has told yet: asked of whoever can know it."""
    text = f"Nicht bekannt: {angabe.label}."
    return ask(text, norm) if angabe.by_applicant else check(text, norm)


def kein_wert(f: Facts, law_key: str) -> Finding:
    """The finding where the Rechtsstand has no value for the day: open, never a guess."""
    return check(f"Für den {german(f.stichtag)} ist kein Wert hinterlegt ({law_key}).")


def plus(day: date, length: LawNumber) -> date:
    """Return the day a length of law after ``day``; months and years end on the same day."""
    number = int(length.value)
    months = 12 * number if length.unit == "jahre" else number
    if length.unit in ("jahre", "monate"):
        # Rules stay total: beyond the last year of the calendar its last day is as good.
        return date.max if day.year + months // 12 >= date.max.year else add_months(day, months)
    days = number * 7 if length.unit == "wochen" else number
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def birthday(f: Facts, years: int) -> date | None:
    """Return the day the person surely completed ``years``; ``None`` without a birth date."""
    return None if f.birth is None else years_later(f.birth.latest, years)


def _flag(angabe: Angabe, wanted: bool, erfuellt: str, fehlt: str, norm: str) -> Regel:
    def rule(f: Facts) -> Finding:
        value = f.angabe(angabe.key)
        if value is None:
            return unbekannt(angabe, norm)
        return met(erfuellt, norm) if value is wanted else not_met(fehlt, norm)

    return Regel(rule, (angabe.key,))


def _compare(angabe: Angabe, law_key: str, norm: str, *, least: bool) -> Regel:
    def rule(f: Facts) -> Finding:
        value, limit = f.angabe(angabe.key), f.law.zahl(law_key)
        if limit is None:
            return kein_wert(f, law_key)
        if value is None:
            return unbekannt(angabe, norm)
        word = "nötig sind mindestens" if least else "erlaubt sind höchstens"
        text = f"{angabe.label}: {angabe.words(value)}; {word} {angabe.words(limit.value)}."
        good = value >= limit.value if least else value <= limit.value
        return met(text, norm or limit.norm) if good else not_met(text, norm or limit.norm)

    return Regel(rule, (angabe.key,))


def _age(law_key: str, norm: str, *, least: bool) -> Regel:
    def rule(f: Facts) -> Finding:
        years = f.law.zahl(law_key)
        if years is None:
            return kein_wert(f, law_key)
        day = birthday(f, int(years.value))
        if day is None:
            return ask("Das Geburtsdatum ist nicht bekannt.", norm)
        text = f"Das Alter von {years.value} Jahren ist am {german(day)} erreicht."
        reached = day <= f.stichtag
        return met(text, norm) if reached is least else not_met(text, norm)

    return Regel(rule)


def _length(length: LawNumber) -> str:
    return f"{length.value} {length.unit.capitalize()}"


def _reads(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    keys = [key for rule in rules for key in getattr(rule, "reads", ())]
    return tuple(dict.fromkeys(keys))


def _joined(
    groups: list[tuple[tuple[str, ...], ...] | None],
) -> tuple[tuple[str, ...], ...] | None:
    # A part that replaces the evidence does so for itself; without any the requirement's holds.
    told = [group for group in groups if group is not None]
    if len(told) < len(groups):
        return None
    return tuple(kind for group in told for kind in group)

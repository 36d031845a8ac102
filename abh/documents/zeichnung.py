"""Who may sign which letter how: the engine over the decision table of the office (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from abh.documents.zeichnung_refusals import (
    Question,
    channel_refusals,
    cosign_refusals,
    refusals,
)
from abh.documents.zeichnung_types import (
    Channel,
    CosignFacts,
    Mandate,
    Mark,
    Permission,
    Rank,
    Remedy,
    Risk,
    Rule,
    SigningFacts,
    Zeichnungsordnung,
)
from abh.kernel.errors import LawMissing, Reason, SignatureRefused

__all__ = [
    "Channel",
    "Mandate",
    "Mark",
    "Permission",
    "Rank",
    "Remedy",
    "Risk",
    "Rule",
    "SigningFacts",
    "Zeichnungsordnung",
    "channel_reasons",
    "evaluate",
    "evaluate_cosign",
    "find_rule",
    "matching_rules",
    "ordnung_on",
    "rule_of",
]


def ordnung_on(table: Sequence[Zeichnungsordnung], stichtag: date) -> Zeichnungsordnung:
    """Return the version in force on ``stichtag``; raise ``LawMissing`` on gap or overlap."""
    found = [v for v in table if v.in_force(stichtag)]
    if len(found) != 1:
        names = ", ".join(v.version for v in found) or "keine"
        raise LawMissing(f"Zeichnungsordnung am {stichtag:%d.%m.%Y}: {names} in Kraft.")
    return found[0]


def matching_rules(
    ordnung: Zeichnungsordnung,
    letter_key: str,
    outcome: str = "",
    amount: Decimal | None = None,
    risk: Risk | None = None,
) -> tuple[Rule, ...]:
    """Return the rows for a letter; a sound table gives exactly one or none."""
    return tuple(
        rule
        for rule in ordnung.rules
        if rule.letter_key == letter_key
        and rule.outcome == outcome
        and rule.covers(amount)
        and (risk is None or risk == rule.risk)
    )


def find_rule(
    table: Sequence[Zeichnungsordnung],
    letter_key: str,
    stichtag: date,
    *,
    outcome: str = "",
    amount: Decimal | None = None,
) -> Rule:
    """Return the one row for a letter, to show who must sign before anybody does.

    Raises ``SignatureRefused`` when no row or more than one applies.
    """
    ordnung = ordnung_on(table, stichtag)
    facts = SigningFacts(letter_key, Channel.POST, outcome, amount=amount)
    rule, reasons = _one_rule(ordnung, facts)
    if rule is None:
        raise SignatureRefused(reasons=reasons)
    return rule


class SignedLetter(Protocol):
    """A letter with the row and version by which it was signed."""

    rule_id: Any
    rule_version: Any


def rule_of(
    table: Sequence[Zeichnungsordnung], letter: SignedLetter
) -> tuple[Zeichnungsordnung, Rule]:
    """Return the version and the row by which a letter was signed; raises ``LawMissing``."""
    for ordnung in table:
        for rule in ordnung.rules:
            if (ordnung.version, rule.id) == (letter.rule_version, letter.rule_id):
                return ordnung, rule
    raise LawMissing(f"Regel {letter.rule_id} der Fassung {letter.rule_version} fehlt.")


def channel_reasons(row: tuple[Zeichnungsordnung, Rule], facts: SigningFacts) -> tuple[Reason, ...]:
    """Return every reason against sending a letter signed by ``row`` the way that facts say."""
    ordnung, rule = row
    return channel_refusals(Question(ordnung, rule, facts, ordnung.in_force_from))


def evaluate(table: Sequence[Zeichnungsordnung], facts: SigningFacts, stichtag: date) -> Permission:
    """Return how ``facts`` may be signed on ``stichtag``.

    Raises ``SignatureRefused`` with all reasons at once, ``LawMissing`` if no version is in force.
    """
    ordnung = ordnung_on(table, stichtag)
    rule, reasons = _one_rule(ordnung, facts)
    if rule is None:
        raise SignatureRefused(reasons=reasons)
    found = refusals(Question(ordnung, rule, facts, stichtag))
    if found:
        text = f"{facts.letter_key}: " + "; ".join(r.text for r in found)
        raise SignatureRefused(text, reasons=found)
    return _permission(ordnung, rule, facts)


def evaluate_cosign(rule: Rule, facts: CosignFacts, stichtag: date) -> None:
    """Raise ``SignatureRefused`` with all reasons why this person may not co-sign."""
    found = cosign_refusals(rule, facts, stichtag)
    if found:
        raise SignatureRefused("; ".join(r.text for r in found), reasons=found)


def _permission(ordnung: Zeichnungsordnung, rule: Rule, facts: SigningFacts) -> Permission:
    rank = facts.own_rank if facts.own_rank is not None else facts.signer_rank
    return Permission(
        rule_id=rule.id,
        version=ordnung.version,
        mark=rule.mark,
        suffix="" if rule.automatic or rank is None else ordnung.suffixes[rank],
        seal=rule.seal,
        channels=rule.channels,
        remedy=rule.remedy,
        four_eyes=rule.four_eyes,
        cosigners=rule.cosigners,
        act=rule.act,
        form_77=rule.form_77,
        automatic=rule.automatic,
        reasons_required=rule.reasons,
        acting_for=facts.acting_for,
        label=rule.label,
    )


def _one_rule(
    ordnung: Zeichnungsordnung, facts: SigningFacts
) -> tuple[Rule | None, tuple[Reason, ...]]:
    what = facts.letter_key + (f" ({facts.outcome})" if facts.outcome else "")
    found = matching_rules(ordnung, facts.letter_key, facts.outcome, facts.amount, facts.risk)
    if len(found) == 1:
        return found[0], ()
    if found:
        ids = ", ".join(r.id for r in found)
        return None, (Reason(f"Für {what} passen mehrere Regeln: {ids}.", key="regel_mehrdeutig"),)
    banded = any(
        r.has_band and (r.letter_key, r.outcome) == (facts.letter_key, facts.outcome)
        for r in ordnung.rules
    )
    if facts.amount is None and banded:
        text = f"Für {what} fehlt der Betrag, von dem die Zeichnungsbefugnis abhängt."
        return None, (Reason(text, key="betrag_fehlt"),)
    text = f"Für {what} gibt es keine Regel in der Zeichnungsordnung {ordnung.version}."
    return None, (Reason(text, key="regel_fehlt"),)

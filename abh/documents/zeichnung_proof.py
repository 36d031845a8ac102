"""Proves that the signature table answers every question: one rule or a named refusal (pure)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from abh.documents.zeichnung import evaluate, matching_rules
from abh.documents.zeichnung_types import (
    Channel,
    Mandate,
    Mark,
    Rank,
    Remedy,
    Risk,
    Rule,
    SigningFacts,
    Zeichnungsordnung,
)
from abh.kernel.errors import SignatureRefused

Risks = tuple[Risk | None, ...]
_CENT = Decimal("0.01")


class LegalForm(Protocol):
    """What the law says about one outcome of a letter."""

    @property
    def outcome(self) -> str: ...
    @property
    def act(self) -> bool: ...
    @property
    def form_77(self) -> bool: ...
    @property
    def automatic(self) -> bool: ...
    @property
    def needs_remedy(self) -> bool: ...


class Letter(Protocol):
    """A letter of the registry, as far as the proof looks at it."""

    @property
    def key(self) -> str: ...
    @property
    def form(self) -> bool: ...
    @property
    def variants(self) -> Sequence[LegalForm]: ...


def check_table(
    table: Sequence[Zeichnungsordnung], letters: Iterable[Letter], *, every_risk: bool = False
) -> list[str]:
    """Return every fault of ``table``, as sentences; an empty list is the proof.

    For each version, letter, outcome, risk class, amount at and around every limit, rank, training
    and channel, with and without signature, consent and login, exactly one rule or a refusal with
    key and text applies; each rule can be signed by somebody; each row keeps what the law says
    about its letter (§ 37 VwVfG NRW, § 77 AufenthG); no act reaches the portal by a mere link.
    Risk classes are left out where a process only wants to start (``every_risk``).
    """
    letters = list(letters)
    risks = (None, *Risk) if every_risk else (None,)
    return [
        f"{v.version}: {fault}"
        for v in table
        for fault in _version_faults(table, v, letters, risks)
    ]


def _version_faults(
    table: Sequence[Zeichnungsordnung],
    ordnung: Zeichnungsordnung,
    letters: list[Letter],
    risks: Risks,
) -> Iterator[str]:
    known = {(letter.key, v.outcome): (letter, v) for letter in letters for v in letter.variants}
    for rule in ordnung.rules:
        found = known.get((rule.letter_key, rule.outcome))
        if found is None:
            yield f"{rule.id}: Brief {rule.letter_key} „{rule.outcome}“ ist nicht registriert."
        else:
            yield from _legal_faults(rule, *found)
    usable: set[str] = set()
    for key, outcome in known:
        yield from _question_faults(table, ordnung, key, outcome, usable, risks)
    for rule in ordnung.rules:
        if rule.id not in usable and (rule.letter_key, rule.outcome) in known:
            yield f"{rule.id}: Niemand kann nach dieser Regel zeichnen."


def _legal_faults(rule: Rule, letter: Letter, form: LegalForm) -> Iterator[str]:
    claims = {
        "Verwaltungsakt": (rule.act, form.act),
        "Schriftform nach § 77 AufenthG": (rule.form_77, form.form_77),
        "automatisch": (rule.automatic, form.automatic),
        "Rechtsbehelfsbelehrung": (rule.remedy != Remedy.NONE, form.needs_remedy),
        "amtlicher Vordruck": (rule.mark == Mark.FORM, letter.form),
    }
    for name, (has, needs) in claims.items():
        if has != needs:
            verb = "fehlt" if needs else "ist nicht vorgesehen"
            yield f"{rule.id}: {name} {verb} für {letter.key} „{form.outcome}“."


def _question_faults(
    table: Sequence[Zeichnungsordnung],
    ordnung: Zeichnungsordnung,
    key: str,
    outcome: str,
    usable: set[str],
    risks: Risks,
) -> Iterator[str]:
    for amount in _amounts(ordnung, key, outcome):
        found = matching_rules(ordnung, key, outcome, amount)
        if len(found) > 1:
            ids = ", ".join(r.id for r in found)
            yield f"{_what(key, outcome, amount)}: {ids} gelten zugleich."
        elif not found:
            yield f"{_what(key, outcome, amount)}: keine Regel."
        else:
            yield from _answer_faults(table, ordnung, found[0], amount, usable, risks)


def _answer_faults(
    table: Sequence[Zeichnungsordnung],
    ordnung: Zeichnungsordnung,
    rule: Rule,
    amount: Decimal | None,
    usable: set[str],
    risks: Risks,
) -> Iterator[str]:
    day = ordnung.in_force_from
    # Only in the portal does it matter whether access is opened and the letter sealed.
    ways = [
        *((channel, False) for channel in Channel),
        (Channel.PORTAL, True),
        (Channel.DEMAIL, True),
    ]
    question = _what(rule.letter_key, rule.outcome, amount)
    product = itertools.product(Rank, (False, True), ways, risks)
    for rank, training, (channel, opened), risk in product:
        facts = _willing(rule, amount, rank, training, channel, day, risk=risk, opened=opened)
        what = f"{question}, {rank.name}, {channel}"
        try:
            permission = evaluate(table, facts, day)
        except SignatureRefused as refused:
            if not refused.reasons or any(not r.key or not r.text for r in refused.reasons):
                yield f"{what}: Ablehnung ohne Grund."
            continue
        usable.add(permission.rule_id)
        if channel == Channel.PORTAL and rule.act and not opened:
            yield f"{what}: Verwaltungsakt über einen bloßen Link (§ 41 Abs. 2a VwVfG NRW)."
        if channel not in rule.channels or risk not in (None, rule.risk):
            yield f"{what}: nicht vorgesehen, aber erlaubt."
        if permission.rule_id != rule.id:
            yield f"{what}: Regel {permission.rule_id} statt {rule.id}."
        if not rule.automatic and (training or rank == Rank.EINARB):
            yield f"{what}: Einarbeitung zeichnet allein."


def _willing(
    rule: Rule,
    amount: Decimal | None,
    rank: Rank,
    training: bool,
    channel: Channel,
    day: date,
    *,
    risk: Risk | None,
    opened: bool,
) -> SigningFacts:
    """Return facts to which nothing but rank, training, channel and risk can be objected.

    ``opened``: access to the portal is opened and the letter is sealed.
    """
    return SigningFacts(
        letter_key=rule.letter_key,
        outcome=rule.outcome,
        channel=channel,
        amount=amount,
        preparer_id="vorbereitung",
        signer_id="zeichnung",
        signer_rank=rank,
        signer_in_training=training,
        signer_unit="SG1",
        case_unit="SG1",
        mandate=Mandate(day),
        cosigned_by=frozenset(rule.cosigners),
        seal_no="1" if rule.seal else "",
        own_pdf=rule.mark != Mark.FORM,
        risk=risk,
        qes=opened,
        portal_consent=opened,
        portal_authenticated=opened,
    )


def _amounts(ordnung: Zeichnungsordnung, key: str, outcome: str) -> tuple[Decimal | None, ...]:
    """Return amounts at, below and above every limit, or None where amounts do not matter."""
    rules = [r for r in ordnung.rules if (r.letter_key, r.outcome) == (key, outcome)]
    limits = sorted({x for r in rules for x in (r.over, r.up_to) if x is not None})
    if not limits:
        return (None,)
    around = {a for x in limits for a in (x - _CENT, x, x + _CENT)}
    return tuple(sorted(around | {Decimal("0.00"), limits[-1] * 100}))


def _what(key: str, outcome: str, amount: Decimal | None) -> str:
    parts = [key, f"„{outcome}“" if outcome else "", f"{amount} EUR" if amount is not None else ""]
    return " ".join(p for p in parts if p)

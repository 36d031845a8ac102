"""The template workshop: a letter from sample or own data, with every fault of it by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from abh.documents.gates import Release, check_release
from abh.documents.letter_model import Clerk, LetterInput, Office, SignatureBlock
from abh.documents.letters import drafted_kind
from abh.documents.render import Renderer
from abh.documents.zeichnung import find_rule, ordnung_on
from abh.documents.zeichnung_types import Mark, Permission, Zeichnungsordnung
from abh.kernel.errors import NotFound, Reason, RenderRefused

RECIPIENT = ("Priya Beispiel", "Corneliusstraße 71", "40215 Düsseldorf")
CLERK = Clerk("Lena Muster", "Sachgebiet", "2.10", "", "")
SIGNER = "Lena Muster"
REFERENCE = "ABH-2026-0000000"
# Some rows depend on an amount; the sample letters stay in the lowest band.
_AMOUNT = Decimal("100.00")


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as the workshop shows it; ``faults`` are what the gates would refuse."""

    pdf: bytes
    pages: int
    faults: tuple[Reason, ...]


def sample_of(key: str, outcome: str = "") -> Mapping[str, Any]:
    """Return the sample fields of a letter; raises ``NotFound`` for one that has none."""
    kind = drafted_kind(key)
    kind.variant(outcome)
    try:
        return kind.samples[outcome]
    except KeyError:
        raise NotFound(f"Für {key} „{outcome}“ gibt es keine Beispieldaten.") from None


def preview_letter(
    renderer: Renderer,
    table: tuple[Zeichnungsordnung, ...],
    office: Office,
    key: str,
    outcome: str = "",
    *,
    on: date,
    fields: Mapping[str, Any] | None = None,
    recipient: tuple[str, ...] = RECIPIENT,
) -> Preview:
    """Render a letter as it would leave the office on ``on``, with sample data or ``fields``.

    Raises ``InvalidInput`` naming every wrong field, ``RenderRefused`` for a field that the
    template misses or a prescribed form, ``SignatureRefused`` when no rule covers the letter.
    """
    drafted_kind(key)
    permission = _permission(table, key, outcome, on)
    source = LetterInput(
        letter_key=key,
        outcome=outcome,
        office=office,
        recipient=recipient,
        reference=REFERENCE,
        issued_on=on,
        signature=SignatureBlock.of(permission, SIGNER),
        fields=sample_of(key, outcome) if fields is None else fields,
        addressee=recipient[0] if recipient else "",
        clerk=None if permission.mark == Mark.NONE else CLERK,
        remedy=permission.remedy.value,
    )
    made = renderer.render(source)
    faults: tuple[Reason, ...] = ()
    try:
        check_release(Release(source, made, permission, renderer.fonts))
    except RenderRefused as refused:
        faults = refused.reasons
    return Preview(made.pdf, made.pages, faults)


def _permission(
    table: tuple[Zeichnungsordnung, ...], key: str, outcome: str, on: date
) -> Permission:
    ordnung = ordnung_on(table, on)
    banded = any(r.has_band and (r.letter_key, r.outcome) == (key, outcome) for r in ordnung.rules)
    amount = _AMOUNT if banded else None
    rule = find_rule(table, key, on, outcome=outcome, amount=amount)
    rank = rule.signer_from
    return Permission(
        rule_id=rule.id,
        version=ordnung.version,
        mark=rule.mark,
        suffix="" if rank is None else ordnung.suffixes[rank],
        seal=rule.seal,
        channels=rule.channels,
        remedy=rule.remedy,
        four_eyes=rule.four_eyes,
        cosigners=rule.cosigners,
        act=rule.act,
        form_77=rule.form_77,
        automatic=rule.automatic,
        reasons_required=rule.reasons,
        label=rule.label,
    )

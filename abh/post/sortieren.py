"""Sorts what a channel brought: traces of its sender, kind by rules or model, unit by topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from abh.post import sorten, spuren, themen
from abh.post.aufnahme import NewItem
from abh.post.modell import Model
from abh.post.sorten import Sorted, Words

# Below this the model only says what it thinks, and the item stays "Sonstiges".
SURE = 0.6


def sort(item: NewItem, units: Sequence[themen.Unit], model: Model | None) -> NewItem:
    """Return the item with everything that its words tell; what is given already stays.

    ``kind`` and ``unit_key`` are found where they are "".
    """
    text = f"{item.subject}\n{item.body}"
    quoted = spuren.numbers(text)
    kind = item.kind
    sorted_by = item.sorted_by
    if not kind:
        words = Words(item.sender, item.subject, item.body, item.letter_code)
        found = kind_of(words, model)
        kind, sorted_by = found.kind, found.reason
    unit = item.unit_key
    # A separator sheet may be older than the office's last reform.
    if unit not in {one.key for one in units}:
        unit, why = themen.unit_of(text, units)
        sorted_by = f"{sorted_by} {why}".strip()
    harm = dict(item.harm)
    if kind in ("court", "lawyer") and "frist" not in harm:
        end = spuren.until(text, item.received_on)
        harm |= {"frist": end.isoformat()} if end else {}
    return replace(
        item,
        kind=kind,
        sorted_by=sorted_by,
        unit_key=unit,
        harm=harm,
        quoted_number=item.quoted_number or (quoted[0] if quoted else ""),
        birth=item.birth or spuren.birth(text),
    )


def kind_of(words: Words, model: Model | None) -> Sorted:
    """Return the kind by rules, else by the model where it is sure, else "Sonstiges"."""
    ruled = sorten.by_rules(words)
    if ruled is not None:
        return ruled
    if model is None or not (words.subject.strip() or words.body.strip()):
        return Sorted("other", "Keine Regel passt.", 0.0)
    guess = model.classify(words)
    if guess.sure >= SURE:
        return guess
    return Sorted("other", f"Keine Regel passt. {guess.reason}", guess.sure)

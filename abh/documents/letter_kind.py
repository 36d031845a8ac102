"""One kind of letter with its outcomes: legal form, template and schema of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from abh.documents.letter_samples import SAMPLES
from abh.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Variant:
    """One outcome of a letter and its legal form, as the law has it.

    ``abh zeichnung pruefen`` holds the signature table against these claims. ``template`` and
    ``schema`` are set where this outcome reads differently from its siblings.
    """

    outcome: str = ""
    title: str = ""
    act: bool = False
    form_77: bool = False
    automatic: bool = False
    needs_remedy: bool = False
    template: str = ""
    schema: type[Schema] | None = None


@dataclass(frozen=True, slots=True)
class LetterKind:
    """One kind of letter. ``form`` is a prescribed form (§ 58 AufenthV), never an own PDF;
    ``template`` is empty where the product keeps the letter but does not draft it."""

    key: str
    title: str
    variants: tuple[Variant, ...]
    template: str = ""
    schema: type[Schema] | None = None
    form: bool = False
    # A note under a document greets nobody.
    greets: bool = True

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return the outcomes that the signature table must cover."""
        return tuple(v.outcome for v in self.variants)

    @property
    def samples(self) -> Mapping[str, Mapping[str, Any]]:
        """Return example fields per outcome, used by preview and tests."""
        return {o: SAMPLES[self.key, o] for o in self.outcomes if (self.key, o) in SAMPLES}

    @property
    def templates(self) -> frozenset[str]:
        """Return the template files that this kind uses."""
        return frozenset(filter(None, (self.template_of(o) for o in self.outcomes)))

    def variant(self, outcome: str = "") -> Variant:
        """Return the variant for ``outcome``; raises ``NotFound``."""
        for variant in self.variants:
            if variant.outcome == outcome:
                return variant
        raise NotFound(f"{self.key} kennt den Ausgang „{outcome}“ nicht.")

    def title_of(self, outcome: str = "") -> str:
        """Return the heading for ``outcome``."""
        return self.variant(outcome).title or self.title

    def template_of(self, outcome: str = "") -> str:
        """Return the template file for ``outcome``; empty where the product drafts none."""
        return self.variant(outcome).template or self.template

    def schema_of(self, outcome: str = "") -> type[Schema] | None:
        """Return the schema of the fields for ``outcome``."""
        return self.variant(outcome).schema or self.schema

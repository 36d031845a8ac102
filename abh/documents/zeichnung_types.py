"""The words of the signature rules: ranks, marks, rows, facts about a signing (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum


class Rank(IntEnum):
    """Signing ranks, lowest first; ``EINARB`` is a clerk in training."""

    EINARB = 0
    SB = 1
    SGL = 2
    ABL = 3
    AL = 4
    BG = 5
    OB = 6


class Mark(StrEnum):
    """How the letter shows who answers for it (§ 37 Abs. 3, 5 VwVfG NRW)."""

    NONE = "none"
    NAME = "name"
    HAND = "hand"
    FORM = "form"


class Risk(StrEnum):
    """Risk class of a row, set by the office."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"
    TOP = "top"
    FORM = "form"


class Channel(StrEnum):
    """Ways out of the house that a row may allow."""

    POST = "post"
    PZU = "pzu"
    RECEIPT = "empfangsbekenntnis"
    REGISTERED = "einschreiben"
    COUNTER = "schalter"
    PORTAL = "portal"
    DEMAIL = "demail"
    BEBPO = "bebpo"
    AUTHORITY = "behoerde"


class Remedy(StrEnum):
    """Which instruction on remedies the letter carries."""

    NONE = "keine"
    KLAGE = "klage_1_monat"
    EINSPRUCH = "einspruch_2_wochen"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. Amounts in EUR: ``over`` is exclusive, ``up_to`` inclusive."""

    id: str
    letter_key: str
    outcome: str
    label: str
    act: bool
    form_77: bool
    risk: Risk
    signer_from: Rank | None
    four_eyes: bool
    cosigners: tuple[str, ...]
    mark: Mark
    seal: str
    channels: tuple[Channel, ...]
    remedy: Remedy
    reasons: bool
    over: Decimal | None = None
    up_to: Decimal | None = None

    @property
    def automatic(self) -> bool:
        """Claim: no person signs, so no free text either (§ 37 Abs. 5 VwVfG NRW)."""
        return self.signer_from is None

    @property
    def has_band(self) -> bool:
        """Claim: the row applies to a range of amounts only."""
        return self.over is not None or self.up_to is not None

    def covers(self, amount: Decimal | None) -> bool:
        """Return whether ``amount`` lies in the row's band; rows without a band cover all."""
        if not self.has_band:
            return True
        if amount is None:
            return False
        above = self.over is None or amount > self.over
        return above and (self.up_to is None or amount <= self.up_to)


@dataclass(frozen=True, slots=True)
class Zeichnungsordnung:
    """One version of the signature rules; ``in_force_until`` is inclusive, None is open."""

    version: str
    in_force_from: date
    in_force_until: date | None
    suffixes: Mapping[Rank, str]
    house_wide_from: Rank
    rules: tuple[Rule, ...]

    def in_force(self, stichtag: date) -> bool:
        """Return whether this version applies on ``stichtag``."""
        until = self.in_force_until
        return self.in_force_from <= stichtag and (until is None or stichtag <= until)


@dataclass(frozen=True, slots=True)
class Mandate:
    """A signer's written authority to sign; both days inclusive, ``max_amount`` in EUR."""

    valid_from: date
    until: date | None = None
    max_amount: Decimal | None = None

    def valid_on(self, stichtag: date) -> bool:
        """Return whether the mandate holds on ``stichtag``."""
        return self.valid_from <= stichtag and (self.until is None or stichtag <= self.until)


@dataclass(frozen=True, slots=True)
class SigningFacts:
    """Everything the rules look at when one person is about to sign one letter.

    ``risk`` None takes the row's class. ``suffix``, ``remedy`` and ``content_hash`` None mean
    "not chosen yet, take it from the table"; a value that differs from the table is refused.
    Who stands in for somebody absent signs with that person's rank, unit and mandate;
    ``own_rank`` is then their own and gives the suffix, ``acting_for`` names the absent person.
    """

    letter_key: str
    channel: Channel
    outcome: str = ""
    risk: Risk | None = None
    amount: Decimal | None = None
    preparer_id: str = ""
    preparer_in_training: bool = False
    signer_id: str = ""
    signer_rank: Rank | None = None
    signer_in_training: bool = False
    signer_unit: str = ""
    case_unit: str = ""
    signer_excluded: bool = False
    mandate: Mandate | None = None
    cosigned_by: frozenset[str] = frozenset()
    cosigner_ids: frozenset[str] = frozenset()
    own_rank: Rank | None = None
    acting_for: str = ""
    qes: bool = False
    portal_consent: bool = False
    portal_authenticated: bool = False
    seal_wanted: bool = False
    seal_no: str = ""
    suffix: str | None = None
    remedy: Remedy | None = None
    has_reasons: bool = True
    manual_text: bool = False
    own_pdf: bool = True
    signature_image: bool = False
    content_hash: str | None = None
    signed_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CosignFacts:
    """Everything the rules look at when one person is about to co-sign one letter.

    ``held`` are the capacities the person may sign in, ``already`` those given to this content.
    """

    capacity: str
    held: frozenset[str]
    signer_in_training: bool = False
    is_preparer: bool = False
    excluded: bool = False
    mandate: Mandate | None = None
    already: frozenset[str] = frozenset()
    content_hash: str = ""
    frozen_hash: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """What the table grants: the signature block, channels and remedy come only from here."""

    rule_id: str
    version: str
    mark: Mark
    suffix: str
    seal: str
    channels: tuple[Channel, ...]
    remedy: Remedy
    four_eyes: bool
    cosigners: tuple[str, ...]
    act: bool = False
    form_77: bool = False
    automatic: bool = False
    reasons_required: bool = False
    acting_for: str = ""
    label: str = field(default="", compare=False)

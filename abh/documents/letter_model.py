"""What a letter is made of: sender, recipient, signature block, foreign-language paragraphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from abh.documents.zeichnung_types import Mark, Permission


@dataclass(frozen=True, slots=True)
class Court:
    """The administrative court that hears actions against the office (§ 52 VwGO)."""

    name: str
    street: str
    postcode: str
    city: str

    @property
    def address(self) -> str:
        """Return name, street and seat in one line, as § 58 Abs. 1 VwGO wants it."""
        return f"{self.name}, {self.street}, {self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Office:
    """The authority as it must be recognisable in every letter (§ 37 Abs. 3 VwVfG NRW)."""

    name: str
    head: str
    department: str
    street: str
    postcode: str
    city: str
    phone: str
    email: str
    web: str
    bank: str
    iban: str
    bic: str
    court: Court
    hours: str = ""
    transport: str = ""

    @property
    def return_line(self) -> str:
        """Return the sender line above the address in the window."""
        return f"{self.name} · {self.street} · {self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who answers questions about the letter."""

    name: str
    unit: str
    room: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """How the letter ends; made from a ``Permission``, never typed by hand."""

    mark: Mark
    suffix: str = ""
    signer_name: str = ""

    @classmethod
    def of(cls, permission: Permission, signer_name: str = "") -> SignatureBlock:
        """Return the block that ``permission`` grants, with the name of the signer."""
        name = "" if permission.automatic else signer_name
        return cls(permission.mark, permission.suffix, name)


@dataclass(frozen=True, slots=True)
class ForeignText:
    """A summary in another language; German prevails. ``lang`` is BCP 47, e.g. ``ar``."""

    lang: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def direction(self) -> str:
        """Return ``rtl`` for languages written from right to left."""
        return "rtl" if self.lang.split("-")[0] in {"ar", "fa", "he", "ur", "ckb", "ps"} else "ltr"


@dataclass(frozen=True, slots=True)
class LetterInput:
    """Everything that goes into one letter; equal inputs give equal bytes.

    ``recipient`` are the address lines (at most six), ``addressee`` the person greeted by name
    ("" for an authority), ``fields`` the letter's own data as its schema loaded it, ``code`` the
    digits by which a returned letter is recognised, ``amount`` the EUR that were signed.
    """

    letter_key: str
    office: Office
    recipient: tuple[str, ...]
    reference: str
    issued_on: date
    signature: SignatureBlock
    fields: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    addressee: str = ""
    clerk: Clerk | None = None
    remedy: str = "keine"
    dispatch_note: str = ""
    your_reference: str = ""
    foreign: tuple[ForeignText, ...] = ()
    draft: bool = False
    code: str = ""
    amount: Decimal | None = None

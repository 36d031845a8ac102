"""Letters, permissions and facts for the tests of the documents room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from abh.documents.fonts import FontSet, font_paths
from abh.documents.letter_model import Clerk, Court, LetterInput, Office, SignatureBlock
from abh.documents.letters import LETTERS
from abh.documents.render import Renderer
from abh.documents.zeichnung import Mandate, Permission, Rank, SigningFacts, find_rule
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Channel, Mark, Zeichnungsordnung

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 20)
NAME = "Priya Naïma Đặng-Łukaszewicz"
OFFICE = Office(
    name="Landeshauptstadt Düsseldorf",
    head="Der Oberbürgermeister",
    department="Amt für Migration und Integration · Ausländerbehörde",
    street="Redlichstraße 10",
    postcode="40239",
    city="Düsseldorf",
    phone="0211 89-00",
    email="auslaenderbehoerde@duesseldorf.example",
    web="www.duesseldorf.example",
    bank="Stadtsparkasse Düsseldorf",
    iban="DE98300501101234567890",
    bic="DUSSDEDDXXX",
    court=Court("Verwaltungsgericht Düsseldorf", "Bastionstraße 39", "40213", "Düsseldorf"),
)
CLERK = Clerk("Lena Brandt", "Erwerbsmigration und Firmenservice", "1.21", "0211 89-21345")
RECIPIENT = ("Frau", NAME, "c/o Beispiel", "Corneliusstraße 71", "40215 Düsseldorf")
# Letters whose row depends on an amount in EUR.
AMOUNTS = {
    ("N11", "gebuehrenbescheid"): Decimal(100),
    ("leistungsbescheid", ""): Decimal("3280.00"),
}


@cache
def table() -> tuple[Zeichnungsordnung, ...]:
    """Return the signature table of the product."""
    return load_zeichnung(ROOT / "config" / "zeichnung.yaml")


@cache
def fonts() -> FontSet:
    """Return the fonts that the set-up installed."""
    return font_paths(ROOT / "abh" / "web" / "static" / "vendor", also=[ROOT / "node_modules"])


@cache
def renderer() -> Renderer:
    """Return one renderer for all tests, as the product keeps one."""
    return Renderer(fonts())


def permission(key: str, outcome: str = "", amount: Decimal | None = None) -> Permission:
    """Return what the product's table grants a clerk or team lead for this letter."""
    rule = find_rule(table(), key, DAY, outcome=outcome, amount=amount)
    return Permission(
        rule_id=rule.id,
        version="2026-11",
        mark=rule.mark,
        suffix="" if rule.automatic else "Im Auftrag",
        seal=rule.seal,
        channels=rule.channels,
        remedy=rule.remedy,
        four_eyes=rule.four_eyes,
        cosigners=rule.cosigners,
        automatic=rule.automatic,
    )


def letter(key: str, outcome: str = "", **changes: Any) -> LetterInput:
    """Return a sound letter with the sample's fields."""
    granted = permission(key, outcome, AMOUNTS.get((key, outcome)))
    made = LetterInput(
        letter_key=key,
        outcome=outcome,
        office=OFFICE,
        recipient=RECIPIENT,
        reference="ABH-2026-0001234",
        issued_on=DAY,
        signature=SignatureBlock.of(granted, "Lena Brandt"),
        fields=LETTERS[key].samples[outcome],
        addressee=NAME,
        clerk=None if granted.mark == Mark.NONE else CLERK,
        remedy=granted.remedy.value,
    )
    return replace(made, **changes)


def facts(key: str = "N12", **changes: Any) -> SigningFacts:
    """Return facts to which no rule objects: a team lead signs a refusal of her unit."""
    made = SigningFacts(
        letter_key=key,
        channel=Channel.PZU,
        preparer_id="brandt",
        signer_id="yilmaz",
        signer_rank=Rank.SGL,
        signer_unit="SG1",
        case_unit="SG1",
        mandate=Mandate(date(2026, 1, 1)),
    )
    return replace(made, **changes)

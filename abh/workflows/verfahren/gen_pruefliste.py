"""Requirements that read the same in every checklist of a title (§ 5, § 11, § 73 AufenthG)."""

from __future__ import annotations

from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.guards import basis

USUAL = "§ 5 Abs. 1 AufenthG (Abweichung vom Regelfall)"

B1_PASS = Requirement(
    "B1",
    "Gültiger Pass",
    "§ 3, § 5 Abs. 1 Nr. 4 AufenthG",
    basis.passport,
    evidence=(("pass",),),
    waiver_norm=USUAL,
    facts=("passport_until",),
)
B2_IDENTITAET = Requirement(
    "B2",
    "Identität und Staatsangehörigkeit",
    "§ 5 Abs. 1 Nr. 1a AufenthG",
    basis.identity,
    waiver_norm=USUAL,
    facts=("identity_clarified",),
)
B8_EINREISEVERBOT = Requirement(
    "B8",
    "Kein Einreiseverbot",
    "§ 11 Abs. 1 AufenthG",
    basis.entry_ban,
    source=Source.OFFICE,
    facts=("entry_ban",),
)


def b7_sicherheit(rule: Rule = basis.security) -> Requirement:
    """The security query; ``rule`` frees some cases from it where a norm does."""
    return Requirement(
        "B7",
        "Sicherheitsabfrage",
        "§ 5 Abs. 4, § 73 Abs. 2 und 3 AufenthG",
        rule,
        source=Source.THIRD_PARTY,
        facts=("security_valid_until",),
    )

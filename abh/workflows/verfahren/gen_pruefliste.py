"""Requirements that read the same in every checklist of a title (§ 5, § 11, § 73 AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import Bedingung
from abh.workflows.guards import basis
from abh.workflows.guards.regeln import nein, wenn

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


KURSPFLICHT_VERLETZT = ja_nein(
    "kurspflicht_verletzt",
    "Hat die Pflicht zum Integrationskurs wiederholt und gröblich verletzt",
    "§ 8 Abs. 3 AufenthG",
    amt=True,
)


def b12_kurs(verlaengerung: Bedingung) -> Requirement:
    """B12: found out before each extension; what a breach means is weighed (§ 8(3) AufenthG).

    Not for titles under § 25(1) to (3) (§ 8(4) AufenthG).
    """
    return Requirement(
        "B12",
        "Pflicht zum Integrationskurs erfüllt",
        "§ 8 Abs. 3 AufenthG",
        wenn(
            verlaengerung,
            nein(
                KURSPFLICHT_VERLETZT,
                "Eine Pflicht zum Integrationskurs besteht nicht oder ist erfüllt.",
                "Die Pflicht zum Integrationskurs ist wiederholt und gröblich verletzt.",
                "§ 8 Abs. 3 AufenthG",
            ),
            "keine Verlängerung beantragt.",
        ),
        source=Source.OFFICE,
        waiver_norm="§ 8 Abs. 3 Satz 4 und 5 AufenthG",
    )

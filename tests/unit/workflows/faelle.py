"""The complete Blue Card case of the tests, with the law of 2026."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from abh.workflows.beteiligung import BA, BVA, Beteiligung, PartState
from abh.workflows.facts import DecisionDraft, Facts, PartialDate, SecurityAnswer, TitleKind
from abh.workflows.recht import LawNumber, LawValues

SINCE = date(2026, 1, 1)


def number(value: str) -> LawNumber:
    return LawNumber(Decimal(value), "§ 18g AufenthG", SINCE)


LAW_2026 = LawValues(
    threshold_regular=number("50700.00"),
    threshold_reduced=number("45934.20"),
    degree_max_age_years=number("3"),
    job_min_months=number("6"),
    it_experience_min_years=number("3"),
    it_experience_period_years=number("7"),
    shortage_isco=("132", "133", "134", "21", "221", "222", "225", "226", "23", "25"),
    it_isco=("133", "25"),
    zahlen={
        "blaue_karte.verlaengerung.anfaenger": replace(number("24"), unit="monate"),
        "mobilitaet.voraufenthalt": replace(number("12"), unit="monate"),
        "mobilitaet.voraufenthalt.wiederholt": replace(number("6"), unit="monate"),
        "mobilitaet.abschluss.gilt": replace(number("2"), unit="jahre"),
    },
    listen={"blaue_karte.reglementiert": ("221", "222", "225", "226")},
)
BASE = Facts(
    stichtag=date(2026, 11, 23),
    today=date(2026, 11, 23),
    received_on=date(2026, 10, 5),
    birth=PartialDate(1998, 4),
    nationalities=("IND",),
    identity_clarified=True,
    competent=True,
    passport_until=date(2031, 5, 1),
    title_kind=TitleKind.AUFENTHALTSERLAUBNIS,
    title_until=date(2026, 12, 15),
    applied_title="Blaue Karte EU",
    employer="Rheinwerk Software GmbH",
    salary_year=Decimal("48000.00"),
    isco="2431",
    job_permanent=True,
    job_adequate=True,
    degree_recognised=True,
    degree_on=date(2024, 9, 30),
    expulsion_interest=False,
    entry_ban=False,
    exclusion_19f="",
    security=SecurityAnswer.CLEAR,
    security_valid_until=date(2027, 2, 28),
    biometrics_on=date(2026, 11, 20),
    biometrics_usable=True,
    evidence={
        "pass": 1,
        "krankenversicherung": 1,
        "hochschulabschluss": 1,
        "anabin": 1,
        "arbeitsvertrag": 1,
        "ezb": 1,
    },
    participations=(
        Beteiligung(BA, PartState.CONSENTED),
        Beteiligung(BVA, PartState.CONSENTED),
    ),
    fee_paid=True,
    decision=DecisionDraft(official="Frau Aydin"),
    law=LAW_2026,
)


def case(**changes: object) -> Facts:
    return replace(BASE, **changes)  # type: ignore[arg-type]

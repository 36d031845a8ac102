"""P18: residence for well integrated persons (§§ 25a, 25b, transition § 104c), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.definition import (
    Bedingung,
    ClockRule,
    Effect,
    Power,
    Step,
    TitleRule,
    Turn,
    Verfahren,
    VolatileMark,
    guard,
)
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards import bleiberecht as b
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import bedingung, uhr_abgelaufen
from abh.workflows.guards.regeln import (
    plus,
)
from abh.workflows.verfahren.gem_bleiberecht import A_VARIANTE, CHECKLIST, SOLL, VARIANTEN
from abh.workflows.verfahren.gem_humanitaer import (
    LEBENSUNTERHALT,
    auch_aus,
    briefe,
    titelzeilen,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    held,
    title_fees,
)

C104C = ClockRule(
    "C104C",
    "Einladung vor dem Ende des Titels nach § 104c",
    "§ 104c AufenthG, § 82 Abs. 3 AufenthG",
    ("bleiberecht.104c.vorlauf",),
    starts="Ende des Titels, rückwärts gerechnet",
    ends="Antrag oder Ende des Titels",
    start_steps=("titel_104c_erfassen",),
    end_steps=("antrag_nach_einladung", "titel_104c_endet"),
    anchor=lambda f: f.title_until,
    before=True,
    effect="Einladung mit Hinweisen zu § 25a und § 25b",
)


@guard("Ein Titel nach § 104c mit bekanntem Ende liegt vor", "§ 104c AufenthG")
def titel_104c_liegt_vor(f: Facts) -> Reason | None:
    if f.title_kind is not TitleKind.AE_104C:
        return Reason(f"Bisheriger Stand: {f.title_kind.value}.")
    return None if f.title_until is not None else Reason("Das Ende des Titels ist nicht bekannt.")


@guard("Der Antrag kam vor dem Ende des Titels", "§ 81 Abs. 4 Satz 1 AufenthG")
def antrag_vor_titelende(f: Facts) -> Reason | None:
    if f.received_on is None or f.title_until is None:
        return Reason("Tag des Antrags oder Ende des Titels ist nicht bekannt.")
    if f.received_on <= f.title_until:
        return None
    return Reason(f"Der Titel endete am {german(f.title_until)}; der Antrag kam später.")


@guard("Der Titel ist ohne Antrag abgelaufen", "§ 51 Abs. 1 Nr. 1 AufenthG")
def titel_abgelaufen(f: Facts) -> Reason | None:
    if f.title_until is None:
        return Reason("Das Ende des Titels ist nicht bekannt.")
    if f.today > f.title_until:
        return None
    return Reason(f"Der Titel gilt noch bis {german(f.title_until)}.")


ungeklaert = bedingung(
    "identitaet_ungeklaert",
    Bedingung("Die Identität ist nicht geklärt", lambda f: f.identity_clarified is False),
    "§ 5 Abs. 1 Nr. 1a, § 48 Abs. 3 AufenthG",
    "Die Identität ist nicht als ungeklärt festgestellt.",
)
geklaert = bedingung(
    "identitaet_geklaert",
    Bedingung("Die Identität ist geklärt", lambda f: f.identity_clarified is True),
    "§ 5 Abs. 1 Nr. 1a AufenthG",
    "Die Identität ist noch nicht geklärt.",
)
TITEL_STATES = ("titel_104c", "candidate")
OWN_STATES = (
    zustand(
        "titel_104c",
        "Titel nach § 104c läuft",
        "Ihr Titel nach § 104c gilt noch. Wir melden uns rechtzeitig.",
        Turn.NOBODY,
    ),
    zustand(
        "candidate",
        "zum Antrag eingeladen",
        "Bitte beantragen Sie vor dem Ende Ihres Titels die Aufenthaltserlaubnis.",
        Turn.APPLICANT,
    ),
    zustand(
        "identity_clarification",
        "Identität wird geklärt",
        "Bitte weisen Sie Ihre Identität nach, bis zum genannten Tag.",
        Turn.APPLICANT,
    ),
    zustand(
        "title_ended",
        "Titel abgelaufen",
        "Ihr Titel ist abgelaufen. Bitte kommen Sie umgehend zu uns.",
        ende=True,
    ),
)
OWN_STEPS = (
    Step(
        "titel_104c_erfassen",
        ("draft",),
        "titel_104c",
        by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
        norm="§ 104c AufenthG",
        label="Titel nach § 104c vormerken",
        guards=(titel_104c_liegt_vor,),
    ),
    Step(
        "zum_antrag_einladen",
        ("titel_104c",),
        "candidate",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 104c, § 82 Abs. 3 AufenthG",
        label="Zum Antrag nach § 25a oder § 25b einladen",
        guards=(uhr_abgelaufen(C104C),),
        letter="N15",
        enclosures=("N06",),
        effects=(Effect.OFFER_APPOINTMENT,),
        automatic=True,
    ),
    Step(
        "antrag_nach_einladung",
        TITEL_STATES,
        "received",
        by=(Power.APPLICANT, Power.INTAKE, Power.COUNTER),
        norm="§ 81 Abs. 1 und 4, § 104c AufenthG",
        label="Antrag nach § 25a oder § 25b stellen",
        guards=(g.antrag_erkennbar, g.eingang_datiert, antrag_vor_titelende),
        letter="N01",
        effects=(Effect.COMPUTE_FIKTION, Effect.START_CLOCK_75),
    ),
    Step(
        "titel_104c_endet",
        TITEL_STATES,
        "title_ended",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 51 Abs. 1 Nr. 1, § 104c AufenthG",
        label="Ende des Titels ohne Antrag feststellen",
        guards=(titel_abgelaufen,),
        letter="N03",
        automatic=True,
    ),
    Step(
        "identitaet_klaeren",
        ("in_review",),
        "identity_clarification",
        by=(Power.REVIEW,),
        norm="§ 48 Abs. 3, § 82 Abs. 1, § 25a Abs. 6, § 25b Abs. 8 AufenthG",
        label="Klärung der Identität aufgeben",
        guards=(ungeklaert,),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    Step(
        "identitaet_ist_geklaert",
        ("identity_clarification",),
        "in_review",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 5 Abs. 1 Nr. 1a AufenthG",
        label="Identität ist geklärt",
        guards=(geklaert,),
        effects=(Effect.END_DEADLINE,),
        automatic=True,
    ),
    Step(
        "identitaet_frist_vorbei",
        ("identity_clarification",),
        "in_review",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 82 Abs. 1 Satz 4 AufenthG",
        label="Frist zur Klärung der Identität ist vorbei",
        guards=(g.frist_abgelaufen,),
        effects=(Effect.END_DEADLINE,),
        automatic=True,
    ),
)


def _ende(f: Facts) -> date | None:
    """§ 25b(5): at most two years; § 25a keeps the general length of § 26(1)."""
    length = f.law.zahl("bleiberecht.integration.dauer")
    return plus(f.stichtag, length) if b.NACH_25B(f) and length is not None else None


P18_V1 = Verfahren(
    key="P18",
    version=1,
    name="Bleiberecht bei guter oder nachhaltiger Integration",
    norm="§§ 25a, 25b, 104c AufenthG",
    in_force_from=date(2026, 1, 1),
    initial="draft",
    states=zustaende(*OWN_STATES),
    steps=(
        *auch_aus(
            titelzeilen(CHECKLIST),
            ("einstellen", "wegen_fortzugs_abgeben"),
            "titel_104c",
            "candidate",
            "identity_clarification",
        ),
        *OWN_STEPS,
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wer gut integriert ist und bisher nur geduldet wird oder einen Titel nach § 104c hat, "
        "soll eine Aufenthaltserlaubnis erhalten. Das gilt für junge Menschen nach § 25a und nach "
        "mehreren Jahren für alle nach § 25b."
    ),
    titel="Aufenthaltserlaubnis nach § 25a oder § 25b AufenthG",
    varianten=VARIANTEN,
    entscheidung=SOLL,
    angaben=(A_VARIANTE, *b.ANGABEN, LEBENSUNTERHALT, SOZIALLEISTUNGEN, ASSOZIATION, g.UNERHEBLICH),
    law_keys=b.LAW,
    gebuehren=title_fees(held(TitleKind.AUFENTHALTSERLAUBNIS, TitleKind.AE_104C)),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(SICHERHEITSABFRAGE,),
    laufzeit=TitleRule(
        "§ 26 Abs. 1 Satz 1, § 25b Abs. 5 Satz 1 AufenthG",
        "humanitaer.titel.hoechstens",
        "Nach § 25b höchstens zwei Jahre",
        _ende,
    ),
    letters=briefe(),
    clocks=(*GEN_CLOCKS, C104C),
    volatile=(
        VolatileMark(
            "104c_uebergang",
            "§ 104c gibt seit dem 1. Januar 2026 nur noch einen Übergang: bestehende Titel laufen "
            "aus, die letzten etwa Mitte 2027.",
            "§ 104c AufenthG",
            date(2027, 6, 30),
        ),
        VolatileMark(
            "104c_hinweispflicht",
            "Wurde früher nicht auf § 25a und § 25b hingewiesen, kann für bis zu 18 Monate eine "
            "Ermessensduldung in Betracht kommen (VGH München, 6. März 2025, 19 CE 24.1915).",
            "§ 104c Abs. 4 AufenthG a. F.",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in ("pass", "einkommen", "sprachzertifikat", "geburtsurkunde", "heiratsurkunde")
        },
        "schulzeugnis": "Zeugnisse oder Abschluss",
        "schulbescheinigung": "Schulbescheinigung der Kinder",
        "sprachpruefung_amt": "Vermerk über das Gespräch auf A2",
        "lid": "Test „Leben in Deutschland“",
    },
)

PUBLISHED = ((P18_V1, "224f18ada80aa1a4"),)

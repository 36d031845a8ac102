"""P12: child reunification and birth (§§ 28, 32-34, 36a, 37 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import AV, BVA, JUGENDAMT
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    ClockRule,
    Effect,
    Entscheidung,
    Guard,
    PartRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import familie as fam
from abh.workflows.guards import kinder as ki
from abh.workflows.guards.bausteine import angabe_ist, bedingung
from abh.workflows.guards.regeln import alle, ist, ja, nein, nicht, oder, variante, wenn
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEIT_OFFEN,
    SOZIALLEISTUNGEN,
)
from abh.workflows.verfahren.gen_pruefliste import KURSPFLICHT_VERLETZT
from abh.workflows.verfahren.zustaende import GEN_STATES

SOLL, KANN = Entscheidung.SOLL, Entscheidung.KANN
VARIANTEN = (
    Variante("deutsch", "Kind einer deutschen Person", "§ 28 Abs. 1 Satz 1 Nr. 2 AufenthG"),
    Variante(
        "auslaender",
        "Kind, beide oder allein sorgeberechtigter Elternteil hier",
        "§ 32 Abs. 1 AufenthG",
    ),
    Variante(
        "ein_elternteil",
        "Kind, ein Elternteil bei gemeinsamer Sorge hier",
        "§ 32 Abs. 3 AufenthG",
        entscheidung=SOLL,
    ),
    Variante("haerte", "Kind in besonderer Härte", "§ 32 Abs. 4 AufenthG", entscheidung=KANN),
    Variante(
        "subsidiaer",
        "Kind einer subsidiär schutzberechtigten Person",
        "§ 36a Abs. 1 Satz 1 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "geburt",
        "Geburt, beide oder allein sorgeberechtigter Elternteil mit Titel",
        "§ 33 Satz 2 AufenthG",
    ),
    Variante(
        "geburt_ermessen",
        "Geburt, ein Elternteil mit Titel",
        "§ 33 Satz 1 AufenthG",
        entscheidung=KANN,
    ),
    Variante("verlaengerung", "Verlängerung für ein minderjähriges Kind", "§ 34 Abs. 1 AufenthG"),
    Variante(
        "volljaehrig",
        "Eigenes Recht nach der Volljährigkeit",
        "§ 34 Abs. 2 und 3 AufenthG",
        title="Aufenthaltserlaubnis als eigenständiges Aufenthaltsrecht",
        entscheidung=KANN,
    ),
    Variante(
        "wiederkehr",
        "Recht auf Wiederkehr",
        "§ 37 Abs. 1 AufenthG",
        title="Aufenthaltserlaubnis zur Wiederkehr",
    ),
)
DEUTSCH, SUBSIDIAER = variante("deutsch"), variante("subsidiaer")
GEBURT = variante("geburt", "geburt_ermessen")
NACHZUG = variante("deutsch", "auslaender", "ein_elternteil", "haerte", "subsidiaer")
ANSPRUCH = variante("deutsch", "auslaender", "geburt", "verlaengerung", "wiederkehr")
ERMESSEN = variante("haerte", "subsidiaer", "geburt_ermessen", "volljaehrig")


def _ausser_geburt(rule: Rule) -> Rule:
    return wenn(nicht(GEBURT), rule, "§ 33 weicht für hier geborene Kinder von § 5 ab.")


def _sicherheit(f: Facts) -> Reason | None:
    return None if GEBURT(f) else e.sicherheit_aktuell.check(f)


def _personenkreis() -> Rule:
    child = wenn(NACHZUG, ki.minderjaehrig_und_ledig, "siehe § 37.")
    child = wenn(variante("volljaehrig"), ki.volljaehrig, child)
    child = wenn(variante("verlaengerung"), ki.verlaengerung_34, child)
    return wenn(GEBURT, alle(ki.ledig), child)


def _eltern() -> Rule:
    rule: Rule = wenn(
        variante("auslaender"), ki.eltern("beide", "allein"), "hängt nicht am Titel der Eltern."
    )
    rule = wenn(variante("ein_elternteil"), alle(ki.eltern("einer"), ki.einverstanden), rule)
    rule = wenn(
        variante("haerte"),
        alle(
            ki.eltern("beide", "allein", "einer", "keiner"),
            ja(
                ki.HAERTE_KIND,
                "Eine besondere Härte liegt vor.",
                "Eine besondere Härte liegt nicht vor.",
                "§ 32 Abs. 4 AufenthG",
            ),
        ),
        rule,
    )
    rule = wenn(variante("geburt"), ki.eltern_bei_geburt("beide", "allein"), rule)
    rule = wenn(variante("geburt_ermessen"), ki.eltern_bei_geburt("beide", "allein", "einer"), rule)
    rule = wenn(
        DEUTSCH,
        ja(
            fam.STAMMBERECHTIGT_IM_INLAND,
            "Die deutsche Person lebt im Bundesgebiet.",
            "Die deutsche Person lebt nicht im Bundesgebiet.",
            "§ 28 Abs. 1 Satz 1 AufenthG",
        ),
        rule,
    )
    return wenn(
        variante("wiederkehr"),
        alle(
            ki.wiederkehr,
            nein(
                ki.VERSAGUNGSGRUND_37,
                "Kein Versagungsgrund.",
                "Versagungsgrund nach Absatz 3.",
                "§ 37 Abs. 3 AufenthG",
            ),
        ),
        rule,
    )


CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(
        gt.living(
            fam.unterhalt(
                oder(DEUTSCH, GEBURT, variante("verlaengerung")),
                "nach § 28 Abs. 1 Satz 2, § 33 oder § 34 Abs. 1 nicht verlangt.",
            ),
            "§ 29 Abs. 2 Satz 1 oder § 5 Abs. 1 AufenthG",
        ),
        ANSPRUCH,
        ERMESSEN,
        expulsion_waiver="§ 27 Abs. 3 Satz 2 AufenthG",
        passport=_ausser_geburt(basis.passport),
        visa=_ausser_geburt(basis.visa),
        security=_ausser_geburt(basis.security),
        biometrics=ki.biometrie,
        kurs=True,
    ),
    Requirement(
        "KIND",
        "Kind im Sinne der Vorschrift",
        "§ 28 Abs. 1 Satz 1 Nr. 2, § 32 Abs. 1, § 34 AufenthG",
        _personenkreis(),
        evidence=(("geburtsurkunde",),),
    ),
    Requirement(
        "ELT",
        "Aufenthalt der Eltern oder eigenes Recht",
        "§ 28 Abs. 1, § 32 Abs. 1, 3 und 4, § 33, § 37 AufenthG",
        _eltern(),
        waiver_norm="§ 37 Abs. 2 AufenthG",
    ),
    Requirement(
        "SORGE",
        "Nachweis der Personensorge",
        "§ 32 Abs. 1 und 3 AufenthG",
        wenn(
            variante("auslaender", "ein_elternteil"),
            lambda f: basis.met("Die Personensorge ist nachgewiesen."),
            "hängt nicht an der Personensorge.",
        ),
        evidence=(("sorgerecht", "heiratsurkunde"),),
    ),
    Requirement(
        "ALT16",
        "Ab 16 Jahren: Sprache oder Einfügen",
        "§ 32 Abs. 2 AufenthG",
        wenn(
            variante("auslaender", "ein_elternteil"),
            ki.ab_sechzehn,
            "gilt nur für § 32 Abs. 1 und 3.",
        ),
        waiver_norm="§ 32 Abs. 4 AufenthG",
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 29 Abs. 1 Nr. 2, § 2 Abs. 4 AufenthG",
        fam.wohnraum(
            oder(
                DEUTSCH,
                GEBURT,
                variante("verlaengerung", "volljaehrig", "wiederkehr"),
                fam.titel_ist(*fam.FACHKRAEFTE),
            ),
            "nach § 28, § 29 Abs. 2 oder 5, §§ 33, 34 oder 37 nicht verlangt.",
        ),
        evidence=(("mietvertrag",),),
        waiver_norm="§ 29 Abs. 2 Satz 1 AufenthG",
    ),
    Requirement(
        "SOZ",
        "Keine Leistungen für andere Angehörige",
        "§ 27 Abs. 3 Satz 1 AufenthG",
        wenn(
            NACHZUG,
            nein(
                fam.UNTERHALT_ANDERER,
                "Für andere Angehörige werden keine Leistungen gebraucht.",
                "Für andere Angehörige werden Leistungen gebraucht; die Erteilung kann versagt "
                "werden.",
            ),
            "kein Nachzug.",
        ),
        source=Source.OFFICE,
        waiver_norm="§ 27 Abs. 3 Satz 1 AufenthG (Ermessen)",
    ),
    Requirement(
        "SIP",
        "Kein Sperrgrund bei der Person im Bundesgebiet",
        "§ 27 Abs. 3a AufenthG",
        wenn(
            NACHZUG,
            nein(fam.GEFAEHRDER, "Ein Sperrgrund liegt nicht vor.", "Ein Sperrgrund liegt vor."),
            "kein Nachzug.",
        ),
        source=Source.OFFICE,
    ),
    Requirement(
        "36A",
        "Nachzug zu subsidiär Schutzberechtigten zulässig",
        "§ 36a, § 104 Abs. 14 AufenthG",
        fam.nachzug_36a(SUBSIDIAER),
        source=Source.OFFICE,
    ),
)


def _birth_rows() -> tuple[Step, ...]:
    return (
        Step(
            "geburt_erfassen",
            ("draft",),
            "received",
            by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
            norm="§ 33 AufenthG",
            label="Mitgeteilte Geburt von Amts wegen erfassen",
            guards=(
                bedingung("fall_der_geburt", GEBURT, "§ 33 AufenthG", "Es ist kein Fall des § 33."),
                angabe_ist(
                    ki.GEBOREN_IM_INLAND,
                    True,
                    "Das Kind ist im Bundesgebiet geboren",
                    "§ 33 AufenthG",
                ),
            ),
            letter="N03",
            outcome="automatisch",
            effects=(Effect.START_CLOCK_75,),
        ),
    )


def _age_clock(key: str, law_key: str, label: str, norm: str, effect: str) -> ClockRule:
    return ClockRule(
        key,
        label,
        norm,
        (ki.AHEAD,),
        starts="gestellt bei der Ausgabe der Karte",
        ends="vor dem Geburtstag",
        start_steps=("aushaendigen",),
        anchor=lambda f: ki.kommender_geburtstag(f, law_key),
        before=True,
        effect=effect,
    )


AGE_CLOCKS = (
    _age_clock(
        "ALTER6",
        ki.FINGERS,
        "Sechster Geburtstag",
        "§ 78 AufenthG",
        "Wiedervorlage: Fingerabdrücke bei der nächsten Karte",
    ),
    _age_clock(
        "ALTER10",
        ki.SIGNS,
        "Zehnter Geburtstag",
        "§ 78 AufenthG",
        "Wiedervorlage: Unterschrift bei der nächsten Karte",
    ),
    _age_clock(
        "ALTER16",
        ki.SIXTEEN,
        "Sechzehnter Geburtstag",
        "§ 35 Abs. 1 AufenthG",
        "Wiedervorlage: Niederlassungserlaubnis nach § 35 prüfen",
    ),
    _age_clock(
        "ALTER18",
        ki.ADULT,
        "Achtzehnter Geburtstag",
        "§ 34 Abs. 2 AufenthG",
        "Wiedervorlage: eigenständiges Recht",
    ),
)
CLOCK_BIRTH = ClockRule(
    "GEBURT6M",
    "Titel für das hier geborene Kind",
    "§ 81 Abs. 2 Satz 2 AufenthG",
    (ki.BIRTH,),
    starts="Geburt",
    ends="Entscheidung",
    start_steps=("geburt_erfassen",),
    end_steps=("bewilligen", "ablehnen", "einstellen", "zuruecknehmen"),
    anchor=ki.geburt_mit_frist,
    effect="Wiedervorlage: bis hierhin wäre ein Antrag zu stellen",
)


def titel_grenze(f: Facts) -> date | None:
    """Return the last day of the title: that of the parent or of the passport (§ 27(4))."""
    if f.variante in ("volljaehrig", "wiederkehr"):
        return f.passport_until
    return fam.titel_grenze(f, None)


P12_V1 = Verfahren(
    key="P12",
    version=1,
    name="Kindernachzug und Geburt",
    norm="§§ 28, 32 bis 34, 36a, 37 AufenthG",
    in_force_from=date(2024, 1, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.grant_rows(
            CHECKLIST,
            Guard(
                e.sicherheit_aktuell.key,
                e.sicherheit_aktuell.label,
                e.sicherheit_aktuell.norm,
                _sicherheit,
            ),
        ),
        *gen_entscheidung.card_rows(future_work=False),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
        *_birth_rows(),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Kinder ziehen zu ihren Eltern nach oder werden hier geboren; hier geborene Kinder "
        "bekommen ihren Titel von Amts wegen. Auch Verlängerung, eigenes Recht und Wiederkehr."
    ),
    titel="Aufenthaltserlaubnis für ein Kind",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        KURSPFLICHT_VERLETZT,
        SOZIALLEISTUNGEN,
        *fam.ANGABEN,
        *ki.ANGABEN,
        gt.URKUNDE_ZWEIFEL,
    ),
    letters=GEN_LETTERS,
    law_keys=(*fam.LAW, *ki.LAW, *gt.ID_LAW),
    gebuehren=gt.permit_fees(),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        PartRule(
            BVA,
            "§ 73 Abs. 2 und 3 AufenthG",
            Bedingung(
                "Sicherheitsabfrage noch nicht gestellt, kein Fall des § 33",
                lambda f: SICHERHEIT_OFFEN(f) and not GEBURT(f),
            ),
        ),
        PartRule(AV, "§ 71 Abs. 2 AufenthG", gt.gesagt(gt.URKUNDE_ZWEIFEL)),
        PartRule(JUGENDAMT, "§ 50 SGB VIII", ist(ki.HAERTE_KIND)),
    ),
    laufzeit=TitleRule(
        "§ 27 Abs. 4, § 34 AufenthG",
        "familie.titel.hoechstdauer",
        "Titel der Eltern oder Pass",
        titel_grenze,
    ),
    clocks=(*GEN_CLOCKS, CLOCK_BIRTH, *AGE_CLOCKS),
    volatile=(
        VolatileMark(
            "aussetzung_36a",
            "Bis zum Ablauf des 23. Juli 2027 wird zu subsidiär Schutzberechtigten kein Nachzug "
            "gewährt.",
            "§ 104 Abs. 14 AufenthG",
            date(2027, 7, 23),
        ),
        VolatileMark(
            "sicherheitsabfrage_geburt",
            "Für hier geborene Kinder wird nach § 33 keine Sicherheitsabfrage verlangt; das "
            "Justiziariat bestätigt.",
            "§ 33, § 5 Abs. 4 AufenthG",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in (
                "pass",
                "krankenversicherung",
                "einkommen",
                "mietvertrag",
                "geburtsurkunde",
                "heiratsurkunde",
            )
        },
        "sorgerecht": "Entscheidung oder Erklärung zur Personensorge",
    },
)

PUBLISHED = ((P12_V1, "1185112cb4e1442f"),)

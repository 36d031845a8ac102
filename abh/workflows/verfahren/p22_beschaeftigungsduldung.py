"""P22: toleration for employment (§ 60d AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    FeeRule,
    Power,
    Step,
    TitleRule,
    Turn,
    Verfahren,
    VolatileMark,
    guard,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen
from abh.workflows.guards.regeln import (
    ist,
    nicht,
)
from abh.workflows.verfahren.gem_beschaeftigung import (
    ANDERER_TITEL,
    ANGABEN,
    CHECKLIST,
    DULDUNG_BIS,
    KURZ,
    TAGE,
    TRAEGER,
    VARIANTEN,
    WEGFALL,
)
from abh.workflows.verfahren.gem_humanitaer import (
    ENDEN_AUS_DULDUNG,
    KARTEN_ZUSTAENDE,
    auch_aus,
    briefe,
    mit_waechtern,
    ohne_karte,
    titelzeilen,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import (
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_NACHWEISE,
)

BD6 = ClockRule(
    "BD6",
    "Einladung zu § 25b vor dem Ende der Beschäftigungsduldung",
    "§ 25b Abs. 6 AufenthG",
    ("beschaeftigungsduldung.vorlauf",),
    starts="Ende der Duldung, rückwärts gerechnet",
    ends="Einladung, Widerruf oder Titel",
    start_steps=("duldung_ausstellen",),
    end_steps=("zu_25b_einladen", "widerrufen", "titel_erteilt", "duldung_endet"),
    anchor=lambda f: f.angabe(DULDUNG_BIS.key),
    before=True,
    effect="Einladung zum Antrag nach § 25b Abs. 6 (P18)",
)


@guard("Das Ende der Duldung ist für 30 Monate festgelegt", "§ 60d Abs. 1 AufenthG")
def ende_festgelegt(f: Facts) -> Reason | None:
    until = f.angabe(DULDUNG_BIS.key)
    if until is None:
        return Reason("Das Ende der Duldung ist nicht festgelegt.")
    return None if until >= f.today else Reason(f"{german(until)} liegt in der Vergangenheit.")


@guard("Die Beschäftigungsduldung ist abgelaufen", "§ 60d Abs. 1 AufenthG")
def abgelaufen(f: Facts) -> Reason | None:
    until = f.angabe(DULDUNG_BIS.key)
    if until is None:
        return Reason("Das Ende der Duldung ist nicht bekannt.")
    return None if f.today > until else Reason(f"Die Duldung gilt noch bis {german(until)}.")


OWN_STATES = (
    zustand(
        "granted_30m",
        "Beschäftigungsduldung läuft",
        "Sie sind für 30 Monate geduldet und dürfen arbeiten.",
        Turn.NOBODY,
    ),
    zustand(
        "condition_lost",
        "Voraussetzung weggefallen",
        "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
        Turn.APPLICANT,
    ),
    zustand(
        "revoked",
        "Beschäftigungsduldung widerrufen",
        "Ihre Beschäftigungsduldung ist widerrufen.",
        ende=True,
    ),
    zustand(
        "title_granted",
        "Titel erteilt",
        "Sie haben einen Aufenthaltstitel erhalten.",
        ende=True,
    ),
    zustand(
        "ended",
        "Beschäftigungsduldung abgelaufen",
        "Ihre Beschäftigungsduldung ist abgelaufen. Bitte kommen Sie zu uns.",
        ende=True,
    ),
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
OWN_STEPS = (
    Step(
        "duldung_ausstellen",
        ("granted",),
        "granted_30m",
        by=(Power.COUNTER, Power.DECIDE),
        norm="§ 60d Abs. 1, § 60a Abs. 4 AufenthG",
        label="Beschäftigungsduldung aushändigen",
        guards=(ende_festgelegt,),
        letter="N20",
        effects=(Effect.REPORT_AZR,),
    ),
    Step(
        "wegfall_vermerken",
        ("granted_30m",),
        "condition_lost",
        by=(Power.REVIEW, Power.DECIDE),
        norm="§ 60d Abs. 3, § 28 VwVfG NRW",
        label="Wegfall einer Voraussetzung vermerken und anhören",
        guards=(
            angabe_bekannt(
                WEGFALL, "Eine Voraussetzung ist weggefallen", "§ 60d Abs. 3 Satz 1 AufenthG"
            ),
            angabe_ist(
                KURZ, False, "Keine nur kurze Unterbrechung", "§ 60d Abs. 3 Satz 2 AufenthG"
            ),
        ),
        letter="N07",
        effects=(Effect.START_HEARING,),
    ),
    Step(
        "wegfall_ausgeraeumt",
        ("condition_lost",),
        "granted_30m",
        by=(Power.DECIDE,),
        norm="§ 60d Abs. 3 AufenthG",
        label="Voraussetzung liegt wieder vor",
        guards=(e.stellungnahme_da,),
        letter="N03",
        needs_reason=True,
    ),
    Step(
        "widerrufen",
        ("condition_lost",),
        "revoked",
        by=(Power.DECIDE,),
        norm="§ 60d Abs. 3 Satz 1, § 77 Abs. 1 AufenthG",
        label="Beschäftigungsduldung widerrufen",
        guards=(e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet),
        letter="N12",
        effects=(
            *RECORD,
            Effect.START_ACTION_PERIOD,
            Effect.OPEN_RETURN_CASE,
            Effect.DEMAND_PAPERS,
        ),
        needs_reason=True,
        decision="revoked",
    ),
    Step(
        "zu_25b_einladen",
        ("granted_30m",),
        SAME_STATE,
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 25b Abs. 6, § 82 Abs. 3 AufenthG",
        label="Zum Antrag nach § 25b einladen",
        guards=(uhr_abgelaufen(BD6),),
        letter="N15",
        automatic=True,
    ),
    Step(
        "titel_erteilt",
        ("granted_30m", "condition_lost"),
        "title_granted",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 50 Abs. 1, § 60a Abs. 5 AufenthG",
        label="Erteilten Titel vermerken",
        guards=(angabe_bekannt(ANDERER_TITEL, "Ein Titel ist erteilt", "§ 50 Abs. 1 AufenthG"),),
        automatic=True,
    ),
    Step(
        "duldung_endet",
        ("granted_30m", "condition_lost"),
        "ended",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 60d Abs. 1 AufenthG",
        label="Ablauf der Beschäftigungsduldung feststellen",
        guards=(abgelaufen,),
        letter="N03",
        automatic=True,
    ),
)

P22_V1 = Verfahren(
    key="P22",
    version=1,
    name="Beschäftigungsduldung",
    norm="§ 60d AufenthG",
    in_force_from=date(2024, 2, 27),
    initial="draft",
    states=zustaende(*OWN_STATES, ohne=KARTEN_ZUSTAENDE),
    steps=(
        *auch_aus(
            mit_waechtern(
                ohne_karte(titelzeilen(CHECKLIST)),
                # A toleration asks no security query; its fee is due with the certificate.
                {"sicherheit_aktuell": None, "gebuehr_erledigt": None},
            ),
            ENDEN_AUS_DULDUNG,
            "granted_30m",
            "condition_lost",
        ),
        *OWN_STEPS,
    ),
    checklist=CHECKLIST,
    zweck=(
        "Wer geduldet ist, seit einem Jahr arbeitet und davon lebt, erhält in der Regel eine "
        "Duldung für 30 Monate, mit Ehegatten und Kindern. Danach führt der Weg in die "
        "Aufenthaltserlaubnis nach § 25b."
    ),
    titel="Beschäftigungsduldung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.SOLL,
    angaben=ANGABEN,
    law_keys=(
        TAGE,
        "beschaeftigungsduldung.duldung",
        "beschaeftigungsduldung.beschaeftigung",
        "beschaeftigungsduldung.stunden",
        "beschaeftigungsduldung.tagessaetze",
    ),
    gebuehren=(
        FeeRule(
            "gebuehr.duldung.vordruck",
            "Beschäftigungsduldung",
            ist(TRAEGER),
            event="duldung_ausstellen",
        ),
        FeeRule(
            "gebuehr.duldung.etikett",
            "Beschäftigungsduldung",
            nicht(ist(TRAEGER)),
            event="duldung_ausstellen",
        ),
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    laufzeit=TitleRule("§ 60d Abs. 1 AufenthG", "beschaeftigungsduldung.dauer"),
    grant_outcome="sonstige",
    letters=briefe("N20"),
    clocks=(*GEN_CLOCKS, BD6),
    volatile=(
        VolatileMark(
            "tagessaetze",
            "Die Grenze der außer Betracht bleibenden ausländerrechtlichen Strafen folgt aus dem "
            "Verweis auf § 32 Abs. 2 Nr. 5 Buchst. a BZRG und ist zu bestätigen.",
            "§ 60d Abs. 1 Nr. 7 AufenthG",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in (
                "arbeitsvertrag",
                "einkommen",
                "sprachzertifikat",
                "geburtsurkunde",
                "heiratsurkunde",
            )
        },
        "versicherungsverlauf": "Meldungen zur Sozialversicherung",
        "sprachpruefung_amt": "Vermerk über das Gespräch auf A2",
        "schulbescheinigung": "Schulbescheinigung der Kinder",
    },
)

PUBLISHED = ((P22_V1, "5a815a2368082870"),)

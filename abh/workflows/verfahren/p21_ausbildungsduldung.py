"""P21: toleration for training (§ 60c) and residence for training (§ 16g), version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    Effect,
    Entscheidung,
    FeeRule,
    Guard,
    Power,
    Step,
    TitleRule,
    Turn,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import TitleKind
from abh.workflows.guards import ausbildung as a
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, bedingung, uhr_abgelaufen
from abh.workflows.guards.regeln import ist, nicht, und
from abh.workflows.verfahren.gem_ausbildungsduldung import (
    A_VARIANTE,
    CHECKLIST,
    VARIANTEN,
)
from abh.workflows.verfahren.gem_humanitaer import (
    ENDEN_AUS_DULDUNG,
    LEBENSUNTERHALT,
    auch_aus,
    briefe,
    mit_waechtern,
    nur_bei,
    titelzeilen,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import (
    FICTION_FEE,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    held,
)

nur_duldung = bedingung(
    "ausbildungsduldung", a.DULDUNG, "§ 60c AufenthG", "Bewilligt ist ein Titel nach § 16g."
)
nur_titel = bedingung(
    "titel_nach_16g", a.TITEL, "§ 16g AufenthG", "Bewilligt ist eine Ausbildungsduldung."
)
abbruch = angabe_bekannt(
    a.ABBRUCH_AM,
    "Abbruch oder vorzeitiges Ende ist gemeldet",
    "§ 60c Abs. 5, § 16g Abs. 4 AufenthG",
)
bestanden = angabe_bekannt(
    a.BESTANDEN_AM, "Die Ausbildung ist erfolgreich beendet", "§ 60c Abs. 6 Satz 2 AufenthG"
)
AUSSCHLUSS = Bedingung(
    "ein Ausschlussgrund ist eingetreten",
    lambda f: f.angabe(a.EXTREMISMUS.key) is True or a.strafen(f).status.value == "not_met",
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
RUNNING = ("training", "search_6m", "job_search_6m")


def _rows() -> tuple[Step, ...]:
    rows = mit_waechtern(
        titelzeilen(CHECKLIST),
        {
            "ermittlung_laeuft": a.strafverfahren_sperrt,
            "ermittlung_beendet": a.strafverfahren_frei,
            # The toleration asks no security query, and its fee is due with the certificate.
            "sicherheit_aktuell": nur_bei(a.TITEL, e.sicherheit_aktuell),
            "gebuehr_erledigt": nur_bei(a.TITEL, e.gebuehr_erledigt),
        },
    )
    rows = auch_aus(rows, ENDEN_AUS_DULDUNG, *RUNNING)
    out = []
    for row in rows:
        if row.key == "karte_bestellen":
            row = replace(row, guards=(nur_titel, *row.guards))
        out.append(replace(row, target="training") if row.key == "aushaendigen" else row)
    return tuple(out)


OWN_STATES = (
    zustand(
        "training",
        "in Ausbildung",
        "Sie dürfen für Ihre Ausbildung hier bleiben.",
        Turn.NOBODY,
    ),
    zustand(
        "search_6m",
        "Suche nach einem Ausbildungsplatz",
        "Sie haben sechs Monate Zeit, einen neuen Ausbildungsplatz zu finden.",
        Turn.APPLICANT,
    ),
    zustand(
        "job_search_6m",
        "Suche nach einer Beschäftigung",
        "Sie haben sechs Monate Zeit, eine passende Beschäftigung zu finden.",
        Turn.APPLICANT,
    ),
    zustand(
        "completed",
        "Ausbildung beendet, Beschäftigung vorhanden",
        "Bitte beantragen Sie jetzt die Aufenthaltserlaubnis zur Beschäftigung.",
        ende=True,
    ),
    zustand(
        "ended",
        "Ausbildungsduldung oder Titel beendet",
        "Ihre Ausbildungsduldung oder Ihr Titel ist beendet. Bitte kommen Sie zu uns.",
        ende=True,
    ),
)


def _auto(
    key: str, source: str, target: str, norm: str, label: str, *guards: Guard, letter: str = "N03"
) -> Step:
    return Step(
        key,
        (source,),
        target,
        by=(Power.SYSTEM, Power.REVIEW),
        norm=norm,
        label=label,
        guards=guards,
        letter=letter,
        automatic=True,
    )


OWN_STEPS = (
    Step(
        "duldung_ausstellen",
        ("granted",),
        "training",
        by=(Power.COUNTER, Power.DECIDE),
        norm="§ 60c Abs. 1 Satz 3, Abs. 3 Satz 4, § 60a Abs. 4 AufenthG",
        label="Ausbildungsduldung mit Erlaubnis der Beschäftigung aushändigen",
        guards=(nur_duldung,),
        letter="N20",
        effects=(Effect.REPORT_AZR,),
    ),
    _auto(
        "abbruch_vermerken",
        "training",
        "search_6m",
        "§ 60c Abs. 4 bis 6, § 16g Abs. 4, 5 und 7 AufenthG",
        "Abbruch vermerken, Suche beginnt",
        abbruch,
        angabe_ist(
            a.SUCHE_VERBRAUCHT,
            False,
            "Die Suche ist noch nicht genutzt",
            "§ 60c Abs. 6 Satz 1 AufenthG",
        ),
    ),
    _auto(
        "abbruch_ohne_suche",
        "training",
        "ended",
        "§ 60c Abs. 4 und 6 AufenthG",
        "Zweiter Abbruch: Ende feststellen",
        abbruch,
        angabe_ist(
            a.SUCHE_VERBRAUCHT, True, "Die Suche ist verbraucht", "§ 60c Abs. 6 Satz 1 AufenthG"
        ),
    ),
    Step(
        "suchduldung_ausstellen",
        ("search_6m", "job_search_6m"),
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 60c Abs. 6, § 16g Abs. 5 AufenthG",
        label="Bescheinigung für die Suche ausstellen",
        guards=(nur_duldung, e.entscheider_benannt),
        letter="N20",
        effects=RECORD,
        decision="search",
    ),
    _auto(
        "neuer_vertrag_da",
        "search_6m",
        "in_review",
        "§ 60c Abs. 6 Satz 1 AufenthG",
        "Neuen Ausbildungsvertrag prüfen",
        angabe_ist(
            a.NEUER_VERTRAG, True, "Ein neuer Vertrag liegt vor", "§ 60c Abs. 6 Satz 1 AufenthG"
        ),
    ),
    _auto(
        "suche_erfolglos",
        "search_6m",
        "ended",
        "§ 60c Abs. 6 Satz 1 AufenthG",
        "Erfolglose Suche feststellen",
        uhr_abgelaufen(a.SUCHE),
    ),
    _auto(
        "abschluss_mit_stelle",
        "training",
        "completed",
        "§ 19d Abs. 1a, § 16g Abs. 8 AufenthG",
        "Abschluss mit Beschäftigung vermerken",
        bestanden,
        angabe_ist(
            a.STELLE,
            True,
            "Eine entsprechende Beschäftigung ist vorhanden",
            "§ 19d Abs. 1a AufenthG",
        ),
        letter="N15",
    ),
    _auto(
        "abschluss_ohne_stelle",
        "training",
        "job_search_6m",
        "§ 60c Abs. 6 Satz 2, § 16g Abs. 5 Satz 2 AufenthG",
        "Abschluss ohne Beschäftigung vermerken",
        bestanden,
        angabe_ist(
            a.STELLE, False, "Keine Weiterbeschäftigung im Betrieb", "§ 60c Abs. 6 Satz 2 AufenthG"
        ),
        letter="N15",
    ),
    _auto(
        "stelle_gefunden",
        "job_search_6m",
        "completed",
        "§ 19d Abs. 1a, § 16g Abs. 8 AufenthG",
        "Gefundene Beschäftigung vermerken",
        angabe_ist(
            a.STELLE,
            True,
            "Eine entsprechende Beschäftigung ist vorhanden",
            "§ 19d Abs. 1a AufenthG",
        ),
        letter="N15",
    ),
    _auto(
        "arbeitssuche_erfolglos",
        "job_search_6m",
        "ended",
        "§ 60c Abs. 6 Satz 2 Halbsatz 2 AufenthG",
        "Erfolglose Arbeitssuche feststellen",
        uhr_abgelaufen(a.ARBEITSSUCHE),
    ),
    Step(
        "erloschen",
        RUNNING,
        "ended",
        by=(Power.DECIDE,),
        norm="§ 60c Abs. 4, § 16g Abs. 7 AufenthG",
        label="Erlöschen wegen eines Ausschlussgrundes feststellen",
        guards=(
            bedingung(
                "ausschlussgrund_eingetreten",
                AUSSCHLUSS,
                "§ 60c Abs. 2 Nr. 4 und Abs. 4 AufenthG",
                "Ein Ausschlussgrund nach § 60c Abs. 2 Nr. 4 ist nicht festgestellt.",
            ),
            e.angehoert,
            e.entscheider_benannt,
        ),
        letter="N03",
        effects=RECORD,
        needs_reason=True,
        decision="lapsed",
    ),
    Step(
        "zum_erloeschen_anhoeren",
        RUNNING,
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 28 VwVfG NRW",
        label="Zum Erlöschen anhören",
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
)
MIT, OHNE = ist(a.TRAEGER), nicht(ist(a.TRAEGER))

P21_V1 = Verfahren(
    key="P21",
    version=1,
    name="Ausbildungsduldung und Ausbildungs-Aufenthaltserlaubnis",
    norm="§§ 60c, 16g AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=zustaende(*OWN_STATES, ohne=("issued",)),
    steps=(*_rows(), *OWN_STEPS),
    checklist=CHECKLIST,
    zweck=(
        "Wer eine Berufsausbildung macht und ausreisen müsste, kann für ihre Dauer bleiben, mit "
        "Duldung oder mit Aufenthaltserlaubnis. Nach dem Abschluss führt der Weg in einen Titel "
        "zur Beschäftigung."
    ),
    titel="Ausbildungsduldung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(A_VARIANTE, *a.ANGABEN, LEBENSUNTERHALT, SOZIALLEISTUNGEN),
    law_keys=a.LAW,
    gebuehren=(
        FeeRule(
            "gebuehr.titel.erteilung",
            "Erteilung",
            und(a.TITEL, nicht(held(TitleKind.AUFENTHALTSERLAUBNIS))),
        ),
        FeeRule(
            "gebuehr.titel.verlaengerung",
            "Verlängerung um mehr als drei Monate",
            und(a.TITEL, held(TitleKind.AUFENTHALTSERLAUBNIS)),
        ),
        FICTION_FEE,
        FeeRule("gebuehr.duldung.vordruck", "Ausbildungsduldung", MIT, event="duldung_ausstellen"),
        FeeRule("gebuehr.duldung.etikett", "Ausbildungsduldung", OHNE, event="duldung_ausstellen"),
        FeeRule(
            "gebuehr.duldung.erneuerung.vordruck",
            "Duldung zur Suche",
            MIT,
            event="suchduldung_ausstellen",
        ),
        FeeRule(
            "gebuehr.duldung.erneuerung.etikett",
            "Duldung zur Suche",
            OHNE,
            event="suchduldung_ausstellen",
        ),
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    beteiligungen=(replace(SICHERHEITSABFRAGE, when=und(a.TITEL, SICHERHEITSABFRAGE.when)),),
    laufzeit=TitleRule(
        "§ 60c Abs. 3 Satz 4, § 16g Abs. 3 AufenthG",
        "ausbildung.hoechstens",
        "Dauer der Ausbildung nach dem Vertrag",
        lambda f: f.angabe(a.ENDE.key),
    ),
    grant_outcome="sonstige",
    letters=briefe("N20"),
    clocks=(*GEN_CLOCKS, a.SUCHE, a.ARBEITSSUCHE),
    volatile=(
        VolatileMark(
            "16g_gleichlauf",
            "§ 16g ist hier im Gleichlauf mit § 60c abgebildet; abweichende Sätze der einzelnen "
            "Absätze sind vor dem Echtbetrieb zu bestätigen.",
            "§ 16g AufenthG",
        ),
    ),
    evidence_labels={
        **{key: GEN_NACHWEISE[key] for key in ("pass", "einkommen")},
        "ausbildungsvertrag": "Ausbildungsvertrag",
    },
)

PUBLISHED = ((P21_V1, "0c3ef1674f9f988c"),)

"""P19: temporary protection (§ 24 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, text, wahl
from abh.workflows.checklist import Finding
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
    Variante,
    Verfahren,
    VolatileMark,
    guard,
)
from abh.workflows.facts import Facts, TitleKind, german, title_runs_until
from abh.workflows.guards import schritte as g
from abh.workflows.guards.basis import not_met
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen
from abh.workflows.guards.regeln import ja
from abh.workflows.recht import LawKey
from abh.workflows.verfahren.gem_humanitaer import (
    ED,
    ED_ERLEDIGT_AM,
    ED_NOETIG,
    allgemeine,
    auch_aus,
    briefe,
    kein,
    titelzeilen,
    voraussetzung,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    held,
    title_fees,
)

GRUPPEN = {
    "ukrainer": "Ukrainische Staatsangehörige",
    "schutz_in_ukraine": "In der Ukraine international Geschützte oder Staatenlose",
    "familie": "Familienangehörige dieser Personen",
    "unbefristet_in_ukraine": "Mit unbefristetem Titel der Ukraine, ohne sichere Rückkehr",
    "befristet_in_ukraine": "Mit befristetem Titel der Ukraine",
}
# Whose titles run on by law and who is still admitted; the last group is neither.
GESCHUETZT = frozenset(GRUPPEN) - {"befristet_in_ukraine"}
VARIANTEN = tuple(Variante(key, label, "§ 24 Abs. 1 AufenthG") for key, label in GRUPPEN.items())

A_VARIANTE = wahl("variante", "Personengruppe des Ratsbeschlusses", GRUPPEN)
PERSONENKREIS = ja_nein(
    "personenkreis_geprueft",
    "Aufenthalt und Gruppe nach dem Ratsbeschluss sind belegt",
    "Art. 2 Durchführungsbeschluss (EU) 2022/382",
    amt=True,
)
BEREIT = ja_nein("aufnahme_bereit", "Bereit, in Deutschland aufgenommen zu werden", "§ 24 Abs. 1")
ZUGEWIESEN = ja_nein(
    "zugewiesen",
    "Der Stadt zugewiesen oder von der Verteilung ausgenommen",
    "§ 24 Abs. 3 und 4",
    amt=True,
)
AUSSCHLUSS = ja_nein("ausschluss_60_8", "Voraussetzungen des § 60 Abs. 8 liegen vor", amt=True)
ANDERER_STAAT = ja_nein(
    "schutz_anderer_mitgliedstaat",
    "Genießt vorübergehenden Schutz in einem anderen Mitgliedstaat",
    amt=True,
)
BESCHEINIGUNG = ja_nein("bescheinigung_erbeten", "Bescheinigung über die Fortgeltung erbeten")
ANDERER_TITEL = text("anderer_titel", "Anderer Titel ist erteilt", amt=True)


def _personenkreis(f: Facts) -> Finding:
    if f.variante and f.variante not in GESCHUETZT:
        return not_met(
            "Die Gruppe gehört nicht mehr zum Kreis der Geschützten.",
            "Durchführungsbeschluss (EU) 2022/382, UkraineAufenthFGV",
        )
    return ja(
        PERSONENKREIS,
        f"Gruppe belegt: {GRUPPEN.get(f.variante, 'nicht bekannt')}.",
        "Die Zugehörigkeit zur Gruppe ist nicht belegt.",
    )(f)


CHECKLIST = (
    voraussetzung(
        "T1",
        "Gruppe des Ratsbeschlusses",
        "§ 24 Abs. 1 AufenthG, Art. 2 Durchführungsbeschluss (EU) 2022/382",
        _personenkreis,
        nachweise=(("ukraine_nachweis",),),
    ),
    voraussetzung(
        "T2",
        "Bereitschaft zur Aufnahme in Deutschland",
        "§ 24 Abs. 1 AufenthG",
        ja(BEREIT, "Die Bereitschaft ist erklärt.", "Die Bereitschaft ist nicht erklärt."),
    ),
    voraussetzung(
        "T3",
        "Verteilung",
        "§ 24 Abs. 3 bis 5 AufenthG",
        ja(
            ZUGEWIESEN,
            "Die Person ist der Stadt zugewiesen.",
            "Die Person ist einem anderen Ort zugewiesen.",
        ),
        amt=True,
    ),
    voraussetzung(
        "T4",
        "Kein Ausschluss",
        "§ 24 Abs. 2, § 60 Abs. 8 AufenthG",
        kein(AUSSCHLUSS, "Ein Ausschluss besteht nicht.", "§ 60 Abs. 8 liegt vor."),
        amt=True,
    ),
    voraussetzung(
        "T5",
        "Kein vorübergehender Schutz in einem anderen Mitgliedstaat",
        "Art. 11 Richtlinie 2001/55/EG, Ratsbeschlüsse zur Verlängerung",
        kein(
            ANDERER_STAAT,
            "Schutz in einem anderen Mitgliedstaat ist nicht bekannt.",
            "Ein anderer Mitgliedstaat gewährt den Schutz.",
        ),
        amt=True,
    ),
    ED,
    *allgemeine("B7", "B8", "B10"),
)


def _pair(f: Facts) -> tuple[date, date] | None:
    pair = f.law.listen.get(LawKey.SCHUTZ24_FORTGELTUNG.value)
    return (date.fromisoformat(pair[0]), date.fromisoformat(pair[1])) if pair else None


def _schutz_bis(f: Facts) -> date | None:
    pair = _pair(f)
    return pair[1] if pair is not None else None


def _laeuft_bis(f: Facts) -> date | None:
    return title_runs_until(f) if f.variante in GESCHUETZT else f.title_until


@guard("Ein Titel nach § 24 mit bekanntem Ende liegt vor", "§ 24 Abs. 1 AufenthG")
def titel_24_liegt_vor(f: Facts) -> Reason | None:
    if f.title_kind is not TitleKind.AE_24:
        return Reason(f"Bisheriger Stand: {f.title_kind.value}.")
    return None if f.title_until is not None else Reason("Das Ende des Titels ist nicht bekannt.")


@guard("Der Titel gilt ohne eigenen Bescheid fort", "§ 2 UkraineAufenthFGV")
def gilt_fort(f: Facts) -> Reason | None:
    pair = _pair(f)
    if pair is None or f.title_until is None:
        return Reason("Ende des Titels oder Regel zur Fortgeltung ist nicht bekannt.")
    if f.variante not in GESCHUETZT:
        return Reason("Die Gruppe ist von der Fortgeltung ausgenommen.")
    if f.today < pair[0]:
        return Reason(f"Die Fortgeltung beginnt am {german(pair[0])}.")
    if f.title_until < pair[0]:
        return Reason(f"Der Titel endete am {german(f.title_until)}, vor dem {german(pair[0])}.")
    if f.title_until >= pair[1]:
        return Reason(f"Der Titel selbst gilt bis {german(f.title_until)}.")
    return None


@guard("Der Titel ist auch nach der Fortgeltung abgelaufen", "§ 51 Abs. 1 Nr. 1 AufenthG")
def titel_24_abgelaufen(f: Facts) -> Reason | None:
    until = _laeuft_bis(f)
    if until is None:
        return Reason("Das Ende des Titels ist nicht bekannt.")
    return None if f.today > until else Reason(f"Der Titel gilt noch bis {german(until)}.")


S24 = ClockRule(
    "S24",
    "Hinweis vor dem Ende des vorübergehenden Schutzes",
    "§ 82 Abs. 3 AufenthG",
    ("schutz24.vorlauf",),
    starts="Ende der Fortgeltung, rückwärts gerechnet",
    ends="Hinweis, Antrag oder Ende",
    start_steps=("titel_24_erfassen",),
    end_steps=("auf_ende_hinweisen", "neu_beantragen", "zweck_gewechselt", "schutz_endet"),
    anchor=_laeuft_bis,
    before=True,
    effect="Hinweis auf das Ende und auf andere Titel",
)
OPEN_24 = ("titel_24", "auto_continued")
OWN_STATES = (
    zustand(
        "titel_24",
        "Titel nach § 24 läuft",
        "Ihr Aufenthaltstitel gilt.",
        Turn.NOBODY,
    ),
    zustand(
        "auto_continued",
        "Titel gilt kraft Verordnung fort",
        "Ihr Aufenthaltstitel gilt weiter. Sie müssen nichts tun.",
        Turn.NOBODY,
    ),
    zustand(
        "converted",
        "in anderen Titel gewechselt",
        "Sie haben einen anderen Aufenthaltstitel.",
        ende=True,
    ),
    zustand(
        "ended",
        "Schutz beendet",
        "Ihr Aufenthaltstitel ist abgelaufen. Bitte kommen Sie zu uns.",
        ende=True,
    ),
)
OWN_STEPS = (
    Step(
        "titel_24_erfassen",
        ("draft",),
        "titel_24",
        by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
        norm="§ 24 Abs. 1 AufenthG",
        label="Bestehenden Titel nach § 24 vormerken",
        guards=(titel_24_liegt_vor,),
    ),
    Step(
        "fortgeltung_feststellen",
        ("titel_24",),
        "auto_continued",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 2 UkraineAufenthFGV",
        label="Fortgeltung feststellen",
        guards=(gilt_fort,),
        effects=(Effect.REPORT_AZR,),
        automatic=True,
    ),
    Step(
        "fortgeltung_bescheinigen",
        ("auto_continued",),
        SAME_STATE,
        by=(Power.REVIEW, Power.COUNTER),
        norm="§ 2 UkraineAufenthFGV, § 47 Abs. 1 Nr. 9 AufenthV",
        label="Fortgeltung bescheinigen",
        guards=(
            angabe_ist(
                BESCHEINIGUNG, True, "Eine Bescheinigung ist erbeten", "§ 47 Abs. 1 Nr. 9 AufenthV"
            ),
        ),
        letter="N03",
    ),
    Step(
        "auf_ende_hinweisen",
        OPEN_24,
        SAME_STATE,
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 82 Abs. 3 AufenthG",
        label="Auf das Ende des Schutzes hinweisen",
        guards=(uhr_abgelaufen(S24),),
        letter="N15",
        automatic=True,
    ),
    Step(
        "neu_beantragen",
        OPEN_24,
        "received",
        by=(Power.APPLICANT, Power.INTAKE, Power.COUNTER),
        norm="§ 8 Abs. 1, § 24 Abs. 1, § 81 AufenthG",
        label="Eigene Verlängerung oder Neuausstellung beantragen",
        guards=(g.antrag_erkennbar, g.eingang_datiert),
        letter="N01",
        effects=(Effect.COMPUTE_FIKTION, Effect.START_CLOCK_75),
    ),
    Step(
        "zweck_gewechselt",
        OPEN_24,
        "converted",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 39 Satz 1 Nr. 1 AufenthV, § 19f Abs. 1 AufenthG",
        label="Wechsel in einen anderen Titel vermerken",
        guards=(angabe_bekannt(ANDERER_TITEL, "Ein anderer Titel ist erteilt", "§ 7 AufenthG"),),
        effects=(Effect.REPORT_AZR,),
        automatic=True,
    ),
    Step(
        "schutz_endet",
        OPEN_24,
        "ended",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 51 Abs. 1 Nr. 1 AufenthG",
        label="Ende des Titels feststellen",
        guards=(titel_24_abgelaufen,),
        letter="N03",
        automatic=True,
    ),
)

P19_V1 = Verfahren(
    key="P19",
    version=1,
    name="Vorübergehender Schutz",
    norm="§ 24 AufenthG",
    in_force_from=date(2026, 2, 1),
    initial="draft",
    states=zustaende(*OWN_STATES),
    steps=(
        *auch_aus(titelzeilen(CHECKLIST), ("einstellen", "wegen_fortzugs_abgeben"), *OPEN_24),
        *OWN_STEPS,
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wer nach einem Beschluss des Rates vorübergehenden Schutz genießt, vor allem Menschen aus "
        "der Ukraine, erhält eine Aufenthaltserlaubnis. Titel, die am 1. Februar 2026 galten, "
        "gelten ohne eigenen Bescheid bis zum 4. März 2027 fort."
    ),
    titel="Aufenthaltserlaubnis nach § 24 AufenthG",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        A_VARIANTE,
        ASSOZIATION,
        g.UNERHEBLICH,
        PERSONENKREIS,
        BEREIT,
        ZUGEWIESEN,
        AUSSCHLUSS,
        ANDERER_STAAT,
        BESCHEINIGUNG,
        ANDERER_TITEL,
        ED_NOETIG,
        ED_ERLEDIGT_AM,
        SOZIALLEISTUNGEN,
    ),
    law_keys=(LawKey.SCHUTZ24_FORTGELTUNG.value,),
    gebuehren=(
        *title_fees(held(TitleKind.AE_24)),
        FeeRule(
            "humanitaer.gebuehr.bescheinigung",
            "Bescheinigung über die Fortgeltung",
            event="fortgeltung_bescheinigen",
        ),
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(SICHERHEITSABFRAGE,),
    laufzeit=TitleRule(
        "§ 24 Abs. 1 AufenthG, Art. 4 und 6 Richtlinie 2001/55/EG",
        "schutz24.dauer",
        "Ende des vorübergehenden Schutzes",
        _schutz_bis,
    ),
    letters=briefe(),
    clocks=(*GEN_CLOCKS, S24),
    volatile=(
        VolatileMark(
            "schutz_nach_2027",
            "Was nach dem 4. März 2027 gilt, ist nicht bekannt.",
            "§ 24 AufenthG, Richtlinie 2001/55/EG",
            date(2026, 12, 31),
        ),
        VolatileMark(
            "leistungsrecht",
            "Ob neu Ankommende Leistungen nach SGB II oder AsylbLG erhalten, ist in Änderung und "
            "hier nicht geprüft.",
            "SGB II, AsylbLG",
        ),
        VolatileMark(
            "schutz_in_anderem_staat",
            "Der Vorrang des Schutzes in einem anderen Mitgliedstaat (T5) ist zu bestätigen.",
            "Durchführungsbeschlüsse zur Verlängerung des vorübergehenden Schutzes",
        ),
    ),
    evidence_labels={"ukraine_nachweis": "Pass oder Nachweis des Aufenthalts in der Ukraine"},
)

PUBLISHED = ((P19_V1, "1d5bf009333a9aac"),)

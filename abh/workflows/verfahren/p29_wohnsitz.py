"""P29: residence obligation, to lift or change it, and requests of other offices, version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import ABH, ABH_ZUZUG, JUGENDAMT
from abh.workflows.definition import (
    Effect,
    Entscheidung,
    FeeRule,
    PartRule,
    Power,
    Step,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards import wohnsitz as w
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    bedingung,
    regel_erfuellt,
    uhr_abgelaufen,
    uhr_laeuft,
)
from abh.workflows.guards.regeln import ja
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gem_humanitaer import (
    KARTEN_ZUSTAENDE,
    auch_aus,
    briefe,
    ohne_karte,
    voraussetzung,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import FREI_SOZIALLEISTUNGEN, GEN_CLOCKS, SOZIALLEISTUNGEN

VARIANTEN = (
    Variante(
        "p12a",
        "Aufhebung der Wohnsitzverpflichtung",
        "§ 12a Abs. 5 AufenthG",
        entscheidung=Entscheidung.ANSPRUCH,
    ),
    Variante(
        "p61_1d",
        "Änderung der Wohnsitzauflage bei Duldung",
        "§ 61 Abs. 1d Satz 3 AufenthG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "p60_asyl",
        "Änderung der Wohnsitzauflage im Asylverfahren",
        "§ 60 AsylG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "anfrage",
        "Anfrage einer anderen Ausländerbehörde",
        "§ 72 Abs. 3a AufenthG",
        entscheidung=Entscheidung.ANSPRUCH,
    ),
)
A_VARIANTE = wahl("variante", "Gegenstand", {v.key: v.label for v in VARIANTEN})
CHECKLIST = (
    voraussetzung(
        "O1",
        "Verpflichtung besteht",
        "§ 12a Abs. 1 bis 4, § 61 Abs. 1d AufenthG, § 60 AsylG",
        ja(w.VERPFLICHTUNG, "Eine Verpflichtung besteht.", "Eine Verpflichtung besteht nicht."),
        amt=True,
    ),
    voraussetzung(
        "O2",
        "Grund des Umzugs",
        "§ 12a Abs. 5 Satz 1, § 61 Abs. 1d Satz 3 AufenthG, § 60 AsylG",
        w.grund,
        nachweise=(("umzugsgrund_nachweis",),),
    ),
    voraussetzung(
        "O3",
        "Zustimmung der Behörde des Zuzugsorts",
        "§ 72 Abs. 3 und 3a AufenthG",
        w.zustimmung,
        amt=True,
    ),
)
OPEN = (
    "received",
    "jurisdiction_check",
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "awaiting_third_party",
    "hearing",
    "decision_ready",
)
GONE = (*KARTEN_ZUSTAENDE, "appointment_pending", "suspended", "granted")


def _rows() -> tuple[Step, ...]:
    rows = (
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *(
            r
            for r in gen_beteiligung.participation_rows()
            if r.key in ("beteiligen", "beteiligungen_abschliessen")
        ),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
    )
    rows = auch_aus(ohne_karte(rows), ("einstellen", "wegen_fortzugs_abgeben"), "inbound_review")
    out = []
    for row in rows:
        row = replace(row, source=tuple(s for s in row.source if s not in GONE))
        # Criminal proceedings stop titles, not the place of residence.
        kept = tuple(one for one in row.guards if one.key != "ermittlung_beendet")
        row = replace(row, guards=kept)
        if row.key == "urteil_umsetzen":
            row = replace(
                row, key="urteil_aufheben", target="lifted", letter="N28", outcome="aufhebung"
            )
        if row.key == "ablehnen":
            effects = tuple(one for one in row.effects if one is not Effect.REPORT_AZR)
            row = replace(row, effects=effects)
        out.append(row)
    return tuple(out)


OWN_STATES = (
    zustand(
        "lifted",
        "Verpflichtung aufgehoben",
        "Sie dürfen umziehen. Melden Sie Änderungen in den nächsten drei Monaten.",
        Turn.NOBODY,
    ),
    zustand(
        "lifted_final",
        "Aufhebung beständig",
        "Sie dürfen am neuen Ort wohnen.",
        ende=True,
    ),
    zustand(
        "persists",
        "Verpflichtung wirkt fort",
        "Sie müssen im neuen Land wohnen bleiben.",
        ende=True,
    ),
    zustand(
        "closed",
        "keine Verpflichtung",
        "Sie sind nicht verpflichtet, an einem bestimmten Ort zu wohnen.",
        ende=True,
    ),
    zustand(
        "inbound_review",
        "Anfrage in Prüfung",
        "Eine andere Behörde hat uns gefragt. Wir prüfen das.",
    ),
    zustand(
        "inbound_answered",
        "Anfrage beantwortet",
        "Wir haben der anderen Behörde geantwortet.",
        ende=True,
    ),
    zustand(
        "inbound_deemed",
        "Zustimmung gilt als erteilt",
        "Unsere Zustimmung gilt als erteilt.",
        ende=True,
    ),
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
OWN_STEPS = (
    Step(
        "keine_verpflichtung",
        ("completeness_check", "in_review"),
        "closed",
        by=(Power.REVIEW, Power.DECIDE),
        norm="§ 12a Abs. 1 Satz 2, § 61 Abs. 1d AufenthG",
        label="Bescheinigen, dass keine Verpflichtung besteht",
        guards=(
            angabe_ist(
                w.VERPFLICHTUNG, False, "Eine Verpflichtung besteht nicht", "§ 12a Abs. 1 AufenthG"
            ),
        ),
        letter="N28",
        outcome="bescheinigung",
        effects=(Effect.STOP_CLOCKS,),
    ),
    Step(
        "verpflichtung_endet",
        OPEN,
        "closed",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 12a Abs. 1 Satz 1 AufenthG",
        label="Ende der Verpflichtung nach drei Jahren vermerken",
        guards=(uhr_abgelaufen(w.W3J),),
        letter="N03",
        effects=(Effect.STOP_CLOCKS,),
        automatic=True,
    ),
    Step(
        "aufheben",
        ("decision_ready",),
        "lifted",
        by=(Power.DECIDE,),
        norm="§ 12a Abs. 5, § 61 Abs. 1d AufenthG, § 60 AsylG",
        label="Verpflichtung aufheben oder ändern",
        guards=(
            g.beteiligungen_beantwortet,
            g.voraussetzungen_erfuellt(CHECKLIST),
            e.entscheider_benannt,
            e.zweitzeichnung,
        ),
        letter="N28",
        outcome="aufhebung",
        effects=(*RECORD, Effect.STOP_CLOCKS),
        decision="granted",
    ),
    Step(
        "aufhebung_bestaendig",
        ("lifted",),
        "lifted_final",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 12a Abs. 5 Satz 2 AufenthG",
        label="Aufhebung ist beständig",
        guards=(w.drei_monate_vorbei,),
        automatic=True,
    ),
    Step(
        "verpflichtung_wirkt_fort",
        ("lifted",),
        "persists",
        by=(Power.DECIDE,),
        norm="§ 12a Abs. 5 Satz 2 AufenthG",
        label="Fortwirken im neuen Land feststellen",
        guards=(
            angabe_bekannt(w.WEGFALL, "Der Grund ist weggefallen", "§ 12a Abs. 5 Satz 2 AufenthG"),
            uhr_laeuft(w.W3M),
            e.entscheider_benannt,
        ),
        letter="N28",
        outcome="auflage",
        effects=RECORD,
        needs_reason=True,
        decision="persists",
    ),
    Step(
        "anfrage_uebernehmen",
        ("draft",),
        "inbound_review",
        by=(Power.SYSTEM, Power.INTAKE),
        norm="§ 72 Abs. 3a AufenthG",
        label="Anfrage einer anderen Behörde übernehmen",
        guards=(
            bedingung(
                "anfrage_liegt_vor",
                w.ANFRAGE,
                "§ 72 Abs. 3a AufenthG",
                "Es ist keine Anfrage einer anderen Behörde.",
            ),
            angabe_bekannt(
                w.ANFRAGE_AM, "Der Tag des Zugangs ist bekannt", "§ 72 Abs. 3a Satz 3 AufenthG"
            ),
        ),
    ),
    Step(
        "zustimmen",
        ("inbound_review",),
        "inbound_answered",
        by=(Power.DECIDE,),
        norm="§ 72 Abs. 3a Satz 2 AufenthG",
        label="Zuzug zustimmen",
        guards=(
            uhr_laeuft(w.Z4W),
            regel_erfuellt(
                "zuzugsgrund_belegt",
                "Der Grund des Umzugs ist belegt",
                "§ 12a Abs. 5, § 72 Abs. 3a Satz 2 AufenthG",
                w.grund,
            ),
            e.entscheider_benannt,
        ),
        effects=(Effect.RECORD_DECISION,),
        decision="consented",
    ),
    Step(
        "widersprechen",
        ("inbound_review",),
        "inbound_answered",
        by=(Power.DECIDE,),
        norm="§ 72 Abs. 3a Satz 2 AufenthG",
        label="Zuzug mit Gründen widersprechen",
        guards=(uhr_laeuft(w.Z4W), w.grund_verneint, e.entscheider_benannt),
        effects=(Effect.RECORD_DECISION,),
        needs_reason=True,
        decision="objected",
    ),
    Step(
        "schweigen_gilt",
        ("inbound_review",),
        "inbound_deemed",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 72 Abs. 3a Satz 3 AufenthG",
        label="Zustimmung durch Schweigen vermerken",
        guards=(uhr_abgelaufen(w.Z4W),),
        automatic=True,
    ),
)

P29_V1 = Verfahren(
    key="P29",
    version=1,
    name="Wohnsitzregelung und Wohnsitzauflage",
    norm="§ 12a, § 61 Abs. 1d AufenthG, § 60 AsylG",
    in_force_from=date(2024, 6, 1),
    initial="draft",
    states=zustaende(*OWN_STATES, ohne=GONE),
    steps=(*_rows(), *OWN_STEPS),
    checklist=CHECKLIST,
    zweck=(
        "Wer Schutz erhalten hat oder geduldet ist, muss oft an einem bestimmten Ort wohnen. Auf "
        "Antrag wird das geprüft und bei Arbeit, Ausbildung, Familie oder Härte aufgehoben; die "
        "Behörde des neuen Ortes wird gefragt, ihr Schweigen gilt als Zustimmung."
    ),
    titel="Aufhebung der Wohnsitzverpflichtung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(A_VARIANTE, *w.ANGABEN, SOZIALLEISTUNGEN),
    law_keys=w.LAW,
    gebuehren=(FeeRule("wohnsitz.gebuehr.nebenbestimmung", "Änderung der Wohnsitzauflage", w.P61),),
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    beteiligungen=(
        PartRule(ABH_ZUZUG, "§ 72 Abs. 3a AufenthG", w.ZUZUG),
        PartRule(ABH, "§ 72 Abs. 3 AufenthG", w.ANDERE),
        PartRule(JUGENDAMT, "§ 12a Abs. 5 Satz 1 Nr. 2 Buchst. a AufenthG", w.JUGENDHILFE),
    ),
    letters={
        k: v for k, v in briefe("N28").items() if k not in {"N06", "N08", "N09", "N11", "N15"}
    },
    clocks=(*GEN_CLOCKS, w.W3J, w.W3M, w.Z4W),
    volatile=(
        VolatileMark(
            "gebuehr_12a",
            "Ob die Aufhebung nach § 12a Abs. 5 eine Gebühr kostet, wird verschieden gehandhabt; "
            "hier ist sie frei.",
            "§ 47 Abs. 1 Nr. 3 AufenthV",
        ),
        VolatileMark(
            "awov",
            "Zuständigkeiten nach der AWoV NRW (Bezirksregierung Arnsberg) sind zu bestätigen.",
            "§ 12a Abs. 9 AufenthG",
        ),
    ),
    evidence_labels={"umzugsgrund_nachweis": "Nachweis des Grundes (Vertrag, Zusage, Urkunde)"},
)

PUBLISHED = ((P29_V1, "55a50999b7612ddf"),)

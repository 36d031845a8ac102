"""P24: certificate of the effect of an application (§ 81(3)-(5a) AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.checklist import Requirement
from abh.workflows.definition import (
    SAME_STATE,
    Befreiung,
    Effect,
    Entscheidung,
    Power,
    Step,
    Turn,
    Verfahren,
    VolatileMark,
)
from abh.workflows.fiktion import fiktion
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import fiktionspapier as p
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import bedingung, regel_erfuellt, uhr_abgelaufen
from abh.workflows.guards.regeln import ist, nicht
from abh.workflows.verfahren.gem_humanitaer import briefe, voraussetzung, zustand
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    CLOCK_RUECKGABE,
    FICTION_FEE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    SOZIALLEISTUNGEN,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

CHECKLIST: tuple[Requirement, ...] = (
    voraussetzung(
        "F1", "Eingang und bisheriger Stand bekannt", "§ 81 Abs. 3 und 4 AufenthG", p.eingang
    ),
    voraussetzung(
        "F2",
        "Rechtmäßiger Aufenthalt oder gültiger Titel beim Antrag",
        "§ 81 Abs. 3 und 4 AufenthG",
        p.grundlage,
        amt=True,
    ),
    voraussetzung(
        "F3", "Kein Schengen-Visum", "§ 81 Abs. 4 Satz 2 AufenthG", p.kein_schengen, amt=True
    ),
    voraussetzung("F4", "Kein anderer Titel aus § 104c", "§ 104c AufenthG", p.kein_104c, amt=True),
    voraussetzung(
        "F5", "Identität gesichert, wo nötig", "§ 81 Abs. 7, § 49 AufenthG", p.ed, amt=True
    ),
    voraussetzung(
        "F6", "Kein Asylantrag, der die Wirkung beendet", "§ 55 Abs. 2 AsylG", p.kein_asyl, amt=True
    ),
)
COMPLETE = g.voraussetzungen_erfuellt(CHECKLIST)
LIVE = ("computed", "issue_due", "certified", "certified_5a", "reissue_due")
PAPER = ("certified", "certified_5a")
OPEN = (*LIVE, "hardship_review", "missing_facts")
STATES = (
    *(s for s in GEN_STATES if s.key in ("draft", "discontinued", "transferred")),
    zustand(
        "computed",
        "Wirkung berechnet",
        "Ihr Antrag ist eingegangen. Was er bewirkt, steht in der Eingangsbestätigung.",
    ),
    zustand(
        "missing_facts",
        "Angaben zur Wirkung fehlen",
        "Es fehlt noch etwas. Bitte reichen Sie es bis zum genannten Tag nach.",
        Turn.APPLICANT,
    ),
    zustand(
        "issue_due",
        "Bescheinigung auszustellen",
        "Ihre Bescheinigung wird ausgestellt.",
    ),
    zustand(
        "certified",
        "Wirkung bescheinigt",
        "Sie haben Ihre Bescheinigung.",
        Turn.NOBODY,
    ),
    zustand(
        "certified_5a",
        "bescheinigt mit Eintrag zur Arbeit",
        "Sie haben Ihre Bescheinigung und dürfen die neue Arbeit beginnen.",
        Turn.NOBODY,
    ),
    zustand(
        "reissue_due",
        "Erneuerung der Bescheinigung fällig",
        "Bitte kommen Sie zum Termin, bevor Ihre Bescheinigung endet.",
        Turn.APPLICANT,
    ),
    zustand(
        "hardship_review",
        "Anordnung der Fortgeltung in Prüfung",
        "Ihr Antrag kam nach dem Ende Ihres Titels. Wir prüfen, ob er weiter gilt.",
    ),
    zustand(
        "ended",
        "Wirkung beendet",
        "Die Bescheinigung gilt nicht mehr. Bitte geben Sie sie zurück.",
        ende=True,
    ),
    zustand(
        "no_effect",
        "keine Wirkung",
        "Ihr Antrag allein ändert nichts an Ihrem Aufenthaltsrecht.",
        ende=True,
    ),
)
PAPER_GUARDS = (COMPLETE, p.nummern_erfasst, p.dauer_zulaessig)
PAPER_EFFECTS = (Effect.RECORD_FICTION_PAPER, Effect.REPORT_AZR)
HARD = regel_erfuellt(
    "unbillige_haerte",
    "Eine unbillige Härte ist zu vermeiden",
    "§ 81 Abs. 4 Satz 3 AufenthG",
    p.HAERTE,
)
moeglich = bedingung(
    "anordnung_moeglich",
    p.ANORDNUNG_MOEGLICH,
    "§ 81 Abs. 4 Satz 3 AufenthG",
    "Der Antrag kam nicht nach Ablauf eines Titels.",
)
klar = bedingung(
    "wirkung_klar",
    nicht(p.UNKLAR),
    "§ 81 Abs. 3 und 4 AufenthG",
    "Angaben zur Wirkung fehlen noch.",
)

STEPS = (
    Step(
        "antrag_eingegangen",
        ("draft",),
        "computed",
        by=(Power.SYSTEM, Power.INTAKE, Power.COUNTER, Power.APPLICANT),
        norm="§ 81 Abs. 3 bis 5 AufenthG",
        label="Wirkung des Antrags berechnen",
        guards=(g.eingang_datiert,),
        letter="N01",
        effects=(Effect.COMPUTE_FIKTION,),
    ),
    Step(
        "angaben_nachfordern",
        ("computed",),
        "missing_facts",
        by=(Power.REVIEW,),
        norm="§ 82 Abs. 1 AufenthG",
        label="Angaben zur Wirkung nachfordern",
        guards=(
            bedingung(
                "wirkung_unklar", p.UNKLAR, "§ 81 Abs. 3 und 4 AufenthG", "Die Wirkung steht fest."
            ),
        ),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    Step(
        "angaben_da",
        ("missing_facts",),
        "computed",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 81 Abs. 3 und 4 AufenthG",
        label="Wirkung neu berechnen",
        guards=(klar,),
        effects=(Effect.COMPUTE_FIKTION, Effect.END_DEADLINE),
        automatic=True,
    ),
    Step(
        "ohne_angaben_beenden",
        ("missing_facts",),
        "no_effect",
        by=(Power.REVIEW,),
        norm="§ 82 Abs. 1 Satz 4 AufenthG",
        label="Ohne Angaben beenden",
        guards=(g.frist_abgelaufen,),
        letter="N03",
        effects=(Effect.END_DEADLINE,),
        needs_reason=True,
    ),
    Step(
        "ohne_wirkung",
        ("computed",),
        "no_effect",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 81 Abs. 3 und 4 AufenthG",
        label="Fehlende Wirkung mitteilen",
        guards=(
            bedingung(
                "antrag_wirkungslos",
                p.WIRKUNGSLOS,
                "§ 81 Abs. 3 und 4 AufenthG",
                "Der Antrag wirkt, oder eine Anordnung ist möglich.",
            ),
        ),
        letter="N03",
        automatic=True,
    ),
    Step(
        "haerte_pruefen",
        ("computed",),
        "hardship_review",
        by=(Power.SYSTEM, Power.DECIDE),
        norm="§ 81 Abs. 4 Satz 3 AufenthG",
        label="Anordnung der Fortgeltung prüfen",
        guards=(moeglich,),
        automatic=True,
    ),
    Step(
        "fortgeltung_anordnen",
        ("hardship_review",),
        "issue_due",
        by=(Power.DECIDE,),
        norm="§ 81 Abs. 4 Satz 3 AufenthG",
        label="Fortgeltung anordnen",
        guards=(HARD, p.anordnung_datiert, e.entscheider_benannt),
        letter="N08",
        effects=(Effect.RECORD_DECISION, Effect.COMPUTE_FIKTION, Effect.REPORT_AZR),
        needs_reason=True,
        decision="ordered",
    ),
    Step(
        "zur_anordnung_anhoeren",
        ("hardship_review",),
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 28 VwVfG NRW",
        label="Zur Ablehnung der Anordnung anhören",
        guards=(moeglich,),
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
    Step(
        "nicht_anordnen",
        ("hardship_review",),
        "no_effect",
        by=(Power.DECIDE,),
        norm="§ 81 Abs. 4 Satz 3, § 77 Abs. 1 AufenthG",
        label="Anordnung ablehnen, Duldung prüfen",
        guards=(moeglich, e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet),
        letter="N12",
        effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD),
        needs_reason=True,
        decision="refused",
    ),
    Step(
        "ausstellung_faellig",
        ("computed",),
        "issue_due",
        by=(Power.SYSTEM, Power.REVIEW, Power.COUNTER),
        norm="§ 81 Abs. 5 AufenthG",
        label="Ausstellung vormerken",
        guards=(
            bedingung(
                "bescheinigung_noetig",
                p.AUSSTELLEN,
                "§ 81 Abs. 5 AufenthG",
                "Es gibt keine Wirkung zu bescheinigen, oder der Titel gilt noch länger.",
            ),
        ),
        automatic=True,
    ),
    Step(
        "bescheinigen",
        ("issue_due",),
        "certified",
        by=(Power.COUNTER,),
        norm="§ 81 Abs. 5 und 7, § 78a Abs. 5 AufenthG, § 58 Nr. 3 AufenthV",
        label="Fiktionsbescheinigung ausstellen",
        guards=PAPER_GUARDS,
        letter="N05",
        effects=PAPER_EFFECTS,
    ),
    Step(
        "arbeit_eintragen",
        ("certified",),
        "certified_5a",
        by=(Power.COUNTER,),
        norm="§ 81 Abs. 5a AufenthG",
        label="Neue Arbeit eintragen",
        guards=(p.eintrag_5a_moeglich,),
        letter="N05",
        effects=(Effect.RECORD_5A_ENTRY,),
    ),
    Step(
        "erneuerung_anbieten",
        PAPER,
        "reissue_due",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 81 Abs. 5 AufenthG",
        label="Termin zur Erneuerung anbieten",
        guards=(uhr_abgelaufen(p.F4W),),
        letter="N06",
        effects=(Effect.OFFER_APPOINTMENT,),
        automatic=True,
    ),
    Step(
        "neu_ausstellen",
        ("reissue_due",),
        "certified",
        by=(Power.COUNTER,),
        norm="§ 81 Abs. 5, § 78a Abs. 5 AufenthG",
        label="Fiktionsbescheinigung neu ausstellen",
        guards=PAPER_GUARDS,
        letter="N05",
        effects=PAPER_EFFECTS,
    ),
    Step(
        "ablauf_melden",
        (*PAPER, "reissue_due"),
        "issue_due",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 81 Abs. 3 bis 5 AufenthG",
        label="Alarm: Bescheinigung abgelaufen, Wirkung besteht",
        guards=(p.papier_abgelaufen,),
        letter="N03",
        automatic=True,
    ),
    Step(
        "wirkung_beenden",
        LIVE,
        "ended",
        by=(Power.SYSTEM, Power.REVIEW, Power.COUNTER),
        norm="§ 81 Abs. 3 und 4 AufenthG, § 55 Abs. 2 AsylG",
        label="Ende der Wirkung vermerken, Bescheinigung einziehen",
        guards=(
            bedingung(
                "wirkung_beendet",
                p.BEENDET,
                "§ 81 Abs. 3 und 4 AufenthG",
                "Der Hauptvorgang ist offen, und kein Asylantrag hat die Wirkung beendet.",
            ),
        ),
        letter="N03",
        effects=(
            Effect.END_FIKTION,
            Effect.REPORT_AZR,
            Effect.STOP_CLOCKS,
            Effect.DEMAND_PAPERS,
        ),
        automatic=True,
    ),
    Step(
        "einstellen",
        OPEN,
        "discontinued",
        by=(Power.REVIEW,),
        norm="§ 51 AufenthG, § 9 VwVfG NRW",
        label="Verfahren einstellen",
        guards=(g.erledigt,),
        letter="N14",
        effects=(
            Effect.STOP_CLOCKS,
            Effect.RELEASE_APPOINTMENT,
            Effect.END_FIKTION,
            Effect.DEMAND_PAPERS,
        ),
        needs_reason=True,
    ),
    Step(
        "wegen_fortzugs_abgeben",
        OPEN,
        "transferred",
        by=(Power.REVIEW,),
        norm="§ 71 AufenthG, § 3 VwVfG NRW",
        label="Wegen Fortzugs abgeben",
        guards=(g.fortgezogen,),
        letter="N04",
        effects=(Effect.HAND_OVER_FILE, Effect.STOP_CLOCKS, Effect.RELEASE_APPOINTMENT),
    ),
)

P24_V1 = Verfahren(
    key="P24",
    version=1,
    name="Fiktionsbescheinigung",
    norm="§ 81 Abs. 3 bis 5a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Ein rechtzeitiger Antrag lässt den Aufenthalt als erlaubt oder den alten Titel als "
        "fortbestehend gelten; die Bescheinigung beweist das nur. Sie wird von Amts wegen "
        "ausgestellt und erneuert, bevor sie endet."
    ),
    titel="Fiktionsbescheinigung",
    entscheidung=Entscheidung.ANSPRUCH,
    norm_of=lambda f: fiktion(f).norm,
    grant_outcome="sonstige",
    angaben=(*p.ANGABEN, SOZIALLEISTUNGEN, ASSOZIATION),
    law_keys=p.LAW,
    gebuehren=(FICTION_FEE,),
    befreiungen=(
        Befreiung(
            "Asylberechtigte, Flüchtlinge und subsidiär Geschützte",
            "§ 52 Abs. 3 AufenthV",
            ist(p.SCHUTZSTATUS),
        ),
        Befreiung("Stipendium aus öffentlichen Mitteln", "§ 52 AufenthV", ist(p.STIPENDIUM)),
        FREI_SOZIALLEISTUNGEN,
        FREI_ASSOZIATION,
    ),
    letters={
        k: v
        for k, v in briefe("N05").items()
        if k in {"N01", "N02", "N03", "N04", "N05", "N06", "N07", "N08", "N12", "N14"}
    },
    clocks=(p.F4W, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "anordnung_rueckwirkung",
            "Ob die Anordnung der Fortgeltung auf den Ablauf des Titels zurückwirkt, ist "
            "umstritten; das Programm rechnet ab dem Tag der Anordnung.",
            "§ 81 Abs. 4 Satz 3 AufenthG",
        ),
        VolatileMark(
            "asyl_55_2",
            "Der Wortlaut des § 55 Abs. 2 AsylG seit dem 12. Juni 2026 ist zu bestätigen.",
            "§ 55 Abs. 2 AsylG",
        ),
    ),
    opening="antrag_eingegangen",
)

PUBLISHED = ((P24_V1, "341cea8ed599b1e5"),)

"""Accelerated procedure: variants, requirements and states (§ 81a AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    Turn,
    Variante,
)
from abh.workflows.guards import fachverfahren as fv
from abh.workflows.guards.basis import passport, security
from abh.workflows.guards.regeln import eine_von, ja, variante
from abh.workflows.verfahren.gem_sonder import (
    aus_gen,
    zustand,
)

VARIANTEN = (
    Variante(fv.EIGEN, "Eigenes Verfahren der Behörde", "§ 81a, § 71 Abs. 1 AufenthG"),
    Variante(fv.ZFE, "Verfahren der Zentralstelle (ZFE)", "§ 81a, § 71 Abs. 1 Satz 5 AufenthG"),
)
A_VARIANTE = wahl("variante", "Zuständige Stelle", {v.key: v.label for v in VARIANTEN}, amt=True)
SELBST = variante(fv.EIGEN)
CHECKLIST = (
    Requirement(
        "F1",
        "Vollmacht der Fachkraft",
        "§ 81a Abs. 1 und 2 AufenthG",
        ja(fv.VOLLMACHT, "Die Vollmacht ist versichert.", "Eine Vollmacht liegt nicht vor."),
    ),
    Requirement(
        "F2",
        "Aufenthaltszweck",
        "§ 81a Abs. 1 und 5 AufenthG",
        eine_von(fv.ZWECK, fv.ERLAUBT),
        evidence=(("arbeitsvertrag", "ezb"),),
    ),
    Requirement(
        "F3",
        "Anerkennung der Qualifikation",
        "§ 81a Abs. 3 Satz 1 Nr. 2 AufenthG",
        fv.anerkennung,
        source=Source.THIRD_PARTY,
    ),
    Requirement(
        "F4",
        "Zustimmung der Bundesagentur für Arbeit",
        "§ 39 AufenthG, § 36 Abs. 2 BeschV",
        fv.ba_zustimmung,
        source=Source.THIRD_PARTY,
    ),
    Requirement(
        "F5",
        "Voraussetzungen des Titels",
        "§ 81a Abs. 3 Satz 1 Nr. 6 AufenthG",
        ja(fv.TITEL, "Die Voraussetzungen sind erfüllt.", "Die Voraussetzungen fehlen."),
        source=Source.OFFICE,
    ),
    Requirement(
        "F6",
        "Pass der Fachkraft",
        "§ 3, § 5 Abs. 1 Nr. 4 AufenthG",
        passport,
        evidence=(("pass",),),
        facts=("passport_until",),
    ),
    Requirement(
        "F7",
        "Sicherheitsabfrage",
        "§ 5 Abs. 4, § 73 AufenthG",
        security,
        source=Source.THIRD_PARTY,
        facts=("security_valid_until",),
    ),
)

_LAEUFT = "Das beschleunigte Verfahren läuft."
STATES = (
    *aus_gen("draft", "received"),
    zustand("advised", "beraten", _LAEUFT, Turn.APPLICANT),
    zustand("agreed", "Vereinbarung geschlossen", _LAEUFT, Turn.OFFICE),
    zustand("recognition_running", "Anerkennung läuft", _LAEUFT, Turn.THIRD_PARTY),
    zustand(
        "awaiting_employer",
        "wartet auf Arbeitgeber",
        "Es fehlt noch etwas. Bitte reichen Sie es bis zum genannten Tag nach.",
        Turn.APPLICANT,
    ),
    zustand("ba_requested", "Bundesagentur angefragt", _LAEUFT, Turn.THIRD_PARTY),
    zustand("preapproval_check", "Vorabzustimmung in Prüfung", _LAEUFT, Turn.OFFICE),
    zustand(
        "preapproved",
        "vorab zugestimmt",
        "Wir haben dem Visum vorab zugestimmt. Die Fachkraft kann das Visum beantragen.",
        Turn.THIRD_PARTY,
    ),
    zustand(
        "handed_over",
        "nach Einreise übernommen",
        "Die Fachkraft ist eingereist. Wir laden sie zur Erteilung des Titels ein.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "ended",
        "beendet",
        "Das beschleunigte Verfahren ist beendet. Ein Visum kann ohne es beantragt werden.",
        Turn.NOBODY,
        ende=True,
    ),
    *aus_gen("withdrawn", "discontinued", "transferred"),
)
OFFEN = (
    *("received", "advised", "agreed", "recognition_running", "awaiting_employer"),
    *("ba_requested", "preapproval_check", "preapproved"),
)

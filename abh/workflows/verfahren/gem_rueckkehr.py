"""Expulsion and return: variants, requirements and states (§§ 11, 50-62 AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    Turn,
    Variante,
)
from abh.workflows.guards import rueckkehr as rk
from abh.workflows.guards.regeln import angegeben, eine_von, ja, nein, variante, wenn
from abh.workflows.verfahren.gem_sonder import (
    aus_gen,
    zustand,
)

VARIANTEN = (
    Variante(rk.AUSWEISUNG, "Ausweisung", "§ 53 AufenthG"),
    Variante(rk.ABLEHNUNG, "Ausreise nach Ablehnung oder Ablauf", "§§ 50, 59 AufenthG"),
    Variante(rk.WIDERRUF, "Widerruf oder Rücknahme des Titels", "§ 52 AufenthG"),
    Variante(rk.BAMF_FALL, "Androhung des Bundesamts", "§ 34 AsylG"),
    Variante(rk.RUECKKEHR, "Freiwillige Ausreise", "§ 50 AufenthG"),
)
A_VARIANTE = wahl("variante", "Art des Verfahrens", {v.key: v.label for v in VARIANTEN}, amt=True)
IST_AUSWEISUNG = variante(rk.AUSWEISUNG)


def _nur(key: str, label: str, norm: str, rule: Rule, when: Bedingung, sonst: str) -> Requirement:
    return Requirement(key, label, norm, wenn(when, rule, sonst), source=Source.OFFICE)


FUER_A, FUER_V = "nur bei Ausweisung.", "nur bei eigener Verfügung."
CHECKLIST = (
    _nur(
        "A1",
        "Ausweisungsinteresse",
        "§ 54 AufenthG",
        eine_von(rk.INTERESSE, ("besonders_schwer", "schwer")),
        IST_AUSWEISUNG,
        FUER_A,
    ),
    _nur(
        "A2",
        "Abwägung mit dem Bleibeinteresse",
        "§ 53 Abs. 1 und 2, § 55 AufenthG",
        ja(
            rk.ABWAEGUNG,
            "Das öffentliche Interesse an der Ausreise überwiegt.",
            "Das Bleibeinteresse überwiegt.",
        ),
        IST_AUSWEISUNG,
        FUER_A,
    ),
    _nur(
        "A3",
        "Besonderer Ausweisungsschutz",
        "§ 53 Abs. 3 bis 4 AufenthG",
        rk.schutz,
        IST_AUSWEISUNG,
        FUER_A,
    ),
    _nur(
        "A4",
        "Ausreisepflicht",
        "§ 50 Abs. 1 AufenthG",
        ja(rk.AUSREISEPFLICHT, "Die Ausreisepflicht besteht.", "Es besteht keine Ausreisepflicht."),
        rk.VERFUEGUNG,
        FUER_V,
    ),
    _nur(
        "A5",
        "Grund für Widerruf oder Rücknahme",
        "§ 52 AufenthG, § 48 VwVfG NRW",
        ja(rk.WIDERRUFSGRUND, "Der Grund liegt vor.", "Ein Grund liegt nicht vor."),
        variante(rk.WIDERRUF),
        "nur bei Widerruf oder Rücknahme.",
    ),
    _nur(
        "A6",
        "Kindeswohl, Familie und Gesundheit",
        "§ 59 Abs. 1 Satz 1 AufenthG",
        nein(rk.BELANGE, "Keine Belange stehen entgegen.", "Belange stehen entgegen."),
        rk.VERFUEGUNG,
        FUER_V,
    ),
    _nur(
        "A7",
        "Zielstaat",
        "§ 59 Abs. 2 AufenthG",
        angegeben(rk.ZIELSTAAT),
        rk.VERFUEGUNG,
        FUER_V,
    ),
    _nur(
        "A8",
        "Dauer des Einreise- und Aufenthaltsverbots",
        "§ 11 Abs. 2 bis 6 AufenthG",
        rk.eav,
        rk.VERFUEGUNG,
        FUER_V,
    ),
)

_MUSS = "Sie sind zur Ausreise verpflichtet."
_PRUEFUNG = "Wir prüfen Ihren Aufenthalt."
STATES = (
    zustand("event", "Anlass bekannt", _PRUEFUNG, Turn.OFFICE),
    zustand("opened", "eröffnet", _PRUEFUNG, Turn.OFFICE),
    zustand("weighing", "Abwägung", _PRUEFUNG, Turn.OFFICE),
    zustand("prosecutor_consent", "wartet auf Staatsanwaltschaft", _PRUEFUNG, Turn.THIRD_PARTY),
    *aus_gen("hearing"),
    zustand(
        "order_issued",
        "Verfügung erlassen",
        "Wir haben eine Verfügung erlassen. Darin steht, was Sie dagegen tun können.",
        Turn.APPLICANT,
    ),
    zustand(
        "departure_period",
        "Ausreisefrist läuft",
        "Bitte reisen Sie bis zu dem Tag aus, der in Ihrer Bescheinigung steht.",
        Turn.APPLICANT,
    ),
    zustand("enforceable", "vollziehbar ausreisepflichtig", _MUSS, Turn.OFFICE),
    zustand("removal_planned", "Abschiebung in Vorbereitung", _MUSS, Turn.OFFICE),
    zustand(
        "tolerated",
        "Abschiebung ausgesetzt",
        "Ihre Abschiebung ist ausgesetzt. Sie haben eine Duldung.",
        Turn.OFFICE,
    ),
    zustand(
        "stayed",
        "vom Gericht ausgesetzt",
        "Das Gericht hat den Vollzug ausgesetzt.",
        Turn.COURT,
    ),
    zustand(
        "departed",
        "ausgereist",
        "Sie sind ausgereist.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "removed",
        "abgeschoben",
        "Das Verfahren ist beendet.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "closed",
        "ohne Verfügung beendet",
        "Das Verfahren ist beendet. Sie müssen nicht ausreisen.",
        Turn.NOBODY,
        ende=True,
    ),
    *aus_gen("discontinued", "transferred"),
)
OFFEN = tuple(state.key for state in STATES if not state.terminal and state.key != "event")
PFLICHTIG = ("order_issued", "departure_period", "enforceable", "removal_planned")

"""Variants and requirements of §§ 60c and 16g AufenthG (P21)."""

from __future__ import annotations

from abh.workflows.angaben import wahl
from abh.workflows.definition import (
    Variante,
)
from abh.workflows.guards import ausbildung as a
from abh.workflows.guards.regeln import ist, ja, nicht, wenn
from abh.workflows.verfahren.gem_humanitaer import (
    allgemeine,
    kein,
    nur_wenn,
    voraussetzung,
)

VARIANTEN = (
    Variante(
        "duldung_asyl",
        "Ausbildungsduldung nach Beginn im Asylverfahren",
        "§ 60c Abs. 1 Satz 1 Nr. 1 AufenthG",
        "Ausbildungsduldung",
    ),
    Variante(
        "duldung_geduldet",
        "Ausbildungsduldung für Geduldete",
        "§ 60c Abs. 1 Satz 1 Nr. 2 AufenthG",
        "Ausbildungsduldung",
    ),
    Variante(
        "ae_16g",
        "Ausbildungs-Aufenthaltserlaubnis",
        "§ 16g AufenthG",
        "Aufenthaltserlaubnis",
        outcome="aufenthaltserlaubnis",
    ),
)
A_VARIANTE = wahl("variante", "Duldung oder Titel", {v.key: v.label for v in VARIANTEN})
REGELFALL = "§ 5 Abs. 1 AufenthG (Abweichung vom Regelfall)"

CHECKLIST = (
    voraussetzung(
        "Q1",
        "Ausbildung im Asylverfahren begonnen oder seit drei Monaten geduldet",
        "§ 60c Abs. 1 Satz 1, Abs. 2 Nr. 2, § 16g Abs. 1, Abs. 2 AufenthG",
        a.ausgangslage,
        amt=True,
    ),
    voraussetzung(
        "Q2",
        "Qualifizierte Ausbildung oder Helferausbildung mit Anschluss",
        "§ 60c Abs. 1 Satz 1 Nr. 1, § 16g Abs. 1 AufenthG",
        a.QUALIFIZIERT,
        nachweise=(("ausbildungsvertrag",),),
    ),
    voraussetzung(
        "Q3",
        "Zeitpunkt von Antrag und Erteilung",
        "§ 60c Abs. 3 Satz 1 und 2, § 16g Abs. 3 AufenthG",
        a.zeitpunkt,
    ),
    voraussetzung(
        "Q4",
        "Eintragung des Ausbildungsvertrags",
        "§ 60c Abs. 3 Satz 3, § 16g Abs. 3 AufenthG",
        ja(
            a.EINTRAGUNG,
            "Die Eintragung ist beantragt, erfolgt oder nicht nötig.",
            "Die Eintragung ist nicht beantragt.",
        ),
    ),
    voraussetzung(
        "Q5",
        "Identität rechtzeitig geklärt",
        "§ 60c Abs. 2 Nr. 3, § 16g Abs. 2 AufenthG",
        a.identitaet,
        erlass="§ 60c Abs. 7, § 16g Abs. 6 AufenthG",
    ),
    voraussetzung(
        "Q6",
        "Kein Ausschluss nach § 60a Abs. 6",
        "§ 60c Abs. 2 Nr. 1, § 16g Abs. 2 AufenthG",
        kein(
            a.AUSSCHLUSS_60A6,
            "Ein Ausschluss besteht nicht.",
            "§ 60a Abs. 6 schließt die Ausbildung aus.",
        ),
        amt=True,
    ),
    voraussetzung(
        "Q7",
        "Keine erheblichen Verurteilungen",
        "§ 60c Abs. 2 Nr. 4, § 19d Abs. 1 Nr. 7 AufenthG",
        a.strafen,
        amt=True,
    ),
    voraussetzung(
        "Q8",
        "Kein Extremismus, keine Ausweisung",
        "§ 60c Abs. 2 Nr. 4, § 19d Abs. 1 Nr. 6, § 58a AufenthG",
        kein(
            a.EXTREMISMUS,
            "Bezüge oder Verfügungen sind nicht bekannt.",
            "Ein Ausschlussgrund liegt vor.",
        ),
        amt=True,
    ),
    voraussetzung(
        "Q9",
        "Keine konkreten Maßnahmen zur Aufenthaltsbeendigung",
        "§ 60c Abs. 2 Nr. 5, § 16g Abs. 2 AufenthG",
        wenn(
            nicht(ist(a.ALS_ASYLBEWERBER)),
            kein(
                a.MASSNAHMEN,
                "Beim Antrag standen keine Maßnahmen bevor.",
                "Beim Antrag standen konkrete Maßnahmen bevor.",
            ),
            "die Ausbildung wurde im Asylverfahren begonnen.",
        ),
        amt=True,
    ),
    voraussetzung(
        "Q10",
        "Kein offensichtlicher Missbrauch",
        "§ 60c Abs. 1 Satz 2, § 16g Abs. 1 AufenthG",
        kein(
            a.MISSBRAUCH,
            "Missbrauch ist nicht offensichtlich.",
            "Der Missbrauch ist offensichtlich.",
        ),
        amt=True,
    ),
    *(
        nur_wenn(a.TITEL, "nur beim Titel nach § 16g.", row)
        for row in allgemeine("B1", "B3", "B4", "B7", "B8", "B10", erlass=REGELFALL)
    ),
)

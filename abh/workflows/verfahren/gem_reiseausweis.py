"""Kinds of travel documents and their requirements (P25)."""

from __future__ import annotations

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    Entscheidung,
    Variante,
)
from abh.workflows.guards import basis
from abh.workflows.guards import reiseausweis as r
from abh.workflows.guards.regeln import eine_von, ja, oder, variante, wenn
from abh.workflows.verfahren.gem_humanitaer import (
    allgemeine,
    kein,
    voraussetzung,
)

ANSPRUCH, KANN = Entscheidung.ANSPRUCH, Entscheidung.KANN
VARIANTEN = (
    Variante(
        "auslaender",
        "Reiseausweis für Ausländer",
        "§§ 5, 6 AufenthV",
        "Reiseausweis für Ausländer",
        KANN,
    ),
    Variante(
        "fluechtling",
        "Reiseausweis für Flüchtlinge",
        "Art. 28 GFK, § 4 AufenthV",
        "Reiseausweis für Flüchtlinge",
        ANSPRUCH,
    ),
    Variante(
        "staatenlos",
        "Reiseausweis für Staatenlose",
        "Art. 28 StlÜbk, § 4 AufenthV",
        "Reiseausweis für Staatenlose",
        ANSPRUCH,
    ),
    Variante(
        "subsidiaer",
        "Reiseausweis für subsidiär Geschützte",
        "§§ 5, 6 AufenthV, Art. 25 VO (EU) 2024/1347",
        "Reiseausweis für Ausländer",
        ANSPRUCH,
    ),
    Variante(
        "vorlaeufig",
        "Vorläufiger Reiseausweis für Ausländer",
        "§ 4 Abs. 1 AufenthV",
        "vorläufiger Reiseausweis für Ausländer",
        KANN,
    ),
    Variante(
        "vorlaeufig_schutz",
        "Vorläufiger Reiseausweis für Flüchtlinge und Staatenlose",
        "§ 4 Abs. 1 AufenthV",
        "vorläufiger Reiseausweis",
        ANSPRUCH,
    ),
    Variante("notreise", "Notreiseausweis", "§ 13 AufenthV", "Notreiseausweis", KANN),
    Variante(
        "ausweisersatz",
        "Ausweisersatz mit Titel",
        "§ 48 Abs. 2 AufenthG, § 55 Abs. 1 AufenthV",
        "Ausweisersatz",
        ANSPRUCH,
    ),
    Variante(
        "ausweisersatz_ausgesetzt",
        "Ausweisersatz bei ausgesetzter Abschiebung",
        "§ 48 Abs. 2 AufenthG, § 55 Abs. 2 AufenthV",
        "Ausweisersatz",
        ANSPRUCH,
    ),
)
A_VARIANTE = wahl("variante", "Art des Dokuments", {v.key: v.label for v in VARIANTEN})

CHECKLIST = (
    voraussetzung(
        "R1",
        "Status oder Anlass",
        "§§ 5, 6, 13 AufenthV, Art. 28 GFK, § 48 Abs. 2 AufenthG",
        wenn(
            r.STATUS_NOETIG,
            ja(r.STATUS, "Der Status besteht.", "Der Status besteht nicht."),
            wenn(
                r.NOTREISE,
                ja(
                    r.HAERTE,
                    "Härte oder öffentliches Interesse besteht.",
                    "Weder Härte noch öffentliches Interesse besteht.",
                ),
                wenn(
                    r.ERSATZ,
                    ja(
                        r.AUFENTHALT_GEREGELT,
                        "Titel oder Aussetzung besteht.",
                        "Weder Titel noch Aussetzung besteht.",
                    ),
                    eine_von(r.ANLASS, {"titel", "zusage", "ausreise", "asyl"}),
                ),
            ),
        ),
        amt=True,
    ),
    voraussetzung(
        "R2",
        "Pass nicht auf zumutbare Weise zu erlangen",
        "§ 5 Abs. 1 und 2 AufenthV, § 48 Abs. 2 AufenthG",
        wenn(
            r.PASS_PRUEFEN,
            kein(
                r.PASS_ZUMUTBAR,
                "Ein Pass ist nicht auf zumutbare Weise zu erlangen.",
                "Ein Pass ist auf zumutbare Weise zu erlangen.",
            ),
            "bei diesem Dokument nicht zu prüfen.",
        ),
        nachweise=(("bemuehungen",),),
        erlass="§ 5 Abs. 1 AufenthV (Unzumutbarkeit nach Lage des Falles)",
    ),
    voraussetzung(
        "R3",
        "Kein Reisedokument eines anderen Staates",
        "§ 1 Abs. 3, § 3 AufenthV, Art. 28 GFK",
        kein(
            r.ANDERES_DOKUMENT,
            "Ein anderes Dokument ist nicht bekannt.",
            "Ein anderer Staat hat ein Reisedokument ausgestellt.",
        ),
        amt=True,
    ),
    voraussetzung(
        "R4",
        "Kein Ausschluss",
        "§ 5 Abs. 3 und 4 AufenthV",
        wenn(
            oder(r.AUSLAENDER, variante("subsidiaer", "vorlaeufig")),
            kein(r.SPERRE, "Ein Ausschluss besteht nicht.", "Der Reiseausweis ist ausgeschlossen."),
            "nur beim Reiseausweis für Ausländer.",
        ),
        amt=True,
    ),
    Requirement(
        "B2",
        "Identität und Staatsangehörigkeit",
        "§ 4 Abs. 6 AufenthV",
        basis.identity,
        evidence=(("geburtsurkunde", "pass_alt"),),
        source=Source.APPLICANT,
        waiver_norm="§ 4 Abs. 6 AufenthV (Hinweis, dass die Angaben auf eigenen beruhen)",
        facts=("identity_clarified",),
    ),
    *allgemeine("B10"),
)

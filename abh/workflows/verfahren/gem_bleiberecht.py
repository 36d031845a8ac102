"""The requirements of §§ 25a and 25b AufenthG and their variants (P18)."""

from __future__ import annotations

from dataclasses import replace

from abh.workflows.angaben import wahl
from abh.workflows.definition import (
    Bedingung,
    Entscheidung,
    Variante,
)
from abh.workflows.guards import bleiberecht as b
from abh.workflows.guards.regeln import (
    alle,
    angegeben,
    ausser,
    eines,
    ist,
    ja,
    oder,
    seit,
    und,
    wenn,
)
from abh.workflows.verfahren.gem_humanitaer import (
    LEBENSUNTERHALT,
    NACH_5_3,
    allgemeine,
    kein,
    voraussetzung,
)

SOLL, KANN = Entscheidung.SOLL, Entscheidung.KANN


def _variante(key: str, label: str, norm: str, wie: Entscheidung) -> Variante:
    return Variante(key, label, norm, f"Aufenthaltserlaubnis nach {norm}", wie)


VARIANTEN = (
    _variante("jugend", "Jugendliche und junge Volljährige", "§ 25a Abs. 1 AufenthG", SOLL),
    _variante("eltern", "Eltern von Minderjährigen", "§ 25a Abs. 2 Satz 1 AufenthG", KANN),
    _variante(
        "kind_der_eltern", "Minderjährige Kinder der Eltern", "§ 25a Abs. 2 Satz 2 AufenthG", KANN
    ),
    _variante("ehegatte", "Ehegatten, Lebenspartner", "§ 25a Abs. 2 Satz 3 AufenthG", SOLL),
    _variante("kind", "Ledige minderjährige Kinder", "§ 25a Abs. 2 Satz 5 AufenthG", SOLL),
    _variante("integration", "Nachhaltige Integration", "§ 25b Abs. 1 AufenthG", SOLL),
    _variante("familie", "Familie bei nachhaltiger Integration", "§ 25b Abs. 4 AufenthG", SOLL),
    _variante(
        "beschaeftigungsduldung", "Nach der Beschäftigungsduldung", "§ 25b Abs. 6 AufenthG", SOLL
    ),
)
A_VARIANTE = wahl("variante", "Grundlage", {v.key: v.label for v in VARIANTEN})
FAMILIE = oder(b.ANGEHOERIGE_25A, b.FAMILIE_25B)
NUR_25B = "nur nach § 25b."

CHECKLIST = (
    voraussetzung(
        "I1",
        "Duldung oder Titel nach § 104c",
        "§ 25a Abs. 1, § 25b Abs. 1 und 6 AufenthG",
        b.STATUS,
        amt=True,
    ),
    voraussetzung(
        "I2",
        "Dauer des Aufenthalts",
        "§ 25a Abs. 1 Satz 1 Nr. 1, § 25b Abs. 1 Satz 2 Nr. 1, Abs. 7 AufenthG",
        wenn(Bedingung("immer", lambda f: True), b.aufenthalt, ""),
        amt=True,
        erlass="§ 25b Abs. 1 Satz 2 AufenthG (Abweichung vom Regelfall)",
    ),
    voraussetzung(
        "I3",
        "Schulbesuch oder Abschluss",
        "§ 25a Abs. 1 Satz 1 Nr. 2, Satz 2 AufenthG",
        wenn(
            b.JUGEND,
            ausser(
                ist(b.KRANKHEIT),
                "wegen Krankheit oder Behinderung nicht zu verlangen.",
                eines(
                    ja(b.ABSCHLUSS, "Ein anerkannter Abschluss ist erworben.", "Kein Abschluss."),
                    seit(b.SCHULE_SEIT, "bleiberecht.jugend.schule"),
                ),
            ),
            "nur nach § 25a Abs. 1.",
        ),
        nachweise=(("schulzeugnis",),),
        erlass="§ 25a Abs. 1 Satz 1 Nr. 2 AufenthG (Abweichung vom Regelfall)",
    ),
    voraussetzung(
        "I4",
        "Antrag vor dem 27. Geburtstag",
        "§ 25a Abs. 1 Satz 1 Nr. 3 AufenthG",
        wenn(b.JUGEND, b.antrag_vor_27, "nur nach § 25a Abs. 1."),
    ),
    voraussetzung(
        "I5",
        "Einfügen in die Lebensverhältnisse",
        "§ 25a Abs. 1 Satz 1 Nr. 4 AufenthG",
        wenn(
            b.JUGEND,
            ja(b.EINFUEGEN, "Das Einfügen erscheint gewährleistet.", "Die Prognose ist ungünstig."),
            "nur nach § 25a Abs. 1.",
        ),
        amt=True,
    ),
    voraussetzung(
        "I6",
        "Freiheitliche demokratische Grundordnung",
        "§ 25a Abs. 1 Satz 1 Nr. 5, § 25b Abs. 1 Satz 2 Nr. 2 AufenthG",
        wenn(
            b.NACH_25B,
            alle(
                ja(b.FDGO, "Das Bekenntnis ist abgegeben.", "Das Bekenntnis fehlt."),
                kein(b.FDGO_ZWEIFEL, "Zweifel bestehen nicht.", "Tatsachen sprechen dagegen."),
            ),
            wenn(
                b.JUGEND,
                kein(
                    b.FDGO_ZWEIFEL,
                    "Anhaltspunkte gegen das Bekenntnis bestehen nicht.",
                    "Konkrete Anhaltspunkte sprechen gegen das Bekenntnis.",
                ),
                "nicht bei Angehörigen nach § 25a Abs. 2.",
            ),
        ),
    ),
    voraussetzung(
        "I7",
        "Keine Täuschung, Mitwirkung erfüllt",
        "§ 25a Abs. 1 Satz 3, Abs. 2 Satz 1 Nr. 1, § 25b Abs. 2 Nr. 1 AufenthG",
        wenn(
            b.JUGEND,
            kein(
                b.TAEUSCHUNG,
                "Eine Täuschung besteht nicht.",
                "Die Abschiebung ist wegen eigener Täuschung ausgesetzt.",
            ),
            alle(
                kein(
                    b.TAEUSCHUNG,
                    "Eine Täuschung besteht nicht.",
                    "Die Aufenthaltsbeendigung ist durch Täuschung verhindert.",
                ),
                kein(
                    b.NICHT_MITGEWIRKT,
                    "Die Mitwirkung ist erfüllt.",
                    "Zumutbare Mitwirkung ist nicht erfüllt.",
                ),
            ),
        ),
        amt=True,
    ),
    voraussetzung(
        "I8",
        "Lebensunterhalt",
        "§ 25a Abs. 1 Satz 2, Abs. 2 Satz 1 Nr. 2, § 25b Abs. 1 Satz 2 Nr. 3 AufenthG",
        wenn(
            b.NACH_25B,
            wenn(
                b.AUS_BESCHAEFTIGUNG,
                ja(
                    b.BD_ERFUELLT,
                    "Die Voraussetzungen des § 60d liegen vor.",
                    "§ 60d ist nicht mehr erfüllt.",
                ),
                b.UNTERHALT_25B,
            ),
            ausser(
                und(b.JUGEND, ist(b.IN_AUSBILDUNG)),
                "während Schule, Ausbildung oder Studium schließt Leistungsbezug nicht aus.",
                ja(
                    LEBENSUNTERHALT,
                    "Der Lebensunterhalt ist gesichert.",
                    "Der Lebensunterhalt ist nicht gesichert.",
                ),
            ),
        ),
        nachweise=(("einkommen",),),
        erlass=NACH_5_3,
    ),
    voraussetzung(
        "I9",
        "Deutsch auf A2",
        "§ 25b Abs. 1 Satz 2 Nr. 4, Abs. 3 und 6 AufenthG",
        wenn(b.NACH_25B, b.A2, NUR_25B),
        nachweise=(("sprachzertifikat", "sprachpruefung_amt"),),
    ),
    voraussetzung(
        "I10",
        "Grundkenntnisse der Rechts- und Gesellschaftsordnung",
        "§ 25b Abs. 1 Satz 2 Nr. 2 AufenthG",
        wenn(
            b.NACH_25B,
            ja(
                b.GRUNDKENNTNISSE,
                "Die Grundkenntnisse sind nachgewiesen.",
                "Grundkenntnisse fehlen.",
            ),
            NUR_25B,
        ),
        nachweise=(("lid", "schulzeugnis"),),
    ),
    voraussetzung(
        "I11",
        "Schulbesuch der Kinder",
        "§ 25b Abs. 1 Satz 2 Nr. 5 AufenthG",
        wenn(
            b.NACH_25B,
            ausser(
                ist(b.KINDER_SCHULPFLICHTIG, False),
                "keine Kinder im schulpflichtigen Alter.",
                alle(
                    angegeben(b.KINDER_SCHULPFLICHTIG),
                    ja(
                        b.SCHULBESUCH,
                        "Der Schulbesuch ist nachgewiesen.",
                        "Die Kinder besuchen die Schule nicht.",
                    ),
                ),
            ),
            NUR_25B,
        ),
        nachweise=(("schulbescheinigung",),),
    ),
    voraussetzung(
        "I12",
        "Kein schweres Ausweisungsinteresse, keine Strafen",
        "§ 25a Abs. 3, § 25b Abs. 2 Nr. 2 AufenthG",
        wenn(
            b.NACH_25B,
            kein(
                b.SCHWERES_INTERESSE,
                "Ein solches Ausweisungsinteresse besteht nicht.",
                "Ein Ausweisungsinteresse nach § 54 Abs. 1 oder Abs. 2 Nr. 1, 2 besteht.",
            ),
            wenn(b.ANGEHOERIGE_25A, b.strafen, "geprüft bei B4."),
        ),
        amt=True,
    ),
    voraussetzung(
        "I13",
        "Bezugsperson und Lebensgemeinschaft",
        "§ 25a Abs. 2, § 25b Abs. 4 AufenthG",
        wenn(
            FAMILIE,
            alle(
                ja(
                    b.BEZUGSPERSON,
                    "Die Bezugsperson hat den Titel.",
                    "Die Bezugsperson hat den Titel nicht.",
                ),
                ja(
                    b.GEMEINSCHAFT,
                    "Die Lebensgemeinschaft besteht.",
                    "Die Lebensgemeinschaft besteht nicht.",
                ),
            ),
            "nur bei Angehörigen.",
        ),
        nachweise=(("geburtsurkunde", "heiratsurkunde"),),
    ),
    *(
        replace(
            row,
            rule=b.identitaet,
            facts=("identity_clarified", b.MASSNAHMEN.key),
            waiver_norm="§ 5 Abs. 3 Satz 2, § 25a Abs. 6 Satz 2, § 25b Abs. 8 Satz 2 AufenthG",
        )
        if row.key == "B2"
        else row
        for row in allgemeine("B1", "B2", "B4", "B7", "B8", "B10")
    ),
)

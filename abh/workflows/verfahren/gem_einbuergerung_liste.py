"""What naturalisation requires: variants, checklist, fees, who is asked (StAG)."""

from __future__ import annotations

from abh.workflows.beteiligung import BZR, JOBCENTER, MELDEBEHOERDE, STA_32B, VERFASSUNGSSCHUTZ
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    Entscheidung,
    FeeRule,
    PartRule,
    Variante,
    VolatileMark,
)
from abh.workflows.guards import einbuergerung as eb
from abh.workflows.guards import einbuergerung_angaben as an
from abh.workflows.guards.basis import identity
from abh.workflows.guards.regeln import ist, ja, nein, nicht, und, variante, wenn
from abh.workflows.verfahren.gemeinsam import GEN_NACHWEISE

VARIANTEN = (
    Variante(an.NACH_10, "Anspruch", "§ 10 Abs. 1 StAG", "Einbürgerung", Entscheidung.ANSPRUCH),
    Variante(
        an.FAMILIE, "Miteinbürgerung", "§ 10 Abs. 2 StAG", "Miteinbürgerung", Entscheidung.KANN
    ),
    Variante(
        an.EHEGATTE,
        "Ehegatten und Lebenspartner Deutscher",
        "§ 9 Abs. 1 StAG",
        "Einbürgerung",
        Entscheidung.SOLL,
    ),
    Variante(an.ERMESSEN, "Ermessen", "§ 8 StAG", "Einbürgerung", Entscheidung.KANN),
    Variante(
        an.FESTSTELLUNG,
        "Feststellung der Staatsangehörigkeit",
        "§ 30 StAG",
        "Feststellung der deutschen Staatsangehörigkeit",
        Entscheidung.ANSPRUCH,
        outcome="sonstige",
    ),
)
DREI_JAHRE = Variante(
    an.DREI_JAHRE,
    "Besondere Integrationsleistungen, ab drei Jahren (bis 29.10.2025)",
    "§ 10 Abs. 3 StAG in der bis 29.10.2025 geltenden Fassung",
    "Einbürgerung",
    Entscheidung.KANN,
)
EINGEBUERGERT = an.EINBUERGERUNG
NUR_8 = variante(an.ERMESSEN)
NICHT_8 = und(EINGEBUERGERT, nicht(NUR_8))
FUER_30 = "nur bei Einbürgerung."
FUER_8 = "nur bei Einbürgerung nach Ermessen."


def _nur(
    key: str,
    label: str,
    norm: str,
    rule: Rule,
    when: Bedingung = EINGEBUERGERT,
    sonst: str = FUER_30,
    *,
    evidence: tuple[tuple[str, ...], ...] = (),
    source: Source = Source.APPLICANT,
    waiver_norm: str = "",
) -> Requirement:
    applied = wenn(when, rule, sonst)
    return Requirement(key, label, norm, applied, evidence, source=source, waiver_norm=waiver_norm)


CHECKLIST = (
    Requirement(
        "E1",
        "Identität und Staatsangehörigkeit",
        "§ 10 Abs. 1 Satz 1, § 8 Abs. 1 StAG",
        identity,
        evidence=(("pass",), ("geburtsurkunde",)),
        facts=("identity_clarified",),
    ),
    _nur(
        "E2",
        "Rechtmäßiger gewöhnlicher Aufenthalt",
        "§ 10 Abs. 1 Satz 1, § 12b StAG",
        eb.aufenthalt,
    ),
    _nur(
        "E2a",
        "Ehe oder Lebenspartnerschaft mit einer oder einem Deutschen",
        "§ 9 Abs. 1 StAG",
        eb.ehe,
        variante(an.EHEGATTE),
        "nur bei Ehegatten und Lebenspartnern Deutscher.",
        evidence=(("heiratsurkunde",),),
    ),
    _nur(
        "E3",
        "Bekenntnis und Loyalitätserklärung",
        "§ 10 Abs. 1 Satz 1 Nr. 1 und 1a StAG",
        eb.bekenntnis,
    ),
    _nur("E4", "Aufenthaltsrecht", "§ 10 Abs. 1 Satz 1 Nr. 2 StAG", eb.titel),
    _nur(
        "E5",
        "Lebensunterhalt",
        "§ 10 Abs. 1 Satz 1 Nr. 3 StAG",
        eb.unterhalt,
        NICHT_8,
        "bei Ermessen gilt § 8 StAG.",
        evidence=(("einkommen",),),
    ),
    _nur(
        "E5a",
        "Ernährt sich und die Angehörigen",
        "§ 8 Abs. 1 Nr. 4 StAG",
        eb.unterhalt,
        NUR_8,
        FUER_8,
        evidence=(("einkommen",),),
        waiver_norm="§ 8 Abs. 2 StAG",
    ),
    _nur(
        "E5b",
        "Wohnung",
        "§ 8 Abs. 1 Nr. 3 StAG",
        ja(an.WOHNUNG, "Eine Wohnung ist vorhanden.", "Eine Wohnung fehlt."),
        NUR_8,
        FUER_8,
    ),
    _nur(
        "E6",
        "Keine erheblichen Strafen",
        "§ 10 Abs. 1 Satz 1 Nr. 5, § 12a StAG",
        eb.strafen,
        NICHT_8,
        "bei Ermessen gilt § 8 StAG.",
        source=Source.OFFICE,
        waiver_norm="§ 12a Abs. 1 StAG (geringfügige Überschreitung)",
    ),
    _nur(
        "E6a",
        "Keine erheblichen Strafen (Ermessen)",
        "§ 8 Abs. 1 Nr. 2, § 12a StAG",
        eb.strafen,
        NUR_8,
        FUER_8,
        source=Source.OFFICE,
        waiver_norm="§ 8 Abs. 2 StAG",
    ),
    _nur(
        "E7",
        "Deutschkenntnisse",
        "§ 10 Abs. 1 Satz 1 Nr. 6, Abs. 4 und 4a StAG",
        eb.sprache,
        evidence=(("sprachzertifikat", "schulzeugnis"),),
    ),
    _nur(
        "E8",
        "Kenntnisse der Rechts- und Gesellschaftsordnung",
        "§ 10 Abs. 1 Satz 1 Nr. 7, Abs. 5 StAG",
        eb.test,
        evidence=(("einbuergerungstest", "schulzeugnis"),),
    ),
    _nur(
        "E9",
        "Kein Ausschlussgrund",
        "§ 11 StAG",
        nein(an.AUSSCHLUSS_11, "Kein Ausschlussgrund.", "Ein Ausschlussgrund liegt vor."),
        source=Source.OFFICE,
    ),
    _nur(
        "E10",
        "Auskunft der Staatsanwaltschaft",
        "§ 32b StAG",
        eb.auskunft_32b,
        source=Source.THIRD_PARTY,
    ),
    _nur(
        "E11",
        "Auskunft des Verfassungsschutzes",
        "§ 37 Abs. 2 StAG",
        eb.verfassungsschutz,
        source=Source.THIRD_PARTY,
    ),
    _nur(
        "E12",
        "Keine Täuschung, kein Ausschluss nach § 35a",
        "§ 35a StAG",
        eb.sperre,
        source=Source.OFFICE,
    ),
    _nur("E13", "Handlungsfähig oder vertreten", "§ 34 StAG", eb.handlungsfaehig),
    _nur(
        "E14",
        "Auszug aus dem Bundeszentralregister",
        "§ 41 Abs. 1 BZRG, § 12a StAG",
        eb.registerauszug,
        source=Source.THIRD_PARTY,
    ),
    Requirement(
        "F1",
        "Berechtigtes Interesse an der Feststellung",
        "§ 30 Abs. 1 StAG",
        wenn(
            an.FEST,
            ja(an.INTERESSE, "Das Interesse ist dargelegt.", "Ein Interesse fehlt."),
            "nur bei der Feststellung.",
        ),
    ),
    Requirement(
        "F2",
        "Deutsche Staatsangehörigkeit",
        "§ 30 Abs. 2 StAG",
        wenn(
            an.FEST,
            ja(an.DEUTSCH, "Die Staatsangehörigkeit ist belegt.", "Sie ist nicht belegt."),
            "nur bei der Feststellung.",
        ),
        source=Source.OFFICE,
    ),
)

KIND = Bedingung(
    "minderjähriges Kind ohne eigenes Einkommen, mit eingebürgert",
    lambda f: f.variante == an.FAMILIE and bool(f.angabe(an.MIT_ELTERN.key)),
)
GEBUEHREN = (
    FeeRule(
        "einbuergerung.gebuehr",
        "Einbürgerung",
        und(EINGEBUERGERT, nicht(KIND)),
        minors_half=False,
    ),
    FeeRule("einbuergerung.gebuehr.kind", "Miteinbürgerung eines Kindes", KIND, minors_half=False),
    FeeRule("einbuergerung.gebuehr.feststellung", "Feststellung", an.FEST, minors_half=False),
)
BETEILIGUNGEN = (
    PartRule(BZR, "§ 41 Abs. 1 BZRG, § 12a StAG", an.EINBUERGERUNG),
    PartRule(VERFASSUNGSSCHUTZ, "§ 37 Abs. 2 StAG", eb.VS_NOETIG),
    PartRule(STA_32B, "§ 32b StAG", eb.STA_NOETIG),
    PartRule(JOBCENTER, "§ 32 Abs. 1 StAG", ist(an.LEISTUNGEN_SGB)),
    PartRule(MELDEBEHOERDE, "§ 32 Abs. 1 StAG", an.EINBUERGERUNG),
)
NACHWEISE = {
    **{
        key: GEN_NACHWEISE[key]
        for key in ("pass", "einkommen", "sprachzertifikat", "geburtsurkunde", "heiratsurkunde")
    },
    "schulzeugnis": "Deutsches Schul- oder Abschlusszeugnis",
    "einbuergerungstest": "Bescheinigung über den Einbürgerungstest",
}
MARKEN = (
    VolatileMark(
        "sperre_35a",
        "Der Ausschluss nach Täuschung gilt seit Ende Dezember 2025 und wurde im Februar 2026 "
        "geändert; Wortlaut vor dem Echtbetrieb bestätigen.",
        "§ 35a StAG",
    ),
    VolatileMark(
        "gebuehr_ablehnung",
        "Für Ablehnung und Rücknahme gilt ein Rahmen von 25 bis 255 Euro; das Amt setzt die Höhe "
        "im Einzelfall fest.",
        "§ 38 Abs. 3 StAG",
    ),
    VolatileMark(
        "recht_am_tag_der_entscheidung",
        "§ 10 Abs. 3 StAG ist ohne Übergangsregelung aufgehoben: auch ein früher gestellter Antrag "
        "wird nach dem Recht am Tag der Entscheidung beschieden.",
        "Gesetz vom 27.10.2025, BGBl. 2025 I Nr. 256",
    ),
)
LAW = (
    "einbuergerung.aufenthalt",
    "einbuergerung.aufenthalt.ehegatten",
    "einbuergerung.aufenthalt.ermessen",
    "einbuergerung.ehedauer",
    "einbuergerung.anrechnung",
    "einbuergerung.vollzeit.monate",
    "einbuergerung.vollzeit.zeitraum",
    "einbuergerung.tagessaetze",
    "einbuergerung.freiheitsstrafe",
    "einbuergerung.handlungsfaehig",
)

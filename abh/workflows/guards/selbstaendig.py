"""Rules of self-employment (§ 21 AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag
from abh.workflows.beteiligung import PART_LABELS
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import RESIDENCE_TITLES, Facts, german
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import ask, check, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    birthday,
    ja,
    kein_wert,
    oder,
    unbekannt,
    variante,
    wenn,
)

ALTER = "selbstaendig.alter"
INTERESSE = ja_nein(
    "wirtschaftliches_interesse",
    "Wirtschaftliches Interesse oder regionales Bedürfnis",
    "§ 21 Abs. 1 Satz 1 Nr. 1 AufenthG",
    amt=True,
)
AUSWIRKUNG = ja_nein(
    "positive_auswirkungen",
    "Positive Auswirkungen auf die Wirtschaft zu erwarten",
    "§ 21 Abs. 1 Satz 1 Nr. 2 AufenthG",
    amt=True,
)
FINANZIERUNG = ja_nein(
    "finanzierung_gesichert",
    "Finanzierung durch Eigenkapital oder Kreditzusage gesichert",
    "§ 21 Abs. 1 Satz 1 Nr. 3 AufenthG",
    amt=True,
)
VERGUENSTIGUNG = ja_nein(
    "voelkerrechtliche_verguenstigung",
    "Völkerrechtliche Vergünstigung auf Gegenseitigkeit",
    "§ 21 Abs. 2 AufenthG",
    amt=True,
)
ABSOLVENT = ja_nein(
    "absolvent_oder_forscher",
    "Deutscher Hochschulabschluss oder Titel als Forscher oder Wissenschaftler",
    "§ 21 Abs. 2a Satz 1 AufenthG",
)
ZUSAMMENHANG = ja_nein(
    "zusammenhang_mit_studium",
    "Zusammenhang mit dem Studium oder der Forschung",
    "§ 21 Abs. 2a Satz 2 AufenthG",
    amt=True,
)
FACHKRAFT = ja_nein(
    "ist_fachkraft", "Fachkraft", "§ 21 Abs. 2b Nr. 1, § 18 Abs. 3 AufenthG", amt=True
)
STIPENDIUM_BIS = tag(
    "gruendungsstipendium_bis", "Gründungsstipendium bis", "§ 21 Abs. 2b Nr. 2 AufenthG"
)
FREIER_BERUF = ja_nein(
    "freier_beruf", "Die Tätigkeit ist freiberuflich", "§ 21 Abs. 5 AufenthG", amt=True
)
ANGABEN = (
    INTERESSE, AUSWIRKUNG, FINANZIERUNG, VERGUENSTIGUNG, ABSOLVENT, ZUSAMMENHANG, FACHKRAFT,
    STIPENDIUM_BIS, FREIER_BERUF,
)  # fmt: skip

UNTERNEHMEN, NEBEN = variante("unternehmen"), variante("nebentaetigkeit")
KANN = variante("unternehmen", "vertrag", "stipendium", "freiberuf", "nebentaetigkeit")
MIT_KAMMER = variante("unternehmen", "freiberuf")
ANDERS = "der Antrag stützt sich nicht darauf."


def altersversorgung(f: Facts) -> Finding:
    """E8: a pension from the 45th birthday on."""
    age = f.law.zahl(ALTER)
    if age is None:
        return kein_wert(f, ALTER)
    day = birthday(f, int(age.value))
    if day is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    if day > f.stichtag:
        return met(f"Das 45. Lebensjahr ist erst am {german(day)} vollendet.")
    said = f.angabe(a.ALTERSVERSORGUNG.key)
    if said is None:
        return unbekannt(a.ALTERSVERSORGUNG)
    if said:
        return met("Eine angemessene Altersversorgung ist nachgewiesen.")
    return not_met(f"Seit dem {german(day)} ist eine Altersversorgung nötig; sie fehlt.")


def _stipendium(f: Facts) -> Finding:
    until = f.angabe(STIPENDIUM_BIS.key)
    if until is None:
        return unbekannt(STIPENDIUM_BIS)
    text = f"Das Gründungsstipendium läuft bis {german(until)}."
    return met(text) if until >= f.stichtag else not_met(text)


STIPENDIUM = wenn(
    variante("stipendium"),
    alle(
        ja(FACHKRAFT, "Die Person ist Fachkraft.", "Die Person ist keine Fachkraft."),
        Regel(_stipendium, (STIPENDIUM_BIS.key,)),
    ),
    ANDERS,
)


def _anderer_titel(f: Facts) -> Finding:
    text = f"Bisher: {f.title_kind.value}."
    if f.title_kind in RESIDENCE_TITLES:
        return met(f"{text} Der Zweck bleibt bestehen.")
    return not_met(f"{text} Die Nebentätigkeit setzt einen anderen Titel voraus.")


NEBEN_TITEL = wenn(NEBEN, Regel(_anderer_titel), ANDERS)


def kammer(f: Facts) -> Finding:
    """KAM: the competent bodies have spoken; their word is weighed under E1 to E3."""
    part = next((p for p in reversed(f.participations) if p.kind.key == "KAMMER"), None)
    if part is None:
        return check("Die fachkundigen Körperschaften sind noch nicht gefragt.")
    if part.is_answered:
        return met(f"Stellungnahme: {PART_LABELS[part.state]}.")
    return check(f"Stellungnahme: {PART_LABELS[part.state]}.")


KAMMER_REGEL = wenn(MIT_KAMMER, Regel(kammer), "eine Stellungnahme ist nicht vorgeschrieben.")
KAMMER_OFFEN = Bedingung(
    "Die Stellungnahme der Kammern steht aus",
    lambda f: any(p.kind.key == "KAMMER" and not p.is_answered for p in f.participations),
)
ERLAUBNIS = wenn(oder(variante("freiberuf"), NEBEN, UNTERNEHMEN), fk.BERUFSERLAUBNIS, ANDERS)

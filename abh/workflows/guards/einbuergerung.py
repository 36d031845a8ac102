"""Requirement rules of naturalisation (§§ 8-12b, 30, 35a StAG) and the facts they read."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.beteiligung import BZR, STA_32B, VERFASSUNGSSCHUTZ, PartKind, PartState
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, guard
from abh.workflows.facts import UNLIMITED_TITLES, Facts, TitleKind, german, years_later
from abh.workflows.guards import basis
from abh.workflows.guards.basis import ask, check, met, not_met
from abh.workflows.guards.einbuergerung_angaben import (
    ANGERECHNET,
    BEKENNTNIS,
    DREI_JAHRE,
    EHE_SEIT,
    EHEGATTE,
    EHEGATTE_DEUTSCH,
    EINBUERGERUNG,
    ERMESSEN,
    FAMILIE,
    GASTARBEITER,
    GESCHUETZTER_ZWECK,
    GESPRAECH,
    HAERTE_SPRACHE,
    HAFT_MONATE,
    KRANK_ALT,
    LEISTUNGEN,
    LEISTUNGEN_SGB,
    MENSCHENVERACHTEND,
    NICHT_AUSGESETZT,
    NICHT_VERTRETEN,
    PARTNER_VOLLZEIT,
    SEIT,
    SPERRE_BIS,
    SPRACHE,
    SPRACHE_C1,
    STRAFLOS,
    TAEUSCHUNG,
    TAGESSAETZE,
    TAT_32B,
    TEST,
    TITEL_ZWECK,
    UNTERHALT_8,
    VERTRETEN,
    VOLLZEIT,
)
from abh.workflows.guards.regeln import Regel, birthday, kein_wert, plus, unbekannt
from abh.workflows.recht import LawNumber


def _handlungsfaehig(f: Facts) -> Finding:
    years = f.law.zahl("einbuergerung.handlungsfaehig")
    if years is None:
        return kein_wert(f, "einbuergerung.handlungsfaehig")
    day = birthday(f, int(years.value))
    if day is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    if day <= f.stichtag:
        return met(f"Das Alter von {years.value} Jahren ist seit dem {german(day)} erreicht.")
    if f.angabe(VERTRETEN.key):
        return met("Das Kind ist gesetzlich vertreten.")
    return ask(f"Das Alter von {years.value} Jahren ist erst am {german(day)} erreicht.")


def is_16(f: Facts) -> bool:
    """Whether the person is at least 16 on the Stichtag; unknown birth days count late."""
    years = f.law.zahl("einbuergerung.handlungsfaehig")
    day = birthday(f, int(years.value)) if years is not None else None
    return day is not None and day <= f.stichtag


AB_16 = Bedingung("ab 16 Jahren", is_16)


def _aufenthalt(f: Facts) -> Finding:
    since = f.angabe(SEIT.key)
    if since is None:
        return unbekannt(SEIT)
    if f.variante == FAMILIE:
        text_ = f"Aufenthalt seit {german(since)}; eine Mindestdauer ist nicht vorgeschrieben."
        return met(text_, "§ 10 Abs. 2 StAG")
    found = _dauer(f)
    if isinstance(found, Finding):
        return found
    years, words = found
    return _erreicht(f, since, years, words)


def _dauer(f: Facts) -> tuple[LawNumber, str] | Finding:
    key = {
        EHEGATTE: "einbuergerung.aufenthalt.ehegatten",
        ERMESSEN: "einbuergerung.aufenthalt.ermessen",
    }.get(f.variante, "einbuergerung.aufenthalt")
    words = ""
    if f.variante == DREI_JAHRE:
        short = f.law.zahl("einbuergerung.aufenthalt.besondere_leistungen")
        if short is not None:
            return _verkuerzt(f, short)
        # No transition rule: the law of the day of the decision counts (VG Trier, 8 K 5461/25.TR).
        words = " § 10 Abs. 3 StAG ist seit dem 30.10.2025 aufgehoben, auch für laufende Verfahren."
    years = f.law.zahl(key)
    return kein_wert(f, key) if years is None else (years, words)


def _verkuerzt(f: Facts, short: LawNumber) -> tuple[LawNumber, str] | Finding:
    for fact in (LEISTUNGEN, SPRACHE_C1, UNTERHALT_8):
        value = f.angabe(fact.key)
        if value is None:
            return unbekannt(fact, "§ 10 Abs. 3 StAG a. F.")
        if not value:
            years = f.law.zahl("einbuergerung.aufenthalt")
            text_ = f" Keine Verkürzung ({fact.label}: nein)."
            return kein_wert(f, "einbuergerung.aufenthalt") if years is None else (years, text_)
    return short, " Verkürzt wegen besonderer Integrationsleistungen."


def _erreicht(f: Facts, since: date, years: LawNumber, words: str) -> Finding:
    most = f.law.zahl("einbuergerung.anrechnung")
    if most is None:
        return kein_wert(f, "einbuergerung.anrechnung")
    credit = min(int(f.angabe(ANGERECHNET.key) or 0), 12 * int(most.value))
    left = max(0, 12 * int(years.value) - credit)
    day = plus(since, LawNumber(left, years.norm, years.in_force_from, "monate"))
    counted = f" {credit} Monate früherer Aufenthalte sind angerechnet." if credit else ""
    text_ = (
        f"Aufenthalt seit {german(since)}; {years.value} Jahre sind am {german(day)} erreicht."
        f"{counted}{words}"
    )
    return met(text_, years.norm) if day <= f.stichtag else not_met(text_, years.norm)


def _ehe(f: Facts) -> Finding:
    german_spouse, since = f.angabe(EHEGATTE_DEUTSCH.key), f.angabe(EHE_SEIT.key)
    years = f.law.zahl("einbuergerung.ehedauer")
    if years is None:
        return kein_wert(f, "einbuergerung.ehedauer")
    if german_spouse is None or since is None:
        return unbekannt(EHEGATTE_DEUTSCH if german_spouse is None else EHE_SEIT)
    if not german_spouse:
        return not_met("Der Ehegatte oder Lebenspartner ist nicht Deutscher.")
    day = plus(since, years)
    text_ = f"Ehe seit {german(since)}; {years.value} Jahre sind am {german(day)} erreicht."
    return met(text_) if day <= f.stichtag else not_met(text_)


_NICHT = {TitleKind.AE_24, TitleKind.AE_104C, TitleKind.ICT_KARTE, TitleKind.CHANCENKARTE}
_IMMER = UNLIMITED_TITLES | {
    TitleKind.BLAUE_KARTE,
    TitleKind.AE_18A_18B,
    TitleKind.FREIZUEGIGKEIT,
}


def _titel(f: Facts) -> Finding:
    kind = f.title_kind
    if kind is TitleKind.UNKNOWN:
        return ask("Der Aufenthaltstitel ist nicht angegeben.")
    if f.variante == ERMESSEN and kind is not TitleKind.NONE and kind is not TitleKind.DULDUNG:
        return met(f"Aufenthaltsrecht: {kind.value}.", "§ 8 Abs. 1 StAG")
    if kind in _IMMER:
        return met(f"Der Titel genügt: {kind.value}.")
    if kind in _NICHT:
        return not_met(f"Ein Titel zu diesem Zweck genügt nicht: {kind.value}.")
    if kind is not TitleKind.AUFENTHALTSERLAUBNIS:
        return not_met(f"Ein Aufenthaltstitel, der genügt, liegt nicht vor: {kind.value}.")
    purpose = f.angabe(TITEL_ZWECK.key)
    if purpose is None:
        return unbekannt(TITEL_ZWECK)
    words = f"Aufenthaltserlaubnis nach {TITEL_ZWECK.words(purpose)}."
    return met(words) if purpose in GESCHUETZTER_ZWECK else not_met(words)


def _unterhalt(f: Facts) -> Finding:
    if f.variante == ERMESSEN:
        value = f.angabe(UNTERHALT_8.key)
        if value is None:
            return unbekannt(UNTERHALT_8)
        said = f"{UNTERHALT_8.label}: {UNTERHALT_8.words(value)}."
        return met(said, UNTERHALT_8.norm) if value else not_met(said, UNTERHALT_8.norm)
    drawn = f.angabe(LEISTUNGEN_SGB.key)
    if drawn is None:
        return unbekannt(LEISTUNGEN_SGB)
    if not drawn:
        return met("Der Lebensunterhalt ist ohne Leistungen nach SGB II oder SGB XII gesichert.")
    return _ausnahme(f)


def _ausnahme(f: Facts) -> Finding:
    norm = "§ 10 Abs. 1 Satz 1 Nr. 3 Buchst. "
    if f.angabe(GASTARBEITER.key) and f.angabe(NICHT_VERTRETEN.key):
        return met("Leistungen schaden nicht: Generation der Gastarbeiter.", norm + "a StAG")
    least = f.law.zahl("einbuergerung.vollzeit.monate")
    if least is None:
        return kein_wert(f, "einbuergerung.vollzeit.monate")
    months = f.angabe(VOLLZEIT.key)
    if months is not None and months >= least.value:
        text_ = f"Leistungen schaden nicht: {months} Monate Vollzeit, nötig sind {least.value}."
        return met(text_, norm + "b StAG")
    if f.angabe(PARTNER_VOLLZEIT.key):
        return met("Leistungen schaden nicht: Familie mit Vollzeit des Ehegatten.", norm + "c StAG")
    text_ = f"Leistungen nach SGB II oder XII ohne Ausnahme; Vollzeit: {months or 0} Monate"
    return not_met(f"{text_}, nötig sind {least.value}.")


def _strafen(f: Facts) -> Finding:
    clean = f.angabe(STRAFLOS.key)
    if clean is None:
        return check("Die Auskunft aus dem Bundeszentralregister ist noch nicht ausgewertet.")
    if clean:
        return met("Keine Verurteilung.")
    if f.angabe(MENSCHENVERACHTEND.key):
        return not_met("Beweggründe nach § 46 Abs. 2 StGB: jede Strafe zählt.", "§ 12a Abs. 1 StAG")
    if f.angabe(NICHT_AUSGESETZT.key):
        return not_met("Die Freiheitsstrafe ist nicht ausgesetzt oder noch nicht erlassen.")
    most, jail = (
        f.law.zahl("einbuergerung.tagessaetze"),
        f.law.zahl("einbuergerung.freiheitsstrafe"),
    )
    if most is None or jail is None:
        return kein_wert(f, "einbuergerung.tagessaetze")
    rates, months = f.angabe(TAGESSAETZE.key), f.angabe(HAFT_MONATE.key) or 0
    if rates is None and not months:
        return unbekannt(TAGESSAETZE)
    # One daily rate equals one day of imprisonment; several sentences are added up.
    total = (rates or 0) + 30 * months
    text_ = (
        f"Geldstrafen {rates or 0} Tagessätze, erlassene Freiheitsstrafe {months} Monate; außer "
        f"Betracht bleiben zusammen {most.value} Tagessätze und höchstens {jail.value} Monate."
    )
    return met(text_) if total <= most.value and months <= jail.value else not_met(text_)


def _sprache(f: Facts) -> Finding:
    if f.angabe(KRANK_ALT.key):
        return basis.not_needed("Krankheit, Behinderung oder Alter.", "§ 10 Abs. 6 StAG")
    level = f.angabe(SPRACHE.key)
    if level is None:
        return unbekannt(SPRACHE)
    if level == "b1":
        return met("Deutsch auf der Stufe B1 ist nachgewiesen.")
    if level == "altersgemaess" and f.birth is not None:
        young = years_later(f.birth.latest, 16) > f.stichtag
        if young:
            return Finding(met("").status, "Sprachentwicklung ist altersgemäß.", evidence=())
    if level == "muendlich" and (f.angabe(GASTARBEITER.key) or f.angabe(HAERTE_SPRACHE.key)):
        return Finding(
            met("").status, "Mündliche Kenntnisse genügen.", "§ 10 Abs. 4a StAG", evidence=()
        )
    return not_met(f"{SPRACHE.label}: {SPRACHE.words(level)}; nötig ist B1.")


def _test(f: Facts) -> Finding:
    if not is_16(f):
        return basis.not_needed("unter 16 Jahren.", "§ 10 Abs. 1 Satz 2 StAG")
    if f.angabe(KRANK_ALT.key) or f.angabe(GASTARBEITER.key):
        return basis.not_needed("Krankheit, Alter oder Gastarbeiter.", "§ 10 Abs. 6 StAG")
    value = f.angabe(TEST.key)
    if value is None:
        return unbekannt(TEST)
    return met("Der Test ist bestanden.") if value else not_met("Der Test ist nicht bestanden.")


def _bekenntnis(f: Facts) -> Finding:
    if not is_16(f):
        return basis.not_needed("unter 16 Jahren.", "§ 10 Abs. 1 Satz 2 StAG")
    value = f.angabe(BEKENNTNIS.key)
    if value is None:
        return unbekannt(BEKENNTNIS)
    if value:
        return met("Bekenntnis und Erklärung sind abgegeben und glaubhaft.")
    return not_met("Bekenntnis oder Erklärung fehlt oder ist nicht glaubhaft.")


def _sperre(f: Facts) -> Finding:
    if f.angabe(TAEUSCHUNG.key):
        return not_met("Täuschung oder unrichtige Angaben in diesem Verfahren sind erwiesen.")
    until = f.angabe(SPERRE_BIS.key)
    if until is None or until < f.stichtag:
        return met("Ein Ausschluss nach § 35a StAG besteht nicht.")
    return not_met(f"Die Einbürgerung ist bis {german(until)} ausgeschlossen.")


def antwort(kind: PartKind, ja: str, nein: str, needed: Bedingung) -> Regel:
    """The answer of an authority whose silence never counts."""

    def rule(f: Facts) -> Finding:
        if not needed(f):
            return basis.not_needed(f"nicht anzufragen ({needed.label}).")
        part = next((p for p in reversed(f.participations) if p.kind.key == kind.key), None)
        if part is None or not part.is_answered:
            return check(f"Die Antwort steht aus: {kind.label}.")
        return met(ja) if part.state is PartState.CONSENTED else not_met(nein)

    return Regel(rule)


def _mit(rule: object, *facts: object) -> Regel:
    return Regel(rule, tuple(one.key for one in facts))  # type: ignore[arg-type, attr-defined]


handlungsfaehig = _mit(_handlungsfaehig, VERTRETEN)
aufenthalt = _mit(_aufenthalt, SEIT, ANGERECHNET)
ehe = _mit(_ehe, EHEGATTE_DEUTSCH, EHE_SEIT)
titel = _mit(_titel, TITEL_ZWECK)
unterhalt = _mit(_unterhalt, LEISTUNGEN_SGB, VOLLZEIT, UNTERHALT_8)
strafen = _mit(_strafen, STRAFLOS, TAGESSAETZE, HAFT_MONATE, MENSCHENVERACHTEND)
sprache = _mit(_sprache, SPRACHE, HAERTE_SPRACHE, KRANK_ALT)
test = _mit(_test, TEST)
bekenntnis = _mit(_bekenntnis, BEKENNTNIS)
sperre = _mit(_sperre, SPERRE_BIS, TAEUSCHUNG)
BZR_NOETIG = EINBUERGERUNG
VS_NOETIG = Bedingung("Einbürgerung ab 16 Jahren", lambda f: EINBUERGERUNG(f) and is_16(f))
STA_NOETIG = Bedingung(
    "Verurteilung wegen einer Tat nach § 32b StAG", lambda f: bool(f.angabe(TAT_32B.key))
)
registerauszug = antwort(BZR, "Der Auszug liegt vor.", "Der Auszug wurde versagt.", BZR_NOETIG)
verfassungsschutz = antwort(
    VERFASSUNGSSCHUTZ,
    "Der Verfassungsschutz hat keine Erkenntnisse.",
    "Der Verfassungsschutz hat Erkenntnisse; sie sind zu bewerten.",
    VS_NOETIG,
)
auskunft_32b = antwort(
    STA_32B,
    "Die Staatsanwaltschaft hat keine Beweggründe nach § 12a Abs. 1 Satz 2 StAG festgestellt.",
    "Die Staatsanwaltschaft hat menschenverachtende Beweggründe festgestellt.",
    STA_NOETIG,
)


@guard("Ein Gespräch ist nötig und sein Gegenstand benannt", "§ 34 StAG, § 82 Abs. 4 AufenthG")
def gespraech_noetig(f: Facts) -> Reason | None:
    if f.angabe(GESPRAECH.key):
        return None
    return Reason("Worüber zu sprechen ist, steht nicht fest.")


@guard("Beantragt ist eine Einbürgerung", "§§ 8 bis 10 StAG")
def einbuergerung_beantragt(f: Facts) -> Reason | None:
    if EINBUERGERUNG(f):
        return None
    return Reason("Beantragt ist die Feststellung der Staatsangehörigkeit.")

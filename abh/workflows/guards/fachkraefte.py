"""Rules the procedures for work and education share: living, asylum, job, consent of the BA."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.checklist import Finding, Rule
from abh.workflows.definition import Bedingung, ClockRule, Guard, guard
from abh.workflows.facts import Facts, TitleKind, euro, german
from abh.workflows.guards import blaue_karte as bk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import ask, check, met, not_met, not_needed
from abh.workflows.guards.regeln import (
    Regel,
    angegeben,
    birthday,
    ist,
    kein_wert,
    mindestens,
    nein,
    nicht,
    plus,
    reicht_fuer,
    unbekannt,
    wenn,
)
from abh.workflows.recht import LawNumber

VERLAENGERUNG = ist(a.ANTRAGSART, "verlaengerung")
ZWECKWECHSEL = ist(a.ANTRAGSART, "zweckwechsel")
VORBESCHAEFTIGUNG, VORAUFENTHALT = "beschv.vorbeschaeftigung", "beschv.voraufenthalt"
BA_LAW = (VORBESCHAEFTIGUNG, VORAUFENTHALT)
UNTERHALT = reicht_fuer(a.EINKOMMEN, a.BEDARF, "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG")
# § 9 BeschV frees only those who hold a residence permit or a Blue Card.
_ERLAUBNIS = frozenset(
    {
        TitleKind.AUFENTHALTSERLAUBNIS,
        TitleKind.AE_18A_18B,
        TitleKind.AE_24,
        TitleKind.AE_104C,
        TitleKind.BLAUE_KARTE,
        TitleKind.CHANCENKARTE,
    }
)


def bedarf_bildung(law_key: str) -> Regel:
    """B3 in education: the monthly sum the law itself names (§ 2(3) S. 5, 6)."""
    return mindestens(a.EINKOMMEN, law_key)


def interessen(anspruch: Bedingung) -> Regel:
    """B5: only checked where there is no entitlement to the title."""
    free = nein(
        a.INTERESSEN,
        "Deutsche Interessen sind nicht beeinträchtigt.",
        "Der Aufenthalt beeinträchtigt Interessen der Bundesrepublik Deutschland.",
    )
    return wenn(nicht(anspruch), free, "auf die Erteilung besteht ein Anspruch.")


def asyl_laeuft(anspruch: Bedingung, streng: Bedingung) -> Regel:
    """§ 10(1), (2): during an asylum procedure; ``streng`` are titles under § 18a, § 18b."""

    def rule(f: Facts) -> Finding:
        state = f.angabe(a.ASYL.key)
        if state is None:
            return check("Ein Asylverfahren ist noch nicht mit dem AZR abgeglichen.")
        if state != "laeuft":
            return met(f"Asylverfahren: {a.ASYL.words(state)}.")
        if VERLAENGERUNG(f):
            return met("Der Titel darf trotz Asylantrag verlängert werden.", "§ 10 Abs. 2 AufenthG")
        if anspruch(f) and not streng(f):
            return met("Das Asylverfahren läuft; es besteht ein gesetzlicher Anspruch.")
        said = f.angabe(a.LANDESZUSTIMMUNG.key)
        if said is None:
            return check("Das Asylverfahren läuft; die oberste Landesbehörde muss zustimmen.")
        if said:
            return met("Das Asylverfahren läuft; die oberste Landesbehörde hat zugestimmt.")
        return not_met("Das Asylverfahren läuft; die oberste Landesbehörde stimmt nicht zu.")

    return Regel(rule, (a.ASYL.key, a.LANDESZUSTIMMUNG.key))


def asyl_beendet(anspruch: Bedingung, streng: Bedingung) -> Regel:
    """§ 10(3): after a rejected or withdrawn asylum application, before leaving the country.

    ``streng`` are the titles of sentences 4 and 5 (§§ 18a, 18b, 19c(2)).
    """

    def rule(f: Facts) -> Finding:
        state = f.angabe(a.ASYL.key)
        if state is None:
            return check("Ein Asylverfahren ist noch nicht mit dem AZR abgeglichen.")
        if state in ("keines", "laeuft", "anerkannt") or VERLAENGERUNG(f):
            return met(f"Keine Sperre; Asylverfahren: {a.ASYL.words(state)}.")
        if streng(f):
            return _nach_29_03_2023(f, state)
        if anspruch(f):
            return met(
                "Die Sperre gilt nicht, weil ein Anspruch besteht.", "§ 10 Abs. 3 Satz 3 AufenthG"
            )
        return not_met(
            f"Asylverfahren: {a.ASYL.words(state)}. Vor der Ausreise sperrt das den Titel.",
            "§ 10 Abs. 3 Satz 1 und 2 AufenthG",
        )

    return Regel(rule, (a.ASYL.key, a.EINREISE_VOR_STICHTAG.key))


def _nach_29_03_2023(f: Facts, state: str) -> Finding:
    if state != "zurueckgenommen":
        text = f"Asylverfahren: {a.ASYL.words(state)}. Vor der Ausreise ist der Titel gesperrt."
        return not_met(text, "§ 10 Abs. 3 Satz 4 AufenthG")
    norm, early = "§ 10 Abs. 3 Satz 5 AufenthG", f.angabe(a.EINREISE_VOR_STICHTAG.key)
    if early is None:
        return unbekannt(a.EINREISE_VOR_STICHTAG, norm)
    text = "Der Asylantrag ist zurückgenommen, die Einreise lag"
    if early:
        return met(f"{text} vor dem 29. März 2023.", norm)
    return not_met(f"{text} nicht vor dem 29. März 2023.", norm)


VERLAENGERBAR = wenn(
    VERLAENGERUNG,
    nein(
        a.VERLAENGERUNG_AUSGESCHLOSSEN,
        "Die Verlängerung ist nicht ausgeschlossen.",
        "Eine Nebenbestimmung schließt die Verlängerung aus.",
        "§ 8 Abs. 2 AufenthG",
    ),
    "keine Verlängerung beantragt.",
)


def ermessen(kann: Bedingung) -> Regel:
    """ERM: where the office is free, somebody has weighed and written why."""

    def rule(f: Facts) -> Finding:
        said = f.angabe(a.ERMESSEN.key)
        if said is None:
            return check("Die Abwägung ist noch nicht vermerkt.")
        if said == "dagegen":
            return not_met("Nach Abwägung überwiegen die Gründe gegen die Erteilung.")
        if not f.angabe(a.ERMESSEN_GRUENDE.key):
            return check("Die Erwägungen zum Ermessen sind noch nicht aufgeschrieben.")
        return met("Nach Abwägung überwiegen die Gründe für die Erteilung.")

    weighed = Regel(rule, (a.ERMESSEN.key, a.ERMESSEN_GRUENDE.key))
    return wenn(kann, weighed, "es ist kein Ermessen auszuüben.")


def arbeitsplatz(f: Facts) -> Finding:
    """J1: a concrete job offer; a job that has ended needs a new one."""
    if not f.employer.strip():
        return ask("Der Arbeitgeber ist nicht angegeben.")
    ended = f.angabe(a.BESCHAEFTIGUNGSENDE.key)
    if ended is not None and ended <= f.stichtag and not f.angabe(a.NEUES_ANGEBOT.key):
        return ask(f"Die Beschäftigung endete am {german(ended)}; ein neues Angebot fehlt.")
    return met(f"Arbeitsplatz bei {f.employer.strip()}.")


ARBEITSPLATZ = Regel(arbeitsplatz, (a.BESCHAEFTIGUNGSENDE.key, a.NEUES_ANGEBOT.key))


def berufserlaubnis(f: Facts) -> Finding:
    """J3: the licence of a regulated profession, granted or promised."""
    regulated = f.angabe(a.REGLEMENTIERT.key)
    if regulated is None:
        return unbekannt(a.REGLEMENTIERT)
    if not regulated:
        return not_needed("der Beruf ist nicht reglementiert.")
    licence = f.angabe(a.BERUFSERLAUBNIS.key)
    if licence is None:
        return unbekannt(a.BERUFSERLAUBNIS)
    if licence:
        return met("Die Berufsausübungserlaubnis ist erteilt oder zugesagt.")
    return not_met("Die Berufsausübungserlaubnis ist weder erteilt noch zugesagt.")


ALTER, GEHALT = "fachkraft.alter", "fachkraft.gehalt.alter"
AB_45_LAW = (ALTER, GEHALT)


def ab_45(erstmals: Bedingung, norm: str) -> Regel:
    """Who gets the first title after the 45th birthday needs the salary or a pension."""

    def rule(f: Facts) -> Finding:
        if not erstmals(f):
            return not_needed(f"trifft nicht zu: {erstmals.label}.")
        age, least = f.law.zahl(ALTER), f.law.zahl(GEHALT)
        if age is None:
            return kein_wert(f, ALTER)
        day = birthday(f, int(age.value))
        if day is None:
            return ask("Das Geburtsdatum ist nicht bekannt.", norm)
        if day > f.stichtag:
            return met(f"Das 45. Lebensjahr ist erst am {german(day)} vollendet.", norm)
        if f.angabe(a.ALTERSVERSORGUNG.key):
            return met("Eine angemessene Altersversorgung ist nachgewiesen.", norm)
        if least is None:
            return kein_wert(f, GEHALT)
        if f.salary_year is None:
            return unbekannt(a.ALTERSVERSORGUNG, norm)
        text = (
            f"Das 45. Lebensjahr ist seit dem {german(day)} vollendet; das Gehalt beträgt "
            f"{euro(f.salary_year)}, nötig sind {euro(least.value)} oder eine Altersversorgung."
        )
        return met(text, norm) if f.salary_year >= least.value else not_met(text, norm)

    return Regel(rule, (a.ALTERSVERSORGUNG.key, "salary_year"))


def zweck_frei(anspruch: Bedingung, nach_17: Bedingung) -> Regel:
    """ZW: no bar on changing the purpose (§ 16f(3), § 17(3)); ``nach_17`` may follow § 17."""

    def rule(f: Facts) -> Finding:
        state = f.angabe(a.BISHERIGER_ZWECK.key)
        if state is None:
            return unbekannt(a.BISHERIGER_ZWECK)
        words = f"Bisher: {a.BISHERIGER_ZWECK.words(state)}."
        if anspruch(f) or VERLAENGERUNG(f):
            return met(f"{words} Der Wechsel ist nicht gesperrt.")
        if state in ("16f_austausch", "16f_schule"):
            return not_met(f"{words} Danach nur bei Anspruch.", "§ 16f Abs. 3 AufenthG")
        if state == "17" and not nach_17(f):
            return not_met(f"{words} Danach in der Regel nicht.", "§ 17 Abs. 3 Satz 2 AufenthG")
        return met(f"{words} Der Wechsel ist nicht gesperrt.")

    return Regel(rule, (a.BISHERIGER_ZWECK.key,))


BERUFSERLAUBNIS = Regel(berufserlaubnis, (a.REGLEMENTIERT.key, a.BERUFSERLAUBNIS.key))


def ba_frei(f: Facts) -> str:
    """Return the norm by which no consent of the BA is needed, "" where it is needed."""
    said = str(f.angabe(a.BA_FREI.key) or "").strip()
    if said:
        return said
    if f.title_kind not in _ERLAUBNIS:
        return ""
    months, years = f.angabe(a.VERSICHERUNGSMONATE.key), f.law.zahl(VORBESCHAEFTIGUNG)
    if months is not None and years is not None and months >= 12 * years.value:
        return "§ 9 Abs. 1 Nr. 1 BeschV"
    since, stay = f.angabe(a.ERLAUBT_SEIT.key), f.law.zahl(VORAUFENTHALT)
    if since is not None and stay is not None and plus(since, stay) <= f.stichtag:
        return "§ 9 Abs. 1 Nr. 2 BeschV"
    return ""


def ba_noetig(grund: Bedingung) -> Bedingung:
    """The consent is needed: the ground applies and no rule frees from it."""
    return Bedingung(f"{grund.label}, nicht zustimmungsfrei", lambda f: grund(f) and not ba_frei(f))


def zustimmung(grund: Bedingung) -> Regel:
    """BA: the consent, where ``grund`` calls for it and no rule frees from it."""

    def rule(f: Facts) -> Finding:
        if not grund(f):
            return not_needed("die Bundesagentur ist hier nicht zu beteiligen.")
        free = ba_frei(f)
        if not free:
            return bk.ba_answer(f)
        if f.angabe(a.VERSAGUNG_40.key):
            text = f"Zustimmungsfrei nach {free}, aber es liegt ein Versagungsgrund vor."
            return not_met(text, "§ 18 Abs. 2 Nr. 2, § 40 Abs. 2 und 3 AufenthG")
        return met(f"Nicht erforderlich: {free}.", free)

    keys = (a.BA_FREI, a.VERSAGUNG_40, a.VERSICHERUNGSMONATE, a.ERLAUBT_SEIT, a.BA_BIS)
    return Regel(rule, (*(one.key for one in keys), "preliminary_consent_until"))


def erklaerung(grund: Bedingung) -> Rule:
    """EZB: the employer's declaration, without which the BA cannot be asked."""
    noetig = ba_noetig(grund)

    def rule(f: Facts) -> Finding:
        if not noetig(f) or bk.has_preliminary_consent(f):
            return not_needed("die Zustimmung der Bundesagentur ist nicht anzufragen.")
        return met("Die Erklärung zum Beschäftigungsverhältnis geht an die Bundesagentur.")

    return rule


def antrag(*varianten: Rule) -> Regel:
    """ART: what was applied for; without it no rule could tell what is needed."""

    def rule(f: Facts) -> Finding:
        rules: tuple[Rule, ...] = (*varianten, angegeben(a.ANTRAGSART))
        findings = [one(f) for one in rules]
        bad = next((one for one in findings if one.status.value != "met"), None)
        return bad or met(" ".join(one.why for one in findings))

    return Regel(rule, ("variante", a.ANTRAGSART.key))


def vor(day: date, length: LawNumber) -> date:
    """Return the day a length of days before ``day``."""
    return date.fromordinal(max(day.toordinal() - int(length.value), 1))


def fruehestes(*days: date | None) -> date | None:
    """Return the earliest day that is known."""
    return min((day for day in days if day is not None), default=None)


def uhr_nicht_begonnen(clock: ClockRule) -> Guard:
    """The clock never ran in this case."""

    def check_clock(f: Facts) -> Reason | None:
        if clock.key not in f.uhren:
            return None
        return Reason(f"Die Uhr „{clock.label}“ ist schon gelaufen.")

    return Guard(
        f"uhr_{clock.key.lower()}_nicht_begonnen",
        f"Noch nicht gelaufen: {clock.label}",
        clock.norm,
        check_clock,
    )


@guard("Das Ende der Beschäftigung ist gemeldet, ein neues Angebot fehlt", "§ 82 Abs. 6 AufenthG")
def beschaeftigung_beendet(f: Facts) -> Reason | None:
    ended = f.angabe(a.BESCHAEFTIGUNGSENDE.key)
    if ended is None:
        return Reason("Ein Ende der Beschäftigung ist nicht gemeldet.")
    if f.angabe(a.NEUES_ANGEBOT.key):
        return Reason("Ein neues Arbeitsplatzangebot liegt vor.")
    return None if ended <= f.today else Reason(f"Sie endet erst am {german(ended)}.")


Anchor = Callable[[Facts], "date | None"]

"""P10: search for work after a stay in Germany (§ 20 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards import bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import met, not_met, not_needed
from abh.workflows.guards.regeln import (
    Regel,
    angegeben,
    eine_von,
    ja,
    kein_wert,
    plus,
    unbekannt,
    variante,
)
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)

MOST, PFLEGE, PFLEGE_MEHR = (
    "suche.hoechstdauer",
    "suche.hoechstdauer.pflegehilfe",
    "suche.verlaengerung.pflegehilfe",
)
VARIANTEN = (
    Variante("studium", "nach dem Studium", "§ 20 Abs. 1 Nr. 1 AufenthG"),
    Variante("forschung", "nach der Forschung", "§ 20 Abs. 1 Nr. 2 AufenthG"),
    Variante("ausbildung", "nach der Berufsausbildung", "§ 20 Abs. 1 Nr. 3 AufenthG"),
    Variante("anerkennung", "nach der Anerkennung", "§ 20 Abs. 1 Nr. 4 AufenthG"),
    Variante(
        "pflegehilfe",
        "nach einer Assistenz- oder Helferausbildung in Gesundheit und Pflege",
        "§ 20 Abs. 1 Nr. 5 AufenthG",
    ),
)
VARIANTE = wahl(
    "variante",
    "Vorheriger Aufenthalt",
    {one.key: one.label for one in VARIANTEN},
    "§ 20 Abs. 1 AufenthG",
)
ERFOLG = ja_nein(
    "vorheriger_zweck_erreicht",
    "Studium, Forschung, Ausbildung oder Anerkennung abgeschlossen",
    "§ 20 Abs. 1 AufenthG",
    amt=True,
)
OFFEN = ja_nein(
    "beruf_steht_offen",
    "Die gesuchte Tätigkeit darf von Ausländern ausgeübt werden",
    "§ 20 Abs. 1 AufenthG",
    amt=True,
)
SUCHE_SEIT = tag("suche_seit", "Titel zur Suche seit", "§ 20 Abs. 2 AufenthG", amt=True)
SCHON_VERLAENGERT = ja_nein(
    "suche_schon_verlaengert",
    "Die Suche ist schon einmal verlängert",
    "§ 20 Abs. 2 Satz 3 AufenthG",
    amt=True,
)
PFLEGEHILFE = variante("pflegehilfe")
_ZWECKE = {
    "studium": ("16b", "16c"),
    "forschung": ("18d_18f",),
    "ausbildung": ("16a",),
    "anerkennung": ("16d",),
}


def _vorher(f: Facts) -> Finding:
    if fk.VERLAENGERUNG(f):
        return eine_von(a.BISHERIGER_ZWECK, ("20",))(f)
    if PFLEGEHILFE(f):
        return not_needed("nach der Helferausbildung kommt es auf den Titel nicht an.")
    return eine_von(a.BISHERIGER_ZWECK, _ZWECKE.get(f.variante, ()))(f)


def letzter_tag(f: Facts) -> date | None:
    """The last day the search may last, from its first day; ``None`` where that is not known."""
    extending = fk.VERLAENGERUNG(f)
    start = f.angabe(SUCHE_SEIT.key) if extending else f.stichtag
    most = f.law.zahl(PFLEGE if PFLEGEHILFE(f) else MOST)
    if start is None or most is None:
        return None
    more = f.law.zahl(PFLEGE_MEHR) if extending and PFLEGEHILFE(f) else None
    end = plus(start, most)
    return plus(end, more) if more is not None else end


def _dauer(f: Facts) -> Finding:
    if not fk.VERLAENGERUNG(f):
        return met("Es ist die erste Erteilung zur Suche.")
    if f.angabe(SUCHE_SEIT.key) is None:
        return unbekannt(SUCHE_SEIT)
    if PFLEGEHILFE(f) and f.angabe(SCHON_VERLAENGERT.key) is not False:
        if f.angabe(SCHON_VERLAENGERT.key) is None:
            return unbekannt(SCHON_VERLAENGERT)
        return not_met("Die Suche darf nur einmal verlängert werden.")
    end = letzter_tag(f)
    if end is None:
        return kein_wert(f, PFLEGE if PFLEGEHILFE(f) else MOST)
    text = f"Die Suche begann am {german(f.angabe(SUCHE_SEIT.key))}, höchstens bis {german(end)}."
    return met(text) if end > f.stichtag else not_met(text)


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        living_norm="§ 20 Abs. 2 Satz 1, § 2 Abs. 3 AufenthG",
        living_waiver="",
        living_papers=("einkommen", "sperrkonto", "verpflichtungserklaerung"),
        variante=angegeben(VARIANTE),
    ),
    Requirement(
        "A1",
        "Vorheriger Aufenthalt",
        "§ 20 Abs. 1 AufenthG",
        Regel(_vorher, (a.BISHERIGER_ZWECK.key,)),
    ),
    Requirement(
        "A2",
        "Erfolgreicher Abschluss",
        "§ 20 Abs. 1 AufenthG",
        ja(ERFOLG, "Der vorherige Zweck ist erreicht.", "Der vorherige Zweck ist nicht erreicht."),
        evidence=(("abschluss",),),
    ),
    Requirement(
        "A3",
        "Beruf steht offen",
        "§ 20 Abs. 1 AufenthG",
        ja(OFFEN, "Die Tätigkeit steht offen.", "Die Tätigkeit steht Ausländern nicht offen."),
        source=Source.OFFICE,
    ),
    Requirement(
        "A4",
        "Höchste Dauer der Suche",
        "§ 20 Abs. 2 Satz 2 bis 4 AufenthG",
        Regel(_dauer, (SUCHE_SEIT.key, SCHON_VERLAENGERT.key)),
        source=Source.OFFICE,
    ),
)


def _titelende(f: Facts) -> date | None:
    return gem.title_until(P10_V1, f)


CLOCK_TITEL = gem.titelende("TITELENDE", _titelende)
CLOCK_HINWEIS = ClockRule(
    "HINWEIS",
    "Hinweis auf den Wechsel in einen Titel zur Erwerbstätigkeit",
    "§ 82 Abs. 3 AufenthG",
    ("suche.hinweis",),
    starts="Bewilligung, gerechnet vom Ende des Titels zurück",
    ends="Hinweis oder Ende des Vorgangs",
    start_steps=("bewilligen", "urteil_umsetzen"),
    end_steps=("wechsel_anraten", "ablauf_ankuendigen", "nach_ausgabe_beenden"),
    anchor=_titelende,
    before=True,
    effect="Hinweis auf P01, P02 und P05",
)
WECHSEL = Step(
    "wechsel_anraten",
    ("issued",),
    SAME_STATE,
    by=(Power.SYSTEM, Power.REVIEW),
    norm="§ 82 Abs. 3 AufenthG",
    label="Zum Wechsel des Titels raten",
    guards=(bausteine.uhr_abgelaufen(CLOCK_HINWEIS),),
    letter="N03",
    automatic=True,
)

P10_V1 = Verfahren(
    key="P10",
    version=1,
    name="Aufenthaltserlaubnis zur Arbeitsplatzsuche",
    norm="§ 20 AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=gem.LIVING_STATES,
    steps=(
        *gem.title_rows(CHECKLIST, ba=False),
        WECHSEL,
        *gem.after_issue_rows(CLOCK_TITEL),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wer in Deutschland studiert, geforscht, gelernt oder seine Qualifikation anerkannt hat, "
        "darf danach Arbeit suchen. In dieser Zeit ist jede Erwerbstätigkeit erlaubt."
    ),
    titel="Aufenthaltserlaubnis zur Arbeitsplatzsuche",
    varianten=VARIANTEN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        a.BISHERIGER_ZWECK,
        ERFOLG,
        OFFEN,
        SUCHE_SEIT,
        SCHON_VERLAENGERT,
    ),
    letters=GEN_LETTERS,
    law_keys=(MOST, PFLEGE, PFLEGE_MEHR),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(),
    laufzeit=TitleRule("§ 20 Abs. 2 AufenthG", MOST, "Höchste Dauer der Suche", letzter_tag),
    clocks=(CLOCK_75, CLOCK_KLAGE, CLOCK_TITEL, CLOCK_HINWEIS, CLOCK_RUECKGABE),
    evidence_labels=gem.nachweise(
        "einkommen",
        abschluss="Zeugnis, Urkunde oder Bescheid über den Abschluss",
        sperrkonto="Sperrkonto",
        verpflichtungserklaerung="Verpflichtungserklärung",
    ),
)

PUBLISHED = ((P10_V1, "9bf19fe445669ac1"),)

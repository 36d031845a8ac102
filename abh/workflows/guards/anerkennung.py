"""Rules of the stay to have a foreign qualification recognised (§ 16d AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    angegeben,
    bis_heute_gueltig,
    eine_von,
    ist,
    ja,
    kein_wert,
    mindestens,
    nicht,
    oder,
    plus,
    unbekannt,
    und,
    variante,
    wenn,
)

BEDARF = "bildung.bedarf.zuschlag"
ERSTE, WEITERE, HOECHST, SCHRITT, ANALYSE = (
    "anerkennung.massnahme.erste",
    "anerkennung.massnahme.weitere",
    "anerkennung.hoechstdauer",
    "anerkennung.schritt",
    "anerkennung.analyse.dauer",
)
AUSBILDUNG = "anerkennung.qualifikation.dauer"
LAW = (BEDARF, ERSTE, WEITERE, HOECHST, SCHRITT, ANALYSE, AUSBILDUNG)

FESTSTELLUNG = ja_nein(
    "defizit_festgestellt",
    "Anpassung oder Ausgleich von der Anerkennungsstelle festgestellt",
    "§ 16d Abs. 1 Satz 1 AufenthG",
    amt=True,
)
GEEIGNET = ja_nein(
    "massnahme_geeignet",
    "Die Maßnahme kann zur Anerkennung führen",
    "§ 16d Abs. 1 Satz 2 Nr. 2 AufenthG",
    amt=True,
)
BETRIEBLICH = ja_nein(
    "massnahme_betrieblich",
    "Die Maßnahme ist überwiegend betrieblich",
    "§ 16d Abs. 1 Satz 2 Nr. 3 AufenthG",
    amt=True,
)
MIT_ARBEIT = ja_nein(
    "verwandte_beschaeftigung",
    "Zusätzlich eine Beschäftigung im Zusammenhang mit dem Beruf",
    "§ 16d Abs. 2 AufenthG",
)
MASSNAHME_BIS = tag(
    "massnahme_bis", "Ende der Maßnahme oder Prüfung", "§ 16d Abs. 1, 5 und 6 AufenthG"
)
QUALIFIKATION = wahl(
    "auslaendische_qualifikation",
    "Ausländische Qualifikation",
    {
        "ausbildung": "staatlich anerkannte Berufsausbildung",
        "hochschule": "staatlich anerkannter Hochschulabschluss",
        "keine": "keine davon",
    },
    "§ 16d Abs. 3 Satz 1 Nr. 1 AufenthG",
)
AUSBILDUNGSJAHRE = zahl(
    "ausbildungsdauer_jahre",
    "Dauer der ausländischen Ausbildung",
    "Jahre",
    "§ 16d Abs. 3 Satz 1 Nr. 1 Buchst. a AufenthG",
)
VEREINBARUNG = ja_nein(
    "anerkennungspartnerschaft",
    "Vereinbarung der Anerkennungspartnerschaft mit beiden Pflichten",
    "§ 16d Abs. 3 Satz 1 Nr. 3 AufenthG",
)
ARBEITGEBER_GEEIGNET = ja_nein(
    "arbeitgeber_geeignet",
    "Der Arbeitgeber ist für Ausbildung oder Nachqualifizierung geeignet",
    "§ 16d Abs. 3 Satz 1 Nr. 4 AufenthG",
    amt=True,
)
TARIF = ja_nein(
    "tarif_zielberuf",
    "Tarifgebunden oder Pflegeeinrichtung, Tätigkeit führt zum Zielberuf",
    "§ 16d Abs. 3 Satz 2 und 3 AufenthG",
    amt=True,
)
VERMITTELT = ja_nein(
    "durch_absprache_vermittelt",
    "Auf Grund einer Absprache der Bundesagentur vermittelt",
    "§ 16d Abs. 4 AufenthG",
    amt=True,
)
PRUEFUNG = ja_nein(
    "zur_pruefung_zugelassen", "Zur Prüfung für die Anerkennung zugelassen", "§ 16d Abs. 5 AufenthG"
)
SPRACHE_IN_PRUEFUNG = ja_nein(
    "sprache_ist_pruefungsziel",
    "Die Prüfung soll die Sprache nachweisen",
    "§ 16d Abs. 5 Satz 1 AufenthG",
    amt=True,
)
ANALYSE_ZUGESAGT = ja_nein(
    "qualifikationsanalyse_zugesagt",
    "Die zuständige Stelle hat die Qualifikationsanalyse zugesagt",
    "§ 16d Abs. 6 Satz 2 Nr. 1 AufenthG",
    amt=True,
)
SEIT = tag(
    "anerkennung_seit", "Erster Titel zu diesem Zweck seit", "§ 16d Abs. 1, 3 und 4", amt=True
)
AUSGESCHOEPFT = ja_nein(
    "partnerschaft_ausgeschoepft",
    "Die Höchstdauer der Anerkennungspartnerschaft ist ausgeschöpft",
    "§ 16d Abs. 3 Satz 6 AufenthG",
    amt=True,
)
VERFAHREN_SEIT = tag(
    "anerkennungsverfahren_seit",
    "Anerkennungsverfahren eingeleitet am",
    "§ 16d Abs. 3 Satz 1 Nr. 3 Buchst. a AufenthG",
)
ANERKANNT = ja_nein(
    "gleichwertigkeit_festgestellt",
    "Gleichwertigkeit festgestellt oder Berufserlaubnis erteilt",
    "§ 20 Abs. 1 Nr. 4 AufenthG",
    amt=True,
)
ANGABEN = (
    FESTSTELLUNG, GEEIGNET, BETRIEBLICH, MIT_ARBEIT, MASSNAHME_BIS, QUALIFIKATION,
    AUSBILDUNGSJAHRE, VEREINBARUNG, ARBEITGEBER_GEEIGNET, TARIF, VERMITTELT, PRUEFUNG,
    SPRACHE_IN_PRUEFUNG, ANALYSE_ZUGESAGT, SEIT, AUSGESCHOEPFT, VERFAHREN_SEIT, ANERKANNT,
)  # fmt: skip

MASSNAHME, PARTNER, ABSPRACHE = (
    variante("massnahme"),
    variante("partnerschaft"),
    variante("absprache"),
)
PRUEFEN, ANALYSIEREN = variante("pruefung"), variante("analyse")
MIT_STELLE = variante("partnerschaft", "absprache")
MEILENSTEIN = variante("massnahme", "partnerschaft", "absprache")
ANDERS = "für diese Art des Aufenthalts nicht verlangt."
_BESCHAEFTIGT = oder(
    MIT_STELLE,
    und(MASSNAHME, ist(BETRIEBLICH)),
    und(oder(MASSNAHME, ANALYSIEREN), ist(MIT_ARBEIT)),
)
MIT_BA = Bedingung("Beschäftigung oder betriebliche Maßnahme", _BESCHAEFTIGT.check)

_A2 = eine_von(a.DEUTSCH, a.AB_A2)
SPRACHE = wenn(
    nicht(PARTNER),
    wenn(
        und(PRUEFEN, ist(SPRACHE_IN_PRUEFUNG)),
        ja(SPRACHE_IN_PRUEFUNG, "Die Prüfung soll die Sprache nachweisen.", ""),
        _A2,
    ),
    "die Sprache der Anerkennungspartnerschaft ist eigens geregelt.",
)
SPRACHE_PARTNER = wenn(PARTNER, _A2, ANDERS)
DEFIZIT = wenn(
    MASSNAHME,
    ja(FESTSTELLUNG, "Anpassung oder Ausgleich ist festgestellt.", "Es ist nichts festgestellt."),
    ANDERS,
)
EIGNUNG = wenn(
    MASSNAHME,
    alle(
        ja(GEEIGNET, "Die Maßnahme ist geeignet.", "Die Maßnahme ist nicht geeignet."),
        angegeben(BETRIEBLICH),
    ),
    ANDERS,
)


def _qualifikation(f: Facts) -> Finding:
    kind = f.angabe(QUALIFIKATION.key)
    if kind is None:
        return unbekannt(QUALIFIKATION)
    if kind == "ausbildung":
        return mindestens(AUSBILDUNGSJAHRE, AUSBILDUNG)(f)
    text = f"{QUALIFIKATION.label}: {QUALIFIKATION.words(kind)}."
    return met(text) if kind == "hochschule" else not_met(text)


QUALIFIKATION_REGEL = wenn(
    PARTNER, Regel(_qualifikation, (QUALIFIKATION.key, AUSBILDUNGSJAHRE.key)), ANDERS
)
STELLE = wenn(MIT_STELLE, fk.ARBEITSPLATZ, ANDERS)
PARTNERSCHAFT = wenn(
    PARTNER,
    alle(
        ja(VEREINBARUNG, "Die Vereinbarung enthält beide Pflichten.", "Die Vereinbarung fehlt."),
        ja(ARBEITGEBER_GEEIGNET, "Der Arbeitgeber ist geeignet.", "Er ist nicht geeignet."),
    ),
    ANDERS,
)


def _qualifiziert(f: Facts) -> Finding:
    if f.angabe(a.QUALIFIZIERT.key):
        return met("Die Beschäftigung ist qualifiziert.")
    if f.angabe(a.REGLEMENTIERT.key) and f.angabe(TARIF.key):
        text = "Die Beschäftigung führt nach Tarif oder in der Pflege auf den Zielberuf hin."
        return met(text, "§ 16d Abs. 3 Satz 2 und 3 AufenthG")
    if f.angabe(a.QUALIFIZIERT.key) is None:
        return unbekannt(a.QUALIFIZIERT)
    return not_met("Die Beschäftigung ist nicht qualifiziert, eine Ausnahme liegt nicht vor.")


QUALIFIZIERT = wenn(
    PARTNER, Regel(_qualifiziert, (a.QUALIFIZIERT.key, a.REGLEMENTIERT.key, TARIF.key)), ANDERS
)
VERMITTLUNG = wenn(
    ABSPRACHE,
    ja(VERMITTELT, "Die Absprache trägt die Beschäftigung.", "Eine Vermittlung liegt nicht vor."),
    ANDERS,
)
PRUEFUNG_REGEL = wenn(
    PRUEFEN,
    ja(PRUEFUNG, "Die Zulassung zur Prüfung liegt vor.", "Die Zulassung zur Prüfung fehlt."),
    ANDERS,
)
ANALYSE_REGEL = wenn(
    ANALYSIEREN,
    ja(ANALYSE_ZUGESAGT, "Die Analyse ist zugesagt.", "Die Analyse ist nicht zugesagt."),
    ANDERS,
)
BIS_REGEL = wenn(
    variante("massnahme", "pruefung", "analyse"), bis_heute_gueltig(MASSNAHME_BIS), ANDERS
)


def hoechster_tag(f: Facts) -> date | None:
    """The last day of all titles to this purpose together; ``None`` where there is no limit."""
    if PRUEFEN(f):
        return None
    start = f.angabe(SEIT.key) or f.stichtag
    most = f.law.zahl(ANALYSE if ANALYSIEREN(f) else HOECHST)
    return plus(start, most) if most is not None else None


def ende(f: Facts) -> date | None:
    """The last day by variant: the step the law allows, the end of the measure, the total limit."""
    extending = fk.VERLAENGERUNG(f)
    key = {
        "massnahme": WEITERE if extending else ERSTE,
        "partnerschaft": "" if extending else SCHRITT,
        "absprache": SCHRITT,
        "analyse": ANALYSE,
    }.get(f.variante, "")
    step = f.law.zahl(key)
    consent = f.angabe(a.BA_BIS.key) if MIT_STELLE(f) else f.angabe(MASSNAHME_BIS.key)
    longest = plus(f.stichtag, step) if step is not None else None
    return fk.fruehestes(longest, consent, hoechster_tag(f))


def _hoechstdauer(f: Facts) -> Finding:
    used = f.angabe(AUSGESCHOEPFT.key)
    if used is None:
        return unbekannt(AUSGESCHOEPFT)
    if used:
        text = "Die Anerkennungspartnerschaft ist ausgeschöpft; danach gibt es keinen Titel zur "
        return not_met(text + "Anerkennung.", AUSGESCHOEPFT.norm)
    if not fk.VERLAENGERUNG(f):
        return met("Es ist der erste Titel zu diesem Zweck.")
    if f.angabe(SEIT.key) is None:
        return unbekannt(SEIT)
    last = hoechster_tag(f)
    if last is None:
        return met("Eine Höchstdauer gibt es nicht.") if PRUEFEN(f) else kein_wert(f, HOECHST)
    text = f"Titel seit {german(f.angabe(SEIT.key))}, höchstens bis {german(last)}."
    return met(text) if last > f.stichtag else not_met(text)


HOECHSTDAUER = Regel(_hoechstdauer, (AUSGESCHOEPFT.key, SEIT.key))
BETREIBT = wenn(
    und(MIT_STELLE, fk.VERLAENGERUNG),
    Regel(
        lambda f: (
            unbekannt(VERFAHREN_SEIT)
            if f.angabe(VERFAHREN_SEIT.key) is None
            else met(f"Das Verfahren läuft seit {german(f.angabe(VERFAHREN_SEIT.key))}.")
        ),
        (VERFAHREN_SEIT.key,),
    ),
    "kein Fall der Verlängerung mit Beschäftigung.",
)

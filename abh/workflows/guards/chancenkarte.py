"""Rules of the Chancenkarte (§ 20a AufenthG): who may search, and the card that follows."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import guard
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import punkte as p
from abh.workflows.guards.basis import ask, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    eine_von,
    eines,
    ist,
    ja,
    nein,
    unbekannt,
    variante,
    wenn,
)

FACHKRAFT = ja_nein(
    "ist_fachkraft", "Fachkraft", "§ 20a Abs. 3 Nr. 1, § 18 Abs. 3 AufenthG", amt=True
)
ABSCHLUSS = wahl(
    "auslaendischer_abschluss",
    "Ausländischer Abschluss",
    {
        "ausbildung": "staatlich anerkannte Ausbildung von mindestens zwei Jahren",
        "hochschule": "staatlich anerkannter Hochschulabschluss",
        "ahk": "Abschluss einer deutschen Auslandshandelskammer",
        "keiner": "keiner davon",
    },
    "§ 20a Abs. 4 Satz 3 Nr. 1 AufenthG",
)
SUCHKARTE_TAGE = zahl(
    "suchkarte_tage",
    "Früherer Aufenthalt mit Such-Chancenkarte",
    "Tage",
    "§ 20a Abs. 5 Satz 7 AufenthG",
    amt=True,
)
SEITDEM_TAGE = zahl(
    "seit_suchkarte_tage",
    "Seit ihrem Ende im Ausland oder erlaubt im Bundesgebiet",
    "Tage",
    "§ 20a Abs. 5 Satz 7 AufenthG",
    amt=True,
)
ANDERER_TITEL = ja_nein(
    "anderer_erwerbstitel_moeglich",
    "Ein anderer Titel zur Erwerbstätigkeit ist möglich",
    "§ 20a Abs. 5 Satz 3 AufenthG",
    amt=True,
)
SCHON_FOLGE = ja_nein(
    "schon_folgekarte", "Bisher schon Folge-Chancenkarte", "§ 20a Abs. 5 Satz 6 AufenthG", amt=True
)
ANGABEN = (FACHKRAFT, ABSCHLUSS, SUCHKARTE_TAGE, SEITDEM_TAGE, ANDERER_TITEL, SCHON_FOLGE)
SUCHE, NACH_PUNKTEN = variante("fachkraft", "punkte"), variante("punkte")
FOLGE = variante("folge")
ANDERS = "für diese Art der Karte nicht verlangt."
# Titles of chapter 2 parts 3 and 4, from which the card may be had in Germany.
ABSCHNITT_3_4 = tuple(key for key in a.BISHERIGER_ZWECK.choices if key not in ("keiner", "andere"))

FACHKRAFT_REGEL = wenn(
    variante("fachkraft"),
    ja(FACHKRAFT, "Die Person ist Fachkraft.", "Die Person ist keine Fachkraft."),
    ANDERS,
)
PUNKTE_REGEL = wenn(NACH_PUNKTEN, p.PUNKTE, ANDERS)
ABSCHLUSS_REGEL = wenn(
    NACH_PUNKTEN,
    wenn(
        ist(p.TEILANERKENNUNG),
        ja(p.TEILANERKENNUNG, "Die teilweise Anerkennung ersetzt den Abschluss.", ""),
        eine_von(ABSCHLUSS, ("ausbildung", "hochschule", "ahk")),
    ),
    ANDERS,
)
SPRACHE = wenn(
    NACH_PUNKTEN, eines(eine_von(a.DEUTSCH, a.AB_A1), eine_von(p.ENGLISCH, ("b2", "c1"))), ANDERS
)


def _inland(f: Facts) -> Finding:
    if f.title_kind is TitleKind.NATIONALES_VISUM:
        return met("Die Einreise mit nationalem Visum liegt vor.")
    return eine_von(a.BISHERIGER_ZWECK, ABSCHNITT_3_4)(f)


INLAND = wenn(SUCHE, Regel(_inland, (a.BISHERIGER_ZWECK.key,)), ANDERS)


def _erneut(f: Facts) -> Finding:
    before = f.angabe(SUCHKARTE_TAGE.key)
    if before is None:
        return unbekannt(SUCHKARTE_TAGE)
    if before == 0:
        return met("Es ist die erste Such-Chancenkarte.")
    since = f.angabe(SEITDEM_TAGE.key)
    if since is None:
        return unbekannt(SEITDEM_TAGE)
    text = f"Frühere Suche {before} Tage, seitdem {since} Tage."
    return met(text) if since >= before else not_met(text)


ERNEUT = wenn(SUCHE, Regel(_erneut, (SUCHKARTE_TAGE.key, SEITDEM_TAGE.key)), ANDERS)


def _waehrend(f: Facts) -> Finding:
    if f.title_kind is TitleKind.UNKNOWN:
        return ask("Der bisherige Aufenthaltstitel ist nicht angegeben.")
    if f.title_kind is not TitleKind.CHANCENKARTE:
        return not_met(f"Bisher: {f.title_kind.value}. Nötig ist eine Such-Chancenkarte.")
    if f.title_until is None or f.received_on is None:
        return ask("Das Ende der Such-Chancenkarte oder der Tag des Antrags ist nicht bekannt.")
    text = f"Such-Chancenkarte bis {german(f.title_until)}, Antrag am {german(f.received_on)}."
    return met(text) if f.received_on <= f.title_until else not_met(text)


FOLGEKARTE = wenn(
    FOLGE,
    alle(
        Regel(_waehrend),
        nein(SCHON_FOLGE, "Es ist die erste Folge-Chancenkarte.", "Mehr als eine gibt es nicht."),
    ),
    ANDERS,
)
ARBEIT = wenn(
    FOLGE,
    alle(
        fk.ARBEITSPLATZ,
        ja(a.QUALIFIZIERT, "Die Beschäftigung ist qualifiziert.", "Sie ist nicht qualifiziert."),
    ),
    ANDERS,
)
KEIN_ANDERER = wenn(
    FOLGE,
    nein(
        ANDERER_TITEL,
        "Ein anderer Titel zur Erwerbstätigkeit ist nicht möglich.",
        "Ein anderer Titel zur Erwerbstätigkeit geht vor.",
    ),
    ANDERS,
)


@guard("Die Punkte sind zu berechnen und noch nicht bestätigt", "§ 20b Abs. 2 AufenthG")
def punkte_offen(f: Facts) -> Reason | None:
    if not NACH_PUNKTEN(f):
        return Reason("Auf Punkte kommt es nicht an.")
    if f.angabe(p.BESTAETIGT.key) == p.punkte(f).total:
        return Reason("Die Punktzahl ist schon bestätigt.")
    return None


@guard("Die bestätigte Punktzahl ist die berechnete", "§ 20b Abs. 2 AufenthG")
def punkte_bestaetigt(f: Facts) -> Reason | None:
    stand, said = p.punkte(f), f.angabe(p.BESTAETIGT.key)
    if said == stand.total:
        return None
    words = "nicht bestätigt" if said is None else f"bestätigt sind {said}"
    return Reason(f"Berechnet sind {stand.total} Punkte ({stand.words}), {words}.")

"""Rules of other employment (§ 19c) and of tolerated persons with a qualification (§ 19d)."""

from __future__ import annotations

from abh.workflows.angaben import betrag, ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, TitleKind, euro
from abh.workflows.guards import blaue_karte as bk
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import ask, check, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    alter_unter,
    angegeben,
    eine_von,
    eines,
    hoechstens,
    ist,
    ja,
    kein_wert,
    mindestens,
    nein,
    nicht,
    oder,
    seit,
    unbekannt,
    und,
    variante,
    wenn,
)

ERFAHRUNG_LAW, GEHALT_LAW = "beschaeftigung.erfahrung", "beschaeftigung.gehalt.erfahrung"
AUPAIR_LAW = "beschv.aupair.alter"
JAHRE_B, JAHRE_C = "geduldete.beschaeftigung.abschluss", "geduldete.beschaeftigung.qualifiziert"
SAETZE, SAETZE_AUSLR = "straftaten.tagessaetze", "straftaten.tagessaetze.auslaenderrecht"
LAW = (ERFAHRUNG_LAW, GEHALT_LAW, AUPAIR_LAW, JAHRE_B, JAHRE_C, SAETZE, SAETZE_AUSLR)

BESCHV = wahl(
    "beschv_vorschrift",
    "Vorschrift der Beschäftigungsverordnung",
    {
        "3": "§ 3 Leitende Angestellte und Spezialisten",
        "5": "§ 5 Wissenschaft und Lehre",
        "10": "§ 10 Personalaustausch",
        "11": "§ 11 Sprachlehrer und Spezialitätenköche",
        "12": "§ 12 Au-pair",
        "14": "§ 14 Freiwilligendienst, karitative oder religiöse Beschäftigung",
        "15": "§ 15 Praktikum",
        "22a": "§ 22a Pflegehilfe",
        "24a": "§ 24a Berufskraftfahrer",
        "26_1": "§ 26 Abs. 1 bestimmte Staatsangehörige",
        "26_2": "§ 26 Abs. 2 Westbalkan",
        "andere": "andere Vorschrift oder zwischenstaatliche Vereinbarung",
    },
    "§ 19c Abs. 1 AufenthG",
)
VORUEBERGEHEND = ja_nein(
    "beschaeftigung_voruebergehend",
    "Die Vorschrift lässt nur vorübergehende Beschäftigung zu",
    "§ 16a Abs. 1 Satz 2, § 16b Abs. 4, § 16d Abs. 3 Satz 6 AufenthG",
    amt=True,
)
ERFAHRUNG = betrag(
    "erfahrung_jahre",
    "Berufserfahrung in den letzten fünf Jahren",
    "§ 6 Abs. 1 BeschV",
    unit="Jahre",
)
TARIF = ja_nein("tarifgebunden", "Der Arbeitgeber ist tarifgebunden und zahlt Tarif", "§ 6 BeschV")
ABSCHLUSS = wahl(
    "auslaendischer_abschluss",
    "Ausländischer Abschluss",
    {
        "ausbildung": "staatlich anerkannte Ausbildung von mindestens zwei Jahren",
        "hochschule": "staatlich anerkannter Hochschulabschluss",
        "ahk": "Abschluss einer deutschen Auslandshandelskammer",
        "keiner": "keiner davon",
    },
    "§ 6 Abs. 1 BeschV",
)
INTERESSE = ja_nein(
    "oeffentliches_interesse",
    "Öffentliches Interesse an der Beschäftigung",
    "§ 19c Abs. 3 AufenthG",
    amt=True,
)
BEAMTER = ja_nein(
    "beamtenverhaeltnis",
    "Beamtenverhältnis zu einem deutschen Dienstherrn",
    "§ 19c Abs. 4 AufenthG",
)
WEG_19D = wahl(
    "qualifikation_19d",
    "Qualifikation nach § 19d",
    {
        "a": "im Bundesgebiet abgeschlossene Ausbildung oder Studium",
        "b": "ausländischer Hochschulabschluss und angemessene Beschäftigung",
        "c": "qualifizierte Beschäftigung als Fachkraft",
        "keine": "keine davon",
    },
    "§ 19d Abs. 1 Nr. 1 AufenthG",
    amt=True,
)
BESCHAEFTIGT_SEIT = tag(
    "beschaeftigt_seit", "Ununterbrochen beschäftigt seit", "§ 19d Abs. 1 Nr. 1 AufenthG"
)
OHNE_MITTEL = ja_nein(
    "jahr_ohne_oeffentliche_mittel",
    "Im letzten Jahr keine öffentlichen Mittel außer für die Unterkunft",
    "§ 19d Abs. 1 Nr. 1 Buchst. c AufenthG",
    amt=True,
)
AUSBILDUNG_60C = ja_nein(
    "ausbildung_60c_abgeschlossen",
    "Die Ausbildung der Ausbildungsduldung ist abgeschlossen",
    "§ 19d Abs. 1a AufenthG",
    amt=True,
)
WOHNRAUM = ja_nein(
    "wohnraum_ausreichend", "Ausreichender Wohnraum", "§ 19d Abs. 1 Nr. 2, § 2 Abs. 4 AufenthG"
)
TAEUSCHUNG = ja_nein(
    "taeuschung", "Vorsätzliche Täuschung der Behörde", "§ 19d Abs. 1 Nr. 4 AufenthG", amt=True
)
BEHINDERUNG = ja_nein(
    "aufenthaltsende_behindert",
    "Aufenthaltsbeendigung vorsätzlich verzögert oder behindert",
    "§ 19d Abs. 1 Nr. 5 AufenthG",
    amt=True,
)
EXTREMISMUS = ja_nein(
    "extremismus_bezug",
    "Bezüge zu extremistischen Organisationen",
    "§ 19d Abs. 1 Nr. 6 AufenthG",
    amt=True,
)
TAGESSAETZE = zahl(
    "tagessaetze", "Geldstrafen wegen Vorsatztaten", "Tagessätze", "§ 19d Abs. 1 Nr. 7", amt=True
)
TAGESSAETZE_AUSLR = zahl(
    "tagessaetze_auslaenderrecht",
    "Geldstrafen wegen Straftaten, die nur Ausländer begehen",
    "Tagessätze",
    "§ 19d Abs. 1 Nr. 7 AufenthG",
    amt=True,
)
FREIHEITSSTRAFE = ja_nein(
    "freiheitsstrafe", "Freiheitsstrafe wegen einer Vorsatztat", "§ 19d Abs. 1 Nr. 7", amt=True
)
ANGABEN = (
    BESCHV, VORUEBERGEHEND, ERFAHRUNG, TARIF, ABSCHLUSS, INTERESSE, BEAMTER, WEG_19D,
    BESCHAEFTIGT_SEIT, OHNE_MITTEL, AUSBILDUNG_60C, WOHNRAUM, TAEUSCHUNG, BEHINDERUNG,
    EXTREMISMUS, TAGESSAETZE, TAGESSAETZE_AUSLR, FREIHEITSSTRAFE,
)  # fmt: skip

VERORDNUNG, ERFAHREN = variante("verordnung"), variante("erfahrung")
KANN = variante("verordnung", "erfahrung", "interesse")
ANSPRUCH = variante("beamte", "geduldet_ausbildung")
GEDULDET = variante("geduldet", "geduldet_ausbildung", "abschnitt5")
NACH_60C = variante("geduldet_ausbildung")
ANDERER_WEG = "der Antrag stützt sich nicht darauf."


def _asyl_geduldet(f: Facts) -> Finding:
    state = f.angabe(a.ASYL.key)
    if state == "abgelehnt_30" and not NACH_60C(f):
        text = f"Asylverfahren: {a.ASYL.words(state)}. Das sperrt den Titel vor der Ausreise."
        return not_met(text, "§ 10 Abs. 3 Satz 2 AufenthG")
    text = "Von der Sperre nach einem Asylverfahren wird abgewichen."
    return met(text, "§ 19d Abs. 3 AufenthG")


ASYL = alle(
    fk.asyl_laeuft(ANSPRUCH, VERORDNUNG),
    wenn(
        GEDULDET,
        Regel(_asyl_geduldet, (a.ASYL.key,)),
        fk.asyl_beendet(ANSPRUCH, ERFAHREN),
    ),
)


def _westbalkan(f: Facts) -> Finding:
    norm = "§ 26 Abs. 2 BeschV"
    if fk.VERLAENGERUNG(f) or f.title_kind is TitleKind.NATIONALES_VISUM:
        return met("Die Einreise mit dem Visum für diese Beschäftigung liegt vor.", norm)
    return not_met("Den ersten Titel gibt es nur als Visum im Herkunftsstaat.", norm)


ZUGELASSEN = wenn(
    VERORDNUNG,
    alle(
        angegeben(BESCHV),
        wenn(ist(BESCHV, "26_2"), Regel(_westbalkan), "keine Westbalkanregelung."),
        wenn(
            ist(BESCHV, "12"),
            alle(
                alter_unter(AUPAIR_LAW, "§ 12 BeschV"), eine_von(a.DEUTSCH, a.AB_A1, "§ 12 BeschV")
            ),
            "keine Au-pair-Beschäftigung.",
        ),
    ),
    ANDERER_WEG,
)
ERSTMALS_45 = und(
    VERORDNUNG,
    oder(ist(BESCHV, "24a"), ist(BESCHV, "26_2")),
    nicht(fk.VERLAENGERUNG),
)


def _gehalt(f: Facts) -> Finding:
    least = f.law.zahl(GEHALT_LAW)
    if least is None:
        return kein_wert(f, GEHALT_LAW)
    if f.salary_year is None:
        return ask("Das Jahresgehalt ist nicht bekannt.")
    text = f"Gehalt {euro(f.salary_year)}, nötig sind {euro(least.value)} oder Tarif."
    return met(text) if f.salary_year >= least.value else not_met(text)


GEHALT = wenn(
    ERFAHREN,
    eines(
        Regel(_gehalt, ("salary_year",)),
        wenn(ist(TARIF), ja(TARIF, "Der Arbeitgeber zahlt Tarif.", ""), Regel(_gehalt)),
    ),
    ANDERER_WEG,
)


def _abschluss(f: Facts) -> Finding:
    if bk.in_group(f.isco, f.law.it_isco):
        return met(f"Im IT-Beruf (ISCO-08 {f.isco}) ist kein Abschluss nötig.", "§ 6 BeschV")
    value = f.angabe(ABSCHLUSS.key)
    if value is None:
        return unbekannt(ABSCHLUSS)
    text = f"Abschluss: {ABSCHLUSS.words(value)}."
    return not_met(text) if value == "keiner" else met(text)


QUALIFIKATION = wenn(ERFAHREN, Regel(_abschluss, (ABSCHLUSS.key, "isco")), ANDERER_WEG)
ERFAHRUNG_REGEL = wenn(ERFAHREN, mindestens(ERFAHRUNG, ERFAHRUNG_LAW), ANDERER_WEG)


def _voruebergehend(f: Facts) -> Finding:
    before = f.angabe(a.BISHERIGER_ZWECK.key)
    if before not in ("16a", "16b", "16d") or not VERORDNUNG(f):
        return met("Der bisherige Zweck lässt die Beschäftigung zu.")
    passing = f.angabe(VORUEBERGEHEND.key)
    if passing is None:
        return unbekannt(VORUEBERGEHEND)
    if passing:
        text = f"Bisher: {a.BISHERIGER_ZWECK.words(before)}. Danach keine vorübergehende Arbeit."
        return not_met(text, VORUEBERGEHEND.norm)
    return met("Die Beschäftigung ist nicht nur vorübergehend zugelassen.")


ZWECK = alle(
    fk.zweck_frei(oder(ANSPRUCH, GEDULDET), ERFAHREN),
    Regel(_voruebergehend, (VORUEBERGEHEND.key,)),
)


def _status(f: Facts) -> Finding:
    title = f"Bisher: {f.title_kind.value}."
    if f.title_kind is TitleKind.UNKNOWN:
        return ask("Der bisherige Aufenthaltstitel ist nicht angegeben.")
    if variante("abschnitt5")(f):
        found = f.title_kind is TitleKind.AUFENTHALTSERLAUBNIS
        return met(title) if found else not_met(f"{title} Nötig ist ein humanitärer Titel.")
    if f.title_kind is TitleKind.DULDUNG or fk.VERLAENGERUNG(f):
        return met(title)
    return not_met(f"{title} Nötig ist eine Duldung.")


STATUS = wenn(GEDULDET, Regel(_status), ANDERER_WEG)


def _weg(f: Facts) -> Finding:
    way = f.angabe(WEG_19D.key)
    if way == "b":
        return seit(BESCHAEFTIGT_SEIT, JAHRE_B)(f)
    if way == "c":
        alone = ja(OHNE_MITTEL, "Ohne öffentliche Mittel im letzten Jahr.", "Mit Sozialleistungen.")
        return alle(seit(BESCHAEFTIGT_SEIT, JAHRE_C), alone)(f)
    if way is None:
        return check(f"Nicht bekannt: {WEG_19D.label}.")
    text = f"{WEG_19D.label}: {WEG_19D.words(way)}."
    return met(text) if way == "a" else not_met(text)


WEG = wenn(
    GEDULDET,
    wenn(
        NACH_60C,
        ja(AUSBILDUNG_60C, "Die Ausbildung ist abgeschlossen.", "Sie ist nicht abgeschlossen."),
        Regel(_weg, (WEG_19D.key, BESCHAEFTIGT_SEIT.key, OHNE_MITTEL.key)),
    ),
    ANDERER_WEG,
)
OHNE_60C = und(GEDULDET, nicht(NACH_60C))
STRAFEN = wenn(
    GEDULDET,
    alle(
        hoechstens(TAGESSAETZE, SAETZE),
        hoechstens(TAGESSAETZE_AUSLR, SAETZE_AUSLR),
        nein(FREIHEITSSTRAFE, "Keine Freiheitsstrafe.", "Eine Freiheitsstrafe steht entgegen."),
    ),
    ANDERER_WEG,
)

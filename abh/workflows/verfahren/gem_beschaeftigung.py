"""Facts, rules and requirements of the toleration for employment (§ 60d AufenthG, P22)."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import (
    Entscheidung,
    Variante,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import ask, met, not_met
from abh.workflows.guards.regeln import (
    alle,
    ausser,
    hoechstens,
    ist,
    ja,
    kein_wert,
    mindestens,
    oder,
    seit,
    variante,
    wenn,
)
from abh.workflows.verfahren.gem_humanitaer import (
    kein,
    voraussetzung,
)
from abh.workflows.verfahren.gemeinsam import (
    SOZIALLEISTUNGEN,
)

VARIANTEN = (
    Variante(
        "beschaeftigt", "Beschäftigte Person", "§ 60d Abs. 1 AufenthG", "Beschäftigungsduldung"
    ),
    Variante(
        "ehegatte", "Ehegatte oder Lebenspartner", "§ 60d Abs. 1 AufenthG", "Beschäftigungsduldung"
    ),
    Variante(
        "kind",
        "Minderjähriges lediges Kind",
        "§ 60d Abs. 2 AufenthG",
        "Beschäftigungsduldung",
        Entscheidung.ANSPRUCH,
    ),
)
SELBST = variante("beschaeftigt")
ERWACHSEN = variante("beschaeftigt", "ehegatte")
KIND = variante("kind")
A_VARIANTE = wahl("variante", "Person", {v.key: v.label for v in VARIANTEN})
ID_AM = tag("identitaet_geklaert_am", "Identität geklärt am", amt=True)
ID_MASSNAHMEN = ja_nein(
    "identitaet_massnahmen_rechtzeitig",
    "Alle zumutbaren Maßnahmen rechtzeitig ergriffen, Verzögerung nicht zu vertreten",
    "§ 60d Abs. 1 Nr. 1 Halbsatz 2",
    amt=True,
)
DULDUNG_SEIT = tag("duldung_seit", "Duldung seit", "§ 60d Abs. 1 Nr. 2", amt=True)
ARBEIT_SEIT = tag(
    "beschaeftigt_seit", "Versicherungspflichtig beschäftigt seit", "§ 60d Abs. 1 Nr. 3"
)
STUNDEN = zahl(
    "wochenstunden", "Regelmäßige Arbeitszeit", "Stunden in der Woche", "§ 60d Abs. 1 Nr. 3"
)
UNTERHALT_BISHER = ja_nein(
    "unterhalt_zwoelf_monate", "Lebensunterhalt zwölf Monate vor dem Antrag durch Arbeit gesichert"
)
UNTERHALT = ja_nein("unterhalt_durch_arbeit", "Lebensunterhalt durch Arbeit gesichert")
DEUTSCH = ja_nein("deutsch_a2_muendlich", "Hinreichende mündliche Deutschkenntnisse")
VORSATZ = ja_nein(
    "vorsatztat", "Wegen vorsätzlicher Straftat verurteilt", "§ 60d Abs. 1 Nr. 7", amt=True
)
STRAFEN_AUSLAENDER = zahl(
    "tagessaetze_auslaenderrecht",
    "Geldstrafen wegen rein ausländerrechtlicher Taten",
    "Tagessätze",
    amt=True,
)
EXTREMISMUS = ja_nein("extremismus", "Bezüge zu Extremismus oder Terrorismus", amt=True)
AUSWEISUNG = ja_nein(
    "ausweisung_oder_58a", "Ausweisungsverfügung oder Anordnung nach § 58a", amt=True
)
KINDER = ja_nein("kinder_schulpflichtig", "Kinder im schulpflichtigen Alter")
SCHULE = ja_nein("kinder_schulbesuch", "Schulbesuch der Kinder nachgewiesen, keine schweren Taten")
KURS_PFLICHT = ja_nein("kurs_verpflichtet", "Zum Integrationskurs verpflichtet", amt=True)
KURS = ja_nein("kurs_erfolgreich", "Kurs erfolgreich oder Abbruch nicht zu vertreten")
STAMM = ja_nein("stammberechtigt", "Bezugsperson hat die Beschäftigungsduldung", amt=True)
GEMEINSCHAFT = ja_nein("familiengemeinschaft", "Familiäre Lebensgemeinschaft besteht")
DULDUNG_BIS = tag("duldung_bis", "Beschäftigungsduldung gilt bis", amt=True)
WEGFALL = text("wegfall", "Weggefallene Voraussetzung", "§ 60d Abs. 3", amt=True)
KURZ = ja_nein(
    "kurze_unterbrechung",
    "Nur kurze, nicht zu vertretende Unterbrechung",
    "§ 60d Abs. 3 Satz 2",
    amt=True,
)
ANDERER_TITEL = text("anderer_titel", "Aufenthaltstitel ist erteilt", amt=True)
TRAEGER = ja_nein("traegervordruck", "Duldung mit Trägervordruck", "§ 47 Abs. 1 AufenthV", amt=True)
ANGABEN = (
    A_VARIANTE,
    ID_AM,
    ID_MASSNAHMEN,
    DULDUNG_SEIT,
    ARBEIT_SEIT,
    STUNDEN,
    UNTERHALT_BISHER,
    UNTERHALT,
    DEUTSCH,
    VORSATZ,
    STRAFEN_AUSLAENDER,
    EXTREMISMUS,
    AUSWEISUNG,
    KINDER,
    SCHULE,
    KURS_PFLICHT,
    KURS,
    STAMM,
    GEMEINSCHAFT,
    DULDUNG_BIS,
    WEGFALL,
    KURZ,
    ANDERER_TITEL,
    TRAEGER,
    SOZIALLEISTUNGEN,
)
TAGE = "beschaeftigungsduldung.einreise"


def _tage(f: Facts) -> tuple[date, ...] | None:
    days = f.law.listen.get(TAGE)
    return tuple(date.fromisoformat(day) for day in days) if days else None


def einreise(f: Facts) -> Finding:
    """Entry on or before the dated day."""
    days = _tage(f)
    if days is None:
        return kein_wert(f, TAGE)
    if f.entry.on is None:
        return ask("Der Tag der Einreise ist nicht bekannt.")
    text_ = f"Einreise am {german(f.entry.on)}, nötig bis {german(days[0])}."
    return met(text_) if f.entry.on <= days[0] else not_met(text_)


def identitaet(f: Facts) -> Finding:
    """§ 60d(1) Nr. 1: until the application, for entries from 2017 until the dated day."""
    days = _tage(f)
    if days is None:
        return kein_wert(f, TAGE)
    if f.angabe(ID_MASSNAHMEN.key):
        return met("Alle zumutbaren Maßnahmen sind rechtzeitig ergriffen.")
    if f.entry.on is None or f.received_on is None:
        return ask("Tag der Einreise oder des Antrags ist nicht bekannt.")
    # An application filed before the last day counts as the end, a later one does not extend it.
    until = f.received_on if f.entry.on <= days[1] else min(f.received_on, days[2])
    done = f.angabe(ID_AM.key)
    if done is None:
        return not_met(f"Die Identität war bis {german(until)} zu klären und ist nicht geklärt.")
    text_ = f"Identität geklärt am {german(done)}, nötig bis {german(until)}."
    return met(text_) if done <= until else not_met(text_)


NUR_SELBST, NUR_ERWACHSEN = "nur bei der beschäftigten Person.", "nicht bei Kindern."
CHECKLIST = (
    voraussetzung(
        "W0",
        "Einreise bis zum Stichtag",
        "§ 60d Abs. 1 AufenthG",
        wenn(ERWACHSEN, einreise, NUR_ERWACHSEN),
    ),
    voraussetzung(
        "W1",
        "Identität rechtzeitig geklärt",
        "§ 60d Abs. 1 Nr. 1 AufenthG",
        wenn(ERWACHSEN, identitaet, NUR_ERWACHSEN),
        erlass="§ 60d Abs. 4 AufenthG",
    ),
    voraussetzung(
        "W2",
        "Zwölf Monate Duldung",
        "§ 60d Abs. 1 Nr. 2 AufenthG",
        wenn(SELBST, seit(DULDUNG_SEIT, "beschaeftigungsduldung.duldung"), NUR_SELBST),
        amt=True,
    ),
    voraussetzung(
        "W3",
        "Zwölf Monate Beschäftigung mit 20 Stunden",
        "§ 60d Abs. 1 Nr. 3 AufenthG",
        wenn(
            SELBST,
            alle(
                seit(ARBEIT_SEIT, "beschaeftigungsduldung.beschaeftigung"),
                mindestens(STUNDEN, "beschaeftigungsduldung.stunden"),
            ),
            NUR_SELBST,
        ),
        nachweise=(("arbeitsvertrag",), ("versicherungsverlauf",)),
    ),
    voraussetzung(
        "W4",
        "Lebensunterhalt bisher und jetzt durch Arbeit",
        "§ 60d Abs. 1 Nr. 4 und 5 AufenthG",
        wenn(
            SELBST,
            alle(
                ja(
                    UNTERHALT_BISHER,
                    "In den zwölf Monaten vor dem Antrag gesichert.",
                    "In den zwölf Monaten vor dem Antrag nicht gesichert.",
                ),
                ja(UNTERHALT, "Jetzt gesichert.", "Jetzt nicht gesichert."),
            ),
            NUR_SELBST,
        ),
        nachweise=(("einkommen",),),
    ),
    voraussetzung(
        "W6",
        "Mündliche Deutschkenntnisse",
        "§ 60d Abs. 1 Nr. 6 AufenthG",
        wenn(
            SELBST,
            ja(
                DEUTSCH,
                "Hinreichende mündliche Kenntnisse.",
                "Hinreichende mündliche Kenntnisse fehlen.",
            ),
            NUR_SELBST,
        ),
        nachweise=(("sprachzertifikat", "sprachpruefung_amt"),),
    ),
    voraussetzung(
        "W7",
        "Keine Verurteilung wegen Vorsatztaten",
        "§ 60d Abs. 1 Nr. 7 AufenthG",
        wenn(
            ERWACHSEN,
            alle(
                kein(
                    VORSATZ,
                    "Keine Verurteilung wegen einer Vorsatztat.",
                    "Verurteilt wegen einer Vorsatztat.",
                ),
                hoechstens(STRAFEN_AUSLAENDER, "beschaeftigungsduldung.tagessaetze"),
            ),
            NUR_ERWACHSEN,
        ),
        amt=True,
    ),
    voraussetzung(
        "W8",
        "Kein Extremismus, keine Ausweisung",
        "§ 60d Abs. 1 Nr. 8 und 9 AufenthG",
        wenn(
            ERWACHSEN,
            alle(
                kein(EXTREMISMUS, "Bezüge sind nicht bekannt.", "Bezüge zu Extremismus bestehen."),
                kein(
                    AUSWEISUNG,
                    "Keine Ausweisung oder Anordnung.",
                    "Eine Ausweisung oder Anordnung nach § 58a besteht.",
                ),
            ),
            NUR_ERWACHSEN,
        ),
        amt=True,
    ),
    voraussetzung(
        "W10",
        "Schulbesuch der Kinder",
        "§ 60d Abs. 1 Nr. 10 AufenthG",
        ausser(
            oder(KIND, ist(KINDER, False)),
            "keine Kinder im schulpflichtigen Alter.",
            ja(
                SCHULE,
                "Der Schulbesuch ist nachgewiesen.",
                "Der Schulbesuch ist nicht nachgewiesen.",
            ),
        ),
        nachweise=(("schulbescheinigung",),),
    ),
    voraussetzung(
        "W11",
        "Integrationskurs",
        "§ 60d Abs. 1 Nr. 11 AufenthG",
        ausser(
            oder(KIND, ist(KURS_PFLICHT, False)),
            "keine Verpflichtung zum Kurs.",
            ja(
                KURS,
                "Der Kurs ist erfolgreich oder der Abbruch nicht zu vertreten.",
                "Der Kurs ist nicht erfolgreich beendet.",
            ),
        ),
    ),
    voraussetzung(
        "W12",
        "Familie der beschäftigten Person",
        "§ 60d Abs. 1 und 2 AufenthG",
        ausser(
            SELBST,
            "nur bei Angehörigen.",
            alle(
                ja(
                    STAMM,
                    "Die Bezugsperson hat die Duldung.",
                    "Die Bezugsperson hat die Duldung nicht.",
                ),
                ja(
                    GEMEINSCHAFT,
                    "Die Lebensgemeinschaft besteht.",
                    "Die Lebensgemeinschaft besteht nicht.",
                ),
            ),
        ),
        nachweise=(("geburtsurkunde", "heiratsurkunde"),),
    ),
)

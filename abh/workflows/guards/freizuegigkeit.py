"""Rules of the free movement right (FreizügG/EU): family, ground, permanence, and its loss."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag, text, wahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import met, not_met, not_needed
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    birthday,
    eines,
    ja,
    kein_wert,
    nein,
    plus,
    seit,
    unbekannt,
)

PERMANENT, SEARCH = "freizuegigkeit.daueraufenthalt", "freizuegigkeit.arbeitsuche"
TEN_YEARS, LEAVE = "freizuegigkeit.zwingende_gruende", "freizuegigkeit.ausreisefrist"
ADULT = "familie.kind.volljaehrig"
LAW = (PERMANENT, SEARCH, TEN_YEARS, LEAVE, ADULT)

FAMILIE = wahl(
    "familie_unionsbuerger",
    "Beziehung zum Unionsbürger",
    {
        "ehegatte": "Ehegatte oder Lebenspartner",
        "kind": "Verwandte absteigend unter 21 oder mit Unterhalt",
        "eltern": "Verwandte aufsteigend mit Unterhalt",
        "keine": "keine davon",
    },
    "§ 1 Abs. 2 Nr. 3 FreizügG/EU",
)
BEGLEITET = ja_nein(
    "begleitet_unionsbuerger",
    "Begleitet den Unionsbürger oder zieht nach",
    "§ 3 Abs. 1 FreizügG/EU",
)
RECHT_BEHALTEN = ja_nein(
    "recht_behalten",
    "Das Recht besteht nach Tod, Wegzug oder Scheidung fort",
    "§ 3 Abs. 2 bis 4 FreizügG/EU",
    amt=True,
)
GRUND = wahl(
    "freizuegigkeitsgrund",
    "Grund der Freizügigkeit des Unionsbürgers",
    {
        "arbeit": "Arbeit oder Berufsausbildung",
        "arbeitsuche": "Arbeitsuche",
        "selbstaendig": "selbständige Tätigkeit",
        "dienstleistung": "Dienstleistung erbringen oder empfangen",
        "nicht_erwerbstaetig": "nicht erwerbstätig",
        "daueraufenthalt": "Daueraufenthaltsrecht",
        "keiner": "keiner",
    },
    "§ 2 Abs. 2 FreizügG/EU",
)
ARBEITSUCHE_SEIT = tag("arbeitsuche_seit", "Arbeitsuche seit", "§ 2 Abs. 2 Nr. 1a FreizügG/EU")
AUSSICHT = ja_nein(
    "aussicht_auf_arbeit",
    "Begründete Aussicht auf Arbeit ist nachgewiesen",
    "§ 2 Abs. 2 Nr. 1a FreizügG/EU",
)
MITTEL = ja_nein(
    "existenzmittel", "Krankenversicherung und Existenzmittel sind ausreichend", "§ 4 FreizügG/EU"
)
NAHESTEHEND = wahl(
    "nahestehend",
    "Fall der nahestehenden Person",
    {
        "unterhalt": "nachhaltiger Unterhalt, in der Regel zwei Jahre",
        "haushalt": "zwei Jahre häusliche Gemeinschaft",
        "pflege": "Pflege aus schwerwiegenden Gründen",
        "kind": "Mündel oder Pflegekind",
        "partner": "Lebensgefährtin oder Lebensgefährte",
        "keiner": "keiner davon",
    },
    "§ 3a Abs. 1 FreizügG/EU",
)
ERFORDERLICH = ja_nein(
    "aufenthalt_erforderlich",
    "Nach eingehender Untersuchung ist der Aufenthalt erforderlich",
    "§ 3a Abs. 2 FreizügG/EU",
    amt=True,
)
STAENDIG_SEIT = tag(
    "staendig_seit", "Ständig rechtmäßig im Bundesgebiet seit", "§ 4a Abs. 1 FreizügG/EU"
)
VORZEITIG = ja_nein(
    "daueraufenthalt_vorzeitig",
    "Das Daueraufenthaltsrecht entstand früher (§ 4a Abs. 2 bis 4)",
    "§ 4a Abs. 2 bis 4 FreizügG/EU",
    amt=True,
)
ABWESEND = ja_nein(
    "abwesend_ueber_zwei_jahre",
    "Mehr als zwei Jahre nicht nur vorübergehend abwesend",
    "§ 4a Abs. 7 FreizügG/EU",
)
GB_ABKOMMEN = ja_nein(
    "austrittsabkommen", "Rechte nach dem Austrittsabkommen bestehen", "§ 16 FreizügG/EU", amt=True
)
ANLASS = text(
    "besonderer_anlass", "Besonderer Anlass der Überprüfung", "§ 5 Abs. 3 FreizügG/EU", amt=True
)
VERLUSTGRUND = wahl(
    "verlustgrund",
    "Grund der Feststellung",
    {
        "taeuschung": "gefälschte Dokumente oder falsche Tatsachen",
        "scheinbezug": "keine familiäre Lebensgemeinschaft bezweckt",
        "entfallen": "Voraussetzungen entfallen oder nie erfüllt",
        "ordnung": "öffentliche Ordnung, Sicherheit oder Gesundheit",
        "abwesenheit": "Daueraufenthaltsrecht durch Abwesenheit verloren",
        "keiner": "keiner",
    },
    "§ 2 Abs. 4, § 5 Abs. 4 und 6, § 6 Abs. 1 FreizügG/EU",
    amt=True,
)
FESTGESTELLT = ja_nein(
    "verlustgrund_steht_fest",
    "Die Tatsachen dieses Grundes stehen fest",
    "§ 2 Abs. 4, § 5 Abs. 4 FreizügG/EU",
    amt=True,
)
GEFAHR = ja_nein(
    "gegenwaertige_gefahr",
    "Tatsächliche, gegenwärtige und hinreichend schwere Gefährdung eines Grundinteresses",
    "§ 6 Abs. 2 FreizügG/EU",
    amt=True,
)
WIRTSCHAFTLICH = ja_nein(
    "wirtschaftlicher_zweck",
    "Die Feststellung hätte wirtschaftliche Zwecke",
    "§ 6 Abs. 6 FreizügG/EU",
    amt=True,
)
SCHWERWIEGEND = ja_nein(
    "schwerwiegende_gruende", "Schwerwiegende Gründe liegen vor", "§ 6 Abs. 4 FreizügG/EU", amt=True
)
ZWINGEND = ja_nein(
    "zwingende_gruende",
    "Zwingende Gründe der öffentlichen Sicherheit liegen vor",
    "§ 6 Abs. 5 FreizügG/EU",
    amt=True,
)
VERHAELTNISMAESSIG = ja_nein(
    "verhaeltnismaessig",
    "Dauer, Alter, Gesundheit, Familie, Integration und Bindungen sind abgewogen",
    "§ 6 Abs. 3 FreizügG/EU",
    amt=True,
)
AUSREISEFRIST = tag("ausreisefrist_bis", "Ausreisefrist bis", "§ 7 Abs. 1 FreizügG/EU", amt=True)
DRINGEND = ja_nein("dringender_fall", "Dringender Fall", "§ 7 Abs. 1 Satz 3 FreizügG/EU", amt=True)
RECHT_BESTEHT = ja_nein(
    "recht_besteht", "Das Freizügigkeitsrecht besteht fort", "§ 2 Abs. 1 FreizügG/EU", amt=True
)
BESCHEINIGT = ja_nein(
    "bescheinigung_ausgegeben",
    "Die Bescheinigung über die Angaben ist ausgegeben",
    "§ 5 Abs. 1 Satz 2 FreizügG/EU",
    amt=True,
)
ANGABEN = (
    FAMILIE,
    BEGLEITET,
    RECHT_BEHALTEN,
    GRUND,
    ARBEITSUCHE_SEIT,
    AUSSICHT,
    MITTEL,
    NAHESTEHEND,
    ERFORDERLICH,
    STAENDIG_SEIT,
    VORZEITIG,
    ABWESEND,
    GB_ABKOMMEN,
    ANLASS,
    VERLUSTGRUND,
    FESTGESTELLT,
    GEFAHR,
    WIRTSCHAFTLICH,
    SCHWERWIEGEND,
    ZWINGEND,
    VERHAELTNISMAESSIG,
    AUSREISEFRIST,
    DRINGEND,
    RECHT_BESTEHT,
    BESCHEINIGT,
)


def _familie(f: Facts) -> Finding:
    kind = f.angabe(FAMILIE.key)
    if kind is None:
        return unbekannt(FAMILIE)
    words = f"Beziehung zum Unionsbürger: {FAMILIE.words(kind)}."
    return not_met(words) if kind == "keine" else met(words)


familie = alle(
    Regel(_familie, (FAMILIE.key,)),
    eines(
        ja(
            RECHT_BEHALTEN,
            "Das Recht besteht nach § 3 Abs. 2 bis 4 fort.",
            "Das Recht ist nicht behalten.",
        ),
        ja(
            BEGLEITET,
            "Begleitet den Unionsbürger oder zieht nach.",
            "Begleitet den Unionsbürger nicht und zieht nicht nach.",
        ),
    ),
)


def _grund(f: Facts) -> Finding:
    ground = f.angabe(GRUND.key)
    if f.angabe(RECHT_BEHALTEN.key) is True:
        return not_needed("das Recht ist nach § 3 Abs. 2 bis 4 behalten.")
    if ground is None:
        return unbekannt(GRUND)
    words = f"Unionsbürger: {GRUND.words(ground)}."
    if ground == "keiner":
        return not_met(words)
    if ground == "nicht_erwerbstaetig":
        return _mittel(f)
    return _arbeitsuche(f) if ground == "arbeitsuche" else met(words)


_mittel = ja(
    MITTEL,
    "Nicht erwerbstätig, Krankenversicherung und Mittel genügen.",
    "Krankenversicherung oder Existenzmittel genügen nicht.",
    "§ 4 FreizügG/EU",
)


def _arbeitsuche(f: Facts) -> Finding:
    since, length = f.angabe(ARBEITSUCHE_SEIT.key), f.law.zahl(SEARCH)
    if length is None:
        return kein_wert(f, SEARCH)
    if since is None:
        return unbekannt(ARBEITSUCHE_SEIT)
    until = plus(since, length)
    words = f"Arbeitsuche seit {german(since)}, ohne weiteren Nachweis bis {german(until)}."
    if f.stichtag <= until or f.angabe(AUSSICHT.key) is True:
        return met(words)
    return not_met(f"{words} Eine begründete Aussicht ist nicht nachgewiesen.")


grund = Regel(_grund, (GRUND.key, ARBEITSUCHE_SEIT.key, AUSSICHT.key, MITTEL.key))


def _nahestehend(f: Facts) -> Finding:
    kind = f.angabe(NAHESTEHEND.key)
    if kind is None:
        return unbekannt(NAHESTEHEND)
    words = f"Nahestehend: {NAHESTEHEND.words(kind)}."
    return not_met(words) if kind == "keiner" else met(words)


nahestehend = alle(
    Regel(_nahestehend, (NAHESTEHEND.key,)),
    ja(
        ERFORDERLICH,
        "Der Aufenthalt ist erforderlich.",
        "Der Aufenthalt ist nicht erforderlich.",
        "§ 3a Abs. 2 FreizügG/EU",
    ),
)
dauer = alle(
    eines(
        ja(
            VORZEITIG,
            "Das Recht entstand vorzeitig.",
            "Nicht vorzeitig.",
            "§ 4a Abs. 2 bis 4 FreizügG/EU",
        ),
        seit(STAENDIG_SEIT, PERMANENT),
    ),
    nein(
        ABWESEND,
        "Nicht durch Abwesenheit verloren.",
        "Durch mehr als zwei Jahre Abwesenheit verloren.",
        "§ 4a Abs. 7 FreizügG/EU",
    ),
)
gb = ja(
    GB_ABKOMMEN,
    "Rechte nach dem Austrittsabkommen bestehen.",
    "Rechte nach dem Austrittsabkommen bestehen nicht.",
)


def verlust(f: Facts) -> Finding:
    """The ground carries a loss or non-existence; each has its own bar (§§ 2(4), 5(4), 6)."""
    ground = f.angabe(VERLUSTGRUND.key)
    if ground is None:
        return unbekannt(VERLUSTGRUND)
    if ground == "keiner":
        return not_met("Kein Grund trägt eine Feststellung.")
    if ground == "ordnung":
        return _ordnung(f)
    sure = f.angabe(FESTGESTELLT.key)
    if sure is None:
        return unbekannt(FESTGESTELLT)
    if not sure:
        return not_met(f"{VERLUSTGRUND.words(ground)}: die Tatsachen stehen nicht fest.")
    if ground == "entfallen":
        return _entfallen(f)
    return met(f"Grund: {VERLUSTGRUND.words(ground)}.")


def _entfallen(f: Facts) -> Finding:
    since, length = f.angabe(STAENDIG_SEIT.key), f.law.zahl(PERMANENT)
    norm = "§ 5 Abs. 4 FreizügG/EU"
    if length is None:
        return kein_wert(f, PERMANENT)
    if since is None:
        return unbekannt(STAENDIG_SEIT)
    until = plus(since, length)
    if f.stichtag >= until:
        return not_met(f"Seit dem {german(until)} besteht ein Daueraufenthaltsrecht.", norm)
    return met(f"Voraussetzungen fehlen; Feststellung möglich bis {german(until)}.", norm)


def _ordnung(f: Facts) -> Finding:
    if f.angabe(WIRTSCHAFTLICH.key) is not False:
        return not_met(
            "Wirtschaftliche Zwecke sind nicht ausgeschlossen.", "§ 6 Abs. 6 FreizügG/EU"
        )
    if f.angabe(GEFAHR.key) is not True:
        return not_met(
            "Eine gegenwärtige schwere Gefährdung ist nicht festgestellt; eine "
            "Verurteilung allein genügt nicht.",
            "§ 6 Abs. 2 FreizügG/EU",
        )
    ten, five, adult = (f.law.zahl(key) for key in (TEN_YEARS, PERMANENT, ADULT))
    if ten is None or five is None or adult is None:
        return kein_wert(f, TEN_YEARS)
    since, grown = f.angabe(STAENDIG_SEIT.key), birthday(f, int(adult.value))
    if since is None or grown is None:
        return unbekannt(STAENDIG_SEIT)
    if plus(since, ten) <= f.stichtag or f.stichtag < grown:
        norm, enough = "§ 6 Abs. 5 FreizügG/EU", f.angabe(ZWINGEND.key) is True
        need = "zwingende Gründe der öffentlichen Sicherheit"
    elif plus(since, five) <= f.stichtag:
        norm, enough = "§ 6 Abs. 4 FreizügG/EU", f.angabe(SCHWERWIEGEND.key) is True
        need = "schwerwiegende Gründe"
    else:
        norm, enough, need = "§ 6 Abs. 1 FreizügG/EU", True, "eine gegenwärtige Gefährdung"
    words = f"Aufenthalt seit {german(since)}: nötig sind {need}."
    return met(words, norm) if enough else not_met(words, norm)


def ausreisefrist(f: Facts) -> Finding:
    """The period to leave is at least a month, but for urgent cases (§ 7(1) S. 3)."""
    until, length = f.angabe(AUSREISEFRIST.key), f.law.zahl(LEAVE)
    if length is None:
        return kein_wert(f, LEAVE)
    if until is None:
        return unbekannt(AUSREISEFRIST)
    least = plus(f.today, length)
    words = f"Ausreisefrist bis {german(until)}; frühestens {german(least)}."
    if until >= least or f.angabe(DRINGEND.key) is True:
        return met(words)
    return not_met(words)

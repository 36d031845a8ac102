"""Rules of study, language course, school and the search for a place (§§ 16b, 16f, 17 AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    alter_unter,
    eine_von,
    eines,
    ist,
    ja,
    seit,
    unbekannt,
    und,
    variante,
    wenn,
)

BEDARF, BEDARF_MEHR = "bildung.bedarf", "bildung.bedarf.zuschlag"
SCHUTZ_DAUER, SUCHE_ALTER = "studium.schutz.dauer", "platzsuche.alter"
LAW = (BEDARF, BEDARF_MEHR, SCHUTZ_DAUER, SUCHE_ALTER)

ZULASSUNG = wahl(
    "zulassung",
    "Zulassung oder Aufnahme",
    {
        "unbedingt": "Vollzeitstudium, auch mit Sprachkurs oder angenommenem Studienkolleg",
        "bedingt": "Vollzeitstudium unter anderer Bedingung",
        "teilzeit": "Teilzeitstudium",
        "kurs": "studienvorbereitender Sprachkurs ohne Zulassung",
        "praktikum": "studienvorbereitendes Praktikum",
        "sprachkurs": "Sprachkurs ohne Studium",
        "austausch": "Schüleraustausch",
        "schule": "Schule",
        "keine": "keine",
    },
    "§§ 16b, 16f AufenthG",
)
SPRACHE_GEPRUEFT = ja_nein(
    "sprache_geprueft",
    "Sprache bei der Zulassung geprüft oder in der Vorbereitung zu erwerben",
    "§ 16b Abs. 1 Satz 4 AufenthG",
)
SPRACHE_BELEGT = ja_nein(
    "studiensprache_belegt", "Nötige Sprachkenntnisse belegt", "§ 16b Abs. 1 Satz 4 AufenthG"
)
ZWEIFEL = ja_nein(
    "zweifel_am_studienziel",
    "Zweifel, ob das Studienziel erreicht wird",
    "§ 16b Abs. 2 Satz 5 AufenthG",
    amt=True,
)
ERREICHBAR = ja_nein(
    "studienziel_erreichbar",
    "Das Ziel ist in angemessener Zeit noch erreichbar",
    "§ 16b Abs. 2 Satz 4 AufenthG",
    amt=True,
)
STUDIUM_BIS = tag("studium_bis", "Voraussichtliches Ende von Studium oder Kurs", "§ 16b AufenthG")
PROGRAMM = ja_nein(
    "programm_mit_mobilitaet",
    "Programm mit Mobilität oder Vereinbarung zwischen Hochschulen",
    "§ 16c Abs. 1 Satz 1 Nr. 2 AufenthG",
)
STUDIUM_ANDERSWO = tag(
    "studium_im_mitgliedstaat_seit",
    "Studium im anderen Mitgliedstaat seit",
    "§ 16b Abs. 7 AufenthG",
)
STIPENDIUM = ja_nein(
    "oeffentliches_stipendium", "Stipendium aus öffentlichen Mitteln", "§ 52 Abs. 5 AufenthV"
)
KLASSE = ja_nein(
    "klasse_gemischt",
    "Ab Klasse 9, Klasse mit verschiedenen Staatsangehörigkeiten",
    "§ 16f Abs. 2 AufenthG",
    amt=True,
)
SCHULART = ja_nein(
    "schule_zugelassen",
    "Internationale Schule oder nicht überwiegend öffentlich finanziert",
    "§ 16f Abs. 2 Nr. 1 und 2 AufenthG",
    amt=True,
)
HOCHSCHULREIFE = ja_nein(
    "hochschulreife",
    "Schulabschluss, der zum Studium berechtigt, oder deutsche Auslandsschule",
    "§ 17 Abs. 1 Satz 1 Nr. 3 AufenthG",
)
VORAUSSETZUNGEN_STUDIUM = ja_nein(
    "studium_vorbereitet",
    "Schule und Sprache für das Studium vorhanden oder bis dahin zu erwerben",
    "§ 17 Abs. 2 Satz 1 Nr. 1 AufenthG",
)
GESUCHT_TAGE = zahl(
    "platzsuche_tage", "Frühere Platzsuche im Bundesgebiet", "Tage", "§ 17 Abs. 1 Satz 3", amt=True
)
AUSLAND_TAGE = zahl(
    "seitdem_ausland_tage", "Seitdem im Ausland", "Tage", "§ 17 Abs. 1 Satz 3 AufenthG", amt=True
)
ANGABEN = (
    ZULASSUNG, SPRACHE_GEPRUEFT, SPRACHE_BELEGT, ZWEIFEL, ERREICHBAR, STUDIUM_BIS, PROGRAMM,
    STUDIUM_ANDERSWO, STIPENDIUM, KLASSE, SCHULART, HOCHSCHULREIFE, VORAUSSETZUNGEN_STUDIUM,
    GESUCHT_TAGE, AUSLAND_TAGE,
)  # fmt: skip

STUDIUM = variante("studium")
NACH_16B = variante("studium", "bedingt", "vorbereitung", "schutz")
SUCHE = variante("ausbildungsplatzsuche", "studienbewerbung")
KANN = variante(
    "bedingt",
    "vorbereitung",
    "sprachkurs",
    "austausch",
    "ausbildungsplatzsuche",
    "studienbewerbung",
)
MEHRBEDARF = variante("sprachkurs", "ausbildungsplatzsuche", "studienbewerbung")
ANDERS = "für diese Art des Aufenthalts nicht verlangt."
_ZU = {
    "studium": ("unbedingt",),
    "bedingt": ("bedingt", "teilzeit"),
    "vorbereitung": ("kurs", "praktikum"),
    "schutz": ("unbedingt",),
    "sprachkurs": ("sprachkurs",),
    "austausch": ("austausch",),
    "schule": ("schule",),
}

LIVING = wenn(MEHRBEDARF, fk.bedarf_bildung(BEDARF_MEHR), fk.bedarf_bildung(BEDARF))


def _zulassung(f: Facts) -> Finding:
    return eine_von(ZULASSUNG, _ZU.get(f.variante, ()))(f)


AUFNAHME = wenn(variante(*_ZU), Regel(_zulassung, (ZULASSUNG.key,)), "ein Platz wird erst gesucht.")
SPRACHE = wenn(
    variante("studium", "bedingt", "schutz"),
    eines(
        ja(SPRACHE_GEPRUEFT, "Die Sprache ist geprüft oder wird erworben.", "Nicht geprüft."),
        ja(SPRACHE_BELEGT, "Die Sprachkenntnisse sind belegt.", "Sie sind nicht belegt."),
    ),
    ANDERS,
)
FORTSCHRITT_ZWEIFELHAFT = und(NACH_16B, fk.VERLAENGERUNG, ist(ZWEIFEL))
FORTSCHRITT = wenn(
    und(NACH_16B, fk.VERLAENGERUNG),
    ja(
        ERREICHBAR,
        "Das Studienziel ist in angemessener Zeit noch erreichbar.",
        "Das Studienziel ist in angemessener Zeit nicht mehr erreichbar.",
    ),
    "keine Verlängerung des Studiums.",
)


def _ausschluss(f: Facts) -> Finding:
    norm = "§ 19f Abs. 1, 3 und 4 AufenthG"
    strict = f.variante in ("studium", "bedingt", "vorbereitung", "studienbewerbung")
    if strict and f.title_kind is TitleKind.AE_24:
        return not_met("Während des vorübergehenden Schutzes (§ 24) ausgeschlossen.", norm)
    if f.exclusion_19f is None:
        return check("Ausschlussgründe nach § 19f sind noch nicht geprüft.", norm)
    if f.exclusion_19f.strip():
        return not_met(f"Ausschlussgrund: {f.exclusion_19f.strip()}", norm)
    return met("Ausschlussgründe sind geprüft und liegen nicht vor.", norm)


AUSSCHLUSS = Regel(_ausschluss, ("exclusion_19f",))
SCHUTZ = wenn(
    variante("schutz"),
    alle(
        seit(STUDIUM_ANDERSWO, SCHUTZ_DAUER),
        ja(
            PROGRAMM,
            "Ein Programm oder eine Vereinbarung trägt den Wechsel.",
            "Ein Programm fehlt.",
        ),
    ),
    ANDERS,
)
SCHULE = wenn(
    variante("schule"),
    alle(
        ja(KLASSE, "Klassenstufe und Zusammensetzung passen.", "Sie passen nicht."),
        ja(SCHULART, "Die Schule ist zugelassen.", "Die Schulart trägt den Titel nicht."),
    ),
    ANDERS,
)


def _erneute_suche(f: Facts) -> Finding:
    before = f.angabe(GESUCHT_TAGE.key)
    if before is None:
        return unbekannt(GESUCHT_TAGE)
    if before == 0:
        return met("Es ist die erste Platzsuche.")
    away = f.angabe(AUSLAND_TAGE.key)
    if away is None:
        return unbekannt(AUSLAND_TAGE)
    text = f"Frühere Platzsuche {before} Tage, seitdem {away} Tage im Ausland."
    return met(text) if away >= before else not_met(text, "§ 17 Abs. 1 Satz 3 AufenthG")


PLATZSUCHE = wenn(
    variante("ausbildungsplatzsuche"),
    alle(
        alter_unter(SUCHE_ALTER, "§ 17 Abs. 1 Satz 1 Nr. 1 AufenthG"),
        ja(HOCHSCHULREIFE, "Der Schulabschluss genügt.", "Der Schulabschluss genügt nicht."),
        eine_von(a.DEUTSCH, a.AB_B1),
        Regel(_erneute_suche, (GESUCHT_TAGE.key, AUSLAND_TAGE.key)),
    ),
    ANDERS,
)
BEWERBUNG = wenn(
    variante("studienbewerbung"),
    ja(
        VORAUSSETZUNGEN_STUDIUM,
        "Schule und Sprache genügen oder werden bis dahin erworben.",
        "Schule oder Sprache genügen nicht.",
    ),
    ANDERS,
)
ZWECK = fk.zweck_frei(STUDIUM, NACH_16B)

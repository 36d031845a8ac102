"""Words of the company's pages for keys of the rooms below, in German and English."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import LazyString

from abh.fastlane.wessen import Seite
from abh.fastlane.zusage import Stand
from abh.web.i18n import gettext as _
from abh.web.i18n import lazy_gettext as _l


def side(seite: Seite) -> str:
    """Return what a side is called for the employer who reads."""
    return {
        Seite.AMT: _("Ausländerbehörde"),
        Seite.BA: _("Bundesagentur für Arbeit"),
        Seite.ANDERE: _("andere Behörde"),
        Seite.PERSON: _("beschäftigte Person"),
        Seite.FIRMA: _("Sie als Arbeitgeber"),
        Seite.NIEMAND: _("niemand mehr"),
    }[seite]


def sides(seiten: Sequence[Seite]) -> str:
    """Return who has the turn, in words."""
    return _(" und ").join(side(seite) for seite in seiten)


def filters() -> dict[str, str]:
    """Return the labels of the filters by whose turn it is."""
    return {
        "wir": _("Sie oder Ihre Beschäftigten"),
        "amt": _("Ausländerbehörde"),
        "ba": _("Bundesagentur"),
        "andere": _("andere Behörde"),
        "fertig": _("abgeschlossen"),
    }


def item_words(kind: str) -> str:
    """Return what a dated item asks for."""
    return {
        "nachforderung": _("Unterlagen nachreichen"),
        "abholung": _("Karte abholen (Person)"),
        "nachricht": _("Nachricht beantworten"),
        "termin": _("Termin"),
        "STILLE": _("dem Amt antworten (§ 81a AufenthG)"),
        "brief": _("Neuer Brief an Ihre Firma"),
    }[kind]


def promise(stand: Stand) -> tuple[str, str]:
    """Return tone and words of how a promise stands."""
    return {
        Stand.OFFEN: ("info", _("offen")),
        Stand.KNAPP: ("warning", _("bald fällig")),
        Stand.UEBERSCHRITTEN: ("danger", _("überschritten")),
        Stand.GEHALTEN: ("success", _("gehalten")),
        Stand.VERFEHLT: ("danger", _("nicht gehalten")),
    }[stand]


# Words of the rooms below that reach these pages by their German text; named here, so that the
# catalogues know them.
KNOWN: tuple[LazyString, ...] = (
    _l("Entwurf"),
    _l("eingegangen"),
    _l("Zuständigkeit in Prüfung"),
    _l("Vollständigkeit in Prüfung"),
    _l("wartet auf Unterlagen"),
    _l("in Prüfung"),
    _l("wartet auf andere Stelle"),
    _l("Termin ausstehend"),
    _l("entscheidungsreif"),
    _l("bewilligt"),
    _l("Karte in Herstellung"),
    _l("Karte liegt bereit"),
    _l("ausgegeben"),
    _l("zurückgenommen"),
    _l("eingestellt"),
    _l("abgegeben"),
    _l("beendet"),
    _l("Suche nach neuem Platz"),
    _l("Nachweis der Anerkennung fällig"),
    _l("Wechsel mit Blauer Karte in Prüfung"),
    _l("vermerkt"),
    _l("Ende der Beschäftigung in Prüfung"),
    _l("Titel bleibt"),
    _l("Prüfung abgeschlossen"),
    _l("beraten"),
    _l("Vereinbarung geschlossen"),
    _l("Anerkennung läuft"),
    _l("wartet auf Arbeitgeber"),
    _l("Bundesagentur angefragt"),
    _l("Vorabzustimmung in Prüfung"),
    _l("vorab zugestimmt"),
    _l("nach Einreise übernommen"),
    _l("Nachforderung an den Arbeitgeber weiterleiten"),
    _l("Antwort des Arbeitgebers"),
    _l("Eingangsbestätigung der Anerkennungsstelle"),
    _l("Entscheidung der Anerkennungsstelle"),
    _l("Termin bei der Auslandsvertretung"),
    _l("Entscheidung über das Visum"),
    _l("Vereinbarung im beschleunigten Fachkräfteverfahren"),
    _l("Vorabzustimmung"),
    _l("Nachforderung von Unterlagen"),
    _l("Zwischennachricht"),
    _l("Frage zum Verfahren"),
    _l("Der Arbeitsbeginn verschiebt sich"),
    _l("Der Arbeitsbeginn verschiebt sich auf den … . Der Vertrag bleibt sonst unverändert."),
    _l("Der Arbeitsvertrag wurde geändert"),
    _l("Der Arbeitsvertrag wurde geändert: … . Den neuen Vertrag laden wir im Vorgang hoch."),
    _l("Dienstreise geplant"),
    _l("Die Person soll vom … bis … nach … reisen. Reicht das vorhandene Dokument dafür?"),
    _l("Rückfrage"),
    _l("Erklärung zum Beschäftigungsverhältnis"),
    _l(
        "Bitte laden Sie die Erklärung zum Beschäftigungsverhältnis ausgefüllt und unterschrieben "
        "im Vorgang hoch."
    ),
    _l("Beschreibung der Tätigkeit"),
    _l("Bitte beschreiben Sie die Aufgaben der Stelle und die verlangte Qualifikation."),
    _l("Gehalt und Arbeitszeit"),
    _l("Bitte bestätigen Sie das Bruttojahresgehalt und die Stunden in der Woche."),
    _l("Auskunft"),
    _l("Kündigung durch den Arbeitgeber"),
    _l("Kündigung durch die beschäftigte Person"),
    _l("Aufhebungsvertrag"),
    _l("Die Beschäftigung wurde nicht angetreten"),
    _l("anderer Grund"),
    _l("Entscheidung in angemessener Zeit"),
    _l("Entscheidung der Bundesagentur für Arbeit"),
    _l("Dieses Datum gibt es nicht (TT.MM.JJJJ)."),
    _l("Hier steht eine Formel. Bitte den Wert selbst eintragen."),
    _l("Excel meldet hier einen Fehler. Bitte den Wert eintragen."),
    _l("Hier steht eine Zahl. Bitte als TT.MM.JJJJ eintragen."),
    _l("Bitte ja oder nein eintragen."),
    _l("Bitte eine ganze Zahl eintragen."),
    _l("Ohne schriftliche Vollmacht der Person können Sie diesen Antrag nicht stellen."),
    _l("Das ist keine Excel-Arbeitsmappe (.xlsx)."),
    _l("Diese Datei ist beschädigt und kann nicht gelesen werden."),
    _l(
        "Die Datei ist mit einem Passwort geschützt oder im alten Format (.xls). Bitte speichern "
        "Sie sie ohne Passwort als Excel-Arbeitsmappe (.xlsx)."
    ),
    _l("Die Datei ist mit einem Passwort geschützt. Bitte ohne Passwort speichern."),
    _l("Die Datei enthält ungewöhnlich viele Daten und wird nicht geöffnet."),
    _l("Die Datei enthält Makros. Bitte als .xlsx ohne Makros speichern."),
    _l("Die Datei verweist auf andere Dateien. Bitte nur Werte eintragen."),
    _l("Die Datei ist manipuliert: Ein Teil kommt doppelt vor."),
    _l("Die Datei ist manipuliert: Sie enthält eine Dokumenttyp-Erklärung."),
    _l("Die Datei ist manipuliert: Sie enthält Ersetzungen."),
    _l("In der Tabelle sind Zellen verbunden. Bitte heben Sie das auf: eine Zeile je Person."),
    _l("Bitte nehmen Sie unsere Vorlage: Das Blatt „Antrag …“ fehlt."),
    _l("In der Tabelle steht noch niemand."),
    _l("Bitte höchstens 1000 Personen in einer Tabelle."),
    _l("Die Datei ist größer als 5 MB."),
    _l("Bitte bestätigen Sie die Vollmacht."),
    _l("Bitte schreiben Sie eine Nachricht."),
    _l("Bitte einen Tag ab heute und höchstens in sechs Monaten angeben."),
    _l("Bitte den letzten Tag der Beschäftigung angeben."),
    _l("Der Tag liegt mehr als ein Jahr voraus; bitte das Jahr prüfen."),
    _l("Bitte angeben, seit wann Sie davon wissen."),
    _l("Der Tag liegt in der Zukunft."),
    _l("Diesen Vorgang gibt es für Sie nicht."),
    _l("Bitte wählen Sie 1 bis 60 Personen."),
    _l("Diese Person ist schon eingeladen."),
    _l("So viele Plätze sind nicht mehr frei."),
)

"""Words of the access of companies in the languages of their pages; rooms below write German."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

KINDS: Mapping[str, Any] = {
    "employer": _l("Arbeitgeber"),
    "agency": _l("Kanzlei oder Relocation-Dienst"),
}
ROLES: Mapping[str, Any] = {
    "admin": _l("Verwaltung"),
    "hr": _l("Personal"),
    "read": _l("nur lesen"),
}
TOKEN_SCOPES: Mapping[str, Any] = {
    "cases": _l("Vorgänge und Aufgaben lesen"),
    "appointments": _l("Termine lesen"),
    "documents": _l("Unterlagen schicken"),
    "letters": _l("Briefe an die Firma lesen"),
    "export": _l("Vorgänge als Tabelle abrufen"),
}
# What the services say; listed here so that the catalogs know it.
MESSAGES: tuple[Any, ...] = (
    _l("Bitte aus der Liste wählen."),
    _l("Bitte höchstens 64 Zeichen, ohne Umlaute."),
    _l("Bitte mindestens ein Recht wählen."),
    _l("Bitte mindestens einen Umfang wählen."),
    _l("Bitte 1 bis 365 Tage."),
    _l("Bitte als TT.MM.JJJJ angeben."),
    _l("Bitte ein Ende in den nächsten zwei Jahren."),
    _l("Mit dieser Registernummer ist hier keine Kanzlei zugelassen."),
    _l("Diese Kanzlei hat schon eine Vollmacht; bitte diese zuerst beenden."),
    _l("Eine Person mit Verwaltungsrecht muss bleiben."),
    _l("Diese Person ist auch für andere Firmen tätig; bitte an uns wenden."),
    _l("Mehr als zwanzig Schlüssel sind nicht möglich; bitte alte widerrufen."),
    _l("Mehr als fünf Adressen sind nicht möglich."),
    _l("Das ist keine Internetadresse."),
    _l("Die Adresse muss mit https:// beginnen."),
    _l("Bitte eine Adresse ohne Anmeldedaten und ohne #."),
    _l("Bitte den Port 443 oder einen ab 1024."),
    _l("Diese Adresse ist von hier nicht erreichbar."),
    _l("Es sind schon viele Anfragen offen; bitte warten Sie die Antworten ab."),
)

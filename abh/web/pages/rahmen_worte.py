"""What rooms below say about fields of staff pages, marked so that the catalogs know it.

Their texts are German; ``session.refused_form`` says what stands here in the language of the page.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

MESSAGES: tuple[Any, ...] = (
    _l("Der Name fehlt."),
    _l("Bitte den Anlass nennen (Urlaub, Krankheit …)."),
    _l("Bitte einen Betrag über 0 EUR angeben."),
    _l("Niemand vertritt sich selbst."),
    _l("Der letzte Tag liegt vor dem ersten oder zu spät."),
    _l("Vertreten kann nur jemand anderes."),
    _l("Das Ende liegt vor dem Anfang."),
    _l("Bitte Zeiten auf fünf Minuten angeben."),
    _l("Bitte mindestens einen Wochentag wählen."),
    _l("Bitte eine Spur wählen."),
    _l("Bitte einen Grund angeben."),
    _l("Bitte einen Grund wählen."),
    _l("Bitte den Grund angeben."),
    _l("Bitte begründen Sie das in einem Satz."),
    _l("Bitte jemanden aus dem Sachgebiet wählen."),
    _l("Bitte ein Sachgebiet aus der Liste wählen."),
    _l("Bitte ein anderes Sachgebiet wählen."),
    _l("Diese Person ist schon zuständig."),
    _l("Die Wiedervorlage liegt 1 bis 90 Tage voraus."),
    _l("Bitte die Antwort angeben, oder den Grund, warum keine."),
    _l("Bitte die Quelle wählen."),
    _l("Eine AZR-Nummer hat zwölf Ziffern."),
    _l("Der Tag liegt vor der Geburt."),
    _l("Was beweist den Zugang?"),
    _l("Warum reicht der Nachweis nicht?"),
    _l("Bitte ausfüllen."),
    _l("Bitte einen Ausgang wählen."),
    _l("Dieser Brief wartet nicht mehr auf eine Unterschrift."),
    _l("Dieser Eingang ist schon erledigt."),
    _l("Diese Post ist nicht mehr in Ihrer Hand; bitte neu ziehen."),
    _l("Dieses Konto ist gesperrt; öffnen Sie es zuerst."),
    _l("Zu diesem Konto ist keine E-Mail-Adresse bekannt."),
    _l("Diese Person steht nicht mehr in der Amtsdatei; tragen Sie sie dort ein."),
    _l("Das eigene Konto ändert eine andere Person mit Verwaltungsrecht."),
    _l("Das Passwort braucht mindestens 8 und höchstens 200 Zeichen."),
    _l("Dieser Link gilt nicht (mehr). Bitte lassen Sie sich einen neuen geben."),
)

"""The audit log in the words of the office: acts, facts, states and steps instead of keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from abh.appointments.service import time_of
from abh.web.pages.vorgang_reihen import CHANNEL_LABELS
from abh.workflows.definition import Verfahren
from abh.workflows.vermerke import NOTES

# What the keys of the log are called; an unknown key is shown as it is, never hidden.
ACTIONS: Mapping[str, str] = {
    "vorgang.open": "Vorgang angelegt",
    "vorgang.step": "Schritt",
    "vorgang.read": "Vorgang angesehen",
    "desk.list": "Liste der nächsten Aufgaben angesehen",
    "person.azr": "AZR-Nummer vermerkt",
    "person.death": "Tod der Person vermerkt",
    "person.alive": "Vermerk des Todes berichtigt",
    "nachricht.send": "Nachricht zwischen Amt und Arbeitgeber gesendet",
    "firma.apply": "Antrag durch den Arbeitgeber gestellt",
    "firma.report_end": "Ende der Beschäftigung durch den Arbeitgeber gemeldet",
    "firma.sheet": "Tabelle mit Anträgen hochgeladen",
    "firma.sheet_order": "Anträge einer Tabelle abgesandt",
    "vorgang.version": "Auf andere Fassung des Verfahrens übergeleitet",
    "vorgang.bulk": "Sammelübergabe von Vorgängen angeordnet",
    "vorgang.bulk_undo": "Sammelübergabe zurückgenommen",
    "vorgang.bulk_done": "Sammelübergabe ausgeführt",
    "vorgang.bulk_read": "Sammelübergabe angesehen",
    "vorgang.link": "Vorgänge verbunden",
    "vorgang.join": "Vorgänge zusammengeführt",
    "api.case": "Vorgang über die Schnittstelle gelesen",
    "blatt.read": "Blatt angesehen",
    "akte.read": "Akte angesehen",
    "akte.end": "Akte beendet (Ausländerdatei B)",
    "akte.revive": "Akte wieder aufgenommen",
    "akte.hold": "Löschsperre gesetzt",
    "akte.unhold": "Löschsperre aufgehoben",
    "akte.inspection": "Akteneinsicht gegeben",
    "blatt.search": "In Akten gesucht",
    "loeschlauf.propose": "Löschlauf vorgeschlagen",
    "loeschlauf.offer": "Akten dem Archiv angeboten",
    "loeschlauf.answer": "Antwort des Archivs vermerkt",
    "loeschlauf.take_out": "Vorgang aus dem Löschlauf genommen",
    "loeschlauf.check": "Löschlauf geprüft",
    "loeschlauf.approve": "Löschlauf freigegeben und vollzogen",
    "loeschlauf.drop": "Löschlauf verworfen",
    "blatt.removal_propose": "Vernichtung eines Blattes vorgeschlagen",
    "blatt.removal_refuse": "Vernichtung eines Blattes abgelehnt",
    "blatt.removal_destroy": "Blatt vernichtet",
    "loeschlauf.read": "Löschlauf angesehen",
    "letter.certified": "Beglaubigte Kopie angesehen",
    "letter.prepare": "Brief vorbereitet",
    "letter.sign": "Brief gezeichnet",
    "letter.release": "Brief gezeichnet und freigegeben",
    "letter.preview": "Entwurf angesehen",
    "letter.send_back": "Brief zurückgegeben",
    "letter.void": "Entwurf verworfen",
    "letter.print": "Druck beauftragt",
    "letter.leaving": "Postausgang angesehen",
    "letter.deed": "Zustellungsurkunde zugeordnet",
    "letter.returned": "Brief zurückgekommen",
    "letter.dispatch": "Versand vermerkt",
    "letter.channel": "Versandweg gewählt",
    "access.open": "Elektronischen Zugang eröffnet",
    "access.revoke": "Elektronischen Zugang widerrufen",
    "letter.cosign": "Brief mitgezeichnet",
    "signing.deputy": "Vertretung für die Zeichnung festgelegt",
    "signing.deputy_end": "Vertretung für die Zeichnung beendet",
    "signing.mandate": "Zeichnungsbefugnis erteilt",
    "signing.mandate_end": "Zeichnungsbefugnis beendet",
    "form.receive": "Vordrucke in den Bestand genommen",
    "form.print": "Eintragungen auf Vordruck gedruckt",
    "form.spoil": "Vordruck verworfen",
    "signing.exclude": "Ausschluss von der Mitwirkung erklärt (§§ 20, 21 VwVfG)",
    "letter.hand_signed": "Unterschrift von Hand vermerkt",
    "appointment.invite": "Zum Termin eingeladen",
    "appointment.withdraw": "Einladung beendet",
    "appointment.hold": "Termin vorgemerkt",
    "appointment.book": "Termin gebucht",
    "appointment.extra": "Auf einen Zusatzplatz gebucht (Überbuchung)",
    "appointment.move": "Termin verlegt",
    "appointment.cancel": "Termin abgesagt",
    "appointment.read": "Termin angesehen",
    "appointment.call": "Aufgerufen",
    "appointment.identity": "Identität angesehen",
    "appointment.report": "Im Warteraum angemeldet",
    "appointment.check_in": "Erschienen",
    "appointment.served": "Besuch beendet",
    "appointment.no_show": "Nicht erschienen",
    "appointment.hand_over": "Besuch übergeben",
    "appointment.remind": "An den Termin erinnert",
    "appointment.code": "Code für den Termin verschickt",
    "firma.calendar": "Kalender der Firma gelesen",
    "firma.employees": "Größe einer Firma eingetragen",
    "lanes.publish": "Zahlen beider Bahnen veröffentlicht",
    "lanes.withdraw": "Zahlen beider Bahnen zurückgezogen",
    "calendar.make": "Kalenderadresse angelegt",
    "calendar.revoke": "Kalenderadresse widerrufen",
    "desk.pause": "Pause am Platz begonnen",
    "desk.resume": "Pause am Platz beendet",
    "event.make": "Veranstaltung angelegt",
    "event.cancel": "Veranstaltung abgesagt",
    "event.invite": "Zu einer Veranstaltung eingeladen",
    "event.withdraw": "Einladung zu einer Veranstaltung zurückgenommen",
    "event.reply": "Auf die Einladung geantwortet",
    "event.came": "Bei der Veranstaltung erschienen",
    "event.hand_over": "Bei der Veranstaltung ausgehändigt",
    "event.numbers": "Nummern der Urkunden eingetragen",
    "event.list": "Liste der Eingeladenen angesehen",
    "draw.open": "Losung eröffnet",
    "draw.request": "Notfallplatz beantragt",
    "draw.evidence": "Nachweis eines Notfalls angesehen",
    "draw.close": "Liste der Losung geschlossen",
    "draw.draw": "Notfallplätze gelost",
    "standby.join": "Auf die Nachrückliste eingetragen",
    "standby.offer": "Frei gewordenen Platz angeboten",
    "walkin.ticket": "Nummer ausgegeben",
    "walkin.call": "Nummer aufgerufen",
    "walkin.at_once": "Gleich geholfen",
    "walkin.served": "Besuch ohne Termin beendet",
    "walkin.no_show": "Aufgerufene Nummer nicht erschienen",
    "walkin.hand_over": "Besuch ohne Termin übergeben",
    "roster.pattern": "Dienstplan: Wochenmuster geändert",
    "roster.block": "Dienstplan: Stück hinzugefügt",
    "roster.unblock": "Dienstplan: Stück zurückgenommen",
    "roster.lane": "Dienstplan: Spur geändert",
    "roster.minutes": "Dienstplan: Minuten in eine andere Spur gegeben",
    "roster.absence": "Dienstplan: Abwesenheit eingetragen",
    "roster.return": "Dienstplan: Rückkehr eingetragen",
    "roster.close": "Dienstplan: Tag geschlossen",
    "roster.open": "Dienstplan: Tag wieder geöffnet",
    "roster.copy": "Dienstplan: Woche kopiert",
    "person.create": "Person angelegt",
    "person.read": "Person angesehen",
    "person.update": "Personendaten geändert",
    "post.register": "Post erfasst",
    "post.close": "Post erledigt",
    "post.close_all": "Alle Post einer Person erledigt",
    "post.claim": "Post gezogen",
    "post.return": "Post zurückgegeben",
    "post.hand_over": "Post übergeben",
    "post.put_off": "Post auf Wiedervorlage gelegt",
    "post.follow_up": "Wiedervorlage der Post",
    "post.claim_died": "Post ohne Rückmeldung zurückgegeben",
    "post.read": "Post angesehen",
    "post.attach": "Post zugeordnet",
    "post.original": "Original der Post angesehen",
    "post.list": "Liste der Post angesehen",
    "post.bulk": "Sammelvorgang der Post angeordnet",
    "post.bulk_undo": "Sammelvorgang zurückgenommen",
    "post.bulk_done": "Sammelvorgang ausgeführt",
    "post.import": "Altbestand eingelesen",
    "post.import_read": "Fehlerhafte Zellen eines Altbestands angesehen",
    "post.sorted": "Post nach Texterkennung eingeordnet",
    "post.filed": "Original der Post zur Akte genommen",
    "post.correct_kind": "Art der Post berichtigt",
    "post.part": "Anhang der Post angesehen",
    "post.weights": "Gewichte der Post angeordnet",
    "post.sample": "Stichprobe der Post gezogen",
    "post.sample_look": "Zweiter Blick auf erledigte Post",
    "post.move": "Post an ein anderes Sachgebiet abgegeben",
    "post.follow": "Post ist ihrem Vorgang in ein anderes Sachgebiet gefolgt",
    "post.cover": "Zugewiesene Post wegen Abwesenheit umverteilt",
    "post.filter": "Filter der Post gespeichert",
    "post.filter_gone": "Filter der Post gelöscht",
    "post.auto_answer": "Automatische Auskünfte zum Stand geschaltet",
    "post.answer": "Post durch Brief beantwortet",
    "post.answer_draft": "Auskunft zum Stand entworfen",
    "post.answer_failed": "Auskunft zum Stand nicht möglich",
    "post.plan": "Räumungsplan gerechnet",
    "post.plan_read": "Räumungsplan angesehen",
    "post.plan_accept": "Räumungsplan angenommen",
    "post.plan_withdraw": "Räumungsplan zurückgenommen",
    "post.plan_renew": "Räumungsplan neu vorgeschlagen",
    "roster.post_given": "Zeit im Dienstplan der Post gegeben",
    "roster.post_back": "Zeit der Post an den Dienstplan zurückgegeben",
    "status.read": "Über den Statuslink angesehen",
    "status.code_asked": "Code für die Statusseite erbeten",
    "status.code": "Code für die Statusseite verschickt",
    "status.code_used": "Statusseite mit Nummer und Code geöffnet",
    "tablet.set_up": "Tablet am Platz eingerichtet",
    "tablet.show": "Am Tablet des Platzes gezeigt",
    "tablet.end": "Anzeige am Tablet beendet",
    "audit.trail": "Protokoll angesehen",
    "login.done": "Angemeldet",
    "login.refused": "Anmeldung abgelehnt",
    "user.create": "Konto angelegt",
    "user.link": "Link für ein neues Passwort angeordnet",
    "user.password": "Passwort gesetzt",
    "user.powers": "Zusätzliche Befugnisse geändert",
    "user.close": "Konto gesperrt",
    "user.reopen": "Konto wieder geöffnet",
    "factor.setup": "Zweiten Faktor eingerichtet",
    "factor.reset": "Zweiten Faktor zurückgesetzt",
    "fastlane.list": "Liste der Vorgänge von der Firma angesehen",
    "fastlane.case": "Vorgang von der Firma angesehen",
    "fastlane.letter": "Brief an die Firma von ihr angesehen",
    "mandate.grant": "Vollmacht für die Firma eingetragen",
    "mandate.revoke": "Vollmacht für die Firma beendet",
    "mandate.ask": "Vollmacht angefragt",
    "mandate.answer": "Anfrage nach Vollmacht beantwortet",
    "mandate.declare": "Erklärung der Firma mit dem Antrag",
    "firma.register": "Firma hat sich angemeldet",
    "firma.decide": "Über die Anmeldung einer Firma entschieden",
    "firma.withdraw": "Zugang der Firma entzogen",
    "firma.readmit": "Firma wieder zugelassen",
    "firma.proof": "Nachweis einer Firma angesehen",
    "firma.invite": "Person zur Firma eingeladen",
    "firma.join": "Einladung zur Firma angenommen",
    "firma.dismiss": "Zugang einer Person der Firma beendet",
    "firma.role": "Rolle in der Firma geändert",
    "firma.site": "Standort der Firma angelegt",
    "firma.power": "Kanzlei von der Firma bevollmächtigt",
    "firma.power_end": "Vollmacht der Kanzlei beendet",
    "firma.choose": "Handelt für eine andere Firma",
    "firma.mails": "Firma: E-Mails zu Briefen und Nachrichten an- oder abgestellt",
    "firma.refused": "Firma wollte einen Vorgang ohne Vollmacht sehen",
    "firma.upload": "Unterlagen von der Firma",
    "token.make": "Schlüssel einer Firma angelegt",
    "token.revoke": "Schlüssel einer Firma widerrufen",
    "token.refused": "Schlüssel einer Firma abgelehnt",
    "webhook.make": "Adresse für Benachrichtigungen eingetragen",
    "webhook.revoke": "Adresse für Benachrichtigungen beendet",
    "webhook.again": "Benachrichtigung noch einmal geschickt",
}
FACTS: Mapping[str, str] = {
    "mailed": "per E-Mail",
    "powers": "Befugnisse",
    "step": "Schritt",
    "from": "von",
    "to": "nach",
    "into": "führt weiter",
    "version": "Fassung",
    "channel": "Weg",
    "received_on": "Eingang",
    "eingang": "maßgeblicher Eingang",
    "eingang_fuehrend": "Eingang im führenden Vorgang",
    "eingang_zweiter": "Eingang im zweiten Vorgang",
    "key": "Brief",
    "outcome": "Ausgang",
    "rule": "Zeichnungsregel",
    "sha256": "Prüfsumme",
    "sheet": "Blatt",
    "printer": "Drucker",
    "served": "förmlich zugestellt",
    "letter": "Brief Nr.",
    "page": "Seite",
    "day": "Tag",
    "cell": "Uhrzeit",
    "desk": "Platz Nr.",
    "service": "Leistung",
    "ticket": "Nummer",
    "called_to": "gerufen an Platz Nr.",
    "compared": "verglichen",
    "reason": "Grund",
    "until": "bis",
    "answered": "beantwortet",
    "act": "Handlung",
    "risk_permille": "Risiko in Promille",
    "extra": "Zusatzplatz Nr.",
    "together": "zusammen mit Termin Nr.",
    "pieces": "Stücke",
    "book_until": "buchbar bis",
    "fields": "geändert",
    "kind": "Art",
    "count": "Anzahl",
    "ids": "Nr.",
    "numbers": "Vorgänge",
    "set": "eingetragen",
    "ground": "Grund",
    "deleted": "gelöscht",
    "held": "zurückgestellt",
    "via": "auf dem Weg",
    "days": "Tage vorher",
    "code_until": "Code gilt bis",
    "result": "Ergebnis",
    "reply": "Antwort",
    "guests": "Gäste",
    "event": "Veranstaltung Nr.",
    "company": "Firma Nr.",
    "scope": "Umfang",
}
_CHANNELS: Mapping[str, str] = {
    **CHANNEL_LABELS,
    "portal": "Internet",
    "paper": "Papier",
    "email": "E-Mail",
    "counter": "Schalter",
    "employer": "Arbeitgeber",
    "other_authority": "andere Behörde",
}
# Lines of the step log that are no steps of a Verfahren.
_STEPS: Mapping[str, str] = {
    **{key: kind.label for key, kind in NOTES.items()},
    "eingang_berichtigt": "Eingang berichtigt",
    "ueberleitung": "Auf andere Fassung übergeleitet",
    "uebergabe": "An andere Hand übergeben",
    "zuweisung": "Zugewiesen",
    "feststellung": "Feststellung",
    "absehen": "Von einer Voraussetzung abgesehen",
    "nachweis": "Nachweis beurteilt",
    "eingang": "Unterlagen eingegangen",
    "beteiligung": "Antwort einer anderen Stelle",
    "beteiligung_zugang": "Zugang bei einer anderen Stelle nachgewiesen",
    "gegenstand_entfallen": "Gegenstand entfallen",
    "rueckgabe_angemahnt": "An die Rückgabe erinnert",
    "rueckgabe_ausgeblieben": "Papier nicht zurückgegeben",
    "rueckgabe_vermerkt": "Papier zurückgegeben",
    "tod_vermerkt": "Tod der Person vermerkt",
    "tod_in_familie": "Angehörige Person verstorben",
    "tod_berichtigt": "Vermerk des Todes war falsch",
    "gebuehr": "Gebühr erledigt",
    "versand": "Versand vermerkt",
    "versandweg": "Versandweg gewählt",
    "ruecklauf": "Brief zurückgekommen",
    "frist_abgelaufen": "Frist abgelaufen",
    "termin_versaeumt": "Termin versäumt",
    "nach_einreise_eingeladen": "Nach der Einreise zum Termin eingeladen",
    "zurueckgegeben": "Entwurf zurückgegeben",
    "zusammenfuehrung": "Zusammengeführt",
    "veranstaltung": "Zu einer Veranstaltung eingeladen",
}
_PREPARED = "_vorbereitet"
_COMPARED: Mapping[str, str] = {"name": "Name", "birth_date": "Geburtsdatum"}


def action_words(action: str) -> str:
    """Return what an act is called."""
    return ACTIONS.get(action, action)


def fact_lines(facts: Mapping[str, Any], verfahren: Verfahren | None) -> list[tuple[str, str]]:
    """Return (label, value) of the facts of an entry, empty values left out.

    ``verfahren`` is that of the case; without it states and steps keep their keys.
    """
    return [
        (FACTS.get(key, key), _value(key, value, verfahren))
        for key, value in facts.items()
        if value not in (None, "", [], {})
    ]


def _value(key: str, value: Any, verfahren: Verfahren | None) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, list):
        return ", ".join(_COMPARED.get(str(item), str(item)) for item in value)
    if key == "cell" and isinstance(value, int):
        return f"{time_of(value):%H:%M}"
    text = str(value)
    if key == "channel":
        return _CHANNELS.get(text, text)
    if key == "step":
        return step_words(text, verfahren)
    if key in ("from", "to") and verfahren is not None:
        state = verfahren.state(text)
        return state.label if state else text
    return _german(text)


def step_words(key: str, verfahren: Verfahren | None) -> str:
    """Return the label of a step, of a prepared decision, or of a line that is no step."""
    step = verfahren.step(key.removesuffix(_PREPARED)) if verfahren is not None else None
    if step is None:
        return _STEPS.get(key, key)
    return f"{step.label} (vorbereitet)" if key.endswith(_PREPARED) else step.label


def _german(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d.%m.%Y}"
    except ValueError:
        return text

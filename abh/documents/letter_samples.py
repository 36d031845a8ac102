"""Example fields of every drafted letter, for the preview, the checks and the tests.

The persons and firms are invented. Amounts, periods and norms repeat what the law says on the
sample's day (1 November 2026) so that a reader can judge the letter; no code computes with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abh.documents.letter_samples_plain import PLAIN_SAMPLES

_APPLICATION = "Blaue Karte EU (§ 18g AufenthG)"
_STATUS = "https://abh.example.org/status/K7bq2mXv9LwTzR4sYd1fGh"

_BLUE_CARD: dict[str, Any] = {
    "title_words": "Blaue Karte EU",
    "title_norm": "§ 18g Absatz 1 Satz 2 AufenthG",
    "application": _APPLICATION,
    "received_on": "2026-10-05",
    "valid_until": "2030-04-30",
    "employment_words": (
        "Sie dürfen als Softwareentwicklerin bei der Beispiel Systems GmbH in Düsseldorf "
        "arbeiten. Die Bundesagentur für Arbeit hat zugestimmt (§ 39 AufenthG)."
    ),
    "interim_words": [
        "Den Titel selbst erhalten Sie mit der Karte. Bis dahin gilt Ihre Fiktionsbescheinigung "
        "weiter.",
        "Sie dürfen die neue Beschäftigung schon jetzt aufnehmen. Das ist in Ihrer "
        "Fiktionsbescheinigung eingetragen (§ 81 Absatz 5a AufenthG).",
    ],
    "card_words": [
        "Wir haben Ihre Karte bei der Bundesdruckerei bestellt. Die Herstellung dauert in der "
        "Regel etwa vier Wochen.",
        "Den Brief mit der PIN erhalten Sie direkt von der Bundesdruckerei. Bitte bewahren Sie "
        "ihn auf.",
    ],
}

_STATUS_NEWS: dict[str, Any] = {
    "application": _APPLICATION,
    "received_on": "2026-10-05",
    "status_words": (
        "Ihre Unterlagen sind vollständig. Wir haben die Bundesagentur für Arbeit um ihre "
        "Zustimmung gebeten."
    ),
    "next_words": "Sobald die Antwort vorliegt, entscheiden wir. Sie müssen nichts tun.",
    "duration_words": "Wir rechnen mit einer Entscheidung bis zum 18. Dezember 2026.",
    "status_url": _STATUS,
}

SAMPLES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    **PLAIN_SAMPLES,
    ("N01", ""): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "received_how": "über unser Online-Formular",
        "fiction_words": [
            "Sie haben den Antrag gestellt, bevor Ihr bisheriger Aufenthaltstitel abgelaufen ist. "
            "Wenn Ihre Angaben zutreffen, gilt Ihr bisheriger Titel deshalb weiter, bis wir über "
            "Ihren Antrag entschieden haben (§ 81 Absatz 4 Satz 1 AufenthG). Sie dürfen in dieser "
            "Zeit hier bleiben und so arbeiten wie bisher.",
        ],
        "duration_words": (
            "Wenn alle Unterlagen vorliegen, dauert die Bearbeitung voraussichtlich zwei bis vier "
            "Wochen."
        ),
        "status_url": _STATUS,
        "documents": ["Reisepass", "Arbeitsvertrag vom 21. September 2026", "Lebenslauf"],
    },
    ("N01", "post"): {
        "application": _APPLICATION,
        "opening": [
            "Ihre Post ist bei uns angekommen: 3 Eingänge, der älteste vom 05.10.2026. "
            "Sie müssen nicht noch einmal schreiben.",
            "Wir antworten Ihnen, sobald wir sie bearbeitet haben.",
        ],
    },
    ("N02", ""): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "items": [
            {
                "name": "Hochschulabschluss (Urkunde und Fächerübersicht)",
                "why": "als Nachweis Ihrer akademischen Qualifikation",
                "norm": "§ 18g Absatz 1, § 18 Absatz 2 Nummer 4 AufenthG",
            },
            {
                "name": "Auszug aus der Datenbank anabin oder Zeugnisbewertung der ZAB",
                "why": "damit wir sehen, dass Ihr Abschluss einem deutschen vergleichbar ist",
                "norm": "§ 18 Absatz 2 Nummer 4 AufenthG",
            },
        ],
        "deadline": "2026-12-04",
        "upload_url": _STATUS,
    },
    **{("N03", outcome): _STATUS_NEWS for outcome in ("", "automatisch")},
    ("N03", "zugangscode"): {
        "application": "Ihre Statusseite im Internet",
        "opening": [
            "mit diesem Code und Ihrer Vorgangsnummer ABH-2026-0001234 sehen Sie den Stand Ihres "
            "Antrags.",
        ],
        "sections": [
            {
                "heading": "Ihr Code: K7Q\u2011M2X\u2011VD9\u2011TRA",
                "paragraphs": ["Bitte geben Sie ihn auf https://abh.example.org/status ein."],
            }
        ],
        "deadline": "2027-01-22",
        "deadline_words": "Bis zu diesem Tag gilt der Code.",
    },
    ("N04", ""): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "authority_lines": [
            "Kreis Mettmann",
            "Ausländeramt",
            "Düsseldorfer Straße 26",
            "40822 Mettmann",
        ],
        "reason": (
            "Sie wohnen seit dem 1. Oktober 2026 in Ratingen. Für Sie ist deshalb die dortige "
            "Ausländerbehörde zuständig (§ 3 VwVfG NRW)."
        ),
    },
    ("N06", "termin"): {
        "purpose": "Aufnahme von Lichtbild, Fingerabdrücken und Unterschrift für Ihre Karte",
        "place_lines": ["Redlichstraße 10", "Erdgeschoss, Wartebereich B"],
        "bring": ["Reisepass", "bisheriger Aufenthaltstitel", "Bankkarte für die Gebühr"],
        "minutes": 20,
        "link": "https://abh.example.org/termin/8fKq2mXv9LwTzR4sYd1fGh",
        "link_until": "2026-12-04",
    },
    ("N06", "erscheinen"): {
        "purpose": "Klärung Ihrer Identität und Vorlage Ihres Reisepasses",
        "place_lines": ["Redlichstraße 10", "2. Obergeschoss, Raum 2.14"],
        "bring": ["Reisepass", "Geburtsurkunde"],
        "minutes": 45,
        "appears_on": "2026-12-08",
        "appears_at": "10:30",
        "reasons": [
            "Zwei schriftliche Einladungen sind ohne Antwort geblieben. Ihre Identität lässt sich "
            "nur in einem persönlichen Gespräch und anhand der Originale klären.",
        ],
    },
    ("N06", "erinnerung"): {
        "application": "Ihr Termin am 8. Dezember 2026",
        "opening": [
            "Sie haben einen Termin am 8. Dezember 2026 um 10:30 Uhr. Ihre Nummer ist B-317. "
            "Bitte bringen Sie Ihren Pass mit.",
        ],
        "sections": [
            {"heading": "Ort", "paragraphs": ["Willi-Becker-Allee 7, 40227 Düsseldorf, Raum 114"]}
        ],
    },
    ("N06", "code"): {
        "application": "Ihr Termin am 8. Dezember 2026",
        "opening": [
            "wir halten einen Termin für Sie frei: 8. Dezember 2026, 10:30 Uhr. Er gilt erst, wenn "
            "Sie ihn mit dem Code bestätigen.",
        ],
        "sections": [
            {
                "heading": "Ihr Code: K7Q\u2011M2X\u2011VD9\u2011TRA",
                "paragraphs": [
                    "Bestätigen können Sie auf unserer Seite https://abh.example.org/termine/code "
                    "oder am Telefon."
                ],
            }
        ],
        "deadline": "2026-12-01",
        "deadline_words": "Bis dahin halten wir den Platz; danach bekommt ihn jemand anderes.",
    },
    ("N06", "veranstaltung"): {
        "application": "Einbürgerungsfeier am 15. Dezember 2026",
        "opening": ["wir laden Sie herzlich ein: Einbürgerungsfeier im Rathaus."],
        "deadline": "2026-12-08",
        "deadline_words": "Bitte antworten Sie uns bis dahin.",
        "hints": ["Sie können bis zu drei Gäste mitbringen."],
    },
    ("N07", ""): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "intended": "Ihren Antrag auf Erteilung einer Blauen Karte EU abzulehnen",
        "sections": [
            {
                "heading": "Gehalt",
                "paragraphs": [
                    "Ihr Arbeitsvertrag nennt ein Bruttogehalt von 44.400 Euro im Jahr. Für einen "
                    "Abschluss, der höchstens drei Jahre alt ist, verlangt das Gesetz im Jahr 2026 "
                    "mindestens 45.934,20 Euro (§ 18g Absatz 1 Satz 2 AufenthG).",
                ],
            }
        ],
        "norms": "§§ 18, 18g AufenthG",
        "deadline": "2026-12-04",
    },
    **{("N08", outcome): _BLUE_CARD for outcome in ("blaue_karte", "blaue_karte_mit_ausnahme")},
    ("N08", "mit_nebenbestimmung"): {
        **_BLUE_CARD,
        "provisions": [
            "Die Beschäftigung ist nur bei der Beispiel Systems GmbH in Düsseldorf erlaubt.",
        ],
        "provision_reasons": [
            "Die Bundesagentur für Arbeit hat ihre Zustimmung auf diese Beschäftigung beschränkt "
            "(§ 39 Absatz 4 AufenthG). Davon können wir nicht abweichen.",
        ],
    },
    ("N09", ""): {
        "title_words": "Blaue Karte EU",
        "how": ["Sie können Ihre Karte ab sofort mit Termin bei uns abholen."],
        "bring": ["Reisepass", "Fiktionsbescheinigung"],
        "link": "https://abh.example.org/termin/8fKq2mXv9LwTzR4sYd1fGh",
    },
    ("N11", "quittung"): {
        "items": [
            {
                "name": "Erteilung einer Blauen Karte EU",
                "norm": "§ 45 Nummer 1 AufenthV",
                "amount": "100.00",
            },
        ],
        "total": "100.00",
        "paid_on": "2026-11-16",
        "method": "Karte",
        "receipt_no": "2026-0004711",
    },
    ("N11", "gebuehrenbescheid"): {
        "items": [
            {
                "name": "Ausstellung einer Fiktionsbescheinigung",
                "norm": "§ 47 Absatz 1 Nummer 8 AufenthV",
                "amount": "13.00",
            },
            {
                "name": "Erteilung einer Blauen Karte EU",
                "norm": "§ 45 Nummer 1 AufenthV",
                "amount": "100.00",
            },
        ],
        "total": "113.00",
        "due_on": "2026-12-28",
        "payment_reference": "5401.0001.2345",
    },
    ("N12", ""): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "tenor": [
            "Ihr Antrag vom 5. Oktober 2026 auf Erteilung einer Blauen Karte EU wird abgelehnt.",
            "Für diese Entscheidung wird eine Gebühr von 50,00 Euro erhoben.",
        ],
        "facts": [
            "Sie sind Staatsangehörige der Republik Indien. Am 5. Oktober 2026 haben Sie eine "
            "Blaue Karte EU für eine Beschäftigung als Softwareentwicklerin bei der Beispiel "
            "Systems GmbH beantragt. Ihr Masterabschluss stammt vom 30. Juni 2025.",
            "Nach dem vorgelegten Arbeitsvertrag vom 21. September 2026 beträgt Ihr Bruttogehalt "
            "44.400 Euro im Jahr.",
        ],
        "sections": [
            {
                "heading": "Die Gehaltsgrenze ist nicht erreicht",
                "paragraphs": [
                    "Eine Blaue Karte EU setzt im Jahr 2026 ein Gehalt von mindestens 50.700 Euro "
                    "voraus (§ 18g Absatz 1 Satz 1 AufenthG). Liegt der Abschluss höchstens drei "
                    "Jahre zurück, genügen 45.934,20 Euro (§ 18g Absatz 1 Satz 2 AufenthG).",
                    "Auch diese Grenze erreicht Ihr Gehalt nicht. Es fehlen 1.534,20 Euro im Jahr. "
                    "Das Gesetz lässt uns hier keinen Spielraum.",
                ],
            },
            {
                "heading": "Auch ein anderer Titel kommt derzeit nicht in Betracht",
                "paragraphs": [
                    "Wir haben geprüft, ob wir Ihnen eine Aufenthaltserlaubnis nach § 18b AufenthG "
                    "erteilen können. Die Bundesagentur für Arbeit hat die dafür nötige Zustimmung "
                    "nicht erteilt, weil die Arbeitsbedingungen ungünstiger sind als die "
                    "vergleichbarer inländischer Beschäftigter (§ 39 Absatz 2 AufenthG).",
                ],
            },
        ],
        "norms": "§§ 18, 18b, 18g, 39 AufenthG, § 49 AufenthV",
        "hearing_words": (
            "Mit Schreiben vom 2. November 2026 haben wir Ihnen Gelegenheit gegeben, sich zu "
            "äußern (§ 28 VwVfG NRW). Sie haben sich nicht geäußert."
        ),
        "hints": [
            "Die Klage gegen diese Ablehnung hat keine aufschiebende Wirkung "
            "(§ 84 Absatz 1 AufenthG).",
        ],
    },
    ("N14", "ruecknahme"): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "ended_on": "2026-11-18",
        "effects": [
            "Die Wirkung Ihres Antrags auf Ihren Aufenthalt endet damit. Bitte achten Sie darauf, "
            "dass Sie einen gültigen Aufenthaltstitel haben.",
        ],
    },
    ("N14", "einstellung"): {
        "application": _APPLICATION,
        "received_on": "2026-10-05",
        "ended_on": "2026-11-18",
        "cause": "Sie haben inzwischen eine Niederlassungserlaubnis erhalten.",
    },
    ("N15", ""): {
        "title_words": "Blaue Karte EU",
        "duties": [
            {
                "heading": "Wenn Ihre Arbeit früher endet",
                "paragraphs": [
                    "Teilen Sie uns das innerhalb von zwei Wochen mit, nachdem Sie davon erfahren "
                    "haben (§ 82 Absatz 6 Satz 1 AufenthG).",
                ],
            },
            {
                "heading": "Wenn Sie den Arbeitgeber wechseln",
                "paragraphs": [
                    "In den ersten zwölf Monaten teilen Sie uns jeden Wechsel des Arbeitgebers und "
                    "jede wichtige Änderung Ihrer Beschäftigung mit "
                    "(§ 82 Absatz 1 Satz 6 AufenthG).",
                ],
            },
            {
                "heading": "Wenn Sie länger ins Ausland gehen",
                "paragraphs": [
                    "Ihr Titel kann erlöschen, wenn Sie Deutschland nicht nur vorübergehend "
                    "verlassen oder länger als die gesetzliche Frist fortbleiben "
                    "(§ 51 Absatz 1 Nummern 6 und 7 AufenthG). Fragen Sie uns vorher.",
                ],
            },
            {
                "heading": "Ihr Pass",
                "paragraphs": [
                    "Beantragen Sie rechtzeitig einen neuen Pass und zeigen Sie einen Verlust "
                    "sofort an (§ 56 AufenthV).",
                ],
            },
        ],
    },
    ("N16", ""): {
        "person": "Priya Beispiel",
        "born": "14.03.1996",
        "nationality": "indisch",
        "purpose": "Erteilung einer Blauen Karte EU",
        "employer": "Beispiel Systems GmbH, Königsallee 1, 40212 Düsseldorf",
        "job": "Softwareentwicklerin (ISCO-08 2512)",
        "place": "Düsseldorf",
        "begins_on": "1. Dezember 2026, unbefristet",
        "hours": "40 Stunden in der Woche, 30 Tage Urlaub",
        "salary": "46.800 Euro brutto im Jahr",
        "qualification": "Master of Science Informatik vom 30. Juni 2025 (anabin H+, entspricht)",
        "norms": "§ 18g Absatz 1 Satz 2, § 39 AufenthG",
        "deadline_words": (
            "Teilen Sie uns nicht innerhalb von zwei Wochen mit, dass Informationen fehlen oder "
            "der Arbeitgeber Auskünfte nicht oder nicht rechtzeitig erteilt hat, gilt Ihre "
            "Zustimmung als erteilt (§ 36 Absatz 2 BeschV)."
        ),
        "enclosures": ["Erklärung zum Beschäftigungsverhältnis", "Arbeitsvertrag"],
    },
}

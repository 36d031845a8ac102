"""Example fields of the letters that share the general template, and of grants by card.

Persons, firms and amounts are invented; see ``letter_samples``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = dict[str, Any]


def _section(heading: str, *paragraphs: str) -> dict[str, Any]:
    return {"heading": heading, "paragraphs": list(paragraphs)}


def _grant(title: str, norm: str, until: str | None, work: str = "") -> Fields:
    return {
        "title_words": title,
        "title_norm": norm,
        "application": f"{title} ({norm})",
        "received_on": "2026-10-05",
        **({"valid_until": until} if until else {}),
        "employment_words": work,
        "card_words": [
            "Wir haben Ihre Karte bei der Bundesdruckerei bestellt. Die Herstellung dauert in der "
            "Regel etwa vier Wochen.",
        ],
    }


_WORK = "Sie dürfen jede Beschäftigung ausüben und selbständig arbeiten (§ 4a Absatz 1 AufenthG)."
_GRANTS: Mapping[tuple[str, str], Fields] = {
    ("N08", "aufenthaltserlaubnis"): _grant(
        "Aufenthaltserlaubnis", "§ 18b AufenthG", "2030-10-31",
        "Sie dürfen als Bauingenieur bei der Beispiel Bau GmbH arbeiten.",
    ),
    ("N08", "ict_karte"): _grant(
        "ICT-Karte", "§ 19 AufenthG", "2029-10-31",
        "Sie dürfen als Führungskraft bei der Beispiel Systems GmbH in Düsseldorf arbeiten.",
    ),
    ("N08", "mobiler_ict_karte"): _grant(
        "Mobiler-ICT-Karte", "§ 19b AufenthG", "2027-10-31",
        "Sie dürfen als Spezialistin bei der Beispiel Systems GmbH in Düsseldorf arbeiten.",
    ),
    ("N08", "chancenkarte"): _grant(
        "Chancenkarte", "§ 20a AufenthG", "2027-10-31",
        "Sie dürfen durchschnittlich bis zu 20 Stunden in der Woche und zur Probe arbeiten "
        "(§ 20a Absatz 2 AufenthG).",
    ),
    ("N08", "niederlassungserlaubnis"): _grant(
        "Niederlassungserlaubnis", "§ 9 AufenthG", None, _WORK
    ),
    ("N08", "daueraufenthalt_eu"): _grant(
        "Erlaubnis zum Daueraufenthalt – EU", "§ 9a AufenthG", None, _WORK
    ),
    ("N08", "aufenthaltskarte"): _grant(
        "Aufenthaltskarte für Familienangehörige", "§ 5 Absatz 1 FreizügG/EU", "2031-10-31"
    ),
    ("N08", "daueraufenthaltskarte"): _grant(
        "Daueraufenthaltskarte", "§ 5 Absatz 5 FreizügG/EU", None
    ),
}  # fmt: skip

_PARENTS = [
    {"label": "Kind", "value": "Lina Beispiel, geboren am 3. August 2026 in Düsseldorf"},
    {"label": "Mutter", "value": "Priya Beispiel, geboren am 14. März 1996"},
    {"label": "Anerkennender", "value": "Jonas Muster, geboren am 2. Mai 1990"},
]
_FOR_PERSONS: Mapping[tuple[str, str], Fields] = {
    ("N08", "reiseausweis"): {
        "application": "Reiseausweis für Flüchtlinge",
        "received_on": "2026-10-05",
        "opening": [
            "wir haben Ihrem Antrag entsprochen. Ihr Reiseausweis wird bei der Bundesdruckerei "
            "hergestellt. Wir schreiben Ihnen, sobald Sie ihn abholen können.",
        ],
        "norms": "Artikel 28 der Genfer Flüchtlingskonvention",
    },
    ("N08", "beschaeftigung"): {
        "application": "Erlaubnis zur Beschäftigung als Küchenhilfe",
        "received_on": "2026-10-05",
        "opening": ["wir haben Ihrem Antrag entsprochen:"],
        "tenor": [
            "Sie dürfen ab sofort als Küchenhilfe bei der Beispiel Gastronomie GmbH in Düsseldorf "
            "arbeiten.",
        ],
        "norms": "§ 4a Absatz 4 AufenthG, § 32 BeschV",
        "hints": ["Die Erlaubnis tragen wir in Ihre Duldung ein. Bitte bringen Sie sie mit."],
    },
    ("N08", "betretenserlaubnis"): {
        "application": "Betretenserlaubnis",
        "received_on": "2026-10-05",
        "opening": ["wir haben Ihrem Antrag entsprochen:"],
        "tenor": [
            "Sie dürfen vom 7. bis zum 11. Dezember 2026 das Bundesgebiet betreten, um vor dem "
            "Landgericht Düsseldorf als Zeuge auszusagen.",
        ],
        "norms": "§ 11 Absatz 8 AufenthG",
    },
    ("N08", "einreiseverbot"): {
        "application": "Verkürzung des Einreise- und Aufenthaltsverbots",
        "received_on": "2026-10-05",
        "opening": ["wir haben Ihrem Antrag entsprochen:"],
        "tenor": ["Ihr Einreise- und Aufenthaltsverbot endet am 31. Dezember 2026."],
        "norms": "§ 11 Absatz 4 AufenthG",
    },
    ("N08", "sonstige"): {
        "application": "Änderung der Nebenbestimmung zur Beschäftigung",
        "received_on": "2026-10-05",
        "opening": ["wir haben Ihrem Antrag entsprochen."],
        "norms": "§ 4a Absatz 3 AufenthG",
    },
    ("N08", "einbuergerung"): {
        "application": "Einbürgerung",
        "received_on": "2026-02-16",
        "opening": [
            "Ihr Antrag hat Erfolg: Wir möchten Sie einbürgern. Deutsche oder Deutscher werden Sie "
            "in dem Augenblick, in dem Sie die Urkunde erhalten (§ 16 StAG). Zu der Feier laden "
            "wir Sie gesondert ein.",
        ],
        "sections": [
            _section(
                "Bis dahin",
                "Teilen Sie uns bitte jede Änderung sofort mit: Anschrift, Familienstand, Arbeit, "
                "Strafverfahren. Behalten Sie Ihren Aufenthaltstitel.",
            )
        ],
        "norms": "§ 10 StAG",
    },
    ("N23", ""): {
        "application": "Einbürgerung",
        "received_on": "2026-02-16",
        "opening": ["wir sichern Ihnen zu:"],
        "tenor": [
            "Sie werden eingebürgert, wenn Sie bis zum 30. November 2028 nachweisen, dass Sie Ihre "
            "bisherige Staatsangehörigkeit verloren haben.",
        ],
        "norms": "§ 38 VwVfG NRW, § 10 StAG",
        "hints": [
            "Ändert sich die Sach- oder Rechtslage, sind wir an die Zusicherung unter Umständen "
            "nicht mehr gebunden (§ 38 Absatz 3 VwVfG NRW).",
        ],
    },
    ("N28", "auflage"): {
        "application": "Verpflichtung, in Düsseldorf zu wohnen",
        "place": "Düsseldorf",
        "until": "2029-09-30",
        "tenor": ["Sie sind bis zum 30. September 2029 verpflichtet, in Düsseldorf zu wohnen."],
        "sections": [
            _section(
                "",
                "Eine Wohnung in Düsseldorf erleichtert Ihnen den Zugang zu Sprachkurs, Arbeit und "
                "Schule. Gründe, die dagegen sprechen, haben Sie nicht genannt.",
            )
        ],
        "norms": "§ 12a Absatz 3 AufenthG",
    },
    ("N28", "aufhebung"): {
        "application": "Aufhebung der Wohnsitzverpflichtung",
        "received_on": "2026-10-05",
        "tenor": ["Ihre Verpflichtung, in Düsseldorf zu wohnen, ist aufgehoben."],
        "sections": [
            _section("", "Sie haben in Köln eine versicherungspflichtige Arbeit gefunden.")
        ],
        "norms": "§ 12a Absatz 5 Satz 1 Nummer 1 AufenthG",
    },
    ("N28", "bescheinigung"): {
        "application": "Wohnsitz",
        "tenor": ["Für Sie gilt keine Verpflichtung, an einem bestimmten Ort zu wohnen."],
        "norms": "§ 12a AufenthG",
    },
    ("N29", "berechtigung"): {
        "application": "Teilnahme am Integrationskurs",
        "until": "2027-11-20",
        "hours_words": "Der Kurs besteht aus einem Sprachkurs und einem Orientierungskurs.",
        "cost_words": (
            "Wer Leistungen nach SGB II oder SGB XII bekommt, kann sich beim Bundesamt für "
            "Migration und Flüchtlinge von den Kosten befreien lassen."
        ),
        "norms": "§ 44 AufenthG",
    },
    ("N29", "verpflichtung"): {
        "application": "Teilnahme am Integrationskurs",
        "until": "2027-02-26",
        "tenor": ["Sie sind verpflichtet, an einem Integrationskurs teilzunehmen."],
        "sections": [
            _section(
                "",
                "Sie können sich noch nicht auf einfache Art auf Deutsch verständigen. Hindernisse "
                "haben Sie nicht genannt.",
            )
        ],
        "norms": "§ 44a Absatz 1 AufenthG",
    },
    ("N30", "zustimmung"): {
        "application": "Anerkennung der Vaterschaft für Lina Beispiel, geboren am 3. August 2026",
        "received_on": "2026-10-05",
        "facts": _PARENTS,
        "norms": "§ 85c Absatz 1 AufenthG",
    },
    ("N30", "negativfeststellung"): {
        "application": "Anerkennung der Vaterschaft für Lina Beispiel, geboren am 3. August 2026",
        "received_on": "2026-10-05",
        "facts": _PARENTS,
        "sections": [
            _section("", "Der Anerkennende hat durch ein Gutachten belegt, dass er der Vater ist.")
        ],
        "norms": "§ 85a AufenthG",
    },
    ("N30", "fiktion"): {
        "application": "Anerkennung der Vaterschaft für Lina Beispiel, geboren am 3. August 2026",
        "received_on": "2026-07-30",
        "since": "2026-08-10",
        "effective_on": "2026-12-10",
        "norms": "§ 85c Absatz 3 AufenthG",
    },
}

_BURDENS: Mapping[tuple[str, str], Fields] = {
    ("N13", "ordnungsverfuegung"): {
        "application": "Aufenthaltserlaubnis (§ 16b AufenthG)",
        "received_on": "2026-06-02",
        "facts": [
            "Sie leben seit dem 1. Oktober 2021 zum Studium in Deutschland. Ihre "
            "Aufenthaltserlaubnis galt bis zum 30. Juni 2026.",
        ],
        "hearing_words": (
            "Mit Schreiben vom 5. Oktober 2026 haben wir Ihnen Gelegenheit gegeben, sich zu äußern "
            "(§ 28 VwVfG NRW). Sie haben sich nicht geäußert."
        ),
        "departure": [
            "Reisen Sie freiwillig aus, entsteht kein Einreise- und Aufenthaltsverbot. Beratung "
            "zur Rückkehr ist kostenlos; wir nennen Ihnen gern eine Stelle.",
        ],
        "tenor": [
            "Ihr Antrag auf Verlängerung der Aufenthaltserlaubnis wird abgelehnt.",
            "Sie müssen das Bundesgebiet innerhalb von 30 Tagen nach Bekanntgabe dieses Bescheids "
            "verlassen.",
            "Wenn Sie nicht ausreisen, werden Sie nach Beispielland abgeschoben.",
            "Für den Fall der Abschiebung wird ein Einreise- und Aufenthaltsverbot von einem Jahr "
            "angeordnet.",
        ],
        "sections": [
            _section("Ablehnung", "Sie studieren seit drei Semestern nicht mehr."),
            _section("Ausreise", "Mit der Ablehnung sind Sie ausreisepflichtig (§ 50 AufenthG)."),
        ],
        "norms": "§§ 11, 16b, 50, 58, 59 AufenthG",
    },
    ("N13", "abschiebungsandrohung"): {
        "application": "Ende Ihres Aufenthalts",
        "immediate": [
            "Das öffentliche Interesse an der Ausreise überwiegt Ihr Interesse, das Ende "
            "eines Gerichtsverfahrens hier abzuwarten.",
        ],
        "tenor": [
            "Sie müssen das Bundesgebiet innerhalb von 14 Tagen nach Bekanntgabe dieses Bescheids "
            "verlassen.",
            "Wenn Sie nicht ausreisen, werden Sie nach Beispielland abgeschoben.",
        ],
        "sections": [_section("", "Sie haben keinen Aufenthaltstitel und keine Duldung.")],
        "norms": "§§ 50, 58, 59 AufenthG",
    },
    ("N13", "einreiseverbot"): {
        "application": "Einreise- und Aufenthaltsverbot",
        "tenor": [
            "Sie dürfen ab Ihrer Ausreise zwei Jahre lang nicht in das Bundesgebiet einreisen und "
            "sich nicht darin aufhalten.",
        ],
        "sections": [
            _section("", "Bei der Dauer haben wir Ihre Bindungen in Deutschland berücksichtigt.")
        ],
        "norms": "§ 11 AufenthG",
    },
    ("N13", "verlustfeststellung"): {
        "application": "Freizügigkeit",
        "tenor": [
            "Sie haben kein Recht auf Einreise und Aufenthalt nach dem Freizügigkeitsgesetz/EU.",
            "Sie müssen das Bundesgebiet innerhalb eines Monats nach Bekanntgabe verlassen.",
        ],
        "sections": [
            _section("", "Sie arbeiten nicht und haben keine ausreichenden Existenzmittel.")
        ],
        "norms": "§ 5 Absatz 4, § 7 FreizügG/EU",
    },
    ("ausweisung", ""): {
        "application": "Ausweisung",
        "opening": ["wir haben entschieden:"],
        "tenor": ["Sie werden aus dem Bundesgebiet ausgewiesen."],
        "sections": [
            _section("Ausweisungsinteresse", "Sie sind rechtskräftig verurteilt worden."),
            _section("Bleibeinteresse", "Ihre Familie lebt nicht in Deutschland."),
            _section("Abwägung", "Das Ausweisungsinteresse überwiegt."),
        ],
        "norms": "§§ 53, 54, 55 AufenthG",
    },
    ("ruecknahme_widerruf", ""): {
        "application": "Ihre Aufenthaltserlaubnis vom 3. März 2025",
        "opening": ["wir haben entschieden:"],
        "tenor": ["Ihre Aufenthaltserlaubnis wird mit Wirkung für die Zukunft zurückgenommen."],
        "sections": [_section("", "Das vorgelegte Sprachzeugnis war gefälscht.")],
        "norms": "§ 48 VwVfG NRW, § 51 Absatz 1 Nummer 3 AufenthG",
    },
    ("nachtraegliche_beschraenkung", ""): {
        "application": "Ihre Aufenthaltserlaubnis vom 3. März 2025",
        "opening": ["wir haben entschieden:"],
        "tenor": ["Die Geltung Ihrer Aufenthaltserlaubnis endet am 31. Januar 2027."],
        "sections": [_section("", "Ihre Beschäftigung hat am 31. Juli 2026 geendet.")],
        "norms": "§ 7 Absatz 2 Satz 2 AufenthG",
    },
    ("leistungsbescheid", ""): {
        "application": "Kosten des Lebensunterhalts von Amir Beispiel",
        "opening": ["wir haben entschieden:"],
        "tenor": ["Sie haben uns 3.280,00 Euro zu erstatten."],
        "sections": [
            _section("", "Sie haben sich am 4. Mai 2025 verpflichtet, diese Kosten zu tragen.")
        ],
        "norms": "§ 68 AufenthG",
        "deadline": "2027-01-11",
        "total": "3280.00",
        "payment_reference": "5401.0002.0815",
    },
    ("zwangsgeld", ""): {
        "application": "Vorlage Ihres Passes",
        "opening": ["wir haben entschieden:"],
        "tenor": ["Gegen Sie wird ein Zwangsgeld von 200,00 Euro festgesetzt."],
        "sections": [
            _section("", "Trotz Androhung vom 5. Oktober 2026 liegt uns Ihr Pass nicht vor.")
        ],
        "norms": "§ 48 AufenthG, §§ 55, 60, 64 VwVG NRW",
    },
    ("bussgeldbescheid", ""): {
        "application": "Ordnungswidrigkeit vom 14. September 2026",
        "opening": ["gegen Sie wird eine Geldbuße festgesetzt:"],
        "tenor": ["Die Geldbuße beträgt 75,00 Euro. Gebühr und Auslagen betragen 28,50 Euro."],
        "sections": [_section("Vorwurf", "Sie hatten keinen Pass und keinen Ersatz dafür.")],
        "norms": "§ 98 AufenthG",
    },
    ("uebersetzung", ""): {
        "lang": "ar",
        "title_words": "Bescheid",
        "day": "2026-11-20",
        "decision": [
            {
                "german": "Ihr Antrag vom 5. Oktober 2026 wird abgelehnt.",
                "translated": "تم رفض طلبك المؤرخ في 5. Oktober 2026.",
            }
        ],
        "remedy": [
            {
                "german": "Gegen diesen Bescheid kann innerhalb eines Monats Klage erhoben werden.",
                "translated": "يمكن رفع دعوى ضد هذا القرار خلال شهر واحد.",
            }
        ],
    },
    ("schriftsatz", ""): {
        "application": "Verwaltungsstreitverfahren Mbeki gegen Landeshauptstadt Düsseldorf",
        "subject": "Klageerwiderung",
        "opening": [
            "in dem Verfahren 7 K 1234/27 beantragen wir, die Klage abzuweisen.",
            "Der Bescheid vom 12. Januar 2027 ist rechtmäßig und verletzt den Kläger nicht in "
            "seinen Rechten (§ 113 Abs. 1 Satz 1 VwGO).",
        ],
        "enclosures": ["Akte des Verwaltungsverfahrens als PDF"],
    },
    ("mahnung", ""): {
        "application": "Gebühr, Kassenzeichen 5401.0001.2345",
        "opening": ["die Gebühr von 113,00 Euro war am 28. Dezember 2026 fällig."],
        "deadline": "2027-01-18",
        "total": "113.00",
        "payment_reference": "5401.0001.2345",
        "hints": ["Wenn Sie schon bezahlt haben, müssen Sie nichts tun."],
    },
    ("beglaubigte_abschrift", ""): {
        "document": "Aufenthaltserlaubnis, Bescheid vom 5. Oktober 2026",
        "file_number": "54/ABH-2026-0000017",
        "sheet_no": 12,
        "pages": 3,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "blatt_id": 12,
        "from_authority": False,
        "paper_seen": False,
        "only_for": "Standesamt Düsseldorf",
        "place": "Düsseldorf",
        "seal_no": "17",
        "signatures": ["Stadt Düsseldorf, 5. Oktober 2026 10:02 Uhr, Inhalt unverändert"],
    },
}

_FOR_OTHERS: Mapping[tuple[str, str], Fields] = {
    ("N16", "andere_stelle"): {
        "application": "Priya Beispiel, geboren am 14. März 1996, indisch",
        "subject": "Bitte um Stellungnahme zur Aufhebung der Wohnsitzverpflichtung",
        "opening": [
            "die genannte Person möchte in Ihren Bezirk ziehen. Wir bitten um Ihre Zustimmung.",
        ],
        "norms": "§ 72 Absatz 3a AufenthG",
        "deadline": "2026-12-21",
        "deadline_words": "Wenn Sie nicht widersprechen, gilt Ihre Zustimmung als erteilt.",
        "enclosures": ["Antrag", "Arbeitsvertrag"],
    },
    ("N17", ""): {
        "application": "Fachkraft Priya Beispiel, geboren am 14. März 1996, indisch",
        "worker": "Priya Beispiel, geboren am 14. März 1996, indisch",
        "employer_lines": ["Beispiel Systems GmbH", "Königsallee 1", "40212 Düsseldorf"],
        "documents": [
            "Vollmacht der Fachkraft",
            "Kopie des Passes",
            "Arbeitsvertrag",
            "Nachweise über den Abschluss",
        ],
        "process": [
            {"label": "Anerkennung des Abschlusses", "value": "zwei Monate ab Vollständigkeit"},
            {"label": "Zustimmung der Bundesagentur für Arbeit", "value": "eine Woche"},
            {"label": "Termin bei der Auslandsvertretung", "value": "drei Wochen"},
        ],
        "consequences": [
            "Fehlen Nachweise trotz Erinnerung drei Monate lang, endet das Verfahren. Die Gebühr "
            "wird nicht erstattet.",
        ],
        "tenor": [
            "Sie handeln mit Vollmacht der Fachkraft und zahlen die Gebühr von 411,00 Euro.",
            "Wir beraten Sie, holen die nötigen Zustimmungen ein und entscheiden über die "
            "Vorabzustimmung.",
        ],
        "norms": "§ 81a AufenthG",
    },
    ("N18", ""): {
        "application": "Visum für Priya Beispiel, geboren am 14. März 1996, indisch",
        "facts": [
            {"label": "Person", "value": "Priya Beispiel, geboren am 14. März 1996, indisch"},
            {"label": "Titel", "value": "Blaue Karte EU (§ 18g AufenthG)"},
            {"label": "Arbeitgeber", "value": "Beispiel Systems GmbH, Düsseldorf"},
        ],
        "valid_until": "2027-02-20",
        "norms": "§ 31 Absatz 3 AufenthV, § 81a Absatz 3 Satz 1 Nummer 6 AufenthG",
    },
    ("N26", "anforderung"): {
        "application": "Akte Priya Beispiel, geboren am 14. März 1996, indisch",
        "opening": [
            "die genannte Person ist nach Düsseldorf gezogen. Bitte senden Sie uns die "
            "vollständige Ausländerakte.",
        ],
        "norms": "§ 71 AufenthG, § 3 VwVfG NRW",
    },
    ("N26", "versand"): {
        "application": "Akte Priya Beispiel, geboren am 14. März 1996, indisch",
        "opening": ["anbei erhalten Sie die vollständige Ausländerakte mit 84 Blatt."],
        "norms": "§ 71 AufenthG, § 3 VwVfG NRW",
        "enclosures": ["Ausländerakte, Blatt 1 bis 84"],
    },
}

PLAIN_SAMPLES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    **_GRANTS,
    **_FOR_PERSONS,
    **_BURDENS,
    **_FOR_OTHERS,
}

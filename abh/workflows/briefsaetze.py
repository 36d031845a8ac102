"""The sentences of letters that only one step of one Verfahren has (pure; data and small words).

Keys are Verfahren and step. A clerk may replace the sentences of a decision by their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from abh.workflows.facts import Facts

StepId = tuple[str, str]
Tenor = Callable[[Facts], Sequence[str]]


def _day(facts: Facts, key: str) -> str:
    value = facts.angabe(key)
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else ""


# What a hearing outside the refusal of an application announces.
ABSICHTEN: Mapping[StepId, str] = {
    ("P11", "zur_verkuerzung_anhoeren"): "die Geltungsdauer Ihrer Aufenthaltserlaubnis zu "
    "verkürzen",
    ("P16", "zum_verlust_anhoeren"): "den Verlust oder das Nichtbestehen Ihres Rechts auf "
    "Freizügigkeit festzustellen",
    ("P20", "zu_60b_anhoeren"): "Ihre Duldung mit dem Zusatz „für Personen mit ungeklärter "
    "Identität“ zu versehen",
    ("P20", "zum_widerruf_anhoeren"): "Ihre Duldung zu widerrufen",
    ("P20", "zur_arbeit_anhoeren"): "Ihnen die beantragte Beschäftigung nicht zu erlauben",
    ("P21", "zum_erloeschen_anhoeren"): "festzustellen, dass Ihre Ausbildungsduldung erloschen ist",
    ("P22", "wegfall_vermerken"): "Ihre Beschäftigungsduldung zu widerrufen",
    ("P23", "zum_ort_anhoeren"): "Ihren Antrag zum Ort Ihres Aufenthalts abzulehnen",
    ("P23", "zur_arbeit_anhoeren"): "Ihnen die beantragte Beschäftigung nicht zu erlauben",
    ("P24", "zur_anordnung_anhoeren"): "die Fortgeltung Ihres Aufenthaltstitels nicht anzuordnen",
    ("P25", "zur_entziehung_anhoeren"): "Ihnen das Reisedokument zu entziehen",
    ("P30", "zum_wechsel_anhoeren"): "den Wechsel Ihres Arbeitgebers abzulehnen",
    ("P30", "zur_verkuerzung_anhoeren"): "die Geltungsdauer Ihrer Aufenthaltserlaubnis zu "
    "verkürzen",
    ("P32", "zur_beendigung_anhoeren"): "Ihren Aufenthalt in Deutschland zu beenden",
    ("P33", "ruecknahme_pruefen"): "Ihre Einbürgerung zurückzunehmen",
    ("P37", "ruecknahme_pruefen"): "die Zustimmung zur Anerkennung der Vaterschaft zurückzunehmen",
}

# Steps that answer no application, in Verfahren which else begin with one.
VON_AMTS_WEGEN: frozenset[StepId] = frozenset(
    {
        ("P11", "zur_verkuerzung_anhoeren"),
        ("P11", "verkuerzen"),
        ("P16", "zum_verlust_anhoeren"),
        ("P16", "verlust_feststellen"),
        ("P17", "wohnsitz_bescheinigen"),
        ("P17", "zum_kurs_berechtigen"),
        ("P20", "zu_60b_anhoeren"),
        ("P20", "zum_widerruf_anhoeren"),
        ("P20", "widerrufen"),
        ("P21", "zum_erloeschen_anhoeren"),
        ("P22", "wegfall_vermerken"),
        ("P22", "widerrufen"),
        ("P25", "zur_entziehung_anhoeren"),
        ("P25", "entziehen"),
        ("P29", "verpflichtung_wirkt_fort"),
        ("P30", "zur_verkuerzung_anhoeren"),
        ("P30", "verkuerzen"),
        ("P33", "ruecknahme_pruefen"),
        ("P33", "einbuergerung_zuruecknehmen"),
        ("P37", "ruecknahme_pruefen"),
        ("P37", "zustimmung_zuruecknehmen"),
    }
)


def _ausreise(facts: Facts) -> list[str]:
    until = _day(facts, "ausreise_bis") or _day(facts, "ausreisefrist_bis")
    target = facts.angabe("zielstaat")
    where = f" nach {target} oder in einen anderen Staat, der Sie aufnehmen muss," if target else ""
    out = [f"Sie müssen das Bundesgebiet bis zum {until} verlassen."] if until else []
    if facts.angabe("ausreisepflichtig") or until:
        out.append(f"Wenn Sie nicht ausreisen, werden Sie{where} abgeschoben.")
    months = facts.angabe("eav_monate")
    if months:
        out.append(
            f"Gegen Sie wird ein Einreise- und Aufenthaltsverbot von {months} Monaten angeordnet. "
            "Die Frist beginnt mit der Ausreise."
        )
    if facts.angabe("sofortvollzug"):
        out.append("Die sofortige Vollziehung wird angeordnet.")
    return out


def _verlust(facts: Facts) -> list[str]:
    until = _day(facts, "ausreisefrist_bis")
    return [
        "Es wird festgestellt, dass Sie kein Recht auf Einreise und Aufenthalt nach dem "
        "Freizügigkeitsgesetz/EU haben.",
        *([f"Sie müssen das Bundesgebiet bis zum {until} verlassen."] if until else []),
        "Wenn Sie nicht ausreisen, werden Sie abgeschoben.",
    ]


def _sperre(facts: Facts) -> list[str]:
    until = _day(facts, "sperre_35a_bis")
    end = f" Eine Einbürgerung ist bis zum {until} ausgeschlossen." if until else ""
    return [
        "Ihr Antrag auf Einbürgerung wird abgelehnt.",
        f"Es wird festgestellt, dass Sie im Verfahren getäuscht haben (§ 35a StAG).{end}",
    ]


def _verbot_verkuerzt(facts: Facts) -> list[str]:
    return [
        f"Ihr Einreise- und Aufenthaltsverbot endet am {_day(facts, 'neues_ende') or '–'}.",
    ]


def _betreten(facts: Facts) -> list[str]:
    since, until = _day(facts, "betreten_ab") or "–", _day(facts, "betreten_bis") or "–"
    why = facts.angabe("zwingender_grund")
    purpose = f" Grund: {why}." if why else ""
    return [f"Sie dürfen das Bundesgebiet vom {since} bis zum {until} betreten.{purpose}"]


def _ort(facts: Facts) -> list[str]:
    if facts.angabe("ort_antrag") == "wohnsitz":
        return ["Ihnen wird erlaubt, an dem beantragten anderen Ort zu wohnen."]
    return ["Ihnen wird erlaubt, den Bereich Ihrer Aufenthaltsgestattung zu verlassen."]


def _always(*sentences: str) -> Tenor:
    return lambda facts: sentences


_VERKUERZT = _always("Die Geltungsdauer Ihrer Aufenthaltserlaubnis wird nachträglich verkürzt.")
_ARBEIT = _always("Die beantragte Beschäftigung wird nicht erlaubt.")
_ZUSTIMMUNG = _always("Der Anerkennung der Vaterschaft stimmen wir zu.")

# The sentences of a decision, where the refusal of an application does not say it.
TENOR: Mapping[StepId, Tenor] = {
    ("P11", "verkuerzen"): _VERKUERZT,
    ("P16", "verlust_feststellen"): _verlust,
    ("P17", "wohnsitz_bescheinigen"): _always(
        "Sie sind nach § 12a Absatz 1 AufenthG verpflichtet, in dem Land zu wohnen, dem Sie im "
        "Asylverfahren zugewiesen waren."
    ),
    ("P17", "zum_kurs_berechtigen"): _always(
        "Sie dürfen an einem Integrationskurs teilnehmen (§ 44 AufenthG)."
    ),
    ("P20", "arbeit_versagen"): _ARBEIT,
    ("P20", "widerrufen"): _always("Ihre Duldung wird widerrufen."),
    ("P22", "widerrufen"): _always("Ihre Beschäftigungsduldung wird widerrufen."),
    ("P23", "arbeit_versagen"): _ARBEIT,
    ("P23", "ort_ablehnen"): _always("Ihr Antrag zum Ort Ihres Aufenthalts wird abgelehnt."),
    ("P23", "ort_erlauben"): _ort,
    ("P24", "fortgeltung_anordnen"): _always(
        "Ihr bisheriger Aufenthaltstitel gilt bis zu unserer Entscheidung als fortbestehend "
        "(§ 81 Absatz 4 Satz 3 AufenthG)."
    ),
    ("P24", "nicht_anordnen"): _always(
        "Die Fortgeltung Ihres Aufenthaltstitels wird nicht angeordnet."
    ),
    ("P25", "entziehen"): _always(
        "Ihr Reisedokument wird entzogen.", "Bitte geben Sie es sofort bei uns ab."
    ),
    ("P29", "aufheben"): _always("Ihre Verpflichtung zum Wohnsitz wird aufgehoben."),
    ("P29", "urteil_aufheben"): _always("Ihre Verpflichtung zum Wohnsitz wird aufgehoben."),
    ("P29", "keine_verpflichtung"): _always(
        "Für Sie gilt keine Verpflichtung, an einem bestimmten Ort zu wohnen."
    ),
    ("P29", "verpflichtung_wirkt_fort"): _always(
        "Ihre Verpflichtung zum Wohnsitz gilt an Ihrem neuen Wohnort weiter."
    ),
    ("P30", "verkuerzen"): _VERKUERZT,
    ("P30", "wechsel_ablehnen"): _always("Der Wechsel Ihres Arbeitgebers wird abgelehnt."),
    ("P30", "wechsel_aussetzen"): _always(
        "Der Wechsel Ihres Arbeitgebers wird ausgesetzt, bis wir ihn geprüft haben, längstens für "
        "die gesetzliche Frist."
    ),
    ("P32", "androhen"): _ausreise,
    ("P32", "ausweisen"): lambda facts: [
        "Sie werden aus dem Bundesgebiet ausgewiesen.",
        *_ausreise(facts),
    ],
    ("P32", "widerrufen"): lambda facts: [
        "Ihr Aufenthaltstitel wird aufgehoben (Widerruf oder Rücknahme).",
        *_ausreise(facts),
    ],
    ("P32", "widerruf_ankuendigen"): _always(
        "Ihre Duldung wird widerrufen.",
        "Ihre Abschiebung wird angekündigt. Den Tag nennen wir nicht (§ 59 Absatz 1 AufenthG).",
    ),
    ("P33", "einbuergerung_zuruecknehmen"): _always(
        "Ihre Einbürgerung wird mit Wirkung für die Vergangenheit zurückgenommen."
    ),
    ("P33", "feststellen"): _always("Sie besitzen die deutsche Staatsangehörigkeit."),
    ("P33", "sperre_feststellen"): _sperre,
    ("P36", "verpflichten"): _always(
        "Sie sind verpflichtet, an einem Integrationskurs teilzunehmen."
    ),
    ("P37", "negativ_feststellen"): _always(
        "Für die Anerkennung der Vaterschaft ist unsere Zustimmung nicht nötig."
    ),
    ("P37", "zustimmen"): _ZUSTIMMUNG,
    ("P37", "verpflichtung_umsetzen"): _ZUSTIMMUNG,
    ("P37", "zustimmung_zuruecknehmen"): _always(
        "Unsere Zustimmung zur Anerkennung der Vaterschaft wird zurückgenommen."
    ),
    ("P38", "betreten_erlauben"): _betreten,
    ("P38", "verbot_aufheben"): _always("Ihr Einreise- und Aufenthaltsverbot wird aufgehoben."),
    ("P38", "verbot_verkuerzen"): _verbot_verkuerzt,
}

# What is asked for where no requirement of a checklist stands behind it.
NACHFRAGEN: Mapping[StepId, str] = {
    (
        "P24",
        "angaben_nachfordern",
    ): "Ihr bisheriger Aufenthaltstitel oder Ihr Visum: welcher es ist "
    "und bis wann er gilt oder galt",
}

# What is done at an appointment that does not take photo and fingerprints for a card.
ANLAESSE: Mapping[StepId, str] = {
    ("P11", "ehe_pruefen"): "Persönliches Gespräch über Ihre eheliche Lebensgemeinschaft",
    ("P18", "zum_antrag_einladen"): "Antrag auf eine Aufenthaltserlaubnis nach § 25a oder § 25b "
    "AufenthG",
    ("P20", "erneuerung_anbieten"): "Erneuerung Ihrer Duldung",
    ("P23", "erneuerung_anbieten"): "Erneuerung Ihrer Bescheinigung über die Aufenthaltsgestattung",
    ("P24", "erneuerung_anbieten"): "Erneuerung Ihrer Fiktionsbescheinigung",
    ("P33", "zum_gespraech_laden"): "Persönliches Gespräch zu Ihrer Einbürgerung",
    ("P37", "zur_befragung_laden"): "Persönliches Gespräch zur Anerkennung der Vaterschaft",
}

_NACH_25 = (
    "Erfüllen Sie die Voraussetzungen, können Sie eine Aufenthaltserlaubnis nach § 25a oder § 25b "
    "AufenthG beantragen. Stellen Sie den Antrag bitte, bevor Ihr jetziges Papier abläuft."
)
_AUSBILDUNG = "Ausbildung und Beschäftigung"
# Heading and text of a leaflet that is not handed out with a card.
HINWEISE: Mapping[StepId, tuple[str, str]] = {
    ("P18", "zum_antrag_einladen"): ("Ihr nächster Titel", _NACH_25),
    ("P19", "auf_ende_hinweisen"): (
        "Ende des vorübergehenden Schutzes",
        "Ihr Titel beruht auf dem vorübergehenden Schutz und endet mit ihm. Prüfen Sie bitte "
        "rechtzeitig, ob ein anderer Aufenthaltstitel in Betracht kommt, zum Beispiel zum Arbeiten "
        "oder für eine Ausbildung.",
    ),
    ("P20", "ueber_passpflicht_belehren"): (
        "Beschaffung eines Passes",
        "Sie haben keinen gültigen Pass. Sie müssen alles Zumutbare tun, um einen zu bekommen: "
        "bei den Behörden Ihres Staates vorsprechen, Anträge stellen, Auskunft geben und Urkunden "
        "beschaffen (§ 60b Absatz 2 und 3 AufenthG). Weisen Sie uns das bitte nach. Wenn Sie es "
        "unterlassen, kann Ihre Duldung einen Zusatz erhalten; dann dürfen Sie nicht arbeiten und "
        "Ihr Wohnsitz kann vorgegeben werden.",
    ),
    ("P21", "abschluss_mit_stelle"): (
        _AUSBILDUNG,
        "Sie haben die Ausbildung abgeschlossen und eine Stelle. Beantragen Sie bitte jetzt die "
        "Aufenthaltserlaubnis nach § 19d AufenthG.",
    ),
    ("P21", "abschluss_ohne_stelle"): (
        _AUSBILDUNG,
        "Sie haben die Ausbildung abgeschlossen. Ihre Duldung wird einmal verlängert, damit Sie "
        "eine passende Stelle suchen können (§ 60c AufenthG).",
    ),
    ("P21", "stelle_gefunden"): (
        _AUSBILDUNG,
        "Sie haben eine Stelle gefunden. Beantragen Sie bitte jetzt die Aufenthaltserlaubnis nach "
        "§ 19d AufenthG.",
    ),
    ("P22", "zu_25b_einladen"): ("Ihr nächster Titel", _NACH_25),
}

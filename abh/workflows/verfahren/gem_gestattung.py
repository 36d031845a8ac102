"""Facts, rules and requirements of the permission to stay (P23)."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.beteiligung import BA
from abh.workflows.checklist import Finding, Status
from abh.workflows.definition import (
    Bedingung,
    Variante,
    guard,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import alle, eine_von, nein, plus, seit, variante, wenn
from abh.workflows.verfahren.gem_humanitaer import voraussetzung

VARIANTEN = (
    Variante("asylverfahren", "Asylverfahren in Deutschland", "§ 55 AsylG"),
    Variante("anderer_staat", "Dublin-Verfahren oder Schutz in einem anderen Staat", "§ 55 AsylG"),
)
A_VARIANTE = wahl("variante", "Art des Verfahrens", {v.key: v.label for v in VARIANTEN})
ZUGEWIESEN_AM = tag("zugewiesen_am", "Der Stadt zugewiesen am", "§ 50 AsylG", amt=True)
REGISTRIERT_AM = tag("registriert_am", "Asylantrag registriert am", "§ 61 AsylG", amt=True)
ED_AM = tag(
    "ed_erledigt_am", "Identität gesichert und im AZR gespeichert am", "§ 16 AsylG", amt=True
)
WOHNPFLICHT = ja_nein(
    "wohnpflicht_aufnahmeeinrichtung",
    "Muss in der Aufnahmeeinrichtung wohnen",
    "§ 47 AsylG",
    amt=True,
)
STAND = wahl(
    "asylverfahren_stand",
    "Stand des Asylverfahrens",
    {
        "offen": "offen oder Klage mit aufschiebender Wirkung",
        "schutz": "Schutz zuerkannt oder Abschiebungsverbot",
        "abgelehnt": "abgelehnt, vollziehbar",
        "beendet": "zurückgenommen, eingestellt oder sonst erloschen",
    },
    "§§ 55, 67 AsylG",
    amt=True,
)
GILT_BIS = tag("bescheinigung_bis", "Bescheinigung gilt bis", "§ 63 Abs. 2 AsylG", amt=True)
ARBEIT = ja_nein("arbeit_beantragt", "Erlaubnis zur Beschäftigung beantragt", "§ 61 AsylG")
SICHERER_STAAT = ja_nein(
    "sicherer_herkunftsstaat_sperre",
    "Sperre wegen sicheren Herkunftsstaats",
    "§ 61 Abs. 2 AsylG",
    amt=True,
)
ZUSTIMMUNGSFREI = ja_nein(
    "beschaeftigung_zustimmungsfrei", "Ohne Zustimmung zulässig", "§ 32 BeschV", amt=True
)
ORT = wahl(
    "ort_antrag",
    "Beantragt ist",
    {
        "verlassen": "den Bereich vorübergehend zu verlassen",
        "wohnsitz": "an einem anderen Ort zu wohnen",
    },
    "§§ 58, 60 AsylG",
)
ORT_GRUND = ja_nein(
    "ort_grund", "Zwingender Grund, Familie oder sonst berechtigt", "§§ 58, 60 AsylG", amt=True
)

CHECKLIST = (
    voraussetzung(
        "E1",
        "Identität gesichert und gespeichert",
        "§ 16, § 63 AsylG",
        lambda f: (
            met("Die Maßnahmen sind gespeichert.")
            if f.angabe(ED_AM.key) is not None
            else check("Die erkennungsdienstlichen Maßnahmen stehen aus.")
        ),
        amt=True,
    ),
    voraussetzung(
        "E2",
        "Nicht zum Wohnen in der Aufnahmeeinrichtung verpflichtet",
        "§ 47, § 63 Abs. 3 AsylG",
        nein(
            WOHNPFLICHT,
            "Keine Pflicht, in der Aufnahmeeinrichtung zu wohnen.",
            "Solange die Wohnpflicht besteht, ist das Bundesamt zuständig.",
        ),
        amt=True,
    ),
    voraussetzung(
        "E3",
        "Asylverfahren ist offen",
        "§ 55 Abs. 1, § 67 AsylG",
        eine_von(STAND, {"offen"}),
        amt=True,
    ),
)


def _ba(f: Facts) -> Finding:
    if f.angabe(ZUSTIMMUNGSFREI.key):
        return met("Eine Zustimmung der Bundesagentur ist nicht nötig.", "§ 32 BeschV")
    part = next((p for p in reversed(f.participations) if p.kind.key == BA.key), None)
    if part is None or not part.is_answered:
        return check("Die Zustimmung der Bundesagentur steht aus.", "§ 39 AufenthG")
    if part.is_consent:
        return met("Die Bundesagentur hat zugestimmt.")
    return not_met("Die Bundesagentur hat die Zustimmung versagt.", "§ 40 AufenthG")


ARBEIT_ERLAUBT = alle(
    nein(WOHNPFLICHT, "Keine Wohnpflicht.", "Während der Wohnpflicht gilt § 61 Abs. 1 AsylG."),
    nein(SICHERER_STAAT, "Keine Sperre.", "Der Herkunftsstaat gilt als sicher, die Sperre greift."),
    wenn(
        variante("anderer_staat"),
        seit(REGISTRIERT_AM, "gestattung.arbeit.andere"),
        seit(REGISTRIERT_AM, "gestattung.arbeit"),
    ),
    _ba,
)
BRAUCHT_BA = Bedingung(
    "Beschäftigung beantragt, Zustimmung nötig",
    lambda f: f.angabe(ARBEIT.key) is True and not f.angabe(ZUSTIMMUNGSFREI.key),
)


@guard("Ein Versagungsgrund für die Beschäftigung steht fest", "§ 61 AsylG")
def arbeit_versagt(f: Facts) -> Reason | None:
    found = ARBEIT_ERLAUBT(f)
    if found.status is Status.NOT_MET:
        return None
    return Reason(f"Ein Versagungsgrund steht nicht fest. {found.why}")


@guard("Das Ende der Bescheinigung ist festgelegt und nicht zu lang", "§ 63 Abs. 2 AsylG")
def dauer_zulaessig(f: Facts) -> Reason | None:
    until, length = f.angabe(GILT_BIS.key), f.law.zahl("gestattung.dauer")
    if until is None or length is None:
        return Reason("Das Ende der Bescheinigung ist nicht festgelegt.")
    last = plus(f.today, length)
    if f.today <= until <= last:
        return None
    return Reason(f"Möglich ist heute bis {german(last)}, festgelegt ist {german(until)}.")

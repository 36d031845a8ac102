"""Rules of family reunification (§§ 27-36a AufenthG): whose family, housing, living, bars."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from abh.workflows.angaben import betrag, ja_nein, tag, text, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import check, met, not_met, not_needed
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    angegeben,
    eine_von,
    ja,
    kein_wert,
    nein,
    plus,
    reicht_fuer,
    unbekannt,
    wenn,
)

SUSPENDED = "familie.36a.ausgesetzt_bis"
PRIVILEGE = "familie.privileg.frist"
AREA = ("familie.wohnraum.ab_sechs", "familie.wohnraum.unter_sechs", "familie.wohnraum.toleranz")

TITEL_STAMMBERECHTIGT = wahl(
    "titel_stammberechtigt",
    "Titel der Person, zu der nachgezogen wird",
    {
        "ne": "Niederlassungserlaubnis",
        "ne_schutz": "Niederlassungserlaubnis nach § 26 Abs. 3 oder 4 nach Schutz",
        "da_eu": "Erlaubnis zum Daueraufenthalt-EU",
        "blaue_karte": "Blaue Karte EU, ICT-Karte oder Mobiler-ICT-Karte",
        "ae_forschung": "Aufenthaltserlaubnis nach § 18d oder § 18f",
        "ae_fachkraft": "Aufenthaltserlaubnis einer Fachkraft (§ 29 Abs. 5)",
        "ae_schutz": "Aufenthaltserlaubnis nach § 23 Abs. 4, § 25 Abs. 1 oder Abs. 2 Alt. 1",
        "ae_subsidiaer": "Aufenthaltserlaubnis nach § 25 Abs. 2 Satz 1 Alt. 2",
        "ae_38a": "Aufenthaltserlaubnis nach § 38a",
        "ae_humanitaer": "Aufenthaltserlaubnis nach § 29 Abs. 3 Satz 1",
        "ae_ausgeschlossen": "Aufenthaltserlaubnis nach § 29 Abs. 3 Satz 3",
        "ae_sonst": "andere Aufenthaltserlaubnis",
    },
    "§ 29 Abs. 1 Nr. 1 AufenthG",
)
TITEL_STAMMBERECHTIGT_SEIT = tag(
    "titel_stammberechtigt_seit", "Aufenthaltserlaubnis dieser Person seit", "§ 30 Abs. 1 AufenthG"
)
TITEL_STAMMBERECHTIGT_BIS = tag(
    "titel_stammberechtigt_bis", "Titel dieser Person gültig bis", "§ 27 Abs. 4 AufenthG"
)
STAMMBERECHTIGT_IM_INLAND = ja_nein(
    "deutsche_person_im_inland",
    "Die deutsche Person hat ihren gewöhnlichen Aufenthalt im Bundesgebiet",
    "§ 28 Abs. 1 Satz 1 AufenthG",
)
GEMEINSCHAFT_IM_MITGLIEDSTAAT = ja_nein(
    "gemeinschaft_im_mitgliedstaat",
    "Die Familie lebte schon im anderen Mitgliedstaat zusammen",
    "§ 29 Abs. 1 Satz 2, § 30 Abs. 1 AufenthG",
)
BLAUE_KARTE_ZUVOR = ja_nein(
    "blaue_karte_mitgliedstaat_zuvor",
    "Unmittelbar zuvor Blaue Karte EU eines anderen Mitgliedstaats",
    "§ 29 Abs. 1 Satz 2 Nr. 2 AufenthG",
)
HUMANITAERER_GRUND = ja_nein(
    "nachzug_humanitaerer_grund",
    "Völkerrechtliche oder humanitäre Gründe oder politische Interessen tragen den Nachzug",
    "§ 29 Abs. 3 Satz 1, § 36a Abs. 2 AufenthG",
    amt=True,
)
SCHUTZ_UNANFECHTBAR = tag(
    "schutz_unanfechtbar_am", "Schutz unanfechtbar seit", "§ 29 Abs. 2 AufenthG"
)
FRISTWAHRENDE_ANZEIGE = tag(
    "fristwahrende_anzeige_am", "Fristwahrende Anzeige vom", "§ 29 Abs. 2 Satz 3 AufenthG"
)
ANDERSWO_MOEGLICH = ja_nein(
    "familie_anderswo_moeglich",
    "Die Familie könnte in einem Staat mit besonderer Bindung zusammenleben",
    "§ 29 Abs. 2 Satz 2 Nr. 2 AufenthG",
    amt=True,
)
EINKOMMEN = betrag(
    "einkommen_monat", "Einkommen der Familie", "§ 2 Abs. 3 AufenthG", unit="Euro im Monat"
)
BEDARF = betrag(
    "bedarf_monat", "Bedarf der Familie", "§ 2 Abs. 3 AufenthG", unit="Euro im Monat", amt=True
)
WOHNFLAECHE = betrag("wohnflaeche", "Wohnfläche", "§ 2 Abs. 4 AufenthG", unit="Quadratmeter")
PERSONEN_AB_SECHS = zahl(
    "personen_ab_sechs", "Bewohner ab sechs Jahren", "Personen", "§ 2 Abs. 4 AufenthG"
)
KINDER_ZWEI_BIS_SECHS = zahl(
    "kinder_zwei_bis_sechs",
    "Kinder von zwei bis unter sechs Jahren",
    "Kinder",
    "§ 2 Abs. 4 Satz 3 AufenthG",
)
UNTERHALT_ANDERER = ja_nein(
    "leistungen_fuer_andere",
    "Die Person im Bundesgebiet braucht für andere Angehörige Leistungen nach SGB II oder XII",
    "§ 27 Abs. 3 Satz 1 AufenthG",
    amt=True,
)
GEFAEHRDER = ja_nein(
    "sperrgrund_27_3a",
    "Bei der Person im Bundesgebiet liegt ein Grund des § 27 Abs. 3a vor",
    "§ 27 Abs. 3a AufenthG",
    amt=True,
)
AUSSCHLUSS_36A = ja_nein(
    "ausschluss_36a",
    "Ein Ausschlussgrund des § 36a Abs. 3 liegt vor",
    "§ 36a Abs. 3 AufenthG",
    amt=True,
)
AUSWAHL_36A = ja_nein(
    "auswahl_36a",
    "Innerhalb des monatlichen Kontingents ausgewählt",
    "§ 36a Abs. 2 Satz 2 AufenthG",
    amt=True,
)
INTERESSEN = ja_nein(
    "interessen_beeintraechtigt",
    "Der Aufenthalt beeinträchtigt oder gefährdet Interessen der Bundesrepublik",
    "§ 5 Abs. 1 Nr. 3 AufenthG",
    amt=True,
)
ASYL = wahl(
    "asylverfahren",
    "Asylverfahren",
    {
        "keines": "keines",
        "laufend": "läuft",
        "abgelehnt": "unanfechtbar abgelehnt oder zurückgenommen",
        "offensichtlich": "abgelehnt nach § 30 Abs. 1 Nr. 3 bis 7 AsylG",
    },
    "§ 10 AufenthG",
    amt=True,
)
ERMESSEN = text("ermessenserwaegungen", "Erwägungen zum Ermessen", "§ 40 VwVfG NRW", amt=True)

ANGABEN = (
    TITEL_STAMMBERECHTIGT,
    TITEL_STAMMBERECHTIGT_SEIT,
    TITEL_STAMMBERECHTIGT_BIS,
    STAMMBERECHTIGT_IM_INLAND,
    GEMEINSCHAFT_IM_MITGLIEDSTAAT,
    BLAUE_KARTE_ZUVOR,
    HUMANITAERER_GRUND,
    SCHUTZ_UNANFECHTBAR,
    FRISTWAHRENDE_ANZEIGE,
    ANDERSWO_MOEGLICH,
    EINKOMMEN,
    BEDARF,
    WOHNFLAECHE,
    PERSONEN_AB_SECHS,
    KINDER_ZWEI_BIS_SECHS,
    UNTERHALT_ANDERER,
    GEFAEHRDER,
    AUSSCHLUSS_36A,
    AUSWAHL_36A,
)
LAW = (*AREA, SUSPENDED, PRIVILEGE)

SCHUTZ = ("ae_schutz", "ne_schutz")
FACHKRAEFTE = ("blaue_karte", "ae_forschung", "ae_fachkraft")


def titel_ist(*keys: str) -> Bedingung:
    """The person whom the family joins holds one of these titles."""
    names = " oder ".join(TITEL_STAMMBERECHTIGT.choices[key] for key in keys)
    return Bedingung(
        f"Titel der Person im Bundesgebiet: {names}",
        lambda f: f.angabe(TITEL_STAMMBERECHTIGT.key) in keys,
    )


def privilegiert(f: Facts) -> bool:
    """Whether living and housing must be waived: refugee, application in time (§ 29(2) S. 2)."""
    since, limit = f.angabe(SCHUTZ_UNANFECHTBAR.key), f.law.zahl(PRIVILEGE)
    asked = [d for d in (f.received_on, f.angabe(FRISTWAHRENDE_ANZEIGE.key)) if d is not None]
    if since is None or limit is None or not asked:
        return False
    return (
        f.angabe(TITEL_STAMMBERECHTIGT.key) in SCHUTZ
        and min(asked) <= plus(since, limit)
        and f.angabe(ANDERSWO_MOEGLICH.key) is False
    )


PRIVILEGIERT = Bedingung("Privileg des § 29 Abs. 2 Satz 2 AufenthG", privilegiert)
MOBILE_FAMILIE = Bedingung(
    "Familie einer aus einem anderen Mitgliedstaat gekommenen Blauen Karte EU",
    lambda f: (
        f.angabe(TITEL_STAMMBERECHTIGT.key) == "blaue_karte"
        and f.angabe(BLAUE_KARTE_ZUVOR.key) is True
        and f.angabe(GEMEINSCHAFT_IM_MITGLIEDSTAAT.key) is True
    ),
)


def _nur_krankenversicherung(f: Facts) -> Finding:
    return met("Nur die Krankenversicherung ist nachzuweisen.", "§ 29 Abs. 1 Satz 2 AufenthG")


einkommen_reicht = reicht_fuer(EINKOMMEN, BEDARF, "§ 2 Abs. 3, § 5 Abs. 1 Nr. 1 AufenthG")


def unterhalt(befreit: Bedingung, warum: str) -> Regel:
    """B3 for families: own rules free from it, the refugee's privilege, or income covers need."""
    privileg = wenn(
        PRIVILEGIERT,
        lambda f: not_needed(
            "Antrag binnen drei Monaten nach dem Schutz.", "§ 29 Abs. 2 Satz 2 AufenthG"
        ),
        einkommen_reicht,
    )
    mobil = wenn(MOBILE_FAMILIE, _nur_krankenversicherung, privileg)
    return wenn(nicht_(befreit), mobil, warum)


def nicht_(cond: Bedingung) -> Bedingung:
    """The condition does not hold."""
    return Bedingung(f"nicht: {cond.label}", lambda f: not cond(f))


def _flaeche(f: Facts) -> Finding:
    limits = [f.law.zahl(key) for key in AREA]
    if None in limits:
        return kein_wert(f, AREA[0])
    for angabe in (WOHNFLAECHE, PERSONEN_AB_SECHS, KINDER_ZWEI_BIS_SECHS):
        if f.angabe(angabe.key) is None:
            return unbekannt(angabe)
    adult, child, slack = (Decimal(limit.value) for limit in limits if limit is not None)
    usual = adult * f.angabe(PERSONEN_AB_SECHS.key) + child * f.angabe(KINDER_ZWEI_BIS_SECHS.key)
    least = usual * (100 - slack) / 100
    have = f.angabe(WOHNFLAECHE.key)
    text_ = (
        f"Wohnfläche {_plain(have)} m²; üblich sind {_plain(usual)} m², "
        f"unschädlich ab {_plain(least)} m². Kinder unter zwei Jahren zählen nicht."
    )
    return met(text_) if have >= least else not_met(text_)


_flaeche_regel = Regel(
    _flaeche, (WOHNFLAECHE.key, PERSONEN_AB_SECHS.key, KINDER_ZWEI_BIS_SECHS.key)
)


def wohnraum(befreit: Bedingung, warum: str) -> Regel:
    """B13: enough living space (§ 2(4)), where no rule frees from it."""
    frei = Bedingung(
        f"{befreit.label} oder Privileg nach § 29 Abs. 2",
        lambda f: befreit(f) or privilegiert(f),
    )
    return wenn(nicht_(frei), _flaeche_regel, warum)


def _ausgesetzt(f: Facts) -> Finding:
    until = f.law.listen.get(SUSPENDED)
    if until is None:
        return kein_wert(f, SUSPENDED)
    last = max(date.fromisoformat(day) for day in until)
    norm = "§ 104 Abs. 14 AufenthG"
    if f.stichtag <= last:
        return not_met(
            f"Bis zum Ablauf des {german(last)} wird kein Nachzug zu subsidiär Schutzberechtigten "
            "gewährt. Die Aufnahme nach § 22 AufenthG bleibt möglich.",
            norm,
        )
    return met(f"Die Aussetzung endete am {german(last)}.", norm)


def nachzug_36a(gilt: Bedingung) -> Regel:
    """§ 36a: the dated suspension first, then humanitarian ground, exclusion, selection."""
    norm = "§ 36a AufenthG"
    return wenn(
        gilt,
        alle(
            _ausgesetzt,
            eine_von(TITEL_STAMMBERECHTIGT, ("ae_subsidiaer",), norm),
            ja(
                HUMANITAERER_GRUND,
                "Humanitäre Gründe liegen vor.",
                "Humanitäre Gründe liegen nicht vor.",
                norm,
            ),
            nein(AUSSCHLUSS_36A, "Kein Ausschlussgrund.", "Ein Ausschlussgrund liegt vor.", norm),
            ja(AUSWAHL_36A, "Im Kontingent ausgewählt.", "Im Kontingent nicht ausgewählt.", norm),
        ),
        "kein Nachzug zu subsidiär Schutzberechtigten.",
    )


def nachzug_zulaessig(f: Facts) -> Finding | None:
    """Return why § 29(1) and (3) or § 36a bar the way to this person, ``None`` if they do not."""
    title = f.angabe(TITEL_STAMMBERECHTIGT.key)
    if title is None:
        return unbekannt(TITEL_STAMMBERECHTIGT)
    until = f.angabe(TITEL_STAMMBERECHTIGT_BIS.key)
    if until is not None and until < f.stichtag:
        return not_met(f"Der Titel dieser Person endete am {german(until)}.")
    if title == "ae_ausgeschlossen":
        return not_met(
            "Zu dieser Person ist der Nachzug ausgeschlossen.", "§ 29 Abs. 3 Satz 3 AufenthG"
        )
    if title == "ae_subsidiaer":
        return not_met(
            "Der Nachzug zu subsidiär Schutzberechtigten richtet sich nach § 36a.", "§ 36a AufenthG"
        )
    if title == "ae_humanitaer":
        ground = f.angabe(HUMANITAERER_GRUND.key)
        if ground is None:
            return unbekannt(HUMANITAERER_GRUND)
        if not ground:
            return not_met(
                "Gründe des § 29 Abs. 3 Satz 1 liegen nicht vor.", "§ 29 Abs. 3 Satz 1 AufenthG"
            )
    return None


def asylsperre(anspruch: Bedingung, verlaengerung: Bedingung) -> Regel:
    """B9: an asylum application bars titles that are not entitlements (§ 10)."""

    def rule(f: Facts) -> Finding:
        state = f.angabe(ASYL.key)
        if state is None:
            return check("Das AZR ist auf ein Asylverfahren noch nicht geprüft.")
        if state == "keines":
            return met("Das AZR zeigt kein Asylverfahren.")
        if anspruch(f):
            return met(
                f"Asylverfahren: {ASYL.words(state)}. Auf den Titel besteht ein Anspruch.",
                "§ 10 Abs. 1 Satz 1, Abs. 3 Satz 3 AufenthG",
            )
        if state == "laufend" and verlaengerung(f):
            return met("Ein erteilter Titel darf verlängert werden.", "§ 10 Abs. 2 AufenthG")
        norm = "§ 10 Abs. 1 AufenthG" if state == "laufend" else "§ 10 Abs. 3 AufenthG"
        return not_met(f"Asylverfahren: {ASYL.words(state)}. Das sperrt den Titel.", norm)

    return Regel(rule, (ASYL.key,))


def ermessen(kann: Bedingung) -> Regel:
    """Where the office decides at its discretion, the considerations are written down."""
    return wenn(kann, angegeben(ERMESSEN, "§ 40 VwVfG NRW"), "kein Ermessen.")


def interessen(anspruch: Bedingung) -> Regel:
    """B5: asked only where there is no entitlement."""
    return wenn(
        nicht_(anspruch),
        nein(
            INTERESSEN,
            "Interessen der Bundesrepublik stehen nicht entgegen.",
            "Interessen der Bundesrepublik stehen entgegen.",
        ),
        "auf den Titel besteht ein Anspruch.",
    )


def titel_grenze(f: Facts, own: date | None) -> date | None:
    """Return the last day a family title may run: title of the person, passport, own limit."""
    days = (f.angabe(TITEL_STAMMBERECHTIGT_BIS.key), f.passport_until, own)
    known = [day for day in days if day is not None]
    return min(known) if known else None


def _plain(number: Decimal | int) -> str:
    text_ = f"{Decimal(number):f}"
    return (text_.rstrip("0").rstrip(".") if "." in text_ else text_).replace(".", ",")

"""Rules of spouse reunification (§§ 28, 30, 31 AufenthG): marriage, sponsor, age, language."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, text, wahl
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards import familie as fam
from abh.workflows.guards.basis import ask, met, not_met, not_needed
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    birthday,
    ja,
    kein_wert,
    nein,
    plus,
    unbekannt,
)

ADULT = "familie.ehegatte.mindestalter"
HELD = "familie.stammberechtigt.besitz"
OWN_RIGHT = "familie.ehegatte.eigenstaendig"
OWN_RIGHT_BLUE = "familie.ehegatte.eigenstaendig.blaue_karte"
OWN_RIGHT_ABROAD = "familie.ehegatte.eigenstaendig.mitgliedstaat"
LAW = (ADULT, HELD, OWN_RIGHT, OWN_RIGHT_BLUE, OWN_RIGHT_ABROAD)

EHE_WIRKSAM = ja_nein(
    "ehe_wirksam",
    "Ehe oder Lebenspartnerschaft ist wirksam geschlossen",
    "§ 27 Abs. 1 und 2 AufenthG",
    amt=True,
)
ZUSAMMENLEBEN = ja_nein(
    "eheleute_leben_zusammen",
    "Die Eheleute leben im Bundesgebiet zusammen oder wollen es",
    "§ 27 Abs. 1 AufenthG",
)
SCHEINEHE = ja_nein(
    "scheinehe",
    "Es steht fest: Ehe nur für den Aufenthalt geschlossen",
    "§ 27 Abs. 1a Nr. 1 AufenthG",
    amt=True,
)
ZWANGSEHE = ja_nein(
    "zwangsehe", "Anhaltspunkte für eine erzwungene Ehe", "§ 27 Abs. 1a Nr. 2 AufenthG", amt=True
)
ZWEIFEL = text(
    "zweifel_tatsachen",
    "Tatsachen, die konkrete Zweifel begründen",
    "§ 27 Abs. 1a AufenthG",
    amt=True,
)
GETRENNT_GEHOERT = ja_nein(
    "getrennt_gehoert", "Beide Eheleute sind getrennt gehört", "§ 27 Abs. 1a AufenthG", amt=True
)
EHEGATTE_GEBURT = tag(
    "ehegatte_geburt",
    "Geburtstag des Ehegatten im Bundesgebiet",
    "§ 30 Abs. 1 Satz 1 Nr. 1 AufenthG",
)
EHE_BEI_ERTEILUNG = ja_nein(
    "ehe_bei_erteilung",
    "Die Ehe bestand schon, als der Titel erteilt wurde",
    "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. e AufenthG",
)
UEBER_EIN_JAHR = ja_nein(
    "aufenthalt_ueber_ein_jahr",
    "Der Aufenthalt dieser Person dauert voraussichtlich über ein Jahr",
    "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. e AufenthG",
    amt=True,
)
NE_AUSGESCHLOSSEN = ja_nein(
    "ne_ausgeschlossen",
    "Nebenbestimmung nach § 8 Abs. 2 und spätere Niederlassungserlaubnis ausgeschlossen",
    "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. d AufenthG",
    amt=True,
)
SPRACHE = wahl(
    "sprachniveau",
    "Deutschkenntnisse",
    {"keine": "keine", "a1": "A1", "a2": "A2", "b1": "B1", "b2": "B2", "c1": "C1 oder höher"},
    "§ 2 Abs. 9 bis 12 AufenthG",
)
SPRACHAUSNAHME = wahl(
    "sprachausnahme",
    "Ausnahme vom Sprachnachweis",
    {
        "keine": "keine",
        "schutz": "Schutz, und die Ehe bestand schon vor dem Umzug nach Deutschland (Nr. 1)",
        "krankheit": "Krankheit oder Behinderung (Nr. 2)",
        "geringer_bedarf": "geringer Integrationsbedarf (Nr. 3)",
        "visumfrei": "visumfreie Staatsangehörigkeit der Person im Bundesgebiet (Nr. 4)",
        "fachkraft": "Blaue Karte EU, ICT-Karte oder Fachkraft (Nr. 5)",
        "unzumutbar": "Spracherwerb vor der Einreise unmöglich oder unzumutbar (Nr. 6)",
        "frueher_fachkraft": "Fachkraft unmittelbar vor dem Daueraufenthalt (Nr. 7)",
    },
    "§ 30 Abs. 1 Satz 3 AufenthG",
    amt=True,
)
WEITERE_EHE = ja_nein(
    "lebt_mit_weiterem_ehegatten",
    "Die Person lebt im Bundesgebiet schon mit einem anderen Ehegatten",
    "§ 30 Abs. 4 AufenthG",
)
GEMEINSCHAFT_SEIT = tag(
    "gemeinschaft_seit",
    "Eheliche Lebensgemeinschaft rechtmäßig im Bundesgebiet seit",
    "§ 31 Abs. 1 AufenthG",
)
GEMEINSCHAFT_ENDE = tag(
    "gemeinschaft_ende", "Ende der ehelichen Lebensgemeinschaft", "§ 31 Abs. 1 AufenthG"
)
GEMEINSCHAFT_AUSLAND_SEIT = tag(
    "gemeinschaft_mitgliedstaat_seit",
    "Zuvor im anderen Mitgliedstaat zusammen seit",
    "§ 31 Abs. 1a AufenthG",
)
VERSTORBEN = ja_nein(
    "ehegatte_verstorben",
    "Die Person starb während der Lebensgemeinschaft im Bundesgebiet",
    "§ 31 Abs. 1 Satz 1 Nr. 2 AufenthG",
)
STAMM_TITEL_BIS_ZULETZT = ja_nein(
    "stamm_titel_bis_zuletzt",
    "Die Person hatte bis zuletzt einen Titel oder war deutsch im Bundesgebiet, oder beantragte "
    "ohne Verschulden verspätet",
    "§ 31 Abs. 1 Satz 1, § 28 Abs. 3 AufenthG",
    amt=True,
)
VERLAENGERUNG_AUSGESCHLOSSEN = ja_nein(
    "stamm_verlaengerung_ausgeschlossen",
    "Eine Verlängerung für diese Person ist durch Rechtsnorm oder § 8 Abs. 2 ausgeschlossen",
    "§ 31 Abs. 1 Satz 2, Abs. 2 Satz 1 AufenthG",
    amt=True,
)
HAERTE = wahl(
    "haerte_31",
    "Besondere Härte",
    {
        "keine": "keine",
        "gewalt": "Opfer häuslicher Gewalt",
        "rueckkehr": "erhebliche Nachteile durch die Rückkehr",
        "unzumutbar": "Festhalten an der Ehe unzumutbar",
        "minderjaehrigenehe": "Ehe wegen Minderjährigkeit unwirksam oder aufgehoben",
        "kindeswohl": "Wohl eines Kindes in der Familie",
    },
    "§ 31 Abs. 2 AufenthG",
    amt=True,
)
LEISTUNG_SELBST = ja_nein(
    "leistungen_selbst_zu_vertreten",
    "Angewiesen auf SGB II oder XII aus einem selbst zu vertretenden Grund",
    "§ 31 Abs. 2 Satz 4 AufenthG",
    amt=True,
)

ANGABEN = (
    EHE_WIRKSAM,
    ZUSAMMENLEBEN,
    SCHEINEHE,
    ZWANGSEHE,
    ZWEIFEL,
    GETRENNT_GEHOERT,
    EHEGATTE_GEBURT,
    EHE_BEI_ERTEILUNG,
    UEBER_EIN_JAHR,
    NE_AUSGESCHLOSSEN,
    SPRACHE,
    SPRACHAUSNAHME,
    WEITERE_EHE,
    GEMEINSCHAFT_SEIT,
    GEMEINSCHAFT_ENDE,
    GEMEINSCHAFT_AUSLAND_SEIT,
    VERSTORBEN,
    STAMM_TITEL_BIS_ZULETZT,
    VERLAENGERUNG_AUSGESCHLOSSEN,
    HAERTE,
    LEISTUNG_SELBST,
)

# Sentence 3 speaks of titles of the foreigner; with Germans only what concerns the spouse fits.
AUSNAHMEN_DEUTSCH = frozenset({"krankheit", "geringer_bedarf", "unzumutbar"})

ehe = ja(
    EHE_WIRKSAM, "Die Ehe ist wirksam geschlossen.", "Eine wirksame Ehe ist nicht festgestellt."
)
gemeinschaft = alle(
    ja(
        ZUSAMMENLEBEN,
        "Die Eheleute leben zusammen oder wollen es.",
        "Eine eheliche Lebensgemeinschaft ist nicht beabsichtigt.",
        "§ 27 Abs. 1 AufenthG",
    ),
    nein(
        SCHEINEHE,
        "Eine Scheinehe ist nicht festgestellt.",
        "Die Ehe wurde nur für den Aufenthalt geschlossen.",
        "§ 27 Abs. 1a Nr. 1 AufenthG",
    ),
    nein(
        ZWANGSEHE,
        "Keine Anhaltspunkte für Zwang.",
        "Anhaltspunkte für eine erzwungene Ehe.",
        "§ 27 Abs. 1a Nr. 2 AufenthG",
    ),
)
EU_FAMILIE = Bedingung(
    "§ 38a, und die Ehe wurde schon im anderen Mitgliedstaat gelebt",
    lambda f: (
        f.angabe(fam.TITEL_STAMMBERECHTIGT.key) == "ae_38a"
        and f.angabe(fam.GEMEINSCHAFT_IM_MITGLIEDSTAAT.key) is True
    ),
)


def _stammberechtigt(f: Facts) -> Finding:
    barred = fam.nachzug_zulaessig(f)
    if barred is not None:
        return barred
    title = f.angabe(fam.TITEL_STAMMBERECHTIGT.key)
    letters = {
        "ne": "a",
        "ne_schutz": "a",
        "da_eu": "b",
        "ae_forschung": "c",
        "ae_schutz": "c",
        "blaue_karte": "g",
    }
    norm = "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. {} AufenthG"
    words = fam.TITEL_STAMMBERECHTIGT.words(title)
    if title in letters:
        return met(f"Titel: {words}.", norm.format(letters[title]))
    if EU_FAMILIE(f):
        return met(f"Titel: {words}; die Ehe wurde im Mitgliedstaat gelebt.", norm.format("f"))
    held = _seit_zwei_jahren(f)
    if held is not None:
        return held
    return _ehe_bei_erteilung(f)


def _seit_zwei_jahren(f: Facts) -> Finding | None:
    since, length = f.angabe(fam.TITEL_STAMMBERECHTIGT_SEIT.key), f.law.zahl(HELD)
    if since is None or length is None or f.angabe(NE_AUSGESCHLOSSEN.key) is not False:
        return None
    if plus(since, length) > f.stichtag:
        return None
    return met(
        f"Aufenthaltserlaubnis seit {german(since)}, also seit mindestens {length.value} Jahren.",
        "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. d AufenthG",
    )


def _ehe_bei_erteilung(f: Facts) -> Finding:
    norm = "§ 30 Abs. 1 Satz 1 Nr. 3 Buchst. d und e AufenthG"
    if f.law.zahl(HELD) is None:
        return kein_wert(f, HELD)
    for angabe in (EHE_BEI_ERTEILUNG, UEBER_EIN_JAHR):
        value = f.angabe(angabe.key)
        if value is None:
            return unbekannt(angabe, norm)
        if not value:
            since = f.angabe(fam.TITEL_STAMMBERECHTIGT_SEIT.key)
            told = f"seit {german(since)}" if since else "seit unbekannt"
            return not_met(
                f"Aufenthaltserlaubnis {told}: zwei Jahre ohne Ausschluss des Daueraufenthalts "
                f"sind nicht belegt; {angabe.label}: nein.",
                norm,
            )
    return met("Die Ehe bestand bei der Erteilung; Aufenthalt über ein Jahr.", norm)


stammberechtigt = Regel(
    _stammberechtigt,
    (
        fam.TITEL_STAMMBERECHTIGT.key,
        fam.TITEL_STAMMBERECHTIGT_SEIT.key,
        fam.TITEL_STAMMBERECHTIGT_BIS.key,
        NE_AUSGESCHLOSSEN.key,
        EHE_BEI_ERTEILUNG.key,
        UEBER_EIN_JAHR.key,
        fam.GEMEINSCHAFT_IM_MITGLIEDSTAAT.key,
        fam.HUMANITAERER_GRUND.key,
    ),
)


def _alter(f: Facts) -> Finding:
    years = f.law.zahl(ADULT)
    if years is None:
        return kein_wert(f, ADULT)
    if EU_FAMILIE(f):
        return not_needed("Familie aus einem anderen Mitgliedstaat.", "§ 30 Abs. 1 Satz 2 AufenthG")
    own, other = birthday(f, int(years.value)), f.angabe(EHEGATTE_GEBURT.key)
    if own is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    if other is None:
        return unbekannt(EHEGATTE_GEBURT)
    last = max(own, plus(other, years))
    text_ = f"Beide Eheleute sind ab dem {german(last)} mindestens {years.value} Jahre alt."
    return met(text_) if last <= f.stichtag else not_met(text_)


alter = Regel(_alter, (EHEGATTE_GEBURT.key,))


def sprache(deutsch: Bedingung) -> Regel:
    """A1 for the grant; sentence 3 lists the exceptions, fewer of which fit with Germans."""

    def rule(f: Facts) -> Finding:
        if EU_FAMILIE(f):
            return not_needed(
                "Familie aus einem anderen Mitgliedstaat.", "§ 30 Abs. 1 Satz 2 AufenthG"
            )
        ground = f.angabe(SPRACHAUSNAHME.key)
        if ground not in (None, "keine"):
            norm = "§ 30 Abs. 1 Satz 3 AufenthG"
            if deutsch(f) and ground not in AUSNAHMEN_DEUTSCH:
                return not_met("Diese Ausnahme gilt nicht beim Nachzug zu Deutschen.", norm)
            return not_needed(f"{SPRACHAUSNAHME.words(ground)}.", norm)
        level = f.angabe(SPRACHE.key)
        if level is None:
            return unbekannt(SPRACHE)
        text_ = f"Deutschkenntnisse: {SPRACHE.words(level)}; nötig ist mindestens A1."
        return not_met(text_) if level == "keine" else met(text_)

    return Regel(rule, (SPRACHE.key, SPRACHAUSNAHME.key))


def _eigenes_recht(f: Facts) -> Finding:
    """§ 31: three years (Blue Card: two and one abroad), death, or particular hardship."""
    barred = f.angabe(VERLAENGERUNG_AUSGESCHLOSSEN.key)
    if barred is None:
        return unbekannt(VERLAENGERUNG_AUSGESCHLOSSEN)
    if barred:
        return not_met(
            "Für die andere Person ist die Verlängerung ausgeschlossen.",
            "§ 31 Abs. 1 Satz 2, Abs. 2 Satz 1 AufenthG",
        )
    held = f.angabe(STAMM_TITEL_BIS_ZULETZT.key)
    if held is None:
        return unbekannt(STAMM_TITEL_BIS_ZULETZT)
    if not held:
        return not_met(
            "Die andere Person hatte zuletzt keinen Titel.", "§ 31 Abs. 1 Satz 1 AufenthG"
        )
    if f.angabe(VERSTORBEN.key) is True:
        return met(
            "Die andere Person starb während der Lebensgemeinschaft.",
            "§ 31 Abs. 1 Satz 1 Nr. 2 AufenthG",
        )
    hardship = f.angabe(HAERTE.key)
    by_time = _dauer(f)
    if by_time.status.value != "met" and hardship not in (None, "keine"):
        if f.angabe(LEISTUNG_SELBST.key) is True:
            return not_met(
                "Härte, aber Leistungsbezug aus selbst zu vertretendem Grund.",
                "§ 31 Abs. 2 Satz 4 AufenthG",
            )
        return met(f"Besondere Härte: {HAERTE.words(hardship)}.", "§ 31 Abs. 2 AufenthG")
    return by_time


def _dauer(f: Facts) -> Finding:
    limits = [f.law.zahl(key) for key in (OWN_RIGHT, OWN_RIGHT_BLUE, OWN_RIGHT_ABROAD)]
    years, blue, abroad = limits
    if years is None or blue is None or abroad is None:
        return kein_wert(f, OWN_RIGHT)
    since, end = f.angabe(GEMEINSCHAFT_SEIT.key), f.angabe(GEMEINSCHAFT_ENDE.key)
    for angabe, value in ((GEMEINSCHAFT_SEIT, since), (GEMEINSCHAFT_ENDE, end)):
        if value is None:
            return unbekannt(angabe)
    reached = plus(since, years)
    span = f"Lebensgemeinschaft vom {german(since)} bis {german(end)}"
    if reached <= end:
        return met(
            f"{span}; {years.value} Jahre waren am {german(reached)} erreicht.",
            "§ 31 Abs. 1 Satz 1 Nr. 1 AufenthG",
        )
    before: date | None = f.angabe(GEMEINSCHAFT_AUSLAND_SEIT.key)
    blue_card = f.angabe(fam.TITEL_STAMMBERECHTIGT.key) == "blaue_karte"
    together = plus(since, blue) <= end
    if blue_card and together and before is not None and plus(before, abroad) <= since:
        return met(
            f"{span}, zuvor im anderen Mitgliedstaat seit {german(before)}.",
            "§ 31 Abs. 1a AufenthG",
        )
    return not_met(
        f"{span}; {years.value} Jahre wären erst am {german(reached)} erreicht.",
        "§ 31 Abs. 1 Satz 1 Nr. 1 AufenthG",
    )


eigenes_recht = Regel(
    _eigenes_recht,
    (
        GEMEINSCHAFT_SEIT.key,
        GEMEINSCHAFT_ENDE.key,
        GEMEINSCHAFT_AUSLAND_SEIT.key,
        VERSTORBEN.key,
        STAMM_TITEL_BIS_ZULETZT.key,
        VERLAENGERUNG_AUSGESCHLOSSEN.key,
        HAERTE.key,
        LEISTUNG_SELBST.key,
    ),
)

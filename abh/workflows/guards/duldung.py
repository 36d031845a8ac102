"""Facts, rules and guards of the toleration (§§ 60a, 60b) and of § 25(4), (4a), (4b), (5)."""

from __future__ import annotations

from datetime import date

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text
from abh.workflows.beteiligung import BA
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, ClockRule, guard
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.bausteine import uhr_abgelaufen
from abh.workflows.guards.regeln import (
    alle,
    ja,
    nein,
    plus,
    seit,
    variante,
)

DULDUNG_GRUENDE = {
    "unmoeglich": "Abschiebung rechtlich oder tatsächlich unmöglich",
    "zeuge": "Zeugin oder Zeuge in einem Strafverfahren",
    "ermessen": "Dringende Gründe (Ermessen)",
    "vaterschaft": "Verfahren zur Zustimmung zur Vaterschaftsanerkennung",
    "rueckuebernahme": "Gescheiterte Zurückschiebung oder Abschiebung",
    "eltern_25a": "Familie von Minderjährigen mit Titel nach § 25a",
    "landesstopp": "Anordnung der obersten Landesbehörde",
}
IST_DULDUNG = variante(*DULDUNG_GRUENDE)
IST_TITEL = Bedingung(
    "eine Aufenthaltserlaubnis ist beantragt", lambda f: f.variante.startswith("ae_")
)
NACH_25_5 = variante("ae_25_5", "ae_25_5_lang")
OPFER = variante("ae_25_4a", "ae_25_4a_danach", "ae_25_4b")

AUSREISEPFLICHTIG = ja_nein(
    "vollziehbar_ausreisepflichtig", "Vollziehbar ausreisepflichtig", "§ 58 Abs. 2", amt=True
)
GRUND = ja_nein("duldungsgrund", "Grund für die Aussetzung besteht", "§ 60a AufenthG", amt=True)
GRUND_KRANKHEIT = ja_nein("grund_krankheit", "Grund ist eine Erkrankung", "§ 60a Abs. 2c")
UNTERSUCHUNG = ja_nein(
    "amtsaerztliche_untersuchung", "Amtsärztliche Untersuchung nötig", "§ 60a Abs. 2d", amt=True
)
ZIELSTAAT = ja_nein(
    "zielstaatsbezogen", "Abschiebungsverbot für das Zielland geltend gemacht", "§ 72 Abs. 2"
)
DULDUNG_BIS = tag("duldung_bis", "Duldung gilt bis", "§ 60a Abs. 4 AufenthG", amt=True)
AUSGESETZT_SEIT = tag("ausgesetzt_seit", "Abschiebung ausgesetzt seit", "§ 25 Abs. 5", amt=True)
TRAEGER = ja_nein("traegervordruck", "Duldung mit Trägervordruck", "§ 47 Abs. 1 AufenthV", amt=True)
PASSLOS = ja_nein("passlos", "Ohne gültigen Pass oder Passersatz", "§ 60b Abs. 2", amt=True)
TAEUSCHUNG = ja_nein("taeuschung", "Täuschung oder falsche Angaben", "§ 60b Abs. 1", amt=True)
UNTERLASSEN = ja_nein(
    "passpflicht_verletzt",
    "Zumutbare Handlungen zur Passbeschaffung unterlassen",
    "§ 60b",
    amt=True,
)
NACHGEHOLT = ja_nein(
    "handlungen_nachgeholt", "Handlungen zur Passbeschaffung nachgeholt", "§ 60b Abs. 4", amt=True
)
PASSPFLICHT_RUHT = ja_nein(
    "passbeschaffung_ruht",
    "Asylverfahren läuft oder Abschiebungsverbot nach § 60 Abs. 5 oder 7 besteht",
    "§ 60b Abs. 2 Satz 2",
    amt=True,
)
ARBEIT = ja_nein("arbeit_beantragt", "Erlaubnis zur Beschäftigung beantragt", "§ 60a Abs. 5b")
AUFENTHALT_SEIT = tag(
    "aufenthalt_seit",
    "Ununterbrochen erlaubt, geduldet oder gestattet seit",
    "§ 32 BeschV",
    amt=True,
)
MASSNAHMEN = ja_nein(
    "massnahmen_bevorstehend",
    "Konkrete Maßnahmen zur Aufenthaltsbeendigung standen beim Antrag bevor",
    "§ 60a Abs. 5b Satz 2",
    amt=True,
)
ZUSTIMMUNGSFREI = ja_nein(
    "beschaeftigung_zustimmungsfrei",
    "Beschäftigung ist ohne Zustimmung zulässig",
    "§ 32 Abs. 2",
    amt=True,
)
LEISTUNGSABSICHT = ja_nein(
    "einreise_wegen_leistungen",
    "Eingereist, um Leistungen zu erlangen",
    "§ 60a Abs. 6 Nr. 1",
    amt=True,
)
ZU_VERTRETEN = ja_nein(
    "hindernis_zu_vertreten",
    "Hat das Hindernis selbst zu vertreten",
    "§ 60a Abs. 6 Nr. 2",
    amt=True,
)
SICHERER_STAAT = ja_nein(
    "sicherer_herkunftsstaat_sperre",
    "Sperre wegen sicheren Herkunftsstaats",
    "§ 60a Abs. 6 Nr. 3",
    amt=True,
)
KIND_UNTER_12 = ja_nein("kind_unter_zwoelf", "Lebt mit Kindern unter zwölf Jahren", "§ 60a Abs. 5a")
ANDERER_TITEL = text("anderer_titel", "Aufenthaltstitel ist erteilt", amt=True)

AUSREISE_UNMOEGLICH = ja_nein(
    "ausreise_unmoeglich", "Ausreise ist unmöglich", "§ 25 Abs. 5", amt=True
)
ABSEHBAR = ja_nein(
    "wegfall_absehbar", "Wegfall des Hindernisses ist absehbar", "§ 25 Abs. 5 Satz 1", amt=True
)
VERSCHULDET = ja_nein("ausreise_verschuldet", "Verschuldet das Hindernis", "§ 25 Abs. 5", amt=True)
DRINGEND = ja_nein(
    "dringende_gruende",
    "Dringende Gründe für den vorübergehenden Aufenthalt",
    "§ 25 Abs. 4",
    amt=True,
)
HAERTE = ja_nein(
    "aussergewoehnliche_haerte", "Außergewöhnliche Härte", "§ 25 Abs. 4 Satz 2", amt=True
)
SACHGERECHT = ja_nein(
    "anwesenheit_sachgerecht",
    "Staatsanwaltschaft oder Gericht hält Anwesenheit für sachgerecht",
    "§ 25 Abs. 4a, 4b",
    amt=True,
)
AUSSAGEBEREIT = ja_nein("aussagebereit", "Bereit, als Zeuge auszusagen", "§ 25 Abs. 4a, 4b")
VERBINDUNG = ja_nein(
    "verbindung_abgebrochen", "Verbindung zu den Beschuldigten abgebrochen", amt=True
)
ASYL_OU = ja_nein(
    "asyl_offensichtlich_unbegruendet",
    "Asylantrag als offensichtlich unbegründet im Sinne des § 10 Abs. 3 Satz 2 abgelehnt",
    "§ 10 Abs. 3 Satz 2",
    amt=True,
)
RECHTMAESSIG_SEIT = tag(
    "rechtmaessig_seit", "Rechtmäßiger Aufenthalt seit", "§ 26 Abs. 1", amt=True
)
ANGABEN = (
    AUSREISEPFLICHTIG,
    GRUND,
    GRUND_KRANKHEIT,
    UNTERSUCHUNG,
    ZIELSTAAT,
    DULDUNG_BIS,
    AUSGESETZT_SEIT,
    TRAEGER,
    PASSLOS,
    TAEUSCHUNG,
    UNTERLASSEN,
    NACHGEHOLT,
    PASSPFLICHT_RUHT,
    ARBEIT,
    AUFENTHALT_SEIT,
    MASSNAHMEN,
    ZUSTIMMUNGSFREI,
    LEISTUNGSABSICHT,
    ZU_VERTRETEN,
    SICHERER_STAAT,
    KIND_UNTER_12,
    ANDERER_TITEL,
    AUSREISE_UNMOEGLICH,
    ABSEHBAR,
    VERSCHULDET,
    DRINGEND,
    HAERTE,
    SACHGERECHT,
    AUSSAGEBEREIT,
    VERBINDUNG,
    ASYL_OU,
    RECHTMAESSIG_SEIT,
)
LAW = (
    "duldung.hoechstens",
    "duldung.rueckuebernahme",
    "duldung.landesstopp",
    "duldung.arbeit.wartezeit",
    "duldung.arbeit.ohne_ba",
    "duldung.ankuendigung.ab",
    "humanitaer.aussetzung.soll",
    "humanitaer.titel.kurz",
    "humanitaer.titel.kurz.grenze",
    "humanitaer.titel.opfer",
    "humanitaer.titel.opfer.danach",
)
LAENGE = {"rueckuebernahme": "duldung.rueckuebernahme", "landesstopp": "duldung.landesstopp"}

HINDERNIS = ja(
    GRUND, "Ein Grund für die Aussetzung besteht.", "Kein Grund steht der Abschiebung entgegen."
)


def ohne_ba(f: Facts) -> bool:
    """No consent of the BA: free by the BeschV, or four years of stay (§ 32(2) Nr. 5)."""
    if f.angabe(ZUSTIMMUNGSFREI.key):
        return True
    since, years = f.angabe(AUFENTHALT_SEIT.key), f.law.zahl("duldung.arbeit.ohne_ba")
    return since is not None and years is not None and plus(since, years) <= f.stichtag


BRAUCHT_BA = Bedingung(
    "Beschäftigung beantragt, Zustimmung nötig",
    lambda f: IST_DULDUNG(f) and f.angabe(ARBEIT.key) is True and not ohne_ba(f),
)


def _ba(f: Facts) -> Finding:
    if ohne_ba(f):
        return met("Eine Zustimmung der Bundesagentur ist nicht nötig.", "§ 32 Abs. 2 BeschV")
    part = next((p for p in reversed(f.participations) if p.kind.key == BA.key), None)
    if part is None or not part.is_answered:
        return check("Die Zustimmung der Bundesagentur steht aus.", "§ 39 AufenthG")
    if part.is_consent:
        return met("Die Bundesagentur hat zugestimmt.", "§ 39 AufenthG")
    return not_met("Die Bundesagentur hat die Zustimmung versagt.", "§ 40 AufenthG")


ARBEIT_ERLAUBT = alle(
    nein(LEISTUNGSABSICHT, "Keine Einreise wegen Leistungen.", "Einreise wegen Leistungen."),
    nein(ZU_VERTRETEN, "Hindernis nicht zu vertreten.", "Das Hindernis ist selbst zu vertreten."),
    nein(
        SICHERER_STAAT,
        "Keine Sperre wegen des Herkunftsstaats.",
        "Der Herkunftsstaat gilt als sicher, die Sperre greift.",
    ),
    nein(
        MASSNAHMEN,
        "Keine konkreten Maßnahmen standen bevor.",
        "Konkrete Maßnahmen zur Aufenthaltsbeendigung standen bevor.",
    ),
    seit(AUFENTHALT_SEIT, "duldung.arbeit.wartezeit", "§ 32 Abs. 1 BeschV"),
    _ba,
)

D6W = ClockRule(
    "D6W",
    "Erneuerung der Duldung",
    "§ 60a Abs. 4 AufenthG",
    ("duldung.erneuerung",),
    starts="Ende der Duldung, rückwärts gerechnet",
    ends="Erneuerung, Widerruf oder Titel",
    start_steps=(
        "dulden",
        "als_60b_dulden",
        "sechzig_b_heilen",
        "erneuern",
        "sechzig_b_erneuern",
        "luecke_schliessen",
    ),
    end_steps=("widerrufen", "titel_erteilt", "kein_hindernis", "einstellen"),
    anchor=lambda f: f.angabe(DULDUNG_BIS.key),
    before=True,
    effect="Termin zur Erneuerung wird von selbst angeboten",
)
PASS = ClockRule(
    "PASS",
    "Passbeschaffung nach Belehrung",
    "§ 60b Abs. 3 Satz 2 AufenthG",
    ("duldung.passbeschaffung",),
    starts="Belehrung über die Passbeschaffungspflicht",
    ends="Erfüllung oder Duldung nach § 60b",
    start_steps=("ueber_passpflicht_belehren",),
    end_steps=("als_60b_dulden", "sechzig_b_heilen", "widerrufen"),
    effect="Duldung für Personen mit ungeklärter Identität wird möglich",
)
SOLL18 = ClockRule(
    "SOLL18",
    "Aufenthaltserlaubnis nach § 25 Abs. 5 soll erteilt werden",
    "§ 25 Abs. 5 Satz 2 AufenthG",
    ("humanitaer.aussetzung.soll",),
    starts="Beginn der Aussetzung",
    ends="Hinweis, Widerruf oder Titel",
    start_steps=("dulden",),
    end_steps=("auf_titel_hinweisen", "widerrufen", "titel_erteilt"),
    anchor=lambda f: f.angabe(AUSGESETZT_SEIT.key) or f.today,
    shift=False,
    effect="Titel von selbst prüfen (auch P18, P21, P22)",
)


def ankuendigung_noetig(f: Facts) -> bool:
    """§ 60a(5a): children under twelve, suspended for over a year, not by own fault."""
    since, length = f.angabe(AUSGESETZT_SEIT.key), f.law.zahl("duldung.ankuendigung.ab")
    if not f.angabe(KIND_UNTER_12.key) or since is None or length is None:
        return False
    if f.angabe(TAEUSCHUNG.key) or f.angabe(UNTERLASSEN.key):
        return False
    return plus(since, length) < f.today


ANKUENDIGUNG = ClockRule(
    "ANKUENDIGUNG",
    "Ankündigung nach dem Widerruf bei Familien",
    "§ 60a Abs. 5a AufenthG",
    ("duldung.ankuendigung",),
    starts="Widerruf mit Ankündigung",
    ends="Übergabe an die Rückführung",
    start_steps=("widerrufen",),
    end_steps=("an_rueckfuehrung_uebergeben",),
    anchor=lambda f: f.today if ankuendigung_noetig(f) else None,
    effect="Vorher keine Abschiebung",
)
CLOCKS = (D6W, PASS, SOLL18, ANKUENDIGUNG)


@guard("Das Ende der Duldung ist festgelegt und nicht zu lang", "§ 60a Abs. 1, 2a und 4 AufenthG")
def dauer_zulaessig(f: Facts) -> Reason | None:
    until = f.angabe(DULDUNG_BIS.key)
    if until is None:
        return Reason("Das Ende der Duldung ist nicht festgelegt.")
    if until < f.today:
        return Reason(f"Das Ende {german(until)} liegt in der Vergangenheit.")
    length = f.law.zahl(LAENGE.get(f.variante, "duldung.hoechstens"))
    if length is None:
        return Reason("Für den Tag ist keine Höchstdauer hinterlegt.")
    last = plus(f.today, length)
    if until <= last:
        return None
    return Reason(
        f"Längstens bis {german(last)}, festgelegt ist {german(until)}.", norm=length.norm
    )


@guard("Die Duldung ist abgelaufen", "§ 60a Abs. 4 AufenthG")
def duldung_abgelaufen(f: Facts) -> Reason | None:
    until = f.angabe(DULDUNG_BIS.key)
    if until is None:
        return Reason("Das Ende der Duldung ist nicht bekannt.")
    return None if f.today > until else Reason(f"Die Duldung gilt noch bis {german(until)}.")


@guard("Täuschung, oder die Passpflicht ist nach Belehrung und Frist verletzt", "§ 60b AufenthG")
def ungeklaerte_identitaet(f: Facts) -> Reason | None:
    if f.angabe(PASSPFLICHT_RUHT.key):
        return Reason("Die Pflicht zur Passbeschaffung ruht.", norm="§ 60b Abs. 2 Satz 2 AufenthG")
    if f.angabe(TAEUSCHUNG.key):
        return None
    if not f.angabe(UNTERLASSEN.key):
        return Reason("Weder Täuschung noch unterlassene Passbeschaffung ist festgestellt.")
    late = uhr_abgelaufen(PASS)(f)
    return None if late is None else Reason("Belehrung mit Frist fehlt oder läuft: " + late.text)


@guard("Die Duldung hat den Zusatz zu Recht behalten", "§ 60b Abs. 1 und 4 AufenthG")
def noch_ungeklaert(f: Facts) -> Reason | None:
    if f.angabe(NACHGEHOLT.key):
        return Reason("Die Handlungen sind nachgeholt; der Zusatz entfällt.")
    if f.angabe(PASSPFLICHT_RUHT.key):
        return Reason("Die Pflicht zur Passbeschaffung ruht.", norm="§ 60b Abs. 2 Satz 2 AufenthG")
    if f.angabe(TAEUSCHUNG.key) or f.angabe(UNTERLASSEN.key):
        return None
    return Reason("Ein Grund für den Zusatz ist nicht festgestellt.")


@guard("Die Ankündigung liegt lange genug zurück oder ist nicht nötig", "§ 60a Abs. 5a AufenthG")
def ankuendigung_abgewartet(f: Facts) -> Reason | None:
    if f.uhren.get(ANKUENDIGUNG.key) is None and not ankuendigung_noetig(f):
        return None
    return uhr_abgelaufen(ANKUENDIGUNG)(f)


@guard("Ein Versagungsgrund für die Beschäftigung steht fest", "§ 60a Abs. 5b und 6 AufenthG")
def arbeit_versagt(f: Facts) -> Reason | None:
    found = ARBEIT_ERLAUBT(f)
    if found.status.value == "not_met":
        return None
    return Reason(f"Ein Versagungsgrund steht nicht fest. {found.why}")


def titel_ende(f: Facts) -> date | None:
    """§ 26(1): six months at first for § 25(4) S. 1 and (5), one or two years for victims."""
    if IST_DULDUNG(f):
        until: date | None = f.angabe(DULDUNG_BIS.key)
        return until
    key = {
        "ae_25_4a": "humanitaer.titel.opfer",
        "ae_25_4b": "humanitaer.titel.opfer",
        "ae_25_4a_danach": "humanitaer.titel.opfer.danach",
    }.get(f.variante)
    if key is None and f.variante in ("ae_25_4_1", "ae_25_5", "ae_25_5_lang"):
        since, limit = f.angabe(RECHTMAESSIG_SEIT.key), f.law.zahl("humanitaer.titel.kurz.grenze")
        if limit is None:
            return None
        if since is None or plus(since, limit) > f.stichtag:
            key = "humanitaer.titel.kurz"
    length = f.law.zahl(key) if key else None
    return plus(f.stichtag, length) if length is not None else None
